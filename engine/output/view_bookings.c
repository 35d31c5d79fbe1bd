#include "dealcast/table.h"
#include "engine/base/date.h"
#include "engine/base/random.h"
#include "engine/output/view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_CHARS = 96, UNIT_CHARS = 64, MOST_TYPES = 16 };

/* The fields of `forecast` that the view reads, and the measure that it shows: amounts where there are any. */
typedef struct fields {
  const char *shown;
  int start, end, scope_type, scope_id, measure, component, mean, p10, p90, quota, p_ge_quota, gap, coverage;
} fields;

/* One scope and period: the rows of its components and measures. */
typedef struct period {
  double part[3], wins;
} period;

/* Amounts are shown in units of `scale`, so that a row fits the screen. */
typedef struct unit {
  double scale;
  char name[UNIT_CHARS];
} unit;

static const char *const parts[3] = {"won", "open", "new"};

static fields find_fields(const dc_result_table *t)
{
  return (fields){dc_view_measure(t),
                  dc_field_index(t, "period_start"),
                  dc_field_index(t, "period_end"),
                  dc_field_index(t, "scope_type"),
                  dc_field_index(t, "scope_id"),
                  dc_field_index(t, "measure"),
                  dc_field_index(t, "component"),
                  dc_field_index(t, "mean"),
                  dc_field_index(t, "p10"),
                  dc_field_index(t, "p90"),
                  dc_field_index(t, "quota"),
                  dc_field_index(t, "p_ge_quota"),
                  dc_field_index(t, "gap"),
                  dc_field_index(t, "pipeline_coverage")};
}

