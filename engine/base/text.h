/* Words as people type them: trimming, folding, nearest neighbours. Bytes are UTF-8; nothing depends on the locale. */
#ifndef DC_BASE_TEXT_H
#define DC_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Longest folded word that is kept, its end included: more is cut, never overrun. */
enum { DC_FOLD_BYTES = 256 };

/* The part of text[0 .. length) without white space at either end (ASCII and the no-break space); *length is its length. */
const char *dc_text_trim(const char *text, size_t *length);

/* Lower case, letters and digits only: "Close_Date" and "close date" become "closedate". ASCII and Latin-1 letters are
 * lowered, all other characters beyond ASCII are kept. A text without any letter or digit folds to its trimmed self.
 * folded holds DC_FOLD_BYTES; returns the length. */
size_t dc_text_fold(const char *text, size_t length, char *folded);

/* Do the two fold to the same? */
bool dc_text_same(const char *a, const char *b);

/* Edits (insert, delete, replace, swap of neighbours) between the folded texts: the optimal string alignment distance
 * (Damerau 1964; Boytsov 2011, section 2). */
size_t dc_text_distance(const char *a, const char *b);

/* The entry of list that word was most likely meant to be, the first of equals; NULL when none is near: at most a third
 * of the letters differ, or one begins with the other. */
const char *dc_text_nearest(const char *word, const char *const *list, size_t n);

#endif
