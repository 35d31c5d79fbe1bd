/* The penalised normal equations at some variances, from the sums of a pass: solved, inverted, and what they are worth.
 *
 * The quadratic model of the log likelihood at theta, b is held against u ~ N(0, I). With A the random part's matrix
 * Lambda'Z'WZ Lambda + I, minus twice the log marginal likelihood is, constants left out,
 *   -2 l(0) - r'H^-1 r + t'A^-1 t + log |A|,   r = right-hand side with t added, t = X' and Lambda'Z' of the slope of
 * -1/2 log |A| by eta: Laplace's approximation with its determinant's own slope in it, so that where the passes end the
 * fixed part is stationary, too (lme4's criterion with nAGQ = 1; there t'A^-1 t cancels what u gained from t). With a
 * dispersion, it is profiled out; restricted likelihood adds the log determinant of the fixed part. */
#include "models/mixed_internal.h"
#include "models/shrunk_spd.h"
#include "models/wide.h"

#include "engine/base/fold.h"

#include <math.h>
#include <string.h>

enum { LEVEL_BLOCK = 512, VARIANCE_BLOCK = 16 };

void mixed_term_scale(const mixed_random *r, const double *parameter, double *scale)
{
  const double *p = parameter + r->parameter;
  for (size_t i = 0; i < r->size; i++)
    for (size_t j = 0; j < r->size; j++) scale[i * r->size + j] = j <= i ? *p++ * r->unit[i] : 0;
}

void mixed_pivot_scale(const mixed *m, const double *parameter, double *scale)
{
  const size_t q = m->size;
  double own[MIXED_SIZE * MIXED_SIZE];
  memset(scale, 0, q * q * sizeof *scale);
  for (size_t t = 0; t < m->n_randoms; t++) {
    const mixed_random *r = &m->randoms[t];
    if (!r->pivot) continue;
    mixed_term_scale(r, parameter, own);
    for (size_t i = 0; i < r->size; i++)
      for (size_t j = 0; j <= i; j++) scale[(r->at + i) * q + r->at + j] = own[i * r->size + j];
  }
}

/* --- levels --- */

typedef struct work {
  mixed *m;
  double scale[MIXED_SIZE * MIXED_SIZE]; /* of the pivot */
  size_t used;                           /* in variances: of the order's columns */
} work;

enum { DETERMINANT, SQUARE, PULLED, SCHUR };

/* x = L^-1 x */
static void forward(const double *l, size_t q, double *x, size_t stride)
{
  for (size_t i = 0; i < q; i++) {
    double v = x[i * stride];
    for (size_t j = 0; j < i; j++) v -= l[i * q + j] * x[j * stride];
    x[i * stride] = v / l[i * q + i];
  }
}

/* x = L'^-1 x */
static void backward(const double *l, size_t q, double *x, size_t stride)
{
  for (size_t i = q; i-- > 0;) {
    double v = x[i * stride];
    for (size_t j = i + 1; j < q; j++) v -= l[j * q + i] * x[j * stride];
    x[i * stride] = v / l[i * q + i];
  }
}

/* x = scale' x, and x = scale x; scale is lower triangular. */
static void turn_down(const double *scale, size_t q, double *x, size_t stride)
{
  for (size_t i = 0; i < q; i++) {
    double v = 0;
    for (size_t j = i; j < q; j++) v += scale[j * q + i] * x[j * stride];
    x[i * stride] = v;
  }
}

static void turn_up(const double *scale, size_t q, double *x, size_t stride)
{
  for (size_t i = q; i-- > 0;) {
    double v = 0;
    for (size_t j = 0; j <= i; j++) v += scale[i * q + j] * x[j * stride];
    x[i * stride] = v;
  }
}

/* Cholesky factor of scale' block scale + I; its log determinant. */
static double factor_level(const double *scale, const double *block, size_t q, double *l)
{
  double full[MIXED_SIZE * MIXED_SIZE], determinant = 0;
  memcpy(full, block, q * q * sizeof *full);
  for (size_t j = 0; j < q; j++) turn_down(scale, q, full + j, q);
  for (size_t i = 0; i < q; i++) turn_down(scale, q, full + i * q, 1);
  for (size_t i = 0; i < q; i++)
    for (size_t j = 0; j <= i; j++) {
      double v = full[i * q + j] + (i == j);
      for (size_t k = 0; k < j; k++) v -= l[i * q + k] * l[j * q + k];
      /* in exact arithmetic at least 1 */
      l[i * q + j] = i == j ? sqrt(fmax(v, 1)) : v / l[j * q + j];
      if (i == j) determinant += log(l[i * q + i]);
    }
  return 2 * determinant;
}

