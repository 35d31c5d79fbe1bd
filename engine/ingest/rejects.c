#include "engine/ingest/load.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool same(const dc_reject *a, const dc_reject *b)
{
  return strcmp(a->rule, b->rule) == 0 && strcmp(a->column_name, b->column_name) == 0;
}

static void add_to(dc_reject *into, const dc_reject *one)
{
  into->count += one->count;
  if (isnan(one->amount)) return;
  into->amount = isnan(into->amount) ? one->amount : into->amount + one->amount;
}

bool dc_rejects_add(dc_rejects *rejects, const dc_reject *one)
{
  for (size_t i = 0; i < rejects->count; i++) {
    if (!same(&rejects->items[i], one)) continue;
    add_to(&rejects->items[i], one);
    return true;
  }
  if (rejects->count == rejects->capacity) {
    size_t capacity = rejects->capacity ? rejects->capacity * 2 : 8;
    dc_reject *items = realloc(rejects->items, capacity * sizeof *items);
    if (!items) return false;
    rejects->items = items;
    rejects->capacity = capacity;
  }
  rejects->items[rejects->count++] = *one;
  return true;
}
