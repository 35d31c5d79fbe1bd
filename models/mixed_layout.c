/* From terms to columns, and rows packed in the order of the pivot's levels. */
#include "models/mixed_internal.h"
#include "models/shrunk_spd.h"
#include "models/smooth.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UNIT_ROWS = 1000, PACK_ROWS = 1 << 14 };

static dc_status out_of_memory(dc_error *error) { return dc_fail_memory(error, "preparing a mixed model"); }

static const dc_term *term_of(const mixed *m, size_t t) { return &m->task->design->terms[t]; }

static size_t effect_size(const dc_term *t) { return t->n_slopes + (t->no_intercept ? 0 : 1); }

static bool same_codes(const dc_codes *a, const dc_codes *b)
{
  return a->code == b->code && a->bytes == b->bytes && a->levels == b->levels;
}

static size_t pack_number(mixed *m, const double *number)
{
  for (size_t k = 0; k < m->n_numbers; k++)
    if (m->source[k] == number) return k;
  m->source[m->n_numbers] = number;
  return m->n_numbers++;
}

/* Numbers in the vectors over these codes, all terms together. */
static size_t group_size(const mixed *m, const dc_codes *codes)
{
  size_t size = 0;
  for (size_t t = 0; t < m->task->design->n_terms; t++)
    if (term_of(m, t)->kind == DC_TERM_EFFECT && same_codes(&term_of(m, t)->codes, codes))
      size += effect_size(term_of(m, t));
  return size;
}

static void choose_pivot(mixed *m)
{
  size_t most = 0;
  for (size_t t = 0; t < m->task->design->n_terms; t++) {
    const dc_term *term = term_of(m, t);
    if (term->kind != DC_TERM_EFFECT) continue;
    size_t size = group_size(m, &term->codes);
    if (size > MIXED_SIZE || size * term->codes.levels <= most) continue;
    most = size * term->codes.levels;
    m->pivot = &term->codes;
  }
  if (m->pivot) m->levels = m->pivot->levels;
}

static bool allocate_layout(mixed *m)
{
  const dc_design *d = m->task->design;
  size_t n = 2 * d->n_terms + 2;
  for (size_t t = 0; t < d->n_terms; t++) n += 2 * d->terms[t].n_slopes;
  m->plain = dc_arena_alloc(m->arena, n, sizeof *m->plain);
  m->source = dc_arena_alloc(m->arena, n, sizeof *m->source);
  m->mean = dc_arena_alloc(m->arena, n, sizeof *m->mean);
  m->unit = dc_arena_alloc(m->arena, n, sizeof *m->unit);
  m->first = dc_arena_alloc(m->arena, n, sizeof *m->first);
  m->picks = dc_arena_alloc(m->arena, n, sizeof *m->picks);
  m->smooths = dc_arena_alloc(m->arena, n, sizeof *m->smooths);
  m->randoms = dc_arena_alloc(m->arena, n, sizeof *m->randoms);
  m->z = dc_arena_alloc(m->arena, MIXED_SIZE, sizeof *m->z);
  return m->plain && m->source && m->mean && m->unit && m->first && m->picks && m->smooths && m->randoms && m->z;
}

/* --- numbers --- */

static void add_plain(mixed *m, size_t t)
{
  const double *x = term_of(m, t)->number;
  size_t n = m->n_rows, k = m->n_plain++;
  double mean = 0, square = 0;
  m->first[t] = m->numbers_wide++;
  if (m->tables) {
    mixed_tables_unit(m->tables, k, &m->mean[k], &m->unit[k]);
    return;
  }
  /* all at once would lose digits of numbers that are large and close together */
  for (size_t i = 0; i < n; i++) mean += x[i] - x[0];
  mean = x[0] + mean / (double)n;
  for (size_t i = 0; i < n; i++) square += (x[i] - mean) * (x[i] - mean);
  square /= (double)n;
  if (!m->task->design->intercept) square += mean * mean, mean = 0;
  m->plain[k] = pack_number(m, x);
  m->mean[k] = mean;
  m->unit[k] = square > 0 ? sqrt(square) : 1;
}

