#include "engine/ingest/read.h"

#include "engine/base/progress.h"

#include <string.h>

enum { WINDOW_BYTES = 1 << 20, PIECE_BYTES = 1 << 16, ENTRY_STEP = 1 << 12, ROW_NOT_BEGUN = 0, FIELD_BEGUN = 2 };

dc_status dc_reader_init(dc_reader *reader, char delimiter, dc_error *error)
{
  if (csv_init(&reader->csv, CSV_STRICT) != 0) return dc_fail(error, DC_E_SYSTEM, "libcsv could not be started");
  csv_set_blk_size(&reader->csv, ENTRY_STEP);
  dc_reader_set_delimiter(reader, delimiter);
  return DC_OK;
}

void dc_reader_set_delimiter(dc_reader *reader, char delimiter)
{
  reader->delimiter = delimiter;
  csv_set_delim(&reader->csv, (unsigned char)delimiter);
}

void dc_reader_free(dc_reader *reader) { csv_free(&reader->csv); }

/* Forgets an unfinished record. */
static void reset(dc_reader *reader)
{
  csv_fini(&reader->csv, NULL, NULL, NULL);
  csv_set_opts(&reader->csv, CSV_STRICT);
}

static size_t shown_length(const char *text, size_t length)
{
  if (length > DC_SHOWN_BYTES - 1) length = DC_SHOWN_BYTES - 1;
  while (length && (text[length - 1] == '\n' || text[length - 1] == '\r')) length--;
  return length;
}

static dc_read_end why(dc_reader *reader)
{
  dc_read_end end = csv_error(&reader->csv) == CSV_EPARSE ? DC_READ_UNSURE : DC_READ_MEMORY;
  reset(reader);
  return end;
}

/* The end of the record that begins at p, by the parity of its quotes; adds its line ends but the last to *line. */
static const char *record_end(const char *p, const char *end, bool lone_cr, bool quotes, uint64_t *line)
{
  const char *stop = dc_line_end(p, end, lone_cr);
  if (!quotes || !memchr(p, '"', (size_t)(stop - p))) return stop;
  bool inside = dc_count_byte(p, (size_t)(stop - p), '"') & 1;
  while (inside && stop < end) {
    const char *next = dc_line_end(stop, end, lone_cr);
    inside ^= dc_count_byte(stop, (size_t)(next - stop), '"') & 1;
    stop = next;
    ++*line;
  }
  return stop;
}

dc_read_end dc_read_block(dc_reader *reader, const dc_block *block, const char *text, size_t length, bool last,
                          const dc_sink *sink)
{
  const char *p = text, *end = text + length;
  dc_record record = {.line = block->line};
  uint64_t line = block->line;
  while (p < end) {
    const char *stop = record_end(p, end, block->lone_cr, block->quotes, &line);
    size_t n = (size_t)(stop - p);
    if (n > DC_FIELD_BYTES) {
      reset(reader);
      return DC_READ_UNSURE;
    }
    record.kind = block->control && dc_has_control(p, n) ? DC_RECORD_CONTROL : DC_RECORD_FIELDS;
    if (csv_parse(&reader->csv, p, n, sink->field, NULL, sink->context) != n) return why(reader);
    if (stop == end && last && reader->csv.pstate != ROW_NOT_BEGUN &&
        csv_parse(&reader->csv, "\n", 1, sink->field, NULL, sink->context) != 1) {
      return why(reader);
    }
    if (reader->csv.pstate != ROW_NOT_BEGUN) {
      reset(reader);
      return DC_READ_UNSURE;
    }
    record.text = p;
    record.length = n;
    if (!sink->record(sink->context, &record)) return DC_READ_STOPPED;
    record.line = ++line;
    p = stop;
  }
  return DC_READ_DONE;
}

