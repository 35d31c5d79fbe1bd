/* Loops over lanes for several instruction sets, chosen at run time. Sums go over 8 fixed lanes, so that with
 * -ffp-contract=off the bytes are the same whichever is chosen. */
#ifndef DC_MODELS_WIDE_H
#define DC_MODELS_WIDE_H

#include <stddef.h>

#if defined(__x86_64__) && defined(__GNUC__) && defined(__linux__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif
#define WIDE_INLINE static inline __attribute__((always_inline))

/* Vectors go through functions that are always inlined only, so no call depends on how they are passed. */
#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

/* Four doubles side by side: gcc and clang make of it what the instruction set has. */
typedef double wide4 __attribute__((vector_size(32), aligned(8), may_alias));

WIDE_INLINE wide4 wide_of(double x) { return (wide4){x, x, x, x}; }
WIDE_INLINE double wide_total(wide4 a, wide4 b)
{
  wide4 s = a + b;
  return (s[0] + s[2]) + (s[1] + s[3]);
}

#endif
