/* What a load keeps of its making: private to engine/ingest/load.c and rejects_tell.c. */
#ifndef DC_INGEST_KEPT_H
#define DC_INGEST_KEPT_H

#include "engine/ingest/plan.h"

/* Blocks and sources go with dc_load_close, the rest with the load.
 * bad                 per file and column of the table, cells that stand there and cannot be read
 * amount, readable, unreadable  per file, of the rows that the loader itself rejected: dc_load_look_up */
typedef struct dc_kept {
  size_t n_files;
  dc_file *files;
  dc_layout *layouts;
  dc_guess *guesses; /* per column of the table */
  int64_t *bad;
  double *amount;
  int64_t *readable, *unreadable;
} dc_kept;

/* Frees all but itself. */
void dc_kept_clear(dc_kept *kept);

#endif
