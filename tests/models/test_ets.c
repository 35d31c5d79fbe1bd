/* ETS: R's likelihoods, recovery of known forms, and nasty series. */
#include "tests/check.h"

#include "dealcast/model/ets.h"
#include "engine/base/random.h"
#include "models/ets_internal.h"

enum { MOST = 300 };

/* The second column of a file with one header line; 0 when the data is not there. */
static size_t read_series(const char *name, double *y)
{
  char file[64], line[256];
  snprintf(file, sizeof file, "r-models/%s.csv", name);
  const char *path = check_data("DEALCAST_SUITES", file);
  if (!path) return 0;
  FILE *in = fopen(path, "r");
  assert_non_null(in);
  size_t n = 0;
  assert_non_null(fgets(line, sizeof line, in));
  while (n < MOST && fgets(line, sizeof line, in)) {
    const char *comma = strchr(line, ',');
    assert_non_null(comma);
    y[n++] = strtod(comma + 1, NULL);
  }
  fclose(in);
  return n;
}

static ets_fit fitted(const double *y, size_t n, size_t m, ets_trend trend, int seasonal)
{
  ets_fit fit = {0};
  double season[64];
  ets_work *work = ets_work_new(n, m);
  assert_non_null(work);
  fit.trend = trend;
  fit.seasonal = seasonal;
  assert_int_equal(ets_fit_form(work, y, n, m, HUGE_VAL, &fit, season), 0);
  ets_work_free(work);
  return fit;
}

/* R 4, forecast::ets; initial states concentrated out must never be worse. */
static void test_likelihoods_of_r(void **state)
{
  (void)state;
  const struct {
    const char *name;
    size_t m;
    ets_trend trend;
    int seasonal;
    double r, most;
  } cases[] = {{"Nile", 1, ETS_NONE, 0, -726.3905, -726.3904},
               {"WWWusage", 1, ETS_DAMPED, 0, -352.8655, -351},
               {"USAccDeaths", 12, ETS_NONE, 1, -555.0723, -550}};
  for (size_t i = 0; i < 3; i++) {
    double y[MOST];
    size_t n = read_series(cases[i].name, y);
    if (!n) continue;
    ets_fit fit = fitted(y, n, cases[i].m, cases[i].trend, cases[i].seasonal);
    if (!(fit.log_likelihood >= cases[i].r - 1e-3 && fit.log_likelihood <= cases[i].most))
      fail_msg("%s: log-likelihood %.6f, R has %.4f", cases[i].name, fit.log_likelihood, cases[i].r);
    check_close(fit.log_likelihood, -0.5 * (double)n * log(fit.sse), 1e-12, 0);
  }
}

static void test_nile(void **state)
{
  (void)state;
  double y[MOST], mean[12], sd[12];
  char form[16];
  dc_error error;
  size_t n = read_series("Nile", y);
  if (!n) return;
  ets_fit fit = fitted(y, n, 1, ETS_NONE, 0);
  check_close(fit.alpha, 0.2455, 0, 1e-3); /* R: 0.2455 */
  check_ok(dc_ets_forecast(y, n, 1, 12, mean, sd, form, &error), &error);
  assert_string_equal(form, "ETS(A,N,N)");
  for (int h = 0; h < 12; h++) {
    check_close(mean[h], 805.3, 0, 0.2);
    check_close(sd[h], sd[0] * sqrt(1 + h * fit.alpha * fit.alpha), 1e-9, 0);
  }
}

static void test_forms_chosen(void **state)
{
  (void)state;
  double y[MOST], mean[24], sd[24];
  char form[16];
  dc_error error;
  size_t n = read_series("WWWusage", y);
  if (n) {
    check_ok(dc_ets_forecast(y, n, 12, 24, mean, sd, form, &error), &error);
    assert_string_equal(form, "ETS(A,Ad,N)");
  }
  n = read_series("USAccDeaths", y);
  if (n) {
    check_ok(dc_ets_forecast(y, n, 12, 24, mean, sd, form, &error), &error);
    assert_string_equal(form, "ETS(A,N,A)");
    for (int h = 0; h < 12; h++) check_close(mean[h + 12], mean[h], 1e-12, 0); /* the season repeats */
  }
}

