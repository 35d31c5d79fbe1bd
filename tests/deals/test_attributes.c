/* Columns of joined tables: by a column of the deals, or by their id. */
#include "tests/check.h"
#include "tests/deals/logs.h"
#include "tests/deals/tables.h"

static const char deals[] = "id,stage,amount,created_date,closed_date,account\n"
                            "A,Closed Won,10,2025-01-01,2025-02-01,Acme\n"
                            "B,Proposal,20,2025-01-10,,Best\n"
                            "C,Proposal,30,2025-02-02,,Acme\n"
                            "D,Proposal,30,2025-02-02,,Unheard\n"
                            "E,Proposal,30,2025-02-02,,\n";

static const char *word_of(const deal_log *log, const char *name, const char *id)
{
  int at = dc_deals_find_name(log->deals, name);
  if (at < 0) fail_msg("no attribute '%s'", name);
  const dc_attribute *a = &log->deals->attributes[at];
  return a->words.text[a->code[deal_of(log, id)]];
}

/* Joins by the first column; returns how many deals found no row. */
static int64_t join(deal_log *log, const dc_table *table, int attribute)
{
  dc_error error = {DC_OK, 0, 0, "", ""};
  int64_t unmatched = -1;
  check_ok(dc_deals_join(log->deals, table, NULL, 0, attribute, &unmatched, &error), &error);
  return unmatched;
}

static void test_by_account(void **state)
{
  (void)state;
  deal_log *log = log_of(deals, NULL, NULL);
  dc_table *table = table_from(DC_SHAPE_ACCOUNTS, "account,sector,employees,founded\n"
                                                  "Best,Food,7,2001-01-01\nAcme,Tools,,1999-01-01\nOther,Food,9,\n");
  assert_int_equal(join(log, table, dc_deals_find_role(log->deals, DC_ROLE_ACCOUNT)), 1); /* D; E has no key */
  assert_string_equal(word_of(log, "sector", "A"), "Tools");
  assert_string_equal(word_of(log, "sector", "B"), "Food");
  assert_string_equal(word_of(log, "sector", "C"), "Tools");
  assert_string_equal(word_of(log, "sector", "D"), "");
  assert_string_equal(word_of(log, "sector", "E"), "");
  assert_string_equal(word_of(log, "employees", "A"), "");
  assert_string_equal(word_of(log, "employees", "B"), "from 7");
  /* Dates and the key itself do not come along; what hangs on an undated column is undated. */
  assert_int_equal(dc_deals_find_name(log->deals, "founded"), -1);
  assert_int_equal(log->deals->n_attributes, 3);
  assert_false(log->deals->attributes[dc_deals_find_name(log->deals, "sector")].dated);
  dc_table_free(table);
  log_free(log);
}

static void test_by_id(void **state)
{
  (void)state;
  deal_log *log = log_of(deals, NULL, NULL);
  dc_table *table = table_from(DC_SHAPE_ACCOUNTS, "deal,channel\nC,Web\nA,Fair\nZ,Web\n");
  assert_int_equal(join(log, table, -1), 3); /* B, D, E */
  assert_string_equal(word_of(log, "channel", "A"), "Fair");
  assert_string_equal(word_of(log, "channel", "B"), "");
  assert_string_equal(word_of(log, "channel", "C"), "Web");
  dc_table_free(table);
  log_free(log);
}

/* Numbers are cut at their quintiles, by rank, whatever the order of the rows. */
static void test_quintiles(void **state)
{
  (void)state;
  char text[2000], other[2000], *at = text, *to = other, log_text[4000], *l = log_text;
  l += sprintf(l, "id,stage,created_date,closed_date,account\n");
  at += sprintf(at, "account,size\n");
  to += sprintf(to, "account,size\n");
  for (int i = 0; i < 50; i++) {
    l += sprintf(l, "D%02d,Proposal,2025-01-01,,K%02d\n", i, i);
    at += sprintf(at, "K%02d,%d\n", i, i * i);
    to += sprintf(to, "K%02d,%d\n", 49 - i, (49 - i) * (49 - i));
  }
  for (int k = 0; k < 2; k++) {
    deal_log *log = log_of(log_text, NULL, NULL);
    dc_table *table = table_from(DC_SHAPE_ACCOUNTS, k ? other : text);
    assert_int_equal(join(log, table, dc_deals_find_role(log->deals, DC_ROLE_ACCOUNT)), 0);
    const dc_attribute *size = &log->deals->attributes[dc_deals_find_name(log->deals, "size")];
    assert_int_equal(size->words.n, 6);
    int count[6] = {0};
    for (size_t i = 0; i < 50; i++) {
      count[size->code[i]]++;
      if (i) assert_true(size->code[i] >= size->code[i - 1]);
    }
    /* The ranks 0, 9, 19, 29, 39 of 0 .. 49 begin a range: 49 k / 5, rounded down. */
    static const int expected[6] = {0, 9, 10, 10, 10, 11};
    for (int b = 0; b < 6; b++) assert_int_equal(count[b], expected[b]);
    assert_string_equal(word_of(log, "size", "D08"), "from 0");
    assert_string_equal(word_of(log, "size", "D09"), "from 81");
    dc_table_free(table);
    log_free(log);
  }
}

/* A key that occurs twice stops; a column of very many words is a name, not a property. */
static void test_refused(void **state)
{
  (void)state;
  deal_log *log = log_of(deals, NULL, NULL);
  dc_error error = {DC_OK, 0, 0, "", ""};
  dc_table *table = table_from(DC_SHAPE_ACCOUNTS, "account,sector\nBest,Food\nAcme,Tools\nBest,Drink\n");
  int account = dc_deals_find_role(log->deals, DC_ROLE_ACCOUNT);
  int64_t unmatched;
  check_fails(dc_deals_join(log->deals, table, NULL, 0, account, &unmatched, &error), DC_E_INPUT, &error);
  assert_non_null(strstr(error.message, "'account'"));
  assert_non_null(strstr(error.message, "'Best'"));
  dc_table_free(table);
  for (int n = 255; n <= 256; n++) {
    char *text = malloc(256 * 40), *at = text + sprintf(text, "account,motto\n");
    for (int i = 0; i < n; i++) at += sprintf(at, "K%d,Motto %d\n", i, i);
    size_t before = log->deals->n_attributes;
    table = table_from(DC_SHAPE_ACCOUNTS, text);
    assert_int_equal(join(log, table, account), 4);
    assert_int_equal(log->deals->n_attributes, before + (n == 255)); /* and the missing one: 256 words */
    dc_table_free(table);
    free(text);
  }
  log_free(log);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_by_account),
      cmocka_unit_test(test_by_id),
      cmocka_unit_test(test_quintiles),
      cmocka_unit_test(test_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
