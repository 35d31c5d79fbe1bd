#include "engine/ingest/columns.h"

#include "engine/ingest/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct dc_pending {
  int32_t column;
  size_t field;
  const char *rule;
  size_t length;
  char value[DC_SHOWN_BYTES];
};

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

/* Where the cells of one field go, gathered for the inner loop. */
typedef enum slot_kind {
  SLOT_OUT,
  SLOT_UNNAMED,
  SLOT_NUMBER,
  SLOT_DATE,
  SLOT_INSTANT,
  SLOT_CATEGORY,
  SLOT_TEXT,
  SLOT_SURPLUS
} slot_kind;

struct dc_slot {
  slot_kind kind;
  int32_t index; /* of the column */
  dc_guess guess;
  dc_unit_column *unit;
  dc_dictionary *words;
  dc_column column;
};

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

static void put_category(dc_worker *w, const dc_slot *s, const char *text, size_t length)
{
  trim_if_needed(&text, &length);
  uint32_t code = dc_dictionary_code(s->words, text, length);
  ((uint32_t *)s->column.codes)[w->row] = code;
  if (code == DC_DICTIONARY_FULL) w->memory_ended = true;
}

static bool grow_text(dc_unit_column *u, size_t length)
{
  size_t size = u->text_size * 2 + length + 4096;
  char *grown = realloc(u->text, size);
  if (!grown) return false;
  u->text = grown;
  u->text_size = size;
  return true;
}

static void put_text(dc_worker *w, const dc_slot *s, const char *text, size_t length)
{
  trim_if_needed(&text, &length);
  if (is_missing(s, text, length)) return;
  dc_unit_column *u = s->unit;
  if (u->text_size - u->text_used < length && !grow_text(u, length)) {
    w->memory_ended = true;
    return;
  }
  memcpy(u->text + u->text_used, text, length);
  u->text_used += length;
}

static void on_field(void *bytes, size_t length, void *context)
{
  dc_worker *w = context;
  const dc_slot *s = &w->slots[w->field++];
  const char *text = bytes;
  switch (s->kind) {
    case SLOT_OUT: break;
    case SLOT_UNNAMED: w->unnamed_value = length > 0; break;
    case SLOT_NUMBER: put_number(w, s, text, length); break;
    case SLOT_DATE: put_date(w, s, text, length); break;
    case SLOT_INSTANT: put_instant(w, s, text, length); break;
    case SLOT_CATEGORY: put_category(w, s, text, length); break;
    case SLOT_TEXT: put_text(w, s, text, length); break;
    case SLOT_SURPLUS:
      w->field--;
      w->surplus = true;
      break;
  }
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

static uint64_t *offsets_of(const dc_worker *w, size_t c) { return w->job->fillings[c].column->offsets; }

static void take_back(dc_worker *w)
{
  for (size_t i = 0; i < w->n_texts; i++) {
    size_t c = w->texts[i];
    w->unit->columns[c].text_used = w->unit->rows ? (size_t)offsets_of(w, c)[w->row] : 0;
  }
}

static void commit_row(dc_worker *w, const dc_record *record)
{
  if (w->n_pending) commit_pending(w, record);
  for (size_t i = 0; i < w->n_texts; i++) {
    size_t c = w->texts[i];
    offsets_of(w, c)[w->row + 1] = w->unit->columns[c].text_used;
  }
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
  w->n_pending = 0;
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
  if (!worker->words || !worker->texts) return false;
  for (size_t c = 0; c < job->n_columns; c++) {
    dc_type type = job->fillings[c].guess.type;
    if (type == DC_TYPE_TEXT) worker->texts[worker->n_texts++] = c;
    if (type == DC_TYPE_CATEGORY && !(worker->words[c] = dc_dictionary_new())) return false;
  }
  return true;
}

void dc_worker_free(dc_worker *worker)
{
  for (size_t c = 0; worker->words && c < worker->job->n_columns; c++) dc_dictionary_free(worker->words[c]);
  free(worker->words);
  free(worker->texts);
  free(worker->slots);
  free(worker->pending);
  memset(worker, 0, sizeof *worker);
}

static void fill_slot(const dc_worker *w, dc_slot *s, int32_t c)
{
  static const slot_kind kinds[] = {SLOT_TEXT, SLOT_NUMBER, SLOT_DATE, SLOT_INSTANT, SLOT_CATEGORY, SLOT_TEXT};
  const dc_filling *filling = &w->job->fillings[c];
  s->kind = kinds[filling->guess.type];
  s->index = c;
  s->guess = filling->guess;
  s->unit = &w->unit->columns[c];
  s->words = w->words[c];
  s->column = *filling->column;
}

bool dc_worker_begin(dc_worker *worker, dc_unit *unit, int number)
{
  const dc_layout *layout = &worker->job->layouts[unit->file];
  worker->unit = unit;
  worker->layout = layout;
  worker->row = unit->base;
  worker->field = worker->n_pending = 0;
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
      worker->slots[f].kind = c == DC_FIELD_UNNAMED ? SLOT_UNNAMED : SLOT_OUT;
    }
  }
  worker->slots[layout->n_fields].kind = SLOT_SURPLUS;
  return true;
}

void dc_worker_end(dc_worker *worker)
{
  for (size_t i = 0; i < worker->n_texts; i++) {
    dc_unit_column *u = &worker->unit->columns[worker->texts[i]];
    char *smaller = u->text_used ? realloc(u->text, u->text_used) : NULL;
    if (!smaller) continue;
    u->text = smaller;
    u->text_size = u->text_used;
  }
}

dc_sink dc_worker_sink(dc_worker *worker) { return (dc_sink){on_field, on_record, worker}; }

void dc_unit_reset(dc_unit *unit, size_t n_columns)
{
  for (size_t c = 0; unit->columns && c < n_columns; c++) free(unit->columns[c].text);
  free(unit->columns);
  dc_rejects_clear(&unit->rejects);
  unit->columns = NULL;
  unit->rows = 0;
  unit->read = unit->rejected = unit->blank = 0;
  unit->unsure = false;
  unit->status = DC_OK;
}
