/* Which type each column gets: from a sample first, reviewed when everything has been read. */
#ifndef DC_INGEST_PLAN_H
#define DC_INGEST_PLAN_H

#include "engine/ingest/columns.h"
#include "engine/ingest/cutter.h"
#include "engine/ingest/encoding.h"

/* One file of a load. */
typedef struct dc_file {
  dc_source *source;
  dc_blocks blocks;
  dc_cutter *cutter; /* for its first read; NULL: it is in blocks */
  bool sequential;   /* its quotes do not allow blocks */
  char encoding[DC_ENCODING_NAME_BYTES];
} dc_file;

/* Adds the first records of each file, and some from places spread evenly over it, to evidence (one per column). The
 * same records whatever the number of threads. Lines of a file with a cutter: dc_plan_lines. */
dc_status dc_plan_sample(const dc_load_request *request, const dc_file *files, const dc_layout *layouts,
                         size_t n_columns, int threads, dc_evidence *evidence, dc_error *error) DC_MUST_CHECK;

/* Once the file is in blocks, what was sampled behind a cutter learns on which lines it stands. */
void dc_plan_lines(const dc_blocks *blocks, dc_evidence *evidence, size_t n_columns);

/* A column without a value in the sample is read as a category, and reviewed later. name: may tell a unit. What the
 * request says of decimal marks and dates leads. */
dc_guess dc_plan_first(const dc_evidence *evidence, dc_type expected, const char *name, const dc_load_request *request);

/* What columns of the same files say of each other. A column whose own values leave the decimal mark or the order of
 * dates open takes what all others prove that are written alike: numbers with both marks, such as 1.234,50; dates with the
 * same separator and as many digits of the year. Words that forms show before a choice: missing.h. */
void dc_plan_settle(const dc_evidence *evidence, dc_guess *guesses, size_t n_columns);

#endif
