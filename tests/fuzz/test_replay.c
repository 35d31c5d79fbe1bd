/* The fuzz targets in short: what once crashed others, and mutations made by a counter, DEALCAST_MUTATIONS of them. */
#define LLVMFuzzerTestOneInput fuzz_csv_one
#include "tests/fuzz/fuzz_csv.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_config_one
#include "tests/fuzz/fuzz_config.c"
#undef LLVMFuzzerTestOneInput

#define LLVMFuzzerTestOneInput fuzz_model_one
#include "tests/fuzz/fuzz_model.c"
#undef LLVMFuzzerTestOneInput

#include "engine/base/random.h"
#include "tests/check.h"

#include <dirent.h>
#include <sys/stat.h>

enum { MUTATIONS = 10000, MOST_EDITS = 6, CONFIG_MUTATIONS = 10000, MODEL_MUTATIONS = 10000, MOST_BYTES = 1 << 20 };

typedef int target(const uint8_t *data, size_t size);

static char *bytes_of(const char *path, size_t *size)
{
  FILE *file = fopen(path, "rb");
  char *bytes = malloc(MOST_BYTES);
  assert_non_null(file);
  assert_non_null(bytes);
  *size = fread(bytes, 1, MOST_BYTES, file);
  fclose(file);
  return bytes;
}

static void replay(const char *folder, target *one, size_t *count)
{
  DIR *directory = opendir(folder);
  assert_non_null(directory);
  for (struct dirent *entry; (entry = readdir(directory));) {
    char path[5000];
    struct stat st;
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    assert_int_equal(stat(path, &st), 0);
    if (S_ISDIR(st.st_mode)) {
      replay(path, one, count);
      continue;
    }
    if (st.st_size >= MOST_BYTES) continue;
    size_t size;
    char *bytes = bytes_of(path, &size);
    one((const uint8_t *)bytes, size);
    free(bytes);
    ++*count;
  }
  closedir(directory);
}

static void crashers(void **state)
{
  (void)state;
  static const char *const names[] = {"duckdb-csv/data/csv/afl", "duckdb-csv/data/csv/fuzzing",
                                      "arrow-testing-csv/data", "libcsv-tests", "csv-test-data/csv"};
  size_t count = 0;
  replay("tests/fuzz/seeds/csv", fuzz_csv_one, &count);
  replay("tests/fuzz/seeds/config", fuzz_config_one, &count);
  replay("tests/fuzz/seeds/model", fuzz_model_one, &count);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    char folder[4096];
    const char *found = check_data("DEALCAST_SUITES", names[i]);
    if (!found) continue;
    strcpy(folder, found);
    replay(folder, fuzz_csv_one, &count);
  }
  if (count) print_message("%zu files replayed\n", count);
}

static const char *const seeds[] = {
    "id,stage,amount,created,closed\n1,Won,100,2024-01-10,2024-02-20\n2,Lost,60.5,2024-02-03,2024-03-10\n3,Open,,2024-02-03,\n",
    "id;name;n\r\n1;\"a;b\";1\r\n2;\"c\"\"d\";2\r\n3;\"e\nf\";3\r\n",
    "a\tb\n1\t2\n\n3\t4\n",
    "x,y\n\"1\",\"2\"\n\"3\",\"4\"\n\"\",\"\"\n5,6",
    "\xEF\xBB\xBFid,when\n1,2024-01-31T10:00:00Z\n2,31/01/2024\n3,NA\n",
    "id,text\r1,\"two\r\nlines\"\r2,\"three\n\nlines\"\r\n"};

static size_t mutate(char *text, size_t length, size_t most, uint64_t number)
{
  static const char bytes[] = ",;\t|\"\"\"\n\r\n\r 0129-./aZ\\\0\x01'=";
  uint64_t draw = 0;
  size_t edits = 1 + dc_random_bits(1, number, draw++) % MOST_EDITS;
  for (size_t e = 0; e < edits; e++) {
    uint64_t bits = dc_random_bits(1, number, draw++);
    size_t at = length ? (size_t)(bits >> 32) % length : 0;
    char byte = bytes[(bits >> 8) % (sizeof bytes - 1)];
    if ((bits >> 20) % 200 == 0) byte = '\xE9'; /* rarely: finding an encoding takes its time */
    switch (bits % 4) {
      case 0: /* another byte */
        if (length) text[at] = byte;
        break;
      case 1: /* one more */
        if (length + 1 >= most) break;
        memmove(text + at + 1, text + at, length - at);
        text[at] = byte;
        length++;
        break;
      case 2: /* one less */
        if (!length) break;
        memmove(text + at, text + at + 1, length - at - 1);
        length--;
        break;
      case 3: { /* a piece again */
        size_t n = (size_t)(bits >> 16) % 40;
        if (n > length - at) n = length - at;
        if (length + n >= most) break;
        memmove(text + at + n, text + at, length - at);
        length += n;
        break;
      }
    }
  }
  return length;
}

static void mutations(void **state)
{
  (void)state;
  char text[4096];
  const char *asked = getenv("DEALCAST_MUTATIONS");
  uint64_t most = asked ? strtoull(asked, NULL, 10) : MUTATIONS;
  for (uint64_t i = 0; i < most; i++) {
    const char *seed = seeds[i % (sizeof seeds / sizeof *seeds)];
    size_t length = strlen(seed);
    memcpy(text, seed, length);
    length = mutate(text, length, sizeof text, i);
    fuzz_csv_one((const uint8_t *)text, length);
  }
  print_message("%llu mutations: no row lost, shifted or told of twice\n", (unsigned long long)most);
}

static void configs(void **state)
{
  (void)state;
  static const char seed[] =
      "# all of it\n[columns]\namount = ACV\n[stages]\norder = Demo, Proposal\nwon = Signed; lost = Gone\n"
      "[outcome]\nbooked_at = first\n[calendar]\ntimezone = +02:00\nfiscal_start = 4\n"
      "[currency]\ncode = EUR\n";
  char text[4096];
  for (uint64_t i = 0; i < CONFIG_MUTATIONS; i++) {
    memcpy(text, seed, sizeof seed);
    size_t length = mutate(text, sizeof seed - 1, sizeof text, i);
    fuzz_config_one((const uint8_t *)text, length);
  }
}

static void models(void **state)
{
  (void)state;
  static const char *const names[] = {"tests/fuzz/seeds/model/terms.json", "tests/fuzz/seeds/model/categories.json"};
  for (size_t k = 0; k < 2; k++) {
    size_t size;
    char *seed = bytes_of(names[k], &size), *text = malloc(2 * size);
    assert_non_null(text);
    for (uint64_t i = 0; i < MODEL_MUTATIONS / 2; i++) {
      memcpy(text, seed, size);
      size_t length = mutate(text, size, 2 * size, i);
      fuzz_model_one((const uint8_t *)text, length);
    }
    free(seed);
    free(text);
  }
}

/* Threads that wait for each other busily take minutes where others want the cores, too; the runtime reads this when it
 * is loaded. */
int main(int argc, char **argv)
{
  if (argc && !getenv("OMP_WAIT_POLICY") && setenv("OMP_WAIT_POLICY", "passive", 1) == 0) execv(argv[0], argv);
  const struct CMUnitTest tests[] = {cmocka_unit_test(crashers), cmocka_unit_test(mutations), cmocka_unit_test(configs),
                                     cmocka_unit_test(models)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
