/* What may predict is looked at once more: columns that tell nothing, or nothing new, and those that tell all. */
#ifndef DC_RUN_PREDICTORS_H
#define DC_RUN_PREDICTORS_H

#include "engine/run/resolve.h"

/* Attributes with one value only, and those that set the deals apart exactly as an earlier one does, predict no longer;
 * `dropped` says why, and names the twin. */
dc_status dc_predictors_review(dc_resolved *resolved, dc_error *error) DC_MUST_CHECK;

/* Warns of each predictor (the stage before the closing among them) of which every value has only won or only lost
 * deals: no likelihood has a maximum there, the estimates are the penalty's. */
void dc_predictors_warn(const dc_resolved *resolved, dc_result *result);

#endif
