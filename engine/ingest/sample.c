/* The sample that the types of the columns are guessed from. */
#include "engine/base/progress.h"
#include "engine/ingest/fields.h"
#include "engine/ingest/plan.h"

#include <stdlib.h>
#include <string.h>

enum {
  FIRST_RECORDS = 5000,
  PLACES = 32,
  RECORDS_PER_PLACE = 64,
  PLACE_BYTES = 1 << 15,
  FIRST_PIECE = 1 << 16, /* of the first records, to learn how long they are; then as many as are wanted, up to */
  LAST_PIECE = 1 << 20,  /* this */
  PIECES = 8,            /* of them are kept together, before the places */
  SPARE_BYTES = 1 << 12,
  CELLS = 1 << 21,      /* wide files get fewer records */
  KEPT_CELLS = 1 << 17, /* looked at in one go, or this much text */
  KEPT_BYTES = 1 << 22
};

/* Records, kept until there are many: then they are looked at column by column, in threads. */
typedef struct stretch {
  dc_buffer buffer;
  const char *text; /* in the buffer, or the source's */
  size_t size;
  bool written;    /* cells stand as in the file, quotes and blanks around them */
  size_t n, most;  /* records, and how many can be */
  uint32_t *ends;  /* per record: the byte before its first cell, then where each cell ends: n_fields + 1 of them */
  uint64_t *lines; /* per record */
} stretch;

typedef struct sampler {
  const dc_source *source;
  const dc_layout *layout;
  dc_evidence *evidence;
  bool periods;
  int threads;
  size_t most; /* records of a stretch */
  stretch kept[PIECES + 2 * PLACES];
  size_t n_kept, cells;    /* stretches in use, and the cells in them */
  uint64_t bytes, records; /* of the first records, where they are plain: how long one is */
} sampler;

/* Where the taking of records is. */
typedef struct progress {
  size_t left; /* how many are wanted */
  size_t used; /* bytes of the text, up to a record's end */
  uint64_t line;
} progress;

/* What a thread takes records with. */
typedef struct taker {
  dc_fields fields;
  dc_reader reader;
  bool reads; /* the reader has been made */
} taker;

static void free_taker(taker *t)
{
  dc_fields_free(&t->fields);
  if (t->reads) dc_reader_free(&t->reader);
}

static dc_status make_reader(const sampler *s, taker *t, dc_error *error)
{
  dc_status status = t->reads ? DC_OK : dc_reader_init(&t->reader, s->layout->delimiter, error);
  t->reads = status == DC_OK;
  return status;
}

static bool reserve(const sampler *s, stretch *st, size_t records)
{
  if (st->ends && st->most >= records) return true;
  free(st->ends);
  free(st->lines);
  st->most = records;
  st->ends = malloc(records * (s->layout->n_fields + 1) * sizeof *st->ends);
  st->lines = malloc(records * sizeof *st->lines);
  return st->ends && st->lines;
}

static void free_stretch(stretch *st)
{
  dc_buffer_free(&st->buffer);
  free(st->ends);
  free(st->lines);
}

/* The cell without the quotes around it; *copy is the caller's to free when there were quotes inside. False: memory. */
static bool unquote(dc_seen_cell *cell, char **copy)
{
  size_t n = cell->length;
  if (cell->text[n - 1] == '\r') n--;
  cell->text++;
  cell->length = n - 2;
  if (!cell->length || !memchr(cell->text, '"', cell->length)) return true;
  char *to = *copy = malloc(cell->length);
  if (!to) return false;
  for (const char *p = cell->text, *end = p + cell->length; p < end; p++) {
    *to++ = *p;
    p += *p == '"'; /* the second of the pair */
  }
  cell->text = *copy;
  cell->length = (size_t)(to - *copy);
  return true;
}

static bool look_at(const sampler *s, const stretch *st, size_t field)
{
  size_t step = s->layout->n_fields + 1, n = 0;
  dc_evidence *evidence = &s->evidence[s->layout->column[field]];
  const char *end = st->n ? st->text + st->size : NULL; /* a stretch without records may have no text */
  dc_seen_cell cells[DC_LOOKUPS];
  bool fine = true;
  for (size_t k = 0; k < st->n && fine; k++) {
    const uint32_t *at = st->ends + k * step + field;
    uint32_t begin = at[0] + 1;
    dc_seen_cell *cell = &cells[n++];
    char *copy = NULL;
    *cell = (dc_seen_cell){st->text + begin, at[1] - begin, st->lines[k]};
    if (st->written && cell->length && *cell->text == '"') fine = unquote(cell, &copy);
    if (!fine || (!copy && n < DC_LOOKUPS)) continue;
    if (copy) n--;
    fine = dc_evidence_add_cells(evidence, cells, n, end, s->periods);
    if (copy && fine) fine = dc_evidence_add(evidence, cell->text, cell->length, s->periods, cell->line);
    free(copy);
    n = 0;
  }
  return fine && dc_evidence_add_cells(evidence, cells, n, end, s->periods);
}

