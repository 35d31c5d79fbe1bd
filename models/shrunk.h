/* The engine under the registry's hazard where it has shrunken terms: penalised likelihood of a linear predictor of one
 * channel or two (won, lost). Its columns are levels of factors; a row picks one of each factor by its code, or, of a smooth
 * of a number, several with values. What is not shrunken is a factor too, under a weak prior.
 *
 * Parameters are columns x channels: column 0 is the intercept, then the levels of the dense factors, then those of the
 * effects; parameter of column j and channel c is theta[channels * j + c]. The dense columns have an explicit Gram
 * matrix and Cholesky factor. Of the effects, one (the pivot) is eliminated exactly by its Schur complement, since its
 * own Hessian is block diagonal; what remains is solved by conjugate gradients preconditioned with all of that.
 *
 * The penalised objective is  l(theta) - 1/2 theta' P theta,  P from lambda = 1 / tau^2 of each factor and channel. The
 * Hessian of the data is G, weighted by `scale` (1, or 1 / sigma^2 where the dispersion is estimated).
 *
 * Wood 2017, Generalized Additive Models, sections 6.1-6.6; Searle, Casella and McCulloch 1992, Variance Components,
 * chapter 7 (absorbing a factor); Nocedal and Wright 2006, algorithm 5.3 (conjugate gradients). */
#ifndef DC_MODELS_SHRUNK_H
#define DC_MODELS_SHRUNK_H

#include "dealcast/error.h"
#include "dealcast/model/factors.h"
#include "engine/base/arena.h"
#include "models/tile.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  DC_SHRUNK_CHANNELS = 2,
  DC_SHRUNK_TERMS = 3,
  DC_SHRUNK_CELL = 4,
  DC_SHRUNK_CHUNK = DC_ROWS_OF_TILE(256),
  DC_SHRUNK_FACTORS = 64
};

/* Which factors are dense. Tests change these; the answer does not depend on them. */
typedef struct dc_shrunk_limits {
  uint32_t dense_levels;  /* a ridge factor with more levels is an effect */
  size_t dense_dimension; /* channels x dense columns; the largest ridge factors leave until it holds */
  uint32_t pivot_levels;  /* the effect with fewest levels is the pivot when it has at most this many */
} dc_shrunk_limits;

extern const dc_shrunk_limits dc_shrunk_default_limits;

/* Log likelihood of rows first .. first + count, with score = d l / d eta (count x channels) and weight =
 * -d2 l / d eta2 (count x cell: 00, or 00 01 11 and a 0; NULL when not wanted), both per row. eta: count x channels. */
typedef double dc_shrunk_kernel(const void *context, size_t first, size_t count, const double *eta, double *score,
                                double *weight);

/* A factor that is not shrunken: a fixed precision for its levels, which keeps everything finite. */
typedef struct dc_shrunk_fixed {
  double precision;   /* 0 = the factor is shrunken after all */
  uint32_t reference; /* its level that stays at 0; DC_SHRUNK_NO_LEVEL = none */
} dc_shrunk_fixed;

#define DC_SHRUNK_NO_LEVEL UINT32_MAX

/* code   n_rows x n_picks, row-major: the level of factor pick[p] that pick p is of; of a factor with more levels than
 *        are dense there is one pick
 * value  n_rows x n_picks, what that column has in the row; NULL = 1 everywhere, and then pick p is of factor p */
typedef struct dc_shrunk_problem {
  size_t n_rows;
  int n_factors, n_picks;
  const dc_factor *factors;
  const dc_shrunk_fixed *fixed; /* n_factors; NULL = all are shrunken */
  const int *pick;              /* n_picks; NULL without values */
  const uint32_t *code;
  const double *value;
  double pin; /* the precision of what stays at 0 */
  int channels, threads;
  double intercept_precision, intercept_centre[DC_SHRUNK_CHANNELS];
  double tau_min, tau_max;
  dc_shrunk_kernel *kernel;
  const void *context;
} dc_shrunk_problem;

