/* Aligned columns of text for a terminal. */
#ifndef DC_OUTPUT_GRID_H
#define DC_OUTPUT_GRID_H

#include "dealcast/result.h"
#include "engine/output/sink.h"

enum { DC_SCREEN_COLUMNS = 100, DC_GRID_COLUMNS = 24, DC_NUMBER_CHARS = 64 };

typedef struct dc_grid dc_grid;

/* A heading and how the column is set. A column that holds nothing in any row is not shown. */
typedef struct dc_grid_column {
  const char *heading;
  bool right; /* numbers */
  bool keep;  /* never cut; others are cut, longest first, until a row fits the screen */
} dc_grid_column;

/* Never NULL: when memory ends it is a grid that prints a line saying so. Free with dc_grid_free. */
dc_grid *dc_grid_new(const dc_grid_column *columns, size_t n_columns);
void dc_grid_free(dc_grid *grid);

/* A narrower screen than DC_SCREEN_COLUMNS for this grid. */
void dc_grid_narrow(dc_grid *grid, int width);

/* Where a cell of this column is cut, its end is shown: ids differ there. */
void dc_grid_show_ends(dc_grid *grid, size_t column);

/* Cells go left to right; a row ends by itself. NULL = nothing. Texts are copied; control characters are replaced. */
void dc_grid_text(dc_grid *grid, const char *text);
/* A cell of a result by the type of its field. */
void dc_grid_cell(dc_grid *grid, dc_field_type type, const dc_cell *cell);
void dc_grid_money(dc_grid *grid, double value);
void dc_grid_ratio(dc_grid *grid, double value);
void dc_grid_integer(dc_grid *grid, int64_t value);
void dc_grid_date(dc_grid *grid, int64_t day);

void dc_grid_print(const dc_grid *grid, dc_sink *sink, int indent, bool bold);

/* "1,234,567"; two decimals below 100 when there are any. text >= DC_NUMBER_CHARS; "" when not finite. */
char *dc_group_money(double value, char *text);
char *dc_group_integer(int64_t value, char *text);
/* "63 %", one decimal at the ends, "<0.1 %" */
char *dc_per_cent(double ratio, char *text);

/* Columns that the text takes on a terminal. */
int dc_text_width(const char *text);

/* text with its lines broken at blanks to fit the screen; the first begins with `lead`, the others with as many blanks. */
void dc_put_wrapped(dc_sink *sink, const char *lead, const char *text);

/* The same to a narrower screen; `hang` blanks begin the lines behind the first. */
void dc_put_hanging(dc_sink *sink, const char *lead, const char *text, int hang, int width);

#endif
