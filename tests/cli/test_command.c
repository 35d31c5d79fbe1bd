#include "engine/cli/command.h"
#include "engine/cli/options.h"
#include "tests/check.h"

#include "engine/base/date.h"

/* The verbs' table names it; no test here runs it. */
dc_status dc_run_forecast(const dc_job *job, dc_result **result, dc_error *error)
{
  (void)job;
  (void)result;
  return dc_fail(error, DC_E_USAGE, "not linked into this test");
}

enum { MOST = 64 };

/* Splits at blanks and parses. */
static dc_status parse_for(const char *verb, const char *line, dc_command *command, dc_error *error)
{
  static char copy[1024];
  static char *arguments[MOST];
  int count = 0;
  snprintf(copy, sizeof copy, "%s", line);
  for (char *p = strtok(copy, " "); p && count < MOST; p = strtok(NULL, " ")) arguments[count++] = p;
  return dc_command_parse(dc_find_verb(verb), count, arguments, command, error);
}

static dc_status parse(const char *line, dc_command *command, dc_error *error)
{
  return parse_for("forecast", line, command, error);
}

static void defaults(void **state)
{
  (void)state;
  dc_command c;
  dc_error error;
  check_ok(parse("deals.csv", &c, &error), &error);
  assert_int_equal(c.job.files.count, 1);
  assert_string_equal(c.job.files.items[0], "deals.csv");
  assert_int_equal(c.job.as_of, DC_DATE_MISSING);
  assert_int_equal(c.job.period, DC_MONTH);
  assert_int_equal(c.job.horizon, 3);
  assert_int_equal(c.job.origins, 12);
  assert_int_equal(c.job.threads, 0);
  assert_int_equal(c.job.fiscal_start, 0);
  assert_int_equal(c.write.format, DC_FORMAT_TERMINAL);
  assert_null(c.write.path);
  assert_null(c.write.table);
  assert_false(c.job.no_backtest || c.job.strict || c.job.timings || c.job.as_of_ok || c.help);
  dc_command_free(&c);
}

static void every_option(void **state)
{
  (void)state;
  dc_command c;
  dc_error error;
  check_ok(
      parse("--as-of 2024-06-30 --as-of-ok a.csv --period=quarter --horizon 8 --by Region,Product b.csv --by Owner "
            "--quotas q.csv --fiscal-start apr --format ndjson --table deals,forecast --top 5 --out-dir d -o f "
            "--threads 2 --seed 18446744073709551615 --map amount=A=B --config c.ini --accounts acc.csv "
            "--history h1.csv --history=h2.csv --join dir:x/firms.csv:Id --columns id,_,amount --no-backtest "
            "--origins 4 --strict --timings - -- --odd",
            &c, &error),
      &error);
  assert_int_equal(c.job.as_of, dc_date_from_civil(2024, 6, 30));
  assert_int_equal(c.job.files.count, 4);
  assert_string_equal(c.job.files.items[1], "b.csv");
  assert_string_equal(c.job.files.items[2], "-");
  assert_string_equal(c.job.files.items[3], "--odd");
  assert_int_equal(c.job.period, DC_QUARTER);
  assert_int_equal(c.job.horizon, 8);
  assert_int_equal(c.job.by.count, 2);
  assert_string_equal(c.job.by.items[0], "Region,Product");
  assert_int_equal(c.job.fiscal_start, 4);
  assert_int_equal(c.write.format, DC_FORMAT_NDJSON);
  assert_string_equal(c.write.table, "deals,forecast");
  assert_int_equal(c.write.top, 5);
  assert_string_equal(c.write.out_dir, "d");
  assert_string_equal(c.write.path, "f");
  assert_int_equal(c.job.threads, 2);
  assert_true(c.job.seed == UINT64_MAX);
  assert_string_equal(c.job.maps.items[0], "amount=A=B");
  assert_string_equal(c.job.config, "c.ini");
  assert_string_equal(c.job.accounts.items[0], "acc.csv");
  assert_string_equal(c.job.quotas.items[0], "q.csv");
  assert_int_equal(c.job.history.count, 2);
  assert_string_equal(c.job.history.items[1], "h2.csv");
  assert_string_equal(c.job.joins.items[0], "dir:x/firms.csv:Id");
  assert_int_equal(c.job.columns.count, 3);
  assert_string_equal(c.job.columns.items[1], "_");
  assert_true(c.job.no_backtest && c.job.strict && c.job.timings && c.job.as_of_ok);
  assert_int_equal(c.job.origins, 4);
  dc_command_free(&c);
}

