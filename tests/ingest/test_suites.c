/* Suites that others wrote, where $DEALCAST_SUITES has them. */
#include "engine/ingest/number.h"
#include "tests/ingest/loading.h"

#include <dirent.h>
#include <sys/stat.h>

static char *read_all(const char *path, size_t *length)
{
  FILE *file = fopen(path, "rb");
  if (!file) fail_msg("cannot open %s", path);
  size_t size = 1 << 16, used = 0;
  char *text = malloc(size);
  assert_non_null(text);
  for (size_t n; (n = fread(text + used, 1, size - used - 1, file)) > 0;) {
    used += n;
    if (size - used > 1) continue;
    text = realloc(text, size *= 2);
    assert_non_null(text);
  }
  fclose(file);
  text[used] = 0;
  *length = used;
  return text;
}

/* The strings of a JSON text in order, keys included, with \n, \", \/ and \\ undone; in place. */
static size_t json_strings(char *json, char **strings, size_t most)
{
  size_t n = 0;
  for (char *p = json; *p;) {
    if (*p++ != '"') continue;
    assert_true(n < most);
    char *out = strings[n++] = p;
    for (; *p != '"'; p++) {
      if (*p == '\\') p++;
      *out++ = p[-1] == '\\' && *p == 'n' ? '\n' : p[-1] == '\\' && *p == 'r' ? '\r' : *p;
    }
    p++;
    *out = 0;
  }
  return n;
}

static dc_type all_text(void *context, const char *name)
{
  (void)context;
  (void)name;
  return DC_TYPE_TEXT;
}

static dc_status load_as_text(const char *path, const char *const *names, bool strict, dc_load **load, dc_error *error)
{
  dc_load_request request = {.paths = &path, .n_paths = 1, .names = names, .n_names = names != NULL, .threads = 1};
  request.expect = all_text;
  request.strict = strict;
  memset(error, 0, sizeof *error);
  return dc_load_csv(&request, load, error);
}

static void check_cell(const dc_load *l, size_t column, size_t row, const char *expected)
{
  size_t length, wanted = strlen(expected);
  dc_trim(&expected, &wanted); /* we trim; these suites do not */
  const char *text = dc_column_text(&l->table->columns[column], row, &length);
  if (length != wanted || memcmp(text, expected, length) != 0)
    fail_msg("%s: row %zu column %zu is '%.*s', expected '%.*s'", l->inputs[0].name, row, column, (int)length, text,
             (int)wanted, expected);
}

enum { STRINGS = 256 };

static void check_spectrum(const char *folder, const char *name)
{
  char path[5000], *strings[STRINGS];
  size_t length, k = 0;
  snprintf(path, sizeof path, "%s/json/%s.json", folder, name);
  char *json = read_all(path, &length);
  size_t n = json_strings(json, strings, STRINGS);
  snprintf(path, sizeof path, "%s/csvs/%s.csv", folder, name);
  dc_load *l = NULL;
  dc_error error;
  check_ok(load_as_text(path, NULL, false, &l, &error), &error);
  check_balance(l);
  assert_int_equal(l->table->rows * l->table->n_columns * 2, n);
  for (size_t r = 0; r < l->table->rows; r++) {
    for (size_t c = 0; c < l->table->n_columns; c++, k += 2) {
      assert_string_equal(l->table->columns[c].name, strings[k]);
      /* The suite's own JSON has another telephone number than its CSV. */
      if (strcmp(name, "location_coordinates") != 0 || c > 0) check_cell(l, c, r, strings[k + 1]);
    }
  }
  dc_load_free(l);
  free(json);
}

static void spectrum(void **state)
{
  (void)state;
  static const char *const names[] = {
      "comma_in_quotes", "empty",         "empty_crlf",           "escaped_quotes",      "json",
      "newlines",        "newlines_crlf", "location_coordinates", "quotes_and_newlines", "simple",
      "simple_crlf",     "utf8"};
  const char *found = check_data("DEALCAST_SUITES", "csv-spectrum");
  if (!found) return;
  char folder[4096];
  strcpy(folder, found);
  size_t n = sizeof names / sizeof *names;
  for (size_t i = 0; i < n; i++) check_spectrum(folder, names[i]);
  print_message("csv-spectrum: %zu of %zu files cell by cell\n", n, n);
}

static const char *const given[] = {"foo"};

/* Array of arrays, the header first. A row of one empty field is a blank line to us: counted, not kept. */
static void check_valid(const char *folder, const char *name)
{
  char path[5000], *strings[STRINGS];
  size_t length;
  snprintf(path, sizeof path, "%s/json/%s.json", folder, name);
  char *json = read_all(path, &length);
  size_t n = json_strings(json, strings, STRINGS);
  bool headerless = strcmp(name, "all-empty") == 0, records = strncmp(name, "header-", 7) == 0;
  snprintf(path, sizeof path, "%s/csv/%s.csv", folder, name);
  dc_load *l = NULL;
  dc_error error;
  check_ok(load_as_text(path, headerless ? given : NULL, true, &l, &error), &error);
  check_balance(l);
  size_t columns = l->table->n_columns, rows = l->table->rows + (columns == 1 ? (size_t)l->inputs[0].blank : 0);
  if (records) {
    assert_int_equal(n, rows * columns * 2);
  } else {
    assert_int_equal(n, (rows + !headerless) * columns);
  }
  for (size_t r = 0; r < l->table->rows; r++)
    for (size_t c = 0; c < columns; c++)
      check_cell(l, c, r, records ? strings[(r * columns + c) * 2 + 1] : strings[(r + 1) * columns + c]);
  dc_load_free(l);
  free(json);
}

