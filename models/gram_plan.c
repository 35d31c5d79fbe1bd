/* The plan of a problem: which columns there are, how numbers are centred, which factors are read together, and where in a
 * partial each sum is. */
#include "models/gram_rows.h"
#include "models/lanes.h"

#include "engine/base/arena.h"

enum { SAMPLE = 2048, MOST_COLUMNS = 6000, JOINTS = 3 };
static const size_t joint_levels[JOINTS] = {4096, 256, 1}; /* tried in turn */
static const size_t MOST_TABLE = (size_t)1 << 24;

static size_t padded(size_t n) { return (n + 3) & ~(size_t)3; }

static dc_status no_memory(dc_error *error) { return dc_fail_memory(error, "laying out a model"); }

static void *scratch(const dc_problem *problem, size_t count, size_t size)
{
  return dc_arena_alloc(problem->task->arena, count + 1, size);
}

/* Responses as the family wants them: shares with trials as weights, logarithms of the lognormal. */
static dc_status read_response(dc_problem *problem, dc_error *error)
{
  const dc_response *response = problem->task->response;
  const double *weight = problem->task->design->weight;
  dc_rows *r = problem->rows;
  bool chance = problem->family.kind == DC_FAMILY_BINOMIAL, logs = problem->family.kind == DC_FAMILY_LOGNORMAL;
  r->y = response->y;
  r->prior = weight;
  r->trials = chance ? response->trials : NULL;
  if (!r->trials && !logs) return DC_OK;
  double *y = scratch(problem, r->n, sizeof *y), *prior = scratch(problem, r->trials ? r->n : 0, sizeof *prior);
  if (!y || !prior) return no_memory(error);
  for (size_t i = 0; i < r->n; i++) {
    double m = r->trials ? r->trials[i] : 1;
    y[i] = logs ? dc_log(response->y[i]) : m > 0 ? response->y[i] / m : 0;
    if (r->trials) prior[i] = m * (weight ? weight[i] : 1);
  }
  r->y = y;
  if (r->trials) r->prior = prior;
  return DC_OK;
}

static bool plain_outcomes(const dc_problem *problem)
{
  const dc_rows *r = problem->rows;
  size_t odd = 0;
  if (problem->family.kind != DC_FAMILY_BINOMIAL || problem->family.link != DC_LINK_LOGIT || r->prior) return false;
  for (size_t i = 0; i < r->n; i++) odd += (size_t)(r->y[i] != 0 && r->y[i] != 1);
  return odd == 0;
}

/* A centre and a power of 2 for a scale from rows spread evenly: near is good enough. */
static void place(dc_number *number, size_t n, bool centred)
{
  size_t m = n < SAMPLE ? n : SAMPLE;
  double sum = 0, square = 0;
  for (size_t i = 0; i < m && centred; i++) sum += number->x[i * n / m] / (double)m;
  for (size_t i = 0; i < m; i++) {
    double away = fabs(number->x[i * n / m] - sum);
    square = fmax(square, away);
  }
  int power = 0;
  if (square > 0 && isfinite(square)) frexp(square, &power);
  if (power > 1000) power = 1000;
  if (power < -1000) power = -1000;
  number->centre = isfinite(sum) ? sum : 0;
  number->scale = ldexp(1, 2 - power);
}

static void add_number(dc_rows *r, const double *x, size_t column, bool centred)
{
  dc_number *number = &r->numbers[r->n_numbers++];
  *number = (dc_number){.x = x, .scale = 1, .column = column};
  if (x) place(number, r->n, centred);
}

static void add_slopes(dc_rows *r, const dc_term *term, size_t first)
{
  dc_number as = {.x = term->number, .scale = 1};
  place(&as, r->n, false);
  r->slopes[r->n_slopes++] = (dc_slopes){.term = term, .scale = as.scale, .first = first};
}

/* Terms to numbers, factors and slopes; counts the design's columns. */
static dc_status read_terms(dc_problem *problem, dc_error *error)
{
  const dc_design *design = problem->task->design;
  dc_rows *r = problem->rows;
  size_t column = design->intercept ? 1 : 0;
  r->numbers = scratch(problem, design->n_terms + 1, sizeof *r->numbers);
  r->factors = scratch(problem, design->n_terms, sizeof *r->factors);
  r->slopes = scratch(problem, design->n_terms, sizeof *r->slopes);
  if (!r->numbers || !r->factors || !r->slopes) return no_memory(error);
  const dc_term *effect = problem->effect ? problem->effect->term : NULL;
  bool constant = design->intercept;
  for (size_t t = 0; t < design->n_terms; t++) constant = constant && design->terms[t].kind != DC_TERM_FACTOR;
  if (constant) add_number(r, NULL, 0, false);
  for (size_t t = 0; t < design->n_terms; t++) {
    const dc_term *term = &design->terms[t];
    if (term == effect) continue;
    size_t skipped = term->reference == DC_NO_REFERENCE ? 0 : 1;
    if (term->kind == DC_TERM_NUMBER) {
      add_number(r, term->number, column++, design->intercept);
    } else if (term->kind == DC_TERM_FACTOR) {
      r->factors[r->n_factors++] = (dc_factor){
          .term = term, .first = column, .levels = term->codes.levels, .reference = term->reference, .stride = 1};
      column += term->codes.levels - 1;
    } else if (term->kind == DC_TERM_SLOPES) {
      add_slopes(r, term, column);
      column += term->codes.levels - skipped;
    } else {
      return dc_fail(error, DC_E_USAGE, "term %s: shrunken and smooth terms need model mixed", term->name);
    }
    if (column > MOST_COLUMNS)
      return dc_fail(error, DC_E_USAGE,
                     "term %s brings the columns beyond %d; a term of so many levels can be shrunken: (1|%s)",
                     term->name, MOST_COLUMNS, term->name);
  }
  problem->n_columns = column;
  return DC_OK;
}

