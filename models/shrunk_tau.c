/* Variances of shrunken factors by Laplace marginal likelihood.
 *
 * With S the penalty of a factor and channel, lambda = 1 / tau^2, V the inverse Hessian, b = theta + delta and the
 * prior worth w levels at sd p, the marginal likelihood is stationary in log lambda where
 *   m + w = lambda (tr V S + b' S b + w p^2),   m = lambda tr P^- S
 * (Wood and Fasiolo 2017, Biometrics 73, equation 6, with a scaled inverse chi-square prior); m is the number of levels
 * under a ridge. With V and b held as functions of lambda by the quadratic model (Gu 1992's performance iteration) the
 * derivative is known too, so each variance takes a Newton step of its own, or Fellner and Schall's where that is not
 * uphill. */
#include "models/shrunk.h"

#include <math.h>

static const double longest_step = 2;

/* Of one factor and channel: m, lambda tr V S, its square's trace, lambda b'Sb, lambda^2 b'SVSb; and the slope of m. */
typedef struct pieces {
  double levels, levels_slope, trace, trace2, norm, norm2;
} pieces;

static double value(const dc_shrunk *s, size_t index) { return s->theta[index] + s->delta[index]; }

static void smooth_levels(double lambda, size_t n, pieces *p)
{
  const double weak = dc_shrunk_weak_precision, pi = 3.14159265358979323846;
  for (size_t k = 1; k < n; k++) {
    double half = sin(pi * (double)k / (2 * (double)n)), mu = lambda * 4 * half * half;
    p->levels += mu / (mu + weak);
    p->levels_slope += mu * weak / ((mu + weak) * (mu + weak));
  }
}

/* V between differences a and b (of neighbouring levels) of a smooth factor, or between levels of a ridge. */
static double covariance(const double *v, size_t d, size_t stride, size_t a, size_t b, bool smooth)
{
  const double *here = v + a * stride * d + b * stride, *next = here + stride * d;
  return smooth ? next[stride] - next[0] - here[stride] + here[0] : here[0];
}

static pieces dense_pieces(const dc_shrunk *s, int f, size_t c, double lambda)
{
  const dc_factor *factor = &s->problem.factors[f];
  const size_t r = s->channels, d = r * s->dense, at = r * s->column[f] + c;
  const bool smooth = factor->penalty == DC_PENALTY_SMOOTH;
  const double *v = s->inverse + at * d + at;
  pieces p = {0};
  size_t n = factor->levels - (smooth ? 1 : 0);
  if (smooth)
    smooth_levels(lambda, factor->levels, &p);
  else
    p.levels = (double)n;
  for (size_t a = 0; a < n; a++) {
    double ba = smooth ? value(s, at + (a + 1) * r) - value(s, at + a * r) : value(s, at + a * r);
    p.trace += lambda * covariance(v, d, r, a, a, smooth);
    p.norm += lambda * ba * ba;
    for (size_t b = 0; b < n; b++) {
      double bb = smooth ? value(s, at + (b + 1) * r) - value(s, at + b * r) : value(s, at + b * r);
      double vab = lambda * covariance(v, d, r, a, b, smooth);
      p.trace2 += vab * vab;
      p.norm2 += lambda * ba * vab * bb;
    }
  }
  return p;
}

static pieces effect_pieces(const dc_shrunk *s, int e, size_t c, double lambda)
{
  int f = s->effect[e];
  size_t n = s->problem.factors[f].levels;
  pieces p = {.levels = (double)n};
  for (size_t l = 0; l < n; l++) {
    double variance[DC_SHRUNK_CHANNELS], b = value(s, s->channels * (s->column[f] + l) + c);
    dc_shrunk_effect_variance(s, e, l, variance);
    double v = lambda * variance[c];
    p.trace += v;
    p.trace2 += v * v;
    p.norm += lambda * b * b;
    p.norm2 += lambda * b * b * v;
  }
  return p;
}

