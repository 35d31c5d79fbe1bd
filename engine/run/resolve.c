#include "engine/run/resolve.h"

#include "engine/base/date.h"
#include "engine/run/joins.h"
#include "engine/run/predictors.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { GRID_BACK_DAYS = 1500, GRID_AHEAD_DAYS = 1096 + 31, SMALL_ROWS = 20000 };

static dc_status settle_as_of(const dc_job *job, dc_resolved *r, dc_error *error)
{
  char asked[DC_DATE_CHARS], last[DC_DATE_CHARS];
  int32_t export_day = r->log->export_day;
  if (export_day == DC_DATE_MISSING)
    return dc_fail(error, DC_E_SHORT,
                   "no deal has a usable created or closing date, so there is nothing to forecast from; "
                   "name the columns with --map created=COLUMN and --map closed=COLUMN");
  r->as_of = job->as_of == DC_DATE_MISSING ? export_day : job->as_of;
  int32_t first = INT32_MAX;
  for (size_t i = 0; i < r->log->n; i++)
    if (r->log->known[i] < first) first = r->log->known[i];
  if (r->as_of < first)
    return dc_fail(error, DC_E_SHORT,
                   "as of %s lies before the first day in the data (%s), so nothing was known then; "
                   "choose a later --as-of",
                   dc_date_format(r->as_of, asked), dc_date_format(first, last));
  int32_t limit = dc_period_add(&r->calendar, dc_period_start(&r->calendar, export_day), 1) +
                  (export_day - dc_period_start(&r->calendar, export_day));
  if (r->as_of > limit && !job->as_of_ok)
    return dc_fail(error, DC_E_INPUT,
                   "as of %s lies more than one %s after the last day in the data (%s): a stale export "
                   "would look like a quiet %s; export again, choose an earlier --as-of, or give --as-of-ok",
                   dc_date_format(r->as_of, asked), dc_period_name(job->period), dc_date_format(export_day, last),
                   dc_period_name(job->period));
  return DC_OK;
}

static dc_status lay_grid(const dc_job *job, dc_resolved *r, dc_error *error)
{
  int32_t first = r->as_of;
  for (size_t i = 0; i < r->log->n; i++)
    if (r->log->known[i] < first) first = r->log->known[i];
  bool seen = r->log->first_close != DC_DATE_MISSING && r->log->first_close <= r->as_of;
  int32_t oldest = (seen ? r->log->first_close : r->as_of) - GRID_BACK_DAYS;
  if (first < oldest) first = oldest;
  int32_t last = dc_period_add(&r->calendar, dc_period_start(&r->calendar, r->as_of), job->horizon + 2);
  if (last < r->as_of + GRID_AHEAD_DAYS) last = r->as_of + GRID_AHEAD_DAYS;
  return dc_time_grid_new(&r->calendar, first, last + 62, &r->grid, error);
}

/* State of each row of the deals file as known on the as-of day. */
static dc_status find_leaks(dc_resolved *r, dc_error *error)
{
  if (!r->deals.load) return DC_OK;
  const dc_table *table = r->deals.load->table;
  int8_t *state = malloc(table->rows + 1);
  r->use = calloc(table->n_columns + 1, sizeof *r->use);
  r->why = calloc(table->n_columns + 1, sizeof *r->why);
  if (!state || !r->use || !r->why) {
    free(state);
    return dc_fail_memory(error, "looking for leaks");
  }
  memset(state, -1, table->rows);
  for (size_t i = 0; i < r->log->n; i++) {
    dc_view view;
    if (r->log->row[i] == DC_ID_NONE) continue;
    dc_deals_view(r->log, i, r->as_of, &view);
    state[r->log->row[i]] = (int8_t)view.state;
  }
  for (size_t c = 0; c < table->n_columns; c++)
    r->use[c] = dc_leak_check(&table->columns[c], state, table->rows, r->why[c], sizeof r->why[c]);
  for (size_t a = 0; a < r->log->n_attributes; a++) {
    dc_attribute *attribute = &r->log->attributes[a];
    int column = attribute->role == DC_ROLE_NONE ? -1 : r->deals.roles->column[attribute->role];
    attribute->predictor = attribute->dated || column < 0 || r->use[column] == DC_USE_USED ||
                           r->use[column] == DC_USE_SUSPECT;
  }
  free(state);
  return DC_OK;
}

static dc_status check_strict(const dc_job *job, const dc_resolved *r, dc_error *error)
{
  const dc_loaded *files[] = {&r->deals, &r->history, &r->accounts};
  dc_status status = DC_OK;
  for (size_t k = 0; k < sizeof files / sizeof *files && status == DC_OK; k++)
    status = dc_loaded_check(files[k], job->strict, error);
  for (size_t k = 0; k < r->n_joins && status == DC_OK; k++) status = dc_loaded_check(&r->joins[k], job->strict, error);
  return status;
}

static int choose_threads(const dc_job *job, size_t rows)
{
  if (job->threads > 0) return job->threads;
  return rows < SMALL_ROWS ? 1 : omp_get_num_procs();
}

