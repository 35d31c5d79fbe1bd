/* Profile limits and tests of terms: figures of R, and their definition recomputed by fits with an offset. */
#include "tests/check.h"
#include "tests/models/birthwt.h"

/* R 4.2.2: roots (uniroot, tol 1e-14) of glm.fit's deviance with the coefficient as an offset, less the deviance, less
 * qchisq(.95, 1). */
static void test_limits(void **state)
{
  (void)state;
  static const struct {
    const char *name;
    double lower, upper;
  } expected[] = {{"(Intercept)", -1.841202453989, 2.877357374186},
                  {"age", -.1037312566132, .04207587177624},
                  {"race=2", .2416862571057, 2.32603967711},
                  {"ht", .5324184088345, 3.321076059923}};
  birthwt *b = birthwt_read();
  if (!b) skip();
  fitting_option(&b->fitting, "limits", 1);
  dc_fit *fit = fitting_run(&b->fitting);
  double least = 15;
  for (size_t k = 0; k < sizeof expected / sizeof *expected; k++) {
    const dc_coefficient *c = dc_fit_find(fit, expected[k].name);
    assert_non_null(c);
    double one = fmin(digits(c->lower, expected[k].lower), digits(c->upper, expected[k].upper));
    print_message("%s: %.13g %.13g, %.1f digits\n", c->name, c->lower, c->upper, one);
    least = fmin(least, one);
  }
  assert_true(least >= 8.5);
  dc_fit_free(fit);
  birthwt_free(b);
}

/* R 4.2.2: drop1(test = "LRT"), epsilon 1e-15. */
static void test_terms(void **state)
{
  (void)state;
  static const double expected[BIRTHWT_TERMS] = {.6450193200527, 5.519618674187, 7.468005082878, 5.621297777918,
                                                 2.546224091473, 7.520528310339, 2.742291057594, .1421561479311};
  birthwt *b = birthwt_read();
  if (!b) skip();
  fitting_option(&b->fitting, "tests", 1);
  dc_fit *fit = fitting_run(&b->fitting);
  assert_int_equal(fit->n_tests, BIRTHWT_TERMS);
  for (size_t t = 0; t < BIRTHWT_TERMS; t++) {
    const dc_term_test *test = &fit->tests[t];
    assert_string_equal(test->kind, "likelihood ratio");
    assert_int_equal(test->df, t == 2 ? 2 : 1);
    check_close(test->statistic, expected[t], 1e-9, 0);
  }
  check_close(fit->tests[2].p, .023897, 0, 1e-6);
  dc_fit_free(fit);
  birthwt_free(b);
}

/* Wald's test of a column is the square of its z; of a factor it does not depend on the reference. */
static void test_wald(void **state)
{
  (void)state;
  birthwt *b = birthwt_read();
  if (!b) skip();
  dc_fit *fit = fitting_run(&b->fitting);
  const dc_coefficient *age = dc_fit_find(fit, "age");
  assert_int_equal(fit->n_tests, BIRTHWT_TERMS);
  check_close(fit->tests[0].statistic, age->statistic * age->statistic, 1e-10, 0);
  check_close(fit->tests[0].p, age->p, 1e-9, 0);
  b->term[2].reference = 1;
  dc_fit *other = fitting_run(&b->fitting);
  check_close(other->tests[2].statistic, fit->tests[2].statistic, 1e-9, 0);
  dc_fit_free(fit);
  dc_fit_free(other);
  birthwt_free(b);
}

/* Twice the fall of the log posterior (or likelihood) with a column's coefficient as an offset. Scaled: over the dispersion
 * of the whole fit. */
static double fall(const fitting *whole, const dc_fit *fit, size_t column, double value, bool scaled)
{
  size_t n = whole->design.n_rows;
  dc_term rest[8];
  double *offset = calloc(n, sizeof *offset);
  assert_non_null(offset);
  fitting f = *whole;
  f.design.n_terms = 0;
  for (size_t t = 0; t < whole->design.n_terms; t++)
    if (t + 1 != column) rest[f.design.n_terms++] = whole->design.terms[t];
  if (column == 0) f.design.intercept = false;
  for (size_t i = 0; i < n; i++) {
    offset[i] = (whole->design.offset ? whole->design.offset[i] : 0) +
                value * (column ? whole->design.terms[column - 1].number[i] : 1);
  }
  f.design.terms = rest;
  f.design.offset = offset;
  fitting_option(&f, "limits", 0);
  dc_fit *held = fitting_run(&f);
  double by = dc_fit_figure(held, "deviance") - dc_fit_figure(fit, "deviance");
  free(offset);
  dc_fit_free(held);
  return by / (scaled ? dc_fit_figure(fit, "dispersion") : 1);
}

