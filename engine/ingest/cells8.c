#include "engine/ingest/cells8.h"

#include "engine/ingest/number.h"

#include <string.h>

#if defined __x86_64__
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512cd")))

enum { LENGTH_OF_DATE = 10, FIRST_YEAR = 1900, YEARS = 201, MONTHS = 16 };

AVX512 static inline __m512i words_at(const char *text, __m512i begin)
{
  return _mm512_i64gather_epi64(begin, text, 1);
}

AVX512 static inline __m512i wide(const uint32_t *eight)
{
  return _mm512_cvtepu32_epi64(_mm256_loadu_si256((const __m256i *)(const void *)eight));
}

/* The lanes in which some byte is no digit, once '0' was taken off. */
AVX512 static inline __mmask8 not_digits(__m512i v)
{
  __m512i above = _mm512_or_si512(_mm512_add_epi8(v, _mm512_set1_epi8(0x76)), v);
  return _mm512_test_epi64_mask(above, _mm512_set1_epi8((char)0x80));
}

/* DC_NUMBER_ bits of the lanes: see dc_number_plain_seen. */
AVX512 static inline uint32_t seen_of(__mmask8 lanes, __m512i first, __m512i whole, __m512i decimals)
{
  __mmask8 zero = _mm512_mask_cmpeq_epi64_mask(lanes, first, _mm512_set1_epi64('0'));
  __mmask8 ids = _mm512_mask_cmpgt_epi64_mask(zero, whole, _mm512_set1_epi64(1));
  __mmask8 some = _mm512_mask_cmpneq_epi64_mask(lanes, decimals, _mm512_setzero_si512());
  __mmask8 three = _mm512_mask_cmpeq_epi64_mask(some & (__mmask8)~zero, decimals, _mm512_set1_epi64(3));
  three = _mm512_mask_cmplt_epi64_mask(three, whole, _mm512_set1_epi64(4));
  return (ids ? DC_NUMBER_ID : 0u) | (three ? DC_NUMBER_POINT_3 : 0u) | (some & ~three ? DC_NUMBER_POINT : 0u);
}

AVX512 static inline uint8_t numbers8(const char *text, const uint32_t *begin, const uint32_t *length, double *into,
                                      uint32_t *seen)
{
  const __m512i zeros = _mm512_set1_epi8('0'), one = _mm512_set1_epi64(1), bytes = _mm512_set1_epi64(0xff);
  const __m512d powers = _mm512_setr_pd(1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7);
  __m512i n = wide(length), v = words_at(text, wide(begin));
  __mmask8 empty = _mm512_testn_epi64_mask(n, n), fits = _mm512_cmple_epu64_mask(n, _mm512_set1_epi64(8));
  __m512i first = _mm512_and_si512(v, bytes), bits = _mm512_slli_epi64(n, 3);
  /* The last character highest, zeros before the first. */
  v = _mm512_sllv_epi64(v, _mm512_sub_epi64(_mm512_set1_epi64(64), bits));
  v = _mm512_or_si512(v, _mm512_srlv_epi64(zeros, bits));
  /* The first point, if there is one, goes, and what stands before it moves up. */
  __m512i x = _mm512_xor_si512(v, _mm512_set1_epi8('.'));
  __m512i point = _mm512_and_si512(_mm512_andnot_si512(x, _mm512_sub_epi64(x, _mm512_set1_epi8(1))),
                                   _mm512_set1_epi8((char)0x80));
  __mmask8 pointed = _mm512_test_epi64_mask(point, point);
  point = _mm512_and_si512(point, _mm512_sub_epi64(_mm512_setzero_si512(), point));
  __m512i below = _mm512_sub_epi64(_mm512_srli_epi64(point, 7), one);
  __m512i through = _mm512_or_si512(point, _mm512_sub_epi64(point, one));
  __m512i moved = _mm512_or_si512(_mm512_slli_epi64(_mm512_and_si512(v, below), 8), _mm512_set1_epi64('0'));
  v = _mm512_mask_or_epi64(v, pointed, _mm512_andnot_si512(through, v), moved);
  __m512i decimals = _mm512_maskz_srli_epi64(pointed, _mm512_lzcnt_epi64(point), 3);
  __m512i whole = _mm512_sub_epi64(n, decimals);
  whole = _mm512_mask_sub_epi64(whole, pointed, whole, one);
  v = _mm512_xor_si512(v, zeros);
  __mmask8 fine = fits & (__mmask8)~not_digits(v) & _mm512_test_epi64_mask(whole, whole);
  /* Pairs, fours, eights of digits. */
  v = _mm512_maddubs_epi16(v, _mm512_set1_epi16(0x010A));
  v = _mm512_madd_epi16(v, _mm512_set1_epi32(0x00010064));
  v = _mm512_add_epi64(_mm512_mul_epu32(v, _mm512_set1_epi64(10000)), _mm512_srli_epi64(v, 32));
  __m512d value = _mm512_cvtepu64_pd(v);
  value = _mm512_mask_div_pd(value, pointed, value, _mm512_permutexvar_pd(decimals, powers));
  *seen |= seen_of(fine, first, whole, decimals);
  _mm512_mask_storeu_pd(into, fine, value);
  _mm512_mask_storeu_pd(into, empty, _mm512_set1_pd(__builtin_nan("")));
  return fine | empty;
}

