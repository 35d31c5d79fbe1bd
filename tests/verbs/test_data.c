/* What was read: balances, warnings, roles of columns. */
#include "tests/verbs/case.h"

#include "engine/base/date.h"
#include "tests/check.h"

static const char *use_of(const job_case *c, const char *file, const char *name)
{
  const char *const pairs[] = {"file", file, "name", name, NULL};
  return case_text(c, "columns", case_row(c, "columns", -1, pairs), "use");
}

/* One row of each kind: used, duplicate, conflicting, short, without an amount, too early for the as-of day, blank. */
static const char dirty[] = "deal_id,owner,stage,amount,created,closed\n"
                            "1,Ana,Closed Won,100,2024-01-10,2024-02-20\n"
                            "1,Ana,Closed Won,100,2024-01-10,2024-02-20\n"
                            "2,Ben,Closed Lost,60,2024-02-03,2024-03-10\n"
                            "3,Ben,Closed Won,,2024-02-03,2024-03-11\n"
                            "4,Ben,Proposal,40\n"
                            "\n"
                            "5,Cyd,Proposal,50,2024-02-05,\n"
                            "5,Cyd,Proposal,51,2024-02-05,\n"
                            "6,Ana,Proposal,70,2024-05-05,\n"
                            "7,Ana,Closed Lost,80,2024-03-05,2024-03-01\n"
                            "8,Ana,Zwischenstand,90,2024-03-05,\n"
                            "9,Ana,Closed Won,30,2024-01-05,2024-03-09\n";

static const char changes[] = "deal_id,changed_at,stage,amount\n"
                              "1,2024-01-10,Proposal,90\n"
                              "1,2024-02-20,Closed Won,100\n"
                              "2,2024-02-03,Proposal,60\n"
                              "2,2024-03-10,Closed Won,60\n"
                              "77,2024-02-04,Proposal,60\n"
                              ",2024-02-04,Proposal,60\n"
                              "8,,Proposal,60\n"
                              "8,2024-04-20,Proposal,60\n";

static void rows_balance(void **state)
{
  (void)state;
  job_case c;
  case_begin(&c);
  case_add(&c.job.files, case_file(&c, "deals.csv", dirty));
  case_add(&c.job.quotas, case_file(&c, "quotas.csv", "owner,period_start,amount\nAna,2024-04-01,9\nAna,,9\n\n"));
  c.job.as_of = dc_date_from_civil(2024, 4, 1);
  case_run(&c);
  case_balances(&c);
  assert_int_equal(case_input(&c, "deals.csv", "read"), 12);
  assert_int_equal(case_input(&c, "deals.csv", "duplicate"), 1);
  assert_int_equal(case_input(&c, "deals.csv", "rejected"), 4);
  assert_int_equal(case_input(&c, "deals.csv", "after_as_of"), 1);
  assert_int_equal(case_input(&c, "deals.csv", "blank"), 1);
  assert_int_equal(case_input(&c, "deals.csv", "used"), 5);
  const char *const file[] = {"name", "deals.csv", NULL};
  size_t r = case_row(&c, "inputs", -1, file);
  check_close(case_number(&c, "inputs", r, "amount_read"), 2 * 100 + 60 + 50 + 51 + 70 + 80 + 90 + 30, 0, 0);
  check_close(case_number(&c, "inputs", r, "amount_used"), 100 + 60 + 80 + 90 + 30, 0, 0);
  const char *const conflict[] = {"rule", "rows that differ for one id", NULL};
  check_close(case_number(&c, "rejects", case_row(&c, "rejects", -1, conflict), "amount"), 101, 0, 0);
  assert_true(case_warns(&c, "closed before they were created, the mark of a bulk import: 1"));
  assert_true(case_warns(&c, "deals taken as open for a stage without a usual meaning: 1"));
  assert_true(case_warns(&c, "Zwischenstand"));
  assert_true(case_warns(&c, "only 4 deals have closed so far"));
  case_end(&c);
}

static void history_and_file(void **state)
{
  (void)state;
  job_case c;
  case_begin(&c);
  case_add(&c.job.files, case_file(&c, "deals.csv", dirty));
  case_add(&c.job.history, case_file(&c, "changes.csv", changes));
  c.job.as_of = dc_date_from_civil(2024, 4, 1);
  case_run(&c);
  case_balances(&c);
  assert_int_equal(case_input(&c, "changes.csv", "read"), 8);
  assert_int_equal(case_input(&c, "changes.csv", "rejected"), 2);
  assert_int_equal(case_input(&c, "changes.csv", "after_as_of"), 1);
  assert_int_equal(case_input(&c, "changes.csv", "used"), 5);
  assert_true(case_warns(&c, "end otherwise in the history than in the deals file: 1"));
  assert_true(case_warns(&c, "deals in the history that the deals file lacks: 1"));
  assert_true(case_warns(&c, "deals in the deals file that the history lacks:"));
  assert_string_equal(use_of(&c, "changes.csv", "changed_at"), "used");
  case_end(&c);
}

/* A history alone is no deals file that lacks its deals. */
static void history_alone(void **state)
{
  (void)state;
  job_case c;
  case_begin(&c);
  case_add(&c.job.history, case_file(&c, "changes.csv", changes));
  case_run(&c);
  case_balances(&c);
  assert_false(case_warns(&c, "not in the deals file"));
  case_end(&c);
}

static void strict_stops_at_what_deals_reject(void **state)
{
  (void)state;
  job_case c;
  case_begin(&c);
  case_add(&c.job.files, case_file(&c, "deals.csv",
                                   "deal_id,stage,amount,created,closed\n"
                                   "1,Closed Won,100,2024-01-10,2024-02-20\n"
                                   "2,Closed Won,,2024-02-03,2024-03-11\n"));
  c.job.strict = true;
  case_run_fails(&c, DC_E_INPUT, "won deal without an amount");
  assert_int_equal(c.error.line, 3);
  case_end(&c);
}

static const char odd_years[] = "deal_id,stage,amount,created,closed\n"
                                "1,Closed Won,100,2024-01-10,2024-02-20\n"
                                "2,Closed Lost,60,2024-02-03,2024-03-10\n"
                                "3,Closed Won,70,%s,%s\n"
                                "4,Proposal,40,2024-03-04,\n";

/* A mistyped year is told: of the last day, from which the forecast is made, and of the first closing. */
static void lone_days_are_told(void **state)
{
  (void)state;
  static const char *const days[][2] = {
      {"2024-01-20", "2024-03-15"}, {"2024-01-20", "2042-03-15"}, {"1994-01-20", "1994-03-15"}};
  for (int k = 0; k < 3; k++) {
    job_case c;
    char text[512];
    case_begin(&c);
    snprintf(text, sizeof text, odd_years, days[k][0], days[k][1]);
    case_add(&c.job.files, case_file(&c, "deals.csv", text));
    case_run(&c);
    assert_true(case_warns(&c, "the last day in the data, 2042-03-15, comes 6579 days") == (k == 1));
    assert_true(case_warns(&c, "--as-of 2024-03-10") == (k == 1));
    assert_true(case_warns(&c, "the first closing, 1994-03-15, comes 10934 days before the next") == (k == 2));
    assert_true(case_warns(&c, "mistyped") == (k > 0));
    case_end(&c);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_balance), cmocka_unit_test(history_and_file), cmocka_unit_test(history_alone),
      cmocka_unit_test(strict_stops_at_what_deals_reject), cmocka_unit_test(lone_days_are_told)};
  return cmocka_run_group_tests_name("data", tests, NULL, NULL);
}
