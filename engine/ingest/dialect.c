#include "engine/ingest/dialect.h"

#include <stdlib.h>
#include <string.h>

/* One try: a form of the head, taken apart by a delimiter. */
typedef struct trial {
  dc_dialect dialect;
  size_t agreeing, width, odd;
  bool first_agrees;
} trial;

typedef struct search {
  dc_reader *reader;
  const char *path, *head;
  size_t length;
  bool more;
  uint64_t line;
  char given;
  size_t names;
  dc_sniffed *scratch, *best_sniffed;
  trial best;
  char rival; /* a delimiter that fits as well as the best; 0 = none */
} search;

const char *dc_delimiter_name(char delimiter, char buffer[2])
{
  if (delimiter == '\t') return "tab";
  if (delimiter == ' ') return "blank";
  buffer[0] = delimiter;
  buffer[1] = 0;
  return buffer;
}

static int compare(const trial *a, const trial *b)
{
  if (a->agreeing != b->agreeing) return a->agreeing > b->agreeing ? 1 : -1;
  if (a->first_agrees != b->first_agrees) return a->first_agrees ? 1 : -1;
  return a->width > b->width ? 1 : a->width < b->width ? -1 : 0;
}

static dc_status try_text(search *s, const char *text, size_t length, dc_dialect dialect, trial *t, dc_error *error)
{
  dc_status status = dc_sniff(s->reader, text, length, s->more, s->line, dialect.delimiter, s->scratch, error);
  const dc_sniffed *f = s->scratch;
  *t = (trial){dialect, f->agreeing, f->width, f->odd, f->first_agrees};
  return status;
}

static void take(search *s, const trial *t)
{
  dc_sniffed *old = s->best_sniffed;
  s->best = *t;
  s->best_sniffed = s->scratch;
  s->scratch = old;
  s->rival = 0;
}

/* The head as the form makes it; bytes is the caller's to free. */
static dc_status rewrite_head(const search *s, dc_rewriter *rewriter, dc_spool *text, dc_error *error)
{
  dc_spool_init(text, s->path);
  dc_status status = dc_rewrite(rewriter, s->head, s->length, true, text, error);
  if (status == DC_OK) status = dc_spool_finish(text, error);
  dc_rewriter_free(rewriter);
  return status;
}

static bool is_number(dc_look look) { return look == DC_LOOK_NUMBER || look == DC_LOOK_DATE || look == DC_LOOK_YEAR; }

/* Half of the columns, and at least two. */
static bool mostly_numbers(const dc_sniffed *f)
{
  size_t numbers = 0;
  for (size_t c = 0; c < f->width; c++) numbers += is_number(dc_sniffed_column(f, 0, c));
  return numbers >= 2 && 2 * numbers >= f->width && f->records >= 3;
}

/* May this form be taken, given what its rewriting met and how its text reads? */
static bool is_unmistakable(const search *s, const dc_rewriter *r, const trial *t)
{
  const dc_sniffed *f = s->scratch;
  switch (t->dialect.form) {
    case DC_FORM_SINGLE:
      return r->changed > 3 && !r->odd && 10 * r->lines >= 9 * f->records && f->agreeing == f->records;
    case DC_FORM_BACKSLASH: return r->changed && t->odd < s->best.odd && t->agreeing >= s->best.agreeing;
    case DC_FORM_WRAPPED: return r->changed && t->agreeing > s->best.agreeing;
    case DC_FORM_BLANKS:
      return f->width > 1 && f->agreeing == f->records &&
             (s->names ? f->width == s->names : s->best.agreeing == 0 && mostly_numbers(f));
    case DC_FORM_PLAIN: break;
  }
  return false;
}

static dc_status try_form(search *s, dc_form form, char delimiter, dc_error *error)
{
  dc_rewriter rewriter = {.form = form, .delimiter = delimiter};
  dc_spool text;
  trial t;
  dc_status status = rewrite_head(s, &rewriter, &text, error);
  if (status == DC_OK && rewriter.changed) {
    status = try_text(s, text.memory, text.used, (dc_dialect){form, delimiter}, &t, error);
    if (status == DC_OK && is_unmistakable(s, &rewriter, &t) && (compare(&t, &s->best) >= 0 || form == DC_FORM_BLANKS))
      take(s, &t);
  }
  dc_spool_free(&text);
  return status;
}

static dc_status try_plain(search *s, const char *delimiters, dc_error *error)
{
  for (const char *d = delimiters; *d; d++) {
    trial t;
    if (d > delimiters && !memchr(s->head, *d, s->length)) continue; /* parts nothing: no better than the first */
    dc_status status = try_text(s, s->head, s->length, (dc_dialect){DC_FORM_PLAIN, *d}, &t, error);
    if (status != DC_OK) return status;
    int better = s->best.dialect.delimiter ? compare(&t, &s->best) : 1;
    if (better == 0 && t.agreeing) s->rival = *d;
    if (better > 0) take(s, &t);
  }
  return DC_OK;
}

