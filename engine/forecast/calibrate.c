#include "engine/forecast/calibrate.h"

#include <math.h>

/* How biased a raw forecast is believed to be (sd of the ratio), how much single targets scatter about it, and for how
 * many targets that belief counts; older targets count less, those of forecasts that knew less, too. */
static const double BIAS_SD = 0.1, SCATTER_SD = 0.2, SCATTER_TARGETS = 3, FADE = 0.93;
/* The common shock before any evidence (a standard deviation of 17 %), and what is added a horizon. */
static const double PHI_PRIOR = 0.03, PHI_TARGETS = 6, PHI_GROWTH = 1.15, PHI_LEAST = 0.004, PHI_MOST = 2;
/* How far from 1 the slope is believed to be, and how much it scatters between targets beyond its standard error. */
static const double SLOPE_SD = 0.2, SLOPE_SCATTER = 0.15, SLOPE_LEAST = 0.2, SLOPE_MOST = 2;
static const double FACTOR_LEAST = 0.2, FACTOR_MOST = 5;

const char *dc_measure_name(dc_measure measure)
{
  static const char *const names[DC_MEASURES] = {"amount", "count"};
  return names[measure];
}

const char *dc_component_name(dc_component component)
{
  static const char *const names[DC_COMPONENTS] = {"won", "open", "new", "total"};
  return names[component];
}

static bool counts(const dc_past_forecast *e, int32_t known, int horizon, dc_measure m)
{
  return e->period_end <= known && e->horizon == horizon && e->raw[m] > 0;
}

static double clamp(double x, double least, double most) { return x < least ? least : x > most ? most : x; }

/* What was forecast from half as many closed deals says half as much about a forecast of today; origins that share a
 * target share its luck. closed: the most that any of them had learned from. */
static double relevance(const dc_past_forecast *evidence, size_t n, const dc_past_forecast *e, dc_measure m,
                        double closed)
{
  double sharing = 0;
  for (size_t j = 0; j < n; j++)
    sharing += counts(&evidence[j], e->period_end, e->horizon, m) && evidence[j].period_end == e->period_end;
  return (closed > 0 ? e->closed / closed : 1) / sharing;
}

/* Ratio of actual to raw around `prior`, by credibility. */
static double credible_factor(const dc_past_forecast *evidence, size_t n, int32_t known, int horizon, dc_measure m,
                              double prior)
{
  double targets = 0, weight = 0, raw = 0, actual = 0, scatter = 0, closed = 0, fade = 1;
  for (size_t k = 0; k < n; k++)
    if (counts(&evidence[k], known, horizon, m)) closed = fmax(closed, evidence[k].closed);
  for (size_t k = n; k-- > 0;) {
    if (!counts(&evidence[k], known, horizon, m)) continue;
    double w = fade * relevance(evidence, n, &evidence[k], m, closed);
    raw += w * evidence[k].raw[m] * prior;
    actual += w * evidence[k].actual[m];
    weight += w;
    fade *= FADE;
  }
  if (!(weight > 0)) return prior;
  double ratio = actual / raw;
  for (size_t k = 0; k < n; k++) {
    if (!counts(&evidence[k], known, horizon, m)) continue;
    double w = relevance(evidence, n, &evidence[k], m, closed),
           off = evidence[k].actual[m] / (evidence[k].raw[m] * prior) - ratio;
    scatter += w * off * off;
    targets += w;
  }
  double variance = (SCATTER_TARGETS * SCATTER_SD * SCATTER_SD + scatter) / (SCATTER_TARGETS + fmax(targets - 1, 0));
  double pull = variance / (BIAS_SD * BIAS_SD), typical = raw / weight;
  return clamp(prior * (pull * typical + actual) / (pull * typical + raw), FACTOR_LEAST, FACTOR_MOST);
}

static double credible_phi(const dc_past_forecast *evidence, size_t n, int32_t known, int horizon, dc_measure m,
                           double prior)
{
  double sum = PHI_TARGETS * prior, targets = PHI_TARGETS;
  for (size_t k = 0; k < n; k++) {
    const dc_past_forecast *e = &evidence[k];
    if (!counts(e, known, horizon, m)) continue;
    double w = relevance(evidence, n, e, m, 0), off = e->actual[m] - e->mean[m];
    sum += w * clamp((off * off - e->variance[m]) / (e->mean[m] * e->mean[m]), -prior, PHI_MOST);
    targets += w;
  }
  return clamp(sum / targets, PHI_LEAST, PHI_MOST);
}

/* Slopes of single targets around `prior`. */
static double credible_slope(const dc_past_forecast *evidence, size_t n, int32_t known, int horizon, double prior)
{
  double weight = 1 / (SLOPE_SD * SLOPE_SD), sum = weight * prior;
  for (size_t k = 0; k < n; k++) {
    const dc_past_forecast *e = &evidence[k];
    if (e->period_end > known || e->horizon != horizon || !(e->slope_variance > 0)) continue;
    double w = 1 / (SLOPE_SCATTER * SLOPE_SCATTER + e->slope_variance);
    sum += w * clamp(e->slope, SLOPE_LEAST, SLOPE_MOST);
    weight += w;
  }
  return sum / weight;
}

void dc_calibrate(const dc_past_forecast *evidence, size_t n, int32_t known, int horizons, dc_calibration *c)
{
  c->horizons = horizons;
  for (int h = 0; h < DC_MAX_PERIODS; h++) c->n[h] = 0;
  for (size_t k = 0; k < n; k++)
    if (evidence[k].period_end <= known) c->n[evidence[k].horizon]++;
  for (int m = 0; m < DC_MEASURES; m++) {
    double factor = 1, phi = PHI_PRIOR / PHI_GROWTH;
    for (int h = 1; h < DC_MAX_PERIODS; h++) {
      if (h <= horizons) factor = credible_factor(evidence, n, known, h, (dc_measure)m, factor);
      phi = h <= horizons ? credible_phi(evidence, n, known, h, (dc_measure)m, phi * PHI_GROWTH) : phi;
      c->factor[m][h] = factor;
      c->phi[m][h] = phi;
    }
  }
  for (int h = 1; h < DC_MAX_PERIODS; h++)
    c->slope[h] = h <= horizons ? credible_slope(evidence, n, known, h, h > 1 ? c->slope[h - 1] : 1) : c->slope[h - 1];
}
