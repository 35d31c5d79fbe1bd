#include "engine/ingest/merge.h"

#include "engine/base/pages.h"
#include "engine/ingest/missing.h"

#include <stdlib.h>
#include <string.h>

typedef struct merge {
  dc_table *table;
  const dc_unit *units;
  size_t n_units;
  const dc_worker *workers;
  size_t n_workers;
  bool dropped; /* some rows were rejected, or read twice: their words may be in no row */
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

/* Ends of cells in the unit's text become ends in the column's. */
static void shift_offsets(const dc_unit *unit, dc_column *column, size_t row, uint64_t by)
{
  for (size_t r = 0; r < unit->rows; r++) {
    uint64_t end = by + dc_column_offset(column, unit->base + r + 1);
    if (column->offset_bytes == 4) {
      ((uint32_t *)column->offsets)[row + r + 1] = (uint32_t)end;
    } else {
      ((uint64_t *)column->offsets)[row + r + 1] = end;
    }
  }
}

static bool merge_text(const merge *m, size_t c, dc_column *column)
{
  size_t total = 0, row = 0;
  for (size_t u = 0; u < m->n_units; u++) total += m->units[u].columns[c].text_used;
  column->bytes = dc_pages_alloc(total + 1);
  if (!column->bytes) return false;
  uint64_t at = 0;
  for (size_t u = 0; u < m->n_units; u++) {
    const dc_unit *unit = &m->units[u];
    const dc_unit_column *part = &unit->columns[c];
    if (part->text_used) memcpy(column->bytes + at, part->text, part->text_used);
    shift_offsets(unit, column, row, at);
    row += unit->rows;
    at += part->text_used;
  }
  column->bytes[total] = 0;
  memset(column->offsets, 0, column->offset_bytes);
  return true;
}

/* The words of all workers behind each other; code k of worker w is word first[w] + k. */
typedef struct joined {
  dc_word *words;
  size_t *first;
  size_t n, n_distinct;
  uint32_t *order, *rank; /* as from dc_words_rank */
  uint32_t *code;         /* of each rank; 0 = missing, or in no row */
  bool *used;             /* of each rank */
  bool any_own;           /* some unit's codes are not in the column's array */
  dc_missing missing;
  uint32_t blank; /* the rank of nothing, UINT32_MAX when no cell is blank */
} joined;

static void joined_free(joined *j)
{
  free(j->words);
  free(j->first);
  free(j->order);
  free(j->rank);
  free(j->code);
  free(j->used);
}

static bool join_words(const merge *m, size_t c, joined *j)
{
  j->first = calloc(m->n_workers + 1, sizeof *j->first);
  if (!j->first) return false;
  for (size_t w = 0; w < m->n_workers; w++) {
    const dc_dictionary *own = m->workers[w].words ? m->workers[w].words[c] : NULL;
    j->first[w + 1] = j->first[w] + (own ? dc_dictionary_count(own) : 0);
  }
  j->n = j->first[m->n_workers];
  j->words = malloc((j->n + 1) * sizeof *j->words);
  j->order = malloc((j->n + 1) * sizeof *j->order);
  j->rank = malloc((j->n + 1) * sizeof *j->rank);
  if (!j->words || !j->order || !j->rank) return false;
  for (size_t w = 0; w < m->n_workers; w++) {
    size_t n = j->first[w + 1] - j->first[w];
    if (!n) continue;
    memcpy(j->words + j->first[w], dc_dictionary_words(m->workers[w].words[c]), n * sizeof *j->words);
    j->missing = m->workers[w].job->fillings[c].guess.missing;
  }
  j->n_distinct = j->n < UINT32_MAX ? dc_words_rank(j->words, j->n, j->order, j->rank) : SIZE_MAX;
  return j->n_distinct != SIZE_MAX;
}

static bool mark_used(const merge *m, size_t c, joined *j)
{
  j->used = malloc(j->n_distinct + 1);
  if (!j->used) return false;
  memset(j->used, !m->dropped, j->n_distinct + 1);
  for (size_t u = 0; u < m->n_units; u++) {
    const dc_unit *unit = &m->units[u];
    const dc_unit_column *part = &unit->columns[c];
    const uint32_t *rank = j->rank + j->first[unit->worker];
    j->any_own |= part->own_codes;
    for (size_t r = 0; r < unit->rows && m->dropped; r++)
      j->used[rank[dc_code_read(part->codes, part->code_bytes, r)]] = true;
  }
  return true;
}

/* The words that stand in a row and are no missing words, copied in order; their final codes. The words are all over the
 * memory: they are asked for some steps ahead. */
static bool number_words(joined *j, dc_column *column)
{
  enum { AHEAD = 32 };
  size_t bytes = 1;
  for (size_t i = 0; i < j->n; i++) bytes += j->words[i].length + 1;
  j->code = calloc(j->n_distinct + 1, sizeof *j->code);
  column->words = malloc((j->n_distinct + 1) * sizeof *column->words);
  char *at = column->bytes = malloc(bytes);
  if (!j->code || !column->words || !at) return false;
  *at = 0;
  column->words[0] = at++;
  column->n_words = 1;
  uint32_t before = UINT32_MAX;
  for (size_t i = 0; i < j->n; i++) {
    if (i + AHEAD < j->n) __builtin_prefetch(&j->words[j->order[i + AHEAD]]);
    if (i + AHEAD / 2 < j->n) __builtin_prefetch(j->words[j->order[i + AHEAD / 2]].bytes);
    uint32_t rank = j->rank[j->order[i]];
    if (rank == before) continue;
    before = rank;
    dc_word word = j->words[j->order[i]];
    int missing = word.length ? dc_missing_find(j->missing, word.bytes, word.length) : -1;
    if (!word.length) j->blank = rank;
    if (missing >= 0 && j->used[rank]) column->missing_words |= (dc_missing)1 << missing;
    if (!j->used[rank] || !word.length || missing >= 0) continue;
    j->code[rank] = (uint32_t)column->n_words;
    column->words[column->n_words++] = memcpy(at, word.bytes, word.length + 1);
    at += word.length + 1;
  }
  return true;
}

/* Rows with a word for a missing value. */
static size_t count_words(const merge *m, size_t c, const joined *j)
{
  size_t n = 0;
  for (size_t u = 0; u < m->n_units; u++) {
    const dc_unit *unit = &m->units[u];
    const dc_unit_column *part = &unit->columns[c];
    const uint32_t *rank = j->rank + j->first[unit->worker];
    for (size_t r = 0; r < unit->rows; r++) {
      uint32_t one = rank[dc_code_read(part->codes, part->code_bytes, r)];
      n += j->code[one] == 0 && one != j->blank;
    }
  }
  return n;
}

#define RECODE(from_type, to_type)                                                                                     \
  for (size_t r = 0; r < n; r++) {                                                                                     \
    from_type own;                                                                                                     \
    memcpy(&own, (const char *)from + r * sizeof own, sizeof own);                                                     \
    to_type code = (to_type)map[own];                                                                                  \
    missing += code == 0;                                                                                              \
    memcpy((char *)to + r * sizeof code, &code, sizeof code);                                                          \
  }                                                                                                                    \
  break

/* n codes through map; to may begin where from does when it is not wider. Returns how many became 0. */
static size_t recode(const void *from, uint8_t from_bytes, void *to, uint8_t to_bytes, size_t n, const uint32_t *map)
{
  size_t missing = 0;
  switch (from_bytes * 8 + to_bytes) {
    case 1 * 8 + 1: RECODE(uint8_t, uint8_t);
    case 1 * 8 + 2: RECODE(uint8_t, uint16_t);
    case 1 * 8 + 4: RECODE(uint8_t, uint32_t);
    case 2 * 8 + 1: RECODE(uint16_t, uint8_t);
    case 2 * 8 + 2: RECODE(uint16_t, uint16_t);
    case 2 * 8 + 4: RECODE(uint16_t, uint32_t);
    case 4 * 8 + 1: RECODE(uint32_t, uint8_t);
    case 4 * 8 + 2: RECODE(uint32_t, uint16_t);
    default: RECODE(uint32_t, uint32_t);
  }
  return missing;
}

/* Worker codes to final codes, closing the gaps on the way: in place unless the final ones are wider. */
static bool renumber(const merge *m, size_t c, dc_column *column, const joined *j, size_t rows)
{
  uint8_t bytes = column->n_words <= UINT8_MAX + 1 ? 1 : column->n_words <= UINT16_MAX + 1 ? 2 : 4;
  void *codes = column->codes;
  if (bytes > column->code_bytes || j->any_own) codes = dc_pages_alloc(rows * bytes + 1);
  uint32_t *map = malloc((j->n + 1) * sizeof *map);
  for (size_t i = 0; map && i < j->n; i++) map[i] = j->code[j->rank[i]];
  size_t to = 0;
  for (size_t u = 0; codes && map && u < m->n_units; u++) {
    const dc_unit *unit = &m->units[u];
    const dc_unit_column *part = &unit->columns[c];
    column->n_missing += recode(part->codes, part->code_bytes, (char *)codes + to * bytes, bytes, unit->rows,
                                map + j->first[unit->worker]);
    to += unit->rows;
  }
  bool fine = codes && map;
  free(map);
  if (codes != column->codes) free(column->codes);
  column->codes = codes;
  column->code_bytes = bytes;
  return fine;
}

static bool merge_category(const merge *m, size_t c, dc_column *column, size_t rows)
{
  joined j = {.blank = UINT32_MAX};
  bool fine = join_words(m, c, &j) && mark_used(m, c, &j) && number_words(&j, column);
  if (fine && column->missing_words) column->n_missing_words = count_words(m, c, &j);
  fine = fine && renumber(m, c, column, &j, rows);
  joined_free(&j);
  return fine;
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
  for (size_t u = 0; u < m->n_units; u++) {
    column->n_bad += m->units[u].columns[c].bad;
    column->n_missing += m->units[u].columns[c].missing;
  }
  switch (column->type) {
    case DC_TYPE_NUMBER:
      close_gaps(m, column->number, sizeof *column->number);
      if (column->currencies) close_gaps(m, column->currencies, sizeof *column->currencies);
      break;
    case DC_TYPE_DATE: close_gaps(m, column->date, sizeof *column->date); break;
    case DC_TYPE_INSTANT: close_gaps(m, column->instant, sizeof *column->instant); break;
    case DC_TYPE_CATEGORY: fine = merge_category(m, c, column, rows); break;
    default: fine = merge_text(m, c, column); break;
  }
  if (!fine) return false;
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
    m.dropped |= units[u].rejected > 0 || units[u].again;
  }
  for (size_t w = 0; w < n_workers; w++)
    for (size_t c = 0; c < table->n_columns; c++)
      if (workers[w].words && workers[w].words[c]) dc_dictionary_close(workers[w].words[c]);
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
