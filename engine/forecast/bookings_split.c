/* Which deals get a factor of their own, and what stands for the others. */
#include "engine/forecast/bookings_internal.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT, CELL, REST, LARGE };
enum { MOST_EXACT = 4096, MOST_CELLS = 512, MOST_KINDS = 64, FEW_SEVERITIES = 12, FEWEST_MERGED = 16 };
enum { MOMENTS = 10, SIZE_BINS = 1 << 16 };

static double size_of(const bookings_deal *d) { return d->amount * d->bulk; }

/* So few wins that the sum is lumpy whatever the number of deals: cumulants would not do. */
static int few_wins(const bookings_plan *plan) { return plan->wins < 25; }

static size_t size_bin(const bookings_deal *d, double largest)
{
  double x = size_of(d) / largest;
  uint64_t u;
  memcpy(&u, &x, sizeof u);
  u >>= 47;
  return u < SIZE_BINS ? (size_t)u : SIZE_BINS - 1;
}

/* The largest sizes, whole bins of 1.5 %, no more than limit deals. */
static dc_status label_largest(const bookings_plan *plan, size_t limit, unsigned char *label, dc_error *error)
{
  size_t *count = dc_arena_alloc(plan->arena, SIZE_BINS, sizeof *count);
  if (!count) return dc_fail_memory(error, "choosing large deals");
  for (size_t i = 0; i < plan->n; i++)
    if (label[i] == REST) count[size_bin(plan->deals + i, plan->largest)]++;
  size_t bin = SIZE_BINS, taken = 0;
  while (bin > 0 && taken + count[bin - 1] <= limit) taken += count[--bin];
  for (size_t i = 0; i < plan->n; i++)
    if (label[i] == REST && size_bin(plan->deals + i, plan->largest) >= bin) label[i] = EXACT;
  return DC_OK;
}

/* Rare deals that are not small beside the whole go to cells: a sum of few wins is too lumpy for cumulants however many
 * deals it comes from. Other deals that are not small get factors: together where they are too many. */
static dc_status label_deals(bookings_plan *plan, unsigned char *label, int *together, dc_error *error)
{
  double sd = bookings_guide_sd(plan), rare = fmin(0.12, 0.3 / (1 + 4 * sqrt(plan->phi)));
  size_t all_large = 0, large = 0;
  for (size_t i = 0; i < plan->n; i++) {
    const bookings_deal *d = plan->deals + i;
    int cell = d->p <= rare && (size_of(d) > 0.02 * sd || few_wins(plan) || d->log_sd > bookings_wild);
    int big = size_of(d) > 0.05 * sd || few_wins(plan) || d->log_sd > bookings_wild;
    label[i] = cell ? CELL : big ? LARGE : REST;
    if (big) all_large++;
    if (big && !cell) large++;
  }
  if (plan->n <= bookings_exact_limit(plan, all_large)) {
    memset(label, EXACT, plan->n);
    return DC_OK;
  }
  size_t limit = bookings_exact_limit(plan, large);
  *together = large > limit;
  for (size_t i = 0; i < plan->n; i++)
    if (label[i] == LARGE) label[i] = EXACT;
  return *together ? DC_OK : label_largest(plan, limit - large, label, error);
}

static int compare_counts(const void *a, const void *b)
{
  const bookings_deal *x = a, *y = b;
  if (x->count != y->count) return x->count < y->count ? -1 : 1;
  if (x->amount != y->amount) return x->amount < y->amount ? -1 : 1;
  return (x->p > y->p) - (x->p < y->p);
}

