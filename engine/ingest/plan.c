#include "engine/ingest/plan.h"

#include "engine/ingest/number.h"

#include <string.h>

enum {
  FIRST_RECORDS = 5000,
  PLACES = 32,
  RECORDS_PER_PLACE = 64,
  PLACE_BYTES = 1 << 15,
  CELLS = 1 << 21 /* wide files get fewer records */
};

/* The cells of a record are kept until its end shows that it has the right number of them. */
typedef struct sampler {
  const dc_layout *layout;
  dc_evidence *evidence;
  size_t field, left;
  dc_buffer text;
  size_t used;
  size_t *ends; /* n_fields: where each field's bytes end in text */
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
  s->ends[field] = s->used;
}

static bool on_record(void *context, const dc_record *record)
{
  sampler *s = context;
  if (record->kind == DC_RECORD_FIELDS && s->field == s->layout->n_fields) {
    size_t begin = 0;
    for (size_t f = 0; f < s->field && !s->memory_ended; f++) {
      int32_t c = s->layout->column[f];
      size_t length = s->ends[f] - begin;
      const char *text = length ? s->text.bytes + begin : "";
      if (c >= 0 && !dc_evidence_add(&s->evidence[c], text, length)) s->memory_ended = true;
      begin = s->ends[f];
    }
  }
  s->field = s->used = 0;
  if (s->left) s->left--;
  return s->left > 0 && !s->memory_ended;
}

static dc_status sample_places(const dc_file *file, dc_reader *reader, sampler *s, dc_error *error)
{
  dc_sink sink = {on_field, on_record, s};
  size_t n = file->blocks.count;
  dc_buffer buffer = {NULL, 0};
  dc_status status = DC_OK;
  for (size_t k = 1; k <= PLACES && n > 1 && status == DC_OK; k++) {
    size_t i = k * (n - 1) / PLACES;
    if (i == 0 || i == (k - 1) * (n - 1) / PLACES) continue;
    const dc_block *b = &file->blocks.items[i];
    uint64_t to = b->to - b->from < PLACE_BYTES ? b->to : b->from + PLACE_BYTES;
    const char *view;
    status = dc_source_view(file->source, b->from, to, &buffer, &view, error);
    if (status != DC_OK) break;
    s->left = RECORDS_PER_PLACE;
    s->field = s->used = 0;
    /* However it ends: the last record may be cut off, and stray quotes are found when the blocks are read. */
    (void)dc_read_block(reader, b, view, (size_t)(to - b->from), false, &sink);
  }
  dc_buffer_free(&buffer);
  return status;
}

static dc_status sample_file(const dc_file *file, const dc_layout *layout, size_t records, dc_evidence *evidence,
                             dc_error *error)
{
  dc_reader reader;
  dc_status status = dc_reader_init(&reader, layout->delimiter, error);
  if (status != DC_OK) return status;
  sampler s = {.layout = layout, .evidence = evidence, .left = records};
  dc_sink sink = {on_field, on_record, &s};
  s.ends = calloc(layout->n_fields + 1, sizeof *s.ends);
  if (!s.ends) s.memory_ended = true;
  dc_sequence range = {.source = file->source, .from = layout->from, .line = layout->line};
  range.to = dc_source_size(file->source);
  if (!s.memory_ended) status = dc_read_sequence(&reader, &range, &sink, error);
  if (status == DC_OK && !s.memory_ended) status = sample_places(file, &reader, &s, error);
  if (status == DC_OK && s.memory_ended) status = dc_fail_memory(error, "looking at the columns");
  free(s.ends);
  dc_buffer_free(&s.text);
  dc_reader_free(&reader);
  return status;
}

dc_status dc_plan_sample(const dc_file *files, const dc_layout *layouts, size_t n_files, size_t n_columns,
                         dc_evidence *evidence, dc_error *error)
{
  size_t records = n_columns ? CELLS / n_columns : FIRST_RECORDS;
  if (records > FIRST_RECORDS) records = FIRST_RECORDS;
  dc_status status = DC_OK;
  for (size_t f = 0; f < n_files && status == DC_OK; f++)
    status = sample_file(&files[f], &layouts[f], records, evidence, error);
  return status;
}

