/* `dealcast forecast`: files -> deals -> the core at the as-of day -> tables. */
#include "engine/run/forecast.h"

#include "engine/run/rejects.h"

/* Rows for the fits, before those that are alike become one; with dated fields hardly any are. Above, deals are sampled. */
enum { MOST_ROWS = 2000000, MOST_DATED_ROWS = 500000, FINAL_KINDS = 400 };

/* Fills run->calibration, from the backtest unless it was switched off. */
static dc_status backtest(dc_forecast_run *run, dc_conversion **warm, int32_t *after, dc_error *error)
{
  const dc_job *job = run->job;
  int horizons = job->horizon < DC_BACKTEST_HORIZONS ? job->horizon : DC_BACKTEST_HORIZONS;
  dc_backtest_request request = {.features = run->features,
                                 .calendar = &run->r.calendar,
                                 .now = &run->now,
                                 .rows = run->rows,
                                 .origins = job->no_backtest ? 0 : job->origins,
                                 .horizons = horizons,
                                 .threads = run->r.threads};
  dc_status status = dc_backtest_run(&request, &run->backtest, warm, after, error);
  if (status == DC_OK)
    dc_calibrate(run->backtest->evidence, run->backtest->n_evidence, run->r.as_of, horizons, &run->calibration);
  return status;
}

static dc_status fit(dc_forecast_run *run, dc_error *error)
{
  dc_conversion *warm = NULL;
  int32_t after = INT32_MIN / 2, as_of = run->r.as_of;
  int threads = run->r.threads;
  dc_status status = dc_features_new(run->r.log, run->r.grid, as_of, &run->features, error);
  size_t most_rows = status == DC_OK && run->features->landmarks ? MOST_DATED_ROWS : MOST_ROWS;
  if (status == DC_OK) status = dc_rows_new(run->features, as_of, most_rows, run->job->seed, &run->rows, error);
  if (status == DC_OK) status = dc_snapshot_take(run->r.log, as_of, &run->now, error);
  dc_lap(&run->laps, "features");
  if (status == DC_OK) status = backtest(run, &warm, &after, error);
  dc_lap(&run->laps, "backtest");
  if (status == DC_OK) status = dc_rows_extend(run->rows, run->features, after, as_of, error);
  if (status == DC_OK)
    status = dc_conversion_fit(run->features, run->rows, as_of, threads, warm, &run->conversion, error);
  dc_conversion_free(warm);
  if (status == DC_OK) status = dc_amounts_fit(run->features, &run->now, threads, &run->amounts, error);
  dc_lap(&run->laps, "fit");
  if (status != DC_OK) return status;
  dc_projection_request request = {run->conversion, &run->amounts, &run->now, &run->r.calendar,
                                   &run->periods,   FINAL_KINDS,   threads};
  status = dc_projection_new(&request, &run->projection, error);
  return status == DC_OK ? dc_calibration_apply(&run->calibration, run->projection, error) : status;
}

/* All that the user may have got wrong, before the long work. */
static dc_status prepare(dc_forecast_run *run, dc_error *error)
{
  if (run->job->horizon >= DC_MAX_PERIODS)
    return dc_fail(error, DC_E_USAGE, "--horizon takes at most %d periods", DC_MAX_PERIODS - 1);
  dc_status status = dc_resolve(run->job, &run->r, &run->laps, error);
  if (status != DC_OK) return status;
  dc_periods_from(&run->r.calendar, run->r.as_of, run->job->horizon, &run->periods);
  status = dc_scopes_new(run->job, &run->r, &run->scopes, error);
  if (status == DC_OK) status = dc_quotas_new(&run->r, run->scopes, &run->periods, &run->quotas, error);
  if (status == DC_OK) status = dc_loaded_check(&run->r.quotas, run->job->strict, error);
  return status;
}

static dc_status run_forecast(dc_forecast_run *run, dc_error *error)
{
  dc_laps_start(&run->laps);
  dc_status status = dc_rejects_tell(run->job, &run->r, prepare(run, error), error);
  if (status == DC_OK) status = fit(run, error);
  if (status == DC_OK)
    status = dc_scopes_fill(run->scopes, &run->r, &run->now, run->projection, dc_quotas_wanted(run->quotas), error);
  dc_lap(&run->laps, "projection");
  if (status != DC_OK) return status;
  run->result = dc_result_new("dealcast.forecast/1");
  if (!run->result) return dc_fail_memory(error, "writing the result");
  dc_describe_run(run);
  dc_data_warnings(run);
  status = dc_quotas_add_up(run->quotas, run->result, error);
  if (status == DC_OK) status = dc_forecast_table(run, error);
  dc_lap(&run->laps, "distributions");
  if (status != DC_OK) return status;
  dc_deal_tables(run);
  dc_backtest_tables(run);
  dc_data_tables(run);
  dc_lap(&run->laps, "tables");
  if (run->job->timings) dc_laps_tell(&run->laps, run->result);
  return dc_result_check(run->result, error);
}

dc_status dc_run_forecast(const dc_job *job, dc_result **result, dc_error *error)
{
  dc_forecast_run run = {.job = job};
  dc_status status = run_forecast(&run, error);
  dc_quotas_free(run.quotas);
  dc_scopes_free(run.scopes);
  dc_backtest_free(run.backtest);
  dc_projection_free(run.projection);
  dc_amounts_clear(&run.amounts);
  dc_snapshot_clear(&run.now);
  dc_conversion_free(run.conversion);
  dc_rows_free(run.rows);
  dc_features_free(run.features);
  dc_resolved_clear(&run.r);
  if (status == DC_OK)
    *result = run.result;
  else
    dc_result_free(run.result);
  return status;
}
