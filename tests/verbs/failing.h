/* malloc, calloc and realloc that fail when told to, for all code of a test program, shared libraries included. */
#ifndef TESTS_VERBS_FAILING_H
#define TESTS_VERBS_FAILING_H

#include <stdbool.h>

/* Can allocations be made to fail here? Needs glibc, and no sanitizer that has its own malloc. */
bool dc_failing_possible(void);

/* From now on the n-th allocation fails (1 = the next); 0 = none does, they are only counted. Resets the counts. */
void dc_failing_start(long n);

/* Ends it; returns how many allocations there were since the start. *kept: how many of them were not freed. */
long dc_failing_stop(long *kept);

#endif
