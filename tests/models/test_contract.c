/* What holds of every model of the registry, whatever it is given: an answer that is finite or says why not, or an error
 * in words. A new model is tested by its line in the registry. */
#include "tests/models/contract.h"

#include "tests/verbs/failing.h"

#include <gsl/gsl_errno.h>

enum { ROWS = 24 };

/* --- inputs that are nasty, and not wrong --- */

static void one_row(table *t) { t->design.n_rows = 1; }
static void two_rows(table *t) { t->design.n_rows = 2; }
static void fewer_rows_than_columns(table *t) { t->design.n_rows = 4; }

static void constant_response(table *t)
{
  for (size_t i = 0; i < t->n; i++) {
    t->y[i] = 1;
    t->trials[i] = 1;
    t->kind[i] = 1;
  }
}

static void nothing_happens(table *t)
{
  for (size_t i = 0; i < t->n; i++) {
    t->y[i] = t->response.y && t->y[i] > 0 && t->y[i] != floor(t->y[i]) ? 1e-3 : 0;
    t->kind[i] = 0;
  }
}

static void constant_column(table *t)
{
  for (size_t i = 0; i < t->n; i++) t->x[i] = 7;
}

static void zero_column(table *t)
{
  for (size_t i = 0; i < t->n; i++) t->x[i] = 0;
}

static void collinear(table *t)
{
  for (size_t i = 0; i < t->n; i++) t->z[i] = 2 * t->x[i] - 3;
}

static void nearly_collinear(table *t)
{
  for (size_t i = 0; i < t->n; i++) t->z[i] = 2 * t->x[i] - 3 + 1e-9 * t->z[i];
}

static void separated(table *t)
{
  for (size_t i = 0; i < t->n; i++) {
    bool over = t->x[i] > 0;
    t->kind[i] = over ? 1 + (i & 1) : 0;
    t->y[i] = over ? t->response.trials ? t->trials[i] : 1 : 0;
  }
}

static void separated_by_a_level(table *t)
{
  for (size_t i = 0; i < t->n; i++) {
    if (t->f[i] != 2) continue;
    t->kind[i] = 2;
    t->y[i] = t->response.trials ? t->trials[i] : 1;
  }
}

static void scale_column(table *t, double by, double shift)
{
  for (size_t i = 0; i < t->n; i++) {
    t->x[i] = t->x[i] * by + shift;
    t->z[i] = t->z[i] * by + shift;
  }
}

static void huge_column(table *t) { scale_column(t, 1e12, 0); }
static void tiny_column(table *t) { scale_column(t, 1e-12, 0); }
static void far_column(table *t) { scale_column(t, 1, 1e12); }
static void enormous_column(table *t) { scale_column(t, 1e150, 0); }

static void one_far_value(table *t) { t->x[t->n / 2] = 1e12; }

static void scale_response(table *t, double by)
{
  for (size_t i = 0; i < t->n; i++) {
    if (t->response.trials || t->y[i] != floor(t->y[i])) t->y[i] *= by;
    if (t->response.trials) t->trials[i] *= by;
  }
}

static void huge_response(table *t) { scale_response(t, 1e12); }
static void tiny_response(table *t) { scale_response(t, 1e-12); }

static void large_counts(table *t)
{
  for (size_t i = 0; i < t->n; i++)
    if (t->y[i] == floor(t->y[i]) && !t->response.trials && t->y[i] > 1) t->y[i] *= 1e12;
}

static void levels_without_rows(table *t)
{
  t->term[2].codes.levels = t->term[3].codes.levels = 5;
  t->category.levels = t->design.n_rows && t->response.category ? 3 : t->category.levels;
  t->term[5].codes.levels = 30;
  for (size_t i = 0; i < t->n; i++)
    if (t->kind[i] == 1) t->kind[i] = 2;
}

static void an_empty_reference(table *t)
{
  t->term[2].codes.levels = t->term[3].codes.levels = 5;
  t->term[2].reference = t->term[3].reference = 4;
}

static void one_level(table *t)
{
  memset(t->f, 0, t->n * sizeof *t->f);
  memset(t->g, 0, t->n * sizeof *t->g);
  t->term[2].codes.levels = t->term[3].codes.levels = t->term[5].codes.levels = 1;
}

