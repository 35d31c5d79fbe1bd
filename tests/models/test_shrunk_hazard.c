/* Every claim is recomputed here from the documented model, not with the engine's own functions. */
#include "tests/models/hazard_door.h"

#include "engine/base/random.h"
#include "tests/check.h"

enum { MAX_FACTORS = 6 };

static uint64_t seed, draws;

static double uniform(void) { return dc_random_uniform(seed, 0, draws++); }
static double normal(void) { return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform()); }
static uint32_t below(uint32_t n) { return (uint32_t)(uniform() * n); }

static void start_random(uint64_t s)
{
  seed = s;
  draws = 0;
}

typedef struct data {
  hazard_rows rows;
  dc_factor factor[MAX_FACTORS];
  double *truth[MAX_FACTORS][DC_RISKS];
  uint32_t *code;
  double *log_length, *weight;
} data;

static data *new_data(size_t n, int n_factors, const dc_factor *factors)
{
  data *d = calloc(1, sizeof *d);
  d->code = calloc(n * (size_t)n_factors + 1, sizeof *d->code);
  d->log_length = calloc(n + 1, sizeof(double));
  d->weight = calloc(3 * n + 1, sizeof(double));
  for (int f = 0; f < n_factors; f++) {
    d->factor[f] = factors[f];
    for (int c = 0; c < DC_RISKS; c++) d->truth[f][c] = calloc(factors[f].levels, sizeof(double));
  }
  d->rows = (hazard_rows){n, n_factors, d->factor, d->code, d->log_length, d->weight};
  return d;
}

static void free_data(data *d)
{
  for (int f = 0; f < d->rows.n_factors; f++)
    for (int c = 0; c < DC_RISKS; c++) free(d->truth[f][c]);
  free(d->code);
  free(d->log_length);
  free(d->weight);
  free(d);
}

/* Truth with the given sd for each factor (a random walk where smooth), then one deal a row. */
static data *simulate(uint64_t stream, size_t n, int n_factors, const dc_factor *factors, const double *sd)
{
  data *d = new_data(n, n_factors, factors);
  start_random(stream);
  for (int f = 0; f < n_factors; f++)
    for (int c = 0; c < DC_RISKS; c++)
      for (uint32_t l = 0; l < factors[f].levels; l++)
        d->truth[f][c][l] = sd[f] * normal() +
                            (factors[f].penalty == DC_PENALTY_SMOOTH && l > 0 ? d->truth[f][c][l - 1] : 0);
  for (size_t i = 0; i < n; i++) {
    double eta[DC_RISKS] = {-2, -1.5}, h[DC_RISKS], u;
    d->log_length[i] = 0.4 * (uniform() - 0.5);
    for (int f = 0; f < n_factors; f++) {
      uint32_t l = d->code[i * (size_t)n_factors + (size_t)f] = below(factors[f].levels);
      for (int c = 0; c < DC_RISKS; c++) eta[c] += d->truth[f][c][l];
    }
    hazard_from_eta(eta, d->log_length[i], h);
    u = uniform();
    d->weight[3 * i + (u < h[0] ? 0 : u < h[0] + h[1] ? 1 : 2)] = 1;
  }
  return d;
}

static dc_factor ridge(uint32_t levels) { return (dc_factor){"ridge", levels, DC_PENALTY_RIDGE, 0.5, 2}; }
static dc_factor smooth(uint32_t levels) { return (dc_factor){"smooth", levels, DC_PENALTY_SMOOTH, 0.3, 2}; }

static hazard_options options(int threads) { return hazard_defaults(threads); }

static hazard *fit_with(const data *d, const hazard_options *o, const dc_shrunk_limits *limits, const hazard *start)
{
  hazard *fit = NULL;
  dc_error error = {0};
  check_ok(hazard_fit(&d->rows, o, limits, start, &fit, &error), &error);
  assert_non_null(fit);
  return fit;
}

static hazard *fit(const data *d, const hazard_options *o) { return fit_with(d, o, NULL, NULL); }

