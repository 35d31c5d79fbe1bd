/* What the files of frame*.c share. */
#ifndef DC_FEATURES_FRAME_PARTS_H
#define DC_FEATURES_FRAME_PARTS_H

#include "engine/features/frame.h"

/* The words of a column of the table, whichever way it has them: code[row] is 0 where there is none, else 1 + a word's number
 * in order of their bytes. */
typedef struct dc_frame_words {
  size_t n;
  const char *const *word; /* n of them; NULL: numbers or days, by value */
  const double *value;
  uint32_t *code; /* per row of the table */
} dc_frame_words;

typedef struct dc_framing {
  dc_recipe *recipe; /* learning: its levels are filled in */
  const dc_recipe *known;
  const dc_table *table;
  const int *column;
  const char *file;
  bool learning;
  dc_frame *f;
  struct dc_arena *scratch;
  uint32_t **level; /* per column of the recipe that is leveled: of each row of the design */
  dc_error *error;
} dc_framing;

/* A cell as a number, NaN where it is missing; days since 1970-01-01. */
double dc_cell_value(const dc_column *column, size_t row);
bool dc_cell_missing(const dc_column *column, size_t row);

/* Rows, their order; levels of each leveled column; arrays of terms and response. */
dc_status dc_frame_rows(dc_framing *m) DC_MUST_CHECK;
dc_status dc_frame_levels(dc_framing *m) DC_MUST_CHECK;
dc_status dc_frame_terms(dc_framing *m) DC_MUST_CHECK;

/* Codes of the narrowest width, below levels + 1. */
dc_status dc_frame_codes(dc_framing *m, const uint32_t *code, uint32_t levels, const char *const *names,
                         dc_codes *codes) DC_MUST_CHECK;
dc_status dc_frame_no_memory(dc_framing *m);

#endif
