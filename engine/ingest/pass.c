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
  dc_cutter *cutter = pass->files[0].cutter;
  size_t most = cutter ? dc_cutter_count(cutter) : 0;
  for (size_t f = 0; f < pass->n_files; f++) most += pass->files[f].blocks.count;
  pass->units = calloc(most + 1, sizeof *pass->units);
  if (!pass->units) return dc_fail_memory(error, "cutting a file into blocks");
  pass->capacity = cutter ? dc_cutter_room(cutter) : 0;
  if (cutter) pass->n_units = most;
  for (size_t f = 0; f < pass->n_files && !cutter; f++) {
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

/* view: the unit's text, NULL when it is still to be had. */
static dc_status read_block(const dc_pass *pass, dc_worker *worker, dc_reader *reader, dc_buffer *buffer, dc_unit *unit,
                            const char *view)
{
  size_t length = (size_t)(unit->block.to - unit->block.from);
  dc_status status = view ? DC_OK
                          : dc_source_view_slack(pass->files[unit->file].source, unit->block.from, unit->block.to,
                                                 DC_BATCH_SLACK, buffer, &view, &unit->error);
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

/* What one thread reads with. */
typedef struct hand {
  dc_worker *worker;
  dc_reader reader;
  dc_buffer buffer;
  int number;
  bool started;
  dc_status ready;
  dc_error error; /* why not */
} hand;

static void hand_begin(dc_pass *pass, hand *h)
{
  *h = (hand){.number = omp_get_thread_num()};
  h->worker = &pass->workers[h->number];
  h->ready = dc_reader_init(&h->reader, ',', &h->error);
  h->started = h->ready == DC_OK;
  if (h->started && !dc_worker_init(h->worker, &pass->filling))
    h->ready = dc_fail_memory(&h->error, "filling the columns");
}

static void hand_end(hand *h)
{
  if (h->started) dc_reader_free(&h->reader);
  dc_buffer_free(&h->buffer);
}

static void read_unit(const dc_pass *pass, hand *h, dc_unit *unit, const char *view)
{
  const dc_source *source = pass->files[unit->file].source;
  if (h->ready != DC_OK) {
    unit->error = h->error;
    unit->status = h->ready;
    return;
  }
  if (dc_cancelled()) {
    unit->status = dc_fail(&unit->error, DC_E_CANCELLED, "cancelled");
    return;
  }
  if (!dc_worker_begin(h->worker, unit, h->number)) {
    unit->status = dc_fail_memory(&unit->error, "filling the columns");
    return;
  }
  dc_reader_set_delimiter(&h->reader, pass->layouts[unit->file].delimiter);
  dc_status status;
  if (unit->sequential) {
    dc_sink sink = dc_worker_sink(h->worker);
    dc_sequence range = {.source = source, .from = unit->block.from, .line = unit->block.line, .to = unit->block.to};
    status = dc_read_sequence(&h->reader, &range, &sink, &unit->error);
  } else {
    status = read_block(pass, h->worker, &h->reader, &h->buffer, unit, view);
  }
  dc_worker_end(h->worker);
  if (status != DC_OK) unit->status = status;
}

/* The next unit: units are given out in their order, and none behind one that ends the load. */
static dc_unit *next_unit(dc_pass *pass, hand *h, const char **view)
{
  *view = NULL;
  size_t u = pass->n_units;
  dc_cutter *cutter = pass->files[0].cutter;
  if (!cutter) {
#pragma omp critical(dc_load_units)
    if (pass->next < pass->n_units && pass->next <= pass->failed) u = pass->next++;
    return u < pass->n_units ? &pass->units[u] : NULL;
  }
  dc_cut cut;
  if (!dc_cutter_next(cutter, DC_BATCH_SLACK, &h->buffer, &cut)) return NULL;
  dc_unit *unit = &pass->units[cut.index];
  unit->block = cut.block;
  unit->last = cut.last;
  unit->base = cut.base;
  unit->capacity = (size_t)cut.block.rows;
  *view = cut.text;
  return unit;
}

static void end_unit(dc_pass *pass, const hand *h, const dc_unit *unit)
{
  size_t done;
#pragma omp critical(dc_load_units)
  {
    done = ++pass->done;
    size_t u = (size_t)(unit - pass->units);
    bool failed = unit->status != DC_OK || unit->unsure;
    if (failed && u < pass->failed) pass->failed = u;
    if (failed && pass->files[0].cutter) dc_cutter_give_up(pass->files[0].cutter);
  }
  if (h->number == 0 && pass->request->progress)
    pass->request->progress(pass->request->context, "reading", (double)done / (double)pass->n_units);
}

static void read_units(dc_pass *pass)
{
  pass->next = pass->done = 0;
  pass->failed = pass->n_units;
#pragma omp parallel num_threads(pass->threads) if (pass->threads > 1)
  {
    hand h;
    hand_begin(pass, &h);
    const char *view;
    for (dc_unit *unit; (unit = next_unit(pass, &h, &view)) != NULL;) {
      read_unit(pass, &h, unit, view);
      end_unit(pass, &h, unit);
    }
    hand_end(&h);
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

static dc_status merge(const dc_pass *pass, dc_error *error)
{
  return dc_merge_columns(pass->table, pass->units, pass->n_units, pass->workers, (size_t)pass->threads, pass->threads,
                          error);
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
  return merge(pass, error);
}

/* As a pass over blocks would have had it. */
static bool same_blocks(const dc_pass *pass, const dc_blocks *blocks)
{
  for (size_t u = 0; u < pass->n_units; u++) {
    const dc_block *a = &pass->units[u].block, *b = &blocks->items[u];
    if (a->from != b->from || a->to != b->to || a->line != b->line || a->lines != b->lines || a->rows != b->rows)
      return false;
  }
  return true;
}

dc_status dc_pass_run_once(dc_pass *pass, bool *fits, dc_error *error)
{
  dc_file *file = &pass->files[0];
  *fits = false;
  dc_status status = read_once(pass, NULL); /* memory may have ended: exact room may do */
  if (status == DC_OK) status = dc_cutter_end(file->cutter, &file->blocks, fits, NULL);
  *fits = status == DC_OK && *fits && !first_failure(pass) && same_blocks(pass, &file->blocks);
  if (*fits) return merge(pass, error);
  dc_blocks_free(&file->blocks);
  dc_pass_clear(pass);
  return DC_OK;
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
