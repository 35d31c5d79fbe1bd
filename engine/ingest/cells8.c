#include "engine/ingest/cells8.h"

#include "engine/ingest/number.h"

#include <string.h>

#if defined __x86_64__
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512cd,avx512vbmi2")))

enum { LENGTH_OF_DATE = 10, FIRST_YEAR = 1900, YEARS = 201, MONTHS = 16 };

/* Eight times sixteen bytes, as two words each. */
typedef struct pairs8 {
  __m512i low, high;
} pairs8;

AVX512 static inline __m512i four(const void *a, const void *b, const void *c, const void *d)
{
  __m512i v = _mm512_castsi128_si512(_mm_loadu_si128(a));
  v = _mm512_mask_broadcast_i32x4(v, 0x00F0, _mm_loadu_si128(b));
  v = _mm512_mask_broadcast_i32x4(v, 0x0F00, _mm_loadu_si128(c));
  return _mm512_mask_broadcast_i32x4(v, 0xF000, _mm_loadu_si128(d));
}

/* The first bytes of the cells from k on. Eight loads: faster than two gathers. */
AVX512 static inline pairs8 texts_at(const dc_cells *c, size_t k)
{
  const char *t = c->text;
  const uint32_t *b = c->begin + k;
  __m512i even = four(t + b[0], t + b[2], t + b[4], t + b[6]), odd = four(t + b[1], t + b[3], t + b[5], t + b[7]);
  return (pairs8){_mm512_unpacklo_epi64(even, odd), _mm512_unpackhi_epi64(even, odd)};
}

