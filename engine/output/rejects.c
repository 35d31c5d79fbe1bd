#include "engine/output/rejects.h"

#include "engine/output/file.h"
#include "engine/output/formats.h"

#include <string.h>

static dc_status open_file(dc_reject_file *out, dc_error *error)
{
  if (out->file) return DC_OK;
  dc_status status = dc_file_open_private(out->path, &out->file, error);
  if (status != DC_OK) return status;
  dc_sink_text(dc_file_sink(out->file), "file,line,column,column_name,rule,value,fix,record\n");
  return DC_OK;
}

static void put(dc_sink *sink, const char *text, size_t length, char behind)
{
  dc_csv_text(sink, text, length);
  dc_sink_char(sink, behind);
}

dc_status dc_reject_file_take(void *context, const dc_rejected_row *row, dc_error *error)
{
  dc_reject_file *out = context;
  dc_status status = open_file(out, error);
  if (status != DC_OK) return status;
  dc_sink *sink = dc_file_sink(out->file);
  put(sink, row->file, strlen(row->file), ',');
  dc_sink_integer(sink, row->line);
  dc_sink_char(sink, ',');
  if (row->column > 0) dc_sink_integer(sink, row->column);
  dc_sink_char(sink, ',');
  put(sink, row->column_name, strlen(row->column_name), ',');
  put(sink, row->rule, strlen(row->rule), ',');
  put(sink, row->value, row->value_length, ',');
  put(sink, row->fix, strlen(row->fix), ',');
  put(sink, row->record, row->record_length, '\n');
  out->rows++;
  return sink->failure ? dc_sink_flush(sink, out->path, error) : DC_OK;
}

dc_status dc_reject_file_commit(dc_reject_file *out, dc_error *error)
{
  dc_status status = open_file(out, error);
  if (status == DC_OK) status = dc_file_finish(out->file, error);
  if (status == DC_OK) status = dc_file_commit(out->file, error);
  dc_reject_file_drop(out);
  return status;
}

void dc_reject_file_drop(dc_reject_file *out)
{
  dc_file_free(out->file);
  out->file = NULL;
}
