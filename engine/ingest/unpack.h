/* .gz and .zst to text, piece by piece. */
#ifndef DC_INGEST_UNPACK_H
#define DC_INGEST_UNPACK_H

#include "engine/ingest/spool.h"

#include <stdbool.h>

typedef struct dc_unpacker dc_unpacker;

/* Do these four bytes begin such a file? */
bool dc_is_packed(const char magic[4]);

/* By the first bytes of a file: an unpacker for what they begin, or *unpacker NULL for text as it stands. path is for
 * messages and must outlive it. */
dc_status dc_unpacker_new(const char *path, const char *magic, size_t length, dc_unpacker **unpacker,
                          dc_error *error) DC_MUST_CHECK;

/* The next packed bytes; what comes out is appended to text. last: no more bytes follow. Any number of members or frames;
 * zeros behind them are padding. DC_E_INPUT when the file is damaged or cut short, or has a line of more than
 * DC_LINE_BYTES (which tells of it early: a packed file may hold any amount). */
dc_status dc_unpacker_feed(dc_unpacker *unpacker, const char *bytes, size_t length, bool last, dc_spool *text,
                           dc_error *error) DC_MUST_CHECK;

void dc_unpacker_free(dc_unpacker *unpacker);

#endif
