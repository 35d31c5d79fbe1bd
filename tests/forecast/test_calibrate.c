/* What earlier origins teach: what must hold whatever the constants are. */
#include "engine/forecast/calibrate.h"

#include "engine/base/random.h"
#include "tests/check.h"

enum { TARGETS = 80, NOW = 20000, HORIZONS = 3 };

/* n targets at each horizon, oldest first, the last one over today: actual = ratio x raw x (1 + scatter x noise). */
static size_t evidence_of(dc_evidence *e, int n, double ratio, double scatter, double scale)
{
  size_t k = 0;
  for (int t = 0; t < n; t++)
    for (int h = 1; h <= HORIZONS; h++) {
      double noise = scatter * (2 * dc_random_uniform(4, (uint64_t)t, (uint64_t)h) - 1), raw = scale * (100 + t % 7);
      e[k] = (dc_evidence){.origin = NOW - 30 * (n - t + h - 1), .period_end = NOW - 30 * (n - t - 1), .horizon = h};
      for (int m = 0; m < DC_MEASURES; m++) {
        e[k].raw[m] = e[k].mean[m] = raw;
        e[k].variance[m] = raw * scale;
        e[k].actual[m] = raw * ratio * (1 + noise);
      }
      k++;
    }
  return k;
}

static dc_calibration calibrated(int n, double ratio, double scatter, double scale)
{
  dc_evidence e[TARGETS * HORIZONS];
  dc_calibration c;
  dc_calibrate(e, evidence_of(e, n, ratio, scatter, scale), NOW, HORIZONS, &c);
  assert_int_equal(c.horizons, HORIZONS);
  for (int h = 1; h <= HORIZONS; h++) assert_int_equal(c.n[h], n);
  for (int m = 0; m < DC_MEASURES; m++)
    for (int h = 1; h < DC_MAX_PERIODS; h++) {
      assert_true(c.factor[m][h] > 0 && c.factor[m][h] < 100);
      assert_true(c.phi[m][h] > 0 && c.phi[m][h] < 100);
    }
  return c;
}

static void test_no_evidence(void **state)
{
  (void)state;
  dc_calibration c = calibrated(0, 1, 0, 1), none;
  for (int m = 0; m < DC_MEASURES; m++)
    for (int h = 1; h < DC_MAX_PERIODS; h++) {
      check_same(c.factor[m][h], 1);
      if (h > 1) assert_true(c.phi[m][h] >= c.phi[m][h - 1]);
    }
  /* No origin at all, as with --no-backtest. */
  dc_calibrate(NULL, 0, NOW, 0, &none);
  check_same(none.factor[DC_AMOUNT][1], 1);
  assert_true(none.phi[DC_AMOUNT][1] > 0);
}

/* The factor goes from 1 towards the ratio, the further the more targets speak for it. */
static void test_credibility(void **state)
{
  (void)state;
  static const double ratios[] = {0.6, 1, 1.5};
  for (size_t r = 0; r < 3; r++) {
    double before = 1, ratio = ratios[r];
    for (int n = 1; n <= TARGETS; n *= 3) {
      dc_calibration c = calibrated(n, ratio, 0.05, 1);
      double factor = c.factor[DC_AMOUNT][1];
      check_same(c.factor[DC_COUNT][1], factor);
      if (ratio > 1) assert_true(factor > before && factor < ratio * 1.05);
      if (ratio < 1) assert_true(factor < before && factor > ratio / 1.05);
      if (ratio == 1) check_close(factor, 1, 0.05, 0);
      /* Further ahead: at least as far, as the horizon before is what is believed. */
      assert_true(fabs(c.factor[DC_AMOUNT][2] - 1) >= fabs(factor - 1) - 0.02);
      before = factor;
    }
    dc_calibration c = calibrated(TARGETS, ratio, 0.05, 1);
    check_close(c.factor[DC_AMOUNT][1], ratio, 0.03, 0);
    check_close(c.factor[DC_AMOUNT][3], ratio, 0.03, 0);
    for (int h = HORIZONS + 1; h < DC_MAX_PERIODS; h++) {
      check_same(c.factor[DC_AMOUNT][h], c.factor[DC_AMOUNT][HORIZONS]);
      check_same(c.phi[DC_AMOUNT][h], c.phi[DC_AMOUNT][HORIZONS]);
    }
  }
}

