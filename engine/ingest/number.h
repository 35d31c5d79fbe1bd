/* One cell's text to a number, correctly rounded under any locale, by the one style of its column. */
#ifndef DC_INGEST_NUMBER_H
#define DC_INGEST_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum dc_decimal { DC_DECIMAL_UNKNOWN, DC_DECIMAL_POINT, DC_DECIMAL_COMMA } dc_decimal;

/* How the numbers of a column are written. Zeroed: not known; whichever mark is possible, the point where both are. */
typedef struct dc_number_style {
  dc_decimal decimal;
  int8_t shift;         /* the header's unit as a power of ten: 4 for "(10,000)", 0 = none */
  uint8_t currency;     /* of the cells: index of dc_currency_code, 0 = none was seen */
  bool many_currencies; /* the column keeps each cell's currency */
} dc_number_style;

/* What the values of a column showed, gathered over its cells. */
enum {
  DC_NUMBER_POINT = 1, /* proves the point to be the decimal mark: 0.5, 1,234,567 or 1,234.50 */
  DC_NUMBER_COMMA = 2, /* proves the comma to be it: 0,5, 1.234.567 or 1.234,50; set though the style reads no commas */
  DC_NUMBER_POINT_3 = 4,      /* 1.234: a fraction, or one thousand */
  DC_NUMBER_COMMA_3 = 8,      /* 1,234: one thousand, or a fraction */
  DC_NUMBER_ID = 16,          /* leading zeros, or an integer beyond 2^53: more likely an id than an amount */
  DC_NUMBER_MONEY = 32,       /* a currency's sign or code */
  DC_NUMBER_OTHER_MONEY = 64, /* a currency other than the style's */
  DC_NUMBER_BOTH = 128,       /* a proof by both marks, or by one mark twice: 1,234.50 or 1,234,567 */
  DC_NUMBER_BLANKS = 256,     /* groups between blanks */
  DC_NUMBER_QUOTES = 512,     /* between apostrophes */
  DC_NUMBER_INDIAN = 1024,    /* of two digits */
  DC_NUMBER_PERCENT = 2048,   /* a percent sign */
  DC_NUMBER_SCALED = 4096     /* k, M, wan, ... behind the digits */
};

/* Whether [-]digits[.digits] means what it says, so that a kernel may read it: bits as dc_number_plain_seen. */
static inline bool dc_number_is_plain(const dc_number_style *style)
{
  return style->decimal != DC_DECIMAL_COMMA && style->shift == 0 && !style->many_currencies;
}

/* The bits that [-]digits[.digits] shows. whole, decimals: how many digits before and behind the point; first: the first digit. */
static inline uint32_t dc_number_plain_seen(size_t whole, size_t decimals, char first)
{
  uint32_t seen = whole > 1 && first == '0' ? DC_NUMBER_ID : 0;
  if (decimals) seen |= decimals == 3 && whole < 4 && first != '0' ? DC_NUMBER_POINT_3 : DC_NUMBER_POINT;
  return seen;
}

/* A cell as read. */
typedef struct dc_number_cell {
  double value;
  uint32_t seen;    /* DC_NUMBER_ bits; of a cell that the style cannot read, what the other decimal mark would prove */
  uint8_t currency; /* of its sign or code (units.h), 0 = none */
} dc_number_cell;

/* Reads, with the decimal mark of the style:
 * - digits, also full-width, in groups of three or as in India (12,34,567) between blanks, apostrophes or the other mark;
 * - +5, -5, 5-, -5- and (5); "500,-" for 500; an exponent;
 * - a currency's sign or ISO code before or behind; k, M, bn, Mio., wan, ... behind, by their power of ten; "12 %" as 12
 *   (the sign is left out, nothing is divided).
 * The value is the double nearest to what is written times its power of ten, or else 10^shift, under any locale. Infinity, NaN, hexadecimal and
 * what overflows a double are no numbers; nor is a cell of 4 KiB or more. */
bool dc_number_read(const char *text, size_t length, const dc_number_style *style, dc_number_cell *cell);

/* The same, with the plain case first; *seen collects the bits. */
bool dc_number_parse(const char *text, size_t length, const dc_number_style *style, double *value, uint32_t *seen);

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
