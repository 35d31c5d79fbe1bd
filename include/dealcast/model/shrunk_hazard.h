/* Discrete-time competing risks: in each time cell an open deal is won, lost or stays open. */
#ifndef DEALCAST_MODEL_SHRUNK_HAZARD_H
#define DEALCAST_MODEL_SHRUNK_HAZARD_H

#include "dealcast/error.h"
#include "dealcast/model/factors.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DC_WON = 0, DC_LOST = 1, DC_RISKS = 2 };

/* Grouped rows: rows with the same codes and length are one row with counts.
 * code        n_rows x n_factors, row-major
 * log_length  n_rows: log of the cell's length over the unit length, an offset for both risks
 * weight      n_rows x 3: how many (weighted) deals were won, lost, stayed open; >= 0, not all zero */
typedef struct dc_hazard_rows {
  size_t n_rows;
  int n_factors;
  const dc_factor *factors;
  const uint32_t *code;
  const double *log_length;
  const double *weight;
} dc_hazard_rows;

typedef struct dc_hazard_options {
  int threads;
  double prior_intercept[DC_RISKS]; /* centre of the intercepts' prior: log odds against staying open, unit length */
  double prior_intercept_sd;        /* of that prior, e.g. 1 */
  int max_newton;                   /* e.g. 50 steps in all */
  int max_outer;                    /* variance updates, e.g. 12; 0 keeps every tau at its prior */
  double tau_tolerance;             /* variances are settled when no log variance moves further, e.g. 1e-3 */
  double tolerance;                 /* on the Newton decrement per unit of weight, e.g. 1e-9 */
} dc_hazard_options;

void dc_hazard_defaults(dc_hazard_options *options);

/* log odds of risk c against staying open = intercept[c] + sum_f beta[c][offset[f] + code_f] + log_length */
typedef struct dc_hazard {
  int n_factors;
  uint32_t *offset; /* n_factors + 1 */
  double intercept[DC_RISKS];
  double *beta[DC_RISKS]; /* offset[n_factors] values each */
  double *tau[DC_RISKS];  /* n_factors standard deviations */
  double log_likelihood;  /* of the rows, without penalty */
  double effective_df;    /* trace of the hat matrix where the dense block is concerned; effects by their diagonal */
  double events[DC_RISKS], exposure;
  int newton_steps;
  bool converged;
} dc_hazard;

/* Penalised maximum likelihood of the pooled multinomial logit over row-periods (Tutz and Schmid 2016, ch. 8), factor
 * variances by marginal likelihood. start may be NULL or an earlier fit with the same factors (warm start); it never
 * changes what is converged to by more than the tolerance. The same bytes for any number of threads.
 * Returns DC_OK or DC_W_MAXITER with *fit set, else an error. With no rows at all: the prior. */
dc_status dc_hazard_fit(const dc_hazard_rows *rows, const dc_hazard_options *options, const dc_hazard *start,
                        dc_hazard **fit, dc_error *error) DC_MUST_CHECK;
void dc_hazard_free(dc_hazard *fit);

/* Hazards of one cell: h[DC_WON], h[DC_LOST], from linear predictors without the length. */
void dc_hazard_from_eta(const double eta[DC_RISKS], double log_length, double h[DC_RISKS]);

/* Linear predictors of one row of codes. */
void dc_hazard_eta(const dc_hazard *fit, const uint32_t *code, double eta[DC_RISKS]);

#endif
