/* Deal ids: a set of byte strings that ends as ranks in byte order, the canonical order of everything. */
#ifndef DC_DEALS_IDS_H
#define DC_DEALS_IDS_H

#include "dealcast/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts are not copied: they must outlive the set. */
typedef struct dc_ids {
  size_t n, capacity;
  const char **text;
  uint32_t *length;
  size_t n_slots;
  uint32_t *slot; /* 1 + index, 0 = free */
} dc_ids;

#define DC_ID_NONE UINT32_MAX

bool dc_ids_reserve(dc_ids *ids, size_t expected);
void dc_ids_clear(dc_ids *ids);

/* Index in order of first appearance; *fresh tells whether it is new. DC_ID_NONE when memory ends. */
uint32_t dc_ids_add(dc_ids *ids, const char *text, size_t length, bool *fresh);
uint32_t dc_ids_find(const dc_ids *ids, const char *text, size_t length);

/* Sorts the set by bytes; (*rank)[old index] = new index, malloced. The set can no longer be searched afterwards. */
dc_status dc_ids_sort(dc_ids *ids, uint32_t **rank, dc_error *error) DC_MUST_CHECK;

#endif
