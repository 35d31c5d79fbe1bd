/* Boosted trees against what a stump must be, and against simulated truth. */
#include "engine/base/arena.h"
#include "engine/base/random.h"
#include "tests/check.h"
#include "tests/models/fitting.h"

#include <math.h>
#include <stdlib.h>

enum { ROWS = 4000, LEVELS = 300 };

typedef struct world {
  double x[ROWS], z[ROWS], y[ROWS];
  uint16_t f[ROWS];
  uint8_t kind[ROWS];
  dc_term term[3];
  dc_codes category;
  fitting fitting;
} world;

static double uniform(size_t i, uint64_t draw) { return dc_random_uniform(5, i, draw); }

static int make(void **state)
{
  world *w = *state = calloc(1, sizeof *w);
  if (!w) return -1;
  for (size_t i = 0; i < ROWS; i++) {
    w->x[i] = uniform(i, 0);
    w->z[i] = uniform(i, 1);
    double u = uniform(i, 2); /* most rows have one of 40 levels; some of the others share a bin */
    w->f[i] = (uint16_t)(u < .8 ? 50 * u : 40 + (LEVELS - 40) * 5 * (u - .8));
  }
  w->term[0] = (dc_term){.name = "x", .number = w->x};
  w->term[1] = (dc_term){.name = "z", .number = w->z};
  w->term[2] = (dc_term){.name = "f", .kind = DC_TERM_FACTOR, .codes = {w->f, 2, LEVELS, NULL}};
  w->fitting = (fitting){.model = "boost",
                         .design = {.n_rows = ROWS, .intercept = true, .n_terms = 3, .terms = w->term},
                         .response = {.name = "y", .y = w->y}};
  return 0;
}

static int drop(void **state)
{
  free(*state);
  return 0;
}

static double eta_of(const dc_fit *fit, const world *w, size_t row)
{
  double eta[4];
  dc_error error;
  check_ok(dc_fit_eta(fit, &w->fitting.design, row, row + 1, eta, NULL, &error), &error);
  return eta[0];
}

/* One tree of two leaves, all of its step taken, without a penalty, on few values: the best of all halves, found by trying
 * them, and the means of both. */
static void a_stump_is_the_best_half(void **state)
{
  world *w = *state;
  enum { FEW = 60 };
  double best = INFINITY, cut = 0, left = 0, right = 0;
  for (size_t i = 0; i < FEW; i++) w->y[i] = 3 * sin(9 * w->x[i]) + uniform(i, 3);
  for (size_t k = 0; k < FEW; k++) {
    double sum[2] = {0, 0}, n[2] = {0, 0}, rest = 0;
    for (size_t i = 0; i < FEW; i++) sum[w->x[i] > w->x[k]] += w->y[i], n[w->x[i] > w->x[k]]++;
    for (size_t i = 0; i < FEW; i++) rest += pow(w->y[i] - sum[w->x[i] > w->x[k]] / n[w->x[i] > w->x[k]], 2);
    if (n[1] > 0 && rest < best) best = rest, cut = w->x[k], left = sum[0] / n[0], right = sum[1] / n[1];
  }
  fitting few = w->fitting;
  few.design.n_rows = FEW;
  few.design.n_terms = 1;
  static const char *const names[] = {"trees", "leaves", "rate", "folds", "l2", "columns"};
  static const double values[] = {1, 2, 1, 0, 0, 1};
  for (size_t k = 0; k < 6; k++) fitting_option(&few, names[k], values[k]);
  dc_fit *fit = fitting_run(&few);
  for (size_t i = 0; i < FEW; i++) check_close(eta_of(fit, w, i), w->x[i] > cut ? right : left, 1e-7, 1e-8);
  check_close(dc_fit_figure(fit, "deviance"), best, 1e-6, 0);
  dc_fit_free(fit);
}

