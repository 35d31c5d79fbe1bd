/* One cell to a day or an instant: every way of writing, under each style. */
#include "engine/base/date.h"
#include "engine/ingest/when.h"
#include "tests/check.h"

#include <string.h>

#define NIAN "\xE5\xB9\xB4"
#define YUE "\xE6\x9C\x88"
#define RI "\xE6\x97\xA5"
#define XIAWU "\xE4\xB8\x8B\xE5\x8D\x88"
#define SHANGWU "\xE4\xB8\x8A\xE5\x8D\x88"

enum { U = DC_ORDER_UNKNOWN, D = DC_ORDER_DAY_FIRST, M = DC_ORDER_MONTH_FIRST, Y = DC_ORDER_YEAR_FIRST };

static dc_when_result parse(const char *text, dc_when_style style, dc_when *when, uint32_t *seen)
{
  *seen = 0;
  return dc_when_parse(text, strlen(text), &style, when, seen);
}

static void check_day(const char *text, dc_when_style style, int year, int month, int day)
{
  dc_when when;
  uint32_t seen;
  dc_when_result result = parse(text, style, &when, &seen);
  char found[DC_DATE_CHARS] = "no date", expected[DC_DATE_CHARS];
  if (result == DC_WHEN_OK) dc_date_format(when.day, found);
  dc_date_format(dc_date_from_civil(year, month, day), expected);
  if (strcmp(found, expected) != 0) fail_msg("'%s' is %s, expected %s", text, found, expected);
}

