/* Fields, rows and headers beyond all measure: refused or rejected within 2 seconds and 64 MiB, from a file, packed, or from
 * a pipe. DEALCAST_LIMIT_BYTES=1000000000 makes them of a gigabyte. */
#include "tests/ingest/loading.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <zlib.h>
#include <zstd.h>

/* A sanitizer keeps memory of its own. */
#if defined(__SANITIZE_ADDRESS__)
#define MEASURED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEASURED 0
#endif
#endif
#ifndef MEASURED
#define MEASURED 1
#endif

enum { PIECE = 1 << 16, MOST_SECONDS = 2, MOST_KIB = 64 << 10, BYTES = 100 << 20 };

typedef struct outcome {
  int status;
  double seconds;
  long kib;
  char message[256];
} outcome;

/* A text made piece by piece: head, filler again and again, tail. */
typedef struct recipe {
  const char *name, *head, *filler, *tail;
  size_t bytes;
  dc_status expected;
  const char *says;
} recipe;

typedef enum way { PLAIN, GZIP, ZSTD, WAYS } way;

typedef struct writer {
  way how;
  FILE *file;
  gzFile gzip;
  ZSTD_CCtx *zstd;
  char out[PIECE];
} writer;

static void put(writer *w, const char *bytes, size_t length, bool last)
{
  if (w->how == PLAIN) assert_int_equal(fwrite(bytes, 1, length, w->file), length);
  if (w->how == GZIP && length) assert_int_equal(gzwrite(w->gzip, bytes, (unsigned)length), (int)length);
  if (w->how != ZSTD) return;
  ZSTD_inBuffer in = {bytes, length, 0};
  for (size_t left = 1; in.pos < in.size || (last && left);) {
    ZSTD_outBuffer out = {w->out, sizeof w->out, 0};
    left = ZSTD_compressStream2(w->zstd, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
    assert_false(ZSTD_isError(left));
    assert_int_equal(fwrite(w->out, 1, out.pos, w->file), out.pos);
    if (!last && in.pos == in.size) break;
  }
}

static void make(const recipe *r, way how, const char *path)
{
  writer *w = calloc(1, sizeof *w);
  char *piece = malloc(PIECE);
  size_t unit = strlen(r->filler);
  assert_true(w && piece);
  w->how = how;
  if (how == GZIP) w->gzip = gzopen(path, "wb1");
  if (how == ZSTD) w->zstd = ZSTD_createCCtx();
  if (how != GZIP) w->file = fopen(path, "wb");
  size_t whole = PIECE / unit * unit;
  for (size_t i = 0; i < whole; i++) piece[i] = r->filler[i % unit];
  put(w, r->head, strlen(r->head), false);
  for (size_t done = 0; done < r->bytes; done += whole) put(w, piece, whole, false);
  put(w, r->tail, strlen(r->tail), true);
  if (w->gzip) assert_int_equal(gzclose(w->gzip), Z_OK);
  if (w->file) assert_int_equal(fclose(w->file), 0);
  ZSTD_freeCCtx(w->zstd);
  free(piece);
  free(w);
}

/* In a process of its own, whose memory is measured. */
static void load_here(const char *path, bool piped, int told)
{
  const char *paths[] = {piped ? "-" : path};
  static const loading two = {.threads = 2};
  dc_load *l = NULL;
  dc_error error;
  outcome o = {0};
  if (piped) {
    int ends[2];
    if (pipe(ends) != 0) _exit(9);
    pid_t feeder = fork();
    if (feeder == 0) {
      close(ends[0]); /* so that writing fails once nobody reads */
      close(told);
      FILE *file = fopen(path, "rb");
      static char piece[PIECE];
      for (size_t n; file && (n = fread(piece, 1, sizeof piece, file)) > 0;)
        if (write(ends[1], piece, n) < 0) break;
      _exit(0);
    }
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    close(ends[1]);
  }
  o.status = (int)load_paths(&two, paths, 1, &l, &error);
  memcpy(o.message, error.message, sizeof o.message);
  if (write(told, &o, sizeof o) != (ssize_t)sizeof o) _exit(8);
  _exit(0);
}

static outcome load_apart(const char *path, bool piped)
{
  int ends[2];
  outcome o;
  struct timespec begin, end;
  struct rusage used;
  assert_int_equal(pipe(ends), 0);
  clock_gettime(CLOCK_MONOTONIC, &begin);
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) load_here(path, piped, ends[1]);
  close(ends[1]);
  assert_int_equal(read(ends[0], &o, sizeof o), sizeof o);
  close(ends[0]);
  assert_int_equal(waitpid(child, NULL, 0), child);
  clock_gettime(CLOCK_MONOTONIC, &end);
  assert_int_equal(getrusage(RUSAGE_CHILDREN, &used), 0); /* the largest child so far */
  o.seconds = (double)(end.tv_sec - begin.tv_sec) + 1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
  o.kib = used.ru_maxrss;
#ifdef __APPLE__
  o.kib /= 1024;
#endif
  return o;
}

