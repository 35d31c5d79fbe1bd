#include "engine/output/sink.h"

#include "engine/base/decimal.h"
#include "engine/base/progress.h"
#include "engine/output/write.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { CANCELLED = -1, NUMBER_CHARS = 32 };

void dc_sink_open(dc_sink *sink, int fd, bool hashed)
{
  sink->fd = fd;
  sink->hashed = hashed;
  sink->failure = 0;
  sink->used = 0;
  sink->bytes = 0;
  sink->hash = 0xCBF29CE484222325u;
}

static void empty(dc_sink *sink)
{
  size_t done = 0;
  if (dc_cancelled() && !sink->failure) sink->failure = CANCELLED;
  while (done < sink->used && !sink->failure) {
    ssize_t n = write(sink->fd, sink->buffer + done, sink->used - done);
    if (n >= 0)
      done += (size_t)n;
    else if (errno != EINTR)
      sink->failure = errno;
    else if (dc_cancelled())
      sink->failure = CANCELLED;
  }
  if (sink->hashed)
    for (size_t i = 0; i < sink->used; i++) sink->hash = (sink->hash ^ (unsigned char)sink->buffer[i]) * 0x100000001B3u;
  sink->used = 0;
}

void dc_sink_bytes(dc_sink *sink, const char *bytes, size_t length)
{
  sink->bytes += length;
  while (length) {
    size_t room = sizeof sink->buffer - sink->used;
    size_t n = length < room ? length : room;
    memcpy(sink->buffer + sink->used, bytes, n);
    sink->used += n;
    bytes += n;
    length -= n;
    if (sink->used == sizeof sink->buffer) empty(sink);
  }
}

void dc_sink_text(dc_sink *sink, const char *text) { dc_sink_bytes(sink, text, strlen(text)); }

void dc_sink_char(dc_sink *sink, char c) { dc_sink_bytes(sink, &c, 1); }

void dc_sink_repeat(dc_sink *sink, char c, int times)
{
  for (int i = 0; i < times; i++) dc_sink_char(sink, c);
}

void dc_sink_double(dc_sink *sink, double value)
{
  char text[NUMBER_CHARS];
  dc_sink_bytes(sink, text, (size_t)dc_format_double(value, text));
}

void dc_sink_integer(dc_sink *sink, int64_t value)
{
  char text[NUMBER_CHARS];
  char *p = text + sizeof text;
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  do {
    *--p = (char)('0' + rest % 10);
    rest /= 10;
  } while (rest);
  if (value < 0) *--p = '-';
  dc_sink_bytes(sink, p, (size_t)(text + sizeof text - p));
}

dc_status dc_sink_flush(dc_sink *sink, const char *name, dc_error *error)
{
  empty(sink);
  if (sink->failure == CANCELLED) return dc_fail_at(error, DC_E_CANCELLED, name, 0, 0, "stopped while writing");
  if (sink->failure) return dc_fail_at(error, DC_E_SYSTEM, name, 0, 0, "cannot write: %s", strerror(sink->failure));
  return DC_OK;
}