/* The deals' own names come first; those of other files are matched to them as they will be matched later. */
static dc_status hide_names(const dc_job *job, dc_resolved *r, dc_error *error)
{
  const dc_loaded *known[] = {&r->deals, &r->history};
  r->names = dc_names_new(job->seed);
  if (!r->names) return dc_fail_memory(error, "hiding names");
  dc_status status = dc_names_hide_roles(r->names, &r->deals, NULL, 0, error);
  if (status == DC_OK) status = dc_names_hide_roles(r->names, &r->history, NULL, 0, error);
  if (status == DC_OK) status = dc_names_hide_roles(r->names, &r->quotas, known, 2, error);
  return status;
}

/* Amounts in one currency, before deals are made of them. */
static dc_status settle_money(dc_resolved *r, const dc_deals_sources *sources, dc_error *error)
{
  const dc_job *job = r->job;
  dc_load_request how = {.threads = r->threads, .strict = job->strict};
  dc_rates *rates = NULL;
  dc_status status = DC_OK;
  how.decimal = (dc_decimal)job->decimal;
  how.dates.order = (dc_day_order)job->dates;
  r->rates.key = -1;
  if (job->rates) status = dc_rates_load(job->rates, &how, &r->rates.load, error);
  if (status == DC_OK && job->rates)
    status = dc_roles_find(r->rates.load->table, job->rates, DC_SHAPE_OTHER, NULL, NULL, 0, &r->rates.roles, error);
  if (status == DC_OK && job->rates) status = dc_rates_new(r->rates.load, &rates, error);
  if (status == DC_OK)
    status = dc_money_settle(sources, job->currency ? job->currency : r->config->currency, rates, job->rates,
                             job->as_of, &r->money, error);
  dc_rates_free(rates);
  return status;
}

dc_status dc_resolve_files(const dc_job *job, dc_resolved *r, dc_laps *laps, dc_error *error)
{
  memset(r, 0, sizeof *r);
  r->job = job;
  r->threads = job->threads > 0 ? job->threads : omp_get_num_procs();
  dc_status status = dc_config_read(job->config, &r->config, error);
  if (status != DC_OK) return status;
  r->calendar.period = job->period;
  r->calendar.fiscal_start = job->fiscal_start         ? job->fiscal_start
                             : r->config->fiscal_start ? r->config->fiscal_start
                                                       : 1;
  status = dc_loaded_read(job, r->config, &job->files, DC_SHAPE_DEALS, NULL, r->threads, &r->deals, error);
  if (status == DC_OK)
    status = dc_loaded_read(job, r->config, &job->history, DC_SHAPE_HISTORY, NULL, r->threads, &r->history, error);
  if (status == DC_OK)
    status = dc_loaded_read(job, r->config, &job->quotas, DC_SHAPE_QUOTAS, NULL, r->threads, &r->quotas, error);
  if (status == DC_OK && job->hide_names) status = hide_names(job, r, error);
  dc_lap(laps, "load");
  return status;
}

dc_deals_sources dc_resolved_sources(const dc_resolved *r)
{
  return (dc_deals_sources){r->deals.load, r->history.load, r->deals.roles, r->history.roles, r->config};
}

dc_status dc_resolve_deals(dc_resolved *r, dc_error *error)
{
  dc_deals_sources sources = dc_resolved_sources(r);
  dc_status status = settle_money(r, &sources, error);
  return status == DC_OK ? dc_deals_new(&sources, &r->log, error) : status;
}

dc_status dc_resolve_rest(const dc_job *job, dc_resolved *r, dc_laps *laps, dc_error *error)
{
  dc_status status = settle_as_of(job, r, error);
  if (status == DC_OK) status = find_leaks(r, error);
  for (size_t a = 0; status == DC_OK && !r->deals.load && a < r->log->n_attributes; a++)
    r->log->attributes[a].predictor = true;
  if (status == DC_OK) status = dc_joins_add(job, r, error);
  if (status == DC_OK) status = dc_predictors_review(r, error);
  if (status == DC_OK) status = check_strict(job, r, error);
  if (status == DC_OK) status = lay_grid(job, r, error);
  if (status == DC_OK) r->threads = choose_threads(job, r->log->n);
  dc_lap(laps, "deals");
  return status;
}

dc_status dc_resolve(const dc_job *job, dc_resolved *r, dc_laps *laps, dc_error *error)
{
  dc_status status = dc_resolve_files(job, r, laps, error);
  if (status == DC_OK) status = dc_resolve_deals(r, error);
  if (status == DC_OK) status = dc_resolve_rest(job, r, laps, error);
  return status;
}

void dc_resolved_clear(dc_resolved *r)
{
  dc_time_grid_free(r->grid);
  dc_deals_free(r->log);
  dc_loaded_clear(&r->deals);
  dc_loaded_clear(&r->history);
  dc_loaded_clear(&r->accounts);
  dc_loaded_clear(&r->quotas);
  dc_loaded_clear(&r->rates);
  for (size_t k = 0; k < r->n_joins; k++) dc_loaded_clear(&r->joins[k]);
  free(r->joins);
  dc_config_free(r->config);
  dc_names_free(r->names);
  free(r->use);
  free(r->why);
  memset(r, 0, sizeof *r);
}
