/* `dealcast forecast`: files -> deals -> the core at the as-of day -> tables. */
#include "dealcast/job.h"
#include "engine/base/version.h"
#include "engine/forecast/backtest.h"
#include "engine/run/resolve.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_ROWS = 2000000, FINAL_KINDS = 400 };

typedef struct state {
  const dc_job *job;
  dc_resolved r;
  dc_features *features;
  dc_rows *rows;
  dc_conversion *conversion;
  dc_snapshot now;
  dc_amounts amounts;
  dc_projection *projection;
  dc_periods periods;
  dc_calibration calibration;
  dc_backtest *backtest;
  dc_result *result;
} state;

/* Fills s->calibration, from the backtest unless it was switched off. */
static dc_status backtest(state *s, dc_conversion **warm, int32_t *after, dc_error *error)
{
  int horizons = s->job->horizon < DC_BACKTEST_HORIZONS ? s->job->horizon : DC_BACKTEST_HORIZONS;
  dc_backtest_request request = {s->features, &s->r.calendar, &s->now, s->rows, s->job->no_backtest ? 0 : s->job->origins,
                                 horizons, s->r.threads};
  dc_status status = dc_backtest_run(&request, &s->backtest, warm, after, error);
  if (status == DC_OK)
    dc_calibrate(s->backtest->evidence, s->backtest->n_evidence, s->r.as_of, horizons, &s->calibration);
  return status;
}

static dc_status fit(state *s, dc_error *error)
{
  dc_conversion *warm = NULL;
  int32_t after = INT32_MIN / 2;
  dc_status status = dc_features_new(s->r.log, s->r.grid, s->r.as_of, &s->features, error);
  if (status == DC_OK) status = dc_rows_new(s->features, s->r.as_of, MOST_ROWS, s->job->seed, &s->rows, error);
  if (status == DC_OK) status = dc_snapshot_take(s->r.log, s->r.as_of, &s->now, error);
  if (status == DC_OK) status = backtest(s, &warm, &after, error);
  if (status == DC_OK) status = dc_rows_extend(s->rows, s->features, after, s->r.as_of, error);
  if (status == DC_OK)
    status = dc_conversion_fit(s->features, s->rows, s->r.as_of, s->r.threads, warm, &s->conversion, error);
  dc_conversion_free(warm);
  if (status == DC_OK) status = dc_amounts_fit(s->features, &s->now, s->r.threads, &s->amounts, error);
  if (status != DC_OK) return status;
  dc_periods_from(&s->r.calendar, s->r.as_of, s->job->horizon, &s->periods);
  dc_projection_request request = {s->conversion, &s->amounts, &s->now, &s->r.calendar, &s->periods, FINAL_KINDS,
                                   s->r.threads};
  return dc_projection_new(&request, &s->projection, error);
}

static dc_status forecast_rows(state *s, dc_result_table *table, int period, dc_measure m, dc_error *error)
{
  static const double levels[] = {.05, .10, .25, .50, .75, .90, .95};
  for (int c = 0; c < DC_COMPONENTS; c++) {
    dc_bookings *b = NULL;
    dc_status status = dc_distribution(s->projection, &s->calibration, period, m, (dc_component)c, NULL, &b, error);
    if (status != DC_OK) return status;
    dc_put_date(table, s->periods.start[period]);
    dc_put_date(table, s->periods.end[period]);
    dc_put_text(table, "all");
    dc_put_text(table, NULL);
    dc_put_text(table, dc_measure_name(m));
    dc_put_text(table, dc_component_name((dc_component)c));
    dc_put_number(table, b->mean);
    for (size_t q = 0; q < sizeof levels / sizeof *levels; q++) dc_put_number(table, dc_bookings_quantile(b, levels[q]));
    dc_put_integer(table, c == DC_WON_SO_FAR ? (int64_t)s->projection->booked[period].count
                          : c == DC_FROM_NEW ? 0 : (int64_t)s->projection->n_open);
    for (int k = 0; k < 4; k++) dc_put_number(table, NAN);
    dc_bookings_free(b);
  }
  return DC_OK;
}

