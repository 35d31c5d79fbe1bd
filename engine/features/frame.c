/* Which rows of a table are used, and in which order. */
#include "engine/base/arena.h"
#include "engine/features/frame_parts.h"

#include <stdlib.h>
#include <string.h>

enum { DAY_MS = 86400000 };

dc_status dc_frame_no_memory(dc_framing *m) { return dc_fail_memory(m->error, "laying rows out for a model"); }

double dc_cell_value(const dc_column *column, size_t row)
{
  switch (column->type) {
    case DC_TYPE_NUMBER: return column->number[row];
    case DC_TYPE_DATE: return column->date[row] == DC_DATE_MISSING ? (double)NAN : (double)column->date[row];
    case DC_TYPE_INSTANT:
      return column->instant[row] == DC_INSTANT_MISSING ? (double)NAN : (double)column->instant[row] / DAY_MS;
    default: return (double)NAN;
  }
}

bool dc_cell_missing(const dc_column *column, size_t row)
{
  size_t length;
  switch (column->type) {
    case DC_TYPE_CATEGORY: return dc_column_code(column, row) == 0;
    case DC_TYPE_TEXT: dc_column_text(column, row, &length); return length == 0;
    case DC_TYPE_EMPTY: return true;
    default: return isnan(dc_cell_value(column, row));
  }
}

static const dc_column *column_of(const dc_framing *m, size_t c)
{
  return m->column[c] < 0 ? NULL : &m->table->columns[m->column[c]];
}

/* Does a row without it stay out? */
static bool is_needed(const dc_framing *m, size_t c)
{
  const dc_recipe *r = m->known;
  if (dc_recipe_needs(r, c)) return true;
  return m->learning &&
         (c == r->response.column || c == r->trials || c == r->weights || c == r->cluster || c == r->time);
}

/* One transform in the terms, offsets or the response. */
static dc_status check_part(dc_framing *m, const dc_recipe_part *part)
{
  const dc_column *column = column_of(m, part->column);
  size_t n = 0, first = 0;
  if (part->transform == DC_AS_IS || !column) return DC_OK;
  for (size_t row = 0; row < m->table->rows; row++) {
    double x = dc_cell_value(column, row);
    if (isnan(x) || isfinite(dc_transform_value(part->transform, part->power, x))) continue;
    if (!n++) first = row;
    if (!m->learning && !m->f->incomplete[row]) m->f->incomplete[row] = true;
  }
  m->f->undefined[part->column] += n;
  if (!n || !m->learning) return DC_OK;
  bool zero = dc_cell_value(column, first) == 0;
  return dc_fail_at(m->error, DC_E_INPUT, m->file, m->table->line[first], 0,
                    "%s%s(\"%.80s\") has no finite value in %zu row%s, here of %g%s",
                    part->transform == DC_POWER ? "^" : "", dc_transform_name(part->transform), column->name, n,
                    n == 1 ? "" : "s", dc_cell_value(column, first),
                    zero && part->transform == DC_LOG ? "; log1p takes 0 and above" : "");
}

static dc_status check_transforms(dc_framing *m)
{
  const dc_recipe *r = m->known;
  dc_status status = m->learning ? check_part(m, &r->response) : DC_OK;
  for (size_t t = 0; t < r->n_terms; t++)
    for (size_t i = 0; i < r->terms[t].n_parts && status == DC_OK; i++) status = check_part(m, &r->terms[t].parts[i]);
  for (size_t k = 0; k < r->n_offsets && status == DC_OK; k++) status = check_part(m, &r->offsets[k]);
  return status;
}

static dc_status select_rows(dc_framing *m)
{
  dc_frame *f = m->f;
  size_t rows = m->table->rows;
  for (size_t c = 0; c < f->n_columns; c++) {
    const dc_column *column = column_of(m, c);
    if (!column || !is_needed(m, c)) continue;
    for (size_t row = 0; row < rows; row++) {
      if (!dc_cell_missing(column, row)) continue;
      f->missing[c]++;
      f->incomplete[row] = true;
    }
  }
  dc_status status = check_transforms(m);
  if (status != DC_OK) return status;
  size_t n = 0;
  f->row = dc_arena_alloc(f->arena, rows + 1, sizeof *f->row);
  if (!f->row) return dc_frame_no_memory(m);
  for (size_t row = 0; row < rows; row++)
    if (!f->incomplete[row]) f->row[n++] = row;
  f->design.n_rows = n;
  f->left_out = rows - n;
  return DC_OK;
}

/* --- order --- */

