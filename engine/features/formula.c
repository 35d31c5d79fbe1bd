/* A recursive descent over bytes: sum of terms, terms of variables joined by * and :, variables of a name and what is done
 * to it. Wilkinson and Rogers 1973, Symbolic description of factorial models for analysis of variance. */
#include "engine/features/formula.h"

#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/ingest/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_BYTES = 1024, SUBSETS = 5 };

typedef struct parser {
  dc_formula *f;
  size_t at, capacity;
  dc_error *error;
} parser;

/* The variables of a:b, and of its groups in a*b:c. */
typedef struct product {
  size_t n, groups;
  dc_variable variables[DC_FORMULA_FACTORS];
  size_t group[DC_FORMULA_FACTORS];
} product;

static dc_status no_memory(const parser *p) { return dc_fail_memory(p->error, "reading a formula"); }

static char look(parser *p)
{
  while (p->f->text[p->at] == ' ' || (p->f->text[p->at] >= '\t' && p->f->text[p->at] <= '\r')) p->at++;
  return p->f->text[p->at];
}

static bool take(parser *p, char c)
{
  if (look(p) != c) return false;
  p->at++;
  return true;
}

static dc_status want(parser *p, char c, const char *what)
{
  if (take(p, c)) return DC_OK;
  return dc_formula_fail(p->f, p->at, p->error, "a '%c' is missing here, %s", c, what);
}