/* log likelihood minus penalty, from the header's words alone; adds its gradient when wanted: intercept, then betas. */
static double objective(const data *d, const hazard_options *o, const hazard *h, double *gradient[DC_RISKS])
{
  double sum = 0;
  for (size_t i = 0; i < d->rows.n_rows; i++) {
    const uint32_t *code = d->code + i * (size_t)d->rows.n_factors;
    const double *w = d->weight + 3 * i;
    double eta[DC_RISKS], e[DC_RISKS];
    hazard_eta(h, code, eta);
    for (int c = 0; c < DC_RISKS; c++) e[c] = exp(eta[c] + d->log_length[i]);
    double all = 1 + e[0] + e[1], n = w[0] + w[1] + w[2];
    sum += w[0] * log(e[0] / all) + w[1] * log(e[1] / all) + w[2] * log(1 / all);
    for (int c = 0; gradient && c < DC_RISKS; c++) {
      double r = w[c] - n * e[c] / all;
      gradient[c][0] += r;
      for (int f = 0; f < d->rows.n_factors; f++) gradient[c][1 + h->offset[f] + code[f]] += r;
    }
  }
  for (int c = 0; c < DC_RISKS; c++) {
    double z = (h->intercept[c] - o->prior_intercept[c]) / o->prior_intercept_sd;
    sum -= 0.5 * z * z;
    if (gradient) gradient[c][0] -= z / o->prior_intercept_sd;
    for (int f = 0; f < d->rows.n_factors; f++) {
      double precision = 1 / (h->tau[c][f] * h->tau[c][f]);
      const double *b = h->beta[c] + h->offset[f];
      double *g = gradient ? gradient[c] + 1 + h->offset[f] : NULL;
      for (uint32_t l = 0; l < d->factor[f].levels; l++) {
        bool is_smooth = d->factor[f].penalty == DC_PENALTY_SMOOTH;
        double own = is_smooth ? 1.0 / 9 : precision, step = is_smooth && l > 0 ? b[l] - b[l - 1] : 0;
        sum -= 0.5 * (own * b[l] * b[l] + precision * step * step);
        if (!g) continue;
        g[l] -= own * b[l] + precision * step;
        if (l > 0) g[l - 1] += precision * step;
      }
    }
  }
  return sum;
}

static data *mixed(size_t n)
{
  const dc_factor factors[] = {smooth(12), ridge(6), ridge(100), ridge(70), smooth(5)};
  const double sd[] = {0.3, 0.4, 0.4, 0.3, 0.2};
  return simulate(7, n, 5, factors, sd);
}

static void gradient_is_zero_at_the_optimum(void **state)
{
  (void)state;
  data *d = mixed(30000);
  hazard_options o = options(2);
  o.tolerance = 1e-5;
  hazard *h = fit(d, &o);
  assert_true(h->converged);
  size_t n = h->offset[h->n_factors] + 1;
  double *g[DC_RISKS] = {calloc(n, sizeof(double)), calloc(n, sizeof(double))};
  double value = objective(d, &o, h, g);
  for (int c = 0; c < DC_RISKS; c++)
    for (size_t i = 0; i < n; i++) check_close(g[c][i], 0, 0, 2e-3);
  assert_true(value < h->log_likelihood);
  free(g[0]);
  free(g[1]);
  hazard_free(h);
  free_data(d);
}

static void truth_is_recovered(void **state)
{
  (void)state;
  const dc_factor factors[] = {ridge(4), ridge(10), ridge(200)};
  const double sd[] = {0.5, 0.3, 0.4};
  data *d = simulate(11, 200000, 3, factors, sd);
  hazard_options o = options(2);
  hazard *h = fit(d, &o);
  assert_true(h->converged);
  for (int f = 0; f < 3; f++)
    for (int c = 0; c < DC_RISKS; c++) {
      double shift = 0, z2 = 0, spread = 0, *events = calloc(factors[f].levels, sizeof(double));
      for (size_t i = 0; i < d->rows.n_rows; i++) events[d->code[3 * i + (size_t)f]] += d->weight[3 * i + (size_t)c];
      const double *b = h->beta[c] + h->offset[f], *t = d->truth[f][c];
      for (uint32_t l = 0; l < factors[f].levels; l++) shift += (b[l] - t[l]) / factors[f].levels;
      for (uint32_t l = 0; l < factors[f].levels; l++) {
        double z = (b[l] - t[l] - shift) * sqrt(events[l]);
        assert_true(fabs(z) < 4.5);
        z2 += z * z / factors[f].levels;
        spread += t[l] * t[l] / factors[f].levels;
      }
      assert_true(z2 < (factors[f].levels < 20 ? 3 : 1.3));
      if (factors[f].levels == 200) check_close(h->tau[c][f], sqrt(spread), 0.25, 0);
      if (factors[f].levels == 200) check_close(h->tau[c][f], sd[f], 0.25, 0);
      free(events);
    }
  hazard_free(h);
  free_data(d);
}

