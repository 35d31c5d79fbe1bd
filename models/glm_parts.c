/* Priors, the elastic net, what separates, profile limits and tests of terms: around a fit of `logistic` or `glm`. */
#include "models/glm_parts.h"

#include "engine/base/arena.h"
#include "models/logf.h"
#include "models/path.h"
#include "models/profile.h"
#include "models/ridge.h"
#include "models/separation.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const dc_glm_choose[] = {"none", "folds", "time", NULL};
const char *const dc_glm_ridge[] = {"none", "auto", "fixed", NULL};
const char *const dc_glm_limits[] = {"wald", "profile", NULL};
const char *const dc_glm_tests[] = {"wald", "lr", NULL};

enum { CHOOSE_NONE, CHOOSE_FOLDS, CHOOSE_TIME };
enum { RIDGE_NONE, RIDGE_AUTO, RIDGE_FIXED };

/* A fit without a prior is looked at for separation where a linear predictor is beyond FAR, or a standard error of the
 * problem's (standardised) columns beyond WIDE. The last step of Newton's method was far below a standard error: where rows
 * run away it is that only when they have gone farther, and nothing holds the estimates any more. */
static const double FAR = 8, WIDE = 10;

/* What before leaves to after. */
typedef struct parts {
  dc_penalty penalty;
  bool net;
  dc_net at;     /* the elastic net's */
  dc_path *path; /* NULL: lambda was given */
  dc_ridge *ridge;
  double marginal; /* of a ridge chosen by it; NaN otherwise */
} parts;

static double option(const dc_glm_fit *fit, const char *name) { return dc_task_option(fit->model, fit->task, name); }

static size_t choice(const dc_glm_fit *fit, const char *name) { return (size_t)option(fit, name); }

/* ---- before ---- */

static dc_status find_path(dc_glm_fit *fit, parts *p, dc_error *error)
{
  p->path = dc_arena_alloc(fit->task->arena, 1, sizeof *p->path);
  if (!p->path) return dc_fail_memory(error, "a path of penalties");
  dc_status status = dc_path_fit(fit->problem, p->at.alpha, p->path, error);
  if (status == DC_OK)
    status = dc_path_validate(fit->problem, p->path, choice(fit, "folds"), choice(fit, "choose") == CHOOSE_TIME, error);
  if (status == DC_OK)
    p->at.lambda = p->path->point[option(fit, "one-error") > 0 ? p->path->plain : p->path->best].lambda;
  return status;
}

static dc_status fit_net(dc_glm_fit *fit, parts *p, dc_error *error)
{
  dc_problem *problem = fit->problem;
  dc_status status = DC_OK;
  p->net = true;
  p->at = (dc_net){option(fit, "alpha"), option(fit, "lambda"), 0};
  if (choice(fit, "choose") != CHOOSE_NONE) {
    status = find_path(fit, p, error);
  } else {
    status = dc_problem_moments(problem, error);
  }
  dc_net_space *space = dc_net_space_new(problem);
  if (status == DC_OK && !space) status = dc_fail_memory(error, "an elastic net");
  if (status != DC_OK) return status;
  memset(fit->beta, 0, problem->p * sizeof *fit->beta);
  if (problem->intercept) fit->beta[0] = problem->constant;
  dc_net_end end = {0};
  status = dc_problem_at(problem, fit->beta, fit->q, error);
  if (status == DC_OK) status = dc_net_fit(problem, space, p->at, fit->beta, fit->q, &end, error);
  if (status != DC_OK && status != DC_W_MAXITER) return status;
  fit->result.converged = status == DC_OK;
  fit->result.steps = end.steps;
  fit->result.objective = fit->q->deviance / 2;
  for (size_t k = 0; k < problem->p * (problem->p + 1) / 2; k++) fit->covariance[k] = NAN; /* there are no errors */
  fit->fitted = true;
  return DC_OK;
}

