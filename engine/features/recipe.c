/* Columns and terms of a formula, found in a table. */
#include "engine/features/recipe.h"

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/features/rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is being made. */
typedef struct making {
  const dc_recipe_request *ask;
  const dc_table *table;
  dc_recipe *r;
  uint32_t *at; /* of the table's columns, their place in the recipe; DC_NO_COLUMN = not read */
  dc_recipe_left_out *left_out;
  void *context;
  bool has_response; /* r->response is known: no term can be made of its column */
  dc_error *error;
} making;

static dc_status no_memory(const making *m) { return dc_fail_memory(m->error, "reading a formula"); }

static char *copy(const making *m, const char *text) { return dc_arena_copy(m->r->arena, text, strlen(text)); }

/* The table's column of that name, -1 = there is none. */
static int find(const dc_table *table, const char *name)
{
  int found = dc_table_find(table, name);
  for (size_t c = 0; c < table->n_columns && found < 0; c++)
    if (dc_text_same(table->columns[c].name, name)) found = (int)c;
  return found;
}

static const char *nearest(const dc_table *table, const char *name)
{
  const char **names = malloc((table->n_columns + 1) * sizeof *names);
  for (size_t c = 0; names && c < table->n_columns; c++) names[c] = table->columns[c].name;
  const char *near = names ? dc_text_nearest(name, names, table->n_columns) : NULL;
  free((void *)names);
  return near;
}

static dc_type type_of(const dc_column *column)
{
  bool words = column->type == DC_TYPE_TEXT || column->type == DC_TYPE_CATEGORY;
  return words ? DC_TYPE_CATEGORY : column->type;
}

/* The recipe's place of a column of the table. */
static dc_status use(making *m, int found, uint32_t *place)
{
  const dc_column *column = &m->table->columns[found];
  if (m->at[found] == DC_NO_COLUMN) {
    if (column->type == DC_TYPE_EMPTY)
      return dc_fail_at(m->error, DC_E_INPUT, m->ask->file, 0, 0, "column \"%.80s\" has no value in any row",
                        column->name);
    if (column->currencies)
      return dc_fail_at(m->error, DC_E_INPUT, m->ask->file, 0, 0,
                        "column \"%.80s\" holds amounts in several currencies, which do not add up; convert them first",
                        column->name);
    dc_recipe_column *made = &m->r->columns[m->r->n_columns];
    *made = (dc_recipe_column){.name = copy(m, column->name), .type = type_of(column)};
    if (!made->name) return no_memory(m);
    m->at[found] = (uint32_t)m->r->n_columns++;
  }
  *place = m->at[found];
  return DC_OK;
}

