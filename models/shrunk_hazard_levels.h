/* Ridge levels of which no row speaks have the estimate 0 exactly, and say nothing of their factor's variance. They are
 * left out of the fit and put back afterwards: the dense block costs the cube of its width. */
#ifndef DC_MODELS_SHRUNK_HAZARD_LEVELS_H
#define DC_MODELS_SHRUNK_HAZARD_LEVELS_H

#include "dealcast/model/shrunk_hazard.h"
#include "engine/base/arena.h"

#define DC_LEVEL_ABSENT UINT32_MAX

/* spoken  the same rows over the levels that they speak of; log_length and weight are shared with the original
 * to      per level of the original, factor after factor: its level in `spoken`, or DC_LEVEL_ABSENT */
typedef struct dc_hazard_levels {
  dc_hazard_rows spoken;
  uint32_t *to;
} dc_hazard_levels;

/* From the arena. Codes must be valid. */
dc_status dc_hazard_levels_find(const dc_hazard_rows *rows, dc_arena *arena, dc_hazard_levels *levels,
                                dc_error *error) DC_MUST_CHECK;

#endif
