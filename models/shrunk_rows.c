/* From terms and a response to rows of the engine. */
#include "models/shrunk_hazard.h"
#include "models/smooth.h"

#include <math.h>
#include <string.h>

enum { MOST_FUNCTIONS = 64 };

/* What is not shrunken has this precision (N(0, 100^2), numbers scaled to spread 1), so that separated levels and sums of
 * other columns stay finite; what stays at 0, this times the rows. */
static const double weak_precision = 1e-4, pin_precision = 1e10;
/* Of shrunken terms that say nothing of it: worth one level. */
static const double effect_sd = 0.5, smooth_sd = 0.3, own_weight = 1;

typedef struct building {
  const dc_task *task;
  const dc_softmax *survey;
  dc_shrunk_rows *rows;
  dc_factor *factors;
  dc_shrunk_fixed *fixed;
  int *pick;
  size_t *source;  /* of each row of the engine, the task's; NULL = the same */
  uint32_t *level; /* and the baseline's level */
  double ridge;
  bool some_fixed, some_values;
} building;

static dc_status out_of_memory(dc_error *error) { return dc_fail_memory(error, "preparing a fit"); }

static double weight_of(const building *b, size_t i)
{
  return b->survey->design.weight ? b->survey->design.weight[i] : 1;
}

static bool is_baseline(const building *b, size_t t) { return t >= b->task->design->n_terms; }

/* --- values --- */

/* The mean of x where it is centred, and its spread; of far numbers by their largest. */
static void measure(const building *b, dc_shrunk_block *block, bool centred)
{
  const double *x = block->x;
  double largest = 0, weight = 0, first = 0, square = 0, from = centred ? x[0] : 0;
  for (size_t i = 0; i < b->survey->design.n_rows; i++)
    if (weight_of(b, i) > 0) largest = fmax(largest, fabs(x[i] - from));
  block->scale = largest > 0 ? largest : 1;
  for (size_t i = 0; i < b->survey->design.n_rows; i++) {
    double w = weight_of(b, i), away = w > 0 ? (x[i] - from) / block->scale : 0;
    weight += w;
    first += w * away;
    square += w * away * away;
  }
  double mean = centred ? first / weight : 0, sd = sqrt(fmax(0, square / weight - mean * mean));
  block->centre = centred ? from + block->scale * mean : 0;
  if (sd > 1e-8) block->scale *= sd;
}

static dc_status place_smooth(const building *b, const dc_term *term, dc_shrunk_block *block, dc_error *error)
{
  size_t basis = term->basis ? term->basis : DC_SMOOTH_BASIS, n = b->survey->design.n_rows;
  if (basis < DC_SMOOTH_ORDER || basis > MOST_FUNCTIONS)
    return dc_fail(error, DC_E_USAGE, "%s: a smooth has %d to %d functions", term->name, DC_SMOOTH_ORDER,
                   MOST_FUNCTIONS);
  double *knots = dc_arena_alloc(b->task->arena, basis + DC_SMOOTH_ORDER, sizeof *knots), weight = 0;
  double *middle = dc_arena_alloc(b->task->arena, basis, sizeof *middle);
  if (!knots || !middle) return out_of_memory(error);
  dc_status status = dc_smooth_place(term->number, n, knots, &basis, error);
  if (status != DC_OK) return status;
  for (size_t i = 0; i < n; i++) {
    size_t first;
    double value[DC_SMOOTH_ORDER], w = weight_of(b, i);
    dc_smooth_values(knots, basis, term->number[i], &first, value);
    weight += w;
    for (size_t k = 0; k < DC_SMOOTH_ORDER; k++) middle[first + k] += w * value[k];
  }
  for (size_t k = 0; k < basis; k++) middle[k] = b->survey->design.intercept ? middle[k] / weight : 0;
  block->knots = knots;
  block->middle = middle;
  block->levels = (uint32_t)basis;
  return DC_OK;
}

/* --- factors of the engine --- */

