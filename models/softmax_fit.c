/* From the engine's numbers to what a fit says. */
#include "models/shrunk_spd.h"
#include "models/softmax.h"

#include "engine/base/arena.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_BYTES = 384 };

/* A coefficient of numbers scaled to spread 1 that still moves by this much at the end has no limit. */
static const double unlimited_move = 0.05;

typedef struct result {
  dc_softmax *s;
  dc_fit *fit;
  double *dependence, *theta, log_likelihood, parameters; /* parameters: effective where there is a ridge */
  double null_log_likelihood, null_parameters;
  bool separated;
} result;

/* --- columns left out --- */

static void append(char *text, const char *sign, double factor, const char *name)
{
  size_t at = strlen(text);
  bool first = at == 0, unit = fabs(factor - 1) < 1e-9;
  const char *between = first ? (*sign == '-' ? "-" : "") : *sign == '-' ? " - " : " + ";
  if (unit && name)
    snprintf(text + at, TEXT_BYTES - at, "%s%s", between, name);
  else
    snprintf(text + at, TEXT_BYTES - at, "%s%.6g%s%s", between, factor, name ? " * " : "", name ? name : "");
}

/* In columns as they are: column j = scale_j sum_k a_k (column_k - centre_k) / scale_k + centre_j. */
static void tell_twin(const result *r, size_t j, char *text)
{
  const dc_softmax *s = r->s;
  const double *a = r->dependence + j * s->columns;
  bool intercept = s->design.intercept;
  double constant = s->centre[j], size = fabs(constant);
  text[0] = '\0';
  for (size_t k = intercept; k < j; k++) {
    double factor = s->scale[j] * a[k] / s->scale[k];
    constant -= factor * s->centre[k];
    size = fmax(size, fabs(factor * s->centre[k]));
    if (fabs(a[k]) < 1e-7) continue;
    double round_one = round(factor);
    if (fabs(factor - round_one) < 1e-7 * fabs(factor)) factor = round_one;
    append(text, factor < 0 ? "-" : "+", fabs(factor), r->fit->coefficients[k].name);
  }
  if (intercept) {
    constant += s->scale[j] * a[0];
    size = fmax(size, s->scale[j]);
  }
  if (fabs(constant) > 1e-7 * size) append(text, constant < 0 ? "-" : "+", fabs(constant), NULL);
  if (!text[0]) snprintf(text, TEXT_BYTES, "0");
}

static dc_status note_left_out(const result *r, dc_error *error)
{
  char text[TEXT_BYTES];
  for (size_t j = 0; j < r->s->columns; j++) {
    if (r->s->active[j]) continue;
    bool empty = !(r->s->plain[j * (r->s->columns + 1)] > 0) && !(r->s->scale[j] != 1);
    tell_twin(r, j, text);
    for (size_t c = 0; c < r->s->equations; c++) {
      dc_coefficient *left = &r->fit->coefficients[c * r->s->columns + j];
      size_t n = strlen(text) + 1;
      if (!(left->twin = malloc(n))) return dc_fail_memory(error, "fitting a model");
      memcpy(left->twin, text, n);
    }
    const char *name = r->fit->coefficients[j].name;
    dc_status status = empty && strcmp(text, "0") == 0
                           ? dc_fit_add_note(r->fit, error, "%s is 0 in every row: left out", name)
                           : dc_fit_add_note(r->fit, error, "%s is %s: left out", name, text);
    if (status != DC_OK) return status;
  }
  return DC_OK;
}

/* --- estimates --- */

