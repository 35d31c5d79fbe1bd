/* B-splines against Cox and de Boor's recursion, and smooth terms against penalised splines solved densely. */
#include "models/smooth.h"
#include "tests/models/mixed_data.h"
#include "tests/models/mixed_oracle.h"

enum { MOST = 500, BASIS = 10 };

static const double pi = 3.14159265358979323846, binomial[] = {1, 0};

/* --- the basis --- */

static double recursion(const double *knots, size_t basis, size_t k, size_t order, double x)
{
  if (order == 1) {
    bool last = x == knots[basis] && knots[k + 1] == x && knots[k] < x;
    return (knots[k] <= x && x < knots[k + 1]) || last ? 1 : 0;
  }
  double a = knots[k + order - 1] - knots[k], b = knots[k + order] - knots[k + 1];
  double left = a > 0 ? (x - knots[k]) / a * recursion(knots, basis, k, order - 1, x) : 0;
  double right = b > 0 ? (knots[k + order] - x) / b * recursion(knots, basis, k + 1, order - 1, x) : 0;
  return left + right;
}

static void functions_are_those_of_the_recursion(void **state)
{
  (void)state;
  double x[200], knots[BASIS + DC_SMOOTH_ORDER];
  size_t basis = BASIS;
  dc_error error = {0};
  mixed_seed(1);
  for (size_t i = 0; i < 200; i++) x[i] = pow(mixed_uniform(), 3);
  check_ok(dc_smooth_place(x, 200, knots, &basis, &error), &error);
  assert_int_equal(basis, BASIS);
  for (size_t i = 0; i < 200; i++) {
    double value[DC_SMOOTH_ORDER], sum = 0, line = 0;
    size_t first;
    dc_smooth_values(knots, basis, x[i], &first, value);
    for (size_t k = 0; k < basis; k++) {
      bool near = k >= first && k < first + DC_SMOOTH_ORDER;
      double v = near ? value[k - first] : 0;
      check_close(v, recursion(knots, basis, k, DC_SMOOTH_ORDER, x[i]), 0, 1e-14);
      sum += v;
      line += v * (knots[k + 1] + knots[k + 2] + knots[k + 3]) / 3;
    }
    check_close(sum, 1, 1e-14, 0);
    check_close(line, x[i], 0, 1e-14);
  }
}

static void few_values_give_few_functions(void **state)
{
  (void)state;
  double x[60], knots[BASIS + DC_SMOOTH_ORDER];
  dc_error error = {0};
  for (size_t distinct = 1; distinct < 12; distinct++) {
    size_t basis = BASIS;
    for (size_t i = 0; i < 60; i++) x[i] = (double)(i % distinct);
    check_ok(dc_smooth_place(x, 60, knots, &basis, &error), &error);
    assert_true(basis >= DC_SMOOTH_ORDER && basis <= BASIS && (basis == 4 || basis <= distinct));
    for (size_t k = 0; k + 1 < basis + DC_SMOOTH_ORDER; k++) assert_true(knots[k] <= knots[k + 1]);
  }
}

/* --- a smooth as a penalised spline --- */

typedef struct world {
  size_t n;
  double x[MOST], y[MOST], truth[MOST];
  dc_term terms[2];
  dc_design design;
  dc_response response;
} world;

static double curve(double x) { return sin(2 * pi * x); }

static void make_world(world *d, uint64_t seed, size_t n, double sigma)
{
  memset(d, 0, sizeof *d);
  mixed_seed(seed);
  d->n = n;
  for (size_t i = 0; i < n; i++) {
    d->x[i] = 10 * mixed_uniform();
    d->truth[i] = curve(d->x[i] / 10);
    d->y[i] = d->truth[i] + sigma * mixed_normal();
  }
  d->terms[0] = (dc_term){.name = "s(x)", .kind = DC_TERM_SMOOTH, .number = d->x};
  d->design = (dc_design){n, true, 1, d->terms, NULL, NULL, NULL, NULL, 0};
  d->response = (dc_response){.name = "y", .y = d->y};
}

