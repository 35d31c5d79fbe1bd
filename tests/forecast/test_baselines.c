/* Snapshots and the naive forecasts, beside figures worked out by hand. */
#include "engine/forecast/baselines.h"

#include "dealcast/model/ets.h"
#include "engine/base/date.h"
#include "tests/check.h"
#include "tests/deals/logs.h"

static const char deals[] = "id,stage,amount,created_date,closed_date\n"
                            "A,Closed Won,100,2025-01-01,2025-01-03\n"
                            "B,Closed Won,200,2025-01-05,2025-02-10\n"
                            "C,Closed Lost,50,2025-01-10,2025-02-20\n"
                            "D,Closed Won,430,2025-02-03,2025-03-15\n"
                            "E,Closed Won,300,2025-03-02,2025-04-20\n"
                            "F,Closed Lost,80,2025-02-15,2025-04-25\n"
                            "G,Proposal,500,2025-03-10,\n"
                            "H,Prospecting,600,2025-04-05,\n"
                            "I,Closed Won,1000,2025-04-06,2025-05-10\n"
                            "J,Closed Won,70,2025-01-20,2025-03-20\n";
static const char history[] = "id,changed_at,stage,amount\n"
                              "A,2025-01-01,Prospecting,100\nA,2025-01-03,Closed Won,100\n"
                              "B,2025-01-05,Prospecting,150\nB,2025-01-25,Proposal,150\nB,2025-02-10,Closed Won,200\n"
                              "C,2025-01-10,Prospecting,50\nC,2025-02-20,Closed Lost,50\n"
                              "D,2025-02-03,Proposal,430\nD,2025-03-15,Closed Won,430\n"
                              "E,2025-03-02,Prospecting,300\nE,2025-03-09,Proposal,300\nE,2025-04-20,Closed Won,300\n"
                              "F,2025-02-15,Prospecting,80\nF,2025-03-09,Proposal,80\nF,2025-04-25,Closed Lost,80\n"
                              "G,2025-03-10,Prospecting,500\nG,2025-04-10,Proposal,500\n"
                              "H,2025-04-05,Prospecting,600\n"
                              "I,2025-04-06,Prospecting,700\nI,2025-04-20,Proposal,900\nI,2025-05-10,Closed Won,1000\n"
                              "J,2025-01-20,Prospecting,60\nJ,2025-02-20,Proposal,70\nJ,2025-03-20,Closed Won,70\n";
static const dc_calendar monthly = {DC_MONTH, 1};

typedef struct asked {
  dc_snapshot snapshot;
  dc_periods periods;
  dc_baseline_means means;
} asked;

static void ask(const deal_log *log, const dc_calendar *calendar, const char *origin, asked *a)
{
  dc_error error = {DC_OK, 0, 0, "", ""};
  check_ok(dc_snapshot_take(log->deals, day_of(origin), &a->snapshot, &error), &error);
  dc_periods_from(calendar, day_of(origin), 3, &a->periods);
  check_ok(dc_baselines_at(log->deals, &a->snapshot, calendar, &a->periods, &a->means, &error), &error);
}

static void check_means(const asked *a, dc_baseline b, dc_measure m, double first, double second, double third)
{
  const double expected[] = {first, second, third};
  for (int h = 0; h < 3; h++) {
    double actual = a->means.mean[b][m][h];
    if (isnan(actual) && isnan(expected[h])) continue;
    if (!(fabs(actual - expected[h]) <= 1e-12 * fabs(expected[h])))
      fail_msg("%s, %s, horizon %d: %.17g, expected %.17g", dc_baseline_name(b), dc_measure_name(m), h + 1, actual,
               expected[h]);
  }
}

static void test_snapshot(void **state)
{
  (void)state;
  asked a;
  deal_log *log = log_of(deals, history, NULL);
  ask(log, &monthly, "2025-04-22", &a);
  const dc_snapshot *s = &a.snapshot;
  assert_int_equal(s->n_open, 4); /* F G H I */
  assert_int_equal(s->open[0], deal_of(log, "F"));
  assert_int_equal(s->open[3], deal_of(log, "I"));
  check_same(s->view[3].amount, 900);
  assert_int_equal(s->won, 5);
  assert_int_equal(s->lost, 1);
  assert_int_equal(s->absent, 0);
  assert_int_equal(s->n_booked, 5);
  dc_sum sum = dc_snapshot_booked(s, day_of("2025-03-15"), day_of("2025-04-20"));
  check_same(sum.amount, 800);
  check_same(sum.count, 3);
  sum = dc_snapshot_booked(s, day_of("2025-03-16"), day_of("2025-04-19"));
  check_same(sum.amount, 70);
  check_same(sum.count, 1);
  dc_snapshot_clear(&a.snapshot);
  ask(log, &monthly, "2025-01-09", &a);
  assert_int_equal(a.snapshot.absent, 8);
  assert_int_equal(a.snapshot.n_open, 1);
  assert_int_equal(a.snapshot.n_booked, 1);
  dc_snapshot_clear(&a.snapshot);
  log_free(log);
}

