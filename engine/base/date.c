#include "engine/base/date.h"

#include <stdio.h>

int32_t dc_date_from_civil(int32_t year, int month, int day)
{
  int32_t y = month <= 2 ? year - 1 : year;
  int32_t era = (y >= 0 ? y : y - 399) / 400;
  int32_t year_of_era = y - era * 400;
  int32_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

dc_civil dc_date_to_civil(int32_t date)
{
  int32_t z = date + 719468;
  int32_t era = (z >= 0 ? z : z - 146096) / 146097;
  int32_t day_of_era = z - era * 146097;
  int32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int mp = (5 * day_of_year + 2) / 153;
  dc_civil c;
  c.day = day_of_year - (153 * mp + 2) / 5 + 1;
  c.month = mp < 10 ? mp + 3 : mp - 9;
  c.year = year_of_era + era * 400 + (c.month <= 2 ? 1 : 0);
  return c;
}

bool dc_civil_valid(int32_t year, int month, int day)
{
  static const int days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1) return false;
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= days[month - 1] + (month == 2 && leap ? 1 : 0);
}

int dc_weekday(int32_t date)
{
  int w = (date + 3) % 7; /* 1970-01-01 was a Thursday */
  return w < 0 ? w + 7 : w;
}

char *dc_date_format(int32_t date, char *text)
{
  dc_civil c = dc_date_to_civil(date);
  snprintf(text, DC_DATE_CHARS, "%04d-%02d-%02d", (int)c.year, c.month, c.day);
  return text;
}

static bool digits(const char *text, int count, int *value)
{
  *value = 0;
  for (int i = 0; i < count; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    *value = *value * 10 + (text[i] - '0');
  }
  return true;
}

bool dc_date_parse_iso(const char *text, size_t length, int32_t *date)
{
  int year, month, day;
  if (length != 10 || text[4] != '-' || text[7] != '-') return false;
  if (!digits(text, 4, &year) || !digits(text + 5, 2, &month) || !digits(text + 8, 2, &day)) return false;
  if (!dc_civil_valid(year, month, day)) return false;
  *date = dc_date_from_civil(year, month, day);
  return true;
}
