/* Each open deal: what it is worth, and when. */
#include "engine/run/forecast.h"

#include <math.h>
#include <stdio.h>

static const char *grade_of(double p) { return p >= 0.5 ? "A" : p >= 0.25 ? "B" : p >= 0.1 ? "C" : "D"; }

static const char *attribute_word(const dc_forecast_run *s, dc_role role, size_t deal)
{
  int at = dc_deals_find_role(s->r.log, role);
  if (at < 0) return NULL;
  const dc_attribute *a = &s->r.log->attributes[at];
  uint32_t code = dc_deals_attribute(s->r.log, a, deal, s->r.as_of);
  return code ? a->words.text[code] : NULL;
}

/* P(win) as calibrated as far as the periods go, and from there on as the hazards say of a deal that is open still. */
static double chance_to_win(const dc_forecast_run *s, size_t i, const dc_subject *subject, double raw_ever)
{
  double won[DC_MAX_PERIODS], lost[DC_MAX_PERIODS], raw_won = 0, raw_closed = 0, inside = 0, closed = 0;
  size_t n = (size_t)s->periods.n;
  dc_conversion_periods(s->conversion, subject, &s->periods, 1, won, lost);
  for (size_t p = 0; p < n; p++) {
    raw_won += won[p];
    raw_closed += won[p] + lost[p];
    inside += s->projection->p_win[i * n + p];
    closed += s->projection->p_win[i * n + p] + s->projection->p_lost[i * n + p];
  }
  double later = raw_ever > raw_won && raw_closed < 1 ? (raw_ever - raw_won) / (1 - raw_closed) : 0;
  return fmin(inside + fmax(1 - closed, 0) * fmin(later, 1), 1);
}

static void put_deal(const dc_forecast_run *s, dc_result_table *deals, dc_result_table *periods, size_t i)
{
  const dc_deals *log = s->r.log;
  size_t deal = s->now.open[i], n = (size_t)s->periods.n;
  const dc_view *view = &s->now.view[i];
  dc_subject subject;
  dc_outlook outlook;
  char flags[96] = "";
  dc_features_subject(s->features, deal, view, dc_time_cell(s->r.grid, s->r.as_of), s->r.as_of, &subject);
  dc_conversion_outlook(s->conversion, &subject, s->r.as_of + 1, &outlook);
  double p_win = chance_to_win(s, i, &subject, outlook.p_win);
  bool stale = s->conversion->stale_from > 0 && view->since != DC_DATE_MISSING &&
               dc_age_bin(s->r.as_of - view->since) >= s->conversion->stale_from;
  bool overdue = view->expected != DC_DATE_MISSING && view->expected <= s->r.as_of;
  snprintf(flags, sizeof flags, "%s%s%s%s", stale ? " stale" : "", overdue ? " overdue" : "",
           view->since == DC_DATE_MISSING ? " no-created-date" : "",
           log->has_amount && isnan(view->amount) ? " no-amount" : "");
  dc_put_text_n(deals, log->ids.text[deal], log->ids.length[deal]);
  dc_put_text(deals, view->owner ? log->owners.text[view->owner] : attribute_word(s, DC_ROLE_OWNER, deal));
  dc_put_text(deals, attribute_word(s, DC_ROLE_ACCOUNT, deal));
  dc_put_text(deals, view->stage ? log->stages.text[view->stage] : NULL);
  dc_put_integer(deals, view->since == DC_DATE_MISSING ? DC_INTEGER_NULL : s->r.as_of - view->since);
  dc_put_number(deals, view->amount);
  dc_put_number(deals, p_win);
  dc_put_date(deals, outlook.expected_close);
  dc_put_number(deals, log->has_amount ? p_win * s->projection->amount[i] : NAN);
  dc_put_text(deals, grade_of(p_win));
  dc_put_text(deals, flags[0] ? flags + 1 : "");
  for (size_t p = 0; p < n; p++) {
    dc_put_text_n(periods, log->ids.text[deal], log->ids.length[deal]);
    dc_put_date(periods, s->periods.start[p]);
    dc_put_number(periods, s->projection->p_win[i * n + p]);
    dc_put_number(periods, s->projection->p_lost[i * n + p]);
  }
}

void dc_deal_tables(dc_forecast_run *s)
{
  static const dc_field_spec deals[] = {
      {"deal_id", DC_FIELD_TEXT}, {"owner", DC_FIELD_TEXT},          {"account", DC_FIELD_TEXT},
      {"stage", DC_FIELD_TEXT},   {"age_days", DC_FIELD_INTEGER},    {"amount", DC_FIELD_MONEY},
      {"p_win", DC_FIELD_RATIO},  {"expected_close", DC_FIELD_DATE}, {"expected_amount", DC_FIELD_MONEY},
      {"grade", DC_FIELD_TEXT},   {"flags", DC_FIELD_TEXT},          {NULL, DC_FIELD_TEXT}};
  static const dc_field_spec periods[] = {{"deal_id", DC_FIELD_TEXT},
                                          {"period_start", DC_FIELD_DATE},
                                          {"p_win_in_period", DC_FIELD_RATIO},
                                          {"p_lost_in_period", DC_FIELD_RATIO},
                                          {NULL, DC_FIELD_TEXT}};
  dc_result_table *a = dc_result_add(s->result, "deals", deals), *b = dc_result_add(s->result, "deal_periods", periods);
  for (size_t i = 0; i < s->now.n_open; i++) put_deal(s, a, b, i);
}
