/* Data that leave little to learn from: all won, all lost, one deal, nothing open, nothing closed, no dates, no amounts,
 * huge amounts, one deal ten thousand times. The forecast is done, finite, in order, and honest about a single deal. */
#include "dealcast/job.h"
#include "engine/output/write.h"
#include "tests/check.h"

#include <gsl/gsl_errno.h>

enum { PATH_BYTES = 256 };

/* How a deals file is written: deal i of n. A letter of `ends` per deal, over and over: w won, l lost, o open. */
typedef struct shape {
  const char *name, *ends;
  int n;
  bool no_amount, no_created, one_day, same_id;
  const char *amount; /* of every deal; NULL = different ones */
} shape;

static const shape shapes[] = {
    {.name = "one open", .ends = "o", .n = 1},
    {.name = "one won", .ends = "w", .n = 1},
    {.name = "one lost", .ends = "l", .n = 1},
    {.name = "one won, one open", .ends = "wo", .n = 2},
    {.name = "all won", .ends = "w", .n = 40},
    {.name = "all lost", .ends = "l", .n = 40},
    {.name = "won and open", .ends = "wwwo", .n = 40},
    {.name = "lost and open", .ends = "lllo", .n = 40},
    {.name = "no open deals", .ends = "wl", .n = 40},
    {.name = "no closed deals", .ends = "o", .n = 40},
    {.name = "created on one day", .ends = "wlol", .n = 40, .one_day = true},
    {.name = "all amounts zero", .ends = "wlol", .n = 40, .amount = "0"},
    {.name = "all amounts missing", .ends = "wlol", .n = 40, .amount = ""},
    {.name = "no amounts", .ends = "wlol", .n = 40, .no_amount = true},
    {.name = "huge amounts", .ends = "wlol", .n = 40, .amount = "100000000000000"},
    {.name = "tiny amounts", .ends = "wlol", .n = 40, .amount = "1e-300"},
    {.name = "no created column", .ends = "wlol", .n = 40, .no_created = true},
    {.name = "one deal 10,000 times", .ends = "o", .n = 10000, .same_id = true},
    {.name = "10,000 lost", .ends = "l", .n = 10000},
    {.name = "10,000 won", .ends = "w", .n = 10000},
};

static void write_deals(const char *path, const shape *s)
{
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fprintf(file, "id,stage,closed%s%s,account\n", s->no_created ? "" : ",created", s->no_amount ? "" : ",amount");
  size_t n_ends = strlen(s->ends);
  for (int i = 0; i < s->n; i++) {
    int k = s->same_id ? 0 : i;
    char end = s->ends[(size_t)k % n_ends];
    fprintf(file, "D%05d,%s,", k, end == 'w' ? "Won" : end == 'l' ? "Lost" : "Proposal");
    if (end != 'o') fprintf(file, "2024-%02d-%02d", k % 8 + 3, k * 7 % 27 + 1);
    if (!s->no_created && s->one_day) fprintf(file, ",2024-01-05");
    if (!s->no_created && !s->one_day) fprintf(file, ",2024-%02d-%02d", k % 8 + 1, k % 27 + 1);
    if (!s->no_amount && s->amount) fprintf(file, ",%s", s->amount);
    if (!s->no_amount && !s->amount) fprintf(file, ",%d", 1000 + 37 * (k % 50));
    fprintf(file, ",Acme\n");
  }
  assert_int_equal(fclose(file), 0);
}

static double number(const dc_result_table *t, size_t row, const char *field)
{
  int at = dc_field_index(t, field);
  assert_true(at >= 0);
  return t->cells[row * t->n_fields + (size_t)at].number;
}

static const char *text(const dc_result_table *t, size_t row, const char *field)
{
  int at = dc_field_index(t, field);
  assert_true(at >= 0);
  return t->cells[row * t->n_fields + (size_t)at].text;
}

/* Quantiles in order and not negative, the mean within, and the components adding up to the total. */
static void check_forecast(const dc_result *result)
{
  static const char *const quantiles[] = {"p05", "p10", "p25", "p50", "p75", "p90", "p95"};
  const dc_result_table *t = dc_result_find(result, "forecast");
  assert_non_null(t);
  assert_true(t->rows > 0);
  double sum = 0;
  for (size_t r = 0; r < t->rows; r++) {
    double mean = number(t, r, "mean"), before = 0;
    assert_true(isfinite(mean) && mean >= 0);
    for (size_t q = 0; q < sizeof quantiles / sizeof *quantiles; q++) {
      double x = number(t, r, quantiles[q]);
      if (!(isfinite(x) && x >= before))
        fail_msg("row %zu, %s %s: %s is %g after %g", r, text(t, r, "measure"), text(t, r, "component"), quantiles[q],
                 x, before);
      before = x;
    }
    bool total = strcmp(text(t, r, "component"), "total") == 0;
    if (total) check_close(mean, sum, 1e-2, 1e-3);
    sum = total ? 0 : sum + mean;
  }
}

