/* Columns that tell the outcome, or seem to: proofs by dc_leak_check; suspicions by strength, by name, by late filling. */
#include "engine/insight/quality_parts.h"

#include "engine/base/random.h"
#include "engine/base/text.h"
#include "engine/deals/roles_parts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SAMPLED = 40000, LEAST_EACH = 40, MOST_COMPARED = 1000, WHY_BYTES = 200 };
static const double STRONG_AUC = 0.8;
static const double LATE_MISSING = 0.2, LATE_GAP = 0.1, LATE_Z = 6;

/* Closed rows looked at, won and lost: all, or those whose ids hash low. */
typedef struct closed_rows {
  size_t n, won;
  uint32_t *row;
  uint8_t *is_won, *half; /* half: which words are ranked by and which they are judged on */
} closed_rows;

static void closed_free(closed_rows *c)
{
  free(c->row);
  free(c->is_won);
  free(c->half);
}

static dc_status find_closed(const dc_sheet *sheet, closed_rows *c, dc_error *error)
{
  size_t all = 0;
  for (size_t i = 0; i < sheet->n; i++) all += (sheet->state[i] & DC_WHEN_CLOSED) != 0;
  double share = all > MOST_SAMPLED ? (double)MOST_SAMPLED / (double)all : 1;
  uint64_t keep = all > MOST_SAMPLED ? (uint64_t)(0x1p63 * 2 * share) : UINT64_MAX;
  c->row = malloc((all + 1) * sizeof *c->row);
  c->is_won = malloc(all + 1);
  c->half = malloc(all + 1);
  if (!c->row || !c->is_won || !c->half) return dc_fail_memory(error, "looking for leaks");
  for (size_t i = 0; i < sheet->n; i++) {
    size_t length = 0;
    if (!(sheet->state[i] & DC_WHEN_CLOSED)) continue;
    const char *id = dc_unit_text(sheet, i, DC_ROLE_ID, &length);
    uint64_t hash = length ? dc_hash_bytes(id, length, sheet->quality->seed + 1)
                           : dc_random_bits(sheet->quality->seed + 1, i, 0);
    if (hash > keep) continue;
    c->row[c->n] = (uint32_t)i;
    c->half[c->n] = hash & 1;
    c->is_won[c->n++] = sheet->state[i] == DC_WHEN_WON;
    c->won += sheet->state[i] == DC_WHEN_WON;
  }
  return DC_OK;
}

typedef struct scored {
  double score;
  bool won;
} scored;

static int by_score(const void *a, const void *b)
{
  const scored *x = a, *y = b;
  return (x->score > y->score) - (x->score < y->score);
}

/* P(a won deal scores above a lost one), ties half (Mann and Whitney 1947); NaN where one side is thin. */
static double auc_of(scored *s, size_t n)
{
  double won = 0, lost = 0, below = 0;
  qsort(s, n, sizeof *s, by_score);
  for (size_t i = 0, end; i < n; i = end) {
    double here_won = 0, here_lost = 0;
    for (end = i; end < n && s[end].score == s[i].score; end++) {
      here_won += s[end].won;
      here_lost += !s[end].won;
    }
    below += here_won * (lost + here_lost / 2);
    won += here_won;
    lost += here_lost;
  }
  return won < LEAST_EACH || lost < LEAST_EACH ? NAN : below / (won * lost);
}

/* Words are ranked by their win rate in one half of the rows and judged on the other; numbers rank themselves. */
static double strength(const dc_column *column, const closed_rows *c, dc_status *status, dc_error *error)
{
  scored *s = malloc((c->n + 1) * sizeof *s);
  double *rate = column->type == DC_TYPE_CATEGORY ? calloc(2 * column->n_words + 2, sizeof *rate) : NULL;
  double mean = (double)c->won / (double)(c->n ? c->n : 1);
  size_t n = 0;
  if (!s || (column->type == DC_TYPE_CATEGORY && !rate)) {
    free(s);
    free(rate);
    *status = dc_fail_memory(error, "looking for leaks");
    return NAN;
  }
  for (size_t i = 0; rate && i < c->n; i++) {
    size_t code = dc_column_code(column, c->row[i]);
    if (c->half[i]) continue;
    rate[2 * code] += c->is_won[i];
    rate[2 * code + 1]++;
  }
  for (size_t i = 0; i < c->n; i++) {
    size_t code = rate ? dc_column_code(column, c->row[i]) : 0;
    if (rate && !c->half[i]) continue;
    if (!rate && isnan(column->number[c->row[i]])) continue;
    s[n].score = rate ? (rate[2 * code] + mean) / (rate[2 * code + 1] + 1) : column->number[c->row[i]];
    s[n++].won = c->is_won[i];
  }
  double auc = auc_of(s, n);
  free(s);
  free(rate);
  return rate ? auc : fmax(auc, 1 - auc);
}

