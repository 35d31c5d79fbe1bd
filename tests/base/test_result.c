#include "dealcast/result.h"
#include "dealcast/table.h"
#include "tests/check.h"

static const dc_field_spec fields[] = {
    {"id", DC_FIELD_TEXT}, {"amount", DC_FIELD_MONEY}, {"n", DC_FIELD_INTEGER}, {NULL, DC_FIELD_TEXT}};

static void rows_end_by_themselves(void **state)
{
  (void)state;
  dc_error error;
  dc_result *result = dc_result_new("dealcast.test/1");
  dc_result_table *table = dc_result_add(result, "t", fields);
  char id[16];
  for (int i = 0; i < 1000; i++) {
    snprintf(id, sizeof id, "d%d", i);
    dc_put_text(table, id);
    dc_put_number(table, i / 2.0);
    assert_int_equal(table->rows, i);
    dc_put_integer(table, i);
    assert_int_equal(table->rows, i + 1);
  }
  dc_put_text_n(table, "abcdef", 3);
  assert_int_equal(table->rows, 1000);
  assert_string_equal(table->cells[999 * 3].text, "d999");
  assert_string_equal(table->cells[1000 * 3].text, "abc");
  check_same(table->cells[999 * 3 + 1].number, 499.5);
  assert_int_equal(table->cells[999 * 3 + 2].integer, 999);
  check_ok(dc_result_check(result, &error), &error);
  dc_result_free(result);
}

static void texts_are_copied_and_null_stays_null(void **state)
{
  (void)state;
  char text[] = "before";
  dc_result *result = dc_result_new("dealcast.test/1");
  static const dc_field_spec two[] = {{"a", DC_FIELD_TEXT}, {"b", DC_FIELD_TEXT}, {NULL, DC_FIELD_TEXT}};
  dc_result_table *table = dc_result_add(result, "t", two);
  dc_put_text(table, text);
  dc_put_text(table, NULL);
  dc_set_text(result, &result->run, "name", text);
  strcpy(text, "after");
  assert_string_equal(table->cells[0].text, "before");
  assert_null(table->cells[1].text);
  assert_string_equal(result->run.items[0].cell.text, "before");
  dc_result_free(result);
}

static void finds_tables_and_fields(void **state)
{
  (void)state;
  dc_result *result = dc_result_new("dealcast.test/1");
  char name[16];
  for (int i = 0; i < 70; i++) {
    snprintf(name, sizeof name, "t%d", i);
    dc_result_add(result, name, fields);
  }
  assert_int_equal(result->n_tables, 70);
  assert_string_equal(dc_result_find(result, "t69")->name, "t69");
  assert_ptr_equal(dc_result_find(result, "t0"), result->tables[0]);
  assert_null(dc_result_find(result, "t70"));
  assert_int_equal(dc_field_index(result->tables[5], "n"), 2);
  assert_int_equal(dc_field_index(result->tables[5], "N"), -1);
  dc_result_free(result);
}

static void entries_keep_their_order_and_are_set_once(void **state)
{
  (void)state;
  dc_result *result = dc_result_new("dealcast.test/1");
  char name[16];
  for (int i = 0; i < 40; i++) {
    snprintf(name, sizeof name, "e%d", i);
    dc_set_integer(result, &result->options, name, i);
  }
  dc_set_bool(result, &result->options, "e3", true);
  dc_set_number(result, &result->options, "e4", 0.5);
  dc_set_date(result, &result->options, "e5", DC_DATE_MISSING);
  assert_int_equal(result->options.count, 40);
  assert_string_equal(result->options.items[39].name, "e39");
  assert_int_equal(result->options.items[39].cell.integer, 39);
  assert_int_equal(result->options.items[3].type, DC_FIELD_BOOL);
  check_same(result->options.items[4].cell.number, 0.5);
  assert_int_equal(result->options.items[5].cell.integer, DC_DATE_MISSING);
  dc_result_free(result);
}

static void warnings_are_kept_in_order(void **state)
{
  (void)state;
  dc_result *result = dc_result_new("dealcast.test/1");
  for (int i = 0; i < 50; i++) dc_warn(result, "warning %d of %s", i, "many");
  assert_int_equal(result->n_warnings, 50);
  assert_string_equal(result->warnings[49], "warning 49 of many");
  dc_result_free(result);
}

/* After a failed allocation every call is still safe, and the check tells it. */
static void a_failed_result_swallows(void **state)
{
  (void)state;
  dc_error error;
  dc_result *result = dc_result_new("dealcast.test/1");
  dc_result_table *before = dc_result_add(result, "t", fields);
  result->failed = true;
  dc_put_text(before, "x");
  assert_int_equal(before->rows + before->filled, 0);
  dc_result_table *after = dc_result_add(result, "u", fields);
  assert_non_null(after);
  dc_put_text(after, "x");
  dc_put_number(after, 1);
  check_fails(dc_result_check(result, &error), DC_E_MEMORY, &error);
  dc_result_free(result);
  dc_result_free(NULL);
  check_fails(dc_result_check(NULL, &error), DC_E_MEMORY, &error);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_end_by_themselves),     cmocka_unit_test(texts_are_copied_and_null_stays_null),
      cmocka_unit_test(finds_tables_and_fields),    cmocka_unit_test(entries_keep_their_order_and_are_set_once),
      cmocka_unit_test(warnings_are_kept_in_order), cmocka_unit_test(a_failed_result_swallows)};
  return cmocka_run_group_tests_name("result", tests, NULL, NULL);
}
