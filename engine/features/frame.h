/* The rows of a table as a design: complete rows only, in canonical order. */
#ifndef DC_FEATURES_FRAME_H
#define DC_FEATURES_FRAME_H

#include "engine/features/recipe.h"

typedef struct dc_frame {
  struct dc_arena *arena;
  dc_design design; /* n_rows of it are used */
  dc_response response;
  size_t *row;       /* of the table, for each row of the design */
  size_t n_columns;  /* of the recipe */
  size_t *missing;   /* of each of its columns, rows without a value */
  size_t left_out;   /* rows with any of those missing */
  size_t *unknown;   /* per column, rows with a level that the recipe does not have */
  size_t *undefined; /* per column, rows where a transform has no value: log(0) */
  bool *incomplete;  /* per row of the table: is it left out? */
} dc_frame;

/* Learning: levels are those of the rows that are used, and become the recipe's. DC_E_INPUT names the line of a row where a
 * transform has no value. Otherwise (a further table, column: dc_recipe_match) rows without the response are used, too, and
 * such a row is left out; a level that the recipe does not know has the code `levels`.
 * With an id, rows are in order of it, those of one id in order of what else the recipe reads, so that the order of the rows
 * in the file does not matter; without, in the order of the file. */
dc_status dc_frame_learn(dc_recipe *recipe, const dc_table *table, const int *column, const char *file,
                         dc_frame **frame, dc_error *error) DC_MUST_CHECK;
dc_status dc_frame_apply(const dc_recipe *recipe, const dc_table *table, const int *column, dc_frame **frame,
                         dc_error *error) DC_MUST_CHECK;
void dc_frame_free(dc_frame *frame);

#endif
