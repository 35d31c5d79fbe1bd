#include "models/glm_run.h"

#include "engine/base/arena.h"
#include "models/gram_rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TWIN_BYTES = 400 };

static dc_status no_memory(dc_error *error) { return dc_fail_memory(error, "fitting a model"); }

/* "2 * x - z", of shares of the design's columns; rounding is not told. */
static void write_twin(const dc_fit *fit, const double *share, size_t n, char *text)
{
  size_t length = 0;
  double most = 0;
  text[0] = 0;
  for (size_t j = 0; j < n; j++) most = fmax(most, fabs(share[j]));
  for (size_t j = 0; j < n && length < TWIN_BYTES - 1; j++) {
    double size = fabs(share[j]);
    const char *sign = share[j] < 0 ? (length ? " - " : "-") : length ? " + " : "";
    if (size <= 1e-8 * most || size == 0) continue;
    int wrote;
    if (j == 0 && fit->intercept) {
      wrote = snprintf(text + length, TWIN_BYTES - length, "%s%.6g", sign, size);
    } else if (fabs(size - 1) < 1e-8) {
      wrote = snprintf(text + length, TWIN_BYTES - length, "%s%s", sign, fit->coefficients[j].name);
    } else {
      wrote = snprintf(text + length, TWIN_BYTES - length, "%s%.6g * %s", sign, size, fit->coefficients[j].name);
    }
    length += wrote > 0 ? (size_t)wrote : 0;
  }
  if (!length) snprintf(text, TWIN_BYTES, "0");
}

static dc_status name_twins(dc_glm_fit *glm, dc_error *error)
{
  const dc_problem *problem = glm->problem;
  char text[TWIN_BYTES];
  for (size_t j = 0; j < problem->n_columns; j++) {
    if (!problem->twin[j]) continue;
    dc_coefficient *c = &glm->fit->coefficients[j];
    write_twin(glm->fit, problem->twin[j], problem->n_columns, text);
    size_t bytes = strlen(text) + 1;
    if (!(c->twin = malloc(bytes))) return no_memory(error);
    memcpy(c->twin, text, bytes);
    dc_status status = dc_fit_add_note(glm->fit, error, "%s is %s: left out", c->name, c->twin);
    if (status != DC_OK) return status;
  }
  return DC_OK;
}

static dc_status set_up(dc_glm_fit *glm, const dc_family *family, dc_error *error)
{
  const dc_task *task = glm->task;
  dc_family first = *family;
  if (first.kind == DC_FAMILY_NEGBIN) first.kind = DC_FAMILY_POISSON;
  dc_status status = dc_fit_lay_out(glm->fit, task->design, task->response->name, 1, NULL, error);
  if (status != DC_OK) return status;
  if (!glm->fit->n_columns) return dc_fail(error, DC_E_USAGE, "there is neither an intercept nor a term to fit");
  status = dc_problem_new(task, &first, &glm->problem, error);
  if (status != DC_OK) return status;
  size_t p = glm->problem->p;
  glm->q = dc_quadratic_new(glm->problem);
  glm->beta = dc_arena_alloc(task->arena, p + 1, sizeof *glm->beta);
  glm->covariance = dc_arena_alloc(task->arena, p * (p + 1) / 2 + 1, sizeof *glm->covariance);
  if (!glm->q || !glm->beta || !glm->covariance) return no_memory(error);
  glm->how.max_steps = (size_t)dc_task_option(glm->model, task, "steps");
  glm->how.tolerance = dc_task_option(glm->model, task, "tolerance");
  glm->result.covariance = glm->covariance;
  glm->dispersion = 1;
  dc_newton_start(glm->problem, glm->beta);
  return name_twins(glm, error);
}

