#include "engine/output/write.h"

#include "engine/output/file.h"
#include "engine/output/formats.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEFAULT_TOP = 10, PATH_CHARS = 4096 };

static dc_status add_named(const dc_result *result, const char *name, size_t length, dc_selection *selection,
                           dc_error *error)
{
  for (size_t i = 0; i < result->n_tables; i++) {
    const dc_result_table *table = result->tables[i];
    if (strlen(table->name) != length || memcmp(table->name, name, length) != 0) continue;
    for (size_t s = 0; s < selection->count; s++)
      if (selection->tables[s] == table) return DC_OK;
    selection->tables[selection->count++] = table;
    return DC_OK;
  }
  return dc_fail(error, DC_E_USAGE, "--table: there is no table '%.*s' in this result", (int)length, name);
}

/* selection->tables is to be freed, whatever comes back. */
static dc_status select_tables(const dc_result *result, const dc_write_options *options, dc_selection *selection,
                               dc_error *error)
{
  bool first_only = !options->table && options->format == DC_FORMAT_CSV && !options->out_dir;
  selection->count = 0;
  selection->tables = malloc((result->n_tables + 1) * sizeof *selection->tables);
  if (!selection->tables) return dc_fail_memory(error, "choosing tables");
  if (!options->table) {
    size_t wanted = first_only && result->n_tables > 1 ? 1 : result->n_tables;
    for (size_t i = 0; i < wanted; i++) selection->tables[selection->count++] = result->tables[i];
    return DC_OK;
  }
  for (const char *name = options->table;;) {
    size_t length = strcspn(name, ",");
    dc_status status = add_named(result, name, length, selection, error);
    if (status != DC_OK) return status;
    if (!name[length]) break;
    name += length + 1;
  }
  if (options->format == DC_FORMAT_CSV && selection->count > 1 && !options->out_dir)
    return dc_fail(error, DC_E_USAGE, "CSV holds one table: give one --table, or --out-dir for several");
  return DC_OK;
}

static void put_terminal(dc_sink *sink, const dc_result *result, const dc_selection *selection,
                         const dc_write_options *options)
{
  int top = options->top > 0 ? options->top : DEFAULT_TOP;
  bool bold = !options->path && isatty(STDOUT_FILENO);
  static const struct {
    const char *schema;
    void (*put)(dc_sink *sink, const dc_result *result, int top, bool bold);
  } views[] = {{"dealcast.forecast/", dc_forecast_text},
               {"dealcast.check/", dc_check_text},
               {"dealcast.fit/", dc_fit_text},
               {"dealcast.predict/", dc_predict_text}};
  size_t v = 0;
  while (v < sizeof views / sizeof *views && strncmp(result->schema, views[v].schema, strlen(views[v].schema)) != 0)
    v++;
  if (v < sizeof views / sizeof *views && !options->table)
    views[v].put(sink, result, top, bold);
  else
    dc_terminal_tables(sink, selection, top, bold);
}

static dc_status write_one(const dc_result *result, const dc_selection *selection, const dc_write_options *options,
                           dc_error *error)
{
  dc_file *file = NULL;
  dc_status status = dc_file_open(options->path, &file, error);
  if (status != DC_OK) return status;
  dc_sink *sink = dc_file_sink(file);
  switch (options->format) {
    case DC_FORMAT_TERMINAL: put_terminal(sink, result, selection, options); break;
    case DC_FORMAT_JSON: dc_json_result(sink, result, selection); break;
    case DC_FORMAT_NDJSON: dc_ndjson(sink, selection); break;
    case DC_FORMAT_CSV:
      if (selection->count) dc_csv_table(sink, selection->tables[0]);
      break;
  }
  status = dc_file_finish(file, error);
  if (status == DC_OK) status = dc_file_commit(file, error);
  dc_file_free(file);
  return status;
}

dc_status dc_write_private(const dc_result_table *table, const char *path, dc_error *error)
{
  dc_file *file = NULL;
  dc_status status = dc_file_open_private(path, &file, error);
  if (status != DC_OK) return status;
  dc_csv_table(dc_file_sink(file), table);
  status = dc_file_finish(file, error);
  if (status == DC_OK) status = dc_file_commit(file, error);
  dc_file_free(file);
  return status;
}

dc_status dc_write_bytes(const char *bytes, size_t length, const char *path, dc_error *error)
{
  dc_file *file = NULL;
  dc_status status = dc_file_open(path, &file, error);
  if (status != DC_OK) return status;
  dc_sink_bytes(dc_file_sink(file), bytes, length);
  status = dc_file_finish(file, error);
  if (status == DC_OK) status = dc_file_commit(file, error);
  dc_file_free(file);
  return status;
}

