/* The distribution of bookings: construction and questions to it. The work is in bookings_*.c. */
#include "engine/forecast/bookings.h"

#include "engine/forecast/bookings_internal.h"

#include <math.h>
#include <stdlib.h>

dc_status bookings_build(const dc_bookings_input *input, dc_bookings **out, bookings_work *work, dc_error *error)
{
  bookings_plan plan = {0};
  dc_bookings *b = calloc(1, sizeof *b);
  plan.arena = dc_arena_new();
  dc_status status = b && plan.arena ? DC_OK : dc_fail_memory(error, "a bookings distribution");
  if (status) goto done;
  if ((status = bookings_plan_deals(&plan, input, error))) goto done;
  if ((status = bookings_plan_split(&plan, error))) goto done;
  if ((status = bookings_invert(&plan, b, error))) goto done;
  b->mean = plan.mean;
  b->sd = plan.sd;
  if (work) *work = plan.work;
  *out = b;
  b = NULL;
done:
  dc_bookings_free(b);
  dc_arena_free(plan.arena);
  return status;
}

dc_status dc_bookings_new(const dc_bookings_input *input, dc_bookings **out, dc_error *error)
{
  return bookings_build(input, out, NULL, error);
}

/* The standard normal distribution function at from + i * step, i < n, for a small step: Taylor's series around every 16th
 * place, whose terms' Hermite polynomials go by recurrence. */
static void normal_cdf(double from, double step, size_t n, double *cdf)
{
  enum { AROUND = 16, TERMS = 6 };
  for (size_t first = 0; first < n; first += AROUND) {
    double centre = from + ((double)first + AROUND / 2) * step, term[TERMS + 1];
    double density = 0.3989422804014327 * exp(-0.5 * centre * centre), before = 0, hermite = 1, factorial = 1;
    term[0] = 0.5 * erfc(-0.7071067811865476 * centre);
    for (int k = 1; k <= TERMS; k++) {
      factorial *= k;
      term[k] = density * hermite / factorial;
      double next = -centre * hermite - (k - 1) * before;
      before = hermite;
      hermite = next;
    }
    for (size_t i = first; i < n && i < first + AROUND; i++) {
      double d = ((double)i - (double)first - AROUND / 2) * step, sum = term[TERMS];
      for (int k = TERMS - 1; k >= 0; k--) sum = sum * d + term[k];
      cdf[i] = sum < 0 ? 0 : sum;
    }
  }
}

dc_status dc_bookings_normal(double mean, double sd, dc_bookings **out, dc_error *error)
{
  const size_t points = 2049;
  const double reach = 5.5; /* beyond is a chance of 2e-8 */
  if (!isfinite(mean) || !(sd >= 0) || !isfinite(sd))
    return dc_fail(error, DC_E_USAGE, "normal bookings with mean %g and sd %g", mean, sd);
  dc_bookings *b = calloc(1, sizeof *b);
  double low = fmax(mean - reach * sd, 0), high = fmax(mean + reach * sd, 0);
  int single = !(high - low > 1e-12 * (fabs(mean) + sd));
  size_t n = single ? 1 : points;
  if (b) b->cdf = malloc(n * sizeof *b->cdf);
  if (!b || !b->cdf) {
    dc_bookings_free(b);
    return dc_fail_memory(error, "a normal distribution");
  }
  b->mean = mean;
  b->sd = sd;
  b->n = n;
  b->lattice = single;
  b->origin = single ? fmax(mean, 0) : low;
  b->step = single ? 1 : (high - low) / (double)(points - 1);
  if (!single) normal_cdf((low - mean) / sd, b->step / sd, n, b->cdf);
  b->cdf[n - 1] = 1;
  *out = b;
  return DC_OK;
}

void dc_bookings_free(dc_bookings *b)
{
  if (!b) return;
  free(b->cdf);
  free(b);
}

double dc_bookings_cdf(const dc_bookings *b, double x)
{
  double at = (x - b->origin) / b->step;
  if (b->lattice) at = floor(at + 1e-9);
  if (!(at >= 0)) return 0;
  if (at >= (double)(b->n - 1)) return 1;
  size_t i = (size_t)at;
  if (b->lattice) return b->cdf[i];
  return b->cdf[i] + (at - (double)i) * (b->cdf[i + 1] - b->cdf[i]);
}

double dc_bookings_quantile(const dc_bookings *b, double q)
{
  size_t low = 0, high = b->n - 1; /* the first i with cdf[i] >= q is in [low, high] */
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (b->cdf[middle] >= q)
      high = middle;
    else
      low = middle + 1;
  }
  double at = (double)low;
  if (!b->lattice && low > 0) {
    double rise = b->cdf[low] - b->cdf[low - 1];
    if (rise > 0) at -= fmin(1, (b->cdf[low] - q) / rise);
  }
  return b->origin + at * b->step;
}

/* Three times the integral of g^2 over a step where g goes linearly from a to b. */
static double square(double a, double b) { return a * a + a * b + b * b; }

double dc_bookings_crps(const dc_bookings *b, double actual)
{
  double at = (actual - b->origin) / b->step, sum = 0, outside = 0, last = (double)(b->n - 1);
  size_t next = b->lattice ? 0 : 1;
  if (at < 0) outside = -at;
  if (at > last) outside = at - last;
  at = fmin(fmax(at, 0), last);
  size_t within = (size_t)at; /* the step that holds the actual; none when at the end */
  for (size_t i = 0; i < within; i++) sum += square(b->cdf[i], b->cdf[i + next]);
  for (size_t i = within + 1; i + 1 < b->n; i++) sum += square(1 - b->cdf[i], 1 - b->cdf[i + next]);
  if (within + 1 < b->n) {
    double from = b->cdf[within], to = b->cdf[within + next], part = at - (double)within;
    double middle = from + part * (to - from);
    sum += part * square(from, middle) + (1 - part) * square(1 - middle, 1 - to);
  }
  return (outside + sum / 3) * b->step;
}
