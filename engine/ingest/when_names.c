#include "engine/ingest/when_parts.h"

enum { LONGEST_NAME = 12 };

/* English, German, French, Spanish, Portuguese, without accents; no name means two months. */
static const struct {
  const char *name;
  int month;
} months[] = {
    {"jan", 1},        {"january", 1},    {"januar", 1},    {"janner", 1},     {"janvier", 1},   {"janv", 1},
    {"enero", 1},      {"ene", 1},        {"janeiro", 1},   {"feb", 2},        {"february", 2},  {"februar", 2},
    {"fevrier", 2},    {"fevr", 2},       {"fev", 2},       {"febrero", 2},    {"fevereiro", 2}, {"mar", 3},
    {"march", 3},      {"marz", 3},       {"maerz", 3},     {"mrz", 3},        {"mars", 3},      {"marzo", 3},
    {"marco", 3},      {"apr", 4},        {"april", 4},     {"avril", 4},      {"avr", 4},       {"abril", 4},
    {"abr", 4},        {"may", 5},        {"mai", 5},       {"mayo", 5},       {"maio", 5},      {"jun", 6},
    {"june", 6},       {"juni", 6},       {"juin", 6},      {"junio", 6},      {"junho", 6},     {"jul", 7},
    {"july", 7},       {"juli", 7},       {"juillet", 7},   {"juil", 7},       {"julio", 7},     {"julho", 7},
    {"aug", 8},        {"august", 8},     {"aout", 8},      {"agosto", 8},     {"ago", 8},       {"sep", 9},
    {"sept", 9},       {"september", 9},  {"septembre", 9}, {"septiembre", 9}, {"setiembre", 9}, {"setembro", 9},
    {"set", 9},        {"oct", 10},       {"october", 10},  {"oktober", 10},   {"okt", 10},      {"octobre", 10},
    {"octubre", 10},   {"outubro", 10},   {"out", 10},      {"nov", 11},       {"november", 11}, {"novembre", 11},
    {"noviembre", 11}, {"novembro", 11},  {"dec", 12},      {"december", 12},  {"dezember", 12}, {"dez", 12},
    {"decembre", 12},  {"diciembre", 12}, {"dic", 12},      {"dezembro", 12},
};

/* How names of months and weekdays begin, by their first letter. */
static const char *const begins[26] = {
    ['a' - 'a'] = "abragoaouapraugavr",
    ['d' - 'a'] = "decdezdic",
    ['e' - 'a'] = "ene",
    ['f' - 'a'] = "febfevfri",
    ['j' - 'a'] = "janjuijuljun",
    ['m' - 'a'] = "maemaimarmaymonmrz",
    ['n' - 'a'] = "nov",
    ['o' - 'a'] = "octoktout",
    ['s' - 'a'] = "satsepsetsun",
    ['t' - 'a'] = "thutue",
    ['w' - 'a'] = "wed",
};

/* Three letters: does a name begin so? */
static bool may_be_name(const char *letters)
{
  const char *one = begins[letters[0] - 'a'];
  for (; one && *one; one += 3)
    if (one[1] == letters[1] && one[2] == letters[2]) return true;
  return false;
}

/* One letter without its accent, in lower case, from UTF-8; 0 = no letter of these names. *used bytes. */
static char plain_letter(const dc_when_reader *r, size_t *used)
{
  static const char latin[] = "aaaaaaaceeeeiiiidnooooo*ouuuuy*saaaaaaaceeeeiiiidnooooo*ouuuuy*y"; /* U+00C0 .. U+00FF */
  if (r->p == r->end) return 0;
  unsigned char c = (unsigned char)*r->p, next = r->end - r->p > 1 ? (unsigned char)r->p[1] : 0;
  *used = 1;
  if (c >= 'A' && c <= 'Z') return (char)(c + 32);
  if (c >= 'a' && c <= 'z') return (char)c;
  *used = 2;
  char letter = c == 0xC3 && next >= 0x80 && next < 0xC0 ? latin[next - 0x80] : 0;
  return letter == '*' ? 0 : letter;
}

/* The letters from here on; how many, 0 when they are too many. */
static size_t take_letters(dc_when_reader *r, char *name)
{
  size_t n = 0, used;
  for (char letter; (letter = plain_letter(r, &used)) != 0; r->p += used) {
    if (n == LONGEST_NAME) return 0;
    name[n++] = letter;
  }
  name[n] = '\0';
  return n;
}

bool dc_when_take_month(dc_when_reader *r, int *month)
{
  char name[LONGEST_NAME + 1];
  dc_when_reader s = *r;
  if (take_letters(&s, name) < 3 || !may_be_name(name)) return false;
  for (size_t m = 0; m < sizeof months / sizeof *months; m++) {
    if (months[m].name[0] != name[0] || strcmp(months[m].name, name) != 0) continue;
    *month = months[m].month;
    *r = s;
    dc_when_take(r, '.');
    return true;
  }
  return false;
}

void dc_when_skip_weekday(dc_when_reader *r)
{
  static const char *const days[] = {"mon",       "monday", "tue",      "tues",  "tuesday",  "wed",
                                     "wednesday", "thu",    "thur",     "thurs", "thursday", "fri",
                                     "friday",    "sat",    "saturday", "sun",   "sunday"};
  char name[LONGEST_NAME + 1];
  dc_when_reader s = *r;
  if (take_letters(&s, name) < 3 || !may_be_name(name)) return;
  for (size_t d = 0; d < sizeof days / sizeof *days; d++) {
    if (strcmp(days[d], name) != 0) continue;
    dc_when_take(&s, ',');
    while (dc_when_take(&s, ' ')) continue;
    *r = s;
    return;
  }
}

bool dc_when_begins(const char *text, size_t length, bool periods)
{
  char letters[3];
  if (periods && (text[0] == 'Q' || text[0] == 'q')) return true;
  if (length < sizeof letters) return false;
  for (size_t i = 0; i < sizeof letters; i++) {
    char c = text[i];
    if (c & 0x80) return true; /* perhaps with an accent, or nothing that is seen */
    letters[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    if (letters[i] < 'a' || letters[i] > 'z') return false;
  }
  return may_be_name(letters);
}
