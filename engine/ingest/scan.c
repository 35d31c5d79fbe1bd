#include "engine/ingest/scan.h"
#include "engine/ingest/word.h"

#if defined __x86_64__
#include <immintrin.h>
#define DC_TARGET(set) __attribute__((target(set)))
#endif

static uint32_t *spread_plain(const uint64_t *bits, size_t words, uint32_t base, uint32_t *into)
{
  for (size_t w = 0; w < words; w++, base += 64)
    for (uint64_t left = bits[w]; left; left &= left - 1) *into++ = base + (uint32_t)__builtin_ctzll(left);
  return into;
}

static inline uint64_t count_word(uint64_t x)
{
  x -= (x >> 1) & 0x5555555555555555u;
  x = (x & 0x3333333333333333u) + ((x >> 2) & 0x3333333333333333u);
  return (((x + (x >> 4)) & 0x0F0F0F0F0F0F0F0Fu) * 0x0101010101010101u) >> 56;
}

static uint64_t count_plain(const uint64_t *bits, size_t words)
{
  uint64_t n = 0;
  for (size_t w = 0; w < words; w++) n += count_word(bits[w]);
  return n;
}

static void enclose_plain(const uint64_t *quote, size_t words, uint64_t *carry, uint64_t *inside)
{
  for (size_t w = 0; w < words; w++) {
    uint64_t bits = quote[w];
    for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
    inside[w] = bits ^ *carry;
    *carry = (uint64_t)0 - (inside[w] >> 63);
  }
}

/* 0x80 in each byte of x that is zero. */
static inline uint64_t zeros(uint64_t x)
{
  const uint64_t low = DC_EACH(0x7f);
  return ~(((x & low) + low) | x | low);
}

/* Bit i is the highest bit of byte i; the others must be 0. */
static inline uint64_t gather(uint64_t x) { return ((x >> 7) * 0x0102040810204080u) >> 56; }

static void mark_plain(const char *text, char delimiter, dc_marks *m)
{
  uint64_t control = 0;
  memset(m, 0, sizeof *m);
  for (size_t i = 0; i < DC_SCAN_BYTES; i += 8) {
    uint64_t v = dc_word_load(text + i), lf = zeros(v ^ DC_EACH('\n')), cr = zeros(v ^ DC_EACH('\r'));
    size_t w = i / 64, shift = i % 64;
    m->quote[w] |= gather(zeros(v ^ DC_EACH('"'))) << shift;
    m->delimiter[w] |= gather(zeros(v ^ DC_EACH(delimiter))) << shift;
    m->lf[w] |= gather(lf) << shift;
    m->cr[w] |= gather(cr) << shift;
    control |= (zeros(v & DC_EACH(0xe0)) & ~(lf | cr | zeros(v ^ DC_EACH('\t')))) | zeros(v ^ DC_EACH(0x7f));
  }
  for (size_t w = 0; w < DC_SCAN_WORDS; w++) {
    m->any_quote |= m->quote[w];
    m->any_cr |= m->cr[w];
  }
  m->any_control = control;
}

static const dc_scanner plain = {"plain", mark_plain, spread_plain, count_plain, enclose_plain};

#if defined __x86_64__

static inline uint64_t lanes16(__m128i equal) { return (uint64_t)(unsigned)_mm_movemask_epi8(equal); }

static void mark_sse2(const char *text, char delimiter, dc_marks *m)
{
  const __m128i quote = _mm_set1_epi8('"'), comma = _mm_set1_epi8(delimiter), newline = _mm_set1_epi8('\n');
  const __m128i back = _mm_set1_epi8('\r'), tab = _mm_set1_epi8('\t'), low = _mm_set1_epi8(0x1f);
  const __m128i del = _mm_set1_epi8(0x7f);
  __m128i control = _mm_setzero_si128();
  uint64_t any_quote = 0, any_cr = 0;
  for (size_t w = 0; w < DC_SCAN_WORDS; w++) {
    uint64_t q = 0, d = 0, n = 0, r = 0;
    for (int k = 0; k < 4; k++) {
      __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(text + 64 * w + 16 * (size_t)k));
      __m128i lf = _mm_cmpeq_epi8(v, newline), cr = _mm_cmpeq_epi8(v, back);
      __m128i allowed = _mm_or_si128(_mm_or_si128(lf, cr), _mm_cmpeq_epi8(v, tab));
      __m128i below = _mm_cmpeq_epi8(_mm_min_epu8(v, low), v);
      control = _mm_or_si128(control, _mm_or_si128(_mm_andnot_si128(allowed, below), _mm_cmpeq_epi8(v, del)));
      q |= lanes16(_mm_cmpeq_epi8(v, quote)) << (16 * k);
      d |= lanes16(_mm_cmpeq_epi8(v, comma)) << (16 * k);
      n |= lanes16(lf) << (16 * k);
      r |= lanes16(cr) << (16 * k);
    }
    any_quote |= m->quote[w] = q;
    m->delimiter[w] = d;
    m->lf[w] = n;
    any_cr |= m->cr[w] = r;
  }
  m->any_control = lanes16(control);
  m->any_quote = any_quote;
  m->any_cr = any_cr;
}

