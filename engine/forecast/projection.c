#include "engine/forecast/projection.h"

#include "dealcast/model/arrivals.h"
#include "engine/base/fold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Deals to come are like those created in the last half year, or the last that many. */
enum { LEAST_DAYS = 28, RECENT_DAYS = 182, LEAST_RECENT = 30, OPEN_BLOCK = 512, KIND_BLOCK = 8 };
/* A day with more than this share of all creations is a bulk import, not a day's work. */
static const double BULK_SHARE = 0.3;
enum { BULK_LEAST = 10 };

void dc_projection_free(dc_projection *p)
{
  if (!p) return;
  free(p->p_win);
  free(p->p_lost);
  free(p->amount);
  free(p->log_sd);
  free(p->kind);
  free(p->like_at);
  free(p->like);
  free(p->rate);
  free(p->new_amount);
  free(p->new_log_sd);
  free(p);
}

void dc_periods_from(const dc_calendar *calendar, int32_t origin, int n, dc_periods *periods)
{
  int32_t start = dc_period_start(calendar, origin + 1);
  periods->n = n;
  periods->first_day = origin + 1;
  for (int p = 0; p < n; p++) {
    periods->start[p] = start;
    start = dc_period_add(calendar, start, 1);
    periods->end[p] = start - 1;
  }
}

typedef struct work {
  const dc_projection_request *request;
  dc_projection *out;
  dc_arrivals arrivals;
} work;

static dc_status project_open(void *context, size_t first, size_t last)
{
  work *w = context;
  const dc_projection_request *q = w->request;
  const dc_features *f = q->conversion->features;
  size_t periods = (size_t)w->out->periods.n;
  int32_t cell = dc_time_cell(f->grid, q->snapshot->day);
  for (size_t i = first; i < last; i++) {
    dc_subject subject;
    const dc_view *view = &q->snapshot->view[i];
    dc_features_subject(f, q->snapshot->open[i], view, cell, q->snapshot->day, &subject);
    dc_conversion_periods(q->conversion, &subject, &w->out->periods, 1, w->out->p_win + i * periods,
                          w->out->p_lost + i * periods);
    dc_amounts_of(q->amounts, &subject, view->amount, false, &w->out->amount[i], &w->out->log_sd[i]);
  }
  return DC_OK;
}

/* Deals created per cell up to the origin, from the day on which the data could show closings where that leaves a month;
 * days of bulk imports are left out. */
static dc_status count_arrivals(const dc_projection_request *q, dc_arrivals *arrivals, dc_error *error)
{
  const dc_features *f = q->conversion->features;
  const dc_deals *d = f->deals;
  const dc_time_grid *grid = f->grid;
  int32_t day0 = grid->start[0], origin = q->snapshot->day;
  size_t days = (size_t)(origin - day0 + 1);
  double *by_day = calloc(days + 1, sizeof *by_day), total = 0;
  double *cells = calloc(4 * (grid->n + 1), sizeof *cells);
  if (!by_day || !cells) {
    free(by_day);
    free(cells);
    return dc_fail_memory(error, "counting new deals");
  }
  for (size_t i = 0; i < d->n; i++) {
    int32_t created = d->spells[d->spell_at[i]].start;
    if (created == DC_DATE_MISSING || created < day0 || created > origin || d->known[i] > origin) continue;
    by_day[created - day0]++;
    total++;
  }
  int32_t from = d->first_close == DC_DATE_MISSING || d->first_close > origin - 28 ? day0 : d->first_close;
  size_t n = 0, first_cell = (size_t)dc_time_cell(grid, from), last_cell = (size_t)dc_time_cell(grid, origin);
  double *count = cells, *length = cells + grid->n, *year = length + grid->n, *quarter = year + grid->n;
  for (size_t c = first_cell; c <= last_cell; c++) {
    int32_t a = grid->start[c] > from ? grid->start[c] : from;
    int32_t b = grid->start[c + 1] - 1 < origin ? grid->start[c + 1] - 1 : origin;
    for (int32_t day = a; day <= b; day++) {
      double created = by_day[day - day0];
      if (created >= BULK_LEAST && created > BULK_SHARE * total) continue;
      count[n] += created;
      length[n]++;
    }
    if (length[n] <= 0) continue;
    year[n] = dc_year_fraction(a + (b - a) / 2);
    quarter[n] = dc_quarter_fraction(q->calendar, a + (b - a) / 2);
    n++;
  }
  /* A stretch shorter than four weeks, or of one bulk import, tells no rate: what came is taken as that of four weeks. */
  double known = 0;
  for (size_t c = 0; c < n; c++) known += length[c];
  if (n == 0) {
    year[0] = dc_year_fraction(origin);
    quarter[0] = dc_quarter_fraction(q->calendar, origin);
    n = 1;
  }
  if (known < LEAST_DAYS) length[n - 1] += LEAST_DAYS - known;
  dc_arrival_cells input = {n, count, length, year, quarter};
  dc_status status = dc_arrivals_fit(&input, arrivals, error);
  free(by_day);
  free(cells);
  return status == DC_W_MAXITER ? DC_OK : status;
}

