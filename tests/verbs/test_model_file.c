/* Model files: read back they say the same; changed anywhere they are refused. */
#include "tests/verbs/saved.h"

#include "engine/ingest/load.h"
#include "tests/check.h"

static const char table[] =
    "y,x,f,g,d,k\n1,1.5,b,u,2024-01-02,1\n2,2.25,a,v,2024-01-03,2\n3,3.125,c,u,2024-01-04,1\n4,4.5,a,u,2024-01-05,10\n"
    "5,5,b,v,2024-01-06,2\n6,6.5,c,v,2024-01-07,1\n";
static const char terms[] = "log(x) + f[ref=b] + f:g + x:f + factor(k) + factor(d) + s(x, 5) + (1 + x | g) + offset(x)";

static dc_load *load_text(const char *text)
{
  dc_load *load = NULL;
  dc_error error;
  char *folder = check_folder(), path[300];
  snprintf(path, sizeof path, "%s/t.csv", folder);
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
  const char *paths[] = {path};
  dc_load_request request = {.paths = paths, .n_paths = 1, .threads = 1};
  check_ok(dc_load_csv(&request, &load, &error), &error);
  unlink(path);
  rmdir(folder);
  free(folder);
  return load;
}

/* Numbers that need all their digits, some of them left out. */
static void fill(dc_fit *fit)
{
  dc_error error;
  size_t n = fit->n_equations * fit->n_columns;
  for (size_t k = 0; k < n; k++) fit->coefficients[k].estimate = k == 3 ? (double)NAN : sin((double)k) / 3;
  check_ok(dc_fit_new_covariance(fit, &error), &error);
  for (size_t k = 0; k < n; k++)
    for (size_t j = 0; j < n; j++)
      fit->covariance[k * n + j] = k == 3 || j == 3 ? (double)NAN
                                   : k == j         ? 1.0 / 3
                                                    : 0.1 / (1 + fabs((double)k - (double)j));
  for (size_t t = 0; t < fit->n_terms; t++) {
    dc_fit_term *term = &fit->terms[t];
    term->df = 1.0 / (double)(t + 3);
    for (size_t k = 0; term->kind == DC_TERM_EFFECT && k < term->slopes * term->slopes; k++) term->covariance[k] = 0.1;
    if (term->kind != DC_TERM_SMOOTH) continue;
    for (size_t k = 0; k < term->basis + 4; k++) term->knots[k] = k < 4 ? 1 : k >= term->basis ? 7.1 : 3.3;
    for (size_t k = 0; k < term->basis; k++) term->centre[k] = 0.1 * (double)k;
    term->covariance[0] = 0.7;
  }
  check_ok(dc_fit_add_figure(fit, "sigma", "", 0.1, &error), &error);
}

static void make(dc_saved *saved, const char *target, const char *by, const char *const *equation, size_t n)
{
  dc_error error;
  dc_formula *formula = NULL, *response = NULL;
  dc_load *load = load_text(table);
  dc_frame *frame = NULL;
  int column[32];
  *saved = (dc_saved){.recipe = NULL};
  check_ok(dc_formula_parse("--terms", &by, 1, &formula, &error), &error);
  check_ok(dc_formula_parse_one("--target", target, &response, &error), &error);
  dc_recipe_request request = {.formula = formula, .target = response, .wants_category = equation != NULL, .file = "t"};
  check_ok(dc_recipe_new(&request, load->table, NULL, NULL, &saved->recipe, &error), &error);
  check_ok(dc_recipe_match(saved->recipe, load->table, "t", column, &error), &error);
  check_ok(dc_frame_learn(saved->recipe, load->table, column, "t", &frame, &error), &error);
  saved->fit = dc_fit_new();
  assert_non_null(saved->fit);
  check_ok(dc_fit_lay_out(saved->fit, &frame->design, target, n, equation, &error), &error);
  saved->fit->model = "mean";
  saved->fit->family = "gaussian";
  saved->fit->link = equation ? DC_LINK_SOFTMAX : DC_LINK_LOG;
  saved->fit->df = equation ? INFINITY : 17;
  saved->fit->smear = equation ? 1 : 1.1;
  fill(saved->fit);
  dc_formula_free(formula);
  dc_formula_free(response);
  dc_frame_free(frame);
  dc_load_free(load);
}

static char *text_of(const dc_saved *saved, size_t *bytes)
{
  char *text = NULL;
  dc_error error;
  check_ok(dc_model_text(saved, &text, bytes, &error), &error);
  return text;
}

