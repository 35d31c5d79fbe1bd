/* Stage history to events: sorted by deal and instant, unchanged updates dropped, running fields filled in. */
#include "engine/deals/build.h"
#include "engine/deals/duplicates.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct raw_event {
  int64_t instant; /* ms, or day * 86400000 */
  dc_event event;
  uint32_t row;
} raw_event;

/* What the settling of one deal after the other shares. */
typedef struct settling {
  dc_deals *deals;
  const dc_deals_sources *sources;
  uint32_t *deal_of;
  dc_same_key *same; /* room for the rows of one instant */
} settling;

static const dc_column *role_column(const dc_deals_sources *s, dc_role role)
{
  int c = s->history_roles->column[role];
  return c < 0 ? NULL : &s->history->table->columns[c];
}

static int64_t instant_of(const dc_column *column, size_t row)
{
  if (column->type == DC_TYPE_INSTANT) return column->instant[row];
  return column->date[row] == DC_DATE_MISSING ? DC_INSTANT_MISSING : (int64_t)column->date[row] * 86400000;
}

/* Ties in time are broken by content, so that the order of rows in the file does not matter. */
static int compare_raw(const void *left, const void *right)
{
  const raw_event *a = left, *b = right;
  if (a->instant != b->instant) return a->instant < b->instant ? -1 : 1;
  /* At one instant closings come last: a bulk import writes open and closed at once. */
  int closed_a = a->event.meaning == DC_MEANING_WON || a->event.meaning == DC_MEANING_LOST;
  int closed_b = b->event.meaning == DC_MEANING_WON || b->event.meaning == DC_MEANING_LOST;
  if (closed_a != closed_b) return closed_a - closed_b;
  if (a->event.stage != b->event.stage) return a->event.stage < b->event.stage ? -1 : 1;
  if (a->event.expected != b->event.expected) return a->event.expected < b->event.expected ? -1 : 1;
  if (a->event.owner != b->event.owner) return a->event.owner < b->event.owner ? -1 : 1;
  double x = isnan(a->event.amount) ? -1 : a->event.amount, y = isnan(b->event.amount) ? -1 : b->event.amount;
  return x < y ? -1 : x > y;
}

static void read_row(const dc_deals *deals, const dc_deals_sources *s, size_t row, const uint32_t *stage_map,
                     const uint32_t *owner_map, raw_event *raw)
{
  const dc_column *stage = role_column(s, DC_ROLE_STAGE), *owner = role_column(s, DC_ROLE_OWNER);
  const dc_column *amount = role_column(s, DC_ROLE_AMOUNT), *expected = role_column(s, DC_ROLE_EXPECTED_CLOSE);
  memset(raw, 0, sizeof *raw);
  raw->row = (uint32_t)row;
  raw->instant = instant_of(role_column(s, DC_ROLE_CHANGED_AT), row);
  dc_event *e = &raw->event;
  e->day = dc_column_day(role_column(s, DC_ROLE_CHANGED_AT), row, s->config->timezone_minutes);
  e->stage = stage && stage->type == DC_TYPE_CATEGORY ? stage_map[dc_column_code(stage, row)] : 0;
  e->owner = owner && owner->type == DC_TYPE_CATEGORY ? owner_map[dc_column_code(owner, row)] : 0;
  bool worth = amount && amount->type == DC_TYPE_NUMBER && amount->number[row] >= 0;
  e->amount = worth ? dc_amount_settle(amount->number[row]) : NAN;
  e->expected = expected ? dc_column_day(expected, row, s->config->timezone_minutes) : DC_DATE_MISSING;
  e->meaning = deals->stage_meaning[e->stage];
}

/* Empty cells of an update mean "unchanged": carry forward, then the fields that depend on the past. */
static void run_forward(const dc_event *before, dc_event *e)
{
  if (!before) {
    e->stage_since = e->day;
    return;
  }
  if (e->stage == 0) {
    e->stage = before->stage;
    e->meaning = before->meaning;
  }
  if (e->owner == 0) e->owner = before->owner;
  if (isnan(e->amount)) e->amount = before->amount;
  if (e->expected == DC_DATE_MISSING) e->expected = before->expected;
  e->stage_since = e->stage == before->stage ? before->stage_since : e->day;
  e->pushes = before->pushes;
  if (e->expected != DC_DATE_MISSING && before->expected != DC_DATE_MISSING && e->expected > before->expected &&
      e->pushes < UINT16_MAX)
    e->pushes++;
}

static bool same_facts(const dc_event *a, const dc_event *b)
{
  bool amounts = a->amount == b->amount || (isnan(a->amount) && isnan(b->amount));
  return a->stage == b->stage && a->owner == b->owner && a->expected == b->expected && amounts;
}

