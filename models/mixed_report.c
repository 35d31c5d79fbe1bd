/* What a mixed model's fit says: coefficients on the scale of the data, their errors, terms, figures. */
#include "models/mixed_internal.h"
#include "models/shrunk_spd.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FULL_COLUMNS = 512, TWIN_BYTES = 200, BLOCK_ROWS = 8192 };

static const double negligible = 1e-7;

/* A coefficient is a sum over columns: dense ones, then those of the pivot's levels. */
typedef struct part {
  size_t column;
  double factor;
} part;

typedef struct report {
  mixed *m;
  dc_fit *fit;
  size_t *part_start; /* of each coefficient, n_columns + 1 */
  part *parts;
  int *coefficient_of; /* of each dense column that is one coefficient by itself, -1 = none */
} report;

static size_t pivot_offset(const mixed *m, size_t term)
{
  for (size_t t = 0; t < m->n_randoms; t++)
    if (m->randoms[t].term == term) return m->randoms[t].at;
  return 0;
}

static const mixed_smooth *smooth_of(const mixed *m, size_t term)
{
  for (size_t s = 0; s < m->n_smooths; s++)
    if (m->smooths[s].term == term) return &m->smooths[s];
  return NULL;
}

static size_t most_parts(const report *r)
{
  size_t n = r->m->n_plain + 2;
  for (size_t t = 0; t < r->fit->n_terms; t++) {
    const mixed_smooth *s = smooth_of(r->m, t);
    n += s ? r->fit->terms[t].count * s->basis : r->fit->terms[t].count;
  }
  return n;
}

static size_t add_parts(report *r, size_t k, size_t n)
{
  const mixed *m = r->m;
  size_t plain = 0, term = (size_t)r->fit->coefficients[k].term, at = k - r->fit->terms[term].first;
  const mixed_smooth *s = smooth_of(m, term);
  switch (r->fit->terms[term].kind) {
    case DC_TERM_NUMBER:
      plain = m->first[term] - 1;
      r->parts[n++] = (part){m->first[term], 1 / m->unit[plain]};
      break;
    case DC_TERM_SMOOTH:
      for (size_t c = 0; c + 1 < s->basis && at < s->basis; c++)
        r->parts[n++] = (part){s->column + c, s->turn[at * (s->basis - 1) + c]};
      return n;
    case DC_TERM_EFFECT:
      if (m->first[term] == SIZE_MAX) {
        size_t size = r->fit->terms[term].slopes;
        r->parts[n++] = (part){m->dense + at / size * m->size + pivot_offset(m, term) + at % size, 1};
        return n;
      }
      r->parts[n++] = (part){m->first[term] + at, 1};
      return n;
    default: r->parts[n++] = (part){m->first[term] + at, 1}; break;
  }
  r->coefficient_of[r->parts[n - 1].column] = (int)k;
  return n;
}

static dc_status find_parts(report *r, dc_error *error)
{
  const mixed *m = r->m;
  size_t n = 0, columns = r->fit->n_columns;
  r->part_start = dc_arena_alloc(m->arena, columns + 1, sizeof *r->part_start);
  r->parts = dc_arena_alloc(m->arena, most_parts(r), sizeof *r->parts);
  r->coefficient_of = dc_arena_alloc(m->arena, m->dense + 1, sizeof *r->coefficient_of);
  if (!r->part_start || !r->parts || !r->coefficient_of) return dc_fail_memory(error, "reporting a mixed model");
  for (size_t c = 0; c <= m->dense; c++) r->coefficient_of[c] = -1;
  for (size_t k = 0; k < columns; k++) {
    r->part_start[k] = n;
    if (k > 0 || !r->fit->intercept) {
      n = add_parts(r, k, n);
      continue;
    }
    r->coefficient_of[0] = 0;
    r->parts[n++] = (part){0, 1};
    for (size_t p = 0; p < m->n_plain; p++) r->parts[n++] = (part){1 + p, -m->mean[p] / m->unit[p]};
  }
  r->part_start[columns] = n;
  return DC_OK;
}

/* --- estimates and their covariance --- */

static double estimate_at(const mixed *m, size_t column)
{
  return column < m->dense ? m->theta[column] : m->b[column - m->dense];
}

