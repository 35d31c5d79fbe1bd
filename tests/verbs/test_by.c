/* --by: the scopes add up to the whole, hold what belongs to them, and stand in one order. */
#include "tests/verbs/case.h"

#include "engine/base/date.h"
#include "tests/check.h"

enum { DEALS = 240, LINE = 160 };

/* Two years of deals over 6 owners, 3 regions (some deals without one) and 4 products, closed after 20 to 110 days. */
static char *make_deals(bool amounts)
{
  static const char *const region[] = {"North", "South", "", "East"};
  char *text = malloc((DEALS + 1) * LINE);
  assert_non_null(text);
  size_t used = (size_t)snprintf(text, LINE, "deal_id,owner,region,product,segment,stage,%screated_date,closed_date\n",
                                 amounts ? "amount," : "");
  for (int i = 0; i < DEALS; i++) {
    char created[DC_DATE_CHARS], closed[DC_DATE_CHARS] = "", amount[24] = "";
    int32_t day = dc_date_from_civil(2022, 1, 1) + i * 3, end = day + 20 + i * 37 % 90;
    bool open = end > dc_date_from_civil(2023, 12, 20);
    bool won = i * 7 % 10 < 4;
    dc_date_format(day, created);
    if (!open) dc_date_format(end, closed);
    if (amounts) snprintf(amount, sizeof amount, "%d,", 1000 + i * 7919 % 9000);
    used += (size_t)snprintf(text + used, LINE, "D%03d,Rep %d,%s,Product %c,S%d,%s,%s%s,%s\n", i, i % 6 + 1,
                             region[i * 5 % 4], 'A' + i * 3 % 4, i % 2,
                             open  ? "Proposal"
                             : won ? "Closed Won"
                                   : "Closed Lost",
                             amount, created, closed);
  }
  return text;
}

static void begin(job_case *c, bool amounts)
{
  char *text = make_deals(amounts);
  case_begin(c);
  case_add(&c->job.files, case_file(c, "deals.csv", text));
  free(text);
}

/* Sum of a field over the scopes of a type, beside the whole, for every period, measure and component. */
static void expect_sums(const job_case *c, const char *type, const char *field)
{
  const dc_result_table *t = dc_result_find(c->result, "forecast");
  size_t compared = 0, scopes = 0;
  for (size_t r = 0; r < t->rows; r++) {
    if (strcmp(case_text(c, "forecast", r, "scope_type"), "all") != 0) continue;
    double sum = 0;
    scopes = 0;
    for (size_t k = 0; k < t->rows; k++) {
      bool same = strcmp(case_text(c, "forecast", k, "scope_type"), type) == 0 &&
                  case_integer(c, "forecast", k, "period_start") == case_integer(c, "forecast", r, "period_start") &&
                  strcmp(case_text(c, "forecast", k, "measure"), case_text(c, "forecast", r, "measure")) == 0 &&
                  strcmp(case_text(c, "forecast", k, "component"), case_text(c, "forecast", r, "component")) == 0;
      if (!same) continue;
      sum += strcmp(field, "n_deals") == 0 ? (double)case_integer(c, "forecast", k, field)
                                           : case_number(c, "forecast", k, field);
      scopes++;
    }
    double whole = strcmp(field, "n_deals") == 0 ? (double)case_integer(c, "forecast", r, field)
                                                 : case_number(c, "forecast", r, field);
    check_close(sum, whole, 1e-9, 1e-9);
    compared++;
  }
  assert_int_equal(compared, 2 * 2 * 4);
  assert_true(scopes > 1);
}

static void scopes_add_up(void **state)
{
  (void)state;
  static const char *const types[] = {"owner", "region", "product", "segment", "stage", "region x product"};
  job_case c;
  begin(&c, true);
  for (size_t k = 0; k < 5; k++) case_add(&c.job.by, types[k]);
  case_add(&c.job.by, "Region, Product");
  case_run(&c);
  for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
    expect_sums(&c, types[k], "mean");
    expect_sums(&c, types[k], "n_deals");
  }
  case_end(&c);
}

static void as_seen_on_a_past_day(void **state)
{
  (void)state;
  job_case c;
  begin(&c, true);
  c.job.as_of = dc_date_from_civil(2023, 6, 15);
  case_add(&c.job.by, "region");
  case_run(&c);
  expect_sums(&c, "region", "mean");
  /* The deals file tells regions on its export day: what was open before then has none that was known. */
  const char *const none[] = {"scope_type", "region",    "scope_id", "(none)", "measure",
                              "count",      "component", "open",     NULL};
  const char *const all[] = {"scope_type", "all", "measure", "count", "component", "open", NULL};
  check_close(case_number(&c, "forecast", case_row(&c, "forecast", 0, none), "mean"),
              case_number(&c, "forecast", case_row(&c, "forecast", 0, all), "mean"), 1e-9, 0);
  assert_true(case_warns(&c, "region is told by the deals file on its day of export only"));
  case_balances(&c);
  assert_true(case_input(&c, "deals.csv", "after_as_of") > 0);
  case_end(&c);
}

