/* A job: everything a verb needs to know, parsed by the command line (later by a server) and run by engine/run. */
#ifndef DEALCAST_JOB_H
#define DEALCAST_JOB_H

#include "dealcast/error.h"
#include "dealcast/rejects.h"
#include "dealcast/result.h"
#include "dealcast/table.h"
#include <stdbool.h>

typedef enum dc_period { DC_MONTH, DC_QUARTER, DC_WEEK, DC_PERIODS } dc_period;

const char *dc_period_name(dc_period period);

/* Conventions of numbers and dates: of each column as its values prove them, or as given for all. */
typedef enum dc_decimal_asked { DC_ASK_DECIMAL_PROVEN, DC_ASK_DECIMAL_POINT, DC_ASK_DECIMAL_COMMA } dc_decimal_asked;
typedef enum dc_dates_asked {
  DC_ASK_DATES_PROVEN,
  DC_ASK_DATES_DAY_FIRST,
  DC_ASK_DATES_MONTH_FIRST,
  DC_ASK_DATES_YEAR_FIRST
} dc_dates_asked;

/* A growing list of strings that the job does not own. */
typedef struct dc_strings {
  const char **items;
  size_t count;
} dc_strings;

typedef struct dc_job {
  dc_strings files;            /* the deals; may be empty when history is given */
  dc_strings history;          /* --history */
  dc_strings accounts;         /* --accounts */
  dc_strings quotas;           /* --quotas */
  dc_strings joins;            /* --join FILE:KEY */
  dc_strings maps;             /* --map role=column */
  dc_strings by;               /* --by: each a comma-separated list of columns */
  dc_strings columns;          /* --columns: names for a file without a header; "_" leaves one out */
  const char *skip;            /* --skip: lines above the header of the same file; NULL = they are found */
  const char *encoding;        /* --encoding: of files that do not say it themselves; NULL = it is found */
  const char *config;          /* --config INI */
  dc_decimal_asked decimal;    /* --decimal */
  dc_dates_asked dates;        /* --dates */
  bool excel_1904;             /* --excel-1904: Excel's days count from 1904-01-01 */
  const char *rates;           /* --rates FILE: what a unit of other currencies is worth */
  const char *currency;        /* --currency CODE: of the run; NULL = the INI, then the deals */
  int32_t as_of;               /* --as-of, DC_DATE_MISSING = the last instant in the data */
  bool as_of_ok;               /* --as-of-ok */
  dc_period period;            /* --period */
  int horizon;                 /* --horizon, >= 1 */
  int fiscal_start;            /* --fiscal-start, month 1..12, 0 = not given (INI, then January) */
  bool no_backtest;            /* --no-backtest */
  int origins;                 /* --origins, backtest origins at the most (default 12) */
  int threads;                 /* --threads, 0 = as many as cores; small inputs use one */
  uint64_t seed;               /* --seed: salt of the hash that samples deals for fits on very large inputs */
  dc_duplicates duplicates;    /* --duplicates */
  bool hide_names;             /* --hide-names: owners and accounts appear as codes */
  int min_score;               /* --min-score, 0..100: a lower score fails the check; -1 = no such gate */
  const char *fixes;           /* --fixes FILE: the list of what to mend is wanted; NULL = not */
  const char *model;           /* fit: --model NAME, one of the registry's */
  const char *target;          /* fit: --target, a column or log(column) */
  dc_strings terms;            /* fit: --terms FORMULA; all of them together */
  dc_strings settings;         /* fit: options of the model, each NAME=VALUE, of a flag NAME */
  const char *trials;          /* fit: a column; NULL = none, here and below */
  const char *weights;         /* fit: a column */
  const char *cluster;         /* fit: a column */
  const char *offset;          /* fit: a column */
  const char *time;            /* fit: a column */
  const char *id;              /* fit: --id, rows in its order; predict: told with each row. NULL = none */
  double confidence;           /* fit, predict: of intervals; 0 = 0.95 */
  bool predict;                /* fit: --predict, the table `predictions`, too */
  bool save;                   /* fit: result->saved is wanted */
  const char *fit;             /* predict: --fit FILE */
  bool strict;                 /* --strict: any rejected row is an error */
  bool timings;                /* --timings: adds seconds per stage to run */
  bool progress;               /* stderr is a terminal */
  dc_take_reject *take_reject; /* gets each rejected row once the rows are judged, on failure too; may be NULL */
  void *take_context;
} dc_job;

/* engine/run/forecast.c. *result is set only on DC_OK; the caller frees it.
 *
 * Table `forecast`, a row for each scope, period, measure (amount where there are any, count) and component:
 * scope_type         "all", a --by column's name, or names joined by " x "; scope_id the value or values, "(none)" for
 *                    deals without one, null for all; by_COLUMN, for each column of a crossing, the value that the row
 *                    is about, null where it is not by that column
 * mean, p05 .. p95   means of scopes add up to the whole's
 * n_deals            deals booked (component won), deals open (open, total), 0 (new)
 * and for the total of amounts where there is a quota, otherwise null:
 * quota              of the scope and period
 * p_ge_quota         P(bookings >= quota)
 * gap                quota less mean: positive where the mean falls short
 * pipeline_coverage  amounts of open deals due in the period (all open deals where no expected closes are known) over
 *                    quota less won; null when nothing is missing */
dc_status dc_run_forecast(const dc_job *job, dc_result **result, dc_error *error) DC_MUST_CHECK;

/* engine/run/check.c: the audit of the data. As above; files that make no deals are audited all the same.
 *
 * Tables, each defined in engine/run/check_tables.c: `score` (a row for each field), `defects` (what to mend, the costliest
 * first), `owners`, `stages`, `variants` (spellings), `duplicates`, `columns`, `rejects`. run.score is the score in all,
 * 0..100, run.score_formula says how it comes about, run.width_formula how defects are costed. result->fixes is made
 * only when job->fixes is set; result->failed_check says when the score is below min_score. */
dc_status dc_run_check(const dc_job *job, dc_result **result, dc_error *error) DC_MUST_CHECK;

/* engine/run/fit.c: a model of the registry on any table. As above. Tables: `terms` (a row for each coefficient, and each
 * reference level), `tests`, `fit` (figures of the whole), `effects` and `levels` (of shrunken and smooth terms), `columns`,
 * `rejects`, with job->predict `predictions`, too; all defined in engine/run/fit_tables.c. result->saved: the model file. */
dc_status dc_run_fit(const dc_job *job, dc_result **result, dc_error *error) DC_MUST_CHECK;

/* engine/run/predict.c: what a saved fit says of each row of further files. Tables `predictions`, `columns`, `rejects`;
 * `predictions` is the same, to the byte, as that of the fit itself on these files. */
dc_status dc_run_predict(const dc_job *job, dc_result **result, dc_error *error) DC_MUST_CHECK;

#endif
