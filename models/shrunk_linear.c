/* Linear regression with shrunken categorical effects: a Gaussian mixed model.
 *
 * Weights are counts: a row of weight 2 is two rows. The intercept is not shrunk. Given variances, one Newton step is
 * the answer (Henderson's mixed model equations); variances are stationary points of the restricted likelihood (Searle,
 * Casella and McCulloch 1992, section 7.6; Wood 2017, section 6.2.5), found on the sums of one pass over the rows.
 * sigma has a scaled inverse chi-square prior worth `prior_rows` rows at prior_sigma. Duan 1983, JASA 78 (smearing). */
#include "models/shrunk_linear_internal.h"

#include "engine/base/arena.h"
#include "engine/base/fold.h"
#include "models/shrunk_spd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROUNDS = 4, MAX_TUNE = 60, BLOCK_ROWS = 8192 };

static const double prior_rows = 2, tune_tolerance = 1e-7, largest_log_smear = 700;

void dc_linear_free(dc_linear *fit)
{
  if (!fit) return;
  free(fit->offset);
  free(fit->beta);
  free(fit->tau);
  free(fit);
}

static dc_linear *new_fit(const dc_linear_rows *rows)
{
  size_t n = (size_t)rows->n_factors;
  dc_linear *fit = calloc(1, sizeof *fit);
  if (!fit) return NULL;
  fit->n_factors = rows->n_factors;
  fit->n_rows = rows->n_rows;
  fit->offset = calloc(n + 1, sizeof *fit->offset);
  fit->tau = calloc(n + 1, sizeof *fit->tau);
  for (size_t f = 0; fit->offset && f < n; f++) fit->offset[f + 1] = fit->offset[f] + rows->factors[f].levels;
  if (fit->offset) fit->beta = calloc((size_t)fit->offset[n] + 1, sizeof *fit->beta);
  if (fit->beta && fit->tau) return fit;
  dc_linear_free(fit);
  return NULL;
}

static double weight_of(const dc_linear_rows *rows, size_t i) { return rows->weight ? rows->weight[i] : 1; }

static bool positive(double x) { return x > 0 && isfinite(x); }

static dc_status check_factors(int n_factors, const dc_factor *factors, dc_error *error)
{
  for (int f = 0; f < n_factors; f++) {
    const char *name = factors[f].name ? factors[f].name : "?";
    if (factors[f].levels < 1) return dc_fail(error, DC_E_USAGE, "factor %d (%s) has no levels", f, name);
    if (factors[f].penalty == DC_PENALTY_SMOOTH && factors[f].levels > 1024)
      return dc_fail(error, DC_E_USAGE, "smooth factor %d (%s) has more than %d levels", f, name, 1024);
    if (!positive(factors[f].prior_sd) || !positive(factors[f].prior_weight))
      return dc_fail(error, DC_E_USAGE, "factor %d (%s): prior_sd and prior_weight must be positive", f, name);
  }
  return DC_OK;
}

static dc_status check_factors_of(size_t n_rows, int n_factors, const dc_factor *factors, const uint32_t *code,
                                  dc_error *error)
{
  if (n_factors < 0 || (n_factors > 0 && (!factors || (n_rows > 0 && !code))))
    return dc_fail(error, DC_E_USAGE, "factors or their codes are missing");
  if (n_factors > DC_SHRUNK_FACTORS)
    return dc_fail(error, DC_E_USAGE, "%d factors; at most %d can be fitted", n_factors, DC_SHRUNK_FACTORS);
  if (n_rows >= UINT32_MAX) return dc_fail(error, DC_E_USAGE, "more than 2^32 - 2 grouped rows");
  dc_status status = check_factors(n_factors, factors, error);
  if (status != DC_OK) return status;
  const size_t width = (size_t)n_factors;
  for (size_t i = 0; i < n_rows; i++)
    for (size_t f = 0; f < width; f++)
      if (code[i * width + f] >= factors[f].levels)
        return dc_fail(error, DC_E_INPUT, "row %zu: code %lu of factor %zu (%s) is not below its %lu levels", i,
                       (unsigned long)code[i * width + f], f, factors[f].name ? factors[f].name : "?",
                       (unsigned long)factors[f].levels);
  return DC_OK;
}

static dc_status check_rows(const dc_linear_rows *rows, double prior_sigma, dc_error *error)
{
  if (isnan(prior_sigma) || isinf(prior_sigma))
    return dc_fail(error, DC_E_NUMERIC, "linear: the prior of sigma is not finite");
  if (prior_sigma <= 0) return dc_fail(error, DC_E_USAGE, "linear: the prior of sigma must be positive");
  if (rows->n_rows > 0 && !rows->y) return dc_fail(error, DC_E_USAGE, "linear: y is missing");
  for (size_t i = 0; i < rows->n_rows; i++) {
    if (!isfinite(rows->y[i]) || !isfinite(weight_of(rows, i)))
      return dc_fail(error, DC_E_NUMERIC, "linear: row %zu has a value or weight that is not finite", i);
    if (weight_of(rows, i) < 0) return dc_fail(error, DC_E_INPUT, "linear: row %zu has a negative weight", i);
  }
  return check_factors_of(rows->n_rows, rows->n_factors, rows->factors, rows->code, error);
}

