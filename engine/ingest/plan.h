/* Which type each column gets: from a sample first, reviewed when everything has been read. */
#ifndef DC_INGEST_PLAN_H
#define DC_INGEST_PLAN_H

#include "engine/ingest/columns.h"
#include "engine/ingest/encoding.h"

/* One file of a load. */
typedef struct dc_file {
  dc_source *source;
  dc_blocks blocks;
  bool sequential; /* its quotes do not allow blocks */
  char encoding[DC_ENCODING_NAME_BYTES];
} dc_file;

/* Adds the first records of each file, and some from places spread evenly over it, to evidence (one per column). The
 * same records whatever the number of threads. */
dc_status dc_plan_sample(const dc_file *files, const dc_layout *layouts, size_t n_files, size_t n_columns,
                         dc_evidence *evidence, dc_error *error) DC_MUST_CHECK;

/* A column without a value in the sample is read as a category, and reviewed later. */
dc_guess dc_plan_first(const dc_evidence *evidence, dc_type expected);

/* What a full read showed of a column; path is for messages. *again: guess was changed, read everything again.
 * DC_E_INPUT: slash dates whose order nothing proves, or that contradict each other; 1,234 that nothing proves to be
 * one thousand; amounts in several currencies. */
dc_status dc_plan_review(dc_guess *guess, const dc_evidence *evidence, const dc_column *column, size_t rows,
                         uint32_t seen, const char *path, bool *again, dc_error *error) DC_MUST_CHECK;

#endif
