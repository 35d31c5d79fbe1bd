#include "models/gram_kernels.h"

#include "models/family.h"
#include "models/lanes.h"

enum { STEP = DC_LANES };

DC_INLINE void number_body(const double *number, double centre, double scale, double beta, double *out, double *eta)
{
  dc_v4 c = dc_v4_of(centre), s = dc_v4_of(scale), b = dc_v4_of(beta);
  for (size_t i = 0; i < DC_TILE; i += DC_V4) {
    dc_v4 x = (dc_v4_load(number + i) - c) * s;
    dc_v4_store(out + i, x);
    dc_v4_store(eta + i, dc_v4_load(eta + i) + b * x);
  }
}

typedef struct logit_v4 {
  dc_v4 away, e, less; /* |eta|; e^-|eta|; half the deviance but for log(1 + e) */
  dc_i4 above;         /* eta >= 0 */
} logit_v4;

DC_INLINE logit_v4 logit_at(dc_v4 eta, dc_v4 y)
{
  logit_v4 r;
  dc_v4 zero = dc_v4_of(0), one = dc_v4_of(1), most = dc_v4_of(708);
  r.above = (dc_i4)(eta >= zero);
  dc_v4 size = r.away = dc_v4_pick(r.above, eta, zero - eta);
  size = dc_v4_pick((dc_i4)(size < most), size, most);
  r.e = dc_v4_exp(zero - size);
  r.less = size * dc_v4_pick(r.above, one - y, y);
  return r;
}

DC_INLINE dc_v4 larger(dc_v4 a, dc_v4 b) { return dc_v4_pick((dc_i4)(a > b), a, b); }

DC_INLINE void raise(const dc_v4 most[2], double *to)
{
  dc_v4 m = larger(most[0], most[1]);
  for (size_t k = 0; k < DC_V4; k++)
    if (m[k] > *to) *to = m[k];
}

/* The lanes' products of 1 + e are at most 2^DC_TILE together. */
DC_INLINE double deviance_of(const dc_v4 less[2], const dc_v4 product[2])
{
  dc_v4 l = less[0] + less[1], p = product[0] * product[1];
  return 2 * (((l[0] + l[2]) + (l[1] + l[3])) + dc_log((p[0] * p[2]) * (p[1] * p[3])));
}

DC_INLINE double logit_body(const double *eta, const double *y, double *w, double *s, double *furthest)
{
  dc_v4 none = dc_v4_of(0), one = dc_v4_of(1), less[2] = {none, none}, product[2] = {one, one}, most[2] = {none, none};
  for (size_t i = 0; i < DC_TILE; i += STEP) {
    for (size_t h = 0; h < 2; h++) {
      dc_v4 won = dc_v4_load(y + i + 4 * h);
      logit_v4 r = logit_at(dc_v4_load(eta + i + 4 * h), won);
      dc_v4 d = one / (one + r.e), rest = r.e * d;
      dc_v4_store(w + i + 4 * h, rest * d);
      dc_v4_store(s + i + 4 * h, dc_v4_pick(r.above, rest - (one - won), won - rest));
      less[h] += r.less;
      product[h] *= one + r.e;
      most[h] = larger(r.away, most[h]);
    }
  }
  raise(most, furthest);
  return deviance_of(less, product);
}

DC_INLINE double logit_deviance_body(const double *eta, const double *y, double *furthest)
{
  dc_v4 none = dc_v4_of(0), one = dc_v4_of(1), less[2] = {none, none}, product[2] = {one, one}, most[2] = {none, none};
  for (size_t i = 0; i < DC_TILE; i += STEP) {
    for (size_t h = 0; h < 2; h++) {
      logit_v4 r = logit_at(dc_v4_load(eta + i + 4 * h), dc_v4_load(y + i + 4 * h));
      less[h] += r.less;
      product[h] *= one + r.e;
      most[h] = larger(r.away, most[h]);
    }
  }
  raise(most, furthest);
  return deviance_of(less, product);
}

DC_INLINE void weigh_body(size_t k, const double *x, const double *w, double *wx)
{
  for (size_t j = 0; j < k; j++)
    for (size_t i = 0; i < DC_TILE; i += DC_V4)
      dc_v4_store(wx + j * DC_TILE + i, dc_v4_load(w + i) * dc_v4_load(x + j * DC_TILE + i));
}

DC_INLINE void cross_three(const double *x, const double *left, double *acc)
{
  dc_v4 a[3][2];
  for (size_t b = 0; b < 3; b++)
    for (size_t h = 0; h < 2; h++) a[b][h] = dc_v4_load(acc + b * DC_LANES + 4 * h);
  for (size_t i = 0; i < DC_TILE; i += STEP) {
    dc_v4 l0 = dc_v4_load(left + i), l1 = dc_v4_load(left + i + 4);
    for (size_t b = 0; b < 3; b++) {
      a[b][0] += l0 * dc_v4_load(x + b * DC_TILE + i);
      a[b][1] += l1 * dc_v4_load(x + b * DC_TILE + i + 4);
    }
  }
  for (size_t b = 0; b < 3; b++)
    for (size_t h = 0; h < 2; h++) dc_v4_store(acc + b * DC_LANES + 4 * h, a[b][h]);
}

