#include "engine/ingest/when.h"

#include "engine/base/date.h"
#include "engine/ingest/narrow.h"
#include "engine/ingest/number.h"
#include "engine/ingest/when_parts.h"

#include <string.h>

enum { FIRST_YEAR = 1900, LAST_YEAR = 2100, PIVOT = 69, MS_PER_MINUTE = 60000, MINUTES_PER_DAY = 1440, LONGEST = 96 };

dc_when_result dc_when_make_day(int year, int month, int day, int32_t *out)
{
  if (year < FIRST_YEAR || year > LAST_YEAR || !dc_civil_valid(year, month, day)) return DC_WHEN_IMPOSSIBLE;
  *out = dc_date_from_civil(year, month, day);
  return DC_WHEN_OK;
}

/* Four digits, or two by the pivot. Returns how many there were, 0 = no year. */
static int take_year(dc_when_reader *r, int *year)
{
  int n = dc_when_take_digits(r, 2, 4, year);
  if (n == 3 || dc_when_is_digit(r)) return 0;
  if (n == 2) *year += *year >= PIVOT ? 1900 : 2000;
  return n;
}

/* A date of three numbers, and how its column's order reads it. */
typedef struct numbers {
  int first, second, last; /* as written */
  bool short_year;
  char separator;
} numbers;

/* What the numbers say of the order, whatever it is. */
static uint32_t order_bits(const numbers *n)
{
  uint32_t bits = n->short_year ? DC_WHEN_TWO_DIGITS : 0;
  bool dotted = n->separator == '.'; /* the day first, unless some value proves otherwise */
  if (n->short_year && (n->first > 31 || n->first == 0)) return bits | DC_WHEN_YEAR_FIRST;
  if (n->short_year && (n->last > 31 || n->last == 0)) bits |= DC_WHEN_YEAR_LAST;
  if (n->second > 12 && n->second <= 31 && n->first <= 12) return bits | DC_WHEN_MONTH_FIRST;
  if (n->first > 12 && n->first <= 31 && n->second <= 12) return bits | DC_WHEN_DAY_FIRST;
  bool either = n->first <= 12 && n->second <= 12 && n->first != n->second && !dotted;
  return either ? bits | DC_WHEN_EITHER : bits;
}

static dc_when_result make_ordered(const numbers *n, dc_day_order order, int32_t *day, uint32_t *seen)
{
  uint32_t bits = order_bits(n);
  int year = n->last;
  if (order == DC_ORDER_UNKNOWN && (bits & DC_WHEN_YEAR_FIRST)) order = DC_ORDER_YEAR_FIRST;
  if (order == DC_ORDER_UNKNOWN && (bits & DC_WHEN_MONTH_FIRST)) order = DC_ORDER_MONTH_FIRST;
  *seen |= bits;
  if (order == DC_ORDER_YEAR_FIRST && n->short_year)
    return dc_when_make_day(n->first + (n->first >= PIVOT ? 1900 : 2000), n->second, n->last, day);
  if (n->short_year) year += year >= PIVOT ? 1900 : 2000;
  return order == DC_ORDER_MONTH_FIRST ? dc_when_make_day(year, n->first, n->second, day)
                                       : dc_when_make_day(year, n->second, n->first, day);
}

/* "-", ". ", " de ", ", ": what stands between the parts of a date with a month's name. */
static bool skip_between(dc_when_reader *r)
{
  const char *before = r->p;
  while (r->p < r->end && strchr(" -/.,", *r->p)) r->p++;
  if (r->p > before && (dc_when_take_text(r, "de ") || dc_when_take_text(r, "of ") || dc_when_take_text(r, "del ")))
    while (dc_when_take(r, ' ')) continue;
  return r->p > before;
}

static void skip_ordinal(dc_when_reader *r)
{
  static const char *const endings[] = {"st", "nd", "rd", "th", "er", "\xC2\xBA"};
  for (size_t k = 0; k < sizeof endings / sizeof *endings; k++)
    if (dc_when_take_text(r, endings[k])) return;
}

/* 27-Mar-2012, once the day has been read. */
static dc_when_result read_named(dc_when_reader *r, int first, dc_when *when)
{
  int month, year;
  skip_ordinal(r);
  skip_between(r);
  if (!dc_when_take_month(r, &month)) return DC_WHEN_NOT;
  skip_between(r);
  if (!take_year(r, &year)) return DC_WHEN_NOT;
  when->form = DC_FORM_NAMED;
  return dc_when_make_day(year, month, first, &when->day);
}

