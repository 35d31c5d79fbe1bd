/* Passes over the units: likelihood, score and Gram of sparse rows. */
#include "models/softmax.h"
#include "models/softmax_kernel.h"

#include <string.h>

enum {
  BLOCK_ROWS = 1 << 12,
  LARGEST_BLOCK = 1 << 18,
  TRIANGLE = DC_SOFTMAX_EQUATIONS * (DC_SOFTMAX_EQUATIONS + 1) / 2
};

typedef struct pass {
  const dc_softmax *s;
  const double *theta;
  dc_softmax_pass what;
  size_t n_sums;
} pass;

/* The columns of a unit that are not zero, ascending; room for them is behind the sums of a partial. */
typedef struct sparse {
  size_t n, *column;
  double *value;
} sparse;

static size_t sums_of(const dc_softmax *s, dc_softmax_pass what)
{
  size_t p = s->columns;
  if (what == DC_SOFTMAX_PLAIN) return p * p;
  return what == DC_SOFTMAX_VALUE ? 1 : 1 + p * s->equations + p * p * s->triangle;
}

size_t dc_softmax_partial(const dc_softmax *s, dc_softmax_pass what)
{
  return sums_of(s, what) + 2 * (s->design.n_terms + 1);
}

static void put(const dc_softmax *s, sparse *row, size_t column, double value)
{
  row->column[row->n] = column;
  row->value[row->n++] = (value - s->centre[column]) / s->scale[column];
}

static void fill(const dc_softmax *s, size_t unit, sparse *row)
{
  size_t n_terms = s->task->design->n_terms;
  row->n = 0;
  if (s->design.intercept) {
    row->column[0] = 0;
    row->value[row->n++] = 1;
  }
  for (size_t t = 0; t < n_terms; t++) {
    const dc_term *term = &s->design.terms[t];
    if (term->kind == DC_TERM_NUMBER) {
      put(s, row, s->first[t], term->number[unit]);
      continue;
    }
    uint32_t code = s->code ? s->code[unit * n_terms + t] : dc_codes_at(&term->codes, unit);
    if (code == term->reference) continue;
    bool skips = term->reference != DC_NO_REFERENCE && code > term->reference;
    put(s, row, s->first[t] + code - (skips ? 1 : 0), term->kind == DC_TERM_SLOPES ? term->number[unit] : 1);
  }
}

static inline void add(double *to, double by, const double *from, size_t n)
{
  for (size_t k = 0; k < n; k++) to[k] += by * from[k];
}

/* Where the sums of a block lie, and what one unit adds to all its levels. */
typedef struct block {
  double *sum, *score, *gram;
  sparse row;
  double base[DC_SOFTMAX_EQUATIONS], score_sum[DC_SOFTMAX_EQUATIONS], weight_sum[TRIANGLE];
} block;

static void add_gram(const dc_softmax *s, const sparse *row, const double *weight, size_t size, double *gram)
{
  for (size_t a = 0; a < row->n; a++) {
    double *line = gram + row->column[a] * s->columns * size;
    for (size_t b = a; b < row->n; b++) add(line + row->column[b] * size, row->value[a] * row->value[b], weight, size);
  }
}

static void add_level(const pass *p, block *b, size_t level, const double *count)
{
  const dc_softmax *s = p->s;
  const size_t e = s->equations, size = s->triangle;
  bool own = level > 0; /* a column of its own */
  size_t column = own ? s->first[s->design.n_terms - 1] + level - 1 : 0;
  double eta[DC_SOFTMAX_EQUATIONS], score[DC_SOFTMAX_EQUATIONS], weight[TRIANGLE];
  for (size_t c = 0; c < e; c++) eta[c] = b->base[c] + (own ? p->theta[column * e + c] : 0);
  bool curved = p->what == DC_SOFTMAX_CURVATURE;
  *b->sum += dc_softmax_row(e, eta, count, score, curved ? weight : NULL);
  if (!curved) return;
  add(b->score_sum, 1, score, e);
  add(b->weight_sum, 1, weight, size);
  if (!own) return;
  add(b->score + column * e, 1, score, e);
  for (size_t a = 0; a < b->row.n; a++)
    add(b->gram + (b->row.column[a] * s->columns + column) * size, b->row.value[a], weight, size);
  add(b->gram + (column * s->columns + column) * size, 1, weight, size);
}

