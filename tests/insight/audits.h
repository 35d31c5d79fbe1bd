/* Audits of a few lines of CSV, the way `dealcast check` makes them. */
#ifndef TESTS_INSIGHT_AUDITS_H
#define TESTS_INSIGHT_AUDITS_H

#include "engine/insight/quality.h"
#include "tests/deals/logs.h"

typedef struct audit {
  deal_log *log;
  dc_audit *quality;
} audit;

/* Any of the texts may be NULL, but not both files. as_of "" = the last day of the data. */
audit audit_of(const char *deals, const char *history, const char *ini, const char *as_of);
void audit_free(audit *a);

/* How many units of the first sheet break the rule of this name (of this column, NULL = whichever); -1 = there is no such
 * rule. A finding's count where no rule is named so. */
int64_t struck(const audit *a, const char *name, const char *column);
const dc_rule *rule_of(const audit *a, const char *name, const char *column);

#endif
