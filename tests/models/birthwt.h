/* low ~ age + lwt + factor(race) + smoke + ptl + ht + ui + ftv on the births of suites/r-models. */
#ifndef TESTS_MODELS_BIRTHWT_H
#define TESTS_MODELS_BIRTHWT_H

#include "tests/models/fitting.h"
#include "tests/models/suites.h"

enum { BIRTHWT_TERMS = 8, BIRTHWT_COLUMNS = 10 };

typedef struct birthwt {
  suite_csv *csv;
  dc_term term[BIRTHWT_TERMS];
  fitting fitting; /* model logistic, all options initial */
} birthwt;

/* NULL where the suite is absent. */
birthwt *birthwt_read(void);
void birthwt_free(birthwt *b);

/* The value of a row in a column, the intercept first. */
double birthwt_at(const birthwt *b, size_t row, size_t column);

/* The score of the log likelihood in a column, from the rows and the estimates only; the column's variance (1/n). */
double birthwt_score(const birthwt *b, const dc_fit *fit, size_t column, double *variance);

#endif
