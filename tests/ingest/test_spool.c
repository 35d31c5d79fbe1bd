/* Packed texts, texts too large for memory, and UTF-8 cut anywhere. */
#include "engine/ingest/encoding.h"
#include "engine/ingest/utf8.h"
#include "tests/ingest/loading.h"

#include <zlib.h>
#include <zstd.h>

static const loading plain;

static char *pack_zst(const char *text, size_t length, size_t *packed)
{
  size_t room = ZSTD_compressBound(length);
  char *out = malloc(room);
  assert_non_null(out);
  *packed = ZSTD_compress(out, room, text, length, 3);
  assert_false(ZSTD_isError(*packed));
  return out;
}

/* A text of numbered lines. */
static char *numbered(size_t lines, size_t *length)
{
  char *text = malloc(lines * 32 + 32);
  assert_non_null(text);
  size_t n = (size_t)sprintf(text, "id,amount\n");
  for (size_t i = 0; i < lines; i++) n += (size_t)sprintf(text + n, "D%zu,%zu\n", i, i * 2654435761u % 100000);
  *length = n;
  return text;
}

static void zst(void **state)
{
  (void)state;
  size_t length, first, second;
  char *text = numbered(20000, &length), *a = pack_zst(text, length / 2, &first),
       *b = pack_zst(text + length / 2, length - length / 2, &second);
  char *both = malloc(first + second + 64);
  assert_non_null(both);
  memcpy(both, a, first);
  memcpy(both + first, b, second);
  memset(both + first + second, 0, 64);
  dc_load *l = load_bytes(&plain, text, length);
  dc_load *two = load_bytes(&plain, both, first + second);
  check_equal(l, two, false);
  assert_int_equal(two->inputs[0].bytes, first + second);
  dc_load *padded = load_bytes(&plain, both, first + second + 64);
  check_equal(l, padded, false);
  for (size_t keep = 5; keep < first + second; keep += (first + second) / 7) {
    if (keep == first) continue;
    dc_error e = fail_bytes(&plain, both, keep, DC_E_INPUT);
    assert_non_null(strstr(e.message, "zstd file is damaged"));
  }
  both[first] ^= 0x55;
  fail_bytes(&plain, both, first + second, DC_E_INPUT);
  both[first] ^= 0x55;
  memcpy(both + first + second, "trailing", 8);
  fail_bytes(&plain, both, first + second + 8, DC_E_INPUT);
  dc_load_free(l);
  dc_load_free(two);
  dc_load_free(padded);
  free(text);
  free(a);
  free(b);
  free(both);
}

/* Beyond what is kept in memory a temporary file holds the text; it is the same text, and no name is left. */
static void spilled(void **state)
{
  (void)state;
  size_t length, packed;
  char *text = numbered(2600000, &length), *zst_bytes = pack_zst(text, length, &packed);
  assert_true(length > DC_SPOOL_BYTES);
  char *folder = check_folder(), *temporaries = check_folder(),
       *path = file_of(folder, "big.csv.zst", zst_bytes, packed);
  const char *old = getenv("TMPDIR");
  char *kept = old ? strdup(old) : NULL;
  setenv("TMPDIR", temporaries, 1);
  dc_source *source = NULL;
  dc_error error;
  dc_buffer buffer = {NULL, 0};
  const char *view;
  check_ok(dc_source_open(path, &source, &error), &error);
  assert_int_equal(dc_source_size(source), length);
  for (uint64_t at = 0; at < length; at += 999983) {
    uint64_t to = length - at < 5000 ? length : at + 5000;
    check_ok(dc_source_view(source, at, to, &buffer, &view, &error), &error);
    assert_memory_equal(view, text + at, (size_t)(to - at));
  }
  dc_source_free(source);
  assert_int_equal(rmdir(temporaries), 0); /* which is empty */
  check_fails(dc_source_open(path, &source, &error), DC_E_SYSTEM, &error);
  assert_non_null(strstr(error.message, "TMPDIR"));
  if (kept)
    setenv("TMPDIR", kept, 1);
  else
    unsetenv("TMPDIR");
  dc_buffer_free(&buffer);
  remove(path);
  rmdir(folder);
  free(kept);
  free(path);
  free(folder);
  free(temporaries);
  free(text);
  free(zst_bytes);
}

