#include "engine/output/grid.h"

#include "dealcast/table.h"
#include "engine/base/arena.h"
#include "engine/base/date.h"
#include "engine/output/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GAP = 2, NARROWEST = 6, FIRST_CELLS = 64 };

struct dc_grid {
  int width; /* of the screen */
  bool ends[DC_GRID_COLUMNS];
  dc_arena *arena;
  size_t n_columns, count, capacity;
  dc_grid_column columns[DC_GRID_COLUMNS];
  const char **cells; /* row-major, count of them */
  bool failed;
};

static dc_grid failed_grid = {.failed = true};

dc_grid *dc_grid_new(const dc_grid_column *columns, size_t n_columns)
{
  dc_grid *grid = calloc(1, sizeof *grid);
  if (!grid) return &failed_grid;
  grid->width = DC_SCREEN_COLUMNS;
  grid->arena = dc_arena_new();
  grid->failed = !grid->arena;
  grid->n_columns = n_columns < DC_GRID_COLUMNS ? n_columns : DC_GRID_COLUMNS;
  memcpy(grid->columns, columns, grid->n_columns * sizeof *columns);
  return grid;
}

void dc_grid_narrow(dc_grid *grid, int width) { grid->width = width; }

void dc_grid_show_ends(dc_grid *grid, size_t column) { grid->ends[column] = true; }

void dc_grid_free(dc_grid *grid)
{
  if (!grid || grid == &failed_grid) return;
  dc_arena_free(grid->arena);
  free(grid->cells);
  free(grid);
}

/* A copy that a terminal takes as plain text: what is not valid UTF-8 or would steer the terminal becomes '?'. */
static char *plain_copy(dc_arena *arena, const char *text)
{
  char *copy = dc_arena_copy(arena, text, strlen(text));
  if (!copy) return NULL;
  char *to = copy;
  for (const char *p = text; *p;) {
    int length = dc_utf8_length(p);
    bool shown = length > 0 && dc_utf8_width(dc_utf8_code(p, length)) >= 0;
    if (!shown) *to++ = *p == '\t' || *p == '\n' ? ' ' : '?';
    for (int i = 0; shown && i < length; i++) *to++ = p[i];
    p += length > 0 ? length : 1;
  }
  *to = '\0';
  return copy;
}

void dc_grid_text(dc_grid *grid, const char *text)
{
  if (grid->failed) return;
  if (grid->count == grid->capacity) {
    size_t capacity = grid->capacity ? 2 * grid->capacity : FIRST_CELLS;
    const char **cells = realloc(grid->cells, capacity * sizeof *cells);
    grid->failed = !cells;
    if (!cells) return;
    grid->cells = cells;
    grid->capacity = capacity;
  }
  const char *copy = text ? plain_copy(grid->arena, text) : "";
  grid->failed = !copy;
  grid->cells[grid->count++] = copy;
}

void dc_grid_money(dc_grid *grid, double value)
{
  char text[DC_NUMBER_CHARS];
  dc_grid_text(grid, dc_group_money(value, text));
}

void dc_grid_ratio(dc_grid *grid, double value)
{
  char text[DC_NUMBER_CHARS];
  dc_grid_text(grid, dc_per_cent(value, text));
}

void dc_grid_integer(dc_grid *grid, int64_t value)
{
  char text[DC_NUMBER_CHARS];
  dc_grid_text(grid, value == DC_INTEGER_NULL ? NULL : dc_group_integer(value, text));
}

void dc_grid_date(dc_grid *grid, int64_t day)
{
  char text[DC_DATE_CHARS];
  dc_grid_text(grid, day == DC_DATE_MISSING ? NULL : dc_date_format((int32_t)day, text));
}

static void number_cell(dc_grid *grid, double value)
{
  char text[DC_NUMBER_CHARS];
  bool large = fabs(value) >= 10000;
  if (!isfinite(value))
    dc_grid_text(grid, NULL);
  else if (large)
    dc_grid_money(grid, value);
  else {
    snprintf(text, sizeof text, "%.4g", value);
    char *comma = strpbrk(text, ","); /* the locale's, should a host program have set one */
    if (comma) *comma = '.';
    dc_grid_text(grid, text);
  }
}

void dc_grid_cell(dc_grid *grid, dc_field_type type, const dc_cell *cell)
{
  switch (type) {
    case DC_FIELD_NUMBER: number_cell(grid, cell->number); break;
    case DC_FIELD_MONEY: dc_grid_money(grid, cell->number); break;
    case DC_FIELD_RATIO: dc_grid_ratio(grid, cell->number); break;
    case DC_FIELD_INTEGER: dc_grid_integer(grid, cell->integer); break;
    case DC_FIELD_DATE: dc_grid_date(grid, cell->integer); break;
    case DC_FIELD_TEXT: dc_grid_text(grid, cell->text); break;
    case DC_FIELD_BOOL: dc_grid_text(grid, cell->integer ? "yes" : "no"); break;
  }
}

