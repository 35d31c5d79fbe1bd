/* What a fit says, as tables. */
#include "engine/base/version.h"
#include "engine/run/fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_shrunken(const dc_fit_term *term)
{
  return term->kind == DC_TERM_EFFECT || term->kind == DC_TERM_SMOOTH;
}

/* The level of a term's k-th column. */
static uint32_t level_of(const dc_fit_term *term, size_t k)
{
  uint32_t level = (uint32_t)(term->slopes ? k / term->slopes : k);
  bool skips = !is_shrunken(term) && term->reference != DC_NO_REFERENCE && level >= term->reference;
  return level + skips;
}

static const char *equation_name(const dc_fit *fit, size_t e) { return fit->equation ? fit->equation[e] : NULL; }

static void put_judged(dc_result_table *t, const dc_coefficient *c)
{
  const double values[] = {c->estimate, c->error, c->statistic, c->p, c->lower, c->upper};
  for (size_t k = 0; k < sizeof values / sizeof *values; k++) dc_put_number(t, values[k]);
}

static void put_coefficient(dc_result_table *t, const dc_fit *fit, size_t e, const char *term, const char *level,
                            const dc_coefficient *c)
{
  char note[200];
  dc_put_text(t, equation_name(fit, e));
  dc_put_text(t, term);
  dc_put_text(t, level);
  put_judged(t, c);
  if (c->twin) snprintf(note, sizeof note, "left out: is %.180s", c->twin);
  dc_put_text(t, c->twin ? note : isnan(c->estimate) ? "left out" : NULL);
}

static void put_reference(dc_result_table *t, const dc_fit *fit, size_t e, const dc_fit_term *term)
{
  static const dc_coefficient none = {NULL, 0, NAN, NAN, NAN, NAN, NAN, NAN, NULL};
  dc_put_text(t, equation_name(fit, e));
  dc_put_text(t, term->name);
  dc_put_text(t, term->level ? term->level[term->reference] : NULL);
  put_judged(t, &none);
  dc_put_text(t, "reference");
}

static void terms_of(const dc_fit *fit, size_t e, dc_result_table *t)
{
  const dc_coefficient *row = fit->coefficients + e * fit->n_columns;
  if (fit->forest) return;
  if (fit->intercept) put_coefficient(t, fit, e, "(Intercept)", NULL, &row[0]);
  for (size_t k = 0; k < fit->n_terms; k++) {
    const dc_fit_term *term = &fit->terms[k];
    if (is_shrunken(term)) continue;
    bool levels = term->kind != DC_TERM_NUMBER;
    bool reference = term->kind == DC_TERM_FACTOR && term->reference != DC_NO_REFERENCE;
    if (reference) put_reference(t, fit, e, term);
    for (size_t c = 0; c < term->count; c++)
      put_coefficient(t, fit, e, term->name, levels && term->level ? term->level[level_of(term, c)] : NULL,
                      &row[term->first + c]);
  }
}

static void terms_table(const dc_fit *fit, dc_result *out)
{
  static const dc_field_spec fields[] = {
      {"equation", DC_FIELD_TEXT},   {"term", DC_FIELD_TEXT},    {"level", DC_FIELD_TEXT},
      {"estimate", DC_FIELD_NUMBER}, {"error", DC_FIELD_NUMBER}, {"statistic", DC_FIELD_NUMBER},
      {"p", DC_FIELD_NUMBER},        {"lower", DC_FIELD_NUMBER}, {"upper", DC_FIELD_NUMBER},
      {"note", DC_FIELD_TEXT},       {NULL, DC_FIELD_TEXT}};
  dc_result_table *t = dc_result_add(out, "terms", fields);
  for (size_t e = 0; e < fit->n_equations; e++) terms_of(fit, e, t);
}

static int by_importance(const void *a, const void *b)
{
  const dc_fit_term *x = *(const dc_fit_term *const *)a, *y = *(const dc_fit_term *const *)b;
  if (x->importance != y->importance) return x->importance > y->importance ? -1 : 1;
  return (x > y) - (x < y);
}

