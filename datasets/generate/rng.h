/* Random numbers as a function of (seed, stream, a, b): any deal, path or account can be drawn alone and in any order,
 * and gives the same numbers. SplitMix64 (Steele, Lea and Flood 2014) started at a hashed key. */
#ifndef DATASETS_GENERATE_RNG_H
#define DATASETS_GENERATE_RNG_H

#include <stdint.h>

typedef struct {
  uint64_t state;
} dg_rng;

/* What a number is drawn for. Streams never share a key: adding a draw to one leaves the others' bytes alone. */
typedef enum {
  DG_STREAM_SHOCK = 1,
  DG_STREAM_ARRIVALS,
  DG_STREAM_SEAT,
  DG_STREAM_ACCOUNT,
  DG_STREAM_TRAITS,
  DG_STREAM_PAST,
  DG_STREAM_FUTURE,
  DG_STREAM_NEW,
  DG_STREAM_ORDERS,
  DG_STREAM_QUOTA,
  DG_STREAM_DIRT
} dg_stream;

static inline uint64_t dg_mix(uint64_t x)
{
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

static inline dg_rng dg_rng_at(uint64_t seed, dg_stream stream, uint64_t a, uint64_t b)
{
  const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
  uint64_t key = dg_mix(seed + step * (uint64_t)stream);

  key = dg_mix(key + step * (a + 1));
  key = dg_mix(key + step * (b + 1));
  return (dg_rng){.state = key};
}

static inline uint64_t dg_bits(dg_rng *rng)
{
  rng->state += UINT64_C(0x9e3779b97f4a7c15);
  return dg_mix(rng->state);
}

/* Uniform on the open interval (0, 1). */
static inline double dg_uniform(dg_rng *rng) { return ((double)(dg_bits(rng) >> 11) + 0.5) * 0x1.0p-53; }

double dg_exponential(dg_rng *rng);                    /* mean 1 */
double dg_normal(dg_rng *rng);                         /* mean 0, sd 1; Box and Muller 1958 */
double dg_student3(dg_rng *rng);                       /* Student's t with 3 degrees of freedom */
double dg_gamma(dg_rng *rng, double shape);            /* scale 1; Marsaglia and Tsang 2000 */
uint64_t dg_poisson(dg_rng *rng, double mean);         /* by products below a mean of 30, rounded normal above */
int dg_pick(dg_rng *rng, const double *weight, int n); /* index with probability in proportion to its weight */

#endif
