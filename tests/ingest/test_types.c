/* What type a column gets, and how its cells are read. */
#include "engine/base/date.h"
#include "tests/ingest/loading.h"

static const loading plain;

static int32_t day(int year, int month, int number) { return dc_date_from_civil(year, month, number); }

static dc_type type_of(const char *values, dc_type expected)
{
  char text[4096];
  snprintf(text, sizeof text, "k;x\n%s", values);
  loading how = {.names = {"x"}, .expect = {expected}};
  dc_load *l = load_text(&how, text);
  dc_type type = column_of(l, "x")->type;
  dc_load_free(l);
  return type;
}

static void types(void **state)
{
  (void)state;
  assert_int_equal(type_of("a;1\nb;2.5\nc;\nd;NA\n", 0), DC_TYPE_NUMBER);
  assert_int_equal(type_of("a;1\nb;two\n", 0), DC_TYPE_TEXT);
  assert_int_equal(type_of("a;x\nb;x\nc;x\nd;y\ne;y\n", 0), DC_TYPE_CATEGORY);
  assert_int_equal(type_of("a;2020-01-01\nb;25.12.2020\n", 0), DC_TYPE_DATE);
  assert_int_equal(type_of("a;2020-01-01 00:00:00\nb;2020-01-02T00:00Z\n", 0), DC_TYPE_DATE);
  assert_int_equal(type_of("a;2020-01-01 00:00:00\nb;2020-01-02 08:00\n", 0), DC_TYPE_INSTANT);
  assert_int_equal(type_of("a;2020-01-01 08:00\n", DC_TYPE_DATE), DC_TYPE_INSTANT);
  assert_int_equal(type_of("a;007\nb;008\n", 0), DC_TYPE_TEXT);
  assert_int_equal(type_of("a;20200101\nb;20200102\n", 0), DC_TYPE_NUMBER);
  assert_int_equal(type_of("a;20200101\nb;20200102\n", DC_TYPE_DATE), DC_TYPE_DATE);
  assert_int_equal(type_of("a;1\nb;1\nc;1\n", DC_TYPE_TEXT), DC_TYPE_TEXT);
  assert_int_equal(type_of("a;1\nb;2\nc;3\n", DC_TYPE_CATEGORY), DC_TYPE_CATEGORY);
  assert_int_equal(type_of("a;\nb;\n", DC_TYPE_NUMBER), DC_TYPE_EMPTY);
  assert_int_equal(type_of("a;1,234\nb;5,678\n", 0), DC_TYPE_TEXT);
  assert_int_equal(type_of("a;1,234\nb;0.5\n", 0), DC_TYPE_NUMBER);
}

static void text_ids(void **state)
{
  (void)state;
  loading how = {.names = {"id"}, .expect = {DC_TYPE_TEXT}};
  dc_load *l = load_text(&how, "id,x\n007,1\n1234567890123456789,2\n NA ,3\n\" b \",4\n");
  check_text(l, "id", 0, "007");
  check_text(l, "id", 1, "1234567890123456789");
  check_text(l, "id", 2, "");
  check_text(l, "id", 3, "b");
  assert_int_equal(column_of(l, "id")->n_missing, 1);
  dc_load_free(l);
}

static void missing_words(void **state)
{
  (void)state;
  loading how = {.names = {"c"}, .expect = {DC_TYPE_CATEGORY}};
  dc_load *l = load_text(&how, "c,n\nNA,1\nN/A,NA\nNaN,NaN\nnull,null\nNULL,-\nNone,#REF!\nnone,nil\n-,#N/A\n#REF!,\n"
                               "#N/A,N/A\nnil,None\n,none\nNAB,NULL\nna,7\n");
  assert_int_equal(column_of(l, "c")->n_missing, 12);
  assert_int_equal(column_of(l, "c")->n_words, 3);
  assert_int_equal(dc_column_code(column_of(l, "c"), 12), 1);
  assert_int_equal(column_of(l, "n")->n_missing, 12);
  assert_int_equal(column_of(l, "n")->n_bad, 0);
  dc_load_free(l);
}

static void bad_cells(void **state)
{
  (void)state;
  loading how = {.names = {"amount", "close"}, .expect = {DC_TYPE_NUMBER, DC_TYPE_DATE}};
  static const char text[] = "id,amount,close\na,1,2021-01-01\nb,x1,2021-02-30\nc,tbd,soon\nd,,9999-12-31\ne,5\n";
  dc_load *l = load_text(&how, text);
  assert_int_equal(l->table->rows, 4);
  assert_int_equal(column_of(l, "amount")->n_bad, 2);
  assert_int_equal(column_of(l, "amount")->n_missing, 3);
  assert_int_equal(column_of(l, "close")->n_bad, 3);
  const dc_reject *r = reject_of(l, "not a number");
  assert_int_equal(r->count, 2);
  assert_int_equal(r->line, 3);
  assert_int_equal(r->column, 2);
  assert_string_equal(r->column_name, "amount");
  assert_string_equal(r->value, "x1");
  assert_false(r->whole_row);
  assert_int_equal(reject_of(l, "impossible date")->count, 2);
  assert_string_equal(reject_of(l, "not a date")->value, "soon");
  dc_load_free(l);
  how.strict = true;
  dc_error e = fail_text(&how, text, DC_E_INPUT);
  assert_int_equal(e.line, 3);
  assert_int_equal(e.column, 2);
}

