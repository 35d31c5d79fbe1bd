/* malloc, calloc and realloc that fail when told to, for all code of a test program, shared libraries included. */
#ifndef TESTS_VERBS_FAILING_H
#define TESTS_VERBS_FAILING_H

#include "dealcast/error.h"
#include <stdbool.h>

/* Can allocations be made to fail here? Needs glibc, and no sanitizer that has its own malloc. */
bool dc_failing_possible(void);

/* From now on the n-th allocation fails (1 = the next); 0 = none does, they are only counted. Resets the counts. */
void dc_failing_start(long n);

/* Ends it; returns how many allocations there were since the start. *kept: how many of them were not freed. */
long dc_failing_stop(long *kept);

/* Runs `once` again and again, each time with another allocation failing, until all have failed: it says so with exit code 5, or
 * does without; at most most_kept pieces (that a library loses) stay. Returns how many allocations it takes. */
long dc_failing_each(dc_status (*once)(void *context, dc_error *error), void *context, long most_kept);

#endif
