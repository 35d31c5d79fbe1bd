/* --quotas on cases small enough to work out by hand. */
#include "tests/verbs/case.h"

#include "engine/base/date.h"
#include "tests/check.h"

/* As of 2024-05-10: Ana has booked 100 in the quarter, Ben 80; Ana's open 300 is due in it, her 50 is late, her 200 is
 * due in the next one; Cyd has won before. */
static const char deals[] = "deal_id,owner,region,stage,amount,created_date,expected_close,closed_date\n"
                            "1,Ana,North,Closed Won,100,2024-01-10,2024-04-20,2024-04-20\n"
                            "2,Ana,North,Negotiation,300,2024-02-01,2024-06-01,\n"
                            "3,Ana,North,Proposal,200,2024-03-01,2024-08-01,\n"
                            "4,Ana,North,Proposal,50,2024-01-15,2024-03-01,\n"
                            "5,Ben,South,Closed Won,80,2024-02-02,2024-05-02,2024-05-02\n"
                            "6,Ben,South,Closed Lost,60,2024-02-03,2024-04-30,2024-05-10\n"
                            "7,Cyd,South,Closed Won,70,2023-11-01,2024-02-01,2024-02-01\n"
                            "8,Cyd,South,Closed Lost,90,2023-11-05,2024-02-10,2024-02-10\n";

static void begin(job_case *c, const char *quotas)
{
  case_begin(c);
  c->job.period = DC_QUARTER;
  case_add(&c->job.files, case_file(c, "deals.csv", deals));
  case_add(&c->job.quotas, case_file(c, "quotas.csv", quotas));
}

static void months_add_up_to_a_quarter(void **state)
{
  (void)state;
  job_case c;
  begin(&c, "Rep,Month,Target,Currency\n"
            "Ana,2024-04-01,200,USD\n"
            "Ana,2024-05-01,150,USD\n"
            "Ana,2024-06-01,150,USD\n"
            "Ana,2024-07-01,400,USD\n"
            "Ben,2024-06-01,50,USD\n"
            "Zoe,2024-04-01,25,USD\n"
            "Ben,2024-03-01,999,USD\n"
            "Ben,2024-05-01,,USD\n");
  case_add(&c.job.by, "owner");
  case_run(&c);
  case_balances(&c);
  assert_int_equal(case_input(&c, "quotas.csv", "used"), 6);
  assert_int_equal(case_input(&c, "quotas.csv", "excluded"), 1);
  assert_int_equal(case_input(&c, "quotas.csv", "rejected"), 1);

  check_close(case_total(&c, 0, "owner", "Ana", "quota"), 500, 0, 0);
  check_close(case_total(&c, 0, "owner", "Ana", "gap"), 500 - case_total(&c, 0, "owner", "Ana", "mean"), 0, 0);
  check_close(case_total(&c, 0, "owner", "Ana", "pipeline_coverage"), (300.0 + 50) / (500 - 100), 1e-15, 0);
  double p = case_total(&c, 0, "owner", "Ana", "p_ge_quota");
  assert_true(p >= 0 && p < 0.5);
  check_close(case_total(&c, 1, "owner", "Ana", "quota"), 400, 0, 0);
  check_close(case_total(&c, 1, "owner", "Ana", "pipeline_coverage"), 200.0 / 400, 1e-15, 0);

  /* Ben has booked 80 of 50: reached for certain, and nothing is missing that a pipeline could cover. */
  check_close(case_total(&c, 0, "owner", "Ben", "quota"), 50, 0, 0);
  check_close(case_total(&c, 0, "owner", "Ben", "p_ge_quota"), 1, 0, 0);
  assert_true(isnan(case_total(&c, 0, "owner", "Ben", "pipeline_coverage")));
  assert_true(isnan(case_total(&c, 1, "owner", "Ben", "quota")));
  assert_true(isnan(case_total(&c, 0, "owner", "Cyd", "quota")));

  check_close(case_total(&c, 0, "all", NULL, "quota"), 575, 0, 0);
  check_close(case_total(&c, 0, "all", NULL, "pipeline_coverage"), 350.0 / (575 - 180), 1e-15, 0);
  assert_true(case_warns(&c, "1 quota is of a value of owner that no deal has (the first at line 7: \"Zoe\")"));
  assert_true(case_warns(&c, "quotas for 1 of its 3 months only"));
  assert_true(case_warns(&c, "1 of 7 quotas are for other periods"));
  case_end(&c);
}

static void quota_is_null_but_in_totals_of_amounts(void **state)
{
  (void)state;
  job_case c;
  begin(&c, "owner,period_start,amount\nAna,2024-04-01,200\nAna,2024-07-01,200\n");
  case_run(&c);
  const dc_result_table *t = dc_result_find(c.result, "forecast");
  for (size_t r = 0; r < t->rows; r++) {
    bool total = strcmp(case_text(&c, "forecast", r, "component"), "total") == 0 &&
                 strcmp(case_text(&c, "forecast", r, "measure"), "amount") == 0;
    assert_int_equal(isfinite(case_number(&c, "forecast", r, "quota")), total);
    assert_int_equal(isfinite(case_number(&c, "forecast", r, "gap")), total);
    assert_int_equal(isfinite(case_number(&c, "forecast", r, "p_ge_quota")), total);
  }
  case_end(&c);
}