/* Of trees, which have no coefficients. */
static void importance_table(const dc_fit *fit, dc_result *out)
{
  static const dc_field_spec fields[] = {
      {"term", DC_FIELD_TEXT}, {"importance", DC_FIELD_NUMBER}, {NULL, DC_FIELD_TEXT}};
  if (!fit->forest) return;
  dc_result_table *t = dc_result_add(out, "importance", fields);
  const dc_fit_term **order = calloc(fit->n_terms + 1, sizeof *order);
  for (size_t k = 0; k < fit->n_terms && order; k++) order[k] = &fit->terms[k];
  if (order) qsort(order, fit->n_terms, sizeof *order, by_importance);
  for (size_t k = 0; k < fit->n_terms; k++) {
    const dc_fit_term *term = order ? order[k] : &fit->terms[k]; /* without memory in their own order */
    dc_put_text(t, term->name);
    dc_put_number(t, term->importance);
  }
  free(order);
}

static void tests_table(const dc_fit *fit, dc_result *out)
{
  static const dc_field_spec fields[] = {{"term", DC_FIELD_TEXT},        {"kind", DC_FIELD_TEXT},
                                         {"df", DC_FIELD_NUMBER},        {"df_residual", DC_FIELD_NUMBER},
                                         {"statistic", DC_FIELD_NUMBER}, {"p", DC_FIELD_NUMBER},
                                         {NULL, DC_FIELD_TEXT}};
  dc_result_table *t = dc_result_add(out, "tests", fields);
  for (size_t k = 0; k < fit->n_tests; k++) {
    const dc_term_test *one = &fit->tests[k];
    dc_put_text(t, one->term < fit->n_terms ? fit->terms[one->term].name : NULL);
    dc_put_text(t, one->kind);
    dc_put_number(t, one->df);
    dc_put_number(t, one->df_residual);
    dc_put_number(t, one->statistic);
    dc_put_number(t, one->p);
  }
}

static void figures_table(const dc_fit *fit, dc_result *out)
{
  static const dc_field_spec fields[] = {
      {"figure", DC_FIELD_TEXT}, {"value", DC_FIELD_NUMBER}, {"meaning", DC_FIELD_TEXT}, {NULL, DC_FIELD_TEXT}};
  dc_result_table *t = dc_result_add(out, "fit", fields);
  for (size_t k = 0; k < fit->n_figures; k++) {
    dc_put_text(t, fit->figures[k].name);
    dc_put_number(t, fit->figures[k].value);
    dc_put_text(t, fit->figures[k].meaning);
  }
}

/* "(Intercept)" or the slope's name. */
static const char *component_name(const dc_fit_run *run, size_t k, size_t component)
{
  const dc_recipe *recipe = run->saved.recipe;
  const dc_recipe_term *term = &recipe->terms[k]; /* the baseline is none of it */
  if (k >= recipe->n_terms || term->kind != DC_TERM_EFFECT) return NULL;
  if (!term->no_intercept && component == 0) return "(Intercept)";
  size_t slope = component - (term->no_intercept ? 0 : 1);
  return slope < term->n_parts ? recipe->columns[term->parts[slope].column].name : NULL;
}

static void put_effect(const dc_fit_run *run, dc_result_table *t, size_t e, size_t k, size_t i, size_t j)
{
  const dc_fit_term *term = &run->saved.fit->terms[k];
  size_t n = term->kind == DC_TERM_EFFECT ? term->slopes : 1;
  const double *of = term->covariance + e * n * n;
  double a = of[i * n + i], b = of[j * n + j], v = of[i * n + j];
  dc_put_text(t, equation_name(run->saved.fit, e));
  dc_put_text(t, term->name);
  dc_put_text(t, component_name(run, k, i));
  dc_put_text(t, i == j ? NULL : component_name(run, k, j));
  dc_put_number(t, v);
  dc_put_number(t, i == j ? sqrt(a) : NAN);
  dc_put_number(t, i == j ? NAN : v / sqrt(a * b));
  dc_put_integer(t, i != j || term->kind != DC_TERM_EFFECT ? DC_INTEGER_NULL : (int64_t)term->levels);
  dc_put_number(t, i == j && i == 0 && e == 0 ? term->df : NAN);
}

static void effects_table(const dc_fit_run *run, dc_result *out)
{
  static const dc_field_spec fields[] = {{"equation", DC_FIELD_TEXT},      {"term", DC_FIELD_TEXT},
                                         {"component", DC_FIELD_TEXT},     {"with", DC_FIELD_TEXT},
                                         {"variance", DC_FIELD_NUMBER},    {"sd", DC_FIELD_NUMBER},
                                         {"correlation", DC_FIELD_NUMBER}, {"levels", DC_FIELD_INTEGER},
                                         {"df", DC_FIELD_NUMBER},          {NULL, DC_FIELD_TEXT}};
  const dc_fit *fit = run->saved.fit;
  dc_result_table *t = dc_result_add(out, "effects", fields);
  for (size_t e = 0; e < fit->n_equations; e++)
    for (size_t k = 0; k < fit->n_terms; k++) {
      const dc_fit_term *term = &fit->terms[k];
      if (!is_shrunken(term) || !term->covariance) continue;
      size_t n = term->kind == DC_TERM_EFFECT ? term->slopes : 1;
      for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) put_effect(run, t, e, k, i, i - j);
    }
}