static const dc_scanner sse2 = {"sse2", mark_sse2, spread_plain, count_plain, enclose_plain};

#define AVX2 DC_TARGET("avx2,popcnt,bmi,pclmul")

AVX2 static inline uint64_t lanes32(__m256i low, __m256i high)
{
  return (uint64_t)(uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

AVX2 static void mark_avx2(const char *text, char delimiter, dc_marks *m)
{
  const __m256i quote = _mm256_set1_epi8('"'), comma = _mm256_set1_epi8(delimiter), newline = _mm256_set1_epi8('\n');
  const __m256i back = _mm256_set1_epi8('\r'), tab = _mm256_set1_epi8('\t'), low = _mm256_set1_epi8(0x1f);
  const __m256i del = _mm256_set1_epi8(0x7f);
  __m256i control = _mm256_setzero_si256();
  uint64_t any_quote = 0, any_cr = 0;
  for (size_t w = 0; w < DC_SCAN_WORDS; w++) {
    const void *at = text + 64 * w;
    __m256i v[2] = {_mm256_loadu_si256(at), _mm256_loadu_si256((const __m256i *)at + 1)}, lf[2], cr[2];
    for (int k = 0; k < 2; k++) {
      lf[k] = _mm256_cmpeq_epi8(v[k], newline);
      cr[k] = _mm256_cmpeq_epi8(v[k], back);
      __m256i allowed = _mm256_or_si256(_mm256_or_si256(lf[k], cr[k]), _mm256_cmpeq_epi8(v[k], tab));
      __m256i below = _mm256_cmpeq_epi8(_mm256_min_epu8(v[k], low), v[k]);
      control = _mm256_or_si256(control,
                                _mm256_or_si256(_mm256_andnot_si256(allowed, below), _mm256_cmpeq_epi8(v[k], del)));
    }
    any_quote |= m->quote[w] = lanes32(_mm256_cmpeq_epi8(v[0], quote), _mm256_cmpeq_epi8(v[1], quote));
    m->delimiter[w] = lanes32(_mm256_cmpeq_epi8(v[0], comma), _mm256_cmpeq_epi8(v[1], comma));
    m->lf[w] = lanes32(lf[0], lf[1]);
    any_cr |= m->cr[w] = lanes32(cr[0], cr[1]);
  }
  m->any_control = (uint64_t)(uint32_t)_mm256_movemask_epi8(control);
  m->any_quote = any_quote;
  m->any_cr = any_cr;
}

/* Eight entries at a time, whether they are needed or not: a loop that ends anywhere is guessed wrongly. */
AVX2 static uint32_t *spread_avx2(const uint64_t *bits, size_t words, uint32_t base, uint32_t *into)
{
  for (size_t w = 0; w < words; w++, base += 64) {
    uint64_t left = bits[w];
    int n = (int)_mm_popcnt_u64(left);
    for (int done = 0; done < n; done += 8) {
      for (int k = 0; k < 8; k++) {
        into[done + k] = base + (uint32_t)_tzcnt_u64(left);
        left = _blsr_u64(left);
      }
    }
    into += n;
  }
  return into;
}

AVX2 static uint64_t count_avx2(const uint64_t *bits, size_t words)
{
  uint64_t n = 0;
  for (size_t w = 0; w < words; w++) n += (uint64_t)_mm_popcnt_u64(bits[w]);
  return n;
}

/* A product without carries by all ones is the parity of the bits up to each. */
AVX2 static void enclose_avx2(const uint64_t *quote, size_t words, uint64_t *carry, uint64_t *inside)
{
  const __m128i ones = _mm_set1_epi8((char)0xff);
  for (size_t w = 0; w < words; w++) {
    __m128i bits = _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)quote[w]), ones, 0);
    inside[w] = (uint64_t)_mm_cvtsi128_si64(bits) ^ *carry;
    *carry = (uint64_t)((int64_t)inside[w] >> 63);
  }
}

