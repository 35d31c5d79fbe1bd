/* What one origin says of the coming periods, on simulated deals whose laws are known. */
#include "engine/forecast/projection.h"

#include "engine/base/date.h"
#include "engine/base/random.h"
#include "tests/check.h"
#include "tests/deals/logs.h"

enum { PERIODS = 3, PAST_DAYS = 900 };
static const dc_calendar monthly = {DC_MONTH, 1};
static const double win = 0.004, lose = 0.008, per_day = 2;

static void check_day(int32_t actual, const char *expected)
{
  char text[DC_DATE_CHARS];
  assert_string_equal(dc_date_format(actual, text), expected);
}

static void test_periods(void **state)
{
  (void)state;
  dc_calendar quarter = {DC_QUARTER, 2}, week = {DC_WEEK, 1};
  dc_periods p;
  dc_periods_from(&monthly, day_of("2025-01-31"), 3, &p);
  assert_int_equal(p.n, 3);
  check_day(p.first_day, "2025-02-01");
  check_day(p.start[0], "2025-02-01");
  check_day(p.end[0], "2025-02-28");
  check_day(p.start[2], "2025-04-01");
  check_day(p.end[2], "2025-04-30");
  /* The running period is period 1. */
  dc_periods_from(&monthly, day_of("2025-01-30"), 2, &p);
  check_day(p.first_day, "2025-01-31");
  check_day(p.start[0], "2025-01-01");
  check_day(p.end[0], "2025-01-31");
  check_day(p.end[1], "2025-02-28");
  dc_periods_from(&quarter, day_of("2025-01-15"), 2, &p);
  check_day(p.start[0], "2024-11-01");
  check_day(p.end[0], "2025-01-31");
  check_day(p.end[1], "2025-04-30");
  dc_periods_from(&week, day_of("2024-12-29"), 2, &p); /* a Sunday */
  check_day(p.start[0], "2024-12-30");
  check_day(p.end[0], "2025-01-05");
  check_day(p.end[1], "2025-01-12");
}

typedef struct projected {
  deal_log *log;
  dc_time_grid *grid;
  dc_features *features;
  dc_rows *rows;
  dc_conversion *conversion;
  dc_snapshot snapshot;
  dc_amounts amounts;
  dc_periods periods;
  dc_projection *projection;
} projected;

static void project(projected *w, const char *csv, int32_t origin, size_t kinds, int threads)
{
  dc_error error = {DC_OK, 0, 0, "", ""};
  *w = (projected){.log = log_of(csv, NULL, NULL)};
  check_ok(dc_time_grid_new(&monthly, origin - PAST_DAYS, origin + 1500, &w->grid, &error), &error);
  check_ok(dc_features_new(w->log->deals, w->grid, origin, &w->features, &error), &error);
  check_ok(dc_rows_new(w->features, origin, 1000000, 0, &w->rows, &error), &error);
  check_ok(dc_rows_extend(w->rows, w->features, INT32_MIN / 2, origin, &error), &error);
  check_ok(dc_conversion_fit(w->features, w->rows, origin, threads, NULL, &w->conversion, &error), &error);
  check_ok(dc_snapshot_take(w->log->deals, origin, &w->snapshot, &error), &error);
  check_ok(dc_amounts_fit(w->features, &w->snapshot, threads, &w->amounts, &error), &error);
  dc_periods_from(&monthly, origin, PERIODS, &w->periods);
  dc_projection_request request = {w->conversion, &w->amounts, &w->snapshot, &monthly, &w->periods, kinds, threads};
  check_ok(dc_projection_new(&request, &w->projection, &error), &error);
}

static void projected_free(projected *w)
{
  dc_projection_free(w->projection);
  dc_amounts_clear(&w->amounts);
  dc_snapshot_clear(&w->snapshot);
  dc_conversion_free(w->conversion);
  dc_rows_free(w->rows);
  dc_features_free(w->features);
  dc_time_grid_free(w->grid);
  log_free(w->log);
}

