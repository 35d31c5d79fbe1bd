/* Periods, origins and time cells, beside a count of days of our own. */
#include "engine/deals/calendar.h"

#include "engine/base/date.h"
#include "tests/check.h"

static int32_t day(const char *text)
{
  int32_t value;
  if (!dc_date_parse_iso(text, strlen(text), &value)) fail_msg("'%s' is no day", text);
  return value;
}

static void check_day(int32_t actual, const char *expected)
{
  char text[DC_DATE_CHARS];
  assert_string_equal(dc_date_format(actual, text), expected);
}

/* Does a period begin on this day? By the days of the civil calendar alone. */
static bool begins(const dc_calendar *calendar, int32_t d)
{
  dc_civil c = dc_date_to_civil(d);
  if (calendar->period == DC_WEEK) return (d - day("2024-01-01")) % 7 == 0; /* a Monday */
  if (c.day != 1) return false;
  return calendar->period == DC_MONTH || (c.month - calendar->fiscal_start + 12) % 3 == 0;
}

static void test_every_day(void **state)
{
  (void)state;
  for (int p = 0; p < DC_PERIODS; p++)
    for (int fiscal = 1; fiscal <= 12; fiscal++) {
      dc_calendar calendar = {(dc_period)p, fiscal};
      int32_t first = day("2018-12-31"), last = day("2029-03-01"), start = first;
      while (!begins(&calendar, start)) start--;
      for (int32_t d = first, before = start; d <= last; d++) {
        if (d > start && begins(&calendar, d)) {
          before = start;
          start = d;
          assert_int_equal(dc_period_add(&calendar, before, 1), start);
          assert_int_equal(dc_period_add(&calendar, start, -1), before);
        }
        if (dc_period_start(&calendar, d) != start) fail_msg("period %d, fiscal %d: day %d", p, fiscal, (int)d);
      }
      assert_int_equal(dc_period_add(&calendar, start, 0), start);
    }
}

static void test_known_periods(void **state)
{
  (void)state;
  dc_calendar month = {DC_MONTH, 1}, week = {DC_WEEK, 1}, february = {DC_QUARTER, 2}, july = {DC_QUARTER, 7};
  check_day(dc_period_start(&month, day("2024-02-29")), "2024-02-01");
  check_day(dc_period_add(&month, day("2024-11-01"), 3), "2025-02-01");
  check_day(dc_period_add(&month, day("2024-03-01"), -15), "2022-12-01");
  check_day(dc_period_start(&february, day("2025-01-31")), "2024-11-01");
  check_day(dc_period_start(&february, day("2025-02-01")), "2025-02-01");
  check_day(dc_period_add(&february, day("2024-11-01"), 5), "2026-02-01");
  check_day(dc_period_start(&july, day("2025-06-30")), "2025-04-01");
  /* ISO weeks run over year ends; 2020 has 53 of them. */
  check_day(dc_period_start(&week, day("2021-01-01")), "2020-12-28");
  check_day(dc_period_start(&week, day("2021-01-03")), "2020-12-28");
  check_day(dc_period_start(&week, day("2021-01-04")), "2021-01-04");
  check_day(dc_period_add(&week, day("2019-12-30"), 53), "2021-01-04");
  check_day(dc_period_add(&week, day("2020-03-02"), -1), "2020-02-24");
  assert_int_equal(dc_periods_per_quarter(DC_MONTH), 3);
  assert_int_equal(dc_periods_per_quarter(DC_QUARTER), 1);
  assert_int_equal(dc_periods_per_quarter(DC_WEEK), 13);
  assert_int_equal(dc_periods_per_year(DC_MONTH), 12);
  assert_int_equal(dc_periods_per_year(DC_QUARTER), 4);
  assert_int_equal(dc_periods_per_year(DC_WEEK), 52);
}

static void test_origins(void **state)
{
  (void)state;
  dc_calendar month = {DC_MONTH, 1}, quarter = {DC_QUARTER, 2}, week = {DC_WEEK, 1};
  static const struct {
    const char *from;
    int n;
    const char *expected;
  } cases[] = {{"2025-03-31", 1, "2025-02-28"}, {"2024-03-31", 1, "2024-02-29"}, {"2025-02-28", 1, "2025-01-31"},
               {"2025-02-28", 2, "2024-12-31"}, {"2024-02-28", 1, "2024-01-28"}, {"2025-01-15", 2, "2024-11-15"},
               {"2025-03-30", 1, "2025-02-28"}, {"2025-03-30", 2, "2025-01-30"}, {"2025-12-31", 12, "2024-12-31"},
               {"2025-06-30", 1, "2025-05-31"}, {"2025-05-01", 1, "2025-04-01"}, {"2025-05-01", 0, "2025-05-01"},
               {"2025-05-31", 0, "2025-05-31"}};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    check_day(dc_origin_before(&month, day(cases[k].from), cases[k].n), cases[k].expected);
    check_day(dc_origin_before(&quarter, day(cases[k].from), cases[k].n), cases[k].expected);
  }
  check_day(dc_origin_before(&week, day("2025-01-05"), 1), "2024-12-29");
  check_day(dc_origin_before(&week, day("2025-01-05"), 52), "2024-01-07");
}

