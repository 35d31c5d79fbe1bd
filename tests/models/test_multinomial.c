/* Softmax regression: certified figures, and every claim recomputed from the definition of the likelihood. */
#include "dealcast/model/model.h"
#include "engine/base/arena.h"
#include "engine/base/random.h"
#include "tests/check.h"
#include "tests/models/fitting.h"
#include "tests/models/suites.h"

enum { MOST = 8 };

static uint64_t seed, draws;

static double uniform(void) { return dc_random_uniform(seed, 0, draws++); }
static double normal(void) { return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform()); }
static uint32_t below(uint32_t n) { return (uint32_t)(uniform() * n); }

static dc_term number(const char *name, const double *x) { return (dc_term){.name = name, .number = x}; }

static dc_term factor(const char *name, const uint32_t *code, uint32_t levels)
{
  return (dc_term){.name = name, .kind = DC_TERM_FACTOR, .codes = {code, 4, levels, NULL}};
}

static dc_fit *fit_with(const dc_design *design, const dc_codes *category, const double *option, int threads)
{
  dc_response response = {.name = "kind", .category = category};
  dc_task task = {design, &response, option, .95, threads, 0, dc_arena_new(), NULL};
  dc_fit *fit = NULL;
  dc_error error = {0};
  check_ok(dc_model_fit(dc_model_find("multinomial"), &task, &fit, &error), &error);
  assert_non_null(fit);
  dc_arena_free(task.arena);
  return fit;
}

static dc_fit *fit_of(const dc_design *design, const dc_codes *category) { return fit_with(design, category, NULL, 2); }

/* Log likelihood, and its gradient by the fit's coefficients, from the definition; numbers and factors only. */
static double recomputed(const dc_fit *fit, const dc_design *d, const dc_codes *category, double *gradient)
{
  size_t p = fit->n_columns, e = fit->n_equations;
  double sum = 0, x[64], chance[MOST + 1];
  memset(gradient, 0, p * e * sizeof *gradient);
  assert_true(p <= 64 && e <= MOST);
  for (size_t i = 0; i < d->n_rows; i++) {
    size_t at = 0;
    double all = 1, w = d->weight ? d->weight[i] : 1;
    if (d->intercept) x[at++] = 1;
    for (size_t t = 0; t < d->n_terms; t++) {
      const dc_term *term = &d->terms[t];
      if (term->kind == DC_TERM_NUMBER) x[at++] = term->number[i];
      for (uint32_t l = 0; term->kind == DC_TERM_FACTOR && l < term->codes.levels; l++)
        if (l != term->reference) x[at++] = dc_codes_at(&term->codes, i) == l;
    }
    for (size_t c = 0; c < e; c++) {
      double eta = d->offset ? d->offset[i] : 0;
      for (size_t j = 0; j < p; j++)
        if (!isnan(fit->coefficients[c * p + j].estimate)) eta += x[j] * fit->coefficients[c * p + j].estimate;
      all += chance[c + 1] = exp(eta);
    }
    chance[0] = 1;
    uint32_t is = dc_codes_at(category, i);
    sum += w * log(chance[is] / all);
    for (size_t c = 0; c < e; c++)
      for (size_t j = 0; j < p; j++) gradient[c * p + j] += w * x[j] * ((is == c + 1) - chance[c + 1] / all);
  }
  return sum;
}

