#include "tests/models/birthwt.h"

#include "tests/check.h"

#include <math.h>

birthwt *birthwt_read(void)
{
  static const char *const names[BIRTHWT_TERMS] = {"age", "lwt", "race", "smoke", "ptl", "ht", "ui", "ftv"};
  const char *path = check_data("DEALCAST_SUITES", "r-models/birthwt.csv");
  if (!path) return NULL;
  birthwt *b = calloc(1, sizeof *b);
  assert_non_null(b);
  b->csv = suite_csv_read(path);
  for (size_t t = 0; t < BIRTHWT_TERMS; t++) {
    b->term[t] = (dc_term){.name = names[t]};
    if (strcmp(names[t], "race") == 0) {
      b->term[t].kind = DC_TERM_FACTOR;
      b->term[t].codes = suite_csv_words(b->csv, names[t]);
    } else {
      b->term[t].number = suite_csv_numbers(b->csv, names[t]);
    }
  }
  b->fitting.model = "logistic";
  b->fitting.design = (dc_design){
      .n_rows = b->csv->rows, .intercept = true, .n_terms = BIRTHWT_TERMS, .terms = b->term};
  b->fitting.response = (dc_response){.name = "low", .y = suite_csv_numbers(b->csv, "low")};
  return b;
}

void birthwt_free(birthwt *b)
{
  suite_csv_free(b->csv);
  free(b);
}

double birthwt_at(const birthwt *b, size_t row, size_t column)
{
  if (column == 0) return 1;
  if (column == 3 || column == 4) return dc_codes_at(&b->term[2].codes, row) + 2 == column;
  return b->term[column < 3 ? column - 1 : column - 2].number[row];
}

double birthwt_score(const birthwt *b, const dc_fit *fit, size_t column, double *variance)
{
  double sum = 0, square = 0, score = 0, n = (double)b->csv->rows;
  for (size_t i = 0; i < b->csv->rows; i++) {
    double eta = 0, x = birthwt_at(b, i, column);
    for (size_t j = 0; j < BIRTHWT_COLUMNS; j++) eta += birthwt_at(b, i, j) * fit->coefficients[j].estimate;
    sum += x;
    square += x * x;
    score += x * (b->fitting.response.y[i] - 1 / (1 + exp(-eta)));
  }
  *variance = square / n - sum / n * (sum / n);
  return score;
}
