#include "engine/deals/calendar.h"

#include "engine/base/date.h"

#include <stdlib.h>

const char *dc_period_name(dc_period period)
{
  static const char *const names[DC_PERIODS] = {"month", "quarter", "week"};
  return period < DC_PERIODS ? names[period] : "?";
}

int dc_periods_per_quarter(dc_period period)
{
  static const int count[DC_PERIODS] = {3, 1, 13};
  return count[period];
}

int dc_periods_per_year(dc_period period)
{
  static const int count[DC_PERIODS] = {12, 4, 52};
  return count[period];
}

/* Months since year 0 of the month that holds day. */
static int32_t month_index(int32_t day)
{
  dc_civil c = dc_date_to_civil(day);
  return c.year * 12 + c.month - 1;
}

static int32_t month_day(int32_t index)
{
  int32_t year = index >= 0 ? index / 12 : (index - 11) / 12;
  return dc_date_from_civil(year, (int)(index - year * 12) + 1, 1);
}

/* Months since the start of the fiscal quarter. */
static int32_t quarter_offset(const dc_calendar *calendar, int32_t index)
{
  return ((index - (calendar->fiscal_start - 1)) % 3 + 3) % 3;
}

static int32_t quarter_start(const dc_calendar *calendar, int32_t day)
{
  int32_t index = month_index(day);
  return month_day(index - quarter_offset(calendar, index));
}

int32_t dc_period_start(const dc_calendar *calendar, int32_t day)
{
  if (calendar->period == DC_WEEK) return day - dc_weekday(day);
  if (calendar->period == DC_MONTH) return month_day(month_index(day));
  return quarter_start(calendar, day);
}

int32_t dc_period_add(const dc_calendar *calendar, int32_t start, int n)
{
  if (calendar->period == DC_WEEK) return start + 7 * n;
  return month_day(month_index(start) + n * (calendar->period == DC_MONTH ? 1 : 3));
}

int32_t dc_origin_before(const dc_calendar *calendar, int32_t day, int n)
{
  if (calendar->period == DC_WEEK) return day - 7 * n;
  int32_t index = month_index(day), first = month_day(index - n);
  int32_t length = month_day(index - n + 1) - first;
  int32_t offset = day - month_day(index);
  if (day + 1 == month_day(index + 1) || offset >= length) offset = length - 1;
  return first + offset;
}

double dc_quarter_fraction(const dc_calendar *calendar, int32_t day)
{
  int32_t start = quarter_start(calendar, day);
  int32_t end = month_day(month_index(start) + 3);
  return (double)(day - start) / (double)(end - start);
}

double dc_year_fraction(int32_t day)
{
  int32_t year = dc_date_to_civil(day).year;
  int32_t start = dc_date_from_civil(year, 1, 1), end = dc_date_from_civil(year + 1, 1, 1);
  return (double)(day - start) / (double)(end - start);
}

/* First day of the cell after the one that starts at day. */
static int32_t next_cell(const dc_calendar *calendar, int32_t day)
{
  if (calendar->period == DC_WEEK) return day + 7;
  dc_civil c = dc_date_to_civil(day);
  return c.day < 22 ? day + 7 : month_day(month_index(day) + 1);
}

static void describe_cells(const dc_calendar *calendar, dc_time_grid *grid)
{
  int32_t base = month_index(quarter_start(calendar, grid->start[0]));
  for (size_t c = 0; c < grid->n; c++) {
    int32_t middle = grid->start[c] + (grid->start[c + 1] - grid->start[c]) / 2;
    double fraction = dc_quarter_fraction(calendar, middle);
    grid->quarter_week[c] = (uint8_t)(fraction * DC_QUARTER_WEEKS);
    grid->quarter_month[c] = (uint8_t)quarter_offset(calendar, month_index(middle));
    grid->epoch[c] = (uint16_t)((month_index(quarter_start(calendar, middle)) - base) / 3);
    for (int32_t d = grid->start[c]; d < grid->start[c + 1]; d++) grid->cell_of_day[d - grid->start[0]] = (int32_t)c;
  }
}

dc_status dc_time_grid_new(const dc_calendar *calendar, int32_t first_day, int32_t last_day, dc_time_grid **out,
                           dc_error *error)
{
  dc_calendar month = {DC_MONTH, calendar->fiscal_start};
  int32_t start = dc_period_start(calendar->period == DC_WEEK ? calendar : &month, first_day);
  size_t n = 0;
  if (last_day < start)
    return dc_fail(error, DC_E_SHORT,
                   "the forecast would end before the first day in the data; choose a later --as-of");
  for (int32_t d = start; d <= last_day; d = next_cell(calendar, d)) n++;
  dc_time_grid *grid = calloc(1, sizeof *grid);
  if (!grid) return dc_fail_memory(error, "laying out the calendar");
  grid->n = n;
  grid->start = malloc((n + 1) * sizeof *grid->start);
  grid->quarter_week = malloc(n);
  grid->quarter_month = malloc(n);
  grid->epoch = malloc(n * sizeof *grid->epoch);
  size_t days = (size_t)(last_day - start) + 64;
  grid->cell_of_day = malloc(days * sizeof *grid->cell_of_day);
  if (!grid->start || !grid->quarter_week || !grid->quarter_month || !grid->epoch || !grid->cell_of_day) {
    dc_time_grid_free(grid);
    return dc_fail_memory(error, "laying out the calendar");
  }
  grid->start[0] = start;
  for (size_t c = 0; c < n; c++) grid->start[c + 1] = next_cell(calendar, grid->start[c]);
  describe_cells(calendar, grid);
  *out = grid;
  return DC_OK;
}

void dc_time_grid_free(dc_time_grid *grid)
{
  if (!grid) return;
  free(grid->start);
  free(grid->quarter_week);
  free(grid->quarter_month);
  free(grid->epoch);
  free(grid->cell_of_day);
  free(grid);
}

int32_t dc_time_cell(const dc_time_grid *grid, int32_t day)
{
  if (day < grid->start[0]) return 0;
  if (day >= grid->start[grid->n]) return (int32_t)grid->n - 1;
  return grid->cell_of_day[day - grid->start[0]];
}
