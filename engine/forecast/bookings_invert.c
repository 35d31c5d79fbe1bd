/* From the characteristic function to the distribution function on an even grid.
 *
 * On a lattice the probabilities are the function's discrete Fourier transform (Hong 2013). Otherwise the distribution
 * function is summed as a Fourier series over a range that the sum hardly ever leaves (Bohman 1974; Abate and Whitt
 * 1992); the chance of no win at all, an atom at the lower end, is taken out first and put back exactly. */
#include "engine/forecast/bookings_internal.h"

#include <gsl/gsl_fft_complex.h>
#include <math.h>
#include <stdlib.h>

enum { LARGEST_LATTICE = 1 << 17 };
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
  double *packed = dc_arena_alloc(plan->arena, 2 * n, sizeof *packed),
         *cdf = dc_arena_alloc(plan->arena, n, sizeof *cdf);
  if (!re || !im || !packed || !cdf) return dc_fail_memory(error, "inverting bookings");
  double step = two_pi / (double)n, sum = 0;
  size_t made = bookings_characteristic(plan, step, n / 2, 0, plan->phi > 0 ? 1e-11 : 1e-16, re, im);
  packed[0] = 0.5;
  for (size_t k = 1; k <= made; k++) {
    double turn = fmod((double)k * first, (double)n) * step, c = cos(turn), s = sin(turn);
    double half = k == n / 2 ? 0.5 : 1;
    packed[2 * k] = half * (re[k - 1] * c + im[k - 1] * s);
    packed[2 * k + 1] = half * (im[k - 1] * c - re[k - 1] * s);
  }
  gsl_fft_complex_radix2_forward(packed, 1, n);
  for (size_t j = 0; j < n; j++) {
    sum += fmax(0, 2 * packed[2 * j] / (double)n);
    cdf[j] = sum;
  }
  b->lattice = 1;
  return finish(plan, b, cdf, 0, n, first, 1, error);
}

/* Frequencies enough for the fall-off, more where few deals make steps in the distribution. */
static size_t grid_size(const bookings_plan *plan, double range)
{
  double wanted = fmin(plan->top_frequency * range / two_pi * 2.5, 16384);
  size_t active = plan->n_exact + plan->n_cells + plan->n_kinds;
  if (!plan->has_rest && active <= 40) wanted = fmax(wanted, active <= 8 ? 16384 : 8192);
  if (range * plan->scale > 80 * plan->sd) wanted = 16384; /* heavy tails */
  return power_of_two(fmax(wanted, 4096));
}

/* coefficients to the distribution function: F_j = (1 - atom) j / n + 2 Re sum_k c_k (exp(-2 pi i k j / n) - 1). */
static void sum_series(const double *re, const double *im, size_t made, size_t n, double low, double step, double mass,
                       double blur, double *packed, double *cdf)
{
  double at_low = 0;
  for (size_t k = 1; k <= made; k++) {
    double t = step * (double)k, c = cos(t * low), s = sin(t * low);
    double x = re[k - 1] * c + im[k - 1] * s, y = im[k - 1] * c - re[k - 1] * s;
    double factor = exp(-0.5 * t * t * blur * blur) / (two_pi * (double)k);
    packed[2 * k] = -y * factor;
    packed[2 * k + 1] = x * factor;
    at_low += packed[2 * k];
  }
  gsl_fft_complex_radix2_forward(packed, 1, n);
  for (size_t j = 0; j < n; j++) cdf[j] = mass * (double)j / (double)n + 2 * (packed[2 * j] - at_low);
}

/* Where the function has not died out by the last frequency, a normal blur of this many steps takes it below 1e-5, so
 * that steps in the distribution do not ring. */
static double blur_steps(const double *re, const double *im, size_t made, size_t most)
{
  double size = 0;
  for (size_t k = most - most / 16; k < made; k++) size = fmax(size, fabs(re[k]) + fabs(im[k]));
  return size > 1e-5 ? sqrt(2 * log(size / 1e-5)) / 3.141592653589793 : 0;
}

static dc_status invert_continuous(bookings_plan *plan, dc_bookings *b, double low, double high, dc_error *error)
{
  double span = high - low;
  int touches_zero = low < 0.05 * high;
  size_t n = grid_size(plan, span * 1.06), zero = 0;
  double step = span * 1.05 / (double)(n - 32);
  if (touches_zero) { /* zero is a grid point; the range begins a little below it */
    step = high * 1.05 / (double)(n - n / 64 - 32);
    zero = n / 64 + 24;
    low = -(double)zero * step;
  } else {
    low -= 16 * step;
  }
  double *re = dc_arena_alloc(plan->arena, n, sizeof *re), *im = dc_arena_alloc(plan->arena, n, sizeof *im);
  double *packed = dc_arena_alloc(plan->arena, 2 * n, sizeof *packed),
         *cdf = dc_arena_alloc(plan->arena, n, sizeof *cdf);
  if (!re || !im || !packed || !cdf) return dc_fail_memory(error, "inverting bookings");
  double frequency = two_pi / ((double)n * step);
  size_t made = bookings_characteristic(plan, frequency, n / 2 - 1, plan->none, 1e-8, re, im);
  double blur = step * blur_steps(re, im, made, n / 2 - 1);
  sum_series(re, im, made, n, low, frequency, 1 - plan->none, blur, packed, cdf);
  for (size_t j = zero; j < n; j++) cdf[j] += plan->none;
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
    if (count <= LARGEST_LATTICE) return invert_lattice(plan, b, first, power_of_two(fmax(count, 8)), error);
  }
  return invert_continuous(plan, b, low, high, error);
}
