/* The pass over the rows that makes all sums.
 *
 * Blocks own whole levels of the pivot (those whose rows begin in them), so that a level's own sums are written by one
 * worker, in the order of its rows; what is summed over all rows goes through the fold. */
#include "models/mixed_internal.h"

#include "models/shrunk_wide.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_ROWS = 8192 };

/* One chunk of rows. */
typedef struct chunk {
  size_t count;
  double *x;                                                                 /* count x numbers_wide */
  double z[MIXED_CHUNK * MIXED_SIZE], eta[MIXED_CHUNK], random[MIXED_CHUNK]; /* random: the part of b in eta */
  double score[MIXED_CHUNK], weight[MIXED_CHUNK], pull[MIXED_CHUNK];
  mixed_kernel kernel[MIXED_CHUNK];
  uint32_t *column; /* count x n_picks */
  double *value;
} chunk;

/* Where the sums lie in a partial. */
typedef struct sums {
  size_t score, pull, gram, level, end; /* level: size x (dense + 1), of the level at hand */
} sums;

static sums places(const mixed *m)
{
  size_t w = m->dense + 1;
  sums at = {.score = 2};
  at.pull = at.score + w;
  at.gram = at.pull + w;
  at.level = at.gram + w * w;
  at.end = at.level + m->size * w;
  return at;
}

static uint32_t column_of(const mixed *m, const mixed_pick *p, const uint32_t *codes)
{
  uint32_t code = codes[p->code];
  if (p->reference == DC_NO_REFERENCE) return (uint32_t)(p->first + p->stride * code);
  if (code == p->reference) return (uint32_t)m->dense;
  return (uint32_t)p->first + code - (code > p->reference ? 1 : 0);
}

static void fill(const mixed *m, size_t first, chunk *c)
{
  for (size_t i = 0; i < c->count; i++) {
    const double *packed = m->packed + (first + i) * m->n_numbers;
    const uint32_t *codes = m->codes + (first + i) * m->n_codes;
    mixed_numbers(m, first + i, c->x + i * m->numbers_wide);
    for (size_t p = 0; p < m->n_picks; p++) {
      const mixed_pick *pick = &m->picks[p];
      c->column[i * m->n_picks + p] = column_of(m, pick, codes);
      c->value[i * m->n_picks + p] = pick->value == SIZE_MAX ? 1 : packed[pick->value];
    }
    for (size_t k = 0; k < m->size; k++) c->z[i * m->size + k] = m->z[k] == SIZE_MAX ? 1 : packed[m->z[k]];
  }
}

static void predict(const mixed *m, size_t first, size_t level, chunk *c)
{
  for (size_t i = 0; i < c->count; i++) {
    const double *x = c->x + i * m->numbers_wide;
    double fixed = m->offset ? m->offset[first + i] : 0, random = 0;
    for (size_t j = 0; j < m->numbers_wide; j++) {
      double v = x[j] * m->theta[j];
      if (m->random_of[j] < 0)
        fixed += v;
      else
        random += v;
    }
    for (size_t p = 0; p < m->n_picks; p++) {
      size_t column = c->column[i * m->n_picks + p];
      double v = c->value[i * m->n_picks + p] * m->theta[column];
      if (column == m->dense || m->random_of[column] < 0)
        fixed += v;
      else
        random += v;
    }
    while (m->levels && first + i >= m->row_start[level + 1]) level++;
    for (size_t k = 0; k < m->size; k++) random += c->z[i * m->size + k] * m->b[level * m->size + k];
    c->eta[i] = fixed + random;
    c->random[i] = random;
  }
}

/* --- the slope of the marginal likelihood's determinant --- */

/* The cross variance of a level with a dense column; k ascends through the level's list. */
static double cross_at(const mixed *m, size_t level, size_t a, size_t column)
{
  const uint32_t *list = m->list + m->list_start[level];
  size_t n = m->list_start[level + 1] - m->list_start[level], low = 0, high = n;
  while (high - low > 1) {
    size_t middle = (low + high) / 2;
    if (list[middle] <= column)
      low = middle;
    else
      high = middle;
  }
  return m->cross_variance[m->list_start[level] * m->size + a * n + low];
}

