#include "engine/run/joins.h"

#include "engine/base/text.h"
#include "engine/run/columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "reps" of "reps.csv.gz" */
static int stem_length(const char *name)
{
  const char *dot = strchr(name, '.');
  return (int)(dot && dot > name ? (size_t)(dot - name) : strlen(name));
}

static bool taken(const dc_resolved *r, size_t before, const char *name)
{
  const char *stage = dc_column_stage_name(r);
  bool found = stage && strcmp(stage, name) == 0;
  for (size_t a = 0; a < before; a++) found |= strcmp(r->log->attributes[a].name, name) == 0;
  for (size_t c = 0; r->deals.load && c < r->deals.load->table->n_columns; c++)
    found |= strcmp(r->deals.load->table->columns[c].name, name) == 0;
  return found;
}

static dc_status join(dc_resolved *r, dc_loaded *loaded, int key, int attribute, dc_error *error)
{
  size_t before = r->log->n_attributes;
  const dc_table *table = loaded->load->table;
  loaded->key = key;
  for (size_t row = 0; row < table->rows; row++) {
    size_t length;
    dc_column_text(&table->columns[key], row, &length);
    if (length) continue;
    dc_status status = dc_row_reject(loaded->load, loaded->roles, row, "no key to join by", DC_ROLE_NONE, error);
    if (status != DC_OK) return status;
  }
  dc_status status = dc_deals_join(r->log, table, loaded->roles, key, attribute, &loaded->unmatched, error);
  if (status != DC_OK && error && !error->file[0])
    snprintf(error->file, sizeof error->file, "%s", loaded->load->inputs[0].name);
  for (size_t a = before; a < r->log->n_attributes && status == DC_OK; a++) {
    char name[256];
    dc_attribute *one = &r->log->attributes[a];
    if (!taken(r, before, one->name)) continue;
    snprintf(name, sizeof name, "%.*s.%s", stem_length(loaded->load->inputs[0].name), loaded->load->inputs[0].name,
             one->name);
    one->name = dc_arena_copy(r->log->arena, name, strlen(name));
    if (!one->name) return dc_fail_memory(error, "joining tables");
  }
  return status;
}

static dc_status join_accounts(const dc_job *job, dc_resolved *r, dc_error *error)
{
  dc_status status = dc_loaded_read(job, r->config, &job->accounts, DC_SHAPE_ACCOUNTS, NULL, r->threads, &r->accounts,
                                    error);
  if (status == DC_OK) status = dc_names_hide_roles(r->names, &r->accounts, NULL, 0, error);
  if (status != DC_OK || !r->accounts.load) return status;
  int key = r->accounts.roles->column[DC_ROLE_ACCOUNT], by = dc_deals_find_role(r->log, DC_ROLE_ACCOUNT);
  if (by < 0)
    return dc_fail(error, DC_E_INPUT,
                   "the accounts cannot be joined: the deals have no account column; name it with "
                   "--map account=COLUMN");
  return join(r, &r->accounts, key, by, error);
}

/* The key in the joined table: its name to the byte, else the only one that reads the same. */
static int find_key(const dc_table *table, const char *name)
{
  int found = dc_table_find(table, name), n = 0;
  if (found >= 0) return found;
  for (size_t c = 0; c < table->n_columns; c++)
    if (dc_text_same(table->columns[c].name, name)) {
      found = (int)c;
      n++;
    }
  return n == 1 ? found : -1;
}

static dc_status refuse_key(const dc_table *table, const char *path, const char *key, dc_error *error)
{
  const char **names = malloc((table->n_columns + 1) * sizeof *names);
  if (!names) return dc_fail_memory(error, "joining tables");
  char list[400] = "";
  size_t used = 0;
  for (size_t c = 0; c < table->n_columns; c++) names[c] = table->columns[c].name;
  for (size_t c = 0; c < table->n_columns && used + 80 < sizeof list; c++)
    used += (size_t)snprintf(list + used, sizeof list - used, "%s%.60s", c ? ", " : "", names[c]);
  const char *near = dc_text_nearest(key, names, table->n_columns);
  free(names);
  if (near)
    return dc_fail_at(error, DC_E_USAGE, path, 0, 0, "no column \"%.80s\" to join by; did you mean \"%.80s\"?", key,
                      near);
  return dc_fail_at(error, DC_E_USAGE, path, 0, 0, "no column \"%.80s\" to join by; the columns are %s", key, list);
}

static dc_status join_table(const dc_job *job, dc_resolved *r, const char *text, dc_loaded *loaded, dc_error *error)
{
  const char *sign = strrchr(text, ':');
  if (!sign || sign == text || !sign[1]) return dc_fail(error, DC_E_USAGE, "--join wants FILE:KEY, not '%s'", text);
  const char *path = dc_arena_copy(r->log->arena, text, (size_t)(sign - text));
  if (!path) return dc_fail_memory(error, "joining tables");
  dc_strings files = {&path, 1};
  dc_status status = dc_loaded_read(job, r->config, &files, DC_SHAPE_OTHER, sign + 1, r->threads, loaded, error);
  if (status != DC_OK) return status;
  int attribute, key = find_key(loaded->load->table, sign + 1);
  if (key < 0) return refuse_key(loaded->load->table, path, sign + 1, error);
  status = dc_column_find(r, sign + 1, "--join by", true, &attribute, error);
  if (status != DC_OK) return status;
  if (attribute == DC_COLUMN_STAGE)
    return dc_fail(error, DC_E_USAGE,
                   "--join by %.80s: a deal has many stages in its time, so nothing can be joined "
                   "by its stage",
                   sign + 1);
  if (r->names && attribute >= 0)
    status = dc_names_hide(r->names, loaded->load->table, key, r->log->attributes[attribute].role, false, error);
  return status == DC_OK ? join(r, loaded, key, attribute, error) : status;
}

dc_status dc_joins_add(const dc_job *job, dc_resolved *r, dc_error *error)
{
  dc_status status = join_accounts(job, r, error);
  r->joins = calloc(job->joins.count + 1, sizeof *r->joins);
  if (!r->joins) return dc_fail_memory(error, "joining tables");
  r->n_joins = job->joins.count;
  for (size_t k = 0; k < r->n_joins && status == DC_OK; k++)
    status = join_table(job, r, job->joins.items[k], &r->joins[k], error);
  return status;
}
