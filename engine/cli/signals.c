#include "engine/cli/signals.h"

#include "engine/base/progress.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

static volatile sig_atomic_t received = 0;

static struct timespec asked; /* when the first one came; touched by the handler only, which nothing interrupts */

/* Asking again ends at once, but not within the second that stopping may take: timeout(1) sends each signal twice. */
static void stop(int number)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (!received) {
    asked = now;
    received = number;
    dc_cancel();
  } else if (now.tv_sec - asked.tv_sec > 1 || (now.tv_sec > asked.tv_sec && now.tv_nsec >= asked.tv_nsec)) {
    signal(number, SIG_DFL);
    raise(number); /* acts when the handler returns */
  }
}

/* No SA_RESTART, so that a read that waits gives up. */
void dc_signals_install(void)
{
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction action, old;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) sigaddset(&action.sa_mask, numbers[i]);
  action.sa_handler = stop;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    bool ignored = sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN; /* nohup, background */
    if (!ignored) sigaction(numbers[i], &action, NULL);
  }
  action.sa_handler = SIG_DFL;
  sigaction(SIGPIPE, &action, NULL);
#ifdef SIGXFSZ
  action.sa_handler = SIG_IGN; /* a limit on the size of files is told like a full disk, and the temporary file goes */
  sigaction(SIGXFSZ, &action, NULL);
#endif
}

int dc_signal_received(void) { return (int)received; }
