/* Bytes on their way to a file descriptor: buffered, every write checked, the first failure kept. */
#ifndef DC_OUTPUT_SINK_H
#define DC_OUTPUT_SINK_H

#include "dealcast/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DC_SINK_BYTES = 1 << 16 };

/* After a failure everything put is swallowed; dc_sink_flush tells it. */
typedef struct dc_sink {
  int fd;
  bool hashed;
  int failure; /* errno of the first failure, 0 = none, -1 = cancelled */
  size_t used;
  uint64_t bytes; /* put so far */
  uint64_t hash;  /* FNV-1a of them, when hashed */
  char buffer[DC_SINK_BYTES];
} dc_sink;

void dc_sink_open(dc_sink *sink, int fd, bool hashed);
void dc_sink_bytes(dc_sink *sink, const char *bytes, size_t length);
void dc_sink_text(dc_sink *sink, const char *text);
void dc_sink_char(dc_sink *sink, char c);
void dc_sink_repeat(dc_sink *sink, char c, int times);
void dc_sink_double(dc_sink *sink, double value);
void dc_sink_integer(dc_sink *sink, int64_t value);

/* name is what the message calls the destination. */
dc_status dc_sink_flush(dc_sink *sink, const char *name, dc_error *error) DC_MUST_CHECK;

#endif
