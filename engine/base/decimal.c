/* Doubles to text: the shortest decimal that reads back as the same double, and of these the closest.
 *
 * Raffaello Giulietti 2020, "The Schubfach way to render doubles": the decimals of the fewest digits inside the rounding
 * interval are found with three multiplications by a 126-bit power of ten (here 128 bits), without trial and error.
 * No locale is asked. The layout is that of ECMAScript's Number::toString, so JSON.stringify gives the same bytes. */
#include "engine/base/decimal.h"

#include "engine/base/powers.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct decimal {
  uint64_t digits;
  int exponent; /* value = digits * 10^exponent */
} decimal;

static void multiply(uint64_t a, uint64_t b, uint64_t *high, uint64_t *low)
{
  uint64_t a0 = a & 0xFFFFFFFFu, a1 = a >> 32, b0 = b & 0xFFFFFFFFu, b1 = b >> 32;
  uint64_t p00 = a0 * b0, p01 = a0 * b1, p10 = a1 * b0, p11 = a1 * b1;
  uint64_t middle = (p00 >> 32) + (p01 & 0xFFFFFFFFu) + (p10 & 0xFFFFFFFFu);
  *low = (p00 & 0xFFFFFFFFu) | (middle << 32);
  *high = p11 + (p01 >> 32) + (p10 >> 32) + (middle >> 32);
}

/* floor(g * c / 2^128), with its last bit set when anything was cut off. */
static uint64_t round_to_odd(dc_power g, uint64_t c)
{
  uint64_t x_high, x_low, y_high, y_low;
  multiply(g.low, c, &x_high, &x_low);
  multiply(g.high, c, &y_high, &y_low);
  uint64_t sum = y_low + x_high;
  y_high += sum < y_low;
  return y_high | (sum > 1);
}

static int floor_log2_pow10(int k) { return (int)(((int64_t)k * 1741647) >> 19); }
static int floor_log10_pow2(int q) { return (int)(((int64_t)q * 1262611) >> 22); }
static int floor_log10_three_quarters_pow2(int q) { return (int)(((int64_t)q * 1262611 - 524031) >> 22); }

/* value finite and > 0 */
static decimal shortest(double value)
{
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  uint64_t fraction = bits & 0xFFFFFFFFFFFFFu;
  int biased = (int)(bits >> 52);
  uint64_t c = biased ? fraction | 0x10000000000000u : fraction;
  int q = (biased ? biased : 1) - 1075;
  bool even = (c & 1) == 0;
  bool narrow_below = fraction == 0 && biased > 1; /* a power of two: its lower neighbour is at half the distance */
  int k = narrow_below ? floor_log10_three_quarters_pow2(q) : floor_log10_pow2(q);
  int h = q + floor_log2_pow10(-k) + 1;
  dc_power g = dc_powers[-k - DC_POWER_MIN];
  uint64_t lower = round_to_odd(g, (4 * c - (narrow_below ? 1 : 2)) << h) + !even;
  uint64_t middle = round_to_odd(g, (4 * c) << h);
  uint64_t upper = round_to_odd(g, (4 * c + 2) << h) - !even;
  uint64_t s = middle / 4;
  if (s >= 10) {
    uint64_t tens = s / 10;
    bool down = lower <= 40 * tens, up = 40 * tens + 40 <= upper;
    if (down != up) return (decimal){tens + up, k + 1};
  }
  bool down = lower <= 4 * s, up = 4 * s + 4 <= upper;
  if (down != up) return (decimal){s + up, k};
  uint64_t tie = 4 * s + 2;
  return (decimal){s + (middle > tie || (middle == tie && (s & 1))), k};
}

static int write_digits(uint64_t value, char *text)
{
  char reversed[24];
  int n = 0;
  do {
    reversed[n++] = (char)('0' + value % 10);
    value /= 10;
  } while (value);
  for (int i = 0; i < n; i++) text[i] = reversed[n - 1 - i];
  return n;
}

/* digits (n of them) with the decimal point after `point` digits; point may be outside 0..n. */
static int lay_out_plain(const char *digits, int n, int point, char *text)
{
  char *p = text;
  if (point <= 0) {
    *p++ = '0';
    *p++ = '.';
    for (int i = point; i < 0; i++) *p++ = '0';
    memcpy(p, digits, (size_t)n);
    return (int)(p + n - text);
  }
  for (int i = 0; i < point; i++) *p++ = i < n ? digits[i] : '0';
  if (point < n) {
    *p++ = '.';
    memcpy(p, digits + point, (size_t)(n - point));
    p += n - point;
  }
  return (int)(p - text);
}

static int lay_out_scientific(const char *digits, int n, int exponent, char *text)
{
  char *p = text;
  *p++ = digits[0];
  if (n > 1) {
    *p++ = '.';
    memcpy(p, digits + 1, (size_t)(n - 1));
    p += n - 1;
  }
  *p++ = 'e';
  *p++ = exponent < 0 ? '-' : '+';
  p += write_digits((uint64_t)(exponent < 0 ? -exponent : exponent), p);
  return (int)(p - text);
}

/* value >= 0 and whole, or with at most four decimals and 15 digits in all: the usual money. */
static bool few_decimals(double value, decimal *d)
{
  static const double power[] = {1, 10, 100, 1000, 10000};
  for (int decimals = 0; decimals < 5; decimals++) {
    double scaled = value * power[decimals];
    if (!(scaled < 1e15)) return false;
    double whole = floor(scaled + 0.5);
    if (whole / power[decimals] != value) continue;
    *d = (decimal){(uint64_t)whole, -decimals};
    return true;
  }
  return false;
}

int dc_format_double(double value, char *text)
{
  char *p = text;
  if (!isfinite(value)) return (int)(stpcpy(text, "null") - text);
  if (value == 0) return (int)(stpcpy(text, "0") - text);
  if (value < 0) *p++ = '-';
  value = fabs(value);
  decimal d;
  if (!few_decimals(value, &d)) d = shortest(value);
  char digits[24];
  int n = write_digits(d.digits, digits), all = n;
  while (n > 1 && digits[n - 1] == '0') n--;
  int point = all + d.exponent;
  if (point > 21 || point < -5)
    p += lay_out_scientific(digits, n, point - 1, p);
  else
    p += lay_out_plain(digits, n, point, p);
  *p = '\0';
  return (int)(p - text);
}
