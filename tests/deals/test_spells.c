/* When deals were open and how that ended: events, reopened deals, files that disagree, impossible orders. */
#include "tests/check.h"
#include "tests/deals/logs.h"

#define check_spells(log, id, expected) assert_string_equal(spells_of(log, id), expected)

static const char reopened[] = "id,changed_at,stage,amount\n"
                               "A,2025-01-10,Prospecting,10\nA,2025-02-01,Closed Won,20\nA,2025-02-09,Closed Won,25\n"
                               "A,2025-03-01,Negotiation,30\nA,2025-04-01,Closed Won,40\nA,2025-04-20,Closed Won,45\n"
                               "B,2025-01-10,Prospecting,1\nB,2025-02-01,Closed Lost,1\nB,2025-03-01,Proposal,1\n"
                               "C,2025-01-10,Prospecting,1\nC,2025-02-01,Closed Lost,1\nC,2025-02-05,Closed Won,1\n"
                               "D,2025-01-10,Prospecting,1\nD,2025-02-01,Closed Won,1\nD,2025-03-01,Closed Lost,1\n";

/* A booking counts at the first entry of the last won spell. */
static void test_reopened(void **state)
{
  (void)state;
  deal_log *log = log_of(NULL, reopened, NULL);
  check_spells(log, "A", "2025-01-10..2025-02-01 won; 2025-03-01..2025-04-01 won");
  check_spells(log, "B", "2025-01-10..2025-02-01 lost; 2025-03-01.. open");
  check_spells(log, "C", "2025-01-10..2025-02-01 lost; 2025-02-05..2025-02-05 won");
  check_spells(log, "D", "2025-01-10..2025-02-01 won; 2025-03-01..2025-03-01 lost");
  dc_view v = view_of(log, "A", "2025-02-28");
  assert_int_equal(v.state, DC_STATE_WON);
  assert_int_equal(v.closed, day_of("2025-02-01"));
  check_same(v.amount, 25);
  v = view_of(log, "A", "2025-03-01");
  assert_int_equal(v.state, DC_STATE_OPEN);
  assert_int_equal(v.since, day_of("2025-03-01"));
  v = view_of(log, "A", "2025-05-01");
  assert_int_equal(v.closed, day_of("2025-04-01"));
  check_same(v.amount, 45);
  assert_int_equal(view_of(log, "D", "2025-02-28").state, DC_STATE_WON);
  assert_int_equal(view_of(log, "D", "2025-03-01").state, DC_STATE_LOST);
  log_free(log);
}

/* booked_at = first: whatever follows the first win does not count. */
static void test_booked_first(void **state)
{
  (void)state;
  deal_log *log = log_of(NULL, reopened, "[outcome]\nbooked_at = first\n");
  check_spells(log, "A", "2025-01-10..2025-02-01 won");
  check_spells(log, "B", "2025-01-10..2025-02-01 lost; 2025-03-01.. open");
  check_spells(log, "C", "2025-01-10..2025-02-01 lost; 2025-02-05..2025-02-05 won");
  check_spells(log, "D", "2025-01-10..2025-02-01 won");
  assert_int_equal(view_of(log, "A", "2025-03-15").state, DC_STATE_WON);
  assert_int_equal(view_of(log, "A", "2025-05-01").closed, day_of("2025-02-01"));
  log_free(log);
}

static void test_sides(void **state)
{
  (void)state;
  deal_log *log = log_of("id,stage,created_date,closed_date\n"
                         "A,Proposal,2025-01-05,\n"             /* history begins before it was created: that counts */
                         "B,Closed Won,2025-01-05,2025-02-01\n" /* not in the history */
                         "C,Proposal,2025-01-05,\n",            /* its history begins later */
                         "id,changed_at,stage\nA,2025-01-02,Proposal\nC,2025-01-20,Proposal\n"
                         "E,2025-01-03,Proposal\nE,2025-01-13,Closed Lost\n",
                         NULL);
  check_spells(log, "A", "2025-01-02.. open");
  check_spells(log, "B", "2025-01-05..2025-02-01 won");
  check_spells(log, "C", "2025-01-05.. open");
  check_spells(log, "E", "2025-01-03..2025-01-13 lost");
  assert_int_equal(log->deals->n, 4);
  assert_int_equal(log->deals->only_in_deals, 1);
  assert_int_equal(log->deals->only_in_history, 1);
  assert_int_equal(log->deals->row[deal_of(log, "E")], DC_ID_NONE);
  assert_int_equal(log->deals->disagreements, 0);
  log_free(log);
}

