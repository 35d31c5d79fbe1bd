/* Designs of tables: rows, their order, levels, coding; learned and applied again. */
#include "engine/features/frame.h"
#include "engine/ingest/load.h"
#include "tests/check.h"

typedef struct made {
  char *folder, path[300];
  dc_load *load;
  dc_recipe *recipe;
  dc_frame *frame;
  int column[32];
  size_t left_out;
} made;

static dc_load *load_text(made *m, const char *text)
{
  dc_load *load = NULL;
  dc_error error;
  if (!m->folder) m->folder = check_folder();
  snprintf(m->path, sizeof m->path, "%s/t.csv", m->folder);
  FILE *file = fopen(m->path, "w");
  assert_non_null(file);
  fputs(text, file);
  assert_int_equal(fclose(file), 0);
  const char *paths[] = {m->path};
  dc_load_request request = {.paths = paths, .n_paths = 1, .threads = 1};
  check_ok(dc_load_csv(&request, &load, &error), &error);
  return load;
}

static void count(void *context, const char *column, const char *why)
{
  (void)column;
  assert_true(why[0] != '\0');
  ++*(size_t *)context;
}

static dc_status try_to_make(made *m, const char *text, const char *target, const char *terms,
                             const dc_recipe_request *more, dc_error *error)
{
  dc_formula *formula = NULL, *response = NULL;
  *m = (made){.folder = NULL};
  m->load = load_text(m, text);
  check_ok(dc_formula_parse("--terms", &terms, *terms ? 1 : 0, &formula, error), error);
  check_ok(dc_formula_parse_one("--target", target, &response, error), error);
  dc_recipe_request request = more ? *more : (dc_recipe_request){.wants_chance = true};
  request.formula = formula;
  request.target = response;
  request.file = "t.csv";
  dc_status status = dc_recipe_new(&request, m->load->table, count, &m->left_out, &m->recipe, error);
  if (status == DC_OK) status = dc_recipe_match(m->recipe, m->load->table, "t.csv", m->column, error);
  if (status == DC_OK) status = dc_frame_learn(m->recipe, m->load->table, m->column, "t.csv", &m->frame, error);
  dc_formula_free(formula);
  dc_formula_free(response);
  return status;
}

static void clear(made *m)
{
  dc_frame_free(m->frame);
  dc_recipe_free(m->recipe);
  dc_load_free(m->load);
  unlink(m->path);
  rmdir(m->folder);
  free(m->folder);
}

static void make(made *m, const char *text, const char *target, const char *terms, const dc_recipe_request *more)
{
  dc_error error;
  check_ok(try_to_make(m, text, target, terms, more, &error), &error);
}

static void fails(const char *text, const char *target, const char *terms, const dc_recipe_request *more,
                  dc_status code, const char *part)
{
  made m;
  dc_error error = {.message = ""};
  check_fails(try_to_make(&m, text, target, terms, more, &error), code, &error);
  if (!strstr(error.message, part)) fail_msg("no \"%s\" in: %s", part, error.message);
  clear(&m);
}

static const dc_term *term(const made *m, const char *name)
{
  for (size_t t = 0; t < m->frame->design.n_terms; t++)
    if (strcmp(m->frame->design.terms[t].name, name) == 0) return &m->frame->design.terms[t];
  fail_msg("no term %s", name);
  return NULL;
}

static const char table[] =
    "y,x,f,g,d\n"
    "1,10,b,u,2024-01-02\n2,20,a,v,2024-01-03\n3,,c,u,2024-01-04\n4,40,a,u,2024-01-05\n,50,b,v,2024-01-06\n"
    "6,60,,u,2024-01-07\n7,70,b,v,2024-01-08\n8,80,c,v,2024-01-09\n9,90,a,u,\n10,100,b,u,2024-01-11\n";

