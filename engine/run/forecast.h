/* What `dealcast forecast` works on (and `check`, as far as it goes), and the tables made of it. Private to engine/run. */
#ifndef DC_RUN_FORECAST_H
#define DC_RUN_FORECAST_H

#include "engine/forecast/backtest.h"
#include "engine/run/laps.h"
#include "engine/run/quotas.h"
#include "engine/run/scopes.h"

typedef struct dc_forecast_run {
  const dc_job *job;
  dc_resolved r;
  dc_features *features;
  dc_rows *rows;
  dc_conversion *conversion;
  dc_snapshot now;
  dc_amounts amounts;
  dc_projection *projection;
  dc_periods periods;
  dc_calibration calibration;
  dc_backtest *backtest;
  dc_scopes *scopes;
  dc_quotas *quotas;
  dc_result *result;
  dc_laps laps;
} dc_forecast_run;

/* `forecast`: each scope and period, in order of scope; `deals` and `deal_periods`. */
dc_status dc_forecast_table(dc_forecast_run *run, dc_error *error) DC_MUST_CHECK;
void dc_deal_tables(dc_forecast_run *run);

/* `backtest` and `quality`. */
void dc_backtest_tables(dc_forecast_run *run);

/* `run` with its inputs, `columns`, `rejects`, and the warnings that the data gives rise to. */
void dc_describe_run(dc_forecast_run *run);
void dc_set_reading_options(const dc_job *job, dc_result *out); /* to run.options */
void dc_data_tables(dc_forecast_run *run);
void dc_data_warnings(dc_forecast_run *run);

/* One warning for each file that is not plain: engine/run/read_as.c. */
void dc_warn_read_as(dc_forecast_run *run);

#endif
