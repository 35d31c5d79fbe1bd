/* The elastic net: figures of glmnet, its conditions recomputed from rows, the path, lambda by rows held out.
 *
 * Figures: R 4.2.2, glmnet 4.1-6, thresh 1e-30 (its own convergence leaves about 9 digits). */
#include "models/folds.h"
#include "tests/check.h"
#include "tests/models/birthwt.h"

/* The largest violation of the conditions, from the rows and the estimates only. */
static double violation(const birthwt *b, const dc_fit *fit, double alpha, double lambda)
{
  double worst = 0, n = (double)b->csv->rows;
  for (size_t k = 0; k < BIRTHWT_COLUMNS; k++) {
    double variance, score = birthwt_score(b, fit, k, &variance);
    double sd = k ? sqrt(variance) : 1, estimate = fit->coefficients[k].estimate * sd;
    score /= n * sd;
    if (k == 0) {
      worst = fmax(worst, fabs(score));
    } else if (estimate == 0) {
      worst = fmax(worst, fabs(score) - lambda * alpha);
    } else {
      double wanted = lambda * ((1 - alpha) * estimate + (estimate > 0 ? alpha : -alpha));
      worst = fmax(worst, fabs(score - wanted));
    }
  }
  return worst;
}

typedef struct expected {
  double alpha, lambda, estimate[BIRTHWT_COLUMNS];
} expected;

static const expected figures[] = {
    {1,
     .05,
     {-.41431600014703018, 0, -.00441566909407922, .00298585335627116, 0, .15733919831722060, .26232849006664594,
      .55253504201779213, .24594546053680888, 0}},
    {1,
     .01,
     {.2550619046856845, -.0195487812156130, -.0124689061333923, .9509542799114595, .6189577300208172,
      .7178563912269902, .4729163190104316, 1.5225676074637664, .6389448763883770, 0}},
    {.5,
     .02,
     {.2232174404422943, -.0200555570649721, -.0114963285903199, .8605476134820353, .5554315767605368,
      .6599214154073562, .4644378977671608, 1.4244334788519348, .6126230262750169, 0}},
    {0,
     .1,
     {.12174413291126882, -.02338970237988869, -.00830576896623923, .61361922490856824, .39876635963280177,
      .49503236771456138, .42836576356136347, 1.08565121087047634, .53459531975135965, -.00897109073466427}}};

static void test_glmnet(void **state)
{
  (void)state;
  birthwt *b = birthwt_read();
  if (!b) skip();
  for (size_t f = 0; f < sizeof figures / sizeof *figures; f++) {
    const expected *e = &figures[f];
    double least = 15;
    fitting_option(&b->fitting, "alpha", e->alpha);
    fitting_option(&b->fitting, "lambda", e->lambda);
    dc_fit *fit = fitting_run(&b->fitting);
    assert_true(fit->converged);
    for (size_t k = 0; k < BIRTHWT_COLUMNS; k++) {
      least = fmin(least, digits(fit->coefficients[k].estimate, e->estimate[k]));
      assert_int_equal(fit->coefficients[k].estimate == 0, e->estimate[k] == 0);
      assert_true(isnan(fit->coefficients[k].error));
    }
    double kkt = violation(b, fit, e->alpha, e->lambda);
    print_message("birthwt alpha %g lambda %g: %.1f digits of glmnet's, conditions hold to %.1e\n", e->alpha, e->lambda,
                  least, kkt);
    assert_true(least >= 7);
    assert_true(kkt < 1e-11);
    dc_fit_free(fit);
  }
  birthwt_free(b);
}

/* The figures of MODELLING.md section 4. */
static void test_lasso(void **state)
{
  (void)state;
  birthwt *b = birthwt_read();
  if (!b) skip();
  fitting_option(&b->fitting, "lambda", .05);
  dc_fit *fit = fitting_run(&b->fitting);
  check_close(fit->coefficients[0].estimate, -.4143160004638, 0, 1e-8);
  check_close(dc_fit_find(fit, "ht")->estimate, .5525350419366, 0, 1e-8);
  print_message("lasso birthwt: %.1f and %.1f digits\n", digits(fit->coefficients[0].estimate, -.4143160004638),
                digits(dc_fit_find(fit, "ht")->estimate, .5525350419366));
  check_close(dc_fit_figure(fit, "columns_used"), 6, 0, 0);
  dc_fit_free(fit);
  birthwt_free(b);
}

