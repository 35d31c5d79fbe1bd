#include "engine/base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 1 << 16, ALIGN = 16 };

typedef struct block {
  struct block *next;
  size_t used, size;
} block;

struct dc_arena {
  block *head;
};

static size_t round_up(size_t bytes) { return (bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1); }

dc_arena *dc_arena_new(void) { return calloc(1, sizeof(dc_arena)); }

void dc_arena_free(dc_arena *arena)
{
  if (!arena) return;
  for (block *b = arena->head; b;) {
    block *next = b->next;
    free(b);
    b = next;
  }
  free(arena);
}

static block *grow(dc_arena *arena, size_t bytes)
{
  size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
  block *b = calloc(1, round_up(sizeof *b) + size);
  if (!b) return NULL;
  b->size = size;
  /* A large request must not retire a block that still has room. */
  if (arena->head && bytes > BLOCK_BYTES) {
    b->next = arena->head->next;
    arena->head->next = b;
  } else {
    b->next = arena->head;
    arena->head = b;
  }
  return b;
}

void *dc_arena_alloc(dc_arena *arena, size_t count, size_t size)
{
  if (size && count > (SIZE_MAX - BLOCK_BYTES) / size) return NULL;
  size_t bytes = round_up(count * size);
  block *b = arena->head;
  if (!b || b->size - b->used < bytes) b = grow(arena, bytes);
  if (!b) return NULL;
  void *p = (char *)b + round_up(sizeof *b) + b->used;
  b->used += bytes;
  return p;
}

char *dc_arena_copy(dc_arena *arena, const char *text, size_t length)
{
  char *copy = dc_arena_alloc(arena, length + 1, 1);
  if (copy && length) memcpy(copy, text, length);
  return copy;
}
