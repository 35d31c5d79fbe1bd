/* Passes over the rows: likelihood, score and blockwise Gram of the dense columns by the fold; the levels of effects
 * each by itself, from the list of its rows, so that neither order nor threads change a byte. */
#include "models/shrunk.h"

#include "engine/base/fold.h"
#include "models/shrunk_wide.h"

#include <string.h>

enum { LEVEL_BLOCK = 16 };

typedef struct pass {
  dc_shrunk *s;
  const double *theta; /* or the vector to multiply */
  bool curvature, keep;
  size_t n_sums;
  int effect;
  double *out;
} pass;

/* Scratch of one chunk of rows, on the worker's stack. */
typedef struct chunk {
  double eta[DC_SHRUNK_CHUNK * DC_SHRUNK_CHANNELS], score[DC_SHRUNK_CHUNK * DC_SHRUNK_CHANNELS];
  double weight[DC_SHRUNK_CHUNK * DC_SHRUNK_CELL];
} chunk;

static void predict(const dc_shrunk *s, const double *theta, size_t first, size_t count, double *eta)
{
  const size_t width = (size_t)s->problem.n_picks, channels = s->channels;
  if (s->problem.value) {
    dc_shrunk_values_predict(s, theta, first, count, eta);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    const uint32_t *code = s->problem.code + (first + i) * width;
    double e0 = theta[0], e1 = theta[channels - 1];
    for (size_t f = 0; f < width; f++) {
      const double *t = theta + channels * (s->column[f] + code[f]);
      e0 += t[0];
      e1 += t[channels - 1];
    }
    eta[i * channels] = e0;
    eta[i * channels + channels - 1] = e1;
  }
}

static inline void add_terms(double *to, const double *from, size_t n)
{
  for (size_t k = 0; k < n; k++) to[k] += from[k];
}

/* Where the sums of a full evaluation lie in its partial. */
typedef struct sums {
  size_t score, gram, cross, pivot_score, end;
} sums;

static sums places(const dc_shrunk *s)
{
  size_t levels = s->cross_in_fold ? s->problem.factors[s->effect[s->pivot]].levels : 0;
  sums at = {.score = 1};
  at.gram = at.score + s->channels * s->dense;
  at.cross = at.gram + s->dense * s->dense * s->cell;
  at.pivot_score = at.cross + levels * s->dense * s->cell;
  at.end = at.pivot_score + levels * s->channels;
  return at;
}

/* Adds the rows' scores to the dense columns. */
static inline void scatter_score(const dc_shrunk *s, size_t first, size_t count, const double *score, double *out,
                                 size_t channels)
{
  const size_t width = (size_t)s->problem.n_picks;
  for (size_t i = 0; i < count; i++) {
    const uint32_t *code = s->problem.code + (first + i) * width;
    const double *r = score + i * channels;
    add_terms(out, r, channels);
    for (int a = 0; a < s->n_dense; a++) {
      int f = s->dense_factor[a];
      add_terms(out + channels * (s->column[f] + code[f]), r, channels);
    }
  }
}

static void scatter_scores(const dc_shrunk *s, size_t first, size_t count, const double *score, double *out)
{
  if (s->problem.value)
    dc_shrunk_values_score(s, first, count, score, out);
  else if (s->channels == 1)
    scatter_score(s, first, count, score, out, 1);
  else
    scatter_score(s, first, count, score, out, 2);
}

WIDE_INLINE void add_cell(double *to, const double *from, size_t size)
{
#if defined(__GNUC__)
  if (size == 4) {
    *(wide4 *)to += *(const wide4 *)from;
    return;
  }
#endif
  add_terms(to, from, size);
}

/* Adds the rows' weights (count x size) to the upper triangle of the Gram, a factor with itself left to row 0; and to
 * the pivot's cross terms when they are wanted here. */
WIDE_INLINE void scatter_gram(const dc_shrunk *s, size_t first, size_t count, const double *weight, double *gram,
                              double *cross, size_t size)
{
  const size_t width = (size_t)s->problem.n_picks, dense = s->dense, n = (size_t)s->n_dense;
  size_t cell[DC_SHRUNK_FACTORS];
  for (size_t i = 0; i < count; i++) {
    const uint32_t *code = s->problem.code + (first + i) * width;
    const double *w = weight + i * size;
    for (size_t a = 0; a < n; a++) cell[a] = size * (s->column[s->dense_factor[a]] + code[s->dense_factor[a]]);
    add_cell(gram, w, size);
    for (size_t a = 0; a < n; a++) {
      add_cell(gram + cell[a], w, size);
      double *row = gram + cell[a] * dense;
      for (size_t b = a + 1; b < n; b++) add_cell(row + cell[b], w, size);
    }
    if (!cross) continue;
    double *row = cross + size * dense * code[s->effect[s->pivot]];
    add_cell(row, w, size);
    for (size_t a = 0; a < n; a++) add_cell(row + cell[a], w, size);
  }
}