/* Mar 27, 2012; with periods also March 2012. */
static dc_when_result read_month_first(dc_when_reader *r, const dc_when_style *style, dc_when *when)
{
  int month, first, year;
  dc_when_skip_weekday(r);
  if (dc_when_is_digit(r)) return dc_when_take_digits(r, 1, 2, &first) ? read_named(r, first, when) : DC_WHEN_NOT;
  if (!dc_when_take_month(r, &month)) return DC_WHEN_NOT;
  skip_between(r);
  dc_when_reader s = *r;
  when->form = DC_FORM_NAMED;
  if (style->periods && take_year(&s, &year) && s.p == s.end) {
    *r = s;
    when->form = DC_FORM_PERIOD;
    return dc_when_make_day(year, month, 1, &when->day);
  }
  if (!dc_when_take_digits(r, 1, 2, &first)) return DC_WHEN_NOT;
  skip_ordinal(r);
  if (!skip_between(r) || !take_year(r, &year)) return DC_WHEN_NOT;
  return dc_when_make_day(year, month, first, &when->day);
}

/* 2025-Q1, 2025Q1, 2025 Q1, 2025-03: what follows the year. */
static dc_when_result read_period(dc_when_reader *r, int year, dc_when *when)
{
  int number;
  if (year < FIRST_YEAR || year > LAST_YEAR) return DC_WHEN_NOT; /* 43831 is no month */
  if (!dc_when_take(r, '-') && !dc_when_take(r, ' ')) dc_when_take(r, '/');
  bool quarter = dc_when_take(r, 'Q') || dc_when_take(r, 'q');
  if (!dc_when_take_digits(r, 1, 2, &number) || r->p != r->end) return DC_WHEN_NOT;
  when->form = DC_FORM_PERIOD;
  if (number < 1 || number > (quarter ? 4 : 12)) return DC_WHEN_IMPOSSIBLE;
  return dc_when_make_day(year, quarter ? number * 3 - 2 : number, 1, &when->day);
}

/* Q1 2025, Q1-2025, Q1/25. */
static dc_when_result read_quarter_first(dc_when_reader *r, dc_when *when)
{
  int quarter, year;
  r->p++;
  if (!dc_when_take_digits(r, 1, 1, &quarter) || !skip_between(r) || !take_year(r, &year) || r->p != r->end)
    return DC_WHEN_NOT;
  when->form = DC_FORM_PERIOD;
  return quarter < 1 || quarter > 4 ? DC_WHEN_IMPOSSIBLE : dc_when_make_day(year, quarter * 3 - 2, 1, &when->day);
}

/* 2012 nian 3 yue 27 ri, once the year has been read. */
static dc_when_result read_cjk(dc_when_reader *r, int year, bool periods, dc_when *when)
{
  int month, day = 1;
  if (!dc_when_take_digits(r, 1, 2, &month) || !dc_when_take_text(r, "\xE6\x9C\x88")) return DC_WHEN_NOT; /* yue */
  bool whole = dc_when_take_digits(r, 1, 2, &day) > 0;
  if (!whole && !(periods && r->p == r->end)) return DC_WHEN_NOT;
  if (whole && !dc_when_take_text(r, "\xE6\x97\xA5")) (void)dc_when_take_text(r, "\xE5\x8F\xB7"); /* ri, hao */
  when->form = whole ? DC_FORM_CJK : DC_FORM_PERIOD;
  return dc_when_make_day(year, month, day, &when->day);
}

static dc_when_result read_year_first(dc_when_reader *r, int year, const dc_when_style *style, dc_when *when)
{
  int month, day;
  dc_when_reader s = *r;
  if (dc_when_take_text(&s, "\xE5\xB9\xB4")) { /* nian */
    *r = s;
    return read_cjk(r, year, style->periods, when);
  }
  /* YYYYMMDD with a time of day behind it: no digits alone. */
  if (dc_when_take_digits(&s, 4, 4, &month) == 4 && s.p < s.end && (*s.p == 'T' || *s.p == ' ')) {
    *r = s;
    when->form = DC_FORM_ISO;
    return dc_when_make_day(year, month / 100, month % 100, &when->day);
  }
  s = *r;
  char separator = s.p < s.end ? *s.p++ : 0;
  if (separator && strchr("-/.", separator) && dc_when_take_digits(&s, 1, 2, &month) && dc_when_take(&s, separator) &&
      dc_when_take_digits(&s, 1, 2, &day)) {
    *r = s;
    when->form = DC_FORM_ISO;
    when->separator = separator;
    return dc_when_make_day(year, month, day, &when->day);
  }
  return style->periods ? read_period(r, year, when) : DC_WHEN_NOT;
}