/* Names of what goes on until a deal closes, or is written then. */
static bool is_named_late(const char *name, const char **word)
{
  static const char *const words[] = {"last",       "elapsed",     "duration", "closing", "totaldays", "daysin",
                                      "timespent",  "changecount", "reason",   "final",   "modified",  "dauer",
                                      "lossreason", "daysto",      "daysopen", "dauer",   "原因"};
  char folded[DC_FOLD_BYTES];
  dc_text_fold(name, strlen(name), folded);
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strstr(folded, words[i])) {
      *word = words[i];
      return true;
    }
  return false;
}

/* Filled far more often after one outcome than after the other. */
static bool is_filled_late(const dc_column *column, const closed_rows *c, char *why)
{
  double n[2] = {0, 0}, filled[2] = {0, 0};
  for (size_t i = 0; i < c->n; i++) {
    n[c->is_won[i]]++;
    filled[c->is_won[i]] += !dc_role_cell_missing(column, c->row[i]);
  }
  if (n[0] < LEAST_EACH || n[1] < LEAST_EACH) return false;
  double all = n[0] + n[1], p = (filled[0] + filled[1]) / all, won = filled[1] / n[1], lost = filled[0] / n[0];
  if (1 - p < LATE_MISSING || p <= 0) return false;
  double z = fabs(won - lost) / sqrt(p * (1 - p) * (1 / n[0] + 1 / n[1]));
  if (z < LATE_Z || fabs(won - lost) < LATE_GAP) return false;
  snprintf(why, WHY_BYTES, "likely filled late: in %.0f %% of won and %.0f %% of lost deals", 100 * won, 100 * lost);
  return true;
}

/* Two columns that are empty in the same rows, and often. */
static bool are_empty_together(const dc_sheet *sheet, size_t c, size_t other)
{
  const dc_column *a = &sheet->table->columns[c], *b = &sheet->table->columns[other];
  double missing = (double)a->n_missing, rows = (double)sheet->n;
  if (c == other || a->n_missing != b->n_missing || a->n_missing == sheet->n || missing < LATE_MISSING * rows)
    return false;
  if (missing < LEAST_EACH || rows - missing < LEAST_EACH) return false;
  for (size_t row = 0; row < sheet->n; row++)
    if (dc_role_cell_missing(a, row) != dc_role_cell_missing(b, row)) return false;
  return true;
}

/* Roles that tell the outcome as a matter of course, or that nobody would take for a reason of it. */
static bool is_expected(dc_role role)
{
  return dc_role_tells_outcome(role) || dc_role_is_personal(role) || role == DC_ROLE_ID || role == DC_ROLE_NAME ||
         role == DC_ROLE_STAGE || role == DC_ROLE_CREATED || role == DC_ROLE_EXPECTED_CLOSE ||
         role == DC_ROLE_PROBABILITY || role == DC_ROLE_CLOSED;
}

static dc_status add(dc_sheet *sheet, size_t c, dc_use use, const char *why, dc_error *error)
{
  dc_finding one = {
      .name = use == DC_USE_DROPPED ? "leak" : "suspect leak",
      .kind = DC_DEFECT_COLUMN,
      .field = sheet->roles->role[c],
      .column = (int)c,
      .severity = 1,
      .count = (int64_t)(sheet->n - sheet->table->columns[c].n_missing),
      .of = (int64_t)sheet->n,
      .money = NAN,
      .width_cost = NAN,
      .no_cost = use == DC_USE_DROPPED ? "the forecast leaves it out" : "to be judged by who knows the column",
      .fix = use == DC_USE_DROPPED ? "nothing, or record it while deals are open"
                                   : "see whether it is known while deals are open; if not, leave it out"};
  one.what = dc_audit_text(sheet->quality, "%s", why);
  return one.what && dc_sheet_add_finding(sheet, &one) ? DC_OK : dc_fail_memory(error, "looking for leaks");
}

