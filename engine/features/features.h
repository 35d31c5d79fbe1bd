/* A deal as of a day -> categorical codes, one per factor; and the training rows of the conversion core. */
#ifndef DC_FEATURES_FEATURES_H
#define DC_FEATURES_FEATURES_H

#include "dealcast/model/factors.h"
#include "engine/deals/calendar.h"
#include "engine/deals/deals.h"
#include "engine/features/levels.h"

/* Factors that change from cell to cell come first, then those fixed at the landmark (the day of looking). */
typedef enum dc_feature {
  DC_FEATURE_AGE,           /* days since creation, binned; the last level is "older than any close ever seen" */
  DC_FEATURE_QUARTER_WEEK,  /* twelfths of the quarter */
  DC_FEATURE_QUARTER_MONTH, /* 1st, 2nd, 3rd month of the quarter */
  DC_FEATURE_EPOCH,         /* quarters since the data began: drift */
  DC_FEATURE_STAGE,         /* stage at the landmark x how far ahead the cell is */
  DC_FEATURE_EXPECTED,      /* where the expected close lies, seen from the cell */
  DC_FEATURE_FIXED,         /* first of those fixed at the landmark */
  DC_FEATURE_QUIET = DC_FEATURE_FIXED, /* days without a history row, at the landmark */
  DC_FEATURE_TIME_IN_STAGE,
  DC_FEATURE_OVERDUE, /* days by which the expected close has passed */
  DC_FEATURE_PUSHES,
  DC_FEATURE_AMOUNT,   /* half decades */
  DC_FEATURE_RELATION, /* what the account bought before: unknown, nothing closed, lost only, won */
  DC_FEATURE_OWNER,
  DC_FEATURE_ATTRIBUTES /* product, region, source, account, joined columns */
} dc_feature;

enum { DC_MAX_ATTRIBUTE_FACTORS = 12, DC_MAX_FACTORS = DC_FEATURE_ATTRIBUTES + DC_MAX_ATTRIBUTE_FACTORS };

typedef struct dc_features {
  const dc_deals *deals;
  const dc_time_grid *grid;
  int32_t asked; /* the day on which somebody asks: decides which undated columns may be used at all */
  int n;         /* factors in use: dc_factor of each, some with one level only (nothing known) */
  dc_factor factor[DC_MAX_FACTORS];
  int min_closed[DC_MAX_FACTORS]; /* closed deals from which a factor is fitted */
  int attribute[DC_MAX_FACTORS];  /* index into deals->attributes, -1 = not an attribute */
  dc_levels word[DC_MAX_FACTORS]; /* levels of the words of attributes, */
  dc_levels stage, owner;         /* of stages and of owners */
  uint8_t *relation;              /* per deal, at its creation; NULL when accounts are not known */
  bool landmarks;                 /* dated fields exist: look at each deal on several days */
} dc_features;

dc_status dc_features_new(const dc_deals *deals, const dc_time_grid *grid, int32_t asked, dc_features **features,
                          dc_error *error) DC_MUST_CHECK;
void dc_features_free(dc_features *features);

/* One deal (or a deal to come) as seen from its landmark. */
typedef struct dc_subject {
  uint32_t fixed[DC_MAX_FACTORS]; /* codes of the fixed factors; stage code at [DC_FEATURE_STAGE] */
  int32_t since;                  /* creation, DC_DATE_MISSING = not known */
  int32_t expected;               /* DC_DATE_MISSING = not known */
  int32_t landmark;               /* cell of the landmark */
} dc_subject;

/* view is what was known on `day`, which lies in (or ends) the landmark cell. */
void dc_features_subject(const dc_features *features, size_t deal, const dc_view *view, int32_t landmark_cell,
                         int32_t day, dc_subject *subject);

/* Level of an attribute's factor for a deal, as known on the day `asked`. */
uint32_t dc_features_attribute(const dc_features *features, int factor, size_t deal);

/* Codes of the changing factors for the days first..last of a cell, seen epoch_limit quarters into the data. */
void dc_features_cell(const dc_features *features, const dc_subject *subject, int32_t cell, int32_t first, int32_t last,
                      uint32_t epoch_limit, uint32_t code[DC_FEATURE_FIXED]);

/* Age bins: how many there are, and that of an age in days. The level after the last bin is "stale". */
uint32_t dc_age_bins(void);
uint32_t dc_age_bin(int32_t days);

#endif
