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

enum { DC_KEY_BYTES = 15, DC_LOOKUPS = 256 };

/* A word of up to DC_KEY_BYTES, zeros behind it, its length plus one as the 16th byte; of a longer one a hash and 255. */
typedef struct dc_key {
  uint64_t low, high;
} dc_key;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define DC_KEY_END ((uint64_t)1)
#else
#define DC_KEY_END ((uint64_t)1 << 56)
#endif

/* A word that is looked for. */
typedef struct dc_lookup {
  dc_key key;
  const char *text;
  size_t length;
} dc_lookup;

dc_key dc_key_long(const char *text, size_t length); /* length > DC_KEY_BYTES */

/* DC_KEY_BYTES + 1 may be read from text, however short the word is. */
static inline void dc_lookup_set(dc_lookup *lookup, const char *text, size_t length)
{
  static const unsigned char mask[31] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
  lookup->text = text;
  lookup->length = length;
  if (length > DC_KEY_BYTES) {
    lookup->key = dc_key_long(text, length);
    return;
  }
  dc_key key, keep;
  memcpy(&key, text, sizeof key);
  memcpy(&keep, mask + DC_KEY_BYTES - length, sizeof keep);
  lookup->key.low = key.low & keep.low;
  lookup->key.high = (key.high & keep.high) | (length + 1) * DC_KEY_END;
}

#define DC_KEY_FACTOR_LOW 0x9E3779B97F4A7C15u
#define DC_KEY_FACTOR_HIGH 0xC2B2AE3D27D4EB4Fu

static inline uint64_t dc_key_hash(dc_key key)
{
  uint64_t hash = key.low * DC_KEY_FACTOR_LOW + key.high * DC_KEY_FACTOR_HIGH;
  return hash ^ hash >> 32;
}

static inline size_t dc_key_place(dc_key key, unsigned shift)
{
  return (size_t)(dc_key_hash(key) * DC_KEY_FACTOR_LOW >> shift);
}

enum { DC_FEW_BITS = 4, DC_FEW = 1 << DC_FEW_BITS };

/* The keys of a few words, each in a slot that is no other's: dc_key_hash(key) * factor >> (64 - DC_FEW_BITS). */
typedef struct dc_few {
  uint64_t factor; /* 0: too many for that */
  uint64_t low[DC_FEW], high[DC_FEW];
  uint32_t code[DC_FEW];
} dc_few;

/* What a kernel needs that looks many words up at once. A number of a key stands in the slot dc_key_place(key, shift) or in
 * one behind it, before the next slot with 0; behind the last slot is the first. Number n is keys[n] and the code n - 1;
 * keys[0] is like no key of a word. */
typedef struct dc_slots {
  const uint32_t *numbers;
  const dc_key *keys;
  size_t mask;
  unsigned shift;
  const dc_few *few; /* NULL: too many */
} dc_slots;

/* Until a word is added. */
dc_slots dc_dictionary_slots(dc_dictionary *dictionary);

/* The codes of n words, at most DC_LOOKUPS; false when memory ended. */
bool dc_dictionary_codes(dc_dictionary *dictionary, const dc_lookup *lookups, size_t n, uint32_t *codes);

#endif
