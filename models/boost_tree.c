/* One tree: the leaf that gains most is split, until there are enough. */
#include "models/boost_split.h"

#include "engine/base/arena.h"
#include "engine/base/fold.h"
#include "engine/base/random.h"

#include <string.h>

enum { BLOCK_ROWS = 1 << 14, MANY_ROWS = 1 << 15, AHEAD = 16 };

/* A node while the tree grows: its rows, sums, histogram and best split. */
typedef struct growing {
  size_t first, count;
  boost_sum all;
  boost_sum *histogram; /* NULL: it is not to be split */
  boost_split split;
} growing;

struct boost_grower {
  const boost_data *data;
  size_t leaves, cells; /* cells: of a histogram */
  boost_sum *histograms;
  growing *node;
  bool *used;
  uint32_t *feature; /* those that are used */
  size_t n_used;
  uint32_t *spare;
  uint8_t *left;
  size_t *lefts; /* of blocks */
  /* of the tree at hand */
  uint32_t *rows;
  const boost_pair *pair;
  size_t first;
  const boost_split *split;
};

boost_grower *boost_grower_new(const boost_data *d, size_t leaves)
{
  struct dc_arena *arena = d->task->arena;
  boost_grower *g = dc_arena_alloc(arena, 1, sizeof *g);
  if (!g) return NULL;
  *g = (boost_grower){.data = d, .leaves = leaves, .cells = d->n_features * BOOST_BINS};
  g->histograms = dc_arena_alloc(arena, (leaves + 1) * g->cells + 1, sizeof *g->histograms);
  g->node = dc_arena_alloc(arena, 2 * leaves + 1, sizeof *g->node);
  g->used = dc_arena_alloc(arena, d->n_features + 1, sizeof *g->used);
  g->feature = dc_arena_alloc(arena, d->n_features + 1, sizeof *g->feature);
  g->spare = dc_arena_alloc(arena, d->n + 1, sizeof *g->spare);
  g->left = dc_arena_alloc(arena, d->n + 1, 1);
  g->lefts = dc_arena_alloc(arena, d->n / BLOCK_ROWS + 2, sizeof *g->lefts);
  return g->histograms && g->node && g->used && g->feature && g->spare && g->left && g->lefts ? g : NULL;
}

/* ---- histograms ---- */

typedef int64_t lanes2 __attribute__((vector_size(16), may_alias));

static void add_rows(const boost_grower *g, const uint32_t *rows, size_t n, boost_sum *histogram)
{
  const uint8_t *code = g->data->code;
  const size_t stride = g->data->stride, used = g->n_used;
  for (size_t i = 0; i < n; i++) {
    if (i + AHEAD < n) {
      __builtin_prefetch(code + rows[i + AHEAD] * stride);
      __builtin_prefetch(g->pair + rows[i + AHEAD]);
    }
    const boost_pair p = g->pair[rows[i]];
    const lanes2 add = {p.g, p.h};
    const uint8_t *c = code + rows[i] * stride;
    for (size_t k = 0; k < used; k++) {
      uint32_t f = g->feature[k];
      *(lanes2 *)&histogram[f * BOOST_BINS + c[f]] += add;
    }
  }
}

static dc_status add_block(void *context, size_t first, size_t last, void *partial)
{
  const boost_grower *g = context;
  add_rows(g, g->rows + g->first + first, last - first, partial);
  return DC_OK;
}

static void merge_histograms(void *context, void *into, const void *from)
{
  const boost_grower *g = context;
  boost_sum *a = into;
  const boost_sum *b = from;
  for (size_t k = 0; k < g->cells; k++) a[k].g += b[k].g, a[k].h += b[k].h;
}

static dc_status make_histogram(boost_grower *g, const growing *node, boost_sum *histogram, dc_error *error)
{
  g->first = node->first;
  if (node->count >= MANY_ROWS && g->data->task->threads > 1)
    return dc_task_fold(g->data->task, node->count, BLOCK_ROWS, g->cells * sizeof *histogram, add_block,
                        merge_histograms, g, histogram, error);
  memset(histogram, 0, g->cells * sizeof *histogram);
  add_rows(g, g->rows + node->first, node->count, histogram);
  return DC_OK;
}

static boost_sum sum_of(const boost_grower *g, const boost_sum *histogram)
{
  boost_sum all = {0, 0};
  const boost_sum *bin = histogram + g->feature[0] * BOOST_BINS;
  for (size_t b = 0; b < BOOST_BINS; b++) all.g += bin[b].g, all.h += bin[b].h;
  return all;
}

