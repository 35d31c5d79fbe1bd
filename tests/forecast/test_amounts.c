/* What deals will be worth: ratios and regressions on data whose truth is known. */
#include "engine/forecast/amounts.h"

#include "engine/base/date.h"
#include "engine/base/random.h"
#include "tests/check.h"
#include "tests/deals/logs.h"

static const dc_calendar monthly = {DC_MONTH, 1};

typedef struct fitted {
  deal_log *log;
  dc_time_grid *grid;
  dc_features *features;
  dc_snapshot snapshot;
  dc_amounts amounts;
} fitted;

static void fit(fitted *f, const char *deals, const char *history, int32_t day)
{
  dc_error error = {DC_OK, 0, 0, "", ""};
  *f = (fitted){.log = log_of(deals, history, NULL)};
  for (size_t a = 0; a < f->log->deals->n_attributes; a++) f->log->deals->attributes[a].predictor = true;
  check_ok(dc_time_grid_new(&monthly, day - 1000, day + 100, &f->grid, &error), &error);
  check_ok(dc_features_new(f->log->deals, f->grid, day, &f->features, &error), &error);
  check_ok(dc_snapshot_take(f->log->deals, day, &f->snapshot, &error), &error);
  check_ok(dc_amounts_fit(f->features, &f->snapshot, 1, &f->amounts, &error), &error);
}

static void fitted_free(fitted *f)
{
  dc_amounts_clear(&f->amounts);
  dc_snapshot_clear(&f->snapshot);
  dc_features_free(f->features);
  dc_time_grid_free(f->grid);
  log_free(f->log);
}

static double mean_of(const fitted *f, const dc_subject *subject, double current, bool is_new, double *log_sd)
{
  double mean;
  dc_amounts_of(&f->amounts, subject, current, is_new, &mean, log_sd);
  return mean;
}

/* Created at 120, half-way 100, won at 80: the prior is 20 deals that keep their amount. */
static void test_ratios(void **state)
{
  (void)state;
  enum { N = 60 };
  char *text = malloc(N * 200), *at = text + sprintf(text, "id,changed_at,stage,amount\n");
  fitted f;
  for (int i = 0; i < N; i++) {
    char a[DC_DATE_CHARS], b[DC_DATE_CHARS], c[DC_DATE_CHARS];
    int32_t begin = day_of("2024-01-01") + i;
    dc_date_format(begin, a);
    dc_date_format(begin + 20, b);
    dc_date_format(begin + 60, c);
    /* Lost deals say nothing. */
    at += sprintf(at, "W%d,%s,Prospecting,120\nW%d,%s,Proposal,100\nW%d,%s,Closed Won,80\n", i, a, i, b, i, c);
    at += sprintf(at, "L%d,%s,Prospecting,10\nL%d,%s,Closed Lost,1000\n", i, a, i, c);
  }
  fit(&f, NULL, text, day_of("2024-12-31"));
  double closing = 80.0 * N, prior = 20 * 80, log_sd;
  check_close(f.amounts.open_ratio, (closing + prior) / (100.0 * N + prior), 1e-12, 0);
  check_close(f.amounts.new_ratio, (closing + prior) / (120.0 * N + prior), 1e-12, 0);
  double squares = N * (pow(log(80.0 / 100), 2) + pow(log(80.0 / 120), 2));
  check_close(f.amounts.ratio_log_sd, sqrt((squares + 20 * 0.25 * 0.25) / (2 * N + 20)), 1e-12, 0);
  dc_subject subject = {.since = DC_DATE_MISSING, .expected = DC_DATE_MISSING};
  check_close(mean_of(&f, &subject, 700, false, &log_sd), 700 * f.amounts.open_ratio, 1e-15, 0);
  check_same(log_sd, f.amounts.ratio_log_sd);
  check_close(mean_of(&f, &subject, 700, true, &log_sd), 700 * f.amounts.new_ratio, 1e-15, 0);
  fitted_free(&f);
  free(text);
}

