/* Time of loading a CSV file to typed columns: libcsv alone, which does nothing with what it finds, our way through libcsv
 * row by row, and our way at speed, each in a process of its own for its peak of memory.
 *
 * bench_load FILE [ROUNDS]; the file should be warm. The libcsv that runs alone has no callbacks and an entry buffer that
 * never grows. The ways of ours must give the same columns. */
#include "engine/ingest/blocks.h"
#include "engine/ingest/load.h"
#include "engine/ingest/scan.h"

#include <csv.h>
#include <fcntl.h>
#if defined __GLIBC__
#include <malloc.h>
#endif
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ENTRY_BYTES = 1 << 16, DEFAULT_ROUNDS = 5, MOST_ROUNDS = 101, FRESH_BYTES = 1 << 20 };

typedef struct way {
  const char *name;
  int threads;
  bool bare, at_speed;
} way;

static const way ways[] = {{"libcsv_alone", 1, true, false},
                           {"ours_by_libcsv", 1, false, false},
                           {"ours_by_libcsv", 2, false, false},
                           {"ours", 1, false, true},
                           {"ours", 2, false, true}};

typedef struct outcome {
  double median, least, peak_mib;
  uint64_t rows, at_speed, hash;
} outcome;

static double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool bare_libcsv(const char *path)
{
  int fd = open(path, O_RDONLY);
  struct stat st;
  if (fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0) return false;
  size_t size = (size_t)st.st_size;
  void *text = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
  struct csv_parser parser;
  if (text == MAP_FAILED || csv_init(&parser, 0) != 0) return false;
  csv_set_blk_size(&parser, ENTRY_BYTES);
  bool whole = csv_parse(&parser, text, size, NULL, NULL, NULL) == size;
  csv_fini(&parser, NULL, NULL, NULL);
  csv_free(&parser);
  munmap(text, size);
  close(fd);
  return whole;
}

static uint64_t add(uint64_t hash, const void *bytes, size_t length)
{
  return bytes ? dc_hash_join(hash, dc_hash_stored(bytes, length)) : hash;
}

static uint64_t hash_of(const dc_table *t)
{
  uint64_t hash = add(0, t->line, t->rows * sizeof *t->line);
  for (size_t c = 0; c < t->n_columns; c++) {
    const dc_column *column = &t->columns[c];
    hash = add(hash, column->number, t->rows * sizeof *column->number);
    hash = add(hash, column->date, t->rows * sizeof *column->date);
    hash = add(hash, column->instant, t->rows * sizeof *column->instant);
    hash = add(hash, column->codes, t->rows * column->code_bytes);
    hash = add(hash, column->offsets, (t->rows + 1) * column->offset_bytes);
    if (column->type == DC_TYPE_TEXT) hash = add(hash, column->bytes, (size_t)dc_column_offset(column, t->rows));
    for (size_t w = 0; w < column->n_words; w++) hash = add(hash, column->words[w], strlen(column->words[w]));
  }
  return hash;
}

static bool load(const way *w, const char *path, double *took, outcome *o)
{
  double start = seconds();
  dc_load_request request = {.paths = &path, .n_paths = 1, .threads = w->threads};
  dc_load_tuning tuning = {.scanner = w->at_speed ? dc_scanner_best() : NULL};
  dc_load *result = NULL;
  dc_error error;
  if (w->bare) {
    bool fine = bare_libcsv(path);
    *took = seconds() - start;
    return fine;
  }
  if (dc_load_csv_tuned(&request, &tuning, &result, &error) != DC_OK) {
    fprintf(stderr, "%s:%lld: %s\n", error.file, (long long)error.line, error.message);
    return false;
  }
  *took = seconds() - start;
  o->rows = result->table->rows;
  o->at_speed = (uint64_t)result->at_speed;
  if (!o->hash) o->hash = hash_of(result->table);
  dc_load_free(result);
  return true;
}

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static bool measure(const way *w, const char *path, int rounds, outcome *o)
{
  double took[MOST_ROUNDS];
  if (!load(w, path, &took[0], o)) return false; /* warms up */
  for (int r = 0; r < rounds; r++)
    if (!load(w, path, &took[r], o)) return false;
  qsort(took, (size_t)rounds, sizeof *took, ascending);
  o->median = took[rounds / 2];
  o->least = took[0];
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  o->peak_mib = (double)usage.ru_maxrss / 1024;
  return true;
}

/* In a process of its own, which tells its outcome through a pipe. */
static bool measure_apart(const way *w, const char *path, int rounds, outcome *o)
{
  int ends[2], status;
  if (pipe(ends) != 0) return false;
  fflush(stdout);
  pid_t child = fork();
  if (child < 0) return false;
  if (child == 0) {
    outcome own = {0};
#if defined __GLIBC__
    mallopt(M_MMAP_THRESHOLD, FRESH_BYTES); /* each load takes new memory, as in a program that loads once */
#endif
    bool fine = measure(w, path, rounds, &own) && write(ends[1], &own, sizeof own) == sizeof own;
    _exit(fine ? 0 : 1);
  }
  close(ends[1]);
  bool fine = read(ends[0], o, sizeof *o) == sizeof *o;
  close(ends[0]);
  return waitpid(child, &status, 0) == child && fine;
}

int main(int argc, char **argv)
{
  struct stat st;
  int rounds = argc > 2 ? atoi(argv[2]) : DEFAULT_ROUNDS;
  if (argc < 2 || rounds < 1 || rounds > MOST_ROUNDS || stat(argv[1], &st) != 0) {
    fprintf(stderr, "usage: %s FILE [ROUNDS]\n", argv[0]);
    return 2;
  }
  double mb = (double)st.st_size * 1e-6;
  printf("file %s, %.1f MB, median of %d rounds, by %s\n", argv[1], mb, rounds, dc_scanner_best()->name);
  printf("%-16s %7s %8s %8s %7s %7s %9s %10s\n", "way", "threads", "seconds", "least", "MB/s", "Mrows/s", "peak_MiB",
         "at_speed");
  uint64_t hash = 0;
  for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
    const way *w = &ways[k];
    outcome o;
    if (!measure_apart(w, argv[1], rounds, &o)) return 1;
    printf("%-16s %7d %8.4f %8.4f %7.0f %7.2f %9.1f %10llu\n", w->name, w->threads, o.median, o.least, mb / o.median,
           (double)o.rows / o.median * 1e-6, o.peak_mib, (unsigned long long)o.at_speed);
    if (w->bare) continue;
    if (hash && hash != o.hash) {
      fprintf(stderr, "the ways gave different columns\n");
      return 1;
    }
    hash = o.hash;
  }
  return 0;
}
