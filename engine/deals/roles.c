#include "engine/deals/roles.h"

#include "engine/base/text.h"
#include "engine/deals/roles_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A column takes a role from this score on; the share of open deals with a close date that makes it an expected one. */
enum { LEAST_SCORE = 20, WHY_BYTES = 640, NOTE_BYTES = 200 };
static const double EXPECTED_SHARE = 0.1;

static const char *const role_names[DC_ROLES] = {
    [DC_ROLE_NONE] = "none",
    [DC_ROLE_ID] = "id",
    [DC_ROLE_NAME] = "name",
    [DC_ROLE_ACCOUNT] = "account",
    [DC_ROLE_OWNER] = "owner",
    [DC_ROLE_PRODUCT] = "product",
    [DC_ROLE_REGION] = "region",
    [DC_ROLE_SOURCE] = "source",
    [DC_ROLE_STAGE] = "stage",
    [DC_ROLE_OUTCOME] = "outcome",
    [DC_ROLE_IS_CLOSED] = "is_closed",
    [DC_ROLE_IS_WON] = "is_won",
    [DC_ROLE_AMOUNT] = "amount",
    [DC_ROLE_CREATED] = "created",
    [DC_ROLE_CLOSED] = "closed",
    [DC_ROLE_EXPECTED_CLOSE] = "expected_close",
    [DC_ROLE_PROBABILITY] = "probability",
    [DC_ROLE_CURRENCY] = "currency",
    [DC_ROLE_CHANGED_AT] = "changed_at",
    [DC_ROLE_PERIOD_START] = "period_start",
};

/* What a shape cannot do without: one of each line. */
typedef struct need {
  dc_shape shape;
  const char *what;
  dc_role any[2]; /* the first is the one to map; DC_ROLE_NONE ends it */
} need;

static const need needs[] = {
    {DC_SHAPE_HISTORY, "a history needs the deal's id", {DC_ROLE_ID}},
    {DC_SHAPE_HISTORY, "a history needs the time of each change", {DC_ROLE_CHANGED_AT}},
    {DC_SHAPE_HISTORY, "a history needs a stage or an outcome", {DC_ROLE_STAGE, DC_ROLE_OUTCOME}},
    {DC_SHAPE_ACCOUNTS, "accounts need the account", {DC_ROLE_ACCOUNT}},
    {DC_SHAPE_QUOTAS, "quotas need the first day of the period", {DC_ROLE_PERIOD_START}},
    {DC_SHAPE_QUOTAS, "quotas need the quota's amount", {DC_ROLE_AMOUNT}},
};

/* One column that might have one role. */
typedef struct candidate {
  int column;
  dc_role role;
  int weight, score;
  bool fits;
  char evidence[DC_EVIDENCE_BYTES];
} candidate;

typedef struct owned_roles {
  dc_roles roles; /* first: dc_roles_free gets its address */
  dc_arena *arena;
} owned_roles;

typedef struct finder {
  const dc_table *table;
  const char *file;
  dc_shape shape;
  const dc_config *config;
  owned_roles *owned;
  dc_role_profile *profiles; /* per column; rows = 0 until looked at */
  bool *looked, *settled;    /* per column: profile made; the user has spoken */
  bool asked[DC_ROLES];      /* roles that the user has given */
  candidate *candidates;
  size_t n_candidates;
  dc_error *error;
} finder;

const char *dc_role_name(dc_role role) { return role >= 0 && role < DC_ROLES ? role_names[role] : "none"; }

dc_role dc_role_parse(const char *name)
{
  for (int role = 1; role < DC_ROLES; role++)
    if (dc_text_same(name, role_names[role])) return (dc_role)role;
  return DC_ROLE_NONE;
}

static dc_status no_memory(finder *f) { return dc_fail_memory(f->error, "looking for the roles of columns"); }

static const char *name_of(const finder *f, int column) { return f->table->columns[column].name; }

static dc_status set_why(finder *f, int column, const char *text)
{
  char *copy = dc_arena_copy(f->owned->arena, text, strlen(text));
  if (!copy) return no_memory(f);
  f->owned->roles.why[column] = copy;
  return DC_OK;
}

