#include "engine/base/text.h"

#include "tests/check.h"

static void check_fold(const char *text, const char *expected)
{
  char folded[DC_FOLD_BYTES];
  assert_int_equal(dc_text_fold(text, strlen(text), folded), strlen(expected));
  assert_string_equal(folded, expected);
}

static void folding(void **state)
{
  (void)state;
  check_fold("Close_Date", "closedate");
  check_fold("  Probability (%) ", "probability");
  check_fold("\xC2\xA0"
             "Ab\xC2\xA0"
             "c",
             "abc");
  check_fold("\xC3\x84RGER", "\xC3\xA4rger");
  check_fold("3\xC3\x97"
             "4",
             "3\xC3\x97"
             "4");
  check_fold(" % ", "%");
  check_fold("", "");
  assert_true(dc_text_same("deal stage", "DealStage"));
  assert_false(dc_text_same("stage", "stages"));
}

static void folding_cuts_what_is_long(void **state)
{
  char text[1000], folded[DC_FOLD_BYTES];
  (void)state;
  for (int letter = 0; letter < 2; letter++) {
    memset(text, letter ? 'A' : '%', sizeof text);
    assert_int_equal(dc_text_fold(text, sizeof text, folded), DC_FOLD_BYTES - 1);
    assert_int_equal(strlen(folded), DC_FOLD_BYTES - 1);
  }
}

static void trimming(void **state)
{
  size_t n = 11;
  (void)state;
  const char *text = dc_text_trim(" \t\xC2\xA0"
                                  "a b\xC2\xA0\r\n",
                                  &n);
  assert_int_equal(n, 3);
  assert_memory_equal(text, "a b", 3);
  n = 3;
  dc_text_trim("   ", &n);
  assert_int_equal(n, 0);
}

static void distances(void **state)
{
  (void)state;
  assert_int_equal(dc_text_distance("", ""), 0);
  assert_int_equal(dc_text_distance("", "abc"), 3);
  assert_int_equal(dc_text_distance("kitten", "sitting"), 3);
  assert_int_equal(dc_text_distance("forecast", "froecast"), 1); /* neighbours swapped */
  assert_int_equal(dc_text_distance("ca", "abc"), 3); /* what tells this distance from the unrestricted one */
  assert_int_equal(dc_text_distance("Close Date", "close_date"), 0);
}

static void distance_is_a_metric_but_for_the_triangle(void **state)
{
  static const char *const words[] = {"", "a", "stage", "sgate", "outcome", "amount", "account", "owner"};
  enum { N = sizeof words / sizeof *words };
  (void)state;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      assert_int_equal(dc_text_distance(words[i], words[j]), dc_text_distance(words[j], words[i]));
      assert_int_equal(dc_text_distance(words[i], words[j]) == 0, i == j);
    }
}

static void nearest(void **state)
{
  static const char *const verbs[] = {"forecast", "backtest", "score", "check", "schema", "customers"};
  enum { N = sizeof verbs / sizeof *verbs };
  (void)state;
  assert_string_equal(dc_text_nearest("forcast", verbs, N), "forecast");
  assert_string_equal(dc_text_nearest("sccore", verbs, N), "score");
  assert_string_equal(dc_text_nearest("cust", verbs, N), "customers");
  assert_string_equal(dc_text_nearest("BACKTESTS", verbs, N), "backtest");
  assert_null(dc_text_nearest("banana", verbs, N));
  assert_null(dc_text_nearest("", verbs, N));
  assert_null(dc_text_nearest("score", verbs, 0));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(folding),  cmocka_unit_test(folding_cuts_what_is_long),
      cmocka_unit_test(trimming), cmocka_unit_test(distances),
      cmocka_unit_test(nearest),  cmocka_unit_test(distance_is_a_metric_but_for_the_triangle),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
