/* Ridge priors by groups: their penalty recomputed, no dependence on the reference, and penalties where the marginal
 * likelihood has its top, recomputed by fits beside it; the spread of simulated effects found again. */
#include "tests/check.h"
#include "tests/models/birthwt.h"

static double chance(double eta) { return eta < 0 ? exp(eta) / (1 + exp(eta)) : 1 / (1 + exp(-eta)); }

/* Score of the log posterior in the numbers' columns, from rows: standardised coefficients with one penalty. */
static void test_fixed(void **state)
{
  (void)state;
  birthwt *b = birthwt_read();
  if (!b) skip();
  double penalty = 3, n = (double)b->csv->rows, worst = 0;
  fitting_option(&b->fitting, "ridge", 2);
  fitting_option(&b->fitting, "ridge-penalty", penalty);
  dc_fit *fit = fitting_run(&b->fitting);
  double levels = (fit->coefficients[3].estimate + fit->coefficients[4].estimate) / 3;
  for (size_t k = 0; k < BIRTHWT_COLUMNS; k++) {
    double variance, score = birthwt_score(b, fit, k, &variance);
    double estimate = fit->coefficients[k].estimate, wanted = 0;
    if (k == 3 || k == 4) {
      wanted = penalty * (estimate - levels);
    } else if (k > 0) {
      wanted = penalty * estimate * variance;
    }
    worst = fmax(worst, fabs(score - wanted) / sqrt(n * (k ? variance : 1)));
  }
  print_message("score less the penalty's: %.1e\n", worst);
  assert_true(worst < 1e-9);
  dc_fit_free(fit);
  birthwt_free(b);
}

static void check_same_fit(const dc_fit *a, const dc_fit *b)
{
  check_close(dc_fit_figure(b, "deviance"), dc_fit_figure(a, "deviance"), 1e-9, 0);
  check_close(dc_fit_figure(b, "df_effective"), dc_fit_figure(a, "df_effective"), 1e-6, 0);
  check_close(dc_fit_find(b, "lwt")->estimate, dc_fit_find(a, "lwt")->estimate, 1e-6, 0);
}

/* Which level is the reference, and the units of numbers, do not matter. */
static void test_reference(void **state)
{
  (void)state;
  birthwt *b = birthwt_read();
  if (!b) skip();
  for (int how = 1; how <= 2; how++) {
    fitting_option(&b->fitting, "ridge", how);
    b->term[2].reference = 0;
    dc_fit *one = fitting_run(&b->fitting);
    b->term[2].reference = 2;
    dc_fit *two = fitting_run(&b->fitting);
    assert_true(one->converged && two->converged);
    check_same_fit(one, two);
    for (size_t k = 0; k < one->n_notes; k++) print_message("%s\n", one->notes[k]);
    dc_fit_free(one);
    dc_fit_free(two);
  }
  birthwt_free(b);
}

enum { N = 4000, LEVELS = 60 };

static double next(uint64_t *z)
{
  *z ^= *z << 13;
  *z ^= *z >> 7;
  *z ^= *z << 17;
  return (double)(*z >> 11) * 0x1p-53;
}

static double normal(uint64_t *z) { return sqrt(-2 * log(1 - next(z))) * cos(6.283185307179586 * next(z)); }

typedef struct sample {
  uint8_t code[N];
  double x[3][N], y[N];
  dc_term term[4];
  fitting fitting;
} sample;

/* Effects of levels with a standard deviation; three numbers, of no effect. */
static sample *draw(uint64_t seed, double sd)
{
  sample *s = calloc(1, sizeof *s);
  assert_non_null(s);
  uint64_t z = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
  double effect[LEVELS];
  for (size_t l = 0; l < LEVELS; l++) effect[l] = sd * normal(&z);
  for (size_t i = 0; i < N; i++) {
    s->code[i] = (uint8_t)(next(&z) * LEVELS);
    for (size_t k = 0; k < 3; k++) s->x[k][i] = normal(&z);
    s->y[i] = next(&z) < chance(-.5 + effect[s->code[i]]);
  }
  static const char *const names[] = {"a", "b", "c"};
  s->term[0] = (dc_term){.name = "rep", .kind = DC_TERM_FACTOR, .codes = {s->code, 1, LEVELS, NULL}};
  for (size_t k = 0; k < 3; k++) s->term[k + 1] = (dc_term){.name = names[k], .number = s->x[k]};
  s->fitting = (fitting){.model = "logistic",
                         .design = {.n_rows = N, .intercept = true, .n_terms = 1, .terms = s->term},
                         .response = {.name = "y", .y = s->y}};
  return s;
}

/* The log marginal likelihood of one factor by Laplace at a penalty, by the levels as independent columns with a sum rule:
 * the intercept integrated too, from the definition on counts of levels. */
