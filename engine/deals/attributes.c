/* Categorical properties of deals: from the deals file, from the history's first rows, from joined tables. */
#include "engine/deals/build.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_BINS = 5, MOST_JOIN_WORDS = 256 };

dc_status dc_words_merge(dc_arena *arena, const dc_column *a, const dc_column *b, dc_words *words, uint32_t **map_a,
                         uint32_t **map_b, dc_error *error)
{
  size_t n_a = a && a->type == DC_TYPE_CATEGORY ? a->n_words : 1;
  size_t n_b = b && b->type == DC_TYPE_CATEGORY ? b->n_words : 1;
  words->text = dc_arena_alloc(arena, n_a + n_b, sizeof *words->text);
  *map_a = dc_arena_alloc(arena, n_a, sizeof **map_a);
  *map_b = dc_arena_alloc(arena, n_b, sizeof **map_b);
  if (!words->text || !*map_a || !*map_b) return dc_fail_memory(error, "merging words");
  words->text[0] = "";
  size_t i = 1, j = 1, n = 1;
  while (i < n_a || j < n_b) {
    int order = i == n_a ? 1 : j == n_b ? -1 : strcmp(a->words[i], b->words[j]);
    words->text[n] = order <= 0 ? a->words[i] : b->words[j];
    if (order <= 0) (*map_a)[i++] = (uint32_t)n;
    if (order >= 0) (*map_b)[j++] = (uint32_t)n;
    n++;
  }
  words->n = n;
  return DC_OK;
}

static dc_attribute *add_attribute(dc_deals *deals, const char *name, dc_role role)
{
  dc_attribute *grown = realloc(deals->attributes, (deals->n_attributes + 1) * sizeof *grown);
  if (!grown) return NULL;
  deals->attributes = grown;
  dc_attribute *one = &grown[deals->n_attributes];
  memset(one, 0, sizeof *one);
  one->name = dc_arena_copy(deals->arena, name, strlen(name));
  one->role = role;
  one->code = dc_arena_alloc(deals->arena, deals->n + 1, sizeof *one->code);
  if (!one->name || !one->code) return NULL;
  deals->n_attributes++;
  return one;
}

static const dc_column *category(const dc_load *load, const dc_roles *roles, dc_role role)
{
  if (!load || roles->column[role] < 0) return NULL;
  const dc_column *column = &load->table->columns[roles->column[role]];
  return column->type == DC_TYPE_CATEGORY ? column : NULL;
}

/* One attribute from the deals file (undated) or, where only the history has it, from the deal's first row (dated). */
static dc_status build_one(dc_deals *deals, const dc_deals_sources *s, dc_role role, const uint32_t *first_row,
                           dc_error *error)
{
  const dc_column *filed = category(s->deals, s->deals_roles, role);
  const dc_column *told = category(s->history, s->history_roles, role);
  const dc_column *column = filed ? filed : told;
  if (!column) return DC_OK;
  dc_attribute *one = add_attribute(deals, column->name, role);
  uint32_t *map, *unused;
  if (!one) return dc_fail_memory(error, "reading attributes");
  dc_status status = dc_words_merge(deals->arena, column, NULL, &one->words, &map, &unused, error);
  if (status != DC_OK) return status;
  one->dated = !filed;
  const uint32_t *row = filed ? deals->row : first_row;
  for (size_t i = 0; i < deals->n; i++) one->code[i] = row[i] == DC_ID_NONE ? 0 : map[column->code[row[i]]];
  return DC_OK;
}

dc_status dc_attributes_build(dc_deals *deals, const dc_deals_sources *s, const uint32_t *first_row, dc_error *error)
{
  static const dc_role roles[] = {DC_ROLE_OWNER, DC_ROLE_ACCOUNT, DC_ROLE_PRODUCT, DC_ROLE_REGION, DC_ROLE_SOURCE};
  dc_status status = DC_OK;
  for (size_t k = 0; k < sizeof roles / sizeof *roles && status == DC_OK; k++)
    status = build_one(deals, s, roles[k], first_row, error);
  return status;
}

static int compare_numbers(const void *left, const void *right)
{
  double a = *(const double *)left, b = *(const double *)right;
  return a < b ? -1 : a > b;
}

