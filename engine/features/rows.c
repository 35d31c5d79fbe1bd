#include "engine/features/rows.h"

#include "engine/base/random.h"

#include <stdlib.h>
#include <string.h>

/* With dated fields a deal is looked at in every cell of its life. A look that many cells after the creation is followed
 * for twice the highest power of two that divides the number, the one at the creation the longest: so each cell is seen
 * from about one look in each octave of distance (0 or 1 cell, 2 or 3, 4 to 7, ...), and the looks are spread over a
 * deal's life as the questions asked of open deals are. */
enum { OCTAVES = 5, MOST_AHEAD = 2 << OCTAVES };

static int32_t look_reach(int32_t look)
{
  int octave = 0;
  if (look == 0) return MOST_AHEAD;
  while (octave < OCTAVES && look % 2 == 0) look /= 2, octave++;
  return 2 << octave;
}

/* Looks that see the cell this many cells after the first one. */
static int looks_at(int32_t cells, bool landmarks)
{
  int n = 0;
  if (!landmarks) return 1;
  for (int octave = 0; octave < OCTAVES; octave++) n += cells >= 1 << octave;
  int32_t whole = cells >> OCTAVES; /* the looks at multiples of the longest stride that still see it */
  return n + (whole < 1 ? 1 : 2);
}

void dc_rows_free(dc_rows *rows)
{
  if (!rows) return;
  free(rows->code);
  free(rows->days);
  free(rows->count);
  free(rows->slot);
  free(rows);
}

static uint64_t row_hash(const uint32_t *code, int n, uint8_t days)
{
  uint64_t h = days;
  for (int k = 0; k < n; k++) h = (h ^ code[k]) * 0x9E3779B97F4A7C15u, h ^= h >> 29;
  return h ^ (h >> 32);
}

static bool grow_rows(dc_rows *rows)
{
  size_t capacity = rows->capacity ? 2 * rows->capacity : 4096;
  uint32_t *code = realloc(rows->code, capacity * (size_t)rows->n_factors * sizeof *code);
  if (code) rows->code = code;
  uint8_t *days = realloc(rows->days, capacity);
  if (days) rows->days = days;
  int64_t *count = realloc(rows->count, capacity * 3 * sizeof *count);
  if (count) rows->count = count;
  uint32_t *slot = calloc(4 * capacity, sizeof *slot);
  if (!code || !days || !count || !slot) {
    free(slot);
    return false;
  }
  size_t mask = 4 * capacity - 1, width = (size_t)rows->n_factors;
  for (size_t r = 0; r < rows->n; r++) {
    size_t s = row_hash(code + r * width, rows->n_factors, days[r]) & mask;
    while (slot[s]) s = (s + 1) & mask;
    slot[s] = (uint32_t)r + 1;
  }
  free(rows->slot);
  rows->slot = slot;
  rows->n_slots = 4 * capacity;
  rows->capacity = capacity;
  return true;
}

static bool add_row(dc_rows *rows, const uint32_t *code, uint8_t days, int outcome, int64_t units)
{
  if (rows->n == rows->capacity && !grow_rows(rows)) return false;
  size_t width = (size_t)rows->n_factors, mask = rows->n_slots - 1;
  size_t s = row_hash(code, rows->n_factors, days) & mask, r;
  for (; rows->slot[s]; s = (s + 1) & mask) {
    r = rows->slot[s] - 1;
    if (rows->days[r] == days && memcmp(rows->code + r * width, code, width * sizeof *code) == 0) break;
  }
  if (!rows->slot[s]) {
    r = rows->n++;
    rows->slot[s] = (uint32_t)r + 1;
    memcpy(rows->code + r * width, code, width * sizeof *code);
    rows->days[r] = days;
    memset(rows->count + 3 * r, 0, 3 * sizeof *rows->count);
  }
  rows->count[3 * (size_t)(rows->slot[s] - 1) + (size_t)outcome] += units;
  return true;
}

static int32_t least(int32_t a, int32_t b) { return a < b ? a : b; }
static int32_t most(int32_t a, int32_t b) { return a > b ? a : b; }

typedef struct span {
  int32_t first, last; /* days of risk that became known */
  int32_t upto;
  const dc_spell *spell;
} span;

