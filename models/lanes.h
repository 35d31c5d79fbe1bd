/* Eight fixed lanes of doubles, and exponential and logarithm over them: plain additions, multiplications and divisions
 * without contraction, so that the bytes are the same for every instruction set and C library. One value at a time for
 * whatever is not hot. Errors are about one unit in the last place.
 *
 * Logarithm: the polynomial of fdlibm's e_log.c (Sun Microsystems 1993). */
#ifndef DC_MODELS_LANES_H
#define DC_MODELS_LANES_H

#include "models/wide.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define DC_INLINE static inline __attribute__((always_inline, unused))

typedef wide4 dc_v4;
typedef int64_t dc_i4 __attribute__((vector_size(32), aligned(8), may_alias));
typedef uint64_t dc_u4 __attribute__((vector_size(32), aligned(8), may_alias));

enum { DC_LANES = 8, DC_V4 = 4 };

DC_INLINE dc_v4 dc_v4_of(double x) { return (dc_v4){x, x, x, x}; }
DC_INLINE dc_v4 dc_v4_load(const double *x) { return *(const dc_v4 *)x; }
DC_INLINE void dc_v4_store(double *x, dc_v4 v) { *(dc_v4 *)x = v; }
/* yes where the mask is all ones, no where it is 0 */
DC_INLINE dc_v4 dc_v4_pick(dc_i4 mask, dc_v4 yes, dc_v4 no)
{
  return (dc_v4)((mask & (dc_i4)yes) | (~mask & (dc_i4)no));
}

#define DC_LOG2_E 0x1.71547652b82fep0
#define DC_LN2_HIGH 0x1.62e42feep-1
#define DC_LN2_LOW 0x1.a39ef35793c76p-33
#define DC_ROUND 0x1.8p52

/* e^r for |r| <= log(2) / 2: even and odd powers apart, so that the two chains overlap. */
#define DC_EXP_POLYNOMIAL(r, q, even, odd, of)                                                                         \
  even = of(1.0 / 479001600) * q + of(1.0 / 3628800);                                                                  \
  odd = of(1.0 / 6227020800) * q + of(1.0 / 39916800);                                                                 \
  even = even * q + of(1.0 / 40320);                                                                                   \
  odd = odd * q + of(1.0 / 362880);                                                                                    \
  even = even * q + of(1.0 / 720);                                                                                     \
  odd = odd * q + of(1.0 / 5040);                                                                                      \
  even = even * q + of(1.0 / 24);                                                                                      \
  odd = odd * q + of(1.0 / 120);                                                                                       \
  even = even * q + of(0.5);                                                                                           \
  odd = odd * q + of(1.0 / 6);                                                                                         \
  odd = odd * q;

/* For -708 <= x <= 709. */
DC_INLINE dc_v4 dc_v4_exp(dc_v4 x)
{
  dc_v4 t = x * dc_v4_of(DC_LOG2_E) + dc_v4_of(DC_ROUND), n = t - dc_v4_of(DC_ROUND);
  dc_v4 r = (x - n * dc_v4_of(DC_LN2_HIGH)) - n * dc_v4_of(DC_LN2_LOW), q = r * r, even, odd;
  DC_EXP_POLYNOMIAL(r, q, even, odd, dc_v4_of)
  dc_v4 e = dc_v4_of(1) + (r + (q * even + r * odd));
  dc_u4 power = ((dc_u4)t + (dc_u4){1023, 1023, 1023, 1023}) << 52;
  return e * (dc_v4)power;
}

DC_INLINE double dc_same(double x) { return x; }

DC_INLINE double dc_power_of_2(int64_t n)
{
  uint64_t bits = (uint64_t)(n + 1023) << 52;
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* Any x; 0 below -745, infinite above 709.78. */
DC_INLINE double dc_exp(double x)
{
  if (!(x > -745)) return x < 0 ? 0 : x;
  if (x > 709.78) return INFINITY;
  double t = x * DC_LOG2_E + DC_ROUND, n = t - DC_ROUND;
  double r = (x - n * DC_LN2_HIGH) - n * DC_LN2_LOW, q = r * r, even, odd;
  DC_EXP_POLYNOMIAL(r, q, even, odd, dc_same)
  double e = 1 + (r + (q * even + r * odd));
  int64_t k = (int64_t)n;
  return e * dc_power_of_2(k / 2) * dc_power_of_2(k - k / 2);
}

/* Any x >= 0; NaN below 0. */
DC_INLINE double dc_log(double x)
{
  if (!(x > 0)) return x == 0 ? -INFINITY : NAN;
  if (x == INFINITY) return x;
  double shift = 0;
  if (x < 0x1p-1022) {
    x *= 0x1p60;
    shift = -60;
  }
  uint64_t bits, less = 0x3fe6a09e667f3bcdULL; /* of sqrt(1/2) */
  memcpy(&bits, &x, sizeof bits);
  uint64_t power = (bits - less + (1023ULL << 52)) >> 52; /* + 1023 */
  double k = (double)(int64_t)power - 1023 + shift, m;
  bits = bits - (power << 52) + (1023ULL << 52);
  memcpy(&m, &bits, sizeof m);
  double f = m - 1, s = f / (2 + f), z = s * s, w = z * z, half = 0.5 * f * f;
  double even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  double odd = z * (6.666666666666735130e-01 +
                    w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  return k * DC_LN2_HIGH - ((half - (s * (half + (even + odd)) + k * DC_LN2_LOW)) - f);
}

/* log(1 + x) for x > -1. */
DC_INLINE double dc_log1p(double x)
{
  double u = 1 + x;
  if (u == 1) return x;
  if (!(u < INFINITY)) return dc_log(u);
  return dc_log(u) + (x - (u - 1)) / u;
}

/* e^x - 1: where e^x is near 1, from log(1 + x) back (Kahan). */
DC_INLINE double dc_expm1(double x)
{
  if (fabs(x) < 1e-5) return x + x * x * (0.5 + x / 6);
  double u = dc_exp(x);
  if (fabs(x) > 1 || !(u > 0)) return u - 1;
  return (u - 1) * x / dc_log(u);
}

#endif
