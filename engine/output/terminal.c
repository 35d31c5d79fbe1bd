#include "engine/output/formats.h"
#include "engine/output/grid.h"

#include <stdio.h>

static void put_table(dc_sink *sink, const dc_result_table *table, int top, bool bold)
{
  dc_grid_column columns[DC_GRID_COLUMNS];
  size_t n = table->n_fields < DC_GRID_COLUMNS ? table->n_fields : DC_GRID_COLUMNS;
  for (size_t f = 0; f < n; f++) {
    bool text = table->fields[f].type == DC_FIELD_TEXT;
    columns[f] = (dc_grid_column){table->fields[f].name, !text, !text};
  }
  dc_grid *grid = dc_grid_new(columns, n);
  size_t rows = table->rows < (size_t)top ? table->rows : (size_t)top;
  for (size_t r = 0; r < rows; r++)
    for (size_t f = 0; f < n; f++) dc_grid_cell(grid, table->fields[f].type, &table->cells[r * table->n_fields + f]);
  if (bold) dc_sink_text(sink, "\033[1m");
  dc_sink_text(sink, table->name);
  if (bold) dc_sink_text(sink, "\033[0m");
  dc_sink_char(sink, '\n');
  if (rows) dc_grid_print(grid, sink, 2, bold);
  dc_grid_free(grid);
  char shown[DC_NUMBER_CHARS], all[DC_NUMBER_CHARS], line[2 * DC_NUMBER_CHARS + 64];
  dc_group_integer((int64_t)rows, shown);
  dc_group_integer((int64_t)table->rows, all);
  if (rows == table->rows)
    snprintf(line, sizeof line, "  %s row%s\n", all, rows == 1 ? "" : "s");
  else
    snprintf(line, sizeof line, "  %s of %s rows; --top N shows more\n", shown, all);
  dc_sink_text(sink, line);
}

void dc_terminal_tables(dc_sink *sink, const dc_selection *selection, int top, bool bold)
{
  for (size_t i = 0; i < selection->count; i++) {
    if (i) dc_sink_char(sink, '\n');
    put_table(sink, selection->tables[i], top, bold);
  }
}
