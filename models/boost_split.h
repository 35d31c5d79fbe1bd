/* The best split of a node by its histogram. */
#ifndef DC_MODELS_BOOST_SPLIT_H
#define DC_MODELS_BOOST_SPLIT_H

#include "models/boost.h"

typedef struct boost_sum {
  int64_t g, h;
} boost_sum;

/* histogram: n_features x BOOST_BINS; used: of features. split->feature is DC_LEAF where none gains. */
void boost_find_split(const boost_data *data, const boost_rules *rules, const bool *used, const boost_sum *histogram,
                      boost_sum all, boost_scale scale, boost_split *split);

/* -g / (h + l2) of sums, where there is no curvature 0. */
double boost_value(const boost_rules *rules, boost_sum sum, boost_scale scale);

#endif
