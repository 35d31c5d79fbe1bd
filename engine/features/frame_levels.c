/* Levels: of the rows that are used, when a model is fitted; looked up, when it predicts. */
#include "engine/base/arena.h"
#include "engine/base/date.h"
#include "engine/base/dictionary.h"
#include "engine/base/text.h"
#include "engine/features/frame_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const char *a, size_t n, const char *b)
{
  size_t m = strlen(b);
  int by_bytes = memcmp(a, b, n < m ? n : m);
  return by_bytes ? by_bytes : (n > m) - (n < m);
}

uint32_t dc_recipe_level(const dc_recipe_column *column, const char *word, size_t length)
{
  uint32_t low = 0, high = column->n_levels;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    int order = compare(word, length, column->level[middle]);
    if (order == 0) return middle;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return column->n_levels;
}

uint32_t dc_recipe_level_of(const dc_recipe_column *column, double value)
{
  uint32_t low = 0, high = column->n_levels;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (column->value[middle] == value) return middle;
    if (value < column->value[middle])
      high = middle;
    else
      low = middle + 1;
  }
  return column->n_levels;
}

/* Which words of a category the rows use: n_words flags. */
static dc_status learn_category(dc_framing *m, const dc_column *column, dc_recipe_column *own)
{
  const dc_frame *f = m->f;
  bool *used = dc_arena_alloc(m->scratch, column->n_words + 1, sizeof *used);
  own->level = dc_arena_alloc(m->recipe->arena, column->n_words + 1, sizeof *own->level);
  if (!used || !own->level) return dc_frame_no_memory(m);
  for (size_t i = 0; i < f->design.n_rows; i++) used[dc_column_code(column, f->row[i])] = true;
  for (size_t w = 1; w < column->n_words; w++) {
    if (!used[w]) continue;
    char *copy = dc_arena_copy(m->recipe->arena, column->words[w], strlen(column->words[w]));
    if (!copy) return dc_frame_no_memory(m);
    own->level[own->n_levels++] = copy;
  }
  return DC_OK;
}

static dc_status learn_texts(dc_framing *m, const dc_column *column, dc_recipe_column *own)
{
  const dc_frame *f = m->f;
  size_t n = 0;
  dc_dictionary *words = dc_dictionary_new();
  bool fine = words != NULL;
  for (size_t i = 0; i < f->design.n_rows && fine; i++) {
    size_t length;
    const char *text = dc_column_text(column, f->row[i], &length);
    fine = length == 0 || dc_dictionary_code(words, text, length) != DC_DICTIONARY_FULL;
  }
  if (fine) n = dc_dictionary_count(words);
  uint32_t *order = fine ? malloc((n + 1) * sizeof *order) : NULL, *rank = fine ? malloc((n + 1) * sizeof *rank) : NULL;
  own->level = dc_arena_alloc(m->recipe->arena, n + 1, sizeof *own->level);
  fine = order && rank && own->level && dc_words_rank(dc_dictionary_words(words), n, order, rank) != SIZE_MAX;
  for (size_t w = 0; w < n && fine; w++) {
    size_t length;
    const char *word = dc_dictionary_word(words, order[w], &length);
    own->level[w] = dc_arena_copy(m->recipe->arena, word, length);
    fine = own->level[w] != NULL;
  }
  own->n_levels = (uint32_t)n;
  free(order);
  free(rank);
  dc_dictionary_free(words);
  return fine ? DC_OK : dc_frame_no_memory(m);
}

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static dc_status learn_values(dc_framing *m, const dc_column *column, dc_recipe_column *own)
{
  const dc_frame *f = m->f;
  size_t n = 0;
  double *sorted = malloc((f->design.n_rows + 1) * sizeof *sorted);
  if (!sorted) return dc_frame_no_memory(m);
  size_t there = 0;
  for (size_t i = 0; i < f->design.n_rows; i++) {
    double x = dc_cell_value(column, f->row[i]);
    if (!isnan(x)) sorted[there++] = x + 0.0; /* -0 is 0 */
  }
  qsort(sorted, there, sizeof *sorted, ascending);
  for (size_t i = 0; i < there; i++)
    if (i == 0 || sorted[i] != sorted[n - 1]) sorted[n++] = sorted[i];
  own->level = dc_arena_alloc(m->recipe->arena, n + 1, sizeof *own->level);
  own->value = dc_arena_alloc(m->recipe->arena, n + 1, sizeof *own->value);
  bool fine = own->level && own->value && n < UINT32_MAX;
  for (size_t k = 0; k < n && fine; k++) {
    char text[64];
    if (own->type == DC_TYPE_DATE)
      dc_date_format((int32_t)sorted[k], text);
    else
      snprintf(text, sizeof text, "%.15g", sorted[k]);
    own->value[k] = sorted[k];
    own->level[k] = dc_arena_copy(m->recipe->arena, text, strlen(text));
    fine = own->level[k] != NULL;
  }
  own->n_levels = (uint32_t)n;
  free(sorted);
  return fine ? DC_OK : dc_frame_no_memory(m);
}

