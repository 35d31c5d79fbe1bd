/* Quota rows added up by scope, and what did not fit, in words. */
#include "engine/run/quotas_internal.h"

#include "engine/base/date.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *file_of(const dc_quotas *q) { return q->r->quotas.load->inputs[0].name; }

/* own: rows that name the scope's columns and no other; all: every row that speaks of it. */
typedef struct sums {
  double *own, *all; /* NaN = no row */
} sums;

static void add(double *sum, double amount) { *sum = isnan(*sum) ? amount : *sum + amount; }

static void warn_strange(const dc_quotas *q, const dc_grouping *g, int64_t strange, const dc_quota_row *first,
                         dc_result *result)
{
  if (!strange) return;
  int k = 0;
  while (first->code[g->dimension[k]] != DC_QUOTA_STRANGE) k++;
  size_t length;
  const char *text = dc_column_text(&q->table->columns[q->column_of[g->dimension[k]]], first->row, &length);
  dc_warn(result,
          "%s: %lld quota%s of a value of %s that no deal has (the first at line %lld: \"%.*s\"): in the total only",
          file_of(q), (long long)strange, strange == 1 ? " is" : "s are", q->scopes->dimensions[g->dimension[k]].name,
          (long long)q->table->line[first->row], (int)(length < 60 ? length : 60), text);
}

static void add_rows(const dc_quotas *q, const dc_grouping *g, const sums *s, dc_result *result)
{
  uint32_t code[DC_MOST_CROSSED];
  const dc_quota_row *first = NULL;
  int64_t strange = 0;
  size_t periods = (size_t)q->periods->n;
  for (size_t k = 0; k < q->n; k++) {
    const dc_quota_row *row = &q->rows[k];
    dc_quota_fit fit = row->period < 0 ? DC_QUOTA_SILENT : dc_quota_codes(q, g, row, code);
    if (fit == DC_QUOTA_UNKNOWN) {
      strange++;
      if (!first || row->row < first->row) first = row;
    }
    const dc_scope *scope = fit == DC_QUOTA_FITS ? dc_scope_find(g, code) : NULL;
    if (!scope) continue;
    size_t at = (size_t)(scope - g->scopes) * periods + (size_t)row->period;
    add(&s->all[at], row->amount);
    if (row->level == g->n) add(&s->own[at], row->amount);
  }
  warn_strange(q, g, strange, first, result);
}

static dc_status add_grouping(dc_quotas *q, size_t index, dc_result *result, dc_error *error)
{
  const dc_grouping *g = &q->scopes->groupings[index];
  size_t n = g->n_scopes * (size_t)q->periods->n;
  sums s = {malloc((n + 1) * sizeof *s.own), malloc((n + 1) * sizeof *s.all)};
  if (!s.own || !s.all) {
    free(s.own);
    free(s.all);
    return dc_fail_memory(error, "adding up quotas");
  }
  for (size_t k = 0; k < n; k++) s.own[k] = s.all[k] = NAN;
  for (int k = 0; k < g->n; k++)
    if (q->column_of[g->dimension[k]] < 0)
      dc_warn(result, "%s has no column for %s, so the scopes by %s have no quota", file_of(q),
              q->scopes->dimensions[g->dimension[k]].name, g->type);
  add_rows(q, g, &s, result);
  for (size_t k = 0; k < n; k++)
    if (isnan(s.own[k])) s.own[k] = s.all[k];
  free(s.all);
  q->quota[index] = s.own;
  return DC_OK;
}

static const char *length_name(int32_t days)
{
  return days <= 7 ? "weeks" : days <= 31 ? "months" : days <= 92 ? "quarters" : days <= 184 ? "half-years" : "years";
}

static void warn_periods(const dc_quotas *q, dc_result *result)
{
  int64_t outside = 0, askew = 0, used = 0;
  char day[DC_DATE_CHARS] = "";
  for (size_t k = 0; k < q->n; k++) {
    const dc_quota_row *row = &q->rows[k];
    outside += row->period == DC_QUOTA_OUTSIDE;
    used += row->period >= 0;
    if (row->period == DC_QUOTA_ASKEW && askew++ == 0) dc_date_format(row->day, day);
  }
  if (q->longer)
    dc_warn(result, "%s: its quotas are for %s and are not split into %ss%s", file_of(q), length_name(q->step),
            dc_period_name(q->r->calendar.period),
            q->step <= 31   ? "; ask for --period month"
            : q->step <= 92 ? "; ask for --period quarter"
                            : "");
  else if (outside)
    dc_warn(result, "%s: %lld of %lld quotas are for other periods than the forecast's and are left out", file_of(q),
            (long long)outside, (long long)(outside + used + askew));
  if (askew)
    dc_warn(result,
            "%s: %lld quotas start within a %s of the forecast, not at its first day (%s), and are left out; "
            "see --fiscal-start",
            file_of(q), (long long)askew, dc_period_name(q->r->calendar.period), day);
}

/* Three months to a quarter: fewer understate its quota. */
static void warn_gaps(const dc_quotas *q, dc_result *result)
{
  if (!q->shorter || q->step < 28 || q->r->calendar.period != DC_QUARTER) return;
  for (int p = 0; p < q->periods->n; p++) {
    int months = 0;
    int32_t last = DC_DATE_MISSING;
    char day[DC_DATE_CHARS];
    for (size_t k = 0; k < q->n; k++) {
      if (q->rows[k].period != p || q->rows[k].day == last) continue;
      last = q->rows[k].day;
      months++;
    }
    if (months == 1 || months == 2)
      dc_warn(result, "%s: the quarter from %s has quotas for %d of its 3 months only", file_of(q),
              dc_date_format(q->periods->start[p], day), months);
  }
}

static void warn_rows(const dc_quotas *q, dc_result *result)
{
  int64_t repeated = 0;
  int least = 0, most = 0;
  const dc_quota_row *before = NULL;
  for (size_t k = 0; k < q->n; k++) {
    const dc_quota_row *row = &q->rows[k];
    if (row->period < 0) continue;
    repeated += before && before->day == row->day && before->hash == row->hash;
    least = !before || row->level < least ? row->level : least;
    most = row->level > most ? row->level : most;
    before = row;
  }
  if (repeated)
    dc_warn(result, "%s: %lld quotas are for the same as the row before and are added to it", file_of(q),
            (long long)repeated);
  if (least > 0 && least < most)
    dc_warn(result,
            "%s: some quotas name more columns than others, and none is for all: the total is the sum of all "
            "of them",
            file_of(q));
  if (!q->r->log->has_amount)
    dc_warn(result, "%s: the deals have no amounts, so quotas cannot be set beside them", file_of(q));
}

dc_status dc_quotas_add_up(dc_quotas *q, dc_result *result, dc_error *error)
{
  if (!q) return DC_OK;
  q->quota = dc_arena_alloc(q->arena, q->scopes->n + 1, sizeof *q->quota);
  dc_status status = q->quota ? DC_OK : dc_fail_memory(error, "adding up quotas");
  for (size_t g = 0; g < q->scopes->n && status == DC_OK; g++) status = add_grouping(q, g, result, error);
  if (status != DC_OK) return status;
  warn_periods(q, result);
  warn_gaps(q, result);
  warn_rows(q, result);
  return DC_OK;
}
