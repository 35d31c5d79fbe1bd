#include "tests/deals/tables.h"

#include "engine/base/date.h"
#include "tests/check.h"

enum { MS_PER_DAY = 86400000 };

/* The cells of a text that is cut up in place. */
typedef struct grid {
  size_t rows, columns, count, capacity;
  char **cell; /* row-major, header included */
} grid;

static void *need(void *memory)
{
  assert_non_null(memory);
  return memory;
}

static char *copy(const char *text)
{
  size_t n = strlen(text) + 1;
  return memcpy(need(malloc(n)), text, n);
}

static void push(grid *g, char *cell)
{
  if (g->count == g->capacity) {
    g->capacity = 2 * g->capacity + 1024;
    g->cell = need(realloc(g->cell, g->capacity * sizeof *g->cell));
  }
  g->cell[g->count++] = cell;
}

static grid cut(char *p)
{
  grid g = {0, 0, 0, 0, NULL};
  static char none[] = "";
  if (!strncmp(p, "\xEF\xBB\xBF", 3)) p += 3;
  while (*p) {
    char *out = p, *start = p, end;
    bool quoted = false;
    for (; *p && (quoted || (*p != ',' && *p != '\n')); p++) {
      if (*p == '"' && quoted && p[1] == '"')
        *out++ = *p++;
      else if (*p == '"')
        quoted = !quoted;
      else if (*p != '\r')
        *out++ = *p;
    }
    end = *p;
    if (*p) p++;
    *out = '\0';
    push(&g, start);
    if (end == ',' && *p) continue;
    if (end == ',') push(&g, none);
    if (!g.columns) g.columns = g.count;
  }
  assert_true(g.columns > 0 && g.count % g.columns == 0);
  g.rows = g.count / g.columns - 1;
  return g;
}

static bool parse_number(const char *text, double *x)
{
  char *end;
  *x = strtod(text, &end);
  return end != text && *end == '\0' && strspn(text, "0123456789+-.eE") == strlen(text);
}

static bool parse_instant(const char *text, int64_t *ms)
{
  int32_t day;
  int h, m, s, used = 0;
  if (strlen(text) < 19 || !dc_date_parse_iso(text, 10, &day)) return false;
  if (sscanf(text + 10, " %2d:%2d:%2d%n", &h, &m, &s, &used) != 3 || text[10 + used]) return false;
  *ms = (int64_t)day * MS_PER_DAY + ((int64_t)h * 3600 + m * 60 + s) * 1000;
  return true;
}

static dc_type type_by_content(char *const *cell, size_t stride, size_t rows)
{
  bool number = true, date = true, instant = true, any = false;
  for (size_t r = 0; r < rows; r++) {
    const char *text = cell[r * stride];
    double x;
    int32_t day;
    int64_t ms;
    if (!*text) continue;
    any = true;
    number = number && parse_number(text, &x);
    date = date && dc_date_parse_iso(text, strlen(text), &day);
    instant = instant && parse_instant(text, &ms);
  }
  if (!any) return DC_TYPE_EMPTY;
  return number ? DC_TYPE_NUMBER : date ? DC_TYPE_DATE : instant ? DC_TYPE_INSTANT : DC_TYPE_CATEGORY;
}

