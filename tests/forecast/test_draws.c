/* Bookings against brute force: sums of deals drawn at random. */
#include "tests/check.h"
#include "tests/forecast/pipelines.h"

/* Marsaglia and Tsang 2000; mean 1. */
static double gamma_of(rng *r, double variance)
{
  if (variance <= 0) return 1;
  double shape = 1 / variance, d = shape + (shape < 1) - 1.0 / 3, c = 1 / sqrt(9 * d);
  double boost = shape < 1 ? pow(uniform(r), 1 / shape) : 1;
  for (;;) {
    double x = normal(r), v = 1 + c * x;
    v = v * v * v;
    if (v > 0 && log(uniform(r)) < 0.5 * x * x + d - d * v + d * log(v)) return boost * d * v / shape;
  }
}

static size_t poisson(rng *r, double mean)
{
  double limit = exp(-mean), product = uniform(r);
  size_t k = 0;
  for (; product > limit; k++) product *= uniform(r);
  return k;
}

static double draw_amount(rng *r, double amount, double log_sd)
{
  return log_sd > 0 ? amount * exp(log_sd * normal(r) - 0.5 * log_sd * log_sd) : amount;
}

static double draw_sum(rng *r, const dc_bookings_input *in)
{
  double sum = in->fixed, z = gamma_of(r, in->phi), g = gamma_of(r, in->new_variance);
  for (size_t i = 0; i < in->n; i++) {
    double log_open = log1p(-in->p[i]), h = in->phi > 0 ? expm1(-in->phi * log_open) / in->phi : -log_open;
    if (in->p[i] >= 1 || uniform(r) < -expm1(-z * h)) sum += draw_amount(r, in->amount[i], in->log_sd[i]);
  }
  for (size_t j = 0; j < in->n_new; j++)
    for (size_t k = poisson(r, in->rate[j] * z * g); k > 0; k--)
      sum += draw_amount(r, in->new_amount[j], in->new_log_sd[j]);
  return sum;
}

static int compare(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The largest distance of distribution functions, and the quantiles. noise: about 5 standard errors of the first. */
static void check_against_draws(const char *name, const dc_bookings_input *in, size_t draws)
{
  dc_bookings *b = made(in);
  double *x = malloc(draws * sizeof *x), furthest = 0;
  assert_non_null(x);
  rng r = {77, 0};
  for (size_t d = 0; d < draws; d++) x[d] = draw_sum(&r, in);
  qsort(x, draws, sizeof *x, compare);
  for (size_t d = 0; d < draws; d++)
    if (d + 1 == draws || x[d + 1] > x[d] * (1 + 1e-12) + 1e-12)
      furthest = fmax(furthest, fabs(dc_bookings_cdf(b, x[d] * (1 + 1e-12)) - (double)(d + 1) / (double)draws));
  if (furthest > 0.003 + 1.8 / sqrt((double)draws)) fail_msg("%s: distribution functions differ by %g", name, furthest);
  const double q[] = {.1, .25, .5, .75, .9, .95};
  for (size_t i = 0; i < sizeof q / sizeof *q; i++) {
    /* within 1 %, or within what the draws leave open */
    double low = x[(size_t)((q[i] - .006) * (double)draws)], high = x[(size_t)((q[i] + .006) * (double)draws)];
    double at = dc_bookings_quantile(b, q[i]), drawn = x[(size_t)(q[i] * (double)draws)];
    if (fabs(at - drawn) > 0.01 * drawn && !(at >= low && at <= high))
      fail_msg("%s: quantile %g is %g, drawn %g", name, q[i], at, drawn);
  }
  free(x);
  dc_bookings_free(b);
}

static void test_against_draws(void **state)
{
  (void)state;
  const double phis[] = {0, .02, .3}, variances[] = {0, .1};
  for (int f = 0; f < 3; f++)
    for (int v = 0; v < 2; v++) {
      pipeline *small = random_pipeline(12, 3, 1, .4, .05, .6), *large = random_pipeline(400, 80, 1, .5, .02, .5);
      pipeline *whale = random_pipeline(60, 5, .7, .3, .05, .6), *rare = random_pipeline(1500, 0, .5, .3, 0, .01);
      whale->p[7] = .35;
      whale->amount[7] = 1e5;
      whale->log_sd[7] = 0;
      dc_bookings_input in = input_of(small, phis[f], variances[v], 500);
      check_against_draws("12 deals", &in, 100000);
      in = input_of(large, phis[f], variances[v], 0);
      check_against_draws("400 deals", &in, 10000);
      in = input_of(whale, phis[f], variances[v], 100);
      check_against_draws("a whale", &in, 25000);
      in = input_of(rare, phis[f], variances[v], 0);
      if (!v) check_against_draws("1500 rare deals", &in, 10000);
      free(small);
      free(large);
      free(whale);
      free(rare);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_draws)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