/* The rows of one look at one spell. */
static bool add_look(dc_rows *rows, const dc_features *f, const span *s, const dc_subject *subject, int32_t first_cell,
                     int32_t look)
{
  uint32_t code[DC_MAX_FACTORS];
  memcpy(code, subject->fixed, sizeof code);
  int32_t from = most(dc_time_cell(f->grid, s->first), first_cell + look);
  int32_t to = dc_time_cell(f->grid, s->last);
  if (f->landmarks) to = least(to, first_cell + look + look_reach(look) - 1);
  for (int32_t cell = from; cell <= to; cell++) {
    int32_t a = most(f->grid->start[cell], s->first), b = least(f->grid->start[cell + 1] - 1, s->upto);
    bool ends = s->spell->end != DC_DATE_MISSING && s->spell->end <= b;
    int outcome = !ends ? 2 : s->spell->state == DC_STATE_WON ? 0 : 1;
    dc_features_cell(f, subject, cell, a, b, UINT32_MAX, code);
    int64_t units = DC_ROW_UNITS / looks_at(cell - first_cell, f->landmarks);
    if (!add_row(rows, code, (uint8_t)(b - a + 1), outcome, units)) return false;
  }
  return true;
}

static bool add_spell(dc_rows *rows, const dc_features *f, size_t deal, const span *s)
{
  dc_view view;
  dc_subject subject;
  int32_t first_cell = dc_time_cell(f->grid, s->spell->start), last_cell = dc_time_cell(f->grid, s->last);
  dc_deals_first_view(f->deals, deal, s->spell, s->upto, &view);
  dc_features_subject(f, deal, &view, first_cell, s->spell->start, &subject);
  if (!add_look(rows, f, s, &subject, first_cell, 0)) return false;
  int32_t risk_cell = dc_time_cell(f->grid, s->first);
  for (int32_t look = most(1, risk_cell - first_cell - MOST_AHEAD); f->landmarks && first_cell + look <= last_cell;
       look++) {
    int32_t cell = first_cell + look;
    if (cell + look_reach(look) <= risk_cell) continue;
    dc_deals_view(f->deals, deal, f->grid->start[cell] - 1, &view);
    view.since = s->spell->start;
    dc_features_subject(f, deal, &view, cell - 1, f->grid->start[cell] - 1, &subject);
    if (!add_look(rows, f, s, &subject, first_cell, look)) return false;
  }
  return true;
}

/* The days of a spell on which it was seen to be at risk, after `after`; false when there are none. */
static bool risk_span(const dc_deals *deals, const dc_spell *spell, int32_t after, int32_t upto, span *s)
{
  if (spell->start == DC_DATE_MISSING || deals->first_close == DC_DATE_MISSING) return false;
  s->first = most(most(spell->start, deals->first_close), after + 1);
  s->last = spell->end == DC_DATE_MISSING ? upto : least(spell->end, upto);
  s->upto = upto;
  s->spell = spell;
  return s->first <= s->last;
}

static bool sampled(const dc_rows *rows, const dc_deals *deals, size_t i)
{
  return rows->keep == UINT64_MAX || dc_hash_bytes(deals->ids.text[i], deals->ids.length[i], rows->seed) <= rows->keep;
}

dc_status dc_rows_extend(dc_rows *rows, const dc_features *f, int32_t after, int32_t upto, dc_error *error)
{
  const dc_deals *deals = f->deals;
  for (size_t i = 0; i < deals->n; i++) {
    if (deals->known[i] > upto || !sampled(rows, deals, i)) continue;
    for (uint64_t k = deals->spell_at[i]; k < deals->spell_at[i + 1]; k++) {
      span s;
      if (!risk_span(deals, &deals->spells[k], after, upto, &s)) continue;
      if (!add_spell(rows, f, i, &s)) return dc_fail_memory(error, "collecting training rows");
    }
  }
  return DC_OK;
}

/* Rows before grouping that a spell would make. */
static double spell_rows(const dc_features *f, const span *s)
{
  int32_t first = dc_time_cell(f->grid, s->spell->start);
  int32_t from = dc_time_cell(f->grid, s->first), to = dc_time_cell(f->grid, s->last);
  return (double)(to - from + 1) * looks_at(to - first, f->landmarks);
}

dc_status dc_rows_new(const dc_features *f, int32_t last_day, size_t most_rows, uint64_t seed, dc_rows **out,
                      dc_error *error)
{
  const dc_deals *deals = f->deals;
  dc_rows *rows = calloc(1, sizeof *rows);
  if (!rows) return dc_fail_memory(error, "collecting training rows");
  rows->n_factors = f->n;
  rows->seed = seed;
  double expected = 0;
  for (size_t i = 0; i < deals->n; i++) {
    for (uint64_t k = deals->spell_at[i]; k < deals->spell_at[i + 1] && deals->known[i] <= last_day; k++) {
      span s;
      if (risk_span(deals, &deals->spells[k], INT32_MIN / 2, last_day, &s)) expected += spell_rows(f, &s);
    }
  }
  double share = (double)most_rows / (expected > 1 ? expected : 1);
  rows->keep = share >= 1 ? UINT64_MAX : (uint64_t)(share * 0x1p64);
  *out = rows;
  return DC_OK;
}
