#include "engine/ingest/merge.h"

#include "engine/ingest/number.h"

#include <stdlib.h>
#include <string.h>

typedef struct merge {
  dc_table *table;
  const dc_unit *units;
  size_t n_units;
  const dc_worker *workers;
  size_t n_workers;
  bool dropped; /* some rows were rejected: their words may be in no row */
} merge;

/* Moves the units' rows together; forward, since they only move towards the beginning. */
static void close_gaps(const merge *m, void *array, size_t size)
{
  char *bytes = array;
  size_t to = 0;
  for (size_t u = 0; u < m->n_units; u++) {
    const dc_unit *unit = &m->units[u];
    if (to != unit->base && unit->rows) memmove(bytes + to * size, bytes + unit->base * size, unit->rows * size);
    to += unit->rows;
  }
}

static void *shrunk(void *array, size_t bytes)
{
  void *smaller = array ? realloc(array, bytes ? bytes : 1) : NULL;
  return smaller ? smaller : array;
}

static bool merge_text(const merge *m, size_t c, dc_column *column)
{
  size_t total = 0, row = 0;
  for (size_t u = 0; u < m->n_units; u++) total += m->units[u].columns[c].text_used;
  column->bytes = malloc(total + 1);
  if (!column->bytes) return false;
  uint64_t at = 0;
  for (size_t u = 0; u < m->n_units; u++) {
    const dc_unit *unit = &m->units[u];
    const dc_unit_column *part = &unit->columns[c];
    if (part->text_used) memcpy(column->bytes + at, part->text, part->text_used);
    for (size_t r = 0; r < unit->rows; r++, row++) {
      uint64_t end = at + column->offset[unit->base + r + 1];
      column->n_missing += end == (row ? column->offset[row] : 0);
      column->offset[row + 1] = end;
    }
    at += part->text_used;
  }
  column->bytes[total] = 0;
  column->offset[0] = 0;
  return true;
}

/* The words of all workers in one dictionary, and each worker's codes in its terms. */
typedef struct joined {
  dc_dictionary *words;
  uint32_t **map;  /* per worker: own code -> joined code */
  uint32_t *final; /* joined code -> final code */
  bool *used;      /* joined codes that stand in a row */
} joined;

static void joined_free(joined *j, size_t n_workers)
{
  for (size_t w = 0; j->map && w < n_workers; w++) free(j->map[w]);
  free(j->map);
  free(j->final);
  free(j->used);
  dc_dictionary_free(j->words);
}

static bool join_words(const merge *m, size_t c, joined *j)
{
  j->words = dc_dictionary_new();
  j->map = calloc(m->n_workers + 1, sizeof *j->map);
  if (!j->words || !j->map) return false;
  for (size_t w = 0; w < m->n_workers; w++) {
    const dc_dictionary *own = m->workers[w].words ? m->workers[w].words[c] : NULL;
    if (!own) continue;
    size_t n = dc_dictionary_count(own);
    j->map[w] = malloc((n + 1) * sizeof *j->map[w]);
    if (!j->map[w]) return false;
    for (size_t k = 0; k < n; k++) {
      size_t length;
      const char *word = dc_dictionary_word(own, (uint32_t)k, &length);
      j->map[w][k] = dc_dictionary_code(j->words, word, length);
      if (j->map[w][k] == DC_DICTIONARY_FULL) return false;
    }
  }
  return true;
}

static void mark_used(const merge *m, const dc_column *column, joined *j)
{
  for (size_t u = 0; u < m->n_units; u++) {
    const dc_unit *unit = &m->units[u];
    const uint32_t *map = j->map[unit->worker];
    for (size_t r = 0; r < unit->rows; r++) j->used[map[column->code[unit->base + r]]] = true;
  }
}

static bool number_words(const merge *m, dc_column *column, joined *j)
{
  size_t n = dc_dictionary_count(j->words);
  uint32_t *order = malloc((n + 1) * sizeof *order);
  j->final = calloc(n + 1, sizeof *j->final);
  j->used = malloc(n + 1);
  column->words = calloc(n + 1, sizeof *column->words);
  bool fine = order && j->final && j->used && column->words && (column->words[0] = calloc(1, 1)) != NULL;
  if (fine) {
    memset(j->used, !m->dropped, n + 1);
    if (m->dropped) mark_used(m, column, j);
    dc_dictionary_order(j->words, order);
    column->n_words = 1;
  }
  for (size_t i = 0; fine && i < n; i++) {
    size_t length;
    const char *word = dc_dictionary_word(j->words, order[i], &length);
    if (!j->used[order[i]] || dc_word_missing(word, length)) continue;
    char *copy = malloc(length + 1);
    fine = copy != NULL;
    if (!fine) break;
    memcpy(copy, word, length + 1);
    j->final[order[i]] = (uint32_t)column->n_words;
    column->words[column->n_words++] = copy;
  }
  free(order);
  return fine;
}

