/* logistic and glm: figures that R gives, errors, columns left out, nasty inputs, equal bytes. */
#include "tests/check.h"
#include "tests/models/fitting.h"
#include "tests/models/suites.h"

enum { BINOMIAL, POISSON, NEGBIN, GAMMA, LOGNORMAL, GAUSSIAN };
enum { LINK_DEFAULT, LINK_IDENTITY, LINK_LOG };

static const double numbers[8] = {1, 2, 3, 4, 5, 6, 7, 8}, rising[8] = {2, 3, 9, 11, 30, 40, 120, 200};
static const double twos[8] = {1, 2, 1, 2, 1, 2, 1, 2};

static void check_all(const dc_fit *fit, const double *estimate, const double *error, size_t n)
{
  assert_int_equal(fit->n_columns, n);
  for (size_t k = 0; k < n; k++) {
    check_close(fit->coefficients[k].estimate, estimate[k], 1e-9, 1e-12);
    check_close(fit->coefficients[k].error, error[k], 1e-8, 0);
  }
}

/* Dobson 1990, page 93, as in R's example(glm). */
static const double counts[9] = {18, 17, 15, 20, 10, 20, 25, 13, 12};
static const uint8_t outcome[9] = {0, 1, 2, 0, 1, 2, 0, 1, 2}, treatment[9] = {0, 0, 0, 1, 1, 1, 2, 2, 2};
static const uint8_t pairs[9] = {0, 0, 1, 1, 2, 2, 3, 3, 3};

static dc_fit *fit_dobson(bool robust, bool clustered)
{
  const dc_codes cluster = {.code = pairs, .bytes = 1, .levels = 4};
  const dc_term term[] = {
      {.name = "outcome", .kind = DC_TERM_FACTOR, .codes = {.code = outcome, .bytes = 1, .levels = 3}},
      {.name = "treatment", .kind = DC_TERM_FACTOR, .codes = {.code = treatment, .bytes = 1, .levels = 3}}};
  fitting f = {.model = "glm",
               .design = {.n_rows = 9, .intercept = true, .n_terms = 2, .terms = term},
               .response = {.name = "counts", .y = counts}};
  if (clustered) f.design.cluster = &cluster;
  fitting_option(&f, "family", POISSON);
  fitting_option(&f, "robust", robust);
  return fitting_run(&f);
}

static void test_poisson(void **state)
{
  (void)state;
  static const double hc0[] = {0.11626678039201996, 0.1482141529078683, 0.14607791409824533, 0.14666666666666667,
                               0.14483707321600287};
  static const double by_cluster[] = {0.088717900545578376, 0.20576943378631904, 0.20263274418746846,
                                      0.028803291992923367, 0.021773242158072588};
  dc_fit *plain = fit_dobson(false, false), *robust = fit_dobson(true, false), *clustered = fit_dobson(false, true);
  double deviance = dc_fit_figure(plain, "deviance");
  check_digits(deviance, 5.1291410770012, 12);
  printf("  Dobson's deviance: %.1f digits\n", digits(deviance, 5.1291410770012));
  check_close(plain->coefficients[1].estimate, -0.4542552722775966, 1e-10, 0);
  for (size_t k = 0; k < 5; k++) {
    check_close(robust->coefficients[k].error, hc0[k], 1e-8, 0);
    check_close(clustered->coefficients[k].error, by_cluster[k], 1e-8, 0);
  }
  dc_fit_free(plain);
  dc_fit_free(robust);
  dc_fit_free(clustered);
}

