/* Rank and maximum of the likelihood (Green 1984, JRSS B 46; Nocedal and Wright 2006, section 3.4). */
#include "models/shrunk_spd.h"
#include "models/softmax.h"

#include <math.h>
#include <string.h>

enum { MOST_STEPS = 100, MOST_HALVINGS = 40 };

/* dependent: what is left of a column's square; enough: decrement per unit of mean weight, before a last step */
static const double dependent = 1e-12, enough = 1e-12;

/* Factor of the active columns' Gram, column after column; what they leave of a column decides whether it is one. */
dc_status dc_softmax_rank(dc_softmax *s, const bool *wanted, double *dependence, dc_error *error)
{
  const size_t p = s->columns;
  double *root = s->hessian, *z = s->square; /* root: lower, by rows; both are p x p at least */
  if (!p) return dc_fail(error, DC_E_SHORT, "there is no column to fit: neither intercept nor terms");
  for (size_t j = 0; j < p; j++) {
    double left = s->plain[j * p + j], whole = left;
    s->active[j] = false;
    if (wanted && !wanted[j]) continue;
    for (size_t k = 0; k < j; k++) {
      z[k] = 0;
      if (!s->active[k]) continue;
      double sum = s->plain[k * p + j];
      for (size_t i = 0; i < k; i++) sum -= s->active[i] ? root[k * p + i] * z[i] : 0;
      z[k] = sum / root[k * p + k];
      left -= z[k] * z[k];
    }
    /* with a penalty everything can be told apart */
    s->active[j] = s->options.ridge > 0 ? whole > 0 : left > dependent * whole;
    if (s->active[j]) {
      memcpy(root + j * p, z, j * sizeof *root);
      root[j * p + j] = sqrt(fmax(left, dependent * whole));
      continue;
    }
    for (size_t k = j; dependence && k-- > 0;) {
      double sum = z[k];
      for (size_t i = k + 1; i < j; i++) sum -= s->active[i] ? root[i * p + k] * dependence[j * p + i] : 0;
      dependence[j * p + k] = s->active[k] ? sum / root[k * p + k] : 0;
    }
  }
  return DC_OK;
}

static size_t active_columns(const dc_softmax *s)
{
  size_t n = 0;
  for (size_t j = 0; j < s->columns; j++) n += s->active[j];
  return n;
}

size_t dc_softmax_parameters(const dc_softmax *s) { return active_columns(s) * s->equations; }

/* The penalty of a column: not of the intercept, nor of the baseline. */
static double ridge_of(const dc_softmax *s, size_t column)
{
  bool free_one = (s->design.intercept && column == 0) || (s->levels > 1 && column >= s->first[s->design.n_terms - 1]);
  return free_one ? 0 : s->options.ridge;
}

static double penalty(const dc_softmax *s, const double *theta)
{
  double sum = 0;
  for (size_t j = 0; j < s->columns; j++)
    for (size_t c = 0; c < s->equations; c++) {
      double t = theta[j * s->equations + c];
      sum += 0.5 * ridge_of(s, j) * t * t;
    }
  return sum;
}

/* Upper triangle of the Hessian over the active columns, damped by a share of the columns' own squares. */
static void assemble(dc_softmax *s, double damping)
{
  const size_t p = s->columns, e = s->equations, n = dc_softmax_parameters(s);
  const double *gram = dc_softmax_gram(s);
  for (size_t j = 0, a = 0; j < p; j++) {
    if (!s->active[j]) continue;
    for (size_t k = j, b = a; k < p; k++) {
      if (!s->active[k]) continue;
      for (size_t c = 0; c < e; c++)
        for (size_t d = 0; d < e; d++) {
          size_t low = c < d ? c : d, high = c < d ? d : c;
          s->hessian[(a * e + c) * n + b * e + d] =
              gram[(j * p + k) * s->triangle + low * e - low * (low + 1) / 2 + high];
        }
      b++;
    }
    for (size_t c = 0; c < e; c++)
      s->hessian[(a * e + c) * (n + 1)] += ridge_of(s, j) + damping * s->plain[j * (p + 1)];
    a++;
  }
}

