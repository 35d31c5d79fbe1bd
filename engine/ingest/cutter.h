/* Blocks of a text that is read only once: whoever takes a block scans its chunk, tells the next taker where that one
 * begins, and can fill the columns from the bytes that it holds.
 *
 * How often blocks begin inside quotes and how many rows there are is not known before; both are taken to be as the
 * beginning and some places of the text show, and proved in the end: dc_cutter_end says whether every block was what
 * dc_blocks_cut would have made of the text. If not, that is the way. */
#ifndef DC_INGEST_CUTTER_H
#define DC_INGEST_CUTTER_H

#include "engine/ingest/blocks.h"

typedef struct dc_cutter dc_cutter;

/* *cutter is NULL when the text is not fit for it: one chunk only, line ends inside quotes or CR alone at its beginning. */
dc_status dc_cutter_new(const dc_source *source, uint64_t start, uint64_t line, size_t chunk_bytes, dc_cutter **cutter,
                        dc_error *error) DC_MUST_CHECK;
void dc_cutter_free(dc_cutter *cutter);

size_t dc_cutter_count(const dc_cutter *cutter); /* of blocks */

/* Before any block is taken: where block i probably begins. Its line is told as DC_CUTTER_LINE * (i + 1), since nobody knows
 * it yet: dc_cutter_line. */
#define DC_CUTTER_LINE ((uint64_t)1 << 40)
dc_status dc_cutter_place(dc_cutter *cutter, size_t i, dc_block *block, dc_error *error) DC_MUST_CHECK;

/* No more rows than this fit: what has been seen so far, and a good deal more. */
size_t dc_cutter_room(dc_cutter *cutter);

typedef struct dc_cut {
  size_t index; /* of the block */
  dc_block block;
  size_t base;      /* rows that the blocks before it may have */
  const char *text; /* of the block; `slack` bytes behind it may be read */
  bool last;
} dc_cut;

/* The next block, for any thread; an empty one has from = to. False when there is none any more, or no use in going on. */
bool dc_cutter_next(dc_cutter *cutter, size_t slack, dc_buffer *buffer, dc_cut *cut);

/* Somebody found that it does not work out: nobody gets a further block. */
void dc_cutter_give_up(dc_cutter *cutter);

/* When all have ended: *blocks is what dc_blocks_cut would tell, unless *fits is false and there is nothing in it. */
dc_status dc_cutter_end(dc_cutter *cutter, dc_blocks *blocks, bool *fits, dc_error *error) DC_MUST_CHECK;

/* A line told by a record behind dc_cutter_place, once the blocks are known. */
uint64_t dc_cutter_line(const dc_blocks *blocks, uint64_t line);

#endif
