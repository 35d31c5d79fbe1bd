#include "calendar.h"

#include <stdio.h>
#include <stdlib.h>

/* Days from civil and back: counts years from March, so that the leap day is the last of its year. */
int dg_day_number(dg_civil civil)
{
  const int y = civil.month <= 2 ? civil.year - 1 : civil.year;
  const int era = (y >= 0 ? y : y - 399) / 400;
  const int year_of_era = y - era * 400;
  const int month = (civil.month + 9) % 12;
  const int day_of_year = (153 * month + 2) / 5 + civil.day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

  return era * 146097 + day_of_era - 719468;
}

dg_civil dg_civil_of(int day_number)
{
  const int z = day_number + 719468;
  const int era = (z >= 0 ? z : z - 146096) / 146097;
  const int day_of_era = z - era * 146097;
  const int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int month = (5 * day_of_year + 2) / 153;
  dg_civil civil = {.day = day_of_year - (153 * month + 2) / 5 + 1, .month = month < 10 ? month + 3 : month - 9};

  civil.year = year_of_era + era * 400 + (civil.month <= 2);
  return civil;
}

bool dg_day_parse(const char *text, int *day_number)
{
  dg_civil civil;
  int used = 0;

  if (sscanf(text, "%4d-%2d-%2d%n", &civil.year, &civil.month, &civil.day, &used) != 3 || used != 10 ||
      text[used] != '\0')
    return false;
  const int day = dg_day_number(civil);
  const dg_civil back = dg_civil_of(day);

  if (back.year != civil.year || back.month != civil.month || back.day != civil.day) return false;
  *day_number = day;
  return true;
}

int dg_period_first(int day_number, int months)
{
  dg_civil civil = dg_civil_of(day_number);

  civil.month = (civil.month - 1) / months * months + 1;
  civil.day = 1;
  return dg_day_number(civil);
}

int dg_period_last(int day_number, int months)
{
  dg_civil civil = dg_civil_of(dg_period_first(day_number, months));

  civil.month += months;
  if (civil.month > 12) {
    civil.month -= 12;
    civil.year++;
  }
  return dg_day_number(civil) - 1;
}

dg_day *dg_calendar_new(int first, int n)
{
  dg_day *days = calloc((size_t)n, sizeof *days);
  const dg_civil origin = dg_civil_of(first);

  for (int i = 0; days && i < n; i++) {
    const int number = first + i;
    const dg_civil civil = dg_civil_of(number);
    char text[40];

    snprintf(text, sizeof text, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
    for (int k = 0; k < 10; k++) days[i].text[k] = text[k];
    days[i].weekday = (signed char)(((number + 3) % 7 + 7) % 7);
    days[i].month = (signed char)(civil.month - 1);
    days[i].months = (short)((civil.year - origin.year) * 12 + civil.month - origin.month);
    days[i].quarters = (short)((civil.year - origin.year) * 4 + (civil.month - 1) / 3 - (origin.month - 1) / 3);
    days[i].since_quarter = (short)(number - dg_period_first(number, 3));
    days[i].to_quarter = (short)(dg_period_last(number, 3) - number);
    days[i].years = (double)i / 365.25;
  }
  return days;
}
