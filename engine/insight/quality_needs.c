/* What a forecast needs and the file lacks, what the loader could not use, and what joined tables add. */
#include "engine/insight/quality_parts.h"

#include "engine/base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool has(const dc_sheet *sheet, dc_role role)
{
  int c = sheet->column[role];
  if (sheet->kind == DC_SHEET_LOG && (role == DC_ROLE_CREATED || role == DC_ROLE_CLOSED)) return true;
  if (role == DC_ROLE_CREATED && sheet->joined_day[0]) return true;
  if (role == DC_ROLE_CLOSED && (sheet->joined_day[1] || sheet->roles->expected_is_closed)) return true;
  if (role == DC_ROLE_STAGE && sheet->has_state) return true;
  return c >= 0 && sheet->table->columns[c].type != DC_TYPE_EMPTY;
}

typedef struct need {
  const char *name;
  dc_role any[4]; /* one of them will do; the first is the one to map */
  int severity;
  const char *what, *fix;
} need;

static const need needs[] = {
    {"no stage or outcome",
     {DC_ROLE_STAGE, DC_ROLE_OUTCOME, DC_ROLE_IS_CLOSED, DC_ROLE_IS_WON},
     3,
     "nothing tells won, lost and open apart, so there is nothing to forecast",
     "export the stage, or name it with --map stage=COLUMN"},
    {"no created or closing date",
     {DC_ROLE_CREATED, DC_ROLE_CLOSED, DC_ROLE_NONE},
     3,
     "no deal has a day, so nothing says when anything is booked",
     "export both dates, or name them with --map created=COLUMN and --map closed=COLUMN"},
    {"no closing date", {DC_ROLE_CLOSED}, 3, "won and lost deals need one", "export it, or --map closed=COLUMN"},
    {"no created date", {DC_ROLE_CREATED}, 2, "the ages of deals are not known", "export it, or --map created=COLUMN"},
    {"no amount", {DC_ROLE_AMOUNT}, 2, "wins are counted and not valued", "export it, or --map amount=COLUMN"},
    {"no id", {DC_ROLE_ID}, 1, "copies of a deal cannot be told from other deals", "export it, or --map id=COLUMN"},
    {"no expected close",
     {DC_ROLE_EXPECTED_CLOSE},
     1,
     "what sellers expect, and what is overdue, is not known",
     "export it, or --map expected_close=COLUMN"},
    {"no owner", {DC_ROLE_OWNER}, 1, "no score by owner", "export it, or --map owner=COLUMN"},
    {"no account", {DC_ROLE_ACCOUNT}, 1, "customers are not known", "export it, or --map account=COLUMN"},
};

static bool is_met(const dc_sheet *sheet, const need *n)
{
  for (size_t k = 0; k < sizeof n->any / sizeof *n->any; k++)
    if (n->any[k] != DC_ROLE_NONE && has(sheet, n->any[k])) return true;
  return false;
}

/* Does what is asked for follow from something that is missing already? */
static bool is_told(const dc_sheet *sheet, const need *n)
{
  bool dated = has(sheet, DC_ROLE_CREATED) || has(sheet, DC_ROLE_CLOSED);
  return !dated && (n->any[0] == DC_ROLE_CLOSED || (n->any[0] == DC_ROLE_CREATED && n->any[1] == DC_ROLE_NONE));
}

dc_status dc_needs_audit(dc_sheet *sheet, dc_error *error)
{
  for (size_t k = 0; sheet->n && k < sizeof needs / sizeof *needs; k++) {
    const need *n = &needs[k];
    if (is_met(sheet, n) || is_told(sheet, n)) continue;
    dc_finding one = {.name = n->name,
                      .kind = DC_DEFECT_NEEDED,
                      .field = n->any[0],
                      .column = -1,
                      .severity = n->severity,
                      .count = (int64_t)sheet->n,
                      .of = (int64_t)sheet->n,
                      .money = NAN,
                      .width_cost = NAN,
                      .no_cost = "there is no forecast with it to compare with",
                      .what = n->what,
                      .fix = n->fix};
    if (!dc_sheet_add_finding(sheet, &one)) return dc_fail_memory(error, "looking for what is missing");
  }
  return DC_OK;
}

