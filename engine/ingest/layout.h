/* How a file is laid out: its delimiter and the names of its columns. */
#ifndef DC_INGEST_LAYOUT_H
#define DC_INGEST_LAYOUT_H

#include "engine/ingest/read.h"

enum {
  DC_COLUMNS_MAX = 16384, /* as many as Excel has; more is not a table of deals */
  DC_FIELD_OUT = -1,      /* a field that --columns leaves out */
  DC_FIELD_UNNAMED = -2   /* a last column without a name, which must be empty */
};

typedef struct dc_layout {
  char delimiter;
  uint64_t from, line; /* where the records begin */
  size_t n_fields;
  char **names;    /* n_fields, trimmed; "" for a field that is left out or has no name */
  int32_t *column; /* n_fields: index into the table's columns, or DC_FIELD_ */
} dc_layout;

/* Finds the delimiter among , ; tab | by the share of the first records that have the same number of fields, honours a
 * first line "sep=;", and reads the header. names (may be NULL) are given for a file without a header, "_" leaves a
 * field out. DC_E_INPUT: two delimiters fit equally well; a blank or duplicate name; NUL bytes; no header.
 * DC_E_USAGE: another number of names than fields. column is filled with 0, 1, .. in order of the fields. */
dc_status dc_layout_find(const dc_source *source, const char *const *names, size_t n_names, dc_layout *layout,
                         dc_error *error) DC_MUST_CHECK;
void dc_layout_free(dc_layout *layout);

/* Maps a further file's fields to the columns of the first by name; DC_E_INPUT naming the columns that differ. */
dc_status dc_layout_match(const dc_layout *first, const char *first_path, dc_layout *other, const char *other_path,
                          dc_error *error) DC_MUST_CHECK;

#endif
