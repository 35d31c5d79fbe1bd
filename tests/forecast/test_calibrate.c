/* What earlier origins teach: what must hold whatever the constants are. */
#include "engine/forecast/calibrate.h"

#include "engine/base/random.h"
#include "tests/check.h"

enum { TARGETS = 80, NOW = 20000, HORIZONS = 3 };

/* n targets at each horizon, oldest first, the last one over today: actual = ratio x raw x (1 + scatter x noise). */
static size_t evidence_of(dc_past_forecast *e, int n, double ratio, double scatter, double scale)
{
  size_t k = 0;
  for (int t = 0; t < n; t++)
    for (int h = 1; h <= HORIZONS; h++) {
      double noise = scatter * (2 * dc_random_uniform(4, (uint64_t)t, (uint64_t)h) - 1), raw = scale * (100 + t % 7);
      e[k] = (dc_past_forecast){
          .origin = NOW - 30 * (n - t + h - 1), .period_end = NOW - 30 * (n - t - 1), .horizon = h};
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
  dc_past_forecast e[TARGETS * HORIZONS];
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
  dc_past_forecast e[TARGETS * HORIZONS];
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
  dc_past_forecast e[TARGETS * HORIZONS];
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

enum { OPEN = 5, KINDS = 3, PERIODS = 3 };

typedef struct small_projection {
  dc_projection p;
  double p_win[OPEN * PERIODS], p_lost[OPEN * PERIODS], amount[OPEN], log_sd[OPEN];
  double rate[KINDS * PERIODS], new_amount[KINDS], new_log_sd[KINDS];
  uint32_t kind[KINDS];
} small_projection;

static void project(small_projection *s)
{
  static const double amount[OPEN] = {100, 20, 3000, 50, 700}, log_sd[OPEN] = {0.1, 0.3, 0, 0.2, 0.5};
  static const double new_amount[KINDS] = {80, 900, 10}, new_log_sd[KINDS] = {0.5, 0.2, 1};
  *s = (small_projection){.p = {.n_open = OPEN, .n_new = KINDS, .new_variance = 0.04}};
  memcpy(s->amount, amount, sizeof amount);
  memcpy(s->log_sd, log_sd, sizeof log_sd);
  memcpy(s->new_amount, new_amount, sizeof new_amount);
  memcpy(s->new_log_sd, new_log_sd, sizeof new_log_sd);
  for (int k = 0; k < OPEN * PERIODS; k++) s->p_win[k] = 0.03 + 0.02 * (k % 7), s->p_lost[k] = 0.03;
  for (int k = 0; k < KINDS * PERIODS; k++) s->rate[k] = 0.2 + 0.3 * (k % 4);
  for (uint32_t k = 0; k < KINDS; k++) s->kind[k] = k;
  s->p.p_win = s->p_win, s->p.p_lost = s->p_lost, s->p.amount = s->amount, s->p.log_sd = s->log_sd;
  s->p.rate = s->rate, s->p.new_amount = s->new_amount, s->p.new_log_sd = s->new_log_sd, s->p.kind = s->kind;
  s->p.periods.n = PERIODS;
  for (int k = 0; k < DC_MAX_PERIODS; k++) s->p.amount_scale[k] = 1;
  s->p.booked[0] = (dc_sum){1234, 3};
}

static void apply(const dc_calibration *c, small_projection *s)
{
  dc_error error = {DC_OK, 0, 0, "", ""};
  check_ok(dc_calibration_apply(c, &s->p, &error), &error);
}

static double log_odds(double p) { return log(p / (1 - p)); }

/* Sums are the raw ones times the factors, log odds a line of the raw ones, and a deal closes once at the most. */
static void test_apply(void **state)
{
  (void)state;
  static const double ratios[] = {0.4, 1, 1.8}, slopes[] = {0.5, 1, 1.3};
  for (size_t r = 0; r < 3; r++)
    for (size_t l = 0; l < 3; l++) {
      small_projection raw, s;
      dc_calibration c = calibrated(30, ratios[r], 0.1, 1);
      for (int h = 1; h <= PERIODS; h++) c.slope[h] = slopes[l], c.factor[DC_AMOUNT][h] *= 1.1;
      project(&raw);
      project(&s);
      apply(&c, &s);
      for (int k = 0; k < PERIODS; k++) {
        double sum = 0, raw_sum = 0;
        const double *p = s.p_win + k, *q = raw.p_win + k;
        for (int i = 0; i < OPEN; i++) sum += p[i * PERIODS], raw_sum += q[i * PERIODS];
        check_close(sum, c.factor[DC_COUNT][k + 1] * raw_sum, 1e-12, 0);
        check_close(s.p.amount_scale[k] * dc_projection_future(&s.p, k).amount,
                    c.factor[DC_AMOUNT][k + 1] * dc_projection_future(&raw.p, k).amount, 1e-12, 0);
        for (int i = 1; i < OPEN; i++)
          check_close(log_odds(p[i * PERIODS]) - log_odds(p[0]),
                      slopes[l] * (log_odds(q[i * PERIODS]) - log_odds(q[0])), 1e-9, 1e-12);
        for (int i = 0; i < OPEN; i++) assert_true(s.p_lost[i * PERIODS + k] > 0);
      }
      for (int i = 0; i < OPEN; i++) {
        double all = 0;
        for (int k = 0; k < PERIODS; k++) all += s.p_win[i * PERIODS + k] + s.p_lost[i * PERIODS + k];
        assert_true(all < 1);
      }
    }
}

/* Not more wins than deals, however large the factor; certain and impossible deals stay so. */
static void test_apply_limits(void **state)
{
  (void)state;
  small_projection s;
  dc_calibration c = calibrated(TARGETS, 1e6, 0, 1);
  project(&s);
  for (int k = 0; k < PERIODS; k++) s.p_win[k] = 0;
  for (int k = PERIODS; k < OPEN * PERIODS; k++) s.p_win[k] = 0.32, s.p_lost[k] = 0;
  apply(&c, &s);
  for (int i = 0; i < OPEN; i++) {
    double all = 0;
    for (int k = 0; k < PERIODS; k++) all += s.p_win[i * PERIODS + k];
    if (i == 0)
      check_same(all, 0);
    else
      assert_true(all > 0.96 && all <= 1 + 1e-12);
  }
}

/* Slopes seen at earlier origins pull the slope, the more the surer they are; none leaves 1. */
static void test_slopes(void **state)
{
  (void)state;
  dc_past_forecast e[TARGETS * HORIZONS];
  dc_calibration none, rough, sure;
  size_t n = evidence_of(e, 12, 1, 0.1, 1);
  dc_calibrate(e, n, NOW, HORIZONS, &none);
  for (size_t k = 0; k < n; k++) e[k].slope = 0.6, e[k].slope_variance = 0.5;
  dc_calibrate(e, n, NOW, HORIZONS, &rough);
  for (size_t k = 0; k < n; k++) e[k].slope_variance = 1e-4;
  dc_calibrate(e, n, NOW, HORIZONS, &sure);
  check_same(none.slope[1], 1);
  assert_true(rough.slope[1] < 0.98 && rough.slope[1] > sure.slope[1]);
  check_close(sure.slope[HORIZONS], 0.6, 0, 0.02);
  check_same(sure.slope[DC_MAX_PERIODS - 1], sure.slope[HORIZONS]);
}

/* The distributions of the parts have the moments that are claimed, and add up. */
static void test_distributions(void **state)
{
  (void)state;
  small_projection s;
  const dc_projection *p = &s.p;
  dc_calibration c = calibrated(12, 1.3, 0.3, 1);
  project(&s);
  double count = 0, money = 0; /* the raw sum, by hand */
  for (int i = 0; i < OPEN; i++) count += s.p_win[i * PERIODS + 1], money += s.p_win[i * PERIODS + 1] * s.amount[i];
  for (int k = 0; k < KINDS; k++) count += s.rate[k * PERIODS + 1], money += s.rate[k * PERIODS + 1] * s.new_amount[k];
  check_close(dc_projection_future(p, 1).count, count, 1e-12, 0);
  check_close(dc_projection_future(p, 1).amount, money, 1e-12, 0);
  apply(&c, &s);
  for (int at = 0; at < PERIODS; at++)
    for (int m = 0; m < DC_MEASURES; m++) {
      double mean[DC_COMPONENTS], future, variance,
          booked = m == DC_AMOUNT ? p->booked[at].amount : p->booked[at].count;
      for (int k = 0; k < DC_COMPONENTS; k++) {
        dc_bookings *b = NULL;
        dc_error error = {DC_OK, 0, 0, "", ""};
        check_ok(dc_distribution(p, &c, at, (dc_measure)m, (dc_component)k, NULL, &b, &error), &error);
        mean[k] = b->mean;
        if (k == DC_WON_SO_FAR)
          check_close(b->sd, 0, 0, 1e-9);
        else
          assert_true(b->sd > 0);
        dc_bookings_free(b);
      }
      dc_future_moments(p, at, (dc_measure)m, &future, &variance);
      check_close(mean[DC_WON_SO_FAR], booked, 1e-12, 0);
      check_close(mean[DC_FROM_OPEN] + mean[DC_FROM_NEW], future, 1e-10, 0);
      check_close(mean[DC_TOTAL], booked + future, 1e-10, 0);
      assert_true(variance > 0);
      if (at == 1) check_close(future, c.factor[m][2] * (m == DC_AMOUNT ? money : count), 1e-10, 0);
    }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_no_evidence),   cmocka_unit_test(test_credibility),  cmocka_unit_test(test_little_evidence),
      cmocka_unit_test(test_limits),        cmocka_unit_test(test_scale),        cmocka_unit_test(test_known),
      cmocka_unit_test(test_apply),         cmocka_unit_test(test_apply_limits), cmocka_unit_test(test_slopes),
      cmocka_unit_test(test_distributions),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
