/* Formulas: what they mean, and where they are wrong. */
#include "engine/features/formula.h"
#include "tests/check.h"

/* "name name ..." of what is not taken away, "-name" of what is. */
static void names_of(const dc_formula *f, char *text, size_t size)
{
  size_t used = 0;
  text[0] = '\0';
  if (!f->intercept) used += (size_t)snprintf(text, size, "0");
  for (size_t t = 0; t < f->n_terms; t++)
    used += (size_t)snprintf(text + used, size - used, "%s%s%s", used ? " " : "", f->terms[t].removed ? "-" : "",
                             f->terms[t].name);
}

static void means(const char *text, const char *expected)
{
  char names[1024];
  dc_formula *f = NULL;
  dc_error error;
  check_ok(dc_formula_parse("--terms", &text, 1, &f, &error), &error);
  names_of(f, names, sizeof names);
  dc_formula_free(f);
  assert_string_equal(names, expected);
}

static void sums_and_products(void **state)
{
  (void)state;
  means("x", "x");
  means(" x+y ", "x y");
  means("x + x + y + x", "x y");
  means("a*b", "a b a:b");
  means("b + a:b + b:a", "b a:b");
  means("a*b*c", "a b c a:b a:c b:c a:b:c");
  means("a*b:c", "a b:c a:b:c");
  means("a:a", "a");
  means("0 + x", "0 x");
  means("x - 1", "0 x");
  means("-1+x", "0 x");
  means("1 + x", "x");
  means("x + 0 + 1", "x");
  means("1", "");
  means("0", "0");
  means(".", ".");
  means(". - id - a:b", ". -id -a:b");
}

static void functions(void **state)
{
  (void)state;
  means("log(x) + log1p(x) + sqrt(x) + x^2 + x^-0.5", "log(x) log1p(x) sqrt(x) x^2 x^-0.5");
  means("log (x)", "log(x)");
  means("log + s + offset", "log s offset");
  means("log(x):f*sqrt(z)", "log(x):f sqrt(z) log(x):f:sqrt(z)");
  means("factor(x) + x", "factor(x) x");
  means("s(x) + s( y , 20 ) + s(log(z))", "s(x) s(y) s(log(z))");
  means("offset(log(exposure))", "offset(log(exposure))");
  means("f[ref=B] + g[ ref = 'the first' ]", "f g");
  means("f[ref=Closed Won]:x", "f:x");
}

static void effects(void **state)
{
  (void)state;
  means("(1|f)", "(1 | f)");
  means("( x | f ) + (1 + x | g)", "(x | f) (x | g)");
  means("(0+x|f)", "(0 + x | f)");
  means("(x + log(z) | f:g)", "(x + log(z) | f:g)");
  const char *text = "(x + log(z) | f:g)";
  dc_formula *f;
  dc_error error;
  check_ok(dc_formula_parse("--terms", &text, 1, &f, &error), &error);
  assert_int_equal(f->terms[0].kind, DC_FORMULA_EFFECT);
  assert_int_equal(f->terms[0].n, 4);
  assert_int_equal(f->terms[0].n_slopes, 2);
  assert_false(f->terms[0].no_intercept);
  assert_int_equal(f->terms[0].variables[1].transform, DC_LOG);
  dc_formula_free(f);
}

static void names_and_places(void **state)
{
  (void)state;
  means("Sepal.Length + _x1", "Sepal.Length _x1");
  means("`Close Date` + \"a+b\" + 'it''s'", "Close Date a+b it's");
}

static void wrong(const char *text, size_t at, const char *part)
{
  char place[64];
  dc_formula *f = NULL;
  dc_error error = {.message = ""};
  check_fails(dc_formula_parse("--terms", &text, 1, &f, &error), DC_E_USAGE, &error);
  assert_null(f);
  if (at)
    snprintf(place, sizeof place, "--terms, at %zu (", at);
  else
    snprintf(place, sizeof place, "--terms, at its end:");
  if (!strstr(error.message, place)) fail_msg("\"%s\": not at %zu: %s", text, at, error.message);
  if (!strstr(error.message, part)) fail_msg("\"%s\": no \"%s\" in: %s", text, part, error.message);
}

