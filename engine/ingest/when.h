/* One cell's text to a day or an instant, by the one style of its column. */
#ifndef DC_INGEST_WHEN_H
#define DC_INGEST_WHEN_H

#include <stdbool.h>
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
  DC_BARE_COMPACT,      /* YYYYMMDD, YYYYMMDDHHMM, YYYYMMDDHHMMSS */
  DC_BARE_EXCEL,        /* days since 1899-12-30, decimals for the time of day; 1970 to 2100 */
  DC_BARE_EXCEL_1904,   /* days since 1904-01-01, likewise; never taken but when asked for */
  DC_BARE_SECONDS,      /* since 1970-01-01 UTC; 1990 to 2100 */
  DC_BARE_MILLISECONDS, /* likewise */
  DC_BARES
} dc_bare;

/* How the dates of a column are written. Zeroed: not known. */
typedef struct dc_when_style {
  dc_day_order order;
  dc_bare bare;
  bool periods; /* 2025-Q1, Q1 2025, 2025-03, March 2025: the first day of the quarter or month */
} dc_when_style;

/* What the values of a column showed, gathered over its cells. */
enum {
  DC_WHEN_DAY_FIRST = 1,    /* 25/03/2021 */
  DC_WHEN_MONTH_FIRST = 2,  /* 03/25/2021 */
  DC_WHEN_EITHER = 4,       /* 03/04/2021 */
  DC_WHEN_CLOCK = 8,        /* a time of day other than midnight */
  DC_WHEN_MIDNIGHT = 16,    /* a time of day, 00:00:00 */
  DC_WHEN_YEAR_FIRST = 32,  /* 99/03/25: no day nor month is 99 */
  DC_WHEN_YEAR_LAST = 64,   /* 25/03/99 */
  DC_WHEN_TWO_DIGITS = 128, /* of the year, in a date of numbers */
  DC_WHEN_ZONE = 256        /* the cell names its zone */
};

/* How a cell was written, to be told. */
typedef enum dc_when_form {
  DC_FORM_ISO,     /* 2021-03-27, also with / or . */
  DC_FORM_NUMBERS, /* 27/03/2021 */
  DC_FORM_SHORT,   /* 27/03/21 */
  DC_FORM_NAMED,   /* 27-Mar-2021, March 27, 2021 */
  DC_FORM_CJK,     /* 2021 nian 3 yue 27 ri */
  DC_FORM_PERIOD,  /* 2025-Q1, 2025-03 */
  DC_FORM_BARE,    /* digits alone */
  DC_FORMS
} dc_when_form;

typedef enum dc_when_result { DC_WHEN_OK, DC_WHEN_NOT, DC_WHEN_IMPOSSIBLE } dc_when_result;

typedef struct dc_when {
  int32_t day;  /* as written, before any zone */
  int32_t ms;   /* of that day */
  int32_t zone; /* minutes ahead of UTC, 0 when not written */
  dc_when_form form;
  char separator;      /* of a date of numbers */
  uint8_t first, last; /* the first and last number of one with two digits of the year */
} dc_when;

/* - YYYY-MM-DD, also with / or . between; YYYY nian M yue D ri (Chinese, Japanese)
 * - D/M/YYYY or M/D/YYYY, with / or - or . between, by the style's order; the same with two digits of the year
 * - D-Mon-YYYY, D. Month YYYY, Mon D, YYYY: names and usual short names in English, German, French, Spanish, Portuguese;
 *   an English name of the weekday before it
 * - two digits of a year: 69..99 are 1969..1999, 00..68 are 2000..2068
 * - then, behind a blank, a comma or T: HH:MM[:SS[.fff]], HHMM[SS], 3:05 PM, shangwu/xiawu 3:05, 15 shi 05 fen; then Z, UTC, GMT,
 *   +HH, +HHMM, +HH:MM, or a zone's name that has one meaning (EST, CEST, JST, ...)
 * - digits alone by style->bare; quarters and months when style->periods
 * An instant without a zone is UTC. D.M.YYYY is day first unless some value proves the other: it is no reason to doubt.
 * Under DC_ORDER_UNKNOWN a date of numbers reads in whichever order is possible, day first where both are.
 * Years 1900..2100; other years and days that no calendar has (30 February) are DC_WHEN_IMPOSSIBLE. *seen collects
 * DC_WHEN_ bits of readable cells. A kernel may read YYYY-MM-DD itself: it shows no bits. */
dc_when_result dc_when_parse(const char *text, size_t length, const dc_when_style *style, dc_when *when,
                             uint32_t *seen);

/* Digits alone, perhaps with decimals, by this rule only. */
dc_when_result dc_when_parse_bare(const char *text, size_t length, dc_bare bare, dc_when *when);

/* Of a text that begins with a letter: false when no date does so. */
bool dc_when_begins(const char *text, size_t length, bool periods);

/* UTC milliseconds since 1970-01-01. */
int64_t dc_when_instant(const dc_when *when);

#endif
