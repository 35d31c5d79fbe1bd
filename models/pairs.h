/* Numbers of twice the digits: sums of two doubles. Sums are exact by Knuth 1997 (The Art of Computer Programming 2,
 * 4.2.2, theorem B), products by Dekker 1971 (Numerische Mathematik 18, section 5), without FMA, so that they are the same
 * everywhere. Needs -ffp-contract=off. */
#ifndef DC_MODELS_PAIRS_H
#define DC_MODELS_PAIRS_H

#include "models/wide.h"

typedef struct pair {
  double high, low;
} pair;

typedef struct wide_pair {
  wide4 high, low;
} wide_pair;

#define PAIRS_SPLITTER 134217729.0 /* 2^27 + 1 */

/* NAME_sum and NAME_product return the rounded result and set *error to what rounding took; NAME_add(acc, high, low) adds
 * to a running pair (Ogita, Rump and Oishi 2005, SIAM J. Sci. Comput. 26, algorithm 4.4). */
#define PAIRS_OF(number, several, name)                                                                                \
  WIDE_INLINE number name##_sum(number a, number b, number *error)                                                     \
  {                                                                                                                    \
    number sum = a + b, part = sum - a;                                                                                \
    *error = (a - (sum - part)) + (b - part);                                                                          \
    return sum;                                                                                                        \
  }                                                                                                                    \
  WIDE_INLINE number name##_product(number a, number b, number *error)                                                 \
  {                                                                                                                    \
    number product = a * b, p = a * PAIRS_SPLITTER, q = b * PAIRS_SPLITTER;                                            \
    number a1 = p - (p - a), b1 = q - (q - b), a2 = a - a1, b2 = b - b1;                                               \
    *error = ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2;                                                      \
    return product;                                                                                                    \
  }                                                                                                                    \
  WIDE_INLINE void name##_add(several *acc, number high, number low)                                                   \
  {                                                                                                                    \
    number error;                                                                                                      \
    acc->high = name##_sum(acc->high, high, &error);                                                                   \
    acc->low += error + low;                                                                                           \
  }                                                                                                                    \
  /* acc += a (b + c) */                                                                                               \
  WIDE_INLINE void name##_add_product(several *acc, number a, number b, number c)                                      \
  {                                                                                                                    \
    number error, high = name##_product(a, b, &error);                                                                 \
    name##_add(acc, high, error + a * c);                                                                              \
  }

PAIRS_OF(double, pair, pair)
PAIRS_OF(wide4, wide_pair, wide)

WIDE_INLINE double pair_value(pair a) { return a.high + a.low; }

/* The lanes of b, in their order. */
WIDE_INLINE void pair_add_lanes(pair *a, const wide_pair *b)
{
  for (int lane = 0; lane < 4; lane++) pair_add(a, b->high[lane], b->low[lane]);
}

/* a b */
WIDE_INLINE pair pair_times(pair a, pair b)
{
  pair c;
  c.high = pair_product(a.high, b.high, &c.low);
  c.low += a.high * b.low + a.low * b.high;
  return c;
}

#endif
