#include "engine/ingest/source.h"
#include "engine/ingest/word.h"

#include <string.h>

static inline uint64_t turn(uint64_t x) { return x << 29 | x >> 35; }

static uint64_t stir(uint64_t x)
{
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93u;
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93u;
  return x ^ (x >> 32);
}

uint64_t dc_hash_join(uint64_t hash, uint64_t piece) { return stir(hash * 0x9E3779B97F4A7C15u + piece); }

uint64_t dc_hash_stored(const char *bytes, size_t length)
{
  const uint64_t odd = 0x9E3779B97F4A7C15u;
  const unsigned char *p = (const unsigned char *)bytes;
  uint64_t lane[4] = {1, 2, 3, 4};
  size_t i = 0;
  for (; i + 32 <= length; i += 32) {
    lane[0] = turn((lane[0] ^ dc_word_load(p + i)) * odd);
    lane[1] = turn((lane[1] ^ dc_word_load(p + i + 8)) * odd);
    lane[2] = turn((lane[2] ^ dc_word_load(p + i + 16)) * odd);
    lane[3] = turn((lane[3] ^ dc_word_load(p + i + 24)) * odd);
  }
  unsigned char tail[32] = {0};
  if (i < length) memcpy(tail, p + i, length - i);
  uint64_t hash = stir((uint64_t)length);
  for (int k = 0; k < 4; k++) hash = stir(hash + (lane[k] ^ dc_word_load(tail + 8 * k)) * odd);
  return hash;
}
