/* `dealcast check`: files -> sheets -> rules -> what they cost -> tables. */
#include "engine/run/check.h"

#include "engine/base/text.h"
#include "engine/base/version.h"
#include "engine/insight/quality_parts.h"
#include "engine/insight/quality_width.h"
#include "engine/run/names.h"
#include "engine/run/rejects.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows for the fit: what a field is worth needs no more. */
enum { MOST_ROWS = 400000, MOST_DATED_ROWS = 200000, LEAST_CLOSED = 10 };

static const char score_formula[] =
    "score = 100 x sum(weight x completeness x accuracy) / sum(weight); completeness = filled / should be filled, accuracy "
    "= 1 - wrong / filled";
static const char width_formula[] =
    "cost = 1 - sqrt(1 - gain / V); V = sum p m^2 (1 + c) - (p m)^2 + (sum p m)^2 / wins over open deals; gain = m^2 d^2 "
    "(field), the deal's part (state), its spread of amount (amount), the last term's 1 - n / (n + lost) (history)";

/* --- files --- */

static void keep_counts(const dc_load *load, dc_input *inputs)
{
  for (size_t k = 0; load && k < load->n_inputs; k++) inputs[k] = load->inputs[k];
}

/* The files make no deals: what was booked on the way counts no more. */
static void restore(dc_load *load, const dc_input *inputs, size_t n_rejects)
{
  for (size_t k = 0; load && k < load->n_inputs; k++) load->inputs[k] = inputs[k];
  if (!load) return;
  dc_rejects *rejects = &load->rejects;
  size_t n = 0;
  for (size_t k = 0; k < rejects->n_rows; k++)
    if (rejects->rows[k].item < n_rejects) rejects->rows[n++] = rejects->rows[k];
  rejects->n_rows = n;
  rejects->count = n_rejects;
  memset(load->fate, DC_ROW_USED, load->table->rows);
}

/* Why there are no deals, and where: the file's name, and its line where one is at fault. */
static void set_lacking(dc_check_run *run, const dc_error *why)
{
  const char *slash = strrchr(why->file, '/'), *name = slash ? slash + 1 : why->file;
  char line[24] = "";
  if (why->line > 0) snprintf(line, sizeof line, ":%lld", (long long)why->line);
  snprintf(run->lacking, sizeof run->lacking, "%s%s%s%s", name, line, *name ? ": " : "",
           why->message[0] ? why->message : "no deal has a day");
}

/* Deals, where the files make any; otherwise why not. Under --strict, or on a failure of another kind, that is an error. */
static dc_status make_deals(dc_check_run *run, dc_error *error)
{
  dc_resolved *r = &run->base.r;
  dc_load *loads[] = {r->deals.load, r->history.load};
  dc_input *kept[2];
  for (int k = 0; k < 2; k++) {
    kept[k] = malloc(((loads[k] ? loads[k]->n_inputs : 0) + 1) * sizeof *kept[k]);
    run->n_rejects[k] = loads[k] ? loads[k]->rejects.count : 0;
    if (kept[k]) keep_counts(loads[k], kept[k]);
  }
  dc_error why = {.message = ""};
  dc_status status = kept[0] && kept[1] ? dc_resolve_deals(r, &why) : dc_fail_memory(&why, "collecting deals");
  bool lenient = (status == DC_E_INPUT || status == DC_E_SHORT) && !run->base.job->strict;
  if (status == DC_OK && r->log->export_day == DC_DATE_MISSING) {
    dc_deals_free(r->log);
    r->log = NULL;
    lenient = true;
  }
  if (lenient) {
    set_lacking(run, &why);
    for (int k = 0; k < 2; k++) restore(loads[k], kept[k], run->n_rejects[k]);
    status = DC_OK;
  } else if (status != DC_OK && error) {
    *error = why;
  }
  free(kept[0]);
  free(kept[1]);
  return status;
}

