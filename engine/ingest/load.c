#include "engine/ingest/load.h"

#include "engine/ingest/kept.h"
#include "engine/ingest/pass.h"
#include "engine/ingest/review.h"
#include "engine/ingest/scan.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SPAN_MAX = 4 << 20, ONE_THREAD_BYTES = 1 << 20, PASSES = 16, FILES_MAX = 65535 };

/* Everything a load holds until it is done. */
typedef struct job {
  const dc_load_request *request;
  size_t chunk_bytes;
  const dc_scanner *scanner;
  int threads;
  dc_file *files;
  dc_layout *layouts;
  size_t n_files, n_columns;
  char **names; /* of the columns; the first layout's */
  dc_evidence *evidence;
  dc_guess *guesses;
  dc_pass pass;
} job;

static dc_status open_files(job *j, dc_error *error)
{
  uint64_t total = 0;
  for (size_t f = 0; f < j->n_files; f++) {
    dc_status status = dc_source_open(j->request->paths[f], &j->files[f].source, error);
    if (status == DC_OK)
      status = dc_encoding_settle(j->files[f].source, j->request->encoding, j->files[f].encoding, error);
    if (status != DC_OK) return status;
    total += dc_source_size(j->files[f].source);
  }
  j->threads = total < ONE_THREAD_BYTES && j->chunk_bytes == DC_CHUNK_BYTES ? 1 : j->request->threads;
  if (j->threads < 1) j->threads = 1;
  return DC_OK;
}

static dc_status accept_blocks(const job *j, size_t f, dc_error *error)
{
  const dc_layout *l = &j->layouts[f];
  dc_file *file = &j->files[f];
  if (l->line + file->blocks.lines >= UINT32_MAX) {
    return dc_fail_at(error, DC_E_INPUT, dc_source_path(file->source), 0, 0,
                      "the file has more than 2^32 lines; split it");
  }
  for (size_t b = 0; b < file->blocks.count; b++)
    file->sequential |= file->blocks.items[b].to - file->blocks.items[b].from > BLOCK_SPAN_MAX;
  return DC_OK;
}

static dc_status cut_file(job *j, size_t f, dc_error *error)
{
  const dc_layout *l = &j->layouts[f];
  dc_file *file = &j->files[f];
  dc_blocks_free(&file->blocks);
  dc_status status = dc_blocks_cut(file->source, l->from, l->line, j->chunk_bytes, j->threads, &file->blocks, error);
  return status == DC_OK ? accept_blocks(j, f, error) : status;
}

static dc_status find_layout(job *j, size_t f, dc_error *error)
{
  const dc_load_request *r = j->request;
  const dc_layout_request asked = {.names = r->names, .n_names = r->n_names, .skip = r->skip - 1};
  return dc_layout_find(j->files[f].source, &asked, &j->layouts[f], error);
}

/* The encoding is known for certain when everything was looked at. */
static dc_status cut_and_judge(job *j, size_t f, dc_error *error)
{
  dc_file *file = &j->files[f];
  dc_status status = cut_file(j, f, error);
  if (status != DC_OK || file->blocks.utf8) return status;
  dc_layout_free(&j->layouts[f]);
  dc_source_untrim(file->source);
  status = dc_encoding_late(file->source, file->encoding, error);
  if (status == DC_OK) status = find_layout(j, f, error);
  return status == DC_OK ? cut_file(j, f, error) : status;
}

static dc_status lay_out_file(job *j, size_t f, dc_error *error)
{
  dc_file *file = &j->files[f];
  const dc_layout *l = &j->layouts[f];
  dc_status status = find_layout(j, f, error);
  if (status == DC_OK && j->n_files == 1 && j->chunk_bytes <= DC_CHUNK_BYTES)
    status = dc_cutter_new(file->source, l->from, l->line, j->chunk_bytes, &file->cutter, error);
  return status == DC_OK && !file->cutter ? cut_and_judge(j, f, error) : status;
}

