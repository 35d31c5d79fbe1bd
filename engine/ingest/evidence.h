/* What a column's values look like, and the type that follows. */
#ifndef DC_INGEST_EVIDENCE_H
#define DC_INGEST_EVIDENCE_H

#include "dealcast/table.h"
#include "engine/base/dictionary.h"
#include "engine/ingest/missing.h"
#include "engine/ingest/number.h"
#include "engine/ingest/when.h"

/* Starts zeroed; free with dc_evidence_free. */
typedef struct dc_evidence {
  size_t values, numbers, whens, compact; /* cells with a value; those that read as a number, a date, YYYYMMDD */
  size_t marked;                          /* a letter and four or more digits: an id among numbers ("C536379") */
  uint32_t number_seen, when_seen;        /* DC_NUMBER_ and DC_WHEN_ bits */
  dc_dictionary *distinct;
} dc_evidence;

bool dc_evidence_add(dc_evidence *evidence, const char *text, size_t length); /* false when memory ends */
void dc_evidence_free(dc_evidence *evidence);

typedef struct dc_guess {
  dc_type type;
  bool expected; /* the type was asked for, not found */
  dc_number_style number;
  dc_when_style when;
  dc_missing missing; /* the words that stand for a missing value in it */
} dc_guess;

/* At most this share of a column's values may be unreadable for its type to be a number or a date. */
#define DC_UNREADABLE_SHARE 0.05

/* expected decides when it is not DC_TYPE_EMPTY (a date becomes an instant when a time of day was seen), except that a
 * column of which less than half reads as dates is not one: names such as "closed" may mean yes or no. Otherwise: a
 * number or a date when nearly all values read as one, a number not when the values, or some of them, look like ids; else a category when
 * less than half of the values are distinct, else text. DC_TYPE_EMPTY when there was no value. */
dc_guess dc_evidence_decide(const dc_evidence *evidence, dc_type expected);

/* DC_TYPE_CATEGORY or DC_TYPE_TEXT. */
dc_type dc_evidence_words(const dc_evidence *evidence);

#endif
