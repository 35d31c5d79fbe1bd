/* Which column gets which role. */
#include "engine/deals/roles_finder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The share of open deals with a close date that makes it an expected one, and of closed deals with an expected close for it
 * to stand for the closing day. */
enum { SURE = 60 };
static const double EXPECTED_SHARE = 0.1, CLOSED_SHARE = 0.5;

static dc_status add_candidates(dc_role_finder *f, int column)
{
  dc_role_guess guesses[DC_MAX_GUESSES];
  const dc_column *c = &f->table->columns[column];
  int n = f->settled[column] ? 0 : dc_roles_guess(c->name, f->shape, guesses);
  for (int i = 0; i < n; i++) {
    dc_status status = dc_role_look(f, column);
    if (status != DC_OK) return status;
    const dc_role_profile *profile = &f->profiles[column];
    dc_role_candidate *one = &f->candidates[f->n_candidates++];
    *one = (dc_role_candidate){.column = column, .role = guesses[i].role, .weight = guesses[i].weight};
    one->filled = profile->filled;
    one->name = c->name;
    one->fits = dc_role_fits(c, profile, one->role);
    one->score = one->weight + dc_role_content(c, profile, one->role, f->shape, one->evidence);
  }
  return DC_OK;
}

static int by_score(const void *a, const void *b)
{
  const dc_role_candidate *x = a, *y = b;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  if (x->weight != y->weight) return x->weight > y->weight ? -1 : 1;
  if (x->filled != y->filled) return x->filled > y->filled ? -1 : 1;
  int order = strcmp(x->name, y->name);
  if (order) return order;
  if (x->column != y->column) return x->column < y->column ? -1 : 1;
  return (x->role > y->role) - (x->role < y->role);
}

bool dc_role_is_eligible(const dc_role_candidate *c) { return c->fits && c->score >= DC_ROLE_LEAST_SCORE; }

const dc_role_candidate *dc_role_candidate_of(const dc_role_finder *f, int column, dc_role role)
{
  for (size_t i = 0; i < f->n_candidates; i++)
    if (f->candidates[i].column == column && f->candidates[i].role == role) return &f->candidates[i];
  return NULL;
}

/* Best first: each column gets at most one role and each role at most one column, but for those that many may have. */
static void give_roles(dc_role_finder *f)
{
  const dc_roles *roles = &f->owned->roles;
  qsort(f->candidates, f->n_candidates, sizeof *f->candidates, by_score);
  for (size_t i = 0; i < f->n_candidates; i++) {
    const dc_role_candidate *c = &f->candidates[i];
    bool open = roles->column[c->role] < 0 || dc_role_table[c->role].many;
    if (dc_role_is_eligible(c) && open && roles->role[c->column] == DC_ROLE_NONE) dc_role_give(f, c->role, c->column);
  }
}

static void release(dc_role_finder *f, dc_role role)
{
  int column = f->owned->roles.column[role];
  if (column >= 0) f->owned->roles.role[column] = DC_ROLE_NONE;
  f->owned->roles.column[role] = -1;
}

/* Without a usual name: the only column whose words tell won from lost. */
static dc_status find_by_words(dc_role_finder *f)
{
  const dc_roles *roles = &f->owned->roles;
  int found = -1;
  bool told = roles->column[DC_ROLE_OUTCOME] >= 0 || roles->column[DC_ROLE_STAGE] >= 0 ||
              roles->column[DC_ROLE_IS_CLOSED] >= 0 || roles->column[DC_ROLE_IS_WON] >= 0;
  told = told || roles->column[DC_ROLE_VALUE] >= 0;
  if (told || (f->shape != DC_SHAPE_DEALS && f->shape != DC_SHAPE_HISTORY)) return DC_OK;
  for (size_t i = 0; i < f->table->n_columns; i++) {
    if (f->settled[i] || roles->role[i] != DC_ROLE_NONE || f->table->columns[i].type != DC_TYPE_CATEGORY) continue;
    dc_status status = dc_role_look(f, (int)i);
    if (status != DC_OK) return status;
    if (f->profiles[i].won == 0 || f->profiles[i].lost == 0) continue;
    if (found >= 0) return DC_OK;
    found = (int)i;
  }
  if (found < 0) return DC_OK;
  bool stage = f->profiles[found].open + f->profiles[found].silent > 2;
  dc_role_give(f, stage ? DC_ROLE_STAGE : DC_ROLE_OUTCOME, found);
  return dc_role_set_why(f, found, "the only column whose words tell won from lost");
}

/* Columns of people whose names do not say so. */
static dc_status find_people(dc_role_finder *f)
{
  dc_status status = DC_OK;
  for (size_t i = 0; i < f->table->n_columns && status == DC_OK; i++) {
    if (f->settled[i] || f->owned->roles.role[i] != DC_ROLE_NONE || !dc_role_shows_people(f->table, (int)i)) continue;
    dc_role_give(f, DC_ROLE_CONTACT, (int)i);
    status = dc_role_set_why(f, (int)i, "mail addresses or phone numbers, which never leave");
  }
  return status;
}