static double marginal(const sample *s, double penalty)
{
  double n[LEVELS] = {0}, won[LEVELS] = {0}, u[LEVELS] = {0}, a = 0, value = 0;
  for (size_t i = 0; i < N; i++) n[s->code[i]] += 1, won[s->code[i]] += s->y[i];
  for (int step = 0; step < 100; step++) { /* Newton: the intercept a, all levels u with their prior; an arrow */
    double corner = 0, right = 0, d[LEVELS], g[LEVELS], w[LEVELS];
    for (size_t l = 0; l < LEVELS; l++) {
      double p = chance(a + u[l]);
      w[l] = n[l] * p * (1 - p);
      d[l] = w[l] + penalty;
      g[l] = won[l] - n[l] * p - penalty * u[l];
      corner += w[l] - w[l] * w[l] / d[l];
      right += won[l] - n[l] * p - w[l] * g[l] / d[l];
    }
    double by = right / corner;
    a += by;
    for (size_t l = 0; l < LEVELS; l++) u[l] += (g[l] - w[l] * by) / d[l];
    value = -log(corner) / 2;
    for (size_t l = 0; l < LEVELS; l++) {
      value += won[l] * log(chance(a + u[l])) + (n[l] - won[l]) * log(chance(-a - u[l]));
      value += -penalty / 2 * u[l] * u[l] + log(penalty / d[l]) / 2;
    }
  }
  return value;
}

/* The penalty found is where that has its top; its spread is the simulated one, as far as 60 levels tell. */
static void test_marginal(void **state)
{
  (void)state;
  for (uint64_t seed = 1; seed <= 6; seed++) {
    double sd = .3 + .15 * (double)seed;
    sample *s = draw(seed, sd);
    fitting_option(&s->fitting, "ridge", 1);
    dc_fit *fit = fitting_run(&s->fitting);
    double penalty = NAN;
    for (size_t k = 0; k < fit->n_notes; k++) sscanf(fit->notes[k], "ridge: rep with penalty %lf", &penalty);
    double at = marginal(s, penalty), slope = (marginal(s, penalty * 1.001) - marginal(s, penalty / 1.001)) / .002;
    double other = marginal(s, penalty * 2);
    print_message("standard deviation %.3f, found %.3f; slope of the marginal likelihood there %.1e\n", sd,
                  1 / sqrt(penalty), slope);
    assert_true(fabs(slope) < 1e-3);
    assert_true(at > other && at > marginal(s, penalty / 2));
    assert_true(fabs(log(1 / sqrt(penalty) / sd)) < .35);
    /* differences of the value are the same up to the constant */
    fitting_option(&s->fitting, "ridge", 2);
    fitting_option(&s->fitting, "ridge-penalty", penalty);
    dc_fit *again = fitting_run(&s->fitting);
    check_close(dc_fit_figure(again, "deviance"), dc_fit_figure(fit, "deviance"), 1e-5, 0);
    dc_fit_free(fit);
    dc_fit_free(again);
    free(s);
  }
}

/* Numbers without effect are shrunk to next to nothing, and threads do not matter. */
static void test_nothing(void **state)
{
  (void)state;
  sample *s = draw(11, .5);
  s->fitting.design.n_terms = 4;
  s->fitting.block_rows = 512;
  fitting_option(&s->fitting, "ridge", 1);
  dc_fit *first = fitting_run(&s->fitting);
  double used = first->terms[1].df + first->terms[2].df + first->terms[3].df;
  print_message("degrees of freedom: %.3f of 3 numbers without effect, %.1f of 59 levels\n", used, first->terms[0].df);
  assert_true(used < 2);
  assert_true(first->terms[0].df > 20 && first->terms[0].df < 59);
  for (int threads = 2; threads <= 7; threads += 5) {
    s->fitting.threads = threads;
    dc_fit *fit = fitting_run(&s->fitting);
    for (size_t k = 0; k < fit->n_columns; k++) {
      check_same(fit->coefficients[k].estimate, first->coefficients[k].estimate);
      check_same(fit->coefficients[k].error, first->coefficients[k].error);
    }
    dc_fit_free(fit);
  }
  dc_fit_free(first);
  free(s);
}

/* Two priors of the same coefficients are refused. */
static void test_one_prior(void **state)
{
  (void)state;
  sample *s = draw(3, .5);
  dc_fit *fit = NULL;
  dc_error error = {0};
  fitting_option(&s->fitting, "ridge", 2);
  fitting_option(&s->fitting, "logf", 1);
  check_fails(fitting_try(&s->fitting, &fit, &error), DC_E_USAGE, &error);
  free(s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_fixed), cmocka_unit_test(test_reference),
                                     cmocka_unit_test(test_marginal), cmocka_unit_test(test_nothing),
                                     cmocka_unit_test(test_one_prior)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
