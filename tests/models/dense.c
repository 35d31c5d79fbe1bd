#include "tests/models/dense.h"

#include "tests/check.h"

static void *zeros(size_t n, size_t size)
{
  void *made = calloc(n + 1, size);
  assert_non_null(made);
  return made;
}

static void set_row(const dc_design *d, size_t i, long double *row)
{
  if (d->intercept) *row++ = 1;
  for (size_t t = 0; t < d->n_terms; t++) {
    const dc_term *term = &d->terms[t];
    if (term->kind == DC_TERM_NUMBER) {
      *row++ = term->number[i];
      continue;
    }
    for (uint32_t l = 0; l < term->codes.levels; l++) {
      if (l == term->reference) continue;
      *row++ = dc_codes_at(&term->codes, i) != l ? 0 : term->kind == DC_TERM_FACTOR ? 1 : term->number[i];
    }
  }
}

static size_t width_of(const dc_design *d)
{
  size_t n = d->intercept;
  for (size_t t = 0; t < d->n_terms; t++) {
    const dc_term *term = &d->terms[t];
    n += term->kind == DC_TERM_NUMBER ? 1 : term->codes.levels - (term->reference == DC_NO_REFERENCE ? 0 : 1);
  }
  return n;
}

/* Gauss-Jordan with pivoting. */
static void invert(long double *a, long double *inverse, size_t p)
{
  for (size_t k = 0; k < p; k++) inverse[k * p + k] = 1;
  for (size_t k = 0; k < p; k++) {
    size_t best = k;
    for (size_t i = k; i < p; i++)
      if (fabsl(a[i * p + k]) > fabsl(a[best * p + k])) best = i;
    assert_true(a[best * p + k] != 0);
    for (size_t j = 0; j < p; j++) {
      long double x = a[k * p + j], y = inverse[k * p + j];
      a[k * p + j] = a[best * p + j];
      inverse[k * p + j] = inverse[best * p + j];
      a[best * p + j] = x;
      inverse[best * p + j] = y;
    }
    long double pivot = a[k * p + k];
    for (size_t j = 0; j < p; j++) a[k * p + j] /= pivot, inverse[k * p + j] /= pivot;
    for (size_t i = 0; i < p; i++) {
      long double f = a[i * p + k];
      for (size_t j = 0; i != k && j < p; j++)
        a[i * p + j] -= f * a[k * p + j], inverse[i * p + j] -= f * inverse[k * p + j];
    }
  }
}

static void take_columns(dense *f, const dc_design *d, const bool *keep)
{
  size_t width = width_of(d);
  long double *row = zeros(width, sizeof *row);
  for (size_t j = 0; j < width; j++) f->p += !keep || keep[j];
  f->x = zeros(f->n * f->p, sizeof *f->x);
  for (size_t i = 0; i < f->n; i++) {
    size_t k = 0;
    set_row(d, i, row);
    for (size_t j = 0; j < width; j++)
      if (!keep || keep[j]) f->x[i * f->p + k++] = row[j];
  }
  free(row);
}

dense *dense_fit(const dc_design *d, const double *y, const bool *keep)
{
  dense *f = zeros(1, sizeof *f);
  f->n = d->n_rows;
  take_columns(f, d, keep);
  size_t p = f->p;
  long double *gram = zeros(p * p, sizeof *gram), *moment = zeros(p, sizeof *moment);
  f->inverse = zeros(p * p, sizeof *gram);
  f->beta = zeros(p, sizeof *gram);
  f->residual = zeros(f->n, sizeof *gram);
  f->leverage = zeros(f->n, sizeof *gram);
  for (size_t i = 0; i < f->n; i++) {
    const long double *x = f->x + i * p, w = d->weight ? d->weight[i] : 1;
    long double target = (long double)y[i] - (d->offset ? d->offset[i] : 0);
    for (size_t a = 0; a < p; a++) {
      moment[a] += w * x[a] * target;
      for (size_t b = 0; b < p; b++) gram[a * p + b] += w * x[a] * x[b];
    }
  }
  invert(gram, f->inverse, p);
  for (size_t a = 0; a < p; a++)
    for (size_t b = 0; b < p; b++) f->beta[a] += f->inverse[a * p + b] * moment[b];
  for (size_t i = 0; i < f->n; i++) {
    const long double *x = f->x + i * p, w = d->weight ? d->weight[i] : 1;
    f->residual[i] = (long double)y[i] - (d->offset ? d->offset[i] : 0);
    for (size_t a = 0; a < p; a++) {
      f->residual[i] -= x[a] * f->beta[a];
      for (size_t b = 0; b < p; b++) f->leverage[i] += w * x[a] * f->inverse[a * p + b] * x[b];
    }
    f->rss += w * f->residual[i] * f->residual[i];
  }
  free(gram);
  free(moment);
  return f;
}

void dense_free(dense *f)
{
  free(f->x);
  free(f->inverse);
  free(f->beta);
  free(f->residual);
  free(f->leverage);
  free(f);
}

/* left right, p x p */
static long double *times(const long double *left, const long double *right, size_t p)
{
  long double *made = zeros(p * p, sizeof *made);
  for (size_t a = 0; a < p; a++)
    for (size_t b = 0; b < p; b++)
      for (size_t c = 0; c < p; c++) made[a * p + b] += left[a * p + c] * right[c * p + b];
  return made;
}

long double *dense_sandwich(const dense *f, const double *weight, const long double *factor, const dc_codes *group)
{
  size_t p = f->p, groups = group ? group->levels : f->n;
  long double *sum = zeros(groups * p, sizeof *sum), *meat = zeros(p * p, sizeof *meat);
  for (size_t i = 0; i < f->n; i++) {
    size_t g = group ? dc_codes_at(group, i) : i;
    for (size_t a = 0; a < p; a++)
      sum[g * p + a] += f->x[i * p + a] * f->residual[i] * (weight ? weight[i] : 1) * (factor ? factor[i] : 1);
  }
  for (size_t g = 0; g < groups; g++)
    for (size_t a = 0; a < p; a++)
      for (size_t b = 0; b < p; b++) meat[a * p + b] += sum[g * p + a] * sum[g * p + b];
  long double *half = times(f->inverse, meat, p), *whole = times(half, f->inverse, p);
  free(sum);
  free(meat);
  free(half);
  return whole;
}
