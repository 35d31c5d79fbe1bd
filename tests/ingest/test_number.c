/* One cell to a number: every way of writing, under each style. */
#include "engine/ingest/number.h"
#include "engine/ingest/units.h"
#include "tests/check.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#define EURO "\xE2\x82\xAC"
#define YEN "\xC2\xA5"
#define POUND "\xC2\xA3"
#define NBSP "\xC2\xA0"
#define THIN "\xE2\x80\xAF"
#define WAN "\xE4\xB8\x87"
#define YI "\xE4\xBA\xBF"
#define YUAN "\xE5\x85\x83"

static const dc_number_style unknown, point = {.decimal = DC_DECIMAL_POINT}, comma = {.decimal = DC_DECIMAL_COMMA};

enum {
  NONE = 0,
  P = DC_NUMBER_POINT,
  C = DC_NUMBER_COMMA,
  P3 = DC_NUMBER_POINT_3,
  C3 = DC_NUMBER_COMMA_3,
  B = DC_NUMBER_BOTH
};

/* Bits that are not looked at here. */
static const uint32_t told = DC_NUMBER_MONEY | DC_NUMBER_BLANKS | DC_NUMBER_QUOTES | DC_NUMBER_INDIAN |
                             DC_NUMBER_PERCENT | DC_NUMBER_SCALED | DC_NUMBER_ID;

static const struct {
  const char *text;
  double by_point, by_comma; /* NAN: refused */
  uint32_t seen;             /* under no style */
} cells[] = {
    {"0", 0, 0, NONE},
    {"1234", 1234, 1234, NONE},
    {"-12.5", -12.5, NAN, P},
    {"-12,5", NAN, -12.5, C},
    {"+3", 3, 3, NONE},
    {" 7 ", 7, 7, NONE},
    {".5", .5, NAN, P},
    {",5", NAN, .5, C},
    {"5.", 5, NAN, NONE},
    {"0.5", .5, NAN, P},
    {"0.125", .125, NAN, P},
    {"0,125", NAN, .125, C},
    {"1.234", 1.234, 1234, P3},
    {"1,234", 1234, 1.234, C3},
    {"-1,234", -1234, -1.234, C3},
    {"1234.567", 1234.567, NAN, P},
    {"1234,567", NAN, 1234.567, C},
    {"1.2345", 1.2345, NAN, P},
    {"1,234.50", 1234.5, NAN, P | B},
    {"1.234,50", NAN, 1234.5, C | B},
    {"1,234,567", 1234567, NAN, P | B},
    {"1.234.567", NAN, 1234567, C | B},
    {"1,234.567", 1234.567, NAN, P | B},
    {"12,34,567", 1234567, NAN, P | B},
    {"1,00,00,000.50", 10000000.5, NAN, P | B},
    {"12.34.567,5", NAN, 1234567.5, C | B},
    {"1 234", 1234, 1234, NONE},
    {"1 234.50", 1234.5, NAN, P},
    {"1 234,50", NAN, 1234.5, C},
    {"1" NBSP "234" NBSP "567,5", NAN, 1234567.5, C},
    {"1" THIN "234,5", NAN, 1234.5, C},
    {"1'234", 1234, 1234, NONE},
    {"1'234'567.50", 1234567.5, NAN, P},
    {"1\xE2\x80\x99"
     "234.5",
     1234.5, NAN, P},
    {"(500)", -500, -500, NONE},
    {"( 1,500.25 )", -1500.25, NAN, P | B},
    {"500-", -500, -500, NONE},
    {"-500-", -500, -500, NONE},
    {"\xE2\x88\x92"
     "500",
     -500, -500, NONE},
    {"1.234,50-", NAN, -1234.5, C | B},
    {"500,-", NAN, 500, C},
    {"1'234.--", 1234, NAN, P},
    {"1.500,\xE2\x80\x94", NAN, 1500, C},
    {"$5", 5, 5, NONE},
    {"-$5", -5, -5, NONE},
    {"$-5", -5, -5, NONE},
    {"($1,500.25)", -1500.25, NAN, P | B},
    {"US$ 1,200", 1200, 1.2, C3},
    {"R$ 1.200,50", NAN, 1200.5, C | B},
    {EURO " 5.25", 5.25, NAN, P},
    {"5,25 " EURO, NAN, 5.25, C},
    {POUND "9", 9, 9, NONE},
    {"9" YEN, 9, 9, NONE},
    {"\xEF\xBF\xA5"
     "1,234.50",
     1234.5, NAN, P | B},
    {"\xE2\x82\xB9"
     "12,34,567",
     1234567, NAN, P | B},
    {"CHF 1'234.50", 1234.5, NAN, P},
    {"USD 1,200", 1200, 1.2, C3},
    {"1.200 EUR", 1.2, 1200, P3},
    {"1200EUR", 1200, 1200, NONE},
    {"-EUR 1.200,00", NAN, -1200, C | B},
    {"1 234,50 kr", NAN, 1234.5, C},
    {"1 234,50 z\xC5\x82", NAN, 1234.5, C},
    {"12" WAN, 120000, 120000, NONE},
    {"1.2" WAN YUAN, 12000, NAN, P},
    {"3" YI, 300000000, 300000000, NONE},
    {"500" YUAN, 500, 500, NONE},
    {YEN "1.5" WAN, 15000, NAN, P},
    {"3.5k", 3500, NAN, P},
    {"$3.5K", 3500, NAN, P},
    {"2M", 2e6, 2e6, NONE},
    {"1.2bn", 1.2e9, NAN, P},
    {"3,5 Mio. " EURO, NAN, 3.5e6, C},
    {"12 TEUR", 12000, 12000, NONE},
    {"12 k" EURO, 12000, 12000, NONE},
    {"USD 2.5M", 2.5e6, NAN, P},
    {"1.1 million", 1.1e6, NAN, P},
    {"2 Mrd. EUR", 2e9, 2e9, NONE},
    {"12 %", 12, 12, NONE},
    {"-12%", -12, -12, NONE},
    {"0,5%", NAN, .5, C},
    {"12,5 %", NAN, 12.5, C},
    {"50\xEF\xBC\x85", 50, 50, NONE},
    {"\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x93", 123, 123, NONE},
    {"\xEF\xBC\x8D\xEF\xBC\x91\xEF\xBC\x8C\xEF\xBC\x92\xEF\xBC\x93\xEF\xBC\x94\xEF\xBC\x8E\xEF\xBC\x95", -1234.5, NAN,
     P | B},
    {"1e3", 1000, 1000, NONE},
    {"1E-2", .01, .01, NONE},
    {"1.5e3", 1500, NAN, P},
    {"1,5E+3", NAN, 1500, C},
    {"9007199254740993", 9007199254740992.0, 9007199254740992.0, NONE},
    {"123456789012345678901234567890", 123456789012345678901234567890.0, 123456789012345678901234567890.0, NONE},
    {"4.9406564584124654e-324", 4.9406564584124654e-324, NAN, P},
    {"1e-400", 0, 0, NONE},
    {"0.0000001k", 1e-4, NAN, P},
};

