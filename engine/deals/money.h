/* Amounts of several currencies to amounts in the one of the run: once, between the loaded tables and the deals. */
#ifndef DC_DEALS_MONEY_H
#define DC_DEALS_MONEY_H

#include "engine/deals/deals.h"
#include "engine/deals/rates.h"

/* What a run's amounts are in, and what was done for it. */
typedef struct dc_money {
  char
      currency[DC_CURRENCY_CHARS]; /* "" = not known: no amount says so, or a sign that several currencies share does */
  bool converted;
  int32_t day;     /* of the rates of open deals, when converted */
  int64_t assumed; /* amounts among several currencies that name none, and were taken for the run's */
} dc_money;

/* Whose currency an amount has: that of its row in the currency column, else of its cell (or of the column's name), else
 * the run's. A sign that several currencies share means the run's where that is one of them; otherwise $ is USD, and
 * the others stop. An amount column that is named as converted ("Amount (converted)", "Amount in company currency") is in
 * one currency whatever the currency column says.
 *
 * wanted   of the run, NULL or "" = that of the amounts, if they have but one
 * rates    may be NULL while one currency is all there is; rates_file its name for messages
 * as_of    DC_DATE_MISSING: the last created, closing or history day of the sources
 *
 * Amounts in other currencies are converted in the tables, their actual amounts and those of the history, too, and the
 * columns' formats say so: at the rate of the closing day for deals that were won or lost by the as-of day, of the as-of
 * day for the others. A deal's history has the rates of the deal, so that no amount changes by rates alone, and the
 * deal's currency, unless it names one of its own; of deals that are only there, the last closing counts.
 *
 * DC_E_INPUT: several currencies and no rates or no currency wanted, naming all of them; a currency or a day without a
 * rate; a cell that names another currency than its row. */
dc_status dc_money_settle(const dc_deals_sources *sources, const char *wanted, const dc_rates *rates,
                          const char *rates_file, int32_t as_of, dc_money *money, dc_error *error) DC_MUST_CHECK;

#endif
