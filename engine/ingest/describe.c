/* How a column's cells are written and what proves it, in a line for the reader. */
#include "engine/ingest/review.h"
#include "engine/ingest/units.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 512 };

typedef struct line {
  char text[LINE_BYTES];
  size_t used;
} line;

static void add(line *l, const char *format, ...)
{
  va_list list;
  va_start(list, format);
  int n = vsnprintf(l->text + l->used, sizeof l->text - l->used, format, list);
  va_end(list);
  if (n > 0) l->used += (size_t)n;
  if (l->used >= sizeof l->text) l->used = sizeof l->text - 1;
}

/* ", proven by ...". given: what the user said; like: the name of another column that proves it. */
static void add_proof(line *l, const dc_review *r, const dc_shown *one, const char *given, const char *like,
                      bool proven)
{
  if (given)
    add(l, ", as %s says", given);
  else if (like)
    add(l, ", as proven by column %.80s", like);
  else if (proven && !one)
    add(l, ", proven by later rows");
  if (given || like || !one) return;
  char place[128];
  dc_review_place(r, one, place, sizeof place);
  add(l, ", proven by %s on line %llu%s", one->text, (unsigned long long)one->line, place);
}

/* "1,234.50": an example of the style that the cells showed. */
static void add_number_pattern(line *l, const dc_review *r)
{
  bool comma = r->guess->number.decimal == DC_DECIMAL_COMMA;
  bool marks = r->seen & (comma ? DC_NUMBER_POINT_3 : DC_NUMBER_COMMA_3) || (r->seen & DC_NUMBER_BOTH);
  bool decimals = r->seen & (comma ? DC_NUMBER_COMMA : DC_NUMBER_POINT);
  const char *group = r->seen & DC_NUMBER_BLANKS   ? " "
                      : r->seen & DC_NUMBER_QUOTES ? "'"
                      : !marks                     ? ""
                      : comma                      ? "."
                                                   : ",";
  if (r->seen & DC_NUMBER_INDIAN)
    add(l, "12%s34%s567", group, group);
  else
    add(l, "1%s234", group);
  if (decimals || r->guess->number.decimal != DC_DECIMAL_UNKNOWN) add(l, "%s", comma ? ",50" : ".50");
  if (r->seen & DC_NUMBER_PERCENT) add(l, " %%");
}

/* The currencies of a column that names several: "EUR (12), USD (3), none (1)". */
static void add_currencies(line *l, const dc_column *column, size_t rows)
{
  size_t counts[256] = {0};
  for (size_t i = 0; i < rows; i++)
    if (!isnan(column->number[i])) counts[column->currencies[i]]++;
  const char *before = " ";
  for (int k = 1; k < 256; k++) {
    if (!counts[k]) continue;
    add(l, "%s%s (%zu)", before, dc_currency_code((uint8_t)k), counts[k]);
    before = ", ";
  }
  if (counts[0]) add(l, "%sno currency (%zu)", before, counts[0]);
}

static void describe_number(line *l, const dc_review *r, char *const *names)
{
  const dc_number_style *style = &r->guess->number;
  dc_column *column = r->column;
  bool comma = style->decimal == DC_DECIMAL_COMMA;
  bool proven = style->decimal != DC_DECIMAL_UNKNOWN;
  bool doubt = r->seen & (DC_NUMBER_POINT_3 | DC_NUMBER_COMMA_3);
  const char *given = r->guess->told                              ? "the fit"
                      : r->request->decimal == DC_DECIMAL_UNKNOWN ? NULL
                      : comma                                     ? "--decimal comma"
                                                                  : "--decimal point";
  add_number_pattern(l, r);
  if (column->currencies)
    add_currencies(l, column, r->rows);
  else if (column->currency)
    add(l, " %s", dc_currency_code(column->currency));
  if (r->seen & DC_NUMBER_SCALED) add(l, ", some in k, M or the like");
  if (style->shift) add(l, ", times 1e%d as its name says", style->shift);
  bool marked = doubt || comma || (r->seen & DC_NUMBER_BOTH);
  if (proven && marked)
    add_proof(l, r, dc_evidence_shown(r->evidence, comma ? DC_SHOWS_COMMA : DC_SHOWS_POINT), given,
              r->guess->like ? names[r->guess->like - 1] : NULL, true);
}

static void add_form(line *l, const dc_review *r, int form, const char *clock)
{
  static const char *const orders[] = {"", "DD%cMM%cYYYY", "MM%cDD%cYYYY", "YY%cMM%cDD"};
  static const char *const bare[] = {"",
                                     "YYYYMMDD",
                                     "Excel days since 1899-12-30",
                                     "Excel days since 1904-01-01",
                                     "seconds since 1970 UTC",
                                     "milliseconds since 1970 UTC"};
  const dc_details *d = r->evidence->details;
  char separator = d && d->separator ? d->separator : '/';
  dc_day_order order = r->guess->when.order;
  if (order == DC_ORDER_UNKNOWN) order = DC_ORDER_DAY_FIRST;
  switch (form) {
    case DC_FORM_NUMBERS:
    case DC_FORM_SHORT: {
      char text[16];
      snprintf(text, sizeof text, orders[order], separator, separator);
      if (form == DC_FORM_SHORT && order != DC_ORDER_YEAR_FIRST) text[8] = '\0';
      add(l, "%s%s", text, clock);
      break;
    }
    case DC_FORM_NAMED: add(l, "day, month by name, year%s", clock); break;
    case DC_FORM_CJK:
      add(l,
          "YYYY\xE5\xB9\xB4M\xE6\x9C\x88"
          "D\xE6\x97\xA5%s",
          clock);
      break;
    case DC_FORM_PERIOD: add(l, "quarters or months by their first day"); break;
    case DC_FORM_BARE: add(l, "%s", bare[r->guess->when.bare]); break;
    default: add(l, "YYYY-MM-DD%s", clock);
  }
}