/* Further tables of files that make no deals. */
static dc_status load_joins(dc_check_run *run, dc_error *error)
{
  const dc_job *job = run->base.job;
  dc_resolved *r = &run->base.r;
  const dc_loaded *known[] = {&r->deals, &r->history};
  dc_status status = dc_loaded_read(job, r->config, &job->accounts, DC_SHAPE_ACCOUNTS, NULL, r->threads, &r->accounts,
                                    error);
  r->joins = calloc(job->joins.count + 1, sizeof *r->joins);
  if (!r->joins) return dc_fail_memory(error, "joining tables");
  if (status == DC_OK && r->accounts.load && job->hide_names)
    status = dc_names_hide_roles(r->names, &r->accounts, known, 2, error);
  if (status == DC_OK && r->accounts.load) r->accounts.key = r->accounts.roles->column[DC_ROLE_ACCOUNT];
  for (size_t k = 0; k < job->joins.count && status == DC_OK; k++) {
    const char *sign = strrchr(job->joins.items[k], ':');
    if (!sign) return dc_fail(error, DC_E_USAGE, "--join wants FILE:KEY, not '%s'", job->joins.items[k]);
    char *path = strdup(job->joins.items[k]);
    if (!path) return dc_fail_memory(error, "joining tables");
    path[sign - job->joins.items[k]] = '\0';
    const char *items[] = {path};
    dc_strings files = {items, 1};
    dc_loaded *loaded = &r->joins[k];
    status = dc_loaded_read(job, r->config, &files, DC_SHAPE_OTHER, sign + 1, r->threads, loaded, error);
    r->n_joins = k + 1;
    if (status == DC_OK && job->hide_names) status = dc_names_hide_roles(r->names, loaded, known, 2, error);
    for (size_t c = 0; status == DC_OK && c < loaded->load->table->n_columns; c++)
      if (dc_text_same(loaded->load->table->columns[c].name, sign + 1)) loaded->key = (int)c;
    if (status == DC_OK && loaded->key < 0)
      status = dc_fail_at(error, DC_E_USAGE, path, 0, 0, "no column \"%.80s\" to join by", sign + 1);
    free(path);
  }
  return status;
}

/* The tables that names and dates of the deals can be held against. */
static dc_status list_joins(dc_check_run *run, dc_error *error)
{
  const dc_resolved *r = &run->base.r;
  run->joins = calloc(r->n_joins + 2, sizeof *run->joins);
  if (!run->joins) return dc_fail_memory(error, "joining tables");
  for (size_t k = 0; k < r->n_joins; k++) {
    const dc_loaded *one = &r->joins[k];
    run->joins[run->n_joins++] = (dc_audit_join){one->load->table, one->load->inputs[0].name, one->key,
                                                 strrchr(run->base.job->joins.items[k], ':') + 1};
  }
  int account = r->deals.load ? r->deals.roles->column[DC_ROLE_ACCOUNT] : -1;
  if (r->accounts.load && r->accounts.key >= 0 && account >= 0)
    run->joins[run->n_joins++] = (dc_audit_join){r->accounts.load->table, r->accounts.load->inputs[0].name,
                                                 r->accounts.key, r->deals.load->table->columns[account].name};
  return DC_OK;
}

/* A mistyped year must not be taken for today. */
static void mind_far_days(dc_check_run *run, dc_job *job)
{
  dc_deals_sources sources = dc_resolved_sources(&run->base.r);
  bool far;
  int32_t last = dc_audit_last_day(&sources, &far);
  if (far && job->as_of == DC_DATE_MISSING) job->as_of = last;
}

static dc_status resolve(dc_check_run *run, dc_job *job, dc_error *error)
{
  dc_resolved *r = &run->base.r;
  dc_status status = dc_resolve_files(job, r, &run->base.laps, error);
  if (status != DC_OK) return status;
  mind_far_days(run, job);
  status = make_deals(run, error);
  if (status == DC_OK) status = r->log ? dc_resolve_rest(job, r, &run->base.laps, error) : load_joins(run, error);
  if (status == DC_OK && !r->log) r->as_of = job->as_of;
  return status == DC_OK ? list_joins(run, error) : status;
}

