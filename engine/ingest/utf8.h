/* Is it UTF-8, strictly (no overlong forms, surrogates, or codes above U+10FFFF)? */
#ifndef DC_INGEST_UTF8_H
#define DC_INGEST_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a stretch of a text, judged by itself, says; stretches that follow each other make the whole. */
typedef struct dc_utf8 {
  uint64_t bad;       /* position of the first byte that cannot be, from the stretch's beginning; its length: none */
  unsigned char lead; /* bytes at the beginning that continue a character begun before: 0..3 */
  unsigned char over; /* bytes of the last character that stand behind the end: 0..3 */
  bool wide;          /* there are bytes above 0x7F */
} dc_utf8;

/* text[0 .. length) is judged; ahead more bytes (0..3, as many as there are) may be looked at behind it. first: nothing
 * stands before. */
dc_utf8 dc_utf8_judge(const char *text, size_t length, size_t ahead, bool first);

/* The whole of a text. */
bool dc_utf8_valid(const char *text, size_t length);

/* How many bytes of [p, end) begin with a valid character: 1..4, 0 when they do not. */
int dc_utf8_step(const char *p, const char *end);

/* Bytes of the character for this code point, into out (at most 4). */
int dc_utf8_put(uint32_t code, char *out);

#endif
