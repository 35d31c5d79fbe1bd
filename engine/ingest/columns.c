#include "engine/ingest/columns.h"

#include "engine/base/pages.h"
#include "engine/ingest/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a column had seen before a cell of the current record changed it. */
struct dc_undo {
  dc_unit_column *column;
  uint32_t seen;
  dc_missing words_seen;
  size_t words;
};

struct dc_pending {
  int32_t column;
  size_t field;
  const char *rule;
  size_t length;
  char value[DC_SHOWN_BYTES];
};

typedef struct dc_text_block {
  struct dc_text_block *next;
  size_t used, size;
  char bytes[];
} dc_text_block;

enum { FIRST_BLOCK = 1 << 13, LAST_BLOCK = (2 << 20) - sizeof(dc_text_block) };

static void note_bad(dc_worker *w, int32_t column, const char *rule, const char *text, size_t length)
{
  if (w->n_pending == w->pending_size) {
    size_t size = w->pending_size ? w->pending_size * 2 : 16;
    dc_pending *pending = realloc(w->pending, size * sizeof *pending);
    if (!pending) {
      w->memory_ended = true;
      return;
    }
    w->pending = pending;
    w->pending_size = size;
  }
  dc_pending *p = &w->pending[w->n_pending++];
  p->column = column;
  p->field = w->field; /* already counted: 1-based */
  p->rule = rule;
  p->length = length < sizeof p->value - 1 ? length : sizeof p->value - 1;
  memcpy(p->value, text, p->length);
}

/* Nothing, or one of the column's words for a missing value, which is counted. */
static bool is_missing(const dc_slot *s, const char *text, size_t length)
{
  if (!length) return true;
  int word = dc_missing_find(s->guess.missing, text, length);
  if (word < 0) return false;
  s->unit->words_seen |= (dc_missing)1 << word;
  s->unit->words++;
  return true;
}

/* Amounts in several currencies. */
static bool put_money(dc_worker *w, const dc_slot *s, const char *text, size_t length)
{
  dc_number_cell cell;
  bool fine = length && dc_number_read(text, length, &s->guess.number, &cell);
  s->column.currencies[w->row] = fine ? cell.currency : 0;
  if (!fine) return false;
  s->column.number[w->row] = cell.value;
  s->unit->seen |= cell.seen;
  return true;
}

static void put_number(dc_worker *w, const dc_slot *s, const char *text, size_t length)
{
  if (s->column.currencies && put_money(w, s, text, length)) return;
  double *cell = &s->column.number[w->row];
  if (length && dc_number_parse(text, length, &s->guess.number, cell, &s->unit->seen)) return;
  *cell = NAN;
  dc_trim(&text, &length);
  if (!is_missing(s, text, length)) note_bad(w, s->index, "not a number", text, length);
}

static bool read_when(dc_worker *w, const dc_slot *s, const char *text, size_t length, dc_when *when)
{
  if (!length) return false;
  dc_when_result result = dc_when_parse(text, length, &s->guess.when, when, &s->unit->seen);
  if (result == DC_WHEN_OK) return true;
  dc_trim(&text, &length);
  if (is_missing(s, text, length)) return false;
  note_bad(w, s->index, result == DC_WHEN_NOT ? "not a date" : "impossible date", text, length);
  return false;
}

static void put_date(dc_worker *w, const dc_slot *s, const char *text, size_t length)
{
  dc_when when;
  s->column.date[w->row] = read_when(w, s, text, length, &when) ? when.day : DC_DATE_MISSING;
}

static void put_instant(dc_worker *w, const dc_slot *s, const char *text, size_t length)
{
  dc_when when;
  s->column.instant[w->row] = read_when(w, s, text, length, &when) ? dc_when_instant(&when) : DC_INSTANT_MISSING;
}

static inline void trim_if_needed(const char **text, size_t *length)
{
  if (*length && ((unsigned char)(*text)[0] <= ' ' || (unsigned char)(*text)[*length - 1] <= ' '))
    dc_trim(text, length);
}

