#include "engine/base/dictionary.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 32, INLINE_BYTES = 16, FIRST_CHUNK = 256, LAST_CHUNK = 1 << 16 };

/* Bytes of words. Not the arena of engine/base: a wide file has thousands of dictionaries of a few words each. */
typedef struct chunk {
  struct chunk *next;
  size_t used, size;
  char bytes[];
} chunk;

/* A word of up to 16 bytes is its own key (low, high overlap when it is shorter); a longer one is found by two hashes
 * and then compared. code = 0 means an empty slot: codes are stored plus one. */
typedef struct slot {
  uint64_t low, high;
  uint32_t code, length;
} slot;

typedef struct entry {
  const char *bytes;
  size_t length;
} entry;

struct dc_dictionary {
  slot *slots;
  size_t mask;
  entry *words;
  size_t count, capacity;
  chunk *chunks;
};

dc_dictionary *dc_dictionary_new(void)
{
  dc_dictionary *d = calloc(1, sizeof *d);
  if (!d) return NULL;
  d->slots = calloc(FIRST_SLOTS, sizeof *d->slots);
  d->mask = FIRST_SLOTS - 1;
  if (!d->slots) {
    dc_dictionary_free(d);
    return NULL;
  }
  return d;
}

void dc_dictionary_free(dc_dictionary *dictionary)
{
  if (!dictionary) return;
  free(dictionary->slots);
  free(dictionary->words);
  for (chunk *c = dictionary->chunks; c;) {
    chunk *next = c->next;
    free(c);
    c = next;
  }
  free(dictionary);
}

static inline uint64_t load8(const char *bytes)
{
  uint64_t v;
  memcpy(&v, bytes, 8);
  return v;
}

static inline uint64_t load4(const char *bytes)
{
  uint32_t v;
  memcpy(&v, bytes, 4);
  return v;
}

static inline uint64_t mix(uint64_t x)
{
  x *= 0x9E3779B97F4A7C15u;
  return x ^ (x >> 32);
}

static void key_long(const char *text, size_t length, slot *key)
{
  uint64_t a = 0x243F6A8885A308D3u, b = 0x13198A2E03707344u;
  size_t i = 0;
  for (; i + 8 < length; i += 8) {
    uint64_t w = load8(text + i);
    a = mix(a ^ w);
    b = mix(b + w) + a;
  }
  uint64_t tail = load8(text + length - 8);
  key->low = mix(a ^ tail);
  key->high = mix(b + tail);
}

/* Loads overlap instead of running past the end; with the length they tell words apart. */
static inline void key_of(const char *text, size_t length, slot *key)
{
  key->length = (uint32_t)length;
  key->high = 0;
  if (length > INLINE_BYTES) {
    key_long(text, length, key);
  } else if (length >= 8) {
    key->low = load8(text);
    key->high = load8(text + length - 8);
  } else if (length >= 4) {
    key->low = load4(text) | load4(text + length - 4) << 32;
  } else if (length) {
    key->low = (uint64_t)(unsigned char)text[0] | (uint64_t)(unsigned char)text[length / 2] << 8 |
               (uint64_t)(unsigned char)text[length - 1] << 16;
  } else {
    key->low = 0;
  }
}

static inline size_t place_of(const slot *key) { return (size_t)mix(key->low ^ mix(key->high + key->length)); }

static inline bool same(const dc_dictionary *d, const slot *at, const slot *key, const char *text)
{
  if (at->low != key->low || at->high != key->high || at->length != key->length) return false;
  return key->length <= INLINE_BYTES || memcmp(d->words[at->code - 1].bytes, text, key->length) == 0;
}

static bool grow_slots(dc_dictionary *d)
{
  size_t size = (d->mask + 1) * 2;
  slot *slots = calloc(size, sizeof *slots);
  if (!slots) return false;
  for (size_t i = 0; i <= d->mask; i++) {
    if (!d->slots[i].code) continue;
    size_t p = place_of(&d->slots[i]) & (size - 1);
    while (slots[p].code) p = (p + 1) & (size - 1);
    slots[p] = d->slots[i];
  }
  free(d->slots);
  d->slots = slots;
  d->mask = size - 1;
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

static uint32_t add(dc_dictionary *d, slot *at, slot key, const char *text, size_t length)
{
  if (d->count >= UINT32_MAX - 2) return DC_DICTIONARY_FULL;
  if (d->count == d->capacity) {
    size_t capacity = d->capacity ? d->capacity * 2 : FIRST_SLOTS / 2;
    entry *words = realloc(d->words, capacity * sizeof *words);
    if (!words) return DC_DICTIONARY_FULL;
    d->words = words;
    d->capacity = capacity;
  }
  char *copy = store(d, text, length);
  if (!copy) return DC_DICTIONARY_FULL;
  d->words[d->count].bytes = copy;
  d->words[d->count].length = length;
  key.code = (uint32_t)++d->count;
  *at = key;
  if (d->count * 2 > d->mask && !grow_slots(d)) return DC_DICTIONARY_FULL;
  return key.code - 1;
}

uint32_t dc_dictionary_code(dc_dictionary *dictionary, const char *word, size_t length)
{
  if (length > UINT32_MAX) return DC_DICTIONARY_FULL;
  slot key = {0, 0, 0, 0};
  key_of(word, length, &key);
  size_t p = place_of(&key) & dictionary->mask;
  slot *at = &dictionary->slots[p];
  while (at->code) {
    if (same(dictionary, at, &key, word)) return at->code - 1;
    p = (p + 1) & dictionary->mask;
    at = &dictionary->slots[p];
  }
  return add(dictionary, at, key, word, length);
}

size_t dc_dictionary_count(const dc_dictionary *dictionary) { return dictionary->count; }

const char *dc_dictionary_word(const dc_dictionary *dictionary, uint32_t code, size_t *length)
{
  if (length) *length = dictionary->words[code].length;
  return dictionary->words[code].bytes;
}

int dc_words_compare(const char *a, size_t length_a, const char *b, size_t length_b)
{
  size_t shorter = length_a < length_b ? length_a : length_b;
  int difference = shorter ? memcmp(a, b, shorter) : 0;
  return difference ? difference : (length_a > length_b) - (length_a < length_b);
}

static int compare(const dc_dictionary *d, uint32_t a, uint32_t b)
{
  return dc_words_compare(d->words[a].bytes, d->words[a].length, d->words[b].bytes, d->words[b].length);
}

/* Heap sort: qsort has no context in C11 and may allocate; the words are distinct, so any sort gives one order. */
static void sift(const dc_dictionary *d, uint32_t *order, size_t root, size_t count)
{
  uint32_t moving = order[root];
  for (size_t child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && compare(d, order[child], order[child + 1]) < 0) child++;
    if (compare(d, moving, order[child]) >= 0) break;
    order[root] = order[child];
  }
  order[root] = moving;
}

void dc_dictionary_order(const dc_dictionary *dictionary, uint32_t *order)
{
  size_t count = dictionary->count;
  for (size_t i = 0; i < count; i++) order[i] = (uint32_t)i;
  for (size_t i = count / 2; i-- > 0;) sift(dictionary, order, i, count);
  for (size_t last = count; last-- > 1;) {
    uint32_t largest = order[0];
    order[0] = order[last];
    order[last] = largest;
    sift(dictionary, order, 0, last);
  }
}
