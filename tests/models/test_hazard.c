/* Discrete-time competing risks: against the Aalen-Johansen estimate, against rows written out by period, against a
 * logit, and against known hazards. */
#include "dealcast/model/model.h"
#include "engine/base/arena.h"
#include "engine/base/random.h"
#include "tests/check.h"
#include "tests/models/fitting.h"

enum { KINDS = 3, PERIODS = 6 };

static uint64_t seed, draws;

static double uniform(void) { return dc_random_uniform(seed, 0, draws++); }
static double normal(void) { return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform()); }
static uint32_t below(uint32_t n) { return (uint32_t)(uniform() * n); }

typedef struct data {
  dc_design design;
  dc_term term[2];
  dc_codes category;
  uint32_t *group, *kind;
  double *x, *time, *weight;
} data;

static const char *const names[KINDS] = {"open", "won", "lost"};
static const double level_of[2][PERIODS] = {{-3, -2.5, -2, -1.8, -2.2, -2.4}, {-2, -2.2, -2.5, -2.1, -1.9, -1.7}};
static const double group_of[2][3] = {{0, .8, -.5}, {0, -.6, .4}}, slope_of[2] = {.6, -.3};

static data *new_data(size_t n)
{
  data *d = calloc(1, sizeof *d);
  d->group = calloc(n, sizeof *d->group);
  d->kind = calloc(n, sizeof *d->kind);
  d->x = calloc(n, sizeof *d->x);
  d->time = calloc(n, sizeof *d->time);
  d->weight = calloc(n, sizeof *d->weight);
  d->category = (dc_codes){d->kind, 4, KINDS, names};
  d->term[0] = (dc_term){.name = "group", .kind = DC_TERM_FACTOR, .codes = {d->group, 4, 3, NULL}};
  d->term[1] = (dc_term){.name = "x", .kind = DC_TERM_NUMBER, .number = d->x};
  d->design = (dc_design){.n_rows = n, .intercept = true, .n_terms = 2, .terms = d->term};
  return d;
}

static void free_data(data *d)
{
  free(d->group);
  free(d->kind);
  free(d->x);
  free(d->time);
  free(d->weight);
  free(d);
}

static void hazards(uint32_t group, double x, size_t period, double h[KINDS])
{
  double all = h[0] = 1;
  for (int c = 0; c < 2; c++) all += h[c + 1] = exp(level_of[c][period] + group_of[c][group] + slope_of[c] * x);
  for (int c = 0; c < KINDS; c++) h[c] /= all;
}

/* Spells from known hazards, seen for at most 1 .. PERIODS periods. */
static data *simulate(uint64_t s, size_t n)
{
  data *d = new_data(n);
  seed = s;
  draws = 0;
  for (size_t i = 0; i < n; i++) {
    size_t seen = 1 + below(PERIODS);
    d->group[i] = below(3);
    d->x[i] = normal();
    d->weight[i] = (double)(1 + below(3));
    for (size_t k = 0; k < seen && !d->kind[i]; k++) {
      double h[KINDS], u = uniform();
      hazards(d->group[i], d->x[i], k, h);
      d->kind[i] = u < h[1] ? 1 : u < h[1] + h[2] ? 2 : 0;
      d->time[i] = (double)k + 1;
    }
  }
  return d;
}

static dc_fit *fit_model(const char *model, const dc_design *design, const dc_response *response, const double *option)
{
  dc_task task = {design, response, option, .95, 2, 0, dc_arena_new(), NULL};
  dc_fit *fit = NULL;
  dc_error error = {0};
  check_ok(dc_model_fit(dc_model_find(model), &task, &fit, &error), &error);
  assert_non_null(fit);
  dc_arena_free(task.arena);
  return fit;
}

static dc_fit *fit_of(const data *d, double pool)
{
  const double option[] = {0, pool, 0, 1, 1e-4, 40};
  dc_response response = {.name = "end", .category = &d->category, .time = d->time};
  return fit_model("hazard", &d->design, &response, option);
}

