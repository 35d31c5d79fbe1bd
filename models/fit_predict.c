/* Linear predictors and means of a fit. */
#include "dealcast/model/fit.h"
#include "models/smooth.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The columns of one row that are not zero, and their values. */
typedef struct sparse {
  size_t n;
  size_t *column;
  double *value;
} sparse;

static void put(sparse *row, size_t column, double value)
{
  row->column[row->n] = column;
  row->value[row->n++] = value;
}

/* False where the row has a level that the fit does not know and that is not shrunken. */
static bool put_level(sparse *row, const dc_fit_term *t, const dc_term *term, size_t i)
{
  uint32_t code = dc_codes_at(&term->codes, i);
  if (code >= t->levels) return t->kind == DC_TERM_EFFECT;
  if (t->kind == DC_TERM_SMOOTH) {
    put(row, t->first + code, 1);
    return true;
  }
  if (t->kind == DC_TERM_EFFECT) {
    size_t at = t->first + code * t->slopes;
    if (!t->no_intercept) put(row, at++, 1);
    for (size_t k = 0; k < term->n_slopes; k++) put(row, at++, term->slope[k][i]);
    return true;
  }
  if (code == t->reference) return true;
  bool skips = t->reference != DC_NO_REFERENCE && code > t->reference;
  put(row, t->first + code - (skips ? 1 : 0), t->kind == DC_TERM_SLOPES ? term->number[i] : 1);
  return true;
}

static void put_smooth(sparse *row, const dc_fit_term *t, double x)
{
  size_t first;
  double value[DC_SMOOTH_ORDER];
  dc_smooth_values(t->knots, t->basis, x, &first, value);
  for (size_t k = 0; k < t->basis; k++) {
    double v = k >= first && k < first + DC_SMOOTH_ORDER ? value[k - first] : 0;
    put(row, t->first + k, v - t->centre[k]);
  }
}

static bool fill(sparse *row, const dc_fit *fit, const dc_design *design, size_t i)
{
  bool known = true;
  row->n = 0;
  if (fit->intercept) put(row, 0, 1);
  for (size_t t = 0; t < fit->n_terms; t++) {
    const dc_fit_term *term = &fit->terms[t];
    switch (term->kind) {
      case DC_TERM_NUMBER: put(row, term->first, design->terms[t].number[i]); break;
      default:
        if (term->basis)
          put_smooth(row, term, design->terms[t].number[i]);
        else
          known = put_level(row, term, &design->terms[t], i) && known;
    }
  }
  return known;
}

static double variance_of(const dc_fit *fit, const sparse *row, size_t equation)
{
  size_t n = fit->n_equations * fit->n_columns, from = equation * fit->n_columns;
  double sum = 0;
  for (size_t a = 0; a < row->n; a++) {
    const double *line = fit->covariance + (from + row->column[a]) * n + from;
    for (size_t b = 0; b < row->n; b++) {
      double v = line[row->column[b]];
      if (!isnan(v)) sum += row->value[a] * row->value[b] * v;
    }
  }
  return sum;
}

static double eta_of(const dc_fit *fit, const sparse *row, size_t equation)
{
  const dc_coefficient *c = fit->coefficients + equation * fit->n_columns;
  double sum = 0;
  for (size_t k = 0; k < row->n; k++)
    if (!isnan(c[row->column[k]].estimate)) sum += row->value[k] * c[row->column[k]].estimate;
  return sum;
}

/* The most columns that a row can have. */
static size_t widest(const dc_fit *fit)
{
  size_t n = 1;
  for (size_t t = 0; t < fit->n_terms; t++) {
    const dc_fit_term *term = &fit->terms[t];
    n += term->basis ? term->basis : term->kind == DC_TERM_EFFECT ? term->slopes : 1;
  }
  return n;
}

static void eta_of_trees(const dc_fit *fit, const dc_design *design, size_t first, size_t last, double *eta,
                         double *standard_error)
{
  for (size_t i = first; i < last; i++) {
    double *row = eta + (i - first) * fit->n_equations;
    dc_forest_eta(fit->forest, design, i, row);
    for (size_t e = 0; e < fit->n_equations; e++) {
      if (design->offset) row[e] += design->offset[i];
      if (standard_error) standard_error[(i - first) * fit->n_equations + e] = NAN;
    }
  }
}

dc_status dc_fit_eta(const dc_fit *fit, const dc_design *design, size_t first, size_t last, double *eta,
                     double *standard_error, dc_error *error)
{
  if (fit->forest) {
    eta_of_trees(fit, design, first, last, eta, standard_error);
    return DC_OK;
  }
  size_t n = widest(fit);
  sparse row = {0, malloc(n * sizeof *row.column), malloc(n * sizeof *row.value)};
  dc_status status = row.column && row.value ? DC_OK : dc_fail_memory(error, "predicting");
  for (size_t i = first; i < last && status == DC_OK; i++) {
    bool known = fill(&row, fit, design, i);
    double offset = design->offset ? design->offset[i] : 0;
    for (size_t e = 0; e < fit->n_equations; e++) {
      size_t at = (i - first) * fit->n_equations + e;
      eta[at] = known ? eta_of(fit, &row, e) + offset : NAN;
      if (standard_error) standard_error[at] = known && fit->covariance ? sqrt(variance_of(fit, &row, e)) : NAN;
    }
  }
  free(row.column);
  free(row.value);
  return status;
}

double dc_link_mean(dc_link link, double eta)
{
  switch (link) {
    case DC_LINK_LOG: return exp(eta);
    case DC_LINK_LOGIT: return eta < 0 ? exp(eta) / (1 + exp(eta)) : 1 / (1 + exp(-eta));
    case DC_LINK_PROBIT: return gsl_cdf_ugaussian_P(eta);
    case DC_LINK_CLOGLOG: return -expm1(-exp(eta));
    case DC_LINK_INVERSE: return 1 / eta;
    default: return eta;
  }
}

static void softmax(const double *eta, size_t n, double *mean)
{
  double top = 0, sum = 0;
  for (size_t e = 0; e < n; e++) top = fmax(top, eta[e]);
  for (size_t e = 0; e <= n; e++) sum += mean[e] = exp((e ? eta[e - 1] : 0) - top);
  for (size_t e = 0; e <= n; e++) mean[e] /= sum;
}

void dc_fit_mean(const dc_fit *fit, const double *eta, double *mean)
{
  if (fit->link == DC_LINK_SOFTMAX) {
    softmax(eta, fit->n_equations, mean);
    return;
  }
  for (size_t e = 0; e < fit->n_equations; e++) mean[e] = dc_link_mean(fit->link, eta[e]) * fit->smear;
}