static const char *const refused[] = {
    "",      "abc",    "1 2",      "1.2.3",  "1e",        "e5",    "--5",         "-(5)",     "(-5)",
    "0x10",  "inf",    "NaN",      "1,,234", "1e400",     "%",     "$",           "()",       "1_000",
    "-",     ".",      ",",        "5,",     "1.234,",    "k",     "$$5",         "5kk",      "1 23",
    "0,1,2", "01 234", "1 234 56", "1'23",   "5 EUR USD", "12ABC", "1,234.567.8", "1,234,56", "12,345,67,890",
    "1;2",   "5 usd",  "+5+",      "1/2",    "3-4",       "(1",    "2M5",
};

static double value_of(const char *text, const dc_number_style *style, uint32_t *seen)
{
  double value;
  *seen = 0;
  return dc_number_parse(text, strlen(text), style, &value, seen) ? value : (double)NAN;
}

static void check_cell(const char *text, const dc_number_style *style, double expected)
{
  uint32_t seen;
  double value = value_of(text, style, &seen);
  if (isnan(value) != isnan(expected) || (!isnan(value) && memcmp(&value, &expected, sizeof value) != 0))
    fail_msg("'%s' is %.17g, expected %.17g", text, value, expected);
}

static void styles(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
    uint32_t seen;
    check_cell(cells[i].text, &point, cells[i].by_point);
    check_cell(cells[i].text, &comma, cells[i].by_comma);
    check_cell(cells[i].text, &unknown, isnan(cells[i].by_point) ? cells[i].by_comma : cells[i].by_point);
    value_of(cells[i].text, &unknown, &seen);
    if ((seen & ~told) != cells[i].seen)
      fail_msg("'%s' shows %x, expected %x", cells[i].text, seen & ~told, cells[i].seen);
    /* What a style cannot read tells what would prove the other. */
    value_of(cells[i].text, &comma, &seen);
    if (isnan(cells[i].by_comma) && !isnan(cells[i].by_point)) assert_int_equal(seen & C, 0);
    if (isnan(cells[i].by_comma) && (cells[i].seen & P)) assert_true(seen & P);
  }
  print_message("%zu ways of writing\n", sizeof cells / sizeof *cells);
}

