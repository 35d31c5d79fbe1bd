/* The distribution of a period's bookings: a sum over deals that are won or not, over a common shock. */
#ifndef DC_FORECAST_BOOKINGS_H
#define DC_FORECAST_BOOKINGS_H

#include "dealcast/error.h"
#include <stddef.h>

/* Given a shock Z ~ Gamma(mean 1, variance phi), deals are independent.
 *
 * n deals      won in the period with probability p[i] (after mixing over Z: P(win | Z = z) = 1 - exp(-z H) with H so
 *              that the mean over Z is p exactly), then worth amount[i] in the mean, lognormal with log_sd[i] (0 = sure)
 * n_new kinds  of deals not created yet: the number of wins of kind j is Poisson with mean rate[j] * Z * G, where
 *              G ~ Gamma(mean 1, variance new_variance) is common to all kinds; worth new_amount[j], new_log_sd[j]
 * fixed        already booked
 * For counts, amounts are 1 and log_sd 0. */
typedef struct dc_bookings_input {
  size_t n;
  const double *p, *amount, *log_sd;
  size_t n_new;
  const double *rate, *new_amount, *new_log_sd;
  double new_variance;
  double fixed;
  double phi;
} dc_bookings_input;

/* A distribution function on an even grid: cdf[i] = P(X <= origin + i * step), piecewise linear between, except where
 * lattice is true: then X takes the values origin + i * step only. */
typedef struct dc_bookings {
  double mean, sd;
  double origin, step;
  size_t n;
  double *cdf;
  int lattice;
} dc_bookings;

/* Characteristic functions inverted by FFT, mixed over quadrature nodes of Z (and G). The mean is exact: equal to
 * fixed + sum p amount + sum rate new_amount to 1e-12 relative. Always succeeds with phi >= 0, also with no deals. */
dc_status dc_bookings_new(const dc_bookings_input *input, dc_bookings **out, dc_error *error) DC_MUST_CHECK;

/* A normal or lognormal-like stand-in for baselines: mean and standard deviation, cut at 0. */
dc_status dc_bookings_normal(double mean, double sd, dc_bookings **out, dc_error *error) DC_MUST_CHECK;

void dc_bookings_free(dc_bookings *b);
double dc_bookings_cdf(const dc_bookings *b, double x);       /* P(X <= x) */
double dc_bookings_quantile(const dc_bookings *b, double q);  /* smallest x with P(X <= x) >= q, interpolated */
double dc_bookings_crps(const dc_bookings *b, double actual); /* integral of (F(x) - 1[x >= actual])^2 */

#endif
