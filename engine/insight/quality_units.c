/* Units of a sheet: what their roles tell, where they stand, and which rules they break. */
#include "engine/insight/quality_parts.h"

#include "engine/deals/roles_parts.h"
#include "engine/deals/words.h"

#include <math.h>
#include <string.h>

static const dc_column *column_of(const dc_sheet *sheet, dc_role role)
{
  int c = sheet->column[role];
  return c < 0 ? NULL : &sheet->table->columns[c];
}

static int32_t day_at(const dc_sheet *sheet, dc_role role, size_t row)
{
  const dc_column *column = column_of(sheet, role);
  return column ? dc_column_day(column, row, sheet->quality->config->timezone_minutes) : DC_DATE_MISSING;
}

static double number_at(const dc_sheet *sheet, dc_role role, size_t row)
{
  const dc_column *column = column_of(sheet, role);
  return column && column->type == DC_TYPE_NUMBER ? column->number[row] : NAN;
}

static dc_meaning word_at(const dc_word_column *words, size_t row)
{
  return words->meaning ? (dc_meaning)words->meaning[dc_column_code(words->column, row)] : DC_MEANING_UNKNOWN;
}

/* 1, 0, or -1 where the cell is no flag. */
static int flag_at(const dc_word_column *words, size_t row)
{
  if (words->flag) return words->flag[dc_column_code(words->column, row)];
  if (!words->column || words->column->type != DC_TYPE_NUMBER) return -1;
  double x = words->column->number[row];
  return isnan(x) ? -1 : x != 0;
}

/* What flags and outcome say, the stage left aside. */
static dc_meaning by_flags(const dc_row_reader *reader, size_t row, bool *disagree)
{
  int won = flag_at(&reader->is_won, row), closed = flag_at(&reader->is_closed, row);
  *disagree = won == 1 && closed == 0;
  if (won == 1) return DC_MEANING_WON;
  if (won == 0 && closed == 1) return DC_MEANING_LOST;
  if (closed == 0) return DC_MEANING_OPEN;
  dc_meaning meaning = word_at(&reader->outcome, row);
  int flag = meaning == DC_MEANING_UNKNOWN ? flag_at(&reader->outcome, row) : -1;
  return flag < 0 ? meaning : flag ? DC_MEANING_WON : DC_MEANING_LOST;
}

static uint8_t state_of(dc_meaning meaning)
{
  switch (meaning) {
    case DC_MEANING_WON: return DC_WHEN_WON;
    case DC_MEANING_LOST: return DC_WHEN_LOST;
    case DC_MEANING_IGNORE: return 0;
    default: return DC_WHEN_OPEN;
  }
}

/* The day of the deal's last change, as its history tells. */
static void take_touch(const dc_sheet *sheet, dc_unit *unit)
{
  const dc_audit *q = sheet->quality;
  dc_view view;
  if (unit->deal == DC_ID_NONE || !q->log->has_history) return;
  dc_deals_view(q->log, unit->deal, q->as_of, &view);
  if (view.touched != DC_DATE_MISSING && view.touched > unit->active) unit->active = view.touched;
}

static void read_row(const dc_sheet *sheet, dc_unit *unit)
{
  dc_row_facts facts;
  size_t row = unit->row;
  dc_row_read(&sheet->reader, row, &facts);
  unit->by_flag = by_flags(&sheet->reader, row, &unit->flags_disagree);
  unit->by_stage = word_at(&sheet->reader.stage, row);
  unit->unknown_stage = facts.unknown_stage;
  unit->state = facts.total ? 0 : state_of(facts.meaning);
  for (int role = 1; role < DC_ROLES; role++)
    if (sheet->column[role] >= 0 && !dc_role_cell_missing(column_of(sheet, (dc_role)role), row))
      unit->filled |= DC_ROLE_BIT(role);
  unit->created = day_at(sheet, DC_ROLE_CREATED, row);
  unit->closed = day_at(sheet, DC_ROLE_CLOSED, row);
  unit->expected = facts.expected;
  for (int k = 0; k < 2; k++) {
    int32_t *day = k ? &unit->closed : &unit->created;
    if (!sheet->joined_day[k]) continue;
    *day = sheet->joined_day[k][row];
    if (*day != DC_DATE_MISSING) unit->filled |= DC_ROLE_BIT(k ? DC_ROLE_CLOSED : DC_ROLE_CREATED);
  }
  bool closed = (unit->state & DC_WHEN_CLOSED) != 0;
  if (closed && unit->closed == DC_DATE_MISSING) unit->closed = facts.closed; /* from a column of its own */
  if (closed && unit->closed != DC_DATE_MISSING) unit->filled |= DC_ROLE_BIT(DC_ROLE_CLOSED);
  unit->active = day_at(sheet, DC_ROLE_LAST_ACTIVITY, row);
  unit->amount = facts.amount;
  if (!isnan(unit->amount)) unit->filled |= DC_ROLE_BIT(DC_ROLE_AMOUNT);
  unit->probability = number_at(sheet, DC_ROLE_PROBABILITY, row);
  if (!sheet->has_state && unit->state) unit->state = unit->closed == DC_DATE_MISSING ? DC_WHEN_OPEN : DC_WHEN_WON;
  bool one_column = unit->state == DC_WHEN_OPEN && sheet->roles->closed_is_expected;
  if (one_column) unit->filled &= ~DC_ROLE_BIT(DC_ROLE_CLOSED);
  if (unit->expected != DC_DATE_MISSING) unit->filled |= DC_ROLE_BIT(DC_ROLE_EXPECTED_CLOSE);
  take_touch(sheet, unit);
  if (unit->active != DC_DATE_MISSING) unit->filled |= DC_ROLE_BIT(DC_ROLE_LAST_ACTIVITY);
}

