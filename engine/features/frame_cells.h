/* Several factors in one term: which combinations of their levels there are. */
#ifndef DC_FEATURES_FRAME_CELLS_H
#define DC_FEATURES_FRAME_CELLS_H

#include "engine/features/frame_parts.h"

/* The factors of a term, by index of part. */
typedef struct dc_cells {
  size_t n;
  size_t part[DC_FORMULA_FACTORS];
} dc_cells;

dc_cells dc_cells_of(const dc_recipe_term *term);

/* Learning: the term's cells. Then the code of each row of the design, n_cells for a combination that is not known. */
dc_status dc_cells_learn(dc_framing *m, dc_recipe_term *term, const dc_cells *cells) DC_MUST_CHECK;
dc_status dc_cells_code(dc_framing *m, const dc_recipe_term *term, const dc_cells *cells,
                        uint32_t **code) DC_MUST_CHECK;

/* "north:large" for each cell; from the frame's arena. */
dc_status dc_cells_name(dc_framing *m, const dc_recipe_term *term, const dc_cells *cells,
                        const char *const **names) DC_MUST_CHECK;

#endif
