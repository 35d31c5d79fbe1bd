/* Rows whose predictors are all categorical codes: numbers come binned, so that a smooth is a factor whose neighbouring
 * levels are tied together. Shared by every model that fits shrunken effects. */
#ifndef DEALCAST_MODEL_FACTORS_H
#define DEALCAST_MODEL_FACTORS_H

#include <stddef.h>
#include <stdint.h>

typedef enum dc_penalty {
  DC_PENALTY_RIDGE, /* levels independent: beta_l ~ N(0, tau^2) */
  DC_PENALTY_SMOOTH /* levels in order: beta_l - beta_{l-1} ~ N(0, tau^2), and a weak N(0, 3^2) on each level */
} dc_penalty;

/* tau is chosen by (Laplace) marginal likelihood, with a prior worth `prior_weight` levels at `prior_sd`. */
typedef struct dc_factor {
  const char *name; /* not owned */
  uint32_t levels;  /* codes 0 .. levels - 1 */
  dc_penalty penalty;
  double prior_sd;     /* > 0 */
  double prior_weight; /* > 0, in levels */
} dc_factor;

#endif
