/* The only door to what was known on a day. */
#include "tests/check.h"
#include "tests/deals/logs.h"

#define check_told(log, id, day, expected) assert_string_equal(told_of(log, id, day), expected)

/* A deal with a history, and others that only set the day of export. */
static const char deals[] = "id,owner,stage,amount,created_date,expected_close,closed_date,product\n"
                            "A,Zoe,Closed Won,900,2025-01-10,2025-03-20,2025-03-05,Bolt\n"
                            "B,Bob,Proposal,50,2025-02-01,2025-06-01,,Nut\n"
                            "C,Cid,Closed Lost,70,2025-01-20,2025-02-20,2025-02-25,Nut\n"
                            "D,Dan,Qualification,10,2025-04-30,2025-08-01,,Bolt\n";
static const char history[] = "id,changed_at,stage,amount,expected_close,owner\n"
                              "A,2025-01-10 09:00:00,Prospecting,500,2025-02-15,Ann\n"
                              "A,2025-01-20 23:59:59,Proposal,,,\n"
                              "A,2025-01-31 00:00:00,Proposal,650,2025-03-10,Ann\n"
                              "A,2025-02-03 12:00:00,Proposal,650,2025-03-20,Abe\n"
                              "A,2025-03-05 17:00:00,Closed Won,800,2025-03-20,Abe\n"
                              "B,2025-02-03 08:00:00,Prospecting,40,2025-04-01,Bea\n"
                              "B,2025-03-01 08:00:00,Qualification,40,2025-03-15,Bea\n";

static void test_between_events(void **state)
{
  (void)state;
  deal_log *log = log_of(deals, history, NULL);
  check_told(log, "A", "2025-01-09", "absent");
  check_told(log, "A", "2025-01-10",
             "open since 2025-01-10, stage Prospecting since 2025-01-10, amount 500, expected 2025-02-15, owner Ann");
  check_told(log, "A", "2025-01-19",
             "open since 2025-01-10, stage Prospecting since 2025-01-10, amount 500, expected 2025-02-15, owner Ann");
  /* Empty cells mean "unchanged". */
  check_told(log, "A", "2025-01-20",
             "open since 2025-01-10, stage Proposal since 2025-01-20, amount 500, expected 2025-02-15, owner Ann");
  check_told(
      log, "A", "2025-01-31",
      "open since 2025-01-10, stage Proposal since 2025-01-20, amount 650, expected 2025-03-10, owner Ann, pushes 1");
  check_told(
      log, "A", "2025-03-04",
      "open since 2025-01-10, stage Proposal since 2025-01-20, amount 650, expected 2025-03-20, owner Abe, pushes 2");
  check_told(log, "A", "2025-03-05",
             "won 2025-03-05, since 2025-01-10, stage Closed Won since 2025-03-05, amount 800, expected 2025-03-20, "
             "owner Abe, pushes 2");
  log_free(log);
}

/* The deals file speaks on the day of export, and of what it says only. */
static void test_export(void **state)
{
  (void)state;
  deal_log *log = log_of(deals, history, NULL);
  assert_int_equal(log->deals->export_day, day_of("2025-04-30"));
  assert_int_equal(log->deals->first_close, day_of("2025-02-25"));
  check_told(log, "B", "2025-01-31", "absent");
  /* Its history begins two days late: until then only its creation is known. */
  check_told(log, "B", "2025-02-02", "open since 2025-02-01");
  check_told(log, "B", "2025-02-03",
             "open since 2025-02-01, stage Prospecting since 2025-02-03, amount 40, expected 2025-04-01, owner Bea");
  /* An expected close that comes nearer is no push. */
  check_told(log, "B", "2025-04-29",
             "open since 2025-02-01, stage Qualification since 2025-03-01, amount 40, expected 2025-03-15, owner Bea");
  check_told(log, "B", "2025-04-30",
             "open since 2025-02-01, stage Proposal, amount 50, expected 2025-06-01, owner Bob");
  check_told(log, "B", "2026-01-01",
             "open since 2025-02-01, stage Proposal, amount 50, expected 2025-06-01, owner Bob");
  check_told(log, "A", "2025-04-29",
             "won 2025-03-05, since 2025-01-10, stage Closed Won since 2025-03-05, amount 800, expected 2025-03-20, "
             "owner Abe, pushes 2");
  check_told(log, "A", "2025-04-30",
             "won 2025-03-05, since 2025-01-10, stage Closed Won since 2025-03-05, amount 900, expected 2025-03-20, "
             "owner Zoe, pushes 2");
  /* In the deals file only: nothing but its dates before it closes, its amount with the closing. */
  check_told(log, "C", "2025-02-24", "open since 2025-01-20");
  check_told(log, "C", "2025-02-25", "lost 2025-02-25, since 2025-01-20, amount 70");
  check_told(log, "D", "2025-04-29", "absent");
  check_told(log, "D", "2025-04-30",
             "open since 2025-04-30, stage Qualification, amount 10, expected 2025-08-01, owner Dan");
  assert_int_equal(log->deals->only_in_deals, 2);
  assert_int_equal(log->deals->only_in_history, 0);
  assert_int_equal(log->deals->disagreements, 0);
  log_free(log);
}

