/* The scopes that a forecast is cut into by --by: which open deals, deals to come and bookings belong to each value of
 * a column, or of several columns crossed. */
#ifndef DC_RUN_SCOPES_H
#define DC_RUN_SCOPES_H

#include "engine/forecast/calibrate.h"
#include "engine/run/resolve.h"

enum { DC_MOST_CROSSED = 4 };

/* What a deal without a value belongs to. */
#define DC_SCOPE_NONE "(none)"
/* What stands between the columns of a crossing, and between its values. */
#define DC_SCOPE_CROSS " x "

/* A column that scopes are made of. Each deal counts under the value that it had, or was known to have, at the end of
 * the as-of day: the stage and the owner as the history tells them, other columns as dc_deals_attribute does. A deal to
 * come is in no stage yet; in all else it is like the recent deals that it is modelled on.
 * attribute  index in log->attributes, or DC_COLUMN_STAGE
 * words      values by code, in order; code 0 = none
 * to_word    from codes of the attribute to codes of words, NULL = they are the same */
typedef struct dc_dimension {
  const char *name;
  dc_role role;
  int attribute;
  dc_words words;
  uint32_t *to_word;
} dc_dimension;

/* One value of each of a grouping's columns, and what belongs to it.
 * part      all but `booked`, which is by period here
 * booked    already booked in each period, by the as-of day
 * pipeline  amounts of open deals (as recorded, else as expected if won) that are expected to close in each period, late
 *           ones in the first; of all open deals where the data hold no expected closes */
typedef struct dc_scope {
  uint32_t code[DC_MOST_CROSSED];
  dc_part part;
  dc_sum *booked;
  double *pipeline;
} dc_scope;

/* One --by, or with n = 0 the whole, which is one scope. Scopes stand in order of their values, none last. */
typedef struct dc_grouping {
  const char *type; /* "all", "region", "region x product" */
  int n;
  int dimension[DC_MOST_CROSSED];
  size_t n_scopes;
  dc_scope *scopes;
} dc_grouping;

typedef struct dc_scopes {
  size_t n_dimensions;
  dc_dimension *dimensions; /* each column once, in order of its first mention */
  size_t n;
  dc_grouping *groupings; /* [0] is the whole */
  dc_arena *arena;
} dc_scopes;

/* Finds the columns: before anything is fitted, as unknown ones end the run (DC_E_USAGE). */
dc_status dc_scopes_new(const dc_job *job, dc_resolved *resolved, dc_scopes **scopes, dc_error *error) DC_MUST_CHECK;
void dc_scopes_free(dc_scopes *scopes);

/* Scopes that shall exist though no deal may belong to them: code tuples, DC_MOST_CROSSED codes each, by grouping. */
typedef struct dc_wanted {
  size_t n;
  const uint32_t *codes;
} dc_wanted;

/* Shares out the open deals, the kinds and the bookings: one sort per grouping. wanted has one entry per grouping, or is
 * NULL. */
dc_status dc_scopes_fill(dc_scopes *scopes, const dc_resolved *resolved, const dc_snapshot *snapshot,
                         const dc_projection *projection, const dc_wanted *wanted, dc_error *error) DC_MUST_CHECK;

/* The scope of a code tuple, NULL when there is none. */
dc_scope *dc_scope_find(const dc_grouping *grouping, const uint32_t code[DC_MOST_CROSSED]);

/* The text of a scope's value in one of the grouping's columns. */
const char *dc_scope_value(const dc_scopes *scopes, const dc_grouping *grouping, const dc_scope *scope, int column);

#endif
