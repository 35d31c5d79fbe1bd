/* Typed tables to deals in canonical order. */
#include "engine/deals/deals.h"

#include "engine/base/progress.h"
#include "engine/deals/build.h"
#include "engine/deals/duplicates.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_PER_LOOK = 1 << 16 };

/* Now and then: has somebody asked to stop? */
static dc_status look_up(size_t row, dc_error *error)
{
  bool stop = row % ROWS_PER_LOOK == 0 && dc_cancelled();
  return stop ? dc_fail(error, DC_E_CANCELLED, "cancelled") : DC_OK;
}

/* Scratch of one build. Arrays over deals are indexed by rank once the ids are sorted. */
typedef struct scratch {
  uint32_t *deal_of_row, *deal_of_event, *rank;
  int32_t *created, *closed;
  uint8_t *meaning;
  uint32_t *first_row;
  uint8_t *many; /* per deal: has several rows */
  dc_row_reader reader;
  uint32_t *stage_map, *event_stage_map, *owner_map, *event_owner_map;
} scratch;

static void scratch_free(scratch *w)
{
  free(w->deal_of_row);
  free(w->deal_of_event);
  free(w->rank);
  free(w->created);
  free(w->closed);
  free(w->meaning);
  free(w->first_row);
  free(w->many);
}

static const dc_column *role_column(const dc_load *load, const dc_roles *roles, dc_role role)
{
  if (!load || roles->column[role] < 0) return NULL;
  return &load->table->columns[roles->column[role]];
}

/* Without an id column, the row's number in the table is the id. */
static const char *row_id(dc_deals *deals, const dc_column *id, size_t row, size_t *length)
{
  if (id) return dc_column_text(id, row, length);
  char text[24];
  *length = (size_t)snprintf(text, sizeof text, "%09zu", row + 1);
  return dc_arena_copy(deals->arena, text, *length);
}

static bool closes_told(const dc_roles *roles)
{
  return roles->column[DC_ROLE_CLOSED] >= 0 || roles->column[DC_ROLE_WON_AT] >= 0 ||
         roles->column[DC_ROLE_LOST_AT] >= 0 || roles->expected_is_closed;
}

/* Gives row r of the deals file its deal. */
static dc_status take_row(dc_deals *deals, const dc_deals_sources *s, scratch *w, size_t r, dc_error *error)
{
  dc_row_facts facts;
  bool fresh;
  size_t length;
  w->deal_of_row[r] = DC_ID_NONE;
  dc_row_read(&w->reader, r, &facts);
  if (facts.total || (!facts.rule && facts.meaning == DC_MEANING_IGNORE)) {
    dc_load_set_aside(s->deals, r, facts.total ? DC_ROW_PREAMBLE : DC_ROW_EXCLUDED);
    return DC_OK;
  }
  if (facts.rule && facts.blame == DC_ROLE_CLOSED && !closes_told(s->deals_roles))
    return dc_needs_fail_closed(s, error);
  if (facts.rule) return dc_row_reject(s->deals, s->deals_roles, r, facts.rule, facts.blame, error);
  const char *text = row_id(deals, w->reader.id, r, &length);
  uint32_t deal = text ? dc_ids_add(&deals->ids, text, length, &fresh) : DC_ID_NONE;
  if (deal == DC_ID_NONE) return dc_fail_memory(error, "collecting ids");
  w->many[deal] = !fresh;
  w->deal_of_row[r] = deal;
  return DC_OK;
}

/* Gives each row of the deals file its deal; rejected, excluded and duplicate rows get none. */
static dc_status take_rows(dc_deals *deals, const dc_deals_sources *s, scratch *w, dc_error *error)
{
  if (!s->deals) return DC_OK;
  size_t rows = s->deals->table->rows;
  dc_status status = dc_row_reader_new(s, deals->arena, &w->reader, error);
  if (status != DC_OK) return status;
  w->deal_of_row = malloc((rows + 1) * sizeof *w->deal_of_row);
  w->many = calloc(rows + 1, 1);
  bool fine = w->deal_of_row && w->many && dc_ids_reserve(&deals->ids, rows);
  if (!fine) status = dc_fail_memory(error, "collecting ids");
  for (size_t r = 0; r < rows && status == DC_OK; r++) {
    status = look_up(r, error);
    if (status == DC_OK) status = take_row(deals, s, w, r, error);
  }
  if (status == DC_OK) status = dc_duplicates_settle(s, w->many, w->deal_of_row, error);
  if (status == DC_OK && !w->reader.id)
    status = dc_duplicates_count(s->deals->table, w->deal_of_row, &deals->same_rows, error);
  return status;
}

