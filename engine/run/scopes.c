#include "engine/run/scopes.h"

#include "engine/run/columns.h"

#include <stdlib.h>
#include <string.h>

static dc_status describe(dc_scopes *s, const dc_resolved *r, dc_dimension *one, dc_error *error)
{
  if (one->attribute == DC_COLUMN_STAGE) {
    one->name = dc_column_stage_name(r);
    one->role = DC_ROLE_STAGE;
    one->words = r->log->stages;
    return DC_OK;
  }
  const dc_attribute *a = &r->log->attributes[one->attribute];
  one->name = a->name;
  one->role = a->role;
  one->words = a->role == DC_ROLE_OWNER ? r->log->owners : a->words;
  one->to_word = dc_arena_alloc(s->arena, a->words.n, sizeof *one->to_word);
  if (!one->to_word) return dc_fail_memory(error, "looking for scopes");
  for (size_t k = 1; k < a->words.n; k++) one->to_word[k] = dc_words_code(&one->words, a->words.text[k]);
  return DC_OK;
}

/* The dimension of a column, added at its first mention. */
static dc_status find_dimension(dc_scopes *s, dc_resolved *r, const char *name, int *index, dc_error *error)
{
  int attribute;
  dc_status status = dc_column_find(r, name, "--by", false, &attribute, error);
  if (status != DC_OK) return status;
  for (*index = 0; *index < (int)s->n_dimensions; ++*index)
    if (s->dimensions[*index].attribute == attribute) return DC_OK;
  dc_dimension *grown = realloc(s->dimensions, (s->n_dimensions + 1) * sizeof *grown);
  if (!grown) return dc_fail_memory(error, "looking for scopes");
  s->dimensions = grown;
  grown[s->n_dimensions] = (dc_dimension){.attribute = attribute};
  return describe(s, r, &grown[s->n_dimensions++], error);
}

static dc_status add_column(dc_scopes *s, dc_resolved *r, const char *by, const char *name, dc_grouping *g,
                            dc_error *error)
{
  int index;
  if (!*name) return dc_fail(error, DC_E_USAGE, "--by takes COLUMN,..., not '%s'", by);
  if (g->n == DC_MOST_CROSSED)
    return dc_fail(error, DC_E_USAGE, "--by %s: at most %d columns can be crossed", by, DC_MOST_CROSSED);
  dc_status status = find_dimension(s, r, name, &index, error);
  if (status != DC_OK) return status;
  for (int k = 0; k < g->n; k++)
    if (g->dimension[k] == index) return dc_fail(error, DC_E_USAGE, "--by %s: one column is named twice", by);
  g->dimension[g->n++] = index;
  return DC_OK;
}

static dc_status split(dc_scopes *s, dc_resolved *r, const char *by, dc_grouping *g, dc_error *error)
{
  char *name = dc_arena_copy(s->arena, by, strlen(by));
  if (!name) return dc_fail_memory(error, "looking for scopes");
  dc_status status = DC_OK;
  while (name && status == DC_OK) {
    char *comma = strchr(name, ',');
    if (comma) *comma = '\0';
    while (*name == ' ') name++;
    for (size_t n = strlen(name); n && name[n - 1] == ' ';) name[--n] = '\0';
    status = add_column(s, r, by, name, g, error);
    name = comma ? comma + 1 : NULL;
  }
  return status;
}

/* "region x product" */
static dc_status name_type(dc_scopes *s, dc_grouping *g, dc_error *error)
{
  size_t room = 1;
  for (int k = 0; k < g->n; k++) room += strlen(s->dimensions[g->dimension[k]].name) + strlen(DC_SCOPE_CROSS);
  char *type = dc_arena_alloc(s->arena, room, 1);
  if (!type) return dc_fail_memory(error, "looking for scopes");
  for (int k = 0; k < g->n; k++) {
    if (k) strcat(type, DC_SCOPE_CROSS);
    strcat(type, s->dimensions[g->dimension[k]].name);
  }
  g->type = type;
  return DC_OK;
}

static bool known_grouping(const dc_scopes *s, const dc_grouping *g)
{
  for (size_t k = 0; k < s->n; k++)
    if (s->groupings[k].n == g->n && memcmp(s->groupings[k].dimension, g->dimension, sizeof g->dimension) == 0)
      return true;
  return false;
}

static dc_status find_groupings(const dc_job *job, dc_resolved *r, dc_scopes *s, dc_error *error)
{
  s->groupings = dc_arena_alloc(s->arena, job->by.count + 1, sizeof *s->groupings);
  if (!s->groupings) return dc_fail_memory(error, "looking for scopes");
  s->groupings[s->n++].type = "all";
  for (size_t k = 0; k < job->by.count; k++) {
    dc_grouping g = {.n = 0};
    dc_status status = split(s, r, job->by.items[k], &g, error);
    if (status == DC_OK) status = name_type(s, &g, error);
    if (status != DC_OK) return status;
    if (!known_grouping(s, &g)) s->groupings[s->n++] = g;
  }
  return DC_OK;
}

dc_status dc_scopes_new(const dc_job *job, dc_resolved *resolved, dc_scopes **out, dc_error *error)
{
  dc_scopes *s = calloc(1, sizeof *s);
  if (s) s->arena = dc_arena_new();
  dc_status status = s && s->arena ? find_groupings(job, resolved, s, error)
                                   : dc_fail_memory(error, "looking for scopes");
  if (status == DC_OK)
    *out = s;
  else
    dc_scopes_free(s);
  return status;
}

void dc_scopes_free(dc_scopes *s)
{
  if (!s) return;
  dc_arena_free(s->arena);
  free(s->dimensions);
  free(s);
}

const char *dc_scope_value(const dc_scopes *s, const dc_grouping *g, const dc_scope *scope, int column)
{
  const dc_words *words = &s->dimensions[g->dimension[column]].words;
  return scope->code[column] ? words->text[scope->code[column]] : DC_SCOPE_NONE;
}