/* --- what defects cost --- */

static bool is_enough(const dc_snapshot *now, const char **reason)
{
  if (now->n_open == 0)
    *reason = "no deal is open";
  else if (now->won + now->lost < LEAST_CLOSED || now->won == 0)
    *reason = "too few deals have closed to say what a field is worth";
  else
    return true;
  return false;
}

static dc_status fit(dc_forecast_run *base, dc_error *error)
{
  int32_t as_of = base->r.as_of;
  dc_status status = dc_features_new(base->r.log, base->r.grid, as_of, &base->features, error);
  size_t most = status == DC_OK && base->features->landmarks ? MOST_DATED_ROWS : MOST_ROWS;
  if (status == DC_OK) status = dc_rows_new(base->features, as_of, most, base->job->seed, &base->rows, error);
  if (status == DC_OK) status = dc_rows_extend(base->rows, base->features, INT32_MIN / 2, as_of, error);
  if (status == DC_OK)
    status = dc_conversion_fit(base->features, base->rows, as_of, base->r.threads, NULL, &base->conversion, error);
  if (status == DC_OK) status = dc_amounts_fit(base->features, &base->now, base->r.threads, &base->amounts, error);
  return status;
}

static dc_status measure(dc_check_run *run, dc_error *error)
{
  dc_forecast_run *base = &run->base;
  const char *reason = "the files make no deals with dates";
  run->width = NAN;
  dc_audit_no_width(run->quality, reason);
  if (!base->r.log) return DC_OK;
  dc_status status = dc_snapshot_take(base->r.log, base->r.as_of, &base->now, error);
  if (status != DC_OK) return status;
  if (!is_enough(&base->now, &reason)) {
    dc_audit_no_width(run->quality, reason);
    return DC_OK;
  }
  status = fit(base, error);
  if (status != DC_OK) return status;
  dc_width_request request = {run->quality, base->conversion, &base->amounts, &base->now, &base->r.calendar};
  return dc_audit_width(&request, &run->width, error);
}

static dc_status audit(dc_check_run *run, dc_error *error)
{
  const dc_resolved *r = &run->base.r;
  dc_audit_request request = {.sources = dc_resolved_sources(r),
                              .log = r->log,
                              .as_of = r->as_of,
                              .currency = dc_run_currency(r),
                              .threads = r->threads,
                              .seed = run->base.job->seed,
                              .joins = run->joins,
                              .n_joins = run->n_joins,
                              .use = r->use,
                              .why = (const char(*)[200])r->why,
                              .n_rejects = {run->n_rejects[0], run->n_rejects[1]}};
  dc_status status = dc_audit_new(&request, &run->quality, error);
  dc_lap(&run->base.laps, "audit");
  if (status == DC_OK) status = measure(run, error);
  dc_lap(&run->base.laps, "width");
  return status;
}

/* The deals where there are any, otherwise the rows of the history. */
static dc_status score(dc_check_run *run, dc_error *error)
{
  dc_scorer *scorer;
  run->sheet = &run->quality->sheets[0];
  dc_status status = dc_scorer_new(run->sheet, &scorer, error);
  if (status != DC_OK) return status;
  status = dc_score_units(scorer, NULL, run->sheet->n, &run->score, error);
  dc_scorer_free(scorer);
  return status;
}

/* --- what is said --- */

/* Copies of a deal are no further deals, where an id says so. */
static void count_states(const dc_sheet *sheet, int64_t count[3])
{
  int copy = sheet->column[DC_ROLE_ID] < 0 ? -1 : dc_sheet_find_rule(sheet, "exact duplicate");
  count[0] = count[1] = count[2] = 0;
  for (size_t i = 0; i < sheet->n && sheet->kind != DC_SHEET_HISTORY; i++)
    for (int k = 0; k < 3; k++)
      count[k] += sheet->state[i] == 1 << k && (copy < 0 || !dc_rule_struck(sheet, i, (size_t)copy));
}