static void compare(const hazard *a, const hazard *b, double tolerance)
{
  for (int c = 0; c < DC_RISKS; c++) {
    check_close(a->intercept[c], b->intercept[c], 0, tolerance);
    for (uint32_t i = 0; i < a->offset[a->n_factors]; i++) check_close(a->beta[c][i], b->beta[c][i], 0, tolerance);
    for (int f = 0; f < a->n_factors; f++) check_close(a->tau[c][f], b->tau[c][f], tolerance, 0);
  }
  check_close(a->log_likelihood, b->log_likelihood, tolerance, 0);
}

static void dense_and_effect_paths_agree(void **state)
{
  (void)state;
  data *d = mixed(20000);
  hazard_options o = options(1);
  o.tolerance = 1e-5;
  const dc_shrunk_limits all_dense = {1000, 4000, 0}, pivot = {90, 4000, 4096}, gathered = {4, 400, 4096},
                         iterative = {4, 400, 0};
  hazard *exact = fit_with(d, &o, &all_dense, NULL), *other = fit_with(d, &o, &pivot, NULL);
  compare(exact, other, 1e-6);
  check_close(exact->effective_df, other->effective_df, 1e-6, 0);
  hazard_free(other);
  hazard_free(exact);
  o.max_outer = 0;
  exact = fit_with(d, &o, &all_dense, NULL);
  other = fit_with(d, &o, &gathered, NULL);
  compare(exact, other, 1e-6);
  hazard_free(other);
  other = fit_with(d, &o, &iterative, NULL);
  compare(exact, other, 1e-6);
  hazard_free(other);
  hazard_free(exact);
  free_data(d);
}

static void saturated_fit_equals_frequencies(void **state)
{
  (void)state;
  dc_factor factor = ridge(3);
  factor.prior_sd = 1e4;
  data *d = new_data(3, 1, &factor);
  const double weight[] = {10, 20, 70, 35.5, 5, 60, 1, 2, 3};
  for (uint32_t i = 0; i < 3; i++) d->code[i] = i;
  memcpy(d->weight, weight, sizeof weight);
  hazard_options o = options(1);
  o.max_outer = 0;
  o.prior_intercept_sd = 1e4;
  o.tolerance = 1e-5;
  hazard *h = fit(d, &o);
  assert_true(h->converged);
  for (uint32_t i = 0; i < 3; i++) {
    double eta[DC_RISKS], p[DC_RISKS], n = weight[3 * i] + weight[3 * i + 1] + weight[3 * i + 2];
    hazard_eta(h, &i, eta);
    hazard_from_eta(eta, 0, p);
    for (int c = 0; c < DC_RISKS; c++) check_close(p[c], weight[3 * i + (uint32_t)c] / n, 1e-6, 0);
  }
  check_close(h->effective_df, 6, 1e-5, 0);
  hazard_free(h);
  free_data(d);
}

static void assert_identical(const hazard *a, const hazard *b)
{
  size_t levels = a->offset[a->n_factors];
  assert_memory_equal(a->intercept, b->intercept, sizeof a->intercept);
  for (int c = 0; c < DC_RISKS; c++) {
    assert_memory_equal(a->beta[c], b->beta[c], levels * sizeof(double));
    assert_memory_equal(a->tau[c], b->tau[c], (size_t)a->n_factors * sizeof(double));
  }
  check_same(a->log_likelihood, b->log_likelihood);
  check_same(a->effective_df, b->effective_df);
}

