/* What dc_hazard_fit does with data that is empty, extreme or wrong. */
#include "tests/models/hazard_door.h"

#include "engine/base/random.h"
#include "tests/check.h"

enum { MAX_FACTORS = 4 };

static uint64_t seed, draws;

static double uniform(void) { return dc_random_uniform(seed, 0, draws++); }
static uint32_t below(uint32_t n) { return (uint32_t)(uniform() * n); }

static void start_random(uint64_t s)
{
  seed = s;
  draws = 0;
}

typedef struct data {
  hazard_rows rows;
  dc_factor factor[MAX_FACTORS];
  uint32_t *code;
  double *log_length, *weight;
} data;

static data *new_data(size_t n, int n_factors, const dc_factor *factors)
{
  data *d = calloc(1, sizeof *d);
  d->code = calloc(n * (size_t)n_factors + 1, sizeof *d->code);
  d->log_length = calloc(n + 1, sizeof(double));
  d->weight = calloc(3 * n + 1, sizeof(double));
  memcpy(d->factor, factors, (size_t)n_factors * sizeof *factors);
  d->rows = (hazard_rows){n, n_factors, d->factor, d->code, d->log_length, d->weight};
  return d;
}

static void free_data(data *d)
{
  free(d->code);
  free(d->log_length);
  free(d->weight);
  free(d);
}

static dc_factor ridge(uint32_t levels) { return (dc_factor){"ridge", levels, DC_PENALTY_RIDGE, 0.5, 2}; }
static dc_factor smooth(uint32_t levels) { return (dc_factor){"smooth", levels, DC_PENALTY_SMOOTH, 0.3, 2}; }

static hazard_options options(int threads) { return hazard_defaults(threads); }

static hazard *fit_with(const data *d, const hazard_options *o, const dc_shrunk_limits *limits)
{
  hazard *fit = NULL;
  dc_error error = {0};
  check_ok(hazard_fit(&d->rows, o, limits, NULL, &fit, &error), &error);
  assert_non_null(fit);
  return fit;
}

static void assert_finite(const hazard *h)
{
  assert_true(isfinite(h->log_likelihood) && isfinite(h->effective_df));
  for (int c = 0; c < DC_RISKS; c++) {
    assert_true(isfinite(h->intercept[c]));
    for (uint32_t i = 0; i < h->offset[h->n_factors]; i++) assert_true(isfinite(h->beta[c][i]));
    for (int f = 0; f < h->n_factors; f++) assert_true(h->tau[c][f] >= 1e-4 && h->tau[c][f] <= 10);
  }
}

/* Every kind of outcome x scale of weight x choice of paths: finite, and a hazard on the right side. */
static void nasty_data_has_a_finite_answer(void **state)
{
  (void)state;
  const dc_factor factors[] = {smooth(6), ridge(3), ridge(80), ridge(3)};
  const dc_shrunk_limits limits[] = {dc_shrunk_default_limits, {1, 400, 0}, {1000, 4000, 0}};
  const double scales[] = {1e-9, 1, 1e12};
  for (int outcome = 0; outcome < 5; outcome++)
    for (size_t k = 0; k < 9; k++)
      for (size_t n = 1; n <= 400; n += 399) {
        data *d = new_data(n, 4, factors);
        start_random(3);
        for (size_t i = 0; i < n; i++) {
          uint32_t *code = d->code + 4 * i;
          for (int f = 0; f < 3; f++) code[f] = below(factors[f].levels - 1); /* the last level stays empty */
          code[3] = code[1];                                                  /* aliased */
          /* all won, all lost, all open, separated by a factor, mixed */
          int kind = outcome < 3 ? outcome : outcome == 3 ? (int)code[1] : (int)below(3);
          d->weight[3 * i + (size_t)kind] = scales[k / 3];
        }
        hazard_options o = options(2);
        hazard *h = fit_with(d, &o, &limits[k % 3]);
        assert_finite(h);
        if (n > 1 && outcome < 2 && scales[k / 3] >= 1) assert_true(h->intercept[outcome] > h->intercept[1 - outcome]);
        if (scales[k / 3] < 1) check_close(h->intercept[0], o.prior_intercept[0], 1e-3, 0);
        hazard_free(h);
        free_data(d);
      }
}

static void without_rows_the_prior_is_the_answer(void **state)
{
  (void)state;
  const dc_factor factors[] = {smooth(6), ridge(80), ridge(5000)};
  data *d = new_data(0, 3, factors);
  hazard_options o = options(1);
  o.prior_intercept[DC_LOST] = -1.25;
  hazard *h = fit_with(d, &o, &dc_shrunk_default_limits);
  assert_true(h->converged);
  check_close(h->intercept[DC_WON], -3, 1e-15, 0);
  check_close(h->intercept[DC_LOST], -1.25, 1e-15, 0);
  for (int c = 0; c < DC_RISKS; c++)
    for (uint32_t i = 0; i < h->offset[3]; i++) check_close(h->beta[c][i], 0, 0, 1e-15);
  for (int f = 0; f < 3; f++) check_close(h->tau[0][f], factors[f].prior_sd, 1e-4, 0);
  check_close(h->effective_df, 0, 0, 1e-8);
  hazard_free(h);
  d->rows.n_factors = 0;
  h = fit_with(d, &o, &dc_shrunk_default_limits);
  check_close(h->intercept[DC_LOST], -1.25, 1e-15, 0);
  hazard_free(h);
  d->rows.n_factors = 3;
  free_data(d);
}

static void refuse(const data *d, const hazard_options *o, dc_status expected)
{
  hazard *h = NULL;
  dc_error error = {0};
  check_fails(hazard_fit(&d->rows, o, NULL, NULL, &h, &error), expected, &error);
  assert_null(h);
}

static void bad_input_is_named(void **state)
{
  (void)state;
  const dc_factor factors[] = {ridge(3), ridge(4)};
  const double wrong[] = {NAN, INFINITY, -INFINITY};
  data *d = new_data(50, 2, factors);
  start_random(1);
  for (size_t i = 0; i < 50; i++) d->weight[3 * i + below(3)] = 1;
  hazard_options o = options(1), bad = o;
  for (size_t k = 0; k < 3; k++) {
    double length = d->log_length[20], weight = d->weight[31];
    d->log_length[20] = wrong[k];
    refuse(d, &o, DC_E_INPUT);
    d->log_length[20] = length;
    d->weight[31] = wrong[k];
    refuse(d, &o, DC_E_INPUT);
    d->weight[31] = weight;
    bad.prior_intercept[1] = wrong[k];
    refuse(d, &bad, DC_E_USAGE);
  }
  bad = o;
  bad.prior_intercept_sd = -1;
  refuse(d, &bad, DC_E_USAGE);
  double weight = d->weight[31];
  d->weight[31] = -1;
  refuse(d, &o, DC_E_INPUT);
  d->weight[31] = weight;
  d->code[7] = 4;
  refuse(d, &o, DC_E_INPUT);
  d->code[7] = 0;
  d->factor[1].prior_sd = -1;
  refuse(d, &o, DC_E_USAGE);
  d->factor[1] = (dc_factor){"wide", 5000, DC_PENALTY_SMOOTH, 1, 1};
  refuse(d, &o, DC_E_USAGE);
  free_data(d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nasty_data_has_a_finite_answer),
      cmocka_unit_test(without_rows_the_prior_is_the_answer),
      cmocka_unit_test(bad_input_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
