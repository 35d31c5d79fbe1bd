/* One convention per column: what proves it, what stops, what falls back to words, and how it is told. */
#include "engine/base/date.h"
#include "tests/ingest/loading.h"

#define EURO "\xE2\x82\xAC"

static const loading plain;
static const loading number = {.names = {"x"}, .expect = {DC_TYPE_NUMBER}};
static const loading date = {.names = {"x"}, .expect = {DC_TYPE_DATE}};

/* A file of columns id and x. */
static char *file_text(const char *const *values, size_t n, char *text, size_t size)
{
  size_t used = (size_t)snprintf(text, size, "id;x\n");
  for (size_t i = 0; i < n; i++) used += (size_t)snprintf(text + used, size - used, "a%zu;%s\n", i, values[i]);
  assert_true(used < size);
  return text;
}

static const char *format_of(const dc_load *l, const char *name)
{
  const char *format = column_of(l, name)->format;
  return format ? format : "";
}

/* Writes digits in groups, cents behind the mark. */
static void write_style(char *text, int64_t cents, const char *group, char mark, bool indian)
{
  char digits[32];
  int n = snprintf(digits, sizeof digits, "%lld", (long long)(cents / 100));
  size_t used = 0;
  for (int i = 0; i < n; i++) {
    int left = n - i;
    bool border = i > 0 && (left % 3 == 0) && (!indian || left == 3);
    if (indian && i > 0 && left > 3 && (left - 3) % 2 == 0) border = true;
    if (border) used += (size_t)sprintf(text + used, "%s", group);
    text[used++] = digits[i];
  }
  sprintf(text + used, "%c%02d", mark, (int)(cents % 100));
}

/* The same amounts in each style are the same bits. */
static void styles_agree(void **state)
{
  (void)state;
  enum { ROWS = 400 };
  static const struct {
    const char *group;
    char mark;
    bool indian;
    const char *before, *behind;
  } styles[] = {{"", '.', false, "", ""},
                {",", '.', false, "", ""},
                {".", ',', false, "", ""},
                {" ", ',', false, "", ""},
                {"\xC2\xA0", ',', false, "", " " EURO},
                {"\xE2\x80\xAF", ',', false, "", ""},
                {"'", '.', false, "CHF ", ""},
                {"\xE2\x80\x99", '.', false, "", ""},
                {",", '.', true, "\xE2\x82\xB9", ""},
                {"", ',', false, "EUR ", ""},
                {",", '.', false, "$", ""}};
  double expected[ROWS];
  char *text = malloc(ROWS * 64);
  assert_non_null(text);
  for (size_t s = 0; s < sizeof styles / sizeof *styles; s++) {
    size_t used = (size_t)sprintf(text, "id;x\n");
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < ROWS; i++) {
      char cell[64];
      random ^= random << 13, random ^= random >> 7, random ^= random << 17;
      int64_t cents = (int64_t)(random >> (20 + random % 30));
      write_style(cell, cents, styles[s].group, styles[s].mark, styles[s].indian);
      used += (size_t)sprintf(text + used, "%d;%s%s%s\n", i, styles[s].before, cell, styles[s].behind);
      if (s == 0) expected[i] = (double)cents / 100;
    }
    dc_load *l = load_bytes(&number, text, used);
    assert_int_equal(column_of(l, "x")->n_bad, 0);
    for (int i = 0; i < ROWS; i++) check_same(column_of(l, "x")->number[i], expected[i]);
    dc_load_free(l);
  }
  free(text);
}

