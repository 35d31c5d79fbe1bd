#include "engine/ingest/number.h"

#include "engine/ingest/narrow.h"
#include "engine/ingest/units.h"

#include <locale.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_POWER = 22, DIGITS_IN_WORD = 19, LONGEST = 4096, EXPONENT_LIMIT = 100000, EXPONENT_ROOM = 16 };

static const double powers[EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                               1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

#define EXACT_INTEGERS ((uint64_t)1 << 53)

static inline bool is_digit(char c) { return (unsigned char)(c - '0') < 10; }

/* The common cell: [-]digits[mark digits]. Both the mantissa and the power are exact doubles, so one division rounds
 * once (Clinger 1990). False = leave it to the slow path. */
static inline bool parse_plain(const char *text, size_t length, char mark, double *value, uint32_t *seen)
{
  if (!length || length > DIGITS_IN_WORD) return false;
  size_t i = text[0] == '-', first = i;
  uint64_t mantissa = 0;
  while (i < length && is_digit(text[i])) mantissa = mantissa * 10 + (uint64_t)(text[i++] - '0');
  size_t whole = i - first, decimals = 0;
  if (!whole) return false;
  if (i < length && text[i] == mark) {
    size_t point = i++;
    while (i < length && is_digit(text[i])) mantissa = mantissa * 10 + (uint64_t)(text[i++] - '0');
    decimals = i - point - 1;
  }
  if (i < length || mantissa >= EXACT_INTEGERS) return false;
  if (mark == ',' && i > first + whole && !decimals) return false; /* "5," is a slip */
  uint32_t shown = dc_number_plain_seen(whole, decimals, text[first]);
  *seen |= mark == '.' ? shown : (shown & DC_NUMBER_ID) | (shown & (DC_NUMBER_POINT | DC_NUMBER_POINT_3)) << 1;
  double v = (double)mantissa / powers[decimals];
  *value = first ? -v : v;
  return true;
}

/* What is left of a cell while its ornaments are taken off, and what they said. */
typedef struct bare_cell {
  const char *text;
  size_t length;
  bool minus_before, minus_behind, plus, brackets, percent, closed; /* closed: "500,-", no decimals follow */
  char mark;                                                        /* the mark of a closed cell */
  uint8_t currency;
  int shift;
} bare_cell;

static bool take_byte(bare_cell *c, char byte, bool front)
{
  if (!c->length || (front ? c->text[0] : c->text[c->length - 1]) != byte) return false;
  if (front) c->text++;
  c->length--;
  dc_trim(&c->text, &c->length);
  return true;
}

static bool take_brackets(bare_cell *c)
{
  if (c->brackets || c->minus_before || c->minus_behind || c->plus || c->length < 3) return false;
  if (c->text[0] != '(' || c->text[c->length - 1] != ')') return false;
  c->text++;
  c->length -= 2;
  dc_trim(&c->text, &c->length);
  return c->brackets = true;
}

/* "500,-" and "500.--": money without small coins, not less than nothing. */
static bool take_closing(bare_cell *c)
{
  if (c->closed || c->minus_behind) return false;
  size_t n = c->length;
  while (n && c->text[n - 1] == '-') n--;
  if (n == c->length || c->length - n > 2 || n < 2 || (c->text[n - 1] != ',' && c->text[n - 1] != '.')) return false;
  c->mark = c->text[n - 1];
  c->length = n - 1;
  return c->closed = true;
}

static bool take_sign(bare_cell *c)
{
  if (c->brackets) return false;
  if (!c->minus_before && !c->plus) {
    if (take_byte(c, '-', true)) return c->minus_before = true;
    if (take_byte(c, '+', true)) return c->plus = true;
  }
  if (take_closing(c)) return true;
  return !c->minus_behind && !c->plus && !c->closed && (c->minus_behind = take_byte(c, '-', false));
}

static bool take_unit(bare_cell *c)
{
  if (!c->percent && take_byte(c, '%', false)) return c->percent = true;
  bool front = !is_digit(c->text[0]) && c->text[0] != '.', back = !is_digit(c->text[c->length - 1]);
  if (!c->currency && front && (c->currency = dc_currency_take_front(&c->text, &c->length)) != 0) return true;
  if (!c->currency && back && (c->currency = dc_currency_take_back(&c->text, &c->length)) != 0) return true;
  return !c->shift && back && c->length && (c->shift = dc_scale_take_back(&c->text, &c->length, c->currency != 0)) != 0;
}

static void undress(bare_cell *c)
{
  dc_trim(&c->text, &c->length);
  while (c->length && (take_brackets(c) || take_sign(c) || (c->length && take_unit(c)))) continue;
}

/* The digits of a number without their marks: digits * 10^power. */
typedef struct decimal {
  char digits[LONGEST + EXPONENT_ROOM];
  size_t n, whole, decimals, groups;
  bool indian;
  char group;
  int power;
  bool exponent;
} decimal;

static size_t copy_digits(decimal *d, const char *p, size_t n, size_t i)
{
  while (i < n && is_digit(p[i])) d->digits[d->n++] = p[i++];
  return i;
}

/* Digits in groups of three behind the first, or of two with three at the end as in India. Returns where they end,
 * SIZE_MAX when the marks do not stand between such groups. */
static size_t read_whole(decimal *d, const char *p, size_t n, char mark)
{
  size_t twos = 0, threes = 0, first = 0, i = copy_digits(d, p, n, 0), run = i;
  while (i < n && p[i] != mark && (p[i] == ',' || p[i] == '.' || p[i] == '\'' || p[i] == ' ')) {
    if (d->groups && p[i] != d->group) return SIZE_MAX;
    if (!d->groups && (run == 0 || run > 3 || p[0] == '0')) return SIZE_MAX;
    if (!d->groups) first = run;
    twos += d->groups && run == 2;
    threes += d->groups && run == 3;
    if (d->groups++ && run != 2 && run != 3) return SIZE_MAX;
    d->group = p[i];
    size_t from = i + 1;
    i = copy_digits(d, p, n, from);
    run = i - from;
  }
  if (d->groups && (run != 3 || (twos && (threes || first > 2)))) return SIZE_MAX;
  d->whole = d->n;
  d->indian = twos > 0;
  return i;
}

static bool read_exponent(decimal *d, const char *p, size_t n, size_t i)
{
  bool minus = false;
  int value = 0;
  if (i == n) return true;
  if (p[i] != 'e' && p[i] != 'E') return false;
  i++;
  if (i < n && (p[i] == '+' || p[i] == '-')) minus = p[i++] == '-';
  if (i == n) return false;
  for (; i < n && is_digit(p[i]); i++)
    if (value < EXPONENT_LIMIT) value = value * 10 + (p[i] - '0');
  d->exponent = true;
  d->power = minus ? -value : value;
  return i == n;
}

/* Reads the bare cell with this decimal mark. */
static bool read_decimal(const bare_cell *c, char mark, decimal *d)
{
  d->n = d->groups = d->decimals = 0;
  d->power = 0;
  d->exponent = false;
  if (c->length >= LONGEST || (c->closed && c->mark != mark)) return false;
  size_t i = read_whole(d, c->text, c->length, mark);
  if (i == SIZE_MAX) return false;
  if (i < c->length && c->text[i] == mark) {
    size_t end = copy_digits(d, c->text, c->length, i + 1);
    d->decimals = end - i - 1;
    if (c->closed || (!d->decimals && mark == ',')) return false;
    i = end;
  }
  if (!d->n || !read_exponent(d, c->text, c->length, i)) return false;
  d->power -= (int)d->decimals;
  return true;
}

static bool convert_slowly(decimal *d, double *value)
{
  static _Atomic(locale_t) plain; /* one for all threads, and never freed */
  locale_t c = atomic_load(&plain), none = (locale_t)0;
  if (c == (locale_t)0) {
    c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c == (locale_t)0) return false;
    if (!atomic_compare_exchange_strong(&plain, &none, c)) {
      freelocale(c);
      c = none;
    }
  }
  snprintf(d->digits + d->n, EXPONENT_ROOM, "e%d", d->power);
  locale_t before = uselocale(c);
  *value = strtod(d->digits, NULL);
  uselocale(before);
  return isfinite(*value);
}