/* MASS 7.3: glm.nb(Days ~ Eth + Sex + Age + Lrn, quine), control epsilon 1e-14. */
static void test_negbin(void **state)
{
  (void)state;
  static const double estimate[] = {2.8945799902494125,   -0.56937169735818849, 0.082320284145787681,
                                    -0.44842814987755697, 0.088080152113965013, 0.35690097142941002,
                                    0.2921091570337026};
  static const double error[] = {0.22842461478191223, 0.15333335928274525, 0.1599150146482784, 0.23974659255529765,
                                 0.23619302865360881, 0.24832436279948339, 0.18647471010036146};
  static const char *const names[] = {"Eth", "Sex", "Age", "Lrn"};
  const char *path = check_data("DEALCAST_SUITES", "r-glm/quine.csv");
  if (!path) skip();
  suite_csv *csv = suite_csv_read(path);
  dc_term term[4];
  for (size_t t = 0; t < 4; t++)
    term[t] = (dc_term){.name = names[t], .kind = DC_TERM_FACTOR, .codes = suite_csv_words(csv, names[t])};
  fitting f = {.model = "glm",
               .design = {.n_rows = csv->rows, .intercept = true, .n_terms = 4, .terms = term},
               .response = {.name = "Days", .y = suite_csv_numbers(csv, "Days")}};
  fitting_option(&f, "family", NEGBIN);
  dc_fit *fit = fitting_run(&f);
  double worst = 15;
  for (size_t k = 0; k < 7; k++) {
    worst = fmin(worst, digits(fit->coefficients[k].estimate, estimate[k]));
    worst = fmin(worst, digits(fit->coefficients[k].error, error[k]));
  }
  worst = fmin(worst, digits(dc_fit_figure(fit, "theta"), 1.2748926450536133));
  printf("  glm.nb of quine: %.1f digits\n", worst);
  assert_true(worst >= 7);
  check_close(dc_fit_figure(fit, "theta_error"), 0.16103517877347259, 1e-5,
              0); /* MASS has the information of a step before */
  check_close(dc_fit_figure(fit, "deviance"), 167.95180082058488, 1e-8, 0);
  check_close(dc_fit_figure(fit, "null_deviance"), 195.28663645284874, 1e-8, 0);
  check_close(dc_fit_figure(fit, "aic"), 1109.151018289984, 1e-10, 0);
  dc_fit_free(fit);
  suite_csv_free(csv);
}

static fitting rising_on_numbers(const dc_term *term, double family, double link, const double *weight)
{
  fitting f = {.model = "glm",
               .design = {.n_rows = 8, .intercept = true, .n_terms = 1, .terms = term, .weight = weight},
               .response = {.name = "y", .y = rising}};
  fitting_option(&f, "family", family);
  fitting_option(&f, "link", link);
  return f;
}

static void test_amounts(void **state)
{
  (void)state;
  static const double gamma[] = {-0.11904478224197045, 0.67253759110944122, 0.16644816063961798, 0.032032963450467161};
  static const double gauss[] = {0.026992307655299162, 0.66131179881966073, 0.40029956843877301, 0.05219547770594786};
  static const double logs[] = {-0.13895136184737225, 0.67346224979938818, 0.1626952743275655, 0.031310720142966639};
  const dc_term term = {.name = "x", .kind = DC_TERM_NUMBER, .number = numbers};
  fitting f = rising_on_numbers(&term, GAMMA, LINK_LOG, twos);
  dc_fit *fit = fitting_run(&f);
  check_all(fit, gamma, gamma + 2, 2);
  check_close(dc_fit_figure(fit, "deviance"), 0.37419613725555001, 1e-10, 0);
  check_close(dc_fit_figure(fit, "log_likelihood"), -32.297623020105164, 1e-10, 0);
  check_close(dc_fit_figure(fit, "aic"), 70.595246040210327, 1e-10, 0);
  check_close(dc_fit_figure(fit, "bic"), 70.833570665249837, 1e-10, 0);
  dc_fit_free(fit);
  f = rising_on_numbers(&term, GAUSSIAN, LINK_LOG, NULL);
  fit = fitting_run(&f);
  for (size_t k = 0; k < 2; k++) check_close(fit->coefficients[k].estimate, gauss[k], 1e-5, 0); /* R's own stop */
  check_close(dc_fit_figure(fit, "deviance"), 457.05132908881984, 1e-10, 0);
  check_close(dc_fit_figure(fit, "log_likelihood"), -27.532924907190338, 1e-10, 0);
  dc_fit_free(fit);
  f = rising_on_numbers(&term, LOGNORMAL, LINK_DEFAULT, twos);
  fit = fitting_run(&f);
  check_all(fit, logs, logs + 2, 2);
  check_close(dc_fit_figure(fit, "log_likelihood"), -21.218211627873018, 1e-10, 0);
  check_close(fit->smear, exp(dc_fit_figure(fit, "dispersion") / 2), 1e-14, 0);
  assert_int_equal(fit->link, DC_LINK_LOG);
  dc_fit_free(fit);
}

