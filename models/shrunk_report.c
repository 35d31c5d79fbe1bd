/* From the engine at its maximum to what a fit of hazards says. */
#include "models/shrunk_hazard.h"
#include "models/shrunk_spd.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

/* An error so large, numbers scaled to spread 1, is the weak prior's: rows tell next to nothing. */
static const double held_error = 10;

typedef struct report {
  const dc_task *task;
  const dc_shrunk_rows *rows;
  const dc_shrunk *s;
  dc_fit *fit;
  double *shift; /* of each coefficient of an equation: what it adds to the intercept, for it is told at 0 of numbers as
                    they are and at the mean of smooths */
  size_t *column;
  double *unit; /* of each coefficient: theta / unit */
  bool whole;   /* all columns are dense: the inverse is all there is */
} report;

static size_t part_count(const dc_fit_term *term) { return term->slopes ? term->slopes : 1; }

size_t dc_shrunk_column_of(const dc_shrunk_rows *rows, const dc_shrunk *s, size_t term, size_t at,
                           const dc_shrunk_block **block)
{
  const dc_term *of = &rows->survey->design.terms[term];
  size_t parts = of->kind == DC_TERM_EFFECT ? dc_shrunk_parts(of) : 1, f = 0;
  size_t level = at / parts, part = at % parts;
  while (rows->blocks[f].term != term || rows->blocks[f].part != part) f++;
  *block = &rows->blocks[f];
  if ((of->kind == DC_TERM_FACTOR || of->kind == DC_TERM_SLOPES) && level >= of->reference) level++;
  uint32_t to = level < (*block)->levels ? (*block)->to[level] : DC_LEVEL_ABSENT;
  return to == DC_LEVEL_ABSENT ? SIZE_MAX : s->column[f] + to;
}

static dc_status find_columns(report *r, dc_error *error)
{
  const size_t n = r->fit->n_columns;
  r->shift = dc_arena_alloc(r->task->arena, n + 1, sizeof *r->shift);
  r->unit = dc_arena_alloc(r->task->arena, n + 1, sizeof *r->unit);
  r->column = dc_arena_alloc(r->task->arena, n + 1, sizeof *r->column);
  if (!r->shift || !r->unit || !r->column) return dc_fail_memory(error, "reporting hazards");
  r->unit[0] = 1;
  for (size_t t = 0; t < r->fit->n_terms; t++)
    for (size_t at = 0; at < r->fit->terms[t].count; at++) {
      const dc_shrunk_block *block;
      size_t k = r->fit->terms[t].first + at;
      r->column[k] = dc_shrunk_column_of(r->rows, r->s, t, at, &block);
      r->unit[k] = block->scale;
      r->shift[k] = dc_shrunk_shift_of(block, at);
    }
  return DC_OK;
}

static bool shrunken(const report *r, size_t k)
{
  int32_t term = r->fit->coefficients[k].term;
  return term >= 0 && (r->fit->terms[term].kind == DC_TERM_EFFECT || r->fit->terms[term].kind == DC_TERM_SMOOTH);
}

static size_t own(const report *r, size_t equation, size_t k) { return equation * r->fit->n_columns + k; }

static double theta_of(const report *r, size_t equation, size_t k)
{
  return r->s->theta[r->s->channels * r->column[k] + equation] / r->unit[k];
}

static void set_estimates(const report *r)
{
  for (size_t e = 0; e < r->s->channels; e++) {
    for (size_t k = 0; k < r->fit->n_columns; k++) {
      double *to = &r->fit->coefficients[own(r, e, k)].estimate;
      if (r->column[k] != SIZE_MAX)
        *to = theta_of(r, e, k);
      else if (shrunken(r, k))
        *to = 0;
    }
    double *intercept = &r->fit->coefficients[own(r, e, 0)].estimate;
    for (size_t k = 1; k < r->fit->n_columns && r->fit->intercept; k++)
      if (r->shift[k] != 0 && r->column[k] != SIZE_MAX) *intercept += r->shift[k] * theta_of(r, e, k);
  }
}

/* --- errors --- */

/* Of two coefficients whose columns are dense. */
static double covariance_of(const report *r, size_t e, size_t j, size_t f, size_t k)
{
  const size_t d = r->s->channels * r->s->dense;
  return r->s->inverse[(r->s->channels * r->column[j] + e) * d + r->s->channels * r->column[k] + f] /
         (r->unit[j] * r->unit[k]);
}

static double prior_variance(const report *r, size_t e, size_t k)
{
  const dc_fit_term *term = &r->fit->terms[r->fit->coefficients[k].term];
  size_t n = part_count(term), part = (k - term->first) % n;
  return term->covariance[(e * n + part) * n + part];
}

static bool dense(const report *r, size_t k) { return r->column[k] < r->s->dense; }

/* Covariance of the intercept as it is told with coefficient k, and its own. */
static double with_intercept(const report *r, size_t e, size_t f, size_t k)
{
  double sum = covariance_of(r, e, 0, f, k);
  for (size_t j = 1; j < r->fit->n_columns; j++)
    if (r->shift[j] != 0 && dense(r, j)) sum += r->shift[j] * covariance_of(r, e, j, f, k);
  return sum;
}