WIDE static void scatter_two(const dc_shrunk *s, size_t first, size_t count, const double *weight, double *gram,
                             double *cross)
{
  scatter_gram(s, first, count, weight, gram, cross, 4);
}

static void scatter_one(const dc_shrunk *s, size_t first, size_t count, const double *weight, double *gram,
                        double *cross)
{
  scatter_gram(s, first, count, weight, gram, cross, 1);
}

static void scatter(const dc_shrunk *s, size_t first, size_t count, const chunk *c, double *partial)
{
  sums at = places(s);
  double *cross = s->cross_in_fold ? partial + at.cross : NULL;
  scatter_scores(s, first, count, c->score, partial + at.score);
  if (s->problem.value) {
    dc_shrunk_values_gram(s, first, count, c->weight, partial + at.gram);
    return;
  }
  if (s->channels == 1)
    scatter_one(s, first, count, c->weight, partial + at.gram, cross);
  else
    scatter_two(s, first, count, c->weight, partial + at.gram, cross);
  if (!cross) return;
  const uint32_t *code = s->problem.code + s->effect[s->pivot];
  for (size_t i = 0; i < count; i++)
    add_terms(partial + at.pivot_score + s->channels * code[(first + i) * (size_t)s->problem.n_picks],
              c->score + i * s->channels, s->channels);
}

static dc_status accumulate(void *context, size_t first, size_t last, void *partial)
{
  pass *p = context;
  dc_shrunk *s = p->s;
  const dc_shrunk_problem *problem = &s->problem;
  double *sum = partial;
  chunk c;
  for (size_t i = first; i < last; i += DC_SHRUNK_CHUNK) {
    size_t count = last - i < DC_SHRUNK_CHUNK ? last - i : DC_SHRUNK_CHUNK;
    predict(s, p->theta, i, count, c.eta);
    sum[0] += problem->kernel(problem->context, i, count, c.eta, c.score, p->curvature ? c.weight : NULL);
    if (!p->curvature) continue;
    scatter(s, i, count, &c, sum);
    if (!p->keep) continue;
    memcpy(s->row_score + i * s->channels, c.score, count * s->channels * sizeof(double));
    memcpy(s->row_weight + i * s->cell, c.weight, count * s->cell * sizeof(double));
  }
  return DC_OK;
}

static void merge(void *context, void *into, const void *from)
{
  const pass *p = context;
  add_terms(into, from, p->n_sums);
}

/* Score, weight and cross terms of some levels of one effect. */
static dc_status gather_levels(void *context, size_t first, size_t last)
{
  const pass *p = context;
  dc_shrunk *s = p->s;
  const size_t channels = s->channels, terms = s->terms, width = (size_t)s->problem.n_picks;
  size_t column = s->column[s->effect[p->effect]];
  for (size_t l = first; l < last; l++) {
    if (s->problem.value) {
      dc_shrunk_values_level(s, p->effect, l);
      continue;
    }
    double *g = s->gradient + channels * (column + l), *w = s->level_weight + terms * (column + l - s->dense);
    double *cross = p->effect == s->pivot ? s->cross + l * s->dense * s->cell : NULL;
    memset(g, 0, channels * sizeof *g);
    memset(w, 0, terms * sizeof *w);
    if (cross) memset(cross, 0, s->dense * s->cell * sizeof *cross);
    for (size_t k = s->level_start[p->effect][l]; k < s->level_start[p->effect][l + 1]; k++) {
      size_t row = s->level_row[p->effect][k];
      const uint32_t *code = s->problem.code + row * width;
      const double *weight = s->row_weight + row * s->cell;
      add_terms(g, s->row_score + row * channels, channels);
      add_terms(w, weight, terms);
      if (!cross) continue;
      for (int a = 0; a < s->n_dense; a++) {
        int f = s->dense_factor[a];
        add_terms(cross + s->cell * (s->column[f] + code[f]), weight, terms);
      }
    }
    if (cross) memcpy(cross, w, terms * sizeof *cross);
  }
  return DC_OK;
}

