#include "tests/models/hazard_door.h"

#include "dealcast/model/model.h"
#include "tests/check.h"

hazard_options hazard_defaults(int threads) { return (hazard_options){threads, {-3, -3}, 1, 12, 0, 1e-3}; }

void hazard_free(hazard *h)
{
  if (!h) return;
  free(h->offset);
  for (int c = 0; c < DC_RISKS; c++) {
    free(h->beta[c]);
    free(h->tau[c]);
  }
  dc_fit_free(h->fit);
  free(h);
}

static hazard *read_fit(const hazard_rows *rows, dc_fit *fit)
{
  hazard *h = calloc(1, sizeof *h);
  const size_t n = (size_t)rows->n_factors;
  h->fit = fit;
  h->n_factors = rows->n_factors;
  h->offset = calloc(n + 1, sizeof *h->offset);
  for (size_t f = 0; f < n; f++) h->offset[f + 1] = h->offset[f] + rows->factors[f].levels;
  for (size_t c = 0; c < DC_RISKS; c++) {
    const dc_coefficient *of = fit->coefficients + c * fit->n_columns;
    h->beta[c] = calloc(fit->n_columns, sizeof(double));
    h->tau[c] = calloc(n + 1, sizeof(double));
    h->intercept[c] = of[0].estimate;
    for (size_t k = 1; k < fit->n_columns; k++) h->beta[c][k - 1] = of[k].estimate;
    for (size_t f = 0; f < n; f++) h->tau[c][f] = sqrt(fit->terms[f].covariance[c]);
  }
  h->log_likelihood = dc_fit_figure(fit, "log_likelihood");
  h->effective_df = dc_fit_figure(fit, "effective_df");
  h->newton_steps = (int)dc_fit_figure(fit, "iterations");
  h->converged = fit->converged;
  return h;
}

/* As hazard.c does it, with a say in which factors are dense; through dc_model_fit where there is none. */
static dc_status run(const dc_task *task, const dc_shrunk_limits *limits, int steps, dc_fit **fit, dc_error *error)
{
  if (!limits && !steps) return dc_model_fit(dc_model_find("hazard"), task, fit, error);
  const dc_shrunk_options options = {.tolerance = dc_task_option(dc_model_find("hazard"), task, "tolerance"),
                                     .rounds = (int)dc_task_option(dc_model_find("hazard"), task, "rounds"),
                                     .steps = steps ? steps : 100,
                                     .limits = limits ? limits : &dc_shrunk_default_limits};
  *fit = dc_fit_new();
  dc_status status = dc_shrunk_hazard_fit(task, &options, *fit, error);
  (*fit)->converged = status == DC_OK;
  if (status == DC_OK || status == DC_W_MAXITER) return status;
  dc_fit_free(*fit);
  return status;
}

dc_status hazard_fit(const hazard_rows *rows, const hazard_options *o, const dc_shrunk_limits *limits,
                     const hazard *start, hazard **out, dc_error *error)
{
  const dc_model *model = dc_model_find("hazard");
  const size_t n = rows->n_rows, width = (size_t)rows->n_factors;
  uint32_t *code = calloc(n * width + 1, sizeof *code);
  double *counts = calloc(3 * n + 1, sizeof *counts), option[DC_MOST_OPTIONS];
  dc_term *terms = calloc(width + 1, sizeof *terms);
  static char names[DC_SHRUNK_FACTORS][24];
  for (size_t f = 0; f < width; f++) {
    const dc_factor *of = &rows->factors[f];
    snprintf(names[f], sizeof names[f], "f%zu", f); /* terms are known by their names */
    for (size_t i = 0; i < n; i++) code[f * n + i] = rows->code[i * width + f];
    terms[f] = (dc_term){.name = names[f],
                         .kind = of->penalty == DC_PENALTY_SMOOTH ? DC_TERM_SMOOTH : DC_TERM_EFFECT,
                         .codes = {code + f * n, 4, of->levels, NULL},
                         .prior_sd = of->prior_sd,
                         .prior_weight = of->prior_weight};
  }
  for (size_t k = 0; k < 3 * n; k++) counts[k - k % 3 + (k + 1) % 3] = rows->weight[k];
  const dc_codes state = {.levels = 3};
  const dc_design design = {.n_rows = n,
                            .intercept = true,
                            .n_terms = width,
                            .terms = terms,
                            .offset = rows->log_length,
                            .intercept_mean = o->prior_intercept,
                            .intercept_sd = o->prior_intercept_sd};
  const dc_response response = {.name = "state", .category = &state, .counts = counts};
  dc_model_defaults(model, option);
  dc_model_set(model, option, "rounds", o->max_outer);
  dc_model_set(model, option, "tolerance", o->tolerance);
  dc_fit *fit = NULL;
  dc_task task = {&design, &response, option, .95, o->threads, 0, dc_arena_new(), start ? start->fit : NULL};
  dc_status status = run(&task, limits, o->max_newton, &fit, error);
  if (status == DC_OK || status == DC_W_MAXITER) *out = read_fit(rows, fit);
  dc_arena_free(task.arena);
  free(code);
  free(counts);
  free(terms);
  return status;
}

void hazard_eta(const hazard *fit, const uint32_t *code, double eta[DC_RISKS])
{
  for (int c = 0; c < DC_RISKS; c++) {
    eta[c] = fit->intercept[c];
    for (int f = 0; f < fit->n_factors; f++) eta[c] += fit->beta[c][fit->offset[f] + code[f]];
  }
}

void hazard_from_eta(const double eta[DC_RISKS], double log_length, double h[DC_RISKS])
{
  double won = exp(eta[DC_WON] + log_length), lost = exp(eta[DC_LOST] + log_length), all = won + lost + 1;
  h[DC_WON] = won / all;
  h[DC_LOST] = lost / all;
}
