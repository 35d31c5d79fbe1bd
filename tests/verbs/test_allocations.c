/* Every allocation of a forecast fails once: a message, no crash, nothing kept, nothing left in the folder. */
#include "dealcast/job.h"
#include "engine/output/write.h"
#include "tests/check.h"
#include "tests/verbs/failing.h"

#include <gsl/gsl_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const deals =
    "id,stage,amount,created,closed,owner,account\n"
    "A,Won,1000,2024-01-01,2024-03-15,Ann,Acme\nB,Lost,1100,2024-02-01,2024-04-15,Bob,Bolt\n"
    "C,Proposal,1200,2024-03-01,,Ann,Core\nD,Won,1300,2024-04-01,2024-06-15,Bob,Acme\n"
    "E,Lost,x,2024-05-01,2024-07-15,Ann,Dune\nF,Demo,1500,2024-06-01,,Bob,Echo\nG,Won,-1,2024-04-01,2024-06-15,Bob,Acme\n"
    "A,Won,1000,2024-01-01,2024-03-15,Ann,Acme\nH,Won\n";
static const char *const history =
    "id,changed_at,stage,amount\n"
    "A,2024-01-01,Demo,900\nA,2024-02-01,Proposal,1000\nA,2024-03-15,Won,1000\nB,2024-02-01,Demo,1100\n"
    "B,2024-04-15,Lost,1100\nC,2024-03-01,Demo,1200\nC,2024-05-01,Proposal,1200\nD,2024-04-01,Demo,1300\n"
    "D,2024-06-15,Won,1300\nE,2024-05-01,Demo,1400\nE,2024-07-15,Lost,1400\nF,2024-06-01,Demo,1500\n";
static const char *const accounts = "account,sector\nAcme,Tools\nBolt,Food\nCore,Tools\nDune,Food\nEcho,Food\n";
static const char *const config = "[stages]\norder = Demo, Proposal\n[calendar]\nfiscal_start = 4\n";

typedef struct place {
  char *folder, deals[256], history[256], accounts[256], config[256], out[256];
} place;

static void write_text(const char *path, const char *text)
{
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static void prepare(place *p)
{
  p->folder = check_folder();
  const struct {
    char *path;
    const char *name, *text;
  } files[] = {{p->deals, "deals.csv", deals},
               {p->history, "history.csv", history},
               {p->accounts, "accounts.csv", accounts},
               {p->config, "dealcast.ini", config},
               {p->out, "out.json", NULL}};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    snprintf(files[i].path, 256, "%s/%s", p->folder, files[i].name);
    if (files[i].text) write_text(files[i].path, files[i].text);
  }
}

static void clear(place *p)
{
  unlink(p->deals);
  unlink(p->history);
  unlink(p->accounts);
  unlink(p->config);
  unlink(p->out);
  assert_int_equal(rmdir(p->folder), 0); /* no temporary file is left */
  free(p->folder);
}

typedef struct forecasting {
  const dc_job *job;
  const char *out;
} forecasting;

static dc_status forecast(void *context, dc_error *error)
{
  const forecasting *f = context;
  dc_result *result = NULL;
  dc_write_options options = {.format = DC_FORMAT_JSON, .path = f->out};
  dc_status status = dc_run_forecast(f->job, &result, error);
  if (status == DC_OK) status = dc_write_result(result, &options, error);
  dc_write_abort();
  dc_result_free(result);
  return status;
}

static long fail_each(const dc_job *job, const char *out, long most_kept)
{
  forecasting f = {job, out};
  return dc_failing_each(forecast, &f, most_kept);
}

static dc_status take(void *context, const dc_rejected_row *row, dc_error *error)
{
  (void)error;
  *(size_t *)context += row->record_length;
  return DC_OK;
}

static bool possible(void)
{
  if (!dc_failing_possible()) printf("skipped: allocations cannot be made to fail here\n");
  return dc_failing_possible();
}

static void each_allocation_fails(void **state)
{
  (void)state;
  place p;
  if (!possible()) return;
  prepare(&p);
  const char *files[] = {p.deals}, *histories[] = {p.history}, *tables[] = {p.accounts};
  dc_job job = {.as_of = DC_DATE_MISSING, .horizon = 1, .origins = 2, .threads = 1, .no_backtest = true};
  job.files = (dc_strings){files, 1};
  printf("%ld allocations\n", fail_each(&job, p.out, 0));
  job.history = (dc_strings){histories, 1};
  job.accounts = (dc_strings){tables, 1};
  job.config = p.config;
  size_t kept = 0;
  job.hide_names = true;
  job.take_reject = take;
  job.take_context = &kept;
  printf("%ld allocations with history, accounts, config, names hidden, rejected rows kept\n",
         fail_each(&job, p.out, 0));
  clear(&p);
}

/* Enough deals for the backtest to have something to do. */
static void each_allocation_of_a_backtest_fails(void **state)
{
  static const char *const ends[] = {"Won", "Lost", "Lost", "Demo"};
  (void)state;
  place p;
  if (!possible()) return;
  prepare(&p);
  FILE *file = fopen(p.deals, "w");
  assert_non_null(file);
  fputs("id,stage,amount,created,closed,owner\n", file);
  for (int i = 0; i < 60; i++) {
    int start = i % 18, end = start + 1 + i % 3, year = 2023, open = i % 4 == 3;
    fprintf(file, "D%02d,%s,%d,%d-%02d-%02d,", i, ends[i % 4], 1000 + 37 * i, year + start / 12, start % 12 + 1,
            i % 28 + 1);
    if (!open) fprintf(file, "%d-%02d-%02d", year + end / 12, end % 12 + 1, i % 28 + 1);
    fprintf(file, ",%s\n", i % 2 ? "Ann" : "Bob");
  }
  fclose(file);
  const char *files[] = {p.deals};
  dc_job job = {.as_of = DC_DATE_MISSING, .horizon = 1, .origins = 1, .threads = 1};
  job.files = (dc_strings){files, 1};
  /* gsl_multimin_fminimizer_alloc of GSL 2.7 loses a block when its state cannot be allocated. */
  printf("%ld allocations with a backtest\n", fail_each(&job, p.out, 1));
  clear(&p);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_fails),
                                     cmocka_unit_test(each_allocation_of_a_backtest_fails)};
  gsl_set_error_handler_off();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
