#include "engine/base/progress.h"

#include "engine/cli/signals.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const double first_after = 1.0, again_after = 0.1; /* seconds */
static double started, drawn;
static bool shown;
static atomic_flag drawing = ATOMIC_FLAG_INIT; /* several threads may tell their progress */

static double now(void)
{
  struct timespec t;
  if (clock_gettime(CLOCK_MONOTONIC, &t) != 0) return 0;
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void draw(const char *what, double share)
{
  if (atomic_flag_test_and_set(&drawing)) return;
  double t = now();
  if (t - started >= first_after && t - drawn >= again_after) {
    if (share >= 0)
      fprintf(stderr, "\r\033[K%s  %d %%", what, (int)(share * 100));
    else
      fprintf(stderr, "\r\033[K%s ...", what);
    fflush(stderr);
    drawn = t;
    shown = true;
  }
  atomic_flag_clear(&drawing);
}

void dc_progress_start(void)
{
  if (!isatty(STDERR_FILENO)) return;
  started = now();
  dc_progress_install(draw);
}

void dc_progress_end(void)
{
  dc_progress_install(NULL);
  if (shown) fputs("\r\033[K", stderr);
  shown = false;
}