/* The covariance must be the inverse of minus the gradient's derivative, here by central differences. */
static void check_covariance(dc_fit *fit, const dc_design *d, const dc_codes *category)
{
  size_t n = fit->n_columns * fit->n_equations;
  double *up = calloc(n, sizeof *up), *down = calloc(n, sizeof *down);
  double *curvature = calloc(n * n, sizeof *curvature);
  for (size_t k = 0; k < n; k++) {
    double kept = fit->coefficients[k].estimate, step = 1e-3 * fit->coefficients[k].error;
    fit->coefficients[k].estimate = kept + step;
    recomputed(fit, d, category, up);
    fit->coefficients[k].estimate = kept - step;
    recomputed(fit, d, category, down);
    fit->coefficients[k].estimate = kept;
    for (size_t j = 0; j < n; j++) curvature[k * n + j] = (down[j] - up[j]) / (2 * step);
  }
  for (size_t k = 0; k < n; k++)
    for (size_t j = 0; j < n; j++) {
      double sum = 0;
      for (size_t i = 0; i < n; i++) sum += fit->covariance[k * n + i] * curvature[i * n + j];
      double unit = fit->coefficients[k].error / fit->coefficients[j].error;
      check_close(sum / unit, k == j, 0, 1e-4);
    }
  free(up);
  free(down);
  free(curvature);
}

/* A line tells setosa from the others, so that its equation has no finite limit and the least deviance is that of the
 * other two alone, which R's glm gives as 110.325708079242. R's multinom says 110.33795178: where its BFGS stops. */
static void iris_has_its_deviance(void **state)
{
  (void)state;
  const double least = 110.325708079242, stopped = 110.33795178;
  const char *path = check_data("DEALCAST_SUITES", "r-models/iris.csv");
  if (!path) return;
  suite_csv *csv = suite_csv_read(path);
  dc_codes species = suite_csv_words(csv, "Species"), two = species;
  dc_term terms[] = {number("Sepal.Length", suite_csv_numbers(csv, "Sepal.Length")),
                     number("Sepal.Width", suite_csv_numbers(csv, "Sepal.Width"))};
  dc_design design = {.n_rows = csv->rows, .intercept = true, .n_terms = 2, .terms = terms};
  dc_fit *fit = fit_of(&design, &species);
  double gradient[6], likelihood = recomputed(fit, &design, &species, gradient), largest = 0;
  for (size_t k = 0; k < 6; k++) largest = fmax(largest, fabs(gradient[k]));
  double deviance = dc_fit_figure(fit, "deviance");
  printf("iris: deviance %.10f, %.1f digits of the least one, %.4f below multinom's; largest gradient %.1e\n", deviance,
         digits(deviance, least), stopped - deviance, largest);
  check_digits(deviance, least, 11);
  check_close(deviance, stopped, 2e-4, 0);
  assert_true(deviance < stopped);
  check_close(-2 * likelihood, deviance, 1e-13, 0);
  check_close(largest, 0, 0, 1e-9);
  check_close(dc_fit_figure(fit, "null_deviance"), 300 * log(3), 1e-13, 0);
  check_close(dc_fit_figure(fit, "aic"), deviance + 12, 1e-13, 0);
  check_close(dc_fit_figure(fit, "bic"), deviance + 6 * log(150), 1e-13, 0);
  check_close(dc_fit_figure(fit, "df_residual"), 294, 0, 0);
  assert_string_equal(fit->equation[0], "versicolor");
  assert_string_equal(fit->equation[1], "virginica");
  assert_true(fit->n_notes == 1 && strstr(fit->notes[0], "separated by Sepal.Length, Sepal.Width"));
  /* the other two, by themselves: rows that are setosa have no weight */
  double weight[150];
  uint32_t virginica[150];
  for (size_t i = 0; i < 150; i++) {
    weight[i] = dc_codes_at(&species, i) > 0;
    virginica[i] = dc_codes_at(&species, i) == 2;
  }
  two = (dc_codes){virginica, 4, 2, NULL};
  design.weight = weight;
  dc_fit *pair = fit_of(&design, &two);
  check_digits(dc_fit_figure(pair, "deviance"), least, 13);
  for (size_t k = 0; k < 3; k++)
    check_close(fit->coefficients[3 + k].estimate - fit->coefficients[k].estimate, pair->coefficients[k].estimate, 1e-8,
                0);
  check_covariance(pair, &design, &two);
  dc_fit_free(pair);
  dc_fit_free(fit);
  suite_csv_free(csv);
}

