#include "engine/ingest/source.h"

#include "engine/base/progress.h"
#include "engine/ingest/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct dc_source {
  char *path;
  int fd;             /* the file as it was opened, to see whether it changes; -1 for none */
  const char *memory; /* the whole text, or NULL: then it is in view_fd */
  int view_fd;        /* fd, or that of the spool */
  dc_spool text;      /* what was unpacked, rewritten, or came from a pipe */
  uint64_t size, stored, start, hash;
  uint64_t whole; /* size before it was trimmed; 0: it was not */
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

static dc_status fail_read(const dc_source *s, dc_error *error)
{
  return dc_fail_at(error, DC_E_SYSTEM, s->path, 0, 0, "reading failed: %s", strerror(errno));
}

/* Fills piece from fd as far as it goes; *got < DC_CHUNK_BYTES at the end only. */
static dc_status read_piece(const dc_source *s, int fd, char *piece, size_t *got, dc_error *error)
{
  *got = 0;
  while (*got < DC_CHUNK_BYTES) {
    ssize_t n = read(fd, piece + *got, DC_CHUNK_BYTES - *got);
    if (n == 0) return DC_OK;
    if (n > 0) {
      *got += (size_t)n;
    } else if (dc_cancelled()) {
      return dc_fail(error, DC_E_CANCELLED, "cancelled");
    } else if (errno != EINTR) {
      return fail_read(s, error);
    }
  }
  return DC_OK;
}

/* Everything that fd holds, unpacked, into the spool. */
static dc_status take_all(dc_source *s, int fd, char *piece, dc_unpacker **unpacker, dc_error *error)
{
  for (bool last = false; !last;) {
    size_t n;
    dc_status status = read_piece(s, fd, piece, &n, error);
    if (status != DC_OK) return status;
    last = n < DC_CHUNK_BYTES;
    if (s->stored == 0) status = dc_unpacker_new(s->path, piece, n, unpacker, error);
    s->hash = n ? dc_hash_join(s->hash, dc_hash_stored(piece, n)) : s->hash;
    s->stored += n;
    if (status == DC_OK && *unpacker) status = dc_unpacker_feed(*unpacker, piece, n, last, &s->text, error);
    if (status == DC_OK && !*unpacker) status = dc_spool_write(&s->text, piece, n, error);
    if (status != DC_OK) return status;
  }
  return DC_OK;
}

/* The text is in the spool from here on. */
static dc_status settle_text(dc_source *s, dc_error *error)
{
  dc_status status = dc_spool_finish(&s->text, error);
  if (status != DC_OK) return status;
  s->memory = s->text.fd < 0 ? s->text.memory : NULL;
  s->view_fd = s->text.fd;
  s->size = s->text.size;
  return DC_OK;
}

static dc_status spool_all(dc_source *s, int fd, dc_error *error)
{
  char *piece = malloc(DC_CHUNK_BYTES);
  if (!piece) return dc_fail_memory(error, "reading a file");
  dc_unpacker *unpacker = NULL;
  dc_status status = take_all(s, fd, piece, &unpacker, error);
  dc_unpacker_free(unpacker);
  free(piece);
  s->hashed = true;
  return status == DC_OK ? settle_text(s, error) : status;
}

static dc_status fail_folder(const dc_source *s, dc_error *error)
{
  return dc_fail_at(error, DC_E_INPUT, s->path, 0, 0, "this is a folder; name the files in it");
}

static dc_status read_stdin(dc_source *s, dc_error *error)
{
  struct stat found;
  if (fstat(STDIN_FILENO, &found) == 0 && S_ISDIR(found.st_mode)) return fail_folder(s, error);
  return spool_all(s, STDIN_FILENO, error);
}

/* The first bytes of a regular file; zeros where it has less. */
static dc_status read_magic(const dc_source *s, int fd, char magic[4], dc_error *error)
{
  memset(magic, 0, 4);
  while (pread(fd, magic, 4, 0) < 0) {
    if (errno != EINTR) return fail_read(s, error);
    if (dc_cancelled()) return dc_fail(error, DC_E_CANCELLED, "cancelled");
  }
  return DC_OK;
}