/* Second divided differences at the means of three knots (x over its range), squares weighted by the distance. */
static void penalty_of(const double *knots, size_t k, double *d)
{
  double place[64];
  for (size_t j = 0; j < k; j++) place[j] = (knots[j + 1] + knots[j + 2] + knots[j + 3]) / 3 / (knots[k] - knots[0]);
  memset(d, 0, (k - 2) * k * sizeof *d);
  for (size_t j = 0; j + 2 < k; j++) {
    double p = place[j], q = place[j + 1], r = place[j + 2], root = sqrt((r - p) / 2);
    d[j * k + j] = 2 * root / ((p - q) * (p - r));
    d[j * k + j + 1] = 2 * root / ((q - p) * (q - r));
    d[j * k + j + 2] = 2 * root / ((r - p) * (r - q));
  }
}

/* With variance tau^2 the smooth minimises |y - B theta|^2 / sigma^2 + |D theta|^2 / tau^2: solved here for theta. */
static void fitted_is_the_penalised_spline(void **state)
{
  (void)state;
  static world w;
  make_world(&w, 4, 300, 0.3);
  dc_fit *fit = mixed_fit(&w.design, &w.response, NULL, 2);
  const dc_fit_term *t = &fit->terms[0];
  const size_t k = t->basis;
  double d[BASIS * BASIS], h[BASIS * BASIS] = {0}, b[BASIS] = {0}, eta[MOST];
  double ratio = pow(dc_fit_figure(fit, "sigma"), 2) / t->covariance[0];
  dc_error error = {0};
  penalty_of(t->knots, k, d);
  for (size_t a = 0; a < k; a++)
    for (size_t c = 0; c < k; c++)
      for (size_t j = 0; j + 2 < k; j++) h[a * k + c] += ratio * d[j * k + a] * d[j * k + c];
  for (size_t i = 0; i < w.n; i++) {
    double value[DC_SMOOTH_ORDER];
    size_t first;
    dc_smooth_values(t->knots, k, w.x[i], &first, value);
    for (size_t a = 0; a < DC_SMOOTH_ORDER; a++) {
      b[first + a] += value[a] * w.y[i];
      for (size_t c = 0; c < DC_SMOOTH_ORDER; c++) h[(first + a) * k + first + c] += value[a] * value[c];
    }
  }
  oracle_factor(h, k);
  oracle_solve(h, k, b);
  check_ok(dc_fit_eta(fit, &w.design, 0, w.n, eta, NULL, &error), &error);
  double df = 0;
  for (size_t i = 0; i < w.n; i++) {
    double value[DC_SMOOTH_ORDER], sum = 0, row[BASIS] = {0};
    size_t first;
    dc_smooth_values(t->knots, k, w.x[i], &first, value);
    for (size_t a = 0; a < DC_SMOOTH_ORDER; a++) {
      sum += value[a] * b[first + a];
      row[first + a] = value[a];
    }
    check_close(eta[i], sum, 0, 1e-9);
    oracle_solve(h, k, row);
    for (size_t a = 0; a < DC_SMOOTH_ORDER; a++) df += value[a] * row[first + a];
  }
  /* of the hat matrix, the intercept's 1 less */
  check_close(t->df, df - 1, 1e-8, 0);
  dc_fit_free(fit);
}

