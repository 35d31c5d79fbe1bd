#include "engine/run/columns.h"

#include "engine/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_BYTES = 400 };

/* The column of a role in the deals file, else in the history; NULL when neither has one. */
static const dc_column *role_column(const dc_resolved *r, dc_role role)
{
  const dc_loaded *files[] = {&r->deals, &r->history};
  for (size_t k = 0; k < 2; k++)
    if (files[k]->load && files[k]->roles->column[role] >= 0)
      return &files[k]->load->table->columns[files[k]->roles->column[role]];
  return NULL;
}

const char *dc_column_stage_name(const dc_resolved *r)
{
  const dc_column *stage = role_column(r, DC_ROLE_STAGE);
  return stage && r->log->has_stage ? stage->name : NULL;
}

static bool same(const char *a, const char *b, bool to_the_byte)
{
  return to_the_byte ? strcmp(a, b) == 0 : dc_text_same(a, b);
}

/* A column that is known by the name as it stands; false when there is none. *column: a category of the deals file that
 * is no attribute yet, -1 otherwise. */
static bool look_up(const dc_resolved *r, const char *name, bool to_the_byte, bool ids, int *attribute, int *column)
{
  const char *stage = dc_column_stage_name(r);
  const dc_column *id = role_column(r, DC_ROLE_ID);
  *column = -1;
  if (stage && same(stage, name, to_the_byte)) {
    *attribute = DC_COLUMN_STAGE;
    return true;
  }
  if (ids && id && same(id->name, name, to_the_byte)) {
    *attribute = DC_COLUMN_ID;
    return true;
  }
  for (size_t a = 0; a < r->log->n_attributes; a++)
    if (same(r->log->attributes[a].name, name, to_the_byte)) {
      *attribute = (int)a;
      return true;
    }
  for (size_t c = 0; r->deals.load && c < r->deals.load->table->n_columns; c++) {
    const dc_column *one = &r->deals.load->table->columns[c];
    if (one->type != DC_TYPE_CATEGORY || one == id || !same(one->name, name, to_the_byte)) continue;
    if (dc_role_is_personal(r->deals.roles->role[c])) continue;
    *column = (int)c;
    return true;
  }
  return false;
}

static bool by_role(const dc_resolved *r, const char *name, bool ids, int *attribute, int *column)
{
  dc_role role = dc_role_parse(name);
  if (role == DC_ROLE_NONE) return false;
  if (role == DC_ROLE_STAGE && dc_column_stage_name(r)) {
    *attribute = DC_COLUMN_STAGE;
    return true;
  }
  if (role == DC_ROLE_ID && ids && role_column(r, DC_ROLE_ID)) {
    *attribute = DC_COLUMN_ID;
    return true;
  }
  *attribute = dc_deals_find_role(r->log, role);
  if (*attribute >= 0) return true;
  int c = r->deals.load && !dc_role_is_personal(role) ? r->deals.roles->column[role] : -1;
  if (c < 0 || role == DC_ROLE_ID || r->deals.load->table->columns[c].type != DC_TYPE_CATEGORY) return false;
  *column = c;
  return true;
}

/* The names of all that could have been meant. */
static size_t known_names(const dc_resolved *r, const char **names)
{
  size_t n = 0;
  const dc_column *id = role_column(r, DC_ROLE_ID);
  for (size_t a = 0; a < r->log->n_attributes; a++) names[n++] = r->log->attributes[a].name;
  if (dc_column_stage_name(r)) names[n++] = dc_column_stage_name(r);
  for (size_t c = 0; r->deals.load && c < r->deals.load->table->n_columns; c++) {
    const dc_column *one = &r->deals.load->table->columns[c];
    bool listed = one->type != DC_TYPE_CATEGORY || one == id || dc_role_is_personal(r->deals.roles->role[c]);
    for (size_t k = 0; k < n && !listed; k++) listed = strcmp(names[k], one->name) == 0;
    if (!listed) names[n++] = one->name;
  }
  return n;
}

/* A column by that name which is not a category, NULL when there is none. */
static const dc_column *unfit(const dc_resolved *r, const char *name)
{
  const dc_loaded *files[] = {&r->deals, &r->history};
  for (size_t k = 0; k < 2; k++)
    for (size_t c = 0; files[k]->load && c < files[k]->load->table->n_columns; c++)
      if (dc_text_same(files[k]->load->table->columns[c].name, name)) return &files[k]->load->table->columns[c];
  return NULL;
}

static dc_status refuse(const dc_resolved *r, const char *name, const char *option, dc_error *error)
{
  size_t most = r->log->n_attributes + 2 + (r->deals.load ? r->deals.load->table->n_columns : 0), used = 0;
  const char **names = malloc(most * sizeof *names);
  if (!names) return dc_fail_memory(error, "looking for columns");
  char list[LIST_BYTES] = "";
  size_t n = known_names(r, names);
  const char *near = dc_text_nearest(name, names, n);
  const dc_column *there = unfit(r, name);
  for (size_t k = 0; k < n && used + 80 < sizeof list; k++)
    used += (size_t)snprintf(list + used, sizeof list - used, "%s%.60s", k ? ", " : "", names[k]);
  free(names);
  if (n == 0) return dc_fail(error, DC_E_USAGE, "%s %.80s: the deals have no column with categories", option, name);
  if (there && there->type == DC_TYPE_CATEGORY)
    return dc_fail(error, DC_E_USAGE, "%s %.80s: the column tells of people, which never leaves; choose among %s",
                   option, name, list);
  if (there)
    return dc_fail(error, DC_E_USAGE,
                   "%s %.80s: the column holds no categories but %ss; columns with categories are %s", option, name,
                   dc_type_name(there->type), list);
  if (near) return dc_fail(error, DC_E_USAGE, "%s %.80s: no such column; did you mean \"%.80s\"?", option, name, near);
  return dc_fail(error, DC_E_USAGE, "%s %.80s: no such column; columns with categories are %s", option, name, list);
}

dc_status dc_column_find(dc_resolved *r, const char *name, const char *option, bool ids, int *attribute,
                         dc_error *error)
{
  int column = -1;
  bool found = look_up(r, name, true, ids, attribute, &column) || look_up(r, name, false, ids, attribute, &column) ||
               by_role(r, name, ids, attribute, &column);
  if (!found) return refuse(r, name, option, error);
  return column >= 0 ? dc_deals_show(r->log, column, attribute, error) : DC_OK;
}
