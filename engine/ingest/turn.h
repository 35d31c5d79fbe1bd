/* Where cells begin, column by column: the fields of a batch come row by row. */
#ifndef DC_INGEST_TURN_H
#define DC_INGEST_TURN_H

#include <stddef.h>
#include <stdint.h>

/* Columns are this far apart: rows, in eights. */
static inline size_t dc_turn_stride(size_t rows) { return (rows + 7) / 8 * 8; }

/* Row k's fields end at ends[first[k]] and so on, and the one before them at ends[first[k] - 1].
 *
 * begins[f * stride + k] := where field f of row k begins, that is behind the end before it; f = fields tells where one
 * more would. The rest of each stride is 0. */
void dc_turn(const uint32_t *ends, const uint32_t *first, size_t rows, size_t fields, uint32_t *begins);

#endif
