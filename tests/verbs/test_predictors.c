/* Columns that tell nothing, nothing new, or all. */
#include "tests/check.h"
#include "tests/verbs/case.h"

static const char *told(const job_case *c, const char *file, const char *name, const char *field)
{
  const char *const pairs[] = {"file", file, "name", name, NULL};
  return case_text(c, "columns", case_row(c, "columns", -1, pairs), field);
}

/* 60 deals: source is product in other words, region is one, and the accounts' class is all won or all lost. */
static void write_deals(job_case *c)
{
  static char text[8192];
  char *p = text + sprintf(text, "deal_id,account,product,source,region,stage,amount,created,closed\n");
  for (int i = 0; i < 60; i++) {
    bool open = i % 5 == 4, won = i % 2;
    p += sprintf(p, "D%02d,%s,%s,%s,North,%s,%d,2024-%02d-01,", i,
                 won ? (i % 3 ? "Acme" : "Bolt") : (i % 3 ? "Core" : "Dune"), i % 7 < 3 ? "Anvil" : "Bell",
                 i % 7 < 3 ? "Web" : "Fair",
                 open  ? "Open"
                 : won ? "Won"
                       : "Lost",
                 (i * 37) % 91 + 100, i % 6 + 1);
    p += open ? sprintf(p, "\n") : sprintf(p, "2024-%02d-1%d\n", i % 6 + 2, i % 9);
  }
  case_add(&c->job.files, case_file(c, "deals.csv", text));
}

static void constant_and_twin(void **state)
{
  (void)state;
  job_case c;
  case_begin(&c);
  write_deals(&c);
  case_run(&c);
  assert_string_equal(told(&c, "deals.csv", "region", "use"), "dropped");
  assert_string_equal(told(&c, "deals.csv", "region", "why"), "the same in all deals");
  assert_string_equal(told(&c, "deals.csv", "product", "use"), "used");
  assert_string_equal(told(&c, "deals.csv", "source", "use"), "dropped");
  assert_string_equal(told(&c, "deals.csv", "source", "why"), "it sets the deals apart exactly as product does");
  double mean = case_total(&c, 0, "all", NULL, "mean");
  assert_true(isfinite(mean) && mean > 0);
  case_end(&c);
}

/* A history of stages: whoever was in one of them won, whoever was in the other lost. */
static void separated_by_stage(void **state)
{
  (void)state;
  static char text[8192];
  job_case c;
  case_begin(&c);
  char *p = text + sprintf(text, "deal_id,changed_at,Stage\n");
  for (int i = 0; i < 30; i++) {
    p += sprintf(p, "D%02d,2024-%02d-01,Demo\nD%02d,2024-%02d-10,%s\n", i, i % 6 + 1, i, i % 6 + 1,
                 i % 2 ? "Proposal" : "Trial");
    if (i % 5 != 4) p += sprintf(p, "D%02d,2024-%02d-2%d,%s\n", i, i % 6 + 1, i % 9, i % 2 ? "Won" : "Lost");
  }
  case_add(&c.job.history, case_file(&c, "history.csv", text));
  case_run(&c);
  assert_true(case_warns(&c, "separated by Stage: each of its values has only won or only lost deals"));
  const dc_result_table *deals = dc_result_find(c.result, "deals");
  assert_true(deals->rows > 0);
  for (size_t r = 0; r < deals->rows; r++) {
    double p_win = case_number(&c, "deals", r, "p_win");
    assert_true(p_win > 0 && p_win < 1); /* finite estimates: nothing is certain */
  }
  case_end(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(constant_and_twin), cmocka_unit_test(separated_by_stage)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