static void days(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    int order, year, month, day;
    dc_when_form form;
  } cases[] = {{"2021-03-04", U, 2021, 3, 4, DC_FORM_ISO},
               {"2021/3/4", U, 2021, 3, 4, DC_FORM_ISO},
               {"2012.03.27", U, 2012, 3, 27, DC_FORM_ISO},
               {" 2020-02-29 ", U, 2020, 2, 29, DC_FORM_ISO},
               {"04.03.2021", U, 2021, 3, 4, DC_FORM_NUMBERS},
               {"04.03.2021", M, 2021, 4, 3, DC_FORM_NUMBERS},
               {"03.22.2015", U, 2015, 3, 22, DC_FORM_NUMBERS},
               {"2015-03-22Z", U, 2015, 3, 22, DC_FORM_ISO},
               {"22.03.2015 Z", U, 2015, 3, 22, DC_FORM_NUMBERS},
               {"25/03/2021", U, 2021, 3, 25, DC_FORM_NUMBERS},
               {"03/25/2021", U, 2021, 3, 25, DC_FORM_NUMBERS},
               {"04/03/2021", D, 2021, 3, 4, DC_FORM_NUMBERS},
               {"04/03/2021", M, 2021, 4, 3, DC_FORM_NUMBERS},
               {"4-3-2021", D, 2021, 3, 4, DC_FORM_NUMBERS},
               {"27/03/12", U, 2012, 3, 27, DC_FORM_SHORT},
               {"3/27/12", U, 2012, 3, 27, DC_FORM_SHORT},
               {"01/02/68", D, 2068, 2, 1, DC_FORM_SHORT},
               {"01/02/69", D, 1969, 2, 1, DC_FORM_SHORT},
               {"99/03/25", U, 1999, 3, 25, DC_FORM_SHORT},
               {"21-03-04", Y, 2021, 3, 4, DC_FORM_SHORT},
               {"21-03-04", D, 2004, 3, 21, DC_FORM_SHORT},
               {"27.03.12", U, 2012, 3, 27, DC_FORM_SHORT},
               {"4-Mar-2021", U, 2021, 3, 4, DC_FORM_NAMED},
               {"27-Mar-12", U, 2012, 3, 27, DC_FORM_NAMED},
               {"04 MAR 2021", M, 2021, 3, 4, DC_FORM_NAMED},
               {"4 Mar, 2021", U, 2021, 3, 4, DC_FORM_NAMED},
               {"Mar 27, 2012", U, 2012, 3, 27, DC_FORM_NAMED},
               {"March 27 2012", D, 2012, 3, 27, DC_FORM_NAMED},
               {"27th March 2012", U, 2012, 3, 27, DC_FORM_NAMED},
               {"March 1st, 2012", U, 2012, 3, 1, DC_FORM_NAMED},
               {"Tue, 27 Mar 2012", U, 2012, 3, 27, DC_FORM_NAMED},
               {"Tuesday, March 27, 2012", U, 2012, 3, 27, DC_FORM_NAMED},
               {"Sept. 3, 2012", U, 2012, 9, 3, DC_FORM_NAMED},
               {"27. M\xC3\xA4rz 2012", U, 2012, 3, 27, DC_FORM_NAMED},
               {"1. J\xC3\xA4nner 2012", U, 2012, 1, 1, DC_FORM_NAMED},
               {"3. Dez. 2012", U, 2012, 12, 3, DC_FORM_NAMED},
               {"1er ao\xC3\xBBt 2012", U, 2012, 8, 1, DC_FORM_NAMED},
               {"14 f\xC3\xA9vr. 2012", U, 2012, 2, 14, DC_FORM_NAMED},
               {"27 de marzo de 2012", U, 2012, 3, 27, DC_FORM_NAMED},
               {"3 septiembre 2012", U, 2012, 9, 3, DC_FORM_NAMED},
               {"27 de mar\xC3\xA7o de 2012", U, 2012, 3, 27, DC_FORM_NAMED},
               {"5-out-2012", U, 2012, 10, 5, DC_FORM_NAMED},
               {"2012" NIAN "3" YUE "27" RI, U, 2012, 3, 27, DC_FORM_CJK},
               {"2012" NIAN "03" YUE "07" RI, M, 2012, 3, 7, DC_FORM_CJK},
               {"\xEF\xBC\x92\xEF\xBC\x90\xEF\xBC\x91\xEF\xBC\x92/3/27", U, 2012, 3, 27, DC_FORM_ISO}};
  dc_when when;
  uint32_t seen;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    dc_when_style style = {.order = (dc_day_order)cases[i].order};
    check_day(cases[i].text, style, cases[i].year, cases[i].month, cases[i].day);
    parse(cases[i].text, style, &when, &seen);
    assert_int_equal(when.form, cases[i].form);
    assert_int_equal(seen & (DC_WHEN_CLOCK | DC_WHEN_MIDNIGHT | DC_WHEN_ZONE), 0);
  }
  print_message("%zu ways of writing a day\n", sizeof cases / sizeof *cases);
}

static void months(void **state)
{
  (void)state;
  static const char *const names[12][6] = {{"January", "Januar", "janvier", "enero", "janeiro", "Jan"},
                                           {"February", "Februar", "f\xC3\xA9vrier", "febrero", "fevereiro", "Fev"},
                                           {"March", "M\xC3\xA4rz", "mars", "marzo", "mar\xC3\xA7o", "Mrz"},
                                           {"April", "April", "avril", "abril", "abril", "Abr"},
                                           {"May", "Mai", "mai", "mayo", "maio", "MAY"},
                                           {"June", "Juni", "juin", "junio", "junho", "Jun"},
                                           {"July", "Juli", "juillet", "julio", "julho", "Jul"},
                                           {"August", "August", "ao\xC3\xBBt", "agosto", "agosto", "Ago"},
                                           {"September", "September", "septembre", "septiembre", "setembro", "Set"},
                                           {"October", "Oktober", "octobre", "octubre", "outubro", "Okt"},
                                           {"November", "November", "novembre", "noviembre", "novembro", "Nov"},
                                           {"December", "Dezember",
                                            "d\xC3\xA9"
                                            "cembre",
                                            "diciembre", "dezembro", "Dic"}};
  const dc_when_style style = {.order = DC_ORDER_UNKNOWN};
  for (int m = 0; m < 12; m++)
    for (int k = 0; k < 6; k++) {
      char text[64];
      snprintf(text, sizeof text, "7 %s 2020", names[m][k]);
      check_day(text, style, 2020, m + 1, 7);
    }
}

