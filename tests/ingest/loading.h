/* Loading of small texts for tests of ingestion. */
#ifndef TESTS_INGEST_LOADING_H
#define TESTS_INGEST_LOADING_H

#include "engine/ingest/blocks.h"
#include "engine/ingest/load.h"
#include "tests/check.h"

/* What a test asks for; zero is a plain load in one thread. */
typedef struct loading {
  dc_type expect[8];        /* per column, in order of first asking; DC_TYPE_EMPTY = by content */
  const char *names[8];     /* whose expectation it is */
  const char *const *given; /* --columns */
  size_t n_given;
  int threads;
  bool strict;
  dc_decimal decimal;
  dc_when_style dates;
  size_t chunk; /* 0 = dc_load_csv */
} loading;

/* The text in a file of its own, below a folder that is removed again. Names the file `name`; a name that ends in .gz is
 * packed. */
char *file_of(const char *folder, const char *name, const char *text, size_t length);

/* Loads files. */
dc_status load_paths(const loading *how, const char *const *paths, size_t n_paths, dc_load **load, dc_error *error);

/* Loads one text, checks that its rows balance, fails the test on an error. */
dc_load *load_text(const loading *how, const char *text);
dc_load *load_bytes(const loading *how, const char *text, size_t length);

/* The text must fail with this status. */
dc_error fail_text(const loading *how, const char *text, dc_status status);
dc_error fail_bytes(const loading *how, const char *text, size_t length, dc_status status);

dc_status try_bytes(const loading *how, const char *text, size_t length, dc_load **load, dc_error *error);

/* read = used + rejected + blank + preamble, used = rows of the table. */
void check_balance(const dc_load *load);

/* Everything equal but the names of files and, when hashes is false, their hashes. */
void check_equal(const dc_load *a, const dc_load *b, bool hashes);

const dc_column *column_of(const dc_load *load, const char *name);
void check_text(const dc_load *load, const char *name, size_t row, const char *expected);
const dc_reject *reject_of(const dc_load *load, const char *rule); /* fails when there is none */

#endif
