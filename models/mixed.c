/* Generalised linear mixed models and smooths.
 *
 * Gaussian: restricted (or plain) likelihood with the fixed part and sigma profiled out, on the sums of one pass (Bates et
 * al. 2015, sections 3.1 to 3.4). Otherwise: Laplace's approximation of the likelihood, at its maximum over the fixed part
 * and the variances together, by passes that each solve a quadratic model (mixed_system.c) with variances tuned on it.
 * Smooths are random vectors beside a straight line (Wood 2017, section 5.8; Ruppert, Wand and Carroll 2003, chapter 4). */
#include "models/mixed_internal.h"

#include "models/lanes.h"
#include "models/wide.h"

#include <math.h>
#include <string.h>

enum {
  MAX_ROUNDS = 60,
  GAUSSIAN_ROUNDS = 2,
  TUNE_GAUSSIAN = 80,
  TUNE = 2,
  MAX_SHORTER = 25,
  MANY_ROWS = 200000,
  STRIDE = 16
};

/* Of steps, in standard errors. */
static const double exact = 1e-8, exact_of_many = 1e-6, nearly = 0.3, alias_share = 1e-10, most_worse = 1;

/* --- families --- */

static double gaussian_rows(size_t n, const double *eta, const double *y, const double *trials, const double *weight,
                            double *score, double *curve, double *slope)
{
  (void)trials;
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    double w = weight ? weight[i] : 1, rest = y[i] - eta[i];
    sum -= 0.5 * w * rest * rest;
    score[i] = w * rest;
    curve[i] = w;
    slope[i] = 0;
  }
  return sum;
}

static double binomial_row(double eta, double y, double m, double w, double *score, double *curve, double *slope)
{
  double small = dc_exp(-fabs(eta)), all = 1 + small, p = eta < 0 ? small / all : 1 / all,
         q = eta < 0 ? 1 / all : small / all;
  /* y - m p without cancellation when p is nearly 1 */
  *score = w * (y * q - (m - y) * p);
  *curve = w * m * p * q;
  *slope = *curve * (q - p);
  return w * (y * eta - m * (fmax(eta, 0) + dc_log(all)));
}

/* Four rows of one trial and weight 1. Their sums go to the lanes of product (of what has its logarithm taken) and sum. */
DC_INLINE void binomial_four(const double *eta, const double *y, double *score, double *curve, double *slope,
                             dc_v4 *product, dc_v4 *sum)
{
  dc_v4 e = dc_v4_load(eta), one = dc_v4_of(1), none = dc_v4_of(0), yes = dc_v4_load(y);
  dc_i4 below = (dc_i4)(e < none);
  dc_v4 away = dc_v4_pick(below, e, -e);
  away = dc_v4_pick((dc_i4)(away > dc_v4_of(-700)), away, dc_v4_of(-700));
  dc_v4 small = dc_v4_exp(away), all = one + small, large = one / all, less = small / all;
  dc_v4 p = dc_v4_pick(below, less, large), q = dc_v4_pick(below, large, less), w = p * q;
  *product *= all;
  *sum += yes * e - dc_v4_pick(below, none, e);
  dc_v4_store(score, yes * q - (one - yes) * p);
  dc_v4_store(curve, w);
  dc_v4_store(slope, w * (q - p));
}

/* Inlined into the clones: vectors are returned among functions of one instruction set only. */
DC_INLINE double binomial_in_fours(size_t n, const double *eta, const double *y, const double *trials,
                                   const double *weight, double *score, double *curve, double *slope)
{
  dc_v4 product = dc_v4_of(1), part = dc_v4_of(0);
  size_t i = 0;
  for (; !trials && !weight && i + 4 <= n; i += 4)
    binomial_four(eta + i, y + i, score + i, curve + i, slope + i, &product, &part);
  double sum = (part[0] + part[2]) + (part[1] + part[3]);
  for (size_t k = 0; k < 4; k++) sum -= dc_log(product[k]); /* each is 2^(MIXED_CHUNK / 4) at most */
  for (; i < n; i++)
    sum += binomial_row(eta[i], y[i], trials ? trials[i] : 1, weight ? weight[i] : 1, score + i, curve + i, slope + i);
  return sum;
}

WIDE static double binomial_rows(size_t n, const double *eta, const double *y, const double *trials,
                                 const double *weight, double *score, double *curve, double *slope)
{
  return binomial_in_fours(n, eta, y, trials, weight, score, curve, slope);
}

