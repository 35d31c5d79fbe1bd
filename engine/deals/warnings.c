/* What the user should know of the deals before believing a forecast. */
#include "engine/deals/deals.h"

#include "engine/base/date.h"
#include "engine/deals/build.h"
#include "engine/deals/roles_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SENTENCE_BYTES = 640, LIST_BYTES = 240, SHOWN_WORDS = 5 };
/* A day that is further from its neighbour than this may be a slip of the pen. */
enum { LONE_LAST_DAYS = 92, LONE_FIRST_DAYS = 366 };

typedef struct teller {
  dc_deals_tell *tell;
  void *context;
} teller;

static void say(const teller *t, const char *format, ...) DC_PRINTF(2, 3);

static void say(const teller *t, const char *format, ...)
{
  char sentence[SENTENCE_BYTES];
  va_list args;
  va_start(args, format);
  vsnprintf(sentence, sizeof sentence, format, args);
  va_end(args);
  t->tell(t->context, sentence);
}

static const dc_column *role_column(const dc_deals_sources *s, dc_role role)
{
  int c = s->deals_roles->column[role];
  return c < 0 ? NULL : &s->deals->table->columns[c];
}

/* "; give --map amount=amoumt if that is it" */
static const char *hint(const dc_deals_sources *s, dc_role role, char *text)
{
  int near = dc_role_nearest_column(s->deals->table, s->deals_roles, role);
  const char *name = near < 0 ? "COLUMN" : s->deals->table->columns[near].name;
  snprintf(text, LIST_BYTES, "; give --map \"%s=%.80s\" %s", dc_role_name(role), name,
           near < 0 ? "if there is one" : "if that is it");
  return text;
}

static void tell_columns(const dc_deals *deals, const dc_deals_sources *s, const teller *t)
{
  char text[LIST_BYTES];
  const dc_column *amount = role_column(s, DC_ROLE_AMOUNT), *created = role_column(s, DC_ROLE_CREATED);
  if (!deals->has_amount && amount)
    say(t, "column \"%.60s\" is empty, so wins are counted and not valued", amount->name);
  else if (!deals->has_amount)
    say(t, "no column of amounts is known, so wins are counted and not valued%s", hint(s, DC_ROLE_AMOUNT, text));
  const dc_column *expected = role_column(s, DC_ROLE_EXPECTED_CLOSE);
  if (s->deals_roles->expected_is_closed && !s->history)
    say(t,
        "no closing date is known, so \"%.60s\" stands for it in won and lost deals; give --map closed=COLUMN if there is "
        "a better one",
        expected->name);
  if (s->history || (created && created->type != DC_TYPE_EMPTY)) return;
  if (created)
    say(t, "column \"%.60s\" is empty, so the ages of deals are not known", created->name);
  else
    say(t, "no column of created dates is known, so neither are the ages of deals%s", hint(s, DC_ROLE_CREATED, text));
}

/* Stage words of open deals that are no usual ones, and no word that says won: one of them may mean it. */
static void tell_stages(const dc_deals *deals, const dc_deals_sources *s, const teller *t)
{
  char list[LIST_BYTES] = "";
  const dc_column *stage = role_column(s, DC_ROLE_STAGE);
  size_t unknown = 0, n = 0;
  if (deals->unknown_stage == 0 || !stage || stage->type != DC_TYPE_CATEGORY) return;
  for (size_t k = 1; k < stage->n_words; k++) {
    if (dc_stage_meaning(s->config, stage->words[k]) != DC_MEANING_UNKNOWN || unknown++ >= SHOWN_WORDS) continue;
    n += (size_t)snprintf(list + n, sizeof list - n, "%s\"%.30s\"", n ? ", " : "", stage->words[k]);
  }
  if (unknown > SHOWN_WORDS) snprintf(list + n, sizeof list - n, " and %zu more", unknown - SHOWN_WORDS);
  say(t,
      "deals taken as open for a stage without a usual meaning: %lld (%s); where one means won or lost, say so "
      "under [stages] of --config",
      (long long)deals->unknown_stage, list);
}