static size_t parts_of(const dc_term *term) { return term->kind == DC_TERM_EFFECT ? dc_shrunk_parts(term) : 1; }

static dc_status add_block(building *b, size_t t, size_t part, dc_error *error)
{
  const dc_term *term = &b->survey->design.terms[t];
  const size_t f = (size_t)b->rows->problem.n_factors++;
  dc_shrunk_block *block = &b->rows->blocks[f];
  const bool effect = term->kind == DC_TERM_EFFECT, smooth = term->kind == DC_TERM_SMOOTH;
  const double *own = smooth ? NULL : term->number;
  if (effect) own = part || term->no_intercept ? term->slope[part - (term->no_intercept ? 0 : 1)] : NULL;
  *block = (dc_shrunk_block){.term = t, .part = part, .x = own, .scale = 1, .levels = term->codes.levels};
  dc_status status = DC_OK;
  if (term->kind == DC_TERM_NUMBER) block->levels = 1;
  if (own) measure(b, block, term->kind == DC_TERM_NUMBER && b->survey->design.intercept);
  if (smooth && term->number) status = place_smooth(b, term, block, error);
  if (!isfinite(block->scale) || !isfinite(block->centre))
    status = dc_fail(error, DC_E_NUMERIC, "the values of %s are too far apart", term->name);
  b->factors[f] = (dc_factor){.name = term->name,
                              .levels = block->levels,
                              .penalty = smooth ? DC_PENALTY_SMOOTH : DC_PENALTY_RIDGE,
                              .prior_sd = term->prior_sd > 0 ? term->prior_sd
                                          : smooth           ? smooth_sd
                                                             : effect_sd,
                              .prior_weight = term->prior_weight > 0 ? term->prior_weight : own_weight};
  if (!effect && !smooth) {
    b->fixed[f] = (dc_shrunk_fixed){fmax(is_baseline(b, t) ? 0 : b->ridge, weak_precision),
                                    term->kind == DC_TERM_NUMBER ? DC_SHRUNK_NO_LEVEL : term->reference};
    b->some_fixed = true;
  }
  b->some_values = b->some_values || own || block->knots;
  for (int k = 0; k < (block->knots ? DC_SMOOTH_ORDER : 1); k++) b->pick[b->rows->problem.n_picks++] = (int)f;
  return status;
}

static dc_status add_blocks(building *b, dc_error *error)
{
  const dc_design *design = &b->survey->design;
  size_t n = 0;
  for (size_t t = 0; t < design->n_terms; t++) n += parts_of(&design->terms[t]);
  b->rows->blocks = dc_arena_alloc(b->task->arena, n + 1, sizeof *b->rows->blocks);
  b->factors = dc_arena_alloc(b->task->arena, n + 1, sizeof *b->factors);
  b->fixed = dc_arena_alloc(b->task->arena, n + 1, sizeof *b->fixed);
  b->pick = dc_arena_alloc(b->task->arena, DC_SMOOTH_ORDER * n + 1, sizeof *b->pick);
  if (!b->rows->blocks || !b->factors || !b->fixed || !b->pick) return out_of_memory(error);
  dc_status status = DC_OK;
  for (size_t t = 0; t < design->n_terms && status == DC_OK; t++)
    for (size_t part = 0; part < parts_of(&design->terms[t]) && status == DC_OK; part++)
      status = add_block(b, t, part, error);
  return status;
}

/* --- rows --- */

static bool spells(const building *b) { return b->survey->options.spells; }

static size_t count_rows(const building *b)
{
  const dc_softmax *s = b->survey;
  double count[DC_SHRUNK_CHANNELS + 1];
  size_t n = 0;
  if (!spells(b)) return s->design.n_rows;
  for (size_t i = 0; i < s->design.n_rows; i++)
    for (size_t l = 0; l < s->levels && weight_of(b, i) > 0 && dc_softmax_count(s, i, l, count); l++) n++;
  return n;
}