static void give(finder *f, dc_role role, int column)
{
  f->owned->roles.column[role] = column;
  f->owned->roles.role[column] = role;
}

static void release(finder *f, dc_role role)
{
  int column = f->owned->roles.column[role];
  if (column >= 0) f->owned->roles.role[column] = DC_ROLE_NONE;
  f->owned->roles.column[role] = -1;
}

static dc_status look(finder *f, int column)
{
  if (f->looked[column]) return DC_OK;
  f->looked[column] = true;
  return dc_role_profile_column(f->table, column, f->config, &f->profiles[column], f->error);
}

static dc_status refuse_role(finder *f, const char *role)
{
  char list[400];
  size_t n = 0;
  const char *near = dc_text_nearest(role, role_names + 1, DC_ROLES - 1);
  if (near) return dc_fail(f->error, DC_E_USAGE, "unknown role \"%s\"; did you mean %s?", role, near);
  list[0] = '\0';
  for (int i = 1; i < DC_ROLES; i++)
    n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i > 1 ? ", " : "", role_names[i]);
  return dc_fail(f->error, DC_E_USAGE, "unknown role \"%s\"; the roles are %s", role, list);
}

static dc_status refuse_column(finder *f, const char *role, const char *column)
{
  char list[500];
  const char **names = dc_arena_alloc(f->owned->arena, f->table->n_columns + 1, sizeof *names);
  if (!names) return no_memory(f);
  for (size_t i = 0; i < f->table->n_columns; i++) names[i] = name_of(f, (int)i);
  const char *near = dc_text_nearest(column, names, f->table->n_columns);
  if (near)
    return dc_fail_at(f->error, DC_E_USAGE, f->file, 0, 0, "no column \"%s\" for role %s; did you mean \"%s\"?", column,
                      role, near);
  return dc_fail_at(f->error, DC_E_USAGE, f->file, 0, 0, "no column \"%s\" for role %s; the columns are %s", column,
                    role, dc_role_list_columns(f->table, list, sizeof list));
}

/* The column that a request names: to the byte, else the only one that folds to the same; -1 = none. */
static int find_column(const finder *f, const dc_role_request *request)
{
  int found = dc_table_find(f->table, request->column);
  size_t n = 0;
  if (found >= 0) return found;
  for (size_t i = 0; i < f->table->n_columns; i++)
    if (dc_role_request_names(request, name_of(f, (int)i))) {
      found = (int)i;
      n++;
    }
  return n == 1 ? found : -1;
}

static dc_status take_request(finder *f, const dc_role_request *request, bool may_be_absent)
{
  char why[WHY_BYTES];
  dc_role role = dc_role_parse(request->role);
  bool none = role == DC_ROLE_NONE && dc_text_same(request->role, "none");
  if (role == DC_ROLE_NONE && !none) return refuse_role(f, request->role);
  int column = find_column(f, request);
  if (column < 0) return may_be_absent ? DC_OK : refuse_column(f, dc_role_name(role), request->column);
  int held = f->owned->roles.column[role];
  if (f->settled[column] && f->owned->roles.role[column] != role)
    return dc_fail_at(f->error, DC_E_USAGE, f->file, 0, 0, "column \"%s\" is given two roles, %s and %s",
                      name_of(f, column), dc_role_name(f->owned->roles.role[column]), dc_role_name(role));
  if (f->asked[role] && held != column)
    return dc_fail_at(f->error, DC_E_USAGE, f->file, 0, 0, "role %s is given two columns, \"%s\" and \"%s\"",
                      dc_role_name(role), name_of(f, held), name_of(f, column));
  f->settled[column] = true;
  if (none) return set_why(f, column, "mapped to no role");
  dc_status status = look(f, column);
  if (status != DC_OK) return status;
  if (!dc_role_fits(&f->table->columns[column], &f->profiles[column], role))
    return dc_fail_at(f->error, DC_E_INPUT, f->file, 0, column + 1, "column \"%s\" cannot be the %s: it holds %s",
                      name_of(f, column), dc_role_name(role), dc_type_name(f->table->columns[column].type));
  f->asked[role] = true;
  give(f, role, column);
  snprintf(why, sizeof why, "mapped to %s", dc_role_name(role));
  return set_why(f, column, why);
}

