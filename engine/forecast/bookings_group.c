/* Deals merged where they are alike: same amounts share a characteristic function, like ones a cell. */
#include "engine/forecast/bookings_internal.h"

#include "engine/base/random.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { MOST_MERGED = 4096 };

/* A hash table of cells; rounded log amount, log sd and, where probabilities count, log hazard. */
typedef struct table {
  size_t n;
  int64_t (*key)[3];
  uint32_t *slot; /* 1 + the cell's number */
} table;

/* Room for `most` cells. */
static int table_new(dc_arena *arena, size_t most, table *t)
{
  for (t->n = 16; t->n < 2 * most; t->n *= 2) continue;
  t->key = dc_arena_alloc(arena, t->n, sizeof *t->key);
  t->slot = dc_arena_alloc(arena, t->n, sizeof *t->slot);
  return t->key && t->slot;
}

static size_t find(const table *t, const int64_t key[3])
{
  size_t at = (size_t)(dc_random_bits((uint64_t)key[0], (uint64_t)key[1], (uint64_t)key[2]) % t->n);
  while (t->slot[at] && memcmp(t->key[at], key, sizeof t->key[at]) != 0) at = (at + 1) % t->n;
  return at;
}

static void keys_of(const bookings_deal *d, double width, int by_chance, int64_t key[3])
{
  key[0] = llrint(log(d->amount) / width);
  key[1] = llrint(d->log_sd / (2 * width));
  key[2] = by_chance ? llrint(log(fmin(-log1p(-d->p), 40)) / width) : 0;
}

/* The number of cells, or limit + 1 when there would be more. */
static size_t merge(table *t, const bookings_deal *records, size_t n, size_t limit, double width, int by_chance,
                    bookings_deal *cells, size_t *cell_of)
{
  size_t used = 0;
  memset(t->slot, 0, t->n * sizeof *t->slot);
  for (size_t i = 0; i < n; i++) {
    const bookings_deal *d = records + i;
    int64_t key[3];
    keys_of(d, width, by_chance, key);
    size_t at = find(t, key);
    if (!t->slot[at]) {
      if (used == limit) return limit + 1;
      memcpy(t->key[at], key, sizeof key);
      cells[used++] = (bookings_deal){.p = 0};
      t->slot[at] = (uint32_t)used;
    }
    bookings_deal *c = cells + (t->slot[at] - 1);
    double wins = d->count * d->p;
    c->p += wins;
    c->amount += wins * d->amount;
    c->ratio += wins * d->amount * d->amount * d->ratio;
    c->count += d->count;
    if (cell_of) cell_of[i] = t->slot[at] - 1;
  }
  return used;
}

size_t bookings_group(dc_arena *arena, const bookings_deal *records, size_t n, size_t limit, int by_chance,
                      bookings_deal *cells, size_t *cell_of)
{
  table t;
  double width = by_chance ? 0.025 : 0.0125;
  if (limit > MOST_MERGED) limit = MOST_MERGED;
  if (!table_new(arena, n < limit ? n : limit, &t)) return 0;
  size_t used = limit + 1;
  while (used > limit) {
    width *= 2;
    used = merge(&t, records, n, limit, width, by_chance, cells, cell_of);
  }
  for (size_t c = 0; c < used; c++) {
    bookings_deal *d = cells + c;
    d->amount /= d->p;
    d->ratio = fmax(1, d->ratio / (d->p * d->amount * d->amount));
    d->log_sd = d->ratio > 1 + 1e-12 ? sqrt(log(d->ratio)) : 0;
    d->bulk = d->ratio;
    if (by_chance) d->p = fmin(d->p / d->count, 1);
  }
  return used;
}

/* How far apart logarithms of amounts may be that count as one: less than half of log_sd. */
static double width_of(double log_sd) { return log_sd < 0.2 ? 0 : 0.1; }

static void class_key(const bookings_deal *d, int like, int64_t key[3])
{
  double width = like ? width_of(d->log_sd) : 0;
  memset(key, 0, 3 * sizeof *key);
  if (width > 0) {
    key[0] = llrint(log(d->amount) / width);
    key[1] = llrint(d->log_sd / 0.05);
    key[2] = 1;
    return;
  }
  memcpy(key, &d->amount, sizeof *key);
  memcpy(key + 1, &d->log_sd, sizeof *key);
}

/* Sums of the records' wins, worth and second moment to means: what a class of several deals stands for. */
static void finish_class(bookings_deal *c, const double sum[3])
{
  if (c->count <= 1) return;
  c->p = sum[0];
  c->amount = sum[1] / sum[0];
  c->ratio = fmax(1, sum[2] / (sum[0] * c->amount * c->amount));
  c->log_sd = sqrt(log(c->ratio));
  c->bulk = c->ratio;
}

dc_status bookings_classes(dc_arena *arena, const bookings_deal *deals, size_t n, int like, bookings_deal *classes,
                           size_t *class_of, size_t *n_classes, dc_error *error)
{
  table t;
  size_t used = 0;
  double(*sum)[3] = dc_arena_alloc(arena, n + 1, sizeof *sum);
  if (!sum || !table_new(arena, n, &t)) return dc_fail_memory(error, "classes of amounts");
  for (size_t i = 0; i < n; i++) {
    const bookings_deal *d = deals + i;
    int64_t key[3];
    class_key(d, like, key);
    size_t at = find(&t, key);
    if (!t.slot[at]) {
      memcpy(t.key[at], key, sizeof key);
      classes[used] = *d;
      classes[used].count = 0;
      t.slot[at] = (uint32_t)++used;
    }
    size_t c = class_of[i] = t.slot[at] - 1;
    double wins = d->count * d->p;
    classes[c].count++;
    sum[c][0] += wins;
    sum[c][1] += wins * d->amount;
    sum[c][2] += wins * d->amount * d->amount * d->ratio;
  }
  for (size_t c = 0; c < used; c++)
    if (like && width_of(classes[c].log_sd) > 0) finish_class(classes + c, sum[c]);
  *n_classes = used;
  return DC_OK;
}
