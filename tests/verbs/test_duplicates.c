/* Rows that come twice: dropped, rejected or kept, and always counted. */
#include "tests/check.h"
#include "tests/verbs/case.h"

#define HEADER "deal_id,owner,stage,amount,created,closed\n"
#define CLOSED "9,Ana,Won,7,2024-01-10,2024-03-20\n"

static void counts(const job_case *c, const char *file, int64_t used, int64_t rejected, int64_t duplicate)
{
  case_balances(c);
  assert_int_equal(case_input(c, file, "used"), used);
  assert_int_equal(case_input(c, file, "rejected"), rejected);
  assert_int_equal(case_input(c, file, "duplicate"), duplicate);
}

static double amount_of(const job_case *c, const char *id)
{
  const char *const pairs[] = {"deal_id", id, NULL};
  return case_number(c, "deals", case_row(c, "deals", -1, pairs), "amount");
}

/* A twice and a B that differs: one duplicate and two rejected rows, in any order. */
static void do_not_depend_on_the_order(void **state)
{
  (void)state;
  static const char a[] = "1,Ana,Open,50,2024-02-05,\n", b[] = "1,Ana,Open,51,2024-02-05,\n";
  const char *const orders[][3] = {{a, a, b}, {a, b, a}, {b, a, a}};
  for (size_t k = 0; k < 3; k++) {
    char text[512];
    job_case c;
    case_begin(&c);
    snprintf(text, sizeof text, HEADER "%s%s" CLOSED "%s", orders[k][0], orders[k][1], orders[k][2]);
    case_add(&c.job.files, case_file(&c, "deals.csv", text));
    case_run(&c);
    counts(&c, "deals.csv", 1, 2, 1);
    case_end(&c);
  }
}

static void first_or_last_counts(void **state)
{
  (void)state;
  job_case c;
  case_begin(&c);
  case_add(&c.job.files,
           case_file(&c, "a.csv", HEADER "1,Ana,Open,50,2024-02-05,\n1,Ana,Open,51,2024-02-05,\n" CLOSED));
  case_add(&c.job.files, case_file(&c, "b.csv",
                                   HEADER "1,Ana,Open,52,2024-02-05,\n1,Ana,Open,50,2024-02-05,\n"
                                          "2,Ana,Open,3,2024-02-05,\n2,Ana,Open,3,2024-02-05,\n"));
  c.job.duplicates = DC_DUPLICATES_FIRST;
  case_run(&c);
  counts(&c, "a.csv", 2, 0, 1);
  counts(&c, "b.csv", 1, 0, 3);
  check_close(amount_of(&c, "1"), 50, 0, 0);
  c.job.duplicates = DC_DUPLICATES_LAST;
  case_run(&c);
  counts(&c, "a.csv", 1, 0, 2);
  counts(&c, "b.csv", 2, 0, 2);
  check_close(amount_of(&c, "1"), 50, 0, 0);
  check_close(amount_of(&c, "2"), 3, 0, 0);
  c.job.duplicates = DC_DUPLICATES_REJECT;
  case_run(&c);
  counts(&c, "a.csv", 1, 2, 0);
  counts(&c, "b.csv", 1, 1, 2);
  case_end(&c);
}

/* The key of a change is its deal and instant: the same row twice is one change, rows that differ all count. */
static void of_a_history(void **state)
{
  (void)state;
  job_case c;
  case_begin(&c);
  case_add(&c.job.history, case_file(&c, "history.csv",
                                     "deal_id,changed_at,stage,amount\n"
                                     "1,2024-01-10T10:00:00Z,Open,50\n1,2024-01-10T10:00:00Z,Open,50\n"
                                     "1,2024-01-10T10:00:00Z,Open,55\n1,2024-01-10T10:00:01Z,Open,55\n"
                                     "2,2024-01-10T10:00:00Z,Open,50\n2,2024-03-10T10:00:00Z,Won,60\n"
                                     "3,2024-01-10T10:00:00Z,Open,50\n3,2024-01-10T10:00:00Z,Open,50\n"));
  case_run(&c);
  counts(&c, "history.csv", 6, 0, 2);
  assert_true(case_warns(&c, "changes of a deal that share their instant and differ: 2"));
  check_close(amount_of(&c, "1"), 55, 0, 0);
  c.job.duplicates = DC_DUPLICATES_FIRST;
  c.job.as_of = 19732; /* 2024-01-10 */
  case_run(&c);
  counts(&c, "history.csv", 4, 0, 3);
  assert_false(case_warns(&c, "share their instant"));
  case_end(&c);
}

static void without_an_id_all_count(void **state)
{
  (void)state;
  job_case c;
  case_begin(&c);
  case_add(&c.job.files, case_file(&c, "deals.csv",
                                   "owner,stage,amount,created,closed\nAna,Won,7,2024-01-10,2024-03-20\n"
                                   "Ana,Open,7,2024-01-10,\nAna,Open,7,2024-01-10,\nAna,Open,7,2024-01-10,\n"));
  case_run(&c);
  counts(&c, "deals.csv", 4, 0, 0);
  assert_true(
      case_warns(&c, "rows that are the same as an earlier one, and count all the same as no id tells them apart: 2"));
  case_end(&c);
}

/* Many rows under one key take no longer than as many under keys of their own, give or take. */
static void many_of_one_key(void **state)
{
  (void)state;
  enum { MANY = 60000 };
  job_case c;
  case_begin(&c);
  char *text = malloc((size_t)MANY * 48 + 256), *p = text;
  assert_non_null(text);
  p += sprintf(p, HEADER CLOSED);
  for (int i = 0; i < MANY; i++) p += sprintf(p, "1,Ana,Open,%d,2024-02-05,\n", i % (MANY / 2));
  case_add(&c.job.files, case_file(&c, "deals.csv", text));
  case_run(&c);
  counts(&c, "deals.csv", 1, MANY / 2, MANY / 2);
  p = text + sprintf(text, "deal_id,changed_at,stage,amount\n9,2024-03-20,Won,7\n");
  for (int i = 0; i < MANY; i++) p += sprintf(p, "1,2024-02-05,Open,%d\n", i % (MANY / 2));
  case_add(&c.job.history, case_file(&c, "history.csv", text));
  c.job.files.count = 0;
  case_run(&c);
  counts(&c, "history.csv", MANY / 2 + 1, 0, MANY / 2);
  free(text);
  case_end(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(do_not_depend_on_the_order),
                                     cmocka_unit_test(first_or_last_counts), cmocka_unit_test(of_a_history),
                                     cmocka_unit_test(without_an_id_all_count), cmocka_unit_test(many_of_one_key)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
