#include "engine/ingest/review.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXAMPLE_BYTES = 240, PLACE_BYTES = 128 };

/* A type found by content that does not hold: the column is words after all. */
static void fall_back(dc_review *r, dc_refusal why, bool *again)
{
  dc_missing forms = r->guess->missing & dc_missing_forms();
  *r->guess = (dc_guess){.type = dc_evidence_words(r->evidence), .refused = why};
  r->guess->missing = dc_missing_always() | dc_missing_texts() | forms;
  *again = true;
}

void dc_review_place(const dc_review *r, const dc_shown *one, char *text, size_t size)
{
  const char *path = r->request->paths[one->file], *slash = strrchr(path, '/');
  text[0] = '\0';
  if (r->request->n_paths > 1) snprintf(text, size, " of %.100s", slash ? slash + 1 : path);
}

/* "1,234 on line 7", of several files with the one that it is in, or the usual example when the sample has none. */
static const char *example(const dc_review *r, dc_showing what, const char *usual, char *text)
{
  const dc_shown *one = dc_evidence_shown(r->evidence, what);
  char place[PLACE_BYTES];
  if (one) dc_review_place(r, one, place, sizeof place);
  if (one)
    snprintf(text, EXAMPLE_BYTES, "%s on line %llu%s", one->text, (unsigned long long)one->line, place);
  else
    snprintf(text, EXAMPLE_BYTES, "%s", usual);
  return text;
}

static bool many_bad(const dc_review *r)
{
  size_t values = r->rows - r->column->n_missing + r->column->n_bad;
  return (double)r->column->n_bad > DC_UNREADABLE_SHARE * (double)values;
}

static dc_status fail_marks(const dc_review *r, dc_error *error)
{
  char point[EXAMPLE_BYTES], comma[EXAMPLE_BYTES];
  return dc_fail_at(error, DC_E_INPUT, r->path, 0, 0,
                    "column '%.200s' has values with a decimal point (%s) and with a decimal comma (%s): write them in "
                    "one way, or give --decimal point or --decimal comma and the others count as unreadable",
                    r->column->name, example(r, DC_SHOWS_POINT, "0.5", point),
                    example(r, DC_SHOWS_COMMA, "0,5", comma));
}

static dc_status fail_unproven(const dc_review *r, dc_error *error)
{
  char text[EXAMPLE_BYTES];
  bool comma = (r->seen & DC_NUMBER_COMMA_3) != 0;
  const char *value = comma ? example(r, DC_SHOWS_COMMA_3, "1,234", text) : example(r, DC_SHOWS_POINT_3, "1.234", text);
  return dc_fail_at(
      error, DC_E_INPUT, r->path, 0, 0,
      "column '%.200s' has values like %s, and none shows whether the %s begins thousands or decimals; give "
      "--decimal %s if 1%c234 is 1234, --decimal %s if it is between 1 and 2",
      r->column->name, value, comma ? "comma" : "point", comma ? "point" : "comma", comma ? ',' : '.',
      comma ? "comma" : "point");
}

static dc_status fail_given(const dc_review *r, dc_error *error)
{
  char text[EXAMPLE_BYTES];
  bool point = r->guess->number.decimal == DC_DECIMAL_POINT;
  return dc_fail_at(error, DC_E_INPUT, r->path, 0, 0,
                    "column '%.200s' has values with a decimal %s (%s), but --decimal %s was given", r->column->name,
                    point ? "comma" : "point",
                    point ? example(r, DC_SHOWS_COMMA, "0,5", text) : example(r, DC_SHOWS_POINT, "0.5", text),
                    point ? "point" : "comma");
}

/* A currency that the sample did not show: each cell's has to be kept. */
static void review_money(dc_review *r, bool *again)
{
  dc_number_style *style = &r->guess->number;
  bool late = (r->seen & DC_NUMBER_MONEY) && !style->currency;
  if (style->many_currencies || (!late && !(r->seen & DC_NUMBER_OTHER_MONEY))) return;
  style->many_currencies = true;
  *again = true;
}

