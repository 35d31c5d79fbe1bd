#include "engine/base/progress.h"

#include <signal.h>
#include <stddef.h>

static dc_progress_drawer draw_progress = NULL;
static volatile sig_atomic_t cancel_requested = 0;

void dc_progress_install(dc_progress_drawer drawer) { draw_progress = drawer; }

void dc_progress(const char *what, double share)
{
  if (draw_progress) draw_progress(what, share);
}

void dc_cancel(void) { cancel_requested = 1; }

bool dc_cancelled(void) { return cancel_requested != 0; }
