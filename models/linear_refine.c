/* Coefficients to the last digit: with R from the QR and residuals in twice the digits, R'R d = X'W(y - X beta) corrects
 * beta (Bjorck 1987, Linear Algebra and its Applications 88, corrected seminormal equations). In each pass the error falls
 * by about rounding times the condition of the columns, to the rounding of the solution for the data as given. */
#include "models/linear.h"

#include <math.h>
#include <string.h>

enum { PASSES = 4 };

/* What a pass sums: X'W r of each column, then these. */
enum { RESIDUAL_SQUARES, TOTAL, TOTAL_SQUARES, WEIGHTS, LOG_WEIGHTS, SUMS };

typedef struct tile {
  size_t rows;                            /* whole lanes */
  double high[QR_ROWS], low[QR_ROWS];     /* residuals */
  double y_high[QR_ROWS], y_low[QR_ROWS]; /* y - offset - centre */
  double weight[QR_ROWS];                 /* 0 behind the rows */
  double x[QR_ROWS];                      /* scaled numbers of a term */
} tile;

static void take_numbers(const linear *m, size_t t, size_t first, size_t rows, tile *a)
{
  const double *x = m->design->terms[t].number + first, scale = m->scale[m->fit->terms[t].first];
  for (size_t i = 0; i < rows; i++) a->x[i] = x[i] * scale;
  memset(a->x + rows, 0, (a->rows - rows) * sizeof *a->x);
}

static void take_response(const linear *m, size_t first, size_t rows, tile *a)
{
  const double *offset = m->design->offset, *weight = m->design->weight;
  double centre = -m->y_centre * m->y_scale;
  a->rows = dc_qr_rows(rows);
  for (size_t i = 0; i < a->rows; i++) {
    bool there = i < rows;
    double low, high = there ? pair_sum(m->y[first + i], offset ? -offset[first + i] : 0, &low) : (low = 0);
    a->high[i] = high *= m->y_scale;
    a->low[i] = low *= m->y_scale;
    a->y_high[i] = pair_sum(high, there ? centre : 0, &a->y_low[i]);
    a->y_low[i] += low;
    a->weight[i] = !there ? 0 : weight ? weight[first + i] * m->weight_scale : 1;
  }
}

WIDE_INLINE void subtract_all(pair beta, tile *a)
{
  for (size_t i = 0; i < a->rows; i++) {
    double error;
    a->high[i] = pair_sum(a->high[i], -beta.high, &error);
    a->low[i] += error - beta.low;
  }
}

WIDE_INLINE void subtract_numbers(pair beta, tile *a)
{
  wide4 b = wide_of(-beta.high), c = wide_of(-beta.low);
  for (size_t i = 0; i < a->rows; i += 4) {
    wide_pair r = {*(wide4 *)(a->high + i), *(wide4 *)(a->low + i)};
    wide_add_product(&r, *(wide4 *)(a->x + i), b, c);
    *(wide4 *)(a->high + i) = r.high;
    *(wide4 *)(a->low + i) = r.low;
  }
}

WIDE_INLINE void subtract_levels(const linear *m, size_t t, size_t first, size_t rows, tile *a)
{
  const dc_term *term = &m->design->terms[t];
  const dc_fit_term *laid = &m->fit->terms[t];
  bool slopes = laid->kind == DC_TERM_SLOPES;
  double scale = laid->count ? m->scale[laid->first] : 1;
  for (size_t i = 0; i < rows; i++) {
    size_t column = linear_level(laid, term, first + i);
    if (column == SIZE_MAX) continue;
    pair r = {a->high[i], a->low[i]}, beta = m->beta[column];
    if (slopes)
      pair_add_product(&r, -term->number[first + i] * scale, beta.high, beta.low);
    else
      pair_add(&r, -beta.high, -beta.low);
    a->high[i] = r.high;
    a->low[i] = r.low;
  }
}

WIDE_INLINE void residuals_of(const linear *m, size_t first, size_t last, tile *a)
{
  const dc_design *d = m->design;
  size_t rows = last - first;
  take_response(m, first, rows, a);
  if (d->intercept) subtract_all(m->beta[0], a);
  for (size_t t = 0; t < d->n_terms; t++) {
    if (d->terms[t].kind != DC_TERM_NUMBER) {
      subtract_levels(m, t, first, rows, a);
      continue;
    }
    take_numbers(m, t, first, rows, a);
    subtract_numbers(m->beta[m->fit->terms[t].first], a);
  }
}

