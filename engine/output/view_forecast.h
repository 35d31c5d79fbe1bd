/* What the sections about the table `forecast` share. */
#ifndef DC_OUTPUT_VIEW_FORECAST_H
#define DC_OUTPUT_VIEW_FORECAST_H

#include "engine/output/view.h"

enum { DC_LABEL_CHARS = 96, DC_UNIT_CHARS = 64 };

/* The fields of `forecast` that are shown, by index; -1 = absent.
 * measure  the one that leads: "amount", or "count" where there are no amounts
 * scale    amounts are shown in units of it, so that a row fits the screen; unit says so: " (thousands of USD)" */
typedef struct dc_forecast_view {
  const dc_view *view;
  const dc_result_table *t;
  int start, end, scope_type, scope_id, measure_field, component, mean, p10, p90, n_deals, quota, p_ge_quota, gap,
      coverage;
  const char *measure;
  bool counts;
  double scale;
  char unit[DC_UNIT_CHARS];
} dc_forecast_view;

/* The row of a scope's and period's total in the leading measure? Of the whole? */
bool dc_view_is_total(const dc_forecast_view *f, size_t row);
bool dc_view_is_whole(const dc_forecast_view *f, size_t row);

/* "Jul 2024", "Jul - Sep 2024", "Nov 2024 - Jan 2025", or without the year; a week is its first day. label holds
 * DC_LABEL_CHARS. */
char *dc_view_period(const dc_forecast_view *f, size_t row, bool with_year, char *label);

/* A mean: money in units of scale, or a count with one decimal. */
void dc_view_mean(dc_grid *grid, const dc_forecast_view *f, double value);
void dc_view_range(dc_grid *grid, const dc_forecast_view *f, size_t row);

/* The scopes of each --by. */
void dc_view_scopes(const dc_forecast_view *f);

#endif
