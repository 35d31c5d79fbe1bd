/* Symmetric positive definite matrices of a few hundred rows, row-major.
 *
 * Written out rather than taken from a BLAS so that the bytes do not depend on which BLAS is linked. Outer-product
 * Cholesky, four pivots at a time (Golub and Van Loan 2013, section 4.2.9); every sum has a fixed order. */
#ifndef DC_MODELS_SHRUNK_SPD_H
#define DC_MODELS_SHRUNK_SPD_H

#include <stdbool.h>
#include <stddef.h>

/* a (n x n, upper triangle read) becomes U with U'U = a, in the upper triangle. diagonal: scratch of n. False, with a
 * in pieces, when a pivot is not above rounding error (1e-15 of its diagonal entry) or not finite. */
bool dc_spd_factor(double *a, size_t n, double *diagonal);

/* x (n) becomes (U'U)^-1 x. */
void dc_spd_solve(const double *u, size_t n, double *x);

/* inverse (n x n, all of it) = (U'U)^-1; scratch n x n. */
void dc_spd_invert(const double *u, size_t n, double *scratch, double *inverse, int threads);

/* sum x_i y_i in four fixed lanes. */
double dc_spd_dot(const double *x, const double *y, size_t n);

#endif
