/* R's glm at its tightest on 16 data sets: coefficients, standard errors and deviance to 1e-8 relative, by numbers alone and
 * with factors as codes, whole and in blocks of 7 rows. */
#include "tests/check.h"
#include "tests/models/fitting.h"
#include "tests/models/suites.h"

#include <strings.h>

typedef struct rcase {
  const char *name, *y, *trials; /* trials: a column, or one to be added to y after a + */
  const char *terms;             /* with factors: "x f* number@factor*" */
  const char *offset;            /* its logarithm */
  bool fault;                    /* no maximum: R stops somewhere */
} rcase;

static const rcase cases[] = {{"InsectSprays", "count", NULL, "spray*", NULL, false},
                              {"Insurance", "Claims", NULL, "District* Group* Age*", "Holders", false},
                              {"all_won", "y", NULL, "x", NULL, true},
                              {"bacteria", "y=y", NULL, "trt* week", NULL, false},
                              {"birthwt_probit", "low", NULL, "age lwt race* smoke", NULL, false},
                              {"clotting", "lot1", NULL, "log(u)", NULL, false},
                              {"esoph", "ncases", "+ncontrols", "agegp* tobgp* alcgp*", NULL, false},
                              {"infert", "case", NULL, "age parity education* spontaneous induced", NULL, false},
                              {"menarche", "Menarche", "Total", "Age", NULL, false},
                              {"mtcars_am", "am", NULL, "wt hp", NULL, false},
                              {"quasi_separation", "y", NULL, "x", NULL, true},
                              {"quine", "Days", NULL, "Eth* Sex* Age* Lrn*", NULL, false},
                              {"snails", "Deaths", "N", "Species* Exposure Rel.Hum Temp", NULL, false},
                              {"stackloss", "stack.loss", NULL, "Air.Flow Water.Temp Acid.Conc.", NULL, false},
                              {"trees_gamma_log", "Volume", NULL, "log(Girth) log(Height)", NULL, false},
                              {"warpbreaks", "breaks", NULL, "wool* tension* woolB:tension@tension*", NULL, false}};

enum { MOST_ROWS = 300, MOST_TERMS = 16, WORD = 64 };

typedef struct loaded {
  suite_csv *data, *design;
  suite_json *expected;
  double y[MOST_ROWS], trials[MOST_ROWS], offset[MOST_ROWS];
  dc_term term[MOST_TERMS];
  char word[MOST_TERMS][WORD];
  size_t terms;
} loaded;

static char *path_of(const char *folder, const char *name, const char *ending)
{
  static char path[4400];
  snprintf(path, sizeof path, "%s/%s.%s", folder, name, ending);
  return path;
}

static void read_response(loaded *l, const rcase *c)
{
  size_t n = l->data->rows;
  assert_true(n <= MOST_ROWS);
  if (strcmp(c->y, "y=y") == 0) {
    dc_codes words = suite_csv_words(l->data, "y");
    for (size_t i = 0; i < n; i++) l->y[i] = strcmp(words.names[dc_codes_at(&words, i)], "y") == 0;
  } else {
    memcpy(l->y, suite_csv_numbers(l->data, c->y), n * sizeof *l->y);
  }
  if (c->trials) {
    bool plus = c->trials[0] == '+';
    const double *more = suite_csv_numbers(l->data, c->trials + plus);
    for (size_t i = 0; i < n; i++) l->trials[i] = more[i] + (plus ? l->y[i] : 0);
  }
  if (c->offset) {
    const double *from = suite_csv_numbers(l->data, c->offset);
    for (size_t i = 0; i < n; i++) l->offset[i] = log(from[i]);
  }
}

/* R's reference is the level that has no coefficient. */
static uint32_t reference_of(const loaded *l, const char *factor, const dc_codes *codes)
{
  const suite_json *coef = suite_json_get(l->expected, "coef");
  for (uint32_t level = 0; level < codes->levels; level++) {
    char name[2 * WORD];
    snprintf(name, sizeof name, "%s%s", factor, codes->names[level]);
    if (!suite_json_get(coef, name)) return level;
  }
  fail_msg("factor %s has no reference", factor);
  return 0;
}

static void read_terms(loaded *l, const char *terms)
{
  char copy[256];
  strcpy(copy, terms);
  for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
    dc_term *t = &l->term[l->terms];
    char *name = strcpy(l->word[l->terms++], word), *at = strchr(name, '@'), *star = strchr(name, '*');
    *t = (dc_term){.name = name, .kind = DC_TERM_NUMBER};
    if (star) *star = 0;
    if (at) *at = 0;
    if (star) {
      char *factor = at ? at + 1 : name;
      t->kind = at ? DC_TERM_SLOPES : DC_TERM_FACTOR;
      t->codes = suite_csv_words(l->data, factor);
      t->reference = reference_of(l, factor, &t->codes);
    }
    if (at) *strchr(name, ':') = 0;
    if (!star || at) t->number = suite_csv_numbers(l->design, name);
    if (at) *(name + strlen(name)) = ':';
  }
}

