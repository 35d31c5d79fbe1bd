#include "models/folds.h"

#include "engine/base/arena.h"
#include "engine/base/random.h"

#include <stdlib.h>
#include <string.h>

typedef struct marked_row {
  uint64_t hash;
  size_t row;
} marked_row;

static uint64_t add_number(uint64_t hash, const double *x, size_t row)
{
  return x ? dc_hash_bytes(&x[row], sizeof x[row], hash) : hash;
}

static uint64_t add_code(uint64_t hash, const dc_codes *codes, size_t row)
{
  if (!codes || !codes->code) return hash;
  uint32_t code = dc_codes_at(codes, row);
  return dc_hash_bytes(&code, sizeof code, hash);
}

static uint64_t hash_row(const dc_task *task, size_t row)
{
  const dc_design *d = task->design;
  const dc_response *r = task->response;
  uint64_t hash = add_number(add_number(add_number(0, r->y, row), r->trials, row), r->time, row);
  hash = add_code(hash, r->category, row);
  hash = add_number(add_number(hash, d->offset, row), d->weight, row);
  for (size_t t = 0; t < d->n_terms; t++) {
    hash = add_code(add_number(hash, d->terms[t].number, row), &d->terms[t].codes, row);
    for (size_t k = 0; k < d->terms[t].n_slopes; k++) hash = add_number(hash, d->terms[t].slope[k], row);
  }
  return hash;
}

static int ascending(const void *a, const void *b)
{
  const marked_row *x = a, *y = b;
  if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
  return (x->row > y->row) - (x->row < y->row);
}

dc_status dc_folds_deal(const dc_task *task, size_t count, uint32_t *fold, dc_error *error)
{
  size_t n = task->design->n_rows, before = 0;
  marked_row *rows = malloc((n + 1) * sizeof *rows);
  if (!rows) return dc_fail_memory(error, "dealing rows to folds");
  for (size_t i = 0; i < n; i++) rows[i] = (marked_row){hash_row(task, i), i};
  qsort(rows, n, sizeof *rows, ascending);
  for (size_t i = 0; i < n; i++) {
    before = i && rows[i].hash == rows[i - 1].hash ? before + 1 : 0;
    fold[rows[i].row] = (uint32_t)(dc_hash_bytes(&before, sizeof before, rows[i].hash) % count);
  }
  free(rows);
  return DC_OK;
}

/* ---- some of the rows ---- */

typedef struct taking {
  const uint8_t *marked;
  size_t rows, taken;
  struct dc_arena *arena;
  bool short_of_memory;
} taking;

static const void *take(taking *t, const void *from, size_t bytes)
{
  if (!from) return NULL;
  char *to = dc_arena_alloc(t->arena, t->taken + 1, bytes);
  t->short_of_memory |= !to;
  for (size_t i = 0, k = 0; i < t->rows && to; i++)
    if (t->marked[i]) memcpy(to + k++ * bytes, (const char *)from + i * bytes, bytes);
  return to;
}

static const double *take_numbers(taking *t, const double *from) { return take(t, from, sizeof *from); }

static dc_codes take_codes(taking *t, const dc_codes *from)
{
  dc_codes codes = *from;
  codes.code = take(t, from->code, from->bytes);
  return codes;
}

static const dc_codes *take_codes_at(taking *t, const dc_codes *from)
{
  dc_codes *codes = from ? dc_arena_alloc(t->arena, 1, sizeof *codes) : NULL;
  t->short_of_memory |= from && !codes;
  if (codes) *codes = take_codes(t, from);
  return codes;
}

static void take_term(taking *t, dc_term *term)
{
  const double **slope = term->n_slopes ? dc_arena_alloc(t->arena, term->n_slopes, sizeof *slope) : NULL;
  t->short_of_memory |= term->n_slopes && !slope;
  term->number = take_numbers(t, term->number);
  term->codes = take_codes(t, &term->codes);
  for (size_t k = 0; k < term->n_slopes && slope; k++) slope[k] = take_numbers(t, term->slope[k]);
  term->slope = slope;
}

dc_status dc_some_rows_take(const dc_task *task, const uint8_t *marked, struct dc_arena *arena, dc_some_rows *some,
                            dc_error *error)
{
  taking t = {.marked = marked, .rows = task->design->n_rows, .arena = arena};
  *some = (dc_some_rows){*task->design, *task->response, *task};
  dc_term *terms = dc_arena_alloc(arena, some->design.n_terms + 1, sizeof *terms);
  for (size_t i = 0; i < t.rows; i++) t.taken += marked[i] != 0;
  for (size_t k = 0; k < some->design.n_terms && terms; k++) {
    terms[k] = some->design.terms[k];
    take_term(&t, &terms[k]);
  }
  some->design.n_rows = t.taken;
  some->design.terms = terms;
  some->design.offset = take_numbers(&t, some->design.offset);
  some->design.weight = take_numbers(&t, some->design.weight);
  some->design.cluster = take_codes_at(&t, some->design.cluster);
  some->response.y = take_numbers(&t, some->response.y);
  some->response.trials = take_numbers(&t, some->response.trials);
  some->response.time = take_numbers(&t, some->response.time);
  some->response.category = take_codes_at(&t, some->response.category);
  some->task.design = &some->design;
  some->task.response = &some->response;
  some->task.arena = arena;
  return terms && !t.short_of_memory ? DC_OK : dc_fail_memory(error, "taking some of the rows");
}
