/* A text cut into blocks that begin and end at record boundaries, so that threads can parse them apart.
 *
 * Each chunk of the text is scanned once, without knowing whether it begins inside a quoted field: the number of its
 * quotes, and the first record boundary (behind a line end outside quotes) under both hypotheses. The parity of the
 * quotes before a chunk then tells which hypothesis was true. Exact for RFC 4180; a stray quote inside an unquoted field
 * breaks it, which the parser of the blocks notices (libcsv's strict mode, and a block that does not end where a record
 * ends): such a text is read again in sequence. */
#ifndef DC_INGEST_BLOCKS_H
#define DC_INGEST_BLOCKS_H

#include "engine/ingest/source.h"

typedef struct dc_block {
  uint64_t from, to; /* bytes of the text */
  uint64_t line;     /* physical line on which the block begins, 1-based */
  uint64_t lines;    /* line ends inside */
  uint64_t
      rows; /* no more records than this when the quotes are where RFC 4180 wants them; as many, but for blank lines */
  bool quotes;  /* may contain a quote */
  bool control; /* may contain a control character other than tab and line ends, NUL included */
  bool lone_cr; /* may contain a CR that no LF follows */
} dc_block;

typedef struct dc_blocks {
  dc_block *items;
  size_t count;
  uint64_t lines; /* line ends between start and the end of the text */
  uint64_t hash;  /* of the whole text, in pieces of the chunk size */
  bool utf8;      /* strictly, all of it */
} dc_blocks;

/* Cuts [start, size) of the source; start is a record boundary on physical line `line`. chunk is DC_CHUNK_BYTES but in
 * tests. Blocks cover the range without gaps, in order; there is none for an empty range. */
dc_status dc_blocks_cut(const dc_source *source, uint64_t start, uint64_t line, size_t chunk, int threads,
                        dc_blocks *blocks, dc_error *error) DC_MUST_CHECK;
void dc_blocks_free(dc_blocks *blocks);

/* Line ends (LF, CRLF, or CR alone) in text; next is the byte behind it (0 = none), which tells whether a final CR
 * stands alone. Sets *lone_cr when there is such a CR, never clears it. */
uint64_t dc_count_lines(const char *text, size_t length, char next, bool *lone_cr);

size_t dc_count_byte(const char *text, size_t length, char byte);
bool dc_has_control(const char *text, size_t length);

/* The end of the physical line that begins at p (behind its line end), or `end`. */
const char *dc_line_end(const char *p, const char *end, bool lone_cr);

/* For tests and measurements: whatever is said here, the table is the same. */
struct dc_scanner;
typedef struct dc_load_tuning {
  size_t chunk_bytes;               /* 0 = DC_CHUNK_BYTES */
  const struct dc_scanner *scanner; /* NULL: every row is read by libcsv */
} dc_load_tuning;

/* dc_load_csv so tuned, and with another size of chunks. From engine/ingest/load.c. */
struct dc_load;
struct dc_load_request;
dc_status dc_load_csv_tuned(const struct dc_load_request *request, const dc_load_tuning *tuning, struct dc_load **load,
                            dc_error *error) DC_MUST_CHECK;
dc_status dc_load_csv_chunks(const struct dc_load_request *request, size_t chunk_bytes, struct dc_load **load,
                             dc_error *error) DC_MUST_CHECK;

#endif
