/* Everything that was known at an origin, in one pass over the deals. */
#ifndef DC_FORECAST_SNAPSHOT_H
#define DC_FORECAST_SNAPSHOT_H

#include "engine/deals/deals.h"

typedef struct dc_booking {
  int32_t day;
  uint32_t deal;
  double amount; /* NaN = not known */
} dc_booking;

typedef struct dc_snapshot {
  int32_t day;
  size_t n_open;
  uint32_t *open; /* deals, in canonical order */
  dc_view *view;  /* of the open deals */
  size_t n_booked;
  dc_booking *booked; /* won deals, in canonical order */
  int64_t won, lost, absent;
} dc_snapshot;

dc_status dc_snapshot_take(const dc_deals *deals, int32_t day, dc_snapshot *snapshot, dc_error *error) DC_MUST_CHECK;
void dc_snapshot_clear(dc_snapshot *snapshot);

typedef struct dc_sum {
  double amount; /* of those whose amount is known */
  double count;
} dc_sum;

/* Bookings on the days first .. last. */
dc_sum dc_snapshot_booked(const dc_snapshot *snapshot, int32_t first, int32_t last);

#endif
