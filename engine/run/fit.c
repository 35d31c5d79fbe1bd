/* `dealcast fit`: files -> a table -> a design -> a model -> tables. */
#include "engine/run/fit.h"

#include "engine/base/arena.h"
#include "engine/base/fold.h"
#include "engine/base/version.h"
#include "engine/run/model_file.h"
#include "engine/run/model_options.h"
#include "engine/run/rejects.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL_ROWS = 20000, SMEAR_ROWS = 1 << 14, REST_BYTES = 600 };

static const double default_confidence = 0.95;

/* --- what is asked --- */

static dc_status read_options(const dc_job *job, const dc_model *model, double *option, dc_error *error)
{
  dc_model_defaults(model, option);
  for (size_t k = 0; k < job->settings.count; k++) {
    size_t place;
    double value;
    dc_status status = dc_setting_parse(model->name, job->settings.items[k], &place, &value, error);
    if (status != DC_OK) return status;
    option[place] = value;
  }
  return DC_OK;
}

/* "Id (its texts hardly repeat), ..." */
static void leave_out(void *context, const char *column, const char *why)
{
  dc_fit_run *run = context;
  if (!run->rest) run->rest = calloc(1, REST_BYTES);
  if (!run->rest || run->rest_bytes >= REST_BYTES) return;
  run->rest_bytes += (size_t)snprintf(run->rest + run->rest_bytes, REST_BYTES - run->rest_bytes, "%s%.60s (%s)",
                                      run->rest_bytes ? ", " : "", column, why);
}

/* --target: a column by its whole name, blanks and all, needs no quotes. */
static dc_status parse_target(const dc_table *table, const char *text, dc_formula **target, dc_error *error)
{
  dc_status status = dc_formula_parse_one("--target", text, target, error);
  if (status != DC_E_USAGE || dc_table_find(table, text) < 0 || strchr(text, '`')) return status;
  size_t n = strlen(text) + 3;
  char *quoted = malloc(n);
  if (!quoted) return dc_fail_memory(error, "reading a formula");
  snprintf(quoted, n, "`%s`", text);
  status = dc_formula_parse_one("--target", quoted, target, error);
  free(quoted);
  return status;
}

/* Is the response one of several categories to the model? Two words are a chance where it takes chances, too. */
static bool makes_categories(const dc_model *model, const dc_table *table, const dc_formula *target)
{
  int c = target && target->n_terms ? dc_table_find(table, target->terms[0].variables->name) : -1;
  bool several = c >= 0 && table->columns[c].type == DC_TYPE_CATEGORY && table->columns[c].n_words > 3;
  return model->responses == DC_TAKES_CATEGORY || (several && model->responses & DC_TAKES_CATEGORY);
}

static dc_status ask(dc_fit_run *run, const dc_model *model, dc_error *error)
{
  const dc_job *job = run->base.job;
  const dc_table *table = run->base.r.deals.load->table;
  dc_formula *formula = NULL, *target = NULL;
  dc_status status = dc_formula_parse("--terms", job->terms.items, job->terms.count, &formula, error);
  if (status == DC_OK) status = parse_target(table, job->target, &target, error);
  dc_recipe_request request = {.formula = formula,
                               .target = target,
                               .trials = job->trials,
                               .weights = job->weights,
                               .cluster = job->cluster,
                               .offset = job->offset,
                               .time = job->time,
                               .id = job->id,
                               .wants_category = makes_categories(model, table, target),
                               .wants_chance = model->responses & DC_TAKES_CHANCE,
                               .takes_missing = model->takes_missing,
                               .wants_effects = model->shrinks,
                               .file = dc_fit_file(run)};
  if (status == DC_OK) status = dc_recipe_new(&request, table, leave_out, run, &run->saved.recipe, error);
  dc_formula_free(formula);
  dc_formula_free(target);
  return status;
}

static dc_status lay_out(dc_fit_run *run, dc_error *error)
{
  dc_recipe *recipe = run->saved.recipe;
  dc_load *load = run->base.r.deals.load;
  run->column = malloc((recipe->n_columns + 1) * sizeof *run->column);
  if (!run->column) return dc_fail_memory(error, "laying rows out for a model");
  dc_status status = dc_recipe_match(recipe, load->table, dc_fit_file(run), run->column, error);
  for (size_t c = 0; c < recipe->n_columns && status == DC_OK; c++)
    dc_load_styles(load, (size_t)run->column[c], &recipe->columns[c].number, &recipe->columns[c].when);
  if (status == DC_OK) status = dc_frame_learn(recipe, load->table, run->column, dc_fit_file(run), &run->frame, error);
  for (size_t row = 0; status == DC_OK && row < load->table->rows; row++)
    if (run->frame->incomplete[row]) dc_load_set_aside(load, row, DC_ROW_EXCLUDED);
  dc_lap(&run->base.laps, "design");
  return status;
}

