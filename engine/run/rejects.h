/* What became of every row that was read, and the rows that could not be used: the same for every verb. */
#ifndef DC_RUN_REJECTS_H
#define DC_RUN_REJECTS_H

#include "engine/run/resolve.h"

/* The job's files in the order in which they are told of, those that were not given (load NULL) included; NULL behind
 * the last. */
dc_loaded *dc_resolved_file(dc_resolved *resolved, size_t k);

/* `run.inputs`: how the rows and amounts of each file balance. Rows of deals and changes that did not exist yet on the
 * as-of day are counted apart. */
void dc_inputs_table(dc_resolved *resolved, dc_result *result);

/* `rejects`: each rule that struck. */
void dc_rejects_table(dc_resolved *resolved, dc_result *result);

/* Once all rows are judged, and when that ended the run, too: hands each rejected row to the job's take_reject, if it
 * has one, and closes the sources. Returns so_far where that is an error already; then error stays. */
dc_status dc_rejects_tell(const dc_job *job, dc_resolved *resolved, dc_status so_far, dc_error *error) DC_MUST_CHECK;

#endif
