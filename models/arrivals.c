/* Arrivals of new deals.
 *
 * Input: counts by cell, with length and place in the year and the quarter. Two penalised negative-binomial
 * regressions, both by Fisher scoring:
 *   1. over the whole past: a level that wanders (linear between knots 90 days apart, a random walk a priori), the
 *      season and the place in the quarter; from its residuals the dispersion;
 *   2. with those as an offset, the level and slope at the end of the data, old cells discounted by exp(-age / T).
 * T is chosen among a few by the errors of the same fit 30 days ahead at past ends of data, recent ones first, with a
 * prior for 120 days; the spread of the errors 60 days ahead, less what counting noise explains, is the level's own
 * uncertainty, with a prior worth 6 observations. A break is feared when the last 45 days are far from what was foreseen
 * before them; then T is 28 days (automatic monitoring and intervention: West and Harrison, ch. 11).
 * Prediction: exp(level + damped slope + season). Sources: Hilbe 2011, Negative Binomial Regression, ch. 8 (scoring);
 * West and Harrison 1997, Bayesian Forecasting and Dynamic Models, ch. 6 (discounting); Gardner and McKenzie 1985
 * (damped trend); random-walk splines as in Eilers and Marx 1996. */
#include "dealcast/model/arrivals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.141592653589793;
static const double damping = 0.99;                 /* of the trend, per day */
static const double knot_days = 90, walk_sd = 0.18; /* of the wandering level, per knot */
static const double season_sd[4] = {0.3, 0.3, 0.15, 0.15}, quarter_sd = 0.15;
static const double trend_sd = 0.0008;                      /* per day */
static const double trend_reach = 1000;                     /* days over which the past slope counts */
static const double excess_prior = 0.05, excess_weight = 8; /* 1 / k, and the cells that this is worth */
static const double level_prior_sd = 0.15, level_prior_weight = 6;
static const double near_days = 30, ahead_days = 60; /* ahead: to choose T by, to measure the level's uncertainty by */
static const double loss_memory = 240;               /* days */
static const double alarm_days = 45, alarm_at = 5,
                    alarm_memory = 28;                    /* a break in the level; squared standard errors */
static const double memories[] = {45, 80, 120, 200, 400}; /* T, days */
enum { MEMORIES = sizeof memories / sizeof *memories, USUAL = 2, MOST_KNOTS = 48, MOST_ORIGINS = 40 };
enum { FOURIER = 6, MOST_TERMS = MOST_KNOTS + FOURIER };

typedef struct history {
  size_t n;
  const dc_arrival_cells *cells;
  double *age;    /* of a cell's middle at the end of the data, days */
  double *offset; /* log days, then with the season added */
  double total, days, plain_rate;
  double excess; /* 1 / k */
} history;

static double terms_dot(const double *season, const double *in_quarter, double year, double quarter)
{
  double y = 2 * pi * year, q = 2 * pi * quarter;
  return season[0] * cos(y) + season[1] * sin(y) + season[2] * cos(2 * y) + season[3] * sin(2 * y) +
         in_quarter[0] * cos(q) + in_quarter[1] * sin(q);
}

/* Cholesky solution in place, lower triangle; 0 when not positive definite. */
static int solve(double *a, double *x, size_t p)
{
  for (size_t j = 0; j < p; j++) {
    for (size_t k = 0; k <= j; k++) {
      double sum = a[j * p + k];
      for (size_t i = 0; i < k; i++) sum -= a[j * p + i] * a[k * p + i];
      if (k < j)
        a[j * p + k] = sum / a[k * p + k];
      else if (sum > 0)
        a[j * p + j] = sqrt(sum);
      else
        return 0;
    }
    for (size_t k = 0; k < j; k++) x[j] -= a[j * p + k] * x[k];
    x[j] /= a[j * p + j];
  }
  for (size_t j = p; j-- > 0;) {
    for (size_t k = j + 1; k < p; k++) x[j] -= a[k * p + j] * x[k];
    x[j] /= a[j * p + j];
  }
  return 1;
}

/* The first regression: its terms, parameters and the matrix of one scoring step. */
typedef struct smooth {
  size_t knots, p;
  double spacing;
  int seasonal;
  double beta[MOST_TERMS], right[MOST_TERMS], matrix[MOST_TERMS * MOST_TERMS];
  size_t first_knot; /* of the current cell */
  double share[2], fourier[FOURIER];
} smooth;

