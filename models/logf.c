#include "models/logf.h"

#include "engine/base/arena.h"
#include "models/columns.h"

#include <math.h>

/* By the design's columns, so that it serves problems of the same terms without the intercept too. */
typedef struct logf {
  double m;
  bool intercept;
  double *unit;
} logf_prior;

static double add(void *context, const dc_problem *problem, const double *beta, double *gradient, double *hessian)
{
  const logf_prior *prior = context;
  size_t shift = prior->intercept && !problem->intercept ? 1 : 0;
  double value = 0;
  for (size_t j = problem->intercept ? 1 : 0; j < problem->p; j++) {
    double unit = prior->unit[problem->column[j] + shift] * problem->scale[j], b = beta[j] * unit;
    double e = exp(-fabs(b)), won = b < 0 ? e / (1 + e) : 1 / (1 + e);
    value += prior->m * (fabs(b) / 2 + log1p(e));
    if (gradient) gradient[j] += prior->m * (won - .5) * unit;
    if (hessian) hessian[dc_packed(j, j)] += prior->m * (e / ((1 + e) * (1 + e))) * unit * unit;
  }
  return value;
}

/* Only a column of zeros and ones has the variance m (1 - m) among those between 0 and 1. */
static bool is_zero_one(const dc_column_scale *s)
{
  double variance = s->mean * (1 - s->mean);
  return s->least == 0 && s->most == 1 && fabs(s->sd * s->sd - variance) <= 1e-9 * variance;
}

dc_status dc_logf_new(const dc_problem *problem, double m, dc_penalty *penalty, dc_error *error)
{
  const dc_design *design = problem->task->design;
  struct dc_arena *arena = problem->task->arena;
  dc_columns columns;
  dc_status status = dc_columns_begin(&columns, design, arena, error);
  if (status != DC_OK) return status;
  logf_prior *prior = dc_arena_alloc(arena, 1, sizeof *prior);
  double *unit = dc_arena_alloc(arena, columns.n + 1, sizeof *unit);
  dc_column_scale *scale = dc_arena_alloc(arena, design->n_terms + 1, sizeof *scale);
  if (!prior || !unit || !scale) return dc_fail_memory(error, "a log-F prior");
  status = dc_terms_measure(problem->task, scale, error);
  if (status != DC_OK) return status;
  for (size_t t = 0; t < design->n_terms; t++)
    for (size_t k = columns.first[t]; k < columns.first[t] + dc_columns_of(&design->terms[t]); k++)
      unit[k] = is_zero_one(&scale[t]) || !(scale[t].sd > 0) ? 1 : scale[t].sd;
  *prior = (logf_prior){m, problem->intercept, unit};
  *penalty = (dc_penalty){add, prior};
  return DC_OK;
}
