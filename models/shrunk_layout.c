/* Where the parameters of shrunken factors live, and all memory that a fit needs. */
#include "models/shrunk.h"

#include <math.h>
#include <string.h>

enum { SMOOTH_LEVELS = 1024, CROSS_CELLS = 1 << 23, FOLD_CELLS = 1 << 17 };

const dc_shrunk_limits dc_shrunk_default_limits = {64, 640, 4096};

dc_status dc_shrunk_check(const dc_shrunk_problem *problem, dc_error *error)
{
  if (problem->n_picks > DC_SHRUNK_FACTORS)
    return dc_fail(error, DC_E_USAGE, "%d columns in a row; at most %d can be fitted", problem->n_picks,
                   DC_SHRUNK_FACTORS);
  if (problem->n_rows >= UINT32_MAX) return dc_fail(error, DC_E_USAGE, "more than 2^32 - 2 grouped rows");
  for (int f = 0; f < problem->n_factors; f++)
    if (problem->factors[f].penalty == DC_PENALTY_SMOOTH && problem->factors[f].levels > SMOOTH_LEVELS)
      return dc_fail(error, DC_E_USAGE, "%s has %lu levels in order; at most %d can be fitted",
                     problem->factors[f].name, (unsigned long)problem->factors[f].levels, SMOOTH_LEVELS);
  return DC_OK;
}

static size_t levels_of(const dc_shrunk *s, int factor) { return s->problem.factors[factor].levels; }

static bool is_fixed(const dc_shrunk *s, int f) { return s->problem.fixed && s->problem.fixed[f].precision > 0; }

/* The ridge factor with most levels among the dense ones, -1 when there is none. */
static int largest_ridge(const dc_shrunk *s, const bool *dense)
{
  int largest = -1;
  for (int f = 0; f < s->problem.n_factors; f++) {
    if (!dense[f] || is_fixed(s, f) || s->problem.factors[f].penalty != DC_PENALTY_RIDGE) continue;
    if (largest < 0 || levels_of(s, f) > levels_of(s, largest)) largest = f;
  }
  return largest;
}

static void choose_dense(dc_shrunk *s, const dc_shrunk_limits *limits, bool *dense)
{
  s->dense = 1;
  for (int f = 0; f < s->problem.n_factors; f++) {
    dense[f] = is_fixed(s, f) || s->problem.factors[f].penalty == DC_PENALTY_SMOOTH ||
               levels_of(s, f) <= limits->dense_levels;
    if (dense[f]) s->dense += levels_of(s, f);
  }
  while (s->channels * s->dense > limits->dense_dimension) {
    int f = largest_ridge(s, dense);
    if (f < 0) break;
    dense[f] = false;
    s->dense -= levels_of(s, f);
  }
}

static void place_columns(dc_shrunk *s, const bool *dense)
{
  size_t next = 1;
  for (int f = 0; f < s->problem.n_factors; f++) {
    if (!dense[f]) continue;
    s->dense_factor[s->n_dense++] = f;
    s->column[f] = next;
    next += levels_of(s, f);
  }
  for (int f = 0; f < s->problem.n_factors; f++) {
    if (dense[f]) continue;
    s->effect[s->n_effects++] = f;
    s->column[f] = next;
    next += levels_of(s, f);
  }
  s->columns = next;
}

static void choose_pivot(dc_shrunk *s, const dc_shrunk_limits *limits)
{
  s->pivot = -1;
  for (int e = 0; e < s->n_effects; e++) {
    size_t levels = levels_of(s, s->effect[e]);
    if (levels > limits->pivot_levels || levels * s->dense > CROSS_CELLS) continue;
    if (s->pivot < 0 || levels < levels_of(s, s->effect[s->pivot])) s->pivot = e;
  }
}

static void choose_passes(dc_shrunk *s)
{
  s->cross_in_fold = s->pivot >= 0 && !s->problem.value && levels_of(s, s->effect[s->pivot]) * s->dense <= FOLD_CELLS;
  s->rows_kept = s->n_effects > (s->cross_in_fold ? 1 : 0);
  size_t cells = s->dense * s->dense + (s->cross_in_fold ? levels_of(s, s->effect[s->pivot]) * s->dense : 0);
  s->block_rows = cells <= 4096 ? 8192 : cells <= 32768 ? 16384 : 32768;
}

static bool allocate_layout(dc_shrunk *s, dc_arena *arena)
{
  size_t n = (size_t)s->problem.n_factors + 1;
  s->column = dc_arena_alloc(arena, n, sizeof *s->column);
  s->pick_of = dc_arena_alloc(arena, n, sizeof *s->pick_of);
  s->dense_factor = dc_arena_alloc(arena, n, sizeof *s->dense_factor);
  s->effect = dc_arena_alloc(arena, n, sizeof *s->effect);
  s->level_start = dc_arena_alloc(arena, n, sizeof *s->level_start);
  s->level_row = dc_arena_alloc(arena, n, sizeof *s->level_row);
  s->lambda = dc_arena_alloc(arena, n * s->channels, sizeof *s->lambda);
  s->last_move = dc_arena_alloc(arena, n * s->channels, sizeof *s->last_move);
  return s->column && s->pick_of && s->dense_factor && s->effect && s->level_start && s->level_row && s->lambda &&
         s->last_move;
}