/* Divided second differences at the functions' own places (means of three knots), so that what is not penalised is a
 * straight line in x; with lengths, so that their squares sum to about the integral of the second derivative's square. */
static void second_differences(const mixed_smooth *s, double *d)
{
  size_t k = s->basis;
  double range = s->knots[k] - s->knots[0], place[MIXED_KNOTS], middle = 0;
  for (size_t j = 0; j < k; j++) {
    place[j] = (s->knots[j + 1] + s->knots[j + 2] + s->knots[j + 3]) / (3 * range);
    middle += place[j] / (double)k;
  }
  for (size_t j = 0; j < k; j++) s->turn[j * (k - 1)] = place[j] - middle;
  memset(d, 0, (k - 2) * k * sizeof *d);
  for (size_t j = 0; j + 2 < k; j++) {
    double a = fmax(place[j + 1] - place[j], 1e-9), b = fmax(place[j + 2] - place[j + 1], 1e-9);
    double length = sqrt((a + b) / 2);
    d[j * k + j] = length * 2 / (a * (a + b));
    d[j * k + j + 1] = -length * 2 / (a * b);
    d[j * k + j + 2] = length * 2 / (b * (a + b));
  }
}

/* turn: the straight line, then D'(DD')^-1, whose second differences are one each (Wood 2017, section 5.4.2). */
static bool turn_basis(mixed_smooth *s, double *d)
{
  size_t k = s->basis, w = k - 2;
  double *square = d + w * k, *one = square + w * w;
  second_differences(s, d);
  for (size_t i = 0; i < w; i++)
    for (size_t j = i; j < w; j++) square[i * w + j] = dc_spd_dot(d + i * k, d + j * k, k);
  if (!dc_spd_factor(square, w, one)) return false;
  for (size_t c = 0; c < w; c++) {
    memset(one, 0, w * sizeof *one);
    one[c] = 1;
    dc_spd_solve(square, w, one);
    for (size_t j = 0; j < k; j++) {
      double sum = 0;
      for (size_t i = 0; i < w; i++) sum += d[i * k + j] * one[i];
      s->turn[j * (k - 1) + 1 + c] = sum;
    }
  }
  return true;
}

static void smooth_row(const mixed_smooth *s, double x, double *out)
{
  size_t first, w = s->basis - 1;
  double value[DC_SMOOTH_ORDER];
  dc_smooth_values(s->knots, s->basis, x, &first, value);
  for (size_t c = 0; c < w; c++) {
    double sum = 0;
    for (size_t j = 0; j < DC_SMOOTH_ORDER; j++) sum += value[j] * s->turn[(first + j) * w + c];
    out[c] = sum;
  }
}

/* Means of the functions over the rows, and with them of the columns, in the last row of turn. */
static void centre(const mixed *m, mixed_smooth *s)
{
  const double *x = term_of(m, s->term)->number;
  size_t first, k = s->basis, w = k - 1;
  double value[DC_SMOOTH_ORDER];
  for (size_t i = 0; i < m->n_rows; i++) {
    dc_smooth_values(s->knots, k, x[i], &first, value);
    for (size_t j = 0; j < DC_SMOOTH_ORDER; j++) s->centre[first + j] += value[j] / (double)m->n_rows;
  }
  for (size_t c = 0; c < w; c++)
    for (size_t j = 0; j < k; j++) s->turn[k * w + c] += s->centre[j] * s->turn[j * w + c];
}

static void add_random(mixed *m, size_t t, size_t size, size_t count, bool pivot, size_t at)
{
  mixed_random *r = &m->randoms[m->n_randoms++];
  *r = (mixed_random){.term = t, .size = size, .count = count, .pivot = pivot, .at = at, .parameter = m->n_parameters};
  m->n_parameters += size * (size + 1) / 2;
  for (size_t k = 0; k < size && k < MIXED_SIZE; k++) r->unit[k] = 1;
}

