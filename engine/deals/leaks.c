/* Provable leaks of one column. A finding is exact where it drops (no row contradicts it) and far beyond chance; one that
 * nearly holds, or that chance might bring about, is a suspicion. */
#include "engine/base/random.h"
#include "engine/deals/roles.h"
#include "engine/deals/roles_parts.h"

#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPEN, WON, LOST, STATES };
enum {
  FREQUENT = 5,
  LEAST_GROUP = 5,
  LEAST_WORDS = 4,
  LEAST_ROWS = 20,
  LEAST_UNIQUE = 50,
  MAX_VALUES = 64,
  MAX_TEXTS = 1 << 20
};

static const double PRESENCE_LOG = -13.8; /* log 1e-6 */
static const double VALUES_LOG = -20.7;   /* log 1e-9 */
static const double SUSPECT_LOG = -9.2;   /* log 1e-4 */
static const double FREQUENT_SHARE = 0.005, COVERED_SHARE = 0.9, NEAR_SHARE = 0.05, CONSTANT_SHARE = 0.99;
static const double DENSE_SHARE = 1.05, UNIQUE_SHARE = 0.99;

typedef struct value_count {
  double number;
  const char *word;
  size_t n[STATES];
} value_count;

typedef struct evidence {
  const dc_column *column;
  const int8_t *state;
  size_t rows;
  size_t n[STATES], filled[STATES];
  value_count *values; /* NULL: too many, or no memory */
  size_t n_values;
  char *why;
  size_t why_size;
} evidence;

#define SAY(e, ...) snprintf((e)->why, (e)->why_size, __VA_ARGS__)

const char *dc_use_name(dc_use use)
{
  static const char *const names[] = {
      [DC_USE_USED] = "used", [DC_USE_DROPPED] = "dropped", [DC_USE_SUSPECT] = "suspect", [DC_USE_SHOWN] = "shown"};
  return (size_t)use < sizeof names / sizeof *names ? names[use] : "used";
}

static bool counted(const evidence *e, size_t row) { return e->state[row] >= OPEN && e->state[row] <= LOST; }

/* Log probability that `marked` rows drawn from `all` at random all lie among `group` of them (hypergeometric). */
static double log_all_inside(size_t group, size_t marked, size_t all)
{
  if (marked > group) return -INFINITY;
  return gsl_sf_lnchoose((unsigned)group, (unsigned)marked) - gsl_sf_lnchoose((unsigned)all, (unsigned)marked);
}

/* Being filled, or being empty, is found on one side only. sides: a of size n_a with filled_a filled, b likewise. */
typedef struct two_sides {
  size_t n_a, filled_a, n_b, filled_b;
} two_sides;

static double log_filled_in_a_only(const two_sides *s)
{
  if (s->filled_b > 0 || s->filled_a == 0 || s->n_b == 0) return 0;
  return log_all_inside(s->n_a, s->filled_a, s->n_a + s->n_b);
}

static double log_empty_in_a_only(const two_sides *s)
{
  if (s->filled_b < s->n_b || s->filled_a == s->n_a || s->n_b == 0) return 0;
  return log_all_inside(s->n_a, s->n_a - s->filled_a, s->n_a + s->n_b);
}

static dc_use by_chance(double log_chance)
{
  return log_chance < PRESENCE_LOG ? DC_USE_DROPPED : log_chance < SUSPECT_LOG ? DC_USE_SUSPECT : DC_USE_USED;
}

static dc_use check_presence_open(const evidence *e)
{
  size_t closed = e->n[WON] + e->n[LOST], filled = e->filled[WON] + e->filled[LOST];
  two_sides closed_open = {closed, filled, e->n[OPEN], e->filled[OPEN]};
  two_sides open_closed = {e->n[OPEN], e->filled[OPEN], closed, filled};
  dc_use use = by_chance(log_filled_in_a_only(&closed_open));
  if (use != DC_USE_USED) {
    SAY(e, "filled in closed deals only: %zu of %zu closed, none of %zu open", filled, closed, e->n[OPEN]);
    return use;
  }
  use = by_chance(log_filled_in_a_only(&open_closed));
  if (use != DC_USE_USED) {
    SAY(e, "filled in open deals only: %zu of %zu open, none of %zu closed", e->filled[OPEN], e->n[OPEN], closed);
    return use;
  }
  use = by_chance(log_empty_in_a_only(&open_closed));
  if (use != DC_USE_USED) {
    SAY(e, "empty in open deals only: %zu of %zu open, none of %zu closed", e->n[OPEN] - e->filled[OPEN], e->n[OPEN],
        closed);
    return use;
  }
  if (log_empty_in_a_only(&closed_open) < PRESENCE_LOG) {
    SAY(e, "empty in closed deals only (%zu of %zu): perhaps a new column", closed - filled, closed);
    return DC_USE_SUSPECT;
  }
  return DC_USE_USED;
}

