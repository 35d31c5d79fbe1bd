#include "models/ridge.h"

#include "engine/base/arena.h"
#include "models/columns.h"

#include <math.h>
#include <string.h>

enum { STEPS = 60, HALVINGS = 12 };

static const double BOUND = 18.420680743952367; /* log 1e8: of the logarithms of penalties */

struct dc_ridge {
  bool intercept;
  size_t n_groups;
  dc_ridge_group *group;
  bool *centred; /* of groups: by all levels, the reference included */
  size_t *in;    /* of the design's columns: the group; not of the intercept */
  double *unit;  /* of the design's columns: what a coefficient is multiplied by */
};

static size_t column_of(const dc_ridge *r, const dc_problem *problem, size_t j)
{
  return problem->column[j] + (r->intercept && !problem->intercept ? 1 : 0);
}

/* The sum and number of a group's coefficients in their units, and the sum of their squares. */
static void sums_of(const dc_ridge *r, const dc_problem *problem, size_t g, const double *beta, double *sum,
                    double *square, double *levels)
{
  *sum = *square = 0;
  *levels = 1;
  for (size_t j = problem->intercept ? 1 : 0; j < problem->p; j++) {
    size_t c = column_of(r, problem, j);
    if (r->in[c] != g) continue;
    double b = beta[j] * problem->scale[j] * r->unit[c];
    *sum += b;
    *square += b * b;
    *levels += 1;
  }
}

/* A group's part of the penalty. */
static double add_group(const dc_ridge *r, const dc_problem *problem, size_t g, const double *beta, double *gradient,
                        double *hessian)
{
  double sum, square, levels, penalty = r->group[g].penalty;
  sums_of(r, problem, g, beta, &sum, &square, &levels);
  double share = r->centred[g] ? 1 / levels : 0;
  for (size_t i = problem->intercept ? 1 : 0; i < problem->p && (gradient || hessian); i++) {
    size_t c = column_of(r, problem, i);
    if (r->in[c] != g) continue;
    double unit = problem->scale[i] * r->unit[c];
    if (gradient) gradient[i] += penalty * unit * (beta[i] * unit - share * sum);
    if (!hessian) continue;
    hessian[dc_packed(i, i)] += penalty * unit * unit;
    for (size_t j = problem->intercept ? 1 : 0; j <= i && share > 0; j++) {
      size_t d = column_of(r, problem, j);
      if (r->in[d] == g) hessian[dc_packed(i, j)] -= penalty * share * unit * problem->scale[j] * r->unit[d];
    }
  }
  return penalty / 2 * (square - share * sum * sum);
}

static double add(void *context, const dc_problem *problem, const double *beta, double *gradient, double *hessian)
{
  const dc_ridge *r = context;
  double value = 0;
  for (size_t g = 0; g < r->n_groups; g++) value += add_group(r, problem, g, beta, gradient, hessian);
  return value;
}

dc_penalty dc_ridge_penalty(dc_ridge *ridge) { return (dc_penalty){add, ridge}; }

const dc_ridge_group *dc_ridge_groups(const dc_ridge *ridge, size_t *n)
{
  *n = ridge->n_groups;
  return ridge->group;
}