/* Cuts a joined number at its quintiles; words name the ranges. */
static dc_status bin_number(dc_deals *deals, const dc_column *column, size_t rows, dc_attribute *one, uint32_t *code,
                            dc_error *error)
{
  double *sorted = malloc((rows + 1) * sizeof *sorted), cut[NUMBER_BINS];
  if (!sorted) return dc_fail_memory(error, "joining tables");
  size_t n = 0;
  for (size_t r = 0; r < rows; r++)
    if (!isnan(column->number[r])) sorted[n++] = column->number[r];
  qsort(sorted, n, sizeof *sorted, compare_numbers);
  for (size_t k = 0; k < NUMBER_BINS; k++) cut[k] = n ? sorted[(n - 1) * k / NUMBER_BINS] : 0;
  free(sorted);
  one->words.n = NUMBER_BINS + 1;
  one->words.text = dc_arena_alloc(deals->arena, one->words.n, sizeof *one->words.text);
  if (!one->words.text) return dc_fail_memory(error, "joining tables");
  one->words.text[0] = "";
  for (size_t k = 0; k < NUMBER_BINS; k++) {
    char text[48];
    int length = snprintf(text, sizeof text, "from %g", cut[k]);
    one->words.text[k + 1] = dc_arena_copy(deals->arena, text, (size_t)length);
    if (!one->words.text[k + 1]) return dc_fail_memory(error, "joining tables");
  }
  for (size_t r = 0; r < rows; r++) {
    code[r] = 0;
    for (uint32_t k = 0; k < NUMBER_BINS && !isnan(column->number[r]); k++)
      if (column->number[r] >= cut[k]) code[r] = k + 1;
  }
  return DC_OK;
}

/* Rows of the joined table by key, and for each word of the attribute (or each deal) its row. */
static dc_status match_rows(const dc_deals *deals, const dc_column *key, size_t rows, int attribute, uint32_t *row_of,
                            dc_error *error)
{
  dc_ids keys = {0};
  bool fresh;
  for (size_t r = 0; r < rows; r++) {
    size_t length;
    const char *text = dc_column_text(key, r, &length);
    uint32_t at = dc_ids_add(&keys, text, length, &fresh);
    if (at == DC_ID_NONE || !fresh) {
      dc_ids_clear(&keys);
      return at == DC_ID_NONE ? dc_fail_memory(error, "joining tables")
                              : dc_fail(error, DC_E_INPUT, "the key '%s' has '%.*s' twice; a joined table needs one row "
                                        "for each key", key->name, (int)(length > 80 ? 80 : length), text);
    }
  }
  for (size_t i = 0; i < deals->n; i++) {
    const char *text = deals->ids.text[i];
    size_t length = deals->ids.length[i];
    if (attribute >= 0) {
      const dc_attribute *by = &deals->attributes[attribute];
      text = by->words.text[by->code[i]];
      length = strlen(text);
    }
    row_of[i] = length ? dc_ids_find(&keys, text, length) : DC_ID_NONE;
  }
  dc_ids_clear(&keys);
  return DC_OK;
}

static dc_status join_column(dc_deals *deals, const dc_table *table, const dc_column *column, int attribute,
                             const uint32_t *row_of, dc_error *error)
{
  bool dated = attribute >= 0 && deals->attributes[attribute].dated;
  uint32_t *code = malloc((table->rows + 1) * sizeof *code), *map = NULL, *unused;
  dc_attribute *one = code ? add_attribute(deals, column->name, DC_ROLE_NONE) : NULL;
  dc_status status = one ? DC_OK : dc_fail_memory(error, "joining tables");
  if (status == DC_OK && column->type == DC_TYPE_NUMBER) {
    status = bin_number(deals, column, table->rows, one, code, error);
  } else if (status == DC_OK) {
    status = dc_words_merge(deals->arena, column, NULL, &one->words, &map, &unused, error);
    for (size_t r = 0; r < table->rows && status == DC_OK; r++) code[r] = map[column->code[r]];
  }
  for (size_t i = 0; i < deals->n && status == DC_OK; i++) one->code[i] = row_of[i] == DC_ID_NONE ? 0 : code[row_of[i]];
  if (one) one->dated = dated;
  free(code);
  return status;
}

dc_status dc_deals_join(dc_deals *deals, const dc_table *table, int key_column, int attribute, dc_error *error)
{
  uint32_t *row_of = malloc((deals->n + 1) * sizeof *row_of);
  if (!row_of) return dc_fail_memory(error, "joining tables");
  dc_status status = match_rows(deals, &table->columns[key_column], table->rows, attribute, row_of, error);
  for (size_t c = 0; c < table->n_columns && status == DC_OK; c++) {
    const dc_column *column = &table->columns[c];
    bool fits = column->type == DC_TYPE_NUMBER || (column->type == DC_TYPE_CATEGORY && column->n_words <= MOST_JOIN_WORDS);
    if ((int)c != key_column && fits) status = join_column(deals, table, column, attribute, row_of, error);
  }
  free(row_of);
  return status;
}

int dc_deals_find_name(const dc_deals *deals, const char *name)
{
  for (size_t a = 0; a < deals->n_attributes; a++)
    if (strcmp(deals->attributes[a].name, name) == 0) return (int)a;
  return -1;
}
