/* Arrays of terms, response, weights: what a model is given. */
#include "engine/base/arena.h"
#include "engine/features/frame_cells.h"

#include <stdio.h>
#include <string.h>

/* A number that some term needs, made once. */
typedef struct derived {
  const dc_recipe_part *part;
  double *value;
} derived;

typedef struct building {
  dc_framing *m;
  size_t n, capacity;
  derived *made;
  double *ones;
} building;

static dc_status numbers_of(building *b, const dc_recipe_part *part, const double **value)
{
  dc_framing *m = b->m;
  for (size_t k = 0; k < b->n; k++) {
    const dc_recipe_part *other = b->made[k].part;
    *value = b->made[k].value;
    if (other->column == part->column && other->transform == part->transform && other->power == part->power)
      return DC_OK;
  }
  size_t n = m->f->design.n_rows;
  const dc_column *column = &m->table->columns[m->column[part->column]];
  double *made = dc_arena_alloc(m->f->arena, n + 1, sizeof *made);
  if (!made) return dc_frame_no_memory(m);
  for (size_t i = 0; i < n; i++)
    made[i] = dc_transform_value(part->transform, part->power, dc_cell_value(column, m->f->row[i]));
  if (b->n < b->capacity) b->made[b->n++] = (derived){part, made};
  *value = made;
  return DC_OK;
}

/* The product of the numbers among the parts; 1 where there are none. */
static dc_status product_of(building *b, const dc_recipe_term *term, const double **value)
{
  dc_framing *m = b->m;
  size_t n = m->f->design.n_rows, factors = 0;
  const double *one = NULL;
  double *made = NULL;
  for (size_t p = 0; p < term->n_parts; p++) {
    if (term->parts[p].factor) continue;
    const double *next;
    dc_status status = numbers_of(b, &term->parts[p], &next);
    if (status != DC_OK) return status;
    if (++factors == 1) {
      one = next;
      continue;
    }
    if (!made) {
      made = dc_arena_alloc(m->f->arena, n + 1, sizeof *made);
      if (!made) return dc_frame_no_memory(m);
      if (n) memcpy(made, one, n * sizeof *made);
    }
    for (size_t i = 0; i < n; i++) made[i] *= next[i];
  }
  *value = made ? made : one;
  if (*value) return DC_OK;
  if (!b->ones) b->ones = dc_arena_alloc(m->f->arena, n + 1, sizeof *b->ones);
  if (!b->ones) return dc_frame_no_memory(m);
  for (size_t i = 0; i < n; i++) b->ones[i] = 1;
  *value = b->ones;
  return DC_OK;
}

/* The codes of the levels, or of their combinations. */
static dc_status code_term(building *b, size_t t, dc_term *term)
{
  dc_framing *m = b->m;
  const dc_recipe_term *from = &m->known->terms[t];
  dc_cells cells = dc_cells_of(from);
  if (cells.n == 1) {
    const dc_recipe_part *part = &from->parts[cells.part[0]];
    const dc_recipe_column *column = &m->known->columns[part->column];
    if (m->learning && from->kind != DC_TERM_EFFECT && from->reference != DC_NO_REFERENCE)
      m->recipe->terms[t].reference = column->reference;
    term->reference = from->reference;
    return dc_frame_codes(m, m->level[part->column], column->n_levels, (const char *const *)column->level,
                          &term->codes);
  }
  uint32_t *code;
  const char *const *names = NULL;
  dc_status status = m->learning ? dc_cells_learn(m, &m->recipe->terms[t], &cells) : DC_OK;
  if (status == DC_OK) status = dc_cells_name(m, from, &cells, &names);
  if (status == DC_OK) status = dc_cells_code(m, from, &cells, &code);
  term->reference = from->reference;
  return status == DC_OK ? dc_frame_codes(m, code, from->n_cells, names, &term->codes) : status;
}

static dc_status slopes_of(building *b, const dc_recipe_term *from, dc_term *term)
{
  const double **slope = dc_arena_alloc(b->m->f->arena, from->n_parts + 1, sizeof *slope);
  if (!slope) return dc_frame_no_memory(b->m);
  dc_status status = DC_OK;
  for (size_t p = 0; p < from->n_parts && status == DC_OK; p++)
    if (!from->parts[p].factor) status = numbers_of(b, &from->parts[p], &slope[term->n_slopes++]);
  term->slope = slope;
  return status;
}

static dc_status check_size(dc_framing *m, const dc_term *term)
{
  if (term->codes.levels <= DC_MOST_LEVELS || term->kind == DC_TERM_EFFECT) return DC_OK;
  return dc_fail_at(m->error, DC_E_INPUT, m->file, 0, 0,
                    "term %.80s has %u levels, and each would be a coefficient; (1 | ...) shrinks them", term->name,
                    (unsigned)term->codes.levels);
}

static dc_status build_term(building *b, size_t t, dc_term *term)
{
  const dc_recipe_term *from = &b->m->known->terms[t];
  dc_status status = DC_OK;
  term->name = from->name;
  term->kind = from->kind;
  term->basis = from->basis;
  term->no_intercept = from->no_intercept;
  term->reference = DC_NO_REFERENCE;
  bool coded = from->kind == DC_TERM_FACTOR || from->kind == DC_TERM_SLOPES || from->kind == DC_TERM_EFFECT;
  bool numbered = from->kind == DC_TERM_NUMBER || from->kind == DC_TERM_SLOPES || from->kind == DC_TERM_SMOOTH;
  if (numbered) status = product_of(b, from, &term->number);
  if (status == DC_OK && coded) status = code_term(b, t, term);
  if (status == DC_OK && from->kind == DC_TERM_EFFECT) status = slopes_of(b, from, term);
  if (status == DC_OK && coded && b->m->learning) status = check_size(b->m, term);
  return status;
}