/* ---- rows ---- */

static bool goes_left(const boost_feature *f, const boost_split *s, uint8_t bin)
{
  if (bin == f->bins) return s->missing_left;
  return f->cut ? bin <= s->bin : s->set[bin / 32] >> (bin % 32) & 1;
}

static boost_sum sum_left(const boost_grower *g, const growing *node)
{
  const boost_split *s = &node->split;
  const boost_feature *f = &g->data->feature[s->feature];
  const boost_sum *bin = node->histogram + s->feature * BOOST_BINS;
  boost_sum sum = {0, 0};
  for (uint32_t b = 0; b <= f->bins; b++)
    if (goes_left(f, s, (uint8_t)b)) sum.g += bin[b].g, sum.h += bin[b].h;
  return sum;
}

static dc_status mark_rows(void *context, size_t first, size_t last)
{
  boost_grower *g = context;
  const boost_feature *f = &g->data->feature[g->split->feature];
  const uint8_t *code = g->data->code + g->split->feature;
  const uint32_t *rows = g->rows + g->first;
  uint8_t way[BOOST_BINS];
  size_t lefts = 0;
  for (size_t b = 0; b < BOOST_BINS; b++) way[b] = goes_left(f, g->split, (uint8_t)b);
  for (size_t i = first; i < last; i++) {
    if (i + AHEAD < last) __builtin_prefetch(code + rows[i + AHEAD] * g->data->stride);
    lefts += g->left[i] = way[code[rows[i] * g->data->stride]];
  }
  g->lefts[first / BLOCK_ROWS] = lefts;
  return DC_OK;
}

/* lefts: where each block's rows that go left begin; what goes right lies behind all of them, in its order. */
static dc_status move_rows(void *context, size_t first, size_t last)
{
  boost_grower *g = context;
  const uint32_t *rows = g->rows + g->first;
  size_t all = g->lefts[g->data->n / BLOCK_ROWS + 1], left = g->lefts[first / BLOCK_ROWS], right = all + first - left;
  for (size_t i = first; i < last; i++) {
    uint32_t *to = g->left[i] ? &g->spare[left] : &g->spare[right];
    *to = rows[i];
    left += g->left[i];
    right += !g->left[i];
  }
  return DC_OK;
}

/* Rows of a node: those that go left, then the others; *count of the former. */
static dc_status part_rows(boost_grower *g, const growing *node, size_t *count, dc_error *error)
{
  int threads = node->count >= MANY_ROWS && g->data->task->threads > 1 ? g->data->task->threads : 1;
  size_t blocks = (node->count + BLOCK_ROWS - 1) / BLOCK_ROWS, sum = 0;
  g->first = node->first;
  g->split = &node->split;
  dc_status status = dc_fold_each(node->count, BLOCK_ROWS, threads, g, mark_rows, error);
  if (status != DC_OK) return status;
  for (size_t b = 0; b < blocks; b++) {
    size_t here = g->lefts[b];
    g->lefts[b] = sum;
    sum += here;
  }
  g->lefts[g->data->n / BLOCK_ROWS + 1] = *count = sum;
  status = dc_fold_each(node->count, BLOCK_ROWS, threads, g, move_rows, error);
  memcpy(g->rows + node->first, g->spare, node->count * sizeof *g->rows);
  return status;
}

/* ---- growing ---- */

static void find(boost_grower *g, const boost_rules *rules, boost_scale scale, growing *node)
{
  boost_find_split(g->data, rules, g->used, node->histogram, node->all, scale, &node->split);
}

/* The columns of a tree, drawn by number. */
static void draw_columns(boost_grower *g, const boost_rules *rules, uint64_t number)
{
  size_t n = g->data->n_features, wanted = (size_t)((double)n * rules->column_share + 0.999), left = n;
  g->n_used = 0;
  for (size_t k = 0; k < n; k++, left--) {
    g->used[k] = dc_random_uniform(rules->seed, number, k) * (double)left < (double)wanted;
    if (!g->used[k]) continue;
    wanted--;
    g->feature[g->n_used++] = (uint32_t)k;
  }
}

static size_t best_leaf(const boost_grower *g, const boost_tree *tree)
{
  size_t best = SIZE_MAX;
  for (size_t k = 0; k < tree->n; k++) {
    const growing *node = &g->node[k];
    if (tree->node[k].feature != DC_LEAF || !node->histogram || node->split.feature == DC_LEAF) continue;
    if (best == SIZE_MAX || node->split.gain > g->node[best].split.gain) best = k;
  }
  return best;
}

