/* Rates of exchange, and what currencies are called. */
#include "engine/base/date.h"
#include "engine/deals/rates.h"
#include "tests/ingest/loading.h"

static dc_status try_rates(const char *text, dc_load **load, dc_rates **rates, dc_error *error)
{
  char *folder = check_folder(), *path = file_of(folder, "rates.csv", text, strlen(text));
  const dc_load_request how = {.threads = 1};
  memset(error, 0, sizeof *error);
  *load = NULL;
  *rates = NULL;
  dc_status status = dc_rates_load(path, &how, load, error);
  if (status == DC_OK) status = dc_rates_new(*load, rates, error);
  assert_int_equal(remove(path), 0);
  assert_int_equal(rmdir(folder), 0);
  free(path);
  free(folder);
  return status;
}

static void last_rate_counts(void **state)
{
  (void)state;
  dc_load *load;
  dc_rates *rates;
  dc_error error;
  check_ok(try_rates("Date,Currency,Rate,Note\n2024-03-01,eur,1.2,b\n2024-01-01,EUR,1.1,a\n2024-02-01,Euro,1.155,c\n"
                     "2024-02-01,British Pound,\"1,300.5\",d\n2024-02-01,EUR,1.155,twice\n",
                     &load, &rates, &error),
           &error);
  static const struct {
    const char *currency;
    int month, day;
    double rate;
  } cases[] = {{"EUR", 1, 1, 1.1},   {"EUR", 1, 31, 1.1},   {"EUR", 2, 1, 1.155}, {"EUR", 2, 29, 1.155},
               {"EUR", 12, 31, 1.2}, {"GBP", 2, 1, 1300.5}, {"GBP", 1, 31, NAN},  {"USD", 5, 5, NAN}};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    double rate = dc_rates_at(rates, cases[k].currency, dc_date_from_civil(2024, cases[k].month, cases[k].day));
    assert_int_equal(isnan(rate), isnan(cases[k].rate));
    if (!isnan(rate)) check_same(rate, cases[k].rate);
  }
  assert_true(isnan(dc_rates_at(rates, "EUR", dc_date_from_civil(2023, 12, 31))));
  assert_true(dc_rates_has(rates, "EUR"));
  assert_false(dc_rates_has(rates, "EU"));
  dc_rates_free(rates);
  dc_load_free(load);
  check_ok(try_rates("currency;rate\nEUR;1.085\nJPY;0.0067\n", &load, &rates, &error), &error);
  check_same(dc_rates_at(rates, "EUR", 0), 1.085); /* three decimals: a rate has no thousands */
  check_same(dc_rates_at(rates, "JPY", INT32_MAX), .0067);
  dc_rates_free(rates);
  dc_load_free(load);
  check_ok(try_rates("currency;rate\nEUR;1,085\nVND;0,0004\n", &load, &rates, &error), &error);
  check_same(dc_rates_at(rates, "EUR", 0), 1.085);
  dc_rates_free(rates);
  dc_load_free(load);
}

static void refused(void **state)
{
  (void)state;
  static const struct {
    const char *text, *says;
    int64_t line;
  } cases[] = {{"currency,price\nEUR,1.1\n", "columns currency and rate", 1},
               {"currency,rate\nEUR,much\n", "above 0", 2},
               {"currency;rate\nEUR;1,085\nGBP;1,255\n", "without marks of thousands", 1},
               {"currency,rate\nEUR,1.1\nGBP,0\n", "above 0", 3},
               {"currency,rate\nEUR,1.1\nGBP,-1\n", "above 0", 3},
               {"currency,rate\nEUR,1.1\nGBP,\n", "above 0", 3},
               {"currency,rate\nEUR,1.1\n,2\n", "without a currency", 3},
               {"currency,rate,date\nEUR,1.1,2024-01-01\nEUR,1.2,\n", "without a day", 3},
               {"currency,rate\nEUR,1.1\nGBP,1.3\nEUR,1.2\n", "another rate of EUR", 4},
               {"currency,rate,date\nEUR,1.1,2024-01-01\nEuro,1.2,2024-01-01\n", "for the same day than on line 2", 3}};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    dc_load *load;
    dc_rates *rates;
    dc_error error;
    check_fails(try_rates(cases[k].text, &load, &rates, &error), DC_E_INPUT, &error);
    if (!strstr(error.message, cases[k].says)) fail_msg("'%s' lacks '%s'", error.message, cases[k].says);
    assert_int_equal(error.line, cases[k].line);
    dc_load_free(load);
  }
}

static void currency_names(void **state)
{
  (void)state;
  static const char *const cases[][2] = {{"EUR", "EUR"},
                                         {"eur", "EUR"},
                                         {"Euro", "EUR"},
                                         {"\xE2\x82\xAC", "EUR"},
                                         {"US Dollar", "USD"},
                                         {"U.S. Dollar", "USD"},
                                         {"US$", "USD"},
                                         {"$", "$"},
                                         {"\xE4\xBA\xBA\xE6\xB0\x91\xE5\xB8\x81", "CNY"},
                                         {"RMB", "CNY"},
                                         {"Pound Sterling", "GBP"},
                                         {"XBT", "XBT"},
                                         {"points", "POINTS"},
                                         {"", ""},
                                         {"a currency with a very long name", "A CURRENCY WITH A VERY "}};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    char name[DC_CURRENCY_CHARS];
    dc_currency_name(cases[k][0], strlen(cases[k][0]), name);
    assert_string_equal(name, cases[k][1]);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(last_rate_counts), cmocka_unit_test(refused),
                                     cmocka_unit_test(currency_names)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