static void refusals(void **state)
{
  (void)state;
  static const dc_number_style *const all[] = {&unknown, &point, &comma};
  for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
    for (size_t s = 0; s < 3; s++) check_cell(refused[i], all[s], NAN);
  char longest[5000];
  memset(longest, '1', sizeof longest);
  uint32_t seen = 0;
  double value;
  assert_false(dc_number_parse(longest, sizeof longest, &point, &value, &seen));
  longest[1] = '.';
  assert_true(dc_number_parse(longest, 4000, &point, &value, &seen));
  check_same(value, 1.1111111111111112);
}

/* The bits of a kernel that reads [-]digits[.digits] itself are those of the parser. */
static void plain_cells(void **state)
{
  (void)state;
  static const char *const plain[] = {"0",     "7",        "12",      "007",    "1.5",    "1.234",
                                      "0.234", "1234.567", "12.3456", "00.123", "123.456"};
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
    uint32_t seen;
    size_t whole = strcspn(plain[i], "."), n = strlen(plain[i]);
    value_of(plain[i], &point, &seen);
    assert_int_equal(seen, dc_number_plain_seen(whole, n > whole ? n - whole - 1 : 0, plain[i][0]));
    dc_number_cell cell;
    assert_true(dc_number_read(plain[i], n, &point, &cell));
    assert_int_equal(seen, cell.seen);
  }
}

static void ids(void **state)
{
  (void)state;
  static const char *const like_ids[] = {"007", "00", "1234567890123456789", "9007199254740993", "0012.5"};
  static const char *const not [] = {"0", "0.7", "9007199254740992", "1,234,567,890,123,456,789",
                                     "12345678901234567.5"};
  uint32_t seen;
  for (size_t i = 0; i < sizeof like_ids / sizeof *like_ids; i++) {
    value_of(like_ids[i], &unknown, &seen);
    if (!(seen & DC_NUMBER_ID)) fail_msg("'%s' is no id", like_ids[i]);
  }
  for (size_t i = 0; i < sizeof not / sizeof *not ; i++) {
    value_of(not [i], &unknown, &seen);
    if (seen & DC_NUMBER_ID) fail_msg("'%s' is an id", not [i]);
  }
}

static void currencies(void **state)
{
  (void)state;
  static const struct {
    const char *text, *code;
  } cases[] = {{"$5", "$"},      {"US$5", "USD"}, {"R$5", "BRL"},    {"5 " EURO, "EUR"},    {"EUR 5", "EUR"},
               {"5 CHF", "CHF"}, {YEN "5", YEN},  {"5" YUAN, "CNY"}, {"5" WAN YUAN, "CNY"}, {"(" POUND "5)", "GBP"},
               {"HK$5", "HKD"},  {"5 kr", "kr"},  {"Rs. 5", "INR"},  {"5 k" EURO, "EUR"},   {"12 TEUR", "EUR"},
               {"5", NULL},      {"5 %", NULL}};
  dc_number_cell cell;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_true(dc_number_read(cases[i].text, strlen(cases[i].text), &unknown, &cell));
    const char *code = dc_currency_code(cell.currency);
    if ((code != NULL) != (cases[i].code != NULL) || (code && strcmp(code, cases[i].code) != 0))
      fail_msg("'%s' is in %s", cases[i].text, code ? code : "no currency");
    assert_int_equal(!!(cell.seen & DC_NUMBER_MONEY), cases[i].code != NULL);
  }
  dc_number_style dollars = {.currency = dc_currency_find("$")};
  assert_true(dc_number_read("EUR 5", 5, &dollars, &cell));
  assert_true(cell.seen & DC_NUMBER_OTHER_MONEY);
  assert_true(dc_number_read("$5", 2, &dollars, &cell));
  assert_false(cell.seen & DC_NUMBER_OTHER_MONEY);
  /* Each code is found again, before and behind. */
  for (int k = 1; dc_currency_code((uint8_t)k); k++) {
    char text[32];
    const char *code = dc_currency_code((uint8_t)k);
    for (int front = 0; front < 2; front++) {
      int n = snprintf(text, sizeof text, front ? "%s5" : "5%s", code);
      assert_true(dc_number_read(text, (size_t)n, &unknown, &cell));
      assert_string_equal(dc_currency_code(cell.currency), code);
    }
  }
  assert_int_equal(dc_currency_find("XYZ"), 0);
}

