/* The parts of the registry model `linear`.
 *
 * Inside, column j of the design is (x - centre_j) scale_j and the response (y - offset - centre) scale, with scales that are
 * powers of two: nothing overflows, and a column's digits are not lost to its mean. Only numbers are centred, and only where
 * there is an intercept. Coefficients are refined on the columns as they are given. */
#ifndef DC_MODELS_LINEAR_H
#define DC_MODELS_LINEAR_H

#include "dealcast/model/model.h"
#include "engine/base/arena.h"
#include "models/pairs.h"
#include "models/qr.h"

typedef struct linear {
  const dc_task *task;
  const dc_design *design;
  const double *y;
  dc_fit *fit; /* laid out */
  size_t n;    /* columns of the design */
  double *centre, *scale;
  double y_centre, y_scale, weight_scale;
  size_t used; /* rows of weight > 0 */

  size_t rank;       /* columns kept */
  size_t *kept;      /* rank of them, ascending */
  double *triangle;  /* rank x rank, row-major: R of the kept columns */
  double *projected; /* rank: Q'y */
  double tolerance;

  pair *beta; /* n + 1, of x scale_j without centring, for y scale; 0 for those left out */
  /* All scaled: sums of squares of residuals, of all, of the model; all is about the weighted mean where there is an intercept. */
  double residual_squares, total_squares, model_squares;
  double log_weights; /* sum of the logs of weights */
} linear;

/* linear_rows.c: scales and centres from a first pass; the rows of a tile. */
dc_status linear_scale(linear *m, dc_error *error) DC_MUST_CHECK;
/* Rows first .. last - 1 (<= QR_ROWS), times the root of their weight; column n is the response when `response`. Filled up
 * with rows of zeros to whole lanes; returns the rows then. */
size_t linear_fill(const linear *m, size_t first, size_t last, bool response, double *tile);
/* The root of a row's weight, scaled. */
double linear_root(const linear *m, size_t row);
/* The column of a row's level in a term; SIZE_MAX = the reference. */
static inline size_t linear_level(const dc_fit_term *laid, const dc_term *term, size_t row)
{
  uint32_t code = dc_codes_at(&term->codes, row);
  if (code == term->reference) return SIZE_MAX;
  return laid->first + code - (term->reference != DC_NO_REFERENCE && code > term->reference ? 1 : 0);
}

/* linear_rank.c: keeps the columns that are more than rounding beside those before them. r: (n + 1) squared. */
dc_status linear_keep(linear *m, const double *r, dc_error *error) DC_MUST_CHECK;
/* x becomes the solution of R x = b; of R'x = b. */
void linear_solve(const linear *m, double *x);
void linear_solve_transposed(const linear *m, double *x);

/* linear_refine.c: coefficients to the last digit, by residuals in twice the digits. */
dc_status linear_refine(linear *m, dc_error *error) DC_MUST_CHECK;
/* y - offset - X beta of rows first .. last - 1 (<= QR_ROWS), scaled. */
void linear_residuals(const linear *m, size_t first, size_t last, double *residual);

/* linear_errors.c: the factor C of the covariance C C' of the kept coefficients (rank x rank, row-major, natural units).
 * df: of the tests. */
dc_status linear_errors(linear *m, const double **factor, double *df, dc_error *error) DC_MUST_CHECK;

/* linear_tests.c: covariance, and the F test of each term and of all, from the factor. */
dc_status linear_judge(linear *m, const double *factor, double df, double *f_of_all, dc_error *error) DC_MUST_CHECK;

extern const dc_model dc_model_linear;

#endif
