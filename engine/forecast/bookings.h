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

/* Characteristic functions inverted by FFT, mixed over quadrature nodes of Z (and G). mean is fixed + sum p amount + sum
 * rate new_amount to 1e-12 relative, sd that of all amounts. Always succeeds with phi >= 0, also with no deals.
 *
 * Accuracy, in standard deviations of the sum, for quantiles .025 to .975 and the mean distance of distribution functions:
 *   a few 1e-4 as a rule (2e-3 with log_sd above 0.2 and hundreds of deals or kinds, whose like amounts share one
 *     characteristic function), exact where all amounts are one (a lattice, up to some thousand values)
 *   1e-3 where the sum has steps (few wins of sure amounts; a whale; rare deals; 30 to 64 unlike amounts of multiples): a step
 *     is spread over a 4,000th of the range
 *   2e-3 with phi > 1 and hundreds of deals, close to zero
 *   1e-2 with log_sd above 0.75: amounts that come less than once in 10^4 sums or less, and are far from the others, are not on
 *     the grid; their probability is in cdf's last step. Below them the distribution function is right to 1e-4, at places
 *     within two grid steps.
 * Cost is bounded whatever the input: as a rule 0.1 ms for a deal, 0.6 ms for 10, 1 ms for 50, 2 ms for 600 to 10,000; up to
 * 5 ms for few deals and 20 ms for many with phi above 1, or with log_sd above 0.75 and unlike amounts; and 0.2 us for each
 * further deal. See tests/forecast/test_bookings_cost.c and bench/bench_bookings.c. */
dc_status dc_bookings_new(const dc_bookings_input *input, dc_bookings **out, dc_error *error) DC_MUST_CHECK;

/* A normal or lognormal-like stand-in for baselines: mean and standard deviation, cut at 0. */
dc_status dc_bookings_normal(double mean, double sd, dc_bookings **out, dc_error *error) DC_MUST_CHECK;

void dc_bookings_free(dc_bookings *b);
double dc_bookings_cdf(const dc_bookings *b, double x);       /* P(X <= x) */
double dc_bookings_quantile(const dc_bookings *b, double q);  /* smallest x with P(X <= x) >= q, interpolated */
double dc_bookings_crps(const dc_bookings *b, double actual); /* integral of (F(x) - 1[x >= actual])^2 */

#endif
