/* Status codes and the error that a failing function leaves with its caller. */
#ifndef DEALCAST_ERROR_H
#define DEALCAST_ERROR_H

#include <stdint.h>

typedef enum dc_status {
  DC_OK = 0,
  DC_W_MAXITER,  /* a usable result that did not reach its tolerance */
  DC_E_USAGE,    /* the request makes no sense: options, arguments */
  DC_E_INPUT,    /* the data is not what it should be */
  DC_E_SHORT,    /* too little data for what was asked */
  DC_E_NUMERIC,  /* a computation failed (not positive definite, not finite) */
  DC_E_SYSTEM,   /* open, read, write, sync, rename */
  DC_E_MEMORY,   /* out of memory */
  DC_E_CANCELLED /* SIGINT or SIGTERM asked us to stop */
} dc_status;

/* Filled by a function that returns anything but DC_OK; owned by the caller, no cleanup needed.
 * file    as given on the command line, "" when no file is concerned
 * line    physical line, 1-based, 0 = unknown (quoted newlines are counted)
 * column  1-based field number in that line, 0 = unknown */
typedef struct dc_error {
  dc_status code;
  int64_t line;
  int32_t column;
  char file[256];
  char message[768];
} dc_error;

#if defined(__GNUC__)
#define DC_MUST_CHECK __attribute__((warn_unused_result))
#define DC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define DC_MUST_CHECK
#define DC_PRINTF(fmt, args)
#endif

/* Sets *error (when not NULL) and returns code, so that callers write `return dc_fail(...)`. */
dc_status dc_fail(dc_error *error, dc_status code, const char *format, ...) DC_PRINTF(3, 4);

/* The same with a place in a file. file may be NULL. */
dc_status dc_fail_at(dc_error *error, dc_status code, const char *file, int64_t line, int32_t column,
                     const char *format, ...) DC_PRINTF(6, 7);

/* "out of memory while WHAT", code DC_E_MEMORY. */
dc_status dc_fail_memory(dc_error *error, const char *what);

/* The process exit code that belongs to a status: 0, 2 usage, 3 input, 4 short, 5 system/memory/numeric. */
int dc_exit_code(dc_status status);

#endif
