#include "engine/ingest/plan.h"

#include "engine/ingest/units.h"

#include <string.h>

enum {
  FIRST_RECORDS = 5000,
  PLACES = 32,
  RECORDS_PER_PLACE = 64,
  PLACE_BYTES = 1 << 15,
  CELLS = 1 << 21,      /* wide files get fewer records */
  KEPT_CELLS = 1 << 17, /* looked at in one go, or this much text */
  KEPT_BYTES = 1 << 22
};

/* Cells are kept until there are many records, and then looked at column by column, in threads. */
typedef struct sampler {
  const dc_layout *layout;
  dc_evidence *evidence;
  size_t field, left;
  bool periods;
  int threads;
  dc_buffer text;
  size_t used, record_from; /* of text; where the record in hand begins */
  size_t n, most;           /* records kept, and how many can be */
  size_t *ends;             /* per record and field: where its bytes end in text */
  uint64_t *lines;          /* per record */
  bool memory_ended;
} sampler;

static bool keep(sampler *s, const void *bytes, size_t length)
{
  if (s->text.size - s->used < length) {
    size_t size = s->text.size * 2 + length + 256;
    char *grown = realloc(s->text.bytes, size);
    if (!grown) return false;
    s->text.bytes = grown;
    s->text.size = size;
  }
  if (length) memcpy(s->text.bytes + s->used, bytes, length);
  s->used += length;
  return true;
}

static void on_field(void *bytes, size_t length, void *context)
{
  sampler *s = context;
  size_t field = s->field++;
  if (field >= s->layout->n_fields) return;
  if (!keep(s, bytes, length)) s->memory_ended = true;
  s->ends[s->n * s->layout->n_fields + field] = s->used;
}

static bool look_at(const sampler *s, size_t field)
{
  int32_t c = s->layout->column[field];
  bool fine = true;
  for (size_t k = 0; c >= 0 && k < s->n && fine; k++) {
    size_t at = k * s->layout->n_fields + field, begin = at ? s->ends[at - 1] : 0, length = s->ends[at] - begin;
    const char *text = length ? s->text.bytes + begin : "";
    fine = dc_evidence_add(&s->evidence[c], text, length, s->periods, s->lines[k]);
  }
  return fine;
}

static void look_at_all(sampler *s)
{
  bool fine = true;
#pragma omp parallel for schedule(dynamic) num_threads(s->threads) if (s->threads > 1) reduction(&& : fine)
  for (size_t f = 0; f < s->layout->n_fields; f++) fine = look_at(s, f) && fine;
  s->memory_ended |= !fine;
  s->n = s->used = s->record_from = 0;
}

static bool on_record(void *context, const dc_record *record)
{
  sampler *s = context;
  if (record->kind == DC_RECORD_FIELDS && s->field == s->layout->n_fields) {
    s->lines[s->n++] = record->line;
    s->record_from = s->used;
    if (!s->memory_ended && (s->n == s->most || s->used > KEPT_BYTES)) look_at_all(s);
  }
  s->used = s->record_from;
  s->field = 0;
  if (s->left) s->left--;
  return s->left > 0 && !s->memory_ended;
}

static dc_status sample_places(const dc_file *file, dc_reader *reader, sampler *s, dc_error *error)
{
  dc_sink sink = {on_field, on_record, s};
  size_t n = file->cutter ? dc_cutter_count(file->cutter) : file->blocks.count;
  dc_buffer buffer = {NULL, 0};
  dc_status status = DC_OK;
  for (size_t k = 1; k <= PLACES && n > 1 && status == DC_OK; k++) {
    size_t i = k * (n - 1) / PLACES;
    if (i == 0 || i == (k - 1) * (n - 1) / PLACES) continue;
    dc_block b;
    if (file->cutter)
      status = dc_cutter_place(file->cutter, i, &b, error);
    else
      b = file->blocks.items[i];
    if (status != DC_OK) break;
    uint64_t to = b.to - b.from < PLACE_BYTES ? b.to : b.from + PLACE_BYTES;
    const char *view;
    status = dc_source_view(file->source, b.from, to, &buffer, &view, error);
    if (status != DC_OK) break;
    s->left = RECORDS_PER_PLACE;
    s->field = 0;
    s->used = s->record_from;
    /* However it ends: the last record may be cut off, and stray quotes are found when the blocks are read. */
    (void)dc_read_block(reader, &b, view, (size_t)(to - b.from), false, &sink);
  }
  dc_buffer_free(&buffer);
  return status;
}

static dc_status sample_file(const dc_file *file, sampler *s, dc_error *error)
{
  dc_reader reader;
  const dc_layout *layout = s->layout;
  size_t fields = layout->n_fields;
  dc_status status = dc_reader_init(&reader, layout->delimiter, error);
  if (status != DC_OK) return status;
  dc_sink sink = {on_field, on_record, s};
  s->most = fields < KEPT_CELLS ? KEPT_CELLS / (fields + 1) + 1 : 1;
  s->ends = malloc(s->most * fields * sizeof *s->ends + 1);
  s->lines = malloc(s->most * sizeof *s->lines);
  if (!s->ends || !s->lines) s->memory_ended = true;
  dc_sequence range = {.source = file->source, .from = layout->from, .line = layout->line};
  range.to = dc_source_size(file->source);
  if (!s->memory_ended) status = dc_read_sequence(&reader, &range, &sink, error);
  if (status == DC_OK && !s->memory_ended) status = sample_places(file, &reader, s, error);
  if (status == DC_OK && !s->memory_ended) look_at_all(s);
  if (status == DC_OK && s->memory_ended) status = dc_fail_memory(error, "looking at the columns");
  free(s->ends);
  free(s->lines);
  dc_buffer_free(&s->text);
  dc_reader_free(&reader);
  return status;
}

