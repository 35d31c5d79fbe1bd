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
  __m256i begin = _mm256_loadu_si256((const void *)(c->begin + k)),
          next = _mm256_loadu_si256((const void *)(c->next + k));
  return _mm512_cvtepu32_epi64(_mm256_add_epi32(_mm256_sub_epi32(next, begin), _mm256_set1_epi32(-1)));
}

/* 0x80 in the first byte that is zero and perhaps above it. */
AVX512 static inline __m512i zero_bytes(__m512i v)
{
  __m512i below = _mm512_sub_epi64(v, _mm512_set1_epi8(1));
  return _mm512_and_si512(_mm512_andnot_si512(v, below), _mm512_set1_epi8((char)0x80));
}

/* The lanes in which some byte is no digit, once '0' was taken off. */
AVX512 static inline __mmask8 not_digits(__m512i v)
{
  __m512i above = _mm512_or_si512(_mm512_add_epi8(v, _mm512_set1_epi8(0x76)), v);
  return _mm512_test_epi64_mask(above, _mm512_set1_epi8((char)0x80));
}

/* The lanes for which there are DC_NUMBER_ bits: see dc_number_plain_seen. */
typedef struct seen8 {
  __mmask8 ids, points, points3;
} seen8;

/* The first point goes, and what stands before it moves up, behind a zero. Returns how many characters are behind it. */
AVX512 static inline __m512i close_up(__m512i *v, __mmask8 pointed, __m512i point)
{
  const __m512i one = _mm512_set1_epi64(1);
  point = _mm512_and_si512(point, _mm512_sub_epi64(_mm512_setzero_si512(), point));
  __m512i below = _mm512_sub_epi64(_mm512_srli_epi64(point, 7), one);
  __m512i through = _mm512_or_si512(point, _mm512_sub_epi64(point, one));
  __m512i moved = _mm512_or_si512(_mm512_slli_epi64(_mm512_and_si512(*v, below), 8), _mm512_set1_epi64('0'));
  *v = _mm512_mask_or_epi64(*v, pointed, _mm512_andnot_si512(through, *v), moved);
  return _mm512_maskz_srli_epi64(pointed, _mm512_lzcnt_epi64(point), 3);
}

AVX512 static inline uint8_t numbers8(const dc_cells *c, size_t k, double *into, seen8 *seen)
{
  const __m512i zeros = _mm512_set1_epi8('0'), one = _mm512_set1_epi64(1), bytes = _mm512_set1_epi64(0xff);
  const __m512d powers = _mm512_setr_pd(1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7);
  __m512i n = lengths_at(c, k), v = texts_at(c, k).low, whole = n, decimals = _mm512_setzero_si512();
  __mmask8 empty = _mm512_testn_epi64_mask(n, n), fits = _mm512_cmple_epu64_mask(n, _mm512_set1_epi64(8));
  __mmask8 zero = _mm512_cmpeq_epi64_mask(_mm512_and_si512(v, bytes), _mm512_set1_epi64('0'));
  __m512i bits = _mm512_slli_epi64(n, 3);
  /* The last character highest, zeros before the first. */
  v = _mm512_sllv_epi64(v, _mm512_sub_epi64(_mm512_set1_epi64(64), bits));
  v = _mm512_or_si512(v, _mm512_srlv_epi64(zeros, bits));
  __m512i point = zero_bytes(_mm512_xor_si512(v, _mm512_set1_epi8('.')));
  __mmask8 pointed = _mm512_test_epi64_mask(point, point);
  if (pointed) {
    decimals = close_up(&v, pointed, point);
    whole = _mm512_sub_epi64(n, decimals);
    whole = _mm512_mask_sub_epi64(whole, pointed, whole, one);
  }
  v = _mm512_xor_si512(v, zeros);
  __mmask8 fine = fits & (__mmask8)~not_digits(v) & _mm512_test_epi64_mask(whole, whole);
  /* Pairs, fours, eights of digits. */
  v = _mm512_maddubs_epi16(v, _mm512_set1_epi16(0x010A));
  v = _mm512_madd_epi16(v, _mm512_set1_epi32(0x00010064));
  v = _mm512_add_epi64(_mm512_mul_epu32(v, _mm512_set1_epi64(10000)), _mm512_srli_epi64(v, 32));
  __m512d value = _mm512_cvtepu64_pd(v);
  if (pointed) {
    value = _mm512_div_pd(value, _mm512_permutexvar_pd(decimals, powers));
    __mmask8 some = _mm512_mask_test_epi64_mask(fine, decimals, decimals);
    __mmask8 three = _mm512_mask_cmpeq_epi64_mask(some & (__mmask8)~zero, decimals, _mm512_set1_epi64(3));
    three = _mm512_mask_cmplt_epi64_mask(three, whole, _mm512_set1_epi64(4));
    seen->points3 |= three;
    seen->points |= some & (__mmask8)~three;
  }
  seen->ids |= _mm512_mask_cmpgt_epi64_mask(fine & zero, whole, one);
  __mmask8 done = fine | empty;
  _mm512_mask_storeu_pd(into, done, _mm512_mask_mov_pd(value, empty, _mm512_set1_pd(__builtin_nan(""))));
  return done;
}