/* Factors in their order share a group while the product of levels is at most `most`; how many values the tables of pairs
 * of groups have. */
static size_t join(dc_rows *r, size_t most)
{
  size_t product = 0, tables = 0, groups = 0;
  for (size_t f = 0; f < r->n_factors; f++) {
    size_t levels = r->factors[f].levels;
    bool joins = groups && product * levels <= most;
    if (!joins) {
      r->groups[groups++] = (dc_group){.first = f};
      product = 1;
    }
    dc_group *g = &r->groups[groups - 1];
    r->factors[f].stride = (uint32_t)product;
    r->factors[f].group = groups - 1;
    g->count++;
    product *= levels;
    g->codes.levels = (uint32_t)product;
  }
  for (size_t g = 0; g < groups; g++)
    for (size_t h = 0; h < g; h++) tables += (size_t)r->groups[g].codes.levels * r->groups[h].codes.levels;
  r->n_groups = groups;
  return tables;
}

typedef struct joining {
  const dc_rows *rows;
  const dc_group *group;
  void *code;
} joining;

static dc_status join_codes(void *context, size_t first, size_t last, void *partial)
{
  const joining *j = context;
  uint16_t *code = j->code;
  (void)partial;
  for (size_t f = 0; f < j->group->count; f++) {
    const dc_factor *factor = &j->rows->factors[j->group->first + f];
    const dc_codes *from = &factor->term->codes;
    uint16_t stride = (uint16_t)factor->stride;
    if (from->bytes == 1) {
      const uint8_t *c = from->code;
      for (size_t i = first; i < last; i++) code[i] = (uint16_t)(code[i] + c[i] * stride);
    } else {
      for (size_t i = first; i < last; i++) code[i] = (uint16_t)(code[i] + dc_codes_at(from, i) * stride);
    }
  }
  return DC_OK;
}

static void nothing(void *context, void *into, const void *from)
{
  (void)context;
  (void)into;
  (void)from;
}

static dc_status make_groups(dc_problem *problem, dc_error *error)
{
  dc_rows *r = problem->rows;
  r->groups = scratch(problem, r->n_factors, sizeof *r->groups);
  if (!r->groups) return no_memory(error);
  size_t tables = 0;
  for (size_t k = 0; k < JOINTS; k++) {
    size_t most = joint_levels[k] < r->n / 8 + 1 ? joint_levels[k] : r->n / 8 + 1;
    tables = join(r, most);
    if (tables <= r->n / 2) break;
  }
  if (tables > MOST_TABLE)
    return dc_fail(error, DC_E_USAGE, "two factors have too many levels to stand side by side; shrink one: (1|%s)",
                   r->factors[0].term->name);
  for (size_t g = 0; g < r->n_groups; g++) {
    dc_group *group = &r->groups[g];
    group->eta = scratch(problem, group->codes.levels, sizeof *group->eta);
    if (!group->eta) return no_memory(error);
    if (group->count == 1) {
      group->codes = r->factors[group->first].term->codes;
      continue;
    }
    void *code = scratch(problem, r->n, sizeof(uint16_t));
    if (!code) return no_memory(error);
    joining j = {r, group, code};
    double none[1];
    dc_status status = dc_task_fold(problem->task, r->n, DC_GRAM_BLOCK, sizeof none, join_codes, nothing, &j, none,
                                    error);
    if (status != DC_OK) return status;
    group->codes.code = code;
    group->codes.bytes = sizeof(uint16_t);
  }
  return DC_OK;
}

static size_t claim(size_t *end, size_t count)
{
  size_t at = *end;
  *end += padded(count);
  return at;
}

