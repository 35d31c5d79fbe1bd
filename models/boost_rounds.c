/* Rounds of trees, how many of them, and of how many leaves. */
#include "models/boost.h"

#include "engine/base/arena.h"
#include "engine/base/fold.h"
#include "engine/base/random.h"
#include "models/folds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_ROWS = 1 << 13, MANY_ROWS = 50000, PATIENCE = 30 };

/* Boosting of those rows that are not held out. */
typedef struct course {
  const boost_data *data;
  const boost_target *target;
  const boost_plan *plan;
  boost_rules rules;
  boost_grower *grower;
  size_t n;
  uint32_t *order, *rows; /* n: in order; as the tree at hand has them */
  uint8_t *held;          /* of all rows; NULL = none is */
  double *eta, *residual; /* of all rows, equations of each */
  boost_pair *pair;
  boost_tree *tree;
} course;

static dc_status no_memory(dc_error *error) { return dc_fail_memory(error, "boosting"); }

static dc_status begin(course *c, const double *base, dc_error *error)
{
  struct dc_arena *arena = c->data->task->arena;
  size_t n = c->data->n, e = c->target->equations;
  c->grower = boost_grower_new(c->data, c->rules.leaves);
  c->order = dc_arena_alloc(arena, n + 1, sizeof *c->order);
  c->rows = dc_arena_alloc(arena, n + 1, sizeof *c->rows);
  c->eta = dc_arena_alloc(arena, n * e + 1, sizeof *c->eta);
  c->pair = dc_arena_alloc(arena, n + 1, sizeof *c->pair);
  c->tree = dc_arena_alloc(arena, 1, sizeof *c->tree);
  c->residual = dc_arena_alloc(arena, c->target->loss == BOOST_QUANTILE ? n + 1 : 1, sizeof *c->residual);
  if (!c->grower || !c->order || !c->rows || !c->eta || !c->pair || !c->tree || !c->residual) return no_memory(error);
  for (size_t i = 0; i < n; i++) {
    double w = c->target->weight ? c->target->weight[i] : 1;
    if (w > 0 && !(c->held && c->held[i])) c->order[c->n++] = (uint32_t)i;
    for (size_t k = 0; k < e; k++) c->eta[i * e + k] = base[k];
  }
  return DC_OK;
}

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Leaves of a quantile: that of what is left in each. */
static void set_quantiles(course *c)
{
  const boost_target *t = c->target;
  for (size_t k = 0; k < c->tree->n; k++) {
    size_t first, n = boost_rows_of(c->grower, k, &first);
    if (c->tree->node[k].feature != DC_LEAF || !n) continue;
    for (size_t i = 0; i < n; i++) {
      size_t row = c->rows[first + i];
      c->residual[i] = t->y[row] - c->eta[row] - (t->offset ? t->offset[row] : 0);
    }
    qsort(c->residual, n, sizeof *c->residual, ascending);
    size_t at = (size_t)(t->quantile * (double)n);
    c->tree->node[k].value = c->residual[at < n ? at : n - 1];
  }
}

typedef struct adding {
  const course *c;
  size_t equation;
} adding;

static dc_status add_held(void *context, size_t first, size_t last)
{
  const adding *a = context;
  const course *c = a->c;
  for (size_t i = first; i < last; i++)
    if (c->held[i]) c->eta[i * c->target->equations + a->equation] += boost_leaf(c->data, c->tree, i)->value;
  return DC_OK;
}

/* One tree of one equation, into the linear predictors. */
static dc_status grow(course *c, size_t round, size_t equation, dc_error *error)
{
  const boost_data *d = c->data;
  boost_scale scale;
  size_t e = c->target->equations;
  dc_status status = boost_gradients(d, c->target, c->eta, equation, c->pair, &scale, error);
  memcpy(c->rows, c->order, c->n * sizeof *c->rows);
  if (status == DC_OK)
    status = boost_grow(c->grower, &c->rules, round * e + equation, c->rows, c->n, c->pair, scale, c->tree, error);
  if (status != DC_OK) return status;
  if (c->target->loss == BOOST_QUANTILE) set_quantiles(c);
  for (size_t k = 0; k < c->tree->n; k++) c->tree->node[k].value *= c->plan->rate;
  boost_add_grown(c->grower, c->tree, c->rows, c->eta + equation, e);
  if (!c->held) return DC_OK;
  adding a = {c, equation};
  return dc_fold_each(d->n, BLOCK_ROWS, d->task->threads < 1 ? 1 : d->task->threads, &a, add_held, error);
}

/* ---- how many ---- */

typedef struct search {
  const boost_data *data;
  const boost_target *target;
  const boost_plan *plan;
  size_t folds;
  uint8_t **held; /* of each fold */
  const double *base;
} search;

/* Rows are dealt by what is in them; in time, a fold's held-out rows are a stretch of the later half. Of many rows one fold is
 * enough. */
