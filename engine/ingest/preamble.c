#include "engine/ingest/preamble.h"

#include "engine/ingest/number.h"
#include "engine/ingest/rewrite.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TAIL_BYTES = 1 << 16, TAIL_LINES = 400, WIDE = 4, TITLE_LINES = 50 };

/* A spreadsheet writes a blank line as delimiters alone. */
static bool is_blank(const dc_sniffed_record *r)
{
  return !r->odd && (r->fields == 0 || (r->fields > 1 && r->filled == 0));
}

static bool is_title(const dc_sniffed *s, const dc_sniffed_record *r)
{
  size_t few = s->width >= WIDE ? 2 : 1;
  return r->filled <= few || 3 * r->filled <= s->width;
}

static bool is_value(dc_look look) { return look == DC_LOOK_NUMBER || look == DC_LOOK_DATE || look == DC_LOOK_YEAR; }

/* Could the record name the columns? *surely: there is evidence that it does. */
static bool may_be_header(const dc_sniffed *s, size_t index, bool *surely)
{
  const dc_sniffed_record *r = &s->record[index];
  *surely = false;
  if (r->odd || r->fields != s->width || r->filled + 1 < r->fields) return false;
  *surely = r->header_word;
  for (size_t c = 0; c < s->width && c < DC_SNIFF_COLUMNS; c++) {
    dc_look own = (dc_look)s->look[index][c];
    if (is_value(own)) return false;
    if (own == DC_LOOK_EMPTY && c + 1 < s->width) return false;
    *surely |= is_value(dc_sniffed_column(s, index, c));
  }
  return true;
}

/* Values in the first record wherever the column below has them, numbers over numbers, dates over dates; or nothing but
 * values, and no record below. */
static bool is_record(const dc_sniffed *s, size_t index)
{
  const dc_sniffed_record *r = &s->record[index];
  size_t values = 0, words = 0, width = s->width ? s->width : 1;
  if (r->odd || r->header_word || r->fields != width) return false;
  for (size_t c = 0; c < width && c < DC_SNIFF_COLUMNS; c++) {
    dc_look own = (dc_look)s->look[index][c], below = dc_sniffed_column(s, index, c);
    words += own == DC_LOOK_WORDS;
    if (s->records == 1 ? own == DC_LOOK_YEAR : is_value(below) && own != below && own != DC_LOOK_EMPTY) return false;
    values += is_value(own) && (own == below || s->records == 1);
  }
  return values > 0 && (s->records > 1 || words == 0);
}

dc_header dc_header_find(const dc_sniffed *s, size_t *index)
{
  size_t first = 0;
  bool surely;
  while (first < s->n && is_blank(&s->record[first])) first++;
  *index = first < s->n ? first : 0;
  if (first >= s->n || s->record[first].odd) return DC_HEADER_AT;
  const dc_sniffed_record *r = &s->record[first];
  bool fits = s->width < 2 || (r->fields == s->width && !is_title(s, r));
  if (fits) return is_record(s, first) ? DC_HEADER_NONE : DC_HEADER_AT;
  bool titles = is_title(s, r);
  size_t between = 0; /* a record of another number of fields that is no title */
  for (size_t i = first + 1; i < s->n && i <= first + TITLE_LINES; i++) {
    if (is_blank(&s->record[i])) continue;
    if (s->record[i].fields != s->width || is_title(s, &s->record[i])) {
      if (!between && !is_title(s, &s->record[i])) between = i;
      continue;
    }
    bool may = may_be_header(s, i, &surely);
    if (!may && (!between || !titles)) return DC_HEADER_AT;
    *index = may ? i : between;
    if (!may) return DC_HEADER_DOUBT;
    titles &= !between;
    if (surely && titles) return DC_HEADER_AT;
    if (surely || titles) return DC_HEADER_DOUBT;
    *index = first;
    return DC_HEADER_AT;
  }
  return DC_HEADER_AT;
}

