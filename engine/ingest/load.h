/* CSV files to a table of typed columns: libcsv in parallel blocks cut at record boundaries. */
#ifndef DC_INGEST_LOAD_H
#define DC_INGEST_LOAD_H

#include "dealcast/error.h"
#include "dealcast/table.h"
#include "engine/ingest/number.h"
#include "engine/ingest/when.h"
#include <stdbool.h>

/* One defect rule, with how often it struck and where first. */
typedef struct dc_reject {
  const char *rule; /* static text, e.g. "short row", "not a number", "impossible date" */
  bool whole_row;   /* false: the cell became missing, the row stayed */
  int64_t count;
  double amount;        /* of the rows whose amount could be read; NaN = none could */
  int file;             /* index into inputs of the first one */
  int64_t line;         /* its physical line */
  int32_t column;       /* its 1-based field, 0 = the row */
  char column_name[64]; /* "" for rows */
  char value[64];       /* the first one's text, cut */
} dc_reject;

typedef struct dc_rejects {
  dc_reject *items;
  size_t count, capacity;
} dc_rejects;

/* Adds count to the entry of (rule, column_name), keeping the first place; false when memory ends. */
bool dc_rejects_add(dc_rejects *rejects, const dc_reject *one);

/* The error that a reject is under strict: DC_E_INPUT with its place in the file of this path, the value, and the way to
 * mend it. */
dc_status dc_reject_fail(const dc_reject *reject, const char *path, dc_error *error);

/* What a file was and how its rows balance: read = used + rejected + duplicate + after_as_of + excluded + blank +
 * preamble. The loader fills read (records after the header, blank and preamble ones included), rejected, blank,
 * preamble; the rest starts at 0. */
typedef struct dc_input {
  char *path;     /* as given, for messages only */
  char *name;     /* the last part of the path; "-" for standard input */
  uint64_t bytes; /* as stored (compressed size for .gz) */
  char hash[17];  /* 64-bit hash of the stored bytes, hex */
  char delimiter;
  int64_t read, used, rejected, duplicate, after_as_of, excluded, blank, preamble;
} dc_input;

typedef struct dc_load {
  dc_table *table;
  size_t n_inputs;
  dc_input *inputs;
  dc_rejects rejects;
  bool strict; /* as requested: whoever rejects a row later stops, too */
} dc_load;

typedef struct dc_load_request {
  const char *const *paths;
  size_t n_paths;
  const char *const
      *names; /* --columns: names for headerless files, "_" leaves one out; NULL = the file has a header */
  size_t n_names;
  int threads;
  bool strict;
  dc_decimal decimal;  /* --decimal: the mark of all columns; DC_DECIMAL_UNKNOWN = each column proves its own */
  dc_when_style dates; /* --dates: their order; bare: only DC_BARE_EXCEL_1904; periods: expected dates may be 2025-Q1 */
  /* What the engine knows about a column before its values are typed; may be NULL. Return DC_TYPE_TEXT for ids,
   * DC_TYPE_NUMBER, _CATEGORY for columns whose role asks for it, DC_TYPE_DATE where it may (the content decides when
   * less than half of the values are dates), DC_TYPE_EMPTY to decide by content. */
  dc_type (*expect)(void *context, const char *name);
  void *context;
  void (*progress)(void *context, const char *what, double share); /* may be NULL */
} dc_load_request;

/* How a file is read:
 * - Cells are trimmed, inside quotes too. Missing: empty, NA, N/A, NaN, null, NULL, None, none, -, #REF!, #N/A, nil.
 * - A row with another number of fields than the header is rejected, never padded or shifted. So are rows with control
 *   characters, with a field above 1 MiB, above 16 MiB, or with text behind a closing quote; then reading goes on behind
 *   the line of the opening quote. A quote inside an unquoted field is taken as it stands (strict: rejected). A quote
 *   that is never closed stops the load. Blank lines are counted, not kept. A file of which no row is usable stops it.
 * - Types: engine/ingest/evidence.h; numbers: number.h (12 % is 12); dates: when.h. An expected date is an instant when
 *   its cells have times of day. A column without any value is DC_TYPE_EMPTY even when a type was expected.
 * - A cell that is unreadable for its type becomes missing, is counted and listed in rejects; a type that was found by
 *   content is given up for words when more than 5 % of the values are unreadable. */

/* Reads files of one shape as one table. Errors name file, line and the way to mend. The table, codes and counts do
 * not depend on the number of threads. */
dc_status dc_load_csv(const dc_load_request *request, dc_load **load, dc_error *error) DC_MUST_CHECK;
void dc_load_free(dc_load *load);

#endif
