/* What must not change the answer of any model of the registry: the scale, place and order of what it is given, how often a
 * row is written, the number of threads, the size of blocks. */
#include "tests/models/contract.h"

#include "engine/base/arena.h"

#include <gsl/gsl_errno.h>

enum { ROWS = 400 };

/* Variances are tuned until they settle; all else is solved. */
static double tolerance_of(const table *t, double solved)
{
  for (size_t k = 0; k < t->design.n_terms; k++)
    if (t->design.terms[k].kind == DC_TERM_SMOOTH || t->design.terms[k].kind == DC_TERM_EFFECT)
      return fmax(solved, 1e-5);
  return solved;
}

static bool shrunken(const table *t) { return tolerance_of(t, 0) > 0; }

/* The model's fit of a table that it may refuse: then NULL. */
static dc_fit *fit_of(const run *r, const table *t, const char *what)
{
  dc_fit *fit;
  dc_error error = {0};
  dc_status status = run_fit(r, t, &fit, &error);
  check_answer(status, fit, &error, what);
  return fit;
}

static dc_fit *must_fit(const run *r, const table *t, const char *what)
{
  dc_fit *fit = fit_of(r, t, what);
  if (!fit) fail_msg("%s is refused", what);
  return fit;
}

typedef struct subject {
  const dc_model *model;
  int kind;
  size_t richness;
  const double *option;
  const char *name;
  table *table;
  dc_fit *fit; /* of the table, by one thread */
} subject;

typedef void check(const subject *s);

static run run_of(const subject *s) { return (run){s->model, s->option, 1, 0}; }

/* Must hold of every setting. */
static void number_of_threads(const subject *s)
{
  char what[256];
  run r = {s->model, s->option, 1, 64};
  dc_fit *one = must_fit(&r, s->table, s->name);
  for (r.threads = 2; r.threads <= 7; r.threads += 5) {
    dc_fit *more = must_fit(&r, s->table, s->name);
    snprintf(what, sizeof what, "%s, %d threads", s->name, r.threads);
    check_same_fit(more, one, what);
    dc_fit_free(more);
  }
  dc_fit_free(one);
}

static void size_of_blocks(const subject *s)
{
  static const size_t blocks[] = {7, 64, 1000};
  char what[256];
  for (size_t b = 0; b < 3; b++) {
    const run r = {s->model, s->option, 1, blocks[b]};
    dc_fit *fit = must_fit(&r, s->table, s->name);
    snprintf(what, sizeof what, "%s, blocks of %zu", s->name, blocks[b]);
    check_close_fit(fit, s->fit, tolerance_of(s->table, 1e-9), true, what);
    dc_fit_free(fit);
  }
}

static void order_of_rows(const subject *s)
{
  size_t from[ROWS], back[ROWS];
  char what[256];
  const run r = run_of(s);
  for (size_t i = 0; i < ROWS; i++) from[i] = i * 37 % ROWS; /* 37 and ROWS have no common divisor */
  for (size_t i = 0; i < ROWS; i++) back[from[i]] = i;
  table *other = table_rows(s->table, s->model, s->kind, from, ROWS);
  table *again = table_rows(other, s->model, s->kind, back, ROWS);
  other->design.weight = s->table->design.weight ? other->weight : NULL;
  again->design.weight = s->table->design.weight ? again->weight : NULL;
  dc_fit *shuffled = must_fit(&r, other, s->name), *ordered = must_fit(&r, again, s->name);
  snprintf(what, sizeof what, "%s, rows in another order", s->name);
  check_close_fit(shuffled, s->fit, tolerance_of(s->table, 1e-10), true, what);
  snprintf(what, sizeof what, "%s, rows put back in order", s->name);
  check_same_fit(ordered, s->fit, what);
  dc_fit_free(shuffled);
  dc_fit_free(ordered);
  table_free(other);
  table_free(again);
}

