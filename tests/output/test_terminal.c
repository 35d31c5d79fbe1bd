#include "engine/output/grid.h"
#include "engine/output/utf8.h"
#include "engine/output/write.h"
#include "tests/check.h"
#include "tests/output/sample.h"

#include "dealcast/table.h"

enum { START = 19905, QUARTER = 92 }; /* 2024-07-01 */

static char *shown(const dc_result *result, dc_write_options options)
{
  dc_error error;
  char *folder = check_folder(), *path = path_in(folder, "out");
  options.path = path;
  check_ok(dc_write_result(result, &options, &error), &error);
  char *text = read_whole(path);
  free(path);
  remove_folder(folder);
  return text;
}

static void expect_within_screen(const char *text)
{
  char line[4096];
  for (const char *p = text; *p;) {
    size_t length = strcspn(p, "\n");
    assert_true(length < sizeof line);
    memcpy(line, p, length);
    line[length] = '\0';
    if (dc_text_width(line) > DC_SCREEN_COLUMNS) fail_msg("wider than the screen: %s", line);
    p += length + (p[length] == '\n');
  }
}

static void put_scope(dc_result_table *t, const char *type, const char *id, double scale, double quota)
{
  static const char *const components[] = {"won", "open", "new", "total"};
  static const double share[] = {0.1, 0.4, 0.5, 1};
  for (int period = 0; period < 2; period++)
    for (int c = 0; c < 4; c++) {
      double mean = share[c] * scale * (period + 1);
      dc_put_date(t, START + period * QUARTER);
      dc_put_date(t, START + (period + 1) * QUARTER - 1);
      dc_put_text(t, type);
      dc_put_text(t, id);
      dc_put_text(t, "amount");
      dc_put_text(t, components[c]);
      dc_put_number(t, mean);
      dc_put_number(t, mean * 0.5);
      dc_put_number(t, mean * 1.5);
      dc_put_number(t, c == 3 ? quota : NAN);
      dc_put_number(t, c == 3 && isfinite(quota) ? 0.345 : NAN);
      dc_put_number(t, c == 3 ? quota - mean : NAN);
      dc_put_number(t, c == 3 && isfinite(quota) ? 2.5 : NAN);
    }
}

static dc_result *forecast(double scale, double quota)
{
  static const dc_field_spec fields[] = {{"period_start", DC_FIELD_DATE},
                                         {"period_end", DC_FIELD_DATE},
                                         {"scope_type", DC_FIELD_TEXT},
                                         {"scope_id", DC_FIELD_TEXT},
                                         {"measure", DC_FIELD_TEXT},
                                         {"component", DC_FIELD_TEXT},
                                         {"mean", DC_FIELD_MONEY},
                                         {"p10", DC_FIELD_MONEY},
                                         {"p90", DC_FIELD_MONEY},
                                         {"quota", DC_FIELD_MONEY},
                                         {"p_ge_quota", DC_FIELD_RATIO},
                                         {"gap", DC_FIELD_MONEY},
                                         {"pipeline_coverage", DC_FIELD_NUMBER},
                                         {NULL, DC_FIELD_TEXT}};
  dc_result *result = dc_result_new("dealcast.forecast/1");
  dc_set_date(result, &result->run, "as_of", START - 1);
  dc_set_text(result, &result->run, "currency", "USD");
  dc_result_table *table = dc_result_add(result, "forecast", fields);
  put_scope(table, "all", NULL, scale, quota);
  put_scope(table, "region", "small", scale / 10, NAN);
  put_scope(table, "region", "large", scale / 2, NAN);
  return result;
}

