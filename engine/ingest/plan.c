#include "engine/ingest/plan.h"

#include "engine/ingest/units.h"

#include <string.h>

void dc_plan_lines(const dc_blocks *blocks, dc_evidence *evidence, size_t n_columns)
{
  for (size_t c = 0; c < n_columns; c++)
    for (int k = 0; k < DC_SHOWINGS && evidence[c].details; k++)
      evidence[c].details->shown[k].line = dc_cutter_line(blocks, evidence[c].details->shown[k].line);
}

/* What the file leaves open is as in files read before. */
static void ask_what_is_known(const dc_load_request *request, const char *name, dc_guess *guess)
{
  dc_number_style number = {.decimal = DC_DECIMAL_UNKNOWN};
  dc_when_style when = {.order = DC_ORDER_UNKNOWN};
  if (!request->known || !request->known(request->context, name, &number, &when)) return;
  guess->told = (guess->type == DC_TYPE_NUMBER && guess->number.decimal == DC_DECIMAL_UNKNOWN && number.decimal) ||
                (guess->type != DC_TYPE_NUMBER && guess->when.order == DC_ORDER_UNKNOWN && when.order);
  if (guess->number.decimal == DC_DECIMAL_UNKNOWN) guess->number.decimal = number.decimal;
  if (guess->when.order == DC_ORDER_UNKNOWN) guess->when.order = when.order;
  if (guess->when.bare == DC_BARE_EXCEL && when.bare == DC_BARE_EXCEL_1904) guess->when.bare = when.bare;
}

dc_guess dc_plan_first(const dc_evidence *evidence, dc_type expected, const char *name, const dc_load_request *request)
{
  dc_guess guess = dc_evidence_decide(evidence, expected);
  if (guess.type == DC_TYPE_EMPTY) guess.type = DC_TYPE_CATEGORY;
  dc_units_of_name(name, guess.expected, &guess.number);
  if (request->decimal != DC_DECIMAL_UNKNOWN) guess.number.decimal = request->decimal;
  /* Dates with points are not in doubt: what is given for others is not for them. */
  bool dotted = evidence->details && evidence->details->separator == '.' && guess.when.order == DC_ORDER_UNKNOWN;
  if (request->dates.order != DC_ORDER_UNKNOWN && !dotted) guess.when.order = request->dates.order;
  if (request->dates.bare == DC_BARE_EXCEL_1904 && guess.when.bare == DC_BARE_EXCEL)
    guess.when.bare = DC_BARE_EXCEL_1904;
  ask_what_is_known(request, name, &guess);
  guess.when.periods = request->dates.periods && guess.expected;
  return guess;
}

/* Whether b's values prove what column a needs to know: decimal marks by a value with both marks, orders by a date that
 * is written alike. */
static bool may_prove(const dc_evidence *a, const dc_guess *of_a, const dc_evidence *b, const dc_guess *of_b)
{
  if (of_b->like) return false;
  if (of_a->type == DC_TYPE_NUMBER) return of_b->type == DC_TYPE_NUMBER && (b->number_seen & DC_NUMBER_BOTH);
  bool dates = of_b->type == DC_TYPE_DATE || of_b->type == DC_TYPE_INSTANT;
  if (!dates || !a->details || !b->details || of_b->doubtful_year) return false;
  return a->details->separator == b->details->separator && !((a->when_seen ^ b->when_seen) & DC_WHEN_TWO_DIGITS);
}

static int convention_of(const dc_guess *guess, bool number)
{
  return number ? (int)guess->number.decimal : (int)guess->when.order;
}

/* A column that does not prove its own convention takes the one that all who prove it in the same files share. */
static void borrow(const dc_evidence *evidence, dc_guess *guesses, size_t n_columns, size_t c)
{
  dc_guess *own = &guesses[c];
  bool number = own->type == DC_TYPE_NUMBER;
  if (convention_of(own, number) || own->doubtful_year) return;
  int shared = 0;
  size_t from = 0;
  for (size_t k = 0; k < n_columns; k++) {
    int one = may_prove(&evidence[c], own, &evidence[k], &guesses[k]) ? convention_of(&guesses[k], number) : 0;
    if (!one) continue;
    if (shared && one != shared) return;
    if (!shared) from = k + 1;
    shared = one;
  }
  own->like = from;
  if (number) own->number.decimal = (dc_decimal)shared;
  if (!number) own->when.order = (dc_day_order)shared;
}

void dc_plan_settle(const dc_evidence *evidence, dc_guess *guesses, size_t n_columns)
{
  dc_missing once = 0, twice = 0;
  for (size_t c = 0; c < n_columns; c++) {
    twice |= once & evidence[c].missing;
    once |= evidence[c].missing;
  }
  for (size_t c = 0; c < n_columns; c++) {
    dc_type type = guesses[c].type;
    if (type == DC_TYPE_CATEGORY || type == DC_TYPE_TEXT) guesses[c].missing |= twice & dc_missing_forms();
    if (type == DC_TYPE_NUMBER || type == DC_TYPE_DATE || type == DC_TYPE_INSTANT)
      borrow(evidence, guesses, n_columns, c);
  }
}
