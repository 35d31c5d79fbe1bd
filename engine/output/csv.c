#include "dealcast/table.h"
#include "engine/base/date.h"
#include "engine/output/formats.h"

#include <math.h>
#include <string.h>

/* A spreadsheet runs a cell that begins like this (OWASP, "CSV injection"). */
static bool starts_formula(const char *text, size_t length) { return length && memchr("=+-@\t\r", *text, 6); }

static bool needs_quotes(const char *text, size_t length)
{
  for (size_t i = 0; i < length; i++)
    if (text[i] && strchr(",\"\r\n;\t", text[i])) return true;
  return text[0] == ' ' || text[length - 1] == ' ' || starts_formula(text, length);
}

void dc_csv_text(dc_sink *sink, const char *text, size_t length)
{
  if (!length) return;
  bool quoted = needs_quotes(text, length);
  if (quoted) dc_sink_char(sink, '"');
  if (starts_formula(text, length)) dc_sink_char(sink, '\'');
  for (const char *end = text + length, *stop; text < end; text = stop) {
    const char *quote = memchr(text, '"', (size_t)(end - text));
    stop = quote ? quote + 1 : end;
    dc_sink_bytes(sink, text, (size_t)(stop - text));
    if (quote) dc_sink_char(sink, '"');
  }
  if (quoted) dc_sink_char(sink, '"');
}

static void put_text(dc_sink *sink, const char *text)
{
  if (text) dc_csv_text(sink, text, strlen(text));
}

static void put_cell(dc_sink *sink, dc_field_type type, const dc_cell *cell)
{
  char date[DC_DATE_CHARS];
  switch (type) {
    case DC_FIELD_NUMBER:
    case DC_FIELD_MONEY:
    case DC_FIELD_RATIO:
      if (isfinite(cell->number)) dc_sink_double(sink, cell->number);
      break;
    case DC_FIELD_INTEGER:
      if (cell->integer != DC_INTEGER_NULL) dc_sink_integer(sink, cell->integer);
      break;
    case DC_FIELD_DATE:
      if (cell->integer != DC_DATE_MISSING) dc_sink_text(sink, dc_date_format((int32_t)cell->integer, date));
      break;
    case DC_FIELD_TEXT: put_text(sink, cell->text); break;
    case DC_FIELD_BOOL: dc_sink_text(sink, cell->integer ? "true" : "false"); break;
  }
}

void dc_csv_table(dc_sink *sink, const dc_result_table *table)
{
  for (size_t f = 0; f < table->n_fields; f++) {
    if (f) dc_sink_char(sink, ',');
    put_text(sink, table->fields[f].name);
  }
  dc_sink_char(sink, '\n');
  for (size_t r = 0; r < table->rows; r++) {
    for (size_t f = 0; f < table->n_fields; f++) {
      if (f) dc_sink_char(sink, ',');
      put_cell(sink, table->fields[f].type, &table->cells[r * table->n_fields + f]);
    }
    dc_sink_char(sink, '\n');
  }
}
