/* The engine under mixed.c: a linear predictor X beta + Z b, b ~ N(0, Sigma), with Sigma by marginal likelihood.
 *
 * Columns are of two kinds. Dense ones: the intercept, numbers, the functions of smooths, and one for each level of
 * factors, slopes and of all effects but one, picked by a row's codes. The pivot is the effect with most columns (all
 * terms over the same codes together); its vectors are eliminated level by level, since its part of the Hessian is block
 * diagonal. Rows are kept grouped by the levels of the pivot, so that one pass makes all sums: the Gram matrix of dense
 * columns by the fold, and of each level its own block and its cross terms with those dense columns that its rows touch.
 *
 * Random vectors are b = L u, u ~ N(0, I), L lower triangular (Bates, Maechler, Bolker and Walker 2015, J. Stat. Softw.
 * 67, sections 2 and 3), so that a variance of 0 is a point like any other. */
#ifndef DC_MODELS_MIXED_INTERNAL_H
#define DC_MODELS_MIXED_INTERNAL_H

#include "dealcast/model/model.h"
#include "models/gram_rows.h"
#include "engine/base/arena.h"

enum {
  MIXED_CHUNK = DC_ROWS_OF_TILE(128), /* rows at a time; make tune: 64 to 512 within 4 % of each other */
  MIXED_SIZE = 8,                     /* numbers in the pivot's vector */
  MIXED_DENSE = 4096,                 /* dense columns */
  MIXED_PARAMETERS = 48,
  MIXED_KNOTS = 64 /* functions of a smooth */
};

typedef struct mixed_family {
  const char *name;
  dc_link link;
  bool scaled; /* has a dispersion */
  unsigned responses;
  double (*start)(double mean); /* a linear predictor */
  /* the log likelihood of rows without constants; of each its derivative by eta, minus its second one, and the derivative
   * of that */
  double (*rows)(size_t n, const double *eta, const double *y, const double *trials, const double *weight,
                 double *score, double *curve, double *slope);
  double (*constant)(double y, double trials);  /* of a row's log likelihood, weight 1 */
  double (*saturated)(double y, double trials); /* that log likelihood at its best, without the constant */
} mixed_family;

extern const dc_model dc_model_mixed;
extern const mixed_family mixed_families[];
enum { MIXED_GAUSSIAN, MIXED_BINOMIAL, MIXED_POISSON, MIXED_FAMILIES };

/* A random term: `count` vectors of `size` numbers. */
typedef struct mixed_random {
  size_t term; /* of the design */
  size_t size, count;
  bool pivot;
  size_t at;               /* of the pivot: place in a level's vector; otherwise the first dense column */
  size_t parameter;        /* its size (size + 1) / 2 parameters: L by rows */
  double unit[MIXED_SIZE]; /* of each row of L, so that parameters are about 1 */
} mixed_random;

/* A column that a row picks by its code: first + stride * code, less the reference. */
typedef struct mixed_pick {
  const dc_codes *codes;
  size_t value; /* its place among the packed numbers, SIZE_MAX = 1 */
  uint32_t reference;
  size_t first, stride;
} mixed_pick;

typedef struct mixed_smooth {
  size_t term, basis, column, number; /* its first column; its place among packed numbers */
  double *knots, *centre, *turn;      /* turn: basis x (basis - 1), from columns to functions */
} mixed_smooth;

