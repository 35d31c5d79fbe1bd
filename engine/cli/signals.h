/* SIGINT, SIGTERM and SIGHUP ask the engine to stop; a broken pipe ends the process without a word. */
#ifndef DC_CLI_SIGNALS_H
#define DC_CLI_SIGNALS_H

void dc_signals_install(void);

/* The signal that asked to stop, 0 = none. */
int dc_signal_received(void);

/* Draws "what  45 %" on standard error after the first second, at a terminal only. */
void dc_progress_start(void);
void dc_progress_end(void);

#endif
