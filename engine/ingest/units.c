#include "engine/ingest/units.h"

#include <string.h>

/* By their number: first the codes, in order; then the signs that several currencies share. */
static const char *const codes[] = {
    "",    "AED", "ARS", "AUD", "BDT", "BGN", "BHD", "BRL", "BYN", "CAD", "CHF", "CLP", "CNY", "COP", "CRC",      "CZK",
    "DKK", "DOP", "DZD", "EGP", "EUR", "GBP", "GEL", "GHS", "GTQ", "HKD", "HUF", "IDR", "ILS", "INR", "IQD",      "IRR",
    "ISK", "JOD", "JPY", "KES", "KRW", "KWD", "KZT", "LBP", "LKR", "MAD", "MMK", "MOP", "MXN", "MYR", "NGN",      "NOK",
    "NPR", "NZD", "OMR", "PEN", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "SAR", "SEK", "SGD",      "THB",
    "TND", "TRY", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VND", "XAF", "XOF", "ZAR", "$",   "\xC2\xA5", "kr"};
enum { N_CURRENCIES = sizeof codes / sizeof *codes, N_SHARED = 3 };
_Static_assert(N_CURRENCIES < 256, "a currency's number is a byte");

/* Longer ones first where one ends or begins with another. */
static const struct {
  char mark[12], code[4];
} marks[] = {{"US$", "USD"},
             {"AU$", "AUD"},
             {"A$", "AUD"},
             {"CA$", "CAD"},
             {"CAN$", "CAD"},
             {"C$", "CAD"},
             {"NZ$", "NZD"},
             {"HK$", "HKD"},
             {"NT$", "TWD"},
             {"MX$", "MXN"},
             {"S$", "SGD"},
             {"R$", "BRL"},
             {"$", "$"},
             {"\xE2\x82\xAC", "EUR"},
             {"Euro", "EUR"},
             {"\xC2\xA3", "GBP"},
             {"CN\xC2\xA5", "CNY"},
             {"JP\xC2\xA5", "JPY"},
             {"\xC2\xA5", "\xC2\xA5"},
             {"RMB", "CNY"},
             {"CNH", "CNY"},
             {"\xE4\xBA\xBA\xE6\xB0\x91\xE5\xB8\x81", "CNY"}, /* renminbi */
             {"\xE7\xBE\x8E\xE5\x85\x83", "USD"},             /* meiyuan */
             {"\xE6\xAC\xA7\xE5\x85\x83", "EUR"},             /* ouyuan */
             {"\xE6\xB8\xAF\xE5\x85\x83", "HKD"},             /* gangyuan */
             {"\xE6\xB8\xAF\xE5\xB8\x81", "HKD"},             /* gangbi */
             {"\xE6\x97\xA5\xE5\x85\x83", "JPY"},             /* riyuan */
             {"\xE5\x85\x83", "CNY"},                         /* yuan */
             {"\xE5\x86\x86", "JPY"},                         /* en */
             {"\xE2\x82\xB9", "INR"},
             {"Rs.", "INR"},
             {"\xE2\x82\xA9", "KRW"},
             {"\xE2\x82\xBA", "TRY"},
             {"\xE2\x82\xBD", "RUB"},
             {"\xE2\x82\xAB", "VND"},
             {"\xE0\xB8\xBF", "THB"},
             {"\xE2\x82\xB4", "UAH"},
             {"\xE2\x82\xAA", "ILS"},
             {"\xE2\x82\xB1", "PHP"},
             {"z\xC5\x82", "PLN"},
             {"K\xC4\x8D", "CZK"},
             {"SFr.", "CHF"},
             {"Fr.", "CHF"},
             {"kr.", "kr"},
             {"kr", "kr"}};
enum { N_MARKS = sizeof marks / sizeof *marks, LONGEST_MARK = 4 /* of those that begin with a letter */ };

/* A word, its power of ten, and where it counts. */
typedef enum scale_place {
  IN_CELLS,   /* and in names */
  WITH_MONEY, /* beside a currency only */
  IN_NAMES
} scale_place;

static const struct {
  const char *word;
  int power;
  scale_place place;
} scales[] = {{"million", 6, IN_CELLS},
              {"billion", 9, IN_CELLS},
              {"Million", 6, IN_CELLS},
              {"Billion", 9, IN_CELLS},
              {"millions", 6, IN_NAMES},
              {"billions", 9, IN_NAMES},
              {"Millions", 6, IN_NAMES},
              {"thousands", 3, IN_NAMES},
              {"Thousands", 3, IN_NAMES},
              {"thousand", 3, IN_NAMES},
              {"'000s", 3, IN_NAMES},
              {"'000", 3, IN_NAMES},
              {"000s", 3, IN_NAMES},
              {"Tausend", 3, IN_NAMES},
              {"Tsd.", 3, IN_CELLS},
              {"Tsd", 3, IN_CELLS},
              {"Mio.", 6, IN_CELLS},
              {"Mio", 6, IN_CELLS},
              {"mio", 6, IN_CELLS},
              {"Mill.", 6, IN_CELLS},
              {"Mrd.", 9, IN_CELLS},
              {"Mrd", 9, IN_CELLS},
              {"mln", 6, IN_CELLS},
              {"mn", 6, IN_CELLS},
              {"MM", 6, IN_CELLS},
              {"bn", 9, IN_CELLS},
              {"Bn", 9, IN_CELLS},
              {"BN", 9, IN_CELLS},
              {"lakhs", 5, IN_CELLS},
              {"lakh", 5, IN_CELLS},
              {"crore", 7, IN_CELLS},
              {"Cr", 7, WITH_MONEY},
              {"k", 3, IN_CELLS},
              {"K", 3, IN_CELLS},
              {"T", 3, WITH_MONEY},
              {"m", 6, IN_CELLS},
              {"M", 6, IN_CELLS},
              {"b", 9, IN_CELLS},
              {"B", 9, IN_CELLS},
              {"\xE4\xB8\x87\xE4\xBA\xBF", 12, IN_CELLS}, /* wanyi */
              {"\xE5\x8D\x83\xE4\xB8\x87", 7, IN_CELLS},  /* qianwan */
              {"\xE7\x99\xBE\xE4\xB8\x87", 6, IN_CELLS},  /* baiwan */
              {"\xE4\xB8\x87", 4, IN_CELLS},              /* wan */
              {"\xE4\xBA\xBF", 8, IN_CELLS},              /* yi */
              {"\xE8\x90\xAC", 4, IN_CELLS},              /* wan, traditional */
              {"\xE5\x84\x84", 8, IN_CELLS},              /* yi, traditional */
              {"\xE5\x8D\x83", 3, IN_CELLS}};             /* qian */
enum { N_SCALES = sizeof scales / sizeof *scales };

const char *dc_currency_code(uint8_t currency) { return currency && currency < N_CURRENCIES ? codes[currency] : NULL; }

uint8_t dc_currency_find(const char *code)
{
  for (int i = 1; i < N_CURRENCIES; i++)
    if (strcmp(codes[i], code) == 0) return (uint8_t)i;
  return 0;
}

static uint8_t find_code(const char *three)
{
  for (int i = 0; i < 3; i++)
    if (three[i] < 'A' || three[i] > 'Z') return 0;
  int low = 1, high = N_CURRENCIES - N_SHARED - 1;
  while (low <= high) {
    int middle = (low + high) / 2, order = memcmp(codes[middle], three, 3);
    if (order == 0) return (uint8_t)middle;
    if (order < 0)
      low = middle + 1;
    else
      high = middle - 1;
  }
  return 0;
}

static bool take(const char **text, size_t *length, const char *mark, bool front)
{
  if (front && (!*length || **text != *mark)) return false;
  size_t n = strlen(mark);
  if (*length < n || memcmp(front ? *text : *text + *length - n, mark, n) != 0) return false;
  if (front) *text += n;
  *length -= n;
  dc_trim(text, length);
  return true;
}

static uint8_t take_currency(const char **text, size_t *length, bool front)
{
  char first = *length ? **text : 0;
  for (int m = 0; m < N_MARKS; m++) {
    if (front && first != *marks[m].mark) continue;
    if (take(text, length, marks[m].mark, front)) return dc_currency_find(marks[m].code);
  }
  uint8_t found = *length < 3 ? 0 : find_code(front ? *text : *text + *length - 3);
  if (found) take(text, length, codes[found], front);
  return found;
}

uint8_t dc_currency_take_front(const char **text, size_t *length) { return take_currency(text, length, true); }
uint8_t dc_currency_take_back(const char **text, size_t *length) { return take_currency(text, length, false); }

bool dc_currency_begins(const char *text, size_t length)
{
  /* Beyond ASCII: perhaps in full width, or with something in between that is not seen. */
  for (size_t i = 0; i < length && i < LONGEST_MARK; i++)
    if (text[i] & 0x80) return true;
  return take_currency(&text, &length, true) != 0;
}

static int take_scale(const char **text, size_t *length, bool money, bool name)
{
  for (int s = 0; s < N_SCALES; s++) {
    if ((scales[s].place == WITH_MONEY && !money) || (scales[s].place == IN_NAMES && !name)) continue;
    if (take(text, length, scales[s].word, false)) return scales[s].power;
  }
  return 0;
}

int dc_scale_take_back(const char **text, size_t *length, bool money) { return take_scale(text, length, money, false); }

/* Whether the text is a unit and nothing else. */
static bool read_unit(const char *text, size_t length, bool expected, dc_number_style *style)
{
  dc_number_style found = *style;
  dc_trim(&text, &length);
  (void)(take(&text, &length, "in ", true) || take(&text, &length, "en ", true));
  if (take(&text, &length, "\xE5\x8D\x95\xE4\xBD\x8D", true)) /* danwei, "unit" */
    (void)(take(&text, &length, ":", true) || take(&text, &length, "\xEF\xBC\x9A", true));
  found.currency = dc_currency_take_back(&text, &length);
  size_t before = length;
  int power = take_scale(&text, &length, found.currency != 0, true);
  bool letter = power && before - length == 1;
  if (!found.currency) found.currency = dc_currency_take_front(&text, &length);
  if (length && found.currency && !power) power = take_scale(&text, &length, true, true);
  if (length || (!power && !found.currency) || (letter && !found.currency && !expected)) return false;
  found.shift = (int8_t)power;
  *style = found;
  return true;
}

static uint8_t code_in_any_case(const char *three)
{
  char code[3];
  for (int i = 0; i < 3; i++) code[i] = (char)(three[i] >= 'a' && three[i] <= 'z' ? three[i] - 32 : three[i]);
  return find_code(code);
}

void dc_units_of_name(const char *name, bool expected, dc_number_style *style)
{
  static const char *const brackets[] = {"(", ")", "[", "]", "\xEF\xBC\x88", "\xEF\xBC\x89"};
  size_t length = strlen(name);
  for (size_t b = 0; b < sizeof brackets / sizeof *brackets; b += 2) {
    size_t open = strlen(brackets[b]), close = strlen(brackets[b + 1]);
    const char *from = strstr(name, brackets[b]), *to = from ? strstr(from + open, brackets[b + 1]) : NULL;
    if (to && to[close] == '\0' && read_unit(from + open, (size_t)(to - from) - open, expected, style)) return;
  }
  for (size_t i = length; i-- > 1;) {
    bool edge = name[i] == ' ' || name[i] == '_' || name[i] == '-';
    bool in = edge && strncmp(name + i, " in ", 4) == 0;
    if (in && read_unit(name + i, length - i, expected, style)) return;
    /* "Amount_USD": a code alone, since "Series B" is no billion. */
    uint8_t code = edge && length - i == 4 ? code_in_any_case(name + i + 1) : 0;
    if (code) {
      style->currency = code;
      return;
    }
  }
}
