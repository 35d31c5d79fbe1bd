/* The sample shows what its records show when libcsv takes them apart one after the other, whatever the text is like. */
#include "engine/base/random.h"
#include "engine/ingest/plan.h"
#include "tests/ingest/loading.h"

enum {
  TEXTS = 80,
  TEXT_BYTES = 1 << 21,
  COLUMNS = 4,
  CHUNK_BYTES = 1 << 16,
  FIRST_RECORDS = 5000,
  PLACES = 32,
  PLACE_RECORDS = 64,
  PLACE_BYTES = 1 << 15
};

static uint64_t drawn;

static size_t draw(size_t below) { return (size_t)(dc_random_bits(8, 9, drawn++) % below); }

static size_t put(char *text, size_t at, const char *what)
{
  size_t n = strlen(what);
  memcpy(text + at, what, n);
  return at + n;
}

/* One cell or row in so many has it; 0 = none. */
typedef struct oddities {
  size_t quotes, doubled, spanning, stray, control, lone_cr, fields, blank;
  bool longer; /* rows that follow are */
} oddities;

/* What there is in a column begins to be there one by one: part of it so far. */
static size_t put_cell(char *text, size_t at, size_t column, double part, const oddities *odd)
{
  static const char *const cells[] = {
      "NA",      "",   "2020-02-03", "25/03/2021", " padded ", "$5",       "long words of some length", "1,234.50",
      "C536379", "x1", "-",          "?",          "12345.5",  "20200101", "\xC3\xA9t\xC3\xA9",         "7"};
  enum { N_CELLS = sizeof cells / sizeof *cells };
  char cell[64];
  const char *from = cells[(5 * column + draw(1 + (size_t)(part * N_CELLS))) % N_CELLS];
  if (draw(2)) {
    snprintf(cell, sizeof cell, part > 0.4 && draw(2) ? "%zu.%02zu" : "id%zu%zu", draw(100000), draw(100));
    from = cell;
  }
  if (odd->stray && draw(odd->stray) == 0) return put(text, put(text, at, "a\"b"), from);
  if (odd->control && draw(odd->control) == 0) return put(text, put(text, at, "\x01"), from);
  if (odd->spanning && draw(odd->spanning) == 0) return put(text, at, "\"one\ntwo\r\nthree\"");
  if (odd->doubled && draw(odd->doubled) == 0) return put(text, at, "\"say \"\"7\"\" or \"\"\"");
  bool quoted = strchr(from, ',') || (odd->quotes && draw(odd->quotes) == 0);
  at = put(text, at, quoted ? "\"" : "");
  at = put(text, at, from);
  return put(text, at, quoted ? "\"" : "");
}

static size_t make(char *text, const oddities *odd, size_t rows)
{
  const char *eol = draw(2) ? "\n" : "\r\n";
  size_t most = draw(3) * 6, start = draw(99);
  size_t at = put(text, put(text, 0, "a,b,c,d"), eol);
  for (size_t r = 0; r < rows && at < TEXT_BYTES - 4096; r++) {
    bool blank = odd->blank && draw(odd->blank) == 0;
    size_t fields = odd->fields && draw(odd->fields) == 0 ? 3 + 2 * draw(2) : COLUMNS;
    size_t words = blank ? 0 : odd->longer && r > FIRST_RECORDS ? draw(40) : most ? draw(most) : 0;
    for (size_t k = words; k; k--) at = put(text, at, "words in front of others ");
    for (size_t c = words > 0; c < fields && !blank; c++)
      at = put_cell(text, put(text, at, c ? "," : ""), start + c, (double)r / (double)rows, odd);
    at = put(text, at, odd->lone_cr && draw(odd->lone_cr) == 0 ? "\r" : r + 1 == rows && draw(2) ? "" : eol);
  }
  return at;
}

/* Takes cells as they come. */
typedef struct taking {
  dc_evidence *evidence;
  size_t field, left;
  char *cell[COLUMNS];
  size_t length[COLUMNS];
} taking;

static void on_field(void *bytes, size_t length, void *context)
{
  taking *t = context;
  if (t->field < COLUMNS) {
    t->cell[t->field] = realloc(t->cell[t->field], length + 1);
    assert_non_null(t->cell[t->field]);
    if (length) memcpy(t->cell[t->field], bytes, length);
    t->length[t->field] = length;
  }
  t->field++;
}

static bool on_record(void *context, const dc_record *record)
{
  taking *t = context;
  for (size_t c = 0; c < COLUMNS && record->kind == DC_RECORD_FIELDS && t->field == COLUMNS; c++)
    assert_true(dc_evidence_add(&t->evidence[c], t->cell[c], t->length[c], false, record->line));
  t->field = 0;
  return --t->left > 0;
}

static dc_status take_slowly(const dc_file *file, const dc_layout *layout, dc_evidence *evidence, dc_error *error)
{
  dc_reader reader;
  dc_buffer buffer = {NULL, 0};
  taking t = {.evidence = evidence, .left = FIRST_RECORDS};
  dc_sink sink = {on_field, on_record, &t};
  dc_sequence range = {.source = file->source, .from = layout->from, .line = layout->line};
  range.to = dc_source_size(file->source);
  check_ok(dc_reader_init(&reader, ',', error), error);
  dc_status status = dc_read_sequence(&reader, &range, &sink, error);
  size_t n = file->blocks.count;
  for (size_t k = 1; k <= PLACES && status == DC_OK && n > 1; k++) {
    size_t i = k * (n - 1) / PLACES;
    if (i == 0 || i == (k - 1) * (n - 1) / PLACES) continue;
    const dc_block *b = &file->blocks.items[i];
    uint64_t length = b->to - b->from < PLACE_BYTES ? b->to - b->from : PLACE_BYTES;
    const char *view;
    check_ok(dc_source_view(file->source, b->from, b->from + length, &buffer, &view, error), error);
    t.left = PLACE_RECORDS;
    t.field = 0;
    (void)dc_read_block(&reader, b, view, (size_t)length, false, &sink);
  }
  for (size_t c = 0; c < COLUMNS; c++) free(t.cell[c]);
  dc_buffer_free(&buffer);
  dc_reader_free(&reader);
  return status;
}

