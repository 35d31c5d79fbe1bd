/* What was read, what was made of it, and what could not be used. */
#include "engine/base/version.h"
#include "engine/run/forecast.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTION_BYTES = 1024 };

/* One line of `columns`. */
typedef struct column_use {
  const char *use, *why;
} column_use;

/* What says whether and when a deal was closed tells its outcome as a matter of course, and never predicts. */
static bool tells_outcome(dc_role role)
{
  return role == DC_ROLE_ID || role == DC_ROLE_STAGE || role == DC_ROLE_OUTCOME || role == DC_ROLE_IS_CLOSED ||
         role == DC_ROLE_IS_WON || role == DC_ROLE_CREATED || role == DC_ROLE_CLOSED;
}

static column_use use_of_deals(const dc_forecast_run *run, size_t c)
{
  const dc_roles *roles = run->r.deals.roles;
  if (tells_outcome(roles->role[c])) return (column_use){dc_use_name(DC_USE_USED), roles->why[c]};
  if (run->r.use && run->r.use[c] != DC_USE_USED) return (column_use){dc_use_name(run->r.use[c]), run->r.why[c]};
  return (column_use){dc_use_name(roles->role[c] == DC_ROLE_NONE ? DC_USE_SHOWN : DC_USE_USED), roles->why[c]};
}

static column_use use_of_joined(const dc_forecast_run *run, const dc_loaded *loaded, size_t c)
{
  const dc_column *column = &loaded->load->table->columns[c];
  if ((int)c == loaded->key) return (column_use){dc_use_name(DC_USE_USED), "the key that it is joined by"};
  for (size_t a = 0; a < run->r.log->n_attributes; a++) {
    const dc_attribute *one = &run->r.log->attributes[a];
    if (one->column != column) continue;
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
  if (loaded->key >= 0) return use_of_joined(run, loaded, c);
  bool role = loaded->roles->role[c] != DC_ROLE_NONE;
  return (column_use){dc_use_name(role ? DC_USE_USED : DC_USE_SHOWN), loaded->roles->why[c]};
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
    dc_put_text(table, column->format);
    dc_put_integer(table, (int64_t)column->n_missing);
    dc_put_text(table, one.use);
    dc_put_text(table, one.why);
  }
}

static void rejects_of(const dc_loaded *loaded, dc_result_table *table)
{
  for (size_t k = 0; loaded->load && k < loaded->load->rejects.count; k++) {
    const dc_reject *one = &loaded->load->rejects.items[k];
    dc_put_text(table, loaded->load->inputs[one->file].name);
    dc_put_text(table, one->rule);
    dc_put_text(table, one->whole_row ? "row" : "cell");
    dc_put_text(table, one->column_name[0] ? one->column_name : NULL);
    dc_put_integer(table, one->count);
    dc_put_number(table, one->amount);
    dc_put_integer(table, one->line);
    dc_put_text(table, one->value);
  }
}

/* The files in the order in which they are told of; NULL behind the last. */
static const dc_loaded *file_at(const dc_forecast_run *run, size_t k)
{
  const dc_loaded *const files[] = {&run->r.deals, &run->r.history, &run->r.accounts, &run->r.quotas};
  enum { FILES = sizeof files / sizeof *files };
  if (k < FILES) return files[k];
  return k < FILES + run->r.n_joins ? &run->r.joins[k - FILES] : NULL;
}

void dc_data_tables(dc_forecast_run *run)
{
  static const dc_field_spec columns[] = {
      {"file", DC_FIELD_TEXT}, {"name", DC_FIELD_TEXT},   {"role", DC_FIELD_TEXT},
      {"type", DC_FIELD_TEXT}, {"format", DC_FIELD_TEXT}, {"missing", DC_FIELD_INTEGER},
      {"use", DC_FIELD_TEXT},  {"why", DC_FIELD_TEXT},    {NULL, DC_FIELD_TEXT}};
  static const dc_field_spec rejects[] = {
      {"file", DC_FIELD_TEXT},          {"rule", DC_FIELD_TEXT},        {"level", DC_FIELD_TEXT},
      {"column", DC_FIELD_TEXT},        {"count", DC_FIELD_INTEGER},    {"amount", DC_FIELD_MONEY},
      {"first_line", DC_FIELD_INTEGER}, {"first_value", DC_FIELD_TEXT}, {NULL, DC_FIELD_TEXT}};
  const dc_loaded *file;
  dc_result_table *table = dc_result_add(run->result, "columns", columns);
  for (size_t k = 0; (file = file_at(run, k)) != NULL; k++) columns_of(run, file, table);
  table = dc_result_add(run->result, "rejects", rejects);
  for (size_t k = 0; (file = file_at(run, k)) != NULL; k++) rejects_of(file, table);
}