/* The most recent deals, evenly spaced in order of creation, as patterns for those to come. */
typedef struct recent {
  int32_t created;
  uint32_t deal;
} recent;

static int by_creation(const void *left, const void *right)
{
  const recent *a = left, *b = right;
  if (a->created != b->created) return a->created < b->created ? -1 : 1;
  return a->deal < b->deal ? -1 : a->deal > b->deal;
}

static dc_status choose_kinds(const dc_projection_request *q, dc_projection *out, dc_error *error)
{
  const dc_deals *d = q->conversion->features->deals;
  recent *all = malloc((d->n + 1) * sizeof *all);
  size_t n = 0, first = 0;
  if (!all) return dc_fail_memory(error, "choosing patterns of new deals");
  for (size_t i = 0; i < d->n; i++) {
    int32_t created = d->spells[d->spell_at[i]].start;
    if (created == DC_DATE_MISSING || created > q->snapshot->day || d->known[i] > q->snapshot->day) continue;
    all[n++] = (recent){created, (uint32_t)i};
  }
  qsort(all, n, sizeof *all, by_creation);
  while (first < n && all[first].created <= q->snapshot->day - RECENT_DAYS) first++;
  if (n - first < LEAST_RECENT) first = n > LEAST_RECENT ? n - LEAST_RECENT : 0;
  size_t available = n - first;
  out->n_new = available < q->most_kinds ? available : q->most_kinds;
  out->kind = malloc((out->n_new + 1) * sizeof *out->kind);
  out->rate = calloc(out->n_new * (size_t)out->periods.n + 1, sizeof *out->rate);
  out->new_amount = malloc((out->n_new + 1) * sizeof *out->new_amount);
  out->new_log_sd = malloc((out->n_new + 1) * sizeof *out->new_log_sd);
  out->like_at = calloc(out->n_new + 1, sizeof *out->like_at);
  out->like = malloc((available + 1) * sizeof *out->like);
  dc_status status = out->kind && out->rate && out->new_amount && out->new_log_sd && out->like_at && out->like
                         ? DC_OK
                         : dc_fail_memory(error, "choosing patterns of new deals");
  for (size_t k = 0; k < out->n_new && status == DC_OK; k++) {
    out->kind[k] = all[first + (2 * k + 1) * available / (2 * out->n_new)].deal;
    out->like_at[k + 1] = (k + 1) * available / out->n_new;
  }
  for (size_t i = 0; i < available && status == DC_OK; i++) out->like[i] = all[first + i].deal;
  free(all);
  return status;
}

/* A deal like `pattern`, created evenly within the days first .. last of a cell. */
static void begin_like(const dc_subject *pattern, const dc_time_grid *grid, int32_t first, int32_t last, dc_subject *s)
{
  *s = *pattern;
  s->since = first + (last - first) / 2;
  s->landmark = dc_time_cell(grid, first);
  if (pattern->expected != DC_DATE_MISSING && pattern->since != DC_DATE_MISSING)
    s->expected = s->since + (pattern->expected - pattern->since);
}

