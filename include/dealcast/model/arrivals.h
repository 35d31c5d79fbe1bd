/* How many deals will be created in coming time cells. */
#ifndef DEALCAST_MODEL_ARRIVALS_H
#define DEALCAST_MODEL_ARRIVALS_H

#include "dealcast/error.h"
#include <stddef.h>

/* Past cells, oldest first.
 * count   deals created in the cell
 * days    its length in days, > 0
 * year    its middle as a fraction of the year, 0..1 (for the season)
 * quarter its middle as a fraction of the (fiscal) quarter, 0..1 */
typedef struct dc_arrival_cells {
  size_t n;
  const double *count, *days, *year, *quarter;
} dc_arrival_cells;

typedef struct dc_arrivals {
  double log_level;     /* log of deals a day at the end of the data, season removed */
  double trend;         /* change of the log level per day, damped: after d days trend * (1 - damp^d) / (1 - damp) */
  double damp;          /* per day, in (0, 1) */
  double season[4];     /* cos, sin of one and two cycles a year; 0 below 18 months of data */
  double in_quarter[2]; /* cos, sin of one cycle a quarter, shrunk */
  double dispersion;    /* k of the negative binomial of one cell: variance = mean + mean^2 / k */
  double level_sd; /* standard deviation of the log of the level to come (uncertainty and drift), one period ahead */
} dc_arrivals;

/* Negative-binomial regression with a discounted (recent counts more) level, damped trend, Fourier season; every term
 * shrunk, so that one cell of data gives a usable answer. All-zero data: a small positive rate. */
dc_status dc_arrivals_fit(const dc_arrival_cells *cells, dc_arrivals *fit, dc_error *error) DC_MUST_CHECK;

/* Expected deals a day, days_ahead (>= 0) after the end of the data. */
double dc_arrivals_rate(const dc_arrivals *fit, double days_ahead, double year, double quarter);

#endif