/* A lost reason, a contract number: filled after one outcome only. Where open deals have it too, it may be honest. */
static dc_use check_presence_outcome(const evidence *e)
{
  static const char *const names[] = {[WON] = "won", [LOST] = "lost"};
  for (int a = WON; a <= LOST; a++) {
    int b = a == WON ? LOST : WON;
    two_sides sides = {e->n[a], e->filled[a], e->n[b], e->filled[b]};
    if (log_filled_in_a_only(&sides) < PRESENCE_LOG) {
      SAY(e, "filled in %s deals only: %zu of %zu, none of %zu %s", names[a], e->filled[a], e->n[a], e->n[b], names[b]);
      return e->filled[OPEN] == 0 || e->filled[a] == e->n[a] ? DC_USE_DROPPED : DC_USE_SUSPECT;
    }
    if (log_empty_in_a_only(&sides) < PRESENCE_LOG) {
      SAY(e, "empty in %s deals only: %zu of %zu, none of %zu %s", names[a], e->n[a] - e->filled[a], e->n[a], e->n[b],
          names[b]);
      return DC_USE_SUSPECT;
    }
  }
  return DC_USE_USED;
}

/* "Won" and "Lost" in a column beside the outcome: proof by the words, however few the rows. */
static dc_use check_words(const evidence *e)
{
  size_t agree = 0, silent = 0;
  bool seen[STATES] = {false};
  for (size_t i = 0; e->values && i < e->n_values; i++) {
    const value_count *v = &e->values[i];
    size_t closed = v->n[WON] + v->n[LOST];
    if (closed == 0) continue;
    dc_meaning meaning = v->word ? dc_stage_meaning(NULL, v->word) : DC_MEANING_UNKNOWN;
    if (meaning != DC_MEANING_WON && meaning != DC_MEANING_LOST) {
      silent += closed;
      continue;
    }
    int state = meaning == DC_MEANING_WON ? WON : LOST;
    if (v->n[state] != closed) return DC_USE_USED;
    seen[state] = true;
    agree += closed;
  }
  if (!seen[WON] || !seen[LOST] || agree < LEAST_WORDS || silent * 10 > agree) return DC_USE_USED;
  SAY(e, "its words are the outcome's in all of %zu closed deals", agree);
  return DC_USE_DROPPED;
}

/* Do the frequent values tell two groups of states apart? */
typedef struct purity {
  size_t covered, all; /* rows with a frequent value, rows with any */
  size_t minority;     /* of covered rows: those of the smaller group */
  size_t errors;       /* rows on the wrong side of their value */
  bool both;           /* values of either side exist */
  double log_chance;   /* that values of these sizes all come out pure */
} purity;

static purity measure(const evidence *e, unsigned states_a, unsigned states_b)
{
  purity p = {0, 0, 0, 0, false, 0};
  size_t total[2] = {0, 0}, covered[2] = {0, 0}, sides[2] = {0, 0};
  for (int pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < e->n_values; i++) {
      size_t n[2] = {0, 0};
      for (int s = 0; s < STATES; s++) {
        if (states_a & (1u << s)) n[0] += e->values[i].n[s];
        if (states_b & (1u << s)) n[1] += e->values[i].n[s];
      }
      size_t both = n[0] + n[1];
      if (pass == 0) {
        total[0] += n[0];
        total[1] += n[1];
        continue;
      }
      if (both < FREQUENT || (double)both < FREQUENT_SHARE * (double)(total[0] + total[1])) continue;
      double share = (double)total[0] / (double)(total[0] + total[1]), size = (double)both;
      p.log_chance += log(pow(share, size) + pow(1 - share, size) + 1e-300);
      for (int k = 0; k < 2; k++) covered[k] += n[k];
      p.errors += n[0] < n[1] ? n[0] : n[1];
      sides[n[0] >= n[1] ? 0 : 1]++;
    }
  p.covered = covered[0] + covered[1];
  p.all = total[0] + total[1];
  p.minority = covered[0] < covered[1] ? covered[0] : covered[1];
  p.both = sides[0] > 0 && sides[1] > 0;
  return p;
}