static void expect_shown(const char *text, const char *part)
{
  if (!strstr(text, part)) fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void the_coming_periods(void **state)
{
  (void)state;
  dc_result *result = forecast(1000000, 1234567);
  char *text = shown(result, (dc_write_options){.format = DC_FORMAT_TERMINAL});
  expect_within_screen(text);
  expect_shown(text, "Forecast as of 2024-06-30, in USD\n\nBookings to come (USD)\n");
  expect_shown(text, "Jul - Sep 2024  1,000,000    500,000 .. 1,500,000  100,000  400,000    500,000\n");
  expect_shown(text, "Oct - Dec 2024  2,000,000  1,000,000 .. 3,000,000  200,000  800,000  1,000,000\n");
  expect_shown(text, "1,234,567  1,000,000   234,567         35 %     2.5 x\n");
  const char *large = strstr(text, "large"), *small = strstr(text, "small");
  assert_non_null(large);
  assert_true(large < small);
  free(text);
  dc_result_free(result);
}

static void large_amounts_in_thousands(void **state)
{
  (void)state;
  dc_result *result = forecast(4e10, NAN);
  char *text = shown(result, (dc_write_options){.format = DC_FORMAT_TERMINAL});
  expect_within_screen(text);
  expect_shown(text, "Bookings to come (millions of USD)");
  expect_shown(text, "Jul - Sep 2024    40,000   20,000 .. 60,000");
  assert_null(strstr(text, "quota"));
  free(text);
  dc_result_free(result);
}

static void scopes_in_a_line_each(void **state)
{
  (void)state;
  dc_result *result = forecast(1000000, NAN);
  char *text = shown(result, (dc_write_options){.format = DC_FORMAT_TERMINAL, .top = 1});
  expect_within_screen(text);
  expect_shown(text, "By region: the largest 1 of 2\n");
  expect_shown(text, "  region   Jul - Sep 2024          80 % range  Oct - Dec\n");
  expect_shown(text, "  large           500,000  250,000 .. 750,000  1,000,000\n");
  expect_shown(text, "  1 other         100,000                        200,000\n");
  free(text);
  dc_result_free(result);
}

static void wins_where_there_are_no_amounts(void **state)
{
  (void)state;
  dc_result *result = forecast(31.5, NAN);
  dc_result_table *t = dc_result_find(result, "forecast");
  char count[] = "count";
  for (size_t r = 0; r < t->rows; r++) t->cells[r * t->n_fields + 4].text = count;
  char *text = shown(result, (dc_write_options){.format = DC_FORMAT_TERMINAL});
  expect_within_screen(text);
  expect_shown(text, "Wins to come\n");
  expect_shown(text, "Jul - Sep 2024  31.5  15.75 .. 47.25  3.15  12.6  15.8\n");
  expect_shown(text, "The deals have no amounts");
  assert_null(strstr(text, "USD)"));
  free(text);
  dc_result_free(result);
}

static void roles_are_not_told_as_left_out(void **state)
{
  (void)state;
  static const dc_field_spec fields[] = {{"file", DC_FIELD_TEXT}, {"name", DC_FIELD_TEXT}, {"role", DC_FIELD_TEXT},
                                         {"use", DC_FIELD_TEXT},  {"why", DC_FIELD_TEXT},  {NULL, DC_FIELD_TEXT}};
  static const char *const rows[][3] = {{"Id", "id", "dropped"},
                                        {"Closed", "closed", "dropped"},
                                        {"Reason", "none", "dropped"},
                                        {"Zone", "region", "suspect"}};
  dc_result *result = forecast(1000, NAN);
  dc_result_table *t = dc_result_add(result, "columns", fields);
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
    dc_put_text(t, "deals.csv");
    for (int k = 0; k < 3; k++) dc_put_text(t, rows[r][k]);
    dc_put_text(t, "so");
  }
  char *text = shown(result, (dc_write_options){.format = DC_FORMAT_TERMINAL});
  expect_shown(text, "Left out\n  deals.csv: column Reason dropped: so\n  deals.csv: column Zone suspect: so\n");
  assert_null(strstr(text, "column Id"));
  assert_null(strstr(text, "column Closed"));
  free(text);
  dc_result_free(result);
}

static void put_quality(dc_result_table *t, const char *method, int horizon, double crps, int n, double log_loss)
{
  dc_put_text(t, method);
  dc_put_integer(t, horizon);
  dc_put_text(t, isfinite(log_loss) ? "win" : "amount");
  dc_put_number(t, crps);
  dc_put_number(t, 0.12);
  dc_put_number(t, -0.03);
  dc_put_number(t, 0.81);
  dc_put_integer(t, n);
  dc_put_number(t, log_loss);
}

