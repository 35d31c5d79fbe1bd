/* What the files quality*.c share. */
#ifndef DC_INSIGHT_QUALITY_PARTS_H
#define DC_INSIGHT_QUALITY_PARTS_H

#include "engine/base/arena.h"
#include "engine/insight/quality.h"

/* Sums that do not depend on the order of what is added: whole millions, units and millionths apart. */
typedef struct dc_exact {
  int64_t high, low, millionths, n;
} dc_exact;
void dc_exact_add(dc_exact *sum, double amount); /* NaN is passed over */
void dc_exact_merge(dc_exact *sum, const dc_exact *other);
double dc_exact_value(const dc_exact *sum); /* NaN when nothing was added */

/* The rules of quality_rules.c, those of kinds of sheets apart. */
extern const dc_rule dc_unit_rules[];
extern const size_t dc_n_unit_rules;

/* Adds a rule to a sheet; false when memory ends. */
dc_rule *dc_sheet_add_rule(dc_sheet *sheet, const dc_rule *rule);
dc_finding *dc_sheet_add_finding(dc_sheet *sheet, const dc_finding *finding);
bool dc_sheet_add_variant(dc_sheet *sheet, const dc_variant *variant);
bool dc_sheet_add_duplicate(dc_sheet *sheet, const dc_duplicate *duplicate);

/* Text kept as long as the audit; NULL when memory ends. */
const char *dc_audit_text(dc_audit *quality, const char *format, ...) DC_PRINTF(2, 3);

/* The days and amounts that the limits follow from. */
dc_status dc_audit_survey(dc_audit *quality, const dc_deals_sources *sources, dc_error *error) DC_MUST_CHECK;

/* Creation and closing days from joined tables, where the deals file has none. */
dc_status dc_joins_audit(dc_sheet *sheet, dc_error *error) DC_MUST_CHECK;

/* Rules for words that a joined table does not have; behind those of spellings. */
dc_status dc_unmatched_audit(dc_sheet *sheet, dc_error *error) DC_MUST_CHECK;

/* Rules and findings from what the columns hold: before the units are looked at. */
dc_status dc_columns_audit(dc_sheet *sheet, dc_error *error) DC_MUST_CHECK;
/* count: rows by code. */
dc_status dc_words_audit(dc_sheet *sheet, int column, const int64_t *count, dc_error *error) DC_MUST_CHECK;
dc_status dc_spellings_audit(dc_sheet *sheet, int column, const int64_t *count, dc_error *error) DC_MUST_CHECK;
dc_status dc_ranges_audit(dc_sheet *sheet, int column, dc_error *error) DC_MUST_CHECK;
dc_status dc_marks_audit(dc_sheet *sheet, int column, dc_error *error) DC_MUST_CHECK;
dc_status dc_numbers_audit(dc_sheet *sheet, int column, dc_error *error) DC_MUST_CHECK;

/* Does a word of the rule's column strike? */
bool dc_is_flagged(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit);
dc_status dc_standards_audit(dc_sheet *sheet, dc_error *error) DC_MUST_CHECK;

/* Suspicions that need the state of each unit, and what the file lacks: after them. */
dc_status dc_leaks_audit(dc_sheet *sheet, dc_error *error) DC_MUST_CHECK;
dc_status dc_needs_audit(dc_sheet *sheet, dc_error *error) DC_MUST_CHECK;
dc_status dc_rejects_audit(dc_sheet *sheet, dc_error *error) DC_MUST_CHECK;

/* What history and deals file say against each other, and rows that change nothing. */
dc_status dc_history_audit(dc_sheet *sheet, dc_error *error) DC_MUST_CHECK;

/* Sets the bits of the duplicate rules. */
dc_status dc_duplicates_audit(dc_sheet *sheet, dc_error *error) DC_MUST_CHECK;

/* Index of the rule by its name, -1 = the sheet has none. */
int dc_sheet_find_rule(const dc_sheet *sheet, const char *name);
void dc_unit_strike(dc_sheet *sheet, size_t unit, size_t rule);

#endif