/* The deals file closes what the history left open; otherwise the history stands. Each is counted once. */
static void test_disagreements(void **state)
{
  (void)state;
  deal_log *log = log_of("id,stage,created_date,closed_date\n"
                         "A,Closed Won,2025-01-01,2025-02-20\n"  /* history: open */
                         "B,Proposal,2025-01-01,\n"              /* history: won */
                         "C,Closed Lost,2025-01-01,2025-02-20\n" /* history: won */
                         "D,Closed Won,2025-01-01,2025-02-20\n"  /* history: won, on another day */
                         "E,Closed Won,2024-01-01,2024-02-20\n", /* history: open, from a later day on */
                         "id,changed_at,stage\n"
                         "A,2025-01-01,Proposal\nB,2025-01-01,Proposal\nB,2025-02-10,Closed Won\n"
                         "C,2025-01-01,Proposal\nC,2025-02-10,Closed Won\n"
                         "D,2025-01-01,Proposal\nD,2025-02-10,Closed Won\nE,2025-03-01,Proposal\n",
                         NULL);
  check_spells(log, "A", "2025-01-01..2025-02-20 won");
  check_spells(log, "B", "2025-01-01..2025-02-10 won");
  check_spells(log, "C", "2025-01-01..2025-02-10 won");
  check_spells(log, "D", "2025-01-01..2025-02-10 won");
  assert_int_equal(log->deals->disagreements, 4);
  log_free(log);
}

/* Close before created is the mark of a bulk import: the creation becomes missing, the deal stays. */
static void test_impossible_order(void **state)
{
  (void)state;
  deal_log *log = log_of("id,stage,amount,created_date,closed_date\n"
                         "A,Closed Won,5,2025-03-01,2025-02-01\n"
                         "B,Closed Lost,5,2025-03-01,2025-03-01\n"
                         "C,Closed Won,5,,2025-02-10\n"
                         "D,Proposal,5,,\n"
                         "E,Proposal,5,2025-04-01,\n",
                         NULL, NULL);
  assert_int_equal(log->deals->created_dropped, 1);
  check_spells(log, "A", "?..2025-02-01 won");
  check_spells(log, "B", "2025-03-01..2025-03-01 lost");
  check_spells(log, "C", "?..2025-02-10 won");
  check_spells(log, "D", "?.. open");
  /* Without a creation a deal is known from its closing, or from the export, on. */
  assert_string_equal(told_of(log, "A", "2025-01-31"), "absent");
  assert_string_equal(told_of(log, "A", "2025-02-01"), "won 2025-02-01, amount 5");
  assert_string_equal(told_of(log, "C", "2025-02-09"), "absent");
  assert_string_equal(told_of(log, "D", "2025-03-31"), "absent");
  assert_string_equal(told_of(log, "D", "2025-04-01"), "open, stage Proposal, amount 5");
  log_free(log);
}

/* With a history the beginning is taken from there. */
static void test_impossible_order_with_history(void **state)
{
  (void)state;
  deal_log *log = log_of("id,stage,created_date,closed_date\nA,Closed Won,2025-03-01,2025-02-01\n",
                         "id,changed_at,stage\nA,2025-01-15,Proposal\nA,2025-02-01,Closed Won\n", NULL);
  assert_int_equal(log->deals->created_dropped, 1);
  check_spells(log, "A", "2025-01-15..2025-02-01 won");
  log_free(log);
}

/* A history that an import wrote after the deals were closed does not move their closings; one that says more does. */
static void test_imported(void **state)
{
  (void)state;
  deal_log *log = log_of("id,stage,amount,created_date,closed_date\n"
                         "A,Closed Won,5,2025-03-01,2025-02-01\n"
                         "B,Closed Lost,5,2025-01-01,2025-02-02\n"
                         "C,Closed Won,5,2025-01-01,2025-02-03\n",
                         "id,changed_at,stage\n"
                         "A,2025-03-01,Closed Won\nA,2025-03-04,Closed Won\nB,2025-03-01,Closed Lost\n"
                         "C,2025-03-01,Proposal\nC,2025-03-05,Closed Won\n",
                         NULL);
  check_spells(log, "A", "?..2025-02-01 won");
  check_spells(log, "B", "2025-01-01..2025-02-02 lost");
  check_spells(log, "C", "2025-01-01..2025-03-05 won");
  assert_string_equal(told_of(log, "A", "2025-02-01"), "won 2025-02-01, amount 5");
  assert_int_equal(log->deals->disagreements, 0);
  log_free(log);
}

