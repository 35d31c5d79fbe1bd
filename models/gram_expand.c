/* Sums of a pass to the Gram matrix and score of the internal columns. */
#include "models/gram_rows.h"
#include "models/lanes.h"

#include <string.h>

typedef struct target {
  const dc_problem *problem;
  const dc_rows *rows;
  const double *sums;
  dc_quadratic *q;
} target;

/* Of the design's columns, either may be none. */
static void add(const target *t, size_t a, size_t b, double value)
{
  if (a == DC_NO_COLUMN || b == DC_NO_COLUMN) return;
  a = t->rows->internal[a];
  b = t->rows->internal[b];
  if (a != DC_NO_COLUMN && b != DC_NO_COLUMN) t->q->gram[dc_packed(a, b)] += value;
}

static void add_score(const target *t, size_t a, double value)
{
  if (a != DC_NO_COLUMN && t->rows->internal[a] != DC_NO_COLUMN) t->q->score[t->rows->internal[a]] += value;
}

static void add_pull(const target *t, size_t a, double value)
{
  if (a != DC_NO_COLUMN && t->rows->internal[a] != DC_NO_COLUMN) t->q->pull[t->rows->internal[a]] += value;
}

static size_t intercept_of(const target *t) { return t->problem->intercept ? 0 : DC_NO_COLUMN; }

static double lanes(const double *acc)
{
  return ((acc[0] + acc[4]) + (acc[2] + acc[6])) + ((acc[1] + acc[5]) + (acc[3] + acc[7]));
}

static void expand_numbers(const target *t)
{
  const dc_rows *r = t->rows;
  const double *acc = t->sums + r->at_cross;
  for (size_t a = 0; a < r->n_numbers; a++)
    for (size_t b = 0; b <= a; b++, acc += DC_LANES) add(t, r->numbers[a].column, r->numbers[b].column, lanes(acc));
  for (size_t a = 0; a < r->n_numbers; a++, acc += DC_LANES) add_score(t, r->numbers[a].column, lanes(acc));
  for (size_t a = 0; a < r->n_numbers && t->q->pull; a++)
    add_pull(t, r->numbers[a].column, lanes(t->sums + t->problem->effect->at_pull + a * DC_LANES));
}

static size_t column_of(const dc_factor *factor, uint32_t code)
{
  size_t column;
  dc_factor_column(factor, code, &column);
  return column;
}

/* Lines of the group to its factors; the first group has the intercept, too. */
static void expand_group(const target *t, const dc_group *group, bool first)
{
  const dc_rows *r = t->rows;
  for (uint32_t code = 0; code < group->codes.levels; code++) {
    const double *line = t->sums + group->at + code * r->width;
    size_t intercept = first ? intercept_of(t) : DC_NO_COLUMN;
    if (line[0] == 0 && line[r->n_numbers + 1] == 0) continue;
    add(t, intercept, intercept, line[0]);
    add_score(t, intercept, line[r->n_numbers + 1]);
    if (t->q->pull) add_pull(t, intercept, line[r->n_numbers + 2]);
    for (size_t j = 0; j < r->n_numbers; j++) add(t, intercept, r->numbers[j].column, line[1 + j]);
    for (size_t a = 0; a < group->count; a++) {
      size_t column = column_of(&r->factors[group->first + a], code);
      if (column == DC_NO_COLUMN) continue;
      add(t, column, intercept_of(t), line[0]);
      add_score(t, column, line[r->n_numbers + 1]);
      if (t->q->pull) add_pull(t, column, line[r->n_numbers + 2]);
      for (size_t j = 0; j < r->n_numbers; j++) add(t, column, r->numbers[j].column, line[1 + j]);
      for (size_t b = 0; b <= a; b++) add(t, column, column_of(&r->factors[group->first + b], code), line[0]);
    }
  }
}

static void expand_pair(const target *t, const dc_group *g, const dc_group *h, const double *table)
{
  const dc_factor *factors = t->rows->factors;
  for (uint32_t a = 0; a < g->codes.levels; a++) {
    for (uint32_t b = 0; b < h->codes.levels; b++) {
      double w = table[(size_t)a * h->codes.levels + b];
      if (w == 0) continue;
      for (size_t x = 0; x < g->count; x++)
        for (size_t y = 0; y < h->count; y++)
          add(t, column_of(&factors[g->first + x], a), column_of(&factors[h->first + y], b), w);
    }
  }
}

static void expand_slopes(const target *t, size_t s)
{
  const dc_rows *r = t->rows;
  const dc_slopes *slopes = &r->slopes[s];
  for (uint32_t level = 0; level < slopes->term->codes.levels; level++) {
    size_t column = dc_slopes_column(slopes, level);
    if (column == DC_NO_COLUMN) continue;
    add_score(t, column, t->sums[slopes->at_score + level]);
    add(t, column, column, t->sums[slopes->at_self + level]);
    if (r->n_groups) add(t, column, intercept_of(t), t->sums[slopes->at_one + level]);
    for (size_t j = 0; j < r->n_numbers; j++)
      add(t, column, r->numbers[j].column, t->sums[slopes->at_number[j] + level]);
    for (size_t g = 0; g < r->n_groups; g++) {
      const dc_group *group = &r->groups[g];
      const double *table = t->sums + slopes->at_group[g] + (size_t)level * group->codes.levels;
      for (uint32_t code = 0; code < group->codes.levels; code++)
        for (size_t a = 0; a < group->count; a++)
          add(t, column, column_of(&r->factors[group->first + a], code), table[code]);
    }
    for (size_t o = 0; o < s; o++) {
      uint32_t levels = r->slopes[o].term->codes.levels;
      for (uint32_t other = 0; other < levels; other++)
        add(t, column, dc_slopes_column(&r->slopes[o], other), t->sums[slopes->at_slopes[o] + level * levels + other]);
    }
  }
}

void dc_gram_expand(const dc_problem *problem, const double *sums, dc_quadratic *q)
{
  const dc_rows *r = problem->rows;
  target t = {problem, r, sums, q};
  memset(q->gram, 0, problem->p * (problem->p + 1) / 2 * sizeof *q->gram);
  memset(q->score, 0, problem->p * sizeof *q->score);
  if (q->pull) memset(q->pull, 0, problem->p * sizeof *q->pull);
  expand_numbers(&t);
  for (size_t g = 0; g < r->n_groups; g++) {
    expand_group(&t, &r->groups[g], g == 0);
    for (size_t h = 0; h < g; h++)
      expand_pair(&t, &r->groups[g], &r->groups[h], sums + r->at_pair[g * r->n_groups + h]);
  }
  for (size_t s = 0; s < r->n_slopes; s++) expand_slopes(&t, s);
}