/* Of rows far apart: enough to know about how large the columns are. */
static double smooth_unit(const mixed *m, const mixed_smooth *s)
{
  double out[MIXED_KNOTS], sum = 0;
  const double *x = term_of(m, s->term)->number;
  size_t step = m->n_rows / UNIT_ROWS + 1, n = 0, w = s->basis - 1;
  for (size_t i = 0; i < m->n_rows; i += step, n++) {
    smooth_row(s, x[i], out);
    for (size_t c = 1; c < w; c++) sum += pow(out[c] - s->turn[s->basis * w + c], 2);
  }
  return sum > 0 ? 1 / sqrt(sum / (double)n) : 1;
}

static dc_status add_smooth(mixed *m, size_t t, dc_error *error)
{
  const dc_term *term = term_of(m, t);
  mixed_smooth *s = &m->smooths[m->n_smooths++];
  size_t k = term->basis ? term->basis : DC_SMOOTH_BASIS;
  if (k < DC_SMOOTH_ORDER || k > MIXED_KNOTS)
    return dc_fail(error, DC_E_USAGE, "%s: a smooth has %d to %d functions", term->name, DC_SMOOTH_ORDER, MIXED_KNOTS);
  *s = (mixed_smooth){.term = t, .basis = k, .column = m->numbers_wide, .number = pack_number(m, term->number)};
  s->knots = dc_arena_alloc(m->arena, k + DC_SMOOTH_ORDER, sizeof *s->knots);
  s->centre = dc_arena_alloc(m->arena, k, sizeof *s->centre);
  s->turn = dc_arena_alloc(m->arena, (k + 1) * (k - 1), sizeof *s->turn);
  double *scratch = dc_arena_alloc(m->arena, 2 * k * k + k, sizeof *scratch);
  if (!s->knots || !s->centre || !s->turn || !scratch) return out_of_memory(error);
  dc_status status = dc_smooth_place(term->number, m->n_rows, s->knots, &s->basis, error);
  if (status != DC_OK) return status;
  if (!turn_basis(s, scratch)) return dc_fail(error, DC_E_NUMERIC, "%s: its knots cannot be told apart", term->name);
  centre(m, s);
  m->first[t] = s->column;
  m->numbers_wide += s->basis - 1;
  add_random(m, t, 1, s->basis - 2, false, s->column + 1);
  m->randoms[m->n_randoms - 1].unit[0] = smooth_unit(m, s);
  return DC_OK;
}

/* --- codes --- */

static void slope_units(const mixed *m, mixed_random *r)
{
  const dc_term *t = term_of(m, r->term);
  for (size_t k = 0; k < t->n_slopes; k++) {
    double sum = 0;
    for (size_t i = 0; i < m->n_rows; i++) sum += t->slope[k][i] / (double)m->n_rows * t->slope[k][i];
    if (sum > 0) r->unit[k + (t->no_intercept ? 0 : 1)] = 1 / sqrt(sum);
  }
}

static dc_status add_effect(mixed *m, size_t t, dc_error *error)
{
  const dc_term *term = term_of(m, t);
  size_t size = effect_size(term), levels = term->codes.levels;
  bool pivot = m->pivot && same_codes(m->pivot, &term->codes);
  if (size < 1 || size > MIXED_SIZE)
    return dc_fail(error, DC_E_USAGE, "%s: vectors of %zu; 1 to %d can be fitted", term->name, size, MIXED_SIZE);
  add_random(m, t, size, levels, pivot, pivot ? m->size : m->dense);
  mixed_random *r = &m->randoms[m->n_randoms - 1];
  slope_units(m, r);
  m->first[t] = pivot ? SIZE_MAX : m->dense;
  for (size_t k = 0; k < size; k++) {
    bool one = !term->no_intercept && k == 0;
    size_t number = one ? SIZE_MAX : pack_number(m, term->slope[k - (term->no_intercept ? 0 : 1)]);
    if (pivot)
      m->z[m->size++] = number;
    else
      m->picks[m->n_picks++] = (mixed_pick){&term->codes, number, DC_NO_REFERENCE, m->dense + k, size};
  }
  if (!pivot) m->dense += size * levels;
  return DC_OK;
}