static void test_fractions(void **state)
{
  (void)state;
  dc_calendar january = {DC_MONTH, 1}, february = {DC_WEEK, 2};
  check_same(dc_quarter_fraction(&january, day("2025-01-01")), 0);
  check_close(dc_quarter_fraction(&january, day("2025-03-31")), 89.0 / 90, 1e-15, 0);
  check_close(dc_quarter_fraction(&january, day("2024-02-01")), 31.0 / 91, 1e-15, 0);
  check_same(dc_quarter_fraction(&february, day("2025-02-01")), 0);
  check_close(dc_quarter_fraction(&february, day("2025-01-31")), 91.0 / 92, 1e-15, 0);
  check_same(dc_year_fraction(day("2025-01-01")), 0);
  check_close(dc_year_fraction(day("2024-12-31")), 365.0 / 366, 1e-15, 0);
  check_close(dc_year_fraction(day("2025-03-01")), 59.0 / 365, 1e-15, 0);
}

/* Cells partition the days, begin on the 1st, 8th, 15th and 22nd (or on Mondays), and never straddle a period. */
static void check_cells(const dc_calendar *calendar, const dc_time_grid *grid, int32_t first, int32_t last)
{
  bool weeks = calendar->period == DC_WEEK;
  assert_true(grid->start[0] <= first && first - grid->start[0] < (weeks ? 7 : 31));
  assert_true(grid->start[grid->n] > last && grid->start[grid->n - 1] <= last);
  for (size_t c = 0; c < grid->n; c++) {
    int32_t a = grid->start[c], b = grid->start[c + 1];
    assert_true(a < b);
    assert_int_equal(dc_period_start(calendar, a), dc_period_start(calendar, b - 1));
    int d = dc_date_to_civil(a).day;
    if (weeks)
      assert_int_equal(dc_weekday(a), 0);
    else
      assert_true(d == 1 || d == 8 || d == 15 || d == 22);
    if (weeks || d < 22)
      assert_int_equal(b - a, 7);
    else
      assert_int_equal(dc_date_to_civil(b).day, 1);
    for (int32_t x = a; x < b; x++) assert_int_equal(dc_time_cell(grid, x), c);
  }
  assert_int_equal(dc_time_cell(grid, grid->start[0] - 1), 0);
  assert_int_equal(dc_time_cell(grid, grid->start[grid->n]), grid->n - 1);
  assert_int_equal(dc_time_cell(grid, INT32_MAX), grid->n - 1);
}

/* Where a cell's middle day lies in its quarter, by counting from quarter to quarter. */
static void check_places(const dc_calendar *calendar, const dc_time_grid *grid)
{
  dc_calendar quarters = {DC_QUARTER, calendar->fiscal_start};
  int32_t base = dc_period_start(&quarters, grid->start[0]);
  for (size_t c = 0; c < grid->n; c++) {
    int32_t middle = grid->start[c] + (grid->start[c + 1] - grid->start[c]) / 2, start = base;
    int epoch = 0;
    while (dc_period_add(&quarters, start, 1) <= middle) {
      start = dc_period_add(&quarters, start, 1);
      epoch++;
    }
    int32_t length = dc_period_add(&quarters, start, 1) - start;
    int month = (dc_date_to_civil(middle).month - dc_date_to_civil(start).month + 12) % 12;
    assert_int_equal(grid->epoch[c], epoch);
    assert_int_equal(grid->quarter_month[c], month);
    assert_int_equal(grid->quarter_week[c], (middle - start) * DC_QUARTER_WEEKS / length);
  }
}

static void test_grid(void **state)
{
  (void)state;
  static const char *const firsts[] = {"2024-01-01", "2023-12-31", "2024-02-17", "2020-12-30"};
  for (int p = 0; p < DC_PERIODS; p++)
    for (int fiscal = 1; fiscal <= 12; fiscal++)
      for (size_t k = 0; k < sizeof firsts / sizeof *firsts; k++) {
        dc_calendar calendar = {(dc_period)p, fiscal};
        dc_time_grid *grid = NULL;
        dc_error error = {DC_OK, 0, 0, "", ""};
        int32_t first = day(firsts[k]), last = first + 100 + 200 * (int)k;
        check_ok(dc_time_grid_new(&calendar, first, last, &grid, &error), &error);
        check_cells(&calendar, grid, first, last);
        check_places(&calendar, grid);
        dc_time_grid_free(grid);
      }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_day), cmocka_unit_test(test_known_periods), cmocka_unit_test(test_origins),
      cmocka_unit_test(test_fractions), cmocka_unit_test(test_grid),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