/* Rows that were written into one quoted field each, and taken apart. */
static dc_status tell_unwrapped(dc_sheet *sheet, dc_error *error)
{
  for (size_t k = 0; k < sheet->load->n_inputs; k++) {
    const dc_input *in = &sheet->load->inputs[k];
    dc_finding one = {.name = "wholly quoted rows",
                      .kind = DC_DEFECT_NOTE,
                      .column = -1,
                      .count = in->unwrapped,
                      .of = (int64_t)sheet->n,
                      .money = NAN,
                      .file = (int)k,
                      .width_cost = NAN,
                      .no_cost = "the rows are read as they were meant",
                      .what = "quoted as a whole, as if one field; they are taken apart",
                      .fix = "mend what writes the export"};
    if (in->unwrapped && !dc_sheet_add_finding(sheet, &one)) return dc_fail_memory(error, "listing rows");
  }
  return DC_OK;
}

dc_status dc_rejects_audit(dc_sheet *sheet, dc_error *error)
{
  dc_status status = tell_unwrapped(sheet, error);
  if (status != DC_OK) return status;
  int64_t rejected = 0;
  size_t n = sheet->quality->n_rejects[sheet->kind == DC_SHEET_HISTORY];
  for (size_t k = 0; k < n; k++)
    if (sheet->load->rejects.items[k].whole_row) rejected += sheet->load->rejects.items[k].count;
  for (size_t k = 0; k < n; k++) {
    const dc_reject *r = &sheet->load->rejects.items[k];
    int c = r->column_name[0] ? dc_table_find(sheet->table, r->column_name) : -1;
    dc_role role = c < 0 ? DC_ROLE_NONE : sheet->roles->role[c];
    dc_finding one = {.name = r->rule,
                      .kind = DC_DEFECT_REJECTED,
                      .field = role,
                      .column = c,
                      .severity = r->whole_row           ? 3
                                  : role == DC_ROLE_NONE ? 1
                                                         : 2,
                      .count = r->count,
                      .of = (int64_t)sheet->n + rejected,
                      .money = r->amount,
                      .file = r->file,
                      .line = r->line,
                      .width_cost = NAN,
                      .fix = "mend the file, or its export"};
    one.no_cost = r->whole_row ? "what the rows say cannot be read" : "the cells count as missing";
    /* A whole row may hold what never leaves. */
    bool shown = r->value[0] && c >= 0 && !dc_role_is_personal(role);
    one.what = shown          ? dc_audit_text(sheet->quality, "%s: the first is \"%.60s\"",
                                     r->whole_row ? "rows left out" : "cells left empty", r->value)
               : r->whole_row ? "rows left out"
                              : "cells left empty";
    if (!one.what || !dc_sheet_add_finding(sheet, &one)) return dc_fail_memory(error, "listing rejects");
  }
  return DC_OK;
}

static dc_status tell(dc_sheet *sheet, const dc_finding *like, int64_t count, dc_error *error)
{
  dc_finding one = *like;
  one.column = -1;
  one.count = count;
  one.money = one.width_cost = NAN;
  if (!one.no_cost) one.no_cost = "the history stands";
  return count == 0 || dc_sheet_add_finding(sheet, &one) ? DC_OK : dc_fail_memory(error, "comparing the history");
}

