/* The conversion core on simulated deals whose hazards are known. */
#include "engine/forecast/conversion.h"

#include "engine/base/date.h"
#include "engine/base/random.h"
#include "engine/forecast/projection.h"
#include "tests/check.h"
#include "tests/deals/logs.h"

enum { YEARS_DAYS = 1096, ROW_BYTES = 80 };
static const dc_calendar monthly = {DC_MONTH, 1};

typedef struct law {
  int deals;
  double win, lose; /* hazards a day */
  int32_t never;    /* age after which nothing closes any more */
  uint64_t seed;
} law;

typedef struct fitted {
  deal_log *log;
  dc_time_grid *grid;
  dc_features *features;
  dc_rows *rows;
  dc_conversion *conversion;
  int32_t origin;
} fitted;

static void fit(fitted *f, const char *csv, const char *history, int32_t origin)
{
  dc_error error = {DC_OK, 0, 0, "", ""};
  *f = (fitted){.log = log_of(csv, history, NULL), .origin = origin};
  check_ok(dc_time_grid_new(&monthly, origin - YEARS_DAYS, origin + 1500, &f->grid, &error), &error);
  check_ok(dc_features_new(f->log->deals, f->grid, origin, &f->features, &error), &error);
  check_ok(dc_rows_new(f->features, origin, 1000000, 0, &f->rows, &error), &error);
  check_ok(dc_rows_extend(f->rows, f->features, INT32_MIN / 2, origin, &error), &error);
  check_ok(dc_conversion_fit(f->features, f->rows, origin, 1, NULL, &f->conversion, &error), &error);
}

static void fitted_free(fitted *f)
{
  dc_conversion_free(f->conversion);
  dc_rows_free(f->rows);
  dc_features_free(f->features);
  dc_time_grid_free(f->grid);
  log_free(f->log);
}

/* Deals created evenly over three years up to the origin, closed at constant hazards. */
static char *simulate(const law *l, int32_t origin)
{
  char *text = malloc((size_t)(l->deals + 2) * ROW_BYTES), *at = text;
  assert_non_null(text);
  at += sprintf(at, "id,stage,amount,created_date,closed_date\n");
  for (int i = 0; i < l->deals; i++) {
    char a[DC_DATE_CHARS], b[DC_DATE_CHARS];
    double u = dc_random_uniform(l->seed, (uint64_t)i, 0), v = dc_random_uniform(l->seed, (uint64_t)i, 1);
    bool won = dc_random_uniform(l->seed, (uint64_t)i, 2) < l->win / (l->win + l->lose);
    int32_t created = origin - YEARS_DAYS + 1 + (int32_t)(u * YEARS_DAYS);
    double wait = 1 - log(v) / (l->win + l->lose);
    bool open = wait > l->never || created + wait > origin;
    const char *stage = open ? "Proposal" : won ? "Closed Won" : "Closed Lost";
    at += sprintf(at, "D%05d,%s,100,%s,%s\n", i, stage, dc_date_format(created, a),
                  open ? "" : dc_date_format(created + (int32_t)wait, b));
  }
  return text;
}

static dc_subject subject_of(const fitted *f, size_t deal)
{
  dc_view view;
  dc_subject subject;
  dc_deals_view(f->log->deals, deal, f->origin, &view);
  assert_int_equal(view.state, DC_STATE_OPEN);
  dc_features_subject(f->features, deal, &view, dc_time_cell(f->grid, f->origin), f->origin, &subject);
  return subject;
}

static dc_subject aged(const fitted *f, int32_t age)
{
  dc_subject s = {.since = f->origin - age, .expected = DC_DATE_MISSING, .landmark = dc_time_cell(f->grid, f->origin)};
  return s;
}

enum { RECOVERED = 3 };

/* Means over ages 0 .. 120 of P(won in period p) and P(lost in period p). */
static void mean_chances(const law *l, double won[RECOVERED], double lost[RECOVERED])
{
  enum { AGES = 121 };
  fitted f;
  int32_t origin = day_of("2025-03-31");
  char *text = simulate(l, origin);
  dc_periods periods;
  double w[RECOVERED], x[RECOVERED];
  fit(&f, text, NULL, origin);
  assert_int_equal(f.conversion->rung, DC_RUNG_FULL);
  dc_periods_from(&monthly, origin, RECOVERED, &periods);
  for (int32_t age = 0; age < AGES; age++) {
    dc_subject s = aged(&f, age);
    dc_conversion_periods(f.conversion, &s, &periods, 1, w, x);
    for (int p = 0; p < RECOVERED; p++) {
      won[p] += w[p] / AGES;
      lost[p] += x[p] / AGES;
    }
  }
  fitted_free(&f);
  free(text);
}

