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
extern const char *const dc_glm_choose[], *const dc_glm_ridge[], *const dc_glm_limits[], *const dc_glm_tests[];

#define DC_GLM_PART_OPTIONS                                                                                            \
  {.name = "lambda", .kind = DC_OPTION_NUMBER, .most = 1e100, .meaning = "penalty of the elastic net; 0 = none"},      \
      {.name = "alpha",                                                                                                \
       .kind = DC_OPTION_NUMBER,                                                                                       \
       .initial = 1,                                                                                                   \
       .most = 1,                                                                                                      \
       .meaning = "kind of the elastic net: 1 = lasso, leaves columns out; 0 = ridge"},                                \
      {.name = "choose",                                                                                               \
       .kind = DC_OPTION_CHOICE,                                                                                       \
       .most = 2,                                                                                                      \
       .choices = dc_glm_choose,                                                                                       \
       .meaning = "lambda by rows held out: a hash deals them, or rows are in order of time"},                         \
      {.name = "folds",                                                                                                \
       .kind = DC_OPTION_INTEGER,                                                                                      \
       .initial = 10,                                                                                                  \
       .least = 2,                                                                                                     \
       .most = 1000,                                                                                                   \
       .meaning = "parts of the rows that are held out in turn"},                                                      \
      {.name = "one-error",                                                                                            \
       .kind = DC_OPTION_FLAG,                                                                                         \
       .most = 1,                                                                                                      \
       .meaning = "the largest lambda within one standard error of the best"},                                         \
      {.name = "ridge",                                                                                                \
       .kind = DC_OPTION_CHOICE,                                                                                       \
       .most = 2,                                                                                                      \
       .choices = dc_glm_ridge,                                                                                        \
       .meaning = "normal priors of numbers and of each factor: by marginal likelihood, or fixed"},                    \
      {.name = "ridge-penalty",                                                                                        \
       .kind = DC_OPTION_NUMBER,                                                                                       \
       .initial = 1,                                                                                                   \
       .least = 1e-8,                                                                                                  \
       .most = 1e8,                                                                                                    \
       .meaning = "1 / variance of the prior, with --ridge fixed"},                                                    \
      {.name = "logf",                                                                                                 \
       .kind = DC_OPTION_NUMBER,                                                                                       \
       .most = 1e6,                                                                                                    \
       .meaning = "m of a log-F(m, m) prior: 1 keeps estimates finite under separation; 0 = none"},                    \
      {.name = "limits",                                                                                               \
       .kind = DC_OPTION_CHOICE,                                                                                       \
       .most = 1,                                                                                                      \
       .choices = dc_glm_limits,                                                                                       \
       .meaning = "intervals from standard errors, or by profile likelihood"},                                         \
      {.name = "tests",                                                                                                \
       .kind = DC_OPTION_CHOICE,                                                                                       \
       .most = 1,                                                                                                      \
       .choices = dc_glm_tests,                                                                                        \
       .meaning = "of terms: from standard errors, or by refits without them (likelihood ratio)"},

#endif