/* What stops, and that the option it names settles it. */
static const struct {
  const char *values[4];
  dc_type expected;
  const char *says[3];
  dc_decimal decimal; /* the option that settles it */
  dc_day_order order;
  double number;
  int year, month, day;
} stopping[] = {
    {{"1,234", "5,678", "12"},
     DC_TYPE_NUMBER,
     {"'x'", "1,234 on line 2", "--decimal point"},
     DC_DECIMAL_POINT,
     0,
     1234,
     0,
     0,
     0},
    {{"1,234", "5,678", "12"},
     DC_TYPE_NUMBER,
     {"--decimal comma", "thousands", ""},
     DC_DECIMAL_COMMA,
     0,
     1.234,
     0,
     0,
     0},
    {{"1.234", "5.678", "12"},
     DC_TYPE_NUMBER,
     {"1.234 on line 2", "--decimal comma", ""},
     DC_DECIMAL_COMMA,
     0,
     1234,
     0,
     0,
     0},
    {{"0.5", "1,234.5", "0,5"}, DC_TYPE_NUMBER, {"0.5 on line 2", "0,5 on line 4", "--decimal"}, 0, 0, 0, 0, 0, 0},
    {{"03/04/2021", "05/06/2021"},
     DC_TYPE_DATE,
     {"03/04/2021 on line 2", "--dates day-first", ""},
     0,
     DC_ORDER_DAY_FIRST,
     0,
     2021,
     4,
     3},
    {{"03/04/2021", "05/06/2021"},
     DC_TYPE_DATE,
     {"--dates month-first", "YYYY-MM-DD", ""},
     0,
     DC_ORDER_MONTH_FIRST,
     0,
     2021,
     3,
     4},
    {{"03/04/21", "05/06/21"},
     DC_TYPE_DATE,
     {"03/04/21 on line 2", "--dates day-first", ""},
     0,
     DC_ORDER_DAY_FIRST,
     0,
     2021,
     4,
     3},
    {{"03/04/2021", "05/06/2021"}, DC_TYPE_EMPTY, {"'x'", "--dates", ""}, 0, DC_ORDER_MONTH_FIRST, 0, 2021, 3, 4},
    {{"25/03/2021", "03/25/2021"},
     DC_TYPE_DATE,
     {"25/03/2021 on line 2", "03/25/2021 on line 3", ""},
     0,
     0,
     0,
     0,
     0,
     0},
    {{"21-03-14", "21-03-15", "21-03-16"},
     DC_TYPE_DATE,
     {"two digits", "--dates year-first", ""},
     0,
     DC_ORDER_YEAR_FIRST,
     0,
     2021,
     3,
     14},
};

static void stops(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof stopping / sizeof *stopping; i++) {
    char text[512];
    size_t n = 0;
    while (n < 4 && stopping[i].values[n]) n++;
    loading how = {.names = {"x"}, .expect = {stopping[i].expected}};
    dc_error e = fail_text(&how, file_text(stopping[i].values, n, text, sizeof text), DC_E_INPUT);
    for (int k = 0; k < 3 && stopping[i].says[k]; k++)
      if (!strstr(e.message, stopping[i].says[k])) fail_msg("'%s' lacks '%s'", e.message, stopping[i].says[k]);
    assert_non_null(strstr(e.file, "deals.csv"));
    how.decimal = stopping[i].decimal;
    how.dates.order = stopping[i].order;
    if (!how.decimal && !how.dates.order) continue;
    dc_load *l = load_text(&how, text);
    assert_int_equal(column_of(l, "x")->n_bad, 0);
    if (how.decimal) check_same(column_of(l, "x")->number[0], stopping[i].number);
    if (how.dates.order)
      assert_int_equal(column_of(l, "x")->date[0],
                       dc_date_from_civil(stopping[i].year, stopping[i].month, stopping[i].day));
    assert_non_null(strstr(format_of(l, "x"), how.decimal ? "as --decimal" : "as --dates"));
    dc_load_free(l);
  }
}

/* An option that the values contradict. */
static void options_contradicted(void **state)
{
  (void)state;
  loading how = number;
  how.decimal = DC_DECIMAL_COMMA;
  dc_error e = fail_text(&how, "id;x\na;1,234.50\nb;2.5\n", DC_E_INPUT);
  assert_non_null(strstr(e.message, "--decimal comma was given"));
  assert_non_null(strstr(e.message, "1,234.50 on line 2"));
  how = date;
  how.dates.order = DC_ORDER_MONTH_FIRST;
  e = fail_text(&how, "id;x\na;25/03/2021\nb;26/03/2021\n", DC_E_INPUT);
  assert_non_null(strstr(e.message, "--dates month-first was given"));
}