/* One data set of 3,000 deals leaves an error of 5 to 10 %; over several the mean must be the truth. */
static void check_recovered(double win, double lose)
{
  enum { SETS = 24 };
  double sum_won[RECOVERED] = {0}, sum_lost[RECOVERED] = {0}, all = win + lose;
  int32_t day = 0;
  for (uint64_t seed = 1; seed <= SETS; seed++) {
    law l = {3000, win, lose, INT32_MAX, seed};
    double won[RECOVERED] = {0}, lost[RECOVERED] = {0};
    mean_chances(&l, won, lost);
    for (int p = 0; p < RECOVERED; p++) {
      sum_won[p] += won[p] / SETS;
      sum_lost[p] += lost[p] / SETS;
    }
    static const int32_t length[] = {30, 31, 30}; /* April to June */
    day = 0;
    for (int p = 0; p < RECOVERED; p++) {
      double share = exp(-all * day) - exp(-all * (day + length[p]));
      day += length[p];
      check_close(won[p], share * win / all, 0.3, 0);
      check_close(lost[p], share * lose / all, 0.3, 0);
      if (seed < SETS) continue;
      check_close(sum_won[p], share * win / all, 0.04, 0);
      check_close(sum_lost[p], share * lose / all, 0.04, 0);
    }
  }
}

static void test_constant_hazards(void **state)
{
  (void)state;
  check_recovered(0.004, 0.008);
  check_recovered(0.009, 0.003);
}

/* Over months, over the same days in one, and over years: nothing is lost and nothing counted twice. */
static void test_adds_up(void **state)
{
  (void)state;
  law l = {1000, 0.004, 0.008, INT32_MAX, 4};
  fitted f;
  int32_t origin = day_of("2025-03-31");
  char *text = simulate(&l, origin);
  fit(&f, text, NULL, origin);
  for (int32_t age = 0; age < 500; age += 83) {
    dc_subject s = aged(&f, age);
    dc_periods months, one;
    double won[36], lost[36], won_in_all, lost_in_all, total = 0;
    dc_periods_from(&monthly, origin, 36, &months);
    one = (dc_periods){.n = 1, .first_day = months.first_day};
    one.start[0] = months.start[0];
    one.end[0] = months.end[35];
    dc_conversion_periods(f.conversion, &s, &months, 1, won, lost);
    dc_conversion_periods(f.conversion, &s, &one, 1, &won_in_all, &lost_in_all);
    double sum_won = 0, sum_lost = 0;
    for (int p = 0; p < 36; p++) {
      assert_true(won[p] > 0 && lost[p] > 0);
      total += won[p] + lost[p];
      assert_true(total < 1);
      sum_won += won[p];
      sum_lost += lost[p];
    }
    check_close(sum_won, won_in_all, 1e-12, 0);
    check_close(sum_lost, lost_in_all, 1e-12, 0);
    /* Ever: followed for as many days, until next to nothing is left. */
    dc_outlook outlook;
    dc_conversion_outlook(f.conversion, &s, origin + 1, &outlook);
    assert_int_equal(months.end[35] - origin, DC_EVER_DAYS);
    check_close(outlook.p_win, won_in_all, 0, 2e-5);
    check_close(outlook.p_lost, lost_in_all, 0, 2e-5);
    assert_true(outlook.p_win + outlook.p_lost <= 1 + 1e-12);
    /* Half of the wins come by the expected close, a cell's end. */
    dc_periods half = {.n = 1, .first_day = origin + 1, .start = {origin + 1}, .end = {outlook.expected_close}};
    dc_conversion_periods(f.conversion, &s, &half, 1, &won_in_all, &lost_in_all);
    assert_true(won_in_all >= outlook.p_win / 2 - 1e-12);
    half.end[0] = f.grid->start[dc_time_cell(f.grid, outlook.expected_close)] - 1;
    dc_conversion_periods(f.conversion, &s, &half, 1, &won_in_all, &lost_in_all);
    assert_true(won_in_all < outlook.p_win / 2);
  }
  fitted_free(&f);
  free(text);
}

/* Half of the first cell means about half of its closings, and hardly more later. */
static void test_first_share(void **state)
{
  (void)state;
  law l = {1000, 0.004, 0.008, INT32_MAX, 5};
  fitted f;
  int32_t origin = day_of("2025-03-31");
  char *text = simulate(&l, origin);
  fit(&f, text, NULL, origin);
  dc_subject s = aged(&f, 0);
  dc_periods cells = {
      .n = 2, .first_day = origin + 1, .start = {origin + 1, origin + 8}, .end = {origin + 7, origin + 14}};
  double whole[2], half[2], lost[2];
  dc_conversion_periods(f.conversion, &s, &cells, 1, whole, lost);
  dc_conversion_periods(f.conversion, &s, &cells, 0.5, half, lost);
  check_close(half[0], whole[0] / 2, 0.05, 0);
  assert_true(half[1] > whole[1] && half[1] < 1.1 * whole[1]);
  fitted_free(&f);
  free(text);
}

