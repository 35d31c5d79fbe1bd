/* The limits that follow from the data: days far from all others, how long deals take, what they bring. */
#include "engine/insight/quality_parts.h"

#include "engine/base/date.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Days from 1900 to 2101; durations up to 20 years; amounts by sixteenths of a factor of two. */
enum { FIRST_DAY = -25567, DAYS = 73415, DURATIONS = 7306, AMOUNT_STEPS = 16, AMOUNT_EXPONENT = 64, LEAST_DAYS = 4 };
enum { AMOUNTS = 2 * AMOUNT_EXPONENT * AMOUNT_STEPS, LEAST_CLOSED = 50, LEAST_AMOUNTS = 20 };
static const double OLD_QUANTILE = 0.995;
static const double AMOUNT_LIMIT = 1e15; /* deals above are rejected anyway */

typedef struct survey {
  uint32_t days[DAYS], durations[DURATIONS], amounts[AMOUNTS];
  size_t n_days, n_durations, n_amounts;
} survey;

static void add_day(survey *s, int32_t day)
{
  if (day == DC_DATE_MISSING || day < FIRST_DAY || day >= FIRST_DAY + DAYS) return;
  s->days[day - FIRST_DAY]++;
  s->n_days++;
}

static void add_amount(survey *s, double amount)
{
  int exponent;
  if (!(amount > 0) || amount > AMOUNT_LIMIT) return;
  double mantissa = frexp(amount, &exponent); /* in [1/2, 1) */
  int step = (exponent + AMOUNT_EXPONENT - 1) * AMOUNT_STEPS + (int)((mantissa - 0.5) * 2 * AMOUNT_STEPS);
  if (step < 0) step = 0;
  if (step >= AMOUNTS) step = AMOUNTS - 1;
  s->amounts[step]++;
  s->n_amounts++;
}

/* The first bin at which at least the share q of all is reached. */
static int quantile(const uint32_t *bins, int n, size_t all, double q)
{
  double wanted = ceil(q * (double)all);
  size_t sum = 0;
  for (int i = 0; i < n; i++) {
    sum += bins[i];
    if (sum > 0 && (double)sum >= wanted) return i;
  }
  return n - 1;
}

static void survey_units(survey *s, const dc_sheet *sheet)
{
  for (size_t i = 0; i < sheet->n; i++) {
    dc_unit unit;
    dc_unit_read(sheet, i, &unit);
    add_day(s, unit.created);
    bool closed = (unit.state & DC_WHEN_CLOSED) != 0;
    if (closed) add_day(s, unit.closed);
    add_amount(s, unit.amount);
    if (!closed || unit.created == DC_DATE_MISSING || unit.closed == DC_DATE_MISSING) continue;
    int64_t days = (int64_t)unit.closed - unit.created;
    if (days < 0) continue;
    s->durations[days < DURATIONS ? days : DURATIONS - 1]++;
    s->n_durations++;
  }
}

static void survey_changes(survey *s, const dc_deals_sources *sources)
{
  int c = sources->history ? sources->history_roles->column[DC_ROLE_CHANGED_AT] : -1;
  if (c < 0) return;
  const dc_table *table = sources->history->table;
  for (size_t row = 0; row < table->rows; row++)
    add_day(s, dc_column_day(&table->columns[c], row, sources->config->timezone_minutes));
}

/* Tukey's fences, and the years of [check] far_days more: a few mistyped years move neither quartile. */
static void set_days(dc_audit *q, const survey *s)
{
  q->day_low = FIRST_DAY;
  q->day_high = FIRST_DAY + DAYS - 1;
  if (s->n_days < LEAST_DAYS) return;
  int32_t first = FIRST_DAY + quantile(s->days, DAYS, s->n_days, 0.25);
  int32_t third = FIRST_DAY + quantile(s->days, DAYS, s->n_days, 0.75), spread = third - first;
  q->day_low = first - 2 * spread - q->config->check.far_days;
  q->day_high = third + 2 * spread + q->config->check.far_days;
}

static int32_t last_day(const survey *s, int32_t high)
{
  for (int32_t day = high < FIRST_DAY + DAYS ? high : FIRST_DAY + DAYS - 1; day >= FIRST_DAY; day--)
    if (s->days[day - FIRST_DAY]) return day;
  return DC_DATE_MISSING;
}

dc_status dc_audit_survey(dc_audit *q, const dc_deals_sources *sources, dc_error *error)
{
  survey *s = calloc(1, sizeof *s);
  if (!s) return dc_fail_memory(error, "looking for limits");
  for (size_t k = 0; k < q->n_sheets; k++) {
    bool deals = q->sheets[k].kind == DC_SHEET_DEALS || q->as_of != DC_DATE_MISSING;
    if (q->sheets[k].kind != DC_SHEET_HISTORY && deals) survey_units(s, &q->sheets[k]);
  }
  survey_changes(s, sources);
  set_days(q, s);
  if (q->as_of == DC_DATE_MISSING) q->as_of = last_day(s, q->day_high);
  q->old_days = s->n_durations < LEAST_CLOSED ? 0 : quantile(s->durations, DURATIONS, s->n_durations, OLD_QUANTILE);
  q->amount_high = AMOUNT_LIMIT;
  if (s->n_amounts >= LEAST_AMOUNTS) {
    int median = quantile(s->amounts, AMOUNTS, s->n_amounts, 0.5);
    double amount = ldexp(1 + (double)(median % AMOUNT_STEPS) / AMOUNT_STEPS, median / AMOUNT_STEPS - AMOUNT_EXPONENT);
    q->amount_high = fmin(AMOUNT_LIMIT, amount * q->config->check.absurd_times);
  }
  free(s);
  return DC_OK;
}

int32_t dc_audit_last_day(const dc_deals_sources *sources, bool *far)
{
  const dc_load *loads[] = {sources->deals, sources->history};
  const dc_roles *roles[] = {sources->deals_roles, sources->history_roles};
  static const dc_role days[] = {DC_ROLE_CREATED, DC_ROLE_CLOSED, DC_ROLE_CHANGED_AT};
  dc_audit q = {.config = sources->config};
  survey *s = calloc(1, sizeof *s);
  int32_t last = DC_DATE_MISSING;
  *far = false;
  if (!s) return last; /* what comes next fails, too, and says so */
  for (int k = 0; k < 2; k++)
    for (int d = 0; d < 3 && loads[k]; d++) {
      int c = roles[k]->column[days[d]];
      if (c < 0 || (days[d] == DC_ROLE_CLOSED && roles[k]->closed_is_expected)) continue;
      for (size_t row = 0; row < loads[k]->table->rows; row++)
        add_day(s, dc_column_day(&loads[k]->table->columns[c], row, sources->config->timezone_minutes));
    }
  set_days(&q, s);
  last = last_day(s, q.day_high);
  *far = last != DC_DATE_MISSING && last_day(s, FIRST_DAY + DAYS) > last;
  free(s);
  return last;
}
