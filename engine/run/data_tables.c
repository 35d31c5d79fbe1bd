/* What was read, what was made of it, and what could not be used. */
#include "engine/base/version.h"
#include "engine/run/forecast.h"
#include "engine/run/rejects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_BYTES = 1024 };

/* One line of `columns`. */
typedef struct column_use {
  const char *use, *why;
} column_use;

static column_use use_of_deals(const dc_forecast_run *run, size_t c)
{
  const dc_roles *roles = run->r.deals.roles;
  if (dc_role_tells_outcome(roles->role[c])) return (column_use){dc_use_name(DC_USE_USED), roles->why[c]};
  if (dc_role_is_personal(roles->role[c])) return (column_use){dc_use_name(DC_USE_DROPPED), roles->why[c]};
  if (run->r.use && run->r.use[c] != DC_USE_USED) return (column_use){dc_use_name(run->r.use[c]), run->r.why[c]};
  return (column_use){dc_use_name(dc_role_is_used(roles->role[c]) ? DC_USE_USED : DC_USE_SHOWN), roles->why[c]};
}

static column_use use_of_joined(const dc_forecast_run *run, const dc_loaded *loaded, size_t c)
{
  const dc_column *column = &loaded->load->table->columns[c];
  if ((int)c == loaded->key) return (column_use){dc_use_name(DC_USE_USED), "the key that it is joined by"};
  if (dc_role_is_personal(loaded->roles->role[c]))
    return (column_use){dc_use_name(DC_USE_DROPPED), loaded->roles->why[c]};
  for (size_t a = 0; run->r.log && a < run->r.log->n_attributes; a++) {
    const dc_attribute *one = &run->r.log->attributes[a];
    if (one->column != column) continue;
    if (one->dropped) return (column_use){dc_use_name(DC_USE_DROPPED), one->dropped};
    if (one->predictor) return (column_use){dc_use_name(DC_USE_USED), "joined; may predict as its key may"};
    return (column_use){dc_use_name(DC_USE_SHOWN), column->type == DC_TYPE_TEXT
                                                       ? "joined to be shown; its values hardly repeat"
                                                       : "joined to be shown; its key does not predict either"};
  }
  return (column_use){dc_use_name(DC_USE_DROPPED), "not joined: neither a number nor a few different words"};
}

static column_use use_of_column(const dc_forecast_run *run, const dc_loaded *loaded, size_t c)
{
  if (loaded == &run->r.deals) return use_of_deals(run, c);
  if (loaded == &run->r.rates) return (column_use){dc_use_name(DC_USE_USED), "rates of exchange"};
  if (loaded->key >= 0) return use_of_joined(run, loaded, c);
  for (size_t a = 0; run->r.log && a < run->r.log->n_attributes; a++) {
    const dc_attribute *one = &run->r.log->attributes[a];
    if (one->dropped && one->column == &loaded->load->table->columns[c])
      return (column_use){dc_use_name(DC_USE_DROPPED), one->dropped};
  }
  dc_role role = loaded->roles->role[c];
  dc_use use = dc_role_is_used(role) ? DC_USE_USED : dc_role_is_personal(role) ? DC_USE_DROPPED : DC_USE_SHOWN;
  return (column_use){dc_use_name(use), loaded->roles->why[c]};
}

static void columns_of(const dc_forecast_run *run, const dc_loaded *loaded, dc_result_table *table)
{
  for (size_t c = 0; loaded->load && c < loaded->load->table->n_columns; c++) {
    const dc_column *column = &loaded->load->table->columns[c];
    column_use one = use_of_column(run, loaded, c);
    dc_put_text(table, loaded->load->inputs[0].name);
    dc_put_text(table, column->name);
    dc_put_text(table, dc_role_name(loaded->roles->role[c]));
    dc_put_text(table, dc_type_name(column->type));
    dc_put_text(table, dc_role_is_personal(loaded->roles->role[c]) ? NULL : column->format);
    dc_put_integer(table, (int64_t)column->n_missing);
    dc_put_text(table, one.use);
    dc_put_text(table, one.why);
    dc_put_text(table, loaded->roles->why[c]);
    dc_put_text(table, loaded->roles->runner_up[c]);
  }
}

