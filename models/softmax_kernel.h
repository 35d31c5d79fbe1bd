/* The likelihood of one row, or of equal rows together, of a multinomial logit: for the registry's multinomial and hazard
 * models and for the shrunken hazards under the forecast. */
#ifndef DC_MODELS_SOFTMAX_KERNEL_H
#define DC_MODELS_SOFTMAX_KERNEL_H

#include <math.h>
#include <stddef.h>

enum { DC_SOFTMAX_EQUATIONS = 64 };

/* eta (equations) against a reference at 0; count (equations + 1): how many rows there are of each kind, the reference
 * last. Returns the log likelihood; with weight also score = d l / d eta and the upper triangle of weight = - d2 l / d eta2,
 * by rows. Chances are relative to the largest, so that nothing overflows. */
static inline double dc_softmax_row(size_t equations, const double *eta, const double *count, double *score,
                                    double *weight)
{
  double chance[DC_SOFTMAX_EQUATIONS + 1], top = 0, all = 0, n = 0, sum = 0;
  for (size_t c = 0; c < equations; c++) top = fmax(top, eta[c]);
  for (size_t c = 0; c < equations; c++) {
    all += chance[c] = exp(eta[c] - top);
    n += count[c];
    sum += count[c] * (eta[c] - top);
  }
  all += chance[equations] = exp(-top);
  n += count[equations];
  sum = sum - count[equations] * top - n * log(all);
  if (!weight) return sum;
  for (size_t c = 0; c <= equations; c++) chance[c] /= all;
  for (size_t c = 0; c < equations; c++) {
    /* of the others: count - n chance without cancellation where the chance is nearly 1 */
    double others = 0, rest = 0;
    for (size_t d = 0; d <= equations; d++) {
      if (d == c) continue;
      others += count[d];
      rest += chance[d];
    }
    score[c] = count[c] * rest - others * chance[c];
    *weight++ = n * chance[c] * rest;
    for (size_t d = c + 1; d < equations; d++) *weight++ = -n * chance[c] * chance[d];
  }
  return sum;
}

#endif
