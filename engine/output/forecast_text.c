/* `dealcast forecast` on a terminal: what is coming, how good such forecasts were, what was left out, which deals matter. */
#include "engine/output/view.h"

#include "dealcast/table.h"
#include "engine/base/date.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const dc_entry *run_entry(const dc_result *result, const char *name)
{
  for (size_t i = 0; i < result->run.count; i++)
    if (strcmp(result->run.items[i].name, name) == 0) return &result->run.items[i];
  return NULL;
}

const char *dc_view_run_text(const dc_result *result, const char *name)
{
  const dc_entry *entry = run_entry(result, name);
  return entry && entry->type == DC_FIELD_TEXT ? entry->cell.text : NULL;
}

static int64_t run_integer(const dc_result *result, const char *name, int64_t absent)
{
  const dc_entry *entry = run_entry(result, name);
  bool whole = entry && (entry->type == DC_FIELD_INTEGER || entry->type == DC_FIELD_DATE);
  return whole ? entry->cell.integer : absent;
}

const char *dc_view_measure(const dc_result *result)
{
  const dc_result_table *t = dc_result_find(result, "forecast");
  int measure = t ? dc_field_index(t, "measure") : -1;
  for (size_t r = 0; t && r < t->rows; r++)
    if (dc_view_is(t, r, measure, "amount")) return "amount";
  return t && t->rows ? "count" : "amount";
}

void dc_view_heading(const dc_view *view, const char *text)
{
  dc_sink_char(view->sink, '\n');
  if (view->bold) dc_sink_text(view->sink, "\033[1m");
  dc_sink_text(view->sink, text);
  if (view->bold) dc_sink_text(view->sink, "\033[0m");
  dc_sink_char(view->sink, '\n');
}

/* "Forecast as of 2024-06-30, by quarter, in USD" and the counts of deals */
static void put_title(const dc_view *view)
{
  char line[256], date[DC_DATE_CHARS], number[DC_NUMBER_CHARS];
  int64_t as_of = run_integer(view->result, "as_of", DC_DATE_MISSING);
  const char *period = dc_view_run_text(view->result, "period");
  const char *currency = dc_view_run_text(view->result, "currency");
  if (view->bold) dc_sink_text(view->sink, "\033[1m");
  snprintf(line, sizeof line, "Forecast%s%s%s%s%s%s", as_of == DC_DATE_MISSING ? "" : " as of ",
           as_of == DC_DATE_MISSING ? "" : dc_date_format((int32_t)as_of, date), period ? ", by " : "",
           period ? period : "", currency ? ", in " : "", currency ? currency : "");
  dc_put_wrapped(view->sink, "", line);
  if (view->bold) dc_sink_text(view->sink, "\033[0m");
  static const char *const counts[][2] = {{"deals_open", "open"}, {"deals_won", "won"}, {"deals_lost", "lost"}};
  int64_t all = 0;
  size_t used = 0;
  line[0] = '\0';
  for (size_t i = 0; i < 3; i++) {
    int64_t n = run_integer(view->result, counts[i][0], DC_INTEGER_NULL);
    if (n == DC_INTEGER_NULL) continue;
    all += n;
    used += (size_t)snprintf(line + used, sizeof line - used, "%s%s %s", used ? ", " : "", dc_group_integer(n, number),
                             counts[i][1]);
  }
  if (!used) return;
  dc_sink_text(view->sink, dc_group_integer(all, number));
  dc_sink_text(view->sink, " deals read: ");
  dc_sink_text(view->sink, line);
  dc_sink_char(view->sink, '\n');
}

/* Indexes of the deals with the largest values of a field, largest first, ties in order of the table. */
static size_t pick_deals(const dc_result_table *deals, int field, size_t top, size_t *picked)
{
  size_t count = 0;
  for (size_t r = 0; r < deals->rows; r++) {
    double value = dc_view_number(deals, r, field);
    if (isnan(value)) continue;
    size_t at = count < top ? count : top;
    while (at > 0 && dc_view_number(deals, picked[at - 1], field) < value) at--;
    if (at >= top) continue;
    size_t kept = count < top ? count : top - 1;
    memmove(picked + at + 1, picked + at, (kept - at) * sizeof *picked);
    picked[at] = r;
    if (count < top) count++;
  }
  return count;
}

