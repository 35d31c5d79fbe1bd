#define _DEFAULT_SOURCE /* madvise */
#include "engine/base/pages.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE = 2 << 20 };

void *dc_pages_alloc(size_t bytes)
{
#ifdef MADV_HUGEPAGE
  /* A last page that would hardly be used stays small. */
  size_t whole = (bytes + PAGE - 1) / PAGE * PAGE;
  if (whole - bytes > bytes / 8) whole = bytes;
  if (bytes >= PAGE) {
    void *pages = NULL;
    if (posix_memalign(&pages, PAGE, whole) != 0) return NULL;
    (void)madvise(pages, whole, MADV_HUGEPAGE); /* a wish: without it the array only takes longer to fill */
    return pages;
  }
#endif
  return malloc(bytes ? bytes : 1);
}
