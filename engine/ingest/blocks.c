#include "engine/ingest/blocks.h"

#include "engine/ingest/scan.h"
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
  uint64_t rows[2]; /* line ends outside quotes when the chunk begins [0] outside and [1] inside quotes */
  /* Behind the first of these: the position, or NONE, and all line ends before it. */
  uint64_t boundary[2], boundary_lines[2];
  bool odd, quotes, control, lone_cr;
  bool unended; /* text follows the last line end */
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

/* Lines may end in a CR: rare, and slow. */
static void scan_lone_cr(const char *text, size_t length, char after, uint64_t position, chunk *c)
{
  memset(c->boundary, 0, sizeof c->boundary);
  /* Where no record ends for so long, or the hypothesis is wrong, the chunk goes without a cut. */
  size_t looked = length < LOOK_BYTES ? length : LOOK_BYTES;
  const char *end = text + looked;
  char behind = looked < length ? *end : after;
  size_t quotes = dc_count_byte(text, length, '"');
  c->quotes = quotes > 0;
  c->odd = quotes & 1;
  c->control = dc_has_control(text, length);
  c->lines = c->rows[0] = c->rows[1] = dc_count_lines(text, length, after, &c->lone_cr);
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

/* Where one chunk's scan is. */
typedef struct tally {
  const dc_scanner *scanner;
  uint64_t inside, cr; /* all ones: the last byte was inside quotes; 1: it was a CR */
  uint64_t lone;       /* not 0: some CR had no LF behind it */
  uint64_t quotes, inner;
} tally;

/* The line ends of the words that are inside quotes, if the chunk begins outside. */
static void mark_inner(tally *t, const dc_marks *m, size_t words, uint64_t *inner)
{
  if (m->any_quote | t->inside) {
    t->scanner->enclose(m->quote, words, &t->inside, inner);
    for (size_t w = 0; w < words; w++) inner[w] &= m->lf[w];
    t->inner += t->scanner->count(inner, words);
    t->quotes += t->scanner->count(m->quote, words);
  } else {
    memset(inner, 0, words * sizeof *inner);
  }
  for (size_t w = 0; w < words && (m->any_cr | t->cr); w++) {
    t->lone |= ((m->cr[w] << 1) | t->cr) & ~m->lf[w];
    t->cr = m->cr[w] >> 63;
  }
}

/* at: where the words' text stands in the file. */
static void find_boundaries(const tally *t, const dc_marks *m, const uint64_t *inner, size_t words, uint64_t at,
                            chunk *c)
{
  for (int inside = 0; inside < 2; inside++) {
    for (size_t w = 0; w < words && c->boundary[inside] == NONE; w++) {
      uint64_t ends = inside ? inner[w] : m->lf[w] & ~inner[w];
      if (!ends) continue;
      uint64_t first = ends & (~ends + 1), upto = m->lf[w] & (first | (first - 1));
      c->boundary[inside] = at + 64 * w + (uint64_t)__builtin_ctzll(first) + 1;
      c->boundary_lines[inside] = c->lines + t->scanner->count(m->lf, w) + t->scanner->count(&upto, 1);
    }
  }
}

static void scan_chunk(const dc_scanner *scanner, const char *text, size_t length, char after, uint64_t position,
                       chunk *c)
{
  tally t = {.scanner = scanner};
  dc_marks m;
  uint64_t inner[DC_SCAN_WORDS];
  bool cr_last = length && text[length - 1] == '\r';
  if (cr_last) length--; /* what follows tells what it is */
  for (size_t at = 0; at < length; at += DC_SCAN_BYTES) {
    dc_scan_mark(scanner, text + at, length - at, '"', &m);
    size_t left = length - at, words = left < DC_SCAN_BYTES ? (left + 63) / 64 : DC_SCAN_WORDS;
    mark_inner(&t, &m, words, inner);
    /* Where no record ends for so long, or the hypothesis is wrong, the chunk goes without a cut. */
    if (at < LOOK_BYTES) find_boundaries(&t, &m, inner, words, position + at, c);
    c->lines += scanner->count(m.lf, words);
    c->control |= m.any_control != 0;
  }
  if (t.lone || t.cr || (cr_last && after != '\n')) {
    scan_lone_cr(text, length + cr_last, after, position, c);
    return;
  }
  c->quotes = t.quotes > 0;
  c->odd = t.quotes & 1;
  c->rows[0] = c->lines - t.inner;
  c->rows[1] = t.inner;
}

typedef struct scan {
  const dc_source *source;
  const dc_scanner *scanner;
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
  char last = view[to - from - 1];
  c->unended = last != '\n' && last != '\r';
  scan_chunk(s->scanner, view + skip, (size_t)(to - from) - skip, ahead > to ? view[to - from] : 0, from + skip, c);
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

/* The records that end up to a chunk's boundary: one, or with lone CRs, where rows are all lines, that many. */
static uint64_t first_row(const chunk *c, bool inside) { return c->lone_cr ? c->boundary_lines[inside] : 1; }

static void choose_cuts(const scan *s, uint64_t line, dc_blocks *blocks)
{
  size_t n = 0;
  uint64_t before = line; /* line at the chunk's beginning */
  bool inside = false, unended = false;
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
  open.to = s->size;
  open.lines = before - open.line;
  open.rows += unended;
  if (open.to > open.from) blocks->items[n++] = open;
  blocks->count = n;
  blocks->lines = before - line;
}

dc_status dc_blocks_cut(const dc_source *source, uint64_t start, uint64_t line, size_t chunk_bytes, int threads,
                        dc_blocks *blocks, dc_error *error)
{
  memset(blocks, 0, sizeof *blocks);
  scan s = {.source = source, .scanner = dc_scanner_best(), .start = start, .chunk_bytes = chunk_bytes};
  s.size = dc_source_size(source);
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