/* row -= v x over n */
WIDE_INLINE void subtract(double *row, double v, const double *x, size_t n)
{
  size_t k = 0;
  for (; k + 4 <= n; k += 4) *(wide4 *)(row + k) -= wide_of(v) * *(const wide4 *)(x + k);
  for (; k < n; k++) row[k] -= v * x[k];
}

/* schur -= root'root over the level's columns; lower. The first numbers_wide columns of a list are themselves, and all of
 * them where it has all. */
WIDE static void subtract_square(const mixed *m, size_t level, const double *root, double *schur)
{
  const size_t start = m->list_start[level], n = m->list_start[level + 1] - start;
  const size_t wide = n == m->dense ? n : m->numbers_wide;
  const uint32_t *list = m->list + start;
  for (size_t a = 0; a < m->size; a++) {
    const double *x = root + a * n;
    for (size_t j = 0; j < n; j++) {
      double *row = schur + list[j] * m->dense, v = x[j];
      size_t near = j + 1 < wide ? j + 1 : wide;
      subtract(row, v, x, near);
      for (size_t k = near; k <= j; k++) row[list[k]] -= v * x[k];
    }
  }
}

/* root = L^-1 scale' cross, of all columns */
static void reduce(const double *scale, const double *factor, size_t q, const double *cross, size_t n, double *root)
{
  if (q == 1) {
    double share = *scale / *factor;
    for (size_t j = 0; j < n; j++) root[j] = cross[j] * share;
    return;
  }
  memcpy(root, cross, n * q * sizeof *root);
  for (size_t j = 0; j < n; j++) {
    turn_down(scale, q, root + j, n);
    forward(factor, q, root + j, n);
  }
}

static dc_status eliminate(void *context, size_t first, size_t last, void *partial)
{
  const work *c = context;
  mixed *m = c->m;
  const size_t q = m->size, d = m->dense;
  double *sum = partial, *schur = sum + SCHUR, *right = schur + d * d, *pulled = right + d;
  for (size_t l = first; l < last; l++) {
    const size_t start = m->list_start[l], n = m->list_start[l + 1] - start;
    double *factor = m->level_factor + l * q * q, *root = m->root + start * q;
    double *zeta = m->zeta + l * q, *pull = m->zeta + (m->levels + l) * q;
    sum[DETERMINANT] += factor_level(c->scale, m->block + l * q * q, q, factor);
    reduce(c->scale, factor, q, m->cross + start * q, n, root);
    for (size_t a = 0; a < q; a++) {
      pull[a] = m->level_pull[l * q + a];
      zeta[a] = m->level_score[l * q + a] + pull[a];
    }
    turn_down(c->scale, q, zeta, 1);
    turn_down(c->scale, q, pull, 1);
    forward(factor, q, zeta, 1);
    forward(factor, q, pull, 1);
    subtract_square(m, l, root, schur);
    for (size_t a = 0; a < q; a++) {
      sum[SQUARE] += zeta[a] * zeta[a];
      sum[PULLED] += pull[a] * pull[a];
      for (size_t j = 0; j < n; j++) {
        right[m->list[start + j]] -= root[a * n + j] * zeta[a];
        pulled[m->list[start + j]] -= root[a * n + j] * pull[a];
      }
    }
  }
  return DC_OK;
}

static void merge_eliminated(void *context, void *into, const void *from)
{
  const work *c = context;
  const size_t d = c->m->dense, n = SCHUR + d * d + 2 * d;
  double *a = into;
  const double *b = from;
  for (size_t k = 0; k < n; k++) a[k] += b[k];
}

/* --- the dense columns --- */

/* Applies each random term's scale (or its transpose) to its vectors in a line over the order's columns. */
static void scale_line(const mixed *m, const double *parameter, double *line, size_t stride, bool down)
{
  double scale[MIXED_SIZE * MIXED_SIZE];
  size_t at = 0;
  while (at < m->n_random) {
    const mixed_random *r = &m->randoms[m->random_of[m->order[at]]];
    mixed_term_scale(r, parameter, scale);
    for (size_t v = 0; v < r->count; v++, at += r->size)
      if (down)
        turn_down(scale, r->size, line + at * stride, stride);
      else
        turn_up(scale, r->size, line + at * stride, stride);
  }
}

