#include "engine/deals/ids.h"

#include "engine/base/random.h"

#include <stdlib.h>
#include <string.h>

bool dc_ids_reserve(dc_ids *ids, size_t expected)
{
  if (expected > ids->capacity) {
    const char **text = realloc(ids->text, expected * sizeof *text);
    if (text) ids->text = text;
    uint32_t *length = realloc(ids->length, expected * sizeof *length);
    if (length) ids->length = length;
    if (!text || !length) return false;
    ids->capacity = expected;
  }
  if (ids->n_slots >= 2 * expected) return true;
  size_t n_slots = 64;
  while (n_slots < 2 * expected) n_slots *= 2;
  uint32_t *slot = calloc(n_slots, sizeof *slot);
  if (!slot) return false;
  for (size_t i = 0; i < ids->n; i++) {
    size_t s = dc_hash_bytes(ids->text[i], ids->length[i], 0) & (n_slots - 1);
    while (slot[s]) s = (s + 1) & (n_slots - 1);
    slot[s] = (uint32_t)i + 1;
  }
  free(ids->slot);
  ids->slot = slot;
  ids->n_slots = n_slots;
  return true;
}

void dc_ids_clear(dc_ids *ids)
{
  free(ids->text);
  free(ids->length);
  free(ids->slot);
  memset(ids, 0, sizeof *ids);
}

/* The slot that holds the text, or the free one where it belongs. */
static size_t probe(const dc_ids *ids, const char *text, size_t length)
{
  size_t s = dc_hash_bytes(text, length, 0) & (ids->n_slots - 1);
  while (ids->slot[s]) {
    size_t i = ids->slot[s] - 1;
    if (ids->length[i] == length && memcmp(ids->text[i], text, length) == 0) break;
    s = (s + 1) & (ids->n_slots - 1);
  }
  return s;
}

uint32_t dc_ids_add(dc_ids *ids, const char *text, size_t length, bool *fresh)
{
  if (ids->n == ids->capacity && !dc_ids_reserve(ids, ids->n ? 2 * ids->n : 64)) return DC_ID_NONE;
  size_t s = probe(ids, text, length);
  *fresh = ids->slot[s] == 0;
  if (!*fresh) return ids->slot[s] - 1;
  ids->text[ids->n] = text;
  ids->length[ids->n] = (uint32_t)length;
  ids->slot[s] = (uint32_t)++ids->n;
  return ids->slot[s] - 1;
}

uint32_t dc_ids_find(const dc_ids *ids, const char *text, size_t length)
{
  if (!ids->n_slots) return DC_ID_NONE;
  size_t s = probe(ids, text, length);
  return ids->slot[s] ? ids->slot[s] - 1 : DC_ID_NONE;
}

/* The first 8 bytes as a big-endian number decide most comparisons without touching the text. */
typedef struct sort_key {
  uint64_t prefix;
  const char *text;
  uint32_t length, index;
} sort_key;

static uint64_t prefix_of(const char *text, uint32_t length)
{
  uint64_t p = 0;
  for (uint32_t i = 0; i < 8; i++) p = p << 8 | (i < length ? (unsigned char)text[i] : 0);
  return p;
}

static int compare_keys(const void *left, const void *right)
{
  const sort_key *a = left, *b = right;
  if (a->prefix != b->prefix) return a->prefix < b->prefix ? -1 : 1;
  uint32_t shorter = a->length < b->length ? a->length : b->length;
  int c = shorter ? memcmp(a->text, b->text, shorter) : 0;
  if (c) return c;
  return a->length < b->length ? -1 : a->length > b->length;
}

dc_status dc_ids_sort(dc_ids *ids, uint32_t **rank, dc_error *error)
{
  size_t n = ids->n;
  sort_key *keys = malloc((n + 1) * sizeof *keys);
  uint32_t *to = malloc((n + 1) * sizeof *to);
  if (!keys || !to) {
    free(keys);
    free(to);
    return dc_fail_memory(error, "sorting ids");
  }
  bool sorted = true;
  for (size_t i = 0; i < n; i++) {
    keys[i] = (sort_key){prefix_of(ids->text[i], ids->length[i]), ids->text[i], ids->length[i], (uint32_t)i};
    if (i && sorted) sorted = compare_keys(&keys[i - 1], &keys[i]) < 0;
  }
  if (!sorted) qsort(keys, n, sizeof *keys, compare_keys);
  for (size_t i = 0; i < n; i++) {
    to[keys[i].index] = (uint32_t)i;
    ids->text[i] = keys[i].text;
    ids->length[i] = keys[i].length;
  }
  free(ids->slot);
  ids->slot = NULL;
  ids->n_slots = 0;
  free(keys);
  *rank = to;
  return DC_OK;
}
