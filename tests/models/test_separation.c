/* Separation: made on purpose in every form, named; and never where there is none. */
#include "tests/check.h"

#include "engine/base/arena.h"
#include "models/separation.h"
#include "tests/models/fitting.h"

typedef struct rows {
  dc_term term[64];
  dc_design design;
  dc_response response;
  dc_task task;
  dc_fit *fit;
} rows;

static void ready(rows *r, size_t n, size_t terms, const double *y)
{
  r->design = (dc_design){.n_rows = n, .intercept = true, .n_terms = terms, .terms = r->term};
  r->response = (dc_response){.name = "won", .y = y};
  r->task = (dc_task){.design = &r->design, .response = &r->response, .confidence = .95, .threads = 1};
  r->task.arena = dc_arena_new();
  r->fit = dc_fit_new();
  assert_non_null(r->task.arena);
  assert_non_null(r->fit);
  dc_error error = {0};
  check_ok(dc_fit_lay_out(r->fit, &r->design, "won", 1, NULL, &error), &error);
}

static void done(rows *r)
{
  dc_arena_free(r->task.arena);
  dc_fit_free(r->fit);
}

static dc_separation find(rows *r, dc_separates kind)
{
  dc_separation s;
  dc_error error = {0};
  dc_status status = dc_separation_find(&r->task, r->fit, kind, true, &s, &error);
  check_ok(status, &error);
  assert_int_equal(status, DC_OK);
  return s;
}

static void check_causes(rows *r, bool complete, size_t gained, const char *first, const char *second)
{
  dc_separation s = find(r, DC_SEPARATES_CHANCES);
  assert_true(s.separated);
  assert_int_equal(s.complete, complete);
  assert_int_equal(s.gained, gained);
  assert_int_equal(s.n_causes, second ? 2 : 1);
  assert_string_equal(s.cause[0], first);
  if (second) assert_string_equal(s.cause[1], second);
}

static dc_term number(const char *name, const double *x) { return (dc_term){.name = name, .number = x}; }

static dc_term factor(const char *name, const uint8_t *code, uint32_t levels, const char *const *names)
{
  return (dc_term){.name = name, .kind = DC_TERM_FACTOR, .codes = {code, 1, levels, names}};
}

/* ---- by one column ---- */

static void test_number(void **state)
{
  (void)state;
  const double x[] = {1, 2, 3, 4, 5, 6}, y[] = {0, 0, 0, 1, 1, 1}, z[] = {0, 0, 0, 1, 0, 1}, v[] = {1, 2, 3, 3, 5, 6};
  rows r = {.term = {number("x", x)}};
  ready(&r, 6, 1, y);
  check_causes(&r, true, 6, "by x: every row with x > 3 has won = 1, every row with x <= 3 has won = 0", NULL);
  r.response.y = z; /* 4 won, 5 lost */
  assert_false(find(&r, DC_SEPARATES_CHANCES).separated);
  done(&r);
  rows q = {.term = {number("x", v)}};
  ready(&q, 6, 1, y);
  check_causes(&q, false, 4, "by x: every row with x > 3 has won = 1, every row with x < 3 has won = 0", NULL);
  done(&q);
}

/* Many rows at the least value, won and lost; all beyond it lost. */
static void test_edge(void **state)
{
  (void)state;
  const double x[] = {0, 0, 0, 2, 7, 1}, y[] = {0, 1, 1, 0, 0, 0};
  rows r = {.term = {number("x", x)}};
  ready(&r, 6, 1, y);
  check_causes(&r, false, 3, "by x: every row with x > 0 has won = 0", NULL);
  done(&r);
}

