#include "engine/output/view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LINE_CHARS = 1024 };

typedef struct fields {
  const char *leading; /* "amount", or "count" where there are no amounts */
  int method, horizon, measure, crps, wape, bias, coverage_80, n, log_loss, brier, auc, slope;
} fields;

static fields find_fields(const dc_result_table *t, const char *leading)
{
  return (fields){leading,
                  dc_field_index(t, "method"),
                  dc_field_index(t, "horizon"),
                  dc_field_index(t, "measure"),
                  dc_field_index(t, "crps"),
                  dc_field_index(t, "wape"),
                  dc_field_index(t, "bias"),
                  dc_field_index(t, "coverage_80"),
                  dc_field_index(t, "n"),
                  dc_field_index(t, "log_loss"),
                  dc_field_index(t, "brier"),
                  dc_field_index(t, "auc"),
                  dc_field_index(t, "slope")};
}

static bool is_ours(const dc_result_table *t, const fields *f, size_t row)
{
  return dc_view_is(t, row, f->method, "dealcast") && dc_view_is(t, row, f->measure, f->leading) &&
         isfinite(dc_view_number(t, row, f->crps));
}

/* The other method with the lowest CRPS at that row's horizon; t->rows when there is none. Methods that
 * spoke of less than three quarters of its targets are left to the table: a mean over other targets is no match. */
static size_t best_baseline(const dc_result_table *t, const fields *f, size_t ours)
{
  size_t best = t->rows;
  for (size_t r = 0; r < t->rows; r++) {
    bool other = !dc_view_is(t, r, f->method, "dealcast") && dc_view_is(t, r, f->measure, f->leading) &&
                 dc_view_integer(t, r, f->horizon) == dc_view_integer(t, ours, f->horizon) &&
                 4 * dc_view_integer(t, r, f->n) >= 3 * dc_view_integer(t, ours, f->n);
    if (!other || !isfinite(dc_view_number(t, r, f->crps))) continue;
    if (best == t->rows || dc_view_number(t, r, f->crps) < dc_view_number(t, best, f->crps)) best = r;
  }
  return best;
}

static void put_row(dc_grid *grid, const dc_result_table *t, const fields *f, size_t row)
{
  size_t best = best_baseline(t, f, row);
  dc_grid_integer(grid, dc_view_integer(t, row, f->horizon));
  dc_grid_integer(grid, dc_view_integer(t, row, f->n));
  dc_grid_ratio(grid, dc_view_number(t, row, f->wape));
  dc_grid_ratio(grid, dc_view_number(t, row, f->bias));
  dc_grid_ratio(grid, dc_view_number(t, row, f->coverage_80));
  dc_grid_money(grid, dc_view_number(t, row, f->crps));
  dc_grid_money(grid, best < t->rows ? dc_view_number(t, best, f->crps) : NAN);
  dc_grid_text(grid, best < t->rows ? dc_view_text(t, best, f->method) : NULL);
  dc_grid_ratio(grid, best < t->rows ? dc_view_number(t, best, f->wape) : NAN);
}

/* "2, 3 periods ahead a simple method was better here": said in words, so that nobody has to find it in the table. */
static void put_verdict(const dc_view *view, const dc_result_table *t, const fields *f)
{
  char line[LINE_CHARS] = "", *end = line;
  int64_t last = 0;
  for (size_t r = 0; r < t->rows && end < line + LINE_CHARS / 2; r++) {
    if (!is_ours(t, f, r)) continue;
    size_t best = best_baseline(t, f, r);
    if (best == t->rows || !(dc_view_number(t, best, f->crps) < dc_view_number(t, r, f->crps))) continue;
    last = dc_view_integer(t, r, f->horizon);
    end += snprintf(end, LINE_CHARS / 4, "%s%lld", end > line ? ", " : "", (long long)last);
  }
  if (end == line) return;
  snprintf(end, LINE_CHARS / 2,
           " period%s ahead a simple method was better here (lower CRPS; see \"which\"): weigh its figure too.",
           end == line + 1 && last == 1 ? "" : "s");
  dc_put_wrapped(view->sink, "  ", line);
}

/* A number with three decimals, whatever the locale. */
static const char *decimals(double value, char *text)
{
  long long thousandths = (long long)floor(fabs(value) * 1000 + 0.5);
  if (!isfinite(value)) return "-";
  snprintf(text, DC_NUMBER_CHARS, "%s%lld.%03lld", value < 0 ? "-" : "", thousandths / 1000, thousandths % 1000);
  return text;
}

/* How well the probabilities of winning single deals did. */
static void put_probabilities(const dc_view *view, const dc_result_table *t, const fields *f)
{
  char line[LINE_CHARS], n[DC_NUMBER_CHARS], a[DC_NUMBER_CHARS], b[DC_NUMBER_CHARS], c[DC_NUMBER_CHARS],
      d[DC_NUMBER_CHARS];
  for (size_t r = 0; r < t->rows; r++) {
    if (!dc_view_is(t, r, f->method, "dealcast") || !isfinite(dc_view_number(t, r, f->log_loss))) continue;
    int64_t count = dc_view_integer(t, r, f->n);
    snprintf(line, sizeof line,
             "Chances of single deals%s%s%s: log loss %s, Brier %s, AUC %s, calibration slope %s (1 is right).",
             count == DC_INTEGER_NULL ? "" : " (", count == DC_INTEGER_NULL ? "" : dc_group_integer(count, n),
             count == DC_INTEGER_NULL ? "" : " deals)", decimals(dc_view_number(t, r, f->log_loss), a),
             decimals(dc_view_number(t, r, f->brier), b), decimals(dc_view_number(t, r, f->auc), c),
             decimals(dc_view_number(t, r, f->slope), d));
    dc_put_wrapped(view->sink, "  ", line);
    return;
  }
}

void dc_view_quality(const dc_view *view)
{
  static const dc_grid_column columns[] = {
      {"ahead", true, true},      {"n", true, true},       {"WAPE", true, true},
      {"bias", true, true},       {"in 80 %", true, true}, {"CRPS", true, true},
      {"best other", true, true}, {"which", false, false}, {"its WAPE", true, true}};
  const dc_result_table *t = dc_result_find(view->result, "quality");
  if (!t || t->rows == 0) return;
  fields f = find_fields(t, dc_view_measure(view->result));
  dc_grid *grid = dc_grid_new(columns, sizeof columns / sizeof *columns);
  size_t shown = 0;
  for (size_t r = 0; r < t->rows; r++) {
    if (!is_ours(t, &f, r)) continue;
    put_row(grid, t, &f, r);
    shown++;
  }
  dc_view_heading(view, "How good such forecasts were here (made at past days, compared with what came)");
  if (shown) dc_grid_print(grid, view->sink, 2, view->bold);
  put_verdict(view, t, &f);
  put_probabilities(view, t, &f);
  dc_grid_free(grid);
}
