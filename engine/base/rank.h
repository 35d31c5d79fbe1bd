/* The order of words by their bytes. */
#ifndef DC_BASE_RANK_H
#define DC_BASE_RANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct dc_word {
  const char *bytes;
  size_t length;
} dc_word;

/* memcmp order of two words, the shorter first when one begins the other. */
int dc_words_compare(const dc_word *a, const dc_word *b);

/* order := the indices of n words, sorted; equal words in order of index. rank[i] := how many distinct words come before
 * word i, so that equal words have equal ranks; returns how many distinct words there are. SIZE_MAX when memory ends:
 * 32 bytes a word, until the return. n < 2^32.
 *
 * Radix sort by the next eight bytes at a time; words are read in order of index as long as they are alike. */
size_t dc_words_rank(const dc_word *words, size_t n, uint32_t *order, uint32_t *rank);

#endif