static void rows_and_numbers(void **state)
{
  (void)state;
  made m;
  make(&m, table, "y", "x + log(x) + x^2 + d", NULL);
  static const double y[] = {1, 2, 4, 6, 7, 8, 10};
  assert_int_equal(m.frame->design.n_rows, 7);
  assert_int_equal(m.frame->left_out, 3);
  assert_int_equal(m.frame->missing[0], 1); /* y, x, d: columns in the order in which they are met */
  assert_int_equal(m.frame->missing[1], 1);
  assert_int_equal(m.frame->missing[2], 1);
  for (size_t i = 0; i < 7; i++) {
    check_same(m.frame->response.y[i], y[i]);
    check_same(term(&m, "x")->number[i], 10 * y[i]);
    check_same(term(&m, "log(x)")->number[i], log(10 * y[i]));
    check_same(term(&m, "x^2")->number[i], 100 * y[i] * y[i]);
  }
  check_same(term(&m, "d")->number[0], 19724); /* days from 1970-01-01 to 2024-01-02 */
  assert_true(m.frame->design.intercept);
  clear(&m);
}

static void levels_and_references(void **state)
{
  (void)state;
  made m;
  make(&m, table, "y", "f + g[ref=v]", NULL);
  const dc_term *f = term(&m, "f"), *g = term(&m, "g");
  static const uint8_t code[] = {1, 0, 2, 0, 1, 2, 0, 1};
  assert_int_equal(f->kind, DC_TERM_FACTOR);
  assert_int_equal(f->codes.levels, 3);
  assert_int_equal(f->codes.bytes, 1);
  assert_int_equal(f->reference, 0);
  assert_string_equal(f->codes.names[2], "c");
  assert_int_equal(m.frame->design.n_rows, 8);
  for (size_t i = 0; i < 8; i++) assert_int_equal(dc_codes_at(&f->codes, i), code[i]);
  assert_int_equal(g->reference, 1);
  clear(&m);
  make(&m, "y,f\n1,10\n2,9\n3,10\n4,2\n5,2\n6,9\n", "y", "factor(f)", NULL);
  assert_string_equal(term(&m, "factor(f)")->codes.names[0], "2"); /* numbers by size, not by bytes */
  assert_string_equal(term(&m, "factor(f)")->codes.names[2], "10");
  clear(&m);
}

/* As R codes terms: a factor gives a column for each level where its margin is not in the model. */
static void codings(void **state)
{
  (void)state;
  static const struct {
    const char *terms, *name;
    dc_term_kind kind;
    uint32_t levels;
    bool reference;
  } cases[] = {
      {"f", "f", DC_TERM_FACTOR, 3, true},
      {"0 + f", "f", DC_TERM_SLOPES, 3, false},
      {"0 + f + g", "g", DC_TERM_FACTOR, 2, true},
      {"f*g", "f:g", DC_TERM_FACTOR, 3, true},      /* (3 - 1) (2 - 1) columns and the rest */
      {"f + f:g", "f:g", DC_TERM_FACTOR, 4, true},  /* 3 (2 - 1) */
      {"g + f:g", "f:g", DC_TERM_FACTOR, 5, true},  /* (3 - 1) 2 */
      {"f:g", "f:g", DC_TERM_FACTOR, 6, true},      /* 3 2 - 1, the intercept being the first cell */
      {"0 + f:g", "f:g", DC_TERM_SLOPES, 6, false}, /* 3 2 */
      {"x:f", "x:f", DC_TERM_SLOPES, 3, false},
      {"x + x:f", "x:f", DC_TERM_SLOPES, 3, true},
      {"x*f", "x:f", DC_TERM_SLOPES, 3, true},
      {"x*f*g", "x:f:g", DC_TERM_SLOPES, 3, true},
      {"x + x:f:g", "x:f:g", DC_TERM_SLOPES, 5, false},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    made m;
    make(&m, table, "y", cases[k].terms, NULL);
    const dc_term *t = term(&m, cases[k].name);
    if (t->kind != cases[k].kind || t->codes.levels != cases[k].levels ||
        (t->reference != DC_NO_REFERENCE) != cases[k].reference)
      fail_msg("%s: %s has kind %d, %u levels, reference %u", cases[k].terms, cases[k].name, (int)t->kind,
               (unsigned)t->codes.levels, (unsigned)t->reference);
    clear(&m);
  }
}