static double step_of(const pieces *p, double lambda, const dc_factor *factor, double last)
{
  double w = factor->prior_weight, prior = w * factor->prior_sd * factor->prior_sd * lambda;
  double gradient = p->levels + w - p->trace - p->norm - prior;
  double slope = p->levels_slope - (p->trace - p->trace2) - (p->norm - 2 * p->norm2) - prior;
  double fellner_schall = log((p->levels + w - p->trace) / (p->norm + prior));
  double step = slope < 0 ? -gradient / slope : fellner_schall;
  if (!isfinite(step)) step = 0;
  /* variances of aliased factors step together and may overshoot together */
  if (step * last < 0) step *= 0.5;
  return fmax(-longest_step, fmin(longest_step, step));
}

static double bounded(const dc_shrunk *s, double lambda, double step)
{
  double low = 1 / (s->problem.tau_max * s->problem.tau_max), high = 1 / (s->problem.tau_min * s->problem.tau_min);
  return log(fmax(low, fmin(high, lambda * exp(step))) / lambda);
}

/* Steps of every channel of one factor into last_move. */
static double propose(dc_shrunk *s, int f, int effect)
{
  double largest = 0;
  if (s->problem.fixed && s->problem.fixed[f].precision > 0) return 0;
  for (size_t c = 0; c < s->channels; c++) {
    size_t i = (size_t)f * s->channels + c;
    pieces p = effect < 0 ? dense_pieces(s, f, c, s->lambda[i]) : effect_pieces(s, effect, c, s->lambda[i]);
    s->last_move[i] = bounded(s, s->lambda[i], step_of(&p, s->lambda[i], &s->problem.factors[f], s->last_move[i]));
    largest = fmax(largest, fabs(s->last_move[i]));
  }
  return largest;
}

double dc_shrunk_step_lambda(dc_shrunk *s, double tolerance)
{
  double largest = 0;
  for (int a = 0; a < s->n_dense; a++) largest = fmax(largest, propose(s, s->dense_factor[a], -1));
  for (int e = 0; e < s->n_effects; e++) largest = fmax(largest, propose(s, s->effect[e], e));
  if (largest < tolerance) return largest;
  for (size_t i = 0; i < (size_t)s->problem.n_factors * s->channels; i++) s->lambda[i] *= exp(s->last_move[i]);
  return largest;
}

/* Of levels that are held by precisions of their own: one each, less what those take. */
static double fixed_df(const dc_shrunk *s, int f, size_t c)
{
  const size_t r = s->channels, d = r * s->dense;
  double df = 0;
  for (size_t l = 0; l < s->problem.factors[f].levels; l++) {
    size_t i = r * (s->column[f] + l) + c;
    df += 1 - dc_shrunk_precision(s, f, c, l) * s->inverse[i * d + i];
  }
  return df;
}

double dc_shrunk_factor_df(const dc_shrunk *s, int f, size_t c)
{
  const dc_factor *factor = &s->problem.factors[f];
  const size_t r = s->channels, d = r * s->dense;
  double lambda = s->lambda[(size_t)f * r + c], df = factor->levels;
  for (int e = 0; e < s->n_effects; e++)
    if (s->effect[e] == f) return df - effect_pieces(s, e, c, lambda).trace;
  if (s->problem.fixed && s->problem.fixed[f].precision > 0) return fixed_df(s, f, c);
  df -= dense_pieces(s, f, c, lambda).trace;
  for (size_t l = 0; l < factor->levels && factor->penalty == DC_PENALTY_SMOOTH; l++) {
    size_t i = r * (s->column[f] + l) + c;
    df -= dc_shrunk_weak_precision * s->inverse[i * d + i];
  }
  return df;
}

double dc_shrunk_effective_df(const dc_shrunk *s)
{
  const size_t r = s->channels, d = r * s->dense;
  double df = 0;
  for (size_t c = 0; c < r; c++) {
    df += 1 - s->problem.intercept_precision * s->inverse[c * d + c];
    for (int f = 0; f < s->problem.n_factors; f++) df += dc_shrunk_factor_df(s, f, c);
  }
  return df;
}