dc_status dc_plan_sample(const dc_load_request *request, const dc_file *files, const dc_layout *layouts,
                         size_t n_columns, int threads, dc_evidence *evidence, dc_error *error)
{
  size_t records = n_columns ? CELLS / n_columns : FIRST_RECORDS;
  if (records > FIRST_RECORDS) records = FIRST_RECORDS;
  dc_status status = DC_OK;
  for (size_t f = 0; f < request->n_paths && status == DC_OK; f++) {
    for (size_t c = 0; c < n_columns; c++) evidence[c].file = f;
    sampler s = {.layout = &layouts[f], .evidence = evidence, .left = records, .periods = request->dates.periods};
    s.threads = threads;
    status = sample_file(&files[f], &s, error);
  }
  return status;
}

void dc_plan_lines(const dc_blocks *blocks, dc_evidence *evidence, size_t n_columns)
{
  for (size_t c = 0; c < n_columns; c++)
    for (int k = 0; k < DC_SHOWINGS && evidence[c].details; k++)
      evidence[c].details->shown[k].line = dc_cutter_line(blocks, evidence[c].details->shown[k].line);
}

dc_guess dc_plan_first(const dc_evidence *evidence, dc_type expected, const char *name, const dc_load_request *request)
{
  dc_guess guess = dc_evidence_decide(evidence, expected);
  if (guess.type == DC_TYPE_EMPTY) guess.type = DC_TYPE_CATEGORY;
  dc_units_of_name(name, guess.expected, &guess.number);
  if (request->decimal != DC_DECIMAL_UNKNOWN) guess.number.decimal = request->decimal;
  /* Dates with points are not in doubt: what is given for others is not for them. */
  bool dotted = evidence->details && evidence->details->separator == '.' && guess.when.order == DC_ORDER_UNKNOWN;
  if (request->dates.order != DC_ORDER_UNKNOWN && !dotted) guess.when.order = request->dates.order;
  if (request->dates.bare == DC_BARE_EXCEL_1904 && guess.when.bare == DC_BARE_EXCEL)
    guess.when.bare = DC_BARE_EXCEL_1904;
  guess.when.periods = request->dates.periods && guess.expected;
  return guess;
}

/* Whether b's values prove what column a needs to know: decimal marks by a value with both marks, orders by a date that
 * is written alike. */
static bool may_prove(const dc_evidence *a, const dc_guess *of_a, const dc_evidence *b, const dc_guess *of_b)
{
  if (of_b->like) return false;
  if (of_a->type == DC_TYPE_NUMBER) return of_b->type == DC_TYPE_NUMBER && (b->number_seen & DC_NUMBER_BOTH);
  bool dates = of_b->type == DC_TYPE_DATE || of_b->type == DC_TYPE_INSTANT;
  if (!dates || !a->details || !b->details || of_b->doubtful_year) return false;
  return a->details->separator == b->details->separator && !((a->when_seen ^ b->when_seen) & DC_WHEN_TWO_DIGITS);
}

static int convention_of(const dc_guess *guess, bool number)
{
  return number ? (int)guess->number.decimal : (int)guess->when.order;
}

/* A column that does not prove its own convention takes the one that all who prove it in the same files share. */
static void borrow(const dc_evidence *evidence, dc_guess *guesses, size_t n_columns, size_t c)
{
  dc_guess *own = &guesses[c];
  bool number = own->type == DC_TYPE_NUMBER;
  if (convention_of(own, number) || own->doubtful_year) return;
  int shared = 0;
  size_t from = 0;
  for (size_t k = 0; k < n_columns; k++) {
    int one = may_prove(&evidence[c], own, &evidence[k], &guesses[k]) ? convention_of(&guesses[k], number) : 0;
    if (!one) continue;
    if (shared && one != shared) return;
    if (!shared) from = k + 1;
    shared = one;
  }
  own->like = from;
  if (number) own->number.decimal = (dc_decimal)shared;
  if (!number) own->when.order = (dc_day_order)shared;
}

void dc_plan_settle(const dc_evidence *evidence, dc_guess *guesses, size_t n_columns)
{
  dc_missing once = 0, twice = 0;
  for (size_t c = 0; c < n_columns; c++) {
    twice |= once & evidence[c].missing;
    once |= evidence[c].missing;
  }
  for (size_t c = 0; c < n_columns; c++) {
    dc_type type = guesses[c].type;
    if (type == DC_TYPE_CATEGORY || type == DC_TYPE_TEXT) guesses[c].missing |= twice & dc_missing_forms();
    if (type == DC_TYPE_NUMBER || type == DC_TYPE_DATE || type == DC_TYPE_INSTANT)
      borrow(evidence, guesses, n_columns, c);
  }
}