static void impossible(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    int order;
    dc_when_result result;
  } cases[] = {{"2021-02-30", U, DC_WHEN_IMPOSSIBLE},
               {"1899-12-31", U, DC_WHEN_IMPOSSIBLE},
               {"2101-01-01", U, DC_WHEN_IMPOSSIBLE},
               {"2021-13-01", U, DC_WHEN_IMPOSSIBLE},
               {"31.04.2021", U, DC_WHEN_IMPOSSIBLE},
               {"13/13/2021", U, DC_WHEN_IMPOSSIBLE},
               {"03/25/2021", D, DC_WHEN_IMPOSSIBLE},
               {"25/03/2021", M, DC_WHEN_IMPOSSIBLE},
               {"2021-02-29 10:00", U, DC_WHEN_IMPOSSIBLE},
               {"0-Jan-2020", U, DC_WHEN_IMPOSSIBLE},
               {"Feb 30, 2020", U, DC_WHEN_IMPOSSIBLE},
               {"2012" NIAN "2" YUE "30" RI, U, DC_WHEN_IMPOSSIBLE},
               {"", U, DC_WHEN_NOT},
               {"2021", U, DC_WHEN_NOT},
               {"20210304", U, DC_WHEN_NOT},
               {"2021-03", U, DC_WHEN_NOT},
               {"2021-Q1", U, DC_WHEN_NOT},
               {"March 2021", U, DC_WHEN_NOT},
               {"2021-03/04", U, DC_WHEN_NOT},
               {"2021-03-04x", U, DC_WHEN_NOT},
               {"4-Foo-2021", U, DC_WHEN_NOT},
               {"2021-03-04T", U, DC_WHEN_NOT},
               {"2021-03-04 25:00", U, DC_WHEN_NOT},
               {"2021-03-04 1:", U, DC_WHEN_NOT},
               {"2021-03-04 10:61", U, DC_WHEN_NOT},
               {"2021-03-04 13:05 PM", U, DC_WHEN_NOT},
               {"2021-03-04 10", U, DC_WHEN_NOT},
               {"2021-03-04 10:00 CST", U, DC_WHEN_NOT},
               {"2021-03-04 10:00 +25:00", U, DC_WHEN_NOT},
               {"hello there", U, DC_WHEN_NOT},
               {"12021-01-01", U, DC_WHEN_NOT},
               {"1/2/213", U, DC_WHEN_NOT},
               {"1.2.3", U, DC_WHEN_NOT},
               {"March", U, DC_WHEN_NOT},
               {"may be", U, DC_WHEN_NOT},
               {"10:30", U, DC_WHEN_NOT}};
  dc_when when;
  uint32_t seen;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    dc_when_result result = parse(cases[i].text, (dc_when_style){.order = (dc_day_order)cases[i].order}, &when, &seen);
    if (result != cases[i].result) fail_msg("'%s' gives %d, expected %d", cases[i].text, result, cases[i].result);
    assert_int_equal(seen & DC_WHEN_CLOCK, 0);
  }
}

static void evidence(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    int order;
    uint32_t seen;
  } cases[] = {{"25/03/2021", U, DC_WHEN_DAY_FIRST},
               {"25/03/2021", M, DC_WHEN_DAY_FIRST}, /* impossible, and a proof */
               {"03/25/2021", D, DC_WHEN_MONTH_FIRST},
               {"03/04/2021", U, DC_WHEN_EITHER},
               {"03/03/2021", U, 0},
               {"45/03/2021", U, 0},
               {"25.03.2021", U, DC_WHEN_DAY_FIRST},
               {"04.03.2021", U, 0},
               {"2021-03-04", U, 0},
               {"27/03/12", U, DC_WHEN_DAY_FIRST | DC_WHEN_TWO_DIGITS},
               {"27/03/99", U, DC_WHEN_DAY_FIRST | DC_WHEN_TWO_DIGITS | DC_WHEN_YEAR_LAST},
               {"99/03/27", U, DC_WHEN_YEAR_FIRST | DC_WHEN_TWO_DIGITS},
               {"2021-03-04 00:00", U, DC_WHEN_MIDNIGHT},
               {"2021-03-04 00:01", U, DC_WHEN_CLOCK},
               {"2021-03-04 00:01Z", U, DC_WHEN_CLOCK | DC_WHEN_ZONE}};
  dc_when when;
  uint32_t seen;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    parse(cases[i].text, (dc_when_style){.order = (dc_day_order)cases[i].order}, &when, &seen);
    if (seen != cases[i].seen) fail_msg("'%s' shows %x, expected %x", cases[i].text, seen, cases[i].seen);
  }
}

