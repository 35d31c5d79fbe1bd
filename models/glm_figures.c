/* Figures of a fit as R's glm has them. */
#include "models/glm_run.h"
#include "models/gram_rows.h"
#include "models/lanes.h"

#include "engine/base/arena.h"

#include <math.h>
#include <string.h>

static const double LOG_2_PI = 1.83787706640934548356;

typedef struct likelihood {
  const dc_family *family;
  double dispersion;
} likelihood;

enum { AT_LIKELIHOOD, AT_ROWS, AT_LOG_WEIGHT, AT_RESPONSE, AT_WEIGHT, LIKELIHOOD_SUMS };

static void add_likelihood(void *context, const dc_tile *tile, double *sums)
{
  const likelihood *l = context;
  const double *trials = tile->rows->trials;
  sums += DC_SCALARS;
  for (size_t i = 0; i < tile->n; i++) {
    double w = tile->prior[i], m = trials ? trials[tile->first + i] : NAN;
    if (w <= 0) continue;
    sums[AT_LIKELIHOOD] += dc_family_log_likelihood(l->family, tile->y[i], w, m, tile->mu[i], l->dispersion);
    sums[AT_ROWS] += 1;
    sums[AT_LOG_WEIGHT] += dc_log(w);
    sums[AT_RESPONSE] += tile->y[i];
    sums[AT_WEIGHT] += w;
  }
}

dc_status dc_glm_likelihood(dc_glm_fit *glm, dc_error *error)
{
  dc_problem *problem = glm->problem;
  dc_family_kind kind = problem->family.kind;
  double sums[LIKELIHOOD_SUMS], deviance = glm->q->deviance;
  if (problem->rows->hot) {
    glm->rows = (double)problem->rows->n;
    glm->log_likelihood = -deviance / 2;
    return DC_OK;
  }
  likelihood l = {&problem->family, kind == DC_FAMILY_GAMMA ? deviance / glm->q->weight : 1};
  dc_status status = dc_problem_visit(problem, glm->beta, LIKELIHOOD_SUMS, add_likelihood, &l, sums, error);
  if (status != DC_OK) return status;
  double n = glm->rows = sums[AT_ROWS];
  glm->log_likelihood = sums[AT_LIKELIHOOD];
  if (kind == DC_FAMILY_GAUSSIAN || kind == DC_FAMILY_LOGNORMAL)
    glm->log_likelihood = (sums[AT_LOG_WEIGHT] - n * (LOG_2_PI + dc_log(deviance / n) + 1)) / 2;
  if (kind == DC_FAMILY_LOGNORMAL) glm->log_likelihood -= sums[AT_RESPONSE];
  return DC_OK;
}

/* The deviance of the intercept alone, or of the offset. */
static dc_status null_deviance(dc_glm_fit *glm, double *deviance, dc_error *error)
{
  dc_problem *problem = glm->problem;
  size_t p = problem->p;
  struct dc_arena *arena = glm->task->arena;
  *deviance = problem->null_deviance;
  if (!isnan(*deviance)) return DC_OK;
  dc_quadratic *q = dc_quadratic_new(problem);
  double *beta = dc_arena_alloc(arena, p + 1, sizeof *beta);
  bool *fixed = dc_arena_alloc(arena, p + 1, sizeof *fixed);
  if (!q || !beta || !fixed) return dc_fail_memory(error, "fitting a model");
  if (problem->intercept) beta[0] = dc_family_eta(&problem->family, glm->q->sum / glm->q->weight);
  dc_status status = DC_OK;
  if (problem->intercept && problem->rows->offset) {
    for (size_t j = 1; j < p; j++) fixed[j] = true;
    dc_newton how = glm->how;
    dc_newton_result result = {0};
    how.fixed = fixed;
    how.penalty = NULL;
    status = dc_newton_run(problem, &how, beta, q, &result, error);
  } else {
    status = dc_problem_deviance(problem, beta, q, error);
  }
  *deviance = status == DC_OK ? q->deviance : NAN;
  return status;
}

typedef struct figure {
  const char *name, *meaning;
  double value;
} figure;

dc_status dc_glm_figures(dc_glm_fit *glm, dc_error *error)
{
  double none, rows = glm->rows, likely = glm->log_likelihood, p = (double)glm->problem->p;
  bool scaled = dc_family_scaled(glm->problem->family.kind);
  dc_status status = null_deviance(glm, &none, error);
  if (status != DC_OK) return status;
  double df = p + (scaled || glm->problem->family.kind == DC_FAMILY_NEGBIN ? 1 : 0);
  const figure figures[] = {
      {"deviance", "twice the log likelihood's distance from that of a fit to every row", glm->q->deviance},
      {"null_deviance", "the same of the intercept alone", none},
      {"df_residual", "rows less coefficients", rows - p},
      {"df_null", "rows less the intercept", rows - (glm->problem->intercept ? 1 : 0)},
      {"dispersion", "variance in units of the family's: Pearson's", glm->dispersion},
      {"log_likelihood", "of the fit", likely},
      {"aic", "twice the parameters less twice the log likelihood", 2 * (df - likely)},
      {"bic", "log of rows times the parameters less twice the log likelihood", df * log(rows) - 2 * likely},
      {"iterations", "steps of Newton's method", (double)glm->result.steps},
      {"n", "rows of weight above 0", rows}};
  for (size_t k = 0; k < sizeof figures / sizeof *figures && status == DC_OK; k++)
    if (!isnan(figures[k].value))
      status = dc_fit_add_figure(glm->fit, figures[k].name, figures[k].meaning, figures[k].value, error);
  return status;
}
