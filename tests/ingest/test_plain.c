/* Blocks read at speed: the same table as libcsv's, whatever the text, the chunks, the threads and the instruction set. */
#include "engine/ingest/fields.h"
#include "tests/ingest/loading.h"

#include <dirent.h>
#include <sys/stat.h>

static uint64_t state_of_chance;

static uint32_t chance(uint32_t below)
{
  state_of_chance ^= state_of_chance << 13;
  state_of_chance ^= state_of_chance >> 7;
  state_of_chance ^= state_of_chance << 17;
  return (uint32_t)(state_of_chance >> 32) % below;
}

/* Bits by the definition. */
static uint64_t bits_of(const char *text, char byte)
{
  uint64_t bits = 0;
  for (int i = 0; i < 64; i++) bits |= (uint64_t)(text[i] == byte) << i;
  return bits;
}

static void check_spread(const dc_scanner *s, const uint64_t *bits, uint32_t base)
{
  uint32_t *found = malloc((DC_SCAN_BYTES + DC_SPREAD_SLACK) * sizeof *found), *next = found;
  assert_non_null(found);
  uint32_t *end = s->spread(bits, DC_SCAN_WORDS, base, found);
  uint64_t n = 0;
  for (uint32_t i = 0; i < DC_SCAN_BYTES; i++) {
    if (!(bits[i / 64] >> (i % 64) & 1)) continue;
    assert_int_equal(*next++, base + i);
    n++;
  }
  assert_ptr_equal(next, end);
  assert_int_equal(s->count(bits, DC_SCAN_WORDS), n);
  free(found);
}

static void check_enclose(const dc_scanner *s, const uint64_t *quote, uint64_t carry)
{
  uint64_t inside[DC_SCAN_WORDS], before = carry;
  s->enclose(quote, DC_SCAN_WORDS, &carry, inside);
  bool in = before != 0;
  for (int i = 0; i < DC_SCAN_BYTES; i++) {
    in ^= quote[i / 64] >> (i % 64) & 1;
    assert_int_equal(inside[i / 64] >> (i % 64) & 1, in);
  }
  assert_true(carry == (in ? ~(uint64_t)0 : 0));
}

static void scanners_agree(void **state)
{
  (void)state;
  size_t n = 0;
  for (const dc_scanner *s; (s = dc_scanner_get(n)) != NULL; n++) {
    state_of_chance = 88172645463325252u;
    for (int round = 0; round < 40; round++) {
      static const char rare[] = "\",\n\r\t\x01\x7f;a";
      char text[DC_SCAN_BYTES];
      for (int i = 0; i < DC_SCAN_BYTES; i++)
        text[i] = chance(4) < (uint32_t)round % 4 ? (char)(32 + chance(224)) : rare[chance(round % 2 ? 5 : 9)];
      dc_marks m;
      s->mark(text, ',', &m);
      bool control = false;
      uint64_t quotes = 0, returns = 0;
      for (size_t w = 0; w < DC_SCAN_WORDS; w++) {
        const char *word = text + 64 * w;
        assert_true(m.quote[w] == bits_of(word, '"') && m.delimiter[w] == bits_of(word, ','));
        assert_true(m.lf[w] == bits_of(word, '\n') && m.cr[w] == bits_of(word, '\r'));
        quotes |= m.quote[w];
        returns |= m.cr[w];
        control |= dc_has_control(word, 64);
      }
      assert_int_equal(m.any_control != 0, control);
      assert_int_equal(m.any_quote != 0, quotes != 0);
      assert_int_equal(m.any_cr != 0, returns != 0);
      check_spread(s, m.delimiter, (uint32_t)round * 1000);
      check_spread(s, m.lf, 0);
      check_enclose(s, m.quote, round % 2 ? ~(uint64_t)0 : 0);
    }
    print_message("scanner %s: 40 texts\n", s->name);
  }
  assert_true(n >= 1);
}

