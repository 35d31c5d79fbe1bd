#include "models/newton.h"

#include "models/gram_rows.h"
#include "models/lanes.h"

#include <stdlib.h>
#include <string.h>

/* A pivot below this, of a matrix with a unit diagonal, is rounding: its coefficient stays where it is. Below POLISHED the
 * inverse is found a second time, from rows made orthogonal by the first. */
static const double LEAST_PIVOT = 1e-15, HELD = 1e150, POLISHED = 1e-6;
static const double SUB_TOLERANCE = 0.1, FLAT = 1e-6, GROWS = 0.3;
enum { SUB_STRIDE = 16, SUB_STEPS = 4, HALVINGS = 30, POLISH_COST = 2000000000 };

static double dot(const double *a, const double *b, size_t n)
{
  dc_v4 s0 = dc_v4_of(0), s1 = dc_v4_of(0);
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    s0 += dc_v4_load(a + i) * dc_v4_load(b + i);
    s1 += dc_v4_load(a + i + 4) * dc_v4_load(b + i + 4);
  }
  s0 += s1;
  double sum = (s0[0] + s0[2]) + (s0[1] + s0[3]);
  for (; i < n; i++) sum += a[i] * b[i];
  return sum;
}

static double *line(double *packed, size_t i) { return packed + i * (i + 1) / 2; }
static const double *row_of(const double *packed, size_t i) { return packed + i * (i + 1) / 2; }

/* Cholesky by rows; pivots that are not above `least` are held (least < 0: the first ends it). The least pivot is told. */
static bool factor(double *a, size_t p, double least, double *lowest)
{
  *lowest = INFINITY;
  for (size_t i = 0; i < p; i++) {
    double *r = line(a, i);
    for (size_t j = 0; j < i; j++) r[j] = (r[j] - dot(r, row_of(a, j), j)) / row_of(a, j)[j];
    double pivot = r[i] - dot(r, r, i);
    if (!(pivot > fmax(least, 0))) {
      if (least < 0) return false;
      memset(r, 0, i * sizeof *r);
      r[i] = HELD;
      continue;
    }
    *lowest = fmin(*lowest, pivot);
    r[i] = sqrt(pivot);
  }
  return true;
}

bool dc_packed_factor(double *a, size_t p)
{
  double lowest;
  return factor(a, p, -1, &lowest);
}

static void solve_lower(const double *l, size_t p, double *b)
{
  for (size_t i = 0; i < p; i++) b[i] = (b[i] - dot(row_of(l, i), b, i)) / row_of(l, i)[i];
}

static void solve_upper(const double *l, size_t p, double *b)
{
  for (size_t i = p; i-- > 0;) {
    const double *r = row_of(l, i);
    b[i] /= r[i];
    for (size_t j = 0; j < i; j++) b[j] -= r[j] * b[i];
  }
}

void dc_packed_solve(const double *l, size_t p, double *b)
{
  solve_lower(l, p, b);
  solve_upper(l, p, b);
}

/* L to its inverse, then the product of that with its transpose, each in place. */
void dc_packed_invert(double *l, size_t p)
{
  for (size_t i = 0; i < p; i++) {
    double *r = line(l, i), d = 1 / r[i];
    for (size_t j = 0; j < i; j++) {
      double sum = r[j] * row_of(l, j)[j];
      for (size_t k = j + 1; k < i; k++) sum += r[k] * row_of(l, k)[j];
      r[j] = sum;
    }
    for (size_t j = 0; j < i; j++) r[j] *= -d;
    r[i] = d;
  }
  for (size_t i = 0; i < p; i++) {
    for (size_t j = 0; j <= i; j++) {
      double sum = 0;
      for (size_t k = i; k < p; k++) sum += row_of(l, k)[i] * row_of(l, k)[j];
      line(l, i)[j] = sum;
    }
  }
}