/* f[ref=Level] */
static dc_status settle_reference(dc_framing *m, dc_recipe_column *own)
{
  own->reference = 0;
  if (!own->asked) return DC_OK;
  for (uint32_t l = 0; l < own->n_levels; l++) {
    if (strcmp(own->level[l], own->asked) != 0) continue;
    own->reference = l;
    return DC_OK;
  }
  const char *near = dc_text_nearest(own->asked, (const char *const *)own->level, own->n_levels);
  return dc_fail_at(m->error, DC_E_USAGE, m->file, 0, 0,
                    "column \"%.80s\" has no level \"%.60s\" in the rows that are used%s%.60s%s", own->name, own->asked,
                    near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static dc_status learn(dc_framing *m, const dc_column *column, dc_recipe_column *own)
{
  dc_status status;
  if (column->type == DC_TYPE_CATEGORY)
    status = learn_category(m, column, own);
  else if (column->type == DC_TYPE_TEXT)
    status = learn_texts(m, column, own);
  else
    status = learn_values(m, column, own);
  return status == DC_OK ? settle_reference(m, own) : status;
}

/* The level of each row of the design. */
static dc_status look_up(dc_framing *m, size_t c, const dc_column *column)
{
  const dc_recipe_column *own = &m->known->columns[c];
  const dc_frame *f = m->f;
  uint32_t *level = dc_arena_alloc(m->scratch, f->design.n_rows + 1, sizeof *level), *of = NULL;
  bool coded = column->type == DC_TYPE_CATEGORY;
  if (coded) of = dc_arena_alloc(m->scratch, column->n_words + 1, sizeof *of);
  if (!level || (coded && !of)) return dc_frame_no_memory(m);
  if (coded) of[0] = own->n_levels;
  for (size_t w = 1; coded && w < column->n_words; w++)
    of[w] = own->value ? own->n_levels : dc_recipe_level(own, column->words[w], strlen(column->words[w]));
  for (size_t i = 0; i < f->design.n_rows; i++) {
    size_t length, row = f->row[i];
    level[i] = own->n_levels;
    if (coded) {
      level[i] = of[dc_column_code(column, row)];
    } else if (own->value) {
      level[i] = dc_recipe_level_of(own, dc_cell_value(column, row));
    } else if (column->type == DC_TYPE_TEXT) {
      const char *text = dc_column_text(column, row, &length);
      level[i] = dc_recipe_level(own, text, length);
    }
    f->unknown[c] += level[i] == own->n_levels && !dc_cell_missing(column, row);
  }
  m->level[c] = level;
  return DC_OK;
}

dc_status dc_frame_levels(dc_framing *m)
{
  const dc_recipe *r = m->known;
  m->level = dc_arena_alloc(m->scratch, r->n_columns + 1, sizeof *m->level);
  if (!m->level) return dc_frame_no_memory(m);
  for (size_t c = 0; c < r->n_columns; c++) {
    bool wanted = r->columns[c].leveled && (m->learning || dc_recipe_predicts(r, c));
    if (!wanted || m->column[c] < 0) continue;
    const dc_column *column = &m->table->columns[m->column[c]];
    dc_status status = m->learning ? learn(m, column, &m->recipe->columns[c]) : DC_OK;
    if (status == DC_OK) status = look_up(m, c, column);
    if (status != DC_OK) return status;
  }
  return DC_OK;
}

dc_status dc_frame_codes(dc_framing *m, const uint32_t *code, uint32_t levels, const char *const *names,
                         dc_codes *codes)
{
  size_t n = m->f->design.n_rows;
  *codes = (dc_codes){.bytes = levels < 256 ? 1 : levels < 65536 ? 2 : 4, .levels = levels, .names = names};
  void *made = dc_arena_alloc(m->f->arena, n + 1, codes->bytes);
  if (!made) return dc_frame_no_memory(m);
  for (size_t i = 0; i < n && codes->bytes == 1; i++) ((uint8_t *)made)[i] = (uint8_t)code[i];
  for (size_t i = 0; i < n && codes->bytes == 2; i++) ((uint16_t *)made)[i] = (uint16_t)code[i];
  if (codes->bytes == 4) memcpy(made, code, n * sizeof *code);
  codes->code = made;
  return DC_OK;
}