/* Worker codes to final codes, closing the gaps on the way. */
static void renumber(const merge *m, dc_column *column, const joined *j)
{
  size_t to = 0, missing = 0;
  for (size_t u = 0; u < m->n_units; u++) {
    const dc_unit *unit = &m->units[u];
    const uint32_t *map = j->map[unit->worker];
    const uint32_t *from = column->code + unit->base;
    for (size_t r = 0; r < unit->rows; r++) {
      uint32_t code = j->final[map[from[r]]];
      missing += code == 0;
      column->code[to++] = code;
    }
  }
  column->n_missing = missing;
}

static bool merge_category(const merge *m, size_t c, dc_column *column)
{
  joined j = {0};
  bool fine = join_words(m, c, &j) && number_words(m, column, &j);
  if (fine) renumber(m, column, &j);
  joined_free(&j, m->n_workers);
  return fine;
}

static void count_missing(dc_column *column, size_t rows)
{
  size_t missing = 0;
  for (size_t r = 0; r < rows && column->type == DC_TYPE_NUMBER; r++) missing += isnan(column->number[r]) != 0;
  for (size_t r = 0; r < rows && column->type == DC_TYPE_DATE; r++) missing += column->date[r] == DC_DATE_MISSING;
  for (size_t r = 0; r < rows && column->type == DC_TYPE_INSTANT; r++)
    missing += column->instant[r] == DC_INSTANT_MISSING;
  column->n_missing = missing;
}

static void make_empty(dc_column *column)
{
  for (size_t w = 0; column->words && w < column->n_words; w++) free(column->words[w]);
  free(column->number);
  free(column->date);
  free(column->instant);
  free(column->code);
  free(column->words);
  free(column->offset);
  free(column->bytes);
  column->number = NULL;
  column->date = NULL;
  column->instant = NULL;
  column->code = NULL;
  column->words = NULL;
  column->offset = NULL;
  column->bytes = NULL;
  column->n_words = 0;
  column->type = DC_TYPE_EMPTY;
}

static bool merge_column(const merge *m, size_t c, size_t rows)
{
  dc_column *column = &m->table->columns[c];
  bool fine = true;
  for (size_t u = 0; u < m->n_units; u++) column->n_bad += m->units[u].columns[c].bad;
  switch (column->type) {
    case DC_TYPE_NUMBER: close_gaps(m, column->number, sizeof *column->number); break;
    case DC_TYPE_DATE: close_gaps(m, column->date, sizeof *column->date); break;
    case DC_TYPE_INSTANT: close_gaps(m, column->instant, sizeof *column->instant); break;
    case DC_TYPE_CATEGORY: fine = merge_category(m, c, column); break;
    default: fine = merge_text(m, c, column); break;
  }
  if (!fine) return false;
  if (column->type != DC_TYPE_CATEGORY && column->type != DC_TYPE_TEXT) count_missing(column, rows);
  if (column->n_missing == rows && column->n_bad == 0) {
    make_empty(column);
    return true;
  }
  column->number = shrunk(column->number, rows * sizeof *column->number);
  column->date = shrunk(column->date, rows * sizeof *column->date);
  column->instant = shrunk(column->instant, rows * sizeof *column->instant);
  column->code = shrunk(column->code, rows * sizeof *column->code);
  column->offset = shrunk(column->offset, (rows + 1) * sizeof *column->offset);
  return true;
}

dc_status dc_merge_columns(dc_table *table, const dc_unit *units, size_t n_units, const dc_worker *workers,
                           size_t n_workers, int threads, dc_error *error)
{
  merge m = {.table = table, .units = units, .n_units = n_units, .workers = workers, .n_workers = n_workers};
  size_t rows = 0;
  bool fine = true;
  for (size_t u = 0; u < n_units; u++) {
    rows += units[u].rows;
    m.dropped |= units[u].rejected > 0;
  }
#pragma omp parallel for schedule(dynamic) num_threads(threads) if (threads > 1) reduction(&& : fine)
  for (size_t c = 0; c < table->n_columns; c++) fine = merge_column(&m, c, rows) && fine;
  close_gaps(&m, table->line, sizeof *table->line);
  table->line = shrunk(table->line, rows * sizeof *table->line);
  if (table->file) {
    size_t row = 0;
    for (size_t u = 0; u < n_units; u++)
      for (size_t r = 0; r < units[u].rows; r++) table->file[row++] = (uint16_t)units[u].file;
  }
  table->rows = rows;
  return fine ? DC_OK : dc_fail_memory(error, "joining the columns");
}
