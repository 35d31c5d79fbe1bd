#include "engine/base/text.h"

#include <string.h>

enum { NO_BREAK_1 = 0xC2, NO_BREAK_2 = 0xA0, LATIN_1 = 0xC3 };

static bool is_space(unsigned char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static bool no_break(const char *text)
{
  return (unsigned char)text[0] == NO_BREAK_1 && (unsigned char)text[1] == NO_BREAK_2;
}

const char *dc_text_trim(const char *text, size_t *length)
{
  size_t n = *length;
  for (;;) {
    if (n > 0 && is_space((unsigned char)text[0]))
      text++, n--;
    else if (n > 1 && no_break(text))
      text += 2, n -= 2;
    else if (n > 0 && is_space((unsigned char)text[n - 1]))
      n--;
    else if (n > 1 && no_break(text + n - 2))
      n -= 2;
    else
      break;
  }
  *length = n;
  return text;
}

/* The lower case of a byte that belongs into a folded word, 0 for one that does not. */
static unsigned char folded_byte(unsigned char before, unsigned char c)
{
  if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) return c;
  if (c >= 'A' && c <= 'Z') return (unsigned char)(c + 32);
  if (c < 0x80) return 0;
  /* Latin-1's capitals are C3 80 .. C3 9E in UTF-8, its small letters 32 further; C3 97 is the multiplication sign. */
  if (before == LATIN_1 && c <= 0x9E && c != 0x97) return (unsigned char)(c + 32);
  return c;
}

size_t dc_text_fold(const char *text, size_t length, char *folded)
{
  size_t n = 0;
  text = dc_text_trim(text, &length);
  for (size_t i = 0; i < length && n + 1 < DC_FOLD_BYTES; i++) {
    if (i + 1 < length && no_break(text + i)) {
      i++;
      continue;
    }
    unsigned char c = folded_byte(i ? (unsigned char)text[i - 1] : 0, (unsigned char)text[i]);
    if (c) folded[n++] = (char)c;
  }
  if (n == 0) {
    n = length < DC_FOLD_BYTES - 1 ? length : DC_FOLD_BYTES - 1;
    memcpy(folded, text, n);
  }
  folded[n] = '\0';
  return n;
}

bool dc_text_same(const char *a, const char *b)
{
  char x[DC_FOLD_BYTES], y[DC_FOLD_BYTES];
  dc_text_fold(a, strlen(a), x);
  dc_text_fold(b, strlen(b), y);
  return strcmp(x, y) == 0;
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static size_t folded_distance(const char *a, size_t n, const char *b, size_t m)
{
  size_t rows[3][DC_FOLD_BYTES];
  size_t *before = rows[0], *above = rows[1], *row = rows[2];
  for (size_t j = 0; j <= m; j++) above[j] = before[j] = j;
  for (size_t i = 1; i <= n; i++) {
    row[0] = i;
    for (size_t j = 1; j <= m; j++) {
      row[j] = smaller(smaller(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = smaller(row[j], before[j - 2] + 1);
    }
    size_t *spare = before;
    before = above;
    above = row;
    row = spare;
  }
  return above[m];
}

size_t dc_text_distance(const char *a, const char *b)
{
  char x[DC_FOLD_BYTES], y[DC_FOLD_BYTES];
  size_t n = dc_text_fold(a, strlen(a), x), m = dc_text_fold(b, strlen(b), y);
  return folded_distance(x, n, y, m);
}

const char *dc_text_nearest(const char *word, const char *const *list, size_t n)
{
  char x[DC_FOLD_BYTES], y[DC_FOLD_BYTES];
  size_t length = dc_text_fold(word, strlen(word), x);
  const char *nearest = NULL;
  size_t least = (size_t)-1;
  if (length == 0) return NULL;
  for (size_t i = 0; i < n; i++) {
    size_t other = dc_text_fold(list[i], strlen(list[i]), y);
    size_t shorter = smaller(length, other), longer = length + other - shorter;
    size_t distance = folded_distance(x, length, y, other);
    bool begins = shorter >= 3 && strncmp(x, y, shorter) == 0;
    bool near = distance * 3 <= longer || (distance == 1 && longer <= 2);
    /* A beginning counts as a small error, however much is left out. */
    if (begins) distance = smaller(distance, 2);
    if ((near || begins) && distance < least) {
      least = distance;
      nearest = list[i];
    }
  }
  return nearest;
}