static void read_columns(loaded *l)
{
  for (size_t j = 1; j < l->design->columns; j++)
    l->term[l->terms++] = (dc_term){
        .name = l->design->name[j], .kind = DC_TERM_NUMBER, .number = suite_csv_numbers(l->design, l->design->name[j])};
}

static double option_of(const char *word, const char *const *choices)
{
  for (size_t k = 0; choices[k]; k++)
    if (strcasecmp(word, choices[k]) == 0) return (double)k;
  fail_msg("no choice is %s", word);
  return 0;
}

/* "f=level" is R's "flevel". */
static const dc_coefficient *coefficient(const dc_fit *fit, const char *name)
{
  for (size_t k = 0; k < fit->n_columns; k++) {
    const char *a = fit->coefficients[k].name, *b = name;
    for (; *a; a++)
      if (*a == *b)
        b++;
      else if (*a != '=')
        break;
    if (!*a && !*b) return &fit->coefficients[k];
  }
  fail_msg("no coefficient is %s", name);
  return NULL;
}

static double least(double a, double b) { return a < b ? a : b; }

typedef struct worst {
  double estimate, error, deviance, others;
} worst;

static void compare(const dc_fit *fit, const loaded *l, worst *w)
{
  const suite_json *coef = suite_json_get(l->expected, "coef"), *se = suite_json_get(l->expected, "se");
  static const char *const ours[] = {"null_deviance", "df_residual", "log_likelihood", "aic", "dispersion"};
  static const char *const theirs[] = {"null_deviance", "df_residual", "logLik", "aic", "dispersion"};
  assert_int_equal(fit->n_columns, coef->n);
  for (size_t k = 0; k < coef->n; k++) {
    const dc_coefficient *c = coefficient(fit, coef->child[k].name);
    w->estimate = least(w->estimate, digits(c->estimate, coef->child[k].number));
    w->error = least(w->error, digits(c->error, suite_json_number(se, coef->child[k].name)));
  }
  w->deviance = least(w->deviance, digits(dc_fit_figure(fit, "deviance"), suite_json_number(l->expected, "deviance")));
  for (size_t k = 0; k < 5; k++)
    w->others = least(w->others, digits(dc_fit_figure(fit, ours[k]), suite_json_number(l->expected, theirs[k])));
}

/* No maximum: all is finite, the deviance is as low as R's but for what rounding hides, and the note says so. */
static void check_fault(const dc_fit *fit, const loaded *l)
{
  for (size_t k = 0; k < fit->n_columns; k++) {
    assert_true(isfinite(fit->coefficients[k].estimate));
    assert_true(isfinite(fit->coefficients[k].error) && fit->coefficients[k].error > 0);
  }
  check_close(dc_fit_figure(fit, "deviance"), suite_json_number(l->expected, "deviance"), 1e-5, 1e-5);
  assert_true(fit->n_notes > 0);
  printf("  %s: %s\n", suite_json_text(l->expected, "name"), fit->notes[0]);
}

static void run_case(const rcase *c, const char *folder)
{
  worst w = {15, 15, 15, 15};
  for (int way = 0; way < 4; way++) {
    static loaded l;
    memset(&l, 0, sizeof l);
    l.data = suite_csv_read(path_of(folder, c->name, "csv"));
    l.design = suite_csv_read(path_of(folder, c->name, "design.csv"));
    l.expected = suite_json_read(path_of(folder, c->name, "expected.json"));
    read_response(&l, c);
    if (way & 1)
      read_terms(&l, c->terms);
    else
      read_columns(&l);
    fitting f = {.model = "glm",
                 .design = {.n_rows = l.data->rows, .intercept = true, .n_terms = l.terms, .terms = l.term},
                 .response = {.name = c->y, .y = l.y, .trials = c->trials ? l.trials : NULL},
                 .block_rows = way & 2 ? 7 : 0,
                 .threads = way & 2 ? 3 : 1};
    if (c->offset) f.design.offset = l.offset;
    const dc_model *model = dc_model_find("glm");
    fitting_option(&f, "family", option_of(suite_json_text(l.expected, "family"), model->options[0].choices));
    fitting_option(&f, "link", option_of(suite_json_text(l.expected, "link"), model->options[1].choices));
    dc_fit *fit = fitting_run(&f);
    if (c->fault)
      check_fault(fit, &l);
    else
      compare(fit, &l, &w);
    dc_fit_free(fit);
    suite_csv_free(l.data);
    suite_csv_free(l.design);
    suite_json_free(l.expected);
  }
  if (c->fault) return;
  printf("  %-16s digits: coefficients %.1f, errors %.1f, deviance %.1f, other figures %.1f\n", c->name, w.estimate,
         w.error, w.deviance, w.others);
  assert_true(least(least(w.estimate, w.error), least(w.deviance, w.others)) >= 8);
}

static void test_suite(void **state)
{
  (void)state;
  const char *found = check_data("DEALCAST_SUITES", "r-glm");
  if (!found) skip();
  char folder[4096];
  snprintf(folder, sizeof folder, "%s", found);
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) run_case(&cases[k], folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_suite)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
