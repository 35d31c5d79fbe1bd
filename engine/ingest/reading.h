/* What one value may be, whatever its column turns out to hold: a number, a date, or neither. */
#ifndef DC_INGEST_READING_H
#define DC_INGEST_READING_H

#include "engine/base/dictionary.h"
#include "engine/ingest/number.h"
#include "engine/ingest/when.h"

typedef enum dc_reading_kind {
  DC_READING_NOT_YET,
  DC_READING_NEITHER,
  DC_READING_NUMBER,
  DC_READING_DATE,
  DC_READING_BAD_DATE /* one that no calendar has */
} dc_reading_kind;

/* The same for the same text. */
typedef struct dc_reading {
  uint8_t kind;        /* dc_reading_kind */
  uint8_t form;        /* dc_when_form of a date */
  char separator;      /* of a date */
  uint8_t first, last; /* of one with two digits of the year */
  uint8_t currency;    /* of a number */
  uint8_t bares;       /* bit b: digits alone that are a date by rule b of dc_bare */
  uint16_t seen;       /* DC_NUMBER_ or DC_WHEN_ bits */
  uint16_t bare_seen;  /* DC_WHEN_ bits of these rules */
} dc_reading;

/* Bit i, i < 16: byte i of the word is no digit. Of a word of up to DC_KEY_BYTES; behind its end there are none. */
uint32_t dc_reading_odd(const dc_lookup *word);

/* The common ones, [-]digits[.digits] and YYYY-MM-DD, exactly as dc_reading_of has them. Of a word of up to DC_KEY_BYTES
 * with these odd bytes. False: look closer. */
bool dc_reading_plain(const dc_lookup *word, uint32_t odd, dc_reading *reading);

/* The text is trimmed and not empty. */
dc_reading dc_reading_of(const char *text, size_t length, bool periods);

#endif