static void comes_back(dc_saved *saved)
{
  dc_saved again;
  dc_error error;
  uint64_t before, after;
  size_t bytes, bytes_again;
  char *text = text_of(saved, &bytes);
  check_ok(dc_model_parse(text, bytes, "m.json", &again, &error), &error);
  char *text_again = text_of(&again, &bytes_again);
  assert_int_equal(bytes, bytes_again);
  assert_memory_equal(text, text_again, bytes);
  assert_true(saved_answers(saved, &before));
  assert_true(saved_answers(&again, &after));
  assert_true(before == after);
  free(text);
  free(text_again);
  dc_saved_clear(&again);
}

static void round_trip(void **state)
{
  (void)state;
  static const char *const equations[] = {"b", "c"};
  dc_saved saved;
  make(&saved, "y", terms, NULL, 1);
  comes_back(&saved);
  dc_saved_clear(&saved);
  make(&saved, "f", "x + g", equations, 2);
  comes_back(&saved);
  dc_saved_clear(&saved);
}

/* Refused, and why; or the same answers. */
static bool is_refused(const char *text, size_t bytes, uint64_t expected)
{
  dc_saved saved;
  dc_error error = {.message = ""};
  uint64_t answers;
  dc_status status = dc_model_parse(text, bytes, "m.json", &saved, &error);
  if (status == DC_OK) {
    assert_true(saved_answers(&saved, &answers) && answers == expected);
    dc_saved_clear(&saved);
    return false;
  }
  check_fails(status, DC_E_INPUT, &error);
  assert_null(saved.recipe);
  return true;
}

static void every_flip_and_cut(void **state)
{
  (void)state;
  dc_saved saved;
  size_t bytes, refused = 0;
  uint64_t answers;
  make(&saved, "y", "x + f + f:g + s(x, 5)", NULL, 1);
  assert_true(saved_answers(&saved, &answers));
  char *text = text_of(&saved, &bytes), *copy = malloc(bytes + 1);
  assert_non_null(copy);
  assert_false(is_refused(text, bytes, answers));
  memcpy(copy, text, bytes);
  for (size_t i = 0; i < bytes; i++)
    for (int bit = 0; bit < 8; bit++) {
      copy[i] = (char)(text[i] ^ 1 << bit);
      refused += is_refused(copy, bytes, answers);
      copy[i] = text[i];
    }
  assert_int_equal(refused, 8 * bytes);
  for (size_t n = 0; n < bytes; n++) { /* in a piece of memory that ends there */
    char *cut = malloc(n + 1);
    assert_non_null(cut);
    memcpy(cut, text, n);
    assert_true(is_refused(cut, n, answers));
    free(cut);
  }
  print_message("%zu bits turned, %zu cuts: all refused\n", 8 * bytes, bytes);
  free(copy);
  free(text);
  dc_saved_clear(&saved);
}

/* Behind a checksum that is right, too: refused with a reason, or a model that can be used. */
static void every_flip_signed(void **state)
{
  (void)state;
  dc_saved saved;
  size_t bytes, read = 0;
  make(&saved, "y", "log(x) + f:g + s(x, 4) + (x | f)", NULL, 1);
  char *text = text_of(&saved, &bytes), *copy = malloc(bytes + 1);
  assert_non_null(copy);
  memcpy(copy, text, bytes);
  for (size_t i = 0; i < bytes; i++)
    for (int bit = 0; bit < 8; bit++) {
      dc_saved other;
      dc_error error = {.message = ""};
      uint64_t answers;
      copy[i] = (char)(text[i] ^ 1 << bit);
      dc_model_sign(copy, bytes);
      if (dc_model_parse(copy, bytes, "m.json", &other, &error) == DC_OK) {
        assert_true(saved_answers(&other, &answers));
        dc_saved_clear(&other);
        read++;
      } else {
        assert_int_equal(error.code, DC_E_INPUT);
        assert_true(error.message[0] != '\0');
      }
      memcpy(copy, text, 64); /* the checksum, too */
      copy[i] = text[i];
    }
  print_message("%zu of %zu turned bits, signed anew, make a model that can be used\n", read, 8 * bytes);
  assert_true(read > 0 && read < 8 * bytes);
  free(copy);
  free(text);
  dc_saved_clear(&saved);
}

