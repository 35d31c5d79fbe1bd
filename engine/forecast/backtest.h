/* The rolling-origin backtest that every forecast carries: at each origin everything is refitted from what was known
 * then, and the forecast is set beside what came and beside the baselines. */
#ifndef DC_FORECAST_BACKTEST_H
#define DC_FORECAST_BACKTEST_H

#include "engine/forecast/baselines.h"

enum { DC_BACKTEST_QUANTILES = 9, DC_METHOD_OURS = DC_BASELINES, DC_METHODS };
extern const double dc_backtest_levels[DC_BACKTEST_QUANTILES]; /* .025 .05 .10 .25 .50 .75 .90 .95 .975 */
const char *dc_method_name(int method);                        /* "dealcast" or the baseline's name */

typedef struct dc_backtest_row {
  int32_t origin, period_start;
  int horizon, method;
  dc_measure measure;
  double mean, quantile[DC_BACKTEST_QUANTILES], crps, actual;
} dc_backtest_row;

/* Deals by forecast P(win in the first period), in even bins of its log odds, for the scores of single deals. */
enum { DC_SCORE_BINS = 4000 };
typedef struct dc_deal_scores {
  double n, won, log_loss, brier; /* sums */
  double bin_n[DC_SCORE_BINS], bin_won[DC_SCORE_BINS], bin_p[DC_SCORE_BINS];
} dc_deal_scores;

typedef struct dc_backtest {
  size_t n_rows, row_capacity;
  dc_backtest_row *rows;
  size_t n_evidence, evidence_capacity;
  dc_past_forecast *evidence;
  int n_origins;
  dc_deal_scores *deals;
} dc_backtest;

typedef struct dc_backtest_request {
  const dc_features *features;
  const dc_calendar *calendar;
  const dc_snapshot *now; /* what came, as known on the as-of day */
  dc_rows *rows;          /* fresh; on return holds what was known at the last origin */
  int origins, horizons, threads;
} dc_backtest_request;

/* *conversion receives the last origin's fit (to warm the next one) or NULL, *last_origin the day up to which rows were
 * collected (INT32_MIN / 2 when there was no origin). */
dc_status dc_backtest_run(const dc_backtest_request *request, dc_backtest **backtest, dc_conversion **conversion,
                          int32_t *last_origin, dc_error *error) DC_MUST_CHECK;
void dc_backtest_free(dc_backtest *backtest);

typedef struct dc_quality {
  double crps, wape, bias, coverage_50, coverage_80, coverage_95;
  int n;
} dc_quality;

/* Over the backtest rows of one method, horizon and measure; n = 0 when there are none. */
void dc_quality_of(const dc_backtest *backtest, int method, int horizon, dc_measure measure, dc_quality *quality);

typedef struct dc_deal_quality {
  double log_loss, brier, auc, ece, slope;
  int64_t n;
} dc_deal_quality;

/* Slope of a logistic regression of the outcome on the forecast's log odds, by bins, with the variance of its estimate;
 * NaN where undefined. */
double dc_deal_slope(const dc_deal_scores *scores, double *variance);

/* Calibration error over ten equally filled groups (ties stay together); slope of the outcome on the forecast's log
 * odds. NaN where undefined. */
void dc_deal_quality_of(const dc_deal_scores *scores, dc_deal_quality *quality);

#endif
