/* What belongs to each scope: items with the codes of their scope, sorted once, then cut where the codes change. */
#include "engine/run/columns.h"
#include "engine/run/scopes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* In the order in which a scope's items stand. */
typedef enum item_kind { OPEN, KIND, BOOKED, WANTED } item_kind;

/* index: of an open deal or a booking in the snapshot, or of a kind in the projection (once for each deal like it). */
typedef struct item {
  uint32_t code[DC_MOST_CROSSED];
  uint32_t index;
  item_kind kind;
} item;

typedef struct filler {
  dc_scopes *scopes;
  const dc_resolved *r;
  const dc_snapshot *now;
  const dc_projection *p;
  item *items;
  size_t n_items;
} filler;

/* None comes last. */
static int compare_codes(const uint32_t *a, const uint32_t *b)
{
  for (int k = 0; k < DC_MOST_CROSSED; k++)
    if (a[k] != b[k]) return a[k] - 1 < b[k] - 1 ? -1 : 1;
  return 0;
}

static int compare_items(const void *left, const void *right)
{
  const item *a = left, *b = right;
  int order = compare_codes(a->code, b->code);
  if (order) return order;
  if (a->kind != b->kind) return a->kind < b->kind ? -1 : 1;
  return (a->index > b->index) - (a->index < b->index);
}

static uint32_t code_of(const filler *f, const dc_dimension *d, size_t deal, const dc_view *view, bool to_come)
{
  uint32_t code = 0;
  if (d->attribute == DC_COLUMN_STAGE) {
    code = to_come ? 0 : view->stage;
  } else if (d->role == DC_ROLE_OWNER && view->owner) {
    code = view->owner;
  } else {
    const dc_attribute *a = &f->r->log->attributes[d->attribute];
    code = d->to_word[dc_deals_attribute(f->r->log, a, deal, f->r->as_of)];
  }
  /* A value that is spelled like our word for none is none. */
  return code && strcmp(d->words.text[code], DC_SCOPE_NONE) == 0 ? 0 : code;
}

static void add_item(filler *f, const dc_grouping *g, item_kind kind, size_t index, size_t deal, const dc_view *view)
{
  item *one = &f->items[f->n_items++];
  memset(one, 0, sizeof *one);
  one->kind = kind;
  one->index = (uint32_t)index;
  for (int k = 0; k < g->n; k++)
    one->code[k] = code_of(f, &f->scopes->dimensions[g->dimension[k]], deal, view, kind == KIND);
}

static bool in_periods(const filler *f, const dc_booking *b)
{
  const dc_periods *periods = &f->p->periods;
  return b->day >= periods->start[0] && b->day <= periods->end[periods->n - 1];
}

static void collect(filler *f, const dc_grouping *g, const dc_wanted *wanted)
{
  dc_view view;
  f->n_items = 0;
  for (size_t i = 0; i < f->p->n_open; i++) add_item(f, g, OPEN, i, f->now->open[i], &f->now->view[i]);
  for (size_t k = 0; k < f->p->n_new; k++)
    for (size_t j = f->p->like_at[k]; j < f->p->like_at[k + 1]; j++) {
      dc_deals_view(f->r->log, f->p->like[j], f->r->as_of, &view);
      add_item(f, g, KIND, k, f->p->like[j], &view);
    }
  for (size_t k = 0; k < f->now->n_booked; k++) {
    if (!in_periods(f, &f->now->booked[k])) continue;
    dc_deals_view(f->r->log, f->now->booked[k].deal, f->r->as_of, &view);
    add_item(f, g, BOOKED, k, f->now->booked[k].deal, &view);
  }
  for (size_t k = 0; wanted && k < wanted->n; k++) {
    item *one = &f->items[f->n_items++];
    *one = (item){.kind = WANTED};
    memcpy(one->code, wanted->codes + k * DC_MOST_CROSSED, sizeof one->code);
  }
}

static void put_booked(const filler *f, dc_scope *scope, const dc_booking *b)
{
  for (int p = 0; p < f->p->periods.n; p++) {
    if (b->day < f->p->periods.start[p] || b->day > f->p->periods.end[p]) continue;
    scope->booked[p].count++;
    if (!isnan(b->amount)) scope->booked[p].amount += b->amount;
  }
}

/* An open deal without an amount counts with what it is expected to be worth if it is won. */
static void put_pipeline(const filler *f, dc_scope *scope, size_t open)
{
  const dc_periods *periods = &f->p->periods;
  const dc_view *view = &f->now->view[open];
  bool dated = f->r->log->has_expected || f->r->log->history_has_expected;
  if (dated && view->expected == DC_DATE_MISSING) return;
  for (int p = 0; p < periods->n; p++) {
    bool in = (p == 0 || view->expected >= periods->start[p]) && view->expected <= periods->end[p];
    if (!dated || in) scope->pipeline[p] += isnan(view->amount) ? f->p->amount[open] : view->amount;
  }
}

