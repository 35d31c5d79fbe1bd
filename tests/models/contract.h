/* Data of every kind that a model of the registry may be given, and what must hold of whatever it answers. Everything is
 * driven by the model's table: its responses, whether it shrinks or needs time, its options. */
#ifndef TESTS_MODELS_CONTRACT_H
#define TESTS_MODELS_CONTRACT_H

#include "dealcast/model/model.h"
#include "tests/check.h"

/* Kinds of response, by bit of DC_TAKES_; of chances also successes of trials. */
enum { KIND_NUMBER, KIND_POSITIVE, KIND_COUNT, KIND_CHANCE, KIND_CATEGORY, KIND_TRIALS, KINDS };
extern const char *const kind_names[KINDS];
bool model_takes(const dc_model *model, int kind);

enum { MOST_TERMS = 6, MOST_OPTIONS = 32 };

/* One table; arrays are its own. Terms: x, z, f (3 levels), then x:f, then s(z) and (1 + x | g) where the model shrinks. */
typedef struct table {
  size_t n, n_terms;
  double *x, *z, *y, *trials, *time, *weight, *offset;
  uint32_t *f, *g, *kind;
  const double *slope[1];
  dc_term term[MOST_TERMS];
  dc_codes category;
  dc_design design;
  dc_response response;
} table;

/* The richest design has terms 0 .. richness - 1 of the model's; 0 = the intercept alone. */
table *table_new(const dc_model *model, int kind, size_t n, size_t richness);
size_t table_richest(const dc_model *model);
void table_free(table *t);
/* Row i becomes row from[i] of the original, for n rows. */
table *table_rows(const table *t, const dc_model *model, int kind, const size_t *from, size_t n);

/* All settings of options: 0 = initial; then each option at its least and most, a choice at each. False at the end. */
bool setting(const dc_model *model, size_t k, double option[MOST_OPTIONS], char *name, size_t size);

typedef struct run {
  const dc_model *model;
  const double *option; /* NULL = initial */
  int threads;
  size_t block_rows;
} run;

dc_status run_fit(const run *r, const table *t, dc_fit **fit, dc_error *error);

/* Notes what is wrong, in words behind `what`; no_complaints() fails the test when anything was. */
void complain(const char *what, const char *format, ...) DC_PRINTF(2, 3);
void no_complaints(void);

/* What must hold of any answer; complains. */
void check_answer(dc_status status, const dc_fit *fit, const dc_error *error, const char *what);

/* Equal bytes of all that the fits say. */
void check_same_fit(const dc_fit *a, const dc_fit *b, const char *what);

/* |a - b| <= tolerance * max(|b|, error of b), for estimates and errors; and the likelihoods. */
void check_close_fit(const dc_fit *a, const dc_fit *b, double tolerance, bool errors, const char *what);

#endif