static void add_factor(mixed *m, size_t t)
{
  const dc_term *term = term_of(m, t);
  bool slopes = term->kind == DC_TERM_SLOPES;
  m->first[t] = m->dense;
  m->picks[m->n_picks++] = (mixed_pick){&term->codes, slopes ? pack_number(m, term->number) : SIZE_MAX, term->reference,
                                        m->dense, 1};
  m->dense += term->codes.levels - (term->reference == DC_NO_REFERENCE ? 0 : 1);
}

static dc_status add_terms(mixed *m, dc_error *error)
{
  const dc_design *d = m->task->design;
  dc_status status = DC_OK;
  m->numbers_wide = 1;
  for (size_t t = 0; t < d->n_terms; t++)
    if (d->terms[t].kind == DC_TERM_NUMBER) add_plain(m, t);
  for (size_t t = 0; t < d->n_terms && status == DC_OK; t++)
    if (d->terms[t].kind == DC_TERM_SMOOTH) status = add_smooth(m, t, error);
  m->dense = m->numbers_wide;
  for (size_t t = 0; t < d->n_terms && status == DC_OK; t++) {
    if (d->terms[t].kind == DC_TERM_FACTOR || d->terms[t].kind == DC_TERM_SLOPES) add_factor(m, t);
    if (d->terms[t].kind == DC_TERM_EFFECT) status = add_effect(m, t, error);
  }
  if (status != DC_OK) return status;
  if (m->dense > MIXED_DENSE)
    return dc_fail(error, DC_E_USAGE,
                   "the terms have %zu columns beside the effect with most levels; %d can be fitted: leave one out, or "
                   "join its small levels",
                   m->dense, MIXED_DENSE);
  if (m->n_parameters > MIXED_PARAMETERS)
    return dc_fail(error, DC_E_USAGE, "%zu variances and covariances; %d can be fitted", m->n_parameters,
                   MIXED_PARAMETERS);
  return DC_OK;
}

/* --- rows --- */

static bool sort_rows(mixed *m)
{
  size_t n = m->n_rows;
  m->row_start = dc_arena_alloc(m->arena, m->levels + 2, sizeof *m->row_start);
  m->place = dc_arena_alloc(m->arena, n + 1, sizeof *m->place);
  if (!m->row_start || !m->place) return false;
  size_t *start = m->row_start;
  if (!m->levels) {
    for (size_t i = 0; i < n; i++) m->place[i] = (uint32_t)i;
    return true;
  }
  for (size_t i = 0; i < n; i++) start[dc_codes_at(m->pivot, i) + 2]++;
  for (size_t l = 0; l < m->levels; l++) start[l + 2] += start[l + 1];
  for (size_t i = 0; i < n; i++) m->place[i] = (uint32_t)start[dc_codes_at(m->pivot, i) + 1]++;
  return true;
}

static uint32_t picked(const mixed *m, const mixed_pick *p, size_t row)
{
  uint32_t code = dc_codes_at(p->codes, row);
  if (p->reference == DC_NO_REFERENCE) return (uint32_t)(p->first + p->stride * code);
  if (code == p->reference) return (uint32_t)m->dense;
  return (uint32_t)p->first + code - (code > p->reference ? 1 : 0);
}

/* Where rows are packed to. */
typedef struct packing {
  mixed *m;
  double *y, *trials, *weight, *offset;
} packing;

static dc_status pack_rows(void *context, size_t first, size_t last, void *partial)
{
  const packing *p = context;
  mixed *m = p->m;
  const dc_design *d = m->task->design;
  const dc_response *response = m->task->response;
  size_t *used = partial;
  for (size_t row = first; row < last; row++) {
    size_t i = m->place[row];
    for (size_t k = 0; k < m->n_numbers; k++) m->packed[i * m->n_numbers + k] = m->source[k][row];
    for (size_t k = 0; k < m->n_picks; k++) m->columns[i * m->n_picks + k] = picked(m, &m->picks[k], row);
    if (m->numbers) mixed_numbers(m, i, m->numbers + i * m->numbers_room);
    p->y[i] = response->y[row];
    if (p->trials) p->trials[i] = response->trials[row];
    if (p->weight) p->weight[i] = d->weight[row];
    if (p->offset) p->offset[i] = d->offset[row];
    *used += !d->weight || d->weight[row] > 0;
  }
  return DC_OK;
}

