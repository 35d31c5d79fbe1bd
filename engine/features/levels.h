/* Words as levels of a factor. Only words that were known on a day count, in order of their bytes: a stage or an owner that
 * comes later changes neither the number of levels nor a bit of what is fitted. */
#ifndef DC_FEATURES_LEVELS_H
#define DC_FEATURES_LEVELS_H

#include "engine/deals/deals.h"

/* of[code] is the level of a word's code, 0 = missing or not known then; n levels, level 0 included. */
typedef struct dc_levels {
  size_t n;
  uint32_t *of;
} dc_levels;

dc_status dc_levels_of_stages(const dc_deals *deals, int32_t asked, dc_levels *levels, dc_error *error) DC_MUST_CHECK;
dc_status dc_levels_of_owners(const dc_deals *deals, int32_t asked, dc_levels *levels, dc_error *error) DC_MUST_CHECK;
dc_status dc_levels_of_attribute(const dc_deals *deals, const dc_attribute *attribute, int32_t asked, dc_levels *levels,
                                 dc_error *error) DC_MUST_CHECK;
void dc_levels_clear(dc_levels *levels);

#endif
