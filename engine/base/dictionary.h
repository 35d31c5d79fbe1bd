/* Words to codes: the distinct values of a column, numbered in order of arrival. Not thread-safe: one per worker. */
#ifndef DC_BASE_DICTIONARY_H
#define DC_BASE_DICTIONARY_H

#include "engine/base/rank.h"

#include <string.h>

#define DC_DICTIONARY_FULL UINT32_MAX /* memory ended, or 2^32 - 2 words */

typedef struct dc_dictionary dc_dictionary;

dc_dictionary *dc_dictionary_new(void); /* NULL when memory ends */
void dc_dictionary_free(dc_dictionary *dictionary);

/* Frees what only looking up needs: the words stay, and none may be looked up any more. */
void dc_dictionary_close(dc_dictionary *dictionary);

/* The word's code, 0-based; a new word is copied and gets the next one. No allocation for a known word.
 * DC_DICTIONARY_FULL when memory ends. */
uint32_t dc_dictionary_code(dc_dictionary *dictionary, const char *word, size_t length);

size_t dc_dictionary_count(const dc_dictionary *dictionary);

/* The bytes of a word, NUL-terminated, valid as long as the dictionary; *length may be NULL. */
const char *dc_dictionary_word(const dc_dictionary *dictionary, uint32_t code, size_t *length);

/* All of them, by code; valid until the next one is added. */
const dc_word *dc_dictionary_words(const dc_dictionary *dictionary);

enum { DC_KEY_BYTES = 16, DC_LOOKUPS = 256 };

/* A word that is looked for: its first 16 bytes, or hashes of a longer one. */
typedef struct dc_lookup {
  uint64_t low, high;
  const char *text;
  uint32_t length;
} dc_lookup;

void dc_lookup_long(dc_lookup *lookup, const char *text, size_t length); /* length > DC_KEY_BYTES */

/* DC_KEY_BYTES may be read from text, however short the word is. */
static inline void dc_lookup_set(dc_lookup *lookup, const char *text, size_t length)
{
  static const unsigned char mask[2 * DC_KEY_BYTES] = {255, 255, 255, 255, 255, 255, 255, 255,
                                                       255, 255, 255, 255, 255, 255, 255, 255};
  if (length > DC_KEY_BYTES) {
    dc_lookup_long(lookup, text, length);
    return;
  }
  uint64_t low, high, keep_low, keep_high;
  memcpy(&low, text, sizeof low);
  memcpy(&high, text + 8, sizeof high);
  memcpy(&keep_low, mask + DC_KEY_BYTES - length, sizeof keep_low);
  memcpy(&keep_high, mask + DC_KEY_BYTES + 8 - length, sizeof keep_high);
  lookup->low = low & keep_low;
  lookup->high = high & keep_high;
  lookup->text = text;
  lookup->length = (uint32_t)length;
}

/* The codes of n words, at most DC_LOOKUPS; false when memory ended. */
bool dc_dictionary_codes(dc_dictionary *dictionary, const dc_lookup *lookups, size_t n, uint32_t *codes);

#endif
