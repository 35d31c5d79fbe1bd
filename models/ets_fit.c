/* Likelihood of one additive-error exponential smoothing form.
 *
 * Given the smoothing parameters the errors are linear in the initial states (Hyndman, Koehler, Ord and Snyder 2008,
 * Forecasting with Exponential Smoothing, section 5.1), so these are concentrated out by least squares and only the
 * one to four smoothing parameters are searched. The response to the initial season i is that to season 0 delayed by i,
 * so the Gram matrix takes O(n m) work. Search: Nelder-Mead (GSL nmsimplex2) from several starts in the usual region
 * 0 < alpha < 1, 0 < beta < alpha, 0 < gamma < 1 - alpha, .8 < phi < .98, which R's forecast::ets uses too. */
#include "models/ets_internal.h"

#include <gsl/gsl_multimin.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct ets_work {
  size_t n, m, most;
  const double *y;
  ets_fit *fit;
  double floor;
  double *ring;                /* m seasonal states, by t mod m */
  double *error, *response[3]; /* of the data with zero states; of level, slope, first season */
  double *gram, *right, *initial;
  double *memory;
};

ets_work *ets_work_new(size_t n, size_t m)
{
  ets_work *w = calloc(1, sizeof *w);
  if (!w) return NULL;
  w->most = m + 2;
  w->memory = malloc((m + 4 * n + w->most * w->most + 2 * w->most) * sizeof(double));
  if (!w->memory) {
    free(w);
    return NULL;
  }
  w->ring = w->memory;
  w->error = w->ring + m;
  for (int j = 0; j < 3; j++) w->response[j] = w->error + (size_t)(j + 1) * n;
  w->gram = w->error + 4 * n;
  w->right = w->gram + w->most * w->most;
  w->initial = w->right + w->most;
  return w;
}

void ets_work_free(ets_work *w)
{
  if (!w) return;
  free(w->memory);
  free(w);
}

typedef struct start_states {
  double level, slope;
} start_states;

/* One-step errors of y (NULL = zeros) from the given states; the ring holds the seasonal states. Final states are left
 * in *states and the ring. */
static void filter(ets_work *w, const double *y, start_states *states, double *error)
{
  const ets_fit *f = w->fit;
  double level = states->level, slope = states->slope, phi = f->trend == ETS_NONE ? 0 : f->phi;
  size_t at = 0;
  for (size_t t = 0; t < w->n; t++) {
    double ahead = level + phi * slope, season = f->seasonal ? w->ring[at] : 0;
    double e = (y ? y[t] : 0) - ahead - season;
    level = ahead + f->alpha * e;
    slope = phi * slope + f->beta * e;
    if (f->seasonal) {
      w->ring[at] = season + f->gamma * e;
      at = at + 1 == w->m ? 0 : at + 1;
    }
    error[t] = e;
  }
  states->level = level;
  states->slope = slope;
}

static void clear_ring(ets_work *w) { memset(w->ring, 0, w->m * sizeof *w->ring); }

