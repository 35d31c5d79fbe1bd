/* Exponential smoothing, the form chosen by AICc.
 *
 * Input: a series by period. Parameters: smoothing parameters by maximum likelihood (ets_fit.c). Prediction: the point
 * forecast and the model's forecast variance, sigma^2 (1 + sum_{j<h} c_j^2) with c_j = alpha + beta (phi + ... + phi^j)
 * + gamma [j = 0 mod m] (Hyndman et al. 2008, table 6.2, class 1). */
#include "dealcast/model/ets.h"

#include "models/ets_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const trend_names[] = {"N", "A", "Ad"};

/* Fewer than four values: simple exponential smoothing with alpha 1/2 from the first; the spread is not below a
 * quarter of the level (half of it with one value), for nothing better is known. */
static void forecast_short(const double *y, size_t n, size_t horizon, double *mean, double *sd, char *form)
{
  const double alpha = 0.5;
  double level = n ? y[0] : 0, square = 0;
  for (size_t t = 1; t < n; t++) {
    double e = y[t] - level;
    square += e * e;
    level += alpha * e;
  }
  double sigma = n > 1 ? sqrt(square / (double)(n - 1)) : 0;
  sigma = fmax(sigma, fabs(level) * (n > 1 ? 0.25 : 0.5));
  for (size_t h = 0; h < horizon; h++) {
    mean[h] = level;
    sd[h] = sigma * sqrt(1 + (double)h * alpha * alpha);
  }
  snprintf(form, 16, "ETS(A,N,N)");
}

static void forecast_form(const ets_fit *f, const double *season, size_t n, size_t m, size_t horizon, double *mean,
                          double *sd)
{
  double slope = 0, damp = 1, sum = 1, sigma2 = f->sse / (double)(n - f->parameters);
  for (size_t h = 0; h < horizon; h++) {
    damp *= f->phi;
    slope += f->trend == ETS_NONE ? 0 : damp;
    mean[h] = f->level + slope * f->slope + (f->seasonal ? season[h % m] : 0);
    sd[h] = sqrt(sigma2 * sum);
    double c = f->alpha + f->beta * slope + (f->seasonal && (h + 1) % m == 0 ? f->gamma : 0);
    sum += c * c;
  }
}

static dc_status choose(const double *y, size_t n, size_t m, ets_fit *best, double *best_season, double *season,
                        dc_error *error)
{
  ets_work *work = ets_work_new(n, m);
  if (!work) return dc_fail_memory(error, "fitting ETS");
  int any = 0, status = 0, most_seasonal = m > 1 && n >= 2 * m ? 1 : 0;
  for (int seasonal = 0; seasonal <= most_seasonal; seasonal++)
    for (int trend = ETS_NONE; trend <= ETS_DAMPED && status >= 0; trend++) {
      ets_fit fit = {0};
      fit.trend = (ets_trend)trend;
      fit.seasonal = seasonal;
      status = ets_fit_form(work, y, n, m, any ? best->aicc : HUGE_VAL, &fit, season);
      if (status || (any && !(fit.aicc < best->aicc))) continue;
      any = 1;
      *best = fit;
      if (seasonal) memcpy(best_season, season, m * sizeof *season);
    }
  ets_work_free(work);
  return status < 0 || !any ? dc_fail_memory(error, "fitting ETS") : DC_OK;
}

dc_status dc_ets_forecast(const double *y, size_t n, size_t m, size_t horizon, double *mean, double *sd, char *form,
                          dc_error *error)
{
  if (m < 1) return dc_fail(error, DC_E_USAGE, "a season of %zu periods", m);
  for (size_t t = 0; t < n; t++)
    if (!isfinite(y[t])) return dc_fail(error, DC_E_INPUT, "value %zu of a series is not finite", t + 1);
  ets_fit best = {0};
  double *season = calloc(2 * m, sizeof *season);
  dc_status status = season ? DC_OK : dc_fail_memory(error, "fitting ETS");
  if (!status && n >= 4) status = choose(y, n, m, &best, season, season + m, error);
  if (!status && n < 4)
    forecast_short(y, n, horizon, mean, sd, form);
  else if (!status) {
    forecast_form(&best, season, n, m, horizon, mean, sd);
    snprintf(form, 16, "ETS(A,%s,%s)", trend_names[best.trend], best.seasonal ? "A" : "N");
  }
  free(season);
  return status;
}
