/* A row for each row of a table: linear predictor, mean, interval. */
#include "engine/base/arena.h"
#include "engine/base/fold.h"
#include "engine/run/fit.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_ROWS = 4096, PERIODS = 3 };

static const char unknown_level[] = "a level that the fit does not know";

typedef struct predicting {
  const dc_fit *fit;
  const dc_frame *frame;
  size_t n;       /* equations */
  size_t periods; /* of a model of time; else 0 */
  double *eta, *error, *incidence;
} predicting;

static dc_status predict_block(void *context, size_t first, size_t last)
{
  predicting *p = context;
  if (p->periods)
    return dc_fit_incidence(p->fit, &p->frame->design, first, last, p->periods,
                            p->incidence + first * p->periods * p->n, NULL);
  return dc_fit_eta(p->fit, &p->frame->design, first, last, p->eta + first * p->n, p->error + first * p->n, NULL);
}

/* Of a mean that falls with eta (the inverse link) the ends change places. */
static void put_interval(const dc_fit_run *run, double eta, double error, dc_result_table *t)
{
  const dc_fit *fit = run->saved.fit;
  double tail = (1 - run->confidence) / 2, mean[3];
  double reach = isfinite(fit->df) ? (fit->df > 0 ? gsl_cdf_tdist_Qinv(tail, fit->df) : NAN)
                                   : gsl_cdf_ugaussian_Qinv(tail);
  const double at[] = {eta, eta - reach * error, eta + reach * error};
  for (int k = 0; k < 3; k++) dc_fit_mean(fit, &at[k], &mean[k]);
  dc_put_number(t, mean[0]);
  dc_put_number(t, mean[1] <= mean[2] ? mean[1] : mean[2]);
  dc_put_number(t, mean[1] <= mean[2] ? mean[2] : mean[1]);
}

static void put_place(const dc_fit_run *run, size_t row, dc_result_table *t)
{
  const dc_load *load = run->base.r.deals.load;
  const dc_table *table = load->table;
  dc_put_text(t, load->inputs[table->file ? table->file[row] : 0].name);
  dc_put_integer(t, table->line[row]);
  size_t length = 0;
  const char *id = NULL, *wanted = run->base.job->id;
  int c = wanted ? dc_table_find(table, wanted) : -1;
  if (c >= 0 && (table->columns[c].type == DC_TYPE_TEXT || table->columns[c].type == DC_TYPE_CATEGORY))
    id = dc_column_text(&table->columns[c], row, &length);
  dc_put_text_n(t, length ? id : NULL, length);
}

static void put_nothing(const dc_fit_run *run, size_t row, const char *why, dc_result_table *t)
{
  put_place(run, row, t);
  dc_put_text(t, NULL);
  dc_put_integer(t, DC_INTEGER_NULL);
  for (int k = 0; k < 5; k++) dc_put_number(t, NAN);
  dc_put_text(t, why);
}

static void put_row(const dc_fit_run *run, size_t row, const predicting *p, size_t i, dc_result_table *t)
{
  if (isnan(p->eta[i * p->n])) {
    put_nothing(run, row, unknown_level, t);
    return;
  }
  put_place(run, row, t);
  dc_put_text(t, NULL);
  dc_put_integer(t, DC_INTEGER_NULL);
  dc_put_number(t, p->eta[i]);
  dc_put_number(t, p->error[i]);
  put_interval(run, p->eta[i], p->error[i], t);
  dc_put_text(t, NULL);
}

/* A row for each period and way to end: the chance that it has come by then. */
static void put_periods(const dc_fit_run *run, size_t row, const predicting *p, size_t i, dc_result_table *t)
{
  const dc_fit *fit = run->saved.fit;
  const double *chance = p->incidence + i * p->periods * p->n;
  if (isnan(chance[0])) {
    put_nothing(run, row, unknown_level, t);
    return;
  }
  for (size_t k = 0; k < p->periods; k++)
    for (size_t e = 0; e < p->n; e++) {
      put_place(run, row, t);
      dc_put_text(t, fit->equation ? fit->equation[e] : NULL);
      dc_put_integer(t, (int64_t)k + 1);
      dc_put_number(t, NAN);
      dc_put_number(t, NAN);
      dc_put_number(t, chance[k * p->n + e]);
      dc_put_number(t, NAN);
      dc_put_number(t, NAN);
      dc_put_text(t, NULL);
    }
}

