/* Memory for large arrays that are filled from beginning to end. */
#ifndef DC_BASE_PAGES_H
#define DC_BASE_PAGES_H

#include <stddef.h>

/* As malloc, for free and realloc. Arrays of several megabytes are laid so that the system can give them pages of 2 MiB:
 * giving out pages of 4 KiB, one fault each, takes longer than filling them. NULL when memory ends. */
void *dc_pages_alloc(size_t bytes);

#endif
