/* What the engine knows before its first pass: categories, levels of periods, columns and their scale, cells. */
#include "models/softmax.h"
#include "models/softmax_kernel.h"

#include "engine/base/arena.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK_ROWS = 1 << 14, MOST_PERIODS = 4096, MOST_LEVELS = 128, MOST_PARAMETERS = 2048, CELLS = 1 << 16 };

static dc_status out_of_memory(dc_error *error) { return dc_fail_memory(error, "preparing a fit"); }

static double weight_of(const dc_softmax *s, size_t i) { return s->design.weight ? s->design.weight[i] : 1; }

static double time_of(const dc_softmax *s, size_t i) { return s->options.spells ? s->task->response->time[i] : 1; }

static size_t periods_of(const dc_softmax *s, size_t i)
{
  double time = time_of(s, i);
  return time < MOST_PERIODS ? (size_t)time : MOST_PERIODS;
}

static void merge_sums(void *context, void *into, const void *from)
{
  double *a = into;
  const double *b = from;
  for (size_t k = 0, n = *(const size_t *)context; k < n; k++) a[k] += b[k];
}

/* A pass of sums; `context` of it begins with how many there are, as merge_sums wants it. */
typedef struct sums {
  size_t n;
  dc_softmax *s;
  size_t term;
  double away;
} sums;

static dc_status fold_sums(sums *p, dc_accumulate *accumulate, double *total, dc_error *error)
{
  size_t block = p->n > BLOCK_ROWS ? 4 * p->n : BLOCK_ROWS;
  return dc_task_fold(p->s->task, p->s->design.n_rows, block, p->n * sizeof *total, accumulate, merge_sums, p, total,
                      error);
}

/* --- categories --- */

enum { ROWS, PERIODS, WEIGHT, OFFSET, CATEGORY };

/* Rows of counts: each is a period. */
static void add_counts(const dc_softmax *s, size_t i, double w, double *sum)
{
  const size_t levels = s->task->response->category->levels;
  const double *count = s->task->response->counts + i * levels;
  for (size_t c = 0; c < levels; c++) {
    sum[WEIGHT] += w * count[c];
    sum[PERIODS] += count[c];
    sum[CATEGORY + c] += w * count[c];
    if (s->design.offset) sum[OFFSET] += w * count[c] * s->design.offset[i];
  }
}

static dc_status add_totals(void *context, size_t first, size_t last, void *partial)
{
  const sums *p = context;
  double *sum = partial;
  for (size_t i = first; i < last; i++) {
    double w = weight_of(p->s, i);
    if (!(w > 0)) continue;
    sum[ROWS]++;
    if (p->s->task->response->counts) {
      add_counts(p->s, i, w, sum);
      continue;
    }
    sum[PERIODS] += time_of(p->s, i);
    sum[WEIGHT] += w;
    if (p->s->design.offset) sum[OFFSET] += w * p->s->design.offset[i];
    sum[CATEGORY + dc_codes_at(p->s->task->response->category, i)] += w;
  }
  return DC_OK;
}

static dc_status find_categories(dc_softmax *s, dc_error *error)
{
  const dc_codes *category = s->task->response->category;
  sums p = {CATEGORY + (size_t)category->levels, s, 0, 0};
  double *total = dc_arena_alloc(s->task->arena, p.n, sizeof *total);
  s->slot = dc_arena_alloc(s->task->arena, category->levels, sizeof *s->slot);
  s->equation = dc_arena_alloc(s->task->arena, category->levels, sizeof *s->equation);
  if (!total || !s->slot || !s->equation) return out_of_memory(error);
  dc_status status = fold_sums(&p, add_totals, total, error);
  if (status != DC_OK) return status;
  s->rows = total[ROWS];
  s->row_periods = total[PERIODS];
  s->weight = total[WEIGHT];
  s->offset = total[WEIGHT] > 0 ? total[OFFSET] / total[WEIGHT] : 0;
  s->category_weight = total + CATEGORY;
  if (!isfinite(s->weight) || !isfinite(s->offset))
    return dc_fail(error, DC_E_NUMERIC, "the sum of weights or offsets is not finite");
  for (uint32_t c = 1; c < category->levels; c++) {
    s->slot[c] = -1;
    if (!(s->category_weight[c] > 0) && !(s->design.intercept_sd > 0)) continue;
    s->slot[c] = (int32_t)s->equations;
    char *name = dc_arena_alloc(s->task->arena, 16, 1);
    if (!name) return out_of_memory(error);
    snprintf(name, 16, "%lu", (unsigned long)c);
    s->equation[s->equations++] = category->names ? category->names[c] : name;
  }
  s->slot[0] = (int32_t)s->equations;
  s->triangle = s->equations * (s->equations + 1) / 2;
  const char *others = category->names ? category->names[0] : "of code 0";
  if (s->equations > DC_SOFTMAX_EQUATIONS)
    return dc_fail(error, DC_E_USAGE, "%zu categories; at most %d can be told apart", s->equations + 1,
                   DC_SOFTMAX_EQUATIONS + 1);
  if (s->equations && s->design.intercept_sd > 0) return DC_OK; /* the prior tells what no row does */
  if (!s->equations) return dc_fail(error, DC_E_SHORT, "all rows are %s: there is nothing to explain", others);
  if (!(s->category_weight[0] > 0) && s->row_periods == s->rows)
    return dc_fail(error, DC_E_SHORT, "no row is %s%s, which the others are held against", others,
                   s->options.spells ? " or lasts longer than a period" : "");
  return DC_OK;
}