static double normal(uint64_t stream, size_t t)
{
  double u = dc_random_uniform(5, stream, 2 * t), v = dc_random_uniform(5, stream, 2 * t + 1);
  return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

/* A series made by A,A,A gives its parameters back; the errors' spread too. */
static void test_recovery(void **state)
{
  (void)state;
  double y[MOST], season[4] = {30, -10, -25, 5}, level = 200, slope = 1;
  for (size_t t = 0; t < MOST; t++) {
    double e = 5 * normal(1, t);
    y[t] = level + slope + season[t % 4] + e;
    level += slope + 0.5 * e;
    slope += 0.1 * e;
    season[t % 4] += 0.2 * e;
  }
  ets_fit fit = fitted(y, MOST, 4, ETS_ADDITIVE, 1);
  check_close(fit.alpha, 0.5, 0, 0.15);
  check_close(fit.beta, 0.1, 0, 0.06);
  check_close(fit.gamma, 0.2, 0, 0.1);
  check_close(sqrt(fit.sse / MOST), 5, 0.1, 0);
  double mean[8], sd[8];
  char form[16];
  dc_error error;
  check_ok(dc_ets_forecast(y, MOST, 4, 8, mean, sd, form, &error), &error);
  assert_true(form[strlen(form) - 2] == 'A');
  for (int h = 0; h < 8; h++) {
    double truth = level + (h + 1) * slope + season[(MOST + (size_t)h) % 4];
    assert_true(fabs(mean[h] - truth) < 4 * sd[h]);
    if (h) assert_true(sd[h] > sd[h - 1]);
  }
}

static void test_exact_line_and_season(void **state)
{
  (void)state;
  double y[48], mean[24], sd[24];
  char form[16];
  dc_error error;
  for (int t = 0; t < 48; t++) y[t] = 100 + 2.5 * t;
  check_ok(dc_ets_forecast(y, 48, 12, 6, mean, sd, form, &error), &error);
  for (int h = 0; h < 6; h++) check_close(mean[h], 100 + 2.5 * (48 + h), 1e-3, 0);
  for (int t = 0; t < 48; t++) y[t] = 100 + 20 * sin(t * 0.5235987755982988) + 0.01 * normal(3, (size_t)t);
  check_ok(dc_ets_forecast(y, 48, 12, 24, mean, sd, form, &error), &error);
  for (int h = 0; h < 24; h++) check_close(mean[h], 100 + 20 * sin(h * 0.5235987755982988), 0, 0.1);
}

static void test_short_series(void **state)
{
  (void)state;
  const double y[3] = {10, 20, 14};
  double mean[3], sd[3];
  char form[16];
  dc_error error;
  check_ok(dc_ets_forecast(NULL, 0, 12, 3, mean, sd, form, &error), &error);
  check_same(mean[2], 0);
  check_same(sd[2], 0);
  check_ok(dc_ets_forecast(y, 1, 12, 3, mean, sd, form, &error), &error);
  check_same(mean[0], 10);
  assert_true(sd[0] > 0 && sd[2] > sd[0]);
  check_ok(dc_ets_forecast(y, 3, 12, 3, mean, sd, form, &error), &error);
  check_close(mean[0], 14.5, 1e-15, 0); /* 10, 15, 14.5 */
  assert_string_equal(form, "ETS(A,N,N)");
}

/* Every length, season and kind of trouble gives finite numbers, growing spreads, and the same bits again. */
static void test_nasty(void **state)
{
  (void)state;
  const size_t seasons[] = {1, 4, 12, 52};
  for (size_t n = 1; n <= 60; n += n < 12 ? 1 : 12)
    for (size_t s = 0; s < 4; s++)
      for (int kind = 0; kind < 7; kind++) {
        double y[60], mean[15], sd[15], again[15], sd_again[15];
        char form[16];
        dc_error error;
        for (size_t t = 0; t < n; t++) {
          double e = normal((uint64_t)kind + 10, t);
          const double values[7] = {
              0, 7, 1e12 * (2 + e), t == n / 2 ? 1e6 : 0, 1e-9 * e, t < n / 2 ? 100 + e : 0, -50 - 3 * (double)t};
          y[t] = values[kind];
        }
        check_ok(dc_ets_forecast(y, n, seasons[s], 15, mean, sd, form, &error), &error);
        check_ok(dc_ets_forecast(y, n, seasons[s], 15, again, sd_again, form, &error), &error);
        for (int h = 0; h < 15; h++) {
          assert_true(isfinite(mean[h]) && isfinite(sd[h]) && sd[h] >= 0);
          check_same(mean[h], again[h]);
          check_same(sd[h], sd_again[h]);
          if (h) assert_true(sd[h] >= sd[h - 1] * (1 - 1e-12));
        }
        if (kind < 2) check_close(mean[14], kind ? 7 : 0, 1e-6, 1e-9);
        assert_true(strncmp(form, "ETS(A,", 6) == 0);
      }
}

static void test_scale_and_shift(void **state)
{
  (void)state;
  double y[40], z[40], mean[6], sd[6], mean2[6], sd2[6];
  char form[16], form2[16];
  dc_error error;
  for (size_t t = 0; t < 40; t++) {
    y[t] = 50 + 10 * cos((double)t * 1.5707963267948966) + 4 * normal(30, t);
    z[t] = 1000 * y[t];
  }
  check_ok(dc_ets_forecast(y, 40, 4, 6, mean, sd, form, &error), &error);
  check_ok(dc_ets_forecast(z, 40, 4, 6, mean2, sd2, form2, &error), &error);
  assert_string_equal(form, form2);
  for (int h = 0; h < 6; h++) {
    check_close(mean2[h], 1000 * mean[h], 1e-3, 0);
    check_close(sd2[h], 1000 * sd[h], 1e-3, 0);
  }
}

static void test_wrong_input(void **state)
{
  (void)state;
  double y[5] = {1, 2, NAN, 4, 5}, mean[1], sd[1];
  char form[16];
  dc_error error;
  check_fails(dc_ets_forecast(y, 5, 1, 1, mean, sd, form, &error), DC_E_INPUT, &error);
  check_fails(dc_ets_forecast(y, 2, 0, 1, mean, sd, form, &error), DC_E_USAGE, &error);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_likelihoods_of_r),
      cmocka_unit_test(test_nile),
      cmocka_unit_test(test_forms_chosen),
      cmocka_unit_test(test_recovery),
      cmocka_unit_test(test_exact_line_and_season),
      cmocka_unit_test(test_short_series),
      cmocka_unit_test(test_nasty),
      cmocka_unit_test(test_scale_and_shift),
      cmocka_unit_test(test_wrong_input),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