/* A line of the tail, without its end. Few are looked at: the others are not judged. */
typedef struct tail_line {
  uint64_t from;
  const char *text;
  size_t length;
  size_t fields, filled;
  bool judged, blank, says_footer;
} tail_line;

typedef struct tail {
  tail_line *lines;
  size_t n;
  char delimiter;
} tail;

/* What the footers of reports say, as they begin; letters only, small. */
static bool says_footer(const char *text, size_t length)
{
  static const char *const begins[] = {"grand total", "total",      "subtotal",     "sum",     "confidential",
                                       "copyright",   "(c)",        "generated",    "report",  "exported",
                                       "printed",     "as of",      "filtered",     "source:", "page ",
                                       "created by",  "created on", "run by",       "end of",  "record count",
                                       "rows:",       "records:",   "gesamt",       "summe",   "vertraulich",
                                       "erstellt",    "total g",    "confidentiel", "合计",    "总计",
                                       "共",          "导出",       "小计",         "機密",    "合計"};
  while (length && strchr("\"' -*=#,;\t|", *text) && *text) {
    text++;
    length--;
  }
  if (length >= 2 && memcmp(text, "\xC2\xA9", 2) == 0) return true; /* the sign of copyright */
  for (size_t k = 0; k < sizeof begins / sizeof *begins; k++) {
    size_t n = strlen(begins[k]);
    if (length >= n && strncasecmp(text, begins[k], n) == 0) return true;
  }
  return false;
}

/* The last whole lines of the view, in order. */
static void split_tail(tail *t, const char *view, size_t length, uint64_t position, bool whole)
{
  const char *p = view, *end = view + length;
  if (!whole) p = dc_line_end(p, end, true);
  while (p < end) {
    const char *stop = dc_line_end(p, end, true);
    size_t size = (size_t)(stop - p);
    while (size && (p[size - 1] == '\n' || p[size - 1] == '\r')) size--;
    if (t->n == 2 * TAIL_LINES) {
      t->n = TAIL_LINES;
      memcpy(t->lines, t->lines + TAIL_LINES, TAIL_LINES * sizeof *t->lines);
    }
    t->lines[t->n++] = (tail_line){.from = position + (uint64_t)(p - view), .text = p, .length = size};
    p = stop;
  }
  if (t->n <= TAIL_LINES) return;
  memmove(t->lines, t->lines + t->n - TAIL_LINES, TAIL_LINES * sizeof *t->lines);
  t->n = TAIL_LINES;
}

static const tail_line *judge(const tail *t, size_t i)
{
  tail_line *l = &t->lines[i];
  if (l->judged) return l;
  const char *text = l->text;
  size_t length = l->length;
  l->judged = true;
  l->fields = dc_line_fields(text, length, t->delimiter, &l->filled);
  l->says_footer = says_footer(text, length);
  dc_trim(&text, &length);
  l->blank = length == 0 || (l->fields && l->filled == 0);
  return l;
}

/* From the end upwards; what stands below `kept` is the footer. */
static size_t find_footer(const tail *t, size_t width)
{
  size_t kept = t->n;
  for (size_t i = t->n; i-- > 0;) {
    const tail_line *l = judge(t, i);
    bool lone = l->filled == 1 && l->fields > 0 && (l->fields == 1 || l->says_footer);
    bool sum = l->says_footer && l->fields > 0 && l->fields != width && l->fields <= 3;
    if (l->blank) {
      kept = i;
    } else if (l->says_footer && (lone || sum)) {
      kept = i;
    } else if (!lone || l->fields == width || width < 3) {
      break;
    }
  }
  return kept;
}

/* A run of lines of another number of fields at the end, below a blank line or a title; 0 when there is none. */
static size_t find_second(const tail *t, size_t n, size_t width)
{
  size_t i = n, fields = 0, run = 0;
  while (i > 0 && judge(t, i - 1)->blank) i--;
  for (; i > 0; i--, run++) {
    const tail_line *l = judge(t, i - 1);
    if (l->blank || l->fields < 2 || l->fields == width) break;
    if (run && l->fields != fields) break;
    fields = l->fields;
  }
  bool apart = i > 0 && (judge(t, i - 1)->blank || judge(t, i - 1)->fields == 1);
  return run >= 2 && apart ? i : 0;
}

