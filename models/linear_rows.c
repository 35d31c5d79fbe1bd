#include "models/linear.h"

#include <math.h>
#include <string.h>

/* What a first pass finds: of each term and of the response the mean and the largest size; of weights the largest and how
 * many are not 0. */
typedef struct extent {
  double mean, size;
} extent;

enum { LANES = 4 };

/* Rows of weight 0 are none. Lanes, so that sums need not wait for each other. */
static void meet(const double *x, const double *less, const double *weight, size_t rows, double share, extent *e)
{
  double sum[LANES] = {0}, size[LANES] = {0};
  for (size_t i = 0; i < rows; i++) {
    if (weight && !(weight[i] > 0)) continue;
    double value = less ? x[i] - less[i] : x[i], away = fabs(value);
    sum[i % LANES] += value * share;
    size[i % LANES] = away > size[i % LANES] ? away : size[i % LANES];
  }
  for (size_t l = 0; l < LANES; l++) {
    e->mean += sum[l];
    e->size = size[l] > e->size ? size[l] : e->size;
  }
}

static dc_status measure(void *context, size_t first, size_t last, void *partial)
{
  const linear *m = context;
  const dc_design *d = m->design;
  extent *of = partial, *y = of + d->n_terms, *weight = y + 1;
  double share = 1 / (double)d->n_rows;
  const double *w = d->weight ? d->weight + first : NULL;
  for (size_t t = 0; t < d->n_terms; t++)
    if (d->terms[t].kind != DC_TERM_FACTOR) meet(d->terms[t].number + first, NULL, w, last - first, share, &of[t]);
  meet(m->y + first, d->offset ? d->offset + first : NULL, w, last - first, share, y);
  for (size_t i = first; i < last && d->weight; i++) {
    weight->mean += d->weight[i] > 0;
    weight->size = d->weight[i] > weight->size ? d->weight[i] : weight->size;
  }
  if (!d->weight) *weight = (extent){(double)(last - first), 1};
  return DC_OK;
}

static void merge_extents(void *context, void *into, const void *from)
{
  const linear *m = context;
  extent *a = into;
  const extent *b = from;
  for (size_t t = 0; t < m->design->n_terms + 2; t++) {
    a[t].mean += b[t].mean;
    a[t].size = fmax(a[t].size, b[t].size);
  }
}

/* The power of two that brings the size to 1/2 .. 1. */
static double scale_of(double size)
{
  int exponent;
  if (!(size > 0)) return 1;
  frexp(size, &exponent);
  return ldexp(1, exponent < -1000 ? 1000 : -exponent);
}

dc_status linear_scale(linear *m, dc_error *error)
{
  const dc_design *d = m->design;
  extent *of = dc_arena_alloc(m->task->arena, d->n_terms + 2, sizeof *of);
  m->centre = dc_arena_alloc(m->task->arena, m->n + 1, sizeof *m->centre);
  m->scale = dc_arena_alloc(m->task->arena, m->n + 1, sizeof *m->scale);
  if (!of || !m->centre || !m->scale) return dc_fail_memory(error, "fitting linear");
  dc_status status = dc_task_fold(m->task, d->n_rows, dc_model_linear.block_rows, (d->n_terms + 2) * sizeof *of,
                                  measure, merge_extents, m, of, error);
  if (status != DC_OK) return status;
  const extent *y = of + d->n_terms, *weight = y + 1;
  m->used = (size_t)weight->mean;
  double rows = (double)d->n_rows / weight->mean;
  for (size_t j = 0; j < m->n; j++) m->scale[j] = 1;
  for (size_t t = 0; t < d->n_terms; t++) {
    const dc_fit_term *laid = &m->fit->terms[t];
    for (size_t k = 0; k < laid->count; k++) m->scale[laid->first + k] = scale_of(of[t].size);
    if (laid->kind == DC_TERM_NUMBER && d->intercept) m->centre[laid->first] = of[t].mean * rows;
  }
  m->y_scale = scale_of(y->size);
  m->y_centre = d->intercept ? y->mean * rows : 0;
  m->weight_scale = d->weight ? scale_of(weight->size) : 1;
  return DC_OK;
}

double linear_root(const linear *m, size_t row)
{
  return m->design->weight ? sqrt(m->design->weight[row] * m->weight_scale) : 1;
}

static void fill_number(const linear *m, const double *x, size_t column, size_t rows, double *into)
{
  double centre = m->centre[column], scale = m->scale[column];
  for (size_t i = 0; i < rows; i++) into[i] = (x[i] - centre) * scale;
}

static void fill_levels(const linear *m, size_t t, size_t first, size_t rows, double *tile)
{
  const dc_term *term = &m->design->terms[t];
  const dc_fit_term *laid = &m->fit->terms[t];
  double scale = laid->count ? m->scale[laid->first] : 1;
  memset(tile + laid->first * QR_ROWS, 0, laid->count * QR_ROWS * sizeof *tile);
  for (size_t i = 0; i < rows; i++) {
    size_t column = linear_level(laid, term, first + i);
    if (column == SIZE_MAX) continue;
    tile[column * QR_ROWS + i] = laid->kind == DC_TERM_SLOPES ? term->number[first + i] * scale : 1;
  }
}

static void weigh(const linear *m, size_t first, size_t rows, size_t columns, double *tile)
{
  double root[QR_ROWS];
  for (size_t i = 0; i < rows; i++) root[i] = linear_root(m, first + i);
  for (size_t c = 0; c < columns; c++)
    for (size_t i = 0; i < rows; i++) tile[c * QR_ROWS + i] *= root[i];
}

size_t linear_fill(const linear *m, size_t first, size_t last, bool response, double *tile)
{
  const dc_design *d = m->design;
  size_t rows = last - first, filled = dc_qr_rows(rows), columns = m->n + (response ? 1 : 0);
  for (size_t i = 0; d->intercept && i < rows; i++) tile[i] = 1;
  for (size_t t = 0; t < d->n_terms; t++) {
    size_t column = m->fit->terms[t].first;
    if (d->terms[t].kind == DC_TERM_NUMBER)
      fill_number(m, d->terms[t].number + first, column, rows, tile + column * QR_ROWS);
    else
      fill_levels(m, t, first, rows, tile);
  }
  double *y = tile + m->n * QR_ROWS;
  for (size_t i = 0; response && i < rows; i++)
    y[i] = (m->y[first + i] - (d->offset ? d->offset[first + i] : 0) - m->y_centre) * m->y_scale;
  if (d->weight) weigh(m, first, rows, columns, tile);
  for (size_t c = 0; c < columns; c++) memset(tile + c * QR_ROWS + rows, 0, (filled - rows) * sizeof *tile);
  return filled;
}