/* One target alone moves the factor, but less than half the way; forecasts that scatter move it less. */
static void test_little_evidence(void **state)
{
  (void)state;
  dc_calibration one = calibrated(1, 2, 0, 1), steady = calibrated(12, 1.4, 0.02, 1),
                 wild = calibrated(12, 1.4, 0.9, 1);
  assert_true(one.factor[DC_AMOUNT][1] > 1.01 && one.factor[DC_AMOUNT][1] < 2);
  assert_true(fabs(steady.factor[DC_AMOUNT][1] - 1.4) < 0.08);
  assert_true(wild.factor[DC_AMOUNT][1] < steady.factor[DC_AMOUNT][1]);
  assert_true(wild.phi[DC_AMOUNT][1] > 2 * steady.phi[DC_AMOUNT][1]);
}

/* However absurd what came, the factor and the shock stay within bounds, and never reach 0. */
static void test_limits(void **state)
{
  (void)state;
  static const double ratios[] = {0, 1e-9, 1e6};
  for (size_t r = 0; r < 3; r++) {
    dc_calibration c = calibrated(TARGETS, ratios[r], 0, 1);
    for (int h = 1; h <= HORIZONS; h++) {
      assert_true(c.factor[DC_AMOUNT][h] >= 0.05 && c.factor[DC_AMOUNT][h] <= 20);
      assert_true(c.phi[DC_AMOUNT][h] >= 1e-4 && c.phi[DC_AMOUNT][h] <= 10);
    }
  }
  /* A forecast of nothing has no ratio and does not count. */
  dc_evidence e[TARGETS * HORIZONS];
  dc_calibration with, without;
  size_t n = evidence_of(e, 10, 1.3, 0.1, 1);
  dc_calibrate(e, n, NOW, HORIZONS, &without);
  for (int h = 1; h <= HORIZONS; h++) {
    e[n] = e[0];
    e[n].horizon = h;
    e[n].raw[DC_AMOUNT] = e[n].mean[DC_AMOUNT] = 0;
    e[n].raw[DC_COUNT] = e[n].mean[DC_COUNT] = 0;
    n++;
  }
  dc_calibrate(e, n, NOW, HORIZONS, &with);
  for (int h = 1; h <= HORIZONS; h++) {
    check_close(with.factor[DC_AMOUNT][h], without.factor[DC_AMOUNT][h], 1e-12, 0);
    check_close(with.phi[DC_COUNT][h], without.phi[DC_COUNT][h], 1e-12, 0);
  }
}

/* In another currency the same. */
static void test_scale(void **state)
{
  (void)state;
  dc_calibration a = calibrated(20, 1.3, 0.3, 1), b = calibrated(20, 1.3, 0.3, 1024);
  for (int h = 1; h <= HORIZONS; h++) {
    check_close(b.factor[DC_AMOUNT][h], a.factor[DC_AMOUNT][h], 1e-12, 0);
    check_close(b.phi[DC_AMOUNT][h], a.phi[DC_AMOUNT][h], 1e-12, 0);
  }
}

/* What ends after the day teaches nothing yet. */
static void test_known(void **state)
{
  (void)state;
  dc_evidence e[TARGETS * HORIZONS];
  dc_calibration all, half, first;
  size_t n = evidence_of(e, 20, 1.3, 0.2, 1);
  for (size_t k = n / 2; k < n; k++) e[k].actual[DC_AMOUNT] *= 2;
  int32_t day = e[n / 2 - 1].period_end;
  assert_true(e[n / 2].period_end > day);
  dc_calibrate(e, n, day, HORIZONS, &half);
  dc_calibrate(e, n / 2, day, HORIZONS, &first);
  dc_calibrate(e, n, NOW, HORIZONS, &all);
  assert_memory_equal(half.factor[0] + 1, first.factor[0] + 1, sizeof half.factor[0] - sizeof(double));
  assert_memory_equal(half.phi[0] + 1, first.phi[0] + 1, sizeof half.phi[0] - sizeof(double));
  assert_int_equal(half.n[1], 10);
  assert_true(all.factor[DC_AMOUNT][1] > half.factor[DC_AMOUNT][1]);
}

