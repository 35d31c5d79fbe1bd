#include "engine/insight/quality_score.h"

#include "engine/insight/quality_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SCORE_OTHER = DC_ROLES }; /* weight of all columns without a role */

static const double weights[DC_ROLES + 1] = {[DC_ROLE_NONE] = 2,
                                             [DC_ROLE_ID] = 1,
                                             [DC_ROLE_NAME] = 0.25,
                                             [DC_ROLE_STAGE] = 3,
                                             [DC_ROLE_AMOUNT] = 3,
                                             [DC_ROLE_CREATED] = 2,
                                             [DC_ROLE_CLOSED] = 3,
                                             [DC_ROLE_EXPECTED_CLOSE] = 2,
                                             [DC_ROLE_OWNER] = 1,
                                             [DC_ROLE_ACCOUNT] = 1,
                                             [DC_ROLE_PRODUCT] = 1,
                                             [DC_ROLE_REGION] = 0.5,
                                             [DC_ROLE_SOURCE] = 0.5,
                                             [DC_ROLE_PROBABILITY] = 0.5,
                                             [DC_ROLE_CURRENCY] = 1,
                                             [DC_ROLE_IS_WON] = 1,
                                             [DC_ROLE_LAST_ACTIVITY] = 1,
                                             [DC_ROLE_NEXT_STEP] = 0.5,
                                             [DC_ROLE_FORECAST_CATEGORY] = 0.25,
                                             [DC_ROLE_LOSS_REASON] = 0.5,
                                             [DC_ROLE_TEAM] = 0.5,
                                             [DC_ROLE_PIPELINE] = 0.5,
                                             [DC_ROLE_TYPE] = 0.25,
                                             [SCORE_OTHER] = 1};

static double weight_of(const dc_config *config, int role)
{
  const char *name = role == SCORE_OTHER ? "other" : role == DC_ROLE_NONE ? "rows" : dc_role_name((dc_role)role);
  for (size_t k = 0; k < config->n_weights; k++)
    if (strcmp(config->weights[k].role, name) == 0) return config->weights[k].weight;
  return weights[role];
}

double dc_score_weight(const dc_config *config, dc_role role) { return weight_of(config, (int)role); }

/* One role: which states should fill it, and the bits of the rules that say it is not filled, or wrong. */
typedef struct scored_role {
  dc_role role;
  int when;
  bool absent; /* no column, and a forecast needs it */
  uint64_t *missing, *wrong;
} scored_role;

struct dc_scorer {
  const dc_sheet *sheet;
  size_t n;
  scored_role roles[DC_ROLES];
  uint64_t *at_fault; /* bits of the rules of severity 1 or more */
  uint64_t *masks;
};

static void set_bit(uint64_t *mask, size_t bit) { mask[bit / 64] |= (uint64_t)1 << (bit % 64); }

static bool any_bit(const dc_sheet *sheet, size_t unit, const uint64_t *mask)
{
  for (size_t w = 0; w < sheet->words; w++)
    if (sheet->bits[unit * sheet->words + w] & mask[w]) return true;
  return false;
}

static bool is_needed(const dc_sheet *sheet, dc_role role)
{
  if (sheet->kind == DC_SHEET_HISTORY) return false;
  switch (role) {
    case DC_ROLE_STAGE: return !sheet->has_state;
    case DC_ROLE_AMOUNT:
    case DC_ROLE_CREATED:
    case DC_ROLE_CLOSED: return true;
    default: return false;
  }
}

/* The field that a rule speaks of: of copies the rows. */
static dc_role field_of(const dc_rule *rule) { return rule->kind == DC_DEFECT_DUPLICATE ? DC_ROLE_NONE : rule->field; }

static void fill_role(dc_scorer *scorer, dc_role role)
{
  const dc_sheet *sheet = scorer->sheet;
  scored_role *one = &scorer->roles[scorer->n];
  bool ruled = role == DC_ROLE_NONE;
  *one = (scored_role){.role = role};
  one->missing = scorer->masks + 2 * scorer->n * sheet->words;
  one->wrong = one->missing + sheet->words;
  for (size_t k = 0; k < sheet->n_rules; k++) {
    const dc_rule *rule = &sheet->rules[k];
    bool column_only = rule->field == DC_ROLE_NONE && rule->column >= 0;
    if (field_of(rule) != role || column_only) continue;
    if (rule->kind == DC_DEFECT_MISSING) {
      set_bit(one->missing, k);
      if (rule->when) one->when |= rule->when;
      ruled = true;
    } else if (dc_defect_is_inaccurate(rule->kind)) {
      set_bit(one->wrong, k);
      ruled = true;
    }
  }
  if (one->when == 0) one->when = DC_WHEN_ANY;
  if (role == DC_ROLE_LAST_ACTIVITY) one->when = DC_WHEN_OPEN;
  if (!ruled) {
    if (!is_needed(sheet, role)) return;
    one->absent = true;
  }
  scorer->n++;
}

dc_status dc_scorer_new(const dc_sheet *sheet, dc_scorer **out, dc_error *error)
{
  dc_scorer *scorer = calloc(1, sizeof *scorer);
  if (!scorer) return dc_fail_memory(error, "scoring");
  scorer->sheet = sheet;
  scorer->masks = calloc(2 * DC_ROLES * sheet->words + 1, sizeof *scorer->masks);
  scorer->at_fault = calloc(sheet->words + 1, sizeof *scorer->at_fault);
  if (!scorer->masks || !scorer->at_fault) {
    dc_scorer_free(scorer);
    return dc_fail_memory(error, "scoring");
  }
  for (int role = 0; role < DC_ROLES; role++) fill_role(scorer, (dc_role)role);
  for (size_t k = 0; k < sheet->n_rules; k++)
    if (sheet->rules[k].severity > 0) set_bit(scorer->at_fault, k);
  *out = scorer;
  return DC_OK;
}

