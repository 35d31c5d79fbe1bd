/* Doubles to text. */
#ifndef DC_BASE_DECIMAL_H
#define DC_BASE_DECIMAL_H

/* Shortest decimal that reads back as the same double, in JSON's grammar ("0.1", "1e+300", "-0" as "0"); text >= 32
 * bytes; returns its length; "null" when not finite. Independent of the locale. */
int dc_format_double(double value, char *text);

#endif
