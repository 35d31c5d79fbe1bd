/* Columns and terms out of a model file, each checked before anything relies on it. */
#include "engine/base/arena.h"
#include "engine/run/model_json.h"

#include <math.h>
#include <string.h>

enum { MOST_COLUMNS = 1 << 20, MOST_LEVELS = 1 << 24 };

static dc_status no_memory(const dc_model_reader *r) { return dc_fail_memory(r->error, "reading a model"); }

static dc_status read_levels(dc_model_reader *r, const json_t *from, dc_recipe_column *c)
{
  const json_t *levels;
  dc_status status = dc_model_array_of(r, from, "levels", SIZE_MAX, &levels);
  if (status != DC_OK) return status;
  size_t n = json_array_size(levels);
  if (n > MOST_LEVELS) return dc_model_bad(r, "more than %d levels", MOST_LEVELS);
  c->level = dc_arena_alloc(r->arena, n + 1, sizeof *c->level);
  if (!c->level) return no_memory(r);
  for (size_t l = 0; l < n; l++) {
    const json_t *one = json_array_get(levels, l);
    if (!json_is_string(one) || !json_string_length(one))
      return dc_model_bad(r, "a level of %.60s is no text", c->name);
    c->level[l] = dc_arena_copy(r->arena, json_string_value(one), json_string_length(one));
    if (!c->level[l]) return no_memory(r);
    if (c->type == DC_TYPE_CATEGORY && l && strcmp(c->level[l - 1], c->level[l]) >= 0)
      return dc_model_bad(r, "the levels of %.60s are not in order", c->name);
  }
  c->n_levels = (uint32_t)n;
  if (c->type != DC_TYPE_CATEGORY) status = dc_model_numbers_of(r, from, "values", false, n, &c->value);
  for (size_t l = 1; l < n && status == DC_OK && c->value; l++)
    if (!(c->value[l - 1] < c->value[l])) return dc_model_bad(r, "the levels of %.60s are not in order", c->name);
  if (status == DC_OK) status = dc_model_whole_of(r, from, "reference", false, UINT32_MAX - 1, &c->reference);
  if (status == DC_OK && c->reference >= n && n) return dc_model_bad(r, "the reference of %.60s is no level", c->name);
  return status;
}

static dc_status read_column(dc_model_reader *r, const json_t *from, dc_recipe_column *c)
{
  static const dc_type types[] = {DC_TYPE_NUMBER, DC_TYPE_DATE, DC_TYPE_INSTANT, DC_TYPE_CATEGORY};
  const char *names[4];
  size_t type = 0;
  uint32_t decimal = 0, order = 0, bare = 0;
  for (size_t k = 0; k < 4; k++) names[k] = dc_type_name(types[k]);
  dc_status status = dc_model_text_of(r, from, "name", &c->name);
  if (status == DC_OK && !c->name[0]) return dc_model_bad(r, "a column without a name");
  if (status == DC_OK) status = dc_model_word_of(r, from, "type", names, 4, &type);
  if (status == DC_OK) status = dc_model_whole_of(r, from, "decimal", false, DC_DECIMAL_COMMA, &decimal);
  if (status == DC_OK) status = dc_model_whole_of(r, from, "order", false, DC_ORDER_YEAR_FIRST, &order);
  if (status == DC_OK) status = dc_model_whole_of(r, from, "bare", false, DC_BARES - 1, &bare);
  if (status == DC_OK) status = dc_model_flag_of(r, from, "leveled", &c->leveled);
  if (status != DC_OK) return status;
  c->type = types[type];
  c->number.decimal = (dc_decimal)decimal;
  c->when.order = (dc_day_order)order;
  c->when.bare = (dc_bare)bare;
  return c->leveled ? read_levels(r, from, c) : DC_OK;
}

static dc_status read_part(dc_model_reader *r, const json_t *from, const dc_recipe *recipe, dc_recipe_part *p)
{
  const char *names[DC_TRANSFORMS];
  size_t transform = 0;
  for (int t = 0; t < DC_TRANSFORMS; t++) names[t] = dc_transform_key((dc_transform)t);
  if (!recipe->n_columns) return dc_model_bad(r, "a part of a term has no column");
  dc_status status = dc_model_whole_of(r, from, "column", false, (uint32_t)recipe->n_columns - 1, &p->column);
  if (status == DC_OK) status = dc_model_word_of(r, from, "transform", names, DC_TRANSFORMS, &transform);
  if (status == DC_OK) status = dc_model_number_of(r, from, "power", false, &p->power);
  if (status == DC_OK) status = dc_model_flag_of(r, from, "factor", &p->factor);
  if (status == DC_OK) status = dc_model_flag_of(r, from, "full", &p->full);
  if (status != DC_OK) return status;
  p->transform = (dc_transform)transform;
  const dc_recipe_column *c = &recipe->columns[p->column];
  if (p->factor && (!c->leveled || p->transform != DC_AS_IS))
    return dc_model_bad(r, "column %.60s has no levels", c->name);
  if (!p->factor && c->type == DC_TYPE_CATEGORY) return dc_model_bad(r, "column %.60s is no number", c->name);
  return DC_OK;
}