static void known_hazards_are_recovered(void **state)
{
  (void)state;
  data *d = simulate(1, 60000);
  dc_fit *fit = fit_of(d, 1);
  double square = 0, incidence[PERIODS * 2], stay = 1, true_one[2] = {0, 0};
  assert_int_equal(fit->n_columns, 4 + PERIODS - 1);
  assert_string_equal(fit->equation[0], "won");
  assert_string_equal(fit->terms[2].name, "period");
  for (size_t c = 0; c < 2; c++) {
    const dc_coefficient *b = fit->coefficients + c * fit->n_columns;
    double truth[] = {level_of[c][0], group_of[c][1], group_of[c][2], slope_of[c], 0, 0, 0, 0, 0};
    for (size_t k = 1; k < PERIODS; k++) truth[3 + k] = level_of[c][k] - level_of[c][0];
    for (size_t j = 0; j < fit->n_columns; j++) {
      double away = (b[j].estimate - truth[j]) / b[j].error;
      assert_true(fabs(away) < 4);
      square += away * away;
    }
  }
  assert_true(square > 3 && square < 45); /* 18 of them, correlated */
  dc_error error = {0};
  check_ok(dc_fit_incidence(fit, &d->design, 7, 8, PERIODS, incidence, &error), &error);
  for (size_t k = 0; k < PERIODS; k++) {
    double h[KINDS];
    hazards(d->group[7], d->x[7], k, h);
    for (size_t c = 0; c < 2; c++) {
      true_one[c] += stay * h[c + 1];
      check_close(incidence[2 * k + c], true_one[c], .1, .005);
    }
    stay *= h[0];
  }
  dc_fit_free(fit);
  free_data(d);
}

/* The weighted Aalen-Johansen estimate from counts by period. */
static void aalen_johansen(const data *d, const uint32_t *group, uint32_t of, double *incidence)
{
  double stay = 1, sum[2] = {0, 0};
  for (size_t k = 0; k < PERIODS; k++) {
    double risk = 0, ends[2] = {0, 0};
    for (size_t i = 0; i < d->design.n_rows; i++) {
      if (d->time[i] < (double)k + 1 || (group && group[i] != of)) continue;
      risk += d->design.weight ? d->weight[i] : 1;
      if (d->time[i] == (double)k + 1 && d->kind[i]) ends[d->kind[i] - 1] += d->design.weight ? d->weight[i] : 1;
    }
    for (size_t c = 0; c < 2; c++) incidence[2 * k + c] = sum[c] += stay * ends[c] / risk;
    stay *= 1 - (ends[0] + ends[1]) / risk;
  }
}

static void a_baseline_by_period_is_aalen_johansen(void **state)
{
  (void)state;
  data *d = simulate(2, 2000);
  double model[2 * PERIODS], expected[2 * PERIODS], worst = 0;
  dc_error error = {0};
  d->design.n_terms = 0;
  for (int weighted = 0; weighted < 2; weighted++) {
    d->design.weight = weighted ? d->weight : NULL;
    dc_fit *fit = fit_of(d, 1);
    aalen_johansen(d, NULL, 0, expected);
    check_ok(dc_fit_incidence(fit, &d->design, 0, 1, PERIODS, model, &error), &error);
    for (size_t k = 0; k < 2 * PERIODS; k++) worst = fmax(worst, fabs(model[k] / expected[k] - 1));
    dc_fit_free(fit);
  }
  printf("Aalen-Johansen: largest relative difference %.1e\n", worst);
  check_close(worst, 0, 0, 1e-12);
  free_data(d);
}

