/* No row is lost: on every file of the suites and data sets, the rows of the table, the rejected and the blank ones are
 * all the records that the reference reader finds, each once; amounts add up; and what was rejected can be read again. */
#include "engine/ingest/kept.h"
#include "engine/ingest/load.h"
#include "tests/check.h"

#include <dirent.h>
#include <sys/stat.h>

enum { MOST_BYTES = 1 << 24, MENDED_BYTES = 1 << 20 };

typedef struct lines {
  uint64_t *line;
  size_t n, size;
  size_t blank;
} lines;

static void add_line(lines *l, uint64_t line)
{
  if (l->n == l->size) {
    l->size = l->size ? 2 * l->size : 1024;
    l->line = realloc(l->line, l->size * sizeof *l->line);
    assert_non_null(l->line);
  }
  l->line[l->n++] = line;
}

static int by_line(const void *left, const void *right)
{
  uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return (a > b) - (a < b);
}

typedef struct reference {
  lines found;
  size_t fields;
} reference;

static void on_field(void *bytes, size_t length, void *context)
{
  (void)bytes;
  (void)length;
  ((reference *)context)->fields++;
}

static bool on_record(void *context, const dc_record *record)
{
  reference *r = context;
  if (r->fields == 0 && record->kind == DC_RECORD_FIELDS)
    r->found.blank++;
  else
    add_line(&r->found, record->line);
  r->fields = 0;
  return true;
}

/* The records of a file by libcsv in sequence, between the lines above the header and those below the last row. */
static void read_reference(const dc_load *l, reference *out)
{
  const dc_source *source = l->kept->files[0].source;
  const dc_layout *layout = &l->kept->layouts[0];
  dc_reader reader;
  dc_error error;
  check_ok(dc_reader_init(&reader, layout->delimiter, &error), &error);
  dc_sequence range = {.source = source, .from = layout->from, .line = layout->line, .to = dc_source_size(source)};
  const dc_sink sink = {on_field, on_record, out};
  check_ok(dc_read_sequence(&reader, &range, &sink, &error), &error);
  dc_reader_free(&reader);
}

/* What is told of rejected rows: their lines, and a file of them below the header. */
typedef struct told {
  lines rejected;
  FILE *again;
  size_t bytes;
  bool quotes;
} told;

static dc_status take(void *context, const dc_rejected_row *row, dc_error *error)
{
  told *t = context;
  (void)error;
  add_line(&t->rejected, (uint64_t)row->line);
  t->bytes += row->record_length + 1;
  t->quotes |= strcmp(row->rule, "stray quote") == 0;
  if (t->bytes > MENDED_BYTES) return DC_OK;
  assert_int_equal(fwrite(row->record, 1, row->record_length, t->again), row->record_length);
  fputc('\n', t->again);
  return DC_OK;
}

static void put_header(const dc_load *l, FILE *to)
{
  const dc_source *source = l->kept->files[0].source;
  uint64_t start = dc_source_start(source), from = l->kept->layouts[0].from;
  dc_buffer buffer = {NULL, 0};
  const char *view;
  dc_error error;
  check_ok(dc_source_view(source, start, from, &buffer, &view, &error), &error);
  fwrite(view, 1, (size_t)(from - start), to);
  dc_buffer_free(&buffer);
}

static dc_status load(const char *path, int threads, int64_t skip, dc_load **out, dc_error *error)
{
  dc_load_request request = {.paths = &path, .n_paths = 1, .threads = threads, .keep_rejects = true, .skip = skip};
  memset(error, 0, sizeof *error);
  return dc_load_csv(&request, out, error);
}

static void check_rows(const char *path, const dc_load *l, const lines *rejected)
{
  const dc_input *in = &l->inputs[0];
  if (in->read != in->used + in->rejected + in->blank + in->preamble)
    fail_msg("%s: %lld rows are not %lld used + %lld rejected + %lld blank + %lld preamble", path, (long long)in->read,
             (long long)in->used, (long long)in->rejected, (long long)in->blank, (long long)in->preamble);
  reference r = {{NULL, 0, 0, 0}, 0};
  read_reference(l, &r);
  size_t n = l->table->rows + rejected->n, blank = (size_t)(in->blank - l->kept->layouts[0].blank);
  assert_int_equal(in->preamble, in->above + in->below);
  if (n != r.found.n || blank != r.found.blank)
    fail_msg("%s: %zu rows kept and %zu rejected, %zu blank; the file has %zu and %zu blank", path, l->table->rows,
             rejected->n, blank, r.found.n, r.found.blank);
  uint64_t *all = malloc((n + 1) * sizeof *all);
  assert_non_null(all);
  for (size_t i = 0; i < l->table->rows; i++) all[i] = l->table->line[i];
  if (rejected->n) memcpy(all + l->table->rows, rejected->line, rejected->n * sizeof *all);
  qsort(all, n, sizeof *all, by_line);
  for (size_t i = 0; i < n; i++)
    if (r.found.line[i] != all[i])
      fail_msg("%s: the row of line %llu is not that of line %llu", path, (unsigned long long)all[i],
               (unsigned long long)r.found.line[i]);
  free(all);
  free(r.found.line);
}

