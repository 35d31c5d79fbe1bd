/* The table `forecast`: bookings of each scope and period, by component. */
#include "engine/run/forecast.h"

#include "engine/base/fold.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 7, FIELDS_BEFORE = 4, NAME_BYTES = 200, MANY_SCOPES = 16 };
static const double levels[LEVELS] = {.05, .10, .25, .50, .75, .90, .95};

/* What is shown of one distribution. */
typedef struct figures {
  double mean, quantile[LEVELS];
  double p_quota; /* P(bookings >= quota), NaN without a quota */
} figures;

/* One scope's distributions lie together: by period, measure and component. */
typedef struct place {
  uint32_t grouping, scope;
} place;

typedef struct work {
  const dc_forecast_run *run;
  const place *places;
  figures *out;
} work;

static size_t per_scope(const dc_forecast_run *run) { return (size_t)run->periods.n * DC_MEASURES * DC_COMPONENTS; }

static size_t at(int period, int measure, int component)
{
  return ((size_t)period * DC_MEASURES + (size_t)measure) * DC_COMPONENTS + (size_t)component;
}

static void set_constant(figures *f, double value)
{
  f->mean = value;
  for (int q = 0; q < LEVELS; q++) f->quantile[q] = value;
}

/* P(X >= quota): a value that bookings can take exactly counts as reached. */
static double chance_of(const dc_bookings *b, double quota, double booked)
{
  if (quota <= booked) return 1;
  return 1 - dc_bookings_cdf(b, b->lattice ? quota - 1e-6 * b->step : quota);
}

static dc_status compute(const dc_forecast_run *run, const dc_part *part, int period, int measure, int component,
                         double quota, figures *f)
{
  bool open = component == DC_FROM_OPEN || component == DC_TOTAL,
       fresh = component == DC_FROM_NEW || component == DC_TOTAL;
  double booked = component == DC_WON_SO_FAR || component == DC_TOTAL
                      ? measure == DC_AMOUNT ? part->booked.amount : part->booked.count
                      : 0;
  f->p_quota = NAN;
  if (!(open && part->n_open) && !(fresh && part->n_kinds)) {
    set_constant(f, booked);
    if (!isnan(quota)) f->p_quota = quota <= booked;
    return DC_OK;
  }
  dc_bookings *b = NULL;
  dc_status status = dc_distribution(run->projection, &run->calibration, period, (dc_measure)measure,
                                     (dc_component)component, part, &b, NULL);
  if (status != DC_OK) return status;
  f->mean = b->mean;
  for (int q = 0; q < LEVELS; q++) f->quantile[q] = dc_bookings_quantile(b, levels[q]);
  if (!isnan(quota)) f->p_quota = chance_of(b, quota, booked);
  dc_bookings_free(b);
  return DC_OK;
}

static dc_status compute_scopes(void *context, size_t first, size_t last)
{
  work *w = context;
  const dc_forecast_run *run = w->run;
  dc_status status = DC_OK;
  for (size_t k = first; k < last; k++) {
    const dc_scope *scope = &run->scopes->groupings[w->places[k].grouping].scopes[w->places[k].scope];
    dc_part part = scope->part;
    for (int p = 0; p < run->periods.n && status == DC_OK; p++) {
      part.booked = scope->booked[p];
      double quota = dc_quota_of(run->quotas, w->places[k].grouping, w->places[k].scope, p);
      for (int m = run->r.log->has_amount ? DC_AMOUNT : DC_COUNT; m < DC_MEASURES; m++)
        for (int c = 0; c < DC_COMPONENTS && status == DC_OK; c++)
          status = compute(run, &part, p, m, c, m == DC_AMOUNT && c == DC_TOTAL ? quota : NAN,
                           &w->out[k * per_scope(run) + at(p, m, c)]);
    }
  }
  return status;
}

/* Is the dimension in a crossing, so that it has a field of its own? */
static bool is_crossed(const dc_scopes *s, size_t dimension)
{
  for (size_t g = 0; g < s->n; g++)
    for (int k = 0; k < s->groupings[g].n && s->groupings[g].n > 1; k++)
      if (s->groupings[g].dimension[k] == (int)dimension) return true;
  return false;
}

/* period_start .. scope_id, by_COLUMN for each crossed column, measure .. pipeline_coverage. */
static dc_result_table *add_table(const dc_forecast_run *run, dc_error *error)
{
  static const dc_field_spec before[FIELDS_BEFORE] = {{"period_start", DC_FIELD_DATE},
                                                      {"period_end", DC_FIELD_DATE},
                                                      {"scope_type", DC_FIELD_TEXT},
                                                      {"scope_id", DC_FIELD_TEXT}};
  static const dc_field_spec behind[] = {
      {"measure", DC_FIELD_TEXT},     {"component", DC_FIELD_TEXT},  {"mean", DC_FIELD_MONEY},
      {"p05", DC_FIELD_MONEY},        {"p10", DC_FIELD_MONEY},       {"p25", DC_FIELD_MONEY},
      {"p50", DC_FIELD_MONEY},        {"p75", DC_FIELD_MONEY},       {"p90", DC_FIELD_MONEY},
      {"p95", DC_FIELD_MONEY},        {"n_deals", DC_FIELD_INTEGER}, {"quota", DC_FIELD_MONEY},
      {"p_ge_quota", DC_FIELD_RATIO}, {"gap", DC_FIELD_MONEY},       {"pipeline_coverage", DC_FIELD_NUMBER},
      {NULL, DC_FIELD_TEXT}};
  const dc_scopes *s = run->scopes;
  size_t n = 0, room = FIELDS_BEFORE + s->n_dimensions + sizeof behind / sizeof *behind;
  dc_field_spec *fields = malloc(room * sizeof *fields);
  char(*names)[NAME_BYTES] = malloc((s->n_dimensions + 1) * sizeof *names);
  dc_result_table *table = NULL;
  if (fields && names) {
    for (; n < FIELDS_BEFORE; n++) fields[n] = before[n];
    for (size_t d = 0; d < s->n_dimensions; d++) {
      if (!is_crossed(s, d)) continue;
      snprintf(names[d], sizeof names[d], "by_%s", s->dimensions[d].name);
      fields[n++] = (dc_field_spec){names[d], DC_FIELD_TEXT};
    }
    memcpy(fields + n, behind, sizeof behind);
    table = dc_result_add(run->result, "forecast", fields);
  }
  free(fields);
  free(names);
  if (!table && dc_fail_memory(error, "writing the forecast") != DC_OK) return NULL;
  return table;
}

