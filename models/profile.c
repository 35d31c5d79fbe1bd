#include "models/profile.h"

#include "engine/base/arena.h"

#include <math.h>
#include <string.h>

enum { REFITS = 60 };

/* Room for refits, of the problem itself or of one without its intercept. */
typedef struct refit {
  const dc_profile *profile;
  dc_problem *problem;
  dc_quadratic *q;
  dc_newton how;
  double *beta, *best; /* p of the problem */
  bool *fixed;
  dc_design design; /* of an intercept held: it becomes an offset */
  dc_task task;
  double *offset;
  size_t j;            /* the column held, of the profile's problem */
  double at, error_of; /* the design's estimate and standard error, dispersion 1 */
} refit;

static double covariance_of(const dc_profile *p, size_t i, size_t j) { return p->covariance[dc_packed(i, j)]; }

/* What the design's intercept is made of: column i's part of it. */
static double lever(const dc_problem *problem, size_t i) { return i ? -problem->scale[i] * problem->centre[i] : 1; }

static dc_status room(refit *r, struct dc_arena *arena, dc_error *error)
{
  size_t p = r->problem->p + 1;
  r->q = dc_quadratic_new(r->problem);
  r->beta = dc_arena_alloc(arena, p, sizeof *r->beta);
  r->best = dc_arena_alloc(arena, p, sizeof *r->best);
  r->fixed = dc_arena_alloc(arena, p, sizeof *r->fixed);
  return r->q && r->beta && r->best && r->fixed ? DC_OK : dc_fail_memory(error, "profiling");
}

/* A problem whose offset is the intercept. */
static dc_status hold_intercept(refit *r, struct dc_arena *arena, dc_error *error)
{
  const dc_profile *p = r->profile;
  const dc_problem *whole = p->problem;
  size_t n = whole->task->design->n_rows;
  r->offset = dc_arena_alloc(arena, n, sizeof *r->offset);
  if (!r->offset) return dc_fail_memory(error, "profiling");
  r->design = *whole->task->design;
  r->design.intercept = false;
  r->design.offset = r->offset;
  if (whole->task->design->offset) memcpy(r->offset, whole->task->design->offset, n * sizeof *r->offset);
  r->task = *whole->task;
  r->task.design = &r->design;
  r->task.arena = arena;
  dc_status status = dc_problem_new(&r->task, &whole->family, &r->problem, error);
  if (status == DC_OK) status = room(r, arena, error);
  if (status != DC_OK) return status;
  r->at = 0;
  double variance = 0;
  for (size_t i = 0; i < whole->p; i++) {
    r->at += lever(whole, i) * p->beta[i];
    for (size_t k = 0; k < whole->p; k++) variance += lever(whole, i) * covariance_of(p, i, k) * lever(whole, k);
  }
  r->error_of = sqrt(variance);
  return DC_OK;
}

static dc_status begin(refit *r, const dc_profile *profile, size_t j, struct dc_arena *arena, dc_error *error)
{
  *r = (refit){.profile = profile, .problem = profile->problem, .how = profile->how, .j = j};
  if (profile->problem->intercept && j == 0) return hold_intercept(r, arena, error);
  dc_status status = room(r, arena, error);
  if (status != DC_OK) return status;
  r->fixed[j] = true;
  r->how.fixed = r->fixed;
  r->at = profile->beta[j] * profile->problem->scale[j];
  r->error_of = sqrt(covariance_of(profile, j, j)) * profile->problem->scale[j];
  return DC_OK;
}

/* The coefficient held at `value`, the others where a quadratic likelihood would have them. */
static void start(refit *r, double value)
{
  const dc_profile *p = r->profile;
  const dc_problem *whole = p->problem;
  double by = value - r->at;
  if (!r->offset) {
    double per = by / r->error_of / sqrt(covariance_of(p, r->j, r->j));
    for (size_t i = 0; i < whole->p; i++) r->beta[i] = p->beta[i] + per * covariance_of(p, i, r->j);
    r->beta[r->j] = value / whole->scale[r->j];
    return;
  }
  const double *given = whole->task->design->offset;
  for (size_t i = 0; i < r->design.n_rows; i++) r->offset[i] = (given ? given[i] : 0) + value;
  double per = by / (r->error_of * r->error_of);
  for (size_t k = 0; k < r->problem->p; k++) { /* columns of the design keep their order: one less before each */
    size_t i = 1;
    while (i < whole->p && whole->column[i] != r->problem->column[k] + 1) i++;
    r->beta[k] = 0;
    if (i == whole->p) continue;
    double moved = p->beta[i];
    for (size_t l = 0; l < whole->p; l++) moved += per * covariance_of(p, i, l) * lever(whole, l);
    r->beta[k] = moved * whole->scale[i] / r->problem->scale[k];
  }
}

/* The signed root of the fall at a value. */
static dc_status root_at(refit *r, double value, double *root, dc_error *error)
{
  dc_newton_result result = {0};
  start(r, value);
  dc_status status = dc_newton_run(r->problem, &r->how, r->beta, r->q, &result, error);
  if (status != DC_OK && status != DC_W_MAXITER) return status;
  double fall = 2 * (result.objective - r->profile->objective) / r->profile->dispersion;
  *root = (value < r->at ? -1 : 1) * sqrt(fmax(fall, 0));
  return DC_OK;
}

