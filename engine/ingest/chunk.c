#include "engine/ingest/chunk.h"

#include "engine/ingest/utf8.h"

#include <string.h>

const char *dc_first_boundary(const char *p, const char *end, bool lone_cr, char after)
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
static void scan_lone_cr(const char *text, size_t length, char after, uint64_t position, dc_chunk *c)
{
  memset(c->boundary, 0, sizeof c->boundary);
  /* Where no record ends for so long, or the hypothesis is wrong, the chunk goes without a cut. */
  size_t looked = length < DC_CHUNK_LOOK ? length : DC_CHUNK_LOOK;
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
    const char *at = begin[inside] ? dc_first_boundary(begin[inside], end, c->lone_cr, behind) : NULL;
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
                            dc_chunk *c)
{
  for (int inside = 0; inside < 2; inside++) {
    for (size_t w = 0; w < words && c->boundary[inside] == DC_NO_CUT; w++) {
      uint64_t ends = inside ? inner[w] : m->lf[w] & ~inner[w];
      if (!ends) continue;
      uint64_t first = ends & (~ends + 1), upto = m->lf[w] & (first | (first - 1));
      c->boundary[inside] = at + 64 * w + (uint64_t)__builtin_ctzll(first) + 1;
      c->boundary_lines[inside] = c->lines + t->scanner->count(m->lf, w) + t->scanner->count(&upto, 1);
    }
  }
}

void dc_stretch_scan(const dc_scanner *scanner, const char *text, size_t length, char after, uint64_t position,
                     dc_chunk *c)
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
    if (at < DC_CHUNK_LOOK) find_boundaries(&t, &m, inner, words, position + at, c);
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

void dc_chunk_scan(const dc_chunking *g, size_t i, const char *view)
{
  uint64_t from = dc_chunk_from(g, i), to = dc_chunk_from(g, i + 1), left = g->size - to;
  size_t length = (size_t)(to - from), ahead = left < DC_CHUNK_AHEAD ? (size_t)left : DC_CHUNK_AHEAD;
  dc_chunk *c = &g->chunks[i];
  uint64_t ignored;
  if (!dc_source_hash(g->source, &ignored)) c->hash = dc_hash_stored(view, length);
  dc_utf8 u = dc_utf8_judge(view, length, ahead, from == 0);
  c->utf8 = u.bad == length;
  c->lead = u.lead;
  c->over = u.over;
  if (to <= g->start) return;
  size_t skip = g->start > from ? (size_t)(g->start - from) : 0;
  char last = view[length - 1];
  c->unended = last != '\n' && last != '\r';
  dc_stretch_scan(g->scanner, view + skip, length - skip, ahead ? view[length] : 0, from + skip, c);
}
