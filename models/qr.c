#include "models/qr.h"

#include "models/wide.h"

#include <math.h>
#include <string.h>

#define AT(column, row) (*(wide4 *)((column) + (row)))

/* v'a over the rows, for four columns that lie QR_ROWS apart. */
WIDE_INLINE void dot4(const double *v, const double *a, size_t rows, double sum[4])
{
  wide4 s0 = wide_of(0), s1 = s0, s2 = s0, s3 = s0, t0 = s0, t1 = s0, t2 = s0, t3 = s0;
  for (size_t i = 0; i < rows; i += QR_LANES) {
    wide4 v0 = AT(v, i), v1 = AT(v, i + 4);
    s0 += v0 * AT(a, i);
    t0 += v1 * AT(a, i + 4);
    s1 += v0 * AT(a + QR_ROWS, i);
    t1 += v1 * AT(a + QR_ROWS, i + 4);
    s2 += v0 * AT(a + 2 * QR_ROWS, i);
    t2 += v1 * AT(a + 2 * QR_ROWS, i + 4);
    s3 += v0 * AT(a + 3 * QR_ROWS, i);
    t3 += v1 * AT(a + 3 * QR_ROWS, i + 4);
  }
  sum[0] = wide_total(s0, t0);
  sum[1] = wide_total(s1, t1);
  sum[2] = wide_total(s2, t2);
  sum[3] = wide_total(s3, t3);
}

WIDE_INLINE double dot1(const double *v, const double *a, size_t rows)
{
  wide4 s = wide_of(0), t = s;
  for (size_t i = 0; i < rows; i += QR_LANES) {
    s += AT(v, i) * AT(a, i);
    t += AT(v, i + 4) * AT(a, i + 4);
  }
  return wide_total(s, t);
}

/* a -= f v, for four columns. */
WIDE_INLINE void subtract4(const double *v, double *a, size_t rows, const double f[4])
{
  wide4 f0 = wide_of(f[0]), f1 = wide_of(f[1]), f2 = wide_of(f[2]), f3 = wide_of(f[3]);
  for (size_t i = 0; i < rows; i += 4) {
    wide4 x = AT(v, i);
    AT(a, i) -= f0 * x;
    AT(a + QR_ROWS, i) -= f1 * x;
    AT(a + 2 * QR_ROWS, i) -= f2 * x;
    AT(a + 3 * QR_ROWS, i) -= f3 * x;
  }
}

WIDE_INLINE void subtract1(const double *v, double *a, size_t rows, double f)
{
  wide4 f0 = wide_of(f);
  for (size_t i = 0; i < rows; i += 4) AT(a, i) -= f0 * AT(v, i);
}

/* The reflection I - tau (1, v/pivot)(1, v/pivot)' that turns (r[k][k], v) into (beta, 0), on the columns behind k. v stays
 * as it is: the factors take the pivot in. */
WIDE_INLINE void reflect(double *r, size_t n, double *tile, size_t rows, size_t k)
{
  double *v = tile + k * QR_ROWS, *line = r + k * n, square = dot1(v, v, rows), alpha = line[k];
  if (!(square > 0)) return;
  double norm = sqrt(alpha * alpha + square), beta = alpha > 0 ? -norm : norm, pivot = alpha - beta;
  double tau = -pivot / beta;
  line[k] = beta;
  size_t j = k + 1;
  for (; j + 4 <= n; j += 4) {
    double sum[4], f[4];
    dot4(v, tile + j * QR_ROWS, rows, sum);
    for (size_t c = 0; c < 4; c++) {
      double scaled = tau * (line[j + c] + sum[c] / pivot);
      line[j + c] -= scaled;
      f[c] = scaled / pivot;
    }
    subtract4(v, tile + j * QR_ROWS, rows, f);
  }
  for (; j < n; j++) {
    double scaled = tau * (line[j] + dot1(v, tile + j * QR_ROWS, rows) / pivot);
    line[j] -= scaled;
    subtract1(v, tile + j * QR_ROWS, rows, scaled / pivot);
  }
}

WIDE static void take(double *r, size_t n, double *tile, size_t rows, size_t first)
{
  for (size_t k = first; k < n; k++) reflect(r, n, tile, rows, k);
}

/* Not a clone itself: clang gives those another name, which other files do not find. */
void dc_qr_take(double *r, size_t n, double *tile, size_t rows, size_t first) { take(r, n, tile, rows, first); }

void dc_qr_merge(double *r, const double *from, size_t n, double *tile)
{
  for (size_t first = 0; first < n; first += QR_ROWS) {
    size_t rows = n - first < QR_ROWS ? n - first : QR_ROWS, filled = dc_qr_rows(rows);
    for (size_t c = first; c < n; c++) {
      double *column = tile + c * QR_ROWS;
      for (size_t i = 0; i < rows; i++) column[i] = first + i <= c ? from[(first + i) * n + c] : 0;
      memset(column + rows, 0, (filled - rows) * sizeof *column);
    }
    dc_qr_take(r, n, tile, filled, first);
  }
}