static double poisson_rows(size_t n, const double *eta, const double *y, const double *trials, const double *weight,
                           double *score, double *curve, double *slope)
{
  (void)trials;
  double sum = 0;
  for (size_t i = 0; i < n; i++) {
    double w = weight ? weight[i] : 1, mean = dc_exp(eta[i]);
    sum += w * (y[i] * eta[i] - mean);
    score[i] = w * (y[i] - mean);
    curve[i] = slope[i] = w * mean;
  }
  return sum;
}

static double same(double mean) { return mean; }
static double logit(double mean) { return log(mean / (1 - mean)); }

static double no_constant(double y, double trials) { return 0 * (y + trials); }

static double binomial_constant(double y, double trials)
{
  if (trials <= 1 && (y <= 0 || y >= trials)) return 0;
  return lgamma(trials + 1) - lgamma(y + 1) - lgamma(trials - y + 1);
}

static double poisson_constant(double y, double trials)
{
  (void)trials;
  return -lgamma(y + 1);
}

static double times_log(double a, double b) { return a > 0 ? a * log(a / b) : 0; }

static double binomial_saturated(double y, double trials)
{
  if (y <= 0 || y >= trials) return 0;
  return times_log(y, trials) + times_log(trials - y, trials);
}

static double poisson_saturated(double y, double trials)
{
  (void)trials;
  return times_log(y, 1) - y;
}

const mixed_family mixed_families[] = {
    {"gaussian", DC_LINK_IDENTITY, true, DC_TAKES_NUMBER, same, gaussian_rows, no_constant, no_constant},
    {"binomial", DC_LINK_LOGIT, false, DC_TAKES_CHANCE, logit, binomial_rows, binomial_constant, binomial_saturated},
    {"poisson", DC_LINK_LOG, false, DC_TAKES_COUNT, log, poisson_rows, poisson_constant, poisson_saturated}};

static dc_status check_response(const mixed *m, dc_error *error)
{
  const dc_response *r = m->task->response;
  const char *family = m->family->name;
  if (r->trials && m->family->responses != DC_TAKES_CHANCE)
    return dc_fail(error, DC_E_USAGE, "family %s has no trials; use family binomial", family);
  for (size_t i = 0; i < m->n_rows; i++) {
    double y = r->y[i], most = r->trials ? r->trials[i] : 1;
    if (m->family->responses == DC_TAKES_CHANCE && !(y >= 0 && y <= most))
      return dc_fail(error, DC_E_INPUT, "family binomial takes 0 to %g in row %zu; the response is %g", most, i + 1, y);
    if (m->family->responses == DC_TAKES_COUNT && !(y >= 0 && y == floor(y)))
      return dc_fail(error, DC_E_INPUT, "family poisson takes counts; the response of row %zu is %g", i + 1, y);
  }
  return DC_OK;
}

/* Chances are seldom meant to be fitted by least squares. */
static dc_status note_chances(const mixed *m, dc_fit *fit, dc_error *error)
{
  size_t i = 0;
  while (i < m->n_rows && (m->y[i] == 0 || m->y[i] == 1)) i++;
  if (!m->family->scaled || i < m->n_rows) return DC_OK;
  return dc_fit_add_note(fit, error, "the response is 0 or 1, and its mean is fitted: --family binomial fits log odds");
}

/* --- the fixed part --- */

/* Columns that those before them make up are left out: no pivot is left of them in the Gram matrix's Cholesky factor. */
static void find_aliases(mixed *m)
{
  const size_t d = m->dense, w = d + 1;
  double *u = m->square;
  size_t n = 0;
  for (size_t c = 0; c < d; c++) {
    if (m->random_of[c] >= 0 || m->dead[c]) continue;
    double own = m->gram[c * w + c], *row = u + n * w, rest = own;
    for (size_t k = 0; k < n; k++) {
      double v = m->gram[c * w + m->order[k]];
      for (size_t j = 0; j < k; j++) v -= row[j] * u[k * w + j];
      row[k] = v / u[k * w + k];
      rest -= row[k] * row[k];
    }
    m->dead[c] = !(rest > alias_share * own);
    if (m->dead[c]) continue;
    row[n] = sqrt(rest);
    m->order[n++] = c;
  }
}

