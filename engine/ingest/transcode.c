#include "engine/ingest/blocks.h"
#include "engine/ingest/encoding.h"
#include "engine/ingest/utf8.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { OUT_BYTES = 1 << 17, KEPT_BYTES = 64 };

/* A text on its way to UTF-8. Bytes of a character that a piece cuts are kept for the next. */
typedef struct transcoding {
  iconv_t how;
  const struct special *special; /* what iconv cannot do alone, or NULL */
  bool hz_wide;                  /* HZ: inside ~{ and ~} */
  const char *path, *name;
  uint64_t line;
  size_t kept_length, used;
  char kept[KEPT_BYTES];
  char out[OUT_BYTES];
} transcoding;

static dc_status flush(transcoding *t, dc_spool *out, dc_error *error)
{
  bool ignored = false;
  t->line += dc_count_lines(t->out, t->used, 0, &ignored);
  dc_status status = dc_spool_write(out, t->out, t->used, error);
  t->used = 0;
  return status;
}

static dc_status fail_bytes(transcoding *t, const char *bytes, size_t length, dc_error *error)
{
  char shown[16] = "";
  bool ignored = false;
  t->line += dc_count_lines(t->out, t->used, 0, &ignored);
  for (size_t i = 0; i < length && i < 4; i++) {
    static const char digits[] = "0123456789ABCDEF";
    unsigned char c = (unsigned char)bytes[i];
    char hex[4] = {i ? ' ' : digits[c >> 4], i ? digits[c >> 4] : digits[c & 15], i ? digits[c & 15] : 0, 0};
    strcat(shown, hex);
  }
  return dc_fail_at(error, DC_E_INPUT, t->path, (int64_t)t->line, 0,
                    "the bytes %s are no %s; mend the line, save the file as UTF-8, or name its encoding with "
                    "--encoding NAME",
                    shown, t->name);
}

/* As many of the bytes as make whole characters; *taken of them. */
static dc_status convert(transcoding *t, char *bytes, size_t length, size_t *taken, dc_spool *out, dc_error *error)
{
  char *in = bytes;
  size_t left = length;
  while (left) {
    char *to = t->out + t->used;
    size_t room = OUT_BYTES - t->used;
    size_t code = iconv(t->how, &in, &left, &to, &room);
    t->used = OUT_BYTES - room;
    if (code != (size_t)-1) break;
    if (errno == EINVAL) break;
    if (errno != E2BIG) return fail_bytes(t, in, left, error);
    dc_status status = flush(t, out, error);
    if (status != DC_OK) return status;
  }
  *taken = length - left;
  return DC_OK;
}

static dc_status put_plain(transcoding *t, char c, dc_spool *out, dc_error *error)
{
  if (t->used == OUT_BYTES) {
    dc_status status = flush(t, out, error);
    if (status != DC_OK) return status;
  }
  t->out[t->used++] = c;
  return DC_OK;
}

/* HZ: between ~{ and ~} stand pairs of GB 2312. ~~ is ~, ~{ and ~} switch, ~ before a line end joins lines (RFC 1843); a line end switches back. */
static dc_status convert_hz(transcoding *t, char *bytes, size_t length, size_t *taken, dc_spool *out, dc_error *error)
{
  size_t i = 0;
  while (i < length) {
    char c = bytes[i], next = i + 1 < length ? bytes[i + 1] : 0;
    bool pair = c == '~' || (t->hz_wide && c != '\n' && c != '\r');
    if (pair && i + 1 == length) break;
    dc_status status = DC_OK;
    if (c == '~' && (next == '{' || next == '}')) {
      t->hz_wide = next == '{';
    } else if (c == '~' && next == '~' && !t->hz_wide) {
      status = put_plain(t, '~', out, error);
    } else if (c == '~' && next == '\n') {
      ;
    } else if (pair && t->hz_wide) {
      char wide[2] = {(char)(c | 0x80), (char)(next | 0x80)};
      size_t two;
      if (c < 0x21 || next < 0x21) return fail_bytes(t, bytes + i, 2, error);
      status = convert(t, wide, 2, &two, out, error);
    } else if (pair) {
      return fail_bytes(t, bytes + i, 2, error);
    } else {
      if (c & 0x80) return fail_bytes(t, bytes + i, 1, error);
      if (c == '\n' || c == '\r') t->hz_wide = false;
      status = put_plain(t, c, out, error);
    }
    if (status != DC_OK) return status;
    i += pair ? 2 : 1;
  }
  *taken = i;
  return DC_OK;
}

/* The syllable of filler, initial, vowel and final in row 4 of KS X 1001; 0 when they make none. */
static uint32_t syllable(const char *bytes)
{
  static const unsigned char initials[] = {1, 2, 4, 7, 8, 9, 17, 18, 19, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30},
                             finals[] = {0x34, 1,  2,  3,  4,  5,  6,  7,  9,  10, 11, 12, 13, 14,
                                         15,   16, 17, 18, 20, 21, 22, 23, 24, 26, 27, 28, 29, 30};
  unsigned part[4];
  for (int i = 0; i < 4; i++) {
    if ((unsigned char)bytes[2 * i] != 0xA4) return 0;
    part[i] = (unsigned char)bytes[2 * i + 1] - 0xA0u;
  }
  const unsigned char *first = memchr(initials, (int)part[1], sizeof initials);
  const unsigned char *last = memchr(finals, (int)part[3], sizeof finals);
  if (part[0] != 0x34 || !first || !last || part[2] < 31 || part[2] > 51) return 0;
  uint32_t l = (uint32_t)(first - initials), v = part[2] - 31, f = (uint32_t)(last - finals);
  return 0xAC00 + (l * 21 + v) * 28 + f;
}