/* The same likelihood with every row-period written out, as softmax regression. */
static void expanded_rows_give_the_same_fit(void **state)
{
  (void)state;
  data *d = simulate(3, 800);
  size_t n = 0, total = 800 * PERIODS;
  data *long_one = new_data(total);
  uint32_t *period = calloc(total, sizeof *period);
  double *offset = calloc(800, sizeof *offset), *long_offset = calloc(total, sizeof *long_offset);
  for (size_t i = 0; i < 800; i++) {
    offset[i] = normal();
    for (size_t k = 0; k < (size_t)d->time[i]; k++, n++) {
      long_one->group[n] = d->group[i];
      long_one->x[n] = d->x[i];
      long_one->weight[n] = d->weight[i];
      long_offset[n] = offset[i];
      period[n] = (uint32_t)k;
      long_one->kind[n] = k + 1 == (size_t)d->time[i] ? d->kind[i] : 0;
    }
  }
  dc_term terms[] = {long_one->term[0],
                     long_one->term[1],
                     {.name = "period", .kind = DC_TERM_FACTOR, .codes = {period, 4, PERIODS, NULL}}};
  for (int way = 0; way < 3; way++) { /* numbers and factors; with weights and an offset; factors alone: cells */
    dc_design by_period = {.n_rows = n, .intercept = true, .n_terms = 3, .terms = terms};
    d->design.weight = way == 1 ? d->weight : NULL;
    d->design.offset = way == 1 ? offset : NULL;
    by_period.weight = way == 1 ? long_one->weight : NULL;
    by_period.offset = way == 1 ? long_offset : NULL;
    if (way == 2) {
      d->design.n_terms = 1;
      terms[1] = terms[2];
      by_period.n_terms = 2;
    }
    dc_response response = {.name = "end", .category = &long_one->category};
    dc_fit *spells = fit_of(d, 1), *rows = fit_model("multinomial", &by_period, &response, NULL);
    assert_int_equal(spells->n_columns, rows->n_columns);
    for (size_t k = 0; k < rows->n_columns * 2; k++) {
      check_close(spells->coefficients[k].estimate, rows->coefficients[k].estimate, 1e-9, 1e-11);
      check_close(spells->coefficients[k].error, rows->coefficients[k].error, 1e-9, 0);
    }
    const char *const same[] = {"deviance", "null_deviance", "aic", "df_residual", "df_null"};
    for (size_t k = 0; k < sizeof same / sizeof *same; k++)
      check_close(dc_fit_figure(spells, same[k]), dc_fit_figure(rows, same[k]), 1e-12, 0);
    check_close(dc_fit_figure(spells, "row_periods"), (double)n, 0, 0);
    check_close(dc_fit_figure(spells, "n"), 800, 0, 0);
    assert_int_equal(spells->n_tests, rows->n_tests);
    for (size_t k = 0; k < rows->n_tests; k++)
      check_close(spells->tests[k].statistic, rows->tests[k].statistic, 1e-8, 0);
    dc_fit_free(spells);
    dc_fit_free(rows);
  }
  free(period);
  free(offset);
  free(long_offset);
  free_data(long_one);
  free_data(d);
}