static dc_status review_number(dc_review *r, bool *again, dc_error *error)
{
  dc_guess *guess = r->guess;
  dc_decimal *decimal = &guess->number.decimal;
  bool point = r->seen & DC_NUMBER_POINT, comma = r->seen & DC_NUMBER_COMMA;
  bool doubt = r->seen & (DC_NUMBER_POINT_3 | DC_NUMBER_COMMA_3), given = r->request->decimal != DC_DECIMAL_UNKNOWN;
  dc_decimal proven = point == comma ? DC_DECIMAL_UNKNOWN : point ? DC_DECIMAL_POINT : DC_DECIMAL_COMMA;
  bool against = *decimal == DC_DECIMAL_POINT ? comma : *decimal == DC_DECIMAL_COMMA && point;
  if (!guess->expected && (r->seen & DC_NUMBER_ID)) {
    fall_back(r, DC_REFUSED_IDS, again);
    return DC_OK;
  }
  if (given && guess->expected && against && many_bad(r)) return fail_given(r, error);
  bool conflict = *decimal == DC_DECIMAL_UNKNOWN ? point && comma : !given && !guess->like && against && many_bad(r);
  bool unproven = *decimal == DC_DECIMAL_UNKNOWN && !point && !comma && doubt;
  if (!guess->expected && (conflict || unproven)) {
    fall_back(r, DC_REFUSED_MARKS, again);
    return DC_OK;
  }
  if (conflict) return fail_marks(r, error);
  if (unproven) return fail_unproven(r, error);
  if (proven != DC_DECIMAL_UNKNOWN && !given &&
      (*decimal == DC_DECIMAL_UNKNOWN || (guess->like && proven != *decimal))) {
    *again |= proven == DC_DECIMAL_COMMA || guess->like; /* unknown reads the doubtful ones with a point */
    *decimal = proven;
    guess->like = 0;
  }
  review_money(r, again);
  return DC_OK;
}

static const char *order_name(dc_day_order order)
{
  static const char *const names[] = {"", "day-first", "month-first", "year-first"};
  return names[order];
}

static dc_status fail_orders(const dc_review *r, dc_error *error)
{
  char day[EXAMPLE_BYTES], month[EXAMPLE_BYTES];
  return dc_fail_at(error, DC_E_INPUT, r->path, 0, 0,
                    "column '%.200s' has dates with the day first (%s) and with the month first (%s); write them as "
                    "YYYY-MM-DD, or give --dates day-first or --dates month-first and the others count as unreadable",
                    r->column->name, example(r, DC_SHOWS_DAY, "25/03/2021", day),
                    example(r, DC_SHOWS_MONTH, "03/25/2021", month));
}

static dc_status fail_order(const dc_review *r, dc_error *error)
{
  char text[EXAMPLE_BYTES];
  if (r->guess->doubtful_year)
    return dc_fail_at(
        error, DC_E_INPUT, r->path, 0, 0,
        "column '%.200s' has dates with two digits of the year, and their last number changes more than the "
        "first, as if it were the day; give --dates year-first or --dates day-first",
        r->column->name);
  return dc_fail_at(error, DC_E_INPUT, r->path, 0, 0,
                    "column '%.200s' has dates like %s, and none shows whether the day or the month comes first; give "
                    "--dates day-first or --dates month-first, or write them as YYYY-MM-DD",
                    r->column->name, example(r, DC_SHOWS_EITHER, "03/04/2021", text));
}

static dc_status fail_given_order(const dc_review *r, dc_error *error)
{
  char text[EXAMPLE_BYTES];
  bool day = r->guess->when.order == DC_ORDER_DAY_FIRST;
  return dc_fail_at(error, DC_E_INPUT, r->path, 0, 0, "column '%.200s' has dates like %s, but --dates %s was given",
                    r->column->name,
                    day ? example(r, DC_SHOWS_MONTH, "03/25/2021", text) : example(r, DC_SHOWS_DAY, "25/03/2021", text),
                    order_name(r->guess->when.order));
}

