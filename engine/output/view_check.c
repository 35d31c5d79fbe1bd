/* `dealcast check` on a terminal: the score, what to mend in order of what it costs, who has most of it. */
#include "engine/output/balance.h"
#include "engine/output/view.h"

#include "dealcast/table.h"
#include "engine/base/date.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 80, LINE_BYTES = 1024 };

static const dc_entry *entry(const dc_result *result, const char *name)
{
  for (size_t i = 0; i < result->run.count; i++)
    if (strcmp(result->run.items[i].name, name) == 0) return &result->run.items[i];
  return NULL;
}

static double number(const dc_result *result, const char *name)
{
  const dc_entry *e = entry(result, name);
  return e && e->type == DC_FIELD_NUMBER ? e->cell.number : NAN;
}

static int64_t integer(const dc_result *result, const char *name)
{
  const dc_entry *e = entry(result, name);
  return e && (e->type == DC_FIELD_INTEGER || e->type == DC_FIELD_DATE) ? e->cell.integer : DC_INTEGER_NULL;
}

static int field_of(const dc_result_table *t, const char *name) { return t ? dc_field_index(t, name) : -1; }

static void put_title(const dc_view *view)
{
  char line[LINE_BYTES], date[DC_DATE_CHARS], n[4][DC_NUMBER_CHARS];
  const dc_result *result = view->result;
  int64_t as_of = integer(result, "as_of"), open = integer(result, "deals_open"), won = integer(result, "deals_won"),
          lost = integer(result, "deals_lost");
  const char *currency = dc_view_run_text(result, "currency");
  bool dated = as_of != DC_DATE_MISSING && as_of != DC_INTEGER_NULL;
  if (view->bold) dc_sink_text(view->sink, "\033[1m");
  snprintf(line, sizeof line, "Check%s%s%s%s", dated ? " as of " : "",
           dated ? dc_date_format((int32_t)as_of, date) : "", currency ? ", in " : "", currency ? currency : "");
  dc_put_hanging(view->sink, "", line, 0, WIDTH);
  if (view->bold) dc_sink_text(view->sink, "\033[0m");
  snprintf(line, sizeof line, "%s deal%s: %s open, %s won, %s lost", dc_group_integer(open + won + lost, n[0]),
           open + won + lost == 1 ? "" : "s", dc_group_integer(open, n[1]), dc_group_integer(won, n[2]),
           dc_group_integer(lost, n[3]));
  const dc_result_table *inputs = result->inputs;
  const char *audited = dc_view_run_text(result, "audited");
  bool deals = audited && strcmp(audited, "deals") == 0;
  if (deals && open + won + lost > 0) dc_put_hanging(view->sink, "", line, 0, WIDTH);
  for (size_t r = 0; inputs && r < inputs->rows; r++) {
    char balance[DC_BALANCE_CHARS];
    int64_t read = dc_view_integer(inputs, r, field_of(inputs, "read"));
    bool some = dc_balance_line(result, r, balance);
    snprintf(line, sizeof line, "%.60s: %s row%s, all used", dc_view_text(inputs, r, field_of(inputs, "name")),
             dc_group_integer(read, n[0]), read == 1 ? "" : "s");
    dc_put_hanging(view->sink, "", some ? balance : line, 2, WIDTH);
  }
}

/* One field that has a role. */
static void put_field(dc_grid *grid, const dc_result_table *t, size_t r)
{
  char text[32];
  double score = dc_view_number(t, r, field_of(t, "score"));
  dc_grid_text(grid, dc_view_text(t, r, field_of(t, "role")));
  const char *field = dc_view_text(t, r, field_of(t, "field"));
  dc_grid_text(grid, dc_view_is(t, r, field_of(t, "role"), field ? field : "") ? NULL : field);
  dc_grid_integer(grid, dc_view_integer(t, r, field_of(t, "filled")));
  dc_grid_integer(grid, dc_view_integer(t, r, field_of(t, "should")));
  dc_grid_integer(grid, dc_view_integer(t, r, field_of(t, "wrong")));
  snprintf(text, sizeof text, "%.1f", floor(score * 10) / 10);
  dc_grid_text(grid, isnan(score) ? NULL : text);
  snprintf(text, sizeof text, "%.4g", dc_view_number(t, r, field_of(t, "weight")));
  dc_grid_text(grid, text);
}