/* Squares and sums of the tile; its residuals are weighted behind it. */
WIDE_INLINE void sum_squares(tile *a, pair *sum)
{
  wide_pair squares = {wide_of(0), wide_of(0)}, y = squares, y_squares = squares, weights = squares;
  for (size_t i = 0; i < a->rows; i += 4) {
    wide4 w = *(wide4 *)(a->weight + i), high = *(wide4 *)(a->high + i), low = *(wide4 *)(a->low + i), error;
    wide4 yh = *(wide4 *)(a->y_high + i), yl = *(wide4 *)(a->y_low + i);
    wide4 weighted = wide_product(w, high, &error), rest = error + w * low;
    wide_add_product(&squares, high, weighted, rest);
    squares.low += low * weighted;
    *(wide4 *)(a->high + i) = weighted;
    *(wide4 *)(a->low + i) = rest;
    weighted = wide_product(w, yh, &error);
    rest = error + w * yl;
    wide_add(&y, weighted, rest);
    wide_add_product(&y_squares, yh, weighted, rest);
    y_squares.low += yl * weighted;
    wide_add(&weights, w, wide_of(0));
  }
  pair_add_lanes(&sum[RESIDUAL_SQUARES], &squares);
  pair_add_lanes(&sum[TOTAL], &y);
  pair_add_lanes(&sum[TOTAL_SQUARES], &y_squares);
  pair_add_lanes(&sum[WEIGHTS], &weights);
}

WIDE_INLINE void sum_all(const tile *a, pair *sum)
{
  wide_pair s = {wide_of(0), wide_of(0)};
  for (size_t i = 0; i < a->rows; i += 4) wide_add(&s, *(const wide4 *)(a->high + i), *(const wide4 *)(a->low + i));
  pair_add_lanes(sum, &s);
}

WIDE_INLINE void sum_numbers(const tile *a, pair *sum)
{
  wide_pair s = {wide_of(0), wide_of(0)};
  for (size_t i = 0; i < a->rows; i += 4)
    wide_add_product(&s, *(const wide4 *)(a->x + i), *(const wide4 *)(a->high + i), *(const wide4 *)(a->low + i));
  pair_add_lanes(sum, &s);
}

WIDE_INLINE void sum_levels(const linear *m, size_t t, size_t first, size_t rows, const tile *a, pair *sum)
{
  const dc_term *term = &m->design->terms[t];
  const dc_fit_term *laid = &m->fit->terms[t];
  bool slopes = laid->kind == DC_TERM_SLOPES;
  double scale = laid->count ? m->scale[laid->first] : 1;
  for (size_t i = 0; i < rows; i++) {
    size_t column = linear_level(laid, term, first + i);
    if (column == SIZE_MAX) continue;
    if (slopes)
      pair_add_product(&sum[column], term->number[first + i] * scale, a->high[i], a->low[i]);
    else
      pair_add(&sum[column], a->high[i], a->low[i]);
  }
}

WIDE_INLINE void sum_tile(const linear *m, size_t first, size_t last, pair *sum)
{
  const dc_design *d = m->design;
  tile a;
  residuals_of(m, first, last, &a);
  sum_squares(&a, sum + m->n);
  if (d->intercept) sum_all(&a, &sum[0]);
  for (size_t t = 0; t < d->n_terms; t++) {
    if (d->terms[t].kind != DC_TERM_NUMBER) {
      sum_levels(m, t, first, last - first, &a, sum);
      continue;
    }
    take_numbers(m, t, first, last - first, &a);
    sum_numbers(&a, &sum[m->fit->terms[t].first]);
  }
  for (size_t i = first; d->weight && i < last; i++)
    if (d->weight[i] > 0) pair_add(&sum[m->n + LOG_WEIGHTS], log(d->weight[i]), 0);
}

WIDE static dc_status accumulate(void *context, size_t first, size_t last, void *partial)
{
  for (; first < last; first += QR_ROWS)
    sum_tile(context, first, first + QR_ROWS < last ? first + QR_ROWS : last, partial);
  return DC_OK;
}

