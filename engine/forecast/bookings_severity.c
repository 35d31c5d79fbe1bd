/* The characteristic function of a deal's amount.
 *
 * A lognormal exp(mu + s u) is split as u = c u1 + r u2, c^2 + r^2 = 1: u1 is put on nodes (a fine trapezoidal rule
 * where there are few deals, else 7-point Gauss-Hermite: Abramowitz and Stegun 1964, table 25.10), and the narrow
 * lognormal of u2 is replaced by the normal with its mean and variance. So the amount is a mixture of normals with the
 * exact mean and nearly exact higher moments, and exp(i t m - t^2 v / 2) at equally spaced t needs no trigonometry:
 * each step is one complex and two real multiplications. */
#include "engine/forecast/bookings_internal.h"

#include <math.h>
#include <string.h>

static void single(bookings_rule *q)
{
  q->n = 1;
  q->node[0] = 0;
  q->weight[0] = 1;
  q->within = 1;
}

static void gauss_hermite(bookings_rule *q, double log_sd)
{
  static const double node[4] = {0, 1.154405394739968, 2.366759410734541, 3.750439717725742};
  static const double weight[4] = {0.457142857142857143, 0.240123178605012690, 0.030757123967586497,
                                   0.000548268855972217};
  q->n = 7;
  q->within = fmin(0.4, 0.25 / log_sd);
  for (int i = 0; i < 7; i++) {
    int j = i < 3 ? 3 - i : i - 3;
    q->node[i] = i < 3 ? -node[j] : node[j];
    q->weight[i] = weight[j];
  }
}

/* Spacing of 1.2 standard deviations of the inner normal leaves a ripple of 1e-6. Below -4.5 are amounts that differ from
 * the lowest part's by less than they matter. */
static void trapezoid(bookings_rule *q, double log_sd, double inner)
{
  double r = fmin(fmax(inner, 0.05 / log_sd), 0.9), c = sqrt(1 - r * r);
  double low = -4.5, high = 5 + 2 * log_sd, spacing = 1.2 * r / c;
  if ((high - low) / spacing > BOOKINGS_RULE_PARTS - 1) {
    spacing = (high - low) / (BOOKINGS_RULE_PARTS - 1);
    c = 1 / sqrt(1 + spacing * spacing / 1.44);
    r = sqrt(1 - c * c);
  }
  q->n = (size_t)((high - low) / spacing) + 1;
  q->within = r;
  double sum = 0, weight = exp(-0.5 * low * low), shrink = exp(-spacing * (low + 0.5 * spacing));
  double shrink_step = exp(-spacing * spacing);
  for (size_t i = 0; i < q->n; i++) {
    q->node[i] = low + (double)i * spacing;
    q->weight[i] = weight;
    sum += weight;
    weight *= shrink;
    shrink *= shrink_step;
  }
  for (size_t i = 0; i < q->n; i++) q->weight[i] /= sum;
}

/* The parts' means, with the exact mean of all. Parts above the cut go, with their weight; they stand last. */
static void set_means(bookings_rule *q, const bookings_deal *d, double cut)
{
  double r = q->within * d->log_sd, c2 = d->log_sd * d->log_sd - r * r, c = c2 > 0 ? sqrt(c2) : 0, sum = 0;
  double rise = q->n > 8 ? exp(c * (q->node[1] - q->node[0])) : 1, even = q->n > 8 ? exp(c * q->node[0]) : 0;
  for (size_t j = 0; j < q->n; j++) {
    q->mean[j] = q->n > 8 ? even : exp(c * q->node[j]);
    even *= rise;
    sum += q->weight[j] * q->mean[j];
  }
  for (size_t j = 0; j < q->n; j++) q->mean[j] *= d->amount / sum;
  while (d->bulk < d->ratio && q->n > 2 && q->mean[q->n - 1] > cut) q->n--;
}

void bookings_rule_choose(bookings_rule *q, const bookings_deal *d, double fine_above, double cut)
{
  double size = d->amount * d->bulk;
  if (d->log_sd <= 0.06 || (d->log_sd <= 0.5 && size < 0.16 * fine_above))
    single(q);
  else if (size > fine_above || d->log_sd > bookings_wild)
    trapezoid(q, d->log_sd, size > 4 * fine_above || d->log_sd > 1 ? 0.16 : 0.25);
  else
    gauss_hermite(q, d->log_sd);
  set_means(q, d, cut);
}

double bookings_rule_spread(const bookings_rule *q, const bookings_deal *d)
{
  double r = q->within * d->log_sd;
  return expm1(r * r);
}