void dc_scorer_free(dc_scorer *scorer)
{
  if (!scorer) return;
  free(scorer->masks);
  free(scorer->at_fault);
  free(scorer);
}

static void count_role(const dc_scorer *scorer, const scored_role *role, size_t unit, dc_score_field *field)
{
  const dc_sheet *sheet = scorer->sheet;
  bool history = sheet->kind == DC_SHEET_HISTORY;
  if (!history && !sheet->state[unit]) return;
  bool should = history || (role->when & sheet->state[unit]) != 0;
  bool missing = role->absent || any_bit(sheet, unit, role->missing), wrong = any_bit(sheet, unit, role->wrong);
  field->should += should;
  field->filled += (should && !missing) || wrong;
  if (!should && wrong) field->should++; /* filled where it should not be */
  field->wrong += wrong;
}

static void settle(dc_score_field *field)
{
  field->completeness = field->should ? fmin((double)field->filled / (double)field->should, 1) : NAN;
  field->accuracy = field->filled ? 1 - (double)field->wrong / (double)field->filled : 1;
  field->score = 100 * field->completeness * field->accuracy;
}

/* A column without a role: rules that are about it alone. */
static void score_column(const dc_sheet *sheet, int c, dc_score_field *field)
{
  field->column = c;
  field->should = (int64_t)sheet->n;
  field->filled = (int64_t)(sheet->n - sheet->table->columns[c].n_missing);
  for (size_t k = 0; k < sheet->n_rules; k++) {
    const dc_rule *rule = &sheet->rules[k];
    if (rule->field != DC_ROLE_NONE || (rule->target >= 0 ? rule->target : rule->column) != c) continue;
    if (rule->kind == DC_DEFECT_MISSING) field->filled -= rule->struck;
    if (dc_defect_is_inaccurate(rule->kind) && rule->target < 0) field->wrong += rule->struck;
    if (dc_defect_is_inaccurate(rule->kind) && rule->target >= 0) continue; /* an empty cell is counted as such */
  }
  settle(field);
}

static void count_unit(const dc_scorer *scorer, size_t unit, dc_score *score, dc_exact *all, dc_exact *faulty)
{
  const dc_sheet *sheet = scorer->sheet;
  dc_unit u;
  bool faults = any_bit(sheet, unit, scorer->at_fault);
  score->units++;
  score->at_fault += faults;
  if (sheet->state[unit] != DC_WHEN_OPEN) return;
  score->open++;
  dc_unit_read(sheet, unit, &u);
  dc_exact_add(all, u.amount);
  if (faults) dc_exact_add(faulty, u.amount);
}

static void add_up(dc_score *score)
{
  double all = 0, filled = 0, right = 0, both = 0;
  for (size_t k = 0; k < score->n_fields; k++) {
    const dc_score_field *field = &score->fields[k];
    if (isnan(field->completeness) || !(field->weight > 0)) continue;
    all += field->weight;
    filled += field->weight * field->completeness;
    right += field->weight * field->accuracy;
    both += field->weight * field->completeness * field->accuracy;
  }
  score->completeness = all > 0 ? filled / all : NAN;
  score->accuracy = all > 0 ? right / all : NAN;
  score->score = all > 0 ? 100 * both / all : NAN;
}

/* Rows that the loader rejected should have been there, too. */
static void count_rejected(const dc_sheet *sheet, dc_score_field *rows)
{
  for (size_t k = 0; k < sheet->n_findings; k++)
    if (sheet->findings[k].kind == DC_DEFECT_REJECTED && sheet->findings[k].severity == 3)
      rows->should += sheet->findings[k].count;
}

static size_t count_other(const dc_sheet *sheet)
{
  size_t n = 0;
  for (size_t c = 0; c < sheet->table->n_columns && sheet->kind != DC_SHEET_LOG; c++)
    n += sheet->roles->role[c] == DC_ROLE_NONE;
  return n;
}

dc_status dc_score_units(const dc_scorer *scorer, const uint32_t *units, size_t n, dc_score *score, dc_error *error)
{
  const dc_sheet *sheet = scorer->sheet;
  size_t other = units ? 0 : count_other(sheet);
  dc_exact all = {0}, faulty = {0};
  memset(score, 0, sizeof *score);
  score->fields = calloc(scorer->n + other + 1, sizeof *score->fields);
  if (!score->fields) return dc_fail_memory(error, "scoring");
  for (size_t k = 0; k < scorer->n; k++) {
    const scored_role *role = &scorer->roles[k];
    dc_score_field *field = &score->fields[score->n_fields++];
    field->role = role->role;
    field->column = role->role == DC_ROLE_NONE ? -1 : sheet->column[role->role];
    field->weight = weight_of(sheet->quality->config, (int)role->role);
    for (size_t i = 0; i < n; i++) count_role(scorer, role, units ? units[i] : i, field);
    if (!units && role->role == DC_ROLE_NONE) count_rejected(sheet, field);
    settle(field);
  }
  for (size_t c = 0; c < sheet->table->n_columns && other; c++) {
    if (sheet->roles->role[c] != DC_ROLE_NONE) continue;
    dc_score_field *field = &score->fields[score->n_fields++];
    field->weight = weight_of(sheet->quality->config, SCORE_OTHER) / (double)other;
    score_column(sheet, (int)c, field);
  }
  for (size_t i = 0; i < n; i++) count_unit(scorer, units ? units[i] : i, score, &all, &faulty);
  score->money = dc_exact_value(&all);
  score->money_at_fault = dc_exact_value(&faulty);
  add_up(score);
  return DC_OK;
}
