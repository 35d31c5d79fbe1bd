/* Losses, their gradients and curvatures, as whole numbers. */
#include "models/boost.h"
#include "models/lanes.h"

#include "engine/base/fold.h"

#include <float.h>
#include <stdlib.h>

enum { BLOCK_ROWS = 1 << 13, MOST_EQUATIONS = 64 };

/* 2^30: sums of 2^33 rows stay below 2^63. */
static const double MOST = 1073741824.0;

typedef struct losing {
  const boost_target *t;
  const double *eta;
  const uint8_t *marked;
  size_t equation;
  boost_scale scale;
  boost_pair *pair;
} losing;

static double weight_of(const boost_target *t, size_t i)
{
  return (t->weight ? t->weight[i] : 1) * (t->trials ? t->trials[i] : 1);
}

/* Share of successes, or the number. */
static double response_of(const boost_target *t, size_t i)
{
  if (!t->trials) return t->y[i];
  return t->trials[i] > 0 ? t->y[i] / t->trials[i] : 0;
}

static double offset_of(const boost_target *t, size_t i) { return t->offset ? t->offset[i] : 0; }

/* e^-|eta| over 1 + it: the smaller chance of the two; the larger one. */
static void chances(double eta, double *less, double *more)
{
  double e = dc_exp(-fmin(fabs(eta), 700));
  *more = 1 / (1 + e);
  *less = e * *more;
}

/* Chance of equation e, and 1 - it, of rows of categories. */
static void chance_of(const double *eta, double offset, size_t n, size_t e, double *p, double *rest)
{
  double top = 0, all, own, others;
  for (size_t k = 0; k < n; k++) top = fmax(top, eta[k] + offset);
  others = all = dc_exp(fmax(-top, -700));
  own = 0;
  for (size_t k = 0; k < n; k++) {
    double v = dc_exp(fmax(eta[k] + offset - top, -700));
    all += v;
    if (k == e)
      own = v;
    else
      others += v;
  }
  *p = own / all;
  *rest = others / all;
}

static void derive(const losing *l, size_t i, double *g, double *h)
{
  const boost_target *t = l->t;
  double w = weight_of(t, i);
  if (t->loss == BOOST_SOFTMAX) {
    double p, rest;
    chance_of(l->eta + i * t->equations, offset_of(t, i), t->equations, l->equation, &p, &rest);
    *g = w * (t->kind[i] == (int32_t)l->equation ? -rest : p);
    *h = w * p * rest;
    return;
  }
  double eta = l->eta[i] + offset_of(t, i), y = response_of(t, i);
  if (t->loss == BOOST_LOGISTIC) {
    double less, more;
    chances(eta, &less, &more);
    double p = eta < 0 ? less : more, q = eta < 0 ? more : less;
    *g = w * ((1 - y) * p - y * q);
    *h = w * p * q;
  } else if (t->loss == BOOST_SQUARED) {
    *g = w * (eta - y);
    *h = w;
  } else {
    *g = w * (y > eta ? -t->quantile : 1 - t->quantile);
    *h = w;
  }
}

static dc_status quantise(void *context, size_t first, size_t last)
{
  const losing *l = context;
  for (size_t i = first; i < last; i++) {
    double g, h;
    derive(l, i, &g, &h);
    l->pair[i] = (boost_pair){(int32_t)rint(g / l->scale.g), (int32_t)rint(h / l->scale.h)};
  }
  return DC_OK;
}

typedef struct largest {
  double g, h;
} largest;

static dc_status find_largest(void *context, size_t first, size_t last, void *partial)
{
  const losing *l = context;
  largest *most = partial;
  for (size_t i = first; i < last; i++) {
    double g, h;
    derive(l, i, &g, &h);
    most->g = fmax(most->g, fabs(g));
    most->h = fmax(most->h, h);
  }
  return DC_OK;
}

static void merge_largest(void *context, void *into, const void *from)
{
  (void)context;
  largest *a = into;
  const largest *b = from;
  a->g = fmax(a->g, b->g);
  a->h = fmax(a->h, b->h);
}

/* The power of 2 that makes the largest value at most MOST. */
static double unit_for(double most)
{
  int power = 0;
  if (!(most > 0)) return 1;
  frexp(most / MOST, &power);
  return ldexp(1, power < -1000 ? -1000 : power);
}

dc_status boost_gradients(const boost_data *d, const boost_target *t, const double *eta, size_t equation,
                          boost_pair *pair, boost_scale *scale, dc_error *error)
{
  losing l = {.t = t, .eta = eta, .equation = equation, .pair = pair};
  largest most = {0, 0};
  if (t->loss == BOOST_SQUARED || t->weight || t->trials) {
    dc_status status = dc_task_fold(d->task, d->n, BLOCK_ROWS, sizeof most, find_largest, merge_largest, &l, &most,
                                    error);
    if (status != DC_OK) return status;
  } else {
    most = (largest){1, t->loss == BOOST_QUANTILE ? 1 : 0.25};
  }
  *scale = l.scale = (boost_scale){unit_for(most.g), unit_for(most.h)};
  return dc_fold_each(d->n, BLOCK_ROWS, d->task->threads < 1 ? 1 : d->task->threads, &l, quantise, error);
}