static bool same_cell(const dc_column *a, const dc_column *b, size_t row)
{
  size_t n, m;
  if (dc_role_cell_missing(a, row) || dc_role_cell_missing(b, row))
    return dc_role_cell_missing(a, row) == dc_role_cell_missing(b, row);
  switch (a->type) {
    case DC_TYPE_NUMBER: return b->type == a->type && a->number[row] == b->number[row];
    case DC_TYPE_DATE:
    case DC_TYPE_INSTANT: return dc_column_day(a, row, 0) == dc_column_day(b, row, 0);
    default: break;
  }
  const char *x = dc_column_text(a, row, &n), *y = dc_column_text(b, row, &m);
  return n == m && memcmp(x, y, n) == 0;
}

static bool same_cells(const dc_table *table, int a, int b)
{
  for (size_t row = 0; row < table->rows; row++)
    if (!same_cell(&table->columns[a], &table->columns[b], row)) return false;
  return true;
}

/* Nothing tells which of two columns it is, and it matters: the user does. */
static dc_status check_ties(dc_role_finder *f)
{
  const dc_roles *roles = &f->owned->roles;
  for (size_t i = 0; i < f->n_candidates; i++) {
    const dc_role_candidate *c = &f->candidates[i];
    int holder = roles->column[c->role];
    if (!dc_role_table[c->role].decides || f->asked[c->role] || holder < 0 || holder == c->column) continue;
    const dc_role_candidate *held = dc_role_candidate_of(f, holder, c->role);
    if (!held || !dc_role_is_eligible(c) || c->score != held->score || roles->role[c->column] != DC_ROLE_NONE) continue;
    if (same_cells(f->table, c->column, holder)) continue;
    return dc_fail_at(f->error, DC_E_INPUT, f->file, 0, 0,
                      "columns \"%.80s\" and \"%.80s\" might both be the %s, and nothing tells which; give --map "
                      "\"%s=%.80s\" or --map \"%s=%.80s\"",
                      held->name, c->name, dc_role_name(c->role), dc_role_name(c->role), held->name,
                      dc_role_name(c->role), c->name);
  }
  return DC_OK;
}

/* "Active" says something only where nothing else tells won from lost from open, and a stage says what is won. */
static dc_status settle_active(dc_role_finder *f)
{
  int *column = f->owned->roles.column, active = column[DC_ROLE_IS_ACTIVE];
  if (active < 0 || f->asked[DC_ROLE_IS_ACTIVE]) return DC_OK;
  bool told = column[DC_ROLE_OUTCOME] >= 0 || column[DC_ROLE_IS_CLOSED] >= 0 || column[DC_ROLE_IS_WON] >= 0;
  int stage = column[DC_ROLE_STAGE];
  if (!told && stage >= 0 && f->profiles[stage].lost == 0)
    return dc_role_set_why(f, active, "no = lost unless the stage says won, as no stage and no other column says lost");
  release(f, DC_ROLE_IS_ACTIVE);
  return dc_role_set_why(f, active, "a usual word for is_active, but other columns tell won from lost");
}

/* Histories of every field: the new value is the stage where the field says so, or where its words do. */
static dc_status settle_values(dc_role_finder *f)
{
  int *column = f->owned->roles.column, value = column[DC_ROLE_VALUE], field = column[DC_ROLE_FIELD];
  bool stage = value >= 0 && column[DC_ROLE_STAGE] < 0 && (field >= 0 || f->profiles[value].won > 0);
  dc_status status = DC_OK;
  if (value >= 0) release(f, DC_ROLE_VALUE);
  if (stage) {
    dc_role_give(f, DC_ROLE_STAGE, value);
    status = dc_role_set_why(f, value, field < 0 ? "its words say won" : "the new value of each change of the stage");
  } else if (field >= 0 && !f->asked[DC_ROLE_FIELD]) {
    release(f, DC_ROLE_FIELD);
    status = dc_role_set_why(f, field, "a usual word for field, but the stage has a column of its own");
  }
  if (stage && field >= 0 && status == DC_OK)
    status = dc_role_set_why(f, field, "which field a row changes: rows of the stage count, others are left out");
  return status;
}

