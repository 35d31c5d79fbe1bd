/* UTF-8 as it comes from other people's files. */
#ifndef DC_OUTPUT_UTF8_H
#define DC_OUTPUT_UTF8_H

#include <stddef.h>
#include <stdint.h>

#define DC_UTF8_REPLACEMENT "\xEF\xBF\xBD"

/* Bytes of the character at the NUL-terminated text, 0 when it is not valid UTF-8 (overlong, surrogate, above 10FFFF,
 * cut off) or the end. */
int dc_utf8_length(const char *text);

/* The code point of a valid character of that length. */
uint32_t dc_utf8_code(const char *text, int length);

/* Columns that a terminal gives the character: 0 combining, 2 East Asian wide and emoji, -1 control (C0, C1, and the
 * marks that turn the direction of writing). */
int dc_utf8_width(uint32_t code);

#endif
