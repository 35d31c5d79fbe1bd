#include "engine/insight/quality.h"

#include "engine/base/fold.h"
#include "engine/insight/quality_parts.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_UNITS = 4096, TEXT_BYTES = 512 };

const char *dc_defect_kind_name(dc_defect_kind kind)
{
  static const char *const names[] = {"missing",  "impossible", "stale",  "contradictory", "duplicate", "spelling",
                                      "standard", "column",     "needed", "rejected",      "note"};
  return names[kind];
}

bool dc_defect_is_inaccurate(dc_defect_kind kind) { return kind >= DC_DEFECT_IMPOSSIBLE && kind <= DC_DEFECT_STANDARD; }

void dc_exact_add(dc_exact *sum, double amount)
{
  enum { MILLION = 1000000 };
  if (!(fabs(amount) <= 1e18)) return;
  double whole = floor(amount), high = floor(whole / MILLION);
  sum->high += (int64_t)high;
  sum->low += (int64_t)(whole - high * MILLION);
  sum->millionths += llround((amount - whole) * MILLION);
  sum->n++;
}

void dc_exact_merge(dc_exact *sum, const dc_exact *other)
{
  sum->high += other->high;
  sum->low += other->low;
  sum->millionths += other->millionths;
  sum->n += other->n;
}

double dc_exact_value(const dc_exact *sum)
{
  if (sum->n == 0) return NAN;
  return (double)sum->high * 1e6 + (double)sum->low + (double)sum->millionths / 1e6;
}

/* A list with room for one more, doubled as it fills; NULL when memory ends. */
static void *room(void *items, size_t n, size_t *capacity, size_t size)
{
  if (n < *capacity) return items;
  size_t wanted = *capacity ? 2 * *capacity : 32;
  void *grown = realloc(items, wanted * size);
  if (grown) *capacity = wanted;
  return grown;
}

dc_rule *dc_sheet_add_rule(dc_sheet *sheet, const dc_rule *rule)
{
  dc_rule *rules = room(sheet->rules, sheet->n_rules, &sheet->rule_capacity, sizeof *rules);
  if (!rules) return NULL;
  sheet->rules = rules;
  rules[sheet->n_rules] = *rule;
  rules[sheet->n_rules].first = DC_ID_NONE;
  rules[sheet->n_rules].money = rules[sheet->n_rules].width_cost = NAN;
  return &rules[sheet->n_rules++];
}

dc_finding *dc_sheet_add_finding(dc_sheet *sheet, const dc_finding *finding)
{
  dc_finding *findings = room(sheet->findings, sheet->n_findings, &sheet->finding_capacity, sizeof *findings);
  if (!findings) return NULL;
  sheet->findings = findings;
  findings[sheet->n_findings] = *finding;
  return &findings[sheet->n_findings++];
}

bool dc_sheet_add_variant(dc_sheet *sheet, const dc_variant *variant)
{
  dc_variant *variants = room(sheet->variants, sheet->n_variants, &sheet->variant_capacity, sizeof *variants);
  if (!variants) return false;
  sheet->variants = variants;
  variants[sheet->n_variants++] = *variant;
  return true;
}

bool dc_sheet_add_duplicate(dc_sheet *sheet, const dc_duplicate *duplicate)
{
  dc_duplicate *items = room(sheet->duplicates, sheet->n_duplicates, &sheet->duplicate_capacity, sizeof *items);
  if (!items) return false;
  sheet->duplicates = items;
  items[sheet->n_duplicates++] = *duplicate;
  return true;
}

const char *dc_audit_text(dc_audit *quality, const char *format, ...)
{
  char text[TEXT_BYTES];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  return dc_arena_copy(quality->arena, text, strlen(text));
}

int dc_sheet_find_rule(const dc_sheet *sheet, const char *name)
{
  for (size_t k = 0; k < sheet->n_rules; k++)
    if (strcmp(sheet->rules[k].name, name) == 0) return (int)k;
  return -1;
}

void dc_unit_strike(dc_sheet *sheet, size_t unit, size_t rule)
{
  sheet->bits[unit * sheet->words + rule / 64] |= (uint64_t)1 << (rule % 64);
}