static void a_level_for_each_row(table *t)
{
  static const char *names[ROWS];
  for (size_t i = 0; i < t->n; i++) {
    t->f[i] = t->g[i] = (uint32_t)i;
    names[i] = "level";
  }
  t->term[2].codes = t->term[3].codes = t->term[5].codes = (dc_codes){t->f, 4, ROWS, names};
}

static void all_slopes(table *t) { t->term[3].reference = DC_NO_REFERENCE; }

static void use_weights(table *t, double by)
{
  t->design.weight = t->weight;
  for (size_t i = 0; i < t->n; i++) t->weight[i] *= by;
}

static void huge_weights(table *t) { use_weights(t, 1e12); }
static void tiny_weights(table *t) { use_weights(t, 1e-12); }

static void zero_weights(table *t)
{
  use_weights(t, 1);
  for (size_t i = 0; i < t->n; i += 3) t->weight[i] = 0;
}

static void one_weight(table *t)
{
  use_weights(t, 0);
  t->weight[5] = 2;
}

static void weights_far_apart(table *t)
{
  use_weights(t, 1);
  for (size_t i = 0; i < t->n; i++) t->weight[i] = i & 1 ? 1e12 : 1e-12;
}

static void use_offset(table *t, double size, bool alternating)
{
  t->design.offset = t->offset;
  for (size_t i = 0; i < t->n; i++) t->offset[i] = alternating && (i & 1) ? -size : size;
}

static void large_offset(table *t) { use_offset(t, 1e6, false); }
static void offsets_apart(table *t) { use_offset(t, 50, true); }
static void huge_offsets_apart(table *t) { use_offset(t, 1e12, true); }
static void enormous_offset(table *t) { use_offset(t, 1e300, true); }

static void no_intercept(table *t) { t->design.intercept = false; }

static void no_column(table *t)
{
  t->design.intercept = false;
  t->design.n_terms = 0;
}

static void long_times(table *t)
{
  for (size_t i = 0; i < t->n; i++) t->time[i] = 1 + floor(1e9 * fabs(t->x[i]));
}

static void as_it_is(table *t) { (void)t; }

static const struct {
  const char *name;
  void (*spoil)(table *t);
} nasty[] = {{"as it is", as_it_is},
             {"one row", one_row},
             {"two rows", two_rows},
             {"fewer rows than columns", fewer_rows_than_columns},
             {"a constant response", constant_response},
             {"nothing happens", nothing_happens},
             {"a constant column", constant_column},
             {"a column of 0", zero_column},
             {"collinear columns", collinear},
             {"nearly collinear columns", nearly_collinear},
             {"separated", separated},
             {"separated by a level", separated_by_a_level},
             {"columns of 1e12", huge_column},
             {"columns of 1e-12", tiny_column},
             {"columns about 1e12", far_column},
             {"columns of 1e150", enormous_column},
             {"one value of 1e12", one_far_value},
             {"a response of 1e12", huge_response},
             {"a response of 1e-12", tiny_response},
             {"counts of 1e12", large_counts},
             {"levels without rows", levels_without_rows},
             {"a reference without rows", an_empty_reference},
             {"one level", one_level},
             {"a level for each row", a_level_for_each_row},
             {"a slope for each level", all_slopes},
             {"weights of 1e12", huge_weights},
             {"weights of 1e-12", tiny_weights},
             {"some weights 0", zero_weights},
             {"all weights 0 but one", one_weight},
             {"weights far apart", weights_far_apart},
             {"an offset of 1e6", large_offset},
             {"offsets of 50 and -50", offsets_apart},
             {"offsets of 1e12 and -1e12", huge_offsets_apart},
             {"offsets of 1e300", enormous_offset},
             {"no intercept", no_intercept},
             {"no column", no_column},
             {"times of 1e9", long_times}};

enum { NASTY = sizeof nasty / sizeof *nasty };