static void check_evidence(const dc_evidence *a, const dc_evidence *b)
{
  assert_int_equal(a->values, b->values);
  assert_int_equal(a->numbers, b->numbers);
  assert_int_equal(a->whens, b->whens);
  assert_int_equal(a->words, b->words);
  assert_int_equal(a->marked, b->marked);
  assert_int_equal(a->missing, b->missing);
  assert_int_equal(a->currency, b->currency);
  assert_int_equal(a->number_seen, b->number_seen);
  assert_int_equal(a->when_seen, b->when_seen);
  assert_int_equal(a->bare_seen, b->bare_seen);
  assert_int_equal(a->details != NULL, b->details != NULL);
  if (a->details) assert_memory_equal(a->details, b->details, sizeof *a->details);
  size_t n = a->distinct ? dc_dictionary_count(a->distinct) : 0;
  assert_int_equal(n, b->distinct ? dc_dictionary_count(b->distinct) : 0);
  for (size_t k = 0; k < n; k++)
    assert_string_equal(dc_dictionary_word(a->distinct, (uint32_t)k, NULL),
                        dc_dictionary_word(b->distinct, (uint32_t)k, NULL));
}

/* Returns how many values the sample of the text has; 0 when it cannot be read. */
static size_t check_sample(const char *text, size_t length)
{
  static const size_t threads[] = {1, 2, 7};
  dc_file file = {0};
  dc_layout layout;
  dc_error error = {0}, own = {0};
  const char *path = "text";
  dc_evidence wanted[COLUMNS] = {{0}};
  const dc_layout_request asked = {.skip = -1};
  size_t values = 0;
  check_ok(dc_source_memory(path, text, length, &file.source, &error), &error);
  check_ok(dc_layout_find(file.source, &asked, &layout, &error), &error);
  assert_int_equal(layout.n_fields, COLUMNS);
  check_ok(dc_blocks_cut(file.source, layout.from, layout.line, CHUNK_BYTES, 1, &file.blocks, &error), &error);
  for (size_t b = 0; b < file.blocks.count; b++) file.blocks.items[b].to -= draw(2); /* as a cutter's places end */
  dc_status status = take_slowly(&file, &layout, wanted, &error);
  for (size_t k = 0; k < sizeof threads / sizeof *threads; k++) {
    dc_load_request request = {.paths = &path, .n_paths = 1};
    dc_evidence found[COLUMNS] = {{0}};
    assert_int_equal(dc_plan_sample(&request, &file, &layout, COLUMNS, (int)threads[k], found, &own), status);
    if (status != DC_OK) assert_string_equal(own.message, error.message);
    if (status != DC_OK) assert_int_equal(own.line, error.line);
    for (size_t c = 0; c < COLUMNS; c++) {
      if (status == DC_OK) check_evidence(&found[c], &wanted[c]);
      dc_evidence_free(&found[c]);
    }
  }
  for (size_t c = 0; c < COLUMNS; c++) {
    values += status == DC_OK ? wanted[c].values : 0;
    dc_evidence_free(&wanted[c]);
  }
  dc_layout_free(&layout);
  dc_blocks_free(&file.blocks);
  dc_source_free(file.source);
  return values;
}

static void texts(void **state)
{
  static const size_t rows[] = {3, 400, 700, 4999, 5001, 9000, 40000};
  static const oddities kinds[] = {{0},
                                   {.longer = true, .spanning = 90},
                                   {.longer = true, .stray = 400},
                                   {.quotes = 4, .doubled = 50},
                                   {.quotes = 9, .doubled = 9, .spanning = 40, .blank = 60},
                                   {.fields = 20, .blank = 20},
                                   {.spanning = 4000, .stray = 9000},
                                   {.stray = 300, .quotes = 9},
                                   {.control = 5000, .doubled = 300},
                                   {.lone_cr = 3000, .quotes = 9},
                                   {.lone_cr = 1}};
  enum { KINDS = sizeof kinds / sizeof *kinds };
  (void)state;
  char *text = malloc(TEXT_BYTES);
  assert_non_null(text);
  size_t full = 0;
  for (size_t t = 0; t < TEXTS; t++) {
    size_t length = make(text, &kinds[t % KINDS], rows[draw(sizeof rows / sizeof *rows)]);
    full += check_sample(text, length) > FIRST_RECORDS;
  }
  assert_true(full > TEXTS / 3);
  free(text);
}

/* A quote that is never closed is told by the same line, unless the sample ends above it. */
static void open_quotes(void **state)
{
  (void)state;
  char *text = malloc(TEXT_BYTES);
  assert_non_null(text);
  for (size_t row = 100; row < 6000; row += 1700) {
    size_t at = put(text, 0, "a,b,c,d\n");
    for (size_t r = 0; r < 6000; r++)
      at = put(text, at, r == row ? "1,\"2,3,4\n" : "1,2020-01-02,x,a longer text to fill pieces\n");
    assert_int_equal(check_sample(text, at) > 0, row > FIRST_RECORDS);
  }
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(texts), cmocka_unit_test(open_quotes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