typedef struct data {
  dc_design design;
  dc_term term[3];
  dc_codes category;
  uint32_t *a, *b, *kind;
  double *x, *weight, *zero;
} data;

static const double truth[2][5] = {{.3, -.8, .5, .7, 1}, {-.4, .6, -.9, .2, -.5}}; /* intercept, a2, a3, b2, x */

/* Categories drawn from known chances. */
static data *simulate(uint64_t s, size_t n)
{
  data *d = calloc(1, sizeof *d);
  seed = s;
  draws = 0;
  d->a = calloc(n, sizeof *d->a);
  d->b = calloc(n, sizeof *d->b);
  d->kind = calloc(n, sizeof *d->kind);
  d->x = calloc(n, sizeof *d->x);
  d->weight = calloc(n, sizeof *d->weight);
  d->zero = calloc(n, sizeof *d->zero);
  for (size_t i = 0; i < n; i++) {
    double chance[3] = {1, 1, 1}, u = uniform();
    d->a[i] = below(3);
    d->b[i] = below(2);
    d->x[i] = normal();
    d->weight[i] = (double)below(3);
    for (int c = 0; c < 2; c++)
      chance[c + 1] = exp(truth[c][0] + (d->a[i] ? truth[c][d->a[i]] : 0) + (d->b[i] ? truth[c][3] : 0) +
                          truth[c][4] * d->x[i]);
    u *= chance[0] + chance[1] + chance[2];
    d->kind[i] = u < chance[0] ? 0 : u < chance[0] + chance[1] ? 1 : 2;
  }
  d->category = (dc_codes){d->kind, 4, 3, NULL};
  d->term[0] = factor("a", d->a, 3);
  d->term[1] = factor("b", d->b, 2);
  d->term[2] = number("x", d->x);
  d->design = (dc_design){.n_rows = n, .intercept = true, .n_terms = 3, .terms = d->term};
  return d;
}

static void free_data(data *d)
{
  free(d->a);
  free(d->b);
  free(d->kind);
  free(d->x);
  free(d->weight);
  free(d->zero);
  free(d);
}

static void known_coefficients_are_recovered(void **state)
{
  (void)state;
  data *d = simulate(1, 40000);
  dc_fit *fit = fit_of(&d->design, &d->category);
  double gradient[10], likelihood = recomputed(fit, &d->design, &d->category, gradient), square = 0;
  check_close(likelihood, dc_fit_figure(fit, "log_likelihood"), 1e-12, 0);
  for (size_t k = 0; k < 10; k++) {
    const dc_coefficient *c = &fit->coefficients[k];
    check_close(gradient[k] * c->error, 0, 0, 1e-9);
    double away = (c->estimate - truth[k / 5][k % 5]) / c->error;
    square += away * away;
    assert_true(fabs(away) < 4);
  }
  assert_true(square > 1 && square < 30);
  check_covariance(fit, &d->design, &d->category);
  dc_fit_free(fit);
  free_data(d);
}

/* Cells of equal codes give what the rows give. */
static void cells_are_as_good_as_rows(void **state)
{
  (void)state;
  data *d = simulate(2, 5000);
  d->design.n_terms = 2;
  for (int weighted = 0; weighted < 2; weighted++) {
    d->design.weight = weighted ? d->weight : NULL;
    d->design.offset = NULL;
    dc_fit *cells = fit_of(&d->design, &d->category);
    d->design.offset = d->zero; /* with an offset every row is by itself */
    dc_fit *rows = fit_of(&d->design, &d->category);
    for (size_t k = 0; k < 8; k++) {
      check_close(cells->coefficients[k].estimate, rows->coefficients[k].estimate, 1e-10, 1e-12);
      check_close(cells->coefficients[k].error, rows->coefficients[k].error, 1e-10, 0);
    }
    for (size_t k = 0; k < cells->n_figures; k++)
      if (strcmp(cells->figures[k].name, "iterations") != 0)
        check_close(cells->figures[k].value, rows->figures[k].value, 1e-12, 0);
    dc_fit_free(cells);
    dc_fit_free(rows);
  }
  free_data(d);
}