dc_status dc_history_audit(dc_sheet *sheet, dc_error *error)
{
  const dc_deals *log = sheet->quality->log;
  int64_t repeated = 0; /* rows that are used, less those in which a deal enters a stage */
  for (size_t k = 0; k < sheet->load->n_inputs; k++) repeated += sheet->load->inputs[k].used;
  for (size_t i = 0; i < log->n; i++)
    for (uint64_t e = log->event_at[i]; e < log->event_at[i + 1]; e++)
      repeated -= e == log->event_at[i] || log->events[e].stage != log->events[e - 1].stage;
  const dc_finding updates = {.name = "stage repeated",
                              .kind = DC_DEFECT_NOTE,
                              .field = DC_ROLE_STAGE,
                              .of = (int64_t)sheet->n,
                              .no_cost = "it has no part in the width",
                              .what = "the stage of the row before: an update, not a move",
                              .fix = "nothing"};
  const dc_finding ends = {.name = "history against deals",
                           .kind = DC_DEFECT_CONTRADICTORY,
                           .severity = 2,
                           .of = (int64_t)log->n,
                           .what = "deals that end otherwise in the history than in the deals file",
                           .fix = "see which is right; the history stands"};
  const dc_finding unfiled = {.name = "not in the deals file",
                              .kind = DC_DEFECT_CONTRADICTORY,
                              .severity = 1,
                              .of = (int64_t)log->n,
                              .what = "deals that only the history tells of",
                              .fix = "export both at one time"};
  const dc_finding untold = {.name = "not in the history",
                             .kind = DC_DEFECT_CONTRADICTORY,
                             .severity = 1,
                             .of = (int64_t)log->n,
                             .what = "deals that the history does not tell of",
                             .fix = "export both at one time"};
  bool filed = log->table != NULL;
  dc_status status = tell(sheet, &updates, repeated, error);
  if (status == DC_OK) status = tell(sheet, &ends, log->disagreements, error);
  if (status == DC_OK && filed) status = tell(sheet, &unfiled, log->only_in_history, error);
  if (status == DC_OK) status = tell(sheet, &untold, log->only_in_deals, error);
  return status;
}

/* --- joined tables --- */

typedef struct keyed {
  const char *text;
  size_t length;
  uint32_t row;
} keyed;

static int compare_texts(const keyed *a, const keyed *b)
{
  int order = memcmp(a->text, b->text, a->length < b->length ? a->length : b->length);
  return order ? order : (a->length > b->length) - (a->length < b->length);
}

static int by_text(const void *a, const void *b) { return compare_texts(a, b); }

static const keyed *find_key(const keyed *keys, size_t n, const char *text, size_t length)
{
  keyed one = {text, length, 0};
  return length ? bsearch(&one, keys, n, sizeof *keys, by_text) : NULL;
}

/* The keys of a joined table in order; *n of them. NULL when memory ends. */
static keyed *sorted_keys(const dc_audit_join *join, size_t *n)
{
  keyed *keys = malloc((join->table->rows + 1) * sizeof *keys);
  *n = 0;
  for (size_t row = 0; keys && row < join->table->rows; row++) {
    keys[*n] = (keyed){.row = (uint32_t)row};
    keys[*n].text = dc_column_text(&join->table->columns[join->key], row, &keys[*n].length);
    *n += keys[*n].length > 0;
  }
  if (keys) qsort(keys, *n, sizeof *keys, by_text);
  return keys;
}

static int main_column(const dc_sheet *sheet, const dc_audit_join *join)
{
  for (size_t c = 0; c < sheet->table->n_columns; c++)
    if (dc_text_same(sheet->table->columns[c].name, join->main_name)) return (int)c;
  return -1;
}

/* Codes of words that are only another spelling of one that is there. */
static const uint8_t *misspelt(const dc_sheet *sheet, int column)
{
  for (size_t k = 0; k < sheet->n_rules; k++)
    if (sheet->rules[k].kind == DC_DEFECT_SPELLING && sheet->rules[k].column == column) return sheet->rules[k].flagged;
  return NULL;
}

