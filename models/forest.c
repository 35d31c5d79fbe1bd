#include "dealcast/model/forest.h"

#include <math.h>
#include <stdlib.h>

void dc_forest_free(dc_forest *forest)
{
  if (!forest) return;
  free(forest->root);
  free(forest->equation);
  free(forest->node);
  free(forest->bits);
  free(forest->base);
  free(forest);
}

static bool goes_left(const dc_forest *f, const dc_node *node, const dc_term *term, size_t row)
{
  if (term->kind == DC_TERM_NUMBER) {
    double x = term->number[row];
    return isnan(x) ? node->missing_left : x <= node->threshold;
  }
  uint32_t code = dc_codes_at(&term->codes, row);
  if (code >= term->codes.levels) return node->missing_left;
  return f->bits[node->set + code / 32] >> (code % 32) & 1;
}

const dc_node *dc_forest_leaf(const dc_forest *forest, size_t tree, const dc_design *design, size_t row)
{
  const dc_node *node = &forest->node[forest->root[tree]];
  while (node->term != DC_LEAF)
    node = &forest->node[goes_left(forest, node, &design->terms[node->term], row) ? node->left : node->right];
  return node;
}

void dc_forest_eta(const dc_forest *forest, const dc_design *design, size_t row, double *eta)
{
  for (size_t e = 0; e < forest->n_equations; e++) eta[e] = forest->base[e];
  for (size_t t = 0; t < forest->n_trees; t++)
    eta[forest->equation[t]] += dc_forest_leaf(forest, t, design, row)->value;
}