/* z: columns with D theta = one each, times tau; x: 1 and the number. */
static void write_out(const world *w, const dc_fit_term *t, double tau, double *x, double *z)
{
  const size_t k = t->basis, m = k - 2;
  double d[BASIS * BASIS], square[BASIS * BASIS] = {0}, column[BASIS], values[BASIS];
  penalty_of(t->knots, k, d);
  for (size_t a = 0; a < m; a++)
    for (size_t b = 0; b < m; b++)
      for (size_t j = 0; j < k; j++) square[a * m + b] += d[a * k + j] * d[b * k + j];
  oracle_factor(square, m);
  for (size_t i = 0; i < w->n; i++) {
    double value[DC_SMOOTH_ORDER];
    size_t first;
    memset(values, 0, sizeof values);
    dc_smooth_values(t->knots, k, w->x[i], &first, value);
    for (size_t j = 0; j < DC_SMOOTH_ORDER; j++) values[first + j] = value[j];
    for (size_t j = 0; j < k; j++) values[j] -= t->centre[j];
    x[2 * i] = 1;
    x[2 * i + 1] = w->x[i];
    for (size_t a = 0; a < m; a++) {
      column[a] = 0;
      for (size_t j = 0; j < k; j++) column[a] += d[a * k + j] * values[j];
    }
    oracle_solve(square, m, column);
    for (size_t a = 0; a < m; a++) z[i * m + a] = tau * column[a];
  }
}

static void variance_is_the_most_likely(void **state)
{
  (void)state;
  static world w;
  static double x[2 * MOST], z[BASIS * MOST];
  make_world(&w, 6, 200, 0.4);
  dc_fit *fit = mixed_fit(&w.design, &w.response, NULL, 1);
  double sigma = dc_fit_figure(fit, "sigma"), tau = sqrt(fit->terms[0].covariance[0]), value[2], beta[2], v[4];
  oracle o = {w.n, 2, fit->terms[0].basis - 2, x, z, w.y, NULL, NULL};
  for (int what = 0; what < 2; what++) {
    for (int side = 0; side < 2; side++) {
      double h = side ? 1e-4 : -1e-4;
      write_out(&w, &fit->terms[0], what ? tau * (1 + h) : tau, x, z);
      value[side] = oracle_gaussian(&o, what ? sigma : sigma * (1 + h), 1, beta, v);
    }
    check_close((value[1] - value[0]) / 2e-4, 0, 0, 2e-5);
  }
  dc_fit_free(fit);
}

static void logistic_smooth_is_laplace(void **state)
{
  (void)state;
  static world w;
  static double x[2 * MOST], z[BASIS * MOST];
  make_world(&w, 8, MOST, 0);
  for (size_t i = 0; i < w.n; i++) w.y[i] = mixed_uniform() < dc_link_mean(DC_LINK_LOGIT, 2 * w.truth[i]);
  dc_fit *fit = mixed_fit(&w.design, &w.response, binomial, 1);
  double tau = sqrt(fit->terms[0].covariance[0]), value[2], u[BASIS], eta[2], beta[2];
  oracle o = {w.n, 2, fit->terms[0].basis - 2, x, z, w.y, NULL, NULL};
  /* the straight line's coefficients from fitted values: eta = b0 + b1 x + z u, u the mode there */
  write_out(&w, &fit->terms[0], tau, x, z);
  dc_error error = {0};
  static double all[MOST];
  check_ok(dc_fit_eta(fit, &w.design, 0, w.n, all, NULL, &error), &error);
  double h[4] = {0}, g[2] = {0};
  beta[0] = 0, beta[1] = 0;
  for (int round = 0; round < 200; round++) { /* fitted - z u by least squares, u by its mode, in turns */
    oracle_laplace(&o, DC_LINK_LOGIT, beta, u);
    memset(h, 0, sizeof h);
    g[0] = g[1] = 0;
    for (size_t i = 0; i < w.n; i++) {
      double rest = all[i];
      for (size_t a = 0; a < o.m; a++) rest -= z[i * o.m + a] * u[a];
      g[0] += rest, g[1] += rest * w.x[i];
      h[0] += 1, h[2] += w.x[i], h[3] += w.x[i] * w.x[i];
    }
    h[1] = h[2];
    oracle_factor(h, 2);
    oracle_solve(h, 2, g);
    double moved = fabs(g[0] - beta[0]) + fabs(g[1] - beta[1]);
    beta[0] = g[0], beta[1] = g[1];
    if (moved < 1e-11) break;
  }
  check_close(-0.5 * oracle_laplace(&o, DC_LINK_LOGIT, beta, u), dc_fit_figure(fit, "log_likelihood"), 1e-9, 0);
  for (int what = 0; what < 3; what++) {
    for (int side = 0; side < 2; side++) {
      double step = side ? 1e-4 : -1e-4;
      eta[0] = beta[0] + (what == 0 ? step : 0);
      eta[1] = beta[1] + (what == 1 ? step : 0);
      write_out(&w, &fit->terms[0], what == 2 ? tau * (1 + step) : tau, x, z);
      value[side] = oracle_laplace(&o, DC_LINK_LOGIT, eta, u);
    }
    check_close((value[1] - value[0]) / 2e-4, 0, 0, 1e-4);
  }
  dc_fit_free(fit);
}

