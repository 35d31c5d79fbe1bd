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

dc_status dc_bookings_normal(double mean, double sd, dc_bookings **out, dc_error *error)
{
  const size_t points = 8193;
  const double reach = 8.5;
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
  for (size_t i = 0; i < n && !single; i++)
    b->cdf[i] = 0.5 * erfc((mean - low - (double)i * b->step) / (sd * 1.4142135623730951));
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

/* Integral of g^2 over a segment where g goes linearly from a to b. */
static double segment(double length, double a, double b) { return length * (a * a + a * b + b * b) / 3; }

double dc_bookings_crps(const dc_bookings *b, double actual)
{
  double at = (actual - b->origin) / b->step, sum = 0, last = (double)(b->n - 1);
  if (at < 0) sum = -at;
  if (at > last) sum = at - last;
  for (size_t i = 0; i + 1 < b->n; i++) {
    double from = b->cdf[i], to = b->lattice ? from : b->cdf[i + 1];
    double part = fmin(fmax(at - (double)i, 0), 1); /* of the step below the actual */
    double middle = from + part * (to - from);
    sum += segment(part, from, middle) + segment(1 - part, middle - 1, to - 1);
  }
  return sum * b->step;
}
