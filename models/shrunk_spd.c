/* Golub and Van Loan 2013, Matrix Computations, 4th edition, sections 3.1 and 4.2. */
#include "models/shrunk_spd.h"

#include "engine/base/fold.h"
#include "models/shrunk_wide.h"

#include <math.h>
#include <string.h>

enum { PANEL = 4, INVERSE_ROWS = 8 };

double dc_spd_dot(const double *x, const double *y, size_t n)
{
  double lane[4] = {0, 0, 0, 0};
  size_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (size_t k = 0; k < 4; k++) lane[k] += x[i + k] * y[i + k];
  for (size_t k = 0; i < n; i++, k++) lane[k] += x[i] * y[i];
  return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

static bool factor_panel(double *a, size_t n, size_t first, size_t last, const double *diagonal)
{
  for (size_t k = first; k < last; k++) {
    double *row = a + k * n;
    for (size_t p = first; p < k; p++) dc_wide_subtract_one(row, a + p * n, a[p * n + k], k, n);
    if (!(row[k] > 1e-15 * diagonal[k]) || !isfinite(row[k])) return false;
    double scale = 1 / sqrt(row[k]);
    for (size_t j = k; j < n; j++) row[j] *= scale;
  }
  return true;
}

WIDE static void update_rest(double *a, size_t n, size_t panel)
{
  const double *u = a + panel * n;
  for (size_t i = panel + PANEL; i < n; i++) {
    const double f[PANEL] = {u[i], u[n + i], u[2 * n + i], u[3 * n + i]};
    dc_wide_subtract(a + i * n, u, n, f, i, n);
  }
}

bool dc_spd_factor(double *a, size_t n, double *diagonal)
{
  for (size_t k = 0; k < n; k++) diagonal[k] = a[k * n + k];
  for (size_t k = 0; k < n; k += PANEL) {
    size_t last = k + PANEL < n ? k + PANEL : n;
    if (!factor_panel(a, n, k, last, diagonal)) return false;
    if (last < n) update_rest(a, n, k);
  }
  return true;
}

void dc_spd_solve(const double *u, size_t n, double *x)
{
  for (size_t k = 0; k < n; k++) {
    x[k] /= u[k * n + k];
    dc_wide_subtract_one(x, u + k * n, x[k], k + 1, n);
  }
  for (size_t k = n; k-- > 0;) {
    const double *row = u + k * n;
    x[k] = (x[k] - dc_spd_dot(row + k + 1, x + k + 1, n - k - 1)) / row[k];
  }
}

/* t = U^-1, upper triangular, from the last row up. */
WIDE static void invert_triangle(const double *u, size_t n, double *t)
{
  for (size_t i = n; i-- > 0;) {
    double *row = t + i * n;
    memset(row, 0, n * sizeof *row);
    row[i] = 1;
    size_t k = i + 1;
    for (; k + PANEL <= n; k += PANEL) dc_wide_subtract(row, t + k * n, n, u + i * n + k, k, n);
    for (; k < n; k++) dc_wide_subtract_one(row, t + k * n, u[i * n + k], k, n);
    double scale = 1 / u[i * n + i];
    for (size_t j = i; j < n; j++) row[j] *= scale;
  }
}

typedef struct product {
  const double *t;
  double *inverse;
  size_t n;
} product;

static dc_status multiply_rows(void *context, size_t first, size_t last)
{
  product *p = context;
  for (size_t i = first; i < last; i++)
    for (size_t j = i; j < p->n; j++) {
      double v = dc_spd_dot(p->t + i * p->n + j, p->t + j * p->n + j, p->n - j);
      p->inverse[i * p->n + j] = p->inverse[j * p->n + i] = v;
    }
  return DC_OK;
}

void dc_spd_invert(const double *u, size_t n, double *scratch, double *inverse, int threads)
{
  product p = {scratch, inverse, n};
  invert_triangle(u, n, scratch);
  dc_status status = dc_fold_each(n, INVERSE_ROWS, n < 64 ? 1 : threads, &p, multiply_rows, NULL);
  (void)status; /* multiply_rows cannot fail */
}
