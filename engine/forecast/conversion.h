/* The conversion core at one origin: hazards of winning and losing, fitted on what was known then; and what follows for
 * a deal: P(win in a period), P(win ever), when. */
#ifndef DC_FORECAST_CONVERSION_H
#define DC_FORECAST_CONVERSION_H

#include "dealcast/model/model.h"
#include "engine/features/features.h"
#include "engine/features/rows.h"

enum { DC_WON = 0, DC_LOST = 1, DC_RISKS = 2 };

/* How much is fitted, by closed deals so far. */
typedef enum dc_rung { DC_RUNG_PRIOR, DC_RUNG_POOLED, DC_RUNG_RIDGE, DC_RUNG_FULL } dc_rung;
const char *dc_rung_name(dc_rung rung); /* "prior-dominated", "pooled", "ridge", "full" */
dc_rung dc_rung_of(int64_t closed);

typedef struct dc_conversion {
  const dc_features *features;
  int32_t origin;
  dc_rung rung;
  int64_t won, lost;            /* closed deals known at the origin */
  int n_fitted;                 /* factors in the fit, */
  int fitted[DC_MAX_FACTORS];   /* by their index in features */
  int position[DC_MAX_FACTORS]; /* inverse; -1 = left out */
  dc_factor factor[DC_MAX_FACTORS];
  dc_fit *fit;                /* of the registry's model hazard: log odds of a risk against staying open */
  uint32_t *offset;           /* of each factor in beta; n_fitted + 1 */
  double intercept[DC_RISKS]; /* the fit's estimates */
  double *beta[DC_RISKS];
  uint32_t stale_from;       /* age bins from here on are older than any close seen: the stale level */
  double age_mean[DC_RISKS]; /* mean age effect over exposure, for deals whose age is not known */
  uint32_t epoch_limit;
} dc_conversion;

/* rows hold what became known up to origin. start (NULL or an earlier origin's) warms the fit. */
dc_status dc_conversion_fit(const dc_features *features, const dc_rows *rows, int32_t origin, int threads,
                            const dc_conversion *start, dc_conversion **conversion, dc_error *error) DC_MUST_CHECK;
void dc_conversion_free(dc_conversion *conversion);

enum { DC_MAX_PERIODS = 60 };

/* Consecutive periods: period p covers days end[p - 1] + 1 .. end[p], the first one from first_day on. */
typedef struct dc_periods {
  int n;
  int32_t first_day;
  int32_t start[DC_MAX_PERIODS], end[DC_MAX_PERIODS];
} dc_periods;

/* won[p], lost[p]: P(closing so in period p). first_share: part of the first cell for which the deal exists (1, or 1/2
 * for deals created evenly within it). */
void dc_conversion_periods(const dc_conversion *c, const dc_subject *subject, const dc_periods *periods,
                           double first_share, double *won, double *lost);

typedef struct dc_outlook {
  double p_win, p_lost;   /* ever: followed for DC_EVER_DAYS */
  int32_t expected_close; /* median day of the close if it is won, DC_DATE_MISSING when p_win is 0 */
} dc_outlook;
enum { DC_EVER_DAYS = 1096 };

void dc_conversion_outlook(const dc_conversion *c, const dc_subject *subject, int32_t first_day, dc_outlook *outlook);

#endif
