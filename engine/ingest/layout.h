/* How a file is laid out: its dialect, its header, what stands around its records, and the names of its columns. */
#ifndef DC_INGEST_LAYOUT_H
#define DC_INGEST_LAYOUT_H

#include "engine/ingest/dialect.h"

enum {
  DC_COLUMNS_MAX = 16384, /* as many as Excel has; more is not a table of deals */
  DC_FIELD_OUT = -1,      /* a field that --columns leaves out */
  DC_FIELD_UNNAMED = -2   /* a last column without a name, which must be empty */
};

typedef struct dc_layout {
  char delimiter;
  uint64_t from, line; /* where the records begin */
  size_t n_fields;
  char **names;         /* n_fields, trimmed; "" for a field that is left out or has no name */
  int32_t *column;      /* n_fields: index into the table's columns, or DC_FIELD_ */
  int64_t header_line;  /* 0: none; the names were given, or are "column 1", "column 2", ... */
  int64_t above, below; /* lines with something on them above the header and below the last record */
  int64_t blank;        /* blank lines there */
  int64_t unwrapped;    /* records that were one quoted field */
  dc_form form;         /* how the text was written before it was rewritten */
} dc_layout;

/* What the user says of a file's layout. */
typedef struct dc_layout_request {
  const char *const *names; /* --columns: for a file without a header, "_" leaves a field out; NULL: it has one */
  size_t n_names;
  int64_t skip; /* --skip: lines above the header (or the first record, with names); -1: find it */
} dc_layout_request;

/* Finds the dialect (dialect.h) and rewrites what libcsv does not read, honours a first line "sep=;", finds the header and
 * what stands above it, cuts the footers off (preamble.h), and reads the names. A file whose first record is a record gets
 * the names "column 1", "column 2", ...
 * DC_E_INPUT: two delimiters fit equally well; the header is in doubt; a second table; a blank or duplicate name; NUL
 * bytes; no header. DC_E_USAGE: another number of names than fields. column is filled with 0, 1, .. in order of the
 * fields. */
dc_status dc_layout_find(dc_source *source, const dc_layout_request *request, dc_layout *layout,
                         dc_error *error) DC_MUST_CHECK;

/* Rows that were one quoted field each with a record of as many fields as the header in it are made records, wherever they
 * stand; *found of them. Then the file must be cut into blocks again. */
dc_status dc_layout_unwrap(dc_source *source, dc_layout *layout, int64_t *found, dc_error *error) DC_MUST_CHECK;

void dc_layout_free(dc_layout *layout);

/* Maps a further file's fields to the columns of the first by name; DC_E_INPUT naming the columns that differ. */
dc_status dc_layout_match(const dc_layout *first, const char *first_path, dc_layout *other, const char *other_path,
                          dc_error *error) DC_MUST_CHECK;

#endif