static size_t place_in(const mixed *m, size_t level, size_t column)
{
  const uint32_t *list = m->list + m->list_start[level];
  size_t n = m->list_start[level + 1] - m->list_start[level];
  for (size_t k = 0; k < n; k++)
    if (list[k] == column) return k;
  return SIZE_MAX;
}

/* Covariance of two columns, over sigma2. Of a dense column that a level's rows do not touch, and of two levels, by the
 * same formula as mixed_variances has, from the level's root. */
static double cross_covariance(const mixed *m, size_t level, size_t a, size_t dense)
{
  size_t start = m->list_start[level], n = m->list_start[level + 1] - start, k = place_in(m, level, dense);
  if (k != SIZE_MAX) return m->cross_variance[start * m->size + a * n + k];
  double x[MIXED_SIZE] = {0}, scale[MIXED_SIZE * MIXED_SIZE];
  const size_t q = m->size;
  const double *factor = m->level_factor + level * q * q, *root = m->root + start * q;
  for (size_t i = 0; i < q; i++) {
    x[i] = 0;
    for (size_t j = 0; j < n; j++)
      x[i] -= root[i * n + j] * m->dense_variance[m->list[start + j] * (m->dense + 1) + dense];
  }
  for (size_t i = q; i-- > 0;) {
    for (size_t j = i + 1; j < q; j++) x[i] -= factor[j * q + i] * x[j];
    x[i] /= factor[i * q + i];
  }
  mixed_pivot_scale(m, m->parameter, scale);
  double sum = 0;
  for (size_t j = 0; j <= a; j++) sum += scale[a * q + j] * x[j];
  return sum;
}

/* Lambda L'^-1 R of a level: minus what its b moves by when dense columns do. */
static double level_move(const mixed *m, size_t level, size_t a, size_t k)
{
  const size_t q = m->size, start = m->list_start[level], n = m->list_start[level + 1] - start;
  const double *factor = m->level_factor + level * q * q, *root = m->root + start * q;
  double x[MIXED_SIZE] = {0}, scale[MIXED_SIZE * MIXED_SIZE], sum = 0;
  for (size_t i = q; i-- > 0;) {
    x[i] = root[i * n + k];
    for (size_t j = i + 1; j < q; j++) x[i] -= factor[j * q + i] * x[j];
    x[i] /= factor[i * q + i];
  }
  mixed_pivot_scale(m, m->parameter, scale);
  for (size_t j = 0; j <= a; j++) sum += scale[a * q + j] * x[j];
  return sum;
}

static double covariance_of(const mixed *m, size_t one, size_t other)
{
  const size_t d = m->dense, q = m->size;
  if (one < d && other < d) return m->dense_variance[one * (d + 1) + other];
  if (one < d) return covariance_of(m, other, one);
  size_t level = (one - d) / q, a = (one - d) % q;
  if (other < d) return cross_covariance(m, level, a, other);
  size_t second = (other - d) / q, b = (other - d) % q;
  if (level == second) return m->variance[(level * q + a) * q + b];
  double sum = 0;
  size_t start = m->list_start[second], n = m->list_start[second + 1] - start;
  for (size_t k = 0; k < n; k++) sum -= level_move(m, second, b, k) * cross_covariance(m, level, a, m->list[start + k]);
  return sum;
}

static bool left_out(const report *r, size_t k)
{
  size_t n = r->part_start[k + 1] - r->part_start[k];
  if (n == 0) return true;
  size_t column = r->parts[r->part_start[k]].column;
  int32_t term = r->fit->coefficients[k].term;
  bool smooth = term >= 0 && r->fit->terms[term].kind == DC_TERM_SMOOTH;
  return !smooth && column < r->m->dense && r->m->dead[column];
}

static double covariance_between(const report *r, size_t j, size_t k)
{
  double sum = 0;
  for (size_t a = r->part_start[j]; a < r->part_start[j + 1]; a++)
    for (size_t b = r->part_start[k]; b < r->part_start[k + 1]; b++)
      sum += r->parts[a].factor * r->parts[b].factor * covariance_of(r->m, r->parts[a].column, r->parts[b].column);
  return sum * r->m->sigma2;
}

static bool shrunken(const report *r, size_t k)
{
  int32_t term = r->fit->coefficients[k].term;
  return term >= 0 && (r->fit->terms[term].kind == DC_TERM_EFFECT || r->fit->terms[term].kind == DC_TERM_SMOOTH);
}