/* --- the mean of a response whose logarithm was fitted --- */

typedef struct smearing {
  const dc_fit *fit;
  const dc_frame *frame;
} smearing;

static dc_status add_residuals(void *context, size_t first, size_t last, void *partial)
{
  const smearing *s = context;
  double *sum = partial, *eta = malloc((last - first) * sizeof *eta);
  if (!eta) return DC_E_MEMORY;
  dc_status status = dc_fit_eta(s->fit, &s->frame->design, first, last, eta, NULL, NULL);
  for (size_t i = first; i < last && status == DC_OK; i++) {
    double w = s->frame->design.weight ? s->frame->design.weight[i] : 1;
    sum[0] += w * exp(s->frame->response.y[i] - eta[i - first]);
    sum[1] += w;
  }
  free(eta);
  return status;
}

static void merge(void *context, void *into, const void *from)
{
  (void)context;
  ((double *)into)[0] += ((const double *)from)[0];
  ((double *)into)[1] += ((const double *)from)[1];
}

/* E[y] = exp(eta) E[exp(residual)]: the smearing estimate (Duan 1983, Journal of the American Statistical Association 78). */
static dc_status smear(dc_fit_run *run, dc_error *error)
{
  dc_fit *fit = run->saved.fit;
  if (run->saved.recipe->response.transform != DC_LOG || fit->link != DC_LINK_IDENTITY) return DC_OK;
  smearing s = {fit, run->frame};
  double sum[2];
  dc_fold fold = {.rows = run->frame->design.n_rows,
                  .block_rows = SMEAR_ROWS,
                  .partial_bytes = sizeof sum,
                  .threads = run->base.r.threads,
                  .accumulate = add_residuals,
                  .merge = merge,
                  .context = &s};
  dc_status status = dc_fold_run(&fold, sum, error);
  if (status != DC_OK) return status;
  fit->link = DC_LINK_LOG;
  fit->smear = sum[0] / sum[1];
  return dc_fit_add_figure(fit, "smear", "mean of exp(residual): what exp of the linear predictor is multiplied by",
                           fit->smear, error);
}

/* --- the run --- */

/* A model file keeps one half: both halves are that one, so that it predicts as the fit does. */
static void mirror_covariance(dc_fit *fit)
{
  size_t n = fit->n_equations * fit->n_columns;
  for (size_t k = 0; fit->covariance && k < n; k++)
    for (size_t j = 0; j < k; j++) fit->covariance[j * n + k] = fit->covariance[k * n + j];
}

static dc_status fit_model(dc_fit_run *run, const dc_model *model, dc_error *error)
{
  const dc_job *job = run->base.job;
  dc_arena *arena = dc_arena_new();
  double *option = calloc(model->n_options + 1, sizeof *option);
  dc_status status = arena && option ? DC_OK : dc_fail_memory(error, "fitting a model");
  if (status == DC_OK) status = read_options(job, model, option, error);
  dc_task task = {.design = &run->frame->design,
                  .response = &run->frame->response,
                  .option = option,
                  .confidence = run->confidence,
                  .threads = run->base.r.threads,
                  .arena = arena};
  if (status == DC_OK) status = dc_model_fit(model, &task, &run->saved.fit, error);
  dc_arena_free(arena);
  free(option);
  if (status == DC_W_MAXITER) status = DC_OK; /* the fit says so itself */
  if (status == DC_OK) mirror_covariance(run->saved.fit);
  if (status == DC_OK) status = smear(run, error);
  dc_lap(&run->base.laps, "fit");
  return status;
}

static void set_list(dc_result *out, const char *name, const dc_strings *list)
{
  char text[1024] = "";
  size_t used = 0;
  for (size_t k = 0; k < list->count && used < sizeof text; k++)
    used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", k ? " + " : "", list->items[k]);
  dc_set_text(out, &out->options, name, list->count ? text : NULL);
}