static dc_status forecast_table(state *s, dc_error *error)
{
  static const dc_field_spec fields[] = {
      {"period_start", DC_FIELD_DATE}, {"period_end", DC_FIELD_DATE},   {"scope_type", DC_FIELD_TEXT},
      {"scope_id", DC_FIELD_TEXT},     {"measure", DC_FIELD_TEXT},      {"component", DC_FIELD_TEXT},
      {"mean", DC_FIELD_MONEY},        {"p05", DC_FIELD_MONEY},         {"p10", DC_FIELD_MONEY},
      {"p25", DC_FIELD_MONEY},         {"p50", DC_FIELD_MONEY},         {"p75", DC_FIELD_MONEY},
      {"p90", DC_FIELD_MONEY},         {"p95", DC_FIELD_MONEY},         {"n_deals", DC_FIELD_INTEGER},
      {"quota", DC_FIELD_MONEY},       {"p_ge_quota", DC_FIELD_RATIO},  {"gap", DC_FIELD_MONEY},
      {"pipeline_coverage", DC_FIELD_NUMBER}, {NULL, DC_FIELD_TEXT}};
  dc_result_table *table = dc_result_add(s->result, "forecast", fields);
  dc_status status = DC_OK;
  for (int p = 0; p < s->periods.n && status == DC_OK; p++) {
    if (s->r.log->has_amount) status = forecast_rows(s, table, p, DC_AMOUNT, error);
    if (status == DC_OK) status = forecast_rows(s, table, p, DC_COUNT, error);
  }
  return status;
}

static const char *grade_of(double p) { return p >= 0.5 ? "A" : p >= 0.25 ? "B" : p >= 0.1 ? "C" : "D"; }

static const char *attribute_word(const state *s, dc_role role, size_t deal)
{
  int at = dc_deals_find_role(s->r.log, role);
  if (at < 0) return NULL;
  const dc_attribute *a = &s->r.log->attributes[at];
  uint32_t code = dc_deals_attribute(s->r.log, a, deal, s->r.as_of);
  return code ? a->words.text[code] : NULL;
}

static void put_deal(const state *s, dc_result_table *deals, dc_result_table *periods, size_t i)
{
  const dc_deals *log = s->r.log;
  size_t deal = s->now.open[i], n = (size_t)s->periods.n;
  const dc_view *view = &s->now.view[i];
  dc_subject subject;
  dc_outlook outlook;
  char flags[96] = "";
  dc_features_subject(s->features, deal, view, dc_time_cell(s->r.grid, s->r.as_of), s->r.as_of, &subject);
  dc_conversion_outlook(s->conversion, &subject, s->r.as_of + 1, &outlook);
  bool stale = s->conversion->stale_from > 0 && view->since != DC_DATE_MISSING && dc_age_bin(s->r.as_of - view->since) >= s->conversion->stale_from;
  bool overdue = view->expected != DC_DATE_MISSING && view->expected <= s->r.as_of;
  snprintf(flags, sizeof flags, "%s%s%s%s", stale ? " stale" : "", overdue ? " overdue" : "",
           view->since == DC_DATE_MISSING ? " no-created-date" : "", isnan(view->amount) ? " no-amount" : "");
  dc_put_text_n(deals, log->ids.text[deal], log->ids.length[deal]);
  dc_put_text(deals, view->owner ? log->owners.text[view->owner] : attribute_word(s, DC_ROLE_OWNER, deal));
  dc_put_text(deals, attribute_word(s, DC_ROLE_ACCOUNT, deal));
  dc_put_text(deals, view->stage ? log->stages.text[view->stage] : NULL);
  dc_put_integer(deals, view->since == DC_DATE_MISSING ? DC_INTEGER_NULL : s->r.as_of - view->since);
  dc_put_number(deals, view->amount);
  dc_put_number(deals, outlook.p_win);
  dc_put_date(deals, outlook.expected_close);
  dc_put_number(deals, log->has_amount ? outlook.p_win * s->projection->amount[i] : NAN);
  dc_put_text(deals, grade_of(outlook.p_win));
  dc_put_text(deals, flags[0] ? flags + 1 : "");
  for (size_t p = 0; p < n; p++) {
    dc_put_text_n(periods, log->ids.text[deal], log->ids.length[deal]);
    dc_put_date(periods, s->periods.start[p]);
    dc_put_number(periods, dc_calibrated_p(&s->calibration, (int)p, s->projection->p_win[i * n + p]));
    dc_put_number(periods, s->projection->p_lost[i * n + p]);
  }
}