static dc_status project_new(void *context, size_t first, size_t last)
{
  work *w = context;
  const dc_projection_request *q = w->request;
  const dc_features *f = q->conversion->features;
  const dc_time_grid *grid = f->grid;
  dc_projection *out = w->out;
  int32_t horizon_end = out->periods.end[out->periods.n - 1];
  for (size_t k = first; k < last; k++) {
    const dc_spell *spell = &f->deals->spells[f->deals->spell_at[out->kind[k]]];
    dc_view view;
    dc_subject pattern, subject;
    dc_deals_first_view(f->deals, out->kind[k], spell, q->snapshot->day, &view);
    dc_features_subject(f, out->kind[k], &view, dc_time_cell(grid, spell->start), spell->start, &pattern);
    dc_amounts_of(q->amounts, &pattern, view.amount, true, &out->new_amount[k], &out->new_log_sd[k]);
    for (int32_t day = out->periods.first_day; day <= horizon_end;) {
      int32_t cell_last = grid->start[dc_time_cell(grid, day) + 1] - 1, middle = day + (cell_last - day) / 2;
      double won[DC_MAX_PERIODS], lost[DC_MAX_PERIODS];
      double created = dc_arrivals_rate(&w->arrivals, middle - q->snapshot->day, dc_year_fraction(middle),
                                        dc_quarter_fraction(q->calendar, middle)) *
                       (cell_last - day + 1);
      dc_periods rest = out->periods;
      rest.first_day = day;
      begin_like(&pattern, grid, day, cell_last, &subject);
      dc_conversion_periods(q->conversion, &subject, &rest, 0.5, won, lost);
      for (int p = 0; p < rest.n; p++)
        out->rate[k * (size_t)rest.n + (size_t)p] += created * won[p] / (double)out->n_new;
      day = cell_last + 1;
    }
  }
  return DC_OK;
}

static dc_status project(work *w, dc_error *error)
{
  const dc_projection_request *q = w->request;
  dc_projection *out = w->out;
  size_t n = q->snapshot->n_open, cells = n * (size_t)out->periods.n + 1;
  out->n_open = n;
  out->p_win = malloc(cells * sizeof *out->p_win);
  out->p_lost = malloc(cells * sizeof *out->p_lost);
  out->amount = malloc((n + 1) * sizeof *out->amount);
  out->log_sd = malloc((n + 1) * sizeof *out->log_sd);
  if (!out->p_win || !out->p_lost || !out->amount || !out->log_sd)
    return dc_fail_memory(error, "projecting open deals");
  dc_status status = dc_fold_each(n, OPEN_BLOCK, q->threads, w, project_open, error);
  if (status == DC_OK) status = count_arrivals(q, &w->arrivals, error);
  if (status == DC_OK) status = choose_kinds(q, out, error);
  if (status == DC_OK) status = dc_fold_each(out->n_new, KIND_BLOCK, q->threads, w, project_new, error);
  if (status != DC_OK) return status;
  out->new_variance = w->arrivals.level_sd * w->arrivals.level_sd;
  out->arrivals_per_day = dc_arrivals_rate(&w->arrivals, 0, dc_year_fraction(q->snapshot->day),
                                           dc_quarter_fraction(q->calendar, q->snapshot->day));
  for (int p = 0; p < out->periods.n; p++)
    out->booked[p] = dc_snapshot_booked(q->snapshot, out->periods.start[p], q->snapshot->day);
  return DC_OK;
}

dc_status dc_projection_new(const dc_projection_request *request, dc_projection **out, dc_error *error)
{
  work w = {.request = request, .out = calloc(1, sizeof *w.out)};
  if (!w.out) return dc_fail_memory(error, "projecting open deals");
  w.out->periods = *request->periods;
  for (int p = 0; p < DC_MAX_PERIODS; p++) w.out->amount_scale[p] = 1;
  dc_status status = project(&w, error);
  if (status == DC_OK)
    *out = w.out;
  else
    dc_projection_free(w.out);
  return status;
}

dc_sum dc_projection_future(const dc_projection *p, int period)
{
  dc_sum sum = {0, 0};
  size_t n = (size_t)p->periods.n, at = (size_t)period;
  for (size_t i = 0; i < p->n_open; i++) {
    sum.count += p->p_win[i * n + at];
    sum.amount += p->p_win[i * n + at] * p->amount[i];
  }
  for (size_t k = 0; k < p->n_new; k++) {
    sum.count += p->rate[k * n + at];
    sum.amount += p->rate[k * n + at] * p->new_amount[k];
  }
  return sum;
}