static size_t whole_lanes(size_t n) { return (n + BOOKINGS_LANES - 1) / BOOKINGS_LANES * BOOKINGS_LANES; }

static void fill(bookings_severities *s, size_t at, const bookings_deal *d, const bookings_rule *q)
{
  double spread = bookings_rule_spread(q, d);
  for (size_t j = 0; j < q->n; j++) {
    s->weight[at + j] = q->weight[j];
    s->mean[at + j] = q->mean[j];
    s->variance[at + j] = q->mean[j] * q->mean[j] * spread;
  }
}

static void fill_pool(bookings_severities *s, size_t at, const bookings_pool *pool)
{
  for (size_t j = 0; j < pool->n; j++) {
    s->weight[at + j] = pool->weight[j];
    s->mean[at + j] = pool->mean[j];
    s->variance[at + j] = pool->variance[j];
  }
}

static void place_one(bookings_severities *s, size_t i, size_t parts)
{
  s->count[i] = parts > 1 ? whole_lanes(parts) : 1;
  s->first[i] = s->parts;
  if (parts > 1)
    s->parts += s->count[i];
  else
    s->single[s->n_single++] = i;
}

/* Places: severities of many parts first, then all of one part side by side. */
static dc_status place(bookings_severities *s, dc_arena *arena, const bookings_deal *records, const bookings_pool *pool,
                       double fine_above, double cut, dc_error *error)
{
  s->first = dc_arena_alloc(arena, s->n + 1, sizeof *s->first);
  s->count = dc_arena_alloc(arena, s->n + 1, sizeof *s->count);
  s->single = dc_arena_alloc(arena, s->n + 1, sizeof *s->single);
  s->live = dc_arena_alloc(arena, s->n + 1, sizeof *s->live);
  if (!s->first || !s->count || !s->single || !s->live) return dc_fail_memory(error, "preparing amounts");
  bookings_rule q;
  size_t plain = s->n - (pool->n > 0);
  for (size_t i = 0; i < plain; i++) {
    bookings_rule_choose(&q, records + i, fine_above, cut);
    place_one(s, i, q.n);
  }
  if (pool->n) place_one(s, plain, pool->n);
  s->first_single = s->parts;
  for (size_t j = 0; j < s->n_single; j++) s->first[s->single[j]] = s->parts++;
  s->parts = whole_lanes(s->parts);
  return DC_OK;
}

dc_status bookings_severities_make(bookings_severities *s, dc_arena *arena, const bookings_deal *records, size_t n,
                                   const bookings_pool *pool, double fine_above, double cut, dc_error *error)
{
  s->n = n + (pool->n > 0);
  dc_status status = place(s, arena, records, pool, fine_above, cut, error);
  if (status) return status;
  double **columns[] = {&s->weight,  &s->mean,    &s->variance, &s->re,         &s->im,
                        &s->turn_re, &s->turn_im, &s->shrink,   &s->shrink_step};
  for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
    if (!(*columns[c] = dc_arena_alloc(arena, s->parts + 1, sizeof(double))))
      return dc_fail_memory(error, "preparing amounts");
  s->psi_re = dc_arena_alloc(arena, s->n + 1, sizeof *s->psi_re);
  s->psi_im = dc_arena_alloc(arena, s->n + 1, sizeof *s->psi_im);
  if (!s->psi_re || !s->psi_im) return dc_fail_memory(error, "preparing amounts");
  bookings_rule q;
  for (size_t i = 0; i < n; i++) {
    bookings_rule_choose(&q, records + i, fine_above, cut);
    fill(s, s->first[i], records + i, &q);
  }
  if (pool->n) fill_pool(s, s->first[n], pool);
  return DC_OK;
}

void bookings_severities_start(bookings_severities *s, double frequency_step)
{
  double t = frequency_step;
  s->step = 0;
  for (size_t j = 0; j < s->parts; j++) {
    s->re[j] = s->weight[j];
    s->im[j] = 0;
    s->turn_re[j] = cos(t * s->mean[j]);
    s->turn_im[j] = sin(t * s->mean[j]);
    s->shrink[j] = exp(-0.5 * t * t * s->variance[j]);
    s->shrink_step[j] = s->shrink[j] * s->shrink[j];
  }
  for (size_t i = 0; i < s->n; i++) {
    double whole = 0;
    for (size_t j = 0; j < s->count[i]; j++) whole += s->weight[s->first[i] + j];
    s->live[i] = s->count[i];
    s->psi_re[i] = fabs(whole - 1) < 1e-12 ? 0 : whole - 1;
    s->psi_im[i] = 0;
  }
}