static int widest(const dc_grid *grid, size_t column)
{
  int width = 0;
  for (size_t i = column; i < grid->count; i += grid->n_columns) {
    int w = dc_text_width(grid->cells[i]);
    if (w > width) width = w;
  }
  int heading = dc_text_width(grid->columns[column].heading);
  return width == 0 ? 0 : width > heading ? width : heading;
}

/* The longest column that may be cut gives way, a step at a time. When that cannot make a row fit, nothing is cut: then
 * the terminal breaks the line, and no text is lost for nothing. */
static void fit(const dc_grid *grid, int *width, int room)
{
  int cut[DC_GRID_COLUMNS];
  memcpy(cut, width, sizeof cut);
  for (;;) {
    int sum = -GAP, longest = -1;
    for (size_t c = 0; c < grid->n_columns; c++) {
      if (cut[c]) sum += cut[c] + GAP;
      bool cuttable = !grid->columns[c].keep && cut[c] > NARROWEST;
      if (cuttable && (longest < 0 || cut[c] > cut[longest])) longest = (int)c;
    }
    if (sum <= room) memcpy(width, cut, sizeof cut);
    if (sum <= room || longest < 0) return;
    cut[longest]--;
  }
}

/* The first character that is left when what comes before it is cut so that the rest takes at most `room`. */
static const char *tail_of(const char *text, int room)
{
  for (int left = dc_text_width(text); left > room && *text;) {
    int length = dc_utf8_length(text);
    left -= dc_utf8_width(dc_utf8_code(text, length));
    text += length;
  }
  return text;
}

/* Puts what fits into room; returns the columns that it takes. */
static int put_head(dc_sink *sink, const char *text, int room)
{
  int used = 0;
  while (*text) {
    int length = dc_utf8_length(text), w = dc_utf8_width(dc_utf8_code(text, length));
    if (used + w > room) break;
    dc_sink_bytes(sink, text, (size_t)length);
    used += w;
    text += length;
  }
  return used;
}

static void put_padded(dc_sink *sink, const char *text, int width, bool right, bool tail, bool last)
{
  static const char ellipsis[] = "\xE2\x80\xA6";
  int used = dc_text_width(text);
  if (right && used < width) dc_sink_repeat(sink, ' ', width - used);
  if (used <= width) {
    dc_sink_text(sink, text);
  } else if (tail) {
    dc_sink_text(sink, ellipsis);
    used = 1 + put_head(sink, tail_of(text, width - 1), width - 1);
  } else {
    used = 1 + put_head(sink, text, width - 1);
    dc_sink_text(sink, ellipsis);
  }
  if (!right && !last) dc_sink_repeat(sink, ' ', width - used);
}

static void put_line(dc_sink *sink, const dc_grid *grid, const int *width, const char *const *cells, int indent)
{
  size_t last = grid->n_columns;
  while (last > 0 && (!width[last - 1] || !*cells[last - 1])) last--;
  if (last > 0) dc_sink_repeat(sink, ' ', indent);
  bool first = true;
  for (size_t c = 0; c < last; c++) {
    if (!width[c]) continue;
    if (!first) dc_sink_repeat(sink, ' ', GAP);
    put_padded(sink, cells[c], width[c], grid->columns[c].right, grid->ends[c], c + 1 == last);
    first = false;
  }
  dc_sink_char(sink, '\n');
}

void dc_grid_print(const dc_grid *grid, dc_sink *sink, int indent, bool bold)
{
  int width[DC_GRID_COLUMNS] = {0};
  const char *headings[DC_GRID_COLUMNS];
  if (grid->failed) {
    dc_sink_text(sink, "(not shown: out of memory)\n");
    return;
  }
  for (size_t c = 0; c < grid->n_columns; c++) {
    headings[c] = grid->columns[c].heading;
    width[c] = widest(grid, c);
  }
  fit(grid, width, grid->width - indent);
  if (bold) dc_sink_text(sink, "\033[2m");
  put_line(sink, grid, width, headings, indent);
  if (bold) dc_sink_text(sink, "\033[0m");
  for (size_t i = 0; i + grid->n_columns <= grid->count; i += grid->n_columns)
    put_line(sink, grid, width, grid->cells + i, indent);
}