/* Rows 40 times over: the same objective, so the same estimates, along whatever way the sums take for many rows. */
static void test_many(void **state)
{
  (void)state;
  enum { TIMES = 40 };
  birthwt *b = birthwt_read();
  if (!b) skip();
  size_t n = b->csv->rows;
  for (int how = 0; how < 2; how++) {
    fitting_option(&b->fitting, how ? "choose" : "lambda", how ? 1 : .02);
    dc_fit *one = fitting_run(&b->fitting);
    double *numbers = calloc((BIRTHWT_TERMS + 1) * n * TIMES, sizeof *numbers);
    uint8_t *code = calloc(n * TIMES, 1);
    assert_true(numbers && code);
    birthwt many = *b;
    for (size_t i = 0; i < n * TIMES; i++) {
      for (size_t t = 0; t < BIRTHWT_TERMS; t++)
        numbers[t * n * TIMES + i] = b->term[t].number ? b->term[t].number[i % n] : 0;
      numbers[BIRTHWT_TERMS * n * TIMES + i] = b->fitting.response.y[i % n];
      code[i] = (uint8_t)dc_codes_at(&b->term[2].codes, i % n);
    }
    for (size_t t = 0; t < BIRTHWT_TERMS; t++) many.term[t].number = numbers + t * n * TIMES;
    many.term[2].codes.code = code;
    many.term[2].codes.bytes = 1;
    many.fitting.design.n_rows = n * TIMES;
    many.fitting.design.terms = many.term;
    many.fitting.response.y = numbers + BIRTHWT_TERMS * n * TIMES;
    dc_fit *fit = fitting_run(&many.fitting);
    for (size_t k = 0; k < BIRTHWT_COLUMNS && how == 0; k++)
      check_close(fit->coefficients[k].estimate, one->coefficients[k].estimate, 1e-9, 1e-10);
    if (how == 1) { /* so many rows hold nearly all columns */
      assert_true(dc_fit_figure(fit, "lambda") < .01);
      assert_true(dc_fit_figure(fit, "held_out_deviance") < dc_fit_figure(one, "held_out_deviance"));
      assert_true(dc_fit_figure(fit, "columns_used") >= 8);
    }
    dc_fit_free(one);
    dc_fit_free(fit);
    free(numbers);
    free(code);
  }
  birthwt_free(b);
}

/* With a penalty of next to nothing it is the maximum of the likelihood; with a large one the intercept alone. */
static void test_ends(void **state)
{
  (void)state;
  birthwt *b = birthwt_read();
  if (!b) skip();
  dc_fit *plain = fitting_run(&b->fitting);
  fitting_option(&b->fitting, "lambda", 1e-12);
  dc_fit *fit = fitting_run(&b->fitting);
  for (size_t k = 0; k < BIRTHWT_COLUMNS; k++)
    check_close(fit->coefficients[k].estimate, plain->coefficients[k].estimate, 1e-8, 1e-9);
  fitting_option(&b->fitting, "lambda", 10);
  dc_fit *none = fitting_run(&b->fitting);
  for (size_t k = 1; k < BIRTHWT_COLUMNS; k++) check_same(none->coefficients[k].estimate, 0);
  check_close(none->coefficients[0].estimate, log(59. / 130), 1e-10, 0);
  dc_fit_free(fit);
  dc_fit_free(plain);
  dc_fit_free(none);
  birthwt_free(b);
}

/* The file is sorted by the response; as rows in order of time they take turns. */
static void shuffle(const double *from, double *to, size_t n)
{
  for (size_t i = 0; i < n; i++) to[i] = from[i * 50 % n];
}

/* Deviance a row of what each fold holds out, from fits to the others: rows of another fold weigh nothing. */
static double held_out(birthwt *b, const uint32_t *fold, size_t count, double lambda)
{
  size_t n = b->csv->rows;
  double *weight = calloc(n, sizeof *weight), sum = 0;
  assert_non_null(weight);
  fitting_option(&b->fitting, "choose", 0);
  fitting_option(&b->fitting, "lambda", lambda);
  b->fitting.design.weight = weight;
  for (uint32_t k = 0; k < count; k++) {
    for (size_t i = 0; i < n; i++) weight[i] = fold[i] != k;
    dc_fit *fit = fitting_run(&b->fitting);
    for (size_t i = 0; i < n; i++) {
      double eta = 0;
      for (size_t j = 0; j < BIRTHWT_COLUMNS; j++) eta += birthwt_at(b, i, j) * fit->coefficients[j].estimate;
      if (fold[i] == k) sum += 2 * log1p(exp(b->fitting.response.y[i] > 0 ? -eta : eta));
    }
    dc_fit_free(fit);
  }
  b->fitting.design.weight = NULL;
  free(weight);
  return sum / (double)n;
}

