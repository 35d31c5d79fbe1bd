/* What `dealcast fit` and `dealcast predict` work on, and the tables that they make of it. Private to engine/run. */
#ifndef DC_RUN_FIT_H
#define DC_RUN_FIT_H

#include "engine/run/forecast.h"
#include "engine/run/saved.h"

typedef struct dc_fit_run {
  dc_forecast_run base; /* its files (as r.deals), result and laps */
  dc_saved saved;
  int *column; /* of the table, for each column of the recipe */
  dc_frame *frame;
  double confidence;
  char *rest; /* columns that . leaves out, for a warning */
  size_t rest_bytes;
} dc_fit_run;

/* Files as a table of any shape. saved: predict reads columns as they were read for the fit; NULL = by content. */
dc_status dc_fit_load(dc_fit_run *run, const dc_saved *saved, dc_error *error) DC_MUST_CHECK;
const char *dc_fit_file(const dc_fit_run *run); /* for messages */

/* `terms`, `tests`, `fit`, `effects`, `levels`. */
void dc_fit_tables(dc_fit_run *run);

/* `columns`: which are read, and as what; and the warnings of rows left out and levels not known. */
void dc_fit_columns(dc_fit_run *run);

/* `predictions`: a row for each row of the table, of each category where there are any. */
dc_status dc_predictions_table(dc_fit_run *run, dc_error *error) DC_MUST_CHECK;

/* run entries that both verbs have. */
void dc_fit_describe(dc_fit_run *run);
void dc_fit_run_clear(dc_fit_run *run);

#endif
