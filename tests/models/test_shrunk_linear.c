/* Every claim is recomputed here from the documented model, not with the engine's own functions. */
#include "models/shrunk_linear_internal.h"

#include "engine/base/random.h"
#include "tests/check.h"

enum { MAX_FACTORS = 6 };

static uint64_t seed, draws;

static double uniform(void) { return dc_random_uniform(seed, 1, draws++); }
static double normal(void) { return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform()); }
static uint32_t below(uint32_t n) { return (uint32_t)(uniform() * n); }

typedef struct data {
  dc_linear_rows rows;
  dc_factor factor[MAX_FACTORS];
  double *truth[MAX_FACTORS];
  uint32_t *code;
  double *y, *weight;
} data;

static data *simulate(uint64_t stream, size_t n, int n_factors, const dc_factor *factors, const double *sd,
                      double sigma)
{
  data *d = calloc(1, sizeof *d);
  seed = stream;
  draws = 0;
  d->code = calloc(n * (size_t)n_factors + 1, sizeof *d->code);
  d->y = calloc(n + 1, sizeof(double));
  d->weight = calloc(n + 1, sizeof(double));
  for (int f = 0; f < n_factors; f++) {
    bool smooth = factors[f].penalty == DC_PENALTY_SMOOTH;
    d->factor[f] = factors[f];
    d->truth[f] = calloc(factors[f].levels, sizeof(double));
    for (uint32_t l = 0; l < factors[f].levels; l++)
      d->truth[f][l] = sd[f] * normal() + (smooth && l > 0 ? d->truth[f][l - 1] : 0);
  }
  for (size_t i = 0; i < n; i++) {
    d->y[i] = 10 + sigma * normal();
    d->weight[i] = 1;
    for (int f = 0; f < n_factors; f++) {
      uint32_t l = d->code[i * (size_t)n_factors + (size_t)f] = below(factors[f].levels);
      d->y[i] += d->truth[f][l];
    }
  }
  d->rows = (dc_linear_rows){n, n_factors, d->factor, d->code, d->y, NULL};
  return d;
}

static void free_data(data *d)
{
  for (int f = 0; f < MAX_FACTORS; f++) free(d->truth[f]);
  free(d->code);
  free(d->y);
  free(d->weight);
  free(d);
}

static dc_factor ridge(uint32_t levels) { return (dc_factor){"ridge", levels, DC_PENALTY_RIDGE, 0.5, 1}; }
static dc_factor smooth(uint32_t levels) { return (dc_factor){"smooth", levels, DC_PENALTY_SMOOTH, 0.3, 1}; }

static dc_linear *fit_with(const data *d, double prior_sigma, int threads, const dc_shrunk_limits *limits)
{
  dc_linear *fit = NULL;
  dc_error error = {0};
  check_ok(dc_linear_fit_with(&d->rows, prior_sigma, threads, limits, &fit, &error), &error);
  assert_non_null(fit);
  return fit;
}

static dc_linear *fit(const data *d) { return fit_with(d, 1, 2, &dc_shrunk_default_limits); }

static data *mixed(size_t n)
{
  const dc_factor factors[] = {smooth(12), ridge(6), ridge(100), ridge(70)};
  const double sd[] = {0.3, 0.4, 0.4, 0.3};
  return simulate(7, n, 4, factors, sd, 0.8);
}

static void gradient_is_zero_at_the_optimum(void **state)
{
  (void)state;
  data *d = mixed(5000);
  for (size_t i = 0; i < 5000; i++) d->weight[i] = 0.5 + uniform();
  d->rows.weight = d->weight;
  dc_linear *h = fit(d);
  double *g = calloc(h->offset[4] + 1u, sizeof *g), rss = 0, smear = 0, total = 0;
  for (size_t i = 0; i < 5000; i++) {
    double r = d->y[i] - dc_linear_eta(h, d->code + 4 * i), s = d->weight[i] * r / (h->sigma * h->sigma);
    g[0] += s;
    for (size_t f = 0; f < 4; f++) g[1 + h->offset[f] + d->code[4 * i + f]] += s;
    rss += d->weight[i] * r * r;
    smear += d->weight[i] * exp(r);
    total += d->weight[i];
  }
  for (size_t f = 0; f < 4; f++) {
    double precision = 1 / (h->tau[f] * h->tau[f]), *at = g + 1 + h->offset[f], *b = h->beta + h->offset[f];
    for (uint32_t l = 0; l < d->factor[f].levels; l++) {
      bool is_smooth = d->factor[f].penalty == DC_PENALTY_SMOOTH;
      at[l] -= (is_smooth ? 1.0 / 9 : precision) * b[l];
      if (!is_smooth || l == 0) continue;
      at[l] -= precision * (b[l] - b[l - 1]);
      at[l - 1] += precision * (b[l] - b[l - 1]);
    }
  }
  for (size_t i = 0; i <= h->offset[4]; i++) check_close(g[i], 0, 0, 1e-5);
  check_close(h->smear, smear / total, 1e-12, 0);
  assert_true(rss / total < h->sigma * h->sigma && h->r2 > 0.1 && h->r2 < 0.6);
  assert_int_equal(h->n_rows, 5000);
  free(g);
  dc_linear_free(h);
  free_data(d);
}

