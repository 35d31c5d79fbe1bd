/* Training rows of the conversion core: deals as they looked on past days, with what followed in each time cell. */
#ifndef DC_FEATURES_ROWS_H
#define DC_FEATURES_ROWS_H

#include "engine/features/features.h"

/* Rows with the same codes and cell length are one row. Counts are integers in units of 1/DC_ROW_UNITS of a deal, so that
 * their sums do not depend on any order.
 * code   n x n_factors, row-major
 * days   length of the cell in days
 * count  n x 3: won, lost, stayed open */
typedef struct dc_rows {
  int n_factors;
  size_t n, capacity;
  uint32_t *code;
  uint8_t *days;
  int64_t *count;
  size_t n_slots;
  uint32_t *slot;
  uint64_t keep; /* deals whose hash is above this stay out of fits on very large inputs; UINT64_MAX keeps all */
  uint64_t seed;
} dc_rows;

enum { DC_ROW_UNITS = 840 }; /* divisible by 1 .. 8, the number of looks that may see a cell */

/* keep is chosen so that about `most_rows` rows before grouping come together over all days up to last_day. */
dc_status dc_rows_new(const dc_features *features, int32_t last_day, size_t most_rows, uint64_t seed, dc_rows **rows,
                      dc_error *error) DC_MUST_CHECK;
void dc_rows_free(dc_rows *rows);

/* Adds what became known in the days after .. upto (after excluded, upto included): a cell in
 * which a deal closes is shared between the looks that see it, any other is taken from one of them. Calling it for a then b then c is the same as for a to c,
 * but for cells that are cut at b and deals that begin on it. */
dc_status dc_rows_extend(dc_rows *rows, const dc_features *features, int32_t after, int32_t upto,
                         dc_error *error) DC_MUST_CHECK;

#endif