/* --- levels of periods --- */

static dc_status add_ends(void *context, size_t first, size_t last, void *partial)
{
  const sums *p = context;
  const dc_softmax *s = p->s;
  double *sum = partial;
  for (size_t i = first; i < last; i++) {
    int32_t slot = s->slot[dc_codes_at(s->task->response->category, i)];
    if (slot < 0 || slot == (int32_t)s->equations) continue;
    sum[(periods_of(s, i) - 1) * s->equations + (size_t)slot] += weight_of(s, i);
  }
  return DC_OK;
}

/* A level ends with the period in which it has enough ends of each kind; what is left belongs to the last one. */
static void cut_levels(dc_softmax *s, const double *ends, size_t periods, double pool)
{
  double sum[DC_SOFTMAX_EQUATIONS] = {0};
  s->levels = 0;
  for (size_t period = 0; period < periods; period++) {
    bool enough = true;
    for (size_t c = 0; c < s->equations; c++) {
      sum[c] += ends[period * s->equations + c];
      enough = enough && sum[c] >= pool;
    }
    if (!enough) continue;
    s->start[++s->levels] = (double)period + 1;
    memset(sum, 0, sizeof sum);
  }
  if (!s->levels) s->levels = 1;
  s->start[s->levels] = INFINITY;
}

static dc_status find_levels(dc_softmax *s, dc_error *error)
{
  size_t periods = 1;
  for (size_t i = 0; i < s->design.n_rows; i++)
    if (periods_of(s, i) > periods) periods = periods_of(s, i);
  sums p = {periods * s->equations, s, 0, 0};
  double *ends = dc_arena_alloc(s->task->arena, p.n, sizeof *ends);
  s->start = dc_arena_alloc(s->task->arena, periods + 2, sizeof *s->start);
  if (!ends || !s->start) return out_of_memory(error);
  s->levels = 1;
  s->start[1] = INFINITY;
  if (periods == 1 || !s->options.baseline) return DC_OK;
  dc_status status = fold_sums(&p, add_ends, ends, error);
  if (status != DC_OK) return status;
  cut_levels(s, ends, periods, s->options.pool);
  for (double pool = fmax(1, 2 * s->options.pool); s->levels > MOST_LEVELS; pool *= 2)
    cut_levels(s, ends, periods, pool);
  return DC_OK;
}

/* "3", "4-6", "7+" */
static dc_status add_baseline(dc_softmax *s, dc_term *term, dc_error *error)
{
  const char **names = dc_arena_alloc(s->task->arena, s->levels, sizeof *names);
  char *text = dc_arena_alloc(s->task->arena, s->levels, 32);
  if (!names || !text) return out_of_memory(error);
  for (size_t l = 0; l < s->levels; l++, text += 32) {
    double from = s->start[l] + 1, to = s->start[l + 1];
    names[l] = text;
    if (isinf(to))
      snprintf(text, 32, "%.0f+", from);
    else if (from == to)
      snprintf(text, 32, "%.0f", from);
    else
      snprintf(text, 32, "%.0f-%.0f", from, to);
  }
  *term = (dc_term){.name = "period", .codes = {.levels = (uint32_t)s->levels, .names = names}};
  term->kind = s->options.tied ? DC_TERM_SMOOTH : DC_TERM_FACTOR;
  return DC_OK;
}

/* --- columns --- */

static size_t columns_of(const dc_term *t)
{
  if (t->kind == DC_TERM_NUMBER) return 1;
  return t->codes.levels - (t->kind == DC_TERM_SLOPES && t->reference == DC_NO_REFERENCE ? 0 : 1);
}

