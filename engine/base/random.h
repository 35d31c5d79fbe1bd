/* Counter-based random numbers: a function of (seed, stream, draw), so threads and order do not matter. */
#ifndef DC_BASE_RANDOM_H
#define DC_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* FNV-1a with a final mix; the same on every machine. */
uint64_t dc_hash_bytes(const void *bytes, size_t length, uint64_t seed);

/* 64 well-mixed bits of (seed, stream, draw): three rounds of the splitmix64 finaliser (Steele et al. 2014). */
uint64_t dc_random_bits(uint64_t seed, uint64_t stream, uint64_t draw);

/* Uniform on (0, 1). */
double dc_random_uniform(uint64_t seed, uint64_t stream, uint64_t draw);

#endif
