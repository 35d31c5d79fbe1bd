/* The list of what to mend: a line for each deal and field, the most valuable first. */
#include "engine/base/date.h"
#include "engine/deals/roles_parts.h"
#include "engine/insight/quality_parts.h"
#include "engine/run/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_BYTES = 256, DEFECT_BYTES = 256 };

/* A field at fault; rule is the gravest that strikes it. */
typedef struct fix {
  double value; /* money x severity */
  uint32_t unit;
  uint16_t rule;
  uint16_t severity;
} fix;

typedef struct fixes {
  const dc_sheet *sheet;
  size_t n, capacity;
  fix *items;
} fixes;

/* The list that a defect belongs to: the field, or the column. */
static int field_of(const dc_sheet *sheet, const dc_rule *rule)
{
  const dc_column *column = dc_rule_column(sheet, rule);
  if (rule->kind == DC_DEFECT_DUPLICATE) return -1;
  return column ? (int)(column - sheet->table->columns) : -2 - (int)rule->field;
}

static bool is_listed(const dc_rule *rule)
{
  return rule->severity > 0 && (rule->kind == DC_DEFECT_MISSING || dc_defect_is_inaccurate(rule->kind));
}

/* Is a graver rule, or an equal one further up, struck in the same field? */
static bool is_led(const dc_sheet *sheet, size_t unit, size_t k)
{
  int field = field_of(sheet, &sheet->rules[k]);
  for (size_t other = 0; other < sheet->n_rules; other++) {
    const dc_rule *rule = &sheet->rules[other];
    bool graver = rule->severity > sheet->rules[k].severity ||
                  (rule->severity == sheet->rules[k].severity && other < k);
    if (graver && is_listed(rule) && dc_rule_struck(sheet, unit, other) && field_of(sheet, rule) == field) return true;
  }
  return false;
}

static dc_status collect(fixes *list, dc_error *error)
{
  const dc_sheet *sheet = list->sheet;
  for (size_t unit = 0; unit < sheet->n; unit++) {
    bool read = false;
    dc_unit facts;
    for (size_t k = 0; k < sheet->n_rules; k++) {
      const dc_rule *rule = &sheet->rules[k];
      if (!dc_rule_struck(sheet, unit, k) || !is_listed(rule) || is_led(sheet, unit, k)) continue;
      if (list->n == list->capacity) {
        size_t wanted = list->capacity ? 2 * list->capacity : 1024;
        fix *grown = realloc(list->items, wanted * sizeof *grown);
        if (!grown) return dc_fail_memory(error, "listing what to mend");
        list->items = grown;
        list->capacity = wanted;
      }
      if (!read) dc_unit_read(sheet, unit, &facts);
      read = true;
      double money = isnan(facts.amount) ? 0 : fabs(facts.amount);
      list->items[list->n++] = (fix){money * rule->severity, (uint32_t)unit, (uint16_t)k, (uint16_t)rule->severity};
    }
  }
  return DC_OK;
}

/* qsort has no context. One list is sorted at a time, in the thread that writes. */
static const dc_sheet *sorting;

static int by_value(const void *left, const void *right)
{
  const fix *a = left, *b = right;
  size_t n_a, n_b;
  if (a->value != b->value) return a->value < b->value ? 1 : -1;
  if (a->severity != b->severity) return b->severity - a->severity;
  const char *x = dc_unit_text(sorting, a->unit, DC_ROLE_ID, &n_a),
             *y = dc_unit_text(sorting, b->unit, DC_ROLE_ID, &n_b);
  int order = memcmp(x, y, n_a < n_b ? n_a : n_b);
  if (!order) order = (n_a > n_b) - (n_a < n_b);
  if (!order) order = (a->unit > b->unit) - (a->unit < b->unit);
  return order ? order : a->rule - b->rule;
}