static dc_status read_parts(dc_model_reader *r, const json_t *object, const char *name, size_t most,
                            const dc_recipe *recipe, dc_recipe_part **parts, size_t *n)
{
  const json_t *array;
  dc_status status = dc_model_array_of(r, object, name, SIZE_MAX, &array);
  if (status != DC_OK) return status;
  *n = json_array_size(array);
  if (*n > most) return dc_model_bad(r, "\"%s\" has %zu items, more than %zu", name, *n, most);
  *parts = dc_arena_alloc(r->arena, *n + 1, sizeof **parts);
  if (!*parts) return no_memory(r);
  for (size_t k = 0; k < *n && status == DC_OK; k++)
    status = read_part(r, json_array_get(array, k), recipe, &(*parts)[k]);
  return status;
}

/* Does the kind go with its parts? Effects have their slopes first. */
static bool fits_kind(const dc_recipe_term *t)
{
  size_t factors = 0;
  bool ordered = true;
  for (size_t p = 0; p < t->n_parts; p++) {
    if (factors && !t->parts[p].factor) ordered = false;
    factors += t->parts[p].factor;
  }
  size_t numbers = t->n_parts - factors;
  switch (t->kind) {
    case DC_TERM_NUMBER: return numbers > 0 && !factors;
    case DC_TERM_SMOOTH: return numbers == 1 && !factors;
    case DC_TERM_FACTOR: return factors > 0 && !numbers;
    case DC_TERM_SLOPES: return factors > 0;
    default: return factors > 0 && ordered && (numbers || !t->no_intercept);
  }
}

static bool in_order(const uint32_t *a, const uint32_t *b, size_t n)
{
  for (size_t k = 0; k < n; k++)
    if (a[k] != b[k]) return a[k] < b[k];
  return false;
}

/* Combinations of levels, each below its column's levels; behind that of the reference in order. */
static dc_status read_cells(dc_model_reader *r, const json_t *from, const dc_recipe *recipe, dc_recipe_term *t,
                            const size_t *part, size_t factors)
{
  const json_t *array;
  dc_status status = dc_model_array_of(r, from, "cells", SIZE_MAX, &array);
  if (status != DC_OK) return status;
  size_t n = json_array_size(array);
  if (!n || n % factors || n / factors > MOST_LEVELS) return dc_model_bad(r, "the cells of %.60s", t->name);
  t->n_cells = (uint32_t)(n / factors);
  t->cell = dc_arena_alloc(r->arena, n, sizeof *t->cell);
  if (!t->cell) return no_memory(r);
  for (size_t k = 0; k < n; k++) {
    const dc_recipe_column *c = &recipe->columns[t->parts[part[k % factors]].column];
    double x = json_number_value(json_array_get(array, k));
    if (!json_is_number(json_array_get(array, k)) || !(x >= 0 && x < c->n_levels) || x != floor(x))
      return dc_model_bad(r, "a cell of %.60s is no combination of levels", t->name);
    t->cell[k] = (uint32_t)x;
  }
  size_t first = t->reference == DC_NO_REFERENCE ? 0 : 1;
  for (size_t c = first + 1; c < t->n_cells; c++)
    if (!in_order(t->cell + (c - 1) * factors, t->cell + c * factors, factors))
      return dc_model_bad(r, "the cells of %.60s are not in order", t->name);
  return DC_OK;
}

static dc_status read_coding(dc_model_reader *r, const json_t *from, const dc_recipe *recipe, dc_recipe_term *t)
{
  size_t part[DC_FORMULA_FACTORS], factors = 0;
  for (size_t p = 0; p < t->n_parts; p++)
    if (t->parts[p].factor) part[factors++] = p;
  t->reference = DC_NO_REFERENCE;
  if (!factors) return DC_OK;
  dc_status status = DC_OK;
  if (t->kind != DC_TERM_EFFECT) status = dc_model_whole_of(r, from, "reference", true, MOST_LEVELS, &t->reference);
  if (status == DC_OK && factors > 1) status = read_cells(r, from, recipe, t, part, factors);
  if (status != DC_OK) return status;
  const dc_recipe_column *c = &recipe->columns[t->parts[part[0]].column];
  bool fine = t->reference == DC_NO_REFERENCE ||
              t->reference == (factors > 1 ? 0 : c->reference); /* of several factors cell 0 is the reference */
  if (!fine || (t->kind == DC_TERM_FACTOR && t->reference == DC_NO_REFERENCE) || (factors == 1 && !c->n_levels))
    return dc_model_bad(r, "the reference of %.60s", t->name);
  return DC_OK;
}

