#include "tests/check.h"
#include "tests/models/dense.h"
#include "tests/models/linear_world.h"
#include "tests/models/suites.h"

static void test_dense(void **state)
{
  (void)state;
  world *w = new_world(MOST_ROWS);
  for (int v = 0; v < SETS; v++) {
    fitting f = variant(w, v);
    dc_fit *fit = fitting_run(&f);
    dense *by_hand = dense_fit(&f.design, w->y, NULL);
    double df = (double)(w->n - by_hand->p), sigma = (double)sqrtl(by_hand->rss / df);
    assert_int_equal(fit->n_columns, by_hand->p);
    for (size_t k = 0; k < fit->n_columns; k++) {
      check_digits(fit->coefficients[k].estimate, (double)by_hand->beta[k], 13);
      check_close(fit->coefficients[k].error, sigma * (double)sqrtl(by_hand->inverse[k * by_hand->p + k]), 1e-12, 0);
    }
    check_close(dc_fit_figure(fit, "deviance"), (double)by_hand->rss, 1e-13, 0);
    check_close(dc_fit_figure(fit, "sigma"), sigma, 1e-13, 0);
    check_same(dc_fit_figure(fit, "df_residual"), df);
    check_same(fit->smear, 1);
    dense_free(by_hand);
    dc_fit_free(fit);
  }
  free(w);
}

static void test_recovers(void **state)
{
  (void)state;
  world *w = new_world(MOST_ROWS);
  fitting f = fitting_of(w, 4);
  f.design.offset = w->offset;
  dc_fit *fit = fitting_run(&f);
  static const struct {
    const char *name;
    double truth;
  } known[] = {{"(Intercept)", 4}, {"x", 2}, {"y", -.1}, {"z", 0}, {"f=a", -1}, {"f=f", 1.5}};
  for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
    const dc_coefficient *c = dc_fit_find(fit, known[k].name);
    assert_non_null(c);
    check_close(c->estimate, known[k].truth, 0, 4 * c->error);
    assert_true(c->lower < c->estimate && c->estimate < c->upper);
  }
  dc_fit_free(fit);
  free(w);
}

/* The covariance that the option gives, against sums over rows. */
static void check_robust(const world *w, fitting f, int kind)
{
  fitting_option(&f, "robust", kind);
  dc_fit *fit = fitting_run(&f);
  dense *by_hand = dense_fit(&f.design, w->y, NULL);
  size_t p = by_hand->p;
  long double *factor = calloc(w->n, sizeof *factor);
  assert_non_null(factor);
  for (size_t i = 0; i < w->n; i++) {
    long double left = 1 - by_hand->leverage[i];
    factor[i] = kind == 4 ? 1 / left : kind == 3 ? 1 / sqrtl(left) : 1;
    if (kind == 2) factor[i] = sqrtl((long double)w->n / (long double)(w->n - p));
  }
  long double *wanted = dense_sandwich(by_hand, f.design.weight, factor, NULL);
  for (size_t k = 0; k < p * p; k++) {
    double scale = (double)sqrtl(wanted[k / p * (p + 1)] * wanted[k % p * (p + 1)]);
    check_close(fit->covariance[k], (double)wanted[k], 0, 1e-11 * scale);
  }
  assert_int_equal(fit->n_notes, 1);
  free(factor);
  free(wanted);
  dense_free(by_hand);
  dc_fit_free(fit);
}

static void test_robust(void **state)
{
  (void)state;
  world *w = new_world(500);
  for (int v = 0; v < SETS; v++)
    for (int kind = 1; kind <= 4; kind++) check_robust(w, variant(w, v), kind);
  free(w);
}

static void test_clusters(void **state)
{
  (void)state;
  world *w = new_world(MOST_ROWS);
  for (int v = 0; v < SETS; v++) {
    fitting f = variant(w, v);
    f.design.cluster = &w->clusters;
    dc_fit *fit = fitting_run(&f);
    dense *by_hand = dense_fit(&f.design, w->y, NULL);
    size_t p = by_hand->p;
    long double *wanted = dense_sandwich(by_hand, f.design.weight, NULL, &w->clusters);
    double n = (double)w->n, correction = CLUSTERS / (CLUSTERS - 1.) * (n - 1) / (n - (double)p);
    for (size_t k = 0; k < p * p; k++) {
      double scale = (double)sqrtl(wanted[k / p * (p + 1)] * wanted[k % p * (p + 1)]) * correction;
      check_close(fit->covariance[k], (double)wanted[k] * correction, 0, 1e-11 * scale);
    }
    check_same(fit->tests[0].df_residual, CLUSTERS - 1);
    free(wanted);
    dense_free(by_hand);
    dc_fit_free(fit);
  }
  fitting one = variant(w, 0);
  memset(w->cluster, 0, sizeof w->cluster);
  one.design.cluster = &w->clusters;
  dc_error error;
  dc_fit *fit;
  check_fails(fitting_try(&one, &fit, &error), DC_E_SHORT, &error);
  free(w);
}

