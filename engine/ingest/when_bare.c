#include "engine/ingest/when_parts.h"

#include "engine/base/date.h"

enum {
  EXCEL_DAYS = 25569,      /* 1970-01-01 is day 25569 since 1899-12-30 */
  EXCEL_1904_DAYS = 24107, /* and 24107 since 1904-01-01 */
  LAST_DAY = 47846,        /* 2100-12-31 */
  FRACTION_DIGITS = 10,
  MS_PER_DAY = 86400000
};

#define FIRST_UNIX_MS ((int64_t)631152000 * 1000) /* 1990-01-01 */

/* digits[.digits]: the whole part, and the rest of it as milliseconds of a day. False: something else. */
static bool read_number(const char *text, size_t length, int64_t *whole, int64_t *rest, size_t *whole_digits)
{
  static const int64_t scale[FRACTION_DIGITS + 1] = {1,       10,       100,       1000,       10000,      100000,
                                                     1000000, 10000000, 100000000, 1000000000, 10000000000};
  size_t i = 0;
  int64_t fraction = 0;
  int n = 0;
  *whole = *rest = 0;
  for (; i < length && i < 14 && (unsigned char)(text[i] - '0') < 10; i++) *whole = *whole * 10 + (text[i] - '0');
  *whole_digits = i;
  if (i == 0) return false;
  if (i < length && (text[i] == '.' || text[i] == ',')) {
    for (i++; i < length && (unsigned char)(text[i] - '0') < 10; i++)
      if (n < FRACTION_DIGITS) fraction = fraction * 10 + (text[i] - '0'), n++;
    if (text[i - 1] == '.' || text[i - 1] == ',') return false;
    *rest = (fraction * MS_PER_DAY + scale[n] / 2) / scale[n];
  }
  return i == length;
}

static dc_when_result read_compact(const char *text, size_t length, dc_when *when)
{
  dc_when_reader r = {text, text + length};
  int year, month, day, hour = 0, minute = 0, second = 0;
  if (length != 8 && length != 12 && length != 14) return DC_WHEN_NOT;
  if (dc_when_take_digits(&r, 4, 4, &year) != 4 || dc_when_take_digits(&r, 2, 2, &month) != 2 ||
      dc_when_take_digits(&r, 2, 2, &day) != 2) {
    return DC_WHEN_NOT;
  }
  if (length > 8 && (!dc_when_take_digits(&r, 2, 2, &hour) || !dc_when_take_digits(&r, 2, 2, &minute)))
    return DC_WHEN_NOT;
  if (length > 12 && !dc_when_take_digits(&r, 2, 2, &second)) return DC_WHEN_NOT;
  if (hour > 23 || minute > 59 || second > 59) return DC_WHEN_NOT;
  when->ms = ((hour * 60 + minute) * 60 + second) * 1000;
  return dc_when_make_day(year, month, day, &when->day);
}

static dc_when_result read_excel(int64_t whole, int64_t rest, int first, dc_when *when)
{
  int64_t day = whole - first + rest / MS_PER_DAY;
  if (day < 0 || day > LAST_DAY) return DC_WHEN_NOT;
  when->day = (int32_t)day;
  when->ms = (int32_t)(rest % MS_PER_DAY);
  return DC_WHEN_OK;
}

static dc_when_result read_unix(int64_t ms, dc_when *when)
{
  if (ms < FIRST_UNIX_MS || ms / MS_PER_DAY > LAST_DAY) return DC_WHEN_NOT;
  when->day = (int32_t)(ms / MS_PER_DAY);
  when->ms = (int32_t)(ms % MS_PER_DAY);
  return DC_WHEN_OK;
}

dc_when_result dc_when_parse_bare(const char *text, size_t length, dc_bare bare, dc_when *when)
{
  int64_t whole, rest;
  size_t digits;
  when->ms = when->zone = 0;
  when->form = DC_FORM_BARE;
  if (bare == DC_BARE_COMPACT) return read_compact(text, length, when);
  if (!read_number(text, length, &whole, &rest, &digits)) return DC_WHEN_NOT;
  switch (bare) {
    case DC_BARE_EXCEL: return read_excel(whole, rest, EXCEL_DAYS, when);
    case DC_BARE_EXCEL_1904: return read_excel(whole, rest, EXCEL_1904_DAYS, when);
    case DC_BARE_SECONDS:
      return digits == 9 || digits == 10 ? read_unix(whole * 1000 + rest / 86400, when) : DC_WHEN_NOT;
    case DC_BARE_MILLISECONDS: return digits == 12 || digits == 13 ? read_unix(whole, when) : DC_WHEN_NOT;
    default: return DC_WHEN_NOT;
  }
}
