/* Words and their codes. */
#include "engine/base/dictionary.h"
#include "tests/check.h"

static void codes_follow_arrival(void **state)
{
  (void)state;
  dc_dictionary *d = dc_dictionary_new();
  assert_non_null(d);
  assert_int_equal(dc_dictionary_code(d, "b", 1), 0);
  assert_int_equal(dc_dictionary_code(d, "", 0), 1);
  assert_int_equal(dc_dictionary_code(d, "a\0", 2), 2);
  assert_int_equal(dc_dictionary_code(d, "a", 1), 3);
  assert_int_equal(dc_dictionary_code(d, "b", 1), 0);
  assert_int_equal(dc_dictionary_code(d, "", 0), 1);
  assert_int_equal(dc_dictionary_count(d), 4);
  size_t length;
  assert_string_equal(dc_dictionary_word(d, 0, &length), "b");
  assert_int_equal(length, 1);
  uint32_t order[4], rank[4];
  assert_int_equal(dc_words_rank(dc_dictionary_words(d), 4, order, rank), 4);
  assert_int_equal(order[0], 1);
  assert_int_equal(order[1], 3);
  assert_int_equal(order[2], 2);
  assert_int_equal(order[3], 0);
  dc_dictionary_free(d);
  dc_dictionary_free(NULL);
}

/* Words of every length, many of them alike, found again after the table grew. */
static void many_words(void **state)
{
  (void)state;
  enum { WORDS = 50000 };
  dc_dictionary *d = dc_dictionary_new();
  char word[64];
  for (int round = 0; round < 2; round++) {
    for (unsigned w = 0; w < WORDS; w++) {
      int n = snprintf(word, sizeof word, "%.*s%u", (int)(w % 40), "Account Account Account Account Account ", w);
      assert_int_equal(dc_dictionary_code(d, word, (size_t)n), w);
    }
  }
  uint32_t *order = malloc(2 * WORDS * sizeof *order);
  assert_non_null(order);
  assert_int_equal(dc_words_rank(dc_dictionary_words(d), WORDS, order, order + WORDS), WORDS);
  for (size_t w = 1; w < WORDS; w++)
    assert_true(strcmp(dc_dictionary_word(d, order[w - 1], NULL), dc_dictionary_word(d, order[w], NULL)) < 0);
  free(order);
  dc_dictionary_free(d);
}

/* Every pair of short words over three letters is told apart, NUL bytes included. */
static void short_words(void **state)
{
  (void)state;
  dc_dictionary *d = dc_dictionary_new();
  uint32_t next = 0;
  for (size_t n = 0; n <= 9; n++) {
    char word[9];
    unsigned all = 1;
    for (size_t i = 0; i < n; i++) all *= 3;
    for (unsigned k = 0; k < all; k++) {
      unsigned rest = k;
      for (size_t i = 0; i < n; i++, rest /= 3) word[i] = "a\0b"[rest % 3];
      assert_int_equal(dc_dictionary_code(d, word, n), next++);
    }
  }
  dc_dictionary_free(d);
}

static uint32_t chance(uint64_t *state, uint32_t below)
{
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*state >> 33) % below;
}

static const dc_word *sorted_words;

static int by_bytes(const void *a, const void *b)
{
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  int order = dc_words_compare(&sorted_words[x], &sorted_words[y]);
  return order ? order : (x > y) - (x < y);
}

