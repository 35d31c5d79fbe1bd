/* A result to bytes: JSON, NDJSON, CSV, and the terminal; to a stream, a file, or a folder of files. */
#ifndef DC_OUTPUT_WRITE_H
#define DC_OUTPUT_WRITE_H

#include "dealcast/error.h"
#include "dealcast/result.h"
#include <stdbool.h>
#include <stdio.h>

typedef enum dc_format { DC_FORMAT_TERMINAL, DC_FORMAT_JSON, DC_FORMAT_NDJSON, DC_FORMAT_CSV } dc_format;

typedef struct dc_write_options {
  dc_format format;
  const char *table;   /* --table, comma-separated for ndjson; NULL = the verb's first (CSV), all (NDJSON, JSON) */
  int top;             /* rows per table on the terminal, 0 = default 10 */
  const char *path;    /* -o FILE: temp file, fsync, rename, fsync folder; NULL = stdout */
  const char *out_dir; /* --out-dir: TABLE.json as root arrays, run.json last */
} dc_write_options;

/* Writes result as asked. Every write, flush, sync and close is checked. */
dc_status dc_write_result(const dc_result *result, const dc_write_options *options, dc_error *error) DC_MUST_CHECK;

/* A table as CSV to a file that nobody else may read (mode 0600); replaced as above. */
dc_status dc_write_private(const dc_result_table *table, const char *path, dc_error *error) DC_MUST_CHECK;

/* Bytes as they are to a file, replaced as above. */
dc_status dc_write_bytes(const char *bytes, size_t length, const char *path, dc_error *error) DC_MUST_CHECK;

/* Before any fitting: can the output go there? */
dc_status dc_write_check(const dc_write_options *options, dc_error *error) DC_MUST_CHECK;

/* Removes temporary files; safe to call from a signal handler's aftermath. */
void dc_write_abort(void);

#endif
