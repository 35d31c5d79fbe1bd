#include "dealcast/table.h"
#include "engine/base/date.h"
#include "engine/output/formats.h"
#include "engine/output/utf8.h"

#include <string.h>

/* What stands for a byte in a JSON string, when it cannot stand for itself. */
static void put_escape(dc_sink *sink, unsigned char c)
{
  static const char hex[] = "0123456789abcdef", from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
  const char *at = c ? strchr(from, c) : NULL;
  dc_sink_char(sink, '\\');
  if (at) {
    dc_sink_char(sink, to[at - from]);
    return;
  }
  char code[5] = {'u', '0', '0', hex[c >> 4], hex[c & 15]};
  dc_sink_bytes(sink, code, sizeof code);
}

static void put_string(dc_sink *sink, const char *text)
{
  dc_sink_char(sink, '"');
  const char *plain = text;
  for (const char *p = text; *p;) {
    unsigned char c = (unsigned char)*p;
    int length = c < 0x80 ? 1 : dc_utf8_length(p);
    if (c >= 0x20 && c != '"' && c != '\\' && length > 0) {
      p += length;
      continue;
    }
    dc_sink_bytes(sink, plain, (size_t)(p - plain));
    if (c < 0x80)
      put_escape(sink, c);
    else
      dc_sink_text(sink, DC_UTF8_REPLACEMENT);
    plain = ++p;
  }
  dc_sink_text(sink, plain);
  dc_sink_char(sink, '"');
}

static void put_date(dc_sink *sink, int64_t day)
{
  char text[DC_DATE_CHARS];
  if (day == DC_DATE_MISSING) {
    dc_sink_text(sink, "null");
    return;
  }
  dc_sink_char(sink, '"');
  dc_sink_text(sink, dc_date_format((int32_t)day, text));
  dc_sink_char(sink, '"');
}

static void put_cell(dc_sink *sink, dc_field_type type, const dc_cell *cell)
{
  switch (type) {
    case DC_FIELD_NUMBER:
    case DC_FIELD_MONEY:
    case DC_FIELD_RATIO: dc_sink_double(sink, cell->number); break;
    case DC_FIELD_INTEGER:
      if (cell->integer == DC_INTEGER_NULL)
        dc_sink_text(sink, "null");
      else
        dc_sink_integer(sink, cell->integer);
      break;
    case DC_FIELD_DATE: put_date(sink, cell->integer); break;
    case DC_FIELD_TEXT:
      if (cell->text)
        put_string(sink, cell->text);
      else
        dc_sink_text(sink, "null");
      break;
    case DC_FIELD_BOOL: dc_sink_text(sink, cell->integer ? "true" : "false"); break;
  }
}

static void put_key(dc_sink *sink, const char *name)
{
  put_string(sink, name);
  dc_sink_char(sink, ':');
}

static void put_row(dc_sink *sink, const dc_result_table *table, size_t row, const char *named)
{
  dc_sink_char(sink, '{');
  if (named) {
    dc_sink_text(sink, "\"table\":");
    put_string(sink, named);
  }
  for (size_t f = 0; f < table->n_fields; f++) {
    if (f || named) dc_sink_char(sink, ',');
    put_key(sink, table->fields[f].name);
    put_cell(sink, table->fields[f].type, &table->cells[row * table->n_fields + f]);
  }
  dc_sink_char(sink, '}');
}

/* "[", a row a line, "]" */
static void put_rows(dc_sink *sink, const dc_result_table *table)
{
  dc_sink_char(sink, '[');
  for (size_t r = 0; r < table->rows; r++) {
    dc_sink_text(sink, r ? ",\n" : "\n");
    put_row(sink, table, r, NULL);
  }
  dc_sink_text(sink, table->rows ? "\n]" : "]");
}

static void put_entries(dc_sink *sink, const dc_entries *entries, bool first)
{
  for (size_t i = 0; i < entries->count; i++) {
    dc_sink_text(sink, first && i == 0 ? "\n" : ",\n");
    put_key(sink, entries->items[i].name);
    put_cell(sink, entries->items[i].type, &entries->items[i].cell);
  }
}

