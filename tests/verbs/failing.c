#include "tests/verbs/failing.h"

#include <errno.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MALLOC 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define OWN_MALLOC 1
#endif
#endif

#if defined(__GLIBC__) && !defined(OWN_MALLOC)

/* glibc lets a program replace its allocator, and keeps the original under these names. */
void *memalign(size_t alignment, size_t size);
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

static bool counting = false;
static long made = 0, outstanding = 0, fails_at = 0;

static bool fails(void)
{
  if (!counting || ++made != fails_at) return false;
  errno = ENOMEM;
  return true;
}

static void *kept(void *memory)
{
  if (counting && memory) outstanding++;
  return memory;
}

void *malloc(size_t size) { return fails() ? NULL : kept(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) { return fails() ? NULL : kept(__libc_calloc(count, size)); }

void *realloc(void *old, size_t size)
{
  if (fails()) return NULL;
  void *memory = __libc_realloc(old, size);
  return old ? memory : kept(memory);
}

/* Only OpenMP asks for these; it knows no other answer to a failure than to end the program. */
void *memalign(size_t alignment, size_t size) { return kept(__libc_memalign(alignment, size)); }

void *aligned_alloc(size_t alignment, size_t size) { return kept(__libc_memalign(alignment, size)); }

int posix_memalign(void **memory, size_t alignment, size_t size)
{
  *memory = kept(__libc_memalign(alignment, size));
  return *memory ? 0 : ENOMEM;
}

void free(void *memory)
{
  if (counting && memory) outstanding--;
  __libc_free(memory);
}

bool dc_failing_possible(void) { return true; }

void dc_failing_start(long n)
{
  made = outstanding = 0;
  fails_at = n;
  counting = true;
}

long dc_failing_stop(long *not_freed)
{
  counting = false;
  *not_freed = outstanding;
  return made;
}

#else

bool dc_failing_possible(void) { return false; }

void dc_failing_start(long n) { (void)n; }

long dc_failing_stop(long *not_freed)
{
  *not_freed = 0;
  return 0;
}

#endif
