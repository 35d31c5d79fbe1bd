#include "engine/ingest/turn.h"

#if defined __SSE2__
#include <emmintrin.h>

static inline __m128i begins_at(const uint32_t *ends)
{
  return _mm_add_epi32(_mm_loadu_si128((const void *)ends), _mm_set1_epi32(1));
}

/* Four fields of four rows. */
static inline void turn4(const uint32_t *const row[4], size_t f, uint32_t *to, size_t stride)
{
  __m128i a = begins_at(row[0] + f), b = begins_at(row[1] + f), c = begins_at(row[2] + f), d = begins_at(row[3] + f);
  __m128i ab = _mm_unpacklo_epi32(a, b), cd = _mm_unpacklo_epi32(c, d);
  _mm_storeu_si128((void *)to, _mm_unpacklo_epi64(ab, cd));
  _mm_storeu_si128((void *)(to + stride), _mm_unpackhi_epi64(ab, cd));
  ab = _mm_unpackhi_epi32(a, b);
  cd = _mm_unpackhi_epi32(c, d);
  _mm_storeu_si128((void *)(to + 2 * stride), _mm_unpacklo_epi64(ab, cd));
  _mm_storeu_si128((void *)(to + 3 * stride), _mm_unpackhi_epi64(ab, cd));
}
#else
static inline void turn4(const uint32_t *const row[4], size_t f, uint32_t *to, size_t stride)
{
  for (size_t i = 0; i < 4; i++)
    for (size_t k = 0; k < 4; k++) to[i * stride + k] = row[k][f + i] + 1;
}
#endif

void dc_turn(const uint32_t *ends, const uint32_t *first, size_t rows, size_t fields, uint32_t *begins)
{
  size_t stride = dc_turn_stride(rows), k = 0;
  for (; k + 4 <= rows; k += 4) {
    const uint32_t *before = ends - 1;
    const uint32_t *const row[4] = {before + first[k], before + first[k + 1], before + first[k + 2],
                                    before + first[k + 3]};
    size_t f = 0;
    for (; f + 4 <= fields + 1; f += 4) turn4(row, f, begins + f * stride + k, stride);
    for (; f <= fields; f++)
      for (size_t i = 0; i < 4; i++) begins[f * stride + k + i] = row[i][f] + 1;
  }
  for (; k < stride; k++)
    for (size_t f = 0; f <= fields; f++) begins[f * stride + k] = k < rows ? ends[first[k] - 1 + f] + 1 : 0;
}