static void units_of_names(void **state)
{
  (void)state;
  static const struct {
    const char *name;
    bool expected;
    int shift;
    const char *code;
  } cases[] = {{"Amount", true, 0, NULL},
               {"Amount (k" EURO ")", true, 3, "EUR"},
               {"Amount (k" EURO ")", false, 3, "EUR"},
               {"Amount in k" EURO, true, 3, "EUR"},
               {"Amount (in thousands)", true, 3, NULL},
               {"Amount in thousands", false, 3, NULL},
               {"Betrag (TEUR)", true, 3, "EUR"},
               {"Umsatz in Tsd. " EURO, true, 3, "EUR"},
               {"Umsatz [Mio. EUR]", true, 6, "EUR"},
               {"\xE9\x87\x91\xE9\xA2\x9D(" WAN YUAN ")", true, 4, "CNY"},
               {"\xE9\x87\x91\xE9\xA2\x9D\xEF\xBC\x88" WAN YUAN "\xEF\xBC\x89", true, 4, "CNY"},
               {"\xE9\x87\x91\xE9\xA2\x9D\xEF\xBC\x88\xE5\x8D\x95\xE4\xBD\x8D\xEF\xBC\x9A" WAN YUAN "\xEF\xBC\x89",
                true, 4, "CNY"},
               {"\xE9\x87\x91\xE9\xA2\x9D(" YUAN ")", true, 0, "CNY"},
               {"Amount ($M)", true, 6, "$"},
               {"Amount (USD)", true, 0, "USD"},
               {"Revenue (USD m)", false, 6, "USD"},
               {"Amount (M)", true, 6, NULL},
               {"Distance (m)", false, 0, NULL},
               {"Amount_USD", true, 0, "USD"},
               {"amount_eur", true, 0, "EUR"},
               {"Series B", true, 0, NULL},
               {"Amount (converted)", true, 0, NULL},
               {"Probability (%)", true, 0, NULL},
               {"(k)", true, 3, NULL},
               {"", true, 0, NULL}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    dc_number_style style = {.decimal = DC_DECIMAL_POINT};
    dc_units_of_name(cases[i].name, cases[i].expected, &style);
    const char *code = dc_currency_code(style.currency);
    if (style.shift != cases[i].shift || (code == NULL) != (cases[i].code == NULL) ||
        (code && strcmp(code, cases[i].code) != 0))
      fail_msg("'%s' is 10^%d of %s", cases[i].name, style.shift, code ? code : "nothing");
  }
  /* Rounded once, with the unit in the exponent. */
  dc_number_style thousands = {.decimal = DC_DECIMAL_POINT, .shift = 3},
                  wan = {.decimal = DC_DECIMAL_COMMA, .shift = 4};
  check_cell("1.1", &thousands, 1100);
  check_cell("0.3", &thousands, 300);
  check_cell("8,2", &wan, 82000);
  check_cell("8k", &wan, 8000);
  check_cell("9007199254740993", &thousands, 9007199254740993000.0);
}

/* Correct rounding whatever the locale says about decimal marks. */
static void locales(void **state)
{
  (void)state;
  static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "C.UTF-8", "C"};
  int tried = 0;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (!setlocale(LC_ALL, names[i])) continue;
    tried++;
    check_cell("1234.5678901234567890123", &point, 1234.5678901234567890123);
    check_cell("1234,5678901234567890123", &comma, 1234.5678901234567890123);
    check_cell("1e-7", &point, 1e-7);
  }
  setlocale(LC_ALL, "C");
  print_message("%d locales\n", tried);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(styles),      cmocka_unit_test(refusals),
                                     cmocka_unit_test(plain_cells), cmocka_unit_test(ids),
                                     cmocka_unit_test(currencies),  cmocka_unit_test(units_of_names),
                                     cmocka_unit_test(locales)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
