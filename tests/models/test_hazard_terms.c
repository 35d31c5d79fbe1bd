/* Shrunken terms of the registry's hazard beside those that are not: what is known of both, and every path of the engine. */
#include "models/shrunk_hazard.h"

#include "engine/base/random.h"
#include "tests/check.h"

enum { N = 6000, GROUPS = 80, PERIODS = 8, TERMS = 4 };

typedef struct data {
  uint32_t stage[N], owner[N], none[N], kind[N];
  double x[N], time[N];
  const double *slope[1];
  dc_codes category;
  dc_term term[TERMS];
  dc_design design;
  dc_response response;
} data;

static const char *const names[] = {"open", "won", "lost"};

static double curve(double x) { return .8 * sin(2 * x); }
static double level_of(double period) { return -3 + .15 * period; }
static double owner_of(uint32_t owner) { return 1.2 * (dc_random_uniform(5, owner, 0) - .5); }

/* Spells of at most PERIODS periods: won depends on stage, x and owner, lost on none of them. */
static data *simulate(uint64_t stream)
{
  data *d = calloc(1, sizeof *d);
  for (size_t i = 0; i < N; i++) {
    d->stage[i] = (uint32_t)(3 * dc_random_uniform(stream, i, 0));
    d->owner[i] = (uint32_t)(GROUPS * dc_random_uniform(stream, i, 1));
    d->x[i] = 4 * dc_random_uniform(stream, i, 2) - 2;
    for (size_t k = 0; k < PERIODS && !d->kind[i]; k++) {
      double won = exp(level_of((double)k) + .5 * d->stage[i] + curve(d->x[i]) + owner_of(d->owner[i])), lost = .1;
      double u = dc_random_uniform(stream, i, 10 + k) * (1 + won + lost);
      d->time[i] = (double)(k + 1);
      d->kind[i] = u < won ? 1 : u < won + lost ? 2 : 0;
    }
  }
  d->slope[0] = d->x;
  d->category = (dc_codes){d->kind, 4, 3, names};
  d->term[0] = (dc_term){.name = "stage", .kind = DC_TERM_FACTOR, .codes = {d->stage, 4, 3, NULL}};
  d->term[1] = (dc_term){.name = "x", .kind = DC_TERM_NUMBER, .number = d->x};
  d->term[2] = (dc_term){.name = "(1|none)", .kind = DC_TERM_EFFECT, .codes = {d->none, 4, 1, NULL}};
  d->design = (dc_design){.n_rows = N, .intercept = true, .n_terms = TERMS, .terms = d->term};
  d->response = (dc_response){.name = "end", .category = &d->category, .time = d->time};
  return d;
}

static dc_fit *fit_of(const data *d, const char *name, double value, const dc_fit *start)
{
  const dc_model *model = dc_model_find("hazard");
  double option[DC_MOST_OPTIONS];
  dc_fit *fit = NULL;
  dc_error error = {0};
  dc_model_defaults(model, option);
  if (name) dc_model_set(model, option, name, value);
  const dc_task task = {&d->design, &d->response, option, .95, 2, 0, dc_arena_new(), start};
  check_ok(dc_model_fit(model, &task, &fit, &error), &error);
  dc_arena_free(task.arena);
  return fit;
}

/* An effect of one level says nothing: the others are what they are without it, but for their weak prior. */
static void terms_that_are_not_shrunken_are_as_without_those_that_are(void **state)
{
  (void)state;
  data *d = simulate(1);
  d->design.n_terms = 2;
  dc_fit *plain = fit_of(d, NULL, 0, NULL);
  d->design.n_terms = 3;
  dc_fit *beside = fit_of(d, NULL, 0, NULL);
  assert_int_equal(beside->n_columns, plain->n_columns + 1);
  for (size_t e = 0; e < 2; e++)
    for (size_t k = 1; k < plain->n_columns; k++) {
      const dc_coefficient *a = &plain->coefficients[e * plain->n_columns + k],
                           *b = &beside->coefficients[e * beside->n_columns + k + (k > 3)];
      assert_string_equal(a->name, b->name);
      check_close(b->estimate, a->estimate, 0, 2e-3 * a->error);
      check_close(b->error, a->error, 1e-3, 0);
    }
  for (size_t t = 0; t < 2; t++)
    for (size_t k = 0; k < plain->n_tests; k++)
      if (plain->tests[k].term == t && strcmp(plain->tests[k].kind, "Wald") == 0)
        check_close(beside->tests[t].statistic, plain->tests[k].statistic, 1e-3, 0);
  check_close(dc_fit_figure(beside, "deviance"), dc_fit_figure(plain, "deviance"), 1e-4, 0);
  check_close(dc_fit_figure(beside, "null_deviance"), dc_fit_figure(plain, "null_deviance"), 1e-10, 0);
  dc_fit_free(plain);
  dc_fit_free(beside);
  free(d);
}

