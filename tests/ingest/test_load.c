/* The rules of loading, one by one. */
#include "tests/ingest/loading.h"

#include "engine/base/date.h"

#include <zlib.h>

static const loading plain;

static int32_t day(int year, int month, int number) { return dc_date_from_civil(year, month, number); }

static void simple_table(void **state)
{
  (void)state;
  dc_load *l = load_text(&plain, "id,amount,close\na,1.5,2021-03-04\nb,,2021-03-05\n");
  assert_int_equal(l->table->rows, 2);
  check_text(l, "id", 1, "b");
  check_same(column_of(l, "amount")->number[0], 1.5);
  assert_true(isnan(column_of(l, "amount")->number[1]));
  assert_int_equal(column_of(l, "amount")->n_missing, 1);
  assert_int_equal(column_of(l, "close")->date[1], day(2021, 3, 5));
  assert_int_equal(l->table->line[1], 3);
  assert_null(l->table->file);
  assert_int_equal(l->inputs[0].bytes, 47);
  assert_int_equal(strlen(l->inputs[0].hash), 16);
  assert_string_equal(l->inputs[0].name, "deals.csv");
  dc_load_free(l);
}

static void line_ends(void **state)
{
  (void)state;
  static const char *const ends[] = {"\n", "\r\n", "\r"};
  static const size_t chunks[] = {0, 1, 7};
  for (int e = 0; e < 3; e++) {
    for (int last = 0; last < 2; last++) {
      for (size_t k = 0; k < 3; k++) {
        char text[128];
        snprintf(text, sizeof text, "id,n%sa,1%sb,2%s%sc,\"3%s\"%s", ends[e], ends[e], ends[e], ends[e], ends[e],
                 last ? ends[e] : "");
        loading how = {.chunk = chunks[k], .names = {"id", "n"}, .expect = {DC_TYPE_TEXT, DC_TYPE_TEXT}};
        dc_load *l = load_text(&how, text);
        assert_int_equal(l->table->rows, 3);
        assert_int_equal(l->inputs[0].blank, 1);
        check_text(l, "n", 2, "3");
        assert_int_equal(l->table->line[0], 2);
        assert_int_equal(l->table->line[2], 5);
        dc_load_free(l);
      }
    }
  }
}

static void quotes(void **state)
{
  (void)state;
  dc_load *l = load_text(&plain, "id,note\n1,\"a, \"\"b\"\"\nc\"\n2,\"\"\n3, \" d\" \n");
  check_text(l, "note", 0, "a, \"b\"\nc");
  check_text(l, "note", 1, "");
  check_text(l, "note", 2, "d");
  assert_int_equal(l->table->line[1], 4);
  assert_int_equal(l->table->line[2], 5);
  dc_load_free(l);
}

static void delimiters(void **state)
{
  (void)state;
  static const char marks[] = ",;\t|";
  for (int m = 0; marks[m]; m++) {
    char text[64];
    snprintf(text, sizeof text, "id%cname\n1%cx y\n2%c\"p,q;r|s\"\n", marks[m], marks[m], marks[m]);
    dc_load *l = load_text(&plain, text);
    assert_int_equal(l->inputs[0].delimiter, marks[m]);
    assert_int_equal(l->table->n_columns, 2);
    check_text(l, "name", 1, "p,q;r|s");
    dc_load_free(l);
  }
  dc_load *l = load_text(&plain, "sep=;\r\nid;a,b,c\r\n1;2\r\n");
  assert_int_equal(l->inputs[0].delimiter, ';');
  assert_int_equal(l->table->line[0], 3);
  assert_int_equal(dc_table_find(l->table, "a,b,c"), 1);
  dc_load_free(l);
  fail_text(&plain, "a,b;c\n1,2;3\n", DC_E_INPUT);
  l = load_text(&plain, "id;x,a;c;y\n1;5,2;3;4\n");
  assert_int_equal(l->inputs[0].delimiter, ';');
  dc_load_free(l);
}

