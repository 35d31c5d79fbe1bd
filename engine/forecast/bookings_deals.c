/* Deals cleaned, put in an order that does not depend on the caller's, and summed up. */
#include "engine/forecast/bookings_internal.h"

#include "engine/base/random.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct keyed {
  uint64_t key;
  bookings_deal deal;
} keyed;

typedef struct running_sum {
  double sum, lost;
} running_sum;

/* Neumaier 1974. */
static void add(running_sum *s, double x)
{
  double t = s->sum + x;
  s->lost += fabs(s->sum) >= fabs(x) ? (s->sum - t) + x : (x - t) + s->sum;
  s->sum = t;
}

static int compare_doubles(double a, double b) { return (a > b) - (a < b); }

static int compare_keyed(const void *a, const void *b)
{
  const keyed *x = a, *y = b;
  if (x->key != y->key) return x->key < y->key ? -1 : 1;
  int c = compare_doubles(x->deal.amount, y->deal.amount);
  if (!c) c = compare_doubles(x->deal.p, y->deal.p);
  return c ? c : compare_doubles(x->deal.log_sd, y->deal.log_sd);
}

static uint64_t bits_of(double x)
{
  uint64_t u;
  memcpy(&u, &x, sizeof u);
  return u;
}

/* One stable pass of a radix sort over 11 bits of the key. */
static void radix_pass(const keyed *from, keyed *to, size_t n, int shift)
{
  size_t start[2048] = {0}, sum = 0;
  for (size_t i = 0; i < n; i++) start[(from[i].key >> shift) & 2047]++;
  for (size_t d = 0; d < 2048; d++) {
    size_t count = start[d];
    start[d] = sum;
    sum += count;
  }
  for (size_t i = 0; i < n; i++) to[start[(from[i].key >> shift) & 2047]++] = from[i];
}

/* Order by the content's hash: the same deals in any order come out the same, in O(n) whatever ties the amounts have.
 * The three top digits leave few runs of equal digits; those are finished by comparison. */
static void canonical_order(keyed **records, keyed **spare, size_t n)
{
  if (n < 2048) {
    qsort(*records, n, sizeof **records, compare_keyed);
    return;
  }
  for (int shift = 31; shift <= 53; shift += 11) {
    radix_pass(*records, *spare, n, shift);
    keyed *t = *records;
    *records = *spare;
    *spare = t;
  }
  for (size_t i = 0; i < n;) {
    size_t j = i + 1;
    while (j < n && (*records)[j].key >> 31 == (*records)[i].key >> 31) j++;
    if (j - i > 1) qsort(*records + i, j - i, sizeof **records, compare_keyed);
    i = j;
  }
}

/* Drops what adds nothing, adds what is certain to *base, orders the others. limit is the largest p allowed. */
static dc_status clean(bookings_plan *plan, const double *p, const double *amount, const double *log_sd, size_t n,
                       double limit, running_sum *base, bookings_deal **out, size_t *n_out, dc_error *error)
{
  keyed *records = dc_arena_alloc(plan->arena, n + 1, sizeof *records);
  keyed *spare = dc_arena_alloc(plan->arena, n >= 2048 ? n : 1, sizeof *spare);
  bookings_deal *deals = dc_arena_alloc(plan->arena, n + 1, sizeof *deals);
  if (!records || !spare || !deals) return dc_fail_memory(error, "ordering deals");
  size_t m = 0;
  for (size_t i = 0; i < n; i++) {
    if (!(p[i] >= 0) || !(p[i] <= limit) || !(amount[i] >= 0) || !(amount[i] <= 1e300) || !(log_sd[i] >= 0) ||
        !(log_sd[i] <= 5))
      return dc_fail(error, DC_E_USAGE, "deal %zu: probability %g, amount %g, log sd %g", i, p[i], amount[i],
                     log_sd[i]);
    if (p[i] <= 0 || amount[i] <= 0) continue;
    bookings_deal d = {.p = p[i], .amount = amount[i], .log_sd = log_sd[i], .count = 1};
    uint64_t key = dc_random_bits(bits_of(d.amount), bits_of(d.p), bits_of(d.log_sd));
    records[m++] = (keyed){key, d};
  }
  canonical_order(&records, &spare, m);
  size_t kept = 0;
  for (size_t i = 0; i < m; i++) {
    if (limit <= 1 && records[i].deal.p >= 1 && records[i].deal.log_sd <= 0)
      add(base, records[i].deal.amount);
    else
      deals[kept++] = records[i].deal;
  }
  *out = deals;
  *n_out = kept;
  return DC_OK;
}

