/* Parts that `logistic` and `glm` call around their Newton fit, by the options below. */
#ifndef DC_MODELS_GLM_PARTS_H
#define DC_MODELS_GLM_PARTS_H

#include "models/newton.h"

/* A fit under way. */
typedef struct dc_glm_fit {
  const dc_model *model;
  const dc_task *task;
  dc_problem *problem;
  dc_newton how;               /* steps and tolerance from the options */
  double *beta;                /* p: start, then the maximum */
  dc_quadratic *q;             /* there */
  double *covariance;          /* packed, dispersion 1 (the penalty's curvature included) */
  double rows, log_likelihood; /* rows of weight above 0; as R has it, with its constant */
  double dispersion;
  dc_newton_result result;
  dc_fit *fit;
  bool fitted; /* set by dc_glm_before when it has filled beta, q, covariance and result itself (a path) */
  void *part;  /* for whoever fills the parts: kept from before to after */
} dc_glm_fit;

/* Before Newton runs: sets how.penalty, or fits by itself. After it, the fit laid out, judged and with its figures:
 * notes on separation, profile limits in place of Wald's, tests of terms. Both: models/glm_parts.c. */
dc_status dc_glm_before(dc_glm_fit *fit, dc_error *error) DC_MUST_CHECK;
dc_status dc_glm_after(dc_glm_fit *fit, dc_error *error) DC_MUST_CHECK;

/* Options of the parts, behind those of the model itself. (Read with dc_task_option(fit->model, fit->task, "name").) */
#define DC_GLM_PART_OPTIONS

#endif
