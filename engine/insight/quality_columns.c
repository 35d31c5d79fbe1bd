/* What a column as a whole shows: empty, constant, partly filled; and rules from its words and numbers. */
#include "engine/insight/quality_parts.h"

#include "engine/base/date.h"
#include "engine/deals/roles_parts.h"
#include "engine/ingest/missing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_ROWS = 5, VALUE_BYTES = 64, WORDS_BYTES = 160 };

bool dc_is_flagged(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  return rule->flagged[dc_column_code(&sheet->table->columns[rule->column], unit->row)] != 0;
}

/* The only value of a column, in words; false when it has several. *filled: rows with a value. */
static bool only_value(const dc_sheet *sheet, int c, size_t *filled, char *value)
{
  const dc_column *column = &sheet->table->columns[c];
  size_t first = sheet->n, length;
  *filled = 0;
  for (size_t row = 0; row < sheet->n; row++) {
    if (dc_role_cell_missing(column, row)) continue;
    ++*filled;
    if (first == sheet->n) first = row;
    bool same = true;
    switch (column->type) {
      case DC_TYPE_NUMBER: same = column->number[row] == column->number[first]; break;
      case DC_TYPE_DATE: same = column->date[row] == column->date[first]; break;
      case DC_TYPE_INSTANT: same = column->instant[row] == column->instant[first]; break;
      case DC_TYPE_CATEGORY: same = dc_column_code(column, row) == dc_column_code(column, first); break;
      default: same = row == first; break;
    }
    if (!same) return false;
  }
  if (first == sheet->n) return false;
  value[0] = '\0';
  if (column->type == DC_TYPE_NUMBER) snprintf(value, VALUE_BYTES, "%.10g", column->number[first]);
  int32_t day = dc_column_day(column, first, sheet->quality->config->timezone_minutes);
  if (day != DC_DATE_MISSING) dc_date_format(day, value);
  const char *text = dc_column_text(column, first, &length);
  if (length) snprintf(value, VALUE_BYTES, "\"%.*s\"", (int)(length < 40 ? length : 40), text);
  return true;
}

/* The line of the first row without a value; 0 = none. */
static void first_missing(const dc_sheet *sheet, const dc_column *column, dc_finding *finding)
{
  for (size_t row = 0; row < sheet->n; row++) {
    if (!dc_role_cell_missing(column, row)) continue;
    dc_unit_place(sheet, row, &finding->file, &finding->line);
    return;
  }
}

static dc_status add(dc_sheet *sheet, const dc_finding *finding, dc_error *error)
{
  bool fine = finding->what && dc_sheet_add_finding(sheet, finding);
  return fine ? DC_OK : dc_fail_memory(error, "looking at columns");
}

/* Roles whose empty cells a rule of units counts. */
static bool has_missing_rule(const dc_sheet *sheet, dc_role role)
{
  for (size_t k = 0; k < sheet->n_rules && role != DC_ROLE_NONE; k++)
    if (sheet->rules[k].kind == DC_DEFECT_MISSING && sheet->rules[k].field == role) return true;
  return role == DC_ROLE_OUTCOME && sheet->kind == DC_SHEET_DEALS; /* empty = open */
}

/* Words that the loader took for missing: they are told, and counted with the cells that are empty. */
static dc_status look_at_missing_words(dc_sheet *sheet, int c, dc_error *error)
{
  const dc_column *column = &sheet->table->columns[c];
  dc_finding one = {.name = "word for no value", .kind = DC_DEFECT_NOTE, .field = sheet->roles->role[c], .column = c};
  char words[WORDS_BYTES] = "";
  size_t used = 0;
  if (!column->n_missing_words) return DC_OK;
  for (int w = 0; dc_missing_word(w); w++) {
    if (!(column->missing_words >> w & 1) || used + 24 > sizeof words) continue;
    used += (size_t)snprintf(words + used, sizeof words - used, "%s\"%s\"", used ? ", " : "", dc_missing_word(w));
  }
  one.count = (int64_t)column->n_missing_words;
  one.of = (int64_t)sheet->n;
  one.money = one.width_cost = NAN;
  one.no_cost = "it counts as missing";
  one.what = dc_audit_text(sheet->quality, "%s stands for no value, and counts as missing", words);
  one.fix = "choose a value, or leave it empty";
  return add(sheet, &one, error);
}

static dc_status look_at_filling(dc_sheet *sheet, int c, dc_error *error)
{
  const dc_column *column = &sheet->table->columns[c];
  dc_role role = sheet->roles->role[c];
  dc_finding one = {.field = role, .column = c, .count = (int64_t)column->n_missing, .of = (int64_t)sheet->n};
  one.money = one.width_cost = NAN;
  one.no_cost = "the forecast does not use it";
  if (column->type == DC_TYPE_EMPTY) {
    one.name = "empty column";
    one.kind = DC_DEFECT_COLUMN;
    one.severity = role == DC_ROLE_NONE ? 0 : 1;
    one.what = "no row has a value";
    one.fix = "fill it, or leave it out of the export";
    return sheet->n ? add(sheet, &one, error) : DC_OK;
  }
  char value[VALUE_BYTES];
  size_t filled;
  if (only_value(sheet, c, &filled, value) && filled >= LEAST_ROWS) {
    one.name = "constant column";
    one.kind = DC_DEFECT_COLUMN;
    one.count = (int64_t)filled;
    one.what = dc_audit_text(sheet->quality, "the same in every row: %s",
                             dc_role_is_personal(role) ? "a person" : value);
    one.fix = "it tells deals apart by nothing; leave it out";
    dc_status status = add(sheet, &one, error);
    if (status != DC_OK) return status;
  }
  if (column->n_missing == 0 || has_missing_rule(sheet, role)) return DC_OK;
  one.name = "missing values";
  one.kind = DC_DEFECT_MISSING;
  one.count = (int64_t)column->n_missing;
  one.what = "rows without a value";
  one.fix = "fill it where it matters";
  first_missing(sheet, column, &one);
  return add(sheet, &one, error);
}

static dc_status look_at_words(dc_sheet *sheet, int c, dc_error *error)
{
  const dc_column *column = &sheet->table->columns[c];
  int64_t *count = calloc(column->n_words + 1, sizeof *count);
  if (!count) return dc_fail_memory(error, "counting words");
  for (size_t row = 0; row < sheet->n; row++) count[dc_column_code(column, row)]++;
  dc_status status = dc_words_audit(sheet, c, count, error);
  if (status == DC_OK) status = dc_spellings_audit(sheet, c, count, error);
  free(count);
  return status;
}

dc_status dc_columns_audit(dc_sheet *sheet, dc_error *error)
{
  dc_status status = DC_OK;
  for (size_t c = 0; c < sheet->table->n_columns && status == DC_OK; c++) {
    dc_type type = sheet->table->columns[c].type;
    status = look_at_missing_words(sheet, (int)c, error);
    if (status == DC_OK) status = look_at_filling(sheet, (int)c, error);
    if (dc_role_is_personal(sheet->roles->role[c])) continue; /* what it holds never leaves */
    if (status == DC_OK && type == DC_TYPE_CATEGORY) status = look_at_words(sheet, (int)c, error);
    if (status == DC_OK && type == DC_TYPE_CATEGORY) status = dc_ranges_audit(sheet, (int)c, error);
    if (status == DC_OK && (type == DC_TYPE_CATEGORY || type == DC_TYPE_TEXT))
      status = dc_marks_audit(sheet, (int)c, error);
    if (status == DC_OK && type == DC_TYPE_NUMBER) status = dc_numbers_audit(sheet, (int)c, error);
  }
  return status;
}
