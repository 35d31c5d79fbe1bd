/* Time of least squares of 900,000 rows: 5 numbers, 4 categorical columns, 31 coefficients.
 *
 * bench_linear FILE [ROUNDS [FRAME]]; FILE is a CSV of the peers' gen_deals; of any other only the time for rows of the same
 * shape, drawn here, is told. FRAME is written for R. One fit that does not count, then ROUNDS, in turns for one and two
 * threads; what is timed is dc_model_fit, from typed columns to a judged fit. */
#include "bench/deals31.h"
#include "engine/base/random.h"
#include "engine/ingest/load.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>

enum { DEFAULT_ROUNDS = 7, THREADS = 2 };

/* The closed deals of a table, as the peers' prep_features.py makes them. */
static bool take_deals(const dc_table *t, rows *r)
{
  static const char *const wanted[] = {"stage", "outcome", "amount", "discount", "activities", "days_in_stage"};
  const dc_column *c[6], *factor[FACTORS];
  for (size_t k = 0; k < 6 + FACTORS; k++) {
    int found = dc_table_find(t, k < 6 ? wanted[k] : names[NUMBERS + k - 6]);
    if (found < 0) return false;
    const dc_column *column = &t->columns[found];
    bool words = k == 0 || k >= 6;
    if (column->type != (words ? DC_TYPE_CATEGORY : DC_TYPE_NUMBER) || (words && column->n_words > 255)) return false;
    if (k < 6)
      c[k] = column;
    else
      factor[k - 6] = column;
  }
  if (!make_room(r, t->rows)) return false;
  for (size_t i = 0; i < t->rows; i++) {
    const char *stage = c[0]->words[dc_column_code(c[0], i)];
    if (strcmp(stage, "Won") != 0 && strcmp(stage, "Lost") != 0) continue;
    double discount = c[3]->number[i];
    r->y[r->n] = c[1]->number[i];
    r->number[0][r->n] = log(c[2]->number[i]);
    r->number[1][r->n] = isnan(discount) ? 0 : discount;
    r->number[2][r->n] = isnan(discount);
    r->number[3][r->n] = c[4]->number[i];
    r->number[4][r->n] = c[5]->number[i];
    for (size_t f = 0; f < FACTORS; f++) r->code[f][r->n] = (uint8_t)(dc_column_code(factor[f], i) - 1);
    r->n++;
  }
  for (size_t f = 0; f < FACTORS; f++) r->levels[f] = (uint32_t)factor[f]->n_words - 1;
  return true;
}

static bool draw(rows *r)
{
  static const uint32_t levels[FACTORS] = {5, 8, 10, 6};
  if (!make_room(r, DRAWN)) return false;
  r->n = DRAWN;
  memcpy(r->levels, levels, sizeof levels);
  for (size_t i = 0; i < r->n; i++) {
    r->y[i] = dc_random_uniform(1, 0, i);
    for (size_t j = 0; j < NUMBERS; j++) r->y[i] += .2 * (r->number[j][i] = -log(dc_random_uniform(1, j + 1, i)));
    for (size_t f = 0; f < FACTORS; f++) {
      r->code[f][i] = (uint8_t)(dc_random_uniform(1, f + 10, i) * levels[f]);
      r->y[i] -= .1 * r->code[f][i];
    }
  }
  return true;
}

static bool write_frame(const rows *r, const char *path)
{
  FILE *out = fopen(path, "w");
  if (!out) return false;
  for (size_t k = 0; k < NUMBERS + FACTORS; k++) fprintf(out, "%s,", names[k]);
  fprintf(out, "outcome\n");
  for (size_t i = 0; i < r->n; i++) {
    for (size_t j = 0; j < NUMBERS; j++) fprintf(out, "%.17g,", r->number[j][i]);
    for (size_t f = 0; f < FACTORS; f++) fprintf(out, "l%02d,", r->code[f][i]);
    fprintf(out, "%.17g\n", r->y[i]);
  }
  return fclose(out) == 0;
}

static bool time_fits(const rows *r, size_t rounds)
{
  double took[THREADS][MOST_ROUNDS];
  dc_fit *made = NULL;
  for (size_t k = 0; k <= rounds; k++) {
    for (int t = 0; t < THREADS; t++) {
      double start = seconds();
      dc_fit_free(made);
      made = NULL;
      if (!fit_model("linear", r, t + 1, &made)) return false;
      if (k) took[t][k - 1] = seconds() - start;
    }
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  for (int t = 0; t < THREADS; t++) {
    qsort(took[t], rounds, sizeof **took, ascending);
    printf("linear T%d median %.4f s, least %.4f s, %.1f rows/us\n", t + 1, took[t][rounds / 2], took[t][0],
           (double)r->n / took[t][rounds / 2] * 1e-6);
  }
  printf("coefficients");
  for (size_t k = 0; k < made->n_columns; k++) printf(" %.12g", made->coefficients[k].estimate);
  printf("\nerrors");
  for (size_t k = 0; k < made->n_columns; k++) printf(" %.12g", made->coefficients[k].error);
  printf("\nsigma %.12g, peak %ld MiB\n", dc_fit_figure(made, "sigma"), usage.ru_maxrss / 1024);
  dc_fit_free(made);
  return true;
}

int main(int argc, char **argv)
{
  int rounds = argc > 2 ? atoi(argv[2]) : DEFAULT_ROUNDS;
  if (argc < 2 || rounds < 1 || rounds > MOST_ROUNDS) {
    fprintf(stderr, "usage: %s FILE [ROUNDS [FRAME]]\n", argv[0]);
    return 2;
  }
  rows r = {0};
  const char *path = argv[1];
  dc_load_request request = {.paths = &path, .n_paths = 1, .threads = THREADS};
  dc_load *load = NULL;
  dc_error error;
  bool read = dc_load_csv(&request, &load, &error) == DC_OK && take_deals(load->table, &r);
  dc_load_free(load);
  if (!read && !draw(&r)) return 1;
  printf("%zu rows x 31 of %s, median of %d rounds\n", r.n, read ? path : "the same shape, drawn", rounds);
  if (argc > 3 && !write_frame(&r, argv[3])) return 1;
  return time_fits(&r, (size_t)rounds) ? 0 : 1;
}
