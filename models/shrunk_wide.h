/* Rows of a matrix subtracted from another: every element is its own sum, so the bytes are the same whichever instruction
 * set is chosen (-ffp-contract=off). */
#ifndef DC_MODELS_SHRUNK_WIDE_H
#define DC_MODELS_SHRUNK_WIDE_H

#include "models/wide.h"

/* row[j] -= f[0] y[0][j] + f[1] y[1][j] + f[2] y[2][j] + f[3] y[3][j] for first <= j < n; y has rows of `stride`. */
WIDE_INLINE void dc_wide_subtract(double *row, const double *y, size_t stride, const double f[4], size_t first,
                                  size_t n)
{
  const double *y1 = y + stride, *y2 = y1 + stride, *y3 = y2 + stride;
  size_t j = first;
#if defined(__GNUC__)
  const wide4 f0 = {f[0], f[0], f[0], f[0]}, f1 = {f[1], f[1], f[1], f[1]};
  const wide4 f2 = {f[2], f[2], f[2], f[2]}, f3 = {f[3], f[3], f[3], f[3]};
  for (; j + 4 <= n; j += 4)
    *(wide4 *)(row + j) -= (f0 * *(const wide4 *)(y + j) + f1 * *(const wide4 *)(y1 + j)) +
                           (f2 * *(const wide4 *)(y2 + j) + f3 * *(const wide4 *)(y3 + j));
#endif
  for (; j < n; j++) row[j] -= (f[0] * y[j] + f[1] * y1[j]) + (f[2] * y2[j] + f[3] * y3[j]);
}

/* row[j] -= f y[j] for first <= j < n. */
WIDE_INLINE void dc_wide_subtract_one(double *row, const double *y, double f, size_t first, size_t n)
{
  size_t j = first;
#if defined(__GNUC__)
  const wide4 f0 = {f, f, f, f};
  for (; j + 4 <= n; j += 4) *(wide4 *)(row + j) -= f0 * *(const wide4 *)(y + j);
#endif
  for (; j < n; j++) row[j] -= f * y[j];
}

#endif
