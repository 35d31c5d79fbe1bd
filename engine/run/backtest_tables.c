/* The proof: what the forecast would have said on past days, and how good that was. */
#include "engine/run/forecast.h"

#include <math.h>

static void backtest_table(dc_forecast_run *s)
{
  static const dc_field_spec fields[] = {
      {"origin", DC_FIELD_DATE}, {"period_start", DC_FIELD_DATE}, {"horizon", DC_FIELD_INTEGER},
      {"scope", DC_FIELD_TEXT},  {"measure", DC_FIELD_TEXT},      {"method", DC_FIELD_TEXT},
      {"mean", DC_FIELD_NUMBER}, {"p025", DC_FIELD_NUMBER},       {"p05", DC_FIELD_NUMBER},
      {"p10", DC_FIELD_NUMBER},  {"p25", DC_FIELD_NUMBER},        {"p50", DC_FIELD_NUMBER},
      {"p75", DC_FIELD_NUMBER},  {"p90", DC_FIELD_NUMBER},        {"p95", DC_FIELD_NUMBER},
      {"p975", DC_FIELD_NUMBER}, {"crps", DC_FIELD_NUMBER},       {"actual", DC_FIELD_NUMBER},
      {NULL, DC_FIELD_TEXT}};
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
  dc_put_integer(table, q ? q->n : d ? d->n : 0);
  dc_put_number(table, d ? d->log_loss : NAN);
  dc_put_number(table, d ? d->brier : NAN);
  dc_put_number(table, d ? d->auc : NAN);
  dc_put_number(table, d ? d->ece : NAN);
  dc_put_number(table, d ? d->slope : NAN);
}

static void quality_table(dc_forecast_run *s)
{
  static const dc_field_spec fields[] = {{"method", DC_FIELD_TEXT},       {"horizon", DC_FIELD_INTEGER},
                                         {"measure", DC_FIELD_TEXT},      {"crps", DC_FIELD_NUMBER},
                                         {"wape", DC_FIELD_RATIO},        {"bias", DC_FIELD_RATIO},
                                         {"coverage_50", DC_FIELD_RATIO}, {"coverage_80", DC_FIELD_RATIO},
                                         {"coverage_95", DC_FIELD_RATIO}, {"n", DC_FIELD_INTEGER},
                                         {"log_loss", DC_FIELD_NUMBER},   {"brier", DC_FIELD_NUMBER},
                                         {"auc", DC_FIELD_NUMBER},        {"ece", DC_FIELD_NUMBER},
                                         {"slope", DC_FIELD_NUMBER},      {NULL, DC_FIELD_TEXT}};
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

void dc_backtest_tables(dc_forecast_run *run)
{
  backtest_table(run);
  quality_table(run);
}