static void set_covariance(const result *r)
{
  const dc_softmax *s = r->s;
  const size_t p = s->columns, e = s->equations, n = dc_softmax_parameters(s), whole = p * e;
  double *v = r->fit->covariance;
  for (size_t j = 0, a = 0; j < p; j++) {
    for (size_t k = 0, b = 0; k < p; k++) {
      for (size_t c = 0; c < e * e; c++)
        v[(c / e * p + j) * whole + c % e * p + k] = s->active[j] && s->active[k]
                                                         ? s->inverse[(a * e + c / e) * n + b * e + c % e] /
                                                               (s->scale[j] * s->scale[k])
                                                         : 0;
      b += s->active[k];
    }
    a += s->active[j];
  }
  /* the intercept at 0 of numbers as they are */
  for (size_t c = 0; c < e && s->design.intercept; c++)
    for (size_t j = 1; j < p; j++)
      for (size_t k = 0; k < whole; k++) v[c * p * whole + k] -= s->centre[j] * v[(c * p + j) * whole + k];
  for (size_t c = 0; c < e && s->design.intercept; c++)
    for (size_t k = 0; k < whole; k++)
      for (size_t j = 1; j < p; j++) v[k * whole + c * p] -= s->centre[j] * v[k * whole + c * p + j];
  for (size_t k = 0; k < whole; k++)
    for (size_t l = 0; l < whole; l++)
      if (!s->active[k % p] || !s->active[l % p]) v[k * whole + l] = NAN;
}

static void set_estimates(const result *r)
{
  const dc_softmax *s = r->s;
  const size_t p = s->columns, e = s->equations;
  for (size_t c = 0; c < e; c++)
    for (size_t j = p; j-- > 0;) {
      double *estimate = &r->fit->coefficients[c * p + j].estimate;
      if (!s->active[j]) continue;
      *estimate = s->theta[j * e + c] / s->scale[j];
      for (size_t k = 1; j == 0 && s->design.intercept && k < p; k++)
        if (s->active[k]) *estimate -= s->centre[k] * r->fit->coefficients[c * p + k].estimate;
    }
  set_covariance(r);
  dc_fit_judge(r->fit, INFINITY, s->task->confidence);
}

/* --- tests --- */

static size_t term_end(const dc_softmax *s, size_t t)
{
  return t + 1 < s->design.n_terms ? s->first[t + 1] : s->columns;
}

/* b' V^-1 b of the term's active coefficients; must come before the engine fits anything else. */
static dc_status wald(const result *r, size_t t, double *scratch, dc_error *error)
{
  const dc_softmax *s = r->s;
  const size_t e = s->equations, n = dc_softmax_parameters(s);
  size_t from = 0, m = 0;
  for (size_t j = 0; j < s->first[t]; j++) from += s->active[j] * e;
  double *b = s->trial, *x = s->delta;
  for (size_t j = s->first[t]; j < term_end(s, t); j++)
    for (size_t c = 0; c < e && s->active[j]; c++) b[m++] = s->theta[j * e + c];
  if (!m) return DC_OK;
  for (size_t a = 0; a < m; a++) memcpy(s->square + a * m, s->inverse + (from + a) * n + from, m * sizeof(double));
  memcpy(x, b, m * sizeof *x);
  if (!dc_spd_factor(s->square, m, scratch)) return DC_OK;
  dc_spd_solve(s->square, m, x);
  dc_term_test test = {t, "Wald", (double)m, NAN, dc_spd_dot(b, x, m), NAN};
  test.p = gsl_cdf_chisq_Q(test.statistic, test.df);
  r->fit->terms[t].df = (double)m;
  return dc_fit_add_test(r->fit, &test, error);
}

/* Without the term; columns that had been left out beside it may come in. */
static dc_status drop_term(const result *r, size_t t, bool *wanted, dc_error *error)
{
  dc_softmax *s = r->s;
  for (size_t j = 0; j < s->columns; j++) wanted[j] = j < s->first[t] || j >= term_end(s, t);
  dc_status status = dc_softmax_rank(s, wanted, NULL, error);
  double df = r->parameters - (double)dc_softmax_parameters(s);
  if (status != DC_OK || !(df > 0)) return status;
  memcpy(s->theta, r->theta, s->columns * s->equations * sizeof *s->theta);
  status = dc_softmax_maximise(s, false, error);
  if (status != DC_OK) return status;
  dc_term_test test = {t, "likelihood ratio", df, NAN, fmax(0, 2 * (r->log_likelihood - s->log_likelihood)), NAN};
  test.p = gsl_cdf_chisq_Q(test.statistic, df);
  return dc_fit_add_test(r->fit, &test, error);
}

