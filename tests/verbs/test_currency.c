/* Amounts of several currencies: what stops, and what is converted at which day's rate. */
#include "engine/output/view.h"
#include "tests/check.h"
#include "tests/verbs/case.h"

#define EURO "\xE2\x82\xAC"

static const char four[] = "deal_id,stage,amount,currency,created,closed\n"
                           "1,Closed Won,100,EUR,2024-01-10,2024-02-20\n"
                           "2,Closed Won,100,USD,2024-02-03,2024-03-11\n"
                           "3,Closed Lost,50,GBP,2024-02-03,2024-03-12\n"
                           "4,Proposal,200,EUR,2024-03-01,\n";
static const char rates[] =
    "currency,rate,date\nEUR,1.125,2024-01-01\nEUR,1.25,2024-03-01\nEUR,2,2024-03-13\nGBP,1.5,2024-01-01\n";

static void begin(job_case *c, const char *deals)
{
  case_begin(c);
  case_add(&c->job.files, case_file(c, "deals.csv", deals));
}

static double amount_of(const job_case *c, const char *field)
{
  return case_number(c, "inputs", case_row(c, "inputs", -1, (const char *[]){"name", "deals.csv", NULL}), field);
}

static double used(const job_case *c) { return amount_of(c, "amount_used"); }

static void several_stop(void **state)
{
  (void)state;
  job_case c;
  begin(&c, four);
  case_run_fails(&c, DC_E_INPUT, "EUR (2), GBP (1), USD (1)");
  case_run_fails(&c, DC_E_INPUT, "--currency CODE");
  c.job.currency = "USD";
  case_run_fails(&c, DC_E_INPUT,
                 "the forecast is in USD, but the deals are in EUR (2), GBP (1), USD (1); give --rates FILE");
  c.job.rates = case_file(&c, "rates.csv", "currency,rate\nEUR,1.1\n");
  case_run_fails(&c, DC_E_INPUT, "no rate of GBP; amounts in it: 1");
  c.job.rates = case_file(&c, "late.csv", "currency,rate,date\nEUR,1.1,2024-02-21\nGBP,1.3,2024-01-01\n");
  case_run_fails(&c, DC_E_INPUT, "no rate of EUR on or before 2024-02-20");
  assert_int_equal(c.error.line, 2);
  c.job.currency = "Dollars";
  case_run_fails(&c, DC_E_USAGE, "--currency takes a code of three letters");
  case_end(&c);
}

/* Closed deals at their closing day's rates, open ones at the as-of day's, never at a later one's. */
static void days_of_rates(void **state)
{
  (void)state;
  job_case c;
  begin(&c, four);
  c.job.rates = case_file(&c, "rates.csv", rates);
  c.job.currency = "USD";
  case_run(&c);
  case_balances(&c);
  check_close(used(&c), 100 * 1.125 + 100 + 50 * 1.5 + 200 * 1.25, 0, 0);
  assert_string_equal(
      case_text(&c, "columns", case_row(&c, "columns", -1, (const char *[]){"name", "amount", NULL}), "format"),
      "1234; converted to USD");
  c.job.as_of = 19797; /* 2024-03-15 */
  c.job.as_of_ok = true;
  case_run(&c);
  check_close(used(&c), 100 * 1.125 + 100 + 50 * 1.5 + 200 * 2, 0, 0);
  /* On 20 February the deals closed later are open, and rates of later days are not known. */
  c.job.as_of = 19773;
  case_run(&c);
  check_close(amount_of(&c, "amount_read"), 100 * 1.125 + 100 + 50 * 1.5 + 200 * 1.125, 0, 0);
  case_end(&c);
}

