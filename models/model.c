/* What is done for every model alike: its options, the checks of what it is given, the fold. */
#include "dealcast/model/model.h"

#include "engine/base/fold.h"

#include <math.h>
#include <string.h>

const dc_model *dc_model_find(const char *name)
{
  size_t n;
  const dc_model *const *all = dc_model_all(&n);
  for (size_t k = 0; k < n; k++)
    if (strcmp(all[k]->name, name) == 0) return all[k];
  return NULL;
}

void dc_model_defaults(const dc_model *model, double *option)
{
  for (size_t k = 0; k < model->n_options; k++) option[k] = model->options[k].initial;
}

void dc_model_set(const dc_model *model, double *option, const char *name, double value)
{
  for (size_t k = 0; k < model->n_options; k++)
    if (strcmp(model->options[k].name, name) == 0) option[k] = value;
}

double dc_task_option(const dc_model *model, const dc_task *task, const char *name)
{
  for (size_t k = 0; k < model->n_options; k++)
    if (strcmp(model->options[k].name, name) == 0) return task->option ? task->option[k] : model->options[k].initial;
  return NAN;
}

static dc_status check_options(const dc_model *m, const dc_task *task, dc_error *error)
{
  for (size_t k = 0; k < m->n_options && task->option; k++) {
    const dc_model_option *o = &m->options[k];
    double v = task->option[k];
    if (!(v >= o->least && v <= o->most))
      return dc_fail(error, DC_E_USAGE, "--%s must be %g to %g", o->name, o->least, o->most);
  }
  if (!(task->confidence > 0 && task->confidence < 1))
    return dc_fail(error, DC_E_USAGE, "the confidence of intervals must be between 0 and 1");
  return DC_OK;
}

static bool is_missing(const dc_model *m, double x) { return m->takes_missing && isnan(x); }

static dc_status check_numbers(const char *what, const char *name, const double *number, size_t n, double least,
                               dc_error *error)
{
  for (size_t i = 0; i < n; i++) {
    if (!isfinite(number[i]))
      return dc_fail(error, DC_E_INPUT, "%s %s: row %zu is not a finite number", what, name, i + 1);
    if (number[i] < least) return dc_fail(error, DC_E_INPUT, "%s %s: row %zu is below %g", what, name, i + 1, least);
  }
  return DC_OK;
}

static dc_status check_codes(const char *what, const char *name, const dc_codes *codes, size_t n, bool missing,
                             dc_error *error)
{
  if (!codes->levels) return dc_fail(error, DC_E_INPUT, "%s %s has no level", what, name);
  for (size_t i = 0; i < n; i++)
    if (dc_codes_at(codes, i) >= codes->levels + (missing ? 1 : 0))
      return dc_fail(error, DC_E_INPUT, "%s %s: row %zu has a code that is no level", what, name, i + 1);
  return DC_OK;
}

static dc_status check_term(const dc_model *m, const dc_term *t, size_t n, dc_error *error)
{
  dc_status status = DC_OK;
  bool ordered = t->kind == DC_TERM_SMOOTH && !t->number;
  bool coded = t->kind == DC_TERM_FACTOR || t->kind == DC_TERM_SLOPES || t->kind == DC_TERM_EFFECT || ordered;
  bool numbered = t->kind == DC_TERM_NUMBER || t->kind == DC_TERM_SLOPES || (t->kind == DC_TERM_SMOOTH && !ordered);
  if ((t->kind == DC_TERM_SMOOTH || t->kind == DC_TERM_EFFECT) && !m->shrinks)
    return dc_fail(error, DC_E_USAGE, "model %s takes no shrunken or smooth terms such as %s", m->name, t->name);
  if (m->plain_terms && t->kind != DC_TERM_NUMBER && t->kind != DC_TERM_FACTOR)
    return dc_fail(error, DC_E_USAGE, "model %s finds products itself: take %s apart into its columns", m->name,
                   t->name);
  for (size_t i = 0; i < n && numbered; i++)
    if (!isfinite(t->number[i]) && !is_missing(m, t->number[i]))
      return dc_fail(error, DC_E_INPUT, "term %s: row %zu is not a finite number", t->name, i + 1);
  for (size_t k = 0; k < t->n_slopes && t->kind == DC_TERM_EFFECT && status == DC_OK; k++)
    status = check_numbers("term", t->name, t->slope[k], n, -INFINITY, error);
  if (coded && status == DC_OK) status = check_codes("term", t->name, &t->codes, n, m->takes_missing, error);
  if (!(t->prior_sd >= 0 && t->prior_weight >= 0 && isfinite(t->prior_sd) && isfinite(t->prior_weight)))
    return dc_fail(error, DC_E_USAGE, "the prior of term %s must be finite and not below 0", t->name);
  if (status == DC_OK && (t->kind == DC_TERM_FACTOR || t->kind == DC_TERM_SLOPES) && t->reference != DC_NO_REFERENCE &&
      t->reference >= t->codes.levels)
    return dc_fail(error, DC_E_USAGE, "the reference of term %s is no level of it", t->name);
  return status;
}