static void put_scope(const dc_forecast_run *run, dc_result_table *table, const dc_grouping *g, const dc_scope *scope)
{
  char *id = NULL;
  size_t used = 0, room = 1;
  const dc_scopes *s = run->scopes;
  for (int k = 0; k < g->n; k++) room += strlen(dc_scope_value(s, g, scope, k)) + strlen(DC_SCOPE_CROSS);
  if (g->n) id = calloc(room, 1);
  for (int k = 0; k < g->n && id; k++)
    used += (size_t)snprintf(id + used, room - used, "%s%s", k ? DC_SCOPE_CROSS : "", dc_scope_value(s, g, scope, k));
  if (g->n && !id) run->result->failed = true;
  dc_put_text(table, g->type);
  dc_put_text(table, id);
  free(id);
  for (size_t d = 0; d < s->n_dimensions; d++) {
    const char *value = NULL;
    if (!is_crossed(s, d)) continue;
    for (int k = 0; k < g->n; k++)
      if (g->dimension[k] == (int)d) value = dc_scope_value(s, g, scope, k);
    dc_put_text(table, value);
  }
}

/* quota, p_ge_quota, gap, pipeline_coverage. Coverage: the pipeline of the period over what is missing to the quota. */
static void put_quota(dc_result_table *table, const figures *f, double quota, double booked, double pipeline)
{
  double missing = quota - booked;
  dc_put_number(table, quota);
  dc_put_number(table, isnan(quota) ? NAN : f->p_quota);
  dc_put_number(table, quota - f->mean);
  dc_put_number(table, missing > 0 ? pipeline / missing : NAN);
}

static void put_rows(const dc_forecast_run *run, dc_result_table *table, place where, int p, int m, const figures *all)
{
  const dc_grouping *g = &run->scopes->groupings[where.grouping];
  const dc_scope *scope = &g->scopes[where.scope];
  for (int c = 0; c < DC_COMPONENTS; c++) {
    const figures *f = &all[at(p, m, c)];
    bool with_quota = m == DC_AMOUNT && c == DC_TOTAL;
    dc_put_date(table, run->periods.start[p]);
    dc_put_date(table, run->periods.end[p]);
    put_scope(run, table, g, scope);
    dc_put_text(table, dc_measure_name((dc_measure)m));
    dc_put_text(table, dc_component_name((dc_component)c));
    dc_put_number(table, f->mean);
    for (int q = 0; q < LEVELS; q++) dc_put_number(table, f->quantile[q]);
    dc_put_integer(table, c == DC_WON_SO_FAR ? (int64_t)scope->booked[p].count
                          : c == DC_FROM_NEW ? 0
                                             : (int64_t)scope->part.n_open);
    put_quota(table, f, with_quota ? dc_quota_of(run->quotas, where.grouping, where.scope, p) : NAN,
              scope->booked[p].amount, scope->pipeline[p]);
  }
}

/* Small inputs run on one thread, but many scopes are much work whatever the input. */
static int choose_threads(const dc_forecast_run *run, size_t n)
{
  return run->job->threads == 0 && n >= MANY_SCOPES ? omp_get_num_procs() : run->r.threads;
}

dc_status dc_forecast_table(dc_forecast_run *run, dc_error *error)
{
  size_t n = 0;
  for (size_t g = 0; g < run->scopes->n; g++) n += run->scopes->groupings[g].n_scopes;
  place *places = malloc((n + 1) * sizeof *places);
  figures *all = malloc((n * per_scope(run) + 1) * sizeof *all);
  dc_status status = places && all ? DC_OK : dc_fail_memory(error, "writing the forecast");
  n = 0;
  for (size_t g = 0; g < run->scopes->n && status == DC_OK; g++)
    for (size_t k = 0; k < run->scopes->groupings[g].n_scopes; k++) places[n++] = (place){(uint32_t)g, (uint32_t)k};
  work w = {run, places, all};
  if (status == DC_OK) status = dc_fold_each(n, 1, choose_threads(run, n), &w, compute_scopes, error);
  dc_result_table *table = status == DC_OK ? add_table(run, error) : NULL;
  if (status == DC_OK && !table) status = DC_E_MEMORY;
  for (size_t k = 0; k < n && status == DC_OK; k++)
    for (int p = 0; p < run->periods.n; p++)
      for (int m = run->r.log->has_amount ? DC_AMOUNT : DC_COUNT; m < DC_MEASURES; m++)
        put_rows(run, table, places[k], p, m, all + k * per_scope(run));
  free(places);
  free(all);
  return status;
}
