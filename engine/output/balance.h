/* How the rows of an input balance, in words. */
#ifndef DC_OUTPUT_BALANCE_H
#define DC_OUTPUT_BALANCE_H

#include "dealcast/result.h"

enum { DC_BALANCE_CHARS = 1024 };

/* "deals.csv: 15 rows = 12 used + 3 rejected; amounts 7,943 = 6,800 used + 1,143 rejected, 3 unreadable"; false for an
 * input of which all rows are used. */
bool dc_balance_line(const dc_result *result, size_t input, char line[DC_BALANCE_CHARS]);

#endif
