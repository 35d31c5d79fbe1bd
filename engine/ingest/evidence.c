#include "engine/ingest/evidence.h"

#include <stdlib.h>
#include <string.h>

/* What a value's bits show: of numbers and of dates. */
enum { SHOWN = 4, NUMBERS_SHOW = DC_NUMBER_POINT | DC_NUMBER_COMMA | DC_NUMBER_POINT_3 | DC_NUMBER_COMMA_3 };
static const struct {
  dc_showing what;
  uint32_t bit;
} showings[2][SHOWN] = {{{DC_SHOWS_POINT, DC_NUMBER_POINT},
                         {DC_SHOWS_COMMA, DC_NUMBER_COMMA},
                         {DC_SHOWS_POINT_3, DC_NUMBER_POINT_3},
                         {DC_SHOWS_COMMA_3, DC_NUMBER_COMMA_3}},
                        {{DC_SHOWS_DAY, DC_WHEN_DAY_FIRST},
                         {DC_SHOWS_MONTH, DC_WHEN_MONTH_FIRST},
                         {DC_SHOWS_YEAR, DC_WHEN_YEAR_FIRST},
                         {DC_SHOWS_EITHER, DC_WHEN_EITHER}}};

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

static void show(const dc_evidence *evidence, bool when, uint32_t seen, const dc_lookup *word, uint64_t line)
{
  for (size_t k = 0; k < SHOWN; k++) {
    if (!(seen & showings[when][k].bit)) continue;
    dc_shown *one = &evidence->details->shown[showings[when][k].what];
    if (one->count++) continue;
    one->line = line;
    one->file = evidence->file;
    size_t shown = word->length;
    if (shown >= sizeof one->text) {
      shown = sizeof one->text - 1;
      while (shown && ((unsigned char)word->text[shown] & 0xC0) == 0x80) shown--; /* not within a character */
    }
    memcpy(one->text, word->text, shown);
  }
}

static void add_date(dc_evidence *evidence, const dc_reading *r)
{
  dc_details *d = evidence->details;
  evidence->when_seen |= r->seen;
  d->forms[r->form]++;
  if ((r->form == DC_FORM_NUMBERS || r->form == DC_FORM_SHORT) && !d->separator) d->separator = r->separator;
  if (r->seen & DC_WHEN_TWO_DIGITS) {
    d->firsts |= (uint32_t)1 << (r->first & 31);
    d->lasts |= (uint32_t)1 << (r->last & 31);
  }
}

static bool add_reading(dc_evidence *evidence, const dc_reading *r, const dc_lookup *word, uint64_t line)
{
  if (r->kind == DC_READING_NEITHER) return true;
  if (!evidence->details && !(evidence->details = calloc(1, sizeof *evidence->details))) return false;
  if (r->kind != DC_READING_NUMBER) {
    evidence->whens++;
    if (r->kind == DC_READING_DATE) add_date(evidence, r);
    if (r->seen) show(evidence, true, r->seen, word, line);
    return true;
  }
  evidence->numbers++;
  evidence->number_seen |= r->seen;
  evidence->bare_seen |= r->bare_seen;
  if (r->currency && !evidence->currency) evidence->currency = r->currency;
  if (r->seen & NUMBERS_SHOW) show(evidence, false, r->seen, word, line);
  for (int bare = 0; r->bares >> bare; bare++) evidence->details->bare[bare] += r->bares >> bare & 1;
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

/* A word that comes again and again is read once. */
static dc_reading *reading_of(dc_evidence *evidence, const dc_lookup *word, uint32_t code, bool periods)
{
  if (code >= evidence->n_readings) {
    size_t size = 2 * (size_t)code + 64;
    dc_reading *grown = realloc(evidence->readings, size * sizeof *grown);
    if (!grown) return NULL;
    memset(grown + evidence->n_readings, 0, (size - evidence->n_readings) * sizeof *grown);
    evidence->readings = grown;
    evidence->n_readings = size;
  }
  dc_reading *r = &evidence->readings[code];
  if (r->kind == DC_READING_NOT_YET) *r = dc_reading_of(word->text, word->length, periods);
  return r;
}

static bool add_value(dc_evidence *evidence, const dc_lookup *word, uint32_t code, bool periods, uint64_t line)
{
  const char *text = word->text;
  dc_reading plain;
  if (word->length <= DC_KEY_BYTES && (text[0] == '-' || (unsigned char)(text[0] - '0') < 10) &&
      dc_reading_plain(word, dc_reading_odd(word), &plain))
    return add_reading(evidence, &plain, word, line);
  evidence->marked += is_marked(text, word->length);
  if (!may_be_read(text[0], word->length) || !has_digit(text, word->length)) return true;
  dc_reading *r = reading_of(evidence, word, code, periods);
  return r && add_reading(evidence, r, word, line);
}

static void look_up(dc_lookup *word, const char *text, size_t length, const char *end)
{
  char key[DC_KEY_BYTES + 1] = {0};
  if (length > DC_KEY_BYTES || end - text > DC_KEY_BYTES) {
    dc_lookup_set(word, text, length);
    return;
  }
  memcpy(key, text, length);
  dc_lookup_set(word, key, length);
  word->text = text;
}

bool dc_evidence_add_cells(dc_evidence *evidence, const dc_seen_cell *cells, size_t n, const char *end, bool periods)
{
  dc_lookup words[DC_LOOKUPS];
  uint64_t lines[DC_LOOKUPS];
  uint32_t codes[DC_LOOKUPS];
  bool missing[DC_LOOKUPS];
  size_t m = 0;
  for (size_t k = 0; k < n; k++) {
    const char *text = cells[k].text;
    size_t length = cells[k].length;
    dc_trim(&text, &length);
    if (!length) continue;
    int word = dc_missing_find(~(dc_missing)0, text, length);
    missing[m] = word >= 0;
    if (word >= 0) {
      evidence->missing |= (dc_missing)1 << word;
      if (dc_missing_is_always(word)) continue;
      evidence->words += dc_missing_is_numbers(word);
    }
    lines[m] = cells[k].line;
    look_up(&words[m++], text, length, end);
  }
  if (!m) return true;
  evidence->values += m;
  if (!evidence->distinct && !(evidence->distinct = dc_dictionary_new())) return false;
  if (!dc_dictionary_codes(evidence->distinct, words, m, codes)) return false;
  for (size_t k = 0; k < m; k++) {
    if (missing[k]) {
      evidence->marked += is_marked(words[k].text, words[k].length);
    } else if (!add_value(evidence, &words[k], codes[k], periods, lines[k])) {
      return false;
    }
  }
  return true;
}

bool dc_evidence_add(dc_evidence *evidence, const char *text, size_t length, bool periods, uint64_t line)
{
  dc_seen_cell cell = {text, length, line};
  return dc_evidence_add_cells(evidence, &cell, 1, text + length, periods);
}

void dc_evidence_free(dc_evidence *evidence)
{
  dc_dictionary_free(evidence->distinct);
  free(evidence->details);
  free(evidence->readings);
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
