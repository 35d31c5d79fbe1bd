/* The loops of a pass: the same bytes for every instruction set, and the Gram matrix of codes is that of dense columns. */
#include "models/gram_rows.h"
#include "models/lanes.h"

#include "engine/base/arena.h"
#include "tests/check.h"

enum { K = 6, WIDTH = 8, LINES = 9, ROWS = 700 };

static double uniform(uint64_t *state)
{
  *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
  return ((double)(*state >> 33) + 0.5) / 0x1p31;
}

typedef struct outcome {
  double x[K * DC_TILE], eta[DC_TILE], w[DC_TILE], s[DC_TILE], wx[K * DC_TILE];
  double cross[K * DC_LANES], lines[LINES * WIDTH], deviance, alone, most, most_alone;
} outcome;

static void run_kernels(const dc_kernels *kernels, outcome *o)
{
  uint64_t state = 11;
  double number[DC_TILE], y[DC_TILE], columns[WIDTH * DC_TILE];
  uint32_t index[DC_TILE];
  memset(o, 0, sizeof *o);
  for (size_t i = 0; i < DC_TILE; i++) {
    y[i] = uniform(&state) < 0.5;
    index[i] = (uint32_t)(uniform(&state) * LINES);
    o->eta[i] = i % 50 == 0 ? 900 * (uniform(&state) - 0.5) : 0;
  }
  for (size_t j = 0; j < K; j++) {
    for (size_t i = 0; i < DC_TILE; i++) number[i] = uniform(&state) * 100;
    kernels->number(number, 49.7, 0.25, 0.1 * (double)j - 0.3, o->x + j * DC_TILE, o->eta);
  }
  o->deviance = kernels->logit(o->eta, y, o->w, o->s, &o->most);
  o->alone = kernels->logit_deviance(o->eta, y, &o->most_alone);
  kernels->weigh(K, o->x, o->w, o->wx);
  kernels->cross(K, o->x, o->s, o->cross);
  for (size_t k = 0; k < WIDTH * DC_TILE; k++) columns[k] = uniform(&state);
  kernels->scatter(WIDTH, columns, index, o->lines);
  kernels->add(LINES * WIDTH, o->lines, o->lines);
}

static void test_kernels(void **state)
{
  (void)state;
  static outcome plain, other;
  size_t n = 0, ran = 0;
  while (dc_kernels_all[n]) n++;
  run_kernels(dc_kernels_all[n - 1], &plain);
  check_same(plain.alone, plain.deviance);
  for (size_t k = 0; k + 1 < n; k++) {
    if (!dc_kernels_all[k]->runs()) continue;
    run_kernels(dc_kernels_all[k], &other);
    assert_memory_equal(&plain, &other, sizeof plain);
    printf("  %s: the bytes of %s\n", dc_kernels_all[k]->name, dc_kernels_all[n - 1]->name);
    ran++;
  }
  if (!ran) printf("  this machine has no other set\n");
  double deviance = 0, most = 0;
  uint64_t random = 11;
  for (size_t i = 0; i < DC_TILE; i++) {
    double y = uniform(&random)<0.5, eta = plain.eta[i], e = exp(-fabs(eta)), mu = eta> 0 ? 1 / (1 + e) : e / (1 + e);
    uniform(&random);
    if (i % 50 == 0) uniform(&random);
    most = fmax(most, fabs(eta));
    deviance += 2 * (log1p(e) + fmax(eta, 0) - y * eta);
    check_close(plain.w[i], e / (1 + e) / (1 + e), 1e-14, 1e-300);
    check_close(plain.s[i], y - mu, 1e-12, 1e-15);
  }
  check_close(plain.deviance, deviance, 1e-13, 0);
  check_same(plain.most, most);
  check_same(plain.most_alone, most);
}

/* A term's value in one of its columns. */
static double cell(const dc_term *t, size_t i, uint32_t level)
{
  if (t->kind == DC_TERM_NUMBER) return t->number[i];
  double x = t->kind == DC_TERM_SLOPES ? t->number[i] : 1;
  return dc_codes_at(&t->codes, i) == level ? x : 0;
}

static size_t dense_row(const dc_term *terms, size_t n, size_t i, double *row)
{
  size_t p = 0;
  row[p++] = 1;
  for (size_t t = 0; t < n; t++) {
    if (terms[t].kind == DC_TERM_NUMBER) row[p++] = terms[t].number[i];
    for (uint32_t l = 0; terms[t].kind != DC_TERM_NUMBER && l < terms[t].codes.levels; l++)
      if (l != terms[t].reference) row[p++] = cell(&terms[t], i, l);
  }
  return p;
}

typedef struct drawn {
  double x[ROWS], z[ROWS], y[ROWS], weight[ROWS], offset[ROWS];
  uint8_t a[ROWS];
  uint16_t b[ROWS];
  uint32_t c[ROWS];
} drawn;

