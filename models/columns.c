#include "models/columns.h"

#include "engine/base/arena.h"

#include <math.h>

enum { BLOCK_ROWS = 1 << 14 };

size_t dc_columns_of(const dc_term *term)
{
  if (term->kind == DC_TERM_NUMBER) return 1;
  return term->codes.levels - (term->kind == DC_TERM_SLOPES && term->reference == DC_NO_REFERENCE ? 0 : 1);
}

dc_status dc_columns_begin(dc_columns *columns, const dc_design *design, struct dc_arena *arena, dc_error *error)
{
  size_t *first = dc_arena_alloc(arena, design->n_terms + 1, sizeof *first), n = design->intercept ? 1 : 0;
  if (!first) return dc_fail_memory(error, "laying out columns");
  for (size_t t = 0; t < design->n_terms; t++) {
    const dc_term *term = &design->terms[t];
    if (term->kind == DC_TERM_SMOOTH || term->kind == DC_TERM_EFFECT)
      return dc_fail(error, DC_E_USAGE, "term %s is shrunken already: it takes no other penalty", term->name);
    first[t] = n;
    n += dc_columns_of(term);
  }
  *columns = (dc_columns){design, n, design->n_terms + (design->intercept ? 1 : 0), first};
  return DC_OK;
}

typedef struct pass {
  const dc_task *task;
  const dc_columns *columns;
  const dc_column_scale *scale; /* NULL in the first pass */
} pass;

/* Of all rows, then of each column over the rows where it has an entry: elsewhere it is zero. */
typedef struct part {
  double weight, rows, sum, square, least, most;
} part;

static void join(part *a, const part *b)
{
  if (b->rows == 0) return;
  a->least = a->rows > 0 ? fmin(a->least, b->least) : b->least;
  a->most = a->rows > 0 ? fmax(a->most, b->most) : b->most;
  a->rows += b->rows;
  a->weight += b->weight;
  a->sum += b->sum;
  a->square += b->square;
}

static dc_status accumulate(void *context, size_t first, size_t last, void *partial)
{
  const pass *p = context;
  part *parts = partial;
  for (size_t i = first; i < last; i++) {
    double w = dc_row_weight(p->task, i);
    if (!(w > 0)) continue;
    join(&parts[0], &(part){.weight = w, .rows = 1});
    for (size_t k = 0; k < p->columns->widest; k++) {
      size_t at;
      double x;
      if (!dc_columns_entry(p->columns, i, k, &at, &x)) continue;
      double away = p->scale ? x - p->scale[at].mean : 0;
      join(&parts[1 + at], &(part){w, 1, w * x, w * away * away, x, x});
    }
  }
  return DC_OK;
}

static void merge(void *context, void *into, const void *from)
{
  const pass *p = context;
  for (size_t k = 0; k <= p->columns->n; k++) join((part *)into + k, (const part *)from + k);
}

dc_status dc_columns_measure(const dc_task *task, const dc_columns *columns, dc_column_scale *scale, double *total,
                             dc_error *error)
{
  size_t n = columns->n, rows = task->design->n_rows;
  part *parts = dc_arena_alloc(task->arena, n + 1, sizeof *parts);
  if (!parts) return dc_fail_memory(error, "measuring columns");
  pass p = {task, columns, NULL};
  for (int turn = 0; turn < 2; turn++) {
    dc_status status = dc_task_fold(task, rows, BLOCK_ROWS, (n + 1) * sizeof *parts, accumulate, merge, &p, parts,
                                    error);
    if (status != DC_OK) return status;
    for (size_t k = 0; k < n; k++) {
      const part *c = &parts[1 + k];
      dc_column_scale *s = &scale[k];
      bool zeros = c->rows < parts[0].rows;
      if (turn == 0) {
        *s = (dc_column_scale){c->sum / parts[0].weight, 0, zeros ? fmin(c->least, 0) : c->least,
                               zeros ? fmax(c->most, 0) : c->most};
      } else if (s->most > s->least) {
        s->sd = sqrt((c->square + (parts[0].weight - c->weight) * s->mean * s->mean) / parts[0].weight);
      }
    }
    p.scale = scale;
  }
  if (task->design->intercept) scale[0] = (dc_column_scale){0, 1, 1, 1};
  if (total) *total = parts[0].weight;
  return DC_OK;
}

dc_status dc_terms_measure(const dc_task *task, dc_column_scale *scale, dc_error *error)
{
  const dc_design *all = task->design;
  dc_term *terms = dc_arena_alloc(task->arena, all->n_terms + 1, sizeof *terms);
  dc_column_scale *found = dc_arena_alloc(task->arena, all->n_terms + 1, sizeof *found);
  if (!terms || !found) return dc_fail_memory(error, "measuring columns");
  dc_design numbers = *all;
  numbers.intercept = false;
  numbers.terms = terms;
  numbers.n_terms = 0;
  for (size_t t = 0; t < all->n_terms; t++)
    if (all->terms[t].kind == DC_TERM_NUMBER || all->terms[t].kind == DC_TERM_SLOPES)
      terms[numbers.n_terms++] = (dc_term){.name = all->terms[t].name, .number = all->terms[t].number};
  dc_task aside = *task;
  aside.design = &numbers;
  dc_columns columns;
  dc_status status = dc_columns_begin(&columns, &numbers, task->arena, error);
  if (status == DC_OK) status = dc_columns_measure(&aside, &columns, found, NULL, error);
  for (size_t t = 0, k = 0; t < all->n_terms && status == DC_OK; t++) {
    bool numbered = all->terms[t].kind == DC_TERM_NUMBER || all->terms[t].kind == DC_TERM_SLOPES;
    scale[t] = numbered ? found[k++] : (dc_column_scale){0, 1, 0, 1};
  }
  return status;
}