/* What happened in all comparisons so far. */
typedef struct tally {
  int64_t files, loaded, rows, at_speed;
} tally;

/* libcsv alone in one thread, against the scanners from `first` on in as many as requested. */
static void compare(const dc_load_request *request, size_t chunk, size_t first, tally *t)
{
  dc_load *reference = NULL;
  dc_error error, again;
  memset(&error, 0, sizeof error);
  dc_load_request one = *request;
  one.threads = 1;
  dc_load_tuning tuning = {.chunk_bytes = chunk};
  dc_status expected = dc_load_csv_tuned(&one, &tuning, &reference, &error);
  t->files++;
  for (size_t k = first; dc_scanner_get(k); k++) {
    dc_load *load = NULL;
    memset(&again, 0, sizeof again);
    tuning.scanner = dc_scanner_get(k);
    one.threads = request->threads;
    dc_status status = dc_load_csv_tuned(&one, &tuning, &load, &again);
    if (status != expected || strcmp(error.message, again.message) != 0 || error.line != again.line)
      fail_msg("%s: %s: '%s' line %lld, but libcsv '%s' line %lld", request->paths[0], tuning.scanner->name,
               again.message, (long long)again.line, error.message, (long long)error.line);
    if (status != DC_OK) continue;
    check_equal(reference, load, true);
    if (k == first) {
      t->loaded++;
      t->rows += (int64_t)load->table->rows;
      t->at_speed += load->at_speed;
    }
    dc_load_free(load);
  }
  dc_load_free(reference);
}

static void tell(const char *what, const tally *t)
{
  print_message("%s: %lld texts, %lld loaded, all equal; %lld rows, %lld of them at speed\n", what, (long long)t->files,
                (long long)t->loaded, (long long)t->rows, (long long)t->at_speed);
}

static void walk(const char *folder, tally *t)
{
  enum { SMALL = 1 << 16 };
  size_t best = 0;
  while (dc_scanner_get(best + 1)) best++;
  DIR *directory = opendir(folder);
  if (!directory) fail_msg("cannot open %s", folder);
  for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    char *path = malloc(strlen(folder) + strlen(entry->d_name) + 2);
    assert_non_null(path);
    sprintf(path, "%s/%s", folder, entry->d_name);
    struct stat info;
    size_t n = strlen(path);
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
      walk(path, t);
    } else if (n > 4 && (strcmp(path + n - 4, ".csv") == 0 || strcmp(path + n - 4, ".tsv") == 0 ||
                         strcmp(path + n - 4, ".txt") == 0 || strcmp(path + n - 3, ".gz") == 0)) {
      const char *paths[] = {path};
      dc_load_request request = {.paths = paths, .n_paths = 1, .threads = 2};
      compare(&request, 0, info.st_size < SMALL ? 0 : best, t);
      if (info.st_size < SMALL) compare(&request, 512, best, t);
    }
    free(path);
  }
  closedir(directory);
}

static void suites(void **state)
{
  (void)state;
  static const char *const variables[] = {"DEALCAST_SUITES", "DEALCAST_DATASETS"};
  for (int v = 0; v < 2; v++) {
    const char *folder = getenv(variables[v]);
    tally t = {0};
    if (!folder) {
      if (getenv("DEALCAST_REQUIRE_DATA")) fail_msg("$%s is not set", variables[v]);
      print_message("skipped: $%s not set\n", variables[v]);
      continue;
    }
    walk(folder, &t);
    tell(variables[v], &t);
    assert_true(t.loaded > 0 && t.at_speed > 0);
  }
}

static const char *const plain_cells[] = {
    "1",    "0",   "27",         "-3.50",      "13763.61",   "123456789.25", "0.232", "",
    "99.9", "007", "1e3",        "EMEA",       "Won",        "Lost",         "APAC",  "x",
    "a b",  "NA",  "2021-03-04", "2020-02-29", "2021-02-29", "1999-12-31"};
