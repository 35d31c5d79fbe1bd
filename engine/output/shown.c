/* Numbers and texts as people read them. */
#include "dealcast/table.h"
#include "engine/output/grid.h"
#include "engine/output/utf8.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Commas into a string of digits, which may begin with '-'. */
static char *group(const char *digits, char *text)
{
  char *to = text;
  if (*digits == '-') *to++ = *digits++;
  size_t n = strlen(digits);
  for (size_t i = 0; i < n; i++) {
    if (i && (n - i) % 3 == 0) *to++ = ',';
    *to++ = digits[i];
  }
  *to = '\0';
  return text;
}

char *dc_group_integer(int64_t value, char *text)
{
  char digits[32];
  snprintf(digits, sizeof digits, "%lld", (long long)value);
  return group(digits, text);
}

char *dc_group_money(double value, char *text)
{
  char digits[32];
  *text = '\0';
  if (!isfinite(value)) return text;
  if (fabs(value) >= 1e18) {
    snprintf(text, DC_NUMBER_CHARS, "%.0e", value);
    return text;
  }
  double cents = floor(fabs(value) * 100 + 0.5);
  if (fabs(value) < 100 && fmod(cents, 100) != 0) {
    snprintf(text, DC_NUMBER_CHARS, "%s%d.%02d", value < 0 ? "-" : "", (int)(cents / 100), (int)fmod(cents, 100));
    return text;
  }
  snprintf(digits, sizeof digits, "%.0f", value);
  return group(strcmp(digits, "-0") == 0 ? "0" : digits, text);
}

char *dc_per_cent(double ratio, char *text)
{
  *text = '\0';
  if (!isfinite(ratio)) return text;
  double tenths = floor(fabs(ratio) * 1000 + 0.5);
  const char *sign = ratio < 0 ? "-" : "";
  bool whole = ratio == 0 || ratio == 1 || (tenths >= 95 && tenths <= 990) || tenths > 1005;
  if (whole)
    snprintf(text, DC_NUMBER_CHARS, "%s%.0f %%", sign, floor(fabs(ratio) * 100 + 0.5));
  else if (tenths < 1)
    snprintf(text, DC_NUMBER_CHARS, "<0.1 %%");
  else if (tenths >= 1000 && fabs(ratio) < 1)
    snprintf(text, DC_NUMBER_CHARS, ">99.9 %%");
  else
    snprintf(text, DC_NUMBER_CHARS, "%s%d.%d %%", sign, (int)(tenths / 10), (int)fmod(tenths, 10));
  return text;
}

int dc_text_width(const char *text)
{
  int width = 0;
  for (const char *p = text; *p;) {
    int length = dc_utf8_length(p);
    int w = length > 0 ? dc_utf8_width(dc_utf8_code(p, length)) : 1;
    width += w > 0 ? w : 0;
    p += length > 0 ? length : 1;
  }
  return width;
}

/* One word as plain text; returns its width. */
static int put_word(dc_sink *sink, const char *word, size_t bytes)
{
  int width = 0;
  for (const char *p = word; p < word + bytes;) {
    int length = dc_utf8_length(p);
    int w = length > 0 ? dc_utf8_width(dc_utf8_code(p, length)) : -1;
    if (w >= 0)
      dc_sink_bytes(sink, p, (size_t)length);
    else
      dc_sink_char(sink, '?');
    width += w >= 0 ? w : 1;
    p += length > 0 ? length : 1;
  }
  return width;
}

void dc_put_hanging(dc_sink *sink, const char *lead, const char *text, int hang, int width)
{
  char word[DC_SCREEN_COLUMNS * 4];
  int column = dc_text_width(lead);
  bool first = true;
  dc_sink_text(sink, lead);
  for (const char *p = text + strspn(text, " \n\t"); *p; p += strspn(p, " \n\t")) {
    size_t length = strcspn(p, " \n\t");
    size_t measured = length < sizeof word ? length : sizeof word - 1;
    memcpy(word, p, measured);
    word[measured] = '\0';
    if (!first && column + 1 + dc_text_width(word) > width) {
      dc_sink_char(sink, '\n');
      dc_sink_repeat(sink, ' ', hang);
      column = hang;
      first = true;
    }
    if (!first) dc_sink_char(sink, ' ');
    column += put_word(sink, p, length) + !first;
    first = false;
    p += length;
  }
  dc_sink_char(sink, '\n');
}

void dc_put_wrapped(dc_sink *sink, const char *lead, const char *text)
{
  dc_put_hanging(sink, lead, text, dc_text_width(lead), DC_SCREEN_COLUMNS);
}
