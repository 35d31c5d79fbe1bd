#include "engine/ingest/rewrite.h"

#include "engine/ingest/blocks.h"

#include <stdlib.h>
#include <string.h>

enum { OUT_BYTES = 1 << 17, MOST_PER_BYTE = 4 };

typedef enum state { FIELD_START, UNQUOTED, QUOTED, QUOTE_SEEN, ESCAPE } state;

static void put(dc_rewriter *r, char c) { r->out[r->used++] = c; }

static bool is_end(char c) { return c == '\n' || c == '\r'; }

/* 'a','b''c',"d" becomes "a","b'c","""d""": only fields that begin with a single quote are quoted in this dialect. */
static void single(dc_rewriter *r, char c)
{
  bool ends = c == r->delimiter || is_end(c);
  if (r->state == QUOTE_SEEN) {
    r->state = QUOTED;
    if (c == '\'') {
      put(r, '\'');
      return;
    }
    if (ends) {
      put(r, '"');
      r->state = UNQUOTED;
    } else {
      put(r, '\'');
      r->odd++;
    }
  }
  if (r->state == QUOTED) {
    if (c == '\'') {
      r->state = QUOTE_SEEN;
      return;
    }
    if (c == '"') put(r, '"');
    put(r, c);
    return;
  }
  if (r->state == FIELD_START && c == '\'') {
    put(r, '"');
    r->state = QUOTED;
    r->changed++;
    r->lines += !r->told;
    r->told = true;
    return;
  }
  put(r, c);
  r->odd += c == '"';
  r->state = ends ? FIELD_START : UNQUOTED;
  if (is_end(c)) r->told = false;
}

static void backslash(dc_rewriter *r, char c)
{
  if (r->state == ESCAPE) {
    r->state = QUOTED;
    if (c == '"') {
      put(r, '"');
      r->changed++;
    } else if (c != '\\') {
      put(r, '\\');
    }
    put(r, c);
    return;
  }
  if (c == '"') r->state = r->state == QUOTED ? UNQUOTED : QUOTED;
  if (c == '\\' && r->state == QUOTED) {
    r->state = ESCAPE;
  } else {
    put(r, c);
  }
}

/* UNQUOTED: inside a token. FIELD_START: blanks before one; told: a token stands before them on the line. */
static void blanks(dc_rewriter *r, char c)
{
  if (r->state == QUOTED) {
    put(r, c);
    if (c == '"') r->state = UNQUOTED;
    return;
  }
  if (is_end(c)) {
    put(r, c);
    r->state = FIELD_START;
    r->told = false;
  } else if (c == ' ' || c == '\t') {
    r->state = FIELD_START;
  } else {
    if (r->state == FIELD_START && r->told) {
      put(r, '\t');
      r->changed++;
    }
    put(r, c);
    r->state = c == '"' ? QUOTED : UNQUOTED;
    r->told = true;
  }
}

size_t dc_line_fields(const char *text, size_t length, char delimiter, size_t *filled)
{
  size_t fields = 1, full = 0;
  bool some = false;
  state at = FIELD_START;
  for (size_t i = 0; i < length; i++) {
    char c = text[i];
    if (at == QUOTED) {
      if (c == '"') at = QUOTE_SEEN;
      some |= c != ' ' && c != '"';
    } else if (c == delimiter) {
      fields++;
      full += some;
      some = false;
      at = FIELD_START;
    } else if (c == '"') {
      if (at == UNQUOTED) return 0;
      at = QUOTED;
    } else if (c != ' ') {
      if (at == QUOTE_SEEN) return 0;
      at = UNQUOTED;
      some = true;
    }
  }
  if (filled) *filled = full + some;
  return at == QUOTED ? 0 : fields;
}

/* The record that the line is when it is one quoted field; NULL when it is not. Undone in place. */
static char *unwrapped(char *line, size_t *length)
{
  size_t n = *length, used = 0;
  if (n < 2 || line[0] != '"' || line[n - 1] != '"') return NULL;
  for (size_t i = 1; i < n - 1; i++)
    if (line[i] == '"' && (++i == n - 1 || line[i] != '"')) return NULL;
  for (size_t i = 1; i < n - 1; i++) {
    line[used++] = line[i];
    i += line[i] == '"';
  }
  *length = used;
  return line;
}

