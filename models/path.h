/* The elastic net: coefficients at a penalty lambda, along a path of them, and lambda by cross-validation.
 *
 * Minimises deviance / (2 W) + lambda sum over columns but the intercept of (1 - alpha) / 2 b^2 + alpha |b|, W the sum of
 * weights, b the coefficient of the column divided by its standard deviation with divisor n: the objective of glmnet
 * (Friedman, Hastie and Tibshirani 2010, Journal of Statistical Software 33, sections 2 and 3). Each outer step takes the
 * quadratic model of one fresh pass and descends by coordinates over the active set on its Gram matrix, with the intercept
 * at its best value throughout; the step is halved where the objective rises (Lee, Sun and Saunders 2014). A fit is done when
 * the conditions of Karush, Kuhn and Tucker hold on fresh sums to 1e-10. */
#ifndef DC_MODELS_PATH_H
#define DC_MODELS_PATH_H

#include "models/newton.h"

typedef struct dc_net {
  double alpha;     /* 0 ridge .. 1 lasso */
  double lambda;    /* >= 0 */
  double tolerance; /* of the conditions, in standard units; 0 = all digits */
} dc_net;

/* How a fit ended. */
typedef struct dc_net_end {
  size_t steps; /* added to what it was */
  double kkt;   /* the largest violation of the conditions */
} dc_net_end;

/* Scratch of a problem's fits. */
typedef struct dc_net_space dc_net_space;
dc_net_space *dc_net_space_new(const dc_problem *problem); /* from the arena; NULL when memory ends */

/* From beta (p, changed), where q is fresh, to the minimum, with q there; the problem's moments are known
 * (dc_problem_moments). DC_W_MAXITER where it was not reached in 200 steps. */
dc_status dc_net_fit(dc_problem *problem, dc_net_space *space, dc_net net, double *beta, dc_quadratic *q,
                     dc_net_end *end, dc_error *error) DC_MUST_CHECK;

/* The largest violation of the conditions at beta, where q is fresh. */
double dc_net_kkt(const dc_problem *problem, dc_net net, const double *beta, const dc_quadratic *q);

/* The smallest lambda that keeps every column out, q being fresh at beta with every column out and the intercept at its
 * best; alpha below .001 counts as that. */
double dc_net_ceiling(const dc_problem *problem, double alpha, const dc_quadratic *q);

enum { DC_PATH_POINTS = 100 };

typedef struct dc_path_point {
  double lambda;
  double explained;   /* 1 - deviance / that with every column out */
  size_t used;        /* columns with a coefficient */
  double mean, error; /* deviance a unit of weight of rows held out, and its standard error over folds; NaN before */
} dc_path_point;

typedef struct dc_path {
  double alpha;
  size_t n;             /* points, lambda descending from the ceiling; fewer where nothing is gained any more */
  dc_path_point *point; /* DC_PATH_POINTS */
  size_t best, plain;   /* after cross-validation: the least mean; the largest lambda within its standard error */
} dc_path;

/* The path on all rows, warm starts along it. */
dc_status dc_path_fit(dc_problem *problem, double alpha, dc_path *path, dc_error *error) DC_MUST_CHECK;

/* Fills mean, error, best and plain. in_time: fold k of `folds` is held out from a fit to the rows before it (the rows are
 * in order of time); otherwise rows are dealt to folds by what is in
 * them (folds.h). */
dc_status dc_path_validate(dc_problem *problem, dc_path *path, size_t folds, bool in_time,
                           dc_error *error) DC_MUST_CHECK;

#endif