/* Factors and the classes of their amounts, which are the first severities. */
static dc_status make_exact(bookings_plan *plan, const unsigned char *label, int together, bookings_deal *severities,
                            dc_error *error)
{
  size_t n = 0;
  for (size_t i = 0; i < plan->n; i++) n += label[i] == EXACT;
  bookings_deal *exact = dc_arena_alloc(plan->arena, n + 1, sizeof *exact), *merged = exact;
  if (!exact) return dc_fail_memory(error, "factors");
  n = 0;
  for (size_t i = 0; i < plan->n; i++)
    if (label[i] == EXACT) exact[n++] = plan->deals[i];
  if (together) {
    size_t limit = bookings_exact_limit(plan, n) / 4 + FEWEST_MERGED;
    merged = dc_arena_alloc(plan->arena, limit + 1, sizeof *merged);
    if (!merged || !(n = bookings_group(plan->arena, exact, n, limit, 1, merged, NULL)))
      return dc_fail_memory(error, "factors");
    bookings_cut_bulk(plan, merged, n);
    qsort(merged, n, sizeof *merged, compare_counts);
  }
  plan->n_exact = n;
  plan->exact = merged;
  plan->win = dc_arena_alloc(plan->arena, n + 1, plan->nodes.padded * sizeof *plan->win);
  plan->class_of = dc_arena_alloc(plan->arena, n + 1, sizeof *plan->class_of);
  plan->count = dc_arena_alloc(plan->arena, n + 1, sizeof *plan->count);
  plan->psi_re = dc_arena_alloc(plan->arena, n + 1, sizeof *plan->psi_re);
  plan->psi_im = dc_arena_alloc(plan->arena, n + 1, sizeof *plan->psi_im);
  if (!plan->win || !plan->class_of || !plan->count || !plan->psi_re || !plan->psi_im)
    return dc_fail_memory(error, "factors");
  for (size_t i = 0; i < n; i++) {
    plan->count[i] = (size_t)merged[i].count;
    plan->n_plain += plan->count[i] == 1;
    bookings_win_given(&plan->nodes, merged[i].p, plan->win + i * plan->nodes.padded);
  }
  dc_status status = bookings_classes(plan->arena, merged, n, 1, severities, plan->class_of, &plan->n_classes, error);
  bookings_cut_bulk(plan, severities, status ? 0 : plan->n_classes);
  size_t limit = bookings_class_limit(plan, severities, plan->n_classes);
  if (status || plan->n_classes <= limit) return status;
  plan->n_classes = bookings_group(plan->arena, merged, n, limit, 0, severities, plan->class_of);
  bookings_cut_bulk(plan, severities, plan->n_classes);
  return plan->n_classes ? DC_OK : dc_fail_memory(error, "classes of amounts");
}

/* H with E[x - x^2/2 + x^3/6 - x^4/24] = p over the nodes, x = Z H: the mean of a cell's series. */
static double series_hazard(const double moment[5], double p)
{
  double h = p;
  for (int i = 0; i < 6; i++) {
    double f = h * (moment[1] - h * (moment[2] / 2 - h * (moment[3] / 6 - h * moment[4] / 24))) - p;
    double slope = moment[1] - h * (moment[2] - h * (moment[3] / 2 - h * moment[4] / 6));
    h -= f / slope;
  }
  return h;
}

static dc_status make_cells(bookings_plan *plan, const unsigned char *label, bookings_deal *cells, dc_error *error)
{
  double moment[5] = {1, 0, 0, 0, 0};
  for (size_t k = 0; k < plan->nodes.n; k++) {
    double z = plan->nodes.z[k], power = plan->nodes.w[k];
    for (int j = 1; j < 5; j++) moment[j] += power *= z;
  }
  size_t n = 0;
  for (size_t i = 0; i < plan->n; i++) n += label[i] == CELL;
  bookings_deal *rare = dc_arena_alloc(plan->arena, n + 1, sizeof *rare);
  size_t *cell_of = dc_arena_alloc(plan->arena, n + 1, sizeof *cell_of);
  for (int j = 0; j < BOOKINGS_SERIES; j++)
    if (!(plan->power[j] = dc_arena_alloc(plan->arena, MOST_CELLS, sizeof(double))))
      return dc_fail_memory(error, "cells");
  if (!rare || !cell_of) return dc_fail_memory(error, "cells of rare deals");
  n = 0;
  for (size_t i = 0; i < plan->n; i++)
    if (label[i] == CELL) rare[n++] = plan->deals[i];
  if (n &&
      !(plan->n_cells = bookings_group(plan->arena, rare, n, bookings_cell_limit(plan, rare, n), 0, cells, cell_of)))
    return dc_fail_memory(error, "cells of rare deals");
  bookings_cut_bulk(plan, cells, plan->n_cells);
  for (size_t i = 0; i < n; i++) {
    double h = series_hazard(moment, rare[i].p), power = 1;
    for (int j = 0; j < BOOKINGS_SERIES; j++) plan->power[j][cell_of[i]] += power *= h;
  }
  return DC_OK;
}

/* Sums over deals of products of amount moments, by bin of p; a deal is shared between the two ends of its bin so
 * that what is linear in p stays exact. */