static dc_status fail_second(const dc_source *source, const tail_line *line, size_t width, dc_error *error)
{
  dc_buffer buffer = {NULL, 0};
  const char *view;
  uint64_t lines = 1, at = 0;
  bool ignored = false;
  dc_status status = DC_OK;
  while (at < line->from && status == DC_OK) {
    uint64_t to = line->from - at < DC_CHUNK_BYTES ? line->from : at + DC_CHUNK_BYTES;
    status = dc_source_view(source, at, to, &buffer, &view, error);
    if (status == DC_OK) lines += dc_count_lines(view, (size_t)(to - at), 0, &ignored);
    at = to;
  }
  dc_buffer_free(&buffer);
  if (status != DC_OK) return status;
  return dc_fail_at(
      error, DC_E_INPUT, dc_source_path(source), (int64_t)lines, 0,
      "a second table of %zu columns begins here, below one of %zu; keep one of them in the file, or read "
      "the second alone with --skip %llu",
      line->fields, width, (unsigned long long)lines - 1);
}

dc_status dc_footer_find(const dc_source *source, uint64_t from, char delimiter, size_t width, dc_footer *footer,
                         dc_error *error)
{
  uint64_t size = dc_source_size(source), begin = size - from < TAIL_BYTES ? from : size - TAIL_BYTES;
  dc_buffer buffer = {NULL, 0};
  const char *view;
  *footer = (dc_footer){.from = size};
  if (width < 2 || size == from) return DC_OK;
  tail t = {.lines = malloc(2 * TAIL_LINES * sizeof *t.lines), .delimiter = delimiter};
  dc_status status = t.lines ? dc_source_view(source, begin, size, &buffer, &view, error)
                             : dc_fail_memory(error, "looking at the end of a file");
  if (status == DC_OK) {
    split_tail(&t, view, (size_t)(size - begin), begin, begin == from);
    size_t kept = find_footer(&t, width), second = find_second(&t, kept, width);
    bool some = false;
    for (size_t i = kept; i < t.n; i++) some |= !judge(&t, i)->blank;
    for (size_t i = kept; i < t.n && some; i++) {
      footer->blank += judge(&t, i)->blank;
      footer->lines += !judge(&t, i)->blank;
    }
    if (some) footer->from = t.lines[kept].from;
    if (second) status = fail_second(source, judge(&t, second), width, error);
  }
  free(t.lines);
  dc_buffer_free(&buffer);
  return status;
}

dc_status dc_skip_lines(const dc_source *source, uint64_t *from, uint64_t n, uint64_t *blank, dc_error *error)
{
  uint64_t size = dc_source_size(source), at = *from, line_from = at;
  dc_buffer buffer = {NULL, 0};
  dc_status status = DC_OK;
  bool empty = true;
  while (n && at < size && status == DC_OK) {
    uint64_t to = size - at < DC_CHUNK_BYTES ? size : at + DC_CHUNK_BYTES, ahead = to < size ? to + 1 : to;
    const char *view;
    status = dc_source_view(source, at, ahead, &buffer, &view, error);
    if (status != DC_OK) break;
    const char *p = view, *end = view + (to - at), *seen = view + (ahead - at);
    for (; n && p < end; p++) {
      bool pair = *p == '\r' && p + 1 < seen && p[1] == '\n';
      if ((*p != '\n' && *p != '\r') || pair) {
        empty &= *p == ' ' || *p == '\t' || *p == '\r';
        continue;
      }
      n--;
      *blank += empty;
      empty = true;
      line_from = at + (uint64_t)(p - view) + 1;
    }
    at = to;
  }
  *from = at >= size && n ? size : line_from;
  dc_buffer_free(&buffer);
  return status;
}