static void check_amounts(const char *path, dc_load *l)
{
  for (size_t c = 0; c < l->table->n_columns; c++) {
    dc_error error;
    const dc_input *in = &l->inputs[0];
    if (l->table->columns[c].type != DC_TYPE_NUMBER) continue;
    check_ok(dc_load_look_up(l, (int)c, &error), &error);
    dc_load_weigh(l, (int)c);
    double sum = 0, size = 0;
    int64_t cells = in->amount_unreadable;
    for (int k = 0; k < DC_FATES; k++) sum += in->amount[k];
    for (size_t r = 0; r < l->table->rows; r++) {
      double x = l->table->columns[c].number[r];
      cells += isfinite(x);
      size += isfinite(x) ? fabs(x) : 0;
    }
    check_close(sum, in->amount_read, 0, 1e-12 * (size + fabs(in->amount[DC_ROW_REJECTED])));
    if (cells > in->read) fail_msg("%s: %lld amounts in %lld rows", path, (long long)cells, (long long)in->read);
    break; /* what was looked up is of one column */
  }
}

/* The rejected rows below the header are a file of as many rows. Not so with a stray quote: how far it reaches depends on
 * the rows behind it. */
static void check_again(const char *path, const char *again, size_t rejected)
{
  dc_load *l = NULL;
  dc_error error;
  dc_status status = load(again, 1, DC_SKIP_NONE, &l, &error);
  if (!l) fail_msg("%s: its rejected rows cannot be read again (%d): %s", path, (int)status, error.message);
  if ((size_t)(l->inputs[0].read - l->inputs[0].blank) != rejected)
    fail_msg("%s: %zu rejected rows are %lld when read again", path, rejected, (long long)l->inputs[0].read);
  dc_load_free(l);
}

typedef struct totals {
  size_t files, refused, rows, rejected, again;
} totals;

static void check_file(const char *path, const char *scratch, totals *sum)
{
  dc_load *l = NULL;
  dc_error error;
  dc_status status = load(path, 2, DC_SKIP_NOT_SAID, &l, &error);
  sum->files++;
  if (!l) {
    if (status != DC_E_INPUT || !error.message[0]) fail_msg("%s: status %d: %s", path, (int)status, error.message);
    sum->refused++;
    return;
  }
  told t = {{NULL, 0, 0, 0}, fopen(scratch, "wb"), 0, false};
  assert_non_null(t.again);
  put_header(l, t.again);
  check_ok(dc_load_tell_rejects(l, take, &t, &error), &error);
  assert_int_equal(fclose(t.again), 0);
  assert_int_equal(t.rejected.n, l->inputs[0].rejected);
  check_rows(path, l, &t.rejected);
  check_amounts(path, l);
  /* Titles and footers are told by the rows between them, and those are others then. */
  bool bare = l->inputs[0].header_line == 1 && !l->inputs[0].below;
  if (bare && t.rejected.n && t.bytes <= MENDED_BYTES && !t.quotes) {
    check_again(path, scratch, t.rejected.n);
    sum->again++;
  }
  sum->rows += l->table->rows;
  sum->rejected += t.rejected.n;
  free(t.rejected.line);
  dc_load_free(l);
}

static void walk(const char *folder, const char *scratch, totals *sum)
{
  DIR *directory = opendir(folder);
  assert_non_null(directory);
  for (struct dirent *entry; (entry = readdir(directory));) {
    char path[5000];
    struct stat st;
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    assert_int_equal(stat(path, &st), 0);
    if (S_ISDIR(st.st_mode))
      walk(path, scratch, sum);
    else if (st.st_size < MOST_BYTES)
      check_file(path, scratch, sum);
  }
  closedir(directory);
}

static void check_folders(const char *variable, const char *const *names, size_t n)
{
  char *folder = check_folder(), scratch[600];
  totals sum = {0, 0, 0, 0, 0};
  snprintf(scratch, sizeof scratch, "%s/again.csv", folder);
  for (size_t i = 0; i < n; i++) {
    char path[4096];
    const char *found = check_data(variable, names[i]);
    if (!found) continue;
    strcpy(path, found);
    walk(path, scratch, &sum);
  }
  remove(scratch);
  assert_int_equal(rmdir(folder), 0);
  free(folder);
  if (sum.files)
    print_message(
        "%zu files: %zu refused; %zu rows kept and %zu rejected, none lost; rejected rows of %zu files read again\n",
        sum.files, sum.refused, sum.rows, sum.rejected, sum.again);
}

static void suites(void **state)
{
  (void)state;
  static const char *const names[] = {"csv-spectrum/csvs", "csv-test-data/csv", "libcsv-tests", "duckdb-csv/data",
                                      "w3c-csvw",          "csvlint",           "zsv",          "encodings",
                                      "arrow-testing-csv", "csv-injection"};
  check_folders("DEALCAST_SUITES", names, sizeof names / sizeof *names);
}

static void data_sets(void **state)
{
  (void)state;
  static const char *const names[] = {"chip-pipeline",  "maven-crm",        "ibm-win-loss",   "salvirt-b2b",
                                      "olist-funnel",   "xeducation-leads", "bank-marketing", "cdnow",
                                      "grocery",        "donations",        "online-retail",  "salesforce-demo",
                                      "monthly-series", "crm-headers"};
  check_folders("DEALCAST_DATASETS", names, sizeof names / sizeof *names);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(suites), cmocka_unit_test(data_sets)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