static void describe_when(line *l, const dc_review *r, char *const *names)
{
  static const char *const given[] = {NULL, "--dates day-first", "--dates month-first", "--dates year-first"};
  static const dc_showing proofs[] = {DC_SHOWS_EITHER, DC_SHOWS_DAY, DC_SHOWS_MONTH, DC_SHOWS_YEAR};
  const dc_details *d = r->evidence->details;
  const dc_guess *guess = r->guess;
  const char *clock = r->column->type != DC_TYPE_INSTANT ? ""
                      : r->seen & DC_WHEN_ZONE           ? " and time with its zone"
                                                         : " and time, taken as UTC";
  size_t counts[DC_FORMS] = {0}, kinds = 0, shown = 0;
  for (int f = 0; d && f < DC_FORMS; f++) counts[f] = d->forms[f];
  if (d && guess->when.bare) {
    dc_bare counted = guess->when.bare == DC_BARE_EXCEL_1904 ? DC_BARE_EXCEL : guess->when.bare;
    counts[DC_FORM_BARE] = d->bare[counted];
  }
  for (int f = 0; f < DC_FORMS; f++) kinds += counts[f] > 0;
  if (kinds == 0) add_form(l, r, DC_FORM_ISO, clock);
  for (int f = 0; f < DC_FORMS; f++) {
    if (!counts[f]) continue;
    add(l, "%s", shown++ ? ", " : "");
    add_form(l, r, f, clock);
    if (kinds > 1) add(l, " (%zu of the first %zu)", counts[f], r->evidence->values);
  }
  bool ordered = r->seen & (DC_WHEN_EITHER | DC_WHEN_DAY_FIRST | DC_WHEN_MONTH_FIRST | DC_WHEN_YEAR_FIRST);
  bool asked = r->request->dates.order != DC_ORDER_UNKNOWN;
  if (ordered && guess->when.order != DC_ORDER_UNKNOWN)
    add_proof(l, r, dc_evidence_shown(r->evidence, proofs[guess->when.order]),
              guess->told ? "the fit"
              : asked     ? given[guess->when.order]
                          : NULL,
              guess->like ? names[guess->like - 1] : NULL, true);
  if (r->seen & DC_WHEN_TWO_DIGITS) add(l, "; years 69 to 99 are 19xx, 00 to 68 are 20xx");
}

static void describe_words(line *l, const dc_review *r)
{
  char const *example = NULL;
  const dc_shown *one = NULL;
  switch (r->guess->refused) {
    case DC_REFUSED_IDS: add(l, "words, since numbers with leading zeros or above 2^53 are names of things"); break;
    case DC_REFUSED_BAD:
      add(l, "words, since more than 5 %% of the values are neither numbers nor dates of one kind");
      break;
    case DC_REFUSED_MARKS:
      one = dc_evidence_shown(r->evidence, r->seen & DC_NUMBER_COMMA_3 ? DC_SHOWS_COMMA_3 : DC_SHOWS_POINT_3);
      if (!one) one = dc_evidence_shown(r->evidence, DC_SHOWS_COMMA_3);
      if (!one) one = dc_evidence_shown(r->evidence, DC_SHOWS_POINT_3);
      example = one ? one->text : "1,234";
      add(l, "words, since nothing proves what the marks in %s mean; --decimal settles it", example);
      break;
    case DC_REFUSED_ORDER:
      one = dc_evidence_shown(r->evidence, DC_SHOWS_EITHER);
      add(l, "words, since nothing proves the order of dates like %s; --dates settles it",
          one ? one->text : "03/04/2021");
      break;
    default: break;
  }
}

static void add_missing(line *l, const dc_column *column)
{
  if (!column->n_missing_words) return;
  add(l, "%smissing:", l->used ? "; " : "");
  const char *before = " ";
  for (int w = 0; w < 64; w++) {
    if (!(column->missing_words >> w & 1)) continue;
    add(l, "%s%s", before, dc_missing_word(w));
    before = ", ";
  }
  add(l, " (%zu %s)", column->n_missing_words, column->n_missing_words == 1 ? "cell" : "cells");
}

/* One currency after all, or none. */
static void settle_currency(const dc_review *r)
{
  dc_column *column = r->column;
  uint8_t only = 0;
  bool several = false;
  for (size_t i = 0; column->currencies && i < r->rows; i++) {
    if (!column->currencies[i]) continue;
    several = several || (only && only != column->currencies[i]);
    only = column->currencies[i];
  }
  if (!column->currencies) column->currency = r->guess->number.currency;
  if (!column->currencies || several) return;
  column->currency = only ? only : r->guess->number.currency;
  free(column->currencies);
  column->currencies = NULL;
}

bool dc_describe_column(const dc_review *r, char *const *names)
{
  line l = {.used = 0};
  dc_column *column = r->column;
  if (column->type == DC_TYPE_NUMBER) {
    settle_currency(r);
    describe_number(&l, r, names);
  } else if (column->type == DC_TYPE_DATE || column->type == DC_TYPE_INSTANT) {
    describe_when(&l, r, names);
  } else {
    describe_words(&l, r);
  }
  add_missing(&l, column);
  free(column->format);
  column->format = NULL;
  if (!l.used) return true;
  column->format = malloc(l.used + 1);
  if (column->format) memcpy(column->format, l.text, l.used + 1);
  return column->format != NULL;
}