static void headers(void **state)
{
  (void)state;
  dc_load *l = load_text(&plain, "\n  id , \"the name\" ,\n1,x,\n2,y,\n");
  assert_int_equal(l->table->n_columns, 2);
  check_text(l, "the name", 1, "y");
  dc_load_free(l);
  l = load_text(&plain, "id,name,\n1,x\n2,y\n");
  assert_int_equal(l->table->rows, 2);
  dc_load_free(l);
  dc_error e = fail_text(&plain, "id,Amount,x,Amount\n1,2,3,4\n", DC_E_INPUT);
  assert_non_null(strstr(e.message, "columns 2 and 4"));
  assert_non_null(strstr(e.message, "Amount"));
  e = fail_text(&plain, "id,,x\n1,2,3\n", DC_E_INPUT);
  assert_non_null(strstr(e.message, "column 2"));
  e = fail_text(&plain, "id,,x,\n1,2,3,4\n", DC_E_INPUT);
  assert_non_null(strstr(e.message, "columns 2 and 4"));
  e = fail_text(&plain, "id,x,\n1,2,\n1,2,3\n", DC_E_INPUT);
  assert_int_equal(e.line, 3);
  assert_int_equal(e.column, 3);
}

static void given_names(void **state)
{
  (void)state;
  static const char *const names[] = {"id", "_", "amount"};
  loading how = {.given = names, .n_given = 3};
  dc_load *l = load_text(&how, "a,x,1\nb,y,2\n");
  assert_int_equal(l->table->rows, 2);
  assert_int_equal(l->table->n_columns, 2);
  assert_int_equal(l->table->line[0], 1);
  check_same(column_of(l, "amount")->number[1], 2);
  dc_load_free(l);
  how.n_given = 2;
  fail_text(&how, "a,x,1\n", DC_E_USAGE);
}

static void rejected_rows(void **state)
{
  (void)state;
  static const char text[] = "id,name,n\n1,a,5\n2,b\n3,c,7,8\n\nGrand Totals\n4,d\x01,9\n5,e,10\n   \n";
  dc_load *l = load_text(&plain, text);
  assert_int_equal(l->inputs[0].read, 8);
  assert_int_equal(l->inputs[0].used, 2);
  assert_int_equal(l->inputs[0].rejected, 4);
  assert_int_equal(l->inputs[0].blank, 2);
  const dc_reject *r = reject_of(l, "short row");
  assert_int_equal(r->count, 2);
  assert_int_equal(r->line, 3);
  assert_int_equal(r->column, 0);
  assert_true(r->whole_row && isnan(r->amount));
  assert_string_equal(r->value, "2,b");
  assert_int_equal(reject_of(l, "long row")->line, 4);
  assert_int_equal(reject_of(l, "control character")->line, 7);
  check_text(l, "name", 1, "e");
  assert_int_equal(l->table->line[1], 8);
  dc_load_free(l);
  loading strict = {.strict = true};
  dc_error e = fail_text(&strict, text, DC_E_INPUT);
  assert_int_equal(e.line, 3);
  assert_non_null(strstr(e.file, "deals.csv"));
  fail_text(&plain, "a,b\n1,2,3\n4\n", DC_E_INPUT); /* nothing could be used */
}

/* Words of rejected rows are in no dictionary. */
static void rejected_words(void **state)
{
  (void)state;
  loading how = {.names = {"stage"}, .expect = {DC_TYPE_CATEGORY}};
  dc_load *l = load_text(&how, "id,stage,x\n1,Won,1\n2,Lost,1\n3,Aborted\n4,Won,1\n");
  const dc_column *stage = column_of(l, "stage");
  assert_int_equal(stage->n_words, 3);
  assert_string_equal(stage->words[1], "Lost");
  assert_string_equal(stage->words[2], "Won");
  assert_int_equal(dc_column_code(stage, 0), 2);
  dc_load_free(l);
}

static void nul_bytes(void **state)
{
  (void)state;
  static const char text[] = "id,name\n1,a\0b\n2,c\n";
  dc_load *l = load_bytes(&plain, text, sizeof text - 1);
  assert_int_equal(l->table->rows, 1);
  assert_int_equal(reject_of(l, "control character")->line, 2);
  dc_load_free(l);
  fail_bytes(&plain, "i\0d\0\n", 5, DC_E_INPUT);
  l = load_text(&plain, "\xEF\xBB\xBFid,name\n1,x\n2,y\n");
  assert_int_equal(dc_table_find(l->table, "id"), 0);
  dc_load_free(l);
}

