/* Multinomial logits by Newton: the engine under multinomial.c and hazard.c.
 *
 * A row is a spell of one or more periods; in each it stays with the reference or ends in another category (Tutz and Schmid
 * 2016, Modeling Discrete Time-to-Event Data, section 8.1). A multinomial logit is the case of one period. Periods are
 * never rows of their own: those of one baseline level are one set of counts, and where all terms are factors of few
 * levels, so are all rows of one cell.
 *
 * Parameters are columns x equations, theta[equations * j + c]: the intercept, the terms of the design, the levels of
 * the baseline but the first. Numbers are centred (where there is an intercept) and scaled within. Factors are added by
 * their codes, never as columns of zeros and ones. */
#ifndef DC_MODELS_SOFTMAX_H
#define DC_MODELS_SOFTMAX_H

#include "dealcast/model/model.h"

typedef struct dc_softmax_options {
  double ridge;  /* penalty 1/2 ridge theta^2 of all but intercept and baseline, numbers scaled to spread 1; 0 = none */
  double pool;   /* periods are one level until it has this many ends of each kind */
  bool spells;   /* rows last for the response's time, not for one period */
  bool baseline; /* of spells: is the chance another one in each level of periods? */
  bool tied;     /* the levels of the baseline are a SMOOTH, not a FACTOR; for shrunk_hazard.c */
  bool drop;     /* likelihood ratio tests, by fits without each term */
} dc_softmax_options;

typedef struct dc_softmax {
  const dc_task *task;
  dc_softmax_options options;
  dc_design design;                    /* the task's, with the baseline as its last term where there is one */
  size_t equations, columns, triangle; /* columns of each equation; triangle: values of a symmetric matrix of them */
  const char **equation;
  int32_t *slot; /* of each category: its equation, `equations` for the reference, -1 where no row has it */
  size_t levels; /* of the baseline; level l is periods start[l] + 1 .. start[l + 1], the last end is infinite */
  double *start;
  double rows, row_periods, weight, offset; /* rows with weight, their periods; sum of weights, mean offset */
  double *category_weight;                  /* in all, of each category */

  size_t units;   /* rows, or cells of equal codes */
  uint32_t *code; /* of cells: units x terms of the task; NULL = units are rows */
  double *count;  /* of cells: units x levels x (equations + 1), the reference last */

  size_t *first; /* column of each term */
  double *centre, *scale;
  bool *active;  /* by column */
  double *plain; /* columns squared, upper: sum of count x x' */

  double *theta, *trial, *delta;
  double log_likelihood, *partial; /* partial: of the last pass */
  double *hessian, *inverse, *square;
  double decrement, largest_move; /* of the last step; of a scaled coefficient */
  size_t steps;
  bool converged;
} dc_softmax;

/* The first part of it: categories, levels of periods, the design with its baseline. */
dc_status dc_softmax_survey(const dc_task *task, const dc_softmax_options *options, dc_softmax **softmax,
                            dc_error *error) DC_MUST_CHECK;
/* What the reader must know of those. */
dc_status dc_softmax_note_survey(const dc_softmax *s, dc_fit *fit, dc_error *error) DC_MUST_CHECK;

/* All memory from the task's arena. Refuses what cannot be fitted: one category, too many parameters. */
dc_status dc_softmax_new(const dc_task *task, const dc_softmax_options *options, dc_softmax **softmax,
                         dc_error *error) DC_MUST_CHECK;

/* One pass. DC_SOFTMAX_VALUE: log_likelihood at theta; DC_SOFTMAX_CURVATURE: also gradient and Gram, in `partial`;
 * DC_SOFTMAX_PLAIN: `plain`. */
typedef enum dc_softmax_pass { DC_SOFTMAX_VALUE, DC_SOFTMAX_CURVATURE, DC_SOFTMAX_PLAIN } dc_softmax_pass;
dc_status dc_softmax_evaluate(dc_softmax *s, const double *theta, dc_softmax_pass what, dc_error *error) DC_MUST_CHECK;
size_t dc_softmax_partial(const dc_softmax *s, dc_softmax_pass what); /* doubles, scratch included */

static inline const double *dc_softmax_score(const dc_softmax *s) { return s->partial + 1; }
static inline const double *dc_softmax_gram(const dc_softmax *s) { return s->partial + 1 + s->columns * s->equations; }

/* The count of each kind of a row within a level; false where it ended before. */
bool dc_softmax_count(const dc_softmax *s, size_t row, size_t level, double *count);

/* Decides which columns are active: of `wanted` (NULL = all) those that are not sums of those before. dependence: columns
 * squared, row j: the multiples of the active columns that a dropped one is (scaled); NULL = not wanted. */
dc_status dc_softmax_rank(dc_softmax *s, const bool *wanted, double *dependence, dc_error *error) DC_MUST_CHECK;

/* From theta (zero where not active) to the maximum; theta, log_likelihood, and hessian's inverse where `invert`. */
dc_status dc_softmax_maximise(dc_softmax *s, bool invert, dc_error *error) DC_MUST_CHECK;
size_t dc_softmax_parameters(const dc_softmax *s);

/* Everything that a fit says. */
dc_status dc_softmax_fit(const dc_task *task, const dc_softmax_options *options, dc_fit *fit,
                         dc_error *error) DC_MUST_CHECK;

#endif