/* One kind of end, one period: Newton of a logit, written out, and `logistic`. */
static void one_period_and_one_kind_are_a_logit(void **state)
{
  (void)state;
  data *d = simulate(4, 1500);
  double b[2] = {0, 0}, h[3];
  for (size_t i = 0; i < 1500; i++) {
    d->kind[i] = d->kind[i] == 2;
    d->time[i] = 1;
  }
  for (int step = 0; step < 30; step++) {
    double g[2] = {0, 0};
    h[0] = h[1] = h[2] = 0;
    for (size_t i = 0; i < 1500; i++) {
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
  d->category.levels = 2;
  d->design.n_terms = 1;
  d->design.terms = &d->term[1];
  dc_fit *fit = fit_of(d, 5);
  assert_int_equal(fit->n_columns, 2); /* one period has no term */
  check_close(fit->coefficients[0].estimate, b[0], 1e-11, 1e-13);
  check_close(fit->coefficients[1].estimate, b[1], 1e-11, 1e-13);
  check_close(fit->coefficients[1].error, sqrt(h[0] / (h[0] * h[2] - h[1] * h[1])), 1e-10, 0);
  fitting_check_logistic(&d->design, d->kind, fit);
  dc_fit_free(fit);
  free_data(d);
}

/* A level of periods has enough ends of each kind; long spells cost no more than short ones. */
static void periods_with_few_ends_are_pooled(void **state)
{
  (void)state;
  data *d = simulate(5, 400);
  double ends[2] = {0, 0}, incidence[8];
  for (size_t i = 0; i < 400; i++)
    if (d->time[i] > 3) d->time[i] = d->kind[i] ? d->time[i] : 1e9;
  dc_fit *fit = fit_of(d, 12);
  const dc_fit_term *period = &fit->terms[2];
  for (uint32_t l = 0; l < period->levels; l++) {
    double from = strtod(period->level[l], NULL),
           to = l + 1 < period->levels ? strtod(period->level[l + 1], NULL) : INFINITY;
    ends[0] = ends[1] = 0;
    for (size_t i = 0; i < 400; i++)
      if (d->kind[i] && d->time[i] >= from && d->time[i] < to) ends[d->kind[i] - 1]++;
    assert_true(ends[0] >= 12 && ends[1] >= 12);
  }
  assert_true(period->levels > 1 && period->levels < PERIODS);
  assert_true(strchr(period->level[period->levels - 1], '+') != NULL);
  assert_true(fit->n_notes == 1 && strstr(fit->notes[0], "are one"));
  dc_error error = {0};
  check_ok(dc_fit_incidence(fit, &d->design, 0, 1, 4, incidence, &error), &error);
  for (size_t k = 0; k < 8; k++) assert_true(incidence[k] > 0 && incidence[k] < 1);
  dc_fit_free(fit);
  fit = fit_of(d, 1e6); /* nothing is enough: one chance for all periods, as with a constant baseline */
  const double constant[] = {1, 5, 0, 1, 1e-4, 40};
  dc_response response = {.name = "end", .category = &d->category, .time = d->time};
  dc_fit *one = fit_model("hazard", &d->design, &response, constant);
  assert_int_equal(fit->n_columns, 4);
  assert_int_equal(one->n_columns, 4);
  for (size_t k = 0; k < 8; k++) check_same(one->coefficients[k].estimate, fit->coefficients[k].estimate);
  dc_fit_free(one);
  dc_fit_free(fit);
  free_data(d);
}

static void times_that_make_no_sense_are_refused(void **state)
{
  (void)state;
  const double wrong[] = {0, -1, 1.5, NAN, INFINITY};
  data *d = simulate(6, 30);
  dc_response response = {.name = "end", .category = &d->category, .time = d->time};
  dc_task task = {&d->design, &response, NULL, .95, 1, 0, dc_arena_new(), NULL};
  dc_fit *fit = NULL;
  dc_error error = {0};
  for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++) {
    double kept = d->time[17];
    d->time[17] = wrong[k];
    check_fails(dc_model_fit(dc_model_find("hazard"), &task, &fit, &error), DC_E_INPUT, &error);
    assert_non_null(strstr(error.message, "row 18"));
    d->time[17] = kept;
  }
  response.time = NULL;
  check_fails(dc_model_fit(dc_model_find("hazard"), &task, &fit, &error), DC_E_USAGE, &error);
  dc_arena_free(task.arena);
  free_data(d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_hazards_are_recovered),      cmocka_unit_test(a_baseline_by_period_is_aalen_johansen),
      cmocka_unit_test(expanded_rows_give_the_same_fit),  cmocka_unit_test(one_period_and_one_kind_are_a_logit),
      cmocka_unit_test(periods_with_few_ends_are_pooled), cmocka_unit_test(times_that_make_no_sense_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
