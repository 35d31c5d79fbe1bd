/* The scopes of each --by: a line each, the largest first, with the first period in full and the means of the next. */
#include "engine/output/view_forecast.h"

#include "engine/base/random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TYPES = 16, MOST_PERIODS = 4, FIRST_COLUMNS = 6 };

/* A total of one scope and period. Sorted by scope, those of one scope are neighbours, in order of period. */
typedef struct total {
  uint64_t hash; /* of the scope's names */
  size_t row;
} total;

/* A scope, its totals[first .. first + n), and what it books in all periods: the order on the screen. */
typedef struct scope {
  size_t first, n;
  double sum;
} scope;

typedef struct scopes {
  const dc_forecast_view *f;
  total *totals;
  scope *items;
  size_t n;
} scopes;

static int by_scope(const void *a, const void *b)
{
  const total *x = a, *y = b;
  if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
  return x->row < y->row ? -1 : x->row > y->row;
}

/* Rows of a scope stand in the table in order of its values, so the first row decides between equals. */
static int larger_first(const void *a, const void *b)
{
  const scope *x = a, *y = b;
  if (x->sum != y->sum) return x->sum > y->sum ? -1 : 1;
  return x->first < y->first ? -1 : x->first > y->first;
}

/* Fields between scope_id and measure are the columns of crossings. */
static uint64_t hash_scope(const dc_forecast_view *f, size_t row)
{
  uint64_t hash = 0;
  for (int field = f->scope_type; field < f->measure_field; field++) {
    const char *value = dc_view_text(f->t, row, field);
    hash = dc_hash_bytes(value, value ? strlen(value) : 0, hash + (value != NULL));
  }
  return hash;
}

static bool find_scopes(const dc_forecast_view *f, const char *type, scopes *s)
{
  size_t totals = 0;
  *s = (scopes){f, malloc(f->t->rows * sizeof *s->totals), malloc(f->t->rows * sizeof *s->items), 0};
  if (!s->totals || !s->items) return false;
  for (size_t r = 0; r < f->t->rows; r++)
    if (dc_view_is_total(f, r) && dc_view_is(f->t, r, f->scope_type, type))
      s->totals[totals++] = (total){hash_scope(f, r), r};
  qsort(s->totals, totals, sizeof *s->totals, by_scope);
  for (size_t i = 0; i < totals; i++) {
    bool fresh = i == 0 || s->totals[i - 1].hash != s->totals[i].hash;
    if (fresh) s->items[s->n++] = (scope){i, 0, 0};
    s->items[s->n - 1].n++;
    s->items[s->n - 1].sum += dc_view_number(f->t, s->totals[i].row, f->mean);
  }
  qsort(s->items, s->n, sizeof *s->items, larger_first);
  return true;
}

/* "EMEA", or for a crossing "EMEA / Hardware" */
static const char *scope_label(const dc_forecast_view *f, size_t row, char *text)
{
  size_t used = 0;
  *text = '\0';
  for (int field = f->scope_id + 1; field < f->measure_field; field++) {
    const char *value = dc_view_text(f->t, row, field);
    if (!value) continue;
    used += (size_t)snprintf(text + used, DC_LABEL_CHARS - used, "%s%s", used ? " / " : "", value);
    if (used >= DC_LABEL_CHARS) return text;
  }
  const char *id = dc_view_text(f->t, row, f->scope_id);
  if (!used) snprintf(text, DC_LABEL_CHARS, "%s", id ? id : "(none)");
  return text;
}

static double mean_of(const scopes *s, const scope *one, size_t period)
{
  return period < one->n ? dc_view_number(s->f->t, s->totals[one->first + period].row, s->f->mean) : NAN;
}

static void put_scope(dc_grid *grid, const scopes *s, const scope *one, size_t periods)
{
  char label[DC_LABEL_CHARS];
  const dc_forecast_view *f = s->f;
  size_t row = s->totals[one->first].row;
  dc_grid_text(grid, scope_label(f, row, label));
  dc_grid_integer(grid, dc_view_integer(f->t, row, f->n_deals));
  dc_view_mean(grid, f, mean_of(s, one, 0));
  dc_view_range(grid, f, row);
  dc_grid_money(grid, dc_view_number(f->t, row, f->quota) / f->scale);
  dc_grid_ratio(grid, dc_view_number(f->t, row, f->p_ge_quota));
  for (size_t p = 1; p < periods; p++) dc_view_mean(grid, f, mean_of(s, one, p));
}

