#include "engine/ingest/source.h"

#include "engine/base/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { READ_BYTES = 1 << 20 };

struct dc_source {
  char *path;
  int fd;             /* -1 when the text is in memory */
  const char *memory; /* the whole text, or NULL */
  char *owned;        /* memory that is ours to free */
  uint64_t size, stored, start, hash;
  bool hashed;
  struct stat opened;
};

void dc_buffer_free(dc_buffer *buffer)
{
  free(buffer->bytes);
  buffer->bytes = NULL;
  buffer->size = 0;
}

static bool reserve(dc_buffer *buffer, size_t size)
{
  if (size <= buffer->size) return true;
  size_t grown = buffer->size + buffer->size / 2;
  if (grown < size) grown = size;
  char *bytes = realloc(buffer->bytes, grown);
  if (!bytes) return false;
  buffer->bytes = bytes;
  buffer->size = grown;
  return true;
}

/* Little-endian on every machine. */
static inline uint64_t read_word(const unsigned char *p)
{
  uint64_t w;
  memcpy(&w, p, sizeof w);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  w = __builtin_bswap64(w);
#endif
  return w;
}

static inline uint64_t turn(uint64_t x) { return x << 29 | x >> 35; }

static uint64_t stir(uint64_t x)
{
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93u;
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93u;
  return x ^ (x >> 32);
}

uint64_t dc_hash_join(uint64_t hash, uint64_t piece) { return stir(hash * 0x9E3779B97F4A7C15u + piece); }

uint64_t dc_hash_stored(const char *bytes, size_t length)
{
  const uint64_t odd = 0x9E3779B97F4A7C15u;
  const unsigned char *p = (const unsigned char *)bytes;
  uint64_t lane[4] = {1, 2, 3, 4};
  size_t i = 0;
  for (; i + 32 <= length; i += 32) {
    lane[0] = turn((lane[0] ^ read_word(p + i)) * odd);
    lane[1] = turn((lane[1] ^ read_word(p + i + 8)) * odd);
    lane[2] = turn((lane[2] ^ read_word(p + i + 16)) * odd);
    lane[3] = turn((lane[3] ^ read_word(p + i + 24)) * odd);
  }
  unsigned char tail[32] = {0};
  if (i < length) memcpy(tail, p + i, length - i);
  uint64_t hash = stir((uint64_t)length);
  for (int k = 0; k < 4; k++) hash = stir(hash + (lane[k] ^ read_word(tail + 8 * k)) * odd);
  return hash;
}

static uint64_t hash_pieces(const char *bytes, size_t length)
{
  uint64_t hash = 0;
  for (size_t at = 0; at < length; at += DC_CHUNK_BYTES) {
    size_t n = length - at < DC_CHUNK_BYTES ? length - at : DC_CHUNK_BYTES;
    hash = dc_hash_join(hash, dc_hash_stored(bytes + at, n));
  }
  return hash;
}

static dc_status fail_read(const dc_source *s, dc_error *error)
{
  return dc_fail_at(error, DC_E_SYSTEM, s->path, 0, 0, "reading failed: %s", strerror(errno));
}

/* The rest of fd into memory; for pipes and gzip files. */
static dc_status slurp(dc_source *s, int fd, dc_buffer *into, size_t *used, dc_error *error)
{
  for (;;) {
    if (!reserve(into, *used + READ_BYTES)) return dc_fail_memory(error, "reading a file");
    ssize_t n = read(fd, into->bytes + *used, into->size - *used);
    if (n == 0) return DC_OK;
    if (n > 0) {
      *used += (size_t)n;
    } else if (dc_cancelled()) {
      return dc_fail(error, DC_E_CANCELLED, "cancelled");
    } else if (errno != EINTR) {
      return fail_read(s, error);
    }
  }
}

/* Only zeros follow: padding, not another member. */
static bool is_padding(const char *bytes, size_t length)
{
  for (size_t i = 0; i < length; i++)
    if (bytes[i]) return false;
  return true;
}

static dc_status inflate_members(const dc_source *s, z_stream *z, const char *packed, size_t length, dc_buffer *into,
                                 size_t *used, dc_error *error)
{
  size_t taken = 0;
  int code = Z_OK;
  while (code != Z_STREAM_END || taken < length) {
    if (code == Z_STREAM_END && (is_padding(packed + taken, length - taken) || inflateReset(z) != Z_OK)) break;
    if (!reserve(into, *used + READ_BYTES)) return dc_fail_memory(error, "unpacking a .gz file");
    size_t offer = length - taken < READ_BYTES ? length - taken : READ_BYTES;
    z->next_in = (Bytef *)(uintptr_t)(packed + taken);
    z->avail_in = (uInt)offer;
    z->next_out = (Bytef *)(into->bytes + *used);
    z->avail_out = READ_BYTES;
    code = inflate(z, Z_NO_FLUSH);
    taken += offer - z->avail_in;
    *used += READ_BYTES - z->avail_out;
    if (code == Z_MEM_ERROR) return dc_fail_memory(error, "unpacking a .gz file");
    if (code != Z_OK && code != Z_STREAM_END) {
      return dc_fail_at(
          error, DC_E_INPUT, s->path, 0, 0,
          "the gzip file is damaged or cut short (%s); copy it again, or unpack it with gunzip to see how "
          "much of it can be read",
          z->msg ? z->msg : "unexpected end");
    }
  }
  return DC_OK;
}

