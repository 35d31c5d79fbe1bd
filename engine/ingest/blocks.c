#include "engine/ingest/chunk.h"

#include <stdlib.h>
#include <string.h>

enum { LANES = 16 };

typedef uint8_t lanes __attribute__((vector_size(LANES)));

/* How often a stands in text. 255 rounds fit the byte counters of a lane. */
size_t dc_count_byte(const char *text, size_t length, char byte)
{
  size_t total = 0, i = 0;
  lanes wanted;
  memset(&wanted, byte, sizeof wanted);
  while (length - i >= LANES) {
    lanes count = {0};
    for (int round = 0; round < 255 && length - i >= LANES; round++, i += LANES) {
      lanes v;
      memcpy(&v, text + i, sizeof v);
      count -= (lanes)(v == wanted);
    }
    for (int k = 0; k < LANES; k++) total += count[k];
  }
  for (; i < length; i++) total += text[i] == byte;
  return total;
}

/* How often CR LF stands in text. */
static size_t count_pairs(const char *text, size_t length)
{
  size_t total = 0, i = 0, starts = length ? length - 1 : 0;
  lanes cr, lf;
  memset(&cr, '\r', sizeof cr);
  memset(&lf, '\n', sizeof lf);
  while (starts - i >= LANES) {
    lanes count = {0};
    for (int round = 0; round < 255 && starts - i >= LANES; round++, i += LANES) {
      lanes v, next;
      memcpy(&v, text + i, sizeof v);
      memcpy(&next, text + i + 1, sizeof next);
      count -= (lanes)(v == cr) & (lanes)(next == lf);
    }
    for (int k = 0; k < LANES; k++) total += count[k];
  }
  for (; i < starts; i++) total += text[i] == '\r' && text[i + 1] == '\n';
  return total;
}

static bool is_control(unsigned char c) { return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f; }

bool dc_has_control(const char *text, size_t length)
{
  lanes found = {0};
  size_t i = 0;
  for (; length - i >= LANES; i += LANES) {
    lanes v;
    memcpy(&v, text + i, sizeof v);
    found |= (lanes)(v < 0x20) & (lanes)(v != '\t') & (lanes)(v != '\n') & (lanes)(v != '\r');
    found |= (lanes)(v == 0x7f);
  }
  bool any = false;
  for (int k = 0; k < LANES; k++) any |= found[k] != 0;
  for (; i < length; i++) any |= is_control((unsigned char)text[i]);
  return any;
}

uint64_t dc_count_lines(const char *text, size_t length, char next, bool *lone_cr)
{
  uint64_t lines = dc_count_byte(text, length, '\n');
  if (!length || !memchr(text, '\r', length)) return lines;
  size_t paired = count_pairs(text, length) + (text[length - 1] == '\r' && next == '\n');
  size_t lone = dc_count_byte(text, length, '\r') - paired;
  *lone_cr |= lone > 0;
  return lines + lone;
}

const char *dc_line_end(const char *p, const char *end, bool lone_cr)
{
  if (p == end) return end;
  const char *lf = memchr(p, '\n', (size_t)(end - p));
  const char *stop = lf ? lf + 1 : end;
  if (!lone_cr) return stop;
  const char *cr = memchr(p, '\r', (size_t)(stop - p));
  if (!cr || cr + 1 == lf) return stop;
  return cr + 1;
}

bool dc_chunking_begin(dc_chunking *g, const dc_source *source, uint64_t start, uint64_t line, size_t chunk_bytes)
{
  *g = (dc_chunking){.source = source, .scanner = dc_scanner_best(), .start = start, .line = line};
  g->chunk_bytes = chunk_bytes;
  g->size = dc_source_size(source);
  g->count = (size_t)((g->size + chunk_bytes - 1) / chunk_bytes);
  g->chunks = calloc(g->count + 1, sizeof *g->chunks);
  return g->chunks != NULL;
}

