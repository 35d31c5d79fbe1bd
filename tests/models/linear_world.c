#include "tests/models/linear_world.h"

#include "engine/base/random.h"
#include "tests/check.h"

double world_uniform(uint64_t stream, size_t draw) { return dc_random_uniform(17, stream, draw); }
double world_normal(uint64_t stream, size_t draw)
{
  return sqrt(-2 * log(world_uniform(stream, 2 * draw))) * cos(2 * acos(-1) * world_uniform(stream, 2 * draw + 1));
}

static const char *const letters[LEVELS] = {"a", "b", "c", "d", "e", "f"};

world *new_world(size_t n)
{
  world *w = calloc(1, sizeof *w);
  assert_non_null(w);
  w->n = n;
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < NUMBERS; k++) w->number[k][i] = world_normal(k, i) * pow(100, (double)k) + 10 * (double)k;
    w->level[i] = (uint8_t)(world_uniform(10, i) * LEVELS);
    w->other[i] = (uint16_t)(world_uniform(11, i) * 3);
    w->cluster[i] = (uint32_t)(world_uniform(12, i) * CLUSTERS);
    w->weight[i] = .1 + 3 * world_uniform(13, i);
    w->offset[i] = world_normal(14, i);
    w->y[i] = 3 + 2 * w->number[0][i] - .1 * w->number[1][i] + .5 * w->level[i] + w->offset[i] +
              world_normal(15, i) * (1 + fabs(w->number[0][i])) + world_normal(16, w->cluster[i]);
  }
  for (size_t k = 0; k < NUMBERS; k++) w->terms[k] = (dc_term){.kind = DC_TERM_NUMBER, .number = w->number[k]};
  w->terms[0].name = "x";
  w->terms[1].name = "y";
  w->terms[2].name = "z";
  w->terms[3] = (dc_term){.name = "f", .kind = DC_TERM_FACTOR, .codes = {w->level, 1, LEVELS, letters}, .reference = 2};
  w->terms[4] = (dc_term){.name = "g", .kind = DC_TERM_FACTOR, .codes = {w->other, 2, 3, NULL}};
  w->terms[5] = (dc_term){.name = "x:f",
                          .kind = DC_TERM_SLOPES,
                          .number = w->number[0],
                          .codes = {w->level, 1, LEVELS, letters},
                          .reference = 0};
  w->clusters = (dc_codes){w->cluster, 4, CLUSTERS, NULL};
  return w;
}

fitting fitting_of(world *w, size_t terms)
{
  return (fitting){.model = "linear",
                   .design = {.n_rows = w->n, .intercept = true, .n_terms = terms, .terms = w->terms},
                   .response = {.name = "y", .y = w->y}};
}

fitting variant(world *w, int which)
{
  fitting f = fitting_of(w, 6);
  if (which == 1 || which == 3) f.design.weight = w->weight;
  if (which == 2 || which == 3) f.design.offset = w->offset;
  if (which == 4) f.design.intercept = false;
  return f;
}