/* A deal of the log, as it is known on the as-of day. */
static void read_deal(const dc_sheet *sheet, dc_unit *unit)
{
  const dc_deals *log = sheet->quality->log;
  dc_view view;
  dc_deals_view(log, unit->deal, sheet->quality->as_of, &view);
  if (view.state == DC_STATE_ABSENT) return;
  unit->state = view.state == DC_STATE_OPEN ? DC_WHEN_OPEN : view.state == DC_STATE_WON ? DC_WHEN_WON : DC_WHEN_LOST;
  unit->created = view.since;
  unit->closed = view.closed;
  unit->expected = view.expected;
  unit->active = view.touched;
  unit->amount = view.amount;
  unit->unknown_stage = unit->state == DC_WHEN_OPEN && sheet->strange_stage[view.stage];
  unit->filled = DC_ROLE_BIT(DC_ROLE_ID);
  const bool filled[DC_ROLES] = {
      [DC_ROLE_STAGE] = view.stage != 0,
      [DC_ROLE_OWNER] = view.owner != 0,
      [DC_ROLE_AMOUNT] = !isnan(view.amount),
      [DC_ROLE_CREATED] = view.since != DC_DATE_MISSING,
      [DC_ROLE_CLOSED] = view.closed != DC_DATE_MISSING,
      [DC_ROLE_EXPECTED_CLOSE] = view.expected != DC_DATE_MISSING,
      [DC_ROLE_LAST_ACTIVITY] = view.touched != DC_DATE_MISSING,
  };
  for (int role = 1; role < DC_ROLES; role++)
    if (filled[role]) unit->filled |= DC_ROLE_BIT(role);
  for (size_t a = 0; a < log->n_attributes; a++) {
    const dc_attribute *one = &log->attributes[a];
    if (one->role != DC_ROLE_NONE && dc_deals_attribute(log, one, unit->deal, sheet->quality->as_of))
      unit->filled |= DC_ROLE_BIT(one->role);
  }
}

void dc_unit_read(const dc_sheet *sheet, size_t index, dc_unit *unit)
{
  *unit = (dc_unit){.index = index,
                    .row = sheet->row ? sheet->row[index] : (uint32_t)index,
                    .deal = sheet->deal ? sheet->deal[index] : DC_ID_NONE,
                    .created = DC_DATE_MISSING,
                    .closed = DC_DATE_MISSING,
                    .expected = DC_DATE_MISSING,
                    .active = DC_DATE_MISSING,
                    .amount = NAN,
                    .probability = NAN};
  if (sheet->kind == DC_SHEET_DEALS) read_row(sheet, unit);
  if (sheet->kind == DC_SHEET_LOG) read_deal(sheet, unit);
  if (sheet->kind == DC_SHEET_HISTORY) unit->amount = number_at(sheet, DC_ROLE_AMOUNT, unit->row);
}

bool dc_rule_struck(const dc_sheet *sheet, size_t unit, size_t rule)
{
  return sheet->bits[unit * sheet->words + rule / 64] >> (rule % 64) & 1;
}

const dc_column *dc_rule_column(const dc_sheet *sheet, const dc_rule *rule)
{
  int c = rule->target >= 0 ? rule->target : rule->column >= 0 ? rule->column : sheet->column[rule->field];
  return c < 0 ? NULL : &sheet->table->columns[c];
}

void dc_unit_place(const dc_sheet *sheet, size_t unit, int *file, int64_t *line)
{
  uint32_t row = sheet->row ? sheet->row[unit] : (uint32_t)unit;
  *file = sheet->table->file ? sheet->table->file[row] : 0;
  *line = sheet->table->line[row];
}

const char *dc_unit_text(const dc_sheet *sheet, size_t unit, dc_role role, size_t *length)
{
  const dc_deals *log = sheet->quality->log;
  *length = 0;
  if (sheet->kind == DC_SHEET_LOG && role == DC_ROLE_ID) {
    *length = log->ids.length[sheet->deal[unit]];
    return log->ids.text[sheet->deal[unit]];
  }
  int c = sheet->column[role];
  return c < 0 ? "" : dc_column_text(&sheet->table->columns[c], sheet->row ? sheet->row[unit] : unit, length);
}
