#include "models/family.h"

#include "models/lanes.h"

#include <float.h>

static const double SMALL = DBL_EPSILON; /* what R's links keep means away from their ends by */
static const double HALF_LOG_2_PI = 0.91893853320467274178, SQRT_2_PI = 2.50662827463100050242;

typedef struct family_words {
  const char *name;
  dc_link link, canonical;
  bool scaled;
} family_words;

static const family_words families[DC_FAMILIES] = {
    [DC_FAMILY_BINOMIAL] = {"binomial", DC_LINK_LOGIT, DC_LINK_LOGIT, false},
    [DC_FAMILY_POISSON] = {"poisson", DC_LINK_LOG, DC_LINK_LOG, false},
    [DC_FAMILY_NEGBIN] = {"negbin", DC_LINK_LOG, DC_LINKS, false},
    [DC_FAMILY_GAMMA] = {"gamma", DC_LINK_INVERSE, DC_LINK_INVERSE, true},
    [DC_FAMILY_LOGNORMAL] = {"lognormal", DC_LINK_IDENTITY, DC_LINK_IDENTITY, true},
    [DC_FAMILY_GAUSSIAN] = {"gaussian", DC_LINK_IDENTITY, DC_LINK_IDENTITY, true}};

const char *dc_family_name(dc_family_kind kind) { return families[kind].name; }
dc_link dc_family_link(dc_family_kind kind) { return families[kind].link; }
bool dc_family_scaled(dc_family_kind kind) { return families[kind].scaled; }
bool dc_family_canonical(const dc_family *family) { return families[family->kind].canonical == family->link; }

/* P(Z > x) for x >= 0: the series of the middle up to 2.5 (Marsaglia 2004), the continued fraction beyond. */
static double normal_tail(double x)
{
  double density = dc_exp(-0.5 * x * x) / SQRT_2_PI;
  if (x < 2.5) {
    double sum = x, term = x;
    for (int k = 3; k < 120 && term > sum * 1e-17; k += 2) sum += term *= x * x / k;
    return 0.5 - density * sum;
  }
  double fraction = x;
  for (int k = x < 5 ? 160 : 40; k >= 1; k--) fraction = x + k / fraction;
  return density / fraction;
}

/* The mean at a linear predictor, its complement 1 - mu where that has digits of its own, and its derivative. */
typedef struct point {
  double mu, rest, slope;
} point;

DC_INLINE point at_logit(double eta)
{
  if (eta > 708) eta = 708;
  if (eta < -708) eta = -708;
  double e = dc_exp(-fabs(eta)), d = 1 / (1 + e);
  point p = {eta >= 0 ? d : e * d, eta >= 0 ? e * d : d, e * d * d};
  return p;
}

static point at_probit(double eta)
{
  double tail = normal_tail(fabs(eta)), slope = dc_exp(-0.5 * eta * eta) / SQRT_2_PI;
  point p = {eta < 0 ? tail : 1 - tail, eta < 0 ? 1 - tail : tail, slope};
  return p;
}

static point at_cloglog(double eta)
{
  double t = dc_exp(eta < 6.6 ? eta : 6.6), rest = dc_exp(-t);
  point p = {-dc_expm1(-t), rest, t * rest};
  return p;
}

static point at_open(dc_link link, double eta)
{
  point p = {eta, 1 - eta, 1};
  if (link == DC_LINK_LOG) {
    p.mu = p.slope = fmax(dc_exp(eta < 700 ? eta : 700), SMALL);
  } else if (link == DC_LINK_INVERSE) {
    p.mu = 1 / eta;
    p.slope = -1 / (eta * eta);
  }
  p.rest = 1 - p.mu;
  return p;
}

/* Chances stay as far from 0 and 1 as doubles can say, so that weights never end. */
DC_INLINE point inside(point p)
{
  p.mu = fmax(p.mu, DBL_MIN);
  p.rest = fmax(p.rest, DBL_MIN);
  p.slope = fmax(p.slope, DBL_MIN);
  return p;
}