/* One change of a good file, signed anew, and what must be said of it. */
static void damaged(const char *from, const char *to, const char *part)
{
  dc_saved saved, other;
  dc_error error = {.message = ""};
  size_t bytes;
  make(&saved, "y", terms, NULL, 1);
  char *text = text_of(&saved, &bytes), *at = strstr(text, from);
  if (!at) fail_msg("no %s in the file", from);
  size_t head = (size_t)(at - text), room = bytes + strlen(to) + 1;
  char *made = malloc(room);
  assert_non_null(made);
  int n = snprintf(made, room, "%.*s%s%s", (int)head, text, to, at + strlen(from));
  dc_model_sign(made, (size_t)n);
  check_fails(dc_model_parse(made, (size_t)n, "m.json", &other, &error), DC_E_INPUT, &error);
  if (!strstr(error.message, part)) fail_msg("%s -> %s: no \"%s\" in: %s", from, to, part, error.message);
  assert_string_equal(error.file, "m.json");
  free(made);
  free(text);
  dc_saved_clear(&saved);
}

static void nothing_is_trusted(void **state)
{
  (void)state;
  damaged("\"body\":{", "\"body\":[", "cut off, or of another version");
  damaged("model/1", "model/2", "another version");
  damaged("{\"dealcast\"", "{\"dealcats\"", "is no model file");
  damaged("\"model\":\"mean\"", "\"model\":\"meen\"", "no model \"meen\"");
  damaged("\"link\":\"log\"", "\"link\":\"lug\"", "\"link\" is not known: lug");
  damaged("\"smear\":1.1", "\"smear\":0", "\"smear\" is not above 0");
  damaged("\"smear\":1.1", "\"smear\":1e999", "real number overflow");
  damaged("\"smear\":1.1", "\"smear\":\"1\"", "\"smear\" is no finite number");
  damaged("\"smear\":1.1", "\"smear\":1,\"smear\":1", "duplicate");
  damaged("\"df\":17", "\"df\":-1", "\"df\" is below 0");
  damaged("\"rows\":6", "\"rows\":6.5", "\"rows\" is no count");
  damaged("\"type\":\"category\"", "\"type\":\"text\"", "\"type\" is not known: text");
  damaged("\"levels\":[\"a\",\"b\"", "\"levels\":[\"b\",\"a\"", "not in order");
  damaged("\"levels\":[\"a\",\"b\"", "\"levels\":[\"b\",\"b\"", "not in order");
  damaged("\"levels\":[\"a\",", "\"levels\":[", "a cell of f:g");
  damaged("\"values\":[1,2,10]", "\"values\":[1,2]", "\"values\" has 2 items in place of 3");
  damaged("\"values\":[1,2,10]", "\"values\":[1,10,2]", "not in order");
  damaged("\"reference\":1", "\"reference\":7", "reference");
  damaged("\"reference\":1", "\"reference\":-1", "no whole number");
  damaged("\"column\":1", "\"column\":99", "\"column\" is no whole number from 0 to");
  damaged("\"column\":1", "\"column\":2", "");
  damaged("\"kind\":\"smooth\"", "\"kind\":\"factor\"", "other parts than its kind");
  damaged("\"transform\":\"log\"", "\"transform\":\"lag\"", "\"transform\" is not known");
  damaged("\"basis\":5", "\"basis\":900", "coefficients");
  damaged("\"basis\":5", "\"basis\":4294967295", "no whole number from 0 to 1000");
  damaged("\"knots\":[1,1,1,1,", "\"knots\":[9,1,1,1,", "knots");
  damaged("\"knots\":[1,1,1,1,", "\"knots\":[1,1,1,", "\"knots\" has 8 items in place of 9");
  damaged("\"cells\":[1,0", "\"cells\":[1,7", "cell");
  damaged("[\"(Intercept)\",0]", "[\"Intercept\",0]", "coefficient 1 is not that of (Intercept)");
  damaged("[\"(Intercept)\",0]", "[\"(Intercept)\",\"0\"]", "no finite number");
  damaged("[\"(Intercept)\",0],", "", "\"coefficients\" has");
  damaged("\"covariance\":[\n0.3333333333333333", "\"covariance\":[\n-0.3333333333333333", "item 1 of the covariance");
  damaged("\"covariance\":[\n0.3333333333333333,", "\"covariance\":[\n", "\"covariance\" has");
  damaged("\"name\":\"x\"", "\"name\":\"\"", "a column without a name");
  damaged("\"name\":\"x\"", "\"name\":\"\\u0000\"", "\\u0000");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(round_trip), cmocka_unit_test(every_flip_and_cut),
                                     cmocka_unit_test(every_flip_signed), cmocka_unit_test(nothing_is_trusted)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
