/* Encodings: the CJK pairs and the texts of 33 languages of the suites, and what cannot be told. */
#include "engine/ingest/encoding.h"
#include "engine/ingest/utf8.h"
#include "tests/ingest/loading.h"

#include <ctype.h>
#include <dirent.h>
#include <iconv.h>

typedef struct bytes {
  char *text;
  size_t length;
} bytes;

static bytes read_file(const char *path)
{
  FILE *file = fopen(path, "rb");
  if (!file) fail_msg("cannot open %s", path);
  bytes b = {malloc(1 << 22), 0};
  assert_non_null(b.text);
  b.length = fread(b.text, 1, 1 << 22, file);
  fclose(file);
  return b;
}

/* The text of a file as UTF-8; the status says whether it could be told. */
static dc_status decode(const char *path, const char *asked, bytes *out, char *name, dc_error *error)
{
  dc_source *source = NULL;
  dc_buffer buffer = {NULL, 0};
  memset(error, 0, sizeof *error);
  *out = (bytes){NULL, 0};
  dc_status status = dc_source_open(path, &source, error);
  if (status == DC_OK) status = dc_encoding_settle(source, asked, name, error);
  if (status == DC_OK) {
    const char *view;
    uint64_t from = dc_source_start(source);
    out->length = (size_t)(dc_source_size(source) - from);
    check_ok(dc_source_view(source, from, from + out->length, &buffer, &view, error), error);
    out->text = malloc(out->length + 1);
    assert_non_null(out->text);
    memcpy(out->text, view, out->length);
  }
  dc_buffer_free(&buffer);
  dc_source_free(source);
  return status;
}

/* Bytes of a wide dash and the like are mapped to two code points by different tables: full and half width, and the dashes
 * and bars that look alike, count as equal. */
static void fold(bytes *b)
{
  static const char *const alike[][2] = {{"\xEF\xBD\x9E", "\xE3\x80\x9C"}, {"\xEF\xBC\x8D", "\xE2\x88\x92"},
                                         {"\xE2\x80\x95", "\xE2\x80\x94"}, {"\xE2\x80\xBE", "\xEF\xBF\xA3"},
                                         {"\xC2\xB7", "\xE2\x80\xA7"},     {"\xE2\x88\xA5", "\xE2\x80\x96"}};
  for (size_t i = 0; i + 3 <= b->length; i++)
    for (size_t k = 0; k < sizeof alike / sizeof *alike; k++)
      if (strlen(alike[k][0]) == 3 && memcmp(b->text + i, alike[k][0], 3) == 0) memcpy(b->text + i, alike[k][1], 3);
}

static bool same(bytes a, bytes b)
{
  fold(&a);
  fold(&b);
  return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

static void cjk_pairs(void **state)
{
  (void)state;
  static const struct {
    const char *file, *asked;
  } pairs[] = {{"big5", NULL},          {"big5hkscs", "BIG5-HKSCS"},
               {"cp949", "CP949"},      {"euc_jisx0213", NULL},
               {"euc_jp", NULL},        {"euc_kr", NULL},
               {"gb18030", NULL},       {"gb2312", NULL},
               {"gbk", NULL},           {"hz", NULL},
               {"iso2022_jp", NULL},    {"iso2022_kr", NULL},
               {"johab", NULL},         {"shift_jis", NULL},
               {"shift_jisx0213", NULL}};
  const char *found = check_data("DEALCAST_SUITES", "encodings/cjk-pairs");
  if (!found) return;
  char folder[4096], path[5000], name[DC_ENCODING_NAME_BYTES];
  strcpy(folder, found);
  size_t equal = 0, n = sizeof pairs / sizeof *pairs;
  for (size_t k = 0; k < n; k++) {
    bytes text;
    dc_error error;
    snprintf(path, sizeof path, "%s/%s.txt", folder, pairs[k].file);
    dc_status status = decode(path, pairs[k].asked, &text, name, &error);
    if (status != DC_OK) {
      print_message("%s: %s\n", pairs[k].file, error.message);
      continue;
    }
    snprintf(path, sizeof path, "%s/%s-utf8.txt", folder, pairs[k].file);
    bytes twin = read_file(path);
    if (same(text, twin)) {
      equal++;
    } else {
      size_t i = 0;
      while (i < text.length && i < twin.length && text.text[i] == twin.text[i]) i++;
      print_message("%s as %s: %zu and %zu bytes, differs at %zu: %.20s | %.20s\n", pairs[k].file, name, text.length,
                    twin.length, i, text.text + (i > 3 ? i - 3 : 0), twin.text + (i > 3 ? i - 3 : 0));
    }
    free(text.text);
    free(twin.text);
  }
  print_message("CJK pairs equal to their UTF-8 twin: %zu of %zu\n", equal, n);
  assert_int_equal(equal, n);
}

/* What iconv makes of a file whose encoding is in its name. */
static bytes expected(const char *path, const char *encoding)
{
  bytes in = read_file(path), out = {malloc(1 << 22), 0};
  assert_non_null(out.text);
  iconv_t how = iconv_open("UTF-8", encoding);
  if (how == (iconv_t)-1) fail_msg("iconv does not know %s", encoding);
  char *from = in.text, *to = out.text;
  size_t left = in.length, room = 1 << 22;
  while (left && iconv(how, &from, &left, &to, &room) == (size_t)-1 && left) {
    from++; /* some of the texts have a byte that is not in their encoding */
    left--;
  }
  (void)iconv(how, NULL, NULL, &to, &room);
  iconv_close(how);
  out.length = (size_t)(to - out.text);
  if (out.length >= 3 && memcmp(out.text, "\xEF\xBB\xBF", 3) == 0) memmove(out.text, out.text + 3, out.length -= 3);
  free(in.text);
  return out;
}

static const char *iconv_name(const char *encoding)
{
  static const struct {
    const char *name, *iconv;
  } names[] = {{"mac-centraleurope", "MAC-CENTRALEUROPE"},
               {"mac-cyrillic", "MAC-CYRILLIC"},
               {"utf-16", "UTF-16"},
               {"ascii", "UTF-8"},
               {"shift_jis", "CP932"},
               {"big5", "CP950"},
               {"euc-kr", "CP949"},
               {"utf-32", "UTF-32"}};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++)
    if (strcmp(names[k].name, encoding) == 0) return names[k].iconv;
  return encoding;
}

