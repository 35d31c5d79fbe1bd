#include "engine/ingest/encoding.h"

#include "engine/ingest/blocks.h"
#include "engine/ingest/encoding_score.h"
#include "engine/ingest/utf8.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
  LINES_BYTES = 1 << 22,
  WORD_BYTES = 24,
  SHOWN_BYTES = 96,
  LONGEST = 4,
  SUBSTITUTE = 0x1A,
  LOOK_BYTES = 1 << 16 /* at a time: they stay in the cache */
};

#define LEAST_PER_BYTE (-8.0) /* a reading that explains less is none */

/* What the whole text says about UTF-8, gathered piece by piece. */
typedef struct checking {
  uint64_t line, bad_line; /* bad_line 0: all is UTF-8 so far */
  bool wide;
  char kept[4]; /* a character that the end of a piece cut */
  size_t kept_length;
} checking;

static uint64_t count_lines(const char *text, size_t length)
{
  bool ignored = false;
  return dc_count_lines(text, length, 0, &ignored);
}

static dc_status check_piece(void *context, const char *bytes, size_t length, bool last, dc_error *error)
{
  (void)error;
  checking *c = context;
  size_t begin = 0;
  if (c->bad_line) return DC_OK;
  while (c->kept_length && begin < length && c->kept_length < 4) {
    c->kept[c->kept_length++] = bytes[begin++];
    if (dc_utf8_step(c->kept, c->kept + c->kept_length)) c->kept_length = 0;
  }
  if (c->kept_length) {
    c->bad_line = c->line;
    return DC_OK;
  }
  dc_utf8 u = dc_utf8_judge(bytes + begin, length - begin, 0, true);
  size_t at = begin + (size_t)u.bad;
  c->wide |= u.wide;
  if (at == length) {
    c->line += count_lines(bytes, length);
  } else if (!last && length - at < 4) {
    c->line += count_lines(bytes, at);
    c->kept_length = length - at;
    memcpy(c->kept, bytes + at, c->kept_length);
  } else {
    c->bad_line = c->line + count_lines(bytes, at);
  }
  return DC_OK;
}

static dc_status check_whole(const dc_source *source, checking *c, dc_error *error)
{
  *c = (checking){.line = 1};
  return dc_source_each(source, dc_source_start(source), check_piece, c, error);
}

/* Counts pairs, and keeps the lines with bytes above 0x7F that the piece has whole. */
static dc_status look_at_piece(void *context, const char *bytes, size_t length, bool last, dc_error *error)
{
  (void)error;
  dc_bytes_seen *s = context;
  const char *end = bytes + length;
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)bytes[i];
    s->pairs[s->last][c]++;
    s->last = c;
  }
  for (const char *p = s->begun ? dc_line_end(bytes, end, true) : bytes; p < end;) {
    const char *stop = dc_line_end(p, end, true);
    size_t n = (size_t)(stop - p);
    bool whole = last || stop[-1] == '\n' || stop[-1] == '\r';
    if (whole && n <= LINES_BYTES - s->length && dc_utf8_judge(p, n, 0, true).wide) {
      memcpy(s->lines + s->length, p, n);
      s->length += n;
    }
    p = stop;
  }
  s->begun = true;
  return DC_OK;
}

/* The first stretch of the lines with a byte above 0x7F, a few letters around it. */
static size_t sample_word(const dc_bytes_seen *s, const char **word)
{
  size_t at = 0, end;
  while (at < s->length && !(s->lines[at] & 0x80)) at++;
  for (end = at; end < s->length && end - at < WORD_BYTES && !strchr(",;\t|\"\r\n", s->lines[end]);) end++;
  size_t begin = at;
  while (begin && at - begin < WORD_BYTES && s->lines[begin - 1] > ' ' && !strchr(",;|\"", s->lines[begin - 1]))
    begin--;
  *word = s->lines + begin;
  return end - begin;
}

