#define _GNU_SOURCE /* dladdr */

#include "tests/verbs/failing.h"

#include "tests/check.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

/* OpenMP knows no other answer to a failure than to end the program, so its own allocations do not fail. LLVM's keeps
 * some of them for later, so they do not count either. */
static bool made_by(void *caller, const char *library)
{
  Dl_info info;
  return dladdr(caller, &info) && info.dli_fname && strstr(info.dli_fname, library);
}

static bool fails(void *caller)
{
  if (!counting || made_by(caller, "omp.so") || ++made != fails_at) return false;
  errno = ENOMEM;
  return true;
}

static void *count(void *memory, int change, void *caller)
{
  if (counting && memory && !made_by(caller, "/libomp.so")) outstanding += change;
  return memory;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size) { return fails(CALLER) ? NULL : count(__libc_malloc(size), 1, CALLER); }

void *calloc(size_t number, size_t size)
{
  return fails(CALLER) ? NULL : count(__libc_calloc(number, size), 1, CALLER);
}

void *realloc(void *old, size_t size)
{
  if (fails(CALLER)) return NULL;
  void *memory = __libc_realloc(old, size);
  return old ? memory : count(memory, 1, CALLER);
}

/* Only OpenMP asks for these. */
void *memalign(size_t alignment, size_t size) { return count(__libc_memalign(alignment, size), 1, CALLER); }

void *aligned_alloc(size_t alignment, size_t size) { return count(__libc_memalign(alignment, size), 1, CALLER); }

int posix_memalign(void **memory, size_t alignment, size_t size)
{
  *memory = count(__libc_memalign(alignment, size), 1, CALLER);
  return *memory ? 0 : ENOMEM;
}

void free(void *memory) { __libc_free(count(memory, -1, CALLER)); }

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

long dc_failing_each(dc_status (*once)(void *context, dc_error *error), void *context, long most_kept)
{
  dc_error error;
  long kept, all, told_memory = 0;
  check_ok(once(context, &error), &error); /* what libraries keep for good is made here */
  dc_failing_start(0);
  check_ok(once(context, &error), &error);
  all = dc_failing_stop(&kept);
  assert_int_equal(kept, 0);
  for (long n = 1; n <= all; n++) {
    memset(&error, 0, sizeof error);
    dc_failing_start(n);
    dc_status status = once(context, &error);
    dc_failing_stop(&kept);
    if (kept > most_kept) fail_msg("allocation %ld of %ld failed: %ld kept (%s)", n, all, kept, error.message);
    if (status == DC_OK) continue;
    if (dc_exit_code(status) != 5 || !error.message[0])
      fail_msg("allocation %ld of %ld failed: status %d, \"%s\"", n, all, (int)status, error.message);
    told_memory += status == DC_E_MEMORY;
  }
  assert_true(told_memory > all / 2); /* the rest: libraries that could do without, files that could not be opened */
  return all;
}