static dc_status lay_out_files(job *j, dc_error *error)
{
  const dc_load_request *r = j->request;
  for (size_t f = 0; f < j->n_files; f++) {
    dc_status status = lay_out_file(j, f, error);
    if (status == DC_OK && f) status = dc_layout_match(&j->layouts[0], r->paths[0], &j->layouts[f], r->paths[f], error);
    if (status != DC_OK) return status;
  }
  return DC_OK;
}

static dc_status name_columns(job *j, dc_error *error)
{
  const dc_layout *first = &j->layouts[0];
  free(j->names);
  j->n_columns = 0;
  j->names = calloc(first->n_fields + 1, sizeof *j->names);
  if (!j->names) return dc_fail_memory(error, "reading a header");
  for (size_t f = 0; f < first->n_fields; f++) {
    if (first->column[f] < 0) continue;
    j->names[first->column[f]] = first->names[f];
    j->n_columns++;
  }
  if (!j->n_columns) {
    return dc_fail_at(error, DC_E_USAGE, j->request->paths[0], 0, 0, "--columns leaves every column out");
  }
  return DC_OK;
}

static dc_status guess_types(job *j, dc_error *error)
{
  const dc_load_request *r = j->request;
  j->evidence = calloc(j->n_columns, sizeof *j->evidence);
  j->guesses = calloc(j->n_columns, sizeof *j->guesses);
  if (!j->evidence || !j->guesses) return dc_fail_memory(error, "looking at the columns");
  dc_status status = dc_plan_sample(r, j->files, j->layouts, j->n_columns, j->threads, j->evidence, error);
  for (size_t c = 0; c < j->n_columns && status == DC_OK; c++) {
    dc_type expected = r->expect ? r->expect(r->context, j->names[c]) : DC_TYPE_EMPTY;
    j->guesses[c] = dc_plan_first(&j->evidence[c], expected, j->names[c], r);
  }
  if (status == DC_OK) dc_plan_settle(j->evidence, j->guesses, j->n_columns);
  return status;
}

/* Which file a column's oddity is reported for: the first that shows it. */
static dc_review gather_review(const job *j, size_t c)
{
  bool number = j->guesses[c].type == DC_TYPE_NUMBER;
  uint32_t telling = number ? DC_NUMBER_COMMA_3 | DC_NUMBER_POINT_3 | DC_NUMBER_MONEY : DC_WHEN_EITHER;
  dc_review r = {.request = j->request, .evidence = &j->evidence[c], .guess = &j->guesses[c]};
  size_t file = j->n_files;
  r.column = &j->pass.table->columns[c];
  r.rows = j->pass.table->rows;
  for (size_t u = 0; u < j->pass.n_units; u++) {
    const dc_unit_column *unit = &j->pass.units[u].columns[c];
    r.seen |= unit->seen;
    r.column->missing_words |= unit->words_seen;
    r.column->n_missing_words += unit->words;
    if (file == j->n_files && (unit->seen & telling)) file = j->pass.units[u].file;
  }
  r.path = j->request->paths[file == j->n_files ? 0 : file];
  return r;
}

static dc_status review(job *j, bool *again, dc_error *error)
{
  *again = false;
  for (size_t c = 0; c < j->n_columns; c++) {
    dc_review r = gather_review(j, c);
    dc_status status = dc_review_column(&r, again, error);
    if (status == DC_OK && !dc_describe_column(&r, j->names)) status = dc_fail_memory(error, "describing the columns");
    if (status != DC_OK) return status;
  }
  return DC_OK;
}

static void set_pass(job *j)
{
  dc_pass *p = &j->pass;
  *p = (dc_pass){.request = j->request, .files = j->files, .layouts = j->layouts, .n_files = j->n_files};
  p->n_columns = j->n_columns;
  p->names = j->names;
  p->guesses = j->guesses;
  p->evidence = j->evidence;
  p->threads = j->threads;
  p->scanner = j->scanner;
}

