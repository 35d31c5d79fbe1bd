#include "dealcast/result.h"

#include "dealcast/table.h"
#include "engine/base/arena.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lists grow by doubling inside the arena: the old copies stay until the result goes, at most as much again. */
enum { FIRST_ROWS = 16, FIRST_ENTRIES = 16, WARNING_CHARS = 1024 };

dc_result *dc_result_new(const char *schema)
{
  dc_result *result = calloc(1, sizeof *result);
  if (!result) return NULL;
  result->arena = dc_arena_new();
  if (result->arena) result->schema = dc_arena_copy(result->arena, schema, strlen(schema));
  if (result->schema) return result;
  dc_result_free(result);
  return NULL;
}

static void free_cells(dc_result_table *table)
{
  if (table) free(table->cells);
}

void dc_result_free(dc_result *result)
{
  if (!result) return;
  free_cells(result->inputs);
  free_cells(result->fixes);
  for (size_t i = 0; i < result->n_tables; i++) free_cells(result->tables[i]);
  dc_arena_free(result->arena);
  free(result);
}

dc_status dc_result_check(const dc_result *result, dc_error *error)
{
  if (!result || result->failed) return dc_fail_memory(error, "building the result");
  return DC_OK;
}

/* A copy in the arena; NULL stays NULL, and a failed one is NULL and remembered. */
static char *copy_n(dc_result *result, const char *text, size_t length)
{
  if (!text) return NULL;
  char *copy = dc_arena_copy(result->arena, text, length);
  if (!copy) result->failed = true;
  return copy;
}

static char *copy(dc_result *result, const char *text) { return copy_n(result, text, text ? strlen(text) : 0); }

/* Room for one more in a list of the arena; false when memory ended. */
static bool reserve(dc_result *result, void **items, size_t count, size_t size)
{
  bool full = count == 0 || (count >= FIRST_ENTRIES && (count & (count - 1)) == 0);
  if (!full) return true;
  void *larger = dc_arena_alloc(result->arena, count ? 2 * count : FIRST_ENTRIES, size);
  if (!larger) {
    result->failed = true;
    return false;
  }
  if (count) memcpy(larger, *items, count * size);
  *items = larger;
  return true;
}

/* What dc_result_add returns when memory ended: no fields, no rows, swallows every cell. */
static dc_result_table swallower;

static dc_result_table *new_table(dc_result *result, const char *name, const dc_field_spec *fields)
{
  size_t n = 0;
  while (fields[n].name) n++;
  dc_result_table *table = dc_arena_alloc(result->arena, 1, sizeof *table);
  dc_field *own = dc_arena_alloc(result->arena, n, sizeof *own);
  if (!table || !own) {
    result->failed = true;
    return NULL;
  }
  for (size_t i = 0; i < n; i++) {
    own[i].name = copy(result, fields[i].name);
    own[i].type = fields[i].type;
  }
  table->name = copy(result, name);
  table->n_fields = n;
  table->fields = own;
  table->owner = result;
  return result->failed ? NULL : table;
}

dc_result_table *dc_result_add(dc_result *result, const char *name, const dc_field_spec *fields)
{
  dc_result_table *table = new_table(result, name, fields);
  void *tables = result->tables;
  if (!table || !reserve(result, &tables, result->n_tables, sizeof *result->tables)) return &swallower;
  result->tables = tables;
  result->tables[result->n_tables++] = table;
  return table;
}

dc_result_table *dc_result_add_inputs(dc_result *result, const dc_field_spec *fields)
{
  assert(!result->inputs);
  dc_result_table *table = new_table(result, "inputs", fields);
  if (!table) return &swallower;
  result->inputs = table;
  return table;
}

dc_result_table *dc_result_add_fixes(dc_result *result, const dc_field_spec *fields)
{
  assert(!result->fixes);
  dc_result_table *table = new_table(result, "fixes", fields);
  if (!table) return &swallower;
  result->fixes = table;
  return table;
}

dc_result_table *dc_result_find(const dc_result *result, const char *name)
{
  for (size_t i = 0; i < result->n_tables; i++)
    if (strcmp(result->tables[i]->name, name) == 0) return result->tables[i];
  return NULL;
}

