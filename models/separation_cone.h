/* Whether rows on their sides of a plane through the origin leave a direction to go on for ever: d with a'd >= 0 for every
 * row a (turned round where its response is 0; = 0 where its response lies between), and > 0 for some.
 *
 * d is the point of that cone that is nearest to c, a sum of the rows with positive weights. By Moreau's decomposition c - d
 * is minus a combination of rows with coefficients >= 0, which least squares under that condition finds (Lawson and Hanson
 * 1974, chapter 23) on few rows at a time: each pass over all rows brings those that are most on the wrong side. d = 0 says
 * that rows with positive weights sum to nothing, so there is no such direction (Gordan 1873, Stiemke 1915); otherwise the
 * last pass has proved d on every row. No weights, trials or sizes of coefficients matter, and columns that depend on others
 * do no harm. The same answer as the linear programme of Konis 2007, without its vertices that all are the origin. */
#ifndef DC_MODELS_SEPARATION_CONE_H
#define DC_MODELS_SEPARATION_CONE_H

#include "models/columns.h"
#include "models/separation.h"

typedef struct dc_cone_space dc_cone_space;

typedef struct dc_cone {
  const dc_task *task;
  const dc_columns *columns;
  const dc_column_scale *scale;
  dc_separates kind;
  const bool *out;    /* columns that must be 0; NULL = none */
  size_t n_done;      /* rows that one of these directions already moves are left out */
  const double *done; /* n_done x columns->n */
  dc_cone_space *space;
} dc_cone;

/* most_done: of directions that a search will leave out. NULL when memory ends. */
dc_cone_space *dc_cone_space_new(const dc_columns *columns, size_t most_done, struct dc_arena *arena);

/* direction (columns->n): of coefficients of standardised columns, length 1; all 0 where there is none. gained, left: rows
 * that it moves and that it does not. DC_W_MAXITER: it was not found out. */
dc_status dc_cone_search(const dc_cone *cone, double *direction, size_t *gained, size_t *left,
                         dc_error *error) DC_MUST_CHECK;

/* -1, 0, 1: where the linear predictor of a row may go without making its likelihood worse; 2: the row does not count. */
int dc_row_sense(const dc_task *task, dc_separates kind, size_t row);

#endif