/* Rows of deals and changes that did not exist yet on the as-of day are counted apart. */
static void count_later(dc_forecast_run *run)
{
  const dc_deals *log = run->r.log;
  dc_load *load = run->r.deals.load;
  for (size_t i = 0; load && i < log->n; i++) {
    if (log->known[i] <= run->r.as_of || log->row[i] == DC_ID_NONE) continue;
    dc_input *input = dc_row_input(load, log->row[i]);
    input->used--;
    input->after_as_of++;
  }
  load = run->r.history.load;
  if (!load) return;
  const dc_column *id = &load->table->columns[run->r.history.roles->column[DC_ROLE_ID]];
  const dc_column *when = &load->table->columns[run->r.history.roles->column[DC_ROLE_CHANGED_AT]];
  for (size_t row = 0; row < load->table->rows; row++) {
    size_t length;
    dc_column_text(id, row, &length);
    /* Rows without an id are rejected already; a missing day lies before every other. */
    if (!length || dc_column_day(when, row, run->r.config->timezone_minutes) <= run->r.as_of) continue;
    dc_input *input = dc_row_input(load, row);
    input->used--;
    input->after_as_of++;
  }
}

/* Amounts of a file's rows: of all that could be read, and of those that are used. */
typedef struct amounts {
  double read, used;
} amounts;

static amounts amounts_of(const dc_forecast_run *run, const dc_loaded *loaded, size_t input)
{
  amounts sum = {NAN, NAN};
  bool deals = loaded == &run->r.deals, quotas = loaded == &run->r.quotas;
  int c = deals || quotas ? loaded->roles->column[DC_ROLE_AMOUNT] : -1;
  const dc_table *table = loaded->load->table;
  if (c < 0 || table->columns[c].type != DC_TYPE_NUMBER) return sum;
  const double *amount = table->columns[c].number;
  sum = (amounts){0, 0};
  for (size_t row = 0; row < table->rows; row++) {
    if ((table->file ? table->file[row] : 0) != input || isnan(amount[row])) continue;
    sum.read += amount[row];
    if (quotas && dc_quota_is_used(run->quotas, row)) sum.used += amount[row];
  }
  for (size_t i = 0; deals && i < run->r.log->n; i++) {
    uint32_t row = run->r.log->row[i];
    bool used = row != DC_ID_NONE && run->r.log->known[i] <= run->r.as_of;
    if (used && (table->file ? table->file[row] : 0) == input && !isnan(amount[row])) sum.used += amount[row];
  }
  return sum;
}

static void inputs_of(const dc_forecast_run *run, const dc_loaded *loaded, dc_result_table *table)
{
  for (size_t k = 0; loaded->load && k < loaded->load->n_inputs; k++) {
    const dc_input *in = &loaded->load->inputs[k];
    const int64_t counts[] = {in->read,        in->used,     in->rejected, in->duplicate,
                              in->after_as_of, in->excluded, in->blank,    in->preamble};
    amounts sum = amounts_of(run, loaded, k);
    dc_put_text(table, in->name);
    dc_put_integer(table, (int64_t)in->bytes);
    dc_put_text(table, in->hash);
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) dc_put_integer(table, counts[c]);
    dc_put_number(table, sum.read);
    dc_put_number(table, sum.used);
  }
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

/* What was asked that changes the result, beside what `run` itself tells. */
static void set_options(dc_forecast_run *run)
{
  const dc_job *job = run->job;
  dc_result *out = run->result;
  const dc_strings config = {.items = (const char *[]){job->config}, .count = job->config != NULL};
  dc_set_bool(out, &out->options, "backtest", !job->no_backtest);
  dc_set_integer(out, &out->options, "origins", job->origins);
  set_list(out, "by", &job->by, false);
  set_list(out, "map", &job->maps, false);
  set_list(out, "columns", &job->columns, false);
  set_list(out, "join", &job->joins, true);
  set_list(out, "config", &config, true);
  dc_set_bool(out, &out->options, "strict", job->strict);
  dc_set_bool(out, &out->options, "as_of_ok", job->as_of_ok);
}

void dc_describe_run(dc_forecast_run *run)
{
  static const dc_field_spec inputs[] = {{"name", DC_FIELD_TEXT},         {"bytes", DC_FIELD_INTEGER},
                                         {"hash", DC_FIELD_TEXT},         {"read", DC_FIELD_INTEGER},
                                         {"used", DC_FIELD_INTEGER},      {"rejected", DC_FIELD_INTEGER},
                                         {"duplicate", DC_FIELD_INTEGER}, {"after_as_of", DC_FIELD_INTEGER},
                                         {"excluded", DC_FIELD_INTEGER},  {"blank", DC_FIELD_INTEGER},
                                         {"preamble", DC_FIELD_INTEGER},  {"amount_read", DC_FIELD_MONEY},
                                         {"amount_used", DC_FIELD_MONEY}, {NULL, DC_FIELD_TEXT}};
  dc_result *out = run->result;
  const dc_loaded *file;
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
  count_later(run);
  dc_result_table *table = dc_result_add_inputs(out, inputs);
  for (size_t k = 0; (file = file_at(run, k)) != NULL; k++) inputs_of(run, file, table);
}
