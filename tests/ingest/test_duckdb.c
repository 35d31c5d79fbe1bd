/* What DuckDB's own tests expect of their files, where a query reads one file without an option of another dialect: the
 * number of rows, or an error. Where we differ,
 * the reason is listed here. */
#include "tests/ingest/loading.h"

#include <regex.h>

enum { LINE_BYTES = 1 << 21, STRINGS = 20000 };

typedef enum reason {
  AGREES,
  OTHER_RULE,   /* NUL and stray quotes: a row of them is rejected; a file without a usable row, or empty, stops */
  COMMENTS,     /* lines with # are no comments: a CRM does not write them, and # begins values */
  NOT_SURE,     /* the header, or the table, is in doubt: we stop and name --skip */
  TAKES_ANYWAY, /* rows of another number of fields: DuckDB takes the file for one column, or pads */
  QUERY         /* the error is about the query, not the file */
} reason;

static const struct {
  const char *file;
  reason why;
} differences[] = {
    {"nullterm.csv", OTHER_RULE},
    {"empty.csv", OTHER_RULE},
    {"nullbyte.csv", OTHER_RULE},
    {"nullbyte_header.csv", OTHER_RULE},
    {"null_terminator.csv", OTHER_RULE},
    {"unescaped_quotes/stops.csv", OTHER_RULE},
    {"unescaped_quotes/unescaped_quote.csv", OTHER_RULE},
    {"evil_nullpadding.csv", OTHER_RULE},
    {"comments/only_midline.csv", COMMENTS},
    {"comments/mid_line.csv", COMMENTS},
    {"comments/mid_line_header.csv", COMMENTS},
    {"comments/mid_line_quote.csv", COMMENTS},
    {"comments/mid_line_null.csv", COMMENTS},
    {"comments/simple_mid_line.csv", COMMENTS},
    {"comments/midline_empty_space.csv", COMMENTS},
    {"comments/midline_big.csv", COMMENTS},
    {"comments/simple.csv", COMMENTS},
    {"comments/simple_comma.csv", COMMENTS},
    {"comments/big.csv", COMMENTS},
    {"comments/empty_space.csv", COMMENTS},
    {"comments/invalid_rows.csv", COMMENTS},
    {"inconsistent_cells.csv", NOT_SURE},
    {"struct.csv", NOT_SURE},
    {"test_apple_financial.csv.gz", NOT_SURE},
    {"inconsistencies/inconsistent_columns_3.csv", TAKES_ANYWAY},
    {"inconsistencies/inconsistent_columns_6.csv", TAKES_ANYWAY},
    {"issue5077_aligned.csv", TAKES_ANYWAY},
    {"test/date.csv", QUERY},
};

static reason reason_of(const char *file)
{
  const char *name = strstr(file, "data/csv/");
  for (size_t k = 0; name && k < sizeof differences / sizeof *differences; k++)
    if (strcmp(name + 9, differences[k].file) == 0) return differences[k].why;
  return AGREES;
}

/* One line of expected.jsonl; strings point into it. */
typedef struct expectation {
  const char *kind, *sql, *file;
  size_t n_files, n_rows;
  const char *first; /* of what is expected; NULL for nothing */
} expectation;

/* The strings of a JSON text in order, keys included; in place. */
static size_t json_strings(char *json, char **strings)
{
  size_t n = 0;
  for (char *p = json; *p;) {
    if (*p++ != '"') continue;
    assert_true(n < STRINGS);
    char *out = strings[n++] = p;
    for (; *p != '"'; p++) {
      if (*p == '\\') p++;
      *out++ = *p;
    }
    p++;
    *out = 0;
  }
  return n;
}

static void parse(char *line, char **strings, expectation *e)
{
  size_t n = json_strings(line, strings), k = 4;
  memset(e, 0, sizeof *e);
  assert_true(n > 6 && strcmp(strings[2], "kind") == 0 && strcmp(strings[4], "files") == 0);
  e->kind = strings[3];
  for (k = 5; k < n && strcmp(strings[k], "sql") != 0; k++) {
    e->file = strings[k];
    e->n_files++;
  }
  e->sql = strings[k + 1];
  e->n_rows = n - k - 3;
  e->first = e->n_rows ? strings[k + 3] : NULL;
}

