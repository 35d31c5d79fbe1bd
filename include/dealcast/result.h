/* What dealcast says: a set of flat tables in one envelope, built by the verbs, written by engine/output. */
#ifndef DEALCAST_RESULT_H
#define DEALCAST_RESULT_H

#include "dealcast/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum dc_field_type {
  DC_FIELD_NUMBER,  /* double; NaN and infinities are written as null */
  DC_FIELD_MONEY,   /* a number in run currency: the terminal groups its digits */
  DC_FIELD_RATIO,   /* a number 0..1: the terminal shows per cent */
  DC_FIELD_INTEGER, /* int64, DC_INTEGER_NULL = null */
  DC_FIELD_DATE,    /* int32 days; DC_DATE_MISSING = null */
  DC_FIELD_TEXT,    /* UTF-8; NULL = null */
  DC_FIELD_BOOL
} dc_field_type;

#define DC_INTEGER_NULL INT64_MIN

typedef struct dc_field {
  char *name;
  dc_field_type type;
} dc_field;

typedef union dc_cell {
  double number;
  int64_t integer; /* also dates and booleans */
  char *text;      /* owned by the result's arena */
} dc_cell;

typedef struct dc_result_table {
  char *name;
  size_t n_fields, rows, capacity, filled; /* filled: cells of the row under construction */
  dc_field *fields;
  dc_cell *cells; /* row-major, rows * n_fields */
  struct dc_result *owner;
} dc_result_table;

/* One name and value of `run` or of `run.options`. */
typedef struct dc_entry {
  char *name;
  dc_field_type type;
  dc_cell cell;
} dc_entry;

typedef struct dc_entries {
  dc_entry *items;
  size_t count, capacity;
} dc_entries;

typedef struct dc_result {
  char *schema;                     /* "dealcast.forecast/1" */
  dc_entries run, options, timings; /* timings stays empty unless --timings */
  dc_result_table *inputs;          /* run.inputs */
  dc_result_table *fixes;           /* --fixes: a table for a file of its own; NULL = not asked for */
  char *saved;                      /* fit: the text of a model file, from the arena; NULL = not asked for */
  size_t saved_bytes;
  char *failed_check; /* a check that was asked for failed, in words; NULL = none */
  dc_result_table **tables;
  size_t n_tables;
  char **warnings;
  size_t n_warnings;
  struct dc_arena *arena;
  bool failed; /* an allocation failed while building; checked once by dc_result_check */
} dc_result;

/* Building never returns an error at each cell: out of memory sets `failed`, and dc_result_check tells it.
 * Texts are copied. All of it is single-threaded. */
dc_result *dc_result_new(const char *schema);
void dc_result_free(dc_result *result);
dc_status dc_result_check(const dc_result *result, dc_error *error) DC_MUST_CHECK;

/* Adds a table of fields given as pairs (name, type) ended by a NULL name. `inputs` is added like any table but under
 * run. Never returns NULL: after a failed allocation it is a table that swallows its rows. */
typedef struct dc_field_spec {
  const char *name;
  dc_field_type type;
} dc_field_spec;
dc_result_table *dc_result_add(dc_result *result, const char *name, const dc_field_spec *fields);
dc_result_table *dc_result_add_inputs(dc_result *result, const dc_field_spec *fields);
dc_result_table *dc_result_add_fixes(dc_result *result, const dc_field_spec *fields);
dc_result_table *dc_result_find(const dc_result *result, const char *name);

/* Cells are put left to right; the row ends by itself after the last field. Types are asserted. */
void dc_put_number(dc_result_table *table, double value); /* NUMBER, MONEY, RATIO */
void dc_put_integer(dc_result_table *table, int64_t value);
void dc_put_date(dc_result_table *table, int32_t day);
void dc_put_text(dc_result_table *table, const char *text); /* NULL = null */
void dc_put_text_n(dc_result_table *table, const char *text, size_t length);
void dc_put_bool(dc_result_table *table, bool value);

void dc_set_number(dc_result *result, dc_entries *entries, const char *name, double value);
void dc_set_integer(dc_result *result, dc_entries *entries, const char *name, int64_t value);
void dc_set_date(dc_result *result, dc_entries *entries, const char *name, int32_t day);
void dc_set_text(dc_result *result, dc_entries *entries, const char *name, const char *text);
void dc_set_bool(dc_result *result, dc_entries *entries, const char *name, bool value);

void dc_warn(dc_result *result, const char *format, ...) DC_PRINTF(2, 3);

/* Says that a check failed: the program's exit code is 1. The last one stands. */
void dc_fail_check(dc_result *result, const char *format, ...) DC_PRINTF(2, 3);

/* Index of a field, -1 when absent. */
int dc_field_index(const dc_result_table *table, const char *name);

#endif
