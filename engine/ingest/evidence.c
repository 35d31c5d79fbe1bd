#include "engine/ingest/evidence.h"

#include <stdlib.h>
#include <string.h>

/* The bit of a value's `seen` that says so. */
static const struct {
  dc_showing what;
  bool when;
  uint32_t bit;
} showings[] = {{DC_SHOWS_POINT, false, DC_NUMBER_POINT},     {DC_SHOWS_COMMA, false, DC_NUMBER_COMMA},
                {DC_SHOWS_POINT_3, false, DC_NUMBER_POINT_3}, {DC_SHOWS_COMMA_3, false, DC_NUMBER_COMMA_3},
                {DC_SHOWS_DAY, true, DC_WHEN_DAY_FIRST},      {DC_SHOWS_MONTH, true, DC_WHEN_MONTH_FIRST},
                {DC_SHOWS_YEAR, true, DC_WHEN_YEAR_FIRST},    {DC_SHOWS_EITHER, true, DC_WHEN_EITHER}};

/* Digits, signs, brackets, points, currencies; names of months: no number and no date begins otherwise. */
static bool may_be_read(char c, size_t length)
{
  bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  if (letter) return length >= 4 && length <= 64;
  return (c >= '0' && c <= '9') || strchr("+-.,($", c) || (unsigned char)c >= 0x80;
}

static bool has_digit(const char *text, size_t length)
{
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if ((unsigned char)(c - '0') < 10) return true;
    if (c == 0xEF && length - i > 2 && (unsigned char)text[i + 1] == 0xBC) return true; /* perhaps of full width */
  }
  return false;
}

static void show(const dc_evidence *evidence, bool when, uint32_t seen, const char *text, size_t length, uint64_t line)
{
  for (size_t k = 0; k < sizeof showings / sizeof *showings; k++) {
    if (showings[k].when != when || !(seen & showings[k].bit)) continue;
    dc_shown *one = &evidence->details->shown[showings[k].what];
    if (one->count++) continue;
    one->line = line;
    one->file = evidence->file;
    size_t shown = length;
    if (shown >= sizeof one->text) {
      shown = sizeof one->text - 1;
      while (shown && ((unsigned char)text[shown] & 0xC0) == 0x80) shown--; /* not within a character */
    }
    memcpy(one->text, text, shown);
  }
}

static void add_when(dc_evidence *evidence, const dc_when *when, uint32_t seen)
{
  dc_details *d = evidence->details;
  evidence->when_seen |= seen;
  d->forms[when->form]++;
  if ((when->form == DC_FORM_NUMBERS || when->form == DC_FORM_SHORT) && !d->separator) d->separator = when->separator;
  if (seen & DC_WHEN_TWO_DIGITS) {
    d->firsts |= (uint32_t)1 << (when->first & 31);
    d->lasts |= (uint32_t)1 << (when->last & 31);
  }
}

/* Digits alone, perhaps with decimals: which rules make it a date. The number of digits leaves one or two to try; the
 * calendar of 1904 is never among them. */
static void add_bare(dc_evidence *evidence, const char *text, size_t length)
{
  static const struct {
    size_t digits;
    dc_bare bare;
  } rules[] = {{5, DC_BARE_EXCEL},    {8, DC_BARE_COMPACT},  {9, DC_BARE_SECONDS},       {10, DC_BARE_SECONDS},
               {12, DC_BARE_COMPACT}, {14, DC_BARE_COMPACT}, {12, DC_BARE_MILLISECONDS}, {13, DC_BARE_MILLISECONDS}};
  size_t digits = 0;
  while (digits < length && (unsigned char)(text[digits] - '0') < 10) digits++;
  for (size_t k = 0; k < sizeof rules / sizeof *rules; k++) {
    dc_when_style style = {.bare = rules[k].bare};
    dc_when when;
    if (rules[k].digits != digits || dc_when_parse(text, length, &style, &when, &evidence->bare_seen) != DC_WHEN_OK)
      continue;
    evidence->details->bare[style.bare]++;
  }
}

