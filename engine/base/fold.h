/* The one parallel construct: blocks of a fixed number of rows, a fixed binary merge tree over the block index.
 *
 * The result depends on the rows and the block size only, never on the number of threads: each block makes its partial
 * serially, and partials merge in the order of a binary counter, whoever computed them. */
#ifndef DC_BASE_FOLD_H
#define DC_BASE_FOLD_H

#include "dealcast/error.h"
#include <stddef.h>

typedef struct dc_fold {
  size_t rows, block_rows;
  size_t partial_bytes; /* partials are flat; handed out zeroed */
  int threads;          /* >= 1 */
  /* rows [first, last) into partial; returns DC_OK or an error that ends the fold */
  dc_status (*accumulate)(void *context, size_t first, size_t last, void *partial);
  /* into += from */
  void (*merge)(void *context, void *into, const void *from);
  void *context;
} dc_fold;

/* total receives the merged partial (partial_bytes), zeroed when rows = 0. The lowest failing block decides the error
 * code. Memory: O(threads + log blocks) partials. */
dc_status dc_fold_run(const dc_fold *fold, void *total, dc_error *error) DC_MUST_CHECK;

/* Independent work on each block, no partials: each(context, block, first, last). */
dc_status dc_fold_each(size_t rows, size_t block_rows, int threads, void *context,
                       dc_status (*each)(void *context, size_t first, size_t last), dc_error *error) DC_MUST_CHECK;

#endif