typedef struct mixed {
  const dc_task *task;
  const mixed_family *family;
  bool restricted;
  dc_arena *arena;
  size_t n_rows, n_used; /* used: of weight above 0 */

  size_t n_plain, n_numbers, n_picks, n_smooths, n_randoms, n_parameters;
  size_t *plain;         /* NUMBER terms */
  const double **source; /* packed numbers: columns of the design */
  double *mean, *unit;   /* of NUMBER terms: columns are (x - mean) / unit */
  size_t *first;         /* of each term of the design: its first dense column; SIZE_MAX for the pivot */
  mixed_pick *picks;
  mixed_smooth *smooths;
  mixed_random *randoms;
  size_t numbers_wide,
      dense;      /* dense columns that are numbers; all of them. Column `dense` takes what no column takes */
  int *random_of; /* of each dense column: its random term, -1 = fixed */
  bool *dead;     /* left out: no column, or one that others make up */
  size_t *order, n_random, n_kept; /* random columns, then fixed ones */

  size_t levels, size; /* of the pivot; 0 = there is none */
  const dc_codes *pivot;
  size_t *z;                                  /* of the pivot's vector: packed number, SIZE_MAX = 1 */
  size_t *row_start;                          /* levels + 1 */
  uint32_t *place;                            /* of each row of the design in that order: grouped by levels */
  double *packed;                             /* in that order */
  const double *y, *trials, *weight, *offset; /* the same; all but y may be NULL */
  uint32_t *columns;                          /* n_rows x n_picks: the columns that codes pick */
  size_t numbers_room;                        /* numbers_wide up to a multiple of 4 */
  double *numbers;                            /* n_rows x numbers_room where there is no smooth, else NULL */
  double *theta_fixed, *theta_random;         /* theta in two parts, for a pass */
  size_t *list_start;                         /* levels + 1: dense columns that its rows touch */
  uint32_t *list;

  double *theta;               /* dense + 1, at which sums are made; the last is 0 */
  double *b;                   /* levels x size */
  double log_likelihood, base; /* at theta, b; and of the quadratic model there at b = 0, random columns 0 */
  double *gram, *score, *pull; /* (dense + 1)^2 lower; dense + 1: X'(score + W Z b), X' of the marginal's slope */
  double *block, *cross, *level_score, *level_pull;
  double *total;

  bool has_variance;      /* are those of b known, given beta? */
  double *variance;       /* levels x size^2 */
  double *cross_variance; /* as cross, of random columns */
  double *dense_variance; /* (dense + 1)^2 */

  struct mixed_tables *tables; /* instead of packed rows; NULL = they are packed */

  double parameter[MIXED_PARAMETERS];
  double *root, *zeta;                                /* as cross: L^-1 Lambda' C; levels x size: L^-1 Lambda' score */
  double *level_factor;                               /* levels x size^2 */
  double *factor, *square, *right, *solution, *spare; /* of the dense columns that are kept */
  double determinant_random, determinant_fixed, quadratic;
  double sigma2, criterion; /* minus twice the log marginal likelihood without constants */
} mixed;

/* Terms into columns, rows packed; theta 0. */
dc_status mixed_lay_out(mixed *m, dc_error *error) DC_MUST_CHECK;

/* All sums at theta and b. */
dc_status mixed_pass(mixed *m, dc_error *error) DC_MUST_CHECK;

/* Rows of one effect, of chances that are 0 or 1: as they lie, and their sums by tables. tables: NULL where that cannot be. */
dc_status mixed_tables_new(mixed *m, dc_error *error) DC_MUST_CHECK;
/* Centre and unit of the n-th plain number. */
void mixed_tables_unit(const struct mixed_tables *tables, size_t n, double *centre, double *unit);
/* Once the dense columns are laid out. */
void mixed_tables_map(mixed *m);
dc_status mixed_tables_pass(mixed *m, dc_error *error) DC_MUST_CHECK;
/* Of every `stride`-th tile of rows from now on. */
void mixed_tables_thin(struct mixed_tables *tables, size_t stride);

/* Numbers of one packed row of X into x (numbers_wide). */
void mixed_numbers(const mixed *m, size_t row, double *x);

/* L of the pivot's vector (size x size) and of one random term, from parameters. */
void mixed_pivot_scale(const mixed *m, const double *parameter, double *scale);
void mixed_term_scale(const mixed_random *r, const double *parameter, double *scale);

/* The criterion at parameters, from the sums; infinite where the system cannot be solved. */
dc_status mixed_criterion(mixed *m, const double *parameter, double *value, dc_error *error) DC_MUST_CHECK;
/* After mixed_criterion: theta (random columns too) and b that the sums lead to; into solution vectors. */
dc_status mixed_solve(mixed *m, double *theta, double *b, dc_error *error) DC_MUST_CHECK;
/* After mixed_criterion: variances of b given beta (`fixed` false) or with beta's, not times sigma2. */
dc_status mixed_variances(mixed *m, bool fixed, dc_error *error) DC_MUST_CHECK;
/* Parameters to the least criterion; *moved: the largest change, in units of each. At most `most` Newton steps. */
dc_status mixed_tune(mixed *m, int most, double *moved, dc_error *error) DC_MUST_CHECK;

/* Coefficients, errors, terms, figures from where the search ended. */
dc_status mixed_report(mixed *m, dc_fit *fit, int rounds, dc_error *error) DC_MUST_CHECK;

#endif
