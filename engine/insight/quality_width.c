#include "engine/insight/quality_width.h"

#include "engine/base/fold.h"
#include "engine/base/random.h"
#include "engine/forecast/projection.h"
#include "engine/insight/quality_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_DEALS = 1024, MOST_SAMPLED = 4000, LEAST_SAMPLED = 10, LEAST_CLOSED = 10 };

/* An open deal's part in the width. */
typedef struct part {
  double p, m, variance;
  double without; /* variance with the spread of a recorded amount */
} part;

typedef struct widths {
  const dc_width_request *request;
  const dc_features *features;
  dc_periods periods;
  part *parts;         /* of the open deals of request->now */
  double total, rates; /* width^2, and its last term */
  uint32_t *open_of;   /* by deal of the log: index into parts, DC_ID_NONE = not open */
} widths;

static void subject_of(const widths *w, size_t i, dc_subject *subject)
{
  const dc_snapshot *now = w->request->now;
  dc_features_subject(w->features, now->open[i], &now->view[i], dc_time_cell(w->features->grid, now->day), now->day,
                      subject);
}

static double chance(const widths *w, const dc_subject *subject)
{
  double won[DC_MAX_PERIODS], lost[DC_MAX_PERIODS];
  dc_conversion_periods(w->request->conversion, subject, &w->periods, 1, won, lost);
  return won[0];
}

static double spread(double log_sd) { return expm1(log_sd * log_sd); }

static double variance(double p, double m, double c) { return p * m * m * (1 + c) - p * m * p * m; }

static dc_status look_at_open(void *context, size_t first, size_t last)
{
  widths *w = context;
  const dc_amounts *amounts = w->request->amounts;
  double known = spread(amounts->ratio_log_sd);
  for (size_t i = first; i < last; i++) {
    dc_subject subject;
    double m = 1, log_sd = 0, usual = 1, usual_sd = 0;
    part *one = &w->parts[i];
    subject_of(w, i, &subject);
    one->p = chance(w, &subject);
    if (!amounts->none) {
      dc_amounts_of(amounts, &subject, w->request->now->view[i].amount, false, &m, &log_sd);
      dc_amounts_of(amounts, &subject, NAN, false, &usual, &usual_sd);
    }
    double c = spread(log_sd);
    one->m = m;
    one->variance = variance(one->p, m, c);
    one->without = variance(one->p, usual, amounts->none ? 0 : fmin(known, c > 0 ? c : known));
  }
  return DC_OK;
}

/* Takes what is known through a field out of a subject; false when the model does not use it. */
static bool blank(const widths *w, dc_role field, dc_subject *s)
{
  const dc_conversion *c = w->request->conversion;
  bool used = false;
#define FORGET(feature)                                                                                                \
  do {                                                                                                                 \
    used = used || c->position[feature] >= 0;                                                                          \
    s->fixed[feature] = 0;                                                                                             \
  } while (0)
  switch (field) {
    case DC_ROLE_CREATED:
      used = c->position[DC_FEATURE_AGE] >= 0;
      s->since = DC_DATE_MISSING;
      break;
    case DC_ROLE_EXPECTED_CLOSE:
      used = c->position[DC_FEATURE_EXPECTED] >= 0;
      s->expected = DC_DATE_MISSING;
      FORGET(DC_FEATURE_OVERDUE);
      FORGET(DC_FEATURE_PUSHES);
      break;
    case DC_ROLE_STAGE:
      FORGET(DC_FEATURE_STAGE);
      FORGET(DC_FEATURE_TIME_IN_STAGE);
      break;
    case DC_ROLE_LAST_ACTIVITY: FORGET(DC_FEATURE_QUIET); break;
    case DC_ROLE_AMOUNT: FORGET(DC_FEATURE_AMOUNT); break;
    case DC_ROLE_ACCOUNT: FORGET(DC_FEATURE_RELATION); break;
    case DC_ROLE_OWNER: FORGET(DC_FEATURE_OWNER); break;
    default: break;
  }
  for (int k = DC_FEATURE_ATTRIBUTES; k < w->features->n; k++)
    if (field != DC_ROLE_NONE && w->features->deals->attributes[w->features->attribute[k]].role == field) FORGET(k);
#undef FORGET
  return used;
}

