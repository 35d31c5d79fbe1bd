/* Where the bytes come from: a plain file, a packed file or standard input, read by position. */
#ifndef DC_INGEST_SOURCE_H
#define DC_INGEST_SOURCE_H

#include "engine/ingest/spool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct dc_source dc_source;

/* Bytes of a view, kept from one view to the next. Starts zeroed; one per worker; free with dc_buffer_free. */
typedef struct dc_buffer {
  char *bytes;
  size_t size;
} dc_buffer;

void dc_buffer_free(dc_buffer *buffer);

/* path "-" is standard input. gzip and zstd (any number of members) are known by their first bytes and unpacked into a spool;
 * plain files are read piece by piece (never mapped: a file cut short by someone else must not kill us).
 * DC_E_INPUT: not found, no permission, a folder, empty, damaged, no text (workbooks, PDF, ...). DC_E_SYSTEM: reading
 * failed. */
dc_status dc_source_open(const char *path, dc_source **source, dc_error *error) DC_MUST_CHECK;

/* The same over bytes in memory, which must outlive the source. path is for messages. */
dc_status dc_source_memory(const char *path, const char *bytes, size_t length, dc_source **source,
                           dc_error *error) DC_MUST_CHECK;

void dc_source_free(dc_source *source);

const char *dc_source_path(const dc_source *source);
uint64_t dc_source_size(const dc_source *source);   /* bytes of text, inflated, byte order mark included */
uint64_t dc_source_stored(const dc_source *source); /* bytes as stored */
uint64_t dc_source_start(const dc_source *source);  /* 3 after a UTF-8 byte order mark, otherwise 0 */

/* Bytes [from, to) of the text; *view is inside the source or in *buffer, valid until the next view into that buffer.
 * Safe from several threads with different buffers. A file that became shorter is DC_E_INPUT. */
dc_status dc_source_view(const dc_source *source, uint64_t from, uint64_t to, dc_buffer *buffer, const char **view,
                         dc_error *error) DC_MUST_CHECK;

/* The same, and `slack` bytes behind the view may be read, whatever they are. */
dc_status dc_source_view_slack(const dc_source *source, uint64_t from, uint64_t to, size_t slack, dc_buffer *buffer,
                               const char **view, dc_error *error) DC_MUST_CHECK;

/* The text from `from` on, piece by piece (cut where stored bytes are hashed); last: nothing follows. */
typedef dc_status (*dc_piece_taker)(void *context, const char *bytes, size_t length, bool last, dc_error *error);
dc_status dc_source_each(const dc_source *source, uint64_t from, dc_piece_taker take, void *context,
                         dc_error *error) DC_MUST_CHECK;

/* Replaces the text from `from` on by what filter appends to out for its pieces; what stands before is dropped. Not while
 * others hold views. */
typedef dc_status (*dc_filter)(void *context, const char *bytes, size_t length, bool last, dc_spool *out,
                               dc_error *error);
dc_status dc_source_rewrite(dc_source *source, uint64_t from, dc_filter filter, void *context,
                            dc_error *error) DC_MUST_CHECK;

/* The text ends at `to` from now on; the hash stays that of all stored bytes. And back to all of it. */
dc_status dc_source_trim(dc_source *source, uint64_t to, dc_error *error) DC_MUST_CHECK;
void dc_source_untrim(dc_source *source);

/* DC_E_INPUT when the file has another size or time of change than when it was opened. */
dc_status dc_source_unchanged(const dc_source *source, dc_error *error) DC_MUST_CHECK;

/* A 64-bit hash of stored bytes, the same on every machine: of each piece of DC_CHUNK_BYTES by itself (so that threads can
 * share the work), then joined in file order, from 0. */
uint64_t dc_hash_stored(const char *bytes, size_t length);
uint64_t dc_hash_join(uint64_t hash, uint64_t piece);

/* The hash of the stored bytes where the text is another than those; false for a plain file, whose pieces are
 * hashed while they are scanned. */
bool dc_source_hash(const dc_source *source, uint64_t *hash);

enum { DC_CHUNK_BYTES = 1 << 18 }; /* stored bytes are hashed in pieces of this size */

#endif
