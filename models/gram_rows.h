/* How a pass reads the rows of a problem and where in a partial its sums are. */
#ifndef DC_MODELS_GRAM_ROWS_H
#define DC_MODELS_GRAM_ROWS_H

#include "models/gram.h"
#include "models/gram_kernels.h"

/* make tune, 200,000 rows, seconds with 1 and 2 threads: logistic 2^13 .0101 .0064, 2^15 .0097 .0057, 2^16 .0098 .0067; glm the same
 * shape. 2^16 leaves a thread idle at the end of so few rows; of many rows it merges half as many tables. */
enum { DC_GRAM_BLOCK = 1 << 16, DC_MANY_ROWS = 1 << 16 };

#define DC_NO_COLUMN SIZE_MAX

/* Sums at the front of every partial. */
enum { DC_AT_DEVIANCE, DC_AT_PEARSON, DC_AT_PRIOR, DC_AT_RESPONSE, DC_AT_MOST, DC_SCALARS = 8 };

typedef struct dc_number {
  const double *x; /* NULL: 1 in every row, the intercept where there is no factor to have it */
  double centre, scale;
  size_t column; /* of the design; DC_NO_COLUMN: none */
} dc_number;

typedef struct dc_factor {
  const dc_term *term;
  size_t first; /* the design's column of its first level that has one */
  size_t group;
  uint32_t levels, reference, stride; /* its level in a joint code: code / stride % levels */
} dc_factor;

/* Factors read by one joint code. */
typedef struct dc_group {
  dc_codes codes;
  size_t first, count; /* of factors */
  size_t at;           /* of its lines: w, w x of each number, s */
  double *eta;         /* levels: what a code adds to the linear predictor */
} dc_group;

typedef struct dc_slopes {
  const dc_term *term;
  double scale;
  size_t first;
  size_t at_score, at_self, at_one;         /* levels each: s v, w v v, w v */
  size_t *at_number, *at_group, *at_slopes; /* levels; levels x levels of the other */
  double *eta;
} dc_slopes;

/* Shrunken intercepts of the levels of a term, for mixed models of chances that are 0 or 1. They are no columns; a pass adds
 * them to the linear predictor and brings what eliminating them takes. A row's pull is - 1/2 dw/deta spread of its level. */
struct dc_effect {
  const dc_term *term;
  const double *eta, *spread;    /* levels: what a level adds, and its variance; spread NULL = pulls are 0 */
  size_t at;                     /* of the partial: lines as of groups, with the pull behind s */
  size_t at_factor, factor_wide; /* levels x the levels of all factors: w */
  size_t at_pull;                /* pull x of each number, in lanes */
  double *sums;                  /* of the last pass: lines, then the table of factors */
};

struct dc_rows {
  size_t n;
  const double *y, *prior, *offset; /* prior, offset: may be NULL */
  const double *trials;             /* of the response, may be NULL */
  bool hot;                         /* binomial, logit, 0 and 1, no weights */
  const dc_kernels *kernels;
  size_t n_numbers, n_factors, n_groups, n_slopes;
  dc_number *numbers;
  dc_factor *factors;
  dc_group *groups;
  dc_slopes *slopes;
  double *beta; /* of numbers */
  bool intercept;
  size_t width;         /* of a line */
  size_t at_cross;      /* w x x', then s x, in lanes */
  size_t *at_pair;      /* n_groups squared: (g, h), h < g: tables levels of g x levels of h */
  size_t sums, doubles; /* of a partial: sums first, then scratch */
  size_t *internal;     /* of the design's columns: the internal one or DC_NO_COLUMN */
};

/* One tile of rows as a visitor sees it. */
typedef struct dc_tile {
  const dc_rows *rows;
  size_t first, n;   /* rows first .. first + n - 1 */
  double *x, *slope; /* arrays of DC_TILE: numbers, slopes */
  uint32_t *level;   /* of the effect */
  uint32_t *code;    /* of groups */
  double *y, *prior, *eta, *mu, *w, *s;
  double *line; /* w, w x, s, and the pull where there is an effect: width arrays */
} dc_tile;

/* The next columns, from *from = 0 on, that are not zero in row i of the tile: internal columns and values, at most
 * DC_ROW_ENTRIES of them; how many, 0 at the end. */
enum { DC_ROW_ENTRIES = 64 };
size_t dc_tile_row(const dc_tile *tile, size_t i, size_t *from, size_t *column, double *value);

/* Goes through all rows at beta: each adds a tile to its sums (doubles of them behind DC_SCALARS, zeroed), which merge by
 * addition. */
typedef void dc_visit(void *context, const dc_tile *tile, double *sums);
dc_status dc_problem_visit(dc_problem *problem, const double *beta, size_t doubles, dc_visit *visit, void *context,
                           double *sums, dc_error *error) DC_MUST_CHECK;

/* Planned only: no column is left out, and there is no start. */
dc_status dc_problem_of_all(const dc_task *task, const dc_family *family, dc_problem **problem,
                            dc_error *error) DC_MUST_CHECK;

/* A problem with an effect (its term, one number a level, is one of the task's), planned only, too. *problem stays NULL where this cannot be: responses that are not all 0 or 1, weights, tables of more than
 * `most` values. */
dc_status dc_problem_with_effect(const dc_task *task, const dc_term *term, size_t most, dc_problem **problem,
                                 dc_error *error) DC_MUST_CHECK;

/* Internal to gram*.c */
dc_status dc_rows_plan(dc_problem *problem, dc_error *error) DC_MUST_CHECK;
void dc_gram_expand(const dc_problem *problem, const double *sums, dc_quadratic *q);

/* The design's column of a group's code for one of its factors, or of a level of slopes; DC_NO_COLUMN: the reference. */
static inline void dc_factor_column(const dc_factor *factor, uint32_t code, size_t *column)
{
  uint32_t level = code / factor->stride % factor->levels;
  *column = level == factor->reference ? DC_NO_COLUMN : factor->first + level - (level > factor->reference ? 1 : 0);
}

static inline size_t dc_slopes_column(const dc_slopes *s, uint32_t level)
{
  uint32_t reference = s->term->reference;
  if (level == reference) return DC_NO_COLUMN;
  return s->first + level - (reference != DC_NO_REFERENCE && level > reference ? 1 : 0);
}

/* A pass of the quadratic model; see gram.c. */
typedef enum dc_pass_kind { DC_PASS_GRAM, DC_PASS_DEVIANCE, DC_PASS_FIRST } dc_pass_kind;
dc_status dc_problem_pass(dc_problem *problem, const double *beta, dc_pass_kind kind, size_t stride, dc_quadratic *q,
                          dc_error *error) DC_MUST_CHECK;

#endif
