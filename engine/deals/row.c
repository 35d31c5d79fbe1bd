/* One row of a deals file: what its roles say, and the rules that reject it. */
#include "engine/base/date.h"
#include "engine/base/text.h"
#include "engine/deals/build.h"
#include "engine/deals/words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FLAG_UNKNOWN = -1 };
static const double AMOUNT_LIMIT = 1e15, AMOUNT_LEAST = 1e-9;

static const dc_column *role_column(const dc_table *table, const dc_roles *roles, dc_role role)
{
  int c = roles->column[role];
  return c < 0 ? NULL : &table->columns[c];
}

static dc_status read_words(const dc_config *config, const dc_column *column, dc_arena *arena, dc_word_column *out,
                            dc_error *error)
{
  out->column = column;
  if (!column || column->type != DC_TYPE_CATEGORY) return DC_OK;
  out->meaning = dc_arena_alloc(arena, column->n_words, 1);
  out->flag = dc_arena_alloc(arena, column->n_words, 1);
  if (!out->meaning || !out->flag) return dc_fail_memory(error, "reading stages");
  out->flag[0] = FLAG_UNKNOWN;
  for (size_t k = 1; k < column->n_words; k++) {
    bool value;
    dc_meaning meaning = dc_stage_meaning(config, column->words[k]);
    if (meaning == DC_MEANING_UNKNOWN) meaning = dc_legend_meaning(column->name, column->words[k]);
    out->meaning[k] = (uint8_t)meaning;
    out->flag[k] = dc_flag_parse(column->words[k], &value) ? value : FLAG_UNKNOWN;
  }
  return DC_OK;
}

/* The id, or else the first column of words. */
static const dc_column *find_label(const dc_table *table, const dc_column *id)
{
  for (size_t c = 0; c < table->n_columns && !id; c++)
    if (table->columns[c].type == DC_TYPE_TEXT || table->columns[c].type == DC_TYPE_CATEGORY) id = &table->columns[c];
  return id;
}

/* "Grand Total" in the languages of the exports, and nothing that a deal has: neither stage nor outcome nor day. */
static bool is_total(const dc_row_reader *reader, const dc_row_facts *facts, size_t row)
{
  static const char *const words[] = {
      "total",        "totals",        "grandtotal",     "grandtotals", "subtotal",  "sum",   "overalltotal",
      "summe",        "gesamt",        "gesamtsumme",    "endsumme",    "insgesamt", "somme", "gesamtergebnis",
      "totalgénéral", "totalgeneral",  "soustotal",      "totaux",      "totales",   "suma",  "sumatotal",
      "totalgeral",   "zwischensumme", "totaldoperíodo", "soma",        "总计",      "合计",  "小计",
      "总额合计",     "總計",          "合計",           "小計"};
  char folded[DC_FOLD_BYTES];
  size_t length = 0;
  bool bare = facts->created == DC_DATE_MISSING && facts->closed == DC_DATE_MISSING &&
              facts->expected == DC_DATE_MISSING;
  if (!bare || !reader->label || facts->meaning != DC_MEANING_UNKNOWN || facts->unknown_stage) return false;
  const char *text = dc_column_text(reader->label, row, &length);
  if (length == 0 || length >= DC_FOLD_BYTES) return false;
  dc_text_fold(text, length, folded);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcmp(folded, words[i]) == 0) return true;
  return false;
}

/* The header once more, as where files were put together: every word is the name of its column, and nothing else is
 * there. */
static bool repeats_header(const dc_table *table, size_t row)
{
  size_t same = 0;
  for (size_t c = 0; c < table->n_columns; c++) {
    const dc_column *column = &table->columns[c];
    size_t length = 0;
    if (column->type == DC_TYPE_TEXT || column->type == DC_TYPE_CATEGORY) {
      const char *text = dc_column_text(column, row, &length);
      bool marked = length > 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0; /* the later file had a byte order mark */
      text += marked ? 3 : 0;
      length -= marked ? 3 : 0;
      if (length != strlen(column->name) || memcmp(text, column->name, length) != 0) return false;
      same++;
    } else if (column->type == DC_TYPE_NUMBER ? !isnan(column->number[row])
                                              : dc_column_day(column, row, 0) != DC_DATE_MISSING) {
      return false;
    }
  }
  return same > 1;
}