static dc_status inflate_all(dc_source *s, const char *packed, size_t length, dc_error *error)
{
  z_stream z;
  memset(&z, 0, sizeof z);
  if (inflateInit2(&z, 15 + 16) != Z_OK) return dc_fail_memory(error, "unpacking a .gz file");
  dc_buffer text = {NULL, 0};
  size_t used = 0;
  dc_status status = inflate_members(s, &z, packed, length, &text, &used, error);
  inflateEnd(&z);
  if (status != DC_OK) {
    dc_buffer_free(&text);
    return status;
  }
  s->owned = text.bytes;
  s->memory = text.bytes;
  s->size = used;
  return DC_OK;
}

static dc_status read_into_memory(dc_source *s, int fd, dc_error *error)
{
  dc_buffer stored = {NULL, 0};
  size_t used = 0;
  dc_status status = slurp(s, fd, &stored, &used, error);
  if (status == DC_OK) {
    s->stored = used;
    const unsigned char *p = (const unsigned char *)stored.bytes;
    s->hash = hash_pieces(stored.bytes, used);
    s->hashed = true;
    if (used > 1 && p[0] == 0x1f && p[1] == 0x8b) {
      status = inflate_all(s, stored.bytes, used, error);
    } else {
      s->memory = s->owned = stored.bytes;
      s->size = used;
      return DC_OK;
    }
  }
  dc_buffer_free(&stored);
  return status;
}

static dc_status fail_folder(const dc_source *s, dc_error *error)
{
  return dc_fail_at(error, DC_E_INPUT, s->path, 0, 0, "this is a folder; name the files in it");
}

static dc_status read_stdin(dc_source *s, dc_error *error)
{
  struct stat found;
  if (fstat(STDIN_FILENO, &found) == 0 && S_ISDIR(found.st_mode)) return fail_folder(s, error);
  return read_into_memory(s, STDIN_FILENO, error);
}

static dc_status open_file(dc_source *s, dc_error *error)
{
  int fd = open(s->path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    dc_status code = errno == ENOENT || errno == ENOTDIR || errno == EACCES ? DC_E_INPUT : DC_E_SYSTEM;
    const char *why = errno == ENOENT ? "there is no such file" : strerror(errno);
    return dc_fail_at(error, code, s->path, 0, 0, "cannot be opened: %s", why);
  }
  unsigned char magic[2] = {0, 0};
  dc_status status = DC_OK;
  if (fstat(fd, &s->opened) != 0) {
    status = fail_read(s, error);
  } else if (S_ISDIR(s->opened.st_mode)) {
    status = fail_folder(s, error);
  } else if (!S_ISREG(s->opened.st_mode) || (pread(fd, magic, 2, 0) == 2 && magic[0] == 0x1f && magic[1] == 0x8b)) {
    status = read_into_memory(s, fd, error);
  } else {
    s->fd = fd;
    s->size = s->stored = (uint64_t)s->opened.st_size;
    return DC_OK;
  }
  close(fd);
  return status;
}

/* What is often given in place of a CSV file, told by its first bytes. */
static const struct {
  const char *bytes;
  size_t length;
  const char *remedy;
} others[] = {
    {"PK\003\004", 4, "the file is an Excel workbook or a ZIP archive; save the sheet as \"CSV UTF-8\", or unpack it"},
    {"\xD0\xCF\x11\xE0", 4, "the file is an old Excel workbook (.xls); save the sheet as \"CSV UTF-8\""},
    {"%PDF-", 5, "the file is a PDF; export the deals as CSV"},
    {"SQLite format 3", 15, "the file is an SQLite database; export the table as CSV"},
    {"PAR1", 4, "the file is in Parquet; export it as CSV"},
    {"\x28\xB5\x2F\xFD", 4, "the file is packed by zstd; unpack it, or pack it by gzip"},
    {"BZh", 3, "the file is packed by bzip2; unpack it, or pack it by gzip"},
    {"\xFD"
     "7zXZ",
     5, "the file is packed by xz; unpack it, or pack it by gzip"},
    {"\xFF\xFE", 2, "the file is in UTF-16; save it as UTF-8 (Excel: \"CSV UTF-8\"; or iconv -f UTF-16 -t UTF-8)"},
    {"\xFE\xFF", 2, "the file is in UTF-16; save it as UTF-8 (Excel: \"CSV UTF-8\"; or iconv -f UTF-16 -t UTF-8)"},
};

