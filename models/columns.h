/* The columns of a design: the intercept, numbers, factors by code, slopes. For the parts of models that look at rows one
 * by one (separation) or need the scale of columns (penalties); sums over all rows go through Gram matrices. */
#ifndef DC_MODELS_COLUMNS_H
#define DC_MODELS_COLUMNS_H

#include "dealcast/model/model.h"

typedef struct dc_columns {
  const dc_design *design;
  size_t n;            /* columns, the intercept included, laid out as dc_fit_lay_out does */
  size_t widest;       /* the most of a row that are not zero: one for each term, and the intercept */
  const size_t *first; /* of each term */
} dc_columns;

/* DC_E_USAGE for smooth and shrunken terms, which have no fixed columns. */
dc_status dc_columns_begin(dc_columns *columns, const dc_design *design, struct dc_arena *arena,
                           dc_error *error) DC_MUST_CHECK;

/* How many columns a number, a factor or slopes have. */
size_t dc_columns_of(const dc_term *term);

/* The k-th entry of a row, k < widest, in ascending order of columns; false where it has none (the reference). */
static inline bool dc_columns_entry(const dc_columns *columns, size_t row, size_t k, size_t *at, double *value)
{
  const dc_design *d = columns->design;
  *at = 0;
  *value = 1;
  if (d->intercept && k == 0) return true;
  size_t t = k - (d->intercept ? 1 : 0);
  const dc_term *term = &d->terms[t];
  *at = columns->first[t];
  if (term->kind != DC_TERM_FACTOR) *value = term->number[row];
  if (term->kind == DC_TERM_NUMBER) return true;
  uint32_t code = dc_codes_at(&term->codes, row);
  if (code == term->reference) return false;
  *at += code - (term->reference != DC_NO_REFERENCE && code > term->reference ? 1u : 0u);
  return true;
}

/* What a row counts for: its prior weight times its trials. */
static inline double dc_row_weight(const dc_task *task, size_t row)
{
  const double *weight = task->design->weight, *trials = task->response->y ? task->response->trials : NULL;
  return (weight ? weight[row] : 1) * (trials ? trials[row] : 1);
}

typedef struct dc_column_scale {
  double mean, sd;    /* weighted, the square of sd with 1/n; the intercept: 0 and 1 */
  double least, most; /* among rows that count */
} dc_column_scale;

/* scale: one for each column. total: sum of weights, or NULL. Two passes. */
dc_status dc_columns_measure(const dc_task *task, const dc_columns *columns, dc_column_scale *scale, double *total,
                             dc_error *error) DC_MUST_CHECK;

/* The same of the numbers behind terms (NUMBER, SLOPES) over all rows; of factors: mean 0, sd 1. scale: one for each term. */
dc_status dc_terms_measure(const dc_task *task, dc_column_scale *scale, dc_error *error) DC_MUST_CHECK;

#endif
