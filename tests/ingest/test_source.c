/* Where bytes come from, and what happens when they do not come. */
#include "engine/base/progress.h"
#include "engine/ingest/source.h"
#include "tests/ingest/loading.h"

#include <fcntl.h>
#include <zlib.h>

static const loading plain;

typedef struct place {
  char *folder, *path;
} place;

static place make(const char *name, const char *text, size_t length)
{
  place p = {.folder = check_folder()};
  p.path = file_of(p.folder, name, text, length);
  return p;
}

static void remove_place(place p)
{
  remove(p.path);
  rmdir(p.folder);
  free(p.path);
  free(p.folder);
}

static void views(void **state)
{
  (void)state;
  static const char text[] = "\xEF\xBB\xBFid\n1\n2\n";
  place p = make("v.csv", text, sizeof text - 1);
  dc_source *s = NULL;
  dc_error error;
  check_ok(dc_source_open(p.path, &s, &error), &error);
  assert_int_equal(dc_source_size(s), 10);
  assert_int_equal(dc_source_stored(s), 10);
  assert_int_equal(dc_source_start(s), 3);
  assert_string_equal(dc_source_path(s), p.path);
  dc_buffer buffer = {NULL, 0};
  const char *view;
  check_ok(dc_source_view(s, 3, 10, &buffer, &view, &error), &error);
  assert_memory_equal(view, "id\n1\n2\n", 7);
  check_ok(dc_source_unchanged(s, &error), &error);
  dc_buffer_free(&buffer);
  dc_source_free(s);
  dc_source_free(NULL);
  remove_place(p);
}

/* Cut short or grown by someone else while we read. */
static void changes(void **state)
{
  (void)state;
  place p = make("c.csv", "id,name\n1,a\n2,b\n", 16);
  dc_source *s = NULL;
  dc_error error;
  dc_buffer buffer = {NULL, 0};
  const char *view;
  check_ok(dc_source_open(p.path, &s, &error), &error);
  assert_int_equal(truncate(p.path, 10), 0);
  check_fails(dc_source_view(s, 0, 16, &buffer, &view, &error), DC_E_INPUT, &error);
  assert_non_null(strstr(error.message, "changed"));
  check_fails(dc_source_unchanged(s, &error), DC_E_INPUT, &error);
  assert_int_equal(truncate(p.path, 20), 0);
  check_fails(dc_source_unchanged(s, &error), DC_E_INPUT, &error);
  dc_buffer_free(&buffer);
  dc_source_free(s);
  remove_place(p);
}

static void load_stdin(const char *path, dc_load **load)
{
  int saved = dup(STDIN_FILENO), fd = open(path, O_RDONLY);
  assert_true(fd >= 0);
  assert_true(dup2(fd, STDIN_FILENO) == STDIN_FILENO);
  close(fd);
  const char *dash[] = {"-"};
  dc_error error;
  dc_status status = load_paths(&plain, dash, 1, load, &error);
  if (saved >= 0) {
    dup2(saved, STDIN_FILENO);
    close(saved);
  }
  check_ok(status, &error);
}

static void standard_input(void **state)
{
  (void)state;
  static const char text[] = "id,name\n1,a\n2,b\n";
  static const char *const names[] = {"s.csv", "s.csv.gz"};
  for (int i = 0; i < 2; i++) {
    place p = make(names[i], text, sizeof text - 1);
    dc_load *a = NULL, *b = NULL;
    dc_error error;
    load_stdin(p.path, &a);
    check_ok(load_paths(&plain, (const char *const *)&p.path, 1, &b, &error), &error);
    check_equal(a, b, true);
    assert_string_equal(a->inputs[0].name, "-");
    dc_load_free(a);
    dc_load_free(b);
    remove_place(p);
  }
}

static void damaged_gzip(void **state)
{
  (void)state;
  char text[40000], *folder = check_folder();
  size_t n = (size_t)sprintf(text, "id,x\n");
  for (unsigned i = 0; i < 1500; i++) n += (size_t)sprintf(text + n, "%u,%u\n", i, i * 2654435761u);
  char *path = file_of(folder, "g.csv.gz", text, n);
  FILE *file = fopen(path, "rb");
  char packed[40000];
  size_t size = fread(packed, 1, sizeof packed, file);
  fclose(file);
  for (size_t keep = 2; keep < size; keep += size / 9) {
    dc_error e = fail_bytes(&plain, packed, keep, DC_E_INPUT);
    assert_non_null(strstr(e.message, "gzip"));
  }
  packed[size / 2] ^= 0x55;
  fail_bytes(&plain, packed, size, DC_E_INPUT);
  packed[size / 2] ^= 0x55;
  memset(packed + size, 0, 512); /* tar and tapes pad with zeros, as gzip tolerates */
  loading how = plain;
  dc_load *l = load_bytes(&how, packed, size + 512);
  assert_int_equal(l->table->rows, 1500);
  dc_load_free(l);
  remove(path);
  rmdir(folder);
  free(path);
  free(folder);
}

/* The hash is of the bytes alone. */
static void hashes(void **state)
{
  (void)state;
  static const char *const names[] = {"a", "b"};
  dc_load *with = load_text(&plain, "1,2\n3,4\n");
  loading how = {.given = names, .n_given = 2};
  dc_load *without = load_text(&how, "1,2\n3,4\n");
  dc_load *other = load_text(&plain, "1,2\n3,5\n");
  assert_string_equal(with->inputs[0].hash, without->inputs[0].hash);
  assert_string_not_equal(with->inputs[0].hash, other->inputs[0].hash);
  dc_load_free(with);
  dc_load_free(without);
  dc_load_free(other);
  char bytes[80];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)i;
  for (size_t n = 0; n < sizeof bytes; n++)
    assert_true(n == 0 || dc_hash_stored(bytes, n) != dc_hash_stored(bytes, n - 1));
  assert_true(dc_hash_join(1, 2) != dc_hash_join(2, 1));
}

static int told;

static void count_progress(void *context, const char *what, double share)
{
  (void)context;
  assert_non_null(what);
  assert_true(share > 0 && share <= 1);
  told++;
}

static void progress_is_told(void **state)
{
  (void)state;
  place p = make("p.csv", "id,name\n1,a\n2,b\n", 16);
  dc_load_request request = {.paths = (const char *const *)&p.path, .n_paths = 1, .threads = 1};
  request.progress = count_progress;
  dc_load *l = NULL;
  dc_error error;
  check_ok(dc_load_csv(&request, &l, &error), &error);
  assert_true(told > 0);
  dc_load_free(l);
  remove_place(p);
}

/* Last: nothing takes a cancellation back. */
static void cancelled(void **state)
{
  (void)state;
  dc_cancel();
  fail_text(&plain, "id,name\n1,a\n2,b\n", DC_E_CANCELLED);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(views),          cmocka_unit_test(changes),
                                     cmocka_unit_test(standard_input), cmocka_unit_test(damaged_gzip),
                                     cmocka_unit_test(hashes),         cmocka_unit_test(progress_is_told),
                                     cmocka_unit_test(cancelled)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