/* Of a row of counts: the reference, which comes first there, comes last. */
static void put_counts(const building *b, size_t i, double *count)
{
  const dc_softmax *s = b->survey;
  const size_t levels = s->task->response->category->levels;
  const double *from = s->task->response->counts + i * levels, w = weight_of(b, i);
  for (size_t c = 0; c < levels; c++)
    if (s->slot[c] >= 0) count[s->slot[c]] = b->survey->design.weight ? w * from[c] : from[c];
}

static dc_status add_rows(building *b, dc_error *error)
{
  const dc_softmax *s = b->survey;
  dc_shrunk_rows *rows = b->rows;
  const size_t kinds = s->equations + 1;
  size_t n = 0;
  rows->n = count_rows(b);
  rows->count = dc_arena_alloc(b->task->arena, rows->n * kinds + 1, sizeof *rows->count);
  rows->offset = dc_arena_alloc(b->task->arena, rows->n + 1, sizeof *rows->offset);
  b->source = dc_arena_alloc(b->task->arena, spells(b) ? rows->n + 1 : 1, sizeof *b->source);
  b->level = dc_arena_alloc(b->task->arena, spells(b) ? rows->n + 1 : 1, sizeof *b->level);
  if (!rows->count || !rows->offset || !b->source || !b->level) return out_of_memory(error);
  for (size_t i = 0; i < s->design.n_rows; i++) {
    if (spells(b) && !(weight_of(b, i) > 0)) continue;
    for (size_t l = 0; l < s->levels; l++) {
      double *count = rows->count + n * kinds;
      if (s->task->response->counts)
        put_counts(b, i, count);
      else if (n >= rows->n || !dc_softmax_count(s, i, l, count))
        break;
      if (spells(b)) b->source[n] = i;
      if (spells(b)) b->level[n] = (uint32_t)l;
      rows->offset[n++] = s->design.offset ? s->design.offset[i] : 0;
    }
  }
  return DC_OK;
}

static void sum_rows(building *b)
{
  dc_shrunk_rows *r = b->rows;
  const size_t e = r->equations;
  r->centre = b->survey->design.intercept_sd > 0 ? 0 : b->survey->offset;
  for (size_t i = 0; i < r->n; i++) {
    const double *w = r->count + i * (e + 1);
    double all = 0;
    for (size_t c = 0; c <= e; c++) all += w[c];
    for (size_t c = 0; c < e; c++) r->events[c] += w[c];
    r->weight += all;
    r->open += w[e] * exp(r->offset[i] - r->centre);
  }
}

/* --- codes --- */

/* Every row is one of the task's, every factor a term of codes. */
static bool plain(const building *b)
{
  return !spells(b) && !b->some_values && b->rows->problem.n_picks <= DC_SHRUNK_FACTORS;
}

static uint32_t code_of(const building *b, size_t f, size_t row)
{
  const dc_shrunk_block *block = &b->rows->blocks[f];
  if (is_baseline(b, block->term)) return b->level[row];
  const dc_term *term = &b->survey->design.terms[block->term];
  return term->kind == DC_TERM_NUMBER ? 0 : dc_codes_at(&term->codes, spells(b) ? b->source[row] : row);
}

/* Smooths keep all levels: those between speak for their neighbours. */
static dc_status number_levels(building *b, size_t f, dc_error *error)
{
  dc_shrunk_block *block = &b->rows->blocks[f];
  uint32_t n = 0, *to = dc_arena_alloc(b->task->arena, block->levels + 1, sizeof *to);
  if (!to) return out_of_memory(error);
  const bool all = b->factors[f].penalty == DC_PENALTY_SMOOTH;
  const dc_term *term = &b->survey->design.terms[block->term];
  if (!all && plain(b))
    for (size_t i = 0; i < b->rows->n; i++) to[dc_codes_at(&term->codes, i)] = 1;
  else if (!all)
    for (size_t i = 0; i < b->rows->n; i++) to[code_of(b, f, i)] = 1;
  dc_shrunk_fixed *fixed = &b->fixed[f];
  const bool held = fixed->precision > 0 && fixed->reference < block->levels;
  for (uint32_t l = 0; l < block->levels; l++)
    to[l] = all || to[l] || (held && l == fixed->reference) ? n++ : DC_LEVEL_ABSENT;
  if (n == 0) to[n++] = 0;
  if (held) fixed->reference = to[fixed->reference];
  b->factors[f].levels = n;
  block->to = to;
  return DC_OK;
}

