/* Words and names as people type them in any language, brought to one plain form. */
#ifndef DC_DEALS_PLAIN_H
#define DC_DEALS_PLAIN_H

#include <stdbool.h>
#include <stddef.h>

/* Longest plain text that is kept, its end included: more is cut between characters, never overrun. */
enum { DC_PLAIN_BYTES = 256 };

/* Lower case without accents ("Etape" for "ÉTAPE", "ss" for the sharp s; composed or not), letters and digits; anything else,
 * full-width and CJK punctuation too, parts words. Full-width letters are narrow ones, usual traditional Chinese characters
 * simplified ones. Other alphabets stay as they are.
 * blanks: words stand apart by one blank, and a digit stands apart from a letter of an alphabet without blanks ("阶段 3");
 * otherwise all is written together. brackets: what stands in ( ), [ ] or their wide forms is kept, otherwise left out.
 * plain holds DC_PLAIN_BYTES; returns the length. text is UTF-8; a byte that is not part of it stays. */
typedef struct dc_plain_style {
  bool blanks, brackets;
} dc_plain_style;

size_t dc_plain(const char *text, dc_plain_style style, char *plain);

#endif