/* Each column by one thread, in order: the evidence is the same for any number of them. */
static bool look_at_all(const sampler *s, stretch *stretches, size_t n)
{
  bool fine = true;
#pragma omp parallel for schedule(dynamic) num_threads(s->threads) if (s->threads > 1) reduction(&& : fine)
  for (size_t f = 0; f < s->layout->n_fields; f++)
    for (size_t k = 0; k < n && s->layout->column[f] >= 0; k++) fine = fine && look_at(s, &stretches[k], f);
  for (size_t k = 0; k < n; k++) stretches[k].n = 0;
  return fine;
}

/* Records of a plain text, which begins with one; last: nothing follows. False: from `used` on it is not plain, or ends
 * inside quotes. */
static bool take_plain(const sampler *s, dc_fields *f, stretch *st, const char *text, size_t length, bool last,
                       progress *p)
{
  size_t n_fields = s->layout->n_fields, end = 0, carried = 0;
  st->text = text;
  st->size = length;
  st->written = true;
  dc_fields_begin(f, text, length, s->layout->delimiter);
  while (f->at < length) {
    if (!dc_fields_next(f, end)) return false;
    size_t inner = 0;
    end = 0;
    for (size_t row = 0; row < f->n_rows; row++) {
      uint32_t stop = f->rows[row];
      if (stop == length && !last) return true;
      if (end + n_fields <= f->n_ends && f->ends[end + n_fields] == stop) {
        memcpy(st->ends + st->n * (n_fields + 1), f->ends + end, (n_fields + 1) * sizeof *st->ends);
        st->lines[st->n++] = p->line;
        end += n_fields;
      } else {
        while (f->ends[++end] != stop) continue;
      }
      p->line += 1 + carried;
      carried = 0;
      for (; inner < f->n_inner && f->inner[inner] < stop; inner++) p->line++;
      p->used = stop < length ? stop + (size_t)1 : length;
      if (--p->left == 0 || st->n == st->most) return true;
    }
    carried += f->n_inner - inner;
  }
  return true;
}

/* What libcsv delivers, where the text is not plain. */
typedef struct delivery {
  const sampler *s;
  stretch *st;
  bool flush; /* look at the records when they are many */
  size_t field, used, left;
  bool memory_ended;
} delivery;

static void on_field(void *bytes, size_t length, void *context)
{
  delivery *d = context;
  stretch *st = d->st;
  size_t n_fields = d->s->layout->n_fields, field = d->field++;
  if (field >= n_fields || d->memory_ended) return;
  if (st->buffer.size - d->used < length + 1) {
    size_t size = st->buffer.size * 2 + length + SPARE_BYTES;
    char *grown = realloc(st->buffer.bytes, size);
    d->memory_ended = !grown;
    if (!grown) return;
    st->buffer.bytes = grown;
    st->buffer.size = size;
  }
  st->text = st->buffer.bytes;
  uint32_t *ends = st->ends + st->n * (n_fields + 1);
  if (!field) ends[0] = (uint32_t)d->used - 1;
  if (length) memcpy(st->buffer.bytes + d->used, bytes, length);
  d->used += length;
  ends[field + 1] = (uint32_t)d->used;
  st->buffer.bytes[d->used++] = '\n';
}

static bool on_record(void *context, const dc_record *record)
{
  delivery *d = context;
  stretch *st = d->st;
  size_t n_fields = d->s->layout->n_fields;
  if (record->kind == DC_RECORD_FIELDS && d->field == n_fields) st->lines[st->n++] = record->line;
  d->used = st->n ? st->ends[(st->n - 1) * (n_fields + 1) + n_fields] + (size_t)1 : 0;
  d->field = 0;
  st->size = d->used;
  if (d->flush && (st->n == st->most || d->used > KEPT_BYTES) && !d->memory_ended) {
    d->memory_ended = !look_at_all(d->s, st, 1);
    d->used = 0;
  }
  if (d->left) d->left--;
  return d->left > 0 && !d->memory_ended;
}