static void use_smooth_and_owner(data *d)
{
  d->term[1] = (dc_term){.name = "s(x)", .kind = DC_TERM_SMOOTH, .number = d->x, .basis = 12};
  d->term[2] = (dc_term){.name = "(1|owner)", .kind = DC_TERM_EFFECT, .codes = {d->owner, 4, GROUPS, NULL}};
  d->design.n_terms = 3;
}

/* Incidences of rows against those of the hazards that made them. */
static void curves_effects_and_smooth_baselines_are_recovered(void **state)
{
  (void)state;
  data *d = simulate(2);
  use_smooth_and_owner(d);
  dc_fit *fit = fit_of(d, "baseline", 2, NULL);
  assert_int_equal(fit->terms[3].kind, DC_TERM_SMOOTH);
  assert_true(fit->terms[3].levels == PERIODS && fit->terms[3].covariance[0] > 0);
  assert_true(fit->terms[1].df > 4 && fit->terms[1].df < 2 * 12 && fit->terms[2].df < 2 * GROUPS);
  double incidence[PERIODS * 2], square = 0, truth = 0;
  dc_error error = {0};
  for (size_t i = 0; i < 400; i++) {
    double stay = 1, won = 0;
    check_ok(dc_fit_incidence(fit, &d->design, i, i + 1, PERIODS, incidence, &error), &error);
    for (size_t k = 0; k < PERIODS; k++) {
      double h = exp(level_of((double)k) + .5 * d->stage[i] + curve(d->x[i]) + owner_of(d->owner[i])), all = 1.1 + h;
      won += stay * h / all;
      stay /= all;
    }
    double away = incidence[2 * (PERIODS - 1)] - won;
    square += away * away / 400;
    truth += won / 400;
  }
  assert_true(truth > .2 && sqrt(square) < .06);
  dc_fit_free(fit);
  free(d);
}

static void a_start_does_not_decide_the_end(void **state)
{
  (void)state;
  data *d = simulate(3);
  use_smooth_and_owner(d);
  dc_fit *cold = fit_of(d, NULL, 0, NULL), *warm = fit_of(d, NULL, 0, cold);
  assert_true(dc_fit_figure(warm, "iterations") < dc_fit_figure(cold, "iterations"));
  for (size_t k = 0; k < 2 * cold->n_columns; k++)
    check_close(warm->coefficients[k].estimate, cold->coefficients[k].estimate, 0, 1e-3);
  dc_fit_free(warm);
  dc_fit_free(cold);
  free(d);
}

static dc_fit *fit_by(const data *d, const dc_shrunk_limits *limits, int threads)
{
  const dc_shrunk_options options = {
      .softmax = {.spells = true, .pool = 5}, .tolerance = 1e-6, .rounds = 0, .steps = 100, .limits = limits};
  dc_fit *fit = dc_fit_new();
  dc_error error = {0};
  const dc_task task = {&d->design, &d->response, NULL, .95, threads, 0, dc_arena_new(), NULL};
  check_ok(dc_shrunk_hazard_fit(&task, &options, fit, &error), &error);
  dc_arena_free(task.arena);
  return fit;
}

/* Columns with values: all dense, the largest effect eliminated, the rest by conjugate gradients. */
static void every_path_leads_to_the_same_fit(void **state)
{
  (void)state;
  data *d = simulate(4);
  use_smooth_and_owner(d);
  d->term[2].slope = d->slope;
  d->term[2].n_slopes = 1;
  d->term[3] = (dc_term){.name = "x:stage", .kind = DC_TERM_SLOPES, .number = d->x, .codes = {d->stage, 4, 3, NULL}};
  d->design.n_terms = 4;
  const dc_shrunk_limits limits[] = {{1000, 4000, 0}, {10, 4000, 4096}, {10, 4000, 0}};
  dc_fit *exact = fit_by(d, &limits[0], 1);
  assert_true(exact->covariance != NULL);
  for (size_t k = 1; k < 3; k++) {
    dc_fit *one = fit_by(d, &limits[k], 1), *seven = fit_by(d, &limits[k], 7);
    for (size_t j = 0; j < 2 * exact->n_columns; j++) {
      const dc_coefficient *a = &one->coefficients[j], *b = &exact->coefficients[j];
      check_close(a->estimate, b->estimate, 0, 1e-4 * b->error);
      check_same(seven->coefficients[j].estimate, a->estimate);
    }
    dc_fit_free(one);
    dc_fit_free(seven);
  }
  dc_fit_free(exact);
  free(d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(terms_that_are_not_shrunken_are_as_without_those_that_are),
      cmocka_unit_test(curves_effects_and_smooth_baselines_are_recovered),
      cmocka_unit_test(a_start_does_not_decide_the_end),
      cmocka_unit_test(every_path_leads_to_the_same_fit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
