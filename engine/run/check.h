/* What `dealcast check` works on, and the tables that it makes of it. Private to engine/run. */
#ifndef DC_RUN_CHECK_H
#define DC_RUN_CHECK_H

#include "engine/insight/quality_score.h"
#include "engine/run/forecast.h"

typedef struct dc_check_run {
  dc_forecast_run base; /* files, deals and, where there is enough, the fitted core */
  dc_audit_join *joins;
  size_t n_joins;
  size_t n_rejects[2]; /* of the deals and of the history, as loaded */
  char lacking[1088];  /* why the files make no deals, "" = they do */
  dc_audit *quality;
  double width; /* NaN = not known */
  dc_score score;
  const dc_sheet *sheet; /* that is scored */
} dc_check_run;

/* `score`, `defects`, `variants`, `duplicates`. */
void dc_check_tables(dc_check_run *run);

/* `owners` and `stages`: the score of each. */
dc_status dc_check_groups(dc_check_run *run, dc_error *error) DC_MUST_CHECK;

/* result->fixes: a row for each deal and field at fault, by money x severity. */
dc_status dc_check_fixes(dc_check_run *run, dc_error *error) DC_MUST_CHECK;

#endif
