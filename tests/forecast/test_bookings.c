/* Bookings against certified values, and what must not matter. */
#include "tests/check.h"
#include "tests/forecast/pipelines.h"

static double grid_mean(const dc_bookings *b)
{
  double sum = 0;
  for (size_t i = 0; i + 1 < b->n; i++) sum += 1 - (b->lattice ? b->cdf[i] : 0.5 * (b->cdf[i] + b->cdf[i + 1]));
  return b->origin + sum * b->step;
}

static double grid_sd(const dc_bookings *b)
{
  double centre = grid_mean(b), sum = b->cdf[0] * (b->origin - centre) * (b->origin - centre);
  for (size_t i = 0; i + 1 < b->n; i++) {
    double middle = b->origin + ((double)i + (b->lattice ? 1 : 0.5)) * b->step - centre;
    sum += (b->cdf[i + 1] - b->cdf[i]) * (middle * middle + (b->lattice ? 0 : b->step * b->step / 12));
  }
  return sqrt(sum);
}

static double mass(const dc_bookings *b, size_t k)
{
  double at = (double)k;
  return dc_bookings_cdf(b, at) - dc_bookings_cdf(b, at - 1);
}

static void test_poisson_binomial(void **state)
{
  (void)state;
  const double p[5] = {.5, .3, .7, .3, .9}, one[5] = {1, 1, 1, 1, 1}, zero[5] = {0};
  const double expected[6] = {.00735, .09695, .3167, .3747, .17595, .02835};
  dc_bookings_input in = {5, p, one, zero, 0, NULL, NULL, NULL, 0, 0, 0};
  dc_bookings *b = made(&in);
  assert_true(b->lattice);
  for (size_t k = 0; k < 6; k++) check_close(mass(b, k), expected[k], 0, 1e-14);
  check_close(b->mean, 2.7, 1e-15, 0);
  check_close(b->sd, sqrt(.25 + .21 + .21 + .21 + .09), 1e-14, 0);
  dc_bookings_free(b);
}

static void test_many_unequal_coins(void **state)
{
  (void)state;
  pipeline *p = random_pipeline(1000, 0, 0, 0, 0, 1);
  for (size_t i = 0; i < 1000; i++) {
    p->p[i] = (double)(i + 1) / 1001;
    p->amount[i] = 1;
  }
  dc_bookings_input in = input_of(p, 0, 0, 0);
  dc_bookings *b = made(&in);
  check_close(mass(b, 500), .030881884547386, 0, 1e-14);
  dc_bookings_free(b);
  free(p);
}

/* Binomial(3, p) given z, p = 1 - exp(-z H): the mixture's probabilities by inclusion and exclusion of exact Laplace
 * transforms E exp(-Z t) = (1 + phi t)^(-1 / phi). */
static void test_shock_against_closed_form(void **state)
{
  (void)state;
  const double p[3] = {.4, .4, .4}, one[3] = {1, 1, 1}, zero[3] = {0};
  const double phis[] = {0.01, 0.1, 0.3, 0.5, 1, 3};
  for (size_t f = 0; f < sizeof phis / sizeof *phis; f++) {
    double phi = phis[f], h = expm1(-phi * log1p(-.4)) / phi, open[4];
    for (int j = 0; j < 4; j++) open[j] = exp(-log1p(phi * j * h) / phi);
    double expected[4] = {open[3], 3 * (open[2] - open[3]), 3 * (open[1] - 2 * open[2] + open[3]),
                          1 - 3 * open[1] + 3 * open[2] - open[3]};
    dc_bookings_input in = {3, p, one, zero, 0, NULL, NULL, NULL, 0, 0, phi};
    dc_bookings *b = made(&in);
    for (size_t k = 0; k < 4; k++) check_close(mass(b, k), expected[k], 0, phi <= 1 ? 1e-8 : 1e-5);
    dc_bookings_free(b);
  }
}