enum { START_BYTES = 16 };

/* Byte order marks, emptiness, and files that are no text. */
static dc_status check_start(dc_source *s, dc_error *error)
{
  static const char empty[] = "the file is empty; export it again";
  if (s->size == 0) return dc_fail_at(error, DC_E_INPUT, s->path, 0, 0, empty);
  dc_buffer buffer = {NULL, 0};
  const char *view;
  uint64_t n = s->size < START_BYTES ? s->size : START_BYTES;
  dc_status status = dc_source_view(s, 0, n, &buffer, &view, error);
  for (size_t k = 0; k < sizeof others / sizeof *others && status == DC_OK; k++)
    if (n >= others[k].length && memcmp(view, others[k].bytes, others[k].length) == 0)
      status = dc_fail_at(error, DC_E_INPUT, s->path, 0, 0, "%s", others[k].remedy);
  if (status == DC_OK && n >= 3 && memcmp(view, "\xEF\xBB\xBF", 3) == 0) {
    s->start = 3;
    if (s->size == 3) status = dc_fail_at(error, DC_E_INPUT, s->path, 0, 0, empty);
  }
  dc_buffer_free(&buffer);
  return status;
}

static dc_source *new_source(const char *path)
{
  dc_source *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  s->fd = -1;
  s->path = malloc(strlen(path) + 1);
  if (!s->path) {
    free(s);
    return NULL;
  }
  strcpy(s->path, path);
  return s;
}

dc_status dc_source_open(const char *path, dc_source **source, dc_error *error)
{
  dc_source *s = new_source(path);
  if (!s) return dc_fail_memory(error, "opening a file");
  dc_status status = strcmp(path, "-") == 0 ? read_stdin(s, error) : open_file(s, error);
  if (status == DC_OK) status = check_start(s, error);
  if (status == DC_OK) {
    *source = s;
  } else {
    dc_source_free(s);
  }
  return status;
}

dc_status dc_source_memory(const char *path, const char *bytes, size_t length, dc_source **source, dc_error *error)
{
  dc_source *s = new_source(path);
  if (!s) return dc_fail_memory(error, "opening a file");
  s->memory = bytes;
  s->size = s->stored = length;
  dc_status status = check_start(s, error);
  if (status == DC_OK) {
    *source = s;
  } else {
    dc_source_free(s);
  }
  return status;
}

void dc_source_free(dc_source *source)
{
  if (!source) return;
  if (source->fd >= 0) close(source->fd);
  free(source->owned);
  free(source->path);
  free(source);
}

const char *dc_source_path(const dc_source *source) { return source->path; }
uint64_t dc_source_size(const dc_source *source) { return source->size; }
uint64_t dc_source_stored(const dc_source *source) { return source->stored; }
uint64_t dc_source_start(const dc_source *source) { return source->start; }

bool dc_source_hash(const dc_source *source, uint64_t *hash)
{
  if (source->hashed) *hash = source->hash;
  return source->hashed;
}

static dc_status fail_changed(const dc_source *s, dc_error *error)
{
  return dc_fail_at(error, DC_E_INPUT, s->path, 0, 0,
                    "the file changed while it was being read; wait until its export is complete and run again");
}

dc_status dc_source_view(const dc_source *source, uint64_t from, uint64_t to, dc_buffer *buffer, const char **view,
                         dc_error *error)
{
  if (source->memory) {
    *view = source->memory + from;
    return DC_OK;
  }
  size_t wanted = (size_t)(to - from), got = 0;
  if (!reserve(buffer, wanted + 1)) return dc_fail_memory(error, "reading a file");
  while (got < wanted) {
    ssize_t n = pread(source->fd, buffer->bytes + got, wanted - got, (off_t)(from + got));
    if (n == 0) return fail_changed(source, error);
    if (n > 0) {
      got += (size_t)n;
    } else if (dc_cancelled()) {
      return dc_fail(error, DC_E_CANCELLED, "cancelled");
    } else if (errno != EINTR) {
      return fail_read(source, error);
    }
  }
  *view = buffer->bytes;
  return DC_OK;
}

dc_status dc_source_unchanged(const dc_source *source, dc_error *error)
{
  struct stat now;
  if (source->fd < 0) return DC_OK;
  if (fstat(source->fd, &now) != 0) return fail_read(source, error);
  bool same = now.st_size == source->opened.st_size && now.st_mtime == source->opened.st_mtime;
#ifndef __APPLE__
  same = same && now.st_mtim.tv_nsec == source->opened.st_mtim.tv_nsec;
#endif
  return same ? DC_OK : fail_changed(source, error);
}