/* --map first; [columns] fills what it leaves open, and speaks of several files, so a column may be absent. */
static dc_status take_requests(finder *f, const dc_role_request *requests, size_t n)
{
  dc_status status = DC_OK;
  for (size_t i = 0; i < n && status == DC_OK; i++) status = take_request(f, &requests[i], false);
  for (size_t i = 0; f->config && i < f->config->n_columns && status == DC_OK; i++) {
    dc_role_request request = {f->config->columns[i].role, f->config->columns[i].column};
    int column = find_column(f, &request);
    bool spoken = f->asked[dc_role_parse(request.role)] || (column >= 0 && f->settled[column]);
    if (!spoken) status = take_request(f, &request, f->shape != DC_SHAPE_DEALS);
  }
  return status;
}

static dc_status add_candidates(finder *f, int column)
{
  dc_role_guess guesses[DC_MAX_GUESSES];
  const dc_column *c = &f->table->columns[column];
  int n = f->settled[column] ? 0 : dc_roles_guess(c->name, f->shape, guesses);
  for (int i = 0; i < n; i++) {
    dc_status status = look(f, column);
    if (status != DC_OK) return status;
    candidate *one = &f->candidates[f->n_candidates++];
    *one = (candidate){.column = column, .role = guesses[i].role, .weight = guesses[i].weight};
    one->fits = dc_role_fits(c, &f->profiles[column], one->role);
    one->score = one->weight + dc_role_content(c, &f->profiles[column], one->role, f->shape, one->evidence);
  }
  return DC_OK;
}

static int by_score(const void *a, const void *b)
{
  const candidate *x = a, *y = b;
  if (x->score != y->score) return x->score > y->score ? -1 : 1;
  if (x->weight != y->weight) return x->weight > y->weight ? -1 : 1;
  if (x->column != y->column) return x->column < y->column ? -1 : 1;
  return (x->role > y->role) - (x->role < y->role);
}

static bool eligible(const candidate *c) { return c->fits && c->score >= LEAST_SCORE; }

/* Best first: each column gets at most one role and each role at most one column. */
static void assign(finder *f)
{
  const dc_roles *roles = &f->owned->roles;
  qsort(f->candidates, f->n_candidates, sizeof *f->candidates, by_score);
  for (size_t i = 0; i < f->n_candidates; i++) {
    const candidate *c = &f->candidates[i];
    bool free_both = roles->column[c->role] < 0 && roles->role[c->column] == DC_ROLE_NONE;
    if (eligible(c) && free_both) give(f, c->role, c->column);
  }
}

/* Without a usual name: the only column whose words tell won from lost. */
static dc_status find_by_words(finder *f)
{
  const dc_roles *roles = &f->owned->roles;
  char why[WHY_BYTES];
  int found = -1;
  bool told = roles->column[DC_ROLE_OUTCOME] >= 0 || roles->column[DC_ROLE_STAGE] >= 0 ||
              roles->column[DC_ROLE_IS_CLOSED] >= 0 || roles->column[DC_ROLE_IS_WON] >= 0;
  if (told || (f->shape != DC_SHAPE_DEALS && f->shape != DC_SHAPE_HISTORY)) return DC_OK;
  for (size_t i = 0; i < f->table->n_columns; i++) {
    if (f->settled[i] || roles->role[i] != DC_ROLE_NONE || f->table->columns[i].type != DC_TYPE_CATEGORY) continue;
    dc_status status = look(f, (int)i);
    if (status != DC_OK) return status;
    if (f->profiles[i].won == 0 || f->profiles[i].lost == 0) continue;
    if (found >= 0) return DC_OK;
    found = (int)i;
  }
  if (found < 0) return DC_OK;
  bool stage = f->profiles[found].open + f->profiles[found].silent > 2;
  give(f, stage ? DC_ROLE_STAGE : DC_ROLE_OUTCOME, found);
  snprintf(why, sizeof why, "the only column whose words tell won from lost");
  return set_why(f, found, why);
}