/* Rows of one instant: closings come last, then the order of the words decides, never that of the file. */
static void test_one_instant(void **state)
{
  (void)state;
  static const char *const rows[] = {"A,2025-01-05 10:00:00,Proposal,20,2025-03-01\n",
                                     "A,2025-01-05 10:00:00,Closed Won,30,2025-03-01\n",
                                     "A,2025-01-05 10:00:00,Prospecting,10,2025-02-01\n"};
  static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
  for (size_t k = 0; k < sizeof orders / sizeof *orders; k++) {
    char text[400];
    snprintf(text, sizeof text, "id,changed_at,stage,amount,expected_close\n%s%s%s", rows[orders[k][0]],
             rows[orders[k][1]], rows[orders[k][2]]);
    deal_log *log = log_of(NULL, text, NULL);
    const dc_deals *d = log->deals;
    assert_int_equal(d->event_at[1], 3);
    assert_string_equal(d->stages.text[d->events[0].stage], "Proposal");
    assert_string_equal(d->stages.text[d->events[1].stage], "Prospecting");
    assert_string_equal(d->stages.text[d->events[2].stage], "Closed Won");
    check_spells(log, "A", "2025-01-05..2025-01-05 won");
    assert_string_equal(told_of(log, "A", "2025-01-04"), "absent");
    assert_string_equal(told_of(log, "A", "2025-01-05"),
                        "won 2025-01-05, since 2025-01-05, stage Closed Won since 2025-01-05, amount 30, "
                        "expected 2025-03-01, pushes 1");
    log_free(log);
  }
}

/* An instant's day is that of the configured time zone. */
static void test_time_zone(void **state)
{
  (void)state;
  const char *history = "id,changed_at,stage\nA,2025-01-05 22:30:00,Proposal\nA,2025-02-28 23:00:00,Closed Won\n";
  deal_log *log = log_of(NULL, history, NULL);
  check_spells(log, "A", "2025-01-05..2025-02-28 won");
  log_free(log);
  log = log_of(NULL, history, "[calendar]\ntimezone = +02:00\n");
  check_spells(log, "A", "2025-01-06..2025-03-01 won");
  log_free(log);
}

/* A history may tell the creation, too: the earliest of its rows counts, in any order, where the deals file has none. */
static void test_created_in_history(void **state)
{
  (void)state;
  static const char *const rows[] = {"A,2025-01-05,Proposal,2025-01-04\n", "A,2025-01-09,Closed Lost,2025-01-02\n"};
  for (int k = 0; k < 2; k++) {
    char text[300];
    snprintf(text, sizeof text, "id,changed_at,stage,created_date\n%s%sB,2025-01-05,Proposal,2025-01-01\n", rows[k],
             rows[1 - k]);
    deal_log *log = log_of("id,stage,created_date,closed_date\nA,Closed Lost,,2025-01-09\nB,Proposal,2025-01-03,\n",
                           text, NULL);
    check_spells(log, "A", "2025-01-02..2025-01-09 lost");
    check_spells(log, "B", "2025-01-03.. open");
    log_free(log);
  }
}

/* Rows that change nothing are no events; a change and its return are two. */
static void test_unchanged_rows(void **state)
{
  (void)state;
  deal_log *log = log_of(NULL,
                         "id,changed_at,stage,amount,expected_close,owner\n"
                         "A,2025-01-01,Proposal,10,2025-02-01,Ann\nA,2025-01-03,Proposal,10,2025-02-01,Ann\n"
                         "A,2025-01-05,,,,\nA,2025-01-07,Proposal,12,2025-02-01,Ann\n"
                         "A,2025-01-09,Proposal,10,2025-02-01,Ann\n",
                         NULL);
  assert_int_equal(log->deals->event_at[1], 3);
  static const char *const days[] = {"2025-01-01", "2025-01-07", "2025-01-09"};
  static const double amounts[] = {10, 12, 10};
  for (int k = 0; k < 3; k++) {
    assert_int_equal(log->deals->events[k].day, day_of(days[k]));
    check_same(log->deals->events[k].amount, amounts[k]);
    assert_int_equal(log->deals->events[k].stage_since, day_of("2025-01-01"));
  }
  log_free(log);
}

static void check_rows(const dc_input *in, int64_t used, int64_t rejected, int64_t duplicate, int64_t excluded)
{
  assert_int_equal(in->used, used);
  assert_int_equal(in->rejected, rejected);
  assert_int_equal(in->duplicate, duplicate);
  assert_int_equal(in->excluded, excluded);
  assert_int_equal(in->read, used + rejected + duplicate + excluded);
}

static const dc_reject *rejected_for(const dc_load *load, const char *rule)
{
  for (size_t k = 0; k < load->rejects.count; k++)
    if (!strcmp(load->rejects.items[k].rule, rule)) return &load->rejects.items[k];
  fail_msg("no row was rejected for '%s'", rule);
  return NULL;
}

