#include "models/separation.h"

#include "engine/base/arena.h"
#include "models/columns.h"
#include "models/separation_cone.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK_ROWS = 1 << 14, CAUSE_BYTES = 400, CAUSES = 8, DIRECTIONS = 8, PRUNED = 40 };

static const double SLIGHT = 1e-6; /* of the largest entry of a direction: counts as 0 */

typedef struct search {
  const dc_task *task;
  const dc_fit *fit;
  dc_separates kind;
  dc_columns columns;
  dc_separation *found;
} search;

/* Both sides of a feature: its values in rows whose response keeps it down, and up. Mixed rows are on both. */
typedef struct sides {
  double rows[2], least[2], most[2];
} sides;

/* ---- single columns: exact, in one pass ---- */

static void see(sides *s, int side, double rows, double least, double most)
{
  if (rows == 0) return;
  s->least[side] = s->rows[side] > 0 ? fmin(s->least[side], least) : least;
  s->most[side] = s->rows[side] > 0 ? fmax(s->most[side], most) : most;
  s->rows[side] += rows;
}

/* A partial: the sides of all rows (their numbers only), of each column, and of each term's reference. */
static dc_status accumulate(void *context, size_t first, size_t last, void *partial)
{
  const search *s = context;
  const dc_design *d = s->columns.design;
  sides *all = partial, *column = all + 1, *reference = column + s->columns.n;
  for (size_t i = first; i < last; i++) {
    int sense = dc_row_sense(s->task, s->kind, i);
    if (sense == 2) continue;
    for (int side = 0; side < 2; side++) {
      if (sense == (side ? -1 : 1)) continue;
      see(all, side, 1, 0, 0);
      for (size_t k = 0; k < s->columns.widest; k++) {
        size_t at;
        double x;
        if (dc_columns_entry(&s->columns, i, k, &at, &x)) see(&column[at], side, 1, x, x);
      }
      for (size_t t = 0; t < d->n_terms; t++)
        if (d->terms[t].kind == DC_TERM_FACTOR && dc_codes_at(&d->terms[t].codes, i) == d->terms[t].reference)
          see(&reference[t], side, 1, 1, 1);
    }
  }
  return DC_OK;
}

static void merge(void *context, void *into, const void *from)
{
  const search *s = context;
  sides *a = into;
  const sides *b = from;
  for (size_t k = 0; k < 1 + s->columns.n + s->columns.design->n_terms; k++)
    for (int side = 0; side < 2; side++) see(&a[k], side, b[k].rows[side], b[k].least[side], b[k].most[side]);
}

static dc_status add_cause(search *s, dc_error *error, const char *format, ...) DC_PRINTF(3, 4);