static double dot(const double *a, const double *b, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

/* Cholesky solution of the p x p system in place; the lower triangle is read. A tiny ridge keeps it definite. */
static void solve(double *a, double *x, size_t p, size_t stride)
{
  for (size_t j = 0; j < p; j++) {
    double *row = a + j * stride, ridge = row[j] * 1e-13 + 1e-300;
    for (size_t k = 0; k < j; k++) {
      row[k] = (row[k] - dot(row, a + k * stride, k)) / a[k * stride + k];
      x[j] -= row[k] * x[k];
    }
    row[j] = sqrt(fmax(row[j] - dot(row, row, j), ridge));
    x[j] /= row[j];
  }
  for (size_t j = p; j-- > 0;) {
    for (size_t k = j + 1; k < p; k++) x[j] -= a[k * stride + j] * x[k];
    x[j] /= a[j * stride + j];
  }
}

/* Normal equations of error = response * initial for level, slope, seasons. What seasons share with the level is fixed
 * by adding a penalty on their sum, which costs no fit. */
static size_t normal_equations(ets_work *w)
{
  const ets_fit *f = w->fit;
  size_t plain = f->trend == ETS_NONE ? 1 : 2, p = plain + (f->seasonal ? w->m : 0), stride = w->most, n = w->n;
  for (size_t i = 0; i < plain; i++) {
    for (size_t j = 0; j <= i; j++) w->gram[i * stride + j] = dot(w->response[i], w->response[j], n);
    w->right[i] = dot(w->response[i], w->error, n);
  }
  const double *c = w->response[2];
  for (size_t i = plain; i < p; i++) {
    size_t delay = i - plain;
    for (size_t j = 0; j < plain; j++) w->gram[i * stride + j] = dot(w->response[j] + delay, c, n - delay);
    w->right[i] = dot(w->error + delay, c, n - delay);
  }
  if (!f->seasonal) return p;
  for (size_t lag = 0; lag < w->m; lag++) {
    double sum = 0; /* over u < n - j of c(u) c(u + lag), for j from m - 1 down to lag */
    size_t u = 0;
    for (size_t j = w->m; j-- > lag;) {
      for (; u < n - j; u++) sum += c[u] * c[u + lag];
      w->gram[(plain + j) * stride + plain + j - lag] = sum;
    }
  }
  double penalty = w->gram[plain * stride + plain];
  for (size_t i = plain; i < p; i++)
    for (size_t j = plain; j <= i; j++) w->gram[i * stride + j] += penalty;
  return p;
}

/* Sum of squared errors at the current smoothing parameters, initial states concentrated out. */
static double concentrate(ets_work *w)
{
  const ets_fit *f = w->fit;
  start_states zero = {0, 0}, one = {1, 0}, rising = {0, 1}, none = {0, 0};
  clear_ring(w);
  filter(w, w->y, &zero, w->error);
  clear_ring(w);
  filter(w, NULL, &one, w->response[0]);
  if (f->trend != ETS_NONE) {
    clear_ring(w);
    filter(w, NULL, &rising, w->response[1]);
  }
  if (f->seasonal) {
    clear_ring(w);
    w->ring[0] = 1;
    filter(w, NULL, &none, w->response[2]);
  }
  size_t p = normal_equations(w), plain = p - (f->seasonal ? w->m : 0);
  for (size_t i = 0; i < p; i++) w->initial[i] = -w->right[i];
  solve(w->gram, w->initial, p, w->most);
  double sse = 0;
  for (size_t i = 0; i < p; i++) {
    size_t delay = i < plain ? 0 : i - plain;
    const double *r = w->response[i < plain ? i : 2];
    for (size_t t = delay; t < w->n; t++) w->error[t] += w->initial[i] * r[t - delay];
  }
  for (size_t t = 0; t < w->n; t++) sse += w->error[t] * w->error[t];
  return sse;
}

static double between(double low, double high, double u)
{
  double s = sin(u);
  return low + (high - low) * s * s;
}

/* Smoothing parameters from the search's coordinates; sin^2 reaches the ends of the region. */
static void set_parameters(ets_fit *f, const gsl_vector *x)
{
  size_t i = 0;
  f->alpha = between(1e-4, 0.9999, gsl_vector_get(x, i++));
  f->beta = f->trend == ETS_NONE ? 0 : between(1e-4, f->alpha, gsl_vector_get(x, i++));
  f->gamma = f->seasonal ? between(1e-4, fmax(1e-4, 1 - f->alpha), gsl_vector_get(x, i++)) : 0;
  f->phi = f->trend == ETS_DAMPED ? between(0.8, 0.98, gsl_vector_get(x, i)) : 1;
}

static double objective(const gsl_vector *x, void *context)
{
  ets_work *w = context;
  set_parameters(w->fit, x);
  double sse = concentrate(w);
  return isfinite(sse) ? log(sse + w->floor) : 1e300;
}

/* alpha, beta / alpha, gamma / (1 - alpha), place of phi between .8 and .98 */
static const double starts[][4] = {{0.2, 0.05, 0.05, 0.8},
                                   {0.6, 0.2, 0.1, 0.5},
                                   {0.95, 0.9, 0.02, 0.05},
                                   {0.02, 0.3, 0.3, 0.95},
                                   {0.9, 0.02, 0.01, 0.95}};
enum { STARTS = sizeof starts / sizeof *starts, MOST_STEPS = 150 };

static size_t dimensions(const ets_fit *f)
{
  return 1 + (size_t)(f->trend != ETS_NONE) + (size_t)(f->seasonal != 0) + (size_t)(f->trend == ETS_DAMPED);
}

static void set_start(const ets_fit *f, const double *start, gsl_vector *x)
{
  size_t i = 0;
  gsl_vector_set(x, i++, asin(sqrt(start[0])));
  if (f->trend != ETS_NONE) gsl_vector_set(x, i++, asin(sqrt(start[1])));
  if (f->seasonal) gsl_vector_set(x, i++, asin(sqrt(start[2])));
  if (f->trend == ETS_DAMPED) gsl_vector_set(x, i, asin(sqrt(start[3])));
}

typedef struct candidate {
  double value, place[4];
} candidate;

static int iterate(gsl_multimin_fminimizer *s, gsl_multimin_function *function, gsl_vector *x, double size, int steps,
                   double precision, candidate *found)
{
  double sizes[4] = {size, size, size, size};
  gsl_vector_view step = gsl_vector_view_array(sizes, x->size);
  if (gsl_multimin_fminimizer_set(s, function, x, &step.vector)) return -1;
  for (int i = 0; i < steps; i++)
    if (gsl_multimin_fminimizer_iterate(s) || gsl_multimin_fminimizer_size(s) < precision) break;
  found->value = s->fval;
  for (size_t i = 0; i < x->size; i++) found->place[i] = gsl_vector_get(s->x, i);
  return 0;
}

static double aicc_of(const ets_work *w, double log_sse)
{
  double n = (double)w->n, q = (double)w->fit->parameters + 1;
  return n > q + 1 ? n * log_sse + 2 * q + 2 * q * (q + 1) / (n - q - 1) : HUGE_VAL;
}

static int by_value(const void *a, const void *b)
{
  double x = ((const candidate *)a)->value, y = ((const candidate *)b)->value;
  return (x > y) - (x < y);
}

/* The same valley: near in place and in value. */
static int alike(const candidate *a, const candidate *b, size_t d)
{
  double away = fabs(a->value - b->value);
  for (size_t i = 0; i < d; i++) away += 0.2 * fabs(sin(a->place[i] - b->place[i]));
  return away < 0.02;
}

/* A few steps from every start, then the best and, where it is another valley, the runner-up to the end. */
static int search(ets_work *w, gsl_vector *x, double rival)
{
  const double hope = 6; /* what the AICc may still gain after the first steps */
  size_t d = x->size;
  gsl_multimin_function function = {objective, d, w};
  gsl_multimin_fminimizer *s = gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, d);
  candidate tried[STARTS], best;
  int status = s ? 0 : -1;
  for (int r = 0; r < STARTS && !status; r++) {
    set_start(w->fit, starts[r], x);
    status = iterate(s, &function, x, 0.25, 6 + 4 * (int)d, 1e-2, tried + r);
  }
  if (status) goto done;
  qsort(tried, STARTS, sizeof *tried, by_value);
  if (aicc_of(w, tried[0].value) - hope > rival) status = 1;
  best = tried[0];
  for (int r = 0; r < 2 && !status; r++) {
    candidate polished;
    if (r && alike(tried + 1, tried, d)) break;
    for (size_t i = 0; i < d; i++) gsl_vector_set(x, i, tried[r].place[i]);
    status = iterate(s, &function, x, 0.06, MOST_STEPS, 2e-4, &polished);
    if (!status && polished.value < best.value) best = polished;
  }
  for (size_t i = 0; i < d; i++) gsl_vector_set(x, i, best.place[i]);
done:
  if (s) gsl_multimin_fminimizer_free(s);
  return status;
}

