#include "tests/models/fitting.h"

#include "engine/base/arena.h"
#include "tests/check.h"

void fitting_option(fitting *f, const char *name, double value)
{
  const dc_model *model = dc_model_find(f->model);
  assert_non_null(model);
  if (!f->set) dc_model_defaults(model, f->option);
  f->set = true;
  for (size_t k = 0; k < model->n_options; k++) {
    if (strcmp(model->options[k].name, name) != 0) continue;
    f->option[k] = value;
    return;
  }
  fail_msg("model %s has no option %s", f->model, name);
}

dc_status fitting_try(const fitting *f, dc_fit **fit, dc_error *error)
{
  const dc_model *model = dc_model_find(f->model);
  assert_non_null(model);
  dc_arena *arena = dc_arena_new();
  assert_non_null(arena);
  dc_task task = {.design = &f->design,
                  .response = &f->response,
                  .option = f->set ? f->option : NULL,
                  .confidence = .95,
                  .threads = f->threads ? f->threads : 1,
                  .block_rows = f->block_rows,
                  .arena = arena};
  *fit = NULL;
  dc_status status = dc_model_fit(model, &task, fit, error);
  dc_arena_free(arena);
  return status;
}

dc_fit *fitting_run(const fitting *f)
{
  dc_fit *fit;
  dc_error error;
  check_ok(fitting_try(f, &fit, &error), &error);
  return fit;
}

void fitting_check_logistic(const dc_design *design, const uint32_t *kind, const dc_fit *fit)
{
  double *y = calloc(design->n_rows, sizeof *y);
  assert_non_null(y);
  for (size_t i = 0; i < design->n_rows; i++) y[i] = kind[i];
  const fitting f = {.model = "logistic", .design = *design, .response = {.name = "y", .y = y}};
  dc_fit *logistic = fitting_run(&f);
  assert_int_equal(logistic->n_columns, fit->n_columns);
  for (size_t j = 0; j < fit->n_columns; j++) {
    check_close(fit->coefficients[j].estimate, logistic->coefficients[j].estimate, 1e-10, 1e-12);
    check_close(fit->coefficients[j].error, logistic->coefficients[j].error, 1e-10, 0);
  }
  dc_fit_free(logistic);
  free(y);
}
