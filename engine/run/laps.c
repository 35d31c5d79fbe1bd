#include "engine/run/laps.h"

#include <time.h>

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void dc_laps_start(dc_laps *laps)
{
  laps->n = 0;
  laps->last = now();
}

void dc_lap(dc_laps *laps, const char *name)
{
  double time = now();
  if (laps->n < DC_MOST_LAPS) {
    laps->name[laps->n] = name;
    laps->seconds[laps->n++] = time - laps->last;
  }
  laps->last = time;
}

void dc_laps_tell(const dc_laps *laps, dc_result *result)
{
  for (int k = 0; k < laps->n; k++) dc_set_number(result, &result->timings, laps->name[k], laps->seconds[k]);
}
