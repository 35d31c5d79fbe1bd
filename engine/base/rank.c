#include "engine/base/rank.h"

#include <stdlib.h>
#include <string.h>

enum { STEP = 8, FEW = 24, DEEPEST = 64, VALUES = 256, AHEAD = 16 };

/* key: the STEP bytes of the word at the depth that the sort has come to, the first one highest, 0 behind the end. */
typedef struct item {
  uint64_t key;
  uint32_t word;
  uint32_t known; /* not 0: the same word as the item before */
} item;

int dc_words_compare(const dc_word *a, const dc_word *b)
{
  size_t shorter = a->length < b->length ? a->length : b->length;
  int difference = shorter ? memcmp(a->bytes, b->bytes, shorter) : 0;
  return difference ? difference : (a->length > b->length) - (a->length < b->length);
}

static uint64_t key_at(const dc_word *word, size_t depth)
{
  const unsigned char *bytes = (const unsigned char *)word->bytes + depth;
  size_t left = word->length > depth ? word->length - depth : 0;
  uint64_t key = 0;
  if (left >= STEP) {
    memcpy(&key, bytes, STEP);
#if __BYTE_ORDER__ != __ORDER_BIG_ENDIAN__
    key = __builtin_bswap64(key);
#endif
    return key;
  }
  for (size_t i = 0; i < left; i++) key |= (uint64_t)bytes[i] << (56 - 8 * i);
  return key;
}

static void insert_few(item *items, size_t n)
{
  for (size_t i = 1; i < n; i++) {
    item moving = items[i];
    size_t k = i;
    for (; k && items[k - 1].key > moving.key; k--) items[k] = items[k - 1];
    items[k] = moving;
  }
}

/* Stable; only the bytes that differ somewhere. */
static void radix_by_key(item *items, item *scratch, size_t n, uint64_t differing)
{
  item *from = items, *to = scratch;
  for (int shift = 0; shift < 64; shift += 8) {
    if (!(differing >> shift & 0xff)) continue;
    size_t place[VALUES] = {0}, sum = 0;
    for (size_t i = 0; i < n; i++) place[from[i].key >> shift & 0xff]++;
    for (size_t v = 0; v < VALUES; v++) {
      size_t count = place[v];
      place[v] = sum;
      sum += count;
    }
    for (size_t i = 0; i < n; i++) to[place[from[i].key >> shift & 0xff]++] = from[i];
    item *other = from;
    from = to;
    to = other;
  }
  if (from != items) memcpy(items, from, n * sizeof *items);
}

/* Merge sort by whole words, for those that are alike over a long way again and again. */
static void merge_whole(const dc_word *words, item *items, item *scratch, size_t n)
{
  if (n < 2) return;
  size_t half = n / 2, a = 0, b = half, to = 0;
  merge_whole(words, items, scratch, half);
  merge_whole(words, items + half, scratch, n - half);
  memcpy(scratch, items, n * sizeof *items);
  while (a < half || b < n) {
    bool first = b == n || (a < half && dc_words_compare(&words[scratch[a].word], &words[scratch[b].word]) <= 0);
    items[to++] = scratch[first ? a++ : b++];
  }
}

static void mark_same(const dc_word *words, item *items, size_t n)
{
  for (size_t i = 1; i < n; i++)
    items[i].known = dc_words_compare(&words[items[i - 1].word], &words[items[i].word]) == 0;
}

/* Words of one key: those that end within it first, by length; returns how many. */
static size_t split_ended(const dc_word *words, item *items, item *scratch, size_t n, size_t depth)
{
  size_t ended = 0, all = words[items[0].word].length;
  while (ended < n && words[items[ended].word].length == all) ended++;
  if (ended == n && all <= depth + STEP) { /* the usual case: one word, from several dictionaries */
    for (size_t i = 1; i < n; i++) items[i].known = 1;
    return n;
  }
  ended = 0;
  memcpy(scratch, items, n * sizeof *items);
  for (size_t length = depth; length <= depth + STEP; length++) {
    size_t first = ended;
    for (size_t i = 0; i < n; i++) {
      if (words[scratch[i].word].length != length) continue;
      items[ended] = scratch[i];
      items[ended].known = ended > first;
      ended++;
    }
  }
  size_t to = ended;
  for (size_t i = 0; i < n && to < n; i++)
    if (words[scratch[i].word].length > depth + STEP) items[to++] = scratch[i];
  return ended;
}

/* Whether all words of one key, which is n of them, go on behind it. */
static bool all_longer(const dc_word *words, const item *items, size_t n, size_t depth)
{
  for (size_t i = 0; i < n; i++)
    if (words[items[i].word].length <= depth + STEP) return false;
  return true;
}

static void sort_from(const dc_word *words, item *items, item *scratch, size_t n, size_t depth, int level)
{
  for (;; depth += STEP) {
    uint64_t differing = 0;
    for (size_t i = 0; i < n; i++) {
      if (i + AHEAD < n) __builtin_prefetch(words[items[i + AHEAD].word].bytes + depth);
      items[i].key = key_at(&words[items[i].word], depth);
      differing |= items[i].key ^ items[0].key;
    }
    if (differing && n < FEW) insert_few(items, n);
    if (differing && n >= FEW) radix_by_key(items, scratch, n, differing);
    if (differing || !all_longer(words, items, n, depth)) break;
  }
  for (size_t i = 0, end; i < n; i = end) {
    for (end = i + 1; end < n && items[end].key == items[i].key;) end++;
    if (end == i + 1) continue;
    i += split_ended(words, items + i, scratch, end - i, depth);
    if (end - i < 2) continue;
    if (level < DEEPEST) {
      sort_from(words, items + i, scratch, end - i, depth + STEP, level + 1);
    } else {
      merge_whole(words, items + i, scratch, end - i);
      mark_same(words, items + i, end - i);
    }
  }
}

size_t dc_words_rank(const dc_word *words, size_t n, uint32_t *order, uint32_t *rank)
{
  if (n == 0) return 0;
  item *items = malloc(2 * n * sizeof *items);
  if (!items) return SIZE_MAX;
  for (size_t i = 0; i < n; i++) items[i] = (item){.word = (uint32_t)i};
  sort_from(words, items, items + n, n, 0, 0);
  uint32_t distinct = 0;
  for (size_t i = 0; i < n; i++) {
    distinct += i && !items[i].known;
    order[i] = items[i].word;
    rank[items[i].word] = distinct;
  }
  free(items);
  return (size_t)distinct + 1;
}
