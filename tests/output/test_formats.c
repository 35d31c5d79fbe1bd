#include "engine/output/write.h"
#include "tests/check.h"
#include "tests/output/sample.h"

#include <math.h>

/* The result written with these options to a file and read back. */
static char *written(const dc_result *result, dc_write_options options)
{
  dc_error error;
  char *folder = check_folder();
  char *path = path_in(folder, "out");
  options.path = path;
  check_ok(dc_write_result(result, &options, &error), &error);
  char *text = read_whole(path);
  free(path);
  remove_folder(folder);
  return text;
}

static void expect(const char *cell, dc_write_options options, const char *expected)
{
  dc_result *result = sample_result(cell);
  char *text = written(result, options);
  assert_string_equal(text, expected);
  free(text);
  dc_result_free(result);
}

static void expect_json_string(const char *cell, const char *expected)
{
  char row[256];
  snprintf(row, sizeof row, "{\"name\":\"%s\"}\n", expected);
  expect(cell, (dc_write_options){.format = DC_FORMAT_NDJSON, .table = "names"}, row);
}

static void json_envelope(void **state)
{
  (void)state;
  expect(
      "a", (dc_write_options){.format = DC_FORMAT_JSON},
      "{\n\"schema\":\"dealcast.sample/1\",\n\"run\":{\n\"version\":\"0\",\n\"as_of\":\"1970-01-01\",\n"
      "\"options\":{\n\"horizon\":3\n},\n\"inputs\":[\n{\"name\":\"deals.csv\"}\n]\n},\n\"tables\":{\n\"values\":[\n"
      "{\"number\":0.1,\"money\":-12.5,\"ratio\":1,\"integer\":-7,\"date\":\"2024-01-01\",\"text\":\"a\",\"bool\":true},\n"
      "{\"number\":null,\"money\":null,\"ratio\":null,\"integer\":null,\"date\":null,\"text\":null,\"bool\":false}\n],\n"
      "\"names\":[\n{\"name\":\"a\"}\n]\n},\n\"warnings\":[\n\"mind the gap\"\n]\n}\n");
}

static void json_of_nothing(void **state)
{
  (void)state;
  dc_result *result = dc_result_new("dealcast.sample/1");
  char *text = written(result, (dc_write_options){.format = DC_FORMAT_JSON});
  assert_string_equal(text, "{\n\"schema\":\"dealcast.sample/1\",\n\"run\":{\n\"options\":{},\n\"inputs\":[]\n},\n"
                            "\"tables\":{},\n\"warnings\":[]\n}\n");
  free(text);
  dc_result_free(result);
}

static void timings_only_when_there_are_some(void **state)
{
  (void)state;
  dc_result *result = dc_result_new("dealcast.sample/1");
  dc_set_number(result, &result->timings, "load", 0.25);
  char *text = written(result, (dc_write_options){.format = DC_FORMAT_JSON});
  assert_non_null(strstr(text, "\"inputs\":[],\n\"timings\":{\n\"load\":0.25\n}\n}"));
  free(text);
  dc_result_free(result);
}

static void json_escapes(void **state)
{
  (void)state;
  expect_json_string("", "");
  expect_json_string("say \"no\" \\ /", "say \\\"no\\\" \\\\ /");
  expect_json_string("\b\f\n\r\t", "\\b\\f\\n\\r\\t");
  expect_json_string("\x01\x1f\x7f", "\\u0001\\u001f\x7f");
  expect_json_string("M\xC3\xBCller \xE4\xB8\xAD \xF0\x9F\x92\xB0", "M\xC3\xBCller \xE4\xB8\xAD \xF0\x9F\x92\xB0");
}

#define REPLACED "\xEF\xBF\xBD"

static void json_replaces_invalid_utf8(void **state)
{
  (void)state;
  expect_json_string("a\xFF"
                     "b",
                     "a" REPLACED "b");
  expect_json_string("\xC3", REPLACED);
  expect_json_string("\xC0\xAF", REPLACED REPLACED);
  expect_json_string("\xE0\x80\x80", REPLACED REPLACED REPLACED);
  expect_json_string("\xED\xA0\x80", REPLACED REPLACED REPLACED);
  expect_json_string("\xF4\x90\x80\x80", REPLACED REPLACED REPLACED REPLACED);
  expect_json_string("\xF0\x9F\x92", REPLACED REPLACED REPLACED);
  expect_json_string("\x80\"", REPLACED "\\\"");
}