static dc_status deal(search *s, dc_error *error)
{
  const dc_task *task = s->data->task;
  size_t n = s->data->n, count = s->plan->folds;
  uint32_t *fold = dc_arena_alloc(task->arena, n + 1, sizeof *fold);
  s->folds = n >= MANY_ROWS ? 1 : count;
  s->held = dc_arena_alloc(task->arena, count + 1, sizeof *s->held);
  if (!fold || !s->held) return no_memory(error);
  dc_status status = s->plan->in_time ? DC_OK : dc_folds_deal(task, count, fold, error);
  for (size_t i = 0; i < n && s->plan->in_time; i++) fold[i] = i < n - n / count ? 1 : 0;
  if (s->plan->in_time) s->folds = 1;
  for (size_t k = 0; k < s->folds && status == DC_OK; k++) {
    s->held[k] = dc_arena_alloc(task->arena, n + 1, 1);
    if (!s->held[k]) return no_memory(error);
    for (size_t i = 0; i < n; i++) s->held[k][i] = fold[i] == k;
  }
  return status;
}

/* Loss a unit of weight held out, after each round until it does not get better any more. */
static dc_status follow(const search *s, size_t leaves, size_t *rounds, double *least, bool *ended, dc_error *error)
{
  struct dc_arena *arena = dc_arena_new();
  dc_task task = *s->data->task;
  boost_data data = *s->data;
  course *courses = calloc(s->folds, sizeof *courses);
  dc_status status = arena && courses ? DC_OK : no_memory(error);
  task.arena = arena;
  data.task = &task;
  for (size_t k = 0; k < s->folds && status == DC_OK; k++) {
    courses[k] = (course){.data = &data, .target = s->target, .plan = s->plan, .rules = s->plan->rules};
    courses[k].rules.leaves = leaves;
    courses[k].held = s->held[k];
    status = begin(&courses[k], s->base, error);
  }
  *least = INFINITY;
  *rounds = 0;
  *ended = false;
  for (size_t r = 0; r <= s->plan->trees && status == DC_OK && !*ended; r++) {
    double loss = 0, weight = 0;
    for (size_t k = 0; k < s->folds && status == DC_OK; k++) {
      double one, w;
      for (size_t e = 0; e < s->target->equations && r && status == DC_OK; e++)
        status = grow(&courses[k], r - 1, e, error);
      if (status == DC_OK) status = boost_loss_of(&data, s->target, courses[k].eta, s->held[k], &one, &w, error);
      if (status == DC_OK) loss += one, weight += w;
    }
    if (loss / weight < *least) *least = loss / weight, *rounds = r;
    *ended = r > *rounds + PATIENCE + *rounds / 5;
  }
  free(courses);
  dc_arena_free(arena);
  return status;
}

/* More leaves while that helps. */
static dc_status choose(const search *s, boost_outcome *out, dc_error *error)
{
  size_t leaves = s->plan->leaves ? s->plan->leaves : 4;
  out->held_out = INFINITY;
  for (size_t worse = 0; leaves <= BOOST_MOST_LEAVES / 4 && worse < 2; leaves *= 2) {
    size_t rounds;
    double loss;
    bool ended;
    dc_status status = follow(s, leaves, &rounds, &loss, &ended, error);
    if (status != DC_OK) return status;
    if (loss < out->held_out) {
      *out = (boost_outcome){.rounds = rounds, .leaves = leaves, .held_out = loss, .ended = ended};
      worse = 0;
    } else {
      worse++;
    }
    if (s->plan->leaves) break;
  }
  return DC_OK;
}

/* ---- all rows ---- */

static dc_status plant_all(course *c, boost_outcome *out, dc_error *error)
{
  size_t e = c->target->equations;
  dc_status status = DC_OK;
  for (size_t r = 0; r < out->rounds && status == DC_OK; r++)
    for (size_t k = 0; k < e && status == DC_OK; k++) {
      status = grow(c, r, k, error);
      if (status == DC_OK) status = boost_plant(out->forest, c->data, c->tree, k, error);
      for (size_t j = 0; j < c->tree->n && status == DC_OK; j++)
        if (c->tree->node[j].feature != DC_LEAF) out->gain[c->tree->node[j].feature] += c->tree->node[j].gain;
    }
  double weight;
  return status == DC_OK ? boost_loss_of(c->data, c->target, c->eta, NULL, &out->loss, &weight, error) : status;
}

dc_status boost_run(const boost_data *d, const boost_target *target, const boost_plan *plan, boost_outcome *out,
                    dc_error *error)
{
  struct dc_arena *arena = d->task->arena;
  double *base = dc_arena_alloc(arena, target->equations + 1, sizeof *base);
  if (!base) return no_memory(error);
  search s = {.data = d, .target = target, .plan = plan, .base = base};
  *out = (boost_outcome){.rounds = plan->trees, .leaves = plan->leaves, .held_out = NAN, .ended = true};
  dc_status status = boost_base(d, target, base, error);
  if (status == DC_OK && plan->folds >= 2 && d->n >= 2 * plan->folds && d->n_features) {
    status = deal(&s, error);
    if (status == DC_OK) status = choose(&s, out, error);
  }
  if (status != DC_OK) return status;
  course c = {.data = d, .target = target, .plan = plan, .rules = plan->rules};
  if (!out->leaves) out->leaves = 16;
  c.rules.leaves = out->leaves;
  out->gain = dc_arena_alloc(arena, d->n_features + 1, sizeof *out->gain);
  out->forest = boost_forest_new(target->equations, base);
  if (!out->gain || !out->forest) return no_memory(error);
  status = begin(&c, base, error);
  return status == DC_OK ? plant_all(&c, out, error) : status;
}
