#include "engine/ingest/plain.h"

#include "engine/ingest/cells8.h"

enum { LEAST_ROWS = 16 };

/* Where the reading of one window is. */
typedef struct walk {
  dc_worker *worker;
  dc_reader *reader;
  dc_fields *fields;
  dc_batch *batch;
  size_t end;     /* index in ends of where the last record ended that was taken */
  size_t row;     /* of the window's */
  size_t inner;   /* line ends inside quotes before it */
  size_t carried; /* line ends inside quotes that the windows before brought for this one's first record */
  uint64_t line;
  size_t most; /* rows of a batch: fewer where cells are often bad, since those behind one are read again */
  bool last;
  uint64_t lines[DC_BATCH_ROWS]; /* of the batch's rows */
} walk;

static bool is_blank(const char *text, size_t length)
{
  for (size_t i = 0; i < length; i++)
    if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r') return false;
  return true;
}

/* How many fields the next record has if it is as it should be, otherwise 0. */
static inline size_t good_fields(const walk *w)
{
  const dc_fields *f = w->fields;
  const dc_layout *layout = w->worker->layout;
  size_t n = layout->n_fields;
  uint32_t stop = f->rows[w->row];
  if (w->end + n > f->n_ends || f->ends[w->end + n] != stop) {
    n--;
    if (!n || layout->column[n] != DC_FIELD_UNNAMED || w->end + n > f->n_ends) return 0;
    if (f->ends[w->end + n] != stop) return 0;
  }
  uint32_t begin = f->ends[w->end] + 1;
  return n == 1 && is_blank(f->text + begin, stop - begin) ? 0 : n;
}

static void take_row(walk *w, size_t fields)
{
  const dc_fields *f = w->fields;
  if (w->row == 0) w->line += w->carried;
  uint32_t stop = f->rows[w->row++];
  w->end += fields;
  w->line++;
  for (; w->inner < f->n_inner && f->inner[w->inner] < stop; w->inner++) w->line++;
}

static size_t row_bytes(const walk *w) { return w->fields->rows[w->row] - (w->fields->ends[w->end] + 1u) + 1; }

/* Gathers records until there are enough, or one is not as it should be; false when one is huge. */
static bool gather(walk *w)
{
  dc_batch *b = w->batch;
  b->n = 0;
  while (b->n < w->most && w->row < w->fields->n_rows) {
    size_t fields = good_fields(w);
    if (!fields) return true;
    if (row_bytes(w) > DC_FIELD_BYTES) return false;
    b->first[b->n] = (uint32_t)w->end + 1;
    b->unnamed[b->n] = fields == w->worker->layout->n_fields;
    w->lines[b->n++] = w->line;
    take_row(w, fields);
  }
  return true;
}

/* Back to row k of the batch. */
static void go_back(walk *w, size_t k)
{
  w->row -= w->batch->n - k;
  w->end = w->batch->first[k] - 1;
  w->line = w->lines[k];
  uint32_t begin = w->fields->ends[w->end] + 1;
  while (w->inner && w->fields->inner[w->inner - 1] >= begin) w->inner--;
}

static void commit(walk *w, size_t n)
{
  dc_worker *worker = w->worker;
  uint32_t *line = worker->job->line + worker->row;
  for (size_t k = 0; k < n; k++) line[k] = (uint32_t)w->lines[k];
  worker->row += n;
  worker->unit->rows += n;
  worker->unit->at_speed += (int64_t)n;
  worker->unit->read += (int64_t)n;
}

static dc_read_end read_one(walk *w)
{
  const dc_fields *f = w->fields;
  size_t begin = f->ends[w->end] + 1u, length = row_bytes(w), fields = 1;
  if (begin + length > f->length) length = f->length - begin;
  while (f->ends[w->end + fields] != f->rows[w->row]) fields++;
  dc_block block = {.line = w->line, .quotes = true};
  dc_sink sink = dc_worker_sink(w->worker);
  bool last = w->last && begin + length == f->length;
  dc_read_end end = dc_read_block(w->reader, &block, f->text + begin, length, last, &sink);
  take_row(w, fields);
  return end;
}

static dc_read_end read_window(walk *w)
{
  while (w->row < w->fields->n_rows) {
    if (!gather(w)) return DC_READ_UNSURE;
    size_t fine = dc_batch_put(w->worker, w->batch);
    if (w->worker->memory_ended) {
      w->worker->unit->status = dc_fail_memory(&w->worker->unit->error, "filling the columns");
      return DC_READ_STOPPED;
    }
    commit(w, fine);
    bool all = fine == w->batch->n;
    if (!all) go_back(w, fine);
    if (!all || (w->batch->n < w->most && w->row < w->fields->n_rows)) {
      dc_read_end end = read_one(w);
      if (end != DC_READ_DONE) return end;
    }
    if (!all && w->most > LEAST_ROWS) w->most /= 2;
    if (all && w->most < DC_BATCH_ROWS) w->most *= 2;
  }
  return DC_READ_DONE;
}

dc_read_end dc_plain_read(dc_worker *worker, dc_reader *reader, const dc_scanner *scanner, const dc_block *block,
                          const char *text, size_t length, bool last)
{
  dc_fields *f = &worker->fields;
  dc_batch batch;
  walk w = {.worker = worker, .reader = reader, .fields = f, .batch = &batch, .line = block->line, .last = last};
  w.most = DC_BATCH_ROWS;
  if (block->control || block->lone_cr || !dc_fields_reserve(f, scanner, worker->layout->n_fields))
    return DC_READ_UNSURE;
  worker->kernels = dc_kernels8_of(scanner->name);
  dc_fields_begin(f, text, length, reader->delimiter);
  batch.text = text;
  batch.ends = f->ends;
  while (f->at < length) {
    if (!dc_fields_next(f, w.end)) return DC_READ_UNSURE;
    w.end = w.row = w.inner = 0;
    dc_read_end end = read_window(&w);
    if (end != DC_READ_DONE) return end;
    w.carried = f->n_inner - w.inner + (f->n_rows ? 0 : w.carried);
  }
  bool ended = last || !length || text[length - 1] == '\n';
  return ended ? DC_READ_DONE : DC_READ_UNSURE;
}
