/* A text in chunks of one size, each scanned without knowing whether it begins inside a quoted field: blocks.h. */
#ifndef DC_INGEST_CHUNK_H
#define DC_INGEST_CHUNK_H

#include "engine/ingest/blocks.h"
#include "engine/ingest/scan.h"

enum {
  DC_NO_CUT = 0,
  DC_CHUNK_AHEAD = 3,     /* bytes behind a chunk that its scan looks at */
  DC_CHUNK_LOOK = 1 << 17 /* a chunk that has no record boundary in its first bytes is not cut */
};

typedef struct dc_chunk {
  uint64_t lines, hash;
  uint64_t rows[2]; /* line ends outside quotes when the chunk begins [0] outside and [1] inside quotes */
  /* Behind the first of these: the position, or DC_NO_CUT, and all line ends before it. */
  uint64_t boundary[2], boundary_lines[2];
  bool odd, quotes, control, lone_cr;
  bool unended; /* text follows the last line end */
  bool utf8;
  unsigned char lead, over; /* bytes of characters that a cut between chunks parts: dc_utf8 */
  dc_status status;
} dc_chunk;

/* Records are from start on, a boundary on physical line `line`. */
typedef struct dc_chunking {
  const dc_source *source;
  const dc_scanner *scanner;
  uint64_t start, line, size;
  size_t chunk_bytes, count;
  dc_chunk *chunks;
} dc_chunking;

/* False when memory ends. Frees nothing: chunks is the caller's to free. */
bool dc_chunking_begin(dc_chunking *chunking, const dc_source *source, uint64_t start, uint64_t line,
                       size_t chunk_bytes);

static inline uint64_t dc_chunk_from(const dc_chunking *g, size_t i)
{
  uint64_t from = (uint64_t)i * g->chunk_bytes;
  return from < g->size ? from : g->size;
}

/* view begins with the chunk, and goes on to DC_CHUNK_AHEAD bytes behind it or the end of the text. */
void dc_chunk_scan(const dc_chunking *chunking, size_t i, const char *view);

/* Counts and boundaries of a stretch of text that stands at `position` in the whole; after is the byte behind it, 0 for
 * none. *c is zeroed before. */
void dc_stretch_scan(const dc_scanner *scanner, const char *text, size_t length, char after, uint64_t position,
                     dc_chunk *c);

/* From p, outside quotes: behind the first line end that is outside, NULL when there is none before `end`. after is the
 * byte at `end`, 0 for none. */
const char *dc_first_boundary(const char *p, const char *end, bool lone_cr, char after);

/* The blocks of a text whose chunks were all scanned; blocks is zeroed before. False when memory ends. */
bool dc_chunking_join(const dc_chunking *chunking, dc_blocks *blocks);

#endif