static dc_status scan_one(const dc_chunking *g, size_t i, dc_buffer *buffer, dc_error *error)
{
  uint64_t to = dc_chunk_from(g, i + 1), left = g->size - to;
  const char *view;
  uint64_t ahead = to + (left < DC_CHUNK_AHEAD ? left : DC_CHUNK_AHEAD);
  dc_status status = dc_source_view(g->source, dc_chunk_from(g, i), ahead, buffer, &view, error);
  if (status == DC_OK) dc_chunk_scan(g, i, view);
  return status;
}

static dc_status scan_all(const dc_chunking *g, int threads, dc_error *error)
{
  dc_error first = {.code = DC_OK};
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
    dc_buffer buffer = {NULL, 0};
#pragma omp for schedule(dynamic)
    for (size_t i = 0; i < g->count; i++) {
      dc_error own;
      g->chunks[i].status = scan_one(g, i, &buffer, &own);
      if (g->chunks[i].status == DC_OK) continue;
#pragma omp critical(dc_blocks_scan)
      if (first.code == DC_OK) first = own;
    }
    dc_buffer_free(&buffer);
  }
  if (first.code != DC_OK && error) *error = first;
  return first.code;
}

static void join_flags(dc_block *block, const dc_chunk *c)
{
  block->quotes |= c->quotes;
  block->control |= c->control;
  block->lone_cr |= c->lone_cr;
}

/* The records that end up to a chunk's boundary: one, or with lone CRs, where rows are all lines, that many. */
static uint64_t first_row(const dc_chunk *c, bool inside) { return c->lone_cr ? c->boundary_lines[inside] : 1; }

bool dc_chunking_join(const dc_chunking *g, dc_blocks *blocks)
{
  size_t n = 0;
  uint64_t before = g->line; /* line at the chunk's beginning */
  bool inside = false, unended = false;
  unsigned char over = 0;
  blocks->items = calloc(g->count + 1, sizeof *blocks->items);
  if (!blocks->items) return false;
  blocks->utf8 = true;
  dc_block open = {.from = g->start, .line = g->line};
  for (size_t i = 0; i < g->count; i++) {
    const dc_chunk *c = &g->chunks[i];
    uint64_t cut = c->boundary[inside];
    bool first = g->start >= dc_chunk_from(g, i); /* begins where the blocks begin: no cut needed */
    if (cut != DC_NO_CUT && !first && cut > open.from && cut < g->size) {
      join_flags(&open, c);
      open.to = cut;
      uint64_t cut_line = before + c->boundary_lines[inside];
      open.lines = cut_line - open.line;
      open.rows += first_row(c, inside);
      blocks->items[n++] = open;
      open = (dc_block){.from = cut, .line = cut_line, .rows = c->rows[inside] - first_row(c, inside)};
    } else {
      open.rows += c->rows[inside];
    }
    join_flags(&open, c);
    unended = c->unended;
    blocks->utf8 = blocks->utf8 && c->utf8 && c->lead == over;
    over = c->over;
    before += c->lines;
    inside ^= c->odd;
    blocks->hash = dc_hash_join(blocks->hash, c->hash);
  }
  open.to = g->size;
  open.lines = before - open.line;
  open.rows += unended;
  if (open.to > open.from) blocks->items[n++] = open;
  blocks->count = n;
  blocks->lines = before - g->line;
  uint64_t known;
  if (dc_source_hash(g->source, &known)) blocks->hash = known;
  return true;
}

dc_status dc_blocks_cut(const dc_source *source, uint64_t start, uint64_t line, size_t chunk_bytes, int threads,
                        dc_blocks *blocks, dc_error *error)
{
  dc_chunking g;
  memset(blocks, 0, sizeof *blocks);
  dc_status status = DC_OK;
  if (!dc_chunking_begin(&g, source, start, line, chunk_bytes)) {
    status = dc_fail_memory(error, "cutting a file into blocks");
  } else {
    status = scan_all(&g, threads, error);
  }
  if (status == DC_OK && !dc_chunking_join(&g, blocks)) status = dc_fail_memory(error, "cutting a file into blocks");
  free(g.chunks);
  return status;
}

void dc_blocks_free(dc_blocks *blocks)
{
  free(blocks->items);
  memset(blocks, 0, sizeof *blocks);
}