/* F of a term is what the residuals grow by without it. */
static void test_terms(void **state)
{
  (void)state;
  world *w = new_world(800);
  for (int v = 0; v < SETS; v++) {
    fitting f = variant(w, v);
    dc_fit *fit = fitting_run(&f);
    dense *whole = dense_fit(&f.design, w->y, NULL);
    double df = (double)(w->n - whole->p);
    assert_int_equal(fit->n_tests, 6);
    for (size_t t = 0; t < 6; t++) {
      const dc_fit_term *term = &fit->terms[t];
      bool keep[40];
      for (size_t k = 0; k < fit->n_columns; k++) keep[k] = k < term->first || k >= term->first + term->count;
      dense *less = dense_fit(&f.design, w->y, keep);
      double f_value = (double)((less->rss - whole->rss) / term->count / (whole->rss / df));
      check_close(fit->tests[t].statistic, f_value, 1e-9, 1e-12);
      check_same(fit->tests[t].df, (double)term->count);
      check_same(term->df, (double)term->count);
      assert_string_equal(fit->tests[t].kind, "F");
      if (term->count == 1) check_close(fit->tests[t].p, fit->coefficients[term->first].p, 1e-9, 1e-12);
      dense_free(less);
    }
    dense_free(whole);
    dc_fit_free(fit);
  }
  free(w);
}

/* R 4.2.2: deviance, summary(lm()), logLik, AIC, BIC of y ~ x and y ~ 0 + x with weights, and of y ~ 1. */
static const char *const figure[] = {"deviance",    "null_deviance",  "sigma", "r2",  "adjusted_r2",
                                     "f_statistic", "log_likelihood", "aic",   "bic", "df_residual"};
enum { FIGURES = sizeof figure / sizeof *figure };
static const double by_r[][FIGURES] = {
    {3.53748746678477, 4.024872, 0.710883501284017, 0.12109317593584, -0.00446494178761192, 0.96443924241166,
     -7.67243170623623, 21.3448634124725, 21.9365371444811, 7},
    {47.3175387559809, 308.23065, 2.43201405104856, 0.846486588027567, 0.827297411531012, 44.1127105261433,
     -19.3430210786831, 42.6860421573663, 43.0804913120387, 8},
    {3.05996, 3.05996, 0.583091378392406, 0, 0, (double)NAN, -8.26846908699364, 20.5369381739873, 21.1421083599754, 9},
};

static void test_figures(void **state)
{
  (void)state;
  static const double y[] = {4.17, 5.58, 5.18, 6.11, 4.50, 4.61, 5.17, 4.53, 5.33, 5.14},
                      x[] = {1, 4, 2, 8, 5, 7, 3, 6, 9, 12}, weight[] = {1, 2, 0, 1, 3, 1, .5, 2, 1, 1};
  dc_term term = {.name = "x", .kind = DC_TERM_NUMBER, .number = x};
  for (size_t v = 0; v < 3; v++) {
    fitting f = {.model = "linear",
                 .design = {.n_rows = 10, .intercept = v != 1, .n_terms = v < 2, .terms = &term},
                 .response = {.name = "y", .y = y}};
    if (v < 2) f.design.weight = weight;
    dc_fit *fit = fitting_run(&f);
    for (size_t k = 0; k < FIGURES; k++) {
      double value = dc_fit_figure(fit, figure[k]);
      if (isnan(by_r[v][k]))
        assert_true(isnan(value));
      else
        check_close(value, by_r[v][k], 1e-13, 1e-14);
    }
    dc_fit_free(fit);
  }
}

