/* What a distribution of bookings may cost, counted without a clock, and heavy tails, which once cost the most. */
#include "tests/check.h"

#include "engine/base/random.h"
#include "engine/forecast/bookings_internal.h"

enum { MOST = 20000 };

typedef struct deals {
  double p[MOST], amount[MOST], log_sd[MOST];
} deals;

static double normal(uint64_t i, uint64_t draw)
{
  double u = dc_random_uniform(5, i, draw), v = dc_random_uniform(5, i, draw + 1);
  return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* p log-uniform between low and high; amounts around 2,000, of multiples of `multiple` unless it is 0. */
static void fill(deals *d, size_t n, double spread, double log_sd, double low, double high, double multiple)
{
  for (size_t i = 0; i < n; i++) {
    d->p[i] = low * pow(high / low, dc_random_uniform(5, i, 0));
    d->amount[i] = 2000 * exp(spread * normal(i, 1));
    if (multiple > 0) d->amount[i] = multiple * ceil(d->amount[i] / multiple);
    d->log_sd[i] = log_sd;
  }
}

static dc_bookings_input input_of(const deals *d, size_t n, double phi)
{
  return (dc_bookings_input){.n = n, .p = d->p, .amount = d->amount, .log_sd = d->log_sd, .phi = phi};
}

static dc_bookings *made(const dc_bookings_input *in, bookings_work *work)
{
  dc_bookings *b = NULL;
  dc_error error;
  check_ok(bookings_build(in, &b, work, &error), &error);
  return b;
}

/* Whatever comes: 1.3e8 units, as a bound of what is done in the end; 1.6e7 for few deals. */
static void check_work(const dc_bookings_input *in, const char *name)
{
  bookings_work work;
  dc_bookings *b = made(in, &work);
  double all = work.each * (double)work.frequencies;
  if (all > (in->n <= 50 ? 1.7e7 : 1.3e8) || work.frequencies > 4096 || work.points > 32768 || work.nodes > 512)
    fail_msg(
        "%zu deals, phi %g, %s: %g units for %zu frequencies, %zu nodes, %zu factors, %zu cells, %zu parts; %zu points",
        in->n, in->phi, name, all, work.frequencies, work.nodes, work.factors, work.cells, work.parts, work.points);
  dc_bookings_free(b);
}

static void test_work_is_bounded(void **state)
{
  (void)state;
  const size_t sizes[] = {1, 10, 50, 600, 2604, 20000};
  const double phis[] = {0, .004, .05, .3, 2}, log_sds[] = {0, .01, .3, .7, 1.63, 3};
  const double spreads[] = {0, .8, 2}, chances[][2] = {{1e-9, 1}, {.05, .6}, {.001, .02}};
  deals *d = calloc(1, sizeof *d);
  assert_non_null(d);
  for (size_t s = 0; s < 6; s++)
    for (size_t l = 0; l < 6; l++)
      for (size_t w = 0; w < 3; w++)
        for (size_t c = 0; c < 3; c++)
          for (size_t f = (s + l + w + c) % 2; f < 5; f += 2) {
            char name[80];
            snprintf(name, sizeof name, "spread %g, log sd %g, p %g to %g", spreads[w], log_sds[l], chances[c][0],
                     chances[c][1]);
            fill(d, sizes[s], spreads[w], log_sds[l], chances[c][0], chances[c][1], (s + c) % 2 ? 100 : 0);
            if (w == 2) d->amount[sizes[s] / 2] = 1e7;
            dc_bookings_input in = input_of(d, sizes[s], phis[f]);
            check_work(&in, name);
          }
  free(d);
}

/* Marsaglia and Tsang 2000, for shape 1 / variance >= 1; mean 1. */
static double gamma_of(double variance, uint64_t draw)
{
  double d = 1 / variance - 1.0 / 3, c = 1 / sqrt(9 * d);
  for (uint64_t try = 0;; try += 3) {
    double x = normal(draw, 1000 + try), v = 1 + c * x;
    v = v * v * v;
    double u = dc_random_uniform(6, draw, try);
    if (v > 0 && log(u) < 0.5 * x * x + d - d * v + d * log(v)) return d * v * variance;
  }
}

static int compare(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Against sums drawn deal by deal: distribution functions within 5 standard errors, at places within two grid steps. */
static void check_against_draws(const dc_bookings_input *in, size_t draws)
{
  double *x = calloc(draws, sizeof *x), *hazard = calloc(in->n, sizeof *hazard), furthest = 0;
  assert_true(x && hazard);
  for (size_t i = 0; i < in->n; i++) hazard[i] = expm1(-in->phi * log1p(-in->p[i])) / in->phi;
  for (size_t d = 0; d < draws; d++) {
    double z = gamma_of(in->phi, d);
    for (size_t i = 0; i < in->n; i++) {
      if (dc_random_uniform(7, d, i) >= -expm1(-z * hazard[i])) continue;
      double s = in->log_sd[i],
             u = sqrt(-2 * log(dc_random_uniform(8, d, i))) * cos(6.283185307179586 * dc_random_uniform(9, d, i));
      x[d] += in->amount[i] * exp(s * u - 0.5 * s * s);
    }
  }
  qsort(x, draws, sizeof *x, compare);
  dc_bookings *b = made(in, NULL);
  for (size_t d = 0; d < draws; d++) {
    double at = ((double)d + 0.5) / (double)draws, near = 2 * b->step;
    if (!(x[d] > 0)) continue;
    furthest = fmax(furthest, dc_bookings_cdf(b, x[d] - near) - at);
    furthest = fmax(furthest, at - dc_bookings_cdf(b, x[d] + near));
  }
  if (furthest > 1.6 / sqrt((double)draws))
    fail_msg("%zu deals of log sd %g, phi %g: distribution functions differ by %g", in->n, in->log_sd[0], in->phi,
             furthest);
  dc_bookings_free(b);
  free(x);
  free(hazard);
}

/* Equal and unequal amounts of heavy tails, few and many; p small enough for cells, and not. */
static void test_heavy_tails_against_draws(void **state)
{
  (void)state;
  const struct {
    size_t n, draws;
    double spread, log_sd, low, high, phi;
  } cases[] = {{1, 40000, 0, 2, .3, .31, .05},      {10, 100000, .8, 2, .05, .6, .05},
               {50, 40000, 1, 1.2, .05, .6, .3},    {50, 40000, 0, 1.63, .01, .1, .04},
               {600, 10000, .8, 1.5, .05, .6, .02}, {2604, 4000, 0, 1.63, .03, .04, .04},
               {3000, 4000, .8, 2, .001, .9, .1}};
  deals *d = calloc(1, sizeof *d);
  assert_non_null(d);
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
    fill(d, cases[c].n, cases[c].spread, cases[c].log_sd, cases[c].low, cases[c].high, 0);
    dc_bookings_input in = input_of(d, cases[c].n, cases[c].phi);
    check_against_draws(&in, cases[c].draws);
  }
  free(d);
}

/* A shock, steps at equal sure amounts, and factors taken together: against the exact law of the number of wins. */
static void test_equal_amounts_nearly_sure(void **state)
{
  (void)state;
  enum { N = 600 };
  deals *d = calloc(1, sizeof *d);
  assert_non_null(d);
  fill(d, N, 0, 0.004, .01, .2, 0);
  dc_bookings_input sure = input_of(d, N, 0.02);
  dc_bookings *b = made(&sure, NULL);
  for (size_t i = 0; i < N; i++) {
    d->amount[i] = 1;
    d->log_sd[i] = 0;
  }
  dc_bookings *wins = made(&sure, NULL);
  assert_true(wins->lattice && !b->lattice);
  for (int k = 8; k < 80; k++) /* between the steps */
    check_close(dc_bookings_cdf(b, 2000 * (k + 0.5)), dc_bookings_cdf(wins, k), 0, 3e-4);
  dc_bookings_free(b);
  dc_bookings_free(wins);
  free(d);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_work_is_bounded),
      cmocka_unit_test(test_heavy_tails_against_draws),
      cmocka_unit_test(test_equal_amounts_nearly_sure),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