static void set_options(dc_fit_run *run)
{
  const dc_job *job = run->base.job;
  dc_result *out = run->base.result;
  set_list(out, "terms", &job->terms);
  dc_set_text(out, &out->options, "target", job->target);
  const char *const columns[][2] = {{"trials", job->trials}, {"weights", job->weights}, {"cluster", job->cluster},
                                    {"offset", job->offset}, {"time", job->time},       {"id", job->id}};
  for (size_t k = 0; k < sizeof columns / sizeof *columns; k++)
    dc_set_text(out, &out->options, columns[k][0], columns[k][1]);
  for (size_t k = 0; k < job->settings.count; k++) {
    char name[80];
    const char *sign = strchr(job->settings.items[k], '=');
    size_t length = sign ? (size_t)(sign - job->settings.items[k]) : strlen(job->settings.items[k]);
    snprintf(name, sizeof name, "%.*s", length < 70 ? (int)length : 70, job->settings.items[k]);
    dc_set_text(out, &out->options, name, sign ? sign + 1 : "yes");
  }
}

static dc_status predict(dc_fit_run *run, dc_error *error)
{
  const dc_load *load = run->base.r.deals.load;
  dc_frame_free(run->frame);
  run->frame = NULL;
  dc_status status = dc_frame_apply(run->saved.recipe, load->table, run->column, &run->frame, error);
  return status == DC_OK ? dc_predictions_table(run, error) : status;
}

static dc_status save(dc_fit_run *run, dc_error *error)
{
  dc_result *out = run->base.result;
  char *text = NULL;
  size_t bytes = 0;
  dc_status status = dc_model_text(&run->saved, &text, &bytes, error);
  if (status == DC_OK) {
    out->saved = dc_arena_copy(out->arena, text, bytes);
    out->saved_bytes = bytes;
    if (!out->saved) status = dc_fail_memory(error, "saving a model");
  }
  free(text);
  return status;
}

static dc_status tell(dc_fit_run *run, dc_error *error)
{
  dc_forecast_run *base = &run->base;
  base->result = dc_result_new("dealcast.fit/1");
  if (!base->result) return dc_fail_memory(error, "writing the result");
  dc_fit_describe(run);
  set_options(run);
  dc_inputs_table(&base->r, base->result);
  dc_warn_read_as(base);
  dc_fit_tables(run);
  dc_fit_columns(run);
  if (run->rest) dc_warn(base->result, "of all other columns (.) these are left out: %s", run->rest);
  dc_rejects_table(&base->r, base->result);
  dc_status status = base->job->predict ? predict(run, error) : DC_OK;
  if (status == DC_OK && base->job->save) status = save(run, error);
  dc_lap(&base->laps, "tables");
  if (base->job->timings) dc_laps_tell(&base->laps, base->result);
  return status == DC_OK ? dc_result_check(base->result, error) : status;
}

static dc_status run_fit(dc_fit_run *run, dc_error *error)
{
  const dc_job *job = run->base.job;
  const dc_model *model = job->model ? dc_model_find(job->model) : NULL;
  dc_laps_start(&run->base.laps);
  if (!job->model) return dc_fail(error, DC_E_USAGE, "fit needs --model NAME");
  if (!job->target) return dc_fail(error, DC_E_USAGE, "fit needs --target COLUMN");
  dc_status status = dc_model_check(job->model, error);
  if (status != DC_OK) return status;
  if (model->needs_time && !job->time)
    return dc_fail(error, DC_E_USAGE, "model %s needs --time COLUMN: whole periods until the row ended", model->name);
  if (!model->needs_time && job->time)
    return dc_fail(error, DC_E_USAGE, "--time is for models of time, and %s is none", model->name);
  status = dc_rejects_tell(job, &run->base.r, dc_fit_load(run, NULL, error), error);
  if (status == DC_OK) status = ask(run, model, error);
  if (status == DC_OK) status = lay_out(run, error);
  if (status != DC_OK) return status;
  if (job->threads <= 0 && run->frame->design.n_rows < SMALL_ROWS) run->base.r.threads = 1;
  status = fit_model(run, model, error);
  return status == DC_OK ? tell(run, error) : status;
}

dc_status dc_run_fit(const dc_job *job, dc_result **result, dc_error *error)
{
  dc_fit_run run = {.base = {.job = job}, .confidence = job->confidence > 0 ? job->confidence : default_confidence};
  dc_status status = run_fit(&run, error);
  dc_fit_run_clear(&run);
  if (status == DC_OK)
    *result = run.base.result;
  else
    dc_result_free(run.base.result);
  return status;
}
