/* When each deal was open, and how that ended. */
#include "engine/deals/build.h"

#include <stdlib.h>
#include <string.h>

typedef struct builder {
  dc_spell *spells;
  size_t n, capacity;
} builder;

static bool push(builder *b, dc_spell spell)
{
  if (b->n == b->capacity) {
    size_t capacity = b->capacity ? 2 * b->capacity : 1024;
    dc_spell *grown = realloc(b->spells, capacity * sizeof *grown);
    if (!grown) return false;
    b->spells = grown;
    b->capacity = capacity;
  }
  b->spells[b->n++] = spell;
  return true;
}

static dc_state closing_state(uint8_t meaning)
{
  return meaning == DC_MEANING_WON ? DC_STATE_WON : meaning == DC_MEANING_LOST ? DC_STATE_LOST : DC_STATE_OPEN;
}

/* Walks one deal's events. A closed deal that turns to the other outcome was reopened and closed on that day. */
static bool walk_events(builder *b, const dc_event *events, size_t n, int32_t created, dc_booked_at booked_at)
{
  dc_spell *last;
  int32_t start = created != DC_DATE_MISSING && created < events[0].day ? created : events[0].day;
  if (!push(b, (dc_spell){start, DC_DATE_MISSING, DC_STATE_OPEN})) return false;
  for (size_t k = 0; k < n; k++) {
    if (events[k].meaning == DC_MEANING_IGNORE) continue;
    dc_state state = closing_state(events[k].meaning);
    last = &b->spells[b->n - 1];
    if (state == last->state) continue;
    if (last->state == DC_STATE_OPEN) {
      last->end = events[k].day;
      last->state = (int8_t)state;
    } else {
      int32_t end = state == DC_STATE_OPEN ? DC_DATE_MISSING : events[k].day;
      if (!push(b, (dc_spell){events[k].day, end, (int8_t)state})) return false;
    }
    if (state == DC_STATE_WON && booked_at == DC_BOOKED_FIRST) break;
  }
  return true;
}

/* A history that begins after the file's closing date and never says anything else was written by an import: it tells
 * nothing of the deal's life. */
static bool imported_closed(const dc_event *events, size_t n, int32_t closed, dc_state filed)
{
  if (filed == DC_STATE_OPEN || closed == DC_DATE_MISSING || closed >= events[0].day) return false;
  for (size_t k = 0; k < n; k++)
    if (events[k].meaning != DC_MEANING_IGNORE && closing_state(events[k].meaning) != filed) return false;
  return true;
}

/* The deals file closes what the history left open; other disagreements are counted and the history stands. */
static void reconcile(dc_deals *deals, dc_spell *last, int32_t closed, dc_state filed)
{
  if (filed == (dc_state)last->state) return;
  if (last->state == DC_STATE_OPEN && closed != DC_DATE_MISSING && closed >= last->start) {
    last->end = closed;
    last->state = (int8_t)filed;
  }
  deals->disagreements++;
}

dc_status dc_spells_build(dc_deals *deals, const dc_config *config, const int32_t *created, const int32_t *closed,
                          const uint8_t *meaning, dc_error *error)
{
  builder b = {NULL, 0, deals->n + deals->n / 16 + 16};
  b.spells = malloc(b.capacity * sizeof *b.spells);
  bool fine = b.spells != NULL;
  for (size_t i = 0; i < deals->n && fine; i++) {
    deals->spell_at[i] = b.n;
    size_t n_events = (size_t)(deals->event_at[i + 1] - deals->event_at[i]);
    dc_state filed = closing_state(meaning[i]);
    bool in_file = deals->row[i] != DC_ID_NONE;
    const dc_event *events = deals->events + deals->event_at[i];
    if (n_events == 0 || (in_file && imported_closed(events, n_events, closed[i], filed))) {
      int32_t end = filed == DC_STATE_OPEN ? DC_DATE_MISSING : closed[i];
      int32_t start = end != DC_DATE_MISSING && created[i] > end ? DC_DATE_MISSING : created[i];
      fine = push(&b, (dc_spell){start, end, (int8_t)filed});
      continue;
    }
    fine = walk_events(&b, events, n_events, created[i], config->booked_at);
    if (fine && in_file) reconcile(deals, &b.spells[b.n - 1], closed[i], filed);
  }
  deals->spells = b.spells;
  deals->spell_at[deals->n] = b.n;
  return fine ? DC_OK : dc_fail_memory(error, "laying out when deals were open");
}
