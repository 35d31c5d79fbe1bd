/* The pass over the rows that makes all sums.
 *
 * Blocks own whole levels of the pivot (those whose rows begin in them), so that a level's own sums are written by one
 * worker, in the order of its rows; what is summed over all rows goes through the fold. */
#include "models/mixed_internal.h"

#include "models/wide.h"

#include <stdlib.h>
#include <string.h>

/* make tune: 2^9 .0298 .0226, 2^12 .0282 .0215, 2^15 .0281 .0204, 2^16 .0280 .0224 */
enum { BLOCK_ROWS = 32768 };

/* One chunk of rows. What lies packed is used where it lies. */
typedef struct chunk {
  size_t count;
  const double *x;        /* count x numbers_room, zeros behind the numbers */
  const uint32_t *column; /* count x n_picks */
  double *made, *value;   /* x where there are smooths; count x n_picks, NULL = all 1 */
  double z[MIXED_CHUNK * MIXED_SIZE], eta[MIXED_CHUNK], random[MIXED_CHUNK]; /* random: the part of b in eta */
  double score[MIXED_CHUNK], weight[MIXED_CHUNK], slope[MIXED_CHUNK], pull[MIXED_CHUNK];
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
  at.end = at.level + m->size * w + m->numbers_room;
  return at;
}

static void fill(const mixed *m, size_t first, chunk *c)
{
  const size_t room = m->numbers_room;
  c->x = m->numbers ? m->numbers + first * room : c->made;
  c->column = m->columns + first * m->n_picks;
  for (size_t i = 0; i < c->count; i++) {
    const double *packed = m->packed + (first + i) * m->n_numbers;
    if (!m->numbers) mixed_numbers(m, first + i, c->made + i * room);
    for (size_t p = 0; p < m->n_picks && c->value; p++)
      c->value[i * m->n_picks + p] = m->picks[p].value == SIZE_MAX ? 1 : packed[m->picks[p].value];
    for (size_t k = 0; k < m->size; k++) c->z[i * m->size + k] = m->z[k] == SIZE_MAX ? 1 : packed[m->z[k]];
  }
}

