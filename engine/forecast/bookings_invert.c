/* From the characteristic function to the distribution function on an even grid.
 *
 * On a lattice the probabilities are the function's discrete Fourier transform (Hong 2013). Otherwise the distribution
 * function is summed as a Fourier series over a range that the sum hardly ever leaves (Bohman 1974; Abate and Whitt
 * 1992); the chance of no win at all, an atom at the lower end, is taken out first and put back exactly. */
#include "engine/forecast/bookings_internal.h"

#include <math.h>
#include <stdlib.h>

enum { LARGEST_LATTICE = 1 << 17, ALWAYS_LATTICE = 4800 };
static const double lattice_budget = 5e8; /* of a function that never dies out */
static const double two_pi = 6.283185307179586;

static size_t power_of_two(double at_least)
{
  size_t n = 1;
  while ((double)n < at_least) n *= 2;
  return n;
}

/* Mean above the origin, in steps. */
static double mean_in_steps(const dc_bookings *b)
{
  double sum = 0;
  for (size_t i = 0; i + 1 < b->n; i++) sum += 1 - (b->lattice ? b->cdf[i] : 0.5 * (b->cdf[i] + b->cdf[i + 1]));
  return sum;
}

/* A lattice's probabilities times 1 + c (i - mean), c so that their mean becomes `wanted` (in steps). */
static void tilt(dc_bookings *b, double mean, double wanted)
{
  double variance = 0, sum = 0, before = 0;
  for (size_t i = 0; i < b->n; i++) {
    double d = (double)i - mean, mass = b->cdf[i] - before;
    variance += mass * d * d;
    before = b->cdf[i];
  }
  double c = variance > 0 ? (wanted - mean) / variance : 0;
  before = 0;
  for (size_t i = 0; i < b->n; i++) {
    double mass = b->cdf[i] - before;
    before = b->cdf[i];
    sum += mass * fmax(0, 1 + c * ((double)i - mean));
    b->cdf[i] = fmin(sum, 1);
  }
  b->cdf[b->n - 1] = 1;
}

/* What blur, clipping and stand-ins have moved the grid's mean by (1e-9 as a rule, 1e-3 where a few heavy tails leave
 * little of the grid to the bulk) is undone: by a stretch from the lower end where that is a bound, else by a shift. */
static void restore_mean(const bookings_plan *plan, dc_bookings *b)
{
  double mean = mean_in_steps(b), wanted = (plan->mean - b->origin) / b->step;
  /* what is above the cut stands at the end of the grid, in vain for the mean */
  if (plan->cut_rate > 1e-7)
    wanted -= plan->scale * plan->cut_mean / b->step - plan->cut_rate * ((double)(b->n - 1) - wanted);
  if (b->n < 2 || !(mean > 0) || !(wanted > 0)) return;
  if (b->lattice)
    tilt(b, mean, wanted);
  else if (b->origin <= plan->base)
    b->step *= wanted / mean;
  else
    b->origin += (wanted - mean) * b->step;
}

/* Keeps grid points [from, n) without the flat ends, rising and within [0, 1]. low and step are in the plan's units. */
static dc_status finish(const bookings_plan *plan, dc_bookings *b, const double *cdf, size_t from, size_t n, double low,
                        double step, dc_error *error)
{
  const double flat = 1e-13;
  size_t last = from;
  while (last + 1 < n && cdf[last] < 1 - flat) last++;
  while (from < last && cdf[from + 1] < flat) from++;
  b->n = last - from + 1;
  b->cdf = malloc(b->n * sizeof *b->cdf);
  if (!b->cdf) return dc_fail_memory(error, "a bookings distribution");
  double highest = 0;
  for (size_t i = 0; i < b->n; i++) {
    highest = fmin(fmax(highest, cdf[from + i]), 1);
    b->cdf[i] = highest;
  }
  b->cdf[b->n - 1] = 1;
  b->step = plan->scale * step;
  b->origin = plan->base + plan->scale * (low + (double)from * step);
  restore_mean(plan, b);
  return DC_OK;
}

static dc_status invert_lattice(bookings_plan *plan, dc_bookings *b, double first, size_t n, dc_error *error)
{
  double *re = dc_arena_alloc(plan->arena, n / 2 + 1, sizeof *re),
         *im = dc_arena_alloc(plan->arena, n / 2 + 1, sizeof *im);
  double *cdf = dc_arena_alloc(plan->arena, n, sizeof *cdf);
  if (!re || !im || !cdf) return dc_fail_memory(error, "inverting bookings");
  double step = two_pi / (double)n, sum = 0;
  size_t made = bookings_characteristic(plan, step, n / 2, 0, plan->phi > 0 ? 1e-11 : 1e-16, re, im);
  plan->work.frequencies = made;
  plan->work.points = n;
  re[0] = 0.5;
  for (size_t k = 1; k <= made; k++) {
    double turn = fmod((double)k * first, (double)n) * step, c = cos(turn), s = sin(turn);
    double half = k == n / 2 ? 0.5 : 1, x = re[k];
    re[k] = half * (x * c + im[k] * s);
    im[k] = half * (im[k] * c - x * s);
  }
  dc_status status = bookings_real_sum(plan->arena, re, im, made + 1, n, cdf, error);
  if (status) return status;
  for (size_t j = 0; j < n; j++) {
    sum += fmax(0, 2 * cdf[j] / (double)n);
    cdf[j] = sum;
  }
  b->lattice = 1;
  return finish(plan, b, cdf, 0, n, first, 1, error);
}

