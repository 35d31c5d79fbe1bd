/* Least squares by normal equations of a dense matrix in long double: slow, plain, and nothing of it is the model's. */
#ifndef TESTS_MODELS_DENSE_H
#define TESTS_MODELS_DENSE_H

#include "dealcast/model/design.h"

typedef struct dense {
  size_t n, p;
  long double *x;       /* n x p: the columns as a fit has them */
  long double *inverse; /* of X'WX, p x p */
  long double *beta, *residual, *leverage;
  long double rss;
} dense;

/* Terms NUMBER, FACTOR and SLOPES; no column may be aliased. keep: which columns there are (NULL = all). */
dense *dense_fit(const dc_design *design, const double *y, const bool *keep);
void dense_free(dense *fit);

/* The covariance of beta: inverse M inverse with M the sum over groups of (sum of w factor_i r_i x_i) squared; group NULL =
 * each row its own; factor NULL = 1. p x p, the caller frees it. */
long double *dense_sandwich(const dense *fit, const double *weight, const long double *factor, const dc_codes *group);

#endif