static bool look_at_kept(sampler *s)
{
  size_t n = s->n_kept;
  s->n_kept = s->cells = 0;
  return look_at_all(s, s->kept, n);
}

static dc_status fail_memory(dc_error *error) { return dc_fail_memory(error, "looking at the columns"); }

static dc_status take_by_libcsv(const sampler *s, taker *t, uint64_t at, const progress *p, dc_error *error)
{
  stretch st = {.written = false};
  delivery d = {.s = s, .st = &st, .flush = true, .left = p->left};
  dc_sink sink = {on_field, on_record, &d};
  dc_sequence range = {.source = s->source, .from = at, .line = p->line, .to = dc_source_size(s->source)};
  dc_status status = reserve(s, &st, s->most) ? make_reader(s, t, error) : fail_memory(error);
  if (status == DC_OK) status = dc_read_sequence(&t->reader, &range, &sink, error);
  if (status == DC_OK && (d.memory_ended || !look_at_all(s, &st, 1))) status = fail_memory(error);
  free_stretch(&st);
  return status;
}

/* A piece of the first records, in a stretch of its own. */
static dc_status take_piece(sampler *s, taker *t, uint64_t at, uint64_t to, progress *p, dc_error *error)
{
  const char *text;
  if ((s->n_kept == PIECES || s->cells > KEPT_CELLS) && !look_at_kept(s)) return fail_memory(error);
  stretch *st = &s->kept[s->n_kept++];
  if (!reserve(s, st, p->left < s->most ? p->left : s->most)) return fail_memory(error);
  dc_status status = dc_cancelled() ? dc_fail(error, DC_E_CANCELLED, "cancelled") : DC_OK;
  if (status == DC_OK) status = dc_source_view(s->source, at, to, &st->buffer, &text, error);
  if (status != DC_OK) return status;
  p->used = 0;
  (void)take_plain(s, &t->fields, st, text, (size_t)(to - at), to == dc_source_size(s->source), p);
  s->cells += st->n * (s->layout->n_fields + 1);
  return DC_OK;
}

static dc_status sample_first(sampler *s, taker *t, size_t records, dc_error *error)
{
  progress p = {.left = records, .line = s->layout->line};
  uint64_t size = dc_source_size(s->source), from = s->layout->from, at = from, piece = FIRST_PIECE;
  dc_status status = DC_OK;
  bool plain = true;
  while (status == DC_OK && plain && p.left && at < size) {
    status = take_piece(s, t, at, size - at < piece ? size : at + piece, &p, error);
    plain = p.used > 0; /* what is not plain at the end of a piece may be cut off only */
    at += p.used;
    s->bytes = at - from;
    s->records = plain ? records - p.left : 0;
    piece = s->records ? s->bytes / s->records * p.left * 17 / 16 + SPARE_BYTES : piece;
    if (piece > LAST_PIECE) piece = LAST_PIECE;
    if (piece < FIRST_PIECE) piece = FIRST_PIECE;
  }
  if (status != DC_OK || plain) return status;
  return look_at_kept(s) ? take_by_libcsv(s, t, at, &p, error) : fail_memory(error);
}

/* Records at the beginning of a block, kept in two stretches: those of plain text, and what libcsv delivers from there. */
static dc_status take_place(const sampler *s, taker *t, const dc_block *b, stretch *st, dc_error *error)
{
  uint64_t whole = b->to - b->from < PLACE_BYTES ? b->to - b->from : PLACE_BYTES, length = whole;
  uint64_t likely = s->records ? s->bytes / s->records * RECORDS_PER_PLACE * 5 / 4 + SPARE_BYTES : whole;
  const char *text;
  progress p;
  bool plain;
  if (!reserve(s, st, RECORDS_PER_PLACE)) return fail_memory(error);
  for (length = likely < whole ? likely : whole;; length = whole) {
    dc_status status = dc_source_view(s->source, b->from, b->from + length, &st->buffer, &text, error);
    if (status != DC_OK) return status;
    p = (progress){.left = RECORDS_PER_PLACE, .line = b->line};
    st->n = 0;
    plain = take_plain(s, &t->fields, st, text, (size_t)length, false, &p);
    if (!p.left || length == whole) break;
  }
  bool cr = length && text[length - 1] == '\r'; /* libcsv takes it for a line end */
  if ((plain && !cr) || !p.left) return DC_OK;
  delivery d = {.s = s, .st = st + 1, .left = p.left};
  dc_sink sink = {on_field, on_record, &d};
  dc_block rest = *b;
  rest.line = p.line;
  st[1].written = false;
  dc_status status = reserve(s, st + 1, RECORDS_PER_PLACE) ? make_reader(s, t, error) : fail_memory(error);
  /* However it ends: the last record may be cut off, and stray quotes are found when the blocks are read. */
  if (status == DC_OK) (void)dc_read_block(&t->reader, &rest, text + p.used, (size_t)length - p.used, false, &sink);
  return status == DC_OK && d.memory_ended ? fail_memory(error) : status;
}

