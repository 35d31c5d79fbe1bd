#include "models/shrunk_hazard_levels.h"

#include <string.h>

/* Smooth factors keep all levels: those between speak for their neighbours. Returns how many levels are kept. */
static uint32_t number_levels(const dc_factor *factor, uint32_t *to)
{
  uint32_t n = 0;
  for (uint32_t l = 0; l < factor->levels; l++)
    to[l] = factor->penalty == DC_PENALTY_SMOOTH || to[l] ? n++ : DC_LEVEL_ABSENT;
  if (n > 0) return n;
  to[0] = 0;
  return 1;
}

dc_status dc_hazard_levels_find(const dc_hazard_rows *rows, dc_arena *arena, dc_hazard_levels *levels, dc_error *error)
{
  size_t width = (size_t)rows->n_factors, total = 0;
  for (size_t f = 0; f < width; f++) total += rows->factors[f].levels;
  dc_factor *factors = dc_arena_alloc(arena, width + 1, sizeof *factors);
  uint32_t *code = dc_arena_alloc(arena, rows->n_rows * width + 1, sizeof *code);
  uint32_t **start = dc_arena_alloc(arena, width + 1, sizeof *start);
  levels->to = dc_arena_alloc(arena, total + 1, sizeof *levels->to);
  if (!factors || !code || !start || !levels->to) return dc_fail_memory(error, "numbering levels");
  memset(levels->to, 0, (total + 1) * sizeof *levels->to);
  total = 0;
  for (size_t f = 0; f < width; total += rows->factors[f++].levels) start[f] = levels->to + total;
  for (size_t i = 0; i < rows->n_rows; i++)
    for (size_t f = 0; f < width; f++) start[f][rows->code[i * width + f]] = 1;
  for (size_t f = 0; f < width; f++) {
    factors[f] = rows->factors[f];
    factors[f].levels = number_levels(&rows->factors[f], start[f]);
  }
  for (size_t i = 0; i < rows->n_rows; i++)
    for (size_t f = 0; f < width; f++) code[i * width + f] = start[f][rows->code[i * width + f]];
  levels->spoken = *rows;
  levels->spoken.factors = factors;
  levels->spoken.code = code;
  return DC_OK;
}