static int32_t read_day(const dc_row_reader *reader, const dc_column *column, size_t row)
{
  return column ? dc_column_day(column, row, reader->sources->config->timezone_minutes) : DC_DATE_MISSING;
}

static void find_last_day(dc_row_reader *reader, const dc_table *table)
{
  static const dc_role recorded[] = {DC_ROLE_CREATED, DC_ROLE_MODIFIED, DC_ROLE_LAST_ACTIVITY, DC_ROLE_STAGE_CHANGED};
  reader->last_day = DC_DATE_MISSING;
  for (size_t k = 0; k < sizeof recorded / sizeof *recorded; k++) {
    const dc_column *column = role_column(table, reader->sources->deals_roles, recorded[k]);
    for (size_t row = 0; column && row < table->rows; row++) {
      int32_t day = read_day(reader, column, row);
      if (day > reader->last_day) reader->last_day = day;
    }
  }
}

dc_status dc_row_reader_new(const dc_deals_sources *s, dc_arena *arena, dc_row_reader *reader, dc_error *error)
{
  const dc_table *table = s->deals->table;
  const dc_roles *roles = s->deals_roles;
  const struct {
    dc_role role;
    dc_word_column *words;
  } words[] = {{DC_ROLE_STAGE, &reader->stage},
               {DC_ROLE_OUTCOME, &reader->outcome},
               {DC_ROLE_IS_WON, &reader->is_won},
               {DC_ROLE_IS_CLOSED, &reader->is_closed},
               {DC_ROLE_IS_ACTIVE, &reader->is_active}};
  memset(reader, 0, sizeof *reader);
  reader->sources = s;
  reader->id = role_column(table, roles, DC_ROLE_ID);
  reader->label = find_label(table, reader->id);
  reader->amount = role_column(table, roles, DC_ROLE_AMOUNT);
  if (reader->amount && reader->amount->type == DC_TYPE_EMPTY) reader->amount = NULL; /* as good as no amounts */
  reader->actual = role_column(table, roles, DC_ROLE_ACTUAL_AMOUNT);
  reader->created = role_column(table, roles, DC_ROLE_CREATED);
  reader->closed = role_column(table, roles, DC_ROLE_CLOSED);
  reader->won_at = role_column(table, roles, DC_ROLE_WON_AT);
  reader->lost_at = role_column(table, roles, DC_ROLE_LOST_AT);
  reader->expected = role_column(table, roles, DC_ROLE_EXPECTED_CLOSE);
  reader->modified = role_column(table, roles, DC_ROLE_MODIFIED);
  reader->probability = role_column(table, roles, DC_ROLE_PROBABILITY);
  if (roles->expected_is_closed) find_last_day(reader, table);
  dc_status status = DC_OK;
  for (size_t k = 0; k < sizeof words / sizeof *words && status == DC_OK; k++)
    status = read_words(s->config, role_column(table, roles, words[k].role), arena, words[k].words, error);
  return status;
}

static dc_meaning word_meaning(const dc_word_column *words, size_t row)
{
  return words->meaning ? (dc_meaning)words->meaning[dc_column_code(words->column, row)] : DC_MEANING_UNKNOWN;
}

/* A yes/no cell: 1, 0, or FLAG_UNKNOWN. */
static int word_flag(const dc_word_column *words, size_t row)
{
  if (words->flag) return words->flag[dc_column_code(words->column, row)];
  if (!words->column || words->column->type != DC_TYPE_NUMBER) return FLAG_UNKNOWN;
  double x = words->column->number[row];
  return isnan(x) ? FLAG_UNKNOWN : x != 0;
}

static dc_meaning from_flags(int is_won, int is_closed)
{
  if (is_won == 1) return DC_MEANING_WON;
  if (is_closed == 1 && is_won == 0) return DC_MEANING_LOST;
  if (is_closed == 0) return DC_MEANING_OPEN;
  return DC_MEANING_UNKNOWN;
}

