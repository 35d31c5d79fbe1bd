/* Time and memory of a whole `dealcast forecast` with its default backtest, by stage as `--timings` tells them.
 *
 * bench_forecast FILE [ROUNDS]; the program is the dealcast of the same build. Each round runs it on the file and on
 * about 1,000 of its deals; the median and the least seconds are printed. Memory is the run's high-water mark; where
 * /proc tells it, the peak of each stage too, from looks every few milliseconds, laid on the stages' seconds. */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATH_BYTES = 4096, MOST_STAGES = 32, MOST_LOOKS = 1 << 16, MOST_ROUNDS = 25, FEW_DEALS = 1000, LOOK_MS = 5 };

typedef struct look {
  double at, mib;
} look;

typedef struct stage {
  char name[64];
  double seconds[MOST_ROUNDS], peak_mib;
} stage;

typedef struct bench {
  char binary[PATH_BYTES], folder[PATH_BYTES], run[PATH_BYTES];
  const char *file;
  look looks[MOST_LOOKS];
  size_t n_looks;
  stage stages[MOST_STAGES];
  int n_stages, rounds;
  double wall[MOST_ROUNDS];
  long largest_kib; /* of children so far */
} bench;

static double seconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool join(char *path, const char *folder, const char *name)
{
  int n = snprintf(path, PATH_BYTES, "%s/%s", folder, name);
  return n > 0 && n < PATH_BYTES;
}

