/* Time of a logistic regression of 900,000 rows: 5 numbers, 4 categorical columns, 31 coefficients.
 *
 * bench_logistic FILE [ROUNDS]; FILE is what the peers' prep_features.py writes (NAME.bin); any other is not read, and rows of
 * the same shape are drawn instead. One fit that does not count, then ROUNDS; what is timed is dc_model_fit, from typed
 * columns to a judged fit. */
#include "bench/deals31.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>

enum { DEFAULT_ROUNDS = 9 };

/* n, how many numbers and factors, levels of these; numbers; codes of two bytes; outcomes of one. */
static bool read_features(FILE *in, rows *r)
{
  int64_t head[3], levels[16];
  if (fread(head, sizeof *head, 3, in) != 3 || head[1] != NUMBERS || head[2] < FACTORS || head[2] > 16) return false;
  if (fread(levels, sizeof *levels, (size_t)head[2], in) != (size_t)head[2]) return false;
  r->n = (size_t)head[0];
  uint16_t *code = malloc(r->n * sizeof *code);
  uint8_t *y = malloc(r->n);
  bool good = make_room(r, r->n) && code && y;
  for (size_t j = 0; j < NUMBERS && good; j++) good = fread(r->number[j], sizeof(double), r->n, in) == r->n;
  for (size_t f = 0; f < (size_t)head[2] && good; f++) {
    good = fread(code, sizeof *code, r->n, in) == r->n;
    if (f >= FACTORS) continue;
    r->levels[f] = (uint32_t)levels[f];
    for (size_t i = 0; i < r->n && good; i++) r->code[f][i] = (uint8_t)code[i];
  }
  good = good && fread(y, 1, r->n, in) == r->n;
  for (size_t i = 0; i < r->n && good; i++) r->y[i] = y[i];
  free(code);
  free(y);
  return good;
}

static double uniform(uint64_t *state)
{
  uint64_t z = *state += 0x9e3779b97f4a7c15ULL;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
  return ((double)((z ^ z >> 31) >> 11) + 0.5) * 0x1p-53;
}

static bool draw(rows *r)
{
  static const uint32_t levels[FACTORS] = {5, 8, 10, 6};
  uint64_t state = 1;
  r->n = DRAWN;
  if (!make_room(r, r->n)) return false;
  memcpy(r->levels, levels, sizeof levels);
  for (size_t i = 0; i < r->n; i++) {
    double eta = -0.5;
    for (size_t j = 0; j < NUMBERS; j++) eta += 0.2 * (r->number[j][i] = -log(uniform(&state)));
    for (size_t f = 0; f < FACTORS; f++) {
      r->code[f][i] = (uint8_t)(uniform(&state) * levels[f]);
      eta -= 0.1 * r->code[f][i];
    }
    r->y[i] = uniform(&state) * (1 + exp(-eta)) < 1;
  }
  return true;
}

static bool time_fits(const rows *r, int threads, size_t rounds)
{
  double took[MOST_ROUNDS];
  dc_fit *made = NULL;
  for (size_t k = 0; k <= rounds; k++) {
    double start = seconds();
    if (!fit_model("logistic", r, threads, &made)) return false;
    if (k) took[k - 1] = seconds() - start;
    if (k < rounds) dc_fit_free(made);
  }
  qsort(took, rounds, sizeof *took, ascending);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("logistic T%d: median %.4f s, least %.4f s, %.0f rows/ms, %.0f steps, deviance %.6f, peak %ld MiB\n", threads,
         took[rounds / 2], took[0], (double)r->n / took[rounds / 2] / 1000, dc_fit_figure(made, "iterations"),
         dc_fit_figure(made, "deviance"), usage.ru_maxrss / 1024);
  if (threads == 2) {
    printf("coefficients");
    for (size_t k = 0; k < made->n_columns; k++) printf(" %.10f", made->coefficients[k].estimate);
    printf("\n");
  }
  dc_fit_free(made);
  return true;
}

int main(int argc, char **argv)
{
  rows r = {0};
  if (argc < 2) {
    fprintf(stderr, "usage: bench_logistic FILE [ROUNDS]\n");
    return 2;
  }
  size_t rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : DEFAULT_ROUNDS, length = strlen(argv[1]);
  if (rounds < 1 || rounds > MOST_ROUNDS) rounds = DEFAULT_ROUNDS;
  bool features = length > 4 && strcmp(argv[1] + length - 4, ".bin") == 0;
  FILE *in = features ? fopen(argv[1], "rb") : NULL;
  bool good = features ? in && read_features(in, &r) : draw(&r);
  if (in) fclose(in);
  if (!good) {
    fprintf(stderr, "bench_logistic: cannot read %s\n", argv[1]);
    return 1;
  }
  printf("%zu rows %s\n", r.n, features ? argv[1] : "drawn");
  good = time_fits(&r, 1, rounds) && time_fits(&r, 2, rounds);
  for (size_t j = 0; j < NUMBERS; j++) free(r.number[j]);
  for (size_t f = 0; f < FACTORS; f++) free(r.code[f]);
  free(r.y);
  return good ? 0 : 1;
}
