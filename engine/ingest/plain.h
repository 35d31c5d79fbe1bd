/* A block read at speed: its fields found by bits, its columns filled one after the other. */
#ifndef DC_INGEST_PLAIN_H
#define DC_INGEST_PLAIN_H

#include "engine/ingest/batch.h"

/* The same as dc_read_block into the worker's sink, for a block that is plain (see fields.h); DC_READ_UNSURE when it is
 * not: reset the unit and use that. Rows that are not as they should be, and rows with a cell that cannot be read, go
 * through it one by one. DC_BATCH_SLACK bytes behind the text may be read. */
dc_read_end dc_plain_read(dc_worker *worker, dc_reader *reader, const dc_scanner *scanner, const dc_block *block,
                          const char *text, size_t length, bool last);

#endif