static bool same_text(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

/* The same scope and period? Fields between scope_id and measure are the columns of a crossing. */
static bool same_group(const dc_result_table *t, const fields *f, size_t a, size_t b, bool with_period)
{
  if (with_period && dc_view_integer(t, a, f->start) != dc_view_integer(t, b, f->start)) return false;
  for (int field = f->scope_type; field < f->measure; field++)
    if (!same_text(dc_view_text(t, a, field), dc_view_text(t, b, field))) return false;
  return true;
}

static bool is_total(const dc_result_table *t, const fields *f, size_t row)
{
  return dc_view_is(t, row, f->measure, f->shown) && dc_view_is(t, row, f->component, "total");
}

static bool amounts_shown(const fields *f) { return strcmp(f->shown, "amount") == 0; }

static bool is_all(const dc_result_table *t, const fields *f, size_t row)
{
  return dc_view_is(t, row, f->scope_type, "all");
}

static period gather(const dc_result_table *t, const fields *f, size_t total)
{
  period p = {{NAN, NAN, NAN}, NAN};
  for (size_t r = 0; r < t->rows; r++) {
    if (!same_group(t, f, r, total, true)) continue;
    bool shown = dc_view_is(t, r, f->measure, f->shown);
    for (int i = 0; shown && i < 3; i++)
      if (dc_view_is(t, r, f->component, parts[i])) p.part[i] = dc_view_number(t, r, f->mean);
    if (dc_view_is(t, r, f->measure, "count") && dc_view_is(t, r, f->component, "total"))
      p.wins = dc_view_number(t, r, f->mean);
  }
  return p;
}

/* "Jul 2024", "Jul - Sep 2024", "Nov 2024 - Jan 2025"; a week is its first day. */
static void period_label(int64_t start, int64_t end, char *text)
{
  static const char *const month[12] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (start == DC_DATE_MISSING || end < start || end - start < 14) {
    if (start == DC_DATE_MISSING)
      *text = '\0';
    else
      dc_date_format((int32_t)start, text);
    return;
  }
  dc_civil a = dc_date_to_civil((int32_t)start), b = dc_date_to_civil((int32_t)end);
  if (a.year == b.year && a.month == b.month)
    snprintf(text, LABEL_CHARS, "%s %d", month[a.month - 1], (int)a.year);
  else if (a.year == b.year)
    snprintf(text, LABEL_CHARS, "%s - %s %d", month[a.month - 1], month[b.month - 1], (int)a.year);
  else
    snprintf(text, LABEL_CHARS, "%s %d - %s %d", month[a.month - 1], (int)a.year, month[b.month - 1], (int)b.year);
}

static unit choose_unit(const dc_view *view, const dc_result_table *t, const fields *f)
{
  double largest = 0;
  for (size_t r = 0; r < t->rows; r++)
    if (is_total(t, f, r)) largest = fmax(largest, fabs(dc_view_number(t, r, f->p90)));
  const char *currency = dc_view_run_text(view->result, "currency");
  unit u = {1, ""};
  const char *many = "";
  if (largest >= 1e11) {
    u.scale = 1e6;
    many = "millions";
  } else if (largest >= 1e8) {
    u.scale = 1e3;
    many = "thousands";
  }
  if (currency || *many)
    snprintf(u.name, sizeof u.name, " (%s%s%s)", many, *many && currency ? " of " : "", currency ? currency : "");
  return u;
}

static void put_range(dc_grid *grid, double low, double high)
{
  char a[DC_NUMBER_CHARS], b[DC_NUMBER_CHARS], both[2 * DC_NUMBER_CHARS + 8];
  if (!isfinite(low) || !isfinite(high)) {
    dc_grid_text(grid, NULL);
    return;
  }
  snprintf(both, sizeof both, "%s .. %s", dc_group_money(low, a), dc_group_money(high, b));
  dc_grid_text(grid, both);
}

static void put_period(dc_grid *grid, const dc_result_table *t, const fields *f, const unit *u, size_t row)
{
  char label[LABEL_CHARS], wins[DC_NUMBER_CHARS];
  period p = gather(t, f, row);
  period_label(dc_view_integer(t, row, f->start), dc_view_integer(t, row, f->end), label);
  dc_grid_text(grid, label);
  dc_grid_money(grid, dc_view_number(t, row, f->mean) / u->scale);
  put_range(grid, dc_view_number(t, row, f->p10) / u->scale, dc_view_number(t, row, f->p90) / u->scale);
  for (int i = 0; i < 3; i++) dc_grid_money(grid, p.part[i] / u->scale);
  if (!amounts_shown(f)) return;
  snprintf(wins, sizeof wins, "%.1f", p.wins);
  char *comma = strchr(wins, ',');
  if (comma) *comma = '.';
  dc_grid_text(grid, isfinite(p.wins) ? wins : NULL);
}

static void put_all(const dc_view *view, const dc_result_table *t, const fields *f, const unit *u)
{
  bool amounts = amounts_shown(f);
  const dc_grid_column columns[] = {{"period", false, true},    {amounts ? "bookings" : "wins", true, true},
                                    {"80 % range", true, true}, {"won", true, true},
                                    {"open", true, true},       {"new", true, true},
                                    {"wins", true, true}};
  char title[UNIT_CHARS + 32];
  dc_grid *grid = dc_grid_new(columns, sizeof columns / sizeof *columns - !amounts);
  for (size_t r = 0; r < t->rows; r++)
    if (is_all(t, f, r) && is_total(t, f, r)) put_period(grid, t, f, u, r);
  snprintf(title, sizeof title, "%s to come%s", amounts ? "Bookings" : "Wins", amounts ? u->name : "");
  dc_view_heading(view, title);
  dc_grid_print(grid, view->sink, 2, view->bold);
  dc_grid_free(grid);
}

/* "EMEA", or for a crossing "EMEA / Hardware" */
static void scope_label(const dc_result_table *t, const fields *f, size_t row, char *text)
{
  size_t used = 0;
  *text = '\0';
  for (int field = f->scope_id + 1; field < f->measure; field++) {
    const char *value = dc_view_text(t, row, field);
    if (!value) continue;
    int n = snprintf(text + used, LABEL_CHARS - used, "%s%s", used ? " / " : "", value);
    used += (size_t)n;
    if (used >= LABEL_CHARS) return;
  }
  const char *id = dc_view_text(t, row, f->scope_id);
  if (!used) snprintf(text, LABEL_CHARS, "%s", is_all(t, f, row) ? "all" : id ? id : "(none)");
}

static void put_quotas(const dc_view *view, const dc_result_table *t, const fields *f, const unit *u)
{
  static const dc_grid_column columns[] = {
      {"scope", false, false}, {"period", false, true},     {"quota", true, true},   {"bookings", true, true},
      {"gap", true, true},     {"P(reach it)", true, true}, {"coverage", true, true}};
  char label[LABEL_CHARS], ratio[DC_NUMBER_CHARS];
  dc_grid *grid = dc_grid_new(columns, sizeof columns / sizeof *columns);
  int shown = 0;
  for (size_t r = 0; r < t->rows && shown < view->top; r++) {
    if (!is_total(t, f, r) || !isfinite(dc_view_number(t, r, f->quota))) continue;
    scope_label(t, f, r, label);
    dc_grid_text(grid, label);
    period_label(dc_view_integer(t, r, f->start), dc_view_integer(t, r, f->end), label);
    dc_grid_text(grid, label);
    dc_grid_money(grid, dc_view_number(t, r, f->quota) / u->scale);
    dc_grid_money(grid, dc_view_number(t, r, f->mean) / u->scale);
    dc_grid_money(grid, dc_view_number(t, r, f->gap) / u->scale);
    dc_grid_ratio(grid, dc_view_number(t, r, f->p_ge_quota));
    double coverage = dc_view_number(t, r, f->coverage);
    snprintf(ratio, sizeof ratio, "%.1f x", coverage);
    char *comma = strchr(ratio, ',');
    if (comma) *comma = '.';
    dc_grid_text(grid, isfinite(coverage) ? ratio : NULL);
    shown++;
  }
  if (shown) {
    dc_view_heading(view, "Against quota");
    dc_grid_print(grid, view->sink, 2, view->bold);
  }
  dc_grid_free(grid);
}

/* A scope and what it will book in all periods, for the order on the screen. */
typedef struct scope {
  uint64_t hash; /* of its names */
  size_t row;    /* its first total */
  double sum;
} scope;

static int same_together(const void *a, const void *b)
{
  const scope *x = a, *y = b;
  if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
  return x->row < y->row ? -1 : 1;
}

static int larger_first(const void *a, const void *b)
{
  const scope *x = a, *y = b;
  if (x->sum != y->sum) return x->sum > y->sum ? -1 : 1;
  return x->row < y->row ? -1 : 1;
}

static uint64_t hash_scope(const dc_result_table *t, const fields *f, size_t row)
{
  uint64_t hash = 0;
  for (int field = f->scope_type; field < f->measure; field++) {
    const char *value = dc_view_text(t, row, field);
    hash = dc_hash_bytes(value, value ? strlen(value) : 0, hash + (value != NULL));
  }
  return hash;
}

/* The scopes of a type, largest first. scopes has room for every row. */
static size_t find_scopes(const dc_result_table *t, const fields *f, const char *type, scope *scopes)
{
  size_t totals = 0, count = 0;
  for (size_t r = 0; r < t->rows; r++)
    if (is_total(t, f, r) && same_text(dc_view_text(t, r, f->scope_type), type))
      scopes[totals++] = (scope){hash_scope(t, f, r), r, dc_view_number(t, r, f->mean)};
  qsort(scopes, totals, sizeof *scopes, same_together);
  for (size_t i = 0; i < totals; i++) {
    if (count && scopes[count - 1].hash == scopes[i].hash)
      scopes[count - 1].sum += scopes[i].sum;
    else
      scopes[count++] = scopes[i];
  }
  qsort(scopes, count, sizeof *scopes, larger_first);
  return count;
}

static void put_scope(dc_grid *grid, const dc_result_table *t, const fields *f, const unit *u, size_t first)
{
  char label[LABEL_CHARS];
  scope_label(t, f, first, label);
  for (size_t r = first; r < t->rows; r++) {
    if (!is_total(t, f, r) || !same_group(t, f, first, r, false)) continue;
    dc_grid_text(grid, r == first ? label : NULL);
    put_period(grid, t, f, u, r);
  }
}

static void put_scopes(const dc_view *view, const dc_result_table *t, const fields *f, const unit *u, const char *type)
{
  bool amounts = amounts_shown(f);
  const dc_grid_column columns[] = {
      {type, false, false},       {"period", false, true}, {amounts ? "bookings" : "wins", true, true},
      {"80 % range", true, true}, {"won", true, true},     {"open", true, true},
      {"new", true, true},        {"wins", true, true}};
  char title[LABEL_CHARS + 64], all[DC_NUMBER_CHARS];
  scope *scopes = malloc(t->rows * sizeof *scopes);
  if (!scopes) return;
  size_t count = find_scopes(t, f, type, scopes);
  size_t shown = count < (size_t)view->top ? count : (size_t)view->top;
  dc_grid *grid = dc_grid_new(columns, sizeof columns / sizeof *columns - !amounts);
  for (size_t s = 0; s < shown; s++) put_scope(grid, t, f, u, scopes[s].row);
  if (shown < count)
    snprintf(title, sizeof title, "By %.90s: the largest %zu of %s", type, shown,
             dc_group_integer((int64_t)count, all));
  else
    snprintf(title, sizeof title, "By %.90s", type);
  dc_view_heading(view, title);
  dc_grid_print(grid, view->sink, 2, view->bold);
  dc_grid_free(grid);
  free(scopes);
}

void dc_view_bookings(const dc_view *view)
{
  const dc_result_table *t = dc_result_find(view->result, "forecast");
  if (!t || t->rows == 0) return;
  fields f = find_fields(t);
  if (f.scope_type < 0 || f.scope_id < 0 || f.measure < 0 || f.component < 0 || f.start < 0) return;
  unit u = choose_unit(view, t, &f);
  put_all(view, t, &f, &u);
  put_quotas(view, t, &f, &u);
  const char *types[MOST_TYPES];
  size_t n_types = 0;
  for (size_t r = 0; r < t->rows && n_types < MOST_TYPES; r++) {
    const char *type = dc_view_text(t, r, f.scope_type);
    if (!type || is_all(t, &f, r) || !is_total(t, &f, r)) continue;
    size_t i = 0;
    while (i < n_types && strcmp(types[i], type) != 0) i++;
    if (i == n_types) types[n_types++] = type;
  }
  for (size_t i = 0; i < n_types; i++) put_scopes(view, t, &f, &u, types[i]);
}
