#include "engine/cli/command.h"

#include <string.h>

static const char *const forecast_tables[] = {"forecast", "deals",   "deal_periods", "backtest",
                                              "quality",  "columns", "rejects",      NULL};

static const char *const check_tables[] = {"score",  "defects", "variants", "duplicates", "owners",
                                           "stages", "columns", "rejects",  NULL};

static const char *const fit_tables[] = {"terms",      "tests",   "fit",     "effects",     "levels",
                                         "importance", "columns", "rejects", "predictions", NULL};

static const char *const predict_tables[] = {"predictions", "columns", "rejects", NULL};

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
     forecast_tables, "a file of deals, or --history", false, dc_run_forecast},
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
     check_tables, "a file of deals, or --history", false, dc_run_check},
    {"fit", "any model on any table: coefficients, errors, tests",
     "dealcast fit FILE... --model NAME --target COLUMN [--terms FORMULA ...] [options]",
     "Fits a model to the rows of a table (CSV, of any kind; \"-\" is standard input) and prints what an analyst expects of\n"
     "a regression: terms, estimates, errors, tests, how well it fits. Rows without a value in a column that the model\n"
     "needs are left out and counted.\n"
     "\n"
     "Terms stand between +: x, a:b (interaction), a*b (a + b + a:b), log(x), log1p(x), sqrt(x), x^2, s(x) and s(x, 20)\n"
     "(smooth), (1|f), (x|f), (0 + x|f) (shrunken effects), factor(x), f[ref=Level], offset(x), 0 or -1 (no intercept),\n"
     ". (every other column), - x (without x). Names with blanks stand between ` or quotes. Words are levels, held against\n"
     "the first in order of their bytes unless ref= says otherwise; dates are numbers of days. A target of two words is 1\n"
     "where it is not the first. Of . ids, row numbers, dates, texts that hardly repeat and columns of one value are left\n"
     "out, and told with the reason; words of more than 50 levels too, or are (1|f) where the model takes it. What is\n"
     "named is always taken, but the target.\n"
     "\n"
     "Sums go through the rows in their order; with --id COLUMN rows are put in order of it first, so that a file with its\n"
     "rows shuffled gives the same bytes. They never depend on --threads.\n",
     "  dealcast fit deals.csv --model logistic --target outcome --terms \"log(amount) + region * product + (1|owner)\"\n"
     "  dealcast fit orders.csv --model linear --target \"log(amount)\" --terms . --save amounts.json\n"
     "  dealcast fit deals.csv --model mean --target amount --format json\n"
     "  dealcast predict new.csv --fit amounts.json --id order_id --format csv\n",
     fit_tables, "a file", true, dc_run_fit},
    {"predict", "what a saved fit says of each row of a table", "dealcast predict FILE... --fit MODELFILE [options]",
     "Reads the columns that the fit needs as they were read for it, and says for each row: the linear predictor (eta), its\n"
     "standard error, the mean, and the interval of the mean; of a model of categories the chance of each. To the byte\n"
     "what dealcast fit --predict says of the same rows. A row without a value, or with a level that the fit does not\n"
     "know, gets a row without numbers and a note; a level of a shrunken effect that is not known counts as average.\n"
     "A model file that was changed, cut off or damaged is refused.\n",
     "  dealcast predict new.csv --fit amounts.json\n"
     "  dealcast predict new.csv --fit win.json --id deal_id --format csv -o scored.csv\n",
     predict_tables, "a file", false, dc_run_predict},
    {NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL},
};

const dc_verb *dc_find_verb(const char *name)
{
  for (const dc_verb *verb = dc_verbs; verb->name; verb++)
    if (strcmp(verb->name, name) == 0) return verb;
  return NULL;
}
