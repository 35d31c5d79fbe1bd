/* Trees whose values sum to linear predictors, as boosting makes them. */
#ifndef DEALCAST_MODEL_FOREST_H
#define DEALCAST_MODEL_FOREST_H

#include "dealcast/model/design.h"

#define DC_LEAF UINT32_MAX

/* A row goes left where its number is at most the threshold, or its level is in the set; without a value, where
 * missing_left says. A level that was not there in the fit has no value. */
typedef struct dc_node {
  uint32_t term;        /* of the design: NUMBER or FACTOR; DC_LEAF = none, it is a leaf */
  uint32_t left, right; /* nodes of the forest */
  bool missing_left;
  double threshold; /* NUMBER */
  uint32_t set;     /* FACTOR: first word of its levels' bits in `bits` */
  double value;     /* of a leaf, what it adds */
  double cover;     /* sum of weights of the rows that came here */
} dc_node;

typedef struct dc_forest {
  size_t n_equations, n_trees, n_nodes, n_bits;
  uint32_t *root;     /* n_trees: the first node of each; its others follow */
  uint32_t *equation; /* n_trees */
  dc_node *node;      /* children behind their parents */
  uint32_t *bits;
  double *base; /* n_equations: of the linear predictor, before any tree */
} dc_forest;

void dc_forest_free(dc_forest *forest);

/* The leaf that a row of a design comes to in a tree. */
const dc_node *dc_forest_leaf(const dc_forest *forest, size_t tree, const dc_design *design, size_t row);

/* eta: n_equations, without the offset. */
void dc_forest_eta(const dc_forest *forest, const dc_design *design, size_t row, double *eta);

#endif
