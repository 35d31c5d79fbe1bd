/* What could not be used: how often each rule struck and where first, and every row that was rejected. */
#ifndef DC_INGEST_REJECTS_H
#define DC_INGEST_REJECTS_H

#include "dealcast/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* A rejected row, so that its text can be found again: 12 bytes are all that one costs. */
typedef struct dc_rejected {
  uint32_t line;
  uint32_t item; /* index of its rule in items */
  uint16_t file;
} dc_rejected;

/* Starts zeroed. */
typedef struct dc_rejects {
  dc_reject *items;
  size_t count, capacity;
  bool strict; /* a cell that cannot be used is the end of its row */
  dc_rejected *rows;
  size_t n_rows, rows_capacity;
} dc_rejects;

/* Adds count to the entry of (rule, column_name), keeping the first place; a single row (or cell, when strict) is kept
 * in rows, too. False when memory ends. */
bool dc_rejects_add(dc_rejects *rejects, const dc_reject *one);

/* All of from, in its order, behind what is there. */
bool dc_rejects_join(dc_rejects *rejects, const dc_rejects *from);
void dc_rejects_clear(dc_rejects *rejects);

/* How to mend it; "" for a rule that says so itself. */
const char *dc_reject_fix(const char *rule);

/* The error that a reject is under strict: DC_E_INPUT with its place in the file of this path, the value, and the way to
 * mend it. */
dc_status dc_reject_fail(const dc_reject *reject, const char *path, dc_error *error);

#endif
