/* Which factors there are, and a deal's codes. Numbers are binned on fixed edges, so that no edge is learned from the
 * future. */
#include "engine/features/features.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Days since creation at which a new bin begins: fine while deals are young, then ever coarser. */
static const int32_t age_edges[] = {7,   14,  21,  28,  35,  42,  56,  70,  84,  98,   112, 126,
                                    140, 168, 196, 238, 294, 364, 455, 546, 728, 1092, 1456};
enum { AGE_BINS = sizeof age_edges / sizeof *age_edges + 1 };

static const int32_t stage_day_edges[] = {7, 21, 46, 91, 181};
enum { STAGE_DAY_LEVELS = sizeof stage_day_edges / sizeof *stage_day_edges + 2 };

/* Days without a history row: a deal that nobody touches any more is seldom won. */
static const int32_t quiet_edges[] = {8, 15, 31, 46, 61, 91, 121, 181};
enum { QUIET_LEVELS = sizeof quiet_edges / sizeof *quiet_edges + 2 };

/* Days since the expected close; level 0: none is known, 1: it is to come. */
static const int32_t overdue_edges[] = {1, 15, 46, 91, 181};
enum { OVERDUE_LEVELS = sizeof overdue_edges / sizeof *overdue_edges + 2 };

/* Cells ahead of the landmark: this and the next, within a month, within a quarter, beyond. */
enum { AHEAD_LEVELS = 7, PUSH_LEVELS = 5, RELATION_LEVELS = 4, AMOUNT_LEVELS = 17 };

enum {
  EXPECTED_NONE,
  EXPECTED_HERE,
  PAST_14,
  PAST_45,
  PAST_MORE,
  AHEAD_14,
  AHEAD_45,
  AHEAD_120,
  AHEAD_MORE,
  EXPECTED_LEVELS
};

/* More levels than this make a column a name, not a segment (accounts then speak through their earlier deals). */
enum { MOST_LEVELS = 400 };

uint32_t dc_age_bins(void) { return AGE_BINS; }

static uint32_t bin_of(int32_t value, const int32_t *edges, uint32_t n)
{
  uint32_t bin = 0;
  while (bin < n && value >= edges[bin]) bin++;
  return bin;
}

uint32_t dc_age_bin(int32_t days) { return bin_of(days, age_edges, AGE_BINS - 1); }

static uint32_t ahead_level(int32_t cells)
{
  return cells <= 1 ? 0 : cells <= 4 ? 1 : cells <= 12 ? 2 : cells <= 25 ? 3 : cells <= 51 ? 4 : cells <= 90 ? 5 : 6;
}

static uint32_t expected_level(int32_t expected, int32_t first, int32_t last)
{
  if (expected == DC_DATE_MISSING) return EXPECTED_NONE;
  if (expected < first) return first - expected <= 14 ? PAST_14 : first - expected <= 45 ? PAST_45 : PAST_MORE;
  if (expected <= last) return EXPECTED_HERE;
  int32_t ahead = expected - last;
  return ahead <= 14 ? AHEAD_14 : ahead <= 45 ? AHEAD_45 : ahead <= 120 ? AHEAD_120 : AHEAD_MORE;
}

static uint32_t amount_level(double amount)
{
  if (isnan(amount) || amount <= 0) return 0;
  double half_decades = floor(2 * log10(amount));
  return half_decades < 0 ? 1 : half_decades > AMOUNT_LEVELS - 2 ? AMOUNT_LEVELS - 1 : (uint32_t)half_decades + 1;
}

typedef struct factor_rule {
  dc_feature feature;
  const char *name;
  dc_penalty penalty;
  double prior_sd, prior_weight;
  int min_closed;
} factor_rule;

static const factor_rule factor_rules[] = {
    {DC_FEATURE_AGE, "age", DC_PENALTY_SMOOTH, 0.4, 4, 10},
    {DC_FEATURE_QUARTER_WEEK, "week of quarter", DC_PENALTY_SMOOTH, 0.15, 4, 300},
    {DC_FEATURE_QUARTER_MONTH, "month of quarter", DC_PENALTY_RIDGE, 0.3, 2, 50},
    {DC_FEATURE_EPOCH, "quarter of the data", DC_PENALTY_SMOOTH, 0.1, 6, 300},
    {DC_FEATURE_STAGE, "stage", DC_PENALTY_RIDGE, 0.6, 4, 30},
    {DC_FEATURE_EXPECTED, "expected close", DC_PENALTY_RIDGE, 0.5, 4, 50},
    {DC_FEATURE_QUIET, "days without a change", DC_PENALTY_SMOOTH, 0.6, 4, 50},
    {DC_FEATURE_TIME_IN_STAGE, "time in stage", DC_PENALTY_SMOOTH, 0.4, 4, 100},
    {DC_FEATURE_OVERDUE, "days overdue", DC_PENALTY_SMOOTH, 0.4, 4, 100},
    {DC_FEATURE_PUSHES, "pushes", DC_PENALTY_SMOOTH, 0.2, 3, 300},
    {DC_FEATURE_AMOUNT, "amount", DC_PENALTY_SMOOTH, 0.2, 6, 100},
    {DC_FEATURE_RELATION, "earlier deals of the account", DC_PENALTY_RIDGE, 0.3, 3, 300},
    {DC_FEATURE_OWNER, "owner", DC_PENALTY_RIDGE, 0.2, 10, 100},
};
static const factor_rule attribute_rule = {DC_FEATURE_ATTRIBUTES, NULL, DC_PENALTY_RIDGE, 0.2, 8, 100};