static dc_status build_offset(building *b)
{
  dc_framing *m = b->m;
  size_t n = m->f->design.n_rows;
  if (!m->known->n_offsets) return DC_OK;
  double *sum = dc_arena_alloc(m->f->arena, n + 1, sizeof *sum);
  if (!sum) return dc_frame_no_memory(m);
  for (size_t k = 0; k < m->known->n_offsets; k++) {
    const double *one;
    dc_status status = numbers_of(b, &m->known->offsets[k], &one);
    if (status != DC_OK) return status;
    for (size_t i = 0; i < n; i++) sum[i] += one[i];
  }
  m->f->design.offset = sum;
  return DC_OK;
}

/* The reference first, whichever level it is. */
static dc_status build_category(dc_framing *m, const dc_recipe_column *own, const uint32_t *level)
{
  size_t n = m->f->design.n_rows;
  const char **names = dc_arena_alloc(m->f->arena, own->n_levels + 1u, sizeof *names);
  uint32_t *code = dc_arena_alloc(m->scratch, n + 1, sizeof *code);
  dc_codes *codes = dc_arena_alloc(m->f->arena, 1, sizeof *codes);
  if (!names || !code || !codes) return dc_frame_no_memory(m);
  names[0] = own->level[own->reference];
  for (uint32_t l = 0; l < own->n_levels; l++)
    if (l != own->reference) names[l + (l < own->reference)] = own->level[l];
  for (size_t i = 0; i < n; i++) code[i] = level[i] == own->reference ? 0 : level[i] + (level[i] < own->reference);
  m->f->response.category = codes;
  return dc_frame_codes(m, code, own->n_levels, names, codes);
}

/* "stage=Won", 1 or 0. */
static dc_status build_chance(dc_framing *m, const dc_recipe_column *own, const uint32_t *level)
{
  size_t n = m->f->design.n_rows;
  if (own->n_levels != 2)
    return dc_fail_at(
        m->error, own->n_levels < 2 ? DC_E_SHORT : DC_E_INPUT, m->file, 0, 0,
        "the response %.80s has %u level%s in the rows that are used (%.40s%s%.40s%s), and the model takes two",
        own->name, (unsigned)own->n_levels, own->n_levels == 1 ? "" : "s", own->n_levels ? own->level[0] : "",
        own->n_levels > 1 ? ", " : "", own->n_levels > 1 ? own->level[1] : "", own->n_levels > 2 ? ", ..." : "");
  const char *event = own->level[1 - own->reference];
  size_t room = strlen(own->name) + strlen(event) + 2;
  char *name = dc_arena_alloc(m->f->arena, room, 1);
  double *y = dc_arena_alloc(m->f->arena, n + 1, sizeof *y);
  if (!name || !y) return dc_frame_no_memory(m);
  snprintf(name, room, "%s=%s", own->name, event);
  for (size_t i = 0; i < n; i++) y[i] = level[i] != own->reference;
  m->f->response.name = name;
  m->f->response.y = y;
  return DC_OK;
}

static dc_status build_response(building *b)
{
  dc_framing *m = b->m;
  const dc_recipe *r = m->known;
  const dc_recipe_column *own = &r->columns[r->response.column];
  m->f->response.name = r->target;
  if (r->has_category) {
    m->f->response.name = own->name;
    return build_category(m, own, m->level[r->response.column]);
  }
  if (r->is_chance) return build_chance(m, own, m->level[r->response.column]);
  return numbers_of(b, &r->response, &m->f->response.y);
}

static dc_status build_rest(building *b)
{
  dc_framing *m = b->m;
  const dc_recipe *r = m->known;
  dc_status status = build_response(b);
  if (status == DC_OK && r->trials != DC_NO_COLUMN)
    status = numbers_of(b, &(dc_recipe_part){.column = r->trials}, &m->f->response.trials);
  if (status == DC_OK && r->weights != DC_NO_COLUMN)
    status = numbers_of(b, &(dc_recipe_part){.column = r->weights}, &m->f->design.weight);
  if (status == DC_OK && r->time != DC_NO_COLUMN)
    status = numbers_of(b, &(dc_recipe_part){.column = r->time}, &m->f->response.time);
  if (status != DC_OK || r->cluster == DC_NO_COLUMN) return status;
  const dc_recipe_column *own = &r->columns[r->cluster];
  dc_codes *cluster = dc_arena_alloc(m->f->arena, 1, sizeof *cluster);
  if (!cluster) return dc_frame_no_memory(m);
  m->f->design.cluster = cluster;
  return dc_frame_codes(m, m->level[r->cluster], own->n_levels, (const char *const *)own->level, cluster);
}

dc_status dc_frame_terms(dc_framing *m)
{
  const dc_recipe *r = m->known;
  building b = {.m = m};
  for (size_t t = 0; t < r->n_terms; t++) b.capacity += r->terms[t].n_parts;
  dc_term *terms = dc_arena_alloc(m->f->arena, r->n_terms + 1, sizeof *terms);
  b.made = dc_arena_alloc(m->scratch, b.capacity + 1, sizeof *b.made);
  if (!terms || !b.made) return dc_frame_no_memory(m);
  dc_status status = DC_OK;
  for (size_t t = 0; t < r->n_terms && status == DC_OK; t++) status = build_term(&b, t, &terms[t]);
  m->f->design.terms = terms;
  m->f->design.n_terms = r->n_terms;
  m->f->design.intercept = r->intercept;
  if (status == DC_OK) status = build_offset(&b);
  if (status == DC_OK && m->learning) status = build_rest(&b);
  return status;
}