/* Odoo's lost deals are archived ones with probability 0; what is archived otherwise is no deal any more. */
static dc_meaning read_archived(const dc_row_reader *reader, size_t row)
{
  const dc_column *p = reader->probability;
  return p && p->type == DC_TYPE_NUMBER && p->number[row] > 0 ? DC_MEANING_IGNORE : DC_MEANING_LOST;
}

/* Flags lead, then the outcome column, then the stage; an outcome of 0/1 is lost/won. Without flags and outcome, a day of
 * winning or losing says it where the stage does not. */
static dc_meaning read_meaning(const dc_row_reader *reader, size_t row, bool *unknown_stage)
{
  dc_meaning meaning = from_flags(word_flag(&reader->is_won, row), word_flag(&reader->is_closed, row));
  if (meaning == DC_MEANING_UNKNOWN) meaning = word_meaning(&reader->outcome, row);
  if (meaning == DC_MEANING_UNKNOWN) {
    int flag = word_flag(&reader->outcome, row);
    if (flag != FLAG_UNKNOWN) meaning = flag ? DC_MEANING_WON : DC_MEANING_LOST;
  }
  if (meaning != DC_MEANING_UNKNOWN) return meaning;
  meaning = word_meaning(&reader->stage, row);
  bool told = reader->outcome.column || reader->is_won.column || reader->is_closed.column;
  if (!told && meaning != DC_MEANING_WON && meaning != DC_MEANING_LOST) {
    if (read_day(reader, reader->won_at, row) != DC_DATE_MISSING) return DC_MEANING_WON;
    if (read_day(reader, reader->lost_at, row) != DC_DATE_MISSING) return DC_MEANING_LOST;
  }
  if (meaning != DC_MEANING_WON && word_flag(&reader->is_active, row) == 0) return read_archived(reader, row);
  const dc_word_column *stage = &reader->stage;
  *unknown_stage = meaning == DC_MEANING_UNKNOWN && stage->meaning && dc_column_code(stage->column, row) != 0;
  return meaning;
}

static void reject(dc_row_facts *facts, const char *rule, dc_role blame)
{
  if (facts->rule) return;
  facts->rule = rule;
  facts->blame = blame;
}

/* No money is that small, and its square is no number. */
double dc_amount_settle(double amount) { return amount > 0 && amount < AMOUNT_LEAST ? 0 : amount; }

static void check_amount(const dc_column *amount, const dc_column *actual, dc_row_facts *facts, size_t row)
{
  facts->amount = amount && amount->type == DC_TYPE_NUMBER ? dc_amount_settle(amount->number[row]) : NAN;
  if (actual && facts->meaning == DC_MEANING_WON && actual->type == DC_TYPE_NUMBER && !isnan(actual->number[row]))
    facts->amount = dc_amount_settle(actual->number[row]);
  if (facts->amount < 0) reject(facts, "negative amount", DC_ROLE_AMOUNT);
  if (facts->amount > AMOUNT_LIMIT || isinf(facts->amount)) reject(facts, "amount above 1e15", DC_ROLE_AMOUNT);
  if (amount && facts->meaning == DC_MEANING_WON && isnan(facts->amount))
    reject(facts, "won deal without an amount", DC_ROLE_AMOUNT);
}

/* The day on which a won or lost deal was closed: as recorded; for won and lost apart; or, where nothing else is known, its
 * expected close, but not after the deal's last change or the last day in the file. */
static int32_t read_closed(const dc_row_reader *reader, const dc_row_facts *facts, size_t row)
{
  int32_t day = read_day(reader, reader->closed, row);
  if (day != DC_DATE_MISSING) return day;
  if (facts->meaning == DC_MEANING_WON) day = read_day(reader, reader->won_at, row);
  if (facts->meaning == DC_MEANING_LOST) day = read_day(reader, reader->lost_at, row);
  bool closed = facts->meaning == DC_MEANING_WON || facts->meaning == DC_MEANING_LOST;
  const dc_deals_sources *s = reader->sources;
  if (day != DC_DATE_MISSING || !closed || !s->deals_roles->expected_is_closed || s->history) return day;
  int32_t modified = read_day(reader, reader->modified, row);
  day = facts->expected;
  if (day != DC_DATE_MISSING && modified != DC_DATE_MISSING && modified < day) day = modified;
  return day != DC_DATE_MISSING && reader->last_day != DC_DATE_MISSING && reader->last_day < day ? reader->last_day
                                                                                                 : day;
}