static dc_use judge(const evidence *e, const purity *p, const char *what)
{
  if (!p->both || p->minority == 0 || (double)p->covered < COVERED_SHARE * (double)p->all) return DC_USE_USED;
  if (p->errors == 0 && p->log_chance < SUSPECT_LOG) {
    SAY(e, "each frequent value is %s (%zu deals)", what, p->covered);
    return p->log_chance < VALUES_LOG ? DC_USE_DROPPED : DC_USE_SUSPECT;
  }
  if (p->log_chance < VALUES_LOG && (double)p->errors <= NEAR_SHARE * (double)p->minority) {
    SAY(e, "nearly each frequent value is %s (%zu of %zu deals differ)", what, p->errors, p->covered);
    return DC_USE_SUSPECT;
  }
  return DC_USE_USED;
}

static dc_use check_values_outcome(const evidence *e)
{
  if (!e->values) return DC_USE_USED;
  purity p = measure(e, 1u << WON, 1u << LOST);
  return judge(e, &p, "all won or all lost");
}

static dc_use check_values_open(const evidence *e)
{
  if (!e->values) return DC_USE_USED;
  purity p = measure(e, 1u << OPEN, 1u << WON | 1u << LOST);
  return judge(e, &p, "all open or all closed");
}

/* The value that most rows of a state share, if any does (Boyer & Moore 1991). */
static double majority(const evidence *e, int state)
{
  double value = NAN;
  size_t votes = 0;
  for (size_t row = 0; row < e->rows; row++) {
    double x = e->column->number[row];
    if (e->state[row] != state || isnan(x)) continue;
    if (votes == 0) value = x;
    if (x == value)
      votes++;
    else
      votes--;
  }
  return value;
}

static size_t count_equal(const evidence *e, int state, double value)
{
  size_t n = 0;
  for (size_t row = 0; row < e->rows; row++) n += e->state[row] == state && e->column->number[row] == value;
  return n;
}

/* Maven's close_value: 0 for every lost deal and for no won one. */
static dc_use check_constant(const evidence *e)
{
  static const char *const names[] = {[WON] = "won", [LOST] = "lost"};
  if (e->column->type != DC_TYPE_NUMBER || e->filled[WON] < LEAST_GROUP || e->filled[LOST] < LEAST_GROUP)
    return DC_USE_USED;
  for (int a = LOST; a >= WON; a--) {
    int b = a == WON ? LOST : WON;
    double value = majority(e, a);
    size_t inside = count_equal(e, a, value), outside = count_equal(e, b, value);
    bool exact = inside == e->filled[a] && outside == 0;
    bool near = (double)inside >= CONSTANT_SHARE * (double)e->filled[a] &&
                (double)outside <= (1 - CONSTANT_SHARE) * (double)e->filled[b];
    double log_chance = log_all_inside(e->filled[a], inside, e->filled[WON] + e->filled[LOST]);
    if (!near || log_chance > SUSPECT_LOG) continue;
    SAY(e, "%g in %zu of %zu %s deals and in %zu of %zu %s ones", value, inside, e->filled[a], names[a], outside,
        e->filled[b], names[b]);
    return exact && log_chance < PRESENCE_LOG ? DC_USE_DROPPED : DC_USE_SUSPECT;
  }
  return DC_USE_USED;
}

/* Whole numbers, each once, without gaps worth the name: they count the rows, whatever order they are in. */
static dc_use check_row_number(const evidence *e)
{
  double least = INFINITY, most = -INFINITY;
  size_t n = 0;
  if (e->column->type != DC_TYPE_NUMBER) return DC_USE_USED;
  for (size_t row = 0; row < e->rows; row++) {
    double x = e->column->number[row];
    if (isnan(x)) continue;
    if (x != floor(x)) return DC_USE_USED;
    least = fmin(least, x);
    most = fmax(most, x);
    n++;
  }
  double span = most - least + 1;
  if (n < LEAST_ROWS || (double)n * DENSE_SHARE < (double)e->rows || span > DENSE_SHARE * (double)n) return DC_USE_USED;
  unsigned char *seen = calloc((size_t)span, 1);
  bool twice = !seen;
  for (size_t row = 0; row < e->rows && !twice; row++) {
    double x = e->column->number[row];
    if (!isnan(x)) twice = seen[(size_t)(x - least)]++ != 0;
  }
  free(seen);
  if (twice) return DC_USE_USED;
  SAY(e, "a row number: %zu whole numbers from %.0f to %.0f, each once", n, least, most);
  return DC_USE_DROPPED;
}