/* Nothing ever closed beyond an age of 150 days, but many deals lie open for years. */
static void test_zombies(void **state)
{
  (void)state;
  law l = {3000, 0.004, 0.004, 150, 6};
  fitted f;
  int32_t origin = day_of("2025-03-31");
  char *text = simulate(&l, origin);
  fit(&f, text, NULL, origin);
  assert_int_equal(f.conversion->stale_from, dc_age_bin(149) + 1);
  dc_periods periods;
  double won[3], lost[3];
  dc_periods_from(&monthly, origin, 3, &periods);
  for (int32_t age = 170; age < 1000; age += 50) {
    dc_subject s = aged(&f, age);
    dc_conversion_periods(f.conversion, &s, &periods, 1, won, lost);
    assert_true(won[0] + won[1] + won[2] < 0.002);
    assert_true(lost[0] + lost[1] + lost[2] < 0.002);
  }
  dc_subject young = aged(&f, 20);
  dc_conversion_periods(f.conversion, &young, &periods, 1, won, lost);
  check_close(won[0], 0.5 * (1 - exp(-0.008 * 30)), 0.15, 0);
  fitted_free(&f);
  free(text);
}

/* Little data: the prior holds, everything stays finite and says which rung it is on. */
static void test_few(void **state)
{
  (void)state;
  static const int counts[] = {0, 1, 9};
  for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
    for (int outcome = 0; outcome < 2; outcome++) {
      char text[2000], *at = text;
      int32_t origin = day_of("2025-03-31");
      fitted f;
      at += sprintf(at, "id,stage,amount,created_date,closed_date\nX,Proposal,100,2025-03-31,\n");
      for (int i = 0; i < counts[k]; i++)
        at += sprintf(at, "D%d,%s,100,2025-01-%02d,2025-02-%02d\n", i, outcome ? "Closed Lost" : "Closed Won", i + 1,
                      2 * i + 1);
      fit(&f, text, NULL, origin);
      assert_int_equal(f.conversion->rung, DC_RUNG_PRIOR);
      assert_string_equal(dc_rung_name(f.conversion->rung), "prior-dominated");
      assert_int_equal(f.conversion->won + f.conversion->lost, counts[k]);
      dc_subject s = subject_of(&f, deal_of(f.log, "X"));
      dc_outlook outlook;
      dc_conversion_outlook(f.conversion, &s, origin + 1, &outlook);
      assert_true(outlook.p_win > 0.02 && outlook.p_win < 0.98);
      assert_true(outlook.p_lost > 0.02 && outlook.p_lost < 0.98);
      assert_true(outlook.expected_close > origin);
      if (counts[k] > 0) assert_true(outcome ? outlook.p_win < 0.5 : outlook.p_win > 0.5);
      fitted_free(&f);
    }
}

static void test_rungs(void **state)
{
  (void)state;
  static const struct {
    int64_t closed;
    const char *name;
  } rungs[] = {{0, "prior-dominated"}, {9, "prior-dominated"}, {10, "pooled"}, {49, "pooled"},
               {50, "ridge"},          {299, "ridge"},         {300, "full"},  {1000000, "full"}};
  for (size_t k = 0; k < sizeof rungs / sizeof *rungs; k++)
    assert_string_equal(dc_rung_name(dc_rung_of(rungs[k].closed)), rungs[k].name);
}

/* A warm start changes nothing but the way. */
static void test_warm_start(void **state)
{
  (void)state;
  law l = {1500, 0.004, 0.008, INT32_MAX, 7};
  fitted f;
  int32_t origin = day_of("2025-03-31");
  char *text = simulate(&l, origin);
  fit(&f, text, NULL, origin);
  dc_conversion *warm = NULL;
  dc_error error = {DC_OK, 0, 0, "", ""};
  check_ok(dc_conversion_fit(f.features, f.rows, origin, 1, f.conversion, &warm, &error), &error);
  dc_subject s = aged(&f, 60);
  dc_periods periods;
  double won[2][3], lost[3];
  dc_periods_from(&monthly, origin, 3, &periods);
  dc_conversion_periods(f.conversion, &s, &periods, 1, won[0], lost);
  dc_conversion_periods(warm, &s, &periods, 1, won[1], lost);
  for (int p = 0; p < 3; p++) check_close(won[1][p], won[0][p], 1e-3, 0);
  dc_conversion_free(warm);
  fitted_free(&f);
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_constant_hazards), cmocka_unit_test(test_adds_up), cmocka_unit_test(test_first_share),
      cmocka_unit_test(test_zombies),          cmocka_unit_test(test_few),     cmocka_unit_test(test_rungs),
      cmocka_unit_test(test_warm_start),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