/* At a month's end. Full months: January (its first closing is on the 3rd) to April. */
static void test_month_end(void **state)
{
  (void)state;
  asked a;
  deal_log *log = log_of(deals, history, NULL);
  ask(log, &monthly, "2025-04-30", &a);
  check_means(&a, DC_BASE_LAST, DC_AMOUNT, 300, 300, 300);
  check_means(&a, DC_BASE_LAST, DC_COUNT, 1, 1, 1);
  check_means(&a, DC_BASE_RUN_RATE, DC_AMOUNT, 1000.0 / 3, 1000.0 / 3, 1000.0 / 3);
  check_means(&a, DC_BASE_RUN_RATE, DC_COUNT, 4.0 / 3, 4.0 / 3, 4.0 / 3);
  check_means(&a, DC_BASE_LAST_QUARTER, DC_AMOUNT, 200, 500, 300);
  check_means(&a, DC_BASE_LAST_QUARTER, DC_COUNT, 1, 2, 1);
  check_means(&a, DC_BASE_LAST_YEAR, DC_AMOUNT, NAN, NAN, NAN);
  /* 5 of 7 closed deals were won; G, H and I are open, worth 500 + 600 + 900. Of B C J at February's start, D F J at
   * March's and E F G at April's six closed in the month. */
  double rate = 5.0 / 7, share = 6.0 / 9;
  check_means(&a, DC_BASE_PIPELINE, DC_AMOUNT, rate * 2000 * share, rate * 2000 * share / 3, rate * 2000 * share / 9);
  check_means(&a, DC_BASE_PIPELINE, DC_COUNT, rate * 3 * share, rate * 3 * share / 3, rate * 3 * share / 9);
  /* Overall (5 + 1) / (7 + 2). Seen in prospecting: A B C E F J, four won; in proposal: B D E F J, four won. */
  double overall = 6.0 / 9, prospecting = (4 + 2 * overall) / 8, proposal = (4 + 2 * overall) / 7;
  double weighted = 1400 * proposal + 600 * prospecting, number = 2 * proposal + prospecting;
  check_means(&a, DC_BASE_STAGE_WEIGHTED, DC_AMOUNT, weighted * share, weighted * share / 3, weighted * share / 9);
  check_means(&a, DC_BASE_STAGE_WEIGHTED, DC_COUNT, number * share, number * share / 3, number * share / 9);
  /* Below a month old at a month's start: B C J, D F, E G: three won in it, J of five one month later, none of three two
   * months later. From a month on: F, J: one won in it, and of one none later. G is 52 days old, H and I are younger. */
  check_means(&a, DC_BASE_COHORT, DC_AMOUNT, 500.0 / 2 + 1500 * 3.0 / 7, 1500 * 1.0 / 5, 0);
  check_means(&a, DC_BASE_COHORT, DC_COUNT, 1.0 / 2 + 2 * 3.0 / 7, 2 * 1.0 / 5, 0);
  dc_snapshot_clear(&a.snapshot);
  log_free(log);
}

/* Within a month what is booked already is the least, and is added where open deals are counted: these close in the part
 * of the month that is left. */
static void test_within_month(void **state)
{
  (void)state;
  asked a;
  deal_log *log = log_of(deals, history, NULL);
  ask(log, &monthly, "2025-04-22", &a);
  check_means(&a, DC_BASE_LAST, DC_AMOUNT, 500, 500, 500);
  check_means(&a, DC_BASE_RUN_RATE, DC_AMOUNT, 300, 800.0 / 3, 800.0 / 3);
  check_means(&a, DC_BASE_LAST_QUARTER, DC_AMOUNT, 300, 200, 500);
  check_means(&a, DC_BASE_LAST_QUARTER, DC_COUNT, 1, 1, 2);
  /* 5 of 6 won; F G H I open. Of B C J at February's start and D F J at March's four closed in the month. */
  double rate = 5.0 / 6, share = 4.0 / 6, open = 80 + 500 + 600 + 900;
  /* 8 of April's 30 days are to come. */
  double left = 8.0 / 30, stay = pow(1 - share, left);
  check_means(&a, DC_BASE_PIPELINE, DC_AMOUNT, 300 + rate * open * (1 - stay), rate * open * stay * share,
              rate * open * stay * share / 3);
  check_means(&a, DC_BASE_PIPELINE, DC_COUNT, 1 + rate * 4 * (1 - stay), rate * 4 * stay * share,
              rate * 4 * stay * share / 3);
  /* Below a month old at a month's start: B C J, D F: two won in it, J of three one month later; a month old: J, won in
   * it. H and I are younger than a month, G is a month old, F two. */
  double soon = 2 * 2.0 / 5 + 1, later = 2 * 1.0 / 3;
  check_means(&a, DC_BASE_COHORT, DC_COUNT, 1 + left * soon, left * later + (1 - left) * soon, (1 - left) * later);
  dc_snapshot_clear(&a.snapshot);
  log_free(log);
}

