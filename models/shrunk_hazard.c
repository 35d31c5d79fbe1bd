/* Discrete-time competing risks as a pooled multinomial logit with shrunken factors.
 *
 * Tutz and Schmid 2016, Modeling Discrete Time-to-Event Data, chapter 8 (competing risks); Green 1984, JRSS B 46
 * (iteratively reweighted least squares); Gu 1992, JCGS 1 (variances on each step's quadratic model); Wood 2017,
 * section 6.2. Each step needs one pass over the rows; variances are tuned on its quadratic model without another. */
#include "models/shrunk_hazard.h"
#include "models/softmax_kernel.h"

#include <math.h>
#include <string.h>

enum { MAX_TUNE = 2, MAX_TUNE_ITERATIVE = 2, MAX_HALVINGS = 30 };

static const double tune_share = 0.01, enough_share = 0.03,
                    enough_at_most = 0.01; /* tune_share: of the tau_tolerance */
static const double tau_min = 1e-4, tau_max = 10, own_intercept_sd = 100;

/* Log likelihood with its derivatives, per row. */
static double kernel(const void *context, size_t first, size_t count, const double *eta, double *score, double *weight)
{
  const dc_shrunk_rows *rows = context;
  double sum = 0;
  for (size_t i = 0; i < count && rows->equations == 1; i++) {
    double at = eta[i] + rows->offset[first + i];
    sum += dc_softmax_row(1, &at, rows->count + 2 * (first + i), score + i, weight ? weight + i : NULL);
  }
  for (size_t i = 0; i < count && rows->equations == 2; i++) {
    double offset = rows->offset[first + i];
    const double at[2] = {eta[2 * i] + offset, eta[2 * i + 1] + offset};
    double *w = weight ? weight + DC_SHRUNK_CELL * i : NULL;
    sum += dc_softmax_row(2, at, rows->count + 3 * (first + i), score + 2 * i, w);
    if (w) w[DC_SHRUNK_TERMS] = 0;
  }
  return sum;
}

/* Where it ends: tolerance of the Newton decrement per unit of weight. */
typedef struct limits {
  double tolerance, tau_tolerance;
  int steps, rounds;
} limits;

static void begin_variances(dc_shrunk *s, const dc_shrunk_rows *rows, const dc_fit_term *from, size_t t)
{
  const size_t r = s->channels, parts = from->slopes ? from->slopes : 1;
  for (size_t f = 0; f < (size_t)s->problem.n_factors && from->covariance; f++) {
    const dc_shrunk_block *block = &rows->blocks[f];
    if (block->term != t || block->part >= parts) continue;
    for (size_t c = 0; c < r; c++) {
      double tau = sqrt(from->covariance[(c * parts + block->part) * parts + block->part]) * block->scale;
      tau = fmin(fmax(tau, s->problem.tau_min), s->problem.tau_max);
      if (isfinite(tau)) s->lambda[f * r + c] = 1 / (tau * tau);
    }
  }
}

static void begin_term(dc_shrunk *s, const dc_shrunk_rows *rows, const dc_fit *start, const dc_fit_term *from, size_t t)
{
  const size_t r = s->channels;
  for (size_t at = 0; at < from->count; at++) {
    const dc_shrunk_block *block;
    size_t column = dc_shrunk_column_of(rows, s, t, at, &block);
    for (size_t c = 0; c < r && column != SIZE_MAX; c++) {
      double estimate = start->coefficients[c * start->n_columns + from->first + at].estimate;
      if (!isfinite(estimate)) continue;
      s->theta[r * column + c] = estimate * block->scale;
      double shift = dc_shrunk_shift_of(block, at);
      if (shift != 0 && start->intercept) s->theta[c] -= shift * estimate;
    }
  }
}

/* The start's term of that name and shape, best at the same place; NULL where there is none. */
static const dc_fit_term *term_like(const dc_fit *start, const dc_term *term, size_t t)
{
  for (size_t k = 0; k < start->n_terms; k++) {
    const dc_fit_term *from = &start->terms[(t + k) % start->n_terms];
    if (from->kind == term->kind && from->slopes == dc_shrunk_parts(term) && strcmp(from->name, term->name) == 0)
      return from;
  }
  return NULL;
}

/* A crude rate when nothing is known, else the earlier fit. Never decides where the iteration ends. */
static void set_start(dc_shrunk *s, const dc_shrunk_rows *rows, const dc_fit *start, bool tuned)
{
  for (size_t c = 0; c < s->channels; c++) {
    double rate = log((rows->events[c] + 0.5) / (rows->open + 0.5)) - rows->centre;
    double *centre = &s->problem.intercept_centre[c];
    s->theta[c] = *centre;
    if (rows->weight > 0 && isfinite(rate)) s->theta[c] = rate;
    if (!(rows->survey->design.intercept_sd > 0)) *centre = s->theta[c];
    if (!rows->survey->design.intercept) s->theta[c] = *centre = 0;
  }
  if (!start || start->n_equations != s->channels || start->intercept != rows->survey->design.intercept) return;
  for (size_t c = 0; c < s->channels && start->intercept; c++) {
    double estimate = start->coefficients[c * start->n_columns].estimate;
    if (isfinite(estimate)) s->theta[c] = estimate;
  }
  for (size_t t = 0; t < rows->survey->design.n_terms; t++) {
    const dc_fit_term *from = term_like(start, &rows->survey->design.terms[t], t);
    if (from && tuned) begin_variances(s, rows, from, t);
    if (from) begin_term(s, rows, start, from, t);
  }
}

typedef struct search {
  double *trial;
  double weight, moved; /* moved: largest change of any log lambda in the last tuning */
  int steps, outer;
  bool converged;
} search;