static bool convert(decimal *d, double *value)
{
  size_t zeros = 0;
  uint64_t mantissa = 0;
  while (zeros < d->n && d->digits[zeros] == '0') zeros++;
  if (zeros == d->n) {
    *value = 0;
    return true;
  }
  if (d->n - zeros > DIGITS_IN_WORD || d->power > EXACT_POWER || d->power < -EXACT_POWER)
    return convert_slowly(d, value);
  for (size_t i = zeros; i < d->n; i++) mantissa = mantissa * 10 + (uint64_t)(d->digits[i] - '0');
  if (mantissa >= EXACT_INTEGERS) return convert_slowly(d, value);
  *value = d->power < 0 ? (double)mantissa / powers[-d->power] : (double)mantissa * powers[d->power];
  return true;
}

static bool beyond_doubles(const decimal *d)
{
  size_t zeros = 0;
  while (zeros < d->n && d->digits[zeros] == '0') zeros++;
  size_t n = d->n - zeros;
  return n > 16 || (n == 16 && memcmp(d->digits + zeros, "9007199254740992", 16) > 0);
}

/* What a cell that reads with this mark says of its column's style. */
static uint32_t seen_of(const bare_cell *c, const decimal *d, char mark)
{
  bool point = mark == '.', other = d->groups && d->group == (point ? ',' : '.');
  uint32_t proof = point ? DC_NUMBER_POINT : DC_NUMBER_COMMA, seen = 0;
  if (c->closed) return proof;
  if (d->groups && d->group == ' ') seen |= DC_NUMBER_BLANKS;
  if (d->groups && d->group == '\'') seen |= DC_NUMBER_QUOTES;
  if (d->indian) seen |= DC_NUMBER_INDIAN;
  if (c->percent) seen |= DC_NUMBER_PERCENT;
  if (c->shift) seen |= DC_NUMBER_SCALED;
  if (other && d->groups == 1 && !d->decimals && !d->exponent)
    seen |= point ? DC_NUMBER_COMMA_3 : DC_NUMBER_POINT_3;
  else if (other || (d->decimals && (d->decimals != 3 || d->groups || d->exponent || d->whole > 3 || d->whole == 0 ||
                                     d->digits[0] == '0')))
    seen |= other ? proof | DC_NUMBER_BOTH : proof;
  else if (d->decimals)
    seen |= point ? DC_NUMBER_POINT_3 : DC_NUMBER_COMMA_3;
  if (!d->groups && d->whole > 1 && d->digits[0] == '0') seen |= DC_NUMBER_ID;
  if (!d->groups && !d->decimals && !d->exponent && beyond_doubles(d)) seen |= DC_NUMBER_ID;
  return seen;
}