/* The choice recomputed: no neighbour on the path is better. */
static void test_folds(void **state)
{
  (void)state;
  enum { FOLDS = 10 };
  birthwt *b = birthwt_read();
  if (!b) skip();
  uint32_t *fold = calloc(b->csv->rows, sizeof *fold);
  dc_task task = {.design = &b->fitting.design, .response = &b->fitting.response};
  dc_error error;
  assert_non_null(fold);
  check_ok(dc_folds_deal(&task, FOLDS, fold, &error), &error);
  fitting_option(&b->fitting, "choose", 1);
  dc_fit *fit = fitting_run(&b->fitting);
  print_message("%s\n", fit->notes[fit->n_notes - 1]);
  double lambda = dc_fit_figure(fit, "lambda"), least = dc_fit_figure(fit, "held_out_deviance");
  double limit = least + dc_fit_figure(fit, "held_out_error"), ratio = pow(1e-4, 1. / 99);
  dc_fit_free(fit);
  fitting_option(&b->fitting, "one-error", 1);
  fit = fitting_run(&b->fitting);
  double plain = dc_fit_figure(fit, "lambda");
  dc_fit_free(fit);
  fitting_option(&b->fitting, "one-error", 0);
  check_close(held_out(b, fold, FOLDS, lambda), least, 1e-6, 0);
  assert_true(held_out(b, fold, FOLDS, lambda * ratio) > least && held_out(b, fold, FOLDS, lambda / ratio) > least);
  assert_true(plain > lambda && held_out(b, fold, FOLDS, plain) <= limit);
  free(fold);
  birthwt_free(b);
}

/* Rows in another order, codes and all: the same choice. */
static void test_order(void **state)
{
  (void)state;
  birthwt *b = birthwt_read();
  if (!b) skip();
  size_t n = b->csv->rows;
  dc_fit *fits[2];
  double *numbers = calloc(n * (BIRTHWT_TERMS + 1), sizeof *numbers), *y = numbers + BIRTHWT_TERMS * n;
  uint8_t *code = calloc(n, 1);
  assert_true(numbers && code);
  fitting_option(&b->fitting, "choose", 1);
  fits[0] = fitting_run(&b->fitting);
  for (size_t t = 0; t < BIRTHWT_TERMS; t++) {
    if (!b->term[t].number) continue;
    shuffle(b->term[t].number, numbers + t * n, n);
    b->term[t].number = numbers + t * n;
  }
  for (size_t i = 0; i < n; i++) code[i] = (uint8_t)dc_codes_at(&b->term[2].codes, i * 50 % n);
  shuffle(b->fitting.response.y, y, n);
  b->fitting.response.y = y;
  b->term[2].codes.code = code;
  b->term[2].codes.bytes = 1;
  fits[1] = fitting_run(&b->fitting);
  for (size_t k = 0; k < BIRTHWT_COLUMNS; k++)
    check_close(fits[1]->coefficients[k].estimate, fits[0]->coefficients[k].estimate, 1e-9, 1e-12);
  check_close(dc_fit_figure(fits[1], "held_out_deviance"), dc_fit_figure(fits[0], "held_out_deviance"), 1e-9, 0);
  for (int k = 0; k < 2; k++) dc_fit_free(fits[k]);
  free(numbers);
  free(code);
  birthwt_free(b);
}

/* What held-out rows choose, the same bytes for any number of threads. */
static void test_choose(void **state)
{
  (void)state;
  birthwt *b = birthwt_read();
  if (!b) skip();
  size_t n = b->csv->rows;
  double *numbers = calloc(n * (BIRTHWT_TERMS + 1), sizeof *numbers);
  assert_non_null(numbers);
  for (size_t t = 0; t < BIRTHWT_TERMS; t++) {
    if (!b->term[t].number) { /* codes stay as they are: a factor that explains nothing */
      continue;
    }
    shuffle(b->term[t].number, numbers + t * n, n);
    b->term[t].number = numbers + t * n;
  }
  shuffle(b->fitting.response.y, numbers + BIRTHWT_TERMS * n, n);
  b->fitting.response.y = numbers + BIRTHWT_TERMS * n;
  b->fitting.block_rows = 16;
  for (int how = 1; how <= 2; how++) {
    dc_fit *first = NULL;
    fitting_option(&b->fitting, "choose", how);
    fitting_option(&b->fitting, "folds", how == 1 ? 10 : 4);
    for (int threads = 1; threads <= 7; threads += threads == 1 ? 1 : 5) {
      b->fitting.threads = threads;
      dc_fit *fit = fitting_run(&b->fitting);
      if (threads == 1) {
        double lambda = dc_fit_figure(fit, "lambda");
        print_message("%s\n", fit->notes[fit->n_notes - 1]);
        assert_true(lambda > 7e-5 && lambda < .2);
        assert_true(violation(b, fit, 1, lambda) < 1e-11);
        first = fit;
        continue;
      }
      for (size_t k = 0; k < BIRTHWT_COLUMNS; k++)
        check_same(fit->coefficients[k].estimate, first->coefficients[k].estimate);
      check_same(dc_fit_figure(fit, "held_out_deviance"), dc_fit_figure(first, "held_out_deviance"));
      check_same(dc_fit_figure(fit, "held_out_error"), dc_fit_figure(first, "held_out_error"));
      dc_fit_free(fit);
    }
    dc_fit_free(first);
  }
  free(numbers);
  birthwt_free(b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_glmnet), cmocka_unit_test(test_lasso),
                                     cmocka_unit_test(test_ends),   cmocka_unit_test(test_many),
                                     cmocka_unit_test(test_folds),  cmocka_unit_test(test_choose),
                                     cmocka_unit_test(test_order)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
