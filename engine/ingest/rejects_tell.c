/* Rejected rows found again in their sources: to be told as they stood, and for the amounts in them. */
#include "engine/ingest/kept.h"
#include "engine/ingest/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef dc_status looker(void *context, const dc_rejected *row, const char *text, size_t length, dc_error *error);

/* One file's rejected rows on their way through its records. A record's end is known when the next one begins. */
typedef struct search {
  const dc_kept *kept;
  const dc_file *file;
  const dc_rejected *next, *end; /* in order of lines */
  const dc_rejected *open;       /* the one whose record has begun, NULL = none */
  uint64_t from;                 /* where it began */
  uint64_t stop_line;            /* nothing is sought behind it in this stretch */
  dc_buffer buffer;
  looker *look;
  void *context;
  dc_status status;
  dc_error *error;
} search;

static void show(search *s, uint64_t to)
{
  const char *text;
  if (to - s->from > DC_ROW_BYTES) to = s->from + DC_ROW_BYTES;
  s->status = dc_source_view(s->file->source, s->from, to, &s->buffer, &text, s->error);
  if (s->status != DC_OK) return;
  size_t length = (size_t)(to - s->from);
  while (length && (text[length - 1] == '\n' || text[length - 1] == '\r')) length--;
  s->status = s->look(s->context, s->open, text, length, s->error);
  s->open = NULL;
}

static bool on_record(void *context, const dc_record *record)
{
  search *s = context;
  if (s->open) show(s, record->from);
  if (s->status != DC_OK || s->next == s->end || s->next->line < record->line) return false;
  if (s->next->line == record->line) {
    s->open = s->next++;
    s->from = record->from;
    return true;
  }
  return s->next->line < s->stop_line;
}

static void ignore_field(void *bytes, size_t length, void *context)
{
  (void)bytes;
  (void)length;
  (void)context;
}

/* Where to begin: the last block that begins at or before the line, or the whole text. */
static size_t block_of(const dc_file *file, uint64_t line)
{
  size_t low = 0, high = file->blocks.count;
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (file->blocks.items[middle].line <= line)
      low = middle;
    else
      high = middle;
  }
  return low;
}

static dc_status search_file(search *s, size_t f, dc_reader *reader)
{
  const dc_layout *layout = &s->kept->layouts[f];
  const dc_sink sink = {ignore_field, on_record, s};
  s->file = &s->kept->files[f];
  dc_reader_set_delimiter(reader, layout->delimiter);
  while (s->next < s->end && s->status == DC_OK) {
    const dc_rejected *begun = s->next;
    dc_sequence range = {.source = s->file->source, .from = layout->from, .line = layout->line};
    range.to = dc_source_size(range.source);
    s->stop_line = UINT64_MAX;
    if (!s->file->sequential && s->file->blocks.count) {
      size_t b = block_of(s->file, begun->line);
      range.from = s->file->blocks.items[b].from;
      range.line = s->file->blocks.items[b].line;
      if (b + 1 < s->file->blocks.count) s->stop_line = s->file->blocks.items[b + 1].line;
    }
    dc_status status = dc_read_sequence(reader, &range, &sink, s->error);
    if (s->status == DC_OK) s->status = status;
    if (s->status == DC_OK && s->open) show(s, range.next);
    if (s->status == DC_OK && s->next == begun)
      s->status = dc_fail_at(s->error, DC_E_INPUT, dc_source_path(range.source), begun->line, 0,
                             "the row is not there any more: the file changed while it was being read");
  }
  if (s->status == DC_OK) s->status = dc_source_unchanged(s->file->source, s->error);
  return s->status;
}

static int compare_places(const void *left, const void *right)
{
  const dc_rejected *a = left, *b = right;
  if (a->file != b->file) return a->file < b->file ? -1 : 1;
  if (a->line != b->line) return a->line < b->line ? -1 : 1;
  return (a->item > b->item) - (a->item < b->item);
}