static void add_factor(dc_features *f, const factor_rule *rule, const char *name, size_t levels)
{
  dc_factor *factor = &f->factor[f->n];
  factor->name = name;
  factor->levels = levels < 1 ? 1 : (uint32_t)levels;
  factor->penalty = rule->penalty;
  factor->prior_sd = rule->prior_sd;
  factor->prior_weight = rule->prior_weight;
  f->min_closed[f->n] = rule->min_closed;
  f->attribute[f->n] = -1;
  f->n++;
}

static size_t fixed_rule_levels(const dc_features *f, dc_feature feature)
{
  const dc_deals *d = f->deals;
  switch (feature) {
    case DC_FEATURE_AGE: return AGE_BINS + 1;
    case DC_FEATURE_QUARTER_WEEK: return DC_QUARTER_WEEKS;
    case DC_FEATURE_QUARTER_MONTH: return 3;
    case DC_FEATURE_EPOCH: return (size_t)f->grid->epoch[dc_time_cell(f->grid, f->asked)] + 1;
    case DC_FEATURE_STAGE: return d->has_history && d->has_stage ? f->stage.n * AHEAD_LEVELS : 1;
    case DC_FEATURE_EXPECTED: return d->history_has_expected ? EXPECTED_LEVELS : 1;
    case DC_FEATURE_QUIET: return d->has_history ? QUIET_LEVELS : 1;
    case DC_FEATURE_TIME_IN_STAGE: return d->has_history && d->has_stage ? STAGE_DAY_LEVELS : 1;
    case DC_FEATURE_OVERDUE: return d->history_has_expected ? OVERDUE_LEVELS : 1;
    case DC_FEATURE_PUSHES: return d->history_has_expected ? PUSH_LEVELS : 1;
    case DC_FEATURE_AMOUNT: return d->history_has_amount ? AMOUNT_LEVELS : 1;
    case DC_FEATURE_RELATION: return f->relation ? RELATION_LEVELS : 1;
    case DC_FEATURE_OWNER: return d->history_has_owner ? f->owner.n : 1;
    default: return 1;
  }
}

/* The owner of an undated deals file is who has the deal now, not who won it: it never predicts. */
static bool may_predict(const dc_features *f, const dc_attribute *a)
{
  if (!a->predictor || a->role == DC_ROLE_OWNER) return false;
  return a->dated || f->asked >= f->deals->export_day;
}

/* Earliest won and lost closings of each account, then each deal's relation on the day before its creation. */
static dc_status find_relations(dc_features *f, dc_error *error)
{
  const dc_deals *d = f->deals;
  int at = dc_deals_find_role(d, DC_ROLE_ACCOUNT);
  if (at < 0 || !may_predict(f, &d->attributes[at])) return DC_OK;
  const dc_attribute *account = &d->attributes[at];
  int32_t *won = malloc(account->words.n * sizeof *won), *lost = malloc(account->words.n * sizeof *lost);
  f->relation = calloc(d->n + 1, 1);
  if (!won || !lost || !f->relation) {
    free(won);
    free(lost);
    return dc_fail_memory(error, "looking up accounts");
  }
  for (size_t k = 0; k < account->words.n; k++) won[k] = lost[k] = INT32_MAX;
  for (size_t i = 0; i < d->n; i++) {
    for (uint64_t s = d->spell_at[i]; s < d->spell_at[i + 1]; s++) {
      const dc_spell *spell = &d->spells[s];
      if (spell->state == DC_STATE_OPEN) continue;
      int32_t *first = spell->state == DC_STATE_WON ? &won[account->code[i]] : &lost[account->code[i]];
      if (spell->end < *first) *first = spell->end;
    }
  }
  for (size_t i = 0; i < d->n; i++) {
    uint32_t code = account->code[i];
    if (code && d->known[i] != INT32_MAX)
      f->relation[i] = won[code] < d->known[i] ? 3 : lost[code] < d->known[i] ? 2 : 1;
  }
  free(won);
  free(lost);
  return DC_OK;
}

/* The factors of attributes; one word in all tells nothing. */
static dc_status add_attributes(dc_features *f, dc_error *error)
{
  const dc_deals *d = f->deals;
  for (size_t a = 0; a < d->n_attributes && f->n < DC_MAX_FACTORS; a++) {
    dc_levels levels;
    if (!may_predict(f, &d->attributes[a])) continue;
    dc_status status = dc_levels_of_attribute(d, &d->attributes[a], f->asked, &levels, error);
    if (status != DC_OK) return status;
    if (levels.n < 3 || levels.n > MOST_LEVELS) {
      dc_levels_clear(&levels);
      continue;
    }
    f->word[f->n] = levels;
    add_factor(f, &attribute_rule, d->attributes[a].name, levels.n);
    f->attribute[f->n - 1] = (int)a;
  }
  return DC_OK;
}