/* What speaks against a column without proof; "" = nothing. */
static dc_status suspect(const dc_sheet *sheet, size_t c, const closed_rows *closed, char *why, dc_error *error)
{
  const dc_column *column = &sheet->table->columns[c];
  dc_role role = sheet->roles->role[c];
  const char *word;
  dc_status status = DC_OK;
  why[0] = '\0';
  if (column->type == DC_TYPE_EMPTY || column->type == DC_TYPE_TEXT) return DC_OK;
  if (is_filled_late(column, closed, why)) return DC_OK;
  bool ranked = column->type == DC_TYPE_NUMBER || column->type == DC_TYPE_CATEGORY;
  double auc = ranked ? strength(column, closed, &status, error) : NAN;
  bool strong = auc >= STRONG_AUC, named = role == DC_ROLE_NONE && is_named_late(column->name, &word);
  if (status == DC_OK && (strong || named)) {
    size_t used = 0;
    if (strong)
      used = (size_t)snprintf(why, WHY_BYTES, "tells won from lost too well to be known before (AUC %.2f)%s", auc,
                              named ? "; " : "");
    if (named) snprintf(why + used, WHY_BYTES - used, "by its name (\"%s\") it changes until a deal is closed", word);
  }
  return status;
}

static dc_use find_use(const dc_sheet *sheet, const int8_t *states, size_t c, char *why)
{
  const dc_audit *q = sheet->quality;
  if (!q->use) return dc_leak_check(&sheet->table->columns[c], states, sheet->n, why, WHY_BYTES);
  snprintf(why, WHY_BYTES, "%.*s", WHY_BYTES - 1, q->why[c]);
  return q->use[c];
}

/* Columns that are filled in the same rows, and in those only. Of very many columns only the first are compared. */
static dc_status look_for_steps(dc_sheet *sheet, bool *suspected, dc_error *error)
{
  char why[WHY_BYTES];
  size_t partly[MOST_COMPARED], n = 0;
  dc_status status = DC_OK;
  for (size_t c = 0; c < sheet->table->n_columns && n < MOST_COMPARED; c++) {
    size_t missing = sheet->table->columns[c].n_missing;
    bool candidate = sheet->roles->role[c] == DC_ROLE_NONE && missing < sheet->n;
    if (candidate && (double)missing >= LATE_MISSING * (double)sheet->n) partly[n++] = c;
  }
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < n && !suspected[partly[i]] && status == DC_OK; k++) {
      if (!are_empty_together(sheet, partly[i], partly[k])) continue;
      snprintf(why, sizeof why, "filled in the same rows as \"%.60s\" only: by a later step, perhaps",
               sheet->table->columns[partly[k]].name);
      status = add(sheet, partly[i], DC_USE_SUSPECT, why, error);
      suspected[partly[i]] = true;
    }
  return status;
}

/* Left out as of no use rather than as a leak: numbers and texts of their own, one value, a twin. */
static bool is_useless(const char *why)
{
  static const char *const reasons[] = {"row number", "texts of their own", "the same in all deals",
                                        "sets the deals apart exactly as"};
  for (size_t k = 0; k < sizeof reasons / sizeof *reasons; k++)
    if (strstr(why, reasons[k])) return true;
  return false;
}

static dc_status look(dc_sheet *sheet, const int8_t *states, const closed_rows *closed, bool *suspected,
                      dc_error *error)
{
  char why[WHY_BYTES];
  dc_status status = DC_OK;
  for (size_t c = 0; c < sheet->table->n_columns && status == DC_OK; c++) {
    if (is_expected(sheet->roles->role[c]) || sheet->table->columns[c].type == DC_TYPE_EMPTY) continue;
    dc_use use = find_use(sheet, states, c, why);
    bool useless = is_useless(why);
    if (use == DC_USE_USED) {
      status = suspect(sheet, c, closed, why, error);
      if (why[0]) use = DC_USE_SUSPECT;
    }
    if (status != DC_OK || use == DC_USE_USED || useless) continue;
    suspected[c] = true;
    status = add(sheet, c, use, why, error);
  }
  return status == DC_OK ? look_for_steps(sheet, suspected, error) : status;
}

dc_status dc_leaks_audit(dc_sheet *sheet, dc_error *error)
{
  static const int8_t states_of[] = {-1, 0, 1, -1, 2};
  closed_rows closed = {0};
  int8_t *states = malloc(sheet->n + 1);
  bool *suspected = calloc(sheet->table->n_columns + 1, sizeof *suspected);
  dc_status status = states && suspected ? DC_OK : dc_fail_memory(error, "looking for leaks");
  for (size_t i = 0; i < sheet->n && status == DC_OK; i++) states[i] = states_of[sheet->state[i]];
  if (status == DC_OK) status = find_closed(sheet, &closed, error);
  if (status == DC_OK) status = look(sheet, states, &closed, suspected, error);
  closed_free(&closed);
  free(states);
  free(suspected);
  return status;
}