static void cell_terms(smooth *s, const history *h, size_t i)
{
  double at = (h->age[0] - h->age[i]) / s->spacing, y = 2 * pi * h->cells->year[i], q = 2 * pi * h->cells->quarter[i];
  size_t k = at > 0 ? (size_t)at : 0;
  if (k + 2 > s->knots) k = s->knots - 2;
  s->first_knot = k;
  s->share[1] = fmin(fmax(at - (double)k, 0), 1);
  s->share[0] = 1 - s->share[1];
  double on = s->seasonal ? 1 : 0;
  double f[FOURIER] = {on * cos(y), on * sin(y), on * cos(2 * y), on * sin(2 * y), cos(q), sin(q)};
  memcpy(s->fourier, f, sizeof f);
}

static double cell_eta(const smooth *s)
{
  double eta = s->share[0] * s->beta[s->first_knot] + s->share[1] * s->beta[s->first_knot + 1];
  for (int j = 0; j < FOURIER; j++) eta += s->fourier[j] * s->beta[s->knots + (size_t)j];
  return eta;
}

static void add_cell(smooth *s, double score, double weight)
{
  size_t index[2 + FOURIER] = {s->first_knot, s->first_knot + 1};
  double x[2 + FOURIER] = {s->share[0], s->share[1]};
  for (size_t j = 0; j < FOURIER; j++) {
    index[2 + j] = s->knots + j;
    x[2 + j] = s->fourier[j];
  }
  for (size_t a = 0; a < 2 + FOURIER; a++) {
    s->right[index[a]] += score * x[a];
    for (size_t b = 0; b < 2 + FOURIER; b++) s->matrix[index[a] * s->p + index[b]] += weight * x[a] * x[b];
  }
}

/* Random walk between knots, a weak hold of its mean to the plain rate, and the Fourier terms to 0. */
static void add_penalties(smooth *s, double centre)
{
  double walk = 90 / (walk_sd * walk_sd * s->spacing);
  for (size_t k = 0; k < s->knots; k++) {
    double hold = 0.05 / (double)s->knots;
    s->right[k] -= hold * (s->beta[k] - centre);
    s->matrix[k * s->p + k] += hold;
    if (k + 1 == s->knots) break;
    double d = s->beta[k + 1] - s->beta[k];
    s->right[k] += walk * d;
    s->right[k + 1] -= walk * d;
    s->matrix[k * s->p + k] += walk;
    s->matrix[(k + 1) * s->p + k + 1] += walk;
    s->matrix[(k + 1) * s->p + k] -= walk;
    s->matrix[k * s->p + k + 1] -= walk;
  }
  for (size_t j = 0; j < FOURIER; j++) {
    double sd = j < 4 ? season_sd[j] : quarter_sd;
    s->right[s->knots + j] -= s->beta[s->knots + j] / (sd * sd);
    s->matrix[(s->knots + j) * s->p + s->knots + j] += 1 / (sd * sd);
  }
}

static double bounded(double x, double most) { return fmin(fmax(x, -most), most); }

static void fit_smooth(smooth *s, const history *h)
{
  double centre = log(h->plain_rate);
  for (size_t k = 0; k < s->knots; k++) s->beta[k] = centre;
  for (int round = 0; round < 60; round++) {
    memset(s->right, 0, sizeof s->right);
    memset(s->matrix, 0, sizeof s->matrix);
    for (size_t i = 0; i < h->n; i++) {
      cell_terms(s, h, i);
      double mu = exp(h->offset[i] + cell_eta(s)), weight = 1 / (1 + h->excess * mu);
      add_cell(s, (h->cells->count[i] - mu) * weight, mu * weight);
    }
    add_penalties(s, centre);
    if (!solve(s->matrix, s->right, s->p)) return;
    double most = 0;
    for (size_t j = 0; j < s->p; j++) {
      s->beta[j] += bounded(s->right[j], 1);
      most = fmax(most, fabs(s->right[j]));
    }
    if (most < 1e-9) return;
  }
}

/* 1 / k by moments: E[(y - mu)^2 - mu] = mu^2 / k, in the weights that make each cell count alike. */
static double excess_of(smooth *s, const history *h)
{
  double sum = excess_prior * excess_weight, weight = excess_weight;
  double free = fmax((double)h->n - 2 - 0.3 * (double)s->p, 0.5 * (double)h->n) / (double)h->n;
  for (size_t i = 0; i < h->n; i++) {
    cell_terms(s, h, i);
    double mu = exp(h->offset[i] + cell_eta(s)), d = h->cells->count[i] - mu;
    double information = mu * mu /
                         ((1 + h->excess * mu) * (1 + h->excess * mu)); /* inverse variance, up to 1/2 mu^-2 */
    if (!(mu > 1e-12)) continue;
    sum += information * (d * d / free - mu) / (mu * mu);
    weight += information;
  }
  return fmin(fmax(sum / weight, 1e-4), 20);
}

