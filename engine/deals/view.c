/* The only door to what was known on a day. */
#include "engine/deals/deals.h"

#include <math.h>

/* The last event at or before day, NULL when none. */
static const dc_event *event_before(const dc_deals *deals, size_t i, int32_t day)
{
  uint64_t low = deals->event_at[i], high = deals->event_at[i + 1], first = low;
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    if (deals->events[middle].day <= day)
      low = middle + 1;
    else
      high = middle;
  }
  return low == first ? NULL : &deals->events[low - 1];
}

static void take_event(const dc_event *e, dc_view *view)
{
  view->amount = e->amount;
  view->expected = e->expected;
  view->stage_since = e->stage_since;
  view->touched = e->day;
  view->stage = e->stage;
  view->owner = e->owner;
  view->pushes = e->pushes;
}

/* On the day of export the deals file speaks, where it says something. */
static void take_export(const dc_deals *deals, size_t i, dc_view *view)
{
  if (!isnan(deals->amount[i])) view->amount = deals->amount[i];
  if (deals->expected[i] != DC_DATE_MISSING) view->expected = deals->expected[i];
  if (deals->stage[i]) {
    if (view->stage != deals->stage[i]) view->stage_since = DC_DATE_MISSING;
    view->stage = deals->stage[i];
  }
  if (deals->owner[i]) view->owner = deals->owner[i];
}

static const dc_view nothing = {.state = DC_STATE_ABSENT,
                                .since = DC_DATE_MISSING,
                                .closed = DC_DATE_MISSING,
                                .amount = NAN,
                                .expected = DC_DATE_MISSING,
                                .stage_since = DC_DATE_MISSING,
                                .touched = DC_DATE_MISSING};

void dc_deals_view(const dc_deals *deals, size_t i, int32_t day, dc_view *view)
{
  *view = nothing;
  if (deals->known[i] > day) return;
  const dc_spell *spell = &deals->spells[deals->spell_at[i]];
  for (uint64_t k = deals->spell_at[i] + 1; k < deals->spell_at[i + 1] && deals->spells[k].start <= day; k++)
    spell = &deals->spells[k];
  bool closed = spell->end != DC_DATE_MISSING && spell->end <= day;
  view->state = closed ? (dc_state)spell->state : DC_STATE_OPEN;
  view->since = spell->start;
  if (closed) view->closed = spell->end;
  const dc_event *e = event_before(deals, i, day);
  if (e) take_event(e, view);
  if (day >= deals->export_day) take_export(deals, i, view);
  /* A won deal's amount is told with its last closing. */
  bool last = spell + 1 == &deals->spells[deals->spell_at[i + 1]];
  if (closed && last && isnan(view->amount)) view->amount = deals->amount[i];
}

bool dc_deals_first_view(const dc_deals *deals, size_t i, const dc_spell *spell, int32_t day, dc_view *view)
{
  *view = nothing;
  view->state = DC_STATE_OPEN;
  view->since = spell->start;
  if (deals->event_at[i] == deals->event_at[i + 1]) return false;
  /* A reopened spell begins with the event of its first day; the first spell with the deal's first event. */
  const dc_event *e = &deals->events[deals->event_at[i]];
  while (e + 1 < deals->events + deals->event_at[i + 1] && e->day < spell->start) e++;
  /* A history that starts later than the deal says nothing of its beginning (a day of grace for time zones). */
  if (e->day > spell->start + 1 || e->day > day) return true;
  take_event(e, view);
  bool closing = e->meaning == DC_MEANING_WON || e->meaning == DC_MEANING_LOST;
  if (closing) {
    view->stage = 0;
    view->stage_since = DC_DATE_MISSING;
    view->amount = NAN;
  }
  return true;
}

uint32_t dc_deals_attribute(const dc_deals *deals, const dc_attribute *attribute, size_t i, int32_t asked)
{
  if (asked >= deals->export_day) return attribute->code[i];
  bool told;
  if (attribute->dated) {
    told = deals->event_at[i] < deals->event_at[i + 1] && deals->events[deals->event_at[i]].day <= asked;
  } else {
    const dc_spell *last = &deals->spells[deals->spell_at[i + 1] - 1];
    told = last->end != DC_DATE_MISSING && last->end <= asked;
  }
  return told ? attribute->code[i] : 0;
}

int dc_deals_find_role(const dc_deals *deals, dc_role role)
{
  for (size_t a = 0; a < deals->n_attributes; a++)
    if (deals->attributes[a].role == role) return (int)a;
  return -1;
}
