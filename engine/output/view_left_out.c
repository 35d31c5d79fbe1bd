#include "engine/output/balance.h"
#include "engine/output/view.h"

#include <stdio.h>
#include <string.h>

enum { LINE_CHARS = 1024 };

/* "deals.csv: 12 rows rejected (not a number in Amount), first at line 17: "n/a"" */
static void put_reject(const dc_view *view, const dc_result_table *t, size_t row)
{
  char line[LINE_CHARS], count[DC_NUMBER_CHARS], at[64];
  int64_t n = dc_view_integer(t, row, dc_field_index(t, "count"));
  int64_t first = dc_view_integer(t, row, dc_field_index(t, "first_line"));
  const char *file = dc_view_text(t, row, dc_field_index(t, "file"));
  const char *rule = dc_view_text(t, row, dc_field_index(t, "rule"));
  const char *column = dc_view_text(t, row, dc_field_index(t, "column"));
  const char *value = dc_view_text(t, row, dc_field_index(t, "first_value"));
  bool cell = dc_view_is(t, row, dc_field_index(t, "level"), "cell");
  bool placed = first != DC_INTEGER_NULL && first > 0, in_column = column && *column, shown = value && *value;
  if (placed) snprintf(at, sizeof at, ", first at line %lld", (long long)first);
  snprintf(line, sizeof line, "%.200s%s%s %s%s %s: %.120s%s%.80s%s%s%.80s%s", file ? file : "", file ? ": " : "",
           n == DC_INTEGER_NULL ? "?" : dc_group_integer(n, count), cell ? "cell" : "row", n == 1 ? "" : "s",
           cell ? "left empty" : "rejected", rule ? rule : "?", in_column ? " in " : "", in_column ? column : "",
           placed ? at : "", shown ? ": \"" : "", shown ? value : "", shown ? "\"" : "");
  dc_put_wrapped(view->sink, "  ", line);
}

static void put_column(const dc_view *view, const dc_result_table *t, size_t row)
{
  char line[LINE_CHARS];
  const char *file = dc_view_text(t, row, dc_field_index(t, "file"));
  const char *name = dc_view_text(t, row, dc_field_index(t, "name"));
  const char *use = dc_view_text(t, row, dc_field_index(t, "use"));
  const char *why = dc_view_text(t, row, dc_field_index(t, "why"));
  snprintf(line, sizeof line, "%.200s%scolumn %.100s %s%s%.400s", file ? file : "", file ? ": " : "", name ? name : "?",
           use, why && *why ? ": " : "", why ? why : "");
  dc_put_wrapped(view->sink, "  ", line);
}

/* Ids, dates, stages and amounts have a part of their own in the forecast: that they do not predict goes without saying. */
static bool is_expected(const dc_result_table *t, size_t row)
{
  static const char *const roles[] = {"id",        "name",           "stage",         "outcome", "is_closed", "is_won",
                                      "is_active", "amount",         "actual_amount", "created", "closed",    "won_at",
                                      "lost_at",   "expected_close", "probability",   "currency"};
  int role = dc_field_index(t, "role");
  for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
    if (dc_view_is(t, row, role, roles[i])) return true;
  return false;
}

static bool is_left_out(const dc_result_table *t, size_t row, int use)
{
  if (is_expected(t, row)) return false;
  return dc_view_is(t, row, use, "dropped") || dc_view_is(t, row, use, "suspect");
}

static void put_more(const dc_view *view, size_t more, const char *what)
{
  char line[LINE_CHARS];
  if (!more) return;
  snprintf(line, sizeof line, "and %zu more; --format csv --table %s has them all", more, what);
  dc_put_wrapped(view->sink, "  ", line);
}

void dc_view_left_out(const dc_view *view)
{
  const dc_result_table *rejects = dc_result_find(view->result, "rejects");
  const dc_result_table *columns = dc_result_find(view->result, "columns");
  size_t n_rejects = rejects ? rejects->rows : 0, n_columns = columns ? columns->rows : 0;
  size_t top = (size_t)view->top, left_out = 0, shown = 0;
  int use = columns ? dc_field_index(columns, "use") : -1;
  for (size_t r = 0; r < n_columns; r++) left_out += is_left_out(columns, r, use);
  const dc_result_table *inputs = view->result->inputs;
  size_t n_inputs = inputs ? inputs->rows : 0, unbalanced = 0;
  char line[DC_BALANCE_CHARS];
  for (size_t r = 0; r < n_inputs; r++) unbalanced += dc_balance_line(view->result, r, line);
  if (!n_rejects && !left_out && !unbalanced) return;
  dc_view_heading(view, "Left out");
  for (size_t r = 0; r < n_inputs; r++)
    if (dc_balance_line(view->result, r, line)) dc_put_wrapped(view->sink, "  ", line);
  for (size_t r = 0; r < n_rejects && r < top; r++) put_reject(view, rejects, r);
  put_more(view, n_rejects > top ? n_rejects - top : 0, "rejects");
  for (size_t r = 0; r < n_columns && shown < top; r++) {
    if (!is_left_out(columns, r, use)) continue;
    put_column(view, columns, r);
    shown++;
  }
  put_more(view, left_out - shown, "columns");
}
