#include "engine/ingest/layout.h"

#include "engine/ingest/number.h"
#include "engine/ingest/preamble.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A first line `sep=;` (also quoted), as Excel writes it; *delimiter 0 when there is none. */
static dc_status read_sep_line(const dc_source *source, dc_layout *layout, char *delimiter, dc_error *error)
{
  dc_buffer buffer = {NULL, 0};
  const char *view;
  uint64_t size = dc_source_size(source), from = layout->from;
  size_t n = size - from < 16 ? (size_t)(size - from) : 16;
  dc_status status = dc_source_view(source, from, from + n, &buffer, &view, error);
  if (status != DC_OK) {
    dc_buffer_free(&buffer);
    return status;
  }
  size_t i = n && view[0] == '"' ? 1 : 0, quoted = i;
  *delimiter = 0;
  if (n >= i + 5 && (memcmp(view + i, "sep=", 4) == 0 || memcmp(view + i, "SEP=", 4) == 0)) {
    char named = view[i + 4];
    i += 5;
    if (quoted && i < n && view[i] == '"') i++;
    size_t end = i;
    if (end < n && view[end] == '\r') end++;
    if (end < n && view[end] == '\n') end++;
    if ((end > i || end == n) && named && strchr(",;\t|: ", named)) {
      *delimiter = named;
      layout->from += end;
      layout->line++;
      layout->above++;
    }
  }
  dc_buffer_free(&buffer);
  return status;
}

static dc_status skip(const dc_source *source, dc_layout *layout, uint64_t lines, dc_error *error)
{
  uint64_t blank = 0;
  dc_status status = dc_skip_lines(source, &layout->from, lines, &blank, error);
  layout->line += lines;
  layout->above += (int64_t)(lines - blank);
  layout->blank += (int64_t)blank;
  return status;
}

/* The first record's fields, copied. */
typedef struct header {
  char **names;
  size_t count, capacity;
  bool failed, seen;
  dc_record record;
} header;

static void header_field(void *bytes, size_t length, void *context)
{
  header *h = context;
  if (h->count > DC_COLUMNS_MAX) return;
  if (h->count == h->capacity) {
    size_t capacity = h->capacity ? h->capacity * 2 : 32;
    char **names = realloc(h->names, capacity * sizeof *names);
    if (!names) {
      h->failed = true;
      return;
    }
    h->names = names;
    h->capacity = capacity;
  }
  const char *text = bytes ? bytes : "";
  dc_trim(&text, &length);
  char *name = malloc(length + 1);
  if (!name) {
    h->failed = true;
    return;
  }
  memcpy(name, text, length);
  name[length] = 0;
  h->names[h->count++] = name;
}

static bool header_record(void *context, const dc_record *record)
{
  header *h = context;
  if (record->kind == DC_RECORD_FIELDS && !h->count) return true; /* blank lines before the header */
  h->seen = true;
  h->record = *record;
  return false;
}

static int by_name(const void *a, const void *b) { return strcmp(**(char **const *)a, **(char **const *)b); }

static dc_status check_duplicates(const dc_layout *layout, const char *path, int64_t line, dc_error *error)
{
  size_t n = layout->n_fields;
  char ***sorted = malloc((n + 1) * sizeof *sorted);
  if (!sorted) return dc_fail_memory(error, "reading a header");
  for (size_t i = 0; i < n; i++) sorted[i] = &layout->names[i];
  qsort(sorted, n, sizeof *sorted, by_name);
  dc_status status = DC_OK;
  for (size_t i = 1; i < n && status == DC_OK; i++) {
    if (!**sorted[i] || strcmp(*sorted[i - 1], *sorted[i]) != 0) continue;
    size_t a = (size_t)(sorted[i - 1] - layout->names) + 1, b = (size_t)(sorted[i] - layout->names) + 1;
    status = dc_fail_at(error, DC_E_INPUT, path, line, (int32_t)(a > b ? a : b),
                        "columns %zu and %zu are both named '%.200s'; rename one of them", a < b ? a : b, a > b ? a : b,
                        *sorted[i]);
  }
  free(sorted);
  return status;
}