/* The unit's codes so far move to an array of their own. */
static bool widen_codes(const dc_worker *w, const dc_slot *s, size_t row, uint32_t code)
{
  dc_unit_column *u = s->unit;
  uint8_t bytes = code > UINT16_MAX ? 4 : 2;
  size_t before = row - w->unit->base;
  char *wide = malloc(w->unit->capacity * bytes);
  if (!wide) return false;
  for (size_t r = 0; r < before; r++) dc_code_write(wide, bytes, r, dc_code_read(u->codes, u->code_bytes, r));
  if (u->own_codes) free(u->codes);
  u->codes = wide;
  u->code_bytes = bytes;
  u->own_codes = true;
  return true;
}

bool dc_code_put(const dc_worker *w, const dc_slot *s, size_t row, uint32_t code)
{
  dc_unit_column *u = s->unit;
  if (u->code_bytes < 4 && code >> (8 * u->code_bytes) && !widen_codes(w, s, row, code)) return false;
  dc_code_write(u->codes, u->code_bytes, row - w->unit->base, code);
  return true;
}

static void put_category(dc_worker *w, const dc_slot *s, const char *text, size_t length)
{
  trim_if_needed(&text, &length);
  uint32_t code = dc_dictionary_code(s->words, text, length);
  if (code == DC_DICTIONARY_FULL || !dc_code_put(w, s, w->row, code)) w->memory_ended = true;
}

bool dc_text_room(dc_unit_column *u, size_t bytes)
{
  dc_buffer *room = u->room;
  if (room->size >= u->text_used + bytes + DC_TEXT_SLACK) return true;
  size_t size = room->size * 2 + bytes + 4096;
  char *grown = realloc(room->bytes, size);
  if (!grown) return false;
  room->bytes = grown;
  room->size = size;
  return true;
}

static void put_text(dc_worker *w, const dc_slot *s, const char *text, size_t length)
{
  trim_if_needed(&text, &length);
  if (is_missing(s, text, length)) return;
  dc_unit_column *u = s->unit;
  if (!dc_text_room(u, length)) {
    w->memory_ended = true;
    return;
  }
  memcpy(u->room->bytes + u->text_used, text, length);
  u->text_used += length;
}

void dc_cell_put(dc_worker *w, const dc_slot *s, const char *text, size_t length)
{
  switch (s->kind) {
    case DC_SLOT_OUT: break;
    case DC_SLOT_UNNAMED: w->unnamed_value = length > 0; break;
    case DC_SLOT_NUMBER: put_number(w, s, text, length); break;
    case DC_SLOT_DATE: put_date(w, s, text, length); break;
    case DC_SLOT_INSTANT: put_instant(w, s, text, length); break;
    case DC_SLOT_CATEGORY: put_category(w, s, text, length); break;
    case DC_SLOT_TEXT: put_text(w, s, text, length); break;
    case DC_SLOT_SURPLUS:
      w->field--;
      w->surplus = true;
      break;
  }
}

static void note_change(dc_worker *w, const dc_undo *before)
{
  if (w->n_undo == w->undo_size) {
    size_t size = w->undo_size ? w->undo_size * 2 : 16;
    dc_undo *undo = realloc(w->undo, size * sizeof *undo);
    if (!undo) {
      w->memory_ended = true;
      return;
    }
    w->undo = undo;
    w->undo_size = size;
  }
  w->undo[w->n_undo++] = *before;
}

static void on_field(void *bytes, size_t length, void *context)
{
  dc_worker *w = context;
  const dc_slot *s = &w->slots[w->field++];
  dc_unit_column *u = s->unit;
  dc_undo before = {u, 0, 0, 0};
  if (u) before = (dc_undo){u, u->seen, u->words_seen, u->words};
  dc_cell_put(w, s, bytes, length);
  if (u && (u->seen != before.seen || u->words != before.words)) note_change(w, &before);
}

