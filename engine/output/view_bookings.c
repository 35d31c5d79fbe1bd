#include "engine/output/view_forecast.h"

#include "dealcast/table.h"
#include "engine/base/date.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const parts[3] = {"won", "open", "new"};

static dc_forecast_view find_fields(const dc_view *view, const dc_result_table *t)
{
  return (dc_forecast_view){.view = view,
                            .t = t,
                            .start = dc_field_index(t, "period_start"),
                            .end = dc_field_index(t, "period_end"),
                            .scope_type = dc_field_index(t, "scope_type"),
                            .scope_id = dc_field_index(t, "scope_id"),
                            .measure_field = dc_field_index(t, "measure"),
                            .component = dc_field_index(t, "component"),
                            .mean = dc_field_index(t, "mean"),
                            .p10 = dc_field_index(t, "p10"),
                            .p90 = dc_field_index(t, "p90"),
                            .n_deals = dc_field_index(t, "n_deals"),
                            .quota = dc_field_index(t, "quota"),
                            .p_ge_quota = dc_field_index(t, "p_ge_quota"),
                            .gap = dc_field_index(t, "gap"),
                            .coverage = dc_field_index(t, "pipeline_coverage"),
                            .measure = dc_view_measure(view->result),
                            .scale = 1};
}

bool dc_view_is_total(const dc_forecast_view *f, size_t row)
{
  return dc_view_is(f->t, row, f->measure_field, f->measure) && dc_view_is(f->t, row, f->component, "total");
}

bool dc_view_is_whole(const dc_forecast_view *f, size_t row) { return dc_view_is(f->t, row, f->scope_type, "all"); }

char *dc_view_period(const dc_forecast_view *f, size_t row, bool with_year, char *text)
{
  static const char *const month[12] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  int64_t start = dc_view_integer(f->t, row, f->start), end = dc_view_integer(f->t, row, f->end);
  if (start == DC_DATE_MISSING || end < start || end - start < 14) {
    *text = '\0';
    return start == DC_DATE_MISSING ? text : dc_date_format((int32_t)start, text);
  }
  dc_civil a = dc_date_to_civil((int32_t)start), b = dc_date_to_civil((int32_t)end);
  char first[16] = "", last[16] = "";
  if (with_year && a.year != b.year) snprintf(first, sizeof first, " %d", (int)a.year);
  if (with_year) snprintf(last, sizeof last, " %d", (int)b.year);
  if (a.year == b.year && a.month == b.month)
    snprintf(text, DC_LABEL_CHARS, "%s%s", month[a.month - 1], last);
  else
    snprintf(text, DC_LABEL_CHARS, "%s%s - %s%s", month[a.month - 1], first, month[b.month - 1], last);
  return text;
}

static void choose_unit(dc_forecast_view *f)
{
  double largest = 0;
  f->counts = strcmp(f->measure, "count") == 0;
  for (size_t r = 0; r < f->t->rows; r++)
    if (dc_view_is_total(f, r)) largest = fmax(largest, fabs(dc_view_number(f->t, r, f->p90)));
  const char *currency = f->counts ? NULL : dc_view_run_text(f->view->result, "currency");
  const char *many = "";
  if (largest >= 1e11) {
    f->scale = 1e6;
    many = "millions";
  } else if (largest >= 1e8) {
    f->scale = 1e3;
    many = "thousands";
  }
  if (currency || *many)
    snprintf(f->unit, sizeof f->unit, " (%s%s%s)", many, *many && currency ? " of " : "", currency ? currency : "");
}

/* "136.3", whatever the locale */
static void put_tenths(dc_grid *grid, double value)
{
  char text[DC_NUMBER_CHARS];
  snprintf(text, sizeof text, "%.1f", value);
  char *comma = strchr(text, ',');
  if (comma) *comma = '.';
  dc_grid_text(grid, isfinite(value) ? text : NULL);
}

void dc_view_mean(dc_grid *grid, const dc_forecast_view *f, double value)
{
  if (f->counts && fabs(value) < 1000)
    put_tenths(grid, value);
  else
    dc_grid_money(grid, value / f->scale);
}

void dc_view_range(dc_grid *grid, const dc_forecast_view *f, size_t row)
{
  char a[DC_NUMBER_CHARS], b[DC_NUMBER_CHARS], both[2 * DC_NUMBER_CHARS + 8];
  double low = dc_view_number(f->t, row, f->p10) / f->scale, high = dc_view_number(f->t, row, f->p90) / f->scale;
  if (!isfinite(low) || !isfinite(high)) {
    dc_grid_text(grid, NULL);
    return;
  }
  snprintf(both, sizeof both, "%s .. %s", dc_group_money(low, a), dc_group_money(high, b));
  dc_grid_text(grid, both);
}