/* "'Müller' in Windows-1252" */
static void describe(const dc_reading *r, const char *word, size_t length, char *out, size_t size)
{
  char text[SHOWN_BYTES] = "", *to = text, *in = (char *)(uintptr_t)word;
  size_t room = sizeof text - 1, left = length;
  iconv_t how = iconv_open("UTF-8", r->iconv[0]);
  if (how != (iconv_t)-1) {
    (void)iconv(how, &in, &left, &to, &room); /* a character that the cut broke is left out */
    (void)iconv(how, NULL, NULL, &to, &room);
    iconv_close(how);
  }
  *to = 0;
  snprintf(out, size, "'%s' in %s", text, r->name);
}

static dc_status fail_undecided(const dc_source *source, const dc_bytes_seen *s, const dc_reading *readings, size_t n,
                                uint64_t line, dc_error *error)
{
  char list[480] = "";
  const char *word;
  size_t length = sample_word(s, &word), used = 0;
  for (size_t k = 0; k < n && k < 3 && used + SHOWN_BYTES + 64 < sizeof list; k++) {
    if (k && readings[0].score - readings[k].score >= DC_ENCODING_MARGIN) break;
    if (k) used += (size_t)snprintf(list + used, sizeof list - used, ", ");
    describe(&readings[k], word, length, list + used, sizeof list - used);
    used = strlen(list);
  }
  return dc_fail_at(error, DC_E_INPUT, dc_source_path(source), (int64_t)line, 0,
                    "the file is not in UTF-8, and its encoding cannot be told: the line would read %s; name it with "
                    "--encoding NAME, or save the file as UTF-8",
                    list);
}

static dc_status fail_unknown(const dc_source *source, uint64_t line, dc_error *error)
{
  return dc_fail_at(error, DC_E_INPUT, dc_source_path(source), (int64_t)line, 0,
                    "the line is neither UTF-8 nor in another encoding that can be told; name it with --encoding NAME, "
                    "or export the file again as \"CSV UTF-8\"");
}

/* Characters in valid UTF-8 against bytes that are not. Characters of two bytes are weak evidence: one in six of GBK looks
 * like one, and a file may hold the same few words in every line; they count where whole lines have nothing else. */
typedef enum mixture { OTHER, MIXED, DAMAGED } mixture;

static mixture judge_mixture(const dc_bytes_seen *s)
{
  size_t valid = 0, bad = 0, strong = 0, whole_lines = 0, bad_lines = 0;
  for (const char *p = s->lines, *end = p + s->length; p < end;) {
    const char *stop = dc_line_end(p, end, true);
    size_t bad_before = bad;
    while (p < stop) {
      int n = dc_utf8_step(p, stop);
      valid += n > 1;
      strong += n > 2;
      bad += n == 0;
      p += n ? n : 1;
    }
    *(bad == bad_before ? &whole_lines : &bad_lines) += 1; /* lines of ASCII alone are not kept */
  }
  if (valid >= 2 * bad && (strong >= 2 * bad || whole_lines >= bad_lines)) return DAMAGED;
  return 2 * strong >= bad || (2 * valid >= bad && 2 * whole_lines >= bad_lines) ? MIXED : OTHER;
}

static dc_status fail_mixed(const dc_source *source, uint64_t line, dc_error *error)
{
  return dc_fail_at(error, DC_E_INPUT, dc_source_path(source), (int64_t)line, 0,
                    "the line is not in UTF-8, and other lines are: mend it, or name the encoding of the file with "
                    "--encoding NAME");
}

/* A piece of a text, behind what the last one left of a character. */
typedef struct damaged {
  char *text;
  size_t kept;
} damaged;

static dc_status mark_piece(void *context, const char *bytes, size_t length, bool last, dc_spool *out, dc_error *error)
{
  damaged *d = context;
  memcpy(d->text + d->kept, bytes, length);
  char *p = d->text, *end = p + d->kept + length;
  for (;;) {
    p += dc_utf8_judge(p, (size_t)(end - p), 0, true).bad;
    if (p == end || (!last && end - p < LONGEST)) break;
    *p++ = SUBSTITUTE;
  }
  dc_status status = dc_spool_write(out, d->text, (size_t)(p - d->text), error);
  d->kept = (size_t)(end - p);
  memmove(d->text, p, d->kept);
  return status;
}

