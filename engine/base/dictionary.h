/* Words to codes: the distinct values of a column, numbered in order of arrival. Not thread-safe: one per worker. */
#ifndef DC_BASE_DICTIONARY_H
#define DC_BASE_DICTIONARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DC_DICTIONARY_FULL UINT32_MAX /* memory ended, or 2^32 - 2 words */

typedef struct dc_dictionary dc_dictionary;

dc_dictionary *dc_dictionary_new(void); /* NULL when memory ends */
void dc_dictionary_free(dc_dictionary *dictionary);

/* The word's code, 0-based; a new word is copied and gets the next one. No allocation for a known word.
 * DC_DICTIONARY_FULL when memory ends. */
uint32_t dc_dictionary_code(dc_dictionary *dictionary, const char *word, size_t length);

size_t dc_dictionary_count(const dc_dictionary *dictionary);

/* The bytes of a word, NUL-terminated, valid as long as the dictionary; *length may be NULL. */
const char *dc_dictionary_word(const dc_dictionary *dictionary, uint32_t code, size_t *length);

/* order (count of them) := codes in order of the words' bytes (memcmp, the shorter first). */
void dc_dictionary_order(const dc_dictionary *dictionary, uint32_t *order);

/* memcmp order of two words, the shorter first when one begins the other. */
int dc_words_compare(const char *a, size_t length_a, const char *b, size_t length_b);

#endif