static void rows_stand_in_order_of_value(void **state)
{
  (void)state;
  job_case c;
  begin(&c, true);
  case_add(&c.job.by, "region");
  case_add(&c.job.by, "region,product");
  case_add(&c.job.by, "REGION");
  case_run(&c);
  static const char *const regions[] = {"East", "North", "South", "(none)"};
  const dc_result_table *t = dc_result_find(c.result, "forecast");
  size_t per_scope = 2 * 2 * 4;
  assert_true(t->rows > per_scope * 5);
  for (size_t r = 0; r < per_scope; r++) assert_null(case_text(&c, "forecast", r, "scope_id"));
  for (size_t k = 0; k < 4; k++) {
    size_t r = per_scope * (k + 1);
    assert_string_equal(case_text(&c, "forecast", r, "scope_id"), regions[k]);
    assert_string_equal(case_text(&c, "forecast", r, "by_region"), regions[k]);
    assert_null(case_text(&c, "forecast", r, "by_product"));
  }
  size_t r = per_scope * 5;
  assert_string_equal(case_text(&c, "forecast", r, "scope_type"), "region x product");
  assert_string_equal(case_text(&c, "forecast", r, "scope_id"), "East x Product B");
  assert_string_equal(case_text(&c, "forecast", r, "by_region"), "East");
  assert_string_equal(case_text(&c, "forecast", r, "by_product"), "Product B");
  assert_null(case_text(&c, "forecast", 0, "by_region"));
  /* --by region twice is once. */
  size_t east = 0;
  for (r = 0; r < t->rows; r++) {
    const char *id = case_text(&c, "forecast", r, "scope_id");
    east += id && strcmp(id, "East") == 0;
  }
  assert_int_equal(east, per_scope);
  case_end(&c);
}

static void the_whole_is_the_same_with_scopes(void **state)
{
  (void)state;
  job_case c;
  begin(&c, true);
  case_run(&c);
  double mean = case_total(&c, 1, "all", NULL, "mean"), p90 = case_total(&c, 1, "all", NULL, "p90");
  case_add(&c.job.by, "segment");
  case_run(&c);
  check_same(case_total(&c, 1, "all", NULL, "mean"), mean);
  check_same(case_total(&c, 1, "all", NULL, "p90"), p90);
  case_end(&c);
}

static void deals_to_come_have_no_stage(void **state)
{
  (void)state;
  job_case c;
  begin(&c, true);
  case_add(&c.job.by, "stage");
  case_run(&c);
  const char *const none[] = {"scope_type", "stage",     "scope_id", "(none)", "measure",
                              "count",      "component", "new",      NULL};
  const char *const open[] = {"scope_type", "stage",     "scope_id", "Proposal", "measure",
                              "count",      "component", "new",      NULL};
  assert_true(case_number(&c, "forecast", case_row(&c, "forecast", 1, none), "mean") > 0);
  check_close(case_number(&c, "forecast", case_row(&c, "forecast", 1, open), "mean"), 0, 0, 0);
  case_end(&c);
}

static void refused(const char *by, const char *part)
{
  job_case c;
  begin(&c, true);
  case_add(&c.job.by, by);
  case_run_fails(&c, DC_E_USAGE, part);
  assert_int_equal(dc_exit_code(c.error.code), 2);
  case_end(&c);
}

static void columns_that_make_no_scopes(void **state)
{
  (void)state;
  refused("regoin", "--by regoin: no such column; did you mean \"region\"?");
  refused("zzz", "--by zzz: no such column; columns with categories are owner, product, region");
  refused("amount", "holds no categories but numbers");
  refused("Closed Date", "holds no categories but dates");
  refused("deal_id", "holds no categories but texts");
  refused("region,region", "one column is named twice");
  refused("region,,product", "--by takes COLUMN,...");
  refused("region,product,owner,segment,stage", "at most 4 columns");
}

static void data_without_amounts(void **state)
{
  (void)state;
  job_case c;
  begin(&c, false);
  case_add(&c.job.by, "region");
  case_run(&c);
  const dc_result_table *t = dc_result_find(c.result, "forecast");
  for (size_t r = 0; r < t->rows; r++) {
    assert_string_equal(case_text(&c, "forecast", r, "measure"), "count");
    assert_true(case_number(&c, "forecast", r, "mean") >= 0);
  }
  t = dc_result_find(c.result, "deals");
  assert_true(t->rows > 0);
  for (size_t r = 0; r < t->rows; r++) {
    assert_true(isnan(case_number(&c, "deals", r, "expected_amount")));
    assert_null(strstr(case_text(&c, "deals", r, "flags"), "no-amount"));
  }
  case_end(&c);
}

static void one_deal_and_none_open(void **state)
{
  (void)state;
  job_case c;
  case_begin(&c);
  case_add(&c.job.files, case_file(&c, "one.csv",
                                   "id,owner,stage,amount,created,closed\n"
                                   "1,Ana,Closed Won,10,2024-01-01,2024-02-01\n"));
  case_add(&c.job.by, "owner");
  case_run(&c);
  check_close(case_total(&c, 0, "owner", "Ana", "mean"), case_total(&c, 0, "all", NULL, "mean"), 1e-9, 0);
  assert_true(case_warns(&c, "rung \"prior-dominated\""));
  case_balances(&c);
  case_end(&c);
}

static void too_far_ahead(void **state)
{
  (void)state;
  job_case c;
  begin(&c, true);
  c.job.horizon = 120;
  case_run_fails(&c, DC_E_USAGE, "--horizon");
  case_end(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(scopes_add_up),
                                     cmocka_unit_test(as_seen_on_a_past_day),
                                     cmocka_unit_test(rows_stand_in_order_of_value),
                                     cmocka_unit_test(the_whole_is_the_same_with_scopes),
                                     cmocka_unit_test(deals_to_come_have_no_stage),
                                     cmocka_unit_test(columns_that_make_no_scopes),
                                     cmocka_unit_test(data_without_amounts),
                                     cmocka_unit_test(one_deal_and_none_open),
                                     cmocka_unit_test(too_far_ahead)};
  return cmocka_run_group_tests_name("scopes", tests, NULL, NULL);
}
