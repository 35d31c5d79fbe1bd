/* One line on stderr, redrawn, for anything that takes longer than a second; nothing off a terminal. And the flag that
 * SIGINT and SIGTERM set. */
#ifndef DC_BASE_PROGRESS_H
#define DC_BASE_PROGRESS_H

#include <stdbool.h>

/* The library never prints: the command line installs a drawer here (NULL = silence). share 0..1, negative = unknown. */
typedef void (*dc_progress_drawer)(const char *what, double share);
void dc_progress_install(dc_progress_drawer drawer);
void dc_progress(const char *what, double share);

/* Set from a signal handler (async-signal-safe), polled by loops; functions then return DC_E_CANCELLED. */
void dc_cancel(void);
bool dc_cancelled(void);

#endif
