/* How good the backtest's forecasts were. */
#include "engine/forecast/backtest.h"

#include <math.h>

enum { GROUPS = 10, NEWTON_STEPS = 50 };

void dc_quality_of(const dc_backtest *b, int method, int horizon, dc_measure measure, dc_quality *q)
{
  double error = 0, absolute = 0, actual = 0, crps = 0, inside[3] = {0, 0, 0};
  int n = 0;
  for (size_t r = 0; r < b->n_rows; r++) {
    const dc_backtest_row *row = &b->rows[r];
    if (row->method != method || row->horizon != horizon || row->measure != measure) continue;
    n++;
    crps += row->crps;
    error += row->mean - row->actual;
    absolute += fabs(row->mean - row->actual);
    actual += fabs(row->actual);
    inside[0] += row->actual >= row->quantile[3] && row->actual <= row->quantile[5];
    inside[1] += row->actual >= row->quantile[2] && row->actual <= row->quantile[6];
    inside[2] += row->actual >= row->quantile[0] && row->actual <= row->quantile[8];
  }
  q->n = n;
  q->crps = n ? crps / n : NAN;
  q->wape = actual > 0 ? absolute / actual : NAN;
  q->bias = actual > 0 ? error / actual : NAN;
  q->coverage_50 = n ? inside[0] / n : NAN;
  q->coverage_80 = n ? inside[1] / n : NAN;
  q->coverage_95 = n ? inside[2] / n : NAN;
}

/* P(a won deal was scored above one that was not), ties half. */
static double area_under_curve(const dc_deal_scores *s)
{
  double below = 0, area = 0, other = s->n - s->won;
  for (int k = 0; k < DC_SCORE_BINS; k++) {
    double lost = s->bin_n[k] - s->bin_won[k];
    area += s->bin_won[k] * (below + lost / 2);
    below += lost;
  }
  return s->won > 0 && other > 0 ? area / (s->won * other) : NAN;
}

static double calibration_error(const dc_deal_scores *s)
{
  double sum = 0, n = 0, won = 0, p = 0;
  for (int k = 0; k < DC_SCORE_BINS; k++) {
    n += s->bin_n[k];
    won += s->bin_won[k];
    p += s->bin_p[k];
    if (n < s->n / GROUPS && k + 1 < DC_SCORE_BINS) continue;
    sum += fabs(won - p);
    n = won = p = 0;
  }
  return s->n > 0 ? sum / s->n : NAN;
}

/* Adds the score and the information of one bin to those of intercept and slope. */
static void add_bin(const dc_deal_scores *s, int k, double a, double b, double score[2], double information[3])
{
  double p = s->bin_p[k] / s->bin_n[k], x = log(p / (1 - p)), q = 1 / (1 + exp(-a - b * x));
  double off = s->bin_won[k] - s->bin_n[k] * q, w = s->bin_n[k] * q * (1 - q);
  score[0] += off;
  score[1] += off * x;
  information[0] += w;
  information[1] += w * x;
  information[2] += w * x * x;
}

double dc_deal_slope(const dc_deal_scores *s, double *variance)
{
  double a = 0, b = 1;
  *variance = NAN;
  if (s->won <= 0 || s->won >= s->n) return NAN;
  for (int step = 0; step < NEWTON_STEPS; step++) {
    double g[2] = {0, 0}, h[3] = {0, 0, 0};
    for (int k = 0; k < DC_SCORE_BINS; k++)
      if (s->bin_n[k] > 0) add_bin(s, k, a, b, g, h);
    double det = h[0] * h[2] - h[1] * h[1];
    if (!(det > 1e-12 * h[0] * h[2])) return NAN;
    double da = (h[2] * g[0] - h[1] * g[1]) / det, db = (h[0] * g[1] - h[1] * g[0]) / det;
    a += da;
    b += db;
    if (fabs(da) + fabs(db) > 1e-10) continue;
    *variance = h[0] / det;
    return b;
  }
  return NAN;
}

void dc_deal_quality_of(const dc_deal_scores *s, dc_deal_quality *q)
{
  double variance;
  q->n = (int64_t)s->n;
  q->log_loss = s->n > 0 ? s->log_loss / s->n : NAN;
  q->brier = s->n > 0 ? s->brier / s->n : NAN;
  q->auc = area_under_curve(s);
  q->ece = calibration_error(s);
  q->slope = dc_deal_slope(s, &variance);
}