/* A column that others say already is left out, by name; the others are as without it. */
static void test_aliased(void **state)
{
  (void)state;
  static const double wins[8] = {0, 0, 1, 0, 1, 0, 1, 1};
  static const uint8_t group[8] = {0, 1, 0, 1, 2, 2, 0, 1};
  double twice[8], flat[8], far[8];
  for (size_t i = 0; i < 8; i++) {
    twice[i] = 2 * numbers[i] + 3;
    flat[i] = 0.1;
    far[i] = 1e9 + numbers[i] * numbers[i];
  }
  const dc_term term[] = {{.name = "x", .kind = DC_TERM_NUMBER, .number = numbers},
                          {.name = "far", .kind = DC_TERM_NUMBER, .number = far},
                          {.name = "twice", .kind = DC_TERM_NUMBER, .number = twice},
                          {.name = "flat", .kind = DC_TERM_NUMBER, .number = flat},
                          {.name = "g", .kind = DC_TERM_FACTOR, .codes = {.code = group, .bytes = 1, .levels = 4}},
                          {.name = "h", .kind = DC_TERM_FACTOR, .codes = {.code = group, .bytes = 1, .levels = 3}}};
  fitting f = {.model = "logistic",
               .design = {.n_rows = 8, .intercept = true, .n_terms = 6, .terms = term},
               .response = {.name = "won", .y = wins}};
  dc_fit *fit = fitting_run(&f);
  assert_true(isfinite(fit->coefficients[1].estimate) && isfinite(fit->coefficients[2].estimate));
  assert_string_equal(dc_fit_find(fit, "twice")->twin, "3 + 2 * x");
  assert_string_equal(dc_fit_find(fit, "flat")->twin, "0.1");
  assert_string_equal(dc_fit_find(fit, "g=3")->twin, "0");
  assert_string_equal(dc_fit_find(fit, "h=1")->twin, "g=1");
  assert_true(isnan(dc_fit_find(fit, "h=2")->estimate) && isnan(dc_fit_find(fit, "h=2")->error));
  assert_string_equal(fit->notes[0], "twice is 3 + 2 * x: left out");
  dc_fit_free(fit);
}

/* No maximum or no variation: finite, and a note says why. */
static void test_faults(void **state)
{
  (void)state;
  static const double none[8] = {0}, ones[8] = {1, 1, 1, 1, 1, 1, 1, 1}, split[8] = {0, 0, 0, 0, 1, 1, 1, 1};
  static const double mixed[8] = {0, 1, 0, 1, 0, 0, 1, 1};
  static const uint8_t level[8] = {0, 0, 0, 0, 0, 0, 1, 1};
  const dc_term x = {.name = "x", .kind = DC_TERM_NUMBER, .number = numbers},
                g = {.name = "g", .kind = DC_TERM_FACTOR, .codes = {.code = level, .bytes = 1, .levels = 2}};
  const struct {
    const double *y;
    const dc_term *term;
    int family;
  } tries[] = {{ones, &x, BINOMIAL}, {none, &x, BINOMIAL}, {split, &x, BINOMIAL}, {mixed, &g, BINOMIAL},
               {none, &x, POISSON},  {none, &x, NEGBIN},   {split, &x, POISSON}};
  for (size_t k = 0; k < sizeof tries / sizeof *tries; k++) {
    fitting f = {.model = "glm",
                 .design = {.n_rows = 8, .intercept = true, .n_terms = 1, .terms = tries[k].term},
                 .response = {.name = "y", .y = tries[k].y}};
    fitting_option(&f, "family", tries[k].family);
    dc_fit *fit = fitting_run(&f);
    for (size_t c = 0; c < 2; c++) assert_true(isfinite(fit->coefficients[c].estimate));
    if (k < 6) assert_true(fit->n_notes > 0);
    dc_fit_free(fit);
  }
}