/* d^2 of a field: among open deals that no rule of the field strikes. NaN: too few of them; -1: not used. */
static double explained(const widths *w, const dc_sheet *sheet, dc_role field)
{
  const dc_snapshot *now = w->request->now;
  size_t n = now->n_open;
  dc_subject probe;
  memset(&probe, 0, sizeof probe);
  if (!blank(w, field, &probe)) return -1;
  uint64_t keep = n > MOST_SAMPLED ? (uint64_t)(0x1p63 * 2 * ((double)MOST_SAMPLED / (double)n)) : UINT64_MAX;
  const dc_deals *log = w->features->deals;
  double sum = 0, sampled = 0;
  uint8_t *faulty = calloc(n + 1, 1);
  if (!faulty) return NAN;
  for (size_t k = 0; k < sheet->n_rules; k++) {
    if (sheet->rules[k].field != field || !sheet->rules[k].struck) continue;
    for (size_t u = 0; u < sheet->n; u++) {
      uint32_t deal = sheet->deal[u], at = deal == DC_ID_NONE ? DC_ID_NONE : w->open_of[deal];
      if (at != DC_ID_NONE && dc_rule_struck(sheet, u, k)) faulty[at] = 1;
    }
  }
  for (size_t i = 0; i < n; i++) {
    uint32_t deal = now->open[i];
    uint64_t hash = dc_hash_bytes(log->ids.text[deal], log->ids.length[deal], sheet->quality->seed + 2);
    if (faulty[i] || hash > keep) continue;
    dc_subject subject;
    subject_of(w, i, &subject);
    blank(w, field, &subject);
    double change = w->parts[i].p - chance(w, &subject);
    sum += change * change;
    sampled++;
  }
  free(faulty);
  return sampled < LEAST_SAMPLED ? NAN : sum / sampled;
}

/* (p - p with the usual spelling)^2 of an open deal. */
static double respelt(const widths *w, const dc_rule *rule, const dc_sheet *sheet, size_t unit, uint32_t at)
{
  const dc_deals *log = w->features->deals;
  uint32_t row = sheet->row ? sheet->row[unit] : (uint32_t)unit;
  const char *usual = rule->mend ? rule->mend[dc_column_code(&sheet->table->columns[rule->column], row)] : NULL;
  for (int k = DC_FEATURE_ATTRIBUTES; usual && k < w->features->n; k++) {
    const dc_attribute *attribute = &log->attributes[w->features->attribute[k]];
    uint32_t code = attribute->role == rule->field && rule->field ? dc_words_code(&attribute->words, usual) : 0;
    if (!code || w->request->conversion->position[k] < 0) continue;
    dc_subject subject;
    subject_of(w, at, &subject);
    subject.fixed[k] = w->features->word[k].of[code];
    double change = w->parts[at].p - chance(w, &subject);
    return change * change;
  }
  return 0;
}

/* What mending takes from width^2 in the deals struck, *open of which are open. d: of the field. */
static double gain(const widths *w, const dc_sheet *sheet, size_t k, double d, size_t *open)
{
  const dc_rule *rule = &sheet->rules[k];
  double sum = 0;
  for (size_t u = 0; u < sheet->n; u++) {
    if (!dc_rule_struck(sheet, u, k) || sheet->deal[u] == DC_ID_NONE) continue;
    uint32_t at = w->open_of[sheet->deal[u]];
    if (at == DC_ID_NONE) continue;
    const part *one = &w->parts[at];
    ++*open;
    switch (rule->cost) {
      case DC_COST_FIELD: sum += fmin(one->m * one->m * d, one->variance); break;
      case DC_COST_SPELLING: sum += one->m * one->m * respelt(w, rule, sheet, u, at); break;
      case DC_COST_AMOUNT: sum += one->variance - one->without; break;
      case DC_COST_STATE: sum += one->variance; break;
      default: break;
    }
  }
  return sum;
}

/* n closed deals, and so many more: the last term shrinks. */
static double gain_of_history(const widths *w, double more)
{
  const dc_conversion *c = w->request->conversion;
  double n = (double)(c->won + c->lost);
  return w->rates * (1 - n / (n + more));
}

static double closed_among(const dc_sheet *sheet, size_t k)
{
  double n = 0;
  for (size_t u = 0; u < sheet->n; u++) n += dc_rule_struck(sheet, u, k) && (sheet->state[u] & DC_WHEN_CLOSED) != 0;
  return n;
}