/* Rows of codes alone, as they are: most of the work of the forecast's fits. */
static void put_codes(const building *b, uint32_t *code)
{
  const size_t width = (size_t)b->rows->problem.n_picks;
  const dc_codes *from[DC_SHRUNK_FACTORS];
  const uint32_t *to[DC_SHRUNK_FACTORS];
  for (size_t f = 0; f < width; f++) {
    from[f] = &b->survey->design.terms[b->rows->blocks[f].term].codes;
    to[f] = b->rows->blocks[f].to;
  }
  for (size_t i = 0; i < b->rows->n; i++)
    for (size_t f = 0; f < width; f++) code[i * width + f] = to[f][dc_codes_at(from[f], i)];
}

static void put_row(const building *b, size_t row, uint32_t *code, double *value)
{
  const size_t i = spells(b) ? b->source[row] : row;
  for (size_t f = 0, p = 0; f < (size_t)b->rows->problem.n_factors; f++) {
    const dc_shrunk_block *block = &b->rows->blocks[f];
    if (!block->knots) {
      if (value) value[p] = block->x ? (block->x[i] - block->centre) / block->scale : 1;
      code[p++] = block->to[code_of(b, f, row)];
      continue;
    }
    size_t first;
    dc_smooth_values(block->knots, block->levels, b->survey->design.terms[block->term].number[i], &first, value + p);
    for (size_t k = 0; k < DC_SMOOTH_ORDER; k++) code[p++] = (uint32_t)(first + k);
  }
}

static dc_status put_rows(building *b, dc_error *error)
{
  dc_shrunk_problem *problem = &b->rows->problem;
  const size_t n = b->rows->n, width = (size_t)problem->n_picks;
  uint32_t *code = dc_arena_alloc(b->task->arena, n * width + 1, sizeof *code);
  double *value = b->some_values ? dc_arena_alloc(b->task->arena, n * width + 1, sizeof *value) : NULL;
  if (!code || (b->some_values && !value)) return out_of_memory(error);
  dc_status status = DC_OK;
  for (size_t f = 0; f < (size_t)problem->n_factors && status == DC_OK; f++) status = number_levels(b, f, error);
  if (status == DC_OK && plain(b)) put_codes(b, code);
  for (size_t i = 0; i < n && status == DC_OK && !plain(b); i++)
    put_row(b, i, code + i * width, value ? value + i * width : NULL);
  problem->code = code;
  problem->value = value;
  problem->n_rows = n;
  problem->factors = b->factors;
  problem->fixed = b->some_fixed ? b->fixed : NULL;
  problem->pick = value ? b->pick : NULL;
  problem->pin = pin_precision * fmax(1, b->rows->weight);
  return status;
}

dc_status dc_shrunk_rows_new(const dc_task *task, const dc_softmax *survey, double ridge, dc_shrunk_rows **rows,
                             dc_error *error)
{
  dc_shrunk_rows *r = dc_arena_alloc(task->arena, 1, sizeof *r);
  building b = {.task = task, .survey = survey, .rows = r, .ridge = ridge};
  if (!r) return out_of_memory(error);
  r->survey = survey;
  r->equations = survey->equations;
  r->events = dc_arena_alloc(task->arena, survey->equations + 1, sizeof *r->events);
  if (!r->events) return out_of_memory(error);
  dc_status status = add_rows(&b, error);
  if (status == DC_OK) status = add_blocks(&b, error);
  if (status != DC_OK) return status;
  sum_rows(&b);
  *rows = r;
  return put_rows(&b, error);
}