static bool add_to_line(dc_rewriter *r, const char *bytes, size_t length)
{
  if (r->line_size - r->line_length < length + 1) {
    size_t size = r->line_size * 2 + length + 256;
    char *line = realloc(r->line, size);
    if (!line) return false;
    r->line = line;
    r->line_size = size;
  }
  memcpy(r->line + r->line_length, bytes, length);
  r->line_length += length;
  return true;
}

/* A whole line with its end. Inside a quoted field that spans lines none is unwrapped. */
static dc_status end_wrapped_line(dc_rewriter *r, dc_spool *out, dc_error *error)
{
  size_t body = r->line_length;
  while (body && is_end(r->line[body - 1])) body--;
  size_t ends = r->line_length - body, n = body;
  char keep[2] = {0};
  memcpy(keep, r->line + body, ends < 2 ? ends : 2);
  bool odd = dc_count_byte(r->line, body, '"') & 1;
  dc_status status = DC_OK;
  if (!r->inside && !odd && body && r->line[0] == '"') {
    char *copy = malloc(body + 1);
    if (!copy) return dc_fail_memory(error, "unwrapping a row");
    memcpy(copy, r->line, body);
    char *record = unwrapped(copy, &n);
    size_t fields = record ? dc_line_fields(record, n, r->delimiter, NULL) : 0;
    bool wanted = r->n_fields ? fields == r->n_fields : fields > 1;
    if (wanted) {
      r->changed++;
      memcpy(r->line, record, n);
      memcpy(r->line + n, keep, ends);
      r->line_length = n + ends;
    }
    free(copy);
  }
  r->inside ^= odd;
  if (out) status = dc_spool_write(out, r->line, r->line_length, error);
  r->line_length = 0;
  return status;
}

static dc_status rewrite_wrapped(dc_rewriter *r, const char *bytes, size_t length, bool last, dc_spool *out,
                                 dc_error *error)
{
  const char *p = bytes, *end = bytes + length;
  while (p < end) {
    const char *stop = dc_line_end(p, end, false); /* a line that ends in CR alone is not unwrapped */
    if (!add_to_line(r, p, (size_t)(stop - p))) return dc_fail_memory(error, "unwrapping a row");
    p = stop;
    if (p == end && stop[-1] != '\n') break;
    dc_status status = end_wrapped_line(r, out, error);
    if (status != DC_OK) return status;
  }
  return last && r->line_length ? end_wrapped_line(r, out, error) : DC_OK;
}

dc_status dc_rewrite(void *rewriter, const char *bytes, size_t length, bool last, dc_spool *out, dc_error *error)
{
  static void (*const steps[])(dc_rewriter *, char) = {
      [DC_FORM_SINGLE] = single, [DC_FORM_BACKSLASH] = backslash, [DC_FORM_BLANKS] = blanks};
  dc_rewriter *r = rewriter;
  if (r->form == DC_FORM_WRAPPED) return rewrite_wrapped(r, bytes, length, last, out, error);
  if (!r->out) r->out = malloc(OUT_BYTES);
  if (!r->out) return dc_fail_memory(error, "reading a file");
  dc_status status = DC_OK;
  for (size_t i = 0; i < length && status == DC_OK; i++) {
    steps[r->form](r, bytes[i]);
    if (r->used <= OUT_BYTES - MOST_PER_BYTE) continue;
    status = dc_spool_write(out, r->out, r->used, error);
    r->used = 0;
  }
  if (last && r->form == DC_FORM_SINGLE && r->state == QUOTE_SEEN) put(r, '"');
  if (last && r->state == ESCAPE) put(r, '\\');
  if (status == DC_OK) status = dc_spool_write(out, r->out, r->used, error);
  r->used = 0;
  return status;
}

void dc_rewriter_free(dc_rewriter *rewriter)
{
  free(rewriter->line);
  free(rewriter->out);
  rewriter->line = rewriter->out = NULL;
}
