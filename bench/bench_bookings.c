/* Time of one bookings distribution, by size and kind of pipeline: processor time, best and median of several.
 *
 * bench_bookings [IGNORED [LARGEST [FILTER]]]: deals up to LARGEST (300,000 unless given); FILTER is part of a kind's
 * name. Deals are drawn with a fixed seed. */
#include "engine/base/random.h"
#include "engine/forecast/bookings.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Amounts are amount * exp(spread * normal), rounded to multiples of `multiple` where that is not 0; p is log-uniform
 * in [low, high]; whale: one deal of 2 million. */
typedef struct kind {
  const char *name;
  double spread, log_sd, low, high, phi, multiple;
  int whale, counts;
} kind;

static const kind kinds[] = {
    {"plain", 0.8, 0.5, 0.05, 0.6, 0.05, 0, 0, 0},           {"sure amounts", 0.8, 0, 0.05, 0.6, 0.05, 0, 0, 0},
    {"nearly sure", 0.8, 0.01, 0.05, 0.6, 0.05, 0, 0, 0},    {"equal, nearly sure", 0, 0.01, 0.01, 0.2, 0.02, 0, 0, 0},
    {"multiples of 100", 1, 0, 0.02, 0.5, 0.05, 100, 0, 0},  {"one whale", 0.8, 0.3, 0.05, 0.6, 0.05, 0, 1, 0},
    {"heavy tails", 1, 2, 0.05, 0.6, 0.05, 0, 0, 0},         {"rare", 0.8, 0, 1e-9, 0.01, 0.05, 0, 0, 0},
    {"rare, wide shock", 0.8, 0.01, 1e-9, 0.05, 2, 0, 0, 0}, {"wide shock", 0.8, 0.5, 0.05, 0.9, 2, 0, 0, 0},
    {"narrow shock", 0.8, 0.5, 0.05, 0.6, 0.004, 0, 0, 0},   {"no shock, sure", 0.8, 0, 0.05, 0.6, 0, 0, 0, 0},
    {"few wins, sure", 1, 0, 0.2, 1, 0.05, 0, 0, 0},         {"counts", 0, 0, 0.05, 0.6, 0.05, 0, 0, 1},
};
static const size_t sizes[] = {1, 10, 50, 600, 2604, 10000, 100000, 300000};

static double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double normal(uint64_t i, uint64_t draw)
{
  double u = dc_random_uniform(1, i, draw), v = dc_random_uniform(1, i, draw + 1);
  return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static void draw(const kind *k, size_t n, double *p, double *amount, double *log_sd)
{
  for (size_t i = 0; i < n; i++) {
    p[i] = k->low * pow(k->high / k->low, dc_random_uniform(1, i, 0));
    amount[i] = k->counts ? 1 : 2000 * exp(k->spread * normal(i, 1));
    if (k->multiple > 0) amount[i] = k->multiple * ceil(amount[i] / k->multiple);
    log_sd[i] = k->log_sd;
  }
  if (k->high >= 1) /* a dozen wins, whatever the number of deals */
    for (size_t i = 0; i < n; i++) p[i] *= fmin(1, 12 / (0.5 * (double)n));
  if (k->whale) amount[n / 2] = 2e6;
}

static int compare(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static int measure(const kind *k, size_t n, const dc_bookings_input *input)
{
  enum { MOST_ROUNDS = 15 };
  double took[MOST_ROUNDS], all = 0;
  size_t rounds = 0, points = 0;
  while (rounds < MOST_ROUNDS && (rounds < 3 || all < 0.05)) {
    dc_bookings *b = NULL;
    dc_error error;
    double start = seconds();
    if (dc_bookings_new(input, &b, &error)) {
      fprintf(stderr, "bench_bookings: %s\n", error.message);
      return 1;
    }
    all += took[rounds++] = seconds() - start;
    points = b->n;
    dc_bookings_free(b);
  }
  qsort(took, rounds, sizeof *took, compare);
  printf("%-20s %8zu %10.3f %10.3f %8zu\n", k->name, n, 1e3 * took[0], 1e3 * took[rounds / 2], points);
  return 0;
}

int main(int argc, char **argv)
{
  size_t largest = argc > 2 ? (size_t)strtoull(argv[2], NULL, 10) : 300000;
  const char *filter = argc > 3 ? argv[3] : "";
  double *memory = malloc(3 * sizes[sizeof sizes / sizeof *sizes - 1] * sizeof *memory);
  if (!memory) return 1;
  printf("%-20s %8s %10s %10s %8s\n", "kind", "deals", "ms min", "ms median", "points");
  int bad = 0;
  for (size_t j = 0; j < sizeof kinds / sizeof *kinds && !bad; j++)
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes && !bad; s++) {
      size_t n = sizes[s];
      if (n > largest || !strstr(kinds[j].name, filter)) continue;
      draw(kinds + j, n, memory, memory + n, memory + 2 * n);
      dc_bookings_input input = {
          .n = n, .p = memory, .amount = memory + n, .log_sd = memory + 2 * n, .phi = kinds[j].phi};
      bad = measure(kinds + j, n, &input);
    }
  free(memory);
  return bad;
}
