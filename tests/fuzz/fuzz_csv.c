/* Fuzz target: any bytes as a CSV file. No crash; the rows balance; the table is the same for two threads and small
 * blocks; and every row of it is a record of the file as libcsv reads it in sequence, cell by cell. */
#include "engine/ingest/blocks.h"
#include "engine/ingest/kept.h"
#include "engine/ingest/number.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static dc_type all_text(void *context, const char *name)
{
  (void)context;
  (void)name;
  return DC_TYPE_TEXT;
}

static dc_status load(const char *path, bool text, int threads, size_t chunk, dc_load **out, dc_error *error)
{
  dc_load_request request = {.paths = &path, .n_paths = 1, .threads = threads, .keep_rejects = true};
  request.expect = text ? all_text : NULL;
  memset(error, 0, sizeof *error);
  return dc_load_csv_chunks(&request, chunk, out, error);
}

static dc_status count_row(void *context, const dc_rejected_row *row, dc_error *error)
{
  (void)error;
  uint64_t *last = context;
  dc_fuzz_require((uint64_t)row->line > last[1], "rejected rows are told in order, each once");
  last[0]++;
  last[1] = (uint64_t)row->line;
  return DC_OK;
}

static void check_balance(dc_load *l)
{
  const dc_input *in = &l->inputs[0];
  uint64_t told[2] = {0, 0};
  dc_error error;
  dc_fuzz_require(in->used == (int64_t)l->table->rows, "the table has the rows that are used");
  dc_fuzz_require(in->read == in->used + in->rejected + in->blank + in->preamble, "the rows balance");
  dc_fuzz_require(dc_load_tell_rejects(l, count_row, told, &error) == DC_OK, "rejected rows can be told");
  dc_fuzz_require((int64_t)told[0] == in->rejected, "all rejected rows are told");
  for (size_t c = 0; c < l->table->n_columns; c++) {
    if (l->table->columns[c].type != DC_TYPE_NUMBER) continue;
    dc_fuzz_require(dc_load_look_up(l, (int)c, &error) == DC_OK, "amounts can be looked up");
    dc_load_weigh(l, (int)c);
    double sum = 0;
    for (int k = 0; k < DC_FATES; k++) sum += in->amount[k];
    dc_fuzz_require(fabs(sum - in->amount_read) <= 1e-9 * fabs(sum) || !isfinite(sum), "the amounts balance");
    break;
  }
}

static void put_column(dc_fuzz_text *out, const dc_column *c, size_t rows)
{
  dc_fuzz_put(out, c->name, strlen(c->name));
  dc_fuzz_put(out, &c->type, sizeof c->type);
  dc_fuzz_put(out, &c->n_missing, sizeof c->n_missing);
  dc_fuzz_put(out, &c->n_bad, sizeof c->n_bad);
  if (c->type == DC_TYPE_NUMBER) dc_fuzz_put(out, c->number, rows * sizeof *c->number);
  if (c->type == DC_TYPE_DATE) dc_fuzz_put(out, c->date, rows * sizeof *c->date);
  if (c->type == DC_TYPE_INSTANT) dc_fuzz_put(out, c->instant, rows * sizeof *c->instant);
  for (size_t r = 0; r < rows && (c->type == DC_TYPE_CATEGORY || c->type == DC_TYPE_TEXT); r++) {
    size_t length;
    const char *text = dc_column_text(c, r, &length);
    dc_fuzz_put(out, &length, sizeof length);
    dc_fuzz_put(out, text, length);
  }
}

/* All that a load says, as bytes. */
static void dump(const dc_load *l, dc_fuzz_text *out)
{
  const dc_input *in = &l->inputs[0];
  const int64_t counts[] = {in->read, in->used, in->rejected, in->blank, in->preamble};
  dc_fuzz_put(out, counts, sizeof counts);
  dc_fuzz_put(out, &in->delimiter, 1);
  for (size_t c = 0; c < l->table->n_columns; c++) put_column(out, &l->table->columns[c], l->table->rows);
  dc_fuzz_put(out, l->table->line, l->table->rows * sizeof *l->table->line);
  for (size_t i = 0; i < l->rejects.count; i++) {
    const dc_reject *r = &l->rejects.items[i];
    dc_fuzz_put(out, r->rule, strlen(r->rule));
    dc_fuzz_put(out, &r->count, sizeof r->count);
    dc_fuzz_put(out, &r->line, sizeof r->line);
    dc_fuzz_put(out, &r->column, sizeof r->column);
    dc_fuzz_put(out, r->value, strlen(r->value));
  }
}

/* Where a sequential read of the file is held against the table, row by row. */
typedef struct comparison {
  const dc_load *load;
  const dc_layout *layout;
  size_t row, fields;
  int64_t others; /* records that are no row of the table, blank ones included */
  dc_fuzz_text cells;
  size_t *ends;
} comparison;