/* From the fold's total to where the solver looks. */
static void unpack(dc_shrunk *s)
{
  const sums at = places(s);
  const double *total = s->partial;
  s->log_likelihood = total[0];
  memcpy(s->gradient, total + at.score, (at.gram - at.score) * sizeof(double));
  memcpy(s->gram, total + at.gram, (at.cross - at.gram) * sizeof(double));
  if (!s->cross_in_fold) return;
  memcpy(s->cross, total + at.cross, (at.pivot_score - at.cross) * sizeof(double));
  size_t f = (size_t)s->effect[s->pivot], first = s->column[f];
  memcpy(s->gradient + s->channels * first, total + at.pivot_score, (at.end - at.pivot_score) * sizeof(double));
  for (size_t l = 0; l < s->problem.factors[f].levels; l++)
    memcpy(s->level_weight + s->terms * (first - s->dense + l), s->cross + l * s->dense * s->cell,
           s->terms * sizeof(double));
}

dc_status dc_shrunk_evaluate(dc_shrunk *s, const double *theta, bool curvature, dc_error *error)
{
  pass p = {.s = s, .theta = theta, .curvature = curvature, .keep = s->rows_kept, .n_sums = 1};
  if (curvature) p.n_sums = places(s).end;
  double *total = curvature ? s->partial : &s->log_likelihood;
  dc_fold fold = {.rows = s->problem.n_rows,
                  .block_rows = s->block_rows,
                  .partial_bytes = p.n_sums * sizeof(double),
                  .threads = s->problem.threads,
                  .accumulate = accumulate,
                  .merge = merge,
                  .context = &p};
  dc_status status = dc_fold_run(&fold, total, error);
  if (status != DC_OK || !curvature) return status;
  unpack(s);
  for (p.effect = 0; p.effect < s->n_effects && status == DC_OK; p.effect++) {
    if (p.effect == s->pivot && s->cross_in_fold) continue;
    size_t levels = s->problem.factors[s->effect[p.effect]].levels;
    status = dc_fold_each(levels, LEVEL_BLOCK, s->problem.threads, &p, gather_levels, error);
  }
  return status;
}

/* u = W (X v) of each row, and X'u of the dense columns. */
static dc_status multiply_rows(void *context, size_t first, size_t last, void *partial)
{
  const pass *p = context;
  dc_shrunk *s = p->s;
  double eta[DC_SHRUNK_CHUNK * DC_SHRUNK_CHANNELS];
  for (size_t i = first; i < last; i += DC_SHRUNK_CHUNK) {
    size_t count = last - i < DC_SHRUNK_CHUNK ? last - i : DC_SHRUNK_CHUNK;
    double *u = s->row_product + i * s->channels;
    predict(s, p->theta, i, count, eta);
    for (size_t k = 0; k < count; k++) {
      const double *w = s->row_weight + (i + k) * s->cell, *e = eta + k * s->channels;
      if (s->channels == 1) {
        u[k] = w[0] * e[0];
        continue;
      }
      u[2 * k] = w[0] * e[0] + w[1] * e[1];
      u[2 * k + 1] = w[1] * e[0] + w[2] * e[1];
    }
    scatter_scores(s, i, count, u, partial);
  }
  return DC_OK;
}

static dc_status multiply_levels(void *context, size_t first, size_t last)
{
  const pass *p = context;
  const dc_shrunk *s = p->s;
  size_t column = s->column[s->effect[p->effect]];
  for (size_t l = first; l < last; l++) {
    double *out = p->out + s->channels * (column + l);
    memset(out, 0, s->channels * sizeof *out);
    if (s->problem.value) {
      dc_shrunk_values_product(s, p->effect, l, out);
      continue;
    }
    for (size_t k = s->level_start[p->effect][l]; k < s->level_start[p->effect][l + 1]; k++)
      add_terms(out, s->row_product + s->level_row[p->effect][k] * s->channels, s->channels);
  }
  return DC_OK;
}

dc_status dc_shrunk_multiply(dc_shrunk *s, const double *v, double *product, dc_error *error)
{
  pass p = {.s = s, .theta = v, .n_sums = s->channels * s->dense, .out = product};
  dc_fold fold = {.rows = s->problem.n_rows,
                  .block_rows = s->block_rows,
                  .partial_bytes = p.n_sums * sizeof(double),
                  .threads = s->problem.threads,
                  .accumulate = multiply_rows,
                  .merge = merge,
                  .context = &p};
  dc_status status = dc_fold_run(&fold, s->partial, error);
  if (status != DC_OK) return status;
  memcpy(product, s->partial, p.n_sums * sizeof(double));
  for (p.effect = 0; p.effect < s->n_effects && status == DC_OK; p.effect++) {
    size_t levels = s->problem.factors[s->effect[p.effect]].levels;
    status = dc_fold_each(levels, LEVEL_BLOCK, s->problem.threads, &p, multiply_levels, error);
  }
  return status;
}
