#include "engine/ingest/encoding_score.h"

#include "engine/ingest/utf8.h"

#include <iconv.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Log probabilities of what is no letter of the language, and of neighbours. */
static const double strange_letter = -7, foreign_script = -9, quote_sign = -2.5, usual_sign = -4, strange_sign = -9,
                    control = -14, scripts_mixed = -7, capital_inside = -5, accents_joined = -1.5, sign_in_word = -2,
                    common_wide = -5.6, unusual_page = -4, broken_wide = -20;

typedef enum script { NO_LETTER, LATIN, CYRILLIC, GREEK, HEBREW, ARABIC, THAI, MARK } script;

static script script_of(uint32_t c)
{
  static const struct {
    uint32_t first, last;
    script script;
  } blocks[] = {{'A', 'Z', LATIN},        {'a', 'z', LATIN},       {0xC0, 0xD6, LATIN},  {0xD8, 0xF6, LATIN},
                {0xF8, 0x24F, LATIN},     {0x1E00, 0x1EFF, LATIN}, {0x300, 0x323, MARK}, {0x386, 0x3CE, GREEK},
                {0x400, 0x491, CYRILLIC}, {0x5D0, 0x5EA, HEBREW},  {0x5B0, 0x5C4, MARK}, {0x621, 0x64A, ARABIC},
                {0x64B, 0x652, MARK},     {0x671, 0x6D5, ARABIC},  {0xE01, 0xE4E, THAI}};
  for (size_t k = 0; k < sizeof blocks / sizeof *blocks; k++)
    if (c >= blocks[k].first && c <= blocks[k].last) return blocks[k].script;
  return NO_LETTER;
}

/* The small letter of a capital; c itself otherwise. */
static uint32_t small(uint32_t c)
{
  if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7)) return c + 32;
  if (c == 0x130) return 'i';
  if (c == 0x178) return 0xFF;
  bool odd_is_small = (c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177) || (c >= 0x218 && c <= 0x21B) ||
                      (c >= 0x1E00 && c <= 0x1EFF);
  if (odd_is_small) return c | 1;
  bool even_is_small = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E) || c == 0x1AF;
  if (even_is_small) return c + (c & 1);
  if (c == 0x1A0) return 0x1A1;
  if (c >= 0x391 && c <= 0x3A9) return c + 32;
  if (c == 0x386) return 0x3AC;
  if (c >= 0x388 && c <= 0x38A) return c + 37;
  if (c == 0x38C) return 0x3CC;
  if (c == 0x38E || c == 0x38F) return c + 63;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  return c == 0x490 ? 0x491 : c;
}

static bool is_one_of(uint32_t c, const char *signs)
{
  char one[5] = "";
  dc_utf8_put(c, one);
  return strstr(signs, one) != NULL;
}

/* Signs that any business text may hold, and those that hardly any does. */
static double sign_score(uint32_t c)
{
  if (is_one_of(c, "’“”„–€«»\u00A0")) return quote_sign;
  if (is_one_of(c, "°§·—‘…£¥©®™º½¼¾²³±´•¿¡№‚×")) return usual_sign;
  return c == 0xA4 ? control : strange_sign;
}

