/* Passes over the rows of a problem. */
#include "models/gram.h"

#include "engine/base/arena.h"
#include "models/gram_rows.h"
#include "models/lanes.h"
#include "models/newton.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

typedef struct pass {
  const dc_problem *problem;
  dc_pass_kind kind;
  size_t stride;   /* every so manieth tile of a block */
  dc_visit *visit; /* instead of Gram sums */
  void *context;
  size_t sums; /* of the partial */
} pass;

/* Puts coefficients where the pass reads them. */
static void set_beta(dc_problem *problem, const double *beta)
{
  dc_rows *r = problem->rows;
  const size_t *internal = r->internal;
  for (size_t j = 0; j < r->n_numbers; j++) {
    size_t column = r->numbers[j].column;
    r->beta[j] = internal[column] == DC_NO_COLUMN ? 0 : beta[internal[column]];
  }
  for (size_t g = 0; g < r->n_groups; g++) {
    dc_group *group = &r->groups[g];
    for (uint32_t code = 0; code < group->codes.levels; code++) {
      double eta = g == 0 && problem->intercept ? beta[internal[0]] : 0;
      for (size_t f = 0; f < group->count; f++) {
        size_t column;
        dc_factor_column(&r->factors[group->first + f], code, &column);
        if (column != DC_NO_COLUMN && internal[column] != DC_NO_COLUMN) eta += beta[internal[column]];
      }
      group->eta[code] = eta;
    }
  }
  for (size_t s = 0; s < r->n_slopes; s++) {
    dc_slopes *slopes = &r->slopes[s];
    for (uint32_t level = 0; level < slopes->term->codes.levels; level++) {
      size_t column = dc_slopes_column(slopes, level);
      bool has = column != DC_NO_COLUMN && internal[column] != DC_NO_COLUMN;
      slopes->eta[level] = has ? beta[internal[column]] : 0;
    }
  }
}

static dc_tile tile_at(const dc_rows *r, double *scratch)
{
  dc_tile t = {.rows = r, .x = scratch};
  t.slope = t.x + r->n_numbers * DC_TILE;
  t.line = t.slope + r->n_slopes * DC_TILE;
  t.w = t.line;
  t.s = t.line + (r->n_numbers + 1) * DC_TILE;
  t.eta = t.line + r->width * DC_TILE;
  t.mu = t.eta + DC_TILE;
  t.y = t.mu + DC_TILE;
  t.prior = t.y + DC_TILE;
  t.level = (void *)(t.prior + DC_TILE);
  t.code = t.level + DC_TILE;
  return t;
}

static void read_codes(const dc_codes *codes, size_t first, size_t n, uint32_t *code)
{
  if (codes->bytes == 1) {
    const uint8_t *from = (const uint8_t *)codes->code + first;
    for (size_t i = 0; i < n; i++) code[i] = from[i];
  } else if (codes->bytes == 2) {
    const uint16_t *from = (const uint16_t *)codes->code + first;
    for (size_t i = 0; i < n; i++) code[i] = from[i];
  } else {
    memcpy(code, (const uint32_t *)codes->code + first, n * sizeof *code);
  }
  for (size_t i = n; i < DC_TILE; i++) code[i] = 0;
}

static void read_number(const dc_tile *t, size_t j)
{
  const dc_number *number = &t->rows->numbers[j];
  double *x = t->x + j * DC_TILE, beta = t->rows->beta[j];
  if (number->x && t->n == DC_TILE) {
    t->rows->kernels->number(number->x + t->first, number->centre, number->scale, beta, x, t->eta);
    return;
  }
  for (size_t i = 0; i < DC_TILE; i++) {
    x[i] = i >= t->n ? 0 : number->x ? (number->x[t->first + i] - number->centre) * number->scale : 1;
    t->eta[i] += beta * x[i];
  }
}