/* Where a text in UTF-8 has a few bytes that are none, they become a control character: their rows are rejected for it. */
static dc_status mark_damage(dc_source *source, dc_error *error)
{
  damaged d = {malloc(DC_CHUNK_BYTES + LONGEST), 0};
  if (!d.text) return dc_fail_memory(error, "reading a file");
  dc_status status = dc_source_rewrite(source, dc_source_start(source), mark_piece, &d, error);
  free(d.text);
  return status;
}

static dc_status transcode_as(dc_source *source, const dc_reading *r, dc_error *error)
{
  dc_status status = DC_E_INPUT;
  for (size_t k = 0; k < DC_VARIANTS && r->iconv[k] && status == DC_E_INPUT; k++)
    if (k == 0 || dc_transcode_knows(r->iconv[k]))
      status = dc_transcode(source, dc_source_start(source), r->iconv[k], error);
  return status;
}

static dc_status decide(dc_source *source, const dc_bytes_seen *s, uint64_t line, char *name, dc_error *error)
{
  dc_reading *readings = calloc(DC_PAGES_MAX, sizeof *readings);
  if (!readings) return dc_fail_memory(error, "looking for the encoding");
  size_t n = 0, high = 0;
  dc_status status = dc_encoding_score(s, readings, &n) ? DC_OK : dc_fail_memory(error, "looking for the encoding");
  for (size_t i = 0; i < s->length; i++) high += (s->lines[i] & 0x80) != 0;
  if (status != DC_OK) {
    ;
  } else if (!n || readings[0].score < LEAST_PER_BYTE * (double)high) {
    status = fail_unknown(source, line, error);
  } else if (n > 1 && readings[0].score - readings[1].score < DC_ENCODING_MARGIN) {
    status = fail_undecided(source, s, readings, n, line, error);
  } else {
    status = transcode_as(source, &readings[0], error);
    snprintf(name, DC_ENCODING_NAME_BYTES, "%s", readings[0].name);
  }
  free(readings);
  return status;
}

static dc_status detect(dc_source *source, uint64_t line, char *name, dc_error *error)
{
  dc_bytes_seen s = {0};
  s.lines = malloc(LINES_BYTES);
  s.pairs = calloc(256, sizeof *s.pairs);
  dc_status status = s.lines && s.pairs ? DC_OK : dc_fail_memory(error, "looking for the encoding");
  if (status == DC_OK) status = dc_source_each(source, dc_source_start(source), look_at_piece, &s, error);
  if (status == DC_OK) {
    mixture m = s.length ? judge_mixture(&s) : OTHER;
    status = !s.length      ? fail_unknown(source, line, error)
             : m == DAMAGED ? mark_damage(source, error)
             : m == MIXED   ? fail_mixed(source, line, error)
                            : decide(source, &s, line, name, error);
  }
  free(s.lines);
  free(s.pairs);
  return status;
}

dc_status dc_encoding_late(dc_source *source, char name[DC_ENCODING_NAME_BYTES], dc_error *error)
{
  checking c;
  dc_status status = check_whole(source, &c, error);
  return status == DC_OK ? detect(source, c.bad_line, name, error) : status;
}

static const struct {
  const char *mark;
  size_t length;
  const char *name;
} marks[] = {{"\xFF\xFE\0\0", 4, "UTF-32LE"},
             {"\0\0\xFE\xFF", 4, "UTF-32BE"},
             {"\xFF\xFE", 2, "UTF-16LE"},
             {"\xFE\xFF", 2, "UTF-16BE"},
             {"\x84\x31\x95\x33", 4, "GB18030"}};

/* Does the unit stand for a character that business texts are made of? */
static bool is_plain_unit(unsigned unit)
{
  static const unsigned ranges[][2] = {{0x20, 0x7E},     {0xA0, 0x24F},    {0x370, 0x6FF},   {0xE00, 0xE7F},
                                       {0x2000, 0x206F}, {0x20A0, 0x2122}, {0x3000, 0x30FF}, {0x4E00, 0x9FFF},
                                       {0xAC00, 0xD7A3}, {0xFF00, 0xFFEF}};
  if (unit == '\t' || unit == '\n' || unit == '\r') return true;
  for (size_t k = 0; k < sizeof ranges / sizeof *ranges; k++)
    if (unit >= ranges[k][0] && unit <= ranges[k][1]) return true;
  return false;
}

