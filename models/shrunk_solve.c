/* The penalised Newton system: dense columns by Cholesky, the pivot by Schur complement, other effects by conjugate
 * gradients (Searle, Casella and McCulloch 1992, chapter 7; Nocedal and Wright 2006, algorithm 5.3). */
#include "models/shrunk_spd.h"
#include "models/shrunk_wide.h"
#include "models/shrunk.h"

#include "engine/base/fold.h"

#include <math.h>
#include <string.h>

enum { SCHUR_ROWS = 8, LEVEL_BLOCK = 16, MAX_CONJUGATE = 200 };

const double dc_shrunk_weak_precision = 1.0 / 9;

static size_t pivot_levels(const dc_shrunk *s)
{
  return s->pivot < 0 ? 0 : s->problem.factors[s->effect[s->pivot]].levels;
}

/* --- the penalty --- */

double dc_shrunk_precision(const dc_shrunk *s, int factor, size_t channel, size_t level)
{
  const dc_shrunk_fixed *fixed = s->problem.fixed ? &s->problem.fixed[factor] : NULL;
  if (fixed && fixed->precision > 0 && level == fixed->reference) return s->problem.pin;
  return s->lambda[(size_t)factor * s->channels + channel];
}

/* out = P x for one factor and channel; x, out strided by channels. */
static void penalise_factor(const dc_shrunk *s, int f, size_t c, const double *x, double *out)
{
  const dc_factor *factor = &s->problem.factors[f];
  size_t n = factor->levels, stride = s->channels;
  double lambda = s->lambda[(size_t)f * s->channels + c];
  for (size_t l = 0; l < n; l++) {
    if (factor->penalty == DC_PENALTY_RIDGE) {
      out[l * stride] = dc_shrunk_precision(s, f, c, l) * x[l * stride];
      continue;
    }
    double v = dc_shrunk_weak_precision * x[l * stride];
    if (l > 0) v += lambda * (x[l * stride] - x[(l - 1) * stride]);
    if (l + 1 < n) v -= lambda * (x[(l + 1) * stride] - x[l * stride]);
    out[l * stride] = v;
  }
}

void dc_shrunk_penalty_multiply(const dc_shrunk *s, const double *x, double *out)
{
  for (size_t c = 0; c < s->channels; c++) {
    out[c] = s->problem.intercept_precision * x[c];
    for (int f = 0; f < s->problem.n_factors; f++) {
      size_t at = s->channels * s->column[f] + c;
      penalise_factor(s, f, c, x + at, out + at);
    }
  }
}

void dc_shrunk_penalty_gradient(const dc_shrunk *s, const double *theta, double *gradient)
{
  dc_shrunk_penalty_multiply(s, theta, gradient);
  for (size_t c = 0; c < s->channels; c++)
    gradient[c] = s->problem.intercept_precision * (theta[c] - s->problem.intercept_centre[c]);
}

double dc_shrunk_penalty(const dc_shrunk *s, const double *theta)
{
  double *gradient = s->scratch, sum = 0;
  dc_shrunk_penalty_gradient(s, theta, gradient);
  for (size_t c = 0; c < s->channels; c++) sum += gradient[c] * (theta[c] - s->problem.intercept_centre[c]);
  return 0.5 * (sum + dc_spd_dot(gradient + s->channels, theta + s->channels, s->channels * (s->columns - 1)));
}

/* --- the dense block --- */

static void penalise_diagonal(const dc_shrunk *s, double *h, size_t d)
{
  for (size_t c = 0; c < s->channels; c++) {
    h[c * d + c] += s->problem.intercept_precision;
    for (int a = 0; a < s->n_dense; a++) {
      int f = s->dense_factor[a];
      const dc_factor *factor = &s->problem.factors[f];
      double lambda = s->lambda[(size_t)f * s->channels + c];
      for (size_t l = 0; l < factor->levels; l++) {
        size_t i = s->channels * (s->column[f] + l) + c;
        if (factor->penalty == DC_PENALTY_RIDGE) {
          h[i * d + i] += dc_shrunk_precision(s, f, c, l);
          continue;
        }
        h[i * d + i] += dc_shrunk_weak_precision + lambda * ((l > 0) + (l + 1 < factor->levels));
        if (l + 1 < factor->levels) h[i * d + i + s->channels] -= lambda;
      }
    }
  }
}