static void test_data(void **state)
{
  (void)state;
  static const char *const valid[] = {"all-empty",
                                      "empty-field",
                                      "empty-one-column",
                                      "header-no-rows",
                                      "header-simple",
                                      "leading-space",
                                      "one-column",
                                      "quotes-empty",
                                      "quotes-with-comma",
                                      "quotes-with-escaped-quote",
                                      "quotes-with-newline",
                                      "quotes-with-space",
                                      "simple-crlf",
                                      "simple-lf",
                                      "trailing-newline-one-field",
                                      "trailing-newline",
                                      "trailing-space",
                                      "utf8"};
  static const char *const bad[] = {"bad-header-less-fields",         "bad-header-more-fields", "bad-header-no-header",
                                    "bad-header-wrong-header",        "bad-missing-quote",      "bad-unescaped-quote",
                                    "bad-quotes-with-unescaped-quote"};
  const char *found = check_data("DEALCAST_SUITES", "csv-test-data");
  if (!found) return;
  char folder[4096], path[5000];
  strcpy(folder, found);
  for (size_t i = 0; i < sizeof valid / sizeof *valid; i++) check_valid(folder, valid[i]);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    dc_load *l = NULL;
    dc_error error;
    snprintf(path, sizeof path, "%s/csv/%s.csv", folder, bad[i]);
    dc_status status = load_as_text(path, NULL, true, &l, &error);
    /* Another header is well-formed; whoever asks for foo does not find it. */
    if (strcmp(bad[i], "bad-header-wrong-header") == 0) {
      assert_int_equal(status, DC_OK);
      assert_int_equal(dc_table_find(l->table, "foo"), -1);
    } else {
      check_fails(status, DC_E_INPUT, &error);
    }
    dc_load_free(l);
  }
  print_message("csv-test-data: %zu of 18 valid files cell by cell, %zu of 7 bad ones refused under strict\n",
                sizeof valid / sizeof *valid, sizeof bad / sizeof *bad);
}

static void check_number_line(const char *file, char *line, size_t *count)
{
  char *text = line + 31; /* 4, 8 and 16 hexadecimal digits and blanks before it */
  assert_true(strlen(line) > 31 && line[30] == ' ');
  line[30] = 0;
  uint64_t bits = strtoull(line + 14, NULL, 16);
  double expected, value = NAN;
  memcpy(&expected, &bits, sizeof expected);
  uint32_t seen = 0;
  const dc_number_style plain = {.decimal = DC_DECIMAL_POINT};
  bool read = dc_number_parse(text, strlen(text), &plain, &value, &seen);
  if (isfinite(expected) ? !read || memcmp(&value, &expected, sizeof value) != 0 : read)
    fail_msg("%s: '%s' is %s%.17g, expected %.17g", file, text, read ? "" : "refused, ", value, expected);
  ++*count;
}

static void parse_number(void **state)
{
  (void)state;
  static const char *const names[] = {"freetype-2-7", "google-wuffs", "lemire-fast-float", "more-test-cases",
                                      "tencent-rapidjson"};
  const char *found = check_data("DEALCAST_SUITES", "parse-number/data");
  if (!found) return;
  char folder[4096], path[5000];
  strcpy(folder, found);
  size_t count = 0;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    size_t length;
    snprintf(path, sizeof path, "%s/%s.txt", folder, names[i]);
    char *text = read_all(path, &length);
    for (char *line = strtok(text, "\r\n"); line; line = strtok(NULL, "\r\n"))
      check_number_line(names[i], line, &count);
    free(text);
  }
  assert_int_equal(count, 21232);
}

/* Loads a file both ways: no crash, the rows balance, and small chunks in threads agree with one block. */
static void check_robust(const char *path)
{
  dc_load *a = NULL, *b = NULL;
  dc_error error, again;
  dc_status status = load_as_text(path, NULL, false, &a, &error);
  dc_load_request request = {.paths = &path, .n_paths = 1, .threads = 2, .expect = all_text};
  struct stat st;
  assert_int_equal(stat(path, &st), 0);
  size_t chunk = st.st_size > 100000 ? 4099 : 61;
  dc_status second = dc_load_csv_chunks(&request, chunk, &b, &again);
  if (status != second) fail_msg("%s: %d and %d: %s", path, (int)status, (int)second, error.message);
  if (status == DC_OK) {
    check_balance(a);
    check_equal(a, b, false);
  } else {
    assert_true(status == DC_E_INPUT);
    assert_string_equal(error.message, again.message);
  }
  dc_load_free(a);
  dc_load_free(b);
}

static void walk(const char *folder, size_t *count)
{
  DIR *directory = opendir(folder);
  assert_non_null(directory);
  for (struct dirent *entry; (entry = readdir(directory));) {
    char path[5000];
    struct stat st;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    assert_int_equal(stat(path, &st), 0);
    if (S_ISDIR(st.st_mode)) {
      walk(path, count);
    } else if (st.st_size < 1 << 24) {
      check_robust(path);
      ++*count;
    }
  }
  closedir(directory);
}

static void crashers(void **state)
{
  (void)state;
  static const char *const suites[] = {
      "duckdb-csv/data", "arrow-testing-csv/data", "libcsv-tests", "csvlint", "zsv", "encodings",
      "w3c-csvw",        "csv-injection"};
  for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
    const char *found = check_data("DEALCAST_SUITES", suites[i]);
    if (!found) continue;
    char folder[4096];
    size_t count = 0;
    strcpy(folder, found);
    walk(folder, &count);
    print_message("%s: %zu files loaded or refused with a message, both ways alike\n", suites[i], count);
    assert_true(count > 0);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(spectrum), cmocka_unit_test(test_data),
                                     cmocka_unit_test(parse_number), cmocka_unit_test(crashers)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
