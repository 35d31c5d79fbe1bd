/* A problem made ready: its plan, a first pass, and the columns that are left out because others say the same. */
#include "models/gram_rows.h"
#include "models/lanes.h"
#include "models/newton.h"

#include "engine/base/arena.h"

#include <string.h>

/* Of a column's squared length: what others leave of it, below which it is looked at closely; what is rounding only where
 * its column is 0 and 1; and what is left of the length itself, measured row by row, where it says the same as others. */
static const double DOUBTFUL = 1e-7, ROUNDING = 1e-10, HOPELESS = 1e-14, SAME = 1e-10;

typedef struct check {
  size_t column;       /* internal */
  const double *share; /* of the columns before it, p */
  double raw;          /* what takes the column to the number read: x + raw */
} check;

/* Squares of what the shares of others leave of a column, and of the column itself. */
static void measure(void *context, const dc_tile *tile, double *sums)
{
  const check *c = context;
  size_t column[DC_ROW_ENTRIES];
  double value[DC_ROW_ENTRIES];
  sums += DC_SCALARS;
  for (size_t i = 0; i < tile->n; i++) {
    double left = 0, whole = 0;
    for (size_t from = 0, n; (n = dc_tile_row(tile, i, &from, column, value)) > 0;) {
      for (size_t k = 0; k < n; k++) {
        if (column[k] == c->column) whole += value[k];
        left += column[k] == c->column ? value[k] : -c->share[column[k]] * value[k];
      }
    }
    sums[0] += tile->prior[i] * left * left;
    sums[1] += tile->prior[i] * (whole + c->raw) * (whole + c->raw);
  }
}

static double length_of(const dc_problem *problem, const double *gram, size_t j)
{
  double raw = problem->centre[j] * problem->scale[j];
  return gram[dc_packed(j, j)] + (problem->intercept ? gram[0] * raw * raw : 0);
}

typedef struct sieve {
  dc_problem *problem;
  const double *gram;
  double *l;   /* packed factor of the kept columns, in their order */
  double *row; /* p */
  double *share;
  size_t *kept; /* internal columns kept */
  size_t n;
} sieve;

/* The row of the factor for column j; what is left of its square. */
static double next_row(sieve *s, size_t j)
{
  double left = s->gram[dc_packed(j, j)];
  for (size_t a = 0; a < s->n; a++) {
    const double *line = s->l + a * (a + 1) / 2;
    double sum = s->gram[dc_packed(j, s->kept[a])];
    for (size_t b = 0; b < a; b++) sum -= line[b] * s->row[b];
    s->row[a] = sum / line[a];
    left -= s->row[a] * s->row[a];
  }
  return left;
}

/* The column as shares of the kept ones: L' share = row. */
static void shares_of(sieve *s)
{
  memset(s->share, 0, s->problem->p * sizeof *s->share);
  for (size_t a = s->n; a-- > 0;) {
    double sum = s->row[a];
    for (size_t b = a + 1; b < s->n; b++) sum -= s->l[b * (b + 1) / 2 + a] * s->share[s->kept[b]];
    s->share[s->kept[a]] = sum / s->l[a * (a + 1) / 2 + a];
  }
}

static bool is_coded(const dc_problem *problem, size_t column)
{
  for (size_t f = 0; f < problem->rows->n_factors; f++) {
    const dc_factor *factor = &problem->rows->factors[f];
    if (column >= factor->first && column < factor->first + factor->levels - 1) return true;
  }
  return false;
}

/* Whether the columns kept say what column j does; share has how. */
static dc_status repeats(sieve *s, size_t j, double left, bool *out, dc_error *error)
{
  double square = s->gram[dc_packed(j, j)], sums[2];
  *out = !(square > 0);
  memset(s->share, 0, s->problem->p * sizeof *s->share);
  if (*out || left > DOUBTFUL * square) return DC_OK;
  shares_of(s);
  *out = left <= ROUNDING * square && is_coded(s->problem, j);
  if (*out) return DC_OK;
  check c = {j, s->share, s->problem->centre[j] * s->problem->scale[j]};
  double *zero = dc_arena_alloc(s->problem->task->arena, s->problem->p + 1, sizeof *zero);
  if (!zero) return dc_fail_memory(error, "fitting a model");
  dc_status status = dc_problem_visit(s->problem, zero, 2, measure, &c, sums, error);
  if (status != DC_OK) return status;
  *out = sums[0] <= SAME * SAME * sums[1] || left <= HOPELESS * square;
  return DC_OK;
}