static dc_type all_text(void *context, const char *name)
{
  (void)context;
  (void)name;
  return DC_TYPE_TEXT;
}

typedef struct tally {
  size_t compared, agree, differ[QUERY + 1];
} tally;

static bool agrees(const expectation *e, const char *path, bool counted)
{
  dc_load_request request = {.paths = &path, .n_paths = 1, .threads = 1, .expect = all_text};
  dc_load *l = NULL;
  dc_error error;
  dc_status status = dc_load_csv(&request, &l, &error);
  size_t rows = counted ? (size_t)strtoull(e->first, NULL, 10) : e->n_rows;
  bool clean = status == DC_OK && l->inputs[0].rejected == 0;
  bool same = strcmp(e->kind, "rows") == 0    ? clean && l->table->rows == rows
              : strcmp(e->kind, "error") == 0 ? !clean
                                              : status == DC_OK;
  dc_load_free(l);
  return same;
}

static void duckdb(void **state)
{
  (void)state;
  static const char query[] =
      "^[[:space:]]*((select[[:space:]]+count[[:space:]]*\\(\\*\\)|select[[:space:]]+\\*)[[:space:]]+)?from[[:space:]]+"
      "(read_csv(_auto)?\\([[:space:]]*'[^'*]*'[[:space:]]*(,[[:space:]]*(header[[:space:]]*=[[:space:]]*(true|1)|"
      "strict_mode[[:space:]]*=[[:space:]]*(true|false)|auto_detect[[:space:]]*=[[:space:]]*(true|1)|"
      "all_varchar[[:space:]]*=[[:space:]]*[a-z0-9]+|buffer_size[[:space:]]*=[[:space:]]*[0-9]+|"
      "(quote|escape)[[:space:]]*=[[:space:]]*'\"'|delim[[:space:]]*=[[:space:]]*',')[[:space:]]*)*\\)|'[^'*]*')"
      "[[:space:]]*;?[[:space:]]*$";
  const char *found = check_data("DEALCAST_SUITES", "duckdb-csv/expected.jsonl");
  if (!found) return;
  char folder[4096], path[8192];
  strcpy(folder, found);
  FILE *file = fopen(found, "r");
  char *line = malloc(LINE_BYTES), **strings = malloc(STRINGS * sizeof *strings);
  regex_t simple;
  tally t = {0};
  assert_true(file && line && strings);
  assert_int_equal(regcomp(&simple, query, REG_EXTENDED | REG_ICASE), 0);
  *strrchr(folder, '/') = 0;
  while (fgets(line, LINE_BYTES, file)) {
    expectation e;
    regmatch_t match[3];
    parse(line, strings, &e);
    if (e.n_files != 1 || regexec(&simple, e.sql, 3, match, 0) != 0) continue;
    snprintf(path, sizeof path, "%s/%s", folder, e.file);
    if (access(path, R_OK) != 0) continue;
    bool counted = match[2].rm_so >= 0 &&
                   memchr(e.sql + match[2].rm_so, '(', (size_t)(match[2].rm_eo - match[2].rm_so));
    bool same = agrees(&e, path, counted && strcmp(e.kind, "rows") == 0);
    reason why = reason_of(e.file);
    t.compared++;
    t.agree += same;
    if (!same && why == AGREES) fail_msg("%s: not as expected by %s: %s", e.file, e.kind, e.sql);
    if (!same) t.differ[why]++;
  }
  fclose(file);
  regfree(&simple);
  free(line);
  free(strings);
  print_message(
      "duckdb-csv: of %zu expectations %zu agree; others by rule %zu, comments %zu, in doubt %zu, ragged rows "
      "%zu, of the query %zu\n",
      t.compared, t.agree, t.differ[OTHER_RULE], t.differ[COMMENTS], t.differ[NOT_SURE], t.differ[TAKES_ANYWAY],
      t.differ[QUERY]);
  assert_true(t.compared > 80);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(duckdb)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
