/* Rejected rows as they stood, told to whoever wants to keep them; and what rejects rows that come twice. */
#ifndef DEALCAST_REJECTS_H
#define DEALCAST_REJECTS_H

#include "dealcast/error.h"
#include <stddef.h>

/* Texts live until the call returns; they are UTF-8 as far as the row was, and may hold NUL where a length stands by.
 * column       1-based field of the file, 0 = the row as a whole; then column_name and value are empty
 * record       the row's text without its last line end; cut where it is longer than 16 MiB
 * Behind the file's header, the records mended are a file that can be read again. */
typedef struct dc_rejected_row {
  const char *file; /* name only */
  int64_t line;
  int32_t column;
  const char *column_name, *rule, *fix;
  const char *value;
  size_t value_length;
  const char *record;
  size_t record_length;
} dc_rejected_row;

/* What becomes of rows that differ and have one id (in a history: one id and instant). */
typedef enum dc_duplicates {
  DC_DUPLICATES_REJECT, /* deals: all of them are rejected; changes: all count, in an order of their own */
  DC_DUPLICATES_FIRST,  /* the first in file order counts, the others are duplicates */
  DC_DUPLICATES_LAST
} dc_duplicates;

/* Anything but DC_OK ends the run with that error. */
typedef dc_status dc_take_reject(void *context, const dc_rejected_row *row, dc_error *error);

#endif
