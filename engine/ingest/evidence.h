/* What a column's values look like, and the type and the conventions that follow. */
#ifndef DC_INGEST_EVIDENCE_H
#define DC_INGEST_EVIDENCE_H

#include "dealcast/table.h"
#include "engine/ingest/missing.h"
#include "engine/ingest/reading.h"

/* What one value can show: a convention, or that one is needed. */
typedef enum dc_showing {
  DC_SHOWS_POINT,   /* 1,234.50 */
  DC_SHOWS_COMMA,   /* 1.234,50 */
  DC_SHOWS_POINT_3, /* 1.234: either */
  DC_SHOWS_COMMA_3, /* 1,234: either */
  DC_SHOWS_DAY,     /* 25/03/2021 */
  DC_SHOWS_MONTH,   /* 03/25/2021 */
  DC_SHOWS_YEAR,    /* 99/03/25 */
  DC_SHOWS_EITHER,  /* 03/04/2021 */
  DC_SHOWINGS
} dc_showing;

/* The first value that showed it, and how many did. */
typedef struct dc_shown {
  size_t count, file;
  uint64_t line;
  char text[32];
} dc_shown;

/* Of columns that have numbers or dates. */
typedef struct dc_details {
  dc_shown shown[DC_SHOWINGS];
  size_t forms[DC_FORMS];
  size_t bare[DC_BARES];  /* values that read as a date by that rule */
  char separator;         /* of the first date of numbers */
  uint32_t firsts, lasts; /* dates with two digits of the year: which first and last numbers there are */
} dc_details;

/* Starts zeroed; free with dc_evidence_free. */
typedef struct dc_evidence {
  size_t file;                                /* whose cells are being added: of the request's */
  size_t values, numbers, whens;              /* cells with a value; those that read as a number, as a date */
  size_t words;                               /* cells with a word that means "missing" only among numbers and dates */
  uint32_t number_seen, when_seen, bare_seen; /* DC_NUMBER_ and DC_WHEN_ bits; those of digits alone */
  size_t marked;                              /* a letter and four or more digits: an id among numbers ("C536379") */
  dc_missing missing;                         /* words found */
  uint8_t currency;                           /* the first one that was seen */
  dc_details *details;                        /* NULL: neither numbers nor dates */
  dc_dictionary *distinct;
  dc_reading *readings; /* per word of distinct, of those that were looked at closely */
  size_t n_readings;
} dc_evidence;

/* A cell, and the line of its record. */
typedef struct dc_seen_cell {
  const char *text;
  size_t length;
  uint64_t line;
} dc_seen_cell;

/* periods: dates may be quarters and months. False when memory ends. */
bool dc_evidence_add(dc_evidence *evidence, const char *text, size_t length, bool periods, uint64_t line);

/* n cells one after the other, n <= DC_LOOKUPS; up to `end` may be read behind each. */
bool dc_evidence_add_cells(dc_evidence *evidence, const dc_seen_cell *cells, size_t n, const char *end, bool periods);
void dc_evidence_free(dc_evidence *evidence);

/* Why a column that looked like numbers or dates is taken for words. */
typedef enum dc_refusal {
  DC_REFUSED_NOT,
  DC_REFUSED_IDS,
  DC_REFUSED_MARKS,
  DC_REFUSED_ORDER,
  DC_REFUSED_BAD
} dc_refusal;

typedef struct dc_guess {
  dc_type type;
  bool expected; /* the type was asked for, not found */
  dc_number_style number;
  dc_when_style when;
  dc_missing missing; /* the words that stand for a missing value in it */
  bool told;          /* marks or order are as in files read before */
  bool doubtful_year; /* two digits of the year, and the year may come first */
  dc_refusal refused;
  size_t like; /* 1 + the column whose values prove the order or decimal mark of this one, 0 = its own do */
} dc_guess;

/* At most this share of a column's values may be unreadable for its type to be a number or a date. */
#define DC_UNREADABLE_SHARE 0.05

/* expected decides when it is not DC_TYPE_EMPTY (a date becomes an instant when a time of day was seen), except that a
 * column of which less than half reads as dates is not one: names such as "closed" may mean yes or no. Otherwise: a
 * number or a date when nearly all values read as one, a number not when the values, or some of them, look like ids; else a category when
 * less than half of the values are distinct, else text. DC_TYPE_EMPTY when there was no value.
 *
 * Conventions: what some value proves and at most DC_UNREADABLE_SHARE of the readable ones contradict; else unknown.
 * Digits alone are dates only where dates are expected, by the rule (dc_bare) that reads most of them. */
dc_guess dc_evidence_decide(const dc_evidence *evidence, dc_type expected);

/* DC_TYPE_CATEGORY or DC_TYPE_TEXT. */
dc_type dc_evidence_words(const dc_evidence *evidence);

/* The first value that showed it; NULL when none did. */
const dc_shown *dc_evidence_shown(const dc_evidence *evidence, dc_showing what);

#endif
