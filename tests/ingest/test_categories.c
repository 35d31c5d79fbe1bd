/* A million words in each of five columns: right, and within a stated memory. */
#include "tests/ingest/loading.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS = 1000000, COLUMNS = 5, MOST_PER_WORD = 160, MIB = 1 << 20 };

#if defined __SANITIZE_ADDRESS__
#define SANITIZED true
#elif defined __has_feature
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* Any order of arrival that is not the order of bytes. */
static unsigned turned(unsigned row, unsigned column)
{
  return (unsigned)((uint64_t)row * (7919 + 10 * column) % WORDS);
}

static void write_file(const char *path)
{
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  fputs("id,a,b,c,d,e\n", file);
  for (unsigned r = 0; r < WORDS; r++) {
    fprintf(file, "%u", r % 1000);
    for (unsigned c = 0; c < COLUMNS; c++) fprintf(file, ",%s%06u", c % 2 ? "account number " : "w", turned(r, c));
    fputc('\n', file);
  }
  assert_int_equal(fclose(file), 0);
}

static dc_type category(void *context, const char *name)
{
  (void)context;
  return name[0] == 'i' ? DC_TYPE_EMPTY : DC_TYPE_CATEGORY;
}

/* 0 when all is right. Without cmocka: it runs in a child. */
static int load_and_check(const char *path, int threads, long *peak_kib)
{
  struct rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  dc_load_request request = {.paths = &path, .n_paths = 1, .threads = threads, .expect = category};
  dc_load *load = NULL;
  dc_error error;
  if (dc_load_csv(&request, &load, &error) != DC_OK || load->table->rows != WORDS) return 1;
  getrusage(RUSAGE_SELF, &after);
  *peak_kib = after.ru_maxrss - before.ru_maxrss;
  for (unsigned c = 0; c < COLUMNS; c++) {
    const dc_column *column = &load->table->columns[1 + c];
    if (column->n_words != WORDS + 1 || column->n_missing || column->code_bytes != 4) return 2;
    for (unsigned r = 0; r < WORDS; r++)
      if (dc_column_code(column, r) != turned(r, c) + 1) return 3;
  }
  dc_load_free(load);
  return 0;
}

static void million_words(void **state)
{
  (void)state;
  char *folder = check_folder(), path[4200];
  snprintf(path, sizeof path, "%s/words.csv", folder);
  write_file(path);
  for (int threads = 1; threads <= 2; threads++) {
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
      long kib = 0;
      int wrong = load_and_check(path, threads, &kib);
      if (write(ends[1], &kib, sizeof kib) != sizeof kib) wrong = 4;
      _exit(wrong);
    }
    close(ends[1]); /* a child that dies ends the read */
    long kib = 0;
    assert_int_equal(read(ends[0], &kib, sizeof kib), sizeof kib);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(ends[0]);
#ifndef __APPLE__ /* counts in bytes there */
    double each = (double)kib * 1024 / ((double)WORDS * COLUMNS);
    print_message("%d thread%s: %ld MiB for %d distinct words, %.0f bytes each (at most %d)\n", threads,
                  threads > 1 ? "s" : "", kib * 1024 / MIB, WORDS * COLUMNS, each, MOST_PER_WORD);
    assert_true(SANITIZED || each <= MOST_PER_WORD);
#endif
  }
  assert_int_equal(remove(path), 0);
  assert_int_equal(rmdir(folder), 0);
  free(folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(million_words)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