/* Upper triangle of scale G + P over the dense columns. */
static void assemble(const dc_shrunk *s, double *h)
{
  const size_t n = s->dense, r = s->channels, d = r * n;
  for (size_t j = 0; j < n; j++)
    for (size_t k = j; k < n; k++) {
      const double *g = s->gram + s->cell * ((j == k && !s->problem.value ? 0 : j * n) + k);
      for (size_t a = 0; a < r; a++)
        for (size_t b = 0; b < r; b++) h[(r * j + a) * d + r * k + b] = s->scale * g[a + b];
    }
  penalise_diagonal(s, h, d);
}

/* --- effects --- */

static void factor_small(size_t channels, double *t)
{
  t[0] = sqrt(t[0]);
  if (channels == 1) return;
  t[1] /= t[0];
  /* in exact arithmetic at least the penalty; rounding at weights of 1e12 must not make it negative */
  double rest = t[2] - t[1] * t[1];
  t[2] = sqrt(rest > 1e-15 * t[2] ? rest : 1e-15 * t[2]);
}

/* x = L^-1 x */
static void forward_small(size_t channels, const double *t, double *x)
{
  x[0] /= t[0];
  if (channels == 2) x[1] = (x[1] - t[1] * x[0]) / t[2];
}

/* x = L'^-1 x */
static void backward_small(size_t channels, const double *t, double *x)
{
  if (channels == 2) {
    x[1] /= t[2];
    x[0] -= t[1] * x[1];
  }
  x[0] /= t[0];
}

static void factor_levels(dc_shrunk *s)
{
  for (int e = 0; e < s->n_effects; e++) {
    size_t f = (size_t)s->effect[e], first = s->column[f] - s->dense;
    for (size_t l = 0; l < s->problem.factors[f].levels; l++) {
      const double *w = s->level_weight + s->terms * (first + l);
      double *t = s->level_factor + s->terms * (first + l);
      for (size_t k = 0; k < s->terms; k++) t[k] = s->scale * w[k];
      t[0] += s->lambda[f * s->channels];
      if (s->channels == 2) t[2] += s->lambda[f * s->channels + 1];
      factor_small(s->channels, t);
    }
  }
}

static const double *pivot_factor(const dc_shrunk *s)
{
  return s->level_factor + s->terms * (s->column[s->effect[s->pivot]] - s->dense);
}

/* root_l = L_l^-1 C_l of some levels of the pivot. */
static dc_status root_levels(void *context, size_t first, size_t last)
{
  dc_shrunk *s = context;
  const size_t r = s->channels, d = r * s->dense;
  for (size_t l = first; l < last; l++) {
    const double *t = pivot_factor(s) + s->terms * l, *cross = s->cross + l * s->dense * s->cell;
    double *root = s->root + l * r * d;
    for (size_t j = 0; j < s->dense; j++)
      for (size_t b = 0; b < r; b++) {
        double x[DC_SHRUNK_CHANNELS];
        for (size_t a = 0; a < r; a++) x[a] = s->scale * cross[j * s->cell + a + b];
        forward_small(r, t, x);
        for (size_t a = 0; a < r; a++) root[a * d + r * j + b] = x[a];
      }
  }
  return DC_OK;
}

