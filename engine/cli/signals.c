#include "engine/cli/signals.h"

#include "engine/base/progress.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static volatile sig_atomic_t received = 0;

static void stop(int number)
{
  received = number;
  dc_cancel();
}

/* No SA_RESTART, so that a read that waits gives up; SA_RESETHAND, so that asking twice ends at once. */
void dc_signals_install(void)
{
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  struct sigaction action, old;
  memset(&action, 0, sizeof action);
  sigemptyset(&action.sa_mask);
  action.sa_handler = stop;
  action.sa_flags = (int)SA_RESETHAND;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    bool ignored = sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN; /* nohup, background */
    if (!ignored) sigaction(numbers[i], &action, NULL);
  }
  action.sa_handler = SIG_DFL;
  action.sa_flags = 0;
  sigaction(SIGPIPE, &action, NULL);
#ifdef SIGXFSZ
  action.sa_handler = SIG_IGN; /* a limit on the size of files is told like a full disk, and the temporary file goes */
  sigaction(SIGXFSZ, &action, NULL);
#endif
}

int dc_signal_received(void) { return (int)received; }