static dc_when_result read_numbers(dc_when_reader *r, int first, dc_day_order order, dc_when *when, uint32_t *seen)
{
  numbers n = {.first = first, .separator = r->p < r->end ? *r->p : 0};
  dc_when_reader s = *r;
  s.p++;
  if (!n.separator || !strchr("-/.", n.separator) || !dc_when_take_digits(&s, 1, 2, &n.second) ||
      !dc_when_take(&s, n.separator)) {
    return DC_WHEN_NOT;
  }
  int digits = dc_when_take_digits(&s, 2, 4, &n.last);
  if ((digits != 2 && digits != 4) || dc_when_is_digit(&s)) return DC_WHEN_NOT;
  *r = s;
  n.short_year = digits == 2;
  when->form = n.short_year ? DC_FORM_SHORT : DC_FORM_NUMBERS;
  when->separator = n.separator;
  when->first = (uint8_t)n.first;
  when->last = n.short_year ? (uint8_t)n.last : 0;
  return make_ordered(&n, order, &when->day, seen);
}

static dc_when_result read_day(dc_when_reader *r, const dc_when_style *style, dc_when *when, uint32_t *seen)
{
  int first = 0;
  if (!dc_when_is_digit(r)) {
    bool quarter = style->periods && r->end - r->p > 1 && (*r->p == 'Q' || *r->p == 'q') && r->p[1] <= '9';
    return quarter ? read_quarter_first(r, when) : read_month_first(r, style, when);
  }
  int n = dc_when_take_digits(r, 1, 4, &first);
  if (n == 4) return read_year_first(r, first, style, when);
  if (n == 3) return DC_WHEN_NOT;
  dc_when_result result = read_numbers(r, first, style->order, when, seen);
  return result == DC_WHEN_NOT ? read_named(r, first, when) : result;
}

static inline unsigned digit(const char *text, int i) { return (unsigned)(unsigned char)text[i] - '0'; }

/* The common cell, YYYY-MM-DD; false = look closer. */
static inline bool parse_iso(const char *text, size_t length, int32_t *day)
{
  if (length != 10 || text[4] != '-' || text[7] != '-') return false;
  unsigned y3 = digit(text, 0), y2 = digit(text, 1), y1 = digit(text, 2), y0 = digit(text, 3);
  unsigned m1 = digit(text, 5), m0 = digit(text, 6), d1 = digit(text, 8), d0 = digit(text, 9);
  if (y3 > 9 || y2 > 9 || y1 > 9 || y0 > 9 || m1 > 9 || m0 > 9 || d1 > 9 || d0 > 9) return false;
  return dc_when_make_day((int)(y3 * 1000 + y2 * 100 + y1 * 10 + y0), (int)(m1 * 10 + m0), (int)(d1 * 10 + d0), day) ==
         DC_WHEN_OK;
}

static dc_when_result parse_any(const char *text, size_t length, const dc_when_style *style, dc_when *when,
                                uint32_t *bits)
{
  dc_when_reader r = {text, text + length};
  dc_when_result result = read_day(&r, style, when, bits);
  if (result == DC_WHEN_NOT || r.p == r.end) return result;
  bool cjk = when->form == DC_FORM_CJK, apart = dc_when_take(&r, 'T');
  if (!apart) {
    apart = dc_when_take(&r, ',') || cjk;
    while (dc_when_take(&r, ' ')) apart = true;
  }
  if (dc_when_take(&r, 'Z')) return r.p == r.end ? result : DC_WHEN_NOT; /* 2021-03-04Z: a day, in UTC */
  return apart && dc_when_take_clock(&r, when, bits) ? result : DC_WHEN_NOT;
}

dc_when_result dc_when_parse(const char *text, size_t length, const dc_when_style *style, dc_when *when, uint32_t *seen)
{
  char narrow[LONGEST];
  uint32_t bits = 0;
  when->ms = when->zone = 0;
  when->form = DC_FORM_ISO;
  when->separator = '-';
  if (parse_iso(text, length, &when->day)) return DC_WHEN_OK;
  text = dc_narrow(text, &length, narrow, sizeof narrow);
  if (!text) return DC_WHEN_NOT;
  dc_trim(&text, &length);
  if (length > LONGEST) return DC_WHEN_NOT;
  dc_when_result result = parse_any(text, length, style, when, &bits);
  if (result == DC_WHEN_NOT) bits = 0;
  if (result == DC_WHEN_NOT && style->bare != DC_BARE_NOT) {
    result = dc_when_parse_bare(text, length, style->bare, when);
    if (result == DC_WHEN_OK && when->ms) bits = DC_WHEN_CLOCK;
  }
  /* What is impossible under this order may prove another. */
  if (result == DC_WHEN_IMPOSSIBLE) bits &= DC_WHEN_DAY_FIRST | DC_WHEN_MONTH_FIRST | DC_WHEN_YEAR_FIRST;
  *seen |= bits;
  return result;
}

int64_t dc_when_instant(const dc_when *when)
{
  int64_t minutes = (int64_t)when->day * MINUTES_PER_DAY - when->zone;
  return minutes * MS_PER_MINUTE + when->ms;
}
