#include "engine/ingest/utf8.h"

#include <string.h>

/* The valid characters by their first byte (Unicode 15, table 3-7): the range of the second byte, and the length. */
static const struct {
  unsigned char first, last, low, high, length;
} forms[] = {{0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
             {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
             {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};

static bool continues(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

int dc_utf8_step(const char *p, const char *end)
{
  unsigned char c = (unsigned char)*p;
  if (c < 0x80) return 1;
  for (size_t k = 0; k < sizeof forms / sizeof *forms; k++) {
    if (c < forms[k].first || c > forms[k].last) continue;
    int n = forms[k].length;
    if (end - p < n || (unsigned char)p[1] < forms[k].low || (unsigned char)p[1] > forms[k].high) return 0;
    for (int i = 2; i < n; i++)
      if (!continues(p[i])) return 0;
    return n;
  }
  return 0;
}

/* The first byte above 0x7F. */
static const char *skip_ascii(const char *p, const char *end)
{
  enum { WORDS = 4 };
  uint64_t w[WORDS];
  for (; end - p >= (ptrdiff_t)sizeof w; p += sizeof w) {
    memcpy(w, p, sizeof w);
    if ((w[0] | w[1] | w[2] | w[3]) & 0x8080808080808080u) break;
  }
  while (p < end && !(*p & 0x80)) p++;
  return p;
}

dc_utf8 dc_utf8_judge(const char *text, size_t length, size_t ahead, bool first)
{
  dc_utf8 u = {.bad = length};
  const char *end = text + length, *p = text;
  while (!first && p < end && u.lead < 3 && continues(*p)) {
    p++;
    u.lead++;
  }
  u.wide = u.lead > 0;
  while ((p = skip_ascii(p, end)) < end) {
    int n = dc_utf8_step(p, end + ahead);
    u.wide = true;
    if (n == 0) {
      u.bad = (uint64_t)(p - text);
      return u;
    }
    p += n;
  }
  u.over = (unsigned char)(p - end);
  return u;
}

bool dc_utf8_valid(const char *text, size_t length) { return dc_utf8_judge(text, length, 0, true).bad == length; }

int dc_utf8_put(uint32_t code, char *out)
{
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  int n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (int i = n - 1; i > 0; i--, code >>= 6) out[i] = (char)(0x80 | (code & 0x3F));
  out[0] = (char)((n == 2 ? 0xC0u : n == 3 ? 0xE0u : 0xF0u) | code);
  return n;
}
