/* The score of each owner, and of each stage. */
#include "engine/run/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct group {
  const char *name; /* NULL = deals without one */
  dc_score score;
  const char *worst; /* the field that costs the score most; NULL = none */
} group;

static double loss(const dc_score_field *field)
{
  return isnan(field->score) ? 0 : field->weight * (1 - field->score / 100);
}

static const char *worst_of(const dc_score *score)
{
  const dc_score_field *worst = NULL;
  for (size_t k = 0; k < score->n_fields; k++)
    if (loss(&score->fields[k]) > (worst ? loss(worst) : 0)) worst = &score->fields[k];
  if (!worst) return NULL;
  return worst->role == DC_ROLE_NONE ? "rows" : dc_role_name(worst->role);
}

/* Those with most money at fault first. */
static int by_money(const void *left, const void *right)
{
  const group *a = left, *b = right;
  double x = isnan(a->score.money_at_fault) ? 0 : a->score.money_at_fault;
  double y = isnan(b->score.money_at_fault) ? 0 : b->score.money_at_fault;
  if (x != y) return x < y ? 1 : -1;
  if (a->score.at_fault != b->score.at_fault) return a->score.at_fault < b->score.at_fault ? 1 : -1;
  if (!a->name || !b->name) return (a->name == NULL) - (b->name == NULL);
  return strcmp(a->name, b->name);
}

static void put_group(dc_result_table *table, const group *g)
{
  dc_put_text(table, g->name ? g->name : DC_SCOPE_NONE);
  dc_put_integer(table, g->score.units);
  dc_put_integer(table, g->score.open);
  dc_put_integer(table, g->score.at_fault);
  dc_put_number(table, g->score.money);
  dc_put_number(table, g->score.money_at_fault);
  dc_put_number(table, g->score.completeness);
  dc_put_number(table, g->score.accuracy);
  dc_put_number(table, g->score.score);
  dc_put_text(table, g->worst);
}

/* Units in order of the code of their word: those of a code are start[code] .. start[code + 1]. */
static void sort_units(const dc_sheet *sheet, const dc_column *column, uint32_t *units, size_t *start, size_t *at)
{
  for (size_t i = 0; i < sheet->n; i++) start[dc_column_code(column, sheet->row ? sheet->row[i] : i) + 1]++;
  for (size_t k = 0; k < column->n_words; k++) {
    start[k + 1] += start[k];
    at[k] = start[k];
  }
  for (size_t i = 0; i < sheet->n; i++)
    units[at[dc_column_code(column, sheet->row ? sheet->row[i] : i)]++] = (uint32_t)i;
}

static dc_status score_groups(const dc_sheet *sheet, const dc_column *column, dc_result_table *table, dc_error *error)
{
  size_t n = 0;
  dc_scorer *scorer = NULL;
  uint32_t *units = malloc((sheet->n + 1) * sizeof *units);
  size_t *start = calloc(2 * column->n_words + 2, sizeof *start);
  group *groups = calloc(column->n_words + 1, sizeof *groups);
  dc_status status = units && start && groups ? DC_OK : dc_fail_memory(error, "scoring");
  if (status == DC_OK) status = dc_scorer_new(sheet, &scorer, error);
  if (status == DC_OK) sort_units(sheet, column, units, start, start + column->n_words + 1);
  for (size_t k = 0; k < column->n_words && status == DC_OK; k++) {
    size_t first = start[k], last = start[k + 1], kept = 0;
    for (size_t i = first; i < last; i++) /* lines of totals and the like are no deals */
      if (sheet->state[units[i]]) units[first + kept++] = units[i];
    if (kept == 0) continue;
    group *one = &groups[n++];
    one->name = k ? column->words[k] : NULL;
    status = dc_score_units(scorer, units + first, kept, &one->score, error);
    if (status == DC_OK) one->worst = worst_of(&one->score);
    free(one->score.fields);
    one->score.fields = NULL;
  }
  if (status == DC_OK) qsort(groups, n, sizeof *groups, by_money);
  for (size_t k = 0; k < n && status == DC_OK; k++) put_group(table, &groups[k]);
  dc_scorer_free(scorer);
  free(groups);
  free(start);
  free(units);
  return status;
}

static dc_status add_groups(dc_check_run *run, const char *name, const char *by, dc_role role, dc_error *error)
{
  const dc_field_spec fields[] = {{by, DC_FIELD_TEXT},
                                  {"deals", DC_FIELD_INTEGER},
                                  {"open", DC_FIELD_INTEGER},
                                  {"at_fault", DC_FIELD_INTEGER},
                                  {"money", DC_FIELD_MONEY},
                                  {"money_at_fault", DC_FIELD_MONEY},
                                  {"completeness", DC_FIELD_RATIO},
                                  {"accuracy", DC_FIELD_RATIO},
                                  {"score", DC_FIELD_NUMBER},
                                  {"worst", DC_FIELD_TEXT},
                                  {NULL, DC_FIELD_TEXT}};
  dc_result_table *table = dc_result_add(run->base.result, name, fields);
  const dc_sheet *sheet = run->sheet;
  int c = sheet->kind == DC_SHEET_HISTORY ? -1 : sheet->column[role];
  if (c < 0 || sheet->table->columns[c].type != DC_TYPE_CATEGORY) return DC_OK;
  return score_groups(sheet, &sheet->table->columns[c], table, error);
}

dc_status dc_check_groups(dc_check_run *run, dc_error *error)
{
  dc_status status = add_groups(run, "owners", "owner", DC_ROLE_OWNER, error);
  return status == DC_OK ? add_groups(run, "stages", "stage", DC_ROLE_STAGE, error) : status;
}
