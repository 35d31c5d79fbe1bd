/* What every fit consists of, whichever model made it: its layout, figures, notes, and how estimates are judged. */
#include "dealcast/model/fit.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE_BYTES = 512 };

const char *dc_link_name(dc_link link)
{
  static const char *const names[DC_LINKS] = {"identity", "log", "logit", "probit", "cloglog", "inverse", "softmax"};
  return link < DC_LINKS ? names[link] : "";
}

dc_fit *dc_fit_new(void)
{
  dc_fit *fit = calloc(1, sizeof *fit);
  if (!fit) return NULL;
  fit->smear = 1;
  fit->df = INFINITY;
  return fit;
}

static void free_term(dc_fit_term *term)
{
  free(term->name);
  for (uint32_t l = 0; term->level && l < term->levels; l++) free(term->level[l]);
  free(term->level);
  free(term->knots);
  free(term->centre);
  free(term->covariance);
}

void dc_fit_free(dc_fit *fit)
{
  if (!fit) return;
  for (size_t e = 0; fit->equation && e < fit->n_equations; e++) free(fit->equation[e]);
  for (size_t k = 0; fit->coefficients && k < fit->n_equations * fit->n_columns; k++) {
    free(fit->coefficients[k].name);
    free(fit->coefficients[k].twin);
  }
  for (size_t t = 0; fit->terms && t < fit->n_terms; t++) free_term(&fit->terms[t]);
  for (size_t k = 0; k < fit->n_notes; k++) free(fit->notes[k]);
  free(fit->response);
  free(fit->equation);
  free(fit->coefficients);
  free(fit->covariance);
  free(fit->terms);
  free(fit->figures);
  free(fit->tests);
  free(fit->notes);
  dc_forest_free(fit->forest);
  free(fit);
}

static dc_status fail(dc_error *error) { return dc_fail_memory(error, "fitting a model"); }

static char *copy(const char *text)
{
  size_t n = strlen(text) + 1;
  char *made = malloc(n);
  return made ? memcpy(made, text, n) : NULL;
}

static char *joined(const char *a, const char *between, const char *b)
{
  size_t n = strlen(a) + strlen(between) + strlen(b) + 1;
  char *made = malloc(n);
  if (made) snprintf(made, n, "%s%s%s", a, between, b);
  return made;
}

static size_t basis_of(const dc_term *term) { return term->basis ? term->basis : DC_SMOOTH_BASIS; }

static size_t effect_size(const dc_term *term) { return term->n_slopes + (term->no_intercept ? 0 : 1); }

static size_t columns_of(const dc_term *term)
{
  switch (term->kind) {
    case DC_TERM_FACTOR: return term->codes.levels - 1;
    case DC_TERM_SLOPES: return term->codes.levels - (term->reference == DC_NO_REFERENCE ? 0 : 1);
    case DC_TERM_SMOOTH: return term->number ? basis_of(term) : term->codes.levels;
    case DC_TERM_EFFECT: return term->codes.levels * effect_size(term);
    default: return 1;
  }
}

static bool copy_levels(dc_fit_term *to, const dc_term *from)
{
  to->levels = from->codes.levels;
  to->reference = from->reference;
  if (!from->codes.names) return true;
  to->level = calloc(to->levels, sizeof *to->level);
  for (uint32_t l = 0; to->level && l < to->levels; l++)
    if (!(to->level[l] = copy(from->codes.names[l]))) return false;
  return to->level != NULL;
}