bool dc_number_read(const char *text, size_t length, const dc_number_style *style, dc_number_cell *cell)
{
  char narrow[LONGEST];
  bare_cell c = {0};
  decimal d;
  cell->seen = cell->currency = 0;
  c.length = length;
  c.text = dc_narrow(text, &c.length, narrow, sizeof narrow);
  if (!c.text) return false;
  undress(&c);
  if (!c.length) return false;
  char mark = style->decimal == DC_DECIMAL_COMMA ? ',' : '.', other = mark == '.' ? ',' : '.';
  bool fine = read_decimal(&c, mark, &d);
  if (!fine) {
    if (!read_decimal(&c, other, &d)) return false;
    cell->seen = seen_of(&c, &d, other);
    if (style->decimal != DC_DECIMAL_UNKNOWN) return false; /* the other mark's proof is told all the same */
    mark = other;
  }
  cell->seen = seen_of(&c, &d, mark);
  cell->currency = c.currency;
  if (c.currency) cell->seen |= DC_NUMBER_MONEY;
  if (c.currency && style->currency && c.currency != style->currency) cell->seen |= DC_NUMBER_OTHER_MONEY;
  d.power += c.shift ? c.shift : style->shift; /* what a cell says of itself leads */
  if (!convert(&d, &cell->value)) return false;
  if (c.brackets || c.minus_before || c.minus_behind) cell->value = -cell->value;
  return true;
}

bool dc_number_parse(const char *text, size_t length, const dc_number_style *style, double *value, uint32_t *seen)
{
  bool scaled = style->shift != 0 || style->many_currencies;
  if (!scaled && parse_plain(text, length, style->decimal == DC_DECIMAL_COMMA ? ',' : '.', value, seen)) return true;
  dc_number_cell cell;
  bool fine = dc_number_read(text, length, style, &cell);
  *seen |= cell.seen;
  if (fine) *value = cell.value;
  return fine;
}