dc_guess dc_plan_first(const dc_evidence *evidence, dc_type expected)
{
  dc_guess guess = dc_evidence_decide(evidence, expected);
  if (guess.type == DC_TYPE_EMPTY) guess.type = DC_TYPE_CATEGORY;
  return guess;
}

/* A type found by content that does not hold: the column is words after all. */
static void fall_back(dc_guess *guess, const dc_evidence *evidence, bool *again)
{
  *guess = (dc_guess){.type = dc_evidence_words(evidence), .missing = dc_missing_always()};
  *again = true;
}

static dc_status review_number(dc_guess *guess, const dc_evidence *evidence, const dc_column *column, uint32_t seen,
                               const char *path, bool *again, dc_error *error)
{
  bool unproven = (seen & DC_NUMBER_COMMA_3) && !(seen & DC_NUMBER_POINT);
  if (!guess->expected && (unproven || (seen & DC_NUMBER_ID))) {
    fall_back(guess, evidence, again);
    return DC_OK;
  }
  if (unproven) {
    return dc_fail_at(error, DC_E_INPUT, path, 0, 0,
                      "column '%.200s' has values like 1,234, and none shows whether that is 1234 or 1.234; write them "
                      "without separators, or with decimals (1,234.00)",
                      column->name);
  }
  return DC_OK;
}

static dc_status review_when(dc_guess *guess, const dc_evidence *evidence, const dc_column *column, uint32_t seen,
                             const char *path, bool *again, dc_error *error)
{
  if (guess->type == DC_TYPE_DATE && (seen & DC_WHEN_CLOCK)) {
    guess->type = DC_TYPE_INSTANT;
    *again = true;
  }
  if (guess->when.order != DC_ORDER_UNKNOWN) return DC_OK;
  bool day = seen & DC_WHEN_DAY_FIRST, month = seen & DC_WHEN_MONTH_FIRST, either = seen & DC_WHEN_EITHER;
  if (day && month && !guess->expected) {
    fall_back(guess, evidence, again);
    return DC_OK;
  }
  if (day && month) {
    return dc_fail_at(error, DC_E_INPUT, path, 0, 0,
                      "column '%.200s' has both day/month and month/day dates; write them as YYYY-MM-DD", column->name);
  }
  if (either && !day && !month) {
    return dc_fail_at(
        error, DC_E_INPUT, path, 0, 0,
        "column '%.200s' has dates like 03/04/2021, and none shows whether the day or the month comes first; "
        "write them as YYYY-MM-DD",
        column->name);
  }
  if (either && month) {
    guess->when.order = DC_ORDER_MONTH_FIRST; /* unknown reads the doubtful ones day first */
    *again = true;
  }
  return DC_OK;
}

/* No value in the sample, but some further on: decide from the words that were found. */
static dc_status review_unseen(dc_guess *guess, const dc_column *column, bool *again, dc_error *error)
{
  dc_evidence late = {0};
  bool fine = true;
  for (size_t w = 1; w < column->n_words && fine; w++)
    fine = dc_evidence_add(&late, column->words[w], strlen(column->words[w]));
  dc_guess better = dc_evidence_decide(&late, DC_TYPE_EMPTY);
  dc_evidence_free(&late);
  if (!fine) return dc_fail_memory(error, "looking at the columns");
  if (better.type == DC_TYPE_EMPTY || better.type == DC_TYPE_TEXT) return DC_OK;
  *again = better.type != guess->type;
  *guess = better;
  return DC_OK;
}

dc_status dc_plan_review(dc_guess *guess, const dc_evidence *evidence, const dc_column *column, size_t rows,
                         uint32_t seen, const char *path, bool *again, dc_error *error)
{
  if (column->type == DC_TYPE_EMPTY) return DC_OK;
  bool parsed = guess->type == DC_TYPE_NUMBER || guess->type == DC_TYPE_DATE || guess->type == DC_TYPE_INSTANT;
  size_t values = rows - column->n_missing + column->n_bad;
  if (parsed && !guess->expected && (double)column->n_bad > DC_UNREADABLE_SHARE * (double)values) {
    fall_back(guess, evidence, again);
    return DC_OK;
  }
  if (guess->type == DC_TYPE_NUMBER) return review_number(guess, evidence, column, seen, path, again, error);
  if (parsed) return review_when(guess, evidence, column, seen, path, again, error);
  if (!guess->expected && !evidence->values) return review_unseen(guess, column, again, error);
  return DC_OK;
}
