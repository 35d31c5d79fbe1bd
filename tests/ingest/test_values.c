/* What stands beside the values: words for missing, currencies, units; digits that are dates; how it is all told. */
#include "engine/base/date.h"
#include "engine/ingest/missing.h"
#include "engine/ingest/units.h"
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

/* Each word is found, in its own set, and no word is lost to the table of lengths. */
static void missing_words(void **state)
{
  (void)state;
  dc_missing all = dc_missing_always() | dc_missing_numbers() | dc_missing_texts() | dc_missing_forms();
  int n = 0;
  for (const char *word; (word = dc_missing_word(n)) != NULL; n++) {
    assert_int_equal(dc_missing_find(all, word, strlen(word)), n);
    assert_int_equal(dc_missing_find(all & ~((dc_missing)1 << n), word, strlen(word)), -1);
  }
  assert_true(all == (n == 64 ? ~(dc_missing)0 : ((dc_missing)1 << n) - 1));
  static const char *const values[] = {"999", "0", "nONE", "Nap", "Selected", "unknown origin", "--x", "N/B"};
  for (size_t i = 0; i < sizeof values / sizeof *values; i++)
    assert_int_equal(dc_missing_find(all, values[i], strlen(values[i])), -1);
  print_message("%d words\n", n);
}

static void missing_by_evidence(void **state)
{
  (void)state;
  dc_load *l = load_text(&plain, "id;status;city;level;amount;day;code\n"
                                 "a;Select;Select;Unknown;5;2021-01-01;999\n"
                                 "b;Open;Rome;High;Unknown;?;1\n"
                                 "c;Open;Rome;High;-;2021-01-03;2\n"
                                 "d;Open;Rome;NA;7;n/a;3\n"
                                 "e;Open;Rome;Unknown;8;2021-01-05;4\n"
                                 "f;Open;Rome;High;9;2021-01-06;5\n");
  assert_int_equal(column_of(l, "status")->n_missing, 1);
  assert_string_equal(format_of(l, "status"), "missing: Select (1 cell)");
  assert_int_equal(column_of(l, "city")->n_words, 2);
  assert_int_equal(column_of(l, "level")->n_words, 3); /* Unknown is a value */
  assert_int_equal(column_of(l, "level")->n_missing, 1);
  assert_int_equal(column_of(l, "amount")->type, DC_TYPE_NUMBER);
  assert_int_equal(column_of(l, "amount")->n_bad, 0);
  assert_string_equal(format_of(l, "amount"), "1234; missing: -, Unknown (2 cells)");
  assert_int_equal(column_of(l, "day")->type, DC_TYPE_DATE);
  assert_string_equal(format_of(l, "day"), "YYYY-MM-DD; missing: n/a, ? (2 cells)");
  check_same(column_of(l, "code")->number[0], 999);
  dc_load_free(l);
  /* In one column only, Select may be a value, as in Basic, Select, Premium. */
  l = load_text(&plain,
                "id;plan;s\na;Select;\nb;Basic;000000000000000AAA\nc;Basic;0010X\nd;Select;0010X\ne;Select;0010X\n");
  assert_int_equal(column_of(l, "plan")->n_words, 3);
  assert_int_equal(column_of(l, "s")->n_missing, 2);
  assert_int_equal(column_of(l, "s")->n_missing_words, 1);
  dc_load_free(l);
  l = load_text(&plain, "id;n;m\na;#DIV/0!;--\nb;1;2\nc;(blank);\xE6\x97\xA0\nd;#VALUE!;\xE7\xA9\xBA\n");
  assert_int_equal(column_of(l, "n")->type, DC_TYPE_NUMBER);
  assert_int_equal(column_of(l, "n")->n_missing, 3);
  assert_int_equal(column_of(l, "m")->n_missing, 3);
  assert_int_equal(column_of(l, "m")->n_bad, 0);
  dc_load_free(l);
}