static void instants(void **state)
{
  (void)state;
  enum { HOUR = 3600000, DAY = 24 * HOUR };
  static const struct {
    const char *text;
    int64_t ms;
  } cases[] = {{"1970-01-01 00:00", 0},
               {"1970-01-01T00:00:01Z", 1000},
               {"1970-01-02 01:02:03.5", DAY + 3723500},
               {"1970-01-02 01:02:03,5", DAY + 3723500},
               {"1970-01-01T00:00:00.123456Z", 123},
               {"1970-01-01T02:00:00+02:00", 0},
               {"1970-01-01T00:00:00.000+0000", 0},
               {"1970-01-01T00:00:00-0530", 19800000},
               {"1970-01-01 08:00 +08", 0},
               {"1970-01-01 08:00 GMT+8", 0},
               {"1970-01-01 08:00 UTC+08:00", 0},
               {"1970-01-01 05:00 UTC", 5 * HOUR},
               {"1970-01-01 05:00 (GMT)", 5 * HOUR},
               {"1970-01-01 05:00 EST", 10 * HOUR},
               {"1970-01-01 05:00 CEST", 3 * HOUR},
               {"02.01.1970 1:00", DAY + HOUR},
               {"02.01.1970, 1:00", DAY + HOUR},
               {"1/2/1970 3:05 PM", 32 * (int64_t)DAY - DAY + 15 * HOUR + 300000},
               {"1970-01-01 12:05 AM", 300000},
               {"1970-01-01 12:05 pm", 12 * HOUR + 300000},
               {"Jan 1, 1970, 3:05:01 p.m.", 15 * HOUR + 301000},
               {"1970-01-01 3 PM", 15 * HOUR},
               {"1970-01-01 1502", 15 * HOUR + 120000},
               {"19700101 150237", 15 * HOUR + 157000},
               {"19700101T150237Z", 15 * HOUR + 157000},
               {"1-1-1970 1502 Z", 15 * HOUR + 120000},
               {"1970-01-01 " XIAWU "3:05", 15 * HOUR + 300000},
               {"1970" NIAN "1" YUE "1" RI " " SHANGWU "3:05", 3 * HOUR + 300000},
               {"1970" NIAN "1" YUE "1" RI "15\xE6\x97\xB6"
                "05\xE5\x88\x86",
                15 * HOUR + 300000},
               {"1970" NIAN "1" YUE "1" RI " 15:05", 15 * HOUR + 300000},
               {"1-Jan-1970 15:05", 15 * HOUR + 300000}};
  dc_when when;
  uint32_t seen;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    dc_when_style style = {.order = DC_ORDER_DAY_FIRST};
    if (parse(cases[i].text, style, &when, &seen) != DC_WHEN_OK) fail_msg("'%s' is no instant", cases[i].text);
    if (dc_when_instant(&when) != cases[i].ms)
      fail_msg("'%s' is %lld, expected %lld", cases[i].text, (long long)dc_when_instant(&when), (long long)cases[i].ms);
  }
  print_message("%zu ways of writing an instant\n", sizeof cases / sizeof *cases);
}

