#include "dealcast/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void fill(dc_error *error, dc_status code, const char *file, int64_t line, int32_t column, const char *format,
                 va_list args)
{
  memset(error, 0, sizeof *error);
  error->code = code;
  error->line = line;
  error->column = column;
  if (file) snprintf(error->file, sizeof error->file, "%s", file);
  vsnprintf(error->message, sizeof error->message, format, args);
}

dc_status dc_fail(dc_error *error, dc_status code, const char *format, ...)
{
  if (!error) return code;
  va_list args;
  va_start(args, format);
  fill(error, code, NULL, 0, 0, format, args);
  va_end(args);
  return code;
}

dc_status dc_fail_at(dc_error *error, dc_status code, const char *file, int64_t line, int32_t column,
                     const char *format, ...)
{
  if (!error) return code;
  va_list args;
  va_start(args, format);
  fill(error, code, file, line, column, format, args);
  va_end(args);
  return code;
}

dc_status dc_fail_memory(dc_error *error, const char *what)
{
  return dc_fail(error, DC_E_MEMORY, "out of memory while %s", what);
}

int dc_exit_code(dc_status status)
{
  switch (status) {
    case DC_OK:
    case DC_W_MAXITER: return 0;
    case DC_E_USAGE: return 2;
    case DC_E_INPUT: return 3;
    case DC_E_SHORT: return 4;
    case DC_E_CANCELLED: return 130;
    default: return 5;
  }
}