static void tell_outcomes(const dc_deals *deals, int32_t day, const teller *t)
{
  size_t won = 0, lost = 0;
  for (size_t i = 0; i < deals->n; i++)
    for (uint64_t k = deals->spell_at[i]; k < deals->spell_at[i + 1]; k++) {
      if (deals->spells[k].end == DC_DATE_MISSING || deals->spells[k].end > day) continue;
      won += deals->spells[k].state == DC_STATE_WON;
      lost += deals->spells[k].state == DC_STATE_LOST;
    }
  if (won + lost == 0)
    say(t, "no deal is closed yet, so the chances come from what is usual, not from these deals");
  else if (won == 0 || lost == 0)
    say(t, "the closed deals (%zu) are all %s: nothing tells won from lost, so open deals have much the same chance",
        won + lost, won ? "won" : "lost");
}

/* The last day before the last, and the first closing after the first; DC_DATE_MISSING when there is none. */
static void find_neighbours(const dc_deals *deals, int32_t *before_last, int32_t *second_close)
{
  *before_last = *second_close = DC_DATE_MISSING;
  for (uint64_t k = 0; k < deals->spell_at[deals->n]; k++) {
    const dc_spell *spell = &deals->spells[k];
    if (spell->start < deals->export_day && spell->start > *before_last) *before_last = spell->start;
    if (spell->end < deals->export_day && spell->end > *before_last) *before_last = spell->end;
    if (spell->end == DC_DATE_MISSING || spell->end <= deals->first_close) continue;
    if (*second_close == DC_DATE_MISSING || spell->end < *second_close) *second_close = spell->end;
  }
  for (uint64_t e = 0; e < deals->event_at[deals->n]; e++) {
    int32_t day = deals->events[e].day;
    if (day < deals->export_day && day > *before_last) *before_last = day;
  }
}

/* One mistyped year moves the day that the forecast is made from, or the time over which rates are counted. */
static void tell_lone_days(const dc_deals *deals, const teller *t)
{
  char day[DC_DATE_CHARS], other[DC_DATE_CHARS];
  int32_t before_last, second_close;
  find_neighbours(deals, &before_last, &second_close);
  if (before_last != DC_DATE_MISSING && deals->export_day - before_last > LONE_LAST_DAYS) {
    dc_date_format(deals->export_day, day);
    dc_date_format(before_last, other);
    say(t,
        "the last day in the data, %s, comes %d days after the one before it; if it is mistyped, mend it or give --as-of %s",
        day, (int)(deals->export_day - before_last), other);
  }
  if (second_close != DC_DATE_MISSING && second_close - deals->first_close > LONE_FIRST_DAYS)
    say(t,
        "the first closing, %s, comes %d days before the next; if it is mistyped, mend it: rates are counted from it",
        dc_date_format(deals->first_close, day), (int)(second_close - deals->first_close));
}

static int64_t count_totals(const dc_load *load)
{
  int64_t n = 0;
  for (size_t f = 0; f < load->n_inputs; f++)
    n += load->inputs[f].preamble - load->inputs[f].above - load->inputs[f].below;
  return n;
}

void dc_deals_warn(const dc_deals *deals, const dc_deals_sources *s, int32_t day, dc_deals_tell *tell, void *context)
{
  teller t = {tell, context};
  if (s->deals) {
    tell_columns(deals, s, &t);
    tell_stages(deals, s, &t);
    int64_t totals = count_totals(s->deals);
    if (totals > 0)
      say(&t, "lines of totals or with the header once more left out, as they are no deals: %lld", (long long)totals);
  }
  if (deals->same_rows > 0)
    say(&t, "rows that are the same as an earlier one, and count all the same as no id tells them apart: %lld",
        (long long)deals->same_rows);
  if (deals->same_instants > 0 && s->history) {
    int when = s->history_roles->column[DC_ROLE_CHANGED_AT];
    bool days = s->history->table->columns[when].type == DC_TYPE_DATE;
    say(&t, "changes of a deal that share their %s and differ: %lld; closings are taken to come last",
        days ? "day" : "instant", (long long)deals->same_instants);
  }
  tell_outcomes(deals, day, &t);
  tell_lone_days(deals, &t);
  if (deals->created_dropped > 0)
    say(&t, "deals closed before they were created, the mark of a bulk import: %lld; their created dates are left out",
        (long long)deals->created_dropped);
  if (deals->disagreements > 0)
    say(&t, "deals that end otherwise in the history than in the deals file: %lld; the history stands",
        (long long)deals->disagreements);
  if (deals->has_history && s->deals && deals->only_in_history > 0)
    say(&t, "deals in the history that the deals file lacks: %lld", (long long)deals->only_in_history);
  if (deals->only_in_deals > 0)
    say(&t, "deals in the deals file that the history lacks: %lld", (long long)deals->only_in_deals);
}