static void measured(void **state)
{
  (void)state;
  const char *asked = getenv("DEALCAST_LIMIT_BYTES");
  size_t bytes = asked && *asked ? (size_t)strtoull(asked, NULL, 10) : BYTES;
  const recipe recipes[] = {
      {"field", "id,a\n1,", "x", "\n2,b\n", bytes, DC_E_INPUT, "16 MiB"},
      {"quoted field", "id,a\n1,\"", "x", "\"\n2,b\n", bytes, DC_E_INPUT, "16 MiB"},
      {"quoted lines", "id,a\n1,\"", "some text\n", "\"\n2,b\n", bytes, DC_E_INPUT, "quote that opens on this line"},
      {"unclosed quote", "id,a\n1,\"", "2,b\n", "3,c\n", bytes, DC_E_INPUT, "quote that opens on this line"},
      {"row", "id,a\n1", ",", "\n2,b\n", bytes, DC_E_INPUT, "16 MiB"},
      {"tabs", "id,a\n1,", "\t", "\n2,b\n", bytes, DC_E_INPUT, "16 MiB"},
      {"columns", "a", ",c", "\n1,2\n", 2000000, DC_E_INPUT, "more than 16384 columns"},
      {"field of 2 MiB", "id,a\n1,", "x", "\n2,b\n", 2 << 20, DC_OK, ""},
  };
  static const char *const ends[WAYS] = {"", ".gz", ".zst"};
  char *folder = check_folder(), path[5000];
  snprintf(path, sizeof path, "%s/small.csv", folder);
  make(&(recipe){"small", "id,a\n", "1,b\n", "", 1, DC_OK, ""}, PLAIN, path);
  long base = load_apart(path, false).kib, most = 0;
  double slowest = 0;
  remove(path);
  for (size_t k = 0; k < sizeof recipes / sizeof *recipes; k++) {
    for (int w = 0; w < 2 * WAYS; w++) {
      const recipe *r = &recipes[k];
      snprintf(path, sizeof path, "%s/big.csv%s", folder, ends[w % WAYS]);
      make(r, (way)(w % WAYS), path);
      outcome o = load_apart(path, w >= WAYS);
      if (o.status != (int)r->expected || !strstr(o.message, r->says))
        fail_msg("%s%s%s: %d %s", r->name, ends[w % WAYS], w >= WAYS ? " piped" : "", o.status, o.message);
      if (MEASURED && o.kib - base > MOST_KIB)
        fail_msg("%s%s: %ld KiB above %ld", r->name, ends[w % WAYS], o.kib - base, base);
      most = o.kib;
      slowest = fmax(slowest, o.seconds);
      remove(path);
    }
  }
  print_message(
      "beyond all measure, of %zu bytes: 8 shapes in 6 ways, slowest %.2f s, memory at most %ld KiB above %ld\n", bytes,
      slowest, most - base, base);
  /* The bound holds on an idle machine; a busy one is given ten times as long. */
  assert_true(slowest < 10 * MOST_SECONDS);
  rmdir(folder);
  free(folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(measured)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