static void test_refused(void **state)
{
  (void)state;
  static const double below[8] = {1, 2, 3, 4, -5, 6, 7, 8};
  const dc_term x = {.name = "x", .kind = DC_TERM_NUMBER, .number = numbers};
  dc_error error;
  dc_fit *fit;
  for (int family = BINOMIAL; family <= LOGNORMAL; family++) {
    fitting f = {.model = "glm",
                 .design = {.n_rows = 8, .intercept = true, .n_terms = 1, .terms = &x},
                 .response = {.name = "y", .y = below}};
    fitting_option(&f, "family", family);
    check_fails(fitting_try(&f, &fit, &error), DC_E_INPUT, &error);
  }
  fitting f = {.model = "glm",
               .design = {.n_rows = 8, .intercept = true, .n_terms = 1, .terms = &x},
               .response = {.name = "y", .y = numbers}};
  fitting_option(&f, "family", POISSON);
  fitting_option(&f, "link", 3);
  check_fails(fitting_try(&f, &fit, &error), DC_E_USAGE, &error);
}

enum { MANY = 70001, FACTORS = 3 };

typedef struct many {
  double x[2][MANY], y[MANY], weight[MANY], offset[MANY];
  uint8_t code[FACTORS][MANY];
  dc_term term[8];
  size_t terms;
} many;

static many *draw(void)
{
  static const uint32_t levels[FACTORS] = {5, 9, 70};
  static const char *const names[FACTORS] = {"a", "b", "c"};
  many *m = calloc(1, sizeof *m);
  assert_non_null(m);
  uint64_t state = 7;
  for (size_t i = 0; i < MANY; i++) {
    double u[6];
    for (size_t k = 0; k < 6; k++)
      u[k] = (double)((state = state * 6364136223846793005ULL + 1442695040888963407ULL) >> 33) / 0x1p31;
    m->x[0][i] = 1e6 + u[0];
    m->x[1][i] = u[1] * u[1];
    for (size_t f = 0; f < FACTORS; f++) m->code[f][i] = (uint8_t)(u[2 + f] * levels[f]);
    double eta = u[0] - 2 * u[1] + 0.1 * m->code[0][i] - 0.01 * m->code[2][i];
    m->y[i] = u[5] < 1 / (1 + exp(-eta));
    m->weight[i] = 1 + (double)(i % 3);
    m->offset[i] = 0.1 * (double)(i % 5);
  }
  for (size_t j = 0; j < 2; j++)
    m->term[m->terms++] = (dc_term){.name = j ? "z" : "x", .kind = DC_TERM_NUMBER, .number = m->x[j]};
  for (size_t f = 0; f < FACTORS; f++)
    m->term[m->terms++] = (dc_term){
        .name = names[f], .kind = DC_TERM_FACTOR, .codes = {.code = m->code[f], .bytes = 1, .levels = levels[f]}};
  m->term[m->terms++] = (dc_term){
      .name = "z:a", .kind = DC_TERM_SLOPES, .number = m->x[1], .codes = {.code = m->code[0], .bytes = 1, .levels = 5}};
  return m;
}