static void test_level(void **state)
{
  (void)state;
  static const char *const names[] = {"South", "North", "East"};
  const uint8_t code[] = {0, 0, 0, 1, 1, 1, 2, 2};
  const double y[] = {0, 1, 0, 1, 1, 1, 0, 1}, z[] = {0, 0, 0, 1, 0, 1, 0, 1};
  rows r = {.term = {factor("region", code, 3, names)}};
  ready(&r, 8, 1, y);
  check_causes(&r, false, 3, "by region=North: each of its 3 rows has won = 1", NULL);
  r.response.y = z; /* the reference */
  check_causes(&r, false, 3, "by region=South: each of its 3 rows has won = 0", NULL);
  done(&r);
}

static void test_all_won(void **state)
{
  (void)state;
  const double x[] = {1, 2, 3, 4}, y[] = {1, 1, 1, 1};
  rows r = {.term = {number("x", x)}};
  ready(&r, 4, 1, y);
  check_causes(&r, true, 4, "by the intercept: every row has won = 1", NULL);
  done(&r);
}

/* Shares: a row of 3 of 5 may not move. */
static void test_trials(void **state)
{
  (void)state;
  const double x[] = {1, 2, 3, 4}, y[] = {0, 0, 3, 5}, trials[] = {5, 5, 5, 5}, w[] = {0, 1, 3, 5};
  rows r = {.term = {number("x", x)}};
  ready(&r, 4, 1, y);
  r.response.trials = trials;
  check_causes(&r, false, 3,
               "by x: every row with x > 3 has won in all trials, every row with x < 3 has won in no trial", NULL);
  r.response.y = w;
  assert_false(find(&r, DC_SEPARATES_CHANCES).separated);
  done(&r);
}

/* Counts: a level without any runs away downwards; rows above 0 hold. */
static void test_counts(void **state)
{
  (void)state;
  const uint8_t code[] = {0, 0, 0, 1, 1, 1};
  const double y[] = {0, 2, 1, 0, 0, 0}, z[] = {0, 2, 1, 0, 1, 0};
  rows r = {.term = {factor("f", code, 2, NULL)}};
  ready(&r, 6, 1, y);
  dc_separation s = find(&r, DC_SEPARATES_COUNTS);
  assert_true(s.separated);
  assert_string_equal(s.cause[0], "by f=1: each of its 3 rows has won = 0");
  r.response.y = z;
  assert_false(find(&r, DC_SEPARATES_COUNTS).separated);
  done(&r);
}

/* Rows of weight 0 do not hold anything. */
static void test_weight(void **state)
{
  (void)state;
  const double x[] = {1, 2, 3, 4}, y[] = {0, 1, 0, 1}, weight[] = {1, 0, 1, 1};
  rows r = {.term = {number("x", x)}};
  ready(&r, 4, 1, y);
  assert_false(find(&r, DC_SEPARATES_CHANCES).separated);
  r.design.weight = weight;
  assert_true(find(&r, DC_SEPARATES_CHANCES).complete);
  done(&r);
}

/* ---- by combinations ---- */

static void test_together(void **state)
{
  (void)state;
  const double x[] = {0, 1, 2, 3, 0, 4, 3, 0}, z[] = {0, 3, 1, 0, 4, 0, 1, 3}, noise[] = {3, 1, 4, 1, 5, 9, 2, 6};
  const double y[] = {0, 1, 0, 0, 1, 1, 1, 0}; /* x + z > 3, where no column does it alone */
  rows r = {.term = {number("x", x), number("noise", noise), number("z", z)}};
  ready(&r, 8, 3, y);
  dc_separation s = find(&r, DC_SEPARATES_CHANCES);
  assert_true(s.separated && s.complete);
  assert_int_equal(s.gained, 8);
  assert_int_equal(s.n_causes, 1);
  print_message("%s\n", s.cause[0]);
  assert_non_null(strstr(s.cause[0], "by x and z together: every row with x + "));
  done(&r);
}

