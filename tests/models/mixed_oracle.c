#include "tests/models/mixed_oracle.h"

#include "tests/check.h"

static const double pi = 3.14159265358979323846;

double oracle_factor(double *a, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++) {
      double v = a[i * n + j];
      for (size_t k = 0; k < j; k++) v -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = i == j ? sqrt(v) : v / a[j * n + j];
      if (i == j) sum += 2 * log(a[i * n + i]);
    }
  return sum;
}

static void forward(const double *l, size_t n, double *x)
{
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < i; j++) x[i] -= l[i * n + j] * x[j];
    x[i] /= l[i * n + i];
  }
}

void oracle_solve(const double *l, size_t n, double *x)
{
  forward(l, n, x);
  for (size_t i = n; i-- > 0;) {
    for (size_t j = i + 1; j < n; j++) x[i] -= l[j * n + i] * x[j];
    x[i] /= l[i * n + i];
  }
}

double oracle_gaussian(const oracle *o, double sigma, int restricted, double *beta, double *covariance)
{
  const size_t n = o->n, p = o->p;
  double *v = calloc(n * n, sizeof *v), *x = calloc(n * (p + 1), sizeof *x), *f = calloc(p * p + 1, sizeof *f);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) {
      for (size_t k = 0; k < o->m; k++) v[i * n + j] += o->z[i * o->m + k] * o->z[j * o->m + k];
      if (i == j) v[i * n + j] += sigma * sigma / (o->weight ? o->weight[i] : 1);
    }
  double value = oracle_factor(v, n), rest = 0;
  for (size_t k = 0; k <= p; k++) {
    for (size_t i = 0; i < n; i++) x[k * n + i] = k < p ? o->x[i * p + k] : o->y[i];
    forward(v, n, x + k * n);
  }
  for (size_t a = 0; a < p; a++) {
    beta[a] = 0;
    for (size_t i = 0; i < n; i++) beta[a] += x[a * n + i] * x[p * n + i];
    for (size_t b = 0; b < p; b++)
      for (size_t i = 0; i < n; i++) f[a * p + b] += x[a * n + i] * x[b * n + i];
  }
  double determinant = oracle_factor(f, p);
  oracle_solve(f, p, beta);
  for (size_t i = 0; i < n; i++) {
    double r = x[p * n + i];
    for (size_t a = 0; a < p; a++) r -= x[a * n + i] * beta[a];
    rest += r * r;
  }
  for (size_t a = 0; a < p; a++) {
    double *column = covariance + a * p;
    for (size_t b = 0; b < p; b++) column[b] = a == b;
    oracle_solve(f, p, column);
  }
  free(v);
  free(x);
  free(f);
  return value + rest + ((double)n - (restricted ? (double)p : 0)) * log(2 * pi) + (restricted ? determinant : 0);
}

static void row(const oracle *o, dc_link link, size_t i, double eta, double *value, double *score, double *weight)
{
  double w = o->weight ? o->weight[i] : 1, m = o->trials ? o->trials[i] : 1, y = o->y[i];
  double mean = dc_link_mean(link, eta);
  if (link == DC_LINK_LOGIT) {
    *value = w * (lgamma(m + 1) - lgamma(y + 1) - lgamma(m - y + 1) + y * log(mean) + (m - y) * log1p(-mean));
    *score = w * (y - m * mean);
    *weight = w * m * mean * (1 - mean);
  } else {
    *value = w * (y * eta - mean - lgamma(y + 1));
    *score = w * (y - mean);
    *weight = w * mean;
  }
}

double oracle_laplace(const oracle *o, dc_link link, const double *beta, double *u)
{
  const size_t n = o->n, m = o->m;
  double *h = calloc(m * m + 1, sizeof *h), *g = calloc(m + 1, sizeof *g), value = 0, determinant = 0;
  memset(u, 0, m * sizeof *u);
  for (int step = 0; step < 200; step++) {
    double moved = 0;
    value = 0;
    memset(h, 0, m * m * sizeof *h);
    for (size_t a = 0; a < m; a++) {
      g[a] = -u[a];
      h[a * m + a] = 1;
      value -= 0.5 * u[a] * u[a];
    }
    for (size_t i = 0; i < n; i++) {
      double eta = 0, l, s, w;
      for (size_t a = 0; a < o->p; a++) eta += o->x[i * o->p + a] * beta[a];
      for (size_t a = 0; a < m; a++) eta += o->z[i * m + a] * u[a];
      row(o, link, i, eta, &l, &s, &w);
      value += l;
      for (size_t a = 0; a < m; a++) {
        double z = o->z[i * m + a];
        if (z == 0) continue;
        g[a] += z * s;
        for (size_t b = 0; b <= a; b++) h[a * m + b] += w * z * o->z[i * m + b];
      }
    }
    determinant = oracle_factor(h, m);
    oracle_solve(h, m, g);
    for (size_t a = 0; a < m; a++) moved = fmax(moved, fabs(g[a]));
    if (moved < 1e-12) break;
    for (size_t a = 0; a < m; a++) u[a] += g[a];
  }
  free(h);
  free(g);
  return -2 * value + determinant;
}