static dc_status check_blanks(const dc_layout *layout, const char *path, int64_t line, dc_error *error)
{
  size_t blank = 0;
  for (size_t f = 0; f + 1 < layout->n_fields; f++) {
    if (*layout->names[f]) continue;
    for (blank = f + 1; blank < layout->n_fields && *layout->names[blank];) blank++;
    if (blank < layout->n_fields) {
      return dc_fail_at(error, DC_E_INPUT, path, line, (int32_t)f + 1,
                        "columns %zu and %zu have no name; name them in the header", f + 1, blank + 1);
    }
    return dc_fail_at(error, DC_E_INPUT, path, line, (int32_t)f + 1,
                      "column %zu has no name%s%.200s%s; name it in the "
                      "header",
                      f + 1, f ? " (it stands behind '" : "", f ? layout->names[f - 1] : "", f ? "')" : "");
  }
  if (layout->n_fields == 1 && !*layout->names[0]) {
    return dc_fail_at(error, DC_E_INPUT, path, line, 1, "the header is blank");
  }
  return DC_OK;
}

static dc_status take_given(dc_layout *layout, const char *path, const char *const *names, size_t n_names,
                            dc_error *error)
{
  if (n_names != layout->n_fields) {
    return dc_fail_at(error, DC_E_USAGE, path, (int64_t)layout->line, 0,
                      "--columns gives %zu names, the first record has %zu fields", n_names, layout->n_fields);
  }
  for (size_t f = 0; f < n_names; f++) {
    const char *given = strcmp(names[f], "_") == 0 ? "" : names[f];
    char *copy = malloc(strlen(given) + 1);
    if (!copy) return dc_fail_memory(error, "naming the columns");
    strcpy(copy, given);
    free(layout->names[f]);
    layout->names[f] = copy;
  }
  return DC_OK;
}

static dc_status check_record(const header *h, const dc_source *source, const dc_layout *layout, dc_error *error)
{
  const char *path = dc_source_path(source);
  int64_t line = (int64_t)(h->seen ? h->record.line : layout->line);
  if (h->failed) return dc_fail_memory(error, "reading a header");
  if (!h->seen || !h->count)
    return dc_fail_at(error, DC_E_INPUT, path, 0, 0, "the file has blank lines only; export it again");
  if (h->record.kind == DC_RECORD_CONTROL) {
    return dc_fail_at(error, DC_E_INPUT, path, line, 0,
                      "the first line has NUL or control characters: this is not a CSV "
                      "file in UTF-8; save it as \"CSV UTF-8\"");
  }
  if (h->record.kind != DC_RECORD_FIELDS) {
    return dc_fail_at(error, DC_E_INPUT, path, line, 0, "the header cannot be read: %s",
                      h->record.kind == DC_RECORD_QUOTE ? "text behind a closing quote" : "it is too long");
  }
  if (h->count > DC_COLUMNS_MAX) {
    return dc_fail_at(error, DC_E_INPUT, path, line, 0,
                      "the header has more than %d columns; leave out those that are not needed", (int)DC_COLUMNS_MAX);
  }
  return DC_OK;
}

static void map_in_order(dc_layout *layout, bool given)
{
  int32_t next = 0;
  for (size_t f = 0; f < layout->n_fields; f++) {
    bool named = *layout->names[f] != 0;
    layout->column[f] = named ? next++ : given ? DC_FIELD_OUT : DC_FIELD_UNNAMED;
  }
}

/* "column 1", "column 2", ... for a file without a header. */
static bool name_by_number(dc_layout *layout)
{
  for (size_t f = 0; f < layout->n_fields; f++) {
    char name[32];
    snprintf(name, sizeof name, "column %zu", f + 1);
    char *copy = malloc(strlen(name) + 1);
    if (!copy) return false;
    strcpy(copy, name);
    free(layout->names[f]);
    layout->names[f] = copy;
  }
  return true;
}