static dc_status check_design(const dc_model *m, const dc_design *d, dc_error *error)
{
  dc_status status = DC_OK;
  if (d->n_rows == 0) return dc_fail(error, DC_E_SHORT, "there is no row to fit %s to", m->name);
  for (size_t t = 0; t < d->n_terms && status == DC_OK; t++) status = check_term(m, &d->terms[t], d->n_rows, error);
  if (status == DC_OK && d->offset) status = check_numbers("the", "offset", d->offset, d->n_rows, -INFINITY, error);
  if (status == DC_OK && d->weight) status = check_numbers("the", "weight", d->weight, d->n_rows, 0, error);
  if (status == DC_OK && d->cluster) status = check_codes("the", "cluster", d->cluster, d->n_rows, false, error);
  if (status == DC_OK && !(d->intercept_sd >= 0 && isfinite(d->intercept_sd)))
    return dc_fail(error, DC_E_USAGE, "the prior of the intercept has a spread that is not finite and at least 0");
  bool some = !d->weight;
  for (size_t i = 0; i < d->n_rows && !some && status == DC_OK; i++) some = d->weight[i] > 0;
  if (status == DC_OK && !some) return dc_fail(error, DC_E_SHORT, "all weights are 0");
  return status;
}

/* Which kinds of response the values are. */
static unsigned kinds_of(const dc_response *r, size_t n)
{
  unsigned kinds = DC_TAKES_NUMBER | DC_TAKES_POSITIVE | DC_TAKES_COUNT | DC_TAKES_CHANCE;
  for (size_t i = 0; i < n; i++) {
    double y = r->y[i], most = r->trials ? r->trials[i] : 1;
    if (!(y > 0)) kinds &= ~(unsigned)DC_TAKES_POSITIVE;
    if (y < 0 || y != floor(y)) kinds &= ~(unsigned)DC_TAKES_COUNT;
    if (y < 0 || y > most) kinds &= ~(unsigned)DC_TAKES_CHANCE;
  }
  if (r->trials) kinds &= DC_TAKES_CHANCE;
  return kinds;
}

static dc_status check_time(const dc_model *m, const dc_response *r, const char *name, size_t n, dc_error *error)
{
  if (!m->needs_time || r->counts) return DC_OK;
  if (!r->time) return dc_fail(error, DC_E_USAGE, "model %s needs the time of each row", m->name);
  dc_status status = check_numbers("the time of", name, r->time, n, 1, error);
  for (size_t i = 0; i < n && status == DC_OK; i++)
    if (r->time[i] != floor(r->time[i]))
      return dc_fail(error, DC_E_INPUT, "the time of %s: row %zu is not a whole number of periods", name, i + 1);
  return status;
}

static dc_status check_counts(const dc_model *m, const dc_response *r, const char *name, size_t n, dc_error *error)
{
  if (!m->takes_counts) return dc_fail(error, DC_E_USAGE, "model %s takes no counts of categories", m->name);
  if (!r->category || !r->category->levels) return dc_fail(error, DC_E_USAGE, "counts without categories");
  return check_numbers("the counts of", name, r->counts, n * r->category->levels, 0, error);
}

static dc_status check_response(const dc_model *m, const dc_response *r, size_t n, dc_error *error)
{
  static const char *const wanted[] = {"numbers", "numbers above 0", "counts (0, 1, 2, ...)",
                                       "0 or 1, shares, or successes of trials", "categories"};
  const char *name = r->name ? r->name : "";
  if (!r->y && !r->category) return dc_fail(error, DC_E_USAGE, "there is no response");
  dc_status status = r->counts ? check_counts(m, r, name, n, error)
                     : r->y    ? check_numbers("response", name, r->y, n, -INFINITY, error)
                               : check_codes("response", name, r->category, n, false, error);
  if (status == DC_OK && r->y && r->trials) status = check_numbers("the trials of", name, r->trials, n, 0, error);
  if (status == DC_OK) status = check_time(m, r, name, n, error);
  if (status != DC_OK) return status;
  unsigned kinds = r->y ? kinds_of(r, n) : DC_TAKES_CATEGORY;
  if (kinds & m->responses) return DC_OK;
  size_t k = 0;
  while (!(m->responses >> k & 1)) k++;
  return dc_fail(error, DC_E_INPUT, "model %s takes %s; the response %s is something else", m->name, wanted[k], name);
}