/* Deals arrive evenly at random, two a day, each worth 100; and close at constant hazards. */
static char *simulate(uint64_t seed, int32_t origin, int bulk)
{
  int n = (int)(per_day * PAST_DAYS);
  char *text = malloc((size_t)(n + bulk + 2) * 80), *at = text, date[2][DC_DATE_CHARS];
  assert_non_null(text);
  at += sprintf(at, "id,stage,amount,created_date,closed_date\n");
  for (int i = 0; i < n; i++) {
    int32_t created = origin - PAST_DAYS + 1 + (int32_t)(dc_random_uniform(seed, (uint64_t)i, 0) * PAST_DAYS);
    double wait = 1 - log(dc_random_uniform(seed, (uint64_t)i, 1)) / (win + lose);
    bool won = dc_random_uniform(seed, (uint64_t)i, 2)<win / (win + lose), open = created + wait> origin;
    at += sprintf(at, "D%05d,%s,100,%s,%s\n", i,
                  open  ? "Proposal"
                  : won ? "Closed Won"
                        : "Closed Lost",
                  dc_date_format(created, date[0]), open ? "" : dc_date_format(created + (int32_t)wait, date[1]));
  }
  /* A bulk import on one day, lost the day after. */
  for (int i = 0; i < bulk; i++)
    at += sprintf(at, "Bulk %d,Closed Lost,100,%s,%s\n", i, dc_date_format(origin - 200, date[0]),
                  dc_date_format(origin - 199, date[1]));
  return text;
}

/* Wins on days a + 1 .. b after the origin of deals that arrive evenly from the origin on. */
static double wins_of_new(double a, double b)
{
  double all = win + lose, before = 0, within = 0;
  /* Created by a: the integral of exp(-all (a - t)) - exp(-all (b - t)); then up to b: of 1 - exp(-all (b - t)). */
  before = ((1 - exp(-all * a)) - (exp(-all * (b - a)) - exp(-all * b))) / all;
  within = (b - a) - (1 - exp(-all * (b - a))) / all;
  return per_day * win / all * (before + within);
}

static void test_recovery(void **state)
{
  (void)state;
  enum { SETS = 16 };
  static const double ends[] = {0, 30, 61, 91};
  double from_open[PERIODS] = {0}, from_new[PERIODS] = {0}, rate = 0, open = 0;
  int32_t origin = day_of("2025-03-31");
  for (uint64_t seed = 1; seed <= SETS; seed++) {
    projected w;
    char *text = simulate(seed, origin, 0);
    project(&w, text, origin, 200, 1);
    open += (double)w.projection->n_open / SETS;
    rate += w.projection->arrivals_per_day / SETS;
    for (int p = 0; p < PERIODS; p++) {
      double sum[2] = {0, 0};
      for (size_t i = 0; i < w.projection->n_open; i++) sum[0] += w.projection->p_win[i * PERIODS + (size_t)p];
      for (size_t k = 0; k < w.projection->n_new; k++) sum[1] += w.projection->rate[k * PERIODS + (size_t)p];
      dc_sum future = dc_projection_future(w.projection, p);
      check_close(future.count, sum[0] + sum[1], 1e-12, 0);
      check_close(future.amount, 100 * future.count, 1e-9, 0); /* every amount is 100 */
      from_open[p] += sum[0] / SETS;
      from_new[p] += sum[1] / SETS;
    }
    projected_free(&w);
    free(text);
  }
  check_close(rate, per_day, 0.05, 0);
  for (int p = 0; p < PERIODS; p++) {
    double all = win + lose, share = win / all * (exp(-all * ends[p]) - exp(-all * ends[p + 1]));
    check_close(from_open[p], open * share, 0.06, 0);
    check_close(from_new[p], wins_of_new(ends[p], ends[p + 1]), 0.1, 0);
  }
}