static dc_status open_file(dc_source *s, dc_error *error)
{
  int fd = open(s->path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    dc_status code = errno == ENOENT || errno == ENOTDIR || errno == EACCES ? DC_E_INPUT : DC_E_SYSTEM;
    const char *why = errno == ENOENT ? "there is no such file" : strerror(errno);
    return dc_fail_at(error, code, s->path, 0, 0, "cannot be opened: %s", why);
  }
  char magic[4] = {0};
  dc_status status = fstat(fd, &s->opened) == 0 ? DC_OK : fail_read(s, error);
  if (status == DC_OK && S_ISREG(s->opened.st_mode)) status = read_magic(s, fd, magic, error);
  if (status != DC_OK) {
    close(fd);
    return status;
  }
  if (S_ISDIR(s->opened.st_mode)) {
    status = fail_folder(s, error);
  } else if (!S_ISREG(s->opened.st_mode) || dc_is_packed(magic)) {
    status = spool_all(s, fd, error);
  } else {
    s->fd = s->view_fd = fd;
    s->size = s->stored = (uint64_t)s->opened.st_size;
    return DC_OK;
  }
  if (status == DC_OK && S_ISREG(s->opened.st_mode)) {
    s->fd = fd;
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
    {"BZh", 3, "the file is packed by bzip2; unpack it, or pack it by gzip or zstd"},
    {"\xFD"
     "7zXZ",
     5, "the file is packed by xz; unpack it, or pack it by gzip or zstd"},
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
  s->fd = s->view_fd = -1;
  s->path = malloc(strlen(path) + 1);
  if (!s->path) {
    free(s);
    return NULL;
  }
  strcpy(s->path, path);
  dc_spool_init(&s->text, s->path);
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
  dc_spool_free(&source->text);
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

dc_status dc_source_each(const dc_source *s, uint64_t from, dc_piece_taker take, void *context, dc_error *error)
{
  dc_buffer buffer = {NULL, 0};
  dc_status status = DC_OK;
  for (uint64_t at = from; at < s->size && status == DC_OK;) {
    uint64_t to = (at / DC_CHUNK_BYTES + 1) * DC_CHUNK_BYTES;
    if (to > s->size) to = s->size;
    const char *view;
    status = dc_cancelled() ? dc_fail(error, DC_E_CANCELLED, "cancelled")
                            : dc_source_view(s, at, to, &buffer, &view, error);
    if (status == DC_OK) status = take(context, view, (size_t)(to - at), to == s->size, error);
    at = to;
  }
  dc_buffer_free(&buffer);
  return status;
}

static dc_status hash_piece(void *context, const char *bytes, size_t length, bool last, dc_error *error)
{
  (void)last;
  (void)error;
  uint64_t *hash = context;
  *hash = dc_hash_join(*hash, dc_hash_stored(bytes, length));
  return DC_OK;
}

/* Before the text is another than what is stored. */
static dc_status keep_hash(dc_source *s, dc_error *error)
{
  if (s->hashed) return DC_OK;
  s->hash = 0;
  s->hashed = true;
  return dc_source_each(s, 0, hash_piece, &s->hash, error);
}

dc_status dc_source_trim(dc_source *source, uint64_t to, dc_error *error)
{
  dc_status status = keep_hash(source, error);
  if (!source->whole) source->whole = source->size;
  source->size = to;
  return status;
}

void dc_source_untrim(dc_source *source)
{
  if (source->whole) source->size = source->whole;
  source->whole = 0;
}

typedef struct rewriting {
  dc_filter filter;
  void *context;
  dc_spool out;
} rewriting;

static dc_status rewrite_piece(void *context, const char *bytes, size_t length, bool last, dc_error *error)
{
  rewriting *r = context;
  return r->filter(r->context, bytes, length, last, &r->out, error);
}

dc_status dc_source_rewrite(dc_source *s, uint64_t from, dc_filter filter, void *context, dc_error *error)
{
  rewriting r = {.filter = filter, .context = context};
  dc_spool_init(&r.out, s->path);
  dc_status status = keep_hash(s, error);
  if (status == DC_OK) status = dc_source_each(s, from, rewrite_piece, &r, error);
  if (status != DC_OK) {
    dc_spool_free(&r.out);
    return status;
  }
  dc_spool_free(&s->text);
  s->text = r.out;
  s->start = s->whole = 0;
  return settle_text(s, error);
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
    ssize_t n = pread(source->view_fd, buffer->bytes + got, wanted - got, (off_t)(from + got));
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

dc_status dc_source_view_slack(const dc_source *source, uint64_t from, uint64_t to, size_t slack, dc_buffer *buffer,
                               const char **view, dc_error *error)
{
  size_t length = (size_t)(to - from);
  if (!reserve(buffer, length + slack + 1)) return dc_fail_memory(error, "reading a file");
  dc_status status = dc_source_view(source, from, to, buffer, view, error);
  if (status == DC_OK && *view != buffer->bytes && source->size - to < slack)
    *view = memcpy(buffer->bytes, *view, length);
  return status;
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
