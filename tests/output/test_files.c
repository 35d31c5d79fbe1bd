#include "engine/base/progress.h"
#include "engine/output/file.h"
#include "engine/output/write.h"
#include "tests/check.h"
#include "tests/output/sample.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <signal.h>

static void put_file(const char *path, const char *text)
{
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static void expect_file(const char *path, const char *expected)
{
  char *text = read_whole(path);
  assert_string_equal(text, expected);
  free(text);
}

static dc_write_options csv_to(const char *path)
{
  return (dc_write_options){.format = DC_FORMAT_CSV, .table = "names", .path = path};
}

static void replaces_a_file_and_keeps_its_permissions(void **state)
{
  (void)state;
  dc_error error;
  struct stat found;
  char *folder = check_folder(), *path = path_in(folder, "out.csv");
  dc_result *result = sample_result("new");
  put_file(path, "old");
  assert_int_equal(chmod(path, 0640), 0);
  dc_write_options options = csv_to(path);
  check_ok(dc_write_result(result, &options, &error), &error);
  expect_file(path, "name\nnew\n");
  assert_int_equal(stat(path, &found), 0);
  assert_int_equal(found.st_mode & 0777, 0640);
  assert_int_equal(count_files(folder), 1);
  dc_result_free(result);
  free(path);
  remove_folder(folder);
}

static void follows_a_link(void **state)
{
  (void)state;
  dc_error error;
  struct stat found;
  char *folder = check_folder(), *path = path_in(folder, "real.csv"), *link = path_in(folder, "link.csv");
  dc_result *result = sample_result("new");
  put_file(path, "old");
  assert_int_equal(symlink("real.csv", link), 0);
  dc_write_options options = csv_to(link);
  check_ok(dc_write_result(result, &options, &error), &error);
  expect_file(path, "name\nnew\n");
  assert_int_equal(lstat(link, &found), 0);
  assert_true(S_ISLNK(found.st_mode));
  dc_result_free(result);
  free(path);
  free(link);
  remove_folder(folder);
}

/* Until the commit the old file is there whole, and an end before it leaves no trace. */
static void old_file_until_the_commit(void **state)
{
  (void)state;
  dc_error error;
  char *folder = check_folder(), *path = path_in(folder, "out");
  dc_file *file = NULL;
  put_file(path, "old");
  check_ok(dc_file_open(path, &file, &error), &error);
  dc_sink_text(dc_file_sink(file), "new");
  check_ok(dc_file_finish(file, &error), &error);
  expect_file(path, "old");
  assert_int_equal(count_files(folder), 2);
  dc_file_free(file);
  expect_file(path, "old");
  assert_int_equal(count_files(folder), 1);
  check_ok(dc_file_open(path, &file, &error), &error);
  dc_write_abort();
  assert_int_equal(count_files(folder), 1);
  dc_file_free(file);
  check_ok(dc_file_open(path, &file, &error), &error);
  dc_sink_text(dc_file_sink(file), "new");
  check_ok(dc_file_finish(file, &error), &error);
  check_ok(dc_file_commit(file, &error), &error);
  expect_file(path, "new");
  dc_file_free(file);
  expect_file(path, "new");
  free(path);
  remove_folder(folder);
}

/* A limit on the size of files stands for the full disk: the old output stays, nothing else is left. */
static void full_disk_leaves_the_old_file(void **state)
{
  (void)state;
  dc_error error;
  char *folder = check_folder(), *path = path_in(folder, "out");
  char *long_text = calloc(1, 200001);
  assert_non_null(long_text);
  memset(long_text, 'x', 200000);
  dc_result *result = sample_result(long_text);
  put_file(path, "old");
  struct rlimit before, small;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = 100000;
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  dc_write_options options = csv_to(path);
  dc_status status = dc_write_result(result, &options, &error);
  setrlimit(RLIMIT_FSIZE, &before);
  check_fails(status, DC_E_SYSTEM, &error);
  assert_int_equal(dc_exit_code(status), 5);
  expect_file(path, "old");
  assert_int_equal(count_files(folder), 1);
  dc_result_free(result);
  free(long_text);
  free(path);
  remove_folder(folder);
}

static void full_device(void **state)
{
  (void)state;
  dc_error error;
  if (access("/dev/full", W_OK) != 0) return;
  dc_result *result = sample_result("x");
  dc_write_options options = csv_to("/dev/full");
  check_fails(dc_write_result(result, &options, &error), DC_E_SYSTEM, &error);
  assert_string_equal(error.file, "/dev/full");
  options.path = "/dev/null";
  check_ok(dc_write_result(result, &options, &error), &error);
  dc_result_free(result);
}

static void checks_before_any_work(void **state)
{
  (void)state;
  dc_error error;
  char *folder = check_folder(), *path = path_in(folder, "file"), *below = path_in(path, "out"),
       *missing = path_in(folder, "no/out"), *made = path_in(folder, "made");
  put_file(path, "old");
  dc_write_options options = csv_to(path);
  check_ok(dc_write_check(&options, &error), &error);
  options.path = missing;
  check_fails(dc_write_check(&options, &error), DC_E_SYSTEM, &error);
  options.path = below;
  check_fails(dc_write_check(&options, &error), DC_E_SYSTEM, &error);
  options.path = folder;
  check_fails(dc_write_check(&options, &error), DC_E_SYSTEM, &error);
  options.path = "";
  check_fails(dc_write_check(&options, &error), DC_E_SYSTEM, &error);
  dc_write_options folders = {.format = DC_FORMAT_JSON, .out_dir = path};
  check_fails(dc_write_check(&folders, &error), DC_E_SYSTEM, &error);
  folders.out_dir = missing;
  check_fails(dc_write_check(&folders, &error), DC_E_SYSTEM, &error);
  folders.out_dir = made;
  check_ok(dc_write_check(&folders, &error), &error);
  expect_file(path, "old");
  free(path);
  free(below);
  free(missing);
  free(made);
  remove_folder(folder);
}

/* FNV-1a of the bytes of a file, by the definition. */
static uint64_t hash_of(const char *text)
{
  uint64_t hash = 14695981039346656037u;
  for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 1099511628211u;
  return hash;
}

static void a_folder_of_tables(void **state)
{
  (void)state;
  dc_error error;
  char line[160];
  char *folder = check_folder(), *names = path_in(folder, "names.json"), *run = path_in(folder, "run.json");
  dc_result *result = sample_result("a");
  dc_write_options options = {.format = DC_FORMAT_TERMINAL, .out_dir = folder};
  check_ok(dc_write_result(result, &options, &error), &error);
  assert_int_equal(count_files(folder), 3);
  expect_file(names, "[\n{\"name\":\"a\"}\n]\n");
  char *text = read_whole(run);
  snprintf(line, sizeof line,
           "{\"table\":\"names\",\"file\":\"names.json\",\"rows\":1,\"bytes\":17,\"fnv1a64\":\"%016llx\"}",
           (unsigned long long)hash_of("[\n{\"name\":\"a\"}\n]\n"));
  assert_non_null(strstr(text, line));
  assert_null(strstr(text, "\"tables\""));
  free(text);
  dc_result_free(result);
  free(names);
  free(run);
  remove_folder(folder);
}

/* All or nothing: the second table cannot be written, so the first stays the old one too. */
static void a_folder_is_replaced_whole(void **state)
{
  (void)state;
  dc_error error;
  char *folder = check_folder(), *values = path_in(folder, "values.json"), *names = path_in(folder, "names.json");
  dc_result *result = sample_result("a");
  put_file(values, "old");
  assert_int_equal(mkdir(names, 0777), 0);
  dc_write_options options = {.format = DC_FORMAT_JSON, .out_dir = folder};
  check_fails(dc_write_result(result, &options, &error), DC_E_SYSTEM, &error);
  expect_file(values, "old");
  assert_int_equal(count_files(folder), 2);
  dc_result_free(result);
  free(values);
  free(names);
  remove_folder(folder);
}

/* Runs last: the flag stays set. */
static void stops_when_asked_to(void **state)
{
  (void)state;
  dc_error error;
  char *folder = check_folder(), *path = path_in(folder, "out");
  dc_result *result = sample_result("a");
  dc_cancel();
  dc_write_options options = csv_to(path);
  check_fails(dc_write_result(result, &options, &error), DC_E_CANCELLED, &error);
  assert_int_equal(count_files(folder), 0);
  dc_result_free(result);
  free(path);
  remove_folder(folder);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(replaces_a_file_and_keeps_its_permissions),
                                     cmocka_unit_test(follows_a_link),
                                     cmocka_unit_test(old_file_until_the_commit),
                                     cmocka_unit_test(full_disk_leaves_the_old_file),
                                     cmocka_unit_test(full_device),
                                     cmocka_unit_test(checks_before_any_work),
                                     cmocka_unit_test(a_folder_of_tables),
                                     cmocka_unit_test(a_folder_is_replaced_whole),
                                     cmocka_unit_test(stops_when_asked_to)};
  return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