typedef struct level_fit {
  double level, slope, variance; /* of the level */
} level_fit;

/* The second regression as of the end of cell `last`, from cells 0 .. last; ages counted from that end. */
static level_fit fit_level(const history *h, size_t last, double memory)
{
  double end = h->age[last] - 0.5 * h->cells->days[last], a[4], x[2], spread[3] = {0, 0, 0};
  double pseudo = 0.5 / h->plain_rate; /* half a deal at the plain rate keeps the level finite */
  level_fit f = {log(h->plain_rate), 0, 0};
  for (int round = 0; round < 40; round++) {
    double mu0 = pseudo * exp(f.level);
    a[0] = mu0, a[1] = a[2] = 0, a[3] = 1 / (trend_sd * trend_sd);
    x[0] = 0.5 - mu0, x[1] = -f.slope * a[3];
    memset(spread, 0, sizeof spread);
    for (size_t i = last + 1; i-- > 0;) {
      double age = h->age[i] - end, discount = exp(-age / memory);
      if (discount < 1e-3) break;
      double run = -trend_reach * (1 - exp(-age / trend_reach));
      double mu = exp(h->offset[i] + f.level + run * f.slope), weight = discount / (1 + h->excess * mu);
      double score = weight * (h->cells->count[i] - mu), information = weight * mu;
      x[0] += score;
      x[1] += score * run;
      a[0] += information;
      a[2] += information * run;
      a[3] += information * run * run;
      spread[0] += discount * information;
    }
    double information = a[0] - a[2] * a[2] / a[3];
    f.variance = (spread[0] + mu0) / (information * information);
    if (!solve(a, x, 2)) break;
    f.level += bounded(x[0], 1);
    f.slope += bounded(x[1], 0.01);
    if (fabs(x[0]) < 1e-9 && fabs(x[1]) < 1e-11) break;
  }
  return f;
}

static double damped_run(double days) { return (1 - pow(damping, days)) / (1 - damping); }

typedef struct future {
  double error, noise; /* of the log of the count seen; its counting variance */
} future;

/* The `days_ahead` after cell `last`, as foreseen by f. 0 when the data ends well before. */
static int look_ahead(const history *h, size_t last, const level_fit *f, double days_ahead, future *out)
{
  double expected = 0.5, seen = 0.5, square = 0, at = 0;
  for (size_t i = last + 1; i < h->n && at < days_ahead; i++) {
    double days = h->cells->days[i];
    double mu = exp(h->offset[i] + f->level + f->slope * damped_run(at + 0.5 * days));
    at += days;
    expected += mu;
    square += mu * mu;
    seen += h->cells->count[i];
  }
  if (at < 0.75 * fmin(days_ahead, alarm_days)) return 0;
  out->error = log(seen / expected);
  out->noise = 1 / expected + h->excess * square / (expected * expected);
  return 1;
}

typedef struct record {
  double loss, excess, used; /* sums: robust loss near ahead; squared error less noise further ahead, its weight */
} record;

/* What a memory would have done at past ends of the data. */
static record past_errors(const history *h, double memory)
{
  const double prior = level_prior_sd * level_prior_sd;
  size_t first = h->n > 3 ? 2 : h->n, stride = 1 + h->n / MOST_ORIGINS;
  record r = {0, 0, 0};
  for (size_t last = h->n; last-- > first;) {
    if ((h->n - 1 - last) % stride || last + 1 == h->n) continue;
    level_fit f = fit_level(h, last, memory);
    future next;
    if (look_ahead(h, last, &f, near_days, &next))
      r.loss += exp(-h->age[last] / loss_memory) * log1p(next.error * next.error / (3 * (next.noise + prior)));
    if (look_ahead(h, last, &f, ahead_days, &next)) {
      double weight = 1 / (1 + next.noise / prior);
      r.excess += weight * (next.error * next.error - next.noise);
      r.used += weight;
    }
  }
  /* origins closer than the look ahead share part of their future */
  double spacing = (double)stride * h->days / (double)h->n;
  r.loss *= fmin(1, spacing / near_days);
  r.excess *= fmin(1, spacing / ahead_days);
  r.used *= fmin(1, spacing / ahead_days);
  return r;
}

