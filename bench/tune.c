/* How many rows a block of a model's fold should have: for every model of the registry the time of a fit by block size,
 * with one thread and with two, on generated data of a kind that it takes.
 *
 * tune [MODEL [ROWS [own]]]: all models ("") and 200,000 rows unless given. Times are wall-clock seconds, the least of several
 * fits; the best block is the one with the least sum over both numbers of threads. With `own`, only the model's own block: a
 * line "MODEL seconds seconds" each, for bench/tune.sh, which builds this with other tiles. */
#include "dealcast/model/model.h"
#include "engine/base/arena.h"
#include "engine/base/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LEAST_LOG = 9, MOST_LOG = 18, FITS = 5, LEVELS = 12, GROUPS = 200, KINDS = 5 };

static const double enough_seconds = 1; /* for one block size and number of threads */

typedef struct data {
  size_t n;
  double *x, *z, *y, *time;
  uint32_t *f, *g, *kind;
  dc_term term[5];
  dc_codes category;
  dc_design design;
  dc_response response;
} data;

static double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double normal(size_t i, uint64_t draw)
{
  double u = dc_random_uniform(1, i, draw), v = dc_random_uniform(2, i, draw);
  return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static void *get(size_t n, size_t size)
{
  void *made = calloc(n + 1, size);
  if (made) return made;
  fputs("tune: out of memory\n", stderr);
  exit(5);
}

static double draw(int kind, double eta, size_t i)
{
  double u = dc_random_uniform(3, i, 0);
  switch (1 << kind) {
    case DC_TAKES_NUMBER: return eta + normal(i, 9);
    case DC_TAKES_POSITIVE: return exp(eta + normal(i, 9));
    case DC_TAKES_COUNT: return floor(exp(eta) * -2 * log(u));
    default: return u < 1 / (1 + exp(-eta));
  }
}

static void fill(data *d)
{
  d->x = get(d->n, sizeof *d->x);
  d->z = get(d->n, sizeof *d->z);
  d->y = get(d->n, sizeof *d->y);
  d->time = get(d->n, sizeof *d->time);
  d->f = get(d->n, sizeof *d->f);
  d->g = get(d->n, sizeof *d->g);
  d->kind = get(d->n, sizeof *d->kind);
  for (size_t i = 0; i < d->n; i++) {
    d->x[i] = normal(i, 0);
    d->z[i] = normal(i, 1);
    d->f[i] = (uint32_t)(dc_random_uniform(4, i, 0) * LEVELS);
    d->g[i] = (uint32_t)(dc_random_uniform(4, i, 1) * GROUPS);
    d->kind[i] = (uint32_t)(dc_random_uniform(4, i, 2) * 3);
    d->time[i] = 1 + floor(-3 * log(dc_random_uniform(4, i, 3)));
  }
}

static void release(data *d)
{
  double *const numbers[] = {d->x, d->z, d->y, d->time};
  for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) free(numbers[k]);
  free(d->f);
  free(d->g);
  free(d->kind);
}

static void connect(data *d, const dc_model *model, int kind, size_t n_terms)
{
  for (size_t i = 0; i < d->n; i++)
    d->y[i] = draw(kind, .3 * d->x[i] - .2 * d->z[i] + .1 * (d->f[i] % 3) + .002 * (double)d->g[i] - .3, i);
  d->term[0] = (dc_term){.name = "x", .number = d->x};
  d->term[1] = (dc_term){.name = "z", .number = d->z};
  d->term[2] = (dc_term){.name = "f", .kind = DC_TERM_FACTOR, .codes = {d->f, 4, LEVELS, NULL}};
  d->term[3] = (dc_term){.name = "x:f", .kind = DC_TERM_SLOPES, .number = d->x, .codes = {d->f, 4, LEVELS, NULL}};
  d->term[4] = (dc_term){.name = "(1 | g)", .kind = DC_TERM_EFFECT, .codes = {d->g, 4, GROUPS, NULL}};
  d->category = (dc_codes){d->kind, 4, 3, NULL};
  d->design = (dc_design){.n_rows = d->n, .intercept = true, .n_terms = n_terms, .terms = d->term};
  d->response = (dc_response){.name = "y", .y = d->y};
  if (1 << kind == DC_TAKES_CATEGORY) d->response = (dc_response){.name = "kind", .category = &d->category};
  if (model->needs_time) d->response.time = d->time;
}