/* The code point of a character of n bytes. */
static uint32_t code_of(const char *p, int n)
{
  static const unsigned char mask[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  uint32_t code = (unsigned char)*p & mask[n];
  for (int i = 1; i < n; i++) code = code << 6 | ((unsigned char)p[i] & 0x3Fu);
  return code;
}

/* What the upper half of a page means; 0 for bytes that mean nothing. */
static bool read_page(const dc_page *page, uint32_t code[128])
{
  iconv_t how = iconv_open("UTF-8", page->iconv);
  if (how == (iconv_t)-1) return false;
  for (int b = 0; b < 128; b++) {
    char byte = (char)(b + 128), out[16] = "", *in = &byte, *to = out;
    size_t left = 1, room = sizeof out;
    iconv(how, NULL, NULL, NULL, NULL);
    size_t result = iconv(how, &in, &left, &to, &room);
    if (result != (size_t)-1) iconv(how, NULL, NULL, &to, &room); /* what waits for a combining mark */
    int n = to > out ? dc_utf8_step(out, to) : 0;
    code[b] = n ? code_of(out, n) : 0;
  }
  iconv_close(how);
  return true;
}

static double letter_weight(const dc_language *language, uint32_t letter)
{
  double sum = 0, own = 0;
  int rank = 0;
  const char *end = language->letters + strlen(language->letters);
  for (const char *p = language->letters; p < end; rank++) {
    int n = dc_utf8_step(p, end);
    sum += 1.0 / (rank + 2);
    if (code_of(p, n) == letter) own = 1.0 / (rank + 2);
    p += n;
  }
  return own > 0 ? log(own / sum) : 0;
}

static double byte_score(const dc_language *language, uint32_t c)
{
  if (c < 0xA0) return control;
  script own = script_of(c);
  if (own == NO_LETTER) return sign_score(c);
  double weight = letter_weight(language, small(c));
  if (weight < 0) return weight;
  return own == LATIN ? strange_letter : foreign_script;
}

static bool is_word(script s) { return s != NO_LETTER; }

static double pair_score(uint32_t a, uint32_t b)
{
  script x = script_of(a), y = script_of(b);
  if (x == MARK || y == MARK) return is_word(x) && is_word(y) ? 0 : sign_in_word;
  if (is_word(x) && is_word(y)) {
    if (x != y) return scripts_mixed;
    if (small(a) == a && small(b) != b && x != HEBREW && x != ARABIC && x != THAI) return capital_inside;
    return a > 0x7F && b > 0x7F && x == LATIN ? accents_joined : 0;
  }
  if ((x == LATIN && b == 0x2019) || (y == LATIN && a == 0x2019)) return 0; /* an apostrophe */
  bool sign = (!is_word(x) && a > 0xA0) || (!is_word(y) && b > 0xA0);
  return sign && (is_word(x) || is_word(y)) ? sign_in_word : 0;
}

static uint32_t code_at(const uint32_t code[128], int byte) { return byte < 128 ? (uint32_t)byte : code[byte - 128]; }

/* What was seen, in the order in which it is asked for. */
typedef struct counts {
  uint64_t times[256];
  size_t n_pairs;
  struct {
    unsigned char a, b;
    uint32_t n;
  } * pairs; /* those with a byte above 0x7F */
} counts;

static bool count(const dc_bytes_seen *seen, counts *c)
{
  memset(c, 0, sizeof *c);
  for (int a = 0; a < 256; a++)
    for (int b = 0; b < 256; b++) {
      c->times[a] += seen->pairs[a][b];
      c->n_pairs += seen->pairs[a][b] && (a > 127 || b > 127);
    }
  c->times[seen->last]++; /* the last byte of all has no next */
  c->pairs = malloc((c->n_pairs + 1) * sizeof *c->pairs);
  if (!c->pairs) return false;
  size_t n = 0;
  for (int a = 0; a < 256; a++)
    for (int b = a > 127 ? 0 : 128; b < 256; b++) {
      if (!seen->pairs[a][b]) continue;
      c->pairs[n].a = (unsigned char)a;
      c->pairs[n].b = (unsigned char)b;
      c->pairs[n++].n = seen->pairs[a][b];
    }
  return true;
}

/* Is the language usually in this page? */
static bool is_usual(const dc_language *language, const dc_page *page)
{
  size_t length = strlen(page->name);
  for (const char *p = language->pages; *p;) {
    size_t n = strcspn(p, " ");
    if (n <= length && memcmp(page->name + length - n, p, n) == 0) return true;
    p += n + (p[n] == ' ');
  }
  return false;
}

static double score_page(const counts *c, const dc_page *page, const uint32_t code[128])
{
  double neighbours = 0, best = -INFINITY;
  for (int b = 128; b < 256; b++)
    if (c->times[b] && !code[b - 128]) return -INFINITY;
  for (size_t k = 0; k < c->n_pairs; k++)
    neighbours += c->pairs[k].n * pair_score(code_at(code, c->pairs[k].a), code_at(code, c->pairs[k].b));
  for (size_t l = 0; l < dc_n_languages; l++) {
    double letters = is_usual(&dc_languages[l], page) ? 0 : unusual_page;
    for (int b = 128; b < 256; b++) {
      if (c->times[b]) letters += (double)c->times[b] * byte_score(&dc_languages[l], code[b - 128]);
    }
    if (letters > best) best = letters;
  }
  return best + neighbours + page->prior;
}

/* Which two-byte characters are common: a bit for each pair. */
typedef unsigned char pair_set[65536 / 8];

static void common_pairs(const dc_wide *wide, pair_set set)
{
  iconv_t how = iconv_open(wide->iconv[0], "UTF-8");
  memset(set, 0, sizeof(pair_set));
  if (how == (iconv_t)-1) return;
  const char *end = wide->common + strlen(wide->common);
  for (const char *p = wide->common; p < end;) {
    size_t left = (size_t)dc_utf8_step(p, end), room = 8;
    char out[8], *in = (char *)(uintptr_t)p, *to = out;
    p += left;
    if (iconv(how, &in, &left, &to, &room) == (size_t)-1 || to != out + 2) continue;
    unsigned at = (unsigned)(unsigned char)out[0] << 8 | (unsigned char)out[1];
    set[at >> 3] |= (unsigned char)(1u << (at & 7));
  }
  iconv_close(how);
}

static const dc_form *form_of(const dc_wide *wide, unsigned char a, unsigned char b)
{
  for (const dc_form *f = wide->forms; f < wide->forms + DC_FORMS && f->length; f++)
    if (a >= f->first && a <= f->last && (f->length == 1 || (b >= f->low && b <= f->high))) return f;
  return NULL;
}

/* Over the lines that were kept; the score of the whole is in proportion. Bytes that are no character count against it, so
 * that a text with few of them is not taken for one of a page in which every byte means something: transcoding it stops,
 * with the line. */
static double score_wide(const dc_bytes_seen *seen, const dc_wide *wide)
{
  pair_set common;
  double score = 0;
  common_pairs(wide, common);
  for (size_t i = 0; i < seen->length;) {
    unsigned char a = (unsigned char)seen->lines[i], b = i + 1 < seen->length ? (unsigned char)seen->lines[i + 1] : 0;
    if (a < 0x80) {
      i++;
      continue;
    }
    const dc_form *f = form_of(wide, a, b);
    if (!f) {
      score += broken_wide;
      i++;
      continue;
    }
    unsigned at = (unsigned)a << 8 | b;
    bool is_common = f->length == 2 && (common[at >> 3] >> (at & 7) & 1);
    score += is_common && common_wide > f->weight ? common_wide : f->weight;
    i += f->length;
  }
  return score;
}

static int better_first(const void *a, const void *b)
{
  double x = ((const dc_reading *)a)->score, y = ((const dc_reading *)b)->score;
  return x < y ? 1 : x > y ? -1 : 0;
}

/* Do two pages read every byte that occurs alike? */
static bool alike(const counts *c, const dc_reading *a, const dc_reading *b)
{
  if (a->wide || b->wide) return false;
  for (int k = 0; k < 128; k++)
    if (a->code[k] != b->code[k] && c->times[k + 128]) return false;
  return true;
}

/* How many times the bytes of the lines that were kept stand for those of the whole text. */
static double scale_of(const dc_bytes_seen *seen, const counts *c)
{
  uint64_t all = 0, kept = 0;
  for (int b = 128; b < 256; b++) all += c->times[b];
  for (size_t i = 0; i < seen->length; i++) kept += (seen->lines[i] & 0x80) != 0;
  return kept ? (double)all / (double)kept : 1;
}

bool dc_encoding_score(const dc_bytes_seen *seen, dc_reading *readings, size_t *n)
{
  counts c;
  *n = 0;
  if (!count(seen, &c)) return false;
  for (size_t k = 0; k < dc_n_pages; k++) {
    dc_reading r = {.name = dc_pages[k].name, .iconv = {dc_pages[k].iconv}};
    if (!read_page(&dc_pages[k], r.code)) continue;
    r.score = score_page(&c, &dc_pages[k], r.code);
    bool known = !(r.score > -INFINITY);
    for (size_t i = 0; i < *n && !known; i++) known = alike(&c, &readings[i], &r); /* the earlier one has the name */
    if (!known) readings[(*n)++] = r;
  }
  double scale = scale_of(seen, &c);
  for (size_t k = 0; k < dc_n_wides; k++) {
    dc_reading r = {.name = dc_wides[k].name, .wide = true};
    memcpy(r.iconv, dc_wides[k].iconv, sizeof r.iconv);
    r.score = score_wide(seen, &dc_wides[k]) * scale + dc_wides[k].prior;
    readings[(*n)++] = r;
  }
  qsort(readings, *n, sizeof *readings, better_first);
  free(c.pairs);
  return true;
}
