/* Cells to typed columns: what one worker writes while it reads one unit of a file. */
#ifndef DC_INGEST_COLUMNS_H
#define DC_INGEST_COLUMNS_H

#include "engine/ingest/evidence.h"
#include "engine/ingest/fields.h"
#include "engine/ingest/layout.h"
#include "engine/ingest/load.h"

/* A column as it is being filled by all workers: arrays for as many rows as there can be, and how its cells are read.
 * Until dc_merge_columns, categories hold a worker's own codes, in as many bytes as were expected to do or in a unit's own
 * array; texts' offsets tell where a cell ends, counted from the beginning of its unit. */
typedef struct dc_filling {
  dc_column *column; /* name and arrays; the table's */
  dc_guess guess;
} dc_filling;

typedef struct dc_unit_column {
  size_t bad;
  size_t missing; /* counted when the unit ends; not for categories, whose words tell in the end */
  bool own_codes; /* the column's codes are too narrow for this unit's */
  uint8_t code_bytes;
  void *codes;           /* of the unit's first row */
  uint32_t seen;         /* DC_NUMBER_ or DC_WHEN_ bits of rows in use */
  dc_missing words_seen; /* words for a missing value, and in how many cells */
  size_t words;
  size_t words_before; /* the batch */
  dc_buffer *room;     /* the unit's text while it is filled: a buffer of the worker's */
  char *text;          /* and then, in the worker's blocks unless it is the unit's own */
  size_t text_used;
  bool own_text;
} dc_unit_column;

/* A stretch of one file that one worker reads: a block, or a whole file in sequence. */
typedef struct dc_unit {
  size_t file;
  dc_block block;
  bool last; /* the text ends with it */
  bool sequential;
  size_t base, capacity; /* index of its first row, and how many there can be */
  size_t rows;           /* results from here on */
  int64_t read, rejected, blank;
  dc_rejects rejects;
  dc_unit_column *columns;
  int worker;
  bool unsure;
  bool again;       /* read at speed, and then once more */
  int64_t at_speed; /* rows that libcsv did not see */
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
typedef struct dc_undo dc_undo;

static inline uint32_t dc_code_read(const void *codes, uint8_t bytes, size_t index)
{
  if (bytes == 1) return ((const uint8_t *)codes)[index];
  if (bytes == 2) return ((const uint16_t *)codes)[index];
  return ((const uint32_t *)codes)[index];
}

static inline void dc_code_write(void *codes, uint8_t bytes, size_t index, uint32_t code)
{
  if (bytes == 1) {
    ((uint8_t *)codes)[index] = (uint8_t)code;
  } else if (bytes == 2) {
    ((uint16_t *)codes)[index] = (uint16_t)code;
  } else {
    ((uint32_t *)codes)[index] = code;
  }
}

/* Where the cells of one field go. */
typedef enum dc_slot_kind {
  DC_SLOT_OUT,
  DC_SLOT_UNNAMED,
  DC_SLOT_NUMBER,
  DC_SLOT_DATE,
  DC_SLOT_INSTANT,
  DC_SLOT_CATEGORY,
  DC_SLOT_TEXT,
  DC_SLOT_SURPLUS
} dc_slot_kind;

/* Gathered for the inner loops. */
typedef struct dc_slot {
  dc_slot_kind kind;
  int32_t index; /* of the column */
  dc_guess guess;
  dc_unit_column *unit;
  dc_dictionary *words;
  dc_column column;
} dc_slot;

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
  dc_undo *undo; /* what the current record changed of the columns: taken back when it is rejected */
  size_t n_undo, undo_size;
  dc_slot **texts; /* of the unit's file */
  size_t n_texts;
  dc_buffer *rooms;             /* per column: texts of the unit in hand */
  struct dc_text_block *blocks; /* texts of the units before it */
  dc_fields fields;             /* for blocks that are read at speed, as all of the following */
  char *scratch;
  size_t scratch_size;
  uint32_t *begins;
  size_t begins_size;
  int32_t *months;
  const struct dc_kernels8 *kernels; /* NULL: cells are read one by one */
} dc_worker;

bool dc_worker_init(dc_worker *worker, const dc_filling_job *job);
void dc_worker_free(dc_worker *worker);

/* Points the worker at a unit; then its sink is fed by dc_read_block or dc_read_sequence. */
bool dc_worker_begin(dc_worker *worker, dc_unit *unit, int number);
dc_sink dc_worker_sink(dc_worker *worker);
void dc_worker_end(dc_worker *worker); /* gives back what the unit's texts did not need */

/* One cell of the current row into its slot, as libcsv delivered it. n_pending grows when it cannot be read. */
void dc_cell_put(dc_worker *worker, const dc_slot *slot, const char *text, size_t length);

/* Its code, for the row with this index; false when memory ends. */
bool dc_code_put(const dc_worker *worker, const dc_slot *slot, size_t row, uint32_t code);

/* Room for so many more bytes of a unit's text, and DC_TEXT_SLACK behind them. */
enum { DC_TEXT_SLACK = 32 };
bool dc_text_room(dc_unit_column *column, size_t bytes);

/* How long the unit's text is after the row with this index. */
static inline void dc_offset_put(const dc_slot *slot, size_t row, size_t end)
{
  if (slot->column.offset_bytes == 4) {
    ((uint32_t *)slot->column.offsets)[row + 1] = (uint32_t)end;
  } else {
    ((uint64_t *)slot->column.offsets)[row + 1] = end;
  }
}

void dc_unit_reset(dc_unit *unit, size_t n_columns); /* frees its results */

#endif