/* What is won after the day counts for nothing, nor does what is won for an unknown amount. */
static void test_ratios_of_the_day(void **state)
{
  (void)state;
  fitted f;
  fit(&f, NULL,
      "id,changed_at,stage,amount\nA,2024-01-01,Proposal,100\nA,2024-01-31,Closed Won,50\n"
      "B,2024-01-01,Proposal,100\nB,2024-03-31,Closed Won,900\n"
      "C,2024-01-01,Proposal,\nC,2024-01-31,Closed Won,\n",
      day_of("2024-02-28"));
  check_close(f.amounts.open_ratio, (50 + 20.0 * 50) / (100 + 20.0 * 50), 1e-12, 0);
  fitted_free(&f);
}

/* What is won for nothing lowers the mean, and leaves the spread of the others alone. */
static void test_ratios_of_nothing(void **state)
{
  (void)state;
  fitted f;
  fit(&f, NULL,
      "id,changed_at,stage,amount\nA,2024-01-01,Proposal,100\nA,2024-01-31,Closed Won,50\n"
      "B,2024-01-01,Proposal,300\nB,2024-01-31,Closed Won,0\n",
      day_of("2024-02-28"));
  double prior = 20 * 25;
  check_close(f.amounts.open_ratio, (50 + prior) / (400 + prior), 1e-12, 0);
  check_close(f.amounts.new_ratio, (50 + prior) / (400 + prior), 1e-12, 0);
  check_close(f.amounts.ratio_log_sd, sqrt((2 * pow(log(0.5), 2) + 20 * 0.25 * 0.25) / 22), 1e-12, 0);
  fitted_free(&f);
}