/* Whether the last days are more than sqrt(alarm_at) standard errors from what was foreseen. */
static int broken(const history *h, double memory)
{
  size_t last = h->n - 1;
  future next;
  while (last > 0 && h->age[last] - 0.5 * h->cells->days[last] < alarm_days) last--;
  if (last < 2) return 0;
  level_fit f = fit_level(h, last, memory);
  if (!look_ahead(h, last, &f, HUGE_VAL, &next)) return 0;
  return next.error * next.error > alarm_at * (next.noise + f.variance + level_prior_sd * level_prior_sd);
}

static void fit_end(const history *h, dc_arrivals *fit)
{
  record best = {HUGE_VAL, 0, 0};
  double memory = 0;
  for (size_t m = 0; m < MEMORIES; m++) {
    double away = log(memories[m] / memories[USUAL]);
    record r = past_errors(h, memories[m]);
    r.loss += 0.1 * away * away;
    if (r.loss >= best.loss) continue;
    best = r;
    memory = memories[m];
  }
  int alarm = broken(h, memory);
  level_fit f = fit_level(h, h->n - 1, alarm ? alarm_memory : memory);
  fit->log_level = f.level;
  fit->trend = f.slope;
  fit->damp = damping;
  double drift = level_prior_sd * level_prior_sd;
  double variance = (level_prior_weight * (drift + f.variance) + best.excess) / (level_prior_weight + best.used);
  if (alarm) variance = fmax(variance, 0) + drift;
  fit->level_sd = fmin(fmax(sqrt(fmax(variance, 0)), 0.03), 1);
}

static dc_status describe(const dc_arrival_cells *cells, history *h, dc_error *error)
{
  for (size_t i = 0; i < cells->n; i++) {
    if (!(cells->days[i] > 0) || !isfinite(cells->days[i]) || !(cells->count[i] >= 0) || !isfinite(cells->count[i]) ||
        !isfinite(cells->year[i]) || !isfinite(cells->quarter[i]))
      return dc_fail(error, DC_E_USAGE, "arrivals: cell %zu has %g deals in %g days", i + 1, cells->count[i],
                     cells->days[i]);
    h->total += cells->count[i];
    h->days += cells->days[i];
  }
  double at = 0;
  for (size_t i = cells->n; i-- > 0;) {
    h->age[i] = at + 0.5 * cells->days[i];
    h->offset[i] = log(cells->days[i]);
    at += cells->days[i];
  }
  h->plain_rate = fmax(h->total, 0.5) / h->days;
  h->excess = excess_prior;
  return DC_OK;
}

dc_status dc_arrivals_fit(const dc_arrival_cells *cells, dc_arrivals *fit, dc_error *error)
{
  if (!cells->n) return dc_fail(error, DC_E_SHORT, "arrivals: no cells");
  history h = {cells->n, cells, NULL, NULL, 0, 0, 0, 0};
  smooth *s = calloc(1, sizeof *s);
  h.age = malloc(2 * cells->n * sizeof *h.age);
  dc_status status = s && h.age ? DC_OK : dc_fail_memory(error, "fitting arrivals");
  if (status) goto done;
  h.offset = h.age + cells->n;
  if ((status = describe(cells, &h, error))) goto done;
  s->seasonal = h.days >= 547;
  s->knots = (size_t)fmin(fmax(ceil(h.days / knot_days) + 1, 2), MOST_KNOTS);
  s->spacing = fmax(h.age[0] - h.age[h.n - 1], 1) / (double)(s->knots - 1);
  s->p = s->knots + FOURIER;
  for (int round = 0; round < 3; round++) {
    fit_smooth(s, &h);
    h.excess = excess_of(s, &h);
  }
  dc_arrivals result = {0};
  for (size_t j = 0; j < 4 && s->seasonal; j++) result.season[j] = s->beta[s->knots + j];
  for (size_t j = 0; j < 2; j++) result.in_quarter[j] = s->beta[s->knots + 4 + j];
  for (size_t i = 0; i < h.n; i++)
    h.offset[i] += terms_dot(result.season, result.in_quarter, cells->year[i], cells->quarter[i]);
  result.dispersion = 1 / h.excess;
  fit_end(&h, &result);
  *fit = result;
done:
  free(s);
  free(h.age);
  return status;
}

double dc_arrivals_rate(const dc_arrivals *fit, double days_ahead, double year, double quarter)
{
  double run = (1 - pow(fit->damp, days_ahead)) / (1 - fit->damp);
  return exp(fit->log_level + fit->trend * run + terms_dot(fit->season, fit->in_quarter, year, quarter));
}
