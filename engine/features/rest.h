/* What `.` in a formula makes of a column: every other column that says something by itself. */
#ifndef DC_FEATURES_REST_H
#define DC_FEATURES_REST_H

#include "dealcast/table.h"

/* More levels than this are no factor that anybody reads: an effect where the model shrinks, else left out. */
enum { DC_REST_LEVELS = 50 };

/* Why `.` does not take the column; NULL = it does. */
const char *dc_rest_why_not(const dc_table *table, const dc_column *column);

#endif