static bool read_value(dc_evidence *evidence, const char *text, size_t length, bool periods, uint64_t line)
{
  static const dc_number_style any;
  const dc_when_style unknown = {.periods = periods};
  dc_number_cell number;
  dc_when when;
  uint32_t seen = 0;
  bool is_number = dc_number_read(text, length, &any, &number);
  dc_when_result result = is_number ? DC_WHEN_NOT : dc_when_parse(text, length, &unknown, &when, &seen);
  if (!is_number && result == DC_WHEN_NOT) return true;
  if (!evidence->details && !(evidence->details = calloc(1, sizeof *evidence->details))) return false;
  if (!is_number) {
    evidence->whens++; /* an impossible date is a date, and a bad cell later */
    if (result == DC_WHEN_OK) add_when(evidence, &when, seen);
    show(evidence, true, seen, text, length, line);
    return true;
  }
  evidence->numbers++;
  evidence->number_seen |= number.seen;
  if (number.currency && !evidence->currency) evidence->currency = number.currency;
  show(evidence, false, number.seen, text, length, line);
  if (text[0] >= '0' && text[0] <= '9') add_bare(evidence, text, length);
  return true;
}

static bool is_marked(const char *text, size_t length)
{
  enum { LEAST_DIGITS = 4 };
  bool letter = (text[0] >= 'A' && text[0] <= 'Z') || (text[0] >= 'a' && text[0] <= 'z');
  if (!letter || length < 1 + LEAST_DIGITS) return false;
  for (size_t i = 1; i < length; i++)
    if (text[i] < '0' || text[i] > '9') return false;
  return true;
}

/* A word that comes again and again is read once, unless it counts as a value. */
static bool mark_neither(dc_evidence *evidence, uint32_t code)
{
  if (code >= evidence->n_neither) {
    size_t size = 2 * (size_t)code + 64;
    uint8_t *grown = realloc(evidence->neither, size);
    if (!grown) return false;
    memset(grown + evidence->n_neither, 0, size - evidence->n_neither);
    evidence->neither = grown;
    evidence->n_neither = size;
  }
  evidence->neither[code] = 1;
  return true;
}

bool dc_evidence_add(dc_evidence *evidence, const char *text, size_t length, bool periods, uint64_t line)
{
  dc_trim(&text, &length);
  if (!length) return true;
  int word = dc_missing_find(~(dc_missing)0, text, length);
  if (word >= 0) evidence->missing |= (dc_missing)1 << word;
  if (word >= 0 && (dc_missing_always() >> word & 1)) return true;
  if (!evidence->distinct && !(evidence->distinct = dc_dictionary_new())) return false;
  evidence->values++;
  evidence->words += word >= 0 && (dc_missing_numbers() >> word & 1);
  uint32_t code = dc_dictionary_code(evidence->distinct, text, length);
  if (code == DC_DICTIONARY_FULL) return false;
  evidence->marked += is_marked(text, length);
  if (word >= 0 || !may_be_read(text[0], length) || !has_digit(text, length)) return true;
  if (code < evidence->n_neither && evidence->neither[code]) return true;
  size_t read = evidence->numbers + evidence->whens;
  if (!read_value(evidence, text, length, periods, line)) return false;
  return evidence->numbers + evidence->whens > read || mark_neither(evidence, code);
}

void dc_evidence_free(dc_evidence *evidence)
{
  dc_dictionary_free(evidence->distinct);
  free(evidence->details);
  free(evidence->neither);
  memset(evidence, 0, sizeof *evidence);
}

const dc_shown *dc_evidence_shown(const dc_evidence *evidence, dc_showing what)
{
  return evidence->details && evidence->details->shown[what].count ? &evidence->details->shown[what] : NULL;
}

static size_t count_shown(const dc_evidence *evidence, dc_showing what)
{
  const dc_shown *one = dc_evidence_shown(evidence, what);
  return one ? one->count : 0;
}

static bool nearly_all(size_t readable, size_t values)
{
  return values && (double)(values - readable) <= DC_UNREADABLE_SHARE * (double)values;
}

dc_type dc_evidence_words(const dc_evidence *evidence)
{
  size_t distinct = evidence->distinct ? dc_dictionary_count(evidence->distinct) : 0;
  return distinct * 2 < evidence->values ? DC_TYPE_CATEGORY : DC_TYPE_TEXT;
}

/* Which of several readings some values prove, unless too many prove another: its index, -1 = none. */
static int proven(const size_t *counts, int n)
{
  int best = 0;
  size_t all = 0;
  for (int k = 0; k < n; k++) {
    all += counts[k];
    if (counts[k] > counts[best]) best = k;
  }
  return counts[best] && nearly_all(counts[best], all) ? best : -1;
}

