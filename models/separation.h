/* Separation: responses that a plane divides, so that some estimates are infinite (Albert and Anderson 1984, Biometrika 71).
 * Found from the rows, not from the size of estimates; named by the column, level or combination that does it. */
#ifndef DC_MODELS_SEPARATION_H
#define DC_MODELS_SEPARATION_H

#include "dealcast/model/model.h"

typedef enum dc_separates {
  DC_SEPARATES_CHANCES, /* logit, probit, cloglog: all failures may go down, all successes up, what is mixed may not move */
  DC_SEPARATES_COUNTS /* log link: rows of 0 may go down */
} dc_separates;

typedef struct dc_separation {
  bool separated;
  bool complete; /* no row is left that keeps the likelihood finite */
  size_t gained; /* rows whose fitted values run away */
  bool *runs;    /* of the design's columns: the estimate is infinite; n_columns, in the task's arena */
  size_t n_causes;
  char **cause; /* "by region=North: ...", in the task's arena; one at least where it is separated */
} dc_separation;

/* fit: laid out, for the names of columns. One pass over single columns; deep: also the search for combinations, and for all rows
 * that run away, which takes some passes more. DC_W_MAXITER: it was not found out. */
dc_status dc_separation_find(const dc_task *task, const dc_fit *fit, dc_separates kind, bool deep,
                             dc_separation *separation, dc_error *error) DC_MUST_CHECK;

#endif