static void truth_is_recovered(void **state)
{
  (void)state;
  const dc_factor factors[] = {ridge(5), ridge(200), smooth(20)};
  const double sd[] = {0.5, 0.4, 0.2};
  data *d = simulate(3, 60000, 3, factors, sd, 0.7);
  dc_linear *h = fit(d);
  check_close(h->sigma, 0.7, 0.01, 0);
  check_close(h->smear, exp(0.5 * 0.49), 0.02, 0);
  check_close(h->tau[1], 0.4, 0.2, 0);
  for (int f = 0; f < 3; f++) {
    uint32_t n = factors[f].levels;
    double shift = 0, z2 = 0, se = 0.7 * sqrt(n / 60000.0);
    for (uint32_t l = 0; l < n; l++) shift += (h->beta[h->offset[f] + l] - d->truth[f][l]) / n;
    for (uint32_t l = 0; l < n; l++) {
      double z = (h->beta[h->offset[f] + l] - d->truth[f][l] - shift) / se;
      assert_true(fabs(z) < 4.5);
      z2 += z * z / n;
    }
    assert_true(z2 < 2);
  }
  dc_linear_free(h);
  free_data(d);
}

/* Balanced one-way layout, where restricted maximum likelihood is the analysis of variance: tau^2 = (MSA - MSE) / m,
 * sigma^2 = MSE, beta = shrunken means (Searle, Casella and McCulloch 1992, section 4.7). */
static void balanced_one_way_is_analysis_of_variance(void **state)
{
  (void)state;
  enum { GROUPS = 40, EACH = 500 };
  dc_factor factor = ridge(GROUPS);
  factor.prior_weight = 1e-9;
  const double sd = 0.4;
  data *d = simulate(9, GROUPS * EACH, 1, &factor, &sd, 0);
  double mean[GROUPS] = {0}, grand = 0, within = 0, between = 0;
  for (uint32_t i = 0; i < GROUPS * EACH; i++) {
    d->code[i] = i % GROUPS;
    d->y[i] = 10 + d->truth[0][i % GROUPS] + 0.9 * normal();
    mean[i % GROUPS] += d->y[i] / EACH;
    grand += d->y[i] / (GROUPS * EACH);
  }
  for (uint32_t i = 0; i < GROUPS * EACH; i++) within += pow(d->y[i] - mean[i % GROUPS], 2);
  for (size_t l = 0; l < GROUPS; l++) between += EACH * pow(mean[l] - grand, 2);
  double mse = within / (GROUPS * (EACH - 1)), msa = between / (GROUPS - 1), tau2 = (msa - mse) / EACH;
  dc_linear *h = fit_with(d, sqrt(mse), 1, &dc_shrunk_default_limits); /* a prior that agrees */
  check_close(h->sigma, sqrt(mse), 1e-6, 0);
  check_close(h->tau[0], sqrt(tau2), 1e-5, 0);
  check_close(h->intercept, grand, 1e-9, 0);
  for (size_t l = 0; l < GROUPS; l++)
    check_close(h->beta[l], (mean[l] - grand) * tau2 / (tau2 + mse / EACH), 1e-5, 1e-9);
  dc_linear_free(h);
  free_data(d);
}

