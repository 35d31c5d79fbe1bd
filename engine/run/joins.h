/* Further tables, joined to the deals. */
#ifndef DC_RUN_JOINS_H
#define DC_RUN_JOINS_H

#include "engine/run/resolve.h"

/* Loads and joins --accounts and each --join FILE:KEY to resolved->log, whose attributes know already whether they may
 * predict. A name that is taken is put behind the name of its file ("reps.region"). */
dc_status dc_joins_add(const dc_job *job, dc_resolved *resolved, dc_error *error) DC_MUST_CHECK;

#endif