static void threads_change_no_byte(void **state)
{
  (void)state;
  data *d = mixed(60000);
  const dc_shrunk_limits limits[] = {dc_shrunk_default_limits, {4, 400, 0}};
  for (size_t k = 0; k < 2; k++) {
    hazard_options o = options(1);
    o.max_outer = 2;
    hazard *one = fit_with(d, &o, &limits[k], NULL);
    for (int threads = 2; threads <= 7; threads += 5) {
      o.threads = threads;
      hazard *many = fit_with(d, &o, &limits[k], NULL);
      assert_identical(one, many);
      hazard_free(many);
    }
    hazard_free(one);
  }
  free_data(d);
}

static void row_order_matters_to_rounding_only(void **state)
{
  (void)state;
  data *d = mixed(20000);
  hazard_options o = options(2);
  o.tolerance = 1e-5;
  hazard *before = fit(d, &o);
  for (size_t i = d->rows.n_rows - 1; i > 0; i--) {
    size_t j = below((uint32_t)i + 1), width = (size_t)d->rows.n_factors;
    for (size_t k = 0; k < width; k++) {
      uint32_t code = d->code[i * width + k];
      d->code[i * width + k] = d->code[j * width + k];
      d->code[j * width + k] = code;
    }
    for (size_t k = 0; k < 4; k++) {
      double *a = k < 3 ? &d->weight[3 * i + k] : &d->log_length[i];
      double *b = k < 3 ? &d->weight[3 * j + k] : &d->log_length[j];
      double x = *a;
      *a = *b;
      *b = x;
    }
  }
  hazard *after = fit(d, &o);
  compare(before, after, 1e-7);
  hazard_free(before);
  hazard_free(after);
  free_data(d);
}

static void warm_start_is_quicker_and_ends_at_the_same(void **state)
{
  (void)state;
  data *d = mixed(40000);
  hazard_options o = options(2);
  hazard *cold = fit(d, &o);
  size_t all = d->rows.n_rows;
  d->rows.n_rows = all - all / 10;
  hazard *earlier = fit(d, &o);
  d->rows.n_rows = all;
  hazard *warm = fit_with(d, &o, &dc_shrunk_default_limits, earlier);
  assert_true(warm->newton_steps < cold->newton_steps);
  compare(cold, warm, 1e-3);
  hazard_free(warm);
  o.tolerance = 1e-5;
  warm = fit_with(d, &o, &dc_shrunk_default_limits, earlier);
  hazard_free(cold);
  cold = fit(d, &o);
  compare(cold, warm, 1e-4);
  hazard_free(warm);
  hazard_free(earlier);
  hazard_free(cold);
  free_data(d);
}

static void objective_never_falls(void **state)
{
  (void)state;
  data *d = mixed(5000);
  hazard_options o = options(1);
  hazard *bad = fit(d, &o);
  for (int c = 0; c < DC_RISKS; c++)
    for (uint32_t i = 0; i < bad->offset[bad->n_factors]; i++)
      bad->fit->coefficients[(size_t)c * bad->fit->n_columns + 1 + i].estimate = 6 * normal();
  o.max_outer = 0;
  double last = -INFINITY;
  for (int k = 1; k < 12; k++) {
    o.max_newton = k;
    hazard *h = fit_with(d, &o, &dc_shrunk_default_limits, bad);
    double value = objective(d, &o, h, NULL);
    assert_true(value >= last - 1e-9 * fabs(last));
    last = value;
    hazard_free(h);
  }
  hazard_free(bad);
  free_data(d);
}

static void empty_middle_level_is_interpolated(void **state)
{
  (void)state;
  const dc_factor factor = smooth(5);
  data *d = new_data(4, 1, &factor);
  const uint32_t code[] = {0, 1, 3, 4};
  const double weight[] = {40, 100, 860, 60, 100, 840, 140, 100, 760, 200, 100, 700};
  memcpy(d->code, code, sizeof code);
  memcpy(d->weight, weight, sizeof weight);
  hazard_options o = options(1);
  hazard *h = fit(d, &o);
  const double *b = h->beta[DC_WON];
  assert_true(b[1] < b[2] && b[2] < b[3]);
  /* stationary: precision (2 b2 - b1 - b3) + b2 / 9 = 0 */
  double precision = 1 / (h->tau[DC_WON][0] * h->tau[DC_WON][0]);
  check_close(b[2], precision * (b[1] + b[3]) / (2 * precision + 1.0 / 9), 1e-6, 1e-9);
  hazard_free(h);
  free_data(d);
}

