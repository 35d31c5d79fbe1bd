/* The encoding of a text that is not UTF-8, and its transcoding before anything is parsed: the trail bytes of GBK, Big5 and
 * Shift_JIS include | and \.
 *
 * A byte order mark decides. Otherwise strict UTF-8 comes first; then UTF-16 without a mark where every other byte is NUL,
 * the escapes of ISO-2022 and HZ, and then the encodings whose characters can be weighed: the log likelihood of the
 * letters under the best of the languages written in it (naive Bayes over single characters and neighbours; the tables are
 * in encoding_tables.c). The best must lead by DC_ENCODING_MARGIN over every one that reads the text differently:
 * nothing is guessed. A text in UTF-8 with a few bytes that are none stays UTF-8, and those become control characters, for
 * which their rows are rejected. */
#ifndef DC_INGEST_ENCODING_H
#define DC_INGEST_ENCODING_H

#include "engine/ingest/source.h"

enum { DC_ENCODING_NAME_BYTES = 32, DC_ENCODING_HEAD = 1 << 20 };

#define DC_ENCODING_MARGIN 4.6 /* log 100 */

/* Transcodes the text to UTF-8 when it is in another encoding, and says in which it was. Looks at the mark and the first
 * DC_ENCODING_HEAD bytes: what the whole says is told by dc_blocks_cut.
 * asked   --encoding, or NULL; a file with a mark, and one in UTF-8 with characters beyond ASCII, keep their own
 * name    "UTF-8", "GB18030", "Windows-1252", ...
 * DC_E_INPUT: no encoding fits, or several do (they are named, with how each would read a sample); bytes that are not in
 * the encoding, with their line. DC_E_USAGE: no such encoding. */
dc_status dc_encoding_settle(dc_source *source, const char *asked, char name[DC_ENCODING_NAME_BYTES],
                             dc_error *error) DC_MUST_CHECK;

/* The same for a text whose head was UTF-8 and that is not further on. */
dc_status dc_encoding_late(dc_source *source, char name[DC_ENCODING_NAME_BYTES], dc_error *error) DC_MUST_CHECK;

/* Makes UTF-8 of the text from `from` on, from the encoding that iconv knows by this name (also HZ); strictly. */
dc_status dc_transcode(dc_source *source, uint64_t from, const char *name, dc_error *error) DC_MUST_CHECK;

/* Does iconv know it? */
bool dc_transcode_knows(const char *name);

#endif
