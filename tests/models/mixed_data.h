/* Small tables and simulated designs for the tests of mixed models. */
#ifndef TESTS_MODELS_MIXED_DATA_H
#define TESTS_MODELS_MIXED_DATA_H

#include "dealcast/model/model.h"
#include "engine/base/arena.h"
#include "tests/check.h"

enum { MIXED_COLUMNS = 8 };

/* A CSV of plain cells: numbers, or words made into codes in order of first appearance (that of R's factors where the
 * file is sorted). */
typedef struct mixed_table {
  size_t n;
  int columns;
  char name[MIXED_COLUMNS][32];
  double *number[MIXED_COLUMNS];
  uint32_t *code[MIXED_COLUMNS];
  uint32_t levels[MIXED_COLUMNS];
} mixed_table;

bool mixed_read(const char *path, mixed_table *t);
void mixed_free(mixed_table *t);

/* The fit of model mixed, which must do well; NULL option values = the initial ones. The caller frees it. */
dc_fit *mixed_fit(const dc_design *design, const dc_response *response, const double *option, int threads);

/* Decimal digits in which a agrees with b. */
double mixed_digits(double a, double b);

void mixed_seed(uint64_t seed);
double mixed_uniform(void);
double mixed_normal(void);

#endif
