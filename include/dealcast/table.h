/* A table of typed columns: what every source delivers and everything above ingestion reads. */
#ifndef DEALCAST_TABLE_H
#define DEALCAST_TABLE_H

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DC_DATE_MISSING INT32_MIN
#define DC_INSTANT_MISSING INT64_MIN

typedef enum dc_type {
  DC_TYPE_EMPTY,    /* no value in any row */
  DC_TYPE_NUMBER,   /* double, NaN = missing */
  DC_TYPE_DATE,     /* int32 days since 1970-01-01, DC_DATE_MISSING */
  DC_TYPE_INSTANT,  /* int64 UTC milliseconds since 1970-01-01, DC_INSTANT_MISSING */
  DC_TYPE_CATEGORY, /* code into words (dc_column_code); 0 = missing; codes 1.. in order of the words' bytes */
  DC_TYPE_TEXT      /* bytes from dc_column_offset(r) to dc_column_offset(r + 1), empty = missing */
} dc_type;

/* "number", "date", ... as shown in the `columns` table. */
const char *dc_type_name(dc_type type);

typedef struct dc_column {
  char *name; /* as in the header, trimmed, UTF-8 */
  dc_type type;
  double *number;
  int32_t *date;
  int64_t *instant;
  void *codes;        /* unsigned integers of code_bytes each: few words take one byte a row */
  uint8_t code_bytes; /* 1, 2 or 4 */
  char **words;       /* words[0] = "", words[1 .. n_words - 1] sorted by bytes; NUL-terminated, inside bytes */
  size_t n_words;
  void *offsets;          /* rows + 1 unsigned integers of offset_bytes each */
  uint8_t offset_bytes;   /* 4 or 8 */
  char *bytes;            /* of the text, or of the words */
  uint8_t currency;       /* number: of all its amounts (engine/ingest/units.h), 0 = not known */
  uint8_t *currencies;    /* number: of each row, 0 = not named; NULL when they are all alike */
  char *format;           /* how its cells are written and what proves it, for the reader; NULL = nothing to be said */
  uint64_t missing_words; /* the words for a missing value that were found (engine/ingest/missing.h) */
  size_t n_missing_words; /* cells with them, of rejected rows too */
  size_t n_missing;       /* rows without a value, cells that could not be read included */
  size_t n_bad;           /* cells that could not be read as `type` and so became missing */
} dc_column;

/* Rows in file order, files in the order given. Owned by whoever got it; free with dc_table_free. */
typedef struct dc_table {
  size_t rows;
  size_t n_columns;
  dc_column *columns;
  uint32_t *line; /* physical line of each row in its file, 1-based */
  uint16_t *file; /* index of each row's file; NULL when there is one file only */
} dc_table;

void dc_table_free(dc_table *table);

/* The code of a category cell. */
static inline uint32_t dc_column_code(const dc_column *column, size_t row)
{
  if (column->code_bytes == 1) return ((const uint8_t *)column->codes)[row];
  if (column->code_bytes == 2) return ((const uint16_t *)column->codes)[row];
  return ((const uint32_t *)column->codes)[row];
}

/* Where a text cell begins in bytes; row = rows tells where the last one ends. */
static inline uint64_t dc_column_offset(const dc_column *column, size_t row)
{
  if (column->offset_bytes == 4) return ((const uint32_t *)column->offsets)[row];
  return ((const uint64_t *)column->offsets)[row];
}

/* The value of a category or text cell as bytes (not NUL-terminated for text); *length 0 = missing. */
const char *dc_column_text(const dc_column *column, size_t row, size_t *length);

/* The day of a date or instant cell (UTC + offset minutes), DC_DATE_MISSING when absent. */
int32_t dc_column_day(const dc_column *column, size_t row, int32_t offset_minutes);

/* The column's index by exact name, or -1. */
int dc_table_find(const dc_table *table, const char *name);

#endif