static int compare_cells(const dc_column *column, size_t a, size_t b)
{
  if (column->type == DC_TYPE_CATEGORY) {
    uint32_t x = dc_column_code(column, a), y = dc_column_code(column, b);
    return (x > y) - (x < y);
  }
  if (column->type == DC_TYPE_TEXT) {
    size_t n[2];
    const char *x = dc_column_text(column, a, &n[0]), *y = dc_column_text(column, b, &n[1]);
    int by_bytes = memcmp(x, y, n[0] < n[1] ? n[0] : n[1]);
    return by_bytes ? by_bytes : (n[0] > n[1]) - (n[0] < n[1]);
  }
  double x = dc_cell_value(column, a), y = dc_cell_value(column, b);
  if (isnan(x) || isnan(y)) return (int)isnan(y) - (int)isnan(x);
  return (x > y) - (x < y);
}

/* By the id, then by all that is read; rows that are alike in it all may stand in any order. */
static int compare_rows(const dc_framing *m, size_t a, size_t b)
{
  const dc_column *id = column_of(m, m->known->id);
  int order = id ? compare_cells(id, a, b) : 0;
  for (size_t c = 0; c < m->f->n_columns && !order; c++)
    if (column_of(m, c)) order = compare_cells(column_of(m, c), a, b);
  return order;
}

/* Merges runs of 1, 2, 4, ... rows. */
static dc_status sort_rows(dc_framing *m)
{
  size_t n = m->f->design.n_rows, *from = m->f->row;
  size_t *to = dc_arena_alloc(m->scratch, n + 1, sizeof *to);
  if (!to) return dc_frame_no_memory(m);
  for (size_t run = 1; run < n; run *= 2) {
    for (size_t begin = 0; begin < n; begin += 2 * run) {
      size_t middle = begin + run < n ? begin + run : n, end = begin + 2 * run < n ? begin + 2 * run : n;
      for (size_t i = begin, j = middle, k = begin; k < end; k++) {
        bool left = j == end || (i < middle && compare_rows(m, from[i], from[j]) <= 0);
        to[k] = left ? from[i++] : from[j++];
      }
    }
    size_t *swap = from;
    from = to;
    to = swap;
  }
  if (from != m->f->row) memcpy(m->f->row, from, n * sizeof *from);
  return DC_OK;
}

dc_status dc_frame_rows(dc_framing *m)
{
  dc_frame *f = m->f;
  f->n_columns = m->known->n_columns;
  f->missing = dc_arena_alloc(f->arena, f->n_columns + 1, sizeof *f->missing);
  f->unknown = dc_arena_alloc(f->arena, f->n_columns + 1, sizeof *f->unknown);
  f->undefined = dc_arena_alloc(f->arena, f->n_columns + 1, sizeof *f->undefined);
  f->incomplete = dc_arena_alloc(f->arena, m->table->rows + 1, sizeof *f->incomplete);
  if (!f->missing || !f->unknown || !f->undefined || !f->incomplete) return dc_frame_no_memory(m);
  dc_status status = select_rows(m);
  if (status != DC_OK || m->known->id == DC_NO_COLUMN || !m->learning) return status;
  return sort_rows(m);
}

/* --- all of it --- */

static dc_status build(dc_framing *m)
{
  dc_status status = dc_frame_rows(m);
  if (status == DC_OK && m->learning && m->f->design.n_rows == 0)
    return dc_fail_at(m->error, DC_E_SHORT, m->file, 0, 0, "no row has a value in every column that the model needs");
  if (status == DC_OK) status = dc_frame_levels(m);
  return status == DC_OK ? dc_frame_terms(m) : status;
}

static dc_status make(dc_framing *m, dc_frame **frame)
{
  m->f = calloc(1, sizeof *m->f);
  m->scratch = dc_arena_new();
  if (m->f) m->f->arena = dc_arena_new();
  dc_status status = m->f && m->f->arena && m->scratch ? build(m) : dc_frame_no_memory(m);
  dc_arena_free(m->scratch);
  if (status == DC_OK)
    *frame = m->f;
  else
    dc_frame_free(m->f);
  return status;
}

dc_status dc_frame_learn(dc_recipe *recipe, const dc_table *table, const int *column, const char *file,
                         dc_frame **frame, dc_error *error)
{
  dc_framing m = {recipe, recipe, table, column, file, true, NULL, NULL, NULL, error};
  return make(&m, frame);
}

dc_status dc_frame_apply(const dc_recipe *recipe, const dc_table *table, const int *column, dc_frame **frame,
                         dc_error *error)
{
  dc_framing m = {NULL, recipe, table, column, "", false, NULL, NULL, NULL, error};
  return make(&m, frame);
}

void dc_frame_free(dc_frame *frame)
{
  if (!frame) return;
  dc_arena_free(frame->arena);
  free(frame);
}