/* What is not shown, in one line, so that the column adds up to the whole. */
static void put_others(dc_grid *grid, const scopes *s, size_t from, size_t periods)
{
  char label[DC_LABEL_CHARS], number[DC_NUMBER_CHARS];
  double sum[MOST_PERIODS] = {0}, quota = 0;
  int64_t deals = 0;
  if (from == s->n) return;
  for (size_t i = from; i < s->n; i++) {
    size_t row = s->totals[s->items[i].first].row;
    int64_t n = dc_view_integer(s->f->t, row, s->f->n_deals);
    double one = dc_view_number(s->f->t, row, s->f->quota);
    for (size_t p = 0; p < periods; p++) sum[p] += mean_of(s, &s->items[i], p);
    if (n != DC_INTEGER_NULL) deals += n;
    if (isfinite(one)) quota += one;
  }
  snprintf(label, sizeof label, "%s other%s", dc_group_integer((int64_t)(s->n - from), number),
           s->n - from == 1 ? "" : "s");
  dc_grid_text(grid, label);
  dc_grid_integer(grid, s->f->n_deals < 0 ? DC_INTEGER_NULL : deals);
  dc_view_mean(grid, s->f, sum[0]);
  dc_grid_text(grid, NULL);
  dc_grid_money(grid, quota > 0 ? quota / s->f->scale : NAN);
  dc_grid_text(grid, NULL);
  for (size_t p = 1; p < periods; p++) dc_view_mean(grid, s->f, sum[p]);
}

/* Quotas take room that would be a period's. */
static bool has_quotas(const scopes *s)
{
  for (size_t i = 0; i < s->n; i++)
    if (isfinite(dc_view_number(s->f->t, s->totals[s->items[i].first].row, s->f->quota))) return true;
  return false;
}

static void put_type(const dc_forecast_view *f, const char *type)
{
  char title[DC_LABEL_CHARS + 96], all[DC_NUMBER_CHARS], label[MOST_PERIODS][DC_LABEL_CHARS];
  scopes s;
  if (find_scopes(f, type, &s) && s.n) {
    size_t shown = s.n < (size_t)f->view->top ? s.n : (size_t)f->view->top;
    size_t most = has_quotas(&s) ? MOST_PERIODS - 1 : MOST_PERIODS;
    size_t periods = s.items[0].n < most ? s.items[0].n : most;
    dc_grid_column columns[FIRST_COLUMNS + MOST_PERIODS] = {{type, false, false},   {"deals", true, true},
                                                            {label[0], true, true}, {"80 % range", true, true},
                                                            {"quota", true, true},  {"reach", true, true}};
    for (size_t p = 0; p < periods; p++) {
      dc_view_period(f, s.totals[s.items[0].first + p].row, p == 0, label[p]);
      if (p) columns[FIRST_COLUMNS + p - 1] = (dc_grid_column){label[p], true, true};
    }
    dc_grid *grid = dc_grid_new(columns, FIRST_COLUMNS + periods - 1);
    for (size_t i = 0; i < shown; i++) put_scope(grid, &s, &s.items[i], periods);
    put_others(grid, &s, shown, periods);
    int used = snprintf(title, sizeof title, "By %.90s", type);
    if (shown < s.n)
      snprintf(title + used, sizeof title - (size_t)used, ": the largest %zu of %s", shown,
               dc_group_integer((int64_t)s.n, all));
    dc_view_heading(f->view, title);
    dc_grid_print(grid, f->view->sink, 2, f->view->bold);
    dc_grid_free(grid);
  }
  free(s.totals);
  free(s.items);
}

void dc_view_scopes(const dc_forecast_view *f)
{
  const char *types[MOST_TYPES];
  size_t n = 0;
  for (size_t r = 0; r < f->t->rows && n < MOST_TYPES; r++) {
    const char *type = dc_view_text(f->t, r, f->scope_type);
    if (!type || dc_view_is_whole(f, r) || !dc_view_is_total(f, r)) continue;
    size_t i = 0;
    while (i < n && strcmp(types[i], type) != 0) i++;
    if (i == n) types[n++] = type;
  }
  for (size_t i = 0; i < n; i++) put_type(f, types[i]);
}