/* z'Vz of one row, V the variance of b given beta. */
static double spread(const mixed *m, size_t level, const chunk *c, size_t i)
{
  const double *z = c->z + i * m->size, *v = m->variance + level * m->size * m->size;
  double sum = 0;
  for (size_t a = 0; a < m->size; a++)
    for (size_t b = 0; b < m->size; b++) sum += z[a] * z[b] * v[a * m->size + b];
  if (!m->n_random) return sum;
  uint32_t column[MIXED_KNOTS * 8];
  double value[MIXED_KNOTS * 8];
  size_t n = 0;
  for (size_t j = 0; j < m->numbers_wide && n < sizeof column / sizeof *column; j++)
    if (m->random_of[j] >= 0) column[n] = (uint32_t)j, value[n++] = c->x[i * m->numbers_wide + j];
  for (size_t p = 0; p < m->n_picks && n < sizeof column / sizeof *column; p++) {
    uint32_t at = c->column[i * m->n_picks + p];
    if (at < m->dense && m->random_of[at] >= 0) column[n] = at, value[n++] = c->value[i * m->n_picks + p];
  }
  for (size_t j = 0; j < n; j++) {
    for (size_t a = 0; a < m->size; a++) sum += 2 * z[a] * value[j] * cross_at(m, level, a, column[j]);
    for (size_t k = 0; k < n; k++)
      sum += value[j] * value[k] * m->dense_variance[column[j] * (m->dense + 1) + column[k]];
  }
  return sum;
}

static void evaluate(const mixed *m, size_t first, size_t level, chunk *c, double *sum)
{
  m->family->rows(c->count, c->eta, m->y + first, m->trials ? m->trials + first : NULL,
                  m->weight ? m->weight + first : NULL, c->kernel);
  for (size_t i = 0; i < c->count; i++) {
    const mixed_kernel *k = &c->kernel[i];
    sum[0] += k->log_likelihood;
    c->score[i] = k->score + k->weight * c->random[i];
    c->weight[i] = k->weight;
    c->pull[i] = 0;
    if (m->has_variance && k->slope != 0) {
      while (m->levels && first + i >= m->row_start[level + 1]) level++;
      c->pull[i] = -0.5 * k->slope * spread(m, level, c, i);
    }
    sum[1] += k->log_likelihood - c->random[i] * (k->score + 0.5 * k->weight * c->random[i] + c->pull[i]);
  }
}

/* --- sums over all rows --- */

DC_WIDE static void add_numbers(const double *restrict x, double w, size_t n, double *restrict to)
{
  for (size_t j = 0; j < n; j++) to[j] += w * x[j];
}

static void scatter(const mixed *m, const chunk *c, double *partial, const sums *at)
{
  const size_t n = m->numbers_wide, w = m->dense + 1;
  double *score = partial + at->score, *pull = partial + at->pull, *gram = partial + at->gram;
  for (size_t i = 0; i < c->count; i++) {
    const double *x = c->x + i * n, *value = c->value + i * m->n_picks;
    const uint32_t *column = c->column + i * m->n_picks;
    add_numbers(x, c->score[i], n, score);
    if (m->has_variance) add_numbers(x, c->pull[i], n, pull);
    for (size_t j = 0; j < n; j++) add_numbers(x, c->weight[i] * x[j], j + 1, gram + j * w);
    for (size_t p = 0; p < m->n_picks; p++) {
      double v = c->weight[i] * value[p];
      double *row = gram + column[p] * w;
      score[column[p]] += c->score[i] * value[p];
      pull[column[p]] += c->pull[i] * value[p];
      add_numbers(x, v, n, row);
      for (size_t o = 0; o <= p; o++) row[column[o]] += v * value[o];
    }
  }
}

/* --- sums of levels --- */

static void add_level_row(mixed *m, size_t level, const chunk *c, size_t i, double *scratch)
{
  const size_t n = m->numbers_wide, q = m->size, w = m->dense + 1;
  const double *z = c->z + i * q, *x = c->x + i * n, *value = c->value + i * m->n_picks;
  const uint32_t *column = c->column + i * m->n_picks;
  for (size_t a = 0; a < q; a++) {
    double v = c->weight[i] * z[a], *row = scratch + a * w;
    m->level_score[level * q + a] += c->score[i] * z[a];
    m->level_pull[level * q + a] += c->pull[i] * z[a];
    for (size_t b = 0; b < q; b++) m->block[(level * q + a) * q + b] += v * z[b];
    add_numbers(x, v, n, row);
    for (size_t p = 0; p < m->n_picks; p++) row[column[p]] += v * value[p];
  }
}

