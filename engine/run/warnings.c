/* What the reader of a forecast should know of the data behind it. */
#include "engine/base/date.h"
#include "engine/run/columns.h"
#include "engine/run/forecast.h"
#include "engine/run/predictors.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_BYTES = 240 };

static const char *deal_s(int64_t n) { return n == 1 ? "deal" : "deals"; }

static void add_warning(void *result, const char *sentence) { dc_warn(result, "%s", sentence); }

/* How much the model could learn, when that is not all. */
static void warn_rung(dc_forecast_run *run)
{
  static const char *const what[] = {[DC_RUNG_PRIOR] = "rates that are usual elsewhere lead, and ranges are wide",
                                     [DC_RUNG_POOLED] = "all deals share one rate by age",
                                     [DC_RUNG_RIDGE] = "what sets deals apart is learned with caution",
                                     [DC_RUNG_FULL] = ""};
  dc_rung rung = run->conversion->rung;
  long long closed = (long long)(run->conversion->won + run->conversion->lost);
  if (rung == DC_RUNG_FULL || closed == 0) return; /* that none is closed is told of the deals */
  dc_warn(run->result, "only %lld %s closed so far (rung \"%s\" of the ladder): %s", closed,
          closed == 1 ? "deal has" : "deals have", dc_rung_name(rung), what[rung]);
}

static void warn_currency(dc_forecast_run *run)
{
  const dc_money *money = &run->r.money;
  char used[DC_DATE_CHARS], as_of[DC_DATE_CHARS];
  if (money->converted && money->assumed)
    dc_warn(run->result, "%lld %s taken as %s", (long long)money->assumed,
            money->assumed == 1 ? "amount names no currency and is" : "amounts name no currency and are",
            money->currency);
  if (money->converted && money->day != run->r.as_of)
    dc_warn(run->result,
            "open deals are converted at the rates of %s, not of the as-of day %s; give --as-of to settle it",
            dc_date_format(money->day, used), dc_date_format(run->r.as_of, as_of));
}

static void warn_unmatched(dc_forecast_run *run, const dc_loaded *joined)
{
  if (!joined->load || !joined->unmatched) return;
  dc_warn(run->result, "%s has no row for the %s of %lld %s", joined->load->inputs[0].name,
          joined->load->table->columns[joined->key].name, (long long)joined->unmatched, deal_s(joined->unmatched));
}

static void warn_joins(dc_forecast_run *run)
{
  warn_unmatched(run, &run->r.accounts);
  for (size_t k = 0; k < run->r.n_joins; k++) warn_unmatched(run, &run->r.joins[k]);
}

/* A deals file tells a column as it is on the day of export: of a deal open on an earlier day it is not known. */
static void warn_scopes(dc_forecast_run *run)
{
  const dc_deals *log = run->r.log;
  char names[WORDS_BYTES] = "";
  size_t used = 0, n = 0;
  for (size_t d = 0; d < run->scopes->n_dimensions && run->r.as_of < log->export_day; d++) {
    const dc_dimension *one = &run->scopes->dimensions[d];
    bool told = one->attribute == DC_COLUMN_STAGE ? log->has_history : log->attributes[one->attribute].dated;
    if (told || (one->role == DC_ROLE_OWNER && log->history_has_owner)) continue;
    if (used + strlen(one->name) + 8 < sizeof names)
      used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", n ? ", " : "", one->name);
    n++;
  }
  if (n)
    dc_warn(run->result,
            "%s %s told by the deals file on its day of export only, so not known of the deals that were open on the "
            "as-of day: they are in the scope " DC_SCOPE_NONE,
            names, n == 1 ? "is" : "are");
}

void dc_data_warnings(dc_forecast_run *run)
{
  dc_warn_read_as(run);
  const dc_resolved *r = &run->r;
  dc_deals_sources sources = {r->deals.load, r->history.load, r->deals.roles, r->history.roles, r->config};
  warn_rung(run);
  dc_deals_warn(r->log, &sources, r->as_of, add_warning, run->result);
  dc_predictors_warn(r, run->result);
  warn_currency(run);
  warn_joins(run);
  warn_scopes(run);
}