dc_status dc_ridge_new(const dc_problem *problem, double penalty, dc_ridge **ridge, dc_error *error)
{
  const dc_design *design = problem->task->design;
  struct dc_arena *arena = problem->task->arena;
  dc_columns columns;
  dc_status status = dc_columns_begin(&columns, design, arena, error);
  if (status != DC_OK) return status;
  dc_ridge *r = dc_arena_alloc(arena, 1, sizeof *r);
  dc_column_scale *scale = dc_arena_alloc(arena, design->n_terms + 1, sizeof *scale);
  if (!r || !scale) return dc_fail_memory(error, "ridge penalties");
  r->intercept = design->intercept;
  r->group = dc_arena_alloc(arena, design->n_terms + 1, sizeof *r->group);
  r->centred = dc_arena_alloc(arena, design->n_terms + 1, sizeof *r->centred);
  r->in = dc_arena_alloc(arena, columns.n + 1, sizeof *r->in);
  r->unit = dc_arena_alloc(arena, columns.n + 1, sizeof *r->unit);
  if (!r->group || !r->centred || !r->in || !r->unit) return dc_fail_memory(error, "ridge penalties");
  status = dc_terms_measure(problem->task, scale, error);
  if (status != DC_OK) return status;
  size_t numbers = SIZE_MAX;
  for (size_t t = 0; t < design->n_terms; t++) {
    const dc_term *term = &design->terms[t];
    bool number = term->kind == DC_TERM_NUMBER;
    size_t g = number && numbers != SIZE_MAX ? numbers : r->n_groups++;
    if (number) numbers = g;
    r->group[g].name = number ? "numbers" : term->name;
    r->group[g].penalty = penalty;
    r->centred[g] = !number && term->reference != DC_NO_REFERENCE;
    for (size_t k = columns.first[t]; k < columns.first[t] + dc_columns_of(term); k++) {
      r->in[k] = g;
      r->unit[k] = scale[t].sd > 0 ? scale[t].sd : 1;
    }
  }
  for (size_t j = problem->intercept ? 1 : 0; j < problem->p; j++) r->group[r->in[problem->column[j]]].columns++;
  *ridge = r;
  return DC_OK;
}

/* ---- marginal likelihood ---- */

typedef struct search {
  dc_ridge *ridge;
  dc_problem *problem;
  dc_newton how;
  dc_penalty penalty;
  dc_quadratic *q, *aside;
  double *beta, *moved, *gradient, *factor, *covariance, *part; /* p, p, p; packed */
  size_t trials;
} search;

/* The trace of a product of packed symmetric matrices. */
static double trace_of(const double *a, const double *b, size_t p)
{
  double whole = 0, diagonal = 0;
  for (size_t i = 0; i < p; i++) {
    for (size_t j = 0; j < i; j++) whole += a[dc_packed(i, j)] * b[dc_packed(i, j)];
    diagonal += a[dc_packed(i, i)] * b[dc_packed(i, i)];
  }
  return 2 * whole + diagonal;
}

/* How the trace of covariance times information changes as the coefficients move along `way`. */
static dc_status turn_of(search *s, const double *way, double *turn, dc_error *error)
{
  size_t p = s->problem->p, n = p * (p + 1) / 2;
  double far = 0;
  for (size_t i = 0; i < p; i++)
    for (size_t j = 0; j < p; j++) far += way[i] * s->q->gram[dc_packed(i, j)] * way[j];
  *turn = 0;
  if (!(far > 0)) return DC_OK;
  double by = 1e-4 / sqrt(far / s->q->weight);
  for (int side = 0; side < 2; side++) {
    for (size_t i = 0; i < p; i++) s->moved[i] = s->beta[i] + (side ? -by : by) * way[i];
    dc_status status = dc_problem_at(s->problem, s->moved, s->aside, error);
    if (status != DC_OK) return status;
    for (size_t k = 0; k < n; k++) s->part[k] = side ? s->part[k] - s->aside->gram[k] : s->aside->gram[k];
  }
  *turn = trace_of(s->covariance, s->part, p) / (2 * by);
  return DC_OK;
}