/* State of a sequential read. A line is fed in pieces; a record is one line, or more when a quoted field spans them. */
typedef struct walk {
  dc_reader *reader;
  const dc_sink *sink;
  dc_sequence *range;
  uint64_t at, line;
  size_t fields;         /* of the record so far */
  size_t fields_at_line; /* of it when the line began */
  uint64_t record_from;
  uint64_t open_line;   /* line of the opening quote of the field that is open across a line end */
  uint64_t behind_open; /* the position behind that line */
  bool open;            /* the line began inside a quoted field */
  bool line_begun, record_begun;
  bool skip; /* the rest of the line belongs to a record that was given up */
  char shown[DC_SHOWN_BYTES];
  dc_record record;
} walk;

static void on_field(void *bytes, size_t length, void *context)
{
  walk *w = context;
  if (length > DC_FIELD_BYTES) w->record.kind = DC_RECORD_TOO_LONG;
  w->fields++;
  w->sink->field(bytes, length, w->sink->context);
}

static void begin_record(walk *w, const char *text, size_t length)
{
  w->record = (dc_record){.kind = DC_RECORD_FIELDS, .line = w->line, .text = w->shown};
  w->record.length = shown_length(text, length);
  w->record.from = w->at;
  memcpy(w->shown, text, w->record.length);
  w->record_from = w->at;
  w->fields = 0;
  w->open = false;
  w->record_begun = true;
}

static bool end_record(walk *w)
{
  w->record_begun = false;
  w->range->next = w->at;
  w->range->next_line = w->line;
  return w->sink->record(w->sink->context, &w->record);
}

typedef enum fed { FED, FED_BROKEN, FED_MEMORY } fed;

/* One piece of a line to libcsv. A quote inside an unquoted field is taken literally. */
static fed feed(walk *w, const char *text, size_t length)
{
  struct csv_parser *csv = &w->reader->csv;
  for (size_t done = 0; done < length;) {
    done += csv_parse(csv, text + done, length - done, on_field, NULL, w);
    if (done == length) break;
    if (csv_error(csv) != CSV_EPARSE) return FED_MEMORY;
    if (csv->quoted) return FED_BROKEN;
    w->record.literal_quote = true;
    csv_set_opts(csv, 0);
    size_t one = csv_parse(csv, text + done, 1, on_field, NULL, w);
    csv_set_opts(csv, CSV_STRICT);
    if (one != 1) return FED_MEMORY;
    done++;
  }
  if (csv->entry_pos > DC_FIELD_BYTES) {
    w->record.kind = DC_RECORD_TOO_LONG;
    csv->entry_pos = csv->spaces + 1; /* forget the field's bytes, keep what libcsv may take back */
  }
  return FED;
}

/* Text behind a closing quote. When the field was opened on an earlier line, that line's quote is the stray one: give up
 * that line only and read the following ones anew. */
static bool give_up(walk *w)
{
  reset(w->reader);
  w->record.kind = DC_RECORD_QUOTE;
  w->line_begun = false;
  if (w->open && w->fields == w->fields_at_line) {
    w->at = w->behind_open;
    w->line = w->open_line + 1;
  } else {
    w->skip = true;
  }
  return end_record(w);
}

static void end_line(walk *w)
{
  if (!w->open || w->fields != w->fields_at_line) {
    w->open_line = w->line;
    w->behind_open = w->at;
  }
  w->open = true;
  w->line_begun = false;
  w->line++;
}

static dc_status fail_unclosed(const walk *w, dc_error *error)
{
  uint64_t line = w->open && w->fields == w->fields_at_line ? w->open_line : w->line;
  return dc_fail_at(
      error, DC_E_INPUT, dc_source_path(w->range->source), (int64_t)line, 0,
      "the quote that opens on line %llu is never closed; close it there, or double a quote that belongs to "
      "the text",
      (unsigned long long)line);
}

/* Reading on might take the rest of a huge file for one row. */
static dc_status fail_too_long(const walk *w, dc_error *error)
{
  bool open = w->reader->csv.pstate == FIELD_BEGUN && w->reader->csv.quoted;
  uint64_t line = open && w->open && w->fields == w->fields_at_line ? w->open_line : open ? w->line : w->record.line;
  return dc_fail_at(
      error, DC_E_INPUT, dc_source_path(w->range->source), (int64_t)line, 0,
      open ? "the quote that opens on this line is not closed within %d MiB; close it, or double a quote "
             "that belongs to the text"
           : "the row that begins on this line is longer than %d MiB: its line ends may be lost; export the "
             "file again",
      (int)(DC_ROW_BYTES >> 20));
}