static void set_cost(const widths *w, const dc_sheet *sheet, size_t k, dc_rule *rule, const double *d)
{
  double takes = 0;
  size_t open = 0;
  rule->no_cost = NULL;
  rule->width_cost = 0;
  switch (rule->cost) {
    case DC_COST_NONE: rule->no_cost = "it has no part in the width"; return;
    case DC_COST_HISTORY: takes = gain_of_history(w, closed_among(sheet, k)); break;
    case DC_COST_FIELD:
      if (d[rule->field] < 0) {
        rule->no_cost = "the forecast does not use the field on this data";
        return;
      }
      if (isnan(d[rule->field])) {
        rule->width_cost = NAN;
        rule->no_cost = "too few open deals are sound in it to compare with";
        return;
      }
      takes = gain(w, sheet, k, d[rule->field], &open);
      break;
    default: takes = gain(w, sheet, k, 0, &open); break;
  }
  if (takes < 0) {
    rule->width_cost = NAN;
    rule->no_cost = "mending adds money that is not counted now: the range moves rather than narrows";
    return;
  }
  if (takes == 0 && rule->cost != DC_COST_HISTORY && open == 0) rule->no_cost = "no open deal is struck";
  if (takes == 0 && rule->cost == DC_COST_AMOUNT && open > 0)
    rule->no_cost = w->request->amounts->none ? "no amount is known to tell by"
                                              : "other fields tell the amount as closely as a recorded one is believed";
  rule->width_cost = 1 - sqrt(fmax(1 - takes / w->total, 0));
}

static void cost_of_sheet(const widths *w, dc_sheet *sheet)
{
  double d[DC_ROLES];
  bool asked[DC_ROLES] = {false};
  for (size_t k = 0; k < sheet->n_rules; k++) {
    dc_rule *rule = &sheet->rules[k];
    if (!rule->struck) continue;
    if (rule->cost == DC_COST_FIELD && !asked[rule->field]) {
      d[rule->field] = explained(w, sheet, rule->field);
      asked[rule->field] = true;
    }
    set_cost(w, sheet, k, rule, d);
  }
  const dc_conversion *c = w->request->conversion;
  double share = (double)(c->won + c->lost) / (double)(c->features->deals->n ? c->features->deals->n : 1);
  for (size_t k = 0; k < sheet->n_findings; k++) {
    dc_finding *one = &sheet->findings[k];
    if (one->kind != DC_DEFECT_REJECTED || one->severity != 3) continue;
    double takes = gain_of_history(w, share * (double)one->count);
    one->width_cost = 1 - sqrt(fmax(1 - takes / w->total, 0));
    one->no_cost = NULL;
  }
}

void dc_audit_no_width(dc_audit *q, const char *reason)
{
  for (size_t s = 0; s < q->n_sheets; s++)
    for (size_t k = 0; k < q->sheets[s].n_rules; k++) {
      q->sheets[s].rules[k].width_cost = NAN;
      q->sheets[s].rules[k].no_cost = reason;
    }
}

static dc_status measure(widths *w, dc_error *error)
{
  const dc_snapshot *now = w->request->now;
  const dc_deals *log = w->features->deals;
  w->parts = malloc((now->n_open + 1) * sizeof *w->parts);
  w->open_of = malloc((log->n + 1) * sizeof *w->open_of);
  if (!w->parts || !w->open_of) return dc_fail_memory(error, "measuring the width");
  for (size_t i = 0; i < log->n; i++) w->open_of[i] = DC_ID_NONE;
  for (size_t i = 0; i < now->n_open; i++) w->open_of[now->open[i]] = (uint32_t)i;
  dc_periods_from(w->request->calendar, now->day, 1, &w->periods);
  dc_status status = dc_fold_each(now->n_open, BLOCK_DEALS, w->request->quality->threads, w, look_at_open, error);
  double mean = 0;
  for (size_t i = 0; i < now->n_open && status == DC_OK; i++) {
    const part *one = &w->parts[i];
    mean += one->p * one->m;
    w->total += one->variance;
  }
  int64_t wins = w->request->conversion->won;
  w->rates = mean * mean / (double)(wins > 0 ? wins : 1);
  w->total += w->rates;
  return status;
}

dc_status dc_audit_width(const dc_width_request *request, double *width, dc_error *error)
{
  widths w = {.request = request, .features = request->conversion->features};
  const dc_conversion *c = request->conversion;
  *width = NAN;
  if (c->won + c->lost < LEAST_CLOSED || c->won == 0) {
    dc_audit_no_width(request->quality, "too few deals have closed to say what a field is worth");
    return DC_OK;
  }
  dc_status status = measure(&w, error);
  if (status == DC_OK && !(w.total > 0)) dc_audit_no_width(request->quality, "no open deal is worth anything");
  for (size_t s = 0; s < request->quality->n_sheets && status == DC_OK && w.total > 0; s++) {
    dc_sheet *sheet = &request->quality->sheets[s];
    if (sheet->deal) cost_of_sheet(&w, sheet);
  }
  if (status == DC_OK && w.total > 0) *width = sqrt(w.total);
  free(w.parts);
  free(w.open_of);
  return status;
}