/* One scope from its items, which are sorted. open, kind and share have room for all of them. */
static void build(const filler *f, const item *items, size_t n, dc_scope *scope, uint32_t *open, uint32_t *kind,
                  double *share)
{
  dc_part *part = &scope->part;
  memcpy(scope->code, items[0].code, sizeof scope->code);
  part->open = open;
  part->kind = kind;
  part->share = share;
  for (size_t k = 0; k < n; k++) {
    const item *one = &items[k];
    if (one->kind == OPEN) {
      open[part->n_open++] = one->index;
      put_pipeline(f, scope, one->index);
    } else if (one->kind == KIND) {
      bool again = part->n_kinds && kind[part->n_kinds - 1] == one->index;
      if (!again) {
        kind[part->n_kinds] = one->index;
        share[part->n_kinds++] = 0;
      }
      share[part->n_kinds - 1]++;
    } else if (one->kind == BOOKED) {
      put_booked(f, scope, &f->now->booked[one->index]);
    }
  }
  for (size_t k = 0; k < part->n_kinds; k++) share[k] /= (double)(f->p->like_at[kind[k] + 1] - f->p->like_at[kind[k]]);
}

static size_t scope_end(const filler *f, size_t first)
{
  size_t last = first + 1;
  while (last < f->n_items && compare_codes(f->items[last].code, f->items[first].code) == 0) last++;
  return last;
}

static dc_status cut(filler *f, dc_grouping *g, dc_error *error)
{
  dc_arena *arena = f->scopes->arena;
  size_t count = 0, periods = (size_t)f->p->periods.n;
  qsort(f->items, f->n_items, sizeof *f->items, compare_items);
  for (size_t first = 0; first < f->n_items; first = scope_end(f, first)) count++;
  if (g->n == 0 && count == 0) count = 1;
  g->scopes = dc_arena_alloc(arena, count + 1, sizeof *g->scopes);
  dc_sum *booked = dc_arena_alloc(arena, count * periods + 1, sizeof *booked);
  double *pipeline = dc_arena_alloc(arena, count * periods + 1, sizeof *pipeline);
  uint32_t *index = dc_arena_alloc(arena, 2 * f->n_items + 1, sizeof *index);
  double *share = dc_arena_alloc(arena, f->n_items + 1, sizeof *share);
  if (!g->scopes || !booked || !pipeline || !index || !share)
    return dc_fail_memory(error, "sharing deals out to scopes");
  for (g->n_scopes = 0; g->n_scopes < count; g->n_scopes++) {
    g->scopes[g->n_scopes].booked = booked + g->n_scopes * periods;
    g->scopes[g->n_scopes].pipeline = pipeline + g->n_scopes * periods;
  }
  for (size_t first = 0, s = 0; first < f->n_items; s++) {
    size_t last = scope_end(f, first);
    build(f, f->items + first, last - first, &g->scopes[s], index + 2 * first, index + first + last, share + first);
    first = last;
  }
  return DC_OK;
}

dc_status dc_scopes_fill(dc_scopes *scopes, const dc_resolved *resolved, const dc_snapshot *snapshot,
                         const dc_projection *projection, const dc_wanted *wanted, dc_error *error)
{
  filler f = {.scopes = scopes, .r = resolved, .now = snapshot, .p = projection};
  size_t most = snapshot->n_open + snapshot->n_booked +
                (projection->n_new ? projection->like_at[projection->n_new] : 0);
  size_t most_wanted = 0;
  for (size_t g = 0; wanted && g < scopes->n; g++) most_wanted = wanted[g].n > most_wanted ? wanted[g].n : most_wanted;
  f.items = malloc((most + most_wanted + 1) * sizeof *f.items);
  if (!f.items) return dc_fail_memory(error, "sharing deals out to scopes");
  dc_status status = DC_OK;
  for (size_t g = 0; g < scopes->n && status == DC_OK; g++) {
    collect(&f, &scopes->groupings[g], wanted ? &wanted[g] : NULL);
    status = cut(&f, &scopes->groupings[g], error);
  }
  free(f.items);
  return status;
}

dc_scope *dc_scope_find(const dc_grouping *g, const uint32_t code[DC_MOST_CROSSED])
{
  size_t low = 0, high = g->n_scopes;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = compare_codes(g->scopes[middle].code, code);
    if (order == 0) return &g->scopes[middle];
    if (order < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}