DC_INLINE point at_link(const dc_family *f, double eta)
{
  switch (f->link) {
    case DC_LINK_LOGIT: return inside(at_logit(eta));
    case DC_LINK_PROBIT: return inside(at_probit(eta));
    case DC_LINK_CLOGLOG: return inside(at_cloglog(eta));
    default: return at_open(f->link, eta);
  }
}

DC_INLINE bool allowed(dc_family_kind kind, const point *p)
{
  switch (kind) {
    case DC_FAMILY_BINOMIAL: return p->mu > 0 && p->rest > 0;
    case DC_FAMILY_GAUSSIAN:
    case DC_FAMILY_LOGNORMAL: return isfinite(p->mu);
    default: return p->mu > 0 && isfinite(p->mu);
  }
}

DC_INLINE double y_log(double y, double ratio) { return y > 0 ? y * dc_log(ratio) : 0; }

/* Half the deviance of a row of weight 1, and the variance at the mean. */
DC_INLINE double deviance_of(const dc_family *f, double y, const point *p, double *variance)
{
  double mu = p->mu, away = y - mu, theta = f->theta;
  switch (f->kind) {
    case DC_FAMILY_BINOMIAL: *variance = mu * p->rest; return y_log(y, y / mu) + y_log(1 - y, (1 - y) / p->rest);
    case DC_FAMILY_POISSON: *variance = mu; return y_log(y, y / mu) - away;
    case DC_FAMILY_NEGBIN:
      *variance = mu + mu * mu / theta;
      return y_log(y, y / mu) - (y + theta) * dc_log1p(away / (mu + theta));
    case DC_FAMILY_GAMMA: *variance = mu * mu; return away / mu - dc_log(y / mu);
    default: *variance = 1; return away * away / 2;
  }
}

void dc_family_tile(const dc_family *family, size_t n, const double *y, const double *prior, const double *eta,
                    double *mu, double *w, double *s, dc_family_sums *sums)
{
  bool chance = family->kind == DC_FAMILY_BINOMIAL;
  dc_family_sums t = {0, 0, 0, 0};
  for (size_t i = 0; i < n; i++) {
    point p = at_link(family, eta[i]);
    mu[i] = p.mu;
    w[i] = s[i] = 0;
    if (prior[i] <= 0) continue;
    if (!allowed(family->kind, &p)) {
      t.deviance = INFINITY;
      continue;
    }
    double variance, half = deviance_of(family, y[i], &p, &variance), away = y[i] - p.mu;
    if (chance && p.mu > 0.5) away = p.rest - (1 - y[i]);
    w[i] = prior[i] * p.slope * (p.slope / variance);
    s[i] = prior[i] * away * (p.slope / variance);
    t.deviance += 2 * prior[i] * half;
    t.pearson += prior[i] * away * (away / variance);
    t.prior += prior[i];
    t.response += prior[i] * y[i];
  }
  sums->deviance += t.deviance;
  sums->pearson += t.pearson;
  sums->prior += t.prior;
  sums->response += t.response;
}

/* The normal quantile by Newton's method from a logistic guess: for beginnings only. */
static double normal_quantile(double mu)
{
  double x = 0.6 * (dc_log(mu) - dc_log1p(-mu));
  for (int k = 0; k < 40; k++) {
    point p = at_probit(x);
    double step = (p.mu - mu) / fmax(p.slope, 1e-300);
    x -= fmax(-0.5, fmin(0.5, step));
  }
  return x;
}