static dc_status read_term(dc_model_reader *r, const json_t *from, const dc_recipe *recipe, dc_recipe_term *t)
{
  const char *names[DC_TERM_EFFECT + 1];
  size_t kind = 0;
  uint32_t basis = 0;
  for (int k = 0; k <= DC_TERM_EFFECT; k++) names[k] = dc_kind_key((dc_term_kind)k);
  dc_status status = dc_model_text_of(r, from, "name", &t->name);
  if (status == DC_OK) status = dc_model_word_of(r, from, "kind", names, DC_TERM_EFFECT + 1, &kind);
  if (status == DC_OK) status = read_parts(r, from, "parts", DC_FORMULA_FACTORS, recipe, &t->parts, &t->n_parts);
  if (status != DC_OK) return status;
  t->kind = (dc_term_kind)kind;
  if (t->kind == DC_TERM_EFFECT) status = dc_model_flag_of(r, from, "no_intercept", &t->no_intercept);
  if (status == DC_OK && !fits_kind(t)) return dc_model_bad(r, "term %.60s has other parts than its kind", t->name);
  if (status == DC_OK && t->kind == DC_TERM_SMOOTH)
    status = dc_model_whole_of(r, from, "basis", false, DC_SMOOTH_MOST, &basis);
  if (status == DC_OK && t->kind == DC_TERM_SMOOTH && basis < 4)
    return dc_model_bad(r, "a smooth of %u functions", basis);
  t->basis = basis;
  return status == DC_OK ? read_coding(r, from, recipe, t) : status;
}

static dc_status read_list(dc_model_reader *r, const json_t *body, const char *name, const json_t **array, size_t *n,
                           size_t size, void **items)
{
  dc_status status = dc_model_array_of(r, body, name, SIZE_MAX, array);
  if (status != DC_OK) return status;
  *n = json_array_size(*array);
  if (*n > MOST_COLUMNS) return dc_model_bad(r, "\"%s\" has more than %d items", name, MOST_COLUMNS);
  *items = dc_arena_alloc(r->arena, *n + 1, size);
  return *items ? DC_OK : no_memory(r);
}

static dc_status read_roles(dc_model_reader *r, const json_t *body, dc_recipe *recipe)
{
  uint32_t most = (uint32_t)recipe->n_columns - 1;
  dc_recipe_part *outcome;
  size_t n;
  dc_status status = dc_model_flag_of(r, body, "category", &recipe->has_category);
  if (status == DC_OK) status = dc_model_flag_of(r, body, "chance", &recipe->is_chance);
  if (status == DC_OK) status = read_parts(r, body, "outcome", 1, recipe, &outcome, &n);
  if (status == DC_OK && n != 1) return dc_model_bad(r, "there is no outcome");
  if (status == DC_OK) recipe->response = outcome[0];
  if (status == DC_OK) status = dc_model_whole_of(r, body, "trials", true, most, &recipe->trials);
  if (status == DC_OK) status = dc_model_whole_of(r, body, "weights", true, most, &recipe->weights);
  if (status == DC_OK) status = dc_model_whole_of(r, body, "cluster", true, most, &recipe->cluster);
  if (status == DC_OK) status = dc_model_whole_of(r, body, "time", true, most, &recipe->time);
  if (status == DC_OK) status = dc_model_whole_of(r, body, "id", true, most, &recipe->id);
  if (status == DC_OK && (recipe->has_category || recipe->is_chance) != recipe->response.factor)
    return dc_model_bad(r, "the outcome is levels, or is it not?");
  return status;
}

dc_status dc_model_read_recipe(dc_model_reader *r, const json_t *body, dc_recipe *recipe)
{
  const json_t *array;
  void *items = NULL;
  dc_status status = dc_model_text_of(r, body, "target", &recipe->target);
  if (status == DC_OK) status = dc_model_text_of(r, body, "formula", &recipe->formula);
  if (status == DC_OK) status = dc_model_flag_of(r, body, "intercept", &recipe->intercept);
  if (status == DC_OK)
    status = read_list(r, body, "columns", &array, &recipe->n_columns, sizeof *recipe->columns, &items);
  if (status != DC_OK) return status;
  recipe->columns = items;
  if (!recipe->n_columns) return dc_model_bad(r, "there is no column");
  for (size_t c = 0; c < recipe->n_columns && status == DC_OK; c++)
    status = read_column(r, json_array_get(array, c), &recipe->columns[c]);
  if (status == DC_OK) status = read_roles(r, body, recipe);
  if (status == DC_OK)
    status = read_parts(r, body, "offsets", MOST_COLUMNS, recipe, &recipe->offsets, &recipe->n_offsets);
  for (size_t k = 0; k < recipe->n_offsets && status == DC_OK; k++)
    if (recipe->offsets[k].factor) return dc_model_bad(r, "an offset is no number");
  if (status == DC_OK) status = read_list(r, body, "terms", &array, &recipe->n_terms, sizeof *recipe->terms, &items);
  if (status != DC_OK) return status;
  recipe->terms = items;
  for (size_t t = 0; t < recipe->n_terms && status == DC_OK; t++)
    status = read_term(r, json_array_get(array, t), recipe, &recipe->terms[t]);
  return status;
}