static void products(void **state)
{
  (void)state;
  made m;
  make(&m, table, "y", "x:sqrt(x) + f*g", NULL);
  for (size_t i = 0; i < m.frame->design.n_rows; i++) {
    double x = m.load->table->columns[1].number[m.frame->row[i]];
    check_same(term(&m, "x:sqrt(x)")->number[i], x * sqrt(x));
    const char *f = term(&m, "f")->codes.names[dc_codes_at(&term(&m, "f")->codes, i)];
    const char *g = term(&m, "g")->codes.names[dc_codes_at(&term(&m, "g")->codes, i)];
    const char *both = term(&m, "f:g")->codes.names[dc_codes_at(&term(&m, "f:g")->codes, i)];
    bool reference = strcmp(f, "a") == 0 || strcmp(g, "u") == 0;
    char expected[16];
    snprintf(expected, sizeof expected, "%s:%s", reference ? "a" : f, reference ? "u" : g);
    assert_string_equal(both, expected);
  }
  clear(&m);
}

static void effects_and_the_rest(void **state)
{
  (void)state;
  made m;
  dc_recipe_request more = {.weights = "x", .cluster = "G", .offset = "x"};
  make(&m, table, "log(y)", "(0 + x + log(x) | f:g) + s(x, 6)", &more);
  const dc_term *t = term(&m, "(0 + x + log(x) | f:g)");
  assert_int_equal(t->kind, DC_TERM_EFFECT);
  assert_int_equal(t->n_slopes, 2);
  assert_true(t->no_intercept);
  assert_int_equal(t->codes.levels, 5); /* pairs that there are */
  assert_int_equal(term(&m, "s(x)")->basis, 6);
  assert_int_equal(m.frame->design.cluster->levels, 2);
  check_same(m.frame->design.weight[0], 10);
  check_same(m.frame->design.offset[1], 20);
  check_same(m.frame->response.y[1], log(2));
  clear(&m);
  make(&m, "y,x,f,note,empty,one\n1,2,a,p,,z\n2,3,b,q,,z\n3,5,a,r,,z\n4,7,b,s,,z\n5,6,a,t,,z\n", "y", ". - x", NULL);
  assert_int_equal(m.frame->design.n_terms, 1);
  assert_int_equal(m.left_out, 3); /* note, empty, one */
  clear(&m);
}

/* 120 rows; of the columns only size, visit (it repeats) and, where the model shrinks, town say something. */
static void the_rest_is_no_ids(void **state)
{
  (void)state;
  char text[16384];
  size_t used = (size_t)snprintf(text, sizeof text, "y,size,visit,row,Deal Number,personId,day,same,town\n");
  for (int i = 0; i < 120; i++)
    used += (size_t)snprintf(text + used, sizeof text - used, "%d,%d.5,%d,%d,%d,%d,2024-03-%02d,7,t%d\n", 1 + i % 7,
                             i * 31 % 17, i % 40, 1 + i * 7 % 120, 90000 + i * i, i % 9, 1 + i % 28, i % 55);
  for (int shrinks = 0; shrinks < 2; shrinks++) {
    made m;
    dc_recipe_request more = {.wants_effects = shrinks};
    make(&m, text, "log(y)", ".", &more);
    assert_int_equal(m.left_out, 6 - shrinks);
    assert_int_equal(m.frame->design.n_terms, 2 + shrinks);
    assert_int_equal(term(&m, "size")->kind, DC_TERM_NUMBER);
    assert_int_equal(term(&m, "visit")->kind, DC_TERM_NUMBER);
    if (shrinks) assert_int_equal(term(&m, "(1 | town)")->codes.levels, 55);
    clear(&m);
  }
}