static dc_status test_terms(const result *r, dc_error *error)
{
  dc_softmax *s = r->s;
  double *scratch = dc_arena_alloc(s->task->arena, s->columns * s->equations + 1, sizeof *scratch);
  bool *wanted = dc_arena_alloc(s->task->arena, s->columns + 1, sizeof *wanted);
  dc_status status = scratch && wanted ? DC_OK : dc_fail_memory(error, "testing terms");
  for (size_t t = 0; t < s->design.n_terms && status == DC_OK; t++) status = wald(r, t, scratch, error);
  bool drop = s->options.drop && !(s->options.ridge > 0);
  for (size_t t = 0; t < s->design.n_terms && status == DC_OK && drop; t++) status = drop_term(r, t, wanted, error);
  return status;
}

/* --- notes --- */

static dc_status note_categories(const dc_softmax *s, dc_fit *fit, dc_error *error)
{
  const dc_codes *category = s->task->response->category;
  dc_status status = DC_OK;
  for (uint32_t c = 1; c < category->levels && status == DC_OK; c++) {
    if (s->slot[c] >= 0) continue;
    if (category->names)
      status = dc_fit_add_note(fit, error, "no row is %s: it has no equation", category->names[c]);
    else
      status = dc_fit_add_note(fit, error, "no row is of category %lu: it has no equation", (unsigned long)c);
  }
  return status;
}

static dc_status note_separation(result *r, dc_error *error)
{
  const dc_softmax *s = r->s;
  const size_t e = s->equations;
  char names[TEXT_BYTES] = "";
  if (!(s->largest_move > unlimited_move)) return DC_OK;
  r->separated = true;
  for (size_t t = 0; t < s->design.n_terms; t++) {
    double move = 0;
    for (size_t k = s->first[t] * e; k < term_end(s, t) * e; k++) move = fmax(move, fabs(s->delta[k]));
    size_t at = strlen(names);
    if (move > unlimited_move) snprintf(names + at, sizeof names - at, "%s%s", at ? ", " : "", s->design.terms[t].name);
  }
  return dc_fit_add_note(
      r->fit, error,
      "separated%s%s: estimates have no finite limit, they are where the likelihood stopped growing; "
      "a ridge makes them finite",
      names[0] ? " by " : "", names);
}

static dc_status note_convergence(const result *r, dc_error *error)
{
  if (r->s->converged) return DC_OK;
  return dc_fit_add_note(r->fit, error, "not converged after %zu steps", r->s->steps);
}

static dc_status note_levels(const dc_softmax *s, dc_fit *fit, dc_error *error)
{
  if (!s->options.spells || !s->options.baseline) return DC_OK;
  if (s->levels == 1)
    return s->row_periods > s->rows
               ? dc_fit_add_note(fit, error, "all periods are one: too few ended to tell them apart")
               : DC_OK;
  return dc_fit_add_note(fit, error, "periods after %.0f are one: too few ended to tell them apart",
                         s->start[s->levels - 1]);
}

dc_status dc_softmax_note_survey(const dc_softmax *s, dc_fit *fit, dc_error *error)
{
  dc_status status = note_categories(s, fit, error);
  return status == DC_OK ? note_levels(s, fit, error) : status;
}

/* --- figures --- */

static dc_status add_figures(const result *r, size_t steps, dc_error *error)
{
  const dc_softmax *s = r->s;
  double l = r->log_likelihood, equations = (double)s->equations, k = r->parameters;
  const dc_figure figures[] = {
      {"n", s->options.spells ? "rows (spells) with weight" : "rows with weight", s->rows},
      {"deviance", "-2 log likelihood", -2 * l},
      {"null_deviance", "the deviance without any term", -2 * r->null_log_likelihood},
      {"log_likelihood", "log of the chance of what was seen", l},
      {"aic", "deviance + 2 coefficients", 2 * (k - l)},
      {"bic", "deviance + log(rows) coefficients", log(s->rows) * k - 2 * l},
      {"df_residual", "rows (of spells: periods) x equations - coefficients", s->row_periods * equations - k},
      {"df_null", "the same without any term", s->row_periods * equations - r->null_parameters},
      {"iterations", "Newton steps", (double)steps}};
  dc_status status = DC_OK;
  for (size_t i = 0; i < sizeof figures / sizeof *figures && status == DC_OK; i++)
    status = dc_fit_add_figure(r->fit, figures[i].name, figures[i].meaning, figures[i].value, error);
  if (status == DC_OK && s->options.spells)
    status = dc_fit_add_figure(r->fit, "row_periods", "periods of all spells", s->row_periods, error);
  return status;
}

