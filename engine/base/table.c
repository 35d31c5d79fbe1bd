#include "dealcast/table.h"

#include <stdlib.h>
#include <string.h>

const char *dc_type_name(dc_type type)
{
  static const char *const names[] = {"empty", "number", "date", "instant", "category", "text"};
  return (unsigned)type < sizeof names / sizeof *names ? names[type] : "unknown";
}

static void free_column(dc_column *column)
{
  free(column->words);
  free(column->name);
  free(column->number);
  free(column->date);
  free(column->instant);
  free(column->codes);
  free(column->offsets);
  free(column->bytes);
  free(column->currencies);
  free(column->format);
}

void dc_table_free(dc_table *table)
{
  if (!table) return;
  for (size_t c = 0; table->columns && c < table->n_columns; c++) free_column(&table->columns[c]);
  free(table->columns);
  free(table->line);
  free(table->file);
  free(table);
}

const char *dc_column_text(const dc_column *column, size_t row, size_t *length)
{
  if (column->type == DC_TYPE_CATEGORY) {
    const char *word = column->words[dc_column_code(column, row)];
    *length = strlen(word);
    return word;
  }
  if (column->type == DC_TYPE_TEXT) {
    uint64_t start = dc_column_offset(column, row);
    *length = (size_t)(dc_column_offset(column, row + 1) - start);
    return column->bytes + start;
  }
  *length = 0;
  return "";
}

static int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b < 0); }

int32_t dc_column_day(const dc_column *column, size_t row, int32_t offset_minutes)
{
  enum { MS_PER_MINUTE = 60000, MS_PER_DAY = 86400000 };
  if (column->type == DC_TYPE_DATE) return column->date[row];
  if (column->type != DC_TYPE_INSTANT || column->instant[row] == DC_INSTANT_MISSING) return DC_DATE_MISSING;
  int64_t local = column->instant[row] + (int64_t)offset_minutes * MS_PER_MINUTE;
  return (int32_t)floor_divide(local, MS_PER_DAY);
}

int dc_table_find(const dc_table *table, const char *name)
{
  for (size_t c = 0; c < table->n_columns; c++)
    if (strcmp(table->columns[c].name, name) == 0) return (int)c;
  return -1;
}
