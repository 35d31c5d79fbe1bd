/* Fits a model in a test. */
#ifndef TESTS_MODELS_FITTING_H
#define TESTS_MODELS_FITTING_H

#include "dealcast/model/model.h"

typedef struct fitting {
  const char *model;
  dc_design design;
  dc_response response;
  int threads;       /* 0 = 1 */
  size_t block_rows; /* 0 = the model's own */
  double option[16]; /* as fitting_option sets them; all initial ones otherwise */
  bool set;
} fitting;

void fitting_option(fitting *f, const char *name, double value);

/* The fit; anything but DC_OK or DC_W_MAXITER fails the test. The caller frees it. */
dc_fit *fitting_run(const fitting *f);
/* The status, whatever it is, with error (never NULL) filled. */
dc_status fitting_try(const fitting *f, dc_fit **fit, dc_error *error);

/* The fit of kinds 0 and 1 has the coefficients and errors of the registry's `logistic`, to 1e-10. */
void fitting_check_logistic(const dc_design *design, const uint32_t *kind, const dc_fit *fit);

#endif
