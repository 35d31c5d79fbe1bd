/* `dealcast predict`: a saved fit and files -> predictions. */
#include "engine/run/fit.h"
#include "engine/run/model_file.h"
#include "engine/run/rejects.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL_ROWS = 20000 };

static const double default_confidence = 0.95;

static dc_status lay_out(dc_fit_run *run, dc_error *error)
{
  const dc_table *table = run->base.r.deals.load->table;
  const dc_recipe *recipe = run->saved.recipe;
  run->column = malloc((recipe->n_columns + 1) * sizeof *run->column);
  if (!run->column) return dc_fail_memory(error, "laying rows out for a model");
  dc_status status = dc_recipe_match(recipe, table, dc_fit_file(run), run->column, error);
  if (status == DC_OK) status = dc_frame_apply(recipe, table, run->column, &run->frame, error);
  dc_lap(&run->base.laps, "design");
  return status;
}

static dc_status tell(dc_fit_run *run, dc_error *error)
{
  dc_forecast_run *base = &run->base;
  base->result = dc_result_new("dealcast.predict/1");
  if (!base->result) return dc_fail_memory(error, "writing the result");
  dc_fit_describe(run);
  dc_set_text(base->result, &base->result->options, "id", base->job->id);
  dc_inputs_table(&base->r, base->result);
  dc_warn_read_as(base);
  dc_status status = dc_predictions_table(run, error);
  dc_fit_columns(run);
  dc_rejects_table(&base->r, base->result);
  dc_lap(&base->laps, "predict");
  if (base->job->timings) dc_laps_tell(&base->laps, base->result);
  return status == DC_OK ? dc_result_check(base->result, error) : status;
}

static dc_status run_predict(dc_fit_run *run, dc_error *error)
{
  const dc_job *job = run->base.job;
  dc_laps_start(&run->base.laps);
  if (!job->fit)
    return dc_fail(error, DC_E_USAGE, "predict needs --fit FILE, as dealcast fit ... --save FILE writes it");
  dc_status status = dc_model_read(job->fit, &run->saved, error);
  if (status != DC_OK) return status;
  status = dc_rejects_tell(job, &run->base.r, dc_fit_load(run, &run->saved, error), error);
  if (status == DC_OK) status = lay_out(run, error);
  if (status != DC_OK) return status;
  if (job->threads <= 0 && run->frame->design.n_rows < SMALL_ROWS) run->base.r.threads = 1;
  return tell(run, error);
}

dc_status dc_run_predict(const dc_job *job, dc_result **result, dc_error *error)
{
  dc_fit_run run = {.base = {.job = job}, .confidence = job->confidence > 0 ? job->confidence : default_confidence};
  dc_status status = run_predict(&run, error);
  dc_fit_run_clear(&run);
  if (status == DC_OK)
    *result = run.base.result;
  else
    dc_result_free(run.base.result);
  return status;
}
