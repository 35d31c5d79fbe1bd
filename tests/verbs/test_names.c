/* --hide-names: no name of an owner or an account in any output, and the same forecast. */
#include "engine/deals/ids.h"
#include "engine/output/write.h"
#include "tests/check.h"
#include "tests/output/sample.h"
#include "tests/verbs/case.h"

static const char *const secret[] = {"Zelda",    "Quentin", "Xaver", "Vexacorp",
                                     "Yolobert", "Wuffinc", "zelda", "QUENTIN"};

/* Names where they belong, in rejected rows, in cells that are no numbers, and in another spelling in the quotas. */
static void fill(job_case *c)
{
  case_begin(c);
  case_add(&c->job.files, case_file(c, "deals.csv",
                                    "deal_id,owner,account,stage,amount,created,closed\n"
                                    "1,Zelda,Vexacorp,Won,100,2024-01-10,2024-02-20\n"
                                    "2,Quentin,Yolobert,Lost,60,2024-02-03,2024-03-10\n"
                                    "3,Zelda,Wuffinc,Won,200,2024-02-03,2024-03-11\n"
                                    "4,Zelda,Vexacorp,Proposal,40\n"
                                    "Zelda,Quentin,Vexacorp\n"
                                    "5,Quentin,Yolobert,Proposal,50,2024-02-05,\n"
                                    "6,Xaver,,Proposal,x,2024-02-05,\n"
                                    "7,Quentin,Wuffinc,Proposal,-2,2024-02-05,\n"));
  case_add(&c->job.history, case_file(c, "history.csv",
                                      "deal_id,changed_at,stage,owner\n1,2024-01-10,Proposal,Quentin\n"
                                      "1,2024-02-20,Won,Zelda\n5,2024-02-05,Proposal,Quentin\n"));
  case_add(&c->job.accounts,
           case_file(c, "accounts.csv", "account,sector\nVexacorp,Food\nYolobert,Tools\nWuffinc,Food\n"));
  case_add(&c->job.quotas,
           case_file(c, "quotas.csv",
                     "owner,period_start,amount\nzelda,2024-03-01,90\nQUENTIN,2024-04-01,80\nall,2024-04-01,500\n"));
  /* The key of a join is text whatever it looks like. */
  static char join[700];
  snprintf(join, sizeof join, "%s:account",
           case_file(c, "sizes.csv", "account,size\nVexacorp,Large\nYolobert,Small\nWuffinc,Small\n"));
  case_add(&c->job.joins, join);
  case_add(&c->job.by, "size");
  case_add(&c->job.by, "owner");
  case_add(&c->job.by, "account,sector");
}

/* The whole output of a format, ended by NUL; the caller frees it. */
static char *output(const job_case *c, dc_format format, const char *table)
{
  char path[600];
  dc_error error;
  snprintf(path, sizeof path, "%s/out", c->folder);
  dc_write_options options = {.format = format, .table = table, .path = path, .top = 100};
  check_ok(dc_write_result(c->result, &options, &error), &error);
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  char *text = calloc(1 << 20, 1);
  assert_non_null(text);
  assert_true(fread(text, 1, (1 << 20) - 1, file) < (1 << 20) - 1);
  fclose(file);
  return text;
}

static bool tells(const char *text)
{
  for (size_t k = 0; k < sizeof secret / sizeof *secret; k++)
    if (strstr(text, secret[k])) return true;
  return false;
}

static bool output_tells(const job_case *c)
{
  bool told = false;
  char *text = output(c, DC_FORMAT_TERMINAL, NULL);
  told |= tells(text);
  free(text);
  text = output(c, DC_FORMAT_JSON, NULL);
  told |= tells(text);
  free(text);
  text = output(c, DC_FORMAT_NDJSON, NULL);
  told |= tells(text);
  free(text);
  for (size_t t = 0; t < c->result->n_tables; t++) {
    text = output(c, DC_FORMAT_CSV, c->result->tables[t]->name);
    told |= tells(text);
    free(text);
  }
  return told;
}