static void the_target_is_no_term(void **state)
{
  (void)state;
  static const char *const terms[] = {"y", "x + log(y)", "x:y", "s(y)", "offset(y)", "(y | f)", "(1 | y)", ". + y^2"};
  for (size_t k = 0; k < sizeof terms / sizeof *terms; k++)
    for (int logged = 0; logged < 2; logged++) {
      made m;
      dc_error error;
      assert_int_equal(try_to_make(&m, table, logged ? "log(y)" : "y", terms[k], NULL, &error), DC_E_USAGE);
      assert_non_null(strstr(error.message, "is the target"));
      clear(&m);
    }
  made m;
  dc_error error;
  const dc_recipe_request more = {.offset = "y"};
  assert_int_equal(try_to_make(&m, table, "y", "x", &more, &error), DC_E_USAGE);
  clear(&m);
}

static void responses(void **state)
{
  (void)state;
  made m;
  dc_recipe_request category = {.wants_category = true}, neither = {.wants_chance = false};
  static const char text[] = "s,x,n\nWon,1,5\nLost,2,5\nWon,3,5\nLost,4,5\nWon,5,5\n";
  make(&m, text, "s", "x", NULL);
  assert_string_equal(m.frame->response.name, "s=Won");
  check_same(m.frame->response.y[0], 1);
  check_same(m.frame->response.y[1], 0);
  clear(&m);
  make(&m, text, "s[ref=Won]", "x", NULL);
  assert_string_equal(m.frame->response.name, "s=Lost");
  clear(&m);
  make(&m, text, "s[ref=Won]", "x", &category);
  assert_string_equal(m.frame->response.category->names[0], "Won");
  assert_string_equal(m.frame->response.category->names[1], "Lost");
  assert_int_equal(dc_codes_at(m.frame->response.category, 0), 0);
  assert_int_equal(dc_codes_at(m.frame->response.category, 1), 1);
  clear(&m);
  fails(text, "s", "x", &neither, DC_E_INPUT, "holds words, and the model takes numbers");
  fails("s,x\na,1\nb,2\nc,3\na,4\nb,5\nc,6\n", "s", "x", NULL, DC_E_INPUT, "3 levels");
  fails("s,x\na,1\na,2\na,3\n", "s", "x", NULL, DC_E_SHORT, "1 level");
}

static void refusals(void **state)
{
  (void)state;
  dc_recipe_request weights = {.weights = "f"}, missing = {.cluster = "zz"};
  fails(table, "y", "log(f)", NULL, DC_E_USAGE, "holds words, not numbers");
  fails(table, "y", "s(f)", NULL, DC_E_USAGE, "holds words, not numbers");
  fails(table, "y", "(f|g)", NULL, DC_E_USAGE, "a slope is a number");
  fails(table, "y", "z", NULL, DC_E_USAGE, "no column \"z\"");
  fails(table, "y", "f[ref=q]", NULL, DC_E_USAGE, "has no level \"q\"");
  fails(table, "y", "f[ref=a] + f[ref=b]:x", NULL, DC_E_USAGE, "another reference");
  fails(table, "sqrt(y)", "x", NULL, DC_E_USAGE, "log(y)");
  fails(table, "y", "x", &weights, DC_E_INPUT, "--weights f: the column holds words");
  fails(table, "y", "x", &missing, DC_E_USAGE, "--cluster zz: no such column");
  fails("y,x\n1,0\n2,1\n3,2\n", "y", "log(x)", NULL, DC_E_INPUT, "log1p");
  fails("y,x\n1,\n,1\n", "y", "x", NULL, DC_E_SHORT, "no row has a value");
  fails("y,x,e\n1,2,\n2,1,\n", "y", "x + e", NULL, DC_E_INPUT, "has no value in any row");
}