/* A column found by content becomes words, and its format says why. */
static void words_instead(void **state)
{
  (void)state;
  dc_load *l = load_text(&plain, "id;x\na;1,234\nb;5,678\n");
  assert_int_equal(column_of(l, "x")->type, DC_TYPE_TEXT);
  assert_non_null(strstr(format_of(l, "x"), "1,234"));
  assert_non_null(strstr(format_of(l, "x"), "--decimal"));
  dc_load_free(l);
  loading how = {.decimal = DC_DECIMAL_POINT};
  l = load_text(&how, "id;x\na;1,234\nb;5,678\n");
  check_same(column_of(l, "x")->number[1], 5678);
  dc_load_free(l);
  /* An id keeps its zeros and its nineteen digits. */
  l = load_text(&plain, "id;x;y\na;007;1234567890123456789\nb;008;9234567890123456789\n");
  check_text(l, "x", 0, "007");
  check_text(l, "y", 1, "9234567890123456789");
  dc_load_free(l);
}

/* Up to one value in twenty may contradict what the others prove: it is a bad cell. */
static void few_contradictions(void **state)
{
  (void)state;
  char text[4096];
  for (int bad = 1; bad < 9; bad += 4) {
    size_t used = (size_t)sprintf(text, "id;x\n");
    for (int i = 0; i < 40; i++) used += (size_t)sprintf(text + used, "a%d;%s\n", i, i < bad ? "0.5" : "1.234,5");
    if (bad > 2) {
      fail_text(&number, text, DC_E_INPUT);
      continue;
    }
    dc_load *l = load_text(&number, text);
    assert_int_equal(column_of(l, "x")->n_bad, bad);
    check_same(column_of(l, "x")->number[39], 1234.5);
    assert_string_equal(reject_of(l, "not a number")->value, "0.5");
    dc_load_free(l);
  }
}

/* Other columns of the file prove what a column leaves open, if they agree. */
static void neighbours(void **state)
{
  (void)state;
  loading how = {.names = {"a", "b", "c"}, .expect = {DC_TYPE_DATE, DC_TYPE_DATE, DC_TYPE_DATE}};
  dc_load *l = load_text(&how, "a;b;c\n03/04/2021;27/04/2021;2021-01-01\n05/06/2021;03/07/2021;2021-01-02\n");
  assert_int_equal(column_of(l, "a")->date[0], dc_date_from_civil(2021, 4, 3));
  assert_string_equal(format_of(l, "a"), "DD/MM/YYYY, as proven by column b");
  assert_string_equal(format_of(l, "b"), "DD/MM/YYYY, proven by 27/04/2021 on line 2");
  assert_string_equal(format_of(l, "c"), "YYYY-MM-DD");
  dc_load_free(l);
  /* Two that contradict each other prove nothing; nor does another separator, or another length of the year. */
  fail_text(&how, "a;b;c\n03/04/2021;27/04/2021;04/27/2021\n05/06/2021;03/07/2021;03/07/2021\n", DC_E_INPUT);
  fail_text(&how, "a;b;c\n03/04/2021;27-04-2021;2021-01-01\n", DC_E_INPUT);
  fail_text(&how, "a;b;c\n03/04/2021;27/04/98;2021-01-01\n", DC_E_INPUT);
  how = (loading){.names = {"a", "b"}, .expect = {DC_TYPE_NUMBER, DC_TYPE_NUMBER}};
  l = load_text(&how, "a;b\n1.234;2.345,50\n5.678;1,5\n");
  check_same(column_of(l, "a")->number[0], 1234);
  assert_string_equal(format_of(l, "a"), "1.234,50, as proven by column b");
  dc_load_free(l);
  /* A fraction proves its own column only: other programs may have written the amounts. */
  fail_text(&how, "a;b\n1,234;0.25\n5,678;0.5\n", DC_E_INPUT);
}

