/* Every call of the system fails once: a message, exit code 3 or 5, nothing kept or left open, and each output the old
 * file or the whole new one. Calls that are interrupted or do a part of their work change nothing. */
#define _GNU_SOURCE /* RTLD_NEXT */

#include "dealcast/job.h"
#include "engine/output/rejects.h"
#include "engine/output/write.h"
#include "tests/check.h"
#include "tests/verbs/failing.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gsl/gsl_errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zlib.h>

typedef enum how { COUNT, FAIL, INTERRUPT, PART } how;

static how mode = COUNT;
static bool counting = false;
static long made = 0, fails_at = 0;
static const char *failed = "none";

/* Is this the call? */
static bool is_it(const char *name)
{
  if (!counting || ++made != fails_at) return false;
  failed = name;
  return true;
}

/* The C library's own function. A function's address is no object pointer in ISO C; in POSIX it is. */
static void *next(const char *name)
{
  void *found = dlsym(RTLD_NEXT, name);
  if (!found) abort();
  return found;
}

#define REAL(name)                                                                                                     \
  __typeof__(name) *real;                                                                                              \
  void *found = next(#name);                                                                                           \
  memcpy(&real, &found, sizeof real)

int open(const char *path, int flags, ...)
{
  REAL(open);
  va_list rest;
  va_start(rest, flags);
  int permissions = flags & O_CREAT ? va_arg(rest, int) : 0;
  va_end(rest);
  if (!is_it("open") || mode == PART) return real(path, flags, permissions);
  errno = mode == INTERRUPT ? EINTR : EMFILE;
  return -1;
}

int close(int fd)
{
  REAL(close);
  int result = real(fd);
  if (!is_it("close") || mode != FAIL) return result;
  errno = EIO;
  return -1;
}

ssize_t read(int fd, void *bytes, size_t size)
{
  REAL(read);
  if (!is_it("read")) return real(fd, bytes, size);
  if (mode == PART) return real(fd, bytes, size > 1 ? size / 2 : size);
  errno = mode == INTERRUPT ? EINTR : EIO;
  return -1;
}

ssize_t pread(int fd, void *bytes, size_t size, off_t at)
{
  REAL(pread);
  if (!is_it("pread")) return real(fd, bytes, size, at);
  if (mode == PART) return real(fd, bytes, size > 1 ? size / 2 : size, at);
  errno = mode == INTERRUPT ? EINTR : EIO;
  return -1;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
  REAL(write);
  if (!is_it("write")) return real(fd, bytes, size);
  if (mode == PART) return real(fd, bytes, size > 1 ? size / 2 : size);
  errno = mode == INTERRUPT ? EINTR : ENOSPC;
  return -1;
}

int fsync(int fd)
{
  REAL(fsync);
  if (!is_it("fsync") || mode != FAIL) return real(fd);
  errno = EIO;
  return -1;
}

int rename(const char *from, const char *to)
{
  REAL(rename);
  if (!is_it("rename") || mode != FAIL) return real(from, to);
  errno = EACCES;
  return -1;
}

int fstat(int fd, struct stat *found_there)
{
  REAL(fstat);
  if (!is_it("fstat") || mode != FAIL) return real(fd, found_there);
  errno = EIO;
  return -1;
}

int fchmod(int fd, mode_t permissions)
{
  REAL(fchmod);
  if (!is_it("fchmod") || mode != FAIL) return real(fd, permissions);
  errno = EPERM;
  return -1;
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t from)
{
  REAL(mmap);
  if (fd < 0 || !is_it("mmap") || mode != FAIL) return real(at, size, protection, flags, fd, from);
  errno = ENODEV;
  return MAP_FAILED;
}

FILE *fopen(const char *path, const char *how_to)
{
  REAL(fopen);
  if (!is_it("fopen") || mode != FAIL) return real(path, how_to);
  errno = EMFILE;
  return NULL;
}

static const char *const deals =
    "id,stage,amount,created,closed,owner,account\n"
    "A,Won,1000,2024-01-01,2024-03-15,Ann,Acme\nB,Lost,1100,2024-02-01,2024-04-15,Bob,Bolt\n"
    "C,Proposal,1200,2024-03-01,,Ann,Core\nD,Won,1300,2024-04-01,2024-06-15,Bob,Acme\n"
    "E,Lost,x,2024-05-01,2024-07-15,Ann,Dune\nG,Won,-1,2024-04-01,2024-06-15,Bob,Acme\n"
    "H,Won\n";

typedef struct place {
  int way;
  char *folder, deals[512], config[512], out[512], rejects[512];
} place;

static void put(const char *path, const char *text)
{
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static char *contents(const char *path)
{
  FILE *file = fopen(path, "rb");
  char *text = calloc(1 << 16, 1);
  assert_non_null(file);
  assert_non_null(text);
  assert_true(fread(text, 1, (1 << 16) - 1, file) < (1 << 16) - 1);
  fclose(file);
  return text;
}

/* How the deals are stored: as they are, in UTF-16, packed. Each way has calls of its own. */
enum { PLAIN, WIDE, PACKED, WAYS };

static void put_deals(const char *path, int way)
{
  if (way == PLAIN) {
    put(path, deals);
  } else if (way == WIDE) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs("\xFF\xFE", file);
    for (const char *c = deals; *c; c++) fprintf(file, "%c%c", *c, 0);
    assert_int_equal(fclose(file), 0);
  } else {
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_true(gzputs(file, deals) > 0);
    assert_int_equal(gzclose(file), Z_OK);
  }
}

static void prepare(place *p, int way)
{
  p->folder = check_folder();
  snprintf(p->deals, sizeof p->deals, "%s/deals.csv", p->folder);
  snprintf(p->config, sizeof p->config, "%s/dealcast.ini", p->folder);
  snprintf(p->out, sizeof p->out, "%s/out.json", p->folder);
  snprintf(p->rejects, sizeof p->rejects, "%s/rejects.csv", p->folder);
  put_deals(p->deals, way);
  p->way = way;
  put(p->config, "[stages]\norder = Proposal\n");
}

static void reset(const place *p)
{
  put(p->out, "old");
  put(p->rejects, "old");
}

/* As the command line does it. */
static dc_status forecast(const place *p, dc_error *error)
{
  const char *files[] = {p->deals};
  dc_reject_file rejects = {.path = p->rejects};
  dc_job job = {.as_of = DC_DATE_MISSING, .horizon = 1, .threads = 1, .no_backtest = true, .config = p->config};
  job.files = (dc_strings){files, 1};
  job.take_reject = dc_reject_file_take;
  job.take_context = &rejects;
  dc_write_options options = {.format = DC_FORMAT_JSON, .path = p->out};
  dc_result *result = NULL;
  dc_status status = dc_run_forecast(&job, &result, error);
  if (status == DC_OK) status = dc_reject_file_commit(&rejects, error);
  dc_reject_file_drop(&rejects);
  if (status == DC_OK) status = dc_write_result(result, &options, error);
  dc_write_abort();
  dc_result_free(result);
  return status;
}

static int lowest_free(void)
{
  int fd = open("/dev/null", O_RDONLY);
  assert_true(fd >= 0);
  close(fd);
  return fd;
}

static size_t files_in(const char *folder)
{
  size_t n = 0;
  DIR *directory = opendir(folder);
  assert_non_null(directory);
  for (struct dirent *entry; (entry = readdir(directory));)
    n += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
  closedir(directory);
  return n;
}

static void old_or_new(const char *path, const char *new, long n)
{
  char *text = contents(path);
  if (strcmp(text, "old") != 0 && strcmp(text, new) != 0)
    fail_msg("call %ld (%s) failed: %s is neither the old file nor the new one", n, failed, path);
  free(text);
}

static dc_status run_failing(const place *p, how how_to, long n, long *kept, dc_error *error)
{
  reset(p);
  memset(error, 0, sizeof *error);
  mode = how_to;
  made = 0;
  fails_at = n;
  failed = "none";
  dc_failing_start(0);
  counting = true;
  dc_status status = forecast(p, error);
  counting = false;
  dc_failing_stop(kept);
  return status;
}

typedef struct expected {
  char *out, *rejects;
  int fd;
  long calls;
} expected;

static void learn(const place *p, expected *e)
{
  dc_error error;
  long kept;
  check_ok(run_failing(p, COUNT, 0, &kept, &error), &error); /* what libraries keep for good is made here */
  check_ok(run_failing(p, COUNT, 0, &kept, &error), &error);
  if (p->way != WIDE) assert_int_equal(kept, 0);
  e->calls = made;
  e->out = contents(p->out);
  e->rejects = contents(p->rejects);
  e->fd = lowest_free();
  assert_non_null(strstr(e->rejects, "short row"));
}

static void check_after(const place *p, const expected *e, long n, long kept)
{
  /* iconv keeps and gives back tables of its own at its leisure. */
  if (kept && p->way != WIDE) fail_msg("call %ld (%s) failed: %ld pieces of memory kept", n, failed, kept);
  if (lowest_free() != e->fd) fail_msg("call %ld (%s) failed: a file is left open", n, failed);
  if (files_in(p->folder) != 4) fail_msg("call %ld (%s) failed: a temporary file is left", n, failed);
  old_or_new(p->out, e->out, n);
  old_or_new(p->rejects, e->rejects, n);
}

static void forget(place *p, expected *e)
{
  unlink(p->deals);
  unlink(p->config);
  unlink(p->out);
  unlink(p->rejects);
  assert_int_equal(rmdir(p->folder), 0);
  free(p->folder);
  free(e->out);
  free(e->rejects);
}

static void fail_each(int way)
{
  place p;
  expected e;
  long kept, told = 0;
  prepare(&p, way);
  learn(&p, &e);
  for (long n = 1; n <= e.calls; n++) {
    dc_error error;
    dc_status status = run_failing(&p, FAIL, n, &kept, &error);
    check_after(&p, &e, n, kept);
    if (status == DC_OK) continue;
    int code = dc_exit_code(status);
    if ((code != 5 && code != 3) || !error.message[0])
      fail_msg("call %ld (%s) failed: status %d, \"%s\"", n, failed, (int)status, error.message);
    told++;
  }
  printf("%ld calls failed once each, %ld of them ended the run\n", e.calls, told);
  assert_true(told > e.calls / 2);
  forget(&p, &e);
}

static void each_call_fails(void **state)
{
  (void)state;
  for (int way = PLAIN; way < WAYS; way++) fail_each(way);
}

/* Interrupted, or done in part: the outcome is that of an undisturbed run, or where nothing can be retried an error. */
static void disturb_each(int way, how how_to)
{
  place p;
  expected e;
  long kept;
  prepare(&p, way);
  learn(&p, &e);
  for (long n = 1; n <= e.calls; n++) {
    dc_error error;
    dc_status status = run_failing(&p, how_to, n, &kept, &error);
    check_after(&p, &e, n, kept);
    bool may_end = how_to == INTERRUPT && strcmp(failed, "open") == 0;
    if (status != DC_OK && !may_end) fail_msg("call %ld (%s) disturbed: %s", n, failed, error.message);
    char *text = contents(p.out);
    if (status == DC_OK) assert_string_equal(text, e.out);
    free(text);
  }
  forget(&p, &e);
}

static void each_call_is_interrupted(void **state)
{
  (void)state;
  for (int way = PLAIN; way < WAYS; way++) disturb_each(way, INTERRUPT);
}

static void each_call_does_a_part(void **state)
{
  (void)state;
  for (int way = PLAIN; way < WAYS; way++) disturb_each(way, PART);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_call_fails), cmocka_unit_test(each_call_is_interrupted),
                                     cmocka_unit_test(each_call_does_a_part)};
  gsl_set_error_handler_off();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