/* The log marginal likelihood at the penalties' logarithms, with its gradient; beta moves to the maximum. */
static dc_status marginal_at(search *s, const double *rho, double *value, double *slope, dc_error *error)
{
  dc_ridge *r = s->ridge;
  size_t p = s->problem->p, n = p * (p + 1) / 2;
  for (size_t g = 0; g < r->n_groups; g++) r->group[g].penalty = exp(rho[g]);
  dc_newton_result result = {0};
  dc_status status = dc_newton_run(s->problem, &s->how, s->beta, s->q, &result, error);
  if (status != DC_OK && status != DC_W_MAXITER) return status;
  memcpy(s->factor, s->q->gram, n * sizeof *s->factor);
  *value = -s->q->deviance / 2 - add(r, s->problem, s->beta, NULL, s->factor);
  if (!dc_packed_factor(s->factor, p)) {
    *value = -INFINITY;
    return DC_OK;
  }
  for (size_t i = 0; i < p; i++) *value -= log(s->factor[dc_packed(i, i)]);
  for (size_t g = 0; g < r->n_groups; g++) *value += (double)r->group[g].columns * rho[g] / 2;
  memcpy(s->covariance, s->factor, n * sizeof *s->factor);
  dc_packed_invert(s->covariance, p);
  for (size_t g = 0; g < r->n_groups && slope; g++) {
    memset(s->gradient, 0, p * sizeof *s->gradient);
    memset(s->part, 0, n * sizeof *s->part);
    double size = 2 * add_group(r, s->problem, g, s->beta, s->gradient, s->part), turn;
    r->group[g].df = (double)r->group[g].columns - trace_of(s->covariance, s->part, p);
    dc_packed_solve(s->factor, p, s->gradient);
    for (size_t i = 0; i < p; i++) s->gradient[i] = -s->gradient[i];
    status = turn_of(s, s->gradient, &turn, error);
    if (status != DC_OK) return status;
    slope[g] = (r->group[g].df - size - turn) / 2;
  }
  return DC_OK;
}

static dc_status begin(search *s, dc_ridge *ridge, dc_problem *problem, dc_newton how, double *beta, dc_quadratic *q,
                       dc_error *error)
{
  struct dc_arena *arena = problem->task->arena;
  size_t p = problem->p + 1;
  *s = (search){.ridge = ridge, .problem = problem, .how = how, .beta = beta, .q = q};
  s->penalty = dc_ridge_penalty(ridge);
  s->aside = dc_quadratic_new(problem);
  s->moved = dc_arena_alloc(arena, p, sizeof *s->moved);
  s->gradient = dc_arena_alloc(arena, p, sizeof *s->gradient);
  s->factor = dc_arena_alloc(arena, p * (p + 1) / 2, sizeof *s->factor);
  s->covariance = dc_arena_alloc(arena, p * (p + 1) / 2, sizeof *s->covariance);
  s->part = dc_arena_alloc(arena, p * (p + 1) / 2, sizeof *s->part);
  bool there = s->aside && s->moved && s->gradient && s->factor && s->covariance && s->part;
  return there ? DC_OK : dc_fail_memory(error, "choosing ridge penalties");
}

/* Broyden, Fletcher, Goldfarb and Shanno's inverse of the Hessian (m x m), after a step `by` that changed the slope so. */
static void learn(double *inverse, size_t m, const double *by, const double *change, double *scratch)
{
  double curved = 0, round = 0;
  for (size_t i = 0; i < m; i++) {
    scratch[i] = 0;
    for (size_t j = 0; j < m; j++) scratch[i] += inverse[i * m + j] * change[j];
    curved += by[i] * change[i];
  }
  if (!(curved > 1e-14)) return;
  for (size_t i = 0; i < m; i++) round += change[i] * scratch[i];
  for (size_t i = 0; i < m; i++)
    for (size_t j = 0; j < m; j++)
      inverse[i * m + j] += (1 + round / curved) * by[i] * by[j] / curved -
                            (scratch[i] * by[j] + by[i] * scratch[j]) / curved;
}

/* Whether a group's penalty is where it can go no further. */
static bool is_stuck(double rho, double slope) { return (rho >= BOUND && slope > 0) || (rho <= -BOUND && slope < 0); }

typedef struct ascent {
  size_t m;
  double *rho, *slope, *by, *next, *next_slope, *change, *scratch, *inverse, *kept;
} ascent;