/* Poisson(rate Z G) with phi = 0 is negative binomial. */
static void test_new_deals_negative_binomial(void **state)
{
  (void)state;
  const double rate[2] = {2, 3}, one[2] = {1, 1}, zero[2] = {0, 0};
  dc_bookings_input in = {0, NULL, NULL, NULL, 2, rate, one, zero, 0.2, 0, 0};
  dc_bookings *b = made(&in);
  double r = 5, q = 5.0 / (5 + r);
  for (size_t k = 0; k < 15; k++) {
    double x = (double)k;
    check_close(mass(b, k), exp(lgamma(x + r) - lgamma(r) - lgamma(x + 1) + r * log1p(-q) + x * log(q)), 0, 1e-13);
  }
  check_close(b->sd, sqrt(5 + 0.2 * 25), 1e-13, 0);
  dc_bookings_free(b);
}

/* Kinds whose amounts are spread as a lognormal are one kind of a wider one; the same kinds named twice change nothing. */
static void test_kinds_of_new_deals_are_pooled(void **state)
{
  (void)state;
  enum { N = 201 };
  const double rate = 9, amount = 1000, log_sd = 1, spacing = .05;
  double rates[2 * N], amounts[2 * N], log_sds[2 * N], sum = 0;
  for (size_t i = 0; i < N; i++) sum += exp(-.5 * pow(spacing * ((double)i - 100), 2));
  for (size_t i = 0; i < 2 * N; i++) {
    double u = spacing * ((double)(i % N) - 100);
    rates[i] = rate * exp(-.5 * u * u) / sum;
    amounts[i] = amount * exp(.6 * u - .5 * .36);
    log_sds[i] = .8;
  }
  dc_bookings_input in = {0, NULL, NULL, NULL, 1, &rate, &amount, &log_sd, .02, 500, .1};
  dc_bookings *one = made(&in);
  in.rate = rates;
  in.new_amount = amounts;
  in.new_log_sd = log_sds;
  in.n_new = N;
  dc_bookings *many = made(&in);
  in.n_new = 2 * N;
  for (size_t i = 0; i < 2 * N; i++) rates[i] /= 2;
  dc_bookings *twice = made(&in);
  check_close(many->mean, one->mean, 1e-4, 0);
  for (double x = 1000; x < 40000; x += 500) {
    check_close(dc_bookings_cdf(many, x), dc_bookings_cdf(one, x), 0, 3e-4);
    check_close(dc_bookings_cdf(twice, x), dc_bookings_cdf(many, x), 0, 1e-9);
  }
  dc_bookings_free(one);
  dc_bookings_free(many);
  dc_bookings_free(twice);
}

static void test_normal_crps(void **state)
{
  (void)state;
  dc_bookings *b = NULL;
  dc_error error;
  check_ok(dc_bookings_normal(100, 1, &b, &error), &error);
  check_close(dc_bookings_crps(b, 100), .233694977255, 0, 1e-6);
  check_close(dc_bookings_crps(b, 101), .602441357628, 0, 1e-6);
  check_close(dc_bookings_quantile(b, .975), 101.959963984540, 0, 1e-5);
  check_close(dc_bookings_cdf(b, 99), .158655253931457, 0, 1e-6);
  dc_bookings_free(b);
  check_ok(dc_bookings_normal(1, 2, &b, &error), &error); /* cut at 0 */
  check_close(dc_bookings_cdf(b, 0), .308537538725987, 0, 1e-12);
  check_close(dc_bookings_cdf(b, -1e-9), 0, 0, 0);
  dc_bookings_free(b);
  const double single[][2] = {{5, 0}, {0, 0}, {-3, 0}};
  for (size_t i = 0; i < 3; i++) {
    check_ok(dc_bookings_normal(single[i][0], 0, &b, &error), &error);
    check_close(dc_bookings_quantile(b, .5), fmax(single[i][0], 0), 0, 0);
    check_close(dc_bookings_crps(b, 7), 7 - fmax(single[i][0], 0), 1e-15, 0);
    dc_bookings_free(b);
  }
  check_fails(dc_bookings_normal(NAN, 1, &b, &error), DC_E_USAGE, &error);
  check_fails(dc_bookings_normal(1, -1, &b, &error), DC_E_USAGE, &error);
}

