/* The terms of a model as an analyst writes them: "log(amount) + region * product + s(age) + (1 | owner)". */
#ifndef DC_FEATURES_FORMULA_H
#define DC_FEATURES_FORMULA_H

#include "dealcast/error.h"
#include <stdbool.h>
#include <stddef.h>

typedef enum dc_transform { DC_AS_IS, DC_LOG, DC_LOG1P, DC_SQRT, DC_POWER, DC_TRANSFORMS } dc_transform;

/* A column in a term. */
typedef struct dc_variable {
  const char *name;   /* "log(x)": with its transform */
  const char *column; /* "x", without quotes */
  size_t at;          /* where it begins in the formula, in bytes from 0 */
  dc_transform transform;
  double power;          /* POWER: x^power */
  bool factor;           /* factor(x), or it has a reference: levels even of a number */
  const char *reference; /* f[ref=Level]; NULL = the first level */
} dc_variable;

typedef enum dc_formula_kind {
  DC_FORMULA_PRODUCT, /* x, a:b, ... */
  DC_FORMULA_SMOOTH,  /* s(x), s(x, 20) */
  DC_FORMULA_EFFECT,  /* (1 | f), (x | f), (0 + x | f:g) */
  DC_FORMULA_OFFSET,  /* offset(x) */
  DC_FORMULA_REST     /* . : every other column that can be used */
} dc_formula_kind;

typedef struct dc_formula_term {
  dc_formula_kind kind;
  const char *name; /* "a:b" */
  size_t at;
  bool removed; /* "- a:b": such a term is left out wherever it comes from */
  size_t n;
  dc_variable *variables; /* EFFECT: the slopes, then the groups */
  size_t n_slopes;        /* EFFECT */
  bool no_intercept;      /* EFFECT: (0 + x | f) */
  size_t basis;           /* SMOOTH: 0 = not said */
} dc_formula_term;

/* Owns all of its texts. */
typedef struct dc_formula {
  const char *text;
  const char *option; /* for messages: "--terms" */
  bool intercept;
  size_t n_terms;
  dc_formula_term *terms; /* no two are the same; a*b is a, b, a:b */
  struct dc_arena *arena;
} dc_formula;

enum { DC_FORMULA_BYTES = 1 << 16, DC_FORMULA_TERMS = 4096, DC_FORMULA_FACTORS = 8, DC_SMOOTH_MOST = 1000 };

/* parts are joined by +. Terms apart by + (and - for those to be left out): x, a:b, a*b, log(x), log1p(x), sqrt(x), x^2,
 * factor(x), f[ref=Level], s(x), s(x, 20), (1|f), (x|f), (0 + x|f), offset(x), ., 0 or -1 for no intercept. Names are of
 * letters, digits, _ and . ; others stand between ` or quotes, in which a doubled mark is one. No parts: the intercept alone.
 * DC_E_USAGE names the place. */
dc_status dc_formula_parse(const char *option, const char *const *parts, size_t n_parts, dc_formula **formula,
                           dc_error *error) DC_MUST_CHECK;

/* One variable, such as a response: y, log(y), f[ref=Level]. */
dc_status dc_formula_parse_one(const char *option, const char *text, dc_formula **formula,
                               dc_error *error) DC_MUST_CHECK;
void dc_formula_free(dc_formula *formula);

/* The same columns with the same transforms, in any order? */
bool dc_variable_same(const dc_variable *a, const dc_variable *b);
bool dc_formula_same(const dc_formula_term *a, const dc_formula_term *b);

/* "log", ""; the value; its way back is not always there. */
const char *dc_transform_name(dc_transform transform);
double dc_transform_value(dc_transform transform, double power, double x);

/* DC_E_USAGE with the place in the formula. */
dc_status dc_formula_fail(const dc_formula *formula, size_t at, dc_error *error, const char *format, ...)
    DC_PRINTF(4, 5);

#endif