/* Can the rule say anything of this sheet? Duplicates can of any; a field needs its column. */
static bool applies(const dc_sheet *sheet, const dc_rule *rule)
{
  const dc_deals *log = sheet->quality->log;
  if (rule->kind == DC_DEFECT_DUPLICATE && rule->field == DC_ROLE_NONE) return sheet->kind != DC_SHEET_LOG;
  if (sheet->kind == DC_SHEET_HISTORY) return false;
  bool deals = sheet->kind == DC_SHEET_DEALS;
  switch (rule->field) {
    case DC_ROLE_LAST_ACTIVITY:
      if (log && log->has_history) return rule->kind != DC_DEFECT_MISSING;
      break;
    case DC_ROLE_NAME:
      if (rule->kind == DC_DEFECT_DUPLICATE)
        return deals && sheet->column[DC_ROLE_ACCOUNT] >= 0 && sheet->column[DC_ROLE_AMOUNT] >= 0;
      break;
    case DC_ROLE_CREATED:
      if (!deals || sheet->joined_day[0]) return true;
      break;
    case DC_ROLE_CLOSED:
      if (!deals || sheet->joined_day[1]) return true;
      break;
    default: break;
  }
  int c = sheet->column[rule->field];
  return c >= 0 && sheet->table->columns[c].type != DC_TYPE_EMPTY;
}

static dc_status add_unit_rules(dc_sheet *sheet, dc_error *error)
{
  for (size_t k = 0; k < dc_n_unit_rules; k++) {
    dc_rule rule = dc_unit_rules[k];
    rule.target = -1;
    if (applies(sheet, &rule) && !dc_sheet_add_rule(sheet, &rule)) return dc_fail_memory(error, "choosing rules");
  }
  return DC_OK;
}

static bool could_strike(const dc_rule *rule, const dc_unit *unit)
{
  bool state = rule->when == 0 || (rule->when & unit->state) != 0;
  return state && (rule->needs & ~unit->filled) == 0;
}

/* What the units of some blocks come to, by rule. */
typedef struct tally {
  int64_t could, struck;
  dc_exact money;
  uint32_t first; /* 1 + unit; 0 = none */
} tally;

static dc_status look_at_units(void *context, size_t first, size_t last, void *partial)
{
  dc_sheet *sheet = context;
  tally *tallies = partial;
  for (size_t i = first; i < last; i++) {
    dc_unit unit;
    dc_unit_read(sheet, i, &unit);
    sheet->state[i] = unit.state;
    for (size_t k = 0; k < sheet->n_rules; k++) {
      const dc_rule *rule = &sheet->rules[k];
      tally *t = &tallies[k];
      if (!could_strike(rule, &unit)) continue;
      t->could++;
      if (rule->strikes(rule, sheet, &unit)) dc_unit_strike(sheet, i, k);
      if (!dc_rule_struck(sheet, i, k)) continue;
      t->struck++;
      dc_exact_add(&t->money, unit.amount);
      if (!t->first) t->first = (uint32_t)i + 1;
    }
  }
  return DC_OK;
}

static void merge_tallies(void *context, void *into, const void *from)
{
  const dc_sheet *sheet = context;
  tally *a = into;
  const tally *b = from;
  for (size_t k = 0; k < sheet->n_rules; k++) {
    a[k].could += b[k].could;
    a[k].struck += b[k].struck;
    dc_exact_merge(&a[k].money, &b[k].money);
    if (!a[k].first || (b[k].first && b[k].first < a[k].first)) a[k].first = b[k].first;
  }
}

static dc_status evaluate(dc_sheet *sheet, dc_error *error)
{
  size_t n = sheet->n_rules;
  tally *total = calloc(n + 1, sizeof *total);
  if (!total) return dc_fail_memory(error, "looking at rows");
  dc_fold fold = {.rows = sheet->n,
                  .block_rows = BLOCK_UNITS,
                  .partial_bytes = (n + 1) * sizeof *total,
                  .threads = sheet->quality->threads,
                  .accumulate = look_at_units,
                  .merge = merge_tallies,
                  .context = sheet};
  dc_status status = dc_fold_run(&fold, total, error);
  for (size_t k = 0; k < n && status == DC_OK; k++) {
    sheet->rules[k].could = total[k].could;
    sheet->rules[k].struck = total[k].struck;
    sheet->rules[k].money = dc_exact_value(&total[k].money);
    sheet->rules[k].first = total[k].first ? total[k].first - 1 : DC_ID_NONE;
  }
  free(total);
  return status;
}