static void no_name_in_any_output(void **state)
{
  (void)state;
  job_case c;
  fill(&c);
  case_run(&c);
  assert_true(output_tells(&c));
  size_t rows = dc_result_find(c.result, "forecast")->rows;
  double total = case_total(&c, 1, "all", NULL, "mean");
  double of_owner = case_total(&c, 1, "owner", "Quentin", "mean"),
         quota = case_total(&c, 1, "owner", "Quentin", "quota");
  check_close(quota, 80, 0, 0);
  c.job.hide_names = true;
  case_run(&c);
  case_balances(&c);
  assert_false(output_tells(&c));
  assert_int_equal(dc_result_find(c.result, "forecast")->rows, rows);
  check_close(case_total(&c, 1, "all", NULL, "mean"), total, 1e-9, 0);
  check_close(case_total(&c, 1, "all", NULL, "quota"), 500, 0, 0);
  /* The same code wherever the name was, quotas in another spelling included. */
  const char *const deal[] = {"deal_id", "5", NULL};
  const char *code = case_text(&c, "deals", case_row(&c, "deals", -1, deal), "owner");
  assert_int_equal(strncmp(code, "owner-", 6), 0);
  check_close(case_total(&c, 1, "owner", code, "mean"), of_owner, 1e-9, 0);
  check_close(case_total(&c, 1, "owner", code, "quota"), 80, 0, 0);
  const char *account = case_text(&c, "deals", case_row(&c, "deals", -1, deal), "account");
  assert_int_equal(strncmp(account, "account-", 8), 0);
  /* Another seed, other codes; the same seed, the same. */
  char first[64];
  snprintf(first, sizeof first, "%s", code);
  case_run(&c);
  assert_string_equal(case_text(&c, "deals", case_row(&c, "deals", -1, deal), "owner"), first);
  c.job.seed = 7;
  case_run(&c);
  assert_string_not_equal(case_text(&c, "deals", case_row(&c, "deals", -1, deal), "owner"), first);
  case_end(&c);
}

/* Errors, too. */
static void no_name_in_errors(void **state)
{
  (void)state;
  job_case c;
  fill(&c);
  c.job.hide_names = true;
  c.job.strict = true;
  case_run_fails(&c, DC_E_INPUT, "short row: '(hidden)'");
  assert_false(tells(c.error.message));
  case_end(&c);
}

/* Far more names than six digits can tell apart without a collision: each gets a code of its own. */
static void many_names(void **state)
{
  (void)state;
  enum { MANY = 20000 };
  job_case c;
  case_begin(&c);
  char *text = malloc(MANY * 64 + 256), *p = text;
  assert_non_null(text);
  p += sprintf(p, "deal_id,account,stage,amount,created,closed\n1,Zelda 0,Won,1,2024-01-10,2024-02-20\n");
  for (int i = 0; i < MANY; i++) p += sprintf(p, "d%d,Zelda %d,Open,1,2024-01-10,\n", i, i);
  case_add(&c.job.files, case_file(&c, "deals.csv", text));
  free(text);
  c.job.hide_names = true;
  case_run(&c);
  const dc_result_table *deals = dc_result_find(c.result, "deals");
  assert_int_equal(deals->rows, MANY);
  size_t longer = 0;
  dc_ids ids = {0};
  for (size_t r = 0; r < deals->rows; r++) {
    bool fresh;
    const char *code = case_text(&c, "deals", r, "account");
    assert_int_equal(strncmp(code, "account-", 8), 0);
    dc_ids_add(&ids, code, strlen(code), &fresh);
    assert_true(fresh);
    longer += strlen(code) > 14;
  }
  assert_true(longer > 0); /* 20,000 of 16.7 million: a dozen collisions, made longer */
  dc_ids_clear(&ids);
  case_end(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(no_name_in_any_output), cmocka_unit_test(no_name_in_errors),
                                     cmocka_unit_test(many_names)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