/* One piece: a whole line, or as much of it as fits. *go says whether to continue. */
static dc_status step(walk *w, const char *text, size_t length, bool ends_line, bool *go, dc_error *error)
{
  if (w->skip) {
    w->at += length;
    w->skip = !ends_line;
    w->line += ends_line;
    w->range->next = w->at;
    w->range->next_line = w->line;
    return DC_OK;
  }
  if (!w->record_begun) begin_record(w, text, length);
  if (!w->line_begun) w->fields_at_line = w->fields;
  w->line_begun = true;
  if (w->record.kind == DC_RECORD_FIELDS && dc_has_control(text, length)) w->record.kind = DC_RECORD_CONTROL;
  fed outcome = feed(w, text, length);
  if (outcome == FED_MEMORY) return dc_fail_memory(error, "parsing a field");
  if (outcome == FED_BROKEN) {
    *go = give_up(w);
    return DC_OK;
  }
  w->at += length;
  if (w->at - w->record_from > DC_ROW_BYTES) return fail_too_long(w, error);
  if (!ends_line) return DC_OK;
  end_line(w);
  if (w->reader->csv.pstate == ROW_NOT_BEGUN) *go = end_record(w);
  return DC_OK;
}

/* The text ended: a last record without a line end is complete unless a quote is open. */
static dc_status finish(walk *w, dc_error *error)
{
  if (!w->record_begun) return DC_OK;
  struct csv_parser *csv = &w->reader->csv;
  if (csv->pstate == FIELD_BEGUN && csv->quoted) return fail_unclosed(w, error);
  if (csv_parse(csv, "\n", 1, on_field, NULL, w) != 1) return dc_fail_memory(error, "parsing a field");
  w->line++;
  (void)end_record(w);
  return DC_OK;
}

/* How much of the window to feed: one line, or PIECE_BYTES of it. text[available] may be read when `more`. */
static size_t next_piece(const char *text, size_t available, bool more, bool *ends_line)
{
  if (available > PIECE_BYTES) {
    available = PIECE_BYTES;
    more = true;
  }
  const char *end = text + available;
  const char *stop = dc_line_end(text, end, true);
  size_t n = (size_t)(stop - text);
  *ends_line = stop[-1] == '\n' || stop[-1] == '\r';
  if (stop < end || stop[-1] != '\r' || !more) return n;
  return stop[0] == '\n' ? n + 1 : n;
}

dc_status dc_read_sequence(dc_reader *reader, dc_sequence *range, const dc_sink *sink, dc_error *error)
{
  walk w = {.reader = reader, .sink = sink, .range = range, .at = range->from, .line = range->line};
  dc_buffer buffer = {NULL, 0};
  uint64_t size = dc_source_size(range->source), window_from = 0, window_to = 0;
  const char *window = NULL;
  dc_status status = DC_OK;
  bool go = true;
  range->next = range->from;
  range->next_line = range->line;
  while (go && status == DC_OK && w.at < range->to) {
    if (w.at < window_from || w.at + 1 >= window_to) {
      if (dc_cancelled()) {
        status = dc_fail(error, DC_E_CANCELLED, "cancelled");
        break;
      }
      window_from = w.at;
      window_to = size - w.at < WINDOW_BYTES ? size : w.at + WINDOW_BYTES;
      status = dc_source_view(range->source, window_from, window_to, &buffer, &window, error);
      if (status != DC_OK) break;
    }
    bool more = window_to < size, ends_line;
    size_t available = (size_t)(window_to - w.at) - (more ? 1 : 0);
    const char *text = window + (w.at - window_from);
    size_t n = next_piece(text, available, more, &ends_line);
    status = step(&w, text, n, ends_line, &go, error);
  }
  if (status == DC_OK && go && w.at >= size) status = finish(&w, error);
  reset(reader);
  dc_buffer_free(&buffer);
  return status;
}