static void levels_table(const dc_fit_run *run, dc_result *out)
{
  static const dc_field_spec fields[] = {
      {"equation", DC_FIELD_TEXT},  {"term", DC_FIELD_TEXT},       {"level", DC_FIELD_TEXT},
      {"component", DC_FIELD_TEXT}, {"estimate", DC_FIELD_NUMBER}, {"error", DC_FIELD_NUMBER},
      {"lower", DC_FIELD_NUMBER},   {"upper", DC_FIELD_NUMBER},    {NULL, DC_FIELD_TEXT}};
  const dc_fit *fit = run->saved.fit;
  dc_result_table *t = dc_result_add(out, "levels", fields);
  for (size_t e = 0; e < fit->n_equations; e++)
    for (size_t k = 0; k < fit->n_terms; k++) {
      const dc_fit_term *term = &fit->terms[k];
      for (size_t c = 0; is_shrunken(term) && c < term->count; c++) {
        char number[24];
        const dc_coefficient *one = &fit->coefficients[e * fit->n_columns + term->first + c];
        snprintf(number, sizeof number, "%zu", c + 1);
        bool effect = term->kind == DC_TERM_EFFECT;
        dc_put_text(t, equation_name(fit, e));
        dc_put_text(t, term->name);
        dc_put_text(t, term->level ? term->level[level_of(term, c)] : number);
        dc_put_text(t, effect ? component_name(run, k, c % term->slopes) : NULL);
        dc_put_number(t, one->estimate);
        dc_put_number(t, one->error);
        dc_put_number(t, one->lower);
        dc_put_number(t, one->upper);
      }
    }
}

/* Terms that were left out, where the model's notes do not tell of them. */
static void warn_twins(const dc_fit *fit, dc_result *out)
{
  for (size_t k = 0; k < fit->n_columns; k++) {
    const dc_coefficient *c = &fit->coefficients[k];
    bool told = !c->twin;
    for (size_t n = 0; n < fit->n_notes && !told; n++) told = strncmp(fit->notes[n], c->name, strlen(c->name)) == 0;
    if (!told) dc_warn(out, "%s is %s: left out", c->name, c->twin);
  }
}

void dc_fit_tables(dc_fit_run *run)
{
  dc_result *out = run->base.result;
  const dc_fit *fit = run->saved.fit;
  terms_table(fit, out);
  importance_table(fit, out);
  tests_table(fit, out);
  figures_table(fit, out);
  effects_table(run, out);
  levels_table(run, out);
  for (size_t k = 0; k < fit->n_notes; k++) dc_warn(out, "%s", fit->notes[k]);
  warn_twins(fit, out);
}

void dc_fit_describe(dc_fit_run *run)
{
  dc_result *out = run->base.result;
  const dc_fit *fit = run->saved.fit;
  const dc_recipe *recipe = run->saved.recipe;
  dc_set_text(out, &out->run, "version", DC_VERSION);
  dc_set_text(out, &out->run, "model", fit->model);
  dc_set_text(out, &out->run, "family", fit->family);
  /* of a log response the way back is not the model's link: smear */
  bool smeared = recipe->response.transform == DC_LOG && fit->link == DC_LINK_LOG && fit->smear != 1;
  dc_set_text(out, &out->run, "link", dc_link_name(smeared ? DC_LINK_IDENTITY : fit->link));
  dc_set_text(out, &out->run, "response", fit->response);
  dc_set_text(out, &out->run, "formula", recipe->formula[0] ? recipe->formula : "1");
  dc_set_integer(out, &out->run, "rows_fitted", (int64_t)fit->n_rows);
  dc_set_text(out, &out->run, "statistic", isfinite(fit->df) ? "t" : "z");
  dc_set_number(out, &out->run, "statistic_df", fit->df);
  dc_set_number(out, &out->run, "confidence", run->confidence);
  dc_set_bool(out, &out->run, "converged", fit->converged);
  dc_set_reading_options(run->base.job, out);
}