typedef struct work {
  dc_problem *problem;
  const dc_newton *how;
  size_t p;
  double *l, *unit; /* factor of the matrix with unit diagonal; what makes it so */
  double *gradient, *step, *old;
  double objective, lowest;
} work;

static bool is_fixed(const work *w, size_t j) { return w->how->fixed && w->how->fixed[j]; }

/* The matrix with the penalty's, scaled and factored; the gradient of the log posterior. */
static void prepare(work *w, const double *beta, const dc_quadratic *q)
{
  size_t p = w->p;
  const dc_penalty *penalty = w->how->penalty;
  memcpy(w->l, q->gram, p * (p + 1) / 2 * sizeof *w->l);
  memset(w->gradient, 0, p * sizeof *w->gradient);
  w->objective = q->deviance / 2;
  if (penalty) w->objective += penalty->add(penalty->context, w->problem, beta, w->gradient, w->l);
  for (size_t j = 0; j < p; j++) {
    double d = line(w->l, j)[j];
    w->gradient[j] = is_fixed(w, j) ? 0 : q->score[j] - w->gradient[j];
    w->unit[j] = d > 0 && isfinite(d) && !is_fixed(w, j) ? 1 / sqrt(d) : 0;
  }
  for (size_t i = 0; i < p; i++) {
    double *r = line(w->l, i);
    for (size_t j = 0; j < i; j++) r[j] *= w->unit[i] * w->unit[j];
    r[i] = w->unit[i] > 0 ? 1 : 0;
  }
  factor(w->l, p, LEAST_PIVOT, &w->lowest);
}

/* The step from here; the decrease that it promises, twice: its square in standard errors. */
static double find_step(work *w)
{
  double sum = 0;
  for (size_t j = 0; j < w->p; j++) w->step[j] = w->gradient[j] * w->unit[j];
  dc_packed_solve(w->l, w->p, w->step);
  for (size_t j = 0; j < w->p; j++) sum += (w->step[j] *= w->unit[j]) * w->gradient[j];
  return sum;
}

static bool begin(work *w, dc_problem *problem, const dc_newton *how)
{
  size_t p = problem->p, triangle = p * (p + 1) / 2;
  *w = (work){.problem = problem, .how = how, .p = p};
  w->l = malloc((triangle + 4 * p + 1) * sizeof *w->l);
  if (!w->l) return false;
  w->unit = w->l + triangle;
  w->gradient = w->unit + p;
  w->step = w->gradient + p;
  w->old = w->step + p;
  return true;
}

dc_status dc_newton_first(dc_problem *problem, const dc_quadratic *q, double *beta, dc_error *error)
{
  dc_newton how = {0};
  work w;
  if (!begin(&w, problem, &how)) return dc_fail_memory(error, "fitting a model");
  prepare(&w, beta, q);
  find_step(&w);
  for (size_t j = 0; j < w.p; j++) beta[j] += isfinite(w.step[j]) ? w.step[j] : 0;
  free(w.l);
  return DC_OK;
}

void dc_newton_start(const dc_problem *problem, double *beta)
{
  memcpy(beta, problem->start, problem->p * sizeof *beta);
}

typedef struct polishing {
  const work *w;
  double *z;
} polishing;

/* Rows times the inverse of the factor are orthogonal but for its errors: their Gram matrix is near 1 and has digits
 * (CholeskyQR2; Yamamoto et al. 2015, ETNA 44). One block: z is shared. */
static void add_orthogonal(void *context, const dc_tile *tile, double *sums)
{
  const polishing *c = context;
  size_t column[DC_ROW_ENTRIES], p = c->w->p;
  double value[DC_ROW_ENTRIES], *z = sums + DC_SCALARS + p * (p + 1) / 2;
  sums += DC_SCALARS;
  for (size_t i = 0; i < tile->n; i++) {
    memset(z, 0, p * sizeof *z);
    for (size_t from = 0, n; (n = dc_tile_row(tile, i, &from, column, value)) > 0;)
      for (size_t k = 0; k < n; k++) z[column[k]] += value[k] * c->w->unit[column[k]];
    solve_lower(c->w->l, p, z);
    for (size_t a = 0; a < p; a++)
      for (size_t b = 0; b <= a; b++) sums[a * (a + 1) / 2 + b] += tile->w[i] * z[a] * z[b];
    memset(z, 0, p * sizeof *z);
  }
}