/* The cell as it stands. */
static const char *value_now(const dc_sheet *sheet, const dc_column *column, size_t row, char *text)
{
  size_t length;
  text[0] = '\0';
  if (!column || dc_role_cell_missing(column, row)) return NULL;
  if (dc_role_is_personal(sheet->roles->role[column - sheet->table->columns])) return NULL;
  int32_t day = dc_column_day(column, row, sheet->quality->config->timezone_minutes);
  if (column->type == DC_TYPE_NUMBER)
    snprintf(text, VALUE_BYTES, "%.15g", column->number[row]);
  else if (day != DC_DATE_MISSING)
    dc_date_format(day, text);
  else {
    const char *word = dc_column_text(column, row, &length);
    snprintf(text, VALUE_BYTES, "%.*s", (int)(length < VALUE_BYTES ? length : VALUE_BYTES - 1), word);
  }
  return text;
}

/* "past its expected close; no activity": all that is wrong with the field. */
static void name_defects(const dc_sheet *sheet, const fix *one, char *text)
{
  size_t used = (size_t)snprintf(text, DEFECT_BYTES, "%s", sheet->rules[one->rule].name);
  int field = field_of(sheet, &sheet->rules[one->rule]);
  for (size_t k = 0; k < sheet->n_rules && used < DEFECT_BYTES; k++)
    if (k != one->rule && is_listed(&sheet->rules[k]) && dc_rule_struck(sheet, one->unit, k) &&
        field_of(sheet, &sheet->rules[k]) == field)
      used += (size_t)snprintf(text + used, DEFECT_BYTES - used, "; %s", sheet->rules[k].name);
}

static void put_unit_text(dc_result_table *table, const dc_sheet *sheet, size_t unit, dc_role role)
{
  size_t length;
  const char *text = dc_unit_text(sheet, unit, role, &length);
  dc_put_text_n(table, length ? text : NULL, length);
}

static void put_fix(dc_result_table *table, const dc_sheet *sheet, const fix *one)
{
  char value[VALUE_BYTES], defect[DEFECT_BYTES];
  const dc_rule *rule = &sheet->rules[one->rule];
  const dc_column *column = rule->kind == DC_DEFECT_DUPLICATE ? NULL : dc_rule_column(sheet, rule);
  uint32_t row = sheet->row ? sheet->row[one->unit] : one->unit;
  const char *mend = rule->mend ? rule->mend[dc_column_code(&sheet->table->columns[rule->column], row)] : NULL;
  int file;
  int64_t line;
  dc_unit unit;
  dc_unit_read(sheet, one->unit, &unit);
  dc_unit_place(sheet, one->unit, &file, &line);
  name_defects(sheet, one, defect);
  put_unit_text(table, sheet, one->unit, DC_ROLE_ID);
  put_unit_text(table, sheet, one->unit, DC_ROLE_OWNER);
  put_unit_text(table, sheet, one->unit, DC_ROLE_ACCOUNT);
  dc_put_text(table, column ? column->name : NULL);
  dc_put_text(table, value_now(sheet, column, row, value));
  dc_put_text(table, defect);
  dc_put_text(table, mend ? mend : rule->fix);
  dc_put_number(table, unit.amount);
  dc_put_integer(table, rule->severity);
  dc_put_text(table, sheet->load->inputs[file].name);
  dc_put_integer(table, line);
}

dc_status dc_check_fixes(dc_check_run *run, dc_error *error)
{
  static const dc_field_spec fields[] = {
      {"deal_id", DC_FIELD_TEXT},     {"owner", DC_FIELD_TEXT},  {"account", DC_FIELD_TEXT}, {"field", DC_FIELD_TEXT},
      {"value", DC_FIELD_TEXT},       {"defect", DC_FIELD_TEXT}, {"fix", DC_FIELD_TEXT},     {"money", DC_FIELD_MONEY},
      {"severity", DC_FIELD_INTEGER}, {"file", DC_FIELD_TEXT},   {"line", DC_FIELD_INTEGER}, {NULL, DC_FIELD_TEXT}};
  fixes list = {.sheet = run->sheet};
  dc_result_table *table = dc_result_add_fixes(run->base.result, fields);
  dc_status status = run->sheet->kind == DC_SHEET_HISTORY ? DC_OK : collect(&list, error);
  if (status == DC_OK && list.n) {
    sorting = run->sheet;
    qsort(list.items, list.n, sizeof *list.items, by_value);
    for (size_t k = 0; k < list.n; k++) put_fix(table, run->sheet, &list.items[k]);
  }
  free(list.items);
  return status;
}