/* A row of its own counts for the region and for all; without one, the reps' add up. */
static void rows_of_several_levels(void **state)
{
  (void)state;
  job_case c;
  begin(&c, "owner,region,period_start,amount\n"
            "Ana,North,2024-04-01,200\n"
            "Ben,South,2024-04-01,110\n"
            "Cyd,South,2024-04-01,90\n"
            ",North,2024-04-01,180\n"
            "All,,2024-04-01,370\n"
            "Ana,North,2024-07-01,1\n"
            "Ben,South,2024-07-01,2\n");
  case_add(&c.job.by, "region");
  case_add(&c.job.by, "owner,region");
  case_run(&c);
  check_close(case_total(&c, 0, "region", "North", "quota"), 180, 0, 0);
  check_close(case_total(&c, 0, "region", "South", "quota"), 200, 0, 0);
  check_close(case_total(&c, 0, "owner x region", "Cyd x South", "quota"), 90, 0, 0);
  check_close(case_total(&c, 0, "all", NULL, "quota"), 370, 0, 0);
  check_close(case_total(&c, 1, "all", NULL, "quota"), 3, 0, 0);
  case_end(&c);
}

static void longer_periods_are_not_split(void **state)
{
  (void)state;
  job_case c;
  begin(&c, "owner,period_start,amount\nAna,2024-01-01,200\nAna,2024-04-01,200\n");
  c.job.period = DC_MONTH;
  case_run(&c);
  case_balances(&c);
  assert_true(isnan(case_total(&c, 0, "all", NULL, "quota")));
  assert_true(case_warns(&c, "its quotas are for quarters and are not split into months"));
  assert_int_equal(case_input(&c, "quotas.csv", "excluded"), 2);
  case_end(&c);
}

static void fiscal_quarters_must_fit(void **state)
{
  (void)state;
  job_case c;
  begin(&c, "owner,period_start,amount\nAna,2024-05-01,200\nAna,2024-08-01,210\n");
  case_run(&c);
  case_balances(&c);
  assert_true(isnan(case_total(&c, 0, "all", NULL, "quota")));
  assert_true(case_warns(&c, "--fiscal-start"));
  c.job.fiscal_start = 2;
  case_run(&c);
  check_close(case_total(&c, 0, "all", NULL, "quota"), 200, 0, 0);
  assert_false(case_warns(&c, "--fiscal-start"));
  case_end(&c);
}

static void currencies(void **state)
{
  (void)state;
  job_case c;
  begin(&c, "owner,period_start,amount,currency\nAna,2024-04-01,200,USD\nBen,2024-04-01,200,EUR\n");
  case_run_fails(&c, DC_E_INPUT, "EUR");
  assert_int_equal(c.error.line, 3);
  c.job.config = case_file(&c, "x.ini", "[currency]\ncode = EUR\n");
  case_run_fails(&c, DC_E_INPUT, "the quota is in USD, but the deals are in EUR");
  assert_int_equal(c.error.line, 2);
  case_end(&c);
}

static void names_are_found_in_any_case(void **state)
{
  (void)state;
  job_case c;
  begin(&c, "Sales Rep,Start,Goal\nana,2024-04-01,200\nBEN,2024-04-01,80\n");
  case_add(&c.job.by, "Owner");
  case_run(&c);
  check_close(case_total(&c, 0, "owner", "Ana", "quota"), 200, 0, 0);
  check_close(case_total(&c, 0, "owner", "Ben", "p_ge_quota"), 1, 0, 0);
  case_end(&c);
}

static void a_quota_makes_a_scope(void **state)
{
  (void)state;
  job_case c;
  begin(&c, "owner,period_start,amount\nCyd,2024-04-01,70\n");
  case_add(&c.job.by, "owner");
  c.job.as_of = dc_date_from_civil(2024, 5, 9);
  case_run(&c);
  check_close(case_total(&c, 0, "owner", "Cyd", "quota"), 70, 0, 0);
  case_end(&c);
}

static void maps_and_needs(void **state)
{
  (void)state;
  job_case c;
  begin(&c, "owner,begin_of_it,amount\nAna,2024-04-01,200\n");
  case_run_fails(&c, DC_E_INPUT, "--map period_start=COLUMN");
  case_add(&c.job.maps, "period_start=begin_of_it");
  case_run(&c);
  check_close(case_total(&c, 0, "all", NULL, "quota"), 200, 0, 0);
  case_end(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(months_add_up_to_a_quarter),
                                     cmocka_unit_test(quota_is_null_but_in_totals_of_amounts),
                                     cmocka_unit_test(rows_of_several_levels),
                                     cmocka_unit_test(longer_periods_are_not_split),
                                     cmocka_unit_test(fiscal_quarters_must_fit),
                                     cmocka_unit_test(currencies),
                                     cmocka_unit_test(names_are_found_in_any_case),
                                     cmocka_unit_test(a_quota_makes_a_scope),
                                     cmocka_unit_test(maps_and_needs)};
  return cmocka_run_group_tests_name("quotas", tests, NULL, NULL);
}
