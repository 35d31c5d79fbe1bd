/* The fit out of a model file: laid out anew from its terms, so that every index is ours; numbers are filled in. */
#include "engine/base/arena.h"
#include "engine/run/model_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PERIODS = 1 << 20, MOST_EQUATIONS = 1 << 16, MOST_COEFFICIENTS = 1 << 24, MOST_COVARIANCE = 1 << 14 };

static dc_status no_memory(const dc_model_reader *r) { return dc_fail_memory(r->error, "reading a model"); }

/* Names of combined levels. */
static dc_status name_cells(dc_model_reader *r, const dc_recipe *recipe, const dc_recipe_term *t, const char ***names)
{
  size_t part[DC_FORMULA_FACTORS], factors = 0;
  for (size_t p = 0; p < t->n_parts; p++)
    if (t->parts[p].factor) part[factors++] = p;
  *names = dc_arena_alloc(r->arena, t->n_cells + 1u, sizeof **names);
  if (!*names) return no_memory(r);
  for (size_t c = 0; c < t->n_cells; c++) {
    size_t room = 1;
    for (size_t k = 0; k < factors; k++)
      room += 1 + strlen(recipe->columns[t->parts[part[k]].column].level[t->cell[c * factors + k]]);
    char *name = dc_arena_alloc(r->arena, room, 1);
    if (!name) return no_memory(r);
    for (size_t k = 0; k < factors; k++) {
      if (k) strcat(name, ":");
      strcat(name, recipe->columns[t->parts[part[k]].column].level[t->cell[c * factors + k]]);
    }
    (*names)[c] = name;
  }
  return DC_OK;
}

static const double some_number = 0; /* a smooth of the recipe is one of a number, not of levels */

static dc_status term_of(dc_model_reader *r, const dc_recipe *recipe, const dc_recipe_term *from, dc_term *t)
{
  size_t factors = 0, first = 0;
  for (size_t p = from->n_parts; p-- > 0;) {
    factors += from->parts[p].factor;
    if (from->parts[p].factor) first = p;
  }
  *t = (dc_term){.name = from->name, .kind = from->kind, .basis = from->basis, .reference = from->reference};
  t->no_intercept = from->no_intercept;
  t->number = from->kind == DC_TERM_SMOOTH ? &some_number : NULL;
  t->n_slopes = from->kind == DC_TERM_EFFECT ? from->n_parts - factors : 0;
  t->codes.levels = 1;
  if (factors == 1) {
    const dc_recipe_column *c = &recipe->columns[from->parts[first].column];
    t->codes.levels = c->n_levels;
    t->codes.names = (const char *const *)c->level;
  }
  if (factors < 2) return DC_OK;
  const char **names;
  t->codes.levels = from->n_cells;
  dc_status status = name_cells(r, recipe, from, &names);
  t->codes.names = names;
  return status;
}

static size_t columns_of(const dc_term *t)
{
  size_t levels = t->codes.levels;
  switch (t->kind) {
    case DC_TERM_FACTOR: return levels - 1;
    case DC_TERM_SLOPES: return levels - (t->reference == DC_NO_REFERENCE ? 0 : 1);
    case DC_TERM_SMOOTH: return t->number ? t->basis : levels;
    case DC_TERM_EFFECT: return levels * (t->n_slopes + (t->no_intercept ? 0 : 1));
    default: return 1;
  }
}

/* The baseline of a model of time, its last term: "periods", by the first period of each level; where each is tied to its
 * neighbours there is "periods_variance", too. */