static void doubtful_dates(void **state)
{
  (void)state;
  dc_error e = fail_text(&plain, "id,Closed\na,03/04/2021\nb,05/06/2021\n", DC_E_INPUT);
  assert_non_null(strstr(e.message, "'Closed'"));
  assert_non_null(strstr(e.message, "YYYY-MM-DD"));
  assert_non_null(strstr(e.file, "deals.csv"));
  loading how = {.names = {"d"}, .expect = {DC_TYPE_DATE}};
  fail_text(&how, "d\n13/04/2021\n04/13/2021\n", DC_E_INPUT);
  dc_load *l = load_text(&plain, "id,d\na,03/04/2021\nb,12/31/2021\n");
  assert_int_equal(column_of(l, "d")->date[0], day(2021, 3, 4));
  dc_load_free(l);
  l = load_text(&plain, "id,d\na,03/04/2021\nb,31/12/2021\n");
  assert_int_equal(column_of(l, "d")->date[0], day(2021, 4, 3));
  dc_load_free(l);
}

static void doubtful_amounts(void **state)
{
  (void)state;
  loading how = {.names = {"x"}, .expect = {DC_TYPE_NUMBER}};
  dc_error e = fail_text(&how, "id;x\na;1,234\nb;5,678\n", DC_E_INPUT);
  assert_non_null(strstr(e.message, "'x'"));
  dc_load *l = load_text(&how, "id;x\na;1,234\nb;1,000.50\n");
  check_same(column_of(l, "x")->number[0], 1234);
  dc_load_free(l);
}

/* The sample does not see everything: what turns up later changes the type. */
static void late_values(void **state)
{
  (void)state;
  enum { ROWS = 9000, LATE = 8000 };
  char *text = malloc(ROWS * 80);
  assert_non_null(text);
  size_t n = (size_t)sprintf(text, "id,empty,words,clock,order,zip,late\n");
  for (int r = 0; r < ROWS; r++) {
    bool late = r >= LATE;
    n += (size_t)sprintf(text + n, "a%d,%s,%s%d,2021-01-01%s,0%d/0%d/2021,%s,%s\n", r, late ? "2.5" : "",
                         late ? "w" : "", r % 7, late ? " 10:00" : "", r % 9 + 1, r % 8 + 1, late ? "01234" : "94105",
                         r == ROWS - 1 ? "5" : "");
    if (r == LATE) n += (size_t)sprintf(text + n, "x,,1,2021-01-01,05/25/2021,9,\n");
  }
  for (int threads = 1; threads < 3; threads++) {
    loading how = {.threads = threads, .chunk = threads == 1 ? 0 : 1000};
    dc_load *l = load_bytes(&how, text, n);
    assert_int_equal(column_of(l, "empty")->type, DC_TYPE_NUMBER);
    check_same(column_of(l, "empty")->number[LATE], 2.5);
    assert_int_equal(column_of(l, "words")->type, DC_TYPE_CATEGORY);
    assert_int_equal(column_of(l, "words")->n_bad, 0);
    assert_int_equal(column_of(l, "clock")->type, DC_TYPE_INSTANT);
    assert_int_equal(column_of(l, "order")->date[1], day(2021, 2, 2));
    assert_int_equal(column_of(l, "order")->date[8], day(2021, 9, 1));
    assert_int_equal(column_of(l, "zip")->type, DC_TYPE_CATEGORY);
    assert_int_equal(column_of(l, "late")->type, DC_TYPE_NUMBER);
    assert_int_equal(l->rejects.count, 0);
    dc_load_free(l);
  }
  free(text);
}

static void table_functions(void **state)
{
  (void)state;
  assert_string_equal(dc_type_name(DC_TYPE_INSTANT), "instant");
  assert_string_equal(dc_type_name((dc_type)99), "unknown");
  dc_load *l = load_text(&plain, "d,t,n\n2021-01-01,2021-01-01 23:30,1\n,,2\n");
  assert_int_equal(dc_column_day(column_of(l, "t"), 0, 0), day(2021, 1, 1));
  assert_int_equal(dc_column_day(column_of(l, "t"), 0, 60), day(2021, 1, 2));
  assert_int_equal(dc_column_day(column_of(l, "t"), 0, -60 * 24), day(2020, 12, 31));
  assert_int_equal(dc_column_day(column_of(l, "d"), 0, 60), day(2021, 1, 1));
  assert_int_equal(dc_column_day(column_of(l, "d"), 1, 0), DC_DATE_MISSING);
  assert_int_equal(dc_column_day(column_of(l, "t"), 1, 0), DC_DATE_MISSING);
  assert_int_equal(dc_column_day(column_of(l, "n"), 0, 0), DC_DATE_MISSING);
  check_text(l, "n", 0, "");
  assert_int_equal(dc_table_find(l->table, "nothing"), -1);
  dc_load_free(l);
  dc_load_free(NULL);
  dc_table_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(types),          cmocka_unit_test(text_ids),
                                     cmocka_unit_test(missing_words),  cmocka_unit_test(bad_cells),
                                     cmocka_unit_test(doubtful_dates), cmocka_unit_test(doubtful_amounts),
                                     cmocka_unit_test(late_values),    cmocka_unit_test(table_functions)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
