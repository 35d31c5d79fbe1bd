#include "engine/ingest/spool.h"

#include "engine/base/progress.h"
#include "engine/ingest/blocks.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_BYTES = 1 << 16, BUFFER_BYTES = 1 << 20 };

void dc_spool_init(dc_spool *spool, const char *path)
{
  memset(spool, 0, sizeof *spool);
  spool->path = path;
  spool->line = 1;
  spool->fd = -1;
}

static const char *folder_of_temporaries(void)
{
  const char *named = getenv("TMPDIR");
  return named && *named ? named : "/tmp";
}

static dc_status fail_temporary(const char *what, dc_error *error)
{
  return dc_fail(error, DC_E_SYSTEM, "a temporary file in %.200s cannot be %s: %s; name a folder with room in TMPDIR",
                 folder_of_temporaries(), what, strerror(errno));
}

static dc_status make_file(dc_spool *s, dc_error *error)
{
  char path[4096];
  int length = snprintf(path, sizeof path, "%s/dealcast-XXXXXX", folder_of_temporaries());
  if (length < 0 || (size_t)length >= sizeof path) {
    errno = ENAMETOOLONG;
    return fail_temporary("made", error);
  }
  s->fd = mkstemp(path);
  if (s->fd < 0) return fail_temporary("made", error);
  unlink(path); /* gone when we are, however we end */
  return DC_OK;
}

static dc_status flush(dc_spool *s, dc_error *error)
{
  for (size_t done = 0; done < s->used;) {
    ssize_t n = write(s->fd, s->memory + done, s->used - done);
    if (n > 0) {
      done += (size_t)n;
    } else if (dc_cancelled()) {
      return dc_fail(error, DC_E_CANCELLED, "cancelled");
    } else if (n == 0 || errno != EINTR) {
      return fail_temporary("written", error);
    }
  }
  s->used = 0;
  return DC_OK;
}

static dc_status grow(dc_spool *s, dc_error *error)
{
  size_t capacity = s->capacity ? s->capacity * 2 : FIRST_BYTES;
  char *memory = realloc(s->memory, capacity);
  if (!memory) return dc_fail_memory(error, "holding a text");
  s->memory = memory;
  s->capacity = capacity;
  return DC_OK;
}

/* Memory is full. */
static dc_status make_room(dc_spool *s, dc_error *error)
{
  if (s->fd < 0 && s->capacity < DC_SPOOL_BYTES) return grow(s, error);
  bool first = s->fd < 0;
  dc_status status = first ? make_file(s, error) : DC_OK;
  if (status == DC_OK) status = flush(s, error);
  if (status != DC_OK || !first) return status;
  char *smaller = realloc(s->memory, BUFFER_BYTES);
  if (!smaller) return DC_OK;
  s->memory = smaller;
  s->capacity = BUFFER_BYTES;
  return DC_OK;
}

static dc_status watch_line(dc_spool *s, const char *bytes, size_t length, dc_error *error)
{
  size_t behind = length;
  while (behind && bytes[behind - 1] != '\n' && bytes[behind - 1] != '\r') behind--;
  s->line_bytes = behind ? length - behind : s->line_bytes + length;
  bool ignored = false;
  if (behind) s->line += dc_count_lines(bytes, length, 0, &ignored);
  if (s->line_bytes <= DC_LINE_BYTES) return DC_OK;
  return dc_fail_at(error, DC_E_INPUT, s->path, (int64_t)s->line, 0,
                    "the line is longer than %d MiB: this is no file of deals, or its line ends are lost; export it "
                    "again",
                    (int)(DC_LINE_BYTES >> 20));
}

dc_status dc_spool_write(dc_spool *s, const char *bytes, size_t length, dc_error *error)
{
  dc_status watched = watch_line(s, bytes, length, error);
  if (watched != DC_OK) return watched;
  while (length) {
    if (s->used == s->capacity) {
      dc_status status = make_room(s, error);
      if (status != DC_OK) return status;
    }
    size_t n = s->capacity - s->used < length ? s->capacity - s->used : length;
    memcpy(s->memory + s->used, bytes, n);
    s->used += n;
    s->size += n;
    bytes += n;
    length -= n;
  }
  return DC_OK;
}

dc_status dc_spool_finish(dc_spool *s, dc_error *error)
{
  if (s->fd < 0) return s->memory ? DC_OK : grow(s, error); /* an empty text has an address, too */
  dc_status status = flush(s, error);
  free(s->memory);
  s->memory = NULL;
  return status;
}

void dc_spool_free(dc_spool *spool)
{
  if (spool->fd >= 0) close(spool->fd);
  free(spool->memory);
  dc_spool_init(spool, spool->path);
}