static void test_deals_alone(void **state)
{
  (void)state;
  deal_log *log = log_of(deals, NULL, NULL);
  assert_int_equal(log->deals->export_day, day_of("2025-04-30"));
  check_told(log, "A", "2025-01-09", "absent");
  check_told(log, "A", "2025-01-10", "open since 2025-01-10");
  check_told(log, "A", "2025-03-04", "open since 2025-01-10");
  check_told(log, "A", "2025-03-05", "won 2025-03-05, since 2025-01-10, amount 900");
  check_told(log, "B", "2025-04-29", "open since 2025-02-01");
  check_told(log, "B", "2025-04-30",
             "open since 2025-02-01, stage Proposal, amount 50, expected 2025-06-01, owner Bob");
  assert_int_equal(log->deals->only_in_deals, 0); /* there is no other side */
  log_free(log);
}

static void test_history_alone(void **state)
{
  (void)state;
  deal_log *log = log_of(NULL, history, NULL);
  assert_int_equal(log->deals->n, 2);
  assert_int_equal(log->deals->export_day, day_of("2025-03-05"));
  assert_int_equal(log->deals->only_in_history, 2);
  check_told(log, "A", "2025-01-09", "absent");
  check_told(log, "A", "2025-03-05",
             "won 2025-03-05, since 2025-01-10, stage Closed Won since 2025-03-05, amount 800, expected 2025-03-20, "
             "owner Abe, pushes 2");
  check_told(log, "B", "2025-02-02", "absent");
  check_told(log, "B", "2025-03-05",
             "open since 2025-02-03, stage Qualification since 2025-03-01, amount 40, expected 2025-03-15, owner Bea");
  log_free(log);
}

/* Undated columns are told with the deal's last closing, or on the day of export. */
static void test_undated_attributes(void **state)
{
  (void)state;
  deal_log *log = log_of(deals, history, NULL);
  int at = dc_deals_find_role(log->deals, DC_ROLE_PRODUCT);
  assert_true(at >= 0);
  assert_int_equal(at, dc_deals_find_name(log->deals, "product"));
  assert_int_equal(dc_deals_find_name(log->deals, "Product "), -1);
  assert_int_equal(dc_deals_find_role(log->deals, DC_ROLE_REGION), -1);
  const dc_attribute *product = &log->deals->attributes[at];
  assert_false(product->dated);
  size_t a = deal_of(log, "A"), b = deal_of(log, "B");
  assert_int_equal(dc_deals_attribute(log->deals, product, a, day_of("2025-03-04")), 0);
  assert_string_equal(product->words.text[dc_deals_attribute(log->deals, product, a, day_of("2025-03-05"))], "Bolt");
  assert_int_equal(dc_deals_attribute(log->deals, product, b, day_of("2025-04-29")), 0);
  assert_string_equal(product->words.text[dc_deals_attribute(log->deals, product, b, day_of("2025-04-30"))], "Nut");
  log_free(log);
}

