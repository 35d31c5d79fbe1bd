/* Categorical properties of deals: from the deals file, from the history's first rows, from joined tables. */
#include "engine/deals/build.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_BINS = 5, MOST_JOIN_WORDS = 256 };

uint32_t dc_words_code(const dc_words *words, const char *text)
{
  size_t low = 1, high = words->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = strcmp(words->text[middle], text);
    if (order == 0) return (uint32_t)middle;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return 0;
}

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
  one->column = column;
  const uint32_t *row = filed ? deals->row : first_row;
  for (size_t i = 0; i < deals->n; i++) one->code[i] = row[i] == DC_ID_NONE ? 0 : map[dc_column_code(column, row[i])];
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

/* The rows of the joined table by key. */
typedef struct keyed {
  dc_ids keys;
  uint32_t *row; /* of each key */
} keyed;

static void keyed_clear(keyed *k)
{
  dc_ids_clear(&k->keys);
  free(k->row);
}

static dc_status keyed_new(const dc_column *key, size_t rows, keyed *k, dc_error *error)
{
  bool fresh;
  *k = (keyed){.row = malloc((rows + 1) * sizeof *k->row)};
  if (!k->row) return dc_fail_memory(error, "joining tables");
  for (size_t r = 0; r < rows; r++) {
    size_t length;
    const char *text = dc_column_text(key, r, &length);
    if (length == 0) continue;
    uint32_t at = dc_ids_add(&k->keys, text, length, &fresh);
    if (at == DC_ID_NONE) return dc_fail_memory(error, "joining tables");
    if (!fresh)
      return dc_fail(error, DC_E_INPUT, "the key '%s' has '%.*s' twice; a joined table needs one row for each key",
                     key->name, (int)(length > 80 ? 80 : length), text);
    k->row[at] = (uint32_t)r;
  }
  return DC_OK;
}

/* For each deal its row, DC_ID_NONE when there is none; returns how many have a key that the table does not. */
static int64_t match_rows(const dc_deals *deals, const keyed *k, int attribute, uint32_t *row_of)
{
  int64_t unmatched = 0;
  for (size_t i = 0; i < deals->n; i++) {
    const char *text = deals->ids.text[i];
    size_t length = deals->ids.length[i];
    if (attribute >= 0) {
      const dc_attribute *by = &deals->attributes[attribute];
      text = by->words.text[by->code[i]];
      length = strlen(text);
    }
    uint32_t at = length ? dc_ids_find(&k->keys, text, length) : DC_ID_NONE;
    row_of[i] = at == DC_ID_NONE ? DC_ID_NONE : k->row[at];
    unmatched += length && at == DC_ID_NONE;
  }
  return unmatched;
}

/* The different texts of a column and each row's code; *fits tells whether they are few enough. */
static dc_status word_texts(dc_deals *deals, const dc_column *column, size_t rows, dc_words *words, uint32_t *code,
                            bool *fits, dc_error *error)
{
  dc_ids ids = {0};
  uint32_t *rank = NULL;
  dc_status status = DC_OK;
  *fits = true;
  for (size_t r = 0; r < rows && *fits && status == DC_OK; r++) {
    size_t length;
    bool fresh;
    const char *text = dc_column_text(column, r, &length);
    code[r] = length ? dc_ids_add(&ids, text, length, &fresh) : DC_ID_NONE;
    if (length && code[r] == DC_ID_NONE) status = dc_fail_memory(error, "joining tables");
    *fits = ids.n <= MOST_JOIN_WORDS;
  }
  if (status == DC_OK && *fits) status = dc_ids_sort(&ids, &rank, error);
  if (rank) {
    words->n = ids.n + 1;
    words->text = dc_arena_alloc(deals->arena, words->n, sizeof *words->text);
    if (!words->text) status = dc_fail_memory(error, "joining tables");
    for (size_t w = 0; w <= ids.n && status == DC_OK; w++) {
      words->text[w] = w ? dc_arena_copy(deals->arena, ids.text[w - 1], ids.length[w - 1]) : "";
      if (!words->text[w]) status = dc_fail_memory(error, "joining tables");
    }
    for (size_t r = 0; r < rows; r++) code[r] = code[r] == DC_ID_NONE ? 0 : rank[code[r]] + 1;
  }
  free(rank);
  dc_ids_clear(&ids);
  return status;
}