/* The components of the whole in the period of a total, and its wins. */
static void put_parts(dc_grid *grid, const dc_forecast_view *f, size_t total)
{
  double part[3] = {NAN, NAN, NAN}, wins = NAN;
  for (size_t r = 0; r < f->t->rows; r++) {
    if (!dc_view_is_whole(f, r) || dc_view_integer(f->t, r, f->start) != dc_view_integer(f->t, total, f->start))
      continue;
    bool leads = dc_view_is(f->t, r, f->measure_field, f->measure);
    for (int i = 0; leads && i < 3; i++)
      if (dc_view_is(f->t, r, f->component, parts[i])) part[i] = dc_view_number(f->t, r, f->mean);
    if (dc_view_is(f->t, r, f->measure_field, "count") && dc_view_is(f->t, r, f->component, "total"))
      wins = dc_view_number(f->t, r, f->mean);
  }
  dc_grid_money(grid, part[0] / f->scale); /* a fact: a whole number even where wins are counted */
  for (int i = 1; i < 3; i++) dc_view_mean(grid, f, part[i]);
  put_tenths(grid, f->counts ? NAN : wins);
}

static void put_whole(const dc_forecast_view *f)
{
  const dc_grid_column columns[] = {{"period", false, true},    {f->counts ? "wins" : "bookings", true, true},
                                    {"80 % range", true, true}, {"won", true, true},
                                    {"open", true, true},       {"new", true, true},
                                    {"wins", true, true}};
  char text[DC_LABEL_CHARS];
  dc_grid *grid = dc_grid_new(columns, sizeof columns / sizeof *columns);
  for (size_t r = 0; r < f->t->rows; r++) {
    if (!dc_view_is_whole(f, r) || !dc_view_is_total(f, r)) continue;
    dc_grid_text(grid, dc_view_period(f, r, true, text));
    dc_view_mean(grid, f, dc_view_number(f->t, r, f->mean));
    dc_view_range(grid, f, r);
    put_parts(grid, f, r);
  }
  snprintf(text, sizeof text, "%s to come%s", f->counts ? "Wins" : "Bookings", f->unit);
  dc_view_heading(f->view, text);
  dc_grid_print(grid, f->view->sink, 2, f->view->bold);
  if (f->counts) dc_put_wrapped(f->view->sink, "  ", "The deals have no amounts: what is counted is deals won.");
  dc_grid_free(grid);
}

static void put_quotas(const dc_forecast_view *f)
{
  static const dc_grid_column columns[] = {{"period", false, true},     {"quota", true, true},
                                           {"bookings", true, true},    {"gap", true, true},
                                           {"P(reach it)", true, true}, {"coverage", true, true}};
  char label[DC_LABEL_CHARS], ratio[DC_NUMBER_CHARS];
  dc_grid *grid = dc_grid_new(columns, sizeof columns / sizeof *columns);
  size_t shown = 0;
  for (size_t r = 0; r < f->t->rows; r++) {
    if (!dc_view_is_whole(f, r) || !dc_view_is_total(f, r) || !isfinite(dc_view_number(f->t, r, f->quota))) continue;
    double coverage = dc_view_number(f->t, r, f->coverage);
    dc_grid_text(grid, dc_view_period(f, r, true, label));
    dc_grid_money(grid, dc_view_number(f->t, r, f->quota) / f->scale);
    dc_grid_money(grid, dc_view_number(f->t, r, f->mean) / f->scale);
    dc_grid_money(grid, dc_view_number(f->t, r, f->gap) / f->scale);
    dc_grid_ratio(grid, dc_view_number(f->t, r, f->p_ge_quota));
    snprintf(ratio, sizeof ratio, "%.1f x", coverage);
    char *comma = strchr(ratio, ',');
    if (comma) *comma = '.';
    dc_grid_text(grid, isfinite(coverage) ? ratio : NULL);
    shown++;
  }
  if (shown) {
    dc_view_heading(f->view, "Against quota");
    dc_grid_print(grid, f->view->sink, 2, f->view->bold);
  }
  dc_grid_free(grid);
}

void dc_view_bookings(const dc_view *view)
{
  const dc_result_table *t = dc_result_find(view->result, "forecast");
  if (!t || t->rows == 0) return;
  dc_forecast_view f = find_fields(view, t);
  if (f.scope_type < 0 || f.scope_id < 0 || f.measure_field < 0 || f.component < 0 || f.start < 0) return;
  choose_unit(&f);
  put_whole(&f);
  put_quotas(&f);
  dc_view_scopes(&f);
}
