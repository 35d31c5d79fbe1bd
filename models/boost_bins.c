/* Terms to bins of a byte. */
#include "models/boost.h"

#include "engine/base/arena.h"
#include "engine/base/fold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLE = 1 << 17, MOST_BINS = BOOST_BINS - 1, BLOCK_ROWS = 1 << 14 };

static dc_status no_memory(dc_error *error) { return dc_fail_memory(error, "boosting"); }

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Between two values, so that both of what lies between goes the same way in every sum of it. */
static double between(double a, double b)
{
  double middle = a + (b - a) / 2;
  return middle >= b ? a : middle;
}

/* Bins of about equally many rows each; every value its own bin where there are few. */
static size_t cut_sorted(const double *x, size_t n, double *cut)
{
  size_t bins = 1, distinct = n > 0;
  for (size_t i = 1; i < n; i++) distinct += x[i] != x[i - 1];
  double share = (double)n / MOST_BINS, filled = 0;
  for (size_t i = 1; i < n; i++) {
    filled++;
    if (x[i] == x[i - 1] || (distinct > MOST_BINS && filled < share) || bins == MOST_BINS) continue;
    cut[bins++ - 1] = between(x[i - 1], x[i]);
    filled = 0;
    share = (double)(n - i) / (double)(MOST_BINS - bins + 1);
  }
  return bins;
}

static dc_status cut_number(boost_feature *f, size_t n, struct dc_arena *arena, dc_error *error)
{
  size_t m = n < SAMPLE ? n : SAMPLE, used = 0;
  double *x = malloc((m + 1) * sizeof *x);
  f->cut = dc_arena_alloc(arena, MOST_BINS, sizeof *f->cut);
  if (!x || !f->cut) {
    free(x);
    return no_memory(error);
  }
  for (size_t i = 0; i < m; i++) {
    double v = f->term->number[i * n / m];
    if (!isnan(v)) x[used++] = v;
  }
  qsort(x, used, sizeof *x, ascending);
  f->bins = (uint32_t)cut_sorted(x, used, f->cut);
  free(x);
  return DC_OK;
}

typedef struct counted {
  size_t rows;
  uint32_t level;
} counted;

static int by_rows(const void *a, const void *b)
{
  const counted *x = a, *y = b;
  if (x->rows != y->rows) return x->rows > y->rows ? -1 : 1;
  return (x->level > y->level) - (x->level < y->level);
}

static dc_status number_levels(boost_feature *f, size_t n, struct dc_arena *arena, dc_error *error)
{
  const uint32_t levels = f->term->codes.levels;
  counted *count = calloc(levels + 1u, sizeof *count);
  f->bin_of = dc_arena_alloc(arena, levels + 1u, 1);
  if (!count || !f->bin_of) {
    free(count);
    return no_memory(error);
  }
  for (uint32_t l = 0; l < levels; l++) count[l].level = l;
  for (size_t i = 0; i < n; i++) {
    uint32_t code = dc_codes_at(&f->term->codes, i);
    if (code < levels) count[code].rows++;
  }
  f->bins = levels < MOST_BINS ? levels : MOST_BINS;
  if (levels > MOST_BINS) qsort(count, levels, sizeof *count, by_rows);
  for (uint32_t k = 0; k < levels; k++) f->bin_of[count[k].level] = (uint8_t)(k < MOST_BINS ? k : MOST_BINS - 1);
  free(count);
  return DC_OK;
}

/* The first cut that is not below x, by halves. */
static uint8_t bin_number(const boost_feature *f, double x)
{
  if (isnan(x)) return (uint8_t)f->bins;
  uint32_t low = 0, high = f->bins - 1;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (x <= f->cut[middle])
      high = middle;
    else
      low = middle + 1;
  }
  return (uint8_t)low;
}

static dc_status code_rows(void *context, size_t first, size_t last)
{
  boost_data *d = context;
  for (size_t k = 0; k < d->n_features; k++) {
    const boost_feature *f = &d->feature[k];
    uint8_t *to = d->code + k;
    for (size_t i = first; i < last; i++) {
      if (f->cut) {
        to[i * d->stride] = bin_number(f, f->term->number[i]);
      } else {
        uint32_t code = dc_codes_at(&f->term->codes, i);
        to[i * d->stride] = code < f->term->codes.levels ? f->bin_of[code] : (uint8_t)f->bins;
      }
    }
  }
  return DC_OK;
}

dc_status boost_bin(const dc_task *task, boost_data *d, dc_error *error)
{
  const dc_design *design = task->design;
  *d = (boost_data){.task = task, .n = design->n_rows, .n_features = design->n_terms};
  d->stride = design->n_terms ? design->n_terms : 1;
  if (d->n >= UINT32_MAX) return dc_fail(error, DC_E_USAGE, "more than 2^32 - 2 rows");
  d->feature = dc_arena_alloc(task->arena, design->n_terms + 1, sizeof *d->feature);
  d->code = dc_arena_alloc(task->arena, d->n * d->stride + 64, 1);
  if (!d->feature || !d->code) return no_memory(error);
  dc_status status = DC_OK;
  for (size_t k = 0; k < design->n_terms && status == DC_OK; k++) {
    boost_feature *f = &d->feature[k];
    f->term = &design->terms[k];
    status = f->term->kind == DC_TERM_NUMBER ? cut_number(f, d->n, task->arena, error)
                                             : number_levels(f, d->n, task->arena, error);
  }
  if (status != DC_OK) return status;
  return dc_fold_each(d->n, BLOCK_ROWS, task->threads < 1 ? 1 : task->threads, d, code_rows, error);
}
