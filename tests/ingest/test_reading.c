/* What is read in a short way is what the general readers of numbers and dates find. */
#include "engine/base/random.h"
#include "engine/ingest/reading.h"
#include "tests/check.h"

#include <string.h>

enum { TEXTS = 300000, TEXT_BYTES = 64 };

static uint64_t drawn;

static size_t draw(size_t below) { return (size_t)(dc_random_bits(5, 6, drawn++) % below); }

static bool digit(char c) { return c >= '0' && c <= '9'; }

/* By the general readers alone. */
static dc_reading general(const char *text, size_t length, bool periods)
{
  const dc_number_style any = {.decimal = DC_DECIMAL_UNKNOWN};
  const dc_when_style unknown = {.periods = periods};
  dc_reading r = {.kind = DC_READING_NEITHER};
  dc_number_cell number;
  dc_when when;
  uint32_t seen = 0;
  if (dc_number_read(text, length, &any, &number)) {
    static const size_t digits_of[][4] = {[DC_BARE_COMPACT] = {8, 12, 14},
                                          [DC_BARE_EXCEL] = {5},
                                          [DC_BARE_SECONDS] = {9, 10},
                                          [DC_BARE_MILLISECONDS] = {12, 13}};
    r.kind = DC_READING_NUMBER;
    r.seen = (uint16_t)number.seen;
    r.currency = number.currency;
    size_t digits = 0;
    while (digits < length && digit(text[digits])) digits++;
    for (unsigned b = 0; b < sizeof digits_of / sizeof *digits_of; b++) {
      for (size_t k = 0; k < 4 && digits; k++) {
        dc_when_style style = {.bare = (dc_bare)b};
        if (digits_of[b][k] == digits && dc_when_parse(text, length, &style, &when, &seen) == DC_WHEN_OK)
          r.bares |= (uint8_t)(1u << b);
      }
    }
    r.bare_seen = (uint16_t)seen;
    return r;
  }
  dc_when_result result = dc_when_parse(text, length, &unknown, &when, &seen);
  if (result == DC_WHEN_NOT) return r;
  r.kind = result == DC_WHEN_OK ? DC_READING_DATE : DC_READING_BAD_DATE;
  r.seen = (uint16_t)seen;
  if (result != DC_WHEN_OK) return r;
  r.form = (uint8_t)when.form;
  r.separator = when.separator;
  if (seen & DC_WHEN_TWO_DIGITS) {
    r.first = when.first;
    r.last = when.last;
  }
  return r;
}

static void check_alike(const char *text, const dc_reading *a, const dc_reading *b)
{
  if (a->kind == b->kind && a->form == b->form && a->separator == b->separator && a->first == b->first &&
      a->last == b->last && a->currency == b->currency && a->bares == b->bares && a->seen == b->seen &&
      a->bare_seen == b->bare_seen)
    return;
  fail_msg("'%s' is read as %d/%x, and as %d/%x in general", text, a->kind, a->seen, b->kind, b->seen);
}

/* Returns whether the short way took it. */
static bool check_one(const char *text)
{
  char room[TEXT_BYTES + DC_KEY_BYTES + 1] = {0};
  size_t length = strlen(text);
  memcpy(room, text, length);
  dc_lookup word;
  dc_lookup_set(&word, room, length);
  dc_reading wanted = general(text, length, false), own = dc_reading_of(text, length, false), plain;
  check_alike(text, &own, &wanted);
  dc_reading with_periods = general(text, length, true);
  own = dc_reading_of(text, length, true);
  check_alike(text, &own, &with_periods);
  if (length > DC_KEY_BYTES) return false;
  uint32_t odd = dc_reading_odd(&word);
  for (size_t i = 0; i < 16; i++) assert_int_equal(odd >> i & 1, !(i < length && digit(text[i])));
  if (!dc_reading_plain(&word, odd, &plain)) return false;
  check_alike(text, &plain, &wanted);
  check_alike(text, &plain, &with_periods);
  return true;
}

static const char *const short_way[] = {"0",
                                        "00",
                                        "7",
                                        "-7",
                                        "007",
                                        "0.5",
                                        "00.5",
                                        "0.500",
                                        "1.234",
                                        "-1.234",
                                        "12.345",
                                        "123.456",
                                        "1234.567",
                                        "5.",
                                        "-5.",
                                        "12345.",
                                        "12345",
                                        "12345.25",
                                        "25568.9999999",
                                        "25569",
                                        "73415",
                                        "73416",
                                        "99999.5",
                                        "20200229",
                                        "20210229",
                                        "202002291234",
                                        "631152000",
                                        "1700000000.5",
                                        "1700000000000",
                                        "123456789012345",
                                        "-12345678901234",
                                        "1234567890.1234",
                                        "1900-01-01",
                                        "2100-12-28",
                                        "2020-02-28",
                                        "0.0000000000001"};

static const char *const others[] = {"-",
                                     "--5",
                                     ".5",
                                     "-.5",
                                     "1.2.3",
                                     "5-",
                                     "+5",
                                     "1,5",
                                     "1e5",
                                     "2020-02-30",
                                     "2020-02-29",
                                     "1899-12-31",
                                     "2101-01-01",
                                     "2020-00-10",
                                     "2020-13-10",
                                     "-000-00-00",
                                     "2020-1-01",
                                     "2020/01/01",
                                     "12345678901234567",
                                     "1234567890123456",
                                     "0-0",
                                     "5 ",
                                     "9007199254740993",
                                     "20200101 k",
                                     "20200101TZ",
                                     "20200101 T\xE2\x82\xAC"};