static void add_reject(dc_worker *w, const dc_reject *reject)
{
  if (!dc_rejects_add(&w->unit->rejects, reject)) w->memory_ended = true;
}

static void copy_shown(char *to, size_t size, const char *text, size_t length)
{
  if (length > size - 1) length = size - 1;
  memcpy(to, text, length);
  to[length] = 0;
  for (size_t i = 0; i < length; i++)
    if ((unsigned char)to[i] < ' ' || to[i] == 0x7f) to[i] = ' ';
}

static void reject_row(dc_worker *w, const dc_record *record, const char *rule)
{
  dc_reject r = {.rule = rule, .whole_row = true, .count = 1, .amount = NAN, .line = (int64_t)record->line};
  r.file = (int)w->unit->file;
  size_t shown = 0;
  while (shown < record->length && record->text[shown] != '\n' && record->text[shown] != '\r') shown++;
  copy_shown(r.value, sizeof r.value, record->text, shown);
  add_reject(w, &r);
  w->unit->rejected++;
}

static void commit_pending(dc_worker *w, const dc_record *record)
{
  for (size_t i = 0; i < w->n_pending; i++) {
    const dc_pending *p = &w->pending[i];
    dc_reject r = {.rule = p->rule, .count = 1, .amount = NAN, .line = (int64_t)record->line};
    r.file = (int)w->unit->file;
    r.column = (int32_t)p->field;
    copy_shown(r.value, sizeof r.value, p->value, p->length);
    snprintf(r.column_name, sizeof r.column_name, "%s", w->job->fillings[p->column].column->name);
    add_reject(w, &r);
    w->unit->columns[p->column].bad++;
  }
}

static const char *defect_of(const dc_worker *w, const dc_record *record)
{
  static const char *const rules[] = {NULL, "control character", "field too long", "stray quote"};
  if (record->kind != DC_RECORD_FIELDS) return rules[record->kind];
  size_t n = w->layout->n_fields;
  bool unnamed_left_out = w->field + 1 == n && w->layout->column[n - 1] == DC_FIELD_UNNAMED;
  if (w->field < n && !unnamed_left_out) return "short row";
  if (w->surplus) return "long row";
  return record->literal_quote && w->job->strict ? rules[DC_RECORD_QUOTE] : NULL;
}

static void take_back(dc_worker *w)
{
  for (size_t i = 0; i < w->n_texts; i++) {
    const dc_slot *s = w->texts[i];
    s->unit->text_used = w->unit->rows ? (size_t)dc_column_offset(&s->column, w->row) : 0;
  }
  for (size_t i = w->n_undo; i-- > 0;) {
    const dc_undo *before = &w->undo[i];
    before->column->seen = before->seen;
    before->column->words_seen = before->words_seen;
    before->column->words = before->words;
  }
}

static void commit_row(dc_worker *w, const dc_record *record)
{
  if (w->n_pending) commit_pending(w, record);
  for (size_t i = 0; i < w->n_texts; i++) dc_offset_put(w->texts[i], w->row, w->texts[i]->unit->text_used);
  w->job->line[w->row] = (uint32_t)record->line;
  w->row++;
  w->unit->rows++;
}

static bool on_record(void *context, const dc_record *record)
{
  dc_worker *w = context;
  w->unit->read++;
  if (w->field == 0 && record->kind == DC_RECORD_FIELDS) {
    w->unit->blank++;
  } else {
    const char *rule = defect_of(w, record);
    if (rule) {
      reject_row(w, record, rule);
      take_back(w);
    } else {
      commit_row(w, record);
    }
    if (w->unnamed_value && !rule) {
      w->unit->status = dc_fail_at(&w->unit->error, DC_E_INPUT, NULL, (int64_t)record->line, (int32_t)w->field,
                                   "column %zu has no name in the header but has values; name it", w->field);
      return false;
    }
  }
  w->field = 0;
  w->n_pending = w->n_undo = 0;
  w->unnamed_value = w->surplus = false;
  if (w->memory_ended) w->unit->status = dc_fail_memory(&w->unit->error, "filling the columns");
  return !w->memory_ended;
}