static dc_status set_ridge(dc_glm_fit *fit, parts *p, dc_error *error)
{
  dc_status status = dc_ridge_new(fit->problem, option(fit, "ridge-penalty"), &p->ridge, error);
  if (status != DC_OK) return status;
  p->penalty = dc_ridge_penalty(p->ridge);
  if (choice(fit, "ridge") == RIDGE_AUTO) {
    if (dc_family_scaled(fit->problem->family.kind))
      return dc_fail(error, DC_E_USAGE, "--ridge auto needs a family without a dispersion; take --ridge fixed");
    status = dc_ridge_choose(p->ridge, fit->problem, fit->how, fit->beta, fit->q, &p->marginal, error);
    if (status == DC_W_MAXITER)
      status = dc_fit_add_note(fit->fit, error, "the ridge penalties were still gaining when their search ended");
  }
  fit->how.penalty = &p->penalty;
  return status;
}

dc_status dc_glm_before(dc_glm_fit *fit, dc_error *error)
{
  bool net = option(fit, "lambda") > 0 || choice(fit, "choose") != CHOOSE_NONE,
       ridge = choice(fit, "ridge") != RIDGE_NONE;
  double m = option(fit, "logf");
  if (net + ridge + (m > 0) > 1)
    return dc_fail(error, DC_E_USAGE, "%s%s%s are priors of the same coefficients: take one of them",
                   net ? "the elastic net (--lambda, --choose)" : "--ridge", net && ridge ? ", --ridge" : "",
                   m > 0 ? " and --logf" : "");
  if ((net || choice(fit, "ridge") == RIDGE_AUTO) && option(fit, "family") == DC_FAMILY_NEGBIN)
    return dc_fail(error, DC_E_USAGE,
                   "%s does not go with the negative binomial, whose theta would move; take --ridge fixed",
                   net ? "the elastic net" : "--ridge auto");
  parts *p = dc_arena_alloc(fit->task->arena, 1, sizeof *p);
  if (!p) return dc_fail_memory(error, "fitting a model");
  p->marginal = NAN;
  fit->part = p;
  if (net) return fit_net(fit, p, error);
  if (ridge) return set_ridge(fit, p, error);
  if (!(m > 0)) return DC_OK;
  dc_status status = dc_logf_new(fit->problem, m, &p->penalty, error);
  if (status == DC_OK) fit->how.penalty = &p->penalty;
  return status;
}

/* ---- after ---- */

static void set_figure(dc_fit *fit, const char *name, double value)
{
  for (size_t k = 0; k < fit->n_figures; k++)
    if (strcmp(fit->figures[k].name, name) == 0) fit->figures[k].value = value;
}

/* Figures that count coefficients, by effective degrees of freedom; of the fit's own count they were made with. */
static void recount(dc_glm_fit *fit, double df)
{
  double less = (double)fit->problem->p - df, n = fit->rows;
  set_figure(fit->fit, "df_residual", dc_fit_figure(fit->fit, "df_residual") + less);
  set_figure(fit->fit, "aic", dc_fit_figure(fit->fit, "aic") - 2 * less);
  set_figure(fit->fit, "bic", dc_fit_figure(fit->fit, "bic") - log(n) * less);
}

static dc_status tell_net(dc_glm_fit *fit, const parts *p, dc_error *error)
{
  const dc_problem *problem = fit->problem;
  size_t used = 0;
  for (size_t t = 0; t < fit->fit->n_terms; t++) fit->fit->terms[t].df = 0;
  for (size_t j = problem->intercept ? 1 : 0; j < problem->p; j++) {
    if (fit->beta[j] == 0) continue;
    used++;
    fit->fit->terms[fit->fit->coefficients[problem->column[j]].term].df += 1;
  }
  if (p->at.alpha == 1) recount(fit, (double)used + (problem->intercept ? 1 : 0));
  dc_status status = dc_fit_add_figure(fit->fit, "lambda", "penalty of the elastic net", p->at.lambda, error);
  if (status == DC_OK)
    status = dc_fit_add_figure(fit->fit, "alpha", "1: lasso, 0: ridge, the elastic net between", p->at.alpha, error);
  if (status == DC_OK)
    status = dc_fit_add_figure(fit->fit, "columns_used", "coefficients other than 0, without the intercept",
                               (double)used, error);
  if (status == DC_OK) status = dc_fit_add_note(fit->fit, error, "estimates of an elastic net have no standard errors");
  if (status != DC_OK || !p->path) return status;
  const dc_path_point *best = &p->path->point[p->path->best], *plain = &p->path->point[p->path->plain];
  status = dc_fit_add_figure(fit->fit, "held_out_deviance", "a unit of weight of rows held out, at the best lambda",
                             best->mean, error);
  if (status == DC_OK)
    status = dc_fit_add_figure(fit->fit, "held_out_error", "its standard error over folds", best->error, error);
  if (status == DC_OK)
    status = dc_fit_add_note(fit->fit, error,
                             "lambda %.6g (%zu columns) is best on rows held out, deviance %.6g a row; %.6g (%zu "
                             "columns) is within one standard error of it; %zu were tried from %.6g down to %.6g",
                             best->lambda, best->used, best->mean, plain->lambda, plain->used, p->path->n,
                             p->path->point[0].lambda, p->path->point[p->path->n - 1].lambda);
  return status;
}

