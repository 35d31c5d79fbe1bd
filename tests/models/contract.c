#include "tests/models/contract.h"

#include "engine/base/arena.h"
#include "engine/base/random.h"

const char *const kind_names[KINDS] = {"numbers", "positive numbers", "counts", "chances", "categories", "trials"};
static const char *const categories[] = {"first", "second", "third"};
static const char *const levels[] = {"low", "mid", "high", "none", "never"};

enum { GROUPS = 7 };

bool model_takes(const dc_model *model, int kind)
{
  return model->responses >> (kind == KIND_TRIALS ? KIND_CHANCE : kind) & 1;
}

size_t table_richest(const dc_model *model) { return model->shrinks ? 6 : model->plain_terms ? 3 : 4; }

static double normal(size_t row, uint64_t draw)
{
  double u = dc_random_uniform(11, row, 2 * draw), v = dc_random_uniform(11, row, 2 * draw + 1);
  return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

static double *doubles(size_t n) { return calloc(n + 1, sizeof(double)); }

static table *new_table(size_t n)
{
  table *t = calloc(1, sizeof *t);
  t->n = n;
  t->x = doubles(n);
  t->z = doubles(n);
  t->y = doubles(n);
  t->trials = doubles(n);
  t->time = doubles(n);
  t->weight = doubles(n);
  t->offset = doubles(n);
  t->f = calloc(n + 1, sizeof *t->f);
  t->g = calloc(n + 1, sizeof *t->g);
  t->kind = calloc(n + 1, sizeof *t->kind);
  return t;
}

void table_free(table *t)
{
  double *const numbers[] = {t->x, t->z, t->y, t->trials, t->time, t->weight, t->offset};
  for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) free(numbers[k]);
  free(t->f);
  free(t->g);
  free(t->kind);
  free(t);
}

static void connect(table *t, const dc_model *model, int kind, size_t richness)
{
  dc_codes f = {t->f, 4, 3, levels}, g = {t->g, 4, GROUPS, NULL};
  t->slope[0] = t->x;
  t->term[0] = (dc_term){.name = "x", .number = t->x};
  t->term[1] = (dc_term){.name = "z", .number = t->z};
  t->term[2] = (dc_term){.name = "f", .kind = DC_TERM_FACTOR, .codes = f};
  t->term[3] = (dc_term){.name = "x:f", .kind = DC_TERM_SLOPES, .number = t->x, .codes = f};
  t->term[4] = (dc_term){.name = "s(z)", .kind = DC_TERM_SMOOTH, .number = t->z, .basis = 6};
  t->term[5] = (dc_term){.name = "(1 + x | g)", .kind = DC_TERM_EFFECT, .codes = g, .n_slopes = 1, .slope = t->slope};
  t->design = (dc_design){.n_rows = t->n, .intercept = true, .n_terms = richness, .terms = t->term};
  t->category = (dc_codes){t->kind, 4, 3, categories};
  t->response = (dc_response){.name = "target"};
  if (kind == KIND_CATEGORY)
    t->response.category = &t->category;
  else
    t->response.y = t->y;
  if (kind == KIND_TRIALS) t->response.trials = t->trials;
  if (model->needs_time) t->response.time = t->time;
}

static double draw(int kind, double eta, size_t i)
{
  double u = dc_random_uniform(12, i, 0), sum = 0;
  switch (kind) {
    case KIND_NUMBER: return eta + normal(i, 5);
    case KIND_POSITIVE: return exp(eta + .5 * normal(i, 5));
    case KIND_COUNT: {
      double count = 0, chance = exp(-exp(eta)), mean = exp(eta);
      for (sum = chance; u > sum && count < 1000; sum += chance) chance *= mean / ++count;
      return count;
    }
    case KIND_TRIALS:
      for (uint64_t k = 0; k < 4; k++) sum += dc_random_uniform(13, i, k) < 1 / (1 + exp(-eta));
      return sum;
    default: return u < 1 / (1 + exp(-eta));
  }
}

table *table_new(const dc_model *model, int kind, size_t n, size_t richness)
{
  table *t = new_table(n);
  for (size_t i = 0; i < n; i++) {
    t->x[i] = normal(i, 0);
    t->z[i] = 3 + 2 * normal(i, 1);
    t->f[i] = (uint32_t)(dc_random_uniform(11, i, 20) * 3);
    t->g[i] = (uint32_t)(dc_random_uniform(11, i, 21) * GROUPS);
    t->weight[i] = 1 + (double)(i % 3);
    t->offset[i] = .1 * normal(i, 2);
    t->trials[i] = 4;
    t->time[i] = 1 + floor(4 * dc_random_uniform(11, i, 22));
    double eta = .4 * t->x[i] - .1 * (t->z[i] - 3) + .3 * ((double)t->f[i] - 1) + .15 * ((double)t->g[i] - 3);
    double u = dc_random_uniform(11, i, 23) * (1 + exp(eta) + exp(-eta));
    t->y[i] = draw(kind, eta, i);
    t->kind[i] = u < 1 ? 0 : u < 1 + exp(eta) ? 1 : 2;
  }
  connect(t, model, kind, richness);
  return t;
}

