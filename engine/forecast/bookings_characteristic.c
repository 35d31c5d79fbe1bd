/* The characteristic function of the mixture, frequency by frequency, and bounds from the moment generating function.
 *
 * Given z the factors are
 *   exact deals   1 + p psi, those of one class of amounts together (bookings_wins.c)
 *   cells         log(1 + (1 - exp(-x)) psi) as a series in x = z H; with r = psi its derivatives at 0 are
 *                 r, -(r + r^2), r + 3 r^2 + 2 r^3, -(r + 7 r^2 + 12 r^3 + 6 r^4)
 *   kinds         (1 - v z rate psi)^(-1 / v), the compound negative binomial (Klugman et al. 2012, ch. 9)
 *   rest          a gamma variable shifted to the mean, variance and third cumulant (Hardy 2004, "translated gamma"),
 *                 times 1 + (kappa4 - kappa4 of it) t^4 / 24 */
#include "engine/forecast/bookings_internal.h"

#include <math.h>
#include <string.h>

typedef struct complex_pair {
  double re, im;
} complex_pair;

static BOOKINGS_INLINE complex_pair product(complex_pair a, complex_pair b)
{
  return (complex_pair){a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

static complex_pair log_of(complex_pair a)
{
  return (complex_pair){0.5 * log(a.re * a.re + a.im * a.im), atan2(a.im, a.re)};
}

static complex_pair exp_of(complex_pair a)
{
  if (a.re < -700) return (complex_pair){0, 0};
  double m = exp(a.re);
  return (complex_pair){m * cos(a.im), m * sin(a.im)};
}

/* What does not depend on the node at one frequency. */
typedef struct at_frequency {
  double t;
  complex_pair cell[BOOKINGS_SERIES], kinds;
} at_frequency;

static void sum_cells(const bookings_plan *plan, at_frequency *f)
{
  for (int j = 0; j < BOOKINGS_SERIES; j++) f->cell[j] = (complex_pair){0, 0};
  for (size_t c = 0; c < plan->n_cells; c++) {
    size_t i = plan->n_classes + c;
    complex_pair r = {plan->severities.psi_re[i], plan->severities.psi_im[i]};
    complex_pair r2 = product(r, r), r3 = product(r2, r), r4 = product(r2, r2);
    const double coefficient[BOOKINGS_SERIES][4] = {{1, 0, 0, 0},
                                                    {-1 / 2.0, -1 / 2.0, 0, 0},
                                                    {1 / 6.0, 3 / 6.0, 2 / 6.0, 0},
                                                    {-1 / 24.0, -7 / 24.0, -12 / 24.0, -6 / 24.0}};
    for (int j = 0; j < BOOKINGS_SERIES; j++) {
      const double *k = coefficient[j];
      double h = plan->power[j][c];
      f->cell[j].re += h * (k[0] * r.re + k[1] * r2.re + k[2] * r3.re + k[3] * r4.re);
      f->cell[j].im += h * (k[0] * r.im + k[1] * r2.im + k[2] * r3.im + k[3] * r4.im);
    }
  }
}

/* log of the shifted gamma; the fourth-order factor is bounded so that it cannot outgrow it. */
static complex_pair rest_log(const bookings_plan *plan, size_t k, double t)
{
  double c1 = plan->rest[0][k], c2 = plan->rest[1][k], c3 = plan->rest[2][k], c4 = plan->rest[3][k];
  if (!(c2 > 0)) return (complex_pair){0, c1 * t};
  double skew = c3 / (c2 * sqrt(c2)), t2 = t * t;
  complex_pair out = {-0.5 * c2 * t2, c1 * t};
  double four = c4;
  if (fabs(skew) > 1e-3) {
    double shape = 4 / (skew * skew), theta = 0.5 * skew * sqrt(c2), x = theta * t;
    out.re = -0.5 * shape * log1p(x * x);
    out.im = c1 * t + shape * (atan(x) - x);
    four -= 1.5 * c3 * c3 / c2;
  } else {
    out.im -= c3 * t2 * t / 6;
  }
  double extra = four * t2 * t2 / 24;
  out.re += fabs(extra) < 0.25 ? log1p(extra) : copysign(log1p(copysign(0.25, extra)), extra);
  return out;
}

/* Log of everything but the exact deals, at node k. */
static complex_pair log_others(const bookings_plan *plan, const at_frequency *f, size_t k)
{
  complex_pair sum = {0, 0};
  double z = plan->nodes.z[k], power = 1;
  if (plan->has_rest) sum = rest_log(plan, k, f->t);
  for (int j = 0; j < BOOKINGS_SERIES && plan->n_cells; j++) {
    power *= z;
    sum.re += power * f->cell[j].re;
    sum.im += power * f->cell[j].im;
  }
  if (!plan->n_kinds) return sum;
  double v = plan->new_variance;
  complex_pair kinds = {z * f->kinds.re, z * f->kinds.im};
  if (v > 0) {
    kinds = log_of((complex_pair){1 - v * kinds.re, -v * kinds.im});
    kinds = (complex_pair){-kinds.re / v, -kinds.im / v};
  }
  return (complex_pair){sum.re + kinds.re, sum.im + kinds.im};
}

typedef struct lane {
  double re[BOOKINGS_LANES], im[BOOKINGS_LANES];
} lane;

static BOOKINGS_INLINE lane unit_lane(void)
{
  lane x;
  for (int l = 0; l < BOOKINGS_LANES; l++) {
    x.re[l] = 1;
    x.im[l] = 0;
  }
  return x;
}

/* Below this squared modulus (times the node's weight, below 1) a product cannot matter any more. */
static const double lost = 1e-20;

/* x times the count-th power of f, by squaring. */
static BOOKINGS_INLINE void multiply_power(lane *x, lane f, size_t count)
{
  for (;; count /= 2) {
    for (int l = 0; l < BOOKINGS_LANES && count % 2; l++) {
      double t = x->re[l] * f.re[l] - x->im[l] * f.im[l];
      x->im[l] = x->re[l] * f.im[l] + x->im[l] * f.re[l];
      x->re[l] = t;
    }
    if (count < 2) return;
    for (int l = 0; l < BOOKINGS_LANES; l++) {
      double t = f.re[l] * f.re[l] - f.im[l] * f.im[l];
      f.im[l] = 2 * f.re[l] * f.im[l];
      f.re[l] = t;
    }
  }
}

static BOOKINGS_INLINE double largest_square(const lane *x)
{
  double most = 0;
  for (int l = 0; l < BOOKINGS_LANES; l++) {
    double size = x->re[l] * x->re[l] + x->im[l] * x->im[l];
    if (size > most) most = size;
  }
  return most;
}

/* x times the g-th factor of deals of one class. */
static BOOKINGS_INLINE void multiply_wins(lane *x, const bookings_wins *w, size_t g, size_t padded, size_t k)
{
  for (int half = 0; half < 2; half++) {
    bookings_quad p, fr, fi = {0}, xr, xi;
    const double *at = w->chance + w->first[g] * padded + k + (size_t)half * 4;
    memcpy(&fr, at, sizeof fr); /* no win: the first row is of the power 0 */
    for (size_t row = w->first[g] + 1; row < w->first[g + 1]; row++) {
      at += padded;
      memcpy(&p, at, sizeof p);
      fr += p * w->re[row];
      fi += p * w->im[row];
    }
    memcpy(&xr, x->re + half * 4, sizeof xr);
    memcpy(&xi, x->im + half * 4, sizeof xi);
    p = xr * fr - xi * fi;
    xi = xr * fi + xi * fr;
    memcpy(x->re + half * 4, &p, sizeof p);
    memcpy(x->im + half * 4, &xi, sizeof xi);
  }
}

/* Product over exact deals at the 8 nodes from k. */
BOOKINGS_WIDE static lane multiply_nodes(const bookings_plan *plan, size_t k)
{
  lane x = unit_lane();
  const bookings_wins *w = &plan->wins_of;
  for (size_t g = 0; g < w->n; g++) {
    multiply_wins(&x, w, g, plan->nodes.padded, k);
    if (g % 8 == 7 && largest_square(&x) < lost) return (lane){{0}, {0}};
  }
  for (size_t i = plan->n_plain; i < plan->n_exact; i++) {
    const double *restrict p = plan->win + i * plan->nodes.padded + k;
    lane f;
    for (int l = 0; l < BOOKINGS_LANES; l++) {
      f.re[l] = 1 + p[l] * plan->psi_re[i];
      f.im[l] = p[l] * plan->psi_im[i];
    }
    multiply_power(&x, f, plan->count[i]);
    if (i % 4 == 3 && largest_square(&x) < lost) return (lane){{0}, {0}};
  }
  return x;
}

/* The same at the only node, 8 deals at a time. */
BOOKINGS_WIDE static complex_pair multiply_single(const bookings_plan *plan)
{
  const double *a = plan->psi_re, *b = plan->psi_im, *p = plan->win;
  lane x = unit_lane();
  complex_pair out = {1, 0};
  size_t i = 0;
  for (; i + BOOKINGS_LANES <= plan->n_plain; i += BOOKINGS_LANES) {
    for (size_t l = 0; l < BOOKINGS_LANES; l++) {
      double fr = 1 + p[i + l] * a[i + l], fi = p[i + l] * b[i + l], t = x.re[l] * fr - x.im[l] * fi;
      x.im[l] = x.re[l] * fi + x.im[l] * fr;
      x.re[l] = t;
    }
    if (i % 128 != 120) continue;
    double size = 1;
    for (int l = 0; l < BOOKINGS_LANES; l++) size *= x.re[l] * x.re[l] + x.im[l] * x.im[l];
    if (size < 1e-40) return (complex_pair){0, 0};
  }
  for (int l = 0; l < BOOKINGS_LANES; l++) out = product(out, (complex_pair){x.re[l], x.im[l]});
  for (; i < plan->n_exact; i++) {
    complex_pair f = {1 + p[i] * a[i], p[i] * b[i]};
    for (size_t count = plan->count[i]; count > 0; count /= 2, f = product(f, f))
      if (count % 2) out = product(out, f);
  }
  return out;
}

static complex_pair with_others(const bookings_plan *plan, const at_frequency *f, size_t k, complex_pair x)
{
  if (fabs(x.re) + fabs(x.im) < 1e-17) return (complex_pair){0, 0};
  if (!plan->has_rest && !plan->n_cells && !plan->n_kinds) return x;
  complex_pair log_factor = log_others(plan, f, k);
  if (log_factor.re < -40) return (complex_pair){0, 0};
  return product(x, exp_of(log_factor));
}

/* A silence that lasts this long at frequency number k is the end. Sums of sure amounts come back near multiples of
 * 2 pi / amount: there it has to last longer. */
static size_t patience(const bookings_plan *plan, size_t k, size_t silent)
{
  size_t loud = k - silent;
  if (!plan->narrow || plan->has_rest) return 12 + k / 8;
  return 48 + (plan->few_classes ? 4 * loud : loud);
}

/* A frequency enters the distribution function divided by its number. High ones only tell how sharp the steps are: what
 * they leave is an error of at most a fifth of their size, within a thousandth of the range of a step. */
static double inaudible(const bookings_plan *plan, size_t k)
{
  double x = (double)k / 8, x2 = x * x;
  x2 = 1 + x2 + x2 * x2 / 256;
  return plan->unit > 0 ? 1 + x : x2 < 7e4 ? x2 : 7e4;
}

static complex_pair mixture(bookings_plan *plan, const at_frequency *f, size_t step, double negligible)
{
  bookings_nodes *nodes = &plan->nodes;
  if (nodes->n == 1) return with_others(plan, f, 0, multiply_single(plan));
  complex_pair sum = {0, 0};
  for (size_t k = 0; k < nodes->n; k += BOOKINGS_LANES) {
    size_t *silent = nodes->silent + k / BOOKINGS_LANES;
    if (*silent > patience(plan, step, *silent)) continue;
    lane x = multiply_nodes(plan, k);
    double most = 0;
    for (size_t l = 0; l < BOOKINGS_LANES; l++) {
      complex_pair value = with_others(plan, f, k + l, (complex_pair){x.re[l], x.im[l]});
      sum.re += nodes->w[k + l] * value.re;
      sum.im += nodes->w[k + l] * value.im;
      double size = nodes->w[k + l] * (fabs(value.re) + fabs(value.im));
      if (size > most) most = size;
    }
    *silent = most < 0.05 * negligible * inaudible(plan, step) ? *silent + 1 : 0;
  }
  return sum;
}

static complex_pair value_at(bookings_plan *plan, at_frequency *f, size_t k, double negligible)
{
  const bookings_severities *s = &plan->severities;
  bookings_wins_turn(&plan->wins_of, s);
  for (size_t i = plan->wins_of.n ? plan->n_plain : 0; i < plan->n_exact; i++) {
    plan->psi_re[i] = s->psi_re[plan->class_of[i]];
    plan->psi_im[i] = s->psi_im[plan->class_of[i]];
  }
  sum_cells(plan, f);
  if (plan->n_kinds) {
    size_t pool = plan->n_classes + plan->n_cells;
    f->kinds = (complex_pair){plan->pool.rate * s->psi_re[pool], plan->pool.rate * s->psi_im[pool]};
  }
  return mixture(plan, f, k, negligible);
}

size_t bookings_characteristic(bookings_plan *plan, double step, size_t most, double atom, double negligible,
                               double *re, double *im)
{
  at_frequency f = {.t = 0};
  double alias = plan->nodes.n > 1 ? plan->nodes.alias : HUGE_VAL; /* beyond, the nodes' lattice would answer */
  size_t silent = 0, k = 0;
  memset(plan->nodes.silent, 0, sizeof plan->nodes.silent);
  bookings_severities_start(&plan->severities, step);
  re[0] = isfinite(plan->cut) ? value_at(plan, &f, 0, negligible).re - atom : 1 - atom;
  im[0] = 0;
  while (k < most && silent < patience(plan, k, silent)) {
    f.t = (double)++k * step;
    bookings_severities_next(&plan->severities);
    complex_pair x = value_at(plan, &f, k, negligible);
    re[k] = x.re - atom;
    im[k] = x.im;
    double size = fabs(re[k]) + fabs(im[k]);
    silent = size < negligible * inaudible(plan, k) || (f.t > alias && size < 1e-7) ? silent + 1 : 0;
  }
  return k - silent;
}

/* Cumulant generating function given node k; infinite where it does not exist. */
static double cumulant_generating(const bookings_plan *plan, size_t k, double theta, double *mgf)
{
  bookings_severities_mgf(&plan->severities, theta, mgf);
  double sum = 0, z = plan->nodes.z[k], rate = 0;
  size_t i = 0;
  for (; i < plan->n_exact; i++) /* the floor keeps a bound a bound where a sure deal's factor rounds to 0 */
    sum += plan->exact[i].count * fmax(log1p(plan->win[i * plan->nodes.padded + k] * mgf[plan->class_of[i]]), -30);
  i = plan->n_classes;
  for (size_t c = 0; c < plan->n_cells; c++) sum += z * plan->power[0][c] * mgf[i++];
  if (plan->n_kinds) rate = z * plan->pool.rate * mgf[i];
  double v = plan->new_variance;
  if (v * rate >= 1) return HUGE_VAL;
  sum += v > 0 ? -log1p(-v * rate) / v : rate;
  if (plan->has_rest && plan->rest[1][k] > 0) {
    double c1 = plan->rest[0][k], c2 = plan->rest[1][k], x = 0.5 * plan->rest[2][k] / c2 * theta;
    if (x >= 1) return HUGE_VAL;
    double gamma = fabs(x) < 1e-4 ? 0.5 + x / 3 : (-log1p(-x) - x) / (x * x);
    sum += c1 * theta + c2 * theta * theta * gamma;
  }
  return sum;
}

static double tail_bound(const bookings_plan *plan, size_t k, double theta, double surprise, double *mgf)
{
  return (cumulant_generating(plan, k, theta, mgf) + surprise) / theta;
}

/* Chernoff: (K(theta) + surprise) / theta, smallest over theta > 0 for the upper bound, largest over theta < 0 for the
 * lower, by golden section in log |theta|. */
static double chernoff(const bookings_plan *plan, size_t k, double sign, double surprise, double *mgf)
{
  const double golden = 0.6180339887498949;
  double sd = sqrt(fmax(plan->node_variance[k], 1e-30)), a = log(1e-5 / sd), b = log(1e3 / sd), best = HUGE_VAL;
  double x1 = b - golden * (b - a), x2 = a + golden * (b - a);
  double f1 = sign * tail_bound(plan, k, sign * exp(x1), surprise, mgf);
  double f2 = sign * tail_bound(plan, k, sign * exp(x2), surprise, mgf);
  for (int i = 0; i < 11; i++) {
    if (f1 < best) best = f1;
    if (f2 < best) best = f2;
    if (f1 <= f2 || isnan(f2)) {
      b = x2, x2 = x1, f2 = f1, x1 = b - golden * (b - a);
      f1 = sign * tail_bound(plan, k, sign * exp(x1), surprise, mgf);
    } else {
      a = x1, x1 = x2, f1 = f2, x2 = a + golden * (b - a);
      f2 = sign * tail_bound(plan, k, sign * exp(x2), surprise, mgf);
    }
  }
  return sign * best;
}

dc_status bookings_bounds(const bookings_plan *plan, double surprise, double *low, double *high, dc_error *error)
{
  const bookings_nodes *nodes = &plan->nodes;
  double *mgf = dc_arena_alloc(plan->arena, plan->severities.n + 1, sizeof *mgf);
  if (!mgf) return dc_fail_memory(error, "bounds");
  double rare = exp(-surprise);
  size_t first = 0, last = nodes->n - 1;
  for (double sum = nodes->w[0]; first < last && sum < rare; sum += nodes->w[++first]) continue;
  for (double sum = nodes->w[last]; last > 0 && sum < rare; sum += nodes->w[--last]) continue;
  *high = chernoff(plan, last, 1, surprise, mgf);
  *low = fmax(0, chernoff(plan, first, -1, surprise, mgf));
  if (!isfinite(*high) || *high < plan->node_mean[last])
    *high = plan->node_mean[last] + 40 * sqrt(plan->node_variance[last]);
  return DC_OK;
}
