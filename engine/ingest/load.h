/* CSV files to a table of typed columns: libcsv in parallel blocks cut at record boundaries. */
#ifndef DC_INGEST_LOAD_H
#define DC_INGEST_LOAD_H

#include "dealcast/error.h"
#include "dealcast/rejects.h"
#include "dealcast/table.h"
#include "engine/ingest/number.h"
#include "engine/ingest/rejects.h"
#include "engine/ingest/when.h"
#include <stdbool.h>

/* What became of a row of the table. */
typedef enum dc_fate {
  DC_ROW_USED,
  DC_ROW_REJECTED,
  DC_ROW_DUPLICATE,
  DC_ROW_AFTER_AS_OF,
  DC_ROW_EXCLUDED,
  DC_ROW_PREAMBLE, /* titles above the header, lines of totals below */
  DC_FATES
} dc_fate;

/* What a file was and how its rows balance: read = used + rejected + duplicate + after_as_of + excluded + blank +
 * preamble. The loader fills read (records, and the lines above the header and below the last record), rejected, blank,
 * preamble; the rest starts at 0 and is moved by dc_load_set_aside.
 * amount             by fate, over the amounts that can be read; NaN = the file has none. dc_load_weigh fills it
 * amount_read        of all of them
 * amount_unreadable  rows whose amount stands there and cannot be read, and rows whose shape hides it */
typedef struct dc_input {
  char *path;           /* as given, for messages only */
  char *name;           /* the last part of the path; "-" for standard input */
  uint64_t bytes;       /* as stored (compressed size for .gz) */
  char hash[17];        /* 64-bit hash of the stored bytes, hex */
  char encoding[32];    /* that it was in: "UTF-8", "GB18030", ... */
  const char *dialect;  /* "plain", "single quotes", "backslash escapes", "blanks", "wrapped rows"; static */
  char delimiter;       /* of the fields; a tab where they are apart by blanks */
  int64_t header_line;  /* 0: there is none */
  int64_t footer_line;  /* where lines below the last record begin; 0: there are none */
  int64_t above, below; /* of preamble: titles above the header, footers */
  int64_t unwrapped;    /* rows that were one quoted field with a record in it */
  int64_t read, used, rejected, duplicate, after_as_of, excluded, blank, preamble;
  double amount[DC_FATES], amount_read;
  int64_t amount_unreadable;
} dc_input;

typedef struct dc_load {
  dc_table *table;
  size_t n_inputs;
  dc_input *inputs;
  dc_rejects rejects;
  bool strict; /* as requested: whoever rejects a row later stops, too */
  dc_duplicates duplicates;
  int64_t at_speed;     /* rows used that libcsv did not see: engine/ingest/plain.h */
  uint8_t *fate;        /* per row of the table: dc_fate */
  struct dc_kept *kept; /* the sources, until dc_load_close, and how they are laid out */
} dc_load;

enum { DC_SKIP_NOT_SAID = 0, DC_SKIP_NONE = 1 }; /* 1 + the number of lines, so that a zeroed request says nothing */

typedef struct dc_load_request {
  const char *const *paths;
  size_t n_paths;
  const char *const
      *names; /* --columns: names for headerless files, "_" leaves one out; NULL = the file has a header */
  size_t n_names;
  const char *encoding; /* --encoding of files that do not say it themselves; NULL: find it */
  int64_t skip;         /* --skip: lines above the header; DC_SKIP_NOT_SAID: find it */
  int threads;
  bool strict;
  dc_decimal decimal;  /* --decimal: the mark of all columns; DC_DECIMAL_UNKNOWN = each column proves its own */
  dc_when_style dates; /* --dates: their order; bare: only DC_BARE_EXCEL_1904; periods: expected dates may be 2025-Q1 */
  bool keep_rejects;   /* a load that ends because of its rows is delivered all the same, beside the error, for
                        dc_load_tell_rejects */
  bool hide_rows;      /* no text of a rejected row in rejects and errors */
  /* What the engine knows about a column before its values are typed; may be NULL. Return DC_TYPE_TEXT for ids,
   * DC_TYPE_NUMBER, _CATEGORY for columns whose role asks for it, DC_TYPE_DATE where it may (the content decides when
   * less than half of the values are dates), DC_TYPE_EMPTY to decide by content. */
  dc_type (*expect)(void *context, const char *name);
  /* How cells of that name were written in files read before: marks and orders that these files leave open are as there.
   * May be NULL; false: nothing is known. */
  bool (*known)(void *context, const char *name, dc_number_style *number, dc_when_style *when);
  void *context;
  void (*progress)(void *context, const char *what, double share); /* may be NULL */
} dc_load_request;

/* How a file is read:
 * - Cells are trimmed, inside quotes too. Words for a missing value: engine/ingest/missing.h.
 * - A row with another number of fields than the header is rejected, never padded or shifted. So are rows with control
 *   characters, with a field above 1 MiB, or with text behind a closing quote; then reading goes on behind
 *   the line of the opening quote. A quote inside an unquoted field is taken as it stands (strict: rejected). A quote
 *   that is never closed, and a row above 16 MiB, stop the load. Blank lines are counted, not kept. A file of which no
 *   row is usable stops it.
 * - Types and conventions, one per column: engine/ingest/evidence.h, plan.h, review.h; numbers: number.h, units.h; dates:
 *   when.h. An expected date is an instant when its cells have times of day. A column without any value is DC_TYPE_EMPTY
 *   even when a type was expected. Each column's format tells how it was read.
 * - A cell that is unreadable for its type becomes missing, is counted and listed in rejects; a type that was found by
 *   content is given up for words when more than 5 % of the values are unreadable. */

/* Reads files of one shape as one table. Errors name file, line and the way to mend. The table, codes and counts do
 * not depend on the number of threads. */
dc_status dc_load_csv(const dc_load_request *request, dc_load **load, dc_error *error) DC_MUST_CHECK;
void dc_load_free(dc_load *load);

/* Counts a row of the table elsewhere than before. */
void dc_load_set_aside(dc_load *load, size_t row, dc_fate fate);

/* Looks up what a column of numbers holds in the rows that the loader itself rejected: in the sources, where the shape of
 * the row is right. Before dc_load_close. */
dc_status dc_load_look_up(dc_load *load, int column, dc_error *error) DC_MUST_CHECK;

/* What was looked up counts as unreadable: the column's amounts were converted since, and what those rows are worth in
 * the currency of the others is not known. */
void dc_load_forget_amounts(dc_load *load);

/* Fills the inputs' amounts from that column, -1 = there is none, by the fate that the rows have now. */
void dc_load_weigh(dc_load *load, int column);

/* How the cells of a column were written. */
void dc_load_styles(const dc_load *load, size_t column, dc_number_style *number, dc_when_style *when);

/* The field of a column in one of the files, 1-based. */
int32_t dc_load_field(const dc_load *load, size_t input, size_t column);

/* Tells each rejected row once, in order of file and line, as the sources have it. Memory: 12 bytes a rejected row, and
 * one record of up to 16 MiB. DC_E_INPUT when a file changed meanwhile. */
dc_status dc_load_tell_rejects(const dc_load *load, dc_take_reject *take, void *context, dc_error *error) DC_MUST_CHECK;

/* Closes the sources: nothing can be looked up or told any more. A load without a rejected row has closed them itself,
 * but with keep_rejects. */
void dc_load_close(dc_load *load);

#endif
