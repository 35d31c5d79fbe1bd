#include "engine/ingest/turn.h"

#if defined __SSE2__
#include <emmintrin.h>

/* Four fields of four rows. */
static inline void turn4(const uint32_t *const row[4], size_t f, uint32_t *to, size_t stride)
{
  const __m128i one = _mm_set1_epi32(1);
  __m128i v[4], w[4];
  for (int i = 0; i < 4; i++) v[i] = _mm_add_epi32(_mm_loadu_si128((const void *)(row[i] + f)), one);
  for (int i = 0; i < 2; i++) {
    w[i] = _mm_unpacklo_epi32(v[2 * i], v[2 * i + 1]);
    w[i + 2] = _mm_unpackhi_epi32(v[2 * i], v[2 * i + 1]);
  }
  for (size_t i = 0; i < 2; i++) {
    _mm_storeu_si128((void *)(to + 2 * i * stride), _mm_unpacklo_epi64(w[2 * i], w[2 * i + 1]));
    _mm_storeu_si128((void *)(to + (2 * i + 1) * stride), _mm_unpackhi_epi64(w[2 * i], w[2 * i + 1]));
  }
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
    const uint32_t *row[4];
    for (size_t i = 0; i < 4; i++) row[i] = ends + first[k + i] - 1;
    size_t f = 0;
    for (; f + 4 <= fields + 1; f += 4) turn4(row, f, begins + f * stride + k, stride);
    for (; f <= fields; f++)
      for (size_t i = 0; i < 4; i++) begins[f * stride + k + i] = row[i][f] + 1;
  }
  for (; k < stride; k++)
    for (size_t f = 0; f <= fields; f++) begins[f * stride + k] = k < rows ? ends[first[k] - 1 + f] + 1 : 0;
}