static void check_deals(const dc_result *result, size_t n_open, const shape *s)
{
  const dc_result_table *t = dc_result_find(result, "deals"), *periods = dc_result_find(result, "deal_periods");
  assert_int_equal(t ? t->rows : 0, n_open);
  for (size_t r = 0; r < n_open; r++) {
    double p = number(t, r, "p_win");
    if (!(p > 0 && p < 1)) fail_msg("deal %zu: P(win) is %g", r, p);
    double within = 0;
    for (size_t k = r * periods->rows / n_open; k < (r + 1) * periods->rows / n_open; k++)
      within += number(periods, k, "p_win_in_period");
    if (!(within <= p * (1 + 1e-12))) fail_msg("deal %zu: P(win) is %g, in the periods alone %g", r, p, within);
    if (!strpbrk(s->ends, "wl") && !(p > 0.3 && p < 0.7)) fail_msg("without a closed deal P(win) is %g", p);
    if (s->n < 10 && !(p > 0.05 && p < 0.95)) fail_msg("after one closed deal P(win) is %g", p);
  }
}

/* A single open deal may or may not come: the range holds both. */
static void check_width(const dc_result *result, const shape *s)
{
  const dc_result_table *t = dc_result_find(result, "deal_periods");
  if (strcmp(s->ends, "o") != 0 || s->n > 1) return;
  for (size_t r = 0; r < t->rows; r++) assert_true(number(t, r, "p_win_in_period") < 0.5);
}

static bool has_text(const dc_entries *entries, const char *name)
{
  for (size_t i = 0; i < entries->count; i++)
    if (strcmp(entries->items[i].name, name) == 0) return entries->items[i].cell.text && *entries->items[i].cell.text;
  return false;
}

/* No NaN or infinity as a value: those begin with a letter where only true, false and null do. */
static void check_json(const dc_result *result, const char *path)
{
  dc_error error;
  dc_write_options options = {.format = DC_FORMAT_JSON, .path = path};
  check_ok(dc_write_result(result, &options, &error), &error);
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  bool quoted = false;
  for (int c, before = 0; (c = getc(file)) != EOF; before = c) {
    if (c == '"' && before != '\\') quoted = !quoted;
    bool value = !quoted && (before == ':' || before == ',' || before == '[' || before == '-');
    if (value && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) assert_non_null(strchr("tfn", c));
    if (value && c == 'n') assert_int_equal(getc(file), 'u');
  }
  fclose(file);
  unlink(path);
}

static size_t count_open(const shape *s)
{
  size_t n = 0;
  for (int i = 0; i < (s->same_id ? 1 : s->n); i++) n += s->ends[(size_t)i % strlen(s->ends)] == 'o';
  return n;
}

static void forecast(const shape *s, const char *folder, bool backtest)
{
  char in[PATH_BYTES], out[PATH_BYTES];
  dc_error error = {.message = ""};
  dc_result *result = NULL;
  snprintf(in, sizeof in, "%s/deals.csv", folder);
  snprintf(out, sizeof out, "%s/out.json", folder);
  write_deals(in, s);
  const char *files[] = {in};
  dc_job job = {.as_of = DC_DATE_MISSING, .horizon = 3, .origins = 3, .threads = 1, .no_backtest = !backtest};
  job.files = (dc_strings){files, 1};
  dc_status status = dc_run_forecast(&job, &result, &error);
  if (status != DC_OK) fail_msg("%s: status %d, \"%s\"", s->name, (int)status, error.message);
  assert_true(has_text(&result->run, "rung"));
  check_forecast(result);
  check_deals(result, count_open(s), s);
  check_width(result, s);
  check_json(result, out);
  bool amounts = strcmp(text(dc_result_find(result, "forecast"), 0, "measure"), "amount") == 0;
  assert_int_equal(amounts, !s->no_amount && !(s->amount && !*s->amount));
  dc_result_free(result);
  unlink(in);
}

static void little_to_learn_from(void **state)
{
  (void)state;
  char *folder = check_folder();
  gsl_set_error_handler_off();
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    for (int backtest = 0; backtest < 2; backtest++) {
      printf("%s%s\n", shapes[i].name, backtest ? ", with a backtest" : "");
      forecast(&shapes[i], folder, backtest);
    }
  rmdir(folder);
  free(folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(little_to_learn_from)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
