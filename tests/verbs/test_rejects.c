/* Rejected rows as they stood: each once, with its place, and readable again when mended. */
#include "tests/check.h"
#include "tests/verbs/case.h"

enum { MOST = 64 };

typedef struct kept {
  size_t n;
  char *text[MOST], *place[MOST]; /* "FILE:LINE:COLUMN NAME=VALUE RULE", the record */
  size_t fail_at;                 /* the row at which the taker fails, 0 = never */
} kept;

static dc_status take(void *context, const dc_rejected_row *row, dc_error *error)
{
  kept *k = context;
  assert_true(k->n < MOST);
  if (k->fail_at && k->n + 1 == k->fail_at) return dc_fail(error, DC_E_SYSTEM, "no room");
  assert_true(row->fix[0]);
  assert_int_equal(row->column > 0, row->column_name[0] != 0);
  k->text[k->n] = calloc(row->record_length + 1, 1);
  k->place[k->n] = calloc(512, 1);
  assert_non_null(k->text[k->n]);
  assert_non_null(k->place[k->n]);
  memcpy(k->text[k->n], row->record, row->record_length);
  snprintf(k->place[k->n], 512, "%s:%lld:%d %s=%.*s %s", row->file, (long long)row->line, (int)row->column,
           row->column_name, (int)row->value_length, row->value, row->rule);
  k->n++;
  return DC_OK;
}

static void forget(kept *k)
{
  for (size_t i = 0; i < k->n; i++) {
    free(k->text[i]);
    free(k->place[i]);
  }
  memset(k, 0, sizeof *k);
}

static void keep_in(job_case *c, kept *k)
{
  memset(k, 0, sizeof *k);
  c->job.take_reject = take;
  c->job.take_context = k;
}

#define HEADER "deal_id,owner,stage,amount,created,closed\n"

static const struct {
  const char *row, *place, *mended;
} rows[] = {
    {"1,Ana,Closed Won,100,2024-01-10,2024-02-20", NULL, NULL},
    {"2,Ben,Closed Won,no idea,2024-02-03,2024-03-11", ":3:4 amount=no idea won deal without an amount",
     "2,Ben,Closed Won,5,2024-02-03,2024-03-11"},
    {"3,Ben,Proposal,40", ":4:0 = short row", "3,Ben,Proposal,40,2024-02-03,"},
    {"4,Ben,Proposal,1,250,2024-02-03,", ":5:0 = long row", "4,Ben,Proposal,1250,2024-02-03,"},
    {"5,\"Ben\" B,Proposal,40,2024-02-03,", ":6:0 = stray quote", "5,\"Ben B\",Proposal,40,2024-02-03,"},
    {"6,B\001en,Proposal,40,2024-02-03,", ":7:0 = control character", "6,Ben,Proposal,40,2024-02-03,"},
    {"7,\"two\nlines\",Proposal,-3,2024-02-03,", ":8:4 amount=-3 negative amount",
     "7,\"two\nlines\",Proposal,3,2024-02-03,"},
    {"8,Cyd,Proposal,50,2024-02-05,", ":10:1 deal_id=8 rows that differ for one id", "8,Cyd,Proposal,50,2024-02-05,"},
    {"8,Cyd,Proposal,51,2024-02-05,", ":11:1 deal_id=8 rows that differ for one id", "9,Cyd,Proposal,51,2024-02-05,"},
    {",Cyd,Proposal,51,2024-02-05,", ":12:1 deal_id= no id", "10,Cyd,Proposal,51,2024-02-05,"},
    {"11,Cyd,Closed Lost,51,2024-02-05,2024-02-31", ":13:6 closed=2024-02-31 closed deal without a closing date",
     "11,Cyd,Closed Lost,51,2024-02-05,2024-02-28"},
    {"12,Cyd,Closed Won,2e15,2024-02-05,2024-02-28", ":14:4 amount=2e15 amount above 1e15",
     "12,Cyd,Closed Won,2e5,2024-02-05,2024-02-28"},
    {"13,Ana,Closed Won,70,2024-01-10,2024-02-20", NULL, NULL}};

enum { ROWS = sizeof rows / sizeof *rows };

static void write_rows(char *text, bool mended)
{
  strcpy(text, HEADER);
  for (size_t i = 0; i < ROWS; i++) {
    strcat(text, mended && rows[i].mended ? rows[i].mended : rows[i].row);
    strcat(text, "\n");
  }
}

static void each_is_kept_as_it_stood(void **state)
{
  (void)state;
  job_case c;
  kept k;
  char text[4096];
  case_begin(&c);
  keep_in(&c, &k);
  write_rows(text, false);
  case_add(&c.job.files, case_file(&c, "deals.csv", text));
  case_run(&c);
  case_balances(&c);
  size_t at = 0;
  for (size_t i = 0; i < ROWS; i++) {
    if (!rows[i].place) continue;
    assert_true(at < k.n);
    assert_string_equal(k.text[at], rows[i].row);
    assert_string_equal(strchr(k.place[at++], ':'), rows[i].place);
  }
  assert_int_equal(at, k.n);
  assert_int_equal(case_input(&c, "deals.csv", "rejected"), k.n);
  forget(&k);
  case_end(&c);
}