static void says_where_a_baseline_is_better(void **state)
{
  (void)state;
  static const dc_field_spec fields[] = {{"method", DC_FIELD_TEXT},       {"horizon", DC_FIELD_INTEGER},
                                         {"measure", DC_FIELD_TEXT},      {"crps", DC_FIELD_NUMBER},
                                         {"wape", DC_FIELD_RATIO},        {"bias", DC_FIELD_RATIO},
                                         {"coverage_80", DC_FIELD_RATIO}, {"n", DC_FIELD_INTEGER},
                                         {"log_loss", DC_FIELD_NUMBER},   {NULL, DC_FIELD_TEXT}};
  dc_result *result = forecast(1000000, NAN);
  dc_result_table *table = dc_result_add(result, "quality", fields);
  put_quality(table, "dealcast", 1, 100, 12, NAN);
  put_quality(table, "drift", 1, 300, 12, NAN);
  put_quality(table, "mean", 1, 200, 12, NAN);
  put_quality(table, "same last year", 1, 50, 7, NAN); /* of 7 targets only: no match */
  put_quality(table, "dealcast", 2, 500, 12, NAN);
  put_quality(table, "mean", 2, 400, 12, NAN);
  put_quality(table, "dealcast", 1, NAN, 12, 0.5125);
  char *text = shown(result, (dc_write_options){.format = DC_FORMAT_TERMINAL});
  expect_within_screen(text);
  expect_shown(text, "    1  12  12 %  -3.0 %     81 %   100         200  mean       12 %\n");
  expect_shown(text, "    2  12  12 %  -3.0 %     81 %   500         400  mean       12 %\n");
  expect_shown(text, "\n  2 periods ahead a simple method was better here");
  expect_shown(text, "log loss 0.513, Brier -");
  free(text);
  dc_result_free(result);
}

static void the_deals_that_matter_most(void **state)
{
  (void)state;
  static const dc_field_spec fields[] = {{"deal_id", DC_FIELD_TEXT},
                                         {"account", DC_FIELD_TEXT},
                                         {"owner", DC_FIELD_TEXT},
                                         {"expected_amount", DC_FIELD_MONEY},
                                         {NULL, DC_FIELD_TEXT}};
  dc_result *result = dc_result_new("dealcast.forecast/1");
  dc_result_table *table = dc_result_add(result, "deals", fields);
  char id[16];
  for (int i = 0; i < 50; i++) {
    snprintf(id, sizeof id, "d%02d", i);
    dc_put_text(table, id);
    dc_put_text(
        table,
        "\xE4\xB8\xAD\xE5\x9B\xBD\x1B[31m an account with a name that is longer than half of the screen can show "
        "in one line, and then more");
    dc_put_text(table, NULL);
    dc_put_number(table, i * 37 % 50 * 1000.0);
  }
  char *text = shown(result, (dc_write_options){.format = DC_FORMAT_TERMINAL, .top = 3});
  expect_within_screen(text);
  expect_shown(text, "The 3 open deals that matter most, of 50");
  const char *first = strstr(text, "d27"), *second = strstr(text, "d04"), *third = strstr(text, "d31");
  assert_true(first && second && third && first < second && second < third);
  assert_null(strchr(text, 0x1B));
  assert_null(strstr(text, "owner"));
  assert_null(strstr(text, "d01"));
  free(text);
  dc_result_free(result);
}

static void any_table_by_name(void **state)
{
  (void)state;
  dc_result *result = sample_result("M\xC3\xBCller \xE4\xB8\xAD");
  char *text = shown(result, (dc_write_options){.format = DC_FORMAT_TERMINAL});
  expect_shown(text, "values\n  number   money  ratio  integer        date  text       bool\n");
  expect_shown(text, "     0.1  -12.50  100 %       -7  2024-01-01  M\xC3\xBCller \xE4\xB8\xAD   yes\n");
  expect_shown(text, "                                                           no\n  2 rows\n\nnames\n");
  free(text);
  dc_result_free(result);
}

static void widths(void **state)
{
  (void)state;
  assert_int_equal(dc_text_width("abc"), 3);
  assert_int_equal(dc_text_width("M\xC3\xBCller"), 6);
  assert_int_equal(dc_text_width("\xE4\xB8\xAD\xE5\x9B\xBD"), 4);
  assert_int_equal(dc_text_width("e\xCC\x81"), 1);
  assert_int_equal(dc_text_width("\xF0\x9F\x92\xB0"), 2);
  assert_int_equal(dc_utf8_width(0x202E), -1);
  assert_int_equal(dc_utf8_width(0x9B), -1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_coming_periods),
                                     cmocka_unit_test(large_amounts_in_thousands),
                                     cmocka_unit_test(scopes_in_a_line_each),
                                     cmocka_unit_test(wins_where_there_are_no_amounts),
                                     cmocka_unit_test(roles_are_not_told_as_left_out),
                                     cmocka_unit_test(says_where_a_baseline_is_better),
                                     cmocka_unit_test(the_deals_that_matter_most),
                                     cmocka_unit_test(any_table_by_name),
                                     cmocka_unit_test(widths)};
  return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}
