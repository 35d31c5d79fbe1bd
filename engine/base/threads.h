/* Can the threads be had? OpenMP ends the program when one cannot be started. */
#ifndef DC_BASE_THREADS_H
#define DC_BASE_THREADS_H

/* Starts the threads that OpenMP will use, so that none needs memory later; wanted <= 0 means one per core. Returns how
 * many there are, 1 at the least: fewer than wanted when the system or a limit does not allow more. */
int dc_threads_start(int wanted);

#endif