static dc_status add_cause(search *s, dc_error *error, const char *format, ...)
{
  if (s->found->n_causes == CAUSES) return DC_OK;
  char text[CAUSE_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  char *kept = dc_arena_copy(s->task->arena, text, strlen(text));
  if (!kept) return dc_fail_memory(error, "naming a separation");
  s->found->cause[s->found->n_causes++] = kept;
  return DC_OK;
}

/* "won = 1", "won = 0": what all rows of a side have. */
static const char *outcome_of(const search *s, bool up, char *text, size_t bytes)
{
  bool trials = s->task->response->trials != NULL;
  snprintf(text, bytes, "%s%s%s", s->fit->response, trials ? " in " : " = ",
           trials ? (up ? "all trials" : "no trial") : (up ? "1" : "0"));
  return text;
}

/* Where a feature divides the sides: -1 falling, 1 rising; the edge is the greatest value of the lower side. */
typedef struct cut {
  int way;
  double edge;
  bool clean;        /* no value on both sides */
  bool above, below; /* rows there */
} cut;

/* "every row with x > 3 has won = 1, every row with x < 3 has won = 0": the parts that have rows. */
static dc_status tell_number(search *s, const char *name, const char *what, const cut *c, dc_error *error)
{
  char high[160], low[160];
  outcome_of(s, c->way > 0, high, sizeof high);
  outcome_of(s, c->way < 0, low, sizeof low);
  if (c->above && c->below)
    return add_cause(s, error, "by %s: every row with %s > %.6g has %s, every row with %s %s %.6g has %s", name, what,
                     c->edge, high, what, c->clean ? "<=" : "<", c->edge, low);
  return add_cause(s, error, "by %s: every row with %s %s %.6g has %s", name, what, c->above ? ">" : "<", c->edge,
                   c->above ? high : low);
}

static dc_status tell_level(search *s, const char *name, double rows, bool up, dc_error *error)
{
  char text[160];
  outcome_of(s, up, text, sizeof text);
  if (rows == 1) return add_cause(s, error, "by %s: its only row has %s", name, text);
  return add_cause(s, error, "by %s: each of its %.0f rows has %s", name, rows, text);
}

static cut cut_of(const sides *f)
{
  for (int low = 0; low < 2; low++) {
    int high = 1 - low;
    double edge = f->most[low];
    if (!(f->rows[0] > 0 && f->rows[1] > 0) || !(edge <= f->least[high] && f->least[low] < f->most[high])) continue;
    bool clean = edge < f->least[high];
    return (cut){low == 0 ? 1 : -1, edge, clean, f->most[high] > edge, f->least[low] < edge || clean};
  }
  return (cut){0};
}

/* Rows where a feature has no entry are zeros. */
static void complete(sides *f, const sides *all)
{
  for (int side = 0; side < 2; side++) see(f, side, all->rows[side] - f->rows[side], 0, 0);
}

/* name: of the column, or of the level that is coded in it. A level matters by its own rows: where all others are on one
 * side, each of the other levels says so. */
static dc_status judge_column(search *s, const sides *all, sides f, const char *name, bool coded, bool *divided,
                              dc_error *error)
{
  double rows[2] = {f.rows[0], f.rows[1]};
  complete(&f, all);
  cut c = cut_of(&f);
  *divided = c.way != 0 && (c.edge == 0 || (s->columns.design->intercept && !coded));
  if (!*divided) return DC_OK;
  s->found->separated = true;
  s->found->complete = s->found->complete || c.clean;
  return coded ? tell_level(s, name, rows[c.way > 0], c.way > 0, error) : tell_number(s, name, name, &c, error);
}

static void name_level(const dc_term *term, uint32_t level, char *text, size_t bytes)
{
  if (term->codes.names) {
    snprintf(text, bytes, "%s=%s", term->name, term->codes.names[level]);
  } else {
    snprintf(text, bytes, "%s=%u", term->name, (unsigned)level);
  }
}

static dc_status judge_term(search *s, const sides *all, const sides *column, const sides *reference, size_t t,
                            dc_error *error)
{
  const dc_term *term = &s->columns.design->terms[t];
  bool coded = term->kind == DC_TERM_FACTOR, divided = false;
  size_t first = s->columns.first[t], n = dc_columns_of(term);
  dc_status status = DC_OK;
  if (coded && s->columns.design->intercept) {
    char name[200];
    name_level(term, term->reference, name, sizeof name);
    status = judge_column(s, all, reference[t], name, true, &divided, error);
    for (size_t k = 0; k < n && divided; k++) s->found->runs[first + k] = true;
  }
  for (size_t k = first; k < first + n && status == DC_OK; k++) {
    status = judge_column(s, all, column[k], s->fit->coefficients[k].name, coded, &divided, error);
    if (divided) s->found->runs[k] = true;
  }
  return status;
}

static dc_status by_columns(search *s, dc_error *error)
{
  size_t n = 1 + s->columns.n + s->columns.design->n_terms;
  sides *all = dc_arena_alloc(s->task->arena, n, sizeof *all);
  if (!all) return dc_fail_memory(error, "looking for separation");
  const sides *column = all + 1;
  dc_status status = dc_task_fold(s->task, s->columns.design->n_rows, BLOCK_ROWS, n * sizeof *all, accumulate, merge, s,
                                  all, error);
  if (status == DC_OK && !(all->rows[0] > 0 && all->rows[1] > 0) && s->columns.design->intercept) {
    char text[160];
    s->found->separated = s->found->complete = s->found->runs[0] = true;
    return add_cause(s, error, "by the intercept: every row has %s",
                     outcome_of(s, all->rows[1] > 0, text, sizeof text));
  }
  for (size_t t = 0; t < s->columns.design->n_terms && status == DC_OK; t++)
    status = judge_term(s, all, column, column + s->columns.n, t, error);
  return status;
}

/* ---- combinations ---- */

typedef struct dive {
  search *s;
  dc_cone cone;
  dc_column_scale *scale;
  bool *out;
  double *direction, *trial, *done; /* n, n, DIRECTIONS x n */
  double *weight;                   /* n: of columns, as they are, in the combination that is told */
} dive;

static dc_status begin_dive(dive *d, search *s, dc_error *error)
{
  struct dc_arena *arena = s->task->arena;
  size_t n = s->columns.n + 1;
  *d = (dive){.s = s};
  d->scale = dc_arena_alloc(arena, n, sizeof *d->scale);
  d->out = dc_arena_alloc(arena, n, sizeof *d->out);
  d->direction = dc_arena_alloc(arena, n, sizeof *d->direction);
  d->trial = dc_arena_alloc(arena, n, sizeof *d->trial);
  d->done = dc_arena_alloc(arena, n * DIRECTIONS, sizeof *d->done);
  d->weight = dc_arena_alloc(arena, n, sizeof *d->weight);
  dc_cone_space *space = dc_cone_space_new(&s->columns, DIRECTIONS, arena);
  if (!d->scale || !d->out || !d->direction || !d->trial || !d->done || !d->weight || !space)
    return dc_fail_memory(error, "looking for separation");
  d->cone = (dc_cone){.task = s->task, .columns = &s->columns, .scale = d->scale, .kind = s->kind, .space = space};
  return dc_columns_measure(s->task, &s->columns, d->scale, NULL, error);
}

static double largest(const double *x, size_t n)
{
  double most = 0;
  for (size_t k = 0; k < n; k++) most = fmax(most, fabs(x[k]));
  return most;
}

/* Directions one after another, each of the rows that those before leave where they are. */
static dc_status by_directions(dive *d, dc_error *error)
{
  size_t n = d->s->columns.n, left = 1;
  dc_separation *found = d->s->found;
  d->cone.done = d->done;
  while (left > 0 && d->cone.n_done < DIRECTIONS) {
    double *way = d->done + d->cone.n_done * n;
    size_t gained;
    dc_status status = dc_cone_search(&d->cone, way, &gained, &left, error);
    if (status != DC_OK) return status;
    double most = largest(way, n);
    if (!(most > 0)) break;
    if (d->cone.n_done == 0) memcpy(d->direction, way, n * sizeof *way);
    found->separated = true;
    found->gained += gained;
    found->complete = found->complete || left == 0;
    for (size_t k = 0; k < n; k++) found->runs[k] = found->runs[k] || fabs(way[k]) > SLIGHT * most;
    d->cone.n_done++;
  }
  return DC_OK;
}

/* Leaves out what the first direction can do without, the slightest first. */
static dc_status prune(dive *d, dc_error *error)
{
  size_t n = d->s->columns.n, first = d->s->columns.design->intercept ? 1 : 0, used = 0, gained, left;
  double most = largest(d->direction + first, n - first);
  for (size_t k = first; k < n; k++) {
    d->out[k] = !(fabs(d->direction[k]) > SLIGHT * most);
    used += !d->out[k];
  }
  d->cone.out = d->out;
  d->cone.n_done = 0;
  bool *tried = dc_arena_alloc(d->s->task->arena, n + 1, sizeof *tried);
  if (!tried) return dc_fail_memory(error, "looking for separation");
  for (size_t turn = 0; turn < used && used <= PRUNED; turn++) {
    size_t at = n;
    for (size_t k = first; k < n; k++)
      if (!d->out[k] && !tried[k] && (at == n || fabs(d->direction[k]) < fabs(d->direction[at]))) at = k;
    if (at == n) break;
    tried[at] = d->out[at] = true;
    dc_status status = dc_cone_search(&d->cone, d->trial, &gained, &left, error);
    if (status != DC_OK && status != DC_W_MAXITER) return status;
    d->out[at] = status == DC_OK && largest(d->trial, n) > 0;
    if (d->out[at]) memcpy(d->direction, d->trial, n * sizeof *d->trial);
  }
  return DC_OK;
}

/* The combination's values on both sides. */
static dc_status accumulate_sum(void *context, size_t first, size_t last, void *partial)
{
  const dive *d = context;
  for (size_t i = first; i < last; i++) {
    int sense = dc_row_sense(d->s->task, d->s->kind, i);
    double sum = 0;
    for (size_t k = 0; k < d->s->columns.widest && sense != 2; k++) {
      size_t at;
      double x;
      if (dc_columns_entry(&d->s->columns, i, k, &at, &x)) sum += d->weight[at] * x;
    }
    for (int side = 0; side < 2 && sense != 2; side++)
      if (sense != (side ? -1 : 1)) see(partial, side, 1, sum, sum);
  }
  return DC_OK;
}

static void merge_sum(void *context, void *into, const void *from)
{
  (void)context;
  const sides *b = from;
  for (int side = 0; side < 2; side++) see(into, side, b->rows[side], b->least[side], b->most[side]);
}

enum { TOLD = 4 };

/* "x and y together", "x - 0.5 * y", from the first few columns that are in. */
static size_t name_sum(const dive *d, char *names, char *sum, size_t bytes)
{
  size_t n = d->s->columns.n, used = 0, told = 0, at = 0, to = 0;
  for (size_t k = 0; k < n; k++) used += d->weight[k] != 0;
  for (size_t k = 0; k < n && told < TOLD; k++) {
    double w = d->weight[k];
    if (w == 0) continue;
    const char *name = d->s->fit->coefficients[k].name, *between = told + 1 == used ? " and " : ", ";
    int length = snprintf(names + at, bytes - at, "%s%s", told ? between : "", name);
    at += length > 0 && (size_t)length < bytes - at ? (size_t)length : 0;
    char factor[40] = "";
    if (fabs(w) != 1) snprintf(factor, sizeof factor, "%.6g * ", fabs(w));
    length = snprintf(sum + to, bytes - to, "%s%s%s", told ? (w < 0 ? " - " : " + ") : "", factor, name);
    to += length > 0 && (size_t)length < bytes - to ? (size_t)length : 0;
    told++;
  }
  if (used > told) snprintf(names + at, bytes - at, " and %zu more", used - told);
  return used;
}

static dc_status tell_sum(dive *d, dc_error *error)
{
  size_t n = d->s->columns.n, first = d->s->columns.design->intercept ? 1 : 0;
  double lead = 0;
  for (size_t k = first; k < n; k++) {
    bool in = !d->out[k] && d->scale[k].sd > 0 && d->direction[k] != 0;
    double w = in ? d->direction[k] / d->scale[k].sd : 0;
    if (lead == 0) lead = w;
    d->weight[k] = in ? w / lead : 0;
  }
  sides s = {0};
  dc_status status = dc_task_fold(d->s->task, d->s->columns.design->n_rows, BLOCK_ROWS, sizeof s, accumulate_sum,
                                  merge_sum, d, &s, error);
  if (status != DC_OK) return status;
  char names[160] = "", sum[120] = "", name[200];
  size_t used = name_sum(d, names, sum, sizeof sum);
  snprintf(name, sizeof name, "%s%s", names, used > 1 ? " together" : "");
  if (used > TOLD || used == 0) return add_cause(d->s, error, "by %s", used ? name : "the intercept");
  int low = lead > 0 ? 0 : 1, high = 1 - low;
  /* the sides may overlap by rounding */
  double slack = 1e-7 * (s.most[high] - s.least[low]);
  cut c = {lead > 0 ? 1 : -1, s.most[low], s.most[low] < s.least[high] - slack, false, false};
  c.above = s.most[high] > c.edge + slack;
  c.below = c.clean || s.least[low] < c.edge - slack;
  return tell_number(d->s, name, sum, &c, error);
}

dc_status dc_separation_find(const dc_task *task, const dc_fit *fit, dc_separates kind, bool deep,
                             dc_separation *separation, dc_error *error)
{
  search s = {.task = task, .fit = fit, .kind = kind, .found = separation};
  *separation = (dc_separation){0};
  dc_status status = dc_columns_begin(&s.columns, task->design, task->arena, error);
  if (status != DC_OK) return status;
  separation->runs = dc_arena_alloc(task->arena, s.columns.n + 1, sizeof *separation->runs);
  separation->cause = dc_arena_alloc(task->arena, CAUSES, sizeof *separation->cause);
  if (!separation->runs || !separation->cause) return dc_fail_memory(error, "looking for separation");
  status = by_columns(&s, error);
  if (status != DC_OK || !deep) return status;
  dive d;
  status = begin_dive(&d, &s, error);
  if (status == DC_OK) status = by_directions(&d, error);
  if (status != DC_OK || !separation->separated || separation->n_causes > 0) return status;
  status = prune(&d, error);
  return status == DC_OK ? tell_sum(&d, error) : status;
}
