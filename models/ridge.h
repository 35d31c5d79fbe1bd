/* Ridge penalties by groups of columns, and their choice by marginal likelihood.
 *
 * All numbers are one group, their coefficients those of the standardised columns (divisor n); each factor and each term
 * of slopes is a group of its own. A group's coefficients are normal with variance 1 / penalty; of a factor, the effects of
 * all its levels are, the reference's too, so that the fit does not depend on which one that is: its columns have the
 * precision penalty (I - 11'/levels). The intercept is free.
 *
 * The penalties maximise Laplace's approximation of the likelihood with all coefficients integrated out (Tierney and Kadane
 * 1986; Wood 2011, Journal of the Royal Statistical Society B 73, section 2), by its gradient in the logarithms, which takes
 * the change of the information with the coefficients into account (by differences). */
#ifndef DC_MODELS_RIDGE_H
#define DC_MODELS_RIDGE_H

#include "models/newton.h"

typedef struct dc_ridge_group {
  const char *name; /* the term's, or "numbers" */
  size_t columns;
  double penalty;
  double df; /* effective: columns less what the penalty takes away; by dc_ridge_choose */
} dc_ridge_group;

typedef struct dc_ridge dc_ridge;

/* Every group with the penalty given. In the task's arena. */
dc_status dc_ridge_new(const dc_problem *problem, double penalty, dc_ridge **ridge, dc_error *error) DC_MUST_CHECK;
const dc_ridge_group *dc_ridge_groups(const dc_ridge *ridge, size_t *n);
dc_penalty dc_ridge_penalty(dc_ridge *ridge);

/* The penalties of greatest marginal likelihood. beta (p) becomes the maximum under them, q the model there; *marginal the
 * log marginal likelihood up to a constant. Penalties stay within 1e-8 and 1e8: at the upper end a group is shrunk away.
 * DC_W_MAXITER where the last steps still gained. */
dc_status dc_ridge_choose(dc_ridge *ridge, dc_problem *problem, dc_newton how, double *beta, dc_quadratic *q,
                          double *marginal, dc_error *error) DC_MUST_CHECK;

#endif