static dc_status audit(dc_sheet *sheet, dc_error *error)
{
  dc_status status = add_unit_rules(sheet, error);
  if (status == DC_OK && sheet->kind != DC_SHEET_LOG) status = dc_columns_audit(sheet, error);
  if (status == DC_OK && sheet->kind == DC_SHEET_DEALS) status = dc_unmatched_audit(sheet, error);
  if (status == DC_OK && sheet->kind == DC_SHEET_DEALS) status = dc_standards_audit(sheet, error);
  if (status != DC_OK) return status;
  sheet->words = (sheet->n_rules + 63) / 64;
  sheet->bits = calloc(sheet->n * sheet->words + 1, sizeof *sheet->bits);
  sheet->state = calloc(sheet->n + 1, 1);
  if (!sheet->bits || !sheet->state) return dc_fail_memory(error, "looking at rows");
  if (sheet->kind != DC_SHEET_LOG) status = dc_duplicates_audit(sheet, error);
  if (status == DC_OK) status = evaluate(sheet, error);
  if (status == DC_OK && sheet->kind == DC_SHEET_DEALS) status = dc_leaks_audit(sheet, error);
  if (status == DC_OK && sheet->kind != DC_SHEET_HISTORY) status = dc_needs_audit(sheet, error);
  if (status == DC_OK && sheet->kind != DC_SHEET_LOG) status = dc_rejects_audit(sheet, error);
  if (status == DC_OK && sheet->kind == DC_SHEET_HISTORY && sheet->quality->log)
    status = dc_history_audit(sheet, error);
  return status;
}

static dc_status start_sheet(dc_audit *q, dc_sheet_kind kind, dc_load *load, const dc_roles *roles, dc_error *error)
{
  dc_sheet *sheet = &q->sheets[q->n_sheets++];
  *sheet = (dc_sheet){.quality = q, .kind = kind, .load = load, .table = load->table, .roles = roles};
  sheet->n = load->table->rows;
  for (int role = 0; role < DC_ROLES; role++) sheet->column[role] = roles->column[role];
  sheet->column[DC_ROLE_NONE] = -1;
  if (sheet->column[DC_ROLE_CLOSED] < 0)
    sheet->column[DC_ROLE_CLOSED] = roles->column[DC_ROLE_WON_AT] >= 0 ? roles->column[DC_ROLE_WON_AT]
                                                                       : roles->column[DC_ROLE_LOST_AT];
  if (kind == DC_SHEET_LOG) sheet->column[DC_ROLE_LAST_ACTIVITY] = roles->column[DC_ROLE_CHANGED_AT];
  sheet->has_state = roles->column[DC_ROLE_STAGE] >= 0 || roles->column[DC_ROLE_OUTCOME] >= 0 ||
                     roles->column[DC_ROLE_IS_CLOSED] >= 0 || roles->column[DC_ROLE_IS_WON] >= 0 ||
                     roles->column[DC_ROLE_WON_AT] >= 0 || roles->column[DC_ROLE_LOST_AT] >= 0 ||
                     roles->column[DC_ROLE_IS_ACTIVE] >= 0;
  if (roles->closed_is_expected && sheet->column[DC_ROLE_EXPECTED_CLOSE] < 0)
    sheet->column[DC_ROLE_EXPECTED_CLOSE] = sheet->column[DC_ROLE_CLOSED];
  sheet->blank = dc_arena_alloc(q->arena, load->table->n_columns + 1, sizeof *sheet->blank);
  return sheet->blank ? DC_OK : dc_fail_memory(error, "looking at columns");
}

/* Which deal of the log each row of the deals file is. */
static dc_status link_deals(dc_audit *q, dc_sheet *sheet, dc_error *error)
{
  if (!q->log) return DC_OK;
  uint32_t *deal = dc_arena_alloc(q->arena, sheet->n + 1, sizeof *deal);
  if (!deal) return dc_fail_memory(error, "looking up deals");
  for (size_t row = 0; row < sheet->n; row++) deal[row] = DC_ID_NONE;
  for (size_t i = 0; i < q->log->n; i++)
    if (q->log->row[i] != DC_ID_NONE) deal[q->log->row[i]] = (uint32_t)i;
  sheet->deal = deal;
  return DC_OK;
}

/* The deal of an id, by bisection, as the log's ids are in order. */
static uint32_t find_deal(const dc_deals *log, const char *text, size_t length)
{
  size_t low = 0, high = log->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2, n = log->ids.length[middle];
    int order = memcmp(log->ids.text[middle], text, n < length ? n : length);
    if (order == 0 && n == length) return (uint32_t)middle;
    if (order < 0 || (order == 0 && n < length))
      low = middle + 1;
    else
      high = middle;
  }
  return DC_ID_NONE;
}

