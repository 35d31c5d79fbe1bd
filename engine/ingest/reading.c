#include "engine/ingest/reading.h"

#include "engine/ingest/units.h"
#include "engine/ingest/word.h"

enum { SURE_DAYS = 28, FIRST_YEAR = 1900, LAST_YEAR = 2100 };

/* Digits alone, perhaps with decimals: by which rules they may be a date. The number of digits leaves one or two; the
 * calendar of 1904 is never among them. */
static const struct {
  uint8_t digits, bare;
} rules[] = {{5, DC_BARE_EXCEL},    {8, DC_BARE_COMPACT},  {9, DC_BARE_SECONDS},       {10, DC_BARE_SECONDS},
             {12, DC_BARE_COMPACT}, {14, DC_BARE_COMPACT}, {12, DC_BARE_MILLISECONDS}, {13, DC_BARE_MILLISECONDS}};
enum { N_RULES = sizeof rules / sizeof *rules, FEWEST_DIGITS = 5 };

/* plain: digits[.digits], which nothing but these rules makes a date. */
static void read_bare(const char *text, size_t length, size_t digits, bool plain, dc_reading *r)
{
  for (size_t k = 0; digits >= FEWEST_DIGITS && k < N_RULES; k++) {
    dc_when_style style = {.bare = (dc_bare)rules[k].bare};
    dc_when when;
    uint32_t seen = 0;
    if (rules[k].digits != digits) continue;
    bool fine = plain ? dc_when_parse_bare(text, length, style.bare, &when) == DC_WHEN_OK
                      : dc_when_parse(text, length, &style, &when, &seen) == DC_WHEN_OK;
    if (fine) r->bares |= (uint8_t)(1u << style.bare);
    if (fine && when.ms) seen |= DC_WHEN_CLOCK;
    r->bare_seen |= (uint16_t)seen;
  }
}

/* 0x80 in each byte that is no digit, as eight bits. */
static inline uint32_t odd_of(const uint64_t *bytes)
{
  uint64_t x = dc_word_load(bytes) ^ DC_EACH('0');
  uint64_t odd = (((x & DC_EACH(0x7F)) + DC_EACH(0x76)) | x) & DC_EACH(0x80);
  return (uint32_t)((odd >> 7) * 0x0102040810204080u >> 56);
}

uint32_t dc_reading_odd(const dc_lookup *word) { return odd_of(&word->key.low) | odd_of(&word->key.high) << 8; }

static inline unsigned pair(const char *p) { return (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0'); }

/* Days that every month has; the others, and impossible ones, are for who knows the calendar. */
static bool plain_date(const char *text, dc_reading *r)
{
  unsigned year = pair(text) * 100 + pair(text + 2), month = pair(text + 5), day = pair(text + 8);
  if (year < FIRST_YEAR || year > LAST_YEAR || month < 1 || month > 12 || day < 1 || day > SURE_DAYS) return false;
  *r = (dc_reading){.kind = DC_READING_DATE, .form = DC_FORM_ISO, .separator = '-'};
  return true;
}

bool dc_reading_plain(const dc_lookup *word, uint32_t odd, dc_reading *r)
{
  enum { ISO_LENGTH = 10, ISO_ODD = 1 << 4 | 1 << 7 };
  const char *text = word->text;
  uint32_t length = (uint32_t)word->length, end = 1u << DC_KEY_BYTES;
  if (length == ISO_LENGTH && (odd & ((1u << ISO_LENGTH) - 1)) == ISO_ODD && text[4] == '-' && text[7] == '-')
    return plain_date(text, r);
  uint32_t sign = text[0] == '-', marks = (odd | end) & ~sign, whole = (uint32_t)__builtin_ctz(marks);
  if (whole <= sign) return false;
  uint32_t decimals = 0;
  if (whole < length) {
    if (text[whole] != '.' || (uint32_t)__builtin_ctz(marks & (marks - 1)) != length) return false;
    decimals = length - whole - 1;
  }
  *r = (dc_reading){.kind = DC_READING_NUMBER};
  r->seen = (uint16_t)dc_number_plain_seen(whole - sign, decimals, text[sign]);
  if (!sign) read_bare(text, length, whole, true, r);
  return true;
}

/* A word that begins with a letter is neither where no currency and no month or weekday begins so. */
static bool is_plain_word(const char *text, size_t length, bool periods)
{
  bool letter = (text[0] >= 'A' && text[0] <= 'Z') || (text[0] >= 'a' && text[0] <= 'z');
  return letter && !dc_currency_begins(text, length) && !dc_when_begins(text, length, periods);
}

dc_reading dc_reading_of(const char *text, size_t length, bool periods)
{
  static const dc_number_style any;
  const dc_when_style unknown = {.periods = periods};
  dc_reading r = {.kind = DC_READING_NEITHER};
  dc_number_cell number;
  dc_when when;
  uint32_t seen = 0;
  if (is_plain_word(text, length, periods)) return r;
  if (dc_number_read(text, length, &any, &number)) {
    size_t digits = 0;
    while (digits < length && (unsigned char)(text[digits] - '0') < 10) digits++;
    r.kind = DC_READING_NUMBER;
    r.seen = (uint16_t)number.seen;
    r.currency = number.currency;
    read_bare(text, length, digits, false, &r);
    return r;
  }
  dc_when_result result = dc_when_parse(text, length, &unknown, &when, &seen);
  if (result == DC_WHEN_NOT) return r;
  r.seen = (uint16_t)seen;
  r.kind = result == DC_WHEN_OK ? DC_READING_DATE : DC_READING_BAD_DATE; /* which is a bad cell later */
  if (result != DC_WHEN_OK) return r;
  r.form = (uint8_t)when.form;
  r.separator = when.separator;
  if (!(seen & DC_WHEN_TWO_DIGITS)) return r;
  r.first = when.first;
  r.last = when.last;
  return r;
}