/* Where the delimiters that are usual do not part anything, a colon that parts every line alike does. */
static dc_status try_colon(search *s, dc_error *error)
{
  trial t;
  dc_status status = try_text(s, s->head, s->length, (dc_dialect){DC_FORM_PLAIN, ':'}, &t, error);
  bool all = status == DC_OK && t.agreeing > 1 && s->scratch->agreeing == s->scratch->records;
  if (all && (!s->names || s->names == t.width)) take(s, &t);
  return status;
}

/* Does a field begin with a single quote? */
static bool has_single(const search *s, char delimiter)
{
  const char *end = s->head + s->length;
  for (const char *p = s->head; (p = memchr(p, '\'', (size_t)(end - p))) != NULL; p++)
    if (p == s->head || p[-1] == delimiter || p[-1] == '\n' || p[-1] == '\r') return true;
  return false;
}

/* Is a line one quoted field? */
static bool has_wrapped(const search *s)
{
  const char *end = s->head + s->length;
  for (const char *p = s->head, *stop; p < end; p = stop) {
    stop = dc_line_end(p, end, false);
    if (*p != '"') continue;
    const char *last = stop - 1, *q = p + 1;
    while (last > p && (*last == '\n' || *last == '\r')) last--;
    while (q < last && (*q != '"' || (++q < last && *q == '"'))) q++;
    if (q == last && *q == '"') return true;
  }
  return false;
}

static dc_status try_forms(search *s, const char *delimiters, dc_error *error)
{
  bool quotes = memchr(s->head, '"', s->length) != NULL, wrapped = quotes && has_wrapped(s);
  dc_status status = DC_OK;
  for (const char *d = delimiters; *d && status == DC_OK; d++) {
    if (has_single(s, *d)) status = try_form(s, DC_FORM_SINGLE, *d, error);
    if (wrapped && status == DC_OK) status = try_form(s, DC_FORM_WRAPPED, *d, error);
  }
  if (quotes && s->best.odd && memchr(s->head, '\\', s->length) && status == DC_OK)
    status = try_form(s, DC_FORM_BACKSLASH, s->best.dialect.delimiter, error);
  if (status == DC_OK && !s->given && s->best.agreeing == 0) status = try_colon(s, error);
  if (status == DC_OK && !s->given && (s->names ? s->best.width != s->names : s->best.agreeing == 0))
    status = try_form(s, DC_FORM_BLANKS, '\t', error);
  return status;
}

static dc_status search_all(search *s, dc_error *error)
{
  char only[2] = {s->given, 0};
  const char *delimiters = s->given ? only : ",;\t|";
  dc_status status = try_plain(s, delimiters, error);
  if (status == DC_OK && s->best.agreeing == 0) s->best.dialect.delimiter = s->given ? s->given : ',';
  if (status == DC_OK) status = try_forms(s, delimiters, error);
  if (status != DC_OK || !s->rival) return status;
  char best = s->best.dialect.delimiter, a[2], b[2], shown = best == '\t' ? s->rival : best;
  return dc_fail_at(error, DC_E_INPUT, s->path, (int64_t)s->line, 0,
                    "the fields may be separated by '%s' or by '%s'; say which by a first line \"sep=%c\"",
                    dc_delimiter_name(best, a), dc_delimiter_name(s->rival, b), shown);
}

dc_status dc_dialect_find(dc_reader *reader, const dc_source *source, uint64_t from, uint64_t line, char given,
                          size_t names, dc_dialect *dialect, dc_sniffed *sniffed, dc_error *error)
{
  uint64_t size = dc_source_size(source), to = size - from < DC_SNIFF_BYTES ? size : from + DC_SNIFF_BYTES;
  dc_buffer buffer = {NULL, 0};
  search s = {.reader = reader, .path = dc_source_path(source), .length = (size_t)(to - from), .more = to < size};
  s.line = line;
  s.given = given;
  s.names = names;
  dc_sniffed *one = calloc(1, sizeof *one), *two = calloc(1, sizeof *two);
  s.scratch = one;
  s.best_sniffed = two;
  dc_status status = one && two ? DC_OK : dc_fail_memory(error, "looking at the file");
  if (status == DC_OK) status = dc_source_view(source, from, to, &buffer, &s.head, error);
  if (status == DC_OK) status = search_all(&s, error);
  if (status == DC_OK) {
    *dialect = s.best.dialect;
    *sniffed = *s.best_sniffed;
  }
  free(one);
  free(two);
  dc_buffer_free(&buffer);
  return status;
}