/* EUC-KR: a syllable that KS X 1001 lacks is spelt in eight bytes by its letters (its annex 3), which iconv leaves apart. */
static dc_status convert_korean(transcoding *t, char *bytes, size_t length, size_t *taken, dc_spool *out,
                                dc_error *error)
{
  static const char filler[] = {(char)0xA4, (char)0xD4};
  size_t from = 0, i = 0, part;
  dc_status status = DC_OK;
  while (i < length && status == DC_OK) {
    bool wide = bytes[i] & 0x80;
    if (!wide || (i + 1 < length && memcmp(bytes + i, filler, 2) != 0)) {
      i += wide ? 2 : 1;
      continue;
    }
    if (length - i < 8) break;
    uint32_t code = syllable(bytes + i);
    if (code) {
      char utf8[4];
      int n = dc_utf8_put(code, utf8);
      status = convert(t, bytes + from, i - from, &part, out, error);
      for (int k = 0; k < n && status == DC_OK; k++) status = put_plain(t, utf8[k], out, error);
      from = i + 8;
    }
    i += 8;
  }
  if (i > length) i = length;
  *taken = i;
  if (status == DC_OK) status = convert(t, bytes + from, i - from, &part, out, error);
  if (status == DC_OK) *taken = from + part;
  return status;
}

/* Encodings that need more than iconv: which one it is given, and who splits the bytes for it. */
static const struct special {
  const char *name, *iconv;
  dc_status (*convert)(transcoding *t, char *bytes, size_t length, size_t *taken, dc_spool *out, dc_error *error);
} specials[] = {{"HZ", "GB2312", convert_hz},
                {"HZ-GB-2312", "GB2312", convert_hz},
                {"EUC-KR", "CP949", convert_korean},
                {"CP949", "CP949", convert_korean},
                {"UHC", "CP949", convert_korean}};

static const struct special *special_of(const char *name)
{
  for (size_t k = 0; k < sizeof specials / sizeof *specials; k++)
    if (strcasecmp(specials[k].name, name) == 0) return &specials[k];
  return NULL;
}

static dc_status convert_any(transcoding *t, char *bytes, size_t length, size_t *taken, dc_spool *out, dc_error *error)
{
  if (t->special) return t->special->convert(t, bytes, length, taken, out, error);
  return convert(t, bytes, length, taken, out, error);
}

static dc_status take_piece(void *context, const char *bytes, size_t length, bool last, dc_spool *out, dc_error *error)
{
  transcoding *t = context;
  dc_status status = DC_OK;
  size_t taken;
  /* What the last piece left is completed byte by byte. */
  while (t->kept_length && length && status == DC_OK) {
    t->kept[t->kept_length++] = *bytes++;
    length--;
    status = convert_any(t, t->kept, t->kept_length, &taken, out, error);
    if (status != DC_OK) break;
    t->kept_length -= taken;
    memmove(t->kept, t->kept + taken, t->kept_length);
    if (t->kept_length == KEPT_BYTES) return fail_bytes(t, t->kept, t->kept_length, error);
  }
  if (status == DC_OK && length) {
    status = convert_any(t, (char *)(uintptr_t)bytes, length, &taken, out, error);
    if (status == DC_OK && length - taken >= KEPT_BYTES) return fail_bytes(t, bytes + taken, length - taken, error);
    if (status == DC_OK) {
      t->kept_length = length - taken;
      memcpy(t->kept, bytes + taken, t->kept_length);
    }
  }
  if (status == DC_OK && last && t->kept_length) return fail_bytes(t, t->kept, t->kept_length, error);
  if (status == DC_OK) status = flush(t, out, error);
  if (status != DC_OK || !last) return status;
  char *to = t->out;
  size_t room = OUT_BYTES;
  iconv(t->how, NULL, NULL, &to, &room); /* a character that waited for a combining one */
  t->used = OUT_BYTES - room;
  return flush(t, out, error);
}

static iconv_t open_iconv(const char *name)
{
  const struct special *special = special_of(name);
  return iconv_open("UTF-8", special ? special->iconv : name);
}

bool dc_transcode_knows(const char *name)
{
  iconv_t how = open_iconv(name);
  if (how == (iconv_t)-1) return false;
  iconv_close(how);
  return true;
}

dc_status dc_transcode(dc_source *source, uint64_t from, const char *name, dc_error *error)
{
  transcoding *t = calloc(1, sizeof *t);
  if (!t) return dc_fail_memory(error, "transcoding a file");
  dc_status status;
  t->special = special_of(name);
  t->path = dc_source_path(source);
  t->name = name;
  t->line = 1;
  t->how = open_iconv(name);
  if (t->how == (iconv_t)-1) {
    status = errno == ENOMEM ? dc_fail_memory(error, "transcoding a file")
                             : dc_fail_at(error, DC_E_INPUT, t->path, 0, 0,
                                          "the file is in %s, which iconv does not know here; save it as UTF-8", name);
  } else {
    status = dc_source_rewrite(source, from, take_piece, t, error);
    iconv_close(t->how);
  }
  free(t);
  return status;
}
