/* Arrivals: recovery of known rates from simulated counts, and data that is hardly there. */
#include "tests/check.h"

#include "dealcast/model/arrivals.h"
#include "engine/base/random.h"

enum { MOST = 400 };
static const double two_pi = 6.283185307179586;

typedef struct history {
  dc_arrival_cells cells;
  double count[MOST], days[MOST], year[MOST], quarter[MOST];
} history;

/* Log of deals a day on a day counted from the start; more: parameters. */
typedef double (*log_rate)(double day, double total_days);

static double uniform(uint64_t stream, uint64_t *draw) { return dc_random_uniform(99, stream, (*draw)++); }

/* Marsaglia and Tsang 2000; shape >= 1, mean 1. */
static double gamma_of(double shape, uint64_t stream, uint64_t *draw)
{
  double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
  for (;;) {
    double u = uniform(stream, draw), w = uniform(stream, draw), x = sqrt(-2 * log(u)) * cos(two_pi * w), v = 1 + c * x;
    v = v * v * v;
    if (v > 0 && log(uniform(stream, draw)) < 0.5 * x * x + d - d * v + d * log(v)) return d * v / shape;
  }
}

static double poisson(double mean, uint64_t stream, uint64_t *draw)
{
  double k = 0;
  while (mean > 500) { /* in portions, so that exp(-mean) does not underflow */
    double u = uniform(stream, draw), w = uniform(stream, draw);
    k += fmax(0, floor(500 + sqrt(500) * sqrt(-2 * log(u)) * cos(two_pi * w) + 0.5));
    mean -= 500;
  }
  double limit = exp(-mean), product = uniform(stream, draw);
  for (; product > limit; k++) product *= uniform(stream, draw);
  return k;
}

/* k: dispersion, 0 = Poisson. */
static history *simulate(size_t n, double days, log_rate rate, double k, uint64_t stream)
{
  history *h = calloc(1, sizeof *h);
  assert_non_null(h);
  uint64_t draw = 0;
  for (size_t i = 0; i < n; i++) {
    double middle = ((double)i + 0.5) * days;
    h->days[i] = days;
    h->year[i] = fmod(middle / 365.25, 1);
    h->quarter[i] = fmod(middle / 91.3125, 1);
    double mean = days * exp(rate(middle, (double)n * days));
    h->count[i] = poisson(mean * (k > 0 ? gamma_of(k, stream, &draw) : 1), stream, &draw);
  }
  h->cells = (dc_arrival_cells){n, h->count, h->days, h->year, h->quarter};
  return h;
}

static dc_arrivals fitted(const history *h)
{
  dc_arrivals fit;
  dc_error error;
  check_ok(dc_arrivals_fit(&h->cells, &fit, &error), &error);
  const double *all[] = {&fit.log_level, &fit.trend, &fit.damp, &fit.dispersion, &fit.level_sd};
  for (size_t i = 0; i < 5; i++) assert_true(isfinite(*all[i]));
  for (size_t i = 0; i < 4; i++) assert_true(isfinite(fit.season[i]));
  assert_true(fit.damp > 0 && fit.damp < 1 && fit.dispersion > 0 && fit.level_sd > 0 && fit.level_sd <= 1);
  for (int d = 0; d < 400; d += 50) {
    double rate = dc_arrivals_rate(&fit, d, fmod(d / 365.0, 1), fmod(d / 91.0, 1));
    assert_true(isfinite(rate) && rate > 0);
  }
  return fit;
}

static double constant(double day, double total)
{
  (void)day;
  (void)total;
  return log(3);
}

/* Mean rate over a year ahead. */
static double mean_rate(const dc_arrivals *fit, double year_now)
{
  double sum = 0;
  for (int d = 0; d < 365; d++)
    sum += dc_arrivals_rate(fit, d, fmod(year_now + d / 365.25, 1), fmod(4 * (year_now + d / 365.25), 1));
  return sum / 365;
}

