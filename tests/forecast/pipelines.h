/* Pipelines of made-up deals for tests of bookings. */
#ifndef TESTS_FORECAST_PIPELINES_H
#define TESTS_FORECAST_PIPELINES_H

#include "engine/forecast/bookings.h"
#include <stdint.h>

enum { MOST = 4000, KINDS = 600 };

typedef struct pipeline {
  size_t n, n_new;
  double p[MOST], amount[MOST], log_sd[MOST], rate[KINDS], new_amount[KINDS], new_log_sd[KINDS];
} pipeline;

typedef struct rng {
  uint64_t seed, draw;
} rng;

double uniform(rng *r);
double normal(rng *r);

/* Deals and kinds of lognormal amounts around 1000; what the tests vary is set afterwards. The caller frees it. */
pipeline *random_pipeline(size_t n, size_t n_new, double spread, double log_sd, double low, double high);

/* The pipeline's arrays as an input. */
dc_bookings_input input_of(const pipeline *p, double phi, double new_variance, double fixed);

/* The distribution; fails the test on any error. */
dc_bookings *made(const dc_bookings_input *in);

#endif
