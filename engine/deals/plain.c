#include "engine/deals/plain.h"

#include <stdint.h>
#include <string.h>

/* Plain letters of U+00C0 .. U+017F; '*' is none, digits stand for the pairs below. */
static const char plain_letters[] = "aaaaaa0ceeeeiiiidnooooo*ouuuuy1saaaaaa0ceeeeiiiidnooooo*ouuuuy1y"
                                    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiijjjjkkkllllllllll"
                                    "nnnnnnnnnoooooo22rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static const char *const pairs[] = {"ae", "th", "oe"};

/* Traditional characters that names and words of sales are written with, each before its simplified form, in order. */
static const char simplified[] =
    "丟丢來来備备傳传價价別别刪删創创動动務务區区員员單单執执報报實实審审對对幣币廢废後后態态戶户擬拟"
    "敗败數数時时業业標标機机測测無无爭争狀状產产確确種种稱称競竞簽签約约終终結结絕绝線线編编總总繫系"
    "續续聯联萬万號号複复訂订計计訊讯註注試试話话認认談谈變变負负責责買买資资質质贏赢輸输進进達达郵邮"
    "銷销門门開开間间關关隊队階阶際际電电項项預预額额類类麼么";

enum { SHARP_S = 0xDF, FIRST_ACCENT = 0xC0, LAST_ACCENT = 0x17F, STRAY = 0x110000, WIDE_BYTES = 3 };

/* The character at text and its length; STRAY for a byte that begins none. */
static uint32_t read_character(const unsigned char *text, size_t *length)
{
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  size_t n = text[0] < 0x80 ? 1 : text[0] >= 0xF0 ? 4 : text[0] >= 0xE0 ? 3 : text[0] >= 0xC0 ? 2 : 1;
  uint32_t c = n == 1 ? text[0] : text[0] & (0xFFU >> (n + 1));
  *length = n;
  for (size_t i = 1; i < n; i++) {
    if ((text[i] & 0xC0) != 0x80) n = *length = 1;
    c = n == 1 ? STRAY : c << 6 | (text[i] & 0x3F);
  }
  if (c != STRAY && c >= least[n] && (n > 1 || c < 0x80)) return c;
  *length = 1;
  return STRAY;
}

/* Accents that follow their letter, and marks that are not seen. */
static bool is_mark(uint32_t c) { return (c >= 0x300 && c <= 0x36F) || c == 0xFEFF || (c >= 0x200B && c <= 0x200F); }

static bool parts_words(uint32_t c)
{
  if (c < 0x80) return !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'));
  if (c < FIRST_ACCENT) return c >= 0xA0 && c != 0xAA && c != 0xBA;
  return c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c <= 0x20CF) || (c >= 0x3000 && c <= 0x3004) ||
         (c >= 0x3008 && c <= 0x301F) || (c >= 0xFF5F && c <= 0xFF65) || c == 0x30FB;
}

/* Wide forms of ASCII are ASCII. */
static uint32_t narrow(uint32_t c) { return c >= 0xFF01 && c <= 0xFF5E ? c - 0xFEE0 : c; }

typedef struct writer {
  char *plain;
  size_t n;
  bool blanks, apart, digit, wide; /* apart: a separator was passed; what the last character was */
} writer;

static void put(writer *w, const char *bytes, size_t length, bool digit, bool wide)
{
  bool turn = (digit && w->wide) || (wide && w->digit);
  bool blank = w->blanks && w->n > 0 && (w->apart || turn);
  if (w->n + length + blank >= DC_PLAIN_BYTES) return;
  if (blank) w->plain[w->n++] = ' ';
  memcpy(w->plain + w->n, bytes, length);
  w->n += length;
  w->apart = false;
  w->digit = digit;
  w->wide = wide;
}

/* The simplified form of a character of three bytes, or itself. */
static const char *simplify(const char *text)
{
  size_t low = 0, high = (sizeof simplified - 1) / (2 * WIDE_BYTES);
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const char *pair = simplified + middle * 2 * WIDE_BYTES;
    int order = memcmp(pair, text, WIDE_BYTES);
    if (order == 0) return pair + WIDE_BYTES;
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return text;
}

static void put_character(writer *w, uint32_t c, const unsigned char *text, size_t length)
{
  if (c < 0x80) {
    char letter = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    put(w, &letter, 1, c >= '0' && c <= '9', false);
  } else if (c == SHARP_S) {
    put(w, "ss", 2, false, false);
  } else if (c >= FIRST_ACCENT && c <= LAST_ACCENT) {
    const char *letter = &plain_letters[c - FIRST_ACCENT];
    bool pair = *letter >= '0' && *letter <= '2';
    put(w, pair ? pairs[*letter - '0'] : letter, pair ? 2 : 1, false, false);
  } else {
    put(w, length == WIDE_BYTES ? simplify((const char *)text) : (const char *)text, length, false, true);
  }
}

size_t dc_plain(const char *text, dc_plain_style style, char *plain)
{
  writer w = {.plain = plain, .blanks = style.blanks};
  int depth = 0;
  size_t length;
  for (const unsigned char *p = (const unsigned char *)text; *p; p += length) {
    uint32_t c = narrow(read_character(p, &length));
    if (is_mark(c)) continue;
    bool opens = c == '(' || c == '[' || c == 0x3010, closes = c == ')' || c == ']' || c == 0x3011;
    depth += opens;
    if (parts_words(c) || (depth > 0 && !style.brackets))
      w.apart = true;
    else
      put_character(&w, c, p, length);
    if (closes && depth > 0) depth--;
  }
  plain[w.n] = '\0';
  return w.n;
}
