/* A text that is read only once has the blocks of a text that was cut beforehand, whatever the number of threads; or it is
 * said that it does not fit. */
#include "engine/base/random.h"
#include "engine/ingest/cutter.h"
#include "tests/ingest/loading.h"

enum { TEXTS = 400, TEXT_BYTES = 1 << 15, CHUNK_BYTES = 512, SLACK = 64, BLOCKS = TEXT_BYTES / CHUNK_BYTES + 2 };

static uint64_t drawn;

static size_t draw(size_t below) { return (size_t)(dc_random_bits(3, 4, drawn++) % below); }

typedef enum style { PLAIN, QUOTED, SPANNING, BROKEN, STYLES } style;

static size_t put(char *text, size_t at, const char *what)
{
  size_t n = strlen(what);
  memcpy(text + at, what, n);
  return at + n;
}

/* Rows of a few cells: plain; some quoted; some with line ends inside the quotes; some with a quote that is never closed. */
static size_t make(char *text, style how)
{
  static const char *const cells[] = {
      "a", "bcd", "12.5", "\xC3\xA9t\xC3\xA9", "", "2020-01-02", "long words of some length"};
  static const char *const quoted[] = {"\"x, y\"", "\"say \"\"so\"\"\"", "\"\"", "\"Acme, Inc.\""};
  size_t rows = 20 + draw(400), at = put(text, 0, "a,b,c\n");
  const char *eol = draw(2) ? "\n" : "\r\n";
  for (size_t r = 0; r < rows && at < TEXT_BYTES - 400; r++) {
    for (size_t c = 0; c < 3; c++) {
      const char *cell = cells[draw(sizeof cells / sizeof *cells)];
      if (how != PLAIN && draw(6) == 0) cell = quoted[draw(sizeof quoted / sizeof *quoted)];
      if (how == SPANNING && draw(60) == 0) cell = "\"one\ntwo\"";
      if (how == BROKEN && draw(600) == 0) cell = "\"open";
      at = put(text, at, cell);
      at = put(text, at, c < 2 ? "," : r + 1 < rows || draw(2) ? eol : "");
    }
  }
  return at;
}

typedef struct taken {
  dc_cut cut[BLOCKS];
  bool taken[BLOCKS];
} taken;

static void take_all(dc_cutter *cutter, const char *text, int threads, taken *t)
{
  bool same = true;
#pragma omp parallel num_threads(threads) reduction(&& : same)
  {
    dc_buffer buffer = {NULL, 0};
    dc_cut cut;
    while (dc_cutter_next(cutter, SLACK, &buffer, &cut)) {
      volatile char behind = 0;
      for (size_t k = 0; k < SLACK; k++) behind = cut.text[cut.block.to - cut.block.from + k]; /* for sanitizers */
      (void)behind;
      same = same && memcmp(cut.text, text + cut.block.from, (size_t)(cut.block.to - cut.block.from)) == 0;
      t->cut[cut.index] = cut;
      t->taken[cut.index] = true;
    }
    dc_buffer_free(&buffer);
  }
  assert_true(same);
}

static void check_taken(const taken *t, const dc_blocks *known)
{
  size_t base = 0;
  for (size_t b = 0; b < known->count; b++) {
    const dc_block *is = &t->cut[b].block, *k = &known->items[b];
    assert_true(t->taken[b]);
    assert_int_equal(is->from, k->from);
    assert_int_equal(is->to, k->to);
    assert_int_equal(is->line, k->line);
    assert_int_equal(is->lines, k->lines);
    assert_int_equal(is->rows, k->rows);
    assert_int_equal(t->cut[b].base, base);
    assert_int_equal(t->cut[b].last, b + 1 == known->count);
    base += (size_t)k->rows;
  }
}

/* Whether the text was fit. */
static bool check_cut(const char *text, size_t length, int threads)
{
  static taken t;
  dc_source *source = NULL;
  dc_error error;
  dc_cutter *cutter = NULL;
  dc_blocks known, own;
  bool fits = false;
  memset(&t, 0, sizeof t);
  check_ok(dc_source_memory("memory", text, length, &source, &error), &error);
  check_ok(dc_blocks_cut(source, 6, 2, CHUNK_BYTES, 1, &known, &error), &error);
  check_ok(dc_cutter_new(source, 6, 2, CHUNK_BYTES, &cutter, &error), &error);
  if (cutter) {
    size_t place = draw(dc_cutter_count(cutter));
    dc_block block;
    check_ok(dc_cutter_place(cutter, place, &block, &error), &error);
    assert_true(dc_cutter_room(cutter) > 0);
    take_all(cutter, text, threads, &t);
    check_ok(dc_cutter_end(cutter, &own, &fits, &error), &error);
    if (fits) {
      assert_int_equal(own.count, known.count);
      assert_int_equal(own.hash, known.hash);
      assert_int_equal(own.lines, known.lines);
      assert_true(own.utf8 == known.utf8);
      assert_int_equal(block.from, known.items[place].from);
      assert_int_equal(dc_cutter_line(&own, block.line + 7), known.items[place].line + 7);
      check_taken(&t, &known);
      dc_blocks_free(&own);
    }
  }
  dc_cutter_free(cutter);
  dc_blocks_free(&known);
  dc_source_free(source);
  return fits;
}

static void random_texts(void **state)
{
  static const int threads[] = {1, 2, 7};
  static const char *const names[] = {"plain", "with quotes", "with line ends inside", "with stray quotes"};
  (void)state;
  char *text = malloc(TEXT_BYTES + SLACK);
  assert_non_null(text);
  for (style how = PLAIN; how < STYLES; how++) {
    size_t fit = 0;
    for (size_t k = 0; k < TEXTS; k++) {
      size_t length = make(text, how);
      fit += check_cut(text, length, threads[k % 3]);
    }
    printf("%s: %zu of %d texts read once\n", names[how], fit, TEXTS);
    if (how <= QUOTED) assert_true(fit > TEXTS / 2);
  }
  free(text);
}

/* A file that does not fit gives the table of one that is cut beforehand: rows become much shorter than those at its
 * beginning; bytes that are no UTF-8 stand at its end only; a line end inside quotes where none was expected. */
static void falls_back(void **state)
{
  static const char *const last[] = {"2,b\n", "3,\xE9t\xE9\n", "4,\"one\ntwo\"\n"};
  static const char longer[] = "1,a row that is long enough to mislead about the number of rows\n";
  (void)state;
  char *text = malloc(TEXT_BYTES * 4);
  assert_non_null(text);
  for (size_t k = 0; k < sizeof last / sizeof *last; k++) {
    size_t at = put(text, 0, "n,w\n");
    for (int r = 0; r < 700; r++) at = put(text, at, longer);
    for (int r = 0; r < (k == 0 ? 9000 : 40); r++) at = put(text, at, last[k]);
    loading whole = {.threads = 1}, pieces = {.threads = 2, .chunk = CHUNK_BYTES};
    dc_load *a = load_bytes(&whole, text, at), *b = load_bytes(&pieces, text, at);
    assert_int_equal(a->table->rows, 700 + (k == 0 ? 9000 : 40));
    check_equal(a, b, false);
    dc_load_free(a);
    dc_load_free(b);
  }
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_texts), cmocka_unit_test(falls_back)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