/* Estimates, covariance and what is judged from them. */
static dc_status fill(dc_glm_fit *glm, dc_error *error)
{
  dc_fit *fit = glm->fit;
  dc_problem *problem = glm->problem;
  size_t p = problem->p, triangle = p * (p + 1) / 2, n = fit->n_columns;
  double *packed = dc_arena_alloc(glm->task->arena, triangle + n + 1, sizeof *packed);
  if (!packed) return no_memory(error);
  double *estimate = packed + triangle;
  dc_status status = dc_glm_likelihood(glm, error);
  if (status == DC_OK) status = dc_fit_new_covariance(fit, error);
  if (status != DC_OK) return status;
  double df = glm->rows - (double)p;
  bool scaled = dc_family_scaled(problem->family.kind);
  if (scaled) glm->dispersion = df > 0 ? glm->q->pearson / df : NAN;
  if (scaled && !(df > 0)) {
    status = dc_fit_add_note(fit, error, "there are no more rows than coefficients: errors are unknown");
    if (status != DC_OK) return status;
  }
  memcpy(packed, glm->covariance, triangle * sizeof *packed);
  if (dc_task_option(glm->model, glm->task, "robust") > 0 || glm->task->design->cluster) {
    status = dc_glm_sandwich(glm, packed, error);
    if (status != DC_OK) return status;
  } else {
    for (size_t k = 0; k < triangle; k++) packed[k] *= glm->dispersion;
  }
  dc_problem_to_design(problem, glm->beta, estimate);
  dc_problem_covariance(problem, packed, fit->covariance);
  for (size_t j = 0; j < n; j++) fit->coefficients[j].estimate = estimate[j];
  dc_fit_judge(fit, scaled ? df : INFINITY, glm->task->confidence);
  for (size_t t = 0; t < fit->n_terms; t++) {
    fit->terms[t].df = 0;
    for (size_t k = 0; k < fit->terms[t].count; k++) fit->terms[t].df += !isnan(estimate[fit->terms[t].first + k]);
  }
  return DC_OK;
}

static dc_status tell(dc_glm_fit *glm, size_t notes, dc_error *error)
{
  if (glm->result.unbounded && glm->fit->n_notes == notes)
    return dc_fit_add_note(glm->fit, error,
                           "the likelihood rises for ever as coefficients grow: some rows are predicted without doubt; "
                           "estimates and errors are from where the search stopped after %zu steps",
                           glm->result.steps);
  if (!glm->result.converged)
    return dc_fit_add_note(glm->fit, error, "not converged after %zu steps", glm->result.steps);
  return DC_OK;
}

static dc_status add_theta(dc_glm_fit *glm, double theta_error, dc_error *error)
{
  if (glm->problem->family.kind != DC_FAMILY_NEGBIN) return DC_OK;
  dc_status status = dc_fit_add_figure(glm->fit, "theta", "the variance is mean + mean^2 / theta",
                                       glm->problem->family.theta, error);
  if (status != DC_OK || isnan(theta_error)) return status;
  return dc_fit_add_figure(glm->fit, "theta_error", "standard error of theta", theta_error, error);
}

dc_status dc_glm_run(const dc_model *model, const dc_family *family, const dc_task *task, dc_fit *fit, dc_error *error)
{
  dc_glm_fit glm = {.model = model, .task = task, .fit = fit};
  double theta_error = NAN;
  dc_status status = set_up(&glm, family, error);
  if (status == DC_OK) status = dc_glm_before(&glm, error);
  if (status == DC_OK && !glm.fitted)
    status = dc_newton_run(glm.problem, &glm.how, glm.beta, glm.q, &glm.result, error);
  if (status == DC_OK && family->kind == DC_FAMILY_NEGBIN) status = dc_glm_theta(&glm, &theta_error, error);
  if (status != DC_OK) return status;
  bool logs = family->kind == DC_FAMILY_LOGNORMAL;
  fit->family = dc_family_name(family->kind);
  fit->link = logs ? DC_LINK_LOG : family->link;
  status = fill(&glm, error);
  if (status == DC_OK) status = dc_glm_figures(&glm, error);
  if (status == DC_OK) status = add_theta(&glm, theta_error, error);
  if (logs && glm.dispersion > 0) fit->smear = exp(glm.dispersion / 2);
  size_t notes = fit->n_notes;
  if (status == DC_OK) status = dc_glm_after(&glm, error);
  if (status == DC_OK) status = tell(&glm, notes, error);
  if (status != DC_OK) return status;
  return glm.result.converged ? DC_OK : DC_W_MAXITER;
}