static void compare(const dc_linear *a, const dc_linear *b, double tolerance)
{
  check_close(a->intercept, b->intercept, tolerance, 0);
  check_close(a->sigma, b->sigma, tolerance, 0);
  check_close(a->smear, b->smear, tolerance, 0);
  for (uint32_t i = 0; i < a->offset[a->n_factors]; i++) check_close(a->beta[i], b->beta[i], 0, tolerance);
  for (int f = 0; f < a->n_factors; f++) check_close(a->tau[f], b->tau[f], tolerance, 0);
}

static void dense_and_effect_paths_agree(void **state)
{
  (void)state;
  data *d = mixed(20000);
  const dc_shrunk_limits all_dense = {1000, 4000, 0}, pivot = {90, 4000, 4096}, iterative = {4, 400, 0};
  dc_linear *exact = fit_with(d, 1, 1, &all_dense), *other = fit_with(d, 1, 1, &pivot);
  compare(exact, other, 1e-6);
  dc_linear_free(other);
  /* without a pivot traces are by level, so variances differ a little */
  other = fit_with(d, 1, 1, &iterative);
  check_close(other->sigma, exact->sigma, 1e-3, 0);
  for (int f = 0; f < 4; f++) check_close(other->tau[f], exact->tau[f], 0.1, 0);
  for (uint32_t i = exact->offset[2]; i + 1 < exact->offset[3]; i++)
    check_close(other->beta[i + 1] - other->beta[i], exact->beta[i + 1] - exact->beta[i], 0, 0.01);
  dc_linear_free(other);
  dc_linear_free(exact);
  free_data(d);
}

static void threads_change_no_byte(void **state)
{
  (void)state;
  data *d = mixed(50000);
  const dc_shrunk_limits limits[] = {dc_shrunk_default_limits, {4, 400, 0}};
  for (size_t k = 0; k < 2; k++) {
    dc_linear *one = fit_with(d, 1, 1, &limits[k]);
    for (int threads = 2; threads <= 7; threads += 5) {
      dc_linear *many = fit_with(d, 1, threads, &limits[k]);
      assert_memory_equal(one->beta, many->beta, one->offset[4] * sizeof(double));
      assert_memory_equal(one->tau, many->tau, 4 * sizeof(double));
      check_same(one->intercept, many->intercept);
      check_same(one->sigma, many->sigma);
      check_same(one->smear, many->smear);
      check_same(one->r2, many->r2);
      dc_linear_free(many);
    }
    dc_linear_free(one);
  }
  free_data(d);
}

/* A row of weight 3 is three rows; y + c moves the intercept alone. */
static void weights_count_and_shifts_shift(void **state)
{
  (void)state;
  const dc_factor factors[] = {ridge(7), smooth(9)};
  const double sd[] = {0.5, 0.2};
  data *d = simulate(21, 3000, 2, factors, sd, 0.5);
  for (size_t i = 0; i < 3000; i++) {
    d->code[2 * i] = d->code[2 * (i % 1000)];
    d->code[2 * i + 1] = d->code[2 * (i % 1000) + 1];
    d->y[i] = d->y[i % 1000];
    d->weight[i] = 3;
  }
  dc_linear *triple = fit(d);
  d->rows.n_rows = 1000;
  d->rows.weight = d->weight;
  dc_linear *weighted = fit(d);
  compare(triple, weighted, 1e-6);
  for (size_t i = 0; i < 1000; i++) d->y[i] += 100;
  dc_linear *shifted = fit(d);
  check_close(shifted->intercept, weighted->intercept + 100, 1e-8, 0);
  for (uint32_t l = 0; l < 16; l++) check_close(shifted->beta[l], weighted->beta[l], 0, 1e-6);
  dc_linear_free(triple);
  dc_linear_free(weighted);
  dc_linear_free(shifted);
  free_data(d);
}

static void assert_finite(const dc_linear *h)
{
  assert_true(isfinite(h->intercept) && isfinite(h->smear) && h->smear > 0 && isfinite(h->sigma) && h->sigma > 0);
  assert_true(h->r2 >= 0 && h->r2 <= 1);
  for (uint32_t i = 0; i < h->offset[h->n_factors]; i++) assert_true(isfinite(h->beta[i]));
  for (int f = 0; f < h->n_factors; f++) assert_true(isfinite(h->tau[f]) && h->tau[f] > 0);
}