/* Shows the rows to look, each record once. rows are put in order. */
static dc_status find_rows(const dc_load *load, dc_rejected *rows, size_t n, looker *look, void *context,
                           dc_error *error)
{
  dc_reader reader;
  size_t kept = 0;
  if (!n) return DC_OK;
  qsort(rows, n, sizeof *rows, compare_places);
  for (size_t i = 0; i < n; i++)
    if (!kept || rows[kept - 1].file != rows[i].file || rows[kept - 1].line != rows[i].line) rows[kept++] = rows[i];
  dc_status status = dc_reader_init(&reader, ',', error);
  if (status != DC_OK) return status;
  search s = {.kept = load->kept, .look = look, .context = context, .error = error};
  for (size_t i = 0, next; i < kept && status == DC_OK; i = next) {
    for (next = i; next < kept && rows[next].file == rows[i].file;) next++;
    s.next = rows + i;
    s.end = rows + next;
    status = search_file(&s, rows[i].file, &reader);
  }
  dc_reader_free(&reader);
  dc_buffer_free(&s.buffer);
  return status;
}

/* A single record taken apart: one field of it, and how many there are. */
typedef struct picked {
  size_t wanted, fields;
  dc_buffer text;
  size_t length;
  bool memory_ended;
} picked;

static void pick_field(void *bytes, size_t length, void *context)
{
  picked *p = context;
  if (p->fields++ != p->wanted) return;
  if (p->text.size < length) {
    char *grown = realloc(p->text.bytes, length);
    if (!grown) {
      p->memory_ended = true;
      return;
    }
    p->text.bytes = grown;
    p->text.size = length;
  }
  if (length) memcpy(p->text.bytes, bytes, length);
  p->length = length;
}

/* False when its quotes cannot be read, or memory ends. */
static bool pick(picked *p, const dc_layout *layout, size_t field, const char *text, size_t length)
{
  dc_reader reader;
  p->wanted = field;
  p->fields = p->length = 0;
  p->memory_ended = false;
  if (dc_reader_init(&reader, layout->delimiter, NULL) != DC_OK) return false;
  bool fine = csv_parse(&reader.csv, text, length, pick_field, NULL, p) == length &&
              csv_fini(&reader.csv, pick_field, NULL, p) == 0;
  dc_reader_free(&reader);
  return fine && !p->memory_ended;
}

typedef struct telling {
  const dc_load *load;
  dc_take_reject *take;
  void *context;
  picked value;
} telling;

static dc_status tell_one(void *context, const dc_rejected *row, const char *text, size_t length, dc_error *error)
{
  telling *t = context;
  const dc_reject *item = &t->load->rejects.items[row->item];
  const dc_layout *layout = &t->load->kept->layouts[row->file];
  dc_rejected_row told = {.file = t->load->inputs[row->file].name, .line = row->line, .rule = item->rule};
  told.column_name = item->column_name;
  told.fix = dc_reject_fix(item->rule);
  told.value = "";
  told.record = text;
  told.record_length = length;
  int column = item->column_name[0] ? dc_table_find(t->load->table, item->column_name) : -1;
  if (column >= 0) told.column = dc_load_field(t->load, row->file, (size_t)column);
  if (told.column > 0 && pick(&t->value, layout, (size_t)told.column - 1, text, length) && t->value.length) {
    told.value = t->value.text.bytes;
    told.value_length = t->value.length;
  }
  return t->take(t->context, &told, error);
}

dc_status dc_load_tell_rejects(const dc_load *load, dc_take_reject *take, void *context, dc_error *error)
{
  size_t n = load->rejects.n_rows;
  if (!n) return DC_OK;
  dc_rejected *rows = malloc(n * sizeof *rows);
  if (!rows) return dc_fail_memory(error, "keeping rejected rows");
  memcpy(rows, load->rejects.rows, n * sizeof *rows);
  telling t = {.load = load, .take = take, .context = context};
  dc_status status = find_rows(load, rows, n, tell_one, &t, error);
  dc_buffer_free(&t.value.text);
  free(rows);
  return status;
}

typedef struct weighing {
  const dc_load *load;
  int column;
  picked value;
} weighing;