static dc_status append_baseline(dc_softmax *s, dc_error *error)
{
  const dc_design *design = s->task->design;
  dc_term *terms = dc_arena_alloc(s->task->arena, design->n_terms + 1, sizeof *terms);
  if (!terms) return out_of_memory(error);
  if (design->n_terms) memcpy(terms, design->terms, design->n_terms * sizeof *terms);
  s->design.terms = terms;
  if (s->levels == 1) return DC_OK;
  s->design.n_terms++;
  return add_baseline(s, &terms[design->n_terms], error);
}

static dc_status place_columns(dc_softmax *s, dc_error *error)
{
  s->first = dc_arena_alloc(s->task->arena, s->design.n_terms + 1, sizeof *s->first);
  if (!s->first) return out_of_memory(error);
  s->columns = s->design.intercept;
  for (size_t t = 0; t < s->design.n_terms; t++) {
    s->first[t] = s->columns;
    s->columns += columns_of(&s->design.terms[t]);
  }
  if (s->columns * s->equations > MOST_PARAMETERS)
    return dc_fail(
        error, DC_E_USAGE,
        "%zu columns for each of %zu equations; at most %d coefficients can be fitted: leave out or join levels",
        s->columns, s->equations, MOST_PARAMETERS);
  return DC_OK;
}

/* --- the scale of numbers --- */

typedef struct spread {
  double weight, first, square;
} spread;

static dc_status add_largest(void *context, size_t first, size_t last, void *partial)
{
  const sums *p = context;
  const double *x = p->s->design.terms[p->term].number;
  double *largest = partial;
  for (size_t i = first; i < last; i++)
    if (weight_of(p->s, i) > 0) *largest = fmax(*largest, fabs(x[i] - p->away));
  return DC_OK;
}

static void merge_largest(void *context, void *into, const void *from)
{
  (void)context;
  *(double *)into = fmax(*(double *)into, *(const double *)from);
}

static dc_status add_spread(void *context, size_t first, size_t last, void *partial)
{
  const sums *p = context;
  const dc_softmax *s = p->s;
  const double *x = s->design.terms[p->term].number, scale = s->scale[s->first[p->term]];
  spread *sum = partial;
  for (size_t i = first; i < last; i++) {
    double w = weight_of(s, i) / s->weight, away = w > 0 ? (x[i] - p->away) / scale : 0;
    sum->weight += w;
    sum->first += w * away;
    sum->square += w * away * away;
  }
  return DC_OK;
}

static dc_status scale_term(dc_softmax *s, size_t t, dc_error *error)
{
  const dc_term *term = &s->design.terms[t];
  size_t at = s->first[t], n = s->design.n_rows;
  bool centred = s->design.intercept && term->kind == DC_TERM_NUMBER;
  sums p = {sizeof(spread) / sizeof(double), s, t, centred ? term->number[0] : 0};
  spread sum;
  double largest;
  dc_status status = dc_task_fold(s->task, n, BLOCK_ROWS, sizeof largest, add_largest, merge_largest, &p, &largest,
                                  error);
  if (status != DC_OK) return status;
  if (isinf(largest)) return dc_fail(error, DC_E_NUMERIC, "the values of %s are too far apart", term->name);
  s->scale[at] = largest > 0 ? largest : 1;
  status = fold_sums(&p, add_spread, &sum.weight, error);
  double mean = sum.first / sum.weight, square = sum.square / sum.weight;
  s->centre[at] = centred ? p.away + s->scale[at] * mean : 0;
  double sd = sqrt(fmax(0, square - (centred ? mean * mean : 0)));
  if (sd > 1e-8) s->scale[at] *= sd;
  for (size_t k = at + 1; k < at + columns_of(term); k++) s->scale[k] = s->scale[at];
  return status;
}

static dc_status scale_columns(dc_softmax *s, dc_error *error)
{
  dc_status status = DC_OK;
  for (size_t k = 0; k < s->columns; k++) s->scale[k] = 1;
  for (size_t t = 0; t < s->design.n_terms && status == DC_OK; t++)
    if (s->design.terms[t].kind != DC_TERM_FACTOR && columns_of(&s->design.terms[t])) status = scale_term(s, t, error);
  return status;
}

/* --- cells --- */

bool dc_softmax_count(const dc_softmax *s, size_t row, size_t level, double *count)
{
  double w = weight_of(s, row), time = time_of(s, row), end = s->start[level + 1];
  if (time <= s->start[level]) return false;
  int32_t slot = s->slot[dc_codes_at(s->task->response->category, row)], stays = (int32_t)s->equations;
  bool ends = time <= end && slot != stays;
  for (size_t c = 0; c < s->equations; c++) count[c] = 0;
  count[stays] = w * (fmin(time, end) - s->start[level] - (ends ? 1 : 0));
  if (ends) count[slot] = w;
  return true;
}

