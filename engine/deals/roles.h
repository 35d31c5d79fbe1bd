/* Which column plays which role. */
#ifndef DC_DEALS_ROLES_H
#define DC_DEALS_ROLES_H

#include "dealcast/error.h"
#include "dealcast/table.h"
#include "engine/deals/config.h"
#include <stdbool.h>

typedef enum dc_role {
  DC_ROLE_NONE,
  DC_ROLE_ID,
  DC_ROLE_NAME, /* the deal's own name */
  DC_ROLE_ACCOUNT,
  DC_ROLE_OWNER,
  DC_ROLE_TEAM, /* the owner's */
  DC_ROLE_PRODUCT,
  DC_ROLE_REGION,
  DC_ROLE_SOURCE,
  DC_ROLE_PIPELINE, /* which of several sequences of stages */
  DC_ROLE_TYPE,     /* of the deal: new or existing business */
  DC_ROLE_STAGE,
  DC_ROLE_OUTCOME,   /* a word or flag that says won, lost or open (status, result, is_won with 1/0/empty) */
  DC_ROLE_IS_CLOSED, /* 0/1, true/false, yes/no */
  DC_ROLE_IS_WON,
  DC_ROLE_IS_ACTIVE, /* no = lost (Odoo), unless won by its stage; taken only where nothing else tells won from lost */
  DC_ROLE_AMOUNT,
  DC_ROLE_ACTUAL_AMOUNT, /* of won deals, where it differs from the estimate */
  DC_ROLE_QUANTITY,
  DC_ROLE_CREATED,
  DC_ROLE_CLOSED, /* actual close; in Salesforce's and HubSpot's one column also the expected one of open deals */
  DC_ROLE_WON_AT, /* the closing of won and of lost deals in columns of their own (Pipedrive) */
  DC_ROLE_LOST_AT,
  DC_ROLE_EXPECTED_CLOSE,
  DC_ROLE_PROBABILITY,
  DC_ROLE_FORECAST_CATEGORY,
  DC_ROLE_LAST_ACTIVITY,
  DC_ROLE_STAGE_CHANGED, /* when the present stage was entered */
  DC_ROLE_STAGE_DATE,    /* when one named stage was entered or left (HubSpot); any number of columns */
  DC_ROLE_MODIFIED,
  DC_ROLE_NEXT_STEP,
  DC_ROLE_LOSS_REASON,
  DC_ROLE_COMPETITOR,
  DC_ROLE_CURRENCY,
  DC_ROLE_CONTACT,      /* a person's name, mail or phone; any number of columns; never leaves */
  DC_ROLE_CHANGED_AT,   /* history: when the row became true */
  DC_ROLE_FIELD,        /* history of all fields: which one the row changes; rows of the stage count */
  DC_ROLE_VALUE,        /* its new value; becomes the stage where it is one */
  DC_ROLE_PERIOD_START, /* quotas */
  DC_ROLES
} dc_role;

/* DC_SHAPE_OTHER: a table that is joined by a column of the user's choice; nothing is looked for in it. */
typedef enum dc_shape { DC_SHAPE_DEALS, DC_SHAPE_HISTORY, DC_SHAPE_ACCOUNTS, DC_SHAPE_QUOTAS, DC_SHAPE_OTHER } dc_shape;

const char *dc_role_name(dc_role role);  /* "id", "account", ..., "none" */
dc_role dc_role_parse(const char *name); /* DC_ROLE_NONE when unknown */

bool dc_role_is_used(dc_role role);       /* dealcast works with its column; others are only told of */
bool dc_role_tells_outcome(dc_role role); /* as a matter of course, so it never predicts */
bool dc_role_is_personal(dc_role role);   /* its cells never leave: names, mails, phones of people */

typedef struct dc_roles {
  dc_shape shape;
  int column[DC_ROLES]; /* index into the table, -1 = no such column; [DC_ROLE_NONE] unused; one of several */
  dc_role *role;        /* of each column; n_columns */
  char **why;           /* per column, e.g. "name 'close_date' is a usual word for closed; dates in closed rows only" */
  char **runner_up;     /* per column: what else was thought of and lost, with the scores; NULL = nothing */
  size_t n_columns;
  bool closed_is_expected; /* the closed column also holds open deals' expected close */
  bool
      expected_is_closed; /* there is no other closing day: a closed deal's is its expected close, or the day on which it
                              was last modified where that is earlier */
} dc_roles;

/* A request for a role by the user (--map ROLE=COLUMN, or [columns] of the INI). */
typedef struct dc_role_request {
  const char *role, *column;
} dc_role_request;

/* Is it a usual name for the stage or the outcome ("StageName", "dealstage", "status")? */
bool dc_role_names_stage(const char *name);

/* The type that a column of this name would need (ids are text, amounts numbers, ...), DC_TYPE_DATE when it may hold
 * dates, DC_TYPE_EMPTY when the name says nothing. requests as below. */
dc_type dc_roles_expect(const char *name, dc_shape shape, const dc_role_request *requests, size_t n_requests);

/* By the user's requests, then by name (any case, accents, spaces, underscores, prefixes such as "Opportunity", "Deal"; the
 * table is engine/deals/columns.txt), then by content. Two columns that have equal claim to a role that decides and differ
 * in content stop, naming the --map to give. Missing what the shape cannot do without (history: id, changed_at, stage or outcome; accounts: account; quotas:
 * period_start, amount) stops, naming the nearest column, all columns and the --map to give. What deals need depends on
 * whether there is a history: dc_deals_new asks for it. */
dc_status dc_roles_find(const dc_table *table, const char *file, dc_shape shape, const dc_config *config,
                        const dc_role_request *requests, size_t n_requests, dc_roles **roles,
                        dc_error *error) DC_MUST_CHECK;
void dc_roles_free(dc_roles *roles);

/* How a column may be used as a predictor. */
typedef enum dc_use { DC_USE_USED, DC_USE_DROPPED, DC_USE_SUSPECT, DC_USE_SHOWN } dc_use;
const char *dc_use_name(dc_use use); /* "used", "dropped", "suspect", "shown" */

/* Provable leaks of one column, from rows whose state is known.
 * state   per row: 0 open, 1 won, 2 lost, -1 = not to be looked at (after the as-of day)
 * Dropped: its being empty (or not) tells open from closed (missing in open rows only, present in closed rows only, by a
 * binomial test far beyond chance); its values are the outcome renamed (each frequent value is all won or all lost and
 * both occur); a number that is a constant for one outcome and never for the other; a row number; unique texts. */
dc_use dc_leak_check(const dc_column *column, const int8_t *state, size_t rows, char *why, size_t why_size);

#endif
