#include "models/linear.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

/* b' (C C')^-1 b / rows for some rows of C (each `n` long, given by their places), by the QR of C'; NaN where the rows do not
 * span. scratch: (rows + 1) x (rows + 1 + QR_ROWS). */
static double wald(const double *factor, size_t n, const size_t *place, size_t rows, const double *b, double *scratch)
{
  double *r = scratch, *tile = r + rows * rows, sum = 0, most = 0;
  memset(r, 0, rows * rows * sizeof *r);
  for (size_t first = 0; first < n; first += QR_ROWS) {
    size_t some = n - first < QR_ROWS ? n - first : QR_ROWS, filled = dc_qr_rows(some);
    for (size_t c = 0; c < rows; c++) {
      memcpy(tile + c * QR_ROWS, factor + place[c] * n + first, some * sizeof *tile);
      memset(tile + c * QR_ROWS + some, 0, (filled - some) * sizeof *tile);
    }
    dc_qr_take(r, rows, tile, filled, 0);
  }
  double *z = tile;
  for (size_t a = 0; a < rows; a++) {
    double left = b[a], whole = 0;
    for (size_t c = 0; c < a; c++) left -= r[c * rows + a] * z[c];
    for (size_t c = 0; c <= a; c++) whole += r[c * rows + a] * r[c * rows + a];
    most = fmax(most, whole);
    if (!(r[a * rows + a] * r[a * rows + a] > 1e-24 * whole)) return (double)NAN;
    z[a] = left / r[a * rows + a];
    sum += z[a] * z[a];
  }
  return most > 0 ? sum / (double)rows : (double)NAN;
}

static dc_status set_covariance(linear *m, const double *factor, dc_error *error)
{
  dc_fit *fit = m->fit;
  dc_status status = dc_fit_new_covariance(fit, error);
  if (status != DC_OK) return status;
  size_t n = m->n, rank = m->rank;
  for (size_t k = 0; k < n * n; k++) fit->covariance[k] = (double)NAN;
  for (size_t a = 0; a < rank; a++) {
    for (size_t b = 0; b <= a; b++) {
      double sum = 0;
      for (size_t c = 0; c < rank; c++) sum += factor[a * rank + c] * factor[b * rank + c];
      if (isinf(sum)) sum = (double)NAN; /* a variance that no double holds is not known */
      fit->covariance[m->kept[a] * n + m->kept[b]] = fit->covariance[m->kept[b] * n + m->kept[a]] = sum;
    }
  }
  return DC_OK;
}

/* The test of the kept columns from `first` on, `count` of them by column. */
static double test_columns(const linear *m, const double *factor, size_t first, size_t count, size_t *rows,
                           double *scratch)
{
  size_t *place = dc_arena_alloc(m->task->arena, count + 1, sizeof *place);
  double *b = dc_arena_alloc(m->task->arena, count + 1, sizeof *b);
  *rows = 0;
  for (size_t a = 0; place && b && a < m->rank; a++) {
    size_t j = m->kept[a];
    if (j < first || j >= first + count) continue;
    place[*rows] = a;
    b[(*rows)++] = m->fit->coefficients[j].estimate;
  }
  return *rows ? wald(factor, m->rank, place, *rows, b, scratch) : (double)NAN;
}

dc_status linear_judge(linear *m, const double *factor, double df, double *f_of_all, dc_error *error)
{
  dc_fit *fit = m->fit;
  dc_status status = set_covariance(m, factor, error);
  double *scratch = dc_arena_alloc(m->task->arena, (m->n + 1) * (m->n + 1 + QR_ROWS), sizeof *scratch);
  if (status == DC_OK && !scratch) status = dc_fail_memory(error, "fitting linear");
  if (status != DC_OK) return status;
  dc_fit_judge(fit, df, m->task->confidence);
  size_t rows, skip = fit->intercept ? 1 : 0;
  for (size_t t = 0; t < fit->n_terms && status == DC_OK; t++) {
    dc_fit_term *term = &fit->terms[t];
    double f = test_columns(m, factor, term->first, term->count, &rows, scratch);
    term->df = (double)rows;
    if (!rows || !(df > 0) || isnan(f)) continue; /* too few clusters tell nothing of a term */
    dc_term_test test = {t, "F", (double)rows, df, f, gsl_cdf_fdist_Q(f, (double)rows, df)};
    status = dc_fit_add_test(fit, &test, error);
  }
  *f_of_all = test_columns(m, factor, skip, m->n - skip, &rows, scratch);
  return status;
}
