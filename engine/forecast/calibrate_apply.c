/* From a raw projection to a calibrated one. */
#include "engine/forecast/calibrate.h"

#include <math.h>
#include <stdlib.h>

/* Log odds are looked at within these bounds; P = 0 stays 0. */
static const double MOST_ODDS = 30;
enum { STEPS = 100 };

static double odds_of(double p)
{
  double odds = log(p / (1 - p));
  return odds > MOST_ODDS ? MOST_ODDS : odds < -MOST_ODDS ? -MOST_ODDS : odds;
}

static double sum_at(const double *odds, size_t n, double shift, double slope, double *derivative)
{
  double sum = 0, square = 0;
  for (size_t i = 0; i < n; i++) {
    double p = 1 / (1 + exp(-shift - slope * odds[i]));
    sum += p;
    square += p * p;
  }
  *derivative = sum - square;
  return sum;
}

/* The shift of the log odds with which the probabilities add up to `target`: Newton, kept within a shrinking bracket. */
static double find_shift(const double *odds, size_t n, double slope, double target)
{
  double low = -4 * MOST_ODDS, high = 4 * MOST_ODDS, shift = 0, derivative;
  for (int step = 0; step < STEPS; step++) {
    double off = sum_at(odds, n, shift, slope, &derivative) - target;
    if (fabs(off) <= 1e-13 * target) break;
    if (off > 0)
      high = shift;
    else
      low = shift;
    double next = derivative > 0 ? shift - off / derivative : low;
    shift = next > low && next < high ? next : (low + high) / 2;
    if (high - low < 1e-13) break;
  }
  return shift;
}

/* P(win) of the open deals in a period: one slope, and the shift that gives the sum asked for. odds: scratch. */
static void calibrate_open(dc_projection *p, size_t period, double factor, double slope, double *odds)
{
  size_t n = (size_t)p->periods.n, m = 0;
  double sum = 0;
  for (size_t i = 0; i < p->n_open; i++) {
    double raw = p->p_win[i * n + period];
    if (!(raw > 0)) continue;
    sum += raw;
    odds[m++] = odds_of(raw);
  }
  if (m == 0) return;
  double target = factor * sum, most = (sum + (double)m) / 2;
  double shift = find_shift(odds, m, slope, target < most ? target : most);
  m = 0;
  for (size_t i = 0; i < p->n_open; i++) {
    double *win = &p->p_win[i * n + period], *loss = &p->p_lost[i * n + period];
    if (!(*win > 0)) continue;
    double calibrated = 1 / (1 + exp(-shift - slope * odds[m++]));
    if (*win < 1) *loss *= (1 - calibrated) / (1 - *win);
    *win = calibrated;
  }
}

/* A deal is won once: periods share what they cannot have twice. */
static void keep_below_one(dc_projection *p)
{
  size_t n = (size_t)p->periods.n;
  for (size_t i = 0; i < p->n_open; i++) {
    double sum = 0;
    for (size_t k = 0; k < n; k++) sum += p->p_win[i * n + k] + p->p_lost[i * n + k];
    for (size_t k = 0; k < n && sum > 1; k++) {
      p->p_win[i * n + k] /= sum;
      p->p_lost[i * n + k] /= sum;
    }
  }
}

dc_status dc_calibration_apply(const dc_calibration *c, dc_projection *p, dc_error *error)
{
  double *odds = malloc((p->n_open + 1) * sizeof *odds), raw[DC_MAX_PERIODS];
  size_t n = (size_t)p->periods.n;
  if (!odds) return dc_fail_memory(error, "calibrating");
  for (size_t k = 0; k < n; k++) {
    double factor = c->factor[DC_COUNT][k + 1];
    raw[k] = dc_projection_future(p, (int)k).amount;
    calibrate_open(p, k, factor, c->slope[k + 1], odds);
    for (size_t j = 0; j < p->n_new; j++) p->rate[j * n + k] *= factor;
  }
  keep_below_one(p);
  for (size_t k = 0; k < n; k++) {
    double now = dc_projection_future(p, (int)k).amount;
    p->amount_scale[k] = now > 0 ? c->factor[DC_AMOUNT][k + 1] * raw[k] / now : 1;
  }
  free(odds);
  return DC_OK;
}
