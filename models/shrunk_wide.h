/* Hot loops for several instruction sets, chosen at run time. For loops whose every element is its own sum: with
 * -ffp-contract=off the bytes are the same whichever is chosen. */
#ifndef DC_MODELS_SHRUNK_WIDE_H
#define DC_MODELS_SHRUNK_WIDE_H

#include <stddef.h>

#if defined(__x86_64__) && defined(__GNUC__) && defined(__linux__)
#define DC_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define DC_WIDE
#endif

/* Four doubles side by side; written out because -O2 does not vectorise loops of unknown length. */
#if defined(__GNUC__)
#define DC_ALWAYS_INLINE inline __attribute__((always_inline))
typedef double dc_quad __attribute__((vector_size(32), aligned(8), may_alias));
#else
#define DC_ALWAYS_INLINE inline
#endif

/* row[j] -= f[0] y[0][j] + f[1] y[1][j] + f[2] y[2][j] + f[3] y[3][j] for first <= j < n; y has rows of `stride`. */
static DC_ALWAYS_INLINE void dc_wide_subtract(double *row, const double *y, size_t stride, const double f[4],
                                              size_t first, size_t n)
{
  const double *y1 = y + stride, *y2 = y1 + stride, *y3 = y2 + stride;
  size_t j = first;
#if defined(__GNUC__)
  const dc_quad f0 = {f[0], f[0], f[0], f[0]}, f1 = {f[1], f[1], f[1], f[1]};
  const dc_quad f2 = {f[2], f[2], f[2], f[2]}, f3 = {f[3], f[3], f[3], f[3]};
  for (; j + 4 <= n; j += 4)
    *(dc_quad *)(row + j) -= (f0 * *(const dc_quad *)(y + j) + f1 * *(const dc_quad *)(y1 + j)) +
                             (f2 * *(const dc_quad *)(y2 + j) + f3 * *(const dc_quad *)(y3 + j));
#endif
  for (; j < n; j++) row[j] -= (f[0] * y[j] + f[1] * y1[j]) + (f[2] * y2[j] + f[3] * y3[j]);
}

/* row[j] -= f y[j] for first <= j < n. */
static DC_ALWAYS_INLINE void dc_wide_subtract_one(double *row, const double *y, double f, size_t first, size_t n)
{
  size_t j = first;
#if defined(__GNUC__)
  const dc_quad f0 = {f, f, f, f};
  for (; j + 4 <= n; j += 4) *(dc_quad *)(row + j) -= f0 * *(const dc_quad *)(y + j);
#endif
  for (; j < n; j++) row[j] -= f * y[j];
}

#endif