static void one_currency_needs_nothing(void **state)
{
  (void)state;
  static const char *const same[] = {
      "deal_id,stage,amount,currency,created,closed\n1,Closed Won,100,EUR,2024-01-10,2024-02-20\n2,Closed Lost,7,EUR,2024-01-10,2024-02-21\n",
      "deal_id,stage,amount,created,closed\n1,Closed Won," EURO
      "100,2024-01-10,2024-02-20\n2,Closed Lost,7 EUR,2024-01-10,2024-02-21\n",
      "deal_id,stage,amount_eur,created,closed\n1,Closed Won,100,2024-01-10,2024-02-20\n2,Closed Lost,7,2024-01-10,2024-02-21\n",
      "deal_id,stage,amount,currency,created,closed\n1,Closed Won," EURO
      "100,,2024-01-10,2024-02-20\n2,Closed Lost,7,Euro,2024-01-10,2024-02-21\n"};
  for (size_t k = 0; k < sizeof same / sizeof *same; k++) {
    job_case c;
    begin(&c, same[k]);
    case_run(&c);
    assert_string_equal(dc_view_run_text(c.result, "currency"), "EUR");
    check_close(used(&c), 107, 0, 0);
    c.job.currency = "EUR";
    case_run(&c);
    c.job.currency = "USD";
    case_run_fails(&c, DC_E_INPUT, "the forecast is in USD, but the deals are in EUR (2)");
    case_end(&c);
  }
}

/* $ is the run's dollar, else the US one; the sign of yen and yuan says nothing by itself. */
static void signs(void **state)
{
  (void)state;
  job_case c;
  begin(
      &c,
      "deal_id,stage,amount,created,closed\n1,Closed Won,$100,2024-01-10,2024-02-20\n2,Closed Lost,$7,2024-01-10,2024-02-21\n");
  case_run(&c);
  assert_null(dc_view_run_text(c.result, "currency"));
  c.job.currency = "CAD";
  case_run(&c);
  check_close(used(&c), 107, 0, 0);
  c.job.currency = "EUR";
  case_run_fails(&c, DC_E_INPUT, "the deals are in USD (2)");
  c.job.rates = case_file(&c, "rates.csv", "currency,rate\nUSD,0.5\n");
  case_run(&c);
  check_close(used(&c), 53.5, 0, 0);
  case_end(&c);
  begin(&c, "deal_id,stage,amount,created,closed\n1,Closed Won,\xC2\xA5"
            "100,2024-01-10,2024-02-20\n2,Closed Lost,7,2024-01-10,2024-02-21\n");
  c.job.currency = "EUR";
  case_run_fails(&c, DC_E_INPUT, "JPY CNY");
  c.job.currency = "JPY";
  case_run(&c);
  case_end(&c);
}

static void cells_and_column(void **state)
{
  (void)state;
  job_case c;
  begin(&c, "deal_id,stage,amount,currency,created,closed\n"
            "1,Closed Won,$100,CAD,2024-01-10,2024-02-20\n"
            "2,Closed Won,EUR 10,EUR,2024-01-10,2024-02-21\n"
            "3,Closed Lost,5,,2024-01-10,2024-02-21\n");
  c.job.currency = "CAD";
  c.job.rates = case_file(&c, "rates.csv", "currency,rate\nEUR,1.5\n");
  case_run(&c);
  check_close(used(&c), 100 + 15 + 5, 0, 0);
  assert_true(case_warns(&c, "1 amount names no currency and is taken as CAD"));
  case_end(&c);
  begin(&c, "deal_id,stage,amount,currency,created,closed\n"
            "1,Closed Won," EURO "100,GBP,2024-01-10,2024-02-20\n"
            "2,Closed Won," EURO "10,EUR,2024-01-10,2024-02-21\n");
  case_run_fails(&c, DC_E_INPUT, "the amount is in EUR, but its row says GBP");
  assert_int_equal(c.error.line, 2);
  case_end(&c);
  /* What the CRM has converted already is in one currency. */
  begin(&c, "Deal ID,Stage,Amount in company currency,Currency,Create Date,Close Date\n"
            "1,Closed Won,100,GBP,2024-01-10,2024-02-20\n2,Closed Lost,10,EUR,2024-01-10,2024-02-21\n");
  case_run(&c);
  check_close(used(&c), 110, 0, 0);
  case_end(&c);
}