static void test_stackloss(void **state)
{
  (void)state;
  const char *path = check_data("DEALCAST_SUITES", "r-glm/stackloss.expected.json");
  if (!path) return;
  suite_json *json = suite_json_read(path);
  suite_csv *csv = suite_csv_read(check_data("DEALCAST_SUITES", "r-glm/stackloss.csv"));
  dc_term terms[3];
  for (size_t k = 0; k < 3; k++)
    terms[k] = (dc_term){.name = csv->name[k], .kind = DC_TERM_NUMBER, .number = suite_csv_numbers(csv, csv->name[k])};
  fitting f = {.model = "linear",
               .design = {.n_rows = csv->rows, .intercept = true, .n_terms = 3, .terms = terms},
               .response = {.name = "stack.loss", .y = suite_csv_numbers(csv, "stack.loss")}};
  dc_fit *fit = fitting_run(&f);
  double worst = 15;
  for (size_t k = 0; k < fit->n_columns; k++) {
    const dc_coefficient *c = &fit->coefficients[k];
    worst = fmin(worst, digits(c->estimate, suite_json_number(suite_json_get(json, "coef"), c->name)));
    worst = fmin(worst, digits(c->error, suite_json_number(suite_json_get(json, "se"), c->name)));
  }
  worst = fmin(worst, digits(dc_fit_figure(fit, "deviance"), suite_json_number(json, "deviance")));
  worst = fmin(worst, digits(dc_fit_figure(fit, "null_deviance"), suite_json_number(json, "null_deviance")));
  worst = fmin(worst, digits(dc_fit_figure(fit, "log_likelihood"), suite_json_number(json, "logLik")));
  worst = fmin(worst, digits(dc_fit_figure(fit, "aic"), suite_json_number(json, "aic")));
  printf("stackloss %.1f digits\n", worst);
  assert_true(worst >= 12);
  dc_fit_free(fit);
  suite_csv_free(csv);
  suite_json_free(json);
}

/* A column that others make up is left out, and said so. */
static void test_aliases(void **state)
{
  (void)state;
  world *w = new_world(600);
  static double made[6][MOST_ROWS];
  static uint8_t parent[MOST_ROWS];
  for (size_t i = 0; i < w->n; i++) {
    made[0][i] = 2 * w->number[0][i] - w->number[2][i];
    made[1][i] = 7;
    made[2][i] = w->number[1][i] + 1000;
    made[3][i] = 0;
    made[4][i] = w->number[0][i] + 1e-7 * world_normal(40, i); /* nearly x: stays */
    made[5][i] = 1e12 + world_uniform(41, i);                  /* stays */
    parent[i] = w->level[i] < 3 ? 0 : 1;
  }
  dc_term terms[11];
  memcpy(terms, w->terms, 4 * sizeof *terms);
  static const char *const names[] = {"s", "seven", "shifted", "zero", "near", "far"};
  for (size_t k = 0; k < 6; k++) terms[4 + k] = (dc_term){.name = names[k], .kind = DC_TERM_NUMBER, .number = made[k]};
  static const char *const groups[] = {"abc", "def", "none"};
  terms[10] = (dc_term){.name = "parent", .kind = DC_TERM_FACTOR, .codes = {parent, 1, 3, groups}};
  fitting f = fitting_of(w, 11);
  f.design.terms = terms;
  dc_fit *fit = fitting_run(&f);
  static const char *const twins[][2] = {
      {"s", "2 * x - z"},  {"seven", "7"}, {"shifted", "y + 1000"}, {"zero", "0"}, {"parent=def", "f=d + f=e + f=f"},
      {"parent=none", "0"}};
  size_t out = 0;
  for (size_t k = 0; k < fit->n_columns; k++) {
    const dc_coefficient *c = &fit->coefficients[k];
    out += c->twin != NULL;
    assert_int_equal(isnan(c->estimate), c->twin != NULL);
    assert_int_equal(isnan(fit->covariance[k * fit->n_columns + k]), c->twin != NULL);
  }
  for (size_t k = 0; k < 6; k++) assert_string_equal(dc_fit_find(fit, twins[k][0])->twin, twins[k][1]);
  assert_int_equal(out, 6);
  assert_int_equal(fit->n_notes, 6);
  assert_string_equal(fit->notes[0], "s is 2 * x - z: left out");
  assert_string_equal(fit->notes[3], "zero is 0 in every row: left out");
  check_same(dc_fit_figure(fit, "df_residual"), 600 - 11);
  check_same(fit->terms[10].df, 0);
  dc_fit_free(fit);
  fitting_option(&f, "tolerance", 1e-6);
  fit = fitting_run(&f);
  assert_string_equal(dc_fit_find(fit, "near")->twin, "x");
  dc_fit_free(fit);
  free(w);
}