/* A dummy for each level that depends on others, and a constant: no harm. */
static void test_aliased(void **state)
{
  (void)state;
  const double x[] = {1, 2, 3, 4, 5, 6}, twice[] = {2, 4, 6, 8, 10, 12}, one[] = {1, 1, 1, 1, 1, 1};
  const double y[] = {0, 1, 0, 1, 0, 1}, won[] = {0, 0, 0, 1, 1, 1};
  rows r = {.term = {number("x", x), number("twice", twice), number("one", one)}};
  ready(&r, 6, 3, y);
  assert_false(find(&r, DC_SEPARATES_CHANCES).separated);
  r.response.y = won;
  assert_true(find(&r, DC_SEPARATES_CHANCES).complete);
  done(&r);
}

/* ---- simulated ---- */

enum { COLUMNS = 12 };

typedef struct sample {
  double *x[COLUMNS], *y;
  uint8_t *code;
  char name[COLUMNS][24];
} sample;

static sample draw(uint64_t seed, size_t n, size_t p)
{
  sample s = {.y = calloc(n, sizeof *s.y), .code = calloc(n, 1)};
  uint64_t z = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
  assert_true(s.y && s.code);
  for (size_t k = 0; k < p; k++) {
    s.x[k] = calloc(n, sizeof *s.x[k]);
    assert_non_null(s.x[k]);
    snprintf(s.name[k], sizeof s.name[k], "x%zu", k + 1);
  }
  for (size_t i = 0; i < n * (p + 2); i++) {
    z ^= z << 13;
    z ^= z >> 7;
    z ^= z << 17;
    double u = (double)(z >> 11) * 0x1p-53;
    size_t row = i % n, k = i / n;
    if (k < p) {
      s.x[k][row] = k % 3 == 0 ? 20000 + 100 * u : k % 3 == 1 ? floor(5 * u) : u * u - .3;
    } else if (k == p) {
      s.code[row] = (uint8_t)(4 * u);
    } else {
      s.y[row] = u < .5;
    }
  }
  return s;
}

static void free_sample(sample *s, size_t p)
{
  for (size_t k = 0; k < p; k++) free(s->x[k]);
  free(s->y);
  free(s->code);
}

static void put(rows *r, sample *s, size_t n, size_t p)
{
  for (size_t k = 0; k < p; k++) r->term[k] = number(s->name[k], s->x[k]);
  r->term[p] = factor("f", s->code, 4, NULL);
  ready(r, n, p + 1, s->y);
}

/* Every row twice, once won and once lost: not separated, whatever the columns; and with a fair coin hardly ever. */
static void test_no_false_alarm(void **state)
{
  (void)state;
  size_t alarms = 0;
  for (uint64_t seed = 1; seed <= 200; seed++) {
    size_t p = 1 + seed % (COLUMNS - 1), n = 60 + 40 * p;
    sample s = draw(seed, n, p);
    for (size_t i = 0; i < n / 2 && seed % 2; i++) { /* odd ones: by construction */
      for (size_t k = 0; k < p; k++) s.x[k][n / 2 + i] = s.x[k][i];
      s.code[n / 2 + i] = s.code[i];
      s.y[n / 2 + i] = 1 - s.y[i];
    }
    rows r;
    put(&r, &s, n, p);
    alarms += find(&r, DC_SEPARATES_CHANCES).separated;
    done(&r);
    free_sample(&s, p);
  }
  assert_int_equal(alarms, 0);
}

/* Responses by the sign of a random combination: found, all rows run, whatever is in the columns; one row against it and it
 * is over. */