/* x'theta in four lanes; room is a multiple of 4. */
WIDE_INLINE double product(const double *x, const double *theta, size_t room)
{
  wide4 sum = wide_of(0);
  for (size_t j = 0; j < room; j += 4) sum += *(const wide4 *)(x + j) * *(const wide4 *)(theta + j);
  return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

WIDE static void predict(const mixed *m, size_t first, size_t level, chunk *c)
{
  const size_t room = m->numbers_room, n = m->n_picks, q = m->size;
  for (size_t i = 0; i < c->count; i++) {
    const double *x = c->x + i * room;
    double fixed = product(x, m->theta_fixed, room), random = m->n_smooths ? product(x, m->theta_random, room) : 0;
    if (m->offset) fixed += m->offset[first + i];
    for (size_t p = 0; p < n; p++) {
      size_t column = c->column[i * n + p];
      double v = c->value ? c->value[i * n + p] : 1;
      fixed += v * m->theta_fixed[column];
      if (m->n_random) random += v * m->theta_random[column];
    }
    while (m->levels && first + i >= m->row_start[level + 1]) level++;
    for (size_t k = 0; k < q; k++) random += c->z[i * q + k] * m->b[level * q + k];
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
    if (m->random_of[j] >= 0) column[n] = (uint32_t)j, value[n++] = c->x[i * m->numbers_room + j];
  for (size_t p = 0; p < m->n_picks && n < sizeof column / sizeof *column; p++) {
    uint32_t at = c->column[i * m->n_picks + p];
    if (at < m->dense && m->random_of[at] >= 0)
      column[n] = at, value[n++] = c->value ? c->value[i * m->n_picks + p] : 1;
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
  double likelihood = m->family->rows(c->count, c->eta, m->y + first, m->trials ? m->trials + first : NULL,
                                      m->weight ? m->weight + first : NULL, c->score, c->weight, c->slope);
  double moved = 0; /* by the random part */
  for (size_t i = 0; i < c->count; i++) {
    c->pull[i] = 0;
    if (m->has_variance && c->slope[i] != 0) {
      while (m->levels && first + i >= m->row_start[level + 1]) level++;
      c->pull[i] = -0.5 * c->slope[i] * spread(m, level, c, i);
    }
    moved += c->random[i] * (c->score[i] + 0.5 * c->weight[i] * c->random[i] + c->pull[i]);
    c->score[i] += c->weight[i] * c->random[i];
  }
  sum[0] += likelihood;
  sum[1] += likelihood - moved;
}

/* --- sums over all rows --- */

/* to += w x over `room`, a multiple of 4. */
WIDE_INLINE void add_numbers(const double *x, double w, size_t room, double *to)
{
  for (size_t j = 0; j < room; j += 4) *(wide4 *)(to + j) += wide_of(w) * *(const wide4 *)(x + j);
}

/* Rows of sums are written up to `room`, which adds zeros to what lies behind the numbers. */
WIDE_INLINE void scatter_with(const mixed *m, const chunk *c, double *partial, const sums *at, size_t room, bool ones)
{
  const size_t n = m->numbers_wide, w = m->dense + 1, picks = m->n_picks;
  double *score = partial + at->score, *pull = partial + at->pull, *gram = partial + at->gram;
  for (size_t j = 0; j < n; j++) {
    wide4 sum[4] = {wide_of(0), wide_of(0), wide_of(0), wide_of(0)};
    double *row = gram + j * w;
    size_t near = room <= 16 ? room : 0;
    for (size_t i = 0; i < c->count; i++) {
      const double *x = c->x + i * room;
      double v = c->weight[i] * x[j];
      for (size_t k = 0; k < near; k += 4) sum[k / 4] += wide_of(v) * *(const wide4 *)(x + k);
      if (!near) add_numbers(x, v, room, row);
    }
    for (size_t k = 0; k < near; k += 4) *(wide4 *)(row + k) += sum[k / 4];
  }
  for (size_t i = 0; i < c->count; i++) {
    const double *x = c->x + i * room;
    const uint32_t *column = c->column + i * picks;
    add_numbers(x, c->score[i], room, score);
    if (m->has_variance) add_numbers(x, c->pull[i], room, pull);
    for (size_t p = 0; p < picks; p++) {
      double u = ones ? 1 : c->value[i * picks + p], v = ones ? c->weight[i] : c->weight[i] * u;
      double *row = gram + column[p] * w;
      score[column[p]] += c->score[i] * u;
      pull[column[p]] += c->pull[i] * u;
      add_numbers(x, v, room, row);
      for (size_t o = 0; o <= p; o++) row[column[o]] += ones ? v : v * c->value[i * picks + o];
    }
  }
}

WIDE static void scatter(const mixed *m, const chunk *c, double *partial, const sums *at)
{
  if (m->numbers_room == 4 && !c->value)
    scatter_with(m, c, partial, at, 4, true);
  else if (m->numbers_room == 8 && !c->value)
    scatter_with(m, c, partial, at, 8, true);
  else if (m->numbers_room == 16)
    scatter_with(m, c, partial, at, 16, !c->value);
  else
    scatter_with(m, c, partial, at, m->numbers_room, !c->value);
}

/* --- sums of levels --- */

WIDE_INLINE void add_level_row(mixed *m, size_t level, const chunk *c, size_t i, double *scratch, size_t room)
{
  const size_t q = m->size, w = m->dense + 1, picks = m->n_picks;
  const double *z = c->z + i * q, *x = c->x + i * room;
  const uint32_t *column = c->column + i * picks;
  for (size_t a = 0; a < q; a++) {
    double v = c->weight[i] * z[a], *row = scratch + a * w;
    m->level_score[level * q + a] += c->score[i] * z[a];
    m->level_pull[level * q + a] += c->pull[i] * z[a];
    for (size_t b = 0; b < q; b++) m->block[(level * q + a) * q + b] += v * z[b];
    add_numbers(x, v, room, row);
    for (size_t p = 0; p < picks; p++) row[column[p]] += c->value ? v * c->value[i * picks + p] : v;
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

/* Rows of a chunk into their levels; returns the level of the last. */
WIDE static size_t add_levels(mixed *m, size_t first, size_t level, const chunk *c, double *scratch)
{
  for (size_t k = 0; k < c->count; k++) {
    while (first + k >= m->row_start[level + 1]) {
      end_level(m, level++, scratch);
      begin_level(m, level);
    }
    if (m->numbers_room == 8)
      add_level_row(m, level, c, k, scratch, 8);
    else
      add_level_row(m, level, c, k, scratch, m->numbers_room);
  }
  return level;
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
  bool ones = true;
  for (size_t p = 0; p < m->n_picks; p++) ones &= m->picks[p].value == SIZE_MAX;
  if (!m->numbers) c->made = calloc(MIXED_CHUNK * m->numbers_room, sizeof *c->made);
  if (!ones) c->value = malloc(MIXED_CHUNK * m->n_picks * sizeof *c->value);
  return (c->made || m->numbers) && (c->value || ones);
}

static void free_chunk(chunk *c)
{
  free(c->made);
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
    if (m->levels) level = add_levels(m, i, level, &c, scratch);
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
  if (m->tables) return mixed_tables_pass(m, error);
  for (size_t c = 0; c < w; c++) {
    bool random = c < m->dense && m->random_of[c] >= 0;
    m->theta_fixed[c] = random ? 0 : m->theta[c];
    m->theta_random[c] = random ? m->theta[c] : 0;
  }
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
