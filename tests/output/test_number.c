#include "engine/base/random.h"
#include "engine/output/grid.h"
#include "engine/base/decimal.h"
#include "tests/check.h"

#include <locale.h>

static void expect(double value, const char *expected)
{
  char text[32];
  int length = dc_format_double(value, text);
  assert_string_equal(text, expected);
  assert_int_equal(length, strlen(expected));
}

/* Expected texts are those of ECMAScript's Number::toString (with null for what JSON cannot say and 0 for -0). */
static void writes_what_a_browser_writes(void **state)
{
  (void)state;
  expect(0, "0");
  expect(-0.0, "0");
  expect(1, "1");
  expect(-1.5, "-1.5");
  expect(0.1, "0.1");
  expect(0.1 + 0.2, "0.30000000000000004");
  expect(100, "100");
  expect(1234567.89, "1234567.89");
  expect(1e15, "1000000000000000");
  expect(123456789012345680000.0, "123456789012345680000");
  expect(1e21, "1e+21");
  expect(1.5e300, "1.5e+300");
  expect(1e300, "1e+300");
  expect(0.000001, "0.000001");
  expect(1e-7, "1e-7");
  expect(1.25e-7, "1.25e-7");
  expect(9007199254740993.0, "9007199254740992");
  expect(5e-324, "5e-324");
  expect(2.2250738585072014e-308, "2.2250738585072014e-308");
  expect(1.7976931348623157e308, "1.7976931348623157e+308");
  expect(9.5367431640625e-07, "9.5367431640625e-7");
  expect(NAN, "null");
  expect(INFINITY, "null");
  expect(-INFINITY, "null");
}

static bool in_json_grammar(const char *text)
{
  const char *p = text + (*text == '-');
  size_t whole = strspn(p, "0123456789");
  if (whole == 0 || (whole > 1 && *p == '0')) return false;
  p += whole;
  if (*p == '.') {
    size_t decimals = strspn(++p, "0123456789");
    if (decimals == 0) return false;
    p += decimals;
  }
  if (*p != 'e') return *p == '\0';
  p++;
  if (*p == '+' || *p == '-') p++;
  size_t exponent = strspn(p, "0123456789");
  return exponent > 0 && p[exponent] == '\0';
}

static size_t significant_digits(const char *text)
{
  size_t digits = 0, zeros = 0;
  for (const char *p = text; *p && *p != 'e'; p++) {
    if (*p < '0' || *p > '9' || (*p == '0' && digits == 0)) continue;
    digits++;
    zeros = *p == '0' ? zeros + 1 : 0;
  }
  return digits - zeros;
}

/* No decimal of fewer digits reads back as the same double: the C library's digits at each length say so. */
static void expect_shortest(double value, const char *text)
{
  char other[40];
  size_t digits = significant_digits(text);
  snprintf(other, sizeof other, "%.*e", digits >= 2 ? (int)digits - 2 : 0, value);
  if (digits < 2 || strtod(other, NULL) != value) return;
  fail_msg("%s has %zu digits, but %s is the same double", text, digits, other);
}

static void reads_back_as_the_same_double(void **state)
{
  (void)state;
  char text[32];
  for (uint64_t i = 0; i < 300000; i++) {
    uint64_t bits = dc_random_bits(7, 1, i);
    double value;
    if (i % 3 == 0)
      memcpy(&value, &bits, sizeof value);
    else if (i % 3 == 1)
      value = (double)(bits >> 20) / 100;
    else
      value = dc_random_uniform(7, 2, i);
    if (!isfinite(value)) continue;
    int length = dc_format_double(value, text);
    if (strtod(text, NULL) != value || !in_json_grammar(text) || length > 31) fail_msg("%a became %s", value, text);
    expect_shortest(value, text);
  }
}

static void powers_of_two_and_their_neighbours(void **state)
{
  (void)state;
  char text[32];
  for (int e = -1074; e < 1024; e++)
    for (int side = -1; side <= 1; side++) {
      double value = ldexp(1, e);
      if (side) value = nextafter(value, side < 0 ? 0 : INFINITY);
      if (!isfinite(value) || value == 0) continue;
      dc_format_double(value, text);
      if (strtod(text, NULL) != value) fail_msg("%a became %s", value, text);
    }
}

static void does_not_ask_the_locale(void **state)
{
  (void)state;
  static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "ps_AF", "fa_IR"};
  const char *set = NULL;
  for (size_t i = 0; i < sizeof names / sizeof *names && !set; i++) set = setlocale(LC_ALL, names[i]);
  if (!set) printf("skipped: no locale with a decimal comma is installed\n");
  expect(1234.5, "1234.5");
  expect(0.1 + 0.2, "0.30000000000000004");
  char text[DC_NUMBER_CHARS];
  assert_string_equal(dc_group_money(12.25, text), "12.25");
  setlocale(LC_ALL, "C");
}

static void expect_money(double value, const char *expected)
{
  char text[DC_NUMBER_CHARS];
  assert_string_equal(dc_group_money(value, text), expected);
}

static void groups_money(void **state)
{
  (void)state;
  expect_money(0, "0");
  expect_money(-0.0, "0");
  expect_money(-0.001, "0");
  expect_money(12.345, "12.35");
  expect_money(99.999, "100");
  expect_money(999.6, "1,000");
  expect_money(1234567.4, "1,234,567");
  expect_money(-1000, "-1,000");
  expect_money(1e15, "1,000,000,000,000,000");
  expect_money(NAN, "");
}

static void expect_per_cent(double ratio, const char *expected)
{
  char text[DC_NUMBER_CHARS];
  assert_string_equal(dc_per_cent(ratio, text), expected);
}

static void shows_per_cent(void **state)
{
  (void)state;
  expect_per_cent(0, "0 %");
  expect_per_cent(1, "100 %");
  expect_per_cent(0.634, "63 %");
  expect_per_cent(0.0312, "3.1 %");
  expect_per_cent(-0.0312, "-3.1 %");
  expect_per_cent(0.0001, "<0.1 %");
  expect_per_cent(0.9999, ">99.9 %");
  expect_per_cent(0.993, "99.3 %");
  expect_per_cent(1.2345, "123 %");
  expect_per_cent(NAN, "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(writes_what_a_browser_writes),
                                     cmocka_unit_test(reads_back_as_the_same_double),
                                     cmocka_unit_test(powers_of_two_and_their_neighbours),
                                     cmocka_unit_test(does_not_ask_the_locale),
                                     cmocka_unit_test(groups_money),
                                     cmocka_unit_test(shows_per_cent)};
  return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