static dc_status baseline_of(dc_model_reader *r, const json_t *body, dc_term *t, bool *there)
{
  const json_t *periods;
  *there = json_object_get(body, "periods") != NULL;
  if (!*there) return DC_OK;
  dc_status status = dc_model_array_of(r, body, "periods", SIZE_MAX, &periods);
  if (status != DC_OK) return status;
  size_t n = json_array_size(periods);
  if (n < 1 || n > MOST_PERIODS) return dc_model_bad(r, "%zu periods", n);
  const char **names = dc_arena_alloc(r->arena, n, sizeof *names);
  if (!names) return no_memory(r);
  for (size_t k = 0; k < n; k++) {
    names[k] = json_string_value(json_array_get(periods, k));
    if (!names[k]) return dc_model_bad(r, "a period without a name");
  }
  *t = (dc_term){.name = "period", .kind = DC_TERM_FACTOR, .codes = {.levels = (uint32_t)n, .names = names}};
  if (json_object_get(body, "periods_variance")) t->kind = DC_TERM_SMOOTH;
  return DC_OK;
}

/* Room for what the file itself says, no more: the coefficients have to be there. */
static dc_status lay_out(dc_model_reader *r, const json_t *body, const dc_saved *saved, size_t n_equations)
{
  const dc_recipe *recipe = saved->recipe;
  const json_t *coefficients;
  char *response = NULL;
  dc_design design = {.intercept = recipe->intercept, .n_terms = recipe->n_terms};
  dc_term *terms = dc_arena_alloc(r->arena, recipe->n_terms + 2, sizeof *terms);
  bool baseline = false;
  if (!terms) return no_memory(r);
  bool trees = json_object_get(body, "forest") != NULL;
  size_t columns = recipe->intercept ? 1 : 0;
  dc_status status = DC_OK;
  for (size_t t = 0; t < recipe->n_terms && status == DC_OK; t++) {
    status = term_of(r, recipe, &recipe->terms[t], &terms[t]);
    if (status == DC_OK) columns += columns_of(&terms[t]);
    if (status == DC_OK && columns > MOST_COEFFICIENTS / n_equations) return dc_model_bad(r, "too many coefficients");
  }
  design.terms = terms;
  if (status == DC_OK) status = baseline_of(r, body, &terms[recipe->n_terms], &baseline);
  design.n_terms += baseline;
  if (status == DC_OK && baseline) columns += columns_of(&terms[recipe->n_terms]);
  if (trees) columns = 0;
  if (trees && baseline) return dc_model_bad(r, "trees with periods");
  if (status == DC_OK) status = dc_model_text_of(r, body, "response", &response);
  if (status == DC_OK) status = dc_model_array_of(r, body, "coefficients", columns * n_equations, &coefficients);
  if (status != DC_OK) return status;
  const char **equation = NULL;
  const json_t *names = json_object_get(body, "equations");
  if (names) {
    equation = dc_arena_alloc(r->arena, n_equations, sizeof *equation);
    if (!equation) return no_memory(r);
    for (size_t e = 0; e < n_equations; e++) {
      equation[e] = json_string_value(json_array_get(names, e));
      if (!equation[e]) return dc_model_bad(r, "an equation without a name");
    }
  }
  status = trees ? dc_fit_lay_out_trees(saved->fit, &design, response, n_equations, equation, r->error)
                 : dc_fit_lay_out(saved->fit, &design, response, n_equations, equation, r->error);
  for (size_t k = 0; k < columns * n_equations && status == DC_OK; k++) {
    const json_t *one = json_array_get(coefficients, k), *value = json_array_get(one, 1);
    const char *name = json_string_value(json_array_get(one, 0));
    dc_coefficient *c = &saved->fit->coefficients[k];
    if (!name || strcmp(name, c->name) != 0)
      return dc_model_bad(r, "coefficient %zu is not that of %.60s", k + 1, c->name);
    if (json_is_null(value)) continue;
    if (!json_is_number(value) || !isfinite(json_number_value(value)))
      return dc_model_bad(r, "the coefficient of %.60s is no finite number", c->name);
    c->estimate = json_number_value(value);
  }
  return status;
}