/* Numbers, codes and linear predictors; rows behind the last are 0. */
static void read_tile(dc_tile *t, const dc_effect *e)
{
  const dc_rows *r = t->rows;
  for (size_t i = 0; i < DC_TILE; i++) t->eta[i] = r->offset && i < t->n ? r->offset[t->first + i] : 0;
  if (e) {
    read_codes(&e->term->codes, t->first, t->n, t->level);
    for (size_t i = 0; i < DC_TILE; i++) t->eta[i] += e->eta[t->level[i]];
  }
  for (size_t g = 0; g < r->n_groups; g++) {
    const double *eta = r->groups[g].eta;
    uint32_t *code = t->code + g * DC_TILE;
    read_codes(&r->groups[g].codes, t->first, t->n, code);
    for (size_t i = 0; i < DC_TILE; i++) t->eta[i] += eta[code[i]];
  }
  for (size_t j = 0; j < r->n_numbers; j++) read_number(t, j);
  for (size_t s = 0; s < r->n_slopes; s++) {
    const dc_slopes *slopes = &r->slopes[s];
    double *x = t->slope + s * DC_TILE;
    for (size_t i = 0; i < DC_TILE; i++) {
      x[i] = i < t->n ? slopes->term->number[t->first + i] * slopes->scale : 0;
      if (i < t->n) t->eta[i] += slopes->eta[dc_codes_at(&slopes->term->codes, t->first + i)] * x[i];
    }
  }
}

static void add_sums(double *sums, const dc_family_sums *of)
{
  sums[DC_AT_DEVIANCE] += of->deviance;
  sums[DC_AT_PEARSON] += of->pearson;
  sums[DC_AT_PRIOR] += of->prior;
  sums[DC_AT_RESPONSE] += of->response;
}

/* Weights and scores of the rows. A first pass takes linear predictors from the responses and scores from the working
 * responses, of which the regression gives coefficients to begin with. */
static void weigh_rows(const pass *p, dc_tile *t, double *sums)
{
  const dc_rows *r = t->rows;
  dc_family_sums of = {0, 0, 0, 0};
  if (r->hot && t->n == DC_TILE && !p->visit) {
    const double *y = r->y + t->first;
    sums[DC_AT_DEVIANCE] += p->kind == DC_PASS_DEVIANCE ? r->kernels->logit_deviance(t->eta, y, &sums[DC_AT_MOST])
                                                        : r->kernels->logit(t->eta, y, t->w, t->s, &sums[DC_AT_MOST]);
    double won[4] = {0, 0, 0, 0}; /* counts: exact in any order */
    for (size_t i = 0; i < DC_TILE; i += 4)
      for (size_t l = 0; l < 4; l++) won[l] += y[i + l];
    sums[DC_AT_PRIOR] += DC_TILE;
    sums[DC_AT_RESPONSE] += (won[0] + won[1]) + (won[2] + won[3]);
    return;
  }
  memcpy(t->y, r->y + t->first, t->n * sizeof *t->y);
  for (size_t i = 0; i < t->n; i++) t->prior[i] = r->prior ? r->prior[t->first + i] : 1;
  bool begins = p->kind == DC_PASS_FIRST;
  for (size_t i = 0; i < t->n && begins; i++) t->eta[i] = dc_family_first(&p->problem->family, t->y[i], t->prior[i]);
  dc_family_tile(&p->problem->family, t->n, t->y, t->prior, t->eta, t->mu, t->w, t->s, &of);
  for (size_t i = 0; i < t->n && begins; i++)
    t->s[i] += t->w[i] * (t->eta[i] - (r->offset ? r->offset[t->first + i] : 0));
  for (size_t i = t->n; i < DC_TILE; i++) t->w[i] = t->s[i] = t->mu[i] = t->y[i] = t->prior[i] = 0;
  add_sums(sums, &of);
}

