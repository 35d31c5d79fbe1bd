/* Civil days. A day is a number of days since 1970-01-01 (proleptic Gregorian); a day index counts from the
 * simulation's first day. */
#ifndef DATASETS_GENERATE_CALENDAR_H
#define DATASETS_GENERATE_CALENDAR_H

#include <stdbool.h>

typedef struct {
  int year, month, day;
} dg_civil;

/* What the simulation asks about each day, so that no loop does calendar arithmetic. */
typedef struct {
  char text[11];       /* YYYY-MM-DD */
  signed char weekday; /* 0 = Monday */
  signed char month;   /* 0..11 */
  short months;        /* months since the month of day index 0 */
  short quarters;      /* quarters since the quarter of day index 0 */
  short since_quarter; /* days since the quarter's first day */
  short to_quarter;    /* days until its last day */
  double years;        /* since day index 0 */
} dg_day;

int dg_day_number(dg_civil civil);
dg_civil dg_civil_of(int day_number);

/* Reads YYYY-MM-DD; false when it is not a day. */
bool dg_day_parse(const char *text, int *day_number);

/* n days from day number `first` on; the caller frees it. NULL when memory is short. */
dg_day *dg_calendar_new(int first, int n);

/* Last and first day number of the month (months = 1) or quarter (months = 3) that holds a day number. */
int dg_period_last(int day_number, int months);
int dg_period_first(int day_number, int months);

#endif
