/* Hostile names, of the suites blns and csv-injection and some of our own: as owners, accounts, names of columns and of the
 * file, through every format. CSV holds no cell that a spreadsheet runs, JSON is JSON and says the same, the terminal is
 * not steered. */
#include "dealcast/job.h"
#include "engine/output/write.h"
#include "tests/check.h"
#include "tests/output/sample.h"

#include <csv.h>

enum { MOST = 2000, TEXT_BYTES = 1 << 22, NAME_BYTES = 2000 };

static const char *const own[] = {"=1+1",
                                  "+1",
                                  "-1",
                                  "@SUM(1)",
                                  "\t=1",
                                  "\r=1",
                                  "'=1",
                                  "\"=1\"",
                                  "=1,=2",
                                  "=1\n=2",
                                  "a\x1b[31mred",
                                  "</script><script>alert(1)</script>",
                                  "../../etc/passwd",
                                  "%s%n%d",
                                  "\xE2\x80\xAEtxt.exe",
                                  "{\"a\":1}",
                                  "\\u0000",
                                  "\\",
                                  "a;b",
                                  " =1"};

typedef struct names {
  char *text[MOST];
  size_t n;
} names;

static void add(names *all, const char *text, size_t length)
{
  if (!length || length > NAME_BYTES || all->n == MOST) return;
  char *copy = calloc(length + 1, 1);
  assert_non_null(copy);
  memcpy(copy, text, length);
  all->text[all->n++] = copy;
}

static void add_lines(names *all, const char *file)
{
  const char *path = check_data("DEALCAST_SUITES", file);
  if (!path) return;
  FILE *in = fopen(path, "rb");
  static char line[1 << 16];
  assert_non_null(in);
  while (fgets(line, sizeof line, in)) {
    size_t length = strcspn(line, "\n");
    if (line[0] != '#') add(all, line, length);
  }
  fclose(in);
}

static void put_field(FILE *to, const char *text)
{
  fputc('"', to);
  for (; *text; text++) {
    if (*text == '"') fputc('"', to);
    fputc(*text, to);
  }
  fputc('"', to);
}

typedef struct place {
  char *folder, deals[600], out[600];
  dc_result *result;
} place;

/* A header with control characters is refused. */
static bool may_be_header(const char *text)
{
  for (; *text; text++)
    if ((unsigned char)*text < 0x20 || *text == 0x7F) return false;
  return true;
}

/* One open deal for each name, and a closed one; the first names are those of columns, too. */
static void forecast(place *p, const names *all, const char *file_name)
{
  dc_error error;
  p->folder = check_folder();
  snprintf(p->deals, sizeof p->deals, "%s/%s", p->folder, file_name);
  snprintf(p->out, sizeof p->out, "%s/out", p->folder);
  FILE *file = fopen(p->deals, "wb");
  assert_non_null(file);
  fputs("deal_id,stage,amount,created,closed,owner,account", file);
  for (size_t k = 0; k < 20 && k < all->n; k++) {
    char header[NAME_BYTES + 8];
    snprintf(header, sizeof header, "%s %zu", may_be_header(all->text[k]) ? all->text[k] : "=", k);
    fputc(',', file);
    put_field(file, header);
  }
  for (size_t i = 0; i <= all->n; i++) {
    fprintf(file, "\nD%05zu,%s,%zu,2024-01-01,%s,", i, i ? "Open" : "Won", i + 1, i ? "" : "2024-03-01");
    put_field(file, i ? all->text[i - 1] : "Ann");
    fputc(',', file);
    put_field(file, i ? all->text[i - 1] : "Acme");
    for (size_t k = 0; k < 20 && k < all->n; k++) fputs(",x", file);
  }
  fputc('\n', file);
  assert_int_equal(fclose(file), 0);
  const char *files[] = {p->deals};
  dc_job job = {.as_of = DC_DATE_MISSING, .horizon = 1, .threads = 1, .no_backtest = true};
  job.files = (dc_strings){files, 1};
  check_ok(dc_run_forecast(&job, &p->result, &error), &error);
}

static char *output(const place *p, dc_format format, const char *table, size_t *length)
{
  dc_error error;
  dc_write_options options = {.format = format, .table = table, .path = p->out, .top = 100000};
  check_ok(dc_write_result(p->result, &options, &error), &error);
  FILE *file = fopen(p->out, "rb");
  char *text = calloc(TEXT_BYTES, 1);
  assert_non_null(file);
  assert_non_null(text);
  *length = fread(text, 1, TEXT_BYTES - 1, file);
  assert_true(*length < TEXT_BYTES - 1);
  fclose(file);
  return text;
}

/* Walks a JSON value (RFC 8259); NULL when it is none. Strings are decoded into `word` when it is asked for. */
typedef struct json {
  size_t strings, unsafe;
} json;

static const char *past_blanks(const char *p) { return p + strspn(p, " \t\r\n"); }

static const char *json_string(const char *p, json *j)
{
  for (p++; *p != '"'; p++) {
    if ((unsigned char)*p < 0x20) return NULL; /* the end of the text among them */
    if (*p != '\\') continue;
    if (!*++p || !strchr("\"\\/bfnrtu", *p)) return NULL;
    if (*p == 'u' && strspn(p + 1, "0123456789abcdefABCDEF") < 4) return NULL;
  }
  j->strings++;
  return p + 1;
}