static void forget_types(job *j)
{
  for (size_t c = 0; j->evidence && c < j->n_columns; c++) dc_evidence_free(&j->evidence[c]);
  free(j->evidence);
  free(j->guesses);
  j->evidence = NULL;
  j->guesses = NULL;
}

/* The first pass over a file that was not cut yet. When it must be cut beforehand, *read is false, and it is. */
static dc_status read_uncut(job *j, bool *read, dc_error *error)
{
  dc_file *file = &j->files[0];
  *read = false;
  if (!file->cutter) return DC_OK;
  dc_status status = guess_types(j, error);
  if (status == DC_OK) {
    set_pass(j);
    status = dc_pass_run_once(&j->pass, read, error);
  }
  dc_cutter_free(file->cutter);
  file->cutter = NULL;
  if (status != DC_OK) return status;
  if (*read) {
    dc_plan_lines(&file->blocks, j->evidence, j->n_columns);
    return accept_blocks(j, 0, error);
  }
  forget_types(j);
  status = cut_and_judge(j, 0, error);
  return status == DC_OK ? name_columns(j, error) : status; /* perhaps in another encoding */
}

/* Each further pass changes the type of a column towards instants or words, or settles an order: a few at the most.
 * read: the first has been made. */
static dc_status read_all(job *j, bool read, dc_error *error)
{
  if (!read) set_pass(j);
  for (int pass = 0; pass < PASSES; pass++) {
    bool again = false;
    dc_status status = read && pass == 0 ? DC_OK : dc_pass_run(&j->pass, error);
    if (status == DC_OK) status = review(j, &again, error);
    if (status != DC_OK || !again) return status;
    dc_pass_clear(&j->pass);
  }
  return dc_fail(error, DC_E_INPUT, "the types of the columns could not be settled");
}

/* Short rows may be rows that were quoted as a whole: then the files are read again. */
static dc_status unwrap_files(job *j, bool *again, dc_error *error)
{
  *again = false;
  for (size_t f = 0; f < j->n_files; f++) {
    bool some = false;
    int64_t found = 0;
    for (size_t u = 0; u < j->pass.n_units; u++) {
      const dc_rejects *own = &j->pass.units[u].rejects;
      for (size_t i = 0; i < own->count && j->pass.units[u].file == f; i++)
        some |= strcmp(own->items[i].rule, "short row") == 0;
    }
    if (!some) continue;
    dc_status status = dc_layout_unwrap(j->files[f].source, &j->layouts[f], &found, error);
    if (status == DC_OK && found) status = cut_file(j, f, error);
    if (status != DC_OK) return status;
    *again |= found > 0;
  }
  if (!*again) return DC_OK;
  dc_pass_clear(&j->pass);
  forget_types(j);
  return DC_OK;
}

static dc_status merge_rejects(const job *j, dc_rejects *rejects, dc_error *error)
{
  rejects->strict = j->request->strict;
  for (size_t u = 0; u < j->pass.n_units; u++)
    if (!dc_rejects_join(rejects, &j->pass.units[u].rejects)) return dc_fail_memory(error, "listing the rejects");
  for (size_t i = 0; i < rejects->count && j->request->hide_rows; i++)
    if (rejects->items[i].whole_row) strcpy(rejects->items[i].value, "(hidden)");
  return DC_OK;
}

static bool earlier(const dc_reject *a, const dc_reject *b)
{
  if (a->file != b->file) return a->file < b->file;
  return a->line != b->line ? a->line < b->line : a->column < b->column;
}

