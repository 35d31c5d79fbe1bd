/* Civil dates as days since 1970-01-01 (proleptic Gregorian). */
#ifndef DC_BASE_DATE_H
#define DC_BASE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct dc_civil {
  int32_t year;
  int month, day; /* 1-based */
} dc_civil;

enum { DC_DATE_CHARS = 16 };

/* Hinnant 2013, "chrono-compatible low-level date algorithms". */
int32_t dc_date_from_civil(int32_t year, int month, int day);
dc_civil dc_date_to_civil(int32_t date);
bool dc_civil_valid(int32_t year, int month, int day);
int dc_weekday(int32_t date); /* 0 = Monday .. 6 = Sunday */

/* "YYYY-MM-DD" into text (DC_DATE_CHARS); returns text. */
char *dc_date_format(int32_t date, char *text);

/* Exactly "YYYY-MM-DD"; false when it is anything else or no real day. */
bool dc_date_parse_iso(const char *text, size_t length, int32_t *date);

#endif
