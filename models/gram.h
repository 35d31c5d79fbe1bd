/* A generalised linear model's rows, and the quadratic model of its log likelihood around any coefficients, from one pass.
 *
 * A problem is a task made ready: its terms laid out, numbers to be centred and scaled as they are read, factors joined
 * where the product of their levels is small, so that a pass adds a row to one line of a table. Categorical columns are
 * never dense.
 *
 * Coefficients of a problem ("beta", p of them) belong to internal columns: the design's columns without those left out
 * (aliased), numbers as (x - centre) scale. A coefficient of the design is beta[j] scale[j]; only the intercept moves
 * (dc_problem_to_design). So a coefficient that is 0, or is held fixed, is so in the design too. */
#ifndef DC_MODELS_GRAM_H
#define DC_MODELS_GRAM_H

#include "dealcast/model/model.h"
#include "models/family.h"

/* log likelihood(beta + d) ~ log_likelihood + score'd - d'gram d / 2; the working response of R's glm has X'Wz = gram beta
 * + score. The Gram matrix is packed by rows: (i, j), j <= i, at i (i + 1) / 2 + j. Expected information (Fisher) except
 * where the link is canonical or how->observed asks for the observed one. Divided by the dispersion: not; as if it were 1. */
typedef struct dc_quadratic {
  size_t p;
  double *gram;  /* p (p + 1) / 2: X'WX */
  double *score; /* p */
  double *pull;  /* p: X' of dc_effect's pulls; NULL = the problem has no effect */
  double deviance;
  double log_likelihood; /* - deviance / 2: up to a constant, as if the dispersion were 1 */
  double pearson;        /* sum of w (y - mu)^2 / V(mu) */
  double weight, sum;    /* sums of the prior weights (times trials) and of weighted responses */
  double most;           /* largest |eta| */
} dc_quadratic;

static inline size_t dc_packed(size_t i, size_t j) { return i >= j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i; }

typedef struct dc_rows dc_rows; /* how a pass reads rows; gram_rows.h */
typedef struct dc_effect dc_effect;

typedef struct dc_problem {
  const dc_task *task;
  dc_family family;       /* with its link and, for the negative binomial, theta */
  dc_effect *effect;      /* NULL = none: shrunken intercepts beside the columns, gram_rows.h */
  size_t p;               /* internal columns */
  bool intercept;         /* then it is column 0 */
  size_t *column;         /* p: the design's column (of dc_fit) */
  double *centre, *scale; /* p: a number's; 0 and 1 otherwise */
  double *mean, *sd;      /* p: of the design's columns, once dc_problem_moments has found them */
  double *start;          /* p: where Newton begins */
  double constant;        /* the intercept of a fit to nothing else */
  double **twin;        /* n_columns: of a column left out, its shares of the design's other columns; NULL otherwise */
  double null_deviance; /* NaN where it is not known yet */
  size_t n_columns;     /* of the design */
  dc_rows *rows;
} dc_problem;

/* Scratch is from task->arena; nothing to free. */
dc_status dc_problem_new(const dc_task *task, const dc_family *family, dc_problem **problem,
                         dc_error *error) DC_MUST_CHECK;
dc_quadratic *dc_quadratic_new(const dc_problem *problem); /* from the arena, zeroed; NULL when memory ends */

/* One pass over all rows at beta. */
dc_status dc_problem_at(dc_problem *problem, const double *beta, dc_quadratic *q, dc_error *error) DC_MUST_CHECK;
/* The same without the Gram matrix and score: deviance and log likelihood only. */
dc_status dc_problem_deviance(dc_problem *problem, const double *beta, dc_quadratic *q, dc_error *error) DC_MUST_CHECK;

/* Means and standard deviations (divisor n) by prior weights; intercept: 1 and 0. */
dc_status dc_problem_moments(dc_problem *problem, dc_error *error) DC_MUST_CHECK;

/* Coefficients and covariance of internal columns as the design's: estimate n_columns, NaN for columns left out;
 * covariance: packed p (p + 1) / 2 -> n_columns^2 row-major, NaN for columns left out. */
void dc_problem_to_design(const dc_problem *problem, const double *beta, double *estimate);
void dc_problem_covariance(const dc_problem *problem, const double *packed, double *covariance);

#endif
