/* What a column holds: exact where values are few, near where they are many, and never a matter of the order of rows. */
#include "engine/deals/roles_parts.h"

#include "engine/base/random.h"
#include "tests/check.h"
#include "tests/deals/tables.h"

enum { ROWS = 300000 };

static dc_role_profile profile_of(const double *x, size_t rows)
{
  dc_table *table = table_of_numbers("x", x, rows);
  dc_role_profile profile;
  dc_error error = {DC_OK, 0, 0, "", ""};
  check_ok(dc_role_profile_column(table, 0, NULL, &profile, &error), &error);
  dc_table_free(table);
  return profile;
}

/* A value for each row of a column with `distinct` of them; every 10th is missing. */
static double *column_of(size_t rows, size_t distinct, bool backwards)
{
  double *x = malloc(rows * sizeof *x);
  assert_non_null(x);
  for (size_t r = 0; r < rows; r++) {
    size_t k = backwards ? rows - 1 - r : r;
    x[r] = k % 10 == 3 ? NAN : (double)(dc_random_bits(1, k % distinct, 2) % 1000003);
  }
  return x;
}

static void test_order(void **state)
{
  (void)state;
  static const size_t kinds[] = {1, 2, 30, 5000, 40000, 100000, ROWS};
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
    double *forth = column_of(ROWS, kinds[k], false), *back = column_of(ROWS, kinds[k], true);
    dc_role_profile a = profile_of(forth, ROWS), b = profile_of(back, ROWS);
    assert_int_equal(a.distinct, b.distinct);
    assert_int_equal(a.sampled, b.sampled);
    assert_int_equal(a.sampled_cells, b.sampled_cells);
    assert_int_equal(a.flags, b.flags);
    assert_int_equal(a.whole, b.whole);
    check_same(a.least, b.least);
    check_same(a.most, b.most);
    assert_int_equal(a.rows, ROWS);
    assert_int_equal(a.filled, ROWS / 10 * 9);
    free(forth);
    free(back);
  }
}

static void test_distinct(void **state)
{
  (void)state;
  static const size_t kinds[] = {1, 7, 1000, 30000, 60000, 250000};
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
    double *x = malloc(ROWS * sizeof *x);
    assert_non_null(x);
    for (size_t r = 0; r < ROWS; r++) x[r] = (double)(r % kinds[k]) + 0.5;
    dc_role_profile p = profile_of(x, ROWS);
    if (kinds[k] <= 30000)
      assert_int_equal(p.distinct, kinds[k]);
    else
      check_close((double)p.distinct, (double)kinds[k], 0.05, 0);
    check_close((double)p.sampled_cells / (double)p.sampled, (double)ROWS / (double)kinds[k], 0.02, 0);
    assert_false(p.whole);
    check_same(p.least, 0.5);
    check_same(p.most, (double)kinds[k] - 0.5);
    free(x);
  }
}

static void test_flags(void **state)
{
  (void)state;
  const double x[] = {0, 1, 1, NAN, 0, 1};
  dc_role_profile p = profile_of(x, 6), none = profile_of(x + 3, 1);
  assert_int_equal(p.flags, 2);
  assert_int_equal(p.distinct, 2);
  assert_true(p.whole);
  assert_int_equal(p.sampled_cells, 5);
  assert_int_equal(none.filled, 0);
  assert_int_equal(none.distinct, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_order),
      cmocka_unit_test(test_distinct),
      cmocka_unit_test(test_flags),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