/* Words of few letters, NUL among them, with beginnings in common that are longer and longer, many of them equal. */
static void ranks(void **state)
{
  (void)state;
  enum { MOST = 3000, LONG = 1200 };
  uint64_t seed = 1;
  char *bytes = malloc((size_t)MOST * LONG);
  dc_word *words = malloc(MOST * sizeof *words);
  uint32_t *expected = malloc(MOST * sizeof *expected), *order = malloc(2 * MOST * sizeof *order), *rank = order + MOST;
  assert_true(bytes && words && expected && order);
  assert_int_equal(dc_words_rank(words, 0, order, rank), 0);
  for (int round = 0; round < 60; round++) {
    size_t n = 1 + chance(&seed, round % 2 ? 40 : MOST), shared = round % 3 ? (size_t)round * 8 : LONG - 20;
    for (size_t i = 0; i < n; i++) {
      char *to = bytes + i * LONG;
      size_t length = chance(&seed, 2) ? shared + chance(&seed, 12) : chance(&seed, (uint32_t)shared + 12);
      memset(to, 'a', LONG);
      for (size_t k = length > 4 ? length - 4 : 0; k < length; k++) to[k] = "a\0b\xff"[chance(&seed, 4)];
      words[i] = (dc_word){to, length};
      expected[i] = (uint32_t)i;
    }
    sorted_words = words;
    qsort(expected, n, sizeof *expected, by_bytes);
    size_t distinct = dc_words_rank(words, n, order, rank), before = 0;
    for (size_t i = 0; i < n; i++) {
      assert_int_equal(order[i], expected[i]);
      before += i && dc_words_compare(&words[expected[i - 1]], &words[expected[i]]) != 0;
      assert_int_equal(rank[expected[i]], before);
    }
    assert_int_equal(distinct, before + 1);
  }
  free(order);
  free(expected);
  free(words);
  free(bytes);
}

/* Looked up many at once, the same codes. */
static void lookups(void **state)
{
  (void)state;
  dc_dictionary *one = dc_dictionary_new(), *many = dc_dictionary_new();
  uint64_t seed = 2;
  for (int round = 0; round < 300; round++) {
    char text[DC_LOOKUPS][64];
    dc_lookup found[DC_LOOKUPS];
    uint32_t codes[DC_LOOKUPS];
    for (size_t i = 0; i < DC_LOOKUPS; i++) {
      memset(text[i], 'z', sizeof text[i]); /* what stands behind a word is no part of it */
      int n = snprintf(text[i], sizeof text[i] - DC_KEY_BYTES, "%.*s%u", (int)chance(&seed, 30),
                       "Account Account Account Account", chance(&seed, 3000));
      text[i][n] = 'z';
      dc_lookup_set(&found[i], text[i], (size_t)n - chance(&seed, 2));
    }
    assert_true(dc_dictionary_codes(many, found, DC_LOOKUPS, codes));
    for (size_t i = 0; i < DC_LOOKUPS; i++)
      assert_int_equal(codes[i], dc_dictionary_code(one, text[i], found[i].length));
  }
  dc_dictionary_free(one);
  dc_dictionary_free(many);
}

/* Words of every length to 40 that are alike but for a byte or their end, against a plain list of them. */
static void against_list(void **state)
{
  (void)state;
  enum { WORDS = 600, MOST = 40 };
  static char word[WORDS][MOST];
  static size_t length[WORDS];
  uint64_t seed = 3;
  for (int round = 0; round < 5; round++) {
    dc_dictionary *d = dc_dictionary_new();
    size_t n = 0;
    for (int k = 0; k < 20000; k++) {
      char text[MOST];
      size_t bytes = chance(&seed, 3) ? 6 + chance(&seed, 12) : chance(&seed, MOST + 1), at = 0;
      memset(text, round % 2 ? 0 : 'a', sizeof text);
      if (bytes && chance(&seed, 2)) text[chance(&seed, (uint32_t)bytes)] = "\0\xff\x10z"[chance(&seed, 4)];
      while (at < n && (length[at] != bytes || memcmp(word[at], text, bytes) != 0)) at++;
      if (at == n) {
        if (n == WORDS) continue;
        memcpy(word[n], text, bytes);
        length[n++] = bytes;
      }
      assert_int_equal(dc_dictionary_code(d, text, bytes), at);
    }
    assert_int_equal(dc_dictionary_count(d), n);
    assert_true(n > 300);
    for (size_t w = 0; w < n; w++) {
      size_t bytes;
      const char *stored = dc_dictionary_word(d, (uint32_t)w, &bytes);
      assert_int_equal(bytes, length[w]);
      assert_memory_equal(stored, word[w], bytes);
    }
    dc_dictionary_free(d);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(codes_follow_arrival),
                                     cmocka_unit_test(many_words),
                                     cmocka_unit_test(short_words),
                                     cmocka_unit_test(ranks),
                                     cmocka_unit_test(lookups),
                                     cmocka_unit_test(against_list)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