static bool fits(const data *d, const dc_model *model, size_t block_rows, int threads, dc_error *error)
{
  dc_arena *arena = dc_arena_new();
  dc_task task = {.design = &d->design,
                  .response = &d->response,
                  .confidence = .95,
                  .threads = threads,
                  .block_rows = block_rows,
                  .arena = arena};
  dc_fit *fit = NULL;
  dc_status status = arena ? dc_model_fit(model, &task, &fit, error) : dc_fail_memory(error, "tuning");
  dc_fit_free(fit);
  dc_arena_free(arena);
  return status == DC_OK || status == DC_W_MAXITER;
}

static double least_time(const data *d, const dc_model *model, size_t block_rows, int threads)
{
  double least = INFINITY, begin = seconds();
  dc_error error;
  for (int k = 0; k < FITS && seconds() - begin < enough_seconds; k++) {
    double from = seconds();
    if (!fits(d, model, block_rows, threads, &error)) return NAN;
    least = fmin(least, seconds() - from);
  }
  return least;
}

/* The first kind of response that the model takes as it is, with as many terms as it takes. */
static bool prepare(data *d, const dc_model *model, dc_error *error)
{
  for (size_t n_terms = model->shrinks ? 5 : 4; n_terms <= 5; n_terms--)
    for (int kind = 0; kind < KINDS; kind++) {
      if (!(model->responses >> kind & 1)) continue;
      connect(d, model, kind, n_terms);
      if (fits(d, model, 0, 2, error)) return true;
    }
  return false;
}

static bool tune(data *d, const dc_model *model, bool own)
{
  double best_time = INFINITY;
  size_t best = 0;
  dc_error error = {0};
  if (!prepare(d, model, &error)) {
    fprintf(stderr, "tune: %s: %s\n", model->name, error.message);
    return false;
  }
  if (own) {
    printf("%s %.4f %.4f\n", model->name, least_time(d, model, 0, 1), least_time(d, model, 0, 2));
    return true;
  }
  printf("%s: %zu rows, terms:", model->name, d->n);
  for (size_t t = 0; t < d->design.n_terms; t++) printf(" %s", d->term[t].name);
  printf("\n   rows/block   1 thread  2 threads  (seconds)\n");
  for (size_t k = LEAST_LOG; k <= MOST_LOG && (size_t)1 << k < 2 * d->n; k++) {
    size_t block = (size_t)1 << k;
    double one = least_time(d, model, block, 1), two = least_time(d, model, block, 2);
    printf("%13zu %10.4f %10.4f\n", block, one, two);
    fflush(stdout);
    if (!(one + two < best_time)) continue;
    best_time = one + two;
    best = block;
  }
  double one = least_time(d, model, 0, 1), two = least_time(d, model, 0, 2);
  printf("   as it is %12.4f %10.4f\n   best %zu; the model's own is %zu\n", one, two, best, model->block_rows);
  return true;
}

int main(int argc, char **argv)
{
  size_t n;
  const dc_model *const *all = dc_model_all(&n);
  data d = {.n = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 200000};
  bool good = d.n > 0;
  if (!good) fputs("tune: usage: tune [MODEL [ROWS [own]]]\n", stderr);
  if (good) fill(&d);
  for (size_t m = 0; m < n && d.n > 0; m++)
    if (argc < 2 || !*argv[1] || strcmp(argv[1], all[m]->name) == 0) good = tune(&d, all[m], argc > 3) && good;
  release(&d);
  return good ? 0 : 1;
}
