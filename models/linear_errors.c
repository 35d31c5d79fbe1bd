/* Where the errors of coefficients come from: one variance for all rows, or each row's own residual (White 1980; MacKinnon
 * and White 1985: HC1 - HC3), or the sums of whole clusters (Liang and Zeger 1986, with Stata's factor: CR1).
 *
 * With q = R'^-1 z of a row z (times the root of its weight) the covariance is R^-1 M R'^-1, M = sum of q q' u^2. */
#include "models/linear.h"

#include "models/wide.h"

#include <math.h>
#include <string.h>

/* As the options name them. */
enum { NONE, HC0, HC1, HC2, HC3 };

#define LEVERAGE_ONE (1 - 1e-10)

typedef struct meat {
  linear *m;
  int kind;
  size_t *row;   /* rows by cluster, in their order */
  size_t *begin; /* of each cluster in row; levels + 1 of them */
} meat;

/* The rows' q in columns 0 .. rank - 1 of the tile; leverages of the rows. Kept columns are ascending, so column a is done
 * before the tile's column a is read by another. */
WIDE_INLINE void to_q(const linear *m, size_t rows, double *tile, double *leverage)
{
  size_t n = m->rank;
  memset(leverage, 0, rows * sizeof *leverage);
  for (size_t a = 0; a < n; a++) {
    double *into = tile + a * QR_ROWS;
    const double *from = tile + m->kept[a] * QR_ROWS;
    if (into != from) memcpy(into, from, rows * sizeof *into);
    for (size_t b = 0; b < a; b++) {
      wide4 f = wide_of(m->triangle[b * n + a]);
      const double *before = tile + b * QR_ROWS;
      for (size_t i = 0; i < rows; i += 4) *(wide4 *)(into + i) -= f * *(const wide4 *)(before + i);
    }
    wide4 diagonal = wide_of(m->triangle[a * n + a]);
    for (size_t i = 0; i < rows; i += 4) {
      wide4 q = *(wide4 *)(into + i) / diagonal;
      *(wide4 *)(into + i) = q;
      *(wide4 *)(leverage + i) += q * q;
    }
  }
}

/* M += sum of q q' over the rows; its lower triangle. */
WIDE_INLINE void add_products(const double *tile, size_t rows, size_t n, double *sum)
{
  for (size_t a = 0; a < n; a++) {
    for (size_t b = 0; b <= a; b++) {
      const double *p = tile + a * QR_ROWS, *q = tile + b * QR_ROWS;
      wide4 s = wide_of(0), t = s;
      for (size_t i = 0; i < rows; i += QR_LANES) {
        s += *(const wide4 *)(p + i) * *(const wide4 *)(q + i);
        t += *(const wide4 *)(p + i + 4) * *(const wide4 *)(q + i + 4);
      }
      sum[a * n + b] += wide_total(s, t);
    }
  }
}

WIDE_INLINE void scale_columns(double *tile, size_t rows, size_t n, const double *factor)
{
  for (size_t a = 0; a < n; a++)
    for (size_t i = 0; i < rows; i += 4) *(wide4 *)(tile + a * QR_ROWS + i) *= *(const wide4 *)(factor + i);
}

/* What a row's q is multiplied by. */
static double factor_of(const linear *m, int kind, size_t row, double residual, double leverage)
{
  double u = residual * linear_root(m, row);
  if (kind < HC2) return u;
  if (leverage > LEVERAGE_ONE) return 0;
  return kind == HC2 ? u / sqrt(1 - leverage) : u / (1 - leverage);
}

WIDE static void add_rows(const meat *a, size_t first, size_t last, double *sum, double *tile)
{
  const linear *m = a->m;
  double leverage[QR_ROWS], residual[QR_ROWS], factor[QR_ROWS] = {0};
  size_t rows = linear_fill(m, first, last, false, tile);
  to_q(m, rows, tile, leverage);
  linear_residuals(m, first, last, residual);
  for (size_t i = 0; i < last - first; i++) factor[i] = factor_of(m, a->kind, first + i, residual[i], leverage[i]);
  scale_columns(tile, rows, m->rank, factor);
  add_products(tile, rows, m->rank, sum);
}