static void set_order(mixed *m)
{
  m->n_random = m->n_kept = 0;
  for (size_t c = 0; c < m->dense; c++)
    if (m->random_of[c] >= 0) m->order[m->n_random++] = c;
  m->n_kept = m->n_random;
  for (size_t c = 0; c < m->dense; c++)
    if (m->random_of[c] < 0 && !m->dead[c]) m->order[m->n_kept++] = c;
}

static void set_start(mixed *m)
{
  double sum = 0, all = 0, shift = 0, weights = 0;
  bool log_link = m->family->link == DC_LINK_LOG, chance = m->family->responses == DC_TAKES_CHANCE;
  for (size_t i = 0; i < m->n_rows; i++) {
    double w = m->weight ? m->weight[i] : 1, offset = m->offset ? m->offset[i] : 0;
    sum += w * m->y[i];
    all += w * (m->trials ? m->trials[i] : log_link ? exp(offset) : 1);
    shift += w * offset;
    weights += w;
  }
  double mean = m->family->scaled ? sum / all : (sum + 0.5) / (all + (chance ? 1 : 0));
  if (m->task->design->intercept) m->theta[0] = m->family->start(mean) - (log_link ? 0 : shift / weights);
  if (!isfinite(m->theta[0])) m->theta[0] = 0;
  for (size_t t = 0; t < m->n_randoms; t++)
    for (size_t j = 0; j < m->randoms[t].size; j++) m->parameter[m->randoms[t].parameter + j * (j + 3) / 2] = 1;
}

/* --- rounds --- */

static double length_of(const double *scale, size_t q, const double *b)
{
  double u[MIXED_SIZE], sum = 0;
  for (size_t i = 0; i < q; i++) {
    double v = b[i];
    for (size_t j = 0; j < i; j++) v -= scale[i * q + j] * u[j];
    u[i] = scale[i * q + i] > 0 ? v / scale[i * q + i] : 0;
    sum += u[i] * u[i];
  }
  return sum;
}

/* u'u at theta, b. */
static double penalty(const mixed *m, const double *theta, const double *b)
{
  double scale[MIXED_SIZE * MIXED_SIZE], sum = 0;
  for (size_t t = 0; t < m->n_randoms; t++) {
    const mixed_random *r = &m->randoms[t];
    mixed_term_scale(r, m->parameter, scale);
    for (size_t v = 0; v < r->count && !r->pivot; v++) sum += length_of(scale, r->size, theta + r->at + v * r->size);
    for (size_t v = 0; v < r->count && r->pivot; v++) sum += length_of(scale, r->size, b + v * m->size + r->at);
  }
  return sum;
}

typedef struct point {
  double *theta, *b;
} point;

static bool new_point(const mixed *m, point *p)
{
  p->theta = dc_arena_alloc(m->arena, m->dense + 1, sizeof *p->theta);
  p->b = dc_arena_alloc(m->arena, m->levels * m->size + 1, sizeof *p->b);
  return p->theta && p->b;
}

/* How far theta moves, in about its standard errors. */
static double distance(const mixed *m, const point *to)
{
  double most = 0;
  for (size_t i = m->n_random; i < m->n_kept; i++) {
    size_t c = m->order[i];
    most = fmax(most, fabs(to->theta[c] - m->theta[c]) * sqrt(m->gram[c * (m->dense + 2)] / m->sigma2));
  }
  return most;
}

/* To the new point and a pass there; back by halves while the penalised likelihood is much less than before
 * (a little less it may be: it is not what is maximised, but the marginal likelihood is). */
static dc_status advance(mixed *m, point *to, point *from, bool *moved, dc_error *error)
{
  const size_t w = m->dense + 1, n = m->levels * m->size;
  memcpy(from->theta, m->theta, w * sizeof(double));
  memcpy(from->b, m->b, n * sizeof(double));
  double before = m->log_likelihood - 0.5 * penalty(m, m->theta, m->b), slack = most_worse + 1e-10 * fabs(before),
         share = 1;
  *moved = false;
  for (int k = 0; k < MAX_SHORTER && !*moved; k++, share *= 0.5) {
    for (size_t i = 0; i < w; i++) m->theta[i] = from->theta[i] + share * (to->theta[i] - from->theta[i]);
    for (size_t i = 0; i < n; i++) m->b[i] = from->b[i] + share * (to->b[i] - from->b[i]);
    dc_status status = mixed_pass(m, error);
    if (status != DC_OK) return status;
    *moved = m->family->scaled || m->log_likelihood - 0.5 * penalty(m, m->theta, m->b) >= before - slack;
  }
  return DC_OK;
}

