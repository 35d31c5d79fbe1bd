/* What there is to formulas beyond reading them. */
#include "engine/base/arena.h"
#include "engine/features/formula.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_BYTES = 40 };

static const char *const transforms[DC_TRANSFORMS] = {"", "log", "log1p", "sqrt", ""};

void dc_formula_free(dc_formula *formula)
{
  if (!formula) return;
  dc_arena_free(formula->arena);
  free(formula);
}

const char *dc_transform_name(dc_transform transform) { return transforms[transform]; }

double dc_transform_value(dc_transform transform, double power, double x)
{
  switch (transform) {
    case DC_LOG: return log(x);
    case DC_LOG1P: return log1p(x);
    case DC_SQRT: return sqrt(x);
    case DC_POWER: return power == 2 ? x * x : pow(x, power);
    default: return x;
  }
}

dc_status dc_formula_fail(const dc_formula *f, size_t at, dc_error *error, const char *format, ...)
{
  char what[512];
  va_list list;
  va_start(list, format);
  vsnprintf(what, sizeof what, format, list);
  va_end(list);
  size_t length = strlen(f->text + at);
  bool cut = length > SHOWN_BYTES;
  if (cut) /* not in the middle of a character */
    for (length = SHOWN_BYTES; length && ((unsigned char)f->text[at + length] & 0xC0) == 0x80; length--) {
    }
  if (!*(f->text + at)) return dc_fail(error, DC_E_USAGE, "%s, at its end: %s", f->option, what);
  return dc_fail(error, DC_E_USAGE, "%s, at %zu (\"%.*s%s\"): %s", f->option, at + 1, (int)length, f->text + at,
                 cut ? "..." : "", what);
}

bool dc_variable_same(const dc_variable *a, const dc_variable *b)
{
  return a->transform == b->transform && (a->transform != DC_POWER || a->power == b->power) &&
         strcmp(a->column, b->column) == 0 && strcmp(a->name, b->name) == 0;
}

bool dc_formula_same(const dc_formula_term *a, const dc_formula_term *b)
{
  if (a->kind != b->kind || a->n != b->n || a->n_slopes != b->n_slopes || a->no_intercept != b->no_intercept)
    return false;
  for (size_t i = 0; i < a->n; i++) {
    bool found = false;
    for (size_t j = 0; j < b->n; j++)
      found |= (i < a->n_slopes) == (j < b->n_slopes) && dc_variable_same(&a->variables[i], &b->variables[j]);
    if (!found) return false;
  }
  return true;
}
