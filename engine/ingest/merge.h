/* What the units left behind, put together into the table's final columns. */
#ifndef DC_INGEST_MERGE_H
#define DC_INGEST_MERGE_H

#include "engine/ingest/columns.h"

/* Closes the gaps between the units' rows, joins the workers' words (codes by byte order), joins texts, counts missing
 * cells. A column without any value becomes DC_TYPE_EMPTY. table has its arrays and rows = what was allocated; on DC_OK
 * rows is what is used. */
dc_status dc_merge_columns(dc_table *table, const dc_unit *units, size_t n_units, const dc_worker *workers,
                           size_t n_workers, int threads, dc_error *error) DC_MUST_CHECK;

#endif