static void add_to_bin(double sum[MOMENTS], const bookings_deal *d, double share)
{
  double a = d->amount, a2 = a * a, r = d->ratio, r3 = r * r * r;
  double m2 = a2 * r, m3 = a2 * a * r3, m4 = a2 * a2 * r3 * r3;
  double term[MOMENTS] = {a, m2, a2, m3, a * m2, a2 * a, m4, a * m3, m2 * m2, a2 * m2};
  for (int j = 0; j < MOMENTS; j++) sum[j] += share * term[j];
}

/* Cumulants of a sum of (Bernoulli p) x amount. fourth: the sum of amount^4 is carried in sum[10]. */
static void add_cumulants(const double sum[MOMENTS + 1], double p, double cumulant[BOOKINGS_SERIES])
{
  double p2 = p * p, p3 = p2 * p, p4 = p2 * p2;
  cumulant[0] += p * sum[0];
  cumulant[1] += p * sum[1] - p2 * sum[2];
  cumulant[2] += p * sum[3] - 3 * p2 * sum[4] + 2 * p3 * sum[5];
  cumulant[3] += p * sum[6] - 4 * p2 * sum[7] - 3 * p2 * sum[8] + 12 * p3 * sum[9] - 6 * p4 * sum[10];
}

static dc_status make_rest(bookings_plan *plan, const unsigned char *label, dc_error *error)
{
  const bookings_nodes *nodes = &plan->nodes;
  size_t bins = nodes->n == 1 ? 2048 : 256;
  double(*sum)[MOMENTS + 1] = dc_arena_alloc(plan->arena, bins + 1, sizeof *sum);
  double *win = dc_arena_alloc(plan->arena, nodes->padded, sizeof *win);
  double *grid = dc_arena_alloc(plan->arena, bins + 1, sizeof *grid);
  if (!sum || !win || !grid) return dc_fail_memory(error, "cumulants of small deals");
  for (size_t b = 0; b <= bins; b++) {
    double s = sin(1.5707963267948966 * (double)b / (double)bins);
    grid[b] = s * s;
  }
  for (size_t i = 0; i < plan->n; i++) {
    if (label[i] != REST) continue;
    const bookings_deal *d = plan->deals + i;
    plan->has_rest = 1;
    size_t b = (size_t)(asin(sqrt(d->p)) / 1.5707963267948966 * (double)bins);
    if (b >= bins) b = bins - 1;
    double share = fmin(fmax((d->p - grid[b]) / (grid[b + 1] - grid[b]), 0), 1), a2 = d->amount * d->amount;
    add_to_bin(sum[b], d, 1 - share);
    add_to_bin(sum[b + 1], d, share);
    sum[b][MOMENTS] += (1 - share) * a2 * a2;
    sum[b + 1][MOMENTS] += share * a2 * a2;
  }
  for (size_t b = 1; b <= bins && plan->has_rest; b++) {
    if (sum[b][0] <= 0) continue;
    bookings_win_given(nodes, grid[b], win);
    for (size_t k = 0; k < nodes->n; k++) {
      double c[BOOKINGS_SERIES] = {0};
      add_cumulants(sum[b], win[k], c);
      for (int j = 0; j < BOOKINGS_SERIES; j++) plan->rest[j][k] += c[j];
    }
  }
  return DC_OK;
}

static dc_status make_kinds(bookings_plan *plan, bookings_deal *out, dc_error *error)
{
  if (plan->n_kinds &&
      !(plan->n_kinds = bookings_group(plan->arena, plan->kinds, plan->n_kinds, MOST_KINDS, 0, out, NULL)))
    return dc_fail_memory(error, "kinds of deals");
  bookings_cut_bulk(plan, out, plan->n_kinds);
  for (size_t j = 0; j < plan->n_kinds; j++) plan->pool.rate += out[j].p;
  return DC_OK;
}