AVX512 static void numbers(const dc_cells *c, double *into, uint32_t *seen, uint8_t *done)
{
  seen8 all = {0, 0, 0};
  for (size_t k = 0; k < c->n; k += 8) done[k / 8] = numbers8(c, k, into + k, &all);
  *seen |= (all.ids ? DC_NUMBER_ID : 0u) | (all.points3 ? DC_NUMBER_POINT_3 : 0u) | (all.points ? DC_NUMBER_POINT : 0u);
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

AVX512 static inline pairs8 keys_at(const dc_key *k, const uint32_t *n)
{
  __m512i even = four(k + n[0], k + n[2], k + n[4], k + n[6]), odd = four(k + n[1], k + n[3], k + n[5], k + n[7]);
  return (pairs8){_mm512_unpacklo_epi64(even, odd), _mm512_unpackhi_epi64(even, odd)};
}

/* The lanes of 16 bytes that have a quote among them. */
AVX512 static inline __mmask8 with_quotes(pairs8 v)
{
  const __m512i quotes = _mm512_set1_epi8('"');
  __m512i low = zero_bytes(_mm512_xor_si512(v.low, quotes)), high = zero_bytes(_mm512_xor_si512(v.high, quotes));
  low = _mm512_or_si512(low, high);
  return _mm512_test_epi64_mask(low, low);
}

/* The keys of cells without blanks around or quotes inside; the lanes of the others are not in the result. *quotes: there
 * were cells in quotes among those before, and there will be more; without that the branch would be guessed wrongly. */
AVX512 static inline __mmask8 make_keys8(const dc_cells *c, size_t k, bool *quotes, pairs8 *keys)
{
  const __m512i ones = _mm512_set1_epi64(-1), first = _mm512_set1_epi64(0xff);
  __m512i n = lengths_at(c, k);
  pairs8 v = texts_at(c, k);
  __mmask8 quoted = _mm512_cmpeq_epi64_mask(_mm512_and_si512(v.low, first), _mm512_set1_epi64('"'));
  quoted = _mm512_mask_test_epi64_mask(quoted, n, n);
  *quotes |= quoted != 0;
  if (*quotes) { /* they go: the text moves down by a byte */
    v.low = _mm512_mask_shrdi_epi64(v.low, quoted, v.low, v.high, 8);
    v.high = _mm512_mask_srli_epi64(v.high, quoted, v.high, 8);
    n = _mm512_mask_sub_epi64(n, quoted, n, _mm512_set1_epi64(2));
  }
  __mmask8 fits = _mm512_cmple_epu64_mask(n, _mm512_set1_epi64(DC_KEY_BYTES));
  __m512i bits = _mm512_slli_epi64(n, 3);
  v.low = _mm512_and_si512(v.low, _mm512_srlv_epi64(ones, _mm512_subs_epu16(_mm512_set1_epi64(64), bits)));
  v.high = _mm512_and_si512(v.high, _mm512_srlv_epi64(ones, _mm512_sub_epi64(_mm512_set1_epi64(128), bits)));
  if (*quotes) fits &= (__mmask8) ~(quoted & with_quotes(v));
  v.high = _mm512_or_si512(v.high, _mm512_slli_epi64(_mm512_add_epi64(n, _mm512_set1_epi64(1)), 56));
  *keys = v;
  return fits;
}

AVX512 static inline uint8_t find8(const dc_slots *s, pairs8 wanted, const uint64_t *place, __mmask8 fits,
                                   uint32_t *codes)
{
  uint32_t n[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; i++) n[i] = s->numbers[place[i]];
#pragma GCC unroll 8
  for (int i = 0; i < 8; i++) codes[i] = n[i] - 1;
  pairs8 there = keys_at(s->keys, n);
  __mmask8 done = _mm512_mask_cmpeq_epi64_mask(fits, there.low, wanted.low);
  done = _mm512_mask_cmpeq_epi64_mask(done, there.high, wanted.high);
  if (done == fits) return done;
  uint64_t low[8], high[8];
  _mm512_storeu_si512(low, wanted.low);
  _mm512_storeu_si512(high, wanted.high);
  for (unsigned left = (unsigned)(fits ^ done); left; left &= left - 1) {
    unsigned i = (unsigned)__builtin_ctz(left);
    for (size_t p = place[i]; s->numbers[p]; p = (p + 1) & s->mask) {
      const dc_key *key = &s->keys[s->numbers[p]];
      if (key->low != low[i] || key->high != high[i]) continue;
      codes[i] = s->numbers[p] - 1;
      done |= (__mmask8)(1u << i);
      break;
    }
  }
  return done;
}

AVX512 static inline __m512i hashes(pairs8 keys)
{
  __m512i low = _mm512_mullo_epi64(keys.low, _mm512_set1_epi64((long long)DC_KEY_FACTOR_LOW));
  __m512i high = _mm512_mullo_epi64(keys.high, _mm512_set1_epi64((long long)DC_KEY_FACTOR_HIGH));
  __m512i hash = _mm512_add_epi64(low, high);
  return _mm512_xor_si512(hash, _mm512_srli_epi64(hash, 32));
}

/* All of the table in registers. */
AVX512 static void few_words(const dc_cells *c, const dc_few *few, uint32_t *codes, uint8_t *done)
{
  const __m512i factor = _mm512_set1_epi64((long long)few->factor);
  const __m512i low[2] = {_mm512_loadu_si512(few->low), _mm512_loadu_si512(few->low + 8)};
  const __m512i high[2] = {_mm512_loadu_si512(few->high), _mm512_loadu_si512(few->high + 8)};
  const __m512i code = _mm512_loadu_si512(few->code);
  bool quotes = false;
  for (size_t k = 0; k < c->n; k += 8) {
    pairs8 keys;
    __mmask8 fits = make_keys8(c, k, &quotes, &keys);
    __m512i place = _mm512_srli_epi64(_mm512_mullo_epi64(hashes(keys), factor), 64 - DC_FEW_BITS);
    fits = _mm512_mask_cmpeq_epi64_mask(fits, keys.low, _mm512_permutex2var_epi64(low[0], place, low[1]));
    done[k / 8] = _mm512_mask_cmpeq_epi64_mask(fits, keys.high, _mm512_permutex2var_epi64(high[0], place, high[1]));
    __m512i found = _mm512_permutexvar_epi32(_mm512_castsi256_si512(_mm512_cvtepi64_epi32(place)), code);
    _mm256_storeu_si256((void *)(codes + k), _mm512_castsi512_si256(found));
  }
}

enum { AHEAD = 8, PREFETCHED = 1 << 10 };

AVX512 static void words(const dc_cells *c, const dc_slots *s, uint32_t *codes, uint8_t *done)
{
  if (s->few) {
    few_words(c, s->few, codes, done);
    return;
  }
  const __m512i factor = _mm512_set1_epi64((long long)DC_KEY_FACTOR_LOW);
  bool quotes = false;
  for (size_t k = 0; k < c->n; k += 8 * AHEAD) {
    pairs8 keys[AHEAD];
    uint64_t place[8 * AHEAD];
    __mmask8 fits[AHEAD];
    size_t many = (c->n - k) / 8 < AHEAD ? (c->n - k) / 8 : AHEAD;
    for (size_t i = 0; i < many; i++) {
      fits[i] = make_keys8(c, k + 8 * i, &quotes, &keys[i]);
      __m512i hash = _mm512_mullo_epi64(hashes(keys[i]), factor);
      _mm512_storeu_si512(place + 8 * i, _mm512_srl_epi64(hash, _mm_cvtsi32_si128((int)s->shift)));
    }
    if (s->mask >= PREFETCHED)
      for (size_t i = 0; i < 8 * many; i++) __builtin_prefetch(s->numbers + place[i]);
    for (size_t i = 0; i < many; i++) done[k / 8 + i] = find8(s, keys[i], place + 8 * i, fits[i], codes + k + 8 * i);
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