static void digits_alone(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    dc_bare bare;
    const char *expected; /* NULL: no date by this rule */
    int32_t ms;
  } cases[] = {{"20120327", DC_BARE_COMPACT, "2012-03-27", 0},
               {"20120327153000", DC_BARE_COMPACT, "2012-03-27", 55800000},
               {"201203271530", DC_BARE_COMPACT, "2012-03-27", 55800000},
               {"43831", DC_BARE_COMPACT, NULL, 0},
               {"43831", DC_BARE_EXCEL, "2020-01-01", 0},
               {"43831.5", DC_BARE_EXCEL, "2020-01-01", 43200000},
               {"43831,5", DC_BARE_EXCEL, "2020-01-01", 43200000},
               {"43831.333333333336", DC_BARE_EXCEL, "2020-01-01", 28800000},
               {"43831.99999999999", DC_BARE_EXCEL, "2020-01-02", 0},
               {"25569", DC_BARE_EXCEL, "1970-01-01", 0},
               {"25568", DC_BARE_EXCEL, NULL, 0},
               {"99999", DC_BARE_EXCEL, NULL, 0},
               {"20120327", DC_BARE_EXCEL, NULL, 0},
               {"42369", DC_BARE_EXCEL_1904, "2020-01-01", 0},
               {"1539451005", DC_BARE_SECONDS, "2018-10-13", 62205000},
               {"1539451005.25", DC_BARE_SECONDS, "2018-10-13", 62205250},
               {"1539451005000", DC_BARE_SECONDS, NULL, 0},
               {"1539451005000", DC_BARE_MILLISECONDS, "2018-10-13", 62205000},
               {"1539451005", DC_BARE_MILLISECONDS, NULL, 0},
               {"1", DC_BARE_SECONDS, NULL, 0},
               {"2012-03-27", DC_BARE_EXCEL, "2012-03-27", 0}, /* dates as words stay dates */
               {"20120327", DC_BARE_NOT, NULL, 0}};
  dc_when when;
  uint32_t seen;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    dc_when_result result = parse(cases[i].text, (dc_when_style){.bare = cases[i].bare}, &when, &seen);
    char found[DC_DATE_CHARS] = "no date";
    if (result == DC_WHEN_OK) dc_date_format(when.day, found);
    if (strcmp(found, cases[i].expected ? cases[i].expected : "no date") != 0 ||
        (cases[i].expected && when.ms != cases[i].ms))
      fail_msg("'%s' by rule %d is %s and %d ms", cases[i].text, cases[i].bare, found, when.ms);
  }
  assert_int_equal(parse("20120230", (dc_when_style){.bare = DC_BARE_COMPACT}, &when, &seen), DC_WHEN_IMPOSSIBLE);
}

static void periods(void **state)
{
  (void)state;
  static const struct {
    const char *text;
    int year, month;
  } cases[] = {{"2025-Q1", 2025, 1},    {"2025Q3", 2025, 7}, {"2025 Q4", 2025, 10}, {"Q1 2025", 2025, 1},
               {"Q2-2025", 2025, 4},    {"q3/25", 2025, 7},  {"2025-03", 2025, 3},  {"2025/11", 2025, 11},
               {"March 2025", 2025, 3}, {"202503", 2025, 3}, {"Mrz 2025", 2025, 3}, {"2025" NIAN "3" YUE, 2025, 3}};
  const dc_when_style style = {.periods = true};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    check_day(cases[i].text, style, cases[i].year, cases[i].month, 1);
  dc_when when;
  uint32_t seen;
  assert_int_equal(parse("2025-Q5", style, &when, &seen), DC_WHEN_IMPOSSIBLE);
  assert_int_equal(parse("2025-13", style, &when, &seen), DC_WHEN_IMPOSSIBLE);
  assert_int_equal(parse("43831", style, &when, &seen), DC_WHEN_NOT);
  check_day("2025-03-04", style, 2025, 3, 4);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(days),       cmocka_unit_test(months),
                                     cmocka_unit_test(impossible), cmocka_unit_test(evidence),
                                     cmocka_unit_test(instants),   cmocka_unit_test(digits_alone),
                                     cmocka_unit_test(periods)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
