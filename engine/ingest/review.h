/* What a full read showed of a column: whether its type and conventions hold, and how they are told. */
#ifndef DC_INGEST_REVIEW_H
#define DC_INGEST_REVIEW_H

#include "engine/ingest/columns.h"

typedef struct dc_review {
  const dc_load_request *request;
  const dc_evidence *evidence;
  dc_guess *guess;
  dc_column *column;
  size_t rows;
  uint32_t seen;    /* bits of all its cells */
  const char *path; /* for messages */
} dc_review;

/* *again: the guess was changed, read everything again. DC_E_INPUT: decimal marks that no value proves, or that values
 * contradict, in a column whose type was asked for; the same of the order of dates, and orders that no value proves
 * wherever the years have four digits. The message names the option that settles it. Other such columns become words. */
dc_status dc_review_column(dc_review *review, bool *again, dc_error *error) DC_MUST_CHECK;

/* Sets the column's format: "1.234,50 EUR, proven by 1.234,50 on line 3". names: of all columns. False when memory
 * ends. */
bool dc_describe_column(const dc_review *review, char *const *names) DC_MUST_CHECK;

/* " of FILE" where there are several, otherwise nothing: where the value that is shown stands. */
void dc_review_place(const dc_review *review, const dc_shown *one, char *text, size_t size);

#endif
