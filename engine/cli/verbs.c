#include "engine/cli/command.h"

#include <string.h>

static const char *const forecast_tables[] = {"forecast", "deals",   "deal_periods", "backtest",
                                              "quality",  "columns", "rejects",      NULL};

static const char *const check_tables[] = {"score",  "defects", "variants", "duplicates", "owners",
                                           "stages", "columns", "rejects",  NULL};

const dc_verb dc_verbs[] = {
    {"forecast", "how much will be booked in each coming period, and how sure that is",
     "dealcast forecast FILE... [options]",
     "Reads deals (CSV, plain or .gz; \"-\" is standard input), won, lost and open, and says what will be booked in\n"
     "each coming period, with its range; what each open deal is worth; and, by forecasting from past days and\n"
     "comparing with what came, how good such forecasts were on this data beside simple methods.\n"
     "\n"
     "--by counts each deal under the value that was known of it on the as-of day, \"(none)\" where there is none; deals\n"
     "to come are like recent ones, but in no stage yet. The scopes' means add up to the whole's. A column is shown even\n"
     "where it may not predict. --quotas sets totals beside quotas: the chance to reach them, the gap (quota less the\n"
     "mean), and coverage (open amounts due in the period, over what is missing to the quota). Quotas of months add up\n"
     "to quarters; longer ones are not split. A joined column predicts only where its key does.\n",
     "  dealcast forecast deals.csv\n"
     "  dealcast forecast deals.csv --history stages.csv --period quarter --horizon 2 --by Region\n"
     "  dealcast forecast deals.csv --quotas quotas.csv --format json -o forecast.json\n"
     "  dealcast forecast deals.csv --format csv --table deals > deals-scored.csv\n"
     "  dealcast forecast export.csv --map amount=ACV --map closed=\"Close Date\" --as-of 2024-06-30\n",
     forecast_tables, dc_run_forecast},
    {"check", "what is wrong with the data, what it costs the forecast, and what to mend first",
     "dealcast check FILE... [options]",
     "Reads deals, or a --history alone, and lists what is missing, impossible, stale, contradictory, double or spelt in\n"
     "several ways: how often, in deals worth how much, where first, how to mend it, and by how much the range of the\n"
     "next period's bookings would narrow if it were mended. It scores each field, owner and stage from 0 to 100 by\n"
     "completeness and accuracy. A file that no forecast can be made of is audited all the same: what it lacks is part\n"
     "of the list. --config holds the data against a standard, too: required fields by stage, allowed values.\n",
     "  dealcast check deals.csv\n"
     "  dealcast check deals.csv --history stages.csv --fixes mend.csv\n"
     "  dealcast check deals.csv --config dealcast.ini --min-score 80\n"
     "  dealcast check --history stages.csv --format json -o check.json\n",
     check_tables, dc_run_check},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL},
};

const dc_verb *dc_find_verb(const char *name)
{
  for (const dc_verb *verb = dc_verbs; verb->name; verb++)
    if (strcmp(verb->name, name) == 0) return verb;
  return NULL;
}
