#include "engine/base/dictionary.h"

#include <stdlib.h>
#include <string.h>

enum {
  FIRST_BITS = 4,
  SMALL_SLOTS = 1 << 10,  /* up to here a quarter of the slots is used: hardly any word stands behind another */
  MIDDLE_SLOTS = 1 << 14, /* up to here they grow by four */
  FIRST_WORDS = 16,
  FIRST_CHUNK = 256,
  LAST_CHUNK = 1 << 16
};

/* Bytes of words. Not the arena of engine/base: a wide file has thousands of dictionaries of a few words each. */
typedef struct chunk {
  struct chunk *next;
  size_t used, size;
  char bytes[];
} chunk;

/* Keys and codes apart: a line of the cache holds four keys, and most slots that are looked at are the right one. */
struct dc_dictionary {
  dc_key *keys;
  uint32_t *codes;
  size_t mask;
  unsigned shift;
  dc_word *words;
  size_t count, capacity;
  chunk *chunks;
};

static bool make_slots(dc_dictionary *d, unsigned bits)
{
  size_t n = (size_t)1 << bits;
  dc_key *keys = calloc(n, sizeof *keys);
  uint32_t *codes = malloc(n * sizeof *codes);
  if (!keys || !codes) {
    free(keys);
    free(codes);
    return false;
  }
  d->keys = keys;
  d->codes = codes;
  d->mask = n - 1;
  d->shift = 64 - bits;
  return true;
}

dc_dictionary *dc_dictionary_new(void)
{
  dc_dictionary *d = calloc(1, sizeof *d);
  if (!d) return NULL;
  if (!make_slots(d, FIRST_BITS)) {
    dc_dictionary_free(d);
    return NULL;
  }
  return d;
}

void dc_dictionary_close(dc_dictionary *dictionary)
{
  free(dictionary->keys);
  free(dictionary->codes);
  dictionary->keys = NULL;
  dictionary->codes = NULL;
}

void dc_dictionary_free(dc_dictionary *dictionary)
{
  if (!dictionary) return;
  dc_dictionary_close(dictionary);
  free(dictionary->words);
  for (chunk *c = dictionary->chunks; c;) {
    chunk *next = c->next;
    free(c);
    c = next;
  }
  free(dictionary);
}

static inline uint64_t mix(uint64_t x)
{
  x *= 0x9E3779B97F4A7C15u;
  return x ^ (x >> 32);
}

dc_key dc_key_long(const char *text, size_t length)
{
  uint64_t a = 0x243F6A8885A308D3u, b = 0x13198A2E03707344u, w;
  size_t i = 0;
  for (; i + 8 < length; i += 8) {
    memcpy(&w, text + i, 8);
    a = mix(a ^ w);
    b = mix(b + w) + a;
  }
  memcpy(&w, text + length - 8, 8);
  return (dc_key){mix(a ^ w), mix(b + w) | 255 * DC_KEY_END};
}

static inline bool same(const dc_dictionary *d, size_t place, const dc_lookup *l)
{
  const dc_key *key = &d->keys[place];
  if (key->low != l->key.low || key->high != l->key.high) return false;
  if (l->length <= DC_KEY_BYTES) return true;
  const dc_word *word = &d->words[d->codes[place]];
  return word->length == l->length && memcmp(word->bytes, l->text, l->length) == 0;
}

static inline bool is_free(const dc_dictionary *d, size_t place) { return d->keys[place].high == 0; }

static bool grow_slots(dc_dictionary *d)
{
  dc_dictionary before = *d;
  if (!make_slots(d, 64 - d->shift + (d->mask < MIDDLE_SLOTS ? 2 : 1))) return false;
  for (size_t i = 0; i <= before.mask; i++) {
    if (is_free(&before, i)) continue;
    size_t p = dc_key_place(before.keys[i], d->shift);
    while (!is_free(d, p)) p = (p + 1) & d->mask;
    d->keys[p] = before.keys[i];
    d->codes[p] = before.codes[i];
  }
  dc_dictionary_close(&before);
  return true;
}

