/* What the INI file asks of the data: values that are allowed, fields that a stage requires, stages in order, one currency. */
#include "engine/insight/quality_parts.h"

#include "engine/base/text.h"
#include "engine/deals/rates.h"
#include "engine/deals/roles_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_BYTES = 240, LIST_ROOM = 64 };

/* Struck where the deal is in one of the flagged stages and the field is empty. */
static bool is_lacking(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  const uint8_t *blank = sheet->blank[rule->target];
  if (!dc_is_flagged(rule, sheet, unit)) return false;
  if (blank && blank[dc_column_code(&sheet->table->columns[rule->target], unit->row)]) return true;
  if (rule->field != DC_ROLE_NONE) return !(unit->filled & DC_ROLE_BIT(rule->field));
  return dc_role_cell_missing(&sheet->table->columns[rule->target], unit->row);
}

/* The column that a name of the INI means: of its role, else by its own name; -1 = there is none. */
static int find_column(const dc_sheet *sheet, const char *name, dc_role *role)
{
  *role = dc_role_parse(name);
  if (*role != DC_ROLE_NONE && sheet->column[*role] >= 0) return sheet->column[*role];
  for (size_t c = 0; c < sheet->table->n_columns; c++)
    if (dc_text_same(sheet->table->columns[c].name, name)) {
      *role = sheet->roles->role[c];
      return (int)c;
    }
  return -1;
}

static dc_status add_rule(dc_sheet *sheet, const dc_rule *rule, dc_error *error)
{
  bool fine = rule->what && rule->fix && dc_sheet_add_rule(sheet, rule);
  return fine ? DC_OK : dc_fail_memory(error, "holding the data against its standard");
}

static dc_status no_column(dc_sheet *sheet, const char *section, const char *name, dc_error *error)
{
  dc_finding one = {
      .name = "no such column",
      .kind = DC_DEFECT_STANDARD,
      .column = -1,
      .severity = 2,
      .count = (int64_t)sheet->n,
      .of = (int64_t)sheet->n,
      .money = NAN,
      .width_cost = NAN,
      .no_cost = "the forecast does not know it",
      .what = dc_audit_text(sheet->quality, "%s speaks of \"%.80s\", and no column is named so", section, name),
      .fix = "export the column, or mend the INI file"};
  return one.what && dc_sheet_add_finding(sheet, &one) ? DC_OK
                                                       : dc_fail_memory(error, "holding the data against its standard");
}

/* The allowed value that each other word was likely meant to be. */
static const char **nearest(dc_audit *q, const dc_column *column, const dc_config_list *allowed, const uint8_t *flagged)
{
  const char **mend = dc_arena_alloc(q->arena, column->n_words + 1, sizeof *mend);
  for (size_t k = 1; mend && k < column->n_words; k++)
    if (flagged[k]) mend[k] = dc_text_nearest(column->words[k], (const char *const *)allowed->words, allowed->n);
  return mend;
}

static dc_status add_allowed(dc_sheet *sheet, const dc_config_list *allowed, dc_error *error)
{
  dc_audit *q = sheet->quality;
  dc_role role;
  int c = find_column(sheet, allowed->name, &role);
  if (c < 0) return no_column(sheet, "[allowed]", allowed->name, error);
  const dc_column *column = &sheet->table->columns[c];
  if (column->type != DC_TYPE_CATEGORY) return DC_OK;
  uint8_t *flagged = dc_arena_alloc(q->arena, column->n_words + 1, 1);
  if (!flagged) return dc_fail_memory(error, "holding the data against its standard");
  const char *shown = NULL;
  for (size_t k = 1; k < column->n_words; k++) {
    bool found = false;
    for (size_t a = 0; a < allowed->n && !found; a++) found = strcmp(column->words[k], allowed->words[a]) == 0;
    flagged[k] = !found;
    if (!found && !shown) shown = column->words[k];
  }
  dc_rule rule = {.name = "value not allowed",
                  .kind = DC_DEFECT_STANDARD,
                  .field = role,
                  .severity = 2,
                  .cost = DC_COST_SPELLING,
                  .strikes = dc_is_flagged,
                  .fix = "use a value that [allowed] names",
                  .column = c,
                  .target = -1,
                  .flagged = flagged,
                  .mend = nearest(q, column, allowed, flagged)};
  if (!rule.mend) return dc_fail_memory(error, "holding the data against its standard");
  if (!shown) return DC_OK;
  rule.what = dc_role_is_personal(role) ? "values that [allowed] does not name"
                                        : dc_audit_text(q, "\"%.60s\" is no value that [allowed] names", shown);
  return add_rule(sheet, &rule, error);
}

