/* Rates of exchange: a CSV file of currency, rate and, where they change, date. */
#ifndef DC_DEALS_RATES_H
#define DC_DEALS_RATES_H

#include "engine/ingest/load.h"

enum { DC_CURRENCY_CHARS = 24 };

/* A currency as everything here names it: the ISO code of a code, a name ("US Dollar", "Euro", renminbi) or a sign that
 * one currency has; a sign that several share, or a word that is none of these, in capitals as it stands. "" for "". */
void dc_currency_name(const char *word, size_t length, char name[DC_CURRENCY_CHARS]);

typedef struct dc_rates dc_rates;

/* Columns currency, rate, date in any order and any case; more columns do not matter. The decimal mark is proven by the
 * rates, or told by `how`; a point before three digits is one. The caller frees the load. DC_E_INPUT: columns are missing,
 * or what commas mean is open. how: decimal, dates, strict and threads count. */
dc_status dc_rates_load(const char *path, const dc_load_request *how, dc_load **load, dc_error *error) DC_MUST_CHECK;

/* DC_E_INPUT, with the line: a rate that is no number above 0, a day that is none, two rates for one currency and day. */
dc_status dc_rates_new(const dc_load *load, dc_rates **rates, dc_error *error) DC_MUST_CHECK;
void dc_rates_free(dc_rates *rates);

/* What one unit of the currency is worth on the day: the last rate on or before it; of a file without dates its one
 * rate. NaN when there is none. */
double dc_rates_at(const dc_rates *rates, const char *currency, int32_t day);

/* Whether the file has any rate of it. */
bool dc_rates_has(const dc_rates *rates, const char *currency);

#endif