/* Errors that overflow are left out; true when there were any. */
static bool leave_out_infinite(dc_fit *fit)
{
  size_t n = fit->n_equations * fit->n_columns;
  bool lost = false;
  for (size_t k = 0; k < n * n && fit->covariance; k++) {
    if (!isinf(fit->covariance[k])) continue;
    fit->covariance[k] = NAN;
    lost = true;
  }
  for (size_t k = 0; k < n; k++) {
    dc_coefficient *c = &fit->coefficients[k];
    if (!isinf(c->error) && !isinf(c->statistic)) continue;
    c->error = c->statistic = c->p = c->lower = c->upper = NAN;
    lost = true;
  }
  return lost;
}

/* Nothing infinite is told without a word: without estimates there is no fit, without errors there are no tests; limits of
 * profiles that never fall, and figures of rows that cannot be, are noted. */
static dc_status settle(dc_fit *fit, dc_error *error)
{
  size_t n = fit->n_equations * fit->n_columns;
  bool endless = false;
  dc_status status = DC_OK;
  for (size_t k = 0; k < n; k++) {
    const dc_coefficient *c = &fit->coefficients[k];
    endless = endless || isinf(c->lower) || isinf(c->upper);
    if (isinf(c->estimate))
      return dc_fail(error, DC_E_NUMERIC,
                     "model %s: the estimate of %s is not finite: numbers are too large or too small", fit->model,
                     c->name);
  }
  if (leave_out_infinite(fit))
    status = dc_fit_add_note(fit, error, "some errors are not finite, as numbers are too large or small: left out");
  for (size_t k = 0; k < fit->n_figures && status == DC_OK; k++)
    if (isinf(fit->figures[k].value))
      status = dc_fit_add_note(fit, error, "%s is infinite: rows have no chance under the fit, or are too large",
                               fit->figures[k].name);
  for (size_t k = 0; k < fit->n_tests && status == DC_OK; k++)
    if (isinf(fit->tests[k].statistic))
      status = dc_fit_add_note(fit, error,
                               "the %s test of %s is infinite: without it rows have no chance, or are too large",
                               fit->tests[k].kind, fit->terms[fit->tests[k].term].name);
  if (status == DC_OK && endless && !fit->n_notes)
    status = dc_fit_add_note(fit, error, "some intervals have no end: rows do not tell how far off an estimate may be");
  return status;
}

dc_status dc_model_fit(const dc_model *model, const dc_task *task, dc_fit **fit, dc_error *error)
{
  dc_status status = check_options(model, task, error);
  if (status == DC_OK) status = check_design(model, task->design, error);
  if (status == DC_OK) status = check_response(model, task->response, task->design->n_rows, error);
  if (status != DC_OK) return status;
  dc_fit *made = dc_fit_new();
  if (!made) return dc_fail_memory(error, "fitting a model");
  made->model = model->name;
  dc_error own = {0};
  if (!error) error = &own;
  error->code = DC_OK;
  status = model->fit(task, made, error);
  if (status == DC_W_MAXITER && error->code != status)
    status = dc_fail(error, status, "model %s: not converged", model->name);
  dc_status settled = status == DC_OK || status == DC_W_MAXITER ? settle(made, error) : DC_OK;
  if (settled != DC_OK) status = settled;
  if (status == DC_OK || status == DC_W_MAXITER) {
    made->converged = status == DC_OK;
    *fit = made;
  } else {
    dc_fit_free(made);
  }
  return status;
}

dc_status dc_task_fold(const dc_task *task, size_t rows, size_t block_rows, size_t partial_bytes,
                       dc_accumulate *accumulate, dc_merge *merge, void *context, void *total, dc_error *error)
{
  dc_fold fold = {.rows = rows,
                  .block_rows = task->block_rows ? task->block_rows : block_rows,
                  .partial_bytes = partial_bytes,
                  .threads = task->threads < 1 ? 1 : task->threads,
                  .accumulate = accumulate,
                  .merge = merge,
                  .context = context};
  return dc_fold_run(&fold, total, error);
}
