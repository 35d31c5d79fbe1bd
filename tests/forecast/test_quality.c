/* Scores of forecasts and of single deals, beside counts of our own. */
#include "engine/forecast/backtest.h"

#include "engine/base/random.h"
#include "tests/check.h"

/* One row; quantiles are its mean plus multiples of `width`. */
static dc_backtest_row row_of(int method, int horizon, dc_measure m, double mean, double width, double actual,
                              double crps)
{
  static const double at[DC_BACKTEST_QUANTILES] = {-3, -2.5, -2, -1, 0, 1, 2, 2.5, 3};
  dc_backtest_row row = {
      .method = method, .horizon = horizon, .measure = m, .mean = mean, .actual = actual, .crps = crps};
  for (int q = 0; q < DC_BACKTEST_QUANTILES; q++) row.quantile[q] = mean + width * at[q];
  return row;
}

static void test_forecasts(void **state)
{
  (void)state;
  dc_backtest_row rows[] = {
      row_of(DC_METHOD_OURS, 1, DC_AMOUNT, 100, 10, 110, 4), /* on the edge of the middle half: inside */
      row_of(DC_METHOD_OURS, 1, DC_AMOUNT, 100, 10, 85, 5),  row_of(DC_METHOD_OURS, 1, DC_AMOUNT, 100, 10, 128, 9),
      row_of(DC_METHOD_OURS, 1, DC_AMOUNT, 100, 10, 61, 14), row_of(DC_METHOD_OURS, 2, DC_AMOUNT, 7, 1, 8, 1),
      row_of(DC_METHOD_OURS, 1, DC_COUNT, 9, 1, 9, 0),       row_of(DC_BASE_LAST, 1, DC_AMOUNT, 50, 1, 0, 50)};
  dc_backtest b = {.n_rows = sizeof rows / sizeof *rows, .rows = rows};
  dc_quality q;
  dc_quality_of(&b, DC_METHOD_OURS, 1, DC_AMOUNT, &q);
  assert_int_equal(q.n, 4);
  check_close(q.crps, 8, 1e-15, 0);
  check_close(q.wape, (10 + 15 + 28 + 39) / (110.0 + 85 + 128 + 61), 1e-15, 0);
  check_close(q.bias, (-10 + 15 - 28 + 39) / (110.0 + 85 + 128 + 61), 1e-15, 0);
  check_same(q.coverage_50, 0.25);
  check_same(q.coverage_80, 0.5);
  check_same(q.coverage_95, 0.75);
  dc_quality_of(&b, DC_METHOD_OURS, 1, DC_COUNT, &q);
  check_same(q.wape, 0);
  check_same(q.coverage_50, 1);
  /* Nothing came: there is no relative error. */
  dc_quality_of(&b, DC_BASE_LAST, 1, DC_AMOUNT, &q);
  assert_int_equal(q.n, 1);
  assert_true(isnan(q.wape) && isnan(q.bias));
  check_same(q.crps, 50);
  dc_quality_of(&b, DC_BASE_LAST, 3, DC_AMOUNT, &q);
  assert_int_equal(q.n, 0);
  assert_true(isnan(q.crps) && isnan(q.coverage_80));
}

enum { DEALS = 4000, LEVELS = 12 };

typedef struct scored {
  double p[DEALS];
  int won[DEALS];
} scored;

/* Deals on a few levels of probability; the true log odds are slope x those of the forecast. */
static void simulate(scored *s, double slope, dc_deal_scores *out)
{
  memset(out, 0, sizeof *out);
  for (int i = 0; i < DEALS; i++) {
    int k = i % LEVELS;
    double odds = -4 + 0.5 * k;
    s->p[i] = 1 / (1 + exp(-odds));
    s->won[i] = dc_random_uniform(7, (uint64_t)i, 0) < 1 / (1 + exp(-slope * odds));
    int bin = 100 + 17 * k; /* any, in order */
    out->n++;
    out->won += s->won[i];
    out->bin_n[bin]++;
    out->bin_won[bin] += s->won[i];
    out->bin_p[bin] += s->p[i];
    out->log_loss -= s->won[i] ? log(s->p[i]) : log(1 - s->p[i]);
    out->brier += (s->p[i] - s->won[i]) * (s->p[i] - s->won[i]);
  }
}

