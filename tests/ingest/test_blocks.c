/* Cuts at record boundaries: every chunk size and number of threads gives the table that one block gives, for random
 * files, for the same files broken at random places, and for files whose cells are known. */
#include "engine/base/random.h"
#include "engine/ingest/read.h"
#include "tests/ingest/loading.h"

enum { FILES = 300, MUTATIONS = 20, TEXT_BYTES = 1 << 14, FEW_ROWS = 14, COLUMNS = 3 };

static uint64_t drawn;

static size_t draw(size_t below) { return (size_t)(dc_random_bits(1, 2, drawn++) % below); }

typedef struct made {
  char text[TEXT_BYTES];
  size_t length, rows;
  char cells[FEW_ROWS][COLUMNS][64]; /* what must be read */
  uint32_t line[FEW_ROWS];
} made;

static void put(made *m, const char *text)
{
  size_t n = strlen(text);
  memcpy(m->text + m->length, text, n);
  m->length += n;
}

/* A cell that needs no trimming and is no missing word; quoted when it must be, and sometimes when not. Returns the line
 * ends inside. */
static uint32_t put_cell(made *m, char *cell, const char *eol)
{
  static const char *const parts[] = {"a", "b2", "x y", "\"", ",", ";", "\n", "\r\n", "\r", "\xC3\xA9", "\"\"", "0"};
  size_t n = draw(4);
  bool quoted = draw(3) == 0;
  uint32_t lines = 0;
  cell[0] = 0;
  if (n) strcat(cell, "q");
  for (size_t i = 0; i < n; i++) {
    const char *part = parts[draw(sizeof parts / sizeof *parts)];
    if (strpbrk(part, "\",\n\r;")) quoted = true;
    strcat(cell, part);
  }
  if (n) strcat(cell, "z");
  for (const char *p = cell; *p; p++) lines += *p == '\n' || (*p == '\r' && p[1] != '\n');
  if (quoted) put(m, "\"");
  for (const char *p = cell; *p; p++) {
    char one[3] = {*p, *p == '"' ? '"' : 0, 0};
    put(m, one);
  }
  if (quoted) put(m, "\"");
  (void)eol;
  return lines;
}

static void make(made *m)
{
  static const char *const ends[] = {"\n", "\r\n", "\r"};
  const char *eol = ends[draw(3)];
  uint32_t line = 2;
  m->length = 0;
  put(m, "a,b,c");
  put(m, eol);
  m->rows = draw(FEW_ROWS);
  for (size_t r = 0; r < m->rows; r++) {
    while (draw(6) == 0) {
      put(m, eol);
      line++;
    }
    m->line[r] = line;
    for (int c = 0; c < COLUMNS; c++) {
      if (c) put(m, ",");
      line += put_cell(m, m->cells[r][c], eol);
    }
    if (r + 1 < m->rows || draw(2)) put(m, eol);
    line++;
  }
}

static const loading texts = {.names = {"a", "b", "c"}, .expect = {DC_TYPE_TEXT, DC_TYPE_CATEGORY, DC_TYPE_TEXT}};

static void check_truth(const made *m, const dc_load *l)
{
  assert_int_equal(l->table->rows, m->rows);
  assert_int_equal(l->rejects.count, 0);
  for (size_t r = 0; r < m->rows; r++) {
    assert_int_equal(l->table->line[r], m->line[r]);
    for (int c = 0; c < COLUMNS; c++) {
      static const char *const names[] = {"a", "b", "c"};
      check_text(l, names[c], r, m->cells[r][c]);
    }
  }
}

/* One result per way of cutting; all must agree, in the table or in the error. */
static dc_load *check_all_cuts(const char *text, size_t length)
{
  static const size_t chunks[] = {0, 1, 2, 3, 7, 16, 61, 1000};
  static const int threads[] = {1, 2, 7};
  dc_load *first = NULL;
  dc_error first_error;
  dc_status first_status = try_bytes(&texts, text, length, &first, &first_error);
  for (size_t k = 0; k < sizeof chunks / sizeof *chunks; k++) {
    loading how = texts;
    how.chunk = chunks[k];
    how.threads = threads[draw(3)];
    dc_load *l = NULL;
    dc_error error;
    dc_status status = try_bytes(&how, text, length, &l, &error);
    assert_int_equal(status, first_status);
    if (status == DC_OK) {
      check_balance(l);
      check_equal(first, l, false);
    } else {
      assert_string_equal(error.message, first_error.message);
      assert_int_equal(error.line, first_error.line);
    }
    dc_load_free(l);
  }
  return first;
}

