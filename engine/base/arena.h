/* Memory that is freed all at once. One arena per job; not thread-safe. */
#ifndef DC_BASE_ARENA_H
#define DC_BASE_ARENA_H

#include <stddef.h>

typedef struct dc_arena dc_arena;

dc_arena *dc_arena_new(void);
void dc_arena_free(dc_arena *arena);

/* Zeroed, aligned to 16 bytes, NULL when memory ends. count * size is checked for overflow. */
void *dc_arena_alloc(dc_arena *arena, size_t count, size_t size);
char *dc_arena_copy(dc_arena *arena, const char *text, size_t length); /* NUL-terminated copy */

#endif