/* Numbers by their quintiles, words as they are; *fits = false for columns that make no category. */
static dc_status read_joined(dc_deals *deals, const dc_table *table, const dc_column *column, dc_attribute *one,
                             uint32_t *code, bool *fits, dc_error *error)
{
  uint32_t *map, *unused;
  *fits = column->type == DC_TYPE_NUMBER || (column->type == DC_TYPE_CATEGORY && column->n_words <= MOST_JOIN_WORDS);
  if (column->type == DC_TYPE_TEXT) return word_texts(deals, column, table->rows, &one->words, code, fits, error);
  if (!*fits) return DC_OK;
  if (column->type == DC_TYPE_NUMBER) return bin_number(deals, column, table->rows, one, code, error);
  dc_status status = dc_words_merge(deals->arena, column, NULL, &one->words, &map, &unused, error);
  for (size_t r = 0; r < table->rows && status == DC_OK; r++) code[r] = map[dc_column_code(column, r)];
  return status;
}

static dc_status join_column(dc_deals *deals, const dc_table *table, const dc_column *column, int attribute,
                             const uint32_t *row_of, dc_error *error)
{
  const dc_attribute *by = attribute >= 0 ? &deals->attributes[attribute] : NULL;
  bool dated = by && by->dated, fits = false;
  /* Who has a deal now is not who won it; texts that hardly repeat say no more than their key. */
  bool predictor = by && by->predictor && (dated || by->role != DC_ROLE_OWNER) && column->type != DC_TYPE_TEXT;
  uint32_t *code = malloc((table->rows + 1) * sizeof *code);
  dc_attribute *one = code ? add_attribute(deals, column->name, DC_ROLE_NONE) : NULL;
  dc_status status = one ? read_joined(deals, table, column, one, code, &fits, error)
                         : dc_fail_memory(error, "joining tables");
  if (one && (status != DC_OK || !fits)) {
    deals->n_attributes--;
  } else if (one) {
    one->dated = dated;
    one->predictor = predictor;
    one->column = column;
    for (size_t i = 0; i < deals->n; i++) one->code[i] = row_of[i] == DC_ID_NONE ? 0 : code[row_of[i]];
  }
  free(code);
  return status;
}

dc_status dc_deals_join(dc_deals *deals, const dc_table *table, const dc_roles *roles, int key_column, int attribute,
                        int64_t *unmatched, dc_error *error)
{
  keyed k = {.row = NULL};
  uint32_t *row_of = malloc((deals->n + 1) * sizeof *row_of);
  dc_status status = row_of ? keyed_new(&table->columns[key_column], table->rows, &k, error)
                            : dc_fail_memory(error, "joining tables");
  if (status == DC_OK) {
    int64_t missed = match_rows(deals, &k, attribute, row_of);
    if (unmatched) *unmatched = missed;
  }
  for (size_t c = 0; c < table->n_columns && status == DC_OK; c++)
    if ((int)c != key_column && !(roles && dc_role_is_personal(roles->role[c])))
      status = join_column(deals, table, &table->columns[c], attribute, row_of, error);
  keyed_clear(&k);
  free(row_of);
  return status;
}

dc_status dc_deals_show(dc_deals *deals, int column_index, int *attribute, dc_error *error)
{
  const dc_column *column = &deals->table->columns[column_index];
  uint32_t *map, *unused;
  dc_attribute *one = add_attribute(deals, column->name, DC_ROLE_NONE);
  if (!one) return dc_fail_memory(error, "reading attributes");
  dc_status status = dc_words_merge(deals->arena, column, NULL, &one->words, &map, &unused, error);
  if (status != DC_OK) return status;
  one->column = column;
  for (size_t i = 0; i < deals->n; i++)
    one->code[i] = deals->row[i] == DC_ID_NONE ? 0 : map[dc_column_code(column, deals->row[i])];
  *attribute = (int)deals->n_attributes - 1;
  return DC_OK;
}

int dc_deals_find_name(const dc_deals *deals, const char *name)
{
  for (size_t a = 0; a < deals->n_attributes; a++)
    if (strcmp(deals->attributes[a].name, name) == 0) return (int)a;
  return -1;
}