static const dc_term_test *test_of(const dc_fit *fit, size_t term, const char *kind)
{
  for (size_t k = 0; k < fit->n_tests; k++)
    if (fit->tests[k].term == term && strcmp(fit->tests[k].kind, kind) == 0) return &fit->tests[k];
  return NULL;
}

static void terms_are_tested_by_fits_without_them(void **state)
{
  (void)state;
  data *d = simulate(3, 3000);
  dc_fit *whole = fit_of(&d->design, &d->category);
  for (size_t t = 0; t < 3; t++) {
    dc_term left[2] = {d->term[t == 0 ? 1 : 0], d->term[t == 2 ? 1 : 2]};
    dc_design without = d->design;
    without.n_terms = 2;
    without.terms = left;
    dc_fit *fit = fit_of(&without, &d->category);
    const dc_term_test *ratio = test_of(whole, t, "likelihood ratio"), *wald = test_of(whole, t, "Wald");
    assert_non_null(ratio);
    assert_non_null(wald);
    check_close(ratio->statistic, dc_fit_figure(fit, "deviance") - dc_fit_figure(whole, "deviance"), 1e-8, 0);
    check_close(ratio->df, t == 0 ? 4 : 2, 0, 0);
    check_close(wald->df, t == 0 ? 4 : 2, 0, 0);
    check_close(wald->statistic, ratio->statistic, .35, 0); /* the same only for small effects */
    dc_fit_free(fit);
  }
  dc_fit_free(whole);
  free_data(d);
}

/* Two categories: Newton of a logit, written out, and `logistic`. */
static void two_categories_are_a_logit(void **state)
{
  (void)state;
  data *d = simulate(4, 2000);
  double b[2] = {0, 0}, h[3];
  for (size_t i = 0; i < 2000; i++) d->kind[i] = d->kind[i] == 2;
  for (int step = 0; step < 30; step++) {
    double g[2] = {0, 0};
    h[0] = h[1] = h[2] = 0;
    for (size_t i = 0; i < 2000; i++) {
      double p = 1 / (1 + exp(-b[0] - b[1] * d->x[i])), w = p * (1 - p), r = d->kind[i] - p;
      g[0] += r;
      g[1] += r * d->x[i];
      h[0] += w;
      h[1] += w * d->x[i];
      h[2] += w * d->x[i] * d->x[i];
    }
    double det = h[0] * h[2] - h[1] * h[1];
    b[0] += (h[2] * g[0] - h[1] * g[1]) / det;
    b[1] += (h[0] * g[1] - h[1] * g[0]) / det;
  }
  d->design.n_terms = 1;
  d->design.terms = &d->term[2];
  d->category.levels = 2;
  dc_fit *fit = fit_of(&d->design, &d->category);
  double det = h[0] * h[2] - h[1] * h[1];
  check_close(fit->coefficients[0].estimate, b[0], 1e-12, 1e-13);
  check_close(fit->coefficients[1].estimate, b[1], 1e-12, 1e-13);
  check_close(fit->coefficients[0].error, sqrt(h[2] / det), 1e-10, 0);
  check_close(fit->coefficients[1].error, sqrt(h[0] / det), 1e-10, 0);
  fitting_check_logistic(&d->design, d->kind, fit);
  dc_fit_free(fit);
  free_data(d);
}