/* Every row is used or told of, with its place and its amount. */
static void test_rejects(void **state)
{
  (void)state;
  deal_log *log = log_of("id,stage,amount,created_date,closed_date\n"
                         "A,Closed Won,100,2025-01-01,2025-02-01\n"
                         "A,Closed Won,100,2025-01-01,2025-02-01\n" /* the same again */
                         "B,Closed Won,100,2025-01-01,2025-02-01\n"
                         "B,Closed Lost,90,2025-01-01,2025-02-01\n" /* another B: both go */
                         "C,Closed Won,,2025-01-01,2025-02-01\n"
                         "D,Proposal,-7,2025-01-01,\n"
                         "E,Closed Lost,30,2025-01-01,\n"
                         "F,Proposal,2e15,2025-01-01,\n"
                         ",Proposal,8,2025-01-01,\n"
                         "G,Duplicate,8,2025-01-01,\n"
                         "H,Zzyzx,8,2025-03-01,\n",
                         NULL, "[stages]\nignore = Duplicate\n");
  check_rows(&log->loads[0]->inputs[0], 2, 7, 1, 1);
  const dc_reject *r = rejected_for(log->loads[0], "rows that differ for one id");
  assert_int_equal(r->count, 2);
  assert_int_equal(r->line, 4);
  check_same(r->amount, 190);
  assert_string_equal(r->column_name, "id");
  r = rejected_for(log->loads[0], "won deal without an amount");
  assert_int_equal(r->line, 6);
  assert_int_equal(rejected_for(log->loads[0], "negative amount")->line, 7);
  check_same(rejected_for(log->loads[0], "negative amount")->amount, -7);
  assert_string_equal(rejected_for(log->loads[0], "closed deal without a closing date")->column_name, "closed_date");
  assert_int_equal(rejected_for(log->loads[0], "amount above 1e15")->count, 1);
  assert_int_equal(rejected_for(log->loads[0], "no id")->line, 10);
  /* An unknown stage is open, and counted. */
  assert_int_equal(log->deals->unknown_stage, 1);
  assert_int_equal(view_of(log, "H", "2025-03-01").state, DC_STATE_OPEN);
  /* A deal of which every row was rejected is never there. */
  assert_string_equal(told_of(log, "B", "2030-01-01"), "absent");
  log_free(log);
}

static void test_history_rejects(void **state)
{
  (void)state;
  deal_log *log = log_of("id,stage,created_date,closed_date\nA,Closed Won,2025-01-01,2025-01-20\n",
                         "id,changed_at,stage\nA,2025-01-01,Proposal\nA,,Closed Lost\n,2025-01-05,Proposal\n", NULL);
  check_rows(&log->loads[1]->inputs[0], 1, 2, 0, 0);
  assert_int_equal(rejected_for(log->loads[1], "history row without an instant")->line, 3);
  assert_int_equal(rejected_for(log->loads[1], "no id")->line, 4);
  check_spells(log, "A", "2025-01-01..2025-01-20 won");
  log_free(log);
}

/* Ids are texts in order of their bytes; without an id the row's number is the id. */
static void test_order(void **state)
{
  (void)state;
  static const char *const expected[] = {"007", "10", "9", "a10", "a9"};
  deal_log *log = log_of("id,stage,created_date,closed_date\na9,Proposal,2025-01-01,\n10,Proposal,2025-01-01,\n"
                         "9,Proposal,2025-01-01,\na10,Proposal,2025-01-01,\n007,Proposal,2025-01-01,\n",
                         NULL, NULL);
  assert_int_equal(log->deals->n, 5);
  for (size_t i = 0; i < 5; i++) assert_int_equal(deal_of(log, expected[i]), i);
  log_free(log);
  log = log_of("stage,amount,created_date,closed_date\nProposal,1,2025-01-01,\nProposal,1,2025-01-01,\n", NULL, NULL);
  assert_int_equal(log->deals->n, 2);
  assert_int_equal(deal_of(log, "000000002"), 1);
  log_free(log);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reopened),
      cmocka_unit_test(test_booked_first),
      cmocka_unit_test(test_sides),
      cmocka_unit_test(test_disagreements),
      cmocka_unit_test(test_impossible_order),
      cmocka_unit_test(test_impossible_order_with_history),
      cmocka_unit_test(test_imported),
      cmocka_unit_test(test_one_instant),
      cmocka_unit_test(test_time_zone),
      cmocka_unit_test(test_unchanged_rows),
      cmocka_unit_test(test_rejects),
      cmocka_unit_test(test_history_rejects),
      cmocka_unit_test(test_created_in_history),
      cmocka_unit_test(test_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
