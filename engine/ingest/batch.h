/* Rows of a plain block to typed columns, one column after the other: what is common in cells is read in line, the rest by
 * the same functions that read what libcsv delivers. */
#ifndef DC_INGEST_BATCH_H
#define DC_INGEST_BATCH_H

#include "engine/ingest/columns.h"

enum {
  DC_BATCH_ROWS = 1024,
  DC_BATCH_SLACK = 64 /* bytes behind a text that may be read */
};

/* ends as in fields.h; first[k] is the index in ends of where row k's first field ends. The row has as many fields as the
 * layout, but for a last one without a name when unnamed[k] is false. */
typedef struct dc_batch {
  const char *text;
  const uint32_t *ends;
  size_t n;
  uint32_t first[DC_BATCH_ROWS];
  bool unnamed[DC_BATCH_ROWS];
  const uint32_t *begins; /* from dc_turn, by dc_batch_put */
  size_t stride;
} dc_batch;

/* Fills the columns from the worker's row on; does not commit the rows. Returns how many of them are fine: the one behind
 * these has a cell that cannot be read, or a value in the unnamed column. The worker's memory_ended tells that memory
 * did. */
size_t dc_batch_put(dc_worker *worker, dc_batch *batch);

#endif