/* The deals that a history alone tells of; each stands where its last row does. */
static dc_status list_deals(dc_audit *q, dc_sheet *sheet, dc_error *error)
{
  const dc_column *id = &sheet->table->columns[sheet->column[DC_ROLE_ID]];
  const dc_column *when = &sheet->table->columns[sheet->column[DC_ROLE_CHANGED_AT]];
  size_t n = q->log->n;
  sheet->row = dc_arena_alloc(q->arena, n + 1, sizeof *sheet->row);
  sheet->deal = dc_arena_alloc(q->arena, n + 1, sizeof *sheet->deal);
  sheet->strange_stage = dc_arena_alloc(q->arena, q->log->stages.n + 1, 1);
  if (!sheet->row || !sheet->deal || !sheet->strange_stage) return dc_fail_memory(error, "looking up deals");
  for (size_t i = 0; i < n; i++) {
    sheet->deal[i] = (uint32_t)i;
    sheet->row[i] = DC_ID_NONE;
  }
  for (size_t row = 0; row < sheet->table->rows; row++) {
    size_t length;
    const char *text = dc_column_text(id, row, &length);
    uint32_t deal = find_deal(q->log, text, length);
    if (deal == DC_ID_NONE) continue;
    uint32_t last = sheet->row[deal];
    if (last == DC_ID_NONE || dc_column_day(when, row, 0) >= dc_column_day(when, last, 0))
      sheet->row[deal] = (uint32_t)row;
  }
  sheet->n = n;
  for (size_t k = 1; k < q->log->stages.n; k++)
    sheet->strange_stage[k] = dc_stage_meaning(q->config, q->log->stages.text[k]) == DC_MEANING_UNKNOWN;
  for (size_t i = 0; i < n; i++)
    if (sheet->row[i] == DC_ID_NONE) sheet->row[i] = 0;
  return DC_OK;
}

/* Pipedrive and Dynamics keep the outcome apart: no stage says won or lost. */
static void find_told(dc_sheet *sheet)
{
  const dc_word_column *stage = &sheet->reader.stage;
  for (size_t k = 1; stage->meaning && k < stage->column->n_words; k++) sheet->stage_tells[stage->meaning[k]] = true;
}

static dc_status start_sheets(dc_audit *q, const dc_audit_request *r, dc_error *error)
{
  dc_status status = DC_OK;
  if (r->sources.deals) {
    dc_sheet *sheet = &q->sheets[q->n_sheets];
    status = start_sheet(q, DC_SHEET_DEALS, r->sources.deals, r->sources.deals_roles, error);
    if (status == DC_OK) status = dc_row_reader_new(&q->sources, q->arena, &sheet->reader, error);
    find_told(sheet);
    if (status == DC_OK) status = link_deals(q, sheet, error);
    if (status == DC_OK) status = dc_joins_audit(sheet, error);
  } else if (q->log) {
    dc_sheet *sheet = &q->sheets[q->n_sheets];
    status = start_sheet(q, DC_SHEET_LOG, r->sources.history, r->sources.history_roles, error);
    if (status == DC_OK) status = list_deals(q, sheet, error);
  }
  if (status == DC_OK && r->sources.history)
    status = start_sheet(q, DC_SHEET_HISTORY, r->sources.history, r->sources.history_roles, error);
  return status;
}

dc_status dc_audit_new(const dc_audit_request *request, dc_audit **quality, dc_error *error)
{
  dc_audit *q = calloc(1, sizeof *q);
  if (!q) return dc_fail_memory(error, "auditing the data");
  q->sources = request->sources;
  q->config = q->sources.config;
  q->log = request->log;
  q->as_of = request->as_of;
  q->currency = request->currency;
  q->threads = request->threads;
  q->seed = request->seed;
  q->joins = request->joins;
  q->n_joins = request->n_joins;
  q->use = request->use;
  q->why = request->why;
  memcpy(q->n_rejects, request->n_rejects, sizeof q->n_rejects);
  q->arena = dc_arena_new();
  dc_status status = q->arena ? start_sheets(q, request, error) : dc_fail_memory(error, "auditing the data");
  if (status == DC_OK) status = dc_audit_survey(q, &request->sources, error);
  for (size_t k = 0; k < q->n_sheets && status == DC_OK; k++) status = audit(&q->sheets[k], error);
  if (status == DC_OK)
    *quality = q;
  else
    dc_audit_free(q);
  return status;
}

void dc_audit_free(dc_audit *q)
{
  if (!q) return;
  for (size_t k = 0; k < q->n_sheets; k++) {
    free(q->sheets[k].rules);
    free(q->sheets[k].bits);
    free(q->sheets[k].state);
    free(q->sheets[k].findings);
    free(q->sheets[k].variants);
    free(q->sheets[k].duplicates);
  }
  dc_arena_free(q->arena);
  free(q);
}