static dc_status weigh_one(void *context, const dc_rejected *row, const char *text, size_t length, dc_error *error)
{
  weighing *w = context;
  dc_kept *kept = w->load->kept;
  const dc_guess *guess = &kept->guesses[w->column];
  const dc_layout *layout = &kept->layouts[row->file];
  int32_t field = dc_load_field(w->load, row->file, (size_t)w->column);
  double amount;
  uint32_t seen = 0;
  bool whole = field > 0 && pick(&w->value, layout, (size_t)field - 1, text, length) &&
               w->value.fields == layout->n_fields;
  if (w->value.memory_ended) return dc_fail_memory(error, "looking up amounts");
  const char *cell = whole && w->value.length ? w->value.text.bytes : "";
  size_t n = whole ? w->value.length : 0;
  dc_trim(&cell, &n);
  if (n && dc_number_parse(cell, n, &guess->number, &amount, &seen) && isfinite(amount)) {
    kept->amount[row->file] += amount;
    kept->readable[row->file]++;
  } else if (!whole || !dc_missing_is(guess->missing, cell, n)) {
    kept->unreadable[row->file]++;
  }
  return DC_OK;
}

/* Only of these can the shape be right. */
static bool may_be_whole(const dc_reject *item)
{
  return strcmp(item->rule, "control character") == 0 || strcmp(item->rule, "field too long") == 0;
}

dc_status dc_load_look_up(dc_load *load, int column, dc_error *error)
{
  const dc_rejects *rejects = &load->rejects;
  if (column < 0 || load->table->columns[column].type != DC_TYPE_NUMBER || !rejects->n_rows) return DC_OK;
  dc_rejected *rows = malloc(rejects->n_rows * sizeof *rows);
  if (!rows) return dc_fail_memory(error, "looking up amounts");
  size_t n = 0;
  for (size_t i = 0; i < rejects->n_rows; i++) {
    if (may_be_whole(&rejects->items[rejects->rows[i].item]))
      rows[n++] = rejects->rows[i];
    else
      load->kept->unreadable[rejects->rows[i].file]++;
  }
  weighing w = {.load = load, .column = column};
  dc_status status = find_rows(load, rows, n, weigh_one, &w, error);
  dc_buffer_free(&w.value.text);
  free(rows);
  return status;
}

void dc_load_forget_amounts(dc_load *load)
{
  for (size_t f = 0; f < load->kept->n_files; f++) {
    load->kept->unreadable[f] += load->kept->readable[f];
    load->kept->readable[f] = 0;
    load->kept->amount[f] = 0;
  }
}

/* Sums that hardly round (Neumaier 1974), so that the parts add up to the whole. */
typedef struct sum {
  double total, lost;
} sum;

static void add(sum *s, double x)
{
  double t = s->total + x;
  s->lost += fabs(s->total) >= fabs(x) ? (s->total - t) + x : (x - t) + s->total;
  s->total = t;
}

/* From the file's first row on; returns the first row of the next file. */
static size_t weigh_input(dc_load *load, size_t f, size_t row, size_t c)
{
  dc_input *in = &load->inputs[f];
  const dc_table *table = load->table;
  sum parts[DC_FATES] = {{0, 0}}, all = {0, 0};
  in->amount_unreadable = load->kept->unreadable[f] + load->kept->bad[f * table->n_columns + c];
  for (; row < table->rows && (!table->file || table->file[row] == f); row++) {
    double x = table->columns[c].number[row];
    if (isfinite(x)) {
      add(&parts[load->fate[row]], x);
      add(&all, x);
    } else if (!isnan(x)) {
      in->amount_unreadable++;
    }
  }
  add(&parts[DC_ROW_REJECTED], load->kept->amount[f]);
  add(&all, load->kept->amount[f]);
  for (int k = 0; k < DC_FATES; k++) in->amount[k] = parts[k].total + parts[k].lost;
  in->amount_read = all.total + all.lost;
  return row;
}

void dc_load_weigh(dc_load *load, int column)
{
  bool numbers = column >= 0 && load->table->columns[column].type == DC_TYPE_NUMBER;
  for (size_t f = 0, row = 0; f < load->n_inputs; f++) {
    dc_input *in = &load->inputs[f];
    for (int k = 0; k < DC_FATES; k++) in->amount[k] = NAN;
    in->amount_read = NAN;
    in->amount_unreadable = 0;
    if (numbers) row = weigh_input(load, f, row, (size_t)column);
  }
}
