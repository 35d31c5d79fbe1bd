/* How long each stage of a run took, for --timings. Nothing else may look at a clock. */
#ifndef DC_RUN_LAPS_H
#define DC_RUN_LAPS_H

#include "dealcast/result.h"

enum { DC_MOST_LAPS = 16 };

typedef struct dc_laps {
  double last;
  int n;
  const char *name[DC_MOST_LAPS];
  double seconds[DC_MOST_LAPS];
} dc_laps;

void dc_laps_start(dc_laps *laps);

/* The time since the last lap, or the start, was spent on `name` (not copied). */
void dc_lap(dc_laps *laps, const char *name);

/* To the result's timings, in the order in which they were run. */
void dc_laps_tell(const dc_laps *laps, dc_result *result);

#endif
