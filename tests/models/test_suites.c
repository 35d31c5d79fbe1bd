/* The readers of suites read what is in the files. */
#include "tests/check.h"
#include "tests/models/suites.h"

static void test_digits(void **state)
{
  (void)state;
  check_close(digits(1.001, 1), 3, 0, 1e-9);
  check_close(digits(-1e-5, 0), 5, 0, 1e-9);
  check_same(digits(2, 2), 15);
  check_same(digits((double)NAN, 2), 0);
  check_same(digits(5, 2), 0);
}

static void test_nist(void **state)
{
  (void)state;
  nist *set = nist_read("Longley");
  if (!set) return;
  assert_int_equal(set->rows, 16);
  assert_int_equal(set->columns, 7);
  assert_int_equal(set->parameters, 7);
  assert_true(set->intercept);
  check_same(set->estimate[3], -2.02022980381683);
  check_same(set->error[6], 455.478499142212);
  check_same(set->residual_sd, 304.854073561965);
  check_same(set->r2, 0.995479004577296);
  check_same(set->squares[1], 836424.055505915);
  check_same(set->f, 330.285339234588);
  check_same(set->data[15 * 7 + 6], 1962);
  nist_free(set);
  set = nist_read("NoInt2");
  assert_false(set->intercept);
  assert_int_equal(set->rows, 3);
  assert_int_equal(set->parameters, 1);
  nist_free(set);
  set = nist_read("SmLs09t");
  assert_int_equal(set->rows, 2001);
  assert_int_equal(set->columns, 9);
  check_same(set->squares[1], 180);
  check_same(set->residual_sd, .1);
  check_same(set->f, 2001);
  check_same(set->r2, .470712773465067);
  nist_free(set);
  set = nist_read("Michelso");
  assert_int_equal(set->rows, 100);
  assert_int_equal(set->columns, 1);
  check_same(set->data[0], 299.85);
  check_same(set->data[99], 299.87);
  assert_true(set->autocorrelation > 0);
  nist_free(set);
}

static void test_r_glm(void **state)
{
  (void)state;
  const char *path = check_data("DEALCAST_SUITES", "r-glm/quine.expected.json");
  if (!path) return;
  suite_json *json = suite_json_read(path);
  assert_string_equal(suite_json_text(json, "family"), "poisson");
  check_same(suite_json_number(suite_json_get(json, "coef"), "EthN"), -0.53360432524745116);
  check_same(suite_json_number(json, "deviance"), 1696.7065524935949);
  check_same(suite_json_number(json, "converged"), 1);
  assert_int_equal(suite_json_get(json, "fitted_head")->n, 10);
  suite_json_free(json);
  suite_csv *csv = suite_csv_read(check_data("DEALCAST_SUITES", "r-glm/quine.csv"));
  assert_int_equal(csv->rows, 146);
  assert_int_equal(csv->columns, 5);
  assert_true(suite_csv_has(csv, "Age") && !suite_csv_has(csv, "age"));
  check_same(suite_csv_numbers(csv, "Days")[1], 11);
  dc_codes age = suite_csv_words(csv, "Age");
  assert_int_equal(age.levels, 4);
  assert_string_equal(age.names[3], "F3");
  assert_int_equal(dc_codes_at(&age, 145), 3);
  suite_csv_free(csv);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_digits), cmocka_unit_test(test_nist),
                                     cmocka_unit_test(test_r_glm)};
  return cmocka_run_group_tests_name("suites", tests, NULL, NULL);
}