/* Shares of internal columns as those of the design's, the intercept's too. */
static dc_status keep_twin(sieve *s, size_t j, dc_error *error)
{
  dc_problem *problem = s->problem;
  double *twin = dc_arena_alloc(problem->task->arena, problem->n_columns + 1, sizeof *twin);
  if (!twin) return dc_fail_memory(error, "fitting a model");
  double constant = problem->centre[j];
  for (size_t a = 0; a < s->n; a++) {
    size_t k = s->kept[a];
    double share = s->share[k] * (problem->scale[k] / problem->scale[j]);
    twin[k] = share;
    if (k || !problem->intercept) constant -= share * problem->centre[k];
  }
  if (problem->intercept) twin[0] += constant;
  problem->twin[j] = twin;
  return DC_OK;
}

/* What is left of the columns, and the first pass's sums, move together. */
static void compress(dc_problem *problem, const size_t *kept, size_t n, dc_quadratic *q)
{
  for (size_t j = 0; j < problem->n_columns; j++) problem->rows->internal[j] = DC_NO_COLUMN;
  for (size_t a = 0; a < n; a++) {
    size_t k = kept[a];
    for (size_t b = 0; b <= a; b++) q->gram[dc_packed(a, b)] = q->gram[dc_packed(k, kept[b])];
    q->score[a] = q->score[k];
    problem->column[a] = k;
    problem->centre[a] = problem->centre[k];
    problem->scale[a] = problem->scale[k];
    problem->rows->internal[k] = a;
  }
  problem->p = q->p = n;
}

static dc_status leave_out(dc_problem *problem, dc_quadratic *q, dc_error *error)
{
  size_t p = problem->p;
  struct dc_arena *arena = problem->task->arena;
  sieve s = {.problem = problem, .gram = q->gram};
  s.l = dc_arena_alloc(arena, p * (p + 1) / 2 + 1, sizeof *s.l);
  s.row = dc_arena_alloc(arena, p + 1, sizeof *s.row);
  s.share = dc_arena_alloc(arena, p + 1, sizeof *s.share);
  s.kept = dc_arena_alloc(arena, p + 1, sizeof *s.kept);
  problem->twin = dc_arena_alloc(arena, p + 1, sizeof *problem->twin);
  if (!s.l || !s.row || !s.share || !s.kept || !problem->twin) return dc_fail_memory(error, "fitting a model");
  for (size_t j = 0; j < p; j++) {
    bool out;
    double left = next_row(&s, j);
    dc_status status = repeats(&s, j, fmin(left, length_of(problem, q->gram, j)), &out, error);
    if (status == DC_OK && out) status = keep_twin(&s, j, error);
    if (status != DC_OK) return status;
    if (out) continue;
    double *line = s.l + s.n * (s.n + 1) / 2;
    memcpy(line, s.row, s.n * sizeof *line);
    line[s.n] = sqrt(fmax(left, DOUBTFUL * HOPELESS * q->gram[dc_packed(j, j)]));
    s.kept[s.n++] = j;
  }
  compress(problem, s.kept, s.n, q);
  return DC_OK;
}

static double mean_response(const dc_rows *r)
{
  double sum = 0, weight = 0;
  for (size_t i = 0; i < r->n; i++) {
    double w = r->prior ? r->prior[i] : 1;
    sum += w * r->y[i];
    weight += w;
  }
  return sum / weight;
}