/* Mean, order and bounds over everything nasty. */
static void check_sound(const dc_bookings_input *in)
{
  dc_bookings *b = made(in);
  double mean = in->fixed, sure = in->fixed, last = 0;
  for (size_t i = 0; i < in->n; i++) {
    mean += in->p[i] * in->amount[i];
    if (in->p[i] >= 1 && in->log_sd[i] <= 0) sure += in->amount[i];
  }
  for (size_t j = 0; j < in->n_new; j++) mean += in->rate[j] * in->new_amount[j];
  check_close(b->mean, mean, 1e-12, 0);
  check_close(grid_mean(b), mean, 1e-6, 1e-300);
  check_close(grid_sd(b), b->sd, in->phi > 1 ? 0.02 : 0.003, 1e-9 * fabs(mean));
  assert_true(b->n >= 1 && b->step > 0 && b->sd >= 0);
  for (size_t i = 0; i < b->n; i++) {
    assert_true(b->cdf[i] >= last && b->cdf[i] <= 1);
    last = b->cdf[i];
  }
  check_same(b->cdf[b->n - 1], 1);
  assert_true(b->origin >= sure - 1e-9 * fabs(sure));
  check_same(dc_bookings_cdf(b, b->origin - 1e-6 * b->step - 1e-12 * fabs(b->origin)), 0);
  double highest = -1, below = 1;
  for (int i = 0; i <= 60; i++) {
    double x = dc_bookings_quantile(b, i / 60.0), reach = 1 - dc_bookings_cdf(b, sure + i * mean / 20);
    assert_true(isfinite(x) && x >= highest);
    assert_true(reach <= below);                                       /* the chance of a quota falls with the quota */
    check_close(dc_bookings_cdf(b, x) - i / 60.0, 0.5, 0, 0.5 + 1e-9); /* at least q */
    highest = x;
    below = reach;
  }
  dc_bookings_free(b);
}

static void test_sound_everywhere(void **state)
{
  (void)state;
  const size_t sizes[] = {0, 1, 2, 5, 40, 300, 3000};
  const double phis[] = {0, .02, .3, 2}, spreads[] = {0, .3, 1.5};
  for (size_t s = 0; s < 7; s++)
    for (size_t f = 0; f < 4; f++)
      for (size_t w = 0; w < 3; w++)
        for (size_t kinds = 0; kinds <= 200; kinds += 100) {
          pipeline *p = random_pipeline(sizes[s], kinds / 20, spreads[w], spreads[(w + s) % 3] * .5, 0, 1);
          dc_bookings_input in = input_of(p, phis[f], kinds == 200 ? .3 : 0, kinds ? 1234 : 0);
          check_sound(&in);
          free(p);
        }
}

static void test_extreme_amounts(void **state)
{
  (void)state;
  pipeline *p = random_pipeline(200, 3, 0, .3, .05, .9);
  for (size_t i = 0; i < p->n; i++) p->amount[i] = pow(10, -3 + 15 * (double)i / 199);
  p->p[3] = p->p[100] = 0;
  p->p[5] = p->p[101] = p->p[199] = 1;
  p->log_sd[101] = 0;
  for (int f = 0; f < 3; f++) {
    dc_bookings_input in = input_of(p, .15 * f, .1, 17);
    check_sound(&in);
  }
  free(p);
}

static void test_no_deals_and_certain_deals(void **state)
{
  (void)state;
  const double p[4] = {0, 1, 1, 0.5}, amount[4] = {10, 20, 30, 0}, log_sd[4] = {0};
  dc_bookings_input in = {0, NULL, NULL, NULL, 0, NULL, NULL, NULL, 0, 42, .1};
  for (size_t n = 0; n <= 4; n += 4) {
    in.n = n;
    in.p = p;
    in.amount = amount;
    in.log_sd = log_sd;
    double at = n ? 92 : 42;
    dc_bookings *b = made(&in);
    check_same(b->mean, at);
    check_same(b->sd, 0);
    check_same(dc_bookings_quantile(b, .01), at);
    check_same(dc_bookings_quantile(b, .99), at);
    check_same(dc_bookings_cdf(b, at - 1e-6), 0);
    check_same(dc_bookings_cdf(b, at), 1);
    check_close(dc_bookings_crps(b, at + 5), 5, 1e-14, 0);
    check_close(dc_bookings_crps(b, at - 5), 5, 1e-14, 0);
    dc_bookings_free(b);
  }
}