/* A deal's history has the deal's rate, so that nothing changes by rates alone. */
static void histories(void **state)
{
  (void)state;
  static const char history[] = "deal_id,changed_at,stage,amount\n"
                                "1,2024-01-10,Proposal,80\n1,2024-02-20,Closed Won,100\n"
                                "4,2024-03-01,Proposal,200\n";
  job_case c;
  begin(&c, four);
  case_add(&c.job.history, case_file(&c, "history.csv", history));
  c.job.rates = case_file(&c, "rates.csv", rates);
  c.job.currency = "USD";
  case_run(&c);
  size_t row = case_row(&c, "deals", -1, (const char *[]){"deal_id", "4", NULL});
  check_close(case_number(&c, "deals", row, "amount"), 250, 0, 0);
  case_end(&c);
  /* History alone, with a currency of its own: closed at the closing's rate, open at the as-of day's. */
  case_begin(&c);
  case_add(&c.job.history, case_file(&c, "history.csv",
                                     "deal_id,changed_at,stage,amount,currency\n"
                                     "1,2024-01-10,Proposal,80,EUR\n1,2024-02-20,Closed Won,100,EUR\n"
                                     "2,2024-01-10,Proposal,60,USD\n2,2024-02-22,Closed Lost,60,USD\n"
                                     "4,2024-03-05,Proposal,200,EUR\n"));
  c.job.rates = case_file(&c, "rates.csv", rates);
  c.job.currency = "USD";
  case_run(&c);
  row = case_row(&c, "deals", -1, (const char *[]){"deal_id", "4", NULL});
  check_close(case_number(&c, "deals", row, "amount"), 250, 0, 0);
  case_end(&c);
}

/* The order of rows, and threads, change nothing. */
static void any_order(void **state)
{
  (void)state;
  static const char turned[] = "deal_id,stage,amount,currency,created,closed\n"
                               "4,Proposal,200,EUR,2024-03-01,\n"
                               "3,Closed Lost,50,GBP,2024-02-03,2024-03-12\n"
                               "1,Closed Won,100,EUR,2024-01-10,2024-02-20\n"
                               "2,Closed Won,100,USD,2024-02-03,2024-03-11\n";
  double means[2];
  for (int k = 0; k < 2; k++) {
    job_case c;
    begin(&c, k ? turned : four);
    c.job.rates = case_file(&c, "rates.csv", rates);
    c.job.currency = "USD";
    c.job.threads = k ? 7 : 1;
    case_run(&c);
    means[k] = case_total(&c, 0, "all", NULL, "mean");
    case_end(&c);
  }
  check_same(means[0], means[1]);
}

static void quotas_in_signs(void **state)
{
  (void)state;
  job_case c;
  begin(&c, four);
  c.job.rates = case_file(&c, "rates.csv", rates);
  c.job.currency = "USD";
  case_add(&c.job.quotas, case_file(&c, "quotas.csv", "period_start,amount\n2024-03,$200\n2024-04,$300\n"));
  case_run(&c);
  check_close(case_total(&c, 0, "all", NULL, "quota"), 200, 0, 0);
  check_close(case_total(&c, 1, "all", NULL, "quota"), 300, 0, 0);
  case_end(&c);
  begin(&c, four);
  c.job.rates = case_file(&c, "rates.csv", rates);
  c.job.currency = "USD";
  case_add(&c.job.quotas,
           case_file(&c, "quotas.csv", "period_start,amount\n2024-03," EURO "200\n2024-04," EURO "300\n"));
  case_run_fails(&c, DC_E_INPUT, "the quota is in EUR, but the deals are in USD");
  case_end(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(several_stop), cmocka_unit_test(days_of_rates),    cmocka_unit_test(one_currency_needs_nothing),
      cmocka_unit_test(signs),        cmocka_unit_test(cells_and_column), cmocka_unit_test(histories),
      cmocka_unit_test(any_order),    cmocka_unit_test(quotas_in_signs)};
  return cmocka_run_group_tests_name("currency", tests, NULL, NULL);
}