/* Linear predictors of all rows. */
static double *etas(const dc_fit *fit, const table *t)
{
  double *eta = calloc(t->n * fit->n_equations + 1, sizeof *eta);
  uint32_t *none = calloc(t->n + 1, sizeof *none);
  dc_term terms[MOST_TERMS + 1];
  dc_design design = t->design;
  dc_error error = {0};
  memcpy(terms, t->term, sizeof t->term);
  if (fit->n_terms > design.n_terms) { /* the baseline: all in the first period */
    terms[design.n_terms++] = (dc_term){.codes = {none, 4, fit->terms[fit->n_terms - 1].levels, NULL}};
    design.terms = terms;
  }
  for (size_t k = 0; k < design.n_terms; k++) /* knots are those of the fit */
    if (terms[k].kind == DC_TERM_SMOOTH) {
      terms[k].basis = fit->terms[k].basis;
      terms[k].knots = fit->terms[k].knots;
      design.terms = terms;
    }
  check_ok(dc_fit_eta(fit, &design, 0, t->n, eta, NULL, &error), &error);
  free(none);
  return eta;
}

/* Predictions of the fits of two tables that say the same. */
static void check_predictions(const dc_fit *a, const table *of_a, const dc_fit *b, const table *of_b, double tolerance,
                              const char *what)
{
  double *x = etas(a, of_a), *y = etas(b, of_b), size = 0;
  size_t n = of_a->n * a->n_equations;
  for (size_t k = 0; k < n; k++) size = fmax(size, fabs(y[k]));
  for (size_t k = 0; k < n; k++)
    if (!(fabs(x[k] - y[k]) <= tolerance * size)) {
      complain(what, "row %zu is %.17g and %.17g", k, x[k], y[k]);
      break;
    }
  free(x);
  free(y);
}

static void scale_and_place_of_columns(const subject *s)
{
  static const struct {
    double by, shift;
  } change[] = {{1000, 0}, {1e-6, 0}, {-1, 0}, {1, 50}, {10, -300}};
  char what[256];
  double option[MOST_OPTIONS];
  run r = run_of(s);
  dc_model_defaults(s->model, option);
  /* rows are dealt to folds by what is in them, which another scale changes */
  dc_model_set(s->model, option, "folds", 0);
  if (s->model->plain_terms) r.option = option;
  dc_fit *first = must_fit(&r, s->table, s->name);
  for (size_t k = 0; k < sizeof change / sizeof *change && s->richness; k++) {
    /* bins of more values than there can be are filled from the least one on */
    if (s->model->plain_terms && change[k].by < 0) continue;
    table *other = table_new(s->model, s->kind, ROWS, s->richness);
    other->design.weight = s->table->design.weight ? other->weight : NULL;
    /* a penalised slope is not the same about another place */
    double shift = s->richness > 5 ? 0 : change[k].shift;
    for (size_t i = 0; i < ROWS; i++) {
      other->x[i] = other->x[i] * change[k].by + shift;
      other->z[i] = other->z[i] * change[k].by + change[k].shift;
    }
    snprintf(what, sizeof what, "%s, columns * %g + %g", s->name, change[k].by, change[k].shift);
    dc_fit *fit = must_fit(&r, other, what);
    check_predictions(fit, other, first, s->table, tolerance_of(other, 1e-8), what);
    double one = dc_fit_figure(fit, "log_likelihood"), before = dc_fit_figure(first, "log_likelihood");
    /* a restricted likelihood is one of contrasts, which have a scale */
    if (fabs(one - before) > tolerance_of(other, 1e-10) * fabs(before) && !s->model->shrinks)
      complain(what, "likelihood %.17g, %.17g", one, before);
    dc_fit_free(fit);
    table_free(other);
  }
  dc_fit_free(first);
}

