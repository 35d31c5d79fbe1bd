/* The log-F prior: equal to a fit with its pseudo-rows put in by hand, finite under separation; what a fit says of that. */
#include "tests/check.h"
#include "tests/models/birthwt.h"

static bool notes_say(const dc_fit *fit, const char *words)
{
  for (size_t k = 0; k < fit->n_notes; k++)
    if (strstr(fit->notes[k], words)) return true;
  return false;
}

/* R 4.2.2: glm.fit (epsilon 1e-15) with a row for each column: its unit, half of one trial won. */
static void test_birthwt(void **state)
{
  (void)state;
  static const double expected[BIRTHWT_COLUMNS] = {.5056773430454, -.03040648002165, -.01461370713561, 1.163249661074,
                                                   .8039003530779, .8763514804496,   .5505783424138,   1.682166665214,
                                                   .7156117191018, .05440694071184};
  birthwt *b = birthwt_read();
  if (!b) skip();
  fitting_option(&b->fitting, "logf", 1);
  dc_fit *fit = fitting_run(&b->fitting);
  double least = 15;
  for (size_t k = 0; k < BIRTHWT_COLUMNS; k++) least = fmin(least, digits(fit->coefficients[k].estimate, expected[k]));
  print_message("birthwt, log-F(1,1) by augmentation: %.1f digits\n", least);
  assert_true(least >= 9);
  dc_fit_free(fit);
  birthwt_free(b);
}

/* The same as pseudo-rows of our own: a design without an intercept that has a column of ones for the true rows. */
static void test_augmented(void **state)
{
  (void)state;
  enum { N = 40, P = 3 };
  for (int m = 1; m <= 4; m++) {
    double one[N + P] = {0}, x[P][N + P] = {{0}}, y[N + P] = {0}, weight[N + P];
    for (size_t i = 0; i < N; i++) {
      one[i] = weight[i] = 1;
      x[0][i] = (double)(i % 2);
      x[1][i] = i % 5 == 0;
      x[2][i] = i < 7;
      y[i] = i * 7 % 11 < 4 || i < 5;
    }
    for (size_t k = 0; k < P; k++) {
      x[k][N + k] = 1;
      y[N + k] = .5;
      weight[N + k] = m;
    }
    dc_term term[P + 1] = {{.name = "a", .number = x[0]},
                           {.name = "b", .number = x[1]},
                           {.name = "c", .number = x[2]},
                           {.name = "one", .number = one}};
    fitting prior = {.model = "logistic",
                     .design = {.n_rows = N, .intercept = true, .n_terms = P, .terms = term},
                     .response = {.name = "y", .y = y}};
    fitting rows = {.model = "logistic",
                    .design = {.n_rows = N + P, .n_terms = P + 1, .terms = term, .weight = weight},
                    .response = {.name = "y", .y = y}};
    fitting_option(&prior, "logf", m);
    dc_fit *a = fitting_run(&prior), *b = fitting_run(&rows);
    for (size_t k = 0; k <= P; k++) {
      const dc_coefficient *made = &a->coefficients[k], *brute = &b->coefficients[k == 0 ? P : k - 1];
      check_close(made->estimate, brute->estimate, 1e-10, 1e-11);
      check_close(made->error, brute->error, 1e-6, 0); /* without a prior: of one step before, as in R */
    }
    dc_fit_free(a);
    dc_fit_free(b);
  }
}

/* A factor's level that is always won, and a number that divides all: named without the prior, finite with it. */
static void test_separated(void **state)
{
  (void)state;
  enum { N = 60 };
  static const char *const names[] = {"South", "North", "East"};
  uint8_t code[N];
  double y[N], x[N];
  for (size_t i = 0; i < N; i++) {
    code[i] = (uint8_t)(i % 3);
    y[i] = i % 3 == 1 || i * 7 % 5 < 2;
    x[i] = (double)i * 1e6;
  }
  dc_term term[2] = {{.name = "region", .kind = DC_TERM_FACTOR, .codes = {code, 1, 3, names}},
                     {.name = "x", .number = x}};
  fitting f = {.model = "logistic",
               .design = {.n_rows = N, .intercept = true, .n_terms = 2, .terms = term},
               .response = {.name = "won", .y = y}};
  dc_fit *without = fitting_run(&f);
  assert_true(notes_say(without, "separated by region=North: each of its 20 rows has won = 1"));
  assert_true(notes_say(without, "quasi-complete separation"));
  assert_true(notes_say(without, "--logf 1"));
  fitting_option(&f, "logf", 1);
  dc_fit *with = fitting_run(&f);
  const dc_coefficient *north = dc_fit_find(with, "region=North");
  assert_true(with->converged);
  assert_false(notes_say(with, "separat"));
  assert_true(north->estimate > 1 && north->estimate < 8 && north->error > 0 && north->error < 4);
  for (size_t i = 0; i < N; i++) y[i] = i >= 31;
  dc_fit *divided = fitting_run(&f);
  assert_true(divided->converged);
  assert_true(isfinite(dc_fit_find(divided, "x")->estimate) && dc_fit_find(divided, "x")->estimate > 0);
  fitting_option(&f, "logf", 0);
  dc_fit *wild = fitting_run(&f);
  assert_true(
      notes_say(wild, "separated by x: every row with x > 3e+07 has won = 1, every row with x <= 3e+07 has won = 0"));
  assert_true(notes_say(wild, "complete separation"));
  dc_fit_free(without);
  dc_fit_free(with);
  dc_fit_free(divided);
  dc_fit_free(wild);
}

/* Kilometres or metres, other units of money: the same fit. */
static void test_units(void **state)
{
  (void)state;
  birthwt *b = birthwt_read();
  if (!b) skip();
  size_t n = b->csv->rows;
  double *other = calloc(n, sizeof *other);
  assert_non_null(other);
  for (size_t i = 0; i < n; i++) other[i] = b->term[1].number[i] * 1e5 + 7;
  fitting_option(&b->fitting, "logf", 2);
  dc_fit *one = fitting_run(&b->fitting);
  b->term[1].number = other;
  dc_fit *two = fitting_run(&b->fitting);
  for (size_t k = 1; k < BIRTHWT_COLUMNS; k++)
    check_close(two->coefficients[k].estimate * (k == 2 ? 1e5 : 1), one->coefficients[k].estimate, 1e-9, 0);
  free(other);
  dc_fit_free(one);
  dc_fit_free(two);
  birthwt_free(b);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_birthwt), cmocka_unit_test(test_augmented),
                                     cmocka_unit_test(test_separated), cmocka_unit_test(test_units)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
