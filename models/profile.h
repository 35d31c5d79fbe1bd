/* Profile likelihood: limits of coefficients and likelihood-ratio tests of terms, by refits with coefficients held.
 *
 * A limit is where twice the fall of the log-likelihood (over the dispersion; with its prior, if there is one), maximised
 * over all other coefficients, reaches the square of the normal's or t's quantile (Venzon and Moolgavkar 1988, Applied
 * Statistics 37). It is found as the root of the signed square root of that fall, which is nearly straight, to 1e-10
 * standard errors; each refit starts from the straight line of the others. */
#ifndef DC_MODELS_PROFILE_H
#define DC_MODELS_PROFILE_H

#include "models/newton.h"

typedef struct dc_profile {
  dc_problem *problem;
  dc_newton how;            /* with its penalty */
  const double *beta;       /* p: the maximum */
  const double *covariance; /* packed, of dispersion 1, there */
  double objective;         /* there: -log likelihood + penalty */
  double dispersion;
  double reach; /* the quantile: 1.96 for 95 % */
} dc_profile;

/* Both limits of the problem's column j, in the design's units; infinite where the likelihood never falls so far. The
 * intercept's are the design's intercept's. */
dc_status dc_profile_limits(const dc_profile *profile, size_t j, double *lower, double *upper,
                            dc_error *error) DC_MUST_CHECK;

/* Twice the fall of the log-likelihood without columns first .. first + count - 1 of the design; df: how many of them are in
 * the problem. */
dc_status dc_profile_without(const dc_profile *profile, size_t first, size_t count, double *fall, size_t *df,
                             dc_error *error) DC_MUST_CHECK;

/* The Wald statistic of the same columns, by the covariance of a judged fit. NaN where that is singular. */
dc_status dc_profile_wald(const dc_fit *fit, size_t first, size_t count, struct dc_arena *arena, double *statistic,
                          size_t *df, dc_error *error) DC_MUST_CHECK;

#endif
