/* The file of rejected rows: CSV, a header, a line for each row; only its owner may read it (0600). */
#ifndef DC_OUTPUT_REJECTS_H
#define DC_OUTPUT_REJECTS_H

#include "dealcast/rejects.h"
#include <stdbool.h>

typedef struct dc_reject_file {
  const char *path;
  struct dc_file *file; /* opened with the first row, or at the end when there is none */
  long long rows;
} dc_reject_file;

/* context: a dc_reject_file with its path set. Cells that a spreadsheet would run (they begin with = + - @ TAB CR) get a
 * leading ', the record too. */
dc_status dc_reject_file_take(void *context, const dc_rejected_row *row, dc_error *error) DC_MUST_CHECK;

/* Puts the file in its place, the old one replaced; or removes what there is of it. */
dc_status dc_reject_file_commit(dc_reject_file *file, dc_error *error) DC_MUST_CHECK;
void dc_reject_file_drop(dc_reject_file *file);

#endif