static void edges(void **state)
{
  (void)state;
  for (size_t k = 0; k < sizeof short_way / sizeof *short_way; k++)
    if (!check_one(short_way[k])) fail_msg("'%s' is not read in the short way", short_way[k]);
  for (size_t k = 0; k < sizeof others / sizeof *others; k++)
    if (check_one(others[k])) fail_msg("'%s' is read in the short way", others[k]);
}

static void random_numbers(void **state)
{
  static const char letters[] = "0123456789012345678901234567890123456789..--,/: eT%k$";
  char text[TEXT_BYTES];
  size_t taken = 0;
  (void)state;
  for (size_t t = 0; t < TEXTS; t++) {
    size_t n = 1 + draw(17), kinds = draw(2) ? 40 : draw(2) ? 44 : sizeof letters - 1;
    for (size_t i = 0; i < n; i++) text[i] = letters[draw(kinds)];
    text[n] = '\0';
    if (text[0] == ' ' || text[n - 1] == ' ') text[0] = text[n - 1] = '1';
    if (draw(4) == 0) snprintf(text, sizeof text, "%04zu-%02zu-%02zu", 1895 + draw(210), draw(15), draw(33));
    taken += check_one(text);
  }
  assert_true(taken > TEXTS / 3);
}

static const char *const begins[] = {"USD",         "EUR",         "CHF",
                                     "ZAR",         "US$",         "AU$",
                                     "A$",          "CAN$",        "CAN\xEF\xBC\x84",
                                     "R$",          "Euro",        "Eur",
                                     "RMB",         "CNH",         "Rs.",
                                     "SFr.",        "Fr.",         "kr.",
                                     "kr",          "K\xC4\x8D",   "z\xC5\x82",
                                     "CN\xC2\xA5",  "JP\xC2\xA5",  "U\xEF\xBC\xB3\xEF\xBC\xA4",
                                     "Jan",         "ene",         "Feb",
                                     "fev",         "f\xC3\xA9v",  "Mar",
                                     "M\xC3\xA4rz", "maerz",       "mrz",
                                     "apr",         "avr",         "abr",
                                     "May",         "mai",         "jun",
                                     "juin",        "juil",        "jul",
                                     "Aug",         "ao\xC3\xBBt", "ago",
                                     "Sept",        "set",         "oct",
                                     "Okt",         "out",         "nov",
                                     "Dez",         "dic",         "decem",
                                     "Mon",         "tues",        "Wed",
                                     "thur",        "Friday",      "sat",
                                     "Sun",         "Q1",          "q",
                                     "Acc",         "D",           "rep",
                                     "Ju",          "J\u200Ban",   "Se",
                                     "x",           "USd",         "Nov.",
                                     "T",           "Z",           "Lead"};

static const char *const ends[] = {
    "",          " ",     ".",           ", ",     "-",    "/",   " 5",     "27111",
    " 12, 2012", " 2012", "1",           "0000",   "5.50", "1,5", " 1.234", " March 3, 2020",
    " 2025",     "k",     " 7 May 2021", "\u200B7"};

/* Words that begin as currencies, months and weekdays do, or nearly so. */
static void random_words(void **state)
{
  char text[TEXT_BYTES];
  size_t found[DC_READING_BAD_DATE + 1] = {0};
  (void)state;
  for (size_t t = 0; t < TEXTS / 4; t++) {
    snprintf(text, sizeof text, "%s%s%s", begins[draw(sizeof begins / sizeof *begins)],
             ends[draw(sizeof ends / sizeof *ends)], ends[draw(sizeof ends / sizeof *ends)]);
    if (draw(8) == 0) text[draw(3) % strlen(text)] ^= 0x20;
    size_t length = strlen(text);
    while (length && text[length - 1] == ' ') text[--length] = '\0';
    if (!length || text[0] == ' ' || text[0] == '\0') continue;
    (void)check_one(text);
    found[general(text, length, true).kind]++;
  }
  assert_true(found[DC_READING_NUMBER] > 1000 && found[DC_READING_DATE] > 1000 && found[DC_READING_NEITHER] > 1000);
}

/* One name for each way in which they begin. */
static void names(void **state)
{
  static const char *const months[] = {
      "Jan",      "ene",     "Feb",      "f\xC3\xA9v", "Mar",      "Mai",     "May",        "maerz", "mrz",
      "Apr",      "avril",   "abr",      "Jun",        "juin",     "Jul",     "Aug",        "ago",   "ao\xC3\xBBt",
      "Sep",      "set",     "Oct",      "Okt",        "out",      "Nov",     "Dec",        "Dez",   "dic",
      "Mon, May", "Tue May", "Wed, May", "Thu, May",   "Fri, May", "Sat May", "Sunday, May"};
  char text[TEXT_BYTES];
  (void)state;
  for (size_t k = 0; k < sizeof months / sizeof *months; k++) {
    snprintf(text, sizeof text, "%s 7, 2020", months[k]);
    if (dc_reading_of(text, strlen(text), false).kind != DC_READING_DATE) fail_msg("'%s' is no date", text);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(edges), cmocka_unit_test(names), cmocka_unit_test(random_numbers),
                                     cmocka_unit_test(random_words)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
