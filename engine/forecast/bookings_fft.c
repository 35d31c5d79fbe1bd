/* A real Fourier sum of a power-of-two length by Stockham's self-sorting algorithm (Van Loan 1992, section 1.7), through
 * a complex transform of half the length. */
#include "engine/forecast/bookings_internal.h"

#include <math.h>

enum { FINE = 64 };

static BOOKINGS_INLINE void butterfly(const double *ar, const double *ai, const double *br, const double *bi, double wr,
                                      double wi, double *xr, double *xi, double *yr, double *yi)
{
  double dr = *ar - *br, di = *ai - *bi;
  *xr = *ar + *br;
  *xi = *ai + *bi;
  *yr = dr * wr - di * wi;
  *yi = dr * wi + di * wr;
}

/* One stage: n transforms' halves, `stride` of them side by side. Turns w^(2 stride p) come from a table of w^k. */
BOOKINGS_WIDE static void stage(size_t half, size_t stride, const double *restrict from, const double *restrict from_im,
                                double *restrict to, double *restrict to_im, const double *turn)
{
  for (size_t p = 0; p < half; p++) {
    double wr = turn[4 * stride * p], wi = turn[4 * stride * p + 1];
    const double *a = from + stride * p, *ai = from_im + stride * p, *b = a + stride * half, *bi = ai + stride * half;
    double *x = to + 2 * stride * p, *xi = to_im + 2 * stride * p, *y = x + stride, *yi = xi + stride;
    if (stride < BOOKINGS_LANES)
      for (size_t q = 0; q < stride; q++) butterfly(a + q, ai + q, b + q, bi + q, wr, wi, x + q, xi + q, y + q, yi + q);
    else
      for (size_t q = 0; q < stride; q += BOOKINGS_LANES)
        for (size_t l = 0; l < BOOKINGS_LANES; l++)
          butterfly(a + q + l, ai + q + l, b + q + l, bi + q + l, wr, wi, x + q + l, xi + q + l, y + q + l, yi + q + l);
  }
}

/* exp(-2 pi i k / n), k < n / 2, as pairs. */
static void turns(size_t n, double *turn)
{
  const double unit = -6.283185307179586 / (double)n;
  double fine[FINE][2];
  for (size_t b = 0; b < FINE; b++) {
    fine[b][0] = cos(unit * (double)b);
    fine[b][1] = sin(unit * (double)b);
  }
  for (size_t k = 0; k < n / 2; k += FINE) {
    double c = cos(unit * (double)k), s = sin(unit * (double)k);
    for (size_t b = 0; b < FINE && k + b < n / 2; b++) {
      turn[2 * (k + b)] = c * fine[b][0] - s * fine[b][1];
      turn[2 * (k + b) + 1] = c * fine[b][1] + s * fine[b][0];
    }
  }
}

/* Terms X_k and conj(X_k) at n - k of a real sequence x: with h = n / 2, x_2m + i x_(2m+1) is the transform of
 * X_k + X_(k+h) + i w^k (X_k - X_(k+h)). */
dc_status bookings_real_sum(dc_arena *arena, const double *re, const double *im, size_t terms, size_t n, double *out,
                            dc_error *error)
{
  size_t h = n / 2;
  double *turn = dc_arena_alloc(arena, n, sizeof *turn), *work = dc_arena_alloc(arena, 4 * h, sizeof *work);
  if (!turn || !work) return dc_fail_memory(error, "a Fourier transform");
  double *a = work, *ai = work + h, *b = work + 2 * h, *bi = work + 3 * h;
  turns(n, turn);
  for (size_t k = 0; k < h; k++) {
    size_t mirror = h - k;
    double xr = k < terms ? 0.5 * re[k] : 0, xi = k < terms ? 0.5 * im[k] : 0;
    double yr = mirror < terms ? 0.5 * re[mirror] : 0, yi = mirror < terms ? -0.5 * im[mirror] : 0;
    if (k == 0) xr = terms ? re[0] : 0, xi = 0;
    if (mirror == h) yr = terms > h ? re[h] : 0, yi = 0;
    double dr = xr - yr, di = xi - yi, c = turn[2 * k], s = turn[2 * k + 1];
    a[k] = xr + yr - (dr * s + di * c);
    ai[k] = xi + yi + (dr * c - di * s);
  }
  for (size_t half = h / 2, stride = 1; half >= 1; half /= 2, stride *= 2) {
    stage(half, stride, a, ai, b, bi, turn);
    double *t = a, *ti = ai;
    a = b, ai = bi, b = t, bi = ti;
  }
  for (size_t m = 0; m < h; m++) {
    out[2 * m] = a[m];
    out[2 * m + 1] = ai[m];
  }
  return DC_OK;
}