static dc_status place_slopes(dc_problem *problem, size_t s, size_t *end, dc_error *error)
{
  dc_rows *r = problem->rows;
  dc_slopes *slopes = &r->slopes[s];
  size_t levels = slopes->term->codes.levels;
  slopes->eta = scratch(problem, levels, sizeof *slopes->eta);
  slopes->at_number = scratch(problem, r->n_numbers, sizeof(size_t));
  slopes->at_group = scratch(problem, r->n_groups, sizeof(size_t));
  slopes->at_slopes = scratch(problem, r->n_slopes, sizeof(size_t));
  if (!slopes->eta || !slopes->at_number || !slopes->at_group || !slopes->at_slopes) return no_memory(error);
  slopes->at_score = claim(end, levels);
  slopes->at_self = claim(end, levels);
  slopes->at_one = claim(end, levels);
  for (size_t j = 0; j < r->n_numbers; j++) slopes->at_number[j] = claim(end, levels);
  for (size_t g = 0; g < r->n_groups; g++) slopes->at_group[g] = claim(end, levels * r->groups[g].codes.levels);
  for (size_t o = 0; o < s; o++) slopes->at_slopes[o] = claim(end, levels * r->slopes[o].term->codes.levels);
  if (*end > MOST_TABLE)
    return dc_fail(error, DC_E_USAGE, "term %s has too many levels; shrink it: (0 + x|f)", slopes->term->name);
  return DC_OK;
}

static dc_status place_effect(dc_problem *problem, size_t *end, dc_error *error)
{
  dc_rows *r = problem->rows;
  dc_effect *e = problem->effect;
  size_t levels = e->term->codes.levels;
  for (size_t f = 0; f < r->n_factors; f++) e->factor_wide += r->factors[f].levels;
  e->at_pull = claim(end, r->n_numbers * DC_LANES);
  e->at = claim(end, r->width * levels);
  e->at_factor = claim(end, e->factor_wide * levels);
  e->sums = scratch(problem, *end - e->at, sizeof *e->sums);
  return e->sums ? DC_OK : no_memory(error);
}

static dc_status place_sums(dc_problem *problem, dc_error *error)
{
  dc_rows *r = problem->rows;
  size_t end = DC_SCALARS, k = r->n_numbers;
  dc_status status = DC_OK;
  r->width = padded(k + (problem->effect ? 3 : 2));
  r->at_cross = claim(&end, (k * (k + 1) / 2 + k) * DC_LANES);
  r->at_pair = scratch(problem, r->n_groups * r->n_groups, sizeof *r->at_pair);
  r->beta = scratch(problem, k, sizeof *r->beta);
  if (!r->at_pair || !r->beta) return no_memory(error);
  for (size_t g = 0; g < r->n_groups; g++) {
    r->groups[g].at = claim(&end, r->width * r->groups[g].codes.levels);
    for (size_t h = 0; h < g; h++)
      r->at_pair[g * r->n_groups + h] = claim(&end, (size_t)r->groups[g].codes.levels * r->groups[h].codes.levels);
  }
  for (size_t s = 0; s < r->n_slopes && status == DC_OK; s++) status = place_slopes(problem, s, &end, error);
  if (problem->effect && status == DC_OK) status = place_effect(problem, &end, error);
  r->sums = end;
  r->doubles = (k + r->n_slopes + r->width + 4 + (r->n_groups + 2) / 2) * DC_TILE;
  return status;
}

static void set_column(dc_problem *problem, size_t column, double centre, double scale)
{
  problem->column[column] = column;
  problem->centre[column] = centre;
  problem->scale[column] = scale;
  problem->rows->internal[column] = column;
}

/* All columns are internal ones at first. */
static dc_status set_columns(dc_problem *problem, dc_error *error)
{
  dc_rows *r = problem->rows;
  size_t p = problem->p = problem->n_columns;
  problem->column = scratch(problem, p, sizeof *problem->column);
  problem->centre = scratch(problem, p, sizeof(double));
  problem->scale = scratch(problem, p, sizeof(double));
  problem->mean = scratch(problem, p, sizeof(double));
  problem->sd = scratch(problem, p, sizeof(double));
  r->internal = scratch(problem, p, sizeof *r->internal);
  if (!problem->column || !problem->centre || !problem->scale || !problem->mean || !problem->sd || !r->internal)
    return no_memory(error);
  for (size_t j = 0; j < p; j++) set_column(problem, j, 0, 1);
  for (size_t j = 0; j < r->n_numbers; j++)
    set_column(problem, r->numbers[j].column, r->numbers[j].centre, r->numbers[j].scale);
  for (size_t s = 0; s < r->n_slopes; s++) {
    const dc_term *term = r->slopes[s].term;
    size_t count = term->codes.levels - (term->reference == DC_NO_REFERENCE ? 0 : 1);
    for (size_t k = 0; k < count; k++) set_column(problem, r->slopes[s].first + k, 0, r->slopes[s].scale);
  }
  return DC_OK;
}

dc_status dc_rows_plan(dc_problem *problem, dc_error *error)
{
  const dc_design *design = problem->task->design;
  dc_rows *r = problem->rows = scratch(problem, 1, sizeof *r);
  if (!r) return no_memory(error);
  r->n = design->n_rows;
  r->offset = design->offset;
  r->kernels = dc_kernels_best();
  problem->intercept = r->intercept = design->intercept;
  dc_status status = read_response(problem, error);
  r->hot = status == DC_OK && plain_outcomes(problem);
  if (status == DC_OK) status = read_terms(problem, error);
  if (status == DC_OK) status = make_groups(problem, error);
  if (status == DC_OK) status = place_sums(problem, error);
  if (status == DC_OK) status = set_columns(problem, error);
  return status;
}