/* UTF-16: NULs stand on one side only, in a quarter of the units; or hardly on the other (U+3000) and in some, line ends among them, where the bytes
 * are no UTF-8 and nearly all units are usual characters. */
static const char *utf16_without_mark(const char *head, size_t length)
{
  size_t zeros[2] = {0, 0}, units = length / 2, plain = 0, ends = 0;
  for (size_t i = 0; i < length; i++) zeros[i & 1] += head[i] == 0;
  int high = zeros[1] > zeros[0];
  const char *name = high ? "UTF-16LE" : "UTF-16BE";
  if (units < 8 || zeros[!high] > zeros[high] / 16) return NULL;
  if (!zeros[!high] && zeros[high] >= units / 4) return name;
  if (zeros[high] < units / 100 || zeros[high] < 2 || dc_utf8_valid(head, length)) return NULL;
  for (size_t u = 0; u < units; u++) {
    unsigned a = (unsigned char)head[2 * u], b = (unsigned char)head[2 * u + 1], unit = high ? b << 8 | a : a << 8 | b;
    plain += is_plain_unit(unit);
    ends += unit == '\n' || unit == '\r';
  }
  return ends && plain >= units - units / 50 ? name : NULL;
}

static bool has(const char *head, size_t length, const char *wanted, size_t n)
{
  for (const char *p = head, *end = head + length; (p = memchr(p, wanted[0], (size_t)(end - p))) != NULL; p++) {
    if ((size_t)(end - p) < n) return false;
    if (memcmp(p, wanted, n) == 0) return true;
  }
  return false;
}

/* ~{ pairs of bytes ~}, and nothing else behind a ~{. */
static bool looks_hz(const char *head, size_t length)
{
  bool found = false;
  for (size_t i = 0; i + 1 < length; i++) {
    if (head[i] != '~' || head[i + 1] != '{') continue;
    size_t k = i + 2;
    while (k + 1 < length && head[k] >= 0x21 && head[k] < 0x7E && head[k + 1] >= 0x21) k += 2;
    if (k + 1 >= length) return found;
    if (k == i + 2 || head[k] != '~' || head[k + 1] != '}') return false;
    found = true;
    i = k + 1;
  }
  return found;
}

static const char *seven_bit(const char *head, size_t length)
{
  if (has(head, length, "\x1B$)C", 4)) return "ISO-2022-KR";
  if (has(head, length, "\x1B$)A", 4)) return "ISO-2022-CN";
  if (has(head, length, "\x1B$B", 3) || has(head, length, "\x1B$@", 3) || has(head, length, "\x1B$(", 3))
    return "ISO-2022-JP";
  return looks_hz(head, length) ? "HZ" : NULL;
}

static dc_status settle_asked(dc_source *source, const char *asked, char *name, dc_error *error)
{
  bool utf8 = strcasecmp(asked, "UTF-8") == 0 || strcasecmp(asked, "UTF8") == 0;
  if (!dc_transcode_knows(asked))
    return dc_fail(
        error, DC_E_USAGE,
        "--encoding: there is no encoding '%.60s' here; usual ones are UTF-8, UTF-16LE, GB18030, BIG5, CP932, "
        "CP949, CP1250, CP1251, CP1252, ISO-8859-15",
        asked);
  checking c;
  dc_status status = check_whole(source, &c, error);
  if (status != DC_OK) return status;
  if (utf8 && c.bad_line)
    return dc_fail_at(error, DC_E_INPUT, dc_source_path(source), (int64_t)c.bad_line, 0,
                      "the line has bytes that are no UTF-8; mend it, or name the encoding that the file is in");
  if (utf8 || (!c.bad_line && c.wide)) return DC_OK;
  snprintf(name, DC_ENCODING_NAME_BYTES, "%s", asked);
  return dc_transcode(source, dc_source_start(source), asked, error);
}