/* Of very many rows those whose texts hash low: the same ones in any order, and all of a text or none. */
static size_t distinct_texts(const evidence *e, size_t *filled)
{
  size_t size = 64, distinct = 0, most = e->rows < MAX_TEXTS ? e->rows : MAX_TEXTS;
  uint64_t keep = e->rows > MAX_TEXTS ? (uint64_t)(0x1p63 * 2 * ((double)MAX_TEXTS / (double)e->rows)) : UINT64_MAX;
  *filled = 0;
  while (size < 4 * most) size *= 2;
  uint64_t *slots = calloc(size, sizeof *slots);
  for (size_t row = 0; slots && row < e->rows; row++) {
    size_t length;
    const char *text = dc_column_text(e->column, row, &length);
    uint64_t hash = dc_hash_bytes(text, length, 0) | 1;
    if (length == 0 || hash > keep) continue;
    ++*filled;
    size_t at = (size_t)(hash >> 1) & (size - 1);
    while (slots[at] && slots[at] != hash) at = (at + 1) & (size - 1);
    distinct += slots[at] == 0;
    slots[at] = hash;
  }
  free(slots);
  return distinct;
}

/* Ids, names, remarks: each row its own. A category of a few dozen rows may be so by chance. */
static dc_use check_unique(const evidence *e)
{
  size_t filled, distinct;
  dc_type type = e->column->type;
  if (type != DC_TYPE_TEXT && type != DC_TYPE_CATEGORY) return DC_USE_USED;
  if (type == DC_TYPE_CATEGORY && (double)e->column->n_words < UNIQUE_SHARE * (double)(e->rows - e->column->n_missing))
    return DC_USE_USED;
  distinct = distinct_texts(e, &filled);
  if (filled < LEAST_ROWS || (double)distinct < UNIQUE_SHARE * (double)filled) return DC_USE_USED;
  SAY(e, "texts of their own: %zu different ones in %zu rows", distinct, filled);
  return type == DC_TYPE_TEXT || filled >= LEAST_UNIQUE ? DC_USE_DROPPED : DC_USE_SUSPECT;
}

static void count_states(evidence *e)
{
  for (size_t row = 0; row < e->rows; row++) {
    if (!counted(e, row)) continue;
    e->n[e->state[row]]++;
    e->filled[e->state[row]] += !dc_role_cell_missing(e->column, row);
  }
}

static void count_words(evidence *e)
{
  const dc_column *column = e->column;
  e->values = calloc(column->n_words + 1, sizeof *e->values);
  if (!e->values) return;
  e->n_values = column->n_words;
  for (size_t i = 0; i < column->n_words; i++) e->values[i].word = column->words[i];
  for (size_t row = 0; row < e->rows; row++)
    if (counted(e, row) && dc_column_code(column, row) != 0) e->values[dc_column_code(column, row)].n[e->state[row]]++;
}

/* Numbers of few values are looked at like words. */
static void count_numbers(evidence *e)
{
  e->values = calloc(MAX_VALUES, sizeof *e->values);
  for (size_t row = 0; e->values && row < e->rows; row++) {
    double x = e->column->number[row];
    size_t i = 0;
    if (isnan(x) || !counted(e, row)) continue;
    while (i < e->n_values && e->values[i].number != x) i++;
    if (i == MAX_VALUES) {
      free(e->values);
      e->values = NULL;
      e->n_values = 0;
      return;
    }
    if (i == e->n_values) e->values[e->n_values++].number = x;
    e->values[i].n[e->state[row]]++;
  }
}

dc_use dc_leak_check(const dc_column *column, const int8_t *state, size_t rows, char *why, size_t why_size)
{
  static dc_use (*const checks[])(const evidence *) = {
      check_words,       check_constant,   check_values_outcome, check_presence_open, check_presence_outcome,
      check_values_open, check_row_number, check_unique};
  evidence e = {.column = column, .state = state, .rows = rows, .why = why, .why_size = why_size};
  char suspicion[256] = "";
  dc_use use = DC_USE_USED;
  if (column->type != DC_TYPE_EMPTY) count_states(&e);
  if (column->type == DC_TYPE_CATEGORY) count_words(&e);
  if (column->type == DC_TYPE_NUMBER) count_numbers(&e);
  for (size_t i = 0; column->type != DC_TYPE_EMPTY && i < sizeof checks / sizeof *checks; i++) {
    dc_use found = checks[i](&e);
    if (found == DC_USE_DROPPED) {
      use = found;
      break;
    }
    if (found == DC_USE_SUSPECT && use == DC_USE_USED) {
      use = found;
      snprintf(suspicion, sizeof suspicion, "%.*s", (int)(sizeof suspicion - 1), why);
    }
  }
  free(e.values);
  if (use == DC_USE_SUSPECT) snprintf(why, why_size, "%s", suspicion);
  if (use == DC_USE_USED) snprintf(why, why_size, "no sign of a leak");
  return use;
}