/* A rule for the words of a column that its joined table does not have. */
static dc_status find_unmatched(dc_sheet *sheet, const dc_audit_join *join, int main, dc_error *error)
{
  dc_audit *q = sheet->quality;
  const dc_column *column = &sheet->table->columns[main];
  const uint8_t *spelt = misspelt(sheet, main);
  uint8_t *flagged = dc_arena_alloc(q->arena, column->n_words + 1, 1);
  const char *shown = NULL;
  size_t n;
  keyed *keys = sorted_keys(join, &n);
  for (size_t k = 1; keys && flagged && k < column->n_words; k++) {
    flagged[k] = !find_key(keys, n, column->words[k], strlen(column->words[k])) && !(spelt && spelt[k]);
    if (flagged[k] && !shown) shown = column->words[k];
  }
  free(keys);
  if (!keys || !flagged) return dc_fail_memory(error, "looking up joined rows");
  if (!shown) return DC_OK;
  dc_rule rule = {.name = "not in the joined table",
                  .kind = DC_DEFECT_CONTRADICTORY,
                  .field = sheet->roles->role[main],
                  .severity = 1,
                  .strikes = dc_is_flagged,
                  .what = dc_audit_text(q, "%.80s has no row for \"%.60s\"", join->name, shown),
                  .fix = "add the row there, or correct the name",
                  .column = main,
                  .target = -1,
                  .flagged = flagged};
  return rule.what && dc_sheet_add_rule(sheet, &rule) ? DC_OK : dc_fail_memory(error, "looking up joined rows");
}

dc_status dc_unmatched_audit(dc_sheet *sheet, dc_error *error)
{
  dc_status status = DC_OK;
  for (size_t k = 0; k < sheet->quality->n_joins && status == DC_OK; k++) {
    const dc_audit_join *join = &sheet->quality->joins[k];
    int main = main_column(sheet, join);
    if (main >= 0 && sheet->table->columns[main].type == DC_TYPE_CATEGORY)
      status = find_unmatched(sheet, join, main, error);
  }
  return status;
}

/* The day of role in the joined row of each row of the sheet. */
static dc_status take_days(dc_sheet *sheet, const dc_audit_join *join, int main, const dc_column *day, int which,
                           dc_error *error)
{
  dc_audit *q = sheet->quality;
  size_t n;
  keyed *keys = sorted_keys(join, &n);
  int32_t *days = dc_arena_alloc(q->arena, sheet->n + 1, sizeof *days);
  if (!keys || !days) {
    free(keys);
    return dc_fail_memory(error, "joining dates");
  }
  for (size_t row = 0; row < sheet->n; row++) {
    size_t length;
    const char *text = dc_column_text(&sheet->table->columns[main], row, &length);
    const keyed *found = find_key(keys, n, text, length);
    days[row] = found ? dc_column_day(day, found->row, q->config->timezone_minutes) : DC_DATE_MISSING;
  }
  sheet->joined_day[which] = days;
  sheet->joined_name[which] = join->name;
  free(keys);
  return DC_OK;
}

dc_status dc_joins_audit(dc_sheet *sheet, dc_error *error)
{
  static const dc_role wanted[] = {DC_ROLE_CREATED, DC_ROLE_CLOSED};
  dc_audit *q = sheet->quality;
  dc_status status = DC_OK;
  for (size_t k = 0; k < q->n_joins && status == DC_OK; k++) {
    const dc_audit_join *join = &q->joins[k];
    dc_roles *roles;
    int main = main_column(sheet, join);
    if (main < 0) continue;
    dc_error unclear; /* columns that could be either are taken for none */
    status = dc_roles_find(join->table, join->name, DC_SHAPE_DEALS, NULL, NULL, 0, &roles, &unclear);
    if (status == DC_E_MEMORY) return dc_fail_memory(error, "joining dates");
    if (status != DC_OK) roles = NULL;
    status = DC_OK;
    for (int w = 0; w < 2 && roles && status == DC_OK; w++) {
      int c = roles->column[wanted[w]];
      if (c < 0 && w == 1) c = roles->column[DC_ROLE_WON_AT];
      if (c >= 0 && sheet->column[wanted[w]] < 0 && !sheet->joined_day[w])
        status = take_days(sheet, join, main, &join->table->columns[c], w, error);
    }
    dc_roles_free(roles);
  }
  return status;
}