/* Where rows are all but certain their weights vanish, and the Hessian with them. */
static dc_status factorise(dc_softmax *s, dc_error *error)
{
  const size_t n = dc_softmax_parameters(s);
  for (double damping = 0; damping<1e3; damping = damping> 0 ? 100 * damping : 1e-14) {
    assemble(s, damping);
    if (dc_spd_factor(s->hessian, n, s->square)) return DC_OK;
  }
  return dc_fail(error, DC_E_NUMERIC, "the curvature of the likelihood is not finite");
}

/* delta (all columns, 0 where not active), the decrement and the largest move. */
static dc_status direction(dc_softmax *s, dc_error *error)
{
  const size_t e = s->equations, n = dc_softmax_parameters(s);
  const double *score = dc_softmax_score(s);
  double *x = s->inverse, *rhs = x + n;
  dc_status status = factorise(s, error);
  if (status != DC_OK) return status;
  size_t a = 0;
  for (size_t j = 0; j < s->columns; j++)
    for (size_t c = 0; c < e && s->active[j]; c++, a++) x[a] = score[j * e + c] - ridge_of(s, j) * s->theta[j * e + c];
  memcpy(rhs, x, n * sizeof *rhs);
  dc_spd_solve(s->hessian, n, x);
  s->decrement = 0.5 * dc_spd_dot(rhs, x, n);
  s->largest_move = 0;
  a = 0;
  for (size_t j = 0; j < s->columns; j++)
    for (size_t c = 0; c < e; c++) {
      double move = s->active[j] ? x[a++] : 0;
      s->delta[j * e + c] = move;
      s->largest_move = fmax(s->largest_move, fabs(move));
    }
  return isfinite(s->decrement) ? DC_OK : dc_fail(error, DC_E_NUMERIC, "the Newton step is not finite");
}

/* The largest step 1, 1/2, ... that does not lower the penalised likelihood. */
static dc_status advance(dc_softmax *s, bool *moved, dc_error *error)
{
  const size_t n = s->columns * s->equations;
  double kept = s->log_likelihood, before = kept - penalty(s, s->theta), slack = 1e-13 * fabs(before), step = 1;
  *moved = false;
  for (int k = 0; k < MOST_HALVINGS && !*moved; k++, step *= 0.5) {
    for (size_t i = 0; i < n; i++) s->trial[i] = s->theta[i] + step * s->delta[i];
    dc_status status = dc_softmax_evaluate(s, s->trial, DC_SOFTMAX_CURVATURE, error);
    if (status != DC_OK) return status;
    *moved = s->log_likelihood - penalty(s, s->trial) >= before - slack;
  }
  if (*moved) {
    memcpy(s->theta, s->trial, n * sizeof *s->theta);
    return DC_OK;
  }
  return dc_softmax_evaluate(s, s->theta, DC_SOFTMAX_CURVATURE, error);
}

static dc_status iterate(dc_softmax *s, dc_error *error)
{
  const double tolerance = enough * s->weight / s->rows;
  dc_status status = dc_softmax_evaluate(s, s->theta, DC_SOFTMAX_CURVATURE, error);
  s->converged = false;
  s->decrement = s->largest_move = 0;
  for (s->steps = 0; status == DC_OK && s->steps < MOST_STEPS && !s->converged; s->steps++) {
    bool moved;
    status = direction(s, error);
    if (status != DC_OK) break;
    bool last = s->decrement <= tolerance;
    status = advance(s, &moved, error);
    if (status != DC_OK) break;
    /* no step is uphill: rounding error, fine when already close */
    s->converged = last || (!moved && s->decrement <= 1e-7 * s->weight);
    if (!moved) break;
  }
  return status;
}

dc_status dc_softmax_maximise(dc_softmax *s, bool invert, dc_error *error)
{
  const size_t e = s->equations, n = dc_softmax_parameters(s);
  for (size_t j = 0; j < s->columns; j++)
    for (size_t c = 0; c < e && !s->active[j]; c++) s->theta[j * e + c] = 0;
  if (!n) {
    s->converged = true;
    s->steps = 0;
    return dc_softmax_evaluate(s, s->theta, DC_SOFTMAX_VALUE, error);
  }
  dc_status status = iterate(s, error);
  if (status == DC_OK && !isfinite(s->log_likelihood))
    status = dc_fail(error, DC_E_NUMERIC, "the likelihood is not finite");
  if (status == DC_OK && invert) status = factorise(s, error);
  if (status == DC_OK && invert) dc_spd_invert(s->hessian, n, s->square, s->inverse, s->task->threads);
  return status;
}