/* The one order that the bits prove, unknown when there is none or more than one. */
static dc_day_order proven_order(uint32_t seen, int *n)
{
  static const struct {
    uint32_t bit;
    dc_day_order order;
  } proofs[] = {{DC_WHEN_DAY_FIRST, DC_ORDER_DAY_FIRST},
                {DC_WHEN_MONTH_FIRST, DC_ORDER_MONTH_FIRST},
                {DC_WHEN_YEAR_FIRST, DC_ORDER_YEAR_FIRST}};
  dc_day_order order = DC_ORDER_UNKNOWN;
  *n = 0;
  for (size_t k = 0; k < sizeof proofs / sizeof *proofs; k++) {
    if (!(seen & proofs[k].bit)) continue;
    order = proofs[k].order;
    ++*n;
  }
  return *n == 1 ? order : DC_ORDER_UNKNOWN;
}

static dc_status review_order(dc_review *r, bool *again, dc_error *error)
{
  dc_guess *guess = r->guess;
  dc_day_order *order = &guess->when.order;
  bool given = r->request->dates.order != DC_ORDER_UNKNOWN;
  int n;
  dc_day_order proven = proven_order(r->seen, &n);
  bool against = proven != *order && n > 0;
  if (given) return guess->expected && against && many_bad(r) ? fail_given_order(r, error) : DC_OK;
  bool conflict = *order == DC_ORDER_UNKNOWN ? n > 1 : !guess->like && against && many_bad(r);
  bool unproven = guess->doubtful_year || (*order == DC_ORDER_UNKNOWN && n == 0 && (r->seen & DC_WHEN_EITHER));
  /* Four digits of a year make it a date for certain, so that its order has to be known whatever it is for. */
  if (!guess->expected && (conflict || guess->doubtful_year)) {
    fall_back(r, DC_REFUSED_ORDER, again);
    return DC_OK;
  }
  if (conflict) return fail_orders(r, error);
  if (unproven) return fail_order(r, error);
  if (proven == DC_ORDER_UNKNOWN || (*order != DC_ORDER_UNKNOWN && !(guess->like && against))) return DC_OK;
  *again |= proven != DC_ORDER_DAY_FIRST || guess->like; /* unknown reads the doubtful ones day first */
  *order = proven;
  guess->like = 0;
  return DC_OK;
}

static dc_status review_when(dc_review *r, bool *again, dc_error *error)
{
  if (r->guess->type == DC_TYPE_DATE && (r->seen & DC_WHEN_CLOCK)) {
    r->guess->type = DC_TYPE_INSTANT;
    *again = true;
  }
  return review_order(r, again, error);
}

/* No value in the sample, but some further on: decide from the words that were found. */
static dc_status review_unseen(dc_review *r, bool *again, dc_error *error)
{
  dc_evidence late = {0};
  bool fine = true;
  for (size_t w = 1; w < r->column->n_words && fine; w++)
    fine = dc_evidence_add(&late, r->column->words[w], strlen(r->column->words[w]), false, 0);
  dc_guess better = dc_evidence_decide(&late, DC_TYPE_EMPTY);
  dc_evidence_free(&late);
  if (!fine) return dc_fail_memory(error, "looking at the columns");
  if (better.type == DC_TYPE_EMPTY || better.type == DC_TYPE_TEXT) return DC_OK;
  if (r->request->decimal != DC_DECIMAL_UNKNOWN) better.number.decimal = r->request->decimal;
  if (r->request->dates.order != DC_ORDER_UNKNOWN) better.when.order = r->request->dates.order;
  *again = *again || better.type != r->guess->type;
  *r->guess = better;
  return DC_OK;
}

dc_status dc_review_column(dc_review *r, bool *again, dc_error *error)
{
  const dc_guess *guess = r->guess;
  if (r->column->type == DC_TYPE_EMPTY) return DC_OK;
  bool parsed = guess->type == DC_TYPE_NUMBER || guess->type == DC_TYPE_DATE || guess->type == DC_TYPE_INSTANT;
  if (parsed && !guess->expected && many_bad(r)) {
    fall_back(r, DC_REFUSED_BAD, again);
    return DC_OK;
  }
  if (guess->type == DC_TYPE_NUMBER) return review_number(r, again, error);
  if (parsed) return review_when(r, again, error);
  if (!guess->expected && !r->evidence->values) return review_unseen(r, again, error);
  return DC_OK;
}