dc_status dc_problem_new(const dc_task *task, const dc_family *family, dc_problem **made, dc_error *error)
{
  dc_problem *problem = dc_arena_alloc(task->arena, 1, sizeof *problem);
  if (!problem) return dc_fail_memory(error, "fitting a model");
  problem->task = task;
  problem->family = *family;
  dc_status status = dc_rows_plan(problem, error);
  if (status != DC_OK) return status;
  const dc_rows *r = problem->rows;
  dc_quadratic *q = dc_quadratic_new(problem);
  problem->start = dc_arena_alloc(task->arena, problem->n_columns + 1, sizeof *problem->start);
  if (!q || !problem->start) return dc_fail_memory(error, "fitting a model");
  /* as R's glm begins, where the responses are; chances of many rows where all are alike, which is quicker */
  bool alike = r->n >= DC_MANY_ROWS && family->kind == DC_FAMILY_BINOMIAL && problem->intercept && !r->offset;
  problem->constant = problem->intercept ? dc_family_eta(family, mean_response(r)) : 0;
  if (alike) problem->start[0] = problem->constant;
  status = dc_problem_pass(problem, problem->start, alike ? DC_PASS_GRAM : DC_PASS_FIRST, 1, q, error);
  if (status == DC_OK && !isfinite(q->gram[0]))
    return dc_fail(error, DC_E_NUMERIC, "numbers are too large to be squared");
  if (status == DC_OK) status = leave_out(problem, q, error);
  if (status != DC_OK) return status;
  problem->null_deviance = alike ? q->deviance : NAN;
  status = dc_newton_first(problem, q, problem->start, error);
  *made = problem;
  return status;
}

dc_status dc_problem_of_all(const dc_task *task, const dc_family *family, dc_problem **made, dc_error *error)
{
  dc_problem *problem = *made = dc_arena_alloc(task->arena, 1, sizeof *problem);
  if (!problem) return dc_fail_memory(error, "fitting a model");
  *problem = (dc_problem){.task = task, .family = *family};
  return dc_rows_plan(problem, error);
}

dc_status dc_problem_with_effect(const dc_task *task, const dc_term *term, size_t most, dc_problem **made,
                                 dc_error *error)
{
  dc_problem *problem = dc_arena_alloc(task->arena, 1, sizeof *problem);
  dc_effect *effect = dc_arena_alloc(task->arena, 1, sizeof *effect);
  *made = NULL;
  if (!problem || !effect) return dc_fail_memory(error, "fitting a model");
  *effect = (dc_effect){.term = term};
  *problem = (dc_problem){.task = task, .family = {DC_FAMILY_BINOMIAL, DC_LINK_LOGIT, 0}, .effect = effect};
  dc_status status = dc_rows_plan(problem, NULL);
  if (status == DC_E_MEMORY) return dc_fail_memory(error, "fitting a model");
  if (status == DC_E_CANCELLED) return dc_fail(error, status, "cancelled");
  if (status == DC_OK && problem->rows->hot && problem->rows->sums <= most) *made = problem;
  return DC_OK;
}

static void add_moments(void *context, const dc_tile *tile, double *sums)
{
  const dc_problem *problem = context;
  size_t column[DC_ROW_ENTRIES], p = problem->p;
  double value[DC_ROW_ENTRIES];
  sums += DC_SCALARS;
  for (size_t i = 0; i < tile->n; i++) {
    sums[2 * p] += tile->prior[i];
    for (size_t from = 0, n; (n = dc_tile_row(tile, i, &from, column, value)) > 0;) {
      for (size_t k = 0; k < n; k++) {
        sums[column[k]] += tile->prior[i] * value[k];
        sums[p + column[k]] += tile->prior[i] * value[k] * value[k];
      }
    }
  }
}

dc_status dc_problem_moments(dc_problem *problem, dc_error *error)
{
  size_t p = problem->p;
  double *sums = dc_arena_alloc(problem->task->arena, 2 * p + 1, sizeof *sums);
  if (!sums) return dc_fail_memory(error, "fitting a model");
  dc_status status = dc_problem_visit(problem, problem->start, 2 * p + 1, add_moments, problem, sums, error);
  for (size_t j = 0; j < p && status == DC_OK; j++) {
    double mean = sums[j] / sums[2 * p], square = sums[p + j] / sums[2 * p] - mean * mean;
    problem->mean[j] = mean / problem->scale[j] + problem->centre[j];
    problem->sd[j] = sqrt(fmax(square, 0)) / problem->scale[j];
  }
  return status;
}