/* Weights: k times as large, and rows written as often as their weight says. Not where variances are told from rows. */
static void weights_and_copies(const subject *s)
{
  size_t from[3 * ROWS], n = 0;
  char what[256];
  const run r = run_of(s);
  if (shrunken(s->table) || s->model->plain_terms) return; /* bins and folds are of rows, whatever they weigh */
  table *weighted = table_new(s->model, s->kind, ROWS, s->richness);
  weighted->design.weight = weighted->weight;
  for (size_t i = 0; i < ROWS; i++)
    for (size_t k = 0; k < (size_t)weighted->weight[i]; k++) from[n++] = i;
  table *copies = table_rows(weighted, s->model, s->kind, from, n);
  dc_fit *fit = must_fit(&r, weighted, s->name), *other = must_fit(&r, copies, s->name);
  snprintf(what, sizeof what, "%s, rows written twice", s->name);
  check_close_fit(other, fit, 1e-9, isnan(dc_fit_figure(fit, "sigma")) && isnan(dc_fit_figure(fit, "dispersion")),
                  what);
  dc_fit_free(other);
  for (size_t i = 0; i < ROWS; i++) weighted->weight[i] *= 8;
  other = must_fit(&r, weighted, s->name);
  snprintf(what, sizeof what, "%s, all weights 8 times", s->name);
  check_close_fit(other, fit, 1e-9, false, what);
  dc_fit_free(other);
  /* rows without weight are as if they were not there */
  for (size_t i = 0; i < ROWS; i++) weighted->weight[i] = i % 4 ? 1 : 0;
  for (size_t i = n = 0; i < ROWS; i++)
    if (i % 4) from[n++] = i;
  table *fewer = table_rows(weighted, s->model, s->kind, from, n);
  dc_fit *with = must_fit(&r, weighted, s->name), *without = must_fit(&r, fewer, s->name);
  snprintf(what, sizeof what, "%s, rows of weight 0", s->name);
  check_close_fit(with, without, 1e-9, false, what);
  dc_fit_free(with);
  dc_fit_free(without);
  dc_fit_free(fit);
  table_free(fewer);
  table_free(copies);
  table_free(weighted);
}

/* The log likelihood of the means that the fit predicts, where the family says what it is; NaN otherwise. */
static double likelihood(const subject *s, const double *mean)
{
  double sum = 0;
  size_t e = s->fit->n_equations + (s->fit->link == DC_LINK_SOFTMAX ? 1 : 0);
  const char *family = s->fit->family;
  bool binomial = family && strcmp(family, "binomial") == 0, poisson = family && strcmp(family, "poisson") == 0;
  bool softmax = s->fit->link == DC_LINK_SOFTMAX && !s->model->needs_time;
  if ((!binomial && !poisson && !softmax) || shrunken(s->table)) return NAN;
  for (size_t i = 0; i < ROWS; i++) {
    double m = mean[i * e], y = s->table->y[i], n = s->kind == KIND_TRIALS ? s->table->trials[i] : 1;
    if (softmax) sum += log(mean[i * e + s->table->kind[i]]);
    if (poisson) sum += y * log(m) - m - lgamma(y + 1);
    if (binomial) sum += y * log(m) + (n - y) * log1p(-m) + lgamma(n + 1) - lgamma(y + 1) - lgamma(n - y + 1);
  }
  return sum;
}

static void prediction_equals_fit(const subject *s)
{
  const dc_fit *fit = s->fit;
  size_t e = fit->n_equations, outcomes = e + (fit->link == DC_LINK_SOFTMAX ? 1 : 0);
  double *eta = etas(fit, s->table), *mean = calloc(ROWS * outcomes, sizeof *mean);
  for (size_t i = 0; i < ROWS; i++) {
    double sum = 0;
    dc_fit_mean(fit, eta + i * e, mean + i * outcomes);
    for (size_t k = 0; k < outcomes; k++) {
      if (!isfinite(mean[i * outcomes + k])) fail_msg("%s: the mean of row %zu is not finite", s->name, i);
      sum += mean[i * outcomes + k];
    }
    if (fit->link == DC_LINK_SOFTMAX) check_close(sum, 1, 1e-14, 0);
    if (model_takes(s->model, KIND_CHANCE) && s->kind == KIND_CHANCE) assert_true(sum > -.5 && sum < 1.5);
  }
  double expected = likelihood(s, mean), told = dc_fit_figure(fit, "log_likelihood");
  if (fabs(told - expected) > 1e-10 * fabs(expected))
    complain(s->name, "log_likelihood %.17g, by its means %.17g", told, expected);
  if (!isnan(expected) && isnan(told)) fail_msg("%s has no log_likelihood", s->name);
  free(eta);
  free(mean);
}

