#include "engine/ingest/unpack.h"

#include "engine/base/progress.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

enum { OUT_BYTES = 1 << 18 };

/* How one kind of packing is undone. step takes from in and gives to out; *ended: a member ended with the last byte
 * taken. */
typedef struct step_io {
  const char *in;
  size_t in_length, taken, given;
  bool ended;
} step_io;

typedef struct packing {
  const char *name, *tool, *magic;
  size_t magic_length;
  bool (*begin)(dc_unpacker *u);
  bool (*step)(dc_unpacker *u, step_io *io, const char **why); /* false: damaged */
  void (*end)(dc_unpacker *u);
} packing;

struct dc_unpacker {
  const packing *kind;
  const char *path;
  z_stream gzip;
  ZSTD_DStream *zstd;
  bool between; /* members: whatever follows begins another, or is padding */
  bool padding;
  char out[OUT_BYTES];
};

static bool gzip_begin(dc_unpacker *u) { return inflateInit2(&u->gzip, 15 + 16) == Z_OK; }

static bool gzip_step(dc_unpacker *u, step_io *io, const char **why)
{
  if (u->between && inflateReset(&u->gzip) != Z_OK) return false;
  u->gzip.next_in = (Bytef *)(uintptr_t)io->in;
  u->gzip.avail_in = (uInt)io->in_length;
  u->gzip.next_out = (Bytef *)u->out;
  u->gzip.avail_out = OUT_BYTES;
  int code = inflate(&u->gzip, Z_NO_FLUSH);
  io->taken = io->in_length - u->gzip.avail_in;
  io->given = OUT_BYTES - u->gzip.avail_out;
  io->ended = code == Z_STREAM_END;
  *why = code == Z_MEM_ERROR ? NULL : u->gzip.msg ? u->gzip.msg : "unexpected end";
  return code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR;
}

static void gzip_end(dc_unpacker *u) { inflateEnd(&u->gzip); }

static bool zstd_begin(dc_unpacker *u)
{
  u->zstd = ZSTD_createDStream();
  return u->zstd && !ZSTD_isError(ZSTD_initDStream(u->zstd));
}

static bool zstd_step(dc_unpacker *u, step_io *io, const char **why)
{
  ZSTD_inBuffer in = {io->in, io->in_length, 0};
  ZSTD_outBuffer out = {u->out, OUT_BYTES, 0};
  size_t code = ZSTD_decompressStream(u->zstd, &out, &in);
  io->taken = in.pos;
  io->given = out.pos;
  io->ended = code == 0;
  *why = ZSTD_isError(code) ? ZSTD_getErrorName(code) : NULL;
  return !ZSTD_isError(code);
}

static void zstd_end(dc_unpacker *u) { ZSTD_freeDStream(u->zstd); }

static const packing packings[] = {
    {"gzip", "gunzip", "\x1f\x8b", 2, gzip_begin, gzip_step, gzip_end},
    {"zstd", "unzstd", "\x28\xB5\x2F\xFD", 4, zstd_begin, zstd_step, zstd_end},
};

static const packing *packing_of(const char *magic, size_t length)
{
  for (size_t k = 0; k < sizeof packings / sizeof *packings; k++)
    if (length >= packings[k].magic_length && memcmp(magic, packings[k].magic, packings[k].magic_length) == 0)
      return &packings[k];
  return NULL;
}

bool dc_is_packed(const char magic[4]) { return packing_of(magic, 4) != NULL; }

dc_status dc_unpacker_new(const char *path, const char *magic, size_t length, dc_unpacker **unpacker, dc_error *error)
{
  const packing *kind = packing_of(magic, length);
  *unpacker = NULL;
  if (!kind) return DC_OK;
  dc_unpacker *u = calloc(1, sizeof *u);
  if (!u || !kind->begin(u)) {
    if (u && u->zstd) zstd_end(u);
    free(u);
    return dc_fail_memory(error, "unpacking a file");
  }
  u->kind = kind;
  u->path = path;
  *unpacker = u;
  return DC_OK;
}

static dc_status fail_damaged(const dc_unpacker *u, const char *why, dc_error *error)
{
  return dc_fail_at(error, DC_E_INPUT, u->path, 0, 0,
                    "the %s file is damaged or cut short (%s); copy it again, or unpack it with %s to see how much of "
                    "it can be read",
                    u->kind->name, why, u->kind->tool);
}

static bool all_zero(const char *bytes, size_t length)
{
  for (size_t i = 0; i < length; i++)
    if (bytes[i]) return false;
  return true;
}

dc_status dc_unpacker_feed(dc_unpacker *u, const char *bytes, size_t length, bool last, dc_spool *text, dc_error *error)
{
  step_io io = {.in = bytes, .in_length = length};
  bool full = false; /* there may be more to come without further input */
  while (io.in_length || full) {
    if (dc_cancelled()) return dc_fail(error, DC_E_CANCELLED, "cancelled");
    if (u->between && io.in_length && *io.in == 0) u->padding = true;
    if (u->padding && !all_zero(io.in, io.in_length)) return fail_damaged(u, "something stands behind its end", error);
    if (u->padding) break;
    const char *why = NULL;
    bool fine = u->kind->step(u, &io, &why);
    if (!fine && !why) return dc_fail_memory(error, "unpacking a file");
    if (!fine) return fail_damaged(u, why, error);
    u->between = io.ended;
    dc_status status = dc_spool_write(text, u->out, io.given, error);
    if (status != DC_OK) return status;
    full = io.given == OUT_BYTES && !io.ended;
    if (!io.taken && !io.given && !io.ended) break;
    io.in += io.taken;
    io.in_length -= io.taken;
    io.taken = io.given = 0;
  }
  if (last && !u->between && !u->padding) return fail_damaged(u, "unexpected end", error);
  return DC_OK;
}

void dc_unpacker_free(dc_unpacker *unpacker)
{
  if (!unpacker) return;
  unpacker->kind->end(unpacker);
  free(unpacker);
}