static dc_status add_cells(void *context, size_t first, size_t last, void *partial)
{
  const sums *p = context;
  const dc_softmax *s = p->s;
  size_t kinds = s->equations + 1;
  double count[DC_SOFTMAX_EQUATIONS + 1];
  for (size_t i = first; i < last; i++) {
    size_t unit = 0;
    for (size_t t = 0; t < s->task->design->n_terms; t++)
      unit = unit * s->design.terms[t].codes.levels + dc_codes_at(&s->design.terms[t].codes, i);
    double *sum = (double *)partial + unit * s->levels * kinds;
    if (!(weight_of(s, i) > 0)) continue;
    for (size_t l = 0; l < s->levels && dc_softmax_count(s, i, l, count); l++, sum += kinds)
      for (size_t c = 0; c < kinds; c++) sum[c] += count[c];
  }
  return DC_OK;
}

/* Rows of equal codes are one unit where that makes them few. */
static dc_status find_cells(dc_softmax *s, dc_error *error)
{
  const size_t n_terms = s->task->design->n_terms;
  size_t cells = 1, kinds = s->equations + 1;
  bool joint = !s->design.offset;
  s->units = s->design.n_rows;
  for (size_t t = 0; t < n_terms && joint; t++) {
    joint = s->design.terms[t].kind == DC_TERM_FACTOR && cells * s->design.terms[t].codes.levels <= CELLS;
    cells *= s->design.terms[t].codes.levels;
  }
  sums p = {cells * s->levels * kinds, s, 0, 0};
  if (!joint || p.n > CELLS || p.n > s->units) return DC_OK;
  s->count = dc_arena_alloc(s->task->arena, p.n, sizeof *s->count);
  s->code = dc_arena_alloc(s->task->arena, cells * n_terms + 1, sizeof *s->code);
  if (!s->count || !s->code) return out_of_memory(error);
  s->units = cells;
  for (size_t u = 0; u < cells; u++) {
    size_t rest = u;
    for (size_t t = n_terms; t-- > 0; rest /= s->design.terms[t].codes.levels)
      s->code[u * n_terms + t] = (uint32_t)(rest % s->design.terms[t].codes.levels);
  }
  return fold_sums(&p, add_cells, s->count, error);
}

/* --- all of it --- */

static dc_status allocate(dc_softmax *s, dc_error *error)
{
  dc_arena *arena = s->task->arena;
  size_t n = s->columns * s->equations, curved = dc_softmax_partial(s, DC_SOFTMAX_CURVATURE),
         plain = dc_softmax_partial(s, DC_SOFTMAX_PLAIN);
  struct {
    double **where;
    size_t count;
  } wanted[] = {{&s->centre, s->columns},
                {&s->scale, s->columns},
                {&s->plain, s->columns * s->columns},
                {&s->theta, n},
                {&s->trial, n},
                {&s->delta, n},
                {&s->partial, curved > plain ? curved : plain},
                {&s->hessian, n * n},
                {&s->inverse, n * n},
                {&s->square, n * n}};
  for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
    if (!(*wanted[i].where = dc_arena_alloc(arena, wanted[i].count + 1, sizeof(double)))) return out_of_memory(error);
  s->active = dc_arena_alloc(arena, s->columns + 1, sizeof *s->active);
  return s->active ? DC_OK : out_of_memory(error);
}

dc_status dc_softmax_survey(const dc_task *task, const dc_softmax_options *options, dc_softmax **softmax,
                            dc_error *error)
{
  dc_softmax *s = dc_arena_alloc(task->arena, 1, sizeof *s);
  if (!s) return out_of_memory(error);
  s->task = task;
  s->options = *options;
  s->design = *task->design;
  dc_status status = find_categories(s, error);
  if (status == DC_OK) status = find_levels(s, error);
  if (status == DC_OK) status = append_baseline(s, error);
  *softmax = s;
  return status;
}

dc_status dc_softmax_new(const dc_task *task, const dc_softmax_options *options, dc_softmax **softmax, dc_error *error)
{
  dc_status status = dc_softmax_survey(task, options, softmax, error);
  if (status != DC_OK) return status;
  dc_softmax *s = *softmax;
  status = place_columns(s, error);
  if (status == DC_OK) status = allocate(s, error);
  if (status == DC_OK) status = scale_columns(s, error);
  if (status == DC_OK) status = find_cells(s, error);
  if (status == DC_OK) status = dc_softmax_evaluate(s, s->theta, DC_SOFTMAX_PLAIN, error);
  return status;
}