static void deal_tables(state *s)
{
  static const dc_field_spec deals[] = {
      {"deal_id", DC_FIELD_TEXT}, {"owner", DC_FIELD_TEXT}, {"account", DC_FIELD_TEXT}, {"stage", DC_FIELD_TEXT},
      {"age_days", DC_FIELD_INTEGER}, {"amount", DC_FIELD_MONEY}, {"p_win", DC_FIELD_RATIO},
      {"expected_close", DC_FIELD_DATE}, {"expected_amount", DC_FIELD_MONEY}, {"grade", DC_FIELD_TEXT},
      {"flags", DC_FIELD_TEXT}, {NULL, DC_FIELD_TEXT}};
  static const dc_field_spec periods[] = {{"deal_id", DC_FIELD_TEXT}, {"period_start", DC_FIELD_DATE},
                                          {"p_win_in_period", DC_FIELD_RATIO}, {"p_lost_in_period", DC_FIELD_RATIO},
                                          {NULL, DC_FIELD_TEXT}};
  dc_result_table *a = dc_result_add(s->result, "deals", deals), *b = dc_result_add(s->result, "deal_periods", periods);
  for (size_t i = 0; i < s->now.n_open; i++) put_deal(s, a, b, i);
}

static void backtest_table(state *s)
{
  static const dc_field_spec fields[] = {
      {"origin", DC_FIELD_DATE}, {"period_start", DC_FIELD_DATE}, {"horizon", DC_FIELD_INTEGER}, {"scope", DC_FIELD_TEXT},
      {"measure", DC_FIELD_TEXT}, {"method", DC_FIELD_TEXT}, {"mean", DC_FIELD_NUMBER}, {"p025", DC_FIELD_NUMBER},
      {"p05", DC_FIELD_NUMBER}, {"p10", DC_FIELD_NUMBER}, {"p25", DC_FIELD_NUMBER}, {"p50", DC_FIELD_NUMBER},
      {"p75", DC_FIELD_NUMBER}, {"p90", DC_FIELD_NUMBER}, {"p95", DC_FIELD_NUMBER}, {"p975", DC_FIELD_NUMBER},
      {"crps", DC_FIELD_NUMBER}, {"actual", DC_FIELD_NUMBER}, {NULL, DC_FIELD_TEXT}};
  dc_result_table *table = dc_result_add(s->result, "backtest", fields);
  for (size_t r = 0; r < s->backtest->n_rows; r++) {
    const dc_backtest_row *row = &s->backtest->rows[r];
    dc_put_date(table, row->origin);
    dc_put_date(table, row->period_start);
    dc_put_integer(table, row->horizon);
    dc_put_text(table, "all");
    dc_put_text(table, dc_measure_name(row->measure));
    dc_put_text(table, dc_method_name(row->method));
    dc_put_number(table, row->mean);
    for (int q = 0; q < DC_BACKTEST_QUANTILES; q++) dc_put_number(table, row->quantile[q]);
    dc_put_number(table, row->crps);
    dc_put_number(table, row->actual);
  }
}

static void quality_row(dc_result_table *table, int method, int horizon, const char *measure, const dc_quality *q,
                        const dc_deal_quality *d)
{
  dc_put_text(table, dc_method_name(method));
  dc_put_integer(table, horizon);
  dc_put_text(table, measure);
  dc_put_number(table, q ? q->crps : NAN);
  dc_put_number(table, q ? q->wape : NAN);
  dc_put_number(table, q ? q->bias : NAN);
  dc_put_number(table, q ? q->coverage_50 : NAN);
  dc_put_number(table, q ? q->coverage_80 : NAN);
  dc_put_number(table, q ? q->coverage_95 : NAN);
  dc_put_integer(table, q ? q->n : d->n);
  dc_put_number(table, d ? d->log_loss : NAN);
  dc_put_number(table, d ? d->brier : NAN);
  dc_put_number(table, d ? d->auc : NAN);
  dc_put_number(table, d ? d->ece : NAN);
  dc_put_number(table, d ? d->slope : NAN);
}