static void check_same_fits(const dc_fit *a, const dc_fit *b)
{
  assert_int_equal(a->n_columns, b->n_columns);
  for (size_t k = 0; k < a->n_columns; k++) {
    check_same(a->coefficients[k].estimate, b->coefficients[k].estimate);
    check_same(a->coefficients[k].error, b->coefficients[k].error);
  }
  check_same(dc_fit_figure(a, "deviance"), dc_fit_figure(b, "deviance"));
}

/* Equal bytes for any number of threads; other blocks change what is rounded only. */
static void test_threads(void **state)
{
  (void)state;
  many *m = draw();
  for (int weighted = 0; weighted < 2; weighted++) {
    fitting f = {.model = "logistic",
                 .design = {.n_rows = MANY, .intercept = true, .n_terms = m->terms, .terms = m->term},
                 .response = {.name = "won", .y = m->y},
                 .block_rows = 5000};
    if (weighted) {
      f.design.weight = m->weight;
      f.design.offset = m->offset;
    }
    dc_fit *one = fitting_run(&f);
    for (int threads = 2; threads <= 7; threads += 5) {
      f.threads = threads;
      dc_fit *more = fitting_run(&f);
      check_same_fits(one, more);
      dc_fit_free(more);
    }
    f.block_rows = 0;
    dc_fit *whole = fitting_run(&f);
    for (size_t k = 0; k < one->n_columns; k++) {
      check_close(whole->coefficients[k].estimate, one->coefficients[k].estimate, 1e-8, 1e-9);
      check_close(whole->coefficients[k].error, one->coefficients[k].error, 1e-8, 0);
    }
    dc_fit_free(one);
    dc_fit_free(whole);
  }
  free(m);
}

/* Nearly collinear numbers far from 0: errors as those of the well-conditioned columns that say the same. */
static void test_conditioning(void **state)
{
  (void)state;
  enum { N = 400 };
  static double y[N], x[N], z[N], near[N];
  uint64_t random = 3;
  for (size_t i = 0; i < N; i++) {
    double u[3];
    for (size_t k = 0; k < 3; k++)
      u[k] = (double)((random = random * 6364136223846793005ULL + 1442695040888963407ULL) >> 33) / 0x1p31;
    x[i] = u[0];
    z[i] = ldexp(floor(ldexp(u[1], 20)), -20);
    x[i] = ldexp(floor(ldexp(u[0], 20)), -20);
    near[i] = x[i] + z[i] * 0x1p-20;
    y[i] = u[2] < 0.3 + 0.4 * u[0];
  }
  dc_term good[] = {{.name = "x", .kind = DC_TERM_NUMBER, .number = x},
                    {.name = "z", .kind = DC_TERM_NUMBER, .number = z}};
  dc_term bad[] = {good[0], {.name = "near", .kind = DC_TERM_NUMBER, .number = near}};
  fitting f = {.model = "logistic",
               .design = {.n_rows = N, .intercept = true, .n_terms = 2, .terms = good},
               .response = {.name = "y", .y = y}};
  dc_fit *a = fitting_run(&f);
  f.design.terms = bad;
  dc_fit *b = fitting_run(&f);
  double estimate = digits(b->coefficients[2].estimate * 0x1p-20, a->coefficients[2].estimate);
  double error = digits(b->coefficients[2].error * 0x1p-20, a->coefficients[2].error);
  printf("  columns 1e-6 apart: coefficient %.1f, error %.1f digits\n", estimate, error);
  assert_true(estimate >= 8 && error >= 8);
  dc_fit_free(a);
  dc_fit_free(b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_poisson), cmocka_unit_test(test_negbin),
                                     cmocka_unit_test(test_amounts), cmocka_unit_test(test_aliased),
                                     cmocka_unit_test(test_faults),  cmocka_unit_test(test_refused),
                                     cmocka_unit_test(test_threads), cmocka_unit_test(test_conditioning)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