static void test_one_deal(void **state)
{
  (void)state;
  const double p = .3, amount = 7, sure = 0, log_sd = .5;
  dc_bookings_input in = {1, &p, &amount, &sure, 0, NULL, NULL, NULL, 0, 1, .2};
  dc_bookings *b = made(&in);
  check_close(dc_bookings_cdf(b, 1), .7, 1e-12, 0);
  check_close(dc_bookings_cdf(b, 7.999), .7, 1e-12, 0);
  check_close(dc_bookings_quantile(b, .71), 8, 1e-14, 0);
  check_close(b->sd, sqrt(.21) * 7, 1e-12, 0);
  dc_bookings_free(b);
  in.log_sd = &log_sd;
  b = made(&in);
  check_close(dc_bookings_cdf(b, 1), .7, 1e-5, 0);
  for (int i = -4; i <= 6; i++) {
    double u = .5 * i, x = 7 * exp(.5 * u - .125);
    check_close(dc_bookings_cdf(b, 1 + x), .7 + .3 * .5 * erfc(-u / sqrt(2)), 0, 2e-4);
  }
  dc_bookings_free(b);
}

static void test_scale_changes_nothing(void **state)
{
  (void)state;
  const double phis[] = {0, .05, .3};
  for (size_t n = 10; n <= 4000; n *= 20)
    for (int f = 0; f < 3; f++) {
      pipeline *p = random_pipeline(n, 70, 1, .4, .01, .7);
      dc_bookings_input in = input_of(p, phis[f], .05, 3);
      dc_bookings *a = made(&in);
      for (size_t i = 0; i < p->n; i++) p->amount[i] *= 1000;
      for (size_t j = 0; j < p->n_new; j++) p->new_amount[j] *= 1000;
      in.fixed *= 1000;
      dc_bookings *b = made(&in);
      check_close(b->mean, 1000 * a->mean, 1e-12, 0);
      check_close(b->sd, 1000 * a->sd, 1e-9, 0);
      for (int q = 1; q < 20; q++)
        check_close(dc_bookings_quantile(b, q / 20.0), 1000 * dc_bookings_quantile(a, q / 20.0), 1e-9, 0);
      dc_bookings_free(a);
      dc_bookings_free(b);
      free(p);
    }
}

static void check_same_distribution(const dc_bookings *a, const dc_bookings *b)
{
  check_same(a->mean, b->mean);
  check_same(a->sd, b->sd);
  check_same(a->origin, b->origin);
  check_same(a->step, b->step);
  assert_int_equal(a->n, b->n);
  assert_memory_equal(a->cdf, b->cdf, a->n * sizeof *a->cdf);
}

static void reverse(double *x, size_t n)
{
  for (size_t i = 0; i < n / 2; i++) {
    double t = x[i];
    x[i] = x[n - 1 - i];
    x[n - 1 - i] = t;
  }
}

static void test_order_changes_no_bit(void **state)
{
  (void)state;
  for (size_t n = 30; n <= 4000; n *= 11) {
    pipeline *p = random_pipeline(n, 90, 1, .3, .01, .9);
    for (size_t i = 0; i < n; i += 3) p->amount[i] = 500; /* ties */
    for (size_t i = 0; i < n; i += 6) p->p[i] = .25;
    dc_bookings_input in = input_of(p, .1, .1, 3);
    dc_bookings *a = made(&in), *again = made(&in);
    check_same_distribution(a, again);
    reverse(p->p, n);
    reverse(p->amount, n);
    reverse(p->log_sd, n);
    reverse(p->rate, p->n_new);
    reverse(p->new_amount, p->n_new);
    reverse(p->new_log_sd, p->n_new);
    dc_bookings *b = made(&in);
    check_same_distribution(a, b);
    dc_bookings_free(a);
    dc_bookings_free(again);
    dc_bookings_free(b);
    free(p);
  }
}