/* Codes of the stages from `from` on, in [stages] order; closed stages come behind all open ones. */
static uint8_t *stages_from(const dc_sheet *sheet, int from)
{
  const dc_column *stage = &sheet->table->columns[sheet->column[DC_ROLE_STAGE]];
  uint8_t *flagged = dc_arena_alloc(sheet->quality->arena, stage->n_words + 1, 1);
  for (size_t k = 1; flagged && k < stage->n_words; k++) {
    int position = dc_stage_position(sheet->quality->config, stage->words[k]);
    flagged[k] = position >= from && position >= 0;
  }
  return flagged;
}

static dc_status add_required(dc_sheet *sheet, const dc_config_list *required, dc_error *error)
{
  dc_audit *q = sheet->quality;
  int stage = sheet->column[DC_ROLE_STAGE];
  if (stage < 0 || sheet->table->columns[stage].type != DC_TYPE_CATEGORY)
    return no_column(sheet, "[required]", "stage", error);
  for (size_t k = 0; k < required->n; k++) {
    dc_role role;
    int c = find_column(sheet, required->words[k], &role);
    if (c < 0) {
      dc_status status = no_column(sheet, "[required]", required->words[k], error);
      if (status != DC_OK) return status;
      continue;
    }
    dc_rule rule = {.name = "required field missing",
                    .kind = DC_DEFECT_STANDARD,
                    .field = role,
                    .severity = 2,
                    .cost = DC_COST_FIELD,
                    .strikes = is_lacking,
                    .what = dc_audit_text(q, "required from stage \"%.60s\" on, and missing", required->name),
                    .fix = "fill it in, or move the deal back",
                    .column = stage,
                    .target = c,
                    .flagged = stages_from(sheet, dc_stage_position(q->config, required->name))};
    if (!rule.flagged) return dc_fail_memory(error, "holding the data against its standard");
    dc_status status = add_rule(sheet, &rule, error);
    if (status != DC_OK) return status;
  }
  return DC_OK;
}

/* Stages of open deals that [stages] order leaves out. */
static dc_status add_order(dc_sheet *sheet, dc_error *error)
{
  dc_audit *q = sheet->quality;
  int c = sheet->column[DC_ROLE_STAGE];
  if (q->config->n_order == 0 || c < 0 || sheet->table->columns[c].type != DC_TYPE_CATEGORY) return DC_OK;
  const dc_column *column = &sheet->table->columns[c];
  uint8_t *flagged = dc_arena_alloc(q->arena, column->n_words + 1, 1);
  if (!flagged) return dc_fail_memory(error, "holding the data against its standard");
  const char *shown = NULL;
  for (size_t k = 1; k < column->n_words; k++) {
    dc_meaning meaning = dc_stage_meaning(q->config, column->words[k]);
    bool open = meaning == DC_MEANING_OPEN || meaning == DC_MEANING_UNKNOWN;
    flagged[k] = open && dc_stage_position(q->config, column->words[k]) < 0;
    if (flagged[k] && !shown) shown = column->words[k];
  }
  if (!shown) return DC_OK;
  dc_rule rule = {.name = "stage not in order",
                  .kind = DC_DEFECT_STANDARD,
                  .field = DC_ROLE_STAGE,
                  .when = DC_WHEN_OPEN,
                  .severity = 1,
                  .cost = DC_COST_FIELD,
                  .strikes = dc_is_flagged,
                  .what = dc_audit_text(q, "stage \"%.60s\" is not among [stages] order", shown),
                  .fix = "use a stage of the order, or add it there",
                  .column = c,
                  .target = -1,
                  .flagged = flagged};
  return add_rule(sheet, &rule, error);
}

