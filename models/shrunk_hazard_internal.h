/* The door for tests: dc_hazard_fit with a say in which factors are dense. */
#ifndef DC_MODELS_SHRUNK_HAZARD_INTERNAL_H
#define DC_MODELS_SHRUNK_HAZARD_INTERNAL_H

#include "dealcast/model/shrunk_hazard.h"
#include "models/shrunk.h"

dc_status dc_hazard_fit_with(const dc_hazard_rows *rows, const dc_hazard_options *options,
                             const dc_shrunk_limits *limits, const dc_hazard *start, dc_hazard **fit,
                             dc_error *error) DC_MUST_CHECK;

#endif
