/* Why a column has its role or none, and what else was thought of. */
#include "engine/deals/roles_finder.h"

#include <stdio.h>
#include <string.h>

static dc_status explain_taken(dc_role_finder *f, int column, const dc_role_candidate *c)
{
  char why[DC_ROLE_WHY_BYTES];
  dc_role noted = f->owned->roles.expected_is_closed ? DC_ROLE_EXPECTED_CLOSE : DC_ROLE_CLOSED;
  const char *note = c->role == noted             ? f->note
                     : c->role == DC_ROLE_CONTACT ? "; never leaves"
                     : c->role == DC_ROLE_ACTUAL_AMOUNT
                         ? "; a won deal's amount where it is given, the amount column's elsewhere"
                         : "";
  snprintf(why, sizeof why, "its name is usual for %s; %s%s", dc_role_name(c->role), c->evidence, note);
  return dc_role_set_why(f, column, why);
}

static dc_status explain_left(dc_role_finder *f, int column)
{
  char why[DC_ROLE_WHY_BYTES];
  const dc_role_candidate *best = NULL;
  for (size_t i = 0; i < f->n_candidates && !best; i++)
    if (f->candidates[i].column == column) best = &f->candidates[i];
  if (!best) return dc_role_set_why(f, column, "no usual name for a role");
  const char *role = dc_role_name(best->role);
  int holder = f->owned->roles.column[best->role];
  if (!best->fits)
    snprintf(why, sizeof why, "its name is usual for %s, but it holds %s", role,
             dc_type_name(f->table->columns[column].type));
  else if (best->score < DC_ROLE_LEAST_SCORE)
    snprintf(why, sizeof why, "its name might mean %s, but: %s", role, best->evidence);
  else
    snprintf(why, sizeof why, "its name might mean %s, but \"%.100s\" does rather", role,
             holder >= 0 ? dc_role_column_name(f, holder) : "another column");
  return dc_role_set_why(f, column, why);
}

/* "Weighted value" for amount (60 to 81: numbers in 40 of 40 rows) */
static size_t tell_other(const dc_role_candidate *c, const dc_role_candidate *other, char *text, size_t size)
{
  if (!other->fits)
    return (size_t)snprintf(text, size, "\"%.80s\" for %s, but it holds another type", other->name,
                            dc_role_name(c->role));
  return (size_t)snprintf(text, size, "\"%.80s\" for %s (%d to %d: %s)%s", other->name, dc_role_name(c->role),
                          other->score, c->score, other->evidence,
                          other->score == c->score ? "; by nothing but its name's place" : "");
}

/* The best other column for the role, and the best other role for the column. */
static dc_status tell_runner_up(dc_role_finder *f, int column, const dc_role_candidate *c)
{
  char text[DC_ROLE_WHY_BYTES] = "";
  size_t used = 0;
  const dc_role_candidate *other = NULL, *role = NULL;
  for (size_t i = 0; i < f->n_candidates; i++) {
    const dc_role_candidate *one = &f->candidates[i];
    if (!other && one->role == c->role && one->column != column) other = one;
    if (!role && one->column == column && one->role != c->role && dc_role_is_eligible(one)) role = one;
  }
  if (other && !dc_role_table[c->role].many) used = tell_other(c, other, text, sizeof text);
  if (role)
    snprintf(text + used, sizeof text - used, "%sit might be %s (%d to %d)", used ? "; " : "", dc_role_name(role->role),
             role->score, c->score);
  if (!text[0]) return DC_OK;
  char *copy = dc_arena_copy(f->owned->arena, text, strlen(text));
  f->owned->roles.runner_up[column] = copy;
  return copy ? DC_OK : dc_fail_memory(f->error, "looking for the roles of columns");
}

dc_status dc_role_explain(dc_role_finder *f)
{
  const dc_roles *roles = &f->owned->roles;
  dc_status status = DC_OK;
  for (size_t i = 0; i < f->table->n_columns && status == DC_OK; i++) {
    const dc_role_candidate *c = dc_role_candidate_of(f, (int)i, roles->role[i]);
    if (!roles->why[i]) status = c ? explain_taken(f, (int)i, c) : explain_left(f, (int)i);
    if (c && status == DC_OK) status = tell_runner_up(f, (int)i, c);
  }
  return status;
}