static void forms_of_an_option(void **state)
{
  (void)state;
  dc_command c;
  dc_error error;
  check_ok(parse("x -oout.json", &c, &error), &error);
  assert_string_equal(c.write.path, "out.json");
  dc_command_free(&c);
  check_ok(parse("x -o -", &c, &error), &error);
  assert_null(c.write.path);
  dc_command_free(&c);
  check_ok(parse("x --config=a=b", &c, &error), &error);
  assert_string_equal(c.job.config, "a=b");
  dc_command_free(&c);
  check_ok(parse("x --horizon 1 --horizon 2", &c, &error), &error);
  assert_int_equal(c.job.horizon, 2);
  dc_command_free(&c);
  check_ok(parse("--history h.csv", &c, &error), &error);
  assert_int_equal(c.job.files.count, 0);
  dc_command_free(&c);
  check_ok(parse("--help", &c, &error), &error);
  assert_true(c.help);
  dc_command_free(&c);
}

/* The table of options tells the range: one inside and one outside at each end. */
static void ranges_are_checked_at_both_ends(void **state)
{
  (void)state;
  dc_command c;
  dc_error error;
  char line[64];
  for (const dc_option *o = dc_options; o->name; o++) {
    if (o->kind != DC_OPTION_INTEGER) continue;
    char verb[32];
    const char *of = o->verb ? o->verb : "forecast"; /* the first of them */
    snprintf(verb, sizeof verb, "%.*s", (int)strcspn(of, " "), of);
    const long long good[] = {o->min, o->max}, bad[] = {o->min - 1LL, o->max + 1LL};
    for (int i = 0; i < 2; i++) {
      snprintf(line, sizeof line, "x --%s %lld", o->name, good[i]);
      check_ok(parse_for(verb, line, &c, &error), &error);
      dc_command_free(&c);
      snprintf(line, sizeof line, "x --%s=%lld", o->name, bad[i]);
      check_fails(parse_for(verb, line, &c, &error), DC_E_USAGE, &error);
      dc_command_free(&c);
    }
  }
}

static void garbage_is_refused(void **state)
{
  (void)state;
  static const char *const lines[] = {"x --horizon 3.0",
                                      "x --horizon 0x3",
                                      "x --horizon +3",
                                      "x --horizon 3e0",
                                      "x --horizon --strict",
                                      "x --seed 1.5",
                                      "x --seed +1",
                                      "x --seed 18446744073709551616",
                                      "x --fiscal-start ja",
                                      "x --fiscal-start 0",
                                      "x --fiscal-start mayo",
                                      "x --as-of 2024-6-30",
                                      "x --as-of today",
                                      "x --period Month",
                                      "x --map =A",
                                      "x --map a=",
                                      "x --join :k",
                                      "x --join f:",
                                      "x --columns a,",
                                      "x --format=",
                                      "x --strict=1",
                                      "x -ofile -q",
                                      "x ---horizon 3",
                                      "--table deals"};
  dc_command c;
  dc_error error;
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    dc_status status = parse(lines[i], &c, &error);
    if (status != DC_E_USAGE) fail_msg("'%s' was taken", lines[i]);
    dc_command_free(&c);
  }
}

static void the_nearest_name(void **state)
{
  (void)state;
  assert_string_equal(dc_nearest_option("horizn", "forecast"), "horizon");
  assert_string_equal(dc_nearest_option("hroizon", "forecast"), "horizon");
  assert_string_equal(dc_nearest_option("as_of", "forecast"), "as-of");
  assert_string_equal(dc_nearest_option("outdir", "forecast"), "out-dir");
  assert_string_equal(dc_nearest_option("fiscal", "forecast"), "fiscal-start");
  assert_string_equal(dc_nearest_option("backtest", "forecast"), "no-backtest");
  assert_null(dc_nearest_option("colour", "forecast"));
  assert_null(dc_nearest_option("zzz", "forecast"));
  assert_null(dc_nearest_option("a-very-long-name-that-no-option-of-ours-has-or-ever-will-have", "forecast"));
}

/* Every option can be found, has help, and says what it takes unless it is a flag. */
static void the_table_is_whole(void **state)
{
  (void)state;
  for (const dc_option *o = dc_options; o->name; o++) {
    if (o->kind == DC_OPTION_GROUP) continue;
    assert_ptr_equal(dc_find_option(o->name, strlen(o->name)), o);
    assert_non_null(o->help);
    assert_int_equal(o->value == NULL, o->kind == DC_OPTION_FLAG);
    assert_int_equal(o->choices != NULL, o->kind == DC_OPTION_CHOICE);
    assert_int_equal(o->separator != 0, o->kind == DC_OPTION_PAIRS);
    if (o->kind == DC_OPTION_INTEGER) assert_true(o->min < o->max);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(defaults),           cmocka_unit_test(every_option),
      cmocka_unit_test(forms_of_an_option), cmocka_unit_test(ranges_are_checked_at_both_ends),
      cmocka_unit_test(garbage_is_refused), cmocka_unit_test(the_nearest_name),
      cmocka_unit_test(the_table_is_whole)};
  return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