static void describe(dc_check_run *run)
{
  dc_forecast_run *base = &run->base;
  dc_result *out = base->result;
  const dc_job *job = base->job;
  int64_t count[3];
  count_states(run->sheet, count);
  dc_set_text(out, &out->run, "version", DC_VERSION);
  dc_set_date(out, &out->run, "as_of", run->quality->as_of);
  dc_set_text(out, &out->run, "timezone", base->r.config->timezone);
  dc_set_text(out, &out->run, "currency", dc_run_currency(&base->r));
  dc_set_text(out, &out->run, "period", dc_period_name(job->period));
  bool deals = run->sheet->kind != DC_SHEET_HISTORY && (run->sheet->has_state || base->r.log);
  dc_set_text(out, &out->run, "audited", deals ? "deals" : "rows");
  dc_set_integer(out, &out->run, "deals_open", count[0]);
  dc_set_integer(out, &out->run, "deals_won", count[1]);
  dc_set_integer(out, &out->run, "deals_lost", count[2]);
  dc_set_text(out, &out->run, "lacking", run->lacking[0] ? run->lacking : NULL);
  dc_set_number(out, &out->run, "score", run->score.score);
  dc_set_number(out, &out->run, "completeness", run->score.completeness);
  dc_set_number(out, &out->run, "accuracy", run->score.accuracy);
  dc_set_text(out, &out->run, "score_formula", score_formula);
  dc_set_number(out, &out->run, "width", run->width);
  dc_set_text(out, &out->run, "width_formula", width_formula);
  dc_set_integer(out, &out->run, "seed", (int64_t)job->seed);
  dc_set_integer(out, &out->options, "min_score", job->min_score < 0 ? DC_INTEGER_NULL : job->min_score);
  dc_set_reading_options(job, out);
  dc_inputs_table(&base->r, out);
}

/* Whether the gate holds is decided on the score as it is shown, without decimals. */
static void check_gate(dc_check_run *run)
{
  const dc_job *job = run->base.job;
  double shown = floor(run->score.score);
  if (job->min_score < 0 || shown >= job->min_score) return;
  if (isnan(shown))
    dc_fail_check(run->base.result, "there is no field to score, so --min-score %d is not reached", job->min_score);
  else
    dc_fail_check(run->base.result, "the score is %.0f, below --min-score %d", shown, job->min_score);
}

static dc_status run_check(dc_check_run *run, dc_job *job, dc_error *error)
{
  dc_forecast_run *base = &run->base;
  dc_laps_start(&base->laps);
  dc_status status = dc_rejects_tell(job, &base->r, resolve(run, job, error), error);
  if (status == DC_OK) status = audit(run, error);
  if (status == DC_OK) status = score(run, error);
  if (status != DC_OK) return status;
  base->result = dc_result_new("dealcast.check/1");
  if (!base->result) return dc_fail_memory(error, "writing the result");
  describe(run);
  dc_warn_read_as(base);
  dc_check_tables(run);
  status = dc_check_groups(run, error);
  if (status == DC_OK && job->fixes) status = dc_check_fixes(run, error);
  if (status != DC_OK) return status;
  dc_data_tables(base);
  check_gate(run);
  dc_lap(&base->laps, "tables");
  if (job->timings) dc_laps_tell(&base->laps, base->result);
  return dc_result_check(base->result, error);
}

dc_status dc_run_check(const dc_job *given, dc_result **result, dc_error *error)
{
  dc_job job = *given;
  dc_check_run run = {.base = {.job = &job}};
  dc_status status = run_check(&run, &job, error);
  free(run.score.fields);
  dc_audit_free(run.quality);
  free(run.joins);
  dc_amounts_clear(&run.base.amounts);
  dc_snapshot_clear(&run.base.now);
  dc_conversion_free(run.base.conversion);
  dc_rows_free(run.base.rows);
  dc_features_free(run.base.features);
  dc_resolved_clear(&run.base.r);
  if (status == DC_OK)
    *result = run.base.result;
  else
    dc_result_free(run.base.result);
  return status;
}
