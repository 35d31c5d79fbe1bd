/* What earlier origins teach about the mean and the spread of later ones. */
#ifndef DC_FORECAST_CALIBRATE_H
#define DC_FORECAST_CALIBRATE_H

#include "engine/forecast/bookings.h"
#include "engine/forecast/projection.h"

typedef enum dc_measure { DC_AMOUNT, DC_COUNT, DC_MEASURES } dc_measure;
const char *dc_measure_name(dc_measure measure);

/* One target that came to pass: how the raw forecast of what was still to come compared with it. */
typedef struct dc_past_forecast {
  int32_t origin, period_end;
  int horizon;
  double closed;                /* closed deals that the forecast had learned from */
  double raw[DC_MEASURES];      /* raw mean of the part not yet booked at the origin */
  double mean[DC_MEASURES];     /* the same after the calibration of that time */
  double variance[DC_MEASURES]; /* of the sum if deals were independent */
  double actual[DC_MEASURES];   /* what then came, beyond what was booked */
  double slope, slope_variance; /* of the outcomes of deals open then on the log odds of their raw P(win in the period);
                                   slope_variance is not above 0 where there is no slope */
} dc_past_forecast;

/* By horizon 1 .. DC_MAX_PERIODS - 1 ([0] unused).
 * factor  multiplies the mean: credibility-weighted ratio of actual to raw
 * slope   of the log odds of single deals: below 1 draws them together, the sum stays
 * phi     variance of the common shock, relative; never 0
 * n       targets behind it */
typedef struct dc_calibration {
  double factor[DC_MEASURES][DC_MAX_PERIODS];
  double phi[DC_MEASURES][DC_MAX_PERIODS];
  double slope[DC_MAX_PERIODS];
  int n[DC_MAX_PERIODS];
  int horizons; /* with evidence of their own; longer ones take the last */
} dc_calibration;

/* From evidence whose period ended at or before `known`. Factors are Buehlmann credibility estimates (Buehlmann and
 * Gisler 2005, ch. 3) around 1 at horizon 1 and around the horizon before it then; slope (Platt 1999, Cox 1958) and phi,
 * by moments, likewise. */
void dc_calibrate(const dc_past_forecast *evidence, size_t n, int32_t known, int horizons, dc_calibration *calibration);

/* Which deals, kinds and bookings belong to the scope asked for; NULL takes all.
 * open    indices of the projection's open deals, ascending
 * kind    indices of its kinds, ascending; share: the part of the kind's wins that belongs here, 0 < share <= 1
 * booked  already booked in the period
 * Parts whose deals are disjoint and whose shares add up to 1 have means that add up to the whole's. */
typedef struct dc_part {
  size_t n_open, n_kinds;
  const uint32_t *open, *kind;
  const double *share;
  dc_sum booked;
} dc_part;

typedef enum dc_component { DC_WON_SO_FAR, DC_FROM_OPEN, DC_FROM_NEW, DC_TOTAL, DC_COMPONENTS } dc_component;
const char *dc_component_name(dc_component component);

/* Makes a raw projection a calibrated one, once: the expected wins and bookings of each period are then the raw ones times
 * their factors, to rounding (less where that would be more deals than there are). */
dc_status dc_calibration_apply(const dc_calibration *calibration, dc_projection *projection,
                               dc_error *error) DC_MUST_CHECK;

/* The distribution of one component of one period (0-based; horizon = period + 1) of a calibrated projection. */
dc_status dc_distribution(const dc_projection *projection, const dc_calibration *calibration, int period,
                          dc_measure measure, dc_component component, const dc_part *part, dc_bookings **out,
                          dc_error *error) DC_MUST_CHECK;

/* Mean and independent variance of what is still to come in a period of a calibrated projection. */
void dc_future_moments(const dc_projection *projection, int period, dc_measure measure, double *mean, double *variance);

#endif