static void merge_used(void *context, void *into, const void *from)
{
  (void)context;
  *(size_t *)into += *(const size_t *)from;
}

static bool allocate_rows(mixed *m, packing *p)
{
  const dc_design *d = m->task->design;
  size_t n = m->n_rows;
  *p = (packing){.m = m};
  m->packed = dc_arena_alloc(m->arena, n * m->n_numbers + 1, sizeof *m->packed);
  m->columns = dc_arena_alloc(m->arena, n * m->n_picks + 1, sizeof *m->columns);
  m->numbers_room = (m->numbers_wide + 3) / 4 * 4;
  if (!m->n_smooths) m->numbers = dc_arena_alloc(m->arena, n * m->numbers_room, sizeof *m->numbers);
  m->y = p->y = dc_arena_alloc(m->arena, n + 1, sizeof *p->y);
  if (m->task->response->trials) m->trials = p->trials = dc_arena_alloc(m->arena, n + 1, sizeof *p->trials);
  if (d->weight) m->weight = p->weight = dc_arena_alloc(m->arena, n + 1, sizeof *p->weight);
  if (d->offset) m->offset = p->offset = dc_arena_alloc(m->arena, n + 1, sizeof *p->offset);
  return m->packed && m->columns && (m->numbers || m->n_smooths) && m->y && (m->trials || !m->task->response->trials) &&
         (m->weight || !d->weight) && (m->offset || !d->offset);
}

