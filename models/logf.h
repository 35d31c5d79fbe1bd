/* The log-F(m, m) prior on every coefficient but the intercept: as if for each column there were m more trials, half of
 * them won, that have this column only, by one unit (Greenland and Mansournia 2015, Statistics in Medicine 34, section 3).
 * Estimates stay finite under separation. The unit of a factor's column or of a number that is 0 or 1 is 1, that of any
 * other number its standard deviation, so that the prior does not depend on the currency. */
#ifndef DC_MODELS_LOGF_H
#define DC_MODELS_LOGF_H

#include "models/newton.h"

/* m > 0. In the task's arena. */
dc_status dc_logf_new(const dc_problem *problem, double m, dc_penalty *penalty, dc_error *error) DC_MUST_CHECK;

#endif
