/* Linear regression with shrunken categorical effects, used on the log of amounts. */
#ifndef DEALCAST_MODEL_SHRUNK_LINEAR_H
#define DEALCAST_MODEL_SHRUNK_LINEAR_H

#include "dealcast/error.h"
#include "dealcast/model/factors.h"
#include <stddef.h>
#include <stdint.h>

/* code n_rows x n_factors row-major; y n_rows; weight n_rows or NULL (all 1). */
typedef struct dc_linear_rows {
  size_t n_rows;
  int n_factors;
  const dc_factor *factors;
  const uint32_t *code;
  const double *y, *weight;
} dc_linear_rows;

typedef struct dc_linear {
  int n_factors;
  uint32_t *offset;
  double intercept, *beta, *tau;
  double sigma; /* residual standard deviation */
  double smear; /* weighted mean of exp(residual): E[exp(y)] = exp(eta) * smear (Duan 1983) */
  double r2;    /* of the shrunken fit, in sample */
  size_t n_rows;
} dc_linear;

/* Gaussian mixed model: beta_l ~ N(0, tau_f^2), tau and sigma by (restricted) marginal likelihood. With 0 rows:
 * intercept 0, sigma prior_sigma. The same bytes for any number of threads. */
dc_status dc_linear_fit(const dc_linear_rows *rows, double prior_sigma, int threads, dc_linear **fit,
                        dc_error *error) DC_MUST_CHECK;
void dc_linear_free(dc_linear *fit);
double dc_linear_eta(const dc_linear *fit, const uint32_t *code);

#endif