/* Final states by one more pass from the concentrated initial states. */
static void final_states(ets_work *w, double *season)
{
  ets_fit *f = w->fit;
  size_t plain = f->trend == ETS_NONE ? 1 : 2;
  start_states states = {w->initial[0], f->trend == ETS_NONE ? 0 : w->initial[1]};
  for (size_t i = 0; f->seasonal && i < w->m; i++) w->ring[i] = w->initial[plain + i];
  filter(w, w->y, &states, w->error);
  f->level = states.level;
  f->slope = states.slope;
  for (size_t i = 0; f->seasonal && i < w->m; i++) season[i] = w->ring[(w->n + i) % w->m];
}

int ets_fit_form(ets_work *w, const double *y, size_t n, size_t m, double rival, ets_fit *fit, double *season)
{
  double square = 0;
  size_t d = dimensions(fit);
  fit->parameters = d + 1 + (size_t)(fit->trend != ETS_NONE) + (fit->seasonal ? m - 1 : 0);
  if (n < fit->parameters + 2) return 1;
  for (size_t t = 0; t < n; t++) square += y[t] * y[t];
  w->y = y;
  w->n = n;
  w->m = m;
  w->fit = fit;
  w->floor = 1e-20 * square + 1e-300;
  gsl_vector *x = gsl_vector_alloc(d);
  if (!x) return -1;
  int status = search(w, x, rival);
  if (!status) {
    set_parameters(fit, x);
    fit->sse = concentrate(w);
    final_states(w, season);
    fit->log_likelihood = -0.5 * (double)n * log(fit->sse + w->floor);
    fit->aicc = aicc_of(w, log(fit->sse + w->floor));
  }
  gsl_vector_free(x);
  return status;
}
