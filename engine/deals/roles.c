#include "engine/deals/roles.h"

#include "engine/base/text.h"
#include "engine/deals/roles_finder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a shape cannot do without: one of each line. */
typedef struct need {
  dc_shape shape;
  const char *what;
  dc_role any[2]; /* the first is the one to map; DC_ROLE_NONE ends it */
} need;

static const need needs[] = {
    {DC_SHAPE_HISTORY, "a history needs the deal's id", {DC_ROLE_ID}},
    {DC_SHAPE_HISTORY, "a history needs the time of each change", {DC_ROLE_CHANGED_AT}},
    {DC_SHAPE_HISTORY, "a history needs a stage or an outcome", {DC_ROLE_STAGE, DC_ROLE_OUTCOME}},
    {DC_SHAPE_ACCOUNTS, "accounts need the account", {DC_ROLE_ACCOUNT}},
    {DC_SHAPE_QUOTAS, "quotas need the first day of the period", {DC_ROLE_PERIOD_START}},
    {DC_SHAPE_QUOTAS, "quotas need the quota's amount", {DC_ROLE_AMOUNT}},
};

static dc_status no_memory(dc_role_finder *f) { return dc_fail_memory(f->error, "looking for the roles of columns"); }

const char *dc_role_column_name(const dc_role_finder *f, int column) { return f->table->columns[column].name; }

dc_status dc_role_set_why(dc_role_finder *f, int column, const char *text)
{
  char *copy = dc_arena_copy(f->owned->arena, text, strlen(text));
  if (!copy) return no_memory(f);
  f->owned->roles.why[column] = copy;
  return DC_OK;
}

void dc_role_give(dc_role_finder *f, dc_role role, int column)
{
  dc_roles *roles = &f->owned->roles;
  roles->role[column] = role;
  if (roles->column[role] < 0 || !dc_role_table[role].many) roles->column[role] = column;
}

dc_status dc_role_look(dc_role_finder *f, int column)
{
  if (f->looked[column]) return DC_OK;
  f->looked[column] = true;
  return dc_role_profile_column(f->table, column, f->config, &f->profiles[column], f->error);
}

static dc_status refuse_role(dc_role_finder *f, const char *role)
{
  char list[600];
  size_t n = 0;
  const char *names[DC_ROLES];
  for (int i = 0; i < DC_ROLES; i++) names[i] = dc_role_name((dc_role)i);
  const char *near = dc_text_nearest(role, names + 1, DC_ROLES - 1);
  if (near) return dc_fail(f->error, DC_E_USAGE, "unknown role \"%s\"; did you mean %s?", role, near);
  list[0] = '\0';
  for (int i = 1; i < DC_ROLES; i++)
    n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i > 1 ? ", " : "", names[i]);
  return dc_fail(f->error, DC_E_USAGE, "unknown role \"%s\"; the roles are %s", role, list);
}

static dc_status refuse_column(dc_role_finder *f, const char *role, const char *column)
{
  char list[500];
  const char **names = dc_arena_alloc(f->owned->arena, f->table->n_columns + 1, sizeof *names);
  if (!names) return no_memory(f);
  for (size_t i = 0; i < f->table->n_columns; i++) names[i] = dc_role_column_name(f, (int)i);
  const char *near = dc_text_nearest(column, names, f->table->n_columns);
  if (near)
    return dc_fail_at(f->error, DC_E_USAGE, f->file, 0, 0, "no column \"%s\" for role %s; did you mean \"%s\"?", column,
                      role, near);
  return dc_fail_at(f->error, DC_E_USAGE, f->file, 0, 0, "no column \"%s\" for role %s; the columns are %s", column,
                    role, dc_role_list_columns(f->table, list, sizeof list));
}

/* The column that a request names: to the byte, else the only one that folds to the same; -1 = none. */
static int find_column(const dc_role_finder *f, const dc_role_request *request)
{
  int found = dc_table_find(f->table, request->column);
  size_t n = 0;
  if (found >= 0) return found;
  for (size_t i = 0; i < f->table->n_columns; i++)
    if (dc_role_request_names(request, dc_role_column_name(f, (int)i))) {
      found = (int)i;
      n++;
    }
  return n == 1 ? found : -1;
}

