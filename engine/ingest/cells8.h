/* Common cells, eight at a time. */
#ifndef DC_INGEST_CELLS8_H
#define DC_INGEST_CELLS8_H

#include "engine/base/dictionary.h"

#include <stddef.h>
#include <stdint.h>

/* n cells, a multiple of 8: cell k begins at text + begin[k] and ends one byte before text + next[k], or is none when both
 * are 0; DC_BATCH_SLACK bytes behind the text may be read. Both write the cells that they could read and leave the others alone; bit k % 8 of done[k / 8]: cell k was
 * read.
 *
 * numbers: digits[.digits] of up to 8 characters; *seen as from dc_number_plain_seen; nothing is NaN.
 * dates: YYYY-MM-DD; months as in batch.c. */
typedef struct dc_cells {
  const char *text;
  const uint32_t *begin, *next;
  size_t n;
} dc_cells;

typedef struct dc_kernels8 {
  void (*numbers)(const dc_cells *cells, double *into, uint32_t *seen, uint8_t *done);
  void (*dates)(const dc_cells *cells, const int32_t *months, int32_t *into, uint8_t *done);
  void (*words)(const dc_cells *cells, const dc_slots *slots, uint32_t *codes, uint8_t *done);
} dc_kernels8;

/* For the scanner of this name; NULL when there are none. */
const dc_kernels8 *dc_kernels8_of(const char *scanner);

#endif