/* The next cell of the row under construction, whose type must fit; NULL when it is to be swallowed. */
static dc_cell *next_cell(dc_result_table *table, bool (*fits)(dc_field_type))
{
  (void)fits;
  if (!table->owner || table->owner->failed) return NULL;
  assert(fits(table->fields[table->filled].type));
  if (table->rows == table->capacity) {
    size_t capacity = table->capacity ? 2 * table->capacity : FIRST_ROWS;
    dc_cell *cells = NULL;
    if (capacity <= SIZE_MAX / sizeof *cells / table->n_fields)
      cells = realloc(table->cells, capacity * table->n_fields * sizeof *cells);
    if (!cells) {
      table->owner->failed = true;
      return NULL;
    }
    table->cells = cells;
    table->capacity = capacity;
  }
  dc_cell *cell = &table->cells[table->rows * table->n_fields + table->filled];
  if (++table->filled == table->n_fields) {
    table->filled = 0;
    table->rows++;
  }
  return cell;
}

static bool is_number(dc_field_type type)
{
  return type == DC_FIELD_NUMBER || type == DC_FIELD_MONEY || type == DC_FIELD_RATIO;
}

static bool is_integer(dc_field_type type) { return type == DC_FIELD_INTEGER; }
static bool is_date(dc_field_type type) { return type == DC_FIELD_DATE; }
static bool is_text(dc_field_type type) { return type == DC_FIELD_TEXT; }
static bool is_bool(dc_field_type type) { return type == DC_FIELD_BOOL; }

void dc_put_number(dc_result_table *table, double value)
{
  dc_cell *cell = next_cell(table, is_number);
  if (cell) cell->number = value;
}

void dc_put_integer(dc_result_table *table, int64_t value)
{
  dc_cell *cell = next_cell(table, is_integer);
  if (cell) cell->integer = value;
}

void dc_put_date(dc_result_table *table, int32_t day)
{
  dc_cell *cell = next_cell(table, is_date);
  if (cell) cell->integer = day;
}

void dc_put_text_n(dc_result_table *table, const char *text, size_t length)
{
  dc_cell *cell = next_cell(table, is_text);
  if (cell) cell->text = copy_n(table->owner, text, length);
}

void dc_put_text(dc_result_table *table, const char *text) { dc_put_text_n(table, text, text ? strlen(text) : 0); }

void dc_put_bool(dc_result_table *table, bool value)
{
  dc_cell *cell = next_cell(table, is_bool);
  if (cell) cell->integer = value;
}

/* A new entry, or the one of that name set before. */
static dc_cell *entry(dc_result *result, dc_entries *entries, const char *name, dc_field_type type)
{
  for (size_t i = 0; i < entries->count; i++) {
    if (strcmp(entries->items[i].name, name) != 0) continue;
    entries->items[i].type = type;
    return &entries->items[i].cell;
  }
  void *items = entries->items;
  char *own = copy(result, name);
  if (!own || !reserve(result, &items, entries->count, sizeof *entries->items)) return NULL;
  entries->items = items;
  dc_entry *last = &entries->items[entries->count++];
  last->name = own;
  last->type = type;
  return &last->cell;
}

void dc_set_number(dc_result *result, dc_entries *entries, const char *name, double value)
{
  dc_cell *cell = entry(result, entries, name, DC_FIELD_NUMBER);
  if (cell) cell->number = value;
}

void dc_set_integer(dc_result *result, dc_entries *entries, const char *name, int64_t value)
{
  dc_cell *cell = entry(result, entries, name, DC_FIELD_INTEGER);
  if (cell) cell->integer = value;
}

void dc_set_date(dc_result *result, dc_entries *entries, const char *name, int32_t day)
{
  dc_cell *cell = entry(result, entries, name, DC_FIELD_DATE);
  if (cell) cell->integer = day;
}

void dc_set_text(dc_result *result, dc_entries *entries, const char *name, const char *text)
{
  dc_cell *cell = entry(result, entries, name, DC_FIELD_TEXT);
  if (cell) cell->text = copy(result, text);
}

void dc_set_bool(dc_result *result, dc_entries *entries, const char *name, bool value)
{
  dc_cell *cell = entry(result, entries, name, DC_FIELD_BOOL);
  if (cell) cell->integer = value;
}

void dc_warn(dc_result *result, const char *format, ...)
{
  char text[WARNING_CHARS];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  void *warnings = result->warnings;
  char *own = copy(result, text);
  if (!own || !reserve(result, &warnings, result->n_warnings, sizeof *result->warnings)) return;
  result->warnings = warnings;
  result->warnings[result->n_warnings++] = own;
}

void dc_fail_check(dc_result *result, const char *format, ...)
{
  char text[WARNING_CHARS];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  result->failed_check = copy(result, text);
}

int dc_field_index(const dc_result_table *table, const char *name)
{
  for (size_t i = 0; i < table->n_fields; i++)
    if (strcmp(table->fields[i].name, name) == 0) return (int)i;
  return -1;
}