static dc_status read_covariance(dc_model_reader *r, const json_t *body, dc_fit *fit)
{
  size_t n = fit->n_equations * fit->n_columns;
  const json_t *array;
  if (json_is_null(json_object_get(body, "covariance"))) return DC_OK;
  if (n > MOST_COVARIANCE) return dc_model_bad(r, "a covariance of %zu coefficients", n);
  dc_status status = dc_model_array_of(r, body, "covariance", n * (n + 1) / 2, &array);
  if (status == DC_OK) status = dc_fit_new_covariance(fit, r->error);
  for (size_t k = 0, at = 0; k < n && status == DC_OK; k++)
    for (size_t j = 0; j <= k; j++, at++) {
      const json_t *value = json_array_get(array, at);
      double x = json_is_null(value) ? (double)NAN : json_number_value(value);
      bool fine = json_is_null(value) || (json_is_number(value) && isfinite(x) && (j < k || x >= 0));
      if (!fine) return dc_model_bad(r, "item %zu of the covariance", at + 1);
      fit->covariance[k * n + j] = fit->covariance[j * n + k] = x;
    }
  return status;
}

static dc_status read_knots(dc_model_reader *r, const json_t *from, dc_fit_term *t)
{
  double *knots, *centre;
  dc_status status = dc_model_numbers_of(r, from, "knots", false, t->basis + 4, &knots);
  if (status == DC_OK) status = dc_model_numbers_of(r, from, "centre", false, t->basis, &centre);
  if (status != DC_OK) return status;
  bool fine = knots[3] < knots[t->basis];
  for (size_t k = 1; k < t->basis + 4; k++) fine &= knots[k - 1] <= knots[k];
  for (size_t k = 1; k < 4; k++) fine &= knots[k] == knots[0] && knots[t->basis + k] == knots[t->basis];
  if (!fine) return dc_model_bad(r, "the knots of %.60s", t->name);
  memcpy(t->knots, knots, (t->basis + 4) * sizeof *knots);
  memcpy(t->centre, centre, t->basis * sizeof *centre);
  return DC_OK;
}

static dc_status read_variance(dc_model_reader *r, const json_t *from, const char *name, const dc_fit *fit,
                               dc_fit_term *t)
{
  size_t n = (t->kind == DC_TERM_EFFECT ? t->slopes * t->slopes : 1) * fit->n_equations;
  double *variance;
  dc_status status = dc_model_numbers_of(r, from, name, true, n, &variance);
  if (status == DC_OK) memcpy(t->covariance, variance, n * sizeof *variance);
  return status;
}

static dc_status read_terms(dc_model_reader *r, const json_t *body, dc_fit *fit)
{
  const json_t *array = json_object_get(body, "terms");
  dc_status status = DC_OK;
  for (size_t k = 0; k < json_array_size(array) && status == DC_OK; k++) {
    dc_fit_term *t = &fit->terms[k];
    const json_t *from = json_array_get(array, k);
    status = dc_model_number_of(r, from, "df", true, &t->df);
    if (status == DC_OK && t->kind == DC_TERM_SMOOTH) status = read_knots(r, from, t);
    if (status == DC_OK && t->covariance) status = read_variance(r, from, "variance", fit, t);
  }
  dc_fit_term *last = fit->n_terms ? &fit->terms[fit->n_terms - 1] : NULL;
  if (status == DC_OK && last && last->kind == DC_TERM_SMOOTH && !last->basis)
    status = read_variance(r, body, "periods_variance", fit, last);
  return status;
}

static dc_status read_figures(dc_model_reader *r, const json_t *body, dc_fit *fit)
{
  const json_t *array;
  dc_status status = dc_model_array_of(r, body, "figures", SIZE_MAX, &array);
  for (size_t k = 0; status == DC_OK && k < json_array_size(array); k++) {
    const json_t *one = json_array_get(array, k), *value = json_array_get(one, 1);
    const char *name = json_string_value(json_array_get(one, 0));
    if (!name || !(json_is_null(value) || json_is_number(value))) return dc_model_bad(r, "figure %zu", k + 1);
    char *own = dc_arena_copy(r->arena, name, strlen(name));
    if (!own) return no_memory(r);
    status = dc_fit_add_figure(fit, own, "", json_is_null(value) ? (double)NAN : json_number_value(value), r->error);
  }
  return status;
}