/* Steps shrink by a share that the last two tell: what is still to come after this one is that share of it. */
static bool arrived(double step, double last, double enough)
{
  double share = last > 0 ? fmin(step / last, 1) : 1;
  return step < enough || (step < 1e3 * enough && step * share < enough);
}

/* Ends where b's variances are not yet those at theta; `enough`: of steps, in standard errors. */
static dc_status search(mixed *m, double enough, int *rounds, bool *converged, dc_error *error)
{
  double last = 0;
  point to, from;
  double tuned = 0;
  const bool once = m->family->scaled;
  if (!new_point(m, &to) || !new_point(m, &from)) return dc_fail_memory(error, "fitting a mixed model");
  memcpy(to.theta, m->theta, (m->dense + 1) * sizeof(double));
  dc_status status = mixed_pass(m, error);
  if (status != DC_OK) return status;
  find_aliases(m);
  set_order(m);
  for (size_t c = 0; c < m->dense; c++)
    if (m->dead[c]) m->theta[c] = to.theta[c] = 0;
  *converged = false;
  for (*rounds = 1; status == DC_OK; ++*rounds) {
    bool moved = true;
    status = mixed_tune(m, once ? TUNE_GAUSSIAN : TUNE, &tuned, error);
    if (status == DC_OK) status = mixed_solve(m, to.theta, to.b, error);
    if (status != DC_OK) return status;
    double far = distance(m, &to);
    *converged = once ? *rounds == GAUSSIAN_ROUNDS : m->has_variance && arrived(fmax(far, tuned), last, enough);
    last = m->has_variance ? fmax(far, tuned) : 0;
    if (*converged || *rounds == MAX_ROUNDS) break;
    if (!once) status = mixed_variances(m, false, error);
    if (status == DC_OK) status = advance(m, &to, &from, &moved, error);
    if (!moved) break;
  }
  if (status != DC_OK) return status;
  memcpy(m->theta, to.theta, (m->dense + 1) * sizeof(double));
  memcpy(m->b, to.b, m->levels * m->size * sizeof(double));
  return DC_OK;
}

/* --- a beginning from few rows --- */

static double *take_numbers(mixed *m, const double *from, size_t width)
{
  size_t n = (m->n_rows + STRIDE - 1) / STRIDE;
  double *made = from ? dc_arena_alloc(m->arena, n * width + 1, sizeof *made) : NULL;
  for (size_t i = 0; i < n && made; i++) memcpy(made + i * width, from + i * STRIDE * width, width * sizeof *made);
  return made;
}

/* Every STRIDE-th row of those packed, with all other arrays shared. */
static bool take_rows(mixed *few, mixed *m)
{
  *few = *m;
  few->n_rows = (m->n_rows + STRIDE - 1) / STRIDE;
  few->packed = take_numbers(m, m->packed, m->n_numbers);
  few->numbers = take_numbers(m, m->numbers, m->numbers_room);
  few->y = take_numbers(m, m->y, 1);
  few->trials = take_numbers(m, m->trials, 1);
  few->weight = take_numbers(m, m->weight, 1);
  few->offset = take_numbers(m, m->offset, 1);
  few->columns = dc_arena_alloc(m->arena, few->n_rows * m->n_picks + 1, sizeof *few->columns);
  few->row_start = dc_arena_alloc(m->arena, m->levels + 2, sizeof *few->row_start);
  few->dead = dc_arena_alloc(m->arena, m->dense + 1, sizeof *few->dead);
  if (!few->packed || !few->y || !few->columns || !few->row_start || !few->dead) return false;
  if ((m->numbers && !few->numbers) || (m->trials && !few->trials) || (m->weight && !few->weight) ||
      (m->offset && !few->offset))
    return false;
  memcpy(few->dead, m->dead, (m->dense + 1) * sizeof *few->dead);
  for (size_t l = 0; l <= m->levels; l++) few->row_start[l] = (m->row_start[l] + STRIDE - 1) / STRIDE;
  for (size_t i = 0; i < few->n_rows; i++)
    memcpy(few->columns + i * m->n_picks, m->columns + i * STRIDE * m->n_picks, m->n_picks * sizeof *few->columns);
  return true;
}

