/* Cubic B-splines: the columns of a smooth term. */
#ifndef DC_MODELS_SMOOTH_H
#define DC_MODELS_SMOOTH_H

#include "dealcast/model/design.h"

enum { DC_SMOOTH_ORDER = 4 };

/* The functions that are not zero at x: *first and the three behind it, and their values, which sum to 1. knots: basis + 4,
 * ascending, the ends four times each. Beyond the ends x counts as the end (a smooth goes on level). de Boor 2001, A
 * Practical Guide to Splines, chapter X, algorithm 8. */
void dc_smooth_values(const double *knots, size_t basis, double x, size_t *first, double value[DC_SMOOTH_ORDER]);

/* Knots at quantiles of x, equal weights; x is n finite numbers and stays as it is. Fewer distinct values than functions
 * give fewer: *basis is set, at least 4. knots has room for *basis + 4. */
dc_status dc_smooth_place(const double *x, size_t n, double *knots, size_t *basis, dc_error *error) DC_MUST_CHECK;

#endif
