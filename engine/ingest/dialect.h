/* Which dialect of CSV a text is in. */
#ifndef DC_INGEST_DIALECT_H
#define DC_INGEST_DIALECT_H

#include "engine/ingest/rewrite.h"
#include "engine/ingest/sniff.h"

typedef struct dc_dialect {
  dc_form form;
  char delimiter;
} dc_dialect;

/* Scores each delimiter (, ; tab |, and : where none of them fits) in each form on the first DC_SNIFF_BYTES from `from` on:
 * the records that have the same number of fields, then whether the first is one of them, then that number. A form that is
 * not plain must be unmistakable: every single quote closes at the end of a field, no double quote stands outside them, and
 * nine lines in ten have one; escapes mend what is odd without them; unwrapped lines fit the others; blanks part every line into the
 * same number of fields, which are numbers for the most part or as many as are named.
 * names    how many columns --columns names, 0 without it
 * *given   the delimiter of a first line "sep=;", 0 without one
 * sniffed  the evidence for the dialect that was chosen, as rewritten
 * DC_E_INPUT when two delimiters fit equally well. */
dc_status dc_dialect_find(dc_reader *reader, const dc_source *source, uint64_t from, uint64_t line, char given,
                          size_t names, dc_dialect *dialect, dc_sniffed *sniffed, dc_error *error) DC_MUST_CHECK;

/* "," or "tab" */
const char *dc_delimiter_name(char delimiter, char buffer[2]);

#endif