/* A column that an option names. */
static dc_status use_option(making *m, const char *option, const char *name, bool levels, uint32_t *place)
{
  *place = DC_NO_COLUMN;
  if (!name) return DC_OK;
  int found = find(m->table, name);
  const char *near = found < 0 ? nearest(m->table, name) : NULL;
  if (found < 0)
    return dc_fail_at(m->error, DC_E_USAGE, m->ask->file, 0, 0, "%s %.80s: no such column%s%.80s%s", option, name,
                      near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
  dc_status status = use(m, found, place);
  if (status != DC_OK) return status;
  if (levels)
    m->r->columns[*place].leveled = true;
  else if (m->r->columns[*place].type == DC_TYPE_CATEGORY)
    return dc_fail_at(m->error, DC_E_INPUT, m->ask->file, 0, 0, "%s %.80s: the column holds words, not numbers", option,
                      name);
  return DC_OK;
}

/* A variable of a formula. */
static dc_status use_variable(making *m, const dc_formula *f, const dc_variable *v, bool levels, dc_recipe_part *part)
{
  int found = find(m->table, v->column);
  const char *near = found < 0 ? nearest(m->table, v->column) : NULL;
  if (found < 0)
    return dc_formula_fail(f, v->at, m->error, "no column \"%.80s\"%s%.80s%s", v->column,
                           near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
  *part = (dc_recipe_part){.transform = v->transform, .power = v->power};
  dc_status status = use(m, found, &part->column);
  if (status != DC_OK) return status;
  if (m->has_response && part->column == m->r->response.column)
    return dc_formula_fail(f, v->at, m->error, "column \"%.80s\" is the target and cannot explain itself",
                           m->r->columns[part->column].name);
  dc_recipe_column *column = &m->r->columns[part->column];
  bool words = column->type == DC_TYPE_CATEGORY;
  if (words && v->transform != DC_AS_IS)
    return dc_formula_fail(f, v->at, m->error, "column \"%.80s\" holds words, not numbers", column->name);
  part->factor = levels || v->factor || words;
  if (!part->factor) return DC_OK;
  if (column->type == DC_TYPE_INSTANT)
    return dc_formula_fail(f, v->at, m->error, "column \"%.80s\" holds instants, which are no levels", column->name);
  column->leveled = true;
  if (!v->reference) return DC_OK;
  if (column->asked && strcmp(column->asked, v->reference) != 0)
    return dc_formula_fail(f, v->at, m->error, "another reference than before: \"%.60s\"", column->asked);
  column->asked = copy(m, v->reference);
  return column->asked ? DC_OK : no_memory(m);
}

static dc_recipe_term *new_term(making *m, const char *name, size_t n_parts)
{
  dc_recipe_term *term = &m->r->terms[m->r->n_terms];
  *term = (dc_recipe_term){.name = copy(m, name), .n_parts = n_parts, .reference = DC_NO_REFERENCE};
  term->parts = dc_arena_alloc(m->r->arena, n_parts, sizeof *term->parts);
  if (!term->name || !term->parts) return NULL;
  m->r->n_terms++;
  return term;
}

static dc_status add_product(making *m, const dc_formula *f, const dc_formula_term *from)
{
  dc_recipe_term *term = new_term(m, from->name, from->n);
  bool levels = false, numbers = false;
  if (!term) return no_memory(m);
  for (size_t i = 0; i < from->n; i++) {
    dc_status status = use_variable(m, f, &from->variables[i], false, &term->parts[i]);
    if (status != DC_OK) return status;
    levels |= term->parts[i].factor;
    numbers |= !term->parts[i].factor;
  }
  term->kind = !levels ? DC_TERM_NUMBER : numbers ? DC_TERM_SLOPES : DC_TERM_FACTOR;
  return DC_OK;
}

static dc_status add_special(making *m, const dc_formula *f, const dc_formula_term *from)
{
  dc_recipe_part *part = from->kind == DC_FORMULA_OFFSET ? &m->r->offsets[m->r->n_offsets] : NULL;
  if (!part) {
    dc_recipe_term *term = new_term(m, from->name, 1);
    if (!term) return no_memory(m);
    term->kind = DC_TERM_SMOOTH;
    term->basis = from->basis;
    part = term->parts;
  }
  dc_status status = use_variable(m, f, from->variables, false, part);
  if (status == DC_OK && part->factor)
    return dc_formula_fail(f, from->at, m->error, "column \"%.80s\" holds words, not numbers",
                           m->r->columns[part->column].name);
  m->r->n_offsets += from->kind == DC_FORMULA_OFFSET;
  return status;
}

static dc_status add_effect(making *m, const dc_formula *f, const dc_formula_term *from)
{
  dc_recipe_term *term = new_term(m, from->name, from->n);
  if (!term) return no_memory(m);
  term->kind = DC_TERM_EFFECT;
  term->no_intercept = from->no_intercept;
  for (size_t i = 0; i < from->n; i++) {
    dc_status status = use_variable(m, f, &from->variables[i], i >= from->n_slopes, &term->parts[i]);
    if (status != DC_OK) return status;
    if (i < from->n_slopes && term->parts[i].factor)
      return dc_formula_fail(f, from->variables[i].at, m->error,
                             "a slope is a number, and column \"%.80s\" holds words", from->variables[i].column);
    term->parts[i].full = i >= from->n_slopes;
  }
  return DC_OK;
}

/* Is there a product of the same parts already, or is it to be taken away? */
static bool has_column(const making *m, const dc_formula *f, const char *name)
{
  for (size_t t = 0; t < f->n_terms; t++) {
    const dc_formula_term *term = &f->terms[t];
    if (term->kind == DC_FORMULA_PRODUCT && term->n == 1 && find(m->table, term->variables->column) >= 0 &&
        dc_text_same(m->table->columns[find(m->table, term->variables->column)].name, name))
      return true;
  }
  return false;
}

/* A column that `.` stands for: x or, of many levels, (1 | x). */
static dc_status add_other(making *m, const dc_formula *f, const char *name, bool many)
{
  dc_variable v = {.name = name, .column = name};
  dc_formula_term one = {.kind = DC_FORMULA_PRODUCT, .name = name, .n = 1, .variables = &v};
  if (!many) return add_product(m, f, &one);
  size_t room = strlen(name) + sizeof "(1 | )";
  char *effect = dc_arena_alloc(m->r->arena, room, 1);
  if (!effect) return no_memory(m);
  snprintf(effect, room, "(1 | %s)", name);
  one.kind = DC_FORMULA_EFFECT;
  one.name = effect;
  return add_effect(m, f, &one);
}

/* Every column that has no other part and can be used. */
static dc_status add_rest(making *m, const dc_formula *f)
{
  for (size_t c = 0; c < m->table->n_columns; c++) {
    const dc_column *column = &m->table->columns[c];
    if (m->at[c] != DC_NO_COLUMN || has_column(m, f, column->name)) continue;
    const char *why = dc_rest_why_not(m->table, column);
    bool many = column->type == DC_TYPE_CATEGORY && column->n_words > DC_REST_LEVELS + 1;
    if (!why && many && !m->ask->wants_effects && !m->ask->takes_missing) why = "it has more than 50 levels";
    if (why) {
      if (m->left_out) m->left_out(m->context, column->name, why);
      continue;
    }
    dc_status status = add_other(m, f, column->name, many && m->ask->wants_effects);
    if (status != DC_OK) return status;
  }
  return DC_OK;
}

static bool is_removed(const dc_formula *f, const dc_formula_term *term)
{
  for (size_t t = 0; t < f->n_terms; t++)
    if (f->terms[t].removed && dc_formula_same(&f->terms[t], term)) return true;
  return false;
}

static dc_status add_terms(making *m)
{
  const dc_formula *f = m->ask->formula;
  bool rest = false;
  dc_status status = DC_OK;
  m->r->intercept = f->intercept;
  for (size_t t = 0; t < f->n_terms && status == DC_OK; t++) {
    const dc_formula_term *term = &f->terms[t];
    rest |= term->kind == DC_FORMULA_REST;
    if (term->kind == DC_FORMULA_REST || term->removed || is_removed(f, term)) continue;
    if (term->kind == DC_FORMULA_PRODUCT) status = add_product(m, f, term);
    if (term->kind == DC_FORMULA_EFFECT) status = add_effect(m, f, term);
    if (term->kind == DC_FORMULA_SMOOTH || term->kind == DC_FORMULA_OFFSET) status = add_special(m, f, term);
  }
  return status == DC_OK && rest ? add_rest(m, f) : status;
}

/* The factor parts of a term but one, as a term of its own: is it in the model? Of a single factor that is the intercept. */
static bool has_margin(const dc_recipe *r, const dc_recipe_term *term, size_t without)
{
  if (term->n_parts == 1) return r->intercept;
  for (size_t t = 0; t < r->n_terms; t++) {
    const dc_recipe_term *other = &r->terms[t];
    if (other->n_parts + 1 != term->n_parts || other->kind == DC_TERM_SMOOTH || other->kind == DC_TERM_EFFECT) continue;
    size_t found = 0;
    for (size_t i = 0; i < term->n_parts; i++)
      for (size_t j = 0; j < other->n_parts && i != without; j++) {
        const dc_recipe_part *a = &term->parts[i], *b = &other->parts[j];
        found += a->column == b->column && a->transform == b->transform && a->power == b->power &&
                 a->factor == b->factor;
      }
    if (found + 1 == term->n_parts) return true;
  }
  return false;
}

/* A factor has a column for each level but the reference where what is left of its term without it is in the model, otherwise
 * for all (as R codes them; Chambers and Hastie 1992, section 2.4.2). Without an intercept the first factor has all. */
static void code_factors(dc_recipe *r)
{
  bool whole = r->intercept;
  for (size_t t = 0; t < r->n_terms; t++) {
    dc_recipe_term *term = &r->terms[t];
    if (term->kind != DC_TERM_FACTOR && term->kind != DC_TERM_SLOPES) continue;
    bool reference = false;
    for (size_t i = 0; i < term->n_parts; i++) {
      if (!term->parts[i].factor) continue;
      bool margin = term->n_parts == 1 ? whole : has_margin(r, term, i);
      term->parts[i].full = !margin;
      reference |= margin;
    }
    /* With an intercept the cells of levels alone add up to it. */
    bool alone = term->kind == DC_TERM_FACTOR && r->intercept;
    if (term->kind == DC_TERM_FACTOR) whole = true;
    term->reference = reference || alone ? 0 : DC_NO_REFERENCE;
    if (term->kind == DC_TERM_FACTOR && term->reference == DC_NO_REFERENCE) term->kind = DC_TERM_SLOPES;
  }
}

static dc_status add_response(making *m)
{
  const dc_recipe_request *ask = m->ask;
  const dc_formula_term *term = &ask->target->terms[0];
  dc_recipe *r = m->r;
  dc_status status = use_variable(m, ask->target, term->variables, ask->wants_category, &r->response);
  if (status != DC_OK) return status;
  m->has_response = true;
  if (term->variables->transform != DC_AS_IS && term->variables->transform != DC_LOG)
    return dc_formula_fail(ask->target, 0, m->error, "of transforms a response can only have log(y)");
  if (!r->response.factor) return DC_OK;
  r->has_category = ask->wants_category;
  r->is_chance = !ask->wants_category;
  if (ask->wants_category || ask->wants_chance) return DC_OK;
  return dc_fail_at(m->error, DC_E_INPUT, ask->file, 0, 0,
                    "--target %.80s: the column holds words, and the model takes numbers",
                    r->columns[r->response.column].name);
}

static dc_status make(making *m)
{
  const dc_recipe_request *ask = m->ask;
  dc_recipe *r = m->r;
  uint32_t offset = DC_NO_COLUMN;
  size_t n = m->table->n_columns, terms = ask->formula->n_terms + n + 1;
  r->columns = dc_arena_alloc(r->arena, n + 1, sizeof *r->columns);
  r->terms = dc_arena_alloc(r->arena, terms, sizeof *r->terms);
  r->offsets = dc_arena_alloc(r->arena, terms, sizeof *r->offsets);
  m->at = dc_arena_alloc(r->arena, n + 1, sizeof *m->at);
  r->formula = copy(m, ask->formula->text);
  r->target = copy(m, ask->target->text);
  if (!r->columns || !r->terms || !r->offsets || !m->at || !r->formula || !r->target) return no_memory(m);
  for (size_t c = 0; c < n; c++) m->at[c] = DC_NO_COLUMN;
  r->takes_missing = ask->takes_missing;
  dc_status status = add_response(m);
  if (status == DC_OK) status = use_option(m, "--trials", ask->trials, false, &r->trials);
  if (status == DC_OK) status = use_option(m, "--weights", ask->weights, false, &r->weights);
  if (status == DC_OK) status = use_option(m, "--cluster", ask->cluster, true, &r->cluster);
  if (status == DC_OK) status = use_option(m, "--time", ask->time, false, &r->time);
  if (status == DC_OK) status = use_option(m, "--id", ask->id, true, &r->id);
  if (status == DC_OK && r->id != DC_NO_COLUMN) r->columns[r->id].leveled = r->id == r->cluster;
  if (status == DC_OK) status = use_option(m, "--offset", ask->offset, false, &offset);
  if (status == DC_OK && offset == r->response.column)
    return dc_fail_at(m->error, DC_E_USAGE, ask->file, 0, 0, "--offset %.80s: the column is the target", ask->offset);
  if (status == DC_OK && offset != DC_NO_COLUMN) r->offsets[r->n_offsets++] = (dc_recipe_part){.column = offset};
  if (status == DC_OK) status = add_terms(m);
  if (status == DC_OK) code_factors(r);
  return status;
}

dc_status dc_recipe_new(const dc_recipe_request *request, const dc_table *table, dc_recipe_left_out *left_out,
                        void *context, dc_recipe **recipe, dc_error *error)
{
  dc_recipe *r = calloc(1, sizeof *r);
  if (r) r->arena = dc_arena_new();
  making m = {.ask = request, .table = table, .r = r, .left_out = left_out, .context = context, .error = error};
  dc_status status = r && r->arena ? make(&m) : no_memory(&m);
  if (status == DC_OK)
    *recipe = r;
  else
    dc_recipe_free(r);
  return status;
}

void dc_recipe_free(dc_recipe *recipe)
{
  if (!recipe) return;
  dc_arena_free(recipe->arena);
  free(recipe);
}

bool dc_recipe_predicts(const dc_recipe *r, size_t column)
{
  for (size_t t = 0; t < r->n_terms; t++)
    for (size_t i = 0; i < r->terms[t].n_parts; i++)
      if (r->terms[t].parts[i].column == column) return true;
  for (size_t k = 0; k < r->n_offsets; k++)
    if (r->offsets[k].column == column) return true;
  return false;
}

bool dc_recipe_needs(const dc_recipe *r, size_t column)
{
  for (size_t k = 0; k < r->n_offsets; k++)
    if (r->offsets[k].column == column) return true;
  return !r->takes_missing && dc_recipe_predicts(r, column);
}

dc_status dc_recipe_match(const dc_recipe *r, const dc_table *table, const char *file, int *column, dc_error *error)
{
  for (size_t c = 0; c < r->n_columns; c++) {
    column[c] = find(table, r->columns[c].name);
    if (column[c] >= 0 || !dc_recipe_predicts(r, c)) continue;
    const char *near = nearest(table, r->columns[c].name);
    return dc_fail_at(error, DC_E_INPUT, file, 0, 0, "no column \"%.80s\", which the model needs%s%.80s%s",
                      r->columns[c].name, near ? "; there is \"" : "", near ? near : "", near ? "\"" : "");
  }
  return DC_OK;
}
