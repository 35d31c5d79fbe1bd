/* What one origin says of the coming periods: booked, from open deals, from deals to come. Raw, before calibration. */
#ifndef DC_FORECAST_PROJECTION_H
#define DC_FORECAST_PROJECTION_H

#include "engine/forecast/amounts.h"
#include "engine/forecast/conversion.h"
#include "engine/forecast/snapshot.h"

/* Arrays over deals and periods are deal-major: value[i * periods + p]. */
typedef struct dc_projection {
  dc_periods periods;
  size_t n_open;
  double *p_win, *p_lost;    /* n_open x periods */
  double *amount, *log_sd;   /* n_open; if won */
  size_t n_new;              /* kinds of deals to come: recent deals as they began */
  uint32_t *kind;            /* the deal that each kind is like */
  size_t *like_at;           /* n_new + 1: kind k speaks for the recent deals like[like_at[k]] .. like[like_at[k + 1] - 1] */
  uint32_t *like;
  double *rate;              /* n_new x periods: expected wins */
  double *new_amount, *new_log_sd;
  double new_variance;       /* of the level of arrivals to come, relative */
  double arrivals_per_day;
  dc_sum booked[DC_MAX_PERIODS];
} dc_projection;

typedef struct dc_projection_request {
  const dc_conversion *conversion;
  const dc_amounts *amounts;
  const dc_snapshot *snapshot;
  const dc_calendar *calendar;
  const dc_periods *periods;
  size_t most_kinds;
  int threads;
} dc_projection_request;

dc_status dc_projection_new(const dc_projection_request *request, dc_projection **projection, dc_error *error)
    DC_MUST_CHECK;
void dc_projection_free(dc_projection *projection);

/* Periods from the one that contains origin + 1. */
void dc_periods_from(const dc_calendar *calendar, int32_t origin, int n, dc_periods *periods);

/* Expected future bookings of a period (open and new), raw. */
dc_sum dc_projection_future(const dc_projection *projection, int period);

#endif
