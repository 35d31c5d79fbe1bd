#include "engine/features/rows.h"

#include "engine/base/random.h"

#include <stdlib.h>
#include <string.h>

/* With dated fields a deal-cell is seen from one look in each octave of distance: 1, 2 or 3, 4 to 7, ... cells before
 * it, the last one or two up to 127; a look that many cells after the creation is on the day before its cell, the look 0
 * is the creation. So looks are spread over a deal's life as the questions asked of open deals are. A cell that ends
 * with a closing is taken from all its looks, each with its share; of the many others, one look drawn by hash. */
enum { OCTAVES = 6, MOST_LOOKS = OCTAVES + 2 };

static int looks_of(int32_t cells, bool landmarks, int32_t look[MOST_LOOKS])
{
  int n = 0;
  for (int octave = 0; landmarks && octave < OCTAVES && cells >> octave; octave++) {
    int32_t stride = 2 << octave, from = 1 << octave; /* looks at odd multiples of `from` */
    look[n++] = from + (cells - from) / stride * stride;
  }
  int32_t last = landmarks ? cells >> OCTAVES << OCTAVES : 0;
  look[n++] = last;
  if (last > 0) look[n++] = last - (1 << OCTAVES);
  return n;
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

/* A deal as it looked that many cells after the first cell of its spell. */
static void look_at(const dc_features *f, size_t deal, const span *s, int32_t first_cell, int32_t look,
                    dc_subject *subject)
{
  dc_view view;
  const dc_spell *spell = s->spell;
  int32_t cell = first_cell + look - (look > 0), day = look > 0 ? f->grid->start[first_cell + look] - 1 : spell->start;
  if (look > 0)
    dc_deals_view(f->deals, deal, day, &view);
  else
    dc_deals_first_view(f->deals, deal, spell, s->upto, &view);
  view.since = spell->start;
  dc_features_subject(f, deal, &view, cell, day, subject);
}

static bool add_spell(dc_rows *rows, const dc_features *f, size_t deal, uint64_t hash, const span *s)
{
  dc_subject subject;
  uint32_t code[DC_MAX_FACTORS];
  int32_t look[MOST_LOOKS], seen = -1, first_cell = dc_time_cell(f->grid, s->spell->start);
  for (int32_t cell = dc_time_cell(f->grid, s->first); cell <= dc_time_cell(f->grid, s->last); cell++) {
    int32_t a = most(f->grid->start[cell], s->first), b = least(f->grid->start[cell + 1] - 1, s->upto);
    bool ends = s->spell->end != DC_DATE_MISSING && s->spell->end <= b;
    int outcome = !ends ? 2 : s->spell->state == DC_STATE_WON ? 0 : 1;
    int n = looks_of(cell - first_cell, f->landmarks, look);
    int drawn = n > 1 ? (int)(dc_random_bits(hash, (uint64_t)(cell - first_cell), 0) % (uint64_t)n) : 0;
    for (int k = 0; k < n; k++) {
      if (!ends && k != drawn) continue;
      if (look[k] != seen) look_at(f, deal, s, first_cell, look[k], &subject);
      seen = look[k];
      memcpy(code, subject.fixed, sizeof code);
      dc_features_cell(f, &subject, cell, a, b, UINT32_MAX, code);
      if (!add_row(rows, code, (uint8_t)(b - a + 1), outcome, ends ? DC_ROW_UNITS / n : DC_ROW_UNITS)) return false;
    }
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

dc_status dc_rows_extend(dc_rows *rows, const dc_features *f, int32_t after, int32_t upto, dc_error *error)
{
  const dc_deals *deals = f->deals;
  for (size_t i = 0; i < deals->n; i++) {
    if (deals->known[i] > upto) continue;
    uint64_t hash = dc_hash_bytes(deals->ids.text[i], deals->ids.length[i], rows->seed);
    if (hash > rows->keep) continue;
    for (uint64_t k = deals->spell_at[i]; k < deals->spell_at[i + 1]; k++) {
      span s;
      if (!risk_span(deals, &deals->spells[k], after, upto, &s)) continue;
      if (!add_spell(rows, f, i, hash, &s)) return dc_fail_memory(error, "collecting training rows");
    }
  }
  return DC_OK;
}

/* Rows before grouping that a spell would make. */
static double spell_rows(const dc_features *f, const span *s)
{
  int32_t from = dc_time_cell(f->grid, s->first), to = dc_time_cell(f->grid, s->last);
  return (double)(to - from + (f->landmarks ? MOST_LOOKS : 1));
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
