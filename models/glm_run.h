/* What `logistic` and `glm` share: a fit of a family under a link from start to figures. */
#ifndef DC_MODELS_GLM_RUN_H
#define DC_MODELS_GLM_RUN_H

#include "models/glm_parts.h"

dc_status dc_glm_run(const dc_model *model, const dc_family *family, const dc_task *task, dc_fit *fit,
                     dc_error *error) DC_MUST_CHECK;

/* In covariance (packed, internal columns, dispersion 1) in place: the sandwich, of rows or of the design's clusters (White
 * 1980; Liang and Zeger 1986; for clusters times G / (G - 1)). */
dc_status dc_glm_sandwich(dc_glm_fit *glm, double *covariance, dc_error *error) DC_MUST_CHECK;

/* The negative binomial's theta by maximum likelihood, in turns with the coefficients (Venables and Ripley 2002, 7.4);
 * its standard error, NaN where it has none. The problem's family is Poisson before and negative binomial after. */
dc_status dc_glm_theta(dc_glm_fit *glm, double *theta_error, dc_error *error) DC_MUST_CHECK;

/* log_likelihood, aic, bic, deviances, degrees of freedom, dispersion. */
dc_status dc_glm_figures(dc_glm_fit *glm, dc_error *error) DC_MUST_CHECK;
/* Rows of weight above 0 and log likelihood at the fit. */
dc_status dc_glm_likelihood(dc_glm_fit *glm, dc_error *error) DC_MUST_CHECK;

#define DC_GLM_OPTIONS                                                                                                 \
  {.name = "robust", .kind = DC_OPTION_FLAG, .most = 1, .meaning = "errors that hold if the variance is another"},     \
      {.name = "steps",                                                                                                \
       .kind = DC_OPTION_INTEGER,                                                                                      \
       .initial = 50,                                                                                                  \
       .least = 1,                                                                                                     \
       .most = 10000,                                                                                                  \
       .meaning = "at most so many steps of Newton's method"},                                                         \
      {.name = "tolerance",                                                                                            \
       .kind = DC_OPTION_NUMBER,                                                                                       \
       .initial = 1e-9,                                                                                                \
       .least = 1e-13,                                                                                                 \
       .most = 0.1,                                                                                                    \
       .meaning = "the last step is below this many standard errors"},

#endif