static double residual_df(const mixed *m) { return (double)m->n_used - (double)(m->n_kept - m->n_random); }

/* t with n - p degrees of freedom where there is a dispersion, z otherwise; none for modes, which nothing is tested of. */
static void judge(report *r, size_t k)
{
  dc_coefficient *c = &r->fit->coefficients[k];
  double df = residual_df(r->m), tail = (1 - r->m->task->confidence) / 2;
  bool t = r->m->family->scaled, known = !t || df > 0;
  double reach = !known ? NAN : t ? gsl_cdf_tdist_Qinv(tail, df) : gsl_cdf_ugaussian_Qinv(tail);
  c->error = sqrt(covariance_between(r, k, k));
  c->lower = c->estimate - reach * c->error;
  c->upper = c->estimate + reach * c->error;
  if (shrunken(r, k)) return;
  c->statistic = c->estimate / c->error;
  double size = fabs(c->statistic);
  if (!isnan(size) && known) c->p = 2 * (t ? gsl_cdf_tdist_Q(size, df) : gsl_cdf_ugaussian_Q(size));
}

static dc_status set_covariance(report *r, dc_error *error)
{
  const size_t n = r->fit->n_columns;
  dc_status status = dc_fit_new_covariance(r->fit, error);
  if (status != DC_OK) return status;
  for (size_t j = 0; j < n; j++)
    for (size_t k = 0; k <= j; k++) {
      double v = left_out(r, j) || left_out(r, k) ? NAN : covariance_between(r, j, k);
      r->fit->covariance[j * n + k] = r->fit->covariance[k * n + j] = v;
    }
  return DC_OK;
}

static dc_status set_coefficients(report *r, dc_error *error)
{
  for (size_t k = 0; k < r->fit->n_columns; k++) {
    if (left_out(r, k)) continue;
    double sum = 0;
    for (size_t p = r->part_start[k]; p < r->part_start[k + 1]; p++)
      sum += r->parts[p].factor * estimate_at(r->m, r->parts[p].column);
    r->fit->coefficients[k].estimate = sum;
    judge(r, k);
  }
  if (r->fit->n_columns <= FULL_COLUMNS) return set_covariance(r, error);
  return dc_fit_add_note(r->fit, error, "predictions come without standard errors: there are more than %d coefficients",
                         FULL_COLUMNS);
}

/* --- columns left out --- */

static const char *name_of(const report *r, size_t column)
{
  int k = r->coefficient_of[column];
  return k < 0 ? "a smooth" : r->fit->coefficients[k].name;
}

/* The dead column by those that were kept. */
static bool combine(const mixed *m, size_t dead, double *share)
{
  const size_t first = m->n_random, n = m->n_kept - first, w = m->dense + 1;
  const size_t *order = m->order + first;
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) {
      size_t a = order[i] > order[j] ? order[i] : order[j], b = order[i] > order[j] ? order[j] : order[i];
      m->square[i * n + j] = m->gram[a * w + b];
    }
    share[i] = dead > order[i] ? m->gram[dead * w + order[i]] : m->gram[order[i] * w + dead];
  }
  if (!dc_spd_factor(m->square, n, m->spare)) return false;
  dc_spd_solve(m->square, n, share);
  return true;
}

static void write_share(char *text, double share, const char *name)
{
  size_t used = strlen(text), room = TWIN_BYTES - used;
  double size = fabs(share);
  const char *sign = used ? (share < 0 ? " - " : " + ") : share < 0 ? "-" : "";
  if (!name)
    snprintf(text + used, room, "%s%.6g", sign, size);
  else if (fabs(size - 1) < negligible)
    snprintf(text + used, room, "%s%s", sign, name);
  else
    snprintf(text + used, room, "%s%.6g * %s", sign, size, name);
}

static double mean_of(const mixed *m, size_t c) { return c >= 1 && c <= m->n_plain ? m->mean[c - 1] : 0; }
static double unit_of(const mixed *m, size_t c) { return c >= 1 && c <= m->n_plain ? m->unit[c - 1] : 1; }

