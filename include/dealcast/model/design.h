/* The rows that a model is fitted to: terms over columns. There is never a dense matrix of all rows; a model takes the
 * values of a block and makes of them what it needs.
 *
 * Nothing here is owned; all arrays outlive the fit. Rows are in canonical order and complete: a row with a missing value
 * in any term, in the response, weight or offset is left out (and counted) by whoever builds the design. */
#ifndef DEALCAST_MODEL_DESIGN_H
#define DEALCAST_MODEL_DESIGN_H

#include "dealcast/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A row's codes: unsigned integers of 1, 2 or 4 bytes, each below `levels`. */
typedef struct dc_codes {
  const void *code;
  uint8_t bytes;
  uint32_t levels;          /* >= 1 */
  const char *const *names; /* of the levels; NULL = they have none */
} dc_codes;

static inline uint32_t dc_codes_at(const dc_codes *codes, size_t row)
{
  if (codes->bytes == 1) return ((const uint8_t *)codes->code)[row];
  if (codes->bytes == 2) return ((const uint16_t *)codes->code)[row];
  return ((const uint32_t *)codes->code)[row];
}

typedef enum dc_term_kind {
  DC_TERM_NUMBER, /* x: one column */
  DC_TERM_FACTOR, /* f: a column for each level but the reference (treatment contrasts) */
  DC_TERM_SLOPES, /* x:f: the number in the column of the row's level; one for each level, or without the reference */
  DC_TERM_SMOOTH, /* s(x): cubic B-splines, centred, neighbours tied by a penalty on differences, by marginal likelihood;
                     or, without a number, levels in order, each tied to its neighbours */
  DC_TERM_EFFECT  /* (1 + x + ... | f): for each level a vector ~ N(0, Sigma), Sigma by marginal likelihood */
} dc_term_kind;

typedef struct dc_term {
  const char *name; /* as the formula has it */
  dc_term_kind kind;
  const double *number; /* NUMBER, SLOPES, SMOOTH: n_rows, finite */
  dc_codes codes;       /* FACTOR, SLOPES, EFFECT; SMOOTH without a number */
  uint32_t reference;   /* FACTOR: the level left out; SLOPES: the same, DC_NO_REFERENCE = none is */
  size_t basis;         /* SMOOTH: of basis functions before centring, 0 = as the model likes */
  const double *knots;  /* SMOOTH, in prediction: those of the fit, basis + 4 of them; NULL = placed by quantiles */
  size_t n_slopes;      /* EFFECT: numbers beside the intercept */
  const double *const *slope;
  bool no_intercept; /* EFFECT: (0 + x | f) */
  /* EFFECT, SMOOTH, where the model has such a prior: the standard deviation (of a SMOOTH, of the difference between
   * neighbours) is believed to be prior_sd, as if prior_weight levels had told so; 0 = as the model likes. */
  double prior_sd, prior_weight;
} dc_term;

#define DC_NO_REFERENCE UINT32_MAX

enum { DC_SMOOTH_BASIS = 10 }; /* functions where none are asked for */

typedef struct dc_design {
  size_t n_rows;
  bool intercept;
  size_t n_terms;
  const dc_term *terms;
  const double *offset;    /* n_rows, added to the linear predictor; NULL = 0 */
  const double *weight;    /* n_rows, >= 0: prior weights as R has them; NULL = 1 */
  const dc_codes *cluster; /* for clustered errors; NULL = rows are independent */
  /* Where the model has such a prior: of the intercept of each equation, N(mean, sd^2); sd 0 = none. With it, categories of
   * which there are no rows have an equation too. */
  const double *intercept_mean;
  double intercept_sd;
} dc_design;

/* What is explained. */
typedef struct dc_response {
  const char *name;
  const double *y;          /* numbers; of counts of successes: those, with trials; NULL for categories */
  const double *trials;     /* of each row, >= y; NULL = 1 (or no such thing) */
  const dc_codes *category; /* for models of categories: levels.names[0] is what the others are held against */
  const double *time;       /* for models that need it: whole periods, >= 1, until the category came (or, for names[0],
                               until the row was last seen); NULL = none */
  const double
      *counts; /* n_rows x category->levels, >= 0, in place of category's codes and time: so many rows with these
                           terms ended a period in each category, or stayed in the first one; NULL = none */
} dc_response;

#endif
