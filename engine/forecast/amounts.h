/* What a deal will be worth if it is won. */
#ifndef DC_FORECAST_AMOUNTS_H
#define DC_FORECAST_AMOUNTS_H

#include "engine/features/features.h"
#include "engine/forecast/snapshot.h"

/* Where open deals carry an amount: closing / current, learned from won deals whose amounts have a history.
 * Where they carry none: the registry's model mixed of the log amount, with an effect of each attribute of won deals, recent
 * ones counting more; the mean on the scale of amounts by smearing (Duan 1983, JASA 78). */
typedef struct dc_amounts {
  const dc_features *features;
  double open_ratio, new_ratio; /* mean closing amount over the amount at mid-life, at creation */
  double ratio_log_sd;
  int n_factors;
  int factor[DC_MAX_FACTORS]; /* index into features of each regressor */
  size_t offset[DC_MAX_FACTORS + 1];
  double intercept, *beta; /* log amount = intercept + sum_f beta[offset[f] + code_f]; beta NULL = the same for all */
  double sigma, smear;     /* the scatter around it; E[amount] = exp(log amount) smear */
  size_t n_won;            /* deals that it is learned from */
  double positive;         /* share of won deals with an amount above 0 */
  bool none;               /* the data has no amounts at all */
} dc_amounts;

dc_status dc_amounts_fit(const dc_features *features, const dc_snapshot *snapshot, int threads, dc_amounts *amounts,
                         dc_error *error) DC_MUST_CHECK;
void dc_amounts_clear(dc_amounts *amounts);

/* Mean amount if won and the standard deviation of its log. current: the amount recorded, NaN = none. */
void dc_amounts_of(const dc_amounts *amounts, const dc_subject *subject, double current, bool is_new, double *mean,
                   double *log_sd);

#endif