bool dc_worker_init(dc_worker *worker, const dc_filling_job *job)
{
  memset(worker, 0, sizeof *worker);
  worker->job = job;
  worker->words = calloc(job->n_columns + 1, sizeof *worker->words);
  worker->texts = calloc(job->n_columns + 1, sizeof *worker->texts);
  worker->rooms = calloc(job->n_columns + 1, sizeof *worker->rooms);
  if (!worker->words || !worker->texts || !worker->rooms) return false;
  for (size_t c = 0; c < job->n_columns; c++) {
    dc_type type = job->fillings[c].guess.type;
    if (type == DC_TYPE_CATEGORY && !(worker->words[c] = dc_dictionary_new())) return false;
  }
  return true;
}

void dc_worker_free(dc_worker *worker)
{
  for (size_t c = 0; worker->words && c < worker->job->n_columns; c++) dc_dictionary_free(worker->words[c]);
  free(worker->words);
  free(worker->texts);
  for (size_t c = 0; worker->rooms && c < worker->job->n_columns; c++) dc_buffer_free(&worker->rooms[c]);
  free(worker->rooms);
  for (dc_text_block *b = worker->blocks, *next; b; b = next) {
    next = b->next;
    free(b);
  }
  free(worker->scratch);
  free(worker->begins);
  free(worker->months);
  dc_fields_free(&worker->fields);
  free(worker->slots);
  free(worker->pending);
  free(worker->undo);
  memset(worker, 0, sizeof *worker);
}

static void fill_slot(dc_worker *w, dc_slot *s, int32_t c)
{
  static const dc_slot_kind kinds[] = {DC_SLOT_TEXT,    DC_SLOT_NUMBER,   DC_SLOT_DATE,
                                       DC_SLOT_INSTANT, DC_SLOT_CATEGORY, DC_SLOT_TEXT};
  const dc_filling *filling = &w->job->fillings[c];
  s->kind = kinds[filling->guess.type];
  s->index = c;
  s->guess = filling->guess;
  s->unit = &w->unit->columns[c];
  s->words = w->words[c];
  s->column = *filling->column;
  s->unit->code_bytes = s->column.code_bytes;
  s->unit->room = &w->rooms[c];
  if (s->kind == DC_SLOT_CATEGORY) s->unit->codes = (char *)s->column.codes + w->unit->base * s->column.code_bytes;
  if (s->kind == DC_SLOT_TEXT) w->texts[w->n_texts++] = s;
}

bool dc_worker_begin(dc_worker *worker, dc_unit *unit, int number)
{
  const dc_layout *layout = &worker->job->layouts[unit->file];
  worker->unit = unit;
  worker->layout = layout;
  worker->row = unit->base;
  worker->field = worker->n_pending = worker->n_undo = worker->n_texts = 0;
  worker->unnamed_value = worker->memory_ended = worker->surplus = false;
  unit->worker = number;
  unit->rejects.strict = worker->job->strict;
  unit->columns = calloc(worker->job->n_columns + 1, sizeof *unit->columns);
  free(worker->slots);
  worker->slots = calloc(layout->n_fields + 1, sizeof *worker->slots);
  if (!unit->columns || !worker->slots) return false;
  for (size_t f = 0; f < layout->n_fields; f++) {
    int32_t c = layout->column[f];
    if (c >= 0) {
      fill_slot(worker, &worker->slots[f], c);
    } else {
      worker->slots[f].kind = c == DC_FIELD_UNNAMED ? DC_SLOT_UNNAMED : DC_SLOT_OUT;
    }
  }
  worker->slots[layout->n_fields].kind = DC_SLOT_SURPLUS;
  return true;
}

/* Loops of one comparison each, for vectors. A count of doubles is exact. */
static size_t count_nan(const double *cell, size_t n)
{
  double missing = 0;
#pragma omp simd reduction(+ : missing)
  for (size_t k = 0; k < n; k++) missing += cell[k] != cell[k] ? 1.0 : 0.0;
  return (size_t)missing;
}

