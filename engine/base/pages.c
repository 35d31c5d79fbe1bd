#define _DEFAULT_SOURCE /* madvise */
#include "engine/base/pages.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { PAGE = 2 << 20 };

void *dc_pages_alloc(size_t bytes)
{
#ifdef MADV_HUGEPAGE
  if (bytes >= PAGE) {
    void *pages = NULL;
    if (posix_memalign(&pages, PAGE, bytes) != 0) return NULL;
    (void)madvise(pages, bytes, MADV_HUGEPAGE); /* a wish: without it the array only takes longer to fill */
    return pages;
  }
#endif
  return malloc(bytes ? bytes : 1);
}