/* Coefficients less what the penalty takes. */
static double effective(const dc_softmax *s)
{
  const size_t e = s->equations, n = dc_softmax_parameters(s);
  double sum = (double)n;
  for (size_t j = s->design.intercept, a = s->design.intercept * e; j < s->columns && s->options.ridge > 0; j++) {
    if (s->levels > 1 && j >= s->first[s->design.n_terms - 1]) break;
    for (size_t c = 0; c < e && s->active[j]; c++, a++) sum -= s->options.ridge * s->inverse[a * n + a];
  }
  return sum;
}

static void start(dc_softmax *s)
{
  const dc_codes *category = s->task->response->category;
  double ends = 0;
  memset(s->theta, 0, s->columns * s->equations * sizeof *s->theta);
  if (!s->design.intercept) return;
  for (uint32_t c = 1; c < category->levels; c++) ends += s->category_weight[c];
  double open = fmax(s->weight * s->row_periods / s->rows - ends, 0.5 * s->weight / s->rows);
  for (uint32_t c = 1; c < category->levels; c++)
    if (s->slot[c] >= 0) s->theta[s->slot[c]] = log(s->category_weight[c] / open) - s->offset;
}

/* The intercept alone, where there is one. */
static dc_status fit_null(result *r, dc_error *error)
{
  dc_softmax *s = r->s;
  start(s);
  for (size_t j = 0; j < s->columns; j++) s->active[j] = j == 0 && s->design.intercept;
  dc_status status = dc_softmax_maximise(s, false, error);
  r->null_log_likelihood = s->log_likelihood;
  r->null_parameters = (double)dc_softmax_parameters(s);
  return status;
}

static dc_status fit_all(result *r, dc_error *error)
{
  dc_softmax *s = r->s;
  size_t n = s->columns * s->equations;
  r->dependence = dc_arena_alloc(s->task->arena, s->columns * s->columns + 1, sizeof(double));
  r->theta = dc_arena_alloc(s->task->arena, n + 1, sizeof(double));
  if (!r->dependence || !r->theta) return dc_fail_memory(error, "fitting a model");
  dc_status status = dc_softmax_rank(s, NULL, r->dependence, error);
  if (status == DC_OK) status = dc_softmax_maximise(s, true, error);
  if (status != DC_OK) return status;
  memcpy(r->theta, s->theta, n * sizeof *r->theta);
  r->log_likelihood = s->log_likelihood;
  r->parameters = effective(s);
  return DC_OK;
}

dc_status dc_softmax_fit(const dc_task *task, const dc_softmax_options *options, dc_fit *fit, dc_error *error)
{
  result r = {.fit = fit};
  dc_status status = dc_softmax_new(task, options, &r.s, error);
  if (status != DC_OK) return status;
  dc_softmax *s = r.s;
  fit->family = "multinomial";
  fit->link = DC_LINK_SOFTMAX;
  fit->n_rows = s->design.n_rows;
  status = dc_fit_lay_out(fit, &s->design, task->response->name, s->equations, s->equation, error);
  if (status == DC_OK) status = dc_fit_new_covariance(fit, error);
  if (status == DC_OK) status = fit_null(&r, error);
  if (status == DC_OK) status = fit_all(&r, error);
  if (status != DC_OK) return status;
  bool converged = s->converged;
  size_t steps = s->steps;
  set_estimates(&r);
  status = note_left_out(&r, error);
  if (status == DC_OK) status = dc_softmax_note_survey(s, fit, error);
  if (status == DC_OK) status = note_separation(&r, error);
  if (status == DC_OK) status = note_convergence(&r, error);
  if (status == DC_OK) status = add_figures(&r, steps, error);
  if (status == DC_OK) status = test_terms(&r, error);
  if (status == DC_OK && !converged)
    status = dc_fail(error, DC_W_MAXITER, "%s: not converged after %zu steps", fit->model ? fit->model : "softmax",
                     steps);
  return status;
}