static void describe_twin(const report *r, size_t dead, char *text)
{
  const mixed *m = r->m;
  const size_t n = m->n_kept - m->n_random;
  double *share = m->right, constant = mean_of(m, dead);
  text[0] = 0;
  if (!(m->gram[dead * (m->dense + 2)] > 0) && constant == 0) {
    snprintf(text, TWIN_BYTES, "0 in every row");
    return;
  }
  if (!combine(m, dead, share)) return;
  for (size_t i = 0; i < n; i++) {
    size_t c = m->order[m->n_random + i];
    double raw = share[i] * unit_of(m, dead) / unit_of(m, c);
    constant += c ? -raw * mean_of(m, c) : raw;
    if (c && fabs(share[i]) > negligible) write_share(text, raw, name_of(r, c));
  }
  if (fabs(constant) > negligible * (unit_of(m, dead) + fabs(mean_of(m, dead)))) write_share(text, constant, NULL);
}

static dc_status set_twins(report *r, dc_error *error)
{
  for (size_t k = 0; k < r->fit->n_columns; k++) {
    char text[TWIN_BYTES];
    if (!left_out(r, k) || r->part_start[k] == r->part_start[k + 1]) continue;
    dc_coefficient *c = &r->fit->coefficients[k];
    describe_twin(r, r->parts[r->part_start[k]].column, text);
    if (!(c->twin = malloc(strlen(text) + 1))) return dc_fail_memory(error, "reporting a mixed model");
    strcpy(c->twin, text);
    dc_status status = dc_fit_add_note(r->fit, error, "%s is %s: left out", c->name, text);
    if (status != DC_OK) return status;
  }
  return DC_OK;
}

/* --- terms --- */

/* Trace of scale^-1 V scale'^-1: how much of the prior's variance is left. */
static double left_of(const double *scale, const double *v, size_t stride, size_t q)
{
  double x[MIXED_SIZE * MIXED_SIZE] = {0}, sum = 0;
  for (size_t i = 0; i < q; i++)
    for (size_t j = 0; j < q; j++) x[i * q + j] = v[i * stride + j];
  for (int side = 0; side < 2; side++)
    for (size_t j = 0; j < q; j++)
      for (size_t i = 0; i < q; i++) {
        double *at = side ? &x[j * q + i] : &x[i * q + j], sum_of = *at;
        for (size_t k = 0; k < i; k++) sum_of -= scale[i * q + k] * (side ? x[j * q + k] : x[k * q + j]);
        *at = scale[i * q + i] > 0 ? sum_of / scale[i * q + i] : 0;
      }
  for (size_t i = 0; i < q; i++) sum += scale[i * q + i] > 0 ? x[i * q + i] : 1;
  return sum;
}

static void set_random(report *r, const mixed_random *random)
{
  const mixed *m = r->m;
  dc_fit_term *term = &r->fit->terms[random->term];
  const size_t q = random->size, w = m->dense + 1;
  double scale[MIXED_SIZE * MIXED_SIZE], used = (double)(q * random->count);
  mixed_term_scale(random, m->parameter, scale);
  for (size_t i = 0; i < q; i++)
    for (size_t j = 0; j < q; j++) {
      double sum = 0;
      for (size_t k = 0; k < q; k++) sum += scale[i * q + k] * scale[j * q + k];
      term->covariance[i * q + j] = m->sigma2 * sum;
    }
  for (size_t v = 0; v < random->count; v++) {
    const double *at = random->pivot ? m->variance + v * m->size * m->size + random->at * (m->size + 1)
                                     : m->dense_variance + (random->at + v * q) * (w + 1);
    used -= left_of(scale, at, random->pivot ? m->size : w, q);
  }
  term->df = used;
}

static dc_status set_terms(report *r, dc_error *error)
{
  const mixed *m = r->m;
  for (size_t t = 0; t < r->fit->n_terms; t++) {
    dc_fit_term *term = &r->fit->terms[t];
    const mixed_smooth *s = smooth_of(m, t);
    term->df = 0;
    for (size_t k = term->first; k < term->first + term->count && !s; k++) term->df += !left_out(r, k);
    if (!s) continue;
    term->basis = s->basis;
    memcpy(term->knots, s->knots, (s->basis + 4) * sizeof(double));
    memcpy(term->centre, s->centre, s->basis * sizeof(double));
  }
  for (size_t k = 0; k < m->n_randoms; k++) {
    const mixed_random *random = &m->randoms[k];
    dc_fit_term *term = &r->fit->terms[random->term];
    const mixed_smooth *s = smooth_of(m, random->term);
    set_random(r, random);
    if (s && !m->dead[s->column]) term->df += 1;
    bool none = false;
    for (size_t j = 0; j < random->size; j++) none |= !(term->covariance[j * (random->size + 1)] > 1e-12 * m->sigma2);
    dc_status status = none && !s ? dc_fit_add_note(r->fit, error, "%s has a variance of 0", term->name) : DC_OK;
    if (status != DC_OK) return status;
  }
  return DC_OK;
}