/* Without a history open deals count the mean of won ones, and there are no stages. */
static void test_deals_alone(void **state)
{
  (void)state;
  asked a;
  deal_log *log = log_of(deals, NULL, NULL);
  ask(log, &monthly, "2025-04-30", &a);
  double rate = 5.0 / 7, share = 6.0 / 9, open = 3 * (100 + 200 + 430 + 300 + 70) / 5.0;
  check_means(&a, DC_BASE_PIPELINE, DC_AMOUNT, rate * open * share, rate * open * share / 3, rate * open * share / 9);
  check_means(&a, DC_BASE_STAGE_WEIGHTED, DC_AMOUNT, NAN, NAN, NAN);
  check_means(&a, DC_BASE_STAGE_WEIGHTED, DC_COUNT, NAN, NAN, NAN);
  check_means(&a, DC_BASE_LAST, DC_AMOUNT, 300, 300, 300);
  dc_snapshot_clear(&a.snapshot);
  log_free(log);
}

static void test_ets(void **state)
{
  (void)state;
  asked a;
  double mean[3], sd[3], series[] = {100, 200, 500, 300};
  char form[32];
  dc_error error = {DC_OK, 0, 0, "", ""};
  deal_log *log = log_of(deals, history, NULL);
  ask(log, &monthly, "2025-04-30", &a);
  check_ok(dc_ets_forecast(series, 4, 1, 3, mean, sd, form, &error), &error);
  assert_true(mean[0] > 0);
  check_means(&a, DC_BASE_ETS, DC_AMOUNT, mean[0], mean[1], mean[2]);
  dc_snapshot_clear(&a.snapshot);
  log_free(log);
}

/* A first month that misses more than a week does not count as full; before any closing nothing can be said. */
static void test_beginnings(void **state)
{
  (void)state;
  asked a;
  deal_log *log = log_of("id,stage,amount,created_date,closed_date\nA,Closed Won,100,2025-01-01,2025-01-09\n"
                         "B,Closed Won,200,2025-01-05,2025-02-10\nC,Proposal,5,2025-06-01,\n",
                         NULL, NULL);
  ask(log, &monthly, "2025-02-28", &a);
  check_means(&a, DC_BASE_RUN_RATE, DC_AMOUNT, 200, 200, 200);
  dc_snapshot_clear(&a.snapshot);
  ask(log, &monthly, "2025-01-31", &a);
  check_means(&a, DC_BASE_RUN_RATE, DC_AMOUNT, NAN, NAN, NAN);
  dc_snapshot_clear(&a.snapshot);
  ask(log, &monthly, "2025-01-06", &a);
  for (int b = 0; b < DC_BASELINES; b++) check_means(&a, (dc_baseline)b, DC_COUNT, NAN, NAN, NAN);
  dc_snapshot_clear(&a.snapshot);
  log_free(log);
}

/* Week k books 100 + k: 13 weeks make a quarter and 52 a year, also when only the last 260 weeks are kept. */
static void check_weeks(int weeks)
{
  char *text = malloc(100 * (size_t)(weeks + 2)), *at = text, origin[DC_DATE_CHARS];
  int32_t monday = day_of("2018-01-01");
  dc_calendar weekly = {DC_WEEK, 1};
  asked a;
  assert_non_null(text);
  at += sprintf(at, "id,stage,amount,created_date,closed_date\n");
  for (int k = 0; k < weeks; k++) {
    char b[DC_DATE_CHARS], c[DC_DATE_CHARS];
    at += sprintf(at, "D%04d,Closed Won,%d,%s,%s\n", k, 100 + k, dc_date_format(monday + 7 * k, b),
                  dc_date_format(monday + 7 * k + 3, c));
  }
  deal_log *log = log_of(text, NULL, NULL);
  ask(log, &weekly, dc_date_format(monday + 7 * weeks - 1, origin), &a);
  double n = 100 + weeks;
  check_means(&a, DC_BASE_LAST, DC_AMOUNT, n - 1, n - 1, n - 1);
  check_means(&a, DC_BASE_RUN_RATE, DC_AMOUNT, n - 2, n - 2, n - 2);
  check_means(&a, DC_BASE_LAST_QUARTER, DC_AMOUNT, n - 13, n - 12, n - 11);
  check_means(&a, DC_BASE_LAST_YEAR, DC_AMOUNT, n - 52, n - 51, n - 50);
  dc_snapshot_clear(&a.snapshot);
  log_free(log);
  free(text);
}

