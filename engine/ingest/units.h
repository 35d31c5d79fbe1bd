/* What stands beside the digits of an amount: currencies, and words for a power of ten. */
#ifndef DC_INGEST_UNITS_H
#define DC_INGEST_UNITS_H

#include "engine/ingest/number.h"

/* The ISO code of a currency's number, or the sign itself where several currencies share it: "$", "kr", and the sign of
 * yen and yuan. NULL for 0. */
const char *dc_currency_code(uint8_t currency);
uint8_t dc_currency_find(const char *code); /* 0 = unknown */

/* Takes a currency's sign or ISO code (capitals) off the front or back of a text; 0 when there is none. */
uint8_t dc_currency_take_front(const char **text, size_t *length);
uint8_t dc_currency_take_back(const char **text, size_t *length);

/* Of a text that begins with a letter: false when no currency does so, however it is written. */
bool dc_currency_begins(const char *text, size_t length);

/* Takes k, M, bn, Mio., wan, ... off the back. Returns the power of ten, 0 when there is none. money: a currency stood
 * beside it, so that a T is a thousand. */
int dc_scale_take_back(const char **text, size_t *length, bool money);

/* What a column's name says of its unit: "Amount (k EUR)", "Amount in thousands", "Amount_USD". Sets style's shift and
 * currency. A letter alone, such as the m of "Distance (m)", counts where an amount is expected. */
void dc_units_of_name(const char *name, bool expected, dc_number_style *style);

#endif