/* The file that a user makes of the header and the mended records. */
static void mended_they_load(void **state)
{
  (void)state;
  job_case c;
  kept k;
  char text[4096];
  case_begin(&c);
  keep_in(&c, &k);
  write_rows(text, false);
  const char *path = case_file(&c, "deals.csv", text);
  case_add(&c.job.files, path);
  case_run(&c);
  strcpy(text, HEADER);
  for (size_t r = 0; r < k.n; r++)
    for (size_t i = 0; i < ROWS; i++)
      if (rows[i].mended && strcmp(rows[i].row, k.text[r]) == 0) strcat(strcat(text, rows[i].mended), "\n");
  size_t rejected = k.n;
  forget(&k);
  const char *mended = case_file(&c, "mended.csv", text);
  case_add(&c.job.files, mended);
  FILE *file = fopen(path, "wb"); /* the good rows stay where they are, the bad ones come from the other file */
  assert_non_null(file);
  fputs(HEADER, file);
  for (size_t i = 0; i < ROWS; i++)
    if (!rows[i].mended) fprintf(file, "%s\n", rows[i].row);
  fclose(file);
  case_run(&c);
  assert_int_equal(k.n, 0);
  assert_int_equal(case_input(&c, "deals.csv", "used"), ROWS - rejected);
  assert_int_equal(case_input(&c, "mended.csv", "used"), rejected);
  case_end(&c);
}

static void also_when_nothing_is_left(void **state)
{
  (void)state;
  job_case c;
  kept k;
  case_begin(&c);
  keep_in(&c, &k);
  /* by the loader ... */
  case_add(&c.job.files, case_file(&c, "deals.csv", HEADER "1,Ana\n2,Ben,Closed Won,5\n"));
  case_run_fails(&c, DC_E_INPUT, "short row");
  assert_int_equal(k.n, 2);
  assert_string_equal(k.text[1], "2,Ben,Closed Won,5");
  forget(&k);
  /* ... by the deals ... */
  c.job.files.items[0] = case_file(&c, "deals2.csv",
                                   HEADER "1,Ana,Won,-1,2024-01-10,2024-02-20\n2,Ana,Won,,2024-01-10,2024-02-20\n");
  case_run_fails(&c, DC_E_INPUT, "none of the 2 rows can be used");
  assert_int_equal(k.n, 2);
  forget(&k);
  /* ... and by --strict, with the cell that it stops at. */
  c.job.strict = true;
  c.job.files.items[0] = case_file(&c, "deals3.csv",
                                   HEADER "1,Ana,Won,1,2024-01-10,2024-02-20\n2,Ana,Open,x,2024-01-10,\n");
  case_run_fails(&c, DC_E_INPUT, "not a number");
  assert_int_equal(k.n, 1);
  assert_string_equal(k.place[0], "deals3.csv:3:4 amount=x not a number");
  forget(&k);
  case_end(&c);
}

/* Every kind of file: in the order deals, history, accounts, quotas, joins; whatever the number of threads and files. */
static void of_all_files(void **state)
{
  (void)state;
  job_case c;
  kept k;
  static const char *const places[] = {
      "a.csv:3:4 amount=-1 negative amount", "b.csv:2:6 amount=-2 negative amount",
      "history.csv:3:0 = short row",         "history.csv:4:2 changed_at=soon history row without an instant",
      "quotas.csv:2:0 = short row",          "regions.csv:3:0 = long row"};
  case_begin(&c);
  keep_in(&c, &k);
  case_add(&c.job.files,
           case_file(&c, "a.csv", HEADER "1,Ana,Won,1,2024-01-10,2024-02-20\n2,Ana,Open,-1,2024-01-10,\n"));
  /* Another order of columns: the place is that of the file. */
  case_add(&c.job.files,
           case_file(&c, "b.csv", "deal_id,owner,stage,created,closed,amount\n3,Ana,Open,2024-01-10,,-2\n"));
  case_add(&c.job.history,
           case_file(&c, "history.csv",
                     "deal_id,changed_at,stage\n1,2024-01-10,Open\n1,2024-01-11\n1,soon,Open\n1,2024-02-20,Won\n"));
  case_add(&c.job.quotas, case_file(&c, "quotas.csv", "owner,period_start,amount\nAna\nAna,2024-03-01,4\n"));
  char join[600];
  snprintf(join, sizeof join, "%s:owner", case_file(&c, "regions.csv", "owner,region\nAna,North\nBen,South,East\n"));
  case_add(&c.job.joins, join);
  for (int threads = 1; threads <= 3; threads++) {
    c.job.threads = threads;
    case_run(&c);
    case_balances(&c);
    assert_int_equal(k.n, sizeof places / sizeof *places);
    for (size_t i = 0; i < k.n; i++) assert_string_equal(k.place[i], places[i]);
    forget(&k);
  }
  case_end(&c);
}

static void who_cannot_keep_them_ends_the_run(void **state)
{
  (void)state;
  job_case c;
  kept k;
  case_begin(&c);
  keep_in(&c, &k);
  case_add(&c.job.files, case_file(&c, "deals.csv", HEADER "1,Ana,Won,1,2024-01-10,2024-02-20\n2,Ana\n3,Ana\n"));
  k.fail_at = 2;
  case_run_fails(&c, DC_E_SYSTEM, "no room");
  assert_int_equal(k.n, 1);
  forget(&k);
  case_end(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_is_kept_as_it_stood), cmocka_unit_test(mended_they_load),
                                     cmocka_unit_test(also_when_nothing_is_left), cmocka_unit_test(of_all_files),
                                     cmocka_unit_test(who_cannot_keep_them_ends_the_run)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
