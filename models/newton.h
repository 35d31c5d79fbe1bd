/* Newton's method (iteratively reweighted least squares) with step halving on a problem, with or without a penalty. */
#ifndef DC_MODELS_NEWTON_H
#define DC_MODELS_NEWTON_H

#include "models/gram.h"

/* Minus the log of a prior of the coefficients. add: its value at beta; its gradient is added to gradient (p) and its
 * Hessian to hessian (packed), where these are not NULL. */
typedef struct dc_penalty {
  double (*add)(void *context, const dc_problem *problem, const double *beta, double *gradient, double *hessian);
  void *context;
} dc_penalty;

typedef struct dc_newton {
  size_t max_steps;
  double tolerance;          /* the last step is at most so many standard errors */
  const dc_penalty *penalty; /* NULL = none */
  const bool *fixed;         /* p: coefficients held at their start; NULL = none is */
} dc_newton;

typedef struct dc_newton_result {
  size_t steps;
  bool converged;
  bool unbounded;     /* the likelihood rises for ever as coefficients grow: separation, no events */
  double objective;   /* -log likelihood + penalty */
  double *covariance; /* packed p (p + 1) / 2, of dispersion 1: inverse of gram + penalty's Hessian; 0 where fixed */
} dc_newton_result;

/* From beta (p, changed) to the maximum; q is the quadratic model there. result->covariance: room given, or NULL. */
dc_status dc_newton_run(dc_problem *problem, const dc_newton *how, double *beta, dc_quadratic *q,
                        dc_newton_result *result, dc_error *error) DC_MUST_CHECK;

/* Where Newton begins when nothing better is known. */
void dc_newton_start(const dc_problem *problem, double *beta);
/* One step from the quadratic model at beta. */
dc_status dc_newton_first(dc_problem *problem, const dc_quadratic *q, double *beta, dc_error *error) DC_MUST_CHECK;

/* Cholesky of a packed symmetric matrix in place (L by rows); false when it is not positive definite. Solve: in place. */
bool dc_packed_factor(double *a, size_t p);
void dc_packed_solve(const double *l, size_t p, double *b);
void dc_packed_invert(double *l, size_t p); /* the inverse of the matrix, packed, from its factor, in place */

#endif
