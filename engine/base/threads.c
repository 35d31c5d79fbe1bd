#include "engine/base/threads.h"

#include <omp.h>
#include <pthread.h>
#include <stddef.h>

enum { MOST = 1024 };

static void *wait_for(void *gate)
{
  pthread_mutex_lock(gate);
  pthread_mutex_unlock(gate);
  return NULL;
}

/* How many of `wanted` threads can be alive at once, this one included. */
static int try_threads(int wanted)
{
  pthread_t threads[MOST];
  pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
  int started = 0;
  pthread_mutex_lock(&gate);
  while (started < wanted - 1 && pthread_create(&threads[started], NULL, wait_for, &gate) == 0) started++;
  pthread_mutex_unlock(&gate);
  for (int i = 0; i < started; i++) pthread_join(threads[i], NULL);
  return started + 1;
}

int dc_threads_start(int wanted)
{
  if (wanted <= 0) wanted = omp_get_num_procs();
  if (wanted > MOST) wanted = MOST;
  int possible = try_threads(wanted), running = 1;
#pragma omp parallel num_threads(possible) if (possible > 1)
  {
#pragma omp single
    running = omp_get_num_threads();
  }
  return running;
}
