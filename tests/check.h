/* What every test program needs beyond cmocka. Include this instead of cmocka.h. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dealcast/error.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* |actual - expected| <= max(abs, rel * |expected|). NaN on either side fails; equal infinities pass. */
#define check_close(actual, expected, rel, abs)                                                                        \
  check_close_at((actual), (expected), (rel), (abs), #actual, __FILE__, __LINE__)

/* The same bits, so NaN equals NaN and 0 differs from -0. */
#define check_same(actual, expected) check_same_at((actual), (expected), #actual, __FILE__, __LINE__)

/* The status is DC_OK (a warning passes too); otherwise the error's text is printed. */
#define check_ok(status, error) check_ok_at((status), (error), #status, __FILE__, __LINE__)

/* The status is exactly `expected`, and error (may be NULL) says the same and has a message. */
#define check_fails(status, expected, error) check_fails_at((status), (expected), (error), #status, __FILE__, __LINE__)

static inline void check_close_at(double actual, double expected, double rel, double abs, const char *what,
                                  const char *file, int line)
{
  double tolerance = fmax(abs, rel * fabs(expected));
  bool same_infinity = isinf(actual) && isinf(expected) && (actual > 0) == (expected > 0);
  if (same_infinity || fabs(actual - expected) <= tolerance) return;
  print_error("%s is %.17g, expected %.17g: differs by %.3g, allowed %.3g\n", what, actual, expected,
              fabs(actual - expected), tolerance);
  _fail(file, line);
}

static inline void check_same_at(double actual, double expected, const char *what, const char *file, int line)
{
  if (memcmp(&actual, &expected, sizeof actual) == 0) return;
  print_error("%s is %.17g (%a), expected the bits of %.17g (%a)\n", what, actual, actual, expected, expected);
  _fail(file, line);
}

static inline void check_ok_at(dc_status status, const dc_error *error, const char *what, const char *file, int line)
{
  if (status == DC_OK || status == DC_W_MAXITER) return;
  print_error("%s returned %d: %s:%lld:%d: %s\n", what, (int)status, error ? error->file : "",
              error ? (long long)error->line : 0, error ? (int)error->column : 0,
              error ? error->message : "(no error given)");
  _fail(file, line);
}

static inline void check_fails_at(dc_status status, dc_status expected, const dc_error *error, const char *what,
                                  const char *file, int line)
{
  bool told = !error || (error->code == expected && error->message[0]);
  if (status == expected && told) return;
  print_error("%s returned %d, expected %d; error has code %d and says \"%s\"\n", what, (int)status, (int)expected,
              error ? (int)error->code : -1, error ? error->message : "");
  _fail(file, line);
}

/* The path $variable/file, in a buffer that the next call overwrites, when the variable is set and the file is there.
 * Otherwise NULL after one line "skipped: ..."; with DEALCAST_REQUIRE_DATA=1 the test fails instead.
 * check_data("DEALCAST_SUITES", "csv-spectrum"): a folder will do. */
static inline const char *check_data(const char *variable, const char *file)
{
  static char path[4096];
  const char *folder = getenv(variable), *required = getenv("DEALCAST_REQUIRE_DATA");
  bool set = folder && *folder;
  if (set) {
    int length = snprintf(path, sizeof path, "%s/%s", folder, file);
    if (length > 0 && (size_t)length < sizeof path && access(path, R_OK) == 0) return path;
  }
  if (required && strcmp(required, "1") == 0)
    fail_msg("data is required, but %s%s%s", set ? path : "$", set ? "" : variable,
             set ? " is not there" : " is not set");
  printf("skipped: %s%s%s\n", set ? path : "$", set ? "" : variable, set ? " is not there" : " not set");
  fflush(stdout);
  return NULL;
}

/* A new empty folder below $TMPDIR or /tmp; the caller frees the name. */
static inline char *check_folder(void)
{
  const char *base = getenv("TMPDIR");
  char *path = malloc(4096);
  assert_non_null(path);
  snprintf(path, 4096, "%s/dealcast-test-XXXXXX", base && *base ? base : "/tmp");
  if (!mkdtemp(path)) fail_msg("no folder for tests at %s", path);
  return path;
}

#endif