/* Rules that need more than one role. */
static dc_status settle(dc_role_finder *f)
{
  int *column = f->owned->roles.column;
  dc_status status = settle_values(f);
  if (status != DC_OK) return status;
  if (f->shape == DC_SHAPE_HISTORY && column[DC_ROLE_STAGE] >= 0 && column[DC_ROLE_OUTCOME] >= 0 &&
      !f->asked[DC_ROLE_OUTCOME]) {
    int outcome = column[DC_ROLE_OUTCOME];
    release(f, DC_ROLE_OUTCOME);
    return dc_role_set_why(f, outcome, "a usual word for outcome, but in a history the stage leads");
  }
  int actual = column[DC_ROLE_ACTUAL_AMOUNT];
  if (actual >= 0 && column[DC_ROLE_AMOUNT] < 0 && !f->asked[DC_ROLE_ACTUAL_AMOUNT]) {
    release(f, DC_ROLE_ACTUAL_AMOUNT);
    dc_role_give(f, DC_ROLE_AMOUNT, actual);
    status = dc_role_set_why(f, actual, "a usual word for actual_amount, and there is no other amount");
    if (status != DC_OK) return status;
  }
  /* Alone, "is won" is the outcome where 0 cannot mean open: a third state exists, or nothing else tells it. */
  int won = column[DC_ROLE_IS_WON];
  bool alone = won >= 0 && column[DC_ROLE_IS_CLOSED] < 0 && column[DC_ROLE_OUTCOME] < 0 && !f->asked[DC_ROLE_IS_WON];
  if (alone && (f->table->columns[won].n_missing > 0 || (column[DC_ROLE_STAGE] < 0 && column[DC_ROLE_CLOSED] < 0))) {
    release(f, DC_ROLE_IS_WON);
    dc_role_give(f, DC_ROLE_OUTCOME, won);
    return dc_role_set_why(f, won, "yes = won, no = lost, empty = open, as no other column tells closed from open");
  }
  return settle_active(f);
}

dc_status dc_role_assign(dc_role_finder *f)
{
  dc_status status = DC_OK;
  for (size_t i = 0; i < f->table->n_columns && status == DC_OK; i++) status = add_candidates(f, (int)i);
  if (status != DC_OK) return status;
  give_roles(f);
  status = find_by_words(f);
  if (status == DC_OK) status = find_people(f);
  if (status == DC_OK) status = settle(f);
  return status == DC_OK ? check_ties(f) : status;
}

/* Salesforce and HubSpot keep the expected and the actual close in one column. */
static dc_status split_closed(dc_role_finder *f)
{
  dc_roles *roles = &f->owned->roles;
  dc_role_open open, closed;
  dc_status status = dc_role_count_open(f->table, roles->column, f->config, roles->column[DC_ROLE_CLOSED], &open,
                                        &closed, f->error);
  if (status != DC_OK) return status;
  roles->closed_is_expected = open.dated > 0 && (double)open.dated >= EXPECTED_SHARE * (double)open.rows;
  if (roles->closed_is_expected)
    snprintf(f->note, sizeof f->note, "; for open deals it is the expected close (%zu of %zu have it)", open.dated,
             open.rows);
  else if (open.dated > 0)
    snprintf(f->note, sizeof f->note, "; %zu of %zu open deals have it, too few for an expected close", open.dated,
             open.rows);
  return DC_OK;
}

/* Chinese systems often export no other day: the expected close is left as it stood when the deal was closed. */
static dc_status lend_expected(dc_role_finder *f)
{
  dc_roles *roles = &f->owned->roles;
  dc_role_open open, closed;
  dc_status status = dc_role_count_open(f->table, roles->column, f->config, roles->column[DC_ROLE_EXPECTED_CLOSE],
                                        &open, &closed, f->error);
  if (status != DC_OK) return status;
  roles->expected_is_closed = closed.dated > 0 && (double)closed.dated >= CLOSED_SHARE * (double)closed.rows;
  if (roles->expected_is_closed)
    snprintf(f->note, sizeof f->note,
             "; for want of a closing date it stands for it in won and lost deals (%zu of %zu have it)%s", closed.dated,
             closed.rows,
             roles->column[DC_ROLE_MODIFIED] >= 0 ? ", or the day of the last change where that is earlier" : "");
  return DC_OK;
}

/* A column that is named for the closing day and cannot be read is to be mended, not replaced. */
static bool closed_is_unreadable(const dc_role_finder *f)
{
  bool found = false;
  for (size_t i = 0; i < f->n_candidates; i++) {
    const dc_role_candidate *c = &f->candidates[i];
    found |= c->role == DC_ROLE_CLOSED && c->weight >= SURE && c->filled > 0 && !c->fits &&
             f->owned->roles.role[c->column] == DC_ROLE_NONE;
  }
  return found;
}

dc_status dc_role_settle_closes(dc_role_finder *f)
{
  const int *column = f->owned->roles.column;
  bool expected = column[DC_ROLE_EXPECTED_CLOSE] >= 0;
  if (f->shape != DC_SHAPE_DEALS) return DC_OK;
  if (column[DC_ROLE_CLOSED] >= 0) return expected ? DC_OK : split_closed(f);
  bool both = column[DC_ROLE_WON_AT] >= 0 && column[DC_ROLE_LOST_AT] >= 0;
  return expected && !both && !closed_is_unreadable(f) ? lend_expected(f) : DC_OK;
}
