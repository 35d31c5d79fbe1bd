/* NIST StRD: linear regression, univariate and analysis of variance, whole and merged from blocks. Prints the digits that
 * are right of the worst coefficient, of the worst standard error and so on. */
#include "tests/check.h"
#include "tests/models/fitting.h"
#include "tests/models/suites.h"

static const size_t parts[] = {1, 2, 3, 8};
enum { PARTS = sizeof parts / sizeof *parts };

/* Numbers of a term each: columns of the file or powers of its only one. */
typedef struct columns {
  double *value; /* by column */
  size_t n;
  char name[NIST_PARAMETERS][24];
  dc_term term[NIST_PARAMETERS];
} columns;

static double power(double x, size_t k)
{
  double product = 1;
  for (; k; k--) product *= x;
  return product;
}

static void columns_of(const nist *set, columns *c)
{
  c->n = set->parameters - (set->intercept ? 1 : 0);
  c->value = malloc((c->n + 1) * set->rows * sizeof *c->value);
  assert_non_null(c->value);
  bool powers = set->columns == 2;
  for (size_t i = 0; i < set->rows; i++) {
    const double *row = set->data + i * set->columns;
    c->value[i] = row[0];
    for (size_t j = 1; j <= c->n; j++) c->value[j * set->rows + i] = powers ? power(row[1], j) : row[j];
  }
  for (size_t j = 0; j < c->n; j++) {
    snprintf(c->name[j], sizeof c->name[j], "x%zu", j + 1);
    c->term[j] = (dc_term){.name = c->name[j], .kind = DC_TERM_NUMBER, .number = c->value + (j + 1) * set->rows};
  }
}

static double least(double a, double b) { return a < b ? a : b; }

/* Digits of the worst coefficient, of the worst error, of sigma, r2 and F. */
typedef struct marks {
  double coefficient, error, sigma, r2, f;
} marks;

static marks mark(const dc_fit *fit, const nist *set)
{
  marks m = {15, 15, 15, 15, 15};
  for (size_t k = 0; k < set->parameters; k++) {
    m.coefficient = least(m.coefficient, digits(fit->coefficients[k].estimate, set->estimate[k]));
    m.error = least(m.error, digits(fit->coefficients[k].error, set->error[k]));
  }
  m.sigma = digits(dc_fit_figure(fit, "sigma"), set->residual_sd);
  m.r2 = digits(dc_fit_figure(fit, "r2"), set->r2);
  if (isfinite(set->f)) m.f = digits(dc_fit_figure(fit, "f_statistic"), set->f);
  return m;
}

/* What R's QR has of the worst coefficient, and the least that ours has of everything. What is missing to 15 digits is
 * lost before: powers and decimals of the files are rounded when they are read (Filip: 7.9 are left of the exact solution
 * for the rounded numbers). */
static const struct {
  const char *name;
  double r;
  marks least;
} linear_sets[] = {
    {"Norris", 12.6, {14, 13.5, 13.5, 14, 13.5}},
    {"Pontius", 11.9, {13, 13, 13, 14, 13}},
    {"Filip", 7.5, {7.8, 7, 8, 10, 8}},
    {"Longley", 12.8, {14, 14, 14, 14, 14}},
    {"NoInt1", 14, {14, 14, 14, 14, 14}},
    {"NoInt2", 14, {14, 14, 14, 14, 14}},
    {"Wampler1", 9.1, {14.5, 14.5, 14.5, 14.5, 0}},
    {"Wampler2", 12.9, {13, 14.5, 14.5, 14.5, 0}},
    {"Wampler3", 9.5, {14.5, 13, 14.5, 14.5, 14.5}},
    {"Wampler4", 7.9, {14.5, 13, 14.5, 14.5, 14.5}},
    {"Wampler5", 5.9, {14.5, 13, 14.5, 14.5, 14.5}},
};

static void check_marks(const char *name, marks m, marks wanted)
{
  const double got[] = {m.coefficient, m.error, m.sigma, m.r2, m.f};
  const double least_of[] = {wanted.coefficient, wanted.error, wanted.sigma, wanted.r2, wanted.f};
  static const char *const what[] = {"estimates", "errors", "sigma", "r2", "F"};
  for (size_t k = 0; k < sizeof got / sizeof *got; k++)
    if (!(got[k] >= least_of[k])) fail_msg("%s: %.1f digits of %s, not %.1f", name, got[k], what[k], least_of[k]);
}

static void test_linear(void **state)
{
  (void)state;
  printf("%-9s %9s %8s %6s %5s %5s\n", "set", "estimates", "errors", "sigma", "r2", "F");
  for (size_t s = 0; s < sizeof linear_sets / sizeof *linear_sets; s++) {
    nist *set = nist_read(linear_sets[s].name);
    if (!set) return;
    columns c;
    columns_of(set, &c);
    double whole = 0;
    for (size_t p = 0; p < PARTS; p++) {
      fitting f = {.model = "linear",
                   .design = {.n_rows = set->rows, .intercept = set->intercept, .n_terms = c.n, .terms = c.term},
                   .response = {.name = "y", .y = c.value},
                   .block_rows = (set->rows + parts[p] - 1) / parts[p]};
      dc_fit *fit = fitting_run(&f);
      marks m = mark(fit, set);
      printf("%-9s %9.1f %8.1f %6.1f %5.1f %5.1f  in %zu\n", linear_sets[s].name, m.coefficient, m.error, m.sigma, m.r2,
             m.f, parts[p]);
      check_marks(linear_sets[s].name, m, linear_sets[s].least);
      assert_true(m.coefficient >= linear_sets[s].r - .5);
      whole = p ? whole : m.coefficient;
      assert_true(m.coefficient >= whole - 1);
      dc_fit_free(fit);
    }
    free(c.value);
    nist_free(set);
  }
}

