#include "models/smooth.h"

#include <stdlib.h>
#include <string.h>

/* The knot interval of x among those between the ends: knots[at] <= x < knots[at + 1], at the right end the last one. */
static size_t interval_of(const double *knots, size_t basis, double x)
{
  size_t low = DC_SMOOTH_ORDER - 1, high = basis;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (x < knots[middle]) {
      high = middle;
    } else {
      low = middle;
    }
  }
  while (low > DC_SMOOTH_ORDER - 1 && knots[low] == knots[low + 1]) low--;
  return low;
}

void dc_smooth_values(const double *knots, size_t basis, double x, size_t *first, double value[DC_SMOOTH_ORDER])
{
  double left[DC_SMOOTH_ORDER], right[DC_SMOOTH_ORDER];
  if (x < knots[DC_SMOOTH_ORDER - 1]) x = knots[DC_SMOOTH_ORDER - 1];
  if (x > knots[basis]) x = knots[basis];
  size_t at = interval_of(knots, basis, x);
  value[0] = 1;
  for (size_t j = 1; j < DC_SMOOTH_ORDER; j++) {
    left[j] = x - knots[at + 1 - j];
    right[j] = knots[at + j] - x;
    double saved = 0;
    for (size_t r = 0; r < j; r++) {
      double width = right[r + 1] + left[j - r], term = width > 0 ? value[r] / width : 0;
      value[r] = saved + right[r + 1] * term;
      saved = left[j - r] * term;
    }
    value[j] = saved;
  }
  *first = at - (DC_SMOOTH_ORDER - 1);
}

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

dc_status dc_smooth_place(const double *x, size_t n, double *knots, size_t *basis, dc_error *error)
{
  double *sorted = malloc((n + 1) * sizeof *sorted);
  if (!sorted) return dc_fail_memory(error, "placing the knots of a smooth");
  if (n) memcpy(sorted, x, n * sizeof *sorted);
  qsort(sorted, n, sizeof *sorted, ascending);
  size_t distinct = 0;
  for (size_t i = 0; i < n; i++)
    if (i == 0 || sorted[i] != sorted[distinct - 1]) sorted[distinct++] = sorted[i];
  if (*basis < DC_SMOOTH_ORDER || distinct < DC_SMOOTH_ORDER) *basis = DC_SMOOTH_ORDER;
  if (distinct >= DC_SMOOTH_ORDER && *basis > distinct) *basis = distinct;
  size_t inner = *basis - DC_SMOOTH_ORDER;
  double low = distinct ? sorted[0] : 0, high = distinct ? sorted[distinct - 1] : 1;
  if (!(high > low)) high = low + 1;
  for (size_t k = 0; k < DC_SMOOTH_ORDER; k++) {
    knots[k] = low;
    knots[*basis + k] = high;
  }
  /* quantiles of the distinct values, so that many rows at one place do not take all knots */
  for (size_t k = 0; k < inner; k++) {
    double place = (double)(k + 1) / (double)(inner + 1) * (double)(distinct - 1);
    size_t at = (size_t)place;
    double share = place - (double)at;
    knots[DC_SMOOTH_ORDER + k] = at + 1 < distinct ? sorted[at] + share * (sorted[at + 1] - sorted[at]) : high;
  }
  free(sorted);
  return DC_OK;
}