static void test_weeks(void **state)
{
  (void)state;
  check_weeks(60);
  check_weeks(300);
}

static dc_bookings *distribution(double mean, const double *errors, size_t n)
{
  dc_bookings *b = NULL;
  dc_error error = {DC_OK, 0, 0, "", ""};
  check_ok(dc_baseline_distribution(mean, errors, n, &b, &error), &error);
  return b;
}

static void test_distribution(void **state)
{
  (void)state;
  static const double errors[] = {0.3, -0.1, 0.05, -0.4, 0.9, 0.2, -0.2, 0.6};
  static const double sorted[] = {-0.4, -0.2, -0.1, 0.05, 0.2, 0.3, 0.6, 0.9};
  /* A prior of three errors of 0.35. */
  dc_bookings *b = distribution(50, NULL, 0);
  check_close(b->sd, 50 * 0.35, 1e-12, 0);
  check_close(dc_bookings_quantile(b, 0.5), 50, 1e-6, 0);
  dc_bookings_free(b);
  b = distribution(50, errors, 3);
  check_close(b->sd, 50 * sqrt((3 * 0.35 * 0.35 + 0.09 + 0.01 + 0.0025) / 6), 1e-12, 0);
  check_close(dc_bookings_quantile(b, 0.8), 50 + 0.8416212335729143 * b->sd, 1e-5, 0);
  dc_bookings_free(b);
  /* Eight errors speak for themselves, at their plotting positions; the grid has 1,024 points. */
  b = distribution(50, errors, 8);
  check_same(b->mean, 50);
  for (int k = 0; k < 8; k++) check_close(dc_bookings_cdf(b, 50 * (1 + sorted[k])), (k + 0.5) / 8, 0, 2e-3);
  check_close(dc_bookings_cdf(b, 50 * (1 - 0.5)), 0, 0, 2e-3);
  check_close(dc_bookings_cdf(b, 50 * (1 + 1.05)), 1, 0, 2e-3);
  for (size_t i = 1; i < b->n; i++) assert_true(b->cdf[i] >= b->cdf[i - 1]);
  dc_bookings *again = distribution(50, sorted, 8);
  assert_memory_equal(b->cdf, again->cdf, b->n * sizeof *b->cdf);
  dc_bookings_free(again);
  dc_bookings_free(b);
  /* Equal errors, and a mean of nothing. */
  static const double equal[8] = {0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1};
  b = distribution(50, equal, 8);
  check_close(dc_bookings_quantile(b, 0.5), 55, 1e-6, 0);
  check_close(dc_bookings_crps(b, 57), 2, 1e-6, 0);
  dc_bookings_free(b);
  b = distribution(0, errors, 8);
  check_same(dc_bookings_quantile(b, 0.9), 0);
  dc_bookings_free(b);
}

/* The score in the backtest is the integral of (F(x) - 1[x >= actual])^2: midpoints of a grid much finer than F's. */
static void test_crps_is_the_integral(void **state)
{
  (void)state;
  static const double errors[] = {0.3, -0.1, 0.05, -0.4, 0.9, 0.2, -0.2, 0.6};
  for (int n = 0; n <= 8; n += 4) {
    dc_bookings *b = distribution(50, errors, (size_t)n);
    for (double actual = 5; actual < 140; actual += 19) {
      enum { STEPS = 400000 };
      double sum = 0, step = 200.0 / STEPS;
      for (int i = 0; i < STEPS; i++) {
        double x = (i + 0.5) * step, off = dc_bookings_cdf(b, x) - (x >= actual);
        sum += off * off * step;
      }
      check_close(dc_bookings_crps(b, actual), sum, 1e-5, 1e-4);
    }
    dc_bookings_free(b);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_snapshot),
      cmocka_unit_test(test_month_end),
      cmocka_unit_test(test_within_month),
      cmocka_unit_test(test_deals_alone),
      cmocka_unit_test(test_ets),
      cmocka_unit_test(test_beginnings),
      cmocka_unit_test(test_weeks),
      cmocka_unit_test(test_distribution),
      cmocka_unit_test(test_crps_is_the_integral),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
