/* Periods (month, quarter, ISO week; fiscal) and the grid of time cells that hazards live on. */
#ifndef DC_DEALS_CALENDAR_H
#define DC_DEALS_CALENDAR_H

#include "dealcast/error.h"
#include "dealcast/job.h"
#include <stddef.h>
#include <stdint.h>

typedef struct dc_calendar {
  dc_period period;
  int fiscal_start; /* month 1..12 in which the fiscal year starts */
} dc_calendar;

/* First day of the period that contains day; of the n-th period after the one starting at start (n may be negative). */
int32_t dc_period_start(const dc_calendar *calendar, int32_t day);
int32_t dc_period_add(const dc_calendar *calendar, int32_t start, int n);

/* Periods that make up a quarter (month 3, quarter 1, week 13) and a year (12, 4, 52). */
int dc_periods_per_quarter(dc_period period);
int dc_periods_per_year(dc_period period);

/* The same place in the month (or week) n months (weeks) before day: month ends stay month ends. Backtest origins. */
int32_t dc_origin_before(const dc_calendar *calendar, int32_t day, int n);

/* Position of a day in its fiscal quarter and year, 0 <= x < 1. */
double dc_quarter_fraction(const dc_calendar *calendar, int32_t day);
double dc_year_fraction(int32_t day);

/* Cells of about a week that never straddle a period: days 1-7, 8-14, 15-21, 22-end of each month, or ISO weeks when
 * the period is a week. Cell c covers days start[c] .. start[c + 1] - 1. */
typedef struct dc_time_grid {
  size_t n;
  int32_t *start;         /* n + 1 */
  uint8_t *quarter_week;  /* 0..11, of the cell's middle day */
  uint8_t *quarter_month; /* 0..2 */
  uint16_t *epoch;        /* quarters since the grid's first day's quarter */
  int32_t *cell_of_day;   /* by day - start[0] */
} dc_time_grid;

enum { DC_QUARTER_WEEKS = 12, DC_UNIT_DAYS = 7 };

dc_status dc_time_grid_new(const dc_calendar *calendar, int32_t first_day, int32_t last_day, dc_time_grid **grid,
                           dc_error *error) DC_MUST_CHECK;
void dc_time_grid_free(dc_time_grid *grid);

/* The cell of a day, clamped to the grid. */
int32_t dc_time_cell(const dc_time_grid *grid, int32_t day);

#endif
