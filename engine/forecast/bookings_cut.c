/* Amounts of heavy tails, cut where hardly any sum goes.
 *
 * With log_sd = 2 one deal in ten thousand is worth 1,700 medians, one in ten million 30,000: a grid that reached there
 * would leave nothing to the bulk. Amounts above the cut are left out of the characteristic function, which then is that
 * of a sum on the event that none of them comes: F(x) is exact below the cut all the same, since a sum with such an amount
 * is above it. The probability left out stands at the end of the grid. */
#include "engine/forecast/bookings_internal.h"

#include <math.h>

static const double heavy = 0.3;                     /* log_sd */
static const double longest = 80, longest_wild = 50; /* cut in standard deviations */

static double normal_cdf(double x) { return 0.5 * erfc(-x * 0.7071067811865476); }

/* Standard deviations above the median at which an amount is the cut. */
static double deviation(const bookings_deal *d, double cut)
{
  return (log(cut / d->amount) + 0.5 * d->log_sd * d->log_sd) / d->log_sd;
}

static double bulk_of(const bookings_deal *d, double cut)
{
  if (!isfinite(cut)) return d->ratio;
  return d->ratio * normal_cdf(deviation(d, cut) - 2 * d->log_sd);
}

/* The amount that is exceeded `rate` times in the mean, by bisection of its logarithm. */
static double exceeded(const bookings_deal *cells, size_t n, double rate)
{
  double low = -30, high = 60;
  for (int i = 0; i < 24; i++) {
    double middle = 0.5 * (low + high), sum = 0, cut = exp(middle);
    for (size_t c = 0; c < n; c++) sum += cells[c].p * normal_cdf(-deviation(cells + c, cut));
    if (sum > rate)
      low = middle;
    else
      high = middle;
  }
  return exp(high);
}

/* The rarest of some levels at which the range is not too long beside the standard deviation of what is left. */
static double choose_cut(const bookings_deal *cells, size_t n, double others, double largest)
{
  const double rates[] = {1e-8, 1e-6, 1e-5, 1e-4};
  double cut = HUGE_VAL, most = longest;
  for (size_t c = 0; c < n; c++)
    if (cells[c].log_sd > bookings_wild + 0.01) most = longest_wild;
  for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
    double variance = others;
    cut = fmax(exceeded(cells, n, rates[i]), largest);
    for (size_t c = 0; c < n; c++) variance += cells[c].p * cells[c].amount * cells[c].amount * bulk_of(cells + c, cut);
    if (cut * cut < most * most * variance) break;
  }
  return cut;
}

void bookings_cut_bulk(const bookings_plan *plan, bookings_deal *records, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (records[i].log_sd > heavy) records[i].bulk = fmax(bulk_of(records + i, plan->cut), 1e-300);
}

dc_status bookings_cut(bookings_plan *plan, dc_error *error)
{
  enum { MOST_CELLS = 64 };
  bookings_deal *lists[2] = {plan->deals, plan->kinds}, cells[MOST_CELLS];
  size_t sizes[2] = {plan->n, plan->n_kinds}, n = 0;
  double others = 0, largest = 0;
  plan->cut = HUGE_VAL;
  for (int l = 0; l < 2; l++)
    for (size_t i = 0; i < sizes[l]; i++) n += lists[l][i].log_sd > heavy;
  if (!n) return DC_OK;
  bookings_deal *wild = dc_arena_alloc(plan->arena, n, sizeof *wild);
  if (!wild) return dc_fail_memory(error, "heavy tails");
  n = 0;
  for (int l = 0; l < 2; l++)
    for (size_t i = 0; i < sizes[l]; i++) {
      const bookings_deal *d = lists[l] + i;
      if (d->log_sd > heavy) {
        wild[n++] = *d;
        continue;
      }
      others += d->p * d->amount * d->amount * d->ratio;
      largest = fmax(largest, d->amount * (1 + 6 * d->log_sd * d->ratio)); /* the light tails are not cut */
    }
  n = bookings_group(plan->arena, wild, n, MOST_CELLS, 0, cells, NULL);
  if (!n) return dc_fail_memory(error, "heavy tails");
  plan->cut = choose_cut(cells, n, others, largest);
  for (size_t c = 0; c < n; c++) {
    double u = deviation(cells + c, plan->cut);
    plan->cut_rate += cells[c].p * normal_cdf(-u);
    plan->cut_mean += cells[c].p * cells[c].amount * normal_cdf(cells[c].log_sd - u);
  }
  bookings_cut_bulk(plan, plan->deals, plan->n);
  bookings_cut_bulk(plan, plan->kinds, plan->n_kinds);
  return DC_OK;
}