static void begin_level(mixed *m, size_t level)
{
  const size_t q = m->size;
  memset(m->level_score + level * q, 0, q * sizeof(double));
  memset(m->level_pull + level * q, 0, q * sizeof(double));
  memset(m->block + level * q * q, 0, q * q * sizeof(double));
}

/* From the scratch, which is left zeroed, to the level's list. */
static void end_level(mixed *m, size_t level, double *scratch)
{
  const size_t q = m->size, w = m->dense + 1, start = m->list_start[level], n = m->list_start[level + 1] - start;
  double *cross = m->cross + start * q;
  for (size_t a = 0; a < q; a++) {
    for (size_t k = 0; k < n; k++) {
      double *from = scratch + a * w + m->list[start + k];
      cross[a * n + k] = *from;
      *from = 0;
    }
    scratch[a * w + m->dense] = 0;
  }
}

/* The first level whose rows begin at `row` or later. */
static size_t level_from(const mixed *m, size_t row)
{
  size_t low = 0, high = m->levels;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (m->row_start[middle] < row)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static bool new_chunk(const mixed *m, chunk *c)
{
  c->x = malloc((MIXED_CHUNK * m->numbers_wide + 1) * sizeof *c->x);
  c->column = malloc((MIXED_CHUNK * m->n_picks + 1) * sizeof *c->column);
  c->value = malloc((MIXED_CHUNK * m->n_picks + 1) * sizeof *c->value);
  return c->x && c->column && c->value;
}

static void free_chunk(chunk *c)
{
  free(c->x);
  free(c->column);
  free(c->value);
}

static dc_status accumulate(void *context, size_t first, size_t last, void *partial)
{
  mixed *m = context;
  const sums at = places(m);
  double *sum = partial, *scratch = sum + at.level;
  chunk c = {0};
  size_t level = 0, end_of_levels = 0;
  if (m->levels) {
    level = level_from(m, first);
    end_of_levels = level_from(m, last);
    if (level == end_of_levels) return DC_OK;
    first = m->row_start[level];
    last = m->row_start[end_of_levels];
    begin_level(m, level);
  }
  if (!new_chunk(m, &c)) {
    free_chunk(&c);
    return DC_E_MEMORY;
  }
  for (size_t i = first; i < last; i += c.count) {
    c.count = last - i < MIXED_CHUNK ? last - i : MIXED_CHUNK;
    fill(m, i, &c);
    predict(m, i, level, &c);
    evaluate(m, i, level, &c, sum);
    scatter(m, &c, sum, &at);
    for (size_t k = 0; k < c.count && m->levels; k++) {
      while (i + k >= m->row_start[level + 1]) {
        end_level(m, level++, scratch);
        begin_level(m, level);
      }
      add_level_row(m, level, &c, k, scratch);
    }
  }
  while (level < end_of_levels) {
    end_level(m, level++, scratch);
    if (level < end_of_levels) begin_level(m, level);
  }
  free_chunk(&c);
  return DC_OK;
}

static void merge(void *context, void *into, const void *from)
{
  const mixed *m = context;
  const size_t n = places(m).level;
  double *a = into;
  const double *b = from;
  for (size_t k = 0; k < n; k++) a[k] += b[k];
}

dc_status mixed_pass(mixed *m, dc_error *error)
{
  const sums at = places(m);
  const size_t w = m->dense + 1;
  dc_status status = dc_task_fold(m->task, m->n_rows, BLOCK_ROWS, at.end * sizeof(double), accumulate, merge, m,
                                  m->total, error);
  if (status != DC_OK) return status;
  m->log_likelihood = m->total[0];
  m->base = m->total[1];
  memcpy(m->score, m->total + at.score, w * sizeof(double));
  memcpy(m->pull, m->total + at.pull, w * sizeof(double));
  memcpy(m->gram, m->total + at.gram, w * w * sizeof(double));
  return DC_OK;
}
