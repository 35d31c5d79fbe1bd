/* Columns by the names that people give them. */
#ifndef DC_RUN_COLUMNS_H
#define DC_RUN_COLUMNS_H

#include "engine/run/resolve.h"

enum { DC_COLUMN_ID = -1, DC_COLUMN_STAGE = -2 };

/* The categorical column of the deals (deals file, history, joined tables) that a name means: to the byte, else in any
 * case and spacing, else the name of a role ("owner" for "Deal Owner"). *attribute: its index in log->attributes, where
 * a column of the deals file that plays no role is added to be shown; DC_COLUMN_STAGE for the stage; DC_COLUMN_ID for
 * the deals' id where `ids` allows it. Otherwise DC_E_USAGE, naming the option and the nearest known columns. */
dc_status dc_column_find(dc_resolved *resolved, const char *name, const char *option, bool ids, int *attribute,
                         dc_error *error) DC_MUST_CHECK;

/* The name of the stage column, NULL when there is none. */
const char *dc_column_stage_name(const dc_resolved *resolved);

#endif
