/* The sections of the terminal's view of a forecast, and the little they share. */
#ifndef DC_OUTPUT_VIEW_H
#define DC_OUTPUT_VIEW_H

#include "engine/output/formats.h"
#include "engine/output/grid.h"

typedef struct dc_view {
  dc_sink *sink;
  const dc_result *result;
  int top;
  bool bold;
} dc_view;

/* The coming periods: in all, against quota, and by scope. */
void dc_view_bookings(const dc_view *view);
/* The backtest beside the best baseline, and in words where a baseline is better. */
void dc_view_quality(const dc_view *view);
/* Rejected rows and cells, dropped and suspect columns. */
void dc_view_left_out(const dc_view *view);

void dc_view_heading(const dc_view *view, const char *text);
const char *dc_view_run_text(const dc_result *result, const char *name);

/* Cells by index of field; a field of -1 gives NaN, null, NULL. */
const dc_cell *dc_view_cell(const dc_result_table *table, size_t row, int field);
double dc_view_number(const dc_result_table *table, size_t row, int field);
int64_t dc_view_integer(const dc_result_table *table, size_t row, int field);
const char *dc_view_text(const dc_result_table *table, size_t row, int field);
bool dc_view_is(const dc_result_table *table, size_t row, int field, const char *text);

/* The measure that is shown of a table: "amount" where it has any such row, else "count". */
const char *dc_view_measure(const dc_result_table *table);

#endif
