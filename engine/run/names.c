#include "engine/run/names.h"

#include "engine/base/random.h"
#include "engine/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS_LEAST = 6, DIGITS_MOST = 16, CODE_CHARS = 48, KINDS = 2 };

/* The names of one kind, and their codes under the same index. */
typedef struct kind {
  dc_role role;
  dc_ids names, codes;
  dc_ids folds;       /* of the names, folded: */
  uint32_t *first_of; /* by fold: the first name that has it */
} kind;

struct dc_names {
  uint64_t seed;
  dc_arena *arena;
  kind kinds[KINDS];
};

dc_names *dc_names_new(uint64_t seed)
{
  dc_names *names = calloc(1, sizeof *names);
  if (!names) return NULL;
  names->seed = seed;
  names->arena = dc_arena_new();
  names->kinds[0].role = DC_ROLE_OWNER;
  names->kinds[1].role = DC_ROLE_ACCOUNT;
  if (names->arena) return names;
  free(names);
  return NULL;
}

void dc_names_free(dc_names *names)
{
  if (!names) return;
  for (size_t k = 0; k < KINDS; k++) {
    dc_ids_clear(&names->kinds[k].names);
    dc_ids_clear(&names->kinds[k].codes);
    dc_ids_clear(&names->kinds[k].folds);
    free(names->kinds[k].first_of);
  }
  dc_arena_free(names->arena);
  free(names);
}

static kind *kind_of(dc_names *names, dc_role role)
{
  for (size_t k = 0; k < KINDS; k++)
    if (names->kinds[k].role == role) return &names->kinds[k];
  return NULL;
}

/* The shortest code that no other name has. */
static bool add_code(dc_names *names, kind *k, const char *text, size_t length)
{
  char code[CODE_CHARS];
  uint64_t hash = dc_hash_bytes(text, length, names->seed ^ (uint64_t)k->role);
  for (int digits = DIGITS_LEAST;; digits++) {
    int n = digits <= DIGITS_MOST ? snprintf(code, sizeof code, "%s-%0*llx", dc_role_name(k->role), digits,
                                             (unsigned long long)(hash >> (64 - 4 * digits)))
                                  : snprintf(code, sizeof code, "%s-%016llx-%zu", dc_role_name(k->role),
                                             (unsigned long long)hash, k->codes.n);
    if (dc_ids_find(&k->codes, code, (size_t)n) != DC_ID_NONE) continue;
    bool fresh;
    const char *copy = dc_arena_copy(names->arena, code, (size_t)n);
    return copy && dc_ids_add(&k->codes, copy, (size_t)n, &fresh) != DC_ID_NONE;
  }
}

static uint32_t find_alike(const kind *k, const char *text)
{
  char folded[DC_FOLD_BYTES];
  uint32_t fold = dc_ids_find(&k->folds, folded, dc_text_fold(text, strlen(text), folded));
  return fold == DC_ID_NONE ? DC_ID_NONE : k->first_of[fold];
}

static bool add_fold(dc_names *names, kind *k, const char *text, uint32_t name)
{
  char folded[DC_FOLD_BYTES];
  bool fresh;
  size_t length = dc_text_fold(text, strlen(text), folded), n = k->folds.n;
  if (dc_ids_find(&k->folds, folded, length) != DC_ID_NONE) return true;
  if ((n & (n - 1)) == 0) { /* room for twice as many */
    uint32_t *grown = realloc(k->first_of, (n ? 2 * n : 1) * sizeof *grown);
    if (!grown) return false;
    k->first_of = grown;
  }
  const char *copy = dc_arena_copy(names->arena, folded, length);
  if (!copy || dc_ids_add(&k->folds, copy, length, &fresh) == DC_ID_NONE) return false;
  k->first_of[n] = name;
  return true;
}

/* The code of a name, NULL when memory ends. */
static const char *code_of(dc_names *names, kind *k, const char *text, size_t length, bool alike)
{
  bool fresh;
  uint32_t at = dc_ids_find(&k->names, text, length);
  if (at == DC_ID_NONE) {
    const char *copy = dc_arena_copy(names->arena, text, length);
    if (!copy) return NULL;
    if (dc_text_same(copy, "all") || dc_text_same(copy, "total")) return copy;
    if (alike) at = find_alike(k, copy);
    if (at == DC_ID_NONE) {
      if (!add_code(names, k, copy, length)) return NULL;
      at = dc_ids_add(&k->names, copy, length, &fresh);
      if (at != DC_ID_NONE && !add_fold(names, k, copy, at)) return NULL;
    }
  }
  return at == DC_ID_NONE ? NULL : k->codes.text[at];
}

typedef struct hidden {
  const char *code;
  uint32_t old;
} hidden;

static int by_code(const void *left, const void *right)
{
  const hidden *a = left, *b = right;
  int order = strcmp(a->code, b->code);
  return order ? order : (a->old > b->old) - (a->old < b->old);
}

