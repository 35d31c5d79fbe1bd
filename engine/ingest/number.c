#include "engine/ingest/number.h"

#include <locale.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_POWER = 22, DIGITS_IN_WORD = 19, LONGEST = 4096 };

static const double powers[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                               1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

#define EXACT_INTEGERS ((uint64_t)1 << 53)

static inline bool is_digit(char c) { return (unsigned char)(c - '0') < 10; }

/* The common cell: [-]digits[.digits]. Both the mantissa and the power are exact doubles, so one division rounds
 * once (Clinger 1990). False = leave it to the slow path. */
static inline bool parse_plain(const char *text, size_t length, double *value, uint32_t *seen)
{
  if (!length || length > DIGITS_IN_WORD) return false;
  size_t i = text[0] == '-', first = i;
  uint64_t mantissa = 0;
  while (i < length && is_digit(text[i])) mantissa = mantissa * 10 + (uint64_t)(text[i++] - '0');
  size_t whole = i - first, decimals = 0;
  if (!whole) return false;
  if (i < length && text[i] == '.') {
    size_t point = i++;
    while (i < length && is_digit(text[i])) mantissa = mantissa * 10 + (uint64_t)(text[i++] - '0');
    decimals = i - point - 1;
  }
  if (i < length || mantissa >= EXACT_INTEGERS) return false;
  *seen |= dc_number_plain_seen(whole, decimals, text[first]);
  double v = (double)mantissa / powers[decimals];
  *value = first ? -v : v;
  return true;
}

/* What is left of a number after its ornaments: sign, groups, currency. */
typedef struct stripped {
  const char *text;
  size_t length;
  bool negative, signed_;
} stripped;

static bool take_front(stripped *s, const char *mark)
{
  size_t n = strlen(mark);
  if (s->length < n || memcmp(s->text, mark, n) != 0) return false;
  s->text += n;
  s->length -= n;
  dc_trim(&s->text, &s->length);
  return true;
}

static bool take_back(stripped *s, const char *mark)
{
  size_t n = strlen(mark);
  if (s->length < n || memcmp(s->text + s->length - n, mark, n) != 0) return false;
  s->length -= n;
  dc_trim(&s->text, &s->length);
  return true;
}

static bool take_sign(stripped *s)
{
  if (s->signed_) return false;
  if (take_front(s, "-") || take_back(s, "-")) {
    s->negative = s->signed_ = true;
  } else if (take_front(s, "+")) {
    s->signed_ = true;
  }
  return s->signed_;
}

static void take_currency(stripped *s, uint32_t *seen)
{
  static const char *const marks[] = {"$", "\xE2\x82\xAC", "\xC2\xA3", "\xC2\xA5"};
  for (size_t m = 0; m < sizeof marks / sizeof *marks; m++) {
    if (!take_front(s, marks[m]) && !take_back(s, marks[m])) continue;
    *seen |= DC_NUMBER_MONEY;
    return;
  }
}

static bool strip(stripped *s, uint32_t *seen)
{
  dc_trim(&s->text, &s->length);
  if (s->length > 2 && s->text[0] == '(' && s->text[s->length - 1] == ')') {
    s->text++;
    s->length -= 2;
    s->negative = s->signed_ = true;
    dc_trim(&s->text, &s->length);
  }
  take_sign(s);
  take_currency(s, seen);
  take_sign(s);
  if (take_back(s, "%")) take_sign(s);
  return s->length > 0 && s->length < LONGEST;
}

/* Copies the digits to plain without group commas; false when the commas do not stand between groups of three. */
static bool drop_groups(const stripped *s, char *plain, uint32_t *seen)
{
  size_t out = 0, digits = 0, groups = 0, i = 0;
  for (; i < s->length && (is_digit(s->text[i]) || s->text[i] == ','); i++) {
    if (s->text[i] == ',') {
      if (digits == 0 || digits > 3 || (groups && digits != 3)) return false;
      groups++;
      digits = 0;
    } else {
      digits++;
      plain[out++] = s->text[i];
    }
  }
  if (groups && digits != 3) return false;
  if (groups == 1) *seen |= i < s->length && s->text[i] == '.' ? DC_NUMBER_POINT : DC_NUMBER_COMMA_3;
  if (groups > 1) *seen |= DC_NUMBER_POINT;
  memcpy(plain + out, s->text + i, s->length - i);
  plain[out + s->length - i] = 0;
  return true;
}

/* [digits][.digits][e[sign]digits], at least one digit before the exponent. */
static bool well_formed(const char *p, uint32_t *seen)
{
  size_t whole = strspn(p, "0123456789"), decimals = 0;
  const char *q = p + whole;
  if (*q == '.') {
    decimals = strspn(q + 1, "0123456789");
    q += 1 + decimals;
  }
  if (whole + decimals == 0) return false;
  *seen |= dc_number_plain_seen(whole, decimals, p[0]);
  if (!*q && !decimals && (whole > 16 || (whole == 16 && strcmp(p, "9007199254740992") > 0))) *seen |= DC_NUMBER_ID;
  if (*q == 'e' || *q == 'E') {
    q++;
    if (*q == '+' || *q == '-') q++;
    size_t exponent = strspn(q, "0123456789");
    if (!exponent) return false;
    q += exponent;
  }
  return *q == 0;
}

static bool convert(const char *plain, double *value)
{
  locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (c == (locale_t)0) return false;
  locale_t before = uselocale(c);
  *value = strtod(plain, NULL);
  uselocale(before);
  freelocale(c);
  return isfinite(*value);
}

static bool parse_any(const char *text, size_t length, double *value, uint32_t *seen)
{
  char plain[LONGEST];
  stripped s = {text, length, false, false};
  uint32_t bits = 0;
  double v;
  if (!strip(&s, &bits) || !drop_groups(&s, plain, &bits) || !well_formed(plain, &bits) || !convert(plain, &v)) {
    return false;
  }
  *seen |= bits;
  *value = s.negative ? -v : v;
  return true;
}

bool dc_number_parse(const char *text, size_t length, const dc_number_style *style, double *value, uint32_t *seen)
{
  (void)style;
  return parse_plain(text, length, value, seen) || parse_any(text, length, value, seen);
}
