#include "engine/base/random.h"

static uint64_t mix(uint64_t z)
{
  z += 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

uint64_t dc_hash_bytes(const void *bytes, size_t length, uint64_t seed)
{
  const unsigned char *p = bytes;
  uint64_t h = 0xCBF29CE484222325u ^ seed;
  for (size_t i = 0; i < length; i++) h = (h ^ p[i]) * 0x100000001B3u;
  return mix(h);
}

uint64_t dc_random_bits(uint64_t seed, uint64_t stream, uint64_t draw) { return mix(mix(mix(seed) ^ stream) ^ draw); }

double dc_random_uniform(uint64_t seed, uint64_t stream, uint64_t draw)
{
  return ((double)(dc_random_bits(seed, stream, draw) >> 11) + 0.5) * 0x1p-53;
}