/* Resident memory of a process, negative where /proc does not tell. */
static double resident_mib(pid_t child)
{
  char path[64];
  long pages = -1;
  snprintf(path, sizeof path, "/proc/%ld/statm", (long)child);
  FILE *file = fopen(path, "r");
  if (!file) return -1;
  if (fscanf(file, "%*s %ld", &pages) != 1) pages = -1;
  fclose(file);
  return pages < 0 ? -1 : (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

/* One run; its wall time, negative when it failed. Keeps looks at its memory. */
static double run(bench *b, const char *file)
{
  const struct timespec pause = {0, LOOK_MS * 1000000L};
  double start = seconds();
  int status = 0;
  pid_t child = fork();
  if (child == 0) {
    int quiet = open("/dev/null", O_WRONLY);
    if (quiet >= 0) dup2(quiet, STDOUT_FILENO);
    execl(b->binary, b->binary, "forecast", file, "--timings", "--out-dir", b->folder, (char *)NULL);
    _exit(127);
  }
  if (child < 0) return -1;
  b->n_looks = 0;
  while (waitpid(child, &status, WNOHANG) == 0) {
    double mib = resident_mib(child);
    if (mib >= 0 && b->n_looks < MOST_LOOKS) b->looks[b->n_looks++] = (look){seconds() - start, mib};
    nanosleep(&pause, NULL);
  }
  double took = seconds() - start;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? took : -1;
}

static stage *stage_of(bench *b, const char *name, size_t length)
{
  for (int k = 0; k < b->n_stages; k++)
    if (strlen(b->stages[k].name) == length && memcmp(b->stages[k].name, name, length) == 0) return &b->stages[k];
  if (b->n_stages == MOST_STAGES || length >= sizeof b->stages->name) return NULL;
  stage *s = &b->stages[b->n_stages++];
  memcpy(s->name, name, length);
  return s;
}

/* Peak memory between two times of the last run. */
static double peak_between(const bench *b, double from, double to)
{
  double peak = 0;
  for (size_t k = 0; k < b->n_looks; k++)
    if (b->looks[k].at >= from && b->looks[k].at <= to && b->looks[k].mib > peak) peak = b->looks[k].mib;
  return peak;
}

/* Reads "timings":{"name":seconds,...} of run.json: stages in the order in which they ran. */
static void read_timings(bench *b, int round)
{
  static char text[1 << 20];
  FILE *file = fopen(b->run, "r");
  if (!file) return;
  text[fread(text, 1, sizeof text - 1, file)] = 0;
  fclose(file);
  const char *p = strstr(text, "\"timings\":");
  double from = 0;
  if (!p) return;
  p += strlen("\"timings\":");
  while (*p && *p != '}' && (p = strchr(p, '"')) != NULL) {
    const char *name = ++p;
    while (*p && *p != '"') p++;
    stage *s = stage_of(b, name, (size_t)(p - name));
    if (!s || *p != '"') return;
    char *end;
    s->seconds[round] = strtod(p + 2, &end);
    double peak = peak_between(b, from, from + s->seconds[round]);
    if (peak > s->peak_mib) s->peak_mib = peak;
    from += s->seconds[round];
    p = end;
    while (*p == ' ' || *p == '\n' || *p == ',') p++;
  }
}

static int by_value(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void print_row(const char *name, double *values, int n, double rows, double peak_mib)
{
  qsort(values, (size_t)n, sizeof *values, by_value);
  double median = values[n / 2];
  printf("%-24s %9.3f %9.3f %12.0f", name, median, values[0], median > 0 ? rows / median : 0);
  if (peak_mib > 0) printf(" %9.0f", peak_mib);
  printf("\n");
}

/* Copies the header and rows evenly spaced over the file, about FEW_DEALS; returns how many lines of data there are.
 * Rows that a quoted line break cuts stay out. */
static double copy_few(const char *from, const char *to)
{
  FILE *in = fopen(from, "r"), *out = fopen(to, "w");
  static char line[1 << 16];
  double lines = 0;
  while (in && fgets(line, sizeof line, in)) lines++;
  size_t every = lines > FEW_DEALS ? (size_t)lines / FEW_DEALS : 1, at = 0;
  if (in) rewind(in);
  for (bool whole = true; in && out && fgets(line, sizeof line, in); at++) {
    bool began = whole;
    for (const char *c = line; *c; c++) whole ^= *c == '"';
    if (began && whole && at % every == 0) fputs(line, out);
  }
  bool done = in && out && !ferror(in) && !ferror(out);
  if (in) fclose(in);
  if (out && fclose(out) != 0) done = false;
  return done ? lines - 1 : -1;
}

static void remove_folder(const char *folder)
{
  char path[PATH_BYTES];
  DIR *dir = opendir(folder);
  for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;)
    if (entry->d_name[0] != '.' && join(path, folder, entry->d_name)) remove(path);
  if (dir) closedir(dir);
  rmdir(folder);
}

static int measure(bench *b, double rows)
{
  struct rusage usage;
  for (int r = 0; r < b->rounds; r++) {
    b->wall[r] = run(b, b->file);
    if (b->wall[r] < 0) {
      fprintf(stderr, "%s forecast %s failed\n", b->binary, b->file);
      return 1;
    }
    read_timings(b, r);
  }
  getrusage(RUSAGE_CHILDREN, &usage);
  b->largest_kib = usage.ru_maxrss;
  printf("forecast of %s: %.0f lines, %d rounds\n", b->file, rows, b->rounds);
  printf("%-24s %9s %9s %12s %9s\n", "stage", "median s", "least s", "rows/s", "peak MiB");
  for (int k = 0; k < b->n_stages; k++)
    print_row(b->stages[k].name, b->stages[k].seconds, b->rounds, rows, b->stages[k].peak_mib);
  print_row("whole run", b->wall, b->rounds, rows, (double)b->largest_kib / 1024);
  if (b->n_stages == 0) printf("(the run tells no timings by stage)\n");
  return 0;
}

static int measure_few(bench *b, const char *few)
{
  for (int r = 0; r < b->rounds; r++) {
    b->wall[r] = run(b, few);
    if (b->wall[r] < 0) {
      fprintf(stderr, "%s forecast of %d deals failed\n", b->binary, FEW_DEALS);
      return 1;
    }
  }
  print_row("about 1,000 of its deals", b->wall, b->rounds, FEW_DEALS, 0);
  return 0;
}

int main(int argc, char **argv)
{
  static bench b;
  char few[PATH_BYTES], base[] = "/tmp/dealcast-bench-XXXXXX", *slash;
  if (argc < 2) {
    fprintf(stderr, "usage: %s FILE [ROUNDS]\n", argv[0]);
    return 2;
  }
  b.file = argv[1];
  b.rounds = argc > 2 ? atoi(argv[2]) : 3;
  if (b.rounds < 1 || b.rounds > MOST_ROUNDS) b.rounds = 3;
  char own[PATH_BYTES];
  snprintf(own, sizeof own, "%s", argv[0]);
  if ((slash = strrchr(own, '/')) != NULL) *slash = 0;
  if (!join(b.binary, slash ? own : ".", "../dealcast") || access(b.binary, X_OK) != 0 || !mkdtemp(base)) {
    fprintf(stderr, "no program at %s, or no folder for its output\n", b.binary);
    return 5;
  }
  bool fits = join(b.folder, base, "out") && join(b.run, b.folder, "run.json") && join(few, base, "few.csv");
  double rows = fits ? copy_few(b.file, few) : -1;
  int code = rows < 1 ? 5 : measure(&b, rows);
  if (code == 0) code = measure_few(&b, few);
  remove_folder(b.folder);
  remove_folder(base);
  return code;
}