table *table_rows(const table *from, const dc_model *model, int kind, const size_t *row, size_t n)
{
  table *t = new_table(n);
  for (size_t i = 0; i < n; i++) {
    size_t k = row[i];
    t->x[i] = from->x[k];
    t->z[i] = from->z[k];
    t->y[i] = from->y[k];
    t->trials[i] = from->trials[k];
    t->time[i] = from->time[k];
    t->weight[i] = from->weight[k];
    t->offset[i] = from->offset[k];
    t->f[i] = from->f[k];
    t->g[i] = from->g[k];
    t->kind[i] = from->kind[k];
  }
  connect(t, model, kind, from->design.n_terms);
  return t;
}

bool setting(const dc_model *model, size_t k, double option[MOST_OPTIONS], char *name, size_t size)
{
  assert_true(model->n_options <= MOST_OPTIONS);
  dc_model_defaults(model, option);
  snprintf(name, size, "%s", "initial options");
  if (k-- == 0) return true;
  for (size_t o = 0; o < model->n_options; o++) {
    const dc_model_option *this = &model->options[o];
    size_t values = this->kind == DC_OPTION_CHOICE ? (size_t)(this->most - this->least) + 1 : 2;
    if (k >= values) {
      k -= values;
      continue;
    }
    option[o] = this->kind == DC_OPTION_CHOICE ? this->least + (double)k : k ? this->most : this->least;
    snprintf(name, size, "--%s %g", this->name, option[o]);
    return true;
  }
  return false;
}

/* Rounds of trees are alike: a few of them tell as much as many. */
static void be_quick(const run *r, double *option)
{
  enum { TREES = 20 };
  if (r->option)
    memcpy(option, r->option, r->model->n_options * sizeof *option);
  else
    dc_model_defaults(r->model, option);
  double trees = dc_task_option(r->model, &(dc_task){.option = option}, "trees");
  if (trees > TREES && trees <= 1e5) dc_model_set(r->model, option, "trees", TREES);
}

dc_status run_fit(const run *r, const table *t, dc_fit **fit, dc_error *error)
{
  double option[MOST_OPTIONS];
  dc_arena *arena = dc_arena_new();
  be_quick(r, option);
  if (!arena) return dc_fail_memory(error, "a test");
  dc_task task = {&t->design, &t->response, option, .95, r->threads, r->block_rows, arena, NULL};
  *fit = NULL;
  dc_status status = dc_model_fit(r->model, &task, fit, error);
  dc_arena_free(arena);
  return status;
}

/* --- what must hold --- */

enum { TOLD = 30 };

static int wrong = 0;

void complain(const char *what, const char *format, ...)
{
  va_list arguments;
  if (++wrong > TOLD) return;
  va_start(arguments, format);
  print_error("%s: ", what);
  vprint_error(format, arguments);
  print_error("\n");
  va_end(arguments);
}

void no_complaints(void)
{
  int all = wrong;
  wrong = 0;
  if (all) fail_msg("%d complaints", all);
}

#define MUST(condition, ...)                                                                                           \
  do {                                                                                                                 \
    if (condition) break;                                                                                              \
    complain(what, __VA_ARGS__);                                                                                       \
    return;                                                                                                            \
  } while (0)

static bool chance(double p) { return isnan(p) || (p >= 0 && p <= 1); }

static void check_coefficient(const dc_fit *fit, const dc_coefficient *c, const char *what)
{
  bool noted = fit->n_notes > 0;
  MUST(!isinf(c->estimate) && !isinf(c->error), "%s is infinite: %g, error %g", c->name, c->estimate, c->error);
  MUST((!isinf(c->lower) && !isinf(c->upper)) || noted, "%s has no limit and no note says why", c->name);
  MUST(!isinf(c->statistic) || noted, "%s has an infinite statistic and no note says why", c->name);
  MUST(!isnan(c->estimate) || noted, "%s has no estimate and no note says why", c->name);
  MUST(!isnan(c->error) || isnan(c->estimate) || noted, "%s has no error and no note says why", c->name);
  MUST(isnan(c->error) || c->error >= 0, "%s has a negative error", c->name);
  MUST(chance(c->p), "%s has p %g", c->name, c->p);
  double slack = 1e-6 * fabs(c->estimate); /* about 0 of numbers about 1e12 */
  MUST(isnan(c->lower) || c->lower <= c->estimate + slack, "%s: from %g, above %g", c->name, c->lower, c->estimate);
  MUST(isnan(c->upper) || c->upper >= c->estimate - slack, "%s: to %g, below %g", c->name, c->upper, c->estimate);
  MUST(isnan(c->estimate) || !c->twin, "%s has an estimate and a twin", c->name);
}

