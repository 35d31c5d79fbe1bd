#include "engine/ingest/when.h"

#include "engine/base/date.h"
#include "engine/ingest/number.h"

#include <stdbool.h>
#include <string.h>

enum { FIRST_YEAR = 1900, LAST_YEAR = 2100, MS_PER_MINUTE = 60000, MINUTES_PER_DAY = 1440 };

typedef struct reader {
  const char *p, *end;
} reader;

static bool take(reader *r, char c)
{
  if (r->p == r->end || *r->p != c) return false;
  r->p++;
  return true;
}

/* Between least and most digits; returns how many, 0 when there are too few. More than most: the rest stays. */
static int take_digits(reader *r, int least, int most, int *value)
{
  int n = 0, v = 0;
  while (n < most && r->p + n < r->end && (unsigned char)(r->p[n] - '0') < 10) v = v * 10 + (r->p[n++] - '0');
  if (n < least) return 0;
  r->p += n;
  *value = v;
  return n;
}

static bool take_month_name(reader *r, int *month)
{
  static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
  if (r->end - r->p < 3) return false;
  char low[3];
  for (int i = 0; i < 3; i++) low[i] = (char)(r->p[i] | 0x20);
  for (int m = 0; m < 12; m++) {
    if (memcmp(names + 3 * m, low, 3) != 0) continue;
    r->p += 3;
    *month = m + 1;
    return true;
  }
  return false;
}

static dc_when_result make_day(int year, int month, int day, int32_t *out)
{
  if (year < FIRST_YEAR || year > LAST_YEAR || !dc_civil_valid(year, month, day)) return DC_WHEN_IMPOSSIBLE;
  *out = dc_date_from_civil(year, month, day);
  return DC_WHEN_OK;
}

/* D/M/Y and its relatives once both numbers and the separator are known. */
static dc_when_result make_ordered(int first, int second, int year, char separator, dc_day_order order, int32_t *day,
                                   uint32_t *seen)
{
  if (separator == '.') return make_day(year, second, first, day);
  uint32_t bits = first > 12 && second <= 12 ? DC_WHEN_DAY_FIRST : 0;
  if (second > 12 && first <= 12) bits = DC_WHEN_MONTH_FIRST;
  if (first <= 12 && second <= 12) bits = DC_WHEN_EITHER;
  bool month_first = order == DC_ORDER_MONTH_FIRST || (order == DC_ORDER_UNKNOWN && bits == DC_WHEN_MONTH_FIRST);
  dc_when_result result = month_first ? make_day(year, first, second, day) : make_day(year, second, first, day);
  *seen |= bits;
  return result;
}

static dc_when_result read_day(reader *r, dc_day_order order, int32_t *day, uint32_t *seen)
{
  int first, second, year;
  int n = take_digits(r, 1, 4, &first);
  if (n != 1 && n != 2 && n != 4) return DC_WHEN_NOT;
  char separator = r->p < r->end ? *r->p : 0;
  if (!separator || !strchr("-/. ", separator)) return DC_WHEN_NOT;
  r->p++;
  if (n == 4) {
    if (separator == ' ' || !take_digits(r, 1, 2, &second) || !take(r, separator)) return DC_WHEN_NOT;
    int number;
    if (!take_digits(r, 1, 2, &number)) return DC_WHEN_NOT;
    return make_day(first, second, number, day);
  }
  if (take_month_name(r, &second)) {
    if (!take(r, separator) || take_digits(r, 4, 4, &year) != 4) return DC_WHEN_NOT;
    return make_day(year, second, first, day);
  }
  if (separator == ' ' || !take_digits(r, 1, 2, &second) || !take(r, separator)) return DC_WHEN_NOT;
  if (take_digits(r, 4, 4, &year) != 4) return DC_WHEN_NOT;
  return make_ordered(first, second, year, separator, order, day, seen);
}