/* A row for each category; the first has no equation. */
static void put_categories(const dc_fit_run *run, size_t row, const predicting *p, size_t i, double *mean,
                           dc_result_table *t)
{
  const dc_fit *fit = run->saved.fit;
  const dc_recipe_column *own = &run->saved.recipe->columns[run->saved.recipe->response.column];
  const double *eta = p->eta + i * p->n, *error = p->error + i * p->n;
  if (isnan(eta[0])) {
    put_nothing(run, row, unknown_level, t);
    return;
  }
  dc_fit_mean(fit, eta, mean);
  for (size_t k = 0; k <= p->n; k++) {
    put_place(run, row, t);
    dc_put_text(t, k ? fit->equation ? fit->equation[k - 1] : NULL : own->n_levels ? own->level[own->reference] : NULL);
    dc_put_integer(t, DC_INTEGER_NULL);
    dc_put_number(t, k ? eta[k - 1] : NAN);
    dc_put_number(t, k ? error[k - 1] : NAN);
    dc_put_number(t, mean[k]);
    dc_put_number(t, NAN);
    dc_put_number(t, NAN);
    dc_put_text(t, NULL);
  }
}

static dc_status compute(dc_fit_run *run, predicting *p, dc_error *error)
{
  size_t n = run->frame->design.n_rows;
  if (p->periods)
    p->incidence = malloc((n * p->n * p->periods + 1) * sizeof *p->incidence);
  else
    p->eta = malloc((2 * n * p->n + 1) * sizeof *p->eta);
  if (!p->eta && !p->incidence) return dc_fail_memory(error, "predicting");
  p->error = p->eta ? p->eta + n * p->n : NULL;
  return dc_fold_each(n, BLOCK_ROWS, run->base.r.threads, p, predict_block, error);
}

dc_status dc_predictions_table(dc_fit_run *run, dc_error *error)
{
  static const dc_field_spec fields[] = {
      {"file", DC_FIELD_TEXT},      {"line", DC_FIELD_INTEGER}, {"id", DC_FIELD_TEXT},      {"category", DC_FIELD_TEXT},
      {"period", DC_FIELD_INTEGER}, {"eta", DC_FIELD_NUMBER},   {"error", DC_FIELD_NUMBER}, {"mean", DC_FIELD_NUMBER},
      {"lower", DC_FIELD_NUMBER},   {"upper", DC_FIELD_NUMBER}, {"note", DC_FIELD_TEXT},    {NULL, DC_FIELD_TEXT}};
  const dc_fit *fit = run->saved.fit;
  const dc_frame *frame = run->frame;
  predicting p = {.fit = fit, .frame = frame, .n = fit->n_equations};
  const dc_model *model = dc_model_find(fit->model);
  if (model && model->needs_time) p.periods = run->base.job->horizon > 0 ? (size_t)run->base.job->horizon : PERIODS;
  double *mean = malloc((p.n + 1) * sizeof *mean);
  dc_status status = mean ? compute(run, &p, error) : dc_fail_memory(error, "predicting");
  dc_result_table *t = dc_result_add(run->base.result, "predictions", fields);
  size_t i = 0;
  for (size_t row = 0; row < run->base.r.deals.load->table->rows && status == DC_OK; row++) {
    if (frame->incomplete[row])
      put_nothing(run, row, "a value is missing", t);
    else if (p.periods)
      put_periods(run, row, &p, i++, t);
    else if (fit->link == DC_LINK_SOFTMAX)
      put_categories(run, row, &p, i++, mean, t);
    else
      put_row(run, row, &p, i++, t);
  }
  free(p.eta);
  free(p.incidence);
  free(mean);
  return status;
}
