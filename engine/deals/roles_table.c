/* The roles. */
#include "engine/deals/roles_parts.h"

#include "engine/base/text.h"

/* used, decides, many, told */
const dc_role_facts dc_role_table[DC_ROLES] = {
    [DC_ROLE_NONE] = {"none", DC_TYPE_EMPTY, false, false, false, false},
    [DC_ROLE_ID] = {"id", DC_TYPE_TEXT, true, true, false, true},
    [DC_ROLE_NAME] = {"name", DC_TYPE_TEXT, true, false, false, false},
    [DC_ROLE_ACCOUNT] = {"account", DC_TYPE_CATEGORY, true, false, false, false},
    [DC_ROLE_OWNER] = {"owner", DC_TYPE_CATEGORY, true, false, false, false},
    [DC_ROLE_TEAM] = {"team", DC_TYPE_CATEGORY, false, false, false, false},
    [DC_ROLE_PRODUCT] = {"product", DC_TYPE_CATEGORY, true, false, false, false},
    [DC_ROLE_REGION] = {"region", DC_TYPE_CATEGORY, true, false, false, false},
    [DC_ROLE_SOURCE] = {"source", DC_TYPE_CATEGORY, true, false, false, false},
    [DC_ROLE_PIPELINE] = {"pipeline", DC_TYPE_CATEGORY, false, false, false, false},
    [DC_ROLE_TYPE] = {"type", DC_TYPE_CATEGORY, false, false, false, false},
    [DC_ROLE_STAGE] = {"stage", DC_TYPE_CATEGORY, true, true, false, true},
    [DC_ROLE_OUTCOME] = {"outcome", DC_TYPE_CATEGORY, true, true, false, true},
    [DC_ROLE_IS_CLOSED] = {"is_closed", DC_TYPE_CATEGORY, true, true, false, true},
    [DC_ROLE_IS_WON] = {"is_won", DC_TYPE_CATEGORY, true, true, false, true},
    [DC_ROLE_IS_ACTIVE] = {"is_active", DC_TYPE_CATEGORY, true, true, false, true},
    [DC_ROLE_AMOUNT] = {"amount", DC_TYPE_NUMBER, true, true, false, false},
    [DC_ROLE_ACTUAL_AMOUNT] = {"actual_amount", DC_TYPE_NUMBER, true, true, false, true},
    [DC_ROLE_QUANTITY] = {"quantity", DC_TYPE_NUMBER, false, false, false, false},
    [DC_ROLE_CREATED] = {"created", DC_TYPE_DATE, true, true, false, true},
    [DC_ROLE_CLOSED] = {"closed", DC_TYPE_DATE, true, true, false, true},
    [DC_ROLE_WON_AT] = {"won_at", DC_TYPE_DATE, true, true, false, true},
    [DC_ROLE_LOST_AT] = {"lost_at", DC_TYPE_DATE, true, true, false, true},
    [DC_ROLE_EXPECTED_CLOSE] = {"expected_close", DC_TYPE_DATE, true, true, false, false},
    [DC_ROLE_PROBABILITY] = {"probability", DC_TYPE_NUMBER, true, false, false, false},
    [DC_ROLE_FORECAST_CATEGORY] = {"forecast_category", DC_TYPE_CATEGORY, false, false, false, false},
    [DC_ROLE_LAST_ACTIVITY] = {"last_activity", DC_TYPE_DATE, false, false, false, false},
    [DC_ROLE_STAGE_CHANGED] = {"stage_changed", DC_TYPE_DATE, false, false, false, false},
    [DC_ROLE_STAGE_DATE] = {"stage_date", DC_TYPE_DATE, false, false, true, false},
    [DC_ROLE_MODIFIED] = {"modified", DC_TYPE_DATE, false, false, false, false},
    [DC_ROLE_NEXT_STEP] = {"next_step", DC_TYPE_TEXT, false, false, false, false},
    [DC_ROLE_LOSS_REASON] = {"loss_reason", DC_TYPE_CATEGORY, false, false, false, false},
    [DC_ROLE_COMPETITOR] = {"competitor", DC_TYPE_CATEGORY, false, false, false, false},
    [DC_ROLE_CURRENCY] = {"currency", DC_TYPE_CATEGORY, true, false, false, false},
    [DC_ROLE_CONTACT] = {"contact", DC_TYPE_TEXT, false, false, true, false},
    [DC_ROLE_CHANGED_AT] = {"changed_at", DC_TYPE_DATE, true, true, false, true},
    [DC_ROLE_FIELD] = {"field", DC_TYPE_CATEGORY, true, false, false, true},
    [DC_ROLE_VALUE] = {"value", DC_TYPE_CATEGORY, true, false, false, true},
    [DC_ROLE_PERIOD_START] = {"period_start", DC_TYPE_DATE, true, true, false, true},
};

static const dc_role_facts *facts_of(dc_role role)
{
  return &dc_role_table[role >= 0 && role < DC_ROLES ? role : DC_ROLE_NONE];
}

const char *dc_role_name(dc_role role) { return facts_of(role)->name; }

dc_role dc_role_parse(const char *name)
{
  for (int role = 1; role < DC_ROLES; role++)
    if (dc_text_same(name, dc_role_table[role].name)) return (dc_role)role;
  return DC_ROLE_NONE;
}

bool dc_role_is_used(dc_role role) { return facts_of(role)->used; }

bool dc_role_tells_outcome(dc_role role) { return facts_of(role)->told; }

bool dc_role_is_personal(dc_role role) { return role == DC_ROLE_CONTACT; }
