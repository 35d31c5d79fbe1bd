/* The pass of mixed_rows.c for one effect of plain intercepts and responses that are 0 or 1: rows are read where they lie, and
 * all sums come from tables by codes (gram.h), at about the price of a logistic regression. */
#include "models/mixed_internal.h"

#include <string.h>

/* Values of all tables; beyond, the levels of rows that are grouped by them are quicker. */
enum { MOST_TABLES = 1 << 17, LEAST_ROWS = 1 << 16 };

typedef struct mixed_tables {
  dc_problem *problem;
  dc_quadratic *q;
  double *beta;
  size_t *dense;  /* of each column of the problem, the dense one */
  size_t *factor; /* of each dense column, its place in the effect's table of factors; SIZE_MAX = a number */
  size_t *number; /* of each dense column, its number; SIZE_MAX = the intercept where factors have it */
  size_t stride;
} mixed_tables;

/* Is the pivot all that is shrunken, one number a level, beside numbers and factors? */
static const dc_term *lone_effect(const mixed *m)
{
  const dc_design *d = m->task->design;
  const dc_term *effect = NULL;
  for (size_t t = 0; t < d->n_terms; t++) {
    const dc_term *term = &d->terms[t];
    if (term->kind == DC_TERM_NUMBER || term->kind == DC_TERM_FACTOR) continue;
    if (term->kind != DC_TERM_EFFECT || effect || term->n_slopes || term->no_intercept) return NULL;
    effect = term;
  }
  return effect;
}

dc_status mixed_tables_new(mixed *m, dc_error *error)
{
  const dc_term *effect = lone_effect(m);
  bool chance = m->family == &mixed_families[MIXED_BINOMIAL] && !m->task->response->trials && !m->task->design->weight;
  if (!effect || !chance || m->n_rows < LEAST_ROWS || m->n_rows / 8 < effect->codes.levels) return DC_OK;
  mixed_tables *t = dc_arena_alloc(m->arena, 1, sizeof *t);
  if (!t) return dc_fail_memory(error, "preparing a mixed model");
  t->stride = 1;
  dc_status status = dc_problem_with_effect(m->task, effect, MOST_TABLES, &t->problem, error);
  if (status != DC_OK || !t->problem) return status;
  size_t p = t->problem->p;
  t->q = dc_quadratic_new(t->problem);
  t->beta = dc_arena_alloc(m->arena, p + 1, sizeof *t->beta);
  t->dense = dc_arena_alloc(m->arena, p + 1, sizeof *t->dense);
  t->factor = dc_arena_alloc(m->arena, p + 2, sizeof *t->factor);
  t->number = dc_arena_alloc(m->arena, p + 2, sizeof *t->number);
  if (!t->q || !t->beta || !t->dense || !t->factor || !t->number)
    return dc_fail_memory(error, "preparing a mixed model");
  m->tables = t;
  return DC_OK;
}

void mixed_tables_thin(mixed_tables *t, size_t stride) { t->stride = stride; }

/* The problem's numbers are in the order of terms, but for an intercept that is one. */
static size_t first_number(const dc_rows *r) { return r->n_numbers && !r->numbers[0].x ? 1 : 0; }

void mixed_tables_unit(const mixed_tables *t, size_t n, double *centre, double *unit)
{
  const dc_rows *r = t->problem->rows;
  const dc_number *number = &r->numbers[first_number(r) + n];
  *centre = number->centre;
  *unit = 1 / number->scale;
}

/* Dense columns are the intercept (there, even where it is none), numbers, and the levels of factors. */
void mixed_tables_map(mixed *m)
{
  mixed_tables *t = m->tables;
  const dc_rows *r = t->problem->rows;
  size_t at = 0;
  t->factor[0] = SIZE_MAX;
  t->number[0] = first_number(r) ? 0 : SIZE_MAX;
  if (t->problem->intercept) t->dense[0] = 0;
  for (size_t n = 0; n < m->n_plain; n++) {
    const dc_number *number = &r->numbers[first_number(r) + n];
    t->dense[number->column] = 1 + n;
    t->factor[1 + n] = SIZE_MAX;
    t->number[1 + n] = first_number(r) + n;
  }
  size_t column = m->numbers_wide;
  for (size_t f = 0; f < r->n_factors; f++) {
    const dc_factor *factor = &r->factors[f];
    for (uint32_t level = 0, k = 0; level < factor->levels; level++) {
      if (level == factor->reference) continue;
      t->dense[factor->first + k++] = column;
      t->factor[column++] = at + level;
    }
    at += factor->levels;
  }
}

/* A level's line and factors to its own sums and crossings. */
static void read_level(mixed *m, size_t level)
{
  const mixed_tables *t = m->tables;
  const dc_rows *r = t->problem->rows;
  const dc_effect *e = t->problem->effect;
  const double *line = e->sums + level * r->width, b = m->b[level];
  const double *factors = e->sums + (e->at_factor - e->at) + level * e->factor_wide;
  double *cross = m->cross + m->list_start[level];
  m->block[level] = line[0];
  m->level_score[level] = line[r->n_numbers + 1] + line[0] * b;
  m->level_pull[level] = line[r->n_numbers + 2];
  m->base -= b * (line[r->n_numbers + 1] + 0.5 * line[0] * b + m->level_pull[level]);
  for (size_t c = 0; c < m->dense; c++) {
    cross[c] = t->factor[c] != SIZE_MAX ? factors[t->factor[c]] : line[t->number[c] != SIZE_MAX ? 1 + t->number[c] : 0];
    m->score[c] += cross[c] * b;
  }
}

dc_status mixed_tables_pass(mixed *m, dc_error *error)
{
  mixed_tables *t = m->tables;
  dc_problem *p = t->problem;
  const size_t w = m->dense + 1;
  for (size_t j = 0; j < p->p; j++) t->beta[j] = m->theta[t->dense[j]];
  p->effect->eta = m->b;
  p->effect->spread = m->has_variance ? m->variance : NULL;
  dc_status status = dc_problem_pass(p, t->beta, DC_PASS_GRAM, t->stride, t->q, error);
  if (status != DC_OK) return status;
  m->log_likelihood = m->base = t->q->log_likelihood;
  memset(m->gram, 0, w * w * sizeof *m->gram);
  memset(m->score, 0, w * sizeof *m->score);
  memset(m->pull, 0, w * sizeof *m->pull);
  for (size_t i = 0; i < p->p; i++) {
    size_t a = t->dense[i];
    m->score[a] = t->q->score[i];
    m->pull[a] = t->q->pull[i];
    for (size_t j = 0; j <= i; j++) {
      size_t b = t->dense[j];
      m->gram[a > b ? a * w + b : b * w + a] = t->q->gram[dc_packed(i, j)];
    }
  }
  for (size_t l = 0; l < m->levels; l++) read_level(m, l);
  return DC_OK;
}
