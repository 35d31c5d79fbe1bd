#include "engine/ingest/merge.h"

#include "engine/ingest/missing.h"

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

/* Narrower numbers may overwrite the wide ones that they come from, in order from the first. */
static inline void put_unsigned(void *array, int bytes, size_t index, uint64_t value)
{
  switch (bytes) {
    case 1: ((uint8_t *)array)[index] = (uint8_t)value; break;
    case 2: ((uint16_t *)array)[index] = (uint16_t)value; break;
    case 4: ((uint32_t *)array)[index] = (uint32_t)value; break;
    default: ((uint64_t *)array)[index] = value; break;
  }
}

static bool merge_text(const merge *m, size_t c, dc_column *column)
{
  size_t total = 0, row = 0;
  for (size_t u = 0; u < m->n_units; u++) total += m->units[u].columns[c].text_used;
  column->bytes = malloc(total + 1);
  if (!column->bytes) return false;
  const uint64_t *offset = column->offsets;
  uint64_t at = 0, before = 0;
  column->offset_bytes = total <= UINT32_MAX ? 4 : 8;
  for (size_t u = 0; u < m->n_units; u++) {
    const dc_unit *unit = &m->units[u];
    const dc_unit_column *part = &unit->columns[c];
    if (part->text_used) memcpy(column->bytes + at, part->text, part->text_used);
    for (size_t r = 0; r < unit->rows; r++, row++) {
      uint64_t end = at + offset[unit->base + r + 1];
      column->n_missing += end == before;
      put_unsigned(column->offsets, column->offset_bytes, row + 1, before = end);
    }
    at += part->text_used;
  }
  column->bytes[total] = 0;
  put_unsigned(column->offsets, column->offset_bytes, 0, 0);
  return true;
}

/* The words of all workers in one dictionary, and each worker's codes in its terms. */
typedef struct joined {
  dc_dictionary *words;
  uint32_t **map;  /* per worker: own code -> joined code */
  uint32_t *final; /* joined code -> final code */
  bool *used;      /* joined codes that stand in a row */
  dc_missing missing;
  uint32_t blank; /* the joined code of nothing, DC_DICTIONARY_FULL when no cell is blank */
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
    j->missing = m->workers[w].job->fillings[c].guess.missing;
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
  const uint32_t *codes = column->codes;
  for (size_t u = 0; u < m->n_units; u++) {
    const dc_unit *unit = &m->units[u];
    const uint32_t *map = j->map[unit->worker];
    for (size_t r = 0; r < unit->rows; r++) j->used[map[codes[unit->base + r]]] = true;
  }
}

/* The words that stand in a row and are no missing words, copied in order; their final codes. */
static bool copy_words(joined *j, const uint32_t *order, size_t n, dc_column *column)
{
  size_t bytes = 1, length;
  for (size_t i = 0; i < n; i++) {
    (void)dc_dictionary_word(j->words, (uint32_t)i, &length);
    bytes += length + 1;
  }
  column->words = malloc((n + 1) * sizeof *column->words);
  char *at = column->bytes = malloc(bytes);
  if (!column->words || !at) return false;
  *at = 0;
  column->words[0] = at++;
  column->n_words = 1;
  for (size_t i = 0; i < n; i++) {
    const char *word = dc_dictionary_word(j->words, order[i], &length);
    if (!length) j->blank = order[i];
    int missing = length ? dc_missing_find(j->missing, word, length) : -1;
    if (missing >= 0 && j->used[order[i]]) column->missing_words |= (dc_missing)1 << missing;
    if (!j->used[order[i]] || !length || missing >= 0) continue;
    j->final[order[i]] = (uint32_t)column->n_words;
    column->words[column->n_words++] = memcpy(at, word, length + 1);
    at += length + 1;
  }
  return true;
}

static bool number_words(const merge *m, dc_column *column, joined *j)
{
  size_t n = dc_dictionary_count(j->words);
  uint32_t *order = malloc((n + 1) * sizeof *order);
  j->final = calloc(n + 1, sizeof *j->final);
  j->used = malloc(n + 1);
  bool fine = order && j->final && j->used;
  if (fine) {
    memset(j->used, !m->dropped, n + 1);
    if (m->dropped) mark_used(m, column, j);
    dc_dictionary_order(j->words, order);
    fine = copy_words(j, order, n, column);
  }
  free(order);
  return fine;
}

/* Worker codes to final codes, closing the gaps on the way. */
static void renumber(const merge *m, dc_column *column, const joined *j)
{
  size_t to = 0, missing = 0, blank = 0;
  column->code_bytes = column->n_words <= UINT8_MAX + 1 ? 1 : column->n_words <= UINT16_MAX + 1 ? 2 : 4;
  for (size_t u = 0; u < m->n_units; u++) {
    const dc_unit *unit = &m->units[u];
    const uint32_t *map = j->map[unit->worker];
    const uint32_t *from = (const uint32_t *)column->codes + unit->base;
    for (size_t r = 0; r < unit->rows; r++) {
      uint32_t code = j->final[map[from[r]]];
      missing += code == 0;
      blank += map[from[r]] == j->blank;
      put_unsigned(column->codes, column->code_bytes, to++, code);
    }
  }
  column->n_missing = missing;
  column->n_missing_words = missing - blank;
}

static bool merge_category(const merge *m, size_t c, dc_column *column)
{
  joined j = {.blank = DC_DICTIONARY_FULL};
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
  free(column->number);
  free(column->currencies);
  free(column->date);
  free(column->instant);
  free(column->codes);
  free(column->words);
  free(column->offsets);
  free(column->bytes);
  column->number = NULL;
  column->currencies = NULL;
  column->date = NULL;
  column->instant = NULL;
  column->codes = NULL;
  column->words = NULL;
  column->offsets = NULL;
  column->code_bytes = column->offset_bytes = 0;
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
    case DC_TYPE_NUMBER:
      close_gaps(m, column->number, sizeof *column->number);
      if (column->currencies) close_gaps(m, column->currencies, sizeof *column->currencies);
      break;
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
  column->codes = shrunk(column->codes, rows * column->code_bytes);
  column->offsets = shrunk(column->offsets, (rows + 1) * column->offset_bytes);
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
