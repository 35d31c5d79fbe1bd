/* The parts of boosted trees: histograms of fixed-point gradients, trees grown leaf by leaf, rounds of them.
 *
 * Gradients and curvatures of rows are whole numbers of 2^-k, so their sums are exact in any order and every tree is the
 * same for any number of threads and order of rows (Shi et al. 2022, quantised training). Splits by the gain of a second-order
 * expansion (Chen and Guestrin 2016, sections 2.2 and 3.4); leaf-wise growth, sets of levels sorted by their mean gradient
 * (Ke et al. 2017; Fisher 1958). */
#ifndef DC_MODELS_BOOST_H
#define DC_MODELS_BOOST_H

#include "dealcast/model/forest.h"
#include "dealcast/model/model.h"

enum { BOOST_BINS = 256, BOOST_MOST_LEAVES = 1024 };

/* A term as bins: 0 .. bins - 1, and `bins` where there is no value; at most 256 in all. */
typedef struct boost_feature {
  const dc_term *term;
  uint32_t bins;
  double *cut;     /* NUMBER: bins - 1 values; a number at most cut[b] and above cut[b - 1] is in bin b */
  uint8_t *bin_of; /* FACTOR, by level. Levels beyond the 254 most frequent share the last bin */
} boost_feature;

typedef struct boost_data {
  const dc_task *task;
  size_t n, n_features, stride; /* of a row in bytes */
  boost_feature *feature;       /* in the order of terms */
  uint8_t *code;                /* n x stride */
} boost_data;

dc_status boost_bin(const dc_task *task, boost_data *data, dc_error *error) DC_MUST_CHECK;

/* ---- losses ---- */

typedef enum boost_loss { BOOST_LOGISTIC, BOOST_SOFTMAX, BOOST_SQUARED, BOOST_QUANTILE } boost_loss;

typedef struct boost_target {
  boost_loss loss;
  size_t equations;
  double quantile;
  const double *y, *weight, *trials, *offset; /* all but y may be NULL */
  const int32_t *kind;                        /* SOFTMAX: of each row its equation, -1 = the reference; y is NULL */
} boost_target;

typedef struct boost_pair {
  int32_t g, h;
} boost_pair;

/* What g and h of pairs are counted in. */
typedef struct boost_scale {
  double g, h; /* powers of 2 */
} boost_scale;

/* Losses of rows: of each its gradient and curvature by the linear predictor of an equation, or its loss. */
dc_status boost_gradients(const boost_data *data, const boost_target *target, const double *eta, size_t equation,
                          boost_pair *pair, boost_scale *scale, dc_error *error) DC_MUST_CHECK;
/* Sums over rows that are marked; marked NULL = all. */
dc_status boost_loss_of(const boost_data *data, const boost_target *target, const double *eta, const uint8_t *marked,
                        double *loss, double *weight, dc_error *error) DC_MUST_CHECK;
/* The best constants. */
dc_status boost_base(const boost_data *data, const boost_target *target, double *base, dc_error *error) DC_MUST_CHECK;

/* ---- trees ---- */

typedef struct boost_rules {
  size_t leaves;
  double l2, least_curvature, least_gain, level_l2;
  double column_share;
  uint64_t seed;
} boost_rules;

/* A tree in terms of bins. */
typedef struct boost_split {
  uint32_t feature; /* DC_LEAF: none */
  uint32_t bin;     /* NUMBER: bins up to it go left */
  uint32_t set[BOOST_BINS / 32];
  bool missing_left;
  double gain, value; /* value: of a leaf */
  uint32_t left, right;
  double cover;
} boost_split;

typedef struct boost_tree {
  size_t n;
  boost_split node[2 * BOOST_MOST_LEAVES];
} boost_tree;

/* Scratch of growing; rows of the tree at hand grouped by node. */
typedef struct boost_grower boost_grower;
boost_grower *boost_grower_new(const boost_data *data, size_t leaves); /* from the arena; NULL when memory ends */

/* A tree on rows[0 .. n) (changed: grouped by leaf). pair: of every row of the data. */
dc_status boost_grow(boost_grower *grower, const boost_rules *rules, uint64_t number, uint32_t *rows, size_t n,
                     const boost_pair *pair, boost_scale scale, boost_tree *tree, dc_error *error) DC_MUST_CHECK;
/* After it: eta += value of its leaf of the rows of the tree. */
void boost_add_grown(const boost_grower *grower, const boost_tree *tree, const uint32_t *rows, double *eta,
                     size_t stride);
/* How many rows a leaf has, from which place of the rows of the tree. */
size_t boost_rows_of(const boost_grower *grower, size_t leaf, size_t *first);
/* The leaf of any row of the data. */
const boost_split *boost_leaf(const boost_data *data, const boost_tree *tree, size_t row);

/* ---- rounds ---- */

typedef struct boost_plan {
  size_t trees, leaves; /* rounds at most; leaves 0 = as rows held out like it best */
  size_t folds;         /* 0: all the trees; otherwise as many as rows held out like best */
  bool in_time;         /* what is held out are the last rows */
  double rate;
  boost_rules rules;
} boost_plan;

typedef struct boost_outcome {
  dc_forest *forest; /* owned by the caller */
  double *gain;      /* of each term, n_features, from the arena */
  size_t rounds, leaves;
  double held_out; /* loss a unit of weight of rows held out; NaN = none were */
  double loss;     /* of all rows */
  bool ended;      /* held-out rows did not like more; false: there were no more rounds */
} boost_outcome;

dc_status boost_run(const boost_data *data, const boost_target *target, const boost_plan *plan, boost_outcome *outcome,
                    dc_error *error) DC_MUST_CHECK;

/* A tree behind those of a forest. */
dc_status boost_plant(dc_forest *forest, const boost_data *data, const boost_tree *tree, size_t equation,
                      dc_error *error) DC_MUST_CHECK;
dc_forest *boost_forest_new(size_t equations, const double *base); /* NULL when memory ends */

#endif