void dc_data_tables(dc_forecast_run *run)
{
  static const dc_field_spec columns[] = {
      {"file", DC_FIELD_TEXT},     {"name", DC_FIELD_TEXT},       {"role", DC_FIELD_TEXT}, {"type", DC_FIELD_TEXT},
      {"format", DC_FIELD_TEXT},   {"missing", DC_FIELD_INTEGER}, {"use", DC_FIELD_TEXT},  {"why", DC_FIELD_TEXT},
      {"evidence", DC_FIELD_TEXT}, {"runner_up", DC_FIELD_TEXT},  {NULL, DC_FIELD_TEXT}};
  const dc_loaded *file;
  dc_result_table *table = dc_result_add(run->result, "columns", columns);
  for (size_t k = 0; (file = dc_resolved_file(&run->r, k)) != NULL; k++) columns_of(run, file, table);
  dc_rejects_table(&run->r, run->result);
}

/* "a; b", of each path its file's name only; null when there is none. */
static void set_list(dc_result *out, const char *name, const dc_strings *list, bool paths)
{
  char text[OPTION_BYTES] = "";
  size_t used = 0;
  for (size_t k = 0; k < list->count && used < sizeof text; k++) {
    const char *item = list->items[k], *slash = paths ? strrchr(item, '/') : NULL;
    used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", k ? "; " : "", slash ? slash + 1 : item);
  }
  dc_set_text(out, &out->options, name, list->count ? text : NULL);
}

/* What was asked of reading that changes the result; of every verb. */
void dc_set_reading_options(const dc_job *job, dc_result *out)
{
  static const char *const decimals[] = {"proven", "point", "comma"};
  static const char *const dates[] = {"proven", "day-first", "month-first", "year-first"};
  const dc_strings rates = {.items = (const char *[]){job->rates}, .count = job->rates != NULL};
  const dc_strings config = {.items = (const char *[]){job->config}, .count = job->config != NULL};
  set_list(out, "map", &job->maps, false);
  set_list(out, "columns", &job->columns, false);
  dc_set_text(out, &out->options, "skip", job->skip);
  dc_set_text(out, &out->options, "encoding", job->encoding);
  set_list(out, "join", &job->joins, true);
  set_list(out, "config", &config, true);
  set_list(out, "rates", &rates, true);
  dc_set_text(out, &out->options, "decimal", decimals[job->decimal]);
  dc_set_text(out, &out->options, "dates", dates[job->dates]);
  dc_set_bool(out, &out->options, "excel_1904", job->excel_1904);
  dc_set_bool(out, &out->options, "strict", job->strict);
  dc_set_bool(out, &out->options, "as_of_ok", job->as_of_ok);
}

/* What was asked that changes the result, beside what `run` itself tells. */
static void set_options(dc_forecast_run *run)
{
  dc_result *out = run->result;
  dc_set_bool(out, &out->options, "backtest", !run->job->no_backtest);
  dc_set_integer(out, &out->options, "origins", run->job->origins);
  set_list(out, "by", &run->job->by, false);
  dc_set_reading_options(run->job, out);
}

void dc_describe_run(dc_forecast_run *run)
{
  dc_result *out = run->result;
  dc_set_text(out, &out->run, "version", DC_VERSION);
  dc_set_date(out, &out->run, "as_of", run->r.as_of);
  dc_set_text(out, &out->run, "timezone", run->r.config->timezone);
  dc_set_text(out, &out->run, "currency", dc_run_currency(&run->r));
  dc_set_text(out, &out->run, "period", dc_period_name(run->job->period));
  dc_set_integer(out, &out->run, "horizon", run->job->horizon);
  dc_set_integer(out, &out->run, "fiscal_start", run->r.calendar.fiscal_start);
  dc_set_text(out, &out->run, "rung", dc_rung_name(run->conversion->rung));
  dc_set_integer(out, &out->run, "deals_open", (int64_t)run->now.n_open);
  dc_set_integer(out, &out->run, "deals_won", run->now.won);
  dc_set_integer(out, &out->run, "deals_lost", run->now.lost);
  dc_set_integer(out, &out->run, "seed", (int64_t)run->job->seed);
  set_options(run);
  dc_inputs_table(&run->r, out);
}