/* The columns without a role in one line. */
static void put_other(const dc_view *view, const dc_result_table *t)
{
  char line[LINE_BYTES], share[DC_NUMBER_CHARS];
  double filled = 0, should = 0, weight = 0;
  size_t n = 0;
  for (size_t r = 0; r < t->rows; r++) {
    if (dc_view_text(t, r, field_of(t, "role"))) continue;
    filled += (double)dc_view_integer(t, r, field_of(t, "filled"));
    should += (double)dc_view_integer(t, r, field_of(t, "should"));
    weight += dc_view_number(t, r, field_of(t, "weight"));
    n++;
  }
  if (!n || !(should > 0)) return;
  snprintf(line, sizeof line, "and %zu column%s without a role, %s filled, with weight %.4g in all", n,
           n == 1 ? "" : "s", dc_per_cent(filled / should, share), weight);
  dc_put_hanging(view->sink, "  ", line, 2, WIDTH);
}

static void put_score(const dc_view *view)
{
  static const dc_grid_column columns[] = {{"field", false, true}, {"column", false, false}, {"filled", true, true},
                                           {"of", true, true},     {"wrong", true, true},    {"score", true, true},
                                           {"weight", true, true}};
  char line[LINE_BYTES], complete[DC_NUMBER_CHARS], accurate[DC_NUMBER_CHARS];
  const dc_result *result = view->result;
  const dc_result_table *t = dc_result_find(result, "score");
  double score = number(result, "score");
  if (isnan(score) || !t) return;
  snprintf(line, sizeof line, "Score %.0f of 100: %s complete, %s accurate", floor(score),
           dc_per_cent(number(result, "completeness"), complete), dc_per_cent(number(result, "accuracy"), accurate));
  dc_view_heading(view, line);
  dc_grid *grid = dc_grid_new(columns, 7);
  dc_grid_narrow(grid, WIDTH);
  for (size_t r = 0; r < t->rows; r++)
    if (dc_view_text(t, r, field_of(t, "role"))) put_field(grid, t, r);
  dc_grid_print(grid, view->sink, 2, view->bold);
  dc_grid_free(grid);
  put_other(view, t);
  dc_put_hanging(view->sink, "  ", dc_view_run_text(result, "score_formula"), 2, WIDTH);
}

static bool is_task(const dc_result_table *t, size_t row)
{
  return dc_view_integer(t, row, field_of(t, "severity")) > 0;
}

/* "1. amount missing (close_value): open deals without ...; fill in ...; first at deals.csv:12" */
static void put_task(const dc_view *view, const dc_result_table *t, size_t row, size_t rank)
{
  char line[LINE_BYTES], lead[32], place[128] = "", cost[256] = "";
  int64_t at = dc_view_integer(t, row, field_of(t, "line"));
  const char *what = dc_view_text(t, row, field_of(t, "what")), *fix = dc_view_text(t, row, field_of(t, "fix"));
  const char *column = dc_view_text(t, row, field_of(t, "column"));
  const char *no_cost = dc_view_number(t, row, field_of(t, "width_cost")) == 0
                            ? dc_view_text(t, row, field_of(t, "no_cost"))
                            : NULL;
  if (at > 0)
    snprintf(place, sizeof place, "; first at %.80s:%lld", dc_view_text(t, row, field_of(t, "file")), (long long)at);
  if (no_cost) snprintf(cost, sizeof cost, "; costs nothing: %s", no_cost);
  snprintf(line, sizeof line, "%s%s%s%s: %s. To mend: %s%s%s", dc_view_text(t, row, field_of(t, "defect")),
           column ? " (" : "", column ? column : "", column ? ")" : "", what ? what : "", fix ? fix : "", place, cost);
  snprintf(lead, sizeof lead, rank ? "%3zu  " : "  -  ", rank);
  dc_put_hanging(view->sink, lead, line, 5, WIDTH);
}

static void put_tasks(const dc_view *view)
{
  static const dc_grid_column columns[] = {{"", true, true},     {"defect", false, false}, {"column", false, false},
                                           {"rows", true, true}, {"share", true, true},    {"money", true, true},
                                           {"costs", true, true}};
  const dc_result_table *t = dc_result_find(view->result, "defects");
  size_t tasks = 0, shown = 0;
  char line[LINE_BYTES];
  for (size_t r = 0; t && r < t->rows; r++) tasks += is_task(t, r);
  if (!tasks) {
    dc_view_heading(view, "To do: nothing found");
    return;
  }
  snprintf(line, sizeof line, "To do, the costliest first (costs: how much narrower the next %s would be)",
           dc_view_run_text(view->result, "period"));
  dc_view_heading(view, line);
  dc_grid *grid = dc_grid_new(columns, 7);
  dc_grid_narrow(grid, WIDTH);
  for (size_t r = 0; r < t->rows && shown < (size_t)view->top; r++) {
    if (!is_task(t, r)) continue;
    dc_grid_integer(grid, (int64_t)++shown);
    dc_grid_text(grid, dc_view_text(t, r, field_of(t, "defect")));
    dc_grid_text(grid, dc_view_text(t, r, field_of(t, "column")));
    dc_grid_integer(grid, dc_view_integer(t, r, field_of(t, "count")));
    dc_grid_ratio(grid, dc_view_number(t, r, field_of(t, "share")));
    dc_grid_money(grid, dc_view_number(t, r, field_of(t, "money")));
    dc_grid_ratio(grid, dc_view_number(t, r, field_of(t, "width_cost")));
  }
  dc_grid_print(grid, view->sink, 2, view->bold);
  dc_grid_free(grid);
  dc_sink_char(view->sink, '\n');
  size_t rank = 0;
  for (size_t r = 0; r < t->rows && rank < shown; r++)
    if (is_task(t, r)) put_task(view, t, r, ++rank);
  if (tasks > shown) {
    snprintf(line, sizeof line, "and %zu more; --format csv --table defects has them all", tasks - shown);
    dc_put_hanging(view->sink, "     ", line, 5, WIDTH);
  }
}

