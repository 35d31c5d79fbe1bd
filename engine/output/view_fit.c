/* `dealcast fit` on a terminal: the regression table that an analyst expects. */
#include "engine/output/view.h"

#include "dealcast/table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = DC_SCREEN_COLUMNS, LINE_BYTES = 1024, DIGITS = 5 };

static int field(const dc_result_table *t, const char *name) { return t ? dc_field_index(t, name) : -1; }

static const dc_entry *entry(const dc_result *result, const char *name)
{
  for (size_t i = 0; i < result->run.count; i++)
    if (strcmp(result->run.items[i].name, name) == 0) return &result->run.items[i];
  return NULL;
}

static double run_number(const dc_result *result, const char *name)
{
  const dc_entry *e = entry(result, name);
  return e && e->type == DC_FIELD_NUMBER ? e->cell.number : NAN;
}

static int64_t run_integer(const dc_result *result, const char *name)
{
  const dc_entry *e = entry(result, name);
  return e && e->type == DC_FIELD_INTEGER ? e->cell.integer : DC_INTEGER_NULL;
}

static void point(char *text)
{
  char *comma = strpbrk(text, ","); /* the locale's, should a host program have set one */
  if (comma) *comma = '.';
}

/* So many significant digits; decimals shared by a column would hide small coefficients. "" when not finite. */
static char *significant(double value, int digits, char *text)
{
  double size = fabs(value);
  *text = '\0';
  if (!isfinite(value)) return text;
  int whole = size > 0 ? 1 + (int)floor(log10(size)) : 1, decimals = digits - whole;
  if (size != 0 && (size >= 1e7 || size < 1e-4))
    snprintf(text, DC_NUMBER_CHARS, "%.*e", digits - 2, value);
  else
    snprintf(text, DC_NUMBER_CHARS, "%.*f", decimals < 0 ? 0 : decimals > 7 ? 7 : decimals, value);
  point(text);
  return text;
}

static void put_number(dc_grid *grid, double value)
{
  char text[DC_NUMBER_CHARS];
  dc_grid_text(grid, significant(value, DIGITS, text));
}

static void put_fixed(dc_grid *grid, double value, int decimals)
{
  char text[DC_NUMBER_CHARS];
  if (!isfinite(value)) {
    dc_grid_text(grid, NULL);
    return;
  }
  snprintf(text, sizeof text, fabs(value) < 1e6 ? "%.*f" : "%.*e", decimals, value);
  point(text);
  dc_grid_text(grid, text);
}

/* "0.012", "<0.001" */
static void put_p(dc_grid *grid, double p)
{
  if (p < 0.001)
    dc_grid_text(grid, "<0.001");
  else
    put_fixed(grid, p, 3);
}

static void put_title(const dc_view *view)
{
  char line[LINE_BYTES], n[DC_NUMBER_CHARS];
  const dc_result *r = view->result;
  const char *family = dc_view_run_text(r, "family"), *link = dc_view_run_text(r, "link");
  int64_t rows = run_integer(r, "rows_fitted");
  if (view->bold) dc_sink_text(view->sink, "\033[1m");
  snprintf(line, sizeof line, "%s ~ %s", dc_view_run_text(r, "response"), dc_view_run_text(r, "formula"));
  dc_put_hanging(view->sink, "", line, 4, WIDTH);
  if (view->bold) dc_sink_text(view->sink, "\033[0m");
  snprintf(line, sizeof line, "Model %s, family %s, link %s; %s row%s", dc_view_run_text(r, "model"),
           family ? family : "?", link ? link : "?", dc_group_integer(rows, n), rows == 1 ? "" : "s");
  dc_put_hanging(view->sink, "", line, 4, WIDTH);
}

static bool same_text(const char *a, const char *b) { return a && b ? strcmp(a, b) == 0 : a == b; }

/* The name of a term; of levels once, on a line of its own. */
static void put_name(dc_grid *grid, const dc_result_table *t, size_t row)
{
  char line[LINE_BYTES];
  const char *term = dc_view_text(t, row, field(t, "term")), *level = dc_view_text(t, row, field(t, "level"));
  bool first = row == 0 || !same_text(dc_view_text(t, row - 1, field(t, "term")), term) ||
               !same_text(dc_view_text(t, row - 1, field(t, "equation")), dc_view_text(t, row, field(t, "equation")));
  if (level && first) {
    dc_grid_text(grid, term);
    for (int k = 0; k < 5; k++) dc_grid_text(grid, NULL);
  }
  snprintf(line, sizeof line, "  %s", level ? level : "");
  dc_grid_text(grid, level ? line : term);
}