/* Of the changes raw[0 .. n), all of one deal and instant, those that count; in their order. */
static size_t settle_instant(const settling *s, raw_event *raw, size_t n)
{
  size_t kept = 0;
  for (size_t k = 0; k < n; k++) s->same[k] = (dc_same_key){.row = raw[k].row};
  size_t left = dc_duplicates_drop(s->sources->history, s->same, n);
  if (left > 1) s->deals->same_instants += (int64_t)left;
  for (size_t k = 0; k < n; k++)
    if (s->same[k].dropped) s->deal_of[s->same[k].row] = DC_ID_NONE;
  for (size_t k = 0; k < n; k++)
    if (s->deal_of[raw[k].row] != DC_ID_NONE) raw[kept++] = raw[k];
  return kept;
}

/* Sorts one deal's rows, leaves out what comes twice, and keeps those that changed something; returns how many. */
static size_t settle(const settling *s, raw_event *raw, size_t n, dc_event *out)
{
  size_t kept = 0;
  if (n > 1) qsort(raw, n, sizeof *raw, compare_raw);
  for (size_t from = 0, next; from < n; from = next) {
    for (next = from + 1; next < n && raw[next].instant == raw[from].instant;) next++;
    size_t left = next - from > 1 ? settle_instant(s, raw + from, next - from) : 1;
    for (size_t k = from; k < from + left; k++) {
      dc_event e = raw[k].event;
      run_forward(kept ? &out[kept - 1] : NULL, &e);
      if (kept && same_facts(&e, &out[kept - 1])) continue;
      out[kept++] = e;
    }
  }
  return kept;
}

static dc_status order_rows(const dc_deals *deals, const dc_deals_sources *s, const uint32_t *deal_of,
                            const uint32_t *stage_map, const uint32_t *owner_map, uint64_t *at, raw_event **out,
                            dc_error *error)
{
  size_t rows = s->history->table->rows;
  memset(at, 0, (deals->n + 1) * sizeof *at);
  for (size_t r = 0; r < rows; r++)
    if (deal_of[r] != DC_ID_NONE) at[deal_of[r] + 1]++;
  for (size_t i = 0; i < deals->n; i++) at[i + 1] += at[i];
  raw_event *raw = malloc((at[deals->n] + 1) * sizeof *raw);
  uint64_t *next = malloc((deals->n + 1) * sizeof *next);
  if (!raw || !next) {
    free(raw);
    free(next);
    return dc_fail_memory(error, "ordering the history");
  }
  memcpy(next, at, (deals->n + 1) * sizeof *next);
  for (size_t r = 0; r < rows; r++)
    if (deal_of[r] != DC_ID_NONE) read_row(deals, s, r, stage_map, owner_map, &raw[next[deal_of[r]]++]);
  free(next);
  *out = raw;
  return DC_OK;
}

static size_t most_of_a_deal(const uint64_t *at, size_t n)
{
  uint64_t most = 0;
  for (size_t i = 0; i < n; i++)
    if (at[i + 1] - at[i] > most) most = at[i + 1] - at[i];
  return (size_t)most;
}

dc_status dc_events_build(dc_deals *deals, const dc_deals_sources *s, uint32_t *deal_of, const uint32_t *stage_map,
                          const uint32_t *owner_map, dc_error *error)
{
  raw_event *raw = NULL;
  uint64_t *at = malloc((deals->n + 1) * sizeof *at);
  if (!at) return dc_fail_memory(error, "ordering the history");
  dc_status status = order_rows(deals, s, deal_of, stage_map, owner_map, at, &raw, error);
  settling all = {.deals = deals, .sources = s, .deal_of = deal_of};
  if (status != DC_OK) goto done;
  deals->events = malloc((at[deals->n] + 1) * sizeof *deals->events);
  all.same = malloc((most_of_a_deal(at, deals->n) + 1) * sizeof *all.same);
  if (!deals->events || !all.same) {
    status = dc_fail_memory(error, "ordering the history");
    goto done;
  }
  uint64_t kept = 0;
  for (size_t i = 0; i < deals->n; i++) {
    deals->event_at[i] = kept;
    kept += settle(&all, raw + at[i], (size_t)(at[i + 1] - at[i]), deals->events + kept);
  }
  deals->event_at[deals->n] = kept;
  dc_event *shrunk = realloc(deals->events, (kept + 1) * sizeof *shrunk);
  if (shrunk) deals->events = shrunk;
done:
  free(all.same);
  free(raw);
  free(at);
  return status;
}
