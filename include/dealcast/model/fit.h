/* What a fit says: coefficients with their errors, figures of the whole, tests of terms, notes; and what prediction needs.
 * The same for every model whose prediction is a linear predictor under a link. Everything is owned by the fit. */
#ifndef DEALCAST_MODEL_FIT_H
#define DEALCAST_MODEL_FIT_H

#include "dealcast/model/forest.h"

typedef enum dc_link {
  DC_LINK_IDENTITY,
  DC_LINK_LOG,
  DC_LINK_LOGIT,
  DC_LINK_PROBIT,
  DC_LINK_CLOGLOG,
  DC_LINK_INVERSE,
  DC_LINK_SOFTMAX, /* one equation for each category but the first */
  DC_LINKS
} dc_link;

const char *dc_link_name(dc_link link);

/* The mean at a linear predictor; softmax: of dc_fit_mean only. */
double dc_link_mean(dc_link link, double eta);

/* One column of the design in one equation. */
typedef struct dc_coefficient {
  char *name;          /* "(Intercept)", "x", "f=level", "s(x).3" */
  int32_t term;        /* of the fit's terms; -1 = the intercept */
  double estimate;     /* NaN where the column was left out */
  double error;        /* NaN where there is none */
  double statistic, p; /* t or z of the estimate, two-sided; NaN as above, and where the error is 0 */
  double lower, upper; /* the interval at the level asked for: profile, or Wald; NaN as above */
  char *twin;          /* why it was left out: "2 * x - z"; NULL = it was not */
} dc_coefficient;

/* A term as prediction needs it. */
typedef struct dc_fit_term {
  char *name;
  dc_term_kind kind;
  size_t first, count; /* its columns: coefficients first .. first + count - 1 of each equation */
  uint32_t levels, reference;
  char **level; /* names, levels of them; NULL = none */
  size_t basis; /* SMOOTH of a number, with its knots (basis + 4) and the centre of each function's column (basis) */
  double *knots, *centre;
  size_t slopes; /* EFFECT: values in the vector of a level */
  bool no_intercept;
  double *covariance; /* of each equation, EFFECT: slopes x slopes; SMOOTH: 1 x 1, the variance; NULL = not shrunken */
  double df;          /* degrees of freedom used; effective ones where it is shrunken */
  double importance;  /* of trees: its share of what all splits gained; NaN elsewhere */
} dc_fit_term;

/* A number with a name: "deviance", "null_deviance", "log_likelihood", "aic", "bic", "df_residual", "sigma", ... */
typedef struct dc_figure {
  const char *name;    /* static; a name means the same in every model */
  const char *meaning; /* static, one sentence */
  double value;
} dc_figure;

typedef struct dc_term_test {
  size_t term;
  const char *kind;                     /* static: "Wald", "likelihood ratio", "F" */
  double df, df_residual, statistic, p; /* df_residual: NaN but for F */
} dc_term_test;

typedef struct dc_fit {
  const char *model;  /* static: its name in the registry */
  const char *family; /* static: "gaussian", "binomial", ... */
  dc_link link;
  char *response;
  bool intercept;
  size_t n_equations, n_columns; /* n_columns of each equation, the intercept (column 0 if there is one) included */
  char **equation;               /* n_equations names; NULL when there is one */
  dc_coefficient *coefficients;  /* n_equations x n_columns */
  double *covariance; /* of all estimates, n_equations n_columns squared, row-major, NaN for those left out; or NULL */
  size_t n_terms;
  dc_fit_term *terms;
  size_t n_figures, n_tests, n_notes;
  dc_figure *figures;
  dc_term_test *tests;
  dc_forest *forest; /* what predicts in place of coefficients, of which there are none; NULL = they do */
  char **notes;      /* what the reader must know: separation, terms left out, no convergence */
  double smear;      /* what a mean on another scale is multiplied by, as for a log response; 1 otherwise */
  double df;         /* of the t by which estimates and means are judged; infinite = normal. dc_fit_judge sets it */
  size_t n_rows;
  bool converged;
} dc_fit;

dc_fit *dc_fit_new(void); /* zeroed but for smear and df; NULL when memory ends */
void dc_fit_free(dc_fit *fit);

/* Terms, names and room for coefficients, from a design: columns in the order of terms, estimates NaN. For models. */
dc_status dc_fit_lay_out(dc_fit *fit, const dc_design *design, const char *response, size_t n_equations,
                         const char *const *equation, dc_error *error) DC_MUST_CHECK;
/* The same without columns: of trees, numbers and factors. */
dc_status dc_fit_lay_out_trees(dc_fit *fit, const dc_design *design, const char *response, size_t n_equations,
                               const char *const *equation, dc_error *error) DC_MUST_CHECK;
dc_status dc_fit_new_covariance(dc_fit *fit, dc_error *error) DC_MUST_CHECK; /* zeroed, once it is laid out */
/* A value that is NaN is no figure, a statistic that is NaN is no test: nothing is added. */
dc_status dc_fit_add_figure(dc_fit *fit, const char *name, const char *meaning, double value,
                            dc_error *error) DC_MUST_CHECK;
dc_status dc_fit_add_test(dc_fit *fit, const dc_term_test *test, dc_error *error) DC_MUST_CHECK;
dc_status dc_fit_add_note(dc_fit *fit, dc_error *error, const char *format, ...) DC_MUST_CHECK DC_PRINTF(3, 4);

/* NaN when there is none of that name. */
double dc_fit_figure(const dc_fit *fit, const char *name);
/* The coefficient of that name in the first equation; NULL when there is none. */
const dc_coefficient *dc_fit_find(const dc_fit *fit, const char *name);

/* Errors, statistics, p and Wald intervals from the estimates and the covariance; df: of t, infinite = normal. */
void dc_fit_judge(dc_fit *fit, double df, double confidence);

/* Linear predictors of rows first .. last - 1, (last - first) x n_equations, the offset included; the design has the fit's
 * terms in the fit's codes (a level that the fit does not know, code = levels, has no effect where it is shrunken and gives
 * NaN otherwise). standard_error: their standard errors, or NULL. */
dc_status dc_fit_eta(const dc_fit *fit, const dc_design *design, size_t first, size_t last, double *eta,
                     double *error_of, dc_error *error) DC_MUST_CHECK;

/* The mean under the link. For softmax, n_equations etas give n_equations + 1 chances. */
void dc_fit_mean(const dc_fit *fit, const double *eta, double *mean);

/* Of fits of models that need time, whose last term is "period" where hazards differ between periods (the design has no
 * such term): the chances that rows first .. last - 1 have ended in each category by the end of each of the periods 1 ..
 * periods; (last - first) x periods x n_equations. NaN where a row has a level that the fit does not know. */
dc_status dc_fit_incidence(const dc_fit *fit, const dc_design *design, size_t first, size_t last, size_t periods,
                           double *incidence, dc_error *error) DC_MUST_CHECK;

#endif