typedef struct dc_shrunk {
  dc_shrunk_problem problem;
  size_t channels, terms, cell;  /* cell: doubles from one set of terms to the next where rows are summed, 1 or 4 */
  size_t dense, columns;         /* dense columns, all columns */
  size_t *column;                /* of each factor, its first column */
  int *pick_of;                  /* of each factor, its first pick */
  int n_dense, n_effects, pivot; /* pivot: index into effect, -1 none */
  int *dense_factor, *effect;    /* factor numbers */
  size_t **level_start;          /* of each effect: rows of a level, levels + 1 */
  uint32_t **level_row;
  size_t block_rows;
  bool cross_in_fold; /* the pivot's sums are small enough for the fold */
  bool rows_kept;     /* row_score and row_weight are needed */

  double *theta, *lambda, scale;    /* lambda: factor x channel */
  double log_likelihood, *gradient; /* of the data alone, at the last evaluated point */
  double *gram;                     /* dense x dense x cell, upper; without values a factor's own block is its row 0 */
  double *level_weight;             /* effect columns x terms */
  double *cross;                    /* pivot levels x dense x cell */
  double *row_score, *row_weight;   /* kept per row when there are effects */

  double *factor, *inverse, *square; /* (channels x dense)^2 each */
  double *root;                      /* pivot levels x channels x (channels x dense): D^-1/2 C */
  double *white;                     /* minus root times the inverse Cholesky factor of the dense block */
  double *level_factor;              /* effect columns x terms: Cholesky of D = scale * weight + lambda */
  double *pivot_variance;            /* pivot levels x channels */
  double *rhs, *delta, *last_move;   /* last_move: factor x channel, of log lambda */
  double *partial;                   /* the fold's total */
  double *scratch, *residual, *preconditioned, *direction, *product, *row_product;
} dc_shrunk;

/* Layout and every allocation, from the arena. theta is 0, lambda at the priors, scale 1. Codes must be valid. */
dc_status dc_shrunk_new(const dc_shrunk_problem *problem, const dc_shrunk_limits *limits, dc_arena *arena,
                        dc_shrunk **shrunk, dc_error *error) DC_MUST_CHECK;

/* How many factors, picks and rows there may be, and levels of a smooth. */
dc_status dc_shrunk_check(const dc_shrunk_problem *problem, dc_error *error) DC_MUST_CHECK;

/* Log likelihood at theta; with `curvature` also gradient, gram, level_weight and cross there. */
dc_status dc_shrunk_evaluate(dc_shrunk *s, const double *theta, bool curvature, dc_error *error) DC_MUST_CHECK;

/* product = G v (all parameters), by a pass over the rows. */
dc_status dc_shrunk_multiply(dc_shrunk *s, const double *v, double *product, dc_error *error) DC_MUST_CHECK;

/* The precision of one level of a factor that is no smooth. */
double dc_shrunk_precision(const dc_shrunk *s, int factor, size_t channel, size_t level);

/* Rows with values, shrunk_values.c: predictors of `count` rows from `first`; their scores and weights added to the dense
 * columns; the sums of one level of an effect, and of the products of dc_shrunk_multiply. */
void dc_shrunk_values_predict(const dc_shrunk *s, const double *theta, size_t first, size_t count, double *eta);
void dc_shrunk_values_score(const dc_shrunk *s, size_t first, size_t count, const double *score, double *out);
void dc_shrunk_values_gram(const dc_shrunk *s, size_t first, size_t count, const double *weight, double *gram);
void dc_shrunk_values_level(dc_shrunk *s, int effect, size_t level);
void dc_shrunk_values_product(const dc_shrunk *s, int effect, size_t level, double *out);

extern const double dc_shrunk_weak_precision; /* of the levels of a smooth factor: N(0, 3^2) */

/* Does a Newton step take conjugate gradients? */
bool dc_shrunk_iterative(const dc_shrunk *s);

/* 1/2 theta' P theta, the intercept about its centre; and the gradient of it. */
double dc_shrunk_penalty(const dc_shrunk *s, const double *theta);
void dc_shrunk_penalty_gradient(const dc_shrunk *s, const double *theta, double *gradient);
/* out = P x, nothing centred. */
void dc_shrunk_penalty_multiply(const dc_shrunk *s, const double *x, double *out);

/* delta = (scale G + P)^-1 (scale gradient - P theta) with G of the last evaluation. *decrement = 1/2 rhs' delta. */
dc_status dc_shrunk_newton(dc_shrunk *s, double *decrement, dc_error *error) DC_MUST_CHECK;

/* After dc_shrunk_newton: the dense block of the inverse Hessian and the pivot's variances. */
dc_status dc_shrunk_invert(dc_shrunk *s, dc_error *error) DC_MUST_CHECK;

/* After dc_shrunk_invert: variances of one level of the e-th effect, by channel. */
void dc_shrunk_effect_variance(const dc_shrunk *s, int e, size_t level, double *variance);

/* After dc_shrunk_invert: steps log lambda of each factor and channel towards the maximum of the Laplace marginal
 * likelihood at theta + delta. Steps all below `tolerance` are not taken, so that lambda stays what delta belongs to.
 * Returns the largest step. */
double dc_shrunk_step_lambda(dc_shrunk *s, double tolerance);

/* After dc_shrunk_invert: trace of the hat matrix; the part of one factor and channel in it. */
double dc_shrunk_effective_df(const dc_shrunk *s);
double dc_shrunk_factor_df(const dc_shrunk *s, int factor, size_t channel);

#endif