/* One frequency further for the lane of parts from j. */
static BOOKINGS_INLINE void turn(bookings_severities *s, size_t j)
{
  double *restrict re = s->re + j, *restrict im = s->im + j, *restrict h = s->shrink + j;
  const double *restrict tr = s->turn_re + j, *restrict ti = s->turn_im + j, *restrict hs = s->shrink_step + j;
  for (int l = 0; l < BOOKINGS_LANES; l++) {
    double a = re[l] * h[l], b = im[l] * h[l];
    re[l] = a * tr[l] - b * ti[l];
    im[l] = a * ti[l] + b * tr[l];
    h[l] *= hs[l];
  }
}

static int part_is_dead(const bookings_severities *s, size_t j)
{
  return s->re[j] * s->re[j] + s->im[j] * s->im[j] < 1e-38;
}

/* Parts that have died out are set to zero before they become subnormal and slow. Those of large amounts die first;
 * whole lanes of them are left out from then on. */
static void bury(bookings_severities *s, size_t i)
{
  size_t first = s->first[i], lane = s->count[i] > 1 ? BOOKINGS_LANES : 1, alive = 0;
  for (size_t j = 0; j < s->live[i]; j++) {
    if (part_is_dead(s, first + j))
      s->re[first + j] = s->im[first + j] = s->shrink[first + j] = 0;
    else
      alive = j + 1;
  }
  s->live[i] = (alive + lane - 1) / lane * lane;
  if (alive) return;
  s->psi_re[i] = -1;
  s->psi_im[i] = 0;
}

/* The four parts from j one frequency further, and added to the sums. */
static BOOKINGS_INLINE void turn_and_add(bookings_severities *s, size_t j, bookings_quad *sum_re, bookings_quad *sum_im)
{
  bookings_quad re, im, h, c, d, shrink;
  memcpy(&re, s->re + j, sizeof re);
  memcpy(&im, s->im + j, sizeof im);
  memcpy(&h, s->shrink + j, sizeof h);
  memcpy(&c, s->turn_re + j, sizeof c);
  memcpy(&d, s->turn_im + j, sizeof d);
  memcpy(&shrink, s->shrink_step + j, sizeof shrink);
  re *= h;
  im *= h;
  h *= shrink;
  shrink = re * c - im * d;
  im = re * d + im * c;
  *sum_re += shrink;
  *sum_im += im;
  memcpy(s->re + j, &shrink, sizeof shrink);
  memcpy(s->im + j, &im, sizeof im);
  memcpy(s->shrink + j, &h, sizeof h);
}

BOOKINGS_WIDE static void sum_parts(bookings_severities *s, size_t i)
{
  bookings_quad re = {0}, im = {0}, more_re = {0}, more_im = {0};
  for (size_t j = s->first[i]; j < s->first[i] + s->live[i]; j += BOOKINGS_LANES) {
    turn_and_add(s, j, &re, &im);
    turn_and_add(s, j + BOOKINGS_LANES / 2, &more_re, &more_im);
  }
  s->psi_re[i] = ((re[0] + re[1]) + (re[2] + re[3])) + ((more_re[0] + more_re[1]) + (more_re[2] + more_re[3])) - 1;
  s->psi_im[i] = ((im[0] + im[1]) + (im[2] + im[3])) + ((more_im[0] + more_im[1]) + (more_im[2] + more_im[3]));
}

BOOKINGS_WIDE static void turn_singles(bookings_severities *s)
{
  for (size_t j = s->first_single; j < s->parts; j += BOOKINGS_LANES) turn(s, j);
}

void bookings_severities_next(bookings_severities *s)
{
  s->step++;
  turn_singles(s);
  for (size_t j = 0; j < s->n_single; j++) {
    s->psi_re[s->single[j]] = s->re[s->first_single + j] - 1;
    s->psi_im[s->single[j]] = s->im[s->first_single + j];
  }
  for (size_t i = 0; i < s->n; i++) {
    if (!s->live[i]) continue;
    if (s->count[i] > 1) sum_parts(s, i);
    if (s->step % 16 == 0) bury(s, i);
  }
}

void bookings_severities_mgf(const bookings_severities *s, double theta, double *out)
{
  for (size_t i = 0; i < s->n; i++) {
    double sum = 0;
    for (size_t j = s->first[i]; j < s->first[i] + s->count[i]; j++)
      if (s->weight[j] > 0) sum += s->weight[j] * expm1(theta * s->mean[j] + 0.5 * theta * theta * s->variance[j]);
    out[i] = sum;
  }
}