static void try_all(const dc_model *model, int kind, size_t richness, long *fits, long *refused)
{
  char name[64], what[256];
  double option[MOST_OPTIONS];
  bool all = richness == table_richest(model); /* other settings on the richest design only */
  for (size_t k = 0; (all || k == 0) && setting(model, k, option, name, sizeof name); k++)
    for (size_t c = 0; c < NASTY; c++) {
      if (k && (c + k) % 2) continue; /* each setting half of them: all took 28 s */
      const run r = {model, option, k ? 1 : 2, k & 1 ? 16 : 0};
      table *t = table_new(model, kind, ROWS, richness);
      dc_fit *fit;
      dc_error error = {0};
      nasty[c].spoil(t);
      if (richness == 0 && nasty[c].spoil == one_level) t->design.n_terms = 0;
      dc_status status = run_fit(&r, t, &fit, &error);
      snprintf(what, sizeof what, "%s of %s, %zu terms, %s, %s", model->name, kind_names[kind], richness, name,
               nasty[c].name);
      check_answer(status, fit, &error, what);
      *(fit ? fits : refused) += 1;
      dc_fit_free(fit);
      table_free(t);
    }
}

static void nasty_inputs_have_an_answer_in_numbers_or_words(void **state)
{
  (void)state;
  size_t n;
  const dc_model *const *all = dc_model_all(&n);
  for (size_t m = 0; m < n; m++) {
    long fits = 0, refused = 0;
    for (int kind = 0; kind < KINDS; kind++)
      for (size_t richness = 0; richness <= table_richest(all[m]) && model_takes(all[m], kind); richness++)
        if (richness != 1) try_all(all[m], kind, richness, &fits, &refused);
    printf("%s: %ld nasty inputs fitted, %ld refused in words\n", all[m]->name, fits, refused);
    assert_true(fits > 0);
  }
  no_complaints();
}

/* --- inputs that are wrong --- */

static double *numbers_of(table *t, int which)
{
  double *const all[] = {t->x, t->y, t->weight, t->offset, t->trials, t->time};
  return all[which];
}

/* The message must name row 18. */
static void refuse_row(const dc_model *model, const table *t, const char *what)
{
  const run r = {model, NULL, 2, 0};
  dc_fit *fit;
  dc_error error = {0};
  dc_status status = run_fit(&r, t, &fit, &error);
  if (status != DC_E_INPUT || fit || !strstr(error.message, "row 18"))
    complain(model->name, "%s: status %d, \"%s\"", what, (int)status, error.message);
}

static void wrong_values_are_refused_by_row(void **state)
{
  (void)state;
  const double wrong[] = {NAN, INFINITY, -INFINITY, -1};
  const char *const names[] = {"x", "y", "weight", "offset", "trials", "time"};
  size_t n;
  const dc_model *const *all = dc_model_all(&n);
  for (size_t m = 0; m < n; m++)
    for (int kind = 0; kind < KINDS; kind++) {
      if (!model_takes(all[m], kind)) continue;
      table *t = table_new(all[m], kind, ROWS, table_richest(all[m]));
      t->design.weight = t->weight;
      t->design.offset = t->offset;
      for (int which = 0; which < 6; which++)
        for (int k = 0; k < 4; k++) {
          if ((which == 1 && !t->response.y) || (which == 4 && !t->response.trials) ||
              (which == 5 && !t->response.time))
            continue;
          if (wrong[k] == -1 && (which < 2 || which == 3)) continue;
          if (which == 0 && isnan(wrong[k]) && all[m]->takes_missing) continue;
          double *value = &numbers_of(t, which)[17], kept = *value;
          *value = wrong[k];
          refuse_row(all[m], t, names[which]);
          *value = kept;
        }
      t->f[17] = all[m]->takes_missing ? 4 : 3;
      refuse_row(all[m], t, "a code beyond the levels");
      t->f[17] = 0;
      t->kind[17] = 3;
      if (t->response.category) refuse_row(all[m], t, "a category beyond the levels");
      table_free(t);
    }
  no_complaints();
}

static void expect(const run *r, const table *t, dc_status expected, const char *word, const char *what)
{
  dc_fit *fit;
  dc_error error = {0};
  dc_status status = run_fit(r, t, &fit, &error);
  if (status != expected || fit || !strstr(error.message, word))
    complain(r->model->name, "%s: status %d, \"%s\"", what, (int)status, error.message);
}