static void test_made(void **state)
{
  (void)state;
  size_t found = 0, lifted = 0;
  for (uint64_t seed = 1; seed <= 60; seed++) {
    size_t p = 2 + seed % (COLUMNS - 2), n = 400;
    sample s = draw(seed, n, p);
    double most = -INFINITY;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
      double sum = s.code[i] == 2 ? .4 : 0, middle = 0;
      for (size_t k = 0; k < p; k++) {
        double unit = k % 3 == 0 ? 100 : k % 3 == 1 ? 5 : 1, start = k % 3 == 0 ? 20000 : k % 3 == 1 ? 0 : -.3;
        sum += (s.x[k][i] - start) / unit * ((k + seed) % 4 == 0 ? -1 : 1);
        middle += .5 * ((k + seed) % 4 == 0 ? -1 : 1);
      }
      s.y[i] = sum > middle;
      if (sum - middle > most) most = sum - middle, at = i;
    }
    rows r;
    put(&r, &s, n, p);
    dc_separation separation = find(&r, DC_SEPARATES_CHANCES);
    found += separation.separated && separation.complete && separation.gained == n && separation.n_causes > 0;
    s.y[at] = 0; /* the farthest one: no plane has it on the other side alone */
    lifted += !find(&r, DC_SEPARATES_CHANCES).complete;
    done(&r);
    free_sample(&s, p);
  }
  assert_int_equal(found, 60);
  assert_int_equal(lifted, 60);
}

/* Many levels, one of them rare and lost: a single row of 20,000. The same for any number of threads. */
static void test_wide(void **state)
{
  (void)state;
  enum { N = 20000, LEVELS = 200 };
  sample s = draw(5, N, 3);
  uint8_t *code = calloc(N, 1);
  assert_non_null(code);
  for (size_t i = 0; i < N; i++) code[i] = (uint8_t)(i * 31 % (LEVELS - 1));
  code[77] = LEVELS - 1;
  s.y[77] = 0;
  rows r;
  put(&r, &s, N, 3);
  done(&r);
  r.term[3] = factor("rep", code, LEVELS, NULL);
  ready(&r, N, 4, s.y);
  dc_separation first = {0};
  for (int threads = 1; threads <= 7; threads += 3) {
    r.task.threads = threads;
    dc_separation now = find(&r, DC_SEPARATES_CHANCES);
    assert_true(now.separated && !now.complete);
    assert_int_equal(now.gained, 1);
    assert_int_equal(now.n_causes, 1);
    assert_string_equal(now.cause[0], "by rep=199: its only row has won = 0");
    if (threads == 1) first = now;
    assert_memory_equal(first.runs, now.runs, r.fit->n_columns);
  }
  done(&r);
  free(code);
  free_sample(&s, 3);
}

/* The search ends where the likelihood only rises for ever, also where rows fill tiles and go through the quick kernels. */
static void test_full_tiles(void **state)
{
  (void)state;
  enum { MOST = 1 << 16 };
  double *x = calloc(MOST, sizeof *x), *y = calloc(MOST, sizeof *y);
  assert_true(x && y);
  for (size_t i = 0; i < MOST; i++) {
    x[i] = (double)(i * 7919 % 4001) / 4000;
    y[i] = x[i] > .5;
  }
  dc_term term = {.name = "x", .number = x};
  static const size_t sizes[] = {200, 256, 512, MOST};
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
    fitting f = {.model = "logistic",
                 .design = {.n_rows = sizes[k], .intercept = true, .n_terms = 1, .terms = &term},
                 .response = {.name = "y", .y = y}};
    dc_fit *fit = fitting_run(&f);
    printf("  %zu rows: %g steps\n", sizes[k], dc_fit_figure(fit, "iterations"));
    assert_true(fit->converged && dc_fit_figure(fit, "iterations") < 40);
    assert_true(fit->n_notes > 0 && strstr(fit->notes[0], "separated by x"));
    dc_fit_free(fit);
  }
  free(x);
  free(y);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_number),         cmocka_unit_test(test_edge),     cmocka_unit_test(test_level),
      cmocka_unit_test(test_all_won),        cmocka_unit_test(test_trials),   cmocka_unit_test(test_counts),
      cmocka_unit_test(test_weight),         cmocka_unit_test(test_together), cmocka_unit_test(test_aliased),
      cmocka_unit_test(test_no_false_alarm), cmocka_unit_test(test_made),     cmocka_unit_test(test_wide),
      cmocka_unit_test(test_full_tiles),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
