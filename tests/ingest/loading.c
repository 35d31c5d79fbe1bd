#include "tests/ingest/loading.h"

#include <zlib.h>

char *file_of(const char *folder, const char *name, const char *text, size_t length)
{
  char *path = malloc(4200);
  assert_non_null(path);
  snprintf(path, 4200, "%s/%s", folder, name);
  size_t n = strlen(name);
  if (n > 3 && strcmp(name + n - 3, ".gz") == 0) {
    gzFile packed = gzopen(path, "wb");
    assert_non_null(packed);
    if (length) assert_int_equal(gzwrite(packed, text, (unsigned)length), (int)length);
    assert_int_equal(gzclose(packed), Z_OK);
    return path;
  }
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(text, 1, length, file), length);
  assert_int_equal(fclose(file), 0);
  return path;
}

static dc_type expect_of(void *context, const char *name)
{
  const loading *how = context;
  for (size_t i = 0; i < 8; i++)
    if (how->names[i] && strcmp(how->names[i], name) == 0) return how->expect[i];
  return DC_TYPE_EMPTY;
}

dc_status load_paths(const loading *how, const char *const *paths, size_t n_paths, dc_load **load, dc_error *error)
{
  loading copy = *how;
  dc_load_request request = {.paths = paths, .n_paths = n_paths, .names = how->given, .n_names = how->n_given};
  request.threads = how->threads ? how->threads : 1;
  request.strict = how->strict;
  request.decimal = how->decimal;
  request.dates = how->dates;
  request.expect = expect_of;
  request.context = &copy;
  memset(error, 0, sizeof *error);
  if (how->chunk) return dc_load_csv_chunks(&request, how->chunk, load, error);
  return dc_load_csv(&request, load, error);
}

dc_status try_bytes(const loading *how, const char *text, size_t length, dc_load **load, dc_error *error)
{
  char *folder = check_folder(), *path = file_of(folder, "deals.csv", text, length);
  const char *paths[] = {path};
  dc_status status = load_paths(how, paths, 1, load, error);
  assert_int_equal(remove(path), 0);
  assert_int_equal(rmdir(folder), 0);
  free(path);
  free(folder);
  return status;
}

dc_load *load_bytes(const loading *how, const char *text, size_t length)
{
  dc_load *load = NULL;
  dc_error error;
  dc_status status = try_bytes(how, text, length, &load, &error);
  check_ok(status, &error);
  check_balance(load);
  return load;
}

dc_load *load_text(const loading *how, const char *text) { return load_bytes(how, text, strlen(text)); }

dc_error fail_bytes(const loading *how, const char *text, size_t length, dc_status status)
{
  dc_load *load = NULL;
  dc_error error;
  check_fails(try_bytes(how, text, length, &load, &error), status, &error);
  assert_null(load);
  return error;
}

dc_error fail_text(const loading *how, const char *text, dc_status status)
{
  return fail_bytes(how, text, strlen(text), status);
}

void check_balance(const dc_load *load)
{
  int64_t used = 0;
  for (size_t f = 0; f < load->n_inputs; f++) {
    const dc_input *in = &load->inputs[f];
    assert_int_equal(in->read, in->used + in->rejected + in->blank + in->preamble);
    used += in->used;
  }
  assert_int_equal(used, load->table->rows);
  int64_t rejected = 0, listed = 0;
  for (size_t f = 0; f < load->n_inputs; f++) rejected += load->inputs[f].rejected;
  for (size_t i = 0; i < load->rejects.count; i++)
    if (load->rejects.items[i].whole_row) listed += load->rejects.items[i].count;
  assert_int_equal(rejected, listed);
}