/* Columns of the history are told by the deal's first row. */
static void test_dated_attributes(void **state)
{
  (void)state;
  deal_log *log = log_of("id,stage,created_date,closed_date\nA,Proposal,2025-01-01,\nB,Proposal,2025-03-01,\n",
                         "id,changed_at,stage,region\nA,2025-01-05,Prospecting,North\nA,2025-02-01,Proposal,South\n",
                         NULL);
  int at = dc_deals_find_role(log->deals, DC_ROLE_REGION);
  assert_true(at >= 0);
  const dc_attribute *region = &log->deals->attributes[at];
  assert_true(region->dated);
  size_t a = deal_of(log, "A");
  assert_int_equal(dc_deals_attribute(log->deals, region, a, day_of("2025-01-04")), 0);
  assert_string_equal(region->words.text[dc_deals_attribute(log->deals, region, a, day_of("2025-01-05"))], "North");
  assert_string_equal(region->words.text[dc_deals_attribute(log->deals, region, a, day_of("2025-02-28"))], "North");
  log_free(log);
}

/* A reopened deal's amount is not known at its first closing, when only the deals file of later has it. */
static void test_amount_of_reopened(void **state)
{
  (void)state;
  deal_log *log = log_of("id,stage,amount,created_date,closed_date\n"
                         "A,Closed Won,300,2025-01-01,2025-05-01\nB,Proposal,1,2025-06-01,\n",
                         "id,changed_at,stage\nA,2025-01-01,Proposal\nA,2025-02-01,Closed Won\n"
                         "A,2025-04-01,Negotiation\nA,2025-05-01,Closed Won\n",
                         NULL);
  check_told(log, "A", "2025-02-01", "won 2025-02-01, since 2025-01-01, stage Closed Won since 2025-02-01");
  check_told(log, "A", "2025-04-01", "open since 2025-04-01, stage Negotiation since 2025-04-01");
  check_told(log, "A", "2025-05-01", "won 2025-05-01, since 2025-04-01, stage Closed Won since 2025-05-01, amount 300");
  log_free(log);
}

/* How a deal began, by someone who asks on a day. */
static void test_first_view(void **state)
{
  (void)state;
  deal_log *log = log_of("id,stage,created_date,closed_date\nA,Proposal,2025-01-01,\nB,Proposal,2025-01-01,\n"
                         "C,Proposal,2025-01-01,\n",
                         "id,changed_at,stage,amount\nA,2025-01-02,Prospecting,5\nA,2025-01-09,Proposal,6\n"
                         "B,2025-01-03,Prospecting,7\nD,2025-01-03,Closed Won,9\n",
                         NULL);
  const dc_deals *d = log->deals;
  size_t a = deal_of(log, "A"), b = deal_of(log, "B"), c = deal_of(log, "C"), e = deal_of(log, "D");
  dc_view view;
  assert_true(dc_deals_first_view(d, a, &d->spells[d->spell_at[a]], day_of("2025-01-30"), &view));
  assert_int_equal(view.since, day_of("2025-01-01"));
  assert_int_equal(view.stage_since, day_of("2025-01-02"));
  check_same(view.amount, 5);
  /* On its first day nobody knew the row of the next. */
  assert_true(dc_deals_first_view(d, a, &d->spells[d->spell_at[a]], day_of("2025-01-01"), &view));
  assert_int_equal(view.stage, 0);
  check_same(view.amount, NAN);
  /* A history that starts later says nothing of the beginning, nor does a closing. */
  assert_true(dc_deals_first_view(d, b, &d->spells[d->spell_at[b]], day_of("2025-01-30"), &view));
  assert_int_equal(view.stage, 0);
  assert_true(dc_deals_first_view(d, e, &d->spells[d->spell_at[e]], day_of("2025-01-30"), &view));
  assert_int_equal(view.stage, 0);
  check_same(view.amount, NAN);
  assert_false(dc_deals_first_view(d, c, &d->spells[d->spell_at[c]], day_of("2025-01-30"), &view));
  assert_int_equal(view.state, DC_STATE_OPEN);
  log_free(log);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_between_events),     cmocka_unit_test(test_export),
      cmocka_unit_test(test_deals_alone),        cmocka_unit_test(test_history_alone),
      cmocka_unit_test(test_undated_attributes), cmocka_unit_test(test_dated_attributes),
      cmocka_unit_test(test_amount_of_reopened), cmocka_unit_test(test_first_view),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