/* Under --strict any reject ends the load; a file of which nothing could be used always does. */
static dc_status judge_rejects(const job *j, const dc_load *load, dc_error *error)
{
  const dc_reject *first = NULL;
  bool rows = false;
  for (size_t i = 0; i < load->rejects.count; i++) {
    const dc_reject *r = &load->rejects.items[i];
    rows |= r->whole_row;
    if (!first || earlier(r, first)) first = r;
  }
  if (!first || !(j->request->strict || (rows && load->table->rows == 0))) return DC_OK;
  /* A title above the header is taken for it. */
  if (load->table->rows == 0 && strcmp(first->rule, "long row") == 0)
    return dc_fail_at(error, DC_E_INPUT, j->request->paths[first->file], first->line, 0,
                      "no row has as few fields as the first line: '%s'; if that is not the header, say how many "
                      "lines stand above it with --skip N",
                      first->value);
  return dc_reject_fail(first, j->request->paths[first->file], error);
}

static char *copy(const char *text)
{
  char *made = malloc(strlen(text) + 1);
  if (made) strcpy(made, text);
  return made;
}

static void describe_layout(const dc_file *file, const dc_layout *l, dc_input *in)
{
  static const char *const dialects[] = {[DC_FORM_PLAIN] = "plain",
                                         [DC_FORM_SINGLE] = "single quotes",
                                         [DC_FORM_BACKSLASH] = "backslash escapes",
                                         [DC_FORM_BLANKS] = "blanks",
                                         [DC_FORM_WRAPPED] = "wrapped rows"};
  snprintf(in->encoding, sizeof in->encoding, "%s", file->encoding);
  in->dialect = dialects[l->form];
  in->delimiter = l->delimiter;
  in->header_line = l->header_line;
  in->footer_line = l->below ? (int64_t)(l->line + file->blocks.lines) : 0;
  in->above = l->above;
  in->below = l->below;
  in->unwrapped = l->unwrapped;
  in->blank = l->blank;
  in->preamble = l->above + l->below;
  in->read = in->blank + in->preamble;
}

static bool fill_input(const job *j, size_t f, dc_input *in)
{
  const char *path = j->request->paths[f], *slash = strrchr(path, '/');
  const char *name = slash ? slash + 1 : path;
  in->name = copy(name);
  in->path = copy(path);
  if (!in->name || !in->path) return false;
  in->bytes = dc_source_stored(j->files[f].source);
  describe_layout(&j->files[f], &j->layouts[f], in);
  snprintf(in->hash, sizeof in->hash, "%016llx", (unsigned long long)j->files[f].blocks.hash);
  for (size_t u = 0; u < j->pass.n_units; u++) {
    const dc_unit *unit = &j->pass.units[u];
    if (unit->file != f) continue;
    in->read += unit->read;
    in->used += (int64_t)unit->rows;
    in->rejected += unit->rejected;
    in->blank += unit->blank;
  }
  return true;
}

static bool keep(job *j, dc_load *l)
{
  dc_kept *kept = calloc(1, sizeof *kept);
  l->kept = kept;
  l->fate = calloc(j->pass.table->rows + 1, 1); /* pages that nobody writes to cost nothing */
  if (!kept || !l->fate) return false;
  *kept = (dc_kept){.n_files = j->n_files, .files = j->files, .layouts = j->layouts, .guesses = j->guesses};
  j->files = NULL;
  j->layouts = NULL;
  j->guesses = NULL;
  kept->amount = calloc(kept->n_files, sizeof *kept->amount);
  kept->readable = calloc(kept->n_files, sizeof *kept->readable);
  kept->unreadable = calloc(kept->n_files, sizeof *kept->unreadable);
  kept->bad = calloc(kept->n_files * j->n_columns, sizeof *kept->bad);
  if (!kept->amount || !kept->readable || !kept->unreadable || !kept->bad) return false;
  for (size_t u = 0; u < j->pass.n_units; u++)
    for (size_t c = 0; c < j->n_columns; c++)
      kept->bad[j->pass.units[u].file * j->n_columns + c] += (int64_t)j->pass.units[u].columns[c].bad;
  return true;
}