/* Effective degrees of freedom: the trace of covariance times information, by terms. */
static dc_status tell_ridge(dc_glm_fit *fit, const parts *p, dc_error *error)
{
  const dc_problem *problem = fit->problem;
  double all = 0;
  for (size_t t = 0; t < fit->fit->n_terms; t++) fit->fit->terms[t].df = 0;
  for (size_t j = 0; j < problem->p; j++) {
    double df = 0;
    for (size_t k = 0; k < problem->p; k++) df += fit->covariance[dc_packed(j, k)] * fit->q->gram[dc_packed(j, k)];
    all += df;
    int32_t term = fit->fit->coefficients[problem->column[j]].term;
    if (term >= 0) fit->fit->terms[term].df += df;
  }
  recount(fit, all);
  size_t n;
  const dc_ridge_group *group = dc_ridge_groups(p->ridge, &n);
  dc_status status = dc_fit_add_figure(fit->fit, "df_effective", "coefficients less what their prior takes away", all,
                                       error);
  if (status == DC_OK && !isnan(p->marginal))
    status = dc_fit_add_figure(fit->fit, "log_marginal",
                               "log likelihood with the coefficients integrated out, up to a constant", p->marginal,
                               error);
  for (size_t g = 0; g < n && status == DC_OK && !isnan(p->marginal); g++)
    status = group[g].penalty > 1e7
                 ? dc_fit_add_note(fit->fit, error, "ridge: %s shrunk away: the data show nothing of it", group[g].name)
                 : dc_fit_add_note(fit->fit, error, "ridge: %s with penalty %.6g, standard deviation %.4g",
                                   group[g].name, group[g].penalty, 1 / sqrt(group[g].penalty));
  return status;
}

/* "a, b and 3 more", of coefficients that are infinite. */
static void name_runaways(const dc_fit *fit, const bool *runs, char *text, size_t bytes)
{
  enum { TOLD = 4 };
  size_t all = 0, told = 0, at = 0;
  for (size_t k = 0; k < fit->n_columns; k++) all += runs[k] && fit->coefficients[k].term >= 0;
  text[0] = 0;
  for (size_t k = 0; k < fit->n_columns && told < TOLD; k++) {
    if (!runs[k] || fit->coefficients[k].term < 0) continue;
    int length = snprintf(text + at, bytes - at, "%s%s", told ? (told + 1 == all ? " and " : ", ") : "",
                          fit->coefficients[k].name);
    at += length > 0 && (size_t)length < bytes - at ? (size_t)length : 0;
    told++;
  }
  if (all > told) snprintf(text + at, bytes - at, " and %zu more", all - told);
  if (all == 0) snprintf(text, bytes, "the intercept");
}

static bool is_suspect(const dc_glm_fit *fit)
{
  if (!fit->result.converged || fit->result.unbounded || fit->q->most > FAR) return true;
  for (size_t j = 0; j < fit->problem->p; j++)
    if (!(fit->covariance[dc_packed(j, j)] < WIDE * WIDE)) return true;
  return false;
}