bool dc_shrunk_iterative(const dc_shrunk *s) { return s->n_effects > (s->pivot < 0 ? 0 : 1); }

static bool allocate_numbers(dc_shrunk *s, dc_arena *arena)
{
  size_t n = s->channels * s->columns, d = s->channels * s->dense, effects = s->columns - s->dense;
  size_t pivot = s->pivot < 0 ? 0 : levels_of(s, s->effect[s->pivot]);
  size_t rows = s->rows_kept ? s->problem.n_rows : 0;
  size_t gram = s->dense * s->dense * s->cell, cross = pivot * s->dense * s->cell;
  bool iterative = dc_shrunk_iterative(s);
  struct {
    double **where;
    size_t count;
  } wanted[] = {{&s->theta, n},
                {&s->gradient, n},
                {&s->gram, gram},
                {&s->level_weight, effects * s->terms},
                {&s->level_factor, effects * s->terms},
                {&s->cross, cross},
                {&s->row_score, rows * s->channels},
                {&s->row_weight, rows * s->cell},
                {&s->factor, d * d},
                {&s->inverse, d * d},
                {&s->square, d * d},
                {&s->root, (pivot * s->channels + 4) * d}, /* rows of zeros fill the last group of 4 */
                {&s->white, pivot * s->channels * d},
                {&s->pivot_variance, pivot * s->channels},
                {&s->rhs, n},
                {&s->delta, n},
                {&s->scratch, n},
                {&s->partial, 1 + n + gram + (s->cross_in_fold ? cross : 0)},
                {&s->residual, iterative ? n : 0},
                {&s->preconditioned, iterative ? n : 0},
                {&s->direction, iterative ? n : 0},
                {&s->product, iterative ? n : 0},
                {&s->row_product, iterative ? s->problem.n_rows * s->channels : 0}};
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    if (!(*wanted[i].where = dc_arena_alloc(arena, wanted[i].count + 1, sizeof(double)))) return false;
  return true;
}

/* The rows of each level of an effect, by counting. */
static bool index_effect(dc_shrunk *s, int e, dc_arena *arena)
{
  int f = s->effect[e];
  size_t levels = levels_of(s, f), n = s->problem.n_rows, width = (size_t)s->problem.n_picks;
  const uint32_t *code = s->problem.code + s->pick_of[f];
  size_t *start = dc_arena_alloc(arena, levels + 2, sizeof *start);
  uint32_t *row = dc_arena_alloc(arena, n + 1, sizeof *row);
  if (!start || !row) return false;
  for (size_t i = 0; i < n; i++) start[code[i * width] + 2]++;
  for (size_t l = 0; l < levels; l++) start[l + 2] += start[l + 1];
  for (size_t i = 0; i < n; i++) row[start[code[i * width] + 1]++] = (uint32_t)i;
  s->level_start[e] = start;
  s->level_row[e] = row;
  return true;
}

static void set_priors(dc_shrunk *s)
{
  for (int f = 0; f < s->problem.n_factors; f++)
    for (size_t c = 0; c < s->channels; c++) {
      double sd = s->problem.factors[f].prior_sd;
      s->lambda[(size_t)f * s->channels + c] = is_fixed(s, f) ? s->problem.fixed[f].precision : 1 / (sd * sd);
    }
}

dc_status dc_shrunk_new(const dc_shrunk_problem *problem, const dc_shrunk_limits *limits, dc_arena *arena,
                        dc_shrunk **shrunk, dc_error *error)
{
  const char *what = "preparing a fit";
  dc_shrunk *s = dc_arena_alloc(arena, 1, sizeof *s);
  bool *dense = dc_arena_alloc(arena, (size_t)problem->n_factors + 1, sizeof *dense);
  if (!s || !dense) return dc_fail_memory(error, what);
  s->problem = *problem;
  s->channels = (size_t)problem->channels;
  s->terms = s->channels * (s->channels + 1) / 2;
  s->cell = s->channels == 1 ? 1 : 4;
  s->scale = 1;
  if (!allocate_layout(s, arena)) return dc_fail_memory(error, what);
  for (int p = problem->n_picks; p-- > 0;) s->pick_of[problem->pick ? problem->pick[p] : p] = p;
  choose_dense(s, limits, dense);
  place_columns(s, dense);
  choose_pivot(s, limits);
  choose_passes(s);
  if (!allocate_numbers(s, arena)) return dc_fail_memory(error, what);
  for (int e = 0; e < s->n_effects; e++)
    if (!index_effect(s, e, arena)) return dc_fail_memory(error, what);
  set_priors(s);
  *shrunk = s;
  return DC_OK;
}
