/* Every prior and option of logistic and glm x nasty inputs: a fit or a reason, never a crash, a hang or a silent NaN; and
 * the n-th allocation fails, for every n. */
#include "tests/check.h"

#include "engine/base/arena.h"
#include "tests/models/fitting.h"
#include "tests/verbs/failing.h"

enum { N = 40 };

typedef struct setting {
  const char *name;
  const char *option[3];
  double value[3];
} setting;

static const setting settings[] = {
    {"lasso", {"lambda"}, {.02}},
    {"net", {"lambda", "alpha"}, {.01, .5}},
    {"ridge of the net", {"lambda", "alpha"}, {.1, 0}},
    {"folds", {"choose", "folds"}, {1, 3}},
    {"time", {"choose", "folds", "one-error"}, {2, 3, 1}},
    {"ridge", {"ridge"}, {2}},
    {"auto", {"ridge"}, {1}},
    {"logf", {"logf"}, {1}},
    {"logf, profiled", {"logf", "limits", "tests"}, {2, 1, 1}},
    {"profiled", {"limits", "tests"}, {1, 1}},
};

typedef struct input {
  const char *name;
  size_t n, terms;
  double x[3][N], y[N], weight[N];
  uint8_t code[N];
  bool weighted;
} input;

static void make(input *in, int kind)
{
  static const char *const names[] = {"plain",      "one row",  "two rows",  "constant", "collinear",
                                      "separated",  "all won",  "all lost",  "1e12",     "more columns",
                                      "rare level", "no terms", "weights 0", "tiny",     "dates"};
  *in = (input){.name = names[kind], .n = N, .terms = 3};
  for (size_t i = 0; i < N; i++) {
    in->x[0][i] = (double)(i * 37 % 41);
    in->x[1][i] = (double)(i * 11 % 23) - 7;
    in->x[2][i] = (double)(i % 2);
    in->code[i] = (uint8_t)(i * 7 % 5);
    in->y[i] = i * 13 % 7 < 3;
    in->weight[i] = 1;
    if (kind == 3) in->x[1][i] = 5;
    if (kind == 4) in->x[1][i] = 2 * in->x[0][i] - 3;
    if (kind == 5) in->y[i] = in->x[0][i] > 20;
    if (kind == 6 || kind == 7) in->y[i] = kind == 6;
    if (kind == 8) in->x[0][i] *= 1e12;
    if (kind == 10) in->code[i] = i == 17 ? 4 : (uint8_t)(i % 3);
    if (kind == 12) in->weight[i] = i % 3 != 0;
    if (kind == 13) in->x[0][i] *= 1e-200;
    if (kind == 14) in->x[0][i] += 7e5;
  }
  if (kind == 1) in->n = 1;
  if (kind == 2) in->n = 2;
  if (kind == 9) in->n = 4;
  if (kind == 11) in->terms = 0;
  in->weighted = kind == 12;
}

enum { INPUTS = 15 };

static void set(fitting *f, dc_term *term, const input *in, const setting *s)
{
  term[0] = (dc_term){.name = "x", .number = in->x[0]};
  term[1] = (dc_term){.name = "z", .number = in->x[1]};
  term[2] = (dc_term){.name = "f", .kind = DC_TERM_FACTOR, .codes = {in->code, 1, 5, NULL}};
  *f = (fitting){.model = "logistic",
                 .design = {.n_rows = in->n, .intercept = true, .n_terms = in->terms, .terms = term},
                 .response = {.name = "y", .y = in->y}};
  if (in->weighted) f->design.weight = in->weight;
  for (size_t k = 0; k < 3 && s->option[k]; k++) fitting_option(f, s->option[k], s->value[k]);
}

static void test_inputs(void **state)
{
  (void)state;
  size_t fits = 0, reasons = 0;
  static input in;
  for (int kind = 0; kind < INPUTS; kind++) {
    make(&in, kind);
    for (size_t s = 0; s < sizeof settings / sizeof *settings; s++) {
      dc_term term[3];
      fitting f;
      set(&f, term, &in, &settings[s]);
      dc_fit *fit = NULL;
      dc_error error = {0};
      dc_status status = fitting_try(&f, &fit, &error);
      if (status != DC_OK && status != DC_W_MAXITER) {
        reasons++;
        if (!error.message[0]) fail_msg("%s, %s: no reason", in.name, settings[s].name);
        continue;
      }
      fits++;
      for (size_t k = 0; k < fit->n_columns; k++) {
        const dc_coefficient *c = &fit->coefficients[k];
        if (!isfinite(c->estimate) && !c->twin)
          fail_msg("%s, %s: %s is not finite", in.name, settings[s].name, c->name);
        if (c->lower > c->estimate || c->upper < c->estimate)
          fail_msg("%s, %s: %s %g is not within %g %g", in.name, settings[s].name, c->name, c->estimate, c->lower,
                   c->upper);
      }
      if (status == DC_W_MAXITER && fit->n_notes == 0) fail_msg("%s, %s: no word of it", in.name, settings[s].name);
      dc_fit_free(fit);
    }
  }
  print_message("%zu fits, %zu reasons why not\n", fits, reasons);
  assert_true(fits > 100);
}

static void test_memory(void **state)
{
  (void)state;
  if (!dc_failing_possible()) {
    printf("skipped: allocations cannot be made to fail here\n");
    skip();
  }
  static input in;
  size_t failed = 0;
  for (int kind = 0; kind < 6; kind += 5) {
    make(&in, kind);
    for (size_t s = 0; s < sizeof settings / sizeof *settings; s++) {
      dc_term term[3];
      fitting f;
      set(&f, term, &in, &settings[s]);
      long all = 1, usual = 0;
      for (long n = 0; n <= all; n += 1 + n / 5) {
        dc_fit *fit = NULL;
        dc_error error = {0};
        dc_arena *arena = dc_arena_new();
        assert_non_null(arena);
        dc_task task = {.design = &f.design,
                        .response = &f.response,
                        .option = f.option,
                        .confidence = .95,
                        .threads = 1,
                        .arena = arena};
        long kept;
        dc_failing_start(n);
        dc_status status = dc_model_fit(dc_model_find("logistic"), &task, &fit, &error);
        bool usable = status == DC_OK || status == DC_W_MAXITER;
        if (usable) dc_fit_free(fit);
        dc_arena_free(arena);
        long made = dc_failing_stop(&kept);
        if (n == 0) {
          all = made;
          usual = kept; /* the arena is older than the count */
        }
        assert_int_equal(kept, usual);
        if (usable) continue;
        failed++;
        assert_int_equal(status, DC_E_MEMORY);
      }
    }
  }
  print_message("%zu times out of memory\n", failed);
  assert_true(failed > 200);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_inputs), cmocka_unit_test(test_memory)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
