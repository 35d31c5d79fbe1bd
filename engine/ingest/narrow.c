#include "engine/ingest/narrow.h"

#include <string.h>

static const struct {
  const char *wide, *plain;
} pairs[] = {
    {"\xC2\xA0", " "},            /* no-break space */
    {"\xE2\x80\xAF", " "},        /* narrow no-break space */
    {"\xE2\x80\x87", " "},        /* figure space */
    {"\xE2\x80\x89", " "},        /* thin space */
    {"\xE3\x80\x80", " "},        /* ideographic space */
    {"\xE2\x80\x8B", ""},         /* zero width space */
    {"\xE2\x80\x8E", ""},         /* left-to-right mark */
    {"\xE2\x80\x8F", ""},         /* right-to-left mark */
    {"\xEF\xBB\xBF", ""},         /* byte order mark */
    {"\xE2\x80\x98", "'"},        /* left quote */
    {"\xE2\x80\x99", "'"},        /* right quote */
    {"\xE2\x88\x92", "-"},        /* minus sign */
    {"\xE2\x80\x90", "-"},        /* hyphen */
    {"\xE2\x80\x93", "-"},        /* en dash */
    {"\xE2\x80\x94", "-"},        /* em dash */
    {"\xEF\xBF\xA5", "\xC2\xA5"}, /* full-width yen */
    {"\xEF\xBF\xA1", "\xC2\xA3"}, /* full-width pound */
};
enum { N_PAIRS = sizeof pairs / sizeof *pairs };

/* U+FF01 .. U+FF5E are the ASCII characters ! .. ~ in full width. */
static int full_width(const unsigned char *p, size_t left)
{
  if (left < 3 || p[0] != 0xEF) return 0;
  int code = (p[1] & 0x3F) << 6 | (p[2] & 0x3F);
  if (p[1] == 0xBC && p[2] >= 0x81) return '!' + code - (0x3C << 6) - 1;
  return p[1] == 0xBD && p[2] <= 0x9E ? '!' + code - (0x3C << 6) - 1 : 0;
}

const char *dc_narrow(const char *text, size_t *length, char *buffer, size_t size)
{
  size_t n = *length, i = 0, out = 0;
  while (i < n && (unsigned char)text[i] < 0x80) i++;
  if (i == n) return text;
  if (n >= size) return NULL; /* nothing becomes longer */
  memcpy(buffer, text, i);
  out = i;
  while (i < n) {
    int ascii = full_width((const unsigned char *)text + i, n - i);
    size_t k = 0, wide = 0;
    if (ascii) {
      buffer[out++] = (char)ascii;
      i += 3;
      continue;
    }
    for (; k < N_PAIRS; k++) {
      wide = strlen(pairs[k].wide);
      if (n - i >= wide && memcmp(text + i, pairs[k].wide, wide) == 0) break;
    }
    if (k == N_PAIRS || (unsigned char)text[i] < 0x80) {
      buffer[out++] = text[i++];
      continue;
    }
    size_t plain = strlen(pairs[k].plain);
    memcpy(buffer + out, pairs[k].plain, plain);
    out += plain;
    i += wide;
  }
  *length = out;
  return buffer;
}