static void test_constant_rate(void **state)
{
  (void)state;
  const size_t cells[] = {4, 12, 40, 150, 300};
  for (size_t c = 0; c < 5; c++) {
    double error = 0, spread = 0;
    for (uint64_t stream = 1; stream <= 20; stream++) {
      history *h = simulate(cells[c], 7, constant, 0, stream);
      dc_arrivals fit = fitted(h);
      error += fit.log_level - log(3);
      spread += (fit.log_level - log(3)) * (fit.log_level - log(3));
      /* 120 days of 3 a day and what the wandering costs */
      check_close(mean_rate(&fit, fmod((double)cells[c] * 7 / 365.25, 1)), 3, cells[c] < 12 ? 0.45 : 0.25, 0);
      assert_true(fit.dispersion > 5);
      assert_true(fit.level_sd < 0.3);
      free(h);
    }
    check_close(error / 20, 0, 0, cells[c] < 12 ? 0.06 : 0.035);
    assert_true(sqrt(spread / 20) < (cells[c] < 12 ? 0.15 : 0.1));
  }
}

static double seasonal(double day, double total)
{
  (void)total;
  double y = two_pi * day / 365.25, q = 4 * y;
  return log(4) + 0.3 * cos(y) - 0.2 * sin(y) + 0.15 * cos(2 * y) + 0.1 * sin(q);
}

static void test_season_recovered(void **state)
{
  (void)state;
  const double truth[4] = {0.3, -0.2, 0.15, 0}, quarter[2] = {0, 0.1};
  for (uint64_t stream = 1; stream <= 10; stream++) {
    history *h = simulate(210, 7, seasonal, 20, 100 + stream);
    dc_arrivals fit = fitted(h);
    /* variance of a coefficient: 2 / sum of weights, weight mu / (1 + mu / k); three of its square roots, and the
     * part that a wandering level can take on */
    double se = sqrt(2 / (210 * 28 / (1 + 28 / 20.0)));
    for (int j = 0; j < 4; j++) check_close(fit.season[j], truth[j], 0, 3 * se + 0.25 * fabs(truth[j]) * (j < 2));
    for (int j = 0; j < 2; j++) check_close(fit.in_quarter[j], quarter[j], 0, 3 * se);
    assert_true(fit.dispersion > 8 && fit.dispersion < 60);
    free(h);
  }
  history *h = simulate(70, 7, seasonal, 0, 200); /* 16 months: too short for a season */
  dc_arrivals fit = fitted(h);
  for (int j = 0; j < 4; j++) check_same(fit.season[j], 0);
  free(h);
}

static double rising(double day, double total) { return log(5) + 0.003 * (day - total); }

static double falling(double day, double total) { return log(5) - 0.003 * (day - total); }

static void test_trend(void **state)
{
  (void)state;
  for (int sign = -1; sign <= 1; sign += 2) {
    history *h = simulate(60, 7, sign > 0 ? rising : falling, 0, 300);
    dc_arrivals fit = fitted(h);
    assert_true(fit.trend * sign > 0);
    assert_true(fit.trend * sign < 0.0033);
    check_close(fit.log_level, log(5), 0, 0.2);
    double near = log(dc_arrivals_rate(&fit, 30, .5, .5) / dc_arrivals_rate(&fit, 0, .5, .5)) * sign;
    double far = log(dc_arrivals_rate(&fit, 1030, .5, .5) / dc_arrivals_rate(&fit, 1000, .5, .5)) * sign;
    assert_true(near > 0.005);
    assert_true(far >= 0 && far < 0.01 * near); /* damped */
    check_close(log(dc_arrivals_rate(&fit, 30, .5, .5) / dc_arrivals_rate(&fit, 0, .5, .5)),
                fit.trend * (1 - pow(fit.damp, 30)) / (1 - fit.damp), 1e-12, 0);
    free(h);
  }
}

static double halved(double day, double total) { return log(6) + (day > total - 60 ? log(0.5) : 0); }

