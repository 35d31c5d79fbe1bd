/* Discrete-time competing risks as a pooled multinomial logit with shrunken factors.
 *
 * Tutz and Schmid 2016, Modeling Discrete Time-to-Event Data, chapter 8 (competing risks); Green 1984, JRSS B 46
 * (iteratively reweighted least squares); Gu 1992, JCGS 1 (variances on each step's quadratic model); Wood 2017,
 * section 6.2. Each step needs one pass over the rows; variances are tuned on its quadratic model without another. */
#include "models/shrunk_hazard_internal.h"
#include "models/shrunk_hazard_levels.h"
#include "models/softmax_kernel.h"

#include "engine/base/arena.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TUNE = 2, MAX_TUNE_ITERATIVE = 2, MAX_HALVINGS = 30 };

static const double tune_share = 0.01, enough_share = 0.03,
                    enough_at_most = 0.01; /* tune_share: of the tau_tolerance */

void dc_hazard_defaults(dc_hazard_options *options)
{
  *options = (dc_hazard_options){.threads = 1,
                                 .prior_intercept = {-3, -3},
                                 .prior_intercept_sd = 1,
                                 .max_newton = 50,
                                 .max_outer = 12,
                                 .tau_tolerance = 1e-3,
                                 .tolerance = 1e-9};
}

void dc_hazard_free(dc_hazard *fit)
{
  if (!fit) return;
  free(fit->offset);
  for (int c = 0; c < DC_RISKS; c++) {
    free(fit->beta[c]);
    free(fit->tau[c]);
  }
  free(fit);
}

static dc_hazard *new_fit(const dc_hazard_rows *rows)
{
  size_t n = (size_t)rows->n_factors;
  dc_hazard *fit = calloc(1, sizeof *fit);
  if (!fit) return NULL;
  fit->n_factors = rows->n_factors;
  bool ok = (fit->offset = calloc(n + 1, sizeof *fit->offset)) != NULL;
  for (size_t f = 0; ok && f < n; f++) fit->offset[f + 1] = fit->offset[f] + rows->factors[f].levels;
  for (int c = 0; ok && c < DC_RISKS; c++) {
    fit->beta[c] = calloc((size_t)fit->offset[n] + 1, sizeof *fit->beta[c]);
    fit->tau[c] = calloc(n + 1, sizeof *fit->tau[c]);
    ok = fit->beta[c] && fit->tau[c];
  }
  if (ok) return fit;
  dc_hazard_free(fit);
  return NULL;
}

static dc_status check_options(const dc_hazard_options *o, dc_error *error)
{
  if (!isfinite(o->prior_intercept[0]) || !isfinite(o->prior_intercept[1]) || !isfinite(o->prior_intercept_sd) ||
      isnan(o->tolerance) || isnan(o->tau_tolerance))
    return dc_fail(error, DC_E_NUMERIC, "hazard: the intercept's prior or the tolerance is not finite");
  if (o->prior_intercept_sd <= 0 || o->max_newton < 0 || o->max_outer < 0 || o->tolerance < 0 || o->tau_tolerance < 0)
    return dc_fail(error, DC_E_USAGE, "hazard: the intercept's sd must be positive, limits and tolerance not negative");
  return DC_OK;
}

static dc_status check_rows(const dc_hazard_rows *rows, dc_error *error)
{
  if (rows->n_rows > 0 && (!rows->log_length || !rows->weight))
    return dc_fail(error, DC_E_USAGE, "hazard: lengths or weights are missing");
  for (size_t i = 0; i < rows->n_rows; i++) {
    const double *w = rows->weight + 3 * i;
    if (!isfinite(rows->log_length[i]) || !isfinite(w[0] + w[1] + w[2]))
      return dc_fail(error, DC_E_NUMERIC, "hazard: row %zu has a length or weight that is not finite", i);
    if (w[0] < 0 || w[1] < 0 || w[2] < 0) return dc_fail(error, DC_E_INPUT, "hazard: row %zu has a negative weight", i);
  }
  return dc_shrunk_check(rows->n_rows, rows->n_factors, rows->factors, rows->code, error);
}

/* Log likelihood with its derivatives, per row. */
static double kernel(const void *context, size_t first, size_t count, const double *eta, double *score, double *weight)
{
  const dc_hazard_rows *rows = context;
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    double length = rows->log_length[first + i];
    const double at[DC_RISKS] = {eta[2 * i] + length, eta[2 * i + 1] + length};
    double *w = weight ? weight + DC_SHRUNK_CELL * i : NULL;
    sum += dc_softmax_row(DC_RISKS, at, rows->weight + 3 * (first + i), score + 2 * i, w);
    if (w) w[DC_SHRUNK_TERMS] = 0;
  }
  return sum;
}

typedef struct totals {
  double events[DC_RISKS], open, exposure, weight; /* exposure: weight x length; weight: deals in all */
} totals;