/* In order, scaled, symmetric. */
static void assemble(const mixed *m, const double *parameter, const double *schur, double *h)
{
  const size_t n = m->n_kept, d = m->dense;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      size_t a = m->order[i], b = m->order[j];
      if (a < b) a = b, b = m->order[i];
      h[i * n + j] = m->gram[a * (d + 1) + b] + schur[a * d + b];
    }
  if (!m->n_random) return;
  for (size_t i = 0; i < n; i++) scale_line(m, parameter, h + i * n, 1, true);
  for (size_t j = 0; j < n; j++) scale_line(m, parameter, h + j, n, true);
  for (size_t i = 0; i < m->n_random; i++) h[i * n + i] += 1;
}

/* Forward, and back, with the leading `n` rows of the factor, whose rows are `stride` apart. */
static void forward_dense(const double *u, size_t stride, size_t n, double *x)
{
  for (size_t k = 0; k < n; k++) {
    x[k] /= u[k * stride + k];
    for (size_t j = k + 1; j < n; j++) x[j] -= u[k * stride + j] * x[k];
  }
}

static void backward_dense(const double *u, size_t stride, size_t n, double *x)
{
  for (size_t k = n; k-- > 0;) {
    const double *row = u + k * stride;
    x[k] = (x[k] - dc_spd_dot(row + k + 1, x + k + 1, n - k - 1)) / row[k];
  }
}

static double value_of(mixed *m, double square)
{
  double rows = (double)m->n_used, fixed = (double)(m->n_kept - m->n_random);
  double value = m->determinant_random + (m->restricted ? m->determinant_fixed : 0);
  m->quadratic = -2 * m->base - square;
  m->sigma2 = 1;
  if (!m->family->scaled) return value + m->quadratic;
  double df = rows - (m->restricted ? fixed : 0), least = -2 * m->base * 1e-28;
  double rest = fmax(m->quadratic, fmax(least, 1e-290));
  m->sigma2 = rest / df;
  return value + df * log(m->sigma2) + df;
}

/* From the Schur complement to the criterion. */
static double judge(mixed *m, const double *parameter, const double *total)
{
  const size_t n = m->n_kept, r = m->n_random, d = m->dense;
  const double *schur = total + SCHUR, *right = schur + d * d, *pulled = right + d;
  double *g = m->right, *t = m->right + d + 1, square = total[SQUARE] - total[PULLED];
  assemble(m, parameter, schur, m->factor);
  for (size_t i = 0; i < n; i++) {
    size_t c = m->order[i];
    g[i] = m->score[c] + m->pull[c] + right[c];
    t[i] = i < r ? m->pull[c] + pulled[c] : 0;
  }
  scale_line(m, parameter, g, 1, true);
  scale_line(m, parameter, t, 1, true);
  if (!dc_spd_factor(m->factor, n, m->spare)) return INFINITY;
  m->determinant_random = total[DETERMINANT];
  m->determinant_fixed = 0;
  for (size_t i = 0; i < n; i++)
    *(i < r ? &m->determinant_random : &m->determinant_fixed) += 2 * log(m->factor[i * n + i]);
  forward_dense(m->factor, n, n, g);
  forward_dense(m->factor, n, r, t);
  square += dc_spd_dot(g, g, n) - dc_spd_dot(t, t, r);
  return value_of(m, square);
}

dc_status mixed_criterion(mixed *m, const double *parameter, double *value, dc_error *error)
{
  work c = {.m = m};
  size_t d = m->dense, cells = SCHUR + d * d + 2 * d;
  mixed_pivot_scale(m, parameter, c.scale);
  if (m->levels) {
    dc_status status = dc_task_fold(m->task, m->levels, LEVEL_BLOCK, cells * sizeof(double), eliminate,
                                    merge_eliminated, &c, m->total, error);
    if (status != DC_OK) return status;
  } else {
    memset(m->total, 0, cells * sizeof(double));
  }
  *value = judge(m, parameter, m->total);
  if (parameter != m->parameter) memcpy(m->parameter, parameter, m->n_parameters * sizeof(double));
  m->criterion = *value;
  return DC_OK;
}

/* --- the solution --- */