static void currencies(void **state)
{
  (void)state;
  dc_load *l = load_text(&number, "id;x\na;$1\nb;" EURO "2\nc;3 EUR\nd;4\n");
  const dc_column *x = column_of(l, "x");
  assert_non_null(x->currencies);
  static const char *const codes[] = {"$", "EUR", "EUR"};
  for (int i = 0; i < 3; i++) assert_string_equal(dc_currency_code(x->currencies[i]), codes[i]);
  assert_int_equal(x->currencies[3], 0);
  check_same(x->number[3], 4);
  assert_string_equal(x->format, "1234 EUR (2), $ (1), no currency (1)");
  dc_load_free(l);
  l = load_text(&number, "id;x\na;1.000,00 " EURO "\nb;EUR 2,50\nc;3\n");
  x = column_of(l, "x");
  assert_null(x->currencies);
  assert_string_equal(dc_currency_code(x->currency), "EUR");
  assert_string_equal(x->format, "1.234,50 EUR, proven by 1.000,00 " EURO " on line 2");
  dc_load_free(l);
  /* One that the sample does not show; and rows that are rejected on the way. */
  enum { ROWS = 9000 };
  char *text = malloc(ROWS * 32);
  assert_non_null(text);
  size_t n = (size_t)sprintf(text, "id;x\n");
  for (int r = 0; r < ROWS; r++)
    n += (size_t)sprintf(text + n, r == ROWS - 7 ? "a%d;CHF 5\n" : r == 17 ? "a%d;USD 7;surplus\n" : "a%d;5\n", r);
  for (int threads = 1; threads < 8; threads = threads == 2 ? 7 : threads + 1) {
    loading how = number;
    how.threads = threads;
    how.chunk = threads == 1 ? 0 : 2999;
    l = load_bytes(&how, text, n);
    assert_int_equal(l->table->rows, ROWS - 1);
    assert_string_equal(dc_currency_code(column_of(l, "x")->currency), "CHF");
    dc_load_free(l);
  }
  free(text);
}

static void units(void **state)
{
  (void)state;
  static const char wan[] = "\xE9\x87\x91\xE9\xA2\x9D(\xE4\xB8\x87\xE5\x85\x83)";
  loading how = {.names = {wan}, .expect = {DC_TYPE_NUMBER}};
  char text[256];
  snprintf(text, sizeof text, "id;%s\na;1.5\nb;20\n", wan);
  dc_load *l = load_text(&how, text);
  check_same(column_of(l, wan)->number[0], 15000);
  check_same(column_of(l, wan)->number[1], 200000);
  assert_string_equal(format_of(l, wan), "1234.50 CNY, times 1e4 as its name says");
  dc_load_free(l);
  how.names[0] = "Amount (k" EURO ")";
  l = load_text(&how, "id;Amount (k" EURO ")\na;1,1\nb;20\n");
  check_same(column_of(l, how.names[0])->number[0], 1100);
  dc_load_free(l);
}