static void on_field(void *bytes, size_t length, void *context)
{
  comparison *c = context;
  if (c->fields < c->layout->n_fields) {
    dc_fuzz_put(&c->cells, bytes, length);
    c->ends[c->fields] = c->cells.used;
  }
  c->fields++;
}

static void compare_cell(const comparison *c, size_t field)
{
  int32_t column = c->layout->column[field];
  if (column < 0) return;
  size_t from = field ? c->ends[field - 1] : 0, wanted = c->ends[field] - from, length;
  const char *expected = wanted ? c->cells.bytes + from : "";
  const char *text = dc_column_text(&c->load->table->columns[column], c->row, &length);
  dc_trim(&expected, &wanted);
  if (dc_missing_is(c->load->kept->guesses[column].missing, expected, wanted)) wanted = 0;
  dc_fuzz_require(length == wanted && (!length || memcmp(text, expected, length) == 0),
                  "no cell is shifted or changed");
}

static bool on_record(void *context, const dc_record *record)
{
  comparison *c = context;
  const dc_table *t = c->load->table;
  bool in_table = c->row < t->rows && t->line[c->row] == record->line;
  if (in_table) {
    size_t n = c->layout->n_fields;
    bool unnamed = c->fields + 1 == n && c->layout->column[n - 1] == DC_FIELD_UNNAMED;
    dc_fuzz_require(record->kind == DC_RECORD_FIELDS && (c->fields == n || unnamed), "only whole rows are used");
    for (size_t f = 0; f < c->fields; f++) compare_cell(c, f);
    c->row++;
  } else {
    c->others++;
  }
  c->fields = c->cells.used = 0;
  return true;
}

static void check_against_reference(const dc_load *l)
{
  comparison c = {.load = l, .layout = &l->kept->layouts[0]};
  dc_reader reader;
  dc_error error;
  c.ends = calloc(c.layout->n_fields + 1, sizeof *c.ends);
  dc_fuzz_require(c.ends && dc_reader_init(&reader, c.layout->delimiter, &error) == DC_OK, "there is memory");
  const dc_source *source = l->kept->files[0].source;
  dc_sequence range = {.source = source, .from = c.layout->from, .line = c.layout->line, .to = dc_source_size(source)};
  const dc_sink sink = {on_field, on_record, &c};
  dc_fuzz_require(dc_read_sequence(&reader, &range, &sink, &error) == DC_OK, "what was read can be read again");
  const dc_input *in = &l->inputs[0];
  int64_t others = in->rejected + in->blank - c.layout->blank; /* the blank lines between the records */
  dc_fuzz_require(c.row == l->table->rows, "every row of the table is a record, in order");
  dc_fuzz_require(c.others == others, "every record is told of");
  dc_reader_free(&reader);
  free(c.ends);
  free(c.cells.bytes);
}

/* Loads the file in two ways that must agree; the first load, or NULL where both end with the same error. */
static dc_load *load_twice(const char *path, bool text, int threads, size_t first_chunk, size_t second_chunk)
{
  dc_load *a = NULL, *b = NULL;
  dc_error error, again;
  dc_fuzz_text one = {NULL, 0, 0}, two = {NULL, 0, 0};
  dc_status status = load(path, text, 1, first_chunk, &a, &error);
  dc_status other = load(path, text, threads, second_chunk, &b, &again);
  dc_fuzz_require(status == DC_OK || status == DC_E_INPUT, "what is wrong is wrong with the input");
  dc_fuzz_require(status == other && !a == !b, "blocks and threads end alike");
  dc_fuzz_require(status == DC_OK || strcmp(error.message, again.message) == 0,
                  "blocks and threads end for one reason");
  if (a) {
    check_balance(a);
    check_balance(b);
    dump(a, &one);
    dump(b, &two);
    dc_fuzz_require(one.used == two.used && memcmp(one.bytes, two.bytes, one.used) == 0,
                    "blocks and threads change nothing");
  }
  free(one.bytes);
  free(two.bytes);
  dc_load_free(b);
  return a;
}

/* Which records are looked at for the types depends on the blocks, so that these are the same then. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const char *path = dc_fuzz_file(data, size);
  size_t chunk = size > 5000 ? 211 : 61;
  int threads = size % 64 ? 1 : 2; /* that they wait for each other costs most of the time */
  dc_load *typed = load_twice(path, false, threads, chunk, chunk);
  dc_load *text = load_twice(path, true, threads, DC_CHUNK_BYTES, chunk);
  if (text && text->table->rows) check_against_reference(text);
  dc_load_free(typed);
  dc_load_free(text);
  return 0;
}