/* Two months at half rate, after 9 and 23 months at the full one: by then most of the way is gone. */
static void test_sudden_stop(void **state)
{
  (void)state;
  for (size_t n = 40; n <= 100; n += 60) {
    double sum = 0;
    for (uint64_t stream = 1; stream <= 20; stream++) {
      history *h = simulate(n, 7, halved, 0, 400 + stream);
      dc_arrivals fit = fitted(h);
      double ahead = dc_arrivals_rate(&fit, 45, fmod((double)n * 7 / 365.25 + .12, 1), .5);
      if (!(ahead > 2.2 && ahead < 5))
        fail_msg("stream %d: rate ahead is %g after a fall from 6 to 3", (int)stream, ahead);
      sum += log(ahead / 3) / 20;
      free(h);
    }
    assert_true(sum < 0.3); /* of 0.69 */
  }
}

static double restless(double day, double total)
{
  (void)total;
  return log(10) + 0.5 * sin(day / 40);
}

/* A level that moves is less certain ahead than one that does not. */
static void test_level_sd(void **state)
{
  (void)state;
  history *still = simulate(200, 7, constant, 0, 500), *moving = simulate(200, 7, restless, 0, 501);
  dc_arrivals a = fitted(still), b = fitted(moving);
  assert_true(a.level_sd < 0.15);
  assert_true(b.level_sd > 0.25);
  free(still);
  free(moving);
}

static void test_hardly_any_data(void **state)
{
  (void)state;
  history *h = simulate(1, 30, constant, 0, 600);
  h->count[0] = 60;
  dc_arrivals fit = fitted(h);
  check_close(dc_arrivals_rate(&fit, 0, h->year[0], h->quarter[0]), 2, 0.05, 0);
  h->count[0] = 0;
  fit = fitted(h);
  assert_true(dc_arrivals_rate(&fit, 0, .5, .5) < 0.05);
  free(h);
  for (size_t n = 1; n <= 300; n = 3 * n + 1) {
    h = simulate(n, 7, constant, 0, 601);
    for (size_t i = 0; i < n; i++) h->count[i] = 0;
    fit = fitted(h);
    double rate = dc_arrivals_rate(&fit, 30, .5, .5) * 7 * (double)n;
    assert_true(rate > 0 && rate < 3); /* well below a deal a history */
    h->count[0] = 1;
    fitted(h);
    free(h);
  }
}

static void test_huge_and_odd_counts(void **state)
{
  (void)state;
  history *h = simulate(120, 7, constant, 0, 700);
  for (int kind = 0; kind < 4; kind++) {
    for (size_t i = 0; i < 120; i++) {
      const double values[4] = {1e12, i == 60 ? 1e9 : 3, i % 7 ? 0 : 500, i < 60 ? 1e6 : 0};
      h->count[i] = values[kind];
      h->days[i] = kind == 2 ? 1 + (double)(i % 3) * 10 : 7;
    }
    dc_arrivals fit = fitted(h);
    if (!kind) check_close(dc_arrivals_rate(&fit, 0, .3, .3), 1e12 / 7, 0.02, 0);
    if (kind == 3) assert_true(dc_arrivals_rate(&fit, 0, .3, .3) < 1e4);
  }
  free(h);
}

static void test_same_bits_and_wrong_input(void **state)
{
  (void)state;
  history *h = simulate(130, 7, seasonal, 10, 800);
  dc_arrivals a = fitted(h), b = fitted(h), c;
  assert_memory_equal(&a, &b, sizeof a);
  dc_error error;
  h->cells.n = 0;
  check_fails(dc_arrivals_fit(&h->cells, &c, &error), DC_E_SHORT, &error);
  h->cells.n = 130;
  double *const fields[] = {&h->count[5], &h->days[5], &h->year[5], &h->quarter[5]};
  const double wrong[] = {-1, 0, NAN, INFINITY};
  for (int i = 0; i < 4; i++) {
    double good = *fields[i];
    *fields[i] = wrong[i];
    check_fails(dc_arrivals_fit(&h->cells, &c, &error), DC_E_USAGE, &error);
    *fields[i] = good;
  }
  free(h);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_constant_rate),
      cmocka_unit_test(test_season_recovered),
      cmocka_unit_test(test_trend),
      cmocka_unit_test(test_sudden_stop),
      cmocka_unit_test(test_level_sd),
      cmocka_unit_test(test_hardly_any_data),
      cmocka_unit_test(test_huge_and_odd_counts),
      cmocka_unit_test(test_same_bits_and_wrong_input),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
