/* Every allocation of fit and of predict fails once: a message, no crash, nothing kept, nothing left in the folder. */
#include "dealcast/job.h"
#include "dealcast/model/model.h"
#include "engine/output/write.h"
#include "tests/check.h"
#include "tests/verbs/failing.h"

#include <gsl/gsl_errno.h>

static const char *const rows =
    "id,y,x,f,g\nA,1,1,a,u\nB,2.5,2,b,v\nC,3,3.5,c,u\nD,4.25,4,a,v\nE,5,6,b,u\nF,5.5,5,c,v\nG,,7,a,u\nH,8,7,a,u\nI,x\n"
    "J,7,8,b,v\nK,8,10,c,u\nL,9,8,zz,v\n";

typedef struct fitting {
  dc_job job;
  char *folder, rows[300], model[300], out[300];
  bool predicts;
} fitting;

static dc_status once(void *context, dc_error *error)
{
  fitting *f = context;
  dc_result *result = NULL;
  dc_write_options options = {.format = DC_FORMAT_JSON, .path = f->out};
  dc_status status = f->predicts ? dc_run_predict(&f->job, &result, error) : dc_run_fit(&f->job, &result, error);
  if (status == DC_OK && result->saved) status = dc_write_bytes(result->saved, result->saved_bytes, f->model, error);
  if (status == DC_OK) status = dc_write_result(result, &options, error);
  dc_write_abort();
  dc_result_free(result);
  return status;
}

static void prepare(fitting *f)
{
  *f = (fitting){.folder = check_folder()};
  snprintf(f->rows, sizeof f->rows, "%s/rows.csv", f->folder);
  snprintf(f->model, sizeof f->model, "%s/model.json", f->folder);
  snprintf(f->out, sizeof f->out, "%s/out.json", f->folder);
  FILE *file = fopen(f->rows, "w");
  assert_non_null(file);
  assert_true(fputs(rows, file) >= 0);
  assert_int_equal(fclose(file), 0);
  f->job.threads = 1;
}

static void clear(fitting *f)
{
  unlink(f->rows);
  unlink(f->model);
  unlink(f->out);
  assert_int_equal(rmdir(f->folder), 0); /* no temporary file is left */
  free(f->folder);
}

static void fail_model(const char *model, const char *target, const char *terms)
{
  fitting f;
  prepare(&f);
  const char *files[] = {f.rows}, *by[] = {terms};
  f.job.files = (dc_strings){files, 1};
  f.job.model = model;
  f.job.target = target;
  f.job.terms = (dc_strings){by, *terms ? 1 : 0};
  f.job.id = "id";
  f.job.save = f.job.predict = true;
  long fitted = dc_failing_each(once, &f, 0);
  f.job = (dc_job){.files = {files, 1}, .threads = 1, .fit = f.model, .id = "id"};
  f.predicts = true;
  long predicted = dc_failing_each(once, &f, 0);
  printf("%s ~ %s by %s: %ld allocations to fit, %ld to predict\n", target, terms, model, fitted, predicted);
  clear(&f);
}

static void each_allocation_fails(void **state)
{
  (void)state;
  if (!dc_failing_possible()) {
    printf("skipped: allocations cannot be made to fail here\n");
    return;
  }
  fail_model("mean", "log(y)", "");
  fail_model("linear", "y", "log(x) + f[ref=b] + g:x");
  fail_model("multinomial", "g", "x");
  fail_model("mixed", "y", "s(x, 4) + (1 | f)");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_fails)};
  gsl_set_error_handler_off();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
