#include "engine/forecast/snapshot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void dc_snapshot_clear(dc_snapshot *s)
{
  free(s->open);
  free(s->view);
  free(s->booked);
  memset(s, 0, sizeof *s);
}

static dc_status count(const dc_deals *deals, int32_t day, dc_snapshot *s)
{
  dc_view view;
  for (size_t i = 0; i < deals->n; i++) {
    dc_deals_view(deals, i, day, &view);
    if (view.state == DC_STATE_OPEN) s->n_open++;
    if (view.state == DC_STATE_WON) s->n_booked++;
  }
  s->open = malloc((s->n_open + 1) * sizeof *s->open);
  s->view = malloc((s->n_open + 1) * sizeof *s->view);
  s->booked = malloc((s->n_booked + 1) * sizeof *s->booked);
  return s->open && s->view && s->booked ? DC_OK : DC_E_MEMORY;
}

dc_status dc_snapshot_take(const dc_deals *deals, int32_t day, dc_snapshot *s, dc_error *error)
{
  memset(s, 0, sizeof *s);
  s->day = day;
  if (count(deals, day, s) != DC_OK) {
    dc_snapshot_clear(s);
    return dc_fail_memory(error, "looking at the deals of a past day");
  }
  s->n_open = s->n_booked = 0;
  for (size_t i = 0; i < deals->n; i++) {
    dc_view view;
    dc_deals_view(deals, i, day, &view);
    switch (view.state) {
      case DC_STATE_OPEN:
        s->open[s->n_open] = (uint32_t)i;
        s->view[s->n_open++] = view;
        break;
      case DC_STATE_WON:
        s->booked[s->n_booked++] = (dc_booking){view.closed, (uint32_t)i, view.amount};
        s->won++;
        break;
      case DC_STATE_LOST: s->lost++; break;
      default: s->absent++; break;
    }
  }
  return DC_OK;
}

dc_sum dc_snapshot_booked(const dc_snapshot *s, int32_t first, int32_t last)
{
  dc_sum sum = {0, 0};
  for (size_t k = 0; k < s->n_booked; k++) {
    if (s->booked[k].day < first || s->booked[k].day > last) continue;
    sum.count++;
    if (!isnan(s->booked[k].amount)) sum.amount += s->booked[k].amount;
  }
  return sum;
}
