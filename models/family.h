/* Families of responses and their links: variance, deviance, log likelihood, and the two with derivatives, over tiles of
 * rows. Exponential and logarithm are our own, so that bytes do not depend on the library or the instruction set.
 *
 * McCullagh and Nelder 1989, Generalized Linear Models, 2nd edition, chapter 2; figures as R's glm reports them. */
#ifndef DC_MODELS_FAMILY_H
#define DC_MODELS_FAMILY_H

#include "dealcast/model/fit.h"
#include "models/tile.h"

typedef enum dc_family_kind {
  DC_FAMILY_BINOMIAL,
  DC_FAMILY_POISSON,
  DC_FAMILY_NEGBIN,    /* variance mu + mu^2 / theta */
  DC_FAMILY_GAMMA,     /* variance mu^2 times the dispersion */
  DC_FAMILY_LOGNORMAL, /* log y is normal; a problem has the logarithms */
  DC_FAMILY_GAUSSIAN,
  DC_FAMILIES
} dc_family_kind;

typedef struct dc_family {
  dc_family_kind kind;
  dc_link link;
  double theta; /* of NEGBIN */
} dc_family;

const char *dc_family_name(dc_family_kind kind);
dc_link dc_family_link(dc_family_kind kind); /* its default */
bool dc_family_scaled(dc_family_kind kind);  /* has a dispersion that is estimated */
/* The link gives the expected information that is the observed one, so that Newton's method is Fisher's. */
bool dc_family_canonical(const dc_family *family);

/* make tune, logistic, 200,000 rows, seconds with 1 and 2 threads: 64 .0108 .0075, 128 .0103 .0072, 256 .0104 .0076, 512 .0111
 * .0074. More than 512 could overflow a product of gram_kernels.c. */
enum { DC_TILE = DC_ROWS_OF_TILE(256) }; /* rows; arrays of tiles have room for this many whatever the number of rows */

typedef struct dc_family_sums {
  double deviance;        /* infinite where a mean is none that the family can have */
  double pearson;         /* of prior (y - mu)^2 / V(mu) */
  double prior, response; /* of prior and prior y */
} dc_family_sums;

/* n <= DC_TILE rows: y (binomial: the share), prior weights and linear predictors give means, weights w = prior (dmu/deta)^2
 * / V and scores s = prior (y - mu) (dmu/deta) / V; added to sums. */
void dc_family_tile(const dc_family *family, size_t n, const double *y, const double *prior, const double *eta,
                    double *mu, double *w, double *s, dc_family_sums *sums);

/* A linear predictor to begin with that suits each response, as R's mustart. */
double dc_family_first(const dc_family *family, double y, double prior);

/* The link of a mean, kept within what the family can have. */
double dc_family_eta(const dc_family *family, double mu);

/* One row's log likelihood as R has it; trials: of binomial rows (NAN = the prior weight is the number of trials);
 * dispersion of GAMMA: deviance / sum of weights. GAUSSIAN and LOGNORMAL are not of rows. */
double dc_family_log_likelihood(const dc_family *family, double y, double prior, double trials, double mu,
                                double dispersion);

/* Of theta of the negative binomial: log likelihood's first and second derivative of one row. */
void dc_negbin_theta(double theta, double y, double mu, double *first, double *second);

double dc_log_gamma(double x); /* x > 0 */

#endif
