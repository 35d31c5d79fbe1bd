#include "engine/ingest/fields.h"

#include <stdlib.h>

enum { WINDOW_WORDS = DC_FIELDS_WINDOW / 64 };

bool dc_fields_reserve(dc_fields *f, const dc_scanner *scanner, size_t n_fields)
{
  if (f->ends && n_fields <= f->n_fields) return true;
  dc_fields_free(f);
  f->scanner = scanner;
  f->n_fields = n_fields;
  size_t window = DC_FIELDS_WINDOW + DC_SPREAD_SLACK + 1;
  f->ends = malloc((window + n_fields + 2) * sizeof *f->ends);
  f->rows = malloc(window * sizeof *f->rows);
  f->inner = malloc(window * sizeof *f->inner);
  if (f->ends && f->rows && f->inner) return true;
  dc_fields_free(f);
  return false;
}

void dc_fields_free(dc_fields *f)
{
  free(f->ends);
  free(f->rows);
  free(f->inner);
  memset(f, 0, sizeof *f);
}

void dc_fields_begin(dc_fields *f, const char *text, size_t length, char delimiter)
{
  f->text = text;
  f->length = length;
  f->delimiter = delimiter;
  f->at = f->n_ends = f->n_rows = f->n_inner = 0;
  f->inside = f->closes = f->cr = 0;
  f->breaks = 1;
  f->ends[0] = UINT32_MAX; /* plus one is where the text begins */
}

/* The marks of one call of mark, in quotes and out. */
typedef struct piece {
  dc_marks m;
  uint64_t inside[DC_SCAN_WORDS]; /* and then the line ends there */
  size_t words;
  uint64_t valid; /* of the last word */
} piece;

/* Delimiters := ends of fields, line ends := those outside quotes, inside := those inside; *inner: there are such.
 *
 * A quote that opens a field stands behind a delimiter, a line end or the quote that it doubles; one that closes a field,
 * before one of these. A CR stands before an LF. Returns the bits for which that is not so: behind the byte in question.
 * breaks, closes and cr say whether the byte before the words was one that a field may begin behind, a closing quote, a
 * CR. Needed only where there are quotes or CRs. */
static uint64_t part(dc_fields *f, piece *p, uint64_t *inner)
{
  dc_marks *m = &p->m;
  uint64_t bad = 0, last = 0, any = 0, breaks = f->breaks, closes = f->closes, cr = f->cr;
  for (size_t w = 0; w < p->words; w++) {
    uint64_t inside = p->inside[w], lf = m->lf[w], back = m->cr[w], edge = m->delimiter[w] | lf;
    uint64_t opening = m->quote[w] & inside, closing = m->quote[w] & ~inside, breaking = edge | closing;
    bad |= last;
    last = opening & ~(breaking << 1 | breaks);
    last |= (closing << 1 | closes) & ~(edge | back | opening);
    last |= (back << 1 | cr) & ~lf;
    breaks = breaking >> 63;
    closes = closing >> 63;
    cr = back >> 63;
    m->delimiter[w] = edge & ~inside;
    m->lf[w] = lf & ~inside;
    any |= p->inside[w] = lf & inside;
  }
  f->breaks = breaks;
  f->closes = closes;
  f->cr = cr;
  *inner = any;
  return bad | (last & p->valid);
}

/* One call of mark; false when it is not plain. */
static bool next_piece(dc_fields *f, uint32_t **end, uint32_t **row, uint32_t **inner)
{
  piece p;
  dc_marks *m = &p.m;
  size_t left = f->length - f->at;
  p.words = left < DC_SCAN_BYTES ? (left + 63) / 64 : DC_SCAN_WORDS;
  p.valid = left < DC_SCAN_BYTES && left % 64 ? ((uint64_t)1 << left % 64) - 1 : ~(uint64_t)0;
  uint32_t base = (uint32_t)f->at;
  dc_scan_mark(f->scanner, f->text + f->at, left, f->delimiter, m);
  if (m->any_control) return false;
  if (m->any_quote | m->any_cr | f->inside | f->closes | f->cr) {
    uint64_t any;
    f->scanner->enclose(m->quote, p.words, &f->inside, p.inside);
    if (part(f, &p, &any)) return false;
    if (any) *inner = f->scanner->spread(p.inside, p.words, base, *inner);
  } else {
    for (size_t w = 0; w < p.words; w++) m->delimiter[w] |= m->lf[w];
    f->breaks = m->delimiter[p.words - 1] >> 63;
  }
  *row = f->scanner->spread(m->lf, p.words, base, *row);
  *end = f->scanner->spread(m->delimiter, p.words, base, *end);
  f->at += left < DC_SCAN_BYTES ? left : DC_SCAN_BYTES;
  return true;
}

bool dc_fields_next(dc_fields *f, size_t done)
{
  f->n_ends -= done;
  if (f->n_ends > f->n_fields) return false;
  memmove(f->ends, f->ends + done, (f->n_ends + 1) * sizeof *f->ends);
  uint32_t *end = f->ends + 1 + f->n_ends, *row = f->rows, *inner = f->inner;
  for (size_t w = 0; w < WINDOW_WORDS && f->at < f->length; w += DC_SCAN_WORDS)
    if (!next_piece(f, &end, &row, &inner)) return false;
  if (f->at == f->length) {
    if (f->inside | f->cr) return false;
    if (f->length && f->text[f->length - 1] != '\n') *end++ = *row++ = (uint32_t)f->length;
  }
  f->n_ends = (size_t)(end - (f->ends + 1));
  f->n_rows = (size_t)(row - f->rows);
  f->n_inner = (size_t)(inner - f->inner);
  return true;
}
