/* One cell's text to a number, correctly rounded under any locale. */
#ifndef DC_INGEST_NUMBER_H
#define DC_INGEST_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the values of a column showed, gathered over its cells. */
enum {
  DC_NUMBER_GROUPED = 1, /* a comma that stands between groups of three digits: 1,234 */
  DC_NUMBER_PROVEN = 2,  /* a value that proves the point to be the decimal mark: 0.5, 1,234,567 or 1,234.50 */
  DC_NUMBER_ID = 4,      /* leading zeros, or an integer beyond 2^53: more likely an id than an amount */
  DC_NUMBER_DOLLAR = 8,
  DC_NUMBER_EURO = 16,
  DC_NUMBER_POUND = 32,
  DC_NUMBER_YEN = 64,
  DC_NUMBER_CURRENCIES = 8 + 16 + 32 + 64
};

/* Reads 1234.5, +1e3, .5, 1,234.50, $5, 5 EUR-sign, (500) and 500- as negative, "12 %" as 12 (the sign is left out, nothing is
 * divided). Blanks around it do not count. Infinity, NaN, hexadecimal and decimal commas are no numbers; nor is a
 * value that overflows a double. *seen collects DC_NUMBER_ bits. */
bool dc_number_parse(const char *text, size_t length, double *value, uint32_t *seen);

/* NA, N/A, NaN, null, None, nil, -, #REF!, #N/A (these spellings and capitals) or nothing: the words for a missing value.
 * The text must be trimmed. */
bool dc_word_missing(const char *text, size_t length);

/* Cuts blanks, tabs and line ends off both ends. */
static inline void dc_trim(const char **text, size_t *length)
{
  const char *p = *text;
  size_t n = *length;
  while (n && (p[0] == ' ' || (p[0] >= '\t' && p[0] <= '\r'))) p++, n--;
  while (n && (p[n - 1] == ' ' || (p[n - 1] >= '\t' && p[n - 1] <= '\r'))) n--;
  *text = p;
  *length = n;
}

#endif