static bool read_zone(reader *r, int32_t *zone)
{
  *zone = 0;
  if (r->p == r->end || (take(r, 'Z') && r->p == r->end)) return true;
  bool west = r->p < r->end && *r->p == '-';
  int hours, minutes = 0;
  if (!take(r, '+') && !take(r, '-')) return false;
  if (take_digits(r, 2, 2, &hours) != 2) return false;
  take(r, ':');
  if (r->p != r->end && take_digits(r, 2, 2, &minutes) != 2) return false;
  if (hours > 14 || minutes > 59) return false;
  *zone = (west ? -1 : 1) * (hours * 60 + minutes);
  return r->p == r->end;
}

static bool read_clock(reader *r, dc_when *when)
{
  int hour, minute, second = 0, ms = 0;
  if (!take_digits(r, 1, 2, &hour) || !take(r, ':') || take_digits(r, 2, 2, &minute) != 2) return false;
  if (take(r, ':')) {
    if (take_digits(r, 2, 2, &second) != 2) return false;
    if (take(r, '.')) {
      int fraction, n = take_digits(r, 1, 3, &fraction);
      if (!n) return false;
      for (ms = fraction; n < 3; n++) ms *= 10;
      while (r->p < r->end && (unsigned char)(*r->p - '0') < 10) r->p++;
    }
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  when->ms = ((hour * 60 + minute) * 60 + second) * 1000 + ms;
  take(r, ' ');
  return read_zone(r, &when->zone);
}

static inline unsigned digit(const char *text, int i) { return (unsigned)(unsigned char)text[i] - '0'; }

/* The common cell, YYYY-MM-DD; false = look closer. */
static inline bool parse_iso(const char *text, size_t length, int32_t *day)
{
  if (length != 10 || text[4] != '-' || text[7] != '-') return false;
  unsigned y3 = digit(text, 0), y2 = digit(text, 1), y1 = digit(text, 2), y0 = digit(text, 3);
  unsigned m1 = digit(text, 5), m0 = digit(text, 6), d1 = digit(text, 8), d0 = digit(text, 9);
  if (y3 > 9 || y2 > 9 || y1 > 9 || y0 > 9 || m1 > 9 || m0 > 9 || d1 > 9 || d0 > 9) return false;
  return make_day((int)(y3 * 1000 + y2 * 100 + y1 * 10 + y0), (int)(m1 * 10 + m0), (int)(d1 * 10 + d0), day) ==
         DC_WHEN_OK;
}

static dc_when_result parse_compact(const char *text, size_t length, dc_when *when)
{
  reader r = {text, text + length};
  int year, month, day;
  when->ms = when->zone = 0;
  if (length != 8 || take_digits(&r, 4, 4, &year) != 4 || take_digits(&r, 2, 2, &month) != 2 ||
      take_digits(&r, 2, 2, &day) != 2) {
    return DC_WHEN_NOT;
  }
  return make_day(year, month, day, &when->day);
}

dc_when_result dc_when_parse(const char *text, size_t length, const dc_when_style *style, dc_when *when, uint32_t *seen)
{
  if (parse_iso(text, length, &when->day)) {
    when->ms = when->zone = 0;
    return DC_WHEN_OK;
  }
  dc_trim(&text, &length);
  reader r = {text, text + length};
  uint32_t bits = 0;
  when->ms = when->zone = 0;
  dc_when_result result = read_day(&r, style->order, &when->day, &bits);
  if (result == DC_WHEN_NOT) return style->bare == DC_BARE_COMPACT ? parse_compact(text, length, when) : result;
  if (r.p < r.end) {
    if (!take(&r, 'T') && !take(&r, ' ')) return DC_WHEN_NOT;
    if (!read_clock(&r, when)) return DC_WHEN_NOT;
    bits |= when->ms ? DC_WHEN_CLOCK : DC_WHEN_MIDNIGHT;
  }
  if (result == DC_WHEN_OK) *seen |= bits;
  return result;
}

int64_t dc_when_instant(const dc_when *when)
{
  int64_t minutes = (int64_t)when->day * MINUTES_PER_DAY - when->zone;
  return minutes * MS_PER_MINUTE + when->ms;
}