static void put_object(dc_sink *sink, const char *name, const dc_entries *entries, bool first)
{
  dc_sink_text(sink, first ? "\n" : ",\n");
  put_key(sink, name);
  dc_sink_char(sink, '{');
  put_entries(sink, entries, true);
  dc_sink_text(sink, entries->count ? "\n}" : "}");
}

static void put_run(dc_sink *sink, const dc_result *result)
{
  dc_sink_text(sink, "{\n\"schema\":");
  put_string(sink, result->schema);
  dc_sink_text(sink, ",\n\"run\":{");
  put_entries(sink, &result->run, true);
  put_object(sink, "options", &result->options, result->run.count == 0);
  dc_sink_text(sink, ",\n\"inputs\":");
  if (result->inputs)
    put_rows(sink, result->inputs);
  else
    dc_sink_text(sink, "[]");
  if (result->timings.count) put_object(sink, "timings", &result->timings, false);
  dc_sink_text(sink, "\n}");
}

static void put_warnings(dc_sink *sink, const dc_result *result)
{
  dc_sink_text(sink, ",\n\"warnings\":[");
  for (size_t i = 0; i < result->n_warnings; i++) {
    dc_sink_text(sink, i ? ",\n" : "\n");
    put_string(sink, result->warnings[i]);
  }
  dc_sink_text(sink, result->n_warnings ? "\n]\n}\n" : "]\n}\n");
}

void dc_json_result(dc_sink *sink, const dc_result *result, const dc_selection *selection)
{
  put_run(sink, result);
  dc_sink_text(sink, ",\n\"tables\":{");
  for (size_t i = 0; i < selection->count; i++) {
    dc_sink_text(sink, i ? ",\n" : "\n");
    put_key(sink, selection->tables[i]->name);
    put_rows(sink, selection->tables[i]);
  }
  dc_sink_text(sink, selection->count ? "\n}" : "}");
  put_warnings(sink, result);
}

void dc_json_table(dc_sink *sink, const dc_result_table *table)
{
  put_rows(sink, table);
  dc_sink_char(sink, '\n');
}

static void put_hash(dc_sink *sink, uint64_t hash)
{
  static const char digits[] = "0123456789abcdef";
  dc_sink_char(sink, '"');
  for (int shift = 60; shift >= 0; shift -= 4) dc_sink_char(sink, digits[(hash >> shift) & 15]);
  dc_sink_char(sink, '"');
}

void dc_json_run(dc_sink *sink, const dc_result *result, const dc_written *written, size_t n_written)
{
  put_run(sink, result);
  dc_sink_text(sink, ",\n\"files\":[");
  for (size_t i = 0; i < n_written; i++) {
    dc_sink_text(sink, i ? ",\n{\"table\":" : "\n{\"table\":");
    put_string(sink, written[i].table);
    dc_sink_text(sink, ",\"file\":");
    put_string(sink, written[i].file);
    dc_sink_text(sink, ",\"rows\":");
    dc_sink_integer(sink, (int64_t)written[i].rows);
    dc_sink_text(sink, ",\"bytes\":");
    dc_sink_integer(sink, (int64_t)written[i].bytes);
    dc_sink_text(sink, ",\"fnv1a64\":");
    put_hash(sink, written[i].hash);
    dc_sink_char(sink, '}');
  }
  dc_sink_text(sink, n_written ? "\n]" : "]");
  put_warnings(sink, result);
}

void dc_ndjson(dc_sink *sink, const dc_selection *selection)
{
  for (size_t i = 0; i < selection->count; i++)
    for (size_t r = 0; r < selection->tables[i]->rows; r++) {
      put_row(sink, selection->tables[i], r, selection->count > 1 ? selection->tables[i]->name : NULL);
      dc_sink_char(sink, '\n');
    }
}
