/* Dialects that libcsv does not read, rewritten to the one that it does: fields in double quotes, quotes doubled. Line ends
 * stay where they are, so that lines keep their numbers. */
#ifndef DC_INGEST_REWRITE_H
#define DC_INGEST_REWRITE_H

#include "engine/ingest/source.h"

typedef enum dc_form {
  DC_FORM_PLAIN,     /* RFC 4180: nothing to rewrite */
  DC_FORM_SINGLE,    /* 'fields in single quotes' */
  DC_FORM_BACKSLASH, /* "a quote inside \" after a backslash" */
  DC_FORM_BLANKS,    /* fields apart by blanks, also before the first; they become tabs */
  DC_FORM_WRAPPED    /* lines that are one quoted field with a whole record in it: "a,""b"",c" */
} dc_form;

/* Starts zeroed but for what the caller sets. */
typedef struct dc_rewriter {
  dc_form form;     /* set by the caller */
  char delimiter;   /* set by the caller: ends a field (DC_FORM_SINGLE), parts an unwrapped record */
  size_t n_fields;  /* DC_FORM_WRAPPED: unwrap only records of so many fields; 0 = of any number above 1 */
  uint64_t changed; /* out: fields in single quotes, escapes, lines unwrapped */
  uint64_t odd;     /* out: single quotes that do not close at the end of a field, double quotes outside them */
  uint64_t lines;   /* out: DC_FORM_SINGLE: lines that have such a field */
  int state;        /* private from here on */
  bool inside, told;
  char *line, *out;
  size_t line_length, line_size, used;
} dc_rewriter;

/* A dc_filter over a dc_rewriter. out NULL: only counts (DC_FORM_WRAPPED). */
dc_status dc_rewrite(void *rewriter, const char *bytes, size_t length, bool last, dc_spool *out, dc_error *error);
void dc_rewriter_free(dc_rewriter *rewriter);

/* How many fields the line [text, text + length) has when it is a record by itself; 0 when its quotes are not closed or
 * stray. *filled, when not NULL: how many of them hold more than blanks. */
size_t dc_line_fields(const char *text, size_t length, char delimiter, size_t *filled);

#endif