static void draw(drawn *d)
{
  uint64_t state = 5;
  for (size_t i = 0; i < ROWS; i++) {
    d->x[i] = 50 + uniform(&state);
    d->z[i] = uniform(&state);
    d->a[i] = (uint8_t)(uniform(&state) * 4);
    d->b[i] = (uint16_t)(uniform(&state) * 6);
    d->c[i] = (uint32_t)(uniform(&state) * 30);
    d->y[i] = floor(5 * uniform(&state));
    d->weight[i] = i % 7 ? 0.5 + uniform(&state) : 0;
    d->offset[i] = uniform(&state);
  }
}

/* Score and Gram matrix of a Poisson model at some coefficients, against sums over dense rows. */
static void compare(const drawn *d, const dc_term *terms, size_t n_terms)
{
  dc_arena *arena = dc_arena_new();
  assert_non_null(arena);
  dc_design design = {
      .n_rows = ROWS, .intercept = true, .n_terms = n_terms, .terms = terms, .offset = d->offset, .weight = d->weight};
  dc_response response = {.name = "y", .y = d->y};
  dc_task task = {
      .design = &design, .response = &response, .confidence = .95, .threads = 1, .block_rows = 300, .arena = arena};
  dc_family family = {.kind = DC_FAMILY_POISSON, .link = DC_LINK_LOG};
  dc_problem *problem;
  dc_error error;
  check_ok(dc_problem_new(&task, &family, &problem, &error), &error);
  dc_quadratic *q = dc_quadratic_new(problem);
  double beta[64], gram[64][64] = {{0}}, score[64] = {0}, row[64], estimate[64];
  size_t p = problem->p;
  assert_int_equal(p, problem->n_columns);
  for (size_t j = 0; j < p; j++) beta[j] = 0.02 * (double)(j % 5) - 0.03;
  check_ok(dc_problem_at(problem, beta, q, &error), &error);
  dc_problem_to_design(problem, beta, estimate);
  for (size_t i = 0; i < ROWS; i++) {
    assert_int_equal(dense_row(terms, n_terms, i, row), p);
    double eta = d->offset[i];
    for (size_t j = 0; j < p; j++) eta += row[j] * estimate[j];
    for (size_t j = 0; j < p; j++) row[j] = (row[j] - problem->centre[j]) * problem->scale[j];
    for (size_t a = 0; a < p; a++) {
      score[a] += d->weight[i] * (d->y[i] - exp(eta)) * row[a];
      for (size_t b = 0; b <= a; b++) gram[a][b] += d->weight[i] * exp(eta) * row[a] * row[b];
    }
  }
  for (size_t a = 0; a < p; a++) {
    check_close(q->score[a], score[a], 1e-10, 1e-9);
    for (size_t b = 0; b <= a; b++) check_close(q->gram[dc_packed(a, b)], gram[a][b], 1e-10, 1e-9);
  }
  dc_arena_free(arena);
}

static void test_against_dense(void **state)
{
  (void)state;
  static drawn d;
  draw(&d);
  const dc_codes a = {.code = d.a, .bytes = 1, .levels = 4}, b = {.code = d.b, .bytes = 2, .levels = 6},
                 c = {.code = d.c, .bytes = 4, .levels = 30};
  const dc_term terms[] = {{.name = "x", .kind = DC_TERM_NUMBER, .number = d.x},
                           {.name = "z", .kind = DC_TERM_NUMBER, .number = d.z},
                           {.name = "a", .kind = DC_TERM_FACTOR, .codes = a, .reference = 2},
                           {.name = "b", .kind = DC_TERM_FACTOR, .codes = b, .reference = 0},
                           {.name = "c", .kind = DC_TERM_FACTOR, .codes = c, .reference = 29},
                           {.name = "z:a", .kind = DC_TERM_SLOPES, .number = d.z, .codes = a, .reference = 1},
                           {.name = "x:b", .kind = DC_TERM_SLOPES, .number = d.x, .codes = b, .reference = 0}};
  for (size_t n = 1; n <= 7; n++) compare(&d, terms, n);
  compare(&d, terms + 2, 1);
  compare(&d, terms + 2, 4);
  const dc_term slopes[] = {
      {.name = "z:a", .kind = DC_TERM_SLOPES, .number = d.z, .codes = a, .reference = DC_NO_REFERENCE},
      {.name = "x", .kind = DC_TERM_NUMBER, .number = d.x}};
  compare(&d, slopes, 2);
}

static void test_lanes(void **state)
{
  (void)state;
  for (double x = -740; x < 709; x += 0.377) {
    check_close(dc_exp(x), exp(x), 4e-16, 1e-322);
    if (x > -708) {
      double lanes[4];
      dc_v4_store(lanes, dc_v4_exp(dc_v4_of(x)));
      check_same(lanes[2], dc_exp(x));
    }
    double y = exp(x / 3);
    check_close(dc_log(y), log(y), 4e-16, 1e-300);
    check_close(dc_log1p(y - 0.999), log1p(y - 0.999), 6e-16, 0);
    check_close(dc_expm1(x / 700), expm1(x / 700), 1e-15, 0);
    check_close(dc_log_gamma(y), lgamma(y), 1e-14, 1e-14);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_kernels), cmocka_unit_test(test_against_dense),
                                     cmocka_unit_test(test_lanes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