/* Words that are alike have one code and become one word. */
static bool lay_words(dc_column *column, const hidden *list, uint32_t *final)
{
  size_t bytes = 1, n = 1;
  for (size_t i = 0; i + 1 < column->n_words; i++) bytes += strlen(list[i].code) + 1;
  char *text = calloc(bytes, 1);
  char **words = malloc(column->n_words * sizeof *words);
  if (!text || !words) {
    free(text);
    free(words);
    return false;
  }
  char *p = text + 1;
  words[0] = text;
  for (size_t i = 0; i + 1 < column->n_words; i++) {
    if (n > 1 && strcmp(words[n - 1], list[i].code) == 0) {
      final[list[i].old] = (uint32_t)n - 1;
      continue;
    }
    size_t length = strlen(list[i].code) + 1;
    memcpy(p, list[i].code, length);
    words[n] = p;
    p += length;
    final[list[i].old] = (uint32_t)n++;
  }
  free(column->words);
  free(column->bytes);
  column->words = words;
  column->bytes = text;
  column->n_words = n;
  return true;
}

static void recode(dc_column *column, size_t rows, const uint32_t *final)
{
  for (size_t r = 0; r < rows; r++) {
    uint32_t code = final[dc_column_code(column, r)];
    if (column->code_bytes == 1)
      ((uint8_t *)column->codes)[r] = (uint8_t)code;
    else if (column->code_bytes == 2)
      ((uint16_t *)column->codes)[r] = (uint16_t)code;
    else
      ((uint32_t *)column->codes)[r] = code;
  }
}

static bool hide_words(dc_names *names, kind *k, dc_column *column, size_t rows, bool alike)
{
  hidden *list = malloc(column->n_words * sizeof *list);
  uint32_t *final = calloc(column->n_words, sizeof *final);
  bool fine = list && final;
  for (size_t w = 1; w < column->n_words && fine; w++) {
    const char *code = code_of(names, k, column->words[w], strlen(column->words[w]), alike);
    list[w - 1] = (hidden){code, (uint32_t)w};
    fine = code != NULL;
  }
  if (fine) {
    qsort(list, column->n_words - 1, sizeof *list, by_code);
    fine = lay_words(column, list, final);
  }
  if (fine) recode(column, rows, final);
  free(list);
  free(final);
  return fine;
}

static bool hide_texts(dc_names *names, kind *k, dc_column *column, size_t rows, bool alike)
{
  size_t used = 0, size = rows * 16 + CODE_CHARS;
  uint64_t *offsets = malloc((rows + 1) * sizeof *offsets);
  char *bytes = malloc(size);
  bool fine = offsets && bytes;
  for (size_t r = 0; r < rows && fine; r++) {
    size_t length;
    const char *text = dc_column_text(column, r, &length);
    const char *code = length ? code_of(names, k, text, length, alike) : "";
    size_t n = code ? strlen(code) : 0;
    char *grown = size - used < n ? realloc(bytes, size = size * 2 + n) : bytes;
    offsets[r] = used;
    fine = code && grown;
    if (grown) bytes = grown;
    if (fine) memcpy(bytes + used, code, n);
    used += n;
  }
  if (!fine) {
    free(offsets);
    free(bytes);
    return false;
  }
  offsets[rows] = used;
  free(column->offsets);
  free(column->bytes);
  column->offsets = offsets;
  column->offset_bytes = sizeof *offsets;
  column->bytes = bytes;
  return true;
}

dc_status dc_names_hide(dc_names *names, dc_table *table, int c, dc_role role, bool alike, dc_error *error)
{
  kind *k = kind_of(names, role);
  dc_column *column = &table->columns[c];
  bool fine = true;
  if (k && column->type == DC_TYPE_CATEGORY) fine = hide_words(names, k, column, table->rows, alike);
  if (k && column->type == DC_TYPE_TEXT) fine = hide_texts(names, k, column, table->rows, alike);
  return fine ? DC_OK : dc_fail_memory(error, "hiding names");
}

/* The role of a column in one of the known files, by its name. */
static dc_role role_by_name(const char *name, const dc_loaded *const *known, size_t n_known)
{
  for (size_t k = 0; k < n_known; k++)
    for (size_t c = 0; known[k]->load && known[k]->roles && c < known[k]->load->table->n_columns; c++)
      if (dc_text_same(known[k]->load->table->columns[c].name, name)) return known[k]->roles->role[c];
  return DC_ROLE_NONE;
}

dc_status dc_names_hide_roles(dc_names *names, dc_loaded *loaded, const dc_loaded *const *known, size_t n_known,
                              dc_error *error)
{
  dc_status status = DC_OK;
  if (!names || !loaded->load || !loaded->roles) return DC_OK;
  dc_table *table = loaded->load->table;
  for (size_t c = 0; c < table->n_columns && status == DC_OK; c++) {
    dc_role role = loaded->roles->role[c];
    if (role == DC_ROLE_NONE) role = role_by_name(table->columns[c].name, known, n_known);
    status = dc_names_hide(names, table, (int)c, role, n_known > 0, error);
  }
  return status;
}