static bool begins_name(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool in_name(char c) { return begins_name(c) || (c >= '0' && c <= '9') || c == '.'; }

static bool is_quote(char c) { return c == '`' || c == '"' || c == '\''; }

/* The text between quotes, or up to what ends a bare word. */
static dc_status read_quoted(parser *p, const char **word)
{
  const char *text = p->f->text;
  char mark = text[p->at], made[WORD_BYTES];
  size_t begin = p->at++, n = 0;
  for (;; p->at++) {
    if (!text[p->at]) return dc_formula_fail(p->f, begin, p->error, "this %c is never closed", mark);
    if (text[p->at] == mark && text[p->at + 1] != mark) break;
    if (text[p->at] == mark) p->at++;
    if (n + 1 == sizeof made) return dc_formula_fail(p->f, begin, p->error, "a name of more than %d bytes", WORD_BYTES);
    made[n++] = text[p->at];
  }
  p->at++;
  if (!n) return dc_formula_fail(p->f, begin, p->error, "an empty name");
  *word = dc_arena_copy(p->f->arena, made, n);
  return *word ? DC_OK : no_memory(p);
}

static dc_status read_name(parser *p, const char **name)
{
  char c = look(p);
  size_t begin = p->at;
  if (is_quote(c)) return read_quoted(p, name);
  if (!begins_name(c)) {
    if (!c) return dc_formula_fail(p->f, p->at, p->error, "a column is missing");
    return dc_formula_fail(p->f, p->at, p->error,
                           "a column was expected; names with blanks or other signs stand between ` and `");
  }
  while (in_name(p->f->text[p->at])) p->at++;
  if (p->at - begin >= WORD_BYTES)
    return dc_formula_fail(p->f, begin, p->error, "a name of more than %d bytes", WORD_BYTES);
  *name = dc_arena_copy(p->f->arena, p->f->text + begin, p->at - begin);
  return *name ? DC_OK : no_memory(p);
}

/* "[ref=Level]" */
static dc_status read_reference(parser *p, dc_variable *v)
{
  const char *word = NULL;
  size_t begin = p->at;
  if (!take(p, '[')) return DC_OK;
  dc_status status = begins_name(look(p)) ? read_name(p, &word) : DC_OK;
  if (status != DC_OK) return status;
  if (!word || strcmp(word, "ref") != 0)
    return dc_formula_fail(p->f, begin, p->error, "what stands between [ and ] is ref=Level");
  status = want(p, '=', "as in f[ref=Level]");
  if (status != DC_OK) return status;
  if (is_quote(look(p))) {
    status = read_quoted(p, &v->reference);
  } else {
    size_t from = p->at, length = strcspn(p->f->text + from, "]");
    const char *level = dc_text_trim(p->f->text + from, &length);
    if (!length) return dc_formula_fail(p->f, from, p->error, "a level is missing, as in f[ref=Level]");
    p->at = from + strcspn(p->f->text + from, "]");
    v->reference = dc_arena_copy(p->f->arena, level, length);
    if (!v->reference) status = no_memory(p);
  }
  v->factor = true;
  return status == DC_OK ? want(p, ']', "behind the level") : status;
}

/* "^2" */
static dc_status read_power(parser *p, dc_variable *v)
{
  if (!take(p, '^')) return DC_OK;
  look(p);
  size_t begin = p->at, length = strspn(p->f->text + begin, "-.0123456789");
  dc_number_style style = {.decimal = DC_DECIMAL_POINT};
  dc_number_cell cell;
  if (!length || !dc_number_read(p->f->text + begin, length, &style, &cell))
    return dc_formula_fail(p->f, begin, p->error, "a number is missing, as in x^2");
  if (v->transform != DC_AS_IS || v->factor)
    return dc_formula_fail(p->f, v->at, p->error, "only a column itself can have a power, as in x^2");
  p->at += length;
  v->transform = DC_POWER;
  v->power = cell.value;
  return DC_OK;
}

static dc_status name_variable(parser *p, dc_variable *v, bool in_factor)
{
  char text[WORD_BYTES + 64];
  int n;
  if (in_factor)
    n = snprintf(text, sizeof text, "factor(%s)", v->column);
  else if (v->transform == DC_POWER)
    n = snprintf(text, sizeof text, "%s^%.6g", v->column, v->power);
  else if (v->transform != DC_AS_IS)
    n = snprintf(text, sizeof text, "%s(%s)", dc_transform_name(v->transform), v->column);
  else
    n = snprintf(text, sizeof text, "%s", v->column);
  v->name = dc_arena_copy(p->f->arena, text, (size_t)n);
  return v->name ? DC_OK : no_memory(p);
}

/* The function that a name before '(' is: a transform, DC_TRANSFORMS for factor. */
static dc_status find_function(parser *p, size_t at, const char *name, dc_transform *found)
{
  static const char *const known[] = {"log", "log1p", "sqrt", "factor", "s", "offset"};
  for (int t = DC_LOG; t <= DC_SQRT; t++)
    if (strcmp(name, dc_transform_name((dc_transform)t)) == 0) *found = (dc_transform)t;
  if (strcmp(name, "factor") == 0) *found = DC_TRANSFORMS;
  if (*found != DC_AS_IS) return DC_OK;
  if (strcmp(name, "s") == 0 || strcmp(name, "offset") == 0)
    return dc_formula_fail(p->f, at, p->error, "%s(...) is a term of its own and cannot be part of another", name);
  const char *near = dc_text_nearest(name, known, sizeof known / sizeof *known);
  return dc_formula_fail(p->f, at, p->error, "there is no function %.60s; %s%s%s", name, near ? "did you mean " : "",
                         near ? near : "there are log, log1p, sqrt, factor, s, offset", near ? "?" : "");
}

static dc_status read_variable(parser *p, dc_variable *v)
{
  *v = (dc_variable){.name = NULL};
  bool quoted = is_quote(look(p)), in_factor = false;
  v->at = p->at;
  dc_status status = read_name(p, &v->column);
  if (status == DC_OK && !quoted && look(p) == '(') {
    dc_transform found = DC_AS_IS;
    status = find_function(p, v->at, v->column, &found);
    if (status != DC_OK) return status;
    p->at++;
    status = read_name(p, &v->column);
    if (status == DC_OK) status = want(p, ')', "behind the column");
    in_factor = v->factor = found == DC_TRANSFORMS;
    if (!in_factor) v->transform = found;
  }
  if (status == DC_OK && v->transform == DC_AS_IS) status = read_reference(p, v);
  if (status == DC_OK) status = read_power(p, v);
  return status == DC_OK ? name_variable(p, v, in_factor) : status;
}

/* "a:b" */
static const char *join_names(const parser *p, const dc_variable *variables, size_t n)
{
  size_t room = 1, used = 0;
  for (size_t i = 0; i < n; i++) room += strlen(variables[i].name) + 1;
  char *made = dc_arena_alloc(p->f->arena, room, 1);
  for (size_t i = 0; i < n && made; i++)
    used += (size_t)snprintf(made + used, room - used, "%s%s", i ? ":" : "", variables[i].name);
  return made;
}

static dc_status add_term(parser *p, const dc_formula_term *term)
{
  dc_formula *f = p->f;
  for (size_t t = 0; t < f->n_terms; t++)
    if (f->terms[t].removed == term->removed && dc_formula_same(&f->terms[t], term)) return DC_OK;
  if (f->n_terms == DC_FORMULA_TERMS)
    return dc_formula_fail(f, term->at, p->error, "more than %d terms", DC_FORMULA_TERMS);
  if (f->n_terms == p->capacity) {
    size_t capacity = p->capacity ? 2 * p->capacity : 16;
    dc_formula_term *terms = dc_arena_alloc(f->arena, capacity, sizeof *terms);
    if (!terms) return no_memory(p);
    if (f->n_terms) memcpy(terms, f->terms, f->n_terms * sizeof *terms);
    f->terms = terms;
    p->capacity = capacity;
  }
  f->terms[f->n_terms++] = *term;
  return DC_OK;
}

/* Of a product the variables in the chosen groups. */
static dc_status add_product(parser *p, const product *all, unsigned chosen, size_t at, bool removed)
{
  dc_formula_term term = {.kind = DC_FORMULA_PRODUCT, .at = at, .removed = removed};
  term.variables = dc_arena_alloc(p->f->arena, all->n, sizeof *term.variables);
  if (!term.variables) return no_memory(p);
  for (size_t i = 0; i < all->n; i++) {
    bool twice = false;
    for (size_t j = 0; j < term.n; j++) twice |= dc_variable_same(&term.variables[j], &all->variables[i]);
    if ((chosen >> all->group[i] & 1) && !twice) term.variables[term.n++] = all->variables[i];
  }
  term.name = join_names(p, term.variables, term.n);
  return term.name ? add_term(p, &term) : no_memory(p);
}

/* a*b*c: single ones first, then pairs, ... */
static dc_status add_products(parser *p, const product *all, size_t at, bool removed)
{
  dc_status status = DC_OK;
  for (size_t degree = 1; degree <= all->groups; degree++)
    for (unsigned chosen = 1; chosen < 1u << all->groups && status == DC_OK; chosen++) {
      size_t size = 0;
      for (size_t g = 0; g < all->groups; g++) size += chosen >> g & 1;
      if (size == degree) status = add_product(p, all, chosen, at, removed);
    }
  return status;
}

static dc_status read_product(parser *p, bool removed)
{
  product all = {.groups = 1};
  look(p);
  size_t at = p->at;
  for (;;) {
    if (all.n == DC_FORMULA_FACTORS || all.groups > SUBSETS)
      return dc_formula_fail(p->f, at, p->error, "too many columns in one term");
    dc_status status = read_variable(p, &all.variables[all.n]);
    if (status != DC_OK) return status;
    all.group[all.n++] = all.groups - 1;
    if (take(p, '*'))
      all.groups++;
    else if (!take(p, ':'))
      return add_products(p, &all, at, removed);
  }
}

/* Behind "s(" or "offset(". */
static dc_status read_special(parser *p, dc_formula_kind kind, size_t at, bool removed)
{
  dc_formula_term term = {.kind = kind, .at = at, .removed = removed, .n = 1};
  char text[WORD_BYTES + 64];
  term.variables = dc_arena_alloc(p->f->arena, 1, sizeof *term.variables);
  if (!term.variables) return no_memory(p);
  dc_status status = read_variable(p, term.variables);
  if (status == DC_OK && kind == DC_FORMULA_SMOOTH && take(p, ',')) {
    look(p);
    char *end;
    long basis = strtol(p->f->text + p->at, &end, 10);
    if (basis < 4 || basis > DC_SMOOTH_MOST || !strchr(" )", *end) || !*end)
      return dc_formula_fail(p->f, p->at, p->error, "a smooth takes 4 to 1000 functions, as in s(x, 20)");
    p->at = (size_t)(end - p->f->text);
    term.basis = (size_t)basis;
  }
  if (status == DC_OK) status = want(p, ')', "behind the column");
  if (status != DC_OK) return status;
  if (term.variables->factor)
    return dc_formula_fail(p->f, at, p->error, "%s takes a number, not levels",
                           kind == DC_FORMULA_SMOOTH ? "s()" : "offset()");
  int n = snprintf(text, sizeof text, "%s(%s)", kind == DC_FORMULA_SMOOTH ? "s" : "offset", term.variables->name);
  term.name = dc_arena_copy(p->f->arena, text, (size_t)n);
  return term.name ? add_term(p, &term) : no_memory(p);
}

static dc_status name_effect(parser *p, dc_formula_term *term)
{
  char text[WORD_BYTES * (DC_FORMULA_FACTORS + 1)];
  size_t used = 0;
  used += (size_t)snprintf(text, sizeof text, "(%s", term->no_intercept ? "0" : term->n_slopes ? "" : "1");
  for (size_t i = 0; i < term->n && used < sizeof text; i++) {
    bool first = i == 0 && !term->no_intercept && term->n_slopes;
    const char *between = i == term->n_slopes ? " | " : i > term->n_slopes ? ":" : first ? "" : " + ";
    used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", between, term->variables[i].name);
  }
  if (used + 2 < sizeof text) used += (size_t)snprintf(text + used, sizeof text - used, ")");
  if (used >= sizeof text) return dc_formula_fail(p->f, term->at, p->error, "names that are too long");
  term->name = dc_arena_copy(p->f->arena, text, used);
  return term->name ? DC_OK : no_memory(p);
}

/* What stands before the bar: 1, 0, slopes. */
static dc_status read_slopes(parser *p, dc_formula_term *term)
{
  do {
    if (take(p, '1')) continue;
    if (take(p, '0')) {
      term->no_intercept = true;
      continue;
    }
    if (term->n + 1 >= DC_FORMULA_FACTORS) return dc_formula_fail(p->f, term->at, p->error, "too many slopes");
    dc_status status = read_variable(p, &term->variables[term->n]);
    if (status != DC_OK) return status;
    if (term->variables[term->n].factor)
      return dc_formula_fail(p->f, term->variables[term->n].at, p->error, "a slope is a number, not levels");
    term->n++;
  } while (take(p, '+'));
  term->n_slopes = term->n;
  return DC_OK;
}

/* Behind "(". */
static dc_status read_effect(parser *p, size_t at, bool removed)
{
  dc_formula_term term = {.kind = DC_FORMULA_EFFECT, .at = at, .removed = removed};
  term.variables = dc_arena_alloc(p->f->arena, DC_FORMULA_FACTORS, sizeof *term.variables);
  if (!term.variables) return no_memory(p);
  dc_status status = read_slopes(p, &term);
  if (status == DC_OK) status = want(p, '|', "as in (1 | f)");
  if (status != DC_OK) return status;
  if (term.no_intercept && !term.n_slopes)
    return dc_formula_fail(p->f, at, p->error, "nothing stands before the bar: (1 | f), (x | f) or (0 + x | f)");
  do {
    if (term.n == DC_FORMULA_FACTORS) return dc_formula_fail(p->f, at, p->error, "too many columns in one term");
    dc_variable *group = &term.variables[term.n];
    status = read_variable(p, group);
    if (status != DC_OK) return status;
    if (group->transform != DC_AS_IS || group->reference)
      return dc_formula_fail(p->f, group->at, p->error, "behind the bar stand columns of levels, as they are");
    group->factor = true;
    term.n++;
  } while (take(p, ':'));
  status = want(p, ')', "behind (... | f");
  if (status == DC_OK) status = name_effect(p, &term);
  return status == DC_OK ? add_term(p, &term) : status;
}

/* "s(" and "offset(" ahead? Then behind it. */
static bool take_function(parser *p, const char *name)
{
  size_t length = strlen(name), at = p->at;
  look(p);
  if (strncmp(p->f->text + p->at, name, length) == 0) {
    p->at += length;
    if (take(p, '(')) return true;
  }
  p->at = at;
  return false;
}

/* 0 or 1, as far as the number goes. */
static dc_status read_constant(parser *p, bool minus)
{
  const char *text = p->f->text + p->at;
  if (strspn(text, "0123456789.") != 1 || *text > '1' || in_name(text[1]))
    return dc_formula_fail(p->f, p->at, p->error,
                           "of numbers only 0 and 1 can be terms: without and with an intercept");
  p->f->intercept = (*text == '1') != minus;
  p->at++;
  return DC_OK;
}

static dc_status read_term(parser *p, bool minus)
{
  char c = look(p);
  size_t at = p->at;
  if (c >= '0' && c <= '9') return read_constant(p, minus);
  if (c == '.') {
    p->at++;
    if (minus) return dc_formula_fail(p->f, at, p->error, "all other columns cannot be taken away");
    return add_term(p, &(dc_formula_term){.kind = DC_FORMULA_REST, .name = ".", .at = at});
  }
  if (c == '(') {
    p->at++;
    return read_effect(p, at, minus);
  }
  if (take_function(p, "s")) return read_special(p, DC_FORMULA_SMOOTH, at, minus);
  if (take_function(p, "offset")) return read_special(p, DC_FORMULA_OFFSET, at, minus);
  return read_product(p, minus);
}

static dc_status read_sum(parser *p)
{
  bool minus = take(p, '-');
  for (;;) {
    dc_status status = read_term(p, minus);
    if (status != DC_OK) return status;
    if (take(p, '-'))
      minus = true;
    else if (take(p, '+'))
      minus = false;
    else
      break;
  }
  if (look(p) == '~')
    return dc_formula_fail(p->f, p->at, p->error, "the response is given by --target; only terms stand here");
  return look(p) ? dc_formula_fail(p->f, p->at, p->error, "+ or the end was expected here") : DC_OK;
}

static dc_status begin(const char *option, const char *const *parts, size_t n, parser *p)
{
  size_t room = 1, used = 0;
  for (size_t k = 0; k < n; k++) room += strlen(parts[k]) + 3;
  if (room > DC_FORMULA_BYTES)
    return dc_fail(p->error, DC_E_USAGE, "%s: a formula of more than %d bytes", option, DC_FORMULA_BYTES);
  p->f = calloc(1, sizeof *p->f);
  if (p->f) p->f->arena = dc_arena_new();
  char *text = p->f && p->f->arena ? dc_arena_alloc(p->f->arena, room, 1) : NULL;
  if (!text) return no_memory(p);
  for (size_t k = 0; k < n; k++) used += (size_t)snprintf(text + used, room - used, "%s%s", k ? " + " : "", parts[k]);
  p->f->text = text;
  p->f->option = option;
  p->f->intercept = true;
  return DC_OK;
}

static dc_status end(parser *p, dc_status status, dc_formula **formula)
{
  if (status == DC_OK)
    *formula = p->f;
  else
    dc_formula_free(p->f);
  return status;
}

dc_status dc_formula_parse(const char *option, const char *const *parts, size_t n, dc_formula **formula,
                           dc_error *error)
{
  parser p = {.error = error};
  dc_status status = begin(option, parts, n, &p);
  if (status == DC_OK && n) status = read_sum(&p);
  return end(&p, status, formula);
}

dc_status dc_formula_parse_one(const char *option, const char *text, dc_formula **formula, dc_error *error)
{
  parser p = {.error = error};
  product one = {.n = 1, .groups = 1};
  dc_status status = begin(option, &text, 1, &p);
  if (status == DC_OK) status = read_variable(&p, &one.variables[0]);
  if (status == DC_OK && look(&p)) status = dc_formula_fail(p.f, p.at, error, "one column was expected, and no more");
  if (status == DC_OK) status = add_product(&p, &one, 1, 0, false);
  return end(&p, status, formula);
}