static void stray_quotes(void **state)
{
  (void)state;
  static const char inch[] = "id,name\n1,19\" rack\n2,\"a,\nb\"\n3,c\n";
  dc_load *l = load_text(&plain, inch);
  assert_int_equal(l->table->rows, 3);
  check_text(l, "name", 0, "19\" rack");
  check_text(l, "name", 1, "a,\nb");
  assert_int_equal(l->table->line[2], 5);
  dc_load_free(l);
  loading strict = {.strict = true};
  assert_int_equal(fail_text(&strict, inch, DC_E_INPUT).line, 2);

  l = load_text(&plain, "id,name,x\n1,\"a \"b\" c\",1\n2,d,2\n3,\"e,3\n4,\"f\",4\n5,g,5\n");
  assert_int_equal(l->inputs[0].read, 5);
  assert_int_equal(l->table->rows, 3);
  const dc_reject *r = reject_of(l, "stray quote");
  assert_int_equal(r->count, 2);
  assert_int_equal(r->line, 2);
  assert_int_equal(l->table->line[1], 5);
  assert_int_equal(l->table->line[2], 6);
  check_text(l, "name", 1, "f");
  dc_load_free(l);

  dc_error e = fail_text(&plain, "id,name\n1,a\n2,\"b\n3,c\n4,d\n", DC_E_INPUT);
  assert_int_equal(e.line, 3);
  assert_non_null(strstr(e.message, "line 3"));
}

static void long_fields(void **state)
{
  (void)state;
  enum { FIELD = (1 << 20) + 100, ROW = (1 << 24) + 100 };
  char *text = malloc(ROW + 400);
  assert_non_null(text);
  for (int quoted = 0; quoted < 2; quoted++) {
    for (int size = FIELD - 200; size <= FIELD; size += 200) {
      int n = sprintf(text, "id,name\n1,%s", quoted ? "\"" : "");
      memset(text + n, 'x', (size_t)size);
      if (quoted) text[n + size / 2] = '\n';
      sprintf(text + n + size, "%s\n2,b\n", quoted ? "\"" : "");
      dc_load *l = load_text(&plain, text);
      bool fits = size < FIELD;
      assert_int_equal(l->table->rows, fits ? 2 : 1);
      if (!fits) assert_int_equal(reject_of(l, "field too long")->line, 2);
      assert_int_equal(l->table->line[fits], quoted ? 4 : 3);
      dc_load_free(l);
    }
  }
  /* The closing quote, and blanks behind it, where one piece that libcsv is fed ends and the next begins. */
  for (int blanks = 0; blanks < 3; blanks++) {
    int n = sprintf(text, "id,name\n1,\""), size = 17 * 65536 - 4 - blanks;
    memset(text + n, 'x', (size_t)size);
    sprintf(text + n + size, "\"    \n2,b\n");
    dc_load *l = load_text(&plain, text);
    assert_int_equal(l->table->rows, 1);
    assert_int_equal(reject_of(l, "field too long")->count, 1);
    dc_load_free(l);
  }
  int n = sprintf(text, "id,name\n1,");
  memset(text + n, ',', ROW);
  strcpy(text + n + ROW, "\n2,b\n");
  dc_error e = fail_text(&plain, text, DC_E_INPUT);
  assert_non_null(strstr(e.message, "16 MiB"));
  assert_int_equal(e.line, 2);
  n = sprintf(text, "id,name\n1,a\n2,\"");
  memset(text + n, '\n', ROW);
  strcpy(text + n + ROW, "\"\n");
  e = fail_text(&plain, text, DC_E_INPUT);
  assert_non_null(strstr(e.message, "the quote that opens on this line"));
  assert_int_equal(e.line, 3);
  free(text);
}

static void several_files(void **state)
{
  (void)state;
  char *folder = check_folder();
  const char *a = "id,amount,stage\na,1,Won\nb,2,Lost", *b = "stage;id;amount\nOpen;c;3\nWon;d;4\n";
  const char *c = "id,sum,stage\n1,2,3\n";
  char *one = file_of(folder, "a.csv", a, strlen(a)), *two = file_of(folder, "b.csv.gz", b, strlen(b));
  char *three = file_of(folder, "c.csv", c, strlen(c));
  const char *paths[] = {one, two, three};
  loading how = {.names = {"stage"}, .expect = {DC_TYPE_CATEGORY}};
  dc_load *l = NULL;
  dc_error error;
  check_ok(load_paths(&how, paths, 2, &l, &error), &error);
  check_balance(l);
  assert_int_equal(l->table->rows, 4);
  check_text(l, "id", 2, "c");
  check_same(column_of(l, "amount")->number[3], 4);
  check_text(l, "stage", 2, "Open");
  assert_int_equal(l->table->file[1], 0);
  assert_int_equal(l->table->file[2], 1);
  assert_int_equal(l->table->line[2], 2);
  assert_int_equal(l->inputs[1].delimiter, ';');
  dc_load_free(l);
  l = NULL;
  check_fails(load_paths(&how, paths, 3, &l, &error), DC_E_INPUT, &error);
  assert_non_null(strstr(error.message, "'amount'"));
  assert_non_null(strstr(error.message, "'sum'"));
  for (int i = 0; i < 3; i++) remove(paths[i]);
  free(one);
  free(two);
  free(three);
  rmdir(folder);
  free(folder);
}