/* A probability stays one, and their order stays. */
static void test_probabilities(void **state)
{
  (void)state;
  static const double ratios[] = {0.4, 1, 2.5};
  for (size_t r = 0; r < 3; r++) {
    dc_calibration c = calibrated(ratios[r] == 1 ? 0 : 30, ratios[r], 0.1, 1);
    double before = -1;
    for (int k = 0; k <= 100; k++) {
      double p = k / 100.0, q = dc_calibrated_p(&c, 0, p);
      assert_true(q > before && q >= 0 && q <= 1);
      if (ratios[r] == 1) check_close(q, p, 1e-15, 0);
      if (k > 0 && k < 100 && ratios[r] != 1) assert_true((q > p) == (ratios[r] > 1));
      before = q;
    }
    check_same(dc_calibrated_p(&c, 0, 0), 0);
    check_close(dc_calibrated_p(&c, 0, 1), 1, 1e-15, 0);
  }
}

enum { OPEN = 5, KINDS = 3, PERIODS = 3 };

/* The distributions of the parts have the moments that are claimed, and add up. */
static void test_distributions(void **state)
{
  (void)state;
  double p_win[OPEN * PERIODS], p_lost[OPEN * PERIODS] = {0}, amount[OPEN] = {100, 20, 3000, 50, 700};
  double log_sd[OPEN] = {0.1, 0.3, 0, 0.2, 0.5}, rate[KINDS * PERIODS], new_amount[KINDS] = {80, 900, 10};
  double new_log_sd[KINDS] = {0.5, 0.2, 1};
  uint32_t kind[KINDS] = {0, 1, 2};
  dc_projection p = {.n_open = OPEN,
                     .p_win = p_win,
                     .p_lost = p_lost,
                     .amount = amount,
                     .log_sd = log_sd,
                     .n_new = KINDS,
                     .kind = kind,
                     .rate = rate,
                     .new_amount = new_amount,
                     .new_log_sd = new_log_sd,
                     .new_variance = 0.04};
  p.periods.n = PERIODS;
  for (int k = 0; k < OPEN * PERIODS; k++) p_win[k] = 0.05 + 0.04 * (k % 7);
  for (int k = 0; k < KINDS * PERIODS; k++) rate[k] = 0.2 + 0.3 * (k % 4);
  p.booked[0] = (dc_sum){1234, 3};
  dc_calibration c = calibrated(12, 1.3, 0.3, 1);
  for (int at = 0; at < PERIODS; at++)
    for (int m = 0; m < DC_MEASURES; m++) {
      double mean[DC_COMPONENTS], future, variance, booked = m == DC_AMOUNT ? p.booked[at].amount : p.booked[at].count;
      for (int k = 0; k < DC_COMPONENTS; k++) {
        dc_bookings *b = NULL;
        dc_error error = {DC_OK, 0, 0, "", ""};
        check_ok(dc_distribution(&p, &c, at, (dc_measure)m, (dc_component)k, NULL, &b, &error), &error);
        mean[k] = b->mean;
        if (k == DC_WON_SO_FAR)
          check_close(b->sd, 0, 0, 1e-9);
        else
          assert_true(b->sd > 0);
        dc_bookings_free(b);
      }
      dc_future_moments(&p, &c, at, (dc_measure)m, &future, &variance);
      check_close(mean[DC_WON_SO_FAR], booked, 1e-12, 0);
      check_close(mean[DC_FROM_OPEN] + mean[DC_FROM_NEW], future, 1e-10, 0);
      check_close(mean[DC_TOTAL], booked + future, 1e-10, 0);
      assert_true(variance > 0);
    }
  /* The raw sum, by hand. */
  double count = 0, money = 0;
  for (int i = 0; i < OPEN; i++) count += p_win[i * PERIODS + 1], money += p_win[i * PERIODS + 1] * amount[i];
  for (int k = 0; k < KINDS; k++) count += rate[k * PERIODS + 1], money += rate[k * PERIODS + 1] * new_amount[k];
  check_close(dc_projection_future(&p, 1).count, count, 1e-12, 0);
  check_close(dc_projection_future(&p, 1).amount, money, 1e-12, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_no_evidence),     cmocka_unit_test(test_credibility),
      cmocka_unit_test(test_little_evidence), cmocka_unit_test(test_limits),
      cmocka_unit_test(test_scale),           cmocka_unit_test(test_known),
      cmocka_unit_test(test_probabilities),   cmocka_unit_test(test_distributions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