AVX512 static void numbers(const dc_cells *c, double *into, uint32_t *seen, uint8_t *done)
{
  uint32_t all = 0;
  for (size_t k = 0; k < c->n; k += 8) done[k / 8] = numbers8(c->text, c->begin + k, c->length + k, into + k, &all);
  *seen |= all;
}

AVX512 static inline uint8_t dates8(const char *text, const uint32_t *begin, const uint32_t *length,
                                    const int32_t *months, int32_t *into)
{
  __m512i from = wide(begin), n = wide(length);
  __mmask8 fine = _mm512_cmpeq_epi64_mask(n, _mm512_set1_epi64(LENGTH_OF_DATE));
  /* 0000-00- and 00-00-00; what is not in its place is above 9. */
  __m512i v = _mm512_xor_si512(words_at(text, from), _mm512_set1_epi64(0x2D30302D30303030));
  __m512i w = _mm512_xor_si512(words_at(text + 2, from), _mm512_set1_epi64(0x30302D30302D3030));
  fine &= (__mmask8) ~(not_digits(v) | not_digits(w));
  fine &= _mm512_testn_epi64_mask(v, _mm512_set1_epi64((long long)0xFF0000FF00000000u)); /* the strokes */
  /* v: YY YY .M M. to year, month; w: the day of month above. */
  v = _mm512_maddubs_epi16(v, _mm512_set1_epi64(0x00010A00010A010A));
  v = _mm512_madd_epi16(v, _mm512_set1_epi64(0x0001000100010064));
  __m512i day = _mm512_maddubs_epi16(w, _mm512_set1_epi64(0x010A000000000000));
  day = _mm512_sub_epi64(_mm512_srli_epi64(day, 48), _mm512_set1_epi64(1));
  __m512i month = _mm512_srli_epi64(v, 32), year = _mm512_and_si512(v, _mm512_set1_epi64(0xffff));
  year = _mm512_sub_epi64(year, _mm512_set1_epi64(FIRST_YEAR));
  fine &= _mm512_cmplt_epu64_mask(year, _mm512_set1_epi64(YEARS));
  fine &= _mm512_cmplt_epu64_mask(month, _mm512_set1_epi64(MONTHS));
  __m512i at = _mm512_add_epi64(_mm512_slli_epi64(year, 4), month);
  __m256i entry = _mm512_mask_i64gather_epi32(_mm256_setzero_si256(), fine, at, months, 4);
  __m256i number = _mm512_cvtepi64_epi32(day);
  fine &= _mm256_cmplt_epu32_mask(number, _mm256_and_si256(entry, _mm256_set1_epi32(31)));
  _mm256_mask_storeu_epi32(into, fine, _mm256_add_epi32(_mm256_srai_epi32(entry, 5), number));
  return fine;
}

AVX512 static void dates(const dc_cells *c, const int32_t *months, int32_t *into, uint8_t *done)
{
  for (size_t k = 0; k < c->n; k += 8) done[k / 8] = dates8(c->text, c->begin + k, c->length + k, months, into + k);
}

static const dc_kernels8 avx512 = {numbers, dates};

const dc_kernels8 *dc_kernels8_of(const char *scanner)
{
  bool runs = __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd");
  return runs && strcmp(scanner, "avx512") == 0 ? &avx512 : NULL;
}

#else

const dc_kernels8 *dc_kernels8_of(const char *scanner)
{
  (void)scanner;
  return NULL;
}

#endif