/* M, then a tile. */
static dc_status add_block(void *context, size_t first, size_t last, void *partial)
{
  const meat *a = context;
  double *sum = partial, *tile = sum + a->m->rank * a->m->rank;
  for (; first < last; first += QR_ROWS) add_rows(a, first, first + QR_ROWS < last ? first + QR_ROWS : last, sum, tile);
  return DC_OK;
}

static void merge(void *context, void *into, const void *from)
{
  const meat *a = context;
  double *x = into;
  const double *y = from;
  for (size_t k = 0; k < a->m->rank * a->m->rank; k++) x[k] += y[k];
}

/* The sum of X'W r over a cluster, in column `at` of the tile, line by line of the kept columns. */
static void sum_cluster(const meat *a, size_t cluster, double *line, double *tile, size_t at)
{
  const linear *m = a->m;
  memset(line, 0, m->n * sizeof *line);
  double *row = line + m->n; /* one row, QR_ROWS apart */
  for (size_t k = a->begin[cluster]; k < a->begin[cluster + 1]; k++) {
    double residual;
    linear_fill(m, a->row[k], a->row[k] + 1, false, row);
    linear_residuals(m, a->row[k], a->row[k] + 1, &residual);
    residual *= linear_root(m, a->row[k]);
    for (size_t j = 0; j < m->n; j++) line[j] += row[j * QR_ROWS] * residual;
  }
  for (size_t j = 0; j < m->n; j++) tile[j * QR_ROWS + at] = line[j];
}

/* M, a tile of clusters, a row. */
WIDE static dc_status add_clusters(void *context, size_t first, size_t last, void *partial)
{
  const meat *a = context;
  const linear *m = a->m;
  double *sum = partial, *tile = sum + m->rank * m->rank, *line = tile + m->n * QR_ROWS, leverage[QR_ROWS];
  for (; first < last; first += QR_ROWS) {
    size_t clusters = last - first < QR_ROWS ? last - first : QR_ROWS, rows = dc_qr_rows(clusters);
    memset(tile, 0, m->n * QR_ROWS * sizeof *tile);
    for (size_t c = 0; c < clusters; c++) sum_cluster(a, first + c, line, tile, c);
    to_q(m, rows, tile, leverage);
    add_products(tile, rows, m->rank, sum);
  }
  return DC_OK;
}

/* Rows by cluster; how many clusters have rows that weigh. */
static dc_status sort_clusters(meat *a, size_t *clusters, dc_error *error)
{
  const dc_design *d = a->m->design;
  const dc_codes *codes = d->cluster;
  a->row = dc_arena_alloc(a->m->task->arena, d->n_rows, sizeof *a->row);
  a->begin = dc_arena_alloc(a->m->task->arena, (size_t)codes->levels + 2, sizeof *a->begin);
  if (!a->row || !a->begin) return dc_fail_memory(error, "fitting linear");
  for (size_t i = 0; i < d->n_rows; i++)
    if (!d->weight || d->weight[i] > 0) a->begin[dc_codes_at(codes, i) + 2]++;
  *clusters = 0;
  for (size_t c = 0; c < codes->levels; c++) {
    *clusters += a->begin[c + 2] > 0;
    a->begin[c + 2] += a->begin[c + 1];
  }
  for (size_t i = 0; i < d->n_rows; i++)
    if (!d->weight || d->weight[i] > 0) a->row[a->begin[dc_codes_at(codes, i) + 1]++] = i;
  return DC_OK;
}

