/* The rules that a unit can break, one row each. */
#include "engine/insight/quality_parts.h"

#include <math.h>

static bool is_missing(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  (void)sheet;
  return !(unit->filled & DC_ROLE_BIT(rule->field));
}

static bool is_negative(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  (void)rule, (void)sheet;
  return unit->amount < 0;
}

static bool is_absurd(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  (void)rule;
  return unit->amount > sheet->quality->amount_high;
}

static bool is_zero(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  (void)rule, (void)sheet;
  return unit->amount == 0;
}

static bool is_no_probability(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  (void)rule, (void)sheet;
  return unit->probability < 0 || unit->probability > 100;
}

static bool is_sure(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  (void)rule, (void)sheet;
  return unit->probability == 100;
}

/* 100 % of a lost deal, 0 % of a won one. */
static bool is_opposite(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  (void)rule, (void)sheet;
  return unit->probability == (unit->state == DC_WHEN_WON ? 0 : 100);
}

static int32_t day_of(const dc_unit *unit, dc_role field)
{
  return field == DC_ROLE_CREATED ? unit->created : field == DC_ROLE_CLOSED ? unit->closed : unit->expected;
}

static bool is_far(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  int32_t day = day_of(unit, rule->field);
  return day != DC_DATE_MISSING && (day < sheet->quality->day_low || day > sheet->quality->day_high);
}

static bool is_future(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  const dc_audit *q = sheet->quality;
  int32_t day = day_of(unit, rule->field);
  return q->as_of != DC_DATE_MISSING && day != DC_DATE_MISSING && day > q->as_of && day <= q->day_high;
}

static bool is_overdue(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  (void)rule;
  const dc_audit *q = sheet->quality;
  return q->as_of != DC_DATE_MISSING && unit->expected < q->as_of && unit->expected >= q->day_low;
}

static bool is_quiet(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  (void)rule;
  const dc_audit *q = sheet->quality;
  return q->as_of != DC_DATE_MISSING && unit->active != DC_DATE_MISSING &&
         unit->active + q->config->check.stale_days < q->as_of;
}

static bool is_old(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  (void)rule;
  const dc_audit *q = sheet->quality;
  return q->as_of != DC_DATE_MISSING && q->old_days > 0 && unit->created >= q->day_low &&
         q->as_of - unit->created > q->old_days;
}

static bool is_filled(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  (void)sheet;
  return (unit->filled & DC_ROLE_BIT(rule->field)) != 0;
}

static bool is_backwards(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  (void)rule, (void)sheet;
  return unit->closed < unit->created;
}

static bool is_of_two_minds(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  (void)rule;
  return unit->by_flag != DC_MEANING_UNKNOWN && unit->by_stage != DC_MEANING_UNKNOWN &&
         unit->by_stage != DC_MEANING_IGNORE && unit->by_flag != unit->by_stage &&
         (unit->by_stage != DC_MEANING_OPEN || sheet->stage_tells[unit->by_flag]);
}

static bool is_half_won(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  (void)rule, (void)sheet;
  return unit->flags_disagree;
}

static bool is_strange_stage(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  (void)rule, (void)sheet;
  return unit->unknown_stage;
}

/* Set by other passes. */
static bool is_never(const dc_rule *rule, const dc_sheet *sheet, const dc_unit *unit)
{
  (void)rule, (void)sheet, (void)unit;
  return false;
}

#define BIT(role) DC_ROLE_BIT(DC_ROLE_##role)
#define RULE(label, kind_of, role, state, needed, test, weight, cost_of, says, mend)                                   \
  {                                                                                                                    \
    .name = label, .kind = DC_DEFECT_##kind_of, .field = DC_ROLE_##role, .when = DC_WHEN_##state, .needs = needed,     \
    .strikes = test, .severity = weight, .cost = DC_COST_##cost_of, .what = says, .fix = mend, .column = -1            \
  }

