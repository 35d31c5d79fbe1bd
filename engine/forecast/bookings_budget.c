/* What a distribution may cost. The unit is one complex multiplication of one lane's member: about 0.4 ns. */
#include "engine/forecast/bookings_internal.h"

#include <math.h>

enum { FEWEST_EXACT = 64, MOST_EXACT = 4096, MOST_CELLS = 512, FEWEST_FREQUENCIES = 512, FEWEST_CLASSES = 12 };

static const double cost_of_part = 3, cost_of_cell = 40, cost_of_logarithm = 150; /* in units */
static const double budget = 1.6e7, small_budget = 1.5e6, exact_budget = 4e6, part_budget = 1e7;

double bookings_guide_sd(const bookings_plan *plan)
{
  return sqrt(plan->variance_given + plan->phi * plan->slope * plan->slope);
}

/* Few where many wins make the sum smooth. With few wins the function falls off only with that of the amounts, not at
 * all where these are sure; and the functions of equal sure amounts come back near multiples of 2 pi / amount. */
double bookings_frequencies_wanted(const bookings_plan *plan)
{
  double range = 14 * bookings_guide_sd(plan) + 2 * plan->largest;
  double wanted = fmin(fmax(24, plan->top_frequency * range / 6.283185307179586), 4096);
  if (plan->unit > 0) return wanted;
  if (isfinite(plan->cut) && plan->cut > 20 * bookings_guide_sd(plan)) wanted = fmax(wanted, 1024);
  if (plan->wins < 25) wanted = fmax(wanted, plan->narrow ? 2048 : 512);
  if (plan->wins < 400 && plan->narrow && plan->few_classes > 1) wanted = fmax(wanted, 2048);
  return wanted;
}

/* As many exact deals as a small budget allows, and up to a larger one for deals that are large beside the whole. */
size_t bookings_exact_limit(const bookings_plan *plan, size_t large)
{
  double each = (double)plan->nodes.padded * bookings_frequencies_wanted(plan);
  double plain = fmin(fmax(small_budget / each, FEWEST_EXACT), MOST_EXACT);
  double most = fmin(fmax(exact_budget / each, FEWEST_EXACT), MOST_EXACT);
  return (size_t)fmax(plain, fmin((double)large, most));
}

/* Classes of amounts, by the parts that theirs have. */
size_t bookings_class_limit(const bookings_plan *plan, const bookings_deal *records, size_t n)
{
  double parts = 1, usual = plan->wins < 25 ? 40 : 12;
  for (size_t i = 0; i < n; i++) {
    double s = records[i].log_sd;
    parts = fmax(parts, s > bookings_wild ? 200 : s > 0.06 ? usual : 1); /* and twice the frequencies of others */
  }
  return (size_t)fmin(fmax(part_budget / (cost_of_part * parts * bookings_frequencies_wanted(plan)), FEWEST_CLASSES),
                      MOST_EXACT);
}

size_t bookings_cell_limit(const bookings_plan *plan, const bookings_deal *records, size_t n)
{
  double cells = fmin(fmax(4e5 / bookings_frequencies_wanted(plan), 64), MOST_CELLS);
  return (size_t)fmin(cells, (double)bookings_class_limit(plan, records, n));
}

static double cost_of_frequency(const bookings_plan *plan)
{
  double nodes = (double)plan->nodes.padded, factors = 0;
  for (size_t i = 0; i < plan->n_exact; i++) factors += plan->count[i] > 1 ? 1.5 * log2((double)plan->count[i]) + 1 : 1;
  int others = plan->has_rest || plan->n_cells || plan->n_kinds;
  return factors * (nodes + 2) + cost_of_part * (double)plan->severities.parts + cost_of_cell * (double)plan->n_cells +
         (others ? cost_of_logarithm * nodes : 8 * nodes);
}

/* Steps are told apart to a 4,000th of the range: twice as fine where heavy tails make it long. */
size_t bookings_most_frequencies(bookings_plan *plan)
{
  double each = cost_of_frequency(plan);
  size_t most = isfinite(plan->cut) && plan->cut > 20 * bookings_guide_sd(plan) ? 4096 : 2048;
  while (most > FEWEST_FREQUENCIES && (double)most * each > budget) most /= 2;
  plan->work.nodes = plan->nodes.n;
  plan->work.factors = plan->n_exact;
  plan->work.cells = plan->n_cells;
  plan->work.kinds = plan->n_kinds;
  plan->work.parts = plan->severities.parts;
  plan->work.each = each;
  return most;
}