/* P(a won deal was scored above a lost one), pair by pair. */
static double pairs(const scored *s)
{
  double above = 0, all = 0;
  for (int i = 0; i < DEALS; i++)
    for (int k = 0; k < DEALS && s->won[i]; k++) {
      if (s->won[k]) continue;
      all++;
      above += s->p[i] > s->p[k] ? 1 : s->p[i] == s->p[k] ? 0.5 : 0;
    }
  return above / all;
}

static void test_deals(void **state)
{
  (void)state;
  static scored s;
  static dc_deal_scores scores;
  static const double slopes[] = {1, 0.6};
  for (int k = 0; k < 2; k++) {
    simulate(&s, slopes[k], &scores);
    dc_deal_quality q;
    dc_deal_quality_of(&scores, &q);
    assert_int_equal(q.n, DEALS);
    check_close(q.auc, pairs(&s), 1e-12, 0);
    check_close(q.log_loss, scores.log_loss / DEALS, 1e-15, 0);
    check_close(q.brier, scores.brier / DEALS, 1e-15, 0);
    /* The slope is where the likelihood's derivatives vanish, and near the truth. */
    check_close(q.slope, slopes[k], 0.12, 0);
    if (k == 0)
      assert_true(q.ece < 0.02);
    else
      assert_true(q.ece > 0.03);
  }
}

/* The slope, by a search of our own over the likelihood of single deals. */
static double likelihood(const scored *s, double a, double b)
{
  double sum = 0;
  for (int i = 0; i < DEALS; i++) {
    double eta = a + b * log(s->p[i] / (1 - s->p[i]));
    sum += s->won[i] ? -log1p(exp(-eta)) : -log1p(exp(eta));
  }
  return sum;
}

static void test_slope(void **state)
{
  (void)state;
  static scored s;
  static dc_deal_scores scores;
  dc_deal_quality q;
  simulate(&s, 0.8, &scores);
  dc_deal_quality_of(&scores, &q);
  double a = 0, b = 0.5, step = 0.5;
  while (step > 1e-5) {
    double best = likelihood(&s, a, b);
    const double to[][2] = {{a + step, b}, {a - step, b},        {a, b + step},
                            {a, b - step}, {a + step, b + step}, {a - step, b - step}};
    int found = -1;
    for (int k = 0; k < 6; k++)
      if (likelihood(&s, to[k][0], to[k][1]) > best) best = likelihood(&s, to[k][0], to[k][1]), found = k;
    if (found < 0) {
      step /= 2;
      continue;
    }
    a = to[found][0];
    b = to[found][1];
  }
  check_close(q.slope, b, 0, 1e-4);
}

/* Ten groups of 10: the forecast is right in one and wrong by 0.2 in the other nine. */
static void test_calibration_error(void **state)
{
  (void)state;
  static dc_deal_scores s;
  dc_deal_quality q;
  memset(&s, 0, sizeof s);
  for (int k = 0; k < 10; k++) {
    s.bin_n[40 * k] = 10;
    s.bin_won[40 * k] = k;
    s.bin_p[40 * k] = k == 4 ? 4 : k + 2;
    s.n += 10;
    s.won += k;
  }
  dc_deal_quality_of(&s, &q);
  check_close(q.ece, 9 * 0.2 / 10, 1e-12, 0);
  /* One bin with everything stays one group. */
  memset(&s, 0, sizeof s);
  s.bin_n[9] = s.n = 100;
  s.bin_won[9] = s.won = 30;
  s.bin_p[9] = 50;
  dc_deal_quality_of(&s, &q);
  check_close(q.ece, 0.2, 1e-12, 0);
  check_same(q.auc, 0.5);
}

static void test_undefined(void **state)
{
  (void)state;
  static dc_deal_scores s;
  dc_deal_quality q;
  memset(&s, 0, sizeof s);
  dc_deal_quality_of(&s, &q);
  assert_int_equal(q.n, 0);
  assert_true(isnan(q.log_loss) && isnan(q.brier) && isnan(q.auc) && isnan(q.ece) && isnan(q.slope));
  s.n = s.bin_n[5] = 10;
  s.bin_p[5] = 3;
  dc_deal_quality_of(&s, &q);
  assert_true(isnan(q.auc) && isnan(q.slope));
  check_close(q.ece, 0.3, 1e-12, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_forecasts),         cmocka_unit_test(test_deals),     cmocka_unit_test(test_slope),
      cmocka_unit_test(test_calibration_error), cmocka_unit_test(test_undefined),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