static double normal(uint64_t stream, uint64_t k)
{
  double u = dc_random_uniform(9, stream, 2 * k), v = dc_random_uniform(9, stream, 2 * k + 1);
  return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

enum { PRODUCTS = 4 };
static const double level[PRODUCTS] = {4, 5, 7, 8.5}, spread = 0.8;

/* Won deals of four products, lognormal; closed within `days`; every `zero`th is worth nothing; one open deal each. */
static char *lognormal(int n, int days, int zero)
{
  char *text = malloc(100 * (size_t)(n + PRODUCTS + 1)), *at = text;
  char date[DC_DATE_CHARS];
  at += sprintf(at, "id,stage,amount,created_date,closed_date,product\n");
  for (int i = 0; i < n; i++) {
    double amount = zero && i % zero == 0 ? 0 : exp(level[i % PRODUCTS] + spread * normal(1, (uint64_t)i));
    dc_date_format(day_of("2025-03-30") - i % days, date);
    at += sprintf(at, "W%06d,Closed Won,%.6f,2020-01-01,%s,P%d\n", i, amount, date, i % PRODUCTS);
  }
  for (int k = 0; k < PRODUCTS; k++) at += sprintf(at, "Open %d,Proposal,,2025-03-31,,P%d\n", k, k);
  return text;
}

static dc_subject open_subject(const fitted *f, const char *id)
{
  dc_subject subject;
  dc_view view = view_of(f->log, id, "2025-03-31");
  dc_features_subject(f->features, deal_of(f->log, id), &view, 0, day_of("2025-03-31"), &subject);
  return subject;
}

/* The mean of the amount, not of its log: exp(mu + sigma^2 / 2) for each product. */
static void test_regression(void **state)
{
  (void)state;
  enum { N = 8000 };
  char *text = lognormal(N, 1, 0);
  fitted f;
  fit(&f, text, NULL, day_of("2025-03-31"));
  assert_int_equal(f.amounts.n_factors, 1);
  check_same(f.amounts.positive, 1);
  check_close(f.amounts.sigma, spread, 0.03, 0);
  double log_sd;
  for (int k = 0; k < PRODUCTS; k++) {
    char id[24];
    snprintf(id, sizeof id, "Open %d", k);
    dc_subject subject = open_subject(&f, id);
    /* 2,000 deals: a standard error of 2.1 % of the mean. */
    check_close(mean_of(&f, &subject, NAN, false, &log_sd), exp(level[k] + spread * spread / 2), 0.06, 0);
    check_close(log_sd, spread, 0.03, 0);
    /* A recorded amount leads; nothing is known of how such change. */
    check_same(mean_of(&f, &subject, 55, false, &log_sd), 55);
    check_same(log_sd, 0.25);
  }
  fitted_free(&f);
  free(text);
}

/* On the data itself the back-transform is unbiased: predictions of all won deals have the mean of their amounts. */
static void test_unbiased(void **state)
{
  (void)state;
  enum { N = 2000 };
  static const int zeros[] = {0, 5};
  for (size_t z = 0; z < 2; z++) {
    char *text = lognormal(N, 1, zeros[z]);
    fitted f;
    fit(&f, text, NULL, day_of("2025-03-31"));
    double predicted = 0, actual = 0, log_sd;
    for (size_t k = 0; k < f.snapshot.n_booked; k++) {
      dc_view view;
      dc_subject subject;
      size_t deal = f.snapshot.booked[k].deal;
      dc_deals_view(f.log->deals, deal, day_of("2025-03-31"), &view);
      dc_features_subject(f.features, deal, &view, 0, day_of("2025-03-31"), &subject);
      predicted += mean_of(&f, &subject, NAN, false, &log_sd);
      actual += f.snapshot.booked[k].amount;
    }
    int nothing = zeros[z] ? (N + zeros[z] - 1) / zeros[z] : 0;
    check_close(f.amounts.positive, (double)(N - nothing + 1) / (N + 1), 1e-12, 0);
    check_close(predicted, actual, 0.03, 0);
    fitted_free(&f);
    free(text);
  }
}

/* Old amounts count half after a year: 100 until a year ago, 1,000 since. */
static void test_fading(void **state)
{
  (void)state;
  enum { N = 400 };
  char *text = malloc(100 * (N + 2)), *at = text + sprintf(text, "id,stage,amount,created_date,closed_date\n");
  fitted f;
  double log_sd;
  for (int i = 0; i < N; i++)
    at += sprintf(at, "W%d,Closed Won,%d,2020-01-01,%s\n", i, i % 2 ? 100 : 1000, i % 2 ? "2023-04-01" : "2025-03-31");
  at += sprintf(at, "Open,Proposal,,2025-03-31,\n");
  fit(&f, text, NULL, day_of("2025-03-31"));
  /* 730 days: the old ones weigh a quarter. The intercept is the weighted mean of the logs, the smear that of the rest. */
  double w = 0.25 / 1.25, eta = w * log(100) + (1 - w) * log(1000);
  double smear = w * 100 / exp(eta) + (1 - w) * 1000 / exp(eta);
  dc_subject subject = open_subject(&f, "Open");
  check_close(mean_of(&f, &subject, NAN, false, &log_sd), exp(eta) * smear, 0.02, 0);
  fitted_free(&f);
  free(text);
}

static void test_nothing(void **state)
{
  (void)state;
  fitted f;
  double log_sd;
  dc_subject subject = {.since = DC_DATE_MISSING, .expected = DC_DATE_MISSING};
  /* No amounts at all, and no won deals yet. */
  fit(&f, "id,stage,created_date,closed_date\nA,Closed Won,2025-01-01,2025-02-01\nB,Proposal,2025-03-31,\n", NULL,
      day_of("2025-03-31"));
  assert_true(f.amounts.none);
  check_same(mean_of(&f, &subject, NAN, false, &log_sd), 0);
  check_same(log_sd, 0);
  fitted_free(&f);
  fit(&f, "id,stage,amount,created_date,closed_date\nA,Closed Lost,5,2025-01-01,2025-02-01\nB,Proposal,7,2025-03-31,\n",
      NULL, day_of("2025-03-31"));
  assert_false(f.amounts.none);
  check_same(mean_of(&f, &subject, NAN, false, &log_sd), 0);
  check_same(mean_of(&f, &subject, 7, false, &log_sd), 7);
  check_same(log_sd, 0.25);
  fitted_free(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ratios),
      cmocka_unit_test(test_ratios_of_the_day),
      cmocka_unit_test(test_ratios_of_nothing),
      cmocka_unit_test(test_regression),
      cmocka_unit_test(test_unbiased),
      cmocka_unit_test(test_fading),
      cmocka_unit_test(test_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
