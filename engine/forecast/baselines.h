/* The naive forecasts that every forecast is shown beside; each uses only what was known at the origin.
 * Within a period, those that go deal by deal count the part of it that is left. */
#ifndef DC_FORECAST_BASELINES_H
#define DC_FORECAST_BASELINES_H

#include "engine/forecast/calibrate.h"

typedef enum dc_baseline {
  DC_BASE_LAST,           /* bookings of the last full period */
  DC_BASE_RUN_RATE,       /* mean of the last three full periods */
  DC_BASE_LAST_QUARTER,   /* same position in the quarter before */
  DC_BASE_LAST_YEAR,      /* same position in the year before */
  DC_BASE_PIPELINE,       /* win rate x open amount x share of open deals that closed within one period */
  DC_BASE_STAGE_WEIGHTED, /* the same with the win rate of each stage */
  DC_BASE_COHORT,         /* mean share of deals of each age that were won in the next period */
  DC_BASE_ETS,            /* automatic exponential smoothing of bookings */
  DC_BASELINES
} dc_baseline;
const char *dc_baseline_name(dc_baseline baseline);

enum { DC_BACKTEST_HORIZONS = 3 };

/* mean[baseline][measure][horizon - 1]; NaN where a baseline cannot be formed yet. */
typedef struct dc_baseline_means {
  double mean[DC_BASELINES][DC_MEASURES][DC_BACKTEST_HORIZONS];
} dc_baseline_means;

dc_status dc_baselines_at(const dc_deals *deals, const dc_snapshot *snapshot, const dc_calendar *calendar,
                          const dc_periods *periods, dc_baseline_means *means, dc_error *error) DC_MUST_CHECK;

/* A distribution for a baseline from its own relative errors (actual / mean - 1) at earlier origins: normal with their
 * spread (and a prior) below 8 of them, else their own distribution. */
dc_status dc_baseline_distribution(double mean, const double *errors, size_t n, dc_bookings **out,
                                   dc_error *error) DC_MUST_CHECK;

#endif