static void put_interval(dc_grid *grid, double lower, double upper)
{
  char a[DC_NUMBER_CHARS], b[DC_NUMBER_CHARS], text[2 * DC_NUMBER_CHARS + 8];
  snprintf(text, sizeof text, "%s .. %s", significant(lower, DIGITS - 1, a), significant(upper, DIGITS - 1, b));
  dc_grid_text(grid, isfinite(lower) && isfinite(upper) ? text : NULL);
}

static size_t put_equation(const dc_view *view, const dc_result_table *t, size_t from)
{
  char between[64], statistic[2] = "z";
  const char *equation = dc_view_text(t, from, field(t, "equation")),
             *kind = dc_view_run_text(view->result, "statistic");
  snprintf(between, sizeof between, "%.4g %% interval", 100 * run_number(view->result, "confidence"));
  point(between);
  if (kind) statistic[0] = *kind;
  const dc_grid_column columns[] = {{"", false, false},      {"estimate", true, true}, {"error", true, true},
                                    {statistic, true, true}, {"p", true, true},        {between, true, true}};
  dc_grid *grid = dc_grid_new(columns, sizeof columns / sizeof *columns);
  size_t row = from;
  for (; row < t->rows && same_text(dc_view_text(t, row, field(t, "equation")), equation); row++) {
    const char *note = dc_view_text(t, row, field(t, "note"));
    double estimate = dc_view_number(t, row, field(t, "estimate"));
    put_name(grid, t, row);
    if (isfinite(estimate) || !note)
      put_number(grid, estimate);
    else
      dc_grid_text(grid, strncmp(note, "left out", 8) == 0 ? "left out" : note);
    put_number(grid, dc_view_number(t, row, field(t, "error")));
    put_fixed(grid, dc_view_number(t, row, field(t, "statistic")), 2);
    put_p(grid, dc_view_number(t, row, field(t, "p")));
    put_interval(grid, dc_view_number(t, row, field(t, "lower")), dc_view_number(t, row, field(t, "upper")));
  }
  dc_grid_print(grid, view->sink, 2, view->bold);
  dc_grid_free(grid);
  return row;
}

static void put_terms(const dc_view *view)
{
  const dc_result_table *t = dc_result_find(view->result, "terms");
  char line[LINE_BYTES];
  for (size_t row = 0; t && row < t->rows;) {
    const char *equation = dc_view_text(t, row, field(t, "equation"));
    snprintf(line, sizeof line, "%s%s", equation ? "Coefficients of " : "Coefficients", equation ? equation : "");
    dc_view_heading(view, line);
    row = put_equation(view, t, row);
  }
}

static void put_effects(const dc_view *view)
{
  static const dc_grid_column columns[] = {{"", false, false},       {"", false, false}, {"", false, false},
                                           {"variance", true, true}, {"sd", true, true}, {"correlation", true, true},
                                           {"levels", true, true},   {"df", true, true}};
  const dc_result_table *t = dc_result_find(view->result, "effects");
  char line[LINE_BYTES];
  if (!t || !t->rows) return;
  dc_view_heading(view, "Shrunken terms (their levels are in the table levels)");
  dc_grid *grid = dc_grid_new(columns, sizeof columns / sizeof *columns);
  for (size_t row = 0; row < t->rows; row++) {
    const char *with = dc_view_text(t, row, field(t, "with")), *one = dc_view_text(t, row, field(t, "component"));
    snprintf(line, sizeof line, "%s%s%s", one ? one : "", with ? ", " : "", with ? with : "");
    dc_grid_text(grid, dc_view_text(t, row, field(t, "term")));
    dc_grid_text(grid, dc_view_text(t, row, field(t, "equation")));
    dc_grid_text(grid, line);
    put_number(grid, dc_view_number(t, row, field(t, "variance")));
    put_number(grid, dc_view_number(t, row, field(t, "sd")));
    put_fixed(grid, dc_view_number(t, row, field(t, "correlation")), 3);
    dc_grid_integer(grid, dc_view_integer(t, row, field(t, "levels")));
    put_number(grid, dc_view_number(t, row, field(t, "df")));
  }
  dc_grid_print(grid, view->sink, 2, view->bold);
  dc_grid_free(grid);
}