/* A long list of parts ends in how many more there are. */
static void test_long_twin(void **state)
{
  (void)state;
  world *w = new_world(MOST_ROWS);
  static uint16_t rep[MOST_ROWS];
  static uint8_t region[MOST_ROWS];
  for (size_t i = 0; i < w->n; i++) {
    rep[i] = (uint16_t)(i % 300);
    region[i] = (uint8_t)(rep[i] % 3);
  }
  dc_term terms[] = {{.name = "rep", .kind = DC_TERM_FACTOR, .codes = {rep, 2, 300, NULL}},
                     {.name = "region", .kind = DC_TERM_FACTOR, .codes = {region, 1, 3, NULL}},
                     w->terms[0]};
  fitting f = fitting_of(w, 3);
  f.design.terms = terms;
  dc_fit *fit = fitting_run(&f);
  const char *twin = dc_fit_find(fit, "region=1")->twin;
  assert_string_equal(twin,
                      "rep=1 + rep=4 + rep=7 + rep=10 + rep=13 + rep=16 + rep=19 + rep=22 + rep=25 + rep=28 + rep=31 + "
                      "rep=34 + rep=37 + rep=40 + rep=43 + rep=46 + rep=49 and 83 more");
  assert_non_null(dc_fit_find(fit, "region=2")->twin);
  dense *by_hand = dense_fit(
      &(dc_design){.n_rows = w->n, .intercept = true, .n_terms = 2, .terms = (dc_term[]){terms[0], terms[2]}}, w->y,
      NULL);
  check_digits(dc_fit_find(fit, "x")->estimate, (double)by_hand->beta[300], 13);
  dense_free(by_hand);
  dc_fit_free(fit);
  free(w);
}

static void check_equal(const dc_fit *a, const dc_fit *b)
{
  assert_int_equal(a->n_columns, b->n_columns);
  for (size_t k = 0; k < a->n_columns; k++) {
    check_same(a->coefficients[k].estimate, b->coefficients[k].estimate);
    check_same(a->coefficients[k].p, b->coefficients[k].p);
  }
  assert_memory_equal(a->covariance, b->covariance, a->n_columns * a->n_columns * sizeof *a->covariance);
  for (size_t k = 0; k < a->n_figures; k++) check_same(a->figures[k].value, b->figures[k].value);
  for (size_t k = 0; k < a->n_tests; k++) check_same(a->tests[k].p, b->tests[k].p);
}

static void test_threads(void **state)
{
  (void)state;
  world *w = new_world(MOST_ROWS);
  static const int threads[] = {2, 7};
  for (int kind = 0; kind < 4; kind++) {
    fitting f = variant(w, 3);
    if (kind < 3)
      fitting_option(&f, "robust", kind);
    else
      f.design.cluster = &w->clusters;
    f.block_rows = 37;
    dc_fit *one = fitting_run(&f);
    for (size_t t = 0; t < 2; t++) {
      f.threads = threads[t];
      dc_fit *many = fitting_run(&f);
      check_equal(one, many);
      dc_fit_free(many);
    }
    dc_fit_free(one);
  }
  free(w);
}

static void test_blocks(void **state)
{
  (void)state;
  world *w = new_world(1000);
  static const size_t blocks[] = {1, 3, 8, 128, 129, 999};
  fitting f = variant(w, 3);
  dc_fit *whole = fitting_run(&f);
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++) {
    f.block_rows = blocks[b];
    dc_fit *fit = fitting_run(&f);
    for (size_t k = 0; k < fit->n_columns; k++) {
      check_digits(fit->coefficients[k].estimate, whole->coefficients[k].estimate, 14.5);
      check_digits(fit->coefficients[k].error, whole->coefficients[k].error, 12);
    }
    dc_fit_free(fit);
  }
  dc_fit_free(whole);
  free(w);
}

/* Scales far out (variances must fit a double), shifts that take digits: the answers move by what they must. */
static void test_scales(void **state)
{
  (void)state;
  static const double scales[] = {1, 1e140, 1e-140, 1e12};
  world *w = new_world(300);
  fitting f = fitting_of(w, 2);
  dc_fit *plain = fitting_run(&f);
  for (size_t s = 1; s < sizeof scales / sizeof *scales; s++) {
    world *v = new_world(300);
    for (size_t i = 0; i < v->n; i++) {
      v->number[0][i] *= scales[s];
      v->y[i] *= 1e5;
      v->number[1][i] += 1e9;
    }
    f = fitting_of(v, 2);
    dc_fit *fit = fitting_run(&f);
    check_close(fit->coefficients[1].estimate, plain->coefficients[1].estimate / scales[s] * 1e5, 1e-7, 0);
    check_close(fit->coefficients[1].error, plain->coefficients[1].error / scales[s] * 1e5, 1e-7, 0);
    check_close(fit->coefficients[2].statistic, plain->coefficients[2].statistic, 1e-7, 0);
    check_close(dc_fit_figure(fit, "r2"), dc_fit_figure(plain, "r2"), 1e-7, 0);
    dc_fit_free(fit);
    free(v);
  }
  dc_fit_free(plain);
  free(w);
}