/* Where to try next, in standard errors: the line through the last two roots, within the bracket. */
typedef struct bracket {
  double low, high; /* roots below and above the target; infinite while there is none above */
  double u, root, last, last_root;
} bracket;

static double next_of(const bracket *b, double target)
{
  double next = b->u + (target - b->root) * (b->u - b->last) / (b->root - b->last_root);
  /* at most 4 times as far, for where the root flattens out */
  if (!isfinite(b->high)) return next > b->low && next < 4 * b->low ? 1.001 * next : 4 * b->low;
  double edge = 1e-3 * (b->high - b->low);
  return next > b->low && next < b->high ? next : b->low + fmax((b->high - b->low) / 2, edge);
}

/* One limit: side -1 or 1. The root is about side * u, u in standard errors from the estimate. */
static dc_status limit(refit *r, int side, double *found, dc_error *error)
{
  double unit = r->error_of * sqrt(r->profile->dispersion), target = r->profile->reach;
  double noise = 1e-10 * target + 1e-15 * fabs(r->profile->objective) / target;
  bracket b = {.high = INFINITY, .u = target};
  *found = NAN;
  if (!(unit > 0) || !isfinite(unit)) return DC_OK;
  for (int k = 0; k < REFITS; k++) {
    double root;
    dc_status status = root_at(r, r->at + side * b.u * unit, &root, error);
    if (status != DC_OK) return status;
    b.root = isfinite(root) ? fabs(root) : 2 * target; /* outside of what is allowed */
    *found = r->at + side * b.u * unit;
    if (fabs(b.root - target) <= noise || b.high - b.low <= 1e-12 * b.low) return DC_OK;
    if (b.root < target) {
      b.low = b.u;
      if (b.low > 1e4 * target) break;
    } else {
      b.high = b.u;
    }
    double next = next_of(&b, target);
    b.last = b.u;
    b.last_root = b.root;
    b.u = next;
  }
  if (!isfinite(b.high)) *found = side < 0 ? -INFINITY : INFINITY;
  return DC_OK;
}

dc_status dc_profile_limits(const dc_profile *profile, size_t j, double *lower, double *upper, dc_error *error)
{
  struct dc_arena *arena = dc_arena_new();
  if (!arena) return dc_fail_memory(error, "profiling");
  refit r;
  dc_status status = begin(&r, profile, j, arena, error);
  if (status == DC_OK) status = limit(&r, -1, lower, error);
  if (status == DC_OK) status = limit(&r, 1, upper, error);
  dc_arena_free(arena);
  return status;
}

dc_status dc_profile_without(const dc_profile *profile, size_t first, size_t count, double *fall, size_t *df,
                             dc_error *error)
{
  const dc_problem *problem = profile->problem;
  struct dc_arena *arena = dc_arena_new();
  if (!arena) return dc_fail_memory(error, "testing a term");
  refit r = {.profile = profile, .problem = profile->problem, .how = profile->how};
  dc_status status = room(&r, arena, error);
  if (status == DC_OK) {
    *df = 0;
    for (size_t j = 0; j < problem->p; j++) {
      r.fixed[j] = problem->column[j] >= first && problem->column[j] < first + count;
      r.beta[j] = r.fixed[j] ? 0 : profile->beta[j];
      *df += r.fixed[j];
    }
    r.how.fixed = r.fixed;
    dc_newton_result result = {0};
    if (*df > 0) status = dc_newton_run(r.problem, &r.how, r.beta, r.q, &result, error);
    *fall = *df > 0 ? fmax(2 * (result.objective - profile->objective), 0) : 0;
  }
  dc_arena_free(arena);
  return status;
}

dc_status dc_profile_wald(const dc_fit *fit, size_t first, size_t count, struct dc_arena *arena, double *statistic,
                          size_t *df, dc_error *error)
{
  size_t *in = dc_arena_alloc(arena, count + 1, sizeof *in), n = 0;
  double *part = dc_arena_alloc(arena, count * (count + 1) / 2 + 1, sizeof *part);
  double *b = dc_arena_alloc(arena, count + 1, sizeof *b);
  if (!in || !part || !b) return dc_fail_memory(error, "testing a term");
  for (size_t k = first; k < first + count; k++)
    if (!isnan(fit->coefficients[k].estimate)) in[n++] = k;
  for (size_t a = 0; a < n; a++) {
    b[a] = fit->coefficients[in[a]].estimate;
    for (size_t c = 0; c <= a; c++) part[dc_packed(a, c)] = fit->covariance[in[a] * fit->n_columns + in[c]];
  }
  *df = n;
  *statistic = NAN;
  if (n == 0 || !dc_packed_factor(part, n)) return DC_OK;
  dc_packed_solve(part, n, b);
  *statistic = 0;
  for (size_t a = 0; a < n; a++) *statistic += b[a] * fit->coefficients[in[a]].estimate;
  return DC_OK;
}