typedef struct tally {
  size_t files, right, refused, wrong;
} tally;

static void one_text(const char *folder, const char *language, const char *file, tally *t)
{
  char path[9000], encoding[64], name[DC_ENCODING_NAME_BYTES];
  dc_error error;
  bytes text;
  snprintf(encoding, sizeof encoding, "%.60s", file);
  *strrchr(encoding, '.') = 0;
  snprintf(path, sizeof path, "%s/%s/%s", folder, language, file);
  t->files++;
  if (decode(path, NULL, &text, name, &error) != DC_OK) {
    print_message("  told apart by nothing: %s/%s: %s\n", language, file, error.message);
    t->refused++;
    return;
  }
  bytes wanted = expected(path, iconv_name(encoding));
  if (same(text, wanted)) {
    t->right++;
  } else {
    print_message("  WRONG %s/%s read as %s\n", language, file, name);
    t->wrong++;
  }
  free(text.text);
  free(wanted.text);
}

static void languages(void **state)
{
  (void)state;
  const char *found = check_data("DEALCAST_SUITES", "encodings/uchardet");
  if (!found) return;
  char folder[4096], path[5000];
  strcpy(folder, found);
  tally t = {0};
  struct dirent **entries, **files;
  int n = scandir(folder, &entries, NULL, alphasort);
  assert_true(n > 0);
  for (int i = 0; i < n; i++) {
    snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
    int m = strlen(entries[i]->d_name) == 2 && islower(entries[i]->d_name[0]) ? scandir(path, &files, NULL, alphasort)
                                                                              : 0;
    for (int k = 0; k < m; k++) {
      if (files[k]->d_name[0] != '.') one_text(folder, entries[i]->d_name, files[k]->d_name, &t);
      free(files[k]);
    }
    if (m > 0) free(files);
    free(entries[i]);
  }
  free(entries);
  print_message("texts of the languages: %zu files, %zu read rightly, %zu stopped, %zu wrong\n", t.files, t.right,
                t.refused, t.wrong);
  assert_int_equal(t.wrong, 0);
}

/* The head is looked at in pieces: where they meet, and what stands behind the first of them, makes no difference. */
static void pieces(void **state)
{
  enum { PIECE = 1 << 16, HEAD = 1 << 20, LENGTH = HEAD + PIECE };
  static const struct {
    const char *what, *name;
    bool plain; /* the text stays as it is */
  } cases[] = {{"\xF0\x9F\x98\x80", "UTF-8", true},
               {"\xE6\x9C\x88", "UTF-8", true},
               {"\xC3\xA9", "UTF-8", true},
               {"~", "UTF-8", true},
               {"\x7F", "UTF-8", true},
               {"~{VPND~}", "HZ", false},
               {"\x1B$B9q\x1B(B", "ISO-2022-JP", false}};
  (void)state;
  char *text = malloc(LENGTH);
  assert_non_null(text);
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    size_t n = strlen(cases[k].what);
    for (size_t at = PIECE - 5; at <= HEAD; at += at % PIECE == 1 ? 3 * PIECE - 6 : 1) {
      dc_source *source;
      dc_error error = {0};
      char name[DC_ENCODING_NAME_BYTES];
      if (!cases[k].plain && at + n > HEAD) continue; /* the head ends before it does */
      memset(text, 'x', LENGTH);
      memcpy(text + at, cases[k].what, n);
      check_ok(dc_source_memory("text", text, LENGTH, &source, &error), &error);
      check_ok(dc_encoding_settle(source, NULL, name, &error), &error);
      assert_string_equal(name, cases[k].name);
      assert_true(cases[k].plain ? dc_source_size(source) == LENGTH : dc_source_size(source) < LENGTH);
      dc_source_free(source);
    }
  }
  free(text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(pieces), cmocka_unit_test(cjk_pairs),
                                     cmocka_unit_test(languages)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