static void gzip(void **state)
{
  (void)state;
  char *folder = check_folder(), *text = malloc(1 << 16);
  assert_non_null(text);
  size_t n = (size_t)sprintf(text, "id,amount\n");
  for (int i = 0; i < 3000; i++) n += (size_t)sprintf(text + n, "d%d,%d.25\n", i, i);
  char *bare = file_of(folder, "x.csv", text, n), *packed = file_of(folder, "x.csv.gz", text, n / 2);
  gzFile more = gzopen(packed, "ab"); /* a second member */
  assert_int_equal(gzwrite(more, text + n / 2, (unsigned)(n - n / 2)), (int)(n - n / 2));
  gzclose(more);
  dc_load *a = NULL, *b = NULL;
  dc_error error;
  check_ok(load_paths(&plain, (const char *const *)&bare, 1, &a, &error), &error);
  check_ok(load_paths(&plain, (const char *const *)&packed, 1, &b, &error), &error);
  check_equal(a, b, false);
  assert_true(b->inputs[0].bytes < a->inputs[0].bytes);
  dc_load_free(a);
  dc_load_free(b);
  b = NULL;
  assert_int_equal(truncate(packed, (off_t)1000), 0);
  check_fails(load_paths(&plain, (const char *const *)&packed, 1, &b, &error), DC_E_INPUT, &error);
  remove(bare);
  remove(packed);
  rmdir(folder);
  free(bare);
  free(packed);
  free(folder);
  free(text);
}

static void unreadable(void **state)
{
  (void)state;
  dc_load *l = NULL;
  dc_error e;
  const char *missing[] = {"/no/such/file.csv"}, *folder[] = {"/tmp"};
  check_fails(load_paths(&plain, missing, 1, &l, &e), DC_E_INPUT, &e);
  assert_non_null(strstr(e.message, "no such file"));
  check_fails(load_paths(&plain, folder, 1, &l, &e), DC_E_INPUT, &e);
  assert_non_null(strstr(e.message, "folder"));
  check_fails(load_paths(&plain, missing, 0, &l, &e), DC_E_USAGE, &e);
  fail_text(&plain, "", DC_E_INPUT);
  fail_text(&plain, "\xEF\xBB\xBF", DC_E_INPUT);
  fail_text(&plain, "\n\n", DC_E_INPUT);
  fail_text(&plain, "\"\"\n1\n", DC_E_INPUT);
}

static void no_rows(void **state)
{
  (void)state;
  dc_load *l = load_text(&plain, "id,amount");
  assert_int_equal(l->table->rows, 0);
  assert_int_equal(column_of(l, "amount")->type, DC_TYPE_EMPTY);
  dc_load_free(l);
  l = load_text(&plain, "id,amount\nNA,-\n");
  assert_int_equal(l->table->rows, 1);
  assert_int_equal(column_of(l, "amount")->n_missing, 1);
  assert_int_equal(column_of(l, "amount")->type, DC_TYPE_EMPTY);
  dc_load_free(l);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(simple_table),  cmocka_unit_test(line_ends),      cmocka_unit_test(quotes),
      cmocka_unit_test(delimiters),    cmocka_unit_test(headers),        cmocka_unit_test(given_names),
      cmocka_unit_test(rejected_rows), cmocka_unit_test(rejected_words), cmocka_unit_test(nul_bytes),
      cmocka_unit_test(stray_quotes),  cmocka_unit_test(long_fields),    cmocka_unit_test(several_files),
      cmocka_unit_test(gzip),          cmocka_unit_test(unreadable),     cmocka_unit_test(no_rows)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
