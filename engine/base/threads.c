#include "engine/base/threads.h"

#include <omp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { MOST = 1024, TRIAL_BYTES = 1 << 17, SPARE_BYTES = 1 << 20, RUNTIME_BYTES = 1 << 24 };

static void *wait_for(void *gate)
{
  pthread_mutex_lock(gate);
  pthread_mutex_unlock(gate);
  return NULL;
}

/* How many of `wanted` threads can be alive at once, this one included. The threads of the trial have small stacks, as the
 * system keeps those that end for later; the address space that OpenMP's threads, and its own tables, will take stands
 * beside them. */
static int try_threads(int wanted)
{
  pthread_t threads[MOST];
  void *room[MOST];
  pthread_attr_t attributes;
  pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
  size_t stack = 0;
  int started = 0;
  if (wanted < 2 || pthread_attr_init(&attributes) != 0) return 1;
  bool known = pthread_attr_getstacksize(&attributes, &stack) == 0;
  bool fine = known && pthread_attr_setstacksize(&attributes, TRIAL_BYTES) == 0;
  void *runtime = malloc(RUNTIME_BYTES);
  fine = fine && runtime;
  pthread_mutex_lock(&gate);
  while (fine && started < wanted - 1) {
    room[started] = malloc(stack + SPARE_BYTES);
    fine = room[started] && pthread_create(&threads[started], &attributes, wait_for, &gate) == 0;
    if (fine)
      started++;
    else
      free(room[started]);
  }
  pthread_mutex_unlock(&gate);
  for (int i = 0; i < started; i++) {
    pthread_join(threads[i], NULL);
    free(room[i]);
  }
  free(runtime);
  pthread_attr_destroy(&attributes);
  return started + 1;
}

/* LLVM's runtime recurses without end when an allocation of its own fails. It makes none for a single thread. */
static bool must_be_alone(void)
{
#ifdef __clang__
  struct rlimit space;
  return getrlimit(RLIMIT_AS, &space) == 0 && space.rlim_cur != RLIM_INFINITY;
#else
  return false;
#endif
}

int dc_threads_start(int wanted)
{
  if (must_be_alone()) return 1;
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