/* --- figures --- */

typedef struct constants {
  double likelihood, saturated, log_weight;
} constants;

static dc_status add_constants(void *context, size_t first, size_t last, void *partial)
{
  const mixed *m = context;
  constants *sum = partial;
  for (size_t i = first; i < last; i++) {
    double w = m->weight ? m->weight[i] : 1, trials = m->trials ? m->trials[i] : 1;
    if (!(w > 0)) continue;
    sum->likelihood += w * m->family->constant(m->y[i], trials);
    sum->saturated += w * m->family->saturated(m->y[i], trials);
    sum->log_weight += log(w);
  }
  return DC_OK;
}

static void merge_constants(void *context, void *into, const void *from)
{
  (void)context;
  constants *a = into;
  const constants *b = from;
  a->likelihood += b->likelihood;
  a->saturated += b->saturated;
  a->log_weight += b->log_weight;
}

/* Minus twice the marginal log likelihood, every constant in it. */
static double full_criterion(const mixed *m, const constants *c)
{
  double fixed = (double)(m->n_kept - m->n_random), df = (double)m->n_used - (m->restricted ? fixed : 0);
  double value = m->criterion;
  if (!m->family->scaled) return value - 2 * c->likelihood;
  value += df * log(2 * 3.14159265358979323846) - c->log_weight;
  for (size_t p = 0; p < m->n_plain && m->restricted; p++)
    if (!m->dead[1 + p]) value += 2 * log(m->unit[p]);
  return value;
}

static dc_status add_figures(report *r, const constants *c, int rounds, dc_error *error)
{
  const mixed *m = r->m;
  double n = (double)m->n_used, value = full_criterion(m, c);
  double df = (double)(m->n_kept - m->n_random + m->n_parameters) + (m->family->scaled ? 1 : 0);
  const dc_figure figures[] = {
      {"n", "rows of weight above 0", n},
      {"log_likelihood", "log of the marginal (restricted) likelihood, variances and effects integrated out",
       -value / 2},
      {"reml_criterion", "minus twice the log restricted likelihood", m->restricted ? value : NAN},
      {"deviance", "of the rows given the effects' modes", 2 * (c->saturated - m->log_likelihood)},
      {"sigma", "standard deviation of a row of weight 1", m->family->scaled ? sqrt(m->sigma2) : NAN},
      {"aic", "Akaike's criterion, of the marginal likelihood", value + 2 * df},
      {"bic", "Schwarz's criterion, of the marginal likelihood", value + log(n) * df},
      {"df_residual", "rows less fixed coefficients", residual_df(m)},
      {"iterations", "passes over the rows that solved the model", rounds}};
  for (size_t k = 0; k < sizeof figures / sizeof *figures; k++) {
    if (isnan(figures[k].value)) continue;
    dc_status status = dc_fit_add_figure(r->fit, figures[k].name, figures[k].meaning, figures[k].value, error);
    if (status != DC_OK) return status;
  }
  return DC_OK;
}

dc_status mixed_report(mixed *m, dc_fit *fit, int rounds, dc_error *error)
{
  report r = {.m = m, .fit = fit};
  constants c = {0, 0, 0};
  dc_status status = dc_fit_lay_out(fit, m->task->design, m->task->response->name, 1, NULL, error);
  if (status != DC_OK) return status;
  fit->family = m->family->name;
  fit->link = m->family->link;
  if (status == DC_OK) status = find_parts(&r, error);
  if (status == DC_OK) status = set_coefficients(&r, error);
  if (status == DC_OK) status = set_twins(&r, error);
  if (status == DC_OK) status = set_terms(&r, error);
  if (status == DC_OK && !m->tables) /* of responses of 0 and 1 they are 0 */
    status = dc_task_fold(m->task, m->n_rows, BLOCK_ROWS, sizeof c, add_constants, merge_constants, m, &c, error);
  return status == DC_OK ? add_figures(&r, &c, rounds, error) : status;
}
