/* Logistic regression of 900,000 rows on 31 columns (5 numbers, 4 factors) with an effect of 2,000 levels beside them.
 *
 * bench_mixed [FILE [ROUNDS [WRITTEN]]]: the file is not read (rows are simulated, always the same); with WRITTEN the rows
 * are written there as CSV, for R's glm on the fixed part alone (bench/peers_models.sh). The fixed part here is model
 * logistic, whose coefficients are printed. */
#include "dealcast/model/model.h"
#include "engine/base/arena.h"
#include "engine/base/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { ROWS = 900000, NUMBERS = 5, FACTORS = 4, REPS = 2000, MOST_ROUNDS = 25 };

static const uint32_t levels[FACTORS] = {8, 8, 7, 6};

typedef struct data {
  double *x[NUMBERS], *y;
  uint8_t *f[FACTORS];
  uint16_t *rep;
} data;

static double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint64_t draws;
static double uniform(void) { return dc_random_uniform(7, 1, draws++); }
static double normal(void) { return sqrt(-2 * log(uniform())) * cos(6.283185307179586 * uniform()); }

static bool simulate(data *d)
{
  static double effect[REPS];
  bool ok = (d->y = malloc(ROWS * sizeof *d->y)) && (d->rep = malloc(ROWS * sizeof *d->rep));
  for (int k = 0; k < NUMBERS; k++) ok = (d->x[k] = malloc(ROWS * sizeof *d->x[k])) && ok;
  for (int k = 0; k < FACTORS; k++) ok = (d->f[k] = malloc(ROWS * sizeof *d->f[k])) && ok;
  if (!ok) return false;
  for (size_t l = 0; l < REPS; l++) effect[l] = 0.4 * normal();
  for (size_t i = 0; i < ROWS; i++) {
    double eta = -0.5;
    for (int k = 0; k < NUMBERS; k++) eta += 0.1 * (k + 1) * (d->x[k][i] = normal());
    for (int k = 0; k < FACTORS; k++) {
      double u = uniform();
      d->f[k][i] = (uint8_t)(u * u * levels[k]);
      eta += 0.1 * d->f[k][i] * (k % 2 ? -1 : 1);
    }
    d->rep[i] = (uint16_t)(uniform() * REPS);
    d->y[i] = uniform() < dc_link_mean(DC_LINK_LOGIT, eta + effect[d->rep[i]]);
  }
  return true;
}

static void write_rows(const data *d, const char *path)
{
  FILE *file = fopen(path, "w");
  if (!file) return;
  fprintf(file, "y,x1,x2,x3,x4,x5,f1,f2,f3,f4,rep\n");
  for (size_t i = 0; i < ROWS; i++) {
    fprintf(file, "%d", (int)d->y[i]);
    for (int k = 0; k < NUMBERS; k++) fprintf(file, ",%.17g", d->x[k][i]);
    for (int k = 0; k < FACTORS; k++) fprintf(file, ",%d", d->f[k][i]);
    fprintf(file, ",%d\n", d->rep[i]);
  }
  fclose(file);
}

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void report(const char *what, int threads, double *took, int rounds, const dc_fit *fit)
{
  qsort(took, (size_t)rounds, sizeof *took, ascending);
  printf("%s T%d: median %.4f s, least %.4f s, %.1f M rows/s; %g rounds, log-likelihood %.6f", what, threads,
         took[rounds / 2], took[0], ROWS / took[rounds / 2] / 1e6, dc_fit_figure(fit, "iterations"),
         dc_fit_figure(fit, "log_likelihood"));
  const dc_fit_term *last = &fit->terms[fit->n_terms - 1];
  printf(last->covariance ? ", sd %.6f\n" : "\n", last->covariance ? sqrt(last->covariance[0]) : 0);
  if (last->covariance) return;
  printf("coefficients");
  for (size_t k = 0; k < fit->n_columns; k++) printf(" %.10f", fit->coefficients[k].estimate);
  printf("\n");
}

/* Whether a fit failed. */
static bool run(const char *what, const char *model, const dc_design *design, const dc_response *response, int threads,
                int rounds)
{
  static const double binomial[] = {1, 0};
  const double *option = strcmp(model, "mixed") == 0 ? binomial : NULL;
  double took[MOST_ROUNDS];
  dc_status status = DC_OK;
  for (int k = -1; k < rounds && status == DC_OK; k++) {
    dc_fit *fit = NULL;
    dc_error error = {0};
    dc_arena *arena = dc_arena_new();
    dc_task task = {design, response, option, .95, threads, 0, arena, NULL};
    double begin = seconds();
    status = dc_model_fit(dc_model_find(model), &task, &fit, &error);
    if (k >= 0) took[k] = seconds() - begin;
    if (status != DC_OK)
      fprintf(stderr, "%s: %s\n", what, error.message);
    else if (k == rounds - 1)
      report(what, threads, took, rounds, fit);
    dc_fit_free(fit);
    dc_arena_free(arena);
  }
  return status != DC_OK;
}

int main(int count, char **argument)
{
  data d = {0};
  int rounds = count > 2 ? atoi(argument[2]) : 5;
  if (rounds < 1 || rounds > MOST_ROUNDS || !simulate(&d)) return 1;
  if (count > 3) write_rows(&d, argument[3]);
  dc_term terms[NUMBERS + FACTORS + 1];
  static const char *const names[] = {"x1", "x2", "x3", "x4", "x5", "f1", "f2", "f3", "f4"};
  for (int k = 0; k < NUMBERS; k++) terms[k] = (dc_term){.name = names[k], .kind = DC_TERM_NUMBER, .number = d.x[k]};
  for (int k = 0; k < FACTORS; k++)
    terms[NUMBERS + k] = (dc_term){
        .name = names[NUMBERS + k], .kind = DC_TERM_FACTOR, .codes = {d.f[k], 1, levels[k], NULL}};
  terms[NUMBERS + FACTORS] = (dc_term){.name = "(1|rep)", .kind = DC_TERM_EFFECT, .codes = {d.rep, 2, REPS, NULL}};
  dc_design design = {ROWS, true, NUMBERS + FACTORS, terms, NULL, NULL, NULL, NULL, 0};
  dc_response response = {.name = "y", .y = d.y};
  bool failed = run("fixed", "logistic", &design, &response, 2, rounds);
  design.n_terms++;
  for (int threads = 1; threads <= 2; threads++) failed |= run("effect", "mixed", &design, &response, threads, rounds);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("peak memory %.0f MiB\n", (double)usage.ru_maxrss / 1024);
  return failed;
}