/* A row of weight 0 is as absent; whole weights are as repeated rows in the estimates. */
static void test_weights(void **state)
{
  (void)state;
  world *w = new_world(200);
  for (size_t i = 0; i < 200; i++) w->weight[i] = i < 150;
  for (size_t k = 0; k < NUMBERS; k++) w->number[k][170] = 1e300;
  fitting f = fitting_of(w, 4);
  f.design.weight = w->weight;
  dc_fit *some = fitting_run(&f);
  f.design.n_rows = 150;
  f.design.weight = NULL;
  dc_fit *less = fitting_run(&f);
  for (size_t k = 0; k < some->n_columns; k++) {
    check_digits(some->coefficients[k].estimate, less->coefficients[k].estimate, 14);
    check_digits(some->coefficients[k].error, less->coefficients[k].error, 12);
  }
  for (size_t k = 0; k < some->n_figures; k++) check_close(some->figures[k].value, less->figures[k].value, 1e-12, 0);
  dc_fit_free(some);
  dc_fit_free(less);
  free(w);
}

/* As many rows as coefficients, fewer, one; an exact line. */
static void test_little(void **state)
{
  (void)state;
  static const double x[] = {1, 2, 4, 7}, z[] = {3, 1, 4, 1}, line[] = {5, 7, 11, 17};
  dc_term terms[] = {{.name = "x", .kind = DC_TERM_NUMBER, .number = x},
                     {.name = "z", .kind = DC_TERM_NUMBER, .number = z}};
  fitting f = {.model = "linear",
               .design = {.n_rows = 3, .intercept = true, .n_terms = 2, .terms = terms},
               .response = {.name = "y", .y = z}};
  dc_fit *fit = fitting_run(&f);
  check_close(fit->coefficients[2].estimate, 1, 1e-14, 0);
  assert_true(isnan(fit->coefficients[1].error) && isnan(dc_fit_figure(fit, "sigma")));
  assert_int_equal(fit->n_tests, 0);
  assert_string_equal(fit->notes[0], "as many coefficients as rows: nothing is left to judge errors by");
  dc_fit_free(fit);
  f.design.n_rows = 2;
  fit = fitting_run(&f);
  assert_string_equal(fit->coefficients[2].twin, "-2 * x + 5");
  dc_fit_free(fit);
  f.design.n_rows = 1;
  fit = fitting_run(&f);
  check_same(fit->coefficients[0].estimate, 3);
  assert_string_equal(fit->coefficients[1].twin, "1");
  dc_fit_free(fit);
  f.design.n_terms = 0;
  f.design.intercept = false;
  dc_error error;
  dc_fit *none;
  check_fails(fitting_try(&f, &none, &error), DC_E_USAGE, &error);
  f.design.intercept = true;
  f.design.n_rows = 4;
  f.design.n_terms = 1;
  f.response.y = line;
  fit = fitting_run(&f);
  check_same(fit->coefficients[0].estimate, 3);
  check_same(fit->coefficients[1].estimate, 2);
  check_same(dc_fit_figure(fit, "r2"), 1);
  assert_string_equal(fit->notes[0], "the fit is all but exact: errors and tests say little");
  dc_fit_free(fit);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_dense),     cmocka_unit_test(test_recovers), cmocka_unit_test(test_robust),
      cmocka_unit_test(test_clusters),  cmocka_unit_test(test_terms),    cmocka_unit_test(test_figures),
      cmocka_unit_test(test_stackloss), cmocka_unit_test(test_aliases),  cmocka_unit_test(test_long_twin),
      cmocka_unit_test(test_threads),   cmocka_unit_test(test_blocks),   cmocka_unit_test(test_scales),
      cmocka_unit_test(test_weights),   cmocka_unit_test(test_little)};
  return cmocka_run_group_tests_name("linear", tests, NULL, NULL);
}