static dc_status read_head(dc_model_reader *r, const json_t *body, dc_fit *fit, size_t *n_equations)
{
  const char *links[DC_LINKS], *name = json_string_value(json_object_get(body, "model"));
  const dc_model *model = name ? dc_model_find(name) : NULL;
  const json_t *equations = json_object_get(body, "equations");
  char *family = NULL;
  size_t link = 0;
  double rows;
  if (!model) return dc_model_bad(r, "there is no model \"%.40s\"", name ? name : "");
  for (int k = 0; k < DC_LINKS; k++) links[k] = dc_link_name((dc_link)k);
  dc_status status = dc_model_text_of(r, body, "family", &family);
  if (status == DC_OK) status = dc_model_word_of(r, body, "link", links, DC_LINKS, &link);
  if (status == DC_OK) status = dc_model_flag_of(r, body, "converged", &fit->converged);
  if (status == DC_OK) status = dc_model_number_of(r, body, "df", true, &fit->df);
  if (status == DC_OK) status = dc_model_number_of(r, body, "smear", false, &fit->smear);
  if (status == DC_OK) status = dc_model_number_of(r, body, "rows", false, &rows);
  if (status != DC_OK) return status;
  *n_equations = equations ? json_array_size(equations) : 1;
  if (*n_equations < 1 || *n_equations > MOST_EQUATIONS) return dc_model_bad(r, "%zu equations", *n_equations);
  bool timed = json_object_get(body, "periods") != NULL;
  if (timed && (!model->needs_time || link != DC_LINK_SOFTMAX))
    return dc_model_bad(r, "periods of a model without time");
  if (model->needs_time && link != DC_LINK_SOFTMAX) return dc_model_bad(r, "a model of time under another link");
  if (!equations && link == DC_LINK_SOFTMAX) return dc_model_bad(r, "there are no equations");
  if (!(fit->smear > 0)) return dc_model_bad(r, "\"smear\" is not above 0");
  if (fit->df < 0) return dc_model_bad(r, "\"df\" is below 0");
  if (!(rows >= 1 && rows <= 9e15 && rows == floor(rows))) return dc_model_bad(r, "\"rows\" is no count");
  if (isnan(fit->df)) fit->df = INFINITY;
  fit->model = model->name;
  fit->family = family;
  fit->link = (dc_link)link;
  return DC_OK;
}

static dc_status check_outcome(dc_model_reader *r, const dc_saved *saved)
{
  const dc_recipe *recipe = saved->recipe;
  const dc_recipe_column *c = &recipe->columns[recipe->response.column];
  if (recipe->has_category && saved->fit->link == DC_LINK_SOFTMAX && c->n_levels != saved->fit->n_equations + 1)
    return dc_model_bad(r, "%zu equations for %u categories", saved->fit->n_equations, (unsigned)c->n_levels);
  if (saved->fit->link != DC_LINK_SOFTMAX && saved->fit->n_equations != 1)
    return dc_model_bad(r, "%zu equations", saved->fit->n_equations);
  return DC_OK;
}

dc_status dc_model_read_fit(dc_model_reader *r, const json_t *body, dc_saved *saved)
{
  size_t n_equations = 1;
  double rows;
  dc_fit *fit = saved->fit;
  dc_status status = read_head(r, body, fit, &n_equations);
  if (status == DC_OK) status = lay_out(r, body, saved, n_equations);
  if (status == DC_OK) status = dc_model_number_of(r, body, "rows", false, &rows);
  if (status != DC_OK) return status;
  fit->n_rows = (size_t)rows;
  saved->recipe->takes_missing = dc_model_find(fit->model)->takes_missing;
  status = read_terms(r, body, fit);
  if (status == DC_OK) status = read_covariance(r, body, fit);
  if (status == DC_OK) status = read_figures(r, body, fit);
  const json_t *forest = json_object_get(body, "forest");
  if (status == DC_OK && forest) status = dc_model_read_forest(r, forest, fit);
  return status == DC_OK ? check_outcome(r, saved) : status;
}