static void ndjson_names_tables_when_there_are_several(void **state)
{
  (void)state;
  dc_write_options both = {.format = DC_FORMAT_NDJSON, .table = "names,values"};
  dc_result *result = sample_result("x");
  char *text = written(result, both);
  assert_int_equal(strncmp(text, "{\"table\":\"names\",\"name\":\"x\"}\n{\"table\":\"values\",\"number\":0.1,", 58), 0);
  free(text);
  dc_result_free(result);
}

static void csv_of_every_type(void **state)
{
  (void)state;
  expect("a", (dc_write_options){.format = DC_FORMAT_CSV},
         "number,money,ratio,integer,date,text,bool\n0.1,-12.5,1,-7,2024-01-01,a,true\n,,,,,,false\n");
}

static void expect_csv_text(const char *cell, const char *expected)
{
  char whole[256];
  snprintf(whole, sizeof whole, "name\n%s\n", expected);
  expect(cell, (dc_write_options){.format = DC_FORMAT_CSV, .table = "names"}, whole);
}

static void csv_quotes_by_rfc_4180(void **state)
{
  (void)state;
  expect_csv_text("plain", "plain");
  expect_csv_text("a,b", "\"a,b\"");
  expect_csv_text("say \"no\"", "\"say \"\"no\"\"\"");
  expect_csv_text("two\nlines", "\"two\nlines\"");
  expect_csv_text("two\r\nlines", "\"two\r\nlines\"");
  expect_csv_text(" edge", "\" edge\"");
}

static void csv_defuses_formulas(void **state)
{
  (void)state;
  expect_csv_text("=1+1", "\"'=1+1\"");
  expect_csv_text("+cmd", "\"'+cmd\"");
  expect_csv_text("-2", "\"'-2\"");
  expect_csv_text("@SUM(A1)", "\"'@SUM(A1)\"");
  expect_csv_text("\t=1", "\"'\t=1\"");
  expect_csv_text("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\"");
  expect_csv_text("a=1", "a=1");
}

static void refuses_what_it_cannot_write(void **state)
{
  (void)state;
  dc_error error;
  dc_result *result = sample_result("x");
  dc_write_options unknown = {.format = DC_FORMAT_JSON, .table = "nothere"};
  check_fails(dc_write_result(result, &unknown, &error), DC_E_USAGE, &error);
  dc_write_options two = {.format = DC_FORMAT_CSV, .table = "values,names"};
  check_fails(dc_write_result(result, &two, &error), DC_E_USAGE, &error);
  result->failed = true;
  dc_write_options all = {.format = DC_FORMAT_JSON};
  check_fails(dc_write_result(result, &all, &error), DC_E_MEMORY, &error);
  dc_result_free(result);
}

static void more_than_one_buffer(void **state)
{
  (void)state;
  static const dc_field_spec fields[] = {{"n", DC_FIELD_INTEGER}, {NULL, DC_FIELD_TEXT}};
  dc_result *result = dc_result_new("dealcast.sample/1");
  dc_result_table *table = dc_result_add(result, "numbers", fields);
  for (int64_t i = 0; i < 100000; i++) dc_put_integer(table, i);
  char *text = written(result, (dc_write_options){.format = DC_FORMAT_CSV});
  const char *p = strchr(text, '\n') + 1;
  for (long i = 0; i < 100000; i++) {
    char *end;
    if (strtol(p, &end, 10) != i || *end != '\n') fail_msg("row %ld is wrong", i);
    p = end + 1;
  }
  assert_int_equal(*p, '\0');
  free(text);
  dc_result_free(result);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(json_envelope),
                                     cmocka_unit_test(json_of_nothing),
                                     cmocka_unit_test(timings_only_when_there_are_some),
                                     cmocka_unit_test(json_escapes),
                                     cmocka_unit_test(json_replaces_invalid_utf8),
                                     cmocka_unit_test(ndjson_names_tables_when_there_are_several),
                                     cmocka_unit_test(csv_of_every_type),
                                     cmocka_unit_test(csv_quotes_by_rfc_4180),
                                     cmocka_unit_test(csv_defuses_formulas),
                                     cmocka_unit_test(refuses_what_it_cannot_write),
                                     cmocka_unit_test(more_than_one_buffer)};
  return cmocka_run_group_tests_name("formats", tests, NULL, NULL);
}
