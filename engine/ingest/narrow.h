/* Wide and typographic characters of numbers and dates, as the plain ones that mean the same. */
#ifndef DC_INGEST_NARROW_H
#define DC_INGEST_NARROW_H

#include <stddef.h>

/* Full-width digits, signs, colons and slashes, minus signs and dashes, no-break and thin blanks, the right quote that
 * groups digits; marks without width are left out; all else stays. Returns text itself when it is plain ASCII, else
 * buffer; *length becomes that of the result. NULL: the buffer is too small. */
const char *dc_narrow(const char *text, size_t *length, char *buffer, size_t size);

#endif