/* In a history of every field, which words of the field column name another one than the stage; NULL where there is none. */
static dc_status find_other_fields(const dc_column *field, uint8_t **other, dc_error *error)
{
  *other = NULL;
  if (!field || field->type != DC_TYPE_CATEGORY) return DC_OK;
  *other = calloc(field->n_words, 1);
  if (!*other) return dc_fail_memory(error, "looking for changes of the stage");
  for (size_t k = 1; k < field->n_words; k++) (*other)[k] = !dc_role_names_stage(field->words[k]);
  return DC_OK;
}

/* Gives each history row its deal. Rows without an id or an instant are rejected. */
static dc_status take_events(dc_deals *deals, const dc_deals_sources *s, scratch *w, dc_error *error)
{
  if (!s->history) return DC_OK;
  const dc_table *table = s->history->table;
  const dc_column *id = role_column(s->history, s->history_roles, DC_ROLE_ID);
  const dc_column *when = role_column(s->history, s->history_roles, DC_ROLE_CHANGED_AT);
  const dc_column *field = role_column(s->history, s->history_roles, DC_ROLE_FIELD);
  uint8_t *other;
  dc_status status = find_other_fields(field, &other, error);
  if (status != DC_OK) return status;
  w->deal_of_event = malloc((table->rows + 1) * sizeof *w->deal_of_event);
  if (!w->deal_of_event) status = dc_fail_memory(error, "collecting ids");
  for (size_t r = 0; r < table->rows && status == DC_OK; r++) {
    if ((status = look_up(r, error)) != DC_OK) break;
    size_t length;
    bool fresh;
    const char *text = dc_column_text(id, r, &length);
    w->deal_of_event[r] = DC_ID_NONE;
    if (length == 0 || dc_column_day(when, r, 0) == DC_DATE_MISSING) {
      status = dc_row_reject(s->history, s->history_roles, r, length ? "history row without an instant" : "no id",
                             length ? DC_ROLE_CHANGED_AT : DC_ROLE_ID, error);
      continue;
    }
    if (other && other[dc_column_code(field, r)]) {
      dc_load_set_aside(s->history, r, DC_ROW_EXCLUDED);
      continue;
    }
    w->deal_of_event[r] = dc_ids_add(&deals->ids, text, length, &fresh);
    if (w->deal_of_event[r] == DC_ID_NONE) status = dc_fail_memory(error, "collecting ids");
  }
  free(other);
  return status;
}

static void fill_missing(int32_t *days, size_t n)
{
  for (size_t i = 0; i < n; i++) days[i] = DC_DATE_MISSING;
}

static dc_status allocate(dc_deals *deals, scratch *w, dc_error *error)
{
  size_t n = deals->n + 1;
  dc_arena *arena = deals->arena;
  deals->known = dc_arena_alloc(arena, n, sizeof *deals->known);
  deals->amount = dc_arena_alloc(arena, n, sizeof *deals->amount);
  deals->expected = dc_arena_alloc(arena, n, sizeof *deals->expected);
  deals->stage = dc_arena_alloc(arena, n, sizeof *deals->stage);
  deals->owner = dc_arena_alloc(arena, n, sizeof *deals->owner);
  deals->event_at = dc_arena_alloc(arena, n, sizeof *deals->event_at);
  deals->spell_at = dc_arena_alloc(arena, n, sizeof *deals->spell_at);
  deals->row = dc_arena_alloc(arena, n, sizeof *deals->row);
  w->created = malloc(n * sizeof *w->created);
  w->closed = malloc(n * sizeof *w->closed);
  w->meaning = calloc(n, 1);
  w->first_row = malloc(n * sizeof *w->first_row);
  if (!deals->known || !deals->amount || !deals->expected || !deals->stage || !deals->owner || !deals->event_at ||
      !deals->spell_at || !deals->row || !w->created || !w->closed || !w->meaning || !w->first_row)
    return dc_fail_memory(error, "laying out deals");
  fill_missing(deals->expected, n);
  fill_missing(w->created, n);
  fill_missing(w->closed, n);
  for (size_t i = 0; i < n; i++) {
    deals->amount[i] = NAN;
    deals->row[i] = w->first_row[i] = DC_ID_NONE;
    w->meaning[i] = DC_MEANING_OPEN;
  }
  return DC_OK;
}

