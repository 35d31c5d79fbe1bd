/* Private to roles*.c: the state of one search for roles, and its steps. */
#ifndef DC_DEALS_ROLES_FINDER_H
#define DC_DEALS_ROLES_FINDER_H

#include "engine/deals/roles_parts.h"

/* A column takes a role from this score on. */
enum { DC_ROLE_LEAST_SCORE = 20, DC_ROLE_WHY_BYTES = 640, DC_ROLE_NOTE_BYTES = 240 };

/* One column that might have one role. */
typedef struct dc_role_candidate {
  int column;
  dc_role role;
  int weight, score;
  bool fits;
  size_t filled; /* of the column; with its name it settles ties whatever the order of the columns */
  const char *name;
  char evidence[DC_EVIDENCE_BYTES];
} dc_role_candidate;

typedef struct dc_owned_roles {
  dc_roles roles; /* first: dc_roles_free gets its address */
  dc_arena *arena;
} dc_owned_roles;

typedef struct dc_role_finder {
  const dc_table *table;
  const char *file;
  dc_shape shape;
  const dc_config *config;
  dc_owned_roles *owned;
  dc_role_profile *profiles; /* per column; rows = 0 until looked at */
  bool *looked, *settled;    /* per column: profile made; the user has spoken */
  bool asked[DC_ROLES];      /* roles that the user has given */
  dc_role_candidate *candidates;
  size_t n_candidates;
  char note[DC_ROLE_NOTE_BYTES]; /* what one date column also stands for, said of the column that it is */
  dc_error *error;
} dc_role_finder;

const char *dc_role_column_name(const dc_role_finder *f, int column);
dc_status dc_role_set_why(dc_role_finder *f, int column, const char *text) DC_MUST_CHECK;
void dc_role_give(dc_role_finder *f, dc_role role, int column);

/* Makes the column's profile once. */
dc_status dc_role_look(dc_role_finder *f, int column) DC_MUST_CHECK;

/* Finds the candidates by name, weighs them by content, and gives the roles; then what needs more than one role. A tie for a
 * role that decides is DC_E_INPUT. */
dc_status dc_role_assign(dc_role_finder *f) DC_MUST_CHECK;

/* Whether the close column holds expected closes, or the expected one stands for closes. */
dc_status dc_role_settle_closes(dc_role_finder *f) DC_MUST_CHECK;

bool dc_role_is_eligible(const dc_role_candidate *c);
const dc_role_candidate *dc_role_candidate_of(const dc_role_finder *f, int column, dc_role role);

/* Fills why and runner_up of all columns. */
dc_status dc_role_explain(dc_role_finder *f) DC_MUST_CHECK;

#endif