static void random_files(void **state)
{
  (void)state;
  made *m = malloc(sizeof *m);
  assert_non_null(m);
  drawn = 0;
  for (int f = 0; f < FILES; f++) {
    make(m);
    dc_load *l = check_all_cuts(m->text, m->length);
    assert_non_null(l);
    check_truth(m, l);
    dc_load_free(l);
  }
  free(m);
}

static void skip_field(void *bytes, size_t length, void *context)
{
  (void)bytes;
  (void)length;
  (void)context;
}

static bool count_record(void *context, const dc_record *record)
{
  assert_int_equal(record->kind, DC_RECORD_FIELDS);
  ++*(size_t *)context;
  return true;
}

/* Byte by byte: line[p] is the physical line of a record boundary at p, 0 elsewhere. Returns the number of records. */
static size_t find_boundaries(const char *text, size_t length, uint64_t *line)
{
  bool inside = false;
  uint64_t at = 1;
  size_t records = 0;
  memset(line, 0, (length + 2) * sizeof *line);
  for (size_t i = 0; i < length; i++) {
    inside ^= text[i] == '"';
    bool paired = text[i] == '\r' && i + 1 < length && text[i + 1] == '\n';
    if ((text[i] != '\n' && text[i] != '\r') || paired) continue;
    at++;
    if (inside) continue;
    line[i + 1] = at;
    records++;
  }
  return records + (length && !line[length]);
}

/* Blocks begin where records begin, on the line they say, after nearly every chunk, and parse without doubt: what the
 * sequential reading would hide when it steps in. */
static void check_cuts(const made *m, size_t chunk, uint64_t *line)
{
  dc_source *source = NULL;
  dc_error error;
  dc_blocks blocks;
  dc_reader reader;
  size_t records = find_boundaries(m->text, m->length, line), read = 0;
  dc_sink sink = {skip_field, count_record, &read};
  check_ok(dc_source_memory("memory", m->text, m->length, &source, &error), &error);
  check_ok(dc_blocks_cut(source, 0, 1, chunk, 2, &blocks, &error), &error);
  check_ok(dc_reader_init(&reader, ',', &error), &error);
  uint64_t behind = 0;
  for (size_t b = 0; b < blocks.count; b++) {
    const dc_block *k = &blocks.items[b];
    assert_int_equal(k->from, behind);
    assert_true(k->to > k->from);
    assert_int_equal(k->line, k->from ? line[k->from] : 1);
    bool last = b + 1 == blocks.count;
    assert_int_equal(dc_read_block(&reader, k, m->text + k->from, (size_t)(k->to - k->from), last, &sink),
                     DC_READ_DONE);
    /* The first boundary in a later chunk than that of `from` ends the block. */
    for (uint64_t p = (k->from / chunk + 2) * chunk; p < k->to; p++) assert_int_equal(line[p], 0);
    behind = k->to;
  }
  assert_int_equal(behind, m->length);
  assert_int_equal(read, records);
  dc_reader_free(&reader);
  dc_blocks_free(&blocks);
  dc_source_free(source);
}

static void cuts(void **state)
{
  (void)state;
  made *m = malloc(sizeof *m);
  uint64_t *line = malloc((TEXT_BYTES + 2) * sizeof *line);
  assert_true(m && line);
  drawn = 1u << 24;
  for (int f = 0; f < FILES; f++) {
    make(m);
    for (size_t chunk = 1; chunk < 40; chunk = chunk * 2 + 1) check_cuts(m, chunk, line);
  }
  free(line);
  free(m);
}

