/* Where the fields of a plain block end: a block that libcsv would read alike if only the positions of delimiters, line
 * ends and quotes were known. */
#ifndef DC_INGEST_FIELDS_H
#define DC_INGEST_FIELDS_H

#include "engine/ingest/scan.h"

/* Starts zeroed; reserve and begin before next; free with dc_fields_free. Positions count from the beginning of the text.
 *
 * ends[0]          where the record before the first one ended; position - 1 at the beginning
 * ends[1 .. n]     the delimiters and line ends outside quotes that are not done with
 * rows             the line ends among them that the last window brought
 * inner            the line ends inside quotes that it brought */
typedef struct dc_fields {
  const dc_scanner *scanner;
  uint32_t *ends, *rows, *inner;
  size_t n_ends, n_rows, n_inner, n_fields;
  const char *text;
  size_t length, at; /* of the text; up to where it has been scanned */
  char delimiter;
  uint64_t inside, breaks, closes, cr; /* how the last word ended: see fields.c */
} dc_fields;

enum { DC_FIELDS_WINDOW = 1 << 14 };

/* Room for records of n_fields; false when memory ends. */
bool dc_fields_reserve(dc_fields *fields, const dc_scanner *scanner, size_t n_fields);
void dc_fields_free(dc_fields *fields);

/* A text shorter than 2^32 - 1 bytes. */
void dc_fields_begin(dc_fields *fields, const char *text, size_t length, char delimiter);

/* Forgets the first `done` of the ends and looks through another window: at == length when that was the last. The end of
 * the text ends a record. False: the text is not plain here, that is, a quote does not stand at an edge of a field, a CR
 * stands alone, a control character was found, a quote is not closed, or a record has too many fields to tell. */
bool dc_fields_next(dc_fields *fields, size_t done);

#endif