static dc_status tell_separation(dc_glm_fit *fit, dc_error *error)
{
  dc_family_kind kind = fit->problem->family.kind;
  dc_link link = fit->problem->family.link;
  bool chances = kind == DC_FAMILY_BINOMIAL && link != DC_LINK_LOG && link != DC_LINK_IDENTITY;
  bool counts = (kind == DC_FAMILY_POISSON || kind == DC_FAMILY_NEGBIN) && link == DC_LINK_LOG;
  if (fit->how.penalty || (!chances && !counts) || !is_suspect(fit)) return DC_OK;
  dc_separation found;
  dc_status status = dc_separation_find(fit->task, fit->fit, chances ? DC_SEPARATES_CHANCES : DC_SEPARATES_COUNTS, true,
                                        &found, error);
  if (status == DC_W_MAXITER)
    return dc_fit_add_note(fit->fit, error,
                           "some rows are predicted without doubt; whether a combination of terms "
                           "separates the responses was not found out");
  if (status != DC_OK || !found.separated) return status;
  for (size_t k = 0; k < found.n_causes && status == DC_OK; k++)
    status = dc_fit_add_note(fit->fit, error, "separated %s", found.cause[k]);
  if (status != DC_OK) return status;
  char names[240];
  name_runaways(fit->fit, found.runs, names, sizeof names);
  return dc_fit_add_note(
      fit->fit, error,
      "%s separation: there is no finite estimate of %s; what is shown is where the search stopped, its "
      "errors mean nothing; a prior makes it finite: --logf 1",
      found.complete ? "complete" : "quasi-complete", names);
}

static dc_profile profile_of(const dc_glm_fit *fit)
{
  double df = fit->rows - (double)fit->problem->p, tail = (1 - fit->task->confidence) / 2;
  bool scaled = dc_family_scaled(fit->problem->family.kind);
  return (dc_profile){.problem = fit->problem,
                      .how = fit->how,
                      .beta = fit->beta,
                      .covariance = fit->covariance,
                      .objective = fit->result.objective,
                      .dispersion = fit->dispersion,
                      .reach = scaled ? (df > 0 ? gsl_cdf_tdist_Qinv(tail, df) : NAN) : gsl_cdf_ugaussian_Qinv(tail)};
}

static dc_status find_limits(dc_glm_fit *fit, dc_error *error)
{
  dc_profile profile = profile_of(fit);
  bool open = false;
  if (!(profile.reach > 0) || !(profile.dispersion > 0)) return DC_OK;
  for (size_t j = 0; j < fit->problem->p; j++) {
    dc_coefficient *c = &fit->fit->coefficients[fit->problem->column[j]];
    dc_status status = dc_profile_limits(&profile, j, &c->lower, &c->upper, error);
    if (status != DC_OK && status != DC_W_MAXITER) return status;
    open = open || isinf(c->lower) || isinf(c->upper);
  }
  return open
             ? dc_fit_add_note(fit->fit, error, "an infinite limit: the likelihood never falls far enough on that side")
             : DC_OK;
}

static dc_status test_terms(dc_glm_fit *fit, dc_error *error)
{
  dc_profile profile = profile_of(fit);
  bool ratio = option(fit, "tests") > 0, scaled = dc_family_scaled(fit->problem->family.kind);
  double residual = fit->rows - (double)fit->problem->p;
  for (size_t t = 0; t < fit->fit->n_terms; t++) {
    const dc_fit_term *term = &fit->fit->terms[t];
    double statistic = NAN;
    size_t df = 0;
    dc_status status = ratio ? dc_profile_without(&profile, term->first, term->count, &statistic, &df, error)
                             : dc_profile_wald(fit->fit, term->first, term->count, fit->task->arena, &statistic, &df,
                                               error);
    if (status != DC_OK && status != DC_W_MAXITER) return status;
    if (df == 0 || isnan(statistic)) continue;
    double d = (double)df;
    dc_term_test test = {t, ratio ? "likelihood ratio" : "Wald", d, NAN, statistic, NAN};
    if (!scaled) {
      test.p = gsl_cdf_chisq_Q(statistic, d);
    } else if (residual > 0 && profile.dispersion > 0) {
      test.kind = "F";
      test.df_residual = residual;
      test.statistic = statistic / d / (ratio ? profile.dispersion : 1);
      test.p = gsl_cdf_fdist_Q(test.statistic, d, residual);
    }
    status = dc_fit_add_test(fit->fit, &test, error);
    if (status != DC_OK) return status;
  }
  return DC_OK;
}

dc_status dc_glm_after(dc_glm_fit *fit, dc_error *error)
{
  const parts *p = fit->part;
  if (p->net) return tell_net(fit, p, error);
  dc_status status = p->ridge ? tell_ridge(fit, p, error) : tell_separation(fit, error);
  if (status == DC_OK && option(fit, "limits") > 0) status = find_limits(fit, error);
  return status == DC_OK ? test_terms(fit, error) : status;
}
