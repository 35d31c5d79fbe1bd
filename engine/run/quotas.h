/* Quotas set beside the forecast: by period, for all or by the columns that the quotas file has. */
#ifndef DC_RUN_QUOTAS_H
#define DC_RUN_QUOTAS_H

#include "engine/run/scopes.h"

typedef struct dc_quotas dc_quotas;

/* Reads the rows, rejecting those without a period or an amount, and finds the period of each: rows that start in none
 * are excluded, months and weeks add up to longer periods, and rows of periods longer than the forecast's are not split
 * but excluded. A currency that is not the run's stops (DC_E_INPUT). *quotas is NULL when the job has none. */
dc_status dc_quotas_new(dc_resolved *resolved, const dc_scopes *scopes, const dc_periods *periods, dc_quotas **quotas,
                        dc_error *error) DC_MUST_CHECK;
void dc_quotas_free(dc_quotas *quotas);

/* The scopes that rows in the forecast's periods name, one entry per grouping, owned by the quotas; NULL for NULL. */
const dc_wanted *dc_quotas_wanted(const dc_quotas *quotas);

/* Adds the rows up by scope, once the scopes are filled, and warns of what does not fit. A row speaks of every scope
 * whose columns it names. Where a scope has rows that name no other column ("EMEA" beside the reps of EMEA), those are
 * its quota; otherwise it is the sum of all rows that speak of it, for the whole of all rows of the period. */
dc_status dc_quotas_add_up(dc_quotas *quotas, dc_result *result, dc_error *error) DC_MUST_CHECK;

/* The quota of a scope in a period; NaN when there is none. */
double dc_quota_of(const dc_quotas *quotas, size_t grouping, size_t scope, int period);

/* Does a row of the table count in some period? */
bool dc_quota_is_used(const dc_quotas *quotas, size_t row);

/* The currency of the run (engine/deals/money.h); NULL = not known. */
const char *dc_run_currency(const dc_resolved *resolved);

#endif