static void test_lattice_crps_is_the_sum(void **state)
{
  (void)state;
  const double p[5] = {.5, .3, .7, .3, .9}, one[5] = {1, 1, 1, 1, 1}, zero[5] = {0};
  dc_bookings_input in = {5, p, one, zero, 0, NULL, NULL, NULL, 0, 2, .1};
  dc_bookings *b = made(&in);
  const double actuals[] = {0, 2, 2.5, 4, 6.9, 7, 9};
  for (size_t a = 0; a < 7; a++) {
    double y = actuals[a], first = 0, second = 0; /* E|X - y| - E|X - X'| / 2 */
    for (size_t i = 2; i <= 7; i++) {
      first += mass(b, i) * fabs((double)i - y);
      for (size_t j = 2; j <= 7; j++) second += mass(b, i) * mass(b, j) * fabs((double)i - (double)j);
    }
    check_close(dc_bookings_crps(b, y), first - 0.5 * second, 1e-12, 1e-13);
  }
  dc_bookings_free(b);
}

/* Exact deals and their stand-ins agree: 1200 coins once exactly, once with a speck of noise that forces cumulants. */
static void test_large_counts(void **state)
{
  (void)state;
  pipeline *p = random_pipeline(4000, 0, 0, 0, .05, .45);
  for (size_t i = 0; i < p->n; i++) p->amount[i] = 1;
  for (int f = 0; f < 2; f++) {
    dc_bookings_input in = input_of(p, f * .1, 0, 0);
    dc_bookings *b = made(&in);
    assert_true(b->lattice);
    double variance = 0;
    for (size_t i = 0; i < p->n; i++) variance += p->p[i] * (1 - p->p[i]);
    if (!f) check_close(b->sd, sqrt(variance), 1e-5, 0);
    check_close(grid_mean(b), b->mean, 1e-6, 0);
    dc_bookings_free(b);
  }
  free(p);
}

static void test_wrong_input(void **state)
{
  (void)state;
  double p = .5, amount = 1, log_sd = 0;
  dc_bookings_input in = {1, &p, &amount, &log_sd, 0, NULL, NULL, NULL, 0, 0, 0};
  double *const fields[] = {&p, &amount, &log_sd, &in.phi, &in.new_variance, &in.fixed};
  const double wrong[][2] = {{1.5, NAN}, {-1, INFINITY}, {-1, NAN}, {-1, NAN}, {-1, NAN}, {NAN, INFINITY}};
  for (size_t i = 0; i < 6; i++)
    for (int k = 0; k < 2; k++) {
      double good = *fields[i];
      dc_bookings *b = NULL;
      dc_error error;
      *fields[i] = wrong[i][k];
      check_fails(dc_bookings_new(&in, &b, &error), DC_E_USAGE, &error);
      assert_null(b);
      *fields[i] = good;
    }
  dc_bookings_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_poisson_binomial),
      cmocka_unit_test(test_many_unequal_coins),
      cmocka_unit_test(test_shock_against_closed_form),
      cmocka_unit_test(test_new_deals_negative_binomial),
      cmocka_unit_test(test_kinds_of_new_deals_are_pooled),
      cmocka_unit_test(test_normal_crps),
      cmocka_unit_test(test_sound_everywhere),
      cmocka_unit_test(test_extreme_amounts),
      cmocka_unit_test(test_no_deals_and_certain_deals),
      cmocka_unit_test(test_one_deal),
      cmocka_unit_test(test_scale_changes_nothing),
      cmocka_unit_test(test_order_changes_no_bit),
      cmocka_unit_test(test_lattice_crps_is_the_sum),
      cmocka_unit_test(test_large_counts),
      cmocka_unit_test(test_wrong_input),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