/* Splits a leaf; its children are looked at where they may be split, too. */
static dc_status split_leaf(boost_grower *g, const boost_rules *rules, boost_scale scale, boost_tree *tree, size_t at,
                            boost_sum *room, dc_error *error)
{
  growing *node = &g->node[at], *child[2] = {&g->node[tree->n], &g->node[tree->n + 1]};
  size_t count;
  dc_status status = part_rows(g, node, &count, error);
  if (status != DC_OK) return status;
  boost_sum left = sum_left(g, node);
  *child[0] = (growing){.first = node->first, .count = count, .all = left};
  *child[1] = (growing){
      .first = node->first + count, .count = node->count - count, .all = {node->all.g - left.g, node->all.h - left.h}};
  tree->node[at] = node->split;
  tree->node[at].cover = (double)node->count;
  tree->node[at].left = (uint32_t)tree->n;
  tree->node[at].right = (uint32_t)tree->n + 1;
  const boost_sum missing =
      node->histogram[node->split.feature * BOOST_BINS + g->data->feature[node->split.feature].bins];
  if (!missing.g && !missing.h) tree->node[at].missing_left = child[0]->count >= child[1]->count;
  for (int k = 0; k < 2; k++)
    tree->node[tree->n + (size_t)k] = (boost_split){
        .feature = DC_LEAF, .value = boost_value(rules, child[k]->all, scale), .cover = (double)child[k]->count};
  tree->n += 2;
  if (!room) return DC_OK;
  int small = child[1]->count < child[0]->count;
  child[small]->histogram = room;
  child[!small]->histogram = node->histogram;
  status = make_histogram(g, child[small], room, error);
  if (status != DC_OK) return status;
  for (size_t k = 0; k < g->cells; k++) {
    node->histogram[k].g -= room[k].g;
    node->histogram[k].h -= room[k].h;
  }
  node->histogram = NULL;
  for (int k = 0; k < 2; k++) find(g, rules, scale, child[k]);
  return DC_OK;
}

dc_status boost_grow(boost_grower *g, const boost_rules *rules, uint64_t number, uint32_t *rows, size_t n,
                     const boost_pair *pair, boost_scale scale, boost_tree *tree, dc_error *error)
{
  g->rows = rows;
  g->pair = pair;
  draw_columns(g, rules, number);
  tree->n = 1;
  tree->node[0] = (boost_split){.feature = DC_LEAF, .cover = (double)n};
  growing *root = &g->node[0];
  *root = (growing){.count = n};
  if (!g->n_used) return DC_OK;
  dc_status status = make_histogram(g, root, g->histograms, error);
  if (status != DC_OK) return status;
  root->histogram = g->histograms;
  root->all = sum_of(g, root->histogram);
  tree->node[0].value = boost_value(rules, root->all, scale);
  find(g, rules, scale, root);
  for (size_t leaves = 1; leaves < rules->leaves; leaves++) {
    size_t at = best_leaf(g, tree);
    if (at == SIZE_MAX) break;
    boost_sum *room = leaves + 1 < rules->leaves ? g->histograms + leaves * g->cells : NULL;
    status = split_leaf(g, rules, scale, tree, at, room, error);
    if (status != DC_OK) return status;
  }
  return DC_OK;
}

size_t boost_rows_of(const boost_grower *g, size_t leaf, size_t *first)
{
  *first = g->node[leaf].first;
  return g->node[leaf].count;
}

void boost_add_grown(const boost_grower *g, const boost_tree *tree, const uint32_t *rows, double *eta, size_t stride)
{
  for (size_t k = 0; k < tree->n; k++) {
    if (tree->node[k].feature != DC_LEAF) continue;
    const growing *node = &g->node[k];
    for (size_t i = node->first; i < node->first + node->count; i++) eta[rows[i] * stride] += tree->node[k].value;
  }
}

const boost_split *boost_leaf(const boost_data *d, const boost_tree *tree, size_t row)
{
  const uint8_t *code = d->code + row * d->stride;
  const boost_split *s = &tree->node[0];
  while (s->feature != DC_LEAF)
    s = &tree->node[goes_left(&d->feature[s->feature], s, code[s->feature]) ? s->left : s->right];
  return s;
}
