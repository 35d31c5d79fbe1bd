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

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(codes_follow_arrival), cmocka_unit_test(many_words),
                                     cmocka_unit_test(short_words)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
