/* A job on files that a test writes, and questions to its result. */
#ifndef TESTS_VERBS_CASE_H
#define TESTS_VERBS_CASE_H

#include "dealcast/job.h"

typedef struct job_case {
  char *folder;
  dc_job job;
  char *paths[16];
  size_t n_paths;
  dc_result *result;
  dc_error error;
} job_case;

/* A job with defaults and without a backtest, in an empty folder of its own; removed by case_end. */
void case_begin(job_case *c);
void case_end(job_case *c);

/* Writes a file into the folder and returns its path, which lives as long as the case. */
const char *case_file(job_case *c, const char *name, const char *text);

void case_add(dc_strings *list, const char *item);

/* Runs `forecast`; the result of an earlier run is freed. */
void case_run(job_case *c);
void case_run_fails(job_case *c, dc_status status, const char *part_of_message);

/* The table's row in which each named text field has its value ("" = null), all pairs ended by NULL; fails when there
 * is not exactly one. period counts the different period_start up to it, -1 = any. */
size_t case_row(const job_case *c, const char *table, int period, const char *const *pairs);
double case_number(const job_case *c, const char *table, size_t row, const char *field);
int64_t case_integer(const job_case *c, const char *table, size_t row, const char *field);
const char *case_text(const job_case *c, const char *table, size_t row, const char *field);

/* The total of amounts of a scope (id NULL = the whole) in a period; a field of it. */
double case_total(const job_case *c, int period, const char *type, const char *id, const char *field);

bool case_warns(const job_case *c, const char *part);

/* read = used + rejected + duplicate + after_as_of + excluded + blank + preamble in every input, in rows and amounts. */
void case_balances(const job_case *c);

/* A count of the input of a name. */
int64_t case_input(const job_case *c, const char *name, const char *field);

#endif