static void add_slopes(const dc_tile *t, size_t s, double *sums)
{
  const dc_rows *r = t->rows;
  const dc_slopes *slopes = &r->slopes[s];
  const double *v = t->slope + s * DC_TILE;
  for (size_t i = 0; i < t->n; i++) {
    size_t row = t->first + i, level = dc_codes_at(&slopes->term->codes, row);
    double wv = t->w[i] * v[i];
    sums[slopes->at_score + level] += t->s[i] * v[i];
    sums[slopes->at_self + level] += wv * v[i];
    sums[slopes->at_one + level] += wv;
    for (size_t j = 0; j < r->n_numbers; j++) sums[slopes->at_number[j] + level] += wv * t->x[j * DC_TILE + i];
    for (size_t g = 0; g < r->n_groups; g++)
      sums[slopes->at_group[g] + level * r->groups[g].codes.levels + t->code[g * DC_TILE + i]] += wv;
    for (size_t o = 0; o < s; o++) {
      const dc_codes *other = &r->slopes[o].term->codes;
      sums[slopes->at_slopes[o] + level * other->levels + dc_codes_at(other, row)] += wv * t->slope[o * DC_TILE + i];
    }
  }
}

/* Sums of the levels of the effect. Scores are y - mean. */
static void add_effect(const dc_tile *t, const dc_effect *e, double *sums)
{
  const dc_rows *r = t->rows;
  double *pull = t->line + (r->n_numbers + 2) * DC_TILE;
  const double *y = r->y + t->first;
  uint32_t code[DC_TILE];
  memset(pull, 0, DC_TILE * sizeof *pull);
  for (size_t i = 0; i < t->n && e->spread; i++)
    pull[i] = -0.5 * t->w[i] * (1 - 2 * (y[i] - t->s[i])) * e->spread[t->level[i]];
  r->kernels->cross(r->n_numbers, t->x, pull, sums + e->at_pull);
  r->kernels->scatter(r->width, t->line, t->level, sums + e->at);
  double *table = sums + e->at_factor;
  for (size_t f = 0; f < r->n_factors; f++) {
    read_codes(&r->factors[f].term->codes, t->first, t->n, code);
    for (size_t i = 0; i < t->n; i++) table[t->level[i] * e->factor_wide + code[i]] += t->w[i];
    table += r->factors[f].levels;
  }
}

static void add_gram(const dc_tile *t, const dc_effect *e, double *sums)
{
  const dc_rows *r = t->rows;
  size_t k = r->n_numbers;
  double *acc = sums + r->at_cross;
  r->kernels->weigh(k, t->x, t->w, t->line + DC_TILE);
  if (e) add_effect(t, e, sums);
  for (size_t a = 0; a < k; a++) {
    r->kernels->cross(a + 1, t->x, t->line + (a + 1) * DC_TILE, acc);
    acc += (a + 1) * DC_LANES;
  }
  r->kernels->cross(k, t->x, t->s, acc);
  for (size_t g = 0; g < r->n_groups; g++) {
    const uint32_t *code = t->code + g * DC_TILE;
    r->kernels->scatter(r->width, t->line, code, sums + r->groups[g].at);
    for (size_t h = 0; h < g; h++) {
      double *table = sums + r->at_pair[g * r->n_groups + h];
      const uint32_t *other = t->code + h * DC_TILE;
      size_t levels = r->groups[h].codes.levels;
      for (size_t i = 0; i < t->n; i++) table[code[i] * levels + other[i]] += t->w[i];
    }
  }
  for (size_t s = 0; s < r->n_slopes; s++) add_slopes(t, s, sums);
}

static double most_of(const dc_tile *t, double most)
{
  for (size_t i = 0; i < t->n; i++) most = fmax(most, fabs(t->eta[i]));
  return most;
}

