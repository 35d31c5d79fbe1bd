/* The amounts of all kinds of deals to come as one mixture: however many kinds, one characteristic function.
 *
 * The kinds' mixtures of normals have far more parts than the whole needs: narrow parts are kept, the others are put
 * into bins of like logarithm and become one normal each, with the mean and the variance of what is in the bin. Bins are
 * about as wide as the parts, so that the normal's shape hardly differs from theirs. */
#include "engine/forecast/bookings_internal.h"

#include <math.h>

enum { BINS = 96 };
static const double narrowest = 0.1;    /* bin, in log amount */
static const double floor_share = 1e-4; /* of the mean amount: what is below goes together */

typedef struct bin {
  double weight, first, second;
} bin;

typedef struct bins {
  bin all[BINS];
  double low, width;
} bins;

static void add_part(bin *b, double weight, double mean, double spread)
{
  b->weight += weight;
  b->first += weight * mean;
  b->second += weight * mean * mean * (1 + spread);
}

static void add_kind(bins *b, const bookings_rule *q, double share, double spread)
{
  for (size_t j = 0; j < q->n; j++) {
    double at = (log(q->mean[j]) - b->low) / b->width;
    size_t k = !(at > 0) ? 0 : at < BINS - 1 ? (size_t)at : BINS - 1;
    add_part(&b->all[k], share * q->weight[j], q->mean[j], spread);
  }
}

/* The bins reach from what does not matter singly to the largest part. */
static void set_range(bins *b, double mean, double least, double most)
{
  double low = fmax(log(least), log(floor_share * mean));
  b->low = low;
  b->width = fmax(narrowest, (log(most) - low) / (BINS - 1));
}

static void take(bookings_pool *pool, const bin *b)
{
  double mean = b->first / b->weight;
  pool->weight[pool->n] = b->weight;
  pool->mean[pool->n] = mean;
  pool->variance[pool->n++] = fmax(0, b->second / b->weight - mean * mean);
}

dc_status bookings_pool_make(bookings_pool *pool, dc_arena *arena, const bookings_deal *kinds, size_t n,
                             double fine_above, double cut, dc_error *error)
{
  if (!n) return DC_OK;
  bookings_rule *rules = dc_arena_alloc(arena, n, sizeof *rules);
  pool->weight = dc_arena_alloc(arena, n + BINS, sizeof *pool->weight);
  pool->mean = dc_arena_alloc(arena, n + BINS, sizeof *pool->mean);
  pool->variance = dc_arena_alloc(arena, n + BINS, sizeof *pool->variance);
  if (!rules || !pool->weight || !pool->mean || !pool->variance) return dc_fail_memory(error, "kinds of deals");
  bins b = {.low = 0};
  double mean = 0, least = HUGE_VAL, most = 0;
  for (size_t i = 0; i < n; i++) {
    bookings_rule *q = rules + i;
    double share = kinds[i].p / pool->rate;
    bookings_rule_choose(q, kinds + i, fine_above, cut);
    mean += share * kinds[i].amount;
    if (q->n == 1) {
      bin one = {0, 0, 0};
      add_part(&one, share, q->mean[0], bookings_rule_spread(q, kinds + i));
      take(pool, &one);
      continue;
    }
    least = fmin(least, q->mean[0]);
    most = fmax(most, q->mean[q->n - 1]);
  }
  if (most > 0) set_range(&b, mean, least, most);
  for (size_t i = 0; i < n; i++)
    if (rules[i].n > 1) add_kind(&b, rules + i, kinds[i].p / pool->rate, bookings_rule_spread(rules + i, kinds + i));
  for (size_t k = 0; k < BINS; k++)
    if (b.all[k].weight > 0) take(pool, &b.all[k]);
  return DC_OK;
}
