#include "models/boost_split.h"

#include <stdlib.h>
#include <string.h>

typedef struct finding {
  const boost_rules *rules;
  boost_sum all;
  boost_scale unit;
  double none; /* gain of no split */
  boost_split *best;
} finding;

static double score(double g, double h, double l2) { return h + l2 > 0 ? g * g / (h + l2) : 0; }

double boost_value(const boost_rules *rules, boost_sum sum, boost_scale scale)
{
  double h = (double)sum.h * scale.h + rules->l2;
  return h > 0 ? -(double)sum.g * scale.g / h : 0;
}

/* Is left against the rest better than what was found? */
static bool improves(const finding *f, boost_sum left, double l2, double *gain)
{
  double gl = (double)left.g * f->unit.g, hl = (double)left.h * f->unit.h;
  double gr = (double)(f->all.g - left.g) * f->unit.g, hr = (double)(f->all.h - left.h) * f->unit.h;
  if (hl < f->rules->least_curvature || hr < f->rules->least_curvature) return false;
  *gain = score(gl, hl, l2) + score(gr, hr, l2) - f->none;
  return *gain > f->best->gain;
}

static void try_number(finding *f, uint32_t feature, uint32_t bins, const boost_sum *bin)
{
  const boost_sum missing = bin[bins];
  boost_sum left = {0, 0};
  double gain;
  for (uint32_t b = 0; b < bins; b++) {
    left.g += bin[b].g;
    left.h += bin[b].h;
    bool last = b + 1 == bins; /* then only what is missing goes right */
    if (bin[b].h == 0 && bin[b].g == 0 && !last) continue;
    if (!last || missing.h || missing.g) {
      if (improves(f, left, f->rules->l2, &gain))
        *f->best = (boost_split){.feature = feature, .bin = b, .gain = gain, .missing_left = false};
    }
    boost_sum with = {left.g + missing.g, left.h + missing.h};
    if (!last && (missing.h || missing.g) && improves(f, with, f->rules->l2, &gain))
      *f->best = (boost_split){.feature = feature, .bin = b, .gain = gain, .missing_left = true};
  }
}

typedef struct ranked {
  double mean;
  uint32_t bin;
} ranked;

static int by_mean(const void *a, const void *b)
{
  const ranked *x = a, *y = b;
  if (x->mean != y->mean) return x->mean < y->mean ? -1 : 1;
  return (x->bin > y->bin) - (x->bin < y->bin);
}

/* Levels in order of their mean gradient, shrunk; a first part of them goes left. What is missing is a level. */
static void try_levels(finding *f, uint32_t feature, uint32_t bins, const boost_sum *bin)
{
  ranked order[BOOST_BINS];
  size_t n = 0;
  double l2 = f->rules->l2 + f->rules->level_l2, gain;
  for (uint32_t b = 0; b <= bins; b++) {
    if (bin[b].h == 0 && bin[b].g == 0) continue;
    double h = (double)bin[b].h * f->unit.h;
    order[n++] = (ranked){(double)bin[b].g * f->unit.g / (h + f->rules->level_l2 + 1e-300), b};
  }
  if (n < 2) return;
  qsort(order, n, sizeof *order, by_mean);
  boost_sum left = {0, 0};
  for (size_t k = 0; k + 1 < n; k++) {
    left.g += bin[order[k].bin].g;
    left.h += bin[order[k].bin].h;
    if (!improves(f, left, l2, &gain)) continue;
    *f->best = (boost_split){.feature = feature, .gain = gain};
    for (size_t j = 0; j <= k; j++) f->best->set[order[j].bin / 32] |= (uint32_t)1 << order[j].bin % 32;
    f->best->missing_left = f->best->set[bins / 32] >> (bins % 32) & 1;
  }
}

void boost_find_split(const boost_data *data, const boost_rules *rules, const bool *used, const boost_sum *histogram,
                      boost_sum all, boost_scale scale, boost_split *split)
{
  finding f = {.rules = rules, .all = all, .unit = scale, .best = split};
  f.none = score((double)all.g * scale.g, (double)all.h * scale.h, rules->l2);
  *split = (boost_split){.feature = DC_LEAF, .gain = rules->least_gain};
  for (size_t k = 0; k < data->n_features; k++) {
    const boost_feature *feature = &data->feature[k];
    if (!used[k]) continue;
    if (feature->cut)
      try_number(&f, (uint32_t)k, feature->bins, histogram + k * BOOST_BINS);
    else
      try_levels(&f, (uint32_t)k, feature->bins, histogram + k * BOOST_BINS);
  }
}