static dc_status deliver(job *j, dc_load **load, dc_error *error)
{
  dc_load *l = calloc(1, sizeof *l);
  if (!l) return dc_fail_memory(error, "delivering the table");
  dc_status status = DC_OK;
  l->strict = j->request->strict;
  for (size_t u = 0; u < j->pass.n_units; u++) l->at_speed += j->pass.units[u].at_speed;
  l->inputs = calloc(j->n_files, sizeof *l->inputs);
  if (l->inputs) l->n_inputs = j->n_files;
  bool fine = l->inputs != NULL;
  for (size_t f = 0; f < j->n_files && fine; f++) fine = fill_input(j, f, &l->inputs[f]);
  if (!fine || !keep(j, l)) status = dc_fail_memory(error, "delivering the table");
  if (status == DC_OK) status = merge_rejects(j, &l->rejects, error);
  l->table = j->pass.table;
  j->pass.table = NULL;
  bool told = false;
  if (status == DC_OK) {
    status = judge_rejects(j, l, error);
    told = status != DC_OK && j->request->keep_rejects;
  }
  if (status == DC_OK && !l->rejects.n_rows && !j->request->keep_rejects) dc_load_close(l);
  if (status == DC_OK || told) {
    *load = l;
  } else {
    dc_load_free(l);
  }
  return status;
}

static void free_job(job *j)
{
  dc_pass_clear(&j->pass);
  for (size_t c = 0; j->evidence && c < j->n_columns; c++) dc_evidence_free(&j->evidence[c]);
  dc_kept left = {.n_files = j->n_files, .files = j->files, .layouts = j->layouts, .guesses = j->guesses};
  dc_kept_clear(&left);
  free(j->evidence);
  free(j->names);
}

static dc_status check_unchanged(const job *j, dc_error *error)
{
  for (size_t f = 0; f < j->n_files; f++) {
    dc_status status = dc_source_unchanged(j->files[f].source, error);
    if (status != DC_OK) return status;
  }
  return DC_OK;
}

dc_status dc_load_csv_tuned(const dc_load_request *request, const dc_load_tuning *tuning, dc_load **load,
                            dc_error *error)
{
  if (request->n_paths == 0 || request->n_paths > FILES_MAX) {
    return dc_fail(error, DC_E_USAGE, request->n_paths ? "more than 65535 files" : "no file was given");
  }
  job j = {.request = request, .n_files = request->n_paths, .scanner = tuning->scanner};
  j.chunk_bytes = tuning->chunk_bytes ? tuning->chunk_bytes : DC_CHUNK_BYTES;
  j.files = calloc(j.n_files, sizeof *j.files);
  j.layouts = calloc(j.n_files, sizeof *j.layouts);
  dc_status status = j.files && j.layouts ? DC_OK : dc_fail_memory(error, "opening the files");
  if (status == DC_OK) status = open_files(&j, error);
  if (status == DC_OK) status = lay_out_files(&j, error);
  if (status == DC_OK) status = name_columns(&j, error);
  bool again = true, read = false;
  if (status == DC_OK) status = read_uncut(&j, &read, error);
  for (int k = 0; status == DC_OK && again && k < 2; k++) {
    if (k || !read) status = guess_types(&j, error);
    if (status == DC_OK) status = read_all(&j, k == 0 && read, error);
    if (status == DC_OK) status = unwrap_files(&j, &again, error);
  }
  if (status == DC_OK) status = check_unchanged(&j, error);
  if (status == DC_OK) status = deliver(&j, load, error);
  free_job(&j);
  return status;
}

dc_status dc_load_csv_chunks(const dc_load_request *request, size_t chunk_bytes, dc_load **load, dc_error *error)
{
  dc_load_tuning tuning = {.chunk_bytes = chunk_bytes, .scanner = dc_scanner_best()};
  return dc_load_csv_tuned(request, &tuning, load, error);
}

dc_status dc_load_csv(const dc_load_request *request, dc_load **load, dc_error *error)
{
  return dc_load_csv_chunks(request, DC_CHUNK_BYTES, load, error);
}