static void quality_table(state *s)
{
  static const dc_field_spec fields[] = {
      {"method", DC_FIELD_TEXT}, {"horizon", DC_FIELD_INTEGER}, {"measure", DC_FIELD_TEXT}, {"crps", DC_FIELD_NUMBER},
      {"wape", DC_FIELD_RATIO}, {"bias", DC_FIELD_RATIO}, {"coverage_50", DC_FIELD_RATIO},
      {"coverage_80", DC_FIELD_RATIO}, {"coverage_95", DC_FIELD_RATIO}, {"n", DC_FIELD_INTEGER},
      {"log_loss", DC_FIELD_NUMBER}, {"brier", DC_FIELD_NUMBER}, {"auc", DC_FIELD_NUMBER}, {"ece", DC_FIELD_NUMBER},
      {"slope", DC_FIELD_NUMBER}, {NULL, DC_FIELD_TEXT}};
  dc_result_table *table = dc_result_add(s->result, "quality", fields);
  dc_deal_quality deals;
  dc_quality q;
  for (int m = 0; m < DC_MEASURES; m++)
    for (int h = 1; h <= DC_BACKTEST_HORIZONS; h++)
      for (int k = 0; k < DC_METHODS; k++) {
        int method = (k + DC_METHOD_OURS) % DC_METHODS;
        dc_quality_of(s->backtest, method, h, (dc_measure)m, &q);
        if (q.n) quality_row(table, method, h, dc_measure_name((dc_measure)m), &q, NULL);
      }
  dc_deal_quality_of(s->backtest->deals, &deals);
  if (deals.n) quality_row(table, DC_METHOD_OURS, 1, "deals", NULL, &deals);
}

static void columns_of(state *s, const dc_loaded *loaded, bool deals, dc_result_table *table)
{
  if (!loaded->load) return;
  for (size_t c = 0; c < loaded->load->table->n_columns; c++) {
    const dc_column *column = &loaded->load->table->columns[c];
    dc_role role = loaded->roles->role[c];
    bool leak = deals && s->r.use && s->r.use[c] != DC_USE_USED;
    dc_put_text(table, loaded->load->inputs[0].name);
    dc_put_text(table, column->name);
    dc_put_text(table, dc_role_name(role));
    dc_put_text(table, dc_type_name(column->type));
    dc_put_integer(table, (int64_t)column->n_missing);
    dc_put_text(table, leak ? dc_use_name(s->r.use[c]) : role == DC_ROLE_NONE && deals ? "shown" : "used");
    dc_put_text(table, leak ? s->r.why[c] : loaded->roles->why[c]);
  }
}

