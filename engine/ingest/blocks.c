#include "engine/ingest/blocks.h"

#include "engine/ingest/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { LANES = 16, NONE = 0, LOOK_BYTES = 1 << 17, AHEAD_BYTES = 3 };

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

typedef struct chunk {
  uint64_t lines, hash;
  /* Behind the first line end outside quotes when the chunk begins [0] outside and [1] inside quotes: the position, or
   * NONE, and the line ends before it. */
  uint64_t boundary[2], boundary_lines[2];
  bool odd, quotes, control, lone_cr;
  bool utf8;
  unsigned char lead, over; /* bytes of characters that a cut between chunks parts: dc_utf8 */
  dc_status status;
} chunk;

/* From p, outside quotes: behind the first line end that is outside, NULL when there is none before `end`. after is the
 * byte at `end`. */
static const char *first_boundary(const char *p, const char *end, bool lone_cr, char after)
{
  const char *stop = p;
  for (;;) {
    if (stop <= p) stop = dc_line_end(p, end, lone_cr);
    const char *quote = stop > p ? memchr(p, '"', (size_t)(stop - p)) : NULL;
    if (!quote) {
      if (stop == p || (stop[-1] != '\n' && stop[-1] != '\r')) return NULL;
      return stop == end && stop[-1] == '\r' && after == '\n' ? stop + 1 : stop;
    }
    quote = memchr(quote + 1, '"', (size_t)(end - quote - 1));
    if (!quote) return NULL;
    p = quote + 1;
  }
}

static void scan_chunk(const char *text, size_t length, char after, uint64_t position, chunk *c)
{
  /* Where no record ends for so long, or the hypothesis is wrong, the chunk goes without a cut. */
  size_t looked = length < LOOK_BYTES ? length : LOOK_BYTES;
  const char *end = text + looked;
  char behind = looked < length ? *end : after;
  size_t quotes = dc_count_byte(text, length, '"');
  c->quotes = quotes > 0;
  c->odd = quotes & 1;
  c->control = dc_has_control(text, length);
  c->lines = dc_count_lines(text, length, after, &c->lone_cr);
  const char *closing = quotes ? memchr(text, '"', looked) : NULL;
  const char *begin[2] = {text, closing ? closing + 1 : NULL};
  for (int inside = 0; inside < 2; inside++) {
    const char *at = begin[inside] ? first_boundary(begin[inside], end, c->lone_cr, behind) : NULL;
    if (!at) continue;
    bool ignored = false;
    c->boundary[inside] = position + (uint64_t)(at - text);
    size_t before = at > end ? looked : (size_t)(at - text);
    c->boundary_lines[inside] = dc_count_lines(text, before, at < end ? *at : behind, &ignored) + (at > end ? 1 : 0);
  }
}

typedef struct scan {
  const dc_source *source;
  uint64_t start, size;
  size_t chunk_bytes, count;
  chunk *chunks;
} scan;

static dc_status scan_one(const scan *s, size_t i, dc_buffer *buffer, dc_error *error)
{
  uint64_t from = (uint64_t)i * s->chunk_bytes;
  uint64_t to = s->size - from < s->chunk_bytes ? s->size : from + s->chunk_bytes;
  uint64_t ahead = s->size - to < AHEAD_BYTES ? s->size : to + AHEAD_BYTES;
  const char *view;
  dc_status status = dc_source_view(s->source, from, ahead, buffer, &view, error);
  if (status != DC_OK) return status;
  chunk *c = &s->chunks[i];
  uint64_t ignored;
  if (!dc_source_hash(s->source, &ignored)) c->hash = dc_hash_stored(view, (size_t)(to - from));
  dc_utf8 u = dc_utf8_judge(view, (size_t)(to - from), (size_t)(ahead - to), from == 0);
  c->utf8 = u.bad == to - from;
  c->lead = u.lead;
  c->over = u.over;
  if (to <= s->start) return DC_OK;
  size_t skip = s->start > from ? (size_t)(s->start - from) : 0;
  scan_chunk(view + skip, (size_t)(to - from) - skip, ahead > to ? view[to - from] : 0, from + skip, c);
  return DC_OK;
}

static dc_status scan_all(const scan *s, int threads, dc_error *error)
{
  dc_error first = {.code = DC_OK};
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
    dc_buffer buffer = {NULL, 0};
#pragma omp for schedule(dynamic)
    for (size_t i = 0; i < s->count; i++) {
      dc_error own;
      s->chunks[i].status = scan_one(s, i, &buffer, &own);
      if (s->chunks[i].status == DC_OK) continue;
#pragma omp critical(dc_blocks_scan)
      if (first.code == DC_OK) first = own;
    }
    dc_buffer_free(&buffer);
  }
  if (first.code != DC_OK && error) *error = first;
  return first.code;
}

static void join_flags(dc_block *block, const chunk *c)
{
  block->quotes |= c->quotes;
  block->control |= c->control;
  block->lone_cr |= c->lone_cr;
}

static void choose_cuts(const scan *s, uint64_t line, dc_blocks *blocks)
{
  size_t n = 0;
  uint64_t before = line; /* line at the chunk's beginning */
  bool inside = false;
  unsigned char over = 0;
  blocks->utf8 = true;
  dc_block open = {.from = s->start, .line = line};
  for (size_t i = 0; i < s->count; i++) {
    const chunk *c = &s->chunks[i];
    uint64_t cut = c->boundary[inside];
    bool first = s->start >= (uint64_t)i * s->chunk_bytes; /* begins where the blocks begin: no cut needed */
    if (cut != NONE && !first && cut > open.from && cut < s->size) {
      join_flags(&open, c);
      open.to = cut;
      uint64_t cut_line = before + c->boundary_lines[inside];
      open.lines = cut_line - open.line;
      blocks->items[n++] = open;
      open = (dc_block){.from = cut, .line = cut_line};
    }
    join_flags(&open, c);
    blocks->utf8 = blocks->utf8 && c->utf8 && c->lead == over;
    over = c->over;
    before += c->lines;
    inside ^= c->odd;
    blocks->hash = dc_hash_join(blocks->hash, c->hash);
  }
  open.to = s->size;
  open.lines = before - open.line;
  if (open.to > open.from) blocks->items[n++] = open;
  blocks->count = n;
  blocks->lines = before - line;
}

dc_status dc_blocks_cut(const dc_source *source, uint64_t start, uint64_t line, size_t chunk_bytes, int threads,
                        dc_blocks *blocks, dc_error *error)
{
  memset(blocks, 0, sizeof *blocks);
  scan s = {.source = source, .start = start, .size = dc_source_size(source), .chunk_bytes = chunk_bytes};
  s.count = (size_t)((s.size + chunk_bytes - 1) / chunk_bytes);
  s.chunks = calloc(s.count + 1, sizeof *s.chunks);
  blocks->items = calloc(s.count + 1, sizeof *blocks->items);
  dc_status status;
  if (!s.chunks || !blocks->items) {
    status = dc_fail_memory(error, "cutting a file into blocks");
  } else {
    status = scan_all(&s, threads, error);
  }
  if (status == DC_OK) choose_cuts(&s, line, blocks);
  if (status != DC_OK) dc_blocks_free(blocks);
  uint64_t known;
  if (status == DC_OK && dc_source_hash(source, &known)) blocks->hash = known;
  free(s.chunks);
  return status;
}

void dc_blocks_free(dc_blocks *blocks)
{
  free(blocks->items);
  memset(blocks, 0, sizeof *blocks);
}