/* inverse = unit L^-T (middle) L^-1 unit, middle packed, in place. */
static void surround(const work *w, double *middle, double *dense)
{
  size_t p = w->p;
  for (size_t i = 0; i < p; i++)
    for (size_t j = 0; j < p; j++) dense[i * p + j] = middle[dc_packed(i, j)];
  for (size_t i = 0; i < p; i++) solve_upper(w->l, p, dense + i * p);
  for (size_t i = 0; i < p; i++)
    for (size_t j = 0; j < i; j++) {
      double swap = dense[i * p + j];
      dense[i * p + j] = dense[j * p + i];
      dense[j * p + i] = swap;
    }
  for (size_t i = 0; i < p; i++) solve_upper(w->l, p, dense + i * p);
  for (size_t i = 0; i < p; i++)
    for (size_t j = 0; j <= i; j++) middle[dc_packed(i, j)] = dense[i * p + j] * w->unit[i] * w->unit[j];
}

static dc_status polish(work *w, const double *beta, double *covariance, dc_error *error)
{
  size_t p = w->p, triangle = p * (p + 1) / 2;
  double *sums = calloc(triangle + p + p * p + 1, sizeof *sums), lowest;
  polishing c = {w, NULL};
  if (!sums) return dc_fail_memory(error, "fitting a model");
  dc_status status = dc_problem_visit(w->problem, beta, triangle + p, add_orthogonal, &c, sums, error);
  if (status == DC_OK && factor(sums, p, LEAST_PIVOT, &lowest)) {
    dc_packed_invert(sums, p);
    surround(w, sums, sums + triangle + p);
    memcpy(covariance, sums, triangle * sizeof *sums);
    for (size_t i = 0; i < p; i++) {
      w->step[i] = 0;
      for (size_t j = 0; j < p; j++) w->step[i] += covariance[dc_packed(i, j)] * w->gradient[j];
    }
  }
  free(sums);
  return status;
}

static dc_status find_covariance(work *w, const double *beta, double *covariance, dc_error *error)
{
  size_t p = w->p;
  double cost = (double)w->problem->rows->n * (double)p * (double)p;
  if (w->lowest < POLISHED && !w->how->penalty && !w->how->fixed && cost < POLISH_COST)
    return polish(w, beta, covariance, error);
  memcpy(covariance, w->l, p * (p + 1) / 2 * sizeof *covariance);
  dc_packed_invert(covariance, p);
  for (size_t i = 0; i < p; i++)
    for (size_t j = 0; j <= i; j++) covariance[dc_packed(i, j)] *= w->unit[i] * w->unit[j];
  return DC_OK;
}

static void move(work *w, double *beta)
{
  memcpy(w->old, beta, w->p * sizeof *beta);
  for (size_t j = 0; j < w->p; j++) beta[j] += w->step[j];
}

/* Some steps on every 16th tile of rows bring many rows near for little. */
static dc_status approach(work *w, double *beta, dc_quadratic *q, dc_error *error)
{
  const dc_rows *r = w->problem->rows;
  if (r->n < DC_MANY_ROWS || r->n / SUB_STRIDE < 50 * w->p || w->how->penalty || w->how->fixed) return DC_OK;
  for (size_t k = 0; k < SUB_STEPS; k++) {
    dc_status status = dc_problem_pass(w->problem, beta, DC_PASS_GRAM, SUB_STRIDE, q, error);
    if (status != DC_OK) return status;
    prepare(w, beta, q);
    double square = find_step(w);
    if (!isfinite(square) || !isfinite(q->deviance)) {
      dc_newton_start(w->problem, beta);
      return DC_OK;
    }
    move(w, beta);
    if (square < SUB_TOLERANCE * SUB_TOLERANCE) return DC_OK;
  }
  return DC_OK;
}

