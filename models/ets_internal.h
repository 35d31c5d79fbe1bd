/* Shared by ets*.c and their test. */
#ifndef DC_MODELS_ETS_INTERNAL_H
#define DC_MODELS_ETS_INTERNAL_H

#include <stddef.h>

typedef enum ets_trend { ETS_NONE, ETS_ADDITIVE, ETS_DAMPED } ets_trend;

/* An additive-error form and its fit. States follow Hyndman et al. 2008, table 2.2:
 *   y_t = l + phi b + s + e,  l' = l + phi b + alpha e,  b' = phi b + beta e,  s' = s + gamma e */
typedef struct ets_fit {
  ets_trend trend;
  int seasonal;
  double alpha, beta, gamma, phi;
  double level, slope; /* final states */
  size_t parameters;   /* smoothing parameters and initial states, as R's forecast::ets counts them (variance apart) */
  double sse;
  double log_likelihood; /* R's convention: -n/2 log(sse) */
  double aicc;
} ets_fit;

typedef struct ets_work ets_work;

/* Scratch for series up to n values with seasons up to m; NULL when memory ends. Not shared between threads. */
ets_work *ets_work_new(size_t n, size_t m);
void ets_work_free(ets_work *work);

/* Maximum likelihood of the form in fit->trend and fit->seasonal; season receives the m final seasonal states, oldest
 * first (m values, untouched when not seasonal). 0 on success; 1 when the form has too many parameters for n, or is
 * given up early because its AICc will not come near `rival` (HUGE_VAL: never); -1 when memory ends. */
int ets_fit_form(ets_work *work, const double *y, size_t n, size_t m, double rival, ets_fit *fit, double *season);

#endif
