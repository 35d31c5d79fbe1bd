/* Reads the suites of numbers that others certified, and says how many digits of a number agree. A file that is not as
 * expected fails the test. */
#ifndef TESTS_MODELS_SUITES_H
#define TESTS_MODELS_SUITES_H

#include "dealcast/model/model.h"

/* Correct decimal digits: -log10 of the relative error (of the absolute one where 0 is expected), 0 .. 15; NaN gives 0. */
double digits(double actual, double expected);

/* digits() below `least` fails, saying what. */
#define check_digits(actual, expected, least)                                                                          \
  check_digits_at((actual), (expected), (least), #actual, __FILE__, __LINE__)
void check_digits_at(double actual, double expected, double least, const char *what, const char *file, int line);

/* A file's bytes and a NUL; the caller frees. */
char *suite_read(const char *path);

/* A small CSV file with a header. */
typedef struct suite_csv {
  char *bytes; /* what the cells point into */
  size_t rows, columns;
  char **name; /* of columns */
  char **cell; /* rows x columns */
  size_t made; /* arrays handed out, all freed with it */
  void *array[64];
} suite_csv;

suite_csv *suite_csv_read(const char *path);
void suite_csv_free(suite_csv *csv);
bool suite_csv_has(const suite_csv *csv, const char *column);
/* The column's values; NaN where a cell is empty or NA. */
const double *suite_csv_numbers(suite_csv *csv, const char *column);
/* The column's words as codes; levels as R sorts them: by number where all are numbers, by byte otherwise. */
dc_codes suite_csv_words(suite_csv *csv, const char *column);

/* JSON, as the suites' files have it. */
typedef struct suite_json {
  char kind;  /* 'o'bject, 'a'rray, 's'tring, 'n'umber, 't'rue, 'f'alse, '0' (null) */
  char *name; /* where it is a member; NULL otherwise */
  char *text; /* of a string */
  double number;
  size_t n;
  struct suite_json *child; /* n of them */
} suite_json;

suite_json *suite_json_read(const char *path);
void suite_json_free(suite_json *json);
/* A member; NULL when there is none. */
const suite_json *suite_json_get(const suite_json *object, const char *name);
/* A member that must be there. A null is NaN; true is 1. */
double suite_json_number(const suite_json *object, const char *name);
const char *suite_json_text(const suite_json *object, const char *name);

enum { NIST_PARAMETERS = 16 };

/* A NIST StRD file of linear regression, of one factor or of one column; what it does not certify is NaN. */
typedef struct nist {
  size_t rows, columns;
  double *data; /* rows x columns; linear: y first; one factor: a treatment in each column */
  size_t parameters;
  bool intercept; /* linear: the first parameter is B0 */
  double estimate[NIST_PARAMETERS], error[NIST_PARAMETERS];
  double residual_sd, r2;
  double df[2], squares[2], f; /* between or regression, within or residual */
  double mean, sd, autocorrelation;
} nist;

/* name: "Norris". NULL where the suite is absent (the test is skipped by name, or fails). */
nist *nist_read(const char *name);
void nist_free(nist *set);

#endif
