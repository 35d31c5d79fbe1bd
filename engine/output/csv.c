#include "dealcast/table.h"
#include "engine/base/date.h"
#include "engine/output/formats.h"

#include <math.h>
#include <string.h>

/* A spreadsheet runs a cell that begins like this (OWASP, "CSV injection"). */
static bool starts_formula(const char *text) { return *text && strchr("=+-@\t\r", *text); }

static void put_text(dc_sink *sink, const char *text)
{
  size_t length = text ? strlen(text) : 0;
  if (!length) return;
  bool edge = text[0] == ' ' || text[length - 1] == ' ';
  bool quoted = edge || starts_formula(text) || strpbrk(text, ",\"\r\n;\t") != NULL;
  if (quoted) dc_sink_char(sink, '"');
  if (starts_formula(text)) dc_sink_char(sink, '\'');
  for (const char *p = text; *p; p++) {
    if (*p == '"') dc_sink_char(sink, '"');
    dc_sink_char(sink, *p);
  }
  if (quoted) dc_sink_char(sink, '"');
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