/* --- recovery --- */

static void sine_is_recovered(void **state)
{
  (void)state;
  enum { RUNS = 100 };
  static world w;
  double square = 0, inside = 0, n = 0, sigmas = 0, plain = 0;
  for (uint64_t run = 0; run < RUNS; run++) {
    double eta[MOST], error_of[MOST];
    dc_error error = {0};
    make_world(&w, 100 + run, 200, 0.5);
    dc_fit *fit = mixed_fit(&w.design, &w.response, NULL, 1);
    check_ok(dc_fit_eta(fit, &w.design, 0, w.n, eta, error_of, &error), &error);
    for (size_t i = 0; i < w.n; i++, n++) {
      square += pow(eta[i] - w.truth[i], 2);
      inside += fabs(eta[i] - w.truth[i]) < 1.96 * error_of[i];
    }
    sigmas += dc_fit_figure(fit, "sigma") / RUNS;
    dc_fit_free(fit);
  }
  /* ten functions without a penalty would err by sigma sqrt(10 / n) */
  plain = 0.5 * sqrt(10.0 / 200);
  printf("sine of noise .5, 200 rows: RMSE %.4f (unpenalised %.4f), 95%% intervals cover %.1f %%, sigma %.4f\n",
         sqrt(square / n), plain, 100 * inside / n, sigmas);
  assert_true(sqrt(square / n) < plain);
  assert_true(inside / n > 0.92 && inside / n < 0.975);
  check_close(sigmas, 0.5, 0.02, 0);
}

/* A line has no second differences: the variance goes to 0, and what is left is least squares. */
static void a_line_stays_a_line(void **state)
{
  (void)state;
  static world w;
  make_world(&w, 9, 100, 0);
  for (size_t i = 0; i < w.n; i++) w.y[i] = 3 * w.x[i] - 1 + (i % 2 ? 1e-3 : -1e-3);
  dc_fit *smooth = mixed_fit(&w.design, &w.response, NULL, 1);
  w.terms[0].kind = DC_TERM_NUMBER;
  dc_fit *line = mixed_fit(&w.design, &w.response, NULL, 1);
  double eta[2][100];
  dc_error error = {0};
  check_ok(dc_fit_eta(line, &w.design, 0, w.n, eta[1], NULL, &error), &error);
  w.terms[0].kind = DC_TERM_SMOOTH;
  check_ok(dc_fit_eta(smooth, &w.design, 0, w.n, eta[0], NULL, &error), &error);
  for (size_t i = 0; i < w.n; i++) check_close(eta[0][i], eta[1][i], 0, 2e-3);
  assert_true(smooth->terms[0].df >= 1 && smooth->terms[0].df < 4);
  dc_fit_free(smooth);
  dc_fit_free(line);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(functions_are_those_of_the_recursion),
      cmocka_unit_test(few_values_give_few_functions),
      cmocka_unit_test(fitted_is_the_penalised_spline),
      cmocka_unit_test(variance_is_the_most_likely),
      cmocka_unit_test(logistic_smooth_is_laplace),
      cmocka_unit_test(sine_is_recovered),
      cmocka_unit_test(a_line_stays_a_line),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
