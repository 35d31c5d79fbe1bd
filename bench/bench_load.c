/* Time of dc_load_csv against a bare libcsv pass over the mapped file, measured in turns; best of several.
 *
 * bench_load FILE [THREADS [ROUNDS]]; the file should be warm. libcsv runs alone in one thread with no callbacks and an
 * entry buffer that never grows: a floor that does nothing with what it finds. */
#include "engine/ingest/load.h"

#include <csv.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ENTRY_BYTES = 1 << 16, DEFAULT_ROUNDS = 5 };

static double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double bare_libcsv(const char *path)
{
  double start = seconds();
  int fd = open(path, O_RDONLY);
  struct stat st;
  if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0) return -1;
  size_t size = (size_t)st.st_size;
  void *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
  struct csv_parser parser;
  if (text == MAP_FAILED || csv_init(&parser, 0) != 0) return -1;
  csv_set_blk_size(&parser, ENTRY_BYTES);
  bool whole = csv_parse(&parser, text, size, NULL, NULL, NULL) == size;
  csv_fini(&parser, NULL, NULL, NULL);
  csv_free(&parser);
  munmap(text, size);
  close(fd);
  return whole ? seconds() - start : -1;
}

static double load(const char *path, int threads, size_t *rows)
{
  double start = seconds();
  dc_load_request request = {.paths = &path, .n_paths = 1, .threads = threads};
  dc_load *result = NULL;
  dc_error error;
  if (dc_load_csv(&request, &result, &error) != DC_OK) {
    fprintf(stderr, "%s:%lld: %s\n", error.file, (long long)error.line, error.message);
    return -1;
  }
  double took = seconds() - start;
  *rows = result->table->rows;
  dc_load_free(result);
  return took;
}

int main(int argc, char **argv)
{
  if (argc < 2) {
    fprintf(stderr, "usage: %s FILE [THREADS [ROUNDS]]\n", argv[0]);
    return 2;
  }
  int threads = argc > 2 ? atoi(argv[2]) : 2, rounds = argc > 3 ? atoi(argv[3]) : DEFAULT_ROUNDS;
  double best_bare = 1e300, best_load = 1e300;
  size_t rows = 0;
  for (int r = 0; r < rounds; r++) {
    double bare = bare_libcsv(argv[1]), own = load(argv[1], threads, &rows);
    if (bare < 0 || own < 0) return 1;
    if (bare < best_bare) best_bare = bare;
    if (own < best_load) best_load = own;
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("file %s rows %zu threads %d rounds %d\n", argv[1], rows, threads, rounds);
  printf("libcsv alone, 1 thread   %8.3f s\n", best_bare);
  printf("dc_load_csv              %8.3f s  ratio %.2f  %.2f M rows/s\n", best_load, best_load / best_bare,
         (double)rows / best_load * 1e-6);
  printf("peak memory              %8.1f MiB (the mapped file included)\n", (double)usage.ru_maxrss / 1024);
  return 0;
}
