/* A saved fit with a term of every kind, made by hand: no model is needed for it. All in this header, so that the fuzz target
 * is one file. */
#ifndef TESTS_VERBS_SAVED_H
#define TESTS_VERBS_SAVED_H

#include "engine/run/model_file.h"

#include "engine/base/arena.h"

#include <stdlib.h>
#include <string.h>

/* Rows for a recipe: every level of its columns and words that are none, small and large numbers, gaps. From the arena. */
static inline dc_table *saved_table(const dc_recipe *recipe, dc_arena *arena)
{
  static const double numbers[] = {0, 1, -2.5, 1e300, 0.001};
  enum { ROWS = 40 };
  dc_table *table = dc_arena_alloc(arena, 1, sizeof *table);
  table->rows = ROWS;
  table->n_columns = recipe->n_columns;
  table->columns = dc_arena_alloc(arena, recipe->n_columns + 1, sizeof *table->columns);
  table->line = dc_arena_alloc(arena, ROWS, sizeof *table->line);
  for (size_t c = 0; c < recipe->n_columns; c++) {
    const dc_recipe_column *from = &recipe->columns[c];
    dc_column *column = &table->columns[c];
    column->name = from->name;
    column->type = from->type;
    column->number = dc_arena_alloc(arena, ROWS, sizeof *column->number);
    column->date = dc_arena_alloc(arena, ROWS, sizeof *column->date);
    column->instant = dc_arena_alloc(arena, ROWS, sizeof *column->instant);
    column->codes = dc_arena_alloc(arena, ROWS, 4);
    column->code_bytes = 4;
    column->words = dc_arena_alloc(arena, 8, sizeof *column->words);
    column->n_words = 1;
    column->words[0] = (char *)"";
    for (uint32_t l = 0; l < from->n_levels && l < 5 && from->type == DC_TYPE_CATEGORY; l++)
      column->words[column->n_words++] = from->level[l];
    column->words[column->n_words++] = (char *)"zz none";
    for (size_t r = 0; r < ROWS; r++) {
      double x = from->value && r % 7 < from->n_levels ? from->value[r % 7] : numbers[(r + c) % 5];
      bool gap = r % 11 == c % 11;
      column->number[r] = gap ? (double)NAN : x;
      column->date[r] = gap ? DC_DATE_MISSING : (int32_t)fmin(fmax(x, -1e9), 1e9);
      column->instant[r] = gap ? DC_INSTANT_MISSING : (int64_t)r * 86400000;
      ((uint32_t *)column->codes)[r] = gap ? 0 : (uint32_t)((r + c) % column->n_words);
    }
  }
  return table;
}

/* What the fit says of these rows: a sum of bits over all of them, so that two fits compare; false when memory ends. */
static inline bool saved_answers(const dc_saved *saved, uint64_t *sum)
{
  dc_arena *arena = dc_arena_new();
  dc_table *table = saved_table(saved->recipe, arena);
  int *column = dc_arena_alloc(arena, saved->recipe->n_columns + 1, sizeof *column);
  size_t n = saved->fit->n_equations;
  dc_frame *frame = NULL;
  for (size_t c = 0; c < saved->recipe->n_columns; c++) column[c] = (int)c;
  bool fine = dc_frame_apply(saved->recipe, table, column, &frame, NULL) == DC_OK;
  bool timed = saved->fit->n_terms > saved->recipe->n_terms;
  size_t rows = fine ? frame->design.n_rows : 0;
  double *eta = calloc((rows + 1) * n * 2, sizeof *eta), *mean = malloc((n + 1) * sizeof *mean);
  fine = fine && eta && mean;
  if (fine && timed) fine = dc_fit_incidence(saved->fit, &frame->design, 0, rows, 2, eta, NULL) == DC_OK;
  if (fine && !timed) fine = dc_fit_eta(saved->fit, &frame->design, 0, rows, eta, eta + rows * n, NULL) == DC_OK;
  *sum = 0xCBF29CE484222325u;
  for (size_t i = 0; fine && i < frame->design.n_rows; i++) {
    dc_fit_mean(saved->fit, eta + i * n, mean);
    for (size_t k = 0; k < n; k++) {
      const double values[] = {eta[i * n + k], eta[(frame->design.n_rows + i) * n + k], mean[k]};
      for (size_t v = 0; v < 3; v++) {
        double value = isnan(values[v]) ? 0.5 : values[v]; /* a NaN is a NaN, whichever bits it has */
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        *sum = (*sum ^ bits) * 0x100000001B3u;
      }
    }
  }
  free(eta);
  free(mean);
  dc_frame_free(frame);
  dc_arena_free(arena);
  return fine;
}

#endif