/* The Newton direction; where the budget allows, with variances tuned on this quadratic model. */
static dc_status direction(dc_shrunk *s, const limits *end, search *q, double *decrement, dc_error *error)
{
  dc_status status = dc_shrunk_newton(s, decrement, error);
  if (status != DC_OK || q->outer >= end->rounds) return status;
  q->outer++;
  q->moved = 0;
  double least = tune_share * end->tau_tolerance, enough = least;
  /* where each solution costs passes over the rows, the next quadratic model may as well be the better one */
  int most = dc_shrunk_iterative(s) ? MAX_TUNE_ITERATIVE : MAX_TUNE;
  for (int k = 0; k < most; k++) {
    status = dc_shrunk_invert(s, error);
    if (status != DC_OK) return status;
    double move = dc_shrunk_step_lambda(s, enough);
    q->moved = fmax(q->moved, move);
    if (move < enough) break;
    /* no use in tuning this model much closer than it is to the next one */
    enough = fmax(least, fmin(enough_share * q->moved, fmax(enough_at_most, end->tau_tolerance)));
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

static dc_status iterate(dc_shrunk *s, const limits *end, search *q, dc_error *error)
{
  dc_status status = dc_shrunk_evaluate(s, s->theta, true, error);
  while (status == DC_OK) {
    double decrement = 0;
    bool moved = false;
    status = direction(s, end, q, &decrement, error);
    if (status != DC_OK) break;
    bool close = decrement <= end->tolerance * fmax(1, q->weight);
    bool settled = end->rounds == 0 || q->moved < end->tau_tolerance;
    bool last = close && (settled || q->outer >= end->rounds);
    if (!last && q->steps >= end->steps) break;
    status = advance(s, q, !last, &moved, error);
    q->steps += !last;
    if (last) q->converged = settled;
    /* no step is uphill: rounding error, fine when already close */
    if (status == DC_OK && !moved && !last) q->converged = close;
    if (last || !moved) break;
  }
  return status;
}

static void describe(const dc_task *task, dc_shrunk_rows *rows)
{
  const dc_design *design = task->design;
  double sd = design->intercept_sd > 0 ? design->intercept_sd : own_intercept_sd;
  dc_shrunk_problem *p = &rows->problem;
  p->channels = (int)rows->equations;
  p->threads = task->threads < 1 ? 1 : task->threads;
  p->intercept_precision = design->intercept ? 1 / (sd * sd) : p->pin;
  for (size_t c = 0; c < rows->equations && design->intercept_sd > 0; c++)
    p->intercept_centre[c] = design->intercept_mean[c];
  p->tau_min = tau_min;
  p->tau_max = tau_max;
  p->kernel = kernel;
  p->context = rows;
}

/* The rows, and the engine at its start. */
static dc_status prepare(const dc_task *task, const dc_shrunk_options *options, dc_shrunk_rows **rows, dc_shrunk **s,
                         dc_error *error)
{
  dc_softmax *survey;
  dc_status status = dc_softmax_survey(task, &options->softmax, &survey, error);
  if (status != DC_OK) return status;
  if (survey->equations > DC_SHRUNK_CHANNELS)
    return dc_fail(error, DC_E_USAGE, "%zu categories; with shrunken terms at most %d can be told apart",
                   survey->equations + 1, DC_SHRUNK_CHANNELS + 1);
  status = dc_shrunk_rows_new(task, survey, options->softmax.ridge, rows, error);
  if (status != DC_OK) return status;
  for (size_t c = 0; c < survey->equations && task->design->intercept_sd > 0; c++)
    if (!task->design->intercept_mean || !isfinite(task->design->intercept_mean[c]))
      return dc_fail(error, DC_E_USAGE, "the prior of the intercept has a mean that is not finite");
  describe(task, *rows);
  status = dc_shrunk_check(&(*rows)->problem, error);
  if (status == DC_OK) status = dc_shrunk_new(&(*rows)->problem, options->limits, task->arena, s, error);
  if (status == DC_OK && task->block_rows) (*s)->block_rows = task->block_rows;
  if (status == DC_OK) set_start(*s, *rows, task->start, options->rounds > 0);
  return status;
}

dc_status dc_shrunk_hazard_fit(const dc_task *task, const dc_shrunk_options *options, dc_fit *fit, dc_error *error)
{
  dc_shrunk_rows *rows;
  dc_shrunk *s;
  dc_status status = prepare(task, options, &rows, &s, error);
  if (status != DC_OK) return status;
  search q = {.weight = rows->weight, .trial = dc_arena_alloc(task->arena, s->channels * s->columns, sizeof(double))};
  /* a likelihood is known to a share of its weight: 1e-9 at variances to 1e-3, and never more than 1e-6 */
  const limits end = {fmin(1e-6, 1e-3 * options->tolerance * options->tolerance), options->tolerance, options->steps,
                      options->rounds};
  status = q.trial ? iterate(s, &end, &q, error) : dc_fail_memory(error, "fitting hazards");
  if (status == DC_OK) status = dc_shrunk_invert(s, error);
  if (status == DC_OK && !isfinite(s->log_likelihood))
    status = dc_fail(error, DC_E_NUMERIC, "hazard: the likelihood is not finite");
  if (status == DC_OK) status = dc_shrunk_report(task, rows, s, fit, error);
  if (status == DC_OK) status = dc_fit_add_figure(fit, "iterations", "Newton steps", (double)q.steps, error);
  if (status != DC_OK || q.converged) return status;
  status = dc_fit_add_note(fit, error, "not converged after %d steps", q.steps);
  return status == DC_OK ? dc_fail(error, DC_W_MAXITER, "hazard: not converged after %d steps", q.steps) : status;
}