static void malformed(void **state)
{
  (void)state;
  wrong("", 0, "a column is missing");
  wrong("x +", 0, "a column is missing");
  wrong("+ x", 1, "a column was expected");
  wrong("x y", 3, "+ or the end");
  wrong("y ~ x", 3, "--target");
  wrong("2", 1, "0 and 1");
  wrong("x + 10", 5, "0 and 1");
  wrong("01", 1, "0 and 1");
  wrong("0x", 1, "0 and 1");
  wrong("exp(x)", 1, "there is no function exp");
  wrong("lg(x)", 1, "did you mean log?");
  wrong("log(log(x))", 8, "')' is missing");
  wrong("log(x", 0, "')' is missing");
  wrong("log()", 5, "a column was expected");
  wrong("s(x, 3)", 6, "4 to 1000");
  wrong("s(x, 2000)", 6, "4 to 1000");
  wrong("s(x, 8q)", 6, "4 to 1000");
  wrong("s(factor(x))", 1, "a number, not levels");
  wrong("x:s(y)", 3, "a term of its own");
  wrong("x^", 0, "as in x^2");
  wrong("x^y", 3, "as in x^2");
  wrong("log(x)^2", 1, "only a column itself");
  wrong("f[B]", 2, "ref=Level");
  wrong("f[ref B]", 7, "'=' is missing");
  wrong("f[ref=]", 7, "a level is missing");
  wrong("f[ref=B", 0, "']' is missing");
  wrong("`Close Date", 1, "never closed");
  wrong("``", 1, "an empty name");
  wrong("(1|f", 0, "')' is missing");
  wrong("(1 f)", 4, "'|' is missing");
  wrong("(0|f)", 1, "nothing stands before the bar");
  wrong("(factor(x)|f)", 2, "a slope is a number");
  wrong("(1|log(f))", 4, "levels, as they are");
  wrong("()", 2, "a column was expected");
  wrong("x - .", 5, "cannot be taken away");
  wrong("a*b*c*d*e*f*g", 1, "too many columns");
  wrong("a:b:c:d:e:f:g:h:i", 1, "too many columns");
  wrong("`log`(x)", 6, "+ or the end"); /* a name in quotes is no function */
  wrong("x & y", 3, "+ or the end");
  wrong("\xF0\x9F\x98\x80(x)", 1, "there is no function");
}

static void limits(void **state)
{
  (void)state;
  enum { LONG = DC_FORMULA_BYTES + 8 };
  char *text = malloc(LONG);
  dc_formula *f = NULL;
  dc_error error;
  assert_non_null(text);
  memset(text, 'x', LONG - 1);
  text[LONG - 1] = '\0';
  const char *part = text;
  check_fails(dc_formula_parse("--terms", &part, 1, &f, &error), DC_E_USAGE, &error);
  text[3000] = '\0';
  check_fails(dc_formula_parse("--terms", &part, 1, &f, &error), DC_E_USAGE, &error);
  size_t used = 0;
  for (int k = 0; k < DC_FORMULA_TERMS + 1; k++)
    used += (size_t)snprintf(text + used, LONG - used, "%sx%d", k ? "+" : "", k);
  check_fails(dc_formula_parse("--terms", &part, 1, &f, &error), DC_E_USAGE, &error);
  assert_non_null(strstr(error.message, "more than 4096 terms"));
  free(text);
}

/* What is cut off anywhere is read or refused with a place, never more. */
static void pieces(void **state)
{
  (void)state;
  static const char whole[] = "log(x):f[ref='b c']*sqrt(`a``b`) + s(x, 20) - 1 + (0 + x^2 | f:g) + offset(z) - a:b + .";
  char text[sizeof whole];
  size_t read = 0;
  for (size_t n = 0; n < sizeof whole; n++)
    for (size_t from = 0; from <= n; from++) {
      const char *part = text;
      dc_formula *f = NULL;
      dc_error error = {.message = ""};
      memcpy(text, whole + from, n - from);
      text[n - from] = '\0';
      dc_status status = dc_formula_parse("--terms", &part, 1, &f, &error);
      assert_true(status == DC_OK || (status == DC_E_USAGE && error.message[0]));
      read += status == DC_OK;
      dc_formula_free(f);
    }
  assert_true(read > 100);
}

static void responses(void **state)
{
  (void)state;
  dc_formula *f = NULL;
  dc_error error;
  check_ok(dc_formula_parse_one("--target", "log(`Deal Size`)", &f, &error), &error);
  assert_int_equal(f->n_terms, 1);
  assert_string_equal(f->terms[0].variables[0].column, "Deal Size");
  assert_int_equal(f->terms[0].variables[0].transform, DC_LOG);
  dc_formula_free(f);
  check_fails(dc_formula_parse_one("--target", "a:b", &f, &error), DC_E_USAGE, &error);
  check_fails(dc_formula_parse_one("--target", "Deal Size", &f, &error), DC_E_USAGE, &error);
  assert_non_null(strstr(error.message, "--target, at 6 (\"Size\")"));
}

static void transforms(void **state)
{
  (void)state;
  check_close(dc_transform_value(DC_LOG, 0, 10), 2.302585092994046, 1e-15, 0);
  check_close(dc_transform_value(DC_LOG1P, 0, 1e-20), 1e-20, 1e-15, 0);
  check_same(dc_transform_value(DC_SQRT, 0, 9), 3);
  check_same(dc_transform_value(DC_POWER, 2, -3), 9);
  check_same(dc_transform_value(DC_POWER, -1, 4), 0.25);
  check_same(dc_transform_value(DC_AS_IS, 0, 7), 7);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(sums_and_products),
                                     cmocka_unit_test(functions),
                                     cmocka_unit_test(effects),
                                     cmocka_unit_test(names_and_places),
                                     cmocka_unit_test(malformed),
                                     cmocka_unit_test(limits),
                                     cmocka_unit_test(pieces),
                                     cmocka_unit_test(responses),
                                     cmocka_unit_test(transforms)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