static void put_importance(const dc_view *view)
{
  static const dc_grid_column columns[] = {{"", false, false}, {"share", true, true}};
  const dc_result_table *t = dc_result_find(view->result, "importance");
  if (!t || !t->rows) return;
  dc_view_heading(view, "Importance (share of what all splits gained)");
  dc_grid *grid = dc_grid_new(columns, sizeof columns / sizeof *columns);
  for (size_t row = 0; row < t->rows; row++) {
    dc_grid_text(grid, dc_view_text(t, row, field(t, "term")));
    put_fixed(grid, dc_view_number(t, row, field(t, "importance")), 3);
  }
  dc_grid_print(grid, view->sink, 2, view->bold);
  dc_grid_free(grid);
}

static void put_tests(const dc_view *view)
{
  static const dc_grid_column columns[] = {{"", false, false}, {"test", false, true},     {"df", true, true},
                                           {"of", true, true}, {"statistic", true, true}, {"p", true, true}};
  const dc_result_table *t = dc_result_find(view->result, "tests");
  if (!t || !t->rows) return;
  dc_view_heading(view, "Tests of whole terms");
  dc_grid *grid = dc_grid_new(columns, sizeof columns / sizeof *columns);
  for (size_t row = 0; row < t->rows; row++) {
    char text[DC_NUMBER_CHARS];
    dc_grid_text(grid, dc_view_text(t, row, field(t, "term")));
    dc_grid_text(grid, dc_view_text(t, row, field(t, "kind")));
    for (int k = 0; k < 2; k++) {
      double df = dc_view_number(t, row, field(t, k ? "df_residual" : "df"));
      snprintf(text, sizeof text, "%.6g", df);
      point(text);
      dc_grid_text(grid, isfinite(df) ? text : NULL);
    }
    put_number(grid, dc_view_number(t, row, field(t, "statistic")));
    put_p(grid, dc_view_number(t, row, field(t, "p")));
  }
  dc_grid_print(grid, view->sink, 2, view->bold);
  dc_grid_free(grid);
}

/* "log likelihood -92.027; AIC 194.1; ..." */
static void put_figures(const dc_view *view)
{
  const dc_result_table *t = dc_result_find(view->result, "fit");
  char line[4 * LINE_BYTES] = "", text[DC_NUMBER_CHARS];
  size_t used = 0;
  if (!t || !t->rows) return;
  for (size_t row = 0; row < t->rows && used + 160 < sizeof line; row++) {
    double value = dc_view_number(t, row, field(t, "value"));
    bool whole = value == floor(value) && fabs(value) < 1e9;
    if (!isfinite(value)) continue;
    size_t from = used;
    used += (size_t)snprintf(line + used, sizeof line - used, "%s%.60s", used ? "; " : "",
                             dc_view_text(t, row, field(t, "figure")));
    for (size_t k = from; k < used; k++)
      if (line[k] == '_') line[k] = ' ';
    used += (size_t)snprintf(line + used, sizeof line - used, " %s",
                             whole ? dc_group_integer((int64_t)value, text) : significant(value, DIGITS, text));
  }
  dc_view_heading(view, "The fit as a whole");
  dc_put_hanging(view->sink, "  ", line, 2, WIDTH);
}

static void put_warnings(const dc_view *view)
{
  for (size_t i = 0; i < view->result->n_warnings; i++) {
    if (i == 0) dc_view_heading(view, "Mind");
    dc_put_hanging(view->sink, "  - ", view->result->warnings[i], 4, WIDTH);
  }
}

void dc_predict_text(dc_sink *sink, const dc_result *result, int top, bool bold)
{
  char line[LINE_BYTES];
  dc_view view = {sink, result, top, bold};
  const dc_result_table *table = dc_result_find(result, "predictions");
  dc_selection one = {&table, table != NULL};
  snprintf(line, sizeof line, "%s ~ %s, by model %s", dc_view_run_text(result, "response"),
           dc_view_run_text(result, "formula"), dc_view_run_text(result, "model"));
  if (bold) dc_sink_text(sink, "\033[1m");
  dc_put_hanging(sink, "", line, 4, WIDTH);
  if (bold) dc_sink_text(sink, "\033[0m");
  dc_sink_char(sink, '\n');
  dc_terminal_tables(sink, &one, top, bold);
  dc_view_left_out(&view);
  put_warnings(&view);
}

void dc_fit_text(dc_sink *sink, const dc_result *result, int top, bool bold)
{
  dc_view view = {sink, result, top, bold};
  put_title(&view);
  put_terms(&view);
  put_effects(&view);
  put_importance(&view);
  put_tests(&view);
  put_figures(&view);
  dc_view_left_out(&view);
  put_warnings(&view);
}