void check_answer(dc_status status, const dc_fit *fit, const dc_error *error, const char *what)
{
  bool fitted = status == DC_OK || status == DC_W_MAXITER;
  MUST(fitted == (fit != NULL), "status %d %s a fit", (int)status, fit ? "with" : "without");
  MUST(status == DC_OK || (error->message[0] && error->code == status), "status %d without words", (int)status);
  if (!fitted) return;
  MUST(fit->converged == (status == DC_OK), "converged is not what the status says");
  MUST(fit->n_equations > 0 && fit->coefficients, "no coefficients");
  size_t n = fit->n_equations * fit->n_columns;
  for (size_t k = 0; k < n; k++) check_coefficient(fit, &fit->coefficients[k], what);
  for (size_t k = 0; k < n * n && fit->covariance; k++) MUST(!isinf(fit->covariance[k]), "the covariance is infinite");
  for (size_t k = 0; k < fit->n_figures; k++) {
    const dc_figure *f = &fit->figures[k];
    MUST(isfinite(f->value) || fit->n_notes, "%s is %g and no note says why", f->name, f->value);
    MUST(f->meaning && f->meaning[0], "%s has no meaning", f->name);
    for (size_t j = 0; j < k; j++) MUST(strcmp(f->name, fit->figures[j].name) != 0, "%s is there twice", f->name);
  }
  for (size_t k = 0; k < fit->n_tests; k++) {
    MUST(fit->tests[k].term < fit->n_terms && chance(fit->tests[k].p), "test %zu is of no term or has p %g", k,
         fit->tests[k].p);
    MUST(isfinite(fit->tests[k].statistic) || fit->n_notes, "test %zu is %g", k, fit->tests[k].statistic);
  }
  for (size_t k = 0; k < fit->n_notes; k++) MUST(fit->notes[k][0], "an empty note");
}

static bool same(double a, double b) { return memcmp(&a, &b, sizeof a) == 0; }

void check_same_fit(const dc_fit *a, const dc_fit *b, const char *what)
{
  MUST(a->n_equations == b->n_equations && a->n_columns == b->n_columns, "another number of coefficients");
  size_t n = a->n_equations * a->n_columns;
  for (size_t k = 0; k < n; k++) {
    const dc_coefficient *c = &a->coefficients[k], *d = &b->coefficients[k];
    MUST(same(c->estimate, d->estimate) && same(c->error, d->error) && same(c->p, d->p) && same(c->lower, d->lower) &&
             same(c->upper, d->upper),
         "%s: other bytes: %.17g (%.17g), %.17g (%.17g)", c->name, c->estimate, c->error, d->estimate, d->error);
  }
  MUST(!a->covariance == !b->covariance, "one has no covariance");
  MUST(!a->covariance || memcmp(a->covariance, b->covariance, n * n * sizeof(double)) == 0, "another covariance");
  MUST(a->n_figures == b->n_figures && a->n_tests == b->n_tests && a->n_notes == b->n_notes, "more figures or notes");
  for (size_t k = 0; k < a->n_figures; k++)
    MUST(same(a->figures[k].value, b->figures[k].value), "%s: %.17g and %.17g", a->figures[k].name, a->figures[k].value,
         b->figures[k].value);
  for (size_t k = 0; k < a->n_tests; k++) MUST(same(a->tests[k].p, b->tests[k].p), "another test");
  for (size_t k = 0; k < a->n_notes; k++) MUST(strcmp(a->notes[k], b->notes[k]) == 0, "another note");
}

void check_close_fit(const dc_fit *a, const dc_fit *b, double tolerance, bool errors, const char *what)
{
  MUST(a->n_equations == b->n_equations && a->n_columns == b->n_columns, "another number of coefficients");
  size_t n = a->n_equations * a->n_columns;
  double nothing = 0; /* the error of what is shrunken to nothing */
  for (size_t k = 0; k < n; k++)
    if (!isnan(b->coefficients[k].error)) nothing = fmax(nothing, 1e-5 * b->coefficients[k].error);
  for (size_t k = 0; k < n; k++) {
    const dc_coefficient *c = &a->coefficients[k], *d = &b->coefficients[k];
    double unit = fmax(fabs(d->estimate), isnan(d->error) ? 0 : d->error);
    MUST(isnan(c->estimate) == isnan(d->estimate), "%s is left out in one", c->name);
    if (isnan(c->estimate)) continue;
    MUST(fabs(c->estimate - d->estimate) <= tolerance * unit, "%s: %.17g and %.17g", c->name, c->estimate, d->estimate);
    if (!errors) continue;
    MUST(isnan(c->error) == isnan(d->error), "%s has an error in one", c->name);
    MUST(isnan(c->error) || fabs(c->error - d->error) <= 10 * tolerance * fmax(d->error, nothing),
         "%s: error %.17g and %.17g", c->name, c->error, d->error);
  }
  double one = dc_fit_figure(a, "log_likelihood"), other = dc_fit_figure(b, "log_likelihood");
  if (errors && !isnan(one)) MUST(fabs(one - other) <= tolerance * fabs(other), "likelihood %.17g, %.17g", one, other);
}