/* log determinant of a symmetric positive definite matrix, by elimination. */
static double log_determinant(double *a, size_t n)
{
  double sum = 0;
  for (size_t k = 0; k < n; k++) {
    sum += log(a[k * n + k]);
    for (size_t i = k + 1; i < n; i++) {
      double f = a[i * n + k] / a[k * n + k];
      for (size_t j = k; j < n; j++) a[i * n + j] -= f * a[k * n + j];
    }
  }
  return sum;
}

/* Laplace log marginal likelihood, up to a constant, of one ridge factor with one row a level and both taus equal. */
static double log_marginal(const data *d, const hazard_options *o, const hazard *h)
{
  size_t levels = d->rows.n_rows, n = 2 * (levels + 1);
  double *a = calloc(n * n, sizeof *a);
  for (uint32_t l = 0; l < levels; l++) {
    double eta[DC_RISKS], p[DC_RISKS], weight = d->weight[3 * l] + d->weight[3 * l + 1] + d->weight[3 * l + 2];
    hazard_eta(h, &l, eta);
    hazard_from_eta(eta, d->log_length[l], p);
    for (size_t c = 0; c < 2; c++)
      for (size_t e = 0; e < 2; e++) {
        double w = weight * (c == e ? p[c] * (1 - p[c]) : -p[0] * p[1]);
        size_t i = 2 * (l + 1u) + c, j = 2 * (l + 1u) + e;
        a[c * n + e] += w;
        a[c * n + j] += w;
        a[i * n + e] += w;
        a[i * n + j] += w + (c == e ? 1 / (h->tau[c][0] * h->tau[c][0]) : 0);
      }
  }
  for (size_t c = 0; c < 2; c++) a[c * n + c] += 1 / (o->prior_intercept_sd * o->prior_intercept_sd);
  double value = objective(d, o, h, NULL) - 0.5 * log_determinant(a, n);
  for (int c = 0; c < DC_RISKS; c++) value -= (double)levels * log(h->tau[c][0]);
  free(a);
  return value;
}

/* Won and lost are mirror images, so their taus are equal and one grid serves both. */
static void tau_maximises_the_marginal_likelihood(void **state)
{
  (void)state;
  start_random(5);
  for (double size = 40; size < 5000; size *= 10) {
    dc_factor factor = ridge(30);
    factor.prior_weight = 1e-6;
    data *d = new_data(30, 1, &factor);
    for (uint32_t l = 0; l < 30; l++) {
      double p = 0.1 * exp(0.5 * normal()), won = floor(size * p) + below(2);
      d->code[l] = l;
      d->weight[3 * l] = d->weight[3 * l + 1] = won;
      d->weight[3 * l + 2] = size - 2 * won;
    }
    hazard_options o = options(1);
    o.tolerance = 1e-5;
    hazard *chosen = fit(d, &o);
    check_close(chosen->tau[0][0], chosen->tau[1][0], 1e-6, 0);
    double best = -INFINITY, best_tau = 0;
    o.max_outer = 0;
    for (double tau = 0.05; tau < 2; tau *= 1.01) {
      d->factor[0].prior_sd = tau;
      hazard *h = fit(d, &o);
      double value = log_marginal(d, &o, h);
      if (value > best) best = value, best_tau = tau;
      hazard_free(h);
    }
    check_close(chosen->tau[0][0], best_tau, 0.03, 0);
    hazard_free(chosen);
    free_data(d);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gradient_is_zero_at_the_optimum),
      cmocka_unit_test(truth_is_recovered),
      cmocka_unit_test(dense_and_effect_paths_agree),
      cmocka_unit_test(saturated_fit_equals_frequencies),
      cmocka_unit_test(threads_change_no_byte),
      cmocka_unit_test(row_order_matters_to_rounding_only),
      cmocka_unit_test(warm_start_is_quicker_and_ends_at_the_same),
      cmocka_unit_test(objective_never_falls),
      cmocka_unit_test(empty_middle_level_is_interpolated),
      cmocka_unit_test(tau_maximises_the_marginal_likelihood),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