static void put_deals(const dc_view *view)
{
  static const struct {
    const char *field;
    dc_grid_column column;
  } shown[] = {{"deal_id", {"deal", false, false}},       {"account", {"account", false, false}},
               {"owner", {"owner", false, false}},        {"stage", {"stage", false, false}},
               {"amount", {"amount", true, true}},        {"p_win", {"P(win)", true, true}},
               {"expected_close", {"close", true, true}}, {"expected_amount", {"expected", true, true}},
               {"grade", {"grade", false, true}},         {"flags", {"flags", false, false}}};
  enum { SHOWN = sizeof shown / sizeof *shown };
  const dc_result_table *deals = dc_result_find(view->result, "deals");
  bool counts = strcmp(dc_view_measure(view->result), "count") == 0;
  int field = deals ? dc_field_index(deals, counts ? "p_win" : "expected_amount") : -1;
  if (field < 0 || deals->rows == 0) return;
  size_t *picked = malloc((size_t)view->top * sizeof *picked);
  if (!picked) return;
  dc_grid_column columns[SHOWN];
  for (size_t i = 0; i < SHOWN; i++) columns[i] = shown[i].column;
  dc_grid *grid = dc_grid_new(columns, SHOWN);
  dc_grid_show_ends(grid, 0);
  size_t count = pick_deals(deals, field, (size_t)view->top, picked);
  for (size_t i = 0; i < count; i++)
    for (size_t c = 0; c < SHOWN; c++) {
      int cell = dc_field_index(deals, shown[c].field);
      if (cell < 0)
        dc_grid_text(grid, NULL);
      else
        dc_grid_cell(grid, deals->fields[cell].type, dc_view_cell(deals, picked[i], cell));
    }
  char title[96], all[DC_NUMBER_CHARS];
  if (count == deals->rows)
    snprintf(title, sizeof title, "Open deals");
  else
    snprintf(title, sizeof title, "The %zu open deals %s, of %s", count,
             counts ? "most likely to be won" : "that matter most", dc_group_integer((int64_t)deals->rows, all));
  dc_view_heading(view, title);
  dc_grid_print(grid, view->sink, 2, view->bold);
  dc_grid_free(grid);
  free(picked);
}

static void put_warnings(const dc_view *view)
{
  if (view->result->n_warnings) dc_view_heading(view, "Mind");
  for (size_t i = 0; i < view->result->n_warnings; i++) dc_put_wrapped(view->sink, "  - ", view->result->warnings[i]);
}

const dc_cell *dc_view_cell(const dc_result_table *table, size_t row, int field)
{
  return &table->cells[row * table->n_fields + (size_t)field];
}

double dc_view_number(const dc_result_table *table, size_t row, int field)
{
  return field < 0 ? NAN : dc_view_cell(table, row, field)->number;
}

int64_t dc_view_integer(const dc_result_table *table, size_t row, int field)
{
  return field < 0 ? DC_INTEGER_NULL : dc_view_cell(table, row, field)->integer;
}

const char *dc_view_text(const dc_result_table *table, size_t row, int field)
{
  return field < 0 ? NULL : dc_view_cell(table, row, field)->text;
}

bool dc_view_is(const dc_result_table *table, size_t row, int field, const char *text)
{
  const char *value = dc_view_text(table, row, field);
  return value && strcmp(value, text) == 0;
}

void dc_forecast_text(dc_sink *sink, const dc_result *result, int top, bool bold)
{
  dc_view view = {sink, result, top, bold};
  put_title(&view);
  dc_view_bookings(&view);
  dc_view_quality(&view);
  dc_view_left_out(&view);
  put_deals(&view);
  put_warnings(&view);
}