/* A packed file that changes after it was unpacked, and a transcoded one. */
static void changes(void **state)
{
  (void)state;
  size_t packed;
  char *zst_bytes = pack_zst("id,a\n1,2\n", 9, &packed);
  static const char latin[] = "id,a\n1,M\xFCller\n";
  const struct {
    const char *name, *bytes;
    size_t length;
  } files[] = {{"c.csv.zst", zst_bytes, packed}, {"c.csv", latin, sizeof latin - 1}};
  for (size_t k = 0; k < 2; k++) {
    char *folder = check_folder(), *path = file_of(folder, files[k].name, files[k].bytes, files[k].length);
    char name[DC_ENCODING_NAME_BYTES];
    dc_source *source = NULL;
    dc_error error;
    check_ok(dc_source_open(path, &source, &error), &error);
    check_ok(dc_encoding_settle(source, NULL, name, &error), &error);
    check_ok(dc_source_unchanged(source, &error), &error);
    assert_int_equal(truncate(path, 5), 0);
    check_fails(dc_source_unchanged(source, &error), DC_E_INPUT, &error);
    dc_source_free(source);
    remove(path);
    rmdir(folder);
    free(path);
    free(folder);
  }
  free(zst_bytes);
}

/* The hash is that of the stored bytes, whatever the text is made of them, trimmed or rewritten. */
static void stored_hash(void **state)
{
  (void)state;
  static const char *const texts[] = {"id,a\n1,M\xFCller\n2,x\n", "id,a,b\n1,2,3\n\nConfidential\n",
                                      "'id','a'\n'1','2'\n'3','4'\n"};
  for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
    dc_load *l = load_text(&plain, texts[k]);
    char expected[17];
    snprintf(expected, sizeof expected, "%016llx",
             (unsigned long long)dc_hash_join(0, dc_hash_stored(texts[k], strlen(texts[k]))));
    assert_string_equal(l->inputs[0].hash, expected);
    assert_int_equal(l->inputs[0].bytes, strlen(texts[k]));
    dc_load_free(l);
  }
}

static const struct {
  const char *text;
  size_t length;
  bool valid;
} samples[] = {
    {"plain ASCII that is longer than four words of it, and then some", 63, true},
    {"\xC3\xA9\xE4\xBA\xAC\xF0\x9F\x98\x80", 9, true},
    {"\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\xC2\x80\xE0\xA0\x80\xF0\x90\x80\x80", 19, true},
    {"\xC0\xAF", 2, false},
    {"\xE0\x9F\xBF", 3, false},
    {"\xED\xA0\x80", 3, false},
    {"\xF0\x8F\xBF\xBF", 4, false},
    {"\xF4\x90\x80\x80", 4, false},
    {"\xF5\x80\x80\x80", 4, false},
    {"a\x80", 2, false},
    {"\xE4\xBA", 2, false},
    {"\xFF", 1, false},
};

/* Any two or three stretches of a text say what the whole does. */
static void utf8(void **state)
{
  (void)state;
  for (size_t k = 0; k < sizeof samples / sizeof *samples; k++) {
    const char *t = samples[k].text;
    size_t n = samples[k].length;
    assert_true(dc_utf8_valid(t, n) == samples[k].valid);
    for (size_t cut = 0; cut <= n; cut++) {
      size_t rest = n - cut;
      dc_utf8 a = dc_utf8_judge(t, cut, rest < 3 ? rest : 3, true), b = dc_utf8_judge(t + cut, rest, 0, cut == 0);
      bool valid = a.bad == cut && b.bad == rest && (cut == 0 || a.over == b.lead) && (cut > 0 || b.lead == 0);
      if (rest == 0) valid = a.bad == cut && a.over == 0;
      if (valid != samples[k].valid) fail_msg("sample %zu cut at %zu is %s", k, cut, valid ? "valid" : "invalid");
    }
  }
}

/* A file that stops to be UTF-8 where chunks meet. */
static void late_bytes(void **state)
{
  (void)state;
  for (size_t pad = 0; pad < 12; pad++) {
    char text[64];
    size_t n = (size_t)sprintf(text, "id,a\n1,%.*s", (int)pad, "xxxxxxxxxxxx");
    n += (size_t)sprintf(text + n, "M\xC3\xBCller \xE4\xBA\xAC\n2,\xC3\xA9\n3,b\n");
    for (size_t chunk = 1; chunk < 12; chunk++) {
      loading how = {.threads = 2, .chunk = chunk};
      dc_load *l = load_bytes(&how, text, n);
      assert_string_equal(l->inputs[0].encoding, "UTF-8");
      assert_int_equal(l->table->rows, 3);
      dc_load_free(l);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(zst),     cmocka_unit_test(spilled),
                                     cmocka_unit_test(changes), cmocka_unit_test(stored_hash),
                                     cmocka_unit_test(utf8),    cmocka_unit_test(late_bytes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