/* The record at layout->from: the header, or with `headless` the first record, of which only the fields count. */
static dc_status read_header(dc_reader *reader, const dc_source *source, const dc_layout_request *request,
                             bool headless, dc_layout *layout, dc_error *error)
{
  header h = {0};
  const char *const *names = request->names;
  dc_sequence range = {.source = source, .from = layout->from, .line = layout->line, .to = dc_source_size(source)};
  dc_sink sink = {header_field, header_record, &h};
  dc_reader_set_delimiter(reader, layout->delimiter);
  dc_status status = dc_read_sequence(reader, &range, &sink, error);
  for (size_t f = 0; names && !h.seen && f < request->n_names; f++) header_field(NULL, 0, &h); /* no record will do */
  if (names && !h.seen) h.seen = true;
  layout->names = h.names;
  layout->n_fields = h.count;
  if (status == DC_OK) status = check_record(&h, source, layout, error);
  if (status != DC_OK) return status;
  int64_t line = (int64_t)h.record.line;
  if (names) {
    status = take_given(layout, dc_source_path(source), names, request->n_names, error);
  } else if (headless) {
    if (!name_by_number(layout)) status = dc_fail_memory(error, "naming the columns");
  } else {
    layout->from = range.next;
    layout->line = range.next_line;
    layout->header_line = line;
    status = check_blanks(layout, dc_source_path(source), line, error);
  }
  if (status == DC_OK) status = check_duplicates(layout, dc_source_path(source), line, error);
  if (status != DC_OK) return status;
  layout->column = malloc(layout->n_fields * sizeof *layout->column);
  if (!layout->column) return dc_fail_memory(error, "reading a header");
  map_in_order(layout, names != NULL);
  return DC_OK;
}

/* What stands above the records stays as it is: the text may have to be looked at once more. */
typedef struct rewriting {
  dc_rewriter rewriter;
  uint64_t above; /* bytes of it that are still to come */
} rewriting;

static dc_status rewrite_below(void *context, const char *bytes, size_t length, bool last, dc_spool *out,
                               dc_error *error)
{
  rewriting *r = context;
  size_t above = r->above < length ? (size_t)r->above : length;
  r->above -= above;
  dc_status status = above ? dc_spool_write(out, bytes, above, error) : DC_OK;
  if (status != DC_OK || (above == length && !last)) return status;
  return dc_rewrite(&r->rewriter, bytes + above, length - above, last, out, error);
}

/* The text as libcsv reads it. */
static dc_status rewrite(dc_source *source, dc_form form, size_t n_fields, dc_layout *layout, dc_error *error)
{
  uint64_t start = dc_source_start(source), above = layout->from - start;
  rewriting r = {.rewriter = {.form = form, .delimiter = layout->delimiter, .n_fields = n_fields}, .above = above};
  dc_status status = dc_source_rewrite(source, start, rewrite_below, &r, error);
  dc_rewriter_free(&r.rewriter);
  layout->from = above;
  if (form == DC_FORM_WRAPPED) layout->unwrapped += (int64_t)r.rewriter.changed;
  return status;
}

static dc_status fail_doubt(const dc_source *source, const dc_layout *layout, uint64_t line, dc_error *error)
{
  return dc_fail_at(
      error, DC_E_INPUT, dc_source_path(source), (int64_t)layout->line, 0,
      "the line is no header of the rows below, and line %llu may be it; say so with --skip %llu, or with "
      "--skip %llu when the header is here",
      (unsigned long long)line, (unsigned long long)(line - 1), (unsigned long long)(layout->line - 1));
}

/* Moves layout->from to the header or, without one, to the first record (*headless). */
static dc_status find_header(const dc_source *source, const dc_layout_request *request, const dc_sniffed *sniffed,
                             dc_layout *layout, bool *headless, dc_error *error)
{
  size_t index = 0;
  *headless = request->names != NULL;
  if (request->names) return DC_OK;
  dc_header found = request->skip >= 0 ? DC_HEADER_AT : dc_header_find(sniffed, &index);
  uint64_t line = sniffed->n > index ? sniffed->record[index].line : layout->line;
  if (found == DC_HEADER_DOUBT) return fail_doubt(source, layout, line, error);
  *headless = found == DC_HEADER_NONE;
  return skip(source, layout, line - layout->line, error);
}

static dc_status cut_footer(dc_source *source, dc_layout *layout, dc_error *error)
{
  dc_footer footer;
  dc_status status = dc_footer_find(source, layout->from, layout->delimiter, layout->n_fields, &footer, error);
  if (status != DC_OK || footer.from == dc_source_size(source)) return status;
  layout->below = (int64_t)footer.lines;
  layout->blank += (int64_t)footer.blank;
  return dc_source_trim(source, footer.from, error);
}