static totals sum_rows(const dc_hazard_rows *rows)
{
  totals t = {{0, 0}, 0, 0, 0};
  for (size_t i = 0; i < rows->n_rows; i++) {
    const double *w = rows->weight + 3 * i;
    t.events[DC_WON] += w[0];
    t.events[DC_LOST] += w[1];
    t.weight += w[0] + w[1] + w[2];
    t.exposure += (w[0] + w[1] + w[2]) * exp(rows->log_length[i]);
    t.open += w[2] * exp(rows->log_length[i]);
  }
  return t;
}

/* A crude rate when nothing is known, else the earlier fit. Never decides where the iteration ends. */
static void set_start(dc_shrunk *s, const dc_hazard_rows *rows, const dc_hazard_levels *levels,
                      const dc_hazard_options *options, const totals *t, const dc_hazard *start)
{
  const uint32_t *to = levels->to;
  for (size_t c = 0; c < DC_RISKS; c++) {
    double rate = log((t->events[c] + 0.5) / (t->open + 0.5));
    s->theta[c] = rows->n_rows > 0 && isfinite(rate) ? rate : options->prior_intercept[c];
    if (start && isfinite(start->intercept[c])) s->theta[c] = start->intercept[c];
  }
  for (int f = 0; start && f < rows->n_factors; to += rows->factors[f++].levels) {
    size_t known = start->offset[f + 1] - start->offset[f];
    for (size_t c = 0; c < DC_RISKS; c++) {
      const double *beta = start->beta[c] + start->offset[f];
      for (size_t l = 0; l < rows->factors[f].levels && l < known; l++)
        if (to[l] != DC_LEVEL_ABSENT && isfinite(beta[l])) s->theta[2 * (s->column[f] + to[l]) + c] = beta[l];
      double tau = fmin(fmax(start->tau[c][f], s->problem.tau_min), s->problem.tau_max);
      if (options->max_outer > 0 && isfinite(tau)) s->lambda[2 * (size_t)f + c] = 1 / (tau * tau);
    }
  }
}

typedef struct search {
  double *trial;
  double weight, moved; /* moved: largest change of any log lambda in the last tuning */
  int steps, outer;
  bool converged;
} search;

/* The Newton direction; where the budget allows, with variances tuned on this quadratic model. */
static dc_status direction(dc_shrunk *s, const dc_hazard_options *options, search *q, double *decrement,
                           dc_error *error)
{
  dc_status status = dc_shrunk_newton(s, decrement, error);
  if (status != DC_OK || q->outer >= options->max_outer) return status;
  q->outer++;
  q->moved = 0;
  double least = tune_share * options->tau_tolerance, enough = least;
  /* where each solution costs passes over the rows, the next quadratic model may as well be the better one */
  int most = dc_shrunk_iterative(s) ? MAX_TUNE_ITERATIVE : MAX_TUNE;
  for (int k = 0; k < most; k++) {
    status = dc_shrunk_invert(s, error);
    if (status != DC_OK) return status;
    double move = dc_shrunk_step_lambda(s, enough);
    q->moved = fmax(q->moved, move);
    if (move < enough) break;
    /* no use in tuning this model much closer than it is to the next one */
    enough = fmax(least, fmin(enough_share * q->moved, fmax(enough_at_most, options->tau_tolerance)));
    status = dc_shrunk_newton(s, decrement, error);
    if (status != DC_OK) return status;
  }
  return DC_OK;
}

/* theta + step delta with the largest step 1, 1/2, ... that does not lower the penalised likelihood. */
static dc_status advance(dc_shrunk *s, search *q, bool curvature, bool *moved, dc_error *error)
{
  size_t n = s->channels * s->columns;
  double before = s->log_likelihood - dc_shrunk_penalty(s, s->theta), step = 1;
  double slack = 1e-13 * fabs(before), kept = s->log_likelihood;
  *moved = false;
  for (int k = 0; k < MAX_HALVINGS && !*moved; k++, step *= 0.5) {
    for (size_t i = 0; i < n; i++) q->trial[i] = s->theta[i] + step * s->delta[i];
    dc_status status = dc_shrunk_evaluate(s, q->trial, curvature, error);
    if (status != DC_OK) return status;
    *moved = s->log_likelihood - dc_shrunk_penalty(s, q->trial) >= before - slack;
  }
  if (*moved)
    memcpy(s->theta, q->trial, n * sizeof *s->theta);
  else
    s->log_likelihood = kept;
  return DC_OK;
}

static dc_status iterate(dc_shrunk *s, const dc_hazard_options *options, search *q, dc_error *error)
{
  dc_status status = dc_shrunk_evaluate(s, s->theta, true, error);
  while (status == DC_OK) {
    double decrement = 0;
    bool moved = false;
    status = direction(s, options, q, &decrement, error);
    if (status != DC_OK) break;
    bool close = decrement <= options->tolerance * fmax(1, q->weight);
    bool settled = options->max_outer == 0 || q->moved < options->tau_tolerance;
    bool last = close && (settled || q->outer >= options->max_outer);
    if (!last && q->steps >= options->max_newton) break;
    status = advance(s, q, !last, &moved, error);
    q->steps += !last;
    if (last) q->converged = settled;
    /* no step is uphill: rounding error, fine when already close */
    if (status == DC_OK && !moved && !last) q->converged = close;
    if (last || !moved) break;
  }
  return status;
}

