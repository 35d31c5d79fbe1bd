/* Exponential smoothing with automatic choice of form, a baseline for bookings by period. */
#ifndef DEALCAST_MODEL_ETS_H
#define DEALCAST_MODEL_ETS_H

#include "dealcast/error.h"
#include <stddef.h>

/* y n values oldest first, season length m (1 = none). Additive-error forms A/{N,A,Ad}/{N,A} (Hyndman et al. 2008),
 * initial states concentrated out by least squares, chosen by AICc; seasonal forms need n >= 2 m.
 * mean and sd get `horizon` values. n = 0: mean 0, sd 0. n < 4: simple exponential smoothing with alpha 0.5.
 * form receives e.g. "ETS(A,Ad,N)" (at least 16 bytes). */
dc_status dc_ets_forecast(const double *y, size_t n, size_t m, size_t horizon, double *mean, double *sd, char *form,
                          dc_error *error) DC_MUST_CHECK;

#endif