/* ---- losses ---- */

static double loss_of(const losing *l, size_t i)
{
  const boost_target *t = l->t;
  if (t->loss == BOOST_SOFTMAX) {
    double p, rest, sum = 0;
    const double *eta = l->eta + i * t->equations;
    if (t->kind[i] >= 0) {
      chance_of(eta, offset_of(t, i), t->equations, (size_t)t->kind[i], &p, &rest);
      return -dc_log(fmax(p, DBL_MIN));
    }
    for (size_t e = 0; e < t->equations; e++) {
      chance_of(eta, offset_of(t, i), t->equations, e, &p, &rest);
      sum += p;
    }
    return -dc_log(fmax(1 - sum, 1e-16));
  }
  double eta = l->eta[i] + offset_of(t, i), y = response_of(t, i);
  switch (t->loss) {
    case BOOST_LOGISTIC: return dc_log1p(dc_exp(-fmin(fabs(eta), 700))) + (eta > 0 ? (1 - y) * eta : -y * eta);
    case BOOST_SQUARED: return (eta - y) * (eta - y);
    default: return y > eta ? t->quantile * (y - eta) : (1 - t->quantile) * (eta - y);
  }
}

static dc_status add_losses(void *context, size_t first, size_t last, void *partial)
{
  const losing *l = context;
  double *sum = partial;
  for (size_t i = first; i < last; i++) {
    if (l->marked && !l->marked[i]) continue;
    double w = weight_of(l->t, i);
    if (!(w > 0)) continue;
    sum[0] += w * loss_of(l, i);
    sum[1] += w;
  }
  return DC_OK;
}

static void merge_losses(void *context, void *into, const void *from)
{
  (void)context;
  double *a = into;
  const double *b = from;
  a[0] += b[0];
  a[1] += b[1];
}

dc_status boost_loss_of(const boost_data *d, const boost_target *t, const double *eta, const uint8_t *marked,
                        double *loss, double *weight, dc_error *error)
{
  losing l = {.t = t, .eta = eta, .marked = marked};
  double sum[2];
  dc_status status = dc_task_fold(d->task, d->n, BLOCK_ROWS, sizeof sum, add_losses, merge_losses, &l, sum, error);
  *loss = sum[0];
  *weight = sum[1];
  return status;
}

/* ---- the best constants ---- */

typedef struct weighed {
  double y, w;
} weighed;

static int ascending(const void *a, const void *b)
{
  const weighed *x = a, *y = b;
  return (x->y > y->y) - (x->y < y->y);
}

static dc_status quantile_of(const boost_data *d, const boost_target *t, double *quantile, dc_error *error)
{
  weighed *rows = malloc((d->n + 1) * sizeof *rows);
  double all = 0, sum = 0;
  if (!rows) return dc_fail_memory(error, "boosting");
  for (size_t i = 0; i < d->n; i++) {
    rows[i] = (weighed){t->y[i] - offset_of(t, i), weight_of(t, i)};
    all += rows[i].w;
  }
  qsort(rows, d->n, sizeof *rows, ascending);
  for (size_t i = 0; i < d->n; i++) {
    sum += rows[i].w;
    *quantile = rows[i].y;
    if (sum >= t->quantile * all) break;
  }
  free(rows);
  return DC_OK;
}

dc_status boost_base(const boost_data *d, const boost_target *t, double *base, dc_error *error)
{
  double all = 0, sum[MOST_EQUATIONS + 1] = {0};
  if (t->loss == BOOST_QUANTILE) return quantile_of(d, t, base, error);
  for (size_t i = 0; i < d->n; i++) {
    double w = weight_of(t, i);
    all += w;
    if (t->loss == BOOST_SOFTMAX)
      sum[t->kind[i] < 0 ? t->equations : (size_t)t->kind[i]] += w;
    else
      sum[0] += w * (response_of(t, i) - (t->loss == BOOST_SQUARED ? offset_of(t, i) : 0));
  }
  if (t->loss == BOOST_SQUARED) {
    base[0] = sum[0] / all;
  } else if (t->loss == BOOST_LOGISTIC) {
    base[0] = dc_log((sum[0] + 0.5) / (all - sum[0] + 0.5));
  } else {
    for (size_t e = 0; e < t->equations; e++) base[e] = dc_log((sum[e] + 0.5) / (sum[t->equations] + 0.5));
  }
  return DC_OK;
}