/* Every family, every column, the intercept and numbers far from 0 too. */
static void test_families(void **state)
{
  (void)state;
  enum { N = 120, P = 3 };
  static const char *const families[] = {"binomial", "poisson", "negbin", "gamma"};
  double x[P][N], y[N], offset[N];
  for (int family = 0; family < 4; family++) {
    if (family == 2) continue; /* theta moves with the coefficients in a fit, not along a profile */
    uint64_t z = 88172645463325252u;
    for (size_t i = 0; i < N; i++) {
      double u[P + 1];
      for (size_t k = 0; k <= P; k++) {
        z ^= z << 13;
        z ^= z >> 7;
        z ^= z << 17;
        u[k] = (double)(z >> 11) * 0x1p-53;
      }
      x[0][i] = 2000 + u[0];
      x[1][i] = u[1];
      x[2][i] = u[2] * u[2] * 50;
      offset[i] = u[0] / 7;
      double eta = u[0] - u[1] + .02 * x[2][i];
      y[i] = family == 0   ? u[3] < 1 / (1 + exp(-eta))
             : family == 3 ? exp(eta) * (.2 - log(u[3]))
                           : floor(exp(eta) * 2 * u[3] + .5);
    }
    dc_term term[P] = {{.name = "a", .number = x[0]}, {.name = "b", .number = x[1]}, {.name = "c", .number = x[2]}};
    fitting f = {.model = "glm",
                 .design = {.n_rows = N, .intercept = true, .n_terms = P, .terms = term, .offset = offset},
                 .response = {.name = "y", .y = y}};
    fitting_option(&f, "family", family);
    fitting_option(&f, "link", family == 3 ? 2 : 0);
    fitting_option(&f, "limits", 1);
    dc_fit *fit = fitting_run(&f);
    double reach = family == 3 ? 1.9806260 : 1.95996398454, worst = 0;
    for (size_t k = 0; k <= P; k++) {
      const dc_coefficient *c = &fit->coefficients[k];
      assert_true(c->lower < c->estimate && c->estimate < c->upper);
      worst = fmax(worst, fabs(sqrt(fall(&f, fit, k, c->lower, family == 3)) - reach));
      worst = fmax(worst, fabs(sqrt(fall(&f, fit, k, c->upper, family == 3)) - reach));
    }
    print_message("%s: roots at profile limits within %.1e\n", families[family], worst);
    assert_true(worst < 1e-6);
    dc_fit_free(fit);
  }
}

/* A level that is always won has no upper limit, but it has a lower one. */
static void test_open(void **state)
{
  (void)state;
  enum { N = 60 };
  uint8_t code[N];
  double y[N];
  for (size_t i = 0; i < N; i++) {
    code[i] = (uint8_t)(i % 3);
    y[i] = i % 3 == 1 || i % 4 < 2;
  }
  dc_term term = {.name = "f", .kind = DC_TERM_FACTOR, .codes = {code, 1, 3, NULL}};
  fitting f = {.model = "logistic",
               .design = {.n_rows = N, .intercept = true, .n_terms = 1, .terms = &term},
               .response = {.name = "y", .y = y}};
  fitting_option(&f, "limits", 1);
  fitting_option(&f, "tests", 1);
  dc_fit *fit = fitting_run(&f);
  const dc_coefficient *c = dc_fit_find(fit, "f=1");
  assert_true(isinf(c->upper) && c->upper > 0);
  /* 20 of 20 against 10 of 20: at the limit, the fall by hand */
  double best = INFINITY, b = c->lower, half = 0;
  for (double a = -2; a < 2; a += 1e-5) {
    double won = 1 / (1 + exp(-a - b)), other = 1 / (1 + exp(-a));
    double deviance = -40 * log(won) - 20 * log(other) - 20 * log(1 - other);
    if (deviance < best) best = deviance, half = a;
  }
  print_message("the lower limit of a level always won: %.6f, others at %.4f\n", b, half);
  check_close(best - 40 * log(2), 1.95996398454 * 1.95996398454, 0, 1e-5);
  check_close(fit->tests[0].df, 2, 0, 0);
  dc_fit_free(fit);
}

/* The same bytes for any number of threads, with a prior and without. */
static void test_threads(void **state)
{
  (void)state;
  birthwt *b = birthwt_read();
  if (!b) skip();
  b->fitting.block_rows = 16;
  fitting_option(&b->fitting, "limits", 1);
  fitting_option(&b->fitting, "tests", 1);
  for (int m = 0; m <= 1; m++) {
    fitting_option(&b->fitting, "logf", m);
    b->fitting.threads = 1;
    dc_fit *first = fitting_run(&b->fitting);
    for (int threads = 2; threads <= 7; threads += 5) {
      b->fitting.threads = threads;
      dc_fit *fit = fitting_run(&b->fitting);
      for (size_t k = 0; k < BIRTHWT_COLUMNS; k++) {
        check_same(fit->coefficients[k].estimate, first->coefficients[k].estimate);
        check_same(fit->coefficients[k].lower, first->coefficients[k].lower);
        check_same(fit->coefficients[k].upper, first->coefficients[k].upper);
      }
      for (size_t t = 0; t < BIRTHWT_TERMS; t++) check_same(fit->tests[t].statistic, first->tests[t].statistic);
      dc_fit_free(fit);
    }
    dc_fit_free(first);
  }
  birthwt_free(b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_limits), cmocka_unit_test(test_terms),
                                     cmocka_unit_test(test_wald),   cmocka_unit_test(test_families),
                                     cmocka_unit_test(test_open),   cmocka_unit_test(test_threads)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