static dc_decimal decimal_of(const dc_evidence *evidence)
{
  static const dc_decimal decimals[] = {DC_DECIMAL_POINT, DC_DECIMAL_COMMA};
  size_t counts[] = {count_shown(evidence, DC_SHOWS_POINT), count_shown(evidence, DC_SHOWS_COMMA)};
  int k = proven(counts, 2);
  return k < 0 ? DC_DECIMAL_UNKNOWN : decimals[k];
}

static dc_day_order order_of(const dc_evidence *evidence)
{
  static const dc_day_order orders[] = {DC_ORDER_DAY_FIRST, DC_ORDER_MONTH_FIRST, DC_ORDER_YEAR_FIRST};
  size_t counts[] = {count_shown(evidence, DC_SHOWS_DAY), count_shown(evidence, DC_SHOWS_MONTH),
                     count_shown(evidence, DC_SHOWS_YEAR)};
  if (counts[2] && !counts[1] && !(evidence->when_seen & DC_WHEN_YEAR_LAST)) return DC_ORDER_YEAR_FIRST;
  int k = proven(counts, 3);
  return k < 0 ? DC_ORDER_UNKNOWN : orders[k];
}

static int distinct_bits(uint32_t mask)
{
  int n = 0;
  for (; mask; mask &= mask - 1) n++;
  return n;
}

/* Two digits of the year: they stand last, unless the last number takes more values than the first, as days do. */
static bool is_year_doubtful(const dc_evidence *evidence)
{
  const dc_details *d = evidence->details;
  if (!(evidence->when_seen & DC_WHEN_TWO_DIGITS) || (evidence->when_seen & (DC_WHEN_YEAR_LAST | DC_WHEN_MONTH_FIRST)))
    return false;
  return distinct_bits(d->lasts) > distinct_bits(d->firsts);
}

static dc_bare bare_of(const dc_evidence *evidence, size_t *count)
{
  dc_bare best = DC_BARE_NOT;
  *count = 0;
  for (int bare = DC_BARE_COMPACT; evidence->details && bare < DC_BARES; bare++) {
    if (evidence->details->bare[bare] <= *count) continue;
    best = (dc_bare)bare;
    *count = evidence->details->bare[bare];
  }
  return best;
}

static void decide_when(const dc_evidence *evidence, dc_guess *guess)
{
  guess->when.order = order_of(evidence);
  guess->doubtful_year = guess->when.order != DC_ORDER_YEAR_FIRST && is_year_doubtful(evidence);
  uint32_t seen = evidence->when_seen | (guess->when.bare ? evidence->bare_seen : 0);
  guess->type = seen & DC_WHEN_CLOCK ? DC_TYPE_INSTANT : DC_TYPE_DATE;
}

dc_guess dc_evidence_decide(const dc_evidence *evidence, dc_type expected)
{
  bool date_wanted = expected == DC_TYPE_DATE || expected == DC_TYPE_INSTANT;
  size_t values = evidence->values - evidence->words, bare_count;
  dc_bare bare = bare_of(evidence, &bare_count);
  if (date_wanted && 2 * (evidence->whens + bare_count) < values) expected = DC_TYPE_EMPTY;
  bool ids = (evidence->number_seen & DC_NUMBER_ID) || evidence->marked > 0;
  dc_guess guess = {.type = expected, .expected = expected != DC_TYPE_EMPTY};
  if (guess.expected && date_wanted) {
    guess.when.bare = bare;
    decide_when(evidence, &guess);
  } else if (!guess.expected && nearly_all(evidence->numbers, values) && !ids) {
    guess.type = DC_TYPE_NUMBER;
  } else if (!guess.expected && nearly_all(evidence->whens, values)) {
    decide_when(evidence, &guess);
  } else if (!guess.expected && evidence->values) {
    guess.type = dc_evidence_words(evidence);
  }
  if (guess.type == DC_TYPE_NUMBER) {
    guess.number.decimal = decimal_of(evidence);
    guess.number.currency = evidence->currency;
  }
  bool parsed = guess.type == DC_TYPE_NUMBER || guess.type == DC_TYPE_DATE || guess.type == DC_TYPE_INSTANT;
  guess.missing = dc_missing_always() | (parsed ? dc_missing_numbers() : dc_missing_texts());
  return guess;
}
