/* The words that stand for a missing value: which of them do so is settled per column. */
#ifndef DC_INGEST_MISSING_H
#define DC_INGEST_MISSING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A set of the words of missing.c: bit w is word w. */
typedef uint64_t dc_missing;

/* - always: NA, N/A, n/a, NaN, null, None, -, --, (blank), wu, kong, #REF! and Excel's other errors
 * - numbers: unknown, ?, ., na, nan, ... where the rest of the column is numbers or dates; elsewhere they are values
 * - texts: Salesforce's id of nothing, 000000000000000AAA, in columns of words
 * - forms: Select, Choose, in columns of words when it stands in two or more columns of the file: what a form shows
 *   before something is chosen
 * Numbers such as 999 never are. To the byte: "none" and "None" are words, "nONE" is a value. */
dc_missing dc_missing_always(void);
dc_missing dc_missing_numbers(void);
dc_missing dc_missing_texts(void);
dc_missing dc_missing_forms(void);

/* By the first byte: bit n says that a word of n bytes begins so. Most cells are no word, and this tells. */
extern const uint32_t dc_missing_lengths[256];
int dc_missing_look_up(dc_missing set, const char *text, size_t length);

/* The word's number, -1 when the text is no word of the set. The text is trimmed and not empty. */
static inline int dc_missing_find(dc_missing set, const char *text, size_t length)
{
  if (length > 31 || !(dc_missing_lengths[(unsigned char)text[0]] >> length & 1)) return -1;
  return dc_missing_look_up(set, text, length);
}

/* Nothing, or a word of the set. */
static inline bool dc_missing_is(dc_missing set, const char *text, size_t length)
{
  return length == 0 || dc_missing_find(set, text, length) >= 0;
}

const char *dc_missing_word(int word); /* NULL behind the last */
bool dc_missing_is_always(int word);   /* of that set */
bool dc_missing_is_numbers(int word);

#endif