dc_status dc_features_new(const dc_deals *deals, const dc_time_grid *grid, int32_t asked, dc_features **out,
                          dc_error *error)
{
  dc_features *f = calloc(1, sizeof *f);
  if (!f) return dc_fail_memory(error, "choosing factors");
  f->deals = deals;
  f->grid = grid;
  f->asked = asked;
  f->landmarks = deals->has_history;
  dc_status status = find_relations(f, error);
  if (status == DC_OK) status = dc_levels_of_stages(deals, asked, &f->stage, error);
  if (status == DC_OK) status = dc_levels_of_owners(deals, asked, &f->owner, error);
  for (size_t k = 0; k < sizeof factor_rules / sizeof *factor_rules && status == DC_OK; k++)
    add_factor(f, &factor_rules[k], factor_rules[k].name, fixed_rule_levels(f, factor_rules[k].feature));
  if (status == DC_OK) status = add_attributes(f, error);
  if (status == DC_OK)
    *out = f;
  else
    dc_features_free(f);
  return status;
}

void dc_features_free(dc_features *features)
{
  if (!features) return;
  free(features->relation);
  dc_levels_clear(&features->stage);
  dc_levels_clear(&features->owner);
  for (int k = 0; k < features->n; k++) dc_levels_clear(&features->word[k]);
  free(features);
}

uint32_t dc_features_attribute(const dc_features *f, int factor, size_t deal)
{
  return f->word[factor].of[dc_deals_attribute(f->deals, &f->deals->attributes[f->attribute[factor]], deal, f->asked)];
}

void dc_features_subject(const dc_features *f, size_t deal, const dc_view *view, int32_t landmark_cell, int32_t day,
                         dc_subject *s)
{
  memset(s->fixed, 0, sizeof s->fixed);
  s->since = view->since;
  s->expected = view->expected;
  s->landmark = landmark_cell;
  s->fixed[DC_FEATURE_STAGE] = f->stage.of[view->stage];
  if (f->factor[DC_FEATURE_QUIET].levels > 1 && view->touched != DC_DATE_MISSING)
    s->fixed[DC_FEATURE_QUIET] = 1 + bin_of(day - view->touched, quiet_edges, QUIET_LEVELS - 2);
  if (f->factor[DC_FEATURE_TIME_IN_STAGE].levels > 1 && view->stage_since != DC_DATE_MISSING)
    s->fixed[DC_FEATURE_TIME_IN_STAGE] = 1 + bin_of(day - view->stage_since, stage_day_edges, STAGE_DAY_LEVELS - 2);
  if (f->factor[DC_FEATURE_OVERDUE].levels > 1 && view->expected != DC_DATE_MISSING)
    s->fixed[DC_FEATURE_OVERDUE] = 1 + bin_of(day - view->expected, overdue_edges, OVERDUE_LEVELS - 2);
  if (f->factor[DC_FEATURE_PUSHES].levels > 1 && view->expected != DC_DATE_MISSING)
    s->fixed[DC_FEATURE_PUSHES] = view->pushes < PUSH_LEVELS - 2 ? view->pushes + 1u : PUSH_LEVELS - 1;
  if (f->factor[DC_FEATURE_AMOUNT].levels > 1) s->fixed[DC_FEATURE_AMOUNT] = amount_level(view->amount);
  if (f->relation) s->fixed[DC_FEATURE_RELATION] = f->relation[deal];
  if (f->factor[DC_FEATURE_OWNER].levels > 1) s->fixed[DC_FEATURE_OWNER] = f->owner.of[view->owner];
  for (int k = DC_FEATURE_ATTRIBUTES; k < f->n; k++) s->fixed[k] = dc_features_attribute(f, k, deal);
}

void dc_features_cell(const dc_features *f, const dc_subject *s, int32_t cell, int32_t first, int32_t last,
                      uint32_t epoch_limit, uint32_t code[DC_FEATURE_FIXED])
{
  const dc_time_grid *grid = f->grid;
  int32_t age = s->since == DC_DATE_MISSING ? 0 : first + (last - first) / 2 - s->since;
  code[DC_FEATURE_AGE] = dc_age_bin(age < 0 ? 0 : age);
  code[DC_FEATURE_QUARTER_WEEK] = grid->quarter_week[cell];
  code[DC_FEATURE_QUARTER_MONTH] = grid->quarter_month[cell];
  code[DC_FEATURE_EPOCH] = grid->epoch[cell] < epoch_limit ? grid->epoch[cell] : epoch_limit;
  bool staged = f->factor[DC_FEATURE_STAGE].levels > 1;
  code[DC_FEATURE_STAGE] = staged ? s->fixed[DC_FEATURE_STAGE] * AHEAD_LEVELS + ahead_level(cell - s->landmark) : 0;
  code[DC_FEATURE_EXPECTED] = f->factor[DC_FEATURE_EXPECTED].levels > 1 ? expected_level(s->expected, first, last) : 0;
}