static double intercepts(const report *r, size_t e, size_t f)
{
  double sum = with_intercept(r, e, f, 0);
  for (size_t k = 1; k < r->fit->n_columns; k++)
    if (r->shift[k] != 0 && dense(r, k)) sum += r->shift[k] * with_intercept(r, e, f, k);
  return sum;
}

static bool is_intercept(const report *r, size_t k) { return k == 0 && r->fit->intercept; }

static double between(const report *r, size_t e, size_t j, size_t f, size_t k)
{
  if (is_intercept(r, j)) return is_intercept(r, k) ? intercepts(r, e, f) : with_intercept(r, e, f, k);
  return is_intercept(r, k) ? with_intercept(r, f, e, j) : covariance_of(r, e, j, f, k);
}

/* Variances of levels that were eliminated: exact of the pivot's, unknown of the others. */
static double eliminated(const report *r, size_t e, size_t k)
{
  const dc_shrunk *s = r->s;
  double variance[DC_SHRUNK_CHANNELS];
  if (s->pivot < 0) return NAN;
  size_t f = (size_t)s->effect[s->pivot], first = s->column[f];
  if (r->column[k] < first || r->column[k] >= first + s->problem.factors[f].levels) return NAN;
  dc_shrunk_effect_variance(s, s->pivot, r->column[k] - first, variance);
  return variance[e] / (r->unit[k] * r->unit[k]);
}

static double variance_of(const report *r, size_t e, size_t k)
{
  if (r->column[k] == SIZE_MAX) return shrunken(r, k) ? prior_variance(r, e, k) : NAN;
  return dense(r, k) ? between(r, e, k, e, k) : eliminated(r, e, k);
}

/* As dc_fit_judge has it; modes of shrunken terms are not tested. */
static void judge(const report *r)
{
  double reach = gsl_cdf_ugaussian_Qinv((1 - r->task->confidence) / 2);
  for (size_t e = 0; e < r->s->channels; e++)
    for (size_t k = 0; k < r->fit->n_columns; k++) {
      dc_coefficient *c = &r->fit->coefficients[own(r, e, k)];
      c->error = sqrt(variance_of(r, e, k));
      c->lower = c->estimate - reach * c->error;
      c->upper = c->estimate + reach * c->error;
      if (shrunken(r, k) || !(c->error > 0)) continue;
      c->statistic = c->estimate / c->error;
      c->p = 2 * gsl_cdf_ugaussian_Q(fabs(c->statistic));
    }
}

static dc_status set_covariance(const report *r, dc_error *error)
{
  const size_t n = r->fit->n_columns, e = r->s->channels, all = e * n;
  if (!r->whole)
    return dc_fit_add_note(r->fit, error, "predictions come without standard errors: there are too many levels");
  dc_status status = dc_fit_new_covariance(r->fit, error);
  for (size_t a = 0; a < all && status == DC_OK; a++)
    for (size_t b = 0; b <= a; b++) {
      size_t j = a % n, k = b % n;
      bool told = r->column[j] != SIZE_MAX && r->column[k] != SIZE_MAX;
      double v = told ? between(r, a / n, j, b / n, k) : a == b ? variance_of(r, a / n, j) : 0;
      r->fit->covariance[a * all + b] = r->fit->covariance[b * all + a] = v;
    }
  return status;
}

/* --- terms --- */

static void set_terms(const report *r)
{
  const dc_shrunk *s = r->s;
  for (size_t t = 0; t < r->fit->n_terms; t++) {
    dc_fit_term *term = &r->fit->terms[t];
    size_t n = part_count(term);
    term->df = 0;
    for (size_t f = 0; f < (size_t)s->problem.n_factors; f++) {
      const dc_shrunk_block *block = &r->rows->blocks[f];
      if (block->term != t) continue;
      for (size_t c = 0; c < s->channels; c++) {
        double tau = 1 / sqrt(s->lambda[f * s->channels + c]) / block->scale;
        term->df += dc_shrunk_factor_df(s, (int)f, c);
        if (term->covariance) term->covariance[(c * n + block->part) * n + block->part] = tau * tau;
      }
      if (!block->knots) continue;
      term->basis = block->levels;
      memcpy(term->knots, block->knots, (term->basis + 4) * sizeof(double));
      memcpy(term->centre, block->middle, term->basis * sizeof(double));
    }
  }
}