static void wrong_requests_are_refused_in_words(void **state)
{
  (void)state;
  size_t n;
  const dc_model *const *all = dc_model_all(&n);
  for (size_t m = 0; m < n; m++) {
    const dc_model *model = all[m];
    run r = {model, NULL, 1, 0};
    for (int kind = 0; kind < KINDS; kind++) {
      table *t = table_new(model, kind, ROWS, 0);
      bool taken = model_takes(model, kind) || (kind != KIND_TRIALS && kind != KIND_CATEGORY && model->responses & 1);
      if (kind == KIND_NUMBER && !taken && t->response.y) expect(&r, t, DC_E_INPUT, "target", "another response");
      if (kind == KIND_CATEGORY && !taken) expect(&r, t, DC_E_INPUT, "target", "categories");
      if (!model_takes(model, kind)) {
        table_free(t);
        continue;
      }
      t->design.n_rows = 0;
      expect(&r, t, DC_E_SHORT, "row", "no rows");
      t->design.n_rows = ROWS;
      t->design.weight = t->weight;
      for (size_t i = 0; i < ROWS; i++) t->weight[i] = 0;
      expect(&r, t, DC_E_SHORT, "weight", "no weight");
      t->design.weight = NULL;
      double option[MOST_OPTIONS];
      for (size_t o = 0; o < model->n_options; o++) {
        const double beyond[] = {model->options[o].least - 1, 2 * fabs(model->options[o].most) + 1, NAN};
        for (size_t k = 0; k < 3; k++) {
          dc_model_defaults(model, option);
          option[o] = beyond[k];
          r.option = option;
          if (isfinite(model->options[o].most) || k != 1)
            expect(&r, t, DC_E_USAGE, model->options[o].name, "an option");
        }
      }
      r.option = NULL;
      t->response.y = NULL;
      t->response.category = NULL;
      expect(&r, t, DC_E_USAGE, "response", "no response");
      table_free(t);
    }
    table *t = table_new(model, model->responses & DC_TAKES_CATEGORY ? KIND_CATEGORY : KIND_CHANCE, ROWS, 6);
    t->design.terms = t->term + 4; /* the smooth one */
    t->design.n_terms = 1;
    if (!model->shrinks) expect(&r, t, DC_E_USAGE, "s(z)", "a smooth term");
    table_free(t);
  }
  no_complaints();
}

/* --- memory --- */

static void fail_each_allocation(const dc_model *model, int kind, size_t richness, const double *option)
{
  const run r = {model, option, 1, 16};
  table *t = table_new(model, kind, ROWS, richness);
  long allocations = 1, left = 0;
  for (long k = 0; k <= allocations; k += 1 + k / 64) { /* each of the first, then ever fewer */
    dc_fit *fit = NULL;
    dc_error error = {0};
    dc_failing_start(k);
    dc_status status = run_fit(&r, t, &fit, &error);
    dc_fit_free(fit);
    long made = dc_failing_stop(&left);
    if (k == 0) allocations = made;
    bool fitted = status == DC_OK || status == DC_W_MAXITER;
    if (k == 0 && !fitted) break; /* not of this kind, or not with these terms */
    if (left || (k && status != DC_E_MEMORY) || (!fitted && !error.message[0]))
      fail_msg("%s of %s, %zu terms, allocation %ld of %ld: status %d, %ld not freed", model->name, kind_names[kind],
               richness, k, allocations, (int)status, left);
  }
  table_free(t);
}

static void every_allocation_may_fail(void **state)
{
  (void)state;
  char name[64];
  double option[MOST_OPTIONS];
  size_t n;
  const dc_model *const *all = dc_model_all(&n);
  if (!dc_failing_possible()) {
    printf("skipped: allocations cannot be made to fail here\n");
    skip();
  }
  for (size_t m = 0; m < n; m++)
    for (int kind = 0; kind < KINDS; kind++)
      for (size_t richness = 0; richness <= table_richest(all[m]) && model_takes(all[m], kind); richness += 2)
        for (size_t k = 0; k < (richness == 2 ? SIZE_MAX : 1) && setting(all[m], k, option, name, sizeof name); k++)
          fail_each_allocation(all[m], kind, richness, option);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nasty_inputs_have_an_answer_in_numbers_or_words),
      cmocka_unit_test(wrong_values_are_refused_by_row),
      cmocka_unit_test(wrong_requests_are_refused_in_words),
      cmocka_unit_test(every_allocation_may_fail),
  };
  gsl_set_error_handler_off();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