static const char *const odd_cells[] = {"\"a,b\"",
                                        "\"say \"\"no\"\"\"",
                                        "\"two\nlines\"",
                                        " 12 ",
                                        "\t7",
                                        "\"\"",
                                        "\" q \"",
                                        "a\"b",
                                        "\"c\"d",
                                        "\"\r\n\"",
                                        "1,234",
                                        "$5",
                                        "(5)",
                                        "03/04/2021",
                                        "\xC3\xA9t\xC3\xA9",
                                        "12345678901234567890",
                                        ".5",
                                        "5.",
                                        "-",
                                        "\x01",
                                        "2021-03-04 05:06",
                                        "\"open",
                                        "a word that is longer than sixteen bytes",
                                        "--5",
                                        "1.2.3",
                                        "0.1234567890123456"};

static size_t add_text(char *text, size_t n, const char *more)
{
  size_t length = strlen(more);
  memcpy(text + n, more, length);
  return n + length;
}

/* A table with mostly plain cells, each column of one kind, and now and then something odd. */
static size_t make_table(char *text, size_t rows)
{
  size_t columns = 1 + chance(6), n = 0;
  const char *end = chance(4) ? "\n" : "\r\n";
  static const char delimiters[] = ",,,;\t|";
  char delimiter = delimiters[chance(6)];
  uint32_t odd = chance(3) ? 40 + chance(400) : 100000, kind[8];
  for (size_t c = 0; c < columns; c++) {
    kind[c] = chance(5);
    n += (size_t)sprintf(text + n, "%sc%zu", c ? (char[]){delimiter, 0} : "", c);
  }
  if (!chance(8)) text[n++] = delimiter; /* a last column without a name */
  n = add_text(text, n, end);
  for (size_t r = 0; r < rows; r++) {
    size_t fields = chance(odd) ? columns : chance((uint32_t)columns + 2);
    for (size_t c = 0; c < fields; c++) {
      if (c) text[n++] = delimiter;
      const char *cell =
          plain_cells[kind[c % 8] < 4 ? kind[c % 8] * 5 + chance(5) : chance(sizeof plain_cells / sizeof *plain_cells)];
      if (!chance(odd)) cell = odd_cells[chance(sizeof odd_cells / sizeof *odd_cells)];
      n = add_text(text, n, cell);
    }
    if (r + 1 < rows || chance(3)) n = add_text(text, n, chance(odd) ? end : chance(2) ? "\n\n" : "\r");
  }
  return n;
}

static dc_type expect(void *context, const char *name)
{
  return (dc_type)((*(const uint32_t *)context + (unsigned char)name[1]) % 6);
}

/* $DEALCAST_FUZZ_TEXTS of them; 4,000 unless told. */
static void fuzzed(void **state)
{
  (void)state;
  enum { ROWS = 4000, CELL = 64 };
  const char *asked = getenv("DEALCAST_FUZZ_TEXTS");
  long texts = asked ? atol(asked) : 4000;
  char *text = malloc((size_t)ROWS * 8 * CELL), *folder = check_folder();
  assert_non_null(text);
  tally t = {0};
  long many = 0;
  while (dc_scanner_get((size_t)many)) many++;
  for (long k = 0; k < texts; k++) {
    state_of_chance = (uint64_t)(k + 1) * 0x9E3779B97F4A7C15u;
    chance(2);
    size_t rows = k % 500 == 499 ? ROWS : 1 + chance(60), n = make_table(text, rows);
    char *path = file_of(folder, "fuzz.csv", text, n);
    const char *paths[] = {path};
    uint32_t turn = chance(6);
    dc_load_request request = {.paths = paths, .n_paths = 1, .threads = 1 + (int)(k % 32 == 31), .context = &turn};
    request.strict = !chance(9);
    if (chance(2)) request.expect = expect;
    static const size_t chunks[] = {0, 64, 200, 1000};
    compare(&request, chunks[k % 4], (size_t)(k % many), &t);
    assert_int_equal(remove(path), 0);
    free(path);
  }
  assert_int_equal(rmdir(folder), 0);
  free(folder);
  free(text);
  tell("fuzzed", &t);
  assert_int_equal(t.files, texts);
  assert_true(t.loaded > texts / 4 && t.at_speed * 2 > t.rows);
}

