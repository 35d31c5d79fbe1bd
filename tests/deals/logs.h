/* Deals from a few lines of CSV, the way the program makes them. */
#ifndef TESTS_DEALS_LOGS_H
#define TESTS_DEALS_LOGS_H

#include "engine/deals/deals.h"

typedef struct deal_log {
  dc_load *loads[2]; /* deals, history; NULL where there is none */
  dc_roles *roles[2];
  dc_config *config;
  dc_deals *deals;
} deal_log;

/* Any of the texts may be NULL, but not both files. Fails the test on any error. */
deal_log *log_of(const char *deals, const char *history, const char *ini);
void log_free(deal_log *log);

/* 2025-01-31 and the like; DC_DATE_MISSING for "". */
int32_t day_of(const char *text);

/* Index of the deal of this id; fails when there is none. */
size_t deal_of(const deal_log *log, const char *id);

/* What was known of a deal on a day. */
dc_view view_of(const deal_log *log, const char *id, const char *day);

/* The view in words: "open since 2025-01-01, stage Proposal since 2025-02-01, amount 100, expected 2025-03-01, owner Ann,
 * pushes 1", "won 2025-02-03, ...", "absent". Only what is known is told. In a buffer that the next call overwrites. */
const char *told_of(const deal_log *log, const char *id, const char *day);

/* "2025-01-01..2025-02-03 won; 2025-03-01.. open": the deal's spells, "?" = not known. */
const char *spells_of(const deal_log *log, const char *id);

#endif