static dc_status accumulate(void *context, size_t first, size_t last, void *partial)
{
  const pass *p = context;
  double *sums = partial;
  dc_tile t = tile_at(p->problem->rows, sums + p->sums);
  for (size_t at = first, k = 0; at < last; at += DC_TILE, k++) {
    if (k % p->stride) continue;
    t.first = at;
    t.n = last - at < DC_TILE ? last - at : DC_TILE;
    read_tile(&t, p->problem->effect);
    weigh_rows(p, &t, sums);
    if (p->visit) {
      p->visit(p->context, &t, sums);
    } else {
      if (t.n < DC_TILE || !t.rows->hot) sums[DC_AT_MOST] = most_of(&t, sums[DC_AT_MOST]);
      if (p->kind != DC_PASS_DEVIANCE) add_gram(&t, p->problem->effect, sums);
    }
  }
  return DC_OK;
}

static void merge(void *context, void *into, const void *from)
{
  const pass *p = context;
  double *a = into, most = a[DC_AT_MOST];
  const double *b = from;
  if (p->visit) {
    for (size_t k = 0; k < p->sums; k++) a[k] += b[k];
    return;
  }
  size_t n = p->kind == DC_PASS_DEVIANCE ? DC_SCALARS : p->sums;
  p->problem->rows->kernels->add(n, a, b);
  a[DC_AT_MOST] = fmax(most, b[DC_AT_MOST]);
}

static dc_status run(const pass *p, double *total, dc_error *error)
{
  const dc_rows *r = p->problem->rows;
  pass of = *p;
  return dc_task_fold(p->problem->task, r->n, DC_GRAM_BLOCK, (p->sums + r->doubles) * sizeof(double), accumulate, merge,
                      &of, total, error);
}

dc_status dc_problem_pass(dc_problem *problem, const double *beta, dc_pass_kind kind, size_t stride, dc_quadratic *q,
                          dc_error *error)
{
  const dc_rows *r = problem->rows;
  pass p = {.problem = problem, .kind = kind, .stride = stride, .sums = r->sums};
  double *total = malloc((p.sums + r->doubles) * sizeof *total);
  if (!total) return dc_fail_memory(error, "fitting a model");
  set_beta(problem, beta);
  dc_status status = run(&p, total, error);
  if (status == DC_OK) {
    q->deviance = total[DC_AT_DEVIANCE];
    q->log_likelihood = -q->deviance / 2;
    q->pearson = total[DC_AT_PEARSON];
    q->weight = total[DC_AT_PRIOR];
    q->sum = total[DC_AT_RESPONSE];
    q->most = total[DC_AT_MOST];
    if (kind != DC_PASS_DEVIANCE) dc_gram_expand(problem, total, q);
    const dc_effect *e = problem->effect;
    if (e) memcpy(e->sums, total + e->at, (r->sums - e->at) * sizeof *e->sums);
  }
  free(total);
  return status;
}

dc_status dc_problem_at(dc_problem *problem, const double *beta, dc_quadratic *q, dc_error *error)
{
  return dc_problem_pass(problem, beta, DC_PASS_GRAM, 1, q, error);
}

dc_status dc_problem_deviance(dc_problem *problem, const double *beta, dc_quadratic *q, dc_error *error)
{
  return dc_problem_pass(problem, beta, DC_PASS_DEVIANCE, 1, q, error);
}

dc_status dc_problem_visit(dc_problem *problem, const double *beta, size_t doubles, dc_visit *visit, void *context,
                           double *sums, dc_error *error)
{
  pass p = {.problem = problem, .kind = DC_PASS_GRAM, .stride = 1, .visit = visit, .context = context};
  p.sums = DC_SCALARS + doubles;
  double *total = malloc((p.sums + problem->rows->doubles) * sizeof *total);
  if (!total) return dc_fail_memory(error, "fitting a model");
  set_beta(problem, beta);
  dc_status status = run(&p, total, error);
  if (status == DC_OK) memcpy(sums, total + DC_SCALARS, doubles * sizeof *sums);
  free(total);
  return status;
}