static void check_columns(const dc_column *a, const dc_column *b, size_t rows)
{
  assert_string_equal(a->name, b->name);
  assert_int_equal(a->type, b->type);
  assert_int_equal(a->n_missing, b->n_missing);
  assert_int_equal(a->n_bad, b->n_bad);
  assert_int_equal(a->n_words, b->n_words);
  for (size_t w = 0; w < a->n_words; w++) assert_string_equal(a->words[w], b->words[w]);
  assert_string_equal(a->format ? a->format : "", b->format ? b->format : "");
  assert_int_equal(a->n_missing_words, b->n_missing_words);
  assert_int_equal(a->currency, b->currency);
  assert_int_equal(a->currencies != NULL, b->currencies != NULL);
  if (a->currencies) assert_memory_equal(a->currencies, b->currencies, rows);
  if (a->number) assert_memory_equal(a->number, b->number, rows * sizeof *a->number);
  if (a->date) assert_memory_equal(a->date, b->date, rows * sizeof *a->date);
  if (a->instant) assert_memory_equal(a->instant, b->instant, rows * sizeof *a->instant);
  assert_int_equal(a->code_bytes, b->code_bytes);
  assert_int_equal(a->offset_bytes, b->offset_bytes);
  if (a->codes) assert_memory_equal(a->codes, b->codes, rows * a->code_bytes);
  if (!a->offsets) return;
  assert_memory_equal(a->offsets, b->offsets, (rows + 1) * a->offset_bytes);
  assert_memory_equal(a->bytes, b->bytes, dc_column_offset(a, rows));
}

static void check_rejects(const dc_rejects *a, const dc_rejects *b)
{
  assert_int_equal(a->count, b->count);
  for (size_t i = 0; i < a->count; i++) {
    const dc_reject *x = &a->items[i], *y = &b->items[i];
    assert_string_equal(x->rule, y->rule);
    assert_int_equal(x->count, y->count);
    assert_int_equal(x->file, y->file);
    assert_int_equal(x->line, y->line);
    assert_int_equal(x->column, y->column);
    assert_string_equal(x->column_name, y->column_name);
    assert_string_equal(x->value, y->value);
  }
}

void check_equal(const dc_load *a, const dc_load *b, bool hashes)
{
  const dc_table *s = a->table, *t = b->table;
  assert_int_equal(s->rows, t->rows);
  assert_int_equal(s->n_columns, t->n_columns);
  for (size_t c = 0; c < s->n_columns; c++) check_columns(&s->columns[c], &t->columns[c], s->rows);
  assert_memory_equal(s->line, t->line, s->rows * sizeof *s->line);
  assert_int_equal(!s->file, !t->file);
  if (s->file) assert_memory_equal(s->file, t->file, s->rows * sizeof *s->file);
  check_rejects(&a->rejects, &b->rejects);
  assert_int_equal(a->n_inputs, b->n_inputs);
  for (size_t f = 0; f < a->n_inputs; f++) {
    const dc_input *x = &a->inputs[f], *y = &b->inputs[f];
    assert_int_equal(x->read, y->read);
    assert_int_equal(x->blank, y->blank);
    assert_int_equal(x->rejected, y->rejected);
    assert_int_equal(x->delimiter, y->delimiter);
    if (hashes) assert_string_equal(x->hash, y->hash);
  }
}

const dc_column *column_of(const dc_load *load, const char *name)
{
  int c = dc_table_find(load->table, name);
  if (c < 0) fail_msg("there is no column '%s'", name);
  return &load->table->columns[c];
}

void check_text(const dc_load *load, const char *name, size_t row, const char *expected)
{
  size_t length;
  const char *text = dc_column_text(column_of(load, name), row, &length);
  if (length == strlen(expected) && memcmp(text, expected, length) == 0) return;
  fail_msg("column %s row %zu is '%.*s', expected '%s'", name, row, (int)length, text, expected);
}

const dc_reject *reject_of(const dc_load *load, const char *rule)
{
  for (size_t i = 0; i < load->rejects.count; i++)
    if (strcmp(load->rejects.items[i].rule, rule) == 0) return &load->rejects.items[i];
  fail_msg("nothing was rejected by '%s'", rule);
  return NULL;
}
