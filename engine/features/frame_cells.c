#include "engine/features/frame_cells.h"

#include "engine/base/arena.h"
#include "engine/base/dictionary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

dc_cells dc_cells_of(const dc_recipe_term *term)
{
  dc_cells cells = {.n = 0};
  for (size_t i = 0; i < term->n_parts; i++)
    if (term->parts[i].factor) cells.part[cells.n++] = i;
  return cells;
}

static const dc_recipe_column *column_of(const dc_framing *m, const dc_recipe_term *term, size_t part)
{
  return &m->known->columns[term->parts[part].column];
}

/* Is the combination one of those without a column? Some factor at its reference, or, where all have all their columns, all. */
static bool is_reference(const dc_framing *m, const dc_recipe_term *term, const dc_cells *cells, const uint32_t *level)
{
  if (term->reference == DC_NO_REFERENCE) return false;
  bool all = true, contrasts = false;
  for (size_t k = 0; k < cells->n; k++) {
    bool at = level[k] == column_of(m, term, cells->part[k])->reference;
    bool full = term->parts[cells->part[k]].full;
    if (at && !full) return true;
    contrasts |= !full;
    all &= at;
  }
  return all && !contrasts;
}

/* The levels of a row; false when one is not known. */
static bool levels_of(const dc_framing *m, const dc_recipe_term *term, const dc_cells *cells, size_t i, uint32_t *level)
{
  bool known = true;
  for (size_t k = 0; k < cells->n; k++) {
    level[k] = m->level[term->parts[cells->part[k]].column][i];
    known &= level[k] < column_of(m, term, cells->part[k])->n_levels;
  }
  return known;
}

/* In an order of bytes that is the order of the levels. */
static void put_key(const uint32_t *level, size_t n, unsigned char *key)
{
  for (size_t k = 0; k < n; k++)
    for (int b = 0; b < 4; b++) key[4 * k + (size_t)b] = (unsigned char)(level[k] >> (24 - 8 * b));
}

static uint32_t level_of_key(const unsigned char *key, size_t k)
{
  uint32_t level = 0;
  for (size_t b = 0; b < 4; b++) level = level << 8 | key[4 * k + b];
  return level;
}

static dc_status keep(dc_framing *m, dc_recipe_term *term, const dc_cells *cells, dc_dictionary *found)
{
  size_t n = dc_dictionary_count(found), first = term->reference == DC_NO_REFERENCE ? 0 : 1;
  uint32_t *order = malloc((n + 1) * sizeof *order), *rank = malloc((n + 1) * sizeof *rank);
  term->cell = dc_arena_alloc(m->recipe->arena, (n + first + 1) * cells->n, sizeof *term->cell);
  bool fine = order && rank && term->cell && dc_words_rank(dc_dictionary_words(found), n, order, rank) != SIZE_MAX;
  for (size_t k = 0; fine && first && k < cells->n; k++) term->cell[k] = column_of(m, term, cells->part[k])->reference;
  for (size_t c = 0; c < n && fine; c++) {
    const char *key = dc_dictionary_word(found, order[c], NULL);
    for (size_t k = 0; k < cells->n; k++)
      term->cell[(c + first) * cells->n + k] = level_of_key((const unsigned char *)key, k);
  }
  term->n_cells = (uint32_t)(n + first);
  free(order);
  free(rank);
  return fine ? DC_OK : dc_frame_no_memory(m);
}

dc_status dc_cells_learn(dc_framing *m, dc_recipe_term *term, const dc_cells *cells)
{
  dc_dictionary *found = dc_dictionary_new();
  bool fine = found != NULL;
  for (size_t i = 0; i < m->f->design.n_rows && fine; i++) {
    uint32_t level[DC_FORMULA_FACTORS];
    unsigned char key[4 * DC_FORMULA_FACTORS];
    levels_of(m, term, cells, i, level);
    if (is_reference(m, term, cells, level)) continue;
    put_key(level, cells->n, key);
    fine = dc_dictionary_code(found, (const char *)key, 4 * cells->n) != DC_DICTIONARY_FULL;
  }
  dc_status status = fine ? keep(m, term, cells, found) : dc_frame_no_memory(m);
  dc_dictionary_free(found);
  return status;
}

static int compare(const uint32_t *a, const uint32_t *b, size_t n)
{
  for (size_t k = 0; k < n; k++)
    if (a[k] != b[k]) return a[k] < b[k] ? -1 : 1;
  return 0;
}

static uint32_t find(const dc_recipe_term *term, const dc_cells *cells, const uint32_t *level)
{
  uint32_t low = term->reference == DC_NO_REFERENCE ? 0 : 1, high = term->n_cells;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    int order = compare(level, term->cell + (size_t)middle * cells->n, cells->n);
    if (order == 0) return middle;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return term->n_cells;
}

dc_status dc_cells_code(dc_framing *m, const dc_recipe_term *term, const dc_cells *cells, uint32_t **code)
{
  *code = dc_arena_alloc(m->scratch, m->f->design.n_rows + 1, sizeof **code);
  if (!*code) return dc_frame_no_memory(m);
  for (size_t i = 0; i < m->f->design.n_rows; i++) {
    uint32_t level[DC_FORMULA_FACTORS];
    bool known = levels_of(m, term, cells, i, level);
    (*code)[i] = !known ? term->n_cells : is_reference(m, term, cells, level) ? 0 : find(term, cells, level);
  }
  return DC_OK;
}

dc_status dc_cells_name(dc_framing *m, const dc_recipe_term *term, const dc_cells *cells, const char *const **names)
{
  const char **made = dc_arena_alloc(m->f->arena, term->n_cells + 1u, sizeof *made);
  if (!made) return dc_frame_no_memory(m);
  for (uint32_t c = 0; c < term->n_cells; c++) {
    size_t room = 1, used = 0;
    const uint32_t *level = term->cell + (size_t)c * cells->n;
    for (size_t k = 0; k < cells->n; k++) room += strlen(column_of(m, term, cells->part[k])->level[level[k]]) + 1;
    char *name = dc_arena_alloc(m->f->arena, room, 1);
    if (!name) return dc_frame_no_memory(m);
    for (size_t k = 0; k < cells->n; k++)
      used += (size_t)snprintf(name + used, room - used, "%s%s", k ? ":" : "",
                               column_of(m, term, cells->part[k])->level[level[k]]);
    made[c] = name;
  }
  *names = made;
  return DC_OK;
}