AVX512 static inline __m512i lengths_at(const dc_cells *c, size_t k)
{
  __m256i begin = _mm256_loadu_si256((const void *)(c->begin + k)), next = _mm256_loadu_si256((const void *)(c->next + k));
  return _mm512_cvtepu32_epi64(_mm256_add_epi32(_mm256_sub_epi32(next, begin), _mm256_set1_epi32(-1)));
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

AVX512 static inline uint8_t numbers8(const dc_cells *c, size_t k, double *into, uint32_t *seen)
{
  const __m512i zeros = _mm512_set1_epi8('0'), one = _mm512_set1_epi64(1), bytes = _mm512_set1_epi64(0xff);
  const __m512d powers = _mm512_setr_pd(1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7);
  __m512i n = lengths_at(c, k), v = texts_at(c, k).low;
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
  for (size_t k = 0; k < c->n; k += 8) done[k / 8] = numbers8(c, k, into + k, &all);
  *seen |= all;
}

AVX512 static inline uint8_t dates8(const dc_cells *c, size_t k, const int32_t *months, int32_t *into)
{
  __m512i n = lengths_at(c, k);
  pairs8 texts = texts_at(c, k);
  __mmask8 fine = _mm512_cmpeq_epi64_mask(n, _mm512_set1_epi64(LENGTH_OF_DATE));
  /* 0000-00- and 00-00-00; what is not in its place is above 9. */
  __m512i v = _mm512_xor_si512(texts.low, _mm512_set1_epi64(0x2D30302D30303030));
  __m512i w = _mm512_xor_si512(_mm512_shrdi_epi64(texts.low, texts.high, 16), _mm512_set1_epi64(0x30302D30302D3030));
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
  for (size_t k = 0; k < c->n; k += 8) done[k / 8] = dates8(c, k, months, into + k);
}

AVX512 static inline pairs8 keys_at(const dc_key *k, const uint64_t *p)
{
  __m512i even = four(k + p[0], k + p[2], k + p[4], k + p[6]), odd = four(k + p[1], k + p[3], k + p[5], k + p[7]);
  return (pairs8){_mm512_unpacklo_epi64(even, odd), _mm512_unpackhi_epi64(even, odd)};
}

AVX512 static inline __m512i zero_bytes(__m512i v)
{
  __m512i below = _mm512_sub_epi64(v, _mm512_set1_epi8(1));
  return _mm512_and_si512(_mm512_andnot_si512(v, below), _mm512_set1_epi8((char)0x80));
}

/* The keys of cells without blanks around or quotes inside; the lanes of the others are not in the result. */
AVX512 static inline __mmask8 make_keys8(const dc_cells *c, size_t k, pairs8 *keys)
{
  const __m512i ones = _mm512_set1_epi64(-1), quotes = _mm512_set1_epi8('"');
  __m512i n = lengths_at(c, k);
  pairs8 v = texts_at(c, k);
  __mmask8 quoted = _mm512_mask_cmpeq_epi64_mask(_mm512_test_epi64_mask(n, n),
                                                 _mm512_and_si512(v.low, _mm512_set1_epi64(0xff)),
                                                 _mm512_set1_epi64('"'));
  v.low = _mm512_mask_shrdi_epi64(v.low, quoted, v.low, v.high, 8);
  v.high = _mm512_mask_srli_epi64(v.high, quoted, v.high, 8);
  n = _mm512_mask_sub_epi64(n, quoted, n, _mm512_set1_epi64(2));
  __mmask8 fits = _mm512_cmple_epu64_mask(n, _mm512_set1_epi64(DC_KEY_BYTES));
  __m512i bits = _mm512_slli_epi64(n, 3);
  v.low = _mm512_and_si512(v.low, _mm512_srlv_epi64(ones, _mm512_subs_epu16(_mm512_set1_epi64(64), bits)));
  v.high = _mm512_and_si512(v.high, _mm512_srlv_epi64(ones, _mm512_sub_epi64(_mm512_set1_epi64(128), bits)));
  __m512i inner = _mm512_or_si512(zero_bytes(_mm512_xor_si512(v.low, quotes)), zero_bytes(_mm512_xor_si512(v.high, quotes)));
  v.high = _mm512_or_si512(v.high, _mm512_slli_epi64(_mm512_add_epi64(n, _mm512_set1_epi64(1)), 56));
  *keys = v;
  return fits & (__mmask8)~_mm512_mask_test_epi64_mask(quoted, inner, inner);
}

AVX512 static inline uint8_t find8(const dc_slots *s, pairs8 wanted, const uint64_t *place, __mmask8 fits, uint32_t *codes)
{
  pairs8 there = keys_at(s->keys, place);
  const uint32_t *own = s->codes;
#pragma GCC unroll 8
  for (int i = 0; i < 8; i++) codes[i] = own[place[i]];
  __mmask8 done = _mm512_mask_cmpeq_epi64_mask(fits, there.low, wanted.low);
  done = _mm512_mask_cmpeq_epi64_mask(done, there.high, wanted.high);
  if (done == fits) return done;
  uint64_t low[8], high[8];
  _mm512_storeu_si512(low, wanted.low);
  _mm512_storeu_si512(high, wanted.high);
  for (unsigned left = (unsigned)(fits ^ done); left; left &= left - 1) {
    unsigned i = (unsigned)__builtin_ctz(left);
    for (size_t p = place[i]; s->keys[p].high; p = (p + 1) & s->mask) {
      if (s->keys[p].low != low[i] || s->keys[p].high != high[i]) continue;
      codes[i] = s->codes[p];
      done |= (__mmask8)(1u << i);
      break;
    }
  }
  return done;
}

enum { AHEAD = 8 };

AVX512 static void words(const dc_cells *c, const dc_slots *s, uint32_t *codes, uint8_t *done)
{
  const __m512i factor_low = _mm512_set1_epi64((long long)DC_KEY_FACTOR_LOW);
  const __m512i factor_high = _mm512_set1_epi64((long long)DC_KEY_FACTOR_HIGH);
  for (size_t k = 0; k < c->n; k += 8 * AHEAD) {
    pairs8 keys[AHEAD];
    uint64_t place[AHEAD][8];
    __mmask8 fits[AHEAD];
    size_t many = (c->n - k) / 8 < AHEAD ? (c->n - k) / 8 : AHEAD;
    for (size_t i = 0; i < many; i++) {
      fits[i] = make_keys8(c, k + 8 * i, &keys[i]);
      __m512i hash = _mm512_add_epi64(_mm512_mullo_epi64(keys[i].low, factor_low), _mm512_mullo_epi64(keys[i].high, factor_high));
      _mm512_storeu_si512(place[i], _mm512_srl_epi64(hash, _mm_cvtsi32_si128((int)s->shift)));
    }
    if (s->mask >= 1024) {
      for (size_t i = 0; i < 8 * many; i++) {
        __builtin_prefetch(s->keys + place[0][i]);
        __builtin_prefetch(s->codes + place[0][i]);
      }
    }
    for (size_t i = 0; i < many; i++)
      done[k / 8 + i] = find8(s, keys[i], place[i], fits[i], codes + k + 8 * i);
  }
}

static const dc_kernels8 avx512 = {numbers, dates, words};

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