static void nasty_data_has_a_finite_answer(void **state)
{
  (void)state;
  const dc_factor factors[] = {smooth(6), ridge(3), ridge(80), ridge(3)};
  const double sd[] = {0.1, 0.1, 0.1, 0.1}, scales[] = {0, 1, 1e6, 1e12}, weights[] = {1e-9, 1, 1e12};
  const dc_shrunk_limits limits[] = {dc_shrunk_default_limits, {1, 400, 0}, {1000, 4000, 0}};
  for (size_t k = 0; k < 36; k++)
    for (size_t n = 1; n <= 300; n += 299) {
      data *d = simulate(k, n, 4, factors, sd, 1);
      for (size_t i = 0; i < n; i++) {
        d->code[4 * i + 3] = d->code[4 * i + 1];     /* aliased */
        if (d->code[4 * i] == 3) d->code[4 * i] = 2; /* an empty level */
        d->y[i] *= scales[k % 4];                    /* constant when 0 */
        d->weight[i] = weights[k / 4 % 3];
      }
      d->rows.weight = d->weight;
      dc_linear *h = fit_with(d, 1, 2, &limits[k / 12]);
      assert_finite(h);
      if (scales[k % 4] == 1) check_close(h->intercept, 10, 0.35, 0);
      dc_linear_free(h);
      free_data(d);
    }
}

static void without_rows_the_prior_is_the_answer(void **state)
{
  (void)state;
  data *d = mixed(10);
  d->rows.weight = d->weight;
  memset(d->weight, 0, 10 * sizeof(double));
  for (int round = 0; round < 2; round++) {
    dc_linear *h = fit_with(d, 1.5, 1, &dc_shrunk_default_limits);
    check_close(h->intercept, 0, 0, 0);
    check_close(h->sigma, 1.5, 1e-15, 0);
    check_close(h->smear, exp(0.5 * 1.5 * 1.5), 1e-12, 0);
    check_close(h->tau[1], 0.5, 1e-15, 0);
    for (uint32_t i = 0; i < h->offset[4]; i++) check_close(h->beta[i], 0, 0, 0);
    dc_linear_free(h);
    d->rows.n_rows = 0;
  }
  d->rows.n_factors = 0;
  dc_linear_free(fit(d));
  d->rows.n_rows = 10;
  d->rows.weight = NULL;
  dc_linear *h = fit(d);
  double mean = 0;
  for (size_t i = 0; i < 10; i++) mean += d->y[i] / 10;
  check_close(h->intercept, mean, 1e-12, 0);
  dc_linear_free(h);
  free_data(d);
}

static void refuse(const data *d, double prior_sigma, dc_status expected)
{
  dc_linear *h = NULL;
  dc_error error = {0};
  check_fails(dc_linear_fit(&d->rows, prior_sigma, 1, &h, &error), expected, &error);
  assert_null(h);
}

static void bad_input_is_named(void **state)
{
  (void)state;
  data *d = mixed(50);
  d->rows.weight = d->weight;
  const double wrong[] = {NAN, INFINITY, -INFINITY};
  for (size_t k = 0; k < 3; k++) {
    double y = d->y[20];
    d->y[20] = wrong[k];
    refuse(d, 1, DC_E_NUMERIC);
    d->y[20] = y;
    d->weight[20] = wrong[k];
    refuse(d, 1, DC_E_NUMERIC);
    d->weight[20] = 1;
    refuse(d, wrong[k], DC_E_NUMERIC);
  }
  d->weight[20] = -1;
  refuse(d, 1, DC_E_INPUT);
  d->weight[20] = 1;
  refuse(d, 0, DC_E_USAGE);
  d->code[7] = 70;
  refuse(d, 1, DC_E_INPUT);
  d->code[7] = 0;
  d->rows.y = NULL;
  refuse(d, 1, DC_E_USAGE);
  dc_linear_free(NULL);
  free_data(d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradient_is_zero_at_the_optimum),
      cmocka_unit_test(truth_is_recovered),
      cmocka_unit_test(balanced_one_way_is_analysis_of_variance),
      cmocka_unit_test(dense_and_effect_paths_agree),
      cmocka_unit_test(threads_change_no_byte),
      cmocka_unit_test(weights_count_and_shifts_shift),
      cmocka_unit_test(nasty_data_has_a_finite_answer),
      cmocka_unit_test(without_rows_the_prior_is_the_answer),
      cmocka_unit_test(bad_input_is_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