/* -1/2 sum w (y - eta)^2: the Gaussian likelihood at sigma 1; the engine's `scale` brings in sigma. */
static double kernel(const void *context, size_t first, size_t count, const double *eta, double *score, double *weight)
{
  const dc_linear_rows *rows = context;
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    double w = weight_of(rows, first + i), residual = rows->y[first + i] - eta[i];
    sum -= 0.5 * w * residual * residual;
    if (!weight) continue;
    score[i] = w * residual;
    weight[i] = w;
  }
  return sum;
}

typedef struct totals {
  double weight, mean, variance;
} totals;

static totals sum_rows(const dc_linear_rows *rows)
{
  totals t = {0, 0, 0};
  for (size_t i = 0; i < rows->n_rows; i++) t.weight += weight_of(rows, i);
  if (!(t.weight > 0)) return t;
  for (size_t i = 0; i < rows->n_rows; i++) t.mean += weight_of(rows, i) / t.weight * rows->y[i];
  for (size_t i = 0; i < rows->n_rows; i++) {
    double deviation = rows->y[i] - t.mean;
    t.variance += weight_of(rows, i) / t.weight * deviation * deviation;
  }
  return t;
}

/* Residual sum of squares at theta + delta, from the sums at theta: H delta = rhs, so delta'G delta is known. */
static double quadratic_rss(dc_shrunk *s)
{
  size_t n = s->columns;
  dc_shrunk_penalty_multiply(s, s->delta, s->scratch);
  double bent = dc_spd_dot(s->delta, s->rhs, n) - dc_spd_dot(s->delta, s->scratch, n);
  double rss = -2 * s->log_likelihood - 2 * dc_spd_dot(s->gradient, s->delta, n) + bent / s->scale;
  return rss > 0 ? rss : 0;
}

/* Steps 1 / sigma^2; returns by how much its log moved. */
static double step_scale(dc_shrunk *s, double weight, double prior_sigma)
{
  double sum = prior_rows * prior_sigma * prior_sigma + quadratic_rss(s), rows = prior_rows + weight;
  double df = dc_shrunk_effective_df(s);
  /* the direct update where it is safe, else expectation-maximisation, which always is */
  double variance = df < 0.5 * rows ? sum / (rows - df) : (sum + df / s->scale) / rows;
  double move = log(variance * s->scale);
  s->scale = 1 / variance;
  return fabs(move);
}

static dc_status tune(dc_shrunk *s, const totals *t, double prior_sigma, bool *settled, dc_error *error)
{
  double decrement = 0;
  dc_status status = dc_shrunk_newton(s, &decrement, error);
  *settled = false;
  for (int k = 0; k < MAX_TUNE && status == DC_OK && !*settled; k++) {
    status = dc_shrunk_invert(s, error);
    if (status != DC_OK) break;
    double moved = step_scale(s, t->weight, prior_sigma);
    moved = fmax(moved, dc_shrunk_step_lambda(s, 0));
    *settled = moved < tune_tolerance;
    status = dc_shrunk_newton(s, &decrement, error);
  }
  return status;
}

/* Variances on the sums at theta, then the step; again from there, so that sums which cancelled are made afresh. */
static dc_status iterate(dc_shrunk *s, const totals *t, double prior_sigma, bool *settled, dc_error *error)
{
  s->theta[0] = t->mean;
  s->scale = 1 / fmax(t->variance, 1e-6 * prior_sigma * prior_sigma);
  for (int round = 0; round < MAX_ROUNDS; round++) {
    double old_scale = s->scale;
    dc_status status = dc_shrunk_evaluate(s, s->theta, true, error);
    if (status == DC_OK) status = tune(s, t, prior_sigma, settled, error);
    if (status != DC_OK) return status;
    for (size_t i = 0; i < s->columns; i++) s->theta[i] += s->delta[i];
    if (round > 0 && *settled && fabs(log(s->scale / old_scale)) < 10 * tune_tolerance) break;
  }
  return dc_shrunk_evaluate(s, s->theta, false, error);
}

typedef struct smearing {
  const dc_linear_rows *rows;
  const dc_linear *fit;
} smearing;

