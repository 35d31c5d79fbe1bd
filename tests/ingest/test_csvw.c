/* The number and date patterns of the W3C's tests of CSV on the Web, as far as cells can have them without metadata. */
#include "engine/base/date.h"
#include "tests/ingest/loading.h"

static dc_type expected;

static dc_type expect_all(void *context, const char *name)
{
  (void)context;
  (void)name;
  return expected;
}

static dc_load *load_suite(const char *name, dc_type type)
{
  const char *found = check_data("DEALCAST_SUITES", "w3c-csvw/tests");
  if (!found) return NULL;
  char path[5000];
  snprintf(path, sizeof path, "%s/%s.csv", found, name);
  const char *paths[] = {path};
  dc_load_request request = {.paths = paths, .n_paths = 1, .threads = 1, .expect = expect_all};
  dc_load *load = NULL;
  dc_error error;
  expected = type;
  check_ok(dc_load_csv(&request, &load, &error), &error);
  return load;
}

/* One day and one minute in sixteen and nine patterns. */
static void dates(void **state)
{
  (void)state;
  dc_load *l = load_suite("test188", DC_TYPE_DATE);
  if (!l) return;
  for (size_t c = 0; c < l->table->n_columns; c++) {
    const dc_column *column = &l->table->columns[c];
    if (column->type != DC_TYPE_DATE || column->date[0] != dc_date_from_civil(2015, 3, 22))
      fail_msg("%s: %s", column->name, column->format ? column->format : dc_type_name(column->type));
  }
  print_message("%zu patterns of days\n", l->table->n_columns);
  dc_load_free(l);
  l = load_suite("test190", DC_TYPE_DATE);
  int64_t local = (int64_t)dc_date_from_civil(2015, 3, 15) * 86400000 + (15 * 60 + 2) * 60000;
  for (size_t c = 0; c < l->table->n_columns; c++) {
    const dc_column *column = &l->table->columns[c];
    assert_int_equal(column->type, DC_TYPE_INSTANT);
    int64_t zone = strstr(column->name, "ssXXX") ? -300 : strstr(column->name, "ss X") ? 480 : 0;
    int64_t expected_ms = local - zone * 60000 + (strstr(column->name, "ss") ? 37000 : 0);
    if (column->instant[0] != expected_ms) fail_msg("%s: %lld", column->name, (long long)column->instant[0]);
  }
  print_message("%zu patterns of instants\n", l->table->n_columns);
  dc_load_free(l);
}

static void check_numbers(const char *name, const char *column, const double *values, size_t n, size_t bad)
{
  dc_load *l = load_suite(name, DC_TYPE_NUMBER);
  if (!l) return;
  const dc_column *found = column_of(l, column);
  assert_int_equal(l->table->rows, n);
  assert_int_equal(found->n_bad, bad);
  for (size_t r = 0; r < n; r++) check_same(found->number[r], values[r]);
  dc_load_free(l);
}

static void numbers(void **state)
{
  (void)state;
  check_numbers("test282", "#,#00", (const double[]){12, 123, 1234, 1234567}, 4, 0);
  check_numbers("test282", "##0", (const double[]){1, 12, 123, 1234}, 4, 0);
  check_numbers("test282", "#0.0#", (const double[]){1.2, 1.23, 12.3, 12.34}, 4, 0);
  check_numbers("test158", "decimal1", (const double[]){10000.1, 1.1}, 2, 0);
  check_numbers("test158", "double", (const double[]){0, 101}, 2, 0);
  check_numbers("test164", "decimal", (const double[]){1234560000}, 1, 0);
}

/* 12,34,567 stands beside 1,234; 12.24,5 groups decimals, which we do not read, and is refused. */
static void groups(void **state)
{
  (void)state;
  check_numbers("test282", "#,##,#00", (const double[]){12, 123, 1234, 1234567}, 4, 0);
  check_numbers("test282", "#0.0#,#", (const double[]){12.3, 12.34, NAN, NAN}, 4, 2);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(dates), cmocka_unit_test(numbers), cmocka_unit_test(groups)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
