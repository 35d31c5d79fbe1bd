/* Cells read eight at a time, and fields turned to columns: against the plainest way to say the same. */
#include "engine/ingest/cells8.h"
#include "engine/ingest/scan.h"
#include "engine/ingest/turn.h"
#include "tests/check.h"

enum { CELLS = 256, BYTES = 64, SLACK = 64 };

static uint64_t state_of_chance = 1;

static uint32_t chance(uint32_t below)
{
  state_of_chance = state_of_chance * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state_of_chance >> 33) % below;
}

static void turned(void **state)
{
  (void)state;
  for (size_t fields = 1; fields < 40; fields++) {
    for (size_t rows = 1; rows < 30; rows++) {
      size_t stride = dc_turn_stride(rows), n = 1;
      assert_true(stride >= rows && stride % 8 == 0);
      uint32_t *ends = malloc((rows * (fields + 2) + 2) * sizeof *ends), first[30];
      uint32_t *begins = malloc((fields + 1) * stride * sizeof *begins);
      assert_true(ends && begins);
      for (size_t i = 0; i < rows * (fields + 2) + 2; i++) ends[i] = i ? chance(1000000) : UINT32_MAX;
      for (size_t k = 0; k < rows; k++) {
        first[k] = (uint32_t)n;
        n += fields - (fields > 1 && !chance(4)); /* a last field that is left out */
      }
      dc_turn(ends, first, rows, fields, begins);
      for (size_t f = 0; f <= fields; f++)
        for (size_t k = 0; k < stride; k++)
          assert_int_equal(begins[f * stride + k], k < rows ? ends[first[k] + f - 1] + 1 : 0);
      free(begins);
      free(ends);
    }
  }
}

typedef struct cells {
  char text[CELLS * BYTES + SLACK];
  uint32_t begin[CELLS], next[CELLS];
} cells;

static size_t cell_length(const cells *c, size_t k) { return c->next[k] - c->begin[k] - 1; }

static size_t add_cell(cells *c, size_t k, size_t at, const char *text, size_t length)
{
  memcpy(c->text + at, text, length);
  c->text[at + length] = ',';
  c->begin[k] = (uint32_t)at;
  c->next[k] = (uint32_t)(at + length + 1);
  return at + length + 1;
}

/* Where these machines have none, the ways of one by one are all there is, and tested elsewhere. */
static const dc_kernels8 *kernels(void)
{
  const dc_kernels8 *found = dc_kernels8_of(dc_scanner_best()->name);
  if (!found) print_message("skipped: no cells eight at a time on this machine\n");
  return found;
}

/* What the cell means as a word: without simple quotes. NULL: not simple. */
static const char *meant(const cells *c, size_t k, size_t *length)
{
  const char *text = c->text + c->begin[k];
  *length = cell_length(c, k);
  if (!*length || *text != '"') return text;
  *length -= 2;
  return memchr(text + 1, '"', *length) ? NULL : text + 1;
}

/* Words of all lengths around 8 and 16 and of bytes that are nearly alike, one by one and eight at a time. */
static void looked_up(void **state)
{
  (void)state;
  const dc_kernels8 *k8 = kernels();
  static const uint32_t vocabulary[] = {1, 3, 8, 10, 12, 40, 400, 4000};
  size_t found = 0, all = 0;
  for (size_t v = 0; k8 && v < sizeof vocabulary / sizeof *vocabulary; v++) {
    dc_dictionary *d = dc_dictionary_new();
    static cells c;
    for (int round = 0; round < 60; round++) {
      size_t at = 0;
      for (size_t k = 0; k < CELLS; k++) {
        char word[BYTES], cell[BYTES];
        uint32_t w = chance(vocabulary[v]);
        int n = snprintf(word, sizeof word, "%u%.*s", w, (int)(w * 7 % 21),
                         w % 2 ? "aaaaaaaaaaaaaaaaaaaaa" : "a\"aaa aaaaaaaaaaaaaaa");
        if (v && w == 2) n = 0;
        bool quoted = !chance(4);
        n = snprintf(cell, sizeof cell, quoted ? "\"%.*s\"" : "%.*s", n, word);
        at = add_cell(&c, k, at, cell, (size_t)n);
      }
      size_t n = CELLS - chance(9);
      for (size_t k = n; k < CELLS; k++) c.begin[k] = c.next[k] = 0;
      dc_cells given = {c.text, c.begin, c.next, dc_turn_stride(n)};
      dc_slots slots = dc_dictionary_slots(d);
      size_t known = dc_dictionary_count(d);
      uint32_t codes[CELLS];
      uint8_t done[CELLS / 8];
      k8->words(&given, &slots, codes, done);
      for (size_t k = 0; k < dc_turn_stride(n); k++) {
        bool read = done[k / 8] >> (k % 8) & 1;
        size_t length;
        const char *word = k < n ? meant(&c, k, &length) : NULL;
        if (!word) {
          assert_false(read);
          continue;
        }
        uint32_t code = dc_dictionary_code(d, word, length);
        assert_int_equal(read, code < known && length <= DC_KEY_BYTES);
        if (read) assert_int_equal(codes[k], code);
        found += read;
        all++;
      }
    }
    dc_dictionary_free(d);
  }
  if (k8) print_message("%zu of %zu words found at once\n", found, all);
  assert_true(!k8 || found * 2 > all);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(turned), cmocka_unit_test(looked_up)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
