#include "engine/base/dictionary.h"

#include <stdlib.h>
#include <string.h>

enum {
  FIRST_BITS = 4,
  SPARSE_BITS = 15, /* up to here they grow so that each word may stand where it is looked for first */
  SPARSE = 32,      /* but not beyond so many slots a word */
  PREFETCHED_BITS = 10,
  MOST_FEW = 10,
  FACTORS = 200, /* one of these gives nearly every ten words a slot of their own */
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

/* Slots are small, so that there may be many of them: see dc_slots. */
struct dc_dictionary {
  uint32_t *numbers;
  unsigned shift;
  dc_key *keys; /* capacity + 1 */
  dc_word *words;
  size_t count, capacity;
  chunk *chunks;
  dc_few few;
  size_t in_few; /* words when it was made */
};

static inline size_t mask_of(const dc_dictionary *d) { return (size_t)(UINT64_MAX >> d->shift); }

dc_dictionary *dc_dictionary_new(void)
{
  dc_dictionary *d = calloc(1, sizeof *d);
  if (!d) return NULL;
  d->shift = 64 - FIRST_BITS;
  d->numbers = calloc((size_t)1 << FIRST_BITS, sizeof *d->numbers);
  d->keys = calloc(1, sizeof *d->keys);
  if (!d->numbers || !d->keys) {
    dc_dictionary_free(d);
    return NULL;
  }
  return d;
}

void dc_dictionary_close(dc_dictionary *dictionary)
{
  free(dictionary->numbers);
  free(dictionary->keys);
  dictionary->numbers = NULL;
  dictionary->keys = NULL;
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

static inline bool same(const dc_dictionary *d, uint32_t number, const dc_lookup *l)
{
  const dc_key *key = &d->keys[number];
  if (key->low != l->key.low || key->high != l->key.high) return false;
  if (l->length <= DC_KEY_BYTES) return true;
  const dc_word *word = &d->words[number - 1];
  return word->length == l->length && memcmp(word->bytes, l->text, l->length) == 0;
}

/* Puts the number into the first free slot from its place on; true when that is not its place. */
static inline bool displaced(dc_dictionary *d, uint32_t number)
{
  size_t place = dc_key_place(d->keys[number], d->shift), p = place;
  while (d->numbers[p]) p = (p + 1) & mask_of(d);
  d->numbers[p] = number;
  return p != place;
}

/* A word behind another costs a branch guessed wrongly for each cell with it. */
static bool crowded(const dc_dictionary *d, bool any_displaced)
{
  unsigned bits = 64 - d->shift;
  size_t slots = (size_t)1 << bits;
  return d->count * 2 > slots || (any_displaced && bits < SPARSE_BITS && slots < d->count * SPARSE);
}

static bool grow_slots(dc_dictionary *d)
{
  bool any = true;
  while (crowded(d, any)) {
    uint32_t *numbers = calloc(2 * (mask_of(d) + 1), sizeof *numbers);
    if (!numbers) return false;
    free(d->numbers);
    d->numbers = numbers;
    d->shift--;
    any = false;
    for (uint32_t n = 1; n <= d->count; n++) any |= displaced(d, n);
  }
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

static bool grow_words(dc_dictionary *d)
{
  size_t capacity = d->capacity ? d->capacity * 2 : FIRST_WORDS;
  dc_word *words = realloc(d->words, capacity * sizeof *words);
  if (!words) return false;
  d->words = words;
  dc_key *keys = realloc(d->keys, (capacity + 1) * sizeof *keys);
  if (!keys) return false;
  d->keys = keys;
  d->capacity = capacity;
  return true;
}

static uint32_t add(dc_dictionary *d, const dc_lookup *l)
{
  if (d->count >= UINT32_MAX - 2) return DC_DICTIONARY_FULL;
  if (d->count == d->capacity && !grow_words(d)) return DC_DICTIONARY_FULL;
  char *copy = store(d, l->text, l->length);
  if (!copy) return DC_DICTIONARY_FULL;
  uint32_t code = (uint32_t)d->count;
  d->words[d->count++] = (dc_word){copy, l->length};
  d->keys[code + 1] = l->key;
  bool crowds = crowded(d, displaced(d, code + 1));
  return crowds && !grow_slots(d) ? DC_DICTIONARY_FULL : code;
}

static inline uint32_t find(dc_dictionary *d, const dc_lookup *l)
{
  size_t mask = mask_of(d);
  for (size_t p = dc_key_place(l->key, d->shift); d->numbers[p]; p = (p + 1) & mask)
    if (same(d, d->numbers[p], l)) return d->numbers[p] - 1;
  return add(d, l);
}

uint32_t dc_dictionary_code(dc_dictionary *dictionary, const char *word, size_t length)
{
  dc_lookup l;
  char copy[DC_KEY_BYTES + 1] = {0};
  if (length && length <= DC_KEY_BYTES) memcpy(copy, word, length);
  dc_lookup_set(&l, length <= DC_KEY_BYTES ? copy : word, length);
  return find(dictionary, &l);
}

bool dc_dictionary_codes(dc_dictionary *d, const dc_lookup *lookups, size_t n, uint32_t *codes)
{
  if (d->shift < 64 - PREFETCHED_BITS)
    for (size_t i = 0; i < n; i++) __builtin_prefetch(&d->numbers[dc_key_place(lookups[i].key, d->shift)]);
  uint32_t worst = 0;
  for (size_t i = 0; i < n; i++) {
    codes[i] = find(d, &lookups[i]);
    worst = codes[i] > worst ? codes[i] : worst;
  }
  return worst != DC_DICTIONARY_FULL;
}

/* False when two words want the same slot. */
static bool fill_few(const dc_dictionary *d, dc_few *few)
{
  memset(few->high, 0, sizeof few->high);
  for (uint32_t code = 0; code < d->count; code++) {
    if (d->words[code].length > DC_KEY_BYTES) continue;
    dc_key key = d->keys[code + 1];
    size_t place = (size_t)(dc_key_hash(key) * few->factor >> (64 - DC_FEW_BITS));
    if (few->high[place]) return false;
    few->low[place] = key.low;
    few->high[place] = key.high;
    few->code[place] = code;
  }
  return true;
}

static void make_few(dc_dictionary *d)
{
  d->in_few = d->count;
  d->few.factor = 0;
  for (uint64_t k = 0; d->count <= MOST_FEW && k < FACTORS; k++) {
    d->few.factor = mix(k + 1) | 1;
    if (fill_few(d, &d->few)) return;
  }
  d->few.factor = 0;
}

dc_slots dc_dictionary_slots(dc_dictionary *d)
{
  if (d->in_few != d->count) make_few(d);
  return (dc_slots){d->numbers, d->keys, mask_of(d), d->shift, d->few.factor ? &d->few : NULL};
}

size_t dc_dictionary_count(const dc_dictionary *dictionary) { return dictionary->count; }

const char *dc_dictionary_word(const dc_dictionary *dictionary, uint32_t code, size_t *length)
{
  if (length) *length = dictionary->words[code].length;
  return dictionary->words[code].bytes;
}

const dc_word *dc_dictionary_words(const dc_dictionary *dictionary) { return dictionary->words; }