WIDE static void subtract_rows(dc_shrunk *s, size_t first, size_t last)
{
  const size_t d = s->channels * s->dense, rows = s->channels * pivot_levels(s);
  for (size_t k = 0; k < rows; k += 4) {
    const double *y = s->root + k * d;
    for (size_t i = first; i < last; i++) {
      const double f[4] = {y[i], y[d + i], y[2 * d + i], y[3 * d + i]};
      if (f[0] == 0 && f[1] == 0 && f[2] == 0 && f[3] == 0) continue;
      dc_wide_subtract(s->factor + i * d, y, d, f, i, d);
    }
  }
}

static dc_status subtract_schur(void *context, size_t first, size_t last)
{
  subtract_rows(context, first, last);
  return DC_OK;
}

static dc_status factorise(dc_shrunk *s, dc_error *error)
{
  const size_t d = s->channels * s->dense;
  const int threads = s->problem.threads;
  factor_levels(s);
  dc_status status = dc_fold_each(pivot_levels(s), LEVEL_BLOCK, threads, s, root_levels, error);
  for (double jitter = 0; status == DC_OK && jitter<1e-3; jitter = jitter> 0 ? 10 * jitter : 1e-13) {
    assemble(s, s->factor);
    for (size_t i = 0; i < d; i++) s->factor[i * d + i] *= 1 + jitter;
    if (s->pivot >= 0) status = dc_fold_each(d, SCHUR_ROWS, threads, s, subtract_schur, error);
    if (status == DC_OK && dc_spd_factor(s->factor, d, s->scratch)) return DC_OK;
  }
  return status != DC_OK ? status : dc_fail(error, DC_E_NUMERIC, "the penalised Hessian is not positive definite");
}

/* z = M^-1 r: exact for dense columns and pivot, block diagonal for the other effects. */
static void precondition(dc_shrunk *s, const double *r, double *z)
{
  const size_t ch = s->channels, d = ch * s->dense, levels = pivot_levels(s);
  memcpy(z, r, ch * s->columns * sizeof *z);
  for (size_t j = s->dense; j < s->columns; j++)
    forward_small(ch, s->level_factor + s->terms * (j - s->dense), z + ch * j);
  double *zp = levels ? z + ch * s->column[s->effect[s->pivot]] : NULL;
  for (size_t k = 0; k < ch * levels; k++) dc_wide_subtract_one(z, s->root + k * d, zp[k], 0, d);
  dc_spd_solve(s->factor, d, z);
  for (size_t k = 0; k < ch * levels; k++) zp[k] -= dc_spd_dot(s->root + k * d, z, d);
  for (size_t j = s->dense; j < s->columns; j++)
    backward_small(ch, s->level_factor + s->terms * (j - s->dense), z + ch * j);
}

static dc_status hessian_multiply(dc_shrunk *s, const double *v, double *out, dc_error *error)
{
  size_t n = s->channels * s->columns;
  dc_status status = dc_shrunk_multiply(s, v, out, error);
  if (status != DC_OK) return status;
  dc_shrunk_penalty_multiply(s, v, s->scratch);
  for (size_t i = 0; i < n; i++) out[i] = s->scale * out[i] + s->scratch[i];
  return DC_OK;
}

static dc_status conjugate(dc_shrunk *s, dc_error *error)
{
  size_t n = s->channels * s->columns;
  double *r = s->residual, *z = s->preconditioned, *p = s->direction, *q = s->product, *x = s->delta;
  memset(x, 0, n * sizeof *x);
  memcpy(r, s->rhs, n * sizeof *r);
  precondition(s, r, z);
  memcpy(p, z, n * sizeof *p);
  double rz = dc_spd_dot(r, z, n), enough = 1e-8 * rz;
  for (int k = 0; k < MAX_CONJUGATE && rz > enough; k++) {
    dc_status status = hessian_multiply(s, p, q, error);
    if (status != DC_OK) return status;
    double curvature = dc_spd_dot(p, q, n);
    if (!(curvature > 0)) break;
    double step = rz / curvature;
    for (size_t i = 0; i < n; i++) {
      x[i] += step * p[i];
      r[i] -= step * q[i];
    }
    precondition(s, r, z);
    double next = dc_spd_dot(r, z, n), ratio = next / rz;
    for (size_t i = 0; i < n; i++) p[i] = z[i] + ratio * p[i];
    rz = next;
  }
  return DC_OK;
}