static void level_solution(const mixed *m, size_t level, const double *scale, const double *delta, double *b)
{
  const size_t q = m->size, start = m->list_start[level], n = m->list_start[level + 1] - start;
  const double *root = m->root + start * q, *zeta = m->zeta + level * q, *pull = zeta + m->levels * q;
  for (size_t a = 0; a < q; a++) {
    double v = zeta[a] - pull[a];
    for (size_t j = 0; j < n; j++) v -= root[a * n + j] * delta[m->list[start + j]];
    b[a] = v;
  }
  backward(m->level_factor + level * q * q, q, b, 1);
  turn_up(scale, q, b, 1);
}

dc_status mixed_solve(mixed *m, double *theta, double *b, dc_error *error)
{
  const size_t n = m->n_kept, r = m->n_random, d = m->dense;
  double *x = m->solution, *t = m->solution + d + 1, *delta = m->spare, scale[MIXED_SIZE * MIXED_SIZE];
  memcpy(x, m->right, n * sizeof *x);
  memcpy(t, m->right + d + 1, r * sizeof *t);
  backward_dense(m->factor, n, n, x);
  backward_dense(m->factor, n, r, t);
  for (size_t i = 0; i < r; i++) x[i] -= t[i];
  scale_line(m, m->parameter, x, 1, false);
  memset(delta, 0, (d + 1) * sizeof *delta);
  for (size_t i = 0; i < n; i++) {
    size_t c = m->order[i];
    if (!isfinite(x[i])) return dc_fail(error, DC_E_NUMERIC, "the mixed model's equations have no finite solution");
    delta[c] = x[i];
    theta[c] = x[i] + (i < r ? 0 : m->theta[c]);
  }
  mixed_pivot_scale(m, m->parameter, scale);
  for (size_t l = 0; l < m->levels; l++) level_solution(m, l, scale, delta, b + l * m->size);
  return DC_OK;
}

/* --- variances --- */

/* Lambda L'^-1 (I + R V R') L^-1 Lambda' and its covariances with the dense columns of the level's list. */
static dc_status level_variances(void *context, size_t first, size_t last)
{
  const work *c = context;
  mixed *m = c->m;
  const size_t q = m->size, w = m->dense + 1;
  for (size_t l = first; l < last; l++) {
    const size_t start = m->list_start[l], n = m->list_start[l + 1] - start;
    const double *root = m->root + start * q, *factor = m->level_factor + l * q * q;
    double *cross = m->cross_variance + start * q, *v = m->variance + l * q * q;
    for (size_t a = 0; a < q; a++)
      for (size_t j = 0; j < n && c->used; j++) {
        const double *line = m->dense_variance + m->list[start + j] * w;
        double sum = 0;
        for (size_t k = 0; k < n; k++) sum += root[a * n + k] * line[m->list[start + k]];
        cross[a * n + j] = -sum;
      }
    for (size_t a = 0; a < q; a++)
      for (size_t b = 0; b < q; b++) {
        double sum = a == b;
        for (size_t k = 0; k < n && c->used; k++) sum -= cross[a * n + k] * root[b * n + k];
        v[a * q + b] = sum;
      }
    for (size_t j = 0; j < n && c->used; j++) {
      backward(factor, q, cross + j, n);
      turn_up(c->scale, q, cross + j, n);
    }
    for (size_t a = 0; a < q; a++) {
      backward(factor, q, v + a, q);
      turn_up(c->scale, q, v + a, q);
    }
    for (size_t a = 0; a < q; a++) {
      backward(factor, q, v + a * q, 1);
      turn_up(c->scale, q, v + a * q, 1);
    }
  }
  return DC_OK;
}

dc_status mixed_variances(mixed *m, bool fixed, dc_error *error)
{
  work c = {.m = m, .used = fixed ? m->n_kept : m->n_random};
  const size_t n = c.used, w = m->dense + 1;
  mixed_pivot_scale(m, m->parameter, c.scale);
  memset(m->dense_variance, 0, w * w * sizeof(double));
  if (n) {
    for (size_t i = 0; i < n; i++) memcpy(m->spare + i * n, m->factor + i * m->n_kept, n * sizeof(double));
    dc_spd_invert(m->spare, n, m->total, m->square, m->task->threads);
    for (size_t i = 0; i < n; i++) scale_line(m, m->parameter, m->square + i * n, 1, false);
    for (size_t j = 0; j < n; j++) scale_line(m, m->parameter, m->square + j, n, false);
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < n; j++) m->dense_variance[m->order[i] * w + m->order[j]] = m->square[i * n + j];
  }
  m->has_variance = true;
  return dc_fold_each(m->levels, VARIANCE_BLOCK, m->task->threads, &c, level_variances, error);
}
