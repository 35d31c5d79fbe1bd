#include "rng.h"

#include <math.h>

double dg_exponential(dg_rng *rng) { return -log(dg_uniform(rng)); }

double dg_normal(dg_rng *rng)
{
  const double two_pi = 6.283185307179586;
  const double radius = sqrt(-2.0 * log(dg_uniform(rng)));

  return radius * cos(two_pi * dg_uniform(rng));
}

double dg_student3(dg_rng *rng)
{
  const double z = dg_normal(rng);
  const double a = dg_normal(rng);
  const double b = dg_normal(rng);
  const double c = dg_normal(rng);

  return z / sqrt((a * a + b * b + c * c) / 3.0);
}

double dg_gamma(dg_rng *rng, double shape)
{
  /* A shape below 1 is lifted by 1 and scaled back by a power of a uniform (their section 6). */
  const double lifted = shape < 1.0 ? shape + 1.0 : shape;
  const double d = lifted - 1.0 / 3.0;
  const double c = 1.0 / sqrt(9.0 * d);
  double v;

  for (;;) {
    const double z = dg_normal(rng);
    const double root = 1.0 + c * z;

    v = root * root * root;
    if (v > 0.0 && log(dg_uniform(rng)) < 0.5 * z * z + d - d * v + d * log(v)) break;
  }
  return shape < 1.0 ? d * v * pow(dg_uniform(rng), 1.0 / shape) : d * v;
}

uint64_t dg_poisson(dg_rng *rng, double mean)
{
  if (mean >= 30.0) {
    const double x = floor(mean + sqrt(mean) * dg_normal(rng) + 0.5);

    return x > 0.0 ? (uint64_t)x : 0;
  }
  const double floor_product = exp(-mean);
  double product = dg_uniform(rng);
  uint64_t count = 0;

  while (product > floor_product) {
    product *= dg_uniform(rng);
    count++;
  }
  return count;
}

int dg_pick(dg_rng *rng, const double *weight, int n)
{
  double total = 0.0;

  for (int i = 0; i < n; i++) total += weight[i];
  double rest = dg_uniform(rng) * total;

  for (int i = 0; i < n - 1; i++) {
    rest -= weight[i];
    if (rest < 0.0) return i;
  }
  return n - 1;
}