static bool lay_out_term(dc_fit_term *to, const dc_term *from, size_t first, size_t n_equations)
{
  to->kind = from->kind;
  to->first = first;
  to->count = columns_of(from);
  to->df = to->importance = NAN;
  to->name = copy(from->name);
  if (!to->name) return false;
  bool ordered = from->kind == DC_TERM_SMOOTH && !from->number;
  bool levels = from->kind == DC_TERM_FACTOR || from->kind == DC_TERM_SLOPES || from->kind == DC_TERM_EFFECT || ordered;
  if (levels && !copy_levels(to, from)) return false;
  if (from->kind == DC_TERM_EFFECT) {
    to->slopes = effect_size(from);
    to->no_intercept = from->no_intercept;
    to->covariance = calloc(n_equations * to->slopes * to->slopes, sizeof *to->covariance);
  } else if (from->kind == DC_TERM_SMOOTH) {
    to->covariance = calloc(n_equations, sizeof *to->covariance);
    if (ordered) return to->covariance != NULL;
    to->basis = basis_of(from);
    to->knots = calloc(to->basis + 4, sizeof *to->knots);
    to->centre = calloc(to->basis, sizeof *to->centre);
    if (!to->knots || !to->centre) return false;
  } else {
    return true;
  }
  return to->covariance != NULL;
}

/* "f=level", "x:f=level", "s(x).3", "(1 + x|f).level.2" */
static char *column_name(const dc_fit_term *term, size_t k)
{
  char number[24];
  if (term->kind == DC_TERM_NUMBER) return copy(term->name);
  if (term->kind == DC_TERM_SMOOTH && term->basis) {
    snprintf(number, sizeof number, "%zu", k + 1);
    return joined(term->name, ".", number);
  }
  size_t level = term->kind == DC_TERM_EFFECT ? k / term->slopes : k, slope = k % (term->slopes ? term->slopes : 1);
  bool skips = (term->kind == DC_TERM_FACTOR || term->kind == DC_TERM_SLOPES) && term->reference != DC_NO_REFERENCE;
  if (skips && level >= term->reference) level++;
  snprintf(number, sizeof number, "%zu", level);
  char *name = joined(term->name, "=", term->level ? term->level[level] : number);
  if (!name || term->kind != DC_TERM_EFFECT || term->slopes < 2) return name;
  snprintf(number, sizeof number, "%zu", slope + 1);
  char *longer = joined(name, ".", number);
  free(name);
  return longer;
}

static bool name_columns(dc_fit *fit)
{
  for (size_t e = 0; e < fit->n_equations; e++) {
    dc_coefficient *row = fit->coefficients + e * fit->n_columns;
    if (fit->intercept) {
      row[0].term = -1;
      if (!(row[0].name = copy("(Intercept)"))) return false;
    }
    for (size_t t = 0; t < fit->n_terms; t++) {
      for (size_t k = 0; k < fit->terms[t].count; k++) {
        dc_coefficient *c = &row[fit->terms[t].first + k];
        c->term = (int32_t)t;
        if (!(c->name = column_name(&fit->terms[t], k))) return false;
      }
    }
  }
  return true;
}

static dc_status lay_out(dc_fit *fit, const dc_design *design, const char *response, size_t n_equations,
                         const char *const *equation, bool columns, dc_error *error)
{
  size_t first = columns && design->intercept ? 1 : 0;
  fit->intercept = columns && design->intercept;
  fit->n_rows = design->n_rows;
  fit->response = copy(response ? response : "");
  fit->terms = calloc(design->n_terms + 1, sizeof *fit->terms);
  if (!fit->response || !fit->terms) return fail(error);
  for (size_t t = 0; t < design->n_terms; t++, first += fit->terms[t - 1].count) {
    fit->n_terms = t + 1;
    if (!lay_out_term(&fit->terms[t], &design->terms[t], first, n_equations)) return fail(error);
    if (!columns) fit->terms[t].count = 0;
  }
  fit->n_equations = n_equations;
  fit->n_columns = first;
  if (equation) {
    fit->equation = calloc(n_equations, sizeof *fit->equation);
    if (!fit->equation) return fail(error);
    for (size_t e = 0; e < n_equations; e++)
      if (!(fit->equation[e] = copy(equation[e]))) return fail(error);
  }
  fit->coefficients = calloc(n_equations * first + 1, sizeof *fit->coefficients);
  if (!fit->coefficients) return fail(error);
  for (size_t k = 0; k < n_equations * first; k++) {
    dc_coefficient *c = &fit->coefficients[k];
    c->estimate = c->error = c->statistic = c->p = c->lower = c->upper = NAN;
  }
  return name_columns(fit) ? DC_OK : fail(error);
}