static dc_status fill_from_rows(dc_deals *deals, const dc_deals_sources *s, scratch *w, dc_error *error)
{
  dc_status status = DC_OK;
  if (!s->deals) return DC_OK;
  const dc_column *stage = role_column(s->deals, s->deals_roles, DC_ROLE_STAGE);
  const dc_column *owner = role_column(s->deals, s->deals_roles, DC_ROLE_OWNER);
  for (size_t r = 0; r < s->deals->table->rows && status == DC_OK; r++) {
    if ((status = look_up(r, error)) != DC_OK) break;
    if (w->deal_of_row[r] == DC_ID_NONE) continue;
    dc_row_facts facts;
    uint32_t i = w->rank[w->deal_of_row[r]];
    dc_row_read(&w->reader, r, &facts);
    deals->row[i] = (uint32_t)r;
    deals->amount[i] = facts.amount;
    deals->expected[i] = facts.expected;
    if (stage && stage->type == DC_TYPE_CATEGORY && facts.meaning == DC_MEANING_OPEN)
      deals->stage[i] = w->stage_map[dc_column_code(stage, r)];
    if (owner && owner->type == DC_TYPE_CATEGORY) deals->owner[i] = w->owner_map[dc_column_code(owner, r)];
    if (facts.created != DC_DATE_MISSING) w->created[i] = facts.created;
    w->closed[i] = facts.closed;
    w->meaning[i] = (uint8_t)facts.meaning;
    if (facts.unknown_stage) deals->unknown_stage++;
    if (!facts.created_dropped) continue;
    deals->created_dropped++;
    status = dc_row_drop_cell(s->deals, s->deals_roles, r, "close before created", DC_ROLE_CREATED, error);
  }
  return status;
}

/* Which of two history rows is first: by instant, then by content, so that the file's order does not matter. */
static bool comes_first(const dc_table *table, const dc_column *when, size_t a, size_t b)
{
  int64_t at_a = when->type == DC_TYPE_INSTANT ? when->instant[a] : when->date[a];
  int64_t at_b = when->type == DC_TYPE_INSTANT ? when->instant[b] : when->date[b];
  if (at_a != at_b) return at_a < at_b;
  for (size_t c = 0; c < table->n_columns; c++) {
    const dc_column *column = &table->columns[c];
    if (column->type == DC_TYPE_CATEGORY && dc_column_code(column, a) != dc_column_code(column, b))
      return dc_column_code(column, a) < dc_column_code(column, b);
    if (column->type == DC_TYPE_DATE && column->date[a] != column->date[b]) return column->date[a] < column->date[b];
  }
  return false;
}

static void rank_events(const dc_deals_sources *s, scratch *w)
{
  for (size_t r = 0; s->history && r < s->history->table->rows; r++)
    if (w->deal_of_event[r] != DC_ID_NONE) w->deal_of_event[r] = w->rank[w->deal_of_event[r]];
}

/* The first history row of each deal, and the earliest creation that its rows tell, for where the deals file has none. */
static void fill_from_history(const dc_deals_sources *s, scratch *w)
{
  if (!s->history) return;
  const dc_column *when = role_column(s->history, s->history_roles, DC_ROLE_CHANGED_AT);
  const dc_column *created = role_column(s->history, s->history_roles, DC_ROLE_CREATED);
  for (size_t r = 0; r < s->history->table->rows; r++) {
    if (w->deal_of_event[r] == DC_ID_NONE) continue;
    uint32_t i = w->deal_of_event[r];
    uint32_t first = w->first_row[i];
    if (first == DC_ID_NONE || comes_first(s->history->table, when, r, first)) w->first_row[i] = (uint32_t)r;
    int32_t day = created ? dc_column_day(created, r, s->config->timezone_minutes) : DC_DATE_MISSING;
    if (day == DC_DATE_MISSING) continue;
    if (w->created[i] == DC_DATE_MISSING || day < w->created[i]) w->created[i] = day;
  }
}

static dc_status merge_words(dc_deals *deals, const dc_deals_sources *s, scratch *w, dc_error *error)
{
  const dc_column *stage = role_column(s->deals, s->deals_roles, DC_ROLE_STAGE);
  const dc_column *event_stage = role_column(s->history, s->history_roles, DC_ROLE_STAGE);
  if (!event_stage) event_stage = role_column(s->history, s->history_roles, DC_ROLE_OUTCOME);
  const dc_column *owner = role_column(s->deals, s->deals_roles, DC_ROLE_OWNER);
  const dc_column *event_owner = role_column(s->history, s->history_roles, DC_ROLE_OWNER);
  dc_status status = dc_words_merge(deals->arena, stage, event_stage, &deals->stages, &w->stage_map,
                                    &w->event_stage_map, error);
  if (status == DC_OK)
    status = dc_words_merge(deals->arena, owner, event_owner, &deals->owners, &w->owner_map, &w->event_owner_map,
                            error);
  if (status != DC_OK) return status;
  deals->stage_meaning = dc_arena_alloc(deals->arena, deals->stages.n, 1);
  if (!deals->stage_meaning) return dc_fail_memory(error, "reading stages");
  for (size_t k = 1; k < deals->stages.n; k++) {
    dc_meaning meaning = dc_stage_meaning(s->config, deals->stages.text[k]);
    deals->stage_meaning[k] = (uint8_t)(meaning == DC_MEANING_UNKNOWN ? DC_MEANING_OPEN : meaning);
  }
  deals->has_stage = deals->stages.n > 1;
  deals->history_has_owner = event_owner != NULL;
  deals->history_has_amount = role_column(s->history, s->history_roles, DC_ROLE_AMOUNT) != NULL;
  deals->history_has_expected = role_column(s->history, s->history_roles, DC_ROLE_EXPECTED_CLOSE) != NULL;
  deals->has_amount = w->reader.amount || deals->history_has_amount;
  deals->has_expected = role_column(s->deals, s->deals_roles, DC_ROLE_EXPECTED_CLOSE) != NULL ||
                        (s->deals && s->deals_roles->closed_is_expected);
  return DC_OK;
}