/* A day on which a third of all deals were created is no day's work. */
static void test_bulk_import(void **state)
{
  (void)state;
  int32_t origin = day_of("2025-03-31");
  char *with = simulate(1, origin, 1200), *without = simulate(1, origin, 0);
  projected a, b;
  project(&a, with, origin, 100, 1);
  project(&b, without, origin, 100, 1);
  check_close(a.projection->arrivals_per_day, b.projection->arrivals_per_day, 0.02, 0);
  projected_free(&a);
  projected_free(&b);
  free(with);
  free(without);
}

/* Booked so far, in the running period only; the same bytes for any number of threads; fewer patterns, the same number. */
static void test_booked_and_threads(void **state)
{
  (void)state;
  int32_t origin = day_of("2025-03-20");
  char *text = simulate(3, origin, 0);
  projected a, b, few;
  project(&a, text, origin, 150, 1);
  project(&b, text, origin, 150, 3);
  project(&few, text, origin, 10, 1);
  double won = 0;
  for (size_t k = 0; k < a.snapshot.n_booked; k++) won += a.snapshot.booked[k].day >= day_of("2025-03-01");
  assert_true(won > 3);
  check_same(a.projection->booked[0].count, won);
  check_same(a.projection->booked[0].amount, 100 * won);
  check_same(a.projection->booked[1].count, 0);
  size_t cells = a.projection->n_open * PERIODS;
  assert_int_equal(a.projection->n_open, b.projection->n_open);
  assert_memory_equal(a.projection->p_win, b.projection->p_win, cells * sizeof(double));
  assert_memory_equal(a.projection->p_lost, b.projection->p_lost, cells * sizeof(double));
  assert_memory_equal(a.projection->rate, b.projection->rate, a.projection->n_new * PERIODS * sizeof(double));
  for (size_t i = 0; i < cells; i++) {
    assert_true(a.projection->p_win[i] > 0 && a.projection->p_lost[i] > 0);
    assert_true(a.projection->p_win[i] + a.projection->p_lost[i] < 1);
  }
  assert_int_equal(few.projection->n_new, 10);
  for (int p = 0; p < PERIODS; p++) {
    double sum[2] = {0, 0};
    for (size_t k = 0; k < a.projection->n_new; k++) sum[0] += a.projection->rate[k * PERIODS + (size_t)p];
    for (size_t k = 0; k < few.projection->n_new; k++) sum[1] += few.projection->rate[k * PERIODS + (size_t)p];
    check_close(sum[1], sum[0], 1e-9, 0); /* without columns all new deals are alike */
  }
  projected_free(&a);
  projected_free(&b);
  projected_free(&few);
  free(text);
}

/* No deal at all that could be open, and none that ever closed. */
static void test_little(void **state)
{
  (void)state;
  projected w;
  int32_t origin = day_of("2025-03-31");
  project(&w, "id,stage,amount,created_date,closed_date\nA,Closed Won,5,2025-03-01,2025-03-31\n", origin, 10, 1);
  assert_int_equal(w.projection->n_open, 0);
  for (int p = 0; p < PERIODS; p++) {
    dc_sum future = dc_projection_future(w.projection, p);
    assert_true(isfinite(future.amount) && isfinite(future.count) && future.count >= 0);
  }
  projected_free(&w);
  project(&w, "id,stage,amount,created_date,closed_date\nA,Proposal,5,2025-03-31,\n", origin, 10, 1);
  assert_int_equal(w.projection->n_open, 1);
  for (int p = 0; p < PERIODS; p++) {
    dc_sum future = dc_projection_future(w.projection, p);
    assert_true(isfinite(future.amount) && future.count > 0);
  }
  projected_free(&w);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_periods),     cmocka_unit_test(test_recovery),
      cmocka_unit_test(test_bulk_import), cmocka_unit_test(test_booked_and_threads),
      cmocka_unit_test(test_little),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
