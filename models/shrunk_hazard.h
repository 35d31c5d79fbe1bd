/* The registry's hazard where something is shrunken: terms (1 | f) and s(x), a smooth baseline, a prior of the intercept;
 * and rows that are counts. hazard.c sends such tasks here. */
#ifndef DC_MODELS_SHRUNK_HAZARD_H
#define DC_MODELS_SHRUNK_HAZARD_H

#include "models/shrunk.h"
#include "models/softmax.h"

typedef struct dc_shrunk_options {
  dc_softmax_options softmax; /* categories, periods; its ridge is that of numbers and factors */
  double tolerance;           /* variances are settled when no log of one moves further */
  int rounds, steps;          /* in which variances are tuned, 0 keeps them at their priors; of Newton in all */
  const dc_shrunk_limits *limits;
} dc_shrunk_options;

dc_status dc_shrunk_hazard_fit(const dc_task *task, const dc_shrunk_options *options, dc_fit *fit,
                               dc_error *error) DC_MUST_CHECK;

#define DC_LEVEL_ABSENT UINT32_MAX

/* A factor of the engine: a term, or one number of an EFFECT's vector. */
typedef struct dc_shrunk_block {
  size_t term, part;
  const double *x; /* of the values (x - centre) / scale; NULL = they are 1, or B-splines */
  double centre, scale;
  const double *knots, *middle; /* of a SMOOTH of a number: its knots, the means of its functions */
  uint32_t *to;    /* of each level of the term: that of the factor, DC_LEVEL_ABSENT = no row speaks of it */
  uint32_t levels; /* of the term, or functions */
} dc_shrunk_block;

/* The task's rows as the engine takes them: spells by levels of the baseline, counts with the reference last. */
typedef struct dc_shrunk_rows {
  const dc_softmax *survey;
  size_t n, equations;
  dc_shrunk_block *blocks; /* problem.n_factors of them */
  dc_shrunk_problem problem;
  double *offset, *count;
  double *events, open, weight; /* of each equation; open: exposure that went on, at the mean offset `centre`; in all */
  double centre;
} dc_shrunk_rows;

/* From the arena. Levels of effects that no row speaks of are left out: they are 0 exactly, say nothing of variances, and
 * the dense block costs the cube of its width. */
dc_status dc_shrunk_rows_new(const dc_task *task, const dc_softmax *survey, double ridge, dc_shrunk_rows **rows,
                             dc_error *error) DC_MUST_CHECK;

/* Everything that the fit says, once the engine is at the maximum and has inverted. */
dc_status dc_shrunk_report(const dc_task *task, const dc_shrunk_rows *rows, const dc_shrunk *s, dc_fit *fit,
                           dc_error *error) DC_MUST_CHECK;

/* What coefficient `at` of a block's term adds to the intercept as it is told: at 0 of numbers, at the mean of smooths. */
static inline double dc_shrunk_shift_of(const dc_shrunk_block *block, size_t at)
{
  return block->middle ? block->middle[at] : -block->centre;
}

/* Numbers in the vector of an EFFECT's level; 0 of other terms. */
static inline size_t dc_shrunk_parts(const dc_term *term)
{
  return term->kind == DC_TERM_EFFECT ? term->n_slopes + (term->no_intercept ? 0 : 1) : 0;
}

/* The column of the engine that coefficient `at` of a term is, SIZE_MAX where there is no such level or no row speaks of
 * it; its block in *block. */
size_t dc_shrunk_column_of(const dc_shrunk_rows *rows, const dc_shrunk *s, size_t term, size_t at,
                           const dc_shrunk_block **block);

#endif