/* Export day, first closing, and since when each deal is known to exist. */
static void date_the_data(dc_deals *deals)
{
  deals->export_day = deals->first_close = DC_DATE_MISSING;
  for (size_t i = 0; i < deals->n; i++) {
    for (uint64_t e = deals->event_at[i]; e < deals->event_at[i + 1]; e++)
      if (deals->events[e].day > deals->export_day) deals->export_day = deals->events[e].day;
    for (uint64_t k = deals->spell_at[i]; k < deals->spell_at[i + 1]; k++) {
      const dc_spell *spell = &deals->spells[k];
      if (spell->start > deals->export_day) deals->export_day = spell->start;
      if (spell->end == DC_DATE_MISSING) continue;
      if (spell->end > deals->export_day) deals->export_day = spell->end;
      if (deals->first_close == DC_DATE_MISSING || spell->end < deals->first_close) deals->first_close = spell->end;
    }
  }
  for (size_t i = 0; i < deals->n; i++) {
    const dc_spell *first = &deals->spells[deals->spell_at[i]];
    if (deals->row[i] == DC_ID_NONE && deals->event_at[i] == deals->event_at[i + 1]) {
      deals->known[i] = INT32_MAX; /* all its rows were rejected */
      continue;
    }
    deals->known[i] = first->start != DC_DATE_MISSING ? first->start
                      : first->end != DC_DATE_MISSING ? first->end
                                                      : deals->export_day;
    if (deals->row[i] == DC_ID_NONE)
      deals->only_in_history++;
    else if (deals->has_history && deals->event_at[i] == deals->event_at[i + 1])
      deals->only_in_deals++;
  }
}

static dc_status build(dc_deals *deals, const dc_deals_sources *s, scratch *w, dc_error *error)
{
  dc_status status = dc_needs_check(s, error);
  if (status == DC_OK) status = take_rows(deals, s, w, error);
  if (status == DC_OK) status = take_events(deals, s, w, error);
  if (status == DC_OK) status = dc_ids_sort(&deals->ids, &w->rank, error);
  if (status != DC_OK) return status;
  deals->n = deals->ids.n;
  deals->has_history = s->history != NULL;
  status = allocate(deals, w, error);
  if (status == DC_OK) status = merge_words(deals, s, w, error);
  if (status != DC_OK) return status;
  rank_events(s, w);
  if (s->history) status = dc_events_build(deals, s, w->deal_of_event, w->event_stage_map, w->event_owner_map, error);
  if (status != DC_OK) return status;
  fill_from_history(s, w);
  status = fill_from_rows(deals, s, w, error);
  if (status == DC_OK) status = dc_spells_build(deals, s->config, w->created, w->closed, w->meaning, error);
  if (status != DC_OK) return status;
  date_the_data(deals);
  status = dc_needs_check_dated(s, deals->export_day != DC_DATE_MISSING, error);
  if (status != DC_OK) return status;
  return dc_attributes_build(deals, s, w->first_row, error);
}

dc_status dc_deals_new(const dc_deals_sources *sources, dc_deals **out, dc_error *error)
{
  dc_deals *deals = calloc(1, sizeof *deals);
  scratch w = {0};
  if (!deals) return dc_fail_memory(error, "collecting deals");
  deals->arena = dc_arena_new();
  deals->table = sources->deals ? sources->deals->table : NULL;
  dc_status status = deals->arena ? build(deals, sources, &w, error) : dc_fail_memory(error, "collecting deals");
  scratch_free(&w);
  if (status != DC_OK) {
    dc_deals_free(deals);
    return status;
  }
  *out = deals;
  return DC_OK;
}

void dc_deals_free(dc_deals *deals)
{
  if (!deals) return;
  dc_ids_clear(&deals->ids);
  free(deals->events);
  free(deals->spells);
  free(deals->attributes);
  dc_arena_free(deals->arena);
  free(deals);
}