/* Digits alone are dates where dates are expected, by one rule for the column. */
static void digits_alone(void **state)
{
  (void)state;
  static const struct {
    const char *values[4];
    dc_type type;
    size_t bad;
    int64_t first; /* the day, or the instant in ms */
    const char *format;
  } cases[] = {{{"43831", "43832", "43833"}, DC_TYPE_DATE, 0, 18262, "Excel days since 1899-12-30"},
               {{"43831.5", "43832", "43833"},
                DC_TYPE_INSTANT,
                0,
                18262 * (int64_t)86400000 + 43200000,
                "Excel days since 1899-12-30"},
               {{"20200101", "20200102"}, DC_TYPE_DATE, 0, 18262, "YYYYMMDD"},
               {{"1577836800", "1577836801"}, DC_TYPE_INSTANT, 0, 1577836800000, "seconds since 1970 UTC"},
               {{"1577836800000", "1577836801001"}, DC_TYPE_INSTANT, 0, 1577836800000, "milliseconds since 1970 UTC"},
               {{"20200101", "20200102", "43833"}, DC_TYPE_DATE, 1, 18262, "YYYYMMDD"},
               {{"2020-01-01", "2020-01-02", "43833"},
                DC_TYPE_DATE,
                0,
                18262,
                "YYYY-MM-DD (2 of the first 3), Excel days since 1899-12-30 (1 of the first 3)"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[256];
    size_t n = 0;
    while (n < 4 && cases[i].values[n]) n++;
    dc_load *l = load_text(&date, file_text(cases[i].values, n, text, sizeof text));
    const dc_column *x = column_of(l, "x");
    assert_int_equal(x->type, cases[i].type);
    assert_int_equal(x->n_bad, cases[i].bad);
    assert_int_equal(x->type == DC_TYPE_DATE ? x->date[0] : x->instant[0], cases[i].first);
    assert_string_equal(x->format, cases[i].format);
    dc_load_free(l);
    if (i >= 5) continue;
    l = load_text(&plain, text);
    assert_int_equal(column_of(l, "x")->type, DC_TYPE_NUMBER);
    dc_load_free(l);
  }
  loading how = date;
  how.dates.bare = DC_BARE_EXCEL_1904;
  dc_load *l = load_text(&how, "id;x\na;42369\nb;42370\n");
  assert_int_equal(column_of(l, "x")->date[0], 18262);
  assert_string_equal(format_of(l, "x"), "Excel days since 1904-01-01");
  dc_load_free(l);
}

static void formats_of_dates(void **state)
{
  (void)state;
  static const struct {
    const char *values[3], *format;
  } cases[] = {
      {{"27.03.2021", "01.04.2021"}, "DD.MM.YYYY, proven by 27.03.2021 on line 2"},
      {{"04.03.2021", "01.04.2021"}, "DD.MM.YYYY"},
      {{"03.27.2021", "03.04.2021"}, "MM.DD.YYYY, proven by 03.27.2021 on line 2"},
      {{"3/27/2021", "1/4/2021"}, "MM/DD/YYYY, proven by 3/27/2021 on line 2"},
      {{"27/03/12", "14/03/12"}, "DD/MM/YY, proven by 27/03/12 on line 2; years 69 to 99 are 19xx, 00 to 68 are 20xx"},
      {{"27-Mar-2012", "Mar 3, 2012"}, "day, month by name, year"},
      {{"2012\xE5\xB9\xB4"
        "3\xE6\x9C\x88"
        "27\xE6\x97\xA5",
        "2012\xE5\xB9\xB4"
        "4\xE6\x9C\x88"
        "1\xE6\x97\xA5"},
       "YYYY\xE5\xB9\xB4M\xE6\x9C\x88"
       "D\xE6\x97\xA5"},
      {{"2021-03-27T10:00:00.000+0000", "2021-03-27T10:00:00Z"}, "YYYY-MM-DD and time with its zone"},
      {{"2021-03-27", "27.03.2021"},
       "YYYY-MM-DD (1 of the first 2), DD.MM.YYYY (1 of the first 2), proven by 27.03.2021 on line 3"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char text[256];
    dc_load *l = load_text(&date, file_text(cases[i].values, 2, text, sizeof text));
    assert_string_equal(format_of(l, "x"), cases[i].format);
    assert_int_equal(column_of(l, "x")->n_bad, 0);
    dc_load_free(l);
  }
}

/* Quarters and months where the request allows them. */
static void periods(void **state)
{
  (void)state;
  loading how = date;
  dc_load *l = load_text(&how, "id;x\na;2025-Q1\nb;Q2 2025\n");
  assert_int_equal(column_of(l, "x")->type, DC_TYPE_TEXT);
  dc_load_free(l);
  how.dates.periods = true;
  l = load_text(&how, "id;x\na;2025-Q1\nb;Q2 2025\nc;2025-07\n");
  assert_int_equal(column_of(l, "x")->date[1], dc_date_from_civil(2025, 4, 1));
  assert_int_equal(column_of(l, "x")->date[2], dc_date_from_civil(2025, 7, 1));
  assert_string_equal(format_of(l, "x"), "quarters or months by their first day");
  dc_load_free(l);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(missing_words), cmocka_unit_test(missing_by_evidence),
                                     cmocka_unit_test(currencies),    cmocka_unit_test(units),
                                     cmocka_unit_test(digits_alone),  cmocka_unit_test(formats_of_dates),
                                     cmocka_unit_test(periods)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