static void rejects_of(const dc_loaded *loaded, dc_result_table *table)
{
  if (!loaded->load) return;
  for (size_t k = 0; k < loaded->load->rejects.count; k++) {
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

static void data_tables(state *s)
{
  static const dc_field_spec columns[] = {{"file", DC_FIELD_TEXT}, {"name", DC_FIELD_TEXT}, {"role", DC_FIELD_TEXT},
                                          {"type", DC_FIELD_TEXT}, {"missing", DC_FIELD_INTEGER}, {"use", DC_FIELD_TEXT},
                                          {"why", DC_FIELD_TEXT}, {NULL, DC_FIELD_TEXT}};
  static const dc_field_spec rejects[] = {{"file", DC_FIELD_TEXT}, {"rule", DC_FIELD_TEXT}, {"level", DC_FIELD_TEXT},
                                          {"column", DC_FIELD_TEXT}, {"count", DC_FIELD_INTEGER},
                                          {"amount", DC_FIELD_MONEY}, {"first_line", DC_FIELD_INTEGER},
                                          {"first_value", DC_FIELD_TEXT}, {NULL, DC_FIELD_TEXT}};
  dc_result_table *a = dc_result_add(s->result, "columns", columns), *b = dc_result_add(s->result, "rejects", rejects);
  columns_of(s, &s->r.deals, true, a);
  columns_of(s, &s->r.history, false, a);
  columns_of(s, &s->r.accounts, false, a);
  rejects_of(&s->r.deals, b);
  rejects_of(&s->r.history, b);
  rejects_of(&s->r.accounts, b);
}

static void inputs_of(const dc_loaded *loaded, dc_result_table *table)
{
  for (size_t k = 0; loaded->load && k < loaded->load->n_inputs; k++) {
    const dc_input *in = &loaded->load->inputs[k];
    const int64_t counts[] = {in->read, in->used, in->rejected, in->duplicate, in->after_as_of, in->excluded, in->blank,
                              in->preamble};
    dc_put_text(table, in->name);
    dc_put_integer(table, (int64_t)in->bytes);
    dc_put_text(table, in->hash);
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) dc_put_integer(table, counts[c]);
  }
}

static void describe_run(state *s)
{
  static const dc_field_spec inputs[] = {
      {"name", DC_FIELD_TEXT}, {"bytes", DC_FIELD_INTEGER}, {"hash", DC_FIELD_TEXT}, {"read", DC_FIELD_INTEGER},
      {"used", DC_FIELD_INTEGER}, {"rejected", DC_FIELD_INTEGER}, {"duplicate", DC_FIELD_INTEGER},
      {"after_as_of", DC_FIELD_INTEGER}, {"excluded", DC_FIELD_INTEGER}, {"blank", DC_FIELD_INTEGER},
      {"preamble", DC_FIELD_INTEGER}, {NULL, DC_FIELD_TEXT}};
  dc_result *out = s->result;
  dc_set_text(out, &out->run, "version", DC_VERSION);
  dc_set_date(out, &out->run, "as_of", s->r.as_of);
  dc_set_text(out, &out->run, "timezone", s->r.config->timezone);
  dc_set_text(out, &out->run, "currency", s->r.config->currency[0] ? s->r.config->currency : NULL);
  dc_set_text(out, &out->run, "period", dc_period_name(s->job->period));
  dc_set_integer(out, &out->run, "horizon", s->job->horizon);
  dc_set_integer(out, &out->run, "fiscal_start", s->r.calendar.fiscal_start);
  dc_set_text(out, &out->run, "rung", dc_rung_name(s->conversion->rung));
  dc_set_integer(out, &out->run, "deals_open", (int64_t)s->now.n_open);
  dc_set_integer(out, &out->run, "deals_won", s->now.won);
  dc_set_integer(out, &out->run, "deals_lost", s->now.lost);
  dc_set_integer(out, &out->run, "seed", (int64_t)s->job->seed);
  dc_result_table *table = dc_result_add_inputs(out, inputs);
  inputs_of(&s->r.deals, table);
  inputs_of(&s->r.history, table);
  inputs_of(&s->r.accounts, table);
}

/* Rows of deals that did not exist yet on the as-of day are counted apart. */
static void count_later(state *s)
{
  dc_load *load = s->r.deals.load;
  for (size_t i = 0; load && i < s->r.log->n; i++) {
    if (s->r.log->known[i] <= s->r.as_of || s->r.log->row[i] == DC_ID_NONE) continue;
    dc_input *input = &load->inputs[load->table->file ? load->table->file[s->r.log->row[i]] : 0];
    input->used--;
    input->after_as_of++;
  }
}

static dc_status run(state *s, dc_error *error)
{
  dc_status status = dc_resolve(s->job, &s->r, error);
  if (status == DC_OK) status = fit(s, error);
  if (status != DC_OK) return status;
  s->result = dc_result_new("dealcast.forecast/1");
  if (!s->result) return dc_fail_memory(error, "writing the result");
  count_later(s);
  describe_run(s);
  status = forecast_table(s, error);
  if (status != DC_OK) return status;
  deal_tables(s);
  backtest_table(s);
  quality_table(s);
  data_tables(s);
  return dc_result_check(s->result, error);
}

dc_status dc_run_forecast(const dc_job *job, dc_result **result, dc_error *error)
{
  state s = {.job = job};
  dc_status status = run(&s, error);
  dc_backtest_free(s.backtest);
  dc_projection_free(s.projection);
  dc_amounts_clear(&s.amounts);
  dc_snapshot_clear(&s.now);
  dc_conversion_free(s.conversion);
  dc_rows_free(s.rows);
  dc_features_free(s.features);
  dc_resolved_clear(&s.r);
  if (status == DC_OK) *result = s.result;
  else dc_result_free(s.result);
  return status;
}
