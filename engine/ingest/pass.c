#include "engine/ingest/pass.h"

#include "engine/base/pages.h"
#include "engine/base/progress.h"
#include "engine/ingest/plain.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEW_WORDS = 200, MANY_WORDS = 1 << 14 };

static void free_units(dc_pass *pass)
{
  for (size_t u = 0; u < pass->n_units; u++) dc_unit_reset(&pass->units[u], pass->n_columns);
  free(pass->units);
  pass->units = NULL;
  pass->n_units = 0;
}

static dc_status make_units(dc_pass *pass, dc_error *error)
{
  size_t most = 0;
  for (size_t f = 0; f < pass->n_files; f++) most += pass->files[f].blocks.count;
  pass->units = calloc(most + 1, sizeof *pass->units);
  if (!pass->units) return dc_fail_memory(error, "cutting a file into blocks");
  pass->capacity = 0;
  for (size_t f = 0; f < pass->n_files; f++) {
    const dc_file *file = &pass->files[f];
    const dc_layout *l = &pass->layouts[f];
    size_t n = file->sequential ? 1 : file->blocks.count;
    for (size_t b = 0; b < n; b++) {
      dc_unit *u = &pass->units[pass->n_units++];
      u->file = f;
      u->sequential = file->sequential;
      if (u->sequential) {
        u->block = (dc_block){.from = l->from, .to = dc_source_size(file->source), .line = l->line};
        u->block.lines = file->blocks.lines;
      } else {
        u->block = file->blocks.items[b];
      }
      u->last = b + 1 == n;
      u->base = pass->capacity;
      u->capacity = (size_t)(u->sequential ? u->block.lines + 1 : u->block.rows);
      pass->capacity += u->capacity;
    }
  }
  return DC_OK;
}

/* How many bytes a worker's codes will probably need: the sample shows most words, unless there are many. */
static uint8_t code_bytes(const dc_evidence *evidence)
{
  size_t distinct = evidence->distinct ? dc_dictionary_count(evidence->distinct) : 0;
  if (distinct * 4 > evidence->values || distinct > MANY_WORDS) return 4;
  return distinct < FEW_WORDS ? 1 : 2;
}

static bool allocate_column(dc_column *column, const char *name, const dc_guess *guess, size_t rows)
{
  dc_type type = column->type = guess->type;
  column->name = malloc(strlen(name) + 1);
  if (!column->name) return false;
  strcpy(column->name, name);
  if (type == DC_TYPE_NUMBER && guess->number.many_currencies && !(column->currencies = malloc(rows))) return false;
  switch (type) {
    case DC_TYPE_NUMBER: return (column->number = dc_pages_alloc(rows * sizeof *column->number)) != NULL;
    case DC_TYPE_DATE: return (column->date = dc_pages_alloc(rows * sizeof *column->date)) != NULL;
    case DC_TYPE_INSTANT: return (column->instant = dc_pages_alloc(rows * sizeof *column->instant)) != NULL;
    case DC_TYPE_CATEGORY: return (column->codes = dc_pages_alloc(rows * column->code_bytes)) != NULL;
    default: return (column->offsets = dc_pages_alloc((rows + 1) * column->offset_bytes)) != NULL;
  }
}

static dc_status make_table(dc_pass *pass, dc_error *error)
{
  size_t rows = pass->capacity + 1;
  uint64_t bytes = 0; /* of text: at the most */
  for (size_t f = 0; f < pass->n_files; f++) bytes += dc_source_size(pass->files[f].source);
  dc_table *t = calloc(1, sizeof *t);
  pass->table = t;
  if (!t) return dc_fail_memory(error, "making the table");
  t->columns = calloc(pass->n_columns, sizeof *t->columns);
  t->line = dc_pages_alloc(rows * sizeof *t->line);
  if (pass->n_files > 1) t->file = malloc(rows * sizeof *t->file);
  bool fine = t->columns && t->line && (pass->n_files == 1 || t->file);
  if (t->columns) t->n_columns = pass->n_columns;
  for (size_t c = 0; c < pass->n_columns && fine; c++) {
    dc_type type = pass->guesses[c].type;
    if (type == DC_TYPE_CATEGORY) t->columns[c].code_bytes = code_bytes(&pass->evidence[c]);
    if (type == DC_TYPE_TEXT) t->columns[c].offset_bytes = bytes <= UINT32_MAX ? 4 : 8;
    fine = allocate_column(&t->columns[c], pass->names[c], &pass->guesses[c], rows);
    pass->fillings[c] = (dc_filling){&t->columns[c], pass->guesses[c]};
  }
  pass->filling = (dc_filling_job){pass->fillings, pass->n_columns, t->line, pass->layouts, pass->request->strict};
  return fine ? DC_OK : dc_fail_memory(error, "making the table");
}

/* The unit's text, with DC_BATCH_SLACK bytes behind it that may be read. */
static dc_status view_unit(const dc_source *source, const dc_unit *unit, dc_buffer *buffer, const char **view,
                           dc_error *error)
{
  size_t length = (size_t)(unit->block.to - unit->block.from), wanted = length + DC_BATCH_SLACK;
  if (buffer->size < wanted) {
    char *bytes = realloc(buffer->bytes, wanted);
    if (!bytes) return dc_fail_memory(error, "reading a file");
    buffer->bytes = bytes;
    buffer->size = wanted;
  }
  dc_status status = dc_source_view(source, unit->block.from, unit->block.to, buffer, view, error);
  if (status == DC_OK && *view != buffer->bytes && dc_source_size(source) - unit->block.to < DC_BATCH_SLACK)
    *view = memcpy(buffer->bytes, *view, length);
  return status;
}

