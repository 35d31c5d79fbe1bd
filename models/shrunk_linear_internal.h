/* The door for tests: dc_linear_fit with a say in which factors are dense. */
#ifndef DC_MODELS_SHRUNK_LINEAR_INTERNAL_H
#define DC_MODELS_SHRUNK_LINEAR_INTERNAL_H

#include "dealcast/model/shrunk_linear.h"
#include "models/shrunk.h"

dc_status dc_linear_fit_with(const dc_linear_rows *rows, double prior_sigma, int threads,
                             const dc_shrunk_limits *limits, dc_linear **fit, dc_error *error) DC_MUST_CHECK;

#endif