static const char *json_value(const char *p, json *j, int depth)
{
  p = past_blanks(p);
  if (depth > 20) return NULL;
  if (*p == '"') return json_string(p, j);
  if (*p == '{' || *p == '[') {
    char close = *p == '{' ? '}' : ']';
    p = past_blanks(p + 1);
    if (*p == close) return p + 1;
    for (;;) {
      if (close == '}') {
        p = *past_blanks(p) == '"' ? json_string(past_blanks(p), j) : NULL;
        if (!p || *(p = past_blanks(p)) != ':') return NULL;
        p++;
      }
      p = json_value(p, j, depth + 1);
      if (!p) return NULL;
      p = past_blanks(p);
      if (*p == close) return p + 1;
      if (*p++ != ',') return NULL;
    }
  }
  for (const char *const *word = (const char *const[]){"true", "false", "null", NULL}; *word; word++)
    if (strncmp(p, *word, strlen(*word)) == 0) return p + strlen(*word);
  size_t n = strspn(p, "-+.0123456789eE");
  return n && (*p == '-' || (*p >= '0' && *p <= '9')) ? p + n : NULL;
}

static void json_is_json(const place *p)
{
  size_t length;
  json j = {0, 0};
  char *text = output(p, DC_FORMAT_JSON, NULL, &length);
  const char *end = json_value(text, &j, 0);
  assert_non_null(end);
  assert_int_equal(past_blanks(end) - text, length);
  assert_true(j.strings > 100);
  free(text);
  text = output(p, DC_FORMAT_NDJSON, NULL, &length);
  for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
    end = json_value(line, &j, 0);
    if (!end || *past_blanks(end)) fail_msg("no JSON: %s", line);
  }
  free(text);
}

/* A table read back by libcsv. */
typedef struct reading {
  const dc_result_table *table;
  size_t row, field, cells;
} reading;

static void on_cell(void *bytes, size_t length, void *context)
{
  reading *r = context;
  const char *cell = bytes;
  bool text = !r->row || r->table->fields[r->field].type == DC_FIELD_TEXT;
  if (text && length && memchr("=+-@\t\r", cell[0], 6)) fail_msg("a spreadsheet runs %.*s", (int)length, cell);
  if (r->row && text) {
    const char *wanted = r->table->cells[(r->row - 1) * r->table->n_fields + r->field].text;
    bool escaped = wanted && *wanted && strchr("=+-@\t\r", *wanted);
    size_t from = escaped ? 1 : 0;
    if (length - from != strlen(wanted ? wanted : "") || memcmp(cell + from, wanted ? wanted : "", length - from) != 0)
      fail_msg("%s became %.*s", wanted, (int)length, cell);
  }
  r->cells++;
  r->field++;
}

static void on_row(int end, void *context)
{
  (void)end;
  reading *r = context;
  assert_int_equal(r->field, r->table->n_fields);
  r->field = 0;
  r->row++;
}

static void csv_runs_nothing(const place *p)
{
  for (size_t t = 0; t < p->result->n_tables; t++) {
    size_t length;
    reading r = {p->result->tables[t], 0, 0, 0};
    char *text = output(p, DC_FORMAT_CSV, r.table->name, &length);
    struct csv_parser csv;
    assert_int_equal(csv_init(&csv, CSV_STRICT | CSV_STRICT_FINI), 0);
    assert_int_equal(csv_parse(&csv, text, length, on_cell, on_row, &r), length);
    assert_int_equal(csv_fini(&csv, on_cell, on_row, &r), 0);
    csv_free(&csv);
    assert_int_equal(r.row, r.table->rows + 1);
    free(text);
  }
}

static void terminal_is_not_steered(const place *p)
{
  size_t length;
  char *text = output(p, DC_FORMAT_TERMINAL, NULL, &length);
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    bool c1 = c == 0xC2 && (unsigned char)text[i + 1] >= 0x80 && (unsigned char)text[i + 1] < 0xA0;
    if ((c < 0x20 && c != '\n') || c == 0x7F || c1) fail_msg("byte %zu is 0x%02x", i, c);
  }
  free(text);
}

static void check_all(const names *all, const char *file_name)
{
  place p = {NULL, "", "", NULL};
  forecast(&p, all, file_name);
  const dc_result_table *deals = dc_result_find(p.result, "deals");
  assert_true(deals->rows > all->n * 9 / 10); /* those with control characters are rejected */
  json_is_json(&p);
  csv_runs_nothing(&p);
  terminal_is_not_steered(&p);
  dc_result_free(p.result);
  remove_folder(p.folder);
}

static void everywhere(void **state)
{
  (void)state;
  names all = {{NULL}, 0};
  for (size_t k = 0; k < sizeof own / sizeof *own; k++) add(&all, own[k], strlen(own[k]));
  add_lines(&all, "csv-injection/Intruder/csv-payload.txt");
  add_lines(&all, "blns/blns.txt");
  check_all(&all, "=cmd|'calc'!A0.csv");
  print_message("%zu hostile names through every format\n", all.n);
  for (size_t k = 0; k < all.n; k++) free(all.text[k]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(everywhere)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