static void columns_that_say_nothing_new_are_named(void **state)
{
  (void)state;
  data *d = simulate(5, 500);
  double *twice = calloc(500, sizeof *twice), *constant = calloc(500, sizeof *constant);
  for (size_t i = 0; i < 500; i++) {
    twice[i] = 2 * d->x[i] + 3;
    constant[i] = 1e12;
  }
  dc_term terms[] = {d->term[2], number("twice", twice), number("constant", constant), factor("a", d->a, 5)};
  dc_design design = {.n_rows = 500, .intercept = true, .n_terms = 4, .terms = terms};
  dc_fit *fit = fit_of(&design, &d->category);
  const char *const left_out[] = {"twice", "constant", "a=3", "a=4"};
  const char *const why[] = {"2 * x + 3", "1e+12", "0", "0"};
  for (int k = 0; k < 4; k++) {
    const dc_coefficient *c = dc_fit_find(fit, left_out[k]);
    assert_non_null(c);
    assert_true(isnan(c->estimate) && isnan(c->error));
    assert_non_null(c->twin);
    assert_string_equal(c->twin, why[k]);
  }
  assert_int_equal(fit->n_notes, 4);
  assert_string_equal(fit->notes[0], "twice is 2 * x + 3: left out");
  free(twice);
  free(constant);
  dc_fit_free(fit);
  free_data(d);
}

/* The penalised likelihood's gradient, of a number scaled to spread 1. */
static void a_ridge_is_the_penalty_that_it_says(void **state)
{
  (void)state;
  data *d = simulate(6, 300);
  const double option[] = {7, 1};
  double mean = 0, spread = 0, gradient[4];
  for (size_t i = 0; i < 300; i++) mean += d->x[i] / 300;
  for (size_t i = 0; i < 300; i++) spread += (d->x[i] - mean) * (d->x[i] - mean) / 300;
  d->design.n_terms = 1;
  d->design.terms = &d->term[2];
  dc_fit *fit = fit_with(&d->design, &d->category, option, 2);
  recomputed(fit, &d->design, &d->category, gradient);
  for (size_t c = 0; c < 2; c++) {
    check_close(gradient[2 * c], 0, 0, 1e-9);
    check_close(gradient[2 * c + 1], 7 * spread * fit->coefficients[2 * c + 1].estimate, 1e-8, 0);
  }
  dc_fit_free(fit);
  free_data(d);
}

static void what_cannot_be_fitted_is_refused(void **state)
{
  (void)state;
  data *d = simulate(7, 50);
  dc_response response = {.name = "kind", .category = &d->category};
  dc_task task = {&d->design, &response, NULL, .95, 1, 0, dc_arena_new(), NULL};
  dc_fit *fit = NULL;
  dc_error error = {0};
  const dc_model *model = dc_model_find("multinomial");
  for (size_t i = 0; i < 50; i++) d->kind[i] = 0;
  check_fails(dc_model_fit(model, &task, &fit, &error), DC_E_SHORT, &error);
  for (size_t i = 0; i < 50; i++) d->kind[i] = 1 + (i & 1);
  check_fails(dc_model_fit(model, &task, &fit, &error), DC_E_SHORT, &error);
  response = (dc_response){.name = "x", .y = d->x};
  check_fails(dc_model_fit(model, &task, &fit, &error), DC_E_INPUT, &error);
  d->design.intercept = false;
  d->design.n_terms = 0;
  response = (dc_response){.name = "kind", .category = &d->category};
  d->kind[0] = 0;
  check_fails(dc_model_fit(model, &task, &fit, &error), DC_E_SHORT, &error);
  dc_arena_free(task.arena);
  free_data(d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(iris_has_its_deviance),
      cmocka_unit_test(known_coefficients_are_recovered),
      cmocka_unit_test(cells_are_as_good_as_rows),
      cmocka_unit_test(terms_are_tested_by_fits_without_them),
      cmocka_unit_test(two_categories_are_a_logit),
      cmocka_unit_test(columns_that_say_nothing_new_are_named),
      cmocka_unit_test(a_ridge_is_the_penalty_that_it_says),
      cmocka_unit_test(what_cannot_be_fitted_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