dc_status dc_shrunk_newton(dc_shrunk *s, double *decrement, dc_error *error)
{
  size_t n = s->channels * s->columns;
  dc_shrunk_penalty_gradient(s, s->theta, s->rhs);
  for (size_t i = 0; i < n; i++) s->rhs[i] = s->scale * s->gradient[i] - s->rhs[i];
  dc_status status = factorise(s, error);
  if (status != DC_OK) return status;
  if (dc_shrunk_iterative(s))
    status = conjugate(s, error);
  else
    precondition(s, s->rhs, s->delta);
  *decrement = 0.5 * dc_spd_dot(s->rhs, s->delta, n);
  if (status == DC_OK && !isfinite(*decrement)) status = dc_fail(error, DC_E_NUMERIC, "the Newton step is not finite");
  return status;
}

/* --- the inverse --- */

/* Diagonal of L'^-1 K L^-1 with K (terms) symmetric. */
static void small_variance(size_t channels, const double *t, const double *k, double *variance)
{
  if (channels == 1) {
    variance[0] = k[0] / (t[0] * t[0]);
    return;
  }
  double a = 1 / t[0], b = -t[1] / (t[0] * t[2]);
  variance[0] = a * a * k[0] + 2 * a * b * k[1] + b * b * k[2];
  variance[1] = k[2] / (t[2] * t[2]);
}

/* z = -y'T for one row y of root; T = U^-1, zeros below its diagonal, is left in square by dc_spd_invert. */
WIDE static void whiten(const double *t, size_t d, const double *y, double *z)
{
  size_t i = 0;
  memset(z, 0, d * sizeof *z);
  for (; i + 4 <= d; i += 4) {
    if (y[i] == 0 && y[i + 1] == 0 && y[i + 2] == 0 && y[i + 3] == 0) continue;
    dc_wide_subtract(z, t + i * d, d, y + i, i, d);
  }
  for (; i < d; i++) dc_wide_subtract_one(z, t + i * d, y[i], i, d);
}

/* The block of the inverse is L'^-1 (I + R V R') L^-1, R the level's root and V = T T'. */
static dc_status pivot_levels_variance(void *context, size_t first, size_t last)
{
  dc_shrunk *s = context;
  const size_t r = s->channels, d = r * s->dense;
  for (size_t l = first; l < last; l++) {
    const double *y = s->root + l * r * d;
    double *z = s->white + l * r * d, k[DC_SHRUNK_TERMS] = {1, 0, 1};
    for (size_t a = 0; a < r; a++) whiten(s->square, d, y + a * d, z + a * d);
    k[0] += dc_spd_dot(z, z, d);
    if (r == 2) {
      k[1] += dc_spd_dot(z, z + d, d);
      k[2] += dc_spd_dot(z + d, z + d, d);
    }
    small_variance(r, pivot_factor(s) + s->terms * l, k, s->pivot_variance + r * l);
  }
  return DC_OK;
}

dc_status dc_shrunk_invert(dc_shrunk *s, dc_error *error)
{
  dc_spd_invert(s->factor, s->channels * s->dense, s->square, s->inverse, s->problem.threads);
  return dc_fold_each(pivot_levels(s), LEVEL_BLOCK, s->problem.threads, s, pivot_levels_variance, error);
}

void dc_shrunk_effect_variance(const dc_shrunk *s, int e, size_t level, double *variance)
{
  const double one[DC_SHRUNK_TERMS] = {1, 0, 1};
  size_t first = s->column[s->effect[e]] - s->dense;
  if (e == s->pivot)
    memcpy(variance, s->pivot_variance + s->channels * level, s->channels * sizeof *variance);
  else
    small_variance(s->channels, s->level_factor + s->terms * (first + level), one, variance);
}