static const dc_scanner avx2 = {"avx2", mark_avx2, spread_avx2, count_avx2, enclose_avx2};

#define AVX512 DC_TARGET("avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,popcnt,bmi,pclmul")

AVX512 static void mark_avx512(const char *text, char delimiter, dc_marks *m)
{
  const __m512i quote = _mm512_set1_epi8('"'), comma = _mm512_set1_epi8(delimiter), newline = _mm512_set1_epi8('\n');
  const __m512i back = _mm512_set1_epi8('\r'), tab = _mm512_set1_epi8('\t'), low = _mm512_set1_epi8(0x20);
  const __m512i del = _mm512_set1_epi8(0x7f);
  uint64_t control = 0, any_quote = 0, any_cr = 0;
  for (size_t w = 0; w < DC_SCAN_WORDS; w++) {
    __m512i v = _mm512_loadu_si512(text + 64 * w);
    uint64_t lf = _mm512_cmpeq_epi8_mask(v, newline), cr = _mm512_cmpeq_epi8_mask(v, back);
    any_quote |= m->quote[w] = _mm512_cmpeq_epi8_mask(v, quote);
    m->delimiter[w] = _mm512_cmpeq_epi8_mask(v, comma);
    m->lf[w] = lf;
    any_cr |= m->cr[w] = cr;
    control |= (_mm512_cmplt_epu8_mask(v, low) & ~(lf | cr | _mm512_cmpeq_epi8_mask(v, tab))) |
               _mm512_cmpeq_epi8_mask(v, del);
  }
  m->any_control = control;
  m->any_quote = any_quote;
  m->any_cr = any_cr;
}

AVX512 static uint32_t *spread_avx512(const uint64_t *bits, size_t words, uint32_t base, uint32_t *into)
{
  uint8_t count[64];
  for (int i = 0; i < 64; i++) count[i] = (uint8_t)i;
  const __m512i indices = _mm512_loadu_si512(count);
  for (size_t w = 0; w < words; w++, base += 64) {
    __m512i packed = _mm512_maskz_compress_epi8(bits[w], indices), from = _mm512_set1_epi32((int)base);
    int n = (int)_mm_popcnt_u64(bits[w]);
    _mm512_storeu_si512(into, _mm512_add_epi32(from, _mm512_cvtepu8_epi32(_mm512_castsi512_si128(packed))));
    if (n > 16) {
      __m128i second = _mm512_extracti32x4_epi32(packed, 1), third = _mm512_extracti32x4_epi32(packed, 2);
      __m128i fourth = _mm512_extracti32x4_epi32(packed, 3);
      _mm512_storeu_si512(into + 16, _mm512_add_epi32(from, _mm512_cvtepu8_epi32(second)));
      _mm512_storeu_si512(into + 32, _mm512_add_epi32(from, _mm512_cvtepu8_epi32(third)));
      _mm512_storeu_si512(into + 48, _mm512_add_epi32(from, _mm512_cvtepu8_epi32(fourth)));
    }
    into += n;
  }
  return into;
}

static const dc_scanner avx512 = {"avx512", mark_avx512, spread_avx512, count_avx2, enclose_avx2};

static bool runs_avx2(void)
{
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("pclmul");
}

static bool runs_avx512(void)
{
  return runs_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi") &&
         __builtin_cpu_supports("avx512vbmi2");
}

const dc_scanner *dc_scanner_get(size_t index)
{
  __builtin_cpu_init();
  switch (index) {
    case 0: return &plain;
    case 1: return &sse2;
    case 2: return runs_avx2() ? &avx2 : NULL;
    case 3: return runs_avx512() ? &avx512 : NULL;
    default: return NULL;
  }
}

#else

const dc_scanner *dc_scanner_get(size_t index) { return index == 0 ? &plain : NULL; }

#endif

const dc_scanner *dc_scanner_best(void)
{
  size_t best = 0;
  while (dc_scanner_get(best + 1)) best++;
  return dc_scanner_get(best);
}