static int by_bytes(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void fill_category(dc_column *column, char *const *cell, size_t stride, size_t rows)
{
  const char **sorted = need(malloc((rows + 1) * sizeof *sorted));
  uint32_t *codes = column->codes = need(calloc(rows + 1, sizeof *codes));
  column->code_bytes = sizeof *codes;
  sorted[0] = "";
  for (size_t r = 0; r < rows; r++) sorted[r + 1] = cell[r * stride];
  qsort(sorted, rows + 1, sizeof *sorted, by_bytes);
  size_t n = 1;
  for (size_t i = 1; i <= rows; i++)
    if (strcmp(sorted[i], sorted[n - 1]) != 0) sorted[n++] = sorted[i];
  column->words = need(calloc(n, sizeof *column->words));
  column->n_words = n;
  size_t bytes = 0;
  for (size_t i = 0; i < n; i++) bytes += strlen(sorted[i]) + 1;
  char *at = column->bytes = need(malloc(bytes));
  for (size_t i = 0; i < n; i++) {
    column->words[i] = strcpy(at, sorted[i]);
    at += strlen(at) + 1;
  }
  for (size_t r = 0; r < rows; r++) {
    char **found = bsearch(&cell[r * stride], column->words, n, sizeof *column->words, by_bytes);
    codes[r] = (uint32_t)(found - column->words);
  }
  free(sorted);
}

static void fill_text(dc_column *column, char *const *cell, size_t stride, size_t rows)
{
  size_t bytes = 0;
  uint64_t *offset = column->offsets = need(calloc(rows + 1, sizeof *offset));
  column->offset_bytes = sizeof *offset;
  for (size_t r = 0; r < rows; r++) offset[r + 1] = bytes += strlen(cell[r * stride]);
  column->bytes = need(malloc(bytes + 1));
  for (size_t r = 0; r < rows; r++)
    memcpy(column->bytes + offset[r], cell[r * stride], (size_t)(offset[r + 1] - offset[r]));
}

static void fill(dc_column *column, char *const *cell, size_t stride, size_t rows)
{
  size_t size = rows + 1;
  if (column->type == DC_TYPE_CATEGORY) fill_category(column, cell, stride, rows);
  if (column->type == DC_TYPE_TEXT) fill_text(column, cell, stride, rows);
  if (column->type == DC_TYPE_NUMBER) column->number = need(calloc(size, sizeof *column->number));
  if (column->type == DC_TYPE_DATE) column->date = need(calloc(size, sizeof *column->date));
  if (column->type == DC_TYPE_INSTANT) column->instant = need(calloc(size, sizeof *column->instant));
  for (size_t r = 0; r < rows; r++) {
    const char *text = cell[r * stride];
    bool filled = *text != '\0', good = true;
    if (column->number) good = parse_number(text, &column->number[r]);
    if (column->number && !good) column->number[r] = NAN;
    if (column->date && !filled) column->date[r] = DC_DATE_MISSING;
    if (column->date && filled) dc_date_parse_iso(text, strlen(text), &column->date[r]);
    if (column->instant && !filled) column->instant[r] = DC_INSTANT_MISSING;
    if (column->instant && filled) parse_instant(text, &column->instant[r]);
    column->n_bad += filled && !good;
    column->n_missing += !filled || !good;
  }
}

static dc_table *new_table(size_t rows, size_t columns)
{
  dc_table *table = need(calloc(1, sizeof *table));
  table->rows = rows;
  table->n_columns = columns;
  table->columns = need(calloc(columns, sizeof *table->columns));
  table->line = need(calloc(rows + 1, sizeof *table->line));
  for (size_t r = 0; r < rows; r++) table->line[r] = (uint32_t)(r + 2);
  return table;
}

dc_table *table_from(dc_shape shape, const char *csv)
{
  char *text = copy(csv);
  grid g = cut(text);
  dc_table *table = new_table(g.rows, g.columns);
  for (size_t c = 0; c < g.columns; c++) {
    dc_column *column = &table->columns[c];
    char *const *cell = g.cell + g.columns + c;
    column->name = copy(g.cell[c]);
    dc_type content = type_by_content(cell, g.columns, g.rows),
            expected = dc_roles_expect(column->name, shape, NULL, 0);
    bool open = expected == DC_TYPE_EMPTY || expected == DC_TYPE_DATE; /* a date is a wish only */
    column->type = content == DC_TYPE_EMPTY || open ? content : expected;
    fill(column, cell, g.columns, g.rows);
  }
  free(g.cell);
  free(text);
  return table;
}

dc_table *table_from_file(dc_shape shape, const char *path)
{
  FILE *file = need(fopen(path, "rb"));
  size_t n = 0, room = 1 << 16, got;
  char *text = need(malloc(room));
  while ((got = fread(text + n, 1, room - n - 1, file)) > 0)
    if ((n += got) + 1 == room) text = need(realloc(text, room *= 2));
  fclose(file);
  text[n] = '\0';
  dc_table *table = table_from(shape, text);
  free(text);
  return table;
}

dc_table *table_of_numbers(const char *name, const double *x, size_t rows)
{
  dc_table *table = new_table(rows, 1);
  dc_column *column = table->columns;
  column->name = copy(name);
  column->type = DC_TYPE_NUMBER;
  column->number = need(malloc((rows + 1) * sizeof *x));
  memcpy(column->number, x, rows * sizeof *x);
  for (size_t r = 0; r < rows; r++) column->n_missing += isnan(x[r]) ? 1 : 0;
  return table;
}

dc_table *table_of_words(const char *name, const char *const *words, size_t rows, dc_type type)
{
  dc_table *table = new_table(rows, 1);
  char **cell = need(malloc((rows + 1) * sizeof *cell));
  for (size_t r = 0; r < rows; r++) cell[r] = copy(words[r]);
  table->columns->name = copy(name);
  table->columns->type = type;
  fill(table->columns, cell, 1, rows);
  for (size_t r = 0; r < rows; r++) free(cell[r]);
  free(cell);
  return table;
}