static dc_status take_request(dc_role_finder *f, const dc_role_request *request, bool may_be_absent)
{
  char why[DC_ROLE_WHY_BYTES];
  dc_role role = dc_role_parse(request->role);
  bool none = role == DC_ROLE_NONE && dc_text_same(request->role, "none");
  if (role == DC_ROLE_NONE && !none) return refuse_role(f, request->role);
  int column = find_column(f, request);
  if (column < 0) return may_be_absent ? DC_OK : refuse_column(f, dc_role_name(role), request->column);
  int held = f->owned->roles.column[role];
  if (f->settled[column] && f->owned->roles.role[column] != role)
    return dc_fail_at(f->error, DC_E_USAGE, f->file, 0, 0, "column \"%s\" is given two roles, %s and %s",
                      dc_role_column_name(f, column), dc_role_name(f->owned->roles.role[column]), dc_role_name(role));
  if (f->asked[role] && held != column && !dc_role_table[role].many)
    return dc_fail_at(f->error, DC_E_USAGE, f->file, 0, 0, "role %s is given two columns, \"%s\" and \"%s\"",
                      dc_role_name(role), dc_role_column_name(f, held), dc_role_column_name(f, column));
  f->settled[column] = true;
  if (none) return dc_role_set_why(f, column, "mapped to no role");
  dc_status status = dc_role_look(f, column);
  if (status != DC_OK) return status;
  if (!dc_role_fits(&f->table->columns[column], &f->profiles[column], role))
    return dc_fail_at(f->error, DC_E_INPUT, f->file, 0, column + 1, "column \"%s\" cannot be the %s: it holds %s",
                      dc_role_column_name(f, column), dc_role_name(role), dc_type_name(f->table->columns[column].type));
  f->asked[role] = true;
  dc_role_give(f, role, column);
  snprintf(why, sizeof why, "mapped to %s", dc_role_name(role));
  return dc_role_set_why(f, column, why);
}

/* --map first; [columns] fills what it leaves open, and speaks of several files, so a column may be absent. */
static dc_status take_requests(dc_role_finder *f, const dc_role_request *requests, size_t n)
{
  dc_status status = DC_OK;
  for (size_t i = 0; i < n && status == DC_OK; i++) status = take_request(f, &requests[i], false);
  for (size_t i = 0; f->config && i < f->config->n_columns && status == DC_OK; i++) {
    dc_role_request request = {f->config->columns[i].role, f->config->columns[i].column};
    int column = find_column(f, &request);
    bool spoken = f->asked[dc_role_parse(request.role)] || (column >= 0 && f->settled[column]);
    if (!spoken) status = take_request(f, &request, f->shape != DC_SHAPE_DEALS);
  }
  return status;
}

static dc_status check_needs(dc_role_finder *f)
{
  for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
    const need *n = &needs[i];
    bool met = n->shape != f->shape;
    for (int k = 0; k < 2 && n->any[k] != DC_ROLE_NONE; k++) met = met || f->owned->roles.column[n->any[k]] >= 0;
    if (!met) return dc_role_fail_missing(f->table, &f->owned->roles, f->file, n->any[0], n->what, "", f->error);
  }
  return DC_OK;
}

static dc_status prepare(dc_role_finder *f)
{
  size_t n = f->table->n_columns + 1;
  f->owned = calloc(1, sizeof *f->owned);
  if (!f->owned || !(f->owned->arena = dc_arena_new())) return no_memory(f);
  dc_roles *roles = &f->owned->roles;
  roles->shape = f->shape;
  roles->n_columns = f->table->n_columns;
  for (int i = 0; i < DC_ROLES; i++) roles->column[i] = -1;
  roles->role = dc_arena_alloc(f->owned->arena, n, sizeof *roles->role);
  roles->why = dc_arena_alloc(f->owned->arena, n, sizeof *roles->why);
  roles->runner_up = dc_arena_alloc(f->owned->arena, n, sizeof *roles->runner_up);
  f->profiles = calloc(n, sizeof *f->profiles);
  f->looked = calloc(n, sizeof *f->looked);
  f->settled = calloc(n, sizeof *f->settled);
  f->candidates = calloc(n * DC_MAX_GUESSES, sizeof *f->candidates);
  bool complete = roles->role && roles->why && roles->runner_up && f->profiles && f->looked && f->settled &&
                  f->candidates;
  return complete ? DC_OK : no_memory(f);
}

dc_status dc_roles_find(const dc_table *table, const char *file, dc_shape shape, const dc_config *config,
                        const dc_role_request *requests, size_t n_requests, dc_roles **roles, dc_error *error)
{
  dc_role_finder f = {.table = table, .file = file, .shape = shape, .config = config, .error = error};
  dc_status status = prepare(&f);
  *roles = NULL;
  if (status == DC_OK) status = take_requests(&f, requests, n_requests);
  if (status == DC_OK) status = dc_role_assign(&f);
  if (status == DC_OK) status = check_needs(&f);
  if (status == DC_OK) status = dc_role_settle_closes(&f);
  if (status == DC_OK) status = dc_role_explain(&f);
  free(f.profiles);
  free(f.looked);
  free(f.settled);
  free(f.candidates);
  if (status == DC_OK)
    *roles = &f.owned->roles;
  else if (f.owned)
    dc_roles_free(&f.owned->roles);
  return status;
}

void dc_roles_free(dc_roles *roles)
{
  if (!roles) return;
  dc_owned_roles *owned = (dc_owned_roles *)roles;
  dc_arena_free(owned->arena);
  free(owned);
}