/* Products, thresholds, categories of many levels, values that are missing for a reason. */
static void what_no_line_finds_is_found(void **state)
{
  world *w = *state;
  double truth = 0, told = 0;
  for (size_t i = 0; i < ROWS; i++) {
    double eta = (w->x[i] > .5) == (w->z[i] > .3) ? 1.5 : -1.5;
    eta += w->f[i] >= 40 ? 0 : w->f[i] % 3 == 0 ? 1 : -.5;
    if (uniform(i, 4) < .2) w->x[i] = NAN, eta = 2.5;
    double p = 1 / (1 + exp(-eta));
    w->y[i] = uniform(i, 5) < p;
    truth -= log(w->y[i] > 0 ? p : 1 - p) / ROWS;
  }
  dc_fit *fit = fitting_run(&w->fitting);
  told = dc_fit_figure(fit, "held_out_loss");
  print_message("held out %.4f, of the truth %.4f\n", told, truth);
  assert_true(told > truth - .01 && told < 1.15 * truth);
  double sum = 0;
  for (size_t t = 0; t < 3; t++) sum += fit->terms[t].importance;
  check_close(sum, 1, 1e-12, 0);
  dc_fit_free(fit);
}

static void nothing_is_found_in_noise(void **state)
{
  world *w = *state;
  for (size_t i = 0; i < ROWS; i++) w->y[i] = uniform(i, 6) < .3;
  dc_fit *fit = fitting_run(&w->fitting);
  double base = 0;
  for (size_t i = 0; i < ROWS; i++) base += w->y[i] / ROWS;
  base = -base * log(base) - (1 - base) * log(1 - base);
  check_close(dc_fit_figure(fit, "held_out_loss"), base, 2e-3, 0);
  assert_true(dc_fit_figure(fit, "trees") < 60);
  dc_fit_free(fit);
}

/* A tenth lies below the quantile of a tenth, whatever x is. */
static void quantiles_hold_their_share(void **state)
{
  world *w = *state;
  size_t below[2] = {0, 0}, n[2] = {0, 0};
  for (size_t i = 0; i < ROWS; i++) w->y[i] = 10 * w->z[i] + (1 + 4 * w->z[i]) * uniform(i, 7);
  fitting quantile = w->fitting;
  fitting_option(&quantile, "loss", 1);
  fitting_option(&quantile, "quantile", .1);
  dc_fit *fit = fitting_run(&quantile);
  for (size_t i = 0; i < ROWS; i++) {
    n[w->z[i] > .5]++;
    below[w->z[i] > .5] += w->y[i] < eta_of(fit, w, i);
  }
  for (int k = 0; k < 2; k++) check_close((double)below[k] / (double)n[k], .1, 0, .03);
  dc_fit_free(fit);
}

/* Two categories are a chance. */
static void two_categories_are_a_chance(void **state)
{
  world *w = *state;
  static const char *const names[] = {"no", "yes"};
  for (size_t i = 0; i < ROWS; i++) w->y[i] = w->kind[i] = uniform(i, 8) < w->z[i];
  w->category = (dc_codes){w->kind, 1, 2, names};
  fitting chance = w->fitting, kinds = w->fitting;
  kinds.response = (dc_response){.name = "y", .category = &w->category};
  fitting *const both[] = {&chance, &kinds};
  for (int k = 0; k < 2; k++) {
    fitting_option(both[k], "folds", 0);
    fitting_option(both[k], "trees", 30);
  }
  dc_fit *a = fitting_run(&chance), *b = fitting_run(&kinds);
  for (size_t i = 0; i < ROWS; i++) check_close(eta_of(a, w, i), eta_of(b, w, i), 1e-6, 1e-6);
  dc_fit_free(a);
  dc_fit_free(b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(a_stump_is_the_best_half, make, drop),
                                     cmocka_unit_test_setup_teardown(what_no_line_finds_is_found, make, drop),
                                     cmocka_unit_test_setup_teardown(nothing_is_found_in_noise, make, drop),
                                     cmocka_unit_test_setup_teardown(quantiles_hold_their_share, make, drop),
                                     cmocka_unit_test_setup_teardown(two_categories_are_a_chance, make, drop)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