/* The lower triangle L with L L' = M, M >= 0; a column of zeros where nothing but rounding is left. */
static void factorise(double *sum, size_t n)
{
  for (size_t a = 0; a < n; a++) {
    double *line = sum + a * n, whole = line[a];
    for (size_t b = 0; b <= a; b++) {
      const double *other = sum + b * n;
      double left = line[b];
      for (size_t c = 0; c < b; c++) left -= line[c] * other[c];
      if (b < a)
        line[b] = other[b] > 0 ? left / other[b] : 0;
      else
        line[a] = left > 1e-13 * whole ? sqrt(left) : 0;
    }
    for (size_t b = a + 1; b < n; b++) line[b] = 0;
  }
}

/* C = T R^-1 S L: from the centred and scaled columns to those of the user; sigma is in S. `l` NULL = the unit matrix. */
static dc_status to_factor(const linear *m, const double *l, double sigma, double **factor, dc_error *error)
{
  size_t n = m->rank;
  double *c = dc_arena_alloc(m->task->arena, n * n + 1, sizeof *c),
         *x = dc_arena_alloc(m->task->arena, n + 1, sizeof *x);
  if (!c || !x) return dc_fail_memory(error, "fitting linear");
  for (size_t b = 0; b < n; b++) {
    for (size_t a = 0; a < n; a++) x[a] = l ? l[a * n + b] : a == b;
    linear_solve(m, x);
    for (size_t a = 0; a < n; a++) {
      size_t j = m->kept[a];
      c[a * n + b] += x[a] * sigma * (m->scale[j] / m->y_scale);
      c[b] -= m->centre[j] == 0 ? 0 : m->centre[j] * m->scale[j] * x[a] * sigma / m->y_scale;
    }
  }
  *factor = c;
  return DC_OK;
}

static dc_status sandwich(linear *m, int kind, const double **factor, double *df, dc_error *error)
{
  const dc_design *d = m->design;
  size_t n = m->rank, clusters = 0, block = dc_model_linear.block_rows;
  meat a = {.m = m, .kind = kind};
  double *sum = dc_arena_alloc(m->task->arena, 1, (n * n + (m->n + 1) * QR_ROWS + m->n * (QR_ROWS + 1)) * sizeof *sum);
  if (!sum) return dc_fail_memory(error, "fitting linear");
  size_t bytes = (n * n + m->n * QR_ROWS) * sizeof *sum, more = m->n * (QR_ROWS + 1) * sizeof *sum;
  dc_status status = d->cluster ? sort_clusters(&a, &clusters, error) : DC_OK;
  if (status == DC_OK && d->cluster && clusters < 2)
    return dc_fail(error, DC_E_SHORT, "errors by cluster need at least two clusters");
  if (status == DC_OK)
    status = d->cluster ? dc_task_fold(m->task, d->cluster->levels, block / 16, bytes + more, add_clusters, merge, &a,
                                       sum, error)
                        : dc_task_fold(m->task, d->n_rows, block, bytes, add_block, merge, &a, sum, error);
  if (status != DC_OK) return status;
  double rows = (double)m->used, g = (double)clusters, scale = 1;
  if (d->cluster)
    scale = g / (g - 1) * (rows - 1) / *df;
  else if (kind == HC1)
    scale = rows / *df;
  if (d->cluster) *df = g - 1;
  factorise(sum, n);
  double *made = NULL;
  status = to_factor(m, sum, sqrt(scale), &made, error);
  *factor = made;
  return status;
}

dc_status linear_errors(linear *m, const double **factor, double *df, dc_error *error)
{
  int kind = (int)dc_task_option(&dc_model_linear, m->task, "robust");
  *df = (double)m->used - (double)m->rank;
  if (*df > 0 && (kind != NONE || m->design->cluster)) return sandwich(m, kind, factor, df, error);
  double *made = NULL, sigma = *df > 0 ? sqrt(m->residual_squares / *df) : (double)NAN;
  dc_status status = to_factor(m, NULL, sigma, &made, error);
  *factor = made;
  return status;
}