/* The least digits of F and of the sums of squares. Where values have 7 and 13 constant leading digits, their last ones
 * are rounded when they are read: exact arithmetic on the rounded numbers gives 10 and 4 digits, too. */
static const struct {
  const char *name;
  double f, squares;
} factor_sets[] = {
    {"SiRstvt", 13, 13},    {"SmLs01t", 14.5, 14.5}, {"SmLs02t", 14.5, 14.5}, {"SmLs03t", 14.5, 14.5},
    {"AtmWtAgt", 10.1, 10}, {"SmLs04t", 10, 10},     {"SmLs05t", 10, 9.8},    {"SmLs06t", 10, 9.8},
    {"SmLs07t", 4.3, 3.9},  {"SmLs08t", 4.1, 3.8},   {"SmLs09t", 4.1, 3.8},
};

static void check_factor_set(size_t s, const nist *set, const dc_fit *fit, size_t blocks)
{
  const char *name = factor_sets[s].name;
  double within = dc_fit_figure(fit, "deviance"), between = dc_fit_figure(fit, "null_deviance") - within;
  double f = digits(dc_fit_figure(fit, "f_statistic"), set->f), term = digits(fit->tests[0].statistic, set->f);
  double squares[] = {digits(between, set->squares[0]), digits(within, set->squares[1])};
  double r2 = digits(dc_fit_figure(fit, "r2"), set->r2), sigma = digits(dc_fit_figure(fit, "sigma"), set->residual_sd);
  printf("%-9s %4.1f %7.1f %7.1f %5.1f %5.1f  in %zu\n", name, f, squares[0], squares[1], r2, sigma, blocks);
  if (least(f, term) < factor_sets[s].f) fail_msg("%s: too few digits of F", name);
  if (least(least(squares[0], squares[1]), least(r2, sigma)) < factor_sets[s].squares)
    fail_msg("%s: too few digits of sums of squares", name);
  assert_true(fit->tests[0].df == set->df[0] && dc_fit_figure(fit, "df_residual") == set->df[1]);
}

static void test_factors(void **state)
{
  (void)state;
  printf("%-9s %4s %7s %7s %5s %5s\n", "set", "F", "between", "within", "r2", "sigma");
  for (size_t s = 0; s < sizeof factor_sets / sizeof *factor_sets; s++) {
    nist *set = nist_read(factor_sets[s].name);
    if (!set) return;
    size_t n = set->rows * set->columns;
    uint8_t *code = malloc(n);
    assert_non_null(code);
    for (size_t i = 0; i < n; i++) code[i] = (uint8_t)(i % set->columns);
    dc_term term = {.name = "treatment", .kind = DC_TERM_FACTOR, .codes = {code, 1, (uint32_t)set->columns, NULL}};
    for (size_t p = 0; p < PARTS; p++) {
      fitting f = {.model = "linear",
                   .design = {.n_rows = n, .intercept = true, .n_terms = 1, .terms = &term},
                   .response = {.name = "y", .y = set->data},
                   .block_rows = (n + parts[p] - 1) / parts[p]};
      dc_fit *fit = fitting_run(&f);
      check_factor_set(s, set, fit, parts[p]);
      dc_fit_free(fit);
    }
    free(code);
    nist_free(set);
  }
}

/* The least digits of mean, standard deviation and lag-1 autocorrelation; 0 = that is not certified.
 * Meixner is not of NIST: what it certifies of the mean has 12.9 digits itself, by exact arithmetic. */
static const struct {
  const char *name;
  double mean, sd, lag;
} mean_sets[] = {
    {"Lew", 14.5, 14.5, 14},    {"Lottery", 14.5, 14.5, 14}, {"Mavro", 14, 12, 12},
    {"Michelso", 14.5, 13, 13}, {"Meixner", 12.8, 14, 0},    {"NumAcc1", 14.5, 14.5, 14.5},
    {"NumAcc2", 14.5, 14, 14},  {"NumAcc3", 14.5, 9, 9},     {"NumAcc4", 14.5, 8, 8},
};

static void test_means(void **state)
{
  (void)state;
  printf("%-9s %5s %5s %5s\n", "set", "mean", "sd", "lag 1");
  for (size_t s = 0; s < sizeof mean_sets / sizeof *mean_sets; s++) {
    nist *set = nist_read(mean_sets[s].name);
    if (!set) return;
    for (size_t p = 0; p < PARTS; p++) {
      fitting f = {.model = "mean",
                   .design = {.n_rows = set->rows, .intercept = true},
                   .response = {.name = "y", .y = set->data},
                   .block_rows = (set->rows + parts[p] - 1) / parts[p]};
      dc_fit *fit = fitting_run(&f);
      double mean = digits(fit->coefficients[0].estimate, set->mean), sd = digits(dc_fit_figure(fit, "sigma"), set->sd);
      double lag = digits(dc_fit_figure(fit, "autocorrelation"), set->autocorrelation);
      if (isnan(set->autocorrelation)) lag = 0; /* not certified */
      printf("%-9s %5.1f %5.1f %5.1f  in %zu\n", mean_sets[s].name, mean, sd, lag, parts[p]);
      if (mean < mean_sets[s].mean || sd < mean_sets[s].sd || lag < mean_sets[s].lag)
        fail_msg("%s: too few digits", mean_sets[s].name);
      dc_fit_free(fit);
    }
    nist_free(set);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_linear), cmocka_unit_test(test_factors),
                                     cmocka_unit_test(test_means)};
  return cmocka_run_group_tests_name("nist", tests, NULL, NULL);
}