static dc_status read_block(const dc_pass *pass, dc_worker *worker, dc_reader *reader, dc_buffer *buffer, dc_unit *unit)
{
  const char *view;
  size_t length = (size_t)(unit->block.to - unit->block.from);
  dc_status status = view_unit(pass->files[unit->file].source, unit, buffer, &view, &unit->error);
  if (status != DC_OK) return status;
  dc_read_end end = DC_READ_UNSURE;
  if (pass->scanner) end = dc_plain_read(worker, reader, pass->scanner, &unit->block, view, length, unit->last);
  if (end == DC_READ_UNSURE) {
    int number = unit->worker;
    unit->again = pass->scanner != NULL;
    dc_unit_reset(unit, pass->n_columns);
    if (!dc_worker_begin(worker, unit, number)) return dc_fail_memory(&unit->error, "filling the columns");
    dc_sink sink = dc_worker_sink(worker);
    end = dc_read_block(reader, &unit->block, view, length, unit->last, &sink);
  }
  unit->unsure = end == DC_READ_UNSURE;
  return end == DC_READ_MEMORY ? dc_fail_memory(&unit->error, "parsing a field") : DC_OK;
}

static void read_unit(const dc_pass *pass, dc_worker *worker, dc_reader *reader, dc_buffer *buffer, dc_unit *unit,
                      int number)
{
  const dc_source *source = pass->files[unit->file].source;
  if (!dc_worker_begin(worker, unit, number)) {
    unit->status = dc_fail_memory(&unit->error, "filling the columns");
    return;
  }
  dc_reader_set_delimiter(reader, pass->layouts[unit->file].delimiter);
  dc_status status;
  if (unit->sequential) {
    dc_sink sink = dc_worker_sink(worker);
    dc_sequence range = {.source = source, .from = unit->block.from, .line = unit->block.line, .to = unit->block.to};
    status = dc_read_sequence(reader, &range, &sink, &unit->error);
  } else {
    status = read_block(pass, worker, reader, buffer, unit);
  }
  dc_worker_end(worker);
  if (status != DC_OK) unit->status = status;
}

static void read_units(dc_pass *pass)
{
  size_t done = 0, failed = pass->n_units; /* no need to read behind a unit that ends the load */
#pragma omp parallel num_threads(pass->threads) if (pass->threads > 1)
  {
    int number = omp_get_thread_num();
    dc_worker *worker = &pass->workers[number];
    dc_reader reader;
    dc_buffer buffer = {NULL, 0};
    dc_error own;
    dc_status ready = dc_reader_init(&reader, ',', &own);
    bool started = ready == DC_OK;
    if (ready == DC_OK && !dc_worker_init(worker, &pass->filling)) ready = dc_fail_memory(&own, "filling the columns");
#pragma omp for schedule(dynamic)
    for (size_t u = 0; u < pass->n_units; u++) {
      dc_unit *unit = &pass->units[u];
      size_t stop;
#pragma omp atomic read
      stop = failed;
      if (u > stop) continue;
      if (ready != DC_OK) {
        unit->error = own;
        unit->status = ready;
      } else if (dc_cancelled()) {
        unit->status = dc_fail(&unit->error, DC_E_CANCELLED, "cancelled");
      } else {
        read_unit(pass, worker, &reader, &buffer, unit, number);
      }
#pragma omp critical(dc_load_units)
      {
        done++;
        if ((unit->status != DC_OK || unit->unsure) && u < failed) {
#pragma omp atomic write
          failed = u;
        }
      }
      if (number == 0 && pass->request->progress) {
        pass->request->progress(pass->request->context, "reading", (double)done / (double)pass->n_units);
      }
    }
    if (started) dc_reader_free(&reader);
    dc_buffer_free(&buffer);
  }
}

/* The lowest unit that failed. Units before it were read cleanly, so its blocks were cut rightly and it means what it
 * says. */
static const dc_unit *first_failure(const dc_pass *pass)
{
  for (size_t u = 0; u < pass->n_units; u++)
    if (pass->units[u].status != DC_OK || pass->units[u].unsure) return &pass->units[u];
  return NULL;
}

static dc_status read_once(dc_pass *pass, dc_error *error)
{
  dc_status status = make_units(pass, error);
  if (status == DC_OK) {
    pass->fillings = calloc(pass->n_columns, sizeof *pass->fillings);
    pass->workers = calloc((size_t)pass->threads, sizeof *pass->workers);
    if (!pass->fillings || !pass->workers) status = dc_fail_memory(error, "making the table");
  }
  if (status == DC_OK) status = make_table(pass, error);
  if (status == DC_OK) read_units(pass);
  return status;
}

dc_status dc_pass_run(dc_pass *pass, dc_error *error)
{
  for (;;) {
    dc_status status = read_once(pass, error);
    if (status != DC_OK) return status;
    const dc_unit *failure = first_failure(pass);
    if (!failure) break;
    if (!failure->unsure) {
      if (!error) return failure->status;
      *error = failure->error;
      if (!error->file[0]) snprintf(error->file, sizeof error->file, "%s", pass->request->paths[failure->file]);
      return failure->status;
    }
    pass->files[failure->file].sequential = true;
    dc_pass_clear(pass);
  }
  return dc_merge_columns(pass->table, pass->units, pass->n_units, pass->workers, (size_t)pass->threads, pass->threads,
                          error);
}

void dc_pass_clear(dc_pass *pass)
{
  free_units(pass);
  for (int w = 0; pass->workers && w < pass->threads; w++)
    if (pass->workers[w].job) dc_worker_free(&pass->workers[w]);
  free(pass->workers);
  free(pass->fillings);
  dc_table_free(pass->table);
  pass->workers = NULL;
  pass->fillings = NULL;
  pass->table = NULL;
}