static bool same_currency(const char *a, const char *b)
{
  char name[2][DC_CURRENCY_CHARS];
  dc_currency_name(a, strlen(a), name[0]);
  dc_currency_name(b, strlen(b), name[1]);
  return strcmp(name[0], name[1]) == 0;
}

/* "GBP (12), USD (3)": the flagged words with how often they come, as many as there is room for. */
static const char *list_flagged(const dc_column *column, const uint8_t *flagged, const int64_t *count, char *text)
{
  size_t used = 0, left = 0;
  text[0] = '\0';
  for (size_t k = 1; k < column->n_words; k++) left += flagged[k] && count[k];
  for (size_t k = 1; k < column->n_words && left; k++) {
    if (!flagged[k] || !count[k]) continue;
    if (used + LIST_ROOM > LIST_BYTES) {
      snprintf(text + used, LIST_BYTES - used, " and %zu more", left);
      break;
    }
    used += (size_t)snprintf(text + used, LIST_BYTES - used, "%s%.20s (%lld)", used ? ", " : "", column->words[k],
                             (long long)count[k]);
    left--;
  }
  return text;
}

/* Amounts in another currency than the run's: that of the INI, else the one that most rows have. */
static dc_status add_currency(dc_sheet *sheet, dc_error *error)
{
  dc_audit *q = sheet->quality;
  int c = sheet->column[DC_ROLE_CURRENCY];
  if (c < 0 || sheet->table->columns[c].type != DC_TYPE_CATEGORY) return DC_OK;
  int at = sheet->column[DC_ROLE_AMOUNT];
  const char *format = at < 0 ? NULL : sheet->table->columns[at].format;
  if (format && strstr(format, "converted to")) return DC_OK; /* there are rates for all of them */
  const dc_column *column = &sheet->table->columns[c];
  int64_t *count = calloc(column->n_words + 1, sizeof *count);
  uint8_t *flagged = dc_arena_alloc(q->arena, column->n_words + 1, 1);
  char list[LIST_BYTES];
  const char *usual = q->config->currency[0] ? q->config->currency : NULL;
  if (!count || !flagged) {
    free(count);
    return dc_fail_memory(error, "holding the data against its standard");
  }
  for (size_t row = 0; row < sheet->n; row++) count[dc_column_code(column, row)]++;
  size_t most = 0;
  for (size_t k = 1; k < column->n_words; k++)
    if (count[k] > (most ? count[most] : 0)) most = k;
  if (!usual && most) usual = column->words[most];
  for (size_t k = 1; k < column->n_words && usual; k++) flagged[k] = !same_currency(column->words[k], usual);
  list_flagged(column, flagged, count, list);
  free(count);
  if (!list[0]) return DC_OK;
  dc_rule rule = {.name = "other currency",
                  .kind = DC_DEFECT_STANDARD,
                  .field = DC_ROLE_CURRENCY,
                  .severity = 2,
                  .strikes = dc_is_flagged,
                  .what = dc_audit_text(q, "amounts in %s among amounts in %.20s", list, usual),
                  .fix = "export in one currency, or give rates",
                  .column = c,
                  .target = -1,
                  .flagged = flagged};
  return add_rule(sheet, &rule, error);
}

dc_status dc_standards_audit(dc_sheet *sheet, dc_error *error)
{
  const dc_config *config = sheet->quality->config;
  dc_status status = add_order(sheet, error);
  if (status == DC_OK) status = add_currency(sheet, error);
  for (size_t k = 0; k < config->n_allowed && status == DC_OK; k++)
    status = add_allowed(sheet, &config->allowed[k], error);
  for (size_t k = 0; k < config->n_required && status == DC_OK; k++)
    status = add_required(sheet, &config->required[k], error);
  return status;
}