/* Entry `at` of a row: the intercept, numbers, factors, slopes. */
static size_t entry(const dc_tile *tile, size_t i, size_t at, double *value)
{
  const dc_rows *r = tile->rows;
  *value = 1;
  if (at == 0) return r->n_groups && r->intercept ? 0 : DC_NO_COLUMN;
  at--;
  if (at < r->n_numbers) {
    *value = tile->x[at * DC_TILE + i];
    return r->numbers[at].column;
  }
  at -= r->n_numbers;
  if (at < r->n_factors) {
    size_t column;
    dc_factor_column(&r->factors[at], tile->code[r->factors[at].group * DC_TILE + i], &column);
    return column;
  }
  at -= r->n_factors;
  *value = tile->slope[at * DC_TILE + i];
  return dc_slopes_column(&r->slopes[at], dc_codes_at(&r->slopes[at].term->codes, tile->first + i));
}

size_t dc_tile_row(const dc_tile *tile, size_t i, size_t *from, size_t *column, double *value)
{
  const dc_rows *r = tile->rows;
  size_t n = 0, entries = 1 + r->n_numbers + r->n_factors + r->n_slopes;
  for (; *from < entries && n < DC_ROW_ENTRIES; ++*from) {
    size_t at = entry(tile, i, *from, &value[n]);
    if (at == DC_NO_COLUMN || r->internal[at] == DC_NO_COLUMN) continue;
    column[n++] = r->internal[at];
  }
  return n;
}

dc_quadratic *dc_quadratic_new(const dc_problem *problem)
{
  struct dc_arena *arena = problem->task->arena;
  size_t p = problem->n_columns;
  dc_quadratic *q = dc_arena_alloc(arena, 1, sizeof *q);
  if (!q) return NULL;
  q->p = problem->p;
  q->gram = dc_arena_alloc(arena, p * (p + 1) / 2 + 1, sizeof *q->gram);
  q->score = dc_arena_alloc(arena, p + 1, sizeof *q->score);
  if (problem->effect && !(q->pull = dc_arena_alloc(arena, p + 1, sizeof *q->pull))) return NULL;
  return q->gram && q->score ? q : NULL;
}

void dc_problem_to_design(const dc_problem *problem, const double *beta, double *estimate)
{
  double moved = 0;
  for (size_t j = 0; j < problem->n_columns; j++) estimate[j] = NAN;
  for (size_t j = 0; j < problem->p; j++) {
    estimate[problem->column[j]] = beta[j] * problem->scale[j];
    if (problem->centre[j] != 0) moved += beta[j] * problem->scale[j] * problem->centre[j];
  }
  if (problem->intercept && problem->p) estimate[0] = beta[0] - moved;
}

/* Row j of what takes internal coefficients to the design's: scale on the diagonal, and in the intercept's row minus centre
 * scale. So the covariance of the intercept needs the whole matrix. */
void dc_problem_covariance(const dc_problem *problem, const double *packed, double *covariance)
{
  size_t n = problem->n_columns, p = problem->p;
  for (size_t k = 0; k < n * n; k++) covariance[k] = NAN;
  for (size_t i = 0; i < p; i++)
    for (size_t j = 0; j < p; j++)
      covariance[problem->column[i] * n + problem->column[j]] = packed[dc_packed(i, j)] * problem->scale[i] *
                                                                problem->scale[j];
  if (!problem->intercept || !p) return;
  double corner = 0;
  for (size_t j = 0; j < p; j++) {
    double sum = 0;
    for (size_t k = 0; k < p; k++) {
      double moves = k == 0 ? 1 : -problem->centre[k] * problem->scale[k];
      sum += packed[dc_packed(k, j)] * moves;
    }
    corner += sum * (j == 0 ? 1 : -problem->centre[j] * problem->scale[j]);
    if (j) covariance[problem->column[j]] = covariance[problem->column[j] * n] = sum * problem->scale[j];
  }
  covariance[0] = corner;
}