/* The one date column of some exports is the expected close while the deal is open. */
static void check_dates(const dc_row_reader *reader, dc_row_facts *facts)
{
  const dc_deals_sources *s = reader->sources;
  if (facts->meaning == DC_MEANING_OPEN) {
    if (s->deals_roles->closed_is_expected && facts->expected == DC_DATE_MISSING) facts->expected = facts->closed;
    facts->closed = DC_DATE_MISSING;
  } else if (facts->meaning != DC_MEANING_IGNORE && facts->closed == DC_DATE_MISSING && !s->history) {
    reject(facts, "closed deal without a closing date", DC_ROLE_CLOSED);
  }
  if (facts->closed == DC_DATE_MISSING || facts->created == DC_DATE_MISSING || facts->created <= facts->closed) return;
  facts->created = DC_DATE_MISSING;
  facts->created_dropped = true;
}

void dc_row_read(const dc_row_reader *reader, size_t row, dc_row_facts *facts)
{
  memset(facts, 0, sizeof *facts);
  size_t length = 1;
  if (reader->id) dc_column_text(reader->id, row, &length);
  if (length == 0) reject(facts, "no id", DC_ROLE_ID);
  facts->meaning = read_meaning(reader, row, &facts->unknown_stage);
  facts->created = read_day(reader, reader->created, row);
  facts->expected = read_day(reader, reader->expected, row);
  facts->closed = read_closed(reader, facts, row);
  facts->total = is_total(reader, facts, row) || repeats_header(reader->sources->deals->table, row);
  if (facts->meaning == DC_MEANING_UNKNOWN) facts->meaning = DC_MEANING_OPEN;
  check_amount(reader->amount, reader->actual, facts, row);
  check_dates(reader, facts);
}

static void show_cell(const dc_column *column, size_t row, dc_reject *one)
{
  size_t length = 0;
  snprintf(one->column_name, sizeof one->column_name, "%s", column->name);
  if (column->type == DC_TYPE_NUMBER) {
    if (!isnan(column->number[row])) snprintf(one->value, sizeof one->value, "%.17g", column->number[row]);
  } else if (column->type == DC_TYPE_CATEGORY || column->type == DC_TYPE_TEXT) {
    const char *text = dc_column_text(column, row, &length);
    snprintf(one->value, sizeof one->value, "%.*s", (int)(length > 60 ? 60 : length), text);
  } else {
    int32_t day = dc_column_day(column, row, 0);
    if (day != DC_DATE_MISSING) dc_date_format(day, one->value);
  }
}

static dc_status book(dc_load *load, const dc_roles *roles, size_t row, dc_reject *one, dc_role blame, dc_error *error)
{
  const dc_table *table = load->table;
  one->count = 1;
  one->file = table->file ? table->file[row] : 0;
  one->line = table->line[row];
  int c = blame == DC_ROLE_NONE ? -1 : roles->column[blame];
  if (c >= 0) {
    one->column = dc_load_field(load, (size_t)one->file, (size_t)c);
    show_cell(&table->columns[c], row, one);
  }
  if (!dc_rejects_add(&load->rejects, one)) return dc_fail_memory(error, "listing rejected rows");
  return load->strict ? dc_reject_fail(one, load->inputs[one->file].path, error) : DC_OK;
}

dc_status dc_row_reject(dc_load *load, const dc_roles *roles, size_t row, const char *rule, dc_role blame,
                        dc_error *error)
{
  dc_reject one = {.rule = rule, .whole_row = true, .amount = NAN};
  const dc_column *amount = role_column(load->table, roles, DC_ROLE_AMOUNT);
  if (amount && amount->type == DC_TYPE_NUMBER) one.amount = amount->number[row];
  dc_load_set_aside(load, row, DC_ROW_REJECTED);
  return book(load, roles, row, &one, blame, error);
}

dc_status dc_row_drop_cell(dc_load *load, const dc_roles *roles, size_t row, const char *rule, dc_role blame,
                           dc_error *error)
{
  dc_reject one = {.rule = rule, .amount = NAN};
  return book(load, roles, row, &one, blame, error);
}