static void mutate(made *m)
{
  static const char bytes[] = "\",\n\r x\x01;\0";
  for (size_t times = draw(3) + 1; times; times--) {
    if (m->length <= 6) return; /* the header alone */
    size_t at = 6 + draw(m->length - 6);
    char byte = bytes[draw(sizeof bytes - 1)];
    switch (draw(3)) {
      case 0: m->text[at] = byte; break;
      case 1:
        memmove(m->text + at + 1, m->text + at, m->length - at);
        m->text[at] = byte;
        m->length++;
        break;
      default:
        memmove(m->text + at, m->text + at + 1, m->length - at - 1);
        m->length--;
        break;
    }
  }
}

static void broken_files(void **state)
{
  (void)state;
  made *m = malloc(2 * sizeof *m);
  assert_non_null(m);
  drawn = 1u << 20;
  for (int f = 0; f < FILES / 10; f++) {
    make(m);
    for (int k = 0; k < MUTATIONS; k++) {
      m[1] = m[0];
      mutate(&m[1]);
      dc_load_free(check_all_cuts(m[1].text, m[1].length));
    }
  }
  free(m);
}

/* A file of several real blocks: threads change nothing, not even the hash. */
static void many_blocks(void **state)
{
  (void)state;
  enum { ROWS = 60000 };
  char *text = malloc(ROWS * 100);
  assert_non_null(text);
  size_t n = (size_t)sprintf(text, "id,stage,amount,close,note\n");
  for (unsigned r = 0; r < ROWS; r++) {
    n += (size_t)sprintf(text + n, "D%06u,Stage %u,%u.%02u,20%02u-%02u-%02u,\"line one\nline, \"\"two\"\" %u\"\n", r,
                         r * 7 % 13, r * 31 % 99991, r % 100, r % 20, r % 12 + 1, r % 28 + 1, r);
    if (r % 10007 == 5) n += (size_t)sprintf(text + n, "short,%u\n", r);
  }
  loading how = {.threads = 1};
  dc_load *one = load_bytes(&how, text, n);
  assert_int_equal(one->table->rows, ROWS);
  assert_int_equal(reject_of(one, "short row")->count, 6);
  assert_int_equal(column_of(one, "stage")->n_words, 14);
  assert_string_equal(column_of(one, "stage")->words[3], "Stage 10");
  check_text(one, "note", ROWS - 1, "line one\nline, \"two\" 59999");
  for (int threads = 2; threads <= 7; threads += 5) {
    how.threads = threads;
    dc_load *l = load_bytes(&how, text, n);
    check_equal(one, l, true);
    dc_load_free(l);
  }
  /* One stray quote anywhere: the same rows, read in sequence. */
  char *quote = strstr(text + n / 2, "Stage");
  memcpy(quote, "St\"ge", 5);
  dc_load *stray = load_bytes(&how, text, n);
  assert_int_equal(stray->table->rows, ROWS);
  assert_int_equal(column_of(stray, "stage")->n_words, 15);
  assert_memory_equal(stray->table->line, one->table->line, ROWS * sizeof *one->table->line);
  dc_load_free(stray);
  dc_load_free(one);
  free(text);
}

static void counting(void **state)
{
  (void)state;
  char text[600];
  for (size_t n = 0; n < sizeof text; n++) {
    size_t quotes = 0, lines = 0;
    bool control = false, lone = false;
    for (size_t i = 0; i < n; i++) {
      static const char bytes[] = "ab\"\n\r\r,\xC3";
      text[i] = bytes[draw(sizeof bytes - 1)];
      if (draw(2000) == 0) text[i] = (char)(draw(2) ? 127 : draw(9));
      quotes += text[i] == '"';
      lines += text[i] == '\n' || (i && text[i - 1] == '\r' && text[i] != '\n');
      control |= (text[i] >= 0 && text[i] < 9) || text[i] == 127;
    }
    bool open = n && text[n - 1] == '\r';
    assert_int_equal(dc_count_byte(text, n, '"'), quotes);
    assert_int_equal(dc_has_control(text, n), control);
    assert_int_equal(dc_count_lines(text, n, '\n', &lone), lines);
    assert_int_equal(dc_count_lines(text, n, 'x', &lone), lines + open);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_files), cmocka_unit_test(cuts),
                                     cmocka_unit_test(broken_files), cmocka_unit_test(many_blocks),
                                     cmocka_unit_test(counting)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
