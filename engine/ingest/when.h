/* One cell's text to a day or an instant, by the one style of its column. */
#ifndef DC_INGEST_WHEN_H
#define DC_INGEST_WHEN_H

#include <stddef.h>
#include <stdint.h>

/* Which number comes first in 03/04/2021: one answer per column, proven by a number above 12. */
typedef enum dc_day_order {
  DC_ORDER_UNKNOWN,
  DC_ORDER_DAY_FIRST,
  DC_ORDER_MONTH_FIRST,
  DC_ORDER_YEAR_FIRST /* 21/03/04 with two digits of the year */
} dc_day_order;

/* What a cell of nothing but digits means: one answer per column. */
typedef enum dc_bare {
  DC_BARE_NOT,          /* no date */
  DC_BARE_COMPACT,      /* YYYYMMDD, YYYYMMDDHHMMSS */
  DC_BARE_EXCEL,        /* days since 1899-12-30, with decimals for the time of day */
  DC_BARE_EXCEL_1904,   /* days since 1904-01-01 */
  DC_BARE_SECONDS,      /* since 1970-01-01 UTC */
  DC_BARE_MILLISECONDS, /* since 1970-01-01 UTC */
  DC_BARES
} dc_bare;

/* How the dates of a column are written. Zeroed: not known. */
typedef struct dc_when_style {
  dc_day_order order;
  dc_bare bare;
} dc_when_style;

/* What the values of a column showed, gathered over its cells. */
enum {
  DC_WHEN_DAY_FIRST = 1,   /* 25/03/2021 */
  DC_WHEN_MONTH_FIRST = 2, /* 03/25/2021 */
  DC_WHEN_EITHER = 4,      /* 03/04/2021 */
  DC_WHEN_CLOCK = 8,       /* a time of day other than midnight */
  DC_WHEN_MIDNIGHT = 16    /* a time of day, 00:00:00 */
};

typedef enum dc_when_result { DC_WHEN_OK, DC_WHEN_NOT, DC_WHEN_IMPOSSIBLE } dc_when_result;

typedef struct dc_when {
  int32_t day;  /* as written, before any zone */
  int32_t ms;   /* of that day */
  int32_t zone; /* minutes ahead of UTC, 0 when not written */
} dc_when;

/* YYYY-MM-DD, YYYY/MM/DD, DD.MM.YYYY, D-Mon-YYYY (English, also with blanks or slashes), and DD/MM/YYYY or MM/DD/YYYY
 * (with / or -) by the style's order; then optionally [ T]HH:MM[:SS[.fff]] and Z or +HH:MM or +HHMM; digits alone by
 * style->bare. Under DC_ORDER_UNKNOWN a slash date reads in whichever order is possible, day first when both are.
 * Years 1900..2100; other years and days that no calendar has (30 February) are DC_WHEN_IMPOSSIBLE. *seen collects
 * DC_WHEN_ bits of readable cells. A kernel may read YYYY-MM-DD itself: it shows no bits. */
dc_when_result dc_when_parse(const char *text, size_t length, const dc_when_style *style, dc_when *when,
                             uint32_t *seen);

/* UTC milliseconds since 1970-01-01. */
int64_t dc_when_instant(const dc_when *when);

#endif