DC_INLINE void cross_one(const double *x, const double *left, double *acc)
{
  dc_v4 a0 = dc_v4_load(acc), a1 = dc_v4_load(acc + 4);
  for (size_t i = 0; i < DC_TILE; i += STEP) {
    a0 += dc_v4_load(left + i) * dc_v4_load(x + i);
    a1 += dc_v4_load(left + i + 4) * dc_v4_load(x + i + 4);
  }
  dc_v4_store(acc, a0);
  dc_v4_store(acc + 4, a1);
}

DC_INLINE void cross_body(size_t n, const double *x, const double *left, double *acc)
{
  size_t b = 0;
  for (; b + 3 <= n; b += 3) cross_three(x + b * DC_TILE, left, acc + b * DC_LANES);
  for (; b < n; b++) cross_one(x + b * DC_TILE, left, acc + b * DC_LANES);
}

DC_INLINE void scatter_four(const double *columns, size_t i, const uint32_t *index, double *lines, size_t width)
{
  dc_v4 c0 = dc_v4_load(columns + i), c1 = dc_v4_load(columns + DC_TILE + i);
  dc_v4 c2 = dc_v4_load(columns + 2 * DC_TILE + i), c3 = dc_v4_load(columns + 3 * DC_TILE + i);
  dc_v4 a = __builtin_shufflevector(c0, c1, 0, 4, 2, 6), b = __builtin_shufflevector(c0, c1, 1, 5, 3, 7);
  dc_v4 c = __builtin_shufflevector(c2, c3, 0, 4, 2, 6), d = __builtin_shufflevector(c2, c3, 1, 5, 3, 7);
  double *l = lines + index[0] * width;
  dc_v4_store(l, dc_v4_load(l) + __builtin_shufflevector(a, c, 0, 1, 4, 5));
  l = lines + index[1] * width;
  dc_v4_store(l, dc_v4_load(l) + __builtin_shufflevector(b, d, 0, 1, 4, 5));
  l = lines + index[2] * width;
  dc_v4_store(l, dc_v4_load(l) + __builtin_shufflevector(a, c, 2, 3, 6, 7));
  l = lines + index[3] * width;
  dc_v4_store(l, dc_v4_load(l) + __builtin_shufflevector(b, d, 2, 3, 6, 7));
}

DC_INLINE void scatter_body(size_t width, const double *columns, const uint32_t *index, double *lines)
{
  if (width == 8) {
    for (size_t i = 0; i < DC_TILE; i += 4) {
      scatter_four(columns, i, index + i, lines, 8);
      scatter_four(columns + 4 * DC_TILE, i, index + i, lines + 4, 8);
    }
    return;
  }
  for (size_t j = 0; j < width; j += 4)
    for (size_t i = 0; i < DC_TILE; i += 4) scatter_four(columns + j * DC_TILE, i, index + i, lines + j, width);
}

DC_INLINE void add_body(size_t n, double *into, const double *from)
{
  for (size_t i = 0; i < n; i += 4) dc_v4_store(into + i, dc_v4_load(into + i) + dc_v4_load(from + i));
}

#define KERNELS(set, TARGET)                                                                                           \
  TARGET static void number_##set(const double *number, double centre, double scale, double beta, double *out,         \
                                  double *eta)                                                                         \
  {                                                                                                                    \
    number_body(number, centre, scale, beta, out, eta);                                                                \
  }                                                                                                                    \
  TARGET static double logit_##set(const double *eta, const double *y, double *w, double *s, double *most)             \
  {                                                                                                                    \
    return logit_body(eta, y, w, s, most);                                                                             \
  }                                                                                                                    \
  TARGET static double logit_deviance_##set(const double *eta, const double *y, double *most)                          \
  {                                                                                                                    \
    return logit_deviance_body(eta, y, most);                                                                          \
  }                                                                                                                    \
  TARGET static void weigh_##set(size_t k, const double *x, const double *w, double *wx) { weigh_body(k, x, w, wx); }  \
  TARGET static void cross_##set(size_t n, const double *x, const double *left, double *acc)                           \
  {                                                                                                                    \
    cross_body(n, x, left, acc);                                                                                       \
  }                                                                                                                    \
  TARGET static void scatter_##set(size_t width, const double *columns, const uint32_t *index, double *lines)          \
  {                                                                                                                    \
    scatter_body(width, columns, index, lines);                                                                        \
  }                                                                                                                    \
  TARGET static void add_##set(size_t n, double *into, const double *from) { add_body(n, into, from); }                \
  static const dc_kernels set = {#set,        runs_##set,  number_##set,  logit_##set, logit_deviance_##set,           \
                                 weigh_##set, cross_##set, scatter_##set, add_##set};

static bool runs_plain(void) { return true; }
KERNELS(plain, )

#if defined(__x86_64__)
static bool runs_avx2(void) { return __builtin_cpu_supports("avx2"); }
KERNELS(avx2, __attribute__((target("avx2"))))

static bool runs_avx512(void)
{
  return runs_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq");
}
KERNELS(avx512, __attribute__((target("avx2,avx512f,avx512vl,avx512dq"))))
#endif

const dc_kernels *const dc_kernels_all[] = {
#if defined(__x86_64__)
    &avx512, &avx2,
#endif
    &plain, NULL};

const dc_kernels *dc_kernels_best(void)
{
  size_t k = 0;
  while (!dc_kernels_all[k]->runs()) k++;
  return dc_kernels_all[k];
}
