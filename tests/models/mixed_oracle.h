/* Mixed models from their definition, densely and slowly: what model mixed is held against. */
#ifndef TESTS_MODELS_MIXED_ORACLE_H
#define TESTS_MODELS_MIXED_ORACLE_H

#include "dealcast/model/fit.h"

#include <stddef.h>

/* x: n x p; z: n x m, so that eta = X beta + Z u with u ~ N(0, I): variances are in z. */
typedef struct oracle {
  size_t n, p, m;
  const double *x, *z, *y, *trials, *weight; /* trials, weight: NULL = 1 */
} oracle;

/* Minus twice the log (restricted) likelihood of y ~ N(X beta, sigma^2 W^-1 + ZZ'), from that matrix itself; beta and its
 * covariance (p x p) by generalised least squares. */
double oracle_gaussian(const oracle *o, double sigma, int restricted, double *beta, double *covariance);

/* Minus twice the log of Laplace's approximation to the marginal likelihood at beta, all constants in it; binomial (logit)
 * or Poisson (log). u (m) receives the mode. */
double oracle_laplace(const oracle *o, dc_link link, const double *beta, double *u);

/* a (n x n, symmetric) becomes its lower Cholesky factor; returns the log determinant. x = a^-1 x with it. */
double oracle_factor(double *a, size_t n);
void oracle_solve(const double *l, size_t n, double *x);

#endif
