/* The negative binomial's theta. */
#include "models/glm_run.h"
#include "models/gram_rows.h"

#include <math.h>

enum { TURNS = 60, STEPS = 60 };
static const double MOST_THETA = 1e7, CLOSE = 1e-11;

static void add_theta(void *context, const dc_tile *tile, double *sums)
{
  double theta = *(const double *)context;
  sums += DC_SCALARS;
  for (size_t i = 0; i < tile->n; i++) {
    double w = tile->prior[i], first, second, away = tile->y[i] / tile->mu[i] - 1;
    if (w <= 0) continue;
    dc_negbin_theta(theta, tile->y[i], tile->mu[i], &first, &second);
    sums[0] += w * first;
    sums[1] -= w * second;
    sums[2] += w * away * away;
    sums[3] += w;
  }
}

/* Theta at the coefficients; information of it. */
static dc_status find_theta(dc_glm_fit *glm, double *theta, double *information, dc_error *error)
{
  for (size_t k = 0; k < STEPS; k++) {
    double sums[4], old = *theta;
    dc_status status = dc_problem_visit(glm->problem, glm->beta, 4, add_theta, theta, sums, error);
    if (status != DC_OK) return status;
    *information = sums[1];
    if (glm->problem->family.kind == DC_FAMILY_POISSON && k == 0) {
      *theta = fmin(MOST_THETA, fmax(1e-6, sums[3] / sums[2]));
      continue;
    }
    /* on the scale of its logarithm where the likelihood is not concave there */
    double step = sums[1] > 0 ? sums[0] / sums[1] : (sums[0] > 0 ? old : -old / 2);
    *theta = fmin(MOST_THETA, fmax(old + step, old / 4));
    if (*theta > 4 * old) *theta = 4 * old;
    if (*theta > MOST_THETA) *theta = MOST_THETA;
    if (fabs(*theta - old) <= CLOSE * old || *theta == MOST_THETA) return DC_OK;
  }
  return DC_OK;
}

dc_status dc_glm_theta(dc_glm_fit *glm, double *theta_error, dc_error *error)
{
  double theta = 1, information = NAN;
  dc_problem *problem = glm->problem;
  bool close = false;
  for (size_t turn = 0; turn < TURNS && !close; turn++) {
    double old = theta;
    dc_status status = find_theta(glm, &theta, &information, error);
    if (status != DC_OK) return status;
    close = turn > 0 && fabs(theta - old) <= 10 * CLOSE * old;
    problem->family.kind = DC_FAMILY_NEGBIN;
    problem->family.theta = theta;
    status = dc_newton_run(problem, &glm->how, glm->beta, glm->q, &glm->result, error);
    if (status != DC_OK) return status;
  }
  *theta_error = theta < MOST_THETA && information > 0 ? 1 / sqrt(information) : NAN;
  if (!close) glm->result.converged = false;
  if (theta < MOST_THETA) return DC_OK;
  return dc_fit_add_note(glm->fit, error, "the counts vary no more than Poisson's: theta has no end");
}