/* Halves the way back to the old coefficients until the objective is not above `least`. */
static dc_status come_back(work *w, double *beta, double least, dc_quadratic *q, bool *better, dc_error *error)
{
  *better = isfinite(w->objective) && w->objective <= least + 1e-11 * (fabs(least) + 0.1);
  for (size_t k = 0; k < HALVINGS && !*better; k++) {
    for (size_t j = 0; j < w->p; j++) beta[j] = (beta[j] + w->old[j]) / 2;
    dc_status status = dc_problem_at(w->problem, beta, q, error);
    if (status != DC_OK) return status;
    prepare(w, beta, q);
    *better = isfinite(w->objective) && w->objective <= least + 1e-11 * (fabs(least) + 0.1);
  }
  return DC_OK;
}

/* Where the way of Newton's method ends: no further; or away, ever flatter, because there is no maximum. */
static bool ends(const work *w, double square, double before, const dc_quadratic *q, double most,
                 dc_newton_result *result)
{
  double tolerance = w->how->tolerance;
  if (square <= tolerance * tolerance) return result->converged = true;
  bool stalled = square < 1e-10 && square > before / 2;
  bool flat = square < FLAT && square < FLAT * (q->deviance + 10) && square > 0.05 * before;
  result->unbounded = flat && q->most > most + GROWS;
  return result->converged = result->unbounded || stalled;
}

/* As R's glm with epsilon 1e-14 ends: the deviance stays. The weights are then those of one step before. Newton's method on
 * many rows, whose deviance is rounded, ends by the size of its step. */
static bool stays(const work *w, const dc_quadratic *q, double before)
{
  bool many = w->problem->rows->n >= DC_MANY_ROWS && dc_family_canonical(&w->problem->family);
  if (many || w->how->penalty || !isfinite(before)) return false;
  return fabs(q->deviance - before) < 1e-14 * (fabs(q->deviance) + 0.1);
}

dc_status dc_newton_run(dc_problem *problem, const dc_newton *how, double *beta, dc_quadratic *q,
                        dc_newton_result *result, dc_error *error)
{
  work w;
  bool still = false;
  double least = INFINITY, before = INFINITY, deviance = INFINITY, most = INFINITY, *covariance = result->covariance;
  *result = (dc_newton_result){.covariance = covariance};
  if (!begin(&w, problem, how)) return dc_fail_memory(error, "fitting a model");
  dc_status status = approach(&w, beta, q, error);
  for (size_t j = 0; j < w.p; j++) w.old[j] = j == 0 && problem->intercept ? problem->constant : 0;
  while (status == DC_OK) {
    bool better = true;
    status = dc_problem_at(problem, beta, q, error);
    if (status != DC_OK) break;
    if (stays(&w, q, deviance)) {
      result->converged = still = true;
      break;
    }
    prepare(&w, beta, q);
    if (result->steps || !isfinite(w.objective)) status = come_back(&w, beta, least, q, &better, error);
    if (status != DC_OK) break;
    double square = find_step(&w);
    if (!isfinite(square)) break;
    if (!better) {
      result->converged = square < 1e-8;
      break;
    }
    bool done = ends(&w, square, before, q, most, result);
    if (done || result->steps == how->max_steps) break;
    before = square;
    deviance = q->deviance;
    least = w.objective;
    most = q->most;
    move(&w, beta);
    result->steps++;
  }
  result->objective = w.objective;
  if (status == DC_OK && covariance) status = find_covariance(&w, beta, covariance, error);
  if (status == DC_OK && result->converged && !result->unbounded && !still) move(&w, beta);
  free(w.l);
  return status;
}
