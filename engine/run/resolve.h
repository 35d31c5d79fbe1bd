/* From a job's files to deals: one resolver for every verb. */
#ifndef DC_RUN_RESOLVE_H
#define DC_RUN_RESOLVE_H

#include "dealcast/job.h"
#include "engine/deals/calendar.h"
#include "engine/deals/deals.h"
#include "engine/deals/money.h"
#include "engine/run/files.h"
#include "engine/run/laps.h"
#include "engine/run/names.h"

typedef struct dc_resolved {
  const dc_job *job;
  dc_config *config;
  dc_loaded deals, history, accounts, quotas, rates;
  dc_money money;
  size_t n_joins;
  dc_loaded *joins; /* --join, in the order given */
  dc_deals *log;
  dc_calendar calendar;
  dc_time_grid *grid;
  int32_t as_of;
  dc_use *use;      /* per column of the deals file */
  char (*why)[200]; /* evidence of a leak, "" where none */
  int threads;
  dc_names *names; /* NULL unless names are hidden */
} dc_resolved;

/* Laps: load, deals. */
dc_status dc_resolve(const dc_job *job, dc_resolved *resolved, dc_laps *laps, dc_error *error) DC_MUST_CHECK;

/* Its three steps, for who can do without deals: files with the roles of their columns; deals from them; and what follows
 * from the deals (as-of day, leaks, joins, grid). */
dc_status dc_resolve_files(const dc_job *job, dc_resolved *resolved, dc_laps *laps, dc_error *error) DC_MUST_CHECK;
dc_status dc_resolve_deals(dc_resolved *resolved, dc_error *error) DC_MUST_CHECK;
dc_status dc_resolve_rest(const dc_job *job, dc_resolved *resolved, dc_laps *laps, dc_error *error) DC_MUST_CHECK;

/* What the deals are made of. */
dc_deals_sources dc_resolved_sources(const dc_resolved *resolved);
void dc_resolved_clear(dc_resolved *resolved);

#endif
