/* Trees out of a model file: arrays over their nodes. */
#include "engine/run/model_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_NODES = 1 << 26 };

typedef struct nodes {
  double *term, *left, *right, *missing, *threshold, *set, *value, *cover;
} nodes;

static bool is_whole(double x, double below) { return x >= 0 && x < below && x == floor(x); }

static dc_status count_of(dc_model_reader *r, const json_t *forest, const char *name, size_t *n)
{
  const json_t *array;
  dc_status status = dc_model_array_of(r, forest, name, SIZE_MAX, &array);
  if (status != DC_OK) return status;
  *n = json_array_size(array);
  return *n <= MOST_NODES ? DC_OK : dc_model_bad(r, "%zu of \"%s\"", *n, name);
}

static bool allocate(dc_forest *f)
{
  f->root = calloc(f->n_trees + 1, sizeof *f->root);
  f->equation = calloc(f->n_trees + 1, sizeof *f->equation);
  f->node = calloc(f->n_nodes + 1, sizeof *f->node);
  f->bits = calloc(f->n_bits + 1, sizeof *f->bits);
  f->base = calloc(f->n_equations + 1, sizeof *f->base);
  return f->root && f->equation && f->node && f->bits && f->base;
}

static dc_status read_roots(dc_model_reader *r, const json_t *from, dc_forest *f)
{
  double *root, *equation, *base, *bits;
  dc_status status = dc_model_numbers_of(r, from, "roots", false, f->n_trees, &root);
  if (status == DC_OK) status = dc_model_numbers_of(r, from, "equations", false, f->n_trees, &equation);
  if (status == DC_OK) status = dc_model_numbers_of(r, from, "base", false, f->n_equations, &base);
  if (status == DC_OK) status = dc_model_numbers_of(r, from, "bits", false, f->n_bits, &bits);
  if (status != DC_OK) return status;
  for (size_t t = 0; t < f->n_trees; t++) {
    bool next = is_whole(root[t], (double)f->n_nodes) && (t ? root[t] > root[t - 1] : root[t] == 0);
    if (!next || !is_whole(equation[t], (double)f->n_equations)) return dc_model_bad(r, "the root of tree %zu", t + 1);
    f->root[t] = (uint32_t)root[t];
    f->equation[t] = (uint32_t)equation[t];
  }
  for (size_t k = 0; k < f->n_bits; k++) {
    if (!is_whole(bits[k], 4294967296.0)) return dc_model_bad(r, "word %zu of the sets", k + 1);
    f->bits[k] = (uint32_t)bits[k];
  }
  memcpy(f->base, base, f->n_equations * sizeof *base);
  return DC_OK;
}

static dc_status read_arrays(dc_model_reader *r, const json_t *from, size_t n, nodes *in)
{
  const struct {
    const char *name;
    bool null;
    double **to;
  } arrays[] = {{"terms", true, &in->term},           {"left", true, &in->left},   {"right", true, &in->right},
                {"missing_left", true, &in->missing}, {"set", true, &in->set},     {"threshold", true, &in->threshold},
                {"values", false, &in->value},        {"cover", false, &in->cover}};
  dc_status status = DC_OK;
  for (size_t k = 0; k < sizeof arrays / sizeof *arrays && status == DC_OK; k++)
    status = dc_model_numbers_of(r, from, arrays[k].name, arrays[k].null, n, arrays[k].to);
  return status;
}

/* A node that is not a leaf: its children lie behind it within its tree, its question is one that its term has. */
static bool take_split(const nodes *in, size_t k, size_t end, const dc_fit *fit, dc_forest *f)
{
  dc_node *node = &f->node[k];
  bool fine = is_whole(in->term[k], (double)fit->n_terms) && is_whole(in->left[k], (double)end) &&
              is_whole(in->right[k], (double)end) && is_whole(in->missing[k], 2) && in->left[k] > (double)k &&
              in->right[k] > (double)k && in->left[k] != in->right[k];
  if (!fine) return false;
  node->term = (uint32_t)in->term[k];
  node->left = (uint32_t)in->left[k];
  node->right = (uint32_t)in->right[k];
  node->missing_left = in->missing[k] > 0;
  const dc_fit_term *term = &fit->terms[node->term];
  if (term->kind == DC_TERM_NUMBER) {
    node->threshold = isnan(in->threshold[k]) ? (double)INFINITY : in->threshold[k];
    return true;
  }
  double words = ceil(term->levels / 32.0);
  if (term->kind != DC_TERM_FACTOR || !is_whole(in->set[k], (double)f->n_bits) ||
      in->set[k] + words > (double)f->n_bits)
    return false;
  node->set = (uint32_t)in->set[k];
  return true;
}

static dc_status read_nodes(dc_model_reader *r, const json_t *from, const dc_fit *fit, dc_forest *f)
{
  nodes in;
  dc_status status = read_arrays(r, from, f->n_nodes, &in);
  uint8_t *parents = status == DC_OK ? calloc(f->n_nodes + 1, 1) : NULL;
  if (status == DC_OK && !parents) return dc_fail_memory(r->error, "reading a model");
  for (size_t t = 0; t < f->n_trees && status == DC_OK; t++) {
    size_t end = t + 1 < f->n_trees ? f->root[t + 1] : f->n_nodes;
    for (size_t k = f->root[t]; k < end && status == DC_OK; k++) {
      dc_node *node = &f->node[k];
      *node = (dc_node){.term = DC_LEAF, .value = in.value[k], .cover = in.cover[k]};
      bool fine = in.cover[k] >= 0 && parents[k] == (k > f->root[t]);
      if (fine && !isnan(in.term[k])) {
        fine = take_split(&in, k, end, fit, f);
        if (fine) fine = !parents[node->left]++ && !parents[node->right]++;
      }
      if (!fine) status = dc_model_bad(r, "node %zu of the trees", k + 1);
    }
  }
  free(parents);
  return status;
}

dc_status dc_model_read_forest(dc_model_reader *r, const json_t *from, dc_fit *fit)
{
  dc_forest *f = fit->forest = calloc(1, sizeof *f);
  double *importance;
  if (!f) return dc_fail_memory(r->error, "reading a model");
  f->n_equations = fit->n_equations;
  dc_status status = count_of(r, from, "roots", &f->n_trees);
  if (status == DC_OK) status = count_of(r, from, "terms", &f->n_nodes);
  if (status == DC_OK) status = count_of(r, from, "bits", &f->n_bits);
  if (status != DC_OK) return status;
  if (f->n_trees == 0 && f->n_nodes > 0) return dc_model_bad(r, "nodes without a tree");
  if (!allocate(f)) return dc_fail_memory(r->error, "reading a model");
  status = dc_model_numbers_of(r, from, "importance", false, fit->n_terms, &importance);
  for (size_t k = 0; k < fit->n_terms && status == DC_OK; k++) fit->terms[k].importance = importance[k];
  if (status == DC_OK) status = read_roots(r, from, f);
  return status == DC_OK ? read_nodes(r, from, fit, f) : status;
}