/* Coefficients, with c_0 the function at 0, to the distribution function:
 * F_j = c_0 j / n + 2 Re sum_k c_k / (-2 pi i k) (exp(-2 pi i k j / n) - 1), blurred by a normal. re and im are lost. */
static dc_status sum_series(dc_arena *arena, double *re, double *im, size_t made, size_t n, double low, double step,
                            double blur, double *cdf, dc_error *error)
{
  enum { AFRESH = 32 };
  double at_low = 0, whole = re[0], c = 1, s = 0, turn_c = cos(step * low), turn_s = sin(step * low);
  double size = 1 / two_pi, shrink = exp(-0.5 * step * step * blur * blur), shrink_step = shrink * shrink;
  for (size_t k = 1; k <= made; k++) {
    double t = c * turn_c - s * turn_s;
    s = s * turn_c + c * turn_s;
    c = t;
    if (k % AFRESH == 0) {
      c = cos(step * (double)k * low);
      s = sin(step * (double)k * low);
    }
    size *= shrink;
    shrink *= shrink_step;
    double x = re[k] * c + im[k] * s, y = im[k] * c - re[k] * s, factor = size / (double)k;
    re[k] = -y * factor;
    im[k] = x * factor;
    at_low += re[k];
  }
  re[0] = 0;
  dc_status status = bookings_real_sum(arena, re, im, made + 1, n, cdf, error);
  for (size_t j = 0; j < n && !status; j++) cdf[j] = whole * (double)j / (double)n + 2 * (cdf[j] - at_low);
  return status;
}

/* Where the function has not died out by the last frequency, a normal blur of this many steps takes it below 1e-3, so
 * that steps in the distribution do not ring. */
static double blur_steps(const double *re, const double *im, size_t made, size_t most)
{
  double size = 0;
  for (size_t k = most - most / 16; k <= made; k++) size = fmax(size, fabs(re[k]) + fabs(im[k]));
  return size > 1e-3 ? sqrt(2 * log(size / 1e-3)) / 3.141592653589793 : 0;
}

/* The range begins a little below the lower bound, or below zero, which is then a grid point of every grid. */
static dc_status invert_continuous(bookings_plan *plan, dc_bookings *b, double low, double high, dc_error *error)
{
  enum { BELOW = 32, FEWEST_POINTS = 1024, POINTS_PER_FREQUENCY = 4, POINTS_PER_SD = 60, MOST_POINTS = 8192 };
  int touches_zero = low < 0.05 * high;
  double range = touches_zero ? high * 1.03 * BELOW / (BELOW - 1) : (high - low) * 1.05;
  low = touches_zero ? -range / BELOW : low - 0.01 * range;
  size_t most = bookings_most_frequencies(plan);
  double *re = dc_arena_alloc(plan->arena, most + 1, sizeof *re),
         *im = dc_arena_alloc(plan->arena, most + 1, sizeof *im);
  double *cdf = dc_arena_alloc(plan->arena, MOST_POINTS, sizeof *cdf);
  if (!re || !im || !cdf) return dc_fail_memory(error, "inverting bookings");
  double frequency = two_pi / range;
  size_t made = bookings_characteristic(plan, frequency, most - 1, plan->none, 2e-8, re, im);
  double points = fmax((double)(POINTS_PER_FREQUENCY * made), range * POINTS_PER_SD / bookings_guide_sd(plan));
  size_t n = power_of_two(fmin(fmax(points, FEWEST_POINTS), (double)(made < most / 2 ? MOST_POINTS : 2 * most)));
  size_t zero = touches_zero ? n / BELOW : 0;
  double step = range / (double)n, blur = step * blur_steps(re, im, made, most - 1);
  dc_status status = sum_series(plan->arena, re, im, made, n, low, frequency, blur, cdf, error);
  if (status) return status;
  for (size_t j = zero; j < n; j++) cdf[j] += plan->none;
  plan->work.frequencies = made;
  plan->work.points = n;
  return finish(plan, b, cdf, zero, n, low, step, error);
}

static dc_status point_mass(const bookings_plan *plan, dc_bookings *b, dc_error *error)
{
  double one = 1;
  b->lattice = 1;
  return finish(plan, b, &one, 0, 1, 0, 1, error); /* at the base */
}

dc_status bookings_invert(bookings_plan *plan, dc_bookings *b, dc_error *error)
{
  double low, high;
  if (!plan->n && !plan->n_kinds) return point_mass(plan, b, error);
  dc_status status = bookings_bounds(plan, plan->unit > 0 ? 32 : 17, &low, &high, error);
  if (status) return status;
  if (plan->unit > 0) {
    double first = floor(low), count = ceil(high) - first + 2;
    bookings_most_frequencies(plan);
    int affordable = count <= ALWAYS_LATTICE || plan->work.each * count < lattice_budget;
    if (count <= LARGEST_LATTICE && affordable)
      return invert_lattice(plan, b, first, power_of_two(fmax(count, 8)), error);
  }
  return invert_continuous(plan, b, low, high, error);
}