static void add_plain(const dc_softmax *s, block *b, size_t level, double n, double *all)
{
  *all += n;
  if (!level) return;
  size_t column = s->first[s->design.n_terms - 1] + level - 1;
  for (size_t a = 0; a < b->row.n; a++) b->sum[b->row.column[a] * s->columns + column] += b->row.value[a] * n;
  b->sum[column * s->columns + column] += n;
}

static void add_unit(const pass *p, size_t unit, block *b)
{
  const dc_softmax *s = p->s;
  const size_t e = s->equations;
  double own[DC_SOFTMAX_EQUATIONS + 1], all = 0;
  if (!s->count && s->design.weight && !(s->design.weight[unit] > 0)) return;
  fill(s, unit, &b->row);
  for (size_t c = 0; c < e; c++) b->base[c] = s->design.offset ? s->design.offset[unit] : 0;
  for (size_t a = 0; a < b->row.n && p->what != DC_SOFTMAX_PLAIN; a++)
    add(b->base, b->row.value[a], p->theta + b->row.column[a] * e, e);
  memset(b->score_sum, 0, e * sizeof *b->score_sum);
  memset(b->weight_sum, 0, s->triangle * sizeof *b->weight_sum);
  for (size_t l = 0; l < s->levels; l++) {
    const double *count = s->count ? s->count + (unit * s->levels + l) * (e + 1) : own;
    if (!s->count && !dc_softmax_count(s, unit, l, own)) break;
    double n = 0;
    for (size_t c = 0; c <= e; c++) n += count[c];
    if (!(n > 0)) continue;
    if (p->what == DC_SOFTMAX_PLAIN)
      add_plain(s, b, l, n, &all);
    else
      add_level(p, b, l, count);
  }
  if (p->what == DC_SOFTMAX_PLAIN) add_gram(s, &b->row, &all, 1, b->sum);
  if (p->what != DC_SOFTMAX_CURVATURE) return;
  for (size_t a = 0; a < b->row.n; a++) add(b->score + b->row.column[a] * e, b->row.value[a], b->score_sum, e);
  add_gram(s, &b->row, b->weight_sum, s->triangle, b->gram);
}

static dc_status accumulate(void *context, size_t first, size_t last, void *partial)
{
  const pass *p = context;
  const dc_softmax *s = p->s;
  block b;
  b.sum = partial;
  b.score = b.sum + 1;
  b.gram = b.score + s->columns * s->equations;
  b.row.value = b.sum + p->n_sums;
  b.row.column = (size_t *)(void *)(b.row.value + s->design.n_terms + 1);
  for (size_t unit = first; unit < last; unit++) add_unit(p, unit, &b);
  return DC_OK;
}

static void merge(void *context, void *into, const void *from)
{
  const pass *p = context;
  add(into, 1, from, p->n_sums);
}

dc_status dc_softmax_evaluate(dc_softmax *s, const double *theta, dc_softmax_pass what, dc_error *error)
{
  pass p = {s, theta, what, sums_of(s, what)};
  /* a block should cost more than its sums */
  size_t rows = p.n_sums / 16 < BLOCK_ROWS ? BLOCK_ROWS : p.n_sums / 16;
  if (rows > LARGEST_BLOCK) rows = LARGEST_BLOCK;
  dc_status status = dc_task_fold(s->task, s->units, rows, dc_softmax_partial(s, what) * sizeof(double), accumulate,
                                  merge, &p, s->partial, error);
  if (status != DC_OK) return status;
  if (what == DC_SOFTMAX_PLAIN)
    memcpy(s->plain, s->partial, p.n_sums * sizeof *s->plain);
  else
    s->log_likelihood = s->partial[0];
  return DC_OK;
}