/* clang-format off */
const dc_rule dc_unit_rules[] = {
  RULE("id missing", MISSING, ID, ANY, 0, is_missing, 3, HISTORY, "rows without an id are no deals to the forecast",
       "give each deal an id of its own"),
  RULE("name missing", MISSING, NAME, ANY, 0, is_missing, 0, NONE, "deals without a name", "name the deal"),
  RULE("stage missing", MISSING, STAGE, OPEN, 0, is_missing, 2, FIELD, "open deals without a stage", "set the stage"),
  RULE("amount missing", MISSING, AMOUNT, OPEN, 0, is_missing, 2, AMOUNT,
       "open deals without an amount are valued at what such deals usually bring", "fill in the amount"),
  RULE("won without an amount", MISSING, AMOUNT, WON, 0, is_missing, 3, HISTORY,
       "won deals without an amount cannot be booked, so they are left out", "fill in the amount that was booked"),
  RULE("lost without an amount", MISSING, AMOUNT, LOST, 0, is_missing, 0, NONE, "lost deals without an amount",
       "fill in the last amount asked"),
  RULE("created missing", MISSING, CREATED, ANY, 0, is_missing, 2, FIELD, "deals whose age is not known",
       "fill in the day of creation"),
  RULE("closed without a date", MISSING, CLOSED, CLOSED, 0, is_missing, 3, HISTORY,
       "won and lost deals without a closing date are left out", "fill in the day of closing"),
  RULE("expected close missing", MISSING, EXPECTED_CLOSE, OPEN, 0, is_missing, 2, FIELD,
       "open deals that nobody expects to close on any day", "ask the owner for a date"),
  RULE("owner missing", MISSING, OWNER, ANY, 0, is_missing, 1, FIELD, "deals that nobody owns", "assign an owner"),
  RULE("account missing", MISSING, ACCOUNT, ANY, 0, is_missing, 1, FIELD, "deals without a customer",
       "link the account"),
  RULE("product missing", MISSING, PRODUCT, ANY, 0, is_missing, 1, FIELD, "deals without a product",
       "choose the product"),
  RULE("region missing", MISSING, REGION, ANY, 0, is_missing, 1, FIELD, "deals without a region", "choose the region"),
  RULE("source missing", MISSING, SOURCE, ANY, 0, is_missing, 1, FIELD, "deals of unknown source",
       "choose where the deal came from"),
  RULE("probability missing", MISSING, PROBABILITY, OPEN, 0, is_missing, 0, NONE,
       "open deals without the seller's own probability", "fill in the probability"),
  RULE("activity missing", MISSING, LAST_ACTIVITY, OPEN, 0, is_missing, 1, FIELD,
       "open deals on which nobody has noted anything", "call, and note it"),
  RULE("next step missing", MISSING, NEXT_STEP, OPEN, 0, is_missing, 1, NONE, "open deals without a next step",
       "agree on one with the owner"),
  RULE("forecast category missing", MISSING, FORECAST_CATEGORY, OPEN, 0, is_missing, 0, NONE,
       "open deals outside every forecast category", "choose one"),
  RULE("loss reason missing", MISSING, LOSS_REASON, LOST, 0, is_missing, 1, NONE, "lost deals, and nobody says why",
       "ask the owner for the reason"),
  RULE("team missing", MISSING, TEAM, ANY, 0, is_missing, 1, NONE, "deals of no team", "assign the team"),
  RULE("pipeline missing", MISSING, PIPELINE, ANY, 0, is_missing, 1, NONE, "deals in no pipeline",
       "choose the pipeline"),
  RULE("type missing", MISSING, TYPE, ANY, 0, is_missing, 0, NONE, "deals neither new nor existing business",
       "choose the type"),
  RULE("currency missing", MISSING, CURRENCY, ANY, 0, is_missing, 2, NONE, "amounts without a currency",
       "fill in the currency"),

  RULE("negative amount", IMPOSSIBLE, AMOUNT, ANY, BIT(AMOUNT), is_negative, 3, HISTORY,
       "deals with a negative amount are left out", "book returns elsewhere; give the deal its amount"),
  RULE("absurd amount", IMPOSSIBLE, AMOUNT, ANY, BIT(AMOUNT), is_absurd, 3, AMOUNT,
       "amounts out of all proportion to the others", "look for a slip of the decimal mark or a wrong unit"),
  RULE("amount zero", IMPOSSIBLE, AMOUNT, OPEN, BIT(AMOUNT), is_zero, 2, AMOUNT,
       "open deals worth nothing as they stand", "fill in the amount, or leave it empty until it is known"),
  RULE("won for nothing", IMPOSSIBLE, AMOUNT, WON, BIT(AMOUNT), is_zero, 1, NONE, "won deals with amount 0",
       "fill in the amount that was booked"),
  RULE("created far off", IMPOSSIBLE, CREATED, ANY, BIT(CREATED), is_far, 3, FIELD,
       "days of creation years away from all others", "correct the year"),
  RULE("closed far off", IMPOSSIBLE, CLOSED, CLOSED, BIT(CLOSED), is_far, 3, HISTORY,
       "closing dates years away from all others", "correct the year"),
  RULE("expected close far off", IMPOSSIBLE, EXPECTED_CLOSE, OPEN, BIT(EXPECTED_CLOSE), is_far, 2, FIELD,
       "expected closes years away from all others", "ask the owner for a true date"),
  RULE("impossible probability", IMPOSSIBLE, PROBABILITY, ANY, BIT(PROBABILITY), is_no_probability, 1, NONE,
       "probabilities outside 0 to 100", "correct the probability"),

  RULE("past its expected close", STALE, EXPECTED_CLOSE, OPEN, BIT(EXPECTED_CLOSE), is_overdue, 2, FIELD,
       "open deals that should have closed by now", "close the deal or set a new date"),
  RULE("no activity", STALE, LAST_ACTIVITY, OPEN, BIT(LAST_ACTIVITY), is_quiet, 2, FIELD, "open deals that nobody has touched for long",
       "call, or close the deal as lost"),
  RULE("open too long", STALE, CREATED, OPEN, BIT(CREATED), is_old, 2, STATE,
       "open for longer than nearly any deal took to close", "close what is dead as lost"),

  RULE("open with a closing date", CONTRADICTORY, CLOSED, OPEN, 0, is_filled, 2, STATE,
       "deals that are open and closed at once", "set the stage to won or lost, or clear the date"),
  RULE("closed before created", CONTRADICTORY, CREATED, CLOSED, BIT(CREATED) | BIT(CLOSED), is_backwards, 2, FIELD,
       "deals that ended before they began, the mark of a bulk import", "restore the day of creation"),
  RULE("closed in the future", CONTRADICTORY, CLOSED, CLOSED, BIT(CLOSED), is_future, 3, STATE,
       "won or lost on a day that is yet to come", "close the deal when it closes"),
  RULE("created in the future", CONTRADICTORY, CREATED, ANY, BIT(CREATED), is_future, 2, FIELD,
       "created on a day that is yet to come", "correct the day of creation"),
  RULE("stage against outcome", CONTRADICTORY, STAGE, ANY, 0, is_of_two_minds, 3, STATE,
       "the stage says one thing, the outcome or flag another", "make the two agree"),
  RULE("won but not closed", CONTRADICTORY, IS_WON, ANY, BIT(IS_WON) | BIT(IS_CLOSED), is_half_won, 3, STATE,
       "flagged as won and as not closed", "make the flags agree"),
  RULE("open at 100 %", CONTRADICTORY, PROBABILITY, OPEN, BIT(PROBABILITY), is_sure, 1, NONE,
       "open deals with a probability of 100 %", "close the deal as won, or lower the probability"),
  RULE("probability against outcome", CONTRADICTORY, PROBABILITY, CLOSED, BIT(PROBABILITY), is_opposite, 1, NONE,
       "won at 0 % or lost at 100 %", "correct the stage or the probability"),
  RULE("unknown stage", CONTRADICTORY, STAGE, OPEN, BIT(STAGE), is_strange_stage, 1, NONE,
       "stage words without a usual meaning; they count as open", "say under [stages] of --config what they mean"),

  RULE("exact duplicate", DUPLICATE, NONE, ANY, 0, is_never, 2, STATE, "rows that are the same in every column",
       "delete the copies"),
  RULE("same id, other values", DUPLICATE, ID, ANY, 0, is_never, 3, HISTORY,
       "rows that share an id and differ otherwise", "keep the row that holds"),
  RULE("likely duplicate", DUPLICATE, NAME, ANY, 0, is_never, 2, STATE,
       "the same account and amount within a few days", "merge them if they are one deal"),
};
/* clang-format on */
const size_t dc_n_unit_rules = sizeof dc_unit_rules / sizeof *dc_unit_rules;
