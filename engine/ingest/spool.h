/* Text that cannot be read again where it came from (a pipe, a packed file, another encoding): in memory while it is small,
 * beyond that in a temporary file without a name, so that memory stays bounded whatever the size. */
#ifndef DC_INGEST_SPOOL_H
#define DC_INGEST_SPOOL_H

#include "dealcast/error.h"
#include <stddef.h>
#include <stdint.h>

enum {
  DC_SPOOL_BYTES = 1 << 25, /* kept in memory at the most */
  DC_LINE_BYTES = 1 << 24   /* no line is longer */
};

typedef struct dc_spool {
  char *memory; /* the whole text while fd is -1, afterwards what is still to be written */
  size_t used, capacity;
  int fd;
  uint64_t size;             /* of the text */
  const char *path;          /* of the file that it comes from, for messages */
  uint64_t line, line_bytes; /* the line that is being written, and its length so far */
} dc_spool;

/* path must outlive it. */
void dc_spool_init(dc_spool *spool, const char *path);

/* Appends. DC_E_INPUT for a line above DC_LINE_BYTES, told of as soon as it is, since a pipe or a packed file may hold any
 * amount. DC_E_MEMORY; DC_E_SYSTEM when the temporary file ($TMPDIR, else /tmp) cannot be made or written. */
dc_status dc_spool_write(dc_spool *spool, const char *bytes, size_t length, dc_error *error) DC_MUST_CHECK;

/* After the last write: all of it is in memory, or all of it is in fd. */
dc_status dc_spool_finish(dc_spool *spool, dc_error *error) DC_MUST_CHECK;

void dc_spool_free(dc_spool *spool);

#endif