static dc_status settle_head(dc_source *source, const char *head, size_t length, char *name, dc_error *error)
{
  const char *found = utf16_without_mark(head, length);
  if (!found) found = seven_bit(head, length);
  if (!found) {
    bool whole = length == dc_source_size(source) - dc_source_start(source);
    dc_utf8 u = dc_utf8_judge(head, length, 0, true);
    if (u.bad == length || (!whole && length - u.bad < 4)) return DC_OK;
    return detect(source, 1 + count_lines(head, (size_t)u.bad), name, error);
  }
  snprintf(name, DC_ENCODING_NAME_BYTES, "%s", found);
  dc_status status = dc_transcode(source, dc_source_start(source), found, error);
  if (status == DC_E_INPUT && strcmp(found, "ISO-2022-JP") == 0)
    status = dc_transcode(source, dc_source_start(source), "ISO-2022-JP-3", error);
  return status;
}

/* Whether the head is UTF-8 without anything that another encoding might be told by: most are, and are not looked at
 * closer. */
static dc_status look_at_head(const dc_source *source, uint64_t to, dc_buffer *buffer, bool *plain, dc_error *error)
{
  *plain = true;
  for (uint64_t at = dc_source_start(source); *plain && at < to;) {
    const char *view;
    uint64_t stop = to - at < LOOK_BYTES ? to : at + LOOK_BYTES;
    size_t length = (size_t)(stop - at);
    dc_status status = dc_source_view(source, at, stop, buffer, &view, error);
    if (status != DC_OK) return status;
    dc_utf8 u = dc_utf8_judge(view, length, 0, true);
    size_t left = length - (size_t)u.bad; /* of a character that the end of the piece cut */
    bool cut = left < LONGEST && stop < dc_source_size(source) && (stop == to || u.bad > 0);
    *plain = (left == 0 || cut) && !dc_has_control(view, length) && !memchr(view, '~', length);
    at = stop < to ? stop - left : to;
  }
  return DC_OK;
}

static dc_status settle_unasked(dc_source *source, uint64_t to, dc_buffer *buffer, char *name, dc_error *error)
{
  bool plain;
  const char *head;
  dc_status status = look_at_head(source, to, buffer, &plain, error);
  if (status != DC_OK || plain) return status;
  uint64_t start = dc_source_start(source);
  status = dc_source_view(source, start, to, buffer, &head, error);
  return status == DC_OK ? settle_head(source, head, (size_t)(to - start), name, error) : status;
}

dc_status dc_encoding_settle(dc_source *source, const char *asked, char name[DC_ENCODING_NAME_BYTES], dc_error *error)
{
  dc_buffer buffer = {NULL, 0};
  const char *head = NULL;
  uint64_t start = dc_source_start(source), size = dc_source_size(source), left = size - start;
  snprintf(name, DC_ENCODING_NAME_BYTES, "UTF-8");
  dc_status status = dc_source_view(source, start, left < LONGEST ? size : start + LONGEST, &buffer, &head, error);
  bool marked = start > 0;
  for (size_t k = 0; status == DC_OK && !marked && k < sizeof marks / sizeof *marks; k++) {
    if (left < marks[k].length || memcmp(head, marks[k].mark, marks[k].length) != 0) continue;
    marked = true;
    snprintf(name, DC_ENCODING_NAME_BYTES, "%s", marks[k].name);
    status = dc_transcode(source, marks[k].length, marks[k].name, error);
  }
  uint64_t to = left < DC_ENCODING_HEAD ? size : start + DC_ENCODING_HEAD;
  if (status == DC_OK && !marked)
    status = asked ? settle_asked(source, asked, name, error) : settle_unasked(source, to, &buffer, name, error);
  dc_buffer_free(&buffer);
  if (status == DC_OK && dc_source_size(source) == dc_source_start(source))
    status = dc_fail_at(error, DC_E_INPUT, dc_source_path(source), 0, 0, "the file is empty; export it again");
  return status;
}