/* What is no fault. */
static void put_notes(const dc_view *view)
{
  const dc_result_table *t = dc_result_find(view->result, "defects");
  size_t notes = 0, shown = 0;
  char line[LINE_BYTES], count[DC_NUMBER_CHARS];
  for (size_t r = 0; t && r < t->rows; r++) notes += !is_task(t, r);
  if (!notes) return;
  dc_view_heading(view, "Worth knowing");
  for (size_t r = 0; r < t->rows && shown < (size_t)view->top; r++) {
    if (is_task(t, r)) continue;
    shown++;
    const char *column = dc_view_text(t, r, field_of(t, "column"));
    int64_t n = dc_view_integer(t, r, field_of(t, "count"));
    snprintf(line, sizeof line, "%s%s%s%s in %s row%s: %s", dc_view_text(t, r, field_of(t, "defect")),
             column ? " (" : "", column ? column : "", column ? ")" : "", dc_group_integer(n, count), n == 1 ? "" : "s",
             dc_view_text(t, r, field_of(t, "what")));
    dc_put_hanging(view->sink, "  - ", line, 4, WIDTH);
  }
  if (notes > shown) {
    snprintf(line, sizeof line, "and %zu more", notes - shown);
    dc_put_hanging(view->sink, "    ", line, 4, WIDTH);
  }
}

static void put_groups(const dc_view *view, const char *name, const char *by, const char *title)
{
  const dc_grid_column columns[] = {{by, false, false},          {"deals", true, true},          {"open", true, true},
                                    {"at fault", true, true},    {"money at fault", true, true}, {"score", true, true},
                                    {"worst field", false, true}};
  const dc_result_table *t = dc_result_find(view->result, name);
  char line[LINE_BYTES];
  if (!t || t->rows < 2) return;
  snprintf(line, sizeof line, t->rows > (size_t)view->top ? "%s, %d of %zu" : "%s", title, view->top, t->rows);
  dc_view_heading(view, line);
  dc_grid *grid = dc_grid_new(columns, 7);
  dc_grid_narrow(grid, WIDTH);
  for (size_t r = 0; r < t->rows && r < (size_t)view->top; r++) {
    dc_grid_text(grid, dc_view_text(t, r, 0));
    dc_grid_integer(grid, dc_view_integer(t, r, field_of(t, "deals")));
    dc_grid_integer(grid, dc_view_integer(t, r, field_of(t, "open")));
    dc_grid_integer(grid, dc_view_integer(t, r, field_of(t, "at_fault")));
    dc_grid_money(grid, dc_view_number(t, r, field_of(t, "money_at_fault")));
    double score = dc_view_number(t, r, field_of(t, "score"));
    snprintf(line, sizeof line, "%.1f", floor(score * 10) / 10);
    dc_grid_text(grid, isnan(score) ? NULL : line);
    dc_grid_text(grid, dc_view_text(t, r, field_of(t, "worst")));
  }
  dc_grid_print(grid, view->sink, 2, view->bold);
  dc_grid_free(grid);
}

void dc_check_text(dc_sink *sink, const dc_result *result, int top, bool bold)
{
  dc_view view = {sink, result, top, bold};
  const char *lacking = dc_view_run_text(result, "lacking");
  put_title(&view);
  if (lacking) {
    dc_view_heading(&view, "No forecast can be made of this yet");
    dc_put_hanging(sink, "  ", lacking, 2, WIDTH);
  }
  put_score(&view);
  put_tasks(&view);
  put_notes(&view);
  put_groups(&view, "owners", "owner", "Owners, most at fault first");
  put_groups(&view, "stages", "stage", "Stages");
  for (size_t i = 0; i < result->n_warnings; i++) {
    if (i == 0) dc_view_heading(&view, "Mind");
    dc_put_hanging(sink, "  - ", result->warnings[i], 4, WIDTH);
  }
}
