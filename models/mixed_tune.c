/* The least of the criterion over the parameters of the variances, which are few: Newton's method with differences.
 *
 * The criterion is even in the diagonal of each L, so a variance of 0 is an ordinary minimum (at 0). */
#include "models/mixed_internal.h"

#include <math.h>
#include <string.h>

enum { MAX_HALVINGS = 25, MAX_SWEEPS = 12 };

static const double step_share = 2e-4, least_size = 0.1, longest = 1.5, enough = 1e-9;

typedef struct search {
  mixed *m;
  size_t n;
  double at[MIXED_PARAMETERS], value, gradient[MIXED_PARAMETERS], step[MIXED_PARAMETERS];
  double hessian[MIXED_PARAMETERS * MIXED_PARAMETERS];
} search;

static double width(double x) { return step_share * fmax(fabs(x), least_size); }

static dc_status value_at(search *s, size_t i, double hi, size_t j, double hj, double *value, dc_error *error)
{
  double p[MIXED_PARAMETERS];
  memcpy(p, s->at, s->n * sizeof *p);
  p[i] += hi;
  p[j] += hj;
  return mixed_criterion(s->m, p, value, error);
}

static dc_status differences(search *s, dc_error *error)
{
  double up[MIXED_PARAMETERS], none;
  dc_status status = value_at(s, 0, 0, 0, 0, &s->value, error);
  for (size_t i = 0; i < s->n && status == DC_OK; i++) {
    double h = width(s->at[i]), down = 0;
    status = value_at(s, i, h, i, 0, &up[i], error);
    if (status == DC_OK) status = value_at(s, i, -h, i, 0, &down, error);
    s->gradient[i] = (up[i] - down) / (2 * h);
    s->hessian[i * s->n + i] = (up[i] - 2 * s->value + down) / (h * h);
    for (size_t j = 0; j < i && status == DC_OK; j++) {
      double k = width(s->at[j]);
      status = value_at(s, i, h, j, k, &none, error);
      s->hessian[i * s->n + j] = s->hessian[j * s->n + i] = (none - up[i] - up[j] + s->value) / (h * k);
    }
  }
  return status;
}

/* Jacobi's method (Golub and Van Loan 2013, section 8.5): a becomes diagonal, the columns of v its vectors. */
static void diagonalise(double *a, size_t n, double *v)
{
  for (size_t i = 0; i < n * n; i++) v[i] = i % (n + 1) == 0;
  for (int sweep = 0; sweep < MAX_SWEEPS; sweep++)
    for (size_t p = 0; p < n; p++)
      for (size_t q = p + 1; q < n; q++) {
        if (a[p * n + q] == 0) continue;
        double tau = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
        double t = (tau < 0 ? -1 : 1) / (fabs(tau) + hypot(1, tau)), c = 1 / hypot(1, t), s = t * c;
        for (size_t k = 0; k < n; k++) {
          double x = a[k * n + p], y = a[k * n + q];
          a[k * n + p] = c * x - s * y;
          a[k * n + q] = s * x + c * y;
        }
        for (size_t k = 0; k < n; k++) {
          double x = a[p * n + k], y = a[q * n + k];
          a[p * n + k] = c * x - s * y;
          a[q * n + k] = s * x + c * y;
        }
        for (size_t k = 0; k < n; k++) {
          double x = v[k * n + p], y = v[k * n + q];
          v[k * n + p] = c * x - s * y;
          v[k * n + q] = s * x + c * y;
        }
        a[p * n + q] = a[q * n + p] = 0;
      }
}

/* Newton's step where the criterion is convex, and as long a one downhill where it is not. */
static void direction(search *s)
{
  size_t n = s->n;
  double vector[MIXED_PARAMETERS * MIXED_PARAMETERS], most = 0;
  diagonalise(s->hessian, n, vector);
  memset(s->step, 0, sizeof s->step);
  for (size_t k = 0; k < n; k++) most = fmax(most, fabs(s->hessian[k * n + k]));
  for (size_t k = 0; k < n; k++) {
    double along = 0, curve = fmax(fabs(s->hessian[k * n + k]), 1e-10 * most + 1e-300);
    for (size_t i = 0; i < n; i++) along += vector[i * n + k] * s->gradient[i];
    for (size_t i = 0; i < n; i++) s->step[i] -= along / curve * vector[i * n + k];
  }
}

/* The largest change in units of each parameter; longer steps than `longest` become that long. */
static double shorten(search *s)
{
  double largest = 0;
  for (size_t i = 0; i < s->n; i++)
    if (!isfinite(s->step[i])) return NAN;
  for (size_t i = 0; i < s->n; i++) largest = fmax(largest, fabs(s->step[i]) / fmax(fabs(s->at[i]), 1));
  if (largest > longest)
    for (size_t i = 0; i < s->n; i++) s->step[i] *= longest / largest;
  return fmin(largest, longest);
}

static dc_status descend(search *s, bool *moved, dc_error *error)
{
  double share = 1, slack = 1e-14 * (fabs(s->value) + (double)s->m->n_used), value = 0, trial[MIXED_PARAMETERS];
  *moved = false;
  for (int k = 0; k < MAX_HALVINGS && !*moved; k++, share *= 0.5) {
    for (size_t i = 0; i < s->n; i++) trial[i] = s->at[i] + share * s->step[i];
    dc_status status = mixed_criterion(s->m, trial, &value, error);
    if (status != DC_OK) return status;
    *moved = value <= s->value + slack;
  }
  if (*moved) memcpy(s->at, trial, s->n * sizeof *trial);
  return DC_OK;
}

/* A level's vector times -1 is as good: diagonals of L are not negative. */
static void set_signs(search *s)
{
  for (size_t t = 0; t < s->m->n_randoms; t++) {
    const mixed_random *r = &s->m->randoms[t];
    for (size_t j = 0; j < r->size; j++) {
      if (s->at[r->parameter + j * (j + 3) / 2] >= 0) continue;
      for (size_t i = j; i < r->size; i++) s->at[r->parameter + i * (i + 1) / 2 + j] *= -1;
    }
  }
}

dc_status mixed_tune(mixed *m, int most, double *moved, dc_error *error)
{
  search s = {.m = m, .n = m->n_parameters};
  double value, start[MIXED_PARAMETERS];
  dc_status status = DC_OK;
  bool going = s.n > 0;
  *moved = 0;
  memcpy(s.at, m->parameter, sizeof s.at);
  memcpy(start, m->parameter, sizeof start);
  for (int k = 0; k < most && going && status == DC_OK; k++) {
    status = differences(&s, error);
    if (status == DC_OK) direction(&s);
    double size = status == DC_OK ? shorten(&s) : 0;
    if (!(size > enough)) break;
    if (status == DC_OK) status = descend(&s, &going, error);
  }
  if (status != DC_OK) return status;
  set_signs(&s);
  for (size_t i = 0; i < s.n; i++) *moved = fmax(*moved, fabs(s.at[i] - start[i]) / fmax(fabs(start[i]), 1));
  status = mixed_criterion(m, s.at, &value, error);
  if (status == DC_OK && !isfinite(value))
    return dc_fail(error, DC_E_NUMERIC, "the mixed model's equations cannot be solved at any variances tried");
  return status;
}