static const char *extension(dc_format format)
{
  return format == DC_FORMAT_CSV ? "csv" : format == DC_FORMAT_NDJSON ? "ndjson" : "json";
}

/* One table to its file, finished under a temporary name. */
static dc_status write_table(const dc_result_table *table, const dc_write_options *options, dc_file **file,
                             dc_written *written, dc_error *error)
{
  char path[PATH_CHARS];
  written->table = table->name;
  written->rows = table->rows;
  int name = snprintf(written->file, sizeof written->file, "%s.%s", table->name, extension(options->format));
  int whole = snprintf(path, sizeof path, "%s/%s", options->out_dir, written->file);
  if (name >= (int)sizeof written->file || whole >= (int)sizeof path)
    return dc_fail_at(error, DC_E_SYSTEM, options->out_dir, 0, 0, "the path is too long");
  dc_status status = dc_file_open(path, file, error);
  if (status != DC_OK) return status;
  dc_sink *sink = dc_file_sink(*file);
  dc_selection one = {&table, 1};
  if (options->format == DC_FORMAT_CSV)
    dc_csv_table(sink, table);
  else if (options->format == DC_FORMAT_NDJSON)
    dc_ndjson(sink, &one);
  else
    dc_json_table(sink, table);
  status = dc_file_finish(*file, error);
  written->bytes = sink->bytes;
  written->hash = sink->hash;
  return status;
}

static dc_status write_run(const dc_result *result, const char *folder, dc_file **file, const dc_written *written,
                           size_t n_written, dc_error *error)
{
  char path[PATH_CHARS];
  if (snprintf(path, sizeof path, "%s/run.json", folder) >= (int)sizeof path)
    return dc_fail_at(error, DC_E_SYSTEM, folder, 0, 0, "the path is too long");
  dc_status status = dc_file_open(path, file, error);
  if (status != DC_OK) return status;
  dc_json_run(dc_file_sink(*file), result, written, n_written);
  return dc_file_finish(*file, error);
}

/* All files are complete under temporary names before the first is renamed; run.json, which names them, comes last. */
static dc_status write_folder(const dc_result *result, const dc_selection *selection, const dc_write_options *options,
                              dc_error *error)
{
  size_t n = selection->count;
  dc_file **files = calloc(n + 1, sizeof *files);
  dc_written *written = calloc(n + 1, sizeof *written);
  dc_status status = files && written ? DC_OK : dc_fail_memory(error, "writing a folder");
  for (size_t i = 0; i < n && status == DC_OK; i++)
    status = write_table(selection->tables[i], options, &files[i], &written[i], error);
  if (status == DC_OK) status = write_run(result, options->out_dir, &files[n], written, n, error);
  for (size_t i = 0; i <= n && status == DC_OK; i++) status = dc_file_commit(files[i], error);
  for (size_t i = 0; files && i <= n; i++) dc_file_free(files[i]);
  free(files);
  free(written);
  return status;
}

/* One missing level is made. */
static dc_status check_folder(const char *folder, dc_error *error)
{
  struct stat found;
  if (mkdir(folder, 0777) != 0 && errno != EEXIST)
    return dc_fail_at(error, DC_E_SYSTEM, folder, 0, 0, "the folder cannot be made: %s", strerror(errno));
  if (stat(folder, &found) != 0 || !S_ISDIR(found.st_mode))
    return dc_fail_at(error, DC_E_SYSTEM, folder, 0, 0, "is not a folder");
  if (access(folder, W_OK | X_OK) != 0)
    return dc_fail_at(error, DC_E_SYSTEM, folder, 0, 0, "cannot write there: %s", strerror(errno));
  return DC_OK;
}

dc_status dc_write_check(const dc_write_options *options, dc_error *error)
{
  struct stat found;
  bool to_stdout = !options->path && !options->out_dir;
  if (to_stdout && fstat(STDOUT_FILENO, &found) != 0)
    return dc_fail_at(error, DC_E_SYSTEM, "standard output", 0, 0, "cannot write there: %s", strerror(errno));
  if (options->path) {
    dc_status status = dc_file_check(options->path, error);
    if (status != DC_OK) return status;
  }
  return options->out_dir ? check_folder(options->out_dir, error) : DC_OK;
}

dc_status dc_write_result(const dc_result *result, const dc_write_options *options, dc_error *error)
{
  dc_selection selection = {NULL, 0};
  dc_status status = dc_result_check(result, error);
  if (status == DC_OK) status = dc_write_check(options, error);
  if (status == DC_OK) status = select_tables(result, options, &selection, error);
  if (status == DC_OK && options->out_dir) status = write_folder(result, &selection, options, error);
  if (status == DC_OK && (options->path || !options->out_dir)) status = write_one(result, &selection, options, error);
  free(selection.tables);
  return status;
}