static dc_status smear_rows(void *context, size_t first, size_t last, void *partial)
{
  const smearing *c = context;
  double *sum = partial;
  for (size_t i = first; i < last; i++) {
    double residual = c->rows->y[i] - dc_linear_eta(c->fit, c->rows->code + i * (size_t)c->rows->n_factors);
    *sum += weight_of(c->rows, i) * exp(fmin(residual, largest_log_smear));
  }
  return DC_OK;
}

static void smear_merge(void *context, void *into, const void *from)
{
  (void)context;
  *(double *)into += *(const double *)from;
}

static dc_status finish(const dc_shrunk *s, const dc_linear_rows *rows, const totals *t, dc_linear *fit,
                        dc_error *error)
{
  smearing c = {rows, fit};
  dc_fold fold = {rows->n_rows, BLOCK_ROWS, sizeof(double), s->problem.threads, smear_rows, smear_merge, &c};
  double smear = 0, tss = t->weight * t->variance;
  fit->intercept = s->theta[0];
  fit->sigma = 1 / sqrt(s->scale);
  for (int f = 0; f < fit->n_factors; f++) {
    fit->tau[f] = 1 / sqrt(s->lambda[f]);
    memcpy(fit->beta + fit->offset[f], s->theta + s->column[f], rows->factors[f].levels * sizeof(double));
  }
  dc_status status = dc_fold_run(&fold, &smear, error);
  if (status != DC_OK) return status;
  fit->smear = fmin(smear / t->weight, exp(largest_log_smear));
  fit->r2 = tss > 0 ? fmax(0, 1 + 2 * s->log_likelihood / tss) : 0;
  if (!isfinite(fit->sigma) || !isfinite(fit->smear) || !isfinite(fit->r2))
    return dc_fail(error, DC_E_NUMERIC, "linear: the fit is not finite");
  return DC_OK;
}

/* No row, or none with weight. */
static void prior_only(const dc_linear_rows *rows, double prior_sigma, dc_linear *fit)
{
  fit->sigma = prior_sigma;
  fit->smear = exp(fmin(0.5 * prior_sigma * prior_sigma, largest_log_smear));
  for (int f = 0; f < rows->n_factors; f++) fit->tau[f] = rows->factors[f].prior_sd;
}

static dc_shrunk_problem describe(const dc_linear_rows *rows, const totals *t, int threads)
{
  return (dc_shrunk_problem){.n_rows = rows->n_rows,
                             .n_factors = rows->n_factors,
                             .n_picks = rows->n_factors,
                             .factors = rows->factors,
                             .code = rows->code,
                             .channels = 1,
                             .threads = threads < 1 ? 1 : threads,
                             .tau_min = 1e-4,
                             .tau_max = fmax(10, 10 * sqrt(t->variance)),
                             .kernel = kernel,
                             .context = rows};
}

dc_status dc_linear_fit_with(const dc_linear_rows *rows, double prior_sigma, int threads,
                             const dc_shrunk_limits *limits, dc_linear **fit, dc_error *error)
{
  dc_shrunk *s = NULL;
  dc_linear *result = NULL;
  dc_arena *arena = NULL;
  bool settled = true;
  if (!rows || !fit) return dc_fail(error, DC_E_USAGE, "linear: an argument is NULL");
  dc_status status = check_rows(rows, prior_sigma, error);
  if (status != DC_OK) goto done;
  arena = dc_arena_new();
  result = new_fit(rows);
  if (!arena || !result) {
    status = dc_fail_memory(error, "fitting a linear model");
    goto done;
  }
  const totals t = sum_rows(rows);
  if (!(t.weight > 0)) {
    prior_only(rows, prior_sigma, result);
    goto done;
  }
  const dc_shrunk_problem problem = describe(rows, &t, threads);
  status = dc_shrunk_new(&problem, limits, arena, &s, error);
  if (status == DC_OK) status = iterate(s, &t, prior_sigma, &settled, error);
  if (status == DC_OK) status = finish(s, rows, &t, result, error);
  if (status == DC_OK && !settled)
    status = dc_fail(error, DC_W_MAXITER, "linear: variances still moving after %d steps", MAX_TUNE);
done:
  if (status == DC_OK || status == DC_W_MAXITER) {
    *fit = result;
    result = NULL;
  }
  dc_linear_free(result);
  dc_arena_free(arena);
  return status;
}

dc_status dc_linear_fit(const dc_linear_rows *rows, double prior_sigma, int threads, dc_linear **fit, dc_error *error)
{
  return dc_linear_fit_with(rows, prior_sigma, threads, &dc_shrunk_default_limits, fit, error);
}

double dc_linear_eta(const dc_linear *fit, const uint32_t *code)
{
  double eta = fit->intercept;
  for (int f = 0; f < fit->n_factors; f++) eta += fit->beta[fit->offset[f] + code[f]];
  return eta;
}