/* The sample does not see everything: a late proof counts, and a late contradiction of a neighbour's, too. */
static void late_proofs(void **state)
{
  (void)state;
  enum { ROWS = 9000 };
  char *text = malloc(ROWS * 80);
  assert_non_null(text);
  size_t n = (size_t)sprintf(text, "id;x;y;z;w\n");
  for (int r = 0; r < ROWS; r++) {
    bool last = r == ROWS - 7; /* not in the sample, which takes the beginnings of blocks */
    n += (size_t)sprintf(text + n, "a%d;%s;%s;%s;%s\n", r, last ? "1.234,5" : "1.234", last ? "1,5" : "1,234",
                         last ? "0.5" : "5.678", r ? "2.345" : "2.345,50");
  }
  for (int threads = 1; threads < 8; threads = threads == 2 ? 7 : threads + 1) {
    loading how = {.names = {"x", "y", "z", "w"},
                   .expect = {DC_TYPE_NUMBER, DC_TYPE_NUMBER, DC_TYPE_NUMBER, DC_TYPE_NUMBER},
                   .threads = threads,
                   .chunk = threads == 1 ? 0 : 3001};
    dc_load *l = load_bytes(&how, text, n);
    check_same(column_of(l, "x")->number[0], 1234);
    check_same(column_of(l, "x")->number[ROWS - 7], 1234.5);
    check_same(column_of(l, "y")->number[0], 1.234);
    check_same(column_of(l, "z")->number[0], 5.678);
    check_same(column_of(l, "w")->number[1], 2345);
    for (size_t c = 0; c < l->table->n_columns; c++) assert_int_equal(l->table->columns[c].n_bad, 0);
    dc_load_free(l);
  }
  free(text);
}

/* The order of rows changes neither types nor conventions nor values. */
static void order_of_rows(void **state)
{
  (void)state;
  enum { ROWS = 60 };
  static const loading how = {.names = {"n", "d", "s"}, .expect = {DC_TYPE_NUMBER, DC_TYPE_DATE, DC_TYPE_DATE}};
  char rows[ROWS][96], text[ROWS * 96 + 64];
  int order[ROWS];
  double sum = 0;
  int64_t days = 0;
  for (int i = 0; i < ROWS; i++) {
    sprintf(rows[i], "%d;%d.%03d%s;%02d/%02d/2021;%d;%s\n", i, i + 1, i * 13, i % 9 == 4 ? ",25" : "", i % 28 + 1,
            i % 12 + 1, 43831 + i, i % 3 ? "Unknown" : "Select");
    order[i] = i;
  }
  for (int shuffle = 0; shuffle < 20; shuffle++) {
    size_t used = (size_t)sprintf(text, "id;n;d;s;w\n");
    for (int i = 0; i < ROWS; i++) used += (size_t)sprintf(text + used, "%s", rows[order[i]]);
    dc_load *l = load_text(&how, text);
    double total = 0;
    int64_t all = 0;
    for (int i = 0; i < ROWS; i++) {
      total += column_of(l, "n")->number[i] * 4; /* quarters: exact */
      all += column_of(l, "d")->date[i] * 7 + column_of(l, "s")->date[i];
    }
    if (shuffle == 0) sum = total, days = all;
    check_same(total, sum);
    assert_int_equal(all, days);
    assert_int_equal(column_of(l, "n")->n_bad + column_of(l, "d")->n_bad + column_of(l, "s")->n_bad, 0);
    assert_int_equal(column_of(l, "w")->n_words, 3);
    dc_load_free(l);
    for (int i = ROWS - 1; i > 0; i--) {
      int k = (int)((unsigned)(i * 7919 + shuffle * 104729) % (unsigned)(i + 1)), swap = order[i];
      order[i] = order[k], order[k] = swap;
    }
  }
}

/* A row that is rejected proves nothing, and its words for missing values are not counted. */
static void rejected_rows(void **state)
{
  (void)state;
  static const char sound[] = "id;x\na;1.234\nb;2.500\n";
  dc_error error = fail_text(&number, sound, DC_E_INPUT);
  assert_non_null(strstr(error.message, "none shows"));
  error = fail_text(&number, "id;x\na;1.234\nb;2.500\nc;0.5;surplus\n", DC_E_INPUT);
  assert_non_null(strstr(error.message, "none shows"));
  dc_load *l = load_text(&number, "id;x\na;12\nb;NA\nc;0,5;surplus\nd;NA;surplus\ne;0.5\n");
  assert_int_equal(reject_of(l, "long row")->line, 4);
  assert_string_equal(format_of(l, "x"), "1234.50; missing: NA (1 cell)");
  dc_load_free(l);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(styles_agree),         cmocka_unit_test(stops),
                                     cmocka_unit_test(options_contradicted), cmocka_unit_test(words_instead),
                                     cmocka_unit_test(few_contradictions),   cmocka_unit_test(neighbours),
                                     cmocka_unit_test(late_proofs),          cmocka_unit_test(order_of_rows),
                                     cmocka_unit_test(rejected_rows)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
