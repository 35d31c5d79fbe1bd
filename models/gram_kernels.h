/* The loops of a pass over one tile of rows, for several instruction sets: every element is summed in one order, over eight
 * fixed lanes where rows are summed, so that all sets give the same bytes. */
#ifndef DC_MODELS_GRAM_KERNELS_H
#define DC_MODELS_GRAM_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Arrays of a tile are rows of DC_TILE values; x: k such arrays, one behind the other. */
typedef struct dc_kernels {
  const char *name;
  bool (*runs)(void); /* on this machine */
  /* out = (number - centre) scale; eta += beta out; full tiles */
  void (*number)(const double *number, double centre, double scale, double beta, double *out, double *eta);
  /* binomial, logit, y 0 or 1, weight 1: weights, scores; the deviance of the tile; *most becomes the largest |eta| where that is
   * more; full tiles */
  double (*logit)(const double *eta, const double *y, double *w, double *s, double *most);
  double (*logit_deviance)(const double *eta, const double *y, double *most);
  /* wx = w x */
  void (*weigh)(size_t k, const double *x, const double *w, double *wx);
  /* acc += sum of left x[b] for b < n, each in 8 lanes */
  void (*cross)(size_t n, const double *x, const double *left, double *acc);
  /* line[index[i]][j] += columns[j][i]: width columns, a multiple of 4, lines of as many */
  void (*scatter)(size_t width, const double *columns, const uint32_t *index, double *lines);
  /* into += from, n a multiple of 4 */
  void (*add)(size_t n, double *into, const double *from);
} dc_kernels;

extern const dc_kernels *const dc_kernels_all[]; /* best first, NULL at the end */
const dc_kernels *dc_kernels_best(void);

#endif