double dc_family_eta(const dc_family *family, double mu)
{
  dc_link link = family->link;
  if (family->kind == DC_FAMILY_BINOMIAL)
    mu = fmax(1e-10, fmin(1 - 1e-10, mu));
  else if (family->kind != DC_FAMILY_GAUSSIAN && family->kind != DC_FAMILY_LOGNORMAL)
    mu = fmax(mu, SMALL);
  switch (link) {
    case DC_LINK_LOGIT: return dc_log(mu) - dc_log1p(-mu);
    case DC_LINK_PROBIT: return normal_quantile(mu);
    case DC_LINK_CLOGLOG: return dc_log(-dc_log1p(-mu));
    case DC_LINK_LOG: return dc_log(fmax(mu, SMALL));
    case DC_LINK_INVERSE: return 1 / (mu == 0 ? SMALL : mu);
    default: return mu;
  }
}

double dc_family_first(const dc_family *family, double y, double prior)
{
  switch (family->kind) {
    case DC_FAMILY_BINOMIAL: return dc_family_eta(family, (prior * y + 0.5) / (prior + 1));
    case DC_FAMILY_POISSON: return dc_family_eta(family, y + 0.1);
    case DC_FAMILY_NEGBIN: return dc_family_eta(family, y > 0 ? y : 1.0 / 6);
    default: return dc_family_eta(family, y);
  }
}

/* Stirling's series from 15 on; below, the recurrence up to there. */
double dc_log_gamma(double x)
{
  double product = 1;
  for (; x < 15; x++) product *= x;
  double r = 1 / x, q = r * r;
  double series = r * (1.0 / 12 - q * (1.0 / 360 - q * (1.0 / 1260 - q * (1.0 / 1680 - q * (1.0 / 1188)))));
  return (x - 0.5) * dc_log(x) - x + HALF_LOG_2_PI + series - dc_log(product);
}

static double digamma(double x)
{
  double low = 0;
  for (; x < 15; x++) low += 1 / x;
  double r = 1 / x, q = r * r;
  return dc_log(x) - 0.5 * r - q * (1.0 / 12 - q * (1.0 / 120 - q * (1.0 / 252 - q * (1.0 / 240 - q / 132)))) - low;
}

static double trigamma(double x)
{
  double low = 0;
  for (; x < 15; x++) low += 1 / (x * x);
  double r = 1 / x, q = r * r;
  return r + 0.5 * q + r * q * (1.0 / 6 - q * (1.0 / 30 - q * (1.0 / 42 - q * (1.0 / 30 - q * 5 / 66)))) + low;
}

void dc_negbin_theta(double theta, double y, double mu, double *first, double *second)
{
  double sum = mu + theta;
  *first = digamma(theta + y) - digamma(theta) + dc_log(theta / sum) + (mu - y) / sum;
  *second = trigamma(theta + y) - trigamma(theta) + 1 / theta - 2 / sum + (y + theta) / (sum * sum);
}

static double log_choose(double m, double k)
{
  if (k <= 0 || k >= m) return 0;
  return dc_log_gamma(m + 1) - dc_log_gamma(k + 1) - dc_log_gamma(m - k + 1);
}

double dc_family_log_likelihood(const dc_family *family, double y, double prior, double trials, double mu,
                                double dispersion)
{
  double theta = family->theta;
  if (prior <= 0) return 0;
  switch (family->kind) {
    case DC_FAMILY_BINOMIAL: {
      double m = isnan(trials) ? prior : trials, whole = round(m), won = round(m * y);
      if (m <= 0) return 0;
      return prior / m * (log_choose(whole, won) + y_log(won, mu) + (whole > won ? (whole - won) * dc_log1p(-mu) : 0));
    }
    case DC_FAMILY_POISSON: return prior * (y_log(y, mu) - mu - dc_log_gamma(y + 1));
    case DC_FAMILY_NEGBIN:
      return prior * (dc_log_gamma(theta + y) - dc_log_gamma(theta) - dc_log_gamma(y + 1) +
                      y_log(y, mu / (mu + theta)) - theta * dc_log1p(mu / theta));
    case DC_FAMILY_GAMMA: {
      double shape = 1 / dispersion;
      return prior * (shape * dc_log(shape * y / mu) - shape * y / mu - dc_log(y) - dc_log_gamma(shape));
    }
    default: return 0;
  }
}