/* b' V^-1 b of a term that is not shrunken. */
static dc_status wald(const report *r, size_t t, dc_error *error)
{
  const dc_fit_term *term = &r->fit->terms[t];
  const size_t most = term->count * r->s->channels;
  if (term->kind == DC_TERM_EFFECT || term->kind == DC_TERM_SMOOTH || !most) return DC_OK;
  double *v = dc_arena_alloc(r->task->arena, most * most, sizeof *v), *b = dc_arena_alloc(r->task->arena, most, 8);
  double *x = dc_arena_alloc(r->task->arena, most, 8), *spare = dc_arena_alloc(r->task->arena, most, 8);
  size_t *of = dc_arena_alloc(r->task->arena, most, sizeof *of), m = 0;
  if (!v || !b || !x || !spare || !of) return dc_fail_memory(error, "testing terms");
  for (size_t a = 0; a < most; a++)
    if (r->column[term->first + a % term->count] != SIZE_MAX) of[m++] = a;
  for (size_t a = 0; a < m; a++) {
    size_t e = of[a] / term->count, j = term->first + of[a] % term->count;
    b[a] = x[a] = theta_of(r, e, j);
    for (size_t c = 0; c < m; c++)
      v[a * m + c] = covariance_of(r, e, j, of[c] / term->count, term->first + of[c] % term->count);
  }
  if (!m || !dc_spd_factor(v, m, spare)) return DC_OK;
  dc_spd_solve(v, m, x);
  dc_term_test test = {t, "Wald", (double)m, NAN, dc_spd_dot(b, x, m), NAN};
  test.p = gsl_cdf_chisq_Q(test.statistic, test.df);
  return dc_fit_add_test(r->fit, &test, error);
}

/* --- figures and notes --- */

static double null_likelihood(const report *r)
{
  const size_t e = r->s->channels;
  double rest = r->rows->weight, sum = 0;
  if (r->rows->survey->design.offset) return NAN;
  for (size_t c = 0; c < e; c++) {
    double n = r->rows->events[c];
    rest -= n;
    if (n > 0) sum += n * log(n / r->rows->weight);
  }
  return sum + (rest > 0 ? rest * log(rest / r->rows->weight) : 0);
}

static dc_status add_figures(const report *r, dc_error *error)
{
  const dc_softmax *survey = r->rows->survey;
  double l = r->s->log_likelihood, df = dc_shrunk_effective_df(r->s);
  double periods = survey->row_periods * (double)r->s->channels;
  const dc_figure figures[] = {
      {"n", survey->options.spells ? "rows (spells) with weight" : "rows with weight", survey->rows},
      {"deviance", "-2 log likelihood", -2 * l},
      {"null_deviance", "the deviance without any term", -2 * null_likelihood(r)},
      {"log_likelihood", "log of the chance of what was seen, at the shrunken estimates", l},
      {"effective_df", "coefficients, of shrunken ones the part that the rows tell", df},
      {"aic", "deviance + 2 effective coefficients", 2 * (df - l)},
      {"bic", "deviance + log(rows) effective coefficients", log(survey->rows) * df - 2 * l},
      {"df_residual", "rows (of spells: periods) x equations - effective coefficients", periods - df},
      {"row_periods", "periods of all rows", survey->row_periods}};
  dc_status status = DC_OK;
  for (size_t i = 0; i < sizeof figures / sizeof *figures && status == DC_OK; i++)
    status = dc_fit_add_figure(r->fit, figures[i].name, figures[i].meaning, figures[i].value, error);
  return status;
}

static dc_status note_coefficient(const report *r, size_t k, dc_error *error)
{
  const char *name = r->fit->coefficients[k].name;
  if (r->column[k] == SIZE_MAX) return dc_fit_add_note(r->fit, error, "%s is 0 in every row: left out", name);
  for (size_t e = 0; e < r->s->channels; e++)
    if (r->fit->coefficients[own(r, e, k)].error * r->unit[k] > held_error)
      return dc_fit_add_note(r->fit, error,
                             "rows tell next to nothing of %s: it separates them or is a sum of others; "
                             "a weak prior keeps it finite",
                             name);
  return DC_OK;
}

static dc_status add_notes(const report *r, dc_error *error)
{
  dc_status status = dc_softmax_note_survey(r->rows->survey, r->fit, error);
  for (size_t t = 0; t < r->fit->n_terms && status == DC_OK; t++) {
    const dc_fit_term *term = &r->fit->terms[t];
    if (term->slopes > 1)
      status = dc_fit_add_note(r->fit, error, "%s: its numbers are taken as uncorrelated", term->name);
    for (size_t k = term->first; k < term->first + term->count && status == DC_OK && !term->covariance; k++)
      status = note_coefficient(r, k, error);
  }
  if (status == DC_OK && r->s->n_effects > 1)
    status = dc_fit_add_note(r->fit, error, "some levels have no error: only one term of very many levels can have");
  return status;
}

dc_status dc_shrunk_report(const dc_task *task, const dc_shrunk_rows *rows, const dc_shrunk *s, dc_fit *fit,
                           dc_error *error)
{
  report r = {.task = task, .rows = rows, .s = s, .fit = fit, .whole = s->n_effects == 0};
  fit->family = "multinomial";
  fit->link = DC_LINK_SOFTMAX;
  dc_status status = dc_fit_lay_out(fit, &rows->survey->design, task->response->name, s->channels,
                                    rows->survey->equation, error);
  if (status == DC_OK) status = find_columns(&r, error);
  if (status != DC_OK) return status;
  set_estimates(&r);
  set_terms(&r);
  judge(&r);
  status = set_covariance(&r, error);
  for (size_t t = 0; t < fit->n_terms && status == DC_OK; t++) status = wald(&r, t, error);
  if (status == DC_OK) status = add_figures(&r, error);
  return status == DC_OK ? add_notes(&r, error) : status;
}