static size_t count_days(const int32_t *cell, size_t n)
{
  int32_t missing = 0;
#pragma omp simd reduction(+ : missing)
  for (size_t k = 0; k < n; k++) missing += cell[k] == DC_DATE_MISSING;
  return (size_t)missing;
}

static size_t count_instants(const int64_t *cell, size_t n)
{
  int64_t missing = 0;
#pragma omp simd reduction(+ : missing)
  for (size_t k = 0; k < n; k++) missing += cell[k] == DC_INSTANT_MISSING;
  return (size_t)missing;
}

/* Texts that are empty: they end where the one before them does. */
static size_t count_empty(const dc_column *column, size_t first, size_t n)
{
  size_t missing = 0;
  if (column->offset_bytes != 4) {
    for (size_t r = first; r < first + n; r++)
      missing += dc_column_offset(column, r + 1) == dc_column_offset(column, r);
    return missing;
  }
  const uint32_t *offset = (const uint32_t *)column->offsets + first;
  uint32_t equal = 0;
#pragma omp simd reduction(+ : equal)
  for (size_t k = 0; k < n; k++) equal += offset[k + 1] == offset[k];
  return equal;
}

/* Of all rows of a unit: the first has no offset before it. */
static size_t count_missing(const dc_column *column, size_t first, size_t n)
{
  switch (column->type) {
    case DC_TYPE_NUMBER: return count_nan(column->number + first, n);
    case DC_TYPE_DATE: return count_days(column->date + first, n);
    case DC_TYPE_INSTANT: return count_instants(column->instant + first, n);
    case DC_TYPE_TEXT:
      if (!n) return 0;
      return count_empty(column, first + 1, n - 1) + (dc_column_offset(column, first + 1) == 0);
    default: return 0;
  }
}

/* Much text stays where it is; little goes behind that of other units, so that new pages are few. */
static bool keep_text(dc_worker *w, dc_unit_column *u)
{
  size_t n = u->text_used;
  if (!n) return true;
  if (n > LAST_BLOCK / 2) {
    u->text = u->room->bytes;
    u->own_text = true;
    *u->room = (dc_buffer){NULL, 0};
    return true;
  }
  dc_text_block *b = w->blocks;
  if (!b || b->size - b->used < n) {
    size_t size = b ? b->size * 2 : FIRST_BLOCK;
    while (size < n) size *= 2;
    if (size > LAST_BLOCK) size = LAST_BLOCK;
    b = dc_pages_alloc(sizeof *b + size);
    if (!b) return false;
    *b = (dc_text_block){.next = w->blocks, .size = size};
    w->blocks = b;
  }
  u->text = memcpy(b->bytes + b->used, u->room->bytes, n);
  b->used += n;
  return true;
}

void dc_worker_end(dc_worker *worker)
{
  dc_unit *unit = worker->unit;
  for (size_t c = 0; unit->columns && c < worker->job->n_columns; c++)
    unit->columns[c].missing = count_missing(worker->job->fillings[c].column, unit->base, unit->rows);
  for (size_t i = 0; i < worker->n_texts; i++)
    if (!keep_text(worker, worker->texts[i]->unit)) unit->status = dc_fail_memory(&unit->error, "filling the columns");
}

dc_sink dc_worker_sink(dc_worker *worker) { return (dc_sink){on_field, on_record, worker}; }

void dc_unit_reset(dc_unit *unit, size_t n_columns)
{
  for (size_t c = 0; unit->columns && c < n_columns; c++) {
    if (unit->columns[c].own_text) free(unit->columns[c].text);
    if (unit->columns[c].own_codes) free(unit->columns[c].codes);
  }
  free(unit->columns);
  dc_rejects_clear(&unit->rejects);
  unit->columns = NULL;
  unit->rows = 0;
  unit->at_speed = 0;
  unit->read = unit->rejected = unit->blank = 0;
  unit->unsure = false;
  unit->status = DC_OK;
}