static dc_status begin_ascent(ascent *a, size_t m, size_t p, struct dc_arena *arena, dc_error *error)
{
  double **vectors[] = {&a->rho, &a->slope, &a->by, &a->next, &a->next_slope, &a->change, &a->scratch};
  a->m = m;
  a->inverse = dc_arena_alloc(arena, m * m + 1, sizeof *a->inverse);
  a->kept = dc_arena_alloc(arena, p + 1, sizeof *a->kept);
  bool there = a->inverse && a->kept;
  for (size_t k = 0; k < sizeof vectors / sizeof *vectors; k++) {
    *vectors[k] = dc_arena_alloc(arena, m + 1, sizeof **vectors[k]);
    there = there && *vectors[k];
  }
  return there ? DC_OK : dc_fail_memory(error, "choosing ridge penalties");
}

/* Where to go from rho: at most 3 in any logarithm. */
static void direct(ascent *a)
{
  double most = 0;
  for (size_t i = 0; i < a->m; i++) {
    a->by[i] = 0;
    for (size_t j = 0; j < a->m && !is_stuck(a->rho[i], a->slope[i]); j++)
      if (!is_stuck(a->rho[j], a->slope[j])) a->by[i] += a->inverse[i * a->m + j] * a->slope[j];
    most = fmax(most, fabs(a->by[i]));
  }
  for (size_t i = 0; i < a->m && most > 3; i++) a->by[i] *= 3 / most;
}

static double steepest(const ascent *a)
{
  double most = 0;
  for (size_t i = 0; i < a->m; i++)
    if (!is_stuck(a->rho[i], a->slope[i])) most = fmax(most, fabs(a->slope[i]));
  return most;
}

dc_status dc_ridge_choose(dc_ridge *ridge, dc_problem *problem, dc_newton how, double *beta, dc_quadratic *q,
                          double *marginal, dc_error *error)
{
  search s;
  ascent a;
  size_t m = ridge->n_groups, p = problem->p;
  dc_status status = begin(&s, ridge, problem, how, beta, q, error);
  if (status == DC_OK) status = begin_ascent(&a, m, p, problem->task->arena, error);
  if (status != DC_OK) return status;
  s.how.penalty = &s.penalty;
  for (size_t g = 0; g < m; g++) a.inverse[g * m + g] = 2 / fmax((double)ridge->group[g].columns, 1);
  status = marginal_at(&s, a.rho, marginal, a.slope, error);
  for (int step = 0; status == DC_OK; step++) {
    if (steepest(&a) <= 1e-6) return DC_OK;
    if (step == STEPS) return DC_W_MAXITER;
    direct(&a);
    double share = 1, value = -INFINITY;
    memcpy(a.kept, beta, p * sizeof *beta);
    for (int halving = 0; halving <= HALVINGS && status == DC_OK; halving++, share /= 2) {
      for (size_t g = 0; g < m; g++) a.next[g] = fmin(fmax(a.rho[g] + share * a.by[g], -BOUND), BOUND);
      status = marginal_at(&s, a.next, &value, a.next_slope, error);
      if (value >= *marginal - 1e-11 * (1 + fabs(*marginal))) break;
      memcpy(beta, a.kept, p * sizeof *beta);
    }
    if (status != DC_OK) return status;
    if (!(value >= *marginal - 1e-11 * (1 + fabs(*marginal)))) { /* rounding: it is as good as it gets */
      status = marginal_at(&s, a.rho, marginal, a.slope, error);
      return status == DC_OK && steepest(&a) > 1e-3 ? DC_W_MAXITER : status;
    }
    for (size_t g = 0; g < m; g++) {
      a.by[g] = a.next[g] - a.rho[g];
      a.change[g] = a.slope[g] - a.next_slope[g];
      a.rho[g] = a.next[g];
      a.slope[g] = a.next_slope[g];
    }
    *marginal = value;
    learn(a.inverse, m, a.by, a.change, a.scratch);
  }
  return status;
}
