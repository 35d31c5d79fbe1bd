/* Scores 0 to 100, from completeness and accuracy.
 *
 *   completeness = cells filled / cells that should be
 *   accuracy     = 1 - cells at fault / cells filled
 *   score        = 100 x sum(weight x completeness x accuracy) / sum(weight)
 *
 * over the fields: each role that has a column, or that a forecast cannot do without; the rows themselves (not rejected;
 * not duplicates); and, of the sheet as a whole, the columns without a role, which share one weight. An open deal needs no
 * closing date, a closed one no expected close; what a state does not need is not counted. A cell is at fault when a
 * rule against accuracy (quality.h) strikes it. */
#ifndef DC_INSIGHT_QUALITY_SCORE_H
#define DC_INSIGHT_QUALITY_SCORE_H

#include "engine/insight/quality.h"

typedef struct dc_score_field {
  dc_role role; /* DC_ROLE_NONE: the rows where column is -1, else a column without a role */
  int column;   /* -1 = none */
  int64_t should, filled, wrong;
  double completeness, accuracy, score; /* NaN = nothing of it should be filled */
  double weight;
} dc_score_field;

typedef struct dc_score {
  size_t n_fields;
  dc_score_field *fields;
  int64_t units, open, at_fault;        /* deals; those that some rule of severity 1 or more strikes */
  double money, money_at_fault;         /* amounts of open deals */
  double completeness, accuracy, score; /* weighted means; NaN when there is no field */
} dc_score;

/* What scoring needs to know of a sheet. */
typedef struct dc_scorer dc_scorer;
dc_status dc_scorer_new(const dc_sheet *sheet, dc_scorer **scorer, dc_error *error) DC_MUST_CHECK;
void dc_scorer_free(dc_scorer *scorer);

/* units NULL: all of them, with the columns without a role. score->fields is allocated; free it. */
dc_status dc_score_units(const dc_scorer *scorer, const uint32_t *units, size_t n, dc_score *score,
                         dc_error *error) DC_MUST_CHECK;

/* The weight of a role's field; DC_ROLE_NONE: of the rows. */
double dc_score_weight(const dc_config *config, dc_role role);

#endif