/* Rules that need more than one role. */
static dc_status settle(finder *f)
{
  int *column = f->owned->roles.column;
  if (f->shape == DC_SHAPE_HISTORY && column[DC_ROLE_STAGE] >= 0 && column[DC_ROLE_OUTCOME] >= 0 &&
      !f->asked[DC_ROLE_OUTCOME]) {
    int outcome = column[DC_ROLE_OUTCOME];
    release(f, DC_ROLE_OUTCOME);
    return set_why(f, outcome, "a usual word for outcome, but in a history the stage leads");
  }
  /* Alone, "is won" is the outcome where 0 cannot mean open: a third state exists, or nothing else tells it. */
  int won = column[DC_ROLE_IS_WON];
  bool alone = won >= 0 && column[DC_ROLE_IS_CLOSED] < 0 && column[DC_ROLE_OUTCOME] < 0 && !f->asked[DC_ROLE_IS_WON];
  if (alone && (f->table->columns[won].n_missing > 0 || (column[DC_ROLE_STAGE] < 0 && column[DC_ROLE_CLOSED] < 0))) {
    release(f, DC_ROLE_IS_WON);
    give(f, DC_ROLE_OUTCOME, won);
    return set_why(f, won, "yes = won, no = lost, empty = open, as no other column tells closed from open");
  }
  return DC_OK;
}

/* Salesforce and HubSpot keep the expected and the actual close in one column. */
static dc_status settle_expected(finder *f, char *note, size_t size)
{
  dc_roles *roles = &f->owned->roles;
  int closed = roles->column[DC_ROLE_CLOSED];
  dc_role_open open;
  note[0] = '\0';
  if (f->shape != DC_SHAPE_DEALS || closed < 0 || roles->column[DC_ROLE_EXPECTED_CLOSE] >= 0) return DC_OK;
  dc_status status = dc_role_count_open(f->table, roles->column, f->config, closed, &open, f->error);
  if (status != DC_OK) return status;
  roles->closed_is_expected = open.dated > 0 && (double)open.dated >= EXPECTED_SHARE * (double)open.rows;
  if (roles->closed_is_expected)
    snprintf(note, size, "; for open deals it is the expected close (%zu of %zu have it)", open.dated, open.rows);
  else if (open.dated > 0)
    snprintf(note, size, "; %zu of %zu open deals have it, too few for an expected close", open.dated, open.rows);
  return DC_OK;
}

static const candidate *candidate_of(const finder *f, int column, dc_role role)
{
  for (size_t i = 0; i < f->n_candidates; i++)
    if (f->candidates[i].column == column && f->candidates[i].role == role) return &f->candidates[i];
  return NULL;
}

/* The best other column for the role, NULL when there is none. */
static const candidate *runner_up(const finder *f, int column, dc_role role)
{
  for (size_t i = 0; i < f->n_candidates; i++)
    if (f->candidates[i].role == role && f->candidates[i].column != column) return &f->candidates[i];
  return NULL;
}

static dc_status explain_taken(finder *f, int column, const candidate *c, const char *note)
{
  char why[WHY_BYTES], second[NOTE_BYTES];
  const candidate *other = runner_up(f, column, c->role);
  second[0] = '\0';
  if (other)
    snprintf(second, sizeof second, "; runner-up \"%.60s\" (%s, %d to %d)", name_of(f, other->column),
             other->fits ? other->evidence : "unfit type", other->score, c->score);
  snprintf(why, sizeof why, "its name is usual for %s; %s%s%s", dc_role_name(c->role), c->evidence,
           c->role == DC_ROLE_CLOSED ? note : "", second);
  return set_why(f, column, why);
}

