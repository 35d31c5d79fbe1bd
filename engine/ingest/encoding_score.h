/* How well encodings explain a text: log likelihoods of its bytes above 0x7F. */
#ifndef DC_INGEST_ENCODING_SCORE_H
#define DC_INGEST_ENCODING_SCORE_H

#include "engine/ingest/encoding_tables.h"

#include <stdbool.h>
#include <stdint.h>

enum { DC_PAGES_MAX = 48 };

/* What is looked at: the lines with bytes above 0x7F, up to a bound, and how often each pair of neighbouring bytes occurs
 * in the whole text. Starts zeroed. */
typedef struct dc_bytes_seen {
  char *lines;
  size_t length;
  uint32_t (*pairs)[256]; /* [256][256]: first byte, second */
  unsigned char last;     /* the byte before the next piece */
  bool begun;             /* there was a piece */
} dc_bytes_seen;

/* One way to read the text. */
typedef struct dc_reading {
  const char *name;
  const char *iconv[DC_VARIANTS];
  double score;       /* -INFINITY: it cannot be read so */
  uint32_t code[128]; /* of a single-byte page: what 0x80 .. 0xFF are; 0 otherwise */
  bool wide;
} dc_reading;

/* Scores of all pages and wide encodings, best first; readings has room for DC_PAGES_MAX. *n of them: without those
 * that are impossible, and those that read the text exactly as an earlier one. False when memory ends. */
bool dc_encoding_score(const dc_bytes_seen *seen, dc_reading *readings, size_t *n);

#endif
