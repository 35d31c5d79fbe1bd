/* Simulated rows for the tests of linear, with known coefficients. */
#ifndef TESTS_MODELS_LINEAR_WORLD_H
#define TESTS_MODELS_LINEAR_WORLD_H

#include "tests/models/fitting.h"

enum { MOST_ROWS = 1200, NUMBERS = 3, LEVELS = 6, CLUSTERS = 40, SETS = 5 };

/* Three numbers, two factors, a slope by level; weights, offsets, clusters. */
typedef struct world {
  size_t n;
  double number[NUMBERS][MOST_ROWS], y[MOST_ROWS], weight[MOST_ROWS], offset[MOST_ROWS];
  uint8_t level[MOST_ROWS];
  uint16_t other[MOST_ROWS];
  uint32_t cluster[MOST_ROWS];
  dc_term terms[6];
  dc_codes clusters;
} world;

world *new_world(size_t n); /* n <= MOST_ROWS; the caller frees it */

/* The first terms of the world, in linear. */
fitting fitting_of(world *w, size_t terms);
/* All terms: plain; with weights; with an offset; with both; without intercept. which < SETS. */
fitting variant(world *w, int which);

double world_uniform(uint64_t stream, size_t draw);
double world_normal(uint64_t stream, size_t draw);

#endif
