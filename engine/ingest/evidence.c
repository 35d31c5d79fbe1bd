#include "engine/ingest/evidence.h"

#include "engine/ingest/number.h"

#include <string.h>

/* Digits, signs, brackets, a point, currency signs: a number or a date can begin so, and nothing else. */
static bool may_be_numeric(char c) { return (c >= '0' && c <= '9') || strchr("+-.($", c) || (unsigned char)c >= 0x80; }

static bool is_marked(const char *text, size_t length)
{
  enum { LEAST_DIGITS = 4 };
  bool letter = (text[0] >= 'A' && text[0] <= 'Z') || (text[0] >= 'a' && text[0] <= 'z');
  if (!letter || length < 1 + LEAST_DIGITS) return false;
  for (size_t i = 1; i < length; i++)
    if (text[i] < '0' || text[i] > '9') return false;
  return true;
}

bool dc_evidence_add(dc_evidence *evidence, const char *text, size_t length)
{
  dc_trim(&text, &length);
  if (dc_missing_is(dc_missing_always(), text, length)) return true;
  if (!evidence->distinct && !(evidence->distinct = dc_dictionary_new())) return false;
  evidence->values++;
  if (dc_dictionary_code(evidence->distinct, text, length) == DC_DICTIONARY_FULL) return false;
  if (!may_be_numeric(text[0])) {
    evidence->marked += is_marked(text, length);
    return true;
  }
  static const dc_number_style any = {.decimal = DC_DECIMAL_UNKNOWN};
  static const dc_when_style unknown = {.order = DC_ORDER_UNKNOWN}, compact = {.bare = DC_BARE_COMPACT};
  uint32_t none;
  double number;
  dc_when when;
  if (dc_number_parse(text, length, &any, &number, &evidence->number_seen)) {
    evidence->numbers++;
    evidence->compact += dc_when_parse(text, length, &compact, &when, &none) == DC_WHEN_OK;
  } else if (dc_when_parse(text, length, &unknown, &when, &evidence->when_seen) != DC_WHEN_NOT) {
    evidence->whens++; /* an impossible date is a date, and a bad cell later */
  }
  return true;
}

void dc_evidence_free(dc_evidence *evidence)
{
  dc_dictionary_free(evidence->distinct);
  memset(evidence, 0, sizeof *evidence);
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

static dc_day_order order_of(uint32_t seen)
{
  bool day = seen & DC_WHEN_DAY_FIRST, month = seen & DC_WHEN_MONTH_FIRST;
  if (day == month) return DC_ORDER_UNKNOWN;
  return day ? DC_ORDER_DAY_FIRST : DC_ORDER_MONTH_FIRST;
}

dc_guess dc_evidence_decide(const dc_evidence *evidence, dc_type expected)
{
  bool date_wanted = expected == DC_TYPE_DATE || expected == DC_TYPE_INSTANT;
  if (date_wanted && 2 * (evidence->whens + evidence->compact) < evidence->values) expected = DC_TYPE_EMPTY;
  dc_guess guess = {.type = expected, .expected = expected != DC_TYPE_EMPTY, .missing = dc_missing_always()};
  guess.when.order = order_of(evidence->when_seen);
  bool clock = evidence->when_seen & DC_WHEN_CLOCK;
  if (expected != DC_TYPE_EMPTY && date_wanted) {
    guess.type = clock ? DC_TYPE_INSTANT : DC_TYPE_DATE;
    guess.when.bare = DC_BARE_COMPACT;
  }
  if (guess.expected || !evidence->values) return guess;
  bool ids = (evidence->number_seen & DC_NUMBER_ID) || evidence->marked > 0;
  if (nearly_all(evidence->numbers, evidence->values) && !ids) {
    guess.type = DC_TYPE_NUMBER;
  } else if (nearly_all(evidence->whens, evidence->values)) {
    guess.type = clock ? DC_TYPE_INSTANT : DC_TYPE_DATE;
  } else {
    guess.type = dc_evidence_words(evidence);
  }
  return guess;
}