/* Mean and variance given each node, and from them those of the mixture. */
static void moments(bookings_plan *plan, const bookings_deal *records)
{
  const bookings_nodes *nodes = &plan->nodes;
  double mean = 0, square = 0;
  for (size_t k = 0; k < nodes->n; k++) {
    double m = plan->rest[0][k], v = plan->rest[1][k], z = nodes->z[k], rate = 0;
    for (size_t i = 0; i < plan->n_exact; i++) {
      const bookings_deal *d = plan->exact + i;
      double p = plan->win[i * nodes->padded + k], pa = d->count * p * d->amount;
      m += pa;
      v += pa * d->amount * (d->ratio - p);
    }
    const bookings_deal *d = records + plan->n_classes;
    for (size_t c = 0; c < plan->n_cells; c++, d++) {
      double h1 = z * plan->power[0][c], h2 = z * z * plan->power[1][c], h3 = z * z * z * plan->power[2][c];
      double h4 = z * z * z * z * plan->power[3][c], won = h1 - h2 / 2 + h3 / 6 - h4 / 24;
      m += won * d->amount;
      v += d->amount * d->amount * (won * d->ratio - (h2 - h3 + 7 * h4 / 12));
    }
    for (size_t j = 0; j < plan->n_kinds; j++, d++) {
      rate += z * d->p * d->amount;
      v += z * d->p * d->amount * d->amount * d->ratio;
    }
    plan->node_mean[k] = m + rate;
    plan->node_variance[k] = fmax(0, v + plan->new_variance * rate * rate);
    mean += nodes->w[k] * plan->node_mean[k];
  }
  for (size_t k = 0; k < nodes->n; k++) {
    double d = plan->node_mean[k] - mean;
    square += nodes->w[k] * (d * d + plan->node_variance[k]);
  }
  plan->sd = plan->scale * sqrt(square);
}

/* Probability that nothing is won. */
static void chance_of_none(bookings_plan *plan)
{
  if (plan->has_rest) return;
  double hazard = 0, rate = plan->pool.rate;
  for (size_t c = 0; c < plan->n_cells; c++) hazard += plan->power[0][c];
  for (size_t k = 0; k < plan->nodes.n; k++) {
    double z = plan->nodes.z[k], v = plan->new_variance, none = plan->nodes.w[k];
    for (size_t i = 0; i < plan->n_exact && none > 1e-30; i++)
      none *= pow(1 - plan->win[i * plan->nodes.padded + k], plan->exact[i].count);
    plan->none += none * exp(-z * hazard - (v > 0 ? log1p(v * z * rate) / v : z * rate));
  }
}

static dc_status allocate(bookings_plan *plan, unsigned char **label, bookings_deal **records, dc_error *error)
{
  size_t n = plan->nodes.padded, most = MOST_EXACT + MOST_CELLS, most_kinds = MOST_KINDS;
  if (plan->n < most) most = plan->n; /* a deal is in one class or one cell */
  if (plan->n_kinds < most_kinds) most_kinds = plan->n_kinds;
  *label = dc_arena_alloc(plan->arena, plan->n + 1, 1);
  *records = dc_arena_alloc(plan->arena, most + most_kinds + 1, sizeof **records);
  for (int j = 0; j < BOOKINGS_SERIES; j++)
    if (!(plan->rest[j] = dc_arena_alloc(plan->arena, n, sizeof(double)))) return dc_fail_memory(error, "nodes");
  plan->node_mean = dc_arena_alloc(plan->arena, n, sizeof(double));
  plan->node_variance = dc_arena_alloc(plan->arena, n, sizeof(double));
  if (!*label || !*records || !plan->node_mean || !plan->node_variance) return dc_fail_memory(error, "nodes");
  return DC_OK;
}

dc_status bookings_plan_split(bookings_plan *plan, dc_error *error)
{
  plan->top_frequency = bookings_top_frequency(plan);
  bookings_nodes_make(&plan->nodes, plan);
  unsigned char *label;
  bookings_deal *records;
  int together = 0;
  dc_status status = allocate(plan, &label, &records, error);
  if (status) return status;
  if ((status = label_deals(plan, label, &together, error))) return status;
  if ((status = make_exact(plan, label, together, records, error))) return status;
  if ((status = make_cells(plan, label, records + plan->n_classes, error))) return status;
  if ((status = make_rest(plan, label, error))) return status;
  if ((status = make_kinds(plan, records + plan->n_classes + plan->n_cells, error))) return status;
  if ((status = bookings_wins_make(plan, error))) return status;
  moments(plan, records);
  chance_of_none(plan);
  size_t n = plan->n_classes + plan->n_cells;
  double fine_above = (n + plan->n_kinds <= FEW_SEVERITIES ? 0.05 : 0.25) * bookings_guide_sd(plan);
  status = bookings_pool_make(&plan->pool, plan->arena, records + n, plan->n_kinds, fine_above, plan->cut, error);
  if (status) return status;
  return bookings_severities_make(&plan->severities, plan->arena, records, n, &plan->pool, fine_above, plan->cut,
                                  error);
}