static dc_status finish(dc_shrunk *s, const dc_hazard_levels *levels, const totals *t, const search *q, dc_hazard *fit,
                        dc_error *error)
{
  dc_status status = dc_shrunk_invert(s, error);
  if (status != DC_OK) return status;
  for (size_t c = 0; c < DC_RISKS; c++) {
    fit->intercept[c] = s->theta[c];
    fit->events[c] = t->events[c];
    for (int f = 0; f < fit->n_factors; f++) {
      fit->tau[c][f] = 1 / sqrt(s->lambda[2 * (size_t)f + c]);
      for (size_t l = fit->offset[f]; l < fit->offset[f + 1]; l++)
        fit->beta[c][l] = levels->to[l] == DC_LEVEL_ABSENT ? 0 : s->theta[2 * (s->column[f] + levels->to[l]) + c];
    }
  }
  fit->log_likelihood = s->log_likelihood;
  fit->effective_df = dc_shrunk_effective_df(s);
  fit->exposure = fmin(t->exposure, DBL_MAX);
  fit->newton_steps = q->steps;
  fit->converged = q->converged;
  if (!isfinite(fit->log_likelihood)) return dc_fail(error, DC_E_NUMERIC, "hazard: the likelihood is not finite");
  return q->converged ? DC_OK : dc_fail(error, DC_W_MAXITER, "hazard: not converged after %d steps", q->steps);
}

static dc_shrunk_problem describe(const dc_hazard_rows *rows, const dc_hazard_options *options)
{
  double sd = options->prior_intercept_sd;
  return (dc_shrunk_problem){.n_rows = rows->n_rows,
                             .n_factors = rows->n_factors,
                             .factors = rows->factors,
                             .code = rows->code,
                             .channels = DC_RISKS,
                             .threads = options->threads < 1 ? 1 : options->threads,
                             .intercept_precision = 1 / (sd * sd),
                             .intercept_centre = {options->prior_intercept[0], options->prior_intercept[1]},
                             .tau_min = 1e-4,
                             .tau_max = 10,
                             .kernel = kernel,
                             .context = rows};
}

dc_status dc_hazard_fit_with(const dc_hazard_rows *rows, const dc_hazard_options *options,
                             const dc_shrunk_limits *limits, const dc_hazard *start, dc_hazard **fit, dc_error *error)
{
  dc_shrunk *s = NULL;
  dc_hazard *result = NULL;
  dc_arena *arena = NULL;
  if (!rows || !options || !fit) return dc_fail(error, DC_E_USAGE, "hazard: an argument is NULL");
  if (start && start->n_factors != rows->n_factors) start = NULL;
  dc_status status = check_options(options, error);
  if (status == DC_OK) status = check_rows(rows, error);
  if (status != DC_OK) goto done;
  arena = dc_arena_new();
  result = new_fit(rows);
  if (!arena || !result) {
    status = dc_fail_memory(error, "fitting hazards");
    goto done;
  }
  dc_hazard_levels levels;
  status = dc_hazard_levels_find(rows, arena, &levels, error);
  if (status != DC_OK) goto done;
  const dc_shrunk_problem problem = describe(&levels.spoken, options);
  status = dc_shrunk_new(&problem, limits, arena, &s, error);
  if (status != DC_OK) goto done;
  const totals t = sum_rows(rows);
  search q = {.weight = t.weight, .trial = dc_arena_alloc(arena, s->channels * s->columns, sizeof(double))};
  set_start(s, rows, &levels, options, &t, start);
  status = q.trial ? iterate(s, options, &q, error) : dc_fail_memory(error, "fitting hazards");
  if (status == DC_OK) status = finish(s, &levels, &t, &q, result, error);
done:
  if (status == DC_OK || status == DC_W_MAXITER) {
    *fit = result;
    result = NULL;
  }
  dc_hazard_free(result);
  dc_arena_free(arena);
  return status;
}

dc_status dc_hazard_fit(const dc_hazard_rows *rows, const dc_hazard_options *options, const dc_hazard *start,
                        dc_hazard **fit, dc_error *error)
{
  return dc_hazard_fit_with(rows, options, &dc_shrunk_default_limits, start, fit, error);
}

void dc_hazard_from_eta(const double eta[DC_RISKS], double log_length, double h[DC_RISKS])
{
  double e0 = eta[DC_WON] + log_length, e1 = eta[DC_LOST] + log_length, top = fmax(0, fmax(e0, e1));
  double won = exp(e0 - top), lost = exp(e1 - top), all = won + lost + exp(-top);
  h[DC_WON] = won / all;
  h[DC_LOST] = lost / all;
}

void dc_hazard_eta(const dc_hazard *fit, const uint32_t *code, double eta[DC_RISKS])
{
  for (int c = 0; c < DC_RISKS; c++) {
    eta[c] = fit->intercept[c];
    for (int f = 0; f < fit->n_factors; f++) eta[c] += fit->beta[c][fit->offset[f] + code[f]];
  }
}