/* The first of every setting, the others of the initial one: what is chosen by cross-validation, say, depends on order. */
static check *const checks[] = {number_of_threads,          size_of_blocks,     order_of_rows,
                                scale_and_place_of_columns, weights_and_copies, prediction_equals_fit};

/* The richest design that the model takes, up to `richness`. */
static bool prepare(subject *s, size_t richness)
{
  const run r = run_of(s);
  dc_error error = {0};
  for (s->richness = richness; s->richness <= richness; s->richness--) {
    s->table = table_new(s->model, s->kind, ROWS, s->richness);
    if (run_fit(&r, s->table, &s->fit, &error) <= DC_W_MAXITER) return true;
    table_free(s->table);
  }
  return false;
}

/* All checks of a model with one kind of response; how many designs and settings there were. */
static int check_kind(const dc_model *model, int kind)
{
  int subjects = 0;
  char name[64], what[200];
  double option[MOST_OPTIONS];
  for (size_t k = 0; setting(model, k, option, name, sizeof name); k++) {
    size_t last = SIZE_MAX;
    for (size_t richness = k ? 2 : table_richest(model); richness > 0 && richness <= MOST_TERMS; richness -= 2) {
      subject s = {model, kind, 0, option, what, NULL, NULL};
      if (!prepare(&s, richness)) break;
      snprintf(what, sizeof what, "%s of %s, %zu terms, %s", model->name, kind_names[kind], s.richness, name);
      for (size_t c = 0; c < (k ? 1 : sizeof checks / sizeof *checks) && s.richness != last; c++) checks[c](&s);
      subjects += s.richness != last;
      last = s.richness;
      dc_fit_free(s.fit);
      table_free(s.table);
    }
  }
  return subjects;
}

static void nothing_but_the_data_changes_the_answer(void **state)
{
  (void)state;
  size_t n;
  const dc_model *const *all = dc_model_all(&n);
  for (size_t m = 0; m < n; m++) {
    int subjects = 0;
    for (int kind = 0; kind < KINDS; kind++)
      if (model_takes(all[m], kind)) subjects += check_kind(all[m], kind);
    printf("%s: %d responses, designs and settings\n", all[m]->name, subjects);
    assert_true(subjects > 0);
  }
  no_complaints();
}

static bool same_by_threads(const dc_model *model, int kind, size_t richness)
{
  table *t = table_new(model, kind, 20000, richness);
  double option[MOST_OPTIONS];
  dc_model_defaults(model, option);
  dc_model_set(model, option, "leaves", 16);
  dc_model_set(model, option, "trees", 10);
  run r = {model, option, 1, 0};
  dc_fit *one = fit_of(&r, t, model->name);
  for (int threads = 2; threads <= 7 && one; threads += 5) {
    r.threads = threads;
    dc_fit *more = must_fit(&r, t, model->name);
    check_same_fit(more, one, model->name);
    dc_fit_free(more);
  }
  bool fitted = one != NULL;
  dc_fit_free(one);
  table_free(t);
  return fitted;
}

/* Enough rows for several blocks of the model's own size. */
static void threads_with_blocks_of_its_own(void **state)
{
  (void)state;
  size_t n;
  const dc_model *const *all = dc_model_all(&n);
  for (size_t m = 0; m < n; m++)
    for (int kind = 0; kind < KINDS; kind++)
      if (model_takes(all[m], kind) && !same_by_threads(all[m], kind, all[m]->plain_terms ? 3 : 4))
        same_by_threads(all[m], kind, 0);
  no_complaints();
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_but_the_data_changes_the_answer),
      cmocka_unit_test(threads_with_blocks_of_its_own),
  };
  gsl_set_error_handler_off();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
