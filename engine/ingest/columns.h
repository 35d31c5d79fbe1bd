/* Cells to typed columns: what one worker writes while it reads one unit of a file. */
#ifndef DC_INGEST_COLUMNS_H
#define DC_INGEST_COLUMNS_H

#include "engine/ingest/evidence.h"
#include "engine/ingest/layout.h"
#include "engine/ingest/load.h"

/* A column as it is being filled by all workers: arrays for as many rows as there can be, and how its cells are read.
 * Until dc_merge_columns, categories hold a worker's own codes in 4 bytes each, and texts' offsets, of 8 bytes each, count
 * from the beginning of their unit. */
typedef struct dc_filling {
  dc_column *column; /* name and arrays; the table's */
  dc_guess guess;
} dc_filling;

typedef struct dc_unit_column {
  size_t bad;
  uint32_t seen;         /* DC_NUMBER_ or DC_WHEN_ bits of rows in use */
  dc_missing words_seen; /* words for a missing value, and in how many cells */
  size_t words;
  char *text;
  size_t text_used, text_size;
} dc_unit_column;

/* A stretch of one file that one worker reads: a block, or a whole file in sequence. */
typedef struct dc_unit {
  size_t file;
  dc_block block;
  bool last; /* the text ends with it */
  bool sequential;
  size_t base; /* index of its first row; rows base .. base + block.lines are its own */
  size_t rows; /* results from here on */
  int64_t read, rejected, blank;
  dc_rejects rejects;
  dc_unit_column *columns;
  int worker;
  bool unsure;
  dc_status status;
  dc_error error;
} dc_unit;

/* What all units of a load share. */
typedef struct dc_filling_job {
  dc_filling *fillings;
  size_t n_columns;
  uint32_t *line;
  const dc_layout *layouts; /* per file */
  bool strict;
} dc_filling_job;

typedef struct dc_pending dc_pending;
typedef struct dc_slot dc_slot;

/* One per thread. */
typedef struct dc_worker {
  const dc_filling_job *job;
  dc_unit *unit;
  const dc_layout *layout;
  dc_slot *slots; /* per field of the unit's file: where its cells go */
  size_t field;   /* of the current record; stays at n_fields when there are more */
  bool surplus;   /* there are more */
  size_t row;
  bool memory_ended, unnamed_value;
  dc_dictionary **words; /* n_columns, made when needed */
  dc_pending *pending;   /* bad cells of the current record */
  size_t n_pending, pending_size;
  size_t *texts, n_texts; /* the text columns */
} dc_worker;

bool dc_worker_init(dc_worker *worker, const dc_filling_job *job);
void dc_worker_free(dc_worker *worker);

/* Points the worker at a unit; then its sink is fed by dc_read_block or dc_read_sequence. */
bool dc_worker_begin(dc_worker *worker, dc_unit *unit, int number);
dc_sink dc_worker_sink(dc_worker *worker);
void dc_worker_end(dc_worker *worker); /* gives back what the unit's texts did not need */

void dc_unit_reset(dc_unit *unit, size_t n_columns); /* frees its results */

#endif