static char *store(dc_dictionary *d, const char *text, size_t length)
{
  chunk *c = d->chunks;
  if (!c || c->size - c->used <= length) {
    size_t size = c && c->size * 2 < LAST_CHUNK ? c->size * 2 : c ? LAST_CHUNK : FIRST_CHUNK;
    if (size <= length) size = length + 1;
    c = malloc(sizeof *c + size);
    if (!c) return NULL;
    *c = (chunk){.next = d->chunks, .size = size};
    d->chunks = c;
  }
  char *copy = c->bytes + c->used;
  if (length) memcpy(copy, text, length);
  copy[length] = 0;
  c->used += length + 1;
  return copy;
}

static inline bool crowded(const dc_dictionary *d)
{
  size_t slots = d->mask + 1;
  return slots <= SMALL_SLOTS ? d->count * 4 > slots : d->count * 8 > slots * 5;
}

static uint32_t add(dc_dictionary *d, size_t place, const dc_lookup *l)
{
  if (d->count >= UINT32_MAX - 2) return DC_DICTIONARY_FULL;
  if (d->count == d->capacity) {
    size_t capacity = d->capacity ? d->capacity * 2 : FIRST_WORDS;
    dc_word *words = realloc(d->words, capacity * sizeof *words);
    if (!words) return DC_DICTIONARY_FULL;
    d->words = words;
    d->capacity = capacity;
  }
  char *copy = store(d, l->text, l->length);
  if (!copy) return DC_DICTIONARY_FULL;
  uint32_t code = (uint32_t)d->count;
  d->words[d->count++] = (dc_word){copy, l->length};
  d->keys[place] = l->key;
  d->codes[place] = code;
  return crowded(d) && !grow_slots(d) ? DC_DICTIONARY_FULL : code;
}

static inline uint32_t find(dc_dictionary *d, size_t place, const dc_lookup *l)
{
  for (; !is_free(d, place); place = (place + 1) & d->mask)
    if (same(d, place, l)) return d->codes[place];
  return add(d, place, l);
}

uint32_t dc_dictionary_code(dc_dictionary *dictionary, const char *word, size_t length)
{
  dc_lookup l;
  char copy[DC_KEY_BYTES + 1] = {0};
  if (length && length <= DC_KEY_BYTES) memcpy(copy, word, length);
  dc_lookup_set(&l, length <= DC_KEY_BYTES ? copy : word, length);
  return find(dictionary, dc_key_place(l.key, dictionary->shift), &l);
}

bool dc_dictionary_codes(dc_dictionary *dictionary, const dc_lookup *lookups, size_t n, uint32_t *codes)
{
  if (dictionary->mask >= SMALL_SLOTS) {
    for (size_t i = 0; i < n; i++) {
      size_t place = dc_key_place(lookups[i].key, dictionary->shift);
      __builtin_prefetch(&dictionary->keys[place]);
      __builtin_prefetch(&dictionary->codes[place]);
    }
  }
  uint32_t worst = 0;
  for (size_t i = 0; i < n; i++) {
    codes[i] = find(dictionary, dc_key_place(lookups[i].key, dictionary->shift), &lookups[i]);
    worst = codes[i] > worst ? codes[i] : worst;
  }
  return worst != DC_DICTIONARY_FULL;
}

dc_slots dc_dictionary_slots(const dc_dictionary *d) { return (dc_slots){d->keys, d->codes, d->mask, d->shift}; }

size_t dc_dictionary_count(const dc_dictionary *dictionary) { return dictionary->count; }

const char *dc_dictionary_word(const dc_dictionary *dictionary, uint32_t code, size_t *length)
{
  if (length) *length = dictionary->words[code].length;
  return dictionary->words[code].bytes;
}

const dc_word *dc_dictionary_words(const dc_dictionary *dictionary) { return dictionary->words; }
