/* The registry's hazard as tests of its shrunken engine use it: grouped rows with counts in, plain arrays out. */
#ifndef TESTS_MODELS_HAZARD_DOOR_H
#define TESTS_MODELS_HAZARD_DOOR_H

#include "models/shrunk_hazard.h"

enum { DC_WON = 0, DC_LOST = 1, DC_RISKS = 2 };

/* code n_rows x n_factors, row-major; weight n_rows x 3: won, lost, still open. */
typedef struct hazard_rows {
  size_t n_rows;
  int n_factors;
  const dc_factor *factors;
  const uint32_t *code;
  const double *log_length, *weight;
} hazard_rows;

typedef struct hazard_options {
  int threads;
  double prior_intercept[DC_RISKS], prior_intercept_sd;
  int max_outer, max_newton; /* max_newton: 0 = as the registry's model has it */
  double tolerance;          /* of log variances */
} hazard_options;

/* log odds of risk c against staying open = intercept[c] + sum_f beta[c][offset[f] + code_f] + log_length */
typedef struct hazard {
  int n_factors;
  uint32_t *offset;
  double intercept[DC_RISKS];
  double *beta[DC_RISKS], *tau[DC_RISKS];
  double log_likelihood, effective_df;
  int newton_steps;
  bool converged;
  dc_fit *fit;
} hazard;

hazard_options hazard_defaults(int threads);
dc_status hazard_fit(const hazard_rows *rows, const hazard_options *options, const dc_shrunk_limits *limits,
                     const hazard *start, hazard **fit, dc_error *error);
void hazard_free(hazard *h);
void hazard_eta(const hazard *fit, const uint32_t *code, double eta[DC_RISKS]);
void hazard_from_eta(const double eta[DC_RISKS], double log_length, double h[DC_RISKS]);

#endif