static dc_status explain_left(finder *f, int column)
{
  char why[WHY_BYTES];
  const candidate *best = NULL;
  for (size_t i = 0; i < f->n_candidates && !best; i++)
    if (f->candidates[i].column == column) best = &f->candidates[i];
  if (!best) return set_why(f, column, "no usual name for a role");
  const char *role = dc_role_name(best->role);
  int holder = f->owned->roles.column[best->role];
  if (!best->fits)
    snprintf(why, sizeof why, "its name is usual for %s, but it holds %s", role,
             dc_type_name(f->table->columns[column].type));
  else if (best->score < LEAST_SCORE)
    snprintf(why, sizeof why, "its name might mean %s, but: %s", role, best->evidence);
  else
    snprintf(why, sizeof why, "its name might mean %s, but \"%.100s\" does rather", role,
             holder >= 0 ? name_of(f, holder) : "another column");
  return set_why(f, column, why);
}

static dc_status explain(finder *f, const char *note)
{
  const dc_roles *roles = &f->owned->roles;
  dc_status status = DC_OK;
  for (size_t i = 0; i < f->table->n_columns && status == DC_OK; i++) {
    const candidate *c = candidate_of(f, (int)i, roles->role[i]);
    if (roles->why[i]) continue;
    status = c ? explain_taken(f, (int)i, c, note) : explain_left(f, (int)i);
  }
  return status;
}

static dc_status check_needs(finder *f)
{
  for (size_t i = 0; i < sizeof needs / sizeof *needs; i++) {
    const need *n = &needs[i];
    bool met = n->shape != f->shape;
    for (int k = 0; k < 2 && n->any[k] != DC_ROLE_NONE; k++) met = met || f->owned->roles.column[n->any[k]] >= 0;
    if (!met) return dc_role_fail_missing(f->table, &f->owned->roles, f->file, n->any[0], n->what, "", f->error);
  }
  return DC_OK;
}

static dc_status prepare(finder *f)
{
  size_t n = f->table->n_columns + 1;
  f->owned = calloc(1, sizeof *f->owned);
  if (!f->owned || !(f->owned->arena = dc_arena_new())) return no_memory(f);
  dc_roles *roles = &f->owned->roles;
  roles->shape = f->shape;
  roles->n_columns = f->table->n_columns;
  for (int i = 0; i < DC_ROLES; i++) roles->column[i] = -1;
  roles->role = dc_arena_alloc(f->owned->arena, n, sizeof *roles->role);
  roles->why = dc_arena_alloc(f->owned->arena, n, sizeof *roles->why);
  f->profiles = calloc(n, sizeof *f->profiles);
  f->looked = calloc(n, sizeof *f->looked);
  f->settled = calloc(n, sizeof *f->settled);
  f->candidates = calloc(n * DC_MAX_GUESSES, sizeof *f->candidates);
  bool complete = roles->role && roles->why && f->profiles && f->looked && f->settled && f->candidates;
  return complete ? DC_OK : no_memory(f);
}

dc_status dc_roles_find(const dc_table *table, const char *file, dc_shape shape, const dc_config *config,
                        const dc_role_request *requests, size_t n_requests, dc_roles **roles, dc_error *error)
{
  finder f = {.table = table, .file = file, .shape = shape, .config = config, .error = error};
  char note[NOTE_BYTES];
  dc_status status = prepare(&f);
  *roles = NULL;
  if (status == DC_OK) status = take_requests(&f, requests, n_requests);
  for (size_t i = 0; i < table->n_columns && status == DC_OK; i++) status = add_candidates(&f, (int)i);
  if (status == DC_OK) assign(&f);
  if (status == DC_OK) status = find_by_words(&f);
  if (status == DC_OK) status = settle(&f);
  if (status == DC_OK) status = check_needs(&f);
  if (status == DC_OK) status = settle_expected(&f, note, sizeof note);
  if (status == DC_OK) status = explain(&f, note);
  free(f.profiles);
  free(f.looked);
  free(f.settled);
  free(f.candidates);
  if (status == DC_OK)
    *roles = &f.owned->roles;
  else if (f.owned)
    dc_roles_free(&f.owned->roles);
  return status;
}

void dc_roles_free(dc_roles *roles)
{
  if (!roles) return;
  owned_roles *owned = (owned_roles *)roles;
  dc_arena_free(owned->arena);
  free(owned);
}
