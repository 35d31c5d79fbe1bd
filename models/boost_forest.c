/* Trees in terms of bins to trees in terms of what the bins are of. */
#include "models/boost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

dc_forest *boost_forest_new(size_t equations, const double *base)
{
  dc_forest *forest = calloc(1, sizeof *forest);
  if (!forest) return NULL;
  forest->n_equations = equations;
  forest->base = malloc((equations + 1) * sizeof *forest->base);
  if (forest->base) {
    memcpy(forest->base, base, equations * sizeof *base);
    return forest;
  }
  dc_forest_free(forest);
  return NULL;
}

/* Room for `more` items behind n, twice as many as there were. */
static bool reserve(void **items, size_t n, size_t more, size_t size)
{
  size_t room = 64;
  while (room < n) room *= 2;
  if (*items && n + more <= room) return true;
  while (room < n + more) room *= 2;
  void *grown = realloc(*items, room * size);
  if (grown) *items = grown;
  return grown != NULL;
}

static size_t words_of(const boost_feature *f) { return f->cut ? 0 : (f->term->codes.levels + 31u) / 32u; }

static void put_node(dc_forest *to, const boost_data *d, const boost_split *from, uint32_t root)
{
  dc_node *node = &to->node[to->n_nodes++];
  *node = (dc_node){.term = DC_LEAF, .value = from->value, .cover = from->cover};
  if (from->feature == DC_LEAF) return;
  const boost_feature *f = &d->feature[from->feature];
  node->term = from->feature;
  node->left = root + from->left;
  node->right = root + from->right;
  node->missing_left = from->missing_left;
  if (f->cut) {
    /* beyond the last cut all that has a value goes left */
    node->threshold = from->bin + 1 < f->bins ? f->cut[from->bin] : (double)INFINITY;
    return;
  }
  node->set = (uint32_t)to->n_bits;
  memset(to->bits + to->n_bits, 0, words_of(f) * sizeof *to->bits);
  for (uint32_t level = 0; level < f->term->codes.levels; level++) {
    uint8_t bin = f->bin_of[level];
    if (from->set[bin / 32] >> (bin % 32) & 1) to->bits[to->n_bits + level / 32] |= (uint32_t)1 << level % 32;
  }
  to->n_bits += words_of(f);
}

dc_status boost_plant(dc_forest *to, const boost_data *d, const boost_tree *tree, size_t equation, dc_error *error)
{
  size_t bits = 0;
  void *roots = to->root, *equations = to->equation, *nodes = to->node, *words = to->bits;
  for (size_t k = 0; k < tree->n; k++)
    if (tree->node[k].feature != DC_LEAF) bits += words_of(&d->feature[tree->node[k].feature]);
  bool room = reserve(&roots, to->n_trees, 1, sizeof *to->root);
  to->root = roots;
  room = reserve(&equations, to->n_trees, 1, sizeof *to->equation) && room;
  to->equation = equations;
  room = reserve(&nodes, to->n_nodes, tree->n, sizeof *to->node) && room;
  to->node = nodes;
  room = reserve(&words, to->n_bits, bits + 1, sizeof *to->bits) && room;
  to->bits = words;
  if (!room) return dc_fail_memory(error, "boosting");
  if (to->n_nodes + tree->n >= UINT32_MAX || to->n_bits + bits >= UINT32_MAX)
    return dc_fail(error, DC_E_USAGE, "the trees have more than 2^32 - 2 nodes; take fewer");
  uint32_t root = (uint32_t)to->n_nodes;
  to->root[to->n_trees] = root;
  to->equation[to->n_trees++] = (uint32_t)equation;
  for (size_t k = 0; k < tree->n; k++) put_node(to, d, &tree->node[k], root);
  return DC_OK;
}