/* Places that are kept together, by several threads. */
static dc_status take_places(const sampler *s, const dc_block *places, size_t n, stretch *stretches, dc_error *error)
{
  dc_error first = {.code = DC_OK};
  size_t failed = n;
#pragma omp parallel num_threads(s->threads) if (s->threads > 1)
  {
    taker t = {.reads = false};
    bool ready = dc_fields_reserve(&t.fields, dc_scanner_best(), s->layout->n_fields);
#pragma omp for schedule(dynamic)
    for (size_t k = 0; k < n; k++) {
      dc_error own;
      dc_status status = ready ? take_place(s, &t, &places[k], &stretches[2 * k], &own) : fail_memory(&own);
      if (status == DC_OK) continue;
#pragma omp critical(dc_sample_places)
      if (k < failed) {
        failed = k;
        first = own;
      }
    }
    free_taker(&t);
  }
  if (first.code != DC_OK && error) *error = first;
  return first.code;
}

/* Where the places begin: in the blocks, or where the cutter thinks that they will be. */
static dc_status find_places(const dc_file *file, dc_block *places, size_t *n, dc_error *error)
{
  size_t count = file->cutter ? dc_cutter_count(file->cutter) : file->blocks.count;
  dc_status status = DC_OK;
  for (size_t k = 1; k <= PLACES && count > 1 && status == DC_OK; k++) {
    size_t i = k * (count - 1) / PLACES;
    if (i == 0 || i == (k - 1) * (count - 1) / PLACES) continue;
    if (file->cutter)
      status = dc_cutter_place(file->cutter, i, &places[*n], error);
    else
      places[*n] = file->blocks.items[i];
    ++*n;
  }
  return status;
}

static dc_status sample_places(sampler *s, const dc_file *file, dc_error *error)
{
  dc_block places[PLACES];
  size_t n = 0, cells = RECORDS_PER_PLACE * (s->layout->n_fields + 1);
  dc_status status = find_places(file, places, &n, error);
  for (size_t from = 0; from < n && status == DC_OK;) {
    if (s->cells + cells > KEPT_CELLS && !look_at_kept(s)) return fail_memory(error);
    size_t together = s->cells + cells > KEPT_CELLS ? 1 : (KEPT_CELLS - s->cells) / cells;
    if (together > n - from) together = n - from;
    status = take_places(s, places + from, together, s->kept + s->n_kept, error);
    s->n_kept += 2 * together;
    s->cells += together * cells;
    from += together;
  }
  return status == DC_OK && !look_at_kept(s) ? fail_memory(error) : status;
}

static dc_status sample_file(sampler *s, const dc_file *file, size_t records, dc_error *error)
{
  taker t = {.reads = false};
  size_t fields = s->layout->n_fields;
  s->most = fields < KEPT_CELLS ? KEPT_CELLS / (fields + 1) + 1 : 1;
  dc_status status = dc_fields_reserve(&t.fields, dc_scanner_best(), fields) ? DC_OK : fail_memory(error);
  if (status == DC_OK) status = sample_first(s, &t, records, error);
  free_taker(&t);
  return status == DC_OK ? sample_places(s, file, error) : status;
}

dc_status dc_plan_sample(const dc_load_request *request, const dc_file *files, const dc_layout *layouts,
                         size_t n_columns, int threads, dc_evidence *evidence, dc_error *error)
{
  size_t records = n_columns ? CELLS / n_columns : FIRST_RECORDS;
  if (records > FIRST_RECORDS) records = FIRST_RECORDS;
  dc_status status = DC_OK;
  for (size_t f = 0; f < request->n_paths && status == DC_OK; f++) {
    for (size_t c = 0; c < n_columns; c++) evidence[c].file = f;
    sampler s = {.source = files[f].source, .layout = &layouts[f], .evidence = evidence, .threads = threads};
    s.periods = request->dates.periods;
    status = sample_file(&s, &files[f], records, error);
    for (size_t k = 0; k < PIECES + 2 * PLACES; k++) free_stretch(&s.kept[k]);
  }
  return status;
}
