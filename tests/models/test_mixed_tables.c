/* A mixed model's two ways through its rows, by tables where they lie and packed by levels, come to the same fit. Trials of 1
 * in every row make it take the second. */
#include "tests/models/mixed_data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 1 << 18, LEVELS = 500, TERMS = 5 };

typedef struct world {
  double x[ROWS], z[ROWS], twin[ROWS], offset[ROWS], y[ROWS], one[ROWS];
  uint8_t f[ROWS], g[ROWS];
  uint16_t rep[ROWS];
  dc_term terms[TERMS];
  dc_design design;
  dc_response response;
} world;

static void simulate(world *d)
{
  static double effect[LEVELS];
  mixed_seed(11);
  for (size_t l = 0; l < LEVELS; l++) effect[l] = 0.5 * mixed_normal();
  for (size_t i = 0; i < ROWS; i++) {
    d->x[i] = 100 + 3 * mixed_normal();
    d->z[i] = mixed_normal();
    d->twin[i] = 2 * d->x[i] - 7;
    d->offset[i] = 0.2 * mixed_normal();
    d->f[i] = (uint8_t)(mixed_uniform() * 5);
    d->g[i] = (uint8_t)(mixed_uniform() * mixed_uniform() * 9);
    d->rep[i] = (uint16_t)(mixed_uniform() * LEVELS);
    double eta = 0.1 * (d->x[i] - 100) - 0.3 * d->z[i] + 0.2 * d->f[i] - 0.1 * d->g[i] + effect[d->rep[i]] +
                 d->offset[i];
    d->y[i] = mixed_uniform() < dc_link_mean(DC_LINK_LOGIT, eta);
    d->one[i] = 1;
  }
  d->terms[0] = (dc_term){.name = "x", .kind = DC_TERM_NUMBER, .number = d->x};
  d->terms[1] = (dc_term){.name = "f", .kind = DC_TERM_FACTOR, .codes = {d->f, 1, 5, NULL}, .reference = 2};
  d->terms[2] = (dc_term){.name = "(1|rep)", .kind = DC_TERM_EFFECT, .codes = {d->rep, 2, LEVELS, NULL}};
  d->terms[3] = (dc_term){.name = "z", .kind = DC_TERM_NUMBER, .number = d->z};
  d->terms[4] = (dc_term){.name = "g", .kind = DC_TERM_FACTOR, .codes = {d->g, 1, 9, NULL}};
  d->design = (dc_design){.n_rows = ROWS, .intercept = true, .n_terms = TERMS, .terms = d->terms, .offset = d->offset};
  d->response = (dc_response){.name = "y", .y = d->y};
}

static void assert_same(const world *d, int threads)
{
  static const double binomial[] = {1, 0};
  dc_response packed = d->response;
  packed.trials = d->one;
  dc_fit *a = mixed_fit(&d->design, &d->response, binomial, threads);
  dc_fit *b = mixed_fit(&d->design, &packed, binomial, 2);
  assert_int_equal(a->n_columns, b->n_columns);
  for (size_t k = 0; k < a->n_columns; k++) {
    const dc_coefficient *s = &a->coefficients[k], *t = &b->coefficients[k];
    if (isnan(t->estimate)) {
      assert_true(isnan(s->estimate));
      assert_true((s->twin == NULL) == (t->twin == NULL));
      continue;
    }
    check_close(s->estimate, t->estimate, 0, 1e-5 * t->error);
    check_close(s->error, t->error, 1e-6, 0);
  }
  assert_int_equal(a->n_figures, b->n_figures);
  for (size_t k = 0; k < a->n_figures; k++)
    if (strcmp(a->figures[k].name, "iterations") != 0) check_close(a->figures[k].value, b->figures[k].value, 1e-10, 0);
  for (size_t t = 0; t < a->n_terms; t++) check_close(a->terms[t].df, b->terms[t].df, 1e-6, 0);
  dc_fit_free(a);
  dc_fit_free(b);
}

static void tables_are_the_packed_rows(void **state)
{
  world *d = *state;
  simulate(d);
  assert_same(d, 1);
  d->design.offset = NULL;
  d->design.n_rows = ROWS - 100; /* the last tile is not full */
  assert_same(d, 7);
  d->design.n_rows = ROWS / 3; /* no beginning on few rows */
  assert_same(d, 2);
}

static void other_columns(void **state)
{
  world *d = *state;
  simulate(d);
  d->terms[3].number = d->twin; /* left out */
  assert_same(d, 2);
  d->design.intercept = false;
  assert_same(d, 2);
  d->terms[0] = d->terms[2]; /* no factor: the intercept is a number */
  d->terms[1] = d->terms[3];
  d->design.intercept = true;
  d->design.n_terms = 2;
  assert_same(d, 2);
}

static int make(void **state) { return (*state = malloc(sizeof(world))) ? 0 : -1; }

static int drop(void **state)
{
  free(*state);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(tables_are_the_packed_rows), cmocka_unit_test(other_columns)};
  return cmocka_run_group_tests(tests, make, drop);
}
