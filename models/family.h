/* Families of responses and their links: variance, deviance, log likelihood, and the two with derivatives, over tiles of
 * rows. Exponential and logarithm are our own, so that bytes do not depend on the library or the instruction set.
 *
 * McCullagh and Nelder 1989, Generalized Linear Models, 2nd edition, chapter 2; figures as R's glm reports them. */
#ifndef DC_MODELS_FAMILY_H
#define DC_MODELS_FAMILY_H

#include "dealcast/model/fit.h"

typedef enum dc_family_kind {
  DC_FAMILY_BINOMIAL,
  DC_FAMILY_POISSON,
  DC_FAMILY_NEGBIN,    /* variance mu + mu^2 / theta */
  DC_FAMILY_GAMMA,     /* variance mu^2 times the dispersion */
  DC_FAMILY_LOGNORMAL, /* log y is normal */
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

enum { DC_TILE = 256 }; /* rows; arrays of tiles have room for this many whatever the number of rows */

#endif
