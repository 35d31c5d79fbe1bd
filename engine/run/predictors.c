#include "engine/run/predictors.h"

#include "engine/base/random.h"
#include "engine/run/columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fewer closed deals than this are apart by chance; so they are where a value has less than two of them. */
enum { LEAST_CLOSED = 10, CLOSED_PER_VALUE = 2 };

static bool has_one_value(const dc_attribute *a, size_t n)
{
  for (size_t i = 1; i < n; i++)
    if (a->code[i] != a->code[0]) return false;
  return true;
}

/* The same for all attributes that set the same deals apart: each value stands for the first deal that has it. */
static uint64_t partition_of(const dc_attribute *a, size_t n, uint32_t *first)
{
  uint64_t hash = 0;
  for (size_t w = 0; w < a->words.n; w++) first[w] = UINT32_MAX;
  for (size_t i = 0; i < n; i++) {
    uint32_t *at = &first[a->code[i]];
    if (*at == UINT32_MAX) *at = (uint32_t)i;
    hash = dc_random_bits(hash, *at, i);
  }
  return hash;
}

static bool same_partition(const dc_attribute *a, const dc_attribute *b, size_t n, uint32_t *to, uint32_t *back)
{
  for (size_t w = 0; w < a->words.n; w++) to[w] = UINT32_MAX;
  for (size_t w = 0; w < b->words.n; w++) back[w] = UINT32_MAX;
  for (size_t i = 0; i < n; i++) {
    uint32_t x = a->code[i], y = b->code[i];
    if (to[x] == UINT32_MAX && back[y] == UINT32_MAX) {
      to[x] = y;
      back[y] = x;
    }
    if (to[x] != y || back[y] != x) return false;
  }
  return true;
}

/* A column of the deals file tells its fate in `use` and `why`. */
static dc_status drop(dc_resolved *r, dc_attribute *a, const char *why, dc_error *error)
{
  a->predictor = false;
  a->dropped = dc_arena_copy(r->log->arena, why, strlen(why));
  if (!a->dropped) return dc_fail_memory(error, "looking at the predictors");
  int column = a->role == DC_ROLE_NONE || !r->deals.load ? -1 : r->deals.roles->column[a->role];
  if (column < 0 || a->column != &r->deals.load->table->columns[column]) return DC_OK;
  r->use[column] = DC_USE_DROPPED;
  snprintf(r->why[column], sizeof r->why[column], "%s", why);
  return DC_OK;
}

typedef struct partition {
  uint64_t hash;
  size_t attribute;
} partition;

static dc_status review_one(dc_resolved *r, size_t at, partition *seen, size_t *n_seen, uint32_t *scratch, size_t words,
                            dc_error *error)
{
  char why[200];
  dc_attribute *a = &r->log->attributes[at];
  if (has_one_value(a, r->log->n)) return drop(r, a, "the same in all deals", error);
  partition own = {partition_of(a, r->log->n, scratch), at};
  for (size_t k = 0; k < *n_seen; k++) {
    const dc_attribute *twin = &r->log->attributes[seen[k].attribute];
    if (seen[k].hash != own.hash || !same_partition(twin, a, r->log->n, scratch, scratch + words)) continue;
    snprintf(why, sizeof why, "it sets the deals apart exactly as %.120s does", twin->name);
    return drop(r, a, why, error);
  }
  seen[(*n_seen)++] = own;
  return DC_OK;
}

dc_status dc_predictors_review(dc_resolved *r, dc_error *error)
{
  dc_deals *log = r->log;
  size_t words = 1, n_seen = 0;
  for (size_t a = 0; a < log->n_attributes; a++)
    if (log->attributes[a].words.n > words) words = log->attributes[a].words.n;
  uint32_t *scratch = malloc(2 * words * sizeof *scratch);
  partition *seen = malloc((log->n_attributes + 1) * sizeof *seen);
  dc_status status = scratch && seen ? DC_OK : dc_fail_memory(error, "looking at the predictors");
  for (size_t a = 0; a < log->n_attributes && status == DC_OK && log->n > 1; a++)
    if (log->attributes[a].predictor) status = review_one(r, a, seen, &n_seen, scratch, words, error);
  free(scratch);
  free(seen);
  return status;
}

/* Closed deals by value and outcome. */
typedef struct counts {
  uint32_t won, lost;
} counts;

static bool is_separated(const counts *by_value, size_t n)
{
  size_t won = 0, lost = 0, values = 0;
  for (size_t w = 0; w < n; w++) {
    if (by_value[w].won && by_value[w].lost) return false;
    won += by_value[w].won;
    lost += by_value[w].lost;
    values += by_value[w].won || by_value[w].lost;
  }
  return won && lost && won + lost >= LEAST_CLOSED && won + lost >= CLOSED_PER_VALUE * values;
}

/* The stage of the last change before the closing, 0 = none. */
static uint32_t last_stage(const dc_deals *log, size_t i, const dc_view *view)
{
  uint32_t stage = 0;
  for (uint64_t e = log->event_at[i]; e < log->event_at[i + 1]; e++) {
    const dc_event *event = &log->events[e];
    if (event->day <= view->closed && event->meaning == DC_MEANING_OPEN) stage = event->stage;
  }
  return stage;
}

static void count(counts *by_value, uint32_t value, dc_state state)
{
  if (state == DC_STATE_WON) by_value[value].won++;
  if (state == DC_STATE_LOST) by_value[value].lost++;
}

static void warn_if_separated(const counts *by_value, size_t n, const char *name, dc_result *result)
{
  if (is_separated(by_value, n))
    dc_warn(result,
            "separated by %s: each of its values has only won or only lost deals; their chances are drawn towards each "
            "other all the same",
            name);
}

void dc_predictors_warn(const dc_resolved *r, dc_result *result)
{
  const dc_deals *log = r->log;
  size_t words = log->stages.n + 1;
  for (size_t a = 0; a < log->n_attributes; a++)
    if (log->attributes[a].words.n > words) words = log->attributes[a].words.n;
  counts *by_value = malloc(words * sizeof *by_value);
  dc_view *views = malloc((log->n + 1) * sizeof *views);
  for (size_t i = 0; i < log->n && by_value && views; i++) dc_deals_view(log, i, r->as_of, &views[i]);
  if (!by_value || !views) result->failed = true;
  for (size_t a = 0; a <= log->n_attributes && by_value && views; a++) {
    const dc_attribute *one = a < log->n_attributes ? &log->attributes[a] : NULL;
    if (one ? !one->predictor : !log->has_history || !dc_column_stage_name(r)) continue;
    memset(by_value, 0, words * sizeof *by_value);
    for (size_t i = 0; i < log->n; i++)
      count(by_value, one ? one->code[i] : last_stage(log, i, &views[i]), views[i].state);
    warn_if_separated(by_value, words, one ? one->name : dc_column_stage_name(r), result);
  }
  free(views);
  free(by_value);
}