/* The same bytes of a design whatever the order of rows, with an id; also where ids come more than once. */
static void canonical_order(void **state)
{
  (void)state;
  static const char *const rows[] = {"k3,1,a\n", "k1,2,b\n", "k2,3,a\n", "k1,4,a\n", "k3,1,a\n", "k1,2,a\n"};
  static const int orders[][6] = {{0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {2, 0, 5, 1, 4, 3}, {3, 5, 0, 4, 1, 2}};
  static const double y[] = {2, 2, 4, 3, 1, 1};
  static const uint32_t code[] = {0, 1, 0, 0, 0, 0};
  for (size_t k = 0; k < 4; k++) {
    char text[256] = "id,y,f\n";
    made m;
    dc_recipe_request more = {.id = "id"};
    for (size_t r = 0; r < 6; r++) strcat(text, rows[orders[k][r]]);
    make(&m, text, "y", "f", &more);
    for (size_t i = 0; i < 6; i++) {
      check_same(m.frame->response.y[i], y[i]);
      assert_int_equal(dc_codes_at(&m.frame->design.terms[0].codes, i), code[i]);
    }
    clear(&m);
  }
}

/* A further table: levels by name, wherever they stand in it; what is not known has the code `levels`. */
static void applied(void **state)
{
  (void)state;
  made m;
  dc_frame *frame = NULL;
  dc_error error;
  int column[32];
  make(&m, table, "y", "f*g + x + (1 | f) + factor(x)", NULL);
  dc_load *load = load_text(&m, "G,f,x,more\nv,c,10,1\nu,zz,20,2\nw,a,11,3\nv,b,,4\nv,b,70,5\nu,c,70,6\n");
  check_ok(dc_recipe_match(m.recipe, load->table, "t.csv", column, &error), &error);
  assert_int_equal(column[0], -1); /* the response is not needed */
  check_ok(dc_frame_apply(m.recipe, load->table, column, &frame, &error), &error);
  assert_int_equal(frame->design.n_rows, 5);
  assert_true(frame->incomplete[3]);
  static const uint32_t f[] = {2, 3, 0, 1, 2}, g[] = {1, 0, 2, 1, 0};
  const dc_term *terms = frame->design.terms;
  for (size_t i = 0; i < 5; i++) {
    assert_int_equal(dc_codes_at(&terms[0].codes, i), f[i]);
    assert_int_equal(dc_codes_at(&terms[1].codes, i), g[i]);
  }
  const dc_codes *cells = &terms[2].codes;
  assert_string_equal(cells->names[dc_codes_at(cells, 0)], "c:v");
  assert_int_equal(dc_codes_at(cells, 1), cells->levels); /* zz:u */
  assert_int_equal(dc_codes_at(cells, 2), cells->levels); /* a:w */
  assert_int_equal(dc_codes_at(cells, 4), 0);             /* c:u has no column */
  assert_int_equal(dc_codes_at(&terms[4].codes, 1), 3);
  assert_int_equal(dc_codes_at(&terms[5].codes, 2), terms[5].codes.levels); /* 11 was no level of x */
  dc_frame_free(frame);
  dc_load_free(load);
  load = load_text(&m, "x,fe,g\n1,2,3\n2,3,4\n");
  check_fails(dc_recipe_match(m.recipe, load->table, "t.csv", column, &error), DC_E_INPUT, &error);
  assert_non_null(strstr(error.message, "no column \"f\""));
  dc_load_free(load);
  clear(&m);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(rows_and_numbers),
                                     cmocka_unit_test(levels_and_references),
                                     cmocka_unit_test(codings),
                                     cmocka_unit_test(products),
                                     cmocka_unit_test(effects_and_the_rest),
                                     cmocka_unit_test(the_rest_is_no_ids),
                                     cmocka_unit_test(the_target_is_no_term),
                                     cmocka_unit_test(responses),
                                     cmocka_unit_test(refusals),
                                     cmocka_unit_test(canonical_order),
                                     cmocka_unit_test(applied)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
