/* The words that stand for a missing value: which of them do so is settled per column. */
#ifndef DC_INGEST_MISSING_H
#define DC_INGEST_MISSING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A set of the words of missing.c: bit w is word w. */
typedef uint64_t dc_missing;

dc_missing dc_missing_always(void);  /* NA, N/A, NULL, #REF!, ...: in every column */
dc_missing dc_missing_numbers(void); /* those, and the ones that no number or date is: unknown, ?, ... */

/* The word's number, -1 when the text is no word of the set. The text is trimmed and not empty. */
int dc_missing_find(dc_missing set, const char *text, size_t length);

/* Nothing, or a word of the set. */
static inline bool dc_missing_is(dc_missing set, const char *text, size_t length)
{
  return length == 0 || dc_missing_find(set, text, length) >= 0;
}

const char *dc_missing_word(int word);

#endif