/* Scales to the largest amount and finds whether all amounts are one. */
static void normalise(bookings_plan *plan)
{
  double largest = 0;
  bookings_deal *lists[2] = {plan->deals, plan->kinds};
  size_t sizes[2] = {plan->n, plan->n_kinds};
  for (int l = 0; l < 2; l++)
    for (size_t i = 0; i < sizes[l]; i++) largest = fmax(largest, lists[l][i].amount);
  plan->scale = largest > 0 ? largest : 1;
  plan->unit = largest > 0 ? 1 : 0;
  for (int l = 0; l < 2; l++)
    for (size_t i = 0; i < sizes[l]; i++) {
      bookings_deal *d = lists[l] + i;
      d->amount /= plan->scale;
      d->ratio = d->bulk = d->log_sd > 0 ? exp(d->log_sd * d->log_sd) : 1;
      if (d->amount < 1 || d->log_sd > 0) plan->unit = 0;
      if (d->log_sd < 0.1) plan->narrow = 1;
    }
}

/* Whether amounts repeat, from the first deals: their order is as good as random. */
static dc_status find_classes(bookings_plan *plan, dc_error *error)
{
  enum { SAMPLE = 1024 };
  size_t n = plan->n < SAMPLE ? plan->n : SAMPLE, used = 0;
  bookings_deal *classes = dc_arena_alloc(plan->arena, n + 1, sizeof *classes);
  size_t *class_of = dc_arena_alloc(plan->arena, n + 1, sizeof *class_of);
  if (!classes || !class_of) return dc_fail_memory(error, "classes of amounts");
  dc_status status = bookings_classes(plan->arena, plan->deals, n, 0, classes, class_of, &used, error);
  plan->few_classes = (4 * used <= n) + (16 * used <= n);
  return status;
}

static double variance_of(const bookings_deal *d) { return d->p * d->amount * d->amount * fmax(d->bulk - d->p, 0); }

/* Variance with no deal counting for more than a tenth of the rest. */
static double variance_of_many(const bookings_plan *plan)
{
  double most = plan->variance_given;
  for (int round = 0; round < 3; round++) {
    double sum = 0, cap = 0.1 * most;
    int capped = 0;
    for (size_t i = 0; i < plan->n; i++) {
      double v = variance_of(plan->deals + i);
      if (v > cap) capped = 1;
      sum += fmin(v, cap);
    }
    for (size_t i = 0; i < plan->n_kinds; i++) {
      const bookings_deal *d = plan->kinds + i;
      sum += d->p * d->amount * d->amount * d->bulk;
    }
    most = sum;
    if (!capped || plan->n <= 10) break;
  }
  return plan->n <= 10 ? plan->variance_given : most;
}

dc_status bookings_plan_deals(bookings_plan *plan, const dc_bookings_input *input, dc_error *error)
{
  if (!(input->phi >= 0) || !(input->phi < 1e6) || !(input->new_variance >= 0) || !(input->new_variance < 1e6) ||
      !isfinite(input->fixed))
    return dc_fail(error, DC_E_USAGE, "bookings: phi %g, variance of the new %g, fixed %g", input->phi,
                   input->new_variance, input->fixed);
  plan->phi = input->phi < 1e-10 ? 0 : input->phi;
  plan->new_variance = input->new_variance < 1e-10 ? 0 : input->new_variance;
  running_sum base = {0, 0};
  add(&base, input->fixed);
  dc_status status = clean(plan, input->p, input->amount, input->log_sd, input->n, 1, &base, &plan->deals, &plan->n,
                           error);
  if (status) return status;
  status = clean(plan, input->rate, input->new_amount, input->new_log_sd, input->n_new, 1e12, &base, &plan->kinds,
                 &plan->n_kinds, error);
  if (status) return status;
  plan->base = base.sum + base.lost;
  normalise(plan);
  if ((status = find_classes(plan, error))) return status;
  if ((status = bookings_cut(plan, error))) return status;
  running_sum mean = {0, 0}, variance = {0, 0}, slope = {0, 0}, wins = {0, 0};
  for (size_t i = 0; i < plan->n; i++) {
    const bookings_deal *d = plan->deals + i;
    double q = 1 - d->p, pa = d->p * d->amount;
    plan->largest = fmax(plan->largest, d->amount * d->bulk);
    add(&mean, pa);
    add(&wins, d->p);
    add(&variance, variance_of(d));
    /* z H exp(-z H) at z = 1, H = -log(1 - p), by a polynomial: this only guides the number of nodes */
    add(&slope, pa * q * (1 + 0.5 * d->p + 0.6 * d->p * d->p));
    plan->steepest += 0.368 * d->amount; /* x exp(-x) <= exp(-1) */
  }
  plan->slope_open = slope.sum + slope.lost;
  for (size_t i = 0; i < plan->n_kinds; i++) {
    const bookings_deal *d = plan->kinds + i;
    plan->largest = fmax(plan->largest, d->amount * d->bulk);
    add(&mean, d->p * d->amount);
    add(&wins, d->p);
    add(&slope, d->p * d->amount);
    add(&variance, d->p * d->amount * d->amount * d->bulk);
  }
  add(&base, plan->scale * mean.sum);
  add(&base, plan->scale * mean.lost);
  plan->mean = base.sum + base.lost;
  plan->wins = wins.sum;
  plan->variance_given = variance.sum + variance.lost;
  plan->slope = slope.sum + slope.lost;
  plan->variance_many = variance_of_many(plan);
  return DC_OK;
}