static int ascending(const void *a, const void *b)
{
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

/* Which dense columns each level's rows touch: counted, then listed. */
static bool list_columns(mixed *m)
{
  size_t *mark = dc_arena_alloc(m->arena, m->dense + 1, sizeof *mark);
  m->list_start = dc_arena_alloc(m->arena, m->levels + 1, sizeof *m->list_start);
  if (!mark || !m->list_start) return false;
  for (int listing = 0; listing < 2; listing++) {
    memset(mark, 0, (m->dense + 1) * sizeof *mark);
    size_t n = 0;
    for (size_t l = 0; l < m->levels; l++) {
      m->list_start[l] = n;
      if (listing)
        for (size_t c = 0; c < m->numbers_wide; c++) m->list[n + c] = (uint32_t)c;
      n += m->numbers_wide;
      for (size_t i = m->row_start[l]; i < m->row_start[l + 1]; i++)
        for (size_t p = 0; p < m->n_picks; p++) {
          size_t column = m->columns[i * m->n_picks + p];
          if (column == m->dense || mark[column] == l + 1) continue;
          mark[column] = l + 1;
          if (listing) m->list[n] = (uint32_t)column;
          n++;
        }
      if (listing) qsort(m->list + m->list_start[l], n - m->list_start[l], sizeof *m->list, ascending);
    }
    m->list_start[m->levels] = n;
    if (!listing && !(m->list = dc_arena_alloc(m->arena, n + 1, sizeof *m->list))) return false;
  }
  return true;
}

static bool allocate_sums(mixed *m)
{
  size_t d = m->dense, w = d + 1, q = m->size, l = m->levels, cross = m->list_start[l] * q;
  struct {
    double **where;
    size_t count;
  } wanted[] = {{&m->theta, w},
                {&m->theta_fixed, w + 4},
                {&m->theta_random, w + 4},
                {&m->b, l * q},
                {&m->gram, w * w},
                {&m->score, w},
                {&m->pull, w},
                {&m->block, l * q * q},
                {&m->cross, cross},
                {&m->level_score, l * q},
                {&m->level_pull, l * q},
                {&m->total, 2 + 2 * w + w * w + q * w + m->numbers_room},
                {&m->variance, l * q * q},
                {&m->cross_variance, cross},
                {&m->dense_variance, w * w},
                {&m->root, cross},
                {&m->zeta, 2 * l * q},
                {&m->level_factor, l * q * q},
                {&m->factor, w * w},
                {&m->square, w * w},
                {&m->right, 2 * w},
                {&m->solution, 2 * w},
                {&m->spare, w * w + 2 * w}};
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    if (!(*wanted[i].where = dc_arena_alloc(m->arena, wanted[i].count + 1, sizeof(double)))) return false;
  m->random_of = dc_arena_alloc(m->arena, w, sizeof *m->random_of);
  m->dead = dc_arena_alloc(m->arena, w, sizeof *m->dead);
  m->order = dc_arena_alloc(m->arena, w, sizeof *m->order);
  return m->random_of && m->dead && m->order;
}

static void mark_random(mixed *m)
{
  for (size_t c = 0; c < m->dense; c++) m->random_of[c] = -1;
  for (size_t r = 0; r < m->n_randoms; r++) {
    const mixed_random *random = &m->randoms[r];
    for (size_t k = 0; k < random->size * random->count && !random->pivot; k++) m->random_of[random->at + k] = (int)r;
  }
  m->dead[0] = !m->task->design->intercept;
}

/* Rows in the order of the pivot's levels, packed. */
static dc_status pack(mixed *m, dc_error *error)
{
  packing p;
  if (!sort_rows(m) || !allocate_rows(m, &p)) return out_of_memory(error);
  dc_status status = dc_task_fold(m->task, m->n_rows, PACK_ROWS, sizeof m->n_used, pack_rows, merge_used, &p,
                                  &m->n_used, error);
  if (status != DC_OK) return status;
  return list_columns(m) ? DC_OK : out_of_memory(error);
}

/* Rows stay where they are, and every level is taken to touch every dense column. */
static dc_status read_in_place(mixed *m, dc_error *error)
{
  m->y = m->task->response->y;
  m->offset = m->task->design->offset;
  m->n_used = m->n_rows;
  m->list_start = dc_arena_alloc(m->arena, m->levels + 1, sizeof *m->list_start);
  m->list = dc_arena_alloc(m->arena, m->levels * m->dense + 1, sizeof *m->list);
  if (!m->list_start || !m->list) return out_of_memory(error);
  for (size_t l = 0; l <= m->levels; l++) m->list_start[l] = l * m->dense;
  for (size_t k = 0; k < m->levels * m->dense; k++) m->list[k] = (uint32_t)(k % m->dense);
  mixed_tables_map(m);
  return DC_OK;
}

dc_status mixed_lay_out(mixed *m, dc_error *error)
{
  m->n_rows = m->task->design->n_rows;
  if (m->n_rows >= UINT32_MAX) return dc_fail(error, DC_E_USAGE, "more than 2^32 - 2 rows");
  if (!allocate_layout(m)) return out_of_memory(error);
  choose_pivot(m);
  dc_status status = mixed_tables_new(m, error);
  if (status == DC_OK) status = add_terms(m, error);
  if (status == DC_OK) status = m->tables ? read_in_place(m, error) : pack(m, error);
  if (status != DC_OK) return status;
  if (!allocate_sums(m)) return out_of_memory(error);
  mark_random(m);
  return DC_OK;
}

void mixed_numbers(const mixed *m, size_t row, double *x)
{
  const double *packed = m->packed + row * m->n_numbers;
  x[0] = 1;
  for (size_t k = 0; k < m->n_plain; k++) x[1 + k] = (packed[m->plain[k]] - m->mean[k]) / m->unit[k];
  for (size_t k = 0; k < m->n_smooths; k++) {
    const mixed_smooth *s = &m->smooths[k];
    size_t w = s->basis - 1;
    smooth_row(s, packed[s->number], x + s->column);
    for (size_t c = 0; c < w; c++) x[s->column + c] -= s->turn[s->basis * w + c];
  }
}