/* A word of up to `most` bytes, often the same: of few letters, a quote and a blank among them. */
static size_t make_word(char *text, uint32_t word, size_t most)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz\xC3\xA9"
                                "ABCDE!'\" 0123456789";
  uint64_t before = state_of_chance;
  state_of_chance = (word + 1) * 0x9E3779B97F4A7C15u;
  size_t n = chance(2) ? chance((uint32_t)most + 1) : chance(18);
  bool odd = !chance(8);
  for (size_t i = 0; i < n; i++) text[i] = letters[chance(odd ? sizeof letters - 1 : 26)];
  state_of_chance = before;
  return n;
}

/* As a cell: as it is where that may be, or in quotes; now and then with blanks around. */
static size_t add_word(char *text, size_t n, const char *word, size_t length)
{
  bool quoted = memchr(word, '"', length) || !chance(6);
  if (!quoted && !chance(30)) text[n++] = ' ';
  if (quoted) text[n++] = '"';
  if (!chance(30)) text[n++] = ' ';
  for (size_t i = 0; i < length; i++) {
    text[n++] = word[i];
    if (word[i] == '"') text[n++] = '"';
  }
  if (!chance(30)) text[n++] = '\t';
  if (quoted) text[n++] = '"';
  return n;
}

static dc_type only_words(void *context, const char *name)
{
  (void)context;
  (void)name;
  return DC_TYPE_CATEGORY;
}

/* Categories of a few words up to thousands, of every length around those that are looked up at once. */
static void words(void **state)
{
  (void)state;
  enum { TEXTS = 40, ROWS = 2000, COLUMNS = 4, MOST = 40 };
  static const uint32_t vocabulary[] = {1, 2, 5, 9, 10, 11, 30, 300, 5000};
  char *text = malloc((size_t)ROWS * COLUMNS * (2 * MOST + 8)), *folder = check_folder();
  assert_non_null(text);
  tally t = {0};
  for (uint32_t k = 0; k < TEXTS; k++) {
    state_of_chance = (uint64_t)(k + 1) * 0x9E3779B97F4A7C15u;
    const char *end = k % 3 ? "\n" : "\r\n";
    size_t n = add_text(text, (size_t)sprintf(text, "a,b,c,d"), end);
    uint32_t many[COLUMNS];
    for (size_t c = 0; c < COLUMNS; c++) many[c] = vocabulary[chance(sizeof vocabulary / sizeof *vocabulary)];
    for (size_t r = 0; r < ROWS; r++) {
      for (size_t c = 0; c < COLUMNS; c++) {
        char word[MOST];
        if (c) text[n++] = ',';
        n = add_word(text, n, word, make_word(word, chance(many[c]) + k * 10000 + (uint32_t)c * 100000, MOST));
      }
      n = add_text(text, n, end);
    }
    char *path = file_of(folder, "words.csv", text, n);
    const char *paths[] = {path};
    dc_load_request request = {.paths = paths, .n_paths = 1, .threads = 1 + (int)(k % 2), .expect = only_words};
    compare(&request, k % 4 ? 0 : 4096, 0, &t);
    assert_int_equal(remove(path), 0);
    free(path);
  }
  assert_int_equal(rmdir(folder), 0);
  free(folder);
  free(text);
  tell("words", &t);
  assert_true(t.loaded * 10 > TEXTS * 9 && t.at_speed * 10 > t.rows * 9);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(scanners_agree), cmocka_unit_test(suites),
                                     cmocka_unit_test(fuzzed), cmocka_unit_test(words)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