static dc_status find(dc_reader *reader, dc_source *source, const dc_layout_request *request, dc_layout *layout,
                      dc_sniffed *sniffed, dc_error *error)
{
  char given = 0;
  bool headless = false;
  dc_dialect dialect;
  dc_status status = read_sep_line(source, layout, &given, error);
  uint64_t lines = request->skip > (int64_t)layout->line - 1 ? (uint64_t)request->skip - (layout->line - 1) : 0;
  if (status == DC_OK && lines) status = skip(source, layout, lines, error);
  if (status == DC_OK)
    status = dc_dialect_find(reader, source, layout->from, layout->line, given, request->n_names, &dialect, sniffed,
                             error);
  if (status != DC_OK) return status;
  layout->delimiter = dialect.delimiter;
  layout->form = dialect.form;
  if (dialect.form != DC_FORM_PLAIN) status = rewrite(source, dialect.form, sniffed->width, layout, error);
  if (status == DC_OK) status = find_header(source, request, sniffed, layout, &headless, error);
  if (status == DC_OK) status = read_header(reader, source, request, headless, layout, error);
  return status == DC_OK ? cut_footer(source, layout, error) : status;
}

dc_status dc_layout_find(dc_source *source, const dc_layout_request *request, dc_layout *layout, dc_error *error)
{
  memset(layout, 0, sizeof *layout);
  layout->from = dc_source_start(source);
  layout->line = 1;
  dc_reader reader;
  dc_sniffed *sniffed = calloc(1, sizeof *sniffed);
  dc_status status = sniffed ? dc_reader_init(&reader, ',', error) : dc_fail_memory(error, "looking at the file");
  if (status == DC_OK) {
    status = find(&reader, source, request, layout, sniffed, error);
    dc_reader_free(&reader);
  }
  free(sniffed);
  if (status != DC_OK) dc_layout_free(layout);
  return status;
}

typedef struct counting {
  dc_rewriter rewriter;
} counting;

static dc_status count_wrapped(void *context, const char *bytes, size_t length, bool last, dc_error *error)
{
  return dc_rewrite(&((counting *)context)->rewriter, bytes, length, last, NULL, error);
}

dc_status dc_layout_unwrap(dc_source *source, dc_layout *layout, int64_t *found, dc_error *error)
{
  counting c = {.rewriter = {.form = DC_FORM_WRAPPED, .delimiter = layout->delimiter, .n_fields = layout->n_fields}};
  dc_status status = dc_source_each(source, layout->from, count_wrapped, &c, error);
  dc_rewriter_free(&c.rewriter);
  *found = (int64_t)c.rewriter.changed;
  if (status != DC_OK || !*found) return status;
  return rewrite(source, DC_FORM_WRAPPED, layout->n_fields, layout, error);
}

void dc_layout_free(dc_layout *layout)
{
  for (size_t f = 0; layout->names && f < layout->n_fields; f++) free(layout->names[f]);
  free(layout->names);
  free(layout->column);
  memset(layout, 0, sizeof *layout);
}

static int32_t column_of(const dc_layout *layout, const char *name)
{
  for (size_t f = 0; f < layout->n_fields; f++)
    if (layout->column[f] >= 0 && strcmp(layout->names[f], name) == 0) return layout->column[f];
  return -1;
}

static void append(char *list, size_t size, const char *name)
{
  size_t used = strlen(list);
  if (used + 8 < size) snprintf(list + used, size - used, "%s'%.60s'", used ? ", " : "", name);
}

dc_status dc_layout_match(const dc_layout *first, const char *first_path, dc_layout *other, const char *other_path,
                          dc_error *error)
{
  char missing[240] = "", surplus[240] = "";
  for (size_t f = 0; f < first->n_fields; f++)
    if (first->column[f] >= 0 && column_of(other, first->names[f]) < 0)
      append(missing, sizeof missing, first->names[f]);
  for (size_t f = 0; f < other->n_fields; f++)
    if (other->column[f] >= 0 && column_of(first, other->names[f]) < 0)
      append(surplus, sizeof surplus, other->names[f]);
  if (*missing || *surplus) {
    return dc_fail_at(error, DC_E_INPUT, other_path, 1, 0, "its header is not that of %.120s:%s%s%s%s%s", first_path,
                      *missing ? " it lacks " : "", missing, *missing && *surplus ? ";" : "",
                      *surplus ? " only it has " : "", surplus);
  }
  for (size_t f = 0; f < other->n_fields; f++)
    if (other->column[f] >= 0) other->column[f] = column_of(first, other->names[f]);
  return DC_OK;
}