static void merge(void *context, void *into, const void *from)
{
  const linear *m = context;
  pair *a = into;
  const pair *b = from;
  for (size_t k = 0; k < m->n + SUMS; k++) pair_add(&a[k], b[k].high, b[k].low);
}

WIDE static void write_residuals(const linear *m, size_t first, size_t last, double *residual)
{
  tile a;
  residuals_of(m, first, last, &a);
  for (size_t i = 0; i < last - first; i++) residual[i] = a.high[i] + a.low[i];
}

void linear_residuals(const linear *m, size_t first, size_t last, double *residual)
{
  write_residuals(m, first, last, residual);
}

/* X'W r of a kept column, centred. */
static double gradient_of(const linear *m, const pair *sum, size_t column)
{
  pair g = sum[column], shift;
  if (m->centre[column] != 0) {
    shift.high = pair_product(m->centre[column], m->scale[column], &shift.low);
    shift = pair_times(shift, sum[0]);
    pair_add(&g, -shift.high, -shift.low);
  }
  return pair_value(g);
}

/* beta += d of the centred columns. */
static void correct(linear *m, const double *d)
{
  for (size_t a = 0; a < m->rank; a++) {
    size_t j = m->kept[a];
    pair_add(&m->beta[j], d[a], 0);
    if (m->centre[j] == 0) continue;
    pair shift;
    shift.high = pair_product(m->centre[j], m->scale[j], &shift.low);
    shift = pair_times(shift, (pair){d[a], 0});
    pair_add(&m->beta[0], -shift.high, -shift.low);
  }
  for (size_t j = 0; j < m->n; j++) {
    pair *beta = &m->beta[j];
    beta->high = pair_sum(beta->high, beta->low, &beta->low);
  }
}

static void note_sums(linear *m, const pair *sum, double change)
{
  const pair *of = sum + m->n;
  pair total = of[TOTAL_SQUARES];
  if (m->design->intercept) {
    double mean = pair_value(of[TOTAL]) / pair_value(of[WEIGHTS]);
    pair_add_product(&total, -mean, of[TOTAL].high, of[TOTAL].low);
  }
  m->total_squares = pair_value(total);
  m->residual_squares = fmax(0, pair_value(of[RESIDUAL_SQUARES]) - change);
  pair_add(&total, -of[RESIDUAL_SQUARES].high, -of[RESIDUAL_SQUARES].low);
  m->model_squares = fmax(0, pair_value(total) + change);
  m->log_weights = pair_value(of[LOG_WEIGHTS]);
}

/* Another pass would change no digit that counts: the last change was a small share of each coefficient. */
static bool settled(const linear *m, const double *d, double change)
{
  if (change > 1e-10 * m->residual_squares) return change == 0;
  for (size_t a = 0; a < m->rank; a++)
    if (fabs(d[a]) > 1e-9 * fabs(m->beta[m->kept[a]].high)) return false;
  return true;
}

dc_status linear_refine(linear *m, dc_error *error)
{
  dc_arena *arena = m->task->arena;
  size_t sums = m->n + SUMS;
  pair *sum = dc_arena_alloc(arena, sums, sizeof *sum);
  double *d = dc_arena_alloc(arena, m->n + 1, sizeof *d);
  m->beta = dc_arena_alloc(arena, m->n + 1, sizeof *m->beta);
  if (!sum || !d || !m->beta) return dc_fail_memory(error, "fitting linear");
  memcpy(d, m->projected, m->rank * sizeof *d);
  linear_solve(m, d);
  if (m->design->intercept) pair_add(&m->beta[0], m->y_centre * m->y_scale, 0);
  correct(m, d);
  bool done = false;
  for (int pass = 0; pass < PASSES && !done; pass++) {
    dc_status status = dc_task_fold(m->task, m->design->n_rows, dc_model_linear.block_rows, sums * sizeof *sum,
                                    accumulate, merge, m, sum, error);
    if (status != DC_OK) return status;
    for (size_t a = 0; a < m->rank; a++) d[a] = gradient_of(m, sum, m->kept[a]);
    linear_solve_transposed(m, d);
    double change = 0;
    for (size_t a = 0; a < m->rank; a++) change += d[a] * d[a];
    linear_solve(m, d);
    correct(m, d);
    note_sums(m, sum, change);
    done = settled(m, d, change);
  }
  return DC_OK;
}