dc_status dc_fit_lay_out(dc_fit *fit, const dc_design *design, const char *response, size_t n_equations,
                         const char *const *equation, dc_error *error)
{
  return lay_out(fit, design, response, n_equations, equation, true, error);
}

dc_status dc_fit_lay_out_trees(dc_fit *fit, const dc_design *design, const char *response, size_t n_equations,
                               const char *const *equation, dc_error *error)
{
  return lay_out(fit, design, response, n_equations, equation, false, error);
}

dc_status dc_fit_new_covariance(dc_fit *fit, dc_error *error)
{
  size_t n = fit->n_equations * fit->n_columns;
  fit->covariance = calloc(n * n + 1, sizeof *fit->covariance);
  return fit->covariance ? DC_OK : fail(error);
}

/* One more item of `size` behind n; the zeroed item, NULL when memory ends. */
static void *grow(void *items, size_t n, size_t size, void **grown)
{
  char *more = realloc(items, (n + 1) * size);
  if (!more) return NULL;
  *grown = more;
  return memset(more + n * size, 0, size);
}

dc_status dc_fit_add_figure(dc_fit *fit, const char *name, const char *meaning, double value, dc_error *error)
{
  if (isnan(value)) return DC_OK;
  void *items = fit->figures;
  dc_figure *figure = grow(items, fit->n_figures, sizeof *figure, &items);
  fit->figures = items;
  if (!figure) return fail(error);
  *figure = (dc_figure){name, meaning, value};
  fit->n_figures++;
  return DC_OK;
}

dc_status dc_fit_add_test(dc_fit *fit, const dc_term_test *test, dc_error *error)
{
  if (isnan(test->statistic)) return DC_OK;
  void *items = fit->tests;
  dc_term_test *made = grow(items, fit->n_tests, sizeof *made, &items);
  fit->tests = items;
  if (!made) return fail(error);
  *made = *test;
  fit->n_tests++;
  return DC_OK;
}

dc_status dc_fit_add_note(dc_fit *fit, dc_error *error, const char *format, ...)
{
  char note[NOTE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(note, sizeof note, format, arguments);
  va_end(arguments);
  void *items = fit->notes;
  char **made = grow(items, fit->n_notes, sizeof *made, &items);
  fit->notes = items;
  if (!made || !(*made = copy(note))) return fail(error);
  fit->n_notes++;
  return DC_OK;
}

double dc_fit_figure(const dc_fit *fit, const char *name)
{
  for (size_t k = 0; k < fit->n_figures; k++)
    if (strcmp(fit->figures[k].name, name) == 0) return fit->figures[k].value;
  return NAN;
}

const dc_coefficient *dc_fit_find(const dc_fit *fit, const char *name)
{
  for (size_t k = 0; k < fit->n_columns; k++)
    if (strcmp(fit->coefficients[k].name, name) == 0) return &fit->coefficients[k];
  return NULL;
}

void dc_fit_judge(dc_fit *fit, double df, double confidence)
{
  size_t n = fit->n_equations * fit->n_columns;
  double tail = (1 - confidence) / 2,
         reach = isfinite(df) ? (df > 0 ? gsl_cdf_tdist_Qinv(tail, df) : NAN) : gsl_cdf_ugaussian_Qinv(tail);
  fit->df = df;
  for (size_t k = 0; k < n; k++) {
    dc_coefficient *c = &fit->coefficients[k];
    double variance = fit->covariance ? fit->covariance[k * n + k] : NAN;
    c->error = isnan(c->estimate) ? NAN : sqrt(variance);
    c->statistic = c->error > 0 ? c->estimate / c->error : NAN; /* exact: nothing to test */
    double size = fabs(c->statistic);
    c->p = isnan(size) || isnan(reach) ? NAN
                                       : 2 * (isfinite(df) ? gsl_cdf_tdist_Q(size, df) : gsl_cdf_ugaussian_Q(size));
    c->lower = c->estimate - reach * c->error;
    c->upper = c->estimate + reach * c->error;
  }
}