/* The sums of few rows, taken to be those of all, give variances of b to begin with. */
static dc_status guess_variances(mixed *m, mixed *few, dc_error *error)
{
  const size_t w = m->dense + 1, q = m->size;
  double value;
  for (size_t k = 0; k < w * w; k++) few->gram[k] *= STRIDE;
  for (size_t k = 0; k < m->levels * q * q; k++) few->block[k] *= STRIDE;
  for (size_t k = 0; k < m->list_start[m->levels] * q; k++) few->cross[k] *= STRIDE;
  dc_status status = mixed_criterion(few, few->parameter, &value, error);
  if (status == DC_OK && isfinite(value)) {
    status = mixed_variances(few, false, error);
    m->has_variance = true;
  }
  return status;
}

/* theta, b and parameters near where they will end. A start that fails costs nothing but time. */
static dc_status begin(mixed *m, dc_error *error)
{
  mixed *few = dc_arena_alloc(m->arena, 1, sizeof *few);
  int rounds;
  bool converged = false;
  set_start(m);
  if (m->family->scaled || m->n_rows < MANY_ROWS) return DC_OK;
  if (!few || (!m->tables && !take_rows(few, m))) return dc_fail_memory(error, "fitting a mixed model");
  if (m->tables) *few = *m, mixed_tables_thin(m->tables, STRIDE);
  dc_status status = search(few, nearly, &rounds, &converged, error);
  if (m->tables) mixed_tables_thin(m->tables, 1);
  if (status == DC_E_MEMORY || status == DC_E_CANCELLED) return status;
  if (status == DC_OK && converged) {
    memcpy(m->parameter, few->parameter, sizeof m->parameter);
    return guess_variances(m, few, error);
  }
  memset(m->theta, 0, (m->dense + 1) * sizeof *m->theta);
  memset(m->b, 0, m->levels * m->size * sizeof *m->b);
  set_start(m);
  return DC_OK;
}

static const char *const families[] = {"gaussian", "binomial", "poisson", NULL};
static const char *const methods[] = {"reml", "ml", NULL};

static const dc_model_option options[] = {
    {"family", DC_OPTION_CHOICE, 0, 0, MIXED_FAMILIES - 1, families, "of the response: links identity, logit, log"},
    {"method", DC_OPTION_CHOICE, 0, 0, 1, methods, "gaussian variances by restricted or plain likelihood"}};

static dc_status fit_mixed(const dc_task *task, dc_fit *fit, dc_error *error)
{
  mixed *m = dc_arena_alloc(task->arena, 1, sizeof *m);
  int rounds = 0;
  bool converged = false;
  if (!task->design->intercept && !task->design->n_terms)
    return dc_fail(error, DC_E_USAGE, "there is nothing to fit: neither an intercept nor a term");
  if (!m) return dc_fail_memory(error, "fitting a mixed model");
  m->task = task;
  m->arena = task->arena;
  m->family = &mixed_families[(size_t)dc_task_option(&dc_model_mixed, task, "family")];
  m->restricted = m->family->scaled && dc_task_option(&dc_model_mixed, task, "method") == 0;
  m->n_rows = task->design->n_rows;
  dc_status status = check_response(m, error);
  if (status == DC_OK) status = mixed_lay_out(m, error);
  if (status != DC_OK) return status;
  status = begin(m, error);
  if (status == DC_OK) status = search(m, m->n_rows < MANY_ROWS ? exact : exact_of_many, &rounds, &converged, error);
  if (status == DC_OK) status = mixed_variances(m, true, error);
  if (status == DC_OK) status = mixed_report(m, fit, rounds, error);
  if (status == DC_OK) status = note_chances(m, fit, error);
  if (status != DC_OK || converged) return status;
  status = dc_fit_add_note(fit, error, "not converged after %d rounds", rounds);
  return status == DC_OK ? dc_fail(error, DC_W_MAXITER, "mixed: not converged after %d rounds", rounds) : status;
}

const dc_model dc_model_mixed = {
    .name = "mixed",
    .summary = "linear, logistic and Poisson regression with shrunken effects (1 + x|f) and smooths s(x)",
    .source = "Bates, Maechler, Bolker and Walker 2015; Wood 2017",
    .responses = DC_TAKES_NUMBER | DC_TAKES_CHANCE | DC_TAKES_COUNT,
    .shrinks = true,
    .block_rows = 32768,
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .fit = fit_mixed};
