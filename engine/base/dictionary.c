#include "engine/base/dictionary.h"

#include <stdlib.h>
#include <string.h>

enum {
  FIRST_SLOTS = 16,
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

/* A word of up to DC_KEY_BYTES is its own key; a longer one is found by two hashes and then compared. code = 0 means an
 * empty slot: codes are stored plus one. */
typedef struct slot {
  uint64_t low, high;
  uint32_t code, length;
} slot;

struct dc_dictionary {
  slot *slots;
  size_t mask;
  dc_word *words;
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

void dc_dictionary_close(dc_dictionary *dictionary)
{
  free(dictionary->slots);
  dictionary->slots = NULL;
}

static inline uint64_t mix(uint64_t x)
{
  x *= 0x9E3779B97F4A7C15u;
  return x ^ (x >> 32);
}

void dc_lookup_long(dc_lookup *lookup, const char *text, size_t length)
{
  uint64_t a = 0x243F6A8885A308D3u, b = 0x13198A2E03707344u, w;
  size_t i = 0;
  for (; i + 8 < length; i += 8) {
    memcpy(&w, text + i, 8);
    a = mix(a ^ w);
    b = mix(b + w) + a;
  }
  memcpy(&w, text + length - 8, 8);
  lookup->low = mix(a ^ w);
  lookup->high = mix(b + w);
  lookup->text = text;
  lookup->length = (uint32_t)length;
}

static inline size_t place_of(uint64_t low, uint64_t high, uint32_t length)
{
  return (size_t)mix(low ^ mix(high + length));
}

static inline bool same(const dc_dictionary *d, const slot *at, const dc_lookup *l)
{
  if (at->low != l->low || at->high != l->high || at->length != l->length) return false;
  return l->length <= DC_KEY_BYTES || memcmp(d->words[at->code - 1].bytes, l->text, l->length) == 0;
}

static bool grow_slots(dc_dictionary *d)
{
  size_t size = (d->mask + 1) * (d->mask < MIDDLE_SLOTS ? 4 : 2);
  slot *slots = calloc(size, sizeof *slots);
  if (!slots) return false;
  for (size_t i = 0; i <= d->mask; i++) {
    if (!d->slots[i].code) continue;
    size_t p = place_of(d->slots[i].low, d->slots[i].high, d->slots[i].length) & (size - 1);
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

static inline bool crowded(const dc_dictionary *d)
{
  size_t slots = d->mask + 1;
  return slots <= SMALL_SLOTS ? d->count * 4 > slots : d->count * 8 > slots * 5;
}

static uint32_t add(dc_dictionary *d, slot *at, const dc_lookup *l)
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
  d->words[d->count++] = (dc_word){copy, l->length};
  *at = (slot){l->low, l->high, (uint32_t)d->count, l->length};
  uint32_t code = (uint32_t)d->count - 1;
  return crowded(d) && !grow_slots(d) ? DC_DICTIONARY_FULL : code;
}

static inline uint32_t find(dc_dictionary *d, size_t place, const dc_lookup *l)
{
  slot *at = &d->slots[place & d->mask];
  while (at->code) {
    if (same(d, at, l)) return at->code - 1;
    at = &d->slots[++place & d->mask];
  }
  return add(d, at, l);
}

uint32_t dc_dictionary_code(dc_dictionary *dictionary, const char *word, size_t length)
{
  if (length > UINT32_MAX) return DC_DICTIONARY_FULL;
  dc_lookup l = {.text = word, .length = (uint32_t)length};
  if (length > DC_KEY_BYTES) {
    dc_lookup_long(&l, word, length);
  } else if (length) {
    char key[DC_KEY_BYTES] = {0};
    memcpy(key, word, length);
    memcpy(&l.low, key, sizeof l.low);
    memcpy(&l.high, key + sizeof l.low, sizeof l.high);
  }
  return find(dictionary, place_of(l.low, l.high, l.length), &l);
}

bool dc_dictionary_codes(dc_dictionary *dictionary, const dc_lookup *lookups, size_t n, uint32_t *codes)
{
  size_t place[DC_LOOKUPS];
  for (size_t i = 0; i < n; i++) place[i] = place_of(lookups[i].low, lookups[i].high, lookups[i].length);
  if (dictionary->mask >= SMALL_SLOTS)
    for (size_t i = 0; i < n; i++) __builtin_prefetch(&dictionary->slots[place[i] & dictionary->mask]);
  uint32_t worst = 0;
  for (size_t i = 0; i < n; i++) {
    codes[i] = find(dictionary, place[i], &lookups[i]);
    worst = codes[i] > worst ? codes[i] : worst;
  }
  return worst != DC_DICTIONARY_FULL;
}

size_t dc_dictionary_count(const dc_dictionary *dictionary) { return dictionary->count; }

const char *dc_dictionary_word(const dc_dictionary *dictionary, uint32_t code, size_t *length)
{
  if (length) *length = dictionary->words[code].length;
  return dictionary->words[code].bytes;
}

const dc_word *dc_dictionary_words(const dc_dictionary *dictionary) { return dictionary->words; }
