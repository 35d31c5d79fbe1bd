/* One read of all files into a table, under given types. */
#ifndef DC_INGEST_PASS_H
#define DC_INGEST_PASS_H

#include "engine/ingest/merge.h"
#include "engine/ingest/plan.h"

/* Inputs are set by the caller and stay its own; the rest starts zeroed and is freed with dc_pass_clear. */
typedef struct dc_pass {
  const dc_load_request *request;
  dc_file *files; /* `sequential` is set when the blocks of a file turn out not to fit */
  const dc_layout *layouts;
  size_t n_files, n_columns;
  char *const *names;
  const dc_guess *guesses;
  const dc_evidence *evidence;
  int threads;
  const dc_scanner *scanner; /* NULL: all by libcsv */
  dc_unit *units;            /* results from here on */
  size_t n_units, capacity;
  size_t next, done, failed; /* units: to be given out, read, and the lowest that ends the load */
  dc_filling *fillings;
  dc_filling_job filling;
  dc_worker *workers;
  dc_table *table;
} dc_pass;

/* Reads everything; the earliest error in file order decides, whatever the number of threads. */
dc_status dc_pass_run(dc_pass *pass, dc_error *error) DC_MUST_CHECK;

/* The same of one file that has a cutter instead of blocks, which it has in the end: unless it turns out that it must be
 * cut beforehand (*fits = false, whatever the reason, and nothing is read). */
dc_status dc_pass_run_once(dc_pass *pass, bool *fits, dc_error *error) DC_MUST_CHECK;
void dc_pass_clear(dc_pass *pass);

#endif
